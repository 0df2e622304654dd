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
        self.rows.push(cells.into_iter().map(on_one_line).collect());
    }

    /// Writes the rows, without blanks at the ends of lines.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let count = self.rows[0].len();
        let width = |column: usize| {
            let lengths = self.rows.iter().map(|row| row[column].chars().count());
            lengths.filter(|length| *length <= WIDEST).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..count).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
