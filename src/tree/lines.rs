//! Lines and columns of bytes that go by.

/// Counts lines and columns over bytes that go by; lines end with LF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCounter {
    /// 1-based line of the next byte.
    pub line: u64,
    /// 1-based column of the next byte, in bytes.
    pub column: u64,
}

impl Default for LineCounter {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl LineCounter {
    /// Moves behind `bytes`.
    pub fn advance(&mut self, bytes: &[u8]) {
        *self = self.behind(bytes);
    }

    /// The line and column behind `bytes`.
    #[must_use]
    pub fn behind(self, bytes: &[u8]) -> Self {
        match memchr::memrchr(b'\n', bytes) {
            None => Self { line: self.line, column: self.column + bytes.len() as u64 },
            Some(last) => Self {
                line: self.line + memchr::memchr_iter(b'\n', bytes).count() as u64,
                column: (bytes.len() - last) as u64,
            },
        }
    }
}
