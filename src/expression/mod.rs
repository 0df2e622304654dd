//! The small typed expression language of mappings, profiles and rules: `ordered - shipped`,
//! `sum(packages.lines.shipped)`, `W0601 = 'J' and present(W0602)`.
//!
//! [`parse`] reads a text, resolves its names and checks its types when the file is loaded, so that
//! [`Expression::evaluate`] can only meet the faults of arithmetic. What a name means, and where its value comes from, is
//! the caller's ([`Names`], [`Values`]). The only number is an exact decimal.
//!
//! ```text
//! or            a or b
//! and           a and b
//! not           not a
//! comparison    a = b   a != b   < <= > >=   a in ['J', 'F']   a not in [1, 2]
//! sum           a + b   a - b
//! product       a * b   a / b
//! minus         -a
//! value         12.50   'text'   "text"   true   false   name   name[..]   f(a)   (a)
//! place         W0601   MEA04-01   N902[N901=BM]   LX/W12/W1203   ../LX01   /W0602   pair(W1207=UP)
//!               (where the names are a document's)
//! functions     sum(list, ..)   count(list, ..)   present(name)   round(number, digits)
//! ```
//!
//! Absent values: arithmetic with an absent value is absent; `=`, `<` and `in` with one are false, `!=` and `not in` true
//! (they are the negations); an absent truth value is false. `sum` passes over absent values and is absent when there is
//! no value at all, so that no zero is invented; `count` counts the entries that are not absent and is 0 for none.
//! Two quantities in different units are not compared, added or subtracted: that is a fault. `sum` adds numbers only.
//! `in` asks whether a value is `=` to one of the list. Texts compare by their characters' code points. Dates, instants and times of the
//! day compare as such: two instants as instants, whatever their offsets, an instant and a date by the day that the instant's own offset
//! has; a text that stands beside one in quotes must be one. Sums, differences and products are exact, or a fault.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod cases;
mod check;
mod evaluate;
mod moment;
mod syntax;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use rust_decimal::Decimal;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes};
use crate::source::SourceFile;

use syntax::Node;

pub use cases::never_both;

/// What an expression, or a name in it, stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// An exact decimal.
    Number,
    /// A text; codes are texts.
    Text,
    /// A date, or an instant: a text that is compared as one.
    Date,
    /// A time of the day: a text that is compared as one.
    Time,
    /// True or false.
    Boolean,
    /// Several numbers: what a path through a list gives.
    Numbers,
    /// Several texts.
    Texts,
    /// Several entries that are no single value, such as lines: they can be counted.
    Entries,
}

impl Type {
    /// What it is, for a sentence such as "`lot` is a text".
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Type::Number => "a number",
            Type::Text => "a text",
            Type::Date => "a date",
            Type::Time => "a time of the day",
            Type::Boolean => "true or false",
            Type::Numbers => "a list of numbers",
            Type::Texts => "a list of texts",
            Type::Entries => "a list of entries",
        }
    }

    /// Is it several values?
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(self, Type::Numbers | Type::Texts | Type::Entries)
    }
}

/// A value while an expression is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'v> {
    /// Nothing was sent.
    Absent,
    /// An exact decimal.
    Number(Decimal),
    /// A text.
    Text(Cow<'v, str>),
    /// True or false.
    Boolean(bool),
    /// An entry that is no single value, such as a line; only `count` sees it.
    Entry,
}

/// Gives the names of an expression their meaning when it is loaded.
pub trait Names {
    /// What the expression keeps of a name.
    type Name: Clone;

    /// What `path` (such as `packages.lines.shipped`, `W0601`, `@isa.sender`, `N902[N901=BM]`) stands for here.
    fn resolve(&self, path: &str) -> Option<(Self::Name, Type)>;

    /// What `path` stands for as the argument of `sum` or `count`, where it may mean all that it can be found in.
    fn resolve_list(&self, path: &str) -> Option<(Self::Name, Type)> {
        self.resolve(path)
    }

    /// The names there are, for "did you mean".
    fn candidates(&self) -> Vec<String>;

    /// Why `path` is no name here, where more can be said than which name is near.
    fn cause(&self, path: &str) -> Option<String> {
        let _ = path;
        None
    }
}

/// Gives the names of an expression their values when it is evaluated.
pub trait Values<Name> {
    /// The value of a name whose type is a single value.
    fn value(&self, name: &Name) -> Value<'_>;

    /// Calls `visit` for each entry of a name whose type is a list, in order.
    fn each(&self, name: &Name, visit: &mut dyn FnMut(Value<'_>));

    /// The unit that a number is in, where it says one.
    fn unit(&self, name: &Name) -> Option<&str> {
        let _ = name;
        None
    }

    /// The value and the unit.
    fn quantity(&self, name: &Name) -> (Value<'_>, Option<&str>) {
        (self.value(name), self.unit(name))
    }
}

/// Where the text of an expression stands, so that diagnostics can show the very token.
#[derive(Debug, Clone)]
pub struct Written<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// The text's span in the file, quotes included.
    pub span: Range<usize>,
    /// The key it is the value of, such as `derived.W0301.expression`.
    pub key: &'a str,
}

impl Written<'_> {
    /// The span in the file of the bytes `span` of `text`; the whole text's where escapes hide the correspondence.
    fn locate(&self, text: &str, span: &Range<usize>) -> Range<usize> {
        match self.file.text.get(self.span.clone()).and_then(|written| written.find(text)) {
            Some(at) => self.span.start + at + span.start..self.span.start + at + span.end,
            None => self.span.clone(),
        }
    }

    fn diagnostic(&self, code: Code, message: String, span: Range<usize>) -> Diagnostic {
        Diagnostic::new(code, message, self.file.place(span, Some(self.key)))
    }
}

/// An expression whose names and types are known to be right.
#[derive(Debug, Clone)]
pub struct Expression<Name> {
    root: Node<Name>,
    kind: Type,
}

/// Why an expression has no value for some input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What happened.
    pub reason: FaultReason,
    /// The part of the expression, as byte offsets in the file it stands in.
    pub span: Range<usize>,
}

/// What arithmetic can meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultReason {
    /// The divisor is zero.
    DivisionByZero,
    /// The result has more than 28 digits.
    Overflow,
    /// Two quantities are compared, added or subtracted, and these are their units.
    Units(String, String),
}

impl fmt::Display for FaultReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultReason::DivisionByZero => f.write_str("division by zero"),
            FaultReason::Overflow => f.write_str("the result has more than 28 digits"),
            FaultReason::Units(one, other) => write!(f, "one quantity is in {one}, the other in {other}"),
        }
    }
}

/// A part of an expression as messages show it: whole, or its first 80 characters.
fn shown(part: &str) -> Cow<'_, str> {
    match part.char_indices().nth(80) {
        Some((cut, _)) => Cow::Owned(format!("{}...", &part[..cut])),
        None => Cow::Borrowed(part),
    }
}

/// Reads `text`, which stands at `written`, and checks it against `names`. Problems are pushed as `expression.syntax`,
/// `expression.unknown-name` and `expression.type`. With `expected` the result must be of that type; without it, of any
/// type that is a single value.
pub fn parse<N: Names>(
    text: &str,
    names: &N,
    written: &Written<'_>,
    expected: Option<Type>,
    diagnostics: &mut Diagnostics,
) -> Option<Expression<N::Name>> {
    let tree = match syntax::parse(text) {
        Ok(tree) => tree,
        Err(error) => {
            let span = written.locate(text, &error.span);
            let diagnostic = written.diagnostic(codes::EXPRESSION_SYNTAX, error.message, span);
            diagnostics.push(diagnostic.remedy(error.remedy));
            return None;
        }
    };
    check::check(tree, text, names, written, expected, diagnostics)
}

impl<Name> Expression<Name> {
    /// The type of its value.
    #[must_use]
    pub fn kind(&self) -> Type {
        self.kind
    }

    /// The names it uses, in the order written, each as often as it occurs.
    #[must_use]
    pub fn names(&self) -> Vec<&Name> {
        let mut names = Vec::new();
        self.root.visit_names(&mut |name| names.push(name));
        names
    }

    /// The two names that it adds, or of which it takes the second away from the first (then true), where it does just that.
    #[must_use]
    pub fn of_two_names(&self) -> Option<([&Name; 2], bool)> {
        evaluate::of_two_names(&self.root)
    }

    /// Does it only add and subtract what its names say?
    #[must_use]
    pub fn is_sum(&self) -> bool {
        evaluate::is_sum(&self.root)
    }

    /// Is its value over several objects the sum of its values over each?
    #[must_use]
    pub fn adds_up(&self) -> bool {
        evaluate::adds_up(&self.root)
    }

    /// Its value over `values`.
    ///
    /// # Errors
    /// Division by zero, a result of more than 28 digits, or quantities in different units.
    pub fn evaluate<'v>(&'v self, values: &'v impl Values<Name>) -> Result<Value<'v>, Fault> {
        evaluate::evaluate(&self.root, values)
    }

    /// Whether it is true: the value of a condition.
    ///
    /// # Errors
    /// Division by zero, a number of more than 28 digits on the way, or quantities in different units.
    pub fn holds(&self, values: &impl Values<Name>) -> Result<bool, Fault> {
        Ok(self.evaluate(values)? == Value::Boolean(true))
    }
}

#[cfg(test)]
mod tests;
