//! The text of a place, read by the names that its document has.

use std::sync::Arc;

use crate::diagnostic::{codes, suggest};
use crate::mapping::place::{self, Place, named};
use crate::mapping::syntax::At;
use crate::tree::{Grammar, SegmentDefinition, Tag};

use super::Compiler;
use super::words::either;

impl named::Records for Grammar {
    fn is_record(&self, name: &str) -> bool {
        let tag = Tag::of_name(name);
        self.segments.iter().any(|record| record.tag == tag)
    }

    fn fields(&self, record: Option<&str>, field: &str) -> Vec<(String, u16)> {
        let tag = record.map(Tag::of_name);
        let of = self.segments.iter().filter(|record| tag.is_none_or(|tag| record.tag == tag));
        let position = |record: &SegmentDefinition| record.elements.iter().position(|known| *known.number == *field);
        of.filter_map(|record| Some((record.tag.to_string(), position(record)? as u16 + 1))).collect()
    }
}

impl Compiler<'_> {
    /// The text of a place, read; on failure, the byte offset up to which it could be read.
    pub(super) fn parsed(&self, text: &str) -> Result<Place, usize> {
        match self.grammar.is_layout() {
            true => named::parse(text, self.grammar.as_ref()),
            false => place::parse(text),
        }
    }

    /// The text of a place, read; a diagnostic when it is none.
    pub(super) fn place(&mut self, text: &str, at: &At, key: &str) -> Option<Arc<Place>> {
        if let Some(known) = self.places.get(text) {
            return Some(Arc::clone(known));
        }
        let offset = match self.parsed(text) {
            Ok(place) => {
                let place = Arc::new(place);
                self.places.insert(text.to_owned(), Arc::clone(&place));
                return Some(place);
            }
            Err(offset) => offset,
        };
        let mut here = self.token(at, text);
        here.span.start = (here.span.start + offset).min(here.span.end);
        if self.grammar.is_layout() {
            let (code, message, remedy) = self.no_name(text, offset);
            self.report(code, message, &here, key, remedy);
            return None;
        }
        let upper = text.to_uppercase();
        let remedy = if text.matches('[').count() > text.matches(']').count() {
            "close the bracket: `]`".to_owned()
        } else if text.starts_with("pair(") {
            "name the qualifiers' elements, all of one segment, and the qualifier: `pair(W1207,W1221=VN)`".to_owned()
        } else if upper != text && place::parse(&upper).is_ok() {
            format!("did you mean `{upper}`?")
        } else {
            "write it as the guide prints it: `W0602`, `N902[N901=BM]`, `MEA04-01`, `../N902[N901=LT]`, `LX/W12`"
                .to_owned()
        };
        self.report(codes::MAPPING_PLACE, format!("`{text}` is not a place"), &here, key, remedy);
        None
    }

    /// What to say of a text that names no field or record of the layout.
    fn no_name(&self, text: &str, offset: usize) -> (crate::diagnostic::Code, String, String) {
        use named::Records;
        let name = text[offset..].trim_end();
        let name = name.split(['[', ']', '=', ',']).next().unwrap_or(name).trim();
        let grammar = self.grammar.as_ref();
        let having = grammar.fields(None, name);
        if having.len() > 1 {
            let message = format!("`{name}` is a field of {} records", having.len());
            let each: Vec<String> = having.iter().map(|(record, _)| format!("`{record}.{name}`")).collect();
            return (codes::MAPPING_PLACE, message, format!("write {}", either(&each)));
        }
        if name.is_empty() || grammar.is_record(name) || having.len() == 1 {
            let remedy = "write a field, `quantity` or `line.quantity`, one of several, `text[kind=NOTE]`, or records, `carton/line`";
            return (codes::MAPPING_PLACE, format!("`{text}` is not a place"), remedy.to_owned());
        }
        let message = format!("{} has no record or field `{name}`", self.document_name());
        let record = name.split_once('.').map(|(record, _)| record).filter(|record| grammar.is_record(record));
        let mut names: Vec<String> = Vec::new();
        for known in &grammar.segments {
            let fields = known.elements.iter().map(|field| field.number.to_string());
            match record {
                Some(record) if known.tag == Tag::of_name(record) => {
                    names.extend(fields.map(|field| format!("{record}.{field}")))
                }
                Some(_) => {}
                None => {
                    names.push(known.tag.to_string());
                    names.extend(fields);
                }
            }
        }
        let remedy = match suggest::nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its names are {}", names.join(", ")),
        };
        (codes::MAPPING_PLACE, message, remedy)
    }
}
