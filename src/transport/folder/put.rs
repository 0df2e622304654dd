//! Puts a whole file into a folder, or finds it there already.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{TOGETHER, sync_file_system, sync_folder};

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

/// A file to be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Putting {
    /// Where.
    pub folder: PathBuf,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Puts `bytes` as `name` into `folder`: written and synced under a temporary name, renamed, and the folder synced.
///
/// # Errors
/// When it cannot be written; then nothing of it is to be seen.
pub fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<Put> {
    let file = Putting { folder: folder.to_owned(), name: name.to_owned(), bytes: bytes.to_vec() };
    Ok(put_all(&[file])?.pop().unwrap_or(Put::There))
}

/// The same for many files, which share the disk's work. Answers in their order.
///
/// # Errors
/// When one of them cannot be written; those that were put already are found there the next time.
pub fn put_all(files: &[Putting]) -> io::Result<Vec<Put>> {
    let mut puts = Vec::new();
    for file in files {
        puts.push(match is_same(&file.folder.join(&file.name), &file.bytes) {
            Ok(true) => Put::There,
            Ok(false) => Put::Differs,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Put::Written,
            Err(error) => return Err(error),
        });
    }
    let new = files.iter().zip(&puts).filter(|(_, put)| **put == Put::Written);
    let new: Vec<&Putting> = new.map(|(file, _)| file).collect();
    if let Err(error) = write_all(&new) {
        // What is left under a temporary name is written over the next time; that it cannot be removed is no news.
        new.iter().for_each(|file| drop(fs::remove_file(file.temporary())));
        return Err(error);
    }
    // Also of those that were there: whoever put them may not have come so far.
    let there = files.iter().zip(&puts).filter(|(_, put)| **put != Put::Differs);
    folders(there.map(|(file, _)| file)).into_iter().try_for_each(sync_folder)?;
    Ok(puts)
}

/// Writes files under temporary names, makes their bytes durable, and gives them their names.
fn write_all(files: &[&Putting]) -> io::Result<()> {
    let together = files.len() >= TOGETHER;
    for file in files {
        let mut opened = File::create(file.temporary())?;
        opened.write_all(&file.bytes)?;
        if !together {
            opened.sync_all()?;
        }
    }
    if together {
        file_systems(files)?.into_iter().try_for_each(sync_file_system)?;
    }
    files.iter().try_for_each(|file| fs::rename(file.temporary(), file.folder.join(&file.name)))
}

/// The folders of files.
fn folders<'f>(files: impl IntoIterator<Item = &'f Putting>) -> BTreeSet<&'f Path> {
    files.into_iter().map(|file| file.folder.as_path()).collect()
}

/// One of their folders on each file system that files are on.
fn file_systems<'f>(files: &[&'f Putting]) -> io::Result<Vec<&'f Path>> {
    let (mut seen, mut first) = (BTreeSet::new(), Vec::new());
    for folder in folders(files.iter().copied()) {
        if seen.insert(fs::metadata(folder)?.dev()) {
            first.push(folder);
        }
    }
    Ok(first)
}

impl Putting {
    fn temporary(&self) -> PathBuf {
        self.folder.join(format!(".{}.tmp", self.name))
    }
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
    use std::path::PathBuf;

    use super::{Put, Putting, file_systems, put, put_all};

    #[test]
    fn a_file_is_put_once_and_never_written_over() {
        let folder = std::env::temp_dir().join(format!("crossdock-put-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(put(&folder, "a.edi", b"ISA").unwrap(), Put::Written);
        assert_eq!(put(&folder, "a.edi", b"ISA").unwrap(), Put::There);
        assert_eq!(put(&folder, "a.edi", b"ISB").unwrap(), Put::Differs);
        assert_eq!(std::fs::read(folder.join("a.edi")).unwrap(), b"ISA");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        assert!(put(&folder.join("nowhere"), "a.edi", b"ISA").is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn many_files_are_put_together_or_none_of_them_is_seen() {
        let home = std::env::temp_dir().join(format!("crossdock-put-all-{}", std::process::id()));
        let folders = ["a", "b"].map(|name| home.join(name));
        folders.iter().for_each(|folder| std::fs::create_dir_all(folder).unwrap());
        let file = |number: usize| Putting {
            folder: folders[number % 2].clone(),
            name: format!("{number}.json"),
            bytes: format!("the bytes of {number}").into_bytes(),
        };
        let files: Vec<Putting> = (0..20).map(file).collect();
        assert!(put_all(&files[..3]).unwrap().iter().all(|put| *put == Put::Written));
        let puts = put_all(&files).unwrap();
        assert_eq!((puts[2], puts[3], puts.len()), (Put::There, Put::Written, 20));
        assert_eq!(std::fs::read(home.join("b/19.json")).unwrap(), b"the bytes of 19");
        let mut more: Vec<Putting> = (20..40).map(file).collect();
        more[10].folder = home.join("nowhere");
        assert!(put_all(&more).is_err());
        let left: usize = folders.iter().map(|folder| std::fs::read_dir(folder).unwrap().count()).sum();
        assert_eq!(left, 20, "neither the others nor anything temporary");
        std::fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn what_is_put_on_several_file_systems_is_synced_on_each() {
        let file = |folder: &str| Putting { folder: PathBuf::from(folder), name: "a".into(), bytes: Vec::new() };
        let files = ["/", "/proc", "/"].map(file);
        let files: Vec<&Putting> = files.iter().collect();
        assert_eq!(file_systems(&files).unwrap(), ["/", "/proc"].map(std::path::Path::new));
    }
}
