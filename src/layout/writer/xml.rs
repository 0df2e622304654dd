//! The elements of an XML file.

use quick_xml::Writer as XmlWriter;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::Writer;
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};
use crate::layout::change::Entry;
use crate::layout::xml_names::{Xml, is_none_of_xml};
use crate::layout::{Layout, Outside};
use crate::tree::Tree;
use crate::tree::charset::Charset;

/// Blanks before an element, for each one around it.
const INDENT: &str = "  ";

/// An element on its way out.
#[derive(Debug, Default)]
pub(in crate::layout) struct Element {
    /// Its place in the layout.
    pub(in crate::layout) node: usize,
    /// By the names of the layout.
    pub(in crate::layout) attributes: Vec<(String, String)>,
    pub(in crate::layout) text: Option<String>,
    pub(in crate::layout) children: Vec<Element>,
}

/// How elements are written: the name of an element or attribute of the layout, and the blanks for each element around one.
pub(in crate::layout) struct Manner<'m> {
    pub(in crate::layout) name: &'m dyn Fn(&str, bool) -> String,
    pub(in crate::layout) indent: &'m str,
}

impl Element {
    /// An element that has nothing yet.
    pub(in crate::layout) fn new(node: usize) -> Self {
        Self { node, ..Self::default() }
    }

    /// The last element at the end of the `way` below this one, made where there is none.
    pub(in crate::layout) fn at(&mut self, way: &[usize]) -> &mut Element {
        way.iter().fold(self, |element, node| {
            let known = element.children.iter().rposition(|child| child.node == *node);
            let at = known.unwrap_or_else(|| element.child(*node));
            &mut element.children[at]
        })
    }

    /// Takes an element in, at the end of the `way` below this one: of the elements before its end there is one each.
    pub(in crate::layout) fn take(&mut self, way: &[usize], element: Element) {
        let around = self.at(way.split_last().map_or(&[], |(_, around)| around));
        let at = around.child(element.node);
        around.children[at] = element;
    }

    /// A new child, behind those that the layout does not declare behind it.
    fn child(&mut self, node: usize) -> usize {
        let at = self.children.iter().rposition(|child| child.node <= node).map_or(0, |before| before + 1);
        self.children.insert(at, Element::new(node));
        at
    }

    /// Gives it the text of a field, as its own or an attribute's.
    pub(in crate::layout) fn put(&mut self, attribute: Option<&str>, text: String) {
        match attribute {
            Some(name) => self.attributes.push((name.to_owned(), text)),
            None => self.text = Some(text),
        }
    }

    /// Writes it; `before` are the line end and the blanks before it.
    pub(in crate::layout) fn write(&self, xml: &Xml, manner: &Manner<'_>, before: &str, out: &mut Vec<u8>) {
        let name = (manner.name)(&xml.nodes[self.node].name, false);
        let mut start = BytesStart::new(name.as_str());
        for (attribute, value) in &self.attributes {
            start.push_attribute(((manner.name)(attribute, true).as_str(), value.as_str()));
        }
        out.extend_from_slice(before.as_bytes());
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
        let inside = if before.is_empty() { String::new() } else { format!("{before}{}", manner.indent) };
        self.children.iter().for_each(|child| child.write(xml, manner, &inside, out));
        if !self.children.is_empty() {
            out.extend_from_slice(before.as_bytes());
        }
        if self.text.is_some() || !self.children.is_empty() {
            end(&name, out);
        }
    }
}

/// XML in a character set; what that lacks, by its number.
pub(in crate::layout) fn encoded(charset: Charset, text: &str) -> Vec<u8> {
    let one = |character: char| match charset.encode(character.encode_utf8(&mut [0; 4])) {
        Ok(bytes) => bytes.into_owned(),
        Err(_) => format!("&#{};", u32::from(character)).into_bytes(),
    };
    match charset.encode(text) {
        Ok(bytes) => bytes.into_owned(),
        Err(_) => text.chars().flat_map(one).collect(),
    }
}

fn end(name: &str, out: &mut Vec<u8>) {
    let wrote = XmlWriter::new(out).write_event(Event::End(BytesEnd::new(name)));
    debug_assert!(wrote.is_ok());
}

impl Writer {
    pub(super) fn begin_xml(&mut self, layout: &Layout, xml: &Xml) {
        let encoding = match layout.charset {
            None | Some(Charset::Utf8) => "UTF-8",
            Some(Charset::Latin1) => "ISO-8859-1",
            Some(charset) => charset.name(),
        };
        let declaration = BytesDecl::new("1.0", Some(encoding), None);
        let wrote = XmlWriter::new(&mut self.out).write_event(Event::Decl(declaration));
        debug_assert!(wrote.is_ok());
        for (depth, node) in xml.around.iter().enumerate() {
            self.line_end(depth);
            let mut start = BytesStart::new(xml.nodes[*node].name.as_str());
            if depth == 0 {
                namespaces(xml).for_each(|(name, value)| start.push_attribute((name.as_str(), value)));
            }
            let around = self.around(layout, xml, Outside::Before, depth);
            around.attributes.iter().for_each(|(name, value)| start.push_attribute((name.as_str(), value.as_str())));
            let wrote = XmlWriter::new(&mut self.out).write_event(Event::Start(start));
            debug_assert!(wrote.is_ok());
            self.children(xml, &around, depth);
        }
    }

    fn line_end(&mut self, depth: usize) {
        self.out.push(b'\n');
        self.out.extend_from_slice(INDENT.repeat(depth).as_bytes());
    }

    pub(super) fn end_xml(&mut self, layout: &Layout, xml: &Xml) {
        for (depth, node) in xml.around.iter().enumerate().rev() {
            let around = self.around(layout, xml, Outside::After, depth);
            self.children(xml, &around, depth);
            self.line_end(depth);
            end(&xml.nodes[*node].name, &mut self.out);
        }
        self.out.push(b'\n');
        if let Some(charset) = layout.charset.filter(|charset| *charset != Charset::Utf8) {
            self.out = encoded(charset, &String::from_utf8_lossy(&self.out));
        }
    }

    /// Writes what stands in the element around the documents at `depth`.
    fn children(&mut self, xml: &Xml, around: &Element, depth: usize) {
        let manner = Manner { name: &|name, _| name.to_owned(), indent: INDENT };
        for child in &around.children {
            child.write(xml, &manner, &format!("\n{}", INDENT.repeat(depth + 1)), &mut self.out);
        }
    }

    /// The element around the documents at `depth`, with the records before or behind all documents that stand in it, or are it.
    fn around(&self, layout: &Layout, xml: &Xml, outside: Outside, depth: usize) -> Element {
        let mut around = Element::new(xml.around[depth]);
        for (record, kind) in layout.records.iter().enumerate().filter(|(_, kind)| kind.outside == Some(outside)) {
            let way = xml.way(0, xml.records[record]);
            let shared = way.iter().zip(&xml.around).take_while(|(one, other)| one == other).count();
            if shared == depth + 1 {
                let texts: Vec<String> = kind.fields.iter().map(|field| self.outside_text(field)).collect();
                let values = texts.iter().map(String::as_bytes).collect();
                let entry = Entry { record, from: None, values };
                let own = element(layout, xml, Charset::Utf8, &entry, &[]);
                match &way[shared..] {
                    [] => {
                        around.attributes.extend(own.attributes);
                        own.children.into_iter().for_each(|child| around.take(&[child.node], child));
                    }
                    inside => around.take(inside, own),
                }
            }
        }
        around
    }

    pub(super) fn xml(&mut self, layout: &Layout, xml: &Xml, tree: &Tree, diagnostics: &mut Diagnostics) {
        let Some(document) = layout.document else { return };
        not_characters(layout, self.charset, tree, diagnostics);
        let known = tree.segments.iter().filter_map(|segment| Some((layout.record(segment.tag)?, segment)));
        let entries: Vec<Entry<'_>> = known
            .map(|(record, segment)| {
                let values = (1..=segment.element_count).map(|position| tree.value(segment, position, b"")).collect();
                Entry { record, from: None, values }
            })
            .collect();
        let first = entries.iter().position(|entry| entry.record == document).unwrap_or_default();
        let Some(inside) = entries.get(first + 1..) else { return };
        let mut element = element(layout, xml, self.charset, &entries[first], inside);
        if xml.around.is_empty() {
            let names = namespaces(xml).map(|(name, value)| (name, value.to_owned()));
            element.attributes.splice(0..0, names);
        }
        let manner = Manner { name: &|name, _| name.to_owned(), indent: INDENT };
        element.write(xml, &manner, &format!("\n{}", INDENT.repeat(xml.around.len())), &mut self.out);
    }
}

/// The element of a record, with the records that stand in it.
pub(in crate::layout) fn element(
    layout: &Layout,
    xml: &Xml,
    charset: Charset,
    entry: &Entry<'_>,
    mut inside: &[Entry<'_>],
) -> Element {
    let own = xml.records[entry.record];
    let mut element = Element::new(own);
    for (value, (node, attribute)) in entry.values.iter().zip(&xml.fields[entry.record]) {
        if !value.is_empty() {
            let text = charset.decode_lossy(value).into_owned();
            element.at(&xml.way(own, *node)).put(attribute.as_deref(), text);
        }
    }
    while let [inner, rest @ ..] = inside {
        let (in_it, behind) = rest.split_at(standing_in(layout, inner.record, rest));
        let way = xml.way(own, xml.records[inner.record]);
        element.take(&way, self::element(layout, xml, charset, inner, in_it));
        inside = behind;
    }
    // A constant is written where its element is, or where that has nothing else.
    for (node, attribute, text) in &xml.constants[entry.record] {
        let way = xml.way(own, *node);
        element.at(&way).put(attribute.as_deref(), text.clone());
    }
    element
}

/// How many of these stand in the record before them.
pub(in crate::layout) fn standing_in(layout: &Layout, record: usize, behind: &[Entry<'_>]) -> usize {
    let stands = |entry: &&Entry<'_>| entry.record != record && layout.stands_in(entry.record, record);
    behind.iter().take_while(stands).count()
}

/// Says of each text that XML cannot hold as it is.
fn not_characters(layout: &Layout, charset: Charset, tree: &Tree, diagnostics: &mut Diagnostics) {
    for segment in &tree.segments {
        let Some(record) = layout.record(segment.tag) else { continue };
        for position in 1..=segment.element_count {
            is_held(layout, charset, record, position, tree.value(segment, position, b""), diagnostics);
        }
    }
}

/// Can XML hold the text of a field? It lacks some characters, and readers make blanks of line ends in attributes.
pub(in crate::layout) fn is_held(
    layout: &Layout,
    charset: Charset,
    record: usize,
    position: u16,
    value: &[u8],
    diagnostics: &mut Diagnostics,
) -> bool {
    let attribute = layout.records[record].fields[usize::from(position) - 1].name.contains('@');
    let is_lost = |character: &char| *character == '\r' || (attribute && ['\t', '\n'].contains(character));
    let text = charset.decode_lossy(value);
    let found = text.chars().find(|character| is_none_of_xml(*character) || is_lost(character));
    let Some(character) = found else { return true };
    let name = layout.designator(record, position);
    let shown = match u32::from(character) {
        control @ ..0x20 => format!("control character {control:02X}"),
        other => format!("character U+{other:04X}"),
    };
    let message = format!("`{name}` holds the {shown}, which XML cannot hold there");
    let place = FieldPlace { path: name, ..FieldPlace::default() };
    let remedy = "take it out in the ERP's object";
    diagnostics.push(Diagnostic::new(codes::LAYOUT_NO_ROOM, message, place).remedy(remedy));
    false
}

fn namespaces(xml: &Xml) -> impl Iterator<Item = (String, &str)> {
    xml.namespaces.iter().map(|(prefix, namespace)| {
        let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        (name, namespace.as_str())
    })
}
