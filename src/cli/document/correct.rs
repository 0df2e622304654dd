//! `crossdock document correct`: a person changes what a document says.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::cli::act::{Onward, Teller};
use crate::cli::input::unreadable;
use crate::cli::operator::{HomeArguments, WhyArguments, missing};
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::diagnostic::cause;
use crate::lifecycle::Order;
use crate::operation::{Corrected, Correction, Kind, Outcome, Task, correct, text_to_correct};
use crate::store::Filter;

/// Change what a document says: its object in your editor, or its bytes
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Its id
    #[arg(value_name = "ID")]
    id: i64,
    /// Edit the bytes, not the object
    #[arg(long)]
    bytes: bool,
    /// Take the new content from this file, and open no editor
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    onward: Onward,
    #[command(flatten)]
    why: WhyArguments,
    #[command(flatten)]
    home: HomeArguments,
}

const LONG: &str = "\
Opens a document's canonical object in $VISUAL or $EDITOR, checks what you wrote, and writes it back over the document's \
bytes: only what you changed differs in them. The document is then translated again from the corrected bytes, so that \
object and bytes agree, and goes on as after a rerun. The original is kept (`crossdock document export --original`), and so \
is who did it, when and why.

With `--bytes` you edit the transaction set itself. What came from the ERP is edited as the JSON it came as. Where you \
change nothing, nothing is done.";

const EXAMPLES: &str = "\
Examples:
  crossdock document correct 4711 --why 'lot number by telephone from the warehouse'
  crossdock document correct 4711 --bytes
  crossdock document export 4711 --canonical | jq '.lines[0].lot = \"L7\"' > new.json
  crossdock document correct 4711 --file new.json --dry-run

Exit codes: 0 done or nothing changed, 1 it could not be done or has errors still, 2 wrong command line, 3 the operation failed.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let Some(document) = session.store.document(arguments.id).await? else {
            return missing(Kind::Document, arguments.id, console);
        };
        let (kind, id) = ("document", document.id);
        let mut teller = Teller::new(arguments.dry_run);
        let before = match text_to_correct(session, &document, arguments.bytes).await? {
            Ok(text) => text,
            Err(declined) => {
                teller.tell(&Outcome { kind, id, result: Err(declined) }, console)?;
                return Ok(Exit::Problems);
            }
        };
        let end = if document.direction == "in" && arguments.bytes { "edi" } else { "json" };
        let text = match &arguments.file {
            Some(file) => fs::read(file).map_err(|error| unreadable(&file.display().to_string(), &error))?,
            None => edited(&before, &format!("document-{id}.{end}"))?,
        };
        if text == before {
            return nothing(id, console);
        }
        let audit = session.audit("document correct", arguments.why.why.as_deref());
        let correction = Correction { bytes: arguments.bytes, text };
        let (kind_of, order, dry_run) = (Kind::Document, Order::Correct, arguments.dry_run);
        let (filter, out_of_order) = (Filter::ids(&[id]), arguments.onward.out_of_order);
        let task = Task { kind: kind_of, order, filter, audit, dry_run, out_of_order };
        match correct(session, &document, correction, &task).await? {
            Corrected::Unchanged => nothing(id, console),
            Corrected::Declined(declined) => {
                teller.tell(&Outcome { kind, id, result: Err(declined) }, console)?;
                Ok(Exit::Problems)
            }
            Corrected::Wrong(diagnostics) => {
                for diagnostic in &diagnostics {
                    console.result(diagnostic)?;
                }
                console.remark("what you wrote is not taken; the document is as it was")?;
                Ok(Exit::Problems)
            }
            Corrected::Done { done, before, after, notes } => {
                for note in &notes {
                    console.beside(note)?;
                }
                if console.format == Format::Text {
                    changed_bytes(&before, &after, console)?;
                }
                let outcome = Outcome { kind, id, result: Ok(*done) };
                teller.tell(&outcome, console)?;
                Ok(if outcome.is_good() { Exit::Fine } else { Exit::Problems })
            }
        }
    })
}

fn nothing(id: i64, console: &mut Console) -> Result<Exit, Failure> {
    console.remark(&format!("nothing was changed: document {id} is as it was"))?;
    Ok(Exit::Fine)
}

/// Shows the part of the bytes that differs.
fn changed_bytes(before: &[u8], after: &[u8], console: &mut Console) -> Result<(), Failure> {
    let start = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let same_end = before[start..].iter().rev().zip(after[start..].iter().rev());
    let end = same_end.take_while(|(one, other)| one == other).count();
    let shown = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).replace(['\n', '\r'], " ");
        if text.chars().count() > 160 { format!("{}...", text.chars().take(160).collect::<String>()) } else { text }
    };
    let from = start.saturating_sub(8);
    writeln!(console.out, "bytes before  {}", shown(&before[from..before.len() - end]))?;
    writeln!(console.out, "bytes now     {}", shown(&after[from..after.len() - end]))?;
    Ok(())
}

/// What a person makes of `text` in their editor.
fn edited(text: &[u8], name: &str) -> Result<Vec<u8>, Failure> {
    let editor = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok());
    let Some(editor) = editor.into_iter().find(|editor| !editor.trim().is_empty()) else {
        return Err(Failure::Usage {
            message: "there is no editor: neither VISUAL nor EDITOR is set".into(),
            remedy: "set one (`export EDITOR=nano`), or name a file with the new content by `--file`".into(),
        });
    };
    let folder = std::env::temp_dir().join(format!("crossdock-{}", std::process::id()));
    let failed = |error: std::io::Error| {
        let message = format!("cannot write {}", folder.join(name).display());
        Failure::operation(message, error, "check the folder for temporary files, and the room in it")
    };
    private_folder(&folder).map_err(failed)?;
    let path = folder.join(name);
    fs::write(&path, text).map_err(failed)?;
    // The editor may have arguments of its own.
    let mut words = editor.split_whitespace();
    let ended = Command::new(words.next().unwrap_or_default()).args(words).arg(&path).status();
    let written = fs::read(&path);
    drop(fs::remove_dir_all(&folder));
    match ended {
        Ok(status) if status.success() => written.map_err(failed),
        Ok(status) => Err(Failure::operation(
            format!("the editor `{editor}` did not end well"),
            status,
            "nothing was changed; try again, or name a file with the new content by `--file`",
        )),
        Err(error) => Err(Failure::operation(
            format!("the editor `{editor}` cannot be started"),
            cause(error),
            "set VISUAL or EDITOR to an editor that is there",
        )),
    }
}

/// A folder that only its owner can look into: documents are nobody else's business.
fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(folder)
}
