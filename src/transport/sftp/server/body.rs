//! The bytes of an upload: in memory while they are few, else in a file.
//!
//! Most files of partners are small, and belong in the record whole; to make, read and remove a file for each would cost more
//! than all else. Bytes in memory are nobody's promise yet: who wrote them was told nothing but that they came.
//!
//! A file that lies on disk is read-only once its sender has closed it whole. So the next start knows which are.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Uploads that are in memory at a time, of all partners: 32 MiB at most.
const IN_MEMORY: usize = 512;
/// Bytes of an upload in memory: what the record keeps in a row of its own, and not in a file.
const SMALL: usize = 64 << 10;
/// Permissions to write: of everybody, and of us.
const WRITE: u32 = 0o222;
const OWN_WRITE: u32 = 0o200;

/// Places in memory.
pub(super) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(IN_MEMORY))
}

/// The bytes of an upload.
#[derive(Debug)]
pub(super) enum Body {
    Memory { bytes: Vec<u8>, _place: OwnedSemaphorePermit },
    Disk(File),
}

impl Body {
    /// A new, empty one: in memory where there is a place, else at `path`.
    pub(super) fn new(places: &Arc<Semaphore>, path: &Path) -> io::Result<Self> {
        match Arc::clone(places).try_acquire_owned() {
            Ok(place) => Ok(Self::Memory { bytes: Vec::new(), _place: place }),
            Err(_) => open(path).map(Self::Disk),
        }
    }

    /// What lies at `path`, to be gone on with, and its length.
    pub(super) fn on_disk(path: &Path) -> io::Result<(Self, u64)> {
        set_closed(path, false)?;
        let file = open(path)?;
        let length = file.metadata()?.len();
        Ok((Self::Disk(file), length))
    }

    /// Can these be written without the disk?
    pub(super) fn stays_in_memory(&self, offset: u64, length: usize) -> bool {
        let end = offset.saturating_add(length as u64);
        matches!(self, Self::Memory { .. }) && end <= SMALL as u64
    }

    /// Writes; once it is too large for memory, at `path`.
    pub(super) fn write(&mut self, data: &[u8], offset: u64, path: &Path) -> io::Result<()> {
        let stays = self.stays_in_memory(offset, data.len());
        match (self, usize::try_from(offset)) {
            (Self::Memory { bytes, .. }, Ok(offset)) if stays => {
                let end = offset + data.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[offset..end].copy_from_slice(data);
                Ok(())
            }
            (body, _) => body.put_on_disk(path)?.write_all_at(data, offset),
        }
    }

    /// Makes it shorter.
    pub(super) fn cut(&mut self, size: u64) -> io::Result<()> {
        match self {
            Self::Memory { bytes, .. } => {
                bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
                Ok(())
            }
            Self::Disk(file) => file.set_len(size),
        }
    }

    /// Reads up to `length` bytes; fewer only at the end.
    pub(super) fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        match self {
            Self::Memory { bytes, .. } => {
                let start = usize::try_from(offset).map_or(bytes.len(), |start| start.min(bytes.len()));
                Ok(bytes[start..bytes.len().min(start.saturating_add(length))].to_vec())
            }
            Self::Disk(file) => read_at(file, offset, length),
        }
    }

    /// Its file, which is made at `path` when there is none.
    pub(super) fn put_on_disk(&mut self, path: &Path) -> io::Result<&File> {
        if let Self::Memory { bytes, .. } = self {
            let file = open(path)?;
            file.write_all_at(bytes, 0)?;
            *self = Self::Disk(file);
        }
        match self {
            Self::Disk(file) => Ok(file),
            Self::Memory { .. } => Err(io::Error::other("it is in memory")),
        }
    }
}

/// Notes of a file that lies there whether its sender has closed it whole.
pub(super) fn set_closed(path: &Path, closed: bool) -> io::Result<()> {
    let mut permissions = fs::metadata(path)?.permissions();
    let mode = permissions.mode();
    permissions.set_mode(if closed { mode & !WRITE } else { mode | OWN_WRITE });
    fs::set_permissions(path, permissions)
}

/// Has its sender closed it whole?
pub(super) fn is_closed(metadata: &Metadata) -> bool {
    metadata.permissions().mode() & WRITE == 0
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// Reads up to `length` bytes; fewer only at the end of the file.
pub(super) fn read_at(file: &File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_the_same_bytes_in_memory_and_on_disk() {
        let path = std::env::temp_dir().join(format!("crossdock-body-{}", std::process::id()));
        drop(std::fs::remove_file(&path));
        let places = Arc::new(Semaphore::new(1));
        let mut body = Body::new(&places, &path).unwrap();
        body.write(b"ISA*", 0, &path).unwrap();
        body.write(b"end", 6, &path).unwrap();
        assert_eq!(body.read(0, 100).unwrap(), b"ISA*\0\0end");
        assert_eq!((body.read(7, 1).unwrap(), body.read(9, 1).unwrap()), (b"n".to_vec(), Vec::new()));
        assert!(!path.exists());
        body.cut(8).unwrap();
        body.write(&[b'x'; SMALL], 8, &path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap().len(), SMALL + 8);
        assert_eq!(body.read(0, 10).unwrap(), b"ISA*\0\0enxx");
        body.cut(2).unwrap();
        set_closed(&path, true).unwrap();
        assert!(is_closed(&fs::metadata(&path).unwrap()));
        assert_eq!(Body::on_disk(&path).unwrap().1, 2);
        assert!(!is_closed(&fs::metadata(&path).unwrap()));
        // Its place is another's now; a third has none.
        let _second = Body::new(&places, Path::new("/nonexistent/body")).unwrap();
        assert!(Body::new(&places, Path::new("/nonexistent/body")).is_err());
        std::fs::remove_file(path).unwrap();
    }
}
