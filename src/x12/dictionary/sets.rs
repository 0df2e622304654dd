//! Reads the table of a transaction set into a grammar.

use super::tables::{Definitions, read_count};
use crate::tree::{Area, Grammar, GrammarBuilder, ItemId, LevelForm, Tag};

/// The first line of a set's file, such as `945 | Warehouse Shipping Advice | SW`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetTitle {
    /// Transaction set identifier code, ST01.
    pub set: &'static str,
    /// Name in the standard.
    pub title: &'static str,
    /// Functional identifier code, GS01.
    pub group: &'static str,
}

pub(super) fn read_title(text: &'static str) -> SetTitle {
    let mut columns = text.lines().next().unwrap_or_default().split(" | ");
    let mut column = || columns.next().unwrap_or_default();
    SetTitle { set: column(), title: column(), group: column() }
}

/// True when the table of a set has the segment.
pub(super) fn has_segment(text: &str, tag: &str) -> bool {
    text.lines().skip(1).any(|line| line.trim_start().split(' ').next() == Some(tag))
}

/// The grammar of a set's table; see `data/README.md` for its lines.
pub(super) fn read_grammar(release: &str, text: &'static str, definitions: &Definitions) -> Grammar {
    let title = read_title(text);
    let mut builder = GrammarBuilder::new(format!("x12/{release}/{}", title.set), title.title);
    let mut area = Area::Heading;
    let mut open = 0;
    let mut lines = text.lines().skip(1).peekable();
    while let Some(line) = lines.next() {
        let row = line.trim_start();
        // An area stands at the margin, its items are indented once, the items of a loop once more.
        let depth = (line.len() - row.len()) / 2;
        while open > 0 && open + 1 > depth {
            builder.close_loop();
            open -= 1;
        }
        let mut words = row.split(' ');
        let mut word = || words.next().unwrap_or_default();
        match word() {
            "heading" => area = Area::Heading,
            "detail" => area = Area::Detail,
            "summary" => area = Area::Summary,
            "loop" => {
                let (id, required, repeat) = (known(word()), word() == "M", read_count(word()));
                let trigger = lines.peek().and_then(|line| line.split_whitespace().next()).unwrap_or_default();
                builder.open_loop(id, Tag::new(trigger.as_bytes()), required, repeat, area);
                open += 1;
            }
            tag => {
                let definition = definitions.segment(tag).expect("a set's segments are in the table of segments");
                let (required, max) = (word() == "M", read_count(word()));
                builder.segment(definition, required, max, area, known(word()));
            }
        }
    }
    let mut grammar = builder.finish();
    grammar.levels = levels(&grammar);
    grammar
}

/// The loop of hierarchical levels, which HL opens.
fn levels(grammar: &Grammar) -> Option<LevelForm> {
    let hl = Tag::new(b"HL");
    let ids = (1..grammar.items.len()).map(|id| ItemId(id as u16));
    let item = ids.into_iter().find(|id| grammar.is_loop(*id) && grammar.item(*id).tag == hl)?;
    Some(LevelForm { item, around: grammar.item(item).parent, number: 1, parent: 2, code: 3, children: 4 })
}

/// `-` stands for what is not established.
fn known(text: &str) -> Option<&str> {
    (text != "-").then_some(text)
}
