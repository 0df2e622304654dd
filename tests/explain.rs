//! The pages of `docs/DIAGNOSTICS.md` show what is printed: each example of the x12 area is made here and compared.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crossdock::diagnostic::{Diagnostic, Diagnostics};
use crossdock::tree::Tree;
use crossdock::x12::limits::Limits;
use crossdock::x12::reader::{ReadOptions, Reader, Step};
use crossdock::x12::validate::{Against, validate};

const ISA: &str =
    "ISA*00*          *00*          *ZZ*NORTHBAY       *ZZ*ACME           *261120*0915*U*00401*000000263*0*P*>~";
const GS: &str = "GS*SW*NORTHBAY*ACME*20261120*0915*263*X*004010~";

/// An input that shows the code: `{ISA}`, `{GS}` and `{END}` stand for the envelope.
const EXAMPLES: &[(&str, &str)] = &[
    ("x12.no-interchange", "<html><body>502 Bad Gateway</body></html>"),
    ("x12.byte-order-mark", "\u{FEFF}{ISA}IEA*0*000000263~"),
    (
        "x12.isa-length",
        "ISA*00**00**ZZ*NORTHBAY*ZZ*ACME*261120*0915*U*00401*000000263*0*P*>~{GS}GE*0*263~IEA*1*000000263~",
    ),
    ("x12.isa-unreadable", "ISA*00*          *00*"),
    ("x12.isa-lower-case", "{isa}{GS}{END}"),
    ("x12.missing-terminator", "{ISA}{GS}GE*0*263~IEA*1*000000263"),
    (
        "x12.delimiter-clash",
        "ISA*00*          *00*          *ZZ*NORTHBAY       *ZZ*ACME           *261120*0915*U*00401*000000263*0*P*::~{GS}{END}",
    ),
    (
        "x12.repetition-separator",
        "ISA*00*          *00*          *ZZ*NORTHBAY       *ZZ*ACME           *261120*0915*U*00501*000000263*0*P*>~{GS}{END}",
    ),
    ("x12.wrapped-lines", "{ISA}{GS}ST*945*0001~W06*N*1001~N1*ST*HARBOR FOODS DIS\nTRIBUTION*92*0421~SE*4*0001~{END}"),
    ("x12.truncated", "{ISA}{GS}ST*945*0003~W12*SH*120*120**CA~"),
    ("x12.segment-outside-set", "{ISA}{GS}ST*945*0001~W06*N*1~SE*3*0001~N9*LI*1~ST*945*0002~W06*N*1~SE*3*0002~{END}"),
    ("x12.group-missing-header", "{ISA}ST*945*0001~W06*N*1~SE*3*0001~IEA*1*000000263~"),
    ("x12.group-missing-trailer", "{ISA}{GS}ST*945*0001~W06*N*1~SE*3*0001~IEA*1*000000263~"),
    ("x12.set-missing-trailer", "{ISA}{GS}ST*940*0001~W76*1161~ST*940*0002~SE*2*0002~{END}"),
    ("x12.set-missing-header", "{ISA}{GS}W06*N*1001~SE*3*0001~{END}"),
    ("x12.interchange-missing-trailer", "{ISA}{GS}GE*0*263~{ISA}{GS}{END}"),
    ("x12.interchange-control-number", "{ISA}{GS}GE*0*263~IEA*1*000000264~"),
    ("x12.group-control-number", "{ISA}{GS}GE*0*264~IEA*1*000000263~"),
    ("x12.set-control-number", "{ISA}{GS}ST*945*0001~W06*N*1~SE*3*0002~{END}"),
    ("x12.control-number-padding", "{ISA}{GS}GE*0*263~IEA*1*263~"),
    ("x12.interchange-count", "{ISA}{GS}GE*0*263~IEA*2*000000263~"),
    ("x12.group-count", "{ISA}{GS}ST*945*1~SE*2*1~ST*945*2~SE*2*2~ST*945*3~SE*2*3~GE*4*263~IEA*1*000000263~"),
    ("x12.segment-count", "{ISA}{GS}ST*945*0001~W06*N*1001~N1*ST*HARBOR*92*0421~W03*1~SE*6*0001~{END}"),
    ("x12.duplicate-interchange-number", "{ISA}{GS}{END}{ISA}{GS}{END}"),
    ("x12.duplicate-group-number", "{ISA}{GS}GE*0*263~{GS}{END}"),
    ("x12.duplicate-set-number", "{ISA}{GS}ST*945*0001~SE*2*0001~ST*945*0001~SE*2*0001~{END}"),
    ("x12.group-code", "{ISA}GS*IN*NORTHBAY*ACME*20261120*0915*263*X*004010~ST*945*0001~SE*2*0001~{END}"),
    ("x12.unknown-set", "{ISA}GS*PC*NORTHBAY*ACME*20261120*0915*263*X*005010~ST*875*0001~SE*2*0001~{END}"),
    ("x12.unknown-release", "{ISA}GS*OW*NORTHBAY*ACME*20261120*0915*263*X*005030~ST*940*0001~SE*2*0001~{END}"),
    ("x12.binary-length", "{ISA}{GS}ST*945*0001~BIN*20*%PDF-1.4~SE*3*0001~{END}"),
    ("x12.set-too-large", "{ISA}{GS}ST*945*0001~{LARGE}SE*2*0001~{END}"),
    ("x12.segment-too-long", "{ISA}{GS}ST*945*0001~{LONG}SE*2*0001~{END}"),
    ("x12.too-many-elements", "{ISA}{GS}ST*945*0001~{WIDE}SE*2*0001~{END}"),
    ("x12.loops-too-deep", "{ISA}{GS}ST*856*0001~{DEEP}SE*2*0001~{END}"),
    ("x12.unknown-segment", "{ISA}{GS}ST*945*0001~W99*SH*120~SE*3*0001~{END}"),
    ("x12.unexpected-segment", "{ISA}{GS}ST*945*0001~W01*1*CA~SE*3*0001~{END}"),
    ("x12.segment-order", "{ISA}{GS}ST*945*0001~W06*N*1~N9*SI*03908202~N1*ST*HARBOR*92*0421~SE*5*0001~{END}"),
    ("x12.missing-trigger", "{ISA}{GS}ST*945*0001~W06*N*1~W12*SH*120*120**CA~SE*4*0001~{END}"),
    ("x12.missing-segment", "{ISA}{GS}ST*945*0001~N1*ST*X*92*1~LX*1~W12*SH*1~SE*5*0001~{END}"),
    ("x12.missing-loop", "{ISA}{GS}ST*945*0001~W06*N*1~SE*3*0001~{END}"),
    ("x12.too-many-segments", "{ISA}{GS}ST*945*0001~W06*N*1~{N9}SE*14*0001~{END}"),
    ("x12.too-many-loops", "{ISA}{GS}ST*945*0001~W06*N*1~{N1}SE*14*0001~{END}"),
    ("x12.empty-segment", "{ISA}{GS}ST*945*0001~W06*N*1~LX*1~N1*ST*X~N4***~SE*6*0001~{END}"),
    ("x12.unused-element", "{ISA}{GS}ST*945*0001~W06*N*1~LX*1*2~SE*4*0001~{END}"),
    ("x12.missing-element", "{ISA}{GS}ST*945*0001~LX*1~W12**120*120**CA~SE*4*0001~{END}"),
    ("x12.element-too-long", "{ISA}{GS}ST*940*0001~W05*N*DEP-2026-0000000000012345~SE*3*0001~{END}"),
    ("x12.element-too-short", "{ISA}{GS}ST*945*1~SE*2*1~{END}"),
    ("x12.element-type", "{ISA}{GS}ST*945*0001~LX*1~W12*SH*12A*120**CA~SE*4*0001~{END}"),
    ("x12.element-date", "{ISA}{GS}ST*945*0001~W06*N*1~G62*11*20261131~SE*4*0001~{END}"),
    ("x12.element-time", "{ISA}{GS}ST*945*0001~W06*N*1~G62*11*20261120*8*2460~SE*4*0001~{END}"),
    ("x12.character", "{ISA}{GS}ST*945*0001~W06*N*1~N1*ST*Zo{HIGH}~SE*4*0001~{END}"),
    ("x12.too-many-repetitions", "{ISA5}{GS}ST*945*0001~W06*N*1~W27*M*ABFS*A^B~SE*4*0001~{END}"),
    ("x12.syntax-note", "{ISA}{GS}ST*945*0001~W06*N*1~N1*ST*HARBOR FOODS*92~SE*4*0001~{END}"),
    ("x12.exclusion", "{ISA}{GS}ST*846*0001~LIN**VN*A~QTY*33*12**EA BOX~SE*4*0001~{END}"),
    ("x12.code", "{ISA}{GS}ST*945*0001~W06*N*1~N1*ST*HARBOR FOODS*QX*0421~SE*4*0001~{END}"),
    ("x12.code-of-another-release", "{ISA}{GS}ST*945*0001~LX*1~W12*SH*1*1**CA**EO*12345670~SE*4*0001~{END}"),
    ("x12.blanks", "{ISA}{GS}ST*945*0001~W06*N*1~N1*ST*HARBOR FOODS   ~SE*4*0001~{END}"),
    ("x12.trailing-separators", "{ISA}{GS}ST*945*0001~N1*ST*A~N4*RENO*NV***~SE*4*0001~{END}"),
    ("x12.check-digit", "{ISA}{GS}ST*945*0001~LX*1~MAN*GM*00106141411234567896~SE*4*0001~{END}"),
    ("x12.total", "{ISA}{GS}ST*945*0001~LX*1~W12*SH*5*5**CA**VN*A1~W03*6~SE*5*0001~{END}"),
    ("x12.hierarchy-child-code", "{ISA}{GS}ST*856*0001~HL*1**S~HL*2*1*O*0~HL*3*2*I~SE*5*0001~{END}"),
    (
        "x12.hierarchical-structure",
        "{ISA}{GS}ST*856*0001~BSN*00*SH1*20261120*0830*0001~HL*1**S~HL*2*1*O~HL*3*2*T~SE*6*0001~{END}",
    ),
    ("x12.too-many-components", "{ISA}{GS}ST*945*0001~W06*N*1~W27*M*ABFS*A>B~SE*4*0001~{END}"),
];

fn input(template: &str) -> String {
    let deep: String = (1..=33).map(|level| format!("HL*{level}*{}*I~", level - 1)).collect();
    let parts = [
        ("{ISA}", ISA.to_owned()),
        ("{isa}", ISA.replacen("ISA", "isa", 1)),
        ("{ISA5}", ISA.replace("U*00401", "^*00501")),
        ("{GS}", GS.to_owned()),
        ("{END}", "GE*1*263~IEA*1*000000263~".to_owned()),
        ("{LARGE}", "N9*LI*1~".repeat(3 << 20)),
        ("{LONG}", format!("NTE*{}~", "X".repeat(70_000))),
        ("{WIDE}", format!("N9{}~", "*1".repeat(2_314))),
        ("{DEEP}", deep),
        ("{N9}", "N9*LI*1~".repeat(11)),
        ("{N1}", "N1*ST*X~".repeat(11)),
    ];
    parts.iter().fold(template.to_owned(), |text, (name, part)| text.replace(name, part))
}

/// The input's bytes; `{HIGH}` stands for one that is not UTF-8.
fn bytes(input: &str) -> Vec<u8> {
    let pieces: Vec<&[u8]> = input.split("{HIGH}").map(str::as_bytes).collect();
    pieces.join(&b"\xEB"[..])
}

fn diagnostics(input: &[u8]) -> Vec<Diagnostic> {
    let mut reader = Reader::new(ReadOptions::default());
    let (mut tree, mut found) = (Tree::default(), Diagnostics::with_limit(Limits::default().diagnostics_per_document));
    let mut at = 0;
    loop {
        let progress = reader.next(&input[at..], true, &mut tree, &mut found);
        if let (Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
            let set = &input[at + range.start..at + range.end];
            validate(header, &Against::standard(header), &tree, set, &mut found);
        }
        at += progress.consumed;
        if progress.step == Step::End {
            return found.take();
        }
    }
}

/// The page of a code, its lines joined.
fn page(code: &str) -> String {
    let pages = include_str!("../docs/DIAGNOSTICS.md");
    let page = pages.split("\n## ").find(|page| page.lines().next() == Some(code)).unwrap();
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_examples_of_the_pages_are_what_is_printed() {
    let mut wrong = Vec::new();
    for (code, template) in EXAMPLES {
        let found = diagnostics(&bytes(&input(template)));
        let Some(first) = found.iter().find(|diagnostic| diagnostic.code.name() == *code) else {
            wrong.push(format!("{code} is not raised by its example"));
            continue;
        };
        let printed = format!("{}[{code}] {}", first.severity.word(), first.message);
        let page = page(code);
        // A long message may be cut short with three points.
        let shown = page.find(&format!("{}[{code}] ", first.severity.word())).map(|at| &page[at..]);
        let cut = shown.and_then(|shown| shown.split_once(" ...")).map_or("-", |(start, _)| start);
        if !page.contains(&printed) && !printed.starts_with(cut) {
            wrong.push(printed);
        }
    }
    assert!(wrong.is_empty(), "docs/DIAGNOSTICS.md does not show:\n{}", wrong.join("\n"));
}
