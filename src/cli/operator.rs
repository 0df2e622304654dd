//! What the operators' commands share: the home whose gateway they are for, who orders and why, how times are shown.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::output::{Console, Exit, Failure};
use crate::operation::{Kind, OpenError, Session};

/// The home whose gateway is meant.
#[derive(Debug, Args)]
pub(super) struct HomeArguments {
    /// Folder of the gateway, with partner-profiles/, mappings/ and data/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    pub(super) home: PathBuf,
}

/// Why something is done.
#[derive(Debug, Args)]
pub(super) struct WhyArguments {
    /// Why, for the record (`crossdock audit`)
    #[arg(long, value_name = "TEXT")]
    pub(super) why: Option<String>,
}

impl HomeArguments {
    /// Does `work` on the gateway of the home.
    pub(super) fn open<T>(&self, work: impl AsyncFnOnce(&Session) -> Result<T, Failure>) -> Result<T, Failure> {
        let runtime = Runtime::new().map_err(|error| {
            Failure::operation("cannot begin".into(), error, "check the limits of the system on threads and memory")
        })?;
        runtime.block_on(async {
            let session = Session::open(&self.home, who()).await.map_err(|error| no_gateway(&self.home, error))?;
            work(&session).await
        })
    }
}

fn no_gateway(home: &Path, error: OpenError) -> Failure {
    match error {
        OpenError::Store(error) => error.into(),
        OpenError::NoGateway => {
            let home = home.display();
            let folder = if home.to_string() == "." { "this folder".to_owned() } else { home.to_string() };
            Failure::Operation {
                message: format!("no gateway has run in {folder} yet"),
                cause: format!("there is no {home}/data/crossdock.db, or it is empty"),
                remedy: format!(
                    "start one with `crossdock serve --home {home}`, or name the home of yours by `--home`"
                ),
            }
        }
    }
}

/// Who orders: the user of the operating system, also behind `sudo`.
fn who() -> String {
    let named = ["SUDO_USER", "USER"].into_iter().filter_map(|name| std::env::var(name).ok());
    named.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| {
        use std::os::unix::fs::MetadataExt;
        let uid = std::fs::metadata("/proc/self").map(|process| process.uid());
        uid.map_or_else(|_| "somebody".to_owned(), |uid| format!("user {uid}"))
    })
}

/// Says that there is no row of this kind with this id.
pub(super) fn missing(kind: Kind, id: i64, console: &mut Console) -> Result<Exit, Failure> {
    let kind = kind.word();
    console.remark(&format!("there is no {kind} {id}; see `crossdock {kind} list`"))?;
    Ok(Exit::Problems)
}

/// A time for people: UTC, to the second.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Such as `3 documents`.
pub(super) fn counted(count: u64, word: &str) -> String {
    match (count, word.strip_suffix('y')) {
        (1, _) => format!("1 {word}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {word}s"),
    }
}
