//! `crossdock partner password`: the hash of a password, which a terminal does not show.

use std::io::{self, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::cli::input::unreadable;
use crate::cli::output::{Console, Exit, Failure};
use crate::transport::sftp::server::hash;

pub(super) const PASSWORD: &str = "\
The password itself is kept nowhere. Put the hash into a file that only the gateway reads, and name it in the profile:
`password = \"file:secrets/harbor\"`.

At a terminal it is typed twice and not shown.

Examples:
  crossdock partner password > secrets/harbor
  openssl rand -base64 18 | tee /dev/tty | crossdock partner password > secrets/harbor
  crossdock partner password < password.txt

Exit codes: 0 made, 1 it is too short or was typed in two ways, 2 wrong command line, 3 it cannot be made.";

/// Characters of a password, at least.
const SHORTEST: usize = 12;

/// Prints the hash of the password on standard input.
pub(super) fn make(console: &mut Console) -> Result<Exit, Failure> {
    let hidden = Hidden::begin().map_err(|error| unreadable("the terminal", &error))?;
    let password = ask(hidden.as_ref(), "Password: ")?;
    if password.chars().count() < SHORTEST {
        console.remark(&format!("a password has at least {SHORTEST} characters; nothing was made"))?;
        return Ok(Exit::Problems);
    }
    if hidden.is_some() && ask(hidden.as_ref(), "Once more: ")? != password {
        console.remark("these are two passwords; nothing was made")?;
        return Ok(Exit::Problems);
    }
    drop(hidden);
    let hash = hash(&password).map_err(|error| {
        Failure::operation("the hash cannot be made".into(), error, "the system has no randomness; look at its log")
    })?;
    writeln!(console.out, "{hash}")?;
    Ok(Exit::Fine)
}

/// A line of standard input; a terminal is told what to type.
fn ask(hidden: Option<&Hidden>, prompt: &str) -> Result<String, Failure> {
    let mut beside = io::stderr();
    if hidden.is_some() {
        beside.write_all(prompt.as_bytes())?;
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(|error| unreadable("standard input", &error))?;
    if hidden.is_some() {
        // The end of the line was not shown either.
        beside.write_all(b"\n")?;
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A terminal that does not show what is typed, until this is dropped.
struct Hidden(Termios);

impl Hidden {
    /// `None` where standard input is no terminal.
    fn begin() -> io::Result<Option<Self>> {
        let input = io::stdin();
        if !input.is_terminal() {
            return Ok(None);
        }
        let before = tcgetattr(&input)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&input, OptionalActions::Flush, &quiet)?;
        Ok(Some(Self(before)))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // Where that fails nothing more can be done for the terminal.
        tcsetattr(io::stdin(), OptionalActions::Flush, &self.0).unwrap_or_default();
    }
}
