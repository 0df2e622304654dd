//! What fails on a visit, in words, and who must act.

use crate::diagnostic::{Code, Diagnostic, Place, codes};

/// What kind of thing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The server cannot be reached, says nothing, or broke off.
    Unreachable,
    /// Nobody has said that this host key is right.
    HostKeyUnknown,
    /// The host key is not the one that was said to be right.
    HostKeyChanged,
    /// The server does not let us in.
    LogIn,
    /// Server and we have no algorithm in common.
    Algorithms,
    /// A key or password of ours is not where it should be, or cannot be read.
    Secret,
    /// The server does not do what it is asked for.
    Refused,
    /// The server has no SFTP, or no SCP, for us.
    NotSpoken,
    /// There is no such file or folder.
    Missing,
    /// A file is not what the server says of it, or changes while it is read.
    NotWhole,
    /// Our own disk.
    Local,
}

/// A visit, or a part of it, failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of thing.
    pub why: Why,
    /// What failed, at which server: a line that stands alone.
    pub message: String,
    /// What the other side or the system says.
    pub cause: String,
    /// What was asked for may be done all the same.
    pub perhaps_done: bool,
}

impl Fault {
    /// A fault.
    pub fn new(why: Why, message: impl Into<String>, cause: impl ToString) -> Self {
        Self { why, message: message.into(), cause: cause.to_string(), perhaps_done: false }
    }

    /// The same of what was asked for and may be done: when nobody is there any more who says so.
    #[must_use]
    pub fn perhaps_done(self) -> Self {
        Self { perhaps_done: self.why == Why::Unreachable, ..self }
    }

    /// True when trying again soon cannot help, and may get us locked out: a person must mend something.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        use Why::{Algorithms, HostKeyChanged, HostKeyUnknown, LogIn, Secret};
        matches!(self.why, Algorithms | HostKeyChanged | HostKeyUnknown | LogIn | Secret)
    }

    /// True when it is about one file, and the visit goes on.
    #[must_use]
    pub fn is_of_one_file(&self) -> bool {
        matches!(self.why, Why::Refused | Why::Missing | Why::NotWhole)
    }

    fn code(&self) -> Code {
        match self.why {
            Why::Unreachable => codes::SFTP_UNREACHABLE,
            Why::HostKeyUnknown => codes::SFTP_HOST_KEY_UNKNOWN,
            Why::HostKeyChanged => codes::SFTP_HOST_KEY_CHANGED,
            Why::LogIn => codes::SFTP_LOG_IN,
            Why::Algorithms => codes::SFTP_ALGORITHMS,
            Why::Secret => codes::SFTP_SECRET,
            Why::Refused | Why::NotSpoken | Why::Missing => codes::SFTP_REFUSED,
            Why::NotWhole => codes::SFTP_NOT_WHOLE,
            Why::Local => codes::DELIVERY_FAILED,
        }
    }

    /// The fault as it is told about `partner`.
    #[must_use]
    pub fn diagnostic(&self, partner: &str) -> Diagnostic {
        let again = format!("then `crossdock partner test {partner}`");
        let remedy = match self.why {
            Why::Unreachable => format!(
                "it is tried again by itself; if it lasts, ask {partner} whether their server runs and lets us in from \
                 here, and see `crossdock partner test {partner}`"
            ),
            Why::HostKeyUnknown => format!(
                "ask {partner} for the fingerprint by another channel, compare, and take it: `crossdock partner trust {partner}`"
            ),
            Why::HostKeyChanged => format!(
                "ask {partner} by another channel whether they changed the key; only then write the new one into \
                 `host_keys` of their profile, or `crossdock partner trust {partner}`"
            ),
            Why::LogIn => format!(
                "ask {partner} whether user, key and password are still right; mend `transport.sftp` of their profile or the \
                 secret, {again}: more wrong tries may lock us out"
            ),
            Why::Algorithms => format!(
                "name what the server needs in `legacy` of `transport.sftp`, or try `engine = \"libssh2\"`, {again}"
            ),
            Why::Secret => format!("put it there, {again}"),
            Why::NotSpoken => format!(
                "ask {partner} whether we get SFTP or SCP there: `protocol` of `transport.sftp` says it, {again}"
            ),
            Why::Refused | Why::Missing => {
                format!("check folder and permissions with {partner}, {again}; it is tried again by itself")
            }
            Why::NotWhole => {
                format!("nothing was taken; it is tried again by itself. If it lasts, ask {partner} for the file anew")
            }
            Why::Local => "make room or mend the folder's permissions; it is tried again by itself".to_owned(),
        };
        Diagnostic::new(self.code(), &self.message, Place::Nowhere).cause(&self.cause).remedy(remedy)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.message, self.cause)
    }
}
