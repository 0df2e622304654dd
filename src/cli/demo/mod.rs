//! `crossdock demo`: a gateway at work on sample partners, with what comes out, what fails and how it is mended.

mod files;
mod partner;

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::columns::Columns;
use super::output::{Console, Exit, Failure};
use crate::diagnostic::Diagnostic;
use crate::gateway::{Gateway, Settings};
use crate::lifecycle::{DeliveryState, DocumentState, PayloadState};
use crate::store::{Audit, Document, Filter, Payload, Row, Unit, Window};
use crate::transport::sftp::client::Fault;
use crate::transport::sftp::{key_pair, server};
use partner::Partners;

/// Run a gateway on sample partners: see files come in, documents come out, a failure found and mended
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Leave the gateway running until Ctrl-C, and its home in place
    #[arg(long)]
    keep: bool,
    /// Folder for the home; it must not be there yet [default: one below the folder for temporary files]
    #[arg(long, value_name = "FOLDER")]
    home: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
The home is removed at the end unless --keep or --home is given. With --keep, drop files of your own into its mailboxes and \
use the other commands on it: `crossdock status --home FOLDER`.

Exit codes: 0 it ran, 3 it did not.";

/// Longest wait for the gateway's work.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether the work is done.
const LOOK: Duration = Duration::from_millis(20);

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let home = match &arguments.home {
        Some(home) => home.clone(),
        None => std::env::temp_dir().join(format!("crossdock-demo-{}", std::process::id())),
    };
    if home.exists() {
        let message = format!("{} is there already", home.display());
        return Err(Failure::Usage { message, remedy: "name a folder that is not there, or leave --home out".into() });
    }
    let key = prepare(&home).map_err(|error| not_written(&home, &error))?;
    let runtime =
        Runtime::new().map_err(|error| Failure::operation("the demo cannot start".into(), error, "try again"))?;
    let ran = runtime.block_on(show(arguments, (&home, key), console));
    if !arguments.keep && arguments.home.is_none() {
        fs::remove_dir_all(&home).map_err(|error| not_written(&home, &error))?;
    }
    ran
}

fn not_written(home: &Path, error: &io::Error) -> Failure {
    Failure::operation(
        format!("the folder {} cannot be used", home.display()),
        error,
        "check permissions and room on the disk",
    )
}

/// The file of the key that lets all partners of the demonstration in.
const KEY: &str = "secrets/demo-key";

/// Writes the home, in which all partners may log in by one key, which is answered.
fn prepare(home: &Path) -> io::Result<String> {
    let [key, public] = key_pair()?;
    // One of their files is cut short; nobody waits ten minutes for its rest here.
    let comes_in =
        format!("\n\n[transport.sftp_server]\nkeys = [{{ key = \"{public}\" }}]\nincomplete_after = \"1s\"\n");
    for (name, text) in files::HOME {
        let file = home.join(name);
        fs::create_dir_all(file.parent().unwrap_or(home))?;
        let more = if name.starts_with("partner-profiles/") { comes_in.as_str() } else { "" };
        fs::write(file, format!("{text}{more}"))?;
    }
    fs::create_dir_all(home.join("secrets"))?;
    fs::write(home.join(KEY), &key)?;
    fs::set_permissions(home.join(KEY), fs::Permissions::from_mode(0o600))?;
    Ok(key)
}

async fn show(arguments: &Arguments, (home, key): (&Path, String), console: &mut Console) -> Result<Exit, Failure> {
    // Two gateways of a demo may run at the same time: any port will do.
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let settings = Settings {
        listen: Some(any.to_string()),
        sweep: Duration::from_millis(200),
        sftp_server: Some(server::Settings::at(any)),
        ..Settings::default()
    };
    let gateway = Gateway::start(home, &settings).await.map_err(super::serve::failure)?;
    let drop_box = gateway.drop_box.unwrap_or(any);
    let mut partners = Partners::new(drop_box, key);
    let payloads = drop_files(&gateway, &mut partners, home).await?;
    writeln!(
        console.out,
        "A gateway runs on {}. Partners put {} files into it by SFTP, the ERP submitted one.\n",
        home.display(),
        payloads.len() - 1
    )?;
    came_out(&gateway, home, console).await?;
    answered(&mut partners, home, console).await?;
    failed(&gateway, &payloads, console).await?;
    mend(&gateway, home, &payloads, console).await?;
    if arguments.keep {
        writeln!(
            console.out,
            "\nThe gateway goes on until Ctrl-C. Its home is {}. Log in as a partner:",
            home.display()
        )?;
        let (key, port) = (home.join(KEY), drop_box.port());
        writeln!(console.out, "  sftp -i {} -P {port} harbor@127.0.0.1", key.display())?;
        console.out.flush()?;
        tokio::signal::ctrl_c()
            .await
            .map_err(|error| Failure::operation("signals cannot be caught".into(), error, "report this"))?;
    }
    Ok(if gateway.stop().await { Exit::Fine } else { Exit::Failed })
}

/// Has partners put one file after the other and the ERP an order, and waits until each is worked on: so the demo tells the
/// same each time.
async fn drop_files(gateway: &Gateway, partners: &mut Partners, home: &Path) -> Result<Vec<Payload>, Failure> {
    let made = files::made();
    let dropped = files::DROPPED.iter().map(|(partner, name, text)| (*partner, *name, *text));
    let mut count = 0;
    for (partner, name, text) in
        dropped.chain(made.iter().map(|(partner, name, text)| (*partner, *name, text.as_str())))
    {
        partners.put(partner, name, text).await.map_err(not_visited)?;
        count += 1;
        worked_on(gateway, count).await?;
    }
    let submitted = home.join("data/erp/submitted");
    let temporary = submitted.join(".order.json.tmp");
    let put =
        fs::write(&temporary, files::SUBMITTED).and_then(|()| fs::rename(temporary, submitted.join("order.json")));
    put.map_err(|error| not_written(home, &error))?;
    worked_on(gateway, count + 1).await
}

fn not_visited(fault: Fault) -> Failure {
    Failure::operation(fault.message, fault.cause, "try again; see docs/SFTP.md")
}

/// A partner comes back for what its file was answered with.
async fn answered(partners: &mut Partners, home: &Path, console: &mut Console) -> Result<(), Failure> {
    let file = home.join("harbor-took.edi");
    let Some(name) = partners.take_answer("harbor", &file).await.map_err(not_visited)? else { return Ok(()) };
    let text = fs::read_to_string(file).map_err(|error| not_written(home, &error))?;
    writeln!(console.out, "\nHarbor logs in by SFTP and takes /outbox/{name}:\n")?;
    for segment in text.split_inclusive('~').map(str::trim).filter(|segment| segment.starts_with("AK")) {
        writeln!(console.out, "{segment}")?;
    }
    Ok(())
}

/// Waits until so many files are worked on, published and delivered.
async fn worked_on(gateway: &Gateway, count: usize) -> Result<Vec<Payload>, Failure> {
    let store = &gateway.pipeline.store;
    let until = Instant::now() + PATIENCE;
    loop {
        let payloads = store.payloads(&Filter::default(), Window::first(1_000)).await?;
        let counts = store.counts(Timestamp::now()).await?;
        let published = counts.cursors.iter().all(|(_, sequence, _)| *sequence == counts.last_event);
        let waits = payloads.iter().any(|payload| payload.state == PayloadState::Received);
        let made = counts.deliveries.iter().all(|(state, _)| state == DeliveryState::Placed.word());
        if payloads.len() == count && !waits && published && made {
            return Ok(payloads);
        }
        if Instant::now() > until {
            let cause = format!("{} of {count} files were taken within {} s", payloads.len(), PATIENCE.as_secs());
            return Err(Failure::operation(
                "the demo did not end".into(),
                cause,
                "try again when the machine is less busy",
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Prints what lies in the ERP's folder and in the outboxes.
async fn came_out(gateway: &Gateway, home: &Path, console: &mut Console) -> Result<(), Failure> {
    let store = &gateway.pipeline.store;
    let documents = store.documents(&Filter::default(), Window::first(1_000)).await?;
    let mut columns = Columns::new(&["FROM", "DOCUMENT", "BECAME", "NUMBER", "FILE"]);
    for document in documents.iter().filter(|one| one.state == DocumentState::Published) {
        let partner = document.partner.as_deref().unwrap_or_default();
        let kind = document.canonical_type.as_deref().unwrap_or_default();
        columns.row([
            partner,
            &document.document,
            kind,
            document.business_number.as_deref().unwrap_or_default(),
            &document.file_name,
        ]);
    }
    writeln!(
        console.out,
        "Published for the ERP, one file each, below {}:\n",
        home.join("data/erp/published").display()
    )?;
    columns.print(&mut console.out)?;
    writeln!(console.out, "\nWritten for partners:\n")?;
    for delivery in store.deliveries(&Filter::default(), Window::first(1_000)).await? {
        let file = gateway.pipeline.folders.outbox(&delivery.partner).join(&delivery.file_name);
        writeln!(console.out, "{}", file.display())?;
    }
    Ok(())
}

/// Prints what is held, why, and the command that helps.
async fn failed(gateway: &Gateway, payloads: &[Payload], console: &mut Console) -> Result<(), Failure> {
    writeln!(console.out, "\nHeld for a person, or rejected by an acknowledgment, and nothing lost:\n")?;
    let tell = |console: &mut Console, file: &str, found: &Diagnostic, command: &str| {
        writeln!(console.out, "{file}: {} [{}]", found.message, found.code.name())?;
        if let Some(answer) = &found.answer {
            writeln!(console.out, "  told in the {answer}")?;
        }
        match &found.remedy {
            Some(remedy) => writeln!(console.out, "  {remedy}\n  {command}\n"),
            None => writeln!(console.out, "  {command}\n"),
        }
    };
    for payload in payloads {
        let found = payload.diagnostics.last();
        if let (PayloadState::Held | PayloadState::Duplicate, Some(found)) = (payload.state, found) {
            let command = format!("crossdock payload show {}", payload.id);
            tell(console, &payload.file_name, found, &command)?;
        }
    }
    let states = [DocumentState::Held, DocumentState::Rejected].map(|state| state.word().to_owned());
    let held = Filter { states: states.to_vec(), ..Filter::default() };
    for document in gateway.pipeline.store.documents(&held, Window::first(1_000)).await? {
        if let Some(found) = &document.problem {
            tell(console, &document.file_name, found, &format!("crossdock document show {}", document.id))?;
        }
    }
    Ok(())
}

/// Names the new id in the profile, waits until it is in force, and works on the payload again.
async fn mend(gateway: &Gateway, home: &Path, payloads: &[Payload], console: &mut Console) -> Result<(), Failure> {
    let (profile, before, after) = files::NEW_ID;
    let Some(payload) = payloads.iter().find(|payload| payload.file_name == files::made()[0].1) else { return Ok(()) };
    writeln!(
        console.out,
        "Mending {}: \"ZZ/HARBORWEST\" is added to `them.interchange_ids` in {profile}.",
        payload.file_name
    )?;
    let file = home.join(profile);
    let text = fs::read_to_string(&file).map_err(|error| not_written(home, &error))?;
    let mut editions = gateway.pipeline.editions.clone();
    editions.borrow_and_update();
    fs::write(&file, text.replace(before, after)).map_err(|error| not_written(home, &error))?;
    let in_force = tokio::time::timeout(PATIENCE, editions.changed()).await;
    in_force.ok().and_then(Result::ok).ok_or_else(|| {
        Failure::operation(
            "the changed profile did not come into force".into(),
            "it was waited for a minute",
            "try again",
        )
    })?;
    let audit = Audit {
        at: Timestamp::now(),
        by: "demo".to_owned(),
        command: "payload rerun".to_owned(),
        why: Some("the partner's new id is in its profile".to_owned()),
    };
    let row = Row { id: payload.id, version: payload.version };
    gateway.pipeline.store.commit_one(Unit::Payload(row, PayloadState::Received, audit)).await?;
    gateway.pipeline.process(payload.id, "demo").await?;
    let filter = Filter { payload: Some(payload.id), ..Filter::default() };
    let documents: Vec<Document> = gateway.pipeline.store.documents(&filter, Window::first(100)).await?;
    writeln!(console.out, "  crossdock payload rerun {}", payload.id)?;
    for document in documents {
        let kind = document.canonical_type.as_deref().unwrap_or_default();
        let number = document.business_number.as_deref().unwrap_or_default();
        writeln!(console.out, "  {kind} {number}: {}", document.state.word())?;
    }
    Ok(())
}
