//! `crossdock completions`: what a shell needs to complete commands and options.

use std::io::Write;

use clap::{Args, Command};
use clap_complete::Shell;

use super::output::{Console, Exit, Failure};

/// Print what a shell needs to complete commands and options
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "\
Where it goes:
  bash         crossdock completions bash > ~/.local/share/bash-completion/completions/crossdock
  zsh          crossdock completions zsh > ~/.zfunc/_crossdock        (with `fpath+=~/.zfunc` before `compinit`)
  fish         crossdock completions fish > ~/.config/fish/completions/crossdock.fish
  PowerShell   crossdock completions powershell >> $PROFILE
  elvish       crossdock completions elvish >> ~/.config/elvish/rc.elv

Exit codes: 0 printed, 2 no such shell.";

/// Runs the command; `line` is the whole command line.
pub(super) fn run(arguments: &Arguments, mut line: Command, console: &mut Console) -> Result<Exit, Failure> {
    // Into memory first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut line, "crossdock", &mut script);
    console.out.write_all(&script)?;
    Ok(Exit::Fine)
}
