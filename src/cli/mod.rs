//! The command line: one file a command. Parses arguments and calls the library; decides nothing about data.

mod acknowledge;
mod act;
mod audit;
mod backup;
mod ban;
mod check;
mod checked;
mod columns;
mod completions;
mod control_number;
mod delivery;
mod demo;
mod document;
mod documents;
mod events;
mod explain;
mod filter;
mod guide;
mod input;
mod inspect;
mod list;
mod man;
mod mapping;
mod opened;
mod operator;
mod output;
mod partner;
mod payload;
mod progress;
mod recorded;
mod repeats;
mod rows;
mod schema;
mod sequence;
mod serve;
mod slip;
mod status;
mod submit;
mod translate;
mod validate;
mod visible;
mod waits;
mod words;
mod write;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use output::{Console, Exit, OutputArguments};

/// Translates a distributor's EDI traffic with its warehouses: X12 in, canonical JSON out, and back.
#[derive(Debug, Parser)]
#[command(name = "crossdock", version, arg_required_else_help = true, max_term_width = 110, after_help = AFTER_HELP)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    output: OutputArguments,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  all is well (warnings and notes may have been printed)
  1  the data, or a file someone wrote, has errors
  2  the command line cannot be understood
  3  the operation failed, for example because a file cannot be read

`crossdock COMMAND --help` explains a command, with examples.";

#[derive(Debug, Subcommand)]
enum Command {
    Translate(translate::Arguments),
    Inspect(inspect::Arguments),
    Validate(validate::Arguments),
    Acknowledge(acknowledge::Arguments),
    Check(check::Arguments),
    Mapping(mapping::Arguments),
    Guide(guide::Arguments),
    Schema(schema::Arguments),
    Serve(serve::Arguments),
    Demo(demo::Arguments),
    Status(status::Arguments),
    Document(document::Arguments),
    Payload(payload::Arguments),
    Delivery(delivery::Arguments),
    Submit(submit::Arguments),
    Events(events::Arguments),
    Partner(partner::Arguments),
    Ban(ban::Arguments),
    ControlNumber(control_number::Arguments),
    Sequence(sequence::Arguments),
    Audit(audit::Arguments),
    Backup(backup::Arguments),
    Explain(explain::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // Help goes to standard output, errors to standard error; where that is closed, the code says enough.
            drop(slip::tell(&error));
            return if error.use_stderr() { Exit::Usage } else { Exit::Fine }.into();
        }
    };
    let mut console = Console::new(&line.output);
    let result = match &line.command {
        Command::Translate(arguments) => translate::run(arguments, &mut console),
        Command::Inspect(arguments) => inspect::run(arguments, &mut console),
        Command::Validate(arguments) => validate::run(arguments, &mut console),
        Command::Acknowledge(arguments) => acknowledge::run(arguments, &mut console),
        Command::Check(arguments) => check::run(arguments, &mut console),
        Command::Mapping(arguments) => mapping::run(arguments, &mut console),
        Command::Guide(arguments) => guide::run(arguments, &mut console),
        Command::Schema(arguments) => schema::run(arguments, &mut console),
        Command::Serve(arguments) => serve::run(arguments, &mut console),
        Command::Demo(arguments) => demo::run(arguments, &mut console),
        Command::Status(arguments) => status::run(arguments, &mut console),
        Command::Document(arguments) => document::run(arguments, &mut console),
        Command::Payload(arguments) => payload::run(arguments, &mut console),
        Command::Delivery(arguments) => delivery::run(arguments, &mut console),
        Command::Submit(arguments) => submit::run(arguments, &mut console),
        Command::Events(arguments) => events::run(arguments, &mut console),
        Command::Partner(arguments) => partner::run(arguments, &mut console),
        Command::Ban(arguments) => ban::run(arguments, &mut console),
        Command::ControlNumber(arguments) => control_number::run(arguments, &mut console),
        Command::Sequence(arguments) => sequence::run(arguments, &mut console),
        Command::Audit(arguments) => audit::run(arguments, &mut console),
        Command::Backup(arguments) => backup::run(arguments, &mut console),
        Command::Completions(arguments) => completions::run(arguments, CommandLine::command(), &mut console),
        Command::Man(arguments) => man::run(arguments, CommandLine::command(), &mut console),
        Command::Explain(arguments) => explain::run(arguments, &mut console),
    };
    console.end(result).into()
}

#[cfg(test)]
mod tests {
    use clap::builder::StyledStr;

    use std::collections::BTreeSet;

    use super::*;

    /// The README's tables name a command in the first cell, its sisters behind `also` in the second.
    #[test]
    fn the_readme_names_every_command_and_no_other() {
        let readme = include_str!("../../README.md");
        let section = readme.split("\n## ").find(|section| section.starts_with("Commands\n")).unwrap();
        let (mut there, mut named) = (BTreeSet::new(), BTreeSet::new());
        let line = CommandLine::command();
        for command in line.get_subcommands() {
            let name = command.get_name();
            let inner: BTreeSet<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            match inner.is_empty() {
                true => drop(there.insert(name.to_owned())),
                false => there.extend(inner.iter().map(|sub| format!("{name} {sub}"))),
            }
            for row in section.lines() {
                let mut quoted = row.split('`').skip(1).step_by(2).peekable();
                let is_of_it = quoted.peek().and_then(|first| first.split(' ').nth(1)) == Some(name);
                for text in quoted {
                    let mut words = text.strip_prefix("crossdock ").unwrap_or(text).split(' ');
                    match (words.next(), words.next()) {
                        (Some(first), Some(sub)) if first == name && !inner.is_empty() => {
                            named.insert(format!("{name} {sub}"));
                        }
                        (Some(first), _) if first == name => drop(named.insert(name.to_owned())),
                        (Some(sub), _) if is_of_it && inner.contains(sub) => {
                            named.insert(format!("{name} {sub}"));
                        }
                        _ => {}
                    }
                }
            }
        }
        assert_eq!(named, there);
    }

    /// Paragraphs are broken at the terminal's width. A line that somebody broke by hand, and that is long, would be broken twice.
    #[test]
    fn no_help_has_lines_broken_by_hand() {
        let mut broken = Vec::new();
        let mut commands = vec![CommandLine::command()];
        while let Some(command) = commands.pop() {
            commands.extend(command.get_subcommands().cloned());
            let texts = [
                command.get_about(),
                command.get_long_about(),
                command.get_after_help(),
                command.get_after_long_help(),
            ];
            for text in texts.into_iter().flatten().map(StyledStr::to_string) {
                let lines: Vec<&str> = text.lines().collect();
                let by_hand = |two: &&[&str]| {
                    two[0].len() > 80 && !two[0].starts_with(' ') && !two[0].ends_with(':') && !two[1].is_empty()
                };
                broken
                    .extend(lines.windows(2).filter(by_hand).map(|two| format!("{}: {}", command.get_name(), two[0])));
            }
        }
        assert!(broken.is_empty(), "{broken:#?}");
    }
}
