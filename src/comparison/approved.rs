//! Classes of differences that a person has looked at and meant: a file that is reviewed like a mapping.
//!
//! A class is known again by what the mapping's lines say, not by their numbers: lines above may come and go.

use crate::canonical::emit::emit_text;
use crate::diagnostic::Diagnostics;
use crate::source::{Fields, SourceFile, Value};

use super::{Class, Told};

/// A class that was approved: by whom, when, why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Approval {
    /// What the class is.
    pub class: ApprovedClass,
    /// By whom.
    pub by: String,
    /// When, as the file has it.
    pub at: String,
    /// Why; empty where nobody said.
    pub why: String,
}

/// A class as the file names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApprovedClass {
    partner: String,
    document: String,
    change: String,
    subject: String,
    before: Option<String>,
    after: Option<String>,
}

/// What a home has approved.
#[derive(Debug, Clone, Default)]
pub struct Approved {
    list: Vec<Approval>,
}

/// The first lines of a new file.
const HEAD: &str = "\
# Differences that changes of mappings, tables, guides and profiles make in documents on record, and that are meant. Kept by
# `crossdock mapping backtest --approve`, asked by `crossdock check --approved`. What is not needed any more may be removed.
";

impl Approved {
    /// Reads the file; what is wrong with it is in `diagnostics`.
    #[must_use]
    pub fn read(file: &SourceFile, diagnostics: &mut Diagnostics) -> Self {
        let table = file.parse(diagnostics);
        let mut fields = Fields::new(file, &table, "");
        let mut list = Vec::new();
        if let Some(Value::List(entries)) = fields.node("approved").map(|node| &node.value) {
            for entry in entries {
                if let Value::Table(table) = &entry.value {
                    list.push(entry_of(Fields::new(file, table, "approved"), diagnostics));
                }
            }
        }
        fields.finish(diagnostics);
        Self { list }
    }

    /// Marks the class where it was approved.
    pub fn mark(&self, class: &mut Class) {
        let own = ApprovedClass::of(class);
        class.approved = self.list.iter().find(|approval| approval.class == own).cloned();
    }

    /// The file's text `before` with these classes behind it; what people wrote stays.
    #[must_use]
    pub fn added<'c>(
        before: &str,
        classes: impl IntoIterator<Item = &'c Class>,
        by: &str,
        at: &str,
        why: Option<&str>,
    ) -> String {
        let mut text = if before.is_empty() { HEAD.to_owned() } else { before.to_owned() };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        for class in classes {
            let ApprovedClass { partner, document, change, subject, before, after } = ApprovedClass::of(class);
            text.push_str("\n[[approved]]\n");
            let mut line = |key: &str, value: &str| text.push_str(&format!("{key:<8} = {}\n", quoted(value)));
            line("partner", &partner);
            line("document", &document);
            line("change", &change);
            line("subject", &subject);
            before.iter().for_each(|before| line("before", before));
            after.iter().for_each(|after| line("after", after));
            line("example", &example(class));
            line("by", by);
            line("at", at);
            line("why", why.unwrap_or_default());
        }
        text
    }
}

fn entry_of(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Approval {
    let optional =
        |fields: &mut Fields<'_>, key, diagnostics: &mut Diagnostics| fields.text(key, diagnostics).map(str::to_owned);
    let mut required = |key| fields.required_text(key, diagnostics).unwrap_or_default().to_owned();
    let (partner, document, change, subject) =
        (required("partner"), required("document"), required("change"), required("subject"));
    let (by, at) = (required("by"), required("at"));
    let (before, after) = (optional(&mut fields, "before", diagnostics), optional(&mut fields, "after", diagnostics));
    let why = optional(&mut fields, "why", diagnostics).unwrap_or_default();
    // For people only.
    fields.text("example", diagnostics);
    fields.finish(diagnostics);
    Approval { class: ApprovedClass { partner, document, change, subject, before, after }, by, at, why }
}

impl ApprovedClass {
    fn of(class: &Class) -> Self {
        let says = |line: &Option<String>, told: &Option<Told>| {
            let line = line.clone()?;
            Some(match told.as_ref().and_then(|told| told.codes.as_ref().map(|table| (table, &told.value))) {
                Some((table, word)) => format!("{line}, codes {table}: {word}"),
                None => line,
            })
        };
        let change = &class.example.change;
        Self {
            partner: class.key.partner.clone(),
            document: class.key.document.clone(),
            change: class.key.kind.word().to_owned(),
            subject: class.key.subject.clone(),
            before: says(&class.lines.0, &change.before),
            after: says(&class.lines.1, &change.after),
        }
    }
}

/// A line of a mapping without its comment, and with one space where it has several: laying it out anew changes nothing.
pub(super) fn plain(line: &str) -> String {
    let (mut out, mut quote) = (String::new(), None);
    for character in line.trim().chars() {
        match (quote, character) {
            (None, '#') => break,
            (None, ' ' | '\t') if out.ends_with(' ') => continue,
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        out.push(if quote.is_none() && character == '\t' { ' ' } else { character });
    }
    out.trim_end().to_owned()
}

/// The first difference of the class, on one line.
fn example(class: &Class) -> String {
    let change = &class.example.change;
    let value = |told: &Option<Told>| told.as_ref().map_or("nothing".to_owned(), |told| told.value.clone());
    let path = if change.path.is_empty() { "the document" } else { &change.path };
    format!("{path}: {} before, now {}", value(&change.before), value(&change.after))
}

/// A text of TOML, without escapes where that is possible.
fn quoted(text: &str) -> String {
    if text.contains('"') && !text.contains(|c: char| c == '\'' || c.is_control()) {
        return format!("'{text}'");
    }
    let mut out = Vec::new();
    emit_text(text, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_line_is_known_again_however_it_is_laid_out() {
        let check = |line: &str, expected: &str| assert_eq!(plain(line), expected);
        check("  lot   = \"N902[N901=LT]\"   # page 9", "lot = \"N902[N901=LT]\"");
        check("name = { const = \"Harbor,  # 1\" }", "name = { const = \"Harbor,  # 1\" }");
        check("\tlot\t=\t'W12 # 09'#x", "lot = 'W12 # 09'");
    }
}
