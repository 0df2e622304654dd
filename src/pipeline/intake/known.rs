//! What is known of the files in a mailbox, so when each may be taken, and in which order. All of it is decided here.
//!
//! | who writes a file | how that is known | taken when it has been as it is for |
//! |---|---|---|
//! | nobody | told that it was closed or renamed, and asked, the system does not say otherwise; or it says so | nothing: at once |
//! | somebody | asked, the system says so; or it says nothing, and told that the file was begun or written | 60 times `settle`, as one that broke off |
//! | somebody still | asked, the system says so, of a file that was closed or named behind its last change | the same |
//! | hardly anybody | neither told nor said. It was renamed behind its last change, or nothing is told of who writes into its folder | `settle` |
//! | perhaps somebody | neither told nor said, of another user's file that was there before anything was told | 60 times `settle`, but at once where it came that long ago |
//!
//! Files are taken in the order in which they came: when they were named or changed last, which some disks know to four
//! milliseconds only, then as they were told, then by name. One that came since all are told of, and is not told of yet, came
//! behind those that are. One that waits holds back those behind it. One that somebody writes does not: it has not come yet. One
//! that somebody has open still does for `settle`: where its writer starts another program, that has its files open for a moment.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::transport::folder::{Dropped, Seen, dropped, is_local, is_open_to_write, is_temporary};

/// The system tells of a file sooner, or something is wrong.
const ON_ITS_WAY: Duration = Duration::from_millis(20);
/// A file that nothing is heard of is taken all the same after so many times the time to settle.
pub(super) const SILENT: u32 = 60;

/// What the system tells of a file in a folder that it watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It was begun, or written.
    Written,
    /// Its writer has closed it, or it was renamed to this name.
    Closed,
    /// It is there no more.
    Gone,
}

/// What was told of the files of a folder, as far as they lie there still.
#[derive(Debug, Default)]
pub struct Told {
    files: Mutex<Files>,
    heard: Condvar,
}

#[derive(Debug, Default)]
struct Files {
    /// Will be told of files that are begun.
    is_watched: bool,
    /// What comes from here on is told of.
    since: Option<SystemTime>,
    /// The last news of each.
    news: HashMap<String, Last>,
    /// How many were closed.
    closed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Written,
    /// As which one of all that were.
    Closed(u64),
}

impl Files {
    /// Is this file to be told of, and was not yet?
    fn is_on_its_way(&self, file: &Dropped) -> bool {
        self.since.is_some_and(|since| since < file.seen.came()) && !self.news.contains_key(&file.name)
    }
}

impl Told {
    /// From here on files are told of, or they are not; what was told before is forgotten.
    pub fn begin(&self, is_watched: bool) {
        *self.files() = Files { is_watched, ..Files::default() };
    }

    /// From here on all files that come are told of, sooner or later.
    pub fn tells_all(&self) {
        self.files().since = Some(SystemTime::now());
    }

    /// Something may not have been told.
    pub fn missed(&self) {
        self.files().news.clear();
        self.tells_all();
    }

    /// Are files told of?
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.files().is_watched
    }

    /// Something is told of the file of this name. Is it worth a look?
    pub fn hear(&self, name: &str, news: News) -> bool {
        if is_temporary(name) {
            return false;
        }
        let mut files = self.files();
        files.closed += u64::from(news == News::Closed);
        let closed = files.closed;
        match news {
            News::Written => files.news.insert(name.to_owned(), Last::Written),
            News::Closed => files.news.insert(name.to_owned(), Last::Closed(closed)),
            News::Gone => files.news.remove(name),
        };
        drop(files);
        self.heard.notify_all();
        news == News::Closed
    }

    /// Waits a moment for what is on its way of files that came at the same time, of which nobody knows else which came first.
    fn await_news_of(&self, files: &[Dropped]) {
        let mut same_time = files.windows(2).filter(|pair| pair[0].seen.came() == pair[1].seen.came()).peekable();
        if same_time.peek().is_none() {
            return;
        }
        let pairs: Vec<&[Dropped]> = same_time.collect();
        let is_open = |known: &mut Files| pairs.iter().any(|pair| pair.iter().all(|file| known.is_on_its_way(file)));
        drop(self.heard.wait_timeout_while(self.files(), ON_ITS_WAY, is_open));
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who writes a file, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    Nobody,
    Somebody,
    SomebodyStill,
    HardlyAnybody,
    PerhapsSomebody,
}

/// A file that lies in a mailbox.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) file: Dropped,
    pub(super) writer: Writer,
}

/// Looks at a folder: its files, at most `limit`, in the order in which they came, and those that were taken to another file
/// system and are not removed yet.
pub(super) fn look(folder: &Path, limit: usize, told: &Told) -> io::Result<(Vec<Found>, Vec<PathBuf>)> {
    let look = dropped(folder, limit)?;
    let is_local = is_local(folder);
    if is_local {
        told.await_news_of(&look.files);
    }
    let one = |file: Dropped| {
        let (is_watched, last, is_on_its_way) = {
            let files = told.files();
            (files.is_watched, files.news.get(&file.name).copied(), files.is_on_its_way(&file))
        };
        let turn = match last {
            Some(Last::Closed(turn)) => turn,
            Some(Last::Written) => u64::MAX,
            None if is_on_its_way => u64::MAX,
            None => 0,
        };
        // One closed it; another may have it open still.
        let asked = if is_local { is_open_to_write(&file.path) } else { None };
        let writer = match (last, asked) {
            (Some(Last::Closed(_)), Some(true)) => Writer::SomebodyStill,
            (None, Some(true)) if is_on_its_way || file.seen.is_named_behind() => Writer::SomebodyStill,
            (_, Some(true)) | (Some(Last::Written), None) => Writer::Somebody,
            (Some(Last::Closed(_)), _) | (_, Some(false)) => Writer::Nobody,
            (None, None) if is_local && is_watched && !file.seen.is_named_behind() => Writer::PerhapsSomebody,
            (None, None) => Writer::HardlyAnybody,
        };
        (turn, Found { file, writer })
    };
    let mut found: Vec<_> = look.files.into_iter().map(one).collect();
    // By name they stand already.
    found.sort_by_key(|(turn, found)| (found.file.seen.came(), *turn));
    Ok((found.into_iter().map(|(_, found)| found).collect(), look.kept))
}

/// How long files have been as they are.
#[derive(Debug)]
pub(super) struct Patience {
    settle: Duration,
    /// As each was seen last, and since when by our own clock: those of other machines, and of their disks, may differ.
    since: HashMap<PathBuf, (Seen, Instant)>,
}

/// Which files may be taken.
#[derive(Debug, Default)]
pub(super) struct Ripe {
    /// Those that may be now, in their order.
    pub(super) files: VecDeque<Dropped>,
    /// When to look again, if nothing is told before.
    pub(super) next: Option<Duration>,
    /// The file that holds back those behind it for long.
    pub(super) holds_back: Option<PathBuf>,
}

impl Patience {
    pub(super) fn new(settle: Duration) -> Self {
        Self { settle, since: HashMap::new() }
    }

    /// Those of the files that may be taken now, which it is by our own clock and by that of the disk.
    pub(super) fn ripe(&mut self, found: Vec<Found>, now: Instant, clock: SystemTime) -> Ripe {
        let before = std::mem::take(&mut self.since);
        let (silent, mut ripe, mut is_held_back) = (self.settle * SILENT, Ripe::default(), false);
        for Found { mut file, writer } in found {
            let since = before.get(&file.path).filter(|(seen, _)| *seen == file.seen).map_or(now, |(_, since)| *since);
            self.since.insert(file.path.clone(), (file.seen, since));
            let lay = || clock.duration_since(file.seen.came()).unwrap_or_default();
            let (wait, holds_back) = match writer {
                Writer::Nobody => (Duration::ZERO, Duration::ZERO),
                Writer::HardlyAnybody => (self.settle, self.settle),
                Writer::PerhapsSomebody if lay() >= silent => (Duration::ZERO, Duration::ZERO),
                Writer::PerhapsSomebody => (silent, silent),
                Writer::SomebodyStill => (silent, self.settle),
                Writer::Somebody => (silent, Duration::ZERO),
            };
            let [left, holds_back] = [wait, holds_back].map(|time| time.saturating_sub(now.duration_since(since)));
            if !left.is_zero() {
                let next = if holds_back.is_zero() { left } else { holds_back };
                ripe.next = Some(ripe.next.map_or(next, |known| known.min(next)));
                is_held_back |= !holds_back.is_zero();
                if writer == Writer::PerhapsSomebody {
                    ripe.holds_back.get_or_insert(file.path);
                }
            } else if !is_held_back {
                file.unclosed = matches!(writer, Writer::Somebody | Writer::SomebodyStill);
                ripe.files.push_back(file);
            }
        }
        ripe
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const SETTLE: Duration = Duration::from_secs(5);

    /// Three writers, two numbers, and what is taken.
    type Case = ([Writer; 3], u32, u64, &'static [(&'static str, bool)]);

    /// A folder with these files, which is removed by its name.
    fn folder(name: &str, files: &[&str]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("crossdock-known-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        files.iter().for_each(|file| fs::write(folder.join(file), file).unwrap());
        folder
    }

    fn names(ripe: &Ripe) -> Vec<(&str, bool)> {
        ripe.files.iter().map(|file| (file.name.as_str(), file.unclosed)).collect()
    }

    #[test]
    fn a_file_that_waits_holds_back_those_behind_it_unless_somebody_writes_it() {
        use Writer::{HardlyAnybody, Nobody, PerhapsSomebody, Somebody, SomebodyStill};
        let folder = folder("order", &["a", "b", "c"]);
        let (start, clock) = (Instant::now(), SystemTime::now());
        // Who writes the three files; after how many times the time to settle, by our clock; by how much the disk's clock is
        // behind ours; what is taken, and whether it counts as broken off.
        let cases: [Case; 13] = [
            ([Nobody; 3], 0, 0, &[("a", false), ("b", false), ("c", false)]),
            ([Somebody, Nobody, Nobody], 0, 0, &[("b", false), ("c", false)]),
            ([Somebody, Nobody, Nobody], 59, 3_600, &[("b", false), ("c", false)]),
            ([Somebody, Nobody, Nobody], 60, 0, &[("a", true), ("b", false), ("c", false)]),
            ([SomebodyStill, Nobody, Nobody], 0, 3_600, &[]),
            ([SomebodyStill, Nobody, Nobody], 1, 0, &[("b", false), ("c", false)]),
            ([SomebodyStill, Nobody, Nobody], 60, 0, &[("a", true), ("b", false), ("c", false)]),
            ([Nobody, HardlyAnybody, Nobody], 0, 3_600, &[("a", false)]),
            ([Nobody, HardlyAnybody, Nobody], 1, 0, &[("a", false), ("b", false), ("c", false)]),
            ([HardlyAnybody, Nobody, Somebody], 1, 0, &[("a", false), ("b", false)]),
            ([PerhapsSomebody, Nobody, Nobody], 59, 0, &[]),
            ([PerhapsSomebody, Nobody, Nobody], 60, 0, &[("a", false), ("b", false), ("c", false)]),
            ([PerhapsSomebody, Nobody, Nobody], 0, 3_600, &[("a", false), ("b", false), ("c", false)]),
        ];
        for (writers, times, behind, expected) in cases {
            let mut patience = Patience::new(SETTLE);
            let mut at = |now: Instant| {
                let files = dropped(&folder, 10).unwrap().files.into_iter();
                let mut files: Vec<Dropped> = files.collect();
                files.sort_by(|one, other| one.name.cmp(&other.name));
                let found = files.into_iter().zip(writers).map(|(file, writer)| Found { file, writer });
                patience.ripe(found.collect(), now, clock + Duration::from_secs(behind))
            };
            at(start);
            let ripe = at(start + SETTLE * times);
            assert_eq!(names(&ripe), expected, "{writers:?} after {times} times, {behind} s behind");
            assert_eq!(ripe.next.is_none(), ripe.files.len() == 3, "it is looked again where something waits");
            assert_eq!(ripe.holds_back.is_some(), expected.is_empty() && writers[0] == PerhapsSomebody);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_changes_waits_anew() {
        let folder = folder("changes", &["a"]);
        let (mut patience, start, clock) = (Patience::new(SETTLE), Instant::now(), SystemTime::now());
        let mut at = |times: u32, text: &str| {
            fs::write(folder.join("a"), text).unwrap();
            let found = dropped(&folder, 10).unwrap().files.into_iter();
            let found = found.map(|file| Found { file, writer: Writer::HardlyAnybody }).collect();
            patience.ripe(found, start + SETTLE * times, clock).files.len()
        };
        assert_eq!([at(0, "a"), at(1, "a, b"), at(2, "a, b, c")], [0, 0, 0]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_system_is_asked_whether_a_file_is_open_whatever_it_told() {
        let folder = folder("asked", &["closed"]);
        let told = Told::default();
        told.begin(true);
        // Nothing is written yet, and nothing is told.
        let open = fs::File::create(folder.join("open")).unwrap();
        let writers = || {
            let (mut found, _) = look(&folder, 10, &told).unwrap();
            found.sort_by(|one, other| one.file.name.cmp(&other.file.name));
            found.iter().map(|found| (found.file.name.clone(), found.writer)).collect::<Vec<_>>()
        };
        let both = |open| vec![("closed".to_owned(), Writer::Nobody), ("open".to_owned(), open)];
        assert_eq!(writers(), both(Writer::Somebody));
        told.hear("open", News::Closed);
        assert_eq!(writers(), both(Writer::SomebodyStill), "it was another one who closed it");
        told.missed();
        assert_eq!(writers(), both(Writer::Somebody), "what was told before something was missed counts no more");
        told.hear("open", News::Written);
        drop(open);
        assert_eq!(writers(), both(Writer::Nobody), "that it was closed is not told yet");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_is_not_told_of_yet_came_behind_those_that_are() {
        let (folder, told) = (folder("not-yet", &[]), Told::default());
        told.begin(true);
        told.tells_all();
        let began = SystemTime::now();
        let came = |name: &str| {
            fs::write(folder.join(name), name).unwrap();
            Dropped::at(folder.join(name)).unwrap().seen.came()
        };
        // The disk's clock moves on by its own steps.
        while came("earlier") <= began {}
        fs::remove_file(folder.join("earlier")).unwrap();
        while came("b") != came("a") {}
        let in_order = || {
            let (found, _) = look(&folder, 10, &told).unwrap();
            found.into_iter().map(|found| found.file.name).collect::<Vec<_>>()
        };
        told.hear("b", News::Closed);
        assert_eq!(in_order(), ["b", "a"], "that of a is on its way");
        told.hear("a", News::Closed);
        assert_eq!(in_order(), ["b", "a"]);
        told.missed();
        told.hear("b", News::Closed);
        assert_eq!(in_order(), ["a", "b"], "nothing will be told of a any more");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn files_that_came_at_the_same_time_stand_as_they_were_told() {
        let folder = folder("told", &["a", "b", "c", "d"]);
        let told = Told::default();
        told.begin(true);
        ["d", "b", "c", "a"].into_iter().for_each(|name| assert!(told.hear(name, News::Closed)));
        let (found, _) = look(&folder, 10, &told).unwrap();
        let is_told_before = |one: &Found, other: &Found| "dbca".find(&one.file.name) < "dbca".find(&other.file.name);
        for pair in found.windows(2) {
            let same_time = pair[0].file.seen.came() == pair[1].file.seen.came();
            assert!(!same_time || is_told_before(&pair[0], &pair[1]), "{pair:?}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
