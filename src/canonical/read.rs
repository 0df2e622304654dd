//! Reads a canonical object from JSON, by shape, and says everything that is wrong with it.
//!
//! A value with a problem is left out of the object and reading goes on; only text that is no JSON ends it. Whether the
//! object makes sense (an item that exists, a date in the past) is not asked here.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Excerpt, FieldPlace, LineCounter, codes, suggest};

use super::json::{Cursor, JsonKind, JsonText, Result, SyntaxError, plain_text};
use super::number;
use super::object::{NodeId, Object, Origin, Span, Value};
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
    object.hold_json(text.valid());
    let mut reader = Reader { cursor: Cursor::new(text), text, shape, object, diagnostics, stopped_at: String::new() };
    if let Err(error) = reader.whole() {
        let path = std::mem::take(&mut reader.stopped_at);
        diagnostics.push(syntax_problem(text, &error, path));
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

/// Where a value stands: a field, or an entry of its list, and the node around it. The path is made of it where something is
/// to be said.
#[derive(Clone, Copy)]
struct Step<'p> {
    /// Where the node around it stands; `None` for the object itself.
    node: Option<&'p Step<'p>>,
    field: &'p str,
    /// Entry of a list, 1-based.
    entry: Option<usize>,
}

impl Step<'_> {
    fn path(&self) -> String {
        let mut path = path_in(self.node, self.field);
        if let Some(number) = self.entry {
            path.push_str(&format!("[{number}]"));
        }
        path
    }
}

/// The path of the field `name` of the node that stands at `node`.
fn path_in(node: Option<&Step<'_>>, name: &str) -> String {
    match node {
        Some(node) => format!("{}.{name}", node.path()),
        None => name.to_owned(),
    }
}

struct Reader<'r, 'b> {
    text: &'r JsonText<'b>,
    cursor: Cursor<'b>,
    shape: &'r Shape,
    object: &'r mut Object,
    diagnostics: &'r mut Diagnostics,
    /// Path of the value in which the text turned out to be no JSON.
    stopped_at: String,
}

/// A field of a node that is being read.
#[derive(Clone, Copy)]
struct Place<'r> {
    node: NodeId,
    shape: &'r NodeShape,
    id: FieldId,
    field: &'r Field,
}

impl<'r> Place<'r> {
    /// That of the field `id`, and whether it stood there before: it counts as seen now, and the one behind it as next.
    #[inline]
    fn of(node: NodeId, shape: &'r NodeShape, id: FieldId, next: &mut usize, seen: &mut u128) -> (Self, bool) {
        *next = usize::from(id.0) + 1;
        let again = *seen & shape.bit(id) != 0;
        *seen |= shape.bit(id);
        (Self { node, shape, id, field: shape.get(id) }, again)
    }
}

impl<'r> Reader<'r, '_> {
    fn whole(&mut self) -> Result<()> {
        let node = &self.shape.nodes[0];
        if self.cursor.kind()? == JsonKind::Object {
            let start = self.cursor.at;
            let seen = self.node(NodeId::ROOT, node, None)?;
            self.check_keys(start, node, seen);
        } else {
            self.wrong_type(None, "an object", "write an object, in braces")?;
        }
        match self.cursor.peek() {
            None => Ok(()),
            Some(_) => Err(self.cursor.expected("the end of the object")),
        }
    }

    /// Reads the object at the cursor, which stands at `step`, into `id`; returns which fields stood there, by their index.
    fn node(&mut self, id: NodeId, node: &'r NodeShape, step: Option<&Step<'_>>) -> Result<u128> {
        let start = self.cursor.at;
        let mut seen = 0u128;
        self.cursor.at += 1;
        if self.cursor.eat(b'}') {
            let message = format!("{} is an empty object", self.subject(step));
            self.report(codes::CANONICAL_WRONG_VALUE, start, step, message, LEAVE_OUT);
        } else {
            let mut next = 0;
            loop {
                self.entry(id, node, step, &mut next, &mut seen)?;
                if !self.cursor.another(b'}')? {
                    break;
                }
            }
        }
        if node.missing(seen) != 0 {
            self.missing(id, node, seen, start, step);
        }
        Ok(seen)
    }

    /// `next` is the index of the field that is likely to come.
    #[inline]
    fn entry(
        &mut self,
        node: NodeId,
        shape: &'r NodeShape,
        around: Option<&Step<'_>>,
        next: &mut usize,
        seen: &mut u128,
    ) -> Result<()> {
        self.cursor.peek();
        let start = self.cursor.at;
        let json = self.cursor.valid_rest();
        let Some((id, key)) = shape.key_at(*next, json) else {
            return self.other_entry(node, shape, around, next, seen);
        };
        let (place, again) = Place::of(node, shape, id, next, seen);
        self.cursor.at = start + key;
        if again {
            return self.again(place, around, start);
        }
        let value = plain_value(place.field, &json[key..], start + key);
        let Some((value, end)) = value else { return self.field(place, around) };
        self.cursor.at = end;
        self.object.push(node, id, value, Origin::NOWHERE);
        Ok(())
    }

    /// A field whose key is not known, or not written as keys mostly are.
    #[inline(never)]
    fn other_entry(
        &mut self,
        node: NodeId,
        shape: &'r NodeShape,
        around: Option<&Step<'_>>,
        next: &mut usize,
        seen: &mut u128,
    ) -> Result<()> {
        let start = self.cursor.at;
        let key = self.cursor.key()?;
        let Some(id) = shape.field_from(*next, &key) else {
            if shape.open {
                return self.open_entry(node, around, start, key);
            }
            self.unknown(shape, around, start..self.cursor.at - 1, &key);
            return self.cursor.skip();
        };
        let (place, again) = Place::of(node, shape, id, next, seen);
        if again { self.again(place, around, start) } else { self.field(place, around) }
    }

    /// Passes over a field that stood there before.
    #[cold]
    fn again(&mut self, place: Place<'r>, around: Option<&Step<'_>>, start: usize) -> Result<()> {
        let step = Step { node: around, field: &place.field.name, entry: None };
        self.duplicate(start, step.path());
        let skipped = self.cursor.skip();
        self.stop(skipped, &step)
    }

    /// Reads the value of a field, whatever it is.
    fn field(&mut self, place: Place<'r>, around: Option<&Step<'_>>) -> Result<()> {
        let step = Step { node: around, field: &place.field.name, entry: None };
        let read = if place.field.list { self.list(place, step) } else { self.value(place, &step) };
        self.stop(read, &step)
    }

    /// Keeps the path at which the text is no JSON: that of the innermost value.
    fn stop(&mut self, read: Result<()>, step: &Step<'_>) -> Result<()> {
        if read.is_err() && self.stopped_at.is_empty() {
            self.stopped_at = step.path();
        }
        read
    }

    fn list(&mut self, place: Place<'r>, step: Step<'_>) -> Result<()> {
        if self.cursor.kind()? != JsonKind::List {
            return self.wrong_type(Some(&step), "a list", "write a list, in square brackets");
        }
        let start = self.cursor.at;
        self.cursor.at += 1;
        if self.cursor.eat(b']') {
            let message = format!("{} is an empty list", self.subject(Some(&step)));
            self.report(codes::CANONICAL_WRONG_VALUE, start, Some(&step), message, LEAVE_OUT);
            return Ok(());
        }
        for number in 1.. {
            let step = Step { entry: Some(number), ..step };
            let read = self.value(place, &step);
            self.stop(read, &step)?;
            if !self.cursor.another(b']')? {
                break;
            }
        }
        Ok(())
    }

    fn value(&mut self, place: Place<'r>, step: &Step<'_>) -> Result<()> {
        match (&place.field.kind, self.cursor.kind()?) {
            (Kind::Object(inner), JsonKind::Object) => {
                let child = self.object.add(place.node, place.id, *inner, Origin::NOWHERE);
                self.node(child, self.shape.node(*inner), Some(step))?;
                Ok(())
            }
            (Kind::Object(_), _) => self.wrong_type(Some(step), "an object", "write an object, in braces"),
            (Kind::Decimal, JsonKind::Number) => self.decimal(place, step),
            (Kind::Decimal, _) => self.wrong_type(Some(step), "a number", "write a number, without quotes"),
            (_, JsonKind::Text) => self.text_value(place, step),
            _ => self.wrong_type(Some(step), "text", "write text, in quotes"),
        }
    }

    fn decimal(&mut self, place: Place<'r>, step: &Step<'_>) -> Result<()> {
        let start = self.cursor.at;
        let digits = self.cursor.number()?;
        if let Some(decimal) = number::parse_json(digits) {
            self.object.push(place.node, place.id, Value::Decimal(decimal), Origin::NOWHERE);
        } else {
            let digits = String::from_utf8_lossy(digits);
            let subject = self.subject(Some(step));
            let message = format!("{subject} is {}, which has too many digits to be kept exactly", shown(&digits));
            let remedy = "write at most 28 digits";
            self.report(codes::CANONICAL_WRONG_VALUE, start, Some(step), message, remedy);
        }
        Ok(())
    }

    fn text_value(&mut self, place: Place<'r>, step: &Step<'_>) -> Result<()> {
        let start = self.cursor.at;
        let text = self.cursor.text()?;
        if text.is_empty() {
            let message = format!("{} is empty text", self.subject(Some(step)));
            self.report(codes::CANONICAL_WRONG_VALUE, start, Some(step), message, LEAVE_OUT);
            return Ok(());
        }
        if fits(&place.field.kind, text.as_bytes()) {
            let span = self.span(start, text);
            self.object.push(place.node, place.id, Value::Text(span), Origin::NOWHERE);
            return Ok(());
        }
        let (wanted, sample) = match &place.field.kind {
            Kind::Word(words) => {
                self.wrong_word(start, step, place, words, &text);
                return Ok(());
            }
            Kind::Date => ("a date", "2026-03-10"),
            Kind::Time => ("a time of the day", "14:05 or 14:05:30"),
            _ => ("a date or an instant", "2026-03-10 or 2026-03-10T14:05:00-07:00"),
        };
        let message = format!("{} is {}, not {wanted}", self.subject(Some(step)), shown(&text));
        let remedy = format!("write {wanted}, such as {sample}");
        self.report(codes::CANONICAL_WRONG_VALUE, start, Some(step), message, remedy);
        Ok(())
    }

    /// The text of the JSON string that begins at `start`, in the object.
    #[inline]
    fn span(&mut self, start: usize, text: Cow<'_, str>) -> Span {
        let range = start + 1..start + 1 + text.len();
        match text {
            Cow::Borrowed(_) if range.end <= self.text.valid().len() => Span::of_json(range),
            text => self.object.intern(&text),
        }
    }

    fn open_entry(&mut self, id: NodeId, around: Option<&Step<'_>>, start: usize, key: Cow<'_, str>) -> Result<()> {
        if self.object.get_open(id, &key).is_some() {
            self.duplicate(start, path_in(around, &key));
            return self.cursor.skip();
        }
        let kind = self.cursor.kind()?;
        let at = self.cursor.at;
        if kind != JsonKind::Text {
            let path = path_in(around, &key);
            let message = format!("`{path}` is {}, not text", kind.words());
            let remedy = "write text, in quotes; a value that is not there is left out with its key";
            self.push(codes::CANONICAL_WRONG_TYPE, at..at + 1, path, message, remedy);
            return self.cursor.skip();
        }
        let text = self.cursor.text()?;
        if key.is_empty() || text.is_empty() {
            let path = path_in(around, &key);
            let message = format!("`{path}` has an empty {}", if key.is_empty() { "key" } else { "text" });
            self.push(codes::CANONICAL_WRONG_VALUE, start..self.cursor.at, path, message, LEAVE_OUT);
        } else {
            let (value, key) = (self.span(at, text), self.span(start, key));
            self.object.push_open_span(id, key, Value::Text(value), Origin::NOWHERE);
        }
        Ok(())
    }
}

/// The value that `json` begins with at the byte `at`, and where it ends, if it is text or a number as it mostly is, with
/// nothing wrong and nothing to be looked at closely.
#[inline]
fn plain_value(field: &Field, json: &[u8], at: usize) -> Option<(Value, usize)> {
    if field.list {
        return None;
    }
    if let Kind::Decimal = field.kind {
        let (decimal, length) = number::short_json(json)?;
        return Some((Value::Decimal(decimal), at + length));
    }
    let text = plain_text(json)?;
    let fits = matches!(field.kind, Kind::Text) || fits(&field.kind, text);
    let range = at + 1..at + 1 + text.len();
    (fits && !text.is_empty()).then(|| (Value::Text(Span::of_json(range.clone())), range.end + 1))
}

/// Is `text` what a field of this kind holds?
fn fits(kind: &Kind, text: &[u8]) -> bool {
    match kind {
        Kind::Text => true,
        Kind::Word(words) => words.iter().any(|word| word.as_bytes() == text),
        Kind::Decimal | Kind::Object(_) => false,
        _ => std::str::from_utf8(text).is_ok_and(|text| match kind {
            Kind::Date => is_date(text),
            Kind::Time => is_time(text),
            _ => is_date_or_instant(text),
        }),
    }
}

/// What is said about problems.
impl<'r> Reader<'r, '_> {
    /// The value's kind is not the wanted one: says so and passes over it.
    fn wrong_type(&mut self, step: Option<&Step<'_>>, wanted: &str, remedy: &str) -> Result<()> {
        let start = self.cursor.at;
        let kind = self.cursor.kind()?;
        self.cursor.skip()?;
        let message = format!("{} is {}, not {wanted}", self.subject(step), kind.words());
        let value = String::from_utf8_lossy(&self.text.bytes[start..self.cursor.at]);
        let remedy = match kind {
            JsonKind::Null => LEAVE_OUT.to_owned(),
            JsonKind::Number if wanted == "text" => format!("write \"{value}\""),
            _ => remedy.to_owned(),
        };
        self.report(codes::CANONICAL_WRONG_TYPE, start, step, message, remedy);
        Ok(())
    }

    fn wrong_word(&mut self, start: usize, step: &Step<'_>, place: Place<'_>, words: &[String], text: &str) {
        let names = words.iter().map(String::as_str);
        let message = format!(
            "{} is {}, not one of {}",
            self.subject(Some(step)),
            shown(text),
            names.clone().collect::<Vec<_>>().join(", ")
        );
        let code = format!("{}_code", place.field.name);
        let remedy = match suggest::nearest(text, names) {
            Some(word) => format!("did you mean `{word}`?"),
            None if place.shape.field(&code).is_some() => {
                format!("use one of these words, or put the partner's own code into `{code}`")
            }
            None => "use one of these words".to_owned(),
        };
        self.report(codes::CANONICAL_WRONG_VALUE, start, Some(step), message, remedy);
    }

    fn unknown(&mut self, node: &NodeShape, around: Option<&Step<'_>>, range: std::ops::Range<usize>, key: &str) {
        let path = path_in(around, key);
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

    /// Says which required fields of the node that begins at `start` are not among those `seen`.
    #[cold]
    fn missing(&mut self, id: NodeId, node: &NodeShape, seen: u128, start: usize, step: Option<&Step<'_>>) {
        for (at, field) in node.fields.iter().enumerate() {
            let spared = id == NodeId::ROOT && !self.shape.needs(field, self.object);
            if node.missing(seen) & (1 << at) == 0 || spared {
                continue;
            }
            let path = path_in(step, &field.name);
            let message = format!("{} lacks `{path}`, which is required", self.shape.name);
            let remedy = format!("add `{}`: {}", field.name, field.description);
            let remedy = remedy.trim_end_matches('.');
            self.push(codes::CANONICAL_SUBMITTED_WITHOUT_FIELD, start..start + 1, path, message, remedy);
        }
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

    /// Reports about the value that starts at `start` and ends at the cursor.
    fn report(
        &mut self,
        code: Code,
        start: usize,
        step: Option<&Step<'_>>,
        message: String,
        remedy: impl Into<String>,
    ) {
        let path = step.map_or_else(String::new, Step::path);
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

    /// The value at `step`, as messages call it.
    fn subject(&self, step: Option<&Step<'_>>) -> String {
        match step {
            Some(step) => format!("`{}`", step.path()),
            None => format!("the {}", self.shape.name),
        }
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
