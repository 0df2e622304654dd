//! The records of a layout as the table that mappings are compiled against.

use std::sync::Arc;

use crate::tree::notes::Notes;
use crate::tree::{Area, ElementType, ElementUse, Grammar, GrammarBuilder, ItemId, Requirement, SegmentDefinition};

use super::{Layout, Record};

/// A field as the file describes it, for its definition.
#[derive(Debug, Clone)]
pub(super) struct FieldForm {
    pub(super) title: Arc<str>,
    pub(super) kind: ElementType,
    pub(super) min: u32,
}

/// Makes the grammar, and tells each record where it stands in it.
pub(super) fn grammar(
    name: &str,
    title: &str,
    records: &mut [Record],
    document: Option<usize>,
    forms: &[Vec<FieldForm>],
    titles: &[Arc<str>],
) -> Grammar {
    let mut builder = GrammarBuilder::new(name, title);
    let mut next = 1;
    let mut order: Vec<usize> = document.into_iter().collect();
    let top = |record: &Record| record.parent == document || record.parent.is_none();
    order.extend(
        (0..records.len()).filter(|at| Some(*at) != document && records[*at].outside.is_none() && top(&records[*at])),
    );
    for at in order {
        add(&mut builder, records, document, at, forms, titles, &mut next);
    }
    builder.finish()
}

fn add(
    builder: &mut GrammarBuilder,
    records: &mut [Record],
    document: Option<usize>,
    at: usize,
    forms: &[Vec<FieldForm>],
    titles: &[Arc<str>],
    next: &mut u16,
) {
    let inside: Vec<usize> =
        (0..records.len()).filter(|inner| records[*inner].parent == Some(at) && Some(at) != document).collect();
    let record = &mut records[at];
    let fields = record.fields.iter().zip(&forms[at]).map(|(field, form)| ElementUse {
        number: Arc::clone(&field.name),
        name: Arc::clone(&form.title),
        kind: form.kind,
        min: form.min,
        max: if field.max == 0 { u32::MAX } else { field.max },
        requirement: if field.required { Requirement::Mandatory } else { Requirement::Optional },
        repeat: 1,
        components: Vec::new(),
        notes: Notes::default(),
        list: ElementUse::NO_LIST,
    });
    let definition = Arc::new(SegmentDefinition::record(record.tag, Arc::clone(&titles[at]), fields.collect()));
    let is_document = Some(at) == document;
    let opens = !inside.is_empty() || (record.is_loop && !is_document);
    if opens {
        builder.open_loop(None, record.tag, record.required, record.max, Area::Detail);
        record.opens = Some(ItemId(*next));
        *next += 1;
    }
    record.item = ItemId(*next);
    *next += 1;
    let max = if opens || is_document { 1 } else { record.max };
    builder.segment(&definition, opens || is_document || record.required, max, Area::Detail, None);
    for inner in inside {
        add(builder, records, document, inner, forms, titles, next);
    }
    if opens {
        builder.close_loop();
    }
}

impl Layout {
    /// The name of the field at 1-based `position` of a record, with the record's.
    pub(super) fn designator(&self, record: usize, position: u16) -> String {
        let record = &self.records[record];
        match record.fields.get(usize::from(position).wrapping_sub(1)) {
            Some(field) => format!("{}.{}", record.name, field.name),
            None => record.name.clone(),
        }
    }
}
