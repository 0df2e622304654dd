//! Bytes that were received or sent: small ones in the database, deflated; large ones in a file.

use std::io::Read;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress, Status};
use sha2::{Digest, Sha256};

/// Contents of so many bytes at most stand in the database.
pub const INLINE_BYTES: u64 = 64 << 10;

/// How much is tried to make them small: of a 5 KB document a quarter is left, in 20 microseconds.
const LEVEL: u32 = 2;

/// A content in the form in which the record keeps it. To make it is work, so it is made before it comes to the one task that
/// writes.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its length.
    pub(super) bytes: u64,
    /// Its SHA-256.
    pub(super) sha256: [u8; 32],
    pub(super) at: Place,
}

/// Where a content is kept.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// In the database, deflated.
    Inline(Vec<u8>),
    /// In a file below the data folder.
    File(PathBuf),
}

impl Kept {
    /// A content that is kept in the database, [`INLINE_BYTES`] at most.
    #[must_use]
    pub fn inline(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: digest(bytes), at: Place::Inline(deflate(bytes)) }
    }

    /// A content of so many bytes with this SHA-256, in a file that was written to disk before: its path below the data folder.
    #[must_use]
    pub fn file(path: PathBuf, bytes: u64, sha256: [u8; 32]) -> Self {
        Self { bytes, sha256, at: Place::File(path) }
    }

    /// Its length.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Is it kept in the database?
    #[must_use]
    pub fn is_inline(&self) -> bool {
        matches!(self.at, Place::Inline(_))
    }
}

/// A content as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// In the database.
    Inline(Vec<u8>),
    /// In a file.
    File {
        /// Its whole path.
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

    /// All its bytes.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was kept.
    pub fn read(&self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open()?.read_to_end(&mut bytes)?;
        Ok(bytes)
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

/// Compressors that are idle: to make one costs more than what it does for a small content.
static IDLE: Mutex<Vec<Compress>> = Mutex::new(Vec::new());
/// So many of them, a quarter of a megabyte each.
const MOST_IDLE: usize = 8;

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let idle = || IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut compress = idle().pop().unwrap_or_else(|| Compress::new(Compression::new(LEVEL), false));
    let mut deflated = Vec::with_capacity(bytes.len() / 3 + 64);
    // Into memory nothing fails; it stops when there is no more room.
    while let Ok(Status::Ok | Status::BufError) =
        compress.compress_vec(&bytes[compress.total_in() as usize..], &mut deflated, FlushCompress::Finish)
    {
        deflated.reserve(bytes.len() / 3 + 64);
    }
    compress.reset();
    let mut idle = idle();
    if idle.len() < MOST_IDLE {
        idle.push(compress);
    }
    deflated
}

pub(super) fn inflate(deflated: &[u8], length: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    DeflateDecoder::new(deflated).take(length + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Content, deflate, digest, inflate};

    #[test]
    fn a_file_that_was_changed_is_noticed_at_its_end() {
        let path = std::env::temp_dir().join(format!("crossdock-content-{}", std::process::id()));
        std::fs::write(&path, "ISA*00*").unwrap();
        let content = |sha256| Content::File { path: path.clone(), bytes: 7, sha256 };
        assert_eq!(content(digest(b"ISA*00*")).read().unwrap(), b"ISA*00*");
        let said = content(digest(b"ISA*01*")).read().unwrap_err().to_string();
        assert!(said.contains("its SHA-256 differs"), "{said}");
        assert!(Content::Damaged { bytes: 7, why: "it is gone".into() }.read().is_err());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_is_deflated_comes_back() {
        // Noise gets no smaller, and needs more room than is made for it at first.
        let noise: Vec<u8> = (0..70_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for bytes in [&b""[..], b"ISA*00*", &[7; 70_000], &noise, b"IEA*1*000000263"] {
            assert_eq!(inflate(&deflate(bytes), bytes.len() as u64).unwrap(), bytes);
        }
    }
}
