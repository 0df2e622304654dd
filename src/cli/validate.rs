//! `crossdock validate`: all diagnostics of an X12 file, and which classes of checks were made.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::input::InputArguments;
use super::output::{Console, Exit, Failure, Format, Tally};
use crate::diagnostic::{Diagnostics, Place};
use crate::tree::Tree;
use crate::x12::dictionary::Match;
use crate::x12::limits::Limits;
use crate::x12::reader::{Reader, SetHeader, Step};
use crate::x12::validate::{Against, validate};

/// Check an X12 file against the standard
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: InputArguments,
}

const LONG: &str = "\
Checks an X12 file against the standard and prints all that is wrong: what, where, why, and what to do.

At the end stand the classes of checks that were made and those that were not, and a line with the counts. Of one \
transaction set at most 200 diagnostics are printed; the others are counted. A warning that is equal in many sets is \
printed for the first three, then counted. `crossdock inspect` shows the same \
diagnostics at their place in the file.";

const EXAMPLES: &str = "\
Examples:
  crossdock validate shipments.edi
  crossdock validate - < shipments.edi             from standard input
  crossdock validate order.edi --bare              transaction sets without an envelope
  crossdock validate shipments.edi --format json | jq -r 'select(.code) | .code' | sort | uniq -c

With `--format json` each line is a diagnostic, and the last line is `{\"summary\": ...}`.

Exit codes: 0 no errors (warnings do not count), 1 errors, 2 wrong command line, 3 the file cannot be read.";

/// The classes of checks that are made.
const CHECKED: &[(&str, &str)] = &[
    ("envelope", "delimiters, control numbers and counts, numbers used twice in the file"),
    ("structure", "place, order and number of segments and loops, and which are missing"),
    ("elements", "which are missing, lengths, types, dates and times, blanks"),
    ("codes", "whether a code is in the list of its element; carriers, countries and the like are not known"),
    ("syntax notes", "elements that demand or exclude one another"),
    ("levels", "HL numbers, parents and child codes, BSN05"),
    ("totals", "CTT, W03, W14, W76; check digits of GTIN and SSCC"),
];

/// The classes of checks that are not.
const NOT_CHECKED: &[(&str, &str)] = &[("partner guides", "what a partner demands beyond the standard")];

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let (mut feed, mut reader) = arguments.input.open()?;
    let mut tree = Tree::default();
    let mut diagnostics = Diagnostics::with_limit(Limits::default().diagnostics_per_document);
    let mut tally = Tally::default();
    let mut tables = Tables::default();
    loop {
        let (step, bytes) = feed.next_step(&mut reader, &mut tree, &mut diagnostics)?;
        let set = reader.set().filter(|_| matches!(step, Step::Set(_)));
        if let Some(header) = set {
            validate(header, &Against::standard(header), &tree, bytes, &mut diagnostics);
            feed.name_places(&mut diagnostics);
        }
        tally.count(&diagnostics, set.is_some());
        if let Some(header) = set {
            tables.count(header, &reader);
        }
        print(console, &mut diagnostics)?;
        console.reached(feed.reached(tally.sets()))?;
        if step == Step::End {
            break;
        }
    }
    let counted = console.take_counted();
    for line in &counted {
        writeln!(console.out, "{line}")?;
    }
    if !counted.is_empty() {
        writeln!(console.out)?;
    }
    conclude(console, &tally, &tables)?;
    Ok(tally.exit())
}

fn print(console: &mut Console, diagnostics: &mut Diagnostics) -> Result<(), Failure> {
    let left_out = diagnostics.left_out();
    let mut list = diagnostics.take();
    // In the order of the file: those of reading and those of checking were found one after the other.
    list.sort_by_key(|diagnostic| match &diagnostic.place {
        Place::Payload(place) => place.bytes.start,
        _ => 0,
    });
    for diagnostic in list {
        if console.counted(&diagnostic) {
            continue;
        }
        console.result(&diagnostic)?;
        if console.format == Format::Text {
            writeln!(console.out)?;
        }
    }
    if left_out > 0 && console.format == Format::Text {
        writeln!(console.out, "{left_out} more problems of this transaction set are not shown\n")?;
    }
    Ok(())
}

/// By which tables the transaction sets were checked.
#[derive(Debug, Default)]
struct Tables {
    /// GS08 and the release used instead, with the number of transaction sets.
    nearest: BTreeMap<(String, &'static str), u64>,
    /// Transaction sets without a table, with their number.
    missing: BTreeMap<String, u64>,
}

impl Tables {
    fn count(&mut self, header: &SetHeader, reader: &Reader) {
        let named = reader.group().map_or("", |group| group.release());
        if header.release_match == Match::Nearest {
            let used = (named.to_owned(), header.release.name());
            *self.nearest.entry(used).or_default() += 1;
        }
        if header.grammar.is_none() {
            *self.missing.entry(header.set_id().to_owned()).or_default() += 1;
        }
    }

    /// What limits the checks that were made.
    fn remarks(&self) -> Vec<String> {
        let sets = |count: u64| format!("{count} transaction set{}", if count == 1 { "" } else { "s" });
        let mut remarks = Vec::new();
        for ((named, used), count) in &self.nearest {
            let count = sets(*count);
            remarks.push(format!(
                "{count} of release `{named}`: checked by the tables of {used}, the nearest there are; types and lengths \
                 do not reject"
            ));
        }
        for (set_id, count) in &self.missing {
            let count = sets(*count);
            remarks.push(format!("{count} {set_id}: no table, so only the envelope was checked"));
        }
        remarks
    }
}

fn conclude(console: &mut Console, tally: &Tally, tables: &Tables) -> Result<(), Failure> {
    let remarks = tables.remarks();
    if console.format == Format::Json {
        let names = |classes: &[(&'static str, &str)]| classes.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        let mut summary = tally.json();
        summary["checked"] = names(CHECKED).into();
        summary["not_checked"] = names(NOT_CHECKED).into();
        summary["remarks"] = Value::from(remarks);
        return Ok(console.json(&json!({ "summary": summary }))?);
    }
    for (title, classes) in [("checked", CHECKED), ("not checked", NOT_CHECKED)] {
        for (index, (name, what)) in classes.iter().enumerate() {
            let title = if index == 0 { title } else { "" };
            writeln!(console.out, "{title:<12} {name:<15} {what}")?;
        }
    }
    for (index, remark) in remarks.iter().enumerate() {
        let title = if index == 0 { "remarks" } else { "" };
        writeln!(console.out, "{title:<12} {remark}")?;
    }
    writeln!(console.out, "\n{}", tally.summary())?;
    Ok(())
}
