//! Values that only the document has: computed when writing, compared when reading.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::canonical::{self, NodeId, Object};
use crate::diagnostic::{Diagnostic, Diagnostics, PayloadPlace, codes};
use crate::expression::{Value, Values};
use crate::tree::{BitSet, ElementId, ElementType, OccurrenceId, Segment, SegmentIndex, Tag, Tree};

use super::context::Context;
use super::element_text::ElementText;
use super::lens::{self, Fault};
use super::manner::dates;
use super::plan::{Derived, DerivedValue, FieldPath, Lens, Line, LinePlace, PlainSum, Plan, ScopeId, Unit, Unknown};
use super::rules::Seen;
use super::select;
use super::write::texts::number_out;

/// The text that `derived` puts at its place; `None` when there is nothing to put.
///
/// `number` is the number of the loop occurrence among its siblings, 1-based; `unit` the one that stands beside it in the document.
pub(super) fn text<'p>(
    plan: &Plan,
    derived: &'p Derived,
    node: NodeId,
    object: &Object,
    (number, unit): (u32, Option<&str>),
    context: &Context<'_>,
) -> Result<Option<ElementText<'p>>, Fault> {
    let in_unit = |value, of_record: Option<String>| match (value, derived.quantity) {
        (Value::Number(number), Some(quantity)) => {
            let quantity = &plan.lines[usize::from(quantity)];
            let item = plan.item_of(quantity, object, node);
            in_unit(plan, quantity, (number, of_record.as_deref()), unit, item.as_deref()).map(Value::Number)
        }
        (value, _) => Ok(value),
    };
    match &derived.value {
        DerivedValue::Constant(text) => Ok(Some(text.as_str().into())),
        DerivedValue::Counter if derived.manner.is_none() => Ok(Some(ElementText::number(number.into()))),
        DerivedValue::Counter => written(plan, derived, Value::Number(Decimal::from(number)), context),
        // Known only when the document is whole.
        DerivedValue::Count { .. } => Ok(None),
        DerivedValue::Recall(recall) => {
            let (value, unit) = recall.value(plan, node, object, context)?;
            written(plan, derived, in_unit(value, unit)?, context)
        }
        DerivedValue::Sequence(name) => match context.given.number(name, context.before) {
            Some(number) => written(plan, derived, Value::Number(Decimal::from(number)), context),
            None => Err(Fault {
                code: codes::MAPPING_NO_NUMBER,
                message: format!("there is no number of the sequence `{name}`"),
                remedy: format!("name the next one: `--sequence {name}=NUMBER`"),
            }),
        },
        DerivedValue::Expression(expression) => match expression.evaluate(&Seen { object, node }) {
            Ok(value) => written(plan, derived, in_unit(value, None)?, context),
            Err(fault) => Err(Fault {
                code: codes::MAPPING_VALUE_DOES_NOT_FIT,
                message: format!("{} cannot be computed: {}", derived.name, fault.reason),
                remedy: "check the quantities of the object, then the expression in the mapping".into(),
            }),
        },
    }
}

/// A number in the unit that the document says beside it, from that of a record or, where there is none, the object's own.
fn in_unit(
    plan: &Plan,
    quantity: &Line,
    (number, of_record): (Decimal, Option<&str>),
    unit: Option<&str>,
    item: Option<&str>,
) -> Result<Decimal, Fault> {
    let Some(unit) = unit else { return Ok(number) };
    let units = quantity.options.units.map(|units| &plan.units[units]);
    let from = of_record.or(units.map(|units| units.own.as_str())).unwrap_or(unit);
    let (number, reached) = match units {
        Some(units) => units.write(number, from, Some(unit), item)?,
        None => (number, from),
    };
    // What is computed is in the unit of its quantities, which stands there unless the table has a ratio for it.
    match of_record.is_none() || reached == unit {
        true => Ok(number),
        false => Err(Fault {
            code: codes::MAPPING_VALUE_DOES_NOT_FIT,
            message: format!("on record it is {number} {reached}, and the document says {unit} beside it"),
            remedy: "send the quantities in the unit of the record, or give their lines a table of units with both"
                .into(),
        }),
    }
}

/// The unit that the element beside a quantity says, by the word that the object has for it.
pub(super) fn unit_said<'t>(
    plan: &'t Plan,
    derived: &Derived,
    beside: impl Fn(&LinePlace) -> Option<Cow<'t, str>>,
) -> Option<Cow<'t, str>> {
    let line = &plan.lines[usize::from(derived.quantity?)];
    let Lens::Quantity { unit, .. } = &line.lens else { return None };
    match unit {
        Unit::Fixed(unit) => Some(Cow::Borrowed(unit.as_str())),
        Unit::None => None,
        Unit::Place { table, default } => {
            let place = line.places.get(1).filter(|place| place.row == derived.place.row)?;
            let code = beside(place).filter(|code| !code.is_empty());
            let word = |code: Cow<'t, str>| match table.and_then(|table| plan.tables[table].word(&code)) {
                Some(word) => Cow::Borrowed(word),
                None => code,
            };
            code.map(word).or_else(|| default.as_deref().map(Cow::Borrowed))
        }
    }
}

/// The text of a value in the element of its place; `None` when there is no value.
fn written<'p>(
    plan: &Plan,
    derived: &Derived,
    value: Value<'_>,
    context: &Context<'_>,
) -> Result<Option<ElementText<'p>>, Fault> {
    let (place, manner) = (&derived.place, derived.manner.as_deref());
    let (element, form) = (&place.definition, manner.and_then(|manner| manner.dates.first()));
    let text = match value {
        Value::Number(value) => {
            return number_out(manner, value.normalize(), derived.implied, element).map(Some);
        }
        Value::Text(text) => text,
        Value::Absent | Value::Boolean(_) | Value::Entry => return Ok(None),
    };
    let text = match (derived.codes.map(|table| &plan.tables[table]), form) {
        (Some(table), _) => match table.code(&text) {
            Some(code) => code.to_owned(),
            None if table.unknown == Unknown::Keep => text.into_owned(),
            None => return Err(Fault::unknown_word(&text, table)),
        },
        (None, Some(form)) => match dates::in_form(form, &text, &context.zone) {
            Some(text) => return Ok(Some(text.into())),
            None => return Ok(None),
        },
        (None, None) if matches!(element.kind, ElementType::Date | ElementType::Time) => {
            return lens::day_or_time_out(&text, &context.zone, element);
        }
        (None, None) => text.into_owned(),
    };
    lens::text_out(&text, element, false, context)?;
    Ok(Some(text.into()))
}

/// A node of the object and the document it was read from, to be compared.
pub(super) struct Comparison<'a> {
    pub(super) plan: &'a Plan,
    pub(super) tree: &'a Tree,
    pub(super) bytes: &'a [u8],
    pub(super) object: &'a Object,
    pub(super) node: NodeId,
    pub(super) context: &'a Context<'a>,
    /// Number of the loop occurrence among its siblings, 1-based.
    pub(super) number: u32,
}

impl Comparison<'_> {
    /// Compares what the document has at the derived places of a scope with what they should be.
    pub(super) fn scope(
        &self,
        scope: ScopeId,
        occurrence: OccurrenceId,
        diagnostics: &mut Diagnostics,
        coverage: &mut BitSet,
    ) {
        let (plan, tree, bytes) = (self.plan, self.tree, self.bytes);
        // Derived places often stand in one segment: it is looked for once.
        let mut known: Option<(usize, Option<SegmentIndex>)> = None;
        for derived in plan.scopes[scope].derived.iter().map(|index| &plan.derived[*index]) {
            let index = match known {
                Some((row, index)) if row == derived.place.row => index,
                _ => {
                    let row = &plan.scopes[scope].rows[derived.place.row];
                    let of_row = |index: &SegmentIndex| {
                        tree.segments[*index as usize].item == row.item
                            && select::fulfils(&row.conditions, tree, bytes, *index)
                    };
                    tree.segments_in(occurrence).find(of_row)
                }
            };
            known = Some((derived.place.row, index));
            let Some(segment) = index.map(|index| &tree.segments[index as usize]) else { continue };
            let Some(element) = tree.element(segment, derived.place.element) else { continue };
            let found = tree.bytes(tree.elements[element as usize], bytes).trim_ascii();
            if found.is_empty() {
                continue;
            }
            coverage.insert(element);
            let plainly = match &derived.value {
                DerivedValue::Constant(text) => found == text.as_bytes(),
                _ => derived.sum.is_some_and(|sum| sum.holds(tree, bytes, segment, found)),
            };
            if derived.report && !plainly {
                self.one(derived, scope, (segment, element, found), diagnostics);
            }
        }
    }

    /// Compares what was found at a derived place: the text of an element of this segment.
    #[inline(never)]
    fn one(
        &self,
        derived: &Derived,
        scope: ScopeId,
        (segment, element, found): (&Segment, ElementId, &[u8]),
        diagnostics: &mut Diagnostics,
    ) {
        let &Self { plan, tree, bytes, object, node, context, number } = self;
        // What is computed of all objects of a document, one of them does not tell.
        let of_all = scope == 0 && tree.hides() && matches!(derived.value, DerivedValue::Expression(_));
        let is_own = matches!(derived.value, DerivedValue::Sequence(_));
        if is_own || of_all || self.is_as_computed(derived, found) {
            return;
        }
        let expected = match &derived.value {
            DerivedValue::Count { tag, conditions } => ElementText::number(count(tree, bytes, *tag, conditions) as u64),
            _ => {
                let beside =
                    |place: &LinePlace| Some(context.decode(tree.value(segment, place.element, bytes).trim_ascii()));
                let unit = unit_said(plan, derived, beside);
                match text(plan, derived, node, object, (number, unit.as_deref()), context) {
                    Ok(Some(expected)) => expected,
                    _ => return,
                }
            }
        };
        let found_text = context.decode(found);
        let one_word = derived
            .codes
            .map(|table| &plan.tables[table])
            .is_some_and(|table| table.word(&found_text).is_some_and(|word| table.word(&expected) == Some(word)));
        if !same(found, &expected) && !one_word {
            let place = context.place(tree, element);
            diagnostics.push(differs(plan, derived, object, context, &found_text, &expected, place));
        }
    }

    /// A quick look: true of nearly all documents, and the text that should stand there need not be made.
    fn is_as_computed(&self, derived: &Derived, found: &[u8]) -> bool {
        let plain = derived.manner.is_none() && derived.quantity.is_none();
        let is = |value: Decimal| lens::known_number(found, derived.implied) == Ok(value);
        match &derived.value {
            DerivedValue::Counter => plain && is(Decimal::from(self.number)),
            DerivedValue::Expression(expression) if plain => {
                let seen = Seen { object: self.object, node: self.node };
                matches!(expression.evaluate(&seen), Ok(Value::Number(value)) if is(value))
            }
            _ => false,
        }
    }
}

/// Says that a document has something else at a derived place than what is expected there.
#[cold]
fn differs(
    plan: &Plan,
    derived: &Derived,
    object: &Object,
    context: &Context<'_>,
    found: &str,
    expected: &str,
    place: PayloadPlace,
) -> Diagnostic {
    let name = &derived.place.definition.name;
    let (says, cause) = match &derived.value {
        DerivedValue::Recall(recall) => {
            let recalled = recall.described(plan, object, context);
            ("on record it is", format!("{} compares it with {recalled}", derived.source))
        }
        _ => ("computed it is", format!("{} says how it is computed", derived.source)),
    };
    let message = format!("{} {name} is {found}, {says} {expected}", derived.name);
    let remedy = format!(
        "ask the partner which is right; if they always count otherwise, say so in their mapping, in [derived]: `\"{}\" = {{ mismatch = \"ignore\" }}`",
        derived.name
    );
    Diagnostic::new(codes::MAPPING_DERIVED_DIFFERS, message, place).cause(cause).remedy(remedy)
}

impl PlainSum {
    /// Is the number that was found what those of its segment add up to? Asked of whole numbers only.
    #[inline]
    fn holds(self, tree: &Tree, bytes: &[u8], segment: &Segment, found: &[u8]) -> bool {
        let [left, right] = self.of.map(|position| whole(tree.value(segment, position, bytes)));
        let (Some(found), Some(left), Some(right)) = (whole(found), left, right) else { return false };
        found == if self.subtracts { left - right } else { left + right }
    }
}

/// A whole number of few digits.
#[inline]
pub(super) fn whole(text: &[u8]) -> Option<i64> {
    let (digits, sign) = match text {
        [b'-', digits @ ..] => (digits, -1),
        digits => (digits, 1),
    };
    if digits.is_empty() || digits.len() > FEW_DIGITS {
        return None;
    }
    let next = |number: i64, digit: &u8| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'));
    digits.iter().try_fold(0, next).map(|number| sign * number)
}

/// So many digits can be added up without a look at how many they become.
const FEW_DIGITS: usize = 17;

/// How many segments `tag` of a document have these values.
pub(super) fn count(tree: &Tree, bytes: &[u8], tag: Tag, conditions: &[(u16, String)]) -> usize {
    tree.segments.iter().filter(|segment| is_counted(tree, bytes, segment, tag, conditions)).count()
}

pub(super) fn is_counted(tree: &Tree, bytes: &[u8], segment: &Segment, tag: Tag, conditions: &[(u16, String)]) -> bool {
    let holds =
        |(element, value): &(u16, String)| tree.value(segment, *element, bytes).trim_ascii_end() == value.as_bytes();
    segment.tag == tag && conditions.iter().all(holds)
}

fn same(found: &[u8], expected: &str) -> bool {
    let number = |text: &[u8]| canonical::number::parse_r(text);
    found == expected.as_bytes()
        || matches!((number(found), number(expected.as_bytes())), (Some(one), Some(other)) if one == other)
}

/// The fields of a node, as an expression asks for them.
pub(super) struct Fields<'o> {
    pub(super) object: &'o Object,
    pub(super) node: NodeId,
}

impl<'o> Fields<'o> {
    /// The value at the end of a path; the last of several.
    pub(super) fn get(&self, fields: &[canonical::FieldId]) -> Value<'o> {
        let (mut node, mut rest) = (self.node, fields);
        while let Some((field, further)) = rest.split_first() {
            let mut all = self.object.all(node, *field);
            let Some(entry) = all.next() else { return Value::Absent };
            if all.next().is_some() {
                return self.last(node, rest);
            }
            match entry.value {
                canonical::Value::Node(inner) => (node, rest) = (inner, further),
                canonical::Value::Decimal(number) => return Value::Number(number),
                canonical::Value::Text(span) => return Value::Text(Cow::Borrowed(self.object.text(span))),
            }
        }
        Value::Absent
    }

    /// The unit that the quantity at the end of a path says.
    pub(super) fn unit(&self, path: &FieldPath) -> Option<&'o str> {
        let (unit, (_, way)) = (path.unit?, path.fields.split_last()?);
        let inward = |node, field: &canonical::FieldId| self.object.nodes(node, *field).next();
        let node = way.iter().try_fold(self.node, inward)?;
        Fields { object: self.object, node }.text(Some(unit))
    }

    /// [`Fields::get`] and [`Fields::unit`] of a path.
    pub(super) fn quantity(&self, path: &FieldPath) -> (Value<'o>, Option<&'o str>) {
        let single = |node, field: &canonical::FieldId| {
            let mut all = self.object.all(node, *field).map(|entry| entry.value);
            match (all.next(), all.next()) {
                (Some(canonical::Value::Node(inner)), None) => Some(inner),
                _ => None,
            }
        };
        let way = path.fields.split_last().filter(|_| path.unit.is_some());
        let inner = way.and_then(|(value, way)| Some((value, way.iter().try_fold(self.node, single)?)));
        match inner {
            Some((value, node)) => {
                let inner = Fields { object: self.object, node };
                (inner.get(&[*value]), inner.text(path.unit))
            }
            None => (self.get(&path.fields), self.unit(path)),
        }
    }

    fn text(&self, field: Option<canonical::FieldId>) -> Option<&'o str> {
        match self.object.get(self.node, field?)?.value {
            canonical::Value::Text(span) => Some(self.object.text(span)),
            _ => None,
        }
    }

    /// The last number, else the last text, of those that a path through lists leads to.
    fn last(&self, node: NodeId, fields: &[canonical::FieldId]) -> Value<'o> {
        let (mut number, mut text) = (None, None);
        self.walk(node, fields, &mut |value| match value {
            Value::Number(_) => number = Some(value),
            Value::Text(_) => text = Some(value),
            _ => {}
        });
        number.or(text).unwrap_or(Value::Absent)
    }

    fn walk(&self, node: NodeId, fields: &[canonical::FieldId], visit: &mut dyn FnMut(Value<'o>)) {
        let Some((field, rest)) = fields.split_first() else {
            return;
        };
        for entry in self.object.all(node, *field) {
            match entry.value {
                canonical::Value::Node(_) if rest.is_empty() => visit(Value::Entry),
                canonical::Value::Node(inner) => self.walk(inner, rest, visit),
                canonical::Value::Decimal(number) => visit(Value::Number(number)),
                canonical::Value::Text(span) => visit(Value::Text(Cow::Borrowed(self.object.text(span)))),
            }
        }
    }
}

impl Values<FieldPath> for Fields<'_> {
    fn value(&self, name: &FieldPath) -> Value<'_> {
        self.get(&name.fields)
    }

    fn each(&self, name: &FieldPath, visit: &mut dyn FnMut(Value<'_>)) {
        self.walk(self.node, &name.fields, &mut |value| visit(value));
    }

    fn unit(&self, name: &FieldPath) -> Option<&str> {
        Fields::unit(self, name)
    }

    fn quantity(&self, name: &FieldPath) -> (Value<'_>, Option<&str>) {
        Fields::quantity(self, name)
    }
}
