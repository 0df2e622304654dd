//! Partners who do not acknowledge what we sent: told in the log before their time is over, and when it is.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use super::Pipeline;
use crate::lifecycle::{Wait, is_due, wait};
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
        if self.next.is_some_and(|next| !is_due(next, now, LOOK)) {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::watch;

    use super::*;
    use crate::catalog::Edition;
    use crate::diagnostic::Diagnostics;
    use crate::pipeline::Folders;
    use crate::store::Store;

    #[tokio::test]
    async fn a_clock_that_is_set_back_keeps_nobody_from_looking() {
        let home = std::env::temp_dir().join(format!("crossdock-silence-{}", std::process::id()));
        let store = Store::open(&home.join("data")).await.unwrap();
        let (_sender, editions) = watch::channel(Arc::new(Edition::read(&home, &mut Diagnostics::unlimited())));
        let pipeline = Pipeline::new(store, Folders::of(&home), editions, 1);
        let (mut silence, now) = (Silence::default(), Timestamp::now());
        let next = async |silence: &mut Silence, at| {
            silence.tell(&pipeline, at).await.unwrap();
            silence.next.unwrap()
        };
        assert_eq!(next(&mut silence, now).await, now + LOOK);
        assert_eq!(next(&mut silence, now + LOOK / 2).await, now + LOOK, "it is not time yet");
        let before = now - SignedDuration::from_hours(24);
        assert_eq!(next(&mut silence, before).await, before + LOOK);
        std::fs::remove_dir_all(home).unwrap();
    }
}
