//! What is said of a command line that cannot be understood: in our words where a number is none, as JSON where that is asked for.

use std::env;
use std::io::{self, Write};

use clap::Error;
use clap::error::ErrorKind;
use serde_json::json;

/// What a library says of numbers, and what it means.
const NUMBERS: [(&str, &str); 5] = [
    ("invalid digit found in string", "this is no whole number"),
    ("cannot parse integer from empty string", "a whole number is needed"),
    ("number too large to fit in target type", "this number is too large"),
    ("number too small to fit in target type", "this number is too small"),
    ("..=", " to "),
];

/// Says it on standard error; help that was asked for goes to standard output.
pub(super) fn tell(error: &Error) -> io::Result<()> {
    let theirs = error.render().to_string();
    let text = NUMBERS.iter().fold(theirs.clone(), |text, (theirs, ours)| text.replace(theirs, ours));
    let is_help = !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    let text = match is_help {
        false if wants_json() => as_json(&text),
        false if text != theirs => text,
        _ => return error.print(),
    };
    io::stderr().write_all(text.as_bytes())
}

/// The command line is not understood, but this is.
fn wants_json() -> bool {
    let words: Vec<_> = env::args_os().collect();
    words.iter().any(|word| word == "--format=json") || words.windows(2).any(|two| two == ["--format", "json"])
}

fn as_json(text: &str) -> String {
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = plain(message.strip_prefix("error: ").unwrap_or(message));
    format!("{}\n", json!({ "severity": "error", "message": message, "cause": null, "remedy": plain(rest) }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::as_json;

    #[test]
    fn a_slip_is_a_line_for_machines() {
        let text =
            "error: invalid value 'abc' for '<ID>': this is no whole number\n\nFor more information, try '--help'.\n";
        let said: Value = serde_json::from_str(&as_json(text)).unwrap();
        let (message, remedy) =
            ("invalid value 'abc' for '<ID>': this is no whole number", "For more information, try '--help'.");
        let expected = json!({ "severity": "error", "message": message, "cause": null, "remedy": remedy });
        assert_eq!(said, expected);
    }
}
