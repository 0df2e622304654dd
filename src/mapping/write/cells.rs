//! Cells: text for the elements of a row that is being filled, and how they become a segment.

use crate::canonical::NodeId;
use crate::tree::{ItemId, NONE, Segment, Separators, Tag, Text};

use super::{GroupCells, Walk};
use crate::mapping::context::Context;
use crate::mapping::plan::{LineId, LinePlace, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mapping) struct Cell {
    pub(in crate::mapping) element: u16,
    pub(in crate::mapping) repetition: u16,
    pub(in crate::mapping) component: u16,
    pub(in crate::mapping) text: String,
    /// The line whose value it is; `None` for qualifiers and derived values.
    pub(in crate::mapping) line: Option<LineId>,
    /// For the value of a pair: its qualifier.
    pub(in crate::mapping) pair: Option<String>,
    /// It says what stands beside it.
    pub(in crate::mapping) is_qualifier: bool,
    /// It was computed from the object.
    pub(in crate::mapping) computed: bool,
    /// For a number of segments, known when the document is whole: which of the plan's derived values.
    pub(in crate::mapping) counted: Option<usize>,
}

/// A row being filled.
pub(in crate::mapping) type Cells = Vec<Cell>;

/// The rows of one scope, filled.
#[derive(Debug, Default)]
pub(in crate::mapping) struct Filled {
    /// By row; empty where nothing was put.
    pub(in crate::mapping) one: Vec<Cells>,
    /// Rows that can be many: (row, cells, entry they were made from).
    pub(in crate::mapping) many: Vec<(usize, Cells, Option<NodeId>)>,
    /// Entries that share segments with others of their list: (row, entry, cells as in the first group).
    pub(in crate::mapping) grouped: Vec<(usize, NodeId, GroupCells)>,
}

impl Walk<'_> {
    pub(in crate::mapping) fn row(&mut self, tag: Tag, item: ItemId, mut cells: Cells) {
        cells.sort_by_key(|cell| (cell.element, cell.repetition, cell.component));
        let first_element = self.tree.elements.len() as u32;
        let count = cells.last().map_or(0, |cell| cell.element);
        let mut cells = cells.as_slice();
        for position in 1..=count {
            let start = self.tree.made.len() as u32;
            let own = cells.iter().take_while(|cell| cell.element == position).count();
            joined(&cells[..own], self.context, self.context.separators, &mut self.tree.made);
            if let Some(derived) = cells[..own].iter().find_map(|cell| cell.counted) {
                self.counted.push((self.tree.segments.len(), position, derived));
            }
            cells = &cells[own..];
            self.tree.elements.push(Text::made(start, self.tree.made.len() as u32));
        }
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
    }
}

/// Joins the cells of one element: components and repetitions with their separators.
fn joined(cells: &[Cell], context: &Context<'_>, separators: Separators, out: &mut Vec<u8>) {
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
        match context.charset.encode(&cell.text) {
            Ok(bytes) => out.extend_from_slice(&bytes),
            Err(_) => out.extend_from_slice(cell.text.as_bytes()),
        }
    }
}

pub(super) fn cell(place: &LinePlace, text: String, line: Option<LineId>) -> Cell {
    let LinePlace { element, repetition, component, .. } = *place;
    Cell { element, repetition, component, text, line, pair: None, is_qualifier: false, computed: false, counted: None }
}

/// A cell that is filled when the document is whole.
pub(super) fn empty(element: u16) -> Cell {
    let text = String::new();
    let (repetition, component, line) = (0, 0, None);
    Cell { element, repetition, component, text, line, pair: None, is_qualifier: false, computed: false, counted: None }
}

/// The element beside a value that says what the value is: it comes and goes with it.
pub(super) fn beside(element: u16, text: &str, line: LineId) -> Cell {
    let text = text.to_owned();
    let line = Some(line);
    Cell {
        element,
        repetition: 0,
        component: 0,
        text,
        line,
        pair: None,
        is_qualifier: false,
        computed: false,
        counted: None,
    }
}

pub(in crate::mapping) fn constant_cell(cells: &mut Cells, element: u16, value: &str) {
    if !value.is_empty() && !cells.iter().any(|cell| cell.element == element) {
        let text = value.to_owned();
        cells.push(Cell {
            element,
            repetition: 0,
            component: 0,
            text,
            line: None,
            pair: None,
            is_qualifier: true,
            computed: false,
            counted: None,
        });
    }
}

pub(in crate::mapping) fn qualify(row: &Row, cells: &mut Cells) {
    for (element, value) in &row.conditions {
        constant_cell(cells, *element, value);
    }
}
