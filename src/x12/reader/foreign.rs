//! An input without any interchange: what it looks like, by its first bytes, so that an operator need not open it.

use crate::diagnostic::codes::{X12_EBCDIC, X12_NO_INTERCHANGE};
use crate::diagnostic::{Diagnostic, PayloadPlace};

const EBCDIC_ISA: &[u8] = b"\xC9\xE2\xC1";
const ASK_FOR_ENVELOPE: &str = "ask the partner to send the envelope, or allow sets without envelope (`--bare`)";
const ASK_FOR_WHOLE: &str = "ask the partner to send the whole interchange, from ISA to IEA";
const ASK_FOR_SEPARATOR: &str = "ask the partner for another element separator, such as `*`";
const ASK_FOR_X12: &str =
    "this syntax is not read; ask the partner for X12, or check that this is the file that was meant";
const DESCRIBE_IT: &str = "if this partner sends such files, describe them in a layout and name it in their [[receive]] (docs/LAYOUTS.md), then rerun it; else ask for X12";
const CHECK_THE_FILE: &str = "check that this is the file that was meant, and ask the partner to send it again";
const UNPACK: &str = "unpack the file first";
const ASK_FOR_ASCII: &str = "ask the partner to send the file in ASCII or UTF-8";

/// Inputs known by their first bytes: what they look like, and what to do.
const KNOWN: [(&[u8], &str, &str); 17] = [
    (b"ISA\t", "it is X12 with tabs between its elements, which are not read", ASK_FOR_SEPARATOR),
    (b"UNA", "this looks like EDIFACT: it starts with UNA", ASK_FOR_X12),
    (b"UNB", "this looks like EDIFACT: it starts with UNB", ASK_FOR_X12),
    (b"UNH+", "this looks like an EDIFACT message without its envelope UNB: it starts with UNH", ASK_FOR_X12),
    (b"STX=", "this looks like TRADACOMS: it starts with STX", ASK_FOR_X12),
    (b"DXS", "this looks like DEX, the envelope of direct deliveries to a store: it starts with DXS", ASK_FOR_X12),
    (b"EDI_DC", "this looks like a SAP IDoc: it starts with the record EDI_DC40", DESCRIBE_IT),
    (b"\xFF\xFE", "it is UTF-16 text", ASK_FOR_ASCII),
    (b"\xFE\xFF", "it is UTF-16 text", ASK_FOR_ASCII),
    (b"I\0S\0A\0", "it is UTF-16 text", ASK_FOR_ASCII),
    (b"\0I\0S\0A", "it is UTF-16 text", ASK_FOR_ASCII),
    (b"{", "this looks like JSON", CHECK_THE_FILE),
    (b"[{", "this looks like JSON", CHECK_THE_FILE),
    (b"%PDF", "it is a PDF document", CHECK_THE_FILE),
    (b"PK\x03\x04", "it is a ZIP archive", UNPACK),
    (b"\x1F\x8B", "it is compressed with gzip", UNPACK),
    (b"-----BEGIN PGP", "it is encrypted or signed with PGP", "decrypt the file first"),
];

/// The diagnostic of an input that holds no interchange and starts with these bytes.
pub(super) fn nothing_found(beginning: &[u8], place: PayloadPlace) -> Diagnostic {
    if beginning.starts_with(EBCDIC_ISA) {
        let message = "the input is EBCDIC, not ASCII: it starts with `ISA` in EBCDIC";
        let remedy = "ask the partner to convert the file to ASCII when sending it, as a text transfer does";
        return Diagnostic::new(X12_EBCDIC, message, place).remedy(remedy);
    }
    let message = if beginning.is_empty() { "the input is empty" } else { "the input holds no ISA segment" };
    let found = Diagnostic::new(X12_NO_INTERCHANGE, message, place);
    match looks_like(beginning) {
        Some((cause, remedy)) => found.cause(cause).remedy(remedy),
        None => found.remedy(CHECK_THE_FILE),
    }
}

/// What bytes beside interchanges look like that start so, where they look like a document of another kind. A line of values
/// with separators between them may be the trailer of a job.
pub(super) fn document(beginning: &[u8]) -> Option<String> {
    if beginning.starts_with(EBCDIC_ISA) {
        return Some("they are EBCDIC, not ASCII: they start with `ISA` in EBCDIC".to_owned());
    }
    known(beginning).map(|(cause, _)| cause)
}

/// What an input that starts so looks like, and what to do with it.
fn looks_like(beginning: &[u8]) -> Option<(String, &'static str)> {
    known(beginning).or_else(|| segment(beginning)).or_else(|| columns(beginning))
}

/// The same of what is known by its first bytes.
fn known(beginning: &[u8]) -> Option<(String, &'static str)> {
    if let Some((_, cause, remedy)) = KNOWN.iter().find(|(start, ..)| beginning.starts_with(start)) {
        return Some(((*cause).to_owned(), remedy));
    }
    markup(beginning)
}

/// XML or HTML, with the name of its first element.
fn markup(beginning: &[u8]) -> Option<(String, &'static str)> {
    let rest = beginning.strip_prefix(b"<")?;
    let text = String::from_utf8_lossy(rest).to_ascii_lowercase();
    if text.starts_with("!doctype html") || text.starts_with("html") {
        return Some(("this looks like an HTML page, as a server sends instead of a file".to_owned(), CHECK_THE_FILE));
    }
    let names = beginning.split(|byte| *byte == b'<').skip(1);
    let name = names.map(name_at).find(|name| !name.is_empty());
    let cause = name.map_or_else(|| "this looks like XML".to_owned(), |name| format!("this looks like XML: <{name}>"));
    Some((cause, DESCRIBE_IT))
}

/// The letters, digits and marks of a name at the start of `bytes`.
fn name_at(bytes: &[u8]) -> String {
    let of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'.');
    bytes.iter().take_while(of_name).map(|byte| char::from(*byte)).collect()
}

/// A segment of X12 that is not ISA: a tag of two or three characters and an element separator behind it.
fn segment(beginning: &[u8]) -> Option<(String, &'static str)> {
    let tag = name_at(beginning);
    let separator = *beginning.get(tag.len())?;
    let of_tag = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    // A column of three capital letters with a comma behind it is the head of a table.
    let fits = (2..=3).contains(&tag.len()) && tag.bytes().all(of_tag) && tag.as_bytes()[0].is_ascii_uppercase();
    if !fits || !b"*|~^>\x7F".contains(&separator) {
        return None;
    }
    let at = |offset: usize| beginning.get(offset) == Some(&separator);
    Some(match tag.as_str() {
        "ST" => ("it starts with a transaction set, without the envelope ISA and GS".to_owned(), ASK_FOR_ENVELOPE),
        "GS" => ("it starts with a functional group, without the envelope ISA".to_owned(), ASK_FOR_ENVELOPE),
        _ if at(6) && at(17) && at(20) => {
            (format!("its first segment looks like ISA, but begins with `{tag}`"), ASK_FOR_WHOLE)
        }
        // A record of a flat file may look the same, but X12 seldom leaves several elements empty side by side.
        _ if separator == b'|' && beginning.windows(4).any(|four| four == b"||||") => return None,
        _ => (format!("it starts with the segment {tag}, without the envelope ISA, GS and ST"), ASK_FOR_WHOLE),
    })
}

/// Lines of columns: CSV and the like.
fn columns(beginning: &[u8]) -> Option<(String, &'static str)> {
    let line = beginning.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return None;
    }
    let count = |separator: u8| memchr::memchr_iter(separator, line).count();
    let separator = [b',', b';', b'\t', b'|'].into_iter().max_by_key(|separator| count(*separator))?;
    let name = match separator {
        b'\t' => "tabs".to_owned(),
        other => format!("`{}`", char::from(other)),
    };
    let cause = format!("this looks like a table (CSV or another flat file): {name} between its columns");
    (count(separator) >= 2).then_some((cause, DESCRIBE_IT))
}

#[cfg(test)]
mod tests {
    use super::{PayloadPlace, nothing_found};

    fn check(beginning: &[u8], cause: Option<&str>) {
        let found = nothing_found(beginning, PayloadPlace::default());
        assert_eq!(found.cause.as_deref(), cause, "{}", beginning.escape_ascii());
        assert!(found.remedy.is_some());
    }

    #[test]
    fn what_is_no_x12_is_called_by_its_name() {
        check(b"", None);
        check(b"UNA:+.? 'UNB+UNOA:1", Some("this looks like EDIFACT: it starts with UNA"));
        check(b"UNB*UNOA=3", Some("this looks like EDIFACT: it starts with UNB"));
        check(
            b"UNH+1+DESADV:D:96A:UN'",
            Some("this looks like an EDIFACT message without its envelope UNB: it starts with UNH"),
        );
        check(b"STX=ANA:1+5000'", Some("this looks like TRADACOMS: it starts with STX"));
        check(b"ISA\t00\t", Some("it is X12 with tabs between its elements, which are not read"));
        check(b"<?xml version=\"1.0\"?>\n<DELVRY03>", Some("this looks like XML: <DELVRY03>"));
        check(b"<Orders page=\"1\">", Some("this looks like XML: <Orders>"));
        check(b"<?xml version=\"1.0\"", Some("this looks like XML"));
        check(b"<!DOCTYPE html><html>", Some("this looks like an HTML page, as a server sends instead of a file"));
        check(b"I\0S\0A\0*\0", Some("it is UTF-16 text"));
        check(b"\x89PNG\r\n", None);
        check(b"Dear partner, hello", None);
    }

    #[test]
    fn tables_are_told_by_what_stands_between_their_columns() {
        let commas = "this looks like a table (CSV or another flat file): `,` between its columns";
        check(b"sku,warehouse,on_hand\nABC-100,WH1,120", Some(commas));
        check(b"SKU,WAREHOUSE,QTY", Some(commas));
        check(b"sku\tqty\tunit", Some("this looks like a table (CSV or another flat file): tabs between its columns"));
        let bars = "this looks like a table (CSV or another flat file): `|` between its columns";
        check(b"HDR|CAN|944|O|753515|1||||OCEA", Some(bars));
    }

    #[test]
    fn x12_without_its_envelope_says_where_it_starts() {
        check(b"ST*945*0001~", Some("it starts with a transaction set, without the envelope ISA and GS"));
        check(b"GS|SH|A|B|", Some("it starts with a functional group, without the envelope ISA"));
        check(b"W05*N*SO1~", Some("it starts with the segment W05, without the envelope ISA, GS and ST"));
        check(b"XSA*00*          *00*", Some("its first segment looks like ISA, but begins with `XSA`"));
        check(
            b"DXS*92*DX*004010UCS",
            Some("this looks like DEX, the envelope of direct deliveries to a store: it starts with DXS"),
        );
    }
}
