//! Rows of documents, of their attempts, and of what was found.

use sqlx::SqliteConnection;

use super::apply::whole;
use super::outgoing::Given;
use super::receive::insert_contents;
use super::row::{diagnostics_text, time};
use super::statement::insert;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lifecycle::DocumentState;
use crate::store::{Kept, NewAttempt, NewDocument, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// A document that is to be kept.
#[derive(Clone, Copy)]
pub(super) struct ToKeep<'d> {
    pub(super) payload: i64,
    pub(super) document: &'d NewDocument,
    /// What it goes out with.
    pub(super) delivery: Option<Given>,
}

/// Keeps documents with their first attempts and what was found; their ids.
pub(super) async fn insert_documents(
    db: &mut SqliteConnection,
    direction: &str,
    documents: &[ToKeep<'_>],
) -> Result<Vec<i64>> {
    let statement = "INSERT INTO documents (payload, position, first_byte, end_byte, direction, lane, partner, type, document, \
        business_number, interchange_number, group_number, set_number, replaces, state, event, delivery, received_at, answer, \
        written_bytes, identity) VALUES {rows}";
    let ids = insert(db, (statement, 21), documents, |row, ToKeep { payload, document, delivery }| {
        let [interchange, group, set] = document.control_numbers.clone();
        let interchange = interchange.or_else(|| delivery.as_ref()?.number.map(|number| number.to_string()));
        let group = group.or_else(|| delivery.as_ref()?.group.map(|number| number.to_string()));
        let collect = document.outgoing.collect.as_ref();
        let answer = (document.state == DocumentState::Queued && collect.is_none()).then_some("waiting");
        row.bind(*payload)
            .bind(document.position)
            .bind(whole(document.bytes.start))
            .bind(whole(document.bytes.end))
            .bind(direction)
            .bind(document.lane)
            .bind(&document.partner)
            .bind(&document.canonical_type)
            .bind(&document.document)
            .bind(&document.business_number)
            .bind(interchange)
            .bind(group)
            .bind(set)
            .bind(document.replaces)
            .bind(document.state.word())
            .bind(&document.event)
            .bind(delivery.map(|given| given.id))
            .bind(time(document.attempt.at))
            .bind(answer)
            .bind(collect.map(|collect| whole(collect.written)))
            .bind(&document.identity);
        Ok(())
    });
    let ids = ids.await?;
    let with_ids = || documents.iter().zip(&ids);
    let attempts: Vec<Attempted<'_>> = with_ids().map(|(one, id)| (*id, 1, &one.document.attempt)).collect();
    insert_attempts(db, &attempts).await?;
    let found = with_ids().flat_map(|(one, id)| findings(one.payload, *id, &one.document.attempt.diagnostics));
    insert_findings(db, found).await?;
    Ok(ids)
}

/// Document, number of the attempt from 1 on, and the attempt.
type Attempted<'d> = (i64, i64, &'d NewAttempt);

pub(super) async fn insert_attempts(db: &mut SqliteConnection, attempts: &[Attempted<'_>]) -> Result<()> {
    // The bytes as a person corrected them, where the attempt is of such.
    let corrected = attempts.iter().filter_map(|(.., attempt)| attempt.correction.as_deref().map(Kept::inline));
    let corrections = insert_contents(db, &corrected.collect::<Vec<_>>()).await?;
    let mut corrections = corrections.into_iter();
    let correction = |attempt: &NewAttempt| attempt.correction.as_ref().and_then(|_| corrections.next());
    let rows: Vec<_> = attempts.iter().map(|(.., attempt)| *attempt).map(correction).zip(attempts).collect();
    let statement = "INSERT INTO attempts (document, number, at, by, why, engine, mapping, plan, canonical, correction, diagnostics) \
        VALUES {rows}";
    let inserted = insert(db, (statement, 11), &rows, |row, (correction, (document, number, attempt))| {
        row.bind(*document)
            .bind(*number)
            .bind(time(attempt.at))
            .bind(&attempt.by)
            .bind(&attempt.why)
            .bind(env!("CARGO_PKG_VERSION"))
            .bind(&attempt.mapping)
            .bind(&attempt.plan)
            .bind(&attempt.canonical)
            .bind(*correction)
            .bind(diagnostics_text(&attempt.diagnostics));
        Ok(())
    });
    inserted.await.map(drop)
}

/// A code that was found, with its payload and document.
type Finding = (&'static str, i64, i64);

/// The codes of errors and warnings, each once: of a document, or of the payload as a whole, which is document 0.
pub(super) fn findings(payload: i64, document: i64, diagnostics: &[Diagnostic]) -> Vec<Finding> {
    let mut codes: Vec<&'static str> = Vec::new();
    for diagnostic in diagnostics.iter().filter(|one| one.severity > Severity::Note) {
        if !codes.contains(&diagnostic.code.name()) {
            codes.push(diagnostic.code.name());
        }
    }
    codes.into_iter().map(|code| (code, payload, document)).collect()
}

pub(super) async fn insert_findings(db: &mut SqliteConnection, found: impl Iterator<Item = Finding>) -> Result<()> {
    let statement = "INSERT OR IGNORE INTO findings (code, payload, document) VALUES {rows}";
    let found: Vec<Finding> = found.collect();
    let inserted = insert(db, (statement, 3), &found, |row, (code, payload, document)| {
        row.bind(*code).bind(*payload).bind(*document);
        Ok(())
    });
    inserted.await.map(drop)
}
