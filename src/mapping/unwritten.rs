//! Which values of an object no line of a plan writes: reported, never dropped in silence.

use std::collections::BTreeMap;

use crate::canonical::{Entry, Field, FieldId, Kind, NodeId, NodeShape, Object, Shape, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};

use super::plan::{Form, Lens, Line, Plan, Way};

/// The canonical fields that a plan writes or says to ignore, laid out like the object.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// This value, with all that is inside it.
    whole: bool,
    /// An open node, all of whose own keys are written.
    open: bool,
    /// By the index of the field.
    fields: Vec<Option<Written>>,
    /// The first fields, each as a bit: those that are written whole, where that was marked.
    whole_fields: Option<u64>,
    keys: Vec<(String, Written)>,
}

impl Written {
    /// What the lines of `plan` take that do not go only the `other` way.
    pub(super) fn of(plan: &Plan, other: Way) -> Self {
        let mut root = Self::default();
        for path in &plan.ignored_fields {
            root.at(plan.canonical, path).whole = true;
        }
        let fitted = |line: &&Line| line.options.manner.as_ref().is_some_and(|manner| manner.fits_by_force());
        let counts = |line: &&Line| line.way != other && !(other == Way::Out && fitted(line));
        for line in plan.lines.iter().filter(counts) {
            if matches!(line.form, Form::PairRest { .. } | Form::Scheme) {
                root.at(plan.canonical, line.path.trim_end_matches(".*")).open = true;
            } else {
                root.at(plan.canonical, &line.path).whole = true;
            }
            if let Lens::Words { sibling: Some(_), .. } = line.lens {
                root.at(plan.canonical, &format!("{}_code", line.path)).whole = true;
            }
        }
        root
    }

    /// Marks the fields that are written whole, at every depth.
    fn mark(&mut self) {
        let mut whole = 0;
        for (field, inside) in (0..).zip(&mut self.fields) {
            let Some(inside) = inside else { continue };
            inside.mark();
            whole |= u64::from(inside.whole).checked_shl(field).unwrap_or(0);
        }
        self.whole_fields = Some(whole);
        self.keys.iter_mut().for_each(|(_, inside)| inside.mark());
    }

    /// Is every value of a node written? Asked of what is written of the node; false also where that takes a close look.
    fn has_all(&self, object: &Object, node: NodeId) -> bool {
        let Some(whole) = self.whole_fields else { return false };
        object.entries(node).all(|entry| {
            whole.checked_shr(entry.field.0.into()).is_some_and(|bits| bits & 1 == 1)
                || match (entry.value, self.inside(object, entry)) {
                    (_, Some(further)) if further.whole => true,
                    (Value::Node(inner), further) => further.is_some_and(|further| further.has_all(object, inner)),
                    _ => self.open,
                }
        })
    }

    /// What is written of a value of the node.
    fn inside(&self, object: &Object, entry: &Entry) -> Option<&Self> {
        match entry.field {
            FieldId::OPEN => self.key(object.text(entry.key)),
            field => self.field(field),
        }
    }

    /// What is written at a path without list numbers.
    fn at(&mut self, canonical: &Shape, path: &str) -> &mut Self {
        let mut at = self;
        let mut node = Some(&canonical.nodes[0]);
        for name in path.split('.') {
            let field = node.and_then(|node| node.field(name));
            node = node.zip(field).and_then(|(node, field)| inside(canonical, node.get(field)));
            at = match field {
                Some(field) => at.field_mut(field),
                None => at.key_mut(name),
            };
        }
        at
    }

    fn field(&self, field: FieldId) -> Option<&Self> {
        self.fields.get(usize::from(field.0))?.as_ref()
    }

    /// The same, made when it is not there.
    fn field_mut(&mut self, field: FieldId) -> &mut Self {
        let at = usize::from(field.0);
        if self.fields.len() <= at {
            self.fields.resize_with(at + 1, || None);
        }
        self.fields[at].get_or_insert_default()
    }

    fn key(&self, key: &str) -> Option<&Self> {
        self.keys.iter().find(|(known, _)| known == key).map(|(_, inside)| inside)
    }

    /// The same, made when it is not there.
    fn key_mut(&mut self, key: &str) -> &mut Self {
        let at = self.keys.iter().position(|(known, _)| known == key).unwrap_or_else(|| {
            self.keys.push((key.to_owned(), Written::default()));
            self.keys.len() - 1
        });
        &mut self.keys[at].1
    }
}

impl Plan {
    fn written(&self) -> &Written {
        self.written.get_or_init(|| {
            let mut written = Written::of(self, Way::In);
            written.mark();
            written
        })
    }

    /// Does no line write the field (a path with list numbers, such as `lines[2].lot`), or none read it back as it was? What
    /// a line makes to fit is told when it does.
    #[must_use]
    pub fn leaves_out(&self, path: &str) -> bool {
        let path = crate::canonical::without_numbers(path);
        // Asked only of the few fields that differ.
        self.lacks(self.written(), &path) || self.lacks(&Written::of(self, Way::Out), &path)
    }

    fn lacks(&self, mut written: &Written, path: &str) -> bool {
        let mut node = Some(&self.canonical.nodes[0]);
        for name in path.split('.') {
            let field = node.and_then(|node| node.field(name));
            node = node.zip(field).and_then(|(node, field)| inside(self.canonical, node.get(field)));
            let further = field.map_or_else(|| written.key(name), |field| written.field(field));
            written = match further {
                _ if written.whole => return false,
                Some(further) => further,
                None => return !written.open,
            };
        }
        !written.whole
    }
}

/// Reports each canonical path that has a value in `object`, is written by no line of `plan` and is not ignored.
pub(super) fn report(plan: &Plan, object: &Object, diagnostics: &mut Diagnostics) {
    if plan.written().has_all(object, NodeId::ROOT) {
        return;
    }
    let mut search = Search { plan, object, path: String::new(), missed: BTreeMap::new() };
    search.node(NodeId::ROOT, Some(plan.written()));
    for (path, (value, count)) in search.missed {
        let times = if count > 1 { format!(" ({count} values)") } else { String::new() };
        let message = format!(
            "`{path}` = `{value}`{times} has no place in the document: the mapping `{}` does not write it",
            plan.name
        );
        let place = FieldPlace { path: path.clone(), ..FieldPlace::default() };
        let remedy = format!(
            "add a line for `{path}` to the mapping, or name it in [ignore] canonical if the partner does not want it"
        );
        diagnostics.push(Diagnostic::new(codes::MAPPING_FIELD_NOT_WRITTEN, message, place).remedy(remedy));
    }
}

struct Search<'a> {
    plan: &'a Plan,
    object: &'a Object,
    /// Of the node being searched, without list numbers.
    path: String,
    /// By path: the first value that is not written, and how many there are.
    missed: BTreeMap<String, (String, usize)>,
}

impl Search<'_> {
    /// `written` is what is written of the node; `None` for nothing.
    fn node(&mut self, node: NodeId, written: Option<&Written>) {
        let object = self.object;
        for entry in object.entries(node) {
            let further = written.and_then(|written| written.inside(object, entry));
            let all = further.is_some_and(|further| further.whole);
            let leaf = !matches!(entry.value, Value::Node(_));
            if all || leaf && written.is_some_and(|written| written.open) {
                continue;
            }
            let length = self.path.len();
            self.step(node, entry);
            match entry.value {
                Value::Node(inner) => self.node(inner, further),
                Value::Text(span) => self.miss(|| object.text(span).to_owned()),
                Value::Decimal(number) => self.miss(|| number.to_string()),
            }
            self.path.truncate(length);
        }
    }

    fn step(&mut self, node: NodeId, entry: &Entry) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        let shape = self.plan.canonical.node(self.object.shape(node));
        self.path.push_str(match entry.field {
            FieldId::OPEN => self.object.text(entry.key),
            field => &shape.get(field).name,
        });
    }

    fn miss(&mut self, value: impl FnOnce() -> String) {
        match self.missed.get_mut(&self.path) {
            Some((_, count)) => *count += 1,
            None => {
                self.missed.insert(self.path.clone(), (value(), 1));
            }
        }
    }
}

/// The shape of the nodes in a field that has nodes.
fn inside<'s>(canonical: &'s Shape, field: &Field) -> Option<&'s NodeShape> {
    match &field.kind {
        Kind::Object(shape) => Some(canonical.node(*shape)),
        _ => None,
    }
}
