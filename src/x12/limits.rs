//! How much of an input is taken before it is passed over: each limit is a setting, each has a diagnostic.

/// Limits of reading. Past a limit the part concerned is passed over and its neighbours are still read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of an interchange, ISA to IEA; default 4 GiB. Past it: `x12.interchange-too-large`.
    pub interchange_bytes: u64,
    /// Bytes of a transaction set, ST to SE; default 16 MiB, at most 1 GiB. Past it: `x12.set-too-large`.
    pub transaction_set_bytes: usize,
    /// Bytes of a segment without its terminator, binary data not counted; default 64 KiB. Past it:
    /// `x12.segment-too-long`.
    pub segment_bytes: usize,
    /// Elements of a segment; default 1,000, at most 65,535. Past it: `x12.too-many-elements`.
    pub elements_per_segment: usize,
    /// Hierarchical levels (HL) nested in each other; default 32. Past it: `x12.loops-too-deep`.
    pub loop_depth: usize,
    /// Errors kept for a document, and as many warnings and notes; default 200. Whoever makes the collection gives it this
    /// limit; the rest are counted.
    pub diagnostics_per_document: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            interchange_bytes: 4 << 30,
            transaction_set_bytes: 16 << 20,
            segment_bytes: 64 << 10,
            elements_per_segment: 1_000,
            loop_depth: 32,
            diagnostics_per_document: 200,
        }
    }
}

impl Limits {
    /// The limits with those that the tree cannot exceed brought down to what it can: offsets in a document have 31
    /// bits, element positions 16.
    #[must_use]
    pub(super) fn within_reach(mut self) -> Self {
        self.transaction_set_bytes = self.transaction_set_bytes.min(1 << 30);
        self.elements_per_segment = self.elements_per_segment.min(usize::from(u16::MAX));
        self
    }
}
