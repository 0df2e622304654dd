//! Finds what was dropped into a folder and takes it.
//!
//! A folder may be on another file system than the spool, where a rename cannot lead. There a file is first renamed within
//! its folder, so that it is taken once, to a name that says what it is called in the spool; it is removed when the copy is
//! recorded.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::sync_folder;

/// A file that lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Where.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// As it was seen.
    pub seen: Seen,
    /// Its writer has not closed it, as far as that is known.
    pub unclosed: bool,
}

/// What the system says of a file: something else when it was changed in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// When it was named or changed last, in seconds and nanoseconds: nobody can set it.
    came: (i64, i64),
    modified: (i64, i64),
    bytes: u64,
    inode: u64,
}

impl Seen {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            came: (metadata.ctime(), metadata.ctime_nsec()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            bytes: metadata.size(),
            inode: metadata.ino(),
        }
    }

    /// When it came, by the clock of its disk's machine: when it was named or changed last. So files stand in their order.
    #[must_use]
    pub fn came(&self) -> SystemTime {
        let [seconds, nanoseconds] = [self.came.0, self.came.1].map(|part| u64::try_from(part).unwrap_or_default());
        UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds)
    }

    /// Was it renamed, or its rights changed, behind its last change?
    #[must_use]
    pub fn is_named_behind(&self) -> bool {
        self.came > self.modified
    }
}

impl Dropped {
    /// The file at this path as it is now; `None` when there is none.
    #[must_use]
    pub fn at(path: PathBuf) -> Option<Self> {
        let metadata = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some(Self { path, name, seen: Seen::of(&metadata), unclosed: false })
    }
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
    /// Its writer had not closed it, as far as that is known.
    pub unclosed: bool,
    /// On another file system: what it was copied from, to be removed when it is recorded.
    pub kept: Option<PathBuf>,
}

/// What lies in a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Files, in the order in which they came.
    pub files: Vec<Dropped>,
    /// Files that were taken to another file system, and are not removed yet.
    pub kept: Vec<PathBuf>,
}

/// Names that are still being written, by the habit of the programs that write them.
const TEMPORARY_ENDS: [&str; 7] = [".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".writing"];
/// Longest name kept within a name in the spool, in bytes; file systems allow 255 in all.
const NAME_BYTES: usize = 160;
/// Stands between the three parts of a name in the spool: key, mailbox, name.
const MARK: &str = "~";
/// Stands before a name in the spool while the file that has it lies in its folder still.
const KEPT: &str = ".taken~";

/// Is this the name of a file that is still being written?
#[must_use]
pub fn is_temporary(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.starts_with(['.', '~']) || TEMPORARY_ENDS.iter().any(|end| lower.ends_with(end))
}

/// The mailbox of a file by its name in the spool.
#[must_use]
pub fn mailbox_of(spool_name: &str) -> Option<&str> {
    spool_name.split(MARK).nth(1)
}

/// Looks at `folder`: its files, at most `limit`. Links, folders and temporary names are passed over. Of what comes meanwhile a file
/// may be left out, and all that came behind it is.
///
/// # Errors
/// When the folder cannot be read.
pub fn dropped(folder: &Path, limit: usize) -> io::Result<Look> {
    let mut look = Look::default();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(KEPT) {
            look.kept.push(entry.path());
        }
        if !is_temporary(&name) {
            // One that is gone since was taken by somebody else.
            look.files.extend(Dropped::at(entry.path()));
        }
    }
    whole_to_its_end(folder, &mut look.files)?;
    look.files.sort_by(|one, other| (one.seen.came, &one.name).cmp(&(other.seen.came, &other.name)));
    look.files.truncate(limit);
    Ok(look)
}

/// Adds what came before the newest of these files. Who reads a folder may not be given a file that comes meanwhile, and is given one
/// that comes behind it. All that came before the newest is there when the folder is read once more; where one came at the same
/// time by the disk's clock, nobody knows which was first, and those of that time are left out.
fn whole_to_its_end(folder: &Path, files: &mut Vec<Dropped>) -> io::Result<()> {
    let Some(newest) = files.iter().map(|file| file.seen.came).max() else { return Ok(()) };
    let mut further = Vec::new();
    {
        let known: HashSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !is_temporary(&name) && !known.contains(&*name) {
                further.extend(Dropped::at(entry.path()).filter(|file| file.seen.came <= newest));
            }
        }
    }
    let is_between = further.iter().any(|file| file.seen.came == newest);
    files.append(&mut further);
    files.retain(|file| !is_between || file.seen.came < newest);
    Ok(())
}

/// Takes a file out of a mailbox: renames it into `spool` under a name that begins with `key`, which no other file may have
/// had. `None` when it is gone.
///
/// # Errors
/// When it cannot be renamed, or copied where that is needed; a copy that failed is made by [`take_again`].
pub fn take(file: &Dropped, mailbox: &str, spool: &Path, key: &str) -> io::Result<Option<Taken>> {
    let spool_name = spool_name(key, mailbox, &file.name);
    let path = spool.join(&spool_name);
    let mut kept = None;
    match fs::rename(&file.path, &path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            let name = file.path.with_file_name(format!("{KEPT}{spool_name}"));
            fs::rename(&file.path, &name)?;
            sync_folder(name.parent().unwrap_or(spool))?;
            copy(&name, &path)?;
            kept = Some(name);
        }
        Err(error) => return Err(error),
    }
    let (mailbox, name) = (mailbox.to_owned(), file.name.clone());
    Ok(Some(Taken { mailbox, name, spool_name, path, unclosed: file.unclosed, kept }))
}

/// The file that was to be taken to another file system and lies in its folder as `kept`; its copy is made where there is none.
/// `None` when its name is not of our making.
///
/// # Errors
/// When it cannot be copied.
pub fn take_again(kept: &Path, spool: &Path) -> io::Result<Option<Taken>> {
    let name = kept.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix(KEPT));
    let Some(mut taken) = name.and_then(|name| of_spool(name, spool)) else { return Ok(None) };
    if !taken.path.exists() {
        copy(kept, &taken.path)?;
    }
    taken.kept = Some(kept.to_owned());
    Ok(Some(taken))
}

/// A file in the spool that its writer had not closed and wrote on when it was recorded: it has another name there from now on,
/// and is another file.
///
/// # Errors
/// When it cannot be renamed.
pub fn take_grown(taken: &Taken, spool: &Path) -> io::Result<Taken> {
    let spool_name = spool_name(&key(), &taken.mailbox, &taken.name);
    let path = spool.join(&spool_name);
    fs::rename(&taken.path, &path)?;
    Ok(Taken { spool_name, path, unclosed: true, kept: None, ..taken.clone() })
}

/// Copies a file to another file system, whole and durable or not at all.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let temporary = to.with_file_name(format!(".{name}.tmp"));
    let mut copied = File::create(&temporary)?;
    io::copy(&mut File::open(from)?, &mut copied)?;
    copied.sync_all()?;
    fs::rename(&temporary, to)?;
    sync_folder(to.parent().unwrap_or(to))
}

/// The file that has this name in the spool.
fn of_spool(spool_name: &str, spool: &Path) -> Option<Taken> {
    let parts: Vec<&str> = spool_name.splitn(3, MARK).collect();
    let [_, mailbox, name] = parts.as_slice() else { return None };
    let (mailbox, name, path) = ((*mailbox).to_owned(), (*name).to_owned(), spool.join(spool_name));
    Some(Taken { mailbox, name, spool_name: spool_name.to_owned(), path, unclosed: false, kept: None })
}

/// The beginning of a name in the spool, which no other name ever has.
#[must_use]
pub fn key() -> String {
    /// Makes names different within a microsecond.
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let counter = COUNTER.fetch_add(1, Ordering::Relaxed) % 0x1000;
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    format!("{micros:014x}{counter:03x}")
}

/// When a file was taken, by its name in the spool.
#[must_use]
pub fn taken_at(spool_name: &str) -> SystemTime {
    let micros = spool_name.get(..14).and_then(|micros| u64::from_str_radix(micros, 16).ok());
    UNIX_EPOCH + Duration::from_micros(micros.unwrap_or_default())
}

/// The name in the spool of a file of a mailbox: it begins with `key`.
#[must_use]
pub fn spool_name(key: &str, mailbox: &str, name: &str) -> String {
    let mut end = name.len().min(NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{key}{MARK}{mailbox}{MARK}{}", &name[..end])
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
        // A copy that is not whole begins with a dot, keys never do; what the file was called says nothing here.
        if !spool_name.starts_with('.') {
            found.extend(of_spool(&spool_name, spool));
        }
    }
    found.sort_by(|one, other| one.spool_name.cmp(&other.spool_name));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use super::{dropped, is_temporary, spooled, take, take_again};

    #[test]
    fn no_file_is_seen_before_one_that_came_before_it() {
        let folder = std::env::temp_dir().join(format!("crossdock-in-order-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let ended = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..6_000_u32 {
                    let temporary = folder.join(".dropped.tmp");
                    fs::write(&temporary, "").unwrap();
                    // In the order of the folder's own table they stand otherwise.
                    fs::rename(temporary, folder.join(format!("{number}"))).unwrap();
                }
                ended.store(true, std::sync::atomic::Ordering::Release);
            });
            while !ended.load(std::sync::atomic::Ordering::Acquire) {
                let seen = dropped(&folder, usize::MAX).unwrap().files;
                let mut seen: Vec<usize> = seen.iter().map(|file| file.name.parse().unwrap()).collect();
                seen.sort_unstable();
                assert!(seen.iter().copied().eq(0..seen.len()), "{seen:?}");
            }
        });
        fs::remove_dir_all(folder).unwrap();
    }

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
    fn what_came_first_is_taken_first_and_once_under_its_own_name() {
        let home = std::env::temp_dir().join(format!("crossdock-take-{}", std::process::id()));
        let (inbox, spool) = (home.join("inbox"), home.join("spool"));
        std::fs::create_dir_all(inbox.join("folder")).unwrap();
        std::fs::create_dir_all(&spool).unwrap();
        for name in ["b.edi", "c.edi.tmp", "a.edi"] {
            std::fs::write(inbox.join(name), name).unwrap();
            // The system's clock for files goes on now and then only.
            let written = std::fs::metadata(inbox.join(name)).unwrap().ctime_nsec();
            let later = inbox.join("later.tmp");
            while std::fs::write(&later, name).is_ok_and(|()| later.metadata().unwrap().ctime_nsec() == written) {}
        }
        let found = dropped(&inbox, 10).unwrap().files;
        let names: Vec<&str> = found.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["b.edi", "a.edi"], "in the order in which they came");
        assert_eq!(dropped(&inbox, 1).unwrap().files, found[..1]);
        let taken = take(&found[0], "harbor", &spool, "0001").unwrap().unwrap();
        assert_eq!((taken.name.as_str(), taken.spool_name.as_str()), ("b.edi", "0001~harbor~b.edi"));
        assert_eq!(take(&found[0], "harbor", &spool, "0002").unwrap(), None);
        assert_eq!(spooled(&spool).unwrap(), [taken]);
        std::fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn a_file_that_was_left_in_its_folder_is_taken_to_the_spool_again() {
        let home = std::env::temp_dir().join(format!("crossdock-take-again-{}", std::process::id()));
        let (inbox, spool) = (home.join("inbox"), home.join("spool"));
        std::fs::create_dir_all(&inbox).unwrap();
        std::fs::create_dir_all(&spool).unwrap();
        std::fs::write(inbox.join(".taken~0007~harbor~a.edi"), "ISA").unwrap();
        let look = dropped(&inbox, 10).unwrap();
        assert_eq!((look.files.len(), look.kept.len()), (0, 1));
        let taken = take_again(&look.kept[0], &spool).unwrap().unwrap();
        assert_eq!((taken.spool_name.as_str(), taken.name.as_str()), ("0007~harbor~a.edi", "a.edi"));
        assert_eq!(std::fs::read_to_string(&taken.path).unwrap(), "ISA");
        assert_eq!(taken.kept.as_deref(), Some(look.kept[0].as_path()));
        assert_eq!(spooled(&spool).unwrap().len(), 1, "nothing temporary is left");
        assert_eq!(take_again(&inbox.join("a.edi"), &spool).unwrap(), None);
        std::fs::remove_dir_all(home).unwrap();
    }
}
