//! Where things of a mapping are written, `file:line`, for messages: one text for each line of a file, however many lines
//! of the plan come from it. A block that is used twenty times is written once.

use std::sync::Arc;

use crate::mapping::syntax::{At, Written};

/// The lines of the files of a mapping.
pub(super) struct Origins {
    files: Vec<Lines>,
}

struct Lines {
    name: Arc<str>,
    /// Where each line begins.
    starts: Vec<usize>,
    /// Of each line that was asked for: its text.
    texts: Vec<Option<Arc<str>>>,
}

impl Origins {
    pub(super) fn new(written: &Written) -> Self {
        let lines = |file: &Arc<crate::source::SourceFile>| {
            let breaks = memchr::memchr_iter(b'\n', file.text.as_bytes()).map(|at| at + 1);
            let starts: Vec<usize> = std::iter::once(0).chain(breaks).collect();
            Lines { name: Arc::clone(&file.name), texts: vec![None; starts.len()], starts }
        };
        Self { files: written.files.iter().map(lines).collect() }
    }

    /// `file:line` of a place.
    pub(super) fn of(&mut self, at: &At) -> Arc<str> {
        let Lines { name, starts, texts } = &mut self.files[at.file];
        let number = starts.partition_point(|start| *start <= at.span.start);
        Arc::clone(texts[number - 1].get_or_insert_with(|| format!("{name}:{number}").into()))
    }
}
