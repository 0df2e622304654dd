//! What people see of texts that others wrote: control characters would move their terminal's cursor, or write its title.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufWriter, Stdout, Write};

use crate::diagnostic::acts_when_shown;

/// Standard output: formatted text goes to people, bytes as they are to whoever asked for them.
pub(super) struct Output(BufWriter<Stdout>);

impl Output {
    pub(super) fn new(out: Stdout) -> Self {
        Self(BufWriter::with_capacity(64 << 10, out))
    }

    /// Is there something that was not written yet?
    pub(super) fn is_waiting(&self) -> bool {
        !self.0.buffer().is_empty()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        match text.as_str() {
            Some(text) => self.0.write_all(text.as_bytes()),
            None => self.0.write_all(visible(&text.to_string()).as_bytes()),
        }
    }
}

/// A text that others wrote as a part of a line: with a dot in the place of each control character, line ends and colours too.
pub(super) fn on_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

/// The text with a dot in the place of each character that does something where it is shown. Line ends and tabs stay, and colours.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| acts_when_shown(c) && !matches!(c, '\n' | '\t');
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_hidden) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (shown, length) = match colour(from) {
            Some(length) => (&from[..length], length),
            None => ("·", from.chars().next().map_or(0, char::len_utf8)),
        };
        out.push_str(shown);
        rest = &from[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The length of what sets a colour, where the text begins with that.
fn colour(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\x1b[")?;
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    numbers[end..].starts_with('m').then_some("\x1b[".len() + end + 1)
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn control_characters_are_dots_and_colours_stay() {
        for (text, expected) in [
            ("a plain text, é\n\tand more\n", "a plain text, é\n\tand more\n"),
            ("\x1b]0;pwn\x07", "·]0;pwn·"),
            ("\x1b[1;31merror\x1b[0m \x1b[2J", "\x1b[1;31merror\x1b[0m ·[2J"),
            ("c1 \u{9b}2J, del \u{7f}, cr \r\n", "c1 ·2J, del ·, cr ·\n"),
            ("\x1b[", "·["),
            ("945\u{202e}ide.exe", "945·ide.exe"),
        ] {
            assert_eq!(visible(text), expected, "{text:?}");
        }
    }
}
