//! Where a scope's rows of an item stand, found without a search.

use std::ops::Range;

use crate::tree::ItemId;

/// Where the rows of each item of a scope's loop stand: by item, counted from the first that has any.
#[derive(Debug, Default)]
pub(super) struct Dispatch {
    first: u16,
    rows: Vec<Range<u16>>,
    /// How many rows there are of them all; those of loops around stand behind.
    pub(super) own: usize,
}

impl Dispatch {
    /// Of rows that stand together by item.
    pub(super) fn new(rows: &[(ItemId, Range<usize>)]) -> Self {
        let items = || rows.iter().map(|(item, _)| item.0);
        let (Some(first), Some(last)) = (items().min(), items().max()) else { return Self::default() };
        let own = rows.iter().map(|(_, rows)| rows.end).max().unwrap_or(0);
        let mut dispatch = Self { first, rows: vec![0..0; usize::from(last - first) + 1], own };
        for (item, rows) in rows {
            dispatch.rows[usize::from(item.0 - first)] = rows.start as u16..rows.end as u16;
        }
        dispatch
    }

    /// The rows of an item.
    #[inline]
    pub(super) fn of(&self, item: ItemId) -> Range<usize> {
        let rows = self.rows.get(usize::from(item.0.wrapping_sub(self.first)));
        rows.map_or(0..0, |rows| usize::from(rows.start)..usize::from(rows.end))
    }
}
