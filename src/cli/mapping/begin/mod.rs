//! A first layout and mapping for a file without X12, from a sample: what can be told from it, and for the rest what a
//! person has to say.

mod lines;
mod names;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use names::fitting;

use crate::canonical::{Kind, NodeShape, Shape};

/// What a sample looks like.
pub(super) struct Guess {
    /// `flat` or `xml`.
    pub(super) family: &'static str,
    /// Keys at the head of the layout.
    head: Vec<String>,
    /// The record that begins a document; none: the file is one.
    document: Option<String>,
    records: Vec<Record>,
    /// What could not be told, for the head of the layout.
    remarks: Vec<&'static str>,
}

/// A kind of record.
#[derive(Default)]
struct Record {
    name: String,
    /// Its keys besides its fields.
    keys: Vec<String>,
    fields: Vec<Field>,
    /// Does it stand in a document several times?
    several: bool,
}

/// A field, with some of its values.
#[derive(Default)]
struct Field {
    name: String,
    /// What the header line calls it, where that is no name.
    column: Option<String>,
    values: Vec<String>,
    /// Does a row leave it blank?
    blank: bool,
}

/// The layout and the mapping, as texts; and how many fields have a line, and how many have not.
pub(super) struct Begun {
    pub(super) layout: String,
    pub(super) mapping: String,
    pub(super) mapped: usize,
    pub(super) left: usize,
}

/// Lines of the mapping, by the list that they stand in.
type Lines<'g> = BTreeMap<&'g str, Vec<String>>;

/// What the lines of the mapping ask of the layout.
#[derive(Default)]
struct Said {
    /// Fields of a row that are the document's, and whether they are its key.
    levels: BTreeMap<String, bool>,
    /// Places that must be numbers or dates.
    typed: BTreeSet<String>,
}

/// So many values of a field are looked at.
const VALUES: usize = 200;

/// What the sample looks like; else what cannot be told, and what to do.
pub(super) fn guess(bytes: &[u8], shape: &Shape) -> Result<Guess, (&'static str, &'static str)> {
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
    if text.trim_start().starts_with('<') {
        return xml::guess(&text, shape);
    }
    lines::guess(&text, shape)
}

impl Guess {
    /// Both files of a mapping called `name`.
    pub(super) fn begun(&self, name: &str, layout: &str, shape: &Shape, sample: &str) -> Begun {
        let main = self.main_list(shape);
        let mut lines = Lines::new();
        let (mut mapped, mut left, mut said_of) = (0, 0, Said::default());
        for (number, record) in self.records.iter().enumerate() {
            let (table, node) = match main {
                Some((list, node, at)) if at == number => (list, node),
                _ if !record.several => ("", &shape.nodes[0]),
                _ => ("?", &shape.nodes[0]),
            };
            let unit = record.fields.iter().find(|field| names::is_unit(&field.name)).map(|field| self.place(field));
            for field in &record.fields {
                let said = field.values.first().map(|value| format!("   # {}", shown(value))).unwrap_or_default();
                let place = self.place(field);
                // A row may say again what is the document's.
                let own = Some((table, node)).filter(|_| table != "?");
                let outer = Some(("", &shape.nodes[0])).filter(|_| self.is_row() && self.document.is_some());
                let found = [own, outer].into_iter().flatten();
                let line = found.into_iter().find_map(|(table, node)| {
                    let (name, value, is_typed) = line(node, shape, field, &place, unit.as_deref())?;
                    Some((table, name, value, is_typed))
                });
                let taken = |table: &str, name: &str| {
                    lines
                        .get(table)
                        .is_some_and(|lines| lines.iter().any(|line| line.starts_with(&format!("{name} = "))))
                };
                match line {
                    Some((table, name, value, is_typed)) if !taken(table, &name) => {
                        mapped += 1;
                        if is_typed {
                            said_of.typed.insert(place.clone());
                        }
                        if table.is_empty() && self.is_row() {
                            said_of.levels.insert(field.name.clone(), shape.keys.contains(&name.as_str()));
                        }
                        lines.entry(table).or_default().push(format!("{name} = {value}{said}"));
                    }
                    _ if unit.as_ref() == Some(&place) => {}
                    _ => {
                        left += 1;
                        let table = if table == "?" { "" } else { table };
                        lines.entry(table).or_default().push(format!("# FIELD = \"{place}\"{said}"));
                    }
                }
            }
        }
        let each = main.map(|(list, _, at)| (list, self.records[at].name.as_str()));
        Begun {
            layout: self.layout(sample, &said_of),
            mapping: self.mapping(name, layout, shape, sample, (&lines, each)),
            mapped,
            left,
        }
    }

    /// Does each line say everything?
    fn is_row(&self) -> bool {
        self.family == "flat" && self.records.len() == 1
    }

    /// The list that a record of the sample fills, its nodes, and the record: the one that fits best.
    fn main_list<'s>(&self, shape: &'s Shape) -> Option<(&'s str, &'s NodeShape, usize)> {
        let lists =
            shape.nodes[0].fields.iter().filter(|field| field.list && names::LISTS.contains(&field.name.as_str()));
        let nodes = lists.filter_map(|field| match field.kind {
            Kind::Object(inner) => Some((field.name.as_str(), shape.node(inner))),
            _ => None,
        });
        let (list, node) = nodes.into_iter().next()?;
        let fits =
            |record: &Record| record.fields.iter().filter(|field| fitting(node, shape, &field.name).is_some()).count();
        let several = self.records.iter().enumerate().filter(|(_, record)| record.several);
        let best = several.max_by_key(|(at, record)| (fits(record), std::cmp::Reverse(*at)))?;
        Some((list, node, best.0))
    }

    /// A field as a mapping names it: with its record where others have one of that name.
    fn place(&self, field: &Field) -> String {
        let having: Vec<&Record> =
            self.records.iter().filter(|record| record.fields.iter().any(|one| one.name == field.name)).collect();
        let is_record = self.records.iter().any(|record| record.name == field.name);
        match having.iter().find(|record| record.fields.iter().any(|one| std::ptr::eq(one, field))) {
            Some(record) if having.len() > 1 || is_record => format!("{}.{}", record.name, field.name),
            _ => field.name.clone(),
        }
    }

    fn layout(&self, sample: &str, Said { levels, typed }: &Said) -> String {
        let mut out = format!(
            "#:schema ../schemas/layout.json\n# Begun from {sample}: hold it against the partner's description of their file.\n"
        );
        for remark in &self.remarks {
            out.push_str(&format!("# TODO: {remark}\n"));
        }
        out.push_str(&self.head.join("\n"));
        let is_keyed = levels.values().any(|key| *key);
        if let Some(document) = self.document.as_ref().filter(|_| !self.is_row() || is_keyed) {
            out.push_str(&format!("\ndocument = \"{document}\""));
        }
        for record in &self.records {
            out.push_str(&format!("\n\n[record.{}]", record.name));
            for key in &record.keys {
                out.push_str(&format!("\n{key}"));
            }
            out.push_str("\nfields = [\n");
            let mut keys = record.fields.iter().filter(|field| is_keyed && levels.get(&field.name) == Some(&true));
            if let Some(key) = keys.clone().find(|key| key.blank).or(keys.next()) {
                out.push_str(&match key.blank {
                    true => format!(
                        "  # A row with a blank `{}` goes on with the document before it, and the sample has some; where that is a mistake of\n  # theirs, add `required = true`: then each row must say it.\n",
                        key.name
                    ),
                    false => format!(
                        "  # Each row must say `{}`. Without `required` a blank one goes on with the document before it.\n",
                        key.name
                    ),
                });
            }
            for field in &record.fields {
                let mut words = vec![format!("name = {}", quoted(&field.name))];
                words.extend(field.column.as_ref().map(|column| format!("column = {}", quoted(column))));
                if let (Some(key), Some(document), true) = (levels.get(&field.name), &self.document, is_keyed) {
                    words.push(format!("level = \"{document}\""));
                    let required = if field.blank { "" } else { ", required = true" };
                    words.extend(key.then(|| format!("key = true{required}")));
                }
                let kind = field.kind().filter(|_| typed.contains(&self.place(field)));
                words.extend(kind.map(|kind| format!("type = \"{kind}\"")));
                out.push_str(&format!("  {{ {} }},\n", words.join(", ")));
            }
            out.push(']');
        }
        out.push('\n');
        out
    }

    fn mapping(
        &self,
        name: &str,
        layout: &str,
        shape: &Shape,
        sample: &str,
        (lines, each): (&Lines<'_>, Option<(&str, &str)>),
    ) -> String {
        let up = "../".repeat(name.matches('/').count());
        let mut out = format!(
            "#:schema {up}schemas/mapping.json\n# Begun from {sample}. Lines are by the names of the fields: hold them against the partner's description.\n\
             # Behind comment marks is what has no such name: put a field in the place of FIELD (`crossdock schema {} --fields`),\n\
             # or drop the line and name it in [ignore].\n\ncanonical = \"{}\"\ndocument = \"{layout}\"\n\n[map]\n",
            shape.name, shape.name
        );
        let none = Vec::new();
        let has_key = |line: &String| shape.keys.iter().any(|key| line.starts_with(&format!("{key} = ")));
        let own = lines.get("").unwrap_or(&none);
        let is_required = |key: &&str| shape.nodes[0].fields.iter().any(|field| field.required && field.name == **key);
        if !shape.keys.is_empty() && !shape.keys.iter().any(is_required) && !own.iter().any(has_key) {
            out.push_str(&format!("# TODO: {} = \"...\"   what tells one {} from others\n", shape.keys[0], shape.name));
        }
        out.push_str(&missing(&shape.nodes[0], shape, own));
        for line in lines.get("").unwrap_or(&none) {
            out.push_str(&format!("{line}\n"));
        }
        if let Some((list, record)) = each {
            out.push_str(&format!("\n[map.{list}]\neach = \"{record}\"\n"));
            let node = shape.nodes[0].fields.iter().find(|field| field.name == *list).map(|field| &field.kind);
            if let Some(Kind::Object(inner)) = node {
                out.push_str(&missing(shape.node(*inner), shape, lines.get(list).unwrap_or(&none)));
            }
            for line in lines.get(list).unwrap_or(&none) {
                out.push_str(&format!("{line}\n"));
            }
        }
        out
    }
}

/// What the object must have and no line fills.
fn missing(node: &NodeShape, shape: &Shape, lines: &[String]) -> String {
    let is_there = |name: &str| lines.iter().any(|line| line.starts_with(&format!("{name} = ")));
    let fields = node.fields.iter().filter(|field| field.required && !field.list && !is_there(&field.name));
    fields.map(|field| format!("# TODO: {} = \"...\"   every {} must have it\n", field.name, shape.name)).collect()
}

/// A line for a field of the sample: the field of the object, its place, and whether that must be more than a text; where names
/// and values fit.
fn line(
    node: &NodeShape,
    shape: &Shape,
    field: &Field,
    place: &str,
    unit: Option<&str>,
) -> Option<(String, String, bool)> {
    let (name, kind) = fitting(node, shape, &field.name)?;
    let place = quoted(place);
    let value = match (kind, field.form()) {
        (Kind::Text, _) => place,
        (Kind::Decimal, Form::Number) => place,
        (Kind::Object(_), Form::Number) => match unit {
            Some(unit) => format!("{{ at = {place}, unit = {} }}", quoted(unit)),
            None => place,
        },
        (Kind::Date | Kind::DateOrInstant, Form::Date) => place,
        (Kind::Date | Kind::DateOrInstant, Form::Written(form)) => format!("{{ at = {place}, format = \"{form}\" }}"),
        _ => return None,
    };
    Some((name.to_owned(), value, *kind != Kind::Text))
}

/// What the values of a field look like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Number,
    /// CCYYMMDD.
    Date,
    /// A date in another form.
    Written(&'static str),
    Text,
}

impl Field {
    fn form(&self) -> Form {
        let digits = |text: &str, lengths: &[usize], mark: char| {
            let parts: Vec<&str> = text.split(mark).collect();
            parts.len() == lengths.len()
                && parts.iter().zip(lengths).all(|(part, most)| {
                    (1..=*most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
                })
        };
        let date = |text: &str| {
            text.len() == 8 && (text.starts_with("19") || text.starts_with("20")) && digits(text, &[8], '-')
        };
        let number = |text: &str| {
            let digits = text.trim_start_matches('-');
            let leading = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
            !leading && crate::canonical::number::parse(text.as_bytes()).is_some()
        };
        let all = |is: &dyn Fn(&str) -> bool| !self.values.is_empty() && self.values.iter().all(|value| is(value));
        match () {
            () if all(&date) => Form::Date,
            () if all(&|text| digits(text, &[4, 2, 2], '-') && text.len() == 10) => Form::Written("YYYY-MM-DD"),
            () if all(&|text| digits(text, &[2, 2, 4], '/')) => Form::Written("M/D/YYYY"),
            () if all(&number) => Form::Number,
            () => Form::Text,
        }
    }

    /// The type in the layout, where it is not a text.
    fn kind(&self) -> Option<&'static str> {
        match self.form() {
            Form::Number => Some("number"),
            Form::Date => Some("date"),
            Form::Written(_) | Form::Text => None,
        }
    }

    fn add(&mut self, value: &str) {
        let value = value.trim();
        self.blank |= value.is_empty();
        if !value.is_empty() && self.values.len() < VALUES {
            self.values.push(value.to_owned());
        }
    }
}

/// A value as it stands behind a comment mark.
fn shown(value: &str) -> String {
    let plain: String = value.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.trim_end().to_owned()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
