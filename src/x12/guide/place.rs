//! Places of a guide in the table of its document: which loops, which segment, which element; and the names that its
//! conditions may use.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::expression::{Names, Type};
use crate::source::place::{Condition, ElementPlace, From, Pair, Place, Step, parse};
use crate::tree::{ElementType, ElementUse, Grammar, ItemId, ItemKind, Tag};

/// A loop on the way to a place, with what must hold for its occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LoopStep {
    pub(super) item: ItemId,
    pub(super) conditions: Vec<RowCondition>,
}

/// What must hold for a segment, or for a loop by one of the segments that stand directly in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RowCondition {
    Equals { tag: Tag, element: u16, value: String },
    Has(Tag),
    HasNot(Tag),
}

/// A place in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// The loops around it, the outermost first.
    pub(super) loops: Vec<LoopStep>,
    pub(super) target: Target,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Loop {
        item: ItemId,
        conditions: Vec<RowCondition>,
    },
    Segment {
        item: ItemId,
        conditions: Vec<RowCondition>,
    },
    /// Of `pairs`, the place of the first value.
    Element {
        item: ItemId,
        conditions: Vec<RowCondition>,
        place: ElementPlace,
        pairs: Option<Pairs>,
    },
}

/// The pairs of a segment, of which that with one qualifier is meant: its value stands behind the qualifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pairs {
    /// Positions of the qualifiers, 1-based; at least one.
    pub(super) slots: Vec<u16>,
    pub(super) qualifier: String,
}

impl Pairs {
    /// As a guide writes them: `pair(W1207,W1221=UP)`.
    pub(super) fn shown(&self, tag: Tag) -> String {
        let slots: Vec<String> = self.slots.iter().map(|slot| format!("{tag}{slot:02}")).collect();
        format!("pair({}={})", slots.join(","), self.qualifier)
    }
}

impl Target {
    pub(super) fn item(&self) -> ItemId {
        match self {
            Target::Loop { item, .. } | Target::Segment { item, .. } | Target::Element { item, .. } => *item,
        }
    }
}

impl Spot {
    /// The loop around the place.
    pub(super) fn around(&self) -> ItemId {
        self.loops.last().map_or(ItemId::ROOT, |step| step.item)
    }
}

/// Why a place is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) ambiguous: bool,
    pub(super) message: String,
    pub(super) remedy: String,
}

impl Trouble {
    fn none(message: String, remedy: impl Into<String>) -> Self {
        Self { ambiguous: false, message, remedy: remedy.into() }
    }
}

/// The place that `text` means in the document as a whole.
pub(super) fn spot(grammar: &Grammar, text: &str) -> Result<Spot, Trouble> {
    let place = read(text)?;
    if let From::Enclosing(_) = place.from {
        let message = format!("`{text}` leads out of the document");
        return Err(Trouble::none(message, "write the way from the document on: `N9`, `LX/N9`"));
    }
    resolve(grammar, ItemId::ROOT, &place, text)
}

fn read(text: &str) -> Result<Place, Trouble> {
    let place = parse(text).map_err(|_| {
        let message = format!("`{text}` is no place in a document");
        let upper = text.to_uppercase();
        let remedy = match parse(&upper).is_ok() && upper != text {
            true => format!("segment identifiers are written in capitals: `{upper}`"),
            false => {
                "write it as the guide prints it: `W0602`, `N9[N901=SI]`, `MEA04-01`, `LX/W12`, `N1[N101=ST]/N104`"
                    .into()
            }
        };
        Trouble::none(message, remedy)
    })?;
    let nth = place.steps.iter().any(|step| step.nth.is_some());
    let repetition = place.element.is_some_and(|element| element.repetition > 0);
    if nth || repetition {
        let message = format!("`{text}` names one of several by its number, which a guide cannot");
        return Err(Trouble::none(message, "name it by what it says: `N9[N901=SI]`; or all of them: `N9`"));
    }
    if place.pair.as_ref().is_some_and(|pair| pair.qualifier.is_none()) {
        let message = format!("`{text}` does not say which pair");
        return Err(Trouble::none(message, "write the code of its qualifier: `pair(W1207,W1221=UP)`"));
    }
    Ok(place)
}

/// Finds the place from loop `start` on: its first step is what stands directly there, else the only one further inside.
fn resolve(grammar: &Grammar, start: ItemId, place: &Place, text: &str) -> Result<Spot, Trouble> {
    let mut loops: Vec<LoopStep> = Vec::new();
    let mut around = start;
    let last = place.steps.len() - 1;
    for (number, step) in place.steps.iter().enumerate() {
        let tag = Tag::new(step.segment.as_bytes());
        let mut found: Vec<ItemId> = grammar.children(around).filter(|id| grammar.item(*id).tag == tag).collect();
        if found.is_empty() && number == 0 {
            found = deeper(grammar, around, tag);
        }
        let item = match found.as_slice() {
            [item] => *item,
            [] => return Err(unknown(grammar, around, step, text)),
            several => return Err(ambiguous(grammar, several, text)),
        };
        loops.extend(between(grammar, around, item));
        let is_loop = grammar.is_loop(item);
        if number < last {
            if !is_loop {
                let message = format!("`{text}` leads through {tag}, which opens no loop");
                return Err(Trouble::none(message, "name the loops on the way by their first segments: `LX/W12`"));
            }
            loops.push(LoopStep { item, conditions: conditions(grammar, item, step, text)? });
            around = item;
            continue;
        }
        let pair = place.pair.as_ref();
        let element = place.element.or(pair.map(|pair| ElementPlace {
            position: pair.slots[0] + 1,
            component: 0,
            repetition: 0,
        }));
        let target = match element {
            None if is_loop => Target::Loop { item, conditions: conditions(grammar, item, step, text)? },
            None => Target::Segment { item, conditions: conditions(grammar, item, step, text)? },
            Some(element) => {
                let item = if is_loop {
                    loops.push(LoopStep { item, conditions: Vec::new() });
                    ItemId(item.0 + 1)
                } else {
                    item
                };
                element_use(grammar, item, element, text)?;
                let pairs = pair.map(|pair| pairs(grammar, item, pair, text)).transpose()?;
                Target::Element { item, conditions: conditions(grammar, item, step, text)?, place: element, pairs }
            }
        };
        return Ok(Spot { loops, target });
    }
    Err(Trouble::none(format!("`{text}` names nothing"), "write a segment or an element, such as `W0602`"))
}

/// All segments and loops called `tag` inside loop `around`, at whatever depth. A loop's first segment is the loop.
fn deeper(grammar: &Grammar, around: ItemId, tag: Tag) -> Vec<ItemId> {
    let ItemKind::Loop { end } = grammar.item(around).kind else { return Vec::new() };
    let inside = (around.0 + 1..end.0).map(ItemId);
    inside.filter(|id| grammar.item(*id).tag == tag && !grammar.is_trigger(*id)).collect()
}

/// The loops between loop `around` and `item`, the outermost first.
fn between(grammar: &Grammar, around: ItemId, item: ItemId) -> Vec<LoopStep> {
    let mut loops = Vec::new();
    let mut at = grammar.item(item).parent;
    while at != around && at != ItemId::ROOT {
        loops.insert(0, LoopStep { item: at, conditions: Vec::new() });
        at = grammar.item(at).parent;
    }
    loops
}

/// The way to an item as a guide writes it: `LX/W12/N9`.
pub(super) fn way(grammar: &Grammar, item: ItemId) -> String {
    let mut way = grammar.item(item).tag.to_string();
    let mut at = grammar.item(item).parent;
    while at != ItemId::ROOT {
        way.insert_str(0, &format!("{}/", grammar.item(at).tag));
        at = grammar.item(at).parent;
    }
    way
}

fn unknown(grammar: &Grammar, around: ItemId, step: &Step, text: &str) -> Trouble {
    let tag = Tag::new(step.segment.as_bytes());
    let ways: Vec<String> = deeper(grammar, ItemId::ROOT, tag).into_iter().map(|id| way(grammar, id)).collect();
    let inside = match around {
        ItemId::ROOT => grammar.name.clone(),
        item => format!("loop {} of {}", way(grammar, item), grammar.name),
    };
    let message = format!("`{text}` does not exist: {inside} has no segment {tag}");
    let remedy = if ways.is_empty() {
        let tags: BTreeSet<String> = grammar.items.iter().skip(1).map(|item| item.tag.to_string()).collect();
        match crate::diagnostic::suggest::nearest(&step.segment, tags.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "compare the partner's document; `crossdock guide show` prints the segments there are".into(),
        }
    } else {
        format!("{tag} stands here: {}", ways.join(", "))
    };
    Trouble::none(message, remedy)
}

fn ambiguous(grammar: &Grammar, several: &[ItemId], text: &str) -> Trouble {
    let position = |id: &ItemId| match &grammar.item(*id).position {
        Some(position) => format!("{} (position {position})", way(grammar, *id)),
        None => way(grammar, *id),
    };
    let ways: Vec<String> = several.iter().map(position).collect();
    let same: BTreeSet<String> = several.iter().map(|id| way(grammar, *id)).collect();
    let message = format!("`{text}` can be {} places of {}", several.len(), grammar.name);
    let remedy = match same.len() {
        1 => {
            format!("the table has it at {}; what a guide says of one of them cannot be told apart", ways.join(" and "))
        }
        _ => format!("write one of {}", ways.join(", ")),
    };
    Trouble { ambiguous: true, message, remedy }
}

/// The definition of an element or a component.
pub(super) fn element_use<'g>(
    grammar: &'g Grammar,
    item: ItemId,
    place: ElementPlace,
    text: &str,
) -> Result<&'g ElementUse, Trouble> {
    let definition = grammar.definition(item).map(|definition| &**definition);
    let tag = grammar.item(item).tag;
    let elements = definition.map_or(&[][..], |definition| definition.elements.as_slice());
    let Some(element) = elements.get(usize::from(place.position) - 1) else {
        let message = format!("`{text}` does not exist: {tag} has {} elements", elements.len());
        return Err(Trouble::none(
            message,
            "compare the partner's document: it may count otherwise, or mean another release",
        ));
    };
    if place.component == 0 {
        return Ok(element);
    }
    element.components.get(usize::from(place.component) - 1).ok_or_else(|| {
        let count = element.components.len();
        let message = match count {
            0 => format!("`{text}` does not exist: {tag}{:02} has no components", place.position),
            _ => format!("`{text}` does not exist: {tag}{:02} has {count} components", place.position),
        };
        let remedy = match count {
            0 => format!("write `{tag}{:02}`; blanks around a minus make it a subtraction", place.position),
            _ => format!("write `{tag}{:02}-01` to `{tag}{:02}-{count:02}`", place.position, place.position),
        };
        Trouble::none(message, remedy)
    })
}

/// The pairs that `pair` means in a segment: one qualifier named alone stands for all of its kind.
fn pairs(grammar: &Grammar, item: ItemId, pair: &Pair, text: &str) -> Result<Pairs, Trouble> {
    let number = |position: u16| {
        let place = ElementPlace { position, component: 0, repetition: 0 };
        element_use(grammar, item, place, text).map(|element| &element.number)
    };
    for slot in &pair.slots {
        number(*slot)?;
        number(*slot + 1)?;
    }
    let mut slots = pair.slots.clone();
    if let [first] = *slots.as_slice() {
        let (qualifier, value) = (number(first)?, number(first + 1)?);
        let count = grammar.definition(item).map_or(0, |definition| definition.elements.len()) as u16;
        let alike = |slot: &u16| number(*slot).ok() == Some(qualifier) && number(*slot + 1).ok() == Some(value);
        slots = (1..count).filter(alike).collect();
    }
    Ok(Pairs { slots, qualifier: pair.qualifier.clone().unwrap_or_default() })
}

/// The conditions of a step: of a segment over its own elements, of a loop over the segments that stand directly in it.
fn conditions(grammar: &Grammar, item: ItemId, step: &Step, text: &str) -> Result<Vec<RowCondition>, Trouble> {
    let is_loop = grammar.is_loop(item);
    let own = grammar.item(item).tag;
    let held = |tag: Tag| match is_loop {
        true => grammar.children(item).find(|id| grammar.item(*id).tag == tag),
        false => (tag == own).then_some(item),
    };
    let none = |segment: &str| {
        let what =
            if is_loop { format!("loop {own} has no segment {segment}") } else { format!("{own} is no {segment}") };
        let remedy = match is_loop {
            true => "name an element of a segment that stands in the loop itself, such as `LX[MAN01=GM]`".to_owned(),
            false => format!("name an element of {own} itself, such as `{own}[{own}01=..]`"),
        };
        Trouble::none(format!("`{text}` asks for what is not there: {what}"), remedy)
    };
    let read = |condition: &Condition| match condition {
        Condition::Equals { segment, element, value } => {
            let tag = Tag::new(segment.as_bytes());
            let holder = held(tag).ok_or_else(|| none(segment))?;
            element_use(grammar, holder, ElementPlace { position: *element, component: 0, repetition: 0 }, text)?;
            Ok(RowCondition::Equals { tag, element: *element, value: value.clone() })
        }
        Condition::Has(segment) | Condition::HasNot(segment) => {
            let tag = Tag::new(segment.as_bytes());
            held(tag).filter(|_| is_loop).ok_or_else(|| none(segment))?;
            Ok(if matches!(condition, Condition::Has(_)) { RowCondition::Has(tag) } else { RowCondition::HasNot(tag) })
        }
    };
    step.conditions.iter().map(read).collect()
}

/// What a name in a condition stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) from: From,
    pub(super) spot: Spot,
    /// An element of the very segment that is looked at.
    pub(super) own: bool,
    pub(super) number: Option<Number>,
}

/// How the text of a numeric element is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// With so many implied decimals.
    Implied(u8),
    /// With an explicit decimal point.
    Decimal,
}

/// The names that can be used in an occurrence of a loop, and of one of its segments.
pub(super) struct Scope<'g> {
    pub(super) grammar: &'g Grammar,
    /// The loop.
    pub(super) around: ItemId,
    /// The segment that is looked at.
    pub(super) segment: Option<ItemId>,
}

impl Scope<'_> {
    fn find(&self, path: &str) -> Result<Name, Trouble> {
        let place = read(path)?;
        let mut start = self.around;
        match place.from {
            From::Here => {}
            From::Root => start = ItemId::ROOT,
            From::Enclosing(count) => {
                for _ in 0..count {
                    if start == ItemId::ROOT {
                        let message = format!("`{path}` leads out of the document");
                        return Err(Trouble::none(message, "write fewer `../`"));
                    }
                    start = self.grammar.item(start).parent;
                }
            }
        }
        let spot = resolve(self.grammar, start, &place, path)?;
        let number = match &spot.target {
            Target::Element { item, place, .. } => match element_use(self.grammar, *item, *place, path)?.kind {
                ElementType::Implied(decimals) => Some(Number::Implied(decimals)),
                ElementType::Decimal => Some(Number::Decimal),
                _ => None,
            },
            _ => None,
        };
        let own = place.from == From::Here
            && spot.loops.is_empty()
            && matches!(&spot.target, Target::Element { item, conditions, .. } if Some(*item) == self.segment && conditions.is_empty());
        Ok(Name { from: place.from, spot, own, number })
    }

    /// Can there be several of what the name means?
    fn is_list(&self, name: &Name) -> bool {
        let many = |item: ItemId, conditions: &[RowCondition]| {
            self.grammar.item(item).max > 1 && conditions.is_empty() && !self.grammar.is_trigger(item)
        };
        let (item, conditions) = match &name.spot.target {
            Target::Element { item, conditions, .. } => (*item, conditions),
            _ => return true,
        };
        !name.own && (many(item, conditions) || name.spot.loops.iter().any(|step| many(step.item, &step.conditions)))
    }
}

fn type_of(name: &Name, list: bool) -> Type {
    match (&name.spot.target, name.number, list) {
        (Target::Loop { .. } | Target::Segment { .. }, ..) => Type::Entries,
        (_, Some(_), true) => Type::Numbers,
        (_, None, true) => Type::Texts,
        (_, Some(_), false) => Type::Number,
        (_, None, false) => Type::Text,
    }
}

impl Names for Scope<'_> {
    type Name = Name;

    fn resolve(&self, path: &str) -> Option<(Name, Type)> {
        let name = self.find(path).ok()?;
        let of = type_of(&name, self.is_list(&name));
        Some((name, of))
    }

    fn resolve_list(&self, path: &str) -> Option<(Name, Type)> {
        let name = self.find(path).ok()?;
        let of = type_of(&name, true);
        Some((name, of))
    }

    fn candidates(&self) -> Vec<String> {
        let mut names = Vec::new();
        let own = self.segment.into_iter();
        for item in own.chain(self.grammar.children(self.around)) {
            let Some(definition) = self.grammar.definition(item) else { continue };
            names.extend((1..=definition.elements.len()).map(|at| format!("{}{at:02}", definition.tag)));
            names.push(definition.tag.to_string());
        }
        names
    }

    fn cause(&self, path: &str) -> Option<String> {
        let trouble = self.find(path).err()?;
        // A plain slip is better served by the nearest name.
        let plain = parse(path).is_ok_and(|place| place.steps.len() == 1 && place.from == From::Here);
        (!plain || trouble.ambiguous).then(|| format!("{}; {}", trouble.message, trouble.remedy))
    }
}

/// A condition as it is written.
pub(super) fn shown(conditions: &[RowCondition]) -> String {
    if conditions.is_empty() {
        return String::new();
    }
    let mut text = String::from("[");
    for (index, condition) in conditions.iter().enumerate() {
        text.push_str(if index > 0 { ", " } else { "" });
        // Writing to a text cannot fail.
        let _written = match condition {
            RowCondition::Equals { tag, element, value } if value.contains([' ', ',', ']']) => {
                write!(text, "{tag}{element:02}='{value}'")
            }
            RowCondition::Equals { tag, element, value } => write!(text, "{tag}{element:02}={value}"),
            RowCondition::Has(tag) => write!(text, "{tag}"),
            RowCondition::HasNot(tag) => write!(text, "not {tag}"),
        };
    }
    text.push(']');
    text
}
