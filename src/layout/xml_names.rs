//! Which elements and attributes of an XML file are records and fields.

/// An XML file's form.
#[derive(Debug)]
pub(super) struct Xml {
    /// Prefixes and their namespaces, as the layout has them; the empty prefix is that of names without one.
    pub(super) namespaces: Vec<(String, String)>,
    /// The elements that the layout knows; 0 stands around the outermost one.
    pub(super) nodes: Vec<Node>,
    /// The elements around the document's, from the outside in.
    pub(super) around: Vec<String>,
}

/// An element at its place.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// As the layout writes it, with its prefix.
    pub(super) name: String,
    pub(super) children: Vec<usize>,
    /// The record that it is.
    pub(super) record: Option<usize>,
    /// The field that its text is: record, position.
    pub(super) text: Option<(usize, u16)>,
    /// The fields that its attributes are.
    pub(super) attributes: Vec<(String, usize, u16)>,
}

impl Xml {
    /// The element at `path` below the element `from`, made where it is new.
    pub(super) fn node(&mut self, from: usize, path: &str) -> usize {
        path.split('/').filter(|name| !name.is_empty() && *name != ".").fold(from, |at, name| {
            let known = self.nodes[at].children.iter().copied().find(|child| self.nodes[*child].name == name);
            known.unwrap_or_else(|| {
                self.nodes.push(Node { name: name.to_owned(), ..Node::default() });
                let new = self.nodes.len() - 1;
                self.nodes[at].children.push(new);
                new
            })
        })
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

impl Xml {
    /// The path of a record's element, from the outermost one.
    pub(super) fn path_of(&self, record: usize) -> String {
        let mut names = Vec::new();
        let mut at = self.nodes.iter().position(|node| node.record == Some(record)).unwrap_or(0);
        while at != 0 {
            names.insert(0, self.nodes[at].name.as_str());
            at = self.nodes.iter().position(|node| node.children.contains(&at)).unwrap_or(0);
        }
        format!("/{}", names.join("/"))
    }
}
