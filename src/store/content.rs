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
}

impl Content {
    /// Its length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Content::Inline(bytes) => bytes.len() as u64,
            Content::File { bytes, .. } => *bytes,
        }
    }

    /// True when it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its SHA-256.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        match self {
            Content::Inline(bytes) => digest(bytes),
            Content::File { sha256, .. } => *sha256,
        }
    }

    /// Opens it for reading from its first byte on.
    ///
    /// # Errors
    /// When its file cannot be opened.
    pub fn open(&self) -> std::io::Result<Box<dyn Read + Send + '_>> {
        Ok(match self {
            Content::Inline(bytes) => Box::new(bytes.as_slice()),
            Content::File { path, .. } => Box::new(std::fs::File::open(path)?),
        })
    }
}

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
    use super::{deflate, inflate};

    #[test]
    fn what_is_deflated_comes_back() {
        for bytes in [&b""[..], b"ISA*00*", &[7; 70_000]] {
            assert_eq!(inflate(&deflate(bytes), bytes.len() as u64).unwrap(), bytes);
        }
    }
}
