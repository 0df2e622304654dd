//! Values whose meaning hangs on something beside them: whether two lines could mean the same one.

use crate::diagnostic::codes;
use crate::mapping::plan::{Form, LineId, LinePlace, Row, ScopeId};

use crate::tree::Grammar;

use super::Compiler;

impl Compiler<'_> {
    /// Reports lines that take the same element where what stands beside it does not tell which of them is meant.
    pub(super) fn overlapping_arms(&mut self, scope: ScopeId) {
        let asks = |line: LineId| self.lines[usize::from(line)].places.iter().any(|place| !place.case.is_empty());
        if !self.scopes[scope].lines().any(asks) {
            return;
        }
        let lines: Vec<LineId> = self.scopes[scope].lines().collect();
        for (number, one) in lines.iter().enumerate() {
            for other in lines[..number].iter().filter(|other| *other != one) {
                if let Some((first, second)) = self.same_arm(*one, *other) {
                    self.report_arms(scope, (*one, first), (*other, second));
                }
            }
        }
    }

    /// Places of two lines that can mean the same value, where one of them asks what stands beside it.
    fn same_arm(&self, one: LineId, other: LineId) -> Option<(LinePlace, LinePlace)> {
        let places = |line: LineId| &self.lines[usize::from(line)].places;
        let asks = |line: LineId| places(line).iter().any(|place| !place.case.is_empty());
        if !asks(one) && !asks(other) {
            return None;
        }
        let pairs = places(one).iter().flat_map(|place| places(other).iter().map(move |known| (place, known)));
        let mut same = pairs.filter(|(place, known)| {
            let asked = !place.case.is_empty() || !known.case.is_empty();
            let apart = place.case.iter().any(|(at, value)| known.case.iter().any(|(k, v)| k == at && v != value));
            asked && !apart && place.is_at(known)
        });
        let guards = |line: LineId| &self.lines[usize::from(line)].guards;
        if self.never_both(guards(one), guards(other)) {
            return None;
        }
        same.next().map(|(place, known)| (place.clone(), known.clone()))
    }

    fn report_arms(&mut self, scope: ScopeId, one: (LineId, LinePlace), other: (LineId, LinePlace)) {
        let file = |line: LineId| self.line_ats[usize::from(line)].file;
        // What this file adds overlaps with what its base has, not the other way round.
        let (known, new) = if file(one.0) < file(other.0) { (other, one) } else { (one, other) };
        let (known, new) = if file(known.0) == file(new.0) && known.0 > new.0 { (new, known) } else { (known, new) };
        let row = &self.scopes[scope].rows[new.1.row];
        let path = self.lines[usize::from(new.0)].path.clone();
        let (first, second) = (described(self.grammar, row, &known.1), described(self.grammar, row, &new.1));
        let message = match first == second {
            true => format!("`{second}` is taken twice"),
            false => format!("`{first}` and `{second}` can mean the same value"),
        };
        let known_path = &self.lines[usize::from(known.0)].path;
        let line = self.written.line_of(&self.line_ats[usize::from(known.0)]);
        let cause = format!("`{known_path}` takes it at {line}; a value goes to one of them only");
        let remedy = match known.1.case.is_empty() || new.1.case.is_empty() {
            true => self.one_asks(row, &known, &new),
            false if first == second => format!("keep one of the two lines, `{known_path}` or `{path}`"),
            false => {
                let asked = self.grammar.designator(row.tag, known.1.case[0].0);
                let element = self.grammar.designator(row.tag, new.1.element);
                format!("tell them apart by different values of the same element: `{element}[{asked}=...]`")
            }
        };
        let at = self.line_ats[usize::from(new.0)].clone();
        let diagnostic = self.problem(codes::MAPPING_OVERLAP, message, &at, &path);
        self.push(diagnostic.cause(cause).remedy(remedy));
    }

    /// What to do where one of two lines asks for a value, and the other takes whatever stands there.
    fn one_asks(&self, row: &Row, known: &(LineId, LinePlace), new: &(LineId, LinePlace)) -> String {
        let (any, asking) = if known.1.case.is_empty() { (known, new) } else { (new, known) };
        let (line, (asked, value)) = (&self.lines[usize::from(any.0)], &asking.1.case[0]);
        let asked = self.grammar.designator(row.tag, *asked);
        let (path, field) = (key_of(&line.path), &self.lines[usize::from(asking.0)].path);
        let (around, key) = field.rsplit_once('.').unwrap_or(("", field));
        let table = line.options.schemes.map(|table| &self.tables[table].name);
        match (&line.form, table) {
            (Form::Scheme, Some(table)) if line.path.strip_suffix(".*") == Some(around) => format!(
                "let its code table name this one, `{value} = \"{key}\"` in [codes.{table}], and remove `{field}`; or drop the line that takes all: `{path} = false`"
            ),
            (Form::Scheme, _) => {
                format!("`{path}` takes every {asked}: drop it, `{path} = false`, or remove `{field}`")
            }
            _ => {
                let element = self.grammar.designator(row.tag, any.1.element);
                format!("say of `{path}` too which {asked} it takes, another one: `{element}[{asked}=...]`")
            }
        }
    }
}

/// A path as it is written as a key: the key of an open object is quoted.
fn key_of(path: &str) -> String {
    path.strip_suffix(".*").map_or_else(|| path.to_owned(), |around| format!("{around}.\"*\""))
}

/// A place as it is written: `W1210[W1211=G]`.
fn described(grammar: &Grammar, row: &Row, place: &LinePlace) -> String {
    let case: Vec<String> =
        place.case.iter().map(|(at, value)| format!("{}={value}", grammar.designator(row.tag, *at))).collect();
    let filter = if case.is_empty() { String::new() } else { format!("[{}]", case.join(", ")) };
    format!("{}{filter}", grammar.designator(row.tag, place.element))
}
