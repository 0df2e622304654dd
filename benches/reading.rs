//! What the benchmarks of reading share: an input translated as `crossdock translate` does it, without its threads, and how
//! fast that was beside others.

use std::hint::black_box;

use crossdock::canonical::{self, Event};
use crossdock::catalog::{CatalogDesk, Chosen};
use crossdock::translation::{Document, Inbound, Outcome};

use crate::figures::spread;
use crate::measure::{Competitor, Rounds};

/// What a file or a socket hands over at a time.
pub(crate) const CHUNK_BYTES: usize = 256 << 10;

/// The mapping by which everything is translated.
pub(crate) fn chosen(mapping: &str) -> Chosen {
    Chosen { mapping: Some(mapping.to_owned()), ..Chosen::default() }
}

/// The whole input, to events that are written into `out`; how many bytes they have.
pub(crate) fn translate(input: &[u8], mut inbound: Inbound, desk: &CatalogDesk<'_>, out: &mut Vec<u8>) -> u64 {
    let mut written = 0;
    let (mut at, mut there) = (0, CHUNK_BYTES.min(input.len()));
    loop {
        let (consumed, outcome) = inbound.next(&input[at..there], there == input.len(), desk);
        match outcome {
            Outcome::NeedMore => there = there.saturating_add(CHUNK_BYTES).min(input.len()),
            Outcome::Document(document) => {
                assert!(document.good, "the input is without fault: {:?}", inbound.diagnostics().list().first());
                out.clear();
                emit(&document, &inbound, &input[at..][document.bytes.clone()], out);
                written += black_box(&*out).len() as u64;
            }
            Outcome::FileEnd(ending) => assert!(ending.sound, "the input is whole"),
            Outcome::End => return written,
            _ => {}
        }
        at += consumed;
    }
}

/// Appends the event of a document, as `translate` prints it when its output is no terminal.
fn emit(document: &Document, inbound: &Inbound, bytes: &[u8], out: &mut Vec<u8>) {
    let plan = document.plan.as_ref().expect("a good document has a plan");
    let id = canonical::event_id(bytes, document.place.bytes.start, 1);
    let subject = canonical::subject(inbound.object(), plan.canonical);
    let event = Event {
        id: &id,
        source: "/partners/unknown",
        subject,
        time: jiff::Timestamp::UNIX_EPOCH,
        correlation_id: subject,
        sequence: None,
        document_id: Some(&id),
        supersedes: None,
    };
    canonical::emit_event(&event, inbound.object(), plan.canonical, out);
}

/// Prints how many megabytes of `bytes` each competitor took in a second.
pub(crate) fn print_speeds(competitors: &[Competitor<'_>], taken: &[Rounds], bytes: usize) {
    println!("MB/s of input (MB = 10^6 bytes)\n");
    println!("{:40} {:>24} {:>24}", "", "by CPU time", "by wall time");
    println!("{:40} {:>24} {:>24}", "", "least  median  greatest", "least  median  greatest");
    for (competitor, taken) in competitors.iter().zip(taken) {
        let [cpu, wall] = [&taken.cpu_seconds, &taken.wall_seconds].map(|seconds| {
            let [least, median, greatest] = spread(seconds.iter().map(|seconds| bytes as f64 / seconds / 1e6));
            format!("{least:.0}  {median:6.0}  {greatest:8.0}")
        });
        println!("{:40} {cpu:>24} {wall:>24}", competitor.name);
    }
    println!();
}

/// Prints how fast `one` is in comparison with `floor`, by CPU time, round by round.
pub(crate) fn print_ratio(name: &str, one: &Rounds, floor: &Rounds, wanted: f64) {
    let [least, median, greatest] =
        spread(one.cpu_seconds.iter().zip(&floor.cpu_seconds).map(|(one, floor)| floor / one));
    let verdict = if median >= wanted { "reached" } else { "MISSED" };
    println!("{name:40} {least:.2} .. {median:.2} .. {greatest:.2}, wanted {wanted:.1}: {verdict}");
}
