//! The documents that a guide shows: whether they keep it.

use super::{Direction, Guide};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::tree::Tree;
use crate::x12::reader::{ReadOptions, Reader, Step};

impl Guide {
    /// Says which examples do not keep the guide, and the first thing in them that does not. What the table alone forbids
    /// is not looked at.
    pub fn check_examples(&self, diagnostics: &mut Diagnostics) {
        for example in self.examples() {
            let mut found = self.held(example.text.trim_start().as_bytes());
            found.retain(|one| one.severity > Severity::Note);
            let Some(first) = found.first() else { continue };
            let message = format!("the example `{}` does not keep the guide: {}", example.title, first.message);
            let diagnostic = Diagnostic::new(codes::GUIDE_EXAMPLE, message, example.place.clone());
            let diagnostic = match &first.rule {
                Some(rule) => diagnostic.rule(rule.clone()),
                None => diagnostic,
            };
            diagnostics.push(diagnostic.remedy("mend the example, or what the guide says"));
        }
    }

    /// What is said of the sets in `text`, which stand in no envelope.
    fn held(&self, text: &[u8]) -> Vec<Diagnostic> {
        let release = self.document().split('/').nth(1).unwrap_or_default().to_owned();
        let mut reader = Reader::new(ReadOptions { bare_sets: true, release, ..ReadOptions::default() });
        let (mut tree, mut found, mut at) = (Tree::default(), Diagnostics::unlimited(), 0);
        loop {
            let progress = reader.next(&text[at..], true, &mut tree, &mut found);
            if let (Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
                let set = &text[at + range.start..at + range.end];
                self.settle(header, &tree, set, &mut found);
                self.check(Direction::Receive, header, &tree, set, &mut found);
            }
            at += progress.consumed;
            if matches!(progress.step, Step::End | Step::NeedMore) {
                return found.take();
            }
        }
    }
}
