//! The objects of an input, as it comes: what was handed on is dropped.
//!
//! An array is read whole, as it goes on whole or not at all, and so is what stands from the first text on that is no object: where
//! such a text ends is known by what follows it.

use std::sync::OnceLock;

use crate::canonical::{self, Submission, Submissions};
use crate::cli::input::Feed;
use crate::cli::output::Failure;
use crate::diagnostic::{Diagnostic, LineCounter};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is left of an input.
pub(super) struct Objects<'w> {
    /// `None` once all that is left is in `whole`.
    feed: Option<Feed>,
    /// Line and column of what comes next from the feed; `None` at the beginning of the input.
    at: Option<LineCounter>,
    /// Where an input lies that has to be there whole.
    whole: &'w OnceLock<Vec<u8>>,
    /// What is left of that.
    left: Option<Submissions<'w>>,
}

impl<'w> Objects<'w> {
    /// Those of a feed, of which nothing is consumed; `whole` is empty.
    pub(super) fn new(feed: Feed, whole: &'w OnceLock<Vec<u8>>) -> Self {
        Self { feed: Some(feed), at: None, whole, left: None }
    }

    /// What comes next, as far as it is there: one whole object at its beginning, or all that is left.
    pub(super) fn coming(&mut self) -> Result<Submissions<'_>, Failure> {
        while let Some(mut coming) = self.streaming()?
            && whole_object(&mut coming).is_none()
        {
            self.read_on()?;
        }
        let left = self.left.clone();
        Ok(left.unwrap_or_else(|| objects_of(self.feed.as_ref().map_or(&[][..], Feed::waiting), self.at)))
    }

    /// Hands the next ones to `take`, or what is said of what stands in their place: at least one; false when there are no more.
    pub(super) fn take_some(
        &mut self,
        mut take: impl FnMut(Result<Submission<'_>, Diagnostic>),
    ) -> Result<bool, Failure> {
        while let Some(mut coming) = self.streaming()? {
            let (all, mut taken) = (coming.left(), 0);
            while let Some(object) = whole_object(&mut coming) {
                take(Ok(object));
                taken = all - coming.left();
            }
            if let Some(feed) = self.feed.as_mut().filter(|_| taken > 0) {
                self.at = Some(self.at.unwrap_or_default().behind(&feed.waiting()[..taken]));
                feed.done_with(taken);
                return Ok(true);
            }
            self.read_on()?;
        }
        Ok(self.left.as_mut().and_then(Iterator::next).map(take).is_some())
    }

    /// What is read, while what comes next need not be there whole.
    fn streaming(&mut self) -> Result<Option<Submissions<'_>>, Failure> {
        if let Some(feed) =
            self.feed.as_mut().filter(|feed| self.at.is_none() && feed.waiting().starts_with(BYTE_ORDER_MARK))
        {
            feed.done_with(BYTE_ORDER_MARK.len());
        }
        let begins_array = |feed: &Feed| self.at.is_none() && feed.waiting().trim_ascii_start().starts_with(b"[");
        if let Some(feed) = self.feed.take_if(|feed| feed.has_ended() || begins_array(feed)) {
            let rest = feed.rest()?;
            self.left = Some(objects_of(self.whole.get_or_init(|| rest), self.at));
        }
        Ok(self.feed.as_ref().map(|feed| objects_of(feed.waiting(), self.at)))
    }

    fn read_on(&mut self) -> Result<(), Failure> {
        self.feed.as_mut().map_or(Ok(()), Feed::read_on)
    }
}

/// The objects of `bytes`, which begin the input, or stand in it at this line and column.
fn objects_of(bytes: &[u8], at: Option<LineCounter>) -> Submissions<'_> {
    at.map_or_else(|| canonical::submissions(bytes), |at| canonical::submissions_at(bytes, at))
}

/// The next object, if it is one whatever follows.
fn whole_object<'b>(coming: &mut Submissions<'b>) -> Option<Submission<'b>> {
    coming.next()?.ok()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::OnceLock;

    use super::Objects;
    use crate::canonical::{self, Submission};
    use crate::cli::input::Feed;
    use crate::diagnostic::Diagnostic;

    const INPUTS: [&str; 16] = [
        "",
        "  \n ",
        "{\"lines\":[]}",
        "\u{feff}{\"a\": 1}\n{\"b\": \"\u{e9}}{\"}\n",
        "\u{feff}{\"a\":1}{\"b\":2}",
        "\u{feff} [{\"a\":1},{\"b\":2}] x",
        "{\"a\":1}{\"b\":2} \r\n\t{\"c\":{\"d\":[{}]}}",
        "\n\n {\"a\":\n1}\n\n{\"b\":2}\nnull\n{\"c\":3}",
        "[{\"a\":1},\n {\"b\":2}]\n",
        " [{\"a\":1},{\"b\":2}] {\"c\":3}",
        "[{\"a\":1},{\"b\":2}",
        "{\"a\":1}\n[{\"b\":2}]\n{\"c\":3}\n",
        "{\"a\":1}\n{\"b\":\n{\"c\":3}\n{\"d\":4}\n",
        "{\"a\":1}\n{\"b\":\"x\n{\"c\":3}\n",
        "{\"a\":1} 12\n{\"b\":2}",
        "{\"specversion\":\"1.0\",\"data\":{\"a\":1}}\n{\"type\":\"crossdock.shipment.submitted\",\"data\":{\"a\":1}}",
    ];

    /// What was handed on: the object with its place, or what is said instead.
    fn told(one: Result<Submission<'_>, Diagnostic>) -> String {
        match one {
            Ok(one) => {
                let at = one.data.position(0);
                format!("{}:{} {}", at.line, at.column, String::from_utf8_lossy(one.data.bytes))
            }
            Err(diagnostic) => format!("{:?} {}", diagnostic.place, diagnostic.message),
        }
    }

    #[test]
    fn an_input_gives_the_same_however_much_of_it_is_read_at_a_time() {
        for input in INPUTS {
            let expected: Vec<String> = canonical::submissions(input.as_bytes()).map(told).collect();
            for chunk in 1..=input.len() + 1 {
                let whole = OnceLock::new();
                let feed = Feed::of("input".into(), Box::new(Cursor::new(input)), chunk);
                let (mut objects, mut came) = (Objects::new(feed, &whole), Vec::new());
                let first = objects.coming().unwrap().next().map(told);
                assert_eq!(first.as_ref(), expected.first(), "{input:?} by {chunk}");
                while objects.take_some(|one| came.push(told(one))).unwrap() {}
                assert_eq!(came, expected, "{input:?} by {chunk}");
            }
        }
    }

    #[test]
    fn of_an_input_of_whole_objects_no_more_is_kept_than_what_is_looked_at() {
        let input = "{\"number\": \"0123456789\"}\n".repeat(10_000);
        let whole = OnceLock::new();
        let feed = Feed::of("input".into(), Box::new(Cursor::new(input)), 1000);
        let (mut objects, mut count) = (Objects::new(feed, &whole), 0);
        while objects.take_some(|one| count += usize::from(one.is_ok())).unwrap() {
            let kept = objects.feed.as_ref().map_or(0, |feed| feed.waiting().len()) + whole.get().map_or(0, Vec::len);
            assert!(kept <= 2000, "{kept}");
        }
        assert_eq!(count, 10_000);
    }
}
