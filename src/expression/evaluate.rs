//! Evaluates a checked tree over the caller's values. Types were checked, so a value of another type than promised is
//! treated as absent, never a panic.

use std::borrow::Cow;
use std::cmp::Ordering;

use rust_decimal::{Decimal, RoundingStrategy};

use super::check::digits;
use super::syntax::{Function, Kind, Node, Operator};
use super::{Fault, FaultReason, Value, Values, moment};

pub(super) fn evaluate<'v, Name>(node: &'v Node<Name>, values: &'v impl Values<Name>) -> Result<Value<'v>, Fault> {
    Ok(match &node.kind {
        Kind::Number(number) => Value::Number(*number),
        Kind::Text(text) => Value::Text(Cow::Borrowed(text)),
        Kind::Boolean(yes) => Value::Boolean(*yes),
        Kind::Name(name) => values.value(name),
        Kind::Moment(inner) => evaluate(inner, values)?,
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
                Operator::Multiply | Operator::Divide => binary(*operator, sides, values, node)?,
                _ => match [&left.kind, &right.kind] {
                    [Kind::Name(left), Kind::Name(right)] if operator.adds() => {
                        of_names(*operator, [left, right], values, node)?
                    }
                    _ => {
                        one_unit([left, right], values, node)?;
                        binary(*operator, sides, values, node)?
                    }
                },
            }
        }
        Kind::In(value, list) => {
            let mut found = false;
            for entry in list {
                one_unit([value, entry], values, node)?;
                found |= order(value, entry, values)? == Some(Ordering::Equal);
            }
            Value::Boolean(found)
        }
        Kind::Call(function, arguments) => call(*function, arguments, values, node)?,
        Kind::UnknownCall(_) => Value::Absent,
    })
}

/// The sum or difference of two names, which most that is computed is: each is asked once.
fn of_names<'v, Name>(
    operator: Operator,
    names: [&'v Name; 2],
    values: &'v impl Values<Name>,
    node: &Node<Name>,
) -> Result<Value<'v>, Fault> {
    let [(left, one), (right, other)] = names.map(|name| values.quantity(name));
    are_one([one, other], node)?;
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compute(operator, left, right, node).map(Value::Number),
        _ => Ok(Value::Absent),
    }
}

/// Are both sides in one unit, where both say one?
fn one_unit<Name>(sides: [&Node<Name>; 2], values: &impl Values<Name>, node: &Node<Name>) -> Result<(), Fault> {
    are_one(sides.map(|side| unit(side, values)), node)
}

fn are_one<Name>(units: [Option<&str>; 2], node: &Node<Name>) -> Result<(), Fault> {
    match units {
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

/// Two names that are added, or subtracted (then true), and nothing else.
pub(super) fn of_two_names<Name>(node: &Node<Name>) -> Option<([&Name; 2], bool)> {
    let Kind::Binary(operator, sides) = &node.kind else { return None };
    match [&sides[0].kind, &sides[1].kind] {
        [Kind::Name(left), Kind::Name(right)] if operator.adds() => {
            Some(([left, right], *operator == Operator::Subtract))
        }
        _ => None,
    }
}

/// Are names added and subtracted, and nothing else?
pub(super) fn is_sum<Name>(node: &Node<Name>) -> bool {
    match &node.kind {
        Kind::Name(_) => true,
        Kind::Negate(inner) => is_sum(inner),
        Kind::Binary(Operator::Add | Operator::Subtract, sides) => sides.iter().all(is_sum),
        _ => false,
    }
}

fn truth<Name>(node: &Node<Name>, values: &impl Values<Name>) -> Result<bool, Fault> {
    Ok(evaluate(node, values)? == Value::Boolean(true))
}

fn binary<'v, Name>(
    operator: Operator,
    [left, right]: &'v [Node<Name>; 2],
    values: &'v impl Values<Name>,
    node: &Node<Name>,
) -> Result<Value<'v>, Fault> {
    if matches!(operator, Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide) {
        return match (evaluate(left, values)?, evaluate(right, values)?) {
            (Value::Number(left), Value::Number(right)) => compute(operator, left, right, node).map(Value::Number),
            _ => Ok(Value::Absent),
        };
    }
    let order = order(left, right, values)?;
    Ok(Value::Boolean(match operator {
        Operator::Equal => order.is_some_and(Ordering::is_eq),
        Operator::NotEqual => order.is_none_or(Ordering::is_ne),
        Operator::Less => order.is_some_and(Ordering::is_lt),
        Operator::LessOrEqual => order.is_some_and(Ordering::is_le),
        Operator::Greater => order.is_some_and(Ordering::is_gt),
        _ => order.is_some_and(Ordering::is_ge),
    }))
}

/// How two values stand to each other; `None` where one is absent.
fn order<Name>(left: &Node<Name>, right: &Node<Name>, values: &impl Values<Name>) -> Result<Option<Ordering>, Fault> {
    let are_moments = matches!(left.kind, Kind::Moment(_));
    Ok(match (evaluate(left, values)?, evaluate(right, values)?) {
        (Value::Number(left), Value::Number(right)) => Some(left.cmp(&right)),
        (Value::Text(left), Value::Text(right)) if are_moments => moment::order(&left, &right),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(&right)),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(&right)),
        _ => None,
    })
}

fn compute<Name>(operator: Operator, left: Decimal, right: Decimal, node: &Node<Name>) -> Result<Decimal, Fault> {
    if operator == Operator::Divide && right.is_zero() {
        return Err(fault(FaultReason::DivisionByZero, node));
    }
    let result = match operator {
        Operator::Add => sum(left, right),
        Operator::Subtract => sum(left, -right),
        Operator::Multiply => product(left, right).or_else(|| product(left.normalize(), right.normalize())),
        _ => left.checked_div(right).map(|quotient| quotient.normalize()),
    };
    result.ok_or_else(|| fault(FaultReason::Overflow, node))
}

/// The sum, `None` where it cannot be kept with all of its digits.
fn sum(left: Decimal, right: Decimal) -> Option<Decimal> {
    if left.scale() == right.scale() {
        // A decimal has 96 bits at most.
        return exact(left.mantissa() + right.mantissa(), left.scale());
    }
    let of = |left: Decimal, right: Decimal| {
        let scale = left.scale().max(right.scale());
        let at = |number: Decimal| number.mantissa().checked_mul(10_i128.checked_pow(scale - number.scale())?);
        exact(at(left)?.checked_add(at(right)?)?, scale)
    };
    of(left, right).or_else(|| of(left.normalize(), right.normalize()))
}

fn product(left: Decimal, right: Decimal) -> Option<Decimal> {
    exact(left.mantissa().checked_mul(right.mantissa())?, left.scale() + right.scale())
}

/// The number with these digits, so many of them behind the point; `None` where it has more than can be kept.
fn exact(mut digits: i128, mut scale: u32) -> Option<Decimal> {
    loop {
        match Decimal::try_from_i128_with_scale(digits, scale) {
            Ok(number) => return Some(number),
            Err(_) if scale == 0 || digits % 10 != 0 => return None,
            Err(_) => (digits, scale) = (digits / 10, scale - 1),
        }
    }
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
                        Some(before) => before.and_then(|before| self::sum(before, number)),
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
