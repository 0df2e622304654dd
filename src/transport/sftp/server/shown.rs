//! The files that a partner sees in its inbox, by name, and how many of them are at which stage: so that none need be looked for
//! among the thousands that were received.

use std::collections::BTreeMap;
use std::collections::btree_map::Range;
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::upload::Upload;

/// So long what was received is still shown, and a little longer: it is looked for once in [`LOOKED_OVER`].
const SHOWN: Duration = Duration::from_secs(60 * 60);
const LOOKED_OVER: Duration = Duration::from_secs(60);
/// So many of them of a partner at most, the latest; and about so many in all.
const MOST_SHOWN: usize = 10_000;
const SHOWN_IN_ALL: usize = 200_000;

/// What a file is, as far as its attributes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) size: u64,
    pub(super) modified: u32,
}

/// A file that is shown.
#[derive(Debug)]
pub(super) struct Shown {
    stage: Stage,
    pub(super) size: u64,
    /// Seconds since 1970, as its sender sees it.
    pub(super) modified: u32,
    /// When it entered its stage, or had its name.
    since: Instant,
    /// Parts of it were refused, or its writer did not close it, and nobody has gone on with it since.
    pub(super) lacks: bool,
}

#[derive(Debug)]
pub(super) enum Stage {
    /// Somebody writes it.
    Open(Arc<Upload>),
    /// Nobody does, and it is not to be received yet: its name on our disk.
    Lying(String),
    /// It is being recorded: its name on our disk.
    Offered(String),
    Received,
}

/// The files of an inbox.
#[derive(Debug)]
pub(super) struct Files {
    by_name: BTreeMap<String, Shown>,
    counts: Counts,
    /// When it was seen last which of those are shown no longer.
    looked_over: Instant,
}

/// How many files are at which stage.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    unfinished: usize,
    received: usize,
}

impl Counts {
    fn enters(&mut self, stage: &Stage) {
        self.unfinished += usize::from(stage.is_unfinished());
        self.received += usize::from(stage.is_received());
    }

    fn leaves(&mut self, stage: &Stage) {
        self.unfinished -= usize::from(stage.is_unfinished());
        self.received -= usize::from(stage.is_received());
    }
}

impl Files {
    pub(super) fn new() -> Self {
        Self { by_name: BTreeMap::new(), counts: Counts::default(), looked_over: Instant::now() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Shown> {
        self.by_name.get(name)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Shown> {
        self.by_name.get_mut(name)
    }

    /// Those behind a name, in order.
    pub(super) fn behind(&self, name: Option<&str>) -> Range<'_, String, Shown> {
        let from = name.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_name.range::<str, _>((from, Bound::Unbounded))
    }

    /// How many are not finished.
    pub(super) fn unfinished(&self) -> usize {
        self.counts.unfinished
    }

    /// Shows a file, in place of one that had its name.
    pub(super) fn insert(&mut self, name: String, one: Shown) {
        self.counts.enters(&one.stage);
        if let Some(before) = self.by_name.insert(name, one) {
            self.counts.leaves(&before.stage);
        }
    }

    /// Shows a file no longer.
    pub(super) fn remove(&mut self, name: &str) -> Option<Shown> {
        let removed = self.by_name.remove(name)?;
        self.counts.leaves(&removed.stage);
        Some(removed)
    }

    /// A file that is there enters a stage; what it lacks it still lacks.
    pub(super) fn becomes(&mut self, name: &str, stage: Stage, size: u64) {
        if let Some(one) = self.by_name.get_mut(name) {
            self.counts.leaves(&one.stage);
            self.counts.enters(&stage);
            (one.stage, one.size, one.since) = (stage, size, Instant::now());
        }
    }

    /// The name of the file that is known by this one on our disk.
    pub(super) fn named(&self, spool_name: &str) -> Option<&str> {
        let mut all = self.by_name.iter();
        all.find(|(_, one)| one.stage.spool_name() == Some(spool_name)).map(|(name, _)| name.as_str())
    }

    /// Those that lie there so long: their names, as their sender and as our disk has them.
    pub(super) fn lying_for(&self, time: Duration) -> Vec<(String, String)> {
        let now = Instant::now();
        let unfinished = self.by_name.iter().filter(|(_, one)| one.is_unfinished()).take(self.counts.unfinished);
        let waited = unfinished.filter(|(_, one)| now - one.since >= time);
        let lying = waited.filter_map(|(name, one)| match &one.stage {
            Stage::Lying(spool_name) => Some((name.clone(), spool_name.clone())),
            _ => None,
        });
        lying.collect()
    }

    /// Shows no longer what was received long ago, nor, where more than `most` were received, more than three quarters of `most`.
    pub(super) fn show_less(&mut self, most: usize) {
        let now = Instant::now();
        if self.counts.received <= most && now - self.looked_over < LOOKED_OVER {
            return;
        }
        self.looked_over = now;
        let received = self.by_name.values().filter(|one| one.stage.is_received());
        let mut ages: Vec<Duration> = received.map(|one| now - one.since).collect();
        ages.sort_unstable();
        let age = ages.get(most / 4 * 3).filter(|_| ages.len() > most).map_or(SHOWN, |age| SHOWN.min(*age));
        self.by_name.retain(|_, one| !one.stage.is_received() || now - one.since < age);
        self.counts.received = ages.partition_point(|one| *one < age);
    }
}

/// How many received files are shown of each partner where so many partners have an inbox.
pub(super) fn shown_of_each(inboxes: usize) -> usize {
    (SHOWN_IN_ALL / inboxes.max(1)).min(MOST_SHOWN)
}

impl Shown {
    pub(super) fn new(stage: Stage, size: u64, modified: u32) -> Self {
        Self { stage, size, modified, since: Instant::now(), lacks: false }
    }

    pub(super) fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The same file under another name, or at another stage.
    pub(super) fn moved(self, stage: Stage) -> Self {
        Self { stage, since: Instant::now(), ..self }
    }

    pub(super) fn is_unfinished(&self) -> bool {
        self.stage.is_unfinished()
    }

    pub(super) fn facts(&self) -> Facts {
        let size = match &self.stage {
            Stage::Open(upload) => upload.size(),
            _ => self.size,
        };
        Facts { size, modified: self.modified }
    }
}

impl Stage {
    fn is_unfinished(&self) -> bool {
        matches!(self, Stage::Open(_) | Stage::Lying(_))
    }

    fn is_received(&self) -> bool {
        matches!(self, Stage::Received)
    }

    pub(super) fn spool_name(&self) -> Option<&str> {
        match self {
            Stage::Open(upload) => Some(&upload.spool_name),
            Stage::Lying(spool_name) | Stage::Offered(spool_name) => Some(spool_name),
            Stage::Received => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files that were received, each a second before the next, and one that lies there.
    fn files(received: u64) -> Files {
        let mut files = Files::new();
        let begun = Instant::now();
        for number in 1..=received {
            let since = begun - Duration::from_secs(received - number);
            let one = Shown { since, ..Shown::new(Stage::Received, 0, 0) };
            files.insert(format!("{:03}.edi", received - number), one);
        }
        files.insert("part.edi".to_owned(), Shown::new(Stage::Lying("1".to_owned()), 0, 0));
        files
    }

    fn names(files: &Files) -> Vec<&str> {
        files.by_name.keys().map(String::as_str).collect()
    }

    #[test]
    fn of_what_was_received_the_latest_is_shown_and_what_lies_there_always() {
        let mut files = files(9);
        files.show_less(9);
        assert_eq!(files.by_name.len(), 10);
        files.show_less(4);
        assert_eq!(names(&files), ["000.edi", "001.edi", "002.edi", "part.edi"]);
        assert_eq!(files.counts, Counts { unfinished: 1, received: 3 });
        files.show_less(4);
        assert_eq!(files.by_name.len(), 4);
        assert_eq!([0, 1, 20, 500].map(shown_of_each), [10_000, 10_000, 10_000, 400]);
    }

    #[test]
    fn what_was_received_an_hour_ago_is_shown_no_longer() {
        let mut files = files(3_700);
        files.looked_over -= LOOKED_OVER;
        files.show_less(10_000);
        assert_eq!((files.counts.received, files.by_name.len()), (3_600, 3_601));
    }

    #[test]
    fn how_many_are_at_which_stage_is_known_whatever_becomes_of_them() {
        let mut files = files(2);
        files.insert("part.edi".to_owned(), Shown::new(Stage::Lying("2".to_owned()), 0, 0));
        files.insert("other.edi".to_owned(), Shown::new(Stage::Lying("3".to_owned()), 0, 0));
        files.becomes("part.edi", Stage::Offered("2".to_owned()), 5);
        files.becomes("nobody.edi", Stage::Received, 5);
        assert_eq!((files.unfinished(), files.counts.received, files.named("2")), (1, 2, Some("part.edi")));
        files.becomes("part.edi", Stage::Received, 5);
        assert_eq!(files.counts, Counts { unfinished: 1, received: 3 });
        let one = files.remove("001.edi").unwrap();
        files.insert("000.edi".to_owned(), one.moved(Stage::Lying("4".to_owned())));
        assert_eq!(files.counts, Counts { unfinished: 2, received: 1 });
        let lying = |time| files.lying_for(Duration::from_secs(time)).into_iter().map(|(name, _)| name);
        assert_eq!(lying(0).collect::<Vec<_>>(), ["000.edi", "other.edi"]);
        assert_eq!(lying(60).count(), 0);
    }
}
