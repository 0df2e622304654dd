//! How we write the envelope to a partner: delimiters, the settings of ISA, the range of control numbers.

use std::ops::RangeInclusive;

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::source::{Fields, Node, Value};
use crate::x12::delimiters::{Delimiters, LineEnd, may_separate, shown};

/// The envelope of what we send to a partner. Reading takes the delimiters from ISA instead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// What stands in ISA besides ids, date and control number.
    pub isa: IsaSettings,
    /// Default `*`, `>`, `~`, no line end; from interchange version 00402 on `^` between repetitions.
    pub delimiters: Delimiters,
    /// The numbers we may use.
    pub control_numbers: ControlNumbers,
}

/// What stands in ISA besides ids, date and control number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsaSettings {
    /// ISA01, two characters; default `00`, no information.
    pub authorization: String,
    /// ISA02, at most ten characters; default empty.
    pub authorization_information: String,
    /// ISA03, two characters; default `00`, no information.
    pub security: String,
    /// ISA04, a password of at most ten characters, kept elsewhere; default none.
    pub security_information: Option<Secret>,
    /// ISA12, the version of the envelope; default `00401`. The release of the sets is in the entries of `[[send]]`.
    pub version: String,
    /// ISA14: do we ask for a TA1? Default no.
    pub acknowledgment_requested: bool,
}

impl Default for IsaSettings {
    fn default() -> Self {
        Self {
            authorization: NO_INFORMATION.to_owned(),
            authorization_information: String::new(),
            security: NO_INFORMATION.to_owned(),
            security_information: None,
            version: "00401".to_owned(),
            acknowledgment_requested: false,
        }
    }
}

const NO_INFORMATION: &str = "00";
/// From this interchange version on ISA11 is the repetition separator.
const FIRST_WITH_REPETITIONS: &str = "00402";
/// Length of ISA02 and ISA04.
const INFORMATION_LENGTH: usize = 10;

/// Where a secret is kept; a profile never holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In this environment variable: `env:NAME`.
    Environment(String),
    /// In this file, relative to the home: `file:PATH`.
    File(String),
}

impl Secret {
    /// Reads `env:NAME` or `file:PATH`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_name = |name: &str| {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(word)
        };
        match text.split_once(':') {
            Some(("env", name)) if is_name(name) => Some(Secret::Environment(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Some(Secret::File(path.to_owned())),
            _ => None,
        }
    }
}

/// The control numbers we may use towards a partner, first and last; default 1 to 999,999,999.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlNumbers {
    /// Of interchanges: ISA13.
    pub interchange: RangeInclusive<u32>,
    /// Of groups: GS06.
    pub group: RangeInclusive<u32>,
}

impl ControlNumbers {
    /// The kind of number that both may give, if there is one.
    pub(super) fn overlap(&self, other: &ControlNumbers) -> Option<&'static str> {
        let shared = |one: &RangeInclusive<u32>, other: &RangeInclusive<u32>| {
            one.start() <= other.end() && other.start() <= one.end()
        };
        if shared(&self.interchange, &other.interchange) {
            return Some("interchange");
        }
        shared(&self.group, &other.group).then_some("group")
    }
}

const LARGEST_CONTROL_NUMBER: i64 = 999_999_999;

impl Default for ControlNumbers {
    fn default() -> Self {
        Self { interchange: 1..=LARGEST_CONTROL_NUMBER as u32, group: 1..=LARGEST_CONTROL_NUMBER as u32 }
    }
}

/// Reads `[envelope]`.
pub(super) fn envelope(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Envelope {
    let isa = fields.table("isa", diagnostics).map(|table| isa(table, diagnostics));
    let isa = isa.unwrap_or_default();
    let mut delimiters = Delimiters::default();
    if isa.version.as_str() >= FIRST_WITH_REPETITIONS {
        delimiters.repetition = Some(b'^');
    }
    if let Some(table) = fields.table("delimiters", diagnostics) {
        read_delimiters(table, &isa.version, &mut delimiters, diagnostics);
    }
    let control_numbers = fields.table("control_numbers", diagnostics);
    let control_numbers = control_numbers.map(|table| numbers(table, diagnostics));
    fields.finish(diagnostics);
    Envelope { isa, delimiters, control_numbers: control_numbers.unwrap_or_default() }
}

fn isa(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> IsaSettings {
    let default = IsaSettings::default();
    let authorization = fields.parsed("authorization", qualifier, diagnostics);
    let information = fields.parsed("authorization_information", information, diagnostics);
    let security = fields.parsed("security", qualifier, diagnostics);
    let secret = fields.text_at("security_information", diagnostics);
    let secret = secret.and_then(|(text, node)| secret_at(&fields, text, node, diagnostics));
    let version = fields.parsed("version", version, diagnostics);
    let acknowledgment_requested = fields.boolean("acknowledgment_requested", diagnostics);
    fields.finish(diagnostics);
    IsaSettings {
        authorization: authorization.unwrap_or(default.authorization),
        authorization_information: information.unwrap_or(default.authorization_information),
        security: security.unwrap_or(default.security),
        security_information: secret,
        version: version.unwrap_or(default.version),
        acknowledgment_requested: acknowledgment_requested.unwrap_or(default.acknowledgment_requested),
    }
}

fn qualifier(text: &str) -> Result<String, (String, String)> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    let remedy = "write \"00\" for none, or the partner's qualifier";
    Err(("is not two digits".to_owned(), remedy.to_owned()))
}

fn information(text: &str) -> Result<String, (String, String)> {
    if text.len() <= INFORMATION_LENGTH && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Ok(text.to_owned());
    }
    let problem = format!("is not up to {INFORMATION_LENGTH} characters of ASCII");
    Err((problem, "write the text that ISA02 shall hold".to_owned()))
}

fn version(text: &str) -> Result<String, (String, String)> {
    if text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    let remedy = "write ISA12, such as \"00401\" or \"00501\"; the release of a set stands in its `document`";
    Err(("is no version of the envelope".to_owned(), remedy.to_owned()))
}

/// The message never shows the text: it may be the secret itself.
pub(super) fn secret_at(fields: &Fields<'_>, text: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Secret> {
    if let Some(secret) = Secret::parse(text) {
        return Some(secret);
    }
    let key = fields.key_of(node);
    let message = format!("`{key}` must be a reference to a secret, not the secret");
    let mut place = fields.file().place(node.span.clone(), Some(&key));
    place.excerpt = None;
    let remedy = "put the secret into an environment variable and write \"env:NAME\", or into a file and write \
                  \"file:PATH\"; if this was the secret, change it";
    let diagnostic = Diagnostic::new(codes::FILE_WRONG_VALUE, message, place);
    diagnostics.push(diagnostic.remedy(remedy));
    None
}

fn read_delimiters(mut fields: Fields<'_>, version: &str, delimiters: &mut Delimiters, diagnostics: &mut Diagnostics) {
    let mut nodes = Vec::new();
    let mut read = |fields: &mut Fields<'_>, key: &'static str, diagnostics: &mut Diagnostics| {
        let (text, node) = fields.text_at(key, diagnostics)?;
        let read = delimiter(text, key == "segment");
        let byte = fields.accepted(key, node, &text.escape_debug().to_string(), read, diagnostics)?;
        nodes.push((key, byte, node.clone()));
        Some(byte)
    };
    let element = read(&mut fields, "element", diagnostics);
    let component = read(&mut fields, "component", diagnostics);
    let repetition = read(&mut fields, "repetition", diagnostics);
    let segment = read(&mut fields, "segment", diagnostics);
    delimiters.element = element.unwrap_or(delimiters.element);
    delimiters.component = component.or(delimiters.component);
    delimiters.repetition = repetition.or(delimiters.repetition);
    delimiters.segment = segment.unwrap_or(delimiters.segment);
    if let Some(node) = fields.node("newline") {
        delimiters.line_end = match &node.value {
            Value::Boolean(true) => LineEnd::LineFeed,
            Value::Text(text) if text == "crlf" => LineEnd::CarriageReturnLineFeed,
            Value::Boolean(false) => LineEnd::None,
            _ => {
                let message = format!("`{}` must say which line end follows a segment", fields.named("newline"));
                let remedy = "write true (LF), \"crlf\" (CR and LF) or false (none)";
                diagnostics.push(fields.problem(codes::FILE_WRONG_VALUE, message, node).remedy(remedy));
                LineEnd::None
            }
        };
    }
    for (index, (key, byte, node)) in nodes.iter().enumerate() {
        // A clash of two keys of the file is reported at the later one, a clash with a default at the key.
        let later = |other: &str| nodes[index..].iter().any(|(known, ..)| *known == other);
        let twin = delimiter_keys(delimiters).find(|(other, value)| value == byte && !later(other));
        let message = match twin {
            Some((other, _)) => format!("`{}` and `{other}` are both {}", fields.named(key), shown(*byte)),
            None if *key == "repetition" && version < FIRST_WITH_REPETITIONS => {
                format!("`{}` is set, but interchange version {version} has no repetitions", fields.named(key))
            }
            None => continue,
        };
        let remedy = match twin {
            Some(_) => "choose four different characters that do not stand in the data",
            None => "remove it, or set `version` of `isa` to \"00501\"",
        };
        diagnostics.push(fields.problem(codes::FILE_WRONG_VALUE, message, node).remedy(remedy));
    }
    fields.finish(diagnostics);
}

fn delimiter_keys(delimiters: &Delimiters) -> impl Iterator<Item = (&'static str, u8)> {
    let keys = [
        ("element", Some(delimiters.element)),
        ("component", delimiters.component),
        ("repetition", delimiters.repetition),
        ("segment", Some(delimiters.segment)),
    ];
    keys.into_iter().filter_map(|(key, byte)| Some((key, byte?)))
}

fn delimiter(text: &str, segment: bool) -> Result<u8, (String, String)> {
    match text.as_bytes() {
        [byte @ (b'\n' | b'\r')] if segment => Ok(*byte),
        [byte] if byte.is_ascii() && may_separate(*byte) => Ok(*byte),
        _ => {
            let remedy = "write one ASCII character that is no letter, digit or blank, such as \"*\" or \"\\u001D\"";
            Err(("cannot separate".to_owned(), remedy.to_owned()))
        }
    }
}

pub(super) fn numbers(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> ControlNumbers {
    let default = ControlNumbers::default();
    let interchange = range(&mut fields, "interchange", diagnostics);
    let group = range(&mut fields, "group", diagnostics);
    fields.finish(diagnostics);
    ControlNumbers { interchange: interchange.unwrap_or(default.interchange), group: group.unwrap_or(default.group) }
}

fn range(fields: &mut Fields<'_>, key: &'static str, diagnostics: &mut Diagnostics) -> Option<RangeInclusive<u32>> {
    let node = fields.node(key)?;
    let number = |node: &Node| match node.value {
        Value::Integer(number @ 1..=LARGEST_CONTROL_NUMBER) => u32::try_from(number).ok(),
        _ => None,
    };
    if let Value::List(list) = &node.value
        && let [first, last] = list.as_slice()
        && let (Some(first), Some(last)) = (number(first), number(last))
        && first <= last
    {
        return Some(first..=last);
    }
    let message = format!("`{}` must be the first and the last control number we may use", fields.named(key));
    let remedy = "write two numbers from 1 to 999999999, the smaller one first: [1, 999999999]";
    diagnostics.push(fields.problem(codes::FILE_WRONG_VALUE, message, node).remedy(remedy));
    None
}
