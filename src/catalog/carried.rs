//! The tests that mappings carry: a document, and the objects that it must become.

use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;

use crate::canonical::{self, Difference, Object};
use crate::diagnostic::{Diagnostic, Diagnostics, cause, codes};
use crate::mapping::{MappingTest, Plan};
use crate::translation::Outcome;
use crate::x12::reader::ReadOptions;

use super::{Catalog, CatalogDesk, Chosen, Coming};

/// A test that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRun {
    /// The test.
    pub test: MappingTest,
    /// How many objects its document gave.
    pub objects: usize,
    /// Why it does not hold; `None` when it does.
    pub failed: Option<FailedTest>,
}

/// Why a test does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FailedTest {
    /// What is wrong, with the first difference.
    pub message: String,
    /// The next action.
    pub remedy: String,
    /// It is the file with the expected objects that is wrong, not what the document gives.
    pub of_expected: bool,
    /// Of the object that is not the expected one: every difference, the expected value on the left.
    pub differences: Vec<Difference>,
}

impl TestRun {
    /// What a check says of it, when it does not hold.
    #[must_use]
    pub fn diagnostic(&self) -> Option<Diagnostic> {
        let failed = self.failed.as_ref()?;
        let place = if failed.of_expected { &self.test.canonical_place } else { &self.test.place };
        let diagnostic = Diagnostic::new(codes::MAPPING_TEST_FAILED, &*failed.message, place.clone());
        Some(diagnostic.remedy(&*failed.remedy))
    }
}

impl Catalog {
    /// Runs the tests that a mapping carries, in the order in which they are written.
    #[must_use]
    pub fn run_tests(&self, plan: &Arc<Plan>) -> Vec<TestRun> {
        let run = |test: &MappingTest| {
            let mut objects = 0;
            let failed = self.run_test(plan, test, &mut objects).err();
            TestRun { test: test.clone(), objects, failed }
        };
        plan.tests.iter().map(run).collect()
    }

    fn run_test(&self, plan: &Arc<Plan>, test: &MappingTest, objects: &mut usize) -> Result<(), FailedTest> {
        let document = self.test_file(&test.document, "name a file, from the home on".to_owned())?;
        let make = format!(
            "make it, and read whether it is right: `crossdock translate {} --mapping {} --data > {}`",
            test.document, plan.name, test.canonical
        );
        let expected = self.test_file(&test.canonical, make);
        let expected = expected.map_err(|failed| FailedTest { of_expected: true, ..failed })?;
        let profiles = self.profiles(&mut Diagnostics::with_limit(0));
        let chosen = Chosen { mapping: Some(plan.name.clone()), ..Chosen::default() };
        let desk = CatalogDesk::new(self, &profiles, chosen);
        let name = test.document.rsplit('/').next().unwrap_or(&test.document);
        let coming = Coming { name, beginning: &document, owner: None };
        let options = ReadOptions { bare_sets: true, ..ReadOptions::default() };
        let mut inbound = desk.inbound(coming, options, &mut Diagnostics::with_limit(0));
        let mut expected = canonical::submissions(&expected);
        let mut at = 0;
        loop {
            let (consumed, outcome) = inbound.next(&document[at..], true, &desk);
            at += consumed;
            match outcome {
                Outcome::Document(found) if found.good => {
                    *objects += 1;
                    let what = format!("{}: object {objects}", test.document);
                    let wanted = expected.next().and_then(Result::ok);
                    let wanted = wanted.ok_or_else(|| failed(format!("{what} is not in {}", test.canonical)))?;
                    same(plan, wanted.data.bytes, inbound.object(), &what, &test.canonical)?;
                }
                Outcome::Document(_) => {
                    let first = inbound.diagnostics().list().first();
                    let said = first.map_or_else(String::new, |first| format!(": {}", first.message));
                    return Err(failed(format!("{}: a document has errors{said}", test.document)));
                }
                Outcome::FileEnd(ending) if !ending.sound => {
                    let first = inbound.diagnostics().list().first();
                    let said = first.map_or_else(String::new, |first| format!(": {}", first.message));
                    return Err(failed(format!("{}: the file has errors{said}", test.document)));
                }
                Outcome::End | Outcome::NeedMore => break,
                _ => {}
            }
        }
        let more =
            || format!("{} expects more objects than the {objects} that {} gives", test.canonical, test.document);
        expected.next().map_or(Ok(()), |_| Err(failed(more())))
    }

    fn test_file(&self, name: &str, remedy: String) -> Result<Vec<u8>, FailedTest> {
        fs::read(self.home().join(name)).map_err(|error| {
            let message = match error.kind() {
                ErrorKind::NotFound => format!("the test's file {name} is not there"),
                _ => format!("the test's file {name} cannot be read: {}", cause(error)),
            };
            FailedTest { message, remedy, ..FailedTest::default() }
        })
    }
}

fn failed(message: String) -> FailedTest {
    FailedTest { message, remedy: REVIEW.to_owned(), ..FailedTest::default() }
}

/// Is the object the one that the test expects?
fn same(plan: &Plan, wanted: &[u8], found: &Object, what: &str, file: &str) -> Result<(), FailedTest> {
    let (wanted, problems) = canonical::read(wanted, plan.canonical);
    if problems.errors() > 0 {
        return Err(failed(format!("{file}: {what} is no {}", plan.canonical.name)));
    }
    let differences = canonical::differences(&wanted, found, plan.canonical);
    let Some(first) = differences.first() else { return Ok(()) };
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
    let (wanted, found) = (shown(&first.left), shown(&first.right));
    let message = format!("{what}: `{}` is {found}, the test expects {wanted}", first.path);
    Err(FailedTest { differences, ..failed(message) })
}

const REVIEW: &str = "compare with `crossdock translate FILE --mapping NAME --data`; mend the mapping, or the expected file if it is wrong";
