//! The language as tables: what texts evaluate to, and what is said of wrong ones.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::{FaultReason, Names, Type, Value, Values, Written, never_both, parse};
use crate::diagnostic::{Diagnostics, text};
use crate::source::SourceFile;

/// Names with their types and values; a list's entries are separated by blanks, `-` is an absent one.
struct Sample;

const NAMES: &[(&str, Type, Option<&str>)] = &[
    ("ordered", Type::Number, Some("24")),
    ("shipped", Type::Number, Some("20.5")),
    ("zero", Type::Number, Some("0")),
    ("largest", Type::Number, Some("79228162514264337593543950335")),
    ("missing", Type::Number, None),
    ("W0601", Type::Text, Some("J")),
    ("W0602", Type::Text, None),
    ("@isa.sender", Type::Text, Some("HARBOR3PL")),
    ("N902[N901=BM]", Type::Text, Some("BOL9981")),
    ("/W0602", Type::Text, Some("heading")),
    ("../LX01", Type::Number, Some("7")),
    ("LX/W12/W1203", Type::Numbers, Some("20 - 4")),
    ("N1[N101=ST]/N104", Type::Text, Some("0021")),
    ("MEA04-01", Type::Text, Some("LB")),
    ("W1202", Type::Number, Some("12")),
    ("W1203", Type::Number, Some("4")),
    ("hot", Type::Boolean, Some("true")),
    ("cold", Type::Boolean, None),
    ("packages.lines.shipped", Type::Numbers, Some("20 - 4.5")),
    ("packages.lines.lot", Type::Texts, Some("A - B")),
    ("nothing", Type::Numbers, Some("-")),
    ("far.apart", Type::Numbers, Some("9999999999999999999999999999 0.4")),
    ("lines", Type::Entries, Some("x y z")),
    ("pieces", Type::Number, Some("10")),
    ("cases", Type::Number, Some("10")),
    ("day", Type::Date, Some("2026-03-10")),
    ("evening", Type::Date, Some("2026-03-10T23:00:00-08:00")),
    ("at_six", Type::Date, Some("2026-03-11T06:00:00Z")),
    ("at_seven", Type::Date, Some("2026-03-11T07:00:00.000Z")),
    ("the_last", Type::Date, Some("9999-12-31T23:59:59.1234567891-10:00")),
    ("someday", Type::Date, None),
    ("dock", Type::Time, Some("14:05")),
];

impl Names for Sample {
    type Name = usize;

    fn resolve(&self, path: &str) -> Option<(usize, Type)> {
        let at = NAMES.iter().position(|(name, ..)| *name == path)?;
        Some((at, NAMES[at].1))
    }

    fn candidates(&self) -> Vec<String> {
        NAMES.iter().map(|(name, ..)| (*name).to_owned()).collect()
    }
}

impl Values<usize> for Sample {
    fn value(&self, name: &usize) -> Value<'_> {
        let (_, of, value) = NAMES[*name];
        value.map_or(Value::Absent, |text| single(of, text))
    }

    fn unit(&self, name: &usize) -> Option<&str> {
        [("pieces", "EA"), ("cases", "CA")].iter().find(|(known, _)| *known == NAMES[*name].0).map(|(_, unit)| *unit)
    }

    fn each(&self, name: &usize, visit: &mut dyn FnMut(Value<'_>)) {
        let (_, of, value) = NAMES[*name];
        for text in value.unwrap_or_default().split(' ') {
            visit(single(of, text));
        }
    }
}

fn single(of: Type, text: &str) -> Value<'_> {
    match of {
        _ if text == "-" => Value::Absent,
        Type::Number | Type::Numbers => Value::Number(text.parse().unwrap()),
        Type::Text | Type::Date | Type::Time | Type::Texts => Value::Text(Cow::Borrowed(text)),
        Type::Boolean => Value::Boolean(text == "true"),
        Type::Entries => Value::Entry,
    }
}

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Absent => "absent".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => format!("'{text}'"),
        Value::Boolean(yes) => yes.to_string(),
        Value::Entry => "an entry".to_owned(),
    }
}

/// The value of `expression`, or the first line of what is wrong with it.
fn outcome(expression: &str, expected: Option<Type>) -> String {
    let file = SourceFile::new("sample.toml", format!("key = '''{expression}'''\n"));
    let written = Written { file: &file, span: 6..file.text.len() - 1, key: "key" };
    let mut diagnostics = Diagnostics::unlimited();
    let parsed = parse(expression, &Sample, &written, expected, &mut diagnostics);
    let Some(parsed) = parsed else {
        let lines: Vec<_> = diagnostics.list().iter().map(|one| text::render(one, false)).collect();
        return lines.concat();
    };
    assert!(diagnostics.is_empty(), "{expression}: a result and diagnostics");
    match parsed.evaluate(&Sample) {
        Ok(value) => shown(&value),
        Err(fault) => format!("{} in {}", fault.reason, &file.text[fault.span]),
    }
}

#[test]
fn expressions_have_these_values() {
    let table = [
        ("ordered - shipped", "3.5"),
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 3 - 2", "5"),
        ("-ordered / 5", "-4.8"),
        ("--1", "1"),
        ("1.50", "1.50"),
        ("ordered - missing", "absent"),
        ("-missing", "absent"),
        ("sum(packages.lines.shipped)", "24.5"),
        ("sum(nothing)", "absent"),
        ("count(nothing)", "0"),
        ("count(packages.lines.lot)", "2"),
        ("count(lines) * 2", "6"),
        ("round(10 / 3, 2)", "3.33"),
        ("round(-2.5, 0)", "-3"),
        ("round(missing, 1)", "absent"),
        ("W0601", "'J'"),
        ("W0602", "absent"),
        ("'say \"when\"'", "'say \"when\"'"),
        ("/W0602", "'heading'"),
        ("/W0602 = 'heading' and not present(W0602)", "true"),
        ("7 * count(LX/W12/W1203) / ../LX01", "2"),
        ("sum(LX/W12/W1203)/2", "12"),
        ("../LX01 - 3", "4"),
        ("N1[N101=ST]/N104 in ['0021']", "true"),
        ("MEA04-01 = 'LB'", "true"),
        ("W1202/W1203", "3"),
        ("W1202 /W1203", "3"),
        ("W1202-1", "11"),
        ("W0601 = 'J'", "true"),
        ("W0601 = \"F\"", "false"),
        ("W0602 = 'J'", "false"),
        ("W0602 != 'J'", "true"),
        ("not W0602 = 'J'", "true"),
        ("W0602 = W0602", "false"),
        ("missing < 1 or missing >= 1", "false"),
        ("W0601 in ['F', 'J']", "true"),
        ("W0601 not in ['F', 'J']", "false"),
        ("W0601 in[]", "false"),
        ("W0602 in ['F']", "false"),
        ("W0602 not in ['F']", "true"),
        ("ordered in [1, 12 * 2, -1]", "true"),
        ("1 = 1.00", "true"),
        ("'2026-03-09' < '2026-03-10'", "true"),
        ("1 < 2 and 2 <= 2 and 3 > 2 and 3 >= 3", "true"),
        ("false and false or true", "true"),
        ("false and (false or true)", "false"),
        ("not false and false", "false"),
        ("hot", "true"),
        ("not cold", "true"),
        ("hot = true", "true"),
        ("(1 = 1) = (2 = 2)", "true"),
        ("present(W0602) or present(W0601)", "true"),
        ("present(lines)", "true"),
        ("present(nothing)", "false"),
        ("@isa.sender = 'HARBOR3PL'", "true"),
        ("N902[N901=BM] = 'BOL9981'", "true"),
        ("1 / zero", "division by zero in 1 / zero"),
        ("2 + ordered / (1 - 1)", "division by zero in ordered / (1 - 1)"),
        ("missing / zero", "absent"),
        ("largest + largest", "the result has more than 28 digits in largest + largest"),
        ("largest * largest", "the result has more than 28 digits in largest * largest"),
    ];
    for (expression, expected) in table {
        assert_eq!(outcome(expression, None), expected, "{expression}");
    }
}

#[test]
fn nothing_is_rounded_but_by_round_and_division_and_no_units_are_mixed() {
    let table = [
        (
            "9999999999999999999999999999 + 0.4",
            "the result has more than 28 digits in 9999999999999999999999999999 + 0.4",
        ),
        ("largest - 0.5", "the result has more than 28 digits in largest - 0.5"),
        (
            "0.00000000000001 * 0.000000000000001",
            "the result has more than 28 digits in 0.00000000000001 * 0.000000000000001",
        ),
        ("sum(far.apart)", "the result has more than 28 digits in sum(far.apart)"),
        ("7922816251426433759354395033.5 + 0.5", "7922816251426433759354395034"),
        ("largest - 5.000", "79228162514264337593543950330"),
        ("2.50 * 4", "10.00"),
        ("1.50 + 1", "2.50"),
        ("pieces = cases", "one quantity is in EA, the other in CA in pieces = cases"),
        ("pieces in [cases]", "one quantity is in EA, the other in CA in pieces in [cases]"),
        ("pieces in [10, ordered]", "true"),
    ];
    for (expression, expected) in table {
        assert_eq!(outcome(expression, None), expected, "{expression}");
    }
}

#[test]
fn dates_instants_and_times_compare_as_what_they_are() {
    let table = [
        // An hour after, though its day is the one before.
        ("evening <= at_six", "false"),
        ("evening = at_seven", "true"),
        ("evening in [at_six, at_seven]", "true"),
        ("evening != at_seven", "false"),
        ("at_seven = '2026-03-11T07:00:00+00:00'", "true"),
        ("'2026-03-11T07:00:00+00:00' = at_seven", "true"),
        // With a day, by the day of its own offset.
        ("evening = day", "true"),
        ("at_six > day", "true"),
        ("evening in ['2026-03-09', '2026-03-10']", "true"),
        ("day < '2026-03-10T00:00:00+14:00'", "false"),
        ("the_last > at_six", "true"),
        ("someday < day or someday >= day", "false"),
        ("someday != day", "true"),
        ("present(day) and not present(someday)", "true"),
        ("dock = '14:05:00'", "true"),
        ("dock < '14:05:00.5'", "true"),
        ("day", "'2026-03-10'"),
    ];
    for (expression, expected) in table {
        assert_eq!(outcome(expression, None), expected, "{expression}");
    }
}

/// Expression, code and message of the first diagnostic, the text marked, the remedy.
type Wrong = (&'static str, &'static str, &'static str, &'static str);

const WRONG: &[Wrong] = &[
    (
        "",
        "error[expression.syntax] the expression has its end where a value is expected",
        "'",
        "write an expression, such as",
    ),
    (
        "1 +",
        "error[expression.syntax] the expression has its end where a value is expected",
        "'",
        "write a value behind `+`",
    ),
    (
        "1 2",
        "error[expression.syntax] the expression has `2` where an operator or the end is expected",
        "2",
        "write an operator behind `1`, or nothing",
    ),
    (
        "(1 + 2",
        "error[expression.syntax] the expression has its end where `)` is expected",
        "'",
        "write `)` behind `2`",
    ),
    (
        "sum(lines",
        "error[expression.syntax] the expression has its end where `,` or `)` is expected",
        "'",
        "write `,` or `)` behind `lines`",
    ),
    ("a == 1", "error[expression.syntax] `==` is not an operator here", "==", "write `=`"),
    ("a && b", "error[expression.syntax] `&&` is not an operator here", "&&", "write `and`"),
    ("!a", "error[expression.syntax] `!` is not an operator here", "!", "write `not`"),
    (
        "1 < 2 < 3",
        "error[expression.syntax] two comparisons stand side by side",
        "<",
        "join them with `and`: a < b and b < c",
    ),
    (
        "W0601 = 'J",
        "error[expression.syntax] a text is not closed: its second quote is missing",
        "'J",
        "close the text with '",
    ),
    ("W0601 = 1E5", "error[expression.syntax] `1E5` is not a number", "1E5", "put a code in quotes: '1E5'"),
    ("ordered % 2", "error[expression.syntax] `%` has no meaning in an expression", "%", "remove it"),
    (
        "W0601 in 'J'",
        "error[expression.syntax] the expression has `'J'` where a list in square brackets is expected",
        "'J'",
        "write a list in square brackets behind `in`",
    ),
    ("sum()", "error[expression.syntax] `sum` takes 1 value, here are 0", "sum()", "write `sum(list)`"),
    (
        "ordered - shiped",
        "error[expression.unknown-name] the expression names `shiped`, which does not exist here",
        "shiped",
        "did you mean `shipped`?",
    ),
    (
        "W0601 = J",
        "error[expression.unknown-name] the expression names `J`, which does not exist here",
        "J",
        "write a text in quotes: 'J'",
    ),
    (
        "summ(lines)",
        "error[expression.unknown-name] the expression calls `summ`, which is no function",
        "summ",
        "did you mean `sum`?",
    ),
    (
        "ordered + W0601",
        "error[expression.type] `W0601` is a text, a number is needed here",
        "W0601",
        "name a field that holds a number; a number itself stands without quotes",
    ),
    (
        "W0601 = 1",
        "error[expression.type] `W0601 = 1` compares a text with a number",
        "W0601 = 1",
        "put the value in quotes",
    ),
    (
        "ordered in ['1']",
        "error[expression.type] `'1'` is a text, a number is needed here",
        "'1'",
        "name a field that holds a number; a number itself stands without quotes",
    ),
    (
        "packages.lines.shipped",
        "error[expression.type] `packages.lines.shipped` is a list of numbers, a single value is needed here",
        "packages.lines.shipped",
        "write `sum(..)` or `count(..)` around the list",
    ),
    (
        "sum(lines)",
        "error[expression.type] `sum` takes a list of numbers, `lines` is a list of entries",
        "lines",
        "write `sum(list)`",
    ),
    (
        "count(ordered)",
        "error[expression.type] `count` takes a list, `ordered` is a number",
        "ordered",
        "write `count(list)`",
    ),
    (
        "present(1 = 1)",
        "error[expression.type] `present` takes a name, `1 = 1` is true or false",
        "1 = 1",
        "write `present(name)`",
    ),
    (
        "round(ordered, 99)",
        "error[expression.type] `round` takes a whole number from 0 to 28 after the comma, `99` is a number",
        "99",
        "write `round(number, digits)`",
    ),
    (
        "day <= '2026-02-30'",
        "error[expression.type] `'2026-02-30'` is not a date",
        "'2026-02-30'",
        "write a day as '2026-03-10'",
    ),
    (
        "evening in ['2026-03-10T14:00:00']",
        "error[expression.type] `'2026-03-10T14:00:00'` is not a date",
        "'2026-03-10T14:00:00'",
        "an instant as '2026-03-10T14:00:00-07:00'",
    ),
    (
        "dock > '1405'",
        "error[expression.type] `'1405'` is not a time of the day",
        "'1405'",
        "write a time of the day as '14:05'",
    ),
    (
        "day = W0601",
        "error[expression.type] `day = W0601` compares a date with a text",
        "day = W0601",
        "write a day as",
    ),
    (
        "day = 20260310",
        "error[expression.type] `day = 20260310` compares a date with a number",
        "day = 20260310",
        "write a day as",
    ),
    (
        "ordered and hot",
        "error[expression.type] `ordered` is a number, true or false is needed here",
        "ordered",
        "write a comparison",
    ),
    (
        "hot < cold",
        "error[expression.type] `hot < cold` asks which of two truth values is greater",
        "hot < cold",
        "compare truth values with = or !=",
    ),
];

#[test]
fn what_is_wrong_is_said_with_the_token_and_the_next_action() {
    for (expression, message, marked, remedy) in WRONG {
        let rendered = outcome(expression, None);
        let lines: Vec<&str> = rendered.lines().collect();
        assert_eq!(lines[0], *message, "{expression}");
        let (start, end) = (lines[3].find('^').unwrap(), lines[3].len());
        assert_eq!(&lines[2][start..end], *marked, "{expression}");
        assert!(lines[4].contains(remedy), "{expression}: {}", lines[4]);
    }
}

#[test]
fn a_result_of_another_type_than_expected_is_reported() {
    let rendered = outcome("ordered", Some(Type::Boolean));
    assert!(rendered.starts_with("error[expression.type] `ordered` is a number, true or false is needed here"));
    assert_eq!(outcome("ordered > 1", Some(Type::Boolean)), "true");
}

#[test]
fn every_problem_of_one_expression_is_reported() {
    let rendered = outcome("shiped + ordred > 1 and W0601", None);
    assert_eq!(rendered.matches("error[").count(), 3, "{rendered}");
}

#[test]
fn an_escaped_text_is_marked_as_a_whole() {
    let file = SourceFile::new("sample.toml", "when = \"W0601 = \\\"J\\\" + 1\"\n");
    let table = file.parse(&mut Diagnostics::unlimited());
    let span = table.get("when").unwrap().span.clone();
    let mut diagnostics = Diagnostics::unlimited();
    let written = Written { file: &file, span, key: "when" };
    assert!(parse("W0601 = \"J\" + 1", &Sample, &written, None, &mut diagnostics).is_none());
    let rendered = text::render(&diagnostics.list()[0], false);
    assert!(rendered.contains("  when = \"W0601"), "{rendered}");
    assert!(rendered.contains("\n                 ^^^^^^^^^^^^^^^^^^^\n"), "{rendered}");
}

#[test]
fn the_names_used_are_listed() {
    let file = SourceFile::new("sample.toml", "");
    let written = Written { file: &file, span: 0..0, key: "key" };
    let parsed =
        parse("present(W0601) and ordered in [shipped]", &Sample, &written, None, &mut Diagnostics::unlimited());
    let names: Vec<&str> = parsed.unwrap().names().into_iter().map(|name| NAMES[*name].0).collect();
    assert_eq!(names, ["W0601", "ordered", "shipped"]);
}

#[test]
fn conditions_that_compare_texts_are_known_to_exclude_each_other() {
    let file = SourceFile::new("sample.toml", "");
    let written = Written { file: &file, span: 0..0, key: "key" };
    let parsed = |text| parse(text, &Sample, &written, None, &mut Diagnostics::unlimited()).unwrap();
    let check = |one, other, expected| {
        assert_eq!(never_both(&[&parsed(one)], &[&parsed(other)]), expected, "{one} / {other}");
    };
    check("W0601 = 'J'", "W0601 = 'F'", true);
    check("W0601 = 'J'", "W0601 != 'J'", true);
    check("W0601 = 'J'", "W0601 != 'F'", false);
    check("W0601 = 'J'", "W0602 = 'F'", false);
    check("W0601 in ['J', 'F']", "not (W0601 = 'J' or W0601 = 'F')", true);
    check("W0601 in ['J', 'F']", "W0601 not in ['J']", false);
    check("present(W0601)", "not present(W0601)", true);
    check("present(W0601)", "W0601 != 'J'", false);
    check("W0601 = 'J' and W0602 = '1'", "W0601 = 'J' and W0602 = '2'", true);
    // What is more than texts compared is not tried.
    check("W0601 < 'J'", "W0601 > 'J'", false);
    check("ordered = 1", "ordered = 2", false);
    check("false", "W0601 = 'J'", true);
    // A day and an instant may be both.
    check("day = '2026-03-10T01:00:00Z'", "day = '2026-03-10T02:00:00Z'", false);
}

#[test]
fn the_texts_that_names_are_compared_with_are_found_wherever_they_stand() {
    let file = SourceFile::new("sample.toml", "");
    let written = Written { file: &file, span: 0..0, key: "key" };
    let text = "not (W0601 in ['J', 'F']) and ordered > 3 or day >= '2026-03-10' or (1 = 1) = ('K' != W0602)";
    let parsed = parse(text, &Sample, &written, None, &mut Diagnostics::unlimited()).unwrap();
    let found: Vec<_> = parsed.compared().into_iter().map(|(name, text)| (NAMES[*name].0, text)).collect();
    assert_eq!(found, [("W0601", "J"), ("W0601", "F"), ("W0602", "K")]);
}

#[test]
fn no_text_panics_or_exhausts_the_stack() {
    let pieces = [
        "(",
        ")",
        "[",
        "]",
        "-",
        "not ",
        "'",
        "\"",
        "sum(",
        "1.",
        "@",
        "\u{e9}",
        "\u{1F4E6}",
        " in ",
        ",",
        "1+",
        "a.",
        "=",
        "\0",
    ];
    for first in pieces {
        for second in pieces {
            for count in [1, 2, 399, if first == second { 50_000 } else { 3 }] {
                let hostile = format!("{}{second}", first.repeat(count));
                let _: String = outcome(&hostile, None);
                let _: String = outcome(&format!("{hostile}1{}", second.repeat(count)), None);
            }
        }
    }
    assert_eq!(outcome(&format!("1{}", " + 1".repeat(199)), None), "200");
    assert!(outcome(&format!("1{}", " + 1".repeat(200)), None).contains("more than 400 parts"));
    assert_eq!(outcome(&format!("{}1{}", "(".repeat(199), ")".repeat(199)), None), "1");
    assert_eq!(FaultReason::DivisionByZero.to_string(), "division by zero");
    assert_eq!(Decimal::MAX.to_string(), NAMES[3].2.unwrap());
}
