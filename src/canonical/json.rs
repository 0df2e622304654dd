//! A cursor over JSON text: exact digits and byte offsets, which a general JSON library does not hand out.
//!
//! Knows the grammar of JSON, not which fields are allowed: that is [`mod@super::read`]'s question.

use std::borrow::Cow;
use std::ops::Range;

use wide::u8x16;

use super::number;
use crate::diagnostic::{LineCounter, LineFinder};

/// Deepest nesting that is followed.
const DEPTH: usize = 128;

/// What is said of a text in another character set.
pub(super) const NOT_UTF_8: &str = "it is not UTF-8";

/// JSON text that may stand inside a larger one: a line of a file, an entry of an array.
#[derive(Debug, Clone)]
pub struct JsonText<'b> {
    /// The text.
    pub bytes: &'b [u8],
    /// Lines and columns in it, from those at which it starts on.
    pub lines: LineFinder,
    /// The same as text, as far as it is UTF-8: looked at once for the whole input.
    valid: &'b str,
}

impl<'b> JsonText<'b> {
    /// Text that stands alone.
    #[must_use]
    pub fn new(bytes: &'b [u8]) -> Self {
        let valid = std::str::from_utf8(bytes)
            .unwrap_or_else(|error| std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default());
        Self { bytes, lines: LineFinder::default(), valid }
    }

    /// Text that stands in a larger one at a line and column.
    #[must_use]
    pub fn at(bytes: &'b [u8], lines: LineFinder) -> Self {
        Self { lines, ..Self::new(bytes) }
    }

    /// The same text, of which nothing is known to be UTF-8: nothing in it is read quickly.
    #[cfg(test)]
    pub(super) fn read_closely(bytes: &'b [u8]) -> Self {
        Self { valid: "", ..Self::new(bytes) }
    }

    /// As much of it as is known to be UTF-8: all, as a rule.
    #[inline]
    pub(super) fn valid(&self) -> &'b str {
        self.valid
    }

    /// Line and column of the byte at `offset`, from 0.
    #[must_use]
    pub fn position(&self, offset: usize) -> LineCounter {
        self.lines.at(self.bytes, offset)
    }

    /// The part of this text at `range`, with its own position.
    #[must_use]
    pub fn part(&self, range: std::ops::Range<usize>) -> JsonText<'b> {
        let lines = self.position(range.start).into();
        let end = range.end.min(self.valid.len());
        let valid = self.valid.get(range.start..end).unwrap_or_default();
        JsonText { bytes: &self.bytes[range], lines, valid }
    }
}

/// Why the text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// Where reading stopped, a 0-based byte offset.
    pub offset: usize,
    /// What is wrong there.
    pub problem: String,
}

/// What a value is, told by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonKind {
    Object,
    List,
    Text,
    Number,
    Boolean,
    Null,
}

impl JsonKind {
    /// The kind as people say it.
    pub(super) fn words(self) -> &'static str {
        match self {
            JsonKind::Object => "an object",
            JsonKind::List => "a list",
            JsonKind::Text => "text",
            JsonKind::Number => "a number",
            JsonKind::Boolean => "true or false",
            JsonKind::Null => "null",
        }
    }
}

/// Reads JSON values one after the other.
///
/// What is not the usual case is a call of its own that takes the cursor by value: so the place of a cursor that is a variable can
/// stay in a register.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'b> {
    bytes: &'b [u8],
    valid: &'b str,
    /// Offset of the next byte.
    pub at: usize,
}

/// The error is behind a pointer, so that what is right is handed on in registers.
pub(super) type Result<T> = std::result::Result<T, Box<SyntaxError>>;

impl<'b> Cursor<'b> {
    pub(super) fn new(text: &JsonText<'b>) -> Self {
        Self { bytes: text.bytes, valid: text.valid, at: 0 }
    }

    /// All of the text that is known to be UTF-8.
    #[inline]
    pub(super) fn valid(&self) -> &'b [u8] {
        self.valid.as_bytes()
    }

    /// What stands from the cursor on.
    #[inline]
    pub(super) fn rest(&self) -> &'b [u8] {
        &self.bytes[self.at..]
    }

    /// The same as far as it is known to be UTF-8; `None` behind that.
    #[inline]
    pub(super) fn valid_rest(&self) -> Option<&'b [u8]> {
        self.valid.as_bytes().get(self.at..)
    }

    /// Goes to where `rest` begins, a part of what is known to be UTF-8 up to its end.
    #[inline]
    pub(super) fn go_to(&mut self, rest: &'b [u8]) {
        self.at = self.valid.len() - rest.len();
    }

    /// The next byte that is no blank, not consumed.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        match self.bytes.get(self.at) {
            Some(byte) if *byte > b' ' => Some(*byte),
            _ => {
                self.at = self.behind_blanks();
                self.bytes.get(self.at).copied()
            }
        }
    }

    #[inline(never)]
    fn behind_blanks(self) -> usize {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        let blanks = self.rest().iter().position(|byte| !is_blank(byte));
        blanks.map_or(self.bytes.len(), |blanks| self.at + blanks)
    }

    /// Consumes `byte` if it comes next, after blanks.
    #[inline]
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// What the next value is.
    #[inline]
    pub(super) fn kind(&mut self) -> Result<JsonKind> {
        match self.peek() {
            Some(b'{') => Ok(JsonKind::Object),
            Some(b'[') => Ok(JsonKind::List),
            Some(b'"') => Ok(JsonKind::Text),
            Some(b'-' | b'0'..=b'9') => Ok(JsonKind::Number),
            Some(b't' | b'f') => Ok(JsonKind::Boolean),
            Some(b'n') => Ok(JsonKind::Null),
            _ => Err(self.expected("a value")),
        }
    }

    /// After an entry: true when another follows, false when `close` was consumed.
    #[inline]
    pub(super) fn another(&mut self, close: u8) -> Result<bool> {
        match self.peek() {
            Some(byte) if byte == b',' || byte == close => {
                self.at += 1;
                Ok(byte == b',')
            }
            _ => Err(self.expected(if close == b'}' { "a comma or `}`" } else { "a comma or `]`" })),
        }
    }

    /// The key of a field with the colon behind it.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Cow<'b, str>> {
        self.key_by(Self::text)
    }

    fn skip_key(&mut self) -> Result<()> {
        self.key_by(Self::skip_text)
    }

    #[inline]
    fn key_by<T>(&mut self, text: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a field name in quotes"));
        }
        let key = text(self)?;
        if !self.eat(b':') {
            return Err(self.expected("a colon"));
        }
        Ok(key)
    }

    /// A JSON string, at whose opening quote the cursor stands.
    #[inline]
    pub(super) fn text(&mut self) -> Result<Cow<'b, str>> {
        match self.plain_text() {
            Some(range) => Ok(Cow::Borrowed(self.utf8(range.start, range.end)?)),
            None => {
                let (text, end) = self.text_with_escapes()?;
                self.at = end;
                Ok(Cow::Owned(text))
            }
        }
    }

    /// Passes over a JSON string without escapes, at whose opening quote the cursor stands; where its text is. The cursor stays
    /// where it is not known to be such a one: [`Self::text`] tells more.
    #[inline]
    pub(super) fn plain_text(&mut self) -> Option<Range<usize>> {
        let start = self.at + 1;
        let end = start + plain_text(self.valid_rest()?)?;
        self.at = end + 1;
        Some(start..end)
    }

    /// The text of a JSON string, and where it ends.
    #[cold]
    fn text_with_escapes(self) -> Result<(String, usize)> {
        let mut made = String::new();
        let end = self.pass_text(|piece, escaped| {
            made.push_str(piece);
            made.extend(escaped);
        })?;
        Ok((made, end))
    }

    /// Where a JSON string ends.
    #[cold]
    fn end_of_text(self) -> Result<usize> {
        self.pass_text(|_, _| ())
    }

    /// Passes over a JSON string.
    #[inline]
    fn skip_text(&mut self) -> Result<()> {
        if self.plain_text().is_none() {
            self.at = self.end_of_text()?;
        }
        Ok(())
    }

    /// Where a JSON string ends; `take` is given each piece that stands as it is, and the escaped character behind it.
    fn pass_text(mut self, mut take: impl FnMut(&'b str, Option<char>)) -> Result<usize> {
        self.at += 1;
        loop {
            let start = self.at;
            self.at = end_of_plain(self.bytes, start);
            let piece = self.utf8(start, self.at)?;
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    take(piece, None);
                    return Ok(self.at + 1);
                }
                Some(b'\\') => take(piece, Some(self.escape()?)),
                Some(_) => return Err(self.problem("a control character stands in the text without an escape")),
                None => return Err(self.problem("the text has no closing quote")),
            }
        }
    }

    /// The bytes from `start` to `end` as text.
    #[inline]
    fn utf8(&self, start: usize, end: usize) -> Result<&'b str> {
        match self.valid.get(start..end) {
            Some(text) => Ok(text),
            None => self.not_known_as_utf8(start, end),
        }
    }

    /// Behind a text that is not UTF-8 each one is looked at for itself.
    #[cold]
    fn not_known_as_utf8(&self, start: usize, end: usize) -> Result<&'b str> {
        std::str::from_utf8(&self.bytes[start..end]).map_err(|error| {
            let offset = start + error.valid_up_to();
            Box::new(SyntaxError { offset, problem: NOT_UTF_8.to_owned() })
        })
    }

    fn escape(&mut self) -> Result<char> {
        let character = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.problem("there is no such escape")),
        };
        self.at += 2;
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Result<char> {
        let unit = |at: usize| {
            let digits = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
            digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
        };
        let (code, length) = match (unit(self.at), unit(self.at + 6)) {
            (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => {
                (Some(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)), 12)
            }
            (code, _) => (code, 6),
        };
        let character = code.and_then(char::from_u32);
        let character = character.ok_or_else(|| self.problem("the escape `\\u` names no character"))?;
        self.at += length;
        Ok(character)
    }

    /// The digits of a JSON number, at whose first byte the cursor stands.
    pub(super) fn number(&mut self) -> Result<&'b [u8]> {
        let start = self.at;
        self.at = self.end_of_number()?;
        Ok(&self.bytes[start..self.at])
    }

    /// Where a JSON number ends.
    fn end_of_number(mut self) -> Result<usize> {
        self.at += usize::from(self.bytes[self.at] == b'-');
        let zero = self.bytes.get(self.at) == Some(&b'0');
        let whole = self.digits()?;
        if zero && whole > 1 {
            self.at -= whole;
            return Err(self.problem("a number has a zero before its first digit"));
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(self.at)
    }

    fn digits(&mut self) -> Result<usize> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        match self.at - start {
            0 => Err(self.expected("a digit")),
            count => Ok(count),
        }
    }

    /// Passes over a whole value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<()> {
        match self.end_of_compact() {
            Some(end) => self.at = end,
            None => self.skip_closely()?,
        }
        Ok(())
    }

    /// Where a value ends that is written without blanks, as machines write it. `None` where it is not, and where anything may be
    /// wrong with it: [`Self::skip_closely`] tells.
    fn end_of_compact(self) -> Option<usize> {
        let valid = self.valid.as_bytes();
        let mut rest = valid.get(self.at..)?;
        // A bit for each list or object around the cursor, the innermost one lowest, behind a bit for none: is it an object?
        let mut around = 1u64;
        loop {
            match rest.first()? {
                b'"' => rest = self.behind_text(rest)?,
                b'{' if around >> 63 == 0 => {
                    around = around << 1 | 1;
                    rest = match behind_short_key(b'{', rest) {
                        Some(behind) => behind,
                        None => self.behind_key(&rest[1..])?,
                    };
                    continue;
                }
                b'[' if around >> 63 == 0 => {
                    around <<= 1;
                    rest = &rest[1..];
                    continue;
                }
                _ => rest = &rest[number::short_json(rest)?.1..],
            }
            // Behind a value: out of what ends here, up to the next value.
            loop {
                if around == 1 {
                    return Some(valid.len() - rest.len());
                }
                let is_object = around & 1 == 1;
                if is_object && let Some(behind) = behind_short_key(b',', rest) {
                    rest = behind;
                    break;
                }
                match rest.first()? {
                    b',' if is_object => {
                        rest = self.behind_key(&rest[1..])?;
                        break;
                    }
                    b',' => {
                        rest = &rest[1..];
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return None,
                }
                around >>= 1;
                rest = &rest[1..];
            }
        }
    }

    /// What stands behind a key without blanks and its colon with which `json` begins.
    #[inline(never)]
    fn behind_key(self, json: &'b [u8]) -> Option<&'b [u8]> {
        self.behind_text(json)?.strip_prefix(b":")
    }

    /// What stands behind a text with which `json` begins.
    #[inline(always)]
    fn behind_text(self, json: &'b [u8]) -> Option<&'b [u8]> {
        match plain_text(json) {
            Some(length) => Some(&json[length + 2..]),
            None => self.behind_escapes(json),
        }
    }

    #[cold]
    fn behind_escapes(self, text: &[u8]) -> Option<&'b [u8]> {
        let valid = self.valid.as_bytes();
        if text.first() != Some(&b'"') {
            return None;
        }
        let end = Self { at: valid.len() - text.len(), ..self }.end_of_text().ok()?;
        valid.get(end..)
    }

    #[inline(never)]
    fn skip_closely(&mut self) -> Result<()> {
        let mut cursor = *self;
        // A bit for each list or object around the cursor, the innermost one lowest: is it an object?
        let (mut objects, mut depth) = (0u128, 0);
        loop {
            let mut closed = true;
            match cursor.peek() {
                Some(b'"') => cursor.skip_text()?,
                Some(open @ (b'{' | b'[')) => {
                    if depth == DEPTH {
                        return Err(cursor.too_deep());
                    }
                    let is_object = open == b'{';
                    cursor.at += 1;
                    closed = cursor.eat(close_of(is_object));
                    if !closed {
                        depth += 1;
                        objects = objects << 1 | u128::from(is_object);
                    }
                }
                Some(b'-' | b'0'..=b'9') => cursor.at = cursor.end_of_number()?,
                Some(b't') => cursor.at = cursor.end_of_word("true")?,
                Some(b'f') => cursor.at = cursor.end_of_word("false")?,
                Some(b'n') => cursor.at = cursor.end_of_word("null")?,
                _ => return Err(cursor.expected("a value")),
            }
            // Behind a value: out of what ends here, up to the next value.
            while closed && depth > 0 {
                closed = !cursor.another(close_of(objects & 1 == 1))?;
                if closed {
                    depth -= 1;
                    objects >>= 1;
                }
            }
            if depth == 0 {
                self.at = cursor.at;
                return Ok(());
            }
            if objects & 1 == 1 {
                cursor.skip_key()?;
            }
        }
    }

    fn end_of_word(self, word: &str) -> Result<usize> {
        if self.rest().starts_with(word.as_bytes()) {
            return Ok(self.at + word.len());
        }
        Err(self.expected(&format!("`{word}`")))
    }

    /// An error that says what should stand here and what does.
    #[cold]
    pub(super) fn expected(self, what: &str) -> Box<SyntaxError> {
        self.problem(match self.bytes.get(self.at) {
            None => format!("{what} was expected, but the text ends"),
            Some(byte @ 0x21..=0x7e) => format!("{what} was expected, not `{}`", char::from(*byte)),
            Some(_) => format!("{what} was expected"),
        })
    }

    #[cold]
    fn too_deep(self) -> Box<SyntaxError> {
        self.problem(format!("values are nested deeper than {DEPTH}"))
    }

    #[cold]
    fn problem(self, problem: impl Into<String>) -> Box<SyntaxError> {
        Box::new(SyntaxError { offset: self.at, problem: problem.into() })
    }
}

/// What closes an object, or a list.
#[inline]
fn close_of(is_object: bool) -> u8 {
    if is_object { b'}' } else { b']' }
}

/// What stands behind the byte `before`, a key of a few bytes and its colon, if `json` begins with them.
#[inline(always)]
fn behind_short_key(before: u8, json: &[u8]) -> Option<&[u8]> {
    let start = json.first_chunk::<20>().filter(|start| [start[0], start[1]] == [before, b'"'])?;
    let end = end_of_short(start[2..18].first_chunk()?)?;
    ([start[2 + end], start[3 + end]] == *b"\":").then(|| &json[end + 4..])
}

/// The length of the text between the quotes with which `json` begins, if it has no escapes.
#[inline(always)]
pub(super) fn plain_text(json: &[u8]) -> Option<usize> {
    let known = match json.first_chunk::<18>() {
        Some(start) => match end_of_short(start[1..17].first_chunk()?) {
            Some(end) => return (start[0] == b'"' && start[1 + end] == b'"').then_some(end),
            None => 16,
        },
        None => 0,
    };
    long_text(json, known)
}

/// The same of a text in which that many bytes are known to be as they must.
#[inline(never)]
fn long_text(json: &[u8], known: usize) -> Option<usize> {
    let text = json.strip_prefix(b"\"")?;
    let end = end_of_plain(text, known);
    (text.get(end) == Some(&b'"')).then_some(end)
}

/// Where the first quote, backslash or control character stands in a text of which sixteen bytes are looked at.
#[inline(always)]
fn end_of_short(text: &[u8; 16]) -> Option<usize> {
    let ends = ends_of_text(u8x16::new(*text));
    (ends != 0).then(|| ends.trailing_zeros() as usize & 15)
}

/// Where the next quote, backslash or control character stands from `at` on; the end of `bytes` where there is none.
#[inline(never)]
fn end_of_plain(bytes: &[u8], mut at: usize) -> usize {
    while let Some(next) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let ends = ends_of_text(u8x16::new(*next));
        if ends != 0 {
            return at + ends.trailing_zeros() as usize;
        }
        at += 16;
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        at += 1;
    }
    at
}

/// Which bytes are a quote, a backslash or a control character, the first one in the lowest bit.
#[inline]
fn ends_of_text(bytes: u8x16) -> u32 {
    // A quote, 0x22, is behind the control characters, up to 0x1f, with its second bit turned over.
    let control_or_quote = (bytes ^ u8x16::splat(2)).max(u8x16::splat(0x20)).simd_eq(u8x16::splat(0x20));
    (control_or_quote | bytes.simd_eq(u8x16::splat(b'\\'))).to_bitmask()
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Cursor, JsonText};
    use crate::diagnostic::LineCounter;
    use proptest::prelude::*;

    /// Where something is changed, how many bytes there are taken out, and what is put in for them.
    type Spoil = (prop::sample::Index, usize, &'static [u8]);

    pub(in crate::canonical) fn spoils() -> impl Strategy<Value = Vec<Spoil>> {
        let pieces: Vec<&[u8]> = vec![
            b"",
            b"\"",
            b"\\",
            b"\\\"",
            b"\\u00e9",
            b"\\ud800",
            b"\\x",
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b"\0",
            b"\x1f",
            b"\x7f",
            b"\n",
            b" ",
            b"\xff",
            b"\xc3",
            "é".as_bytes(),
            b"\xef\xbb\xbf",
            b"0",
            b"-",
            b".",
            b"e9",
            b"123456789012345678901",
            b"null",
            b"true",
            b"{}",
            b"[]",
            b"\"\"",
            b"!",
            b"#",
            b"\"unit\":\"EA\"",
            b"\"value\":7,",
        ];
        prop::collection::vec((any::<prop::sample::Index>(), 0..4usize, prop::sample::select(pieces)), 0..3)
    }

    /// `text` with these changes.
    pub(in crate::canonical) fn spoiled(mut text: Vec<u8>, spoils: &[Spoil]) -> Vec<u8> {
        for (at, taken, put) in spoils {
            let at = at.index(text.len() + 1);
            let end = text.len().min(at + taken);
            text.splice(at..end, put.iter().copied());
        }
        text
    }

    fn accepted(text: &[u8]) -> bool {
        let mut cursor = Cursor::new(&JsonText::new(text));
        cursor.skip().is_ok() && cursor.peek().is_none()
    }

    fn values() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(serde_json::Value::from),
            (-9999i32..9999).prop_map(|cents| serde_json::Value::from(f64::from(cents) / 4.0)),
            "[a-d ,:{}\"\\\\é]{0,20}".prop_map(serde_json::Value::from),
            Just(serde_json::Value::Null),
            Just(serde_json::Value::from(true)),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
                prop::collection::vec(("[a-d\"]{0,9}", inner), 0..5)
                    .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn position_counts_lines_and_bytes_from_the_texts_own_start() {
        let at = |line, column| LineCounter { line, column };
        let text = JsonText { lines: at(7, 5).into(), ..JsonText::new(b"{\n \"a\": 1}") };
        assert_eq!(text.position(0), at(7, 5));
        assert_eq!(text.position(3), at(8, 2));
        assert_eq!(text.part(3..6).position(1), at(8, 3));
    }

    #[test]
    fn nesting_has_a_limit() {
        assert!(accepted("[".repeat(128).as_bytes()) != accepted(&[b"[".repeat(100), b"]".repeat(100)].concat()));
        assert!(!accepted(&[b"[".repeat(200_000), b"]".repeat(200_000)].concat()));
    }

    proptest! {
        #[test]
        fn what_is_json_is_judged_as_serde_json_judges_it(pieces in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\"\\n\\/\"", "\\x", "1",
            "-", "0", "01", ".5", "1.5", "e3", "E-2", "true", "false", "null", "nul", " ", "\n", "\t", "é", "\u{1}",
            "\"é\\\"\"", "{\"a\":1}", "[1,2]", "\"b\":", "{\"a\":", "]}",
        ]), 0..9)) {
            let text = pieces.concat();
            let expected = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            // Out of range for a float, yet JSON.
            prop_assume!(!text.contains("e31") && !text.contains("e30"));
            prop_assert_eq!(accepted(text.as_bytes()), expected, "{}", text);
        }

        #[test]
        fn what_is_passed_over_quickly_ends_where_it_ends_closely(value in values(), indented in any::<bool>()) {
            let value = serde_json::json!([value]);
            let text = if indented { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
            let json = JsonText::new(text.as_bytes());
            let (quickly, mut closely) = (Cursor::new(&json).end_of_compact(), Cursor::new(&json));
            closely.skip_closely().unwrap();
            prop_assert_eq!(closely.at, text.len());
            let is_rare = indented || ["{}", "[]", "true", "null"].iter().any(|rare| text.contains(rare));
            prop_assert!(quickly == Some(closely.at) || (quickly.is_none() && is_rare), "{}", text);
        }

        #[test]
        fn what_is_passed_over_quickly_is_so_closely_too(value in values(), spoils in spoils()) {
            let text = spoiled(serde_json::json!([value]).to_string().into_bytes(), &spoils);
            let json = JsonText::new(&text);
            if let Some(end) = Cursor::new(&json).end_of_compact() {
                let mut closely = Cursor::new(&json);
                prop_assert!(closely.skip_closely().is_ok(), "{}", String::from_utf8_lossy(&text));
                prop_assert_eq!(closely.at, end);
            }
        }

        #[test]
        fn texts_are_read_as_serde_json_reads_them(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let read = Cursor::new(&JsonText::new(json.as_bytes())).text().unwrap();
            prop_assert_eq!(read.as_ref(), text.as_str());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            accepted(&bytes);
            accepted(&[b"\"", bytes.as_slice()].concat());
            accepted(&[b"{\"a\":", bytes.as_slice()].concat());
        }
    }
}
