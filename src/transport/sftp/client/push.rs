//! Puts a file on a partner's server: under a temporary name, looked at, renamed; never over another file.

use std::sync::Arc;

use super::goods::sha256_of_first;
use super::{Entry, Fault, Goods, Visit, Why, join};
use crate::partner::transport::sftp::Push;
use crate::transport::folder::Put;

/// Puts `goods` as `name`, and behind it an empty file that says that it is finished where one is wanted. A file of that
/// name with the same content counts as put; another one is left alone.
///
/// # Errors
/// What failed; then the file is not there under its name, or it is there whole.
pub async fn push(
    visit: &mut dyn Visit,
    to: &Push,
    name: &str,
    goods: Arc<dyn Goods>,
    done_file: Option<&str>,
) -> Result<Put, Fault> {
    let put = put(visit, to, name, goods).await?;
    if let (Some(end), Put::Written | Put::There) = (done_file, put) {
        let done = join(&to.folder, &format!("{name}{end}"));
        let written = visit.write(&done, Arc::<Vec<u8>>::default()).await;
        written.map_err(|fault| Fault { perhaps_done: true, ..fault })?;
    }
    Ok(put)
}

async fn put(visit: &mut dyn Visit, to: &Push, name: &str, goods: Arc<dyn Goods>) -> Result<Put, Fault> {
    let path = join(&to.folder, name);
    let size = goods.size();
    if let Some(there) = visit.stat(&path).await? {
        let same = there.size <= size
            && visit.read(&path, there.size, None).await? == sha256_of_first(&goods, name, there.size).await?;
        match same {
            true if there.size == size => return Ok(Put::There),
            // Without a temporary name an attempt of ours that broke off leaves the beginning.
            true if to.temporary.is_none() => {}
            _ => return Ok(Put::Differs),
        }
    }
    let Some(end) = &to.temporary else {
        // What is not what was kept is told behind its last byte: it is not to lie there under its name by then.
        sha256_of_first(&goods, name, size).await?;
        visit.write(&path, goods).await.map_err(Fault::perhaps_done)?;
        // Whom it is for may have taken it by now.
        return match visit.stat(&path).await.map_err(Fault::perhaps_done)? {
            None => Ok(Put::Written),
            there => is_whole(there, &path, size),
        };
    };
    let temporary = join(&to.folder, &format!("{name}{end}"));
    visit.write(&temporary, goods).await?;
    is_whole(visit.stat(&temporary).await?, &temporary, size)?;
    visit.rename(&temporary, &path).await.map_err(Fault::perhaps_done)?;
    // There are servers that say yes and do nothing.
    match visit.stat(&temporary).await.map_err(Fault::perhaps_done)? {
        None => Ok(Put::Written),
        Some(_) => {
            let message = format!("{temporary} was not renamed to {path}");
            Err(Fault::new(Why::Refused, message, "the server says that it was, and still has it under its old name"))
        }
    }
}

/// Is the file as long as what was written?
fn is_whole(there: Option<Entry>, path: &str, size: u64) -> Result<Put, Fault> {
    match there {
        Some(there) if there.size == size => Ok(Put::Written),
        there => {
            let found =
                there.map_or_else(|| "it is gone".to_owned(), |there| format!("it has {} bytes there", there.size));
            let message = format!("{path} did not arrive whole");
            Err(Fault::new(Why::NotWhole, message, format!("{size} bytes were written, {found}")))
        }
    }
}
