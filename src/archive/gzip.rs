//! Gzip, RFC 1952: one file, though it may stand in several members behind each other.

use std::io::{self, Read};

use super::fault::Fault;
use super::input::{Inflate, Input, cut};

const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const CHECKED: u8 = 2;
/// Longest name or comment in a header.
const LONGEST: usize = 4_096;

/// A gzip file that is being opened.
#[derive(Debug)]
pub(super) struct Gzip {
    /// The name of its one entry, until that is begun.
    name: Option<String>,
    member: Option<Inflate>,
}

impl Gzip {
    /// Its entry is called as the file, without the ending.
    pub(super) fn new(name: &str) -> Self {
        let without = |ending: &str| {
            let at = name.len().checked_sub(ending.len())?;
            let split = name.get(..at).zip(name.get(at..));
            split.filter(|(_, end)| end.eq_ignore_ascii_case(ending)).map(|(start, _)| start)
        };
        let own = [".gz", ".gzip"].into_iter().find_map(without).unwrap_or(name);
        Self { name: Some(own.to_owned()), member: None }
    }

    pub(super) fn next_entry<R: Read>(&mut self, input: &mut Input<R>) -> io::Result<Option<String>> {
        let Some(name) = self.name.take() else { return Ok(None) };
        self.member = Some(header(input)?);
        Ok(Some(name))
    }

    pub(super) fn read<R: Read>(&mut self, input: &mut Input<R>, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(input, buffer)?;
            if read > 0 {
                return Ok(read);
            }
            let (sum, length) = (member.crc.sum(), member.crc.amount());
            if u32::from_le_bytes(input.array()?) != sum || u32::from_le_bytes(input.array()?) != length {
                return Err(Fault::broken("its checksum is wrong"));
            }
            // Some writers fill up the last block with zeros.
            while matches!(input.at_least(1)?, [0, ..]) {
                input.advance(1);
            }
            self.member = if input.at_least(1)?.is_empty() { None } else { Some(header(input)?) };
        }
        Ok(0)
    }
}

/// Passes the header of a member.
fn header<R: Read>(input: &mut Input<R>) -> io::Result<Inflate> {
    let [one, two, method, flags, ..] = input.array::<10>()?;
    if (one, two, method) != (0x1F, 0x8B, 8) {
        return Err(Fault::broken("something else stands behind what is deflated"));
    }
    if flags & EXTRA > 0 {
        let length = u16::from_le_bytes(input.array()?);
        input.bytes(length.into())?;
    }
    for text in [NAME, COMMENT] {
        if flags & text > 0 {
            let held = input.at_least(LONGEST)?;
            let end = held.iter().take(LONGEST).position(|byte| *byte == 0).ok_or_else(cut)?;
            input.advance(end + 1);
        }
    }
    if flags & CHECKED > 0 {
        input.bytes(2)?;
    }
    Ok(Inflate::new())
}
