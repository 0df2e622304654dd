//! Brings what came of a large upload to the disk while more comes, so that its last byte has little to wait for.

use std::fs::File;
use std::io;

use futures_util::FutureExt;
use tokio::task::JoinHandle;

/// Bytes that are brought there together.
const AT_ONCE: usize = 16 << 20;

/// What is under way to the disk.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// Bytes written since.
    waiting: usize,
    under_way: Option<Synced>,
}

/// What became of bytes on their way to the disk.
pub(super) type Synced = JoinHandle<io::Result<()>>;

impl Ahead {
    /// So many bytes more were written to `file`.
    ///
    /// # Errors
    /// When the disk did not take those before. It is told once: the file lacks something from then on.
    pub(super) fn wrote(&mut self, bytes: usize, file: &File) -> io::Result<()> {
        self.waiting += bytes;
        if self.waiting < AT_ONCE {
            return Ok(());
        }
        if let Some(under_way) = &mut self.under_way {
            // What comes faster than the disk takes it waits, and goes with what comes behind.
            let Some(synced) = under_way.now_or_never() else { return Ok(()) };
            self.under_way = None;
            synced.map_err(io::Error::other)??;
        }
        let file = file.try_clone()?;
        self.waiting = 0;
        self.under_way = Some(tokio::task::spawn_blocking(move || file.sync_data()));
        Ok(())
    }

    /// What is under way, to be waited for.
    pub(super) fn end(&mut self) -> Option<Synced> {
        self.under_way.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_disk_does_not_take_is_told() {
        let mut ahead = Ahead::default();
        // Nothing can be brought to a disk there.
        let nowhere = File::open("/dev/null").unwrap();
        ahead.wrote(AT_ONCE - 1, &nowhere).unwrap();
        assert!(ahead.end().is_none());
        ahead.wrote(1, &nowhere).unwrap();
        assert!(ahead.end().unwrap().await.unwrap().is_err());
        ahead.wrote(AT_ONCE, &nowhere).unwrap();
        while ahead.wrote(0, &nowhere).is_ok() {
            ahead.waiting = AT_ONCE;
            tokio::task::yield_now().await;
        }
        assert!(ahead.end().is_none());
        let file = File::open(std::env::current_exe().unwrap()).unwrap();
        ahead.wrote(AT_ONCE, &file).unwrap();
        assert!(ahead.end().unwrap().await.unwrap().is_ok());
    }
}
