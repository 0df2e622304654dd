//! One record of a file of fixed width.

use std::ops::Range;

use super::lines::{Cell, Line};
use crate::layout::Column;

/// The line at the start of `input`, its columns not yet cut; `None` when it needs more.
pub(super) fn line(input: &[u8], end: bool, length: Option<usize>) -> Option<Line> {
    let bare = |end, next| Line { end, next, cells: Vec::new(), unclosed: None };
    if let Some(length) = length {
        return match input.len() < length {
            true if !end => None,
            true => Some(bare(input.len(), input.len())),
            false => Some(bare(length, length)),
        };
    }
    let next = match memchr::memchr(b'\n', input) {
        Some(newline) => newline + 1,
        None if end => input.len(),
        None => return None,
    };
    let mut content = next;
    while content > 0 && [b'\n', b'\r'].contains(&input[content - 1]) {
        content -= 1;
    }
    Some(bare(content, next))
}

/// The columns of a line: positions count characters where the line is UTF-8, else bytes.
pub(in crate::layout) fn cut(line: &[u8], columns: &[Column]) -> Vec<Cell> {
    let starts: Option<Vec<usize>> = match std::str::from_utf8(line) {
        Ok(text) if !line.is_ascii() => Some(text.char_indices().map(|(at, _)| at).collect()),
        _ => None,
    };
    let at = |position: usize| match &starts {
        Some(starts) => starts.get(position).copied().unwrap_or(line.len()),
        None => position.min(line.len()),
    };
    columns
        .iter()
        .map(|column| Cell { span: without_pad(line, at(column.at.start)..at(column.at.end), column), made: None })
        .collect()
}

/// The bytes of a place in the line, by which the record type is told.
pub(super) fn text<'l>(line: &'l [u8], at: &Range<usize>) -> &'l [u8] {
    line[at.start.min(line.len())..at.end.min(line.len())].trim_ascii()
}

fn without_pad(line: &[u8], mut span: Range<usize>, column: &Column) -> Range<usize> {
    let is_pad = |byte: u8| byte == b' ' || byte == column.pad;
    // The zeros before a number are digits of it; of a text they are what the layout says: pad.
    let strip_left = |byte: u8| {
        if column.pad == b'0' {
            byte == b' ' || (column.right && byte == b'0')
        } else {
            byte == b' ' || (column.right && is_pad(byte))
        }
    };
    let strip_right = |byte: u8| byte == b' ' || (!column.right && is_pad(byte));
    let whole = span.clone();
    while span.start < span.end && strip_left(line[span.start]) {
        span.start += 1;
    }
    while span.start < span.end && strip_right(line[span.end - 1]) {
        span.end -= 1;
    }
    // A number of zeros alone is zero.
    if span.is_empty() && column.right && column.pad == b'0' && line[whole.clone()].contains(&b'0') {
        return whole.end - 1..whole.end;
    }
    span
}
