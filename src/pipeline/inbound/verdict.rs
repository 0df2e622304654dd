//! What a payload of a partner says: its documents translated, each with what was found, and the verdict on the whole.
//!
//! Reads the content piece by piece and holds so many documents at a time, and no more. Writes nothing: documents of a
//! large payload are handed on to be staged, the [`Decision`] comes back.

use std::collections::HashSet;
use std::ops::{Range, RangeInclusive};

use sha2::{Digest, Sha256};

use super::{Order, Taken, hexadecimal, is_passed_over, name_places};
use crate::archive::fault_of;
use crate::diagnostic::{Diagnostic, Diagnostics, PayloadPlace, Place, Severity, codes};
use crate::lifecycle::{DocumentState, InSpite, PayloadState};
use crate::partner::{HeldBack, OnError, Usage};
use crate::pipeline::answer::Answers;
use crate::pipeline::feed::Feed;
use crate::pipeline::opened::Opened;
use crate::pipeline::overtaken::STATE;
use crate::store::{Bare, Decision, Interchange, NewDelivery, NewDocument, Payload, Withheld};
use crate::translation::{Document, Inbound, Outcome};
use crate::x12::envelope::{Group, InterchangeAcknowledgment};
use crate::x12::reader::Trailer;

/// Documents held in memory before they are staged.
const DOCUMENTS: usize = 500;
/// Bytes of their objects, at most about.
const OBJECT_BYTES: usize = 4 << 20;

/// Diagnostics of a payload as a whole that are kept; more are counted.
const WHOLE_PAYLOAD: usize = 200;

/// Translates a payload. `stage` takes documents that cannot wait for the end; when it fails, so does this.
///
/// # Errors
/// When the content cannot be read, or `stage` fails.
pub(in crate::pipeline) fn translate<E: From<std::io::Error>>(
    order: &Order<'_>,
    stage: &mut dyn FnMut(Vec<NewDocument>) -> Result<(), E>,
) -> Result<Decision, E> {
    let mut found = Found::new(order);
    let mut opened = Opened::new(&order.payload.file_name, order.content)?;
    loop {
        match opened.next_file() {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                found.not_opened(error)?;
                break;
            }
        }
        if !file(order, &mut opened, &mut found, stage)? {
            break;
        }
    }
    Ok(found.decision())
}

/// Translates one of the files in a payload; false when it cannot be opened to its end.
fn file<E: From<std::io::Error>>(
    order: &Order<'_>,
    opened: &mut Opened<'_>,
    found: &mut Found<'_>,
    stage: &mut dyn FnMut(Vec<NewDocument>) -> Result<(), E>,
) -> Result<bool, E> {
    found.begin(opened);
    let before = (found.position, found.interchanges.len());
    let name = opened.name().to_owned();
    let mut feed = Feed::new(Box::new(&mut *opened));
    let beginning = match feed.beginning() {
        Ok(beginning) => beginning,
        Err(error) => return found.not_opened(error).map(|()| false).map_err(E::from),
    };
    let (desk, mut inbound) = order.begin(&name, beginning, &mut found.diagnostics);
    let mut ended = None;
    loop {
        let (outcome, bytes) = match feed.outcome(&mut inbound, &desk) {
            Ok(outcome) => outcome,
            Err(error) => return found.not_opened(error).map(|()| false).map_err(E::from),
        };
        found.step(&mut inbound, matches!(outcome, Outcome::Document(_)));
        match outcome {
            Outcome::Document(document) => found.document(&mut inbound, &document, &bytes),
            Outcome::GroupEnd(trailer) => found.group_end(&trailer, &mut inbound),
            Outcome::InterchangeEnd(trailer) => found.interchange_end(trailer.is_sound()),
            Outcome::FileEnd(ending) => ended = Some(ending.sound),
            Outcome::InterchangeAcknowledgment(said) => found.interchange_acknowledgment(&said),
            Outcome::End => break,
            Outcome::NeedMore | Outcome::Passed(_) => {}
        }
        found.passed(inbound.diagnostics());
        if let Some(documents) = found.full() {
            stage(documents)?;
        }
    }
    drop(feed);
    if let Some(sound) = ended {
        found.file_end(sound, &inbound, opened);
    }
    // Of several files each must hold something.
    if opened.is_compressed() && found.open.is_none() && before == (found.position, found.interchanges.len()) {
        found.nothing_in_it();
    }
    Ok(true)
}

/// What was found so far.
struct Found<'a> {
    order: &'a Order<'a>,
    /// The file that is being read, and how many opened bytes stand before it.
    file: String,
    base: u64,
    /// All of its documents say how things are.
    is_state: bool,
    /// Of the payload as a whole.
    diagnostics: Diagnostics,
    documents: Vec<NewDocument>,
    object_bytes: usize,
    staged: i64,
    position: i64,
    /// How many of the documents are bytes beside interchanges.
    beside: i64,
    interchanges: Vec<Interchange>,
    /// Sender and number of all that were begun.
    read: Vec<(String, String)>,
    /// Their ids, numbers and usages.
    numbers: HashSet<[String; 4]>,
    /// The interchange that is being read: where it starts, and its sets' bytes.
    open: Option<(u64, Interchange, Sha256)>,
    /// All trailers so far were there, and right.
    sound: bool,
    /// Something holds the payload whole.
    held: bool,
    partner: Option<String>,
    answers: Answers<'a>,
    /// What goes out though the payload is held: that its envelope was refused.
    refusals: Vec<NewDelivery>,
    /// Positions of the first document of the group and of the interchange that are being read.
    group_from: i64,
    interchange_from: i64,
    /// A transaction set of the interchange is bad; a group is, and reaches beyond itself.
    bad_set: bool,
    bad_group: bool,
    withheld: Vec<Withheld>,
}

impl<'a> Found<'a> {
    fn new(order: &'a Order<'a>) -> Self {
        Self {
            order,
            file: order.payload.file_name.clone(),
            base: 0,
            is_state: true,
            diagnostics: Diagnostics::with_limit(WHOLE_PAYLOAD),
            documents: Vec::new(),
            object_bytes: 0,
            staged: 0,
            position: 0,
            beside: 0,
            interchanges: Vec::new(),
            read: Vec::new(),
            numbers: HashSet::new(),
            open: None,
            sound: true,
            held: false,
            partner: None,
            answers: Answers::new(order.edition, order.now, &order.payload.file_name),
            refusals: Vec::new(),
            group_from: 1,
            interchange_from: 1,
            bad_set: false,
            bad_group: false,
            withheld: Vec::new(),
        }
    }

    /// A file of the payload begins.
    fn begin(&mut self, opened: &Opened<'_>) {
        (self.file, self.base) = (opened.shown(), opened.base());
        (self.open, self.is_state) = (None, true);
        (self.group_from, self.interchange_from) = (self.position + 1, self.position + 1);
        self.answers.next_file();
    }

    /// The payload cannot be opened: it is held whole, unless it cannot even be read.
    fn not_opened(&mut self, error: std::io::Error) -> std::io::Result<()> {
        let Some(fault) = fault_of(&error) else { return Err(error) };
        self.diagnostics.push(fault.diagnostic(&self.order.payload.file_name));
        self.held = true;
        Ok(())
    }

    /// A file of an archive holds nothing that is translated: the payload is held, for it may be what was meant.
    fn nothing_in_it(&mut self) {
        self.held = true;
        if self.diagnostics.errors() == 0 {
            let message = format!("{} is empty", self.file);
            let remedy = "ask the partner for the file; nothing of it was lost here";
            self.diagnostics.push(Diagnostic::new(codes::X12_NO_INTERCHANGE, message, Place::Nowhere).remedy(remedy));
        }
    }

    /// Puts a row that was made of the file at hand to where it stands in the payload.
    fn placed(&self, document: NewDocument) -> NewDocument {
        let Range { start, end } = document.bytes;
        NewDocument { bytes: start + self.base..end + self.base, ..document }
    }

    /// Notices a new interchange, and who sent it.
    fn step(&mut self, inbound: &mut Inbound, is_document: bool) {
        name_places(&self.file, inbound.diagnostics());
        if !is_document {
            self.answers.step(inbound);
        }
        if inbound.surroundings().partner.is_none() && !self.order.payload.override_ {
            // Nothing goes on of whom nobody knows.
            let nobody = [codes::PROFILE_UNKNOWN_SENDER, codes::PROFILE_UNKNOWN_RECEIVER];
            let found = inbound.diagnostics().list_mut().iter_mut().filter(|one| nobody.contains(&one.code));
            found.for_each(|one| one.severity = Severity::Error);
        }
        let Some(header) = inbound.reader().interchange() else { return };
        if self.open.as_ref().is_none_or(|(offset, ..)| *offset != header.offset) {
            let id = |(qualifier, id): (&str, &str)| format!("{qualifier}/{id}");
            let interchange = Interchange {
                sender: id(header.sender()),
                receiver: id(header.receiver()),
                control_number: header.control_number().trim_start_matches('0').to_owned(),
                usage: header.usage().to_owned(),
                digest: [0; 32],
                file: None,
                positions: self.positions(),
                acknowledgment: None,
                if_reused: None,
            };
            self.read.push((interchange.sender.clone(), interchange.control_number.clone()));
            // What was passed over before it is none of it.
            (self.group_from, self.interchange_from) = (self.position + 1, self.position + 1);
            self.open = Some((header.offset, interchange, Sha256::new()));
            let is_unknown = header.is_of_unknown_usage();
            let partner = inbound.surroundings().partner.clone();
            if is_unknown {
                self.unknown_usage(partner.as_deref());
            }
            self.sender(partner);
        }
    }

    /// Whether an interchange is a test only a person can say, where neither it nor its sender's profile says so.
    fn unknown_usage(&mut self, partner: Option<&str>) {
        let Some((offset, interchange, _)) = &self.open else { return };
        let profile = partner.and_then(|partner| self.order.edition.profile(partner));
        if profile.is_some_and(|profile| profile.usage == Usage::Test) {
            return;
        }
        let (number, usage, id) = (&interchange.control_number, &interchange.usage, self.order.payload.id);
        let place = PayloadPlace {
            file: Some(self.file.clone()),
            interchange: Some(number.clone()),
            segment: Some("ISA".into()),
            element: Some(15),
            bytes: *offset..*offset,
            ..PayloadPlace::default()
        };
        let message = format!("ISA15 of interchange {number} is `{usage}`: neither production nor test");
        let told = Diagnostic::new(codes::PAYLOAD_USAGE, message, place);
        self.diagnostics.push(told.cause("what is a test must not reach the ERP as if it were none").remedy(format!(
            "ask the partner which it is, and to send P or T; if it is production: `crossdock payload release {id}`, else `crossdock \
             payload discard {id}`"
        )));
        self.held = true;
    }

    /// The owner of the mailbox must be the sender.
    fn sender(&mut self, partner: Option<String>) {
        let Some((offset, interchange, _)) = &self.open else { return };
        let owner = &self.order.payload.mailbox;
        if let Some(partner) = &partner
            && partner != owner
        {
            let message = format!(
                "the interchange is from {}, which is {partner}, and lies in the mailbox of {owner}",
                interchange.sender
            );
            let place = PayloadPlace {
                file: Some(self.order.payload.file_name.clone()),
                interchange: Some(interchange.control_number.clone()),
                segment: Some("ISA".into()),
                element: Some(6),
                bytes: *offset..*offset,
                ..PayloadPlace::default()
            };
            let diagnostic = Diagnostic::new(codes::PAYLOAD_FOREIGN_SENDER, message, place)
                .cause(format!(
                    "`them.interchange_ids` of partner-profiles/{partner}.toml names the sender, that of partner-profiles/{owner}.toml \
                     does not"
                ))
                .remedy(format!(
                    "ask {owner} how it came there; to take it as {partner}'s: `crossdock payload release {id}`; if {owner} sends \
                     under this id, and {partner} does not, move \"{sender}\" from the one profile to the other (it stands in one only), \
                     then `crossdock payload rerun {id}`; else `crossdock payload discard {id}`",
                    id = self.order.payload.id,
                    sender = interchange.sender,
                ));
            self.diagnostics.push(diagnostic);
            self.held = true;
        }
        if partner.is_none() {
            self.held = true;
        }
        self.partner = self.partner.take().or(partner);
    }

    fn document(&mut self, inbound: &mut Inbound, document: &Document, bytes: &[u8]) {
        // Several objects of one set are one set to its sender.
        if let Some((_, _, digest)) = self.open.as_mut().filter(|_| document.part == 0) {
            digest.update(bytes);
        }
        self.position += 1;
        let unusable = inbound.diagnostics().list().iter().find(|one| one.code == codes::MAPPING_UNUSABLE).cloned();
        if let Some(unusable) = unusable.filter(|_| !self.held) {
            self.held = true;
            self.diagnostics.push(unusable);
        }
        let rejected = self.answers.set(inbound, bytes);
        let new = self.order.document(Taken::of(self.order, inbound, document), self.position, rejected);
        self.is_state &= new.canonical_type.as_deref() == Some(STATE);
        self.bad_set |= matches!(new.state, DocumentState::Held | DocumentState::Rejected);
        self.object_bytes += new.attempt.canonical.as_ref().map_or(0, Vec::len);
        self.documents.push(self.placed(new));
    }

    fn interchange_acknowledgment(&mut self, said: &InterchangeAcknowledgment) {
        self.answers.interchange_acknowledgment();
        self.position += 1;
        let kept = self.order.interchange_acknowledgment(said, self.partner.clone(), self.position);
        self.documents.push(self.placed(kept));
    }

    /// What was found outside documents. What was passed over is held as a document of its own.
    fn passed(&mut self, found: &mut Diagnostics) {
        for diagnostic in found.take() {
            match &diagnostic.place {
                Place::Payload(_) if is_passed_over(&diagnostic) => {
                    self.position += 1;
                    if diagnostic.code == codes::X12_BYTES_SKIPPED {
                        self.beside += 1;
                        self.diagnostics.push(diagnostic.clone());
                    } else {
                        self.bad_set = true;
                    }
                    let held = self.order.passed_over(diagnostic, self.partner.clone(), self.position);
                    self.documents.extend(held.map(|held| self.placed(held)));
                }
                _ => self.diagnostics.push(diagnostic),
            }
        }
    }

    /// A group ends: when its trailer is wrong, what came in it does not go on.
    fn group_end(&mut self, trailer: &Trailer, inbound: &mut Inbound) {
        let told = self.answers.group_end(trailer, inbound.diagnostics().list());
        let positions = self.group_from..=self.position;
        self.group_from = self.position + 1;
        if trailer.is_sound() && told.is_none() {
            return;
        }
        let state = if told.is_some() { DocumentState::Rejected } else { DocumentState::Held };
        let why = self.group_not_taken(inbound, state, told);
        self.withheld.push(Withheld { positions, state, why });
        self.bad_group = true;
    }

    /// What is said of a document whose group was not taken: by what was found at the group's end, and what the partner is told.
    fn group_not_taken(&self, inbound: &mut Inbound, state: DocumentState, told: Option<String>) -> Diagnostic {
        let (reader, _, _, found) = inbound.step();
        let number = reader.group().map_or("", Group::control_number);
        let fault = found.list().iter().find(|one| one.severity == Severity::Error);
        let why = fault.map_or_else(|| "its end did not come".to_owned(), |fault| fault.message.clone());
        let message = format!("functional group {number} is {} as a whole: {why}", state.word());
        let of_group = || {
            let offset = reader.group().map_or(0, |group| group.offset);
            let interchange = reader.interchange().map(|interchange| interchange.control_number().to_owned());
            let (file, group) = (Some(self.file.clone()), Some(number.to_owned()));
            PayloadPlace { file, interchange, group, bytes: offset..offset, ..PayloadPlace::default() }.into()
        };
        let place = fault.map_or_else(of_group, |fault| fault.place.clone());
        let why = Diagnostic::new(codes::PAYLOAD_GROUP_NOT_TAKEN, message, place)
            .cause("what came in a group whose end is wrong may not be all of it")
            .remedy("ask the partner to send the group again in a new interchange");
        Diagnostic { rule: fault.and_then(|fault| fault.rule.clone()), answer: told, ..why }
    }

    /// Positions of the documents of the interchange, or file, that is being read.
    fn positions(&self) -> RangeInclusive<i64> {
        self.interchange_from..=self.position
    }

    /// What faults of the interchange hold back besides themselves, as its sender's profile has it.
    fn hold_back(&mut self) {
        let sender = self.partner.as_deref().and_then(|partner| self.order.edition.profile(partner));
        let OnError { set, group } = sender.map(|profile| profile.on_error).unwrap_or_default();
        let reaches = |bad: bool, held: HeldBack| bad && held == HeldBack::Interchange;
        if reaches(self.bad_set, set) || reaches(self.bad_group, group) {
            let positions = self.positions();
            let why = self.held_together(if self.bad_group { "functional group" } else { "transaction set" });
            self.withheld.push(Withheld { positions, state: DocumentState::Held, why });
        }
        (self.bad_set, self.bad_group) = (false, false);
        (self.group_from, self.interchange_from) = (self.position + 1, self.position + 1);
    }

    /// What is said of a document that is held for another part of its interchange.
    fn held_together(&self, bad: &str) -> Diagnostic {
        let number = self.open.as_ref().map_or("", |(_, interchange, _)| interchange.control_number.as_str());
        let offset = self.open.as_ref().map_or(0, |(offset, ..)| *offset);
        let place = PayloadPlace {
            file: Some(self.order.payload.file_name.clone()),
            interchange: Some(number.to_owned()),
            bytes: offset..offset,
            ..PayloadPlace::default()
        };
        let message = format!("a {bad} of interchange {number} is bad, so the whole interchange is held");
        let sender = self.partner.as_deref().unwrap_or_default();
        Diagnostic::new(codes::PAYLOAD_HELD_TOGETHER, message, place)
            .rule("an interchange is taken whole or not at all")
            .cause(format!("`[on_error]` of partner-profiles/{sender}.toml has it so"))
            .remedy(
                "when what is bad was sent again, was mended, or is not needed: `crossdock document release`, for this one and the others",
            )
    }

    /// A file without an envelope ends. It is known by its bytes, whatever it came in: the same file again is a duplicate, unless it
    /// says how things are and another one said otherwise since.
    fn file_end(&mut self, sound: bool, inbound: &Inbound, opened: &Opened<'_>) {
        self.sound &= sound;
        let Some(file) = inbound.file() else { return };
        let payload = self.order.payload;
        let (sender, receiver) = (payload.mailbox.clone(), file.layout().name.clone());
        let (digest, control_number) = (opened.digest(), hexadecimal(&opened.digest()));
        if payload.broken_off && !file.layout().shows_its_end() {
            self.broken_off();
        }
        self.partner = file.surroundings().partner.clone();
        let profile = self.partner.as_deref().and_then(|partner| self.order.edition.profile(partner));
        let usage = profile.map_or(Usage::default(), |profile| profile.usage).code().to_owned();
        let interchange = Interchange {
            sender,
            receiver,
            control_number,
            usage,
            digest,
            file: Some(Bare { name: opened.name().to_owned(), is_state: self.is_state, again: false }),
            positions: self.positions(),
            acknowledgment: None,
            if_reused: None,
        };
        if !self.is_first(&interchange) {
            self.same_file_twice();
        }
        self.interchanges.push(interchange);
    }

    /// Is there no other of the same ids, number and usage before it?
    fn is_first(&mut self, interchange: &Interchange) -> bool {
        let Interchange { sender, receiver, control_number, usage, .. } = interchange;
        self.numbers.insert([sender, receiver, control_number, usage].map(Clone::clone))
    }

    /// A file of an archive has the same bytes as one before it: a person decides whether both are meant.
    fn same_file_twice(&mut self) {
        let place = PayloadPlace { file: Some(self.file.clone()), ..PayloadPlace::default() };
        let id = self.order.payload.id;
        let message = format!("{} is the same as a file before it in the archive", self.file);
        let told = Diagnostic::new(codes::ARCHIVE_SAME_TWICE, message, place);
        self.diagnostics.push(told.cause("what it holds would be done twice").remedy(format!(
            "ask the partner for the file that was meant; if both are to go on: `crossdock payload release {id}`, else `crossdock \
             payload discard {id}`"
        )));
        self.held = true;
    }

    /// The transfer of a file broke off, and nothing in it says that it is whole: a person decides.
    fn broken_off(&mut self) {
        let place = PayloadPlace { file: Some(self.file.clone()), ..PayloadPlace::default() };
        let (id, bytes) = (self.order.payload.id, self.order.payload.bytes);
        let message = format!("the transfer of {} broke off after {bytes} bytes", self.file);
        let told = Diagnostic::new(codes::PAYLOAD_BROKEN_OFF, message, place);
        self.diagnostics.push(told.cause("whoever wrote it did not close it, or was refused a part of it, and may send it again").remedy(format!(
            "ask the partner for the file, then `crossdock payload discard {id}`; if they say that this one is whole and was sent \
             once: `crossdock payload release {id}`"
        )));
        self.held = true;
    }

    fn interchange_end(&mut self, sound: bool) {
        self.sound &= sound;
        let positions = self.positions();
        self.hold_back();
        let answer = self.answers.interchange_end();
        self.refusals.extend(answer.if_refused.filter(|_| !sound));
        let Some((offset, interchange, digest)) = &mut self.open else { return };
        interchange.digest = std::mem::take(digest).finalize().into();
        interchange.positions = positions;
        (interchange.acknowledgment, interchange.if_reused) = (answer.acknowledgment, answer.if_reused);
        let (offset, interchange) = (*offset, interchange.clone());
        if !self.is_first(&interchange) {
            self.stands_twice(&interchange, offset);
        }
        self.interchanges.push(interchange.clone());
        // The header stays until the next one comes.
        self.open = Some((offset, interchange, Sha256::new()));
    }

    /// An interchange number stands twice in the payload: as across payloads, a person decides.
    fn stands_twice(&mut self, interchange: &Interchange, offset: u64) {
        let Interchange { control_number: number, sender, .. } = interchange;
        let (file, id) = (&self.file, self.order.payload.id);
        let place = PayloadPlace {
            file: Some(file.clone()),
            interchange: Some(number.clone()),
            segment: Some("ISA".into()),
            element: Some(13),
            bytes: offset..offset,
            ..PayloadPlace::default()
        };
        let message = format!("interchange control number {number} of {sender} stands twice in {file}");
        let diagnostic = Diagnostic::new(codes::PAYLOAD_NUMBER_REUSED, message, place)
            .cause("a sender uses each ISA13 once; so what the second one holds may be the first again")
            .remedy(format!(
                "look at both (`crossdock payload export {id}`), ask the partner; if both are to go on: `crossdock payload release {id}`, \
                 else `crossdock payload discard {id}`"
            ));
        self.diagnostics.push(diagnostic);
        self.held = true;
    }

    /// Documents to be staged, when there are enough.
    fn full(&mut self) -> Option<Vec<NewDocument>> {
        if self.documents.len() < DOCUMENTS && self.object_bytes < OBJECT_BYTES {
            return None;
        }
        self.object_bytes = 0;
        self.staged += self.documents.len() as i64;
        Some(std::mem::take(&mut self.documents))
    }

    fn decision(mut self) -> Decision {
        let payload = self.order.payload;
        if self.open.is_none() && self.interchanges.is_empty() && self.diagnostics.errors() == 0 && self.sound {
            let message = format!("{} is empty", payload.file_name);
            let remedy = "ask the partner for the file; nothing of it was lost here";
            self.diagnostics.push(Diagnostic::new(codes::X12_NO_INTERCHANGE, message, Place::Nowhere).remedy(remedy));
        }
        let nothing = self.position == self.beside && self.diagnostics.errors() > 0;
        let release = payload.override_ && self.position > self.beside;
        let held = (self.held || !self.sound || nothing) && !release;
        if held && self.diagnostics.errors() == 0 {
            // A set that was cut short says it of itself; it goes with the others.
            let found = self.documents.iter().flat_map(|document| &document.attempt.diagnostics);
            found.filter(|one| one.severity == Severity::Error).for_each(|one| self.diagnostics.push(one.clone()));
        }
        let report = self.answers.report(self.partner.as_deref(), payload.id).filter(|_| !held);
        // Who is not known, or may not send this, is not answered.
        let refusals = if held && !self.held { self.refusals } else { Vec::new() };
        Decision {
            payload: payload.id,
            version: payload.version,
            state: if held { PayloadState::Held } else { PayloadState::Translated },
            partner: self.partner,
            duplicate_of: None,
            diagnostics: self.diagnostics.take(),
            interchanges: if held { Vec::new() } else { self.interchanges },
            read: self.read,
            in_spite: in_spite(payload),
            repeated: Vec::new(),
            left_out: Vec::new(),
            documents: if held { Vec::new() } else { self.documents },
            withheld: self.withheld,
            deliveries: refusals.into_iter().chain(report).collect(),
            staged: self.staged,
            at: self.order.now,
        }
    }
}

/// In spite of what a person has the payload go on: of what is on record as that which holds it.
fn in_spite(payload: &Payload) -> InSpite {
    let is_reused = payload.diagnostics.iter().any(|one| one.code == codes::PAYLOAD_NUMBER_REUSED);
    match payload.state {
        _ if !payload.override_ => InSpite::Nothing,
        PayloadState::Duplicate => InSpite::Duplicate,
        _ if is_reused => InSpite::Reused,
        _ => InSpite::Faults,
    }
}
