//! Why a request is refused: the code of the protocol, and words for the person who reads the client's log.

use std::io;

use russh_sftp::protocol::{Packet, StatusCode};

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    code: StatusCode,
    pub(super) words: String,
}

impl Refusal {
    pub(super) fn no_such_file() -> Self {
        Self { code: StatusCode::NoSuchFile, words: "no such file".to_owned() }
    }

    pub(super) fn denied(words: impl Into<String>) -> Self {
        Self { code: StatusCode::PermissionDenied, words: words.into() }
    }

    pub(super) fn failure(words: impl Into<String>) -> Self {
        Self { code: StatusCode::Failure, words: words.into() }
    }

    pub(super) fn unsupported(words: impl Into<String>) -> Self {
        Self { code: StatusCode::OpUnsupported, words: words.into() }
    }

    pub(super) fn end() -> Self {
        Self { code: StatusCode::Eof, words: "end of file".to_owned() }
    }

    /// What the disk says, without naming anything of our disk.
    pub(super) fn disk(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::no_such_file(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::failure("our disk is full; please send it again later")
            }
            _ => Self::failure("our disk cannot be used now; please try again later"),
        }
    }

    /// The answer to the request with this id.
    pub(super) fn answer(self, id: u32) -> Packet {
        Packet::status(id, self.code, &self.words, "en")
    }
}
