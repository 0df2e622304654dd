//! Who sent this, and which entry of the profile a document takes; and the checks that both have one answer only.

use jiff::Timestamp;
use jiff::civil::Date;

use super::document::{Receive, Send};
use super::header::HeaderPlace;
use super::id::InterchangeId;
use super::profile::Profile;
use super::role::Direction;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, codes, suggest};
use crate::expression::Values;
use crate::source::SourceFile;

/// The ids of an interchange and one of its groups, as they stand there: blanks around them do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identification<'a> {
    /// ISA05 and ISA06.
    pub sender: (&'a str, &'a str),
    /// ISA07 and ISA08.
    pub receiver: (&'a str, &'a str),
    /// GS02 and GS03; `None` when the interchange as a whole is meant.
    pub group: Option<(&'a str, &'a str)>,
}

/// Whose interchange it is.
#[derive(Debug, Clone, Copy)]
pub struct Resolution<'p> {
    /// The partner's profile.
    pub profile: &'p Profile,
    /// Did they send it, or we?
    pub direction: Direction,
}

/// The profile an interchange belongs to. When several profiles know the ids, the one whose other end and whose group
/// ids fit best is taken.
///
/// Pushes `profile.unknown-sender` with the nearest profile (and returns `None`), `profile.unknown-receiver` and
/// `profile.unknown-group`, all at `place`.
pub fn resolve<'p>(
    profiles: &'p [Profile],
    ids: Identification<'_>,
    place: impl Into<Place>,
    diagnostics: &mut Diagnostics,
) -> Option<Resolution<'p>> {
    let best = |fit: &dyn Fn(&Profile) -> Option<u8>| {
        let fits = profiles.iter().filter_map(|profile| Some((fit(profile)?, profile)));
        // The first of the best, so that the order of the files decides and not chance.
        fits.fold(None, |best: Option<(u8, &Profile)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        })
    };
    if let Some((_, profile)) = best(&|profile| from_partner(profile, ids)) {
        check_receiver(profile, ids, place.into(), diagnostics);
        return Some(Resolution { profile, direction: Direction::FromPartner });
    }
    if let Some((_, profile)) = best(&|profile| to_partner(profile, ids)) {
        return Some(Resolution { profile, direction: Direction::ToPartner });
    }
    diagnostics.push(unknown(profiles, ids, place.into()));
    None
}

/// How well the profile fits an interchange that they sent: the receiver is us, the group id is theirs.
fn from_partner(profile: &Profile, ids: Identification<'_>) -> Option<u8> {
    profile.their_ids().find(|id| id.value.is(ids.sender))?;
    let group = ids.group.map_or("", |(sender, _)| sender.trim());
    let group_named = profile.their_group_ids().iter().any(|id| id.value == group);
    let to_us = profile.our_id().is_some_and(|us| us.is(ids.receiver));
    Some(u8::from(to_us) * 2 + u8::from(group_named))
}

/// How well the profile fits an interchange that we sent.
fn to_partner(profile: &Profile, ids: Identification<'_>) -> Option<u8> {
    let from_us = profile.our_id().is_some_and(|us| us.is(ids.sender));
    let to_them = profile.their_ids().any(|id| id.value.is(ids.receiver));
    let group = ids.group.map_or("", |(_, receiver)| receiver.trim());
    (from_us && to_them).then(|| u8::from(profile.them.as_ref().is_some_and(|them| them.group_id() == group)))
}

fn check_receiver(profile: &Profile, ids: Identification<'_>, place: Place, diagnostics: &mut Diagnostics) {
    let file = &profile.file.name;
    if let Some(us) = profile.our_id().filter(|us| !us.is(ids.receiver)) {
        let message = format!("interchange receiver {} is not our id in the sender's profile", shown(ids.receiver));
        let cause = format!("ISA05 and ISA06 name {}; {file} says that we are {us} to them", profile.name);
        let remedy = format!(
            "ask {} whether the file is meant for us; if it is, set `us.interchange_id` in {file}",
            profile.name
        );
        diagnostics.push(diagnostic(codes::PROFILE_UNKNOWN_RECEIVER, message, &place, cause, remedy));
    }
    let groups = profile.their_group_ids();
    if let Some((sender, _)) = ids.group
        && !groups.is_empty()
        && !groups.iter().any(|id| id.value == sender.trim())
    {
        let message = format!("group sender `{}` is not a group id of {}", sender.trim(), profile.name);
        let known: Vec<&str> = groups.iter().map(|id| id.value.as_str()).collect();
        let cause = format!("`them.group_ids` in {file} names {}", known.join(", "));
        let remedy = format!("if the group is theirs, add \"{}\" to `them.group_ids` in {file}", sender.trim());
        diagnostics.push(diagnostic(codes::PROFILE_UNKNOWN_GROUP, message, &place, cause, remedy));
    }
}

fn unknown(profiles: &[Profile], ids: Identification<'_>, place: Place) -> Diagnostic {
    let sent_by_us = profiles.iter().find(|profile| profile.our_id().is_some_and(|us| us.is(ids.sender)));
    let (code, end, key, wanted) = match sent_by_us {
        Some(_) => (codes::PROFILE_UNKNOWN_RECEIVER, "receiver", "we are the sender, and ", shown(ids.receiver)),
        None => (codes::PROFILE_UNKNOWN_SENDER, "sender", "", shown(ids.sender)),
    };
    let all: Vec<(String, &Profile)> = profiles
        .iter()
        .flat_map(|profile| profile.their_ids().map(move |id| (id.value.to_string(), profile)))
        .collect();
    let near = suggest::nearest(&wanted, all.iter().map(|(id, _)| id.as_str()));
    let near = near.and_then(|near| all.iter().find(|(id, _)| id == near));
    let count = match profiles.len() {
        0 => "no profile is loaded".to_owned(),
        1 => "1 profile is loaded".to_owned(),
        count => format!("{count} profiles are loaded"),
    };
    let (cause, remedy) = match near {
        Some((id, profile)) => {
            let file = &profile.file.name;
            (
                format!("{key}{count}; the nearest is {file} ({id})"),
                format!(
                    "if it is the same partner, add \"{wanted}\" to `them.interchange_ids` in {file} and run `crossdock check`"
                ),
            )
        }
        None => (
            if profiles.is_empty() { format!("{key}{count}") } else { format!("{key}{count}, none with a similar id") },
            format!(
                "write a profile with \"{wanted}\" in `them.interchange_ids` under partner-profiles/ and run `crossdock check`"
            ),
        ),
    };
    let message = format!("no partner profile has the interchange {end} {wanted}");
    diagnostic(code, message, &place, cause, remedy)
}

fn diagnostic(code: Code, message: String, place: &Place, cause: String, remedy: String) -> Diagnostic {
    Diagnostic::new(code, message, place.clone()).cause(cause).remedy(remedy)
}

fn shown((qualifier, id): (&str, &str)) -> String {
    format!("{}/{}", qualifier.trim(), id.trim())
}

impl Profile {
    /// The layouts that its entries name, each with the document that names it.
    pub fn layouts(&self) -> impl Iterator<Item = (&super::At<super::DocumentName>, &str)> {
        let documents =
            self.receive.iter().map(|entry| &entry.document).chain(self.send.iter().map(|entry| &entry.document));
        documents.filter_map(|document| Some((document, document.value.layout.as_deref()?)))
    }

    /// The day of this instant to the partner: that by which entries come into force.
    #[must_use]
    pub fn day_of(&self, instant: Timestamp) -> Date {
        instant.to_zoned(self.time_zone.clone()).date()
    }

    /// The entry that takes a transaction set which came in a group with this GS08, on this day in the partner's zone.
    ///
    /// An entry whose condition holds goes before one without a condition, one for the very release before one for all,
    /// a later `from` before an earlier one. Pushes, at `place`, `profile.no-document` when there is none (then the base
    /// mapping serves), and `profile.ambiguous-document` when two conditions hold alike.
    pub fn receive_entry(
        &self,
        (set, gs08): (&str, &str),
        today: Date,
        header: &impl Values<HeaderPlace>,
        place: impl Into<Place>,
        diagnostics: &mut Diagnostics,
    ) -> Option<&Receive> {
        let in_force =
            |entry: &&Receive| entry.document.value.takes(set, gs08) && entry.from.is_none_or(|from| from <= today);
        // A condition whose arithmetic fails does not hold.
        let holds = |entry: &&Receive| {
            let when = entry.when.as_ref();
            when.is_none_or(|when| when.value.holds(header).unwrap_or(false))
        };
        let rank = |entry: &Receive| (entry.when.is_some(), entry.document.value.version.is_some(), entry.from);
        let taking: Vec<&Receive> = self.receive.iter().filter(in_force).filter(holds).collect();
        let best = taking.iter().map(|entry| rank(entry)).max();
        let mut best = taking.iter().filter(|entry| Some(rank(entry)) == best);
        let Some(entry) = best.next() else {
            diagnostics.push(self.no_document(set, gs08, place.into()));
            return None;
        };
        if let Some(other) = best.next() {
            let message = format!("two conditions of {}'s profile take this {set}", self.name);
            let [first, second] = [entry, other].map(|entry| self.line(entry));
            let cause = format!("the `when` of {first} holds, and so does that of {second}; the first was taken");
            let remedy = format!("tell them apart in {}, so that only one holds", self.file.name);
            let code = codes::PROFILE_AMBIGUOUS_DOCUMENT;
            diagnostics.push(diagnostic(code, message, &place.into(), cause, remedy));
        }
        Some(entry)
    }

    /// The entry by which this canonical object is sent, on this day in the partner's zone: the one in force latest.
    #[must_use]
    pub fn send_entry(&self, canonical: &str, today: Date) -> Option<&Send> {
        let entries = self.send.iter().filter(|entry| entry.canonical.value == canonical);
        let in_force = entries.filter(|entry| entry.from.is_none_or(|from| from <= today));
        in_force.max_by_key(|entry| entry.from)
    }

    fn no_document(&self, set: &str, gs08: &str, place: Place) -> Diagnostic {
        let file = &self.file.name;
        let message = format!("{}'s profile has no entry for x12/{gs08}/{set}", self.name);
        let mut here: Vec<String> = Vec::new();
        for entry in &self.receive {
            let name = entry.document.value.to_string();
            if !here.contains(&name) {
                here.push(name);
            }
        }
        let cause = match here.as_slice() {
            [] => format!("{file} has no [[receive]] at all; the base mapping is used"),
            _ => format!("{file} receives {}; the base mapping is used", here.join(", ")),
        };
        let remedy = format!("if they may send it, add [[receive]] with document = \"x12/{set}\" to {file}");
        diagnostic(codes::PROFILE_NO_DOCUMENT, message, &place, cause, remedy)
    }

    /// The entry as file and line.
    fn line(&self, entry: &Receive) -> String {
        let place = self.file.place(entry.document.span.clone(), None);
        format!("{}:{}", place.file, place.line)
    }
}

/// Reports entries of one profile that nothing tells apart, as `profile.ambiguous-document` at the later one.
pub(super) fn check_documents(profile: &Profile, diagnostics: &mut Diagnostics) {
    let condition = |entry: &Receive| entry.when.as_ref().map(|when| profile.file.text[when.span.clone()].to_owned());
    for (index, entry) in profile.receive.iter().enumerate() {
        let key =
            |entry: &Receive| (entry.document.value.clone(), entry.file_name.clone(), entry.from, condition(entry));
        let twin = profile.receive[..index].iter().find(|earlier| key(earlier) == key(entry));
        if let Some(twin) = twin {
            let message = format!("two entries receive {}", entry.document.value);
            let spans = (&entry.document.span, &twin.document.span);
            let remedy = "remove one of them, or tell them apart by `when` (a condition) or `from` (a date)";
            ambiguous(profile, message, spans, remedy, diagnostics);
        }
    }
    for (index, entry) in profile.send.iter().enumerate() {
        let key = |entry: &Send| (entry.canonical.value.clone(), entry.from);
        let twin = profile.send[..index].iter().find(|earlier| key(earlier) == key(entry));
        if let Some(twin) = twin {
            let message = format!("two entries send {}", entry.canonical.value);
            let spans = (&entry.canonical.span, &twin.canonical.span);
            let remedy = "remove one of them, or tell them apart by `from` (a date)";
            ambiguous(profile, message, spans, remedy, diagnostics);
        }
    }
}

fn ambiguous(
    profile: &Profile,
    message: String,
    (here, there): (&std::ops::Range<usize>, &std::ops::Range<usize>),
    remedy: &str,
    diagnostics: &mut Diagnostics,
) {
    let line = profile.file.place(there.clone(), None).line;
    let place = profile.file.place(here.clone(), None);
    let cause = format!("the entry on line {line} takes the same documents at the same time");
    let code = codes::PROFILE_AMBIGUOUS_DOCUMENT;
    diagnostics.push(Diagnostic::new(code, message, place).cause(cause).remedy(remedy));
}

/// Does a profile that cannot be used name this interchange id as the partner's? As far as it can be read: where
/// `interchange_ids` has it in quotes.
#[must_use]
pub fn names_as_theirs(file: &SourceFile, (qualifier, id): (&str, &str)) -> bool {
    let id = format!("{}/{}", qualifier.trim(), id.trim());
    let lists = file.text.split("interchange_ids").skip(1).map(|rest| rest.split(']').next().unwrap_or_default());
    lists.flat_map(|list| list.split(['"', '\''])).any(|text| text == id)
}

/// Reports what two profiles both claim: the same interchange id towards the same id of ours, with group ids that do not
/// tell them apart, as `profile.duplicate-id` at the later one.
pub fn check_together(profiles: &[Profile], diagnostics: &mut Diagnostics) {
    for (index, profile) in profiles.iter().enumerate() {
        for other in &profiles[..index] {
            if let Some(user) = profile.sftp_user().filter(|user| other.sftp_user() == Some(user)) {
                let message = format!("two partners log in to the drop box as {user}");
                let found = Diagnostic::new(codes::PROFILE_DUPLICATE_USER, message, profile.file.whole());
                let remedy = "give one of them another `transport.sftp_server.user`";
                diagnostics.push(found.cause(format!("{} says so too", other.file.name)).remedy(remedy));
            }
            if profile.our_id() != other.our_id() || groups_differ(profile, other) {
                continue;
            }
            for id in profile.their_ids() {
                let same = |known: &InterchangeId| *known == id.value;
                let Some(twin) = other.their_ids().find(|known| same(&known.value)) else {
                    continue;
                };
                let message = format!("the interchange id {} is claimed by two profiles", id.value);
                let there = other.file.place(twin.span.clone(), None);
                let cause = format!("{}:{} has it too, towards the same id of ours", there.file, there.line);
                let remedy = "remove it from one of them; if two desks share the id, give both profiles `group_ids`";
                let place = profile.file.place(id.span.clone(), Some("them.interchange_ids"));
                let code = codes::PROFILE_DUPLICATE_ID;
                diagnostics.push(Diagnostic::new(code, message, place).cause(cause).remedy(remedy));
            }
        }
    }
}

fn groups_differ(one: &Profile, other: &Profile) -> bool {
    let (one, other) = (one.their_group_ids(), other.their_group_ids());
    let shared = one.iter().any(|id| other.iter().any(|known| known.value == id.value));
    !one.is_empty() && !other.is_empty() && !shared
}

#[cfg(test)]
mod tests;
