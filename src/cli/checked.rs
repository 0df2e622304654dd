//! A partner's file checked without its mapping: by the standard, by what the partner's profile says, and by their guide;
//! each fault with what an acknowledgment says of it. For commands that tell what is wrong with a file.

use jiff::Timestamp;

use super::documents::ReadingArguments;
use super::input::{Feed, name_places};
use super::output::Failure;
use super::progress::Reached;
use crate::catalog::{Catalog, CatalogDesk};
use crate::diagnostic::Diagnostics;
use crate::partner::Profile;
use crate::translation::{Acknowledged, Acknowledgment, Answering, Inbound, Outcome, Set, Surroundings, Translator};
use crate::tree::Tree;
use crate::x12::reader::Reader;

/// A file that is being checked.
pub(super) struct Checking<'c> {
    feed: Feed,
    inbound: Inbound,
    /// The tree of the set that was checked last.
    tree: Tree,
    translator: Translator,
    desk: CatalogDesk<'c>,
    profiles: &'c [Profile],
    acknowledgment: Acknowledgment,
}

/// What one step through the file came to.
pub(super) struct Checked<'a> {
    pub(super) outcome: Outcome<Set>,
    /// What was found, with what the partner is told.
    pub(super) found: Diagnostics,
    /// The answer to an interchange that ended; to one that is not sound, what is said when nothing of it is taken.
    pub(super) answer: Option<Acknowledged>,
    /// False where an interchange ended without the trailer that it should have: a gateway holds its whole file.
    pub(super) sound: bool,
    /// False when the answer rejects the set, group or interchange of this step, or a part of the file is passed over.
    pub(super) accepted: bool,
    pub(super) reader: &'a Reader,
    pub(super) surroundings: &'a Surroundings,
    /// Of the set.
    pub(super) tree: &'a Tree,
    pub(super) bytes: &'a [u8],
    feed: &'a Feed,
}

impl<'c> Checking<'c> {
    /// Opens `file`, to be answered at the time `now`.
    pub(super) fn open(
        file: &str,
        reading: &ReadingArguments,
        (catalog, profiles): (&'c Catalog, &'c [Profile]),
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let options = reading.options(profiles);
        Ok(Self {
            feed: Feed::open(file)?,
            translator: Translator::new(options.limits.diagnostics_per_document),
            inbound: Inbound::new(options),
            tree: Tree::default(),
            desk: CatalogDesk::new(catalog, profiles, reading.chosen(now)),
            profiles,
            acknowledgment: Acknowledgment::new(now),
        })
    }

    /// The next step; `adjust` may change how the partner is answered.
    pub(super) fn next(&mut self, adjust: impl FnOnce(&mut Answering)) -> Result<Checked<'_>, Failure> {
        let Self { feed, inbound, desk, acknowledgment, .. } = self;
        let (mut outcome, range) = feed.pull(|input, end| match inbound.read(input, end, desk) {
            (consumed, Outcome::NeedMore) => (consumed, None),
            (consumed, Outcome::Document(set)) => {
                let range = set.bytes.clone();
                (consumed, Some((Outcome::Document(set), range)))
            }
            (consumed, outcome) => (consumed, Some((outcome, 0..0))),
        })?;
        let bytes = feed.slice(range);
        let mut found = match &mut outcome {
            Outcome::Document(set) => {
                self.tree = inbound.take_tree(std::mem::take(&mut self.tree));
                self.translator.check(set, &mut self.tree, bytes)
            }
            _ => std::mem::replace(inbound.diagnostics(), Diagnostics::with_limit(0)),
        };
        name_places(feed.name(), &mut found);
        let (reader, _, surroundings, _) = inbound.step();
        let is_sound = found.errors() == 0;
        let list = found.list_mut();
        let (mut answer, mut sound) = (None, true);
        let mut accepted = match &outcome {
            Outcome::Document(_) => acknowledgment.set(reader, (&self.tree, bytes), list),
            _ => {
                let profile = self.profiles.iter().find(|one| Some(&one.short_name) == surroundings.partner.as_ref());
                let answering = || {
                    let mut answering = profile.map(Answering::of).unwrap_or_default();
                    adjust(&mut answering);
                    answering
                };
                acknowledgment.step(reader, answering, list);
                is_sound
            }
        };
        match &outcome {
            Outcome::GroupEnd(trailer) => accepted &= acknowledgment.group_end(trailer).is_none(),
            Outcome::InterchangeEnd(trailer) => {
                sound = trailer.is_sound();
                answer = if sound { acknowledgment.interchange_end() } else { acknowledgment.refused() };
            }
            Outcome::InterchangeAcknowledgment(_) => acknowledgment.interchange_acknowledgment(),
            _ => {}
        }
        Ok(Checked { outcome, found, answer, sound, accepted, reader, surroundings, tree: &self.tree, bytes, feed })
    }
}

impl Checked<'_> {
    /// The transaction set that was checked.
    pub(super) fn set(&self) -> Option<&Set> {
        match &self.outcome {
            Outcome::Document(set) => Some(set),
            _ => None,
        }
    }

    /// How far the reading is, after so many transaction sets.
    pub(super) fn reached(&self, sets: u64) -> Reached {
        self.feed.reached(sets)
    }
}
