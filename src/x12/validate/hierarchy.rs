//! Whether hierarchical levels (HL) can be put together: each number once, each parent before its children, and no deeper than
//! the limit; and whether HL04 and BSN05 say what the tree is.

use super::super::place::Part;
use super::super::reader::SetHeader;
use super::super::rule;
use crate::diagnostic::codes::{
    X12_HIERARCHY_CHILD_CODE, X12_HIERARCHY_NUMBER, X12_HIERARCHY_ORDER, X12_HIERARCHY_PARENT, X12_LOOPS_TOO_DEEP,
};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::tree::{Level, LevelForm, Levels, Parent, SegmentIndex, Tree};

/// Says which levels name a parent that does not stand before them, and which numbers are given twice or out of order.
///
/// A level that names no parent at all is nothing to be said of: many partners leave HL02 empty.
pub fn hierarchy(header: &SetHeader, tree: &Tree, set: &[u8], diagnostics: &mut Diagnostics) {
    let Some(form) = header.grammar.and_then(|grammar| grammar.levels) else { return };
    let levels = Levels::of(form, tree, set).list;
    let check = Check { header, form, levels: &levels, tree, set };
    let inside = check.inside();
    if let Some(problem) = check.too_deep() {
        diagnostics.push(problem);
    }
    let (mut counted, mut before) = (true, Some(0_u64));
    for (at, level) in levels.iter().enumerate() {
        let number = whole(level);
        let is_next = before.zip(number).is_none_or(|(before, number)| number == before.saturating_add(1));
        before = number;
        if let Some(problem) = check.parent(level) {
            diagnostics.push(problem);
        }
        if let Some(earlier) = level.repeats {
            diagnostics.push(check.repeated(level, &levels[earlier as usize]));
        } else if counted && !is_next {
            // One gap moves all that follow: it is told once.
            counted = false;
            diagnostics.push(check.out_of_order(at));
        }
        if let Some(problem) = check.child_code(level, inside[at]) {
            diagnostics.push(problem);
        }
    }
    if let Some(problem) = super::order_of_levels::check(header, &levels, tree, set) {
        diagnostics.push(problem);
    }
}

/// The number of a level, if it is a whole one.
fn whole(level: &Level<'_>) -> Option<u64> {
    std::str::from_utf8(level.number).ok()?.parse().ok()
}

struct Check<'a> {
    header: &'a SetHeader,
    form: LevelForm,
    levels: &'a [Level<'a>],
    tree: &'a Tree,
    set: &'a [u8],
}

impl Check<'_> {
    /// Levels nested deeper than the limit; told of the first of them.
    fn too_deep(&self) -> Option<Diagnostic> {
        let limit = self.header.loop_depth;
        if self.levels.len() <= limit {
            return None;
        }
        let mut depths: Vec<usize> = Vec::with_capacity(self.levels.len());
        for level in self.levels {
            depths.push(1 + if let Parent::Level(around) = level.parent { depths[around as usize] } else { 0 });
        }
        let (level, depth) = self.levels.iter().zip(depths).find(|(_, depth)| *depth > limit)?;
        let message = format!("hierarchical levels are nested {depth} deep, at most {limit} are allowed");
        let place = self.header.context.segment(self.tree, self.set, self.segment(level));
        let found = Diagnostic::new(X12_LOOPS_TOO_DEEP, message, place);
        let remedy = "ask the partner whether the parents in HL02 are right; if they are, raise the limit `loop_depth`";
        Some(found.remedy(remedy))
    }

    fn parent(&self, level: &Level<'_>) -> Option<Diagnostic> {
        let named = || self.text(self.value(level, self.form.parent));
        let (cause, remedy) = match level.parent {
            Parent::Unnamed | Parent::Level(_) => return None,
            Parent::Itself => (
                "a level cannot stand in itself".to_owned(),
                "ask the partner to name the level around it, or to leave HL02 empty at the top",
            ),
            Parent::Later(later) => (
                format!(
                    "{} comes only later, as segment {}",
                    self.name(&self.levels[later as usize]),
                    self.position(&self.levels[later as usize])
                ),
                "ask the partner to send a level before those that stand in it",
            ),
            Parent::Unknown => (
                format!("no HL of the set has {} in HL01", named()),
                "ask the partner which level is meant; a level may have been left out",
            ),
        };
        let message = format!("{} names {} as its parent, which does not stand before it", self.name(level), named());
        let cause =
            format!("{cause}; a mapping hangs the level by its kind instead, into the nearest of an outer kind");
        let found = self.diagnostic(X12_HIERARCHY_PARENT, message, level, self.form.parent).cause(cause).remedy(remedy);
        // A level that is named and is not there was lost, and what stood in it stands elsewhere. Around the outermost kind there is none.
        let is_outermost = self.levels.first().is_some_and(|first| first.code == level.code);
        let is_lost = level.parent == Parent::Unknown && !is_outermost && named().bytes().any(|byte| byte != b'0');
        Some(if is_lost { found.severity(Severity::Error) } else { found })
    }

    fn repeated(&self, level: &Level<'_>, earlier: &Level<'_>) -> Diagnostic {
        let message = format!(
            "{} has the number of another level, segment {} ({})",
            self.name(level),
            self.position(earlier),
            self.text(earlier.code)
        );
        self.diagnostic(X12_HIERARCHY_NUMBER, message, level, self.form.number)
            .cause("levels that name this number are taken to stand in the last one before them that has it")
            .remedy("ask the partner to give each HL of a set a number of its own")
    }

    fn out_of_order(&self, at: usize) -> Diagnostic {
        let level = &self.levels[at];
        let before = match at {
            0 => "it is the first, which is 1".to_owned(),
            at => format!("the HL before it is {}", self.text(self.levels[at - 1].number)),
        };
        let message = format!("{} does not count up by one: {before}", self.name(level));
        self.diagnostic(X12_HIERARCHY_ORDER, message, level, self.form.number)
            .cause("HL01 counts the levels of a set 1, 2, 3; further ones out of order are not told")
            .remedy("ask the partner whether levels are missing; nothing else depends on the numbers being in order")
    }

    /// Of each level whether another one stands in it; `None` where that cannot be told, because levels name no parent.
    fn inside(&self) -> Vec<Option<bool>> {
        // The first level is at the top, and so are others of its kind.
        let top = self.levels.first().map_or(b"".as_slice(), |level| level.code);
        let named = |level: &Level<'_>| matches!(level.parent, Parent::Level(_)) || level.code == top;
        let mut inside = vec![self.levels.iter().all(named).then_some(false); self.levels.len()];
        for level in self.levels {
            if let Parent::Level(parent) = level.parent {
                inside[parent as usize] = Some(true);
            }
        }
        inside
    }

    /// HL04 says whether levels stand inside: 1 for yes, 0 for no. Many partners leave it empty.
    fn child_code(&self, level: &Level<'_>, inside: Option<bool>) -> Option<Diagnostic> {
        let (right, does) = match (inside?, self.value(level, self.form.children)) {
            (true, b"0") => ("1", "levels stand in it"),
            (false, b"1") => ("0", "none stands in it"),
            _ => return None,
        };
        let said = self.text(self.value(level, self.form.children));
        let message = format!("HL04 of {} is {said}, but {does}: it should be {right}", self.name(level));
        let found = self.diagnostic(X12_HIERARCHY_CHILD_CODE, message, level, self.form.children);
        Some(
            found
                .cause("the tree is read from HL02, so nothing depends on HL04")
                .remedy("ask the partner whether levels are missing, or only HL04 is wrong"),
        )
    }

    /// Such as `HL 4 (I)`.
    fn name(&self, level: &Level<'_>) -> String {
        match level.code {
            b"" => format!("HL {}", self.text(level.number)),
            code => format!("HL {} ({})", self.text(level.number), self.text(code)),
        }
    }

    fn text(&self, bytes: &[u8]) -> String {
        self.header.charset.decode_lossy(bytes).into_owned()
    }

    fn segment(&self, level: &Level<'_>) -> SegmentIndex {
        self.tree.occurrences[level.occurrence as usize].first_segment
    }

    /// Position of its HL in the set, 1-based.
    fn position(&self, level: &Level<'_>) -> u32 {
        self.segment(level).saturating_add(1)
    }

    fn value(&self, level: &Level<'_>, position: u16) -> &[u8] {
        let segment = self.tree.segments.get(self.segment(level) as usize);
        segment.map_or(b"", |segment| self.tree.value(segment, position, self.set).trim_ascii())
    }

    fn diagnostic(
        &self,
        code: crate::diagnostic::Code,
        message: String,
        level: &Level<'_>,
        position: u16,
    ) -> Diagnostic {
        let index = self.segment(level);
        let place = self.header.context.element(self.tree, self.set, index, position, Part::default());
        let found = Diagnostic::new(code, message, place);
        let Some(segment) = self.tree.segments.get(index as usize) else { return found };
        match self.header.grammar.and_then(|grammar| grammar.definition(segment.item)) {
            Some(definition) => found.rule(rule::element(self.header, segment.item, definition, position, None)),
            None => found,
        }
    }
}
