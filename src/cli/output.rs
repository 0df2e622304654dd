//! How every command speaks: text or JSON, colour, exit codes, what is said when an operation fails, the last line.
//!
//! Results go to standard output; failures, and what a command says beside its result, to standard error.

use std::env;
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::progress::{Progress, Reached};
use super::repeats::Repeats;
use super::visible::{Output, visible};
use crate::diagnostic::{self, Diagnostic, Diagnostics, Place, Severity};
use crate::store::StoreError;

/// The options of every command.
#[derive(Debug, Args)]
pub(super) struct OutputArguments {
    /// `text` for people, `json` for machines: one object a line
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, value_name = "FORMAT", hide_possible_values = true)]
    format: Format,
    /// Colour the output: `always`, `never`, or `auto`, when it is a terminal and NO_COLOR is not set
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN", hide_possible_values = true)]
    color: Colour,
    /// Do not show how far a long reading is
    #[arg(long, global = true)]
    no_progress: bool,
}

/// For whom output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Is a stream coloured, given whether it is a terminal and what NO_COLOR says?
    fn on(self, terminal: bool, no_color: Option<&OsStr>) -> bool {
        match self {
            Colour::Auto => terminal && no_color.is_none_or(OsStr::is_empty),
            Colour::Always => true,
            Colour::Never => false,
        }
    }
}

/// How a command ended; the number is its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// All is well; warnings and notes count as well.
    Fine = 0,
    /// The data, or a file someone wrote, has errors.
    Problems = 1,
    /// The command line cannot be understood.
    Usage = 2,
    /// The operation failed: a file is not there, a disk is full.
    Failed = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command cannot go on.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody reads the output any more (`crossdock inspect FILE | head`): the command ends quietly.
    OutputClosed,
    /// What was attempted on what, why it failed, what to do.
    Operation {
        /// Such as `cannot read orders.edi`.
        message: String,
        /// Why.
        cause: String,
        /// The next action.
        remedy: String,
    },
    /// A file that someone wrote has errors, which were said.
    Problem {
        /// Such as `the profile partner-profiles/harbor.toml has errors and is not used`.
        message: String,
        /// The next action.
        remedy: String,
    },
    /// The command line names something that does not exist.
    Usage {
        /// Such as `no diagnostic has the code x12.segmentcount`.
        message: String,
        /// The next action.
        remedy: String,
    },
}

impl Failure {
    /// An operation failed.
    pub(super) fn operation(message: String, cause: impl ToString, remedy: &str) -> Self {
        Failure::Operation { message, cause: diagnostic::cause(cause.to_string()), remedy: remedy.into() }
    }
}

/// The store of a gateway could not do what it was asked for.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::operation(error.message, error.cause, error.remedy)
    }
}

/// Writing to standard output or standard error failed.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::operation(
                "cannot write the output".into(),
                error,
                "check that there is room where the output goes",
            ),
        }
    }
}

/// Where a command writes.
pub(super) struct Console {
    /// For whom.
    pub(super) format: Format,
    /// Standard output.
    pub(super) out: Output,
    /// Is standard output a terminal?
    pub(super) terminal: bool,
    /// Is standard output coloured?
    pub(super) colour: bool,
    error_colour: bool,
    progress: Progress,
    repeats: Repeats,
}

impl Console {
    pub(super) fn new(arguments: &OutputArguments) -> Self {
        let (out, error) = (io::stdout(), io::stderr());
        let terminal = out.is_terminal();
        let no_color = env::var_os("NO_COLOR");
        let colour = |terminal| arguments.color.on(terminal, no_color.as_deref());
        Self {
            format: arguments.format,
            terminal,
            colour: colour(terminal),
            error_colour: colour(error.is_terminal()),
            progress: Progress::new(!arguments.no_progress && arguments.format == Format::Text && draws(&error)),
            out: Output::new(out),
            repeats: Repeats::default(),
        }
    }

    /// Shows how far a long reading is, where someone looks on.
    pub(super) fn reached(&mut self, reached: Reached) -> io::Result<()> {
        if self.terminal && self.progress.shown() && self.out.is_waiting() {
            // The result goes to the terminal too: it must not begin behind the line.
            self.progress.erase()?;
            self.out.flush()?;
        }
        self.progress.draw(reached)
    }

    /// What stands before goes out before.
    fn before_error(&mut self) -> io::Result<()> {
        self.progress.erase()?;
        self.out.flush()
    }

    /// A line of JSON on standard output.
    pub(super) fn json(&mut self, value: &Value) -> io::Result<()> {
        self.out.write_all(format!("{value}\n").as_bytes())
    }

    /// A diagnostic that is the command's result, on standard output.
    pub(super) fn result(&mut self, diagnostic: &Diagnostic) -> io::Result<()> {
        let text = rendered(diagnostic, self.format, self.colour);
        self.out.write_all(text.as_bytes())
    }

    /// Was the same told in full for so many transaction sets that people need its number only?
    pub(super) fn counted(&mut self, diagnostic: &Diagnostic) -> bool {
        self.format == Format::Text && self.repeats.counted(diagnostic)
    }

    /// What was counted and not told, a line for each.
    pub(super) fn take_counted(&mut self) -> Vec<String> {
        self.repeats.take_lines()
    }

    /// A diagnostic beside the command's result, on standard error.
    pub(super) fn beside(&mut self, diagnostic: &Diagnostic) -> io::Result<()> {
        self.before_error()?;
        let text = rendered(diagnostic, self.format, self.error_colour);
        io::stderr().write_all(text.as_bytes())
    }

    /// A sentence beside the command's result, on standard error.
    pub(super) fn remark(&mut self, text: &str) -> io::Result<()> {
        self.before_error()?;
        let text = match self.format {
            Format::Text => format!("{}\n", visible(text)),
            Format::Json => format!("{}\n", json!({ "remark": text })),
        };
        io::stderr().write_all(text.as_bytes())
    }

    /// Ends the command: whatever is still to be written is, and a failure is said on standard error.
    pub(super) fn end(mut self, result: Result<Exit, Failure>) -> Exit {
        let result = result.and_then(|exit| {
            self.before_error()?;
            Ok(exit)
        });
        let (exit, message, cause, remedy) = match result {
            Ok(exit) => return exit,
            Err(Failure::OutputClosed) => return Exit::Fine,
            Err(Failure::Operation { message, cause, remedy }) => (Exit::Failed, message, Some(cause), remedy),
            Err(Failure::Problem { message, remedy }) => (Exit::Problems, message, None, remedy),
            Err(Failure::Usage { message, remedy }) => (Exit::Usage, message, None, remedy),
        };
        let text = match self.format {
            Format::Json => json!({ "severity": "error", "message": message, "cause": cause, "remedy": remedy }),
            Format::Text => Value::Null,
        };
        let text = match text {
            Value::Null => visible(&failure_text(&message, cause.as_deref(), &remedy, self.error_colour)).into_owned(),
            object => format!("{object}\n"),
        };
        // What was written before stands before; and where even standard error is closed, the exit code says enough.
        let written = self.before_error().and_then(|()| io::stderr().write_all(text.as_bytes()));
        drop(written);
        exit
    }
}

/// Is the stream a terminal that can take a line back?
fn draws(stream: &io::Stderr) -> bool {
    stream.is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn rendered(diagnostic: &Diagnostic, format: Format, colour: bool) -> String {
    match format {
        Format::Text => visible(&diagnostic::text::render(diagnostic, colour)).into_owned(),
        Format::Json => format!("{}\n", diagnostic::json::render(diagnostic)),
    }
}

fn failure_text(message: &str, cause: Option<&str>, remedy: &str, colour: bool) -> String {
    let (on, off) = if colour { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
    let mut text = format!("{on}error:{off} {message}\n");
    if let Some(cause) = cause {
        text.push_str(&format!("  cause   {cause}\n"));
    }
    text.push_str(&format!("  remedy  {remedy}\n"));
    text
}

/// What was found in an input, for its last line and the exit code.
#[derive(Debug, Default)]
pub(super) struct Tally {
    errors: u64,
    warnings: u64,
    notes: u64,
    left_out: u64,
    sets: u64,
    sets_with_problems: u64,
    /// The set counted last has one.
    bad: bool,
    /// An error or a warning stands outside any transaction set.
    envelope: bool,
    /// The input is a file of documents without an envelope.
    file: bool,
}

impl Tally {
    /// Of a file of documents without an envelope: what is found in a step that brings a document is that document's.
    pub(super) fn of_file() -> Self {
        Self { file: true, ..Self::default() }
    }

    /// Counts what one step through an input brought.
    pub(super) fn count(&mut self, diagnostics: &Diagnostics, is_set: bool) {
        self.bad = self.count_found(diagnostics, is_set);
        // A set that was passed over brings nothing but its diagnostic.
        self.sets += u64::from(is_set || self.bad);
        self.sets_with_problems += u64::from(self.bad);
    }

    /// Counts what a further object of the set counted last brought.
    pub(super) fn count_further(&mut self, diagnostics: &Diagnostics) {
        let bad = self.count_found(diagnostics, true);
        self.sets_with_problems += u64::from(bad && !self.bad);
        self.bad |= bad;
    }

    /// Was something found in a set?
    fn count_found(&mut self, diagnostics: &Diagnostics, is_set: bool) -> bool {
        let mut in_set = false;
        self.errors += diagnostics.errors();
        self.left_out += diagnostics.left_out();
        for diagnostic in diagnostics.list() {
            match diagnostic.severity {
                Severity::Error => {}
                Severity::Warning => self.warnings += 1,
                Severity::Note => {
                    self.notes += 1;
                    continue;
                }
            }
            let inside = match &diagnostic.place {
                _ if self.file => is_set,
                place => matches!(place, Place::Payload(place) if place.set.is_some()),
            };
            in_set |= inside;
            self.envelope |= !inside;
        }
        in_set
    }

    /// Such as `3 errors, 2 warnings in 1 of 4 transaction sets`.
    pub(super) fn summary(&self) -> String {
        let counted = [
            (self.errors, "error"),
            (self.warnings, "warning"),
            (self.notes, "note"),
            (self.left_out, "more left out"),
        ];
        let mut parts: Vec<String> = Vec::new();
        for (count, word) in counted.into_iter().filter(|(count, _)| *count > 0) {
            let plural = if count == 1 || word.contains(' ') { "" } else { "s" };
            parts.push(format!("{count} {word}{plural}"));
        }
        let found = match self.errors + self.warnings {
            0 if parts.is_empty() => "no problems".into(),
            0 => format!("no problems, {}", parts.join(", ")),
            _ => parts.join(", "),
        };
        let (word, around) = (self.word(), if self.file { "file" } else { "envelope" });
        let sets = match self.sets {
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        };
        match (self.sets_with_problems, self.envelope) {
            _ if self.sets == 0 => format!("{found}; no {word} was read"),
            (0, false) => format!("{found} in {sets}"),
            (0, true) => format!("{found} in the {around} of {sets}"),
            (wrong, false) => format!("{found} in {wrong} of {sets}"),
            (wrong, true) => format!("{found} in {wrong} of {sets} and in the {around}"),
        }
    }

    /// What its documents are called: `transaction set`, or `document` of a file without an envelope.
    pub(super) fn word(&self) -> &'static str {
        if self.file { "document" } else { "transaction set" }
    }

    /// How many transaction sets were counted.
    pub(super) fn sets(&self) -> u64 {
        self.sets
    }

    /// The same for machines.
    pub(super) fn json(&self) -> Value {
        json!({
            "errors": self.errors,
            "warnings": self.warnings,
            "notes": self.notes,
            "left_out": self.left_out,
            "transaction_sets": self.sets,
            "transaction_sets_with_problems": self.sets_with_problems,
        })
    }

    /// [`Exit::Problems`] when there are errors.
    pub(super) fn exit(&self) -> Exit {
        match self.errors {
            0 => Exit::Fine,
            _ => Exit::Problems,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{Colour, Tally};
    use crate::diagnostic::codes::{X12_BYTE_ORDER_MARK, X12_GROUP_COUNT, X12_MISSING_ELEMENT};
    use crate::diagnostic::{Code, Diagnostic, Diagnostics, PayloadPlace};

    /// The steps: the codes of each, and is it a transaction set?
    fn check(steps: &[(&[Code], bool)], expected: &str) {
        let mut tally = Tally::default();
        for (codes, is_set) in steps {
            let mut diagnostics = Diagnostics::with_limit(3);
            for code in *codes {
                let set = (*code == X12_MISSING_ELEMENT).then(|| "0001".to_owned());
                let place = PayloadPlace { set, ..PayloadPlace::default() };
                diagnostics.push(Diagnostic::new(*code, "", place));
            }
            tally.count(&diagnostics, *is_set);
        }
        assert_eq!(tally.summary(), expected);
    }

    #[test]
    fn the_summary_counts_and_says_where() {
        let (error, warning, note) = (X12_MISSING_ELEMENT, X12_GROUP_COUNT, X12_BYTE_ORDER_MARK);
        check(&[(&[], false)], "no problems; no transaction set was read");
        check(&[(&[note], false), (&[], true)], "no problems, 1 note in 1 transaction set");
        check(&[(&[error, error], true), (&[], true)], "2 errors in 1 of 2 transaction sets");
        check(&[(&[], true), (&[warning], false)], "1 warning in the envelope of 1 transaction set");
        check(
            &[(&[error; 5], true), (&[warning], false)],
            "5 errors, 1 warning, 2 more left out in 1 of 1 transaction set and in the envelope",
        );
        // Passed over: a diagnostic of a set, but no set.
        check(&[(&[error], false)], "1 error in 1 of 1 transaction set");
    }

    #[test]
    fn no_color_turns_colour_off_unless_it_is_empty_or_asked_for() {
        let set = Some(OsStr::new("1"));
        assert!(Colour::Auto.on(true, None));
        assert!(Colour::Auto.on(true, Some(OsStr::new(""))));
        assert!(!Colour::Auto.on(true, set));
        assert!(!Colour::Auto.on(false, None));
        assert!(Colour::Always.on(false, set));
        assert!(!Colour::Never.on(true, None));
    }
}
