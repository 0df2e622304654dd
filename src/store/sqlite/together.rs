//! Which units go to the database together: those of a kind that come in a row, as far as none asks for what one before it
//! writes. So each finds the record as if those before it were written.

use std::collections::HashSet;

use crate::store::{Decision, NewDocument, NewPayload, Unit};

/// A unit, and the line in which it stands where behind one that does not take none of the line does.
pub(super) type InLine<'u> = (&'u Unit, Option<usize>);

/// What a unit asks of the record that another may write.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key<'u> {
    /// Whether a payload is as it was read.
    Payload(i64),
    /// Control number, sender, receiver and usage of an interchange.
    Interchange([&'u str; 4]),
    /// The latest file without an envelope of a sender, layout and usage.
    File([&'u str; 3]),
    /// The latest document of a partner, type and business number.
    Latest([Option<&'u str>; 3]),
    /// That no document was staged: what was, is not among those of its decision, and has ids of its own time.
    NoneStaged,
    /// That nothing was decided.
    NoneDecided,
}

/// The payloads that were received, of the first units: each finds what those before it wrote.
pub(super) fn received<'u>(units: &[InLine<'u>]) -> Vec<&'u NewPayload> {
    let payload = |(unit, _): &InLine<'u>| match unit {
        Unit::Receive(payload) => Some(payload),
        _ => None,
    };
    units.iter().map_while(payload).collect()
}

/// The decisions, of the first units, and their lines.
pub(super) fn decided<'u>(units: &[InLine<'u>]) -> Vec<(&'u Decision, Option<usize>)> {
    let decision = |(unit, line): &InLine<'u>| match unit {
        Unit::Decide(decision) => Some((&**decision, *line)),
        _ => None,
    };
    let mut before = HashSet::new();
    let fits = |(decision, _): &(&'u Decision, Option<usize>)| {
        let fits = !asked(decision).iter().any(|key| before.contains(key));
        before.extend(written(decision));
        fits
    };
    units.iter().map_while(decision).take_while(fits).collect()
}

fn asked(decision: &Decision) -> Vec<Key<'_>> {
    let alone = if decision.staged > 0 { Key::NoneDecided } else { Key::NoneStaged };
    let replacing = decision.documents.iter().filter(|document| document.replaces).map(latest);
    [Key::Payload(decision.payload), alone].into_iter().chain(interchanges(decision)).chain(replacing).collect()
}

fn written(decision: &Decision) -> Vec<Key<'_>> {
    let staged = (decision.staged > 0).then_some(Key::NoneStaged);
    let documents = decision.documents.iter().map(latest);
    let of_all = [Key::Payload(decision.payload), Key::NoneDecided].into_iter().chain(staged);
    of_all.chain(interchanges(decision)).chain(documents).collect()
}

fn interchanges(decision: &Decision) -> impl Iterator<Item = Key<'_>> {
    decision.interchanges.iter().flat_map(|one| {
        let file = one.file.as_ref().map(|_| Key::File([&one.sender, &one.receiver, &one.usage]));
        file.into_iter().chain([Key::Interchange([&one.control_number, &one.sender, &one.receiver, &one.usage])])
    })
}

fn latest(document: &NewDocument) -> Key<'_> {
    Key::Latest([&document.partner, &document.canonical_type, &document.business_number].map(Option::as_deref))
}
