//! Puts a file on a partner's server: under a temporary name, looked at, renamed; never over another file.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Entry, Fault, Visit, Why, join};
use crate::partner::transport::sftp::Push;
use crate::transport::folder::Put;

/// Puts `bytes` as `name`, and behind it an empty file that says that it is finished where one is wanted. A file of that
/// name with the same content counts as put; another one is left alone.
///
/// # Errors
/// What failed; then the file is not there under its name, or it is there whole.
pub async fn push(
    visit: &mut dyn Visit,
    to: &Push,
    name: &str,
    bytes: Arc<Vec<u8>>,
    done_file: Option<&str>,
) -> Result<Put, Fault> {
    let put = put(visit, to, name, bytes).await?;
    if let (Some(end), Put::Written | Put::There) = (done_file, put) {
        let done = join(&to.folder, &format!("{name}{end}"));
        visit.write(&done, Arc::default()).await?;
    }
    Ok(put)
}

async fn put(visit: &mut dyn Visit, to: &Push, name: &str, bytes: Arc<Vec<u8>>) -> Result<Put, Fault> {
    let path = join(&to.folder, name);
    let size = bytes.len() as u64;
    if let Some(there) = visit.stat(&path).await? {
        let ours = usize::try_from(there.size).ok().and_then(|length| bytes.get(..length));
        let same = match ours {
            Some(ours) => visit.read(&path, there.size, None).await? == <[u8; 32]>::from(Sha256::digest(ours)),
            None => false,
        };
        match same {
            true if there.size == size => return Ok(Put::There),
            // Without a temporary name an attempt of ours that broke off leaves the beginning.
            true if to.temporary.is_none() => {}
            _ => return Ok(Put::Differs),
        }
    }
    let Some(end) = &to.temporary else {
        visit.write(&path, bytes).await?;
        // Whom it is for may have taken it by now.
        return match visit.stat(&path).await? {
            None => Ok(Put::Written),
            there => is_whole(there, &path, size),
        };
    };
    let temporary = join(&to.folder, &format!("{name}{end}"));
    visit.write(&temporary, bytes).await?;
    is_whole(visit.stat(&temporary).await?, &temporary, size)?;
    visit.rename(&temporary, &path).await?;
    Ok(Put::Written)
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
