//! The elements of an XML file.

use quick_xml::Writer as XmlWriter;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::Writer;
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};
use crate::layout::Layout;
use crate::layout::xml_names::Xml;
use crate::tree::{Segment, Tree};

/// Blanks before an element, for each one around it.
const INDENT: &str = "  ";

/// An element on its way out.
#[derive(Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: Option<String>,
    children: Vec<Element>,
}

impl Element {
    /// The last element at `path` below this one, made where there is none.
    fn at(&mut self, path: &str) -> &mut Element {
        path.split('/').filter(|name| !name.is_empty() && *name != ".").fold(self, |element, name| {
            let known = element.children.iter().rposition(|child| child.name == name);
            let at = known.unwrap_or_else(|| {
                element.children.push(Element { name: name.to_owned(), ..Element::default() });
                element.children.len() - 1
            });
            &mut element.children[at]
        })
    }

    /// A new element at `path` below this one: of the names on the way there is one each.
    fn add(&mut self, path: &str) -> &mut Element {
        let (way, name) = path.rsplit_once('/').unwrap_or(("", path));
        let around = self.at(way);
        around.children.push(Element { name: name.to_owned(), ..Element::default() });
        around.children.last_mut().expect("it was just added")
    }

    fn write(&self, depth: usize, out: &mut Vec<u8>) {
        let mut start = BytesStart::new(self.name.as_str());
        for (name, value) in &self.attributes {
            start.push_attribute((name.as_str(), value.as_str()));
        }
        out.extend_from_slice(INDENT.repeat(depth).as_bytes());
        let mut writer = XmlWriter::new(&mut *out);
        // Writing to memory does not fail.
        let wrote = match (&self.text, self.children.is_empty()) {
            (None, true) => writer.write_event(Event::Empty(start)),
            (text, _) => writer.write_event(Event::Start(start)).and_then(|()| match text {
                Some(text) => writer.write_event(Event::Text(BytesText::new(text))),
                None => Ok(()),
            }),
        };
        debug_assert!(wrote.is_ok());
        if !self.children.is_empty() {
            out.push(b'\n');
            self.children.iter().for_each(|child| child.write(depth + 1, out));
            out.extend_from_slice(INDENT.repeat(depth).as_bytes());
        }
        if self.text.is_some() || !self.children.is_empty() {
            end(&self.name, out);
        }
        out.push(b'\n');
    }
}

fn end(name: &str, out: &mut Vec<u8>) {
    let wrote = XmlWriter::new(out).write_event(Event::End(BytesEnd::new(name)));
    debug_assert!(wrote.is_ok());
}

impl Writer {
    pub(super) fn begin_xml(&mut self, xml: &Xml) {
        let wrote = XmlWriter::new(&mut self.out).write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        debug_assert!(wrote.is_ok());
        self.out.push(b'\n');
        for (depth, name) in xml.around.iter().enumerate() {
            self.out.extend_from_slice(INDENT.repeat(depth).as_bytes());
            let mut start = BytesStart::new(name.as_str());
            if depth == 0 {
                namespaces(xml).for_each(|(name, value)| start.push_attribute((name.as_str(), value)));
            }
            let wrote = XmlWriter::new(&mut self.out).write_event(Event::Start(start));
            debug_assert!(wrote.is_ok());
            self.out.push(b'\n');
        }
    }

    pub(super) fn end_xml(&mut self, xml: &Xml) {
        for (depth, name) in xml.around.iter().enumerate().rev() {
            self.out.extend_from_slice(INDENT.repeat(depth).as_bytes());
            end(name, &mut self.out);
            self.out.push(b'\n');
        }
    }

    pub(super) fn xml(&mut self, layout: &Layout, xml: &Xml, tree: &Tree, diagnostics: &mut Diagnostics) {
        let Some(document) = layout.document else { return };
        not_characters(layout, tree, diagnostics);
        let path = xml.path_of(document);
        let mut element =
            Element { name: path.rsplit('/').next().unwrap_or_default().to_owned(), ..Element::default() };
        if xml.around.is_empty() {
            element.attributes.extend(namespaces(xml).map(|(name, value)| (name, value.to_owned())));
        }
        let first = tree.segments.iter().position(|segment| layout.record(segment.tag) == Some(document));
        if let Some(first) = first {
            self.fields(layout, document, &tree.segments[first], tree, &mut element);
        }
        let inside = &tree.segments[first.map_or(0, |first| first + 1)..];
        self.inside(layout, xml, document, inside, tree, &mut element);
        element.write(xml.around.len(), &mut self.out);
    }

    /// The records of `segments`, which stand in the record `outer` whose element is `around`.
    fn inside(
        &self,
        layout: &Layout,
        xml: &Xml,
        outer: usize,
        mut segments: &[Segment],
        tree: &Tree,
        around: &mut Element,
    ) {
        while let [segment, rest @ ..] = segments {
            segments = rest;
            let Some(record) = layout.record(segment.tag).filter(|record| *record != outer) else { continue };
            let stands_in = |other: &Segment| {
                layout.record(other.tag).is_some_and(|at| at != record && layout.stands_in(at, record))
            };
            let own = rest.iter().take_while(|other| stands_in(other)).count();
            let path = xml.path_of(record);
            let element = around.add(path.strip_prefix(&format!("{}/", xml.path_of(outer))).unwrap_or(&path));
            self.fields(layout, record, segment, tree, element);
            self.inside(layout, xml, record, &rest[..own], tree, element);
            segments = &rest[own..];
        }
    }

    fn fields(&self, layout: &Layout, record: usize, segment: &Segment, tree: &Tree, element: &mut Element) {
        for (position, field) in (1..).zip(&layout.records[record].fields) {
            let value = tree.value(segment, position, b"");
            if value.is_empty() {
                continue;
            }
            let text = self.charset.decode_lossy(value).into_owned();
            match field.name.rsplit_once('@') {
                Some((path, name)) => element.at(path.trim_end_matches('/')).attributes.push((name.to_owned(), text)),
                None => element.at(&field.name).text = Some(text),
            }
        }
    }
}

/// Says of each text that XML cannot hold as it is: control characters, and line ends in attributes, which readers make blanks.
fn not_characters(layout: &Layout, tree: &Tree, diagnostics: &mut Diagnostics) {
    for segment in &tree.segments {
        let Some(record) = layout.record(segment.tag) else { continue };
        for (position, field) in (1..).zip(&layout.records[record].fields) {
            let attribute = field.name.contains('@');
            let is_held = |byte: &u8| *byte >= b' ' || (!attribute && [b'\t', b'\n'].contains(byte));
            let value = tree.value(segment, position, b"");
            if let Some(byte) = value.iter().find(|byte| !is_held(byte)) {
                let name = layout.designator(record, position);
                let message = format!("`{name}` holds the control character {byte:02X}, which XML cannot hold there");
                let place = FieldPlace { path: name, ..FieldPlace::default() };
                let remedy = "take it out in the ERP's object";
                diagnostics.push(Diagnostic::new(codes::LAYOUT_NO_ROOM, message, place).remedy(remedy));
            }
        }
    }
}

fn namespaces(xml: &Xml) -> impl Iterator<Item = (String, &str)> {
    xml.namespaces.iter().map(|(prefix, namespace)| {
        let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        (name, namespace.as_str())
    })
}
