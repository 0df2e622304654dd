//! The line that tells how far a long reading is: on standard error, when that is a terminal, and gone at the end.

use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Inputs below this size are read before anyone wonders.
const WORTH_IT_BYTES: u64 = 8 << 20;
/// The least time between two drawings.
const PAUSE: Duration = Duration::from_millis(200);
/// Back to the start of the line, and empty it.
const ERASE: &str = "\r\x1b[2K";

/// How far a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Reached {
    /// Bytes read.
    pub(super) bytes: u64,
    /// Bytes of the whole input, where that is known.
    pub(super) total: Option<u64>,
    /// Transaction sets read, where they are counted.
    pub(super) sets: Option<u64>,
}

/// Draws the line. Does nothing at all when it is off.
#[derive(Debug)]
pub(super) struct Progress {
    on: bool,
    begun: Instant,
    drawn: Option<Instant>,
    /// The line stands on the terminal.
    shown: bool,
}

impl Progress {
    pub(super) fn new(on: bool) -> Self {
        Self { on, begun: Instant::now(), drawn: None, shown: false }
    }

    /// Is the line on the terminal? Then it must be erased before anything else is written there.
    pub(super) fn shown(&self) -> bool {
        self.shown
    }

    /// Draws the line anew where it is time to.
    pub(super) fn draw(&mut self, reached: Reached) -> io::Result<()> {
        if !self.on || reached.total.unwrap_or(reached.bytes) < WORTH_IT_BYTES {
            return Ok(());
        }
        let now = Instant::now();
        if now.duration_since(self.drawn.unwrap_or(self.begun)) < PAUSE {
            return Ok(());
        }
        self.drawn = Some(now);
        self.shown = true;
        let text = line(reached, now.duration_since(self.begun));
        let mut out = io::stderr().lock();
        write!(out, "{ERASE}{text}")?;
        out.flush()
    }

    /// Takes the line away; a later [`Progress::draw`] brings it back.
    pub(super) fn erase(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.shown, false) {
            true => io::stderr().write_all(ERASE.as_bytes()),
            false => Ok(()),
        }
    }
}

/// Such as ` 43%  430 MB of 1.0 GB  98 MB/s  12,345 transaction sets  6 s left`.
fn line(reached: Reached, elapsed: Duration) -> String {
    let Reached { bytes, total, sets } = reached;
    let rate = bytes as f64 / elapsed.as_secs_f64().max(0.001);
    let mut common = format!("{}/s", size(rate));
    if let Some(sets) = sets {
        let plural = if sets == 1 { "" } else { "s" };
        common.push_str(&format!("  {} transaction set{plural}", grouped(sets)));
    }
    match total.filter(|total| *total >= bytes && *total > 0) {
        Some(total) => {
            let percent = bytes as f64 * 100.0 / total as f64;
            let left = (total - bytes) as f64 / rate.max(1.0);
            let left = if bytes > 0 { format!("  {} left", time(left)) } else { String::new() };
            format!("{percent:3.0}%  {} of {}  {common}{left}", size(bytes as f64), size(total as f64))
        }
        None => format!("{}  {common}", size(bytes as f64)),
    }
}

/// Bytes in the unit that fits, with two digits at least: `4.3 MB`, `430 MB`.
pub(super) fn size(bytes: f64) -> String {
    let mut number = bytes;
    let mut unit = "bytes";
    for next in ["kB", "MB", "GB", "TB"] {
        if number < 999.5 {
            break;
        }
        number /= 1000.0;
        unit = next;
    }
    let decimals = usize::from(unit != "bytes" && number < 9.95);
    format!("{number:.decimals$} {unit}")
}

/// `45 s`, `2 min 5 s`, `1 h 20 min`.
fn time(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Digits in groups of three: `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Duration, Reached, line};

    fn check(bytes: u64, total: Option<u64>, sets: u64, seconds: f64, expected: &str) {
        let text = line(Reached { bytes, total, sets: Some(sets) }, Duration::from_secs_f64(seconds));
        assert_eq!(text, expected);
        assert!(text.len() < 80, "{text} does not fit on a line");
    }

    #[test]
    fn the_line_tells_how_far_how_fast_and_how_long_yet() {
        check(0, Some(1_000_000_000), 0, 0.0, "  0%  0 bytes of 1.0 GB  0 bytes/s  0 transaction sets");
        check(
            430_000_000,
            Some(1_000_000_000),
            12_345,
            4.0,
            " 43%  430 MB of 1.0 GB  108 MB/s  12,345 transaction sets  6 s left",
        );
        check(
            4_300_000,
            Some(999_600_000),
            1,
            2.0,
            "  0%  4.3 MB of 1.0 GB  2.1 MB/s  1 transaction set  7 min 43 s left",
        );
        check(
            9_990_000_000,
            Some(40_000_000_000),
            1_234_567,
            100.0,
            " 25%  10 GB of 40 GB  100 MB/s  1,234,567 transaction sets  5 min 1 s left",
        );
        check(
            500_000,
            Some(90_000_000),
            7,
            60.0,
            "  1%  500 kB of 90 MB  8.3 kB/s  7 transaction sets  2 h 59 min left",
        );
        check(16_000_000, Some(16_000_000), 900, 1.0, "100%  16 MB of 16 MB  16 MB/s  900 transaction sets  0 s left");
    }

    #[test]
    fn without_a_known_size_it_tells_how_much_and_how_fast() {
        check(430_000_000, None, 999, 4.3, "430 MB  100 MB/s  999 transaction sets");
        let copied = Reached { bytes: 430_000_000, total: None, sets: None };
        assert_eq!(line(copied, Duration::from_secs(4)), "430 MB  108 MB/s");
        // A file that grows while it is read.
        check(20, Some(10), 1, 1.0, "20 bytes  20 bytes/s  1 transaction set");
    }
}
