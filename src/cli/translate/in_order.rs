//! Work on several threads at the pieces of one source, whose results are taken in the order of the pieces.
//!
//! Knows nothing of what the work is. Every thread does the whole of it: it takes the next piece, works on it, and lays the
//! result down; who lays down the one that is next in turn hands it on, and those that lie ready behind it. So a piece and
//! what becomes of it stay in the memory of one processor. Nobody waits but who is far ahead: memory stays bounded.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Results that lie ready at most, for each thread.
const READY: u64 = 2;

/// Hands the result of the work on each piece of `source` to `sink`, in the order of the pieces; each of the `threads` works
/// by a function of its own, which `work` makes. No thread is started for the first piece. What `source` gave before it failed
/// is done and handed on all the same.
pub(super) fn in_order<Piece, Done, Error, Work>(
    threads: usize,
    source: impl FnMut() -> Result<Option<Piece>, Error> + Send,
    work: impl Fn() -> Work + Sync,
    sink: impl FnMut(Done) -> Result<(), Error> + Send,
) -> Result<(), Error>
where
    Done: Send,
    Error: Send,
    Work: FnMut(Piece) -> Done,
{
    let room = READY * threads as u64;
    let results = Results { next: 0, ready: BTreeMap::new(), sink: Some(sink), stopped: false, error: None };
    let line = Line {
        source: Mutex::new(Source { next: source, taken: 0, ended: false }),
        results: Mutex::new(results),
        handed_on: Condvar::new(),
        room,
    };
    std::thread::scope(|scope| {
        line.run(work(), |number| {
            // One thread is here already.
            for _ in (1..threads).filter(|_| number == 1) {
                scope.spawn(|| line.run(work(), |_| {}));
            }
        });
    });
    let results = line.results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.error.map_or(Ok(()), Err)
}

struct Line<Next, Sink, Done, Error> {
    source: Mutex<Source<Next>>,
    results: Mutex<Results<Sink, Done, Error>>,
    /// A result was handed on, or all is over.
    handed_on: Condvar,
    /// How far a result may be ahead of the one that is next in turn.
    room: u64,
}

struct Source<Next> {
    next: Next,
    /// Pieces taken so far.
    taken: u64,
    ended: bool,
}

struct Results<Sink, Done, Error> {
    /// Number of the piece whose result is next in turn.
    next: u64,
    /// By the number of their piece.
    ready: BTreeMap<u64, Done>,
    /// Is away while somebody hands results on.
    sink: Option<Sink>,
    /// No more is handed on.
    stopped: bool,
    /// The first one.
    error: Option<Error>,
}

impl<Next, Sink, Piece, Done, Error> Line<Next, Sink, Done, Error>
where
    Next: FnMut() -> Result<Option<Piece>, Error>,
    Sink: FnMut(Done) -> Result<(), Error>,
{
    /// Works until the source has ended, or all is over; says so of the number of each piece it takes.
    fn run(&self, mut work: impl FnMut(Piece) -> Done, begins: impl Fn(u64)) {
        let worked = catch_unwind(AssertUnwindSafe(|| {
            while let Some((number, piece)) = self.take() {
                begins(number);
                if !self.lay_down(number, work(piece)) {
                    break;
                }
            }
        }));
        if let Err(panic) = worked {
            // Its result never comes: the others must not wait for it.
            self.results().stopped = true;
            self.handed_on.notify_all();
            resume_unwind(panic);
        }
    }

    /// The next piece and its number.
    fn take(&self) -> Option<(u64, Piece)> {
        // Whoever panicked in the source ends it.
        let mut source = self.source.lock().ok().filter(|source| !source.ended)?;
        match (source.next)() {
            Ok(Some(piece)) => {
                source.taken += 1;
                Some((source.taken - 1, piece))
            }
            ended => {
                source.ended = true;
                drop(source);
                if let Err(error) = ended {
                    self.results().error.get_or_insert(error);
                }
                None
            }
        }
    }

    /// Lays down the result of a piece, and hands on what is next in turn unless somebody is at it; false when all is over.
    fn lay_down(&self, number: u64, done: Done) -> bool {
        let mut results = self.results();
        while !results.stopped && number >= results.next + self.room {
            results = self.handed_on.wait(results).unwrap_or_else(PoisonError::into_inner);
        }
        results.ready.insert(number, done);
        if let Some(mut sink) = results.sink.take() {
            while !results.stopped {
                let next = results.next;
                let Some(done) = results.ready.remove(&next) else { break };
                drop(results);
                let handed_on = sink(done);
                results = self.results();
                results.next += 1;
                if let Err(error) = handed_on {
                    results.stopped = true;
                    results.error.get_or_insert(error);
                }
                self.handed_on.notify_all();
            }
            results.sink = Some(sink);
        }
        !results.stopped
    }

    fn results(&self) -> MutexGuard<'_, Results<Sink, Done, Error>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{READY, in_order};

    /// Numbers below `count`.
    fn numbers(count: u64) -> impl FnMut() -> Result<Option<u64>, &'static str> + Send {
        let mut numbers = 0..count;
        move || Ok(numbers.next())
    }

    /// Work that takes now longer, now shorter.
    fn long(number: u64) -> u64 {
        (0..(number % 7) * 20_000).for_each(|one| {
            std::hint::black_box(one);
        });
        number
    }

    #[test]
    fn results_come_in_the_order_of_the_pieces_however_long_each_takes_and_none_is_far_ahead() {
        for threads in 1..5 {
            let (mut came, handed_on) = (Vec::new(), AtomicU64::new(0));
            let work = || {
                |number| {
                    // Whoever works on it took it when those before were taken; as many results as there is room for lie ready.
                    assert!(number <= handed_on.load(Ordering::SeqCst) + (READY + 1) * threads as u64);
                    long(number)
                }
            };
            let sink = |number| {
                came.push(number);
                handed_on.fetch_add(1, Ordering::SeqCst);
                Ok(())
            };
            assert_eq!(in_order(threads, numbers(300), work, sink), Ok(()));
            assert_eq!(came, (0..300).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_came_before_the_source_failed_is_handed_on() {
        for threads in 1..4 {
            let mut came = Vec::new();
            let mut source = numbers(20);
            let source = move || source()?.map_or(Err("the disk is gone"), |number| Ok(Some(number)));
            let sink = |number| {
                came.push(number);
                Ok(())
            };
            assert_eq!(in_order(threads, source, || long, sink), Err("the disk is gone"));
            assert_eq!(came, (0..20).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_sink_that_fails_ends_it() {
        for threads in 1..4 {
            let mut came = Vec::new();
            let sink = |number| {
                came.push(number);
                if number < 10 { Ok(()) } else { Err("nobody reads on") }
            };
            assert_eq!(in_order(threads, numbers(u64::MAX), || long, sink), Err("nobody reads on"));
            assert_eq!(came, (0..=10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_panic_is_the_callers_and_leaves_nobody_waiting() {
        for threads in 1..4 {
            let at_work = || in_order(threads, numbers(u64::MAX), || |n| assert!(n < 10), |()| Ok::<(), &str>(()));
            assert!(catch_unwind(at_work).is_err());
            let mut handed_on = 0;
            let sink = |_| {
                handed_on += 1;
                assert!(handed_on < 10);
                Ok::<(), &str>(())
            };
            let in_sink = || in_order(threads, numbers(u64::MAX), || long, sink);
            assert!(catch_unwind(AssertUnwindSafe(in_sink)).is_err());
        }
    }
}
