//! How fast canonical JSON becomes an X12 interchange, as `crossdock translate` writes it: JSON read and checked, mapped,
//! written, and each set read back before it counts.
//!
//! `cargo bench --bench write`. Settings, all optional: `CROSSDOCK_BENCH_SET` (945, the default, 846 or 856),
//! `CROSSDOCK_BENCH_BYTES` (size of the X12 it makes, about; default 20,000,000), `CROSSDOCK_BENCH_ROUNDS` (default 5).

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod figures;
mod generate;
mod measure;

use std::sync::Arc;

use crossdock::canonical::{self, Object};
use crossdock::catalog::{Catalog, CatalogDesk, Chosen};
use crossdock::diagnostic::{Diagnostics, Place};
use crossdock::mapping::Plan;
use crossdock::translation::{Inbound, Outbound, OutboundEnvelope, Outcome, Surroundings};
use crossdock::x12::delimiters::{Delimiters, LineEnd};
use crossdock::x12::reader::ReadOptions;
use crossdock::x12::writer::InterchangeHeader;
use figures::{setting, spread};
use measure::{Competitor, interleaved};

fn main() {
    let set = std::env::var("CROSSDOCK_BENCH_SET").unwrap_or_else(|_| "945".into());
    let bytes = setting("CROSSDOCK_BENCH_BYTES").unwrap_or(20_000_000);
    let rounds = setting("CROSSDOCK_BENCH_ROUNDS").unwrap_or(5);
    let catalog = Catalog::new(env!("CARGO_MANIFEST_DIR"));
    let mut diagnostics = Diagnostics::unlimited();
    let plan =
        catalog.plan_for(&format!("base/{set}"), Place::Nowhere, &mut diagnostics).expect("the mapping is right");
    let objects = objects(&catalog, &set, bytes as u64);
    let mut written = 0;
    let mut competitors = [
        Competitor { name: "JSON read and checked", run: Box::new(|| read(&plan, &objects)) },
        Competitor {
            name: "JSON to X12, read back",
            run: Box::new(|| {
                written = write(&plan, &objects);
                written
            }),
        },
    ];
    let taken = interleaved(&mut competitors, rounds);
    let names = competitors.map(|competitor| competitor.name);
    println!(
        "{} bytes of JSON, {written} bytes of X12 {set}; MB/s of X12 (MB = 10^6 bytes), {rounds} rounds in turns\n",
        objects.len()
    );
    for (name, taken) in names.iter().zip(&taken) {
        let [least, median, greatest] = spread(taken.cpu_seconds.iter().map(|seconds| written as f64 / seconds / 1e6));
        println!("{name:40} {least:.0} .. {median:.0} .. {greatest:.0} by CPU time");
    }
    let [_, median, _] = spread(taken[1].cpu_seconds.iter().map(|seconds| written as f64 / seconds / 1e6));
    println!("\nJSON to X12, wanted 100 MB/s: {}", if median >= 100.0 { "reached" } else { "MISSED" });
}

/// Canonical objects, one a line: what the base mapping reads from a generated interchange.
fn objects(catalog: &Catalog, set: &str, bytes: u64) -> Vec<u8> {
    let mut interchange = generate::Interchange::new(set, bytes);
    let mut input = Vec::new();
    while interchange.next_piece(&mut input) {}
    println!("generated {} transaction sets", interchange.sets());
    let chosen = Chosen { mapping: Some(format!("base/{set}")), ..Chosen::default() };
    let desk = CatalogDesk::new(catalog, &[], chosen);
    let mut inbound = Inbound::new(ReadOptions::default());
    let (mut out, mut at) = (Vec::new(), 0);
    loop {
        let (consumed, outcome) = inbound.next(&input[at..], true, &desk);
        at += consumed;
        match outcome {
            Outcome::Document(document) => {
                assert!(document.good, "the input is without fault");
                let plan = document.plan.expect("a good document has a plan");
                canonical::emit(inbound.object(), plan.canonical, &mut out);
                out.push(b'\n');
            }
            Outcome::End => return out,
            _ => {}
        }
    }
}

fn read(plan: &Arc<Plan>, objects: &[u8]) -> u64 {
    let mut object = Object::new();
    let mut diagnostics = Diagnostics::unlimited();
    let mut read = 0;
    for submission in canonical::submissions(objects) {
        let submission = submission.expect("the objects are JSON");
        canonical::read_into(&submission.data, plan.canonical, &mut object, &mut diagnostics);
        read += u64::from(!std::hint::black_box(&object).is_empty());
    }
    assert!(diagnostics.list().is_empty(), "the objects are without fault");
    read
}

fn write(plan: &Arc<Plan>, objects: &[u8]) -> u64 {
    let id = |id: &str| ("ZZ".to_owned(), id.to_owned());
    let mut outbound = Outbound::new(
        OutboundEnvelope {
            interchange: InterchangeHeader {
                authorization: ("00".into(), String::new()),
                security: ("00".into(), String::new()),
                sender: id("WAREHOUSE"),
                receiver: id("DEPOSITOR"),
                date: "260710".into(),
                time: "0830".into(),
                version: "00401".into(),
                control_number: 1,
                acknowledgment_requested: false,
                usage: "P".into(),
            },
            versions: Vec::new(),
            group_ids: ("WAREHOUSE".into(), "DEPOSITOR".into()),
            date_and_time: ("20260710".into(), "0830".into()),
            first_group_number: 1,
            delimiters: Delimiters {
                element: b'*',
                component: Some(b'>'),
                repetition: None,
                segment: b'~',
                line_end: LineEnd::None,
            },
        },
        Surroundings::default(),
    );
    let mut object = Object::new();
    let mut diagnostics = Diagnostics::unlimited();
    for submission in canonical::submissions(objects) {
        let submission = submission.expect("the objects are JSON");
        canonical::read_into(&submission.data, plan.canonical, &mut object, &mut diagnostics);
        assert!(outbound.write(plan, None, &object, &mut diagnostics), "{:?}", diagnostics.list());
    }
    std::hint::black_box(outbound.finish()).len() as u64
}
