//! `crossdock translate`: X12 to canonical events, or canonical JSON to an interchange. No store, no gateway.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use super::documents::known_partner;
use super::input::{Feed, charset};
use super::output::{Console, Exit, Failure, Format, Tally};
use crate::canonical::{self, Event, Object};
use crate::catalog::{Catalog, CatalogDesk, Chosen, surroundings_of};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, codes};
use crate::mapping::{Library, Plan};
use crate::partner::Profile;
use crate::translation::{Document, Inbound, Outbound, OutboundEnvelope, Outcome, Surroundings};
use crate::tree::charset::Charset;
use crate::x12::reader::ReadOptions;
use crate::x12::writer::InterchangeHeader;

/// Translate a file: X12 to canonical JSON, or canonical JSON to X12
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// The X12 or JSON file, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Short name of the partner's profile [default: the profile that has the interchange's sender]
    #[arg(long, value_name = "NAME")]
    partner: Option<String>,
    /// Mapping to use, such as `harbor/945` [default: the profile's, else the base mapping]
    #[arg(long, value_name = "NAME")]
    mapping: Option<String>,
    /// Folder with partner-profiles/ and mappings/
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    home: PathBuf,
    /// Interchange control number (and group control number) of what is written
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=999_999_999))]
    control_number: u32,
    /// Time of the events, or of the envelope, such as `2026-11-20T09:30:00Z` [default: now]
    #[arg(long, value_name = "INSTANT")]
    time: Option<Timestamp>,
    /// Also read groups (GS) and transaction sets (ST) that stand in no interchange
    #[arg(long)]
    bare: bool,
    /// Release of transaction sets that stand in no group
    #[arg(long, value_name = "RELEASE", default_value = "004010")]
    release: String,
    /// Character set of the partner [default: the profile's, else UTF-8 where the bytes are, else Latin-1]
    #[arg(long, value_name = "NAME", value_parser = charset)]
    charset: Option<Charset>,
    /// Print the canonical objects alone, without the event around them
    #[arg(long)]
    data: bool,
}

impl Arguments {
    fn now(&self) -> Timestamp {
        self.time.unwrap_or_else(Timestamp::now)
    }
}

const LONG: &str = "\
Translates a partner's X12 file to the ERP's canonical events (JSON, CloudEvents 1.0), or canonical objects to a whole
X12 interchange: what the file is tells the way.

The translation goes to standard output, diagnostics to standard error. One event a line when the output is not a
terminal. A transaction set with an error is not translated; its neighbours are. Faults of trailers are found at the end
of the file, after its documents were printed: use the output only when the exit code is 0.";

const EXAMPLES: &str = "\
Examples:
  crossdock translate shipments.edi
  crossdock translate shipments.edi --data | jq .order_number
  crossdock translate shipments.edi --mapping harbor/945
  crossdock translate order.json --partner harbor --control-number 263 > order.edi
  crossdock translate - < shipments.edi

Exit codes: 0 no errors, 1 errors in the data, 2 wrong command line, 3 the file cannot be read.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let catalog = Catalog::new(&arguments.home);
    let mut found = Diagnostics::unlimited();
    let profiles = catalog.profiles(&mut found);
    for diagnostic in found.take() {
        console.beside(&diagnostic)?;
    }
    known_partner(arguments.partner.as_deref(), &profiles, &arguments.home)?;
    let mut feed = Feed::open(&arguments.file)?;
    let beginning = feed.beginning()?;
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
    if text.starts_with(b"{") || text.starts_with(b"[") {
        outbound(arguments, console, &catalog, &profiles, feed)
    } else {
        inbound(arguments, console, &catalog, &profiles, feed)
    }
}

fn inbound(
    arguments: &Arguments,
    console: &mut Console,
    catalog: &Catalog,
    profiles: &[Profile],
    mut feed: Feed,
) -> Result<Exit, Failure> {
    let now = arguments.now();
    let chosen = Chosen {
        partner: arguments.partner.clone(),
        mapping: arguments.mapping.clone(),
        today: now.to_zoned(jiff::tz::TimeZone::UTC).date(),
    };
    let desk = CatalogDesk::new(catalog, profiles, chosen);
    let mut options = ReadOptions {
        bare_sets: arguments.bare,
        release: arguments.release.clone(),
        charset: arguments.charset,
        ..ReadOptions::default()
    };
    if let Some(profile) = profiles.iter().find(|profile| Some(&profile.short_name) == arguments.partner.as_ref()) {
        options.limits = profile.limits;
    }
    let mut inbound = Inbound::new(options);
    let mut tally = Tally::default();
    let mut out = Vec::new();
    loop {
        let (outcome, bytes) = feed.pull(|input, end| match inbound.next(input, end, &desk) {
            (consumed, Outcome::NeedMore) => (consumed, None),
            (consumed, Outcome::Document(document)) => {
                let range = document.bytes.clone();
                (consumed, Some((Outcome::Document(document), range)))
            }
            (consumed, outcome) => (consumed, Some((outcome, 0..0))),
        })?;
        let is_set = matches!(outcome, Outcome::Document(_));
        feed.name_places(inbound.diagnostics());
        tally.count(inbound.diagnostics(), is_set);
        console.reached(feed.reached(tally.sets()))?;
        if let Outcome::Document(document) = &outcome
            && document.good
        {
            out.clear();
            print(arguments, console, document, inbound.object(), feed.slice(bytes), now, &mut out);
            console.out.write_all(&out)?;
        }
        let left_out = inbound.diagnostics().left_out();
        for diagnostic in inbound.diagnostics().take() {
            console.beside(&diagnostic)?;
        }
        if left_out > 0 {
            console.remark(&format!("{left_out} more problems of this transaction set are not shown"))?;
        }
        if matches!(outcome, Outcome::End) {
            break;
        }
    }
    if tally.exit() != Exit::Fine {
        console.remark(&tally.summary())?;
    }
    Ok(tally.exit())
}

/// The event of a document, one line or laid out for a person.
fn print(
    arguments: &Arguments,
    console: &Console,
    document: &Document,
    object: &Object,
    bytes: &[u8],
    now: Timestamp,
    out: &mut Vec<u8>,
) {
    let Some(plan) = &document.plan else { return };
    let pretty = console.terminal && console.format == Format::Text;
    if arguments.data {
        let emit = if pretty { canonical::emit_pretty } else { canonical::emit };
        emit(object, plan.canonical, out);
    } else {
        let id = canonical::event_id(bytes, document.place.bytes.start, 1);
        let source = format!("/partners/{}", document.partner.as_deref().unwrap_or("unknown"));
        let subject = canonical::subject(object, plan.canonical);
        let event = Event {
            id: &id,
            source: &source,
            subject,
            time: now,
            correlation_id: subject,
            document_id: Some(&id),
            supersedes: None,
        };
        let emit = if pretty { canonical::emit_event_pretty } else { canonical::emit_event };
        emit(&event, object, plan.canonical, out);
    }
    out.push(b'\n');
}

fn outbound(
    arguments: &Arguments,
    console: &mut Console,
    catalog: &Catalog,
    profiles: &[Profile],
    feed: Feed,
) -> Result<Exit, Failure> {
    let name = feed.name().to_owned();
    let bytes = feed.rest()?;
    // The event says whose it is, unless a person says otherwise.
    let first = canonical::submissions(&bytes).find_map(Result::ok);
    let source = first.as_ref().and_then(|first| first.attribute("source")?.strip_prefix("/partners/"));
    let wanted = arguments.partner.as_deref().or(source);
    let profile = profiles.iter().find(|profile| Some(profile.short_name.as_str()) == wanted);
    if profile.is_none() {
        console.remark("no partner is named: placeholder ids and base mappings are used; name one with `--partner`")?;
    }
    let mut surroundings = profile.map_or_else(Surroundings::default, surroundings_of);
    surroundings.charset = arguments.charset.or(surroundings.charset);
    let mut writer: Option<Outbound> = None;
    let mut tally = Tally::default();
    for submission in canonical::submissions(&bytes) {
        let mut diagnostics = Diagnostics::unlimited();
        match submission {
            Err(diagnostic) => diagnostics.push(diagnostic),
            Ok(submission) => {
                let choice = choose(arguments, catalog, profile, submission.shape, &mut diagnostics);
                match choice {
                    None if diagnostics.errors() == 0 => diagnostics.push(submission.unknown()),
                    None => {}
                    Some((plan, from_partner)) => {
                        let mut object = Object::new();
                        canonical::read_into(submission.data, plan.canonical, &mut object, &mut diagnostics);
                        if diagnostics.errors() == 0 {
                            let out = writer.get_or_insert_with(|| {
                                let envelope = envelope(arguments, profile, from_partner, arguments.now());
                                Outbound::new(envelope, surroundings.clone())
                            });
                            out.write(&plan, &object, &mut diagnostics);
                        }
                    }
                }
            }
        }
        tally.count(&diagnostics, true);
        for mut diagnostic in diagnostics.take() {
            if let Place::Field(place) = &mut diagnostic.place {
                place.file.get_or_insert_with(|| name.clone());
            }
            console.beside(&diagnostic)?;
        }
    }
    if let Some(out) = writer.filter(|out| out.sets() > 0) {
        let mut problems = Diagnostics::unlimited();
        out.envelope_problems().into_iter().for_each(|problem| problems.push(problem));
        tally.count(&problems, false);
        for problem in problems.take() {
            console.beside(&problem)?;
        }
        if tally.exit() == Exit::Fine {
            console.out.write_all(&out.finish())?;
        } else {
            console.remark("nothing was written: an interchange goes out whole or not at all")?;
        }
    }
    Ok(tally.exit())
}

/// The mapping for an object, and whether it is one that the partner would send.
fn choose(
    arguments: &Arguments,
    catalog: &Catalog,
    profile: Option<&Profile>,
    shape: Option<&'static canonical::Shape>,
    diagnostics: &mut Diagnostics,
) -> Option<(Arc<Plan>, bool)> {
    let today = arguments.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let place = Place::Nowhere;
    let sent = |name: &str| profile.and_then(|profile| profile.send_entry(name, today));
    if let Some(name) = &arguments.mapping {
        let plan = catalog.plan_for(name, place, diagnostics)?;
        let from_partner = profile.is_some() && sent(plan.canonical.name).is_none();
        return Some((plan, from_partner));
    }
    let shape = shape?;
    if let Some(entry) = sent(shape.name) {
        let name = entry.mapping.as_ref().map(|mapping| mapping.value.clone());
        let name = name.or_else(|| base_for(catalog, shape.name, diagnostics))?;
        return Some((catalog.plan_for(&name, place, diagnostics)?, false));
    }
    // What the partner sends us can be written as it would: by the mapping of the entry that receives it.
    let received = profile.into_iter().flat_map(|profile| &profile.receive).filter_map(|entry| entry.mapping.as_ref());
    for mapping in received {
        let plan = catalog.plan(&mapping.value, diagnostics);
        if let Some(plan) = plan.filter(|plan| plan.canonical.name == shape.name) {
            return Some((plan, true));
        }
    }
    let name = base_for(catalog, shape.name, diagnostics);
    let Some(name) = name else {
        let message = format!("no mapping writes a {}", shape.name);
        let remedy = "name one: `--mapping NAME`";
        diagnostics.push(Diagnostic::new(codes::MAPPING_NONE, message, Place::Nowhere).remedy(remedy));
        return None;
    };
    let plan = catalog.plan_for(&name, place, diagnostics)?;
    Some((plan, profile.is_some() && shape.name != "fulfillment_order"))
}

/// The base mapping whose canonical object is this one.
fn base_for(catalog: &Catalog, canonical: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let mut names = catalog.names().into_iter().filter(|name| name.starts_with("base/"));
    names.find(|name| catalog.plan(name, diagnostics).is_some_and(|plan| plan.canonical.name == canonical))
}

/// The envelope by the profile's ids; placeholders where there is no profile.
fn envelope(arguments: &Arguments, profile: Option<&Profile>, from_partner: bool, now: Timestamp) -> OutboundEnvelope {
    let settings = profile.map(|profile| profile.envelope.clone()).unwrap_or_default();
    let zone = profile.map_or(jiff::tz::TimeZone::UTC, |profile| profile.time_zone.clone());
    let local = now.to_zoned(zone);
    let id = |id: &crate::partner::InterchangeId| (id.qualifier().to_owned(), id.id().to_owned());
    let us = profile.map_or(("ZZ".into(), "SENDER".into()), |profile| id(&profile.us.interchange_id.value));
    let them = profile.map_or(("ZZ".into(), "RECEIVER".into()), |profile| id(&profile.them.interchange_id.value));
    let our_group = profile.map_or("SENDER", |profile| profile.us.group_id.as_str()).to_owned();
    let their_group = profile.map_or("RECEIVER", |profile| profile.them.group_id()).to_owned();
    let (sender, receiver) = if from_partner { (them, us) } else { (us, them) };
    let group_ids = if from_partner { (their_group, our_group) } else { (our_group, their_group) };
    OutboundEnvelope {
        interchange: InterchangeHeader {
            authorization: (settings.isa.authorization.clone(), settings.isa.authorization_information.clone()),
            security: (settings.isa.security.clone(), String::new()),
            sender,
            receiver,
            date: local.strftime("%y%m%d").to_string(),
            time: local.strftime("%H%M").to_string(),
            version: settings.isa.version.clone(),
            control_number: arguments.control_number,
            acknowledgment_requested: settings.isa.acknowledgment_requested,
            usage: profile.map_or("P", |profile| profile.usage.code()).to_owned(),
        },
        group_ids,
        date_and_time: (local.strftime("%Y%m%d").to_string(), local.strftime("%H%M").to_string()),
        first_group_number: arguments.control_number,
        delimiters: settings.delimiters,
    }
}
