//! Objects to the sets of one interchange, some hundred kilobytes at a time, on any thread.
//!
//! Each part is given the numbers on at which it begins when all objects before it are right. Once one is not, nothing is
//! sent, and what stands behind it is written only to tell what is wrong with it.

use std::sync::Arc;

use crate::canonical::{self, JsonText, Object};
use crate::diagnostic::{Diagnostics, LineFinder};
use crate::mapping::Plan;
use crate::translation::{Numbering, Outbound, OutboundPart};
use crate::x12::guide::Guide;

/// Bytes of objects that are written together.
const BATCH_BYTES: usize = 256 << 10;

/// The text of an object, and where it stood in the input.
pub(super) struct ObjectText {
    bytes: Vec<u8>,
    lines: LineFinder,
}

impl From<JsonText<'_>> for ObjectText {
    fn from(text: JsonText<'_>) -> Self {
        Self { bytes: text.bytes.to_owned(), lines: text.lines }
    }
}

/// An object that is to be written.
pub(super) struct Item {
    /// What choosing its mapping found.
    pub(super) found: Diagnostics,
    /// The object and its mapping, where it has one.
    pub(super) object: Option<(ObjectText, Arc<Plan>)>,
    /// Those behind it that may go into the same set.
    pub(super) further: Vec<ObjectText>,
    /// The partner's guide that its mapping names.
    pub(super) guide: Option<Arc<Guide>>,
}

/// Objects that are written together, and where in the interchange they begin.
pub(super) struct Batch {
    start: Numbering,
    items: Vec<Item>,
}

/// What became of a batch.
pub(super) struct Written {
    /// The sets; `None` where no object has a mapping.
    pub(super) part: Option<OutboundPart>,
    /// What was found in each object.
    pub(super) found: Vec<Diagnostics>,
}

/// The items in batches, and how far the interchange has come when all of them are right.
pub(super) struct Batches<Next> {
    /// Gives the next item, while there is one.
    next: Next,
    /// The one that begins the next batch.
    waiting: Option<Item>,
    presumed: Numbering,
}

impl<Error, Next: FnMut() -> Result<Option<Item>, Error>> Batches<Next> {
    pub(super) fn new(next: Next) -> Self {
        Self { next, waiting: None, presumed: Numbering::default() }
    }

    /// The next batch, while there is one.
    pub(super) fn next(&mut self) -> Result<Option<Batch>, Error> {
        let start = self.presumed.clone();
        let (mut items, mut bytes) = (Vec::<Item>::new(), 0);
        while let Some(item) = self.waiting.take().map_or_else(&mut self.next, |item| Ok(Some(item)))? {
            if bytes >= BATCH_BYTES {
                self.waiting = Some(item);
                break;
            }
            bytes += item.object.as_ref().map_or(0, |(text, _)| text.bytes.len());
            match items.last_mut().and_then(|last| last.may_hold(&item)) {
                Some(further) => further.extend(item.object.map(|(text, _)| text)),
                None => items.push(item),
            }
        }
        let plans = items.iter().filter(|item| item.found.errors() == 0).filter_map(|item| item.object.as_ref());
        plans.for_each(|(_, plan)| self.presumed.count(plan));
        Ok((!items.is_empty()).then_some(Batch { start, items }))
    }
}

impl Batch {
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

impl Item {
    /// The objects that go with this one, where `next` may be one of them.
    fn may_hold(&mut self, next: &Item) -> Option<&mut Vec<ObjectText>> {
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
            let text = JsonText::at(&text.bytes, text.lines.clone());
            canonical::read_into(&text, plan.canonical, object, &mut self.found);
        }
        if self.found.errors() == 0 {
            outbound.write_together(plan, self.guide.as_deref(), objects, &mut self.found);
        }
        self.found
    }
}
