//! `crossdock validate`: all diagnostics of an X12 file, and which classes of checks were made.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use jiff::Timestamp;

use super::checked::{Checked, Checking};
use super::documents::ReadingArguments;
use super::output::{Console, Exit, Failure, Format, Tally};
use crate::diagnostic::{Diagnostics, Place, codes};
use crate::translation::Outcome;
use crate::x12::acknowledgment::Detail;
use crate::x12::dictionary::Match;

/// Check an X12 file against the standard, and by what its partner agreed on
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// The X12 file, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    reading: ReadingArguments,
}

const LONG: &str = "\
Checks an X12 file against the standard and prints all that is wrong: what, where, why, what to do, and what an \
acknowledgment would say of it.

Where a profile of the home has the sender, or `--partner` names one, its `[rules]`, the code lists of the home and the \
guide that the mapping of the document names hold as well, as they do in the gateway. Without a profile it is the standard \
alone. The mapping itself is not tried: `crossdock translate` does that.

At the end stand the classes of checks that were made and those that were not, and a line with the counts. Of one \
transaction set at most 200 errors and 200 warnings and notes are printed; the others are counted. A warning that is equal in many sets is \
printed for the first three, then counted. `crossdock inspect` shows the same \
diagnostics at their place in the file.";

const EXAMPLES: &str = "\
Examples:
  crossdock validate shipments.edi
  crossdock validate - < shipments.edi             from standard input
  crossdock validate shipments.edi --partner harbor    by the profile of harbor, whoever the sender is
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
    ("totals", "CTT, W03, W14, W76; check digits of GTIN, SSCC and GLN"),
];

/// What is checked where a mapping of the partner names a guide.
const GUIDES: &str = "partner guides";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let (catalog, profiles) = arguments.reading.open(console)?;
    let mut checking = Checking::open(&arguments.file, &arguments.reading, (&catalog, &profiles), Timestamp::now())?;
    let mut tally = Tally::default();
    let mut basis = Basis::default();
    loop {
        let mut checked = checking.next(|answering| answering.acknowledge.detail = Detail::Errors)?;
        // Whose file it is stands in the last lines.
        checked.found.retain(|one| one.code != codes::PROFILE_UNKNOWN_SENDER);
        tally.count(&checked.found, checked.set().is_some());
        basis.count(&checked);
        print(console, &mut checked.found)?;
        console.reached(checked.reached(tally.sets()))?;
        if matches!(checked.outcome, Outcome::End) {
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
    conclude(console, &tally, &basis)?;
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

/// By what the transaction sets were checked, each with their number.
#[derive(Debug, Default)]
struct Basis {
    /// GS08 and the release used instead.
    nearest: BTreeMap<(String, &'static str), u64>,
    /// Transaction sets without a table.
    missing: BTreeMap<String, u64>,
    /// Partners whose profile was used; `None` where no profile has the sender.
    partners: BTreeMap<Option<String>, u64>,
    /// Guides; `None` where there is none for the set.
    guides: BTreeMap<Option<String>, u64>,
}

impl Basis {
    fn count(&mut self, checked: &Checked<'_>) {
        let Some(set) = checked.set() else { return };
        let header = &set.header;
        if header.release_match == Match::Nearest {
            let named = checked.reader.group().map_or("", |group| group.release()).to_owned();
            *self.nearest.entry((named, header.release.name())).or_default() += 1;
        }
        if header.grammar.is_none() {
            *self.missing.entry(header.set_id().to_owned()).or_default() += 1;
        }
        *self.partners.entry(checked.surroundings.partner.clone()).or_default() += 1;
        *self.guides.entry(set.guide.as_ref().map(|guide| guide.name().to_owned())).or_default() += 1;
    }

    /// The classes of checks that were made, with what they are.
    fn checked(&self) -> Vec<(&'static str, String)> {
        let always = CHECKED.iter().map(|(name, what)| (*name, (*what).to_owned()));
        let guides: Vec<String> = self
            .guides
            .iter()
            .filter_map(|(name, count)| Some(format!("{} by {}", sets(*count), name.as_ref()?)))
            .collect();
        always.chain((!guides.is_empty()).then(|| (GUIDES, guides.join(", ")))).collect()
    }

    /// Those that were not.
    fn not_checked(&self) -> Vec<(&'static str, String)> {
        let what = "what a partner demands beyond the standard";
        match self.guides.get(&None) {
            Some(count) => vec![(GUIDES, format!("{what}: no guide for {}", sets(*count)))],
            None if self.guides.is_empty() => vec![(GUIDES, what.to_owned())],
            None => Vec::new(),
        }
    }

    /// What else was the measure, and what limits the checks that were made.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for (partner, count) in &self.partners {
            let count = sets(*count);
            remarks.push(match partner {
                Some(partner) => format!("{count}: with the codes and rules of partner {partner}"),
                None => {
                    format!("{count}: no partner profile of the home has the sender, so the standard alone counted")
                }
            });
        }
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

fn sets(count: u64) -> String {
    format!("{count} transaction set{}", if count == 1 { "" } else { "s" })
}

fn conclude(console: &mut Console, tally: &Tally, basis: &Basis) -> Result<(), Failure> {
    let (checked, not_checked, remarks) = (basis.checked(), basis.not_checked(), basis.remarks());
    if console.format == Format::Json {
        let names = |classes: &[(&'static str, String)]| classes.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        let mut summary = tally.json();
        summary["checked"] = names(&checked).into();
        summary["not_checked"] = names(&not_checked).into();
        summary["remarks"] = Value::from(remarks);
        return Ok(console.json(&json!({ "summary": summary }))?);
    }
    for (title, classes) in [("checked", checked), ("not checked", not_checked)] {
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
