//! Resolves the names of a syntax tree and checks that its types fit; afterwards evaluation cannot meet a wrong type.

use std::ops::Range;

use super::syntax::{Function, Kind, Node, Operator};
use super::{Expression, Names, Type, Written, moment, shown};
use crate::diagnostic::{Code, Diagnostics, codes, suggest};

pub(super) fn check<N: Names>(
    tree: Node<&str>,
    text: &str,
    names: &N,
    written: &Written<'_>,
    expected: Option<Type>,
    diagnostics: &mut Diagnostics,
) -> Option<Expression<N::Name>> {
    let mut check = Check { text, names, written, diagnostics };
    let whole = tree.span.clone();
    let part = shown(text);
    let (root, kind) = check.node(tree)?;
    match expected {
        Some(expected) if expected != kind => {
            let message = format!("`{part}` is {}, {} is needed here", kind.phrase(), expected.phrase());
            check.report_type(message, remedy_for(kind, expected), &whole)
        }
        None if kind.is_list() => {
            let message = format!("`{part}` is {}, a single value is needed here", kind.phrase());
            check.report_type(message, remedy_for(kind, Type::Number), &whole)
        }
        _ => Some(Expression { root, kind }),
    }
}

struct Check<'c, 'd, N> {
    text: &'c str,
    names: &'c N,
    written: &'c Written<'c>,
    diagnostics: &'d mut Diagnostics,
}

type Checked<N> = Option<(Node<<N as Names>::Name>, Type)>;

impl<N: Names> Check<'_, '_, N> {
    fn node(&mut self, node: Node<&str>) -> Checked<N> {
        let span = node.span;
        let (kind, of) = match node.kind {
            Kind::Number(number) => (Kind::Number(number), Type::Number),
            Kind::Text(text) => (Kind::Text(text), Type::Text),
            Kind::Boolean(yes) => (Kind::Boolean(yes), Type::Boolean),
            Kind::Name(path) => match self.names.resolve(path) {
                Some((name, of)) => (Kind::Name(name), of),
                None => return self.unknown_name(path, &span),
            },
            Kind::Moment(inner) => return self.node(*inner),
            Kind::Negate(inner) => (Kind::Negate(Box::new(self.of(*inner, Type::Number)?)), Type::Number),
            Kind::Not(inner) => (Kind::Not(Box::new(self.of(*inner, Type::Boolean)?)), Type::Boolean),
            Kind::Binary(operator, sides) => self.binary(operator, *sides, &span)?,
            Kind::In(value, list) => {
                let at = value.span.clone();
                let value = self.single(*value)?;
                let of = value.1;
                let (value, of) = self.as_moment(value, of, &at)?;
                let list: Vec<_> = list.into_iter().map(|entry| self.of(entry, of)).collect();
                (Kind::In(Box::new(value), list.into_iter().collect::<Option<_>>()?), Type::Boolean)
            }
            Kind::Call(function, arguments) => self.call(function, arguments)?,
            Kind::UnknownCall(name) => return self.unknown_function(&name, &span),
        };
        let span = self.written.locate(self.text, &span);
        Some((Node { kind, span }, of))
    }

    fn binary(
        &mut self,
        operator: Operator,
        [left, right]: [Node<&str>; 2],
        span: &Range<usize>,
    ) -> Option<(Kind<N::Name>, Type)> {
        let (left, right, of) = match operator {
            Operator::Or | Operator::And => {
                let sides = (self.of(left, Type::Boolean), self.of(right, Type::Boolean));
                (sides.0?, sides.1?, Type::Boolean)
            }
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => {
                let sides = (self.of(left, Type::Number), self.of(right, Type::Number));
                (sides.0?, sides.1?, Type::Number)
            }
            _ => {
                let at = [left.span.clone(), right.span.clone()];
                let sides = (self.single(left), self.single(right));
                let (left, right) = (sides.0?, sides.1?);
                let right_type = right.1;
                let (left, left_type) = self.as_moment(left, right_type, &at[0])?;
                let (right, right_type) = self.as_moment(right, left_type, &at[1])?;
                let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
                let part = shown(&self.text[span.clone()]);
                if left_type != right_type {
                    let message = format!("`{part}` compares {} with {}", left_type.phrase(), right_type.phrase());
                    return self.report_type(message, remedy_for(right_type, left_type), span);
                }
                if ordered && left_type == Type::Boolean {
                    let message = format!("`{part}` asks which of two truth values is greater");
                    return self.report_type(message, "compare truth values with = or !=", span);
                }
                (left, right, Type::Boolean)
            }
        };
        Some((Kind::Binary(operator, Box::new([left, right])), of))
    }

    fn call(&mut self, function: Function, arguments: Vec<Node<&str>>) -> Option<(Kind<N::Name>, Type)> {
        let mut checked = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.into_iter().enumerate() {
            let span = argument.span.clone();
            let is_name = matches!(argument.kind, Kind::Name(_));
            let is_constant = matches!(argument.kind, Kind::Number(_));
            let (node, of) = match argument.kind {
                Kind::Name(path) if matches!(function, Function::Sum | Function::Count) => self.list(path, &span)?,
                _ => self.node(argument)?,
            };
            let (fits, wanted) = match function {
                Function::Sum => (of == Type::Numbers, "a list of numbers"),
                Function::Count => (of.is_list(), "a list"),
                Function::Present => (is_name, "a name"),
                Function::Round if index == 0 => (of == Type::Number, "a number"),
                Function::Round => {
                    (is_constant && digits(&node.kind).is_some(), "a whole number from 0 to 28 after the comma")
                }
            };
            if !fits {
                let part = shown(&self.text[span.clone()]);
                let message = format!("`{function}` takes {wanted}, `{part}` is {}", of.phrase());
                return self.report_type(message, function.usage(), &span);
            }
            if function == Function::Present && of.is_list() {
                let count = Kind::Call(Function::Count, vec![node]);
                let sides = [count, Kind::Number(0.into())];
                let span = self.written.locate(self.text, &span);
                let sides = sides.map(|kind| Node { kind, span: span.clone() });
                return Some((Kind::Binary(Operator::Greater, Box::new(sides)), Type::Boolean));
            }
            checked.push(node);
        }
        let of = match function {
            Function::Present => Type::Boolean,
            Function::Sum | Function::Count | Function::Round => Type::Number,
        };
        Some((Kind::Call(function, checked), of))
    }

    /// A name that `sum` or `count` takes.
    fn list(&mut self, path: &str, span: &Range<usize>) -> Checked<N> {
        match self.names.resolve_list(path) {
            Some((name, of)) => Some((Node { kind: Kind::Name(name), span: self.written.locate(self.text, span) }, of)),
            None => self.unknown_name(path, span),
        }
    }

    /// The node, which must be of this type.
    fn of(&mut self, node: Node<&str>, wanted: Type) -> Option<Node<N::Name>> {
        let span = node.span.clone();
        let checked = self.node(node)?;
        let (node, of) = self.as_moment(checked, wanted, &span)?;
        if of == wanted {
            return Some(node);
        }
        let part = shown(&self.text[span.clone()]);
        let message = format!("`{part}` is {}, {} is needed here", of.phrase(), wanted.phrase());
        self.report_type(message, remedy_for(of, wanted), &span)
    }

    /// A date or time of the day is compared as such, and so is a text in quotes beside one, which must be one.
    fn as_moment(&mut self, (node, of): (Node<N::Name>, Type), other: Type, span: &Range<usize>) -> Checked<N> {
        let is_moment = |of: Type| matches!(of, Type::Date | Type::Time);
        let of = match &node.kind {
            _ if is_moment(of) => of,
            Kind::Text(text) if is_moment(other) => {
                if !moment::is(text, other) {
                    let message = format!("`{}` is not {}", shown(&self.text[span.clone()]), other.phrase());
                    return self.report_type(message, remedy_for(of, other), span);
                }
                other
            }
            _ => return Some((node, of)),
        };
        let span = node.span.clone();
        Some((Node { kind: Kind::Moment(Box::new(node)), span }, of))
    }

    /// The node, which must be a single value.
    fn single(&mut self, node: Node<&str>) -> Checked<N> {
        let span = node.span.clone();
        let (node, of) = self.node(node)?;
        if !of.is_list() {
            return Some((node, of));
        }
        let part = shown(&self.text[span.clone()]);
        let message = format!("`{part}` is {}, a single value is needed here", of.phrase());
        self.report_type(message, remedy_for(of, Type::Number), &span)
    }

    fn unknown_name<T>(&mut self, path: &str, span: &Range<usize>) -> Option<T> {
        let cause = self.names.cause(path);
        let known = self.names.candidates();
        let path = &*shown(path);
        let near = suggest::nearest(path, known.iter().map(String::as_str));
        let remedy = match near.filter(|_| cause.is_none()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => format!("there are no names here; write a text in quotes: '{path}'"),
            None => {
                let more = if known.len() > SHOWN { ", ..." } else { "" };
                let first = known[..known.len().min(SHOWN)].join(", ");
                // What looks like a place or a path is meant as one.
                let text = cause.is_none() && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                let quotes = if text { format!("write a text in quotes: '{path}'; ") } else { String::new() };
                format!("{quotes}the names here are {first}{more}")
            }
        };
        let message = format!("the expression names `{path}`, which does not exist here");
        let span = self.written.locate(self.text, span);
        let mut diagnostic = self.written.diagnostic(codes::EXPRESSION_UNKNOWN_NAME, message, span);
        diagnostic.cause = cause;
        self.diagnostics.push(diagnostic.remedy(remedy));
        None
    }

    fn unknown_function<T>(&mut self, name: &str, span: &Range<usize>) -> Option<T> {
        let name = &*shown(name);
        let known = || Function::ALL.iter().map(|(known, _)| *known);
        let remedy = match suggest::nearest(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the functions are {}", known().collect::<Vec<_>>().join(", ")),
        };
        let message = format!("the expression calls `{name}`, which is no function");
        self.report(codes::EXPRESSION_UNKNOWN_NAME, message, remedy, span)
    }

    fn report_type<T>(&mut self, message: String, remedy: impl Into<String>, span: &Range<usize>) -> Option<T> {
        self.report(codes::EXPRESSION_TYPE, message, remedy.into(), span)
    }

    fn report<T>(&mut self, code: Code, message: String, remedy: String, span: &Range<usize>) -> Option<T> {
        let span = self.written.locate(self.text, span);
        self.diagnostics.push(self.written.diagnostic(code, message, span).remedy(remedy));
        None
    }
}

/// The digits after the point that `round` is told, if they can be kept.
pub(super) fn digits<Name>(kind: &Kind<Name>) -> Option<u32> {
    match kind {
        Kind::Number(number) => u32::try_from(*number).ok().filter(|digits| number.is_integer() && *digits <= 28),
        _ => None,
    }
}

/// Most known names shown when none is near.
const SHOWN: usize = 8;

fn remedy_for(found: Type, wanted: Type) -> &'static str {
    match (found, wanted) {
        (Type::Numbers, Type::Number) => "write `sum(..)` or `count(..)` around the list",
        (Type::Texts | Type::Entries, Type::Number) => "write `count(..)` around the list",
        (_, Type::Date) => "write a day as '2026-03-10', an instant as '2026-03-10T14:00:00-07:00'",
        (_, Type::Time) => "write a time of the day as '14:05' or '14:05:30'",
        (Type::Number, Type::Text) => "put the value in quotes: '01' is a code, 1 a number",
        (Type::Text, Type::Number) => "name a field that holds a number; a number itself stands without quotes",
        (_, Type::Boolean) => "write a comparison, such as W0601 = 'J', or present(name)",
        _ => "compare and compute values of one kind only",
    }
}
