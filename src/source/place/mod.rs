//! Places as guides print them: `W0602`, `N902[N901=BM]`, `N907-02`, `../N902[N901=LT]`, `LX[not MAN]/W12`,
//! `pair(W1207,W1221=VN)`.
//!
//! Mappings and partner guides write them alike. Only the words are read here; whether a segment or element exists is the
//! question of whoever has the table.

pub(crate) mod named;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, digit1, space0};
use nom::combinator::{map, map_opt, opt, value};
use nom::multi::{many0, separated_list1};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// A place in a document, as written in a mapping or a guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// From where the place is meant.
    pub(crate) from: From,
    /// The loops on the way (none for a segment of the loop itself), and last the segment or loop that is meant.
    pub(crate) steps: Vec<Step>,
    /// The element meant, unless a segment or loop as a whole is.
    pub(crate) element: Option<ElementPlace>,
    /// For `pair(...)`: the slots (1-based positions of their qualifiers; empty: any pair) and the qualifier wanted.
    pub(crate) pair: Option<Pair>,
}

/// From where a place is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// The current loop occurrence.
    Here,
    /// The occurrence so many loops around it.
    Enclosing(u8),
    /// The heading: the document itself.
    Root,
}

/// A segment or loop, with what must hold for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) segment: String,
    pub(crate) conditions: Vec<Condition>,
    /// `[2]`: the second row that fulfils the conditions.
    pub(crate) nth: Option<u16>,
}

/// What must hold for a row, or for a loop by one of the segments inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// `N901=BM`.
    Equals { segment: String, element: u16, value: String },
    /// `MAN`: the loop has such a segment.
    Has(String),
    /// `not MAN`.
    HasNot(String),
}

/// An element of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ElementPlace {
    /// 1-based element position.
    pub(crate) position: u16,
    /// 1-based component; 0 for the element as a whole.
    pub(crate) component: u16,
    /// 1-based repetition; 0 for the element as a whole.
    pub(crate) repetition: u16,
}

/// A qualifier-value pair of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    /// 1-based positions of the qualifiers named; one alone means any pair of the segment when a code is wanted.
    pub(crate) slots: Vec<u16>,
    /// The qualifier wanted; none for `rest`.
    pub(crate) qualifier: Option<String>,
}

/// Reads a place; on failure, the byte offset in `text` up to which it could be read.
pub(crate) fn parse(text: &str) -> Result<Place, usize> {
    match terminated(alt((pair_place, place)), space0).parse(text) {
        Ok(("", place)) => Ok(place),
        Ok((rest, _)) => Err(text.len() - rest.len()),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(text.len() - error.input.len()),
        Err(nom::Err::Incomplete(_)) => Err(text.len()),
    }
}

/// Splits a reference designator: `W0602` is segment `W06`, element 2.
pub(crate) fn designator(text: &str) -> Option<(&str, u16)> {
    let split = text.len().checked_sub(2).filter(|at| (2..=3).contains(at) && text.is_char_boundary(*at))?;
    let position = text[split..].parse().ok().filter(|position| *position > 0)?;
    segment_identifier(&text[..split]).then_some((&text[..split], position))
}

fn segment_identifier(text: &str) -> bool {
    (2..=3).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn name(input: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()).parse(input)
}

fn place(input: &str) -> IResult<&str, Place> {
    let (rest, from) = alt((
        map(many0_count1(tag("../")), From::Enclosing),
        value(From::Root, char('/')),
        nom::combinator::success(From::Here),
    ))
    .parse(input)?;
    let (rest, mut loops) = many0(terminated(loop_step, char('/'))).parse(rest)?;
    let (rest, (last, element)) = alt((element_step, map(loop_step, |step| (step, None)))).parse(rest)?;
    loops.push(last);
    Ok((rest, Place { from, steps: loops, element, pair: None }))
}

fn many0_count1<'a>(
    parser: impl Parser<&'a str, Output = &'a str, Error = nom::error::Error<&'a str>>,
) -> impl Parser<&'a str, Output = u8, Error = nom::error::Error<&'a str>> {
    map_opt(nom::multi::many1_count(parser), |count| u8::try_from(count).ok())
}

fn loop_step(input: &str) -> IResult<&str, Step> {
    let (rest, segment) = map_opt(name, |name| segment_identifier(name).then(|| name.to_owned())).parse(input)?;
    let (rest, (conditions, nth)) = filters(rest)?;
    Ok((rest, Step { segment, conditions, nth }))
}

fn element_step(input: &str) -> IResult<&str, (Step, Option<ElementPlace>)> {
    let (rest, (segment, position)) = map_opt(name, designator).parse(input)?;
    let (rest, component) = opt(preceded(char('-'), number)).parse(rest)?;
    let (rest, repetition) = opt(delimited(char('('), number, char(')'))).parse(rest)?;
    let (rest, (conditions, nth)) = filters(rest)?;
    let element = ElementPlace { position, component: component.unwrap_or(0), repetition: repetition.unwrap_or(0) };
    Ok((rest, (Step { segment: segment.to_owned(), conditions, nth }, Some(element))))
}

fn number(input: &str) -> IResult<&str, u16> {
    map_opt(digit1, |digits: &str| digits.parse().ok().filter(|number| *number > 0)).parse(input)
}

fn filters(input: &str) -> IResult<&str, (Vec<Condition>, Option<u16>)> {
    let conditions =
        delimited((char('['), space0), separated_list1((space0, char(','), space0), condition), (space0, char(']')));
    let (rest, conditions) = map(opt(conditions), Option::unwrap_or_default).parse(input)?;
    let (rest, nth) = opt(delimited(char('['), number, char(']'))).parse(rest)?;
    Ok((rest, (conditions, nth)))
}

fn condition(input: &str) -> IResult<&str, Condition> {
    let equals = map(
        (map_opt(name, designator), delimited(space0, char('='), space0), literal),
        |((segment, element), _, value)| Condition::Equals { segment: segment.to_owned(), element, value },
    );
    let has_not = map(preceded((tag("not"), space0), name), |segment: &str| Condition::HasNot(segment.to_owned()));
    let segment = map_opt(name, |segment| segment_identifier(segment).then_some(segment));
    let has = map(segment, |segment: &str| Condition::Has(segment.to_owned()));
    alt((equals, has_not, has)).parse(input)
}

fn literal(input: &str) -> IResult<&str, String> {
    let quoted = delimited(char('\''), take_while(|c| c != '\''), char('\''));
    let bare = take_while1(|c: char| !matches!(c, ']' | ',' | ')' | '[' | '\'' | '='));
    map(alt((quoted, map(bare, str::trim_end))), str::to_owned).parse(input)
}

fn pair_place(input: &str) -> IResult<&str, Place> {
    let slot = map_opt(name, designator);
    let inside =
        (separated_list1((space0, char(','), space0), slot), opt(preceded((space0, char('='), space0), literal)));
    let (rest, (slots, qualifier)) = delimited((tag("pair("), space0), inside, (space0, char(')'))).parse(input)?;
    let segment = slots[0].0.to_owned();
    if slots.iter().any(|(name, _)| *name != segment) {
        return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Verify)));
    }
    let slots = slots.into_iter().map(|(_, position)| position).collect();
    let step = Step { segment, conditions: Vec::new(), nth: None };
    Ok((rest, Place { from: From::Here, steps: vec![step], element: None, pair: Some(Pair { slots, qualifier }) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(segment: &str, conditions: Vec<Condition>, nth: Option<u16>) -> Step {
        Step { segment: segment.into(), conditions, nth }
    }

    fn equals(segment: &str, element: u16, value: &str) -> Condition {
        Condition::Equals { segment: segment.into(), element, value: value.into() }
    }

    fn check(text: &str, from: From, steps: Vec<Step>, element: Option<(u16, u16, u16)>) {
        let element = element.map(|(position, component, repetition)| ElementPlace { position, component, repetition });
        assert_eq!(parse(text), Ok(Place { from, steps, element, pair: None }), "{text}");
    }

    #[test]
    fn places_are_read_as_guides_print_them() {
        check("W0602", From::Here, vec![step("W06", vec![], None)], Some((2, 0, 0)));
        check("W0602[2]", From::Here, vec![step("W06", vec![], Some(2))], Some((2, 0, 0)));
        check("N902", From::Here, vec![step("N9", vec![], None)], Some((2, 0, 0)));
        check("N907-02", From::Here, vec![step("N9", vec![], None)], Some((7, 2, 0)));
        check("REF02(2)", From::Here, vec![step("REF", vec![], None)], Some((2, 0, 2)));
        check("N902[N901=BM]", From::Here, vec![step("N9", vec![equals("N9", 1, "BM")], None)], Some((2, 0, 0)));
        check(
            "N902[N901=M1, N903='From Attn'][2]",
            From::Here,
            vec![step("N9", vec![equals("N9", 1, "M1"), equals("N9", 3, "From Attn")], Some(2))],
            Some((2, 0, 0)),
        );
        check(
            "../N902[N901=LT]",
            From::Enclosing(1),
            vec![step("N9", vec![equals("N9", 1, "LT")], None)],
            Some((2, 0, 0)),
        );
        check("/W0602", From::Root, vec![step("W06", vec![], None)], Some((2, 0, 0)));
        check("LX", From::Here, vec![step("LX", vec![], None)], None);
        check(
            "LX[not MAN]/W12",
            From::Here,
            vec![step("LX", vec![Condition::HasNot("MAN".into())], None), step("W12", vec![], None)],
            None,
        );
        check("N1[N101=ST]", From::Here, vec![step("N1", vec![equals("N1", 1, "ST")], None)], None);
    }

    #[test]
    fn pairs_name_their_slots() {
        let place = parse("pair(W1207,W1221=VN)").expect("reads");
        assert_eq!(place.pair, Some(Pair { slots: vec![7, 21], qualifier: Some("VN".into()) }));
        assert_eq!(place.steps[0].segment, "W12");
    }

    #[test]
    fn what_is_no_place_says_how_far_it_could_be_read() {
        assert_eq!(parse("w0602"), Err(0));
        assert_eq!(parse("N902[N901=BM"), Err(4));
        assert_eq!(parse("N902 or so"), Err(5));
        assert_eq!(parse(""), Err(0));
    }
}
