//! The partners of the demonstration: each logs in to the gateway's drop box, as one that runs elsewhere does.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::partner::Profile;
use crate::source::SourceFile;
use crate::transport::sftp::client::trust::Trusted;
use crate::transport::sftp::client::{Destination, Entry, Fault, Secrets, Visit, Why, connect, host_keys};

/// Partners with one key, and those of them that are logged in.
pub(super) struct Partners {
    drop_box: SocketAddr,
    key: String,
    /// Fingerprints of the drop box, learnt at the first login.
    host_keys: Vec<String>,
    visits: HashMap<String, Box<dyn Visit>>,
}

impl Partners {
    /// Partners who log in at `drop_box` with this private key.
    pub(super) fn new(drop_box: SocketAddr, key: String) -> Self {
        Self { drop_box, key, host_keys: Vec::new(), visits: HashMap::new() }
    }

    /// Puts a file into the inbox, under a temporary name first, as careful senders do.
    pub(super) async fn put(&mut self, partner: &str, name: &str, text: &str) -> Result<(), Fault> {
        let visit = self.visit(partner).await?;
        let temporary = format!("/inbox/{name}.tmp");
        visit.write(&temporary, Arc::new(text.as_bytes().to_vec())).await?;
        visit.rename(&temporary, &format!("/inbox/{name}")).await
    }

    /// Takes the first acknowledgment out of the outbox, into the file `to`, and answers its name.
    pub(super) async fn take_answer(&mut self, partner: &str, to: &Path) -> Result<Option<String>, Fault> {
        let visit = self.visit(partner).await?;
        let mut found: Option<Entry> = None;
        let mut see = |entry: Entry| {
            if entry.name.starts_with("997") && found.as_ref().is_none_or(|found| entry.name < found.name) {
                found = Some(entry);
            }
        };
        visit.list("/outbox", &mut see).await?;
        let Some(answer) = found else { return Ok(None) };
        let path = format!("/outbox/{}", answer.name);
        visit.read(&path, answer.size, Some(to.to_owned())).await?;
        visit.remove(&path).await?;
        Ok(Some(answer.name))
    }

    /// The session of a partner.
    async fn visit(&mut self, partner: &str) -> Result<&mut Box<dyn Visit>, Fault> {
        if !self.visits.contains_key(partner) {
            let to = self.destination(partner)?;
            if self.host_keys.is_empty() {
                let keys = host_keys(&to, &to.sftp.host).await?;
                self.host_keys = keys.into_iter().map(|key| key.fingerprint).collect();
            }
            let visit = connect(&self.destination(partner)?).await?;
            self.visits.insert(partner.to_owned(), visit);
        }
        self.visits.get_mut(partner).ok_or_else(|| nowhere(self.drop_box))
    }

    /// How a partner's own profile of us would name the drop box.
    fn destination(&self, partner: &str) -> Result<Destination, Fault> {
        let (host, port) = (self.drop_box.ip(), self.drop_box.port());
        let text = format!(
            "name = \"Us\"\nus = {{ interchange_id = \"ZZ/{partner}\" }}\nthem = {{ interchange_ids = [\"ZZ/US\"] }}\n\
             time_zone = \"UTC\"\n[transport.sftp]\nhost = \"{host}\"\nport = {port}\nuser = \"{partner}\"\nkey = \"file:key\"\n"
        );
        let file = SourceFile::new("us.toml", text);
        let profile = Profile::parse(&file, &mut Diagnostics::unlimited());
        let sftp = profile.as_ref().and_then(Profile::sftp).ok_or_else(|| nowhere(self.drop_box))?;
        let mut sftp = sftp.clone();
        sftp.host.host_keys.clone_from(&self.host_keys);
        let secrets = Secrets { key: Some(self.key.clone()), ..Secrets::default() };
        Ok(Destination { sftp, secrets, jump_secrets: Secrets::default(), trusted: Trusted::default() })
    }
}

fn nowhere(drop_box: SocketAddr) -> Fault {
    Fault::new(Why::Unreachable, format!("the drop box at {drop_box} cannot be visited"), "its address is not usable")
}
