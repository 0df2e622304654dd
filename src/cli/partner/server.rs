//! `crossdock partner trust` and `test`: a partner's server. Needs no gateway.

use std::io::{BufRead, Write};

use clap::Args;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::catalog::Catalog;
use crate::cli::filter::known;
use crate::cli::operator::HomeArguments;
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::diagnostic::{Diagnostics, text};
use crate::operation::Server;
use crate::partner::Profile;
use crate::partner::transport::sftp::Host;
use crate::transport::sftp::client::{Fault, HostKey};

#[derive(Debug, Args)]
pub(super) struct TrustArguments {
    /// Short name of the partner's profile
    #[arg(value_name = "NAME")]
    name: String,
    /// Trust only if one of the keys has this fingerprint, as the partner told it; may be given twice
    #[arg(long, value_name = "SHA256:...")]
    fingerprint: Vec<String>,
    /// Trust all keys that are shown, without asking
    #[arg(long, conflicts_with = "fingerprint")]
    yes: bool,
    #[command(flatten)]
    home: HomeArguments,
}

#[derive(Debug, Args)]
pub(super) struct TestArguments {
    /// Short name of the partner's profile
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    home: HomeArguments,
}

pub(super) const TRUST: &str = "\
Shows the host keys of the partner's SFTP server and asks whether they are right: compare them with what the partner tells \
you by another channel. What you trust is kept in data/trusted-hosts/NAME, and replaces what was trusted before. Keys in \
`host_keys` of the profile go first and are not learnt.

Examples:
  crossdock partner trust harbor
  crossdock partner trust harbor --fingerprint SHA256:Zk3vR0b5d1Jq3kqV0wq1x8v2oYbM6r9c4n7uT2pLh8E

Exit codes: 0 trusted, 1 not trusted, or the server cannot be reached, 2 wrong command line, 3 it cannot be kept.";

pub(super) const TEST: &str = "\
Logs in to the partner's SFTP server, lists each folder that files are picked up from, looks for those that they are moved to, and \
writes, renames and removes a probe where files are put. Takes nothing and leaves nothing there: by SCP, which cannot remove a probe, it only looks for the folder. \
When all goes well, what waits for the server is tried at once.

Examples:
  crossdock partner test harbor

Exit codes: 0 all can be done, 1 something cannot, 2 wrong command line, 3 the store cannot be used.";

/// Does `work` with the server of a partner.
fn with_server(
    home: &HomeArguments,
    name: &str,
    console: &mut Console,
    work: impl AsyncFnOnce(&Server<'_>, &mut Console) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let catalog = Catalog::new(&home.home);
    let mut found = Diagnostics::unlimited();
    let profiles: Vec<Profile> = catalog.profiles(&mut found);
    let names = catalog.list("partner-profiles");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if !names.contains(&name) {
        known("partner", name, &names, "there are")?;
    }
    let Some(profile) = profiles.iter().find(|profile| profile.short_name == name) else {
        console.remark("its profile has errors; `crossdock check` tells them")?;
        return Ok(Exit::Problems);
    };
    let Some(server) = Server::of(&home.home, profile) else {
        console.remark(&format!(
            "partner-profiles/{name}.toml has no [transport.sftp]: we do not visit a server of theirs; see docs/SFTP_CLIENT.md"
        ))?;
        return Ok(Exit::Problems);
    };
    let runtime = Runtime::new().map_err(|error| {
        Failure::operation("cannot begin".into(), error, "check the limits of the system on threads and memory")
    })?;
    let done = runtime.block_on(work(&server, console));
    // What still waits for a silent server is not waited for.
    runtime.shutdown_background();
    done
}

pub(super) fn trust(arguments: &TrustArguments, console: &mut Console) -> Result<Exit, Failure> {
    let TrustArguments { name, fingerprint, yes, home } = arguments;
    with_server(home, name, console, async |server, console| {
        let mut exit = Exit::Fine;
        for host in server.hosts() {
            if !host.host_keys.is_empty() {
                pinned(name, host, console)?;
                continue;
            }
            let keys = match server.keys(host).await {
                Ok(keys) => keys,
                Err(fault) => return failed(name, &fault, console),
            };
            let known = server.trusted(host).map_err(not_kept)?;
            let is_right = keys.iter().any(|key| fingerprint.contains(&key.fingerprint));
            show(name, host, &keys, &known, console)?;
            let all = keys.iter().all(|key| known.contains(&key.fingerprint)) && known.len() == keys.len();
            let trusts = match (all, fingerprint.is_empty()) {
                (true, true) => continue,
                (_, false) => is_right,
                _ => *yes || asked(console)?,
            };
            if !trusts {
                let why = match fingerprint.as_slice() {
                    [] => "nothing was trusted".to_owned(),
                    _ => "none of them has the fingerprint that was given: nothing was trusted".to_owned(),
                };
                console.remark(&why)?;
                exit = Exit::Problems;
                break;
            }
            // Who gives a fingerprint means that key, and no other.
            let means = |key: &&HostKey| fingerprint.is_empty() || fingerprint.contains(&key.fingerprint);
            let trusted: Vec<HostKey> = keys.iter().filter(means).cloned().collect();
            let file = server.trust(host, &trusted).map_err(not_kept)?;
            if console.format == Format::Text {
                writeln!(console.out, "trusted: {host}, kept in {}", file.display())?;
            }
        }
        if exit == Exit::Fine {
            server.mended().await?;
            if console.format == Format::Text {
                writeln!(console.out, "try it: `crossdock partner test {name}`")?;
            }
        }
        Ok(exit)
    })
}

fn not_kept(error: std::io::Error) -> Failure {
    Failure::operation("the host keys cannot be kept".into(), error, "make data/trusted-hosts writable")
}

fn pinned(name: &str, host: &Host, console: &mut Console) -> Result<(), Failure> {
    let keys = host.host_keys.join(", ");
    Ok(console
        .remark(&format!("{host} is pinned by partner-profiles/{name}.toml to {keys}; change `host_keys` there"))?)
}

fn show(name: &str, host: &Host, keys: &[HostKey], known: &[String], console: &mut Console) -> Result<(), Failure> {
    let is_known = |key: &HostKey| known.contains(&key.fingerprint);
    if console.format == Format::Json {
        for key in keys {
            console.json(&json!({
                "partner": name,
                "host": host.to_string(),
                "algorithm": key.algorithm,
                "fingerprint": key.fingerprint,
                "trusted_before": is_known(key),
            }))?;
        }
        return Ok(());
    }
    writeln!(console.out, "{host} shows")?;
    for key in keys {
        let word = if is_known(key) { ", trusted already" } else { "" };
        writeln!(console.out, "  {}  {}{word}", key.fingerprint, key.algorithm)?;
    }
    for gone in known.iter().filter(|known| !keys.iter().any(|key| key.fingerprint == **known)) {
        writeln!(console.out, "  {gone}  was trusted before, and is not shown any more")?;
    }
    Ok(())
}

/// Asks at the terminal; elsewhere nobody says yes.
fn asked(console: &mut Console) -> Result<bool, Failure> {
    if !std::io::IsTerminal::is_terminal(&std::io::stdin()) || console.format == Format::Json {
        console.remark("say that they are right with `--fingerprint SHA256:...` or `--yes`")?;
        return Ok(false);
    }
    write!(console.out, "Are these the keys that the partner told you by another channel? [yes/no] ")?;
    console.out.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}

fn failed(name: &str, fault: &Fault, console: &mut Console) -> Result<Exit, Failure> {
    let diagnostic = fault.of_a_try(name);
    match console.format {
        Format::Json => console.json(&crate::diagnostic::json::render(&diagnostic))?,
        Format::Text => write!(console.out, "{}", text::render(&diagnostic, console.colour))?,
    }
    Ok(Exit::Problems)
}

pub(super) fn test(arguments: &TestArguments, console: &mut Console) -> Result<Exit, Failure> {
    let TestArguments { name, home } = arguments;
    with_server(home, name, console, async |server, console| {
        let mut exit = Exit::Fine;
        for step in server.test().await {
            let (word, said) = match &step.result {
                Ok(said) => ("ok", said.clone()),
                Err(_) => ("FAILED", String::new()),
            };
            match console.format {
                Format::Json => {
                    let problem = step.result.as_ref().err();
                    let problem =
                        problem.map_or(Value::Null, |fault| crate::diagnostic::json::render(&fault.of_a_try(name)));
                    let done = step.result.is_ok();
                    console.json(&json!({ "partner": name, "step": step.what, "done": done, "result": said, "problem": problem }))?;
                }
                Format::Text => {
                    writeln!(console.out, "{word:<6}  {}{}{said}", step.what, if said.is_empty() { "" } else { ": " })?
                }
            }
            if let Err(fault) = &step.result {
                exit = Exit::Problems;
                if console.format == Format::Text {
                    write!(console.out, "{}", text::render(&fault.of_a_try(name), console.colour))?;
                }
            }
        }
        if exit == Exit::Fine {
            server.mended().await?;
        }
        Ok(exit)
    })
}
