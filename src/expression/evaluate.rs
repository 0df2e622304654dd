//! Evaluates a checked tree over the caller's values. Types were checked, so a value of another type than promised is
//! treated as absent, never a panic.

use std::borrow::Cow;

use rust_decimal::{Decimal, RoundingStrategy};

use super::check::digits;
use super::syntax::{Function, Kind, Node, Operator};
use super::{Fault, FaultReason, Value, Values};

pub(super) fn evaluate<'v, Name>(node: &'v Node<Name>, values: &'v impl Values<Name>) -> Result<Value<'v>, Fault> {
    Ok(match &node.kind {
        Kind::Number(number) => Value::Number(*number),
        Kind::Text(text) => Value::Text(Cow::Borrowed(text)),
        Kind::Boolean(yes) => Value::Boolean(*yes),
        Kind::Name(name) => values.value(name),
        Kind::Negate(inner) => match evaluate(inner, values)? {
            Value::Number(number) => Value::Number(-number),
            _ => Value::Absent,
        },
        Kind::Not(inner) => Value::Boolean(!truth(inner, values)?),
        Kind::Binary(operator, sides) => {
            let [left, right] = &**sides;
            match operator {
                Operator::And => Value::Boolean(truth(left, values)? && truth(right, values)?),
                Operator::Or => Value::Boolean(truth(left, values)? || truth(right, values)?),
                _ => {
                    one_unit(*operator, sides, values, node)?;
                    binary(*operator, evaluate(left, values)?, evaluate(right, values)?, node)?
                }
            }
        }
        Kind::In(value, list) => {
            let value = evaluate(value, values)?;
            let mut found = false;
            for entry in list {
                found |= value != Value::Absent && evaluate(entry, values)? == value;
            }
            Value::Boolean(found)
        }
        Kind::Call(function, arguments) => call(*function, arguments, values, node)?,
        Kind::UnknownCall(_) => Value::Absent,
    })
}

/// Are both sides in one unit, where both say one and what is done needs it?
fn one_unit<Name>(
    operator: Operator,
    sides: &[Node<Name>; 2],
    values: &impl Values<Name>,
    node: &Node<Name>,
) -> Result<(), Fault> {
    if matches!(operator, Operator::Multiply | Operator::Divide) {
        return Ok(());
    }
    match sides.each_ref().map(|side| unit(side, values)) {
        [Some(one), Some(other)] if one != other => {
            Err(fault(FaultReason::Units(one.to_owned(), other.to_owned()), node))
        }
        _ => Ok(()),
    }
}

/// The unit of a number; none of what was multiplied or divided.
fn unit<'v, Name>(node: &'v Node<Name>, values: &'v impl Values<Name>) -> Option<&'v str> {
    match &node.kind {
        Kind::Name(name) => values.unit(name),
        Kind::Negate(inner) => unit(inner, values),
        Kind::Binary(Operator::Add | Operator::Subtract, sides) => sides.iter().find_map(|side| unit(side, values)),
        Kind::Call(Function::Round, arguments) => unit(arguments.first()?, values),
        _ => None,
    }
}

/// Is the value over several objects the sum of the values over each?
pub(super) fn adds_up<Name>(node: &Node<Name>) -> bool {
    match &node.kind {
        Kind::Negate(inner) => adds_up(inner),
        Kind::Binary(Operator::Add | Operator::Subtract, sides) => sides.iter().all(adds_up),
        Kind::Binary(Operator::Multiply, sides) => {
            let [left, right] = &**sides;
            let number = |node: &Node<Name>| matches!(node.kind, Kind::Number(_));
            (number(left) && adds_up(right)) || (adds_up(left) && number(right))
        }
        Kind::Call(Function::Sum | Function::Count, _) => true,
        _ => false,
    }
}

fn truth<Name>(node: &Node<Name>, values: &impl Values<Name>) -> Result<bool, Fault> {
    Ok(evaluate(node, values)? == Value::Boolean(true))
}

fn binary<'v, Name>(
    operator: Operator,
    left: Value<'v>,
    right: Value<'v>,
    node: &Node<Name>,
) -> Result<Value<'v>, Fault> {
    let arithmetic = matches!(operator, Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide);
    let order = match (&left, &right) {
        (Value::Number(left), Value::Number(right)) if arithmetic => {
            return compute(operator, *left, *right, node).map(Value::Number);
        }
        _ if arithmetic => return Ok(Value::Absent),
        (Value::Number(left), Value::Number(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        _ => None,
    };
    Ok(Value::Boolean(match operator {
        Operator::Equal => order.is_some_and(|order| order.is_eq()),
        Operator::NotEqual => order.is_none_or(|order| order.is_ne()),
        Operator::Less => order.is_some_and(|order| order.is_lt()),
        Operator::LessOrEqual => order.is_some_and(|order| order.is_le()),
        Operator::Greater => order.is_some_and(|order| order.is_gt()),
        _ => order.is_some_and(|order| order.is_ge()),
    }))
}

fn compute<Name>(operator: Operator, left: Decimal, right: Decimal, node: &Node<Name>) -> Result<Decimal, Fault> {
    if operator == Operator::Divide && right.is_zero() {
        return Err(fault(FaultReason::DivisionByZero, node));
    }
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        _ => left.checked_div(right).map(|quotient| quotient.normalize()),
    };
    result.ok_or_else(|| fault(FaultReason::Overflow, node))
}

fn call<'v, Name>(
    function: Function,
    arguments: &'v [Node<Name>],
    values: &'v impl Values<Name>,
    node: &Node<Name>,
) -> Result<Value<'v>, Fault> {
    let (first, name) = match arguments.first() {
        Some(first @ Node { kind: Kind::Name(name), .. }) => (first, Some(name)),
        Some(first) => (first, None),
        None => return Ok(Value::Absent),
    };
    Ok(match (function, name) {
        (Function::Round, _) => match (evaluate(first, values)?, arguments.get(1).and_then(|n| digits(&n.kind))) {
            (Value::Number(number), Some(digits)) => {
                Value::Number(number.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero))
            }
            _ => Value::Absent,
        },
        (Function::Sum, _) => {
            let mut sum: Option<Option<Decimal>> = None;
            each(arguments, values, &mut |value| {
                if let Value::Number(number) = value {
                    sum = Some(match sum {
                        None => Some(number),
                        Some(before) => before.and_then(|before| before.checked_add(number)),
                    });
                }
            });
            match sum {
                None => Value::Absent,
                Some(Some(sum)) => Value::Number(sum),
                Some(None) => return Err(fault(FaultReason::Overflow, node)),
            }
        }
        (Function::Count, _) => {
            let mut count = 0_u64;
            each(arguments, values, &mut |value| count += u64::from(value != Value::Absent));
            Value::Number(count.into())
        }
        (Function::Present, Some(name)) => Value::Boolean(values.value(name) != Value::Absent),
        (Function::Present, None) => Value::Absent,
    })
}

/// Visits the entries of all lists among the arguments.
fn each<'v, Name>(arguments: &'v [Node<Name>], values: &'v impl Values<Name>, visit: &mut dyn FnMut(Value<'_>)) {
    for argument in arguments {
        if let Kind::Name(name) = &argument.kind {
            values.each(name, visit);
        }
    }
}

fn fault<Name>(reason: FaultReason, node: &Node<Name>) -> Fault {
    Fault { reason, span: node.span.clone() }
}
