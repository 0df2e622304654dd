//! What is put onto a server: read from where it lies, piece by piece, as often as it is needed; never held whole.

use std::io::{self, Read};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Fault, Why};
use crate::diagnostic::cause;

/// Bytes that are put.
pub trait Goods: Send + Sync {
    /// How many.
    fn size(&self) -> u64;

    /// Opens them, to be read from the first one on.
    ///
    /// # Errors
    /// When they cannot be read.
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>>;
}

impl Goods for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.as_slice()))
    }
}

/// Hands over all that is put as `path`, in pieces of up to `most` bytes. Blocks. That they are not as many as was said, or are
/// not what was kept, is told behind the last one.
pub(super) fn each_piece(
    goods: &dyn Goods,
    path: &str,
    most: usize,
    mut take: impl FnMut(&[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let lost = |error: io::Error| {
        let message = format!("the bytes of {path} cannot be read any more");
        Fault::new(Why::Local, message, cause(error))
    };
    let (mut from, mut buffer, mut left) = (goods.open().map_err(lost)?, vec![0; most], goods.size());
    loop {
        let read = from.read(&mut buffer).map_err(lost)?;
        match left.checked_sub(read as u64) {
            Some(0) if read == 0 => return Ok(()),
            Some(still) if read > 0 => left = still,
            _ => return Err(lost(io::Error::other(format!("they are not the {} that were kept", goods.size())))),
        }
        take(&buffer[..read])?;
    }
}

/// The SHA-256 of the first bytes of what is put as `path`.
pub(super) async fn sha256_of_first(goods: &Arc<dyn Goods>, path: &str, first: u64) -> Result<[u8; 32], Fault> {
    let (goods, at) = (Arc::clone(goods), path.to_owned());
    let work = move || {
        let (mut hash, mut left) = (Sha256::new(), first);
        each_piece(&*goods, &at, 64 << 10, |piece| {
            let counts = usize::try_from(left).map_or(piece.len(), |left| left.min(piece.len()));
            hash.update(&piece[..counts]);
            left -= counts as u64;
            Ok(())
        })?;
        Ok(hash.finalize().into())
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|bug| Err(Fault::new(Why::Local, format!("the bytes of {path} cannot be read any more"), bug)))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::{Goods, each_piece};

    /// Says another length than it has.
    struct Wrong(u64);

    impl Goods for Wrong {
        fn size(&self) -> u64 {
            self.0
        }

        fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
            Ok(Box::new(&b"ISA*00*"[..]))
        }
    }

    #[test]
    fn all_is_handed_over_or_told() {
        for (size, expected) in [(7, Ok("ISA*00*")), (6, Err("the 6 that were kept")), (8, Err("the 8 that were kept"))]
        {
            let mut all = Vec::new();
            let done = each_piece(&Wrong(size), "a.edi", 3, |piece| {
                assert!(piece.len() <= 3);
                all.extend_from_slice(piece);
                Ok(())
            });
            match expected {
                Ok(expected) => assert_eq!((done, all.as_slice()), (Ok(()), expected.as_bytes())),
                Err(words) => assert!(done.unwrap_err().to_string().contains(words), "{size}"),
            }
        }
        assert_eq!(each_piece(&Vec::new(), "a.edi", 3, |_| unreachable!("nothing is there")), Ok(()));
    }
}
