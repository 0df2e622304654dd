//! A guide file as written: its tables, and the merge with the guide it `extends`.
//!
//! A place is merged word by word: what this guide says of a place replaces what the other one says with the same word;
//! `false` drops a place, a rule or a total. Every word remembers its file, so that a diagnostic points to where it stands.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourcePlace, codes, suggest};
use crate::source::place;
use crate::source::{Fields, Node, SourceFile, Table, TableEntry, Value};

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At {
    /// Index into [`Written::files`].
    pub(super) file: usize,
    /// Bytes of the file.
    pub(super) span: Range<usize>,
}

/// A word of a place, rule or total, with its value.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) key: String,
    pub(super) key_at: At,
    pub(super) node: Node,
}

impl Word {
    pub(super) fn at(&self) -> At {
        At { file: self.key_at.file, span: self.node.span.clone() }
    }
}

/// A place, rule or total.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) at: At,
    pub(super) words: Vec<Word>,
    /// `false`: what the guide below says is dropped.
    pub(super) dropped: bool,
}

impl Entry {
    pub(super) fn word(&self, key: &str) -> Option<&Word> {
        self.words.iter().find(|word| word.key == key)
    }
}

/// A text and where it stands.
pub(super) type Placed = (String, At);

/// A document as the partner prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What it shows.
    pub title: String,
    /// Its segments.
    pub text: String,
    /// Where it stands in the guide.
    pub place: SourcePlace,
}

/// A guide with everything it extends merged in.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// The file itself first, then what it extends.
    pub(super) files: Vec<Arc<SourceFile>>,
    pub(super) document: Option<Placed>,
    pub(super) title: Option<Placed>,
    pub(super) policy: Option<Word>,
    pub(super) places: Vec<Entry>,
    pub(super) rules: Vec<Entry>,
    pub(super) totals: Vec<Entry>,
    pub(super) out_of_order: Vec<Placed>,
    pub(super) segments: Vec<Placed>,
    pub(super) examples: Vec<Example>,
}

/// A table of entries: what stands alone behind a key, and the words its tables may have.
struct Kind {
    table: &'static str,
    /// The word that a text alone stands for.
    alone: Option<&'static str>,
    words: &'static [&'static str],
}

pub(super) const PLACE_WORDS: [&str; 13] = [
    "usage",
    "when",
    "otherwise",
    "length",
    "repeat",
    "codes",
    "extra_codes",
    "pattern",
    "value",
    "default",
    "name",
    "policy",
    "says",
];
pub(super) const RULE_WORDS: [&str; 7] = ["at", "when", "must", "message", "remedy", "policy", "says"];
pub(super) const TOTAL_WORDS: [&str; 3] = ["is", "policy", "says"];

const PLACES: Kind = Kind { table: "at", alone: Some("usage"), words: &PLACE_WORDS };
const RULES: Kind = Kind { table: "rule", alone: None, words: &RULE_WORDS };
const TOTALS: Kind = Kind { table: "totals", alone: Some("is"), words: &TOTAL_WORDS };

/// The guide `file` alone, and the name it extends.
pub(super) fn read(file: &Arc<SourceFile>, diagnostics: &mut Diagnostics) -> (Written, Option<Placed>) {
    let table = file.parse(diagnostics);
    let mut fields = Fields::new(file, &table, "");
    let placed = |found: Option<(&str, &Node)>| {
        found.map(|(text, node)| (text.to_owned(), At { file: 0, span: node.span.clone() }))
    };
    let document = placed(fields.text_at("document", diagnostics));
    let title = placed(fields.text_at("title", diagnostics));
    let extends = placed(fields.text_at("extends", diagnostics));
    let policy = fields.node("policy").and_then(|node| {
        let entry = table.entries.iter().find(|entry| entry.key == "policy")?;
        let key_at = At { file: 0, span: entry.key_span.clone() };
        Some(Word { key: "policy".into(), key_at, node: node.clone() })
    });
    let places = entries(file, fields.node("at"), &PLACES, diagnostics);
    let rules = entries(file, fields.node("rule"), &RULES, diagnostics);
    let totals = entries(file, fields.node("totals"), &TOTALS, diagnostics);
    let (mut out_of_order, mut segments) = (Vec::new(), Vec::new());
    if let Some(mut tolerate) = fields.table("tolerate", diagnostics) {
        let all = |texts: Vec<(&str, &Node)>| texts.into_iter().filter_map(|text| placed(Some(text))).collect();
        out_of_order = all(tolerate.texts("out_of_order", diagnostics));
        segments = all(tolerate.texts("segments", diagnostics));
        tolerate.finish(diagnostics);
    }
    let mut examples = Vec::new();
    for mut example in fields.tables("example", diagnostics) {
        let title = example.required_text("title", diagnostics);
        example.require("text", "\"...\"", diagnostics);
        let text = example.text_at("text", diagnostics);
        if let (Some(title), Some((text, node))) = (title, text) {
            // Of a text of several lines the first is shown.
            let place = file.place(node.span.start..node.span.start, Some("example.text"));
            examples.push(Example { title: title.to_owned(), text: text.to_owned(), place });
        }
        example.finish(diagnostics);
    }
    fields.finish(diagnostics);
    let files = vec![Arc::clone(file)];
    (Written { files, document, title, policy, places, rules, totals, out_of_order, segments, examples }, extends)
}

fn entries(file: &SourceFile, node: Option<&Node>, kind: &Kind, diagnostics: &mut Diagnostics) -> Vec<Entry> {
    let Some(node) = node else { return Vec::new() };
    let Value::Table(table) = &node.value else {
        let message = format!("`{}` must be a table, here it is {}", kind.table, node.value.kind());
        let place = file.place(node.span.clone(), Some(kind.table));
        let remedy = format!("write [{}] and its lines below", kind.table);
        diagnostics.push(Diagnostic::new(codes::FILE_WRONG_TYPE, message, place).remedy(remedy));
        return Vec::new();
    };
    table.entries.iter().filter_map(|entry| read_entry(file, entry, kind, diagnostics)).collect()
}

fn read_entry(file: &SourceFile, entry: &TableEntry, kind: &Kind, diagnostics: &mut Diagnostics) -> Option<Entry> {
    let at = At { file: 0, span: entry.key_span.clone() };
    let path = format!("{}.{}", kind.table, shown_key(&entry.key));
    let mut read = Entry { key: entry.key.clone(), at: at.clone(), words: Vec::new(), dropped: false };
    match (&entry.node.value, kind.alone) {
        (Value::Table(table), _) => read.words = words(file, table, &path, kind, diagnostics),
        (Value::Boolean(false), _) => read.dropped = true,
        (Value::Text(_), Some(alone)) => {
            read.words.push(Word { key: alone.to_owned(), key_at: at, node: entry.node.clone() });
        }
        (other, _) => {
            let wanted = if kind.alone.is_some() { "a text or a table" } else { "a table" };
            let message = format!("`{path}` must be {wanted}, here it is {}", other.kind());
            let place = file.place(entry.node.span.clone(), Some(&path));
            let remedy = match kind.alone {
                Some("usage") => {
                    "write how it is used, \"required\" or \"not-used\"; or a table: { length = \"1/10\" }"
                }
                Some(_) => "write what it counts in quotes, \"count(HL)\"; or a table: { is = \"count(HL)\" }",
                None => "write its words below it: must = \"...\", says = \"page ...\"",
            };
            diagnostics.push(Diagnostic::new(codes::FILE_WRONG_TYPE, message, place).remedy(remedy));
            return None;
        }
    }
    Some(read)
}

fn words(file: &SourceFile, table: &Table, path: &str, kind: &Kind, diagnostics: &mut Diagnostics) -> Vec<Word> {
    let place = path.split_once('.').map_or("", |(_, place)| place.trim_matches('"'));
    let mut words = Vec::new();
    for word in &table.entries {
        if kind.words.contains(&word.key.as_str()) {
            let key_at = At { file: 0, span: word.key_span.clone() };
            words.push(Word { key: word.key.clone(), key_at, node: word.node.clone() });
            continue;
        }
        let message = format!("unknown key `{path}.{}`", word.key);
        let at = file.place(word.key_span.clone(), Some(path));
        let remedy = match suggest::nearest(&word.key, kind.words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if kind.table == "at" && matches!(word.node.value, Value::Table(_)) => {
                format!("put a place that holds more than letters and digits in quotes: [at.\"{place}/{}\"]", word.key)
            }
            None => format!("remove it; known here: {}", kind.words.join(", ")),
        };
        diagnostics.push(Diagnostic::new(codes::FILE_UNKNOWN_KEY, message, at).remedy(remedy));
    }
    words
}

/// A key as TOML writes it.
pub(super) fn shown_key(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { key.to_owned() } else { format!("\"{key}\"") }
}

impl Written {
    /// Lays this guide over the one it extends.
    pub(super) fn over(mut self, base: Written) -> Written {
        let offset = self.files.len();
        self.files.extend(base.files);
        let moved = |at: At| At { file: at.file + offset, ..at };
        let placed = |(text, at): Placed| (text, moved(at));
        let word = |word: Word| Word { key_at: moved(word.key_at), ..word };
        let entry =
            |entry: Entry| Entry { at: moved(entry.at), words: entry.words.into_iter().map(word).collect(), ..entry };
        let all = |entries: Vec<Entry>| entries.into_iter().map(entry).collect::<Vec<_>>();
        self.document = self.document.or(base.document.map(placed));
        self.title = self.title.or(base.title.map(placed));
        self.policy = self.policy.or(base.policy.map(word));
        self.places = merge(self.places, all(base.places), same_place);
        self.rules = merge(self.rules, all(base.rules), |one, other| one == other);
        self.totals = merge(self.totals, all(base.totals), same_place);
        self.out_of_order.extend(base.out_of_order.into_iter().map(placed));
        self.segments.extend(base.segments.into_iter().map(placed));
        // Its examples are of its own documents, which may be no longer right here.
        self
    }

    /// A diagnostic of `code` at a place of one of the files.
    pub(super) fn diagnostic(&self, code: Code, message: impl Into<String>, at: &At, key: &str) -> Diagnostic {
        let key = Some(key).filter(|key| !key.is_empty());
        Diagnostic::new(code, message, self.files[at.file].place(at.span.clone(), key))
    }

    /// `file:line` of a place.
    pub(super) fn line_of(&self, at: &At) -> String {
        let file = &self.files[at.file];
        format!("{}:{}", file.name, file.line_of(at.span.start))
    }
}

/// Do two texts write the same place?
fn same_place(one: &str, other: &str) -> bool {
    one == other || matches!((place::parse(one), place::parse(other)), (Ok(one), Ok(other)) if one == other)
}

/// `own` over `base`: base's order first, then what is new.
fn merge(own: Vec<Entry>, base: Vec<Entry>, same: impl Fn(&str, &str) -> bool) -> Vec<Entry> {
    let mut merged = base;
    for entry in own {
        match merged.iter().position(|known| same(&known.key, &entry.key)) {
            Some(at) if entry.dropped => {
                merged.remove(at);
            }
            Some(at) => {
                let known = &mut merged[at];
                known.at = entry.at;
                known.dropped = false;
                let said = |key: &str| entry.words.iter().any(|word| word.key == key);
                // How it is used is one thing said with several words.
                let usage = ["usage", "when", "otherwise"];
                let replaced = |word: &Word| said(&word.key) || said("usage") && usage.contains(&word.key.as_str());
                known.words.retain(|word| !replaced(word));
                known.words.extend(entry.words);
            }
            // A `false` that drops nothing stays, to be told.
            None => merged.push(entry),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(own: &str, base: &str, expected: &str) {
        let read = |text: &str| {
            let mut diagnostics = Diagnostics::unlimited();
            let file = Arc::new(SourceFile::new("file", format!("[at]\n{text}")));
            let (written, _) = super::read(&file, &mut diagnostics);
            assert!(diagnostics.is_empty(), "{text}: {:?}", diagnostics.list());
            written
        };
        let merged = read(own).over(read(base));
        let word = |word: &Word| match &word.node.value {
            Value::Text(text) => format!("{}={text}", word.key),
            other => format!("{}={}", word.key, other.kind()),
        };
        let entry = |entry: &Entry| {
            let words: Vec<String> = entry.words.iter().map(word).collect();
            format!("{}({})", entry.key, words.join(" "))
        };
        let found: Vec<String> = merged.places.iter().map(entry).collect();
        assert_eq!(found.join(" "), expected, "{own} over {base}");
    }

    #[test]
    fn a_guide_is_laid_over_another_word_by_word() {
        check("N9 = 'required'", "N9 = 'not-used'\nG62 = 'required'", "N9(usage=required) G62(usage=required)");
        check("N902 = { length = '1/9' }", "N902 = 'required'", "N902(usage=required length=1/9)");
        check(
            "N902 = { codes = { A = 'a' } }",
            "N902 = { codes = { B = 'b' }, name = 'x' }",
            "N902(name=x codes=a table)",
        );
        check("N9 = false", "N9 = 'required'\nG62 = 'required'", "G62(usage=required)");
        check("'N9[ N901 = SI ]' = 'required'", "'N9[N901=SI]' = 'not-used'", "N9[N901=SI](usage=required)");
    }

    #[test]
    fn what_is_said_of_the_use_replaces_all_that_was_said_of_it() {
        let situational = "W1305 = { usage = 'situational', when = 'x', otherwise = 'not-used', says = 'p' }";
        check("W1305 = 'required'", situational, "W1305(says=p usage=required)");
        check("W1305 = { when = 'y' }", situational, "W1305(usage=situational otherwise=not-used says=p when=y)");
    }

    #[test]
    fn a_false_that_drops_nothing_stays_to_be_told() {
        check("N9 = false", "G62 = 'required'", "G62(usage=required) N9()");
    }
}
