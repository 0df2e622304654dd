//! Feeds an input to the X12 reader: a file or standard input, in chunks, never whole.
//!
//! Shared by the commands that read X12. Knows bytes and steps, not what they mean.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::opened;
use super::output::Failure;
use super::progress::Reached;
use crate::archive::fault_of;
use crate::catalog::mapping_name;
use crate::diagnostic::{Diagnostics, Place};
use crate::translation::{Desk, Inbound, Outcome};
use crate::tree::Tree;
use crate::tree::charset::Charset;
use crate::x12::reader::{ReadOptions, Reader, Step};

/// Bytes taken from the input at a time. The buffer holds the set being read and one chunk more.
const CHUNK_BYTES: usize = 256 << 10;

/// What to read, and how.
#[derive(Debug, Args)]
pub(super) struct InputArguments {
    /// The X12 file, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Also read groups (GS) and transaction sets (ST) that stand in no interchange
    #[arg(long)]
    bare: bool,
    /// Release of transaction sets that stand in no group
    #[arg(long, value_name = "RELEASE", default_value = "004010")]
    release: String,
    /// Character set of the partner [default: UTF-8 where the bytes are, else Latin-1]
    #[arg(long, value_name = "NAME", value_parser = charset)]
    charset: Option<Charset>,
}

impl InputArguments {
    /// Opens the input and a reader for it.
    pub(super) fn open(&self) -> Result<(Feed, Reader), Failure> {
        let reader = Reader::new(ReadOptions {
            bare_sets: self.bare,
            release: self.release.clone(),
            charset: self.charset,
            ..ReadOptions::default()
        });
        Ok((Feed::open(&self.file)?, reader))
    }
}

/// The character set that a command line names.
pub(super) fn charset(name: &str) -> Result<Charset, String> {
    Charset::parse(name).ok_or_else(|| {
        "no such character set; known are x12-basic, x12-extended, utf-8, latin-1 and the labels of single-byte sets, \
         such as windows-1252"
            .into()
    })
}

/// A mapping by its name or its file.
#[expect(clippy::unnecessary_wraps, reason = "the form that an option's value is read in")]
pub(super) fn mapping(wanted: &str) -> Result<String, String> {
    Ok(mapping_name(wanted).to_owned())
}

/// A home that is there: a slip in its name must not look like a home without profiles.
pub(super) fn home(folder: &str) -> Result<PathBuf, String> {
    match fs::read_dir(folder) {
        Ok(_) => Ok(folder.into()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err("you are not allowed to read it".into()),
        Err(_) => Err("there is no such folder".into()),
    }
}

/// An instant, in the form that the help shows.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "write date, time and zone as in `2026-11-20T09:30:00Z`".into())
}

/// An input that is being read.
pub(super) struct Feed {
    name: String,
    source: Box<dyn Read + Send>,
    /// What was read and is not yet dropped.
    buffer: Vec<u8>,
    /// How much of the buffer is done with.
    done: usize,
    ended: bool,
    /// Bytes dropped from the buffer so far.
    dropped: u64,
    /// Bytes of the whole input, where they are known.
    total: Option<u64>,
    /// Bytes taken from it at a time.
    chunk: usize,
}

impl Feed {
    /// Opens a file, or standard input when it is called `-`.
    pub(super) fn open(file: &str) -> Result<Self, Failure> {
        let (input, total) = match file {
            "-" => (opened::piped("standard input", io::stdin())?, None),
            _ => (opened::input(file)?, fs::metadata(file).ok().filter(fs::Metadata::is_file)),
        };
        // How much a compressed file holds is not known before it is read.
        let total = total.filter(|_| !input.is_compressed).map(|metadata| metadata.len());
        let (name, source) = (input.name, input.source);
        Ok(Self { total, ..Self::of(name, source, CHUNK_BYTES) })
    }

    /// What a source gives, so many bytes at a time.
    pub(super) fn of(name: String, source: Box<dyn Read + Send>, chunk: usize) -> Self {
        Self { name, source, buffer: Vec::new(), done: 0, ended: false, dropped: 0, total: None, chunk }
    }

    /// How far the reading is, after so many transaction sets.
    pub(super) fn reached(&self, sets: u64) -> Reached {
        Reached { bytes: self.dropped + self.done as u64, total: self.total, sets: Some(sets) }
    }

    /// The file's name as the user gave it, or `standard input`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The same without folders.
    pub(super) fn file_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// The first bytes, to tell what the input is; nothing is consumed.
    pub(super) fn beginning(&mut self) -> Result<&[u8], Failure> {
        if self.buffer.is_empty() && !self.ended {
            self.fill(self.chunk)?;
        }
        Ok(&self.buffer)
    }

    /// What was read and is not yet consumed.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.buffer[self.done..]
    }

    /// Is all of the input read?
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Consumes so many bytes of what is waiting.
    pub(super) fn done_with(&mut self, bytes: usize) {
        self.done += bytes;
    }

    /// Reads on behind what is waiting, as much as that is at least: so that looking at all of it again costs no more than reading.
    pub(super) fn read_on(&mut self) -> Result<(), Failure> {
        self.fill(self.chunk.max(self.waiting().len()))
    }

    /// The whole input from where it stands: for inputs that are no X12.
    pub(super) fn rest(mut self) -> Result<Vec<u8>, Failure> {
        while !self.ended {
            self.fill(self.chunk)?;
        }
        self.buffer.drain(..self.done);
        Ok(self.buffer)
    }

    /// Hands what is not yet consumed to `next` until it gives something; `None` from it means that it needs more. The
    /// range it gives is within its input; the one returned is for [`Feed::slice`].
    pub(super) fn pull<T>(
        &mut self,
        mut next: impl FnMut(&[u8], bool) -> (usize, Option<(T, Range<usize>)>),
    ) -> Result<(T, Range<usize>), Failure> {
        loop {
            let start = self.done;
            let (consumed, given) = next(&self.buffer[start..], self.ended);
            self.done += consumed;
            match given {
                Some((given, range)) => return Ok((given, shifted(range, start))),
                None => self.fill(self.chunk)?,
            }
        }
    }

    /// The next outcome of a reading, with the bytes of a document for [`Feed::slice`].
    pub(super) fn outcome(
        &mut self,
        inbound: &mut Inbound,
        desk: &dyn Desk,
    ) -> Result<(Outcome, Range<usize>), Failure> {
        self.pull(|input, end| match inbound.next(input, end, desk) {
            (consumed, Outcome::NeedMore) => (consumed, None),
            (consumed, Outcome::Document(document)) => {
                let range = document.bytes.clone();
                (consumed, Some((Outcome::Document(document), range)))
            }
            (consumed, outcome) => (consumed, Some((outcome, 0..0))),
        })
    }

    /// Bytes of the step pulled last.
    pub(super) fn slice(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// The reader's next step but [`Step::NeedMore`]; with [`Step::Set`] the bytes of the set, from which the tree's
    /// offsets count. The places of the diagnostics get the file's name.
    pub(super) fn next_step(
        &mut self,
        reader: &mut Reader,
        tree: &mut Tree,
        diagnostics: &mut Diagnostics,
    ) -> Result<(Step, &[u8]), Failure> {
        let (step, bytes) = self.pull(|input, end| {
            let progress = reader.next(input, end, tree, diagnostics);
            let given = match progress.step {
                Step::NeedMore if end => Some((Step::End, 0..0)),
                Step::NeedMore => None,
                Step::Set(range) => Some((Step::Set(range.clone()), range)),
                step => Some((step, 0..0)),
            };
            (progress.consumed, given)
        })?;
        self.name_places(diagnostics);
        Ok((step, &self.buffer[bytes]))
    }

    /// Puts the file's name into the places that have none.
    pub(super) fn name_places(&self, diagnostics: &mut Diagnostics) {
        name_places(&self.name, diagnostics);
    }

    /// Drops what is done with and reads so many bytes more.
    fn fill(&mut self, bytes: usize) -> Result<(), Failure> {
        self.buffer.drain(..self.done);
        self.dropped += self.done as u64;
        self.done = 0;
        let read = (&mut self.source).take(bytes as u64).read_to_end(&mut self.buffer);
        match read {
            Ok(length) => self.ended = length < bytes,
            Err(error) => return Err(unreadable(&self.name, &error)),
        }
        Ok(())
    }
}

/// Puts the file's name into the places that have none.
pub(super) fn name_places(name: &str, diagnostics: &mut Diagnostics) {
    for diagnostic in diagnostics.list_mut() {
        if let Place::Payload(place) = &mut diagnostic.place {
            place.file.get_or_insert_with(|| name.to_owned());
        }
    }
}

fn shifted(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

pub(super) fn open(file: &str) -> Result<File, Failure> {
    let opened = File::open(file).map_err(|error| unreadable(file, &error))?;
    if fs::metadata(file).is_ok_and(|metadata| metadata.is_dir()) {
        let error = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(unreadable(file, &error));
    }
    Ok(opened)
}

/// What to say when a file cannot be opened or read.
pub(super) fn unreadable(file: &str, error: &io::Error) -> Failure {
    if let Some(fault) = fault_of(error) {
        let told = fault.diagnostic(file);
        return Failure::operation(told.message, told.cause.unwrap_or_default(), &told.remedy.unwrap_or_default());
    }
    let (cause, remedy) = match error.kind() {
        io::ErrorKind::NotFound => ("there is no such file".into(), "check the spelling, and the folder you are in"),
        io::ErrorKind::PermissionDenied => (
            "you are not allowed to read it".into(),
            "run the command as a user who may, or change the file's permissions",
        ),
        io::ErrorKind::IsADirectory => ("it is a folder, not a file".into(), "name a file in it"),
        _ => (error.to_string(), "check the disk or network the file is on, then try again"),
    };
    Failure::operation(format!("cannot read {file}"), cause, remedy)
}
