//! What fails on a visit, in words, and who must act.

use crate::diagnostic::{Code, Diagnostic, Place, acts_when_shown, codes};

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
    /// A file is larger than those that are picked up.
    TooLarge,
    /// What we wrote is not as long there as that was.
    NotArrived,
    /// What we wrote, or may have written, is not there any more.
    Gone,
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
    /// A fault. What the other side says is shown as what it is: text in one line, not too long.
    pub fn new(why: Why, message: impl Into<String>, cause: impl ToString) -> Self {
        let mut cause = cause.to_string();
        // The system's number says nothing that its words do not.
        if let Some((words, number)) = cause.split_once(" (os error ") {
            cause = format!("{words}{}", number.split_once(')').map_or("", |(_, behind)| behind));
        }
        Self { why, message: shown(&message.into()), cause: shown(&cause), perhaps_done: false }
    }

    /// The same of what was asked for and may be done: when nobody is there any more who says so.
    #[must_use]
    pub fn perhaps_done(self) -> Self {
        Self { perhaps_done: self.why == Why::Unreachable, ..self }
    }

    /// A file whose name cannot be asked for.
    #[must_use]
    pub fn of_name(path: &str) -> Self {
        let cause = "its name is not UTF-8: ask for another name; it stays where it is";
        Self::new(Why::Refused, format!("{path} cannot be picked up"), cause)
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
        matches!(self.why, Why::Refused | Why::Missing | Why::NotWhole | Why::TooLarge)
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
            Why::NotWhole | Why::NotArrived => codes::SFTP_NOT_WHOLE,
            Why::TooLarge => codes::SFTP_TOO_LARGE,
            Why::Gone => codes::DELIVERY_GONE,
            Why::Local => codes::DELIVERY_FAILED,
        }
    }

    /// The fault as it is told about `partner`, of a visit that is made again by itself.
    #[must_use]
    pub fn diagnostic(&self, partner: &str) -> Diagnostic {
        let remedy = match self.why {
            Why::Unreachable => format!(
                "it is tried again by itself; if it lasts, {}, and see `crossdock partner test {partner}`",
                self.remedy(partner)
            ),
            Why::NotWhole => {
                format!("nothing was taken; it is tried again by itself. If it lasts, {}", self.remedy(partner))
            }
            Why::Refused | Why::Missing | Why::Local | Why::NotArrived => {
                format!("{}; it is tried again by itself", self.remedy(partner))
            }
            _ => self.remedy(partner),
        };
        self.with(remedy)
    }

    /// The fault as it is told to somebody who tries the server of `partner`: once.
    #[must_use]
    pub fn of_a_try(&self, partner: &str) -> Diagnostic {
        self.with(self.remedy(partner))
    }

    fn with(&self, remedy: String) -> Diagnostic {
        Diagnostic::new(self.code(), &self.message, Place::Nowhere).cause(&self.cause).remedy(remedy)
    }

    fn remedy(&self, partner: &str) -> String {
        let again = format!("then `crossdock partner test {partner}`");
        match self.why {
            Why::Unreachable => format!("ask {partner} whether their server runs and lets us in from here"),
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
            Why::Refused | Why::Missing => format!("check folder and permissions with {partner}, {again}"),
            Why::NotWhole => format!("ask {partner} for the file anew"),
            Why::TooLarge => format!(
                "ask {partner} what it is; if such files are to come, set `file_bytes` in `[[transport.sftp.poll]]` of their profile"
            ),
            Why::NotArrived => {
                format!("ask {partner} whether their disk has room, and what their server does with files")
            }
            Why::Gone => format!(
                "ask {partner} whether they have it; if their server takes files under any name at once, write \
                 `temporary = \"none\"` in `[transport.sftp.push]` of their profile"
            ),
            Why::Local => "make room or mend the folder's permissions".to_owned(),
        }
    }
}

/// Longest text of others that is shown, in characters.
const SHOWN: usize = 2_000;

/// A text of others in one line, in which nothing acts on a terminal or turns the order of the letters.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.trim().chars().take(SHOWN) {
        if acts_when_shown(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.message, self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Why};

    #[test]
    fn what_a_server_says_stays_text() {
        let said = "no \u{1b}[31mred\u{7}\n  remedy  run this\u{202e}";
        let fault = Fault::new(Why::Refused, "out/\u{1b}[2J.edi", said);
        assert_eq!(fault.message, "out/\\u{1b}[2J.edi");
        assert_eq!(fault.cause, "no \\u{1b}[31mred\\u{7}\\n  remedy  run this\\u{202e}");
        let refused = std::io::Error::from_raw_os_error(111).to_string().to_lowercase();
        assert_eq!(Fault::new(Why::Unreachable, "", refused).cause, "connection refused");
        assert_eq!(Fault::new(Why::Refused, "", "x".repeat(5_000)).cause.len(), 2_000);
    }

    #[test]
    fn only_what_is_tried_again_is_said_to_be() {
        for why in [Why::Unreachable, Why::Refused, Why::NotWhole, Why::NotArrived, Why::Local] {
            let fault = Fault::new(why, "", "");
            let says_so = |one: crate::diagnostic::Diagnostic| one.remedy.unwrap().contains("by itself");
            assert!(says_so(fault.diagnostic("alder")) && !says_so(fault.of_a_try("alder")));
        }
    }
}
