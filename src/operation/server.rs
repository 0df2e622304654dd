//! A partner's server, as a person looks at it: its host keys, and whether all that a profile asks of it can be done. Needs no
//! gateway.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::partner::Profile;
use crate::partner::transport::sftp::{Host, Protocol, Push, Sftp, Then};
use crate::pipeline::Folders;
use crate::pipeline::destination::destination;
use crate::store::{Store, StoreError, Unit, Visiting};
use crate::transport::sftp::client::trust::{self, Trusted};
use crate::transport::sftp::client::{
    Destination, Fault, HostKey, Secrets, Visit, Why, connect, host_keys, join, moved_to,
};

/// A partner's server.
#[derive(Debug)]
pub struct Server<'a> {
    folders: Folders,
    profile: &'a Profile,
    /// How we visit it.
    pub sftp: &'a Sftp,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Such as `list /outbound`.
    pub what: String,
    /// What came of it, in words.
    pub result: Result<String, Fault>,
}

impl<'a> Server<'a> {
    /// The server of a profile that has one.
    #[must_use]
    pub fn of(home: &Path, profile: &'a Profile) -> Option<Self> {
        let home = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
        Some(Self { folders: Folders::of(&home), profile, sftp: profile.sftp()? })
    }

    /// The server on the way, where there is one, and the server itself.
    pub fn hosts(&self) -> impl Iterator<Item = &'a Host> + use<'a> {
        self.sftp.jump.iter().chain([&self.sftp.host])
    }

    /// The fingerprints that are right for a host, by the profile or by command.
    ///
    /// # Errors
    /// When those of commands cannot be read.
    pub fn trusted(&self, host: &Host) -> std::io::Result<Vec<String>> {
        Ok(Trusted::read(&self.folders.data(), &self.profile.short_name)?.of(host))
    }

    /// The host keys that a host shows. Nothing of ours is said to it.
    ///
    /// # Errors
    /// What failed.
    pub async fn keys(&self, host: &Host) -> Result<Vec<HostKey>, Fault> {
        // Behind a server on the way our secrets for that one are needed.
        let behind = self.sftp.jump.is_some() && *host == self.sftp.host;
        let to = if behind { self.destination()? } else { self.without_secrets()? };
        host_keys(&to, host).await
    }

    fn destination(&self) -> Result<Destination, Fault> {
        destination(self.folders.home(), &self.folders.data(), self.profile, self.sftp)
    }

    fn without_secrets(&self) -> Result<Destination, Fault> {
        let (secrets, jump_secrets) = (Secrets::default(), Secrets::default());
        Ok(Destination { sftp: self.sftp.clone(), secrets, jump_secrets, trusted: Trusted::default() })
    }

    /// Trusts these keys of a host, and no others of it. Answers the file that says so.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn trust(&self, host: &Host, keys: &[HostKey]) -> std::io::Result<std::path::PathBuf> {
        let (data, partner) = (self.folders.data(), &self.profile.short_name);
        Trusted::read(&data, partner)?.trust(&data, partner, host, keys)?;
        Ok(trust::file(&data, partner))
    }

    /// Says to a gateway of this home that something was mended: what waits for the server is tried now. Nothing where there
    /// is none.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub async fn mended(&self) -> Result<(), StoreError> {
        if Store::exists(&self.folders.data()) {
            let store = Store::open(&self.folders.data()).await?;
            let now = Visiting::Now(self.profile.short_name.clone(), Timestamp::now());
            store.commit_one(Unit::Visiting(Box::new(now))).await?;
        }
        Ok(())
    }

    /// Files of a folder that were picked up: name, length and time.
    async fn known(&self, folder: &str) -> HashSet<(String, u64, i64)> {
        if !Store::exists(&self.folders.data()) {
            return HashSet::new();
        }
        let rows = async { Store::open(&self.folders.data()).await?.picked_up(&self.profile.short_name, folder).await };
        // Where the record cannot be read the server can be tried all the same.
        let rows = rows.await.unwrap_or_default();
        rows.into_iter().filter(|row| row.gone_at.is_none()).map(|row| (row.name, row.size, row.modified)).collect()
    }

    /// Does all that the profile asks of the server, but takes nothing and leaves nothing there. Ends with the first step that
    /// the others need.
    pub async fn test(&self) -> Vec<Step> {
        let host = &self.sftp.host;
        let mut steps = Vec::new();
        let mut step = |what: String, result: Result<String, Fault>| {
            let went_well = result.is_ok();
            steps.push(Step { what, result });
            went_well
        };
        let connected = match self.destination() {
            Ok(to) => connect(&to).await,
            Err(fault) => Err(fault),
        };
        let through = self.sftp.jump.as_ref().map(|jump| format!(" through {jump}")).unwrap_or_default();
        let what = format!("log in to {host}{through} as {}", host.user);
        let mut visit = match connected {
            Ok(visit) => {
                step(what, Ok("done".to_owned()));
                visit
            }
            Err(fault) => {
                step(what, Err(fault));
                return steps;
            }
        };
        let by_name = self.sftp.protocol == Protocol::Scp;
        for poll in &self.sftp.poll {
            let known = self.known(&poll.folder).await;
            let (mut all, mut fit, mut before, mut odd) = (0_u64, 0_u64, 0_u64, None);
            let listed = visit
                .list(&poll.folder, &mut |entry| {
                    let takes = poll.files.iter().any(|pattern| pattern.takes(&entry.name));
                    let is_known = known.contains(&(entry.name.clone(), entry.size, entry.modified));
                    (all, fit) = (all + 1, fit + u64::from(takes && !is_known));
                    before += u64::from(takes && is_known);
                    if takes && entry.name.contains(char::REPLACEMENT_CHARACTER) {
                        odd.get_or_insert(entry.name);
                    }
                })
                .await;
            let what = if by_name { "look for the files of" } else { "list" };
            let found = match by_name {
                true => format!("{} of {} are there", fit + before, poll.files.len()),
                false if before > 0 => format!("{all} files, {fit} of them to be picked up, {before} picked up before"),
                false => format!("{all} files, {fit} of them to be picked up"),
            };
            let well = step(format!("{what} {}", poll.folder), listed.map(|()| found));
            if let (true, Some(name)) = (well, odd) {
                let path = join(&poll.folder, &name);
                step(format!("read {path}"), Err(Fault::of_name(&path)));
            }
            if let (true, Then::Move(to)) = (well, &poll.then) {
                let to = moved_to(&poll.folder, to);
                let there = look_for(visit.as_mut(), (&host.to_string(), &to), &poll.folder).await;
                step(format!("look for {to}"), there);
            }
        }
        if let (Some(push), true) = (&self.sftp.push, by_name) {
            // A probe could not be removed.
            let found = visit.list(&push.folder, &mut |_| ()).await;
            let found = found.map(|()| "it is there; whether we may write, the first file shows".to_owned());
            step(format!("look for {}", push.folder), found);
        } else if let Some(push) = &self.sftp.push {
            let name = format!("crossdock-probe-{}", Timestamp::now().as_microsecond());
            probe(visit.as_mut(), push, &name, &mut step).await;
        }
        steps
    }
}

/// Looks for the folder of a host that files are moved to.
async fn look_for(visit: &mut dyn Visit, (host, folder): (&str, &str), from: &str) -> Result<String, Fault> {
    if visit.stat(folder).await?.is_some() {
        return Ok("it is there".to_owned());
    }
    let cause = format!("files of {from} are to be moved into it");
    Err(Fault::new(Why::Missing, format!("{host} has no folder {folder}"), cause))
}

/// Writes, looks at, renames and removes a file of no meaning. All its names say that it is not finished: whoever takes
/// finished files leaves it alone.
async fn probe(
    visit: &mut dyn Visit,
    to: &Push,
    name: &str,
    step: &mut (dyn FnMut(String, Result<String, Fault>) -> bool + Send),
) {
    let bytes = Arc::new(b"A probe of Crossdock; it may be removed.\n".to_vec());
    let end = to.temporary.as_deref().unwrap_or(".tmp");
    let (mut path, renamed) =
        (join(&to.folder, &format!("{name}{end}")), join(&to.folder, &format!("{name}.probe{end}")));
    let size = bytes.len() as u64;
    let done = |()| "done".to_owned();
    if !step(format!("write {path}"), visit.write(&path, bytes).await.map(done)) {
        return;
    }
    let looked = visit.stat(&path).await.map(|there| match there {
        Some(there) if there.size == size => "whole".to_owned(),
        Some(there) => format!("{} of {size} bytes are there", there.size),
        None => "it is gone: somebody takes files under temporary names".to_owned(),
    });
    step(format!("look at {path}"), looked);
    if to.temporary.is_some() && step(format!("rename {path}"), visit.rename(&path, &renamed).await.map(done)) {
        path = renamed;
    }
    step(format!("remove {path}"), visit.remove(&path).await.map(done));
}
