//! The files in a content: itself, or what stands in it where it is compressed.
//!
//! A document's row says where its bytes stand among all that was opened, one file behind the other.

use std::io::{self, Read};
use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::archive::{Archive, Limits, own_name};
use crate::store::Content;

/// A content that is opened; reading gives the file at hand.
pub(crate) struct Opened<'a> {
    archive: Archive<Box<dyn Read + Send + 'a>>,
    /// Name of the content's file.
    file: String,
    /// Opened bytes before the file at hand, and up to where it was read.
    base: u64,
    at: u64,
    splice: Option<Splice>,
    hash: Sha256,
}

/// Bytes that stand in the place of others.
struct Splice {
    range: Range<u64>,
    bytes: Vec<u8>,
    /// How many of them were given; none before their place is reached.
    given: Option<usize>,
}

impl<'a> Opened<'a> {
    /// Opens a content whose file is called `file`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn new(file: &str, content: &'a Content) -> io::Result<Self> {
        let archive = Archive::new(file, content.open()?, Limits::default())?;
        Ok(Self { archive, file: file.to_owned(), base: 0, at: 0, splice: None, hash: Sha256::new() })
    }

    /// Puts `bytes` in the place of those that stand at `range`.
    #[must_use]
    pub(crate) fn spliced(self, range: Range<u64>, bytes: Vec<u8>) -> Self {
        Self { splice: Some(Splice { range, bytes, given: None }), ..self }
    }

    /// Goes on to the next file; false when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is damaged: see [`crate::archive::fault_of`].
    pub(crate) fn next_file(&mut self) -> io::Result<bool> {
        self.at += io::copy(&mut self.archive, &mut io::sink())?;
        self.base = self.at;
        self.hash = Sha256::new();
        self.archive.next_entry()
    }

    /// Is the content compressed?
    pub(crate) fn is_compressed(&self) -> bool {
        self.archive.is_compressed()
    }

    /// The name of the file at hand, by which it is known what it is.
    pub(crate) fn name(&self) -> &str {
        match self.archive.entry() {
            "" => &self.file,
            entry => own_name(entry),
        }
    }

    /// The same for people: with the archive that it stands in.
    pub(crate) fn shown(&self) -> String {
        match self.archive.entry() {
            "" => self.file.clone(),
            entry => format!("{}/{entry}", self.file),
        }
    }

    /// Opened bytes before the file at hand.
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// The SHA-256 of what was read of the file at hand.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    /// All files as one.
    pub(crate) fn behind_each_other(self) -> BehindEachOther<'a> {
        BehindEachOther(self)
    }

    /// Bytes of the file at hand as they stand in it; up to `most` of them.
    fn read_on(&mut self, buffer: &mut [u8], most: u64) -> io::Result<usize> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.archive.read(&mut buffer[..most])?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Read for Opened<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.splice {
            Some(splice) if splice.given.is_some_and(|given| given < splice.bytes.len()) => {
                let left = &splice.bytes[splice.given.unwrap_or_default()..];
                let count = left.len().min(buffer.len());
                buffer[..count].copy_from_slice(&left[..count]);
                splice.given = splice.given.map(|given| given + count);
                count
            }
            Some(splice) if splice.given.is_none() && splice.range.start == self.at && !buffer.is_empty() => {
                // Where one file ends and the next begins, the place is in the next.
                let length = splice.range.end - splice.range.start;
                if self.read_on(&mut [0], 1)? == 0 {
                    return Ok(0);
                }
                self.at += io::copy(&mut (&mut self.archive).take(length - 1), &mut io::sink())?;
                if let Some(splice) = &mut self.splice {
                    splice.given = Some(0);
                }
                return self.read(buffer);
            }
            Some(splice) if splice.given.is_none() && splice.range.start > self.at => {
                let before = splice.range.start - self.at;
                self.read_on(buffer, before)?
            }
            _ => self.read_on(buffer, u64::MAX)?,
        };
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}

/// The files in a content, one behind the other.
pub(crate) struct BehindEachOther<'a>(Opened<'a>);

impl Read for BehindEachOther<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.0.read(buffer)?;
            if read > 0 || buffer.is_empty() || !self.0.next_file()? {
                return Ok(read);
            }
        }
    }
}

/// The opened bytes of a content at `range`.
///
/// # Errors
/// When it cannot be read, or is damaged.
pub(crate) fn opened_at(file: &str, content: &Content, range: &Range<u64>) -> io::Result<Vec<u8>> {
    let mut source = Opened::new(file, content)?.behind_each_other();
    io::copy(&mut (&mut source).take(range.start), &mut io::sink())?;
    let mut bytes = Vec::new();
    source.take(range.end - range.start).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The file in which the opened byte `at` of a content stands, for people; `None` where the content is not compressed.
///
/// # Errors
/// When it cannot be read, or is damaged.
pub(crate) fn entry_at(file: &str, content: &Content, at: u64) -> io::Result<Option<String>> {
    let mut opened = Opened::new(file, content)?;
    let mut found = None;
    while opened.is_compressed() && opened.next_file()? && opened.base() <= at {
        found = Some(opened.archive.entry().to_owned());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::{Opened, entry_at, opened_at};
    use crate::store::Content;

    fn all(opened: &mut Opened<'_>) -> Vec<(String, String)> {
        let mut found = Vec::new();
        while opened.next_file().unwrap() {
            let mut text = String::new();
            opened.read_to_string(&mut text).unwrap();
            found.push((opened.shown(), text));
        }
        found
    }

    #[test]
    fn bytes_are_found_and_replaced_where_they_stand() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"one two three").unwrap();
        let contents = [
            ("a.txt", Content::Inline(b"one two three".to_vec()), "a.txt", None),
            ("a.txt.gz", Content::Inline(encoder.finish().unwrap()), "a.txt.gz/a.txt", Some("a.txt".to_owned())),
        ];
        for (file, content, shown, entry) in contents {
            assert_eq!(
                all(&mut Opened::new(file, &content).unwrap()),
                [(shown.to_owned(), "one two three".to_owned())]
            );
            assert_eq!(opened_at(file, &content, &(4..7)).unwrap(), b"two");
            assert_eq!(entry_at(file, &content, 4).unwrap(), entry);
            for (range, bytes, expected) in
                [(4..7, "2", "one 2 three"), (0..3, "1", "1 two three"), (8..13, "III IV", "one two III IV")]
            {
                let mut spliced = Opened::new(file, &content).unwrap().spliced(range, bytes.into());
                assert_eq!(all(&mut spliced), [(shown.to_owned(), expected.to_owned())]);
            }
        }
    }
}
