//! Cells: text for the elements of a row that is being filled, and how they become a segment.

use crate::canonical::NodeId;
use crate::tree::{ItemId, NONE, Segment, Tag, Text};

use super::{GroupCells, Walk};
use crate::mapping::context::Context;
use crate::mapping::element_text::ElementText;
use crate::mapping::plan::{LineId, LinePlace, Row};

/// Text for one element, component or repetition of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mapping) struct Cell<'a> {
    pub(in crate::mapping) element: u16,
    pub(in crate::mapping) repetition: u16,
    pub(in crate::mapping) component: u16,
    /// Which part of a text that several lines write, 1-based; 0 for a text as a whole.
    pub(in crate::mapping) part: u8,
    pub(in crate::mapping) text: ElementText<'a>,
    /// The line whose value it is; `None` for qualifiers and derived values.
    pub(in crate::mapping) line: Option<LineId>,
    /// For the value of a pair: its qualifier.
    pub(in crate::mapping) pair: Option<Box<ElementText<'a>>>,
    /// It says what stands beside it.
    pub(in crate::mapping) is_qualifier: bool,
    /// It was computed from the object.
    pub(in crate::mapping) computed: bool,
    /// For a number of segments, known when the document is whole: which of the plan's derived values.
    pub(in crate::mapping) counted: Option<u32>,
}

/// A row being filled.
pub(in crate::mapping) type Cells<'a> = Vec<Cell<'a>>;

/// The rows of one scope, filled.
#[derive(Debug, Default)]
pub(in crate::mapping) struct Filled<'a> {
    /// By row; empty where nothing was put.
    pub(in crate::mapping) one: Vec<Cells<'a>>,
    /// Rows that can be many: (row, cells, entry they were made from).
    pub(in crate::mapping) many: Vec<(usize, Cells<'a>, Option<NodeId>)>,
    /// Entries that share segments with others of their list: (row, entry, cells as in the first group).
    pub(in crate::mapping) grouped: Vec<(usize, NodeId, GroupCells<'a>)>,
}

/// Cells that a row has, as a rule, at most.
const USUAL_CELLS: usize = 8;

impl<'a> Walk<'_, 'a> {
    /// Writes a row as a segment.
    pub(in crate::mapping) fn row(&mut self, tag: Tag, item: ItemId, cells: Cells<'a>) {
        let first_element = self.tree.elements.len() as u32;
        let count = cells.iter().map(|cell| cell.element).max().unwrap_or_default();
        for position in 1..=count {
            let start = self.tree.made.len() as u32;
            let mut own: Vec<_> = cells.iter().filter(|cell| cell.element == position).collect();
            own.sort_by_key(|cell| (cell.repetition, cell.component));
            joined(&own, self.context, &mut self.tree.made);
            self.tree.elements.push(Text::made(start, self.tree.made.len() as u32));
        }
        let counted =
            cells.iter().filter_map(|cell| Some((self.tree.segments.len(), cell.element, cell.counted? as usize)));
        self.counted.extend(counted);
        let next = NONE;
        self.tree.segments.push(Segment {
            tag,
            item,
            element_count: count,
            first_element,
            start: 0,
            end: 0,
            occurrence: 0,
            next,
        });
        self.give_back(cells);
    }

    /// Room for the cells of a row.
    pub(super) fn no_cells(&mut self) -> Cells<'a> {
        self.spare.cells.pop().unwrap_or_else(|| Cells::with_capacity(USUAL_CELLS))
    }

    /// Keeps the memory of cells that are done with.
    pub(super) fn give_back(&mut self, mut cells: Cells<'a>) {
        cells.clear();
        if cells.capacity() > 0 {
            self.spare.cells.push(cells);
        }
    }

    /// The cells that `fill` puts into one row, and into no other.
    pub(super) fn in_row(&mut self, row: usize, fill: impl FnOnce(&mut Self, &mut [Cells<'a>])) -> Cells<'a> {
        let mut rows = std::mem::take(&mut self.rows);
        fill(self, &mut rows);
        let cells = std::mem::take(&mut rows[row]);
        self.rows = rows;
        cells
    }
}

/// Joins the cells of one element: components and repetitions with their separators.
fn joined(cells: &[&Cell<'_>], context: &Context<'_>, out: &mut Vec<u8>) {
    let separators = context.separators;
    let (mut repetition, mut component) = (1, 1);
    for cell in cells {
        while repetition < cell.repetition.max(1) {
            out.extend(separators.repetition);
            repetition += 1;
            component = 1;
        }
        while component < cell.component.max(1) {
            out.extend(separators.component);
            component += 1;
        }
        context.encode(&cell.text, out);
    }
}

/// A cell of one element as a whole, with nothing said about it.
pub(in crate::mapping) fn plain<'a>(element: u16, text: ElementText<'a>) -> Cell<'a> {
    Cell {
        element,
        repetition: 0,
        component: 0,
        part: 0,
        text,
        line: None,
        pair: None,
        is_qualifier: false,
        computed: false,
        counted: None,
    }
}

/// A cell at a place of a line.
pub(super) fn cell<'a>(place: &LinePlace, text: ElementText<'a>, line: Option<LineId>) -> Cell<'a> {
    Cell { repetition: place.repetition, component: place.component, line, ..plain(place.element, text) }
}

/// Puts an element that says what stands beside it, unless it is there.
pub(in crate::mapping) fn constant_cell<'a>(cells: &mut Cells<'a>, element: u16, value: ElementText<'a>) {
    if !value.is_empty() && !cells.iter().any(|cell| cell.element == element) {
        cells.push(Cell { is_qualifier: true, ..plain(element, value) });
    }
}

/// Puts what chooses a row among those of its kind.
pub(in crate::mapping) fn qualify<'a>(row: &'a Row, cells: &mut Cells<'a>) {
    for (element, value) in &row.conditions {
        constant_cell(cells, *element, value.as_str().into());
    }
}
