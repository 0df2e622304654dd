//! Whom to visit with what: a profile's settings with the secrets and host keys that they refer to.

use std::path::Path;

use crate::diagnostic::cause;
use crate::partner::transport::sftp::{Host, Sftp};
use crate::partner::{Profile, Secret};
use crate::transport::sftp::client::trust::Trusted;
use crate::transport::sftp::client::{Destination, Fault, Secrets, Why};

/// The text of a secret.
///
/// # Errors
/// Why it is not there, as the end of a sentence.
pub(super) fn resolve(secret: &Secret, home: &Path) -> Result<String, String> {
    match secret {
        Secret::Environment(name) => {
            std::env::var(name).map_err(|_| format!("is not there: the environment has no `{name}`"))
        }
        Secret::File(path) => match std::fs::read_to_string(home.join(path)) {
            Ok(text) => Ok(text.trim_end_matches(['\n', '\r']).to_owned()),
            Err(error) => Err(format!("cannot be read from {path}: {}", cause(error))),
        },
    }
}

/// The destination of a profile with `[transport.sftp]`.
///
/// # Errors
/// When a secret or the trusted host keys cannot be read.
pub fn destination(home: &Path, data: &Path, profile: &Profile, sftp: &Sftp) -> Result<Destination, Fault> {
    let trusted = Trusted::read(data, &profile.short_name).map_err(|error| {
        let message = format!("the host keys trusted for {} cannot be read", profile.short_name);
        Fault::new(Why::Secret, message, cause(error))
    })?;
    let secrets = |host: &Host| {
        let read = |name: &str, secret: &Option<Secret>| match secret {
            None => Ok(None),
            Some(secret) => resolve(secret, home).map(Some).map_err(|why| {
                Fault::new(Why::Secret, format!("our {name} for {host} is not to be had"), format!("the secret {why}"))
            }),
        };
        Ok(Secrets {
            key: read("key", &host.key)?,
            passphrase: read("key's passphrase", &host.key_passphrase)?,
            password: read("password", &host.password)?,
        })
    };
    Ok(Destination {
        secrets: secrets(&sftp.host)?,
        jump_secrets: sftp.jump.as_ref().map(secrets).transpose()?.unwrap_or_default(),
        sftp: sftp.clone(),
        trusted,
    })
}
