//! Lines that take parts of one text: which part is the last, and whether what they say can be put together again.

use std::sync::Arc;

use crate::diagnostic::codes;
use crate::mapping::plan::{Lens, Line, LineId, LinePlace, ScopeId, Takes, Way};

use super::Compiler;

impl Compiler<'_> {
    /// Looks at the lines with `split`, place by place.
    pub(super) fn splits(&mut self) {
        let parts: Vec<(ScopeId, LineId)> = (0..self.scopes.len())
            .flat_map(|scope| self.scopes[scope].lines().map(move |line| (scope, line)))
            .filter(|(_, line)| part_of(&self.lines[usize::from(*line)]).is_some())
            .collect();
        let mut done: Vec<LineId> = Vec::new();
        for (scope, line) in parts {
            if done.contains(&line) {
                continue;
            }
            let same: Vec<LineId> = self.scopes[scope].lines().filter(|other| self.same_text(line, *other)).collect();
            let of_parts = |line: &LineId| part_of(&self.lines[usize::from(*line)]).is_some();
            let (parts, whole): (Vec<LineId>, Vec<LineId>) = same.into_iter().partition(of_parts);
            if let Takes::Groups(_) = self.scopes[scope].rows[self.lines[usize::from(line)].places[0].row].takes {
                let path = self.lines[usize::from(line)].path.clone();
                let message = format!("`{path}` stands in a pair that repeats inside a segment, which is not split");
                self.split_problem(line, codes::MAPPING_PLACE, message, "take the text whole, without `split`");
            }
            self.parts_fit(&parts, &whole);
            done.extend(parts);
        }
    }

    /// Does a line take a part of its text?
    pub(super) fn takes_parts(&self, line: LineId) -> bool {
        part_of(&self.lines[usize::from(line)]).is_some()
    }

    /// Do both lines take the same text?
    pub(super) fn same_text(&self, one: LineId, other: LineId) -> bool {
        let place = |line: LineId| self.lines[usize::from(line)].places.first();
        place(one).zip(place(other)).is_some_and(|(a, b)| same_place(a, b))
    }

    fn parts_fit(&mut self, parts: &[LineId], whole: &[LineId]) {
        let line = |id: LineId| &self.lines[usize::from(id)];
        let split = |id: LineId| part_of(line(id)).unwrap_or((0, ""));
        let last = parts.iter().map(|id| split(*id).0).max().unwrap_or(0).max(2);
        let written: Vec<LineId> = parts.iter().copied().filter(|id| line(*id).way != Way::In).collect();
        let others = whole.iter().find(|id| line(**id).way != Way::In);
        let twice = written.iter().enumerate().find_map(|(at, id)| {
            let other = written[..at].iter().find(|other| split(**other).0 == split(*id).0)?;
            let (part, path, other) = (split(*id).0, &line(*id).path, &line(*other).path);
            let message = format!("`{other}` and `{path}` both take part {part} of the same text");
            Some((*id, message, "number the parts from the left, each once: `part = 2`"))
        });
        let problem = twice.or_else(|| {
            written.iter().find_map(|id| {
                let ((part, separator), path) = (split(*id), &line(*id).path);
                if let Some(other) = parts.iter().map(|other| split(*other).1).find(|other| *other != separator) {
                    let message =
                        format!("`{path}` splits its text at `{separator}`, another line splits it at `{other}`");
                    return Some((*id, message, "write the same `split` in all lines of one text"));
                }
                if let Some(other) = others {
                    let message = format!("`{path}` takes a part of the text that `{}` takes whole", line(*other).path);
                    return Some((*id, message, "keep one of them, or let the other only read: `way = \"in\"`"));
                }
                let missing = (1..=last).find(|number| !written.iter().any(|id| split(*id).0 == *number));
                // A line beside it that has an error may be that of the part.
                let parent = |path: &str| path.rsplit_once('.').map_or("", |(parent, _)| parent).to_owned();
                let broken = self.broken.iter().any(|broken| parent(broken) == parent(path));
                if let Some(missing) = missing.filter(|_| !broken) {
                    let message =
                        format!("no line writes part {missing} of the text that `{path}` takes part {part} of");
                    let remedy = match self.keys.iter().any(|key| key.path == *path) {
                        true => "add a line for it; a `document_key` is always written, so it cannot be one part alone",
                        false => "add a line for it, or let the lines only read: `way = \"in\"`",
                    };
                    return Some((*id, message, remedy));
                }
                let message = format!(
                    "`{path}` can hold `{separator}`, which ends part {part} of its text: it could not be read again"
                );
                let ambiguous = part < last && self.may_hold(*id, separator);
                ambiguous.then_some((*id, message, "give it the last part, or a place of its own"))
            })
        });
        if let Some((id, message, remedy)) = problem {
            return self.split_problem(id, codes::MAPPING_OVERLAP, message, remedy);
        }
        for id in parts {
            let line = &mut self.lines[usize::from(*id)];
            let manner = Arc::make_mut(&mut line.options).manner.as_mut();
            if let Some(split) = manner.and_then(|manner| manner.split.as_mut()) {
                split.last = split.part == last;
            }
            line.places.iter_mut().filter_map(|place| place.pair.as_mut()).for_each(|pair| pair.shared = true);
        }
    }

    /// Can the texts of a line hold the separator, as far as the line itself shows?
    fn may_hold(&self, id: LineId, separator: &str) -> bool {
        let line = &self.lines[usize::from(id)];
        let Some(manner) = &line.options.manner else { return false };
        let dates = manner.dates.iter().any(|pattern| pattern.may_hold(separator));
        let number = match (&line.lens, &manner.number) {
            (_, Some(form)) => form.may_hold(separator),
            (Lens::Number { .. } | Lens::Quantity { .. }, None) => matches!(separator, "-" | "."),
            _ => false,
        };
        let code = match &line.lens {
            Lens::Words { table, .. } => self.tables[*table].codes.values().any(|code| code.contains(separator)),
            _ => false,
        };
        dates || number || code
    }

    fn split_problem(&mut self, id: LineId, code: crate::diagnostic::Code, message: String, remedy: &str) {
        let (at, path) = (self.line_ats[usize::from(id)].clone(), self.lines[usize::from(id)].path.clone());
        self.report(code, message, &at, &path, remedy);
    }
}

/// Do some lines take parts of texts?
pub(super) fn any(lines: &[Line]) -> bool {
    lines.iter().any(|line| part_of(line).is_some())
}

/// Which part of its text a line takes, and what stands between the parts.
fn part_of(line: &Line) -> Option<(u8, &str)> {
    let split = line.options.manner.as_ref()?.split.as_ref()?;
    Some((split.part, &split.separator))
}

/// Do both places mean the same text?
pub(super) fn same_place(one: &LinePlace, other: &LinePlace) -> bool {
    let pair = |place: &LinePlace| place.pair.as_ref().map(|pair| (pair.slots.clone(), pair.qualifier.clone()));
    one.is_at(other) && one.case == other.case && pair(one) == pair(other)
}
