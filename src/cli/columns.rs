//! A table for people: columns as wide as what stands in them, within reason.

use std::io::{self, Write};

use super::visible::on_one_line;

/// A column is at most so wide; longer texts push their own row to the right, and only theirs.
const WIDEST: usize = 48;

/// Rows of equally many cells, printed when all are known.
pub(super) struct Columns {
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// Begins with the names of the columns.
    pub(super) fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|name| (*name).to_owned()).collect()] }
    }

    /// Adds a row. Control characters are shown as dots: they would move the terminal's cursor.
    pub(super) fn row<const COUNT: usize>(&mut self, cells: [&str; COUNT]) {
        self.rows.push(row(cells));
    }

    /// Writes the rows, without blanks at the ends of lines.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let mut widths = Widths::default();
        self.rows.iter().for_each(|row| widths.fit(row));
        self.rows.iter().try_for_each(|row| writeln!(out, "{}", widths.line(row)))
    }
}

/// A row of a table whose rows are not kept: each is made once to see how wide it is, and once more to be printed.
pub(super) fn row<const COUNT: usize>(cells: [&str; COUNT]) -> Vec<String> {
    cells.into_iter().map(on_one_line).collect()
}

/// How wide columns are.
#[derive(Default)]
pub(super) struct Widths(Vec<usize>);

impl Widths {
    /// Makes room for a row.
    pub(super) fn fit(&mut self, row: &[String]) {
        self.0.resize(row.len().max(self.0.len()), 0);
        for (width, cell) in self.0.iter_mut().zip(row) {
            let length = cell.chars().count();
            *width = (*width).max(if length > WIDEST { 0 } else { length });
        }
    }

    /// A row as a line, without blanks at its end.
    pub(super) fn line(&self, row: &[String]) -> String {
        let cells = row.iter().zip(&self.0).map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        line.trim_end().to_owned()
    }
}
