//! `inspect` for people.
//!
//! In a transaction set every line starts with six places: the position of the segment, or `!` for a problem. Values
//! stand in one column throughout, however deep their loop, so that the eye can run down them.

use std::io::{self, Write};

use super::super::output::{Console, Failure, Tally};
use super::view::{self, LevelView, Problems, Row, SegmentView, SetView};
use super::{Outcome, Reader, Set, Show};
use crate::diagnostic::{Diagnostic, Severity};
use crate::x12::codes::DocumentCodes;
use crate::x12::delimiters::{self, LineEnd};
use crate::x12::dictionary::{self, Match, Release};
use crate::x12::envelope::{Group, Interchange, InterchangeAcknowledgment};
use crate::x12::reader::Step;
use crate::x12::reader::Trailer;

/// Column of values, counted behind the six places.
const VALUE_COLUMN: usize = 54;
/// Width of reference designators and segment identifiers with the blank behind them.
const DESIGNATOR_WIDTH: usize = 8;
const IDENTIFIER_WIDTH: usize = 5;

/// Shows an input as text.
pub(super) struct Text {
    segments_only: bool,
    paint: Paint,
    /// Something was printed: the next part starts behind an empty line.
    begun: bool,
}

/// Terminal colours, or none.
#[derive(Clone, Copy)]
struct Paint {
    on: bool,
}

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const CYAN: &str = "\x1b[36m";

impl Paint {
    fn with(self, style: &str, text: &str) -> String {
        match self.on && !text.is_empty() {
            true => format!("{style}{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }

    fn severity(self, severity: Severity, text: &str) -> String {
        let style = match severity {
            Severity::Error => "\x1b[1;31m",
            Severity::Warning => "\x1b[1;33m",
            Severity::Note => "\x1b[1;36m",
        };
        self.with(style, text)
    }
}

impl Show for Text {
    fn step(
        &mut self,
        console: &mut Console,
        outcome: &Outcome<Set>,
        reader: &Reader,
        problems: &Problems,
    ) -> Result<(), Failure> {
        let out = &mut console.out;
        match outcome {
            Outcome::Passed(Step::Interchange) => self.interchange(out, reader)?,
            Outcome::InterchangeAcknowledgment(found) => self.acknowledgment(out, reader, found)?,
            Outcome::Passed(Step::Group) => self.group(out, reader)?,
            Outcome::GroupEnd(trailer) => {
                let number = reader.group().map_or("", Group::control_number);
                self.end(out, "Group", number, trailer, "transaction set")?;
            }
            Outcome::InterchangeEnd(trailer) if reader.interchange().is_some_and(|open| !open.bare) => {
                let number = reader.interchange().map_or("", Interchange::control_number);
                self.end(out, "Interchange", number, trailer, "functional group")?;
            }
            Outcome::Passed(Step::Skipped(range)) => {
                self.gap(out)?;
                let text = format!("Skipped {} bytes, from byte {}", range.end - range.start, range.start);
                writeln!(out, "{}", self.paint.with(BOLD, &text))?;
            }
            _ if !problems.all().is_empty() => self.gap(out)?,
            _ => {}
        }
        for problem in problems.all() {
            self.problem(out, problem, 0)?;
        }
        Ok(left_out(out, problems)?)
    }

    fn set(&mut self, console: &mut Console, view: &SetView<'_>, problems: &Problems) -> Result<(), Failure> {
        let out = &mut console.out;
        self.set_title(out, view)?;
        for problem in problems.around(view, false) {
            self.problem(out, problem, 0)?;
        }
        for index in 0..view.segment_count() {
            let segment = view.segment(index);
            if self.segments_only {
                self.raw_segment(out, view, &segment, problems)?;
            } else {
                self.segment(out, view, &segment, problems)?;
            }
        }
        for problem in problems.around(view, true) {
            self.problem(out, problem, 0)?;
        }
        Ok(left_out(out, problems)?)
    }

    fn summary(&mut self, console: &mut Console, tally: &Tally) -> Result<(), Failure> {
        self.gap(&mut console.out)?;
        Ok(writeln!(console.out, "{}", tally.summary())?)
    }
}

impl Text {
    pub(super) fn new(segments_only: bool, colour: bool) -> Self {
        Self { segments_only, paint: Paint { on: colour }, begun: false }
    }

    /// An empty line between parts.
    fn gap(&mut self, out: &mut impl Write) -> io::Result<()> {
        match std::mem::replace(&mut self.begun, true) {
            true => writeln!(out),
            false => Ok(()),
        }
    }

    fn title(&mut self, out: &mut impl Write, title: &str, facts: &[(&str, String)]) -> io::Result<()> {
        self.gap(out)?;
        writeln!(out, "{}", self.paint.with(BOLD, title))?;
        for (name, fact) in facts.iter().filter(|(_, fact)| !fact.is_empty()) {
            writeln!(out, "  {} {fact}", self.paint.with(DIM, &format!("{name:<11}")))?;
        }
        Ok(())
    }

    fn interchange(&mut self, out: &mut impl Write, reader: &Reader) -> io::Result<()> {
        let Some(open) = reader.interchange() else {
            return Ok(());
        };
        if open.bare {
            let facts = [("delimiters", delimiters_of(open))];
            return self.title(out, "Without an interchange", &facts);
        }
        let id = |(qualifier, id): (&str, &str)| format!("{qualifier}/{}", shown(id));
        let isa = dictionary::envelope(open.version(), "ISA");
        let meant = |position: usize| {
            let value = open.element(position);
            let known = isa.and_then(|isa| isa.elements.get(position - 1));
            let meaning = known.and_then(|known| view::meaning(known, value, DocumentCodes::standard(newest())));
            with_meaning(value, meaning.as_deref())
        };
        // ISA04 may be a password: that there is one is said, what it is is not.
        let secured = !matches!(open.element(3), "00" | "");
        let authorized = !matches!(open.element(1), "00" | "");
        let facts = [
            ("from", id(open.sender())),
            ("to", id(open.receiver())),
            ("sent", sent(open.element(9), open.element(10))),
            ("version", shown(open.version())),
            ("usage", meant(15)),
            ("TA1", if open.acknowledgment_requested() { "requested".into() } else { String::new() }),
            ("authorized", if authorized { shown(open.element(2)) } else { String::new() }),
            ("security", if secured { "given in ISA04, not shown".into() } else { String::new() }),
            ("delimiters", delimiters_of(open)),
        ];
        self.title(out, &format!("Interchange {}", shown(open.control_number())), &facts)
    }

    fn group(&mut self, out: &mut impl Write, reader: &Reader) -> io::Result<()> {
        let Some(open) = reader.group() else { return Ok(()) };
        let (release, release_match) = dictionary::release_for(open.release());
        let name = dictionary::code_name("479", open.functional_code(), release).unwrap_or_default();
        let tables = match release_match {
            Match::Exact => String::new(),
            Match::Suffix => format!(", read by the tables of {release}"),
            Match::Nearest => format!(", read by the tables of {release}, the nearest there are"),
        };
        let facts = [
            ("from", shown(open.sender())),
            ("to", shown(open.receiver())),
            ("sent", sent(open.date(), open.time())),
            ("code", with_meaning(open.functional_code(), Some(name))),
            ("release", format!("{}{tables}", shown(open.release()))),
        ];
        self.title(out, &format!("Group {}", shown(open.control_number())), &facts)
    }

    fn acknowledgment(
        &mut self,
        out: &mut impl Write,
        reader: &Reader,
        found: &InterchangeAcknowledgment,
    ) -> io::Result<()> {
        let version = reader.interchange().map_or("", Interchange::version);
        let table = dictionary::envelope(version, "TA1");
        let meant = |position: usize, value: &str| {
            let known = table.and_then(|table| table.elements.get(position - 1));
            let meaning = known.and_then(|known| view::meaning(known, value, DocumentCodes::standard(newest())));
            with_meaning(value, meaning.as_deref())
        };
        let facts = [
            ("sent", sent(&found.date, &found.time)),
            ("verdict", meant(4, &found.code)),
            ("note", meant(5, &found.note)),
        ];
        let title = format!("Acknowledgment TA1 of interchange {}", shown(&found.control_number));
        self.title(out, &title, &facts)
    }

    fn end(
        &mut self,
        out: &mut impl Write,
        what: &str,
        number: &str,
        trailer: &Trailer,
        counted: &str,
    ) -> io::Result<()> {
        self.gap(out)?;
        let plural = if trailer.seen == 1 { "" } else { "s" };
        let how = if trailer.complete { "ends" } else { "breaks off" };
        let text = format!("{what} {} {how}, {} {counted}{plural}", shown(number), trailer.seen);
        writeln!(out, "{}", self.paint.with(BOLD, &text))
    }

    fn set_title(&mut self, out: &mut impl Write, view: &SetView<'_>) -> io::Result<()> {
        self.gap(out)?;
        let header = view.header;
        let title = match header.grammar {
            Some(grammar) => grammar.title.clone(),
            None => format!("no table in release {}", header.release),
        };
        let count = view.segment_count();
        let text = format!(
            "Transaction set {} {}: {title}, {count} segment{}{}",
            shown(header.set_id()),
            shown(header.control_number()),
            if count == 1 { "" } else { "s" },
            if header.incomplete { ", incomplete" } else { "" },
        );
        writeln!(out, "{}", self.paint.with(BOLD, &text))
    }

    fn segment(
        &self,
        out: &mut impl Write,
        view: &SetView<'_>,
        segment: &SegmentView<'_>,
        problems: &Problems,
    ) -> io::Result<()> {
        let indent = segment.depth * 2;
        let name = segment.name.unwrap_or("not a segment of this release");
        let head = format!("{:<IDENTIFIER_WIDTH$}{name}", segment.tag);
        let note = self.paint.with(DIM, &loop_note(segment));
        let (position, head) = (segment.position, Column::new(indent, head));
        let painted = self.paint.with(BOLD, &head.text);
        writeln_trimmed(out, &format!("{position:>4}  {}{painted}{}{note}", head.indent, head.gap))?;
        for problem in problems.at(position, None) {
            self.problem(out, problem, indent)?;
        }
        for element in 1..=segment.element_count().max(problems.last_element(position)) {
            for row in view.rows(segment, element) {
                self.row(out, &row, segment)?;
            }
            for problem in problems.at(position, Some(element)) {
                self.problem(out, problem, indent + IDENTIFIER_WIDTH)?;
            }
        }
        Ok(())
    }

    fn row(&self, out: &mut impl Write, row: &Row, segment: &SegmentView<'_>) -> io::Result<()> {
        let name = row.name.unwrap_or("(not in the table)");
        let text = format!("{:<DESIGNATOR_WIDTH$}{name}", row.designator(&segment.tag));
        let column = Column::new(segment.depth * 2 + IDENTIFIER_WIDTH, text);
        let value = row.value.as_deref().map(shown).unwrap_or_default();
        let meaning = row.meaning.as_deref().unwrap_or_default();
        let padded = if meaning.is_empty() { value } else { format!("{value:<4}  ") };
        let meaning = self.paint.with(CYAN, meaning);
        let text = self.paint.with(DIM, &column.text);
        writeln_trimmed(out, &format!("      {}{text}{}{padded}{meaning}", column.indent, column.gap))
    }

    fn raw_segment(
        &self,
        out: &mut impl Write,
        view: &SetView<'_>,
        segment: &SegmentView<'_>,
        problems: &Problems,
    ) -> io::Result<()> {
        let raw = view.header.charset.decode_lossy(segment.raw);
        let column = Column::new(segment.depth * 2, visible(&raw));
        let name = self.paint.with(DIM, segment.name.unwrap_or("not a segment of this release"));
        let mark = if segment.unplaced { " (unplaced)" } else { "" };
        writeln!(out, "{:>4}  {}{}{}{name}{mark}", segment.position, column.indent, column.text, column.gap)?;
        for problem in problems.of_segment(segment.position) {
            self.problem(out, problem, segment.depth * 2)?;
        }
        Ok(())
    }

    fn problem(&self, out: &mut impl Write, problem: &Diagnostic, indent: usize) -> io::Result<()> {
        let word = format!("{}[{}]", problem.severity.word(), problem.code.name());
        let mark = self.paint.severity(problem.severity, "   !");
        let word = self.paint.severity(problem.severity, &word);
        let indent = " ".repeat(indent);
        writeln!(out, "{mark}  {indent}{word} {}", problem.message)?;
        for (label, text) in [("cause", &problem.cause), ("remedy", &problem.remedy)] {
            if let Some(text) = text {
                writeln!(out, "      {indent}  {label:<7} {}", text.replace('\n', " "))?;
            }
        }
        Ok(())
    }
}

/// Text that something in the value column follows.
struct Column {
    indent: String,
    text: String,
    gap: String,
}

impl Column {
    fn new(indent: usize, text: String) -> Self {
        let used = indent + text.chars().count();
        Self { indent: " ".repeat(indent), gap: " ".repeat(VALUE_COLUMN.saturating_sub(used).max(2)), text }
    }
}

fn writeln_trimmed(out: &mut impl Write, line: &str) -> io::Result<()> {
    writeln!(out, "{}", line.trim_end())
}

fn left_out(out: &mut impl Write, problems: &Problems) -> io::Result<()> {
    match problems.left_out {
        0 => Ok(()),
        count => writeln!(out, "   !  {count} more problems are not shown"),
    }
}

fn loop_note(segment: &SegmentView<'_>) -> String {
    if let Some(LevelView { kind, inside, by_kind }) = &segment.level {
        let how = if *by_kind { ", by its kind" } else { "" };
        return match inside {
            Some((number, around)) => format!("{kind}, in {} {number} ({around}){how}", segment.tag),
            None => format!("{kind}, in no other level"),
        };
    }
    match segment.opens {
        Some((Some(id), number)) if id != segment.tag => format!("loop {id}, occurrence {number}"),
        Some((_, number)) => format!("loop {}, occurrence {number}", segment.tag),
        None if segment.unplaced => "unplaced: the table has no place for it".into(),
        None => String::new(),
    }
}

fn with_meaning(value: &str, meaning: Option<&str>) -> String {
    let value = shown(value);
    match meaning {
        Some(meaning) if !meaning.is_empty() => format!("{value}  {meaning}"),
        _ => value,
    }
}

/// A value with control characters made visible; in backquotes where it is blank or has blanks at an end.
fn shown(value: &str) -> String {
    let text = visible(value);
    match text.trim() == text {
        true if text.is_empty() => "(empty)".into(),
        true => text,
        false => format!("`{text}`"),
    }
}

fn visible(value: &str) -> String {
    value.chars().map(|character| if character.is_control() { '·' } else { character }).collect()
}

/// A date and a time of the envelope, as they are where they are no such.
fn sent(date: &str, time: &str) -> String {
    let date = view::date(date).unwrap_or_else(|| visible(date));
    let time = view::time(time).unwrap_or_else(|| visible(time));
    format!("{date} {time}").trim().to_owned()
}

fn delimiters_of(open: &Interchange) -> String {
    let delimiters = open.delimiters;
    let line_end = match delimiters.line_end {
        LineEnd::None => "",
        LineEnd::CarriageReturn => " then CR",
        LineEnd::CarriageReturnLineFeed => " then CR LF",
        LineEnd::LineFeed => " then LF",
    };
    let optional = |byte: Option<u8>| byte.map_or("none".into(), delimiters::shown);
    format!(
        "element {}, component {}, repetition {}, segment {}{line_end}",
        delimiters::shown(delimiters.element),
        optional(delimiters.component),
        optional(delimiters.repetition),
        delimiters::shown(delimiters.segment),
    )
}

/// The release whose codes the envelope is read with: its code lists are not bound to one.
fn newest() -> Release {
    dictionary::releases().next_back().unwrap_or_else(|| dictionary::release_for("").0)
}
