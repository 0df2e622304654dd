//! Reads a canonical object from JSON, by shape, and says everything that is wrong with it.
//!
//! A value with a problem is left out of the object and reading goes on; only text that is no JSON ends it. Whether the
//! object makes sense (an item that exists, a date in the past) is not asked here.

use std::borrow::Cow;
use std::ops::Range;

use rust_decimal::Decimal;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Excerpt, FieldPlace, LineCounter, codes, suggest};

use super::json::{Cursor, JsonKind, JsonText, NOT_UTF_8, Result, SyntaxError, plain_text};
use super::number;
use super::object::{NodeId, Object, Origin, Span, Value};
use super::scalar::{is_date, is_date_or_instant, is_time};
use super::shape::{Field, FieldId, Form, Key, Kind, NodeShape, NodeShapeId, Shape};

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
    range: Range<usize>,
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
    if let [0x1f, 0x8b, ..] | [b'P', b'K', 3, 4, ..] = text.bytes {
        let message = "the file is compressed, and JSON is text".to_owned();
        return problem(codes::CANONICAL_SYNTAX, text, 0..1, path, message).remedy("unpack it");
    }
    let message = format!("the text is not JSON: {}", error.problem);
    let found = problem(codes::CANONICAL_SYNTAX, text, range, path, message);
    match error.offset < text.bytes.len() {
        true if error.problem == NOT_UTF_8 => found.remedy("write it in UTF-8"),
        true => found,
        false => found.remedy("ask for the whole of it: the text breaks off"),
    }
}

/// The line around `range`, of which no more is looked at than is shown.
fn excerpt(bytes: &[u8], range: Range<usize>) -> Excerpt {
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

/// A node that is being read.
struct Open<'r, 'p> {
    id: NodeId,
    shape: &'r NodeShape,
    /// Where it stands; `None` for the object itself.
    step: Option<&'p Step<'p>>,
    /// Index of the field that is likely to come.
    next: usize,
    /// Which fields stood there, by their index.
    seen: u64,
}

impl<'r> Open<'r, '_> {
    fn place(&self, id: FieldId) -> Place<'r> {
        Place { node: self.id, id, field: self.shape.get(id) }
    }
}

/// A field of a node that is being read.
#[derive(Clone, Copy)]
struct Place<'r> {
    node: NodeId,
    id: FieldId,
    field: &'r Field,
}

impl<'r> Reader<'r, '_> {
    fn whole(&mut self) -> Result<()> {
        if self.cursor.kind()? == JsonKind::Object {
            self.node(NodeId::ROOT, &self.shape.nodes[0], None)?;
        } else {
            self.wrong_type(None, "an object", "write an object, in braces")?;
        }
        match self.cursor.peek() {
            None => Ok(()),
            Some(_) => Err(self.cursor.expected("the end of the object")),
        }
    }

    /// Reads the object at the cursor, which stands at `step`, into `id`.
    fn node(&mut self, id: NodeId, shape: &'r NodeShape, step: Option<&Step<'_>>) -> Result<()> {
        let start = self.cursor.at;
        let mut node = Open { id, shape, step, next: 0, seen: 0 };
        self.cursor.at += 1;
        let mut is_first = true;
        while !self.known_entries(&mut node)? {
            if is_first && node.seen == 0 && self.cursor.eat(b'}') {
                self.empty(start, step, "an empty object");
                break;
            }
            is_first = false;
            self.entry(&mut node)?;
            if !self.cursor.another(b'}')? {
                break;
            }
        }
        if shape.missing(node.seen) != 0 {
            self.missing(&node, start);
        }
        if id == NodeId::ROOT {
            self.check_keys(&node, start);
        }
        Ok(())
    }

    /// Reads the entries at the cursor up to one whose key is not known, is not written as keys mostly are, or stood there before;
    /// true when the node ends before that.
    #[inline(always)]
    fn known_entries(&mut self, node: &mut Open<'r, '_>) -> Result<bool> {
        self.cursor.peek();
        let Some(mut json) = self.cursor.valid_rest() else { return Ok(false) };
        while let Some(key) = node.shape.key_at(node.next, json)
            && node.seen & key.bit == 0
        {
            json = &json[key.whole.len()..];
            node.next = usize::from(key.field.0) + 1;
            node.seen |= key.bit;
            let length = self.plain_value(node.id, node.shape, key, json);
            json = &json[length.unwrap_or_default()..];
            if let ([b',', rest @ ..], Some(_)) = (json, length)
                && rest.first() == Some(&b'"')
            {
                json = rest;
                continue;
            }
            self.cursor.go_to(json);
            if length.is_none() {
                self.field(node.place(key.field), node.step)?;
            }
            if !self.cursor.another(b'}')? {
                return Ok(true);
            }
            self.cursor.peek();
            let Some(rest) = self.cursor.valid_rest() else { return Ok(false) };
            json = rest;
        }
        self.cursor.go_to(json);
        Ok(false)
    }

    /// Reads the value with which `json` begins, if it is one that is written as it mostly is, with nothing wrong and nothing to be
    /// looked at closely: its length.
    #[inline(always)]
    fn plain_value(&mut self, node: NodeId, shape: &NodeShape, key: &Key, json: &[u8]) -> Option<usize> {
        let start = self.cursor.valid().len() - json.len() + 1;
        let (value, length) = match key.form {
            Form::Text | Form::Checked => {
                let length = plain_text(json).filter(|length| *length > 0)?;
                let range = start..start + length;
                if key.form == Form::Checked && !fits(shape.get(key.field), self.text.valid().get(range.clone())?) {
                    return None;
                }
                (Value::Text(Span::of_json(range)), length + 2)
            }
            Form::Number => {
                let (decimal, length) = number::short_json(json)?;
                (Value::Decimal(decimal), length)
            }
            Form::Object(inner) if self.shape.node(inner).quantity => {
                let Quantity { number, unit, length } = plain_quantity(json)?;
                let unit = Span::of_json(start - 1 + unit.start..start - 1 + unit.end);
                let values = [Value::Decimal(number), Value::Text(unit)];
                self.object.add_whole(node, key.field, inner, values);
                return Some(length);
            }
            Form::Object(_) | Form::List => return None,
        };
        self.object.push(node, key.field, value, Origin::NOWHERE);
        Some(length)
    }

    /// Reads the nested object at the cursor, which stands at `step`.
    fn nested(&mut self, place: Place<'r>, shape: NodeShapeId, step: &Step<'_>) -> Result<()> {
        let id = self.object.add(place.node, place.id, shape, Origin::NOWHERE);
        let read = self.node(id, self.shape.node(shape), Some(step));
        self.stop(read, step)
    }

    /// Reads an entry, whatever it is.
    #[inline(never)]
    fn entry(&mut self, node: &mut Open<'r, '_>) -> Result<()> {
        self.cursor.peek();
        let start = self.cursor.at;
        let key = self.cursor.key()?;
        let Some(id) = node.shape.field_from(node.next, &key) else {
            if node.shape.open {
                return self.open_entry(node.id, node.step, start, key);
            }
            self.unknown(node, start..self.cursor.at - 1, &key);
            return self.cursor.skip();
        };
        let bit = node.shape.bit(id);
        if node.seen & bit != 0 {
            return self.again(node.place(id), node.step, start);
        }
        node.seen |= bit;
        node.next = usize::from(id.0) + 1;
        self.field(node.place(id), node.step)
    }

    /// Passes over a field that stood there before.
    #[cold]
    #[inline(never)]
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
            self.empty(start, Some(&step), "an empty list");
            return Ok(());
        }
        for number in 1.. {
            let step = Step { entry: Some(number), ..step };
            match &place.field.kind {
                Kind::Object(shape) if self.cursor.peek() == Some(b'{') => self.nested(place, *shape, &step)?,
                _ => {
                    let read = self.value(place, &step);
                    self.stop(read, &step)?;
                }
            }
            if !self.cursor.another(b']')? {
                break;
            }
        }
        Ok(())
    }

    fn value(&mut self, place: Place<'r>, step: &Step<'_>) -> Result<()> {
        match (&place.field.kind, self.cursor.kind()?) {
            (Kind::Object(inner), JsonKind::Object) => self.nested(place, *inner, step),
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
            self.empty(start, Some(step), "empty text");
            return Ok(());
        }
        if fits(place.field, &text) {
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

/// A quantity as it stands in JSON.
struct Quantity {
    number: Decimal,
    /// Where the text of its unit stands, and how long it is, from its start on.
    unit: Range<usize>,
    length: usize,
}

/// The quantity that `json` begins with, if it is written as it mostly is: `{"value":24,"unit":"EA"}`.
#[inline(always)]
fn plain_quantity(json: &[u8]) -> Option<Quantity> {
    let value = json.strip_prefix(b"{\"value\":")?;
    let (number, length) = number::short_json(value)?;
    let unit = value[length..].strip_prefix(b",\"unit\":")?;
    let length = plain_text(unit)?;
    let behind = unit[length + 2..].strip_prefix(b"}")?;
    let start = json.len() - unit.len() + 1;
    (length > 0).then(|| Quantity { number, unit: start..start + length, length: json.len() - behind.len() })
}

/// Is `text` what a field holds?
fn fits(field: &Field, text: &str) -> bool {
    match &field.kind {
        Kind::Text => true,
        Kind::Word(words) => words.iter().any(|word| word == text),
        Kind::Date => is_date(text),
        Kind::Time => is_time(text),
        Kind::DateOrInstant => is_date_or_instant(text),
        Kind::Decimal | Kind::Object(_) => false,
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

    #[cold]
    fn empty(&mut self, start: usize, step: Option<&Step<'_>>, what: &str) {
        let message = format!("{} is {what}", self.subject(step));
        self.report(codes::CANONICAL_WRONG_VALUE, start, step, message, LEAVE_OUT);
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
            None if self.shape.node(self.object.shape(place.node)).field(&code).is_some() => {
                format!("use one of these words, or put the partner's own code into `{code}`")
            }
            None => "use one of these words".to_owned(),
        };
        self.report(codes::CANONICAL_WRONG_VALUE, start, Some(step), message, remedy);
    }

    fn unknown(&mut self, node: &Open<'r, '_>, range: Range<usize>, key: &str) {
        let path = path_in(node.step, key);
        let message = format!("{} has no field `{path}`", self.shape.name);
        let remedy = match suggest::nearest(key, node.shape.fields.iter().map(|field| field.name.as_str())) {
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

    /// Says which required fields of the node that begins at `start` did not stand there.
    #[cold]
    fn missing(&mut self, node: &Open<'r, '_>, start: usize) {
        for (at, field) in node.shape.fields.iter().enumerate() {
            let spared = node.id == NodeId::ROOT && !self.shape.needs(field, self.object);
            if node.shape.missing(node.seen) & (1 << at) == 0 || spared {
                continue;
            }
            let path = path_in(node.step, &field.name);
            let message = format!("{} lacks `{path}`, which is required", self.shape.name);
            let remedy = format!("add `{}`: {}", field.name, field.description);
            let remedy = remedy.trim_end_matches('.');
            self.push(codes::CANONICAL_SUBMITTED_WITHOUT_FIELD, start..start + 1, path, message, remedy);
        }
    }

    /// One business key must stand; a single one is a required field and was checked as such.
    fn check_keys(&mut self, node: &Open<'r, '_>, start: usize) {
        let stands = |key: &&str| node.shape.field(key).is_some_and(|id| node.seen & (1 << id.0) != 0);
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

    fn push(&mut self, code: Code, range: Range<usize>, path: String, message: String, remedy: impl Into<String>) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LIMIT, read_into};
    use crate::canonical::json::tests::{spoiled, spoils};
    use crate::canonical::{JsonText, Kind, Object, emit, names, shape};
    use crate::diagnostic::{Diagnostic, Diagnostics};

    /// Names of fields, some known and some not, and values, some right and some wrong.
    const NAMES: &str = r"order_number shipment_number agent_shipment_number ship_date estimated_delivery_date action ship_to carrier
        references packages totals tracking_numbers colour order_numbe\u0072 data lines identifiers value unit weight units mode name lot
        sku ordered shipped notes";
    const VALUES: &str = r#""A" "" "2026-03-10" "2026-02-30" "2026-03-10T14:05:00Z" "motor" "original" "truck" "fifteen_bytes.."
        "sixteen_bytes..." "seventeen_bytes.." "é" "a\"b" "\ud83d\ude00" "\ud83d" 7 -0 0.50 007 1. 1e3 1e40 123456789012345678
        12345678901234567890 null true {} [] {"value":24,"unit":"EA"} {"value":-1.5,"unit":""} {"value":24,"unit":"EA","x":1}
        {"unit":"EA"} {"value":24} {"value":"24","unit":"EA"} {"duns4":"1","zz":"2","zz":"3"}"#;

    /// Objects, and what may stand in their place.
    fn values() -> impl Strategy<Value = String> {
        let one_of = |words: &'static str| prop::sample::select(words.split_whitespace().collect::<Vec<_>>());
        let value = one_of(VALUES).prop_map(str::to_owned);
        value.clone().prop_recursive(3, 30, 6, move |inner| {
            let blanks = prop::sample::select(vec!["", "", "", " ", "\n  "]);
            let entry = (one_of(NAMES), blanks, inner)
                .prop_map(|(name, blanks, value)| format!("{blanks}\"{name}\":{blanks}{value}"));
            let object =
                prop::collection::vec(entry, 1..6).prop_map(|entries| format!("{{{}}}", entries.join(","))).boxed();
            let list = prop::collection::vec(object.clone(), 1..3).prop_map(|list| format!("[{}]", list.join(",")));
            prop_oneof![value.clone(), object, list]
        })
    }

    fn read(text: &JsonText<'_>, name: &str) -> (String, Vec<Diagnostic>) {
        let (mut object, mut diagnostics) = (Object::new(), Diagnostics::with_limit(LIMIT));
        let shape = shape(name).unwrap();
        read_into(text, shape, &mut object, &mut diagnostics);
        let mut json = Vec::new();
        emit(&object, shape, &mut json);
        (String::from_utf8(json).unwrap(), diagnostics.take())
    }

    fn check(json: &[u8], name: &str) {
        let (quickly, closely) = (read(&JsonText::new(json), name), read(&JsonText::read_closely(json), name));
        assert_eq!(quickly, closely, "{}", String::from_utf8_lossy(json));
    }

    #[test]
    fn quantities_are_a_number_and_the_text_of_its_unit() {
        for node in names().filter_map(shape).flat_map(|shape| &shape.nodes).filter(|node| node.quantity) {
            let fields = node.fields.iter().map(|field| (field.name.as_str(), &field.kind, field.list));
            assert!(fields.eq([("value", &Kind::Decimal, false), ("unit", &Kind::Text, false)]));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_read_quickly_is_so_closely(
            json in values(),
            spoils in spoils(),
            name in prop::sample::select(vec!["shipment", "inventory_report"]),
        ) {
            check(json.as_bytes(), name);
            check(&spoiled(json.into_bytes(), &spoils), name);
        }
    }
}
