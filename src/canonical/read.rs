//! Reads a canonical object from JSON, by shape, and says everything that is wrong with it.
//!
//! A value with a problem is left out of the object and reading goes on; only text that is no JSON ends it. Whether the
//! object makes sense (an item that exists, a date in the past) is not asked here.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Excerpt, FieldPlace, LineCounter, codes, suggest};

use super::json::{Cursor, JsonKind, JsonText, Result, SyntaxError};
use super::number;
use super::object::{NodeId, Object, Origin, Value};
use super::scalar::{is_date, is_date_or_instant, is_time};
use super::shape::{Field, FieldId, Kind, NodeShape, Shape};

/// Most diagnostics kept for one object by [`read`].
const LIMIT: usize = 100;

/// Reads the object that `json` holds.
#[must_use]
pub fn read(json: &[u8], shape: &Shape) -> (Object, Diagnostics) {
    let mut object = Object::new();
    let mut diagnostics = Diagnostics::with_limit(LIMIT);
    read_into(&JsonText::new(json), shape, &mut object, &mut diagnostics);
    (object, diagnostics)
}

/// Reads the object that `text` holds into `object`, whose memory is used again; problems go to `diagnostics`.
pub fn read_into(text: &JsonText<'_>, shape: &Shape, object: &mut Object, diagnostics: &mut Diagnostics) {
    object.clear();
    let mut reader = Reader { cursor: Cursor::new(text), text, shape, object, diagnostics, path: Vec::new() };
    if let Err(error) = reader.whole() {
        reader.syntax(&error);
    }
}

/// A diagnostic at `range` of `text` about the field `path`; the file's name is the caller's.
pub(super) fn problem(
    code: Code,
    text: &JsonText<'_>,
    range: std::ops::Range<usize>,
    path: String,
    message: String,
) -> Diagnostic {
    let LineCounter { line, column } = text.position(range.start);
    let place = FieldPlace { path, line, column, excerpt: Some(excerpt(text.bytes, range)), ..FieldPlace::default() };
    Diagnostic::new(code, message, place)
}

/// A syntax error as a diagnostic.
pub(super) fn syntax_problem(text: &JsonText<'_>, error: &SyntaxError, path: String) -> Diagnostic {
    let range = error.offset..error.offset + 1;
    if matches!(text.bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'[' | b'{', 0, ..] | [0, b'[' | b'{', ..]) {
        let message = "the text is UTF-16, and JSON is UTF-8".to_owned();
        return problem(codes::CANONICAL_SYNTAX, text, 0..1, path, message).remedy("write it in UTF-8");
    }
    let message = format!("the text is not JSON: {}", error.problem);
    let found = problem(codes::CANONICAL_SYNTAX, text, range, path, message);
    match error.offset < text.bytes.len() {
        true => found,
        false => found.remedy("ask for the whole of it: the text breaks off"),
    }
}

/// The line around `range`, of which no more is looked at than is shown.
fn excerpt(bytes: &[u8], range: std::ops::Range<usize>) -> Excerpt {
    let start = range.start.min(bytes.len());
    let end = range.end.clamp(start, bytes.len());
    let far = start.saturating_sub(2 * Excerpt::LIMIT);
    let from = memchr::memrchr(b'\n', &bytes[far..start]).map_or(far, |newline| far + newline + 1);
    let near = bytes.len().min(start + 2 * Excerpt::LIMIT);
    let to = memchr::memchr(b'\n', &bytes[start..near]).map_or(near, |newline| start + newline);
    Excerpt::new(&bytes[from..to], start - from..end.min(to) - from)
}

/// A step of the path to the value being read.
#[derive(Clone, Copy)]
enum Step<'s> {
    Field(&'s str),
    /// Entry of a list, 1-based.
    Entry(usize),
}

struct Reader<'r, 'b> {
    text: &'r JsonText<'b>,
    cursor: Cursor<'b>,
    shape: &'r Shape,
    object: &'r mut Object,
    diagnostics: &'r mut Diagnostics,
    path: Vec<Step<'r>>,
}

impl<'r> Reader<'r, '_> {
    fn whole(&mut self) -> Result<()> {
        let node = &self.shape.nodes[0];
        if self.cursor.kind()? == JsonKind::Object {
            let start = self.cursor.at;
            let seen = self.node(NodeId::ROOT, node)?;
            self.check_keys(start, node, seen);
        } else {
            self.wrong_type("an object", "write an object, in braces")?;
        }
        match self.cursor.peek() {
            None => Ok(()),
            Some(_) => Err(self.cursor.expected("the end of the object")),
        }
    }

    /// Reads the object at the cursor into `id`; returns which fields stood there, by their index.
    fn node(&mut self, id: NodeId, node: &'r NodeShape) -> Result<u128> {
        let start = self.cursor.at;
        let mut seen = 0u128;
        self.cursor.at += 1;
        if self.cursor.eat(b'}') {
            let message = format!("{} is an empty object", self.subject());
            self.report(codes::CANONICAL_WRONG_VALUE, start, message, LEAVE_OUT);
        } else {
            let mut next = 0;
            loop {
                self.entry(id, node, &mut next, &mut seen)?;
                if !self.cursor.another(b'}')? {
                    break;
                }
            }
        }
        for (at, field) in node.fields.iter().enumerate().filter(|(_, field)| field.required) {
            let spared = id == NodeId::ROOT && !self.shape.needs(field, self.object);
            if !spared && seen & (1 << at) == 0 {
                self.missing(start, field);
            }
        }
        Ok(seen)
    }

    /// `next` is the index of the field that is likely to come.
    fn entry(&mut self, id: NodeId, node: &'r NodeShape, next: &mut usize, seen: &mut u128) -> Result<()> {
        self.cursor.peek();
        let start = self.cursor.at;
        let key = self.cursor.key()?;
        let end = self.cursor.at;
        let Some(field_id) = node.field_from(*next, &key) else {
            return if node.open {
                self.open_entry(id, start, &key)
            } else {
                self.unknown(node, start..end - 1, &key);
                self.cursor.skip()
            };
        };
        *next = usize::from(field_id.0) + 1;
        let field = node.get(field_id);
        self.path.push(Step::Field(&field.name));
        let bit = 1u128 << field_id.0;
        if *seen & bit != 0 {
            let path = self.path_to(None);
            self.duplicate(start, path);
            self.cursor.skip()?;
        } else if field.list {
            self.list(id, node, field_id, field)?;
        } else {
            self.value(id, node, field_id, field)?;
        }
        *seen |= bit;
        self.path.pop();
        Ok(())
    }

    fn list(&mut self, id: NodeId, node: &'r NodeShape, field_id: FieldId, field: &'r Field) -> Result<()> {
        if self.cursor.kind()? != JsonKind::List {
            return self.wrong_type("a list", "write a list, in square brackets");
        }
        let start = self.cursor.at;
        self.cursor.at += 1;
        if self.cursor.eat(b']') {
            let message = format!("{} is an empty list", self.subject());
            self.report(codes::CANONICAL_WRONG_VALUE, start, message, LEAVE_OUT);
            return Ok(());
        }
        for number in 1.. {
            self.path.push(Step::Entry(number));
            self.value(id, node, field_id, field)?;
            self.path.pop();
            if !self.cursor.another(b']')? {
                break;
            }
        }
        Ok(())
    }

    fn value(&mut self, id: NodeId, node: &'r NodeShape, field_id: FieldId, field: &'r Field) -> Result<()> {
        match (&field.kind, self.cursor.kind()?) {
            (Kind::Object(inner), JsonKind::Object) => {
                let child = self.object.add(id, field_id, *inner, Origin::NOWHERE);
                self.node(child, self.shape.node(*inner))?;
                Ok(())
            }
            (Kind::Object(_), _) => self.wrong_type("an object", "write an object, in braces"),
            (Kind::Decimal, JsonKind::Number) => self.decimal(id, field_id),
            (Kind::Decimal, _) => self.wrong_type("a number", "write a number, without quotes"),
            (_, JsonKind::Text) => self.text_value(id, node, field_id, field),
            _ => self.wrong_type("text", "write text, in quotes"),
        }
    }

    fn decimal(&mut self, id: NodeId, field: FieldId) -> Result<()> {
        let start = self.cursor.at;
        let digits = self.cursor.number()?;
        if let Some(decimal) = number::parse_json(digits) {
            self.object.push(id, field, Value::Decimal(decimal), Origin::NOWHERE);
        } else {
            let digits = String::from_utf8_lossy(digits);
            let message =
                format!("{} is {}, which has too many digits to be kept exactly", self.subject(), shown(&digits));
            let remedy = "write at most 28 digits";
            self.report(codes::CANONICAL_WRONG_VALUE, start, message, remedy);
        }
        Ok(())
    }

    fn text_value(&mut self, id: NodeId, node: &'r NodeShape, field_id: FieldId, field: &'r Field) -> Result<()> {
        let start = self.cursor.at;
        let text = self.cursor.text()?;
        let (fits, wanted, sample) = match &field.kind {
            _ if text.is_empty() => {
                let message = format!("{} is empty text", self.subject());
                self.report(codes::CANONICAL_WRONG_VALUE, start, message, LEAVE_OUT);
                return Ok(());
            }
            Kind::Date => (is_date(&text), "a date", "2026-03-10"),
            Kind::Time => (is_time(&text), "a time of the day", "14:05 or 14:05:30"),
            Kind::DateOrInstant => {
                (is_date_or_instant(&text), "a date or an instant", "2026-03-10 or 2026-03-10T14:05:00-07:00")
            }
            Kind::Word(words) if !words.iter().any(|word| *word == text) => {
                self.wrong_word(start, node, field, words, &text);
                return Ok(());
            }
            _ => (true, "", ""),
        };
        if fits {
            self.object.push_text(id, field_id, &text, Origin::NOWHERE);
        } else {
            let message = format!("{} is {}, not {wanted}", self.subject(), shown(&text));
            let remedy = format!("write {wanted}, such as {sample}");
            self.report(codes::CANONICAL_WRONG_VALUE, start, message, remedy);
        }
        Ok(())
    }

    fn open_entry(&mut self, id: NodeId, start: usize, key: &str) -> Result<()> {
        let path = self.path_to(Some(key));
        if self.object.get_open(id, key).is_some() {
            self.duplicate(start, path);
            return self.cursor.skip();
        }
        let kind = self.cursor.kind()?;
        let at = self.cursor.at;
        if kind != JsonKind::Text {
            let message = format!("`{path}` is {}, not text", kind.words());
            let remedy = "write text, in quotes; a value that is not there is left out with its key";
            self.push(codes::CANONICAL_WRONG_TYPE, at..at + 1, path, message, remedy);
            return self.cursor.skip();
        }
        let text = self.cursor.text()?;
        if key.is_empty() || text.is_empty() {
            let message = format!("`{path}` has an empty {}", if key.is_empty() { "key" } else { "text" });
            self.push(codes::CANONICAL_WRONG_VALUE, start..self.cursor.at, path, message, LEAVE_OUT);
        } else {
            let span = self.object.intern(&text);
            self.object.push_open(id, key, Value::Text(span), Origin::NOWHERE);
        }
        Ok(())
    }
}

/// What is said about problems.
impl<'r> Reader<'r, '_> {
    /// The value's kind is not the wanted one: says so and passes over it.
    fn wrong_type(&mut self, wanted: &str, remedy: &str) -> Result<()> {
        let start = self.cursor.at;
        let kind = self.cursor.kind()?;
        self.cursor.skip()?;
        let message = format!("{} is {}, not {wanted}", self.subject(), kind.words());
        let value = String::from_utf8_lossy(&self.text.bytes[start..self.cursor.at]);
        let remedy = match kind {
            JsonKind::Null => LEAVE_OUT.to_owned(),
            JsonKind::Number if wanted == "text" => format!("write \"{value}\""),
            _ => remedy.to_owned(),
        };
        self.report(codes::CANONICAL_WRONG_TYPE, start, message, remedy);
        Ok(())
    }

    fn wrong_word(&mut self, start: usize, node: &NodeShape, field: &Field, words: &[String], text: &str) {
        let names = words.iter().map(String::as_str);
        let message = format!(
            "{} is {}, not one of {}",
            self.subject(),
            shown(text),
            names.clone().collect::<Vec<_>>().join(", ")
        );
        let code = format!("{}_code", field.name);
        let remedy = match suggest::nearest(text, names) {
            Some(word) => format!("did you mean `{word}`?"),
            None if node.field(&code).is_some() => {
                format!("use one of these words, or put the partner's own code into `{code}`")
            }
            None => "use one of these words".to_owned(),
        };
        self.report(codes::CANONICAL_WRONG_VALUE, start, message, remedy);
    }

    fn unknown(&mut self, node: &NodeShape, range: std::ops::Range<usize>, key: &str) {
        let path = self.path_to(Some(key));
        let message = format!("{} has no field `{path}`", self.shape.name);
        let remedy = match suggest::nearest(key, node.fields.iter().map(|field| field.name.as_str())) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("take it out; `crossdock schema {}` prints the fields there are", self.shape.name),
        };
        self.push(codes::CANONICAL_UNKNOWN_FIELD, range, path, message, remedy);
    }

    fn duplicate(&mut self, start: usize, path: String) {
        let message = format!("`{path}` stands twice in one object");
        let remedy = "keep one of them; the first was taken";
        self.push(codes::CANONICAL_DUPLICATE_FIELD, start..self.cursor.at, path, message, remedy);
    }

    fn missing(&mut self, start: usize, field: &Field) {
        let path = self.path_to(Some(&field.name));
        let message = format!("{} lacks `{path}`, which is required", self.shape.name);
        let remedy = format!("add `{}`: {}", field.name, field.description);
        let remedy = remedy.trim_end_matches('.');
        self.push(codes::CANONICAL_SUBMITTED_WITHOUT_FIELD, start..start + 1, path, message, remedy);
    }

    /// One business key must stand; a single one is a required field and was checked as such.
    fn check_keys(&mut self, start: usize, node: &NodeShape, seen: u128) {
        let stands = |key: &&str| node.field(key).is_some_and(|id| seen & (1 << id.0) != 0);
        let keys = self.shape.keys;
        if let [first, _, ..] = keys
            && !keys.iter().any(stands)
        {
            let names = keys.join("` and `");
            let message = format!("{} lacks both `{names}`: one of them is required", self.shape.name);
            let remedy = format!("add the one you have, so that the {} can be found again", self.shape.name);
            let code = codes::CANONICAL_SUBMITTED_WITHOUT_FIELD;
            self.push(code, start..start + 1, (*first).to_owned(), message, remedy);
        }
    }

    fn syntax(&mut self, error: &SyntaxError) {
        let path = self.path_to(None);
        self.diagnostics.push(syntax_problem(self.text, error, path));
    }

    /// Reports about the value that starts at `start` and ends at the cursor.
    fn report(&mut self, code: Code, start: usize, message: String, remedy: impl Into<String>) {
        let path = self.path_to(None);
        self.push(code, start..self.cursor.at, path, message, remedy);
    }

    fn push(
        &mut self,
        code: Code,
        range: std::ops::Range<usize>,
        path: String,
        message: String,
        remedy: impl Into<String>,
    ) {
        self.diagnostics.push(problem(code, self.text, range, path, message).remedy(remedy));
    }

    /// The value being read, as messages call it.
    fn subject(&self) -> String {
        if self.path.is_empty() {
            return format!("the {}", self.shape.name);
        }
        format!("`{}`", self.path_to(None))
    }

    fn path_to(&self, key: Option<&str>) -> String {
        let mut path = String::new();
        for step in self.path.iter().copied().chain(key.map(Step::Field)) {
            match step {
                Step::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Step::Entry(number) => path.push_str(&format!("[{number}]")),
            }
        }
        path
    }
}

const LEAVE_OUT: &str = "leave it out: absent means not sent";

/// Longest value shown in a message, in characters.
const SHOWN: usize = 80;

/// A value as it stands in a message.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("`{shown}`")
}
