//! The one layout of files that people write: where spaces and empty lines stand, and in which order the keys at the head.
//!
//! Works on the text, so that comments stay where they are and every value stays as it is written. A value of several lines is
//! left alone. What is laid out already does not change.

use std::ops::Range;

use super::SourceFile;
use crate::diagnostic::Diagnostics;

/// The keys at the head of a mapping, in their order.
const HEAD: [&str; 4] = ["canonical", "document", "extends", "guide"];
/// Comments behind lines that are longer than this stand right behind them; the others stand in one column.
const LONG: usize = 76;
/// Between a line and the comment behind it, where no column is kept.
const GAP: usize = 3;

/// The text laid out; `None` when it is no TOML.
#[must_use]
pub fn format(text: &str) -> Option<String> {
    let mut wrong = Diagnostics::with_limit(1);
    SourceFile::new("", text).parse(&mut wrong);
    if wrong.errors() > 0 {
        return None;
    }
    let mut items = items(text)?;
    order_head(&mut items);
    Some(laid_out(&items))
}

/// One line, or several that are one value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Empty,
    Comment(String),
    /// `[map.lines]`, with the comment behind it.
    Header(String, Option<Behind>),
    Entry {
        key: String,
        value: String,
        comment: Option<Behind>,
    },
}

/// A comment behind something.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Behind {
    text: String,
    /// The column in which it was written.
    column: usize,
}

impl Behind {
    /// The comment that stands at `at` on its line, up to `end`.
    fn of(text: &str, at: usize, end: usize) -> Option<Self> {
        let comment = text[at..end].trim();
        let start = at + text[at..end].find('#')?;
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        Some(Self { text: comment.to_owned(), column: text[line_start..start].chars().count() })
    }
}

fn items(text: &str) -> Option<Vec<Item>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut items = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let line = text[at..line_end].trim();
        match line.chars().next() {
            None => items.push(Item::Empty),
            Some('#') => items.push(Item::Comment(line.to_owned())),
            Some('[') => {
                let code_end = at + find(&text[at..line_end], |c, _| c == '#').unwrap_or(line_end - at);
                items.push(Item::Header(squeezed(&text[at..code_end]), Behind::of(text, code_end, line_end)));
            }
            Some(_) => {
                let equals = at + find(&text[at..], |c, depth| c == '=' && depth == 0)?;
                let value = equals + 1..value_end(text, equals + 1);
                let end = text[value.end..].find('\n').map_or(text.len(), |end| value.end + end);
                let comment = Behind::of(text, value.end, end);
                let key = squeezed(text[at..equals].trim());
                items.push(Item::Entry { key, value: value_text(text, value), comment });
                at = end + 1;
                continue;
            }
        }
        at = line_end + 1;
    }
    Some(items)
}

/// Where the value that begins behind `from` ends: before a comment or at the end of the line, outside of brackets.
fn value_end(text: &str, from: usize) -> usize {
    let end = find(&text[from..], |c, depth| depth == 0 && (c == '\n' || c == '#'));
    from + end.unwrap_or(text.len() - from)
}

/// The value as it is written; on one line, with its spaces laid out.
fn value_text(text: &str, span: Range<usize>) -> String {
    let value = text[span].trim();
    if value.contains('\n') {
        return value.replace("\r\n", "\n");
    }
    let mut out = String::new();
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let length = string_length(rest).unwrap_or(c.len_utf8());
        let (piece, behind) = rest.split_at(length);
        match c {
            ' ' | '\t' => {}
            '{' if behind.trim_start().starts_with('}') => out.push('{'),
            '{' => out.push_str("{ "),
            '}' if out.ends_with('{') => out.push('}'),
            '}' => out.push_str(" }"),
            ',' => out.push_str(", "),
            '=' => out.push_str(" = "),
            _ => out.push_str(piece),
        }
        rest = behind;
    }
    out
}

/// The length of the string that `text` begins with, its quotes included; `None` when it begins with none.
fn string_length(text: &str) -> Option<usize> {
    for quotes in ["\"\"\"", "'''", "\"", "'"] {
        let Some(rest) = text.strip_prefix(quotes) else { continue };
        let mut at = 0;
        while at < rest.len() {
            if rest[at..].starts_with(quotes) {
                // A long string may end with quotes of its own.
                let more = if quotes.len() == 3 {
                    rest[at + 3..].bytes().take_while(|b| *b == quotes.as_bytes()[0]).count()
                } else {
                    0
                };
                return Some(quotes.len() + at + quotes.len() + more);
            }
            let escaped = rest[at..].starts_with('\\') && quotes.starts_with('"');
            let length = |at: usize| rest[at..].chars().next().map_or(1, char::len_utf8);
            at += length(at);
            if escaped && at < rest.len() {
                at += length(at);
            }
        }
        return Some(text.len());
    }
    None
}

/// The first place outside strings and comments where `is_it` holds of a character and of how deep in brackets it stands.
fn find(text: &str, is_it: impl Fn(char, usize) -> bool) -> Option<usize> {
    let (mut at, mut depth) = (0, 0usize);
    while let Some(c) = text[at..].chars().next() {
        if is_it(c, depth) {
            return Some(at);
        }
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            '#' => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            _ => {}
        }
        at += string_length(&text[at..]).unwrap_or(c.len_utf8());
    }
    None
}

/// Without spaces outside strings: a key, or a table's name.
fn squeezed(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let (piece, behind) = rest.split_at(string_length(rest).unwrap_or(c.len_utf8()));
        if !c.is_whitespace() {
            out.push_str(piece);
        }
        rest = behind;
    }
    out
}

/// Puts the keys at the head into their order, where they stand together.
fn order_head(items: &mut [Item]) {
    let rank = |item: &Item| match item {
        Item::Entry { key, .. } => HEAD.iter().position(|known| known == key),
        _ => None,
    };
    let Some(start) = items.iter().position(|item| rank(item).is_some()) else { return };
    let before_tables = !items[..start].iter().any(|item| matches!(item, Item::Header(..)));
    let length = items[start..].iter().take_while(|item| rank(item).is_some()).count();
    if before_tables {
        items[start..start + length].sort_by_key(rank);
    }
}

fn laid_out(items: &[Item]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < items.len() {
        let block = items[at..].iter().take_while(|item| matches!(item, Item::Entry { .. })).count();
        if block > 0 {
            lay_out_block(&items[at..at + block], &mut out);
            at += block;
            continue;
        }
        match &items[at] {
            Item::Empty => empty_line(&mut out),
            Item::Comment(text) => {
                // What is said of a table stands right above it.
                let next = items[at..].iter().find(|item| !matches!(item, Item::Comment(_)));
                let begins = at == 0 || !matches!(items[at - 1], Item::Comment(_));
                if begins && matches!(next, Some(Item::Header(..))) {
                    empty_line(&mut out);
                }
                out.push_str(&format!("{text}\n"));
            }
            Item::Header(name, comment) => {
                let said_above = at > 0 && matches!(items[at - 1], Item::Comment(_));
                if !said_above {
                    empty_line(&mut out);
                }
                let column = comment.as_ref().map_or(0, |comment| column(&[(width(name), comment.column)]));
                line_with(name, comment.as_ref(), column, &mut out);
            }
            Item::Entry { .. } => {}
        }
        at += 1;
    }
    let length = out.trim_end_matches('\n').len();
    out.truncate(length);
    out.push('\n');
    out
}

/// One empty line, but none at the beginning.
fn empty_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
}

/// Lines that stand together: their `=` in one column, and so the comments behind them.
fn lay_out_block(items: &[Item], out: &mut String) {
    let entries = || {
        items.iter().filter_map(|item| match item {
            Item::Entry { key, value, comment } => Some((key, value, comment.as_ref())),
            _ => None,
        })
    };
    // The row for every other code stands behind short ones.
    let widest = entries().map(|(key, ..)| key).filter(|key| *key != "\"*\"").map(|key| width(key)).max().unwrap_or(0);
    let lines: Vec<(String, Option<&Behind>)> =
        entries().map(|(key, value, comment)| (format!("{key:<widest$} = {value}"), comment)).collect();
    let short = lines.iter().filter(|(line, _)| !line.contains('\n') && width(line) <= LONG);
    let commented: Vec<(usize, usize)> =
        short.filter_map(|(line, comment)| Some((width(line), comment.as_ref()?.column))).collect();
    let column = column(&commented);
    lines.iter().for_each(|(line, comment)| line_with(line, *comment, column, out));
}

/// The column of the comments behind lines, of which each has a width and the column of its comment so far: the column in
/// which most of them stand, where all lines leave room for it.
fn column(lines: &[(usize, usize)]) -> usize {
    let widest = lines.iter().map(|(width, _)| *width).max().unwrap_or(0);
    let most = |column: &usize| lines.iter().filter(|(_, other)| other == column).count();
    let kept = lines.iter().map(|(_, column)| *column).max_by_key(|column| (most(column), *column));
    kept.filter(|column| *column >= widest + GAP).unwrap_or(widest + GAP)
}

/// A line with its comment in the column, or right behind it where it is too long for that.
fn line_with(line: &str, comment: Option<&Behind>, column: usize, out: &mut String) {
    let last = line.rsplit('\n').next().unwrap_or(line);
    out.push_str(line);
    if let Some(comment) = comment {
        let room = column.saturating_sub(width(last));
        let room = if room < GAP || line.contains('\n') { GAP } else { room };
        out.push_str(&" ".repeat(room));
        out.push_str(&comment.text);
    }
    out.push('\n');
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Node, SourceFile, Table, Value};
    use super::format;
    use crate::diagnostic::Diagnostics;

    fn check(text: &str, expected: &str) {
        assert_eq!(format(text).as_deref(), Some(expected), "{text}");
        assert_eq!(format(expected).as_deref(), Some(expected), "laid out twice");
    }

    #[test]
    fn lines_that_stand_together_are_aligned() {
        check("a=1\nlong_key=  \"x\" # why\n\n\n\nb= 'y'", "a        = 1\nlong_key = \"x\"   # why\n\nb = 'y'\n");
        check("a = 1 # one\nb = \"three\"  # two\nc = 2\n", "a = 1         # one\nb = \"three\"   # two\nc = 2\n");
        check("CC = 'a'\n\"*\" = 'keep'\n", "CC = 'a'\n\"*\" = 'keep'\n");
    }

    #[test]
    fn comments_stay_in_the_column_where_most_of_them_stand() {
        check(
            "a = 1          # one\nbb = 2         # two\nc = 3 # three\n",
            "a  = 1         # one\nbb = 2         # two\nc  = 3         # three\n",
        );
        let long = format!("a = \"{}\"", "x".repeat(90));
        check(&format!("b = 1      # one\n{long} # two\n"), &format!("b = 1      # one\n{long}   # two\n"));
    }

    #[test]
    fn a_table_stands_behind_an_empty_line_with_its_comment_right_above() {
        check(
            "a = 1\n# about it\n[map.lines ]# more\nb = 1\n[x]\n",
            "a = 1\n\n# about it\n[map.lines]   # more\nb = 1\n\n[x]\n",
        );
        check("\n\n# a file\na = 1\n# between\nlong = 1\n", "# a file\na = 1\n# between\nlong = 1\n");
    }

    #[test]
    fn inline_tables_and_lists_have_their_spaces_and_strings_keep_theirs() {
        check(
            "a={at=\"W12  03\",unit={at='x{,}#'}}\nb=[ \"a\",\"b\" ]\nc = {  }",
            "a = { at = \"W12  03\", unit = { at = 'x{,}#' } }\nb = [\"a\", \"b\"]\nc = {}\n",
        );
        check("a = \"\\\"#\" # b\n", "a = \"\\\"#\"   # b\n");
        check("a . \"b c\" = 1\n", "a.\"b c\" = 1\n");
    }

    #[test]
    fn values_of_several_lines_are_left_alone() {
        let list = "document = [\n  \"W0609\",  # why\n  \"NTE\",\n]   # all\n";
        check(list, list);
        check("a = \"\"\"\n  x = 1\n\"\"\"\nbb=1\n", "a  = \"\"\"\n  x = 1\n\"\"\"\nbb = 1\n");
    }

    #[test]
    fn the_keys_at_the_head_have_their_order() {
        check("guide = \"g\"\nextends = \"e\"   # why\n[map]\n", "extends = \"e\"   # why\nguide   = \"g\"\n\n[map]\n");
        check("[x]\nguide = 1\nextends = 2\n", "[x]\nguide   = 1\nextends = 2\n");
        assert_eq!(format("[map\n"), None);
    }

    /// Keys and values without their places.
    fn meaning(text: &str) -> String {
        fn node(node: &Node) -> String {
            match &node.value {
                Value::List(list) => format!("[{}]", list.iter().map(node_text).collect::<Vec<_>>().join(",")),
                Value::Table(table) => table_text(table),
                Value::Text(text) => format!("{text:?}"),
                Value::Integer(number) => number.to_string(),
                Value::Boolean(yes) => yes.to_string(),
                Value::Date(text) | Value::Float(text) => text.clone(),
            }
        }
        fn node_text(one: &Node) -> String {
            node(one)
        }
        fn table_text(table: &Table) -> String {
            let mut entries: Vec<String> =
                table.entries.iter().map(|entry| format!("{:?}={}", entry.key, node(&entry.node))).collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
        table_text(&SourceFile::new("", text).parse(&mut Diagnostics::unlimited()))
    }

    fn comments(text: &str) -> Vec<String> {
        let mut found: Vec<String> = super::items(text)
            .unwrap()
            .into_iter()
            .filter_map(|item| match item {
                super::Item::Comment(text) => Some(text),
                super::Item::Header(_, comment) | super::Item::Entry { comment, .. } => comment.map(|one| one.text),
                super::Item::Empty => None,
            })
            .collect();
        found.sort();
        found
    }

    fn value() -> impl Strategy<Value = String> {
        let plain = prop_oneof![
            "[a-zA-Z0-9 #={}\\[\\],.é]{0,12}".prop_map(|text| format!("\"{text}\"")),
            "[a-zA-Z0-9 #={}\\[\\],\"\\\\]{0,12}".prop_map(|text| format!("'{text}'")),
            Just("\"a \\\" # b\"".to_owned()),
            Just("\"\"\"\n two # lines\n = \"\"\"".to_owned()),
            "[1-9][0-9]{0,4}".prop_map(|number| number),
            Just("2026-12-01".to_owned()),
            Just("true".to_owned()),
        ];
        plain.prop_recursive(3, 12, 4, |inner| {
            let list = proptest::collection::vec((inner.clone(), "[ \t]{0,2}"), 0..4).prop_map(|list| {
                format!(
                    "[{}]",
                    list.into_iter()
                        .map(|(value, space)| format!("{space}{value}{space}"))
                        .collect::<Vec<_>>()
                        .join(",")
                )
            });
            let lines = proptest::collection::vec(inner.clone(), 1..3)
                .prop_map(|list| format!("[ # first\n{}\n]", list.join(", # more\n")));
            let table = proptest::collection::vec((inner, "[ ]{0,2}"), 0..3).prop_map(|list| {
                let entries = list.into_iter().enumerate().filter(|(_, (value, _))| !value.contains('\n'));
                format!(
                    "{{{}}}",
                    entries
                        .map(|(at, (value, space))| format!("{space}k{at}{space}={space}{value}"))
                        .collect::<Vec<_>>()
                        .join(",")
                )
            });
            prop_oneof![list, lines, table]
        })
    }

    fn file() -> impl Strategy<Value = String> {
        let comment = prop_oneof![Just(String::new()), "#[ a-z\"'=\\[]{0,10}"];
        let line = (value(), "[ ]{0,3}", comment.clone(), 0..6u8)
            .prop_map(|(value, space, comment, kind)| (value, space, comment, kind));
        proptest::collection::vec(line, 0..14).prop_map(|lines| {
            let mut text = String::new();
            for (at, (value, space, comment, kind)) in lines.into_iter().enumerate() {
                text.push_str(&match kind {
                    0 => format!("{space}\n\n"),
                    1 => format!("{space}{comment}\n"),
                    2 => format!("{space}[t{at}{space}.{space}\"x # y\"]{space}{comment}\n"),
                    3 => format!("[[list]]{comment}\n"),
                    _ => format!("{space}key_{at}{space}={space}{value}{space}{comment}\n"),
                });
            }
            text
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// What a file says, and every comment, stays as it is; and laying out twice is laying out once.
        #[test]
        fn nothing_is_changed_but_the_layout(text in file()) {
            let once = format(&text);
            prop_assume!(once.is_some());
            let once = once.unwrap();
            prop_assert_eq!(meaning(&once), meaning(&text), "{}", text);
            prop_assert_eq!(comments(&once), comments(&text), "{}", text);
            prop_assert_eq!(format(&once), Some(once.clone()), "{}", text);
        }
    }
}
