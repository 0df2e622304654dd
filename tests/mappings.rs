//! The mappings that ship: they load without a diagnostic, and the tests they carry hold.

use crossdock::catalog::Catalog;
use crossdock::diagnostic::{Diagnostics, text};
use crossdock::mapping::Library;

#[test]
fn the_home_that_ships_is_checked_whole_and_the_tests_its_mappings_carry_hold() {
    let catalog = Catalog::new(env!("CARGO_MANIFEST_DIR"));
    let mut diagnostics = Diagnostics::unlimited();
    let checked = catalog.check(&mut diagnostics);
    let shown: String = diagnostics.list().iter().map(|diagnostic| text::render(diagnostic, false)).collect();
    assert!(diagnostics.is_empty(), "{shown}");
    assert_eq!(checked.mappings, catalog.names().len());
    assert!(checked.tests > 0 && checked.profiles > 0 && checked.code_files > 0);
}

#[test]
fn every_shipped_mapping_writes_all_that_its_document_must_have() {
    let catalog = Catalog::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = catalog.names();
    names.extend(["base/846-005010", "base/943-005010", "base/947-005010"].map(str::to_owned));
    let plans = names.iter().filter_map(|name| catalog.plan(name, &mut Diagnostics::unlimited()));
    let lacking: Vec<String> = plans
        .flat_map(|plan| {
            let told = plan.lacking().iter().map(|diagnostic| text::render(diagnostic, false));
            told.map(|told| format!("{}: {told}", plan.name)).collect::<Vec<_>>()
        })
        .collect();
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

#[test]
fn a_base_that_does_not_fit_the_table_of_a_release_is_named_as_it_is() {
    let home = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("base-of-one-release");
    std::fs::create_dir_all(home.join("mappings/base")).expect("a folder can be made");
    // A 944 whose lines stand where 005010 has them no more.
    let text = "canonical = \"receipt\"\ndocument = \"x12/004010/944\"\n[map]\nreceipt_number = \"W1703\"\n\
        receipt_date = \"W1702\"\nlines = { each = \"W07\", received = \"W0701\" }\n";
    std::fs::write(home.join("mappings/base/861.toml"), text.replace("944", "861")).expect("a file can be written");
    std::fs::write(home.join("mappings/base/944.toml"), text).expect("a file can be written");
    let catalog = Catalog::new(home);
    let base = |set| catalog.base(set, "005010", &mut Diagnostics::unlimited());
    // The shipped one of 005010 extends the home's own.
    assert_eq!(base("944").as_deref(), Some("base/944-005010"));
    assert_eq!(base("861").as_deref(), Some("base/861"));
}

#[test]
fn every_base_mapping_is_compiled_in() {
    let here = Catalog::new(env!("CARGO_MANIFEST_DIR"));
    let elsewhere = Catalog::new(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-home"));
    let bases = |catalog: &Catalog| -> Vec<String> {
        catalog.names().into_iter().filter(|name| name.starts_with("base/")).collect()
    };
    assert_eq!(bases(&here), bases(&elsewhere));
}
