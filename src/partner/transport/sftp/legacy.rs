//! Old algorithms, which a profile has to name before they are offered.

use super::Engine;
use crate::diagnostic::suggest;

/// What an algorithm is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Agreeing on a key.
    Exchange,
    /// The server's key and ours.
    Key,
    /// Encryption.
    Cipher,
    /// Integrity.
    Mac,
}

/// An old algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Legacy {
    /// As SSH calls it.
    pub name: &'static str,
    /// What it is for.
    pub kind: Kind,
    /// Can russh do it? libssh2, as we build it, can do all but the last.
    russh: bool,
    libssh2: bool,
}

const fn of(name: &'static str, kind: Kind, russh: bool, libssh2: bool) -> Legacy {
    Legacy { name, kind, russh, libssh2 }
}

/// All old algorithms that one of the engines can do.
pub const LEGACY: [Legacy; 17] = [
    of("diffie-hellman-group1-sha1", Kind::Exchange, true, true),
    of("diffie-hellman-group14-sha1", Kind::Exchange, true, true),
    of("diffie-hellman-group-exchange-sha1", Kind::Exchange, true, true),
    of("ssh-rsa", Kind::Key, true, true),
    of("ssh-dss", Kind::Key, false, true),
    of("3des-cbc", Kind::Cipher, true, true),
    of("aes128-cbc", Kind::Cipher, true, true),
    of("aes192-cbc", Kind::Cipher, true, true),
    of("aes256-cbc", Kind::Cipher, true, true),
    of("rijndael-cbc@lysator.liu.se", Kind::Cipher, false, true),
    of("hmac-sha1", Kind::Mac, true, true),
    of("hmac-sha1-etm@openssh.com", Kind::Mac, true, true),
    of("hmac-sha1-96", Kind::Mac, false, true),
    of("hmac-md5", Kind::Mac, false, true),
    of("hmac-md5-96", Kind::Mac, false, true),
    of("hmac-ripemd160", Kind::Mac, false, true),
    of("hmac-ripemd160@openssh.com", Kind::Mac, false, true),
];

impl Legacy {
    /// The old algorithm called `name`, where the engine can do it.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence, and what to do.
    pub fn parse(name: &str, engine: Engine) -> Result<Self, (String, String)> {
        let can = |legacy: &Legacy| match engine {
            Engine::Russh => legacy.russh,
            Engine::Libssh2 => legacy.libssh2,
        };
        match LEGACY.iter().find(|legacy| legacy.name == name) {
            Some(legacy) if can(legacy) => Ok(*legacy),
            Some(_) => {
                let other = if engine == Engine::Russh { "libssh2" } else { "russh" };
                Err(("this engine cannot do".to_owned(), format!("write `engine = \"{other}\"`")))
            }
            None => {
                let known = LEGACY.iter().filter(|legacy| can(legacy)).map(|legacy| legacy.name);
                let remedy = match suggest::nearest(name, known.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("write one of {}; all others need no line", known.collect::<Vec<_>>().join(", ")),
                };
                Err(("is no old algorithm that we know".to_owned(), remedy))
            }
        }
    }
}
