//! Zip: files behind each other, and at the end the directory that names them all.
//!
//! Each file is read where it stands, and the directory is held against what was read: an archive that says one thing to
//! those who read it from the front and another to those who begin at its end is refused.

use std::io::{self, Read};

use flate2::Crc;

use super::fault::Fault;
use super::input::{Inflate, Input, cut};
use super::{Limits, own_name};

const FILE: [u8; 4] = [b'P', b'K', 3, 4];
const DESCRIPTOR: [u8; 4] = [b'P', b'K', 7, 8];
const DIRECTORY: [u8; 4] = [b'P', b'K', 1, 2];
const END_64: [u8; 4] = [b'P', b'K', 6, 6];
const LOCATOR_64: [u8; 4] = [b'P', b'K', 6, 7];
const END: [u8; 4] = [b'P', b'K', 5, 6];

const ENCRYPTED: u16 = 1;
const DESCRIBED: u16 = 8;
const UTF_8: u16 = 1 << 11;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// A length or count that stands elsewhere, in 64 bits.
const ELSEWHERE: u32 = u32::MAX;
/// Bytes that may follow the end of the directory: its comment.
const COMMENT: usize = u16::MAX as usize;

/// A zip file that is being opened.
#[derive(Debug, Default)]
pub(super) struct Zip {
    /// What was read, in its order.
    files: Vec<File>,
    body: Option<Body>,
}

/// A file that was read.
#[derive(Debug)]
struct File {
    offset: u64,
    name: Vec<u8>,
    method: u16,
    crc: u32,
    packed: u64,
    opened: u64,
}

/// The file that is being read.
#[derive(Debug)]
struct Body {
    described: bool,
    /// What its header says: checksum, packed and opened bytes.
    said: (u32, u64, u64),
    opened: u64,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Stored(Crc),
    Deflated(Box<Inflate>),
}

impl Zip {
    /// The name of the next file; folders are passed over. At the end the directory is checked.
    pub(super) fn next_entry<R: Read>(&mut self, input: &mut Input<R>, limits: &Limits) -> io::Result<Option<String>> {
        // An archive in one part may begin with the mark of one in several.
        if self.files.is_empty() && input.at_least(4)?.starts_with(&DESCRIPTOR) {
            input.advance(4);
        }
        loop {
            let offset = input.consumed();
            if !input.at_least(4)?.starts_with(&FILE) {
                self.directory(input)?;
                let is_file = |file: &File| !file.name.ends_with(b"/") && !is_of_mac(&shown(&file.name, true));
                let any = self.files.iter().any(is_file);
                return if any { Ok(None) } else { Err(Fault::Empty.into()) };
            }
            if self.files.len() >= limits.entries {
                return Err(Fault::TooMany { limit: limits.entries }.into());
            }
            let name = self.header(input, offset)?;
            if !name.ends_with('/') {
                return Ok(Some(name));
            }
            if self.read(input, &mut [0])? > 0 {
                return Err(Fault::broken(format!("the folder {name} in it has content")));
            }
        }
    }

    /// Passes the header of a file.
    fn header<R: Read>(&mut self, input: &mut Input<R>, offset: u64) -> io::Result<String> {
        let header = input.array::<30>()?;
        let (short, long) = (|at: usize| short(&header, at), |at: usize| long(&header, at));
        let (flags, method, crc) = (short(6), short(8), long(14));
        let name = input.bytes(short(26).into())?;
        let extra = input.bytes(short(28).into())?;
        let mut wide = Wide::of(&extra);
        let opened = wide.or(long(22));
        let packed = wide.or(long(18));
        let shown = shown(&name, flags & UTF_8 > 0);
        if flags & ENCRYPTED > 0 {
            return Err(Fault::Encrypted(shown).into());
        }
        let described = flags & DESCRIBED > 0;
        let form = match method {
            STORED if described && !name.ends_with(b"/") => {
                return Err(Fault::NotRead(format!("the length of {shown} in it stands behind it")).into());
            }
            STORED => Form::Stored(Crc::new()),
            DEFLATED => Form::Deflated(Box::new(Inflate::new())),
            other => return Err(Fault::NotRead(format!("{shown} in it is packed by method {other}")).into()),
        };
        self.files.push(File { offset, name, method, crc: 0, packed: 0, opened: 0 });
        self.body = Some(Body { described, said: (crc, packed, opened), opened: 0, form });
        Ok(shown)
    }

    pub(super) fn read<R: Read>(&mut self, input: &mut Input<R>, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(body) = &mut self.body else { return Ok(0) };
        let read = match &mut body.form {
            Form::Deflated(stream) => stream.read(input, buffer)?,
            Form::Stored(crc) => {
                let left = body.said.1 - body.opened;
                let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let read = input.read(&mut buffer[..most])?;
                if read == 0 && left > 0 {
                    return Err(cut());
                }
                crc.update(&buffer[..read]);
                read
            }
        };
        body.opened += read as u64;
        if read == 0 {
            self.end_of_file(input)?;
        }
        Ok(read)
    }

    /// Holds a file that was read against what its header says, or what stands behind it.
    fn end_of_file<R: Read>(&mut self, input: &mut Input<R>) -> io::Result<()> {
        let (Some(body), Some(file)) = (self.body.take(), self.files.last_mut()) else { return Ok(()) };
        (file.crc, file.packed) = match &body.form {
            Form::Stored(crc) => (crc.sum(), body.opened),
            Form::Deflated(stream) => (stream.crc.sum(), stream.packed),
        };
        file.opened = body.opened;
        let right = match body.described {
            true => is_described(input, file)?,
            false => body.said == (file.crc, file.packed, file.opened),
        };
        match right {
            true => Ok(()),
            false => Err(Fault::broken(format!("length or checksum of {} in it is wrong", shown(&file.name, true)))),
        }
    }

    /// Holds the directory against the files that were read.
    fn directory<R: Read>(&self, input: &mut Input<R>) -> io::Result<()> {
        let other = || Fault::broken("its directory says something else than its files");
        let mut seen = vec![false; self.files.len()];
        while input.at_least(4)?.starts_with(&DIRECTORY) {
            let header = input.array::<46>()?;
            let (short, long) = (|at: usize| short(&header, at), |at: usize| long(&header, at));
            let name = input.bytes(short(28).into())?;
            let extra = input.bytes(short(30).into())?;
            input.bytes(short(32).into())?;
            let mut wide = Wide::of(&extra);
            let (opened, packed, offset) = (wide.or(long(24)), wide.or(long(20)), wide.or(long(42)));
            let at = self.files.binary_search_by_key(&offset, |file| file.offset).map_err(|_| other())?;
            let file = &self.files[at];
            let same = (file.crc, file.packed, file.opened, file.method) == (long(16), packed, opened, short(10));
            if !same || file.name != name || std::mem::replace(&mut seen[at], true) {
                return Err(other());
            }
        }
        if input.at_least(4)?.starts_with(&END_64) {
            input.advance(4);
            let length = u64::from_le_bytes(input.array()?);
            input.bytes(usize::try_from(length).ok().filter(|length| *length <= COMMENT).ok_or_else(other)?)?;
        }
        if input.at_least(4)?.starts_with(&LOCATOR_64) {
            input.array::<20>()?;
        }
        if !input.at_least(4)?.starts_with(&END) {
            return Err(if input.at_least(4)?.len() < 4 {
                cut()
            } else {
                Fault::broken("between its files stands something else")
            });
        }
        let end = input.array::<22>()?;
        let count = short(&end, 10);
        input.bytes(short(&end, 20).into())?;
        let counted = count == u16::MAX || usize::from(count) == self.files.len();
        if !counted || seen.contains(&false) {
            return Err(other());
        }
        match input.at_least(1)?.is_empty() {
            true => Ok(()),
            false => Err(Fault::broken("something else stands behind its end")),
        }
    }
}

/// Does what stands behind a file say what the file is? It has a mark or none, and lengths of 32 or of 64 bits.
fn is_described<R: Read>(input: &mut Input<R>, file: &File) -> io::Result<bool> {
    let crc = file.crc.to_le_bytes();
    let narrow = |length: u64| u32::try_from(length).map(u32::to_le_bytes);
    let mut forms: Vec<Vec<u8>> = vec![[&crc[..], &file.packed.to_le_bytes(), &file.opened.to_le_bytes()].concat()];
    if let (Ok(packed), Ok(opened)) = (narrow(file.packed), narrow(file.opened)) {
        forms.push([crc, packed, opened].concat());
    }
    let marked: Vec<Vec<u8>> = forms.iter().map(|form| [&DESCRIPTOR[..], form].concat()).collect();
    let held = input.at_least(24)?;
    let found = marked.iter().chain(&forms).find(|form| held.starts_with(form)).map(Vec::len);
    input.advance(found.unwrap_or(0));
    Ok(found.is_some())
}

/// Lengths in 64 bits, in the order in which they are asked for.
struct Wide<'e> {
    left: &'e [u8],
}

impl<'e> Wide<'e> {
    fn of(mut extra: &'e [u8]) -> Self {
        while extra.len() >= 4 {
            let (id, length) = (short(extra, 0), usize::from(short(extra, 2)));
            let Some(field) = extra.get(4..4 + length) else { break };
            if id == 1 {
                return Self { left: field };
            }
            extra = &extra[4 + length..];
        }
        Self { left: &[] }
    }

    /// The length, or the next one of 64 bits where it stands there.
    fn or(&mut self, length: u32) -> u64 {
        match self.left.split_first_chunk::<8>() {
            Some((wide, left)) if length == ELSEWHERE => {
                self.left = left;
                u64::from_le_bytes(*wide)
            }
            _ => length.into(),
        }
    }
}

/// Is it none of those files that somebody put in, but one that a Mac writes beside them: what it knows of a file or folder?
pub(super) fn is_of_mac(entry: &str) -> bool {
    let name = own_name(entry);
    entry.starts_with("__MACOSX/") || name.starts_with("._") || name == ".DS_Store"
}

/// A name, for people and to tell what kind of file it is.
fn shown(name: &[u8], utf_8: bool) -> String {
    let text = match std::str::from_utf8(name) {
        Ok(text) if utf_8 || text.is_ascii() => text.to_owned(),
        _ => name.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '_' }).collect(),
    };
    text.chars().map(|c| if c.is_control() { '_' } else { c }).collect()
}

fn short(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|two| two.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}
