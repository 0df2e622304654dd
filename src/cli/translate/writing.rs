//! Objects to the sets of one interchange, on several threads, in the order of the input.
//!
//! This thread splits the input and joins the parts; others read, map and write, some hundred kilobytes of objects at a
//! time. Each part is given the numbers on at which it begins when all objects before it are right; once one is not, the
//! parts that were begun after it are written anew here.

use std::sync::Arc;

use super::workers::Workers;
use crate::canonical::{self, JsonText, Object};
use crate::cli::output::Failure;
use crate::diagnostic::Diagnostics;
use crate::mapping::Plan;
use crate::translation::{Numbering, Outbound, OutboundPart};
use crate::x12::guide::Guide;

/// Bytes of objects that are written together.
const BATCH_BYTES: usize = 256 << 10;

/// An object that was handed in.
pub(super) struct Item<'b> {
    /// What choosing its mapping found.
    pub(super) found: Diagnostics,
    /// The object and its mapping, where it has one.
    pub(super) object: Option<(JsonText<'b>, Arc<Plan>)>,
    /// Those behind it that may go into the same set.
    pub(super) further: Vec<JsonText<'b>>,
    /// The partner's guide that its mapping names.
    pub(super) guide: Option<Arc<Guide>>,
}

/// Objects that are written together, and where in the interchange they begin.
pub(super) struct Job<'b> {
    start: Numbering,
    items: Vec<Item<'b>>,
}

/// The part that they make, and what writing each of them found.
pub(super) struct Done<'b> {
    part: OutboundPart,
    items: Vec<Item<'b>>,
    found: Vec<Diagnostics>,
}

/// The interchange that the objects of an input make.
pub(super) struct Writing<'w, 'scope, 'env, 'b> {
    workers: Workers<'scope, 'env, Job<'b>, Done<'b>>,
    threads: usize,
    /// Hears what was found in each object.
    tell: &'w mut dyn FnMut(Diagnostics) -> Result<(), Failure>,
    /// Is there as soon as there is an object that can be read.
    interchange: Option<Outbound>,
    /// How far the interchange has come when all that was handed to others is right.
    presumed: Numbering,
    batch: Vec<Item<'b>>,
    bytes: usize,
}

impl<'w, 'scope, 'env, 'b: 'scope> Writing<'w, 'scope, 'env, 'b> {
    pub(super) fn new(
        workers: Workers<'scope, 'env, Job<'b>, Done<'b>>,
        threads: usize,
        tell: &'w mut dyn FnMut(Diagnostics) -> Result<(), Failure>,
    ) -> Self {
        let (interchange, presumed, batch, bytes) = (None, Numbering::default(), Vec::new(), 0);
        Self { workers, threads, tell, interchange, presumed, batch, bytes }
    }

    /// Takes the next object; the first that can be read begins the interchange.
    pub(super) fn add(&mut self, item: Item<'b>, begin: impl FnOnce() -> Outbound) -> Result<(), Failure> {
        if self.interchange.is_none() && can_be_read(&item) {
            self.interchange = Some(begin());
        }
        self.bytes += item.object.as_ref().map_or(0, |(text, _)| text.bytes.len());
        match self.batch.last_mut().and_then(|last| last.may_hold(&item)) {
            Some(further) => further.extend(item.object.map(|(text, _)| text)),
            None => self.batch.push(item),
        }
        if self.bytes >= BATCH_BYTES { self.hand_in() } else { Ok(()) }
    }

    /// The interchange with all objects; `None` when none of them could be read.
    pub(super) fn finish(mut self) -> Result<Option<Outbound>, Failure> {
        if self.workers.untouched() {
            let items = std::mem::take(&mut self.batch);
            self.write_here(items)?;
        } else {
            self.hand_in()?;
            self.join_all()?;
        }
        Ok(self.interchange)
    }

    /// Hands the objects taken so far to another thread, or writes them here when there is no other.
    fn hand_in(&mut self) -> Result<(), Failure> {
        self.bytes = 0;
        let items = std::mem::take(&mut self.batch);
        let Some(interchange) = self.interchange.as_ref().filter(|_| self.threads > 1) else {
            return self.write_here(items);
        };
        let start = self.presumed.clone();
        let plans = items.iter().filter(|item| item.found.errors() == 0).filter_map(|item| item.object.as_ref());
        plans.for_each(|(_, plan)| self.presumed.count(plan));
        let worker = || {
            let mut outbound = interchange.apart();
            let mut objects = Vec::new();
            move |Job { start, items }: Job<'b>| {
                outbound.begin_part(start);
                let found = items.iter().map(|item| write(item, &mut objects, Some(&mut outbound))).collect();
                Done { part: outbound.end_part(), items, found }
            }
        };
        match self.workers.hand_in(Job { start, items }, worker) {
            Some(done) => self.join(done),
            None => Ok(()),
        }
    }

    /// Puts a part into the interchange, and what was handed in after it too when it does not fit: then an object before
    /// it was not right, and other numbers hold.
    fn join(&mut self, done: Done<'b>) -> Result<(), Failure> {
        let fits = self.join_or_write(done)?;
        if !fits {
            self.join_all()?;
            self.presumed = self.interchange.as_ref().map(|outbound| outbound.numbering().clone()).unwrap_or_default();
        }
        Ok(())
    }

    fn join_all(&mut self) -> Result<(), Failure> {
        while let Some(done) = self.workers.next() {
            self.join_or_write(done)?;
        }
        Ok(())
    }

    /// True when the part fits; else its objects are written anew.
    fn join_or_write(&mut self, Done { part, items, found }: Done<'b>) -> Result<bool, Failure> {
        let fits = self.interchange.as_mut().is_some_and(|outbound| outbound.join(&part));
        if !fits {
            return self.write_here(items).map(|()| false);
        }
        for (item, found) in items.into_iter().zip(found) {
            self.told(item, found)?;
        }
        Ok(true)
    }

    fn write_here(&mut self, items: Vec<Item<'b>>) -> Result<(), Failure> {
        let mut objects = Vec::new();
        for item in items {
            let found = write(&item, &mut objects, self.interchange.as_mut());
            self.told(item, found)?;
        }
        Ok(())
    }

    fn told(&mut self, item: Item<'b>, mut further: Diagnostics) -> Result<(), Failure> {
        let mut found = item.found;
        found.append(&mut further);
        (self.tell)(found)
    }
}

impl<'b> Item<'b> {
    /// The objects that go with this one, where `next` may be one of them.
    fn may_hold(&mut self, next: &Item<'_>) -> Option<&mut Vec<JsonText<'b>>> {
        let ((_, plan), (_, other)) = (self.object.as_ref()?, next.object.as_ref()?);
        let sound = self.found.list().is_empty() && next.found.list().is_empty();
        (plan.may_hold_several() && Arc::ptr_eq(plan, other) && sound).then_some(&mut self.further)
    }
}

/// Reads the objects and writes them, unless something is wrong with one; returns what was found. `objects` is memory for them.
fn write(item: &Item<'_>, objects: &mut Vec<Object>, outbound: Option<&mut Outbound>) -> Diagnostics {
    let mut found = Diagnostics::unlimited();
    if let Some((text, plan)) = &item.object {
        objects.resize_with(1 + item.further.len(), Object::new);
        for (text, object) in [text].into_iter().chain(&item.further).zip(objects.iter_mut()) {
            canonical::read_into(*text, plan.canonical, object, &mut found);
        }
        if let Some(outbound) = outbound.filter(|_| item.found.errors() + found.errors() == 0) {
            outbound.write_together(plan, item.guide.as_deref(), objects, &mut found);
        }
    }
    found
}

fn can_be_read(item: &Item<'_>) -> bool {
    item.object.is_some() && item.found.errors() == 0 && write(item, &mut Vec::new(), None).errors() == 0
}
