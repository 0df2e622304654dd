//! The elements of a transaction set: a quick look at each segment, which nearly all pass; the rest is looked at closely.

use super::super::dictionary;
use super::super::reader::SetHeader;
use super::Against;
use super::check_digits;
use super::closely::Check;
use super::style::Style;
use super::values::is_plain_decimal;
use crate::diagnostic::Diagnostics;
use crate::tree::charset::Charset;
use crate::tree::{ElementType, Form, Segment, SegmentDefinition, SegmentIndex, Separators, Tree, is_plain_date};
use crate::x12::codes::{CodeSets, Listed};

/// Checks every element of the set by the definition of its segment: which are missing, which are too many, the form and
/// length of each value, codes, and the syntax notes. An element of blanks counts as empty.
pub fn elements(header: &SetHeader, against: &Against<'_>, tree: &Tree, set: &[u8], diagnostics: &mut Diagnostics) {
    let is_plain = |bytes: &[u8]| is_plain(bytes, tree.separators, header.charset);
    let plain_text = tree.made.is_empty();
    let plain_set = plain_text && is_plain(set);
    let mut style = Style::default();
    for (index, segment) in tree.segments.iter().enumerate() {
        let placed = header.grammar.and_then(|grammar| grammar.definition(segment.item));
        let definition = placed.or_else(|| dictionary::segment(header.release, &segment.tag.to_string()));
        let Some(definition) = definition else { continue };
        let plain = plain_set || plain_text && is_plain(&set[segment.start as usize..segment.end as usize]);
        let check = || Check::new(header, against, tree, set, definition, index as SegmentIndex, plain);
        match look(definition, segment, tree, set, plain, against.codes) {
            Look::Sound => {}
            Look::Announces(announced) => check_digits::check(&check(), announced, diagnostics),
            Look::Doubtful => check().segment(&mut style, diagnostics),
        }
    }
    style.tell(header, tree, set, diagnostics);
}

/// What a quick look at a segment finds.
enum Look {
    /// What nearly all segments are: as long as the definition asks, each value a plain one, each code in its list, no
    /// syntax note broken.
    Sound,
    /// Sound so far, with numbers of GS1 behind the elements that are these bits.
    Announces(u64),
    /// Anything else, whether it is wrong or not.
    Doubtful,
}

#[inline]
fn look(
    definition: &SegmentDefinition,
    segment: &Segment,
    tree: &Tree,
    set: &[u8],
    plain: bool,
    codes: &CodeSets,
) -> Look {
    let first = segment.first_element as usize;
    let texts = &tree.elements[first..first + usize::from(segment.element_count)];
    if segment.element_count < definition.last_mandatory
        || texts.len() > definition.forms.len()
        || texts.last().is_none_or(|last| last.is_empty())
    {
        return Look::Doubtful;
    }
    let (mut there, mut announced, mut bit) = (0, 0, 1_u64);
    for (text, form) in texts.iter().zip(&definition.forms) {
        let bytes = tree.bytes(*text, set);
        if !bytes.is_empty() {
            if !is_plain_value(form, bytes, plain) {
                return Look::Doubtful;
            }
            there |= bit;
            if form.kind == ElementType::Code {
                match codes.look_up(form.list, bytes) {
                    Listed::Yes => {}
                    Listed::Announces => announced |= bit,
                    Listed::No => return Look::Doubtful,
                }
            }
        } else if form.mandatory {
            return Look::Doubtful;
        }
        bit <<= 1;
    }
    match () {
        () if !definition.notes.hold(there) => Look::Doubtful,
        () if announced != 0 => Look::Announces(announced),
        () => Look::Sound,
    }
}

/// True of the plain values that nearly all values are: text or digits of fitting length and no separator. `plain`: so
/// are all characters of the segment.
#[inline]
pub(super) fn is_plain_value(form: &Form, bytes: &[u8], plain: bool) -> bool {
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return !form.mandatory };
    let fits = bytes.len() >= form.min as usize && bytes.len() <= form.max as usize;
    fits && match form.kind {
        ElementType::Text | ElementType::Code => plain && *first != b' ' && *last != b' ',
        ElementType::Implied(_) => bytes.iter().all(u8::is_ascii_digit),
        ElementType::Decimal => is_plain_decimal(bytes, form.min as usize),
        ElementType::Date => is_plain_date(bytes),
        _ => false,
    }
}

/// Printable ASCII of the character set, without a separator of components or repetitions. Looks at every byte, so that it runs
/// on vectors; but for the basic set of X12, all sets have all of printable ASCII.
fn is_plain(bytes: &[u8], separators: Separators, charset: Charset) -> bool {
    let (component, repetition) = (separators.component.unwrap_or(0), separators.repetition.unwrap_or(0));
    let odd =
        |odd: bool, byte: &u8| odd | (*byte < b' ') | (*byte > b'~') | (*byte == component) | (*byte == repetition);
    bytes.chunks(256).all(|block| !block.iter().fold(false, odd))
        && (charset != Charset::X12Basic || bytes.iter().all(|byte| charset.has_ascii(*byte)))
}
