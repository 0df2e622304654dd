//! `crossdock man`: the manual pages, made of the same texts as `--help`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;

use super::output::{Console, Exit, Failure};
use crate::diagnostic::suggest;

/// Print a manual page, or write all of them to a folder
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The command, such as `translate` or `mapping explain` [default: crossdock as a whole]
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Vec<String>,
    /// Write the pages of all commands to this folder, which is made where it is missing
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  crossdock man translate | man -l -
  crossdock man --dir ~/.local/share/man/man1          then: man crossdock, man crossdock-translate

Exit codes: 0 printed or written, 2 no such command, 3 the folder cannot be written.";

/// Runs the command; `line` is the whole command line.
pub(super) fn run(arguments: &Arguments, mut line: Command, console: &mut Console) -> Result<Exit, Failure> {
    // Gives the commands below their whole names, and the options of every command.
    line.build();
    if let Some(folder) = &arguments.dir {
        fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
        return write_all(&line, folder);
    }
    let mut wanted = &line;
    for name in &arguments.command {
        let Some(found) = wanted.find_subcommand(name) else {
            let names = wanted.get_subcommands().map(Command::get_name);
            let remedy = match suggest::nearest(name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`crossdock --help` lists the commands".to_owned(),
            };
            return Err(Failure::Usage {
                message: format!("there is no command `{}`", arguments.command.join(" ")),
                remedy,
            });
        };
        wanted = found;
    }
    console.out.write_all(&page(wanted)?)?;
    Ok(Exit::Fine)
}

fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    Man::new(command.clone()).source(concat!("crossdock ", env!("CARGO_PKG_VERSION"))).render(&mut page)?;
    Ok(page)
}

/// Writes the page of the command and those of the commands below it.
fn write_all(command: &Command, folder: &Path) -> Result<Exit, Failure> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let path = folder.join(format!("{name}.1"));
    fs::write(&path, page(command)?).map_err(|error| unwritten(&path, &error))?;
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        write_all(inner, folder)?;
    }
    Ok(Exit::Fine)
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("cannot write {}", path.display());
    Failure::operation(message, error, "check that you may write there, and that there is room")
}
