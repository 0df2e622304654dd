//! Differences and their classes for people: what is told of each, and in how many lines.

use std::io::{self, Write};

use crate::cli::operator::counted;
use crate::comparison::{Change, Class, Kind, Told};

/// One difference of a document.
pub(super) fn change(change: &Change, out: &mut impl Write) -> io::Result<()> {
    let by_subject = change.path.is_empty() || change.kind.is_remark();
    let name = if by_subject { &change.subject } else { &change.path };
    writeln!(out, "  {}", headline(name, change.kind))?;
    side("before", change.before.as_ref(), None, out)?;
    side("now", change.after.as_ref(), None, out)
}

/// A class with its first difference.
pub(super) fn class(class: &Class, out: &mut impl Write) -> io::Result<()> {
    let times = counted(class.count, "time");
    let head = headline(&class.key.subject, class.key.kind);
    writeln!(out, "  {head}: {times} in {}", counted(class.documents, "document"))?;
    let change = &class.example.change;
    let path = if change.path.is_empty() { String::new() } else { format!("{} in ", visible(&change.path)) };
    writeln!(out, "    such as  {path}{}", visible(&class.example.at))?;
    side("before", change.before.as_ref(), class.lines.0.as_deref(), out)?;
    side("now", change.after.as_ref(), class.lines.1.as_deref(), out)?;
    if let Some(approved) = &class.approved {
        let why = if approved.why.is_empty() { String::new() } else { format!(": {}", approved.why) };
        writeln!(out, "    approved by {} at {}{}", visible(&approved.by), visible(&approved.at), visible(&why))?;
    }
    Ok(())
}

/// Such as `lines.lot is added`; of a value that moves, its two fields say enough.
fn headline(name: &str, kind: Kind) -> String {
    let name = visible(name);
    if kind == Kind::Moved { name } else { format!("{name} {}", kind.phrase()) }
}

/// A value, with its place and its line; what the line says, where that is known.
fn side(word: &str, told: Option<&Told>, text: Option<&str>, out: &mut impl Write) -> io::Result<()> {
    let Some(told) = told else { return writeln!(out, "    {word:<6}   nothing") };
    let mut line = format!("    {word:<6}   {}", visible(&told.value));
    let byte = told.byte.map(|byte| format!(" at byte {byte}")).unwrap_or_default();
    told.place.iter().for_each(|place| line.push_str(&format!("   from {}{byte}", visible(place))));
    told.line.iter().for_each(|mapping| line.push_str(&format!("   by {mapping}")));
    told.codes.iter().for_each(|codes| line.push_str(&format!(", codes {codes}")));
    writeln!(out, "{line}")?;
    text.map_or(Ok(()), |text| writeln!(out, "             {}", visible(text)))
}

/// Control characters are shown as dots: they would move the terminal's cursor.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}
