//! Bytes that were received or sent: small ones in the database, deflated; large ones in a file.

use std::io::{Read, Write};
use std::path::PathBuf;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

/// Contents of so many bytes at most stand in the database.
pub const INLINE_BYTES: u64 = 64 << 10;

/// A content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// In the database.
    Inline(Vec<u8>),
    /// In a file that was written to disk before.
    File {
        /// Below the data folder where it is handed in; the whole path where it is read.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// Its SHA-256.
        sha256: [u8; 32],
    },
    /// It was in the database, and is not what was kept.
    Damaged {
        /// Its length when it was kept.
        bytes: u64,
        /// What is wrong with it.
        why: String,
    },
}

impl Content {
    /// Its length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Content::Inline(bytes) => bytes.len() as u64,
            Content::File { bytes, .. } | Content::Damaged { bytes, .. } => *bytes,
        }
    }

    /// True when it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Opens it for reading from its first byte on. Whoever reads it to its end is told there when it is not what was kept.
    ///
    /// # Errors
    /// When its file cannot be opened, or it is damaged.
    pub fn open(&self) -> std::io::Result<Box<dyn Read + Send + '_>> {
        Ok(match self {
            Content::Inline(bytes) => Box::new(bytes.as_slice()),
            Content::File { path, sha256, .. } => {
                Box::new(Checked { source: std::fs::File::open(path)?, hash: Sha256::new(), sha256: *sha256 })
            }
            Content::Damaged { why, .. } => {
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, why.clone()));
            }
        })
    }
}

/// Reads what has this SHA-256, or fails at its end.
struct Checked<R> {
    source: R,
    hash: Sha256,
    sha256: [u8; 32],
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.hash.update(&buffer[..read]);
        if read == 0 && !buffer.is_empty() && <[u8; 32]>::from(self.hash.clone().finalize()) != self.sha256 {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, OTHER_BYTES));
        }
        Ok(read)
    }
}

/// What is said of a content that was changed since it was kept.
pub(super) const OTHER_BYTES: &str = "its bytes are others than those that were kept: its SHA-256 differs";

/// The SHA-256 of bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(bytes.len() / 3 + 16), Compression::fast());
    // Writing into memory does not fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

pub(super) fn inflate(deflated: &[u8], length: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    DeflateDecoder::new(deflated).take(length + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{Content, deflate, digest, inflate};

    #[test]
    fn a_file_that_was_changed_is_noticed_at_its_end() {
        let path = std::env::temp_dir().join(format!("crossdock-content-{}", std::process::id()));
        std::fs::write(&path, "ISA*00*").unwrap();
        let content = |sha256| Content::File { path: path.clone(), bytes: 7, sha256 };
        let read = |content: Content| -> std::io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            content.open()?.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        assert_eq!(read(content(digest(b"ISA*00*"))).unwrap(), b"ISA*00*");
        let said = read(content(digest(b"ISA*01*"))).unwrap_err().to_string();
        assert!(said.contains("its SHA-256 differs"), "{said}");
        assert!(read(Content::Damaged { bytes: 7, why: "it is gone".into() }).is_err());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_is_deflated_comes_back() {
        for bytes in [&b""[..], b"ISA*00*", &[7; 70_000]] {
            assert_eq!(inflate(&deflate(bytes), bytes.len() as u64).unwrap(), bytes);
        }
    }
}
