//! The rules shown in `docs/ADDING_A_PARTNER.md`, and what they make of a document; rules that cannot be.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use crossdock::catalog::{Catalog, CatalogDesk, Chosen};
use crossdock::diagnostic::{Diagnostic, Diagnostics, Place, text};
use crossdock::partner::Profile;
use crossdock::source::SourceFile;
use crossdock::translation::{Inbound, Outcome};
use crossdock::x12::reader::ReadOptions;

const PROFILE: &str = "name = 'Harbor'\nus = { interchange_id = 'ZZ/ACME' }\nthem = { interchange_ids = ['ZZ/HARBOR'] }\n\
    time_zone = 'UTC'\n";

const INTERCHANGE: &str = "ISA*00*          *00*          *ZZ*HARBOR         *ZZ*ACME           *261120*0915*U*00401*000000263*0*P*>~\
    GS*SW*HARBOR*ACME*20261120*0915*263*X*004010~ST*945*0001~W06*F*SO1*20261120~{BODY}SE*{COUNT}*0001~GE*1*263~\
    IEA*1*000000263~";

fn profile(rules: &str, diagnostics: &mut Diagnostics) -> Option<Profile> {
    Profile::parse(&SourceFile::new("partner-profiles/harbor.toml", format!("{PROFILE}{rules}")), diagnostics)
}

/// What is said of a 945 with these segments, by a profile with these rules; and whether it may go on.
fn translated(rules: &str, body: &str) -> (Vec<Diagnostic>, bool) {
    let count = 3 + body.matches('~').count();
    let input = INTERCHANGE.replace("{BODY}", body).replace("{COUNT}", &count.to_string());
    let mut problems = Diagnostics::unlimited();
    let profiles = [profile(rules, &mut problems).unwrap()];
    assert!(problems.is_empty(), "{:?}", problems.list());
    let catalog = Catalog::new("/nowhere");
    let desk = CatalogDesk::new(&catalog, &profiles, Chosen::default());
    let mut inbound = Inbound::new(ReadOptions::default());
    let mut at = 0;
    loop {
        let (consumed, outcome) = inbound.next(&input.as_bytes()[at..], true, &desk);
        at += consumed;
        match outcome {
            Outcome::Document(document) => return (inbound.diagnostics().take(), document.good),
            Outcome::End => panic!("no document"),
            _ => {}
        }
    }
}

/// `error x12.total W0301`, of the standard's checks.
fn lines(diagnostics: &[Diagnostic]) -> String {
    let of_x12 = diagnostics.iter().filter(|one| one.code.name().starts_with("x12."));
    let line = |one: &Diagnostic| {
        let Place::Payload(place) = &one.place else { panic!("{}", one.message) };
        let at = format!("{}{:02}", place.segment.as_deref().unwrap(), place.element.unwrap_or(0));
        format!("{} {} {at}\n", one.severity.word(), one.code.name())
    };
    of_x12.map(line).collect()
}

/// The block behind the fence ```` ```MARK rules ````.
fn block(mark: &str) -> &'static str {
    let guide = include_str!("../docs/ADDING_A_PARTNER.md");
    let (_, block) = guide.split_once(&format!("```{mark} rules\n")).unwrap();
    block.split_once("```").unwrap().0
}

#[test]
fn the_rules_that_are_shown_do_what_is_shown() {
    let body = "N1*ST*HARBOR*QX*0421~N1*SF*RENO*9~LX*1~W12**5*5**EA**VN*A1~W03*6~";
    let guide = include_str!("../docs/ADDING_A_PARTNER.md");
    for segment in body.split_terminator('~').filter(|segment| *segment != "LX*1") {
        assert!(guide.contains(&format!("`{segment}`")), "{segment}");
    }
    let (found, good) = translated(block("toml"), body);
    assert_eq!(lines(&found), block("text"));
    assert!(!good);
    let total = found.iter().find(|one| one.code.name() == "x12.total").unwrap();
    assert_eq!(total.cause.as_deref(), Some("partner-profiles/harbor.toml:6 rules it: reject"));
    // Without rules the same document is judged by the defaults.
    let (found, good) = translated("", body);
    let expected = "warning x12.code N103\nwarning x12.syntax-note N104\nerror x12.missing-element W1201\n\
        warning x12.total W0301\n";
    assert_eq!(lines(&found), expected);
    assert!(!good);
}

#[test]
fn what_is_ignored_takes_no_place_of_what_is_told() {
    // More than the limit of 200.
    let body = format!("N1*ST*HARBOR~{}W03*5~", "LX*1~W12*QX*1*1**EA**VN*A1~".repeat(300));
    let (found, good) = translated("[rules]\n'x12.code W1201' = 'ignore'\n'x12.total' = 'reject'\n", &body);
    assert_eq!(lines(&found), "error x12.total W0301\n");
    assert!(!good);
    // Errors count also where the limit leaves them out.
    let (found, good) = translated("[rules]\n'x12.code' = 'reject'\n", &body);
    let errors = |found: &[Diagnostic]| lines(found).matches("error ").count();
    assert_eq!((errors(&found), good), (200, false));
    // No number of warnings hides an error that is found behind them.
    let (found, good) = translated("[rules]\n'x12.total' = 'reject'\n", &body);
    assert_eq!((found.len(), errors(&found), good), (201, 1, false));
}

#[test]
fn what_a_mapping_remarks_is_ruled_too() {
    let of_mapping = |rules: &str| {
        let body = "N1*ST*HARBOR*92~LX*1~W12*SH*5*5**EA**VN*A1~W03*6~";
        let (found, good) = translated(&format!("[rules]\n'x12.total' = 'ignore'\n{rules}"), body);
        let found = found.into_iter().filter(|one| one.code.name().starts_with("mapping."));
        let line = |one: Diagnostic| format!("{} {}", one.severity.word(), one.code.name());
        (found.map(line).collect::<Vec<_>>().join(", "), good)
    };
    let check = |rules: &str, expected: &str, goes_on: bool| {
        assert_eq!(of_mapping(rules), (expected.to_owned(), goes_on), "{rules}");
    };
    check("", "warning mapping.derived-differs, note mapping.not-mapped", true);
    check(
        "'mapping.not-mapped' = 'ignore'\n'mapping.derived-differs W0302' = 'ignore'",
        "warning mapping.derived-differs",
        true,
    );
    check("'mapping.not-mapped' = 'hold'\n'mapping.derived-differs W03' = 'ignore'", "error mapping.not-mapped", false);
}

#[test]
fn rules_that_cannot_be_are_told_with_the_nearest_that_can() {
    let check = |rules: &str, expected: &str| {
        let mut found = Diagnostics::unlimited();
        assert!(profile(&format!("[rules]\n{rules}\n"), &mut found).is_none());
        let told: String = found.list().iter().map(|one| text::render(one, false)).collect();
        assert!(told.contains(expected), "{told}");
    };
    check("'x12.cdoe' = 'ignore'", "did you mean `x12.code`?");
    check("'x12.code N1003' = 'ignore'", "no release has a segment N10");
    check("'x12.code' = 'igonre'", "did you mean `ignore`?");
    check("'x12.code' = true", "write one of reject, report, ignore, in quotes");
    check("'x12.group-count' = 'reject'", "`x12.group-count` cannot be ruled");
    check("'x12.code' = 'reject'\n'mapping.unknown-code' = 'ignore'", "`mapping.unknown-code` cannot be ruled");
    check(
        "'mapping.unreadable-value' = 'report'",
        "what a mapping cannot read or write is held until the mapping takes it",
    );
    check("'mapping.not-mapped N9' = 'hold'", "`mapping.not-mapped` is told once of a document, not of N9");
    check("'guide.code' = 'report'", "write `policy` in the guide");
    check("'mapping.not-mapped' = 'reject'", "write one of hold, report, ignore: the partner is told of no such fault");
    check("'x12.code' = 'hold'", "write one of reject, report, ignore");
}
