//! Canonical objects to one X12 interchange, or to one file of a layout.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, OnceLock};

use super::Arguments;
use super::in_order::in_order;
use super::objects::Objects;
use super::writing::{Batch, Batches, Item, Written};
use crate::canonical::{self, JsonText, Object, Submissions};
use crate::catalog::{Catalog, surroundings_of};
use crate::cli::input::Feed;
use crate::cli::output::{Console, Exit, Failure, Tally};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, codes};
use crate::layout::Layout;
use crate::mapping::{Given, Library, Plan};
use crate::partner::Profile;
use crate::translation::{FileOutbound, Outbound, Surroundings, envelope};

pub(super) fn run(
    arguments: &Arguments,
    console: &mut Console,
    catalog: &Catalog,
    profiles: &[Profile],
    (feed, given): (Feed, Arc<Given>),
) -> Result<Exit, Failure> {
    let (name, whole) = (feed.name().to_owned(), OnceLock::new());
    let mut objects = Objects::new(feed, &whole);
    // The event says whose it is, unless a person says otherwise.
    let first = objects.coming()?.find_map(Result::ok);
    let source = first.and_then(|first| Some(first.attribute("source")?.strip_prefix("/partners/")?.to_owned()));
    let wanted = arguments.reading.partner.as_deref().or(source.as_deref());
    let profile = profiles.iter().find(|profile| Some(profile.short_name.as_str()) == wanted);
    let wanted = wanted.map(|name| format!("partner-profiles/{name}.toml"));
    let unusable = catalog.unusable_profiles().iter().find(|one| Some(&*one.name) == wanted.as_deref());
    if let (None, Some(unusable)) = (profile, unusable) {
        console.beside(&crate::catalog::unusable(unusable, Place::Nowhere))?;
        return Ok(Exit::Problems);
    }
    if profile.is_none() {
        console.remark("no partner is named: placeholder ids and base mappings are used; name one with `--partner`")?;
    }
    let mut surroundings = profile.map_or_else(Surroundings::default, |profile| surroundings_of(profile, catalog));
    surroundings.charset = arguments.reading.charset.or(surroundings.charset);
    surroundings.given = given;
    if objects.coming()?.next().is_none() {
        console.remark("the input holds no object: there is nothing to write")?;
    }
    let mut tally = Tally::default();
    let mut tell = |mut diagnostics: Diagnostics| -> Result<(), Failure> {
        tally.count(&diagnostics, true);
        for mut diagnostic in diagnostics.take() {
            if let Place::Field(place) = &mut diagnostic.place {
                place.file.get_or_insert_with(|| name.clone());
            }
            console.beside(&diagnostic)?;
        }
        Ok(())
    };
    if let Some(layout) = layout(arguments, catalog, profile, objects.coming()?) {
        let (mut out, mut written) = (FileOutbound::new(layout, surroundings), Vec::new());
        while objects.take_some(|submission| {
            let mut found = Diagnostics::unlimited();
            if let Some((text, plan, _)) = chosen(arguments, catalog, profile, submission, &mut found) {
                write(&mut out, text, &plan, &mut found);
            }
            written.push(found);
        })? {
            written.drain(..).try_for_each(&mut tell)?;
        }
        return file(console, out, &tally);
    }
    let written = interchange(arguments, (catalog, profile), objects, &surroundings, &mut tell)?;
    let Some(out) = written else { return Ok(tally.exit()) };
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
    Ok(tally.exit())
}

/// The interchange with the objects that were handed in, of which each is told what was found in it; `None` when none could be
/// written. It is whole only where nothing was wrong.
fn interchange(
    arguments: &Arguments,
    (catalog, profile): (&Catalog, Option<&Profile>),
    mut objects: Objects<'_>,
    surroundings: &Surroundings,
    tell: &mut (dyn FnMut(Diagnostics) -> Result<(), Failure> + Send),
) -> Result<Option<Outbound>, Failure> {
    let header = OnceLock::new();
    let item = |submission: Result<canonical::Submission<'_>, Diagnostic>| {
        let (item, from_partner) = item(arguments, catalog, profile, submission);
        if item.object.is_some() {
            let number = arguments.control_number;
            header.get_or_init(|| envelope(profile, from_partner, number, String::new(), arguments.now()));
        }
        item
    };
    let mut ready = VecDeque::new();
    let mut batches = Batches::new(|| {
        while ready.is_empty() && objects.take_some(|submission| ready.push_back(item(submission)))? {}
        Ok::<_, Failure>(ready.pop_front())
    });
    let work = || {
        let (mut outbound, mut objects) = (None, Vec::new());
        let header = &header;
        move |batch: Batch| {
            if let (None, Some(header)) = (&outbound, header.get()) {
                outbound = Some(Outbound::apart(header.clone(), surroundings.clone()));
            }
            batch.write(outbound.as_mut(), &mut objects)
        }
    };
    let (mut whole, mut any, mut wrong) = (None, false, false);
    let join = |written: Written| {
        if let (Some(part), Some(header)) = (written.part, header.get()) {
            let whole = whole.get_or_insert_with(|| Outbound::new(header.clone(), surroundings.clone()));
            assert!(whole.join(&part) || wrong, "parts follow one another while every object is right");
            any |= !part.is_empty();
        }
        wrong |= written.found.iter().any(|found| found.errors() > 0);
        written.found.into_iter().try_for_each(&mut *tell)
    };
    in_order(arguments.threads(), || batches.next(), work, join)?;
    Ok(whole.filter(|_| any))
}

/// What there is to write of a submission, and whether it is an object that the partner would send.
fn item(
    arguments: &Arguments,
    catalog: &Catalog,
    profile: Option<&Profile>,
    submission: Result<canonical::Submission<'_>, Diagnostic>,
) -> (Item, bool) {
    let mut found = Diagnostics::unlimited();
    let chosen = chosen(arguments, catalog, profile, submission, &mut found);
    let from_partner = chosen.as_ref().is_some_and(|(.., from_partner)| *from_partner);
    let guide = chosen.as_ref().and_then(|(_, plan, _)| catalog.guide_of(plan));
    let object = chosen.map(|(text, plan, _)| (text.into(), plan));
    (Item { found, object, further: Vec::new(), guide }, from_partner)
}

/// Writes an object, if it is one.
fn write(out: &mut FileOutbound, text: JsonText<'_>, plan: &Arc<Plan>, found: &mut Diagnostics) {
    let mut object = Object::new();
    canonical::read_into(&text, plan.canonical, &mut object, found);
    if found.errors() == 0 {
        out.write(plan, &object, found);
    }
}

/// Prints a file of records and fields, if nothing was wrong.
fn file(console: &mut Console, out: FileOutbound, tally: &Tally) -> Result<Exit, Failure> {
    if tally.exit() != Exit::Fine {
        console.remark("nothing was written: a file goes out whole or not at all")?;
    } else if out.documents() > 0 {
        console.out.write_all(&out.finish())?;
    }
    Ok(tally.exit())
}

/// The layout of the file that is to be written, where the mapping of the first object is for one.
fn layout(
    arguments: &Arguments,
    catalog: &Catalog,
    profile: Option<&Profile>,
    mut submissions: Submissions<'_>,
) -> Option<Arc<Layout>> {
    let mut silent = Diagnostics::with_limit(0);
    let first = submissions.next()?;
    let (_, plan, _) = chosen(arguments, catalog, profile, first, &mut silent)?;
    catalog.layout(&plan.grammar.name, &mut silent)
}

/// The text of an object, its mapping, and whether it is one that the partner would send.
fn chosen<'b>(
    arguments: &Arguments,
    catalog: &Catalog,
    profile: Option<&Profile>,
    submission: Result<canonical::Submission<'b>, Diagnostic>,
    diagnostics: &mut Diagnostics,
) -> Option<(JsonText<'b>, Arc<Plan>, bool)> {
    let submission = submission.map_err(|diagnostic| diagnostics.push(diagnostic)).ok()?;
    let choice = choose(arguments, catalog, profile, &submission, diagnostics);
    if choice.is_none() && diagnostics.errors() == 0 {
        diagnostics.push(submission.unknown());
    }
    choice.map(|(plan, from_partner)| (submission.data, plan, from_partner))
}

/// The mapping for an object, and whether it is one that the partner would send.
fn choose(
    arguments: &Arguments,
    catalog: &Catalog,
    profile: Option<&Profile>,
    submission: &canonical::Submission<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<(Arc<Plan>, bool)> {
    let (place, now) = (Place::Nowhere, arguments.now());
    let sent = |name: &str| profile.and_then(|profile| profile.send_entry(name, profile.day_of(now)));
    if let Some(name) = &arguments.reading.mapping {
        let plan = catalog.plan_for(name, place, diagnostics)?;
        let from_partner = profile.is_some() && sent(plan.canonical.name).is_none();
        return Some((plan, from_partner));
    }
    // Where its fields do not tell, a partner to whom one object only is sent does.
    let only = profile.and_then(|profile| match profile.send.as_slice() {
        [only] => canonical::shape(&only.canonical.value),
        _ => None,
    });
    let shape = submission.shape().or(only)?;
    if let Some(profile) = profile.filter(|_| sent(shape.name).is_some()) {
        let (_, plan) = catalog.send_plan(profile, shape, now, diagnostics)?;
        return Some((plan, false));
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
    Some((plan, profile.is_some() && !["fulfillment_order", "stock_transfer"].contains(&shape.name)))
}

/// The base mapping whose canonical object is this one.
fn base_for(catalog: &Catalog, canonical: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let mut names = catalog.names().into_iter().filter(|name| name.starts_with("base/"));
    names.find(|name| catalog.plan(name, diagnostics).is_some_and(|plan| plan.canonical.name == canonical))
}
