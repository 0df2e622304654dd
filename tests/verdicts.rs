//! `docs/samples.tsv` has a row for each file of a folder of real X12 files and its like: the sets in it, what is said of
//! it, and a verdict that a person gave, with the reason. What the code does must agree.
//!
//! A file is judged by what its sender did: `take` is without a warning, `take and report` with warnings but with every
//! set, `reject` with a set, or all of the file, that cannot go on. What our mappings lack does not count and is not shown.
//! The base mappings translate, no partner is known, and the keep law holds for each document that they read.
//!
//! The folder is named by the environment variable CROSSDOCK_SAMPLES; without it only the form of the table is tested, and
//! the test says so. `UPDATE_EXPECTED=1` rewrites sets and diagnostics, never verdict and reason.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/keep.rs"]
mod keep;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crossdock::catalog::{Catalog, CatalogDesk, Chosen};
use crossdock::diagnostic::{Diagnostic, Fault, Severity};
use crossdock::mapping::Edit;
use crossdock::translation::{Inbound, Outcome};
use crossdock::x12::reader::ReadOptions;

const HEAD: &str = "file\tsets\tdiagnostics\tverdict\treason";
const VERDICTS: [&str; 3] = ["take", "take and report", "reject"];

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples.tsv")
}

/// The rows below the head, in columns.
fn rows() -> Vec<[String; 5]> {
    let text = fs::read_to_string(table()).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(HEAD));
    let row = |line: &str| {
        let columns: Vec<String> = line.split('\t').map(str::to_owned).collect();
        columns.try_into().unwrap_or_else(|columns| panic!("not five columns: {columns:?}"))
    };
    lines.map(row).collect()
}

/// What the code made of a file.
#[derive(Default)]
struct Found {
    /// By set and GS08, in the order of the file.
    sets: Vec<(String, usize)>,
    diagnostics: BTreeMap<&'static str, usize>,
    /// Sets of the file; true is rejected.
    rejected: Vec<bool>,
    acknowledgments: usize,
    /// What the keep law forbids: edits of a document that says what it is to say.
    edited: Vec<Edit>,
    errors: usize,
    warnings: usize,
}

/// A home without files: the base mappings, compiled once for all samples.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new("/nowhere"));

impl Found {
    fn read(bytes: &[u8]) -> Self {
        let desk = CatalogDesk::new(&CATALOG, &[], Chosen::default());
        let mut inbound = Inbound::new(ReadOptions::default());
        let mut found = Self::default();
        let (mut at, mut group, mut interchange) = (0, 0, 0);
        loop {
            let (consumed, outcome) = inbound.next(&bytes[at..], true, &desk);
            let input = &bytes[at..];
            at += consumed;
            let errors = found.count(inbound.diagnostics().take());
            match outcome {
                Outcome::Document(document) => {
                    found.set(&inbound);
                    if let Some(plan) = &document.plan {
                        found.edited.extend(keep::edits(&inbound, plan, &input[document.bytes.clone()]));
                    }
                    found.rejected.push(errors > 0);
                }
                Outcome::GroupEnd(end) => {
                    let sound = end.is_sound();
                    found.reject_from(group, sound);
                    group = found.rejected.len();
                }
                Outcome::InterchangeEnd(end) => {
                    let sound = end.is_sound();
                    found.reject_from(interchange, sound);
                    (group, interchange) = (found.rejected.len(), found.rejected.len());
                    found.acknowledgments += usize::from(sound);
                }
                Outcome::FileEnd(_) | Outcome::End | Outcome::NeedMore => return found,
                Outcome::Passed(_) | Outcome::InterchangeAcknowledgment(_) => {}
            }
        }
    }

    /// Counts by code; answers how many are errors of the sender.
    fn count(&mut self, diagnostics: Vec<Diagnostic>) -> usize {
        let mut errors = 0;
        for diagnostic in diagnostics {
            if diagnostic.code.fault() != Fault::Partner {
                continue;
            }
            *self.diagnostics.entry(diagnostic.code.name()).or_default() += 1;
            match diagnostic.severity {
                Severity::Error => errors += 1,
                Severity::Warning => self.warnings += 1,
                Severity::Note => {}
            }
        }
        self.errors += errors;
        errors
    }

    fn set(&mut self, inbound: &Inbound) {
        let reader = inbound.reader();
        let release = reader.group().map_or("", |group| group.release());
        let name = format!("{} {release}", reader.set().unwrap().set_id());
        match self.sets.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => self.sets.push((name, 1)),
        }
    }

    fn reject_from(&mut self, start: usize, sound: bool) {
        if !sound {
            self.rejected[start..].fill(true);
        }
    }

    /// `940 x3 004010; 945 x1 004010`.
    fn sets(&self) -> String {
        let shown = |(name, count): &(String, usize)| {
            let (set, release) = name.split_once(' ').unwrap();
            format!("{set} x{count} {release}").trim_end().to_owned()
        };
        match self.sets.is_empty() {
            true => "none".to_owned(),
            false => self.sets.iter().map(shown).collect::<Vec<_>>().join("; "),
        }
    }

    fn diagnostics(&self) -> String {
        let shown: Vec<String> = self.diagnostics.iter().map(|(code, count)| format!("{code}={count}")).collect();
        if shown.is_empty() { "none".to_owned() } else { shown.join(" ") }
    }

    fn verdict(&self) -> &'static str {
        let nothing = self.rejected.is_empty() && self.acknowledgments == 0;
        match () {
            () if self.rejected.contains(&true) || nothing => "reject",
            () if self.errors + self.warnings > 0 => "take and report",
            () => "take",
        }
    }

    /// How many of the sets are rejected, as a reason must say it where only some are.
    fn share(&self) -> String {
        format!("{} of {}", self.rejected.iter().filter(|rejected| **rejected).count(), self.rejected.len())
    }
}

#[test]
fn every_row_has_a_verdict_and_a_reason_of_one_sentence() {
    let rows = rows();
    assert_eq!(rows.len(), 157);
    assert!(rows.is_sorted_by(|one, other| one[0] < other[0]), "the rows are in the order of the file names");
    for [file, sets, diagnostics, verdict, reason] in &rows {
        assert!(VERDICTS.contains(&verdict.as_str()), "{file}: `{verdict}` is no verdict");
        assert!((10..=160).contains(&reason.len()) && !reason.ends_with('.'), "{file}: {reason}");
        assert!(!sets.is_empty() && !diagnostics.is_empty(), "{file}");
        assert_eq!(verdict == "take", !reason.contains(": "), "{file}: what is wrong stands behind a colon: {reason}");
    }
}

#[test]
fn what_the_code_does_agrees_with_the_verdicts() {
    let Ok(folder) = std::env::var("CROSSDOCK_SAMPLES") else {
        println!("SKIPPED: CROSSDOCK_SAMPLES names no folder of samples");
        return;
    };
    let mut files: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let (mut text, mut different) = (format!("{HEAD}\n"), Vec::new());
    let rows = rows();
    assert_eq!(files, rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), "a row for each file");
    for [file, sets, diagnostics, verdict, reason] in &rows {
        let found = Found::read(&fs::read(Path::new(&folder).join(file)).unwrap());
        let (now_sets, now_diagnostics) = (found.sets(), found.diagnostics());
        if !found.edited.is_empty() {
            different.push(format!("{file}: edited without a change: {:?}", found.edited));
        }
        text.push_str(&format!("{file}\t{now_sets}\t{now_diagnostics}\t{verdict}\t{reason}\n"));
        if !update && (&now_sets, &now_diagnostics) != (sets, diagnostics) {
            different.push(format!("{file}: now {now_sets}; {now_diagnostics}"));
        }
        let share = found.share();
        if found.verdict() != verdict {
            different
                .push(format!("{file}: the verdict is `{verdict}`, the code does `{}` ({share})", found.verdict()));
        } else if verdict == "reject" && found.rejected.len() > 1 && !reason.contains(&share) {
            different.push(format!("{file}: the reason does not say that {share} sets are rejected"));
        }
    }
    if update {
        fs::write(table(), text).unwrap();
    }
    assert!(different.is_empty(), "not as the table says:\n{}", different.join("\n"));
}
