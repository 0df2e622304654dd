//! Whether what a `when` asks holds for an object, seen from one of its nodes.

use crate::canonical::{NodeId, Object};
use crate::expression::{Value, Values};

use super::derive::Fields;
use super::plan::{Asked, GuardId, Line, Plan};

impl Plan {
    /// Do all of these guards hold? What cannot be computed does not hold.
    pub(super) fn holds(&self, guards: &[GuardId], object: &Object, node: NodeId) -> bool {
        guards.iter().all(|guard| self.guards[*guard].expression.holds(&Around { object, node }) == Ok(true))
    }

    /// The item that a quantity of `line` is of, where its table of units asks that.
    pub(super) fn item_of(&self, line: &Line, object: &Object, node: NodeId) -> Option<String> {
        let asked = *self.guards[line.options.item?].expression.names().first()?;
        match (Around { object, node }).value(asked) {
            Value::Text(text) => Some(text.into_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The guards as they are written, for messages.
    pub(super) fn asked(&self, guards: &[GuardId]) -> String {
        let texts: Vec<String> = guards.iter().map(|guard| format!("`{}`", self.guards[*guard].text)).collect();
        texts.join(" and ")
    }
}

/// The fields of a node and of those around it.
struct Around<'o> {
    object: &'o Object,
    node: NodeId,
}

impl<'o> Around<'o> {
    fn fields(&self, name: &Asked) -> Fields<'o> {
        let node = (0..name.up).fold(self.node, |node, _| self.object.parent(node));
        Fields { object: self.object, node }
    }
}

impl Values<Asked> for Around<'_> {
    fn value(&self, name: &Asked) -> Value<'_> {
        self.fields(name).get(&name.field.fields)
    }

    fn each(&self, name: &Asked, visit: &mut dyn FnMut(Value<'_>)) {
        self.fields(name).each(&name.field, visit);
    }

    fn unit(&self, name: &Asked) -> Option<&str> {
        self.fields(name).unit(&name.field)
    }

    fn quantity(&self, name: &Asked) -> (Value<'_>, Option<&str>) {
        self.fields(name).quantity(&name.field)
    }
}
