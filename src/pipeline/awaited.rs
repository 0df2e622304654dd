//! Documents that are held for what they recall are written when that is on record.

use std::fmt::Display;

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::{error, info};

use super::Pipeline;
use super::passage::Passages;
use super::turns::{Follower, turns};
use crate::diagnostic::{Diagnostic, FieldPlace, codes};
use crate::lifecycle::DocumentState;
use crate::store::{Applied, Audit, Document, Outgoing, StoreError};

/// Who is said to have done it, and why.
const BY: &str = "gateway";
const WHY: &str = "what it recalls is on record now";

/// Writes them until `stop`.
pub async fn run(pipeline: Pipeline, stop: watch::Receiver<bool>) {
    turns(pipeline, stop, Waiting).await;
}

#[derive(Debug)]
struct Waiting;

impl Follower for Waiting {
    async fn turn(&mut self, pipeline: &Pipeline) -> Result<usize, impl Display + Send> {
        turn(pipeline, Timestamp::now()).await
    }
}

/// Writes what can be written now; how many documents went on.
///
/// # Errors
/// When the store cannot be used.
pub async fn turn(pipeline: &Pipeline, now: Timestamp) -> Result<usize, StoreError> {
    let (mut went_on, mut passages) = (0, Passages::default());
    for id in pipeline.store.found_again().await? {
        let Some(document) = pipeline.store.document(id).await? else { continue };
        if document.state != DocumentState::Held {
            continue;
        }
        let later = pipeline.store.overtaken_by(&document).await?;
        let mut taken = match pipeline.retake(&document, BY, None, &mut passages).await {
            Ok(Ok(taken)) => taken,
            Ok(Err(_)) => continue,
            // One that cannot be read does not keep others waiting.
            Err(failed) => {
                error!(document = id, "{failed}");
                continue;
            }
        };
        // Behind a later one of its number, which did not have to wait, it goes by a person's word only.
        if let (DocumentState::Queued, Some(later)) = (taken.document.state, &later) {
            (taken.document.state, taken.delivery) = (DocumentState::Held, None);
            taken.document.outgoing = Outgoing::default();
            taken.document.attempt.diagnostics.push(overtaken(&document, later));
        }
        let audit =
            Audit { at: now, by: BY.to_owned(), command: "document rerun".to_owned(), why: Some(WHY.to_owned()) };
        let state = taken.document.state;
        if let Applied::Done(_) = pipeline.commit_retake(&document, taken, audit).await? {
            info!(document = id, state = state.word(), "{WHY}");
            went_on += usize::from(state != DocumentState::Held);
        }
    }
    Ok(went_on)
}

/// What is said of a document behind whose later version it would go out.
fn overtaken(document: &Document, later: &Document) -> Diagnostic {
    let (id, number) = (document.id, document.business_number.as_deref().unwrap_or_default());
    let message = format!(
        "would go out behind document {} of {number}, which came later and is {}",
        later.id,
        later.state.word()
    );
    let place = FieldPlace { file: Some(document.file_name.clone()), ..FieldPlace::default() };
    Diagnostic::new(codes::SUBMISSION_OVERTAKEN, message, place)
        .cause("it waited for what it recalls, and the later one did not: the partner takes what comes last for how things are")
        .remedy(format!(
            "if the later one says all: `crossdock document discard {id}`; to send it all the same: `crossdock document rerun {id} \
             --out-of-order`"
        ))
}
