//! The keys by which partners know our drop box: made at the first start, kept beside the record.
//!
//! `data/host-keys` holds `ed25519` and `rsa` in OpenSSH's form, each with its `.pub`. There are two, so that one can be changed
//! while partners who know the other one still come in. Our SSH library does not announce keys to come
//! (`hostkeys-00@openssh.com`): partners are told by other means.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use russh::keys::PrivateKey;
use russh::keys::key::safe_rng;
use russh::keys::ssh_key::private::{KeypairData, RsaKeypair};
use russh::keys::ssh_key::{self, LineEnding};

use super::super::new_key;

/// Bits of the RSA key that is made.
const RSA_BITS: usize = 3_072;
const COMMENT: &str = "crossdock host key";
/// Only the gateway reads them.
const MODE: u32 = 0o600;

/// Reads the host keys of a folder, those that are offered first before the others; makes what is missing.
pub(super) fn host_keys(folder: &Path) -> io::Result<Vec<PrivateKey>> {
    fs::create_dir_all(folder)?;
    ["ed25519", "rsa"].into_iter().map(|name| host_key(folder, name)).collect()
}

fn host_key(folder: &Path, name: &str) -> io::Result<PrivateKey> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => PrivateKey::from_openssh(text).map_err(|error| wrong(&path, &error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = make(name).map_err(|error| wrong(&path, &error))?;
            let text = key.to_openssh(LineEnding::LF).map_err(|error| wrong(&path, &error))?;
            let public = key.public_key().to_openssh().map_err(|error| wrong(&path, &error))?;
            fs::write(folder.join(format!("{name}.pub")), format!("{public}\n"))?;
            // Under its name it is whole or not there.
            let temporary = folder.join(format!(".{name}.tmp"));
            let mut file =
                fs::OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(&temporary)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            fs::File::open(folder)?.sync_all()?;
            Ok(key)
        }
        Err(error) => Err(error),
    }
}

fn make(name: &str) -> ssh_key::Result<PrivateKey> {
    match name {
        "rsa" => PrivateKey::new(KeypairData::Rsa(RsaKeypair::random(&mut safe_rng(), RSA_BITS)?), COMMENT),
        _ => new_key(COMMENT),
    }
}

fn wrong(path: &Path, error: &ssh_key::Error) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn host_keys_are_made_once_for_us_alone() {
        let folder = std::env::temp_dir().join(format!("crossdock-host-keys-{}", std::process::id()));
        let first = host_keys(&folder).unwrap();
        let again = host_keys(&folder).unwrap();
        let public = |keys: &[PrivateKey]| keys.iter().map(|key| key.public_key().clone()).collect::<Vec<_>>();
        assert_eq!((public(&first), first.len()), (public(&again), 2));
        for name in ["ed25519", "rsa"] {
            assert_eq!(fs::metadata(folder.join(name)).unwrap().mode() & 0o777, MODE);
            assert!(folder.join(format!("{name}.pub")).exists());
        }
        fs::write(folder.join("rsa"), "no key").unwrap();
        assert!(host_keys(&folder).is_err(), "a key that cannot be read is never written over");
        fs::remove_dir_all(folder).unwrap();
    }
}
