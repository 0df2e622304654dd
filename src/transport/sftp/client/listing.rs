//! A listing ends, whatever the server does: so many entries, and so long, and no more.

use std::time::{Duration, Instant};

use super::{Fault, Why};

/// Entries of a folder, files and others, at most.
const ENTRIES: usize = 1_000_000;
/// Bytes of their names, at most: they are held until the next look.
const BYTES: usize = 64 << 20;
/// So long a folder may take to be listed.
const WITHIN: Duration = Duration::from_secs(10 * 60);

/// What was listed of a folder so far.
#[derive(Debug)]
pub(super) struct Listing {
    entries: usize,
    bytes: usize,
    begun: Instant,
}

impl Listing {
    pub(super) fn begin() -> Self {
        Self { entries: 0, bytes: 0, begun: Instant::now() }
    }

    /// Entries with these names came. An error when it is enough.
    pub(super) fn goes_on<'a>(
        &mut self,
        names: impl Iterator<Item = &'a [u8]>,
        host: &str,
        folder: &str,
    ) -> Result<(), Fault> {
        for name in names {
            self.entries += 1;
            self.bytes += name.len();
        }
        if self.entries <= ENTRIES && self.bytes <= BYTES && self.begun.elapsed() <= WITHIN {
            return Ok(());
        }
        let (mebibytes, minutes) = (BYTES >> 20, WITHIN.as_secs() / 60);
        let limit = format!(
            "{ENTRIES} entries, {mebibytes} MiB of names and {minutes} min are the most that a folder is given"
        );
        let cause = format!("{} entries came, and no end; {limit}", self.entries);
        Err(Fault::new(Why::Refused, format!("{host} lists {folder} without end"), cause))
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES, ENTRIES, Listing};

    #[test]
    fn a_listing_without_end_is_given_up() {
        let long = vec![b'n'; 1 << 20];
        for (most, name) in [(ENTRIES, &b"a.edi"[..]), (BYTES >> 20, &long)] {
            let mut listing = Listing::begin();
            assert_eq!(listing.goes_on(std::iter::repeat_n(name, most), "harbor:22", "/out"), Ok(()));
            let fault = listing.goes_on(std::iter::once(name), "harbor:22", "/out").unwrap_err();
            assert_eq!(fault.message, "harbor:22 lists /out without end");
        }
    }
}
