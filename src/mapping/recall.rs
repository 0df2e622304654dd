//! Values that a document repeats of an earlier one, such as a 945 of its 940: fetched from the record when writing,
//! compared when reading.

use std::borrow::Cow;

use crate::canonical::{self, FieldId, NodeId, Object, Shape};
use crate::diagnostic::codes;
use crate::expression::{Type, Value};

use super::context::Context;
use super::derive::Fields;
use super::given::{Record, numbers};
use super::lens::Fault;
use super::plan::{FieldPath, Plan};

/// A field of a record.
#[derive(Debug)]
pub(super) struct Recall {
    /// The object that the record is.
    pub(super) record: &'static Shape,
    /// For a value of one of its entries: the list, and the fields that say the same in the entry and in ours.
    pub(super) entry: Option<RecalledEntry>,
    /// The field, from the entry or the object.
    pub(super) field: FieldPath,
    /// As it is written: `fulfillment_order.customer_order_number`.
    pub(super) text: String,
    /// A number or a text.
    pub(super) kind: Type,
}

/// Which entry of a record's list is meant.
#[derive(Debug)]
pub(super) struct RecalledEntry {
    pub(super) list: FieldId,
    pub(super) by: Vec<SaysTheSame>,
}

/// A field that says the same in our entry and in the record's.
#[derive(Debug)]
pub(super) struct SaysTheSame {
    pub(super) own: FieldPath,
    pub(super) recorded: FieldPath,
    pub(super) name: String,
}

impl Recall {
    /// What the record says, and of a quantity its unit.
    pub(super) fn value(
        &self,
        plan: &Plan,
        node: NodeId,
        object: &Object,
        context: &Context<'_>,
    ) -> Result<(Value<'static>, Option<String>), Fault> {
        let Some(record) = context.given.record(self.record, plan.canonical, object) else {
            return Err(self.no_record(plan, object, context));
        };
        let at = match &self.entry {
            None => NodeId::ROOT,
            Some(entry) => self.entry_of(entry, &record, node, object)?,
        };
        let fields = Fields { object: &record.object, node: at };
        match fields.get(&self.field.fields) {
            Value::Text(text) => Ok((Value::Text(text.into_owned().into()), None)),
            Value::Number(number) => Ok((Value::Number(number), fields.unit(&self.field).map(str::to_owned))),
            _ => Err(self.missing(format!("{} on record does not say it", called(&record)))),
        }
    }

    /// What is recalled, in words: `fulfillment_order.master_reference of the fulfillment_order SO1 on record`.
    pub(super) fn described(&self, plan: &Plan, object: &Object, context: &Context<'_>) -> String {
        let record = context.given.record(self.record, plan.canonical, object);
        let record = record.map_or_else(|| format!("the {}", self.record.name), |record| called(&record));
        format!("`{}` of {record} on record", self.text)
    }

    fn no_record(&self, plan: &Plan, object: &Object, context: &Context<'_>) -> Fault {
        let name = self.record.name;
        let numbers = numbers(self.record, plan.canonical, object);
        let fault = match numbers.first() {
            Some(number) => self.missing(format!("there is no {name} {number} on record")),
            None => {
                let keys = self.record.keys.join(" or ");
                self.missing(format!("the object does not say which {name} it answers ({keys})"))
            }
        };
        match (numbers.first(), &context.given.book) {
            (Some(number), Some(_)) => {
                let remedy = format!(
                    "nothing to do if it is still to come: then this goes on by itself; else see `crossdock document list --type \
                     {name} --number {number}`"
                );
                Fault { remedy, ..fault }
            }
            _ => fault,
        }
    }

    fn entry_of(&self, entry: &RecalledEntry, record: &Record, node: NodeId, object: &Object) -> Result<NodeId, Fault> {
        let own = |by: &SaysTheSame| Fields { object, node }.get(&by.own.fields);
        let same = |known: &NodeId| {
            entry.by.iter().all(|by| {
                let recorded = Fields { object: &record.object, node: *known }.get(&by.recorded.fields);
                recorded != Value::Absent && recorded == own(by)
            })
        };
        let mut found = record.object.nodes(NodeId::ROOT, entry.list).filter(same);
        let shown = |by: &SaysTheSame| {
            let value: Cow<'_, str> = match own(by) {
                Value::Text(text) => text,
                Value::Number(number) => number.to_string().into(),
                _ => "nothing".into(),
            };
            format!("the `{}` {value}", by.name)
        };
        let shown = || entry.by.iter().map(shown).collect::<Vec<_>>().join(" and ");
        match (found.next(), found.next()) {
            (Some(found), None) => Ok(found),
            (None, _) => Err(self.missing(format!("no entry of {} on record has {}", called(record), shown()))),
            (Some(_), Some(_)) => {
                let why = format!("several entries of {} on record have {}", called(record), shown());
                let remedy = "name further fields in which they differ: `by = [\"sku\", \"lot\"]`".to_owned();
                Err(Fault { remedy, ..self.missing(why) })
            }
        }
    }

    fn missing(&self, why: String) -> Fault {
        Fault {
            code: codes::MAPPING_NOT_RECALLED,
            message: format!("`{}` cannot be recalled: {why}", self.text),
            remedy: "hand the record in, or find out whether the document answers the order that it names".into(),
        }
    }
}

/// A record as people call it: `the fulfillment_order SO1`.
fn called(record: &Record) -> String {
    let number = canonical::subject(&record.object, record.shape).unwrap_or_default();
    format!("the {} {number}", record.shape.name)
}
