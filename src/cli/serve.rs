//! `crossdock serve`: runs the gateway until it is told to stop.

use std::path::PathBuf;
use std::process;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::output::{Console, Exit, Failure};
use crate::diagnostic::Diagnostics;
use crate::gateway::{Gateway, LogFormat, Settings, StartError};

/// Run the gateway: take files from the mailboxes, translate them, publish for the ERP, deliver to partners
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Folder with partner-profiles/, mappings/ and, made when it is not there, data/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    home: PathBuf,
}

const AFTER_HELP: &str = "\
Partners' files go into data/mailboxes/PARTNER/inbox, the ERP's objects into data/erp/submitted. What comes out lies in \
data/erp/published and in data/mailboxes/PARTNER/outbox. Settings are in crossdock.toml; the log goes to standard error, \
how much of it is said by CROSSDOCK_LOG (error, warn, info, debug).

It stops on SIGTERM or SIGINT, when what is under way is done, within 30 seconds.

Exit codes: 0 stopped as told, 1 crossdock.toml has errors, 3 it cannot start, not everything ended in time, a part of it \
broke, or the disk did not take what was committed.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let mut found = Diagnostics::unlimited();
    let settings = Settings::read(&arguments.home, &mut found);
    let wrong = found.errors() > 0;
    for diagnostic in found.take() {
        console.beside(&diagnostic)?;
    }
    if wrong {
        return Ok(Exit::Problems);
    }
    log(settings.log);
    let runtime = Runtime::new().map_err(|error| {
        Failure::operation(
            "the gateway cannot start".into(),
            error,
            "check the limits of the system on threads and memory",
        )
    })?;
    let served = runtime.block_on(serve(arguments, &settings));
    // A disk that does not answer keeps no process alive.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn serve(arguments: &Arguments, settings: &Settings) -> Result<Exit, Failure> {
    // Before anything is taken, so that no signal is lost.
    let told = |kind| {
        signal(kind).map_err(|error| Failure::operation("signals cannot be caught".into(), error, "report this"))
    };
    // At a limit of file sizes writing fails, and is told as a full disk is; unheard, the signal would end the gateway.
    let _of_file_sizes = told(SignalKind::from_raw(libc::SIGXFSZ))?;
    let (mut terminate, mut interrupt) = (told(SignalKind::terminate())?, told(SignalKind::interrupt())?);
    let mut gateway = Gateway::start(&arguments.home, settings).await.map_err(failure)?;
    if let Some(address) = gateway.listening {
        tracing::info!(%address, "health and metrics are served");
    }
    if let Some(address) = gateway.drop_box {
        tracing::info!(%address, "the drop box is open for SFTP");
    }
    tracing::info!(process = process::id(), "stop it with SIGTERM");
    let (told, broken) = tokio::select! {
        _ = terminate.recv() => (true, None),
        _ = interrupt.recv() => (true, None),
        broken = gateway.failed() => (false, broken),
    };
    let ended = gateway.stop().await;
    match broken {
        Some(cause) => Err(Failure::operation(
            "a part of the gateway broke, so all of it has stopped".into(),
            cause,
            "start it again: nothing is lost, it goes on with what was not done; send this message to those who look after Crossdock",
        )),
        None if ended && told => Ok(Exit::Fine),
        None => Ok(Exit::Failed),
    }
}

/// Why it does not start.
pub(super) fn failure(error: StartError) -> Failure {
    match error {
        StartError::Home(error) => {
            Failure::Operation { message: error.message, cause: error.cause, remedy: error.remedy }
        }
        StartError::Store(error) => error.into(),
        StartError::DropBox { address, cause } => Failure::operation(
            format!("the drop box cannot be opened at {address}"),
            cause,
            "set `listen` under [sftp_server] in crossdock.toml to a free address; its keys are in data/host-keys, what is \
             not received yet in data/spool/uploads",
        ),
        StartError::Listen { address, cause } => Failure::operation(
            format!("health and metrics cannot be served at {address}"),
            cause,
            "set `listen` under [health] in crossdock.toml to a free address, or to \"off\"",
        ),
    }
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("CROSSDOCK_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // Where the log cannot be written, that cannot be written either: it would panic in whoever has something to log.
    let builder = builder.log_internal_errors(false);
    // Only the first gateway of a process sets the log up.
    drop(match format {
        LogFormat::Text => builder.with_ansi(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    });
}
