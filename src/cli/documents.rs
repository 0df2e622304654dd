//! The documents of a partner's file as their mapping reads them: for commands that tell how that went.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::input::{Feed, charset, mapping};
use super::output::{Console, Failure, Tally};
use super::recorded::Recorded;
use crate::catalog::{Catalog, CatalogDesk, Chosen, Coming};
use crate::diagnostic::{Code, Diagnostics, PayloadPlace, suggest};
use crate::mapping::Plan;
use crate::partner::Profile;
use crate::translation::{Document, Inbound, Outcome};
use crate::tree::charset::Charset;
use crate::tree::{ElementId, Tree};
use crate::x12::codes::DocumentCodes;
use crate::x12::dictionary;
use crate::x12::place::Part;
use crate::x12::reader::{ReadOptions, SetHeader};

/// Whose file it is, and how it is read.
#[derive(Debug, Args)]
pub(super) struct ReadingArguments {
    /// Short name of the partner's profile [default: the profile that has the interchange's sender]
    #[arg(long, value_name = "NAME")]
    pub(super) partner: Option<String>,
    /// Mapping to use, such as `harbor/945`, or its file [default: the profile's, else the base mapping]
    #[arg(long, value_name = "NAME", value_parser = mapping)]
    pub(super) mapping: Option<String>,
    /// Folder with partner-profiles/ and mappings/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    pub(super) home: PathBuf,
    /// Also read groups (GS) and transaction sets (ST) that stand in no interchange
    #[arg(long)]
    bare: bool,
    /// Release of transaction sets that stand in no group
    #[arg(long, value_name = "RELEASE", default_value = "004010")]
    release: String,
    /// Character set of the partner [default: the profile's, else UTF-8 where the bytes are, else Latin-1]
    #[arg(long, value_name = "NAME", value_parser = charset)]
    pub(super) charset: Option<Charset>,
}

impl ReadingArguments {
    /// The home's catalog and profiles; what is wrong with them is said beside the result. The partner must be one of them.
    pub(super) fn open(&self, console: &mut Console) -> Result<(Catalog, Vec<Profile>), Failure> {
        let catalog = Catalog::new(&self.home);
        let mut found = Diagnostics::unlimited();
        let profiles = catalog.profiles(&mut found);
        for diagnostic in found.take() {
            console.beside(&diagnostic)?;
        }
        known_partner(self.partner.as_deref(), &profiles, &self.home)?;
        Ok((catalog, profiles))
    }

    /// What was asked for over what the profiles say.
    pub(super) fn chosen(&self, now: Timestamp) -> Chosen {
        Chosen { partner: self.partner.clone(), mapping: self.mapping.clone(), charset: self.charset, at: now }
    }

    /// How the reader reads, with the limits of the partner that was named.
    pub(super) fn options(&self, profiles: &[Profile]) -> ReadOptions {
        let partner = profiles.iter().find(|profile| Some(&profile.short_name) == self.partner.as_ref());
        ReadOptions {
            bare_sets: self.bare,
            release: self.release.clone(),
            charset: self.charset,
            limits: partner.map_or_else(Default::default, |profile| profile.limits),
        }
    }
}

/// A partner's file, of which documents are told.
#[derive(Debug, Args)]
pub(super) struct DocumentArguments {
    /// The partner's file, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub(super) file: String,
    #[command(flatten)]
    pub(super) reading: ReadingArguments,
    /// Only the transaction sets with this control number (ST02)
    #[arg(long, value_name = "NUMBER")]
    set: Option<String>,
}

/// A transaction set that a mapping has read.
pub(super) struct Mapped<'a> {
    /// The outcome.
    pub(super) document: &'a Document,
    /// Its mapping.
    pub(super) plan: &'a Plan,
    /// What the reader knows of the set.
    header: Option<&'a SetHeader>,
    /// The tree, the object and the coverage.
    pub(super) inbound: &'a Inbound,
    /// The set's bytes.
    pub(super) bytes: &'a [u8],
    /// What its codes mean.
    pub(super) codes: DocumentCodes<'a>,
    charset: Charset,
}

impl Mapped<'_> {
    pub(super) fn tree(&self) -> &Tree {
        self.inbound.tree()
    }

    /// Where an element stands in the input, and its text there.
    pub(super) fn source(&self, element: ElementId, part: Part) -> (PayloadPlace, String) {
        let place = self.inbound.place(self.bytes, element, part);
        let base = self.document.place.bytes.start;
        let within = |at: u64| usize::try_from(at.saturating_sub(base)).unwrap_or(usize::MAX);
        let raw = self.bytes.get(within(place.bytes.start)..within(place.bytes.end)).unwrap_or_default();
        (place, self.charset.decode_lossy(raw).into_owned())
    }

    /// Such as `Transaction set 945 0001 (Warehouse Shipping Advice): shipment, by the mapping harbor/945 of harbor`.
    pub(super) fn title(&self) -> String {
        let title = self.plan.grammar.title.as_str();
        let partner = self.document.partner.as_ref().map(|name| format!(", from partner {name}")).unwrap_or_default();
        let what = match self.header {
            Some(header) => format!("Transaction set {} {}", header.set_id(), header.control_number()),
            None => format!("Document at line {}", self.document.place.line),
        };
        format!("{what} ({title}): {} by the mapping {}{partner}", self.plan.canonical.name, self.plan.name)
    }

    /// What tells the document from others in the file, for machines: ST01 and ST02, or the document's name and line.
    pub(super) fn names(&self) -> (String, String) {
        match self.header {
            Some(header) => (header.set_id().to_owned(), header.control_number().to_owned()),
            None => (self.plan.grammar.name.clone(), self.document.place.line.to_string()),
        }
    }
}

/// The profile that a person names must exist.
pub(super) fn known_partner(name: Option<&str>, profiles: &[Profile], home: &std::path::Path) -> Result<(), Failure> {
    name.map_or(Ok(()), |name| profile_of(name, profiles, home).map(drop))
}

/// The profile with this short name.
pub(super) fn profile_of<'p>(
    name: &str,
    profiles: &'p [Profile],
    home: &std::path::Path,
) -> Result<&'p Profile, Failure> {
    if let Some(profile) = profiles.iter().find(|profile| profile.short_name == name) {
        return Ok(profile);
    }
    let file = format!("partner-profiles/{name}.toml");
    if home.join(&file).is_file() {
        return Err(Failure::Problem {
            message: format!("the profile {file} has errors and is not used"),
            remedy: format!("see its errors with `crossdock check {file}` and mend them"),
        });
    }
    let names: Vec<&str> = profiles.iter().map(|profile| profile.short_name.as_str()).collect();
    let remedy = match suggest::nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "there are none; write one, as docs/ADDING_A_PARTNER.md says".into(),
        None => format!("there are: {}", names.join(", ")),
    };
    Err(Failure::Usage {
        message: format!("there is no usable partner profile `{name}` in {}", home.display()),
        remedy,
    })
}

impl DocumentArguments {
    /// Reads the file and hands each transaction set that has a mapping to `take`. What is wrong goes beside the result,
    /// but for diagnostics of the code `told`, which the result itself tells.
    pub(super) fn each(
        &self,
        console: &mut Console,
        told: Option<Code>,
        mut take: impl FnMut(&mut Console, &Mapped<'_>) -> Result<(), Failure>,
    ) -> Result<Tally, Failure> {
        let (catalog, profiles) = self.reading.open(console)?;
        let mut found = Diagnostics::unlimited();
        let codes = catalog.codes(&mut found);
        for diagnostic in found.take() {
            console.beside(&diagnostic)?;
        }
        let recorded = Recorded::of(&self.reading.home)?;
        let desk = CatalogDesk::new(&catalog, &profiles, self.reading.chosen(Timestamp::now()));
        let desk = desk.with(Recorded::given(recorded.as_ref()));
        let mut feed = Feed::open(&self.file)?;
        let name = feed.file_name().to_owned();
        let coming = Coming { name: &name, beginning: feed.beginning()?, owner: None };
        let mut inbound = desk.inbound(coming, self.reading.options(&profiles), &mut found);
        let mut tally = if inbound.file().is_some() { Tally::of_file() } else { Tally::default() };
        if found.errors() > 0 {
            feed.name_places(&mut found);
            tally.count(&found, false);
            for diagnostic in found.take() {
                console.beside(&diagnostic)?;
            }
            return Ok(tally);
        }
        loop {
            let (outcome, bytes) = feed.outcome(&mut inbound, &desk)?;
            let is_set = matches!(outcome, Outcome::Document(_));
            let wanted = inbound.reader().set().filter(|_| is_set).is_none_or(|header| self.wants(header));
            if wanted {
                feed.name_places(inbound.diagnostics());
                if let Some(told) = told {
                    inbound.diagnostics().retain(|diagnostic| diagnostic.code != told);
                }
                match &outcome {
                    Outcome::Document(document) if document.part > 0 => tally.count_further(inbound.diagnostics()),
                    _ => tally.count(inbound.diagnostics(), is_set),
                }
                console.reached(feed.reached(tally.sets()))?;
                for diagnostic in inbound.diagnostics().take() {
                    console.beside(&diagnostic)?;
                }
            }
            if let Outcome::Document(document) = &outcome
                && let (Some(plan), true) = (&document.plan, wanted)
            {
                let header = inbound.reader().set();
                let bytes = feed.slice(bytes);
                let guessed = || header.map_or_else(|| Charset::guess(bytes), |header| header.charset);
                let charset = match inbound.file() {
                    Some(file) => file.charset(bytes),
                    None => inbound.surroundings().charset.unwrap_or_else(guessed),
                };
                let partner = document.partner.as_deref();
                let codes = DocumentCodes {
                    codes: &codes,
                    release: header.map_or_else(|| dictionary::release_for("").0, |header| header.release),
                    partner,
                };
                take(console, &Mapped { document, plan, header, inbound: &inbound, bytes, codes, charset })?;
            }
            if matches!(outcome, Outcome::End) {
                Recorded::check(recorded.as_ref())?;
                return Ok(tally);
            }
        }
    }

    fn wants(&self, header: &SetHeader) -> bool {
        let number = |text: &str| text.trim().trim_start_matches('0').to_owned();
        self.set.as_deref().is_none_or(|wanted| number(wanted) == number(header.control_number()))
    }
}
