//! Character sets of partners: bytes to text and back, losing nothing silently.
//!
//! All of them are ASCII below 0x80, so delimiters and segment identifiers need no decoding.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// A character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// The basic character set of X12: capitals, digits, blank and `! " & ' ( ) * + , - . / : ; ? =`.
    X12Basic,
    /// The extended character set of X12: the basic one, small letters and `% ~ @ [ ] _ { } \ | < > # $ ^` and the grave
    /// accent.
    X12Extended,
    /// UTF-8.
    Utf8,
    /// ISO 8859-1: each byte is the character of that number.
    Latin1,
    /// Another ASCII-compatible single-byte set, such as `windows-1252`.
    Other(&'static Encoding),
}

impl Charset {
    /// The character set called `name`: `x12-basic`, `x12-extended`, `utf-8`, `latin-1`, or a label of the WHATWG
    /// Encoding Standard that is single-byte and ASCII-compatible. (There `iso-8859-1` means windows-1252; here it is
    /// Latin-1.)
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "x12-basic" => Some(Charset::X12Basic),
            "x12-extended" => Some(Charset::X12Extended),
            "utf-8" | "utf8" => Some(Charset::Utf8),
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => Some(Charset::Latin1),
            label => Encoding::for_label(label.as_bytes())
                .filter(|encoding| encoding.is_ascii_compatible() && encoding.is_single_byte())
                .map(Charset::Other),
        }
    }

    /// Its name, as [`Charset::parse`] takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Charset::X12Basic => "x12-basic",
            Charset::X12Extended => "x12-extended",
            Charset::Utf8 => "utf-8",
            Charset::Latin1 => "latin-1",
            Charset::Other(encoding) => encoding.name(),
        }
    }

    /// What text is taken for when nobody says: UTF-8 where the bytes are UTF-8, else Latin-1.
    #[must_use]
    pub fn guess(bytes: &[u8]) -> Self {
        if std::str::from_utf8(bytes).is_ok() { Charset::Utf8 } else { Charset::Latin1 }
    }

    /// The text that `bytes` are.
    ///
    /// # Errors
    /// The offset of the first byte that belongs to no character of the set.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        match self {
            Charset::Utf8 => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| error.valid_up_to()),
            Charset::X12Basic | Charset::X12Extended => match bytes.iter().position(|byte| !self.has_byte(*byte)) {
                Some(at) => Err(at),
                None => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| error.valid_up_to()),
            },
            Charset::Latin1 => match std::str::from_utf8(bytes) {
                Ok(text) if bytes.is_ascii() => Ok(Cow::Borrowed(text)),
                _ => Ok(Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect())),
            },
            Charset::Other(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .ok_or_else(|| first_undecodable(encoding, bytes)),
        }
    }

    /// The text that `bytes` are, with U+FFFD for what belongs to no character of the set. Bytes beyond the sets of X12,
    /// which are ASCII, are taken for what they look like.
    #[must_use]
    pub fn decode_lossy(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Charset::Utf8 => String::from_utf8_lossy(bytes),
            Charset::X12Basic | Charset::X12Extended => Self::guess(bytes).decode_lossy(bytes),
            Charset::Latin1 => self.decode(bytes).unwrap_or_default(),
            Charset::Other(encoding) => encoding.decode_without_bom_handling(bytes).0,
        }
    }

    /// The bytes that stand for `text`.
    ///
    /// # Errors
    /// The first character the set lacks.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, char> {
        let lacking = |has: &dyn Fn(char) -> bool| text.chars().find(|character| !has(*character));
        match self {
            Charset::Utf8 => Ok(Cow::Borrowed(text.as_bytes())),
            Charset::X12Basic | Charset::X12Extended => {
                let has = |character| u8::try_from(character).is_ok_and(|byte| self.has_byte(byte));
                lacking(&has).map_or(Ok(Cow::Borrowed(text.as_bytes())), Err)
            }
            Charset::Latin1 if text.is_ascii() => Ok(Cow::Borrowed(text.as_bytes())),
            Charset::Latin1 => {
                let bytes = text.chars().map(|character| u8::try_from(character).map_err(|_| character));
                bytes.collect::<Result<Vec<u8>, char>>().map(Cow::Owned)
            }
            Charset::Other(encoding) => {
                match encoding.encode(text) {
                    (bytes, _, false) => Ok(bytes),
                    _ => Err(lacking(&|character| !encoding.encode(character.encode_utf8(&mut [0; 4])).2)
                        .unwrap_or('\u{FFFD}')),
                }
            }
        }
    }

    /// Has the set this ASCII character?
    #[must_use]
    pub fn has_ascii(self, byte: u8) -> bool {
        match self {
            Charset::X12Basic | Charset::X12Extended => self.has_byte(byte),
            Charset::Utf8 | Charset::Latin1 | Charset::Other(_) => true,
        }
    }

    /// Has X12's basic or extended character set the byte? The extended one has all printable characters of ASCII.
    #[inline]
    fn has_byte(self, byte: u8) -> bool {
        match byte {
            b'A'..=b'Z' | b'0'..=b'9' | b' ' => true,
            _ if self == Charset::X12Extended => matches!(byte, b' '..=b'~'),
            _ => BASIC.contains(&byte),
        }
    }
}

const BASIC: &[u8] = b"!\"&'()*+,-./:;?=";

/// Where a single-byte encoding stops to know the bytes.
fn first_undecodable(encoding: &'static Encoding, bytes: &[u8]) -> usize {
    let known = |byte: &u8| encoding.decode_without_bom_handling_and_without_replacement(&[*byte]).is_some();
    bytes.iter().position(|byte| !known(byte)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::Charset;

    fn check(name: &str, bytes: &[u8], expected: Result<&str, usize>) {
        let charset = Charset::parse(name).unwrap();
        let decoded = charset.decode(bytes);
        assert_eq!(decoded.as_deref().map_err(|at| *at), expected, "{name}");
        if let Ok(text) = decoded {
            assert_eq!(charset.encode(&text).as_deref(), Ok(bytes), "{name} back");
        }
    }

    #[test]
    fn each_set_decodes_its_own_bytes_and_names_the_first_that_is_not() {
        check("utf-8", "Zoë".as_bytes(), Ok("Zoë"));
        check("utf-8", b"Zo\xEB", Err(2));
        check("latin-1", b"Zo\xEB", Ok("Zoë"));
        check("windows-1252", b"\x80 5", Ok("€ 5"));
        check("iso-8859-2", b"\xA3", Ok("Ł"));
        check("x12-basic", b"DOCK 7/A", Ok("DOCK 7/A"));
        check("x12-basic", b"Dock", Err(1));
        check("x12-extended", b"Dock #7", Ok("Dock #7"));
        check("x12-extended", b"Zo\xEB", Err(2));
        check("koi8-r", b"\xC1", Ok("а"));
    }

    /// As the standard lists it: the basic set, small letters, and these.
    #[test]
    fn the_extended_set_is_what_can_be_printed_of_ascii() {
        let more = b"%~@[]_{}\\|<>#$^`";
        for byte in 0..=u8::MAX {
            let listed = Charset::X12Basic.has_ascii(byte) || byte.is_ascii_lowercase() || more.contains(&byte);
            assert_eq!(Charset::X12Extended.has_ascii(byte), listed, "{byte}");
        }
    }

    #[test]
    fn a_character_the_set_lacks_is_named() {
        let lacks = |name: &str, text: &str| Charset::parse(name).unwrap().encode(text).unwrap_err();
        assert_eq!(lacks("latin-1", "5 €"), '€');
        assert_eq!(lacks("windows-1252", "5 € Ł"), 'Ł');
        assert_eq!(lacks("x12-basic", "Dock"), 'o');
        assert_eq!(lacks("x12-extended", "Zoë"), 'ë');
    }

    #[test]
    fn sets_that_are_not_ascii_below_0x80_are_not_known() {
        assert_eq!(Charset::parse("utf-16le"), None);
        assert_eq!(Charset::parse("shift_jis"), None);
        assert_eq!(Charset::parse("ebcdic"), None);
    }

    #[test]
    fn text_that_is_not_utf_8_is_taken_for_latin_1() {
        assert_eq!(Charset::guess("Zoë".as_bytes()), Charset::Utf8);
        assert_eq!(Charset::guess(b"Zo\xEB"), Charset::Latin1);
    }
}
