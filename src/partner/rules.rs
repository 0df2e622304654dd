//! How bad a fault is, where the partner and we agreed on something else than the default: the `[rules]` of a profile.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Judge, Place, Severity, codes, suggest};
use crate::source::{SourceFile, Table, Value};
use crate::tree::Tag;
use crate::x12::dictionary;

/// What is done about a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// The transaction set is rejected.
    Reject,
    /// The document is held for a person; the partner is told nothing, for it is no fault by the standard.
    Hold,
    /// It is told, and the set goes on.
    Report,
    /// Nothing is said of it.
    Ignore,
}

impl Ruling {
    /// What a code can be ruled to be.
    #[must_use]
    pub fn all(code: Code) -> [Ruling; 3] {
        let worst = if RULED_OF_MAPPINGS.contains(&code) { Ruling::Hold } else { Ruling::Reject };
        [worst, Ruling::Report, Ruling::Ignore]
    }

    /// Its word in a profile.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Ruling::Reject => "reject",
            Ruling::Hold => "hold",
            Ruling::Report => "report",
            Ruling::Ignore => "ignore",
        }
    }

    /// What a fault of this severity comes to without a rule.
    #[must_use]
    pub fn of(severity: Severity) -> Self {
        if severity == Severity::Error { Ruling::Reject } else { Ruling::Report }
    }
}

/// A line of `[rules]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The key as it is written: `x12.code N103`.
    pub key: String,
    /// The diagnostic it rules.
    pub code: Code,
    /// Only in this segment.
    pub segment: Option<Tag>,
    /// Only in this element of the segment, 1-based.
    pub element: Option<u16>,
    /// What is done.
    pub ruling: Ruling,
    /// Where it stands: `partner-profiles/harbor.toml:14`.
    pub at: String,
}

/// The rules of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    list: Vec<Rule>,
}

/// What can be ruled: faults inside a transaction set, by the standard. Envelopes and limits cannot, and guides say for
/// themselves how bad a fault is.
pub(super) const RULED: &[Code] = &[
    codes::X12_SEGMENT_COUNT,
    codes::X12_CHARACTER,
    codes::X12_REPEATED_SET,
    codes::X12_UNKNOWN_SEGMENT,
    codes::X12_UNEXPECTED_SEGMENT,
    codes::X12_SEGMENT_ORDER,
    codes::X12_MISSING_TRIGGER,
    codes::X12_MISSING_SEGMENT,
    codes::X12_MISSING_LOOP,
    codes::X12_TOO_MANY_SEGMENTS,
    codes::X12_TOO_MANY_LOOPS,
    codes::X12_HIERARCHY_PARENT,
    codes::X12_HIERARCHY_NUMBER,
    codes::X12_HIERARCHY_ORDER,
    codes::X12_HIERARCHY_CHILD_CODE,
    codes::X12_HIERARCHICAL_STRUCTURE,
    codes::X12_EMPTY_SEGMENT,
    codes::X12_UNUSED_ELEMENT,
    codes::X12_TOO_MANY_REPETITIONS,
    codes::X12_TOO_MANY_COMPONENTS,
    codes::X12_MISSING_ELEMENT,
    codes::X12_ELEMENT_TOO_LONG,
    codes::X12_ELEMENT_TOO_SHORT,
    codes::X12_ELEMENT_TYPE,
    codes::X12_ELEMENT_DATE,
    codes::X12_ELEMENT_TIME,
    codes::X12_SYNTAX_NOTE,
    codes::X12_EXCLUSION,
    codes::X12_CODE,
    codes::X12_CODE_OF_ANOTHER_RELEASE,
    codes::X12_BLANKS,
    codes::X12_TRAILING_SEPARATORS,
    codes::X12_CHECK_DIGIT,
    codes::X12_TOTAL,
];

/// And what a mapping remarks of a document that it can read. What it cannot read is never let through.
pub(super) const RULED_OF_MAPPINGS: &[Code] = &[
    codes::MAPPING_DIFFERENCE,
    codes::MAPPING_TWO_VALUES,
    codes::MAPPING_CAME_TWICE,
    codes::MAPPING_QUANTITY_ASTRAY,
    codes::MAPPING_LEVEL_LOST,
    codes::MAPPING_DERIVED_DIFFERS,
    codes::MAPPING_LEVEL_NOT_TAKEN,
    codes::MAPPING_NOT_MAPPED,
    codes::MAPPING_OTHER_RELEASE,
];

/// Those of them that are told once of a document, so that no segment can stand behind them.
pub(super) const RULED_ONCE: [Code; 2] = [codes::MAPPING_NOT_MAPPED, codes::MAPPING_OTHER_RELEASE];

/// All codes that can be ruled.
pub fn ruled() -> impl Iterator<Item = Code> {
    RULED.iter().chain(RULED_OF_MAPPINGS).copied()
}

impl Rules {
    /// The rules as they are written, in the order of the file.
    #[must_use]
    pub fn list(&self) -> &[Rule] {
        &self.list
    }

    /// Does a set go on by a rule that has such a fault there?
    #[must_use]
    pub fn let_through(&self, code: Code, segment: Tag, element: u16) -> bool {
        let rule = self.of(code, Some(segment), Some(element));
        rule.is_some_and(|rule| matches!(rule.ruling, Ruling::Report | Ruling::Ignore))
    }

    /// The rule for a code at a place: the narrowest.
    fn of(&self, code: Code, segment: Option<Tag>, element: Option<u16>) -> Option<&Rule> {
        let holds = |rule: &&Rule| {
            rule.code == code
                && (rule.segment.is_none() || rule.segment == segment)
                && (rule.element.is_none() || rule.element == element)
        };
        self.list.iter().filter(holds).max_by_key(|rule| (rule.element.is_some(), rule.segment.is_some()))
    }

    /// Reads the table `[rules]`; what is wrong with a line is told, and the line left out.
    pub(super) fn read(file: &SourceFile, table: &Table, diagnostics: &mut Diagnostics) -> Self {
        let mut list = Vec::new();
        for entry in &table.entries {
            let path = format!("rules.\"{}\"", entry.key);
            let place = |span: &std::ops::Range<usize>| Place::from(file.place(span.clone(), Some(&path)));
            let what = match subject(&entry.key) {
                Ok(what) => what,
                Err((code, message, remedy)) => {
                    diagnostics.push(Diagnostic::new(code, message, place(&entry.key_span)).remedy(remedy));
                    continue;
                }
            };
            let (code, segment, element) = what;
            let words = || Ruling::all(code).map(Ruling::word).into_iter();
            let write = || format!("write one of {}", words().collect::<Vec<_>>().join(", "));
            let Value::Text(word) = &entry.node.value else {
                let message = format!("`{path}` must be a text in quotes, here it is {}", entry.node.value.kind());
                let found = Diagnostic::new(codes::FILE_WRONG_TYPE, message, place(&entry.node.span));
                diagnostics.push(found.remedy(format!("{}, in quotes", write())));
                continue;
            };
            let Some(ruling) = Ruling::all(code).into_iter().find(|known| known.word() == word) else {
                let message = format!("`{path}` is `{word}`, which is none of its values");
                let remedy = match suggest::nearest(word, words()) {
                    _ if word == Ruling::Reject.word() => format!("{}: the partner is told of no such fault", write()),
                    Some(near) => format!("did you mean `{near}`?"),
                    None => write(),
                };
                let found = Diagnostic::new(codes::FILE_WRONG_VALUE, message, place(&entry.node.span));
                diagnostics.push(found.remedy(remedy));
                continue;
            };
            let at = format!("{}:{}", file.name, file.line_of(entry.key_span.start));
            list.push(Rule { key: entry.key.clone(), code, segment, element, ruling, at });
        }
        Self { list }
    }

    /// The rules as a judge of diagnostics; `None` where there is none.
    #[must_use]
    pub fn judge(self: &Arc<Self>) -> Option<Arc<dyn Judge>> {
        (!self.list.is_empty()).then(|| Arc::clone(self) as Arc<dyn Judge>)
    }
}

impl Judge for Rules {
    fn keeps(&self, diagnostic: &mut Diagnostic) -> bool {
        let (segment, element) = match &diagnostic.place {
            Place::Payload(place) => (place.segment.as_deref().map(|tag| Tag::new(tag.as_bytes())), place.element),
            _ => (None, None),
        };
        let Some(rule) = self.of(diagnostic.code, segment, element) else { return true };
        let severity = match rule.ruling {
            Ruling::Reject | Ruling::Hold => Severity::Error,
            Ruling::Report => Severity::Warning,
            Ruling::Ignore => return false,
        };
        if severity != diagnostic.severity {
            let ruled = format!("{} rules it: {}", rule.at, rule.ruling.word());
            diagnostic.cause = Some(match diagnostic.cause.take() {
                Some(cause) => format!("{cause}; {ruled}"),
                None => ruled,
            });
            diagnostic.severity = severity;
        }
        true
    }
}

/// What a key rules: a code, and where.
type Subject = (Code, Option<Tag>, Option<u16>);

/// Reads `x12.code`, `x12.code N1` or `x12.code N103`; else code, message and remedy of what is wrong.
fn subject(key: &str) -> Result<Subject, (Code, String, String)> {
    let (name, place) = key.split_once(' ').unwrap_or((key, ""));
    let Some(code) = codes::ALL.iter().find(|code| code.name() == name) else {
        let near = suggest::nearest(name, ruled().map(Code::name));
        let remedy = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write a code of a fault in a transaction set; `crossdock explain` lists them".to_owned(),
        };
        return Err((codes::FILE_UNKNOWN_KEY, format!("there is no diagnostic `{name}` to rule"), remedy));
    };
    if !ruled().any(|known| known == *code) {
        let remedy = match name.split_once('.').map_or("", |(area, _)| area) {
            "guide" => "remove it; write `policy` in the guide, for the line that it is about",
            "mapping" | "canonical" => {
                "remove it; what a mapping cannot read or write is held until the mapping takes it"
            }
            _ => "remove it; what is inside a transaction set can be ruled, its envelope and limits cannot",
        };
        return Err((codes::FILE_WRONG_VALUE, format!("`{name}` cannot be ruled"), remedy.to_owned()));
    }
    let place = place.trim();
    if place.is_empty() {
        return Ok((*code, None, None));
    }
    let wrong = |problem: String, remedy: String| (codes::FILE_WRONG_VALUE, problem, remedy);
    if RULED_ONCE.contains(code) {
        let remedy = format!("write `{name}` alone; single elements are named in [ignore] of the mapping");
        return Err(wrong(format!("`{name}` is told once of a document, not of {place}"), remedy));
    }
    // A segment identifier has two or three characters, a reference designator two digits more.
    let (tag, element) = match place.len() {
        4.. => place.split_at_checked(place.len() - 2).unwrap_or((place, "")),
        _ => (place, ""),
    };
    let definitions = dictionary::releases().filter_map(|release| dictionary::segment(release, tag));
    let lengths = definitions.map(|definition| definition.elements.len()).max();
    let Some(length) = lengths else {
        let known: Vec<&str> = dictionary::releases().flat_map(dictionary::segments).collect();
        let remedy = match suggest::nearest(tag, known) {
            Some(near) => format!("did you mean `{name} {near}{element}`?"),
            None => "write a segment, such as N1, or an element of it, such as N103".to_owned(),
        };
        return Err(wrong(format!("`{place}` is no segment or element: no release has a segment {tag}"), remedy));
    };
    if element.is_empty() {
        return Ok((*code, Some(Tag::new(tag.as_bytes())), None));
    }
    match element.parse::<u16>() {
        Ok(position) if position > 0 && usize::from(position) <= length => {
            Ok((*code, Some(Tag::new(tag.as_bytes())), Some(position)))
        }
        _ => Err(wrong(
            format!("`{place}` is no element: segment {tag} has {length}"),
            format!("write one of {tag}01 to {tag}{length:02}, or {tag} for all of them"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Rules, Ruling, subject};
    use crate::diagnostic::{Diagnostic, Diagnostics, Judge, PayloadPlace, Severity, codes};
    use crate::source::SourceFile;

    fn rules(text: &str) -> Rules {
        let file = SourceFile::new("partner-profiles/harbor.toml", text);
        let mut diagnostics = Diagnostics::unlimited();
        let rules = Rules::read(&file, &file.parse(&mut diagnostics), &mut diagnostics);
        assert!(diagnostics.is_empty(), "{:?}", diagnostics.list());
        rules
    }

    #[test]
    fn the_narrowest_rule_decides() {
        let rules = rules("\"x12.code\" = \"reject\"\n\"x12.code N103\" = \"ignore\"\n\"x12.code N1\" = \"report\"\n");
        let check = |segment: &str, element: u16, expected: Option<(Severity, Option<&str>)>| {
            let place =
                PayloadPlace { segment: Some(segment.into()), element: Some(element), ..PayloadPlace::default() };
            let mut found = Diagnostic::new(codes::X12_CODE, "a code", place);
            let kept = rules.keeps(&mut found).then_some((found.severity, found.cause.as_deref()));
            assert_eq!(kept, expected, "{segment} {element}");
        };
        check("W12", 5, Some((Severity::Error, Some("partner-profiles/harbor.toml:1 rules it: reject"))));
        check("N1", 1, Some((Severity::Warning, None)));
        check("N1", 3, None);
    }

    #[test]
    fn a_key_names_a_code_that_can_be_ruled_and_a_place_that_is_one() {
        let check = |key: &str, expected: &str| {
            let (_, message, remedy) = subject(key).unwrap_err();
            assert_eq!(format!("{message}: {remedy}"), expected);
        };
        check("x12.cod", "there is no diagnostic `x12.cod` to rule: did you mean `x12.code`?");
        check(
            "x12.isa-length",
            "`x12.isa-length` cannot be ruled: remove it; what is inside a transaction set can be ruled, its envelope and limits cannot",
        );
        check(
            "x12.code N107",
            "`N107` is no element: segment N1 has 6: write one of N101 to N106, or N1 for all of them",
        );
        check(
            "x12.code W99",
            "`W99` is no segment or element: no release has a segment W99: did you mean `x12.code W09`?",
        );
        assert!(subject("x12.total CTT02").is_ok() && subject("x12.syntax-note N1").is_ok());
        assert_eq!(Ruling::of(Severity::Note), Ruling::Report);
    }
}
