//! The elements of an XML document that was read, each with the bytes it takes.

use std::ops::Range;
use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::layout::xml_names::{Names, Xml};

/// An element.
pub(super) struct Seen {
    /// Its name there.
    pub(super) name: Vec<u8>,
    /// Its place in the layout.
    pub(super) node: Option<usize>,
    /// The element around it; the outermost one's is itself.
    pub(super) parent: usize,
    pub(super) children: Vec<usize>,
    /// The element of the record that it belongs to; its own where it is a record.
    pub(super) owner: usize,
    /// From the blanks before it to its first byte.
    pub(super) before: Range<usize>,
    /// Start tag and end tag; without one this is empty.
    pub(super) open: Range<usize>,
    pub(super) close: Range<usize>,
    /// Each with the blanks before it, and the place of its name.
    attributes: Vec<(Range<usize>, Range<usize>)>,
    /// The prefixes that are bound there.
    pub(super) names: Rc<Names>,
}

impl Seen {
    pub(super) fn end(&self) -> usize {
        self.open.end.max(self.close.end)
    }

    /// Is it one tag, without room for anything inside?
    pub(super) fn is_bare(&self) -> bool {
        self.close.is_empty()
    }

    /// Behind the attributes of its start tag.
    pub(super) fn inside_tag(&self) -> usize {
        self.open.end - if self.is_bare() { 2 } else { 1 }
    }

    /// The bytes of the attribute that the layout calls `wanted`, with the blanks before it.
    pub(super) fn attribute(&self, xml: &Xml, wanted: &str, bytes: &[u8]) -> Option<Range<usize>> {
        let is_it = |name: &Range<usize>| self.names.is_attribute(xml, &bytes[name.clone()], wanted);
        self.attributes.iter().find(|(_, name)| is_it(name)).map(|(whole, _)| whole.clone())
    }

    pub(super) fn has_attributes(&self) -> bool {
        !self.attributes.is_empty()
    }
}

/// The elements of a document that was read, in order; `names` are those bound around it.
pub(super) fn elements(xml: &Xml, names: Names, document: usize, bytes: &[u8]) -> Vec<Seen> {
    let mut reader = Reader::from_reader(bytes);
    (reader.config_mut().check_end_names, reader.config_mut().allow_unmatched_ends) = (false, true);
    let (mut all, mut open): (Vec<Seen>, Vec<usize>) = (Vec::new(), Vec::new());
    let (mut names, mut at) = (Rc::new(names), 0);
    loop {
        let event = reader.read_event();
        let span = at..reader.buffer_position() as usize;
        at = span.end;
        match event {
            Ok(Event::Start(start)) => {
                let seen = seen(xml, &all, &open, (&start, span), (&mut names, document), bytes);
                open.push(all.len());
                all.push(seen);
            }
            Ok(Event::Empty(start)) => {
                let around = Rc::clone(&names);
                let seen = seen(xml, &all, &open, (&start, span), (&mut names, document), bytes);
                all.push(seen);
                names = around;
            }
            Ok(Event::End(_)) => {
                if let Some(ended) = open.pop() {
                    all[ended].close = span;
                    names = Rc::clone(&all[all[ended].parent].names);
                }
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    for child in 1..all.len() {
        let parent = all[child].parent;
        all[parent].children.push(child);
    }
    all
}

fn seen(
    xml: &Xml,
    all: &[Seen],
    open: &[usize],
    (start, span): (&BytesStart<'_>, Range<usize>),
    (names, document): (&mut Rc<Names>, usize),
    bytes: &[u8],
) -> Seen {
    let place = |text: &[u8]| {
        let from = text.as_ptr() as usize - bytes.as_ptr() as usize;
        from..from + text.len()
    };
    let mut attributes = Vec::new();
    for attribute in start.attributes().filter_map(Result::ok) {
        let (name, value) = (place(attribute.key.as_ref()), place(&attribute.value));
        if let Some(prefix) = attribute.key.as_ref().strip_prefix(b"xmlns") {
            let namespace = String::from_utf8_lossy(&attribute.value).into_owned();
            Rc::make_mut(names).bind(prefix.strip_prefix(b":").unwrap_or(prefix), namespace, open.len());
        }
        let blanks = bytes[..name.start].trim_ascii_end().len();
        attributes.push((blanks..value.end + 1, name));
    }
    let (own, name) = (all.len(), start.name().as_ref().to_vec());
    let parent = open.last().copied().unwrap_or(own);
    let known = |around: usize| xml.nodes[around].children.iter().copied();
    let node = match open.is_empty() {
        true => Some(document),
        false => all[parent].node.and_then(|around| known(around).find(|at| names.is(xml, &name, &xml.nodes[*at]))),
    };
    let is_record = node.is_some_and(|node| xml.nodes[node].record.is_some());
    let owner = if is_record || open.is_empty() { own } else { all[parent].owner };
    let blanks = bytes[..span.start].trim_ascii_end();
    // Between two tags only: what follows a text belongs to the text.
    let before = if blanks.ends_with(b">") { blanks.len() } else { span.start };
    let (open, close) = (span.clone(), span.end..span.end);
    let (before, names) = (before..span.start, Rc::clone(names));
    Seen { name, node, parent, children: Vec::new(), owner, before, open, close, attributes, names }
}
