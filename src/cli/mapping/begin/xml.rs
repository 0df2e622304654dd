//! Samples of XML: the element that is a document, those that repeat in it, and what stands in each.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::names::fitting;
use super::{Field, Guess, Record};
use crate::canonical::Shape;

/// Elements that are looked at, and how deep they may stand.
const ELEMENTS: usize = 50_000;
const DEPTH: usize = 60;

/// An element of the sample.
#[derive(Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    inside: Vec<Element>,
}

pub(super) fn guess(text: &str, shape: &Shape) -> Result<Guess, (&'static str, &'static str)> {
    let root = read(text).ok_or((
        "it is no XML that can be read to its end",
        "name a whole file: `crossdock translate` says what is wrong with it, once it has a layout",
    ))?;
    let mut path = vec![root.name.clone()];
    let mut documents = vec![&root];
    // What only holds others of one kind is not a document itself.
    while let [only] = documents.as_slice() {
        let Some(first) = only.inside.first().filter(|first| !first.inside.is_empty()) else { break };
        if only.inside.iter().any(|one| one.name != first.name) || !only.attributes.is_empty() {
            break;
        }
        path.push(first.name.clone());
        documents = only.inside.iter().collect();
    }
    let mut records = filled(&path, &documents);
    // An element that repeats and holds others that repeat may be the document: then what stands around it is the file's.
    while let Some(inner) = document_inside(&records, shape) {
        let steps: Vec<&str> = inner.split('/').collect();
        documents = documents.into_iter().flat_map(|document| below(document, &steps)).collect();
        path.push(inner);
        records = filled(&path, &documents);
    }
    let mut head = vec!["title = \"TODO\"".to_owned(), "syntax = \"xml\"".to_owned()];
    let namespace = root.attributes.iter().any(|(name, _)| name.starts_with("xmlns"));
    if namespace {
        head.push(
            "# namespaces = { \"\" = \"...\" }   # the sample has some: without this they are not looked at".to_owned(),
        );
    }
    let remarks = vec![
        "look at `path` of the document: each such element is one; say which fields are `required`, and how long (`max`)",
    ];
    Ok(Guess { family: "xml", head, document: Some("document".into()), records, remarks })
}

/// The path, in what was taken for the document, of a record that holds others, where it says more of what a document does; where both say as
/// much, what has fields of its own beside it is the document.
fn document_inside(records: &[Record], shape: &Shape) -> Option<String> {
    let holds =
        |record: &&Record| records.iter().any(|other| other.keys.contains(&format!("in = \"{}\"", record.name)));
    let outer = records[1..].iter().find(holds)?;
    let says = |record: &Record| {
        let names = record.fields.iter().filter_map(|field| fitting(&shape.nodes[0], shape, &field.name));
        let names: BTreeSet<&str> = names.map(|(name, _)| name).collect();
        (shape.keys.iter().any(|key| names.contains(key)), names.len())
    };
    let has_own = records[0].fields.iter().any(|field| !field.name.contains(['/', '@']));
    match says(outer).cmp(&says(&records[0])) {
        Ordering::Less => return None,
        Ordering::Equal if has_own => return None,
        Ordering::Equal | Ordering::Greater => {}
    }
    let path = outer.keys.first()?.strip_prefix("path = \"")?.strip_suffix('"')?;
    Some(path.to_owned())
}

/// The elements at the end of a path below another one.
fn below<'e>(element: &'e Element, steps: &[&str]) -> Vec<&'e Element> {
    let Some((first, rest)) = steps.split_first() else { return vec![element] };
    let inside = element.inside.iter().filter(|inside| inside.name == *first);
    inside.flat_map(|inside| below(inside, rest)).collect()
}

/// The records of documents, whose elements stand at `path`.
fn filled(path: &[String], documents: &[&Element]) -> Vec<Record> {
    let mut records = vec![Record {
        name: "document".into(),
        keys: vec![format!("path = \"{}\"", path.join("/"))],
        ..Record::default()
    }];
    for document in documents {
        fill(document, "", 0, &mut records);
    }
    records
}

/// Adds what stands in `element`, below `path` of the record `at`.
fn fill(element: &Element, path: &str, at: usize, records: &mut Vec<Record>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    for (name, value) in element.attributes.iter().filter(|(name, _)| !name.starts_with("xmlns")) {
        add(&mut records[at], &below(&format!("@{name}")), value);
    }
    let own = if path.is_empty() { "." } else { path };
    if !element.text.trim().is_empty() {
        add(&mut records[at], own, &element.text);
    }
    for inside in &element.inside {
        let path = below(&inside.name);
        let several = element.inside.iter().filter(|one| one.name == inside.name).count() > 1;
        let parent = records[at].name.clone();
        let key = format!("path = \"{path}\"");
        let of_parent = |record: &Record| {
            record.keys.contains(&key) && (at == 0 || record.keys.contains(&format!("in = \"{parent}\"")))
        };
        match records.iter().position(of_parent) {
            Some(known) => fill(inside, "", known, records),
            None if several => {
                let mut name = inside.name.to_ascii_lowercase().replace(':', "_");
                while records.iter().any(|record| record.name == name) {
                    name.push('_');
                }
                let mut keys = vec![key];
                keys.extend((at > 0).then(|| format!("in = \"{parent}\"")));
                records.push(Record { name, keys, several: true, ..Record::default() });
                fill(inside, "", records.len() - 1, records);
            }
            None => fill(inside, &path, at, records),
        }
    }
}

fn add(record: &mut Record, name: &str, value: &str) {
    let at = record.fields.iter().position(|field| field.name == name).unwrap_or_else(|| {
        record.fields.push(Field { name: name.to_owned(), ..Field::default() });
        record.fields.len() - 1
    });
    record.fields[at].add(value);
}

/// The outermost element; `None` where it is no XML, or more than is looked at.
fn read(text: &str) -> Option<Element> {
    let mut reader = Reader::from_str(text);
    let (mut open, mut count) = (vec![Element::default()], 0);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => open.push(element(&start)?),
            Event::Empty(start) => {
                let element = element(&start)?;
                open.last_mut()?.inside.push(element);
            }
            Event::End(_) => {
                let done = open.pop()?;
                open.last_mut()?.inside.push(done);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::GeneralRef(_) | Event::CData(_) => open.last_mut()?.text.push('.'),
            Event::DocType(_) => return None,
            Event::Eof => break,
            _ => {}
        }
        count += 1;
        if count > ELEMENTS || open.len() > DEPTH {
            return None;
        }
    }
    let mut outermost = open.pop().filter(|_| open.is_empty())?;
    outermost.inside.pop()
}

/// An element by its own name, without the prefix of its namespace.
fn element(start: &BytesStart<'_>) -> Option<Element> {
    let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        attributes.push((key, String::from_utf8_lossy(&attribute.value).into_owned()));
    }
    Some(Element { name, attributes, ..Element::default() })
}
