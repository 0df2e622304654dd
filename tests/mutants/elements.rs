//! Faults of single elements.

use super::{Broken, Document, Mutant, Mutator, Random};
use crossdock::tree::notes::{Note, NoteKind, bit};
use crossdock::tree::{ElementType, ElementUse, Requirement};
use crossdock::x12::dictionary;

pub(super) const MUTATORS: &[(&str, Mutator)] = &[
    ("mandatory element dropped", drop_mandatory),
    ("value too long", lengthen),
    ("value too short", shorten),
    ("letters in a number", letters),
    ("impossible date", impossible_date),
    ("impossible time", impossible_time),
    ("unknown code", unknown_code),
    ("syntax note broken", break_note),
    ("component separator in a value", component),
    ("repetition separator in a value", repetition),
    ("control character", control),
    ("leading blank", leading_blank),
    ("trailing blank", trailing_blank),
    ("separators at the end", separators),
    ("element past the table", past_the_table),
    ("check digit", check_digit),
    ("total", total),
    ("summand of a total", summand),
    ("stray element separator", stray_separator),
];

fn mutant(document: &mut Document, broken: Broken) -> Option<Mutant> {
    Some(Mutant { bytes: document.counted(), broken })
}

/// An element of a segment that is not ST01 or SE01: those change what the document is.
fn plain(_: &Document, index: usize, element: usize) -> bool {
    !(index == 0 && element == 1)
}

fn is_envelope(document: &Document, index: usize) -> bool {
    index == 0 || index + 1 == document.set.len()
}

/// Puts a text at a place chosen among those that are `such`.
fn put(
    document: &mut Document,
    random: &mut Random,
    codes: &[&'static str],
    such: impl Fn(&ElementUse) -> bool,
    text: impl Fn(&ElementUse, &str, &mut Random) -> Option<String>,
) -> Option<Mutant> {
    let fits = |document: &Document, index: usize, element: usize| {
        let count = index + 1 == document.set.len() && element == 1;
        plain(document, index, element) && !count && such(document.element(index, element).unwrap())
    };
    let places = document.values(fits);
    let (index, element) = *random.of(&places)?;
    let known = document.element(index, element)?;
    let text = text(known, &document.set[index][element], random)?;
    let tag = document.tag(index);
    document.put(index, element, &text);
    mutant(document, Broken::at(codes, index, &tag, element))
}

fn drop_mandatory(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let mandatory = |element: &ElementUse| element.requirement == Requirement::Mandatory;
    put(document, random, &["x12.missing-element"], mandatory, |_, _, _| Some(String::new()))
}

fn is_number(kind: ElementType) -> bool {
    matches!(kind, ElementType::Decimal | ElementType::Implied(_))
}

fn lengthen(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let such = |element: &ElementUse| {
        element.max < 300 && (is_number(element.kind) || matches!(element.kind, ElementType::Text | ElementType::Code))
    };
    put(document, random, &["x12.element-too-long"], such, |element, text, random| {
        let filler = if is_number(element.kind) { "1" } else { "X" };
        let more = element.max as usize + 1 + random.below(3);
        Some(format!("{text}{}", filler.repeat(more.saturating_sub(text.chars().count()))))
            .filter(|text| text.chars().filter(|character| is_kept(element, *character)).count() > element.max as usize)
    })
}

/// Sign and point of a number do not count.
fn is_kept(element: &ElementUse, character: char) -> bool {
    !is_number(element.kind) || character.is_ascii_digit()
}

fn shorten(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let such = |element: &ElementUse| {
        element.min > 1 && matches!(element.kind, ElementType::Text | ElementType::Code | ElementType::Implied(_))
    };
    put(document, random, &["x12.element-too-short"], such, |element, _, _| {
        let filler = if is_number(element.kind) { "1" } else { "X" };
        Some(filler.repeat(element.min as usize - 1))
    })
}

fn letters(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    put(
        document,
        random,
        &["x12.element-type"],
        |element| is_number(element.kind),
        |_, text, random| {
            let wrong = [
                format!("{text}A"),
                "X".to_owned(),
                "1,5".to_owned(),
                "+1".to_owned(),
                "1e5".to_owned(),
                "--1".to_owned(),
            ];
            random.of(&wrong).cloned()
        },
    )
}

fn impossible_date(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    put(
        document,
        random,
        &["x12.element-date"],
        |element| element.kind == ElementType::Date,
        |_, _, random| {
            let wrong =
                ["20261131", "20260229", "20261301", "20260100", "00000000", "2026112A", "99999999", "20261132"];
            random.of(&wrong).map(|text| (*text).to_owned())
        },
    )
}

fn impossible_time(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    put(
        document,
        random,
        &["x12.element-time"],
        |element| element.kind == ElementType::Time,
        |_, _, random| {
            let wrong = ["2400", "0860", "9999", "08:30", "083061", "08A0"];
            random.of(&wrong).map(|text| (*text).to_owned())
        },
    )
}

fn unknown_code(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let such =
        |element: &ElementUse| element.kind == ElementType::Code && dictionary::code_list(&element.number).is_some();
    put(document, random, &["x12.code", "x12.code-of-another-release"], such, |element, _, random| {
        let list = dictionary::code_list(&element.number)?;
        let length = element.min as usize + random.below((element.max - element.min + 1) as usize);
        let code: String =
            (0..length).map(|_| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[random.below(36)])).collect();
        list.find(&code).is_none().then_some(code)
    })
}

fn break_note(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let indices: Vec<usize> =
        (0..document.set.len()).filter(|index| !document.definition(*index).notes.is_empty()).collect();
    let index = *random.of(&indices)?;
    let definition = document.definition(index);
    let note = Note::read(random.of(&definition.syntax)?)?;
    let text = |document: &Document, at: u16| document.set[index].get(usize::from(at)).cloned().unwrap_or_default();
    let there: Vec<u16> = note.positions().filter(|at| !text(document, *at).is_empty()).collect();
    let optional = |at: &u16| definition.elements[usize::from(*at) - 1].requirement != Requirement::Mandatory;
    let (code, missing): (&str, Vec<u16>) = match note.kind {
        NoteKind::Exclusion => {
            // The second of those that are there is one too many.
            let other = note.positions().find(|at| text(document, *at).is_empty())?;
            document.put(index, usize::from(other), "1");
            let second = note.positions().filter(|at| !text(document, *at).is_empty()).nth(1)?;
            let tag = document.tag(index);
            return mutant(document, Broken::at(&["x12.exclusion"], index, &tag, usize::from(second)));
        }
        NoteKind::Required => ("x12.syntax-note", there.clone()),
        NoteKind::Paired => ("x12.syntax-note", vec![*random.of(&there)?]),
        NoteKind::Conditional | NoteKind::ListConditional => {
            if !there.contains(&note.first()) {
                return None;
            }
            let others: Vec<u16> = there.iter().copied().filter(|at| *at != note.first()).collect();
            match note.kind {
                NoteKind::Conditional => ("x12.syntax-note", vec![*random.of(&others)?]),
                _ => ("x12.syntax-note", others),
            }
        }
    };
    if missing.is_empty() || !missing.iter().all(optional) {
        return None;
    }
    missing.iter().for_each(|at| document.put(index, usize::from(*at), ""));
    let mask = note.positions().filter(|at| !text(document, *at).is_empty()).fold(0, |mask, at| mask | bit(at));
    if !note.is_broken(mask) || document.set[index].len() < 2 {
        return None;
    }
    let tag = document.tag(index);
    let first = note.missing(mask).find(|at| note.kind != NoteKind::ListConditional || *at != note.first())?;
    mutant(document, Broken::at(&[code], index, &tag, usize::from(first)))
}

fn component(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let such = |element: &ElementUse| matches!(element.kind, ElementType::Text | ElementType::Code);
    let mut made = put(document, random, &["x12.too-many-components"], such, |_, text, _| Some(format!("{text}>X")))?;
    made.broken.component = Some(2);
    Some(made)
}

fn repetition(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    if !document.name.starts_with("005010") {
        return None;
    }
    let such = |element: &ElementUse| element.kind == ElementType::Text && element.repeat == 1;
    put(document, random, &["x12.too-many-repetitions"], such, |_, text, _| Some(format!("{text}^X")))
}

fn control(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    put(
        document,
        random,
        &["x12.character"],
        |element| element.kind == ElementType::Text,
        |_, text, random| {
            let at = random.below(text.len() + 1);
            Some(format!("{}\u{7}{}", &text[..at], &text[at..]))
        },
    )
}

fn leading_blank(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    put(
        document,
        random,
        &["x12.blanks"],
        |element| element.kind == ElementType::Text,
        |element, text, _| Some(format!(" {text}")).filter(|text| text.len() <= element.max as usize),
    )
}

fn trailing_blank(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    put(
        document,
        random,
        &["x12.blanks"],
        |element| element.kind == ElementType::Text,
        |_, text, _| Some(format!("{text} ")),
    )
}

fn separators(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let index = random.below(document.set.len());
    let (tag, end) = (document.tag(index), document.set[index].len());
    document.set[index].extend(vec![String::new(); 1 + random.below(3)]);
    mutant(document, Broken::at(&["x12.trailing-separators"], index, &tag, end))
}

fn past_the_table(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let index = random.below(document.set.len());
    let (tag, end) = (document.tag(index), document.definition(index).elements.len());
    let at = end + 1 + random.below(3);
    document.put(index, at, "X");
    mutant(document, Broken::at(&["x12.unused-element"], index, &tag, at))
}

fn check_digit(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let announced = |document: &Document, index: usize, element: usize| {
        let number = &*document.element(index, element).unwrap().number;
        let before = document.set[index].get(element - 1).map(String::as_str);
        (number == "234" && matches!(before, Some("UP" | "EN" | "UK"))) || (number == "87" && before == Some("GM"))
    };
    let (index, element) = *random.of(&document.values(announced))?;
    let text = document.set[index][element].clone();
    // Any one digit that changes makes the check digit wrong; the two zeros before an SSCC are none of its digits.
    let from = if document.tag(index) == "MAN" { 2 } else { 0 };
    let at = from + random.below(text.len() - from);
    let digit = (text.as_bytes()[at] - b'0' + 1 + random.below(9) as u8) % 10;
    let changed = format!("{}{digit}{}", &text[..at], &text[at + 1..]);
    let tag = document.tag(index);
    document.put(index, element, &changed);
    mutant(document, Broken::at(&["x12.check-digit"], index, &tag, element))
}

/// Totals of the sets, and what they sum.
const TOTALS: &[(&str, usize, &str, usize)] = &[
    ("945", 1, "W12", 3),
    ("940", 1, "W01", 1),
    ("943", 1, "W04", 1),
    ("944", 1, "W07", 1),
    ("846", 2, "QTY", 2),
    ("856", 2, "SN1", 2),
];

fn total_of(document: &Document) -> Option<(usize, usize, &'static str, usize)> {
    let set = document.name.split_once('-')?.1;
    let (_, element, tag, summed) = TOTALS.iter().find(|(known, ..)| *known == set)?;
    Some((document.set.len() - 2, *element, tag, *summed))
}

fn total(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let (index, element, ..) = total_of(document)?;
    let number: u32 = document.set[index].get(element)?.parse().ok()?;
    let tag = document.tag(index);
    document.put(index, element, &(number + 1 + random.below(1_000) as u32).to_string());
    mutant(document, Broken::at(&["x12.total"], index, &tag, element))
}

fn summand(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let (total, element, tag, summed) = total_of(document)?;
    let lines: Vec<usize> = (0..document.set.len()).filter(|index| document.tag(*index) == tag).collect();
    let line = *random.of(&lines)?;
    let number: u32 = document.set[line].get(summed)?.parse().ok()?;
    document.put(line, summed, &(number + 1 + random.below(100) as u32).to_string());
    let tag = document.tag(total);
    mutant(document, Broken::at(&["x12.total"], total, &tag, element))
}

/// Shifts all that follows in the segment: what is said depends on where it comes to stand.
fn stray_separator(document: &mut Document, random: &mut Random) -> Option<Mutant> {
    let inside = |document: &Document, index: usize, element: usize| {
        !is_envelope(document, index) && document.set[index][element].len() > 1
    };
    let (index, element) = *random.of(&document.values(inside))?;
    let text = document.set[index][element].clone();
    let (first, second) = text.split_at(1 + random.below(text.len() - 1));
    document.set[index][element] = first.to_owned();
    document.set[index].insert(element + 1, second.to_owned());
    let tag = document.tag(index);
    let mut broken = Broken::at(&[], index, &tag, 0);
    broken.codes.push("x12.");
    mutant(document, broken)
}
