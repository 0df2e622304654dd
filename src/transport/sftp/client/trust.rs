//! Host keys that a person said are right. They stand in the profile, or, for a server that has none there, in
//! `data/trusted-hosts/PARTNER`: a line `HOST:PORT TYPE FINGERPRINT` for each key. Only `crossdock partner trust` writes it.

use std::io;
use std::path::{Path, PathBuf};

use super::HostKey;
use crate::partner::transport::sftp::Host;
use crate::transport::folder::sync_folder;

/// The file of a partner.
#[must_use]
pub fn file(data: &Path, partner: &str) -> PathBuf {
    data.join("trusted-hosts").join(partner)
}

/// The host keys that were trusted by command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted {
    lines: Vec<(String, HostKey)>,
}

impl Trusted {
    /// Those of a partner; none where the file is not there.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(data: &Path, partner: &str) -> io::Result<Self> {
        let text = match std::fs::read_to_string(file(data, partner)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let line = |line: &str| {
            let mut words = line.split_whitespace().map(str::to_owned);
            Some((words.next()?, HostKey { algorithm: words.next()?, fingerprint: words.next()? }))
        };
        Ok(Self { lines: text.lines().filter(|line| !line.starts_with('#')).filter_map(line).collect() })
    }

    /// The fingerprints that are right for a host: those of its profile, else those that were trusted by command.
    #[must_use]
    pub fn of(&self, host: &Host) -> Vec<String> {
        if !host.host_keys.is_empty() {
            return host.host_keys.clone();
        }
        let name = host.to_string();
        self.lines.iter().filter(|(of, _)| *of == name).map(|(_, key)| key.fingerprint.clone()).collect()
    }

    /// Trusts these keys of a host, and no others of it any more.
    ///
    /// # Errors
    /// When the file cannot be written; then the old one stands.
    pub fn trust(&mut self, data: &Path, partner: &str, host: &Host, keys: &[HostKey]) -> io::Result<()> {
        let name = host.to_string();
        self.lines.retain(|(of, _)| *of != name);
        self.lines.extend(keys.iter().map(|key| (name.clone(), key.clone())));
        let mut text = "# Host keys that a person said are right: `crossdock partner trust`.\n".to_owned();
        for (of, key) in &self.lines {
            text.push_str(&format!("{of} {} {}\n", key.algorithm, key.fingerprint));
        }
        let file = file(data, partner);
        let folder = file.parent().unwrap_or(data);
        std::fs::create_dir_all(folder)?;
        let temporary = folder.join(format!(".{partner}.tmp"));
        std::fs::write(&temporary, text)?;
        std::fs::File::open(&temporary)?.sync_all()?;
        std::fs::rename(temporary, &file)?;
        sync_folder(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::Trusted;
    use crate::partner::transport::sftp::Host;
    use crate::transport::sftp::client::HostKey;

    #[test]
    fn keys_of_a_host_are_kept_and_replaced_and_the_profile_goes_first() {
        let data = std::env::temp_dir().join(format!("crossdock-trust-{}", std::process::id()));
        let host = |name: &str, host_keys: &[&str]| Host {
            name: name.to_owned(),
            port: 22,
            user: "acme".to_owned(),
            key: None,
            key_passphrase: None,
            password: None,
            host_keys: host_keys.iter().map(|key| (*key).to_owned()).collect(),
        };
        let key = |text: &str| HostKey { algorithm: "ssh-ed25519".to_owned(), fingerprint: text.to_owned() };
        let mut trusted = Trusted::read(&data, "harbor").unwrap();
        assert_eq!(trusted, Trusted::default());
        trusted.trust(&data, "harbor", &host("one", &[]), &[key("SHA256:a"), key("SHA256:b")]).unwrap();
        trusted.trust(&data, "harbor", &host("two", &[]), &[key("SHA256:c")]).unwrap();
        trusted.trust(&data, "harbor", &host("two", &[]), &[key("SHA256:d")]).unwrap();
        let trusted = Trusted::read(&data, "harbor").unwrap();
        assert_eq!(trusted.of(&host("one", &[])), ["SHA256:a", "SHA256:b"]);
        assert_eq!(trusted.of(&host("two", &[])), ["SHA256:d"]);
        assert_eq!(trusted.of(&host("two", &["SHA256:p"])), ["SHA256:p"], "the profile's go first");
        assert!(trusted.of(&host("three", &[])).is_empty());
        std::fs::remove_dir_all(data).unwrap();
    }
}
