//! Text to syntax tree: tokens by nom, precedence by climbing. Knows no names and no types: `check` does.
//!
//! The number of tokens is limited, and with it the depth of the tree: no text can exhaust the stack.

use std::fmt;
use std::ops::{Range, RangeInclusive};

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_till1, take_while, take_while_m_n, take_while1};
use nom::character::complete::{anychar, char, digit1, satisfy};
use nom::combinator::{map, not, opt, peek, recognize, value, verify};
use nom::multi::{many0_count, many1_count};
use nom::sequence::{delimited, pair, preceded};
use nom::{IResult, Parser as _};
use rust_decimal::Decimal;

use super::shown;

/// Most tokens of one expression.
const TOKEN_LIMIT: usize = 400;

/// A part of an expression; before the check `Name` is the name's text, after it whatever the caller resolved it to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node<Name> {
    pub(super) kind: Kind<Name>,
    /// Byte offsets in the text; after the check, in the file.
    pub(super) span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind<Name> {
    Number(Decimal),
    Text(String),
    Boolean(bool),
    Name(Name),
    /// A text that is a date, an instant or a time of the day, and is compared as such; the check finds them.
    Moment(Box<Node<Name>>),
    Negate(Box<Node<Name>>),
    Not(Box<Node<Name>>),
    Binary(Operator, Box<[Node<Name>; 2]>),
    /// The value looked for and the list.
    In(Box<Node<Name>>, Vec<Node<Name>>),
    Call(Function, Vec<Node<Name>>),
    /// A call of something that is no function; the check reports it.
    UnknownCall(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Operator {
    /// Is it plus or minus?
    pub(super) fn adds(self) -> bool {
        matches!(self, Operator::Add | Operator::Subtract)
    }

    /// Binding strength: or, and, (not,) comparison, sum, product.
    fn strength(self) -> u8 {
        match self {
            Operator::Or => 1,
            Operator::And => 2,
            Operator::Add | Operator::Subtract => SUM,
            Operator::Multiply | Operator::Divide => SUM + 1,
            _ => COMPARISON,
        }
    }
}

const COMPARISON: u8 = 4;
const SUM: u8 = 5;
const UNARY: u8 = 7;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Sum,
    Count,
    Present,
    Round,
}

impl Function {
    pub(super) const ALL: [(&'static str, Function); 4] = [
        ("sum", Function::Sum),
        ("count", Function::Count),
        ("present", Function::Present),
        ("round", Function::Round),
    ];

    fn find(name: &str) -> Option<Function> {
        let found = Function::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, function)| *function)
    }

    /// How it is written.
    pub(super) fn usage(self) -> &'static str {
        match self {
            Function::Sum => "write `sum(list)` or `sum(list, list)`, such as `sum(lines.shipped)`",
            Function::Count => "write `count(list)` or `count(list, list)`, such as `count(lines)`",
            Function::Present => "write `present(name)`, such as `present(W0602)`",
            Function::Round => "write `round(number, digits)`, such as `round(totals.weight / 2, 1)`",
        }
    }

    /// How many arguments it takes at least, and at most.
    fn arity(self) -> RangeInclusive<usize> {
        match self {
            Function::Sum | Function::Count => 1..=usize::MAX,
            Function::Present => 1..=1,
            Function::Round => 2..=2,
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Function::ALL[*self as usize].0)
    }
}

impl<Name> Node<Name> {
    pub(super) fn visit_names<'n>(&'n self, visit: &mut impl FnMut(&'n Name)) {
        match &self.kind {
            Kind::Name(name) => visit(name),
            Kind::Moment(inner) | Kind::Negate(inner) | Kind::Not(inner) => inner.visit_names(visit),
            Kind::Binary(_, sides) => sides.iter().for_each(|side| side.visit_names(visit)),
            Kind::In(value, list) => {
                value.visit_names(visit);
                list.iter().for_each(|entry| entry.visit_names(visit));
            }
            Kind::Call(_, arguments) => arguments.iter().for_each(|argument| argument.visit_names(visit)),
            Kind::Number(_) | Kind::Text(_) | Kind::Boolean(_) | Kind::UnknownCall(_) => {}
        }
    }
}

/// Why a text is no expression.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) message: String,
    pub(super) remedy: String,
    pub(super) span: Range<usize>,
}

impl SyntaxError {
    fn new(message: impl Into<String>, remedy: impl Into<String>, span: Range<usize>) -> Self {
        Self { message: message.into(), remedy: remedy.into(), span }
    }
}

/// Reads the whole of `text` as one expression.
pub(super) fn parse(text: &str) -> Result<Node<&str>, SyntaxError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { text, tokens, next: 0 };
    let tree = parser.expression(0)?;
    match parser.peek() {
        None => Ok(tree),
        Some(_) => Err(parser.expected("an operator or the end")),
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'t> {
    Number(Decimal),
    Text(&'t str),
    Name(&'t str),
    Operator(Operator),
    Not,
    In,
    Boolean(bool),
    /// One of `( ) [ ] ,`
    Mark(char),
    /// Other languages' way to write something, and ours.
    Foreign(&'static str),
}

impl Token<'_> {
    /// Can an operator stand behind it?
    fn ends_a_value(&self) -> bool {
        match self {
            Token::Number(_) | Token::Text(_) | Token::Name(_) | Token::Boolean(_) => true,
            Token::Mark(mark) => ")]".contains(*mark),
            _ => false,
        }
    }
}

struct Placed<'t> {
    token: Token<'t>,
    span: Range<usize>,
}

fn tokens(text: &str) -> Result<Vec<Placed<'_>>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        // Behind a value `/` divides; where a value is expected it is the heading of the document.
        let divides = tokens.last().is_some_and(|last: &Placed<'_>| last.token.ends_a_value());
        let Ok((after, token)) = token(rest, divides) else {
            return Err(unreadable(rest, start));
        };
        let span = start..text.len() - after.len();
        if tokens.len() == TOKEN_LIMIT {
            let message = format!("the expression has more than {TOKEN_LIMIT} parts");
            return Err(SyntaxError::new(message, "write it shorter, or split the rule in two", span));
        }
        match token {
            Token::Foreign(ours) => {
                let message = format!("`{}` is not an operator here", shown(&text[span.clone()]));
                return Err(SyntaxError::new(message, format!("write `{ours}`"), span));
            }
            token => tokens.push(Placed { token, span }),
        }
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// What to say of a text that starts with no token.
fn unreadable(rest: &str, start: usize) -> SyntaxError {
    let first = rest.chars().next().unwrap_or(' ');
    if first == '\'' || first == '"' {
        let message = "a text is not closed: its second quote is missing";
        return SyntaxError::new(message, format!("close the text with {first}"), start..start + rest.len());
    }
    if first.is_ascii_digit() {
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '.').collect();
        let span = start..start + word.len();
        let word = shown(&word);
        let message = format!("`{word}` is not a number");
        let remedy = format!("put a code in quotes: '{word}'; a number has at most 28 digits and no exponent");
        return SyntaxError::new(message, remedy, span);
    }
    let message = format!("`{first}` has no meaning in an expression");
    let remedy = "remove it; a text stands in quotes, and the operators are + - * / = != < <= > >= and or not in";
    SyntaxError::new(message, remedy, start..start + first.len_utf8())
}

fn token(input: &str, divides: bool) -> IResult<&str, Token<'_>> {
    if divides && !input.starts_with("../") {
        return alt((number, text, map(inner_place, Token::Name), map(name, word), symbol)).parse(input);
    }
    alt((number, text, map(place, Token::Name), map(name, word), symbol)).parse(input)
}

fn number(input: &str) -> IResult<&str, Token<'_>> {
    let (rest, digits) = recognize(pair(digit1, opt(pair(char('.'), digit1)))).parse(input)?;
    let glued = rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
    match Decimal::from_str_exact(digits) {
        Ok(number) if !glued => Ok((rest, Token::Number(number))),
        _ => nom::combinator::fail().parse(input),
    }
}

fn text(input: &str) -> IResult<&str, Token<'_>> {
    let single = delimited(char('\''), take_till(|c| c == '\''), char('\''));
    let double = delimited(char('"'), take_till(|c| c == '"'), char('"'));
    map(alt((single, double)), Token::Text).parse(input)
}

/// A place in a document that says more than an element: `/W0602`, `../LX01`, `LX/W12`, `MEA04-01`.
fn place(input: &str) -> IResult<&str, &str> {
    let outside = alt((recognize(many1_count(tag("../"))), tag("/")));
    let around = recognize((outside, many0_count(loop_of_a_place), name));
    alt((around, pair_of_a_segment, inner_place)).parse(input)
}

/// `pair(W1207,W1221=VN)`.
fn pair_of_a_segment(input: &str) -> IResult<&str, &str> {
    recognize(delimited(tag("pair("), take_till1(|c| c == '(' || c == ')'), char(')'))).parse(input)
}

/// A place below where it is written.
fn inner_place(input: &str) -> IResult<&str, &str> {
    let inside = recognize((many1_count(loop_of_a_place), alt((component, name))));
    alt((inside, component)).parse(input)
}

/// `LX/` or `N1[N101=ST]/`: capitals and no blank, so that it is no division.
fn loop_of_a_place(input: &str) -> IResult<&str, &str> {
    let identifier = take_while_m_n(2, 3, |c: char| c.is_ascii_uppercase() || c.is_ascii_digit());
    let bracket = delimited(char('['), take_till1(|c| c == ']' || c == '['), char(']'));
    let begins = peek(satisfy(|c| c.is_ascii_uppercase()));
    recognize((peek(satisfy(|c| c.is_ascii_uppercase())), identifier, opt(bracket), char('/'), begins)).parse(input)
}

/// `MEA04-01`: two digits right behind an element.
fn component(input: &str) -> IResult<&str, &str> {
    let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let element = verify(take_while_m_n(4, 5, capital), |text: &str| {
        text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.as_bytes()[text.len() - 2..].iter().all(u8::is_ascii_digit)
    });
    let digits = take_while_m_n(2, 2, |c: char| c.is_ascii_digit());
    let bracket = delimited(char('['), take_till1(|c| c == ']' || c == '['), char(']'));
    let end = not(satisfy(|c| c.is_alphanumeric() || c == '_' || c == '.'));
    recognize((element, char('-'), digits, opt(bracket), end)).parse(input)
}

/// A dotted path, with `@` before it or a `[..]` right behind it where the caller's names have them.
fn name(input: &str) -> IResult<&str, &str> {
    let part =
        || pair(satisfy(|c| c.is_alphabetic() || c == '_'), take_while(|c: char| c.is_alphanumeric() || c == '_'));
    let bracket = delimited(char('['), take_till1(|c| c == ']' || c == '['), char(']'));
    let path = || recognize((opt(char('@')), part(), many0_count(preceded(char('.'), part()))));
    match path().parse(input)? {
        (rest, "in") => Ok((rest, "in")),
        _ => recognize((path(), opt(bracket))).parse(input),
    }
}

fn word(name: &str) -> Token<'_> {
    match name {
        "and" => Token::Operator(Operator::And),
        "or" => Token::Operator(Operator::Or),
        "not" => Token::Not,
        "in" => Token::In,
        "true" => Token::Boolean(true),
        "false" => Token::Boolean(false),
        name => Token::Name(name),
    }
}

fn symbol(input: &str) -> IResult<&str, Token<'_>> {
    let comparison = alt((
        value(Token::Foreign("="), tag("==")),
        value(Token::Foreign("!="), tag("<>")),
        value(Token::Operator(Operator::NotEqual), tag("!=")),
        value(Token::Operator(Operator::LessOrEqual), tag("<=")),
        value(Token::Operator(Operator::GreaterOrEqual), tag(">=")),
        value(Token::Operator(Operator::Equal), tag("=")),
        value(Token::Operator(Operator::Less), tag("<")),
        value(Token::Operator(Operator::Greater), tag(">")),
    ));
    let foreign = alt((
        value(Token::Foreign("and"), take_while1(|c| c == '&')),
        value(Token::Foreign("or"), take_while1(|c| c == '|')),
        value(Token::Foreign("not"), tag("!")),
    ));
    let arithmetic = alt((
        value(Token::Operator(Operator::Add), tag("+")),
        value(Token::Operator(Operator::Subtract), tag("-")),
        value(Token::Operator(Operator::Multiply), tag("*")),
        value(Token::Operator(Operator::Divide), tag("/")),
    ));
    let mark = map(verify(anychar, |c| "()[],".contains(*c)), Token::Mark);
    alt((comparison, foreign, arithmetic, mark)).parse(input)
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Placed<'t>>,
    next: usize,
}

type Parsed<'t> = Result<Node<&'t str>, SyntaxError>;

impl<'t> Parser<'t> {
    /// An expression whose operators bind at least as strongly as `strength`.
    fn expression(&mut self, strength: u8) -> Parsed<'t> {
        let mut left = self.prefixed()?;
        loop {
            let compares = self.at_comparison();
            left = match self.peek() {
                Some(Token::Operator(operator)) if operator.strength() >= strength => self.binary(left, operator)?,
                Some(Token::In | Token::Not) if compares && COMPARISON >= strength => self.membership(left)?,
                _ => return Ok(left),
            };
            if compares && self.at_comparison() {
                let span = self.tokens[self.next].span.clone();
                let message = "two comparisons stand side by side";
                return Err(SyntaxError::new(message, "join them with `and`: a < b and b < c", span));
            }
        }
    }

    /// Is `=`, `<`..., `in` or `not in` next?
    fn at_comparison(&self) -> bool {
        match self.peek() {
            Some(Token::In) => true,
            Some(Token::Not) => self.tokens.get(self.next + 1).is_some_and(|after| after.token == Token::In),
            Some(Token::Operator(operator)) => operator.strength() == COMPARISON,
            _ => false,
        }
    }

    fn prefixed(&mut self) -> Parsed<'t> {
        let start = self.position();
        match self.peek() {
            Some(Token::Not) => {
                self.next += 1;
                let inner = self.expression(COMPARISON)?;
                Ok(spanning(start, inner.span.end, Kind::Not(Box::new(inner))))
            }
            Some(Token::Operator(Operator::Subtract)) => {
                self.next += 1;
                let inner = self.expression(UNARY)?;
                Ok(spanning(start, inner.span.end, Kind::Negate(Box::new(inner))))
            }
            _ => self.value(),
        }
    }

    fn binary(&mut self, left: Node<&'t str>, operator: Operator) -> Parsed<'t> {
        self.next += 1;
        let right = self.expression(operator.strength() + 1)?;
        let (start, end) = (left.span.start, right.span.end);
        Ok(spanning(start, end, Kind::Binary(operator, Box::new([left, right]))))
    }

    fn membership(&mut self, left: Node<&'t str>) -> Parsed<'t> {
        let negated = self.peek() == Some(Token::Not);
        self.next += if negated { 2 } else { 1 };
        if self.peek() != Some(Token::Mark('[')) {
            return Err(self.expected("a list in square brackets"));
        }
        let start = left.span.start;
        let list = self.list(']')?;
        let end = self.tokens[self.next - 1].span.end;
        let within = spanning(start, end, Kind::In(Box::new(left), list));
        Ok(match negated {
            true => spanning(start, end, Kind::Not(Box::new(within))),
            false => within,
        })
    }

    fn value(&mut self) -> Parsed<'t> {
        let Some(token) = self.peek() else {
            return Err(self.expected("a value"));
        };
        let span = self.tokens[self.next].span.clone();
        let kind = match token {
            Token::Number(number) => Kind::Number(number),
            Token::Text(text) => Kind::Text(text.to_owned()),
            Token::Boolean(yes) => Kind::Boolean(yes),
            Token::Name(name) => {
                self.next += 1;
                return match self.peek() {
                    Some(Token::Mark('(')) => self.call(name, span),
                    _ => Ok(spanning(span.start, span.end, Kind::Name(name))),
                };
            }
            Token::Mark('(') => {
                self.next += 1;
                let mut inner = self.expression(0)?;
                let end = self.position();
                self.take(')')?;
                inner.span = span.start..end + 1;
                return Ok(inner);
            }
            _ => return Err(self.expected("a value")),
        };
        self.next += 1;
        Ok(Node { kind, span })
    }

    fn call(&mut self, name: &'t str, span: Range<usize>) -> Parsed<'t> {
        let arguments = self.list(')')?;
        let end = self.tokens[self.next - 1].span.end;
        let Some(function) = Function::find(name) else {
            return Ok(spanning(span.start, span.end, Kind::UnknownCall(name.to_owned())));
        };
        let (wanted, found) = (function.arity(), arguments.len());
        if !wanted.contains(&found) {
            let wanted = *wanted.start();
            let message = format!("`{function}` takes {wanted} value{}, here are {found}", plural(wanted));
            return Err(SyntaxError::new(message, function.usage(), span.start..end));
        }
        Ok(spanning(span.start, end, Kind::Call(function, arguments)))
    }

    /// What stands between the bracket that comes next and `close`, separated by commas.
    fn list(&mut self, close: char) -> Result<Vec<Node<&'t str>>, SyntaxError> {
        self.next += 1;
        let mut list = Vec::new();
        while self.peek() != Some(Token::Mark(close)) {
            if !list.is_empty() {
                match self.peek() {
                    Some(Token::Mark(',')) => self.next += 1,
                    _ => return Err(self.expected(&format!("`,` or `{close}`"))),
                }
            }
            list.push(self.expression(0)?);
        }
        self.next += 1;
        Ok(list)
    }

    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.next).map(|placed| placed.token)
    }

    /// Byte offset of the next token, or of the end.
    fn position(&self) -> usize {
        self.tokens.get(self.next).map_or(self.text.len(), |placed| placed.span.start)
    }

    fn take(&mut self, mark: char) -> Result<(), SyntaxError> {
        if self.peek() != Some(Token::Mark(mark)) {
            return Err(self.expected(&format!("`{mark}`")));
        }
        self.next += 1;
        Ok(())
    }

    fn expected(&self, wanted: &str) -> SyntaxError {
        let (found, span) = match self.tokens.get(self.next) {
            Some(placed) => (format!("`{}`", shown(&self.text[placed.span.clone()])), placed.span.clone()),
            None => ("its end".to_owned(), self.text.len()..self.text.len()),
        };
        let message = format!("the expression has {found} where {wanted} is expected");
        let remedy = match self.next.checked_sub(1).map(|before| &self.tokens[before]) {
            Some(before) if wanted.ends_with("the end") => {
                format!("write an operator behind `{}`, or nothing", shown(&self.text[before.span.clone()]))
            }
            Some(before) => format!("write {wanted} behind `{}`", shown(&self.text[before.span.clone()])),
            None => "write an expression, such as `sum(lines.shipped)` or `W0601 = 'J'`".to_owned(),
        };
        SyntaxError::new(message, remedy, span)
    }
}

fn spanning<Name>(start: usize, end: usize, kind: Kind<Name>) -> Node<Name> {
    Node { kind, span: start..end }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
