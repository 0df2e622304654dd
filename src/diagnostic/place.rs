//! Where a diagnostic points: into a partner's bytes, into a file a person wrote, or at a field of a canonical object.

use std::ops::Range;

/// Where a diagnostic points.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Place {
    /// Nowhere in particular.
    #[default]
    Nowhere,
    /// Bytes received or written.
    Payload(Box<PayloadPlace>),
    /// A mapping, profile or other file a person wrote.
    Source(Box<SourcePlace>),
    /// A field of a canonical object.
    Field(Box<FieldPlace>),
}

/// A place in a partner's document, as the standard counts: segment 1 of a transaction set is ST, element 1 follows the
/// segment identifier. Whatever is not known is `None` (or 0 for line and column).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PayloadPlace {
    /// File name as the user gave it.
    pub file: Option<String>,
    /// ISA13, as text.
    pub interchange: Option<String>,
    /// GS06, as text.
    pub group: Option<String>,
    /// ST02, as text; SE02 of a set that lacks its ST.
    pub set: Option<String>,
    /// ST01, such as `945`.
    pub set_id: Option<String>,
    /// Position in the transaction set, ST = 1.
    pub segment_position: Option<u32>,
    /// Segment identifier, such as `W12`.
    pub segment: Option<String>,
    /// Element position in the segment, 1-based.
    pub element: Option<u16>,
    /// Component position in a composite, 1-based.
    pub component: Option<u16>,
    /// Repetition of a repeated element, 1-based.
    pub repetition: Option<u16>,
    /// In a file of records and fields: the field, such as `line.quantity`, or the path of an XML element from the outermost
    /// one, `/Shipment/Line/Quantity`; segment and element are then `None`.
    pub field: Option<String>,
    /// 0-based byte offsets from the start of the input, `start..end`.
    pub bytes: Range<u64>,
    /// 1-based line of the first byte; 0 when not known.
    pub line: u64,
    /// 1-based column of the first byte, in bytes; 0 when not known.
    pub column: u64,
    /// The text around it, with the part meant.
    pub excerpt: Option<Excerpt>,
}

impl PayloadPlace {
    /// Such as `W1203`, `N907-02` or `line.quantity`, as mappings write it; of a segment as a whole, its identifier.
    #[must_use]
    pub fn designator(&self) -> String {
        if let Some(field) = &self.field {
            return field.clone();
        }
        let mut text = self.segment.clone().unwrap_or_default();
        let Some(element) = self.element else { return text };
        text.push_str(&format!("{element:02}"));
        if let Some(repetition) = self.repetition {
            text.push_str(&format!("({repetition})"));
        }
        if let Some(component) = self.component {
            text.push_str(&format!("-{component:02}"));
        }
        text
    }
}

/// A place in a file a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourcePlace {
    /// File name as it was loaded.
    pub file: String,
    /// 1-based line; 0 when the whole file is meant.
    pub line: u64,
    /// 1-based column, in characters; 0 when the whole file is meant.
    pub column: u64,
    /// The key that is meant, such as `map.packages.sscc`.
    pub key: Option<String>,
    /// The line with the part meant.
    pub excerpt: Option<Excerpt>,
}

/// A field of a canonical object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldPlace {
    /// File name as the user gave it.
    pub file: Option<String>,
    /// The field, such as `packages[2].lines[1].lot` (list entries counted from 1).
    pub path: String,
    /// 1-based line in the JSON text; 0 when not known.
    pub line: u64,
    /// 1-based column in the JSON text, in bytes; 0 when not known.
    pub column: u64,
    /// The mapping line that handles the field, such as `mappings/base/945.toml:12`.
    pub mapping: Option<String>,
    /// The value, or the JSON around it.
    pub excerpt: Option<Excerpt>,
}

/// A line of text and the part of it that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// The text, without line ends; control characters are shown as `·`.
    pub text: String,
    /// The part meant, as character (not byte) positions in `text`, 0-based.
    pub mark: Range<usize>,
}

impl Excerpt {
    /// Longest excerpt shown, in characters.
    pub const LIMIT: usize = 100;

    /// An excerpt of `bytes` with the byte range `mark` marked; cut around the mark to [`Excerpt::LIMIT`] characters.
    #[must_use]
    pub fn new(bytes: &[u8], mark: Range<usize>) -> Self {
        let mark = mark.start.min(bytes.len())..mark.end.clamp(mark.start.min(bytes.len()), bytes.len());
        let before = shown(&bytes[..mark.start]);
        let within = shown(&bytes[mark.clone()]);
        let after = shown(&bytes[mark.end..]);
        let room = Self::LIMIT.saturating_sub(within.chars().count());
        let (before, cut) = last_characters(&before, room / 2);
        let within: String = within.chars().take(Self::LIMIT).collect();
        let after: String = after.chars().take(room - room / 2).collect();
        let mut text = String::new();
        if cut {
            text.push('…');
        }
        text.push_str(before);
        let start = text.chars().count();
        text.push_str(&within);
        let end = text.chars().count();
        text.push_str(&after);
        Self { text, mark: start..end.max(start + 1) }
    }
}

/// Bytes that are no UTF-8 are shown as the characters of Latin-1.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| char::from(*byte)));
    }
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

fn last_characters(text: &str, count: usize) -> (&str, bool) {
    match text.char_indices().rev().nth(count.saturating_sub(1)) {
        Some((at, _)) if at > 0 => (&text[at..], true),
        _ => (text, false),
    }
}

impl From<PayloadPlace> for Place {
    fn from(place: PayloadPlace) -> Self {
        Place::Payload(Box::new(place))
    }
}

impl From<SourcePlace> for Place {
    fn from(place: SourcePlace) -> Self {
        Place::Source(Box::new(place))
    }
}

impl From<FieldPlace> for Place {
    fn from(place: FieldPlace) -> Self {
        Place::Field(Box::new(place))
    }
}
