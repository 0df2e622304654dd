//! One payload, or one object of the ERP, translated by two ways and compared: what is in force, and a change of it.

use std::io::{self, Read};
use std::sync::Arc;

use jiff::Timestamp;

use crate::canonical::{self, JsonText, Object};
use crate::catalog::{Catalog, CatalogDesk, Chosen, Coming, surroundings_of};
use crate::comparison::{Change, Side, WrittenSide, compare, compare_remarks, segments};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::mapping::{Given, Plan};
use crate::partner::{Profile, Usage};
use crate::pipeline::Feed;
use crate::translation::{Document, FileOutbound, Inbound, Outbound, Outcome, Surroundings, envelope};
use crate::tree::ElementId;
use crate::x12::place::Part;
use crate::x12::reader::ReadOptions;

/// One way of translating.
#[derive(Debug, Clone)]
pub struct Way<'c> {
    /// The mappings.
    pub catalog: &'c Catalog,
    /// The profiles.
    pub profiles: &'c [Profile],
    /// What is chosen over the profiles.
    pub chosen: Chosen,
    /// How bytes are read.
    pub options: ReadOptions,
    /// Whose file it is where it does not say so itself: the owner of its mailbox.
    pub owner: Option<String>,
    /// As in a gateway, what no profile sends does not go on.
    pub known_senders: bool,
    /// What documents recall, and numbers of our own.
    pub given: Arc<Given>,
}

/// A document that was translated both ways.
#[derive(Debug, Clone)]
pub struct Compared {
    /// Short name of the partner's profile; empty where none is known.
    pub partner: String,
    /// The document, such as `x12/004010/945`; of what stands around documents, `envelope`.
    pub document: String,
    /// The canonical object that it becomes.
    pub canonical: Option<&'static str>,
    /// Where it is in its payload, such as `set 0001`.
    pub at: String,
    /// Does a mapping take it, on either side?
    pub mapped: bool,
    /// All differences.
    pub changes: Vec<Change>,
}

/// So many diagnostics outside documents are compared.
const OUTSIDE: usize = 200;

/// A reading of the payload by one way, and the document that it has come to.
struct Run<'a> {
    way: &'a Way<'a>,
    feed: Feed<'a>,
    inbound: Inbound,
    desk: CatalogDesk<'a>,
    at: Option<At>,
    outside: Vec<Diagnostic>,
}

/// A document that was read.
struct At {
    document: Document,
    bytes: Vec<u8>,
    found: Vec<Diagnostic>,
}

impl<'a> Run<'a> {
    fn begin(way: &'a Way<'a>, name: &str, source: Box<dyn Read + Send + 'a>) -> io::Result<Self> {
        let desk = CatalogDesk::new(way.catalog, way.profiles, way.chosen.clone()).with(Arc::clone(&way.given));
        let (mut feed, mut found) = (Feed::new(source), Diagnostics::with_limit(OUTSIDE));
        let coming = Coming { name, beginning: feed.beginning()?, owner: way.owner.as_deref() };
        let inbound = desk.inbound(coming, way.options.clone(), &mut found);
        let mut run = Self { way, feed, inbound, desk, at: None, outside: found.take() };
        run.next()?;
        Ok(run)
    }

    /// Reads on to the next document; there is none at the end.
    fn next(&mut self) -> io::Result<()> {
        loop {
            let Self { feed, inbound, desk, .. } = self;
            let (outcome, bytes) = feed.outcome(inbound, desk)?;
            let found = inbound.diagnostics().take();
            match outcome {
                Outcome::Document(document) => {
                    self.at = Some(At { document: *document, bytes, found });
                    return Ok(());
                }
                _ if self.outside.len() < OUTSIDE => self.outside.extend(found),
                _ => {}
            }
            if let Outcome::End = outcome {
                self.at = None;
                return Ok(());
            }
        }
    }

    /// Where the document starts; behind everything at the end.
    fn start(&self) -> u64 {
        self.at.as_ref().map_or(u64::MAX, |at| at.document.place.bytes.start)
    }

    /// What the document became, for a comparison.
    fn side<T>(&self, take: impl FnOnce(Option<&Side<'_>>) -> T) -> T {
        let Some(at) = &self.at else { return take(None) };
        let place = |element: ElementId, part: Part| self.inbound.place(&at.bytes, element, part);
        take(Some(&Side {
            plan: at.document.plan.as_deref(),
            good: at.document.good && !(self.way.known_senders && at.document.partner.is_none()),
            tree: self.inbound.tree(),
            bytes: &at.bytes,
            object: self.inbound.object(),
            place: &place,
            found: &at.found,
        }))
    }
}

/// Translates a payload both ways, document by document, and hands each to `each`. `name` is that of its file, `open` opens
/// it; it is read once by each way, piece by piece.
///
/// # Errors
/// When it cannot be read, or `each` fails.
pub fn compare_payload<'p, E: From<io::Error>>(
    (old, new): (&Way<'p>, &Way<'p>),
    name: &str,
    open: &dyn Fn() -> io::Result<Box<dyn Read + Send + 'p>>,
    each: &mut dyn FnMut(Compared) -> Result<(), E>,
) -> Result<(), E> {
    let mut old = Run::begin(old, name, open()?)?;
    let mut new = Run::begin(new, name, open()?)?;
    loop {
        // What one way passes over, the other may have.
        let (was, is) = (old.start(), new.start());
        let (with_old, with_new) = (was <= is && old.at.is_some(), is <= was && new.at.is_some());
        if !with_old && !with_new {
            break;
        }
        each(document(&old, &new, with_old, with_new))?;
        if with_old {
            old.next()?;
        }
        if with_new {
            new.next()?;
        }
    }
    let changes = compare_remarks(&old.outside, &new.outside);
    if !changes.is_empty() {
        let partner = [&new, &old].into_iter().find_map(|run| run.inbound.surroundings().partner.clone());
        each(Compared {
            partner: partner.unwrap_or_default(),
            document: "envelope".to_owned(),
            canonical: None,
            at: "envelope".to_owned(),
            mapped: false,
            changes,
        })?;
    }
    Ok(())
}

/// The document that the runs have come to: both, or one of them.
fn document(old: &Run<'_>, new: &Run<'_>, with_old: bool, with_new: bool) -> Compared {
    let runs = [(new, with_new), (old, with_old)];
    let there = || runs.into_iter().filter_map(|(run, there)| run.at.as_ref().filter(|_| there));
    let place = there().map(|at| at.document.place.clone()).next().unwrap_or_default();
    let set = place.set_id.as_deref().unwrap_or_default();
    let plan = there().find_map(|at| at.document.plan.as_deref());
    let changes = old.side(|was| {
        new.side(|is| {
            let (empty, nowhere, tree) =
                (Object::new(), |_: ElementId, _: Part| Default::default(), Default::default());
            let nothing =
                Side { plan: None, good: false, tree: &tree, bytes: b"", object: &empty, place: &nowhere, found: &[] };
            compare(was.filter(|_| with_old).unwrap_or(&nothing), is.filter(|_| with_new).unwrap_or(&nothing))
        })
    });
    Compared {
        partner: there().find_map(|at| at.document.partner.clone()).unwrap_or_default(),
        document: plan.map_or_else(|| format!("x12/{set}"), |plan| plan.grammar.name.clone()),
        canonical: plan.map(|plan| plan.canonical.name),
        at: match &place.set {
            Some(set) => format!("set {set}"),
            None => format!("line {}", place.line),
        },
        mapped: plan.is_some(),
        changes,
    }
}

/// What a way writes of an object of the ERP: the transaction set that would go out, read back.
///
/// `profile` is that of the receiver; `from_partner` writes what the partner would send.
#[must_use]
pub fn written(
    way: &Way<'_>,
    profile: Option<&Profile>,
    from_partner: bool,
    plan: &Arc<Plan>,
    json: &JsonText<'_>,
) -> WrittenSide {
    let (mut object, mut found) = (Object::new(), Diagnostics::unlimited());
    canonical::read_into(json, plan.canonical, &mut object, &mut found);
    if found.errors() > 0 {
        return WrittenSide { good: false, segments: Vec::new(), found: found.take() };
    }
    let surroundings = profile.map_or_else(Surroundings::default, |profile| surroundings_of(profile, way.catalog));
    let test = profile.is_some_and(|profile| profile.usage == Usage::Test);
    let given = way.given.of(surroundings.partner.as_deref(), test);
    let surroundings = Surroundings { given, ..surroundings };
    let guide = way.catalog.guide_of(plan);
    let (good, bytes) = match way.catalog.layout(&plan.grammar.name, &mut found) {
        Some(layout) => {
            let mut outbound = FileOutbound::new(layout, surroundings);
            (outbound.write(plan, &object, &mut found), outbound.finish())
        }
        None => {
            // Nothing of the envelope is compared: any time and number will do.
            let envelope = envelope(profile, from_partner, 1, String::new(), Timestamp::UNIX_EPOCH);
            let mut outbound = Outbound::new(envelope, surroundings);
            (outbound.write(plan, guide.as_deref(), &object, &mut found), outbound.finish())
        }
    };
    let mut side = WrittenSide { good, segments: Vec::new(), found: found.take() };
    if good {
        let chosen = Chosen {
            mapping: Some(plan.name.clone()),
            partner: profile.map(|one| one.short_name.clone()),
            ..way.chosen.clone()
        };
        let reading = Way { chosen, options: ReadOptions::default(), ..way.clone() };
        let read = Run::begin(&reading, "", Box::new(bytes.as_slice()));
        if let Ok(Run { at: Some(at), inbound, .. }) = read {
            side.segments = segments(plan, inbound.tree(), &at.bytes, inbound.object());
        }
    }
    side
}
