//! A listing ends, whatever the server does: so many entries, and so long, and no more.

use std::time::{Duration, Instant};

use super::{Fault, Why};

/// Entries of a folder, files and others, at most.
const ENTRIES: usize = 1_000_000;
/// So long a folder may take to be listed.
const WITHIN: Duration = Duration::from_secs(10 * 60);

/// What was listed of a folder so far.
#[derive(Debug)]
pub(super) struct Listing {
    entries: usize,
    begun: Instant,
}

impl Listing {
    pub(super) fn begin() -> Self {
        Self { entries: 0, begun: Instant::now() }
    }

    /// So many more entries came. An error when it is enough.
    pub(super) fn goes_on(&mut self, more: usize, host: &str, folder: &str) -> Result<(), Fault> {
        self.entries += more;
        if self.entries <= ENTRIES && self.begun.elapsed() <= WITHIN {
            return Ok(());
        }
        let limit = format!("{ENTRIES} entries and {} min are the most that a folder is given", WITHIN.as_secs() / 60);
        let cause = format!("{} entries came, and no end; {limit}", self.entries);
        Err(Fault::new(Why::Refused, format!("{host} lists {folder} without end"), cause))
    }
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, Listing};

    #[test]
    fn a_listing_without_end_is_given_up() {
        let mut listing = Listing::begin();
        assert_eq!(listing.goes_on(ENTRIES, "harbor:22", "/out"), Ok(()));
        let fault = listing.goes_on(1, "harbor:22", "/out").unwrap_err();
        assert_eq!(fault.message, "harbor:22 lists /out without end");
    }
}
