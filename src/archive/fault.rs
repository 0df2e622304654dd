//! What can be wrong with a compressed file, as an error of reading and as a diagnostic.

use std::{fmt, io};

use crate::diagnostic::{Code, Diagnostic, PayloadPlace, codes};

/// What is wrong with a compressed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It ends too early, or is not what it says it is.
    Broken(String),
    /// A file in it needs a password.
    Encrypted(String),
    /// It is compressed in a way that is not read, as the end of a sentence.
    NotRead(String),
    /// A file in it is compressed itself.
    Nested,
    /// It holds no file.
    Empty,
    /// It holds more files than this.
    TooMany {
        /// Most of them.
        limit: usize,
    },
    /// Opened it has more bytes than this.
    TooLarge {
        /// Most of them.
        limit: u64,
    },
    /// It becomes far larger than it is.
    Ratio {
        /// Bytes that were opened.
        opened: u64,
        /// Of so many.
        of: u64,
        /// Most of the former for each of the latter.
        limit: u64,
    },
}

impl Fault {
    pub(super) fn broken(why: impl Into<String>) -> io::Error {
        Fault::Broken(why.into()).into()
    }

    fn code(&self) -> Code {
        match self {
            Fault::Broken(_) => codes::ARCHIVE_BROKEN,
            Fault::Encrypted(_) => codes::ARCHIVE_ENCRYPTED,
            Fault::NotRead(_) | Fault::Nested => codes::ARCHIVE_NOT_READ,
            Fault::Empty => codes::ARCHIVE_EMPTY,
            Fault::TooMany { .. } | Fault::TooLarge { .. } | Fault::Ratio { .. } => codes::ARCHIVE_TOO_LARGE,
        }
    }

    /// What is told of the file called `file`.
    #[must_use]
    pub fn diagnostic(&self, file: &str) -> Diagnostic {
        let (cause, remedy) = match self {
            Fault::Broken(_) => (
                "it was cut short, or changed on its way",
                "ask the partner to send it again, in binary mode where they use FTP",
            ),
            Fault::Encrypted(_) => (
                "there is no place for its password here",
                "ask the partner to send it without a password: the way it comes by protects it",
            ),
            Fault::NotRead(_) => {
                ("read are stored and deflated files in a zip, and gzip", "ask the partner to send it so")
            }
            Fault::Nested => (
                "an archive is opened once, what is inside must be documents",
                "ask the partner to put the documents themselves into it",
            ),
            Fault::Empty => ("there is nothing to translate", "ask the partner for the file that was meant"),
            Fault::TooMany { .. } => ("that is no usual drop", "ask the partner to send fewer files in one"),
            Fault::TooLarge { .. } | Fault::Ratio { .. } => (
                "few bytes that become very many can be meant to fill a disk; reading stopped there",
                "ask the partner what it is; if it is right, to send it in smaller parts, or as it is",
            ),
        };
        let place = PayloadPlace { file: Some(file.to_owned()), ..PayloadPlace::default() };
        Diagnostic::new(self.code(), format!("{file} {self}"), place).cause(cause).remedy(remedy)
    }
}

/// As the end of a sentence that begins with the file.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Broken(why) => write!(f, "cannot be opened: {why}"),
            Fault::Encrypted(entry) => write!(f, "cannot be opened: {entry} needs a password"),
            Fault::NotRead(why) => write!(f, "cannot be opened: {why}"),
            Fault::Nested => f.write_str("holds a file that is compressed itself"),
            Fault::Empty => f.write_str("is an archive without a file"),
            Fault::TooMany { limit } => write!(f, "holds more than {limit} files"),
            Fault::TooLarge { limit } => write!(f, "becomes larger than {limit} bytes when it is opened"),
            Fault::Ratio { opened, of, limit } => {
                write!(f, "becomes {opened} bytes of {of} when it is opened, more than {limit} of each")
            }
        }
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, fault)
    }
}

/// The fault of an archive that made a read fail; `None` where the source itself cannot be read.
#[must_use]
pub fn fault_of(error: &io::Error) -> Option<&Fault> {
    error.get_ref()?.downcast_ref()
}
