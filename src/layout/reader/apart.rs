//! Rows of a document that stand apart in the file: as many as the layout allows are held, and taken document by document.

use std::collections::{HashMap, VecDeque};

use super::lines::{Line, LinesState};
use super::{LARGEST_DOCUMENT, Pass, Step};
use crate::diagnostic::codes;
use crate::layout::file::MOST_APART;
use crate::layout::{Form, Lines, Outside};

/// The rows of a file, in the order in which they are taken.
#[derive(Debug)]
pub(super) struct Apart {
    /// Where each begins.
    rows: VecDeque<usize>,
    /// Where the last row of the document at hand ends.
    end: usize,
}

/// Where a row stands among all: what is before all documents, rows by the numbers of their records, what is behind.
type Rank = (u8, Vec<usize>);

impl LinesState {
    /// The next document of a file of at most `most` rows.
    pub(super) fn gathered(&mut self, lines: &Lines, most: usize, pass: &mut Pass<'_>) -> Step {
        if pass.state.over {
            return pass.rest();
        }
        if !pass.end && pass.input.len() <= LARGEST_DOCUMENT {
            return Step::NeedMore;
        }
        let begin = pass.state.begin;
        let mut apart = match self.apart.take() {
            Some(apart) => apart,
            None => match self.sorted(lines, most, pass) {
                Some(rows) => Apart { rows, end: begin },
                None => {
                    let (message, remedy) = match pass.input.len() > LARGEST_DOCUMENT {
                        true => (
                            format!(
                                "the file has more than {} MB, too much to gather rows that stand apart",
                                LARGEST_DOCUMENT >> 20
                            ),
                            "ask the partner for smaller files, or to send rows of one document together".to_owned(),
                        ),
                        false => (
                            format!(
                                "the file has more than {most} rows, which is what `rows_apart` of the layout allows"
                            ),
                            match most as i64 {
                                MOST_APART.. => "that is the most there can be: ask the partner for smaller files, or to send rows of one document together".to_owned(),
                                _ => format!("raise it there ({MOST_APART} at most), or ask the partner to send rows of one document together"),
                            },
                        ),
                    };
                    pass.broken(codes::LAYOUT_LIMIT, message, 0..0, &remedy);
                    (pass.state.over, pass.state.at) = (true, pass.input.len());
                    pass.state.begin = pass.input.len();
                    return pass.rest();
                }
            },
        };
        self.gathers = true;
        while let Some(start) = apart.rows.front().copied() {
            pass.state.at = start;
            self.made.clear();
            let Some(line) = self.line(lines, &pass.input[start..], true) else { break };
            let next = start + line.next;
            if let Some(Step::Document(range)) = self.take(lines, line, pass) {
                return self.whole(range.start, begin, apart, pass);
            }
            apart.rows.pop_front();
            apart.end = if pass.state.open { apart.end.max(next) } else { begin };
        }
        if pass.state.open {
            let first = pass.state.begin;
            pass.state.close(apart.end);
            return self.whole(first, begin, apart, pass);
        }
        pass.trailer_came();
        pass.state.at = pass.input.len();
        Step::End(pass.state.ending())
    }

    /// A document is whole: it reaches from the first of its rows to the last. Nothing of the file is done with.
    fn whole(&mut self, first: usize, begin: usize, apart: Apart, pass: &mut Pass<'_>) -> Step {
        let range = first..apart.end;
        (pass.state.begin, pass.state.at) = (begin, begin);
        self.apart = Some(Apart { end: begin, ..apart });
        Step::Document(range)
    }

    /// The rows of the file, those of one record together, in the order in which the records come; `None` when there are too many.
    fn sorted(&mut self, lines: &Lines, most: usize, pass: &Pass<'_>) -> Option<VecDeque<usize>> {
        if pass.input.len() > LARGEST_DOCUMENT {
            return None;
        }
        let (mut rows, mut at, mut numbers) = (Vec::new(), pass.state.at, HashMap::new());
        let mut header = matches!(lines.form, Form::Delimited { header: true, .. });
        loop {
            self.made.clear();
            let line = self.line(lines, &pass.input[at..], true).filter(|line| line.next > 0);
            let Some(line) = line else { break };
            let content = &pass.input[at..at + line.end];
            let next = at + line.next;
            if !content.trim_ascii().is_empty() {
                let rank = match std::mem::take(&mut header) {
                    true => {
                        self.columns(lines, &line, content);
                        (0, Vec::new())
                    }
                    false => self.rank(lines, line, content, &mut numbers, pass),
                };
                rows.push((rank, at));
                if rows.len() > most {
                    return None;
                }
            }
            at = next;
        }
        self.header = None;
        rows.sort();
        Some(rows.into_iter().map(|(_, at)| at).collect())
    }

    fn rank(
        &self,
        lines: &Lines,
        line: Line,
        content: &[u8],
        numbers: &mut HashMap<Vec<Vec<u8>>, usize>,
        pass: &Pass<'_>,
    ) -> Rank {
        let Some(row) = self.row(lines, content, &line).filter(|_| !self.is_header(&line, content)) else {
            return (0, Vec::new());
        };
        let record = |level: usize| &pass.layout.records[level];
        match row.levels.last().and_then(|own| record(*own).outside) {
            Some(Outside::Before) => return (0, Vec::new()),
            Some(Outside::After) => return (2, Vec::new()),
            None => {}
        }
        let cells = match lines.form {
            Form::Fixed { .. } => super::fixed::cut(content, &row.columns),
            Form::Delimited { .. } => line.cells,
        };
        let (mut path, mut rank) = (Vec::new(), Vec::new());
        for level in &row.levels[..row.levels.len() - 1] {
            let columns = row.columns.iter().enumerate().filter(|(_, column)| column.record == *level);
            for (index, _) in columns.filter(|(_, column)| record(*level).fields[usize::from(column.position) - 1].key)
            {
                let cell = self.place_of(index).and_then(|at| cells.get(at));
                path.push(cell.map_or(b"".as_slice(), |cell| cell.text(content, &self.made)).to_vec());
            }
            let next = numbers.len();
            rank.push(*numbers.entry(path.clone()).or_insert(next));
        }
        (1, rank)
    }
}
