//! Which segments and loops a document may have, with names, types and lengths.
//!
//! A grammar is a table in document order: item 0 is the document itself (the outermost loop); a loop is followed by
//! its items. X12 sets compile to it from the dictionary, flat and XML files from their layouts.

use std::sync::Arc;

use super::levels::LevelForm;
use super::notes::{self, Notes};
use super::tag::Tag;

/// Index of an item in [`Grammar::items`]; the order of ids is the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u16);

impl ItemId {
    /// The document itself, the outermost loop.
    pub const ROOT: ItemId = ItemId(0);
    /// What a segment has that no table places; it is kept all the same.
    pub const UNPLACED: ItemId = ItemId(u16::MAX);
}

/// Mandatory or optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// Must be there.
    Mandatory,
    /// May be there.
    Optional,
    /// May be there, and a syntax note can demand it.
    Conditional,
}

/// The three areas of a transaction set table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Before the first detail loop.
    Heading,
    /// The detail loops.
    Detail,
    /// After the last detail loop.
    Summary,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A segment; the index is into [`Grammar::segments`].
    Segment {
        /// Index into [`Grammar::segments`].
        definition: u16,
    },
    /// A loop: the items after it up to `end` are its own (and those of loops inside). Its first item is the segment
    /// that opens it, its trigger.
    Loop {
        /// One past the loop's last item.
        end: ItemId,
    },
}

/// One row of a table: a segment or a loop.
#[derive(Debug, Clone)]
pub struct Item {
    /// Segment identifier; of a loop, its trigger's.
    pub tag: Tag,
    /// Segment or loop.
    pub kind: ItemKind,
    /// The loop this item stands in; the root's parent is the root.
    pub parent: ItemId,
    /// Must it occur in each occurrence of its parent?
    pub required: bool,
    /// Most occurrences in one occurrence of the parent; `u32::MAX` means no stated limit.
    pub max: u32,
    /// Area of the table.
    pub area: Area,
    /// The position the standard prints, such as `020`, where it is known.
    pub position: Option<Arc<str>>,
    /// Of a loop, its id in the standard, such as `0310`, where it is known.
    pub loop_id: Option<Arc<str>>,
}

/// Data types of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// Any characters (AN).
    Text,
    /// A value of a code list (ID).
    Code,
    /// A number with so many implied decimals (N0, N2, ...).
    Implied(u8),
    /// A number with an explicit decimal point (R).
    Decimal,
    /// A date, YYMMDD or CCYYMMDD (DT).
    Date,
    /// A time, HHMM[SS[d[d]]] (TM).
    Time,
    /// Bytes (B).
    Binary,
    /// A composite: see [`ElementUse::components`].
    Composite,
}

/// An element at its place in a segment (or a component at its place in a composite).
#[derive(Debug, Clone)]
pub struct ElementUse {
    /// Data element number, such as `330` (of a composite its id, such as `C040`).
    pub number: Arc<str>,
    /// Name in the standard, such as `Quantity Ordered`.
    pub name: Arc<str>,
    /// Data type.
    pub kind: ElementType,
    /// Least length, in characters (numbers: digits).
    pub min: u32,
    /// Greatest length, in characters (numbers: digits without sign and point).
    pub max: u32,
    /// Mandatory, optional, or named in a syntax note.
    pub requirement: Requirement,
    /// Most repetitions; 1 for most elements.
    pub repeat: u32,
    /// Components of a composite, in order; empty otherwise.
    pub components: Vec<ElementUse>,
    /// Syntax notes of a composite, over its components.
    pub notes: Notes,
    /// Number of the list its values are from, as whoever made the table counts them; [`ElementUse::NO_LIST`] for none.
    pub list: u16,
}

impl ElementUse {
    /// What an element has for a list that is no code.
    pub const NO_LIST: u16 = u16::MAX;
}

/// A segment's elements.
#[derive(Debug, Clone)]
pub struct SegmentDefinition {
    /// Segment identifier.
    pub tag: Tag,
    /// Name in the standard, such as `Warehouse Item Detail`.
    pub name: Arc<str>,
    /// Elements in order; element position 1 is index 0.
    pub elements: Vec<ElementUse>,
    /// Syntax notes, such as `P0405`: letter and two-digit element positions.
    pub syntax: Vec<Arc<str>>,
    /// The same, ready to be asked of each segment that comes.
    pub notes: Notes,
    /// True for a record of a layout: [`ElementUse::number`] is the field's name.
    pub named: bool,
    /// Of each element what a check asks first, side by side.
    pub(crate) forms: Vec<Form>,
    /// Position of the last element that is mandatory; 0 for none.
    pub(crate) last_mandatory: u16,
}

/// What the values of an element must look like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) kind: ElementType,
    pub(crate) mandatory: bool,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) list: u16,
}

impl SegmentDefinition {
    /// The element at 1-based `position` as a mapping names it: `W1203`, or `line.quantity` of a record.
    #[must_use]
    pub fn designator(&self, position: u16) -> String {
        match self.elements.get(usize::from(position).wrapping_sub(1)).filter(|_| self.named) {
            Some(element) => format!("{}.{}", self.tag, element.number),
            None => format!("{}{position:02}", self.tag),
        }
    }

    /// The record of a layout called `tag`: its elements are fields, known by their names.
    #[must_use]
    pub fn record(tag: Tag, name: Arc<str>, fields: Vec<ElementUse>) -> Self {
        Self { named: true, ..Self::new(tag, name, fields, Vec::new()) }
    }

    /// A segment with these elements and syntax notes.
    #[must_use]
    pub fn new(tag: Tag, name: Arc<str>, elements: Vec<ElementUse>, syntax: Vec<Arc<str>>) -> Self {
        let form = |element: &ElementUse| {
            // A composite of one component, which most are, looks like that component alone.
            let alone = |first: &&ElementUse| {
                let others = &element.components[1..];
                let optional = others.iter().all(|other| other.requirement != Requirement::Mandatory);
                optional && first.kind != ElementType::Composite && element.notes.hold(notes::bit(1))
            };
            let looks = element.components.first().filter(alone).unwrap_or(element);
            let mandatory = element.requirement == Requirement::Mandatory;
            Form { kind: looks.kind, mandatory, min: looks.min, max: looks.max, list: looks.list }
        };
        let forms: Vec<Form> = elements.iter().map(form).collect();
        let last_mandatory = forms.iter().rposition(|form| form.mandatory).map_or(0, |at| at as u16 + 1);
        let notes = Notes::read(syntax.iter().map(AsRef::as_ref));
        Self { tag, name, elements, syntax, notes, named: false, forms, last_mandatory }
    }
}

/// Whether a code is in the list of a data element number (`None` where there is no list).
pub type KnownCode = fn(element_number: &str, code: &str) -> Option<bool>;

/// The table of one kind of document.
#[derive(Debug, Clone)]
pub struct Grammar {
    /// Such as `x12/004010/945`.
    pub name: String,
    /// Such as `Warehouse Shipping Advice`.
    pub title: String,
    /// The table: item 0 is the document, each loop is followed by its items.
    pub items: Vec<Item>,
    /// The definitions that segment items point to.
    pub segments: Vec<Arc<SegmentDefinition>>,
    /// Whether a code is in the list of an element number; `None` where there is no list.
    pub known_code: KnownCode,
    /// The loop whose occurrences say themselves in which other one they stand, where the table has one.
    pub levels: Option<LevelForm>,
    pub(super) placement: super::placement::Table,
    /// For each item, if it is a loop: those of its own items that it must have.
    required: Vec<Vec<ItemId>>,
}

impl Grammar {
    /// The item `id`.
    #[must_use]
    #[inline]
    pub fn item(&self, id: ItemId) -> &Item {
        &self.items[usize::from(id.0)]
    }

    /// The definition of a segment item, or of a loop's trigger.
    #[must_use]
    pub fn definition(&self, id: ItemId) -> Option<&Arc<SegmentDefinition>> {
        if id == ItemId::UNPLACED {
            return None;
        }
        match self.item(id).kind {
            ItemKind::Segment { definition } => self.segments.get(usize::from(definition)),
            ItemKind::Loop { .. } if id == ItemId::ROOT => None,
            ItemKind::Loop { .. } => self.definition(ItemId(id.0 + 1)),
        }
    }

    /// The element at 1-based `position` of segments called `tag`, as a mapping names it: `W1203`, or `line.quantity` of a
    /// record.
    #[must_use]
    pub fn designator(&self, tag: Tag, position: u16) -> String {
        let known = self.segments.iter().find(|segment| segment.tag == tag);
        known.map_or_else(|| format!("{tag}{position:02}"), |segment| segment.designator(position))
    }

    /// True when the document is one of records and fields, which have names, and not of segments and elements.
    #[must_use]
    pub fn is_layout(&self) -> bool {
        self.segments.iter().any(|segment| segment.named)
    }

    /// What its segments are called: `segment`, or `record` in a layout.
    #[must_use]
    pub fn segment_word(&self) -> &'static str {
        if self.is_layout() { "record" } else { "segment" }
    }

    /// The items that stand directly in loop `parent`, in table order.
    pub fn children(&self, parent: ItemId) -> impl Iterator<Item = ItemId> + '_ {
        let end = match self.item(parent).kind {
            ItemKind::Loop { end } => end.0,
            ItemKind::Segment { .. } => parent.0 + 1,
        };
        let mut next = parent.0 + 1;
        std::iter::from_fn(move || {
            let id = ItemId(next);
            (next < end).then(|| {
                next = match self.item(id).kind {
                    ItemKind::Loop { end } => end.0,
                    ItemKind::Segment { .. } => next + 1,
                };
                id
            })
        })
    }

    /// The items that each occurrence of loop `parent` must have, in table order.
    #[must_use]
    pub fn required_in(&self, parent: ItemId) -> &[ItemId] {
        &self.required[usize::from(parent.0)]
    }

    /// Is the item a loop?
    #[must_use]
    pub fn is_loop(&self, id: ItemId) -> bool {
        matches!(self.item(id).kind, ItemKind::Loop { .. })
    }

    /// Is `id` the segment that opens the loop it stands in?
    #[must_use]
    pub fn is_trigger(&self, id: ItemId) -> bool {
        let parent = self.item(id).parent;
        parent != ItemId::ROOT && id.0 == parent.0 + 1
    }

    /// How many loops deep an item stands; the root's items stand at depth 1.
    #[must_use]
    pub fn depth(&self, id: ItemId) -> usize {
        let mut depth = 0;
        let mut at = id;
        while at != ItemId::ROOT {
            at = self.item(at).parent;
            depth += 1;
        }
        depth
    }
}

/// Builds a grammar row by row, in table order.
#[derive(Debug)]
pub struct GrammarBuilder {
    name: String,
    title: String,
    items: Vec<Item>,
    segments: Vec<Arc<SegmentDefinition>>,
    open: Vec<ItemId>,
}

impl GrammarBuilder {
    /// Starts with the document itself.
    #[must_use]
    pub fn new(name: impl Into<String>, title: impl Into<String>) -> Self {
        let root = Item {
            tag: Tag::default(),
            kind: ItemKind::Loop { end: ItemId(1) },
            parent: ItemId::ROOT,
            required: true,
            max: 1,
            area: Area::Heading,
            position: None,
            loop_id: None,
        };
        Self {
            name: name.into(),
            title: title.into(),
            items: vec![root],
            segments: Vec::new(),
            open: vec![ItemId::ROOT],
        }
    }

    /// Adds a segment to the loop that is open.
    pub fn segment(
        &mut self,
        definition: &Arc<SegmentDefinition>,
        required: bool,
        max: u32,
        area: Area,
        position: Option<&str>,
    ) {
        let found = self.segments.iter().position(|known| Arc::ptr_eq(known, definition));
        let index = found.unwrap_or_else(|| {
            self.segments.push(Arc::clone(definition));
            self.segments.len() - 1
        });
        let kind =
            ItemKind::Segment { definition: u16::try_from(index).expect("a table has fewer than 65,536 segments") };
        let position = position.map(Arc::from);
        self.push(Item {
            tag: definition.tag,
            kind,
            parent: self.parent(),
            required,
            max,
            area,
            position,
            loop_id: None,
        });
    }

    /// Opens a loop; the next segment added is its trigger.
    pub fn open_loop(&mut self, loop_id: Option<&str>, trigger: Tag, required: bool, max: u32, area: Area) {
        let id = ItemId(u16::try_from(self.items.len()).expect("a table has fewer than 65,535 items"));
        let kind = ItemKind::Loop { end: id };
        let loop_id = loop_id.map(Arc::from);
        self.push(Item { tag: trigger, kind, parent: self.parent(), required, max, area, position: None, loop_id });
        self.open.push(id);
    }

    /// Closes the loop opened last.
    pub fn close_loop(&mut self) {
        let id = self.open.pop().expect("close_loop matches an open_loop");
        let end = ItemId(u16::try_from(self.items.len()).expect("a table has fewer than 65,535 items"));
        self.items[usize::from(id.0)].kind = ItemKind::Loop { end };
    }

    /// The finished table.
    #[must_use]
    pub fn finish(mut self) -> Grammar {
        while !self.open.is_empty() {
            self.close_loop();
        }
        let placement = super::placement::Table::new(&self.items);
        let mut required = vec![Vec::new(); self.items.len()];
        for (item, id) in self.items.iter().zip(0..).skip(1).filter(|(item, _)| item.required) {
            required[usize::from(item.parent.0)].push(ItemId(id));
        }
        Grammar {
            name: self.name,
            title: self.title,
            items: self.items,
            segments: self.segments,
            known_code: |_, _| None,
            levels: None,
            placement,
            required,
        }
    }

    fn parent(&self) -> ItemId {
        *self.open.last().expect("the root stays open until the end")
    }

    fn push(&mut self, item: Item) {
        self.items.push(item);
    }
}
