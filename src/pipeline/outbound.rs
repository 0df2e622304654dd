//! What a payload of the ERP says: its objects checked, routed to partners, written, enveloped; what is refused goes back.
//!
//! One interchange for each partner and transaction set of a payload, or they are collected with those of other payloads.
//! Control numbers are given when an interchange is committed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::intake::meant_for;
use super::records::{LookedUp, Records};
use super::stem;
use super::writing::{Open, With, Written};
use crate::canonical::{self, Object, Shape, shown};
use crate::catalog::Edition;
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, Place, Severity, codes, suggest};
use crate::lifecycle::{DocumentState, Template};
use crate::mapping::{Given, Whose};
use crate::partner::{Profile, Send, Usage};
use crate::source::SourceFile;
use crate::store::{Collect, NewAttempt, NewDelivery, NewDocument, Outgoing, Payload, Subject, Submission, Submitted};

/// The mailbox of the ERP.
pub const ERP: &str = "erp";
/// The lane of what is no test, and of what goes to nobody.
const LIVE: &str = "live";
/// What goes behind something that is still collected waits so long for what comes with it; then all of it goes out.
const MOMENT: SignedDuration = SignedDuration::from_secs(1);

/// A larger file of the ERP goes on by a person's word only: all that it says is in memory at once.
pub(super) const MOST_BYTES: u64 = 128 << 20;

/// What is said of a payload that is larger.
pub(super) fn too_large(payload: i64, bytes: u64) -> Diagnostic {
    let [mebibytes, most] = [bytes, MOST_BYTES].map(|bytes| bytes.div_ceil(1 << 20));
    let message =
        format!("the file has {mebibytes} MiB, and of the ERP's files at most {most} MiB are worked on at once");
    Diagnostic::new(codes::SUBMISSION_TOO_LARGE, message, Place::Nowhere)
        .cause("what one file says goes on together, and is in memory until it does")
        .remedy(format!(
            "submit it in several files: with one object a line it can be cut between any two lines; or, where this machine has \
             five times its size of memory to spare, `crossdock payload release {payload}`"
        ))
}

/// A payload of the ERP to be written.
#[derive(Debug)]
pub(super) struct Order<'a> {
    /// Its row.
    pub(super) payload: &'a Payload,
    /// Its bytes.
    pub(super) bytes: &'a [u8],
    /// What is in force.
    pub(super) edition: &'a Edition,
    /// Now.
    pub(super) now: Timestamp,
    /// `gateway`, or who ordered it.
    pub(super) by: &'a str,
    /// Only the object of this document of it, which is on record.
    pub(super) only: Option<Only>,
    /// Where documents look up what they recall, and their numbers.
    pub(super) records: &'a Arc<Records>,
    /// What came before, with the payload.
    pub(super) known: &'a HashMap<Submitted, i64>,
}

/// A document of a payload that is on record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Only {
    /// Its id.
    pub(super) id: i64,
    /// Its object's position, 1-based.
    pub(super) position: i64,
    /// Where its object begins, in bytes of the payload.
    pub(super) start: u64,
}

/// Writes what a payload of the ERP asks for.
pub(super) fn write(order: &Order<'_>) -> Submission {
    let bytes = order.bytes;
    let given = order.records.given();
    let (open, documents, deliveries, latest) = (Vec::new(), Vec::new(), Vec::new(), HashMap::new());
    let mut desk =
        Desk { order, given, open, documents, going_on: HashSet::new(), latest, deliveries, recalled: HashMap::new() };
    let (first, mut submissions) = match order.only {
        Some(Only { position, start, .. }) => {
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            (position - 1, canonical::submissions_from(bytes, start))
        }
        None => (0, canonical::submissions(bytes)),
    };
    let mut position = first;
    loop {
        let before = bytes.len() - submissions.left();
        let Some(submission) = submissions.next() else { break };
        position += 1;
        match submission {
            Ok(submission) => {
                let start = submission.whole.bytes.as_ptr().addr() - bytes.as_ptr().addr();
                let range = start as u64..(start + submission.whole.bytes.len()) as u64;
                desk.submission(&submission, position, range);
            }
            Err(diagnostic) => {
                let range = not_read(bytes, before..bytes.len() - submissions.left());
                let mut found = Diagnostics::unlimited();
                found.push(diagnostic);
                desk.refuse(Draft { position, range, ..Draft::default() }, found);
            }
        }
        if order.only.is_some() {
            break;
        }
    }
    if position == first {
        let message = format!("{} holds no object", order.payload.file_name);
        let remedy = "submit an object, an array of objects, or one object a line";
        let mut found = Diagnostics::unlimited();
        found.push(Diagnostic::new(codes::SUBMISSION_EMPTY, message, Place::Nowhere).remedy(remedy));
        desk.refuse(Draft { position: first + 1, range: 0..bytes.len() as u64, ..Draft::default() }, found);
    }
    desk.close();
    desk.give_back(bytes);
    Submission {
        payload: order.payload.id,
        version: order.payload.version,
        documents: desk.documents,
        deliveries: desk.deliveries,
        at: order.now,
    }
}

/// What is known of an object so far.
#[derive(Default)]
struct Draft {
    position: i64,
    range: std::ops::Range<u64>,
    partner: Option<String>,
    shape: Option<&'static Shape>,
    document: String,
    business_number: Option<String>,
    identity: Option<String>,
    event: Option<String>,
    mapping: Option<String>,
    canonical: Option<Vec<u8>>,
    lane: Option<&'static str>,
    outgoing: Outgoing,
}

impl Draft {
    fn numbered(self, object: &Object, shape: &Shape) -> Self {
        let business_number = canonical::subject(object, shape).map(str::to_owned);
        Self { business_number, identity: canonical::identity(object, shape), ..self }
    }

    fn subject(&self) -> Option<Subject> {
        Some(Subject {
            lane: self.lane.unwrap_or(LIVE),
            partner: self.partner.clone()?,
            canonical_type: self.shape?.name.to_owned(),
            business_number: self.business_number.clone()?,
            identity: self.identity.clone(),
        })
    }
}

/// Why an object goes to nobody.
enum Unrouted {
    /// It is refused.
    Refused,
    /// The profile of its partner, or of who may be that, cannot be used: it waits for a person, who mends that.
    Waits,
}

/// The same with the business number of an object that goes no further: by that it is found all the same.
fn with_number(submission: &canonical::Submission<'_>, draft: Draft) -> Draft {
    let shape = draft.shape.or_else(|| submission.shape());
    let Some(shape) = shape else { return draft };
    let mut object = Object::new();
    canonical::read_into(&submission.data, shape, &mut object, &mut Diagnostics::with_limit(0));
    Draft { shape: Some(shape), ..draft }.numbered(&object, shape)
}

struct Desk<'a> {
    order: &'a Order<'a>,
    given: Arc<Given>,
    /// What is being written, and which documents stand in it.
    open: Vec<(Open<'a>, Vec<(usize, Written)>)>,
    documents: Vec<NewDocument>,
    /// The events of those that go on.
    going_on: HashSet<Submitted>,
    /// The latest about each subject, by its index, of those that go on; or one that says the same, with the payload of the latest.
    latest: HashMap<Subject, (usize, i64)>,
    deliveries: Vec<NewDelivery>,
    /// Partners and objects, and whether documents to them recall such.
    recalled: HashMap<(String, &'static str), bool>,
}

impl<'a> Desk<'a> {
    fn submission(&mut self, submission: &canonical::Submission<'_>, position: i64, range: std::ops::Range<u64>) {
        let mut found = Diagnostics::unlimited();
        let event = submission.attribute("id").map(str::to_owned);
        let mut draft = Draft { position, range, event, ..Draft::default() };
        let routed = self.route(submission, &mut draft, &mut found);
        if !matches!(routed, Err(Unrouted::Refused))
            && let Some(duplicate) = self.submitted_before(&draft)
        {
            let mut found = Diagnostics::unlimited();
            found.push(duplicate);
            return self.refuse(with_number(submission, draft), found);
        }
        let profile = match routed {
            Ok(profile) => profile,
            Err(Unrouted::Refused) => return self.refuse(with_number(submission, draft), found),
            Err(Unrouted::Waits) => {
                self.name_places(&mut found);
                let held = self.document(with_number(submission, draft), found, DocumentState::Held);
                return self.goes_on(held);
            }
        };
        let mut kept = Diagnostics::with_limit(profile.limits.diagnostics_per_document);
        kept.append(&mut found);
        let mut found = kept;
        let Some(shape) = draft.shape else { return self.refuse(draft, found) };
        let mut object = Object::new();
        canonical::read_into(&submission.data, shape, &mut object, &mut found);
        self.name_places(&mut found);
        draft = draft.numbered(&object, shape);
        let mut json = Vec::new();
        canonical::emit(&object, shape, &mut json);
        draft.canonical = Some(json);
        if found.errors() > 0 {
            return self.refuse(draft, found);
        }
        if let Some(duplicate) = self.said_before(&draft) {
            found.push(duplicate);
            return self.refuse(draft, found);
        }
        let (catalog, now) = (&self.order.edition.catalog, self.order.now);
        let Some((entry, plan)) = catalog.send_plan(profile, shape, now, &mut found) else {
            return self.refuse(draft, found);
        };
        draft.mapping = Some(plan.name.clone());
        draft.document = entry.document.value.to_string();
        let Some(index) = self.opened(profile, entry, &mut found) else {
            return self.refuse(draft, found);
        };
        let records = self.order.records;
        records.begin(self.order.only.map(|only| only.id));
        let written = self.open[index].0.write(self.order.edition, &plan, &object, &mut found);
        let LookedUp { numbers, missing, recalled } = records.end(written.is_some());
        self.name_places(&mut found);
        let Some(written) = written else {
            // What comes later is waited for; all else the ERP has to mend.
            if missing.is_empty() || found.list().iter().any(is_another_error) {
                return self.refuse(draft, found);
            }
            draft.outgoing.awaits = missing;
            let held = self.document(draft, found, DocumentState::Held);
            return self.goes_on(held);
        };
        (draft.outgoing.numbers, draft.outgoing.recalled) = (numbers, recalled);
        if self.is_recalled(profile, shape)
            && let (Some(number), Some(canonical)) = (&draft.business_number, &draft.canonical)
        {
            let whose = Whose { partner: profile.short_name.clone(), test: profile.usage == Usage::Test };
            records.goes_on(whose, shape.name, number, canonical);
        }
        self.open[index].1.push((self.documents.len(), written));
        let document = self.document(draft, found, DocumentState::Queued);
        self.goes_on(document);
    }

    /// Does a mapping by which something is sent to the partner recall such objects?
    fn is_recalled(&mut self, profile: &Profile, shape: &Shape) -> bool {
        let catalog = &self.order.edition.catalog;
        *self.recalled.entry((profile.short_name.clone(), shape.name)).or_insert_with(|| {
            let plans = profile.send.iter().filter_map(|entry| catalog.plan_of(entry, &mut Diagnostics::with_limit(0)));
            plans.into_iter().any(|plan| plan.recalls(shape.name))
        })
    }

    /// What is said where the event was submitted before, in an earlier payload or in this one itself.
    fn submitted_before(&self, draft: &Draft) -> Option<Diagnostic> {
        let event = Submitted::Event { event: draft.event.clone()?, lane: draft.lane.unwrap_or(LIVE).to_owned() };
        let known = self.order.known.get(&event).copied();
        let earlier = known.or_else(|| self.going_on.contains(&event).then_some(self.order.payload.id))?;
        let message =
            format!("the event {} was submitted before, in payload {earlier}", shown(draft.event.as_deref()?));
        let duplicate = Diagnostic::new(codes::SUBMISSION_DUPLICATE, message, Place::Nowhere)
            .cause("an event's `id` stands for one thing to be done, and it was done")
            .remedy(format!(
                "nothing to do if it was sent twice: what became of the first says `crossdock document list --payload {earlier}`; \
                 if it is another order, give the event another `id`"
            ));
        Some(duplicate)
    }

    /// What is said of an object in no event with an id that says the same as the latest about it, in an earlier payload or in this one.
    fn said_before(&mut self, draft: &Draft) -> Option<Diagnostic> {
        let subject = draft.subject().filter(|_| draft.event.is_none())?;
        let latest =
            self.latest.get(&subject).filter(|(index, _)| self.documents[*index].attempt.canonical == draft.canonical);
        let known = self.order.known.get(&Submitted::Object(draft.position));
        let earlier = *known.or(latest.map(|(_, payload)| payload))?;
        let (what, number) = (&subject.canonical_type, shown(&subject.business_number));
        let message = format!("the same {what} {number} was submitted before, in payload {earlier}");
        self.latest.insert(subject, (self.documents.len(), earlier));
        let duplicate = Diagnostic::new(codes::SUBMISSION_DUPLICATE, message, Place::Nowhere)
            .cause("an object without an event's `id` is another one where it says something else than the latest of its number")
            .remedy(format!(
                "nothing to do if it was sent twice: what became of the first says `crossdock document list --payload {earlier}`; \
                 if it is to be done once more, submit it as an event with an `id` of its own"
            ));
        Some(duplicate)
    }

    /// A document goes on, or may.
    fn goes_on(&mut self, document: NewDocument) {
        let event = document.event.clone().map(|event| Submitted::Event { event, lane: document.lane.to_owned() });
        self.going_on.extend(event);
        let here = (self.documents.len(), self.order.payload.id);
        self.latest.extend(document.subject().map(|subject| (subject, here)));
        self.documents.push(document);
    }

    /// To whom the object goes, and which one it is.
    fn route(
        &self,
        submission: &canonical::Submission<'_>,
        draft: &mut Draft,
        found: &mut Diagnostics,
    ) -> Result<&'a Profile, Unrouted> {
        let refused = |found: &mut Diagnostics, why: Diagnostic| {
            found.push(why);
            Unrouted::Refused
        };
        let edition = self.order.edition;
        let named = self.named(submission).map_err(|why| refused(found, why))?;
        let named = named.as_deref();
        let waits = |found: &mut Diagnostics, why: Diagnostic| {
            found.push(why);
            Unrouted::Waits
        };
        if edition.profiles.is_empty() || named.is_some_and(|name| edition.lacks_profile(name)) {
            draft.partner = named.map(str::to_owned);
            return Err(waits(found, without_profile(edition, named)));
        }
        let profile = named.and_then(|name| edition.profile(name));
        let is_sent = |name: &str| match profile {
            Some(profile) => sends(profile, name),
            None => edition.profiles.iter().any(|profile| sends(profile, name)),
        };
        if let Some(profile) = profile.filter(|profile| profile.send.is_empty()) {
            let message = format!("{} is sent nothing: {} has no [[send]]", profile.name, profile.file.name);
            let remedy = "add [[send]] with the canonical object and the document, or name another partner";
            draft.partner = Some(profile.short_name.clone());
            let why = Diagnostic::new(codes::SUBMISSION_NOT_SENT, message, Place::Nowhere).remedy(remedy);
            return Err(refused(found, why));
        }
        let only = |profile: &Profile| match profile.send.as_slice() {
            [only] => canonical::shape(&only.canonical.value),
            _ => None,
        };
        let shape = submission.shape_among(is_sent).or_else(|| profile.and_then(only));
        let shape = shape.ok_or_else(|| refused(found, submission.unknown_among(is_sent)))?;
        draft.shape = Some(shape);
        // Where nobody is named it goes to the only one that is sent such objects: is there another?
        let perhaps = |file: &&Arc<SourceFile>| file.unreadable.is_some() || file.text.contains(shape.name);
        if let (None, Some(file)) = (named, edition.catalog.unusable_profiles().iter().find(perhaps)) {
            return Err(waits(found, perhaps_of(&file.name)));
        }
        let profile = self.partner(named, shape).map_err(|why| refused(found, why))?;
        draft.partner = Some(profile.short_name.clone());
        draft.lane = Some(if profile.usage == Usage::Test { "test" } else { LIVE });
        if !sends(profile, shape.name) {
            let message = format!("{} is sent no {}", profile.name, shape.name);
            let remedy = format!(
                "add [[send]] with canonical = \"{}\" to {}, or name another partner",
                shape.name, profile.file.name
            );
            let why = Diagnostic::new(codes::SUBMISSION_NOT_SENT, message, Place::Nowhere).remedy(remedy);
            return Err(refused(found, why));
        }
        Ok(profile)
    }

    /// The partner that an object names, or who submitted it; both must say the same.
    fn named(&self, submission: &canonical::Submission<'_>) -> Result<Option<String>, Diagnostic> {
        let source = submission.attribute("source");
        let last = source.and_then(|source| source.rsplit(['/', ':']).next());
        let source = match (source, source.and_then(|source| source.strip_prefix("/partners/"))) {
            // Else it would go to the only partner that is sent such objects, whoever that is.
            (Some(source), None) if last.is_some_and(|last| self.has_profile(last)) => {
                let message = format!("the event's `source` {} names no partner", shown(source));
                let remedy = format!("write \"/partners/{}\", if it is for that one", last.unwrap_or_default());
                return Err(Diagnostic::new(codes::SUBMISSION_PARTNER, message, Place::Nowhere).remedy(remedy));
            }
            (_, named) => named,
        };
        match (source, meant_for(self.order.payload)) {
            (Some(source), Some(meant_for)) if source != meant_for => {
                let message =
                    format!("the event's `source` says {}, and who submitted it says `{meant_for}`", shown(source));
                Err(Diagnostic::new(codes::SUBMISSION_PARTNER, message, Place::Nowhere)
                    .cause("the folder below erp/submitted, or `submit --partner`, names the partner that gets what comes there")
                    .remedy(format!("submit it for that partner, or write \"/partners/{meant_for}\" where that is right")))
            }
            (source, meant_for) => {
                Ok(source.map(str::to_owned).or(meant_for).or_else(|| self.order.payload.partner.clone()))
            }
        }
    }

    /// Is there a profile of that name, be it one that cannot be used?
    fn has_profile(&self, short_name: &str) -> bool {
        let edition = self.order.edition;
        edition.profile(short_name).is_some() || !edition.profiles.is_empty() && edition.lacks_profile(short_name)
    }

    /// The profile of the partner that is named; of the only one that is sent such objects where none is.
    fn partner(&self, named: Option<&str>, shape: &Shape) -> Result<&'a Profile, Diagnostic> {
        let edition = self.order.edition;
        let sends: Vec<&Profile> = edition.profiles.iter().filter(|profile| sends(profile, shape.name)).collect();
        let names = sends.iter().map(|profile| profile.short_name.as_str()).collect::<Vec<_>>().join(", ");
        let (message, remedy) = match (named, sends.as_slice()) {
            (None, [only]) => return Ok(*only),
            (None, []) => (
                format!("no partner's profile sends a {}", shape.name),
                format!("add [[send]] with canonical = \"{}\" to the profile of the partner that gets it", shape.name),
            ),
            (None, _) => (
                format!("the {} does not say to which partner it goes", shape.name),
                format!(
                    "name one of {names}: in the event's `source`, \"/partners/NAME\", or by `submit --partner NAME`"
                ),
            ),
            (Some(name), _) => {
                if let Some(profile) = edition.profile(name) {
                    return Ok(profile);
                }
                let all = edition.profiles.iter().map(|profile| profile.short_name.as_str());
                let near = suggest::nearest(name, all).map(|near| format!("did you mean `{near}`?"));
                let remedy = near.unwrap_or_else(|| format!("a {} can go to {names}", shape.name));
                (format!("there is no partner {}", shown(name)), remedy)
            }
        };
        Err(Diagnostic::new(codes::SUBMISSION_PARTNER, message, Place::Nowhere).remedy(remedy))
    }

    /// The open interchange or file for an entry of a profile, by its index.
    fn opened(&mut self, profile: &'a Profile, entry: &'a Send, found: &mut Diagnostics) -> Option<usize> {
        if let Some(index) = self.open.iter().position(|(open, _)| open.is_for(profile, entry)) {
            return Some(index);
        }
        let Order { edition, now, .. } = *self.order;
        let open = Open::begin(With { edition, given: &self.given, now }, profile, entry, found)?;
        self.open.push((open, Vec::new()));
        Some(self.open.len() - 1)
    }

    /// Ends what was written: each becomes a delivery, or its documents are collected with those of other payloads.
    fn close(&mut self) {
        for (open, written) in std::mem::take(&mut self.open) {
            let (profile, entry) = (open.profile, open.entry);
            if let Some((documents, bytes, until)) = self.collected(profile, entry) {
                for (index, one) in written {
                    let collect = Collect { written: one.bytes, documents, bytes, until };
                    self.documents[index].outgoing.collect = Some(collect);
                }
            } else if let Some(delivery) = open.finish(self.order.now) {
                for (index, one) in written {
                    self.documents[index].delivery = Some(self.deliveries.len());
                    self.documents[index].control_numbers[2] = Some(format!("{:04}", one.number));
                }
                self.deliveries.push(delivery);
            }
        }
    }

    /// How many documents, how many bytes and until when what is written for an entry is collected; `None`: it goes out by itself.
    /// An entry that collected documents, and does not any more, sends them before what comes now, and with it.
    fn collected(&self, profile: &Profile, entry: &Send) -> Option<(u32, u64, Timestamp)> {
        let now = self.order.now;
        if let Some(batch) = &entry.batch {
            return Some((batch.documents, batch.bytes, batch.until(now, &profile.time_zone)));
        }
        let until = now.saturating_add(MOMENT).unwrap_or(now);
        let is_collected = self.order.records.is_collected(&profile.short_name, &entry.canonical.value);
        is_collected.then_some((u32::MAX, u64::MAX, until))
    }

    /// Refused objects go back to the ERP.
    fn give_back(&mut self, bytes: &[u8]) {
        let name = &self.order.payload.file_name;
        let stem = stem(name.strip_suffix(".json").unwrap_or(name));
        for document in &mut self.documents {
            if document.state != DocumentState::Refused {
                continue;
            }
            document.delivery = Some(self.deliveries.len());
            let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let (mut file_name, mut content) = (Template::default(), Template::default());
            file_name.push(format!("{stem}-{}-{}.json", self.order.payload.id, document.position).as_bytes());
            content.push(&bytes[at(document.bytes.start)..at(document.bytes.end)]);
            self.deliveries.push(NewDelivery {
                kind: "refusal",
                partner: ERP.to_owned(),
                file_name,
                done_file: None,
                content,
                numbers: None,
                answer_within_secs: None,
            });
        }
    }

    fn refuse(&mut self, draft: Draft, mut found: Diagnostics) {
        self.name_places(&mut found);
        let document = self.document(draft, found, DocumentState::Refused);
        self.documents.push(document);
    }

    fn document(&self, draft: Draft, mut found: Diagnostics, state: DocumentState) -> NewDocument {
        let plan = draft.mapping.as_deref().map(|mapping| self.order.edition.fingerprint(mapping).to_vec());
        NewDocument {
            position: draft.position,
            bytes: draft.range,
            lane: draft.lane.unwrap_or(LIVE),
            partner: draft.partner,
            canonical_type: draft.shape.map(|shape| shape.name.to_owned()),
            document: draft.document,
            business_number: draft.business_number,
            identity: draft.identity,
            control_numbers: [None, None, None],
            replaces: false,
            state,
            event: draft.event,
            delivery: None,
            outgoing: draft.outgoing,
            attempt: NewAttempt {
                at: self.order.now,
                by: self.order.by.to_owned(),
                why: None,
                mapping: draft.mapping,
                plan,
                canonical: draft.canonical,
                correction: None,
                diagnostics: found.take(),
            },
        }
    }

    fn name_places(&self, found: &mut Diagnostics) {
        for diagnostic in found.list_mut() {
            if let Place::Nowhere = diagnostic.place {
                diagnostic.place = FieldPlace::default().into();
            }
            if let Place::Field(place) = &mut diagnostic.place {
                place.file.get_or_insert_with(|| self.order.payload.file_name.clone());
            }
        }
    }
}

/// Is the partner sent such canonical objects?
fn sends(profile: &Profile, name: &str) -> bool {
    profile.send.iter().any(|entry| entry.canonical.value == name)
}

/// What is said of an object to a partner whose profile cannot be used, or to anybody where none can.
fn without_profile(edition: &Edition, named: Option<&str>) -> Diagnostic {
    match named {
        Some(name) if !edition.profiles.is_empty() => {
            let message = format!("the profile of {name} has an error, so nothing can be written for it");
            not_usable(message, &format!("mend it (`crossdock check partner-profiles/{name}.toml`)"))
        }
        _ => {
            let message = "no partner's profile can be used, so nothing can be written for anybody".to_owned();
            let broken: Vec<&str> = edition.catalog.unusable_profiles().iter().map(|file| &*file.name).collect();
            let cause = match broken.is_empty() {
                true => "nothing that can be read is in partner-profiles, as where it is not mounted".to_owned(),
                false => format!("there are errors in {}", broken.join(", ")),
            };
            not_usable(message, "bring the profiles back, or mend them (`crossdock check`)").cause(cause)
        }
    }
}

/// What is said of an object that names nobody, where it may be for the partner of a profile that cannot be used.
fn perhaps_of(file: &str) -> Diagnostic {
    let message = format!("the object names no partner, and {file} has an error, so it may be for that one");
    not_usable(message, &format!("mend it (`crossdock check {file}`)"))
}

fn not_usable(message: String, mend: &str) -> Diagnostic {
    let remedy = format!("{mend}, then `crossdock document rerun --code {}`", codes::SUBMISSION_PROFILE.name());
    Diagnostic::new(codes::SUBMISSION_PROFILE, message, Place::Nowhere).remedy(remedy)
}

/// An error, and not that something is not on record.
fn is_another_error(one: &Diagnostic) -> bool {
    one.severity == Severity::Error && one.code != codes::MAPPING_NOT_RECALLED
}

/// What of an input goes back when an entry of it cannot be read: what was passed over for it, without what separates it from
/// the entry before, and what ends the array that it is the last of.
fn not_read(bytes: &[u8], passed: std::ops::Range<usize>) -> std::ops::Range<u64> {
    let between = |byte: &&u8| byte.is_ascii_whitespace() || **byte == b',';
    let start = passed.start + bytes[passed.clone()].iter().take_while(between).count();
    let entry = &bytes[start..passed.end];
    let last = if entry.starts_with(b"[") { None } else { entry.trim_ascii_end().strip_suffix(b"]") };
    start as u64..(start + last.map_or(entry.len(), <[u8]>::len)) as u64
}

#[cfg(test)]
mod tests {
    use super::not_read;
    use crate::canonical::submissions;

    #[test]
    fn what_cannot_be_read_goes_back_and_nothing_else() {
        let check = |text: &str, expected: &str| {
            let mut entries = submissions(text.as_bytes());
            let passed = loop {
                let before = text.len() - entries.left();
                if entries.next().unwrap().is_err() {
                    break before..text.len() - entries.left();
                }
            };
            let range = not_read(text.as_bytes(), passed);
            assert_eq!(&text[range.start as usize..range.end as usize], expected);
        };
        check("{\"a\":1}\n{\"b\":}\n{\"c\":3}\n", "{\"b\":}\n");
        check("{\"a\":1}\n{\"b\":\n{\"c\":3}\n", "{\"b\":\n{\"c\":3}\n");
        check("{\"a\":1}\n17\n{\"c\":3}\n", "17");
        check("[{\"a\":1},\n{\"b\":},\n{\"c\":3}]\n", "[{\"a\":1},\n{\"b\":},\n{\"c\":3}]\n");
        check("[{\"a\":1},\n17]", "17");
        check("nothing of the kind", "nothing of the kind");
    }
}
