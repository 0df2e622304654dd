//! What a document that the mapping writes would lack: mandatory segments and elements that nothing in the mapping makes.
//!
//! No fault of a mapping that only reads, so it is not told when a mapping is loaded but where one is used for sending.

use crate::diagnostic::{Diagnostic, codes};
use crate::mapping::plan::{self, LoopCondition, Row, ScopeId, Takes, Way};
use crate::tree::{ItemId, Requirement, Tag};

use super::Compiler;
use super::words::either;

/// Segments that frame the set: the writer makes them.
const ENVELOPE: [Tag; 2] = [Tag(u32::from_be_bytes(*b"ST\0\0")), Tag(u32::from_be_bytes(*b"SE\0\0"))];

/// Data element 554, Assigned Number.
const ASSIGNED_NUMBER: &str = "554";

impl Compiler<'_> {
    /// Mandatory segments, and mandatory elements of segments that are written, which have no line, no qualifier and no
    /// derived value, and are not said to be ignored.
    pub(super) fn lacking(&self) -> Vec<Diagnostic> {
        let mut lacking = Vec::new();
        for (id, scope) in self.scopes.iter().enumerate() {
            for item in self.grammar.required_in(scope.item) {
                let known = |tag: Tag| ENVELOPE.contains(&tag) || self.is_ignored(tag, 0, &[]);
                let made = self.rows_of(*item).next().is_some();
                let tag = self.grammar.item(*item).tag;
                if !self.grammar.is_loop(*item) && !self.grammar.is_trigger(*item) && !known(tag) && !made {
                    let place = self.written.files[0].whole();
                    let message =
                        format!("nothing writes {}, which {} must have", self.segment_named(*item), self.inside(id));
                    let diagnostic = Diagnostic::new(codes::MAPPING_MANDATORY, message, place);
                    lacking.push(
                        diagnostic.remedy(format!("add a line for an element of {tag}, or a value in [derived]")),
                    );
                }
            }
            for (number, row) in scope.rows.iter().enumerate().filter(|(_, row)| self.is_written(id, row)) {
                lacking.extend(self.lacking_in(id, number, row));
            }
        }
        lacking
    }

    fn lacking_in(&self, scope: ScopeId, number: usize, row: &Row) -> Option<Diagnostic> {
        let definition = self.grammar.definition(row.item)?;
        let mandatory =
            (1..).zip(&definition.elements).filter(|(_, element)| element.requirement == Requirement::Mandatory);
        let missing = mandatory.filter(|(position, _)| {
            !self.is_made((scope, number), row, *position) && !self.is_ignored(row.tag, *position, &row.conditions)
        });
        let missing: Vec<String> = missing
            .map(|(position, element)| format!("{} ({})", definition.designator(position), element.name))
            .collect();
        if missing.is_empty() {
            return None;
        }
        let tag = row.tag;
        let message = format!(
            "{tag} is written without {}, which every {tag} must have",
            either(&missing).replace(" or ", " and ")
        );
        let at = self.row_origins[scope].get(number);
        let key = self.path_of(scope, number).unwrap_or_default();
        let diagnostic = match at {
            Some(at) => self.problem(codes::MAPPING_MANDATORY, message, at, &key),
            None => Diagnostic::new(codes::MAPPING_MANDATORY, message, self.written.files[0].whole()),
        };
        let element = missing[0].split(' ').next().unwrap_or_default();
        let is_count = definition.elements.first().is_some_and(|first| &*first.number == ASSIGNED_NUMBER);
        let value = match is_count && element.ends_with("01") {
            true => "counter = \"LIST\" }`, where LIST is the list whose entries it numbers, such as `lines`",
            false => "const = \"...\" }`",
        };
        Some(diagnostic.remedy(format!("add a line for it, or a value in [derived]: `{element} = {{ {value}")))
    }

    /// Rows of any scope that stand for segments of this item.
    pub(super) fn rows_of(&self, item: ItemId) -> impl Iterator<Item = (ScopeId, usize, &Row)> {
        let scopes = self.scopes.iter().enumerate();
        scopes.flat_map(move |(id, scope)| {
            (0..).zip(&scope.rows).filter(move |(_, row)| row.item == item).map(move |(number, row)| (id, number, row))
        })
    }

    /// Is a segment written for the row, if the object has what it takes?
    fn is_written(&self, scope: ScopeId, row: &Row) -> bool {
        let reads_only = matches!(&row.takes, Takes::Nodes(list) if list.read_only);
        let number = self.scopes[scope].rows.iter().position(|other| std::ptr::eq(other, row));
        let in_row = |line: u16| {
            let line = &self.lines[usize::from(line)];
            line.way != Way::In && line.places.iter().any(|place| Some(place.row) == number)
        };
        let trigger =
            self.scopes[scope].item != ItemId::ROOT && row.item.0 == self.scopes[scope].item.0 + 1 && row.up == 0;
        !reads_only && (trigger || self.scopes[scope].lines().any(in_row) || !row.conditions.is_empty())
    }

    /// Does a line, a qualifier or a derived value fill the element of segments like those of the row?
    fn is_made(&self, (scope, number): (ScopeId, usize), row: &Row, position: u16) -> bool {
        let level = self.hierarchy.as_ref().filter(|level| row.item.0 == level.form.item.0 + 1);
        level.is_some_and(|level| level.writes.contains(&position))
            || row.conditions.iter().any(|(known, _)| *known == position)
            || self.fills(scope, number, position)
            || self.by_the_loop(row, position)
            || self
                .rows_of(row.item)
                .any(|(scope, number, other)| other.conditions == row.conditions && self.fills(scope, number, position))
    }

    /// Does a line or a derived value of the scope fill the element of its row?
    fn fills(&self, scope: ScopeId, number: usize, position: u16) -> bool {
        let mut lines = self.scopes[scope].lines().map(|line| &self.lines[usize::from(line)]);
        let mut derived = self.scopes[scope].derived.iter().map(|index| &self.derived[*index].place);
        lines.any(|line| line.way != Way::In && line.holds(number, position).is_some())
            || derived.any(|place| place.row == number && place.element == position)
    }

    /// Does the condition of the loop that the segment opens say the element?
    pub(super) fn by_the_loop(&self, row: &Row, position: u16) -> bool {
        let children = self.scopes.iter().flat_map(|scope| &scope.children);
        children.filter(|child| child.item.0 + 1 == row.item.0).flat_map(|child| &child.conditions).any(|condition| {
            matches!(condition, LoopCondition::Equals { trigger: true, element, .. } if *element == position)
        })
    }

    pub(super) fn is_ignored(&self, tag: Tag, position: u16, known: &[(u16, String)]) -> bool {
        plan::ignores(&self.ignored, (tag, position, 0), |asked| known.contains(asked))
    }

    fn segment_named(&self, item: ItemId) -> String {
        let tag = self.grammar.item(item).tag;
        self.grammar
            .definition(item)
            .map_or_else(|| tag.to_string(), |definition| format!("{tag} ({})", definition.name))
    }

    fn inside(&self, scope: ScopeId) -> String {
        match self.scopes[scope].item {
            ItemId::ROOT => format!("every {}", self.document_name()),
            item => format!("every loop {}", self.grammar.item(item).tag),
        }
    }
}
