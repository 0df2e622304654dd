//! Guides as tables: a piece of a guide, a piece of a document, and what is said of it.

mod enforce;
mod load;
mod page;

use std::sync::Arc;

use super::{Direction, Guide, Shelf, load as load_guide};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::source::SourceFile;
use crate::tree::Tree;
use crate::x12::reader::{ReadOptions, Reader, Step};

/// Guides by name.
pub(super) struct Guides(pub(super) Vec<(&'static str, String)>);

impl Shelf for Guides {
    fn guide(&self, name: &str) -> Option<Arc<SourceFile>> {
        let (known, text) = self.0.iter().find(|(known, _)| *known == name)?;
        Some(Arc::new(SourceFile::new(format!("mappings/guides/{known}.toml"), text.as_str())))
    }

    fn guide_names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
}

/// A guide for this set of 004010, with this text behind its head.
pub(super) fn guide(set: &str, text: &str) -> Guide {
    let head = format!("document = \"x12/004010/{set}\"\ntitle = \"Their guide\"\n");
    let guides = Guides(vec![("own", format!("{head}{text}"))]);
    let mut diagnostics = Diagnostics::unlimited();
    let found = load_guide("own", &guides.guide("own").unwrap(), &guides, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{text}\n{}", told(&mut diagnostics));
    found.unwrap()
}

/// What is said, a line each.
pub(super) fn told(diagnostics: &mut Diagnostics) -> String {
    let lines: Vec<String> = diagnostics.take().iter().map(line).collect();
    lines.join("\n")
}

/// Severity, code, message, and segment position with element.
fn line(one: &Diagnostic) -> String {
    let place = match &one.place {
        Place::Payload(place) => match (place.segment_position, place.element) {
            (Some(segment), Some(element)) => format!(" @{segment}.{element}"),
            (Some(segment), None) => format!(" @{segment}"),
            _ => " @set".into(),
        },
        _ => String::new(),
    };
    format!("{} {}{place} {}", one.severity.word(), one.code.name().trim_start_matches("guide."), one.message)
}

/// What the guide says of a set with these segments between ST and SE, and what was said of it before and is left.
pub(super) fn held(guide: &Guide, direction: Direction, body: &str) -> (Vec<String>, Vec<String>) {
    let set = guide.document().rsplit('/').next().unwrap();
    let segments = 2 + body.matches('~').count();
    let group = if set == "856" { "SH" } else { "SW" };
    let isa =
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261120*0830*^*00501*000000007*0*P*>~";
    let input = format!(
        "{isa}GS*{group}*S1*R1*20261120*0830*1*X*004010~ST*{set}*0001~{body}SE*{segments}*0001~GE*1*1~IEA*1*000000007~"
    );
    let mut reader = Reader::new(ReadOptions::default());
    let (mut tree, mut read, mut found) = (Tree::default(), Diagnostics::unlimited(), Diagnostics::unlimited());
    let mut at = 0;
    while at < input.len() {
        let progress = reader.next(&input.as_bytes()[at..], true, &mut tree, &mut read);
        if let (Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
            let bytes = &input.as_bytes()[at + range.start..at + range.end];
            guide.settle(header, &tree, bytes, &mut read);
            guide.check(direction, header, &tree, bytes, &mut found);
        }
        at += progress.consumed;
    }
    (found.take().iter().map(line).collect(), read.take().iter().map(line).collect())
}
