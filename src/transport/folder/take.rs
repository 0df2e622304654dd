//! Finds what was dropped into a folder and takes it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A file that lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Where.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// How long ago it was changed last; zero where that is not known.
    pub age: Duration,
}

/// A file that was taken: it lies in the spool now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Whose mailbox it lay in.
    pub mailbox: String,
    /// Its name as it was dropped.
    pub name: String,
    /// Its name in the spool, which no other file ever has.
    pub spool_name: String,
    /// Where it lies.
    pub path: PathBuf,
}

/// Names that are still being written, by the habit of the programs that write them.
const TEMPORARY_ENDS: [&str; 7] = [".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".writing"];
/// Longest name kept within a name in the spool, in bytes; file systems allow 255 in all.
const NAME_BYTES: usize = 200;
/// Stands between the three parts of a name in the spool: key, mailbox, name.
const MARK: &str = "~";

/// Is this the name of a file that is still being written?
#[must_use]
pub fn is_temporary(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.starts_with(['.', '~']) || TEMPORARY_ENDS.iter().any(|end| lower.ends_with(end))
}

/// The files that lie in `folder` and were not changed for the time `settled`, in the order of their names, at most
/// `limit`; and how many there are that have not settled. Links, folders and temporary names are passed over.
///
/// # Errors
/// When the folder cannot be read.
pub fn dropped(folder: &Path, settled: Duration, now: SystemTime, limit: usize) -> io::Result<(Vec<Dropped>, usize)> {
    let (mut found, mut settling) = (Vec::new(), 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // One that is gone since was taken by somebody else.
        let Ok(metadata) = entry.metadata() else { continue };
        if !metadata.is_file() || is_temporary(&name) {
            continue;
        }
        // A time to come is that of another machine's clock: such a file is not waited for.
        let age = metadata.modified().ok().and_then(|modified| now.duration_since(modified).ok());
        if age.is_some_and(|age| age < settled) {
            settling += 1;
            continue;
        }
        found.push(Dropped { path: entry.path(), name, age: age.unwrap_or_default() });
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found.truncate(limit);
    Ok((found, settling))
}

/// Takes a file out of a mailbox: renames it into `spool` under a name that begins with `key`, which no other file may have
/// had. `None` when it is gone.
///
/// # Errors
/// When it cannot be renamed.
pub fn take(file: &Dropped, mailbox: &str, spool: &Path, key: &str) -> io::Result<Option<Taken>> {
    let mut end = file.name.len().min(NAME_BYTES);
    while !file.name.is_char_boundary(end) {
        end -= 1;
    }
    let spool_name = format!("{key}{MARK}{mailbox}{MARK}{}", &file.name[..end]);
    let path = spool.join(&spool_name);
    match fs::rename(&file.path, &path) {
        Ok(()) => Ok(Some(Taken { mailbox: mailbox.to_owned(), name: file.name.clone(), spool_name, path })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The files that lie in a spool, in the order in which they were taken.
///
/// # Errors
/// When the folder cannot be read.
pub fn spooled(spool: &Path) -> io::Result<Vec<Taken>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(spool)? {
        let entry = entry?;
        let spool_name = entry.file_name().to_string_lossy().into_owned();
        let parts: Vec<&str> = spool_name.splitn(3, MARK).collect();
        if let [_, mailbox, name] = parts.as_slice() {
            let (mailbox, name) = ((*mailbox).to_owned(), (*name).to_owned());
            found.push(Taken { mailbox, name, path: entry.path(), spool_name });
        }
    }
    found.sort_by(|one, other| one.spool_name.cmp(&other.spool_name));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{dropped, is_temporary, spooled, take};

    #[test]
    fn names_that_are_still_written_are_known() {
        for name in [".a.edi", "a.edi.tmp", "A.EDI.PART", "a.filepart", "~a"] {
            assert!(is_temporary(name), "{name}");
        }
        for name in ["a.edi", "945", "part.edi", "a.txt"] {
            assert!(!is_temporary(name), "{name}");
        }
    }

    #[test]
    fn what_has_settled_is_taken_once_under_its_own_name() {
        let home = std::env::temp_dir().join(format!("crossdock-take-{}", std::process::id()));
        let (inbox, spool) = (home.join("inbox"), home.join("spool"));
        std::fs::create_dir_all(inbox.join("folder")).unwrap();
        std::fs::create_dir_all(&spool).unwrap();
        for name in ["b.edi", "a.edi", "c.edi.tmp"] {
            std::fs::write(inbox.join(name), name).unwrap();
        }
        let now = SystemTime::now();
        assert_eq!(dropped(&inbox, Duration::from_secs(60), now, 10).unwrap(), (Vec::new(), 2));
        let (found, settling) = dropped(&inbox, Duration::from_secs(60), now + Duration::from_secs(90), 10).unwrap();
        let names: Vec<&str> = found.iter().map(|file| file.name.as_str()).collect();
        assert_eq!((names, settling), (vec!["a.edi", "b.edi"], 0));
        let taken = take(&found[0], "harbor", &spool, "0001").unwrap().unwrap();
        assert_eq!((taken.name.as_str(), taken.spool_name.as_str()), ("a.edi", "0001~harbor~a.edi"));
        assert_eq!(take(&found[0], "harbor", &spool, "0002").unwrap(), None);
        assert_eq!(spooled(&spool).unwrap(), [taken]);
        std::fs::remove_dir_all(home).unwrap();
    }
}
