//! How long it takes to read and check a home of many partners: two hundred mappings on top of the base mappings, each
//! with a profile.
//!
//! `cargo bench --bench load`. Settings, optional: `CROSSDOCK_BENCH_MAPPINGS` (default 200, wanted within 0.5 s; 1,000 within
//! 2 s), `CROSSDOCK_BENCH_ROUNDS`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod figures;
mod measure;

use std::path::Path;

use crossdock::catalog::Catalog;
use crossdock::diagnostic::Diagnostics;
use figures::{setting, spread};
use measure::{Competitor, interleaved};

const SETS: [&str; 5] = ["940", "943", "944", "945", "947"];

fn main() {
    let mappings = setting("CROSSDOCK_BENCH_MAPPINGS").unwrap_or(200);
    let rounds = setting("CROSSDOCK_BENCH_ROUNDS").unwrap_or(7);
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("many-mappings");
    make(&home, mappings);
    let check = || {
        let mut diagnostics = Diagnostics::unlimited();
        let checked = Catalog::new(&home).check(&mut diagnostics);
        assert_eq!(diagnostics.errors(), 0, "{:?}", diagnostics.list().first());
        assert!(checked.mappings >= mappings, "{} mappings were checked", checked.mappings);
        checked.mappings as u64
    };
    let mut competitors = [Competitor { name: "reading and checking", run: Box::new(check) }];
    let taken = interleaved(&mut competitors, rounds);
    let [least, median, greatest] = spread(taken[0].cpu_seconds.iter().copied());
    let [_, wall, _] = spread(taken[0].wall_seconds.iter().copied());
    let wanted = if mappings < 1_000 { 0.5 } else { 2.0 };
    let verdict = if median <= wanted { "reached" } else { "MISSED" };
    println!(
        "{} {mappings} mappings and profiles: {least:.3} .. {median:.3} .. {greatest:.3} s of CPU ({wall:.3} s by the clock), wanted {wanted}: {verdict}",
        competitors[0].name
    );
}

/// A home with so many partners.
fn make(home: &Path, mappings: usize) {
    let written = |path: std::path::PathBuf, text: String| {
        std::fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    };
    if home.exists() {
        std::fs::remove_dir_all(home).expect("the old home can be removed");
    }
    for number in 0..mappings {
        let set = SETS[number % SETS.len()];
        written(
            home.join(format!("mappings/partner{number}/{set}.toml")),
            format!("extends = \"base/{set}\"\n\n[map]\nreferences = {{ rest = \"N9\", use = \"reference\" }}\n"),
        );
        written(
            home.join(format!("partner-profiles/partner{number}.toml")),
            format!(
                "name = \"Partner {number}\"\nus = {{ interchange_id = \"ZZ/ACME\" }}\nthem = {{ interchange_ids = [\"ZZ/PARTNER{number}\"] }}\n\
                 role = \"warehouse\"\ntime_zone = \"America/Chicago\"\n\n[[receive]]\ndocument = \"x12/{set}\"\nmapping = \"partner{number}/{set}\"\n"
            ),
        );
    }
}
