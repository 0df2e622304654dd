//! The elements of an XML layout, in the order in which it names them.

use std::sync::Arc;

use super::Reading;
use crate::diagnostic::codes;
use crate::layout::Outside;
use crate::layout::xml_names::Xml;

impl Reading<'_, '_> {
    /// The elements of an XML file.
    pub(super) fn xml(&mut self, namespaces: Vec<(String, String)>, document: Option<usize>) -> Option<Xml> {
        let mut xml = Xml::new(namespaces, self.records.len());
        let Some(document) = document else {
            self.report(
                codes::FILE_MISSING_KEY,
                "an XML layout must say which element is a document".to_owned(),
                &(0..0),
                "add a line `document = \"NAME\"`, the record whose element each document is",
            );
            return None;
        };
        self.declare(document, &mut xml);
        xml.around = xml.way(0, xml.records[document]);
        xml.around.pop();
        for at in 0..self.records.len() {
            if self.records[at].outside.is_none() {
                continue;
            }
            self.declare(at, &mut xml);
            if xml.around.is_empty() || !xml.way(0, xml.records[at]).starts_with(&xml.around[..1]) {
                let message = format!("`{}` stands outside the outermost element of the file", self.records[at].name);
                let remedy =
                    "an XML file has one outermost element: let the `path` begin with it, beside the document's";
                let place = self.found[at].place.clone();
                self.report(codes::FILE_WRONG_VALUE, message, &place, remedy);
            } else if self.records[at].outside == Some(Outside::After) && xml.around.contains(&xml.records[at]) {
                let message =
                    format!("the element of `{}` stands around the documents, not behind them", self.records[at].name);
                let remedy = "write `outside = \"before\"`: its attributes are written before the first document";
                let place = self.found[at].place.clone();
                self.report(codes::FILE_WRONG_VALUE, message, &place, remedy);
            }
        }
        Some(xml)
    }

    /// The elements of a record, in the order in which the layout names them: records inside stand where `fields` names them, else
    /// behind the fields.
    fn declare(&mut self, at: usize, xml: &mut Xml) {
        let path = self.found[at].path.clone().unwrap_or_else(|| self.records[at].name.clone());
        let from = self.records[at].parent.map_or(0, |parent| xml.records[parent]);
        let node = xml.node(from, &path);
        xml.records[at] = node;
        if xml.nodes[node].record.replace(at).is_some() || node == 0 {
            let message = format!("the element of `{}` is another record already", self.records[at].name);
            let remedy = "give it a `path` of its own, from the element of the record around it";
            let place = self.found[at].place.clone();
            self.report(codes::FILE_WRONG_VALUE, message, &place, remedy);
        }
        let mut inside: Vec<usize> =
            (0..self.records.len()).filter(|inner| self.records[*inner].parent == Some(at)).collect();
        let mut named = std::mem::take(&mut self.found[at].inside).into_iter().peekable();
        for position in 0..=self.records[at].fields.len() {
            while let Some((_, name, place)) = named.next_if(|(before, ..)| *before == position) {
                let Some(inner) = self.named(&name, &place, "record") else { continue };
                match inside.iter().position(|known| *known == inner) {
                    Some(known) => {
                        inside.remove(known);
                        self.declare(inner, xml);
                    }
                    None => {
                        let message =
                            format!("`{name}` is no record in `{}`, or is named twice", self.records[at].name);
                        let remedy = "name each record here once, and only those that stand directly in this one";
                        self.report(codes::FILE_WRONG_VALUE, message, &place, remedy);
                    }
                }
            }
            if let Some(field) = self.records[at].fields.get(position) {
                xml.field(at, &Arc::clone(&field.name));
            }
        }
        for (name, text) in std::mem::take(&mut self.found[at].constants) {
            xml.constant(at, &name, text);
        }
        inside.into_iter().for_each(|inner| self.declare(inner, xml));
    }
}
