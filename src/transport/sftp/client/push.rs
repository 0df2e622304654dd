//! Puts a file on a partner's server: under a temporary name, looked at, renamed; never over another file. By steps, so that it
//! can be noted between them how far it came: whom it is for may take it as soon as it is renamed.

use std::sync::Arc;

use super::goods::sha256_of_first;
use super::{Entry, Fault, Goods, Visit, Why, join};
use crate::partner::transport::sftp::Push;
use crate::transport::folder::Put;

/// Writes `goods`, to be renamed to `name`: `None`. What is there already under that name, or is written under it where the
/// server has no temporary names, is not renamed. A file of that name with the same content counts as put; another one is left
/// alone.
///
/// # Errors
/// What failed; then the file is not there under its name, or it is there whole.
pub async fn write(visit: &mut dyn Visit, to: &Push, name: &str, goods: Arc<dyn Goods>) -> Result<Option<Put>, Fault> {
    let path = join(&to.folder, name);
    let size = goods.size();
    if let Some(there) = visit.stat(&path).await? {
        let same = there.size <= size
            && visit.read(&path, there.size, None).await? == sha256_of_first(&goods, name, there.size).await?;
        match same {
            true if there.size == size => return Ok(Some(Put::There)),
            // Without a temporary name an attempt of ours that broke off leaves the beginning.
            true if to.temporary.is_none() => {}
            _ => return Ok(Some(Put::Differs)),
        }
    }
    let Some(temporary) = temporary(to, name) else {
        // What is not what was kept is told behind its last byte: it is not to lie there under its name by then.
        sha256_of_first(&goods, name, size).await?;
        visit.write(&path, goods).await.map_err(Fault::perhaps_done)?;
        // Whom it is for may have taken it by now.
        return match visit.stat(&path).await.map_err(done)? {
            None => Ok(Some(Put::Written)),
            there => is_whole(there, &path, size).map(|()| Some(Put::Written)),
        };
    };
    visit.write(&temporary, goods).await?;
    is_whole(visit.stat(&temporary).await?, &temporary, size)?;
    Ok(None)
}

/// Renames what was written to `name`.
///
/// # Errors
/// What failed; the file has its temporary name still, unless it is renamed, [perhaps](Fault::perhaps_done).
pub async fn rename(visit: &mut dyn Visit, to: &Push, name: &str) -> Result<Put, Fault> {
    let (path, Some(temporary)) = (join(&to.folder, name), temporary(to, name)) else { return Ok(Put::Written) };
    let renamed = visit.rename(&temporary, &path).await.map_err(Fault::perhaps_done);
    if let Err(fault @ Fault { perhaps_done: true, .. }) = renamed {
        return Err(fault);
    }
    // There are servers that say yes and do nothing, and such as say no and have done it.
    match (renamed, visit.stat(&temporary).await.map_err(done)?) {
        (Ok(()), None) => Ok(Put::Written),
        (Ok(()), Some(_)) => {
            let message = format!("{temporary} was not renamed to {path}");
            Err(Fault::new(Why::Refused, message, "the server says that it was, and still has it under its old name"))
        }
        (Err(fault), None) => Err(done(fault)),
        (Err(fault), Some(_)) => Err(fault),
    }
}

/// What failed behind what was asked for, which is done.
fn done(fault: Fault) -> Fault {
    Fault { perhaps_done: true, ..fault }
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
/// What failed.
pub async fn there(visit: &mut dyn Visit, to: &Push, name: &str) -> Result<(bool, bool), Fault> {
    let Some(temporary) = temporary(to, name) else { return Ok((false, true)) };
    let is_there = visit.stat(&join(&to.folder, name)).await?.is_some();
    Ok((is_there, visit.stat(&temporary).await?.is_some()))
}

/// The path that `name` has while it is written, where it has one of its own.
#[must_use]
pub fn temporary(to: &Push, name: &str) -> Option<String> {
    to.temporary.as_ref().map(|end| join(&to.folder, &format!("{name}{end}")))
}

/// Is the file as long as what was written?
fn is_whole(there: Option<Entry>, path: &str, size: u64) -> Result<(), Fault> {
    match there {
        Some(there) if there.size == size => Ok(()),
        there => {
            let found =
                there.map_or_else(|| "it is gone".to_owned(), |there| format!("it has {} bytes there", there.size));
            let message = format!("{path} did not arrive whole");
            Err(Fault::new(Why::NotWhole, message, format!("{size} bytes were written, {found}")))
        }
    }
}
