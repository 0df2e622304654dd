//! Puts a whole file into a folder, or finds it there already.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use super::sync_folder;

/// How a file came to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It was written.
    Written,
    /// It was there, with the same bytes.
    There,
    /// A file of that name is there with other bytes; it was left alone.
    Differs,
}

/// Puts `bytes` as `name` into `folder`: written and synced under a temporary name, then renamed. The folder itself is
/// synced when `durable`; else whoever puts many files does it once.
///
/// # Errors
/// When it cannot be written; then nothing of it is to be seen.
pub fn put(folder: &Path, name: &str, bytes: &[u8], durable: bool) -> io::Result<Put> {
    let path = folder.join(name);
    match is_same(&path, bytes) {
        Ok(true) => return Ok(Put::There),
        Ok(false) => return Ok(Put::Differs),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let temporary = folder.join(format!(".{name}.tmp"));
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)
    });
    if let Err(error) = written {
        // The temporary name is written over the next time; that it cannot be removed is no news.
        drop(fs::remove_file(&temporary));
        return Err(error);
    }
    if durable {
        sync_folder(folder)?;
    }
    Ok(Put::Written)
}

/// Does the file hold just these bytes?
fn is_same(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() != bytes.len() as u64 {
        return Ok(false);
    }
    let mut found = Vec::with_capacity(bytes.len());
    file.read_to_end(&mut found)?;
    Ok(found == bytes)
}

#[cfg(test)]
mod tests {
    use super::{Put, put};

    #[test]
    fn a_file_is_put_once_and_never_written_over() {
        let folder = std::env::temp_dir().join(format!("crossdock-put-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(put(&folder, "a.edi", b"ISA", true).unwrap(), Put::Written);
        assert_eq!(put(&folder, "a.edi", b"ISA", true).unwrap(), Put::There);
        assert_eq!(put(&folder, "a.edi", b"ISB", true).unwrap(), Put::Differs);
        assert_eq!(std::fs::read(folder.join("a.edi")).unwrap(), b"ISA");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        assert!(put(&folder.join("nowhere"), "a.edi", b"ISA", true).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
