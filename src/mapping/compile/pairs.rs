//! Pairs: a value beside its qualifier, in one of several slots of a segment.

use std::sync::Arc;

use crate::canonical::{FieldId, Kind, NodeShapeId};
use crate::diagnostic::codes;
use crate::mapping::place::{ElementPlace, Place};
use crate::mapping::plan::{Form, Lens, Line, LinePlace, Takes, Way};
use crate::mapping::syntax::{At, Entry};
use crate::tree::{ElementType, ElementUse, ItemId};

use super::line::Placed;
use super::words::Said;
use super::{Compiler, Target};

impl Compiler<'_> {
    /// The pairs that no other line names, under the key `"*"`.
    pub(super) fn pair_rest(
        &mut self,
        target: &Target,
        texts: &[Said<'_>],
        all_keys: bool,
        path: &str,
    ) -> Option<(Form, Vec<Placed>)> {
        let (text, at) = texts.first()?;
        let place = self.place(text, at, path)?;
        let unnamed = place.pair.as_ref().is_some_and(|pair| pair.qualifier.is_none());
        if !all_keys {
            let message = format!("`{path}` is one value, `rest` gives all that no other line takes");
            let remedy = "write `at`; `rest` belongs to lists and to the key \"*\", such as `identifiers.\"*\"`";
            self.report(codes::MAPPING_WRONG_TYPE, message, at, path, remedy);
            return None;
        }
        if !unnamed {
            let message = format!("`{path}` takes every pair that no line names, `{text}` is something else");
            let remedy = "write `rest = \"pair(...)\"` with the qualifiers' elements and without a qualifier";
            self.report(codes::MAPPING_PLACE, message, at, path, remedy);
            return None;
        }
        let (slots, place) = self.pair_slots(target, &place, None, at, path)?;
        let at = at.clone();
        Some((Form::PairRest { slots }, vec![Placed { place, at }]))
    }

    /// A list of nodes made of the pairs of a segment; true when `entries` describe one.
    pub(super) fn pair_list(
        &mut self,
        target: &Target,
        field: FieldId,
        shape: NodeShapeId,
        entries: &[Entry],
        path: &str,
    ) -> bool {
        let Some((text, at)) = self.words(entries, "rest", path).into_iter().next() else {
            return false;
        };
        let Some(place) = self.parsed(text).ok().filter(|place| place.pair.is_some()) else {
            return false;
        };
        let node = self.shape.node(shape);
        if node.fields.len() != 2 || node.fields.iter().any(|field| field.kind != Kind::Text || field.list) {
            let message =
                format!("`{path}` cannot be made of pairs: its entries are more than a qualifier and a value");
            let remedy = "make it of whole segments: `rest = \"N9\"`, with a line for each field";
            self.report(codes::MAPPING_WRONG_TYPE, message, &at, path, remedy);
            return true;
        }
        if let Some((slots, place)) = self.pair_slots(target, &place, None, &at, path) {
            let form = Form::PairList { slots, shape, qualifier: FieldId(0), value: FieldId(1) };
            let line = Line {
                steps: target.steps.clone(),
                field,
                key: None,
                path: path.to_owned(),
                places: vec![place],
                form,
                lens: Lens::Text,
                way: Way::Both,
                guards: self.guards(target, entries, path),
                source: self.origins.of(&at),
                options: Arc::default(),
                beside: Vec::new(),
                asks: 0,
                simple: false,
                contested: false,
            };
            self.attach(target, line, &at);
            for field in node.fields.iter().filter(|field| field.required) {
                self.mapped.insert(format!("{path}.{}", field.name));
            }
        }
        true
    }

    /// Positions of the qualifiers that a pair means, and a place that stands for the row.
    pub(super) fn pair_slots(
        &mut self,
        target: &Target,
        place: &Place,
        qualifier: Option<&str>,
        at: &At,
        path: &str,
    ) -> Option<(Vec<u16>, LinePlace)> {
        let mut slots = place.pair.as_ref()?.slots.clone();
        let mut found: Option<LinePlace> = None;
        for slot in &slots {
            let element = ElementPlace { position: *slot, component: 0, repetition: 0 };
            let probe = Place { element: Some(element), pair: None, ..place.clone() };
            found = Some(match target.row {
                Some(row) => self.place_in_entry(target, row, &probe, at, path)?,
                None => self.line_place(target.scope, &probe, &Takes::One, at, path)?,
            });
        }
        let mut line_place = found?;
        let item = self.scopes[target.scope].rows[line_place.row].item;
        let elements = &self.grammar.definition(item)?.elements;
        let value = elements.get(usize::from(line_place.element)).cloned();
        let Some(value) = value else {
            let (tag, position) = (self.grammar.item(item).tag, line_place.element);
            let message = format!(
                "{} is the last element of {}: no value stands beside it",
                self.grammar.designator(tag, position),
                self.segment_name(item)
            );
            let remedy = "name the elements of the qualifiers; the value is the element after each";
            self.report(codes::MAPPING_PLACE, message, at, path, remedy);
            return None;
        };
        if qualifier.is_some() && !self.grammar.is_layout() && line_place.definition.kind != ElementType::Code {
            self.no_qualifier(&line_place, item, at, path);
            return None;
        }
        if slots.len() == 1 && qualifier.is_some() {
            slots = slots_like(elements, &line_place.definition, &value);
        }
        if let Some(qualifier) = qualifier {
            let definition = Arc::clone(&line_place.definition);
            self.known_code(&definition, qualifier, at, path);
        }
        line_place.definition = Arc::new(value);
        Some((slots, line_place))
    }

    /// Reports a pair whose first element is not the qualifier of the second.
    fn no_qualifier(&mut self, place: &LinePlace, item: ItemId, at: &At, path: &str) {
        let (tag, position) = (self.grammar.item(item).tag, place.element);
        let named = |position: u16| self.grammar.designator(tag, position);
        let message = format!(
            "{} ({}) is no qualifier: the value of the pair would be what stands behind it, {}",
            named(position),
            place.definition.name,
            named(position + 1)
        );
        let elements = self.grammar.definition(item).map_or(&[][..], |definition| &definition.elements);
        let before = position.checked_sub(2).and_then(|at| elements.get(usize::from(at)));
        let remedy = match before.filter(|before| before.kind == ElementType::Code) {
            Some(_) => format!("name the qualifier, whose value it is: `pair({}=...)`", named(position - 1)),
            None => format!("name the value alone, `{}`, if no qualifier stands before it", named(position)),
        };
        self.report(codes::MAPPING_PLACE, message, at, path, remedy);
    }
}

/// One slot named alone stands for every pair of the same kind in the segment.
pub(super) fn slots_like(elements: &[ElementUse], qualifier: &ElementUse, value: &ElementUse) -> Vec<u16> {
    let pairs = elements.windows(2).enumerate();
    pairs
        .filter(|(_, pair)| pair[0].number == qualifier.number && pair[1].number == value.number)
        .map(|(index, _)| index as u16 + 1)
        .collect()
}
