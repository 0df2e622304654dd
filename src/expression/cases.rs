//! Expressions that only compare names with texts: which texts these are, and whether two can ever hold together.

use std::borrow::Cow;

use super::syntax::{Function, Kind, Node, Operator};
use super::{Expression, Value, Values};

/// Most combinations of values that are tried.
const TRIED: usize = 10_000;

impl<Name> Expression<Name> {
    /// The texts that its names are compared with; `None` when it does anything else than to compare names with texts
    /// (`=`, `!=`, `in`, `present`, joined by `and`, `or` and `not`).
    #[must_use]
    pub fn cases(&self) -> Option<Vec<(&Name, &str)>> {
        let mut cases = Vec::new();
        collect(&self.root, &mut cases).then_some(cases)
    }

    /// The texts that its names are compared with, whatever else it does.
    #[must_use]
    pub fn compared(&self) -> Vec<(&Name, &str)> {
        let mut cases = Vec::new();
        compared_in(&self.root, &mut cases);
        cases
    }
}

fn compared_in<'n, Name>(node: &'n Node<Name>, cases: &mut Vec<(&'n Name, &'n str)>) {
    let bare = |node: &'n Node<Name>| if let Kind::Moment(inner) = &node.kind { &**inner } else { node };
    match &node.kind {
        Kind::Binary(operator, sides) => {
            let [one, other] = &**sides;
            let is_asked = matches!(operator, Operator::Equal | Operator::NotEqual);
            if !(is_asked && compared(bare(one), bare(other), cases)) {
                sides.iter().for_each(|side| compared_in(side, cases));
            }
        }
        Kind::In(value, list) => list.iter().for_each(|text| {
            compared(bare(value), bare(text), cases);
        }),
        Kind::Not(inner) | Kind::Negate(inner) | Kind::Moment(inner) => compared_in(inner, cases),
        Kind::Call(_, arguments) => arguments.iter().for_each(|argument| compared_in(argument, cases)),
        Kind::Number(_) | Kind::Text(_) | Kind::Boolean(_) | Kind::Name(_) | Kind::UnknownCall(_) => {}
    }
}

fn collect<'n, Name>(node: &'n Node<Name>, cases: &mut Vec<(&'n Name, &'n str)>) -> bool {
    match &node.kind {
        Kind::Binary(Operator::Equal | Operator::NotEqual, sides) => compared(&sides[0], &sides[1], cases),
        Kind::In(name, list) => list.iter().all(|text| compared(name, text, cases)),
        Kind::Binary(Operator::And | Operator::Or, sides) => sides.iter().all(|side| collect(side, cases)),
        Kind::Not(inner) => collect(inner, cases),
        Kind::Call(Function::Present, _) | Kind::Boolean(_) => true,
        _ => false,
    }
}

fn compared<'n, Name>(name: &'n Node<Name>, text: &'n Node<Name>, cases: &mut Vec<(&'n Name, &'n str)>) -> bool {
    match (&name.kind, &text.kind) {
        (Kind::Name(name), Kind::Text(text)) | (Kind::Text(text), Kind::Name(name)) => {
            cases.push((name, text));
            true
        }
        _ => false,
    }
}

/// Is it certain that no values make all of `one` and all of `other` true? Found by trying every combination of the
/// texts that they compare with, of any other text and of none; not certain when they do more than compare texts.
#[must_use]
pub fn never_both<Name: PartialEq>(one: &[&Expression<Name>], other: &[&Expression<Name>]) -> bool {
    let all: Vec<&Expression<Name>> = one.iter().chain(other).copied().collect();
    let Some(cases) = all.iter().map(|expression| expression.cases()).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let mut domains: Vec<(&Name, Vec<Option<&str>>)> = Vec::new();
    for name in all.iter().flat_map(|expression| expression.names()) {
        if !domains.iter().any(|(known, _)| *known == name) {
            let texts = cases.iter().flatten().filter(|(known, _)| *known == name).map(|(_, text)| Some(*text));
            // No text is written with this character.
            domains.push((name, texts.chain([Some("\0"), None]).collect()));
        }
    }
    let combinations = domains.iter().try_fold(1_usize, |count, (_, domain)| count.checked_mul(domain.len()));
    let Some(combinations) = combinations.filter(|count| *count <= TRIED) else {
        return false;
    };
    (0..combinations).all(|mut number| {
        let mut values = Vec::with_capacity(domains.len());
        for (name, domain) in &domains {
            values.push((*name, domain[number % domain.len()]));
            number /= domain.len();
        }
        let values = Combination { values };
        !all.iter().all(|expression| expression.holds(&values) == Ok(true))
    })
}

struct Combination<'n, Name> {
    values: Vec<(&'n Name, Option<&'n str>)>,
}

impl<Name: PartialEq> Values<Name> for Combination<'_, Name> {
    fn value(&self, name: &Name) -> Value<'_> {
        let found = self.values.iter().find(|(known, _)| *known == name).and_then(|(_, text)| *text);
        found.map_or(Value::Absent, |text| Value::Text(Cow::Borrowed(text)))
    }

    fn each(&self, _: &Name, _: &mut dyn FnMut(Value<'_>)) {}
}
