//! Takes the values of lines: the text of a place, and what it becomes.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::canonical::{FieldId, NodeId, Origin, Value};
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::tree::{ElementId, Segment, SegmentIndex, Tree};

use super::pairs::slots_there;
use super::{Found, Rows, Walk};
use crate::mapping::lens::{self, Fault, Instant};
use crate::mapping::manner::Manner;
use crate::mapping::manner::dates::{Pattern, Said};
use crate::mapping::plan::{Form, Lens, Line, LineId, LinePlace, PairPlace, Plan, Unit, Unknown, Way};
use crate::mapping::select;

/// The unit of a quantity, and where it stands.
type UnitSaid<'a> = (Cow<'a, str>, Origin);

impl<'a> Walk<'a> {
    pub(super) fn line(&mut self, id: LineId, rows: Rows, node: NodeId) {
        let plan: &'a Plan = self.plan;
        let line = &plan.lines[usize::from(id)];
        if line.way == Way::Out {
            return;
        }
        if !line.guards.is_empty() && !plan.holds(&line.guards, self.object, node) {
            return self.part_left(line, rows);
        }
        match &line.form {
            Form::At | Form::Quantity => {
                let found = self.text(rows, &line.places[0]);
                self.cover_qualifier(rows, &line.places[0], found);
                self.value(id, line, rows, node, found);
            }
            Form::Key => self.key(id, line, rows),
            Form::List => {
                for place in &line.places {
                    if let Some(found) = self.text(rows, place) {
                        self.cover_qualifier(rows, place, Some(found));
                        self.value(id, line, rows, node, Some(found));
                    }
                }
            }
            Form::Packed => self.packed(id, line, rows, node),
            Form::First { .. } => self.first(id, line, rows, node),
            Form::Joined | Form::FirstJoined { .. } => self.joined(id, line, rows, node),
            Form::PairRest { slots } => self.pair_rest(id, line, slots, rows, node),
            Form::PairList { slots, .. } => self.pair_list(id, line, slots, rows, node),
            Form::Scheme => self.scheme(id, line, rows, node),
            Form::Levels => {
                let found = plan.hierarchy.as_ref().and_then(|found| found.structure(self.tree, self.bytes));
                if let Some((text, element)) = found {
                    let node = self.descend(node, &line.steps);
                    self.push_text(line, node, &text, Origin { element, line: id });
                }
            }
            Form::Constant(text) => {
                let node = self.descend(node, &line.steps);
                self.push_canonical(id, line, node, text, None);
            }
        }
    }

    /// A part of a text that is not taken now, though the text is for its other parts: that it is left is told, if it says something.
    fn part_left(&mut self, line: &'a Line, rows: Rows) {
        let split = line.options.manner.as_deref().and_then(|manner| manner.split.as_ref());
        let (Some(split), Some(place)) = (split, line.places.first()) else { return };
        let Some((bytes, element)) = self.text(rows, place) else { return };
        let text = self.decode(bytes);
        let Some(part) = split.part_of(&text).filter(|part| !part.is_empty()) else { return };
        let message = format!("part {} of the text, `{part}`, is not mapped", split.part);
        let asked = self.plan.asked(&line.guards);
        let diagnostic = Diagnostic::new(codes::MAPPING_NOT_MAPPED, message, self.context.place(self.tree, element))
            .cause(format!("`{}` takes it only when {asked}, by {}", line.path, line.source))
            .remedy("give it a line for when that is not so, if the ERP needs it");
        self.diagnostics.push(diagnostic);
    }

    /// The key of the object, which each of its loops says.
    fn key(&mut self, id: LineId, line: &'a Line, rows: Rows) {
        let found = self.text(rows, &line.places[0]);
        self.cover_qualifier(rows, &line.places[0], found);
        match found.filter(|_| self.object.get(NodeId::ROOT, line.field).is_some()) {
            Some((_, element)) => self.reading.coverage.insert(element),
            None => self.value(id, line, rows, NodeId::ROOT, found),
        }
    }

    /// The text of a place without trailing blanks; `None` when nothing stands there.
    #[inline]
    pub(super) fn text(&self, rows: Rows, place: &LinePlace) -> Option<Found<'a>> {
        let tree: &'a Tree = self.tree;
        let index = self.segment(rows, place.row)?;
        let segment = &tree.segments[index as usize];
        match &place.pair {
            Some(pair) => self.value_of(pair, segment),
            None if place.is_whole() => self.element(segment, place.element),
            None => self.part_of(index, place),
        }
    }

    /// The value beside a qualifier.
    fn value_of(&self, pair: &PairPlace, segment: &Segment) -> Option<Found<'a>> {
        let is = |slot: &&u16| select::is_code(self.tree.value(segment, **slot, self.bytes), pair.qualifier.as_bytes());
        let slots = slots_there(&pair.slots, segment).iter().filter(is);
        let found = slots.copied().find_map(|slot| self.slot(segment, slot, pair.shared))?;
        Some((found.value, found.value_id))
    }

    /// The text of a place that is part of an element, or asks what stands beside it.
    fn part_of(&self, index: SegmentIndex, place: &LinePlace) -> Option<Found<'a>> {
        let tree: &'a Tree = self.tree;
        if !place.case.is_empty() && !select::fulfils(&place.case, tree, self.bytes, index) {
            return None;
        }
        let (mut bytes, id) = self.element(&tree.segments[index as usize], place.element)?;
        if place.repetition > 0 || place.component > 0 {
            bytes = part(bytes, tree.separators.repetition, place.repetition.max(1))?;
            bytes = part(bytes, tree.separators.component, place.component.max(1))?;
        }
        let trimmed = bytes.trim_ascii_end();
        (!trimmed.is_empty()).then_some((trimmed, id))
    }

    /// The elements beside a value by which it was known count as read.
    #[inline]
    fn cover_qualifier(&mut self, rows: Rows, place: &LinePlace, found: Option<Found<'a>>) {
        let Some((_, element)) = found else { return };
        if place.pair.is_some() {
            self.reading.coverage.insert(element - 1);
        }
        if !place.case.is_empty()
            && let Some(index) = self.segment(rows, place.row)
        {
            self.cover_conditions(&place.case, index);
        }
    }

    pub(super) fn value(&mut self, id: LineId, line: &'a Line, rows: Rows, node: NodeId, found: Option<Found<'a>>) {
        if let Some((_, element)) = found {
            self.reading.coverage.insert(element);
        }
        match found {
            Some(found) if line.options.absent.is_empty() && line.options.manner.is_none() => {
                self.as_it_stands(id, line, rows, node, found);
            }
            _ => self.not_plainly(id, line, rows, node, found),
        }
    }

    /// A value that is not there, or not written plainly: it is read as the text that is meant.
    #[inline(never)]
    fn not_plainly(&mut self, id: LineId, line: &'a Line, rows: Rows, node: NodeId, found: Option<Found<'a>>) {
        match found.and_then(|found| Some((found, self.said(line, found.0)?))) {
            Some((found, heard)) => self.meant(id, line, rows, node, found, heard),
            None => self.default_of(id, line, node),
        }
    }

    /// The value of what says nothing, where the line has one.
    fn default_of(&mut self, id: LineId, line: &Line, start: NodeId) {
        if let Some(default) = &line.options.default {
            let node = self.descend(start, &line.steps);
            self.push_canonical(id, line, node, default, None);
        }
    }

    /// What a text says: the text that is meant by it, where that is another; `None` where it says nothing.
    #[inline]
    fn said(&self, line: &Line, bytes: &'a [u8]) -> Option<Option<Cow<'a, str>>> {
        let plainly = line.options.manner.is_none();
        if plainly && line.options.absent.is_empty() {
            return Some(None);
        }
        line.heard(self.decode(bytes)).map(|heard| Some(heard).filter(|_| !plainly))
    }

    /// A list of values in one text; between two separators there is none.
    fn packed(&mut self, id: LineId, line: &'a Line, rows: Rows, node: NodeId) {
        let Some(found) = self.text(rows, &line.places[0]) else { return };
        self.reading.coverage.insert(found.1);
        self.cover_qualifier(rows, &line.places[0], Some(found));
        let Some(manner) = line.options.manner.as_deref() else { return };
        let text = self.decode(found.0);
        for value in text.split(manner.between.as_deref().unwrap_or_default()) {
            if let Some(value) = manner.heard(Cow::Borrowed(value), |_| false) {
                self.meant(id, line, rows, node, found, Some(value));
            }
        }
    }

    /// A value that is there, and whose text is meant as it stands.
    #[inline]
    fn as_it_stands(&mut self, id: LineId, line: &'a Line, rows: Rows, start: NodeId, found: Found<'a>) {
        if !matches!(line.lens, Lens::Text) || line.options.manner.is_some() {
            return self.meant(id, line, rows, start, found, None);
        }
        let (node, text) = (self.descend(start, &line.steps), self.decode(found.0));
        self.push_text(line, node, &text, Origin { element: found.1, line: id });
    }

    /// A value that is there, and the text that is meant by it where that is another.
    fn meant(
        &mut self,
        id: LineId,
        line: &'a Line,
        rows: Rows,
        start: NodeId,
        (raw, element): Found<'a>,
        heard: Option<Cow<'_, str>>,
    ) {
        let manner = line.options.manner.as_deref();
        let bytes = heard.as_ref().map_or(raw, |text| text.as_bytes());
        let node = self.descend(start, &line.steps);
        let origin = Origin { element, line: id };
        if let Some(manner) = manner.filter(|manner| !manner.dates.is_empty()) {
            return self.dated(line, &manner.dates, &[(bytes, element)], node, origin);
        }
        match &line.lens {
            Lens::Text => {
                let text = heard.unwrap_or_else(|| self.decode(raw));
                match manner.and_then(|manner| manner.join.as_deref()) {
                    Some(join) => self.object.extend_text(node, line.field, join, &text, origin),
                    None => self.push_text(line, node, &text, origin),
                }
            }
            Lens::Number { implied } => match number_in(manner, bytes, *implied) {
                Ok(number) if number.is_zero() && line.options.omit_zero => self.default_of(id, line, start),
                Ok(number) => self.object.push(node, line.field, Value::Decimal(number), origin),
                Err(fault) => self.fault(line, fault, element),
            },
            Lens::Date => match lens::date_in(bytes) {
                Ok(date) => self.push_text(line, node, &date, origin),
                Err(fault) => self.fault(line, fault, element),
            },
            Lens::Time => match lens::time_in(bytes) {
                Ok(time) => self.push_text(line, node, &time, origin),
                Err(fault) => self.fault(line, fault, element),
            },
            Lens::DateOrInstant => match lens::date_in(bytes) {
                Ok(date) => self.push_text(line, node, &date, origin),
                Err(fault) => self.fault(line, fault, element),
            },
            Lens::Words { table, sibling } => {
                let code = heard.unwrap_or_else(|| self.decode(raw));
                self.word(line, *table, *sibling, &code, node, origin);
            }
            Lens::Quantity { .. } => self.quantity(id, line, rows, (start, node), (bytes, origin)),
        }
    }

    /// `start` is the node that the line starts from, `node` the one that has the quantity.
    fn quantity(
        &mut self,
        id: LineId,
        line: &'a Line,
        rows: Rows,
        (start, node): (NodeId, NodeId),
        (bytes, origin): (&[u8], Origin),
    ) {
        let Lens::Quantity { implied, unit, value, unit_field, shape } = &line.lens else { return };
        match number_in(line.options.manner.as_deref(), bytes, *implied) {
            Ok(number) if number.is_zero() && line.options.omit_zero => {}
            Ok(number) => {
                let said = self.unit(line, id, unit, rows);
                let Some((number, said)) = self.in_own_unit((line, start), number, said, origin.element) else {
                    return;
                };
                let quantity = self.object.add(node, line.field, *shape, origin);
                self.object.push(quantity, *value, Value::Decimal(number), origin);
                if let Some((unit, origin)) = said {
                    self.object.push_text(quantity, *unit_field, &unit, origin);
                }
            }
            Err(fault) => {
                self.fault(line, fault, origin.element);
                // The unit is not what is missing a line.
                if let Some((_, unit)) = line.places.get(1).and_then(|place| self.text(rows, place)) {
                    self.reading.coverage.insert(unit);
                }
            }
        }
    }

    /// The unit of a quantity, and where it stands.
    fn unit(&mut self, line: &Line, id: LineId, unit: &'a Unit, rows: Rows) -> Option<UnitSaid<'a>> {
        match unit {
            Unit::None => None,
            Unit::Fixed(text) => Some((Cow::Borrowed(text), Origin::NOWHERE)),
            Unit::Place { table, default } => {
                let place = line.places.last().filter(|_| line.places.len() > 1)?;
                let Some((bytes, element)) = self.text(rows, place) else {
                    return default.as_deref().map(|unit| (Cow::Borrowed(unit), Origin::NOWHERE));
                };
                self.reading.coverage.insert(element);
                let text = self.decode(bytes);
                let origin = Origin { element, line: id };
                let Some(table) = table.map(|table| &self.plan.tables[table]) else { return Some((text, origin)) };
                match (table.word(&text), table.unknown) {
                    (Some(word), _) => Some((Cow::Borrowed(word), origin)),
                    (None, Unknown::Keep) => Some((text, origin)),
                    (None, Unknown::Refuse) => {
                        self.fault(line, Fault::unknown_code(&text, table), element);
                        None
                    }
                }
            }
        }
    }

    /// A quantity in the object's own unit, where the line has a table of units; `None` where it cannot be said in it.
    #[inline]
    fn in_own_unit(
        &mut self,
        (line, start): (&Line, NodeId),
        number: Decimal,
        said: Option<UnitSaid<'a>>,
        element: ElementId,
    ) -> Option<(Decimal, Option<UnitSaid<'a>>)> {
        let plan = self.plan;
        let (Some(units), Some((unit, origin))) = (line.options.units, &said) else { return Some((number, said)) };
        let item = plan.item_of(line, self.object, start);
        match plan.units[units].read(number, unit, item.as_deref()) {
            Ok((number, unit)) => {
                let unit = Cow::Owned(unit.to_owned());
                Some((number, Some((unit, *origin))))
            }
            Err(fault) => {
                self.fault(line, fault, element);
                None
            }
        }
    }

    pub(super) fn word(
        &mut self,
        line: &Line,
        table: usize,
        sibling: Option<FieldId>,
        code: &str,
        node: NodeId,
        origin: Origin,
    ) {
        let table = &self.plan.tables[table];
        match (table.word(code), table.unknown, sibling) {
            (Some(word), ..) => self.push_text(line, node, word, origin),
            (None, Unknown::Keep, Some(sibling)) => match self.object.get(node, sibling).map(|known| known.value) {
                Some(known) => self.two_values(line, &format!("{}_code", line.path), code, known, origin),
                None => self.object.push_text(node, sibling, code, origin),
            },
            (None, Unknown::Keep, None) => match table.code(code).filter(|_| line.way == Way::Both) {
                Some(of_word) => self.fault(line, Fault::word_of_another_code(code, of_word, table), origin.element),
                None => self.push_text(line, node, code, origin),
            },
            (None, Unknown::Refuse, _) => self.fault(line, Fault::unknown_code(code, table), origin.element),
        }
    }

    fn first(&mut self, id: LineId, line: &'a Line, rows: Rows, node: NodeId) {
        let mut chosen: Option<(Found<'a>, Option<Cow<'a, str>>, usize)> = None;
        for (number, place) in line.places.iter().enumerate() {
            // A pair that is not chosen says something else, not the same twice: it stays for the catch-all.
            if chosen.is_some() && place.pair.is_some() {
                continue;
            }
            let Some(found) = self.text(rows, place) else { continue };
            self.reading.coverage.insert(found.1);
            self.cover_qualifier(rows, place, Some(found));
            let Some(said) = self.said(line, found.0) else { continue };
            match &chosen {
                None => chosen = Some((found, said, number)),
                // The same text says the same.
                Some((first, ..)) if first.0 == found.0 => {}
                Some((first, before, chosen)) => {
                    let (one, other) = (self.decode(first.0), self.decode(found.0));
                    let texts = (before.as_ref().unwrap_or(&one), said.as_ref().unwrap_or(&other));
                    let dated = [(*chosen, texts.0), (number, texts.1)]
                        .map(|(number, text)| (line.forms(number), [text.as_bytes()]));
                    if !self.alike(line, texts.0, texts.1)
                        && !self.same_date(line, (dated[0].0, &dated[0].1), (dated[1].0, &dated[1].1))
                    {
                        self.differs(line, (first.1, &one), (found.1, &other));
                    }
                }
            }
        }
        match chosen {
            Some((found, said, number)) if !line.forms(number).is_empty() => {
                let (node, origin) = (self.descend(node, &line.steps), Origin { element: found.1, line: id });
                let bytes = said.as_ref().map_or(found.0, |text| text.as_bytes());
                self.dated(line, line.forms(number), &[(bytes, found.1)], node, origin);
            }
            Some((found, None, _)) => self.as_it_stands(id, line, rows, node, found),
            Some((found, said, _)) => self.meant(id, line, rows, node, found, said),
            None => self.default_of(id, line, node),
        }
    }

    /// Do both texts mean the same value?
    fn alike(&self, line: &Line, one: &str, other: &str) -> bool {
        let same = |read: &dyn Fn(&str) -> Option<String>| read(one).is_some_and(|one| Some(one) == read(other));
        let manner = line.options.manner.as_deref();
        one == other
            || match &line.lens {
                Lens::Number { implied } | Lens::Quantity { implied, .. } => {
                    same(&|text| Some(number_in(manner, text.as_bytes(), *implied).ok()?.normalize().to_string()))
                }
                Lens::Words { table, .. } => same(&|text| self.plan.tables[*table].word(text).map(str::to_owned)),
                Lens::Time if manner.is_none() => same(&|text| Some(lens::civil_time(text.as_bytes())?.to_string())),
                _ => false,
            }
    }

    /// Do texts in forms of their own say the same date or time? The later may say less, a date without its time.
    fn same_date(&self, line: &Line, first: (&[Pattern], &[&[u8]]), later: (&[Pattern], &[&[u8]])) -> bool {
        let value = |(forms, texts): (&[Pattern], &[&[u8]])| {
            let mut said = Said::default();
            let mut there = forms.iter().zip(texts).filter(|(_, text)| !text.is_empty());
            let read = there.all(|(form, text)| form.read(String::from_utf8_lossy(text).trim(), &mut said));
            self.moment_of(line, &said).filter(|_| read && !forms.is_empty()).map(|(text, _)| text)
        };
        value(first).zip(value(later)).is_some_and(|(first, later)| first == later || first.starts_with(&(later + "T")))
    }

    /// Two places of a line do not say the same: elements, and what they say.
    #[cold]
    fn differs(&mut self, line: &Line, first: (ElementId, &str), again: (ElementId, &str)) {
        let message = format!("`{}` stands twice in the document, as `{}` and as `{}`", line.path, first.1, again.1);
        let place = self.context.place(self.tree, first.0);
        let at = place.field.or(place.segment).unwrap_or_default();
        let diagnostic = Diagnostic::new(codes::MAPPING_DIFFERENCE, message, self.context.place(self.tree, again.0))
            .cause(format!("{} names both places; the value of {at} was taken", line.source))
            .remedy("ask the partner which of the two is meant");
        self.diagnostics.push(diagnostic);
    }

    fn joined(&mut self, id: LineId, line: &Line, rows: Rows, node: NodeId) {
        let mut chosen: Option<(ElementId, [Option<Found<'a>>; 3], usize)> = None;
        let bytes = |texts: &[Option<Found<'a>>; 3]| texts.map(|found| found.map_or(&b""[..], |(bytes, _)| bytes));
        for number in 0..line.alternatives() {
            let places = line.alternative(number);
            let mut texts = [None; 3];
            for (slot, place) in texts.iter_mut().zip(places) {
                *slot = self.text(rows, place);
                if let Some((_, element)) = slot.filter(|(bytes, _)| line.means_nothing(&self.decode(bytes))) {
                    self.reading.coverage.insert(element);
                    *slot = None;
                }
            }
            // What stands beside a date that is not there is not taken.
            let Some((_, element)) = texts[0] else { continue };
            for (text, place) in texts.iter().zip(places) {
                self.cover_qualifier(rows, place, *text);
                text.iter().for_each(|(_, element)| self.reading.coverage.insert(*element));
            }
            // The later may say less, a date without its time, but nothing else.
            let time = |text: &[u8]| lens::civil_time(text);
            let says_the_same =
                |(number, (first, later)): (usize, (&Option<Found<'a>>, &Option<Found<'a>>))| match (first, later) {
                    (Some((first, _)), Some((later, _))) => {
                        first == later || (number == 1 && time(first).is_some_and(|first| Some(first) == time(later)))
                    }
                    (_, later) => later.is_none(),
                };
            match &chosen {
                None => chosen = Some((element, texts, number)),
                Some((_, first, _)) if first.iter().zip(&texts).enumerate().all(says_the_same) => {}
                Some((_, first, chosen))
                    if self.same_date(
                        line,
                        (line.forms(*chosen), &bytes(first)),
                        (line.forms(number), &bytes(&texts)),
                    ) => {}
                Some((first, said, _)) => {
                    let whole = |texts: &[Option<Found<'a>>; 3]| {
                        let texts: Vec<_> = texts.iter().flatten().map(|(bytes, _)| self.decode(bytes)).collect();
                        texts.join(" ")
                    };
                    let (one, other) = (whole(said), whole(&texts));
                    self.differs(line, (*first, &one), (element, &other));
                }
            }
        }
        let Some((element, texts, number)) = chosen else { return };
        let origin = Origin { element, line: id };
        if !line.forms(number).is_empty() {
            let node = self.descend(node, &line.steps);
            let texts = texts.map(|found| found.unwrap_or((b"", element)));
            return self.dated(line, line.forms(number), &texts, node, origin);
        }
        let zone = line.options.zone.as_ref().unwrap_or(&self.context.zone);
        let [date, time, code] = texts.map(|found| found.map(|(bytes, _)| bytes));
        match lens::instant_in(date.unwrap_or_default(), time, code, zone) {
            Ok(instant) => {
                let node = self.descend(node, &line.steps);
                self.push_instant(line, node, instant, origin);
            }
            Err(fault) => {
                let wrong = match (date, time) {
                    (Some(date), _) if lens::date_in(date).is_err() => 0,
                    (_, Some(time)) if lens::time_in(time).is_err() => 1,
                    _ => 2,
                };
                let at = texts[wrong].map_or(element, |(_, element)| element);
                self.fault(line, fault, at);
            }
        }
    }

    /// A date, time or instant in the line's own form, from the texts of its places.
    fn dated(&mut self, line: &Line, forms: &[Pattern], texts: &[(&[u8], ElementId)], node: NodeId, origin: Origin) {
        let mut said = Said::default();
        let there = forms.iter().zip(texts).filter(|(_, (bytes, _))| !bytes.is_empty());
        for (pattern, (bytes, element)) in there {
            if !pattern.read(String::from_utf8_lossy(bytes).trim(), &mut said) {
                let remedy = format!(
                    "if the partner always writes so, correct `format` at {}; else ask the partner to correct the value",
                    line.source
                );
                let fault = Fault { remedy, ..Fault::unreadable(bytes, &format!("of the form `{}`", pattern.text)) };
                return self.fault(line, fault, *element);
            }
        }
        match self.moment_of(line, &said) {
            Some(instant) => self.push_instant(line, node, instant, origin),
            None => {
                let whole: Vec<&[u8]> = texts.iter().map(|(bytes, _)| *bytes).collect();
                let fault = Fault::unreadable(whole.join(&b' ').trim_ascii(), "a date or time that there is");
                self.fault(line, fault, origin.element);
            }
        }
    }

    /// The canonical value of what a date or time says, as the line has it.
    fn moment_of(&self, line: &Line, said: &Said) -> Option<Instant> {
        match line.lens {
            Lens::Date => said.as_date().map(|text| (text, None)),
            Lens::Time => said.as_time().map(|text| (text, None)),
            _ => said.as_instant(line.options.zone.as_ref().unwrap_or(&self.context.zone)),
        }
    }

    fn push_instant(&mut self, line: &Line, node: NodeId, (text, doubt): Instant, origin: Origin) {
        self.push_text(line, node, &text, origin);
        if let Some(doubt) = doubt {
            let place = self.context.place(self.tree, origin.element);
            let message = format!("`{}`: {doubt}", line.path);
            let diagnostic = Diagnostic::new(codes::MAPPING_DOUBTFUL_TIME, message, place)
                .cause(format!("mapped by {}; taken as {text}", line.source))
                .remedy("ask the partner to send the offset or a time code; if its clocks are in another zone, correct `time_zone` of its profile");
            self.diagnostics.push(diagnostic);
        }
    }

    /// The text of a value: a part of the document's text where that is known, by its place in it.
    #[inline]
    pub(super) fn decode(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        let within = self.ascii.and_then(|text| {
            let at = bytes.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
            text.get(at..at.checked_add(bytes.len())?)
        });
        within.map_or_else(|| self.context.decode(bytes), Cow::Borrowed)
    }

    #[inline]
    pub(super) fn push_text(&mut self, line: &Line, node: NodeId, text: &str, origin: Origin) {
        let known = match &line.key {
            None if line.contested => self.object.get(node, line.field),
            None => None,
            Some(key) => self.object.get_open(node, key),
        };
        match (&line.key, known.map(|known| known.value)) {
            (_, Some(known)) => self.two_values(line, &line.path, text, known, origin),
            (None, _) => self.object.push_text(node, line.field, text, origin),
            (Some(key), _) => {
                let span = self.object.intern(text);
                self.object.push_open(node, key, Value::Text(span), origin);
            }
        }
    }

    /// A second value for a field that has one; the same again says nothing new.
    #[cold]
    pub(super) fn two_values(&mut self, line: &Line, path: &str, text: &str, known: Value, origin: Origin) {
        if matches!(known, Value::Text(span) if self.object.text(span) == text) {
            return;
        }
        let message = format!("`{path}` has two values; the second, `{text}`, was not taken");
        let diagnostic = Diagnostic::new(
            codes::MAPPING_TWO_VALUES,
            message,
            self.context.place(self.tree, origin.element),
        )
        .cause(format!("{} takes it, and the field has one value", line.source))
        .remedy("ask the partner which of the two is meant; to keep both, give one a field of its own in the mapping");
        self.diagnostics.push(diagnostic);
    }

    /// A constant or default, written in the mapping in canonical form.
    fn push_canonical(&mut self, id: LineId, line: &Line, node: NodeId, text: &str, element: Option<ElementId>) {
        let origin = Origin { element: element.unwrap_or(Origin::NOWHERE.element), line: id };
        match (&line.lens, crate::canonical::number::parse(text.as_bytes())) {
            (Lens::Number { .. }, Some(number)) => self.object.push(node, line.field, Value::Decimal(number), origin),
            _ => self.push_text(line, node, text, origin),
        }
    }

    #[cold]
    fn fault(&mut self, line: &Line, fault: Fault, element: ElementId) {
        let place = self.context.place(self.tree, element);
        let code: Code = fault.code;
        let diagnostic = Diagnostic::new(code, format!("`{}`: {}", line.path, fault.message), place)
            .cause(format!("mapped by {}", line.source))
            .remedy(fault.remedy);
        self.diagnostics.push(diagnostic);
        self.reading.refused.push(line.path.clone());
    }
}

/// A number in the line's own form, or the standard's.
fn number_in(manner: Option<&Manner>, bytes: &[u8], implied: u8) -> Result<Decimal, Fault> {
    let Some(form) = manner.and_then(|manner| manner.number.as_ref()) else { return lens::number_in(bytes, implied) };
    let wrong = || Fault::unreadable(bytes, &format!("a number of the form `{}`", form.text));
    let text = std::str::from_utf8(bytes.trim_ascii()).map_err(|_| wrong())?;
    let number = form.read(text).ok_or_else(wrong)?;
    if implied == 0 {
        return Ok(number);
    }
    lens::number_in(number.to_string().as_bytes(), implied)
}

/// The `number`th part (1-based) of `bytes` between separators.
fn part(bytes: &[u8], separator: Option<u8>, number: u16) -> Option<&[u8]> {
    match separator {
        None => (number == 1).then_some(bytes),
        Some(separator) => bytes.split(|byte| *byte == separator).nth(usize::from(number) - 1),
    }
}
