//! What the ERP hands in: one object, an array of them, or one after the other (one a line, as a rule); each bare or in
//! a CloudEvents envelope. Finds out which canonical object each one is; [`mod@super::read`] reads it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, LineCounter, codes, suggest};

use super::json::{self, Cursor, JsonKind, JsonText};
use super::read::{problem, shown, syntax_problem};
use super::schema::{names, schema_id, shape};
use super::shape::Shape;

/// One object as it was handed in, not read yet.
#[derive(Debug)]
pub struct Submission<'b> {
    /// What was handed in, with its envelope.
    pub whole: JsonText<'b>,
    /// The object itself, without its envelope.
    pub data: JsonText<'b>,
    /// Which canonical object its envelope says it is.
    declared: Option<&'static Shape>,
    /// Names of a bare object's own fields.
    fields: Vec<Cow<'b, str>>,
    /// Text attributes of the envelope, such as `id` and `subject`; empty for a bare object.
    pub attributes: Vec<(Cow<'b, str>, Cow<'b, str>)>,
}

impl Submission<'_> {
    /// Which canonical object it is, by its envelope or else by its fields. `None` for a bare object whose fields fit
    /// several: the caller must know.
    #[must_use]
    pub fn shape(&self) -> Option<&'static Shape> {
        self.shape_among(|_| true)
    }

    /// The same where a bare object can be none but those whose names `is_one` takes.
    #[must_use]
    pub fn shape_among(&self, is_one: impl Fn(&str) -> bool) -> Option<&'static Shape> {
        self.declared.or_else(|| guess(&self.fields, names().filter(|name| is_one(name))))
    }

    /// The envelope's attribute `name`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        attribute(&self.attributes, name)
    }

    /// What to say when nobody knows which canonical object it is.
    #[must_use]
    pub fn unknown(&self) -> Diagnostic {
        self.unknown_among(|_| true)
    }

    /// The same where it can be none but those whose names `is_one` takes.
    #[must_use]
    pub fn unknown_among(&self, is_one: impl Fn(&str) -> bool) -> Diagnostic {
        let names = names().filter(|name| is_one(name)).collect::<Vec<_>>().join(", ");
        let message = format!("the object does not say which of {names} it is, and its fields do not tell");
        let remedy = "check how its fields are written; else name the mapping, or put it into an event with `type`, such \
                      as `crossdock.shipment.submitted`";
        refused(codes::CANONICAL_UNKNOWN_OBJECT, &self.data, message, remedy)
    }
}

/// The objects of an input, one by one; an entry that cannot be told is an `Err`, and the next one follows.
/// A clone begins where this one stands, and looks at nothing again that was looked at before the first object.
#[derive(Debug, Clone)]
pub struct Submissions<'b> {
    /// What is left of the input.
    text: JsonText<'b>,
    cursor: Cursor<'b>,
    /// Inside a top-level array.
    in_array: bool,
    /// Why the array is none.
    broken: Option<Diagnostic>,
    ended: bool,
}

/// Splits an input into its objects. Of an array that is not well-formed to its end there are none.
#[must_use]
pub fn submissions(bytes: &[u8]) -> Submissions<'_> {
    let text = JsonText::new(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let mut cursor = Cursor::new(&text);
    let broken = broken(&text, &cursor, |cursor| match cursor.peek() {
        None => Ok(()),
        Some(_) => Err(cursor.expected("the end of the input")),
    });
    let in_array = broken.is_none() && cursor.eat(b'[');
    let ended = in_array && cursor.eat(b']');
    Submissions { text, cursor, in_array, broken, ended }
}

/// Why the array at the cursor, if there is one, is none; or what is behind it is not as it must be.
fn broken<'b>(
    text: &JsonText<'b>,
    cursor: &Cursor<'b>,
    behind: impl Fn(&mut Cursor<'b>) -> json::Result<()>,
) -> Option<Diagnostic> {
    let mut cursor = *cursor;
    let error =
        (cursor.peek() == Some(b'[')).then(|| cursor.skip().and_then(|_| behind(&mut cursor)).err()).flatten()?;
    let cause = "an array goes on whole or not at all: what stands before the error does not go on either";
    Some(syntax_problem(text, &error, String::new()).cause(cause))
}

/// The objects of what stands in an input at this line and column, behind others.
#[must_use]
pub fn submissions_at(bytes: &[u8], at: LineCounter) -> Submissions<'_> {
    let text = JsonText::at(bytes, at.into());
    Submissions { cursor: Cursor::new(&text), text, in_array: false, broken: None, ended: false }
}

/// The object of an input that begins at the byte `start`, and those behind it up to the end of an array. Lines and columns are
/// those of the whole input.
#[must_use]
pub fn submissions_from(bytes: &[u8], start: usize) -> Submissions<'_> {
    let text = JsonText::new(bytes).part(start.min(bytes.len())..bytes.len());
    let cursor = Cursor::new(&text);
    let broken = broken(&text, &cursor, |_| Ok(()));
    Submissions { cursor, text, in_array: false, broken, ended: false }
}

impl<'b> Iterator for Submissions<'b> {
    type Item = Result<Submission<'b>, Diagnostic>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if let Some(broken) = self.broken.take() {
            self.ended = true;
            return Some(Err(broken));
        }
        let next = self.cursor.peek();
        if next.is_none() && !self.in_array {
            return None;
        }
        let start = self.cursor.at;
        let submission = match self.advance() {
            Ok((end, fields)) => identify(self.text.part(start..end), fields),
            Err(error) => {
                let diagnostic = syntax_problem(&self.text, &error, String::new());
                self.resume(start);
                Err(diagnostic)
            }
        };
        // Lines are counted from here on, so that a long input is not counted again for every object.
        self.text = self.text.part(self.cursor.at..self.text.bytes.len());
        self.cursor = Cursor::new(&self.text);
        Some(submission)
    }
}

impl<'b> Submissions<'b> {
    /// How many bytes at the end of the input are still to be looked at. Behind an array that is broken there are none.
    #[must_use]
    pub fn left(&self) -> usize {
        if self.ended { 0 } else { self.text.bytes.len() }
    }

    /// Passes over one value and what separates it from the next; returns the value's end, and its fields if it is an
    /// object.
    fn advance(&mut self) -> json::Result<(usize, Option<TopLevel<'b>>)> {
        let fields = match self.cursor.kind()? {
            JsonKind::Object => Some(top_level(&mut self.cursor)?),
            _ => {
                self.cursor.skip()?;
                None
            }
        };
        let end = self.cursor.at;
        if self.in_array {
            self.ended = !self.cursor.another(b']')?;
        }
        Ok((end, fields))
    }

    /// Goes on behind the value that begins at `start` and is no JSON: nothing inside of it is an object of its own.
    fn resume(&mut self, start: usize) {
        match behind(&self.text.bytes[start..]) {
            Some(length) => self.cursor.at = start + length,
            None => self.ended = true,
        }
    }
}

/// The length of a value that is no JSON, up to the line behind it that begins an object: where its braces are closed. One event
/// a line is the way such inputs are written, so a first line whose end no object may follow is a whole one, whatever it lacks; so is
/// one that ends inside a text, for no text goes over lines, and one behind which a whole event stands: no event is part of an
/// object. `None` where its end cannot be told, or nothing follows.
fn behind(bytes: &[u8]) -> Option<usize> {
    let (mut length, mut depth, mut first) = (0, 0, None);
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        length += line.len();
        let (opened, in_text) = depth_of(line);
        depth += opened;
        let last = line.trim_ascii_end().last().copied();
        match first {
            None => first = Some((last, in_text)),
            // Only blanks stand behind the first line.
            Some(_) if last.is_none() => {}
            Some(_) => first = Some((Some(b':'), false)),
        }
        let (ends, in_text) = first.unwrap_or_default();
        let is_whole = ends.is_some_and(|last| !b":,[{\"".contains(&last) || in_text && last == b'"');
        // A line that was cut inside a text, or behind a comma, where no object stands inside of another, and a whole one behind it.
        let whole = lines.peek().filter(|next| next.trim_ascii_end().ends_with(b"}") && depth_of(next).0 == 0);
        let is_cut = whole.is_some_and(|next| in_text || ends == Some(b',') || is_event(next));
        if bytes.get(length) == Some(&b'{') && (depth <= 0 || is_whole || is_cut) {
            return Some(length);
        }
    }
    None
}

/// Does a line that is an object say of itself that it is an event?
fn is_event(line: &[u8]) -> bool {
    let words = ["\"specversion\"", "\"crossdock.", "\"crossdock:"];
    words.iter().any(|word| line.windows(word.len()).any(|bytes| bytes == word.as_bytes()))
}

/// How many more braces a line opens than it closes, outside of texts, and whether it ends inside of one: these do not go over lines.
fn depth_of(line: &[u8]) -> (isize, bool) {
    let (mut depth, mut in_text) = (0, false);
    let mut bytes = line.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if in_text => drop(bytes.next()),
            b'"' => in_text = !in_text,
            b'{' if !in_text => depth += 1,
            b'}' if !in_text => depth -= 1,
            _ => {}
        }
    }
    (depth, in_text)
}

/// Tells what one value is.
fn identify<'b>(text: JsonText<'b>, fields: Option<TopLevel<'b>>) -> Result<Submission<'b>, Diagnostic> {
    let Some(fields) = fields else {
        let kind = Cursor::new(&text).kind().map_or("something else", JsonKind::words);
        let message = format!("the input holds {kind} where an object should stand");
        let remedy = "hand in an object, an array of objects, or one object a line";
        return Err(refused(codes::CANONICAL_WRONG_TYPE, &text, message, remedy));
    };
    let Some((_, range)) = fields.iter().find(|(name, _)| name == "data") else {
        if let Some((event, _)) = fields.iter().find(|(name, _)| OF_EVENTS.contains(&name.as_ref())) {
            let message = format!("`{event}` is of an event, and the event has no `data`, which holds the object");
            let remedy = match suggest::nearest("data", fields.iter().map(|(name, _)| name.as_ref())) {
                Some(near) => format!("did you mean `data` by {}?", shown(near)),
                None => format!("put the object into `data`; if it is no event, leave `{event}` out"),
            };
            return Err(refused(codes::CANONICAL_UNKNOWN_OBJECT, &text, message, &remedy));
        }
        let fields = fields.into_iter().map(|(name, _)| name).collect();
        return Ok(Submission { whole: text.clone(), declared: None, fields, data: text, attributes: Vec::new() });
    };
    let data = text.part(range.clone());
    let attributes = attributes(&text, &fields)?;
    let shape = declared(&text, &attributes)?;
    Ok(Submission { whole: text, data, declared: Some(shape), fields: Vec::new(), attributes })
}

/// Attributes of envelopes that no object has as a field.
const OF_EVENTS: [&str; 3] = ["specversion", "type", "dataschema"];
/// Attributes of an envelope that are read here; those that an event has to have come first.
const READ: [&str; 5] = ["id", "source", "type", "dataschema", "subject"];
const REQUIRED: usize = 3;
/// Longest `id`, in characters.
const ID_CHARACTERS: usize = 255;

type Attributes<'b> = Vec<(Cow<'b, str>, Cow<'b, str>)>;

/// The text attributes of an envelope. Two that have one name could mean either, and one that is no text nothing: who wrote it
/// meant something by it.
fn attributes<'b>(text: &JsonText<'b>, fields: &TopLevel<'b>) -> Result<Attributes<'b>, Diagnostic> {
    let (mut attributes, mut seen) = (Vec::new(), BTreeSet::new());
    for (name, range) in fields {
        let refuse = |code, message: String, remedy: &str| {
            let at = range.start..range.start + 1;
            Err(problem(code, text, at, name.clone().into_owned(), message).remedy(remedy))
        };
        if !seen.insert(name) {
            let message = format!("{} stands twice in one event", shown(name));
            return refuse(codes::CANONICAL_DUPLICATE_FIELD, message, "keep one of them");
        }
        let value = text.part(range.clone());
        let kind = Cursor::new(&value).kind().unwrap_or(JsonKind::Null);
        if kind == JsonKind::Text {
            let value = Cursor::new(&value).text().unwrap_or_default();
            if name == "id" && !(1..=ID_CHARACTERS).contains(&value.chars().count()) {
                let message = format!("`id` has {} characters, not 1 to {ID_CHARACTERS}", value.chars().count());
                let remedy = "write a short text that no other event has, or leave `id` out";
                return refuse(codes::CANONICAL_WRONG_VALUE, message, remedy);
            }
            attributes.push((name.clone(), value));
            continue;
        }
        // An attribute that an event may do without may be written as `null`.
        let wanted = if kind == JsonKind::Null { &READ[..REQUIRED] } else { &READ };
        if wanted.contains(&name.as_ref()) {
            let remedy = match kind {
                JsonKind::Null => "leave it out: absent means not sent".to_owned(),
                JsonKind::Number => format!("write \"{}\"", String::from_utf8_lossy(value.bytes)),
                _ => "write text, in quotes".to_owned(),
            };
            return refuse(codes::CANONICAL_WRONG_TYPE, format!("`{name}` is {}, not text", kind.words()), &remedy);
        }
    }
    Ok(attributes)
}

type TopLevel<'b> = Vec<(Cow<'b, str>, std::ops::Range<usize>)>;

/// The names and places of the own fields of the object at the cursor, which passes over it; places count from its start.
fn top_level<'b>(cursor: &mut Cursor<'b>) -> json::Result<TopLevel<'b>> {
    let from = cursor.at;
    let mut fields = Vec::new();
    cursor.at += 1;
    if cursor.eat(b'}') {
        return Ok(fields);
    }
    loop {
        let name = cursor.key()?;
        cursor.peek();
        let start = cursor.at;
        cursor.skip()?;
        fields.push((name, start - from..cursor.at - from));
        if !cursor.another(b'}')? {
            return Ok(fields);
        }
    }
}

/// The canonical object an envelope names: by `dataschema`, else by `type`.
fn declared(text: &JsonText<'_>, attributes: &[(Cow<'_, str>, Cow<'_, str>)]) -> Result<&'static Shape, Diagnostic> {
    let refuse = |message: String, remedy: &str| Err(refused(codes::CANONICAL_UNKNOWN_OBJECT, text, message, remedy));
    let (value, name, version) = if let Some(value) = attribute(attributes, "dataschema") {
        let name_and_version = value.strip_prefix("crossdock:").and_then(|rest| rest.split_once('/'));
        let (name, version) = name_and_version.unwrap_or((value, ""));
        (value, name, Some(version))
    } else if let Some(value) = attribute(attributes, "type") {
        (value, value.split('.').nth(1).unwrap_or(value), None)
    } else {
        let has = || attributes.iter().map(|(name, _)| name.as_ref());
        let near = ["dataschema", "type"].into_iter().find_map(|name| Some((name, suggest::nearest(name, has())?)));
        let remedy = match near {
            Some((name, near)) => format!("did you mean `{name}` by {}?", shown(near)),
            None => {
                "add `dataschema`, such as `crossdock:shipment/1`, or `type`, such as `crossdock.shipment.submitted`"
                    .into()
            }
        };
        return refuse("the event has neither `dataschema` nor `type`".to_owned(), &remedy);
    };
    let Some(shape) = shape(name) else {
        // Types of others name it somewhere else: `com.example.shipment.created`.
        let mut parts = [name].into_iter().chain(value.split(['.', ':', '/']));
        let remedy = match parts.find_map(|part| suggest::nearest(part, names())) {
            Some(near) if version.is_some() => format!(
                "did you mean `{near}`? Write `{}`",
                schema_id(near, shape(near).map_or(1, |shape| shape.version))
            ),
            Some(near) => format!("did you mean `{near}`? Write `crossdock.{near}.submitted`"),
            None => {
                let written = if version.is_some() { "crossdock:NAME/1" } else { "crossdock.NAME.submitted" };
                format!("write `{written}`, with NAME one of {}", names().collect::<Vec<_>>().join(", "))
            }
        };
        return refuse(format!("the event names no canonical object: {}", shown(value)), &remedy);
    };
    if version.is_some_and(|version| version != shape.version.to_string()) {
        let remedy = format!("hand in `{}`", schema_id(shape.name, shape.version));
        return refuse(format!("the event's `dataschema` {} is no version we read", shown(value)), &remedy);
    }
    Ok(shape)
}

/// The canonical object of these names whose own fields fit best: the fewest unknown, then the fewest required ones missing. `None`
/// when two fit alike, or when no field fits.
fn guess(fields: &[Cow<'_, str>], names: impl Iterator<Item = &'static str>) -> Option<&'static Shape> {
    let misfit = |shape: &Shape| {
        let node = &shape.nodes[0];
        let unknown = fields.iter().filter(|name| node.field(name).is_none()).count();
        let stands = |wanted: &str| fields.iter().any(|name| name == wanted);
        let missing = node.fields.iter().filter(|field| field.required && !stands(&field.name)).count();
        let keyless = shape.keys.iter().all(|key| !stands(key));
        (unknown, missing + usize::from(keyless))
    };
    let mut best: Vec<(&'static Shape, (usize, usize))> =
        names.filter_map(shape).map(|shape| (shape, misfit(shape))).collect();
    best.sort_by_key(|(_, misfit)| *misfit);
    let (shape, first) = best.first()?;
    let is_best = best.get(1).is_none_or(|(_, second)| first < second);
    (is_best && first.0 < fields.len()).then_some(*shape)
}

fn refused(code: Code, text: &JsonText<'_>, message: String, remedy: &str) -> Diagnostic {
    let start = text.bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    problem(code, text, start..start + 1, String::new(), message).remedy(remedy)
}

fn attribute<'a>(attributes: &'a [(Cow<'_, str>, Cow<'_, str>)], name: &str) -> Option<&'a str> {
    let (_, value) = attributes.iter().find(|(key, _)| key == name)?;
    Some(value)
}
