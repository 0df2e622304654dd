//! Lists payloads, documents or deliveries, newest first, a page at a time.

use clap::Args;

use super::filter::FilterArguments;
use super::operator::{HomeArguments, counted, time};
use super::output::{Console, Exit, Failure, Format};
use super::rows;
use crate::diagnostic::worst;
use crate::operation::{Kind, Session, page};
use crate::store::{Filter, VisitState, Window};

/// What to list.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    paging: PageArguments,
    #[command(flatten)]
    home: HomeArguments,
    #[command(flatten)]
    filter: FilterArguments,
}

/// Which part of a list.
#[derive(Debug, Args)]
pub(super) struct PageArguments {
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) limit: u32,
    /// Only those behind the one with this id: the next page
    #[arg(long, value_name = "ID")]
    pub(super) after: Option<i64>,
}

impl PageArguments {
    /// Says how the list goes on, when the page is full.
    pub(super) fn more(&self, shown: usize, last: Option<i64>, console: &mut Console) -> Result<(), Failure> {
        match last {
            Some(last) if shown == self.limit as usize => Ok(console.remark(&format!("more: `{}`", next(last)))?),
            _ => Ok(()),
        }
    }
}

/// Runs the command.
pub(super) fn run(kind: Kind, arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let filter = arguments.filter.filter(kind, session).await?;
        let PageArguments { limit, after } = arguments.paging;
        let window = Window { newest_first: true, behind: after, limit };
        let things = page(session, kind, &filter, window).await?;
        match console.format {
            Format::Json => {
                for thing in &things {
                    console.json(&rows::as_json(thing))?;
                }
            }
            Format::Text => {
                if let Some(table) = rows::table(&things) {
                    table.print(&mut console.out)?;
                } else {
                    let none = counted(0, kind.word()).replacen('0', "no", 1);
                    console.remark(&format!("there are {none} like that"))?;
                }
            }
        }
        if kind == Kind::Delivery && console.format == Format::Text {
            failing_servers(session, &filter, console).await?;
        }
        arguments.paging.more(things.len(), things.last().map(crate::operation::Thing::id), console)?;
        Ok(Exit::Fine)
    })
}

/// Says which servers let the deliveries to them wait.
async fn failing_servers(session: &Session, filter: &Filter, console: &mut Console) -> Result<(), Failure> {
    let is_meant = |visit: &VisitState| filter.partner.as_ref().is_none_or(|partner| *partner == visit.partner);
    for visit in session.store.visits().await? {
        if visit.folder.is_empty() && visit.failures > 0 && is_meant(&visit) {
            let why = worst(&visit.diagnostics).map(|why| format!(": {}", why.message)).unwrap_or_default();
            let (partner, next) = (&visit.partner, time(visit.next_at));
            console.remark(&format!("the server of {partner} fails{why}; what is for it waits until {next}"))?;
        }
    }
    Ok(())
}

/// The command that was given, for the page behind `last`.
fn next(last: i64) -> String {
    let mut words = vec!["crossdock".to_owned()];
    let mut given = std::env::args().skip(1);
    while let Some(word) = given.next() {
        if word == "--after" {
            given.next();
        } else if !word.starts_with("--after=") {
            words.push(quoted(&word));
        }
    }
    words.push(format!("--after {last}"));
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        assert_eq!(quoted("--state"), "--state");
        assert_eq!(quoted("*.edi"), "'*.edi'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }
}
