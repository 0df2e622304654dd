//! Puts a file on a partner's server: under a temporary name, looked at, renamed; never over another file. By steps, so that it
//! can be noted between them how far it came: whom it is for may take it as soon as it is renamed.

use std::sync::Arc;

use super::goods::sha256_of_first;
use super::{Entry, Fault, Goods, Visit, Why, join};
use crate::partner::transport::sftp::Push;
use crate::transport::folder::Put;

/// Writes `goods`, to be renamed to `name`: `None`. What is there already under that name, or is written under it where the
/// server has no temporary names, is not renamed. A file of that name with the same content counts as put; another one is left
/// alone. An attempt before this one `perhaps` wrote it there whole: what is not there then is [`Why::Gone`].
///
/// # Errors
/// What failed; then the file is not there under its name, or it is there whole.
pub async fn write(
    visit: &mut dyn Visit,
    to: &Push,
    name: &str,
    goods: Arc<dyn Goods>,
    perhaps: bool,
) -> Result<Option<Put>, Fault> {
    let path = join(&to.folder, name);
    let size = goods.size();
    match what_lies(visit, &path, name, &goods).await? {
        Some(Lies::Whole) => return Ok(Some(Put::There)),
        // Without a temporary name an attempt of ours that broke off leaves the beginning.
        Some(Lies::Begun) if to.temporary.is_none() => {}
        Some(_) => return Ok(Some(Put::Differs)),
        None if perhaps && to.temporary.is_none() => {
            return Err(gone(&path, "how an attempt to write it there ended was not heard"));
        }
        None => {}
    }
    let Some(temporary) = temporary(to, name) else {
        // What is not what was kept is told behind its last byte: it is not to lie there under its name by then.
        sha256_of_first(&goods, name, size).await?;
        visit.write(&path, goods).await?;
        // Whom it is for may have taken it by now.
        return match visit.stat(&path).await.map_err(done)? {
            None => Ok(Some(Put::Written)),
            Some(there) => is_whole(&there, &path, size).map(|()| Some(Put::Written)),
        };
    };
    // Under this name it is nothing yet.
    visit.write(&temporary, goods).await.map_err(|fault| Fault { perhaps_done: false, ..fault })?;
    match visit.stat(&temporary).await? {
        None => Err(gone(&temporary, "it was written there, and before it was renamed it was not there any more")),
        Some(there) => is_whole(&there, &temporary, size).map(|()| None),
    }
}

/// Renames what was written to `name`. It goes over no other file, also where that came while ours was written.
///
/// # Errors
/// What failed; the file has its temporary name still, unless it is renamed, [perhaps](Fault::perhaps_done).
pub async fn rename(visit: &mut dyn Visit, to: &Push, name: &str, goods: &Arc<dyn Goods>) -> Result<Put, Fault> {
    let (path, Some(temporary)) = (join(&to.folder, name), temporary(to, name)) else { return Ok(Put::Written) };
    let mut lies = what_lies(visit, &path, name, goods).await?;
    if lies.is_none() {
        let renamed = visit.rename(&temporary, &path).await.map_err(Fault::perhaps_done);
        if let Err(fault @ Fault { perhaps_done: true, .. }) = renamed {
            return Err(fault);
        }
        // There are servers that say yes and do nothing, and such as say no and have done it.
        match (renamed, visit.stat(&temporary).await.map_err(done)?) {
            (Ok(()), None) => return Ok(Put::Written),
            (Ok(()), Some(_)) => {
                let message = format!("{temporary} was not renamed to {path}");
                let cause = "the server says that it was, and still has it under its old name";
                return Err(Fault::new(Why::Refused, message, cause));
            }
            (Err(fault), None) => return Err(done(fault)),
            // Another one may have come in this very moment.
            (Err(fault), Some(_)) => {
                lies = what_lies(visit, &path, name, goods).await?;
                if lies.is_none() {
                    return Err(fault);
                }
            }
        }
    }
    if lies != Some(Lies::Whole) {
        return Ok(Put::Differs);
    }
    // Whether that can be removed or not: the file is there.
    drop(visit.remove(&temporary).await);
    Ok(Put::There)
}

/// What failed behind what was asked for, which is done.
fn done(fault: Fault) -> Fault {
    Fault { perhaps_done: true, ..fault }
}

/// What lies where a file is to be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lies {
    /// The same file.
    Whole,
    /// The beginning of it.
    Begun,
    Another,
}

/// What lies under `path`, where `goods` are to be put as `name`?
async fn what_lies(
    visit: &mut dyn Visit,
    path: &str,
    name: &str,
    goods: &Arc<dyn Goods>,
) -> Result<Option<Lies>, Fault> {
    let Some(there) = visit.stat(path).await? else { return Ok(None) };
    let same = there.size <= goods.size()
        && visit.read(path, there.size, None).await? == sha256_of_first(goods, name, there.size).await?;
    Ok(Some(match same {
        true if there.size == goods.size() => Lies::Whole,
        true => Lies::Begun,
        false => Lies::Another,
    }))
}

/// Puts an empty file behind `name` that says that it is finished.
///
/// # Errors
/// What failed.
pub async fn done_file(visit: &mut dyn Visit, to: &Push, name: &str, end: &str) -> Result<(), Fault> {
    // The file itself is there, whatever becomes of this one.
    visit.write(&join(&to.folder, &format!("{name}{end}")), Arc::<Vec<u8>>::default()).await.map_err(done)
}

/// Is there a file under `name`, and one under its temporary name?
///
/// # Errors
/// What failed; and where there is neither, nor a folder for them: that says nothing of what was put there.
pub async fn there(visit: &mut dyn Visit, to: &Push, name: &str) -> Result<(bool, bool), Fault> {
    let Some(temporary) = temporary(to, name) else { return Ok((false, true)) };
    let is_there = visit.stat(&join(&to.folder, name)).await?.is_some();
    let both = (is_there, visit.stat(&temporary).await?.is_some());
    if both == (false, false) && visit.stat(&to.folder).await?.is_none() {
        let cause = format!("whether {name} was taken out of it cannot be seen");
        return Err(Fault::new(Why::Missing, format!("the folder {} is not there", to.folder), cause));
    }
    Ok(both)
}

/// The path that `name` has while it is written, where it has one of its own.
#[must_use]
pub fn temporary(to: &Push, name: &str) -> Option<String> {
    to.temporary.as_ref().map(|end| join(&to.folder, &format!("{name}{end}")))
}

/// Is the file as long as what was written?
fn is_whole(there: &Entry, path: &str, size: u64) -> Result<(), Fault> {
    if there.size == size {
        return Ok(());
    }
    let cause = format!("{size} bytes were written, it has {} bytes there", there.size);
    Err(Fault::new(Why::NotArrived, format!("{path} did not arrive whole"), cause))
}

fn gone(path: &str, cause: &str) -> Fault {
    Fault::new(Why::Gone, format!("{path} is gone, and may have been taken"), cause)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use super::there;
    use crate::partner::transport::sftp::Push;
    use crate::transport::sftp::client::{Doing, Entry, Goods, Visit, Why};

    /// A server that has this path and nothing else.
    struct Only(&'static str);

    impl Visit for Only {
        fn list<'a>(&'a mut self, _: &'a str, _: &'a mut (dyn FnMut(Entry) + Send)) -> Doing<'a, ()> {
            unreachable!()
        }

        fn read<'a>(&'a mut self, _: &'a str, _: u64, _: Option<PathBuf>) -> Doing<'a, [u8; 32]> {
            unreachable!()
        }

        fn write<'a>(&'a mut self, _: &'a str, _: Arc<dyn Goods>) -> Doing<'a, ()> {
            unreachable!()
        }

        fn stat<'a>(&'a mut self, path: &'a str) -> Doing<'a, Option<Entry>> {
            let there = (path == self.0).then(|| Entry { name: path.to_owned(), size: 0, modified: 0 });
            Box::pin(async { Ok(there) })
        }

        fn rename<'a>(&'a mut self, _: &'a str, _: &'a str) -> Doing<'a, ()> {
            unreachable!()
        }

        fn remove<'a>(&'a mut self, _: &'a str) -> Doing<'a, ()> {
            unreachable!()
        }
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_says_nothing_of_its_files() {
        let to = Push { folder: "/in".to_owned(), temporary: Some(".tmp".to_owned()), retry_for: Duration::ZERO };
        for (path, expected) in
            [("/in", Ok((false, false))), ("/in/a.edi.tmp", Ok((false, true))), ("/", Err(Why::Missing))]
        {
            let found = there(&mut Only(path), &to, "a.edi").await;
            assert_eq!(found.map_err(|fault| fault.why), expected, "{path}");
        }
    }
}
