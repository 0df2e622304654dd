//! `crossdock document explain`: what is wrong with a document in plain words, as a text for the partner or a draft of a mail.

use std::io::Write;

use clap::Args;
use serde_json::json;

use crate::catalog::Catalog;
use crate::cli::operator::{HomeArguments, missing, time};
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::cli::visible::on_one_line;
use crate::diagnostic::{Diagnostic, Diagnostics, Fault, Severity};
use crate::lifecycle::DocumentState;
use crate::operation::{Kind, in_force};
use crate::partner::Profile;
use crate::store::Document;
use crate::translation::report;

/// Say in plain words what is wrong with a document, for the partner
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Its id, as `crossdock document list` shows it
    #[arg(value_name = "ID")]
    id: i64,
    /// As a draft of a mail to the contacts of the partner's profile; nothing is sent
    #[arg(long)]
    mail: bool,
    #[command(flatten)]
    home: HomeArguments,
}

const LONG: &str = "\
Says what the partner did wrong in a document: what, where, the text as it came, the rule. Nothing of our mappings and \
commands is in it. With `--mail` it is a draft of a mail to the contacts of the partner's profile, which nobody sends.

What is wrong on our side is in `crossdock document show`.";

const EXAMPLES: &str = "\
Examples:
  crossdock document explain 4711
  crossdock document explain 4711 --mail > mail.txt

Exit codes: 0 printed, 1 there is no such document or the partner did nothing wrong, 2 wrong command line, 3 the store \
cannot be read.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let id = arguments.id;
        let Some(document) = session.store.document(id).await? else { return missing(Kind::Document, id, console) };
        let Some(in_force) = in_force(session, &document).await? else { return missing(Kind::Document, id, console) };
        let theirs = |one: &&Diagnostic| one.code.fault() == Fault::Partner && one.severity > Severity::Note;
        // What they were told of is what they know, whatever was done here since.
        let told = in_force.told();
        let attempt = told.unwrap_or(&in_force.attempt);
        let found: Vec<Diagnostic> = attempt.diagnostics.iter().filter(theirs).cloned().collect();
        let text = report::set(&found);
        if text.is_empty() {
            console.remark(&format!(
                "the partner did nothing wrong in document {id}; what else there is: `crossdock document show {id}`"
            ))?;
            return Ok(Exit::Problems);
        }
        let profiles = Catalog::new(&arguments.home.home).profiles(&mut Diagnostics::with_limit(0));
        let partner = document.partner.as_deref();
        let profile = profiles.iter().find(|profile| Some(profile.short_name.as_str()) == partner);
        let (to, subject) = head(&document, profile);
        match console.format {
            Format::Json => console.json(&json!({ "document": id, "to": to, "subject": subject, "text": text }))?,
            Format::Text if !arguments.mail => write!(console.out, "{text}")?,
            Format::Text => {
                let name = profile.map_or("you", |profile| profile.name.as_str());
                let came = time(document.received_at);
                writeln!(console.out, "To: {}\nSubject: {}\n", to.join(", "), on_one_line(&subject))?;
                writeln!(
                    console.out,
                    "Hello,\n\nthe file {} that we received from {name} at {came} (UTC) has faults in one of its\n\
                     transaction sets:\n",
                    on_one_line(&document.file_name)
                )?;
                write!(console.out, "{text}")?;
                writeln!(console.out, "\n{}", asked_for(&document, told.is_some()))?;
            }
        }
        Ok(Exit::Fine)
    })
}

/// What the partner is asked to do with a document that it was `told` is rejected, or was not.
fn asked_for(document: &Document, told: bool) -> &'static str {
    match (document.state, told) {
        (DocumentState::Published, true) => {
            "Our acknowledgment says that it is rejected. We have taken it after all: please do not send it again, and\n\
             correct this in what you send from now on."
        }
        (DocumentState::Published, false) => {
            "We took it all the same. Please correct this in what you send from now on."
        }
        _ => {
            "We did not take it. Please correct it and send it again in a new interchange. This is about\n\
             this transaction set only."
        }
    }
}

/// To whom a mail goes, and about what it is.
fn head(document: &Document, profile: Option<&Profile>) -> (Vec<String>, String) {
    let contacts = profile.map_or(&[][..], |profile| profile.contacts.as_slice());
    let address =
        |contact: &crate::partner::Contact| contact.email.as_ref().map(|email| format!("{} <{email}>", contact.name));
    let to = contacts.iter().filter_map(address).collect();
    let set = document.document.rsplit('/').next().unwrap_or_default();
    let number = document.business_number.as_deref().or(document.control_numbers[2].as_deref()).unwrap_or_default();
    (to, format!("Your {set} {number} in {}", document.file_name))
}
