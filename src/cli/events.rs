//! `crossdock events`: the log of what was published, from a cursor on.

use std::io::Write;
use std::time::Duration;

use clap::Args;

use super::operator::HomeArguments;
use super::output::{Console, Exit, Failure, Format};
use crate::pipeline::publish::bytes;

/// Print what was published, one event a line, from a cursor on
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Only events behind the one with this number; 0 is the beginning
    #[arg(long, value_name = "CURSOR", default_value_t = 0)]
    after: i64,
    /// Only events of tests, which are left out without it
    #[arg(long)]
    test: bool,
    /// Wait for more, until stopped
    #[arg(long)]
    follow: bool,
    /// At most so many [default: all]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    #[command(flatten)]
    home: HomeArguments,
}

const LONG: &str = "\
Prints what was published for the ERP, one CloudEvents object a line, in the order of the log. Events are numbered: keep the \
number of the last one that you have done with, and ask for those behind it the next time; an event may come twice, under the \
same id, never not at all.

Tests (ISA15 `T`, or `usage = \"test\"` of a profile) are numbered in the same log and are left out; `--test` prints these, and these only. The number of the last event is said beside the result; with `--format json` each line is an object with `sequence`, its \
number, and `event`.";

const EXAMPLES: &str = "\
Examples:
  crossdock events --after 0 --limit 10
  crossdock events --after 4711 --follow | jq -c .data
  crossdock events --after 4711 --format json | jq -c '[.sequence, .event.subject]'

Exit codes: 0 printed, 2 wrong command line, 3 the store cannot be read, or has no event with the number of the cursor.";

/// Events looked up at a time.
const PAGE: u32 = 256;
/// How often the log is looked at when there is nothing new.
const LOOK: Duration = Duration::from_millis(250);

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let mut after = arguments.after;
        let last = session.store.last_event().await?;
        if after > last {
            let message = format!("there is no event {after}: the last one has the number {last}");
            let cause = "the cursor is of another record, or of one in whose place a backup was restored since";
            let remedy = format!(
                "go on by `crossdock events --after {last}`; numbers behind it are given anew, an event that comes again has its id"
            );
            return Err(Failure::operation(message, cause, &remedy));
        }
        let mut left = arguments.limit.unwrap_or(u64::MAX);
        while left > 0 {
            let events = session.store.events(after, u32::try_from(left).unwrap_or(PAGE).min(PAGE)).await?;
            for event in &events {
                after = event.sequence;
                if (event.lane == "test") != arguments.test {
                    continue;
                }
                left -= 1;
                let line = bytes(event);
                match console.format {
                    Format::Text => console.out.write_all(&line)?,
                    // As it was published, digit by digit.
                    Format::Json => {
                        write!(console.out, "{{\"sequence\":{after},\"event\":")?;
                        console.out.write_all(line.trim_ascii_end())?;
                        console.out.write_all(b"}\n")?;
                    }
                }
            }
            if events.is_empty() {
                if !arguments.follow {
                    break;
                }
                console.out.flush()?;
                tokio::time::sleep(LOOK).await;
            }
        }
        console.remark(&format!("to go on: `crossdock events --after {after}`"))?;
        Ok(Exit::Fine)
    })
}
