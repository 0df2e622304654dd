//! Runs competitors in turns and prints what they took.
//!
//! Interleaved (A B C A B C ...), so that what else the machine does falls on all of them; ratios are taken within a
//! round. CPU seconds are the figures to trust on a shared machine, wall seconds stand beside them.

use std::time::Instant;

/// A way through the whole input, with the name it is printed under. Returns something made from every byte it read, so
/// that none of the work can be left out.
pub(crate) struct Competitor<'a> {
    /// Printed.
    pub(crate) name: &'static str,
    /// One round.
    pub(crate) run: Box<dyn FnMut() -> u64 + 'a>,
}

/// What a competitor took in each round.
#[derive(Debug, Default, Clone)]
pub(crate) struct Rounds {
    /// Seconds this thread was computing.
    pub(crate) cpu_seconds: Vec<f64>,
    /// Seconds that went by.
    pub(crate) wall_seconds: Vec<f64>,
}

/// Runs all competitors `rounds` times, after a round that does not count.
pub(crate) fn interleaved(competitors: &mut [Competitor<'_>], rounds: usize) -> Vec<Rounds> {
    let mut taken = vec![Rounds::default(); competitors.len()];
    for round in 0..=rounds {
        for (competitor, taken) in competitors.iter_mut().zip(&mut taken) {
            let (cpu, wall) = (cpu_seconds(), Instant::now());
            std::hint::black_box((competitor.run)());
            let (cpu, wall) = (cpu_seconds() - cpu, wall.elapsed().as_secs_f64());
            if round > 0 {
                taken.cpu_seconds.push(if cpu > 0.0 { cpu } else { wall });
                taken.wall_seconds.push(wall);
            }
        }
    }
    taken
}

/// CPU seconds of this thread so far; 0 where the system does not tell.
fn cpu_seconds() -> f64 {
    // The kernel brings the figure up to date when the thread gives way.
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|first| first.parse::<f64>().ok());
    nanoseconds.unwrap_or(0.0) / 1e9
}
