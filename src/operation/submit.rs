//! Takes a file of the ERP and works on it at once.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{Session, payload};
use crate::diagnostic::cause;
use crate::pipeline::ERP;
use crate::pipeline::intake::Mailbox;
use crate::store::{Applied, Audit, INLINE_BYTES, Kept, NewPayload, Payload, StoreError, Unit, digest};
use crate::transport::folder::{put, spool_name};

/// Records a file of the ERP, for this partner where one is named, and works on it. `audit` says who brought
/// it.
///
/// # Errors
/// When the store cannot be used. What was recorded by then is worked on by the gateway.
pub async fn submit(
    session: &Session,
    file_name: String,
    bytes: Vec<u8>,
    partner: Option<String>,
    audit: Audit,
) -> Result<Payload, StoreError> {
    let key = format!("{:014x}{:08x}", audit.at.as_microsecond(), std::process::id());
    let spool_name = spool_name(&key, &Mailbox::of_erp(partner.clone()).spool_part(), &plain(&file_name));
    let unit = Unit::Receive(NewPayload {
        direction: "out",
        mailbox: ERP.to_owned(),
        partner,
        file_name,
        content: content(session, &spool_name, &bytes)?,
        spool_name: Some(spool_name),
        broken_off: false,
        received_at: Timestamp::now(),
    });
    let Applied::Done(id) = session.store.commit_one(unit).await? else {
        return Err(StoreError {
            message: "the file was not recorded".to_owned(),
            cause: "the store did not take it".to_owned(),
            remedy: "submit it again",
        });
    };
    session.store.commit_one(Unit::Note(format!("payload {id}"), audit)).await?;
    payload::work_on(session, id).await
}

/// Large contents lie in the spool, as those that came by a folder do.
fn content(session: &Session, spool_name: &str, bytes: &[u8]) -> Result<Kept, StoreError> {
    if bytes.len() as u64 <= INLINE_BYTES {
        return Ok(Kept::inline(bytes));
    }
    let spool = session.folders.spool();
    let written = std::fs::create_dir_all(&spool).and_then(|()| put(&spool, spool_name, bytes));
    written.map_err(|error| StoreError {
        message: format!("{} cannot be written", spool.join(spool_name).display()),
        cause: cause(error),
        remedy: "check that there is room on the disk and that data/spool may be written, then submit it again",
    })?;
    let path = PathBuf::from("spool").join(spool_name);
    Ok(Kept::file(path, bytes.len() as u64, digest(bytes)))
}

/// A file name that stands within a name in the spool.
fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    name.chars().take(120).map(plain).collect()
}
