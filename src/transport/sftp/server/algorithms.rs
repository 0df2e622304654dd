//! Which algorithms are offered: those that nobody warns of as broken, and old ones by name.

use std::borrow::Cow;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, cipher, compression, kex, mac};

const KEX: [kex::Name; 7] = [
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::DH_G16_SHA512,
    kex::DH_G18_SHA512,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];
const CIPHERS: [cipher::Name; 6] = [
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_GCM,
    cipher::AES_128_GCM,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];
const MACS: [mac::Name; 4] = [mac::HMAC_SHA512_ETM, mac::HMAC_SHA256_ETM, mac::HMAC_SHA512, mac::HMAC_SHA256];

const OLD_KEX: [kex::Name; 8] = [
    kex::DH_G14_SHA256,
    kex::DH_GEX_SHA256,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_G14_SHA1,
    kex::DH_GEX_SHA1,
    kex::DH_G1_SHA1,
];
const OLD_CIPHERS: [cipher::Name; 4] =
    [cipher::AES_256_CBC, cipher::AES_192_CBC, cipher::AES_128_CBC, cipher::TRIPLE_DES_CBC];
const OLD_MACS: [mac::Name; 2] = [mac::HMAC_SHA1_ETM, mac::HMAC_SHA1];
/// Signatures with SHA-1.
const SSH_RSA: &str = "ssh-rsa";

/// The names of old algorithms that can be asked for.
#[must_use]
pub fn old_algorithms() -> Vec<String> {
    let kex = OLD_KEX.iter().map(AsRef::as_ref);
    let names = kex.chain(OLD_CIPHERS.iter().map(AsRef::as_ref)).chain(OLD_MACS.iter().map(AsRef::as_ref));
    names.chain([SSH_RSA]).map(str::to_owned).collect()
}

/// What is offered, with these old ones behind the others.
pub(super) fn preferred(old: &[String]) -> Preferred {
    let asked = |name: &dyn AsRef<str>| old.iter().any(|old| old == name.as_ref());
    let mut kex = KEX.to_vec();
    kex.splice(5..5, OLD_KEX.into_iter().filter(|name| asked(name)));
    let mut ciphers = CIPHERS.to_vec();
    ciphers.extend(OLD_CIPHERS.into_iter().filter(|name| asked(name)));
    let mut macs = MACS.to_vec();
    macs.extend(OLD_MACS.into_iter().filter(|name| asked(name)));
    let curves = [EcdsaCurve::NistP256, EcdsaCurve::NistP384, EcdsaCurve::NistP521];
    let rsa = |hash| Algorithm::Rsa { hash };
    let mut keys = vec![Algorithm::Ed25519, rsa(Some(HashAlg::Sha512)), rsa(Some(HashAlg::Sha256))];
    // We have no such host key; partners may.
    keys.extend(curves.map(|curve| Algorithm::Ecdsa { curve }));
    keys.extend(asked(&SSH_RSA).then_some(rsa(None)));
    Preferred {
        kex: Cow::Owned(kex),
        key: Cow::Owned(keys),
        cipher: Cow::Owned(ciphers),
        mac: Cow::Owned(macs),
        // Least to go wrong before a login; EDI files are small.
        compression: Cow::Borrowed(&[compression::NONE]),
        ..Preferred::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::{old_algorithms, preferred};

    #[test]
    fn nothing_old_is_offered_unless_it_is_asked_for() {
        let modern = preferred(&[]);
        assert_eq!((modern.kex.len(), modern.cipher.len(), modern.mac.len(), modern.key.len()), (7, 6, 4, 6));
        let old = preferred(&old_algorithms());
        assert_eq!((old.kex.len(), old.cipher.len(), old.mac.len(), old.key.len()), (15, 10, 6, 7));
        assert_eq!(old.kex[..5], modern.kex[..5], "old ones stand behind");
    }
}
