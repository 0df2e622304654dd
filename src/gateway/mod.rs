//! The gateway: settings, start in order, stop in reverse.

mod health;
mod home;
mod reload;
mod settings;
mod watch;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch as channel;
use tokio::task::{JoinError, JoinSet};
use tracing::{error, info, warn};

use crate::catalog::{Edition, FOLDERS};
use crate::diagnostic::{Diagnostics, text};
use crate::pipeline::{
    Folders, Pipeline, answered, awaited, batch, deliver, intake, lanes, panic_text, pick_up, publish,
};
use crate::store::{Banning, Store, StoreError, Unit};
use crate::transport::sftp::server;
use watch::Watch;

pub use home::{HomeError, HomeLock};
pub use settings::{LogFormat, Settings};

/// So long what is under way may take when the gateway stops.
pub const DRAIN: Duration = Duration::from_secs(30);

/// A gateway that runs.
#[derive(Debug)]
pub struct Gateway {
    /// The stages that it runs.
    pub pipeline: Pipeline,
    /// Where health and metrics are to be read; `None` when they are not served.
    pub listening: Option<std::net::SocketAddr>,
    /// Where the drop box is; `None` when there is none.
    pub drop_box: Option<std::net::SocketAddr>,
    stop: channel::Sender<bool>,
    tasks: JoinSet<()>,
    /// One gateway for a home.
    lock: HomeLock,
}

/// Why a gateway does not start.
#[derive(Debug)]
pub enum StartError {
    /// The home cannot be used.
    Home(HomeError),
    /// The store cannot be used.
    Store(StoreError),
    /// The address for health and metrics cannot be used.
    Listen {
        /// The address.
        address: String,
        /// Why.
        cause: std::io::Error,
    },
    /// The drop box cannot be opened.
    DropBox {
        /// Its address.
        address: std::net::SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
}

impl Gateway {
    /// Starts a gateway on a home: the address of health and metrics, the lock, the mappings and profiles, the store, what a stop
    /// left, then everything else.
    ///
    /// # Errors
    /// When something it cannot do without is missing; nothing is made in a folder that is no home, or without the address. Mappings
    /// and profiles with errors do not keep it from starting: they are logged, and what needs them waits.
    pub async fn start(home: &Path, settings: &Settings) -> Result<Self, StartError> {
        // What the system tells of dropped files has whole paths.
        let home = &std::path::absolute(home).map_err(|error| StartError::Home(HomeError::folder(home, &error)))?;
        let folders = Folders::of(home);
        if !FOLDERS.iter().any(|folder| home.join(folder).is_dir()) {
            return Err(StartError::Home(HomeError::none(home)));
        }
        let health = match &settings.listen {
            Some(address) => Some(listen(address, &folders.data()).await?),
            None => None,
        };
        let lock = HomeLock::take(&folders.data()).map_err(StartError::Home)?;
        // Before they are read, so that what changes meanwhile is noticed.
        let files = reload::state(home);
        let mut found = Diagnostics::unlimited();
        let edition = Arc::new(Edition::read(home, &mut found));
        for diagnostic in found.list() {
            warn!("{}", text::render(diagnostic, false).trim_end());
        }
        reload::tell_wrong(&reload::with_errors(&found));
        let store = Store::open(&folders.data()).await.map_err(StartError::Store)?;
        let (editions, in_force) = channel::channel(edition);
        let pipeline = Pipeline::new(store, folders, in_force, settings.threads);
        // Which cannot be made is told by the watch.
        let (mailboxes, _) = intake::mailboxes(&pipeline).map_err(|error| {
            let folder = pipeline.folders.data();
            StartError::Home(HomeError::folder(&folder, &error))
        })?;
        let (recorded, unread) = intake::recover(&pipeline).await.map_err(StartError::Store)?;
        if recorded > 0 {
            info!(files = recorded, "recorded what the last stop left in the spool");
        }
        forget_bans(&pipeline.store).await;
        let (stop, stopped) = channel::channel(false);
        let mut tasks = JoinSet::new();
        let (mut drop_box, mut counters) = (None, None);
        if let Some(sftp) = &settings.sftp_server {
            let address = sftp.listen;
            let server =
                open_drop_box(&pipeline, sftp).await.map_err(|cause| StartError::DropBox { address, cause })?;
            drop_box = server.address().ok();
            counters = Some(server.counters());
            tasks.spawn(server.run(stopped.clone()));
        }
        let listening = health.as_ref().and_then(|listener| listener.local_addr().ok());
        if let Some(listener) = health {
            tasks.spawn(health::serve(listener, pipeline.clone(), counters, stopped.clone()));
        }
        tasks.spawn(publish::run(pipeline.clone(), stopped.clone()));
        tasks.spawn(deliver::run(pipeline.clone(), stopped.clone()));
        tasks.spawn(pick_up::run(pipeline.clone(), stopped.clone()));
        tasks.spawn(answered::run(pipeline.clone(), stopped.clone()));
        tasks.spawn(awaited::run(pipeline.clone(), stopped.clone()));
        tasks.spawn(batch::run(pipeline.clone(), stopped.clone()));
        tasks.spawn(lanes::run(pipeline.clone(), stopped.clone()));
        tasks.spawn(reload::run(home.to_owned(), (files, found), editions, stopped.clone()));
        for intake in unread {
            tasks.spawn(watch::finish(intake, settings.sweep, stopped.clone()));
        }
        tasks.spawn(Watch::begin(pipeline.clone(), mailboxes, [settings.settle, settings.sweep], stopped).run());
        info!(home = %home.display(), "the gateway runs");
        Ok(Self { pipeline, listening, drop_box, stop, tasks, lock })
    }

    /// Waits until it cannot go on: the disk does not take what was committed, which is in the log, or a part of it broke; then
    /// by what.
    pub async fn failed(&mut self) -> Option<String> {
        tokio::select! {
            () = self.pipeline.store.failed() => None,
            broken = broken(&mut self.tasks) => {
                error!("a part of the gateway broke: {broken}");
                Some(broken)
            }
        }
    }

    /// Stops: nothing new is taken, what is under way is released. True when all of it ended in time; what did not is done at
    /// the next start.
    pub async fn stop(self) -> bool {
        let Self { stop, mut tasks, lock, .. } = self;
        stop.send_replace(true);
        let all = async {
            let mut whole = true;
            while let Some(ended) = tasks.join_next().await {
                whole &= ended.is_ok();
            }
            whole
        };
        let ended = tokio::time::timeout(DRAIN, all).await;
        if ended.is_err() {
            error!("not everything ended within {} s; it is done at the next start", DRAIN.as_secs());
        }
        drop(lock);
        info!("the gateway has stopped");
        ended.unwrap_or(false)
    }
}

/// Waits until one of the tasks panics: by what.
async fn broken(tasks: &mut JoinSet<()>) -> String {
    while let Some(ended) = tasks.join_next().await {
        if let Some(panic) = ended.err().and_then(|error| JoinError::try_into_panic(error).ok()) {
            return panic_text(&*panic);
        }
    }
    std::future::pending().await
}

/// Takes the address of health and metrics. Who has it may be the gateway of this home: then that is told.
async fn listen(address: &str, data: &Path) -> Result<TcpListener, StartError> {
    let cause = match health::bind(address).await {
        Ok(listener) => return Ok(listener),
        Err(cause) => cause,
    };
    Err(match HomeLock::holder(data) {
        Some(holder) => StartError::Home(HomeError::running(data, &holder)),
        None => StartError::Listen { address: address.to_owned(), cause },
    })
}

/// Those of a gateway that was killed are over. Where that cannot be recorded they end by themselves within the hour.
async fn forget_bans(store: &Store) {
    let forget = async || match store.bans(Timestamp::now()).await?.is_empty() {
        true => Ok(()),
        false => store.commit_one(Unit::Banning(Banning::Begun)).await.map(drop),
    };
    if let Err(error) = forget().await {
        warn!("bans of the gateway before this one stay on record: {error}");
    }
}

async fn open_drop_box(pipeline: &Pipeline, settings: &server::Settings) -> std::io::Result<server::Server<Pipeline>> {
    let (keys, uploads) = (pipeline.folders.host_keys(), pipeline.folders.uploads());
    server::Server::bind(pipeline.clone(), settings.clone(), keys, &uploads).await
}

#[cfg(test)]
mod tests {
    use super::{Gateway, Settings, broken};
    use crate::diagnostic::Diagnostics;
    use crate::pipeline::outcome;
    use tokio::task::JoinSet;

    #[tokio::test]
    async fn a_part_that_panics_is_told_also_from_within_another_and_one_that_ends_is_none() {
        let mut tasks = JoinSet::new();
        tasks.spawn(async {});
        tasks.spawn(async { outcome(tokio::spawn(async { panic!("no room for {}", 7) }).await).unwrap_or_default() });
        assert_eq!(broken(&mut tasks).await, "no room for 7");
    }

    #[tokio::test]
    async fn a_gateway_of_which_a_part_breaks_says_so_and_has_not_ended_well() {
        let home = std::env::temp_dir().join(format!("crossdock-broken-{}", std::process::id()));
        std::fs::create_dir_all(home.join("partner-profiles")).unwrap();
        std::fs::write(home.join("crossdock.toml"), "[health]\nlisten = \"off\"\n").unwrap();
        let settings = Settings::read(&home, &mut Diagnostics::unlimited());
        let mut gateway = Gateway::start(&home, &settings).await.unwrap();
        gateway.tasks.spawn(async { panic!("a defect") });
        assert_eq!(gateway.failed().await.as_deref(), Some("a defect"));
        assert!(gateway.stop().await, "the others end in time");
        std::fs::remove_dir_all(&home).unwrap();
    }
}
