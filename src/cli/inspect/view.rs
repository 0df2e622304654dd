//! What is shown of a transaction set: its segments with their depth, names, values and the meaning of codes.
//!
//! Works one segment at a time, so that a set of any size is shown in little memory. Knows neither text nor JSON.

use std::collections::HashMap;

use jiff::civil;

use crate::diagnostic::{Diagnostic, PayloadPlace, Place};
use crate::tree::charset::Charset;
use crate::tree::{
    ElementType, ElementUse, ItemId, Level, Levels, OccurrenceId, Parent, Segment, SegmentDefinition, SegmentIndex,
    Tree,
};
use crate::x12::codes::{DocumentCodes, Known};
use crate::x12::dictionary;
use crate::x12::reader::SetHeader;

/// How deep hierarchical levels are indented at most.
const DEEPEST: usize = 16;
/// Kinds of level, outermost first, by which those that name no parent are shown; a mapping may have another order.
const LEVELS: [&str; 6] = ["S", "O", "T", "P", "Q", "I"];

/// A transaction set as it is shown.
pub(super) struct SetView<'a> {
    /// What the reader knows of the set.
    pub(super) header: &'a SetHeader,
    tree: &'a Tree,
    bytes: &'a [u8],
    codes: DocumentCodes<'a>,
    /// One entry a loop occurrence of the tree.
    occurrences: Vec<Occurrence>,
    levels: Levels<'a>,
    /// For each level the one it stands in, or `NONE`.
    parents: Vec<u32>,
}

/// A hierarchical level as it is shown.
pub(super) struct LevelView {
    /// Its kind, such as `Order`; the code where it has no name.
    pub(super) kind: String,
    /// Number and kind of the level around it.
    pub(super) inside: Option<(String, String)>,
    /// It does not name that level: it follows from the kinds.
    pub(super) by_kind: bool,
}

#[derive(Clone, Copy, Default)]
struct Occurrence {
    /// 1-based among the occurrences of the same loop with the same parent.
    number: u32,
    depth: usize,
    /// For a hierarchical level: which one, 0-based.
    level: Option<u32>,
}

/// A segment as it is shown.
pub(super) struct SegmentView<'a> {
    /// Position in the set, ST = 1.
    pub(super) position: u32,
    /// Segment identifier.
    pub(super) tag: String,
    /// Its name, where the release has the segment.
    pub(super) name: Option<&'static str>,
    /// How many loops it stands in; the segment that opens a loop stands outside it.
    pub(super) depth: usize,
    /// The set has a table, and the table has no place for it.
    pub(super) unplaced: bool,
    /// The loop it opens: its id in the standard, where known, and the number of the occurrence, 1-based.
    pub(super) opens: Option<(Option<&'static str>, u32)>,
    /// The hierarchical level it opens.
    pub(super) level: Option<LevelView>,
    /// The loops it stands in, such as `LX[2]/W12[1]`.
    pub(super) path: String,
    /// The segment as it stands in the input.
    pub(super) raw: &'a [u8],
    segment: &'a Segment,
    definition: Option<&'static SegmentDefinition>,
}

/// An element, a component or a repetition, or the composite that the components below it belong to.
pub(super) struct Row {
    /// Element position, 1-based.
    pub(super) element: u16,
    /// Component position, 1-based.
    pub(super) component: Option<u16>,
    /// Repetition, 1-based; `None` where there is only one.
    pub(super) repetition: Option<u16>,
    /// Name in the standard; `None` beyond the table.
    pub(super) name: Option<&'static str>,
    /// `None` for a composite.
    pub(super) value: Option<String>,
    /// What the value means, where that is not what it says: a code's name, a date, a number with implied decimals.
    pub(super) meaning: Option<String>,
}

impl Row {
    /// The reference designator, such as `W1203` or `MEA04-1`.
    pub(super) fn designator(&self, tag: &str) -> String {
        let mut text = format!("{tag}{:02}", self.element);
        if let Some(component) = self.component {
            text.push_str(&format!("-{component}"));
        }
        if let Some(repetition) = self.repetition {
            text.push_str(&format!(" #{repetition}"));
        }
        text
    }
}

impl<'a> SetView<'a> {
    /// The set in `tree`, whose bytes are `bytes`.
    pub(super) fn new(header: &'a SetHeader, tree: &'a Tree, bytes: &'a [u8], codes: DocumentCodes<'a>) -> Self {
        let mut seen: HashMap<(OccurrenceId, ItemId), u32> = HashMap::new();
        let form = header.grammar.and_then(|grammar| grammar.levels);
        let levels = form.map_or_else(Levels::default, |form| Levels::of(form, tree, bytes));
        let parents = levels.parents(true, &LEVELS);
        let mut next = 0;
        let mut occurrences: Vec<Occurrence> = vec![Occurrence::default()];
        for (id, occurrence) in tree.occurrences.iter().enumerate().skip(1) {
            let number = seen.entry((occurrence.parent, occurrence.item)).or_default();
            *number += 1;
            let mut depth = occurrences[occurrence.parent as usize].depth + 1;
            let level = levels.list.get(next).filter(|level| level.occurrence as usize == id).map(|_| next as u32);
            if let Some(level) = level {
                next += 1;
                let parent = levels.list.get(parents[level as usize] as usize);
                let above = parent.map_or(0, |parent| occurrences[parent.occurrence as usize].depth);
                depth = (above + 1).max(depth).min(DEEPEST);
            }
            occurrences.push(Occurrence { number: *number, depth, level });
        }
        Self { header, tree, bytes, codes, occurrences, levels, parents }
    }

    /// A level, by its place among them.
    fn level(&self, at: u32) -> LevelView {
        let level = &self.levels.list[at as usize];
        let text = |bytes: &[u8]| self.header.charset.decode_lossy(bytes).into_owned();
        let element = self.header.grammar.and_then(|grammar| {
            let form = grammar.levels?;
            grammar.definition(form.item)?.elements.get(usize::from(form.code) - 1)
        });
        let kind = |level: &Level<'_>| {
            let code = text(level.code);
            match element.map(|element| self.codes.look_up(&element.number, &code)) {
                Some(Known::Named(name)) => name.to_owned(),
                _ => code,
            }
        };
        let around = self.levels.list.get(self.parents[at as usize] as usize);
        LevelView {
            kind: kind(level),
            inside: around.map(|around| (text(around.number), kind(around))),
            by_kind: around.is_some() && !matches!(level.parent, Parent::Level(_)),
        }
    }

    /// How many segments the set has.
    pub(super) fn segment_count(&self) -> u32 {
        self.tree.segments.len() as u32
    }

    /// The segment at a 0-based index.
    pub(super) fn segment(&self, index: SegmentIndex) -> SegmentView<'a> {
        let segment = &self.tree.segments[index as usize];
        let tag = segment.tag.to_string();
        let placed = self.header.grammar.filter(|_| segment.item != ItemId::UNPLACED);
        let definition = match placed {
            Some(grammar) => grammar.definition(segment.item),
            None => dictionary::segment(self.header.release, &tag),
        };
        let here = self.occurrences[segment.occurrence as usize];
        let opens = placed.filter(|grammar| grammar.is_trigger(segment.item)).map(|grammar| {
            let item = grammar.item(grammar.item(segment.item).parent);
            (item.loop_id.as_deref(), here.number)
        });
        SegmentView {
            position: index + 1,
            name: definition.map(|definition| &*definition.name),
            depth: here.depth - usize::from(opens.is_some()),
            unplaced: self.header.grammar.is_some() && placed.is_none(),
            level: opens.and(here.level).map(|level| self.level(level)),
            opens,
            path: self.path(segment.occurrence),
            raw: &self.bytes[segment.start as usize..segment.end as usize],
            tag,
            segment,
            definition: definition.map(AsRef::as_ref),
        }
    }

    fn path(&self, mut occurrence: OccurrenceId) -> String {
        let mut names = Vec::new();
        while let (Some(grammar), true) = (self.header.grammar, occurrence != 0) {
            let inner = &self.tree.occurrences[occurrence as usize];
            let number = self.occurrences[occurrence as usize].number;
            names.push(format!("{}[{number}]", grammar.item(inner.item).tag));
            occurrence = inner.parent;
        }
        names.reverse();
        names.join("/")
    }

    /// The rows of the element at 1-based `position`; none when it is empty.
    pub(super) fn rows(&self, segment: &SegmentView<'_>, position: u16) -> Vec<Row> {
        let raw = self.tree.value(segment.segment, position, self.bytes);
        let known = segment.definition.and_then(|definition| definition.elements.get(usize::from(position) - 1));
        let separators = self.tree.separators;
        let binary = known.is_some_and(|known| known.kind == ElementType::Binary);
        let repetitions = split(raw, separators.repetition.filter(|_| !binary));
        let repeated = repetitions.len() > 1;
        let mut rows = Vec::new();
        for (number, raw) in (1..).zip(repetitions).filter(|(_, raw)| !raw.is_empty()) {
            let row = |component, known: Option<&'static ElementUse>, value: Option<&[u8]>| {
                let value = value.map(|value| text(value, known, self.header.charset));
                Row {
                    element: position,
                    component,
                    repetition: repeated.then_some(number),
                    name: known.map(|known| &*known.name),
                    meaning: value.as_deref().zip(known).and_then(|(value, known)| meaning(known, value, self.codes)),
                    value,
                }
            };
            match known.filter(|known| known.kind == ElementType::Composite) {
                None => rows.push(row(None, known, Some(raw))),
                Some(composite) => {
                    rows.push(row(None, known, None));
                    let components = (1..).zip(split(raw, separators.component));
                    for (component, raw) in components.filter(|(_, raw)| !raw.is_empty()) {
                        let known = composite.components.get(usize::from(component) - 1);
                        rows.push(row(Some(component), known, Some(raw)));
                    }
                }
            }
        }
        rows
    }
}

impl SegmentView<'_> {
    /// How many elements it has, empty ones included.
    pub(super) fn element_count(&self) -> u16 {
        self.segment.element_count
    }
}

fn split(bytes: &[u8], separator: Option<u8>) -> Vec<&[u8]> {
    match separator {
        Some(separator) => bytes.split(|byte| *byte == separator).collect(),
        None => vec![bytes],
    }
}

fn text(value: &[u8], known: Option<&ElementUse>, charset: Charset) -> String {
    match known {
        Some(known) if known.kind == ElementType::Binary => format!("({} bytes)", value.len()),
        _ => charset.decode_lossy(value).into_owned(),
    }
}

/// What a value of the element means, where that is not what it says.
pub(in crate::cli) fn meaning(known: &ElementUse, value: &str, codes: DocumentCodes<'_>) -> Option<String> {
    match known.kind {
        ElementType::Code => match codes.look_up(&known.number, value) {
            Known::Named(name) => Some(name.to_owned()),
            Known::OtherRelease(name) => Some(format!("{} (not in {})", name.unwrap_or_default(), codes.release)),
            Known::NotInList => Some("(not in the code list)".into()),
            Known::Unnamed | Known::NoList => None,
        },
        ElementType::Date => date(value),
        ElementType::Time => time(value),
        ElementType::Implied(decimals) => implied(value, usize::from(decimals)),
        _ => None,
    }
}

/// `CCYYMMDD` or `YYMMDD` as `CCYY-MM-DD`, where it is a date; two digits of a year mean 1970 to 2069.
pub(super) fn date(value: &str) -> Option<String> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let whole = match value.len() {
        8 if digits => value.to_owned(),
        6 if digits => format!("{}{value}", if value < "70" { "20" } else { "19" }),
        _ => return None,
    };
    let date: civil::Date = format!("{}-{}-{}", &whole[..4], &whole[4..6], &whole[6..]).parse().ok()?;
    Some(date.to_string())
}

/// `HHMM`, `HHMMSS` or `HHMMSSd[d]` with colons, where it is a time.
pub(super) fn time(value: &str) -> Option<String> {
    if !matches!(value.len(), 4 | 6 | 7 | 8) || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let pairs = [(0..2, 24), (2..4, 60), (4..6, 60)];
    let mut limits = pairs.into_iter().filter_map(|(part, limit)| Some((value.get(part)?.parse::<u8>().ok()?, limit)));
    if limits.any(|(number, limit)| number >= limit) {
        return None;
    }
    let mut text = format!("{}:{}", &value[..2], &value[2..4]);
    for (part, mark) in [(value.get(4..6), ':'), (value.get(6..).filter(|part| !part.is_empty()), '.')] {
        if let Some(part) = part {
            text.push(mark);
            text.push_str(part);
        }
    }
    Some(text)
}

/// Digits with their decimal point, such as `12.34` for `1234` of two implied decimals.
fn implied(value: &str, decimals: usize) -> Option<String> {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", value),
    };
    if decimals == 0 || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    Some(format!("{sign}{whole}.{fraction}"))
}

/// The diagnostics of a step, in the order of what they point at.
pub(super) struct Problems {
    list: Vec<Diagnostic>,
    /// How many the limit left out.
    pub(super) left_out: u64,
}

impl Problems {
    pub(super) fn new(mut list: Vec<Diagnostic>, left_out: u64) -> Self {
        list.sort_by_key(|diagnostic| {
            place(diagnostic).map_or((0, 0, 0), |place| {
                let element = place.element.unwrap_or(0);
                (place.segment_position.map_or(0, u64::from), element, place.bytes.start)
            })
        });
        Self { list, left_out }
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Diagnostic] {
        &self.list
    }

    /// Those about no segment of the set, that stand before its end or behind it.
    pub(super) fn around(&self, view: &SetView<'_>, behind: bool) -> impl Iterator<Item = &Diagnostic> {
        let end = view.header.context.offset + view.bytes.len() as u64;
        self.list.iter().filter(move |diagnostic| {
            let place = place(diagnostic);
            let known = place.and_then(|place| place.segment_position).is_some();
            !known && (place.is_some_and(|place| place.bytes.start >= end) == behind)
        })
    }

    /// Those about the segment at `position`, and among these about its element at `element` (`None`: the whole of it).
    pub(super) fn at(&self, position: u32, element: Option<u16>) -> impl Iterator<Item = &Diagnostic> {
        self.of_segment(position)
            .iter()
            .filter(move |diagnostic| place(diagnostic).is_some_and(|place| place.element == element))
    }

    /// Those about the segment at `position`.
    pub(super) fn of_segment(&self, position: u32) -> &[Diagnostic] {
        let key = |diagnostic: &Diagnostic| place(diagnostic).and_then(|place| place.segment_position).unwrap_or(0);
        let from = self.list.partition_point(|diagnostic| key(diagnostic) < position);
        let to = self.list.partition_point(|diagnostic| key(diagnostic) <= position);
        &self.list[from..to]
    }

    /// The last element position that a diagnostic about the segment names.
    pub(super) fn last_element(&self, position: u32) -> u16 {
        let elements = self.of_segment(position).iter().filter_map(place);
        elements.filter_map(|place| place.element).max().unwrap_or(0)
    }
}

fn place(diagnostic: &Diagnostic) -> Option<&PayloadPlace> {
    match &diagnostic.place {
        Place::Payload(place) => Some(place),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{date, implied, time};

    #[test]
    fn dates_times_and_implied_decimals_are_spelled_out_where_they_are_such() {
        assert_eq!(date("20261120").as_deref(), Some("2026-11-20"));
        assert_eq!(date("261120").as_deref(), Some("2026-11-20"));
        assert_eq!(date("991120").as_deref(), Some("1999-11-20"));
        assert_eq!(date("2026112"), None);
        assert_eq!(date("20261131"), None);
        assert_eq!(time("2460"), None);
        assert_eq!(time("1405").as_deref(), Some("14:05"));
        assert_eq!(time("140530").as_deref(), Some("14:05:30"));
        assert_eq!(time("1405307").as_deref(), Some("14:05:30.7"));
        assert_eq!(time("14:5"), None);
        assert_eq!(implied("1234", 2).as_deref(), Some("12.34"));
        assert_eq!(implied("-5", 2).as_deref(), Some("-0.05"));
        assert_eq!(implied("5", 0), None);
        assert_eq!(implied("1.5", 2), None);
    }
}
