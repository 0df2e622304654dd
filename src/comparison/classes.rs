//! Differences of many documents gathered into classes: what becomes of the same field in the same way by the same two
//! lines of the mappings, with a count and the first example.

use std::collections::HashMap;

use super::approved::plain;
use super::{Approval, Change, Kind, Told};

/// So many classes are kept; differences of further ones are counted only.
pub const CLASSES_LIMIT: usize = 1_000;

/// What the differences of one class have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassKey {
    /// Short name of the partner's profile; empty where none is known.
    pub partner: String,
    /// The document, such as `x12/004010/945`.
    pub document: String,
    /// What becomes of it.
    pub kind: Kind,
    /// What it is: see [`Change::subject`].
    pub subject: String,
    /// How it was made: the mapping's line; where a code table decided, the word too.
    pub before: Option<String>,
    /// How it is made now.
    pub after: Option<String>,
}

/// One class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// What its differences have in common.
    pub key: ClassKey,
    /// How many there are.
    pub count: u64,
    /// In how many documents.
    pub documents: u64,
    /// The document counted last.
    last: u64,
    /// The first of them.
    pub example: Example,
    /// What the mapping's lines say, without their comments: the old one and the new one.
    pub lines: (Option<String>, Option<String>),
    /// Who approved it.
    pub approved: Option<Approval>,
}

/// A difference with the document that it was seen in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Where it is, such as `set 0001 of 945.edi`, `payload 12, 945-1.edi, set 0001`.
    pub at: String,
    /// The difference.
    pub change: Change,
}

/// Says what stands on a line such as `mappings/base/945.toml:41`, of the old way and of the new way.
pub type LineText<'a> = (&'a dyn Fn(&str) -> Option<String>, &'a dyn Fn(&str) -> Option<String>);

/// All classes found so far.
#[derive(Debug, Clone, Default)]
pub struct Classes {
    list: Vec<Class>,
    known: HashMap<ClassKey, usize>,
    /// Differences of classes beyond the limit.
    pub left_out: u64,
}

impl Classes {
    /// Counts the differences of a document, which has the number `number` among all.
    pub fn add(
        &mut self,
        (partner, document): (&str, &str),
        number: u64,
        at: &str,
        changes: &[Change],
        lines: LineText<'_>,
    ) {
        for change in changes {
            let key = ClassKey {
                partner: partner.to_owned(),
                document: document.to_owned(),
                kind: change.kind,
                subject: change.subject.clone(),
                before: change.before.as_ref().and_then(made_by),
                after: change.after.as_ref().and_then(made_by),
            };
            let example = || Example { at: at.to_owned(), change: change.clone() };
            let text = |told: &Option<Told>, text: &dyn Fn(&str) -> Option<String>| {
                Some(plain(&text(told.as_ref()?.line.as_ref()?)?))
            };
            let lines = || (text(&change.before, lines.0), text(&change.after, lines.1));
            let new = || Class {
                key: key.clone(),
                count: 0,
                documents: 0,
                last: u64::MAX,
                example: example(),
                lines: lines(),
                approved: None,
            };
            let Some(class) = self.class(&key, new) else {
                self.left_out += 1;
                continue;
            };
            class.count += 1;
            class.documents += u64::from(class.last != number);
            class.last = number;
        }
    }

    /// Adds the classes of other documents, which were gathered apart.
    pub fn append(&mut self, other: Classes) {
        self.left_out += other.left_out;
        for one in other.list {
            let (count, documents) = (one.count, one.documents);
            let key = one.key.clone();
            match self.class(&key, || Class { count: 0, documents: 0, ..one }) {
                Some(class) => (class.count, class.documents) = (class.count + count, class.documents + documents),
                None => self.left_out += count,
            }
        }
    }

    fn class(&mut self, key: &ClassKey, new: impl FnOnce() -> Class) -> Option<&mut Class> {
        if let Some(at) = self.known.get(key) {
            return self.list.get_mut(*at);
        }
        if self.list.len() >= CLASSES_LIMIT {
            return None;
        }
        self.known.insert(key.clone(), self.list.len());
        self.list.push(new());
        self.list.last_mut()
    }

    /// Takes all of them: by partner and document, what fails first, then the most frequent first. What was left out stays
    /// counted.
    #[must_use]
    pub fn take(&mut self) -> Vec<Class> {
        self.known.clear();
        let mut list = std::mem::take(&mut self.list);
        let rank = |class: &Class| (class.key.kind, u64::MAX - class.count);
        list.sort_by(|one, other| {
            let of = |class: &Class| (class.key.partner.clone(), class.key.document.clone());
            of(one).cmp(&of(other)).then(rank(one).cmp(&rank(other))).then_with(|| one.key.cmp(&other.key))
        });
        list
    }
}

/// The line that made a value, and the word where a table of codes decided.
fn made_by(told: &Told) -> Option<String> {
    let line = told.line.as_ref()?;
    Some(match &told.codes {
        Some(table) => format!("{line}, codes {table}: {}", told.value),
        None => line.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::{CLASSES_LIMIT, Classes};
    use crate::comparison::{Change, Kind};

    fn change(subject: &str) -> Change {
        Change { kind: Kind::Added, subject: subject.to_owned(), path: String::new(), before: None, after: None }
    }

    fn add(classes: &mut Classes, document: u64, subjects: &[&str]) {
        let changes: Vec<Change> = subjects.iter().map(|subject| change(subject)).collect();
        classes.add(("harbor", "x12/004010/945"), document, "", &changes, (&|_| None, &|_| None));
    }

    #[test]
    fn a_class_counts_its_differences_and_their_documents() {
        let (mut one, mut other) = (Classes::default(), Classes::default());
        add(&mut one, 1, &["lot", "lot", "sku"]);
        add(&mut one, 2, &["lot"]);
        add(&mut other, 1, &["lot", "sscc"]);
        one.append(other);
        let told = |class: &super::Class| format!("{} {}/{}", class.key.subject, class.count, class.documents);
        assert_eq!(one.take().iter().map(told).collect::<Vec<_>>(), ["lot 4/3", "sku 1/1", "sscc 1/1"]);
    }

    #[test]
    fn differences_of_further_classes_are_only_counted() {
        let mut classes = Classes::default();
        for number in 0..CLASSES_LIMIT + 7 {
            add(&mut classes, 1, &[&format!("field_{number}")]);
        }
        add(&mut classes, 2, &["field_0"]);
        let mut others = Classes::default();
        add(&mut others, 1, &["another", "another"]);
        classes.append(others);
        assert_eq!((classes.left_out, classes.take().len()), (9, CLASSES_LIMIT));
    }
}
