//! Reads the segment, composite and element files of a release or an interchange version. Transaction set tables are
//! in `sets`, code lists in `codes`.

use std::sync::Arc;

use crate::tree::notes::Notes;
use crate::tree::{ElementType, ElementUse, Requirement, SegmentDefinition, Tag};

/// The texts of one set of definitions.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) segments: &'static str,
    pub(super) composites: &'static str,
    pub(super) elements: &'static str,
}

/// The texts of one release.
#[derive(Debug)]
pub(super) struct ReleaseFiles {
    pub(super) name: &'static str,
    pub(super) files: Files,
    /// One text a transaction set, in the order of the set ids.
    pub(super) sets: &'static [&'static str],
}

/// A data element of a release.
#[derive(Debug, Clone)]
pub struct Element {
    /// Data element number, such as `330`.
    pub number: Arc<str>,
    /// Name in the standard, such as `Quantity Ordered`.
    pub name: Arc<str>,
    /// Data type.
    pub kind: ElementType,
    /// Least length, in characters (numbers: digits).
    pub min: u32,
    /// Greatest length, in characters (numbers: digits without sign and point).
    pub max: u32,
    /// True of an ID whose codes someone else keeps (SCAC, country, currency): the dictionary has no list of them.
    pub external: bool,
}

/// The definitions of a release or of an interchange version, each list in the byte order of its ids.
#[derive(Debug)]
pub(super) struct Definitions {
    elements: Vec<Element>,
    composites: Vec<Arc<SegmentDefinition>>,
    segments: Vec<Arc<SegmentDefinition>>,
}

impl Definitions {
    pub(super) fn read(files: &Files) -> Self {
        let mut definitions = Self {
            elements: files.elements.lines().map(read_element).collect(),
            composites: Vec::new(),
            segments: Vec::new(),
        };
        definitions.composites = files.composites.lines().map(|line| definitions.read_segment(line)).collect();
        definitions.segments = files.segments.lines().map(|line| definitions.read_segment(line)).collect();
        definitions
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.elements.iter()
    }

    pub(super) fn element(&self, number: &str) -> Option<&Element> {
        let at = self.elements.binary_search_by(|element| (*element.number).cmp(number));
        at.ok().map(|at| &self.elements[at])
    }

    pub(super) fn composite(&self, id: &str) -> Option<&Arc<SegmentDefinition>> {
        find(&self.composites, id)
    }

    pub(super) fn segment(&self, tag: &str) -> Option<&Arc<SegmentDefinition>> {
        find(&self.segments, tag)
    }

    /// A line such as `W03 | Total Shipment Information | 382M 81X 355X | P0203`.
    fn read_segment(&self, line: &str) -> Arc<SegmentDefinition> {
        let mut columns = line.split(" | ");
        let mut column = || columns.next().unwrap_or_default();
        let (tag, name, uses, notes) = (column(), column(), column(), column());
        let elements = uses.split(' ').map(|text| self.read_use(text)).collect();
        let syntax = notes.split_whitespace().map(Arc::from).collect();
        Arc::new(SegmentDefinition::new(Tag::new(tag.as_bytes()), Arc::from(name), elements, syntax))
    }

    /// An element at its place, such as `330M`, `C001O` or `C056X*10`.
    fn read_use(&self, text: &str) -> ElementUse {
        let (text, repeat) = text.split_once('*').unwrap_or((text, "1"));
        let (number, requirement) = text.split_at(text.len() - 1);
        let requirement = match requirement {
            "M" => Requirement::Mandatory,
            "O" => Requirement::Optional,
            _ => Requirement::Conditional,
        };
        let repeat = read_count(repeat);
        if let Some(composite) = self.composite(number) {
            return ElementUse {
                number: Arc::from(number),
                name: Arc::clone(&composite.name),
                kind: ElementType::Composite,
                min: 0,
                max: u32::MAX,
                requirement,
                repeat,
                components: composite.elements.clone(),
                notes: composite.notes.clone(),
                list: ElementUse::NO_LIST,
            };
        }
        let at = self.elements.binary_search_by(|element| (*element.number).cmp(number));
        let at = at.expect("a segment's elements are in the table of elements");
        let element = &self.elements[at];
        // A list is known by its element's place in the table of elements.
        let list = if element.kind == ElementType::Code { at as u16 } else { ElementUse::NO_LIST };
        ElementUse {
            number: Arc::clone(&element.number),
            name: Arc::clone(&element.name),
            kind: element.kind,
            min: element.min,
            max: element.max,
            requirement,
            repeat,
            components: Vec::new(),
            notes: Notes::default(),
            list,
        }
    }
}

fn find<'a>(sorted: &'a [Arc<SegmentDefinition>], id: &str) -> Option<&'a Arc<SegmentDefinition>> {
    let tag = Tag::new(id.as_bytes());
    let at = sorted.binary_search_by_key(&tag, |definition| definition.tag).ok()?;
    (id.len() <= 4).then(|| &sorted[at])
}

/// A line such as `330 | Quantity Ordered | R 1/15`.
fn read_element(line: &str) -> Element {
    let mut columns = line.split(" | ");
    let mut column = || columns.next().unwrap_or_default();
    let (number, name) = (column(), column());
    let mut form = column().split([' ', '/']);
    let mut part = || form.next().unwrap_or_default();
    let (kind, min, max) = (part(), part(), part());
    Element {
        number: Arc::from(number),
        name: Arc::from(name),
        kind: read_type(kind),
        min: read_count(min),
        max: read_count(max),
        external: part() == "external",
    }
}

fn read_type(text: &str) -> ElementType {
    match text {
        "ID" => ElementType::Code,
        "R" => ElementType::Decimal,
        "DT" => ElementType::Date,
        "TM" => ElementType::Time,
        "B" => ElementType::Binary,
        _ => text
            .strip_prefix('N')
            .map_or(ElementType::Text, |decimals| ElementType::Implied(decimals.parse().expect("N0 to N9"))),
    }
}

/// A count; `>1` is one without a stated limit.
pub(super) fn read_count(text: &str) -> u32 {
    match text {
        ">1" => u32::MAX,
        _ => text.parse().expect("the data files have whole numbers here"),
    }
}
