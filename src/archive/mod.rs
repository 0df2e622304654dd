//! Compressed files: what stands in a gzip or zip file, read from its first byte to its last, once, with bounded memory.
//!
//! Known by the first bytes, whatever a file is called. A file that is not compressed is its only entry. No name from an
//! archive is ever used as a path. Everything is checked before the end is told: lengths, checksums, and of a zip that its
//! directory says what stood there. What is wrong is a [`Fault`] in the error of a read.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod fault;
mod gzip;
mod input;
mod zip;

use std::io::{self, Read};

pub use fault::{Fault, fault_of};
use gzip::Gzip;
use input::Input;
use zip::{Zip, is_of_mac};

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One file, deflated (RFC 1952).
    Gzip,
    /// Any number of files.
    Zip,
}

/// How much an archive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all its files, opened.
    pub opened_bytes: u64,
    /// Opened bytes for each byte of the archive, behind the first [`Limits::free_bytes`].
    pub ratio: u64,
    /// So many opened bytes are not held against the ratio.
    pub free_bytes: u64,
    /// Files and folders in a zip.
    pub entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { opened_bytes: 4 << 30, ratio: 200, free_bytes: 16 << 20, entries: 1_000 }
    }
}

/// How a file that begins so is compressed, if it is.
#[must_use]
pub fn kind(beginning: &[u8]) -> Option<Kind> {
    match beginning {
        [0x1F, 0x8B, 8, ..] => Some(Kind::Gzip),
        // A file, no file at all, or a part of several archives.
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Some(Kind::Zip),
        _ => None,
    }
}

/// A file that is opened: its entries one after the other, each read as a file of its own.
#[derive(Debug)]
pub struct Archive<R> {
    input: Input<R>,
    form: Form,
    /// The name of the entry at hand.
    entry: Option<String>,
    opened: Opened,
}

#[derive(Debug)]
enum Form {
    /// Not compressed; was its one entry begun?
    Plain(bool),
    Gzip(Gzip),
    Zip(Box<Zip>),
}

/// What was opened so far.
#[derive(Debug)]
struct Opened {
    limits: Limits,
    /// Bytes of all entries.
    bytes: u64,
    /// The first bytes of the entry at hand.
    head: Vec<u8>,
}

impl<R: Read> Archive<R> {
    /// Opens `source`, which is called `name`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(name: &str, source: R, limits: Limits) -> io::Result<Self> {
        let mut input = Input::new(source);
        let form = match kind(input.at_least(4)?) {
            None => Form::Plain(false),
            Some(Kind::Gzip) => Form::Gzip(Gzip::new(name)),
            Some(Kind::Zip) => Form::Zip(Box::default()),
        };
        Ok(Self { input, form, entry: None, opened: Opened { limits, bytes: 0, head: Vec::new() } })
    }

    /// Is it compressed?
    #[must_use]
    pub fn is_compressed(&self) -> bool {
        !matches!(self.form, Form::Plain(_))
    }

    /// May it hold several files?
    #[must_use]
    pub fn is_zip(&self) -> bool {
        matches!(self.form, Form::Zip(_))
    }

    /// Goes on to the next entry, whatever of the one at hand was not read; false at the end, when all that was read is
    /// right. What a Mac adds to a zip is passed over.
    ///
    /// # Errors
    /// When it cannot be read, or something is wrong with it: see [`fault_of`].
    pub fn next_entry(&mut self) -> io::Result<bool> {
        loop {
            if self.entry.is_some() {
                io::copy(self, &mut io::sink())?;
            }
            self.opened.head.clear();
            self.entry = match &mut self.form {
                Form::Plain(begun) => (!std::mem::replace(begun, true)).then(String::new),
                Form::Gzip(gzip) => gzip.next_entry(&mut self.input)?,
                Form::Zip(zip) => zip.next_entry(&mut self.input, &self.opened.limits)?,
            };
            if !(self.is_zip() && is_of_mac(self.entry())) {
                return Ok(self.entry.is_some());
            }
        }
    }

    /// The name of the entry at hand, as it stands in the archive; empty where the file is not compressed.
    #[must_use]
    pub fn entry(&self) -> &str {
        self.entry.as_deref().unwrap_or_default()
    }
}

impl<R: Read> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.form {
            _ if self.entry.is_none() || buffer.is_empty() => return Ok(0),
            Form::Plain(_) => return self.input.read(buffer),
            Form::Gzip(gzip) => gzip.read(&mut self.input, buffer)?,
            Form::Zip(zip) => zip.read(&mut self.input, buffer)?,
        };
        self.opened.count(&buffer[..read], self.input.consumed())?;
        Ok(read)
    }
}

impl Opened {
    /// Holds what was opened, of so many bytes, against the limits; and what is in it must not be opened again.
    fn count(&mut self, bytes: &[u8], of: u64) -> io::Result<()> {
        const HEAD: usize = 4;
        self.bytes += bytes.len() as u64;
        let Limits { opened_bytes, ratio, free_bytes, .. } = self.limits;
        if self.bytes > opened_bytes {
            return Err(Fault::TooLarge { limit: opened_bytes }.into());
        }
        if self.bytes > free_bytes && self.bytes / ratio > of {
            return Err(Fault::Ratio { opened: self.bytes, of, limit: ratio }.into());
        }
        if self.head.len() < HEAD {
            let more = bytes.len().min(HEAD - self.head.len());
            self.head.extend_from_slice(&bytes[..more]);
            if self.head.len() == HEAD && kind(&self.head).is_some() {
                return Err(Fault::Nested.into());
            }
        }
        Ok(())
    }
}

/// The last part of a name in an archive, whichever way its folders are written: it only tells what kind of file it is.
#[must_use]
pub fn own_name(entry: &str) -> &str {
    entry.rsplit(['/', '\\']).next().unwrap_or(entry)
}

#[cfg(test)]
mod tests;
