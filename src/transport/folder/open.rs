//! Which files of a folder are written still, where nothing was told of them: those that lie there when somebody begins to
//! watch it. Who opens one later is told of.
//!
//! The system says of a process which files it has open to those who may look into it: its own user, and root. Of files of
//! others it is known that they were closed only when they were renamed behind the last write.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::take::is_temporary;

/// The files of `folder` that somebody has open to write, and those that somebody may have: true where it is known.
///
/// # Errors
/// When the folder cannot be read.
pub fn unclosed(folder: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    let whole = |entry: &fs::DirEntry| !is_temporary(&entry.file_name().to_string_lossy());
    let files = fs::read_dir(folder)?.flatten().filter(whole);
    let files = files.filter_map(|entry| Some((entry.path(), entry.metadata().ok().filter(fs::Metadata::is_file)?)));
    let files: Vec<(PathBuf, fs::Metadata)> = files.collect();
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let (open, us) = (open_to_write(), fs::metadata("/proc/self").map(|process| process.uid()).ok());
    let unclosed = files.into_iter().filter_map(|(path, file)| {
        let renamed = (file.ctime(), file.ctime_nsec()) > (file.mtime(), file.mtime_nsec());
        let sees_who_writes = us.is_some_and(|us| us == 0 || us == file.uid());
        let known = open.contains(&(file.dev(), file.ino()));
        (known || !renamed && !sees_who_writes).then_some((path, known))
    });
    Ok(unclosed.collect())
}

/// What processes have open to write, as far as we may look into them: device and inode.
fn open_to_write() -> HashSet<(u64, u64)> {
    let entries = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let processes = entries("/proc".into()).filter(|entry| entry.path().join("fd").is_dir());
    let open = processes.flat_map(|process| {
        entries(process.path().join("fd")).filter_map(move |open| {
            let about = fs::read_to_string(process.path().join("fdinfo").join(open.file_name())).ok()?;
            let flags = about.lines().find_map(|line| line.strip_prefix("flags:"))?;
            let flags = u32::from_str_radix(flags.trim(), 8).ok()?;
            let file = fs::metadata(open.path()).ok().filter(|file| is_written(flags) && file.is_file())?;
            Some((file.dev(), file.ino()))
        })
    });
    open.collect()
}

/// Says so of a file that is open: `O_WRONLY` is 1, `O_RDWR` 2.
fn is_written(flags: u32) -> bool {
    matches!(flags & 3, 1 | 2)
}

#[cfg(test)]
mod tests {
    use super::unclosed;

    #[test]
    fn who_has_a_file_open_to_write_is_seen() {
        let folder = std::env::temp_dir().join(format!("crossdock-open-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let [open, closed, read] = ["open.csv", "closed.csv", "read.csv"].map(|name| folder.join(name));
        for file in [&open, &closed, &read] {
            std::fs::write(file, "a").unwrap();
        }
        let writer = std::fs::OpenOptions::new().append(true).open(&open).unwrap();
        let reader = std::fs::File::open(&read).unwrap();
        assert_eq!(unclosed(&folder).unwrap(), [(open, true)]);
        drop((writer, reader));
        assert!(unclosed(&folder).unwrap().is_empty());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
