//! The forms that a mapping has of its own for elements which are dates or times by the standard. Whether the standard's check lets
//! such texts pass can be told before any document is there.

use std::sync::Arc;

use super::plan::Plan;
use crate::diagnostic::SourcePlace;
use crate::tree::{ElementUse, Tag};

/// A form that a line, or a derived value, has for an element that is a date or a time.
#[derive(Debug, Clone)]
pub struct OwnForm {
    /// The field, or the place of a derived value.
    pub key: String,
    /// As it is written in the mapping.
    pub form: String,
    /// Segment of the element.
    pub tag: Tag,
    /// Position of the element, 1-based.
    pub position: u16,
    /// What the standard says of the element.
    pub definition: Arc<ElementUse>,
    /// Texts of this form.
    pub samples: Vec<String>,
    /// The line of the mapping.
    pub place: SourcePlace,
}

impl OwnForm {
    /// Is it the same of the same line, which another mapping may have too?
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        (&self.place, self.tag, self.position) == (&other.place, other.tag, other.position)
    }
}

impl Plan {
    /// All of them, in the order of the lines.
    #[must_use]
    pub fn own_forms(&self) -> &[OwnForm] {
        &self.own_forms
    }
}
