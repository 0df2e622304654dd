//! `crossdock translate`: a partner's file to canonical events, or canonical JSON to a partner's file. No store, no gateway.

mod given;
mod in_order;
mod inbound;
mod objects;
mod outbound;
mod writing;

use std::num::NonZeroUsize;

use clap::Args;
use jiff::Timestamp;

use super::documents::ReadingArguments;
use super::input::{Feed, instant};
use super::output::{Console, Exit, Failure};

/// Translate a file: a partner's to canonical JSON, or canonical JSON to a partner's
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// The partner's file or the JSON file, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Interchange control number (and group control number) of what is written
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=999_999_999))]
    control_number: u32,
    /// A file with the canonical object of an earlier document, such as the order, for what a document repeats of it
    #[arg(long, value_name = "FILE")]
    recall: Vec<String>,
    /// The next number of a sequence that the mapping names, such as `asn=1204`
    #[arg(long, value_name = "NAME=NUMBER", value_parser = given::sequence)]
    sequence: Vec<(String, u64)>,
    /// Time of the events, or of the envelope, such as `2026-11-20T09:30:00Z` [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    time: Option<Timestamp>,
    /// Print the canonical objects alone, without the event around them
    #[arg(long)]
    data: bool,
    /// Threads that translate a large file [default: one for each processor]
    #[arg(long, value_name = "NUMBER")]
    threads: Option<NonZeroUsize>,
}

impl Arguments {
    fn now(&self) -> Timestamp {
        self.time.unwrap_or_else(Timestamp::now)
    }

    fn threads(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(processors, usize::from)
    }
}

const LONG: &str = "\
Translates a partner's file to the ERP's canonical events (JSON, CloudEvents 1.0), or canonical objects to a whole file of \
the partner's: what the file is tells the way. A partner's file is X12, or one that a layout describes (CSV, fixed width, \
XML): its layout is known by the entries of the profiles, or by --mapping.

The translation goes to standard output, diagnostics to standard error. One event a line when the output is not a \
terminal. A transaction set with an error is not translated; its neighbours are. Faults of trailers are found at the end \
of the file, after its documents were printed: use the output only when the exit code is 0.

A warning that is equal in many transaction sets is told in full for the first three, then counted; `--format json` has \
each.";

const EXAMPLES: &str = "\
Examples:
  crossdock translate shipments.edi
  crossdock translate shipments.edi --data | jq .order_number
  crossdock translate shipments.edi --mapping harbor/945
  crossdock translate stock.csv --partner kestrel --mapping kestrel/stock
  crossdock translate order.json --partner harbor --control-number 263 > order.edi
  crossdock translate - < shipments.edi

Exit codes: 0 no errors, 1 errors in the data or in a partner profile, 2 wrong command line, 3 the file cannot be read.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let (catalog, profiles) = arguments.reading.open(console)?;
    let given = given::given(arguments, console)?;
    let mut feed = Feed::open(&arguments.file)?;
    let beginning = feed.beginning()?;
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
    let exit = if text.starts_with(b"{") || text.starts_with(b"[") {
        outbound::run(arguments, console, &catalog, &profiles, (feed, given))
    } else {
        inbound::run(arguments, console, &catalog, &profiles, (feed, given))
    };
    // The errors of profiles were told, whoever's document it is.
    exit.map(|exit| if exit == Exit::Fine && !catalog.unusable_profiles().is_empty() { Exit::Problems } else { exit })
}
