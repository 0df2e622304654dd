//! Which elements and attributes of an XML file are records and fields, and by what names.

/// An XML file's form.
#[derive(Debug, Default)]
pub(super) struct Xml {
    /// Prefixes and their namespaces, as the layout has them; the empty prefix is that of names without one.
    pub(super) namespaces: Vec<(String, String)>,
    /// The elements that the layout knows, in the order in which it declares them; 0 stands around the outermost one.
    pub(super) nodes: Vec<Node>,
    /// The elements around the document's, from the outside in.
    pub(super) around: Vec<usize>,
    /// The element of each record.
    pub(super) records: Vec<usize>,
    /// Of each record: the element of each field, and its attribute where it is one.
    pub(super) fields: Vec<Vec<(usize, Option<String>)>>,
    /// Of each record: what always stands in an element or attribute of it.
    pub(super) constants: Vec<Vec<(usize, Option<String>, String)>>,
}

/// Stands for the record of an attribute that is no field.
const NO_RECORD: usize = usize::MAX;

/// An element at its place.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// As the layout writes it, with its prefix; of that the local part, and the namespace where the layout has some.
    pub(super) name: String,
    pub(super) local: String,
    pub(super) namespace: Option<String>,
    pub(super) parent: usize,
    pub(super) children: Vec<usize>,
    /// The record that it is.
    pub(super) record: Option<usize>,
    /// The field that its text is: record, position.
    pub(super) text: Option<(usize, u16)>,
    /// The fields that its attributes are.
    pub(super) attributes: Vec<(String, usize, u16)>,
}

impl Xml {
    /// A form that knows no element yet.
    pub(super) fn new(namespaces: Vec<(String, String)>, records: usize) -> Self {
        let (nodes, fields) = (vec![Node::default()], vec![Vec::new(); records]);
        let constants = vec![Vec::new(); records];
        Self { namespaces, nodes, around: Vec::new(), records: vec![0; records], fields, constants }
    }

    /// The element at `path` below the element `from`, made where it is new.
    pub(super) fn node(&mut self, from: usize, path: &str) -> usize {
        path.split('/').filter(|name| !name.is_empty() && *name != ".").fold(from, |at, name| {
            let known = self.nodes[at].children.iter().copied().find(|child| self.nodes[*child].name == name);
            known.unwrap_or_else(|| {
                let (namespace, local) = self.resolved(name, false);
                let (namespace, local) = (namespace.map(str::to_owned), local.to_owned());
                self.nodes.push(Node { name: name.to_owned(), local, namespace, parent: at, ..Node::default() });
                let new = self.nodes.len() - 1;
                self.nodes[at].children.push(new);
                new
            })
        })
    }

    /// The element, and the attribute where it is one, that a record's field is called after.
    fn place(&mut self, record: usize, name: &str) -> (usize, Option<String>) {
        let (path, attribute) = match name.rsplit_once('/') {
            Some((path, last)) if last.starts_with('@') => (path, Some(&last[1..])),
            None if name.starts_with('@') => ("", Some(&name[1..])),
            _ => (name, None),
        };
        (self.node(self.records[record], path), attribute.map(str::to_owned))
    }

    /// The field called `name` of a record becomes an element or an attribute.
    pub(super) fn field(&mut self, record: usize, name: &str) {
        let (node, attribute) = self.place(record, name);
        let position = self.fields[record].len() as u16 + 1;
        match &attribute {
            Some(name) => self.nodes[node].attributes.push((name.clone(), record, position)),
            None => self.nodes[node].text = Some((record, position)),
        }
        self.fields[record].push((node, attribute));
    }

    /// The same for what is no field, and always has this text.
    pub(super) fn constant(&mut self, record: usize, name: &str, text: String) {
        let (node, attribute) = self.place(record, name);
        if let Some(name) = &attribute {
            self.nodes[node].attributes.push((name.clone(), NO_RECORD, 0));
        }
        self.constants[record].push((node, attribute, text));
    }

    /// The elements on the way from one to another inside it, that one included.
    pub(super) fn way(&self, from: usize, to: usize) -> Vec<usize> {
        let up = std::iter::successors(Some(to), |at| (*at != 0).then(|| self.nodes[*at].parent));
        let mut way: Vec<usize> = up.take_while(|at| *at != from && *at != 0).collect();
        way.reverse();
        way
    }

    /// The path of a record's element, from the outermost one.
    pub(super) fn path_of(&self, record: usize) -> String {
        let names = self.way(0, self.records[record]).into_iter().map(|node| self.nodes[node].name.as_str());
        format!("/{}", names.collect::<Vec<_>>().join("/"))
    }

    /// The namespace of a name as the layout writes it, and its local part. Without namespaces in the layout, those of the
    /// file do not count.
    pub(super) fn resolved<'n>(&self, name: &'n str, attribute: bool) -> (Option<&str>, &'n str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        // The default namespace is none of attributes.
        let found = self.namespaces.iter().find(|(known, _)| known == prefix && !(attribute && prefix.is_empty()));
        (found.map(|(_, namespace)| namespace.as_str()), local)
    }
}

/// Is it a character that XML 1.0 does not have, even by its number?
pub(super) fn is_none_of_xml(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// The namespace of what a schema says in the documents: `nil`, `type`, `schemaLocation`.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The prefixes that a file has bound at some place.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// Each with its namespace, and how many elements were open where it was bound.
    bound: Vec<(Vec<u8>, String, usize)>,
}

impl Names {
    /// Binds a prefix at an element inside `depth` others.
    pub(super) fn bind(&mut self, prefix: &[u8], namespace: String, depth: usize) {
        self.bound.push((prefix.to_vec(), namespace, depth));
    }

    /// Forgets what an element inside `depth` others has bound.
    pub(super) fn leave(&mut self, depth: usize) {
        while self.bound.pop_if(|(_, _, at)| *at >= depth).is_some() {}
    }

    /// Is the name of the file that of the element of the layout?
    pub(super) fn is(&self, xml: &Xml, name: &[u8], node: &Node) -> bool {
        split(name).1 == node.local.as_bytes()
            && (xml.namespaces.is_empty() || self.namespace_of(name) == node.namespace.as_deref())
    }

    /// Is an attribute's name of the file the one of the layout?
    pub(super) fn is_attribute(&self, xml: &Xml, found: &[u8], wanted: &str) -> bool {
        let (namespace, local) = xml.resolved(wanted, true);
        let (prefix, own) = split(found);
        own == local.as_bytes()
            && (xml.namespaces.is_empty()
                || namespace == if prefix.is_empty() { None } else { self.namespace_of(found) })
    }

    /// Is an attribute's name of the file one of XML itself, or of its schemas, such as `xsi:nil`? These say nothing of a document.
    pub(super) fn is_of_xml(&self, found: &[u8]) -> bool {
        match (split(found).0, self.namespace_of(found)) {
            (b"", _) => false,
            (b"xml", _) => true,
            (prefix, None) => prefix == b"xsi",
            (_, Some(namespace)) => namespace == INSTANCE,
        }
    }

    /// The namespace of an element's name.
    pub(super) fn namespace_of(&self, name: &[u8]) -> Option<&str> {
        let (prefix, _) = split(name);
        let bound = self.bound.iter().rev().find(|(known, ..)| known == prefix);
        bound.map(|(_, namespace, _)| namespace.as_str()).filter(|namespace| !namespace.is_empty())
    }

    /// A name of the layout as the file writes it, beside or in an element that has the name `beside` there.
    pub(super) fn written(&self, xml: &Xml, wanted: &str, attribute: bool, beside: &[u8]) -> String {
        let (namespace, local) = xml.resolved(wanted, attribute);
        let is_it = |prefix: &[u8]| {
            let name = [prefix, b":x"].concat();
            self.namespace_of(if prefix.is_empty() { b"x" } else { &name }) == namespace
        };
        let mut known = self.bound.iter().rev().map(|(prefix, ..)| prefix.as_slice());
        let prefix = match (xml.namespaces.is_empty(), attribute) {
            (true, false) => Some(split(beside).0),
            (true, true) => Some(&b""[..]),
            (false, true) if namespace.is_none() => Some(&b""[..]),
            (false, false) if is_it(split(beside).0) => Some(split(beside).0),
            (false, _) => known.find(|prefix| !(attribute && prefix.is_empty()) && is_it(prefix)),
        };
        match prefix {
            Some([]) => local.to_owned(),
            Some(prefix) => format!("{}:{local}", String::from_utf8_lossy(prefix)),
            None => wanted.to_owned(),
        }
    }
}

/// Prefix and local part of a name.
pub(super) fn split(name: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b':', name) {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => (b"", name),
    }
}
