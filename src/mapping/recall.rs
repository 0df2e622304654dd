//! Values that a document repeats of an earlier one, such as a 945 of its 940: fetched from the record when writing,
//! compared when reading.

use std::borrow::Cow;

use crate::canonical::{FieldId, NodeId, Object};
use crate::diagnostic::codes;
use crate::expression::Value;

use super::context::Context;
use super::derive::Fields;
use super::given::Record;
use super::lens::Fault;
use super::plan::{FieldPath, Plan};

/// A field of a record.
#[derive(Debug)]
pub(super) struct Recall {
    /// The object that the record is.
    pub(super) record: &'static str,
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
    pub(super) fn value<'c>(
        &self,
        plan: &Plan,
        node: NodeId,
        object: &Object,
        context: &Context<'c>,
    ) -> Result<Value<'c>, Fault> {
        let Some(record) = context.given.record(self.record, plan.canonical, object) else {
            return Err(self.missing(format!("there is no {} on record that it answers", self.record)));
        };
        let at = match &self.entry {
            None => NodeId::ROOT,
            Some(entry) => self.entry_of(entry, record, node, object)?,
        };
        match (Fields { object: &record.object, node: at }).get(&self.field.fields) {
            Value::Absent => Err(self.missing(format!("the {} on record does not say it", self.record))),
            value => Ok(value),
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
            (None, _) => Err(self.missing(format!("none of its entries has the `{}` {shown}", entry.by))),
            (Some(_), Some(_)) => Err(self.missing(format!("several of its entries have the `{}` {shown}", entry.by))),
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
