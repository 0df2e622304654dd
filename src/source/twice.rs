//! A key that stands twice in one table: where the first one is.

use std::ops::Range;

use toml::de::{DeTable, DeValue, Error};

use super::SourceFile;
use crate::diagnostic::{Diagnostic, codes};

/// What the parser says of a key that stands twice.
const DUPLICATE: &str = "duplicate key";
/// The first one of so many keys is looked for, each time through the whole file.
pub(super) const LOOKED_FOR: usize = 20;
/// Stands in the place of the second key when its table is looked for.
const STAND_IN: &str = "\"a key that stands twice\"";

/// What is said of the key, with the place of the first one; `None` where the error is about something else.
pub(super) fn told(file: &SourceFile, error: &Error) -> Option<Diagnostic> {
    let span = error.span().filter(|_| error.message() == DUPLICATE)?;
    let first = first_of(&file.text, &span)?;
    let line_start = file.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let header = file.text[line_start..].trim_start().starts_with('[');
    let remedy = match header {
        true => "put the lines of both tables below one header",
        false => "keep one of the two",
    };
    let message = format!("not well-formed TOML: `{}` stands twice in one table", &file.text[span.clone()]);
    let first = file.place(first, None);
    let cause = format!("the first stands in line {}, column {}", first.line, first.column);
    Some(Diagnostic::new(codes::FILE_SYNTAX, message, file.place(span, None)).cause(cause).remedy(remedy))
}

/// The span of the key that the key at `second` says again: the one of that name in the table that has the stand-in.
fn first_of(text: &str, second: &Range<usize>) -> Option<Range<usize>> {
    let written = text.get(second.clone())?;
    let named = format!("{written} = 0");
    let name = DeTable::parse(&named).ok()?.into_inner().into_iter().next()?.0.into_inner();
    let renamed = [&text[..second.start], STAND_IN, &text[second.end..]].concat();
    let (table, _) = DeTable::parse_recoverable(&renamed);
    let beside = table_with(table.get_ref(), second.start)?;
    let first = beside.keys().find(|key| *key.get_ref() == name)?.span();
    (first.end <= second.start).then_some(first)
}

/// The table in which a key begins at `offset`.
fn table_with<'t, 'i>(table: &'t DeTable<'i>, offset: usize) -> Option<&'t DeTable<'i>> {
    if table.keys().any(|key| key.span().start == offset) {
        return Some(table);
    }
    table.values().find_map(|value| in_value(value.get_ref(), offset))
}

fn in_value<'t, 'i>(value: &'t DeValue<'i>, offset: usize) -> Option<&'t DeTable<'i>> {
    match value {
        DeValue::Table(table) => table_with(table, offset),
        DeValue::Array(list) => list.iter().find_map(|entry| in_value(entry.get_ref(), offset)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Diagnostics;
    use crate::source::SourceFile;

    /// What is said of keys that stand twice: line and message, cause.
    fn check(text: &str, expected: &[(u64, &str, &str)]) {
        let mut diagnostics = Diagnostics::unlimited();
        SourceFile::new("harbor.toml", text).parse(&mut diagnostics);
        let told: Vec<(u64, &str, &str)> = diagnostics
            .list()
            .iter()
            .map(|found| {
                let crate::diagnostic::Place::Source(place) = &found.place else { panic!("no place") };
                (place.line, found.message.as_str(), found.cause.as_deref().unwrap_or_default())
            })
            .collect();
        assert_eq!(told, expected, "{text}");
    }

    #[test]
    fn the_first_of_two_keys_is_found_in_whatever_table_they_stand() {
        let twice = |key: &str| format!("not well-formed TOML: `{key}` stands twice in one table");
        let first = |line: u64, column: u64| format!("the first stands in line {line}, column {column}");
        let check = |text: &str, told: &[(u64, &str, u64, u64)]| {
            let words: Vec<_> =
                told.iter().map(|(line, key, at, column)| (*line, twice(key), first(*at, *column))).collect();
            let words: Vec<_> = words.iter().map(|(line, message, cause)| (*line, &**message, &**cause)).collect();
            check(text, &words);
        };
        check("a = 1\nb = 2\na = 3\n\"a\" = 4\n", &[(3, "a", 1, 1), (4, "\"a\"", 1, 1)]);
        check("[map]\nx = 1\n[map.lines]\nx = 2\n  x = 3\n", &[(5, "x", 4, 1)]);
        check("x = { at = \"W0601\", at = \"W0602\" }\n", &[(1, "at", 1, 7)]);
        check("x = [{ a = 1 }, { a = 1, b = 2, a = 3 }]\n", &[(1, "a", 1, 19)]);
        check(
            "[map.ship_to]\nin = 1\n[map]\n[map.ship_to]\nname = 2\nin = 3\n",
            &[(4, "ship_to", 1, 6), (6, "in", 2, 1)],
        );
        check("[[test]]\na = 1\n[[test]]\na = 1\na = 2\n", &[(5, "a", 4, 1)]);
        check("a.b = 1\n[a]\nb = 2\n", &[(2, "a", 1, 1), (3, "b", 1, 3)]);
    }
}
