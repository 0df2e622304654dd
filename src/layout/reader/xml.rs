//! An XML file: its events come from `quick-xml`, what they are is said by the layout.
//!
//! Nothing is ever fetched or expanded: a document type or an entity of its own is refused.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::diagnostic::{Diagnostic, PayloadPlace, codes};
use crate::layout::builder::{own_texts, set};
use crate::layout::xml_names::{Names, Xml, is_none_of_xml};
use crate::layout::{Counts, Likeness};
use crate::tree::SegmentIndex;
use crate::tree::charset::Charset;

use super::{Pass, Step};

/// How deep elements may stand in each other.
const DEEPEST: usize = 64;
/// Most attributes of an element.
const MOST_ATTRIBUTES: usize = 256;
/// A byte order mark in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// Most names that are told of elements the layout does not know.
const NAMED: usize = 12;

/// What reading XML keeps between calls.
#[derive(Debug, Default)]
pub(in crate::layout) struct XmlState {
    /// The elements that are open, from the outside in.
    open: Vec<Open>,
    /// Their names, one behind the other.
    path: Vec<u8>,
    /// The prefixes that are bound.
    pub(in crate::layout) names: Names,
    /// Was the outermost element there?
    rooted: bool,
    /// Did the element of a document end just now?
    closed: bool,
    /// Names of elements and attributes of the document that the layout does not know, and where in it the first one stands.
    unknown: Vec<String>,
    first_unknown: Range<usize>,
}

/// An element that is open.
#[derive(Debug)]
struct Open {
    /// Where its name begins in [`XmlState::path`].
    name: usize,
    /// Its place in the layout; none: what stands in it is passed over.
    node: Option<usize>,
    /// Which of the elements that it may hold, 0-based, is looked for first.
    expected: usize,
    /// The segment of each record around, innermost last: record, segment.
    record: Option<(usize, SegmentIndex)>,
    /// Its text so far: where it stands in the document, and how it reads where it is written otherwise.
    text: Option<Range<usize>>,
    made: Option<Vec<u8>>,
    /// Where the text that came last ends, the blanks behind it included.
    until: usize,
}

/// Why an event ends the reading.
enum Stop {
    NeedMore,
    Broken,
}

/// An attribute: its name, where its value stands, and how it reads where it is written otherwise.
type Attribute = (Vec<u8>, Range<usize>, Option<Vec<u8>>);

impl XmlState {
    pub(super) fn next(&mut self, xml: &Xml, pass: &mut Pass<'_>) -> Step {
        if pass.state.offset == 0 && pass.state.at == 0 && pass.input.starts_with(MARK) {
            (pass.state.begin, pass.state.at) = (MARK.len(), MARK.len());
        }
        'input: loop {
            if pass.is_over() {
                return pass.rest();
            }
            // The parser takes a byte order mark away where it begins, and does not count it. It begins anew with each call, where such a
            // mark is a text.
            while pass.input[pass.state.at..].starts_with(MARK) {
                let span = pass.state.at..pass.state.at + MARK.len();
                pass.state.at = span.end;
                if self.text(xml, span, MARK, false, pass).is_err() {
                    (pass.state.over, pass.state.open) = (true, false);
                    continue 'input;
                }
            }
            let from = pass.state.at;
            let mut reader = Reader::from_reader(&pass.input[from..]);
            let config = reader.config_mut();
            // So it does not know what is open: that is looked at here.
            (config.check_end_names, config.allow_unmatched_ends) = (false, true);
            loop {
                let before = pass.state.at;
                let event = reader.read_event();
                pass.state.at = from + reader.buffer_position() as usize;
                match self.event(xml, before, &event, pass) {
                    Err(Stop::NeedMore) => {
                        pass.state.at = before;
                        if !pass.state.open {
                            pass.state.begin = before;
                        }
                        return Step::NeedMore;
                    }
                    Err(Stop::Broken) => {
                        (pass.state.over, pass.state.open) = (true, false);
                        break;
                    }
                    Ok(true) => return Step::End(pass.state.ending()),
                    Ok(false) if std::mem::take(&mut self.closed) => {
                        self.tell_unknown(pass);
                        if pass.state.decoded {
                            let document = &pass.input[pass.state.begin..pass.state.at];
                            own_texts(pass.tree, document, |text| pass.state.as_utf8(pass.layout, text), |at| at);
                        }
                        return pass.state.close(pass.state.at);
                    }
                    Ok(false) if pass.is_over() => break,
                    Ok(false) => {}
                }
            }
        }
    }

    /// Takes an event; true at the end of the file.
    fn event(
        &mut self,
        xml: &Xml,
        before: usize,
        event: &quick_xml::Result<Event<'_>>,
        pass: &mut Pass<'_>,
    ) -> Result<bool, Stop> {
        let span = before..pass.state.at;
        let event = match event {
            Ok(event) => event,
            Err(_) if !pass.end => return Err(Stop::NeedMore),
            Err(error) => {
                let message = format!("the file is not well-formed XML: {error}");
                return Err(pass.not_xml(before..before + 1, message));
            }
        };
        // What touches the end of the input may go on behind it.
        let closed = matches!(event, Event::End(_) | Event::Start(_) | Event::Empty(_));
        if !pass.end && pass.state.at == pass.input.len() && !closed {
            return Err(Stop::NeedMore);
        }
        match event {
            Event::Start(start) => self.start(xml, span, start, pass)?,
            Event::Empty(start) => {
                self.start(xml, span.clone(), start, pass)?;
                self.end(xml, span, pass);
            }
            Event::End(end) => {
                self.closes(end.name().as_ref(), span.clone(), pass)?;
                self.end(xml, span, pass);
            }
            // A text is all that stands between; it is read where it lies.
            Event::Text(_) => self.text(xml, span.clone(), &pass.input[span], false, pass)?,
            Event::CData(text) => self.text(xml, span, &pass.as_utf8(text.as_ref()), true, pass)?,
            Event::GeneralRef(name) => match resolved(name.as_ref()) {
                Some(text) => self.text(xml, span, &text, true, pass)?,
                None => return Err(pass.forbidden(span, &entity(name.as_ref()))),
            },
            Event::DocType(_) => return Err(pass.forbidden(span, "a document type (DOCTYPE)")),
            Event::Decl(declaration) => {
                if let Some(Ok(name)) = declaration.encoding() {
                    let name = String::from_utf8_lossy(&name).into_owned();
                    // One of UTF-16 is UTF-8 by now.
                    let wide = pass.state.charset.filter(|_| name.to_ascii_lowercase().starts_with("utf-16"));
                    pass.state.charset = wide.or_else(|| Charset::parse(&name));
                    if pass.state.charset.is_none() {
                        let message = format!("the file says that its encoding is {name}, which is not read here");
                        return Err(pass.not_xml(span, message));
                    }
                }
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return self.finish(pass),
        }
        Ok(false)
    }

    /// At the end of what there is.
    fn finish(&self, pass: &mut Pass<'_>) -> Result<bool, Stop> {
        let end = pass.input.len();
        if !pass.end {
            return Err(Stop::NeedMore);
        }
        if let Some(open) = self.open.last() {
            let message = format!("the file ends inside <{}>", String::from_utf8_lossy(&self.path[open.name..]));
            let remedy = "it may be cut short: ask the partner to send it again";
            pass.broken(codes::LAYOUT_NO_TRAILER, message, end..end, remedy);
        } else if !self.rooted {
            return Err(pass.not_xml(end..end, "the file holds no XML element".to_owned()));
        } else {
            pass.trailer_came();
        }
        pass.state.at = end;
        Ok(true)
    }

    /// Does the end tag close the element that is open?
    fn closes(&self, name: &[u8], span: Range<usize>, pass: &mut Pass<'_>) -> Result<(), Stop> {
        let open = self.open.last().map(|open| &self.path[open.name..]);
        if open == Some(name) {
            return Ok(());
        }
        let (name, open) = (String::from_utf8_lossy(name), open.map(String::from_utf8_lossy));
        let closes = open.map_or("nothing".to_owned(), |open| format!("<{open}>"));
        Err(pass.not_xml(span, format!("the file is not well-formed XML: </{name}> closes {closes}")))
    }

    fn start(
        &mut self,
        xml: &Xml,
        span: Range<usize>,
        start: &BytesStart<'_>,
        pass: &mut Pass<'_>,
    ) -> Result<(), Stop> {
        if self.open.len() == DEEPEST {
            let message = format!("elements stand more than {DEEPEST} deep in each other");
            let remedy = "look whether this is the file you expect; a deeper one is not read";
            pass.broken(codes::LAYOUT_LIMIT, message, span, remedy);
            return Err(Stop::Broken);
        }
        // Most have none.
        let attributes = match start.attributes_raw() {
            [] => Vec::new(),
            _ => self.attributes(&span, start, pass)?,
        };
        let name = start.name();
        let name = name.as_ref();
        let around = match self.open.last() {
            None if self.rooted => {
                let message = "the file is not well-formed XML: it has two outermost elements".to_owned();
                return Err(pass.not_xml(span, message));
            }
            None => Some(0),
            Some(open) => open.node,
        };
        self.rooted = true;
        let node = around.and_then(|around| self.child(xml, around, name));
        if node.is_none() && self.open.is_empty() {
            return Err(self.another_file(xml, name, span, pass));
        }
        let mut record = self.open.last().and_then(|open| open.record);
        if let Some(own) = node.and_then(|node| xml.nodes[node].record) {
            if Some(own) == pass.layout.document {
                pass.state.open = true;
                pass.state.begin = span.start;
                pass.state.decoded = false;
                pass.state.builder.clear(pass.layout, pass.tree);
                self.unknown.clear();
            }
            if pass.state.open {
                let relative = span.start - pass.state.begin;
                record = Some((own, pass.state.builder.add(pass.layout, own, relative, pass.tree).0));
            }
        } else if node.is_none() && pass.state.open && around.is_some() {
            self.not_known(String::from_utf8_lossy(name).into_owned(), within(span, pass));
        }
        match node {
            Some(node) if pass.state.open => self.take(xml, node, record, &attributes, pass),
            Some(node) => self.count(xml, node, attributes, pass),
            None => {}
        }
        self.open.push(Open { name: self.path.len(), node, expected: 0, record, text: None, made: None, until: 0 });
        self.path.extend_from_slice(name);
        Ok(())
    }

    /// The element called `name` that stands in another. Files name them in the order of the layout, most of them: so it is
    /// the one behind the last, or a record once more.
    fn child(&mut self, xml: &Xml, around: usize, name: &[u8]) -> Option<usize> {
        let children = &xml.nodes[around].children;
        let first = self.open.last().map_or(0, |open| open.expected);
        let is_it = |at: &usize| self.names.is(xml, name, &xml.nodes[children[*at]]);
        let at = (first..children.len()).chain(0..first).find(is_it)?;
        if let Some(open) = self.open.last_mut() {
            open.expected = at + usize::from(xml.nodes[children[at]].record.is_none());
        }
        Some(children[at])
    }

    /// The attributes of an element; namespaces are bound.
    fn attributes(
        &mut self,
        span: &Range<usize>,
        start: &BytesStart<'_>,
        pass: &mut Pass<'_>,
    ) -> Result<Vec<Attribute>, Stop> {
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let Ok(attribute) = attribute else {
                let message = "the file is not well-formed XML: an attribute is written twice or without its value";
                return Err(pass.not_xml(span.clone(), message.to_owned()));
            };
            if attributes.len() == MOST_ATTRIBUTES {
                let message = format!("an element has more than {MOST_ATTRIBUTES} attributes");
                pass.broken(codes::LAYOUT_LIMIT, message, span.clone(), "look whether this is the file you expect");
                return Err(Stop::Broken);
            }
            let from = attribute.value.as_ptr() as usize - pass.input.as_ptr() as usize;
            let at = from..from + attribute.value.len();
            let text = unescaped(&attribute.value, |raw| pass.as_utf8(raw));
            let text = text.map_err(|name| pass.forbidden(at.clone(), &name))?;
            let key = attribute.key.as_ref();
            match key.strip_prefix(b"xmlns").filter(|rest| rest.is_empty() || rest[0] == b':') {
                Some(prefix) => {
                    let namespace = String::from_utf8_lossy(text.as_deref().unwrap_or(&attribute.value)).into_owned();
                    self.names.bind(prefix.strip_prefix(b":").unwrap_or(prefix), namespace, self.open.len());
                }
                None => attributes.push((key.to_vec(), at, text)),
            }
        }
        Ok(attributes)
    }

    /// Puts the attributes that are fields into the tree.
    fn take(
        &mut self,
        xml: &Xml,
        node: usize,
        record: Option<(usize, SegmentIndex)>,
        attributes: &[Attribute],
        pass: &mut Pass<'_>,
    ) {
        for (key, at, text) in attributes {
            let known = xml.nodes[node].attributes.iter().find(|(known, ..)| self.names.is_attribute(xml, key, known));
            match known {
                Some((_, own, position)) => {
                    if let Some((_, segment)) = record.filter(|(record, _)| record == own) {
                        let at = within(at.clone(), pass);
                        pass.put((segment, *own, *position), at, text.as_deref());
                    }
                }
                None if self.names.is_of_xml(key) => {}
                None => self.not_known(format!("@{}", String::from_utf8_lossy(key)), within(at.clone(), pass)),
            }
        }
    }

    /// Attributes outside documents may count.
    fn count(&self, xml: &Xml, node: usize, attributes: Vec<Attribute>, pass: &mut Pass<'_>) {
        for (known, record, position) in &xml.nodes[node].attributes {
            let found = attributes.iter().find(|(key, ..)| self.names.is_attribute(xml, key, known));
            if let Some((counts, (_, at, text))) = pass.counts((*record, *position)).zip(found) {
                let text = text.clone().unwrap_or_else(|| pass.input[at.clone()].to_vec());
                pass.count(counts, &text, 0, at.clone());
            }
        }
    }

    /// The outermost element is not that of the layout.
    fn another_file(&self, xml: &Xml, name: &[u8], span: Range<usize>, pass: &mut Pass<'_>) -> Stop {
        let message = other_outermost(xml, &self.names, name);
        pass.broken(codes::LAYOUT_XML, message, span, "look whether the right layout was chosen for the file");
        Stop::Broken
    }

    fn not_known(&mut self, name: String, span: Range<usize>) {
        if self.unknown.is_empty() {
            self.first_unknown = span;
        }
        if self.unknown.len() <= NAMED && !self.unknown.contains(&name) {
            self.unknown.push(name);
        }
    }

    /// The element that is open ends at `state.at`.
    fn end(&mut self, xml: &Xml, span: Range<usize>, pass: &mut Pass<'_>) {
        let Some(open) = self.open.pop() else { return };
        self.path.truncate(open.name);
        let depth = self.open.len();
        self.names.leave(depth);
        if let Some(node) = open.node.filter(|_| !pass.state.open) {
            if let Some(counts) = xml.nodes[node].text.and_then(|field| pass.counts(field)) {
                pass.count(counts, open.made.as_deref().unwrap_or_default(), 0, span);
            }
            pass.state.outside.extend(xml.nodes[node].record.and_then(|record| pass.layout.records[record].outside));
        }
        let Some(node) = open.node.map(|node| &xml.nodes[node]).filter(|_| pass.state.open) else { return };
        if let (Some((own, position)), Some((record, segment)), Some(at)) = (node.text, open.record, &open.text)
            && own == record
        {
            let text = open.made.as_deref().map(<[u8]>::trim_ascii);
            pass.put((segment, own, position), at.clone(), text);
        }
        if let (Some(own), Some((_, segment))) = (node.record, open.record) {
            pass.tree.segments[segment as usize].end = (pass.state.at - pass.state.begin) as u32;
            self.closed = Some(own) == pass.layout.document;
            pass.state.open = !self.closed;
        }
    }

    /// Adds to the text of the element that is open; `read` where it is not written as it reads: then it is UTF-8.
    fn text(
        &mut self,
        xml: &Xml,
        span: Range<usize>,
        text: &[u8],
        read: bool,
        pass: &mut Pass<'_>,
    ) -> Result<(), Stop> {
        let Some(open) = self.open.last_mut() else { return outside(span, text, pass) };
        let Some(node) = open.node else { return Ok(()) };
        let Some(field) = xml.nodes[node].text else {
            if pass.state.open && !text.trim_ascii().is_empty() {
                let name = String::from_utf8_lossy(&self.path[open.name..]);
                self.not_known(format!("the text of <{name}>"), within(span, pass));
            }
            return Ok(());
        };
        if !pass.state.open {
            if pass.counts(field).is_some() {
                open.made.get_or_insert_default().extend_from_slice(text);
            }
            return Ok(());
        }
        // What comes before the document is taken away when more is handed in, so places count from its first byte.
        let (document, span) = (&pass.input[pass.state.begin..], within(span, pass));
        let until = std::mem::replace(&mut open.until, span.end);
        match &mut open.text {
            None if !read => {
                // Blanks around a text are layout.
                let trimmed = text.trim_ascii_start();
                let start = span.start + (text.len() - trimmed.len());
                let end = start + trimmed.trim_ascii_end().len();
                if start < end {
                    open.text = Some(start..end);
                }
            }
            None => {
                open.text = Some(span);
                open.made = Some(text.to_vec());
            }
            // It goes on where it was left off.
            Some(at) if !read && open.made.is_none() && until == span.start => {
                let end = text.trim_ascii_end().len();
                at.end = if end > 0 { span.start + end } else { at.end };
            }
            Some(at) => {
                let made = open.made.get_or_insert_with(|| pass.as_utf8(&document[at.clone()]).into_owned());
                // The blanks behind it were taken for the end of it.
                made.extend_from_slice(&document[at.end..until]);
                made.extend_from_slice(&if read { Cow::Borrowed(text) } else { pass.as_utf8(text) });
                at.end = span.end;
            }
        }
        Ok(())
    }

    fn tell_unknown(&mut self, pass: &mut Pass<'_>) {
        if self.unknown.is_empty() {
            return;
        }
        let more = if self.unknown.len() > NAMED { ", ..." } else { "" };
        let names: Vec<&str> = self.unknown.iter().take(NAMED).map(String::as_str).collect();
        let message = format!("the layout does not know {}{more}", names.join(", "));
        let (begin, first) = (pass.state.begin, &self.first_unknown);
        let place = pass.place(begin + first.start..begin + first.end);
        let remedy = "add those that matter to the layout's fields; the others are passed over";
        pass.diagnostics.push(Diagnostic::new(codes::LAYOUT_UNKNOWN_COLUMN, message, place).remedy(remedy));
    }
}

impl Pass<'_> {
    /// What bytes of the file are, as UTF-8.
    fn as_utf8<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        self.state.as_utf8(self.layout, bytes)
    }

    /// Puts what stands at bytes of the document into a field: segment, record, position. A field has one text, the first; another one
    /// is told. `text` is UTF-8: where the file is not, the whole document becomes so at its end.
    fn put(&mut self, (segment, record, position): (SegmentIndex, usize, u16), at: Range<usize>, text: Option<&[u8]>) {
        self.is_of_xml((record, position), &at, text);
        let id = self.tree.segments[segment as usize].first_element + u32::from(position) - 1;
        if self.tree.elements[id as usize].is_empty() {
            let is_utf8 = self.state.charset(self.layout) == Some(Charset::Utf8);
            self.state.decoded |= !is_utf8 && text.is_some_and(|text| !text.is_ascii());
            return set(self.tree, segment, position, (at.start, at.end), text);
        }
        if text.map_or(at.is_empty(), <[u8]>::is_empty) {
            return;
        }
        let (name, around) = (self.layout.designator(record, position), &self.layout.records[record].name);
        let message = format!("one `{around}` has `{name}` more than once, and a field holds one text");
        let field = Some(self.layout.path(record, position));
        let place = self.place(self.state.begin + at.start..self.state.begin + at.end);
        self.diagnostics.push(
            Diagnostic::new(codes::LAYOUT_FIELDS, message, PayloadPlace { field, ..place })
                .cause("the first of them was read, this one was not")
                .remedy("make it a record of its own in the layout if there may be several; else ask the partner which one is meant"),
        );
    }

    /// Says so when the text of a field holds what is no character of XML, which other readers would refuse.
    fn is_of_xml(&mut self, (record, position): (usize, u16), at: &Range<usize>, text: Option<&[u8]>) {
        let place = self.state.begin + at.start..self.state.begin + at.end;
        let (own, text) = (text.is_none(), text.unwrap_or(&self.input[place.clone()]));
        // Mostly nothing has to be decoded: the others are control characters, or begin so in UTF-8.
        if !text.iter().any(|byte| *byte < b' ' || *byte == 0xEF) {
            return;
        }
        let text = if own { self.as_utf8(text) } else { Cow::Borrowed(text) };
        let Some(character) = String::from_utf8_lossy(&text).chars().find(|one| is_none_of_xml(*one)) else { return };
        let name = self.layout.designator(record, position);
        let message = format!("`{name}` holds U+{:04X}, which is no character of XML", u32::from(character));
        let place = PayloadPlace { field: Some(self.layout.path(record, position)), ..self.place(place) };
        let remedy = "ask the partner to take it out: XML has no way to write it";
        self.diagnostics.push(Diagnostic::new(codes::LAYOUT_XML, message, place).remedy(remedy));
    }

    /// What a field counts, by its record and position.
    fn counts(&self, (record, position): (usize, u16)) -> Option<Counts> {
        self.layout.records.get(record)?.fields.get(usize::from(position) - 1)?.counts
    }

    fn not_xml(&mut self, span: Range<usize>, message: String) -> Stop {
        let remedy = "ask the partner to send it again, whole and as their XML library writes it";
        self.broken(codes::LAYOUT_XML, message, span, remedy);
        Stop::Broken
    }

    fn forbidden(&mut self, span: Range<usize>, what: &str) -> Stop {
        let remedy = "ask the partner to send plain XML: such a construct can read files or grow without end";
        self.broken(codes::LAYOUT_XML_FORBIDDEN, format!("the file has {what}, which is never read"), span, remedy);
        Stop::Broken
    }
}

/// What stands around the outermost element: blanks, and the mark by which some systems end a file.
fn outside(span: Range<usize>, text: &[u8], pass: &mut Pass<'_>) -> Result<(), Stop> {
    match text.iter().position(|byte| !byte.is_ascii_whitespace() && *byte != 0x1A) {
        None => Ok(()),
        Some(at) => {
            let message = "the file is not well-formed XML: a text stands outside its outermost element";
            Err(pass.not_xml(span.start + at..span.start + at + 1, message.to_owned()))
        }
    }
}

/// Bytes of the input, counted from the document's first.
fn within(span: Range<usize>, pass: &Pass<'_>) -> Range<usize> {
    span.start - pass.state.begin..span.end - pass.state.begin
}

fn entity(name: &[u8]) -> String {
    format!("the entity `&{};`", String::from_utf8_lossy(name))
}

/// The text that `&name;` stands for, if it is one of the five of XML or a character by its number.
fn resolved(name: &[u8]) -> Option<Vec<u8>> {
    let number = |digits: &[u8], radix| u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok();
    let character = match name {
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"apos" => '\'',
        b"quot" => '"',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some(character.to_string().into_bytes())
}

/// The value of an attribute as UTF-8 where it is written otherwise than it reads; else what is said of an entity that is none of XML's
/// own.
fn unescaped<'v>(value: &'v [u8], as_utf8: impl Fn(&'v [u8]) -> Cow<'v, [u8]>) -> Result<Option<Vec<u8>>, String> {
    if !value.contains(&b'&') {
        return Ok(None);
    }
    let mut text = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'&', rest) {
        text.extend_from_slice(&as_utf8(&rest[..at]));
        let end = memchr::memchr(b';', &rest[at..]).map_or(rest.len(), |end| at + end);
        let name = &rest[at + 1..end];
        text.extend(resolved(name).ok_or_else(|| entity(name))?);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    text.extend_from_slice(&as_utf8(rest));
    Ok(Some(text))
}

/// What is said of a file whose outermost element is not that of the layout.
fn other_outermost(xml: &Xml, names: &Names, name: &[u8]) -> String {
    let wanted = &xml.nodes[xml.nodes[0].children[0]].name;
    let of =
        |namespace: Option<&str>| namespace.map_or("no namespace".to_owned(), |name| format!("the namespace {name}"));
    let (found, (namespace, _)) = (String::from_utf8_lossy(name), xml.resolved(wanted, false));
    match xml.namespaces.is_empty() {
        true => format!("the outermost element is <{found}>, the layout has <{wanted}>"),
        false => format!(
            "the outermost element is <{found}> of {}, the layout has <{wanted}> of {}",
            of(names.namespace_of(name)),
            of(namespace)
        ),
    }
}

/// Is the outermost element of a file that begins so the layout's? Else why it is not.
pub(super) fn recognises(xml: &Xml, beginning: &[u8]) -> Result<Likeness, String> {
    let mut reader = Reader::from_reader(beginning);
    let mut names = Names::default();
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) | Event::Empty(start) => {
                for attribute in start.attributes().filter_map(Result::ok) {
                    if let Some(prefix) = attribute.key.as_ref().strip_prefix(b"xmlns") {
                        let namespace = String::from_utf8_lossy(&attribute.value).into_owned();
                        names.bind(prefix.strip_prefix(b":").unwrap_or(prefix), namespace, 0);
                    }
                }
                let (name, outermost) = (start.name(), &xml.nodes[xml.nodes[0].children[0]]);
                return match names.is(xml, name.as_ref(), outermost) {
                    true => Ok(Likeness::Whole),
                    false => Err(other_outermost(xml, &names, name.as_ref())),
                };
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Err("it does not begin as XML does".to_owned())
}
