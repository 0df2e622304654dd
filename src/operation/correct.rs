//! Replaces what a document says by what a person wrote: its object, written over the bytes so that only what differs
//! changes, or its bytes. The original is kept.

use super::document::{bytes_in_force, commit, not_taken, refused};
use super::order::Act;
use super::outcome::{Declined, Done};
use super::{Session, Task};
use crate::canonical::{self, shown};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::lifecycle::{DocumentState, Order};
use crate::pipeline::passage::Passages;
use crate::store::{Document, NewDocument, StoreError};

/// What a person edits, and wrote.
#[derive(Debug, Clone)]
pub struct Correction {
    /// The bytes themselves, not the object.
    pub bytes: bool,
    /// What was written.
    pub text: Vec<u8>,
}

/// What became of a correction.
#[derive(Debug, Clone)]
pub enum Corrected {
    /// The text is what it was: nothing is done.
    Unchanged,
    /// What was written is no such object, or the document cannot say it.
    Wrong(Vec<Diagnostic>),
    /// It may not be corrected.
    Declined(Declined),
    /// It was.
    Done {
        /// What became of the document.
        done: Box<Done>,
        /// Its bytes before.
        before: Vec<u8>,
        /// Its bytes now.
        after: Vec<u8>,
        /// What is worth knowing of how they were written.
        notes: Vec<Diagnostic>,
    },
}

/// Is what a person writes of this document JSON? What came from the ERP is.
fn by_object(document: &Document, bytes: bool) -> bool {
    document.direction == "in" && !bytes
}

/// May the document be corrected at all?
async fn refusal(session: &Session, document: &Document) -> Result<Option<Declined>, StoreError> {
    if let Err(refusal) = document.state.takes(Order::Correct) {
        return Ok(Some(refused(session, refusal, document).await?));
    }
    Ok(document.bytes.is_empty().then(|| {
        Declined::new(
            "was passed over when it was read",
            format!("mend what its diagnostics say, then `crossdock document rerun {}`", document.id),
        )
    }))
}

/// What a person gets to edit: the object as the mapping in force reads it, or the bytes.
///
/// # Errors
/// When the store cannot be used.
pub async fn text_to_correct(
    session: &Session,
    document: &Document,
    bytes: bool,
) -> Result<Result<Vec<u8>, Declined>, StoreError> {
    if let Some(declined) = refusal(session, document).await? {
        return Ok(Err(declined));
    }
    if !by_object(document, bytes) {
        return Ok(Ok(bytes_in_force(session, document, false).await?));
    }
    let taken = match session.pipeline().retake(document, &session.who, None, &mut Passages::default()).await? {
        Ok(taken) => taken,
        Err(lost) => return Ok(Err(not_taken(document, lost))),
    };
    let shape = taken.document.canonical_type.as_deref().and_then(canonical::shape);
    let (Some(json), Some(shape)) = (taken.document.attempt.canonical, shape) else {
        return Ok(Err(Declined::new(
            "has no object: nothing could be read of it",
            format!("correct its bytes: `crossdock document correct {} --bytes`", document.id),
        )));
    };
    let (object, _) = canonical::read(&json, shape);
    let mut text = Vec::new();
    canonical::emit_pretty(&object, shape, &mut text);
    text.push(b'\n');
    Ok(Ok(text))
}

/// Corrects a document, as a task says.
///
/// # Errors
/// When the store cannot be used.
pub async fn correct(
    session: &Session,
    document: &Document,
    correction: Correction,
    task: &Task,
) -> Result<Corrected, StoreError> {
    if let Some(declined) = refusal(session, document).await? {
        return Ok(Corrected::Declined(declined));
    }
    if correction.text.trim_ascii().is_empty() {
        let remedy = "nothing was changed; to do nothing with the document: `crossdock document discard`";
        return Ok(Corrected::Declined(Declined::new("is not corrected: nothing was written, or only blanks", remedy)));
    }
    let (before, after, notes) = match by_object(document, correction.bytes) {
        true => match session.pipeline().rewrite(document, correction.text.clone()).await? {
            Some(written) if written.diagnostics.iter().any(|one| one.severity == Severity::Error) => {
                return Ok(Corrected::Wrong(written.diagnostics));
            }
            Some(written) => (written.before, written.bytes, written.diagnostics),
            None => {
                let remedy = format!("correct its bytes: `crossdock document correct {} --bytes`", document.id);
                return Ok(Corrected::Declined(Declined::new("is read by no mapping", remedy)));
            }
        },
        false => {
            let before = bytes_in_force(session, document, false).await?;
            (before.clone(), with_its_end(&before, correction.text.clone()), Vec::new())
        }
    };
    if before == after {
        return unchanged(session, document, &correction).await;
    }
    let corrected = Some(after.clone());
    let taken = match session.pipeline().retake(document, &task.audit.by, corrected, &mut Passages::default()).await? {
        Ok(taken) => taken,
        Err(lost) => return Ok(Corrected::Declined(not_taken(document, lost))),
    };
    if let Some(wrong) = no_such_object(document, &taken.document) {
        return Ok(wrong);
    }
    if by_object(document, correction.bytes) {
        let read_back = taken.document.attempt.canonical.as_deref().unwrap_or(b"{}");
        let mapping = taken.document.attempt.mapping.as_deref().unwrap_or_default();
        let not_said = not_said(session, mapping, &correction.text, read_back);
        if !not_said.is_empty() {
            return Ok(Corrected::Declined(Declined::new(
                format!("would not say what was written: {}", not_said.join("; ")),
                format!(
                    "write what the document can say, correct its bytes (`crossdock document correct {} --bytes`), or \
                     correct its mapping",
                    document.id
                ),
            )));
        }
    }
    match commit(session, document, taken, task, &mut Act::default()).await? {
        Ok(done) => Ok(Corrected::Done { done: Box::new(done), before, after, notes }),
        Err(declined) => Ok(Corrected::Declined(declined)),
    }
}

/// Why what was written in the place of an object of the ERP does not take it: what was no reason to refuse it before is none to
/// take back what goes out, and an event keeps its id, by which it is known when it comes again.
fn no_such_object(document: &Document, new: &NewDocument) -> Option<Corrected> {
    if new.state == DocumentState::Refused && document.state != DocumentState::Refused {
        return Some(Corrected::Wrong(new.attempt.diagnostics.clone()));
    }
    let id = document.event.as_ref().filter(|_| document.direction == "out")?;
    if new.state == DocumentState::Refused || new.event.as_ref() == Some(id) {
        return None;
    }
    let has = new.event.as_ref().map_or_else(|| "no `id`".to_owned(), |id| format!("the `id` {}", shown(id)));
    Some(Corrected::Declined(Declined::new(
        format!("is not corrected: it was submitted as the event {}, and what was written has {has}", shown(id)),
        format!(
            "write the whole event under its `id`, as `crossdock document export {}` has it; another event is submitted by itself",
            document.id
        ),
    )))
}

/// Nothing of the bytes changes: because nothing was written, or because the document has no place for it.
async fn unchanged(session: &Session, document: &Document, correction: &Correction) -> Result<Corrected, StoreError> {
    if !by_object(document, correction.bytes) {
        return Ok(Corrected::Unchanged);
    }
    let taken = match session.pipeline().retake(document, &session.who, None, &mut Passages::default()).await? {
        Ok(taken) => taken,
        Err(lost) => return Ok(Corrected::Declined(not_taken(document, lost))),
    };
    let read_back = taken.document.attempt.canonical.as_deref().unwrap_or(b"{}");
    let mapping = taken.document.attempt.mapping.as_deref().unwrap_or_default();
    let not_said = not_said(session, mapping, &correction.text, read_back);
    Ok(match not_said.first() {
        None => Corrected::Unchanged,
        Some(first) => Corrected::Declined(Declined::new(
            format!("has no place for what was written: {first}"),
            format!("correct its bytes (`crossdock document correct {} --bytes`), or its mapping", document.id),
        )),
    })
}

/// What was written and is not read back: the document has no place for it, or computes it of other values.
fn not_said(session: &Session, mapping: &str, wanted: &[u8], read_back: &[u8]) -> Vec<String> {
    let edition = session.pipeline().edition();
    let Some(plan) = edition.catalog.plan(mapping, &mut Diagnostics::with_limit(0)) else { return Vec::new() };
    let (wanted, _) = canonical::read(wanted, plan.canonical);
    let (read_back, _) = canonical::read(read_back, plan.canonical);
    let differing = canonical::differences(&wanted, &read_back, plan.canonical).into_iter();
    let shown = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
    differing
        .filter(|one| !one.is_one_instant())
        .map(|one| format!("`{}` is {} in the document, not {}", one.path, shown(one.right), shown(one.left)))
        .collect()
}

/// Editors end the last line, or do not: the end of the last line stays as it was.
fn with_its_end(before: &[u8], mut text: Vec<u8>) -> Vec<u8> {
    let end = |bytes: &[u8]| bytes.strip_suffix(b"\n").map_or(0, |rest| if rest.ends_with(b"\r") { 2 } else { 1 });
    match (end(before), end(&text)) {
        (0, added) => text.truncate(text.len() - added),
        (was, 0) => text.extend_from_slice(&before[before.len() - was..]),
        _ => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use super::with_its_end;

    #[test]
    fn the_end_of_the_last_line_stays_whatever_an_editor_does() {
        let check = |before: &[u8], text: &[u8], expected: &[u8]| {
            assert_eq!(with_its_end(before, text.to_vec()), expected);
        };
        check(b"SE*2*1~", b"SE*2*1~\n", b"SE*2*1~");
        check(b"SE*2*1~", b"SE*2*1~\r\n", b"SE*2*1~");
        check(b"SE*2*1~\n", b"SE*2*1~\n", b"SE*2*1~\n");
        check(b"SE*2*1~", b"SE*2*1~", b"SE*2*1~");
        check(b"H;1\r\n", b"H;2", b"H;2\r\n");
    }
}
