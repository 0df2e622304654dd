//! Values that a document repeats of an earlier one, such as a 945 of its 940: fetched from the record when writing,
//! compared when reading.

use std::borrow::Cow;

use crate::canonical::{self, FieldId, NodeId, Object, Shape};
use crate::diagnostic::codes;
use crate::expression::Value;

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
}

/// Which entry of a record's list is meant.
#[derive(Debug)]
pub(super) struct RecalledEntry {
    pub(super) list: FieldId,
    pub(super) own: FieldPath,
    pub(super) recorded: FieldPath,
    /// Name of the field that both have.
    pub(super) by: String,
}

impl Recall {
    /// What the record says.
    pub(super) fn value(
        &self,
        plan: &Plan,
        node: NodeId,
        object: &Object,
        context: &Context<'_>,
    ) -> Result<Value<'static>, Fault> {
        let Some(record) = context.given.record(self.record, plan.canonical, object) else {
            return Err(self.no_record(plan, object, context));
        };
        let at = match &self.entry {
            None => NodeId::ROOT,
            Some(entry) => self.entry_of(entry, &record, node, object)?,
        };
        match (Fields { object: &record.object, node: at }).get(&self.field.fields) {
            Value::Text(text) => Ok(Value::Text(text.into_owned().into())),
            Value::Number(number) => Ok(Value::Number(number)),
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
        let own = Fields { object, node }.get(&entry.own.fields);
        let same = |known: &NodeId| {
            let recorded = Fields { object: &record.object, node: *known }.get(&entry.recorded.fields);
            own != Value::Absent && recorded == own
        };
        let mut found = record.object.nodes(NodeId::ROOT, entry.list).filter(same);
        let shown: Cow<'_, str> = match &own {
            Value::Text(text) => text.clone(),
            Value::Number(number) => number.to_string().into(),
            _ => "nothing".into(),
        };
        match (found.next(), found.next()) {
            (Some(found), None) => Ok(found),
            (None, _) => {
                Err(self.missing(format!("no entry of {} on record has the `{}` {shown}", called(record), entry.by)))
            }
            (Some(_), Some(_)) => Err(self.missing(format!(
                "several entries of {} on record have the `{}` {shown}",
                called(record),
                entry.by
            ))),
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
