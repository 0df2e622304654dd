//! Brings to the disk what is committed, on a thread of its own: meanwhile the next transaction is written.
//!
//! The connections run with `synchronous = NORMAL`: the database itself syncs its log only before it takes pages out of it, and
//! what is committed survives a kill, not yet a power cut. So whoever commits is answered here, behind one sync for all who
//! wait by then. The log is read from its start up to the first page that is not whole, so a sync keeps all that was committed
//! before it, by whatever process.
//!
//! A sync that fails is the last one: the system may have forgotten what it could not write, and would say of the next sync that
//! all is well. Then nothing is committed any more, and a new start finds what is there.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::log_of;
use crate::store::{Applied, StoreError};

/// Transactions, and readings, that wait for the disk at most; then who comes waits before.
const AT_MOST: usize = 64;

/// What becomes of a job.
pub(in crate::store) type Answer = Result<Vec<Applied>, StoreError>;

/// Somebody who is answered when what was committed before is on the disk.
#[derive(Debug)]
pub(in crate::store) struct Waiting {
    pub(in crate::store) applied: Vec<Applied>,
    pub(in crate::store) answer: oneshot::Sender<Answer>,
}

/// The way to the thread that syncs. Cheap to clone; the thread ends with the last clone.
#[derive(Debug, Clone)]
pub(in crate::store) struct Disk(mpsc::Sender<Vec<Waiting>>);

impl Disk {
    /// Syncs the log of the database `file`.
    pub(in crate::store) fn of(file: &Path) -> io::Result<Self> {
        let (log, mut open) = (log_of(file), None);
        Self::by(move || {
            let synced = sync(&log, &mut open);
            synced.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", log.display())))
        })
    }

    /// Syncs by what is given.
    pub(super) fn by(sync: impl FnMut() -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let (disk, waiting) = mpsc::channel(AT_MOST);
        std::thread::Builder::new().name("sync".into()).spawn(move || run(waiting, sync))?;
        Ok(Self(disk))
    }

    /// Answers them when what is committed by now is on the disk. False when nothing comes there any more.
    pub(in crate::store) async fn answer(&self, waiting: Vec<Waiting>) -> bool {
        self.0.send(waiting).await.is_ok()
    }

    /// Waits until a sync fails.
    pub(in crate::store) async fn failed(&self) {
        self.0.closed().await;
    }

    /// Waits until what is committed by now is on the disk.
    pub(in crate::store) async fn has_it(&self) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        if !self.answer(vec![Waiting { applied: Vec::new(), answer }]).await {
            return Err(StoreError::closed());
        }
        answered.await.unwrap_or_else(|_| Err(StoreError::closed())).map(|_| ())
    }
}

/// Syncs the file. It stays open: the system tells a failed write to each who has the file open, and perhaps to none who opens it
/// afterwards. What is there under its name is looked at all the same: a start finds nothing else.
fn sync(log: &Path, open: &mut Option<File>) -> io::Result<()> {
    let there = fs::metadata(log)?;
    let file = match open {
        Some(file) => file,
        None => open.insert(File::open(log)?),
    };
    let same = file.metadata()?;
    if (same.dev(), same.ino()) != (there.dev(), there.ino()) {
        return Err(io::Error::other("another file was put in its place while the gateway ran, such as from a backup"));
    }
    file.sync_data()
}

/// Syncs as long as somebody waits, or may.
fn run(mut waiting: mpsc::Receiver<Vec<Waiting>>, mut sync: impl FnMut() -> io::Result<()>) {
    while let Some(mut all) = waiting.blocking_recv() {
        while let Ok(more) = waiting.try_recv() {
            all.extend(more);
        }
        let synced = sync().map_err(|failed| StoreError::not_on_disk(&failed));
        for Waiting { applied, answer } in all {
            // Whoever asked may be gone; the commit stands.
            drop(answer.send(synced.clone().map(|()| applied)));
        }
        if let Err(failed) = synced {
            error!("{failed}");
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn committed(disk: &Disk) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        assert!(disk.answer(vec![Waiting { applied: vec![Applied::Stale], answer }]).await);
        answered
    }

    #[tokio::test]
    async fn who_committed_is_answered_behind_a_sync_that_began_later() {
        let (begun, mut begins) = mpsc::unbounded_channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let disk = Disk::by(move || {
            begun.send(()).unwrap();
            is_ready.recv().map_err(io::Error::other)
        });
        let disk = disk.unwrap();
        let mut first = committed(&disk).await;
        begins.recv().await.unwrap();
        let (mut second, third) = (committed(&disk).await, committed(&disk).await);
        assert!(first.try_recv().is_err(), "it is not on the disk yet");
        ready.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(vec![Applied::Stale]));
        begins.recv().await.unwrap();
        assert!(second.try_recv().is_err(), "the sync before began before it was committed");
        ready.send(()).unwrap();
        assert_eq!(second.await.unwrap(), Ok(vec![Applied::Stale]));
        assert_eq!(third.await.unwrap(), Ok(vec![Applied::Stale]));
        drop(disk);
        assert_eq!(begins.recv().await, None, "one sync for both");
    }

    #[test]
    fn another_file_in_the_place_of_the_log_is_no_sync() {
        let log = std::env::temp_dir().join(format!("crossdock-synced-{}", std::process::id()));
        fs::write(&log, "one").unwrap();
        let mut open = None;
        assert!(sync(&log, &mut open).is_ok());
        fs::write(&log, "longer").unwrap();
        assert!(sync(&log, &mut open).is_ok());
        let aside = log.with_extension("aside");
        fs::rename(&log, &aside).unwrap();
        assert_eq!(sync(&log, &mut open).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&log, "another").unwrap();
        assert_eq!(
            sync(&log, &mut open).unwrap_err().to_string(),
            "another file was put in its place while the gateway ran, such as from a backup"
        );
        for file in [log, aside] {
            fs::remove_file(file).unwrap();
        }
    }

    #[tokio::test]
    async fn after_a_sync_that_failed_nobody_is_told_that_all_is_well() {
        let mut syncs = 0;
        let disk = Disk::by(move || {
            syncs += 1;
            if syncs == 2 { Err(io::Error::other("Input/output error")) } else { Ok(()) }
        });
        let disk = disk.unwrap();
        assert_eq!(disk.has_it().await, Ok(()));
        let failed = disk.has_it().await.unwrap_err();
        assert_eq!(failed.cause, "Input/output error");
        disk.failed().await;
        assert_eq!(disk.has_it().await, Err(StoreError::closed()));
    }
}
