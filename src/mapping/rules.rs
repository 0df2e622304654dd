//! Rules over the canonical object: what must hold of it before it goes on, whichever way.

use crate::canonical::{FieldId, NodeId, Object, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, Place, Severity, codes};
use crate::expression::{Expression, Value as Computed, Values};

use super::derive::Fields;
use super::plan::{FieldPath, Plan};

/// A rule of a mapping.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    /// The lists, from the object inward, for whose entries it holds; none: it holds for the object.
    pub(super) lists: Vec<FieldId>,
    pub(super) when: Option<Expression<Asked>>,
    pub(super) must: Expression<Asked>,
    /// As it is written.
    pub(super) demanded: String,
    /// What follows on reading and on writing.
    pub(super) policies: [Policy; 2],
    pub(super) owner: Owner,
    pub(super) message: Option<String>,
    pub(super) remedy: Option<String>,
    /// `file:line`, and what the file says of it.
    pub(super) source: String,
}

/// A field that an expression for an entry asks: of that entry, or of the object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) of_object: bool,
    pub(super) field: FieldPath,
}

/// What follows where a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// The document does not go on.
    Reject,
    /// A person decides.
    Hold,
    /// It is told, and the document goes on.
    Report,
    /// It is not looked at.
    Ignore,
}

impl Policy {
    pub(super) const WORDS: [(&'static str, Policy); 4] =
        [("reject", Policy::Reject), ("hold", Policy::Hold), ("report", Policy::Report), ("ignore", Policy::Ignore)];
}

/// Who must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Integration,
    Warehouse,
    CustomerService,
    Finance,
}

impl Owner {
    pub(super) const WORDS: [(&'static str, Owner); 4] = [
        ("integration", Owner::Integration),
        ("warehouse", Owner::Warehouse),
        ("customer_service", Owner::CustomerService),
        ("finance", Owner::Finance),
    ];

    fn word(self) -> &'static str {
        let known = Self::WORDS.iter().find(|(_, owner)| *owner == self);
        known.map_or("integration", |(word, _)| *word)
    }
}

/// Which way a document goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// It was read.
    Receive,
    /// It is written.
    Send,
}

impl Plan {
    /// Holds an object against the rules of the mapping. `place` says where the value with this origin stands in the
    /// document, if there is one.
    pub fn keep_rules(
        &self,
        object: &Object,
        direction: Direction,
        place: &dyn Fn(u32) -> Option<Place>,
        diagnostics: &mut Diagnostics,
    ) {
        for rule in &self.rules {
            let policy = rule.policies[usize::from(direction == Direction::Send)];
            if policy != Policy::Ignore {
                self.keep(rule, policy, object, (NodeId::ROOT, String::new()), &rule.lists, place, diagnostics);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one walk, from list to list inward")]
    fn keep(
        &self,
        rule: &Rule,
        policy: Policy,
        object: &Object,
        (node, path): (NodeId, String),
        lists: &[FieldId],
        place: &dyn Fn(u32) -> Option<Place>,
        diagnostics: &mut Diagnostics,
    ) {
        if let Some((list, inward)) = lists.split_first() {
            let field = self.canonical.node(object.shape(node)).get(*list);
            let dot = if path.is_empty() { "" } else { "." };
            for (number, entry) in (1..).zip(object.nodes(node, *list)) {
                let index = if field.list { format!("[{number}]") } else { String::new() };
                let inner = format!("{path}{dot}{}{index}", field.name);
                self.keep(rule, policy, object, (entry, inner), inward, place, diagnostics);
            }
            return;
        }
        let seen = Seen { object, node };
        let speaks = rule.when.as_ref().map_or(Ok(true), |when| when.holds(&seen));
        // Whether a rule speaks that cannot be computed, a person decides.
        let kept = match speaks {
            Ok(false) => return,
            Ok(true) => rule.must.holds(&seen),
            Err(fault) => Err(fault),
        };
        if kept == Ok(true) {
            return;
        }
        let demanded = match &rule.message {
            Some(message) => message.clone(),
            None => format!("`{}` is demanded", rule.demanded),
        };
        let what = if path.is_empty() { format!("the {}", self.canonical.name) } else { format!("`{path}`") };
        let message = format!("{what} breaks the rule `{}`: {demanded}", rule.name);
        let at = first_origin(object, node).and_then(place);
        let at = at.unwrap_or_else(|| match path.is_empty() {
            true => Place::Nowhere,
            false => FieldPlace { path, ..FieldPlace::default() }.into(),
        });
        let cause = match kept {
            Err(fault) => format!("it cannot be computed: {}", fault.reason),
            Ok(_) => format!("`{}` does not hold", rule.demanded),
        };
        let severity = if policy == Policy::Report { Severity::Warning } else { Severity::Error };
        let remedy = rule.remedy.clone().unwrap_or_else(|| {
            "find out what is right and correct the document (`crossdock document correct`), or send it again"
                .to_owned()
        });
        let diagnostic = Diagnostic::new(codes::MAPPING_RULE, message, at).severity(severity);
        diagnostics.push(diagnostic.rule(rule.source.clone()).cause(cause).owner(rule.owner.word()).remedy(remedy));
    }
}

/// The element from which the first value of a node came.
fn first_origin(object: &Object, node: NodeId) -> Option<u32> {
    object.entries(node).find_map(|entry| match entry.value {
        Value::Node(inner) => first_origin(object, inner),
        _ => Some(entry.origin.element),
    })
}

/// The fields of an entry and of the object.
pub(super) struct Seen<'o> {
    pub(super) object: &'o Object,
    pub(super) node: NodeId,
}

impl<'o> Seen<'o> {
    fn fields(&self, asked: &Asked) -> Fields<'o> {
        Fields { object: self.object, node: if asked.of_object { NodeId::ROOT } else { self.node } }
    }
}

impl Values<Asked> for Seen<'_> {
    fn value(&self, name: &Asked) -> Computed<'_> {
        self.fields(name).get(&name.field.fields)
    }

    fn each(&self, name: &Asked, visit: &mut dyn FnMut(Computed<'_>)) {
        self.fields(name).each(&name.field, visit);
    }

    fn unit(&self, name: &Asked) -> Option<&str> {
        self.fields(name).unit(&name.field)
    }

    fn quantity(&self, name: &Asked) -> (Computed<'_>, Option<&str>) {
        self.fields(name).quantity(&name.field)
    }
}
