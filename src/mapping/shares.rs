//! How much of a document and of a canonical object a mapping covers: for reports.

use std::collections::HashSet;
use std::fmt;

use crate::canonical::{Kind, NodeShapeId, Shape, without_numbers};
use crate::tree::{ItemId, Tag};

use super::plan::{Form, Lens, Plan};

/// What a mapping covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Canonical fields, quantities counted once, of the object and everything in it.
    pub fields: usize,
    /// Those that a line fills.
    pub mapped_fields: usize,
    /// Those in `[ignore] canonical`.
    pub ignored_fields: usize,
    /// Elements of the document's table, each segment counted at each place.
    pub elements: usize,
    /// Those that a line, a condition or `[derived]` names.
    pub mapped_elements: usize,
    /// Those in `[ignore] document`.
    pub ignored_elements: usize,
    /// Lines that work one way only.
    pub one_way_lines: usize,
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "fields: {} of {} mapped, {} ignored; elements: {} of {} mapped, {} ignored; one-way lines: {}",
            self.mapped_fields,
            self.fields,
            self.ignored_fields,
            self.mapped_elements,
            self.elements,
            self.ignored_elements,
            self.one_way_lines
        )
    }
}

impl Plan {
    /// What the mapping covers.
    #[must_use]
    pub fn shares(&self) -> Shares {
        let mut fields = Vec::new();
        leaves(self.canonical, NodeShapeId(0), "", &mut fields);
        let mut named: HashSet<String> = HashSet::new();
        for line in &self.lines {
            let path = line.path.trim_end_matches(".*");
            if matches!(line.form, Form::PairRest { .. } | Form::PairList { .. } | Form::Scheme) {
                let inside = format!("{path}.");
                named.extend(fields.iter().filter(|field| field.starts_with(&inside)).cloned());
            }
            if let Lens::Words { sibling: Some(_), .. } = line.lens {
                named.insert(format!("{path}_code"));
            }
            named.insert(path.to_owned());
        }
        let elements = self.elements();
        let ignores = |tag: Tag, element: u16| self.ignores(tag, element, &[]);
        let all: Vec<(ItemId, u16)> = (1..self.grammar.items.len())
            .map(|id| ItemId(id as u16))
            .filter(|id| {
                !self.grammar.is_loop(*id) && !["ST", "SE"].contains(&self.grammar.item(*id).tag.to_string().as_str())
            })
            .flat_map(|id| {
                let count = self.grammar.definition(id).map_or(0, |definition| definition.elements.len() as u16);
                (1..=count).map(move |element| (id, element))
            })
            .collect();
        Shares {
            fields: fields.len(),
            mapped_fields: fields.iter().filter(|field| named.contains(*field)).count(),
            ignored_fields: fields.iter().filter(|field| self.ignores_field(field)).count(),
            elements: all.len(),
            mapped_elements: all.iter().filter(|place| elements.contains(place)).count(),
            ignored_elements: all.iter().filter(|(id, element)| ignores(self.grammar.item(*id).tag, *element)).count(),
            one_way_lines: self.lines.iter().filter(|line| line.way != super::plan::Way::Both).count(),
        }
    }

    fn ignores_field(&self, field: &str) -> bool {
        self.ignored_fields.iter().any(|ignored| {
            field.strip_prefix(ignored.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// The elements that lines, conditions and derived values name.
    fn elements(&self) -> HashSet<(ItemId, u16)> {
        let mut elements = HashSet::new();
        for scope in &self.scopes {
            for row in &scope.rows {
                elements.extend(row.conditions.iter().map(|(element, _)| (row.item, *element)));
            }
            for line in scope.lines().map(|id| &self.lines[usize::from(id)]) {
                for place in &line.places {
                    let item = scope.rows[place.row].item;
                    elements.insert((item, place.element));
                    elements.extend(place.case.iter().map(|(element, _)| (item, *element)));
                    let pair = place.pair.as_ref().map(|pair| pair.slots.as_slice());
                    let slots = match &line.form {
                        Form::PairRest { slots } | Form::PairList { slots, .. } => Some(slots.as_slice()),
                        _ => pair,
                    };
                    elements.extend(slots.into_iter().flatten().flat_map(|slot| [(item, *slot), (item, slot + 1)]));
                }
            }
            for derived in scope.derived.iter().map(|index| &self.derived[*index]) {
                elements.insert((scope.rows[derived.place.row].item, derived.place.element));
            }
        }
        elements
    }

    /// Can the field (a path, with or without list numbers) be filled by a place that is computed when it has no value?
    /// An object without it gains it on its way through a document.
    #[must_use]
    pub fn is_derived(&self, path: &str) -> bool {
        let plain = without_numbers(path);
        let levels = self.lines.iter().any(|line| line.form == Form::Levels && line.path == plain);
        levels
            || self.scopes.iter().any(|scope| {
                scope.lines().map(|id| &self.lines[usize::from(id)]).any(|line| {
                    let same_path =
                        plain.strip_prefix(&line.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
                    same_path
                        && line.places.iter().any(|place| {
                            let item = scope.rows[place.row].item;
                            self.scopes.iter().any(|other| {
                                other.derived.iter().map(|index| &self.derived[*index]).any(|derived| {
                                    other.rows[derived.place.row].item == item && derived.place.element == place.element
                                })
                            })
                        })
                })
            })
    }
}

fn leaves(shape: &Shape, node: NodeShapeId, prefix: &str, fields: &mut Vec<String>) {
    for field in &shape.node(node).fields {
        let name = format!("{prefix}{}", field.name);
        match &field.kind {
            Kind::Object(inner) if !shape.node(*inner).quantity => leaves(shape, *inner, &format!("{name}."), fields),
            _ => fields.push(name),
        }
    }
}
