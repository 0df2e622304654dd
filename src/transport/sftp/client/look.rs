//! Which files of a folder are to be taken now: from what it lists now and listed before, and from what was taken.
//!
//! Pure. Times of the server are compared with each other only; how old a file is, is counted by our clock from the moment
//! on since which it is seen unchanged.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::Entry;
use crate::partner::transport::sftp::{Poll, Then};
use crate::transport::folder::is_temporary;

/// A file that was taken, as it was then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its length.
    pub size: u64,
    /// Its time.
    pub modified: i64,
    /// What was to become of it there has been done.
    pub disposed: bool,
    /// Since when it is not there any more.
    pub gone_at: Option<Timestamp>,
}

/// So long a file that was taken is remembered after it is gone: a server may list nothing by mistake.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Longest name of a file that is looked at, in bytes; file systems have shorter ones.
const LONGEST_NAME: usize = 1 << 10;

/// Files as earlier looks saw them, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen(HashMap<String, Sighting>);

/// A file as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sighting {
    size: u64,
    modified: i64,
    since: Timestamp,
    /// When it was to be taken, and was not.
    failed_at: Option<Timestamp>,
}

impl Seen {
    /// A file is about to be taken, or disposed of: should it be seen again unchanged, that has failed, and others go before it.
    /// True when it has failed before.
    pub fn tried(&mut self, file: &Entry, now: Timestamp) -> bool {
        let Entry { name, size, modified } = file;
        let seen = Sighting { size: *size, modified: *modified, since: now, failed_at: None };
        self.0.entry(name.clone()).or_insert(seen).failed_at.replace(now).is_some()
    }

    /// The file as it was seen before, if it is unchanged.
    fn unchanged(&self, file: &Entry) -> Option<&Sighting> {
        self.0.get(&file.name).filter(|seen| (seen.size, seen.modified) == (file.size, file.modified))
    }
}

/// A look at a folder.
#[derive(Debug)]
pub struct Look<'a> {
    poll: &'a Poll,
    known: &'a HashMap<String, Known>,
    before: &'a Seen,
    now: Timestamp,
    files: Vec<Entry>,
    /// Names of files that are said to be finished, and when that was said.
    done: HashMap<String, i64>,
    /// Names of the known files that are still there.
    there: HashSet<String>,
    dispose: Vec<Entry>,
}

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Files to be taken now, the oldest first, and behind them those that failed before.
    pub take: Vec<Entry>,
    /// Files that were taken, and are still to be disposed of.
    pub dispose: Vec<Entry>,
    /// The same of those with which that failed before: behind all others.
    pub dispose_last: Vec<Entry>,
    /// Known files that are not there any more.
    pub gone: Vec<String>,
    /// Known files that are there again.
    pub back: Vec<String>,
    /// Known files that need not be known any longer.
    pub forget: Vec<String>,
    /// Files as they are seen, for the next look.
    pub seen: Seen,
    /// When another look is worth while, because files will have settled.
    pub again_at: Option<Timestamp>,
    /// More could be taken than the limit lets.
    pub more: bool,
    /// A file that has the name of one that was taken, and is newer than what says that it is finished: it is not taken.
    pub said_before: Option<String>,
}

impl<'a> Look<'a> {
    /// Begins a look.
    #[must_use]
    pub fn new(poll: &'a Poll, known: &'a HashMap<String, Known>, before: &'a Seen, now: Timestamp) -> Self {
        Self {
            poll,
            known,
            before,
            now,
            files: Vec::new(),
            done: HashMap::new(),
            there: HashSet::new(),
            dispose: Vec::new(),
        }
    }

    /// Sees a file of the folder.
    pub fn see(&mut self, entry: Entry) {
        if let Some(end) = &self.poll.done_file
            && let Some(name) = entry.name.strip_suffix(end.as_str())
        {
            let said_at = self.done.entry(name.to_owned()).or_insert(entry.modified);
            *said_at = entry.modified.max(*said_at);
            return;
        }
        let renamed = matches!(&self.poll.then, Then::Rename(end) if entry.name.ends_with(end.as_str()));
        let no_name = entry.name.is_empty() || entry.name.len() > LONGEST_NAME || entry.name.contains(['/', '\0']);
        if renamed || no_name || is_temporary(&entry.name) || !self.poll.files.iter().any(|one| one.takes(&entry.name))
        {
            return;
        }
        let Some(known) = self.known.get(&entry.name) else {
            self.files.push(entry);
            return;
        };
        self.there.insert(entry.name.clone());
        let same = (known.size, known.modified) == (entry.size, entry.modified);
        match (same, known.disposed) {
            (true, false) if self.poll.then != Then::Leave => self.dispose.push(entry),
            // One that stays is remembered as it was.
            (true, _) if self.poll.then == Then::Leave => {}
            // Its name was used again, or it was written over.
            _ => self.files.push(entry),
        }
    }

    /// Decides, once all files were seen.
    #[must_use]
    pub fn decide(self) -> Found {
        let Self { poll, known, before, now, mut files, done, there, dispose } = self;
        let min_age = SignedDuration::try_from(poll.min_age).unwrap_or_default();
        files.sort_by_cached_key(|file| {
            // Of those that failed it is the turn of the one that was tried longest ago.
            let failed_at = before.unchanged(file).and_then(|seen| seen.failed_at);
            (failed_at, file.modified, file.name.clone())
        });
        let mut found = Found::default();
        for file in dispose {
            match before.unchanged(&file).filter(|seen| seen.failed_at.is_some()) {
                Some(seen) => {
                    found.seen.0.insert(file.name.clone(), *seen);
                    found.dispose_last.push(file);
                }
                None => found.dispose.push(file),
            }
        }
        for file in files {
            // A server may list a name twice.
            if found.seen.0.contains_key(&file.name) {
                continue;
            }
            let seen = before.unchanged(&file);
            let (since, failed_at) = seen.map_or((now, None), |seen| (seen.since.min(now), seen.failed_at));
            let ripe_at = since.saturating_add(min_age).unwrap_or(now);
            let (is_old, said_at) = (ripe_at <= now, done.get(&file.name));
            // What is not newer than the file may have been said of one before it; what is older was, if there was one.
            let ripe = match (&poll.done_file, said_at) {
                (None, _) => is_old,
                (Some(_), None) => false,
                (_, Some(at)) if *at < file.modified => is_old && !known.contains_key(&file.name),
                (_, Some(at)) => is_old || *at > file.modified,
            };
            if !ripe && (poll.done_file.is_none() || said_at.is_some()) {
                match is_old {
                    true => drop(found.said_before.get_or_insert_with(|| file.name.clone())),
                    false => found.again_at = Some(found.again_at.map_or(ripe_at, |at| at.min(ripe_at))),
                }
            }
            // Also one that is taken now, in case that fails.
            let seen = Sighting { size: file.size, modified: file.modified, since, failed_at };
            found.seen.0.insert(file.name.clone(), seen);
            match ripe && found.take.len() < poll.limit {
                true => found.take.push(file),
                false => found.more |= ripe,
            }
        }
        for (name, file) in known {
            match (there.contains(name), file.gone_at) {
                (true, Some(_)) => found.back.push(name.clone()),
                (false, _) if file.disposed && poll.then != Then::Leave => found.forget.push(name.clone()),
                (false, None) => found.gone.push(name.clone()),
                (false, Some(at)) if now.duration_since(at) > REMEMBERED => found.forget.push(name.clone()),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Entry, Found, Known, LONGEST_NAME, Look, Seen};
    use crate::partner::transport::sftp::{Pattern, Poll, Schedule, Then};

    fn poll(files: &str, min_age: u64, then: Then) -> Poll {
        Poll {
            folder: "out".to_owned(),
            files: vec![Pattern::parse(files).unwrap()],
            when: Schedule::default(),
            min_age: Duration::from_secs(min_age),
            done_file: None,
            then,
            limit: 2,
            file_bytes: 1_000,
        }
    }

    /// `name size time`, separated by semicolons.
    fn entries(text: &str) -> Vec<Entry> {
        let entry = |text: &str| {
            let words: Vec<&str> = text.split_whitespace().collect();
            Entry { name: words[0].to_owned(), size: words[1].parse().unwrap(), modified: words[2].parse().unwrap() }
        };
        text.split(';').filter(|text| !text.trim().is_empty()).map(entry).collect()
    }

    fn look(poll: &Poll, known: &HashMap<String, Known>, before: Seen, second: i64, listed: &str) -> Found {
        let mut look = Look::new(poll, known, &before, Timestamp::from_second(second).unwrap());
        entries(listed).into_iter().for_each(|entry| look.see(entry));
        look.decide()
    }

    fn names(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.name.as_str()).collect()
    }

    #[test]
    fn a_file_is_taken_once_it_has_settled() {
        let (poll, none) = (poll("*.edi", 10, Then::Delete), HashMap::new());
        let first = look(
            &poll,
            &none,
            Seen::default(),
            100,
            "b.edi 5 9; a.edi 5 9; a.tmp 5 9; .a.edi 5 9; c.txt 5 9; old.edi 5 8",
        );
        assert!(first.take.is_empty());
        assert_eq!(first.again_at.map(|at| at.as_second()), Some(110));
        // One has grown; its time starts anew.
        let second = look(&poll, &none, first.seen, 110, "b.edi 6 9; a.edi 5 9; old.edi 5 8");
        assert_eq!(names(&second.take), ["old.edi", "a.edi"], "the oldest first");
        assert_eq!(second.again_at.map(|at| at.as_second()), Some(120));
        assert_eq!(second.seen.0.len(), 3);
        let third = look(&poll, &none, second.seen, 120, "b.edi 6 9");
        assert_eq!(names(&third.take), ["b.edi"]);
    }

    #[test]
    fn what_failed_goes_last_until_it_changes() {
        let (poll, none) = (poll("*", 0, Then::Delete), HashMap::new());
        let with_done_file = Poll { done_file: Some(".ok".to_owned()), ..poll.clone() };
        for (poll, done) in [(&poll, ""), (&with_done_file, "; a.ok 0 1; b.ok 0 1; c.ok 0 1; d.ok 0 1")] {
            let found = look(poll, &none, Seen::default(), 100, &format!("a 5 1; b 5 2; c 5 3; d 5 4{done}"));
            assert_eq!(names(&found.take), ["a", "b"]);
            let mut seen = found.seen;
            found.take.iter().for_each(|file| assert!(!seen.tried(file, Timestamp::from_second(100).unwrap())));
            let found = look(poll, &none, seen, 101, &format!("a 5 1; b 6 2; c 5 3; d 5 4{done}"));
            assert_eq!(names(&found.take), ["b", "c"], "it has changed");
            let found = look(poll, &none, found.seen, 102, &format!("a 5 1; d 5 4{done}"));
            assert_eq!(names(&found.take), ["d", "a"]);
        }
    }

    #[test]
    fn a_done_file_says_that_a_file_is_finished() {
        let (poll, none) = (poll("*", 10, Then::Delete), HashMap::new());
        let poll = Poll { done_file: Some(".ok".to_owned()), ..poll };
        let found = look(&poll, &none, Seen::default(), 100, "a.edi 5 9; b.edi 5 9; b.edi.ok 0 10; c.edi.ok 0 9");
        assert_eq!((names(&found.take), found.again_at), (vec!["b.edi"], None));
    }

    #[test]
    fn what_an_old_done_file_says_may_be_of_another_file() {
        let (leave, none) = (poll("*", 10, Then::Leave), HashMap::new());
        let poll = Poll { done_file: Some(".ok".to_owned()), ..leave };
        // In the same second the file may be one that is written over the one that was finished.
        for listed in ["a 5 9; a.ok 0 9", "a 5 9; a.ok 0 8"] {
            let first = look(&poll, &none, Seen::default(), 100, listed);
            assert_eq!((first.take.len(), first.again_at.map(|at| at.as_second())), (0, Some(110)), "{listed}");
            let grown = look(&poll, &none, first.seen, 110, &listed.replace("5 9", "6 9"));
            assert!(grown.take.is_empty(), "{listed}");
            assert_eq!(names(&look(&poll, &none, grown.seen, 120, &listed.replace("5 9", "6 9")).take), ["a"]);
        }
        // Where the name was taken before, what is older than the file says nothing of it, however long it lies there.
        let known = HashMap::from([("a".to_owned(), Known { size: 5, modified: 7, disposed: true, gone_at: None })]);
        let first = look(&poll, &known, Seen::default(), 100, "a 6 9; a.ok 0 8");
        assert_eq!((first.take.len(), first.said_before), (0, None));
        let second = look(&poll, &known, first.seen, 110, "a 6 9; a.ok 0 8");
        assert_eq!((second.take.len(), second.said_before.as_deref()), (0, Some("a")), "that is told");
        assert_eq!(names(&look(&poll, &known, second.seen, 111, "a 6 9; a.ok 0 10").take), ["a"]);
    }

    #[test]
    fn a_name_that_is_listed_twice_or_is_too_long_is_taken_once_or_never() {
        let (poll, none) = (poll("*", 0, Then::Leave), HashMap::new());
        let long = "n".repeat(LONGEST_NAME + 1);
        let found = look(&poll, &none, Seen::default(), 100, &format!("a 5 9; a 5 9; a 6 8; {long} 5 9"));
        assert_eq!((names(&found.take), found.more), (vec!["a"], false));
    }

    #[test]
    fn those_that_failed_have_their_turn() {
        let (poll, none) = (Poll { limit: 1, ..poll("*", 0, Then::Delete) }, HashMap::new());
        let mut seen = Seen::default();
        for (second, expected) in (100..).zip(["a", "b", "c", "a", "b", "c"]) {
            let found = look(&poll, &none, seen, second, "a 5 1; b 5 2; c 5 3");
            assert_eq!(names(&found.take), [expected]);
            seen = found.seen;
            seen.tried(&found.take[0], Timestamp::from_second(second).unwrap());
        }
    }

    #[test]
    fn what_was_taken_is_disposed_of_and_what_comes_under_its_name_is_new() {
        let poll = poll("*", 0, Then::Rename(".done".to_owned()));
        let known = |disposed| Known { size: 5, modified: 9, disposed, gone_at: None };
        let known: HashMap<String, Known> =
            [("a", known(false)), ("b", known(true)), ("c", known(false)), ("d", known(true))]
                .map(|(name, known)| (name.to_owned(), known))
                .into();
        let found = look(&poll, &known, Seen::default(), 100, "a 5 9; b 5 9; c 5 10; e 1 11; x.done 5 9");
        assert_eq!(names(&found.dispose), ["a"], "a stop came between");
        assert_eq!((names(&found.take), found.more), (vec!["b", "c"], true), "e has to wait for the next visit");
        assert_eq!((found.gone.len(), found.forget), (0, vec!["d".to_owned()]));
    }

    #[test]
    fn what_cannot_be_disposed_of_goes_last() {
        let poll = poll("*", 0, Then::Delete);
        let known = Known { size: 5, modified: 9, disposed: false, gone_at: None };
        let known = ["a", "b"].map(|name| (name.to_owned(), known)).into();
        let mut seen = look(&poll, &known, Seen::default(), 100, "a 5 9; b 5 9").seen;
        let entry = entries("a 5 9").remove(0);
        assert_eq!([100, 101].map(|second| seen.tried(&entry, Timestamp::from_second(second).unwrap())), [false, true]);
        for second in [102, 103] {
            let found = look(&poll, &known, seen, second, "a 5 9; b 5 9; c 5 9");
            assert_eq!(
                [&found.dispose, &found.take, &found.dispose_last].map(|some| names(some)),
                [["b"], ["c"], ["a"]]
            );
            seen = found.seen;
        }
    }

    #[test]
    fn what_is_left_is_remembered() {
        let poll = poll("*", 0, Then::Leave);
        let known = |gone_at: Option<i64>| {
            let gone_at = gone_at.map(|second| Timestamp::from_second(second).unwrap());
            [("a".to_owned(), Known { size: 5, modified: 9, disposed: true, gone_at })].into()
        };
        let gone = look(&poll, &known(None), Seen::default(), 100, "b 5 9");
        assert_eq!((gone.gone, gone.forget.len()), (vec!["a".to_owned()], 0), "it may be a mistake");
        assert_eq!(look(&poll, &known(Some(100)), Seen::default(), 200, "a 5 9").back, ["a"]);
        assert_eq!(look(&poll, &known(Some(100)), Seen::default(), 1_000_000, "b 5 9").forget, ["a"]);
        let known = known(None);
        let found = look(&poll, &known, Seen::default(), 100, "a 5 9; b 5 9");
        assert_eq!((names(&found.take), found.dispose.len()), (vec!["b"], 0));
        let touched = look(&poll, &known, Seen::default(), 100, "a 5 10");
        assert_eq!(names(&touched.take), ["a"], "its content says whether it is the same");
    }
}
