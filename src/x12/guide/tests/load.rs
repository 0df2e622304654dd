//! How guides are laid over one another, and how places are found. What is said of wrong ones is in `tests/wrong/guides`.

use super::{Direction, Guides, guide, held, told};
use crate::diagnostic::Diagnostics;
use crate::x12::guide::place::{Target, spot};
use crate::x12::guide::{Shelf, guide_name, load};

const HEAD: &str = "document = \"x12/004010/945\"\n";

#[test]
fn a_guide_narrows_drops_and_adds_to_the_one_below() {
    let below = format!(
        "{HEAD}[at]\nW0604 = \"required\"\nG61 = \"not-used\"\n[rule.a]\nmust = \"W0601 = 'F'\"\n[rule.b]\nmust = \"W0602 = 'X'\"\n[totals]\nW0301 = \"sum(W1203)\"\n"
    );
    let own = "extends = \"guides/below.toml\"\n[at]\nW0604 = { length = \"2/4\" }\nG61 = false\n[rule]\na = false\n[totals]\nW0301 = \"count(LX)\"\n";
    let guides = Guides(vec![("own", own.to_owned()), ("below", below)]);
    let mut diagnostics = Diagnostics::unlimited();
    let guide = load("own", &guides.guide("own").unwrap(), &guides, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{}", told(&mut diagnostics));
    let guide = guide.unwrap();
    let files: Vec<&str> = guide.files().iter().map(|file| &*file.name).collect();
    assert_eq!(files, ["mappings/guides/own.toml", "mappings/guides/below.toml"]);
    let (found, _) = held(&guide, Direction::Receive, "W06*J*SO1~N1*ST*X~G61*IC*X~LX*1~W12*CC*1*5~W03*2~");
    assert_eq!(
        found,
        [
            "error missing-element @2.4 W0604 Shipment Identification Number is missing, the partner's guide requires it",
            "warning situation @2.2 the partner's guide demands W0602 = 'X'",
            "warning total @7.1 W0301 Number of Units Shipped is 2, count(LX) is 1",
        ]
    );
}

#[test]
fn every_diagnostic_names_the_line_of_the_guide_and_the_page() {
    let guide =
        guide("945", "[at]\nW0604 = { usage = \"required\", says = \"page 4: always\" }\nW0601 = { value = \"F\" }\n");
    let mut diagnostics = Diagnostics::unlimited();
    let bytes = b"ST*945*1~W06*J~SE*3*1~";
    let options = crate::x12::reader::ReadOptions { bare_sets: true, ..Default::default() };
    let mut reader = crate::x12::reader::Reader::new(options);
    let mut tree = crate::tree::Tree::default();
    let mut at = 0;
    while at < bytes.len() {
        let progress = reader.next(&bytes[at..], true, &mut tree, &mut Diagnostics::with_limit(0));
        if let (crate::x12::reader::Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
            guide.check(Direction::Receive, header, &tree, &bytes[at + range.start..at + range.end], &mut diagnostics);
        }
        at += progress.consumed;
        if matches!(progress.step, crate::x12::reader::Step::End) {
            break;
        }
    }
    let rules: Vec<&str> = diagnostics.list().iter().filter_map(|one| one.rule.as_deref()).collect();
    assert_eq!(rules, ["mappings/guides/own.toml:4: page 4: always", "mappings/guides/own.toml:5"]);
    assert!(diagnostics.list().iter().all(|one| one.cause.is_some() && one.remedy.is_some()));
}

#[test]
fn places_start_in_the_document_and_else_are_the_only_ones() {
    let grammar = guide("945", "").grammar.clone();
    let check = |text: &str, expected: &str| {
        let found = match spot(&grammar, text) {
            Ok(spot) => {
                let loops: Vec<String> =
                    spot.loops.iter().map(|step| grammar.item(step.item).tag.to_string()).collect();
                let kind = match &spot.target {
                    Target::Loop { .. } => "loop",
                    Target::Segment { .. } => "segment",
                    Target::Element { .. } => "element",
                };
                format!("{kind} {} in {}", grammar.item(spot.target.item()).tag, loops.join("/"))
            }
            Err(trouble) => format!("{}: {}", if trouble.ambiguous { "ambiguous" } else { "none" }, trouble.message),
        };
        assert_eq!(found.trim_end(), expected, "{text}");
    };
    check("W0602", "element W06 in");
    check("N9", "segment N9 in");
    check("/N9", "segment N9 in");
    check("LX", "loop LX in");
    check("LX/N9", "segment N9 in LX");
    check("W12", "loop W12 in LX");
    check("W1203", "element W12 in LX/W12");
    check("W12/N9", "segment N9 in LX/W12");
    check("LX/W1203", "element W12 in LX/W12");
    check("N1[N101=ST]/N104", "element N1 in N1");
    check("N104[N101=ST]", "element N1 in N1");
    check("LQ02", "ambiguous: `LQ02` can be 3 places of x12/004010/945");
    check("LX/W06", "none: `LX/W06` does not exist: loop LX of x12/004010/945 has no segment W06");
    check("N104-01", "none: `N104-01` does not exist: N104 has no components");
    check("../N9", "none: `../N9` leads out of the document");
}

#[test]
fn a_guide_has_many_ways_to_be_named_and_one_name() {
    for text in
        ["harbor-945", "guides/harbor-945", "mappings/guides/harbor-945.toml", "./mappings/guides/harbor-945.toml"]
    {
        assert_eq!(guide_name(text), "harbor-945");
    }
}

/// A number after the other, the same in every run.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

/// Guides of the repository.
const TEXTS: [&str; 2] = [
    include_str!("../../../../mappings/guides/warehouse-945.toml"),
    include_str!("../../../../mappings/guides/coastal-856.toml"),
];

#[test]
fn whatever_stands_in_a_guide_is_taken_or_told() {
    let pieces =
        ["[", "]", "\"", "'", "= ", "\n", "(", ")", "N1", "LX/", "../", "9(", "required", "\u{E9}", "{", "}", "-"];
    let mut state = 945;
    for round in 0..1_500 {
        let text = TEXTS[round % 2];
        let mut changed: Vec<char> = text.chars().collect();
        for _ in 0..=next(&mut state) % 3 {
            let at = next(&mut state) % changed.len();
            let end = (at + next(&mut state) % 6).min(changed.len());
            let piece = pieces[next(&mut state) % pieces.len()];
            changed.splice(at..end, piece.chars());
        }
        let guides = Guides(vec![("own", changed.into_iter().collect())]);
        let mut diagnostics = Diagnostics::unlimited();
        let guide = load("own", &guides.guide("own").unwrap(), &guides, &mut diagnostics);
        assert_eq!(guide.is_none(), diagnostics.errors() > 0, "{}", guides.0[0].1);
        if let Some(guide) = guide {
            assert!(!guide.markdown().is_empty() && !guide.html().is_empty());
        }
    }
}

#[test]
fn any_order_of_segments_can_be_held_against_a_guide() {
    let guides = Guides(vec![("own", TEXTS[0].to_owned())]);
    let guide = load("own", &guides.guide("own").unwrap(), &guides, &mut Diagnostics::unlimited()).unwrap();
    let segments = [
        "W06*F*SO1*20260311~",
        "N1*ST*X~",
        "N1~",
        "N9*SI*1~",
        "G62*11*20260311~",
        "LX*1~",
        "MAN*GM*1~",
        "W12*CC*1*1*0*EA~",
        "W12**X*-*1.2.3~",
        "W03*1~",
        "W03*X~",
        "ZZ*1~",
        "N4*RENO~",
        "LS*1~",
        "LE*1~",
        "SE~",
    ];
    let mut state = 7;
    for _ in 0..500 {
        let body: String = (0..14).map(|_| segments[next(&mut state) % segments.len()]).collect();
        for direction in [Direction::Receive, Direction::Send] {
            let (found, _) = held(&guide, direction, &body);
            assert!(found.iter().all(|line| !line.contains("x12.")), "{body}");
        }
    }
}
