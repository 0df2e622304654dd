//! What a partner says of what we sent, and when somebody should ask for it.

use jiff::Timestamp;

/// What a partner's acknowledgment says of a document, or of the groups of a delivery; the worse the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnswerState {
    /// Nothing yet.
    Waiting,
    /// It is taken.
    Accepted,
    /// It is taken, with a remark.
    AcceptedWithErrors,
    /// Of a group: some of its documents are not taken.
    PartiallyAccepted,
    /// It is not taken.
    Rejected,
}

impl AnswerState {
    /// All states.
    pub const ALL: &'static [AnswerState] = &[
        AnswerState::Waiting,
        AnswerState::Accepted,
        AnswerState::AcceptedWithErrors,
        AnswerState::PartiallyAccepted,
        AnswerState::Rejected,
    ];

    /// The word that commands show and the store keeps.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            AnswerState::Waiting => "waiting",
            AnswerState::Accepted => "accepted",
            AnswerState::AcceptedWithErrors => "accepted_with_errors",
            AnswerState::PartiallyAccepted => "partially_accepted",
            AnswerState::Rejected => "rejected",
        }
    }

    /// The partner has it, all of it.
    #[must_use]
    pub fn is_taken(self) -> bool {
        matches!(self, AnswerState::Accepted | AnswerState::AcceptedWithErrors)
    }

    /// The state called `word`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.word() == word)
    }
}

/// The word for something that waits past its time.
pub const OVERDUE: &str = "overdue";

/// How far the wait for an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// There is time, or nobody said until when.
    InTime,
    /// Three quarters of the time are over.
    Soon,
    /// The time is over.
    Overdue,
}

/// How far the wait is for the answer to something that was made at `made` and should be answered by `due`.
#[must_use]
pub fn wait(made: Timestamp, due: Option<Timestamp>, now: Timestamp) -> Wait {
    let Some(due) = due else { return Wait::InTime };
    let (whole, gone) = (due.duration_since(made), now.duration_since(made));
    if now >= due {
        Wait::Overdue
    } else if gone * 4 >= whole * 3 {
        Wait::Soon
    } else {
        Wait::InTime
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{AnswerState, Wait, wait};

    #[test]
    fn every_state_has_a_word_of_its_own_that_is_read_back() {
        for state in AnswerState::ALL {
            assert_eq!(AnswerState::parse(state.word()), Some(*state));
        }
    }

    #[test]
    fn a_wait_is_told_before_it_is_over() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let check = |now, expected| assert_eq!(wait(at(1_000), Some(at(1_400)), at(now)), expected, "{now}");
        check(1_000, Wait::InTime);
        check(1_299, Wait::InTime);
        check(1_300, Wait::Soon);
        check(1_399, Wait::Soon);
        check(1_400, Wait::Overdue);
        assert_eq!(wait(at(1_000), None, at(9_000)), Wait::InTime);
    }
}
