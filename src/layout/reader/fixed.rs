//! One record of a file of fixed width.

use std::ops::Range;

use super::lines::{Cell, Line};
use crate::layout::{Column, RECORD_TYPE};

/// The line at the start of `input`, its columns not yet cut; `None` when it needs more.
pub(super) fn line(input: &[u8], end: bool, length: Option<usize>) -> Option<Line> {
    let bare = |end, next| Line { end, next, cells: Vec::new(), unclosed: None, closes_early: None };
    if let Some(whole) = length.and_then(|length| record(input, length)) {
        // Some write a line end behind each record though it has its full length.
        return match &input[whole..] {
            [] | [b'\r'] if !end => None,
            [b'\r', b'\n', ..] => Some(bare(whole, whole + 2)),
            [b'\r' | b'\n', ..] => Some(bare(whole, whole + 1)),
            _ => Some(bare(whole, whole)),
        };
    }
    let next = match memchr::memchr(b'\n', input).filter(|_| length.is_none()) {
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

/// How many bytes a record of so many positions takes; `None` when it goes on behind the input.
fn record(input: &[u8], length: usize) -> Option<usize> {
    if input.get(..length).is_some_and(<[u8]>::is_ascii) {
        return Some(length);
    }
    // No character has more than four bytes.
    let near = &input[..input.len().min(4 * length)];
    let first = near.utf8_chunks().next()?;
    let end = first.valid().char_indices().nth(length - 1).map(|(at, last)| at + last.len_utf8());
    // What is no UTF-8 is counted in bytes; what is cut is not known yet.
    let is_other = std::str::from_utf8(near).is_err_and(|error| error.error_len().is_some());
    end.or((is_other && length <= input.len()).then_some(length))
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

/// The bytes of a place in the line, by which the record type is told; its positions are those of columns.
pub(super) fn text<'l>(line: &'l [u8], at: &Range<usize>) -> &'l [u8] {
    line[offset(line, at.start)..offset(line, at.end)].trim_ascii()
}

/// Where text stands behind so many positions of the line.
pub(super) fn beyond(line: &[u8], width: usize) -> Option<usize> {
    let at = offset(line, width);
    let is_text = |byte: &u8| !byte.is_ascii_whitespace() && *byte != 0x1A;
    line[at..].iter().any(is_text).then_some(at)
}

/// How many positions the line has.
pub(super) fn length(line: &[u8]) -> usize {
    match std::str::from_utf8(line) {
        Ok(text) if !line.is_ascii() => text.chars().count(),
        _ => line.len(),
    }
}

/// The column at whose right something stands, and that the line of so many positions breaks off in: blanks may be left out at the end,
/// and there are none.
pub(super) fn breaks_off<'c>(line: &[u8], length: usize, columns: &'c [Column]) -> Option<&'c Column> {
    let is_cut = |column: &&Column| column.at.start < length && length < column.at.end;
    let is_there = |column: &&Column| !line[offset(line, column.at.start)..].trim_ascii().is_empty();
    columns.iter().filter(is_cut).find(|column| column.right && column.record != RECORD_TYPE && is_there(column))
}

/// Where a position begins in the line.
fn offset(line: &[u8], position: usize) -> usize {
    let bytes = position.min(line.len());
    match std::str::from_utf8(line) {
        _ if line[..bytes].is_ascii() => bytes,
        Ok(text) => text.char_indices().nth(position).map_or(line.len(), |(at, _)| at),
        Err(_) => bytes,
    }
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
