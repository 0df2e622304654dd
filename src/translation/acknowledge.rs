//! The answer to what a partner sent, made while it is read: a 997 or 999 for each functional group, a TA1 for the
//! interchange, in one interchange with the ids turned round.
//!
//! Fed with the steps of an [`Inbound`]; knows no store and no transport. Control numbers are placeholders until somebody
//! gives them: see [`super::unnumbered`].

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::diagnostic::{Diagnostic, PayloadPlace, Place, Severity, codes};
use crate::partner::{Acknowledge, AcknowledgeWhen, InterchangeWhen, Profile};
use crate::tree::Tree;
use crate::x12::acknowledgment::{
    Answer, InterchangeResponse, Response, SetFacts, answer, fit, is_answered, is_refusal,
};
use crate::x12::delimiters::Delimiters;
use crate::x12::dictionary;
use crate::x12::envelope::Interchange;
use crate::x12::reader::{Reader, Trailer};
use crate::x12::writer::{GroupHeader, InterchangeHeader};

/// How a partner is answered.
#[derive(Debug, Clone)]
pub struct Answering {
    /// What the profile says of acknowledgments.
    pub acknowledge: Acknowledge,
    /// Delimiters of what we write.
    pub delimiters: Delimiters,
    /// ISA12 of what we write.
    pub version: String,
    /// The zone of dates and times in the envelope.
    pub zone: TimeZone,
}

impl Default for Answering {
    fn default() -> Self {
        Self {
            acknowledge: Acknowledge::default(),
            delimiters: Delimiters::default(),
            version: "00401".to_owned(),
            zone: TimeZone::UTC,
        }
    }
}

impl Answering {
    /// Nothing is said: nobody knows to whom.
    #[must_use]
    pub fn silent() -> Self {
        let acknowledge =
            Acknowledge { when: AcknowledgeWhen::Never, interchange: InterchangeWhen::Never, ..Acknowledge::default() };
        Self { acknowledge, ..Self::default() }
    }

    /// As the partner's profile has it.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        Self {
            acknowledge: profile.acknowledge.clone(),
            delimiters: profile.envelope.delimiters,
            version: profile.envelope.isa.version.clone(),
            zone: profile.time_zone.clone(),
        }
    }
}

/// The answer to one interchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// ISA to IEA, with 1 as the number of interchange and first group.
    pub bytes: Vec<u8>,
    /// The transaction set of the answer, or `TA1` where it is only that.
    pub set_id: &'static str,
    /// Its delimiters: those of the profile, or those of the interchange where its ids hold one of them.
    pub delimiters: Delimiters,
}

/// Makes the answers to the interchanges of one input.
#[derive(Debug)]
pub struct Acknowledgment {
    now: Timestamp,
    open: Option<Open>,
}

/// The interchange that is being answered.
#[derive(Debug)]
struct Open {
    answering: Answering,
    header: Interchange,
    /// What was found of the interchange itself, as long as it got worse: the last of it is told.
    found: Vec<Diagnostic>,
    /// GS to GE of the answer.
    groups: Vec<u8>,
    group_count: u32,
    /// The group of acknowledgments that is open: ids, release, and how many sets it has.
    group: Option<(GroupHeader, u64)>,
    /// Where the set taken last starts, and whether it is accepted.
    set: Option<(u64, bool)>,
    /// The answer to the group that is being read, and where that starts.
    response: Option<(u64, Response)>,
    /// What it holds: groups that are answered, groups of acknowledgments, a TA1.
    holds: Holds,
    set_id: &'static str,
}

/// What an interchange holds, as far as it was read.
#[derive(Debug, Clone, Copy, Default)]
struct Holds {
    documents: bool,
    acknowledgments: bool,
    interchange_acknowledgment: bool,
}

impl Holds {
    /// May the interchange be answered with a TA1? One that only acknowledges is not, unless it asks; a TA1 never is: two
    /// gateways would go on answering each other for ever.
    fn may_be_answered(self, requested: bool) -> bool {
        match self {
            Self { documents: true, .. } => true,
            Self { interchange_acknowledgment: true, .. } => false,
            Self { acknowledgments: true, .. } => requested,
            _ => true,
        }
    }
}

impl Acknowledgment {
    /// Nothing was read yet.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { now, open: None }
    }

    /// Takes a step other than a set: the start of an envelope, its end, what stands between; each diagnostic that the
    /// partner is told gets its answer. `answering` is asked for where an interchange begins.
    pub fn step(&mut self, reader: &Reader, answering: impl FnOnce() -> Answering, found: &mut [Diagnostic]) {
        let Some(header) = reader.interchange().filter(|header| !header.bare) else { return };
        if self.open.as_ref().is_none_or(|open| open.header.offset != header.offset) {
            self.open = Some(Open::new(answering(), header.clone()));
        }
        let Some(open) = &mut self.open else { return };
        open.notice(reader);
        if let Some((_, response)) = &mut open.response {
            response.found(found);
            for passed_over in found.iter_mut().filter(|one| one.severity == Severity::Error) {
                if let Some(facts) = facts_of(passed_over, response.group().release()) {
                    response.set(&facts, std::slice::from_mut(passed_over));
                }
            }
        }
        open.hush(found);
        open.keep(found);
    }

    /// Takes a TA1.
    pub fn interchange_acknowledgment(&mut self) {
        if let Some(open) = &mut self.open {
            open.holds.interchange_acknowledgment = true;
        }
    }

    /// Takes the transaction set that `reader` has read (its tree and bytes), with all that was found of it; each diagnostic
    /// that the partner is told gets its answer. True when the answer says that the set is accepted. Further objects of the set
    /// are taken as it was.
    pub fn set(&mut self, reader: &Reader, (tree, bytes): (&Tree, &[u8]), found: &mut [Diagnostic]) -> bool {
        let (Some(open), Some(set)) = (&mut self.open, reader.set()) else { return true };
        if let Some((_, accepted)) = open.set.filter(|(offset, _)| *offset == set.context.offset) {
            return accepted;
        }
        open.notice(reader);
        let response = open.response.as_mut();
        let accepted = response.is_none_or(|(_, response)| response.set(&SetFacts::of(set, tree, bytes), found));
        open.hush(found);
        open.keep(found);
        open.set = Some((set.context.offset, accepted));
        accepted
    }

    /// The functional group ends, after [`Acknowledgment::step`] was told what was found of it. How the answer rejects it as a
    /// whole, for people; `None` when it does not.
    pub fn group_end(&mut self, trailer: &Trailer) -> Option<String> {
        let open = self.open.as_mut()?;
        let (_, mut response) = open.response.take()?;
        open.holds.documents |= response.is_due();
        if !response.is_due() {
            return None;
        }
        let rejected = response.end(trailer);
        let when = open.answering.acknowledge.when;
        if when == AcknowledgeWhen::Always || (when == AcknowledgeWhen::Errors && response.is_noted()) {
            open.answer_group(response, trailer, self.now);
        }
        rejected
    }

    /// The interchange ends, and something of it is taken: the answer, if there is one.
    pub fn interchange_end(&mut self) -> Option<Acknowledged> {
        let open = self.open.take()?;
        let response = InterchangeResponse::new(&open.header, &open.found, true);
        open.finish(response, self.now)
    }

    /// What is said instead of an interchange's answer when its control number came before with other sets: a TA1, where
    /// the partner wants one.
    #[must_use]
    pub fn reused(&self) -> Option<Acknowledged> {
        let open = self.open.as_ref()?;
        let place = PayloadPlace { element: Some(13), ..PayloadPlace::default() };
        let found = Diagnostic::new(codes::PAYLOAD_NUMBER_REUSED, "", place);
        open.alone(&[found], self.now)
    }

    /// What is said instead when nothing of the interchange is taken because of its own envelope: the same.
    #[must_use]
    pub fn refused(&self) -> Option<Acknowledged> {
        let open = self.open.as_ref()?;
        open.alone(&open.found, self.now)
    }
}

impl Open {
    fn new(mut answering: Answering, header: Interchange) -> Self {
        if header.elements[4..8].iter().any(|id| holds_delimiter(id, &answering.delimiters)) {
            answering.delimiters = Delimiters { line_end: answering.delimiters.line_end, ..header.delimiters };
        }
        Self {
            answering,
            header,
            found: Vec::new(),
            groups: Vec::new(),
            group_count: 0,
            group: None,
            set: None,
            response: None,
            holds: Holds::default(),
            set_id: "TA1",
        }
    }

    /// The TA1 alone.
    fn alone(&self, found: &[Diagnostic], now: Timestamp) -> Option<Acknowledged> {
        let response = InterchangeResponse::new(&self.header, found, false);
        let alone = Self { holds: self.holds, ..Self::new(self.answering.clone(), self.header.clone()) };
        alone.finish(response, now)
    }

    /// A partner that gets no 997 or 999 is told nothing in one.
    fn hush(&self, found: &mut [Diagnostic]) {
        if self.answering.acknowledge.when == AcknowledgeWhen::Never {
            found.iter_mut().for_each(|one| one.answer = None);
        }
    }

    /// Keeps what is said of the interchange itself: a TA1 has room for one fault, the first of the worst.
    fn keep(&mut self, found: &mut [Diagnostic]) {
        let told = self.answering.acknowledge.interchange.answers(self.header.acknowledgment_requested(), true);
        for one in found {
            let (Some(Answer::Interchange(note)), true) = (answer(one), is_answered(one)) else { continue };
            let gravity = |one: &Diagnostic| (is_refusal(one), one.severity);
            if self.found.last().is_some_and(|known| gravity(known) >= gravity(one)) {
                continue;
            }
            if told {
                let (code, verdict) = match is_refusal(one) {
                    true => ("R", "the interchange is rejected"),
                    false => ("E", "the interchange is accepted with errors, if nothing worse is found"),
                };
                one.answer.get_or_insert_with(|| format!("TA1: TA104 {code}, TA105 {note} ({verdict})"));
            }
            self.found.push(one.clone());
        }
    }

    /// Opens the answer to a group that begins.
    fn notice(&mut self, reader: &Reader) {
        let Some(group) = reader.group() else { return };
        if self.response.as_ref().is_some_and(|(offset, _)| *offset == group.offset) {
            return;
        }
        let Acknowledge { with, detail, .. } = self.answering.acknowledge;
        let ids = [group.sender(), group.receiver()];
        let clashes = |delimiters: &Delimiters| ids.iter().any(|id| holds_delimiter(id, delimiters));
        if self.group.is_none() && self.groups.is_empty() && clashes(&self.answering.delimiters) {
            let line_end = self.answering.delimiters.line_end;
            self.answering.delimiters = Delimiters { line_end, ..self.header.delimiters };
        }
        let response = Response::new(with, detail, self.answering.delimiters, group);
        self.holds.acknowledgments |= !response.is_due();
        self.holds.documents |= response.is_due();
        // No answer is better than one to somebody else.
        self.response = Some((group.offset, response)).filter(|_| !clashes(&self.answering.delimiters));
    }

    fn answer_group(&mut self, response: Response, trailer: &Trailer, now: Timestamp) {
        let answered = response.group();
        // The ids are those of the group, turned round; those of the interchange only where the group has none.
        let definition = dictionary::envelope(&self.answering.version, "GS");
        let fitted = |position: usize, own: &str, instead: &str| {
            let text = if own.is_empty() { instead } else { own };
            fit(definition, position, text, &self.answering.delimiters)
        };
        let sender = fitted(2, answered.receiver(), self.header.receiver().1);
        let receiver = fitted(3, answered.sender(), self.header.sender().1);
        let release = fitted(8, dictionary::release_of_answer(answered.release()), "");
        let fits = |open: &GroupHeader| (&open.sender, &open.receiver, &open.release) == (&sender, &receiver, &release);
        if self.group.as_ref().is_none_or(|(open, _)| !fits(open)) {
            let local = now.to_zoned(self.answering.zone.clone());
            let header = GroupHeader {
                functional_code: "FA".to_owned(),
                sender,
                receiver,
                date: local.strftime(if dictionary::has_century(&release) { "%Y%m%d" } else { "%y%m%d" }).to_string(),
                time: local.strftime("%H%M").to_string(),
                control_number: self.group_count + 1,
                release,
            };
            self.close_group();
            self.group_count += 1;
            header.write(&mut self.groups, &self.answering.delimiters);
            self.group = Some((header, 0));
        }
        let Some((_, count)) = &mut self.group else { return };
        *count += 1;
        let control_number = format!("{count:04}");
        self.set_id = response.set_id();
        response.finish(trailer, &control_number, &mut self.groups);
    }

    fn close_group(&mut self) {
        if let Some((header, count)) = self.group.take() {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            header.write_trailer(&mut self.groups, &self.answering.delimiters, count);
        }
    }

    /// The whole answer, if there is anything to say.
    fn finish(mut self, response: InterchangeResponse, now: Timestamp) -> Option<Acknowledged> {
        self.close_group();
        let (wanted, requested) = (self.answering.acknowledge.interchange, self.header.acknowledgment_requested());
        let answered = wanted.answers(requested, response.code != "A") && self.holds.may_be_answered(requested);
        if !answered && self.groups.is_empty() {
            return None;
        }
        let local = now.to_zoned(self.answering.zone.clone());
        let id = |(qualifier, id): (&str, &str)| (qualifier.to_owned(), id.to_owned());
        let header = InterchangeHeader {
            authorization: ("00".to_owned(), String::new()),
            security: ("00".to_owned(), String::new()),
            sender: id(self.header.receiver()),
            receiver: id(self.header.sender()),
            date: local.strftime("%y%m%d").to_string(),
            time: local.strftime("%H%M").to_string(),
            version: self.answering.version.clone(),
            control_number: 1,
            acknowledgment_requested: false,
            usage: if self.header.usage() == "T" { "T" } else { "P" }.to_owned(),
        };
        let delimiters = &self.answering.delimiters;
        let longest = |(qualifier, id): &(String, String)| (qualifier.chars().count(), id.chars().count());
        if [&header.sender, &header.receiver].map(longest).iter().any(|(qualifier, id)| *qualifier > 2 || *id > 15) {
            // An ISA with longer elements than it may have: no ISA can name them, and no partner has such ids.
            return None;
        }
        let mut bytes = Vec::with_capacity(self.groups.len() + 300);
        header.write(&mut bytes, delimiters);
        if answered {
            response.write(&mut bytes, delimiters);
        }
        bytes.extend_from_slice(&self.groups);
        header.write_trailer(&mut bytes, delimiters, self.group_count as usize);
        Some(Acknowledged { bytes, set_id: self.set_id, delimiters: *delimiters })
    }
}

/// Holds an id a delimiter of the answer? It would be another one there.
fn holds_delimiter(id: &str, delimiters: &Delimiters) -> bool {
    delimiters.find_in(id.as_bytes()).is_some()
}

/// The transaction set that a diagnostic says was passed over; `None` for one that says something else.
fn facts_of(diagnostic: &Diagnostic, release: &str) -> Option<SetFacts> {
    let Place::Payload(place) = &diagnostic.place else { return None };
    Some(SetFacts {
        set_id: place.set_id.as_deref()?.into(),
        control_number: place.set.as_deref()?.into(),
        implementation: "".into(),
        release: dictionary::release_for(release).0,
        number: None,
    })
}
