//! Takes a file of the ERP and has it worked on at once: by the gateway where one runs, by the mappings and profiles that it has in
//! force, as what is dropped into its folder; else here.

use std::path::Path;

use jiff::Timestamp;

use super::{Session, payload};
use crate::diagnostic::cause;
use crate::pipeline::ERP;
use crate::pipeline::intake::Mailbox;
use crate::store::{Applied, Audit, INLINE_BYTES, Kept, NewPayload, Payload, StoreError, Unit, digest};
use crate::transport::folder::{put, spool_name, sync_folder};

/// Records a file of the ERP, for this partner where one is named, and has it worked on. `audit` says who brought it, and
/// `gateway_runs` whether one does on this home: it is left to that, so that not two see it wait.
///
/// # Errors
/// When the store cannot be used. What was recorded by then is worked on by the gateway.
pub async fn submit(
    session: &Session,
    file_name: String,
    bytes: Vec<u8>,
    partner: Option<String>,
    audit: Audit,
    gateway_runs: impl Fn() -> bool,
) -> Result<Payload, StoreError> {
    let key = format!("{:014x}{:08x}", audit.at.as_microsecond(), std::process::id());
    let spool_name = spool_name(&key, &Mailbox::of_erp(partner.clone()).spool_part(), &plain(&file_name));
    let kept = session.folders.submissions().join(&spool_name);
    let unit = Unit::Receive(NewPayload {
        direction: "out",
        mailbox: ERP.to_owned(),
        partner,
        file_name,
        content: content(session, &kept, &bytes)?,
        spool_name: Some(spool_name.clone()),
        broken_off: false,
        received_at: Timestamp::now(),
    });
    let received = session.store.commit_one(unit).await;
    if received.is_err() && session.store.spooled(&spool_name).await == Ok(None) {
        // Who tries again brings another one.
        drop(std::fs::remove_file(kept));
    }
    let Applied::Done(id) = received? else {
        return Err(StoreError {
            message: "the file was not recorded".to_owned(),
            cause: "the store did not take it".to_owned(),
            remedy: "submit it again",
        });
    };
    session.store.commit_one(Unit::Note(format!("payload {id}"), audit)).await?;
    payload::work_on(session, id, gateway_runs).await
}

/// Large contents lie in the spool, as those that came by a folder do; apart, for nothing is taken there by itself: a submission
/// that failed is made again, or not, by whoever heard that it failed.
fn content(session: &Session, kept: &Path, bytes: &[u8]) -> Result<Kept, StoreError> {
    if bytes.len() as u64 <= INLINE_BYTES {
        return Ok(Kept::inline(bytes));
    }
    let (folder, name) = (session.folders.submissions(), kept.file_name().unwrap_or_default().to_string_lossy());
    let written = std::fs::create_dir_all(&folder).and_then(|()| put(&folder, &name, bytes));
    let written = written.and_then(|_| sync_folder(&session.folders.spool()));
    written.map_err(|error| StoreError {
        message: format!("{} cannot be written", kept.display()),
        cause: cause(error),
        remedy: "check that there is room on the disk and that data/spool may be written, then submit it again",
    })?;
    let path = kept.strip_prefix(session.folders.data()).unwrap_or(kept).to_owned();
    Ok(Kept::file(path, bytes.len() as u64, digest(bytes)))
}

/// A file name that stands within a name in the spool.
fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    name.chars().take(120).map(plain).collect()
}
