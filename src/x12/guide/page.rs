//! A guide as a page: what the standard's table says, and over it what the guide says. Knows no format; `markdown` and
//! `html` lay it out.

use std::collections::BTreeSet;

use super::place::{LoopStep, RowCondition, Spot, Target, shown, way};
use super::plan::Usage;
use super::{Guide, syntax::Example};
use crate::tree::{Area, ElementType, ElementUse, Grammar, ItemId, ItemKind, Requirement, Tag};
use crate::x12::rule::type_word;

/// What the guide says, as its page needs it.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) places: Vec<PlaceNote>,
    /// Name, place, condition and demand, message, sentence of the partner's document.
    pub(super) rules: Vec<RuleNote>,
    /// Place, what it counts, sentence.
    pub(super) totals: Vec<(String, String, Option<String>)>,
    pub(super) out_of_order: Vec<String>,
    pub(super) segments: Vec<String>,
}

/// Name, place, (condition, demand), message, sentence.
pub(super) type RuleNote = (String, Option<String>, (Option<String>, String), Option<String>, Option<String>);

/// What the guide says of one place.
#[derive(Debug)]
pub(super) struct PlaceNote {
    pub(super) spot: Spot,
    pub(super) usage: Vec<Usage>,
    pub(super) optional: bool,
    pub(super) repeat: Option<u32>,
    pub(super) length: Option<(u32, u32)>,
    pub(super) codes: Option<Vec<(String, String)>>,
    pub(super) extra_codes: Vec<(String, String)>,
    pub(super) patterns: Vec<String>,
    pub(super) value: Option<String>,
    pub(super) default: Option<String>,
    pub(super) name: Option<String>,
    pub(super) says: Option<String>,
}

/// A page.
pub(super) struct Page<'g> {
    pub(super) title: &'g str,
    /// Such as `x12/004010/945`, and the standard's name of it.
    pub(super) document: &'g str,
    pub(super) document_title: &'g str,
    /// The guides below this one, by file.
    pub(super) below: Vec<String>,
    pub(super) overview: Vec<Line>,
    /// Segments and loops of which the guide says nothing, and which may be left out.
    pub(super) others: Vec<String>,
    pub(super) segments: Vec<Section>,
    pub(super) rules: Vec<String>,
    pub(super) totals: Vec<String>,
    pub(super) tolerated: Vec<String>,
    pub(super) examples: &'g [Example],
}

/// A segment or loop of the table.
pub(super) struct Line {
    /// How many loops deep.
    pub(super) depth: usize,
    pub(super) written: String,
    pub(super) name: String,
    pub(super) usage: String,
    pub(super) repeat: String,
    pub(super) says: String,
    /// The guide speaks of it.
    pub(super) own: bool,
}

/// The elements of a segment.
pub(super) struct Section {
    pub(super) written: String,
    pub(super) name: String,
    pub(super) elements: Vec<Row>,
}

/// An element.
pub(super) struct Row {
    pub(super) written: String,
    pub(super) name: String,
    pub(super) usage: String,
    /// Type and length, such as `AN 1/22`.
    pub(super) form: String,
    /// Codes, pattern, value, and what the partner's document says: a line each.
    pub(super) says: Vec<String>,
    pub(super) own: bool,
}

/// The page of a guide.
pub(super) fn of(guide: &Guide) -> Page<'_> {
    let below = guide.files().iter().skip(1).map(|file| file.name.to_string()).collect();
    let grammar = &*guide.grammar;
    let (overview, others) = overview(guide, grammar);
    Page {
        title: guide.title(),
        document: guide.document(),
        document_title: &grammar.title,
        below,
        overview,
        others,
        segments: sections(guide, grammar),
        rules: guide.page.rules.iter().map(rule).collect(),
        totals: guide.page.totals.iter().map(total).collect(),
        tolerated: tolerated(&guide.page),
        examples: guide.examples(),
    }
}

/// Envelope segments of a set: the guide's reader knows them.
const FRAME: [&str; 2] = ["ST", "SE"];

/// The segments and loops that the guide speaks of and those that are mandatory, in the order of the table; and of the
/// others the ways.
fn overview(guide: &Guide, grammar: &Grammar) -> (Vec<Line>, Vec<String>) {
    let shown = spoken_of(guide, grammar);
    let (mut lines, mut others) = (Vec::new(), Vec::new());
    let (mut id, mut area) = (1, None);
    while id < grammar.items.len() as u16 {
        let item_id = ItemId(id);
        let item = grammar.item(item_id);
        id += 1;
        // A loop's first segment is the loop.
        if grammar.is_trigger(item_id) || FRAME.contains(&item.tag.to_string().as_str()) {
            continue;
        }
        let mut inside = shown.contains(&item_id);
        if inside {
            if area != Some(item.area) && item.parent == ItemId::ROOT {
                area = Some(item.area);
                lines.push(heading(item.area));
            }
            inside = !lines_of(guide, grammar, item_id, &mut lines);
        } else {
            others.push(way(grammar, item_id));
        }
        if let (false, ItemKind::Loop { end }) = (inside, item.kind) {
            id = end.0;
        }
    }
    (lines, others)
}

/// What the guide says something of, the loops around that, and what is mandatory in them.
fn spoken_of(guide: &Guide, grammar: &Grammar) -> BTreeSet<ItemId> {
    let mut shown = BTreeSet::from([ItemId::ROOT]);
    for note in &guide.page.places {
        let mut at = note.spot.target.item();
        while at != ItemId::ROOT {
            shown.insert(at);
            at = grammar.item(at).parent;
        }
    }
    for id in (1..grammar.items.len() as u16).map(ItemId) {
        if grammar.item(id).required && shown.contains(&grammar.item(id).parent) {
            shown.insert(id);
        }
    }
    shown
}

/// Appends an item and the rows that the guide tells apart; true when it is a loop that is not used.
fn lines_of(guide: &Guide, grammar: &Grammar, id: ItemId, lines: &mut Vec<Line>) -> bool {
    let item = grammar.item(id);
    let whole =
        |note: &&PlaceNote| note.spot.target.item() == id && !matches!(note.spot.target, Target::Element { .. });
    let notes: Vec<&PlaceNote> = guide.page.places.iter().filter(whole).collect();
    let general = notes.iter().find(|note| is_general(&note.spot));
    let depth = grammar.depth(id) - 1;
    let name = grammar.definition(id).map_or_else(String::new, |definition| definition.name.to_string());
    let what = if grammar.is_loop(id) { "loop " } else { "" };
    let standard = if item.required { "mandatory" } else { "optional" };
    lines.push(Line {
        depth,
        written: format!("{what}{}", item.tag),
        name: general.and_then(|note| note.name.clone()).unwrap_or(name),
        usage: general.map_or_else(|| standard.to_owned(), |note| usage_words(note, standard)),
        repeat: general.and_then(|note| note.repeat).map_or_else(|| count(item.max), |most| most.to_string()),
        says: general.and_then(|note| note.says.clone()).unwrap_or_default(),
        own: general.is_some(),
    });
    for note in notes.iter().filter(|note| !is_general(&note.spot)) {
        lines.push(Line {
            depth: depth + 1,
            written: variant(grammar, &note.spot),
            name: note.name.clone().unwrap_or_default(),
            usage: usage_words(note, "optional"),
            repeat: note.repeat.map_or_else(String::new, |most| most.to_string()),
            says: note.says.clone().unwrap_or_default(),
            own: true,
        });
    }
    general.is_some_and(|note| matches!(note.usage[..], [Usage::NotUsed]))
}

fn heading(area: Area) -> Line {
    let written = match area {
        Area::Heading => "Heading",
        Area::Detail => "Detail",
        Area::Summary => "Summary",
    };
    let none = String::new;
    Line { depth: 0, written: written.into(), name: none(), usage: none(), repeat: none(), says: none(), own: false }
}

/// Nothing is asked of the loops around the place or of itself.
fn is_general(spot: &Spot) -> bool {
    let own = match &spot.target {
        Target::Loop { conditions, .. } | Target::Segment { conditions, .. } | Target::Element { conditions, .. } => {
            conditions
        }
    };
    own.is_empty() && spot.loops.iter().all(|step| step.conditions.is_empty())
}

/// The way to a segment or loop with what is asked: `LX/W12/N9[N901=LI]`.
fn variant(grammar: &Grammar, spot: &Spot) -> String {
    let (item, conditions): (ItemId, &[RowCondition]) = match &spot.target {
        Target::Loop { item, conditions }
        | Target::Segment { item, conditions }
        | Target::Element { item, conditions, .. } => (*item, conditions),
    };
    let mut steps: Vec<String> = spot
        .loops
        .iter()
        .map(|LoopStep { item, conditions }| format!("{}{}", grammar.item(*item).tag, shown(conditions)))
        .collect();
    // The segment that opens the loop is named by the loop.
    if grammar.is_trigger(item) && conditions.is_empty() {
        return steps.join("/");
    }
    if grammar.is_trigger(item) {
        steps.pop();
    }
    steps.push(format!("{}{}", grammar.item(item).tag, shown(conditions)));
    steps.join("/")
}

fn sections(guide: &Guide, grammar: &Grammar) -> Vec<Section> {
    let mut sections = Vec::new();
    for id in (1..grammar.items.len() as u16).map(ItemId).filter(|id| !grammar.is_loop(*id)) {
        let notes: Vec<&PlaceNote> = guide
            .page
            .places
            .iter()
            .filter(|note| matches!(note.spot.target, Target::Element { item, .. } if item == id))
            .collect();
        let Some(definition) = grammar.definition(id).filter(|_| !notes.is_empty()) else { continue };
        let mut variants: Vec<String> = Vec::new();
        for note in &notes {
            let written = variant(grammar, &note.spot);
            if !variants.contains(&written) {
                variants.push(written);
            }
        }
        variants.sort_by_key(|written| written.contains('['));
        for written in variants {
            let of_it: Vec<&PlaceNote> =
                notes.iter().copied().filter(|note| variant(grammar, &note.spot) == written).collect();
            let general = written == way_of_segment(grammar, id);
            let elements = (1..).zip(&definition.elements).flat_map(|(position, element)| {
                rows(&of_it, &format!("{}{position:02}", definition.tag), position, element, general)
            });
            let elements = elements.collect();
            sections.push(Section { written, name: definition.name.to_string(), elements });
        }
    }
    sections
}

fn way_of_segment(grammar: &Grammar, id: ItemId) -> String {
    way(grammar, if grammar.is_trigger(id) { grammar.item(id).parent } else { id })
}

/// The rows of an element and its components: all of a segment as such, of one of its rows those that the guide names.
fn rows(notes: &[&PlaceNote], written: &str, position: u16, element: &ElementUse, all: bool) -> Vec<Row> {
    let of = |component: u16| {
        notes.iter().copied().find(|note| {
            matches!(note.spot.target, Target::Element { place, pairs: None, .. } if place.position == position && place.component == component)
        })
    };
    let tag = Tag::new(&written.as_bytes()[..written.len() - 2]);
    let pairs = notes.iter().filter_map(|note| match &note.spot.target {
        Target::Element { place, pairs: Some(pairs), .. } if place.position == position => {
            Some(row(Some(note), pairs.shown(tag), element, "optional"))
        }
        _ => None,
    });
    let mut rows = Vec::new();
    let own = of(0);
    if all || own.is_some() {
        rows.push(row(own, written.to_owned(), element, standard_use(element)));
    }
    for (component, inner) in (1..).zip(&element.components) {
        if let Some(note) = of(component) {
            rows.push(row(Some(note), format!("{written}-{component:02}"), inner, standard_use(inner)));
        }
    }
    rows.extend(pairs);
    rows
}

fn standard_use(element: &ElementUse) -> &'static str {
    match element.requirement {
        Requirement::Mandatory => "mandatory",
        Requirement::Optional => "optional",
        Requirement::Conditional => "conditional",
    }
}

fn row(note: Option<&PlaceNote>, written: String, element: &ElementUse, standard: &str) -> Row {
    let (min, max) = note.and_then(|note| note.length).unwrap_or((element.min, element.max));
    let form = match type_word(element.kind) {
        composite if element.kind == ElementType::Composite => composite,
        kind => format!("{kind} {min}/{max}"),
    };
    Row {
        written,
        name: note.and_then(|note| note.name.clone()).unwrap_or_else(|| element.name.to_string()),
        usage: note.map_or_else(|| standard.to_owned(), |note| usage_words(note, standard)),
        form,
        says: note.map_or_else(Vec::new, lines),
        own: note.is_some(),
    }
}

fn lines(note: &PlaceNote) -> Vec<String> {
    let mut lines = Vec::new();
    let code = |(code, meaning): &(String, String)| format!("{code}: {meaning}");
    lines.extend(note.value.iter().map(|value| format!("always {value}")));
    lines.extend(note.codes.iter().flatten().map(code));
    lines.extend(note.extra_codes.iter().map(|extra| format!("{} (beyond the standard)", code(extra))));
    if !note.patterns.is_empty() {
        lines.push(format!("looks like {}", note.patterns.join(" or ")));
    }
    lines.extend(note.default.iter().map(|value| format!("{value} is meant when it is left out")));
    lines.extend(note.repeat.iter().map(|most| format!("repeated at most {most} times")));
    lines.extend(note.says.clone());
    lines
}

fn usage_words(note: &PlaceNote, standard: &str) -> String {
    match note.usage.as_slice() {
        [Usage::Required, ..] => "required".into(),
        [Usage::NotUsed | Usage::NotUsedUnless(_), ..] => "not used".into(),
        [Usage::RequiredWhen(situation), more @ ..] => {
            let otherwise = if more.is_empty() { "optional" } else { "not used" };
            format!("required when {}, else {otherwise}", situation.text)
        }
        [] if note.optional => "optional".into(),
        [] => standard.to_owned(),
    }
}

fn rule((name, at, (when, must), message, says): &RuleNote) -> String {
    let mut text = String::new();
    match (message, says) {
        (Some(message), _) => text.push_str(message),
        (None, Some(says)) => text.push_str(says),
        (None, None) => text.push_str(&name.replace(['-', '_'], " ")),
    }
    text.push_str(": ");
    text.push_str(&at.as_ref().map_or_else(String::new, |at| format!("in each {at}, ")));
    text.push_str(&when.as_ref().map_or_else(String::new, |when| format!("when {when}, ")));
    text.push_str(must);
    if let (Some(_), Some(says)) = (message, says) {
        text.push_str(&format!(" ({says})"));
    }
    text
}

fn total((written, counts, says): &(String, String, Option<String>)) -> String {
    let says = says.as_ref().map_or_else(String::new, |says| format!(" ({says})"));
    format!("{written} is {counts}{says}")
}

fn tolerated(notes: &Notes) -> Vec<String> {
    let order = notes.out_of_order.iter().map(|place| format!("{place} may stand out of the table's order"));
    let segments = notes.segments.iter().map(|tag| format!("{tag}, which the table does not have, is passed over"));
    order.chain(segments).collect()
}

fn count(max: u32) -> String {
    if max == u32::MAX { ">1".into() } else { max.to_string() }
}
