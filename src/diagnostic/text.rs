//! Lays a diagnostic out for a person: one headline, then where, the text with a caret, rule, cause, remedy and answer.

use super::{Diagnostic, Excerpt, FieldPlace, PayloadPlace, Place, Severity, SourcePlace};

/// The diagnostic as text, several lines, each ended by a newline; `colour` adds terminal colours to the headline only.
#[must_use]
pub fn render(diagnostic: &Diagnostic, colour: bool) -> String {
    let mut out = String::new();
    let word = diagnostic.severity.word();
    let (on, off) = if colour { (paint(diagnostic.severity), "\x1b[0m") } else { ("", "") };
    out.push_str(&format!(
        "{on}{word}[{}]{off} {}
",
        diagnostic.code.name(),
        visible(&diagnostic.message)
    ));
    match &diagnostic.place {
        Place::Nowhere => {}
        Place::Payload(place) => payload(&mut out, place),
        Place::Source(place) => source(&mut out, place),
        Place::Field(place) => field(&mut out, place),
    }
    let labels = ["rule", "cause", "owner", "remedy", "answer"];
    let texts = [&diagnostic.rule, &diagnostic.cause, &diagnostic.owner, &diagnostic.remedy, &diagnostic.answer];
    labels.into_iter().zip(texts).for_each(|(label, text)| labelled(&mut out, label, text.as_deref()));
    out
}

fn paint(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "\x1b[1;31m",
        Severity::Warning => "\x1b[1;33m",
        Severity::Note => "\x1b[1;36m",
    }
}

/// What others wrote stands in these texts, and could set colours or move the cursor.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '·' } else { c }).collect()
}

fn labelled(out: &mut String, label: &str, text: Option<&str>) {
    if let Some(text) = text {
        let text = visible(text);
        out.push_str(&format!("  {label:<7} {}\n", text.replace('\n', "\n          ")));
    }
}

fn payload(out: &mut String, place: &PayloadPlace) {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(place.file.clone());
    for (name, value) in [("interchange", &place.interchange), ("group", &place.group), ("transaction set", &place.set)]
    {
        parts.extend(value.as_ref().map(|value| format!("{name} {value}")));
    }
    if let Some(position) = place.segment_position {
        let name = place.segment.as_deref().unwrap_or("?");
        parts.push(format!("segment {position} ({name})"));
    } else if let Some(segment) = &place.segment {
        parts.push(segment.clone());
    }
    let element_words = [("element", place.element), ("component", place.component), ("repetition", place.repetition)];
    for (name, number) in element_words {
        parts.extend(number.map(|number| format!("{name} {number}")));
    }
    parts.extend(place.field.as_ref().map(|field| match field.starts_with('/') {
        true => format!("element {field}"),
        false if field.contains('.') => format!("field {field}"),
        false => format!("record {field}"),
    }));
    let mut at = format!("byte {}", place.bytes.start);
    if place.line > 0 {
        at.push_str(&format!(" (line {}, column {})", place.line, place.column));
    }
    parts.push(at);
    labelled(out, "where", Some(&parts.join(", ")));
    excerpt(out, place.excerpt.as_ref());
}

fn source(out: &mut String, place: &SourcePlace) {
    let mut at = place.file.clone();
    if place.line > 0 {
        at.push_str(&format!(":{}:{}", place.line, place.column));
    }
    if let Some(key) = &place.key {
        at.push_str(&format!(", `{key}`"));
    }
    labelled(out, "where", Some(&at));
    excerpt(out, place.excerpt.as_ref());
}

fn field(out: &mut String, place: &FieldPlace) {
    let mut parts = Vec::new();
    if let Some(file) = &place.file {
        let line = if place.line > 0 { format!(":{}:{}", place.line, place.column) } else { String::new() };
        parts.push(format!("{file}{line}"));
    }
    // The object itself has no path.
    parts.extend(Some(format!("`{}`", place.path)).filter(|_| !place.path.is_empty()));
    parts.extend(place.mapping.as_ref().map(|mapping| format!("mapped by {mapping}")));
    labelled(out, "where", Some(parts.join(", ").as_str()).filter(|at| !at.is_empty()));
    excerpt(out, place.excerpt.as_ref());
}

fn excerpt(out: &mut String, excerpt: Option<&Excerpt>) {
    if let Some(Excerpt { text, mark }) = excerpt.filter(|excerpt| !excerpt.text.is_empty()) {
        out.push_str(&format!("          {text}\n"));
        let carets = "^".repeat(mark.len().max(1));
        out.push_str(&format!("          {}{carets}\n", " ".repeat(mark.start)));
    }
}
