//! Objects to the sets of one interchange, some hundred kilobytes at a time, on any thread.
//!
//! Each part is given the numbers on at which it begins when all objects before it are right. Once one is not, nothing is
//! sent, and what stands behind it is written only to tell what is wrong with it.

use std::iter::Peekable;
use std::sync::Arc;

use crate::canonical::{self, JsonText, Object};
use crate::diagnostic::Diagnostics;
use crate::mapping::Plan;
use crate::translation::{Numbering, Outbound, OutboundPart};
use crate::x12::guide::Guide;

/// Bytes of objects that are written together.
const BATCH_BYTES: usize = 256 << 10;

/// An object that is to be written.
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
pub(super) struct Batch<'b> {
    start: Numbering,
    items: Vec<Item<'b>>,
}

/// What became of a batch.
pub(super) struct Written {
    /// The sets; `None` where no object has a mapping.
    pub(super) part: Option<OutboundPart>,
    /// What was found in each object.
    pub(super) found: Vec<Diagnostics>,
}

/// The items in batches, and how far the interchange has come when all of them are right.
pub(super) struct Batches<Items: Iterator> {
    items: Peekable<Items>,
    presumed: Numbering,
}

impl<'b, Items: Iterator<Item = Item<'b>>> Batches<Items> {
    pub(super) fn new(items: Items) -> Self {
        Self { items: items.peekable(), presumed: Numbering::default() }
    }
}

impl<'b, Items: Iterator<Item = Item<'b>>> Iterator for Batches<Items> {
    type Item = Batch<'b>;

    fn next(&mut self) -> Option<Batch<'b>> {
        self.items.peek()?;
        let start = self.presumed.clone();
        let (mut items, mut bytes) = (Vec::<Item<'b>>::new(), 0);
        while let Some(item) = self.items.next_if(|_| bytes < BATCH_BYTES) {
            bytes += item.object.as_ref().map_or(0, |(text, _)| text.bytes.len());
            match items.last_mut().and_then(|last| last.may_hold(&item)) {
                Some(further) => further.extend(item.object.map(|(text, _)| text)),
                None => items.push(item),
            }
        }
        let plans = items.iter().filter(|item| item.found.errors() == 0).filter_map(|item| item.object.as_ref());
        plans.for_each(|(_, plan)| self.presumed.count(plan));
        Some(Batch { start, items })
    }
}

impl Batch<'_> {
    /// Reads the objects and writes them; one with an error is left out.
    pub(super) fn write(self, outbound: Option<&mut Outbound>, objects: &mut Vec<Object>) -> Written {
        let Some(outbound) = outbound else {
            return Written { part: None, found: self.items.into_iter().map(|item| item.found).collect() };
        };
        outbound.begin_part(self.start);
        let found = self.items.into_iter().map(|item| item.write(outbound, objects)).collect();
        Written { part: Some(outbound.end_part()), found }
    }
}

impl<'b> Item<'b> {
    /// The objects that go with this one, where `next` may be one of them.
    fn may_hold(&mut self, next: &Item<'_>) -> Option<&mut Vec<JsonText<'b>>> {
        let ((_, plan), (_, other)) = (self.object.as_ref()?, next.object.as_ref()?);
        let sound = self.found.list().is_empty() && next.found.list().is_empty();
        (plan.may_hold_several() && Arc::ptr_eq(plan, other) && sound).then_some(&mut self.further)
    }

    /// Reads the object and those that go with it, and writes them unless something is wrong with one; returns what was
    /// found. `objects` is memory for them.
    fn write(mut self, outbound: &mut Outbound, objects: &mut Vec<Object>) -> Diagnostics {
        let Some((text, plan)) = &self.object else { return self.found };
        objects.resize_with(1 + self.further.len(), Object::new);
        for (text, object) in [text].into_iter().chain(&self.further).zip(objects.iter_mut()) {
            canonical::read_into(text, plan.canonical, object, &mut self.found);
        }
        if self.found.errors() == 0 {
            outbound.write_together(plan, self.guide.as_deref(), objects, &mut self.found);
        }
        self.found
    }
}
