//! How the tests validate: one set, read from an interchange around it.

mod elements;
mod structure;
mod totals;

use crate::diagnostic::Diagnostics;
use crate::tree::Tree;
use crate::x12::limits::Limits;
use crate::x12::reader::{ReadOptions, Reader, Step};

/// The diagnostics of validating the body of one set: code, severity, message.
fn validated(set_id: &str, release: &str, body: &str) -> Vec<String> {
    validated_by(Limits::default(), set_id, release, body)
}

fn validated_by(limits: Limits, set_id: &str, release: &str, body: &str) -> Vec<String> {
    validated_with(ReadOptions { limits, ..ReadOptions::default() }, set_id, release, body)
}

fn validated_with(options: ReadOptions, set_id: &str, release: &str, body: &str) -> Vec<String> {
    let count = 2 + body.matches('~').count();
    let group = match set_id {
        "945" => "SW",
        "856" => "SH",
        _ => "IB",
    };
    let isa =
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261120*0830*^*00501*000000007*0*P*>~";
    let input = format!(
        "{isa}GS*{group}*S1*R1*20261120*0830*1*X*{release}~ST*{set_id}*0001~{body}SE*{count}*0001~GE*1*1~IEA*1*000000007~"
    );
    let mut reader = Reader::new(options);
    let (mut tree, mut read, mut found) = (Tree::default(), Diagnostics::unlimited(), Diagnostics::unlimited());
    let mut at = 0;
    while at < input.len() {
        let progress = reader.next(&input.as_bytes()[at..], true, &mut tree, &mut read);
        if let (Step::Set(range), Some(header)) = (&progress.step, reader.set()) {
            let bytes = &input.as_bytes()[at + range.start..at + range.end];
            super::validate(header, &super::Against::standard(header), &tree, bytes, &mut found);
        }
        at += progress.consumed;
    }
    let line = |one: &crate::diagnostic::Diagnostic| format!("{} {}", one.severity.word(), one.message);
    found.list().iter().map(line).collect()
}
