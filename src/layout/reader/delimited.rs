//! One record of a delimited file: `csv-core` says what its fields are, this says where they stand.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::lines::{Cell, Line};

/// Reads records one by one.
#[derive(Debug)]
pub(super) struct DelimitedLines {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    /// Of a record that needs more input: bytes read, bytes of text and fields so far.
    begun: Option<(usize, usize, usize)>,
}

impl DelimitedLines {
    pub(super) fn new(delimiter: u8, quote: Option<u8>) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).quoting(quote.is_some()).quote(quote.unwrap_or(b'"'));
        Self { reader: builder.build(), text: vec![0; 1024], ends: vec![0; 64], begun: None }
    }

    /// The record at the start of `input`; `None` when it needs more: then it is asked for again, with more of it. `made` is for texts that are written otherwise there.
    pub(super) fn line(
        &mut self,
        input: &[u8],
        end: bool,
        (delimiter, quote): (u8, Option<u8>),
        made: &mut Vec<u8>,
    ) -> Option<Line> {
        let (mut read, mut wrote, mut count) = self.begun.take().unwrap_or_else(|| {
            // Reset, the reader takes a byte order mark away, which is a text in the middle of a file; behind a line end it does not.
            self.reader.reset();
            self.reader.read_record(b"\n", &mut self.text, &mut self.ends);
            (0, 0, 0)
        });
        loop {
            // To ask with nothing says that nothing follows.
            if read == input.len() && !end {
                self.begun = Some((read, wrote, count));
                return None;
            }
            let (result, taken, given, fields) =
                self.reader.read_record(&input[read..], &mut self.text[wrote..], &mut self.ends[count..]);
            (read, wrote, count) = (read + taken, wrote + given, count + fields);
            match result {
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                // At the end of the file it is called once more, with nothing.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        // `csv-core` leaves the line feed of a CRLF to the next record; it belongs to this line.
        if read > 0 && input[read - 1] == b'\r' {
            match input.get(read) {
                None if !end => return None,
                Some(b'\n') => read += 1,
                _ => {}
            }
        }
        let mut content = read;
        while content > 0 && [b'\n', b'\r'].contains(&input[content - 1]) {
            content -= 1;
        }
        let mut line =
            Line { end: content, next: read, cells: Vec::with_capacity(count), unclosed: None, closes_early: None };
        // Empty lines before it are passed over.
        let empty = input[..content].iter().take_while(|byte| [b'\n', b'\r'].contains(byte)).count();
        let (mut at, mut from) = (empty, 0);
        for to in &self.ends[..count] {
            let text = &self.text[from..*to];
            from = *to;
            at = line.cell(&input[..content], at, text, (delimiter, quote), made);
        }
        Some(line)
    }
}

impl Line {
    /// Adds the field that begins at `at` and is `text`; returns where the next one begins.
    fn cell(
        &mut self,
        raw: &[u8],
        at: usize,
        text: &[u8],
        (delimiter, quote): (u8, Option<u8>),
        made: &mut Vec<u8>,
    ) -> usize {
        let at = at.min(raw.len());
        let behind = |from: usize| memchr::memchr(delimiter, &raw[from..]).map_or(raw.len(), |end| from + end);
        let quoted = quote.filter(|quote| raw.get(at) == Some(quote));
        let (span, end) = match quoted {
            None => {
                let end = behind(at);
                (at..end, end)
            }
            Some(quote) => {
                let mut close = at + 1;
                loop {
                    match memchr::memchr(quote, &raw[close..]) {
                        Some(found) if raw.get(close + found + 1) == Some(&quote) => close += found + 2,
                        Some(found) => {
                            close += found;
                            if raw.get(close + 1).is_some_and(|next| *next != delimiter) {
                                self.closes_early.get_or_insert(close);
                            }
                            break (at + 1..close, behind(close + 1));
                        }
                        None => {
                            self.unclosed = Some(at);
                            break (at + 1..raw.len(), raw.len());
                        }
                    }
                }
            }
        };
        let made_at = (raw[span.clone()] != *text).then(|| {
            let from = made.len();
            made.extend_from_slice(text);
            from..made.len()
        });
        self.cells.push(Cell { span, made: made_at });
        end + 1
    }
}
