//! The states and what a person may order in each of them.

/// What became of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayloadState {
    /// On disk, not worked on yet.
    Received,
    /// Worked on: each of its documents has a state of its own.
    Translated,
    /// Kept whole for a person; nothing of it went on.
    Held,
    /// The same interchange came before: nothing was done twice.
    Duplicate,
    /// A person said that nothing is to be done with it.
    Discarded,
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentState {
    /// Translated; its interchange is not read to the end yet.
    Staged,
    /// From a partner: an event for the ERP.
    Published,
    /// From a partner: an acknowledgment or the like, on record; nothing is published.
    Kept,
    /// From the ERP: written, its delivery is under way.
    Queued,
    /// From the ERP: the partner has it.
    Delivered,
    /// Kept for a person.
    Held,
    /// An acknowledgment says that it is not taken: ours told the partner so, or theirs told us.
    Rejected,
    /// From the ERP: given back with the reasons.
    Refused,
    /// A person said that nothing is to be done with it.
    Discarded,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It collects documents that are to go out together.
    Collecting,
    /// To be delivered, now or when its next attempt is due.
    Waiting,
    /// It lies where the partner takes it from, and was not taken yet.
    Placed,
    /// Delivered.
    Delivered,
    /// Waits for a person: trying again cannot help, or a person said so.
    Held,
    /// A person said that it is not to be delivered.
    Discarded,
}

macro_rules! words {
    ($state:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $state {
            /// All states.
            pub const ALL: &'static [$state] = &[$($state::$variant),*];

            /// The word that commands show and the store keeps.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $($state::$variant => $word),* }
            }

            /// The state called `word`.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|state| state.word() == word)
            }
        }
    };
}

words!(PayloadState {
    Received = "received",
    Translated = "translated",
    Held = "held",
    Duplicate = "duplicate",
    Discarded = "discarded",
});
words!(DocumentState {
    Staged = "staged",
    Published = "published",
    Kept = "kept",
    Queued = "queued",
    Delivered = "delivered",
    Held = "held",
    Rejected = "rejected",
    Refused = "refused",
    Discarded = "discarded",
});
words!(DeliveryState {
    Collecting = "collecting",
    Waiting = "waiting",
    Placed = "placed",
    Delivered = "delivered",
    Held = "held",
    Discarded = "discarded",
});

/// What a person orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Translate again with what is in force now.
    Rerun,
    /// Go on in spite of what holds it.
    Release,
    /// Keep it for a person.
    Hold,
    /// Nothing is to be done with it.
    Discard,
    /// Replace its content by what a person wrote.
    Correct,
    /// Try to deliver now.
    Retry,
}

/// Why an order cannot be carried out, and what to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The end of a sentence that begins with the thing, such as `was published already`.
    pub because: &'static str,
    /// The next action.
    pub remedy: &'static str,
}

const fn no<T>(because: &'static str, remedy: &'static str) -> Result<T, Refusal> {
    Err(Refusal { because, remedy })
}

impl PayloadState {
    /// May `order` be carried out on a payload in this state?
    ///
    /// # Errors
    /// Why not.
    pub fn takes(self, order: Order) -> Result<(), Refusal> {
        use PayloadState::{Discarded, Duplicate, Held, Received, Translated};
        match (order, self) {
            (Order::Rerun, Held | Duplicate | Translated | Discarded) => Ok(()),
            (Order::Release, Held | Duplicate) => Ok(()),
            (Order::Discard, Held | Received) => Ok(()),
            (Order::Rerun | Order::Release, Received) => {
                no("waits for its turn", "it is translated when the gateway runs; see `crossdock status`")
            }
            (Order::Release, Translated) => no(
                "is translated already",
                "release its documents: `crossdock document list --payload ID --state held`, then `crossdock document release`",
            ),
            (Order::Release, Discarded) => no("was discarded", "bring it back with `crossdock payload rerun`"),
            (Order::Discard, Translated) => {
                no("is translated already", "discard the documents that are held: `crossdock document discard`")
            }
            (Order::Discard, Duplicate) => no("is a duplicate of which nothing went on", "nothing is to be done"),
            (Order::Discard, Discarded) => no("is discarded already", "nothing is to be done"),
            (Order::Hold | Order::Correct | Order::Retry, _) => {
                no("is a payload", "use `crossdock document` for its documents")
            }
        }
    }
}

impl DocumentState {
    /// May `order` be carried out on a document in this state?
    ///
    /// # Errors
    /// Why not.
    pub fn takes(self, order: Order) -> Result<(), Refusal> {
        use DocumentState::{Delivered, Discarded, Held, Kept, Published, Queued, Refused, Rejected, Staged};
        match (order, self) {
            (Order::Rerun | Order::Correct, Held | Published | Discarded | Rejected | Refused) => Ok(()),
            // The partner was told, and may send it again; a person may know better.
            (Order::Release, Held | Rejected) => Ok(()),
            (Order::Discard, Held | Rejected | Refused) => Ok(()),
            // What is held may go on by itself, when what it recalls comes.
            (Order::Hold, Queued | Held) => Ok(()),
            (_, Staged) => no(
                "belongs to an interchange that is not read to its end",
                "wait until its payload is translated; where whoever had it translated was stopped: `crossdock payload rerun ID`",
            ),
            (Order::Rerun | Order::Correct, Queued) => {
                no("is written and waits for its delivery", "hold it first: `crossdock document hold ID`")
            }
            (Order::Rerun | Order::Correct, Delivered) => no(
                "was delivered: the partner would have it twice",
                "to send the same file again: `crossdock delivery retry`; to change it, submit the object anew with its action, under another event id",
            ),
            (_, Kept) => no("is an acknowledgment, which is only kept", "nothing is to be done"),
            (Order::Release, Discarded | Refused) => {
                no("is not held", "translate it again: `crossdock document rerun ID`")
            }
            (Order::Release | Order::Discard, Published) => {
                no("was published already", "to replace what the ERP has: `crossdock document rerun` or `correct`")
            }
            (Order::Release, Queued | Delivered) => no("is not held", "see its delivery: `crossdock delivery list`"),
            (Order::Discard, Queued) => no("waits for its delivery", "hold it first: `crossdock document hold ID`"),
            (Order::Discard, Delivered) => no("was delivered already", "send a document that cancels it"),
            (Order::Discard, Discarded) => no("is discarded already", "nothing is to be done"),
            (Order::Hold, Published) => {
                no("has left already", "to replace what was published: `crossdock document rerun` or `correct`")
            }
            (Order::Hold, Delivered) => no("was delivered already", "send a document that cancels it"),
            (Order::Hold, Rejected | Refused | Discarded) => no("goes nowhere", "nothing is to be done"),
            (Order::Retry, _) => no("is a document", "use `crossdock delivery retry`"),
        }
    }
}

impl DeliveryState {
    /// May `order` be carried out on a delivery in this state? A delivered one may be sent again, with the same bytes; one with
    /// documents is discarded by them.
    ///
    /// # Errors
    /// Why not.
    pub fn takes(self, order: Order) -> Result<(), Refusal> {
        match (order, self) {
            (Order::Retry, DeliveryState::Discarded) => {
                no("was discarded", "translate its documents again: `crossdock document rerun`")
            }
            (Order::Retry, _) => Ok(()),
            (Order::Discard, DeliveryState::Waiting | DeliveryState::Held) => Ok(()),
            (Order::Discard, DeliveryState::Collecting) => {
                no("collects documents", "take them out: `crossdock document hold`, then `crossdock document discard`")
            }
            (Order::Discard, DeliveryState::Placed | DeliveryState::Delivered) => {
                no("has left already", "send a document that cancels what is in it")
            }
            (Order::Discard, DeliveryState::Discarded) => no("is discarded already", "nothing is to be done"),
            _ => no("is a delivery", "use `crossdock delivery retry`, or `crossdock document` for its documents"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DeliveryState, DocumentState, Order, PayloadState};

    #[test]
    fn every_state_has_a_word_of_its_own_that_is_read_back() {
        for state in PayloadState::ALL {
            assert_eq!(PayloadState::parse(state.word()), Some(*state));
        }
        for state in DocumentState::ALL {
            assert_eq!(DocumentState::parse(state.word()), Some(*state));
        }
        for state in DeliveryState::ALL {
            assert_eq!(DeliveryState::parse(state.word()), Some(*state));
        }
        assert_eq!(DocumentState::parse("gone"), None);
    }

    /// `order: states that take it`.
    #[test]
    fn what_may_be_ordered_in_which_state() {
        let documents = |order: Order| -> Vec<&str> {
            let takes = DocumentState::ALL.iter().filter(|state| state.takes(order).is_ok());
            takes.map(|state| state.word()).collect()
        };
        assert_eq!(documents(Order::Rerun), ["published", "held", "rejected", "refused", "discarded"]);
        assert_eq!(documents(Order::Correct), documents(Order::Rerun));
        assert_eq!(documents(Order::Release), ["held", "rejected"]);
        assert_eq!(documents(Order::Hold), ["queued", "held"]);
        assert_eq!(documents(Order::Discard), ["held", "rejected", "refused"]);
        let payloads = |order: Order| -> Vec<&str> {
            let takes = PayloadState::ALL.iter().filter(|state| state.takes(order).is_ok());
            takes.map(|state| state.word()).collect()
        };
        assert_eq!(payloads(Order::Rerun), ["translated", "held", "duplicate", "discarded"]);
        assert_eq!(payloads(Order::Release), ["held", "duplicate"]);
        assert_eq!(payloads(Order::Discard), ["received", "held"]);
        assert!(DeliveryState::Delivered.takes(Order::Retry).is_ok());
        assert!(DeliveryState::Placed.takes(Order::Retry).is_ok());
        assert!(DeliveryState::Discarded.takes(Order::Retry).is_err());
        let discards = DeliveryState::ALL.iter().filter(|state| state.takes(Order::Discard).is_ok());
        assert_eq!(discards.map(|state| state.word()).collect::<Vec<_>>(), ["waiting", "held"]);
    }
}
