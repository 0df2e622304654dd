//! A content, read piece by piece by something that says how much of it is done with.

use std::io::Read;

use crate::translation::{Desk, Inbound, Outcome};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// A content that is being read.
pub(crate) struct Feed<'a> {
    source: Box<dyn Read + Send + 'a>,
    buffer: Vec<u8>,
    done: usize,
    ended: bool,
}

impl<'a> Feed<'a> {
    /// Reads `source` from where it stands.
    #[must_use]
    pub(crate) fn new(source: Box<dyn Read + Send + 'a>) -> Self {
        Self { source, buffer: Vec::new(), done: 0, ended: false }
    }

    /// The first bytes; nothing is done with them yet.
    pub(crate) fn beginning(&mut self) -> std::io::Result<&[u8]> {
        if self.buffer.is_empty() && !self.ended {
            self.fill()?;
        }
        Ok(&self.buffer)
    }

    /// Calls `take` with what is not done with, and whether that is all there is, until it answers something. It says how
    /// many bytes it is done with.
    ///
    /// # Errors
    /// When the source cannot be read.
    pub(crate) fn pull<T>(&mut self, mut take: impl FnMut(&[u8], bool) -> (usize, Option<T>)) -> std::io::Result<T> {
        loop {
            let (consumed, answer) = take(&self.buffer[self.done..], self.ended);
            self.done += consumed;
            if let Some(answer) = answer {
                return Ok(answer);
            }
            self.fill()?;
        }
    }

    /// The next outcome of a reading, with the bytes of a document.
    pub(crate) fn outcome(&mut self, inbound: &mut Inbound, desk: &dyn Desk) -> std::io::Result<(Outcome, Vec<u8>)> {
        self.pull(|input, end| match inbound.next(input, end, desk) {
            (consumed, Outcome::NeedMore) => (consumed, None),
            (consumed, Outcome::Document(document)) => {
                let bytes = input[document.bytes.clone()].to_vec();
                (consumed, Some((Outcome::Document(document), bytes)))
            }
            (consumed, outcome) => (consumed, Some((outcome, Vec::new()))),
        })
    }

    /// Drops what is done with, and reads on.
    fn fill(&mut self) -> std::io::Result<()> {
        self.buffer.drain(..self.done);
        self.done = 0;
        let read = (&mut self.source).take(CHUNK_BYTES as u64).read_to_end(&mut self.buffer)?;
        self.ended = read < CHUNK_BYTES;
        Ok(())
    }
}
