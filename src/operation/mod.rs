//! What people order of a gateway, and what they look at: one file each.
//!
//! Commands open the store of a home beside a gateway that runs there, or without one; `lifecycle` says what may be ordered
//! in which state, `store` records who did it. Prints nothing: values go back to whoever asks.

mod backtest;
mod backup;
mod ban;
mod compare;
mod correct;
mod delivery;
mod document;
mod number;
mod order;
mod outcome;
mod overtaken;
mod partner;
mod payload;
mod sequence;
mod server;
mod session;
mod status;
mod submit;

pub use backtest::{Files, Sofar, Trial, Tried, backtest};
pub use backup::{Backup, BackupError, Lost, backup};
pub use ban::{lift, not_let_in};
pub use compare::{Compared, Way, compare_payload, written};
pub use correct::{Corrected, Correction, correct, text_to_correct};
pub use document::{InForce, bytes_in_force, entry_of, in_force};
pub use number::{Numbering, SetError, numberings, set_number};
pub use order::{Kind, Task, Thing, carry_out_all, page};
pub use outcome::{Declined, Done, Outcome};
pub use partner::{pause, resume};
pub use sequence::{SequenceError, SequenceState, sequences, set_sequence};
pub use server::{Server, Step};
pub use session::{OpenError, Session};
pub use status::{EndingKey, Status, VisitStatus, status};
pub use submit::submit;
