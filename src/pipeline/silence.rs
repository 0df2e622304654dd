//! Partners who do not acknowledge what we sent: told in the log before their time is over, and when it is.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use super::Pipeline;
use crate::lifecycle::{Wait, wait};
use crate::store::StoreError;

/// What was told, so that it is told once.
#[derive(Debug, Default)]
pub(super) struct Silence {
    told: HashMap<i64, Wait>,
    next: Option<Timestamp>,
}

/// How often it is looked for.
const LOOK: SignedDuration = SignedDuration::from_secs(5);
/// How long before its time an acknowledgment may be told to be due.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 31);
/// Interchanges looked at, the most urgent ones.
const URGENT: u32 = 1_000;

impl Silence {
    /// Looks for it, once in a while.
    pub(super) async fn tell(&mut self, pipeline: &Pipeline, now: Timestamp) -> Result<(), StoreError> {
        if self.next.is_some_and(|next| now < next) {
            return Ok(());
        }
        self.next = now.checked_add(LOOK).ok();
        let unanswered = pipeline.store.unanswered(now.checked_add(AHEAD).unwrap_or(now), URGENT).await?;
        self.told.retain(|id, _| unanswered.iter().any(|one| one.id == *id));
        for one in unanswered {
            let (delivery, partner) = (one.id, &one.partner);
            let late = wait(one.left_at(), one.answer_due, now);
            if late == Wait::InTime || self.told.insert(delivery, late) == Some(late) {
                continue;
            }
            let (number, due) = (one.interchange_number.unwrap_or_default(), one.answer_due.unwrap_or(now));
            let what = match late {
                Wait::Overdue => format!("its time was over at {due}: ask the partner whether they have it"),
                _ => format!("its time is over at {due}"),
            };
            warn!(delivery, partner, "interchange {number} is not acknowledged, {what}");
        }
        Ok(())
    }
}
