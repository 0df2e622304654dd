//! The bytes of an archive, some at a time; counts what is done with.

use std::io::{self, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::fault::Fault;

/// Bytes held at a time.
const ROOM: usize = 64 << 10;

/// A source, read ahead a little.
#[derive(Debug)]
pub(super) struct Input<R> {
    source: R,
    held: Vec<u8>,
    at: usize,
    consumed: u64,
}

impl<R: Read> Input<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, held: Vec::new(), at: 0, consumed: 0 }
    }

    /// How many bytes are done with.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// What comes next: so many bytes at least, fewer at the end.
    pub(super) fn at_least(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.held.len() - self.at < count {
            self.held.drain(..self.at);
            self.at = 0;
            let read = (&mut self.source).take(ROOM.max(count) as u64).read_to_end(&mut self.held)?;
            if read == 0 {
                break;
            }
        }
        Ok(&self.held[self.at..])
    }

    /// Is done with so many bytes of those that were shown.
    pub(super) fn advance(&mut self, count: usize) {
        self.at += count;
        self.consumed += count as u64;
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let held = self.at_least(N)?;
        let bytes = held.get(..N).and_then(|bytes| bytes.try_into().ok()).ok_or_else(cut)?;
        self.advance(N);
        Ok(bytes)
    }

    /// The next `count` bytes.
    pub(super) fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let bytes = self.at_least(count)?.get(..count).ok_or_else(cut)?.to_vec();
        self.advance(count);
        Ok(bytes)
    }

    /// The bytes as they are.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let held = self.at_least(1)?;
        let count = held.len().min(buffer.len());
        buffer[..count].copy_from_slice(&held[..count]);
        self.advance(count);
        Ok(count)
    }
}

pub(super) fn cut() -> io::Error {
    Fault::broken("it ends too early")
}

/// A deflated stream on its way, with what it comes to.
#[derive(Debug)]
pub(super) struct Inflate {
    stream: Decompress,
    pub(super) crc: Crc,
    /// Bytes that it took.
    pub(super) packed: u64,
    pub(super) is_done: bool,
}

impl Inflate {
    pub(super) fn new() -> Self {
        Self { stream: Decompress::new(false), crc: Crc::new(), packed: 0, is_done: false }
    }

    /// Opened bytes; none at the end of the stream.
    pub(super) fn read<R: Read>(&mut self, input: &mut Input<R>, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.is_done {
            let held = input.at_least(1)?;
            let at_end = held.is_empty();
            let (taken, made) = (self.stream.total_in(), self.stream.total_out());
            let status = self.stream.decompress(held, buffer, FlushDecompress::None);
            let status = status.map_err(|_| Fault::broken("what is deflated in it is damaged"))?;
            let (taken, made) = (self.stream.total_in() - taken, self.stream.total_out() - made);
            input.advance(taken as usize);
            self.packed += taken;
            self.is_done = status == Status::StreamEnd;
            let made = made as usize;
            self.crc.update(&buffer[..made]);
            if made > 0 {
                return Ok(made);
            }
            if !self.is_done && (at_end || taken == 0) {
                return Err(cut());
            }
        }
        Ok(0)
    }
}
