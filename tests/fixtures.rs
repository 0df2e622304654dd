//! Every folder `fixtures/<set>/<case>` is an input with what becomes of it.
//!
//! `input.edi` is translated as `crossdock translate` does; `expected.json` holds the `data` of the objects that may go on,
//! in order, `expected.diagnostics.txt` everything that is said, `expected.acknowledgment.edi` what the sender would be
//! answered (997, or 999 from 005010 on, and TA1, a segment a line). `UPDATE_EXPECTED=1 cargo test` rewrites them; their difference is then to be
//! read. `about.txt` says what the case shows:
//!
//! ```text
//! One or two sentences.
//! shows: x12.segment-count, mapping.difference
//! origin: made up
//! options: segment_bytes=200 today=2026-02-20
//! ```
//!
//! `shows` and `options` may be left out. The home is the repository; a case that has `partner-profiles` or `mappings` of
//! its own is its own home.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/acknowledged.rs"]
mod acknowledged;
#[path = "support/keep.rs"]
mod keep;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crossdock::canonical::{self, Object, Shape, emit_pretty};
use crossdock::catalog::{Catalog, CatalogDesk, Chosen};
use crossdock::diagnostic::{Code, Diagnostic, Diagnostics, Place, codes, text};
use crossdock::translation::{Acknowledgment, Inbound, Outcome};
use crossdock::tree::Tree;
use crossdock::x12::reader::{ReadOptions, Reader, Step};
use crossdock::x12::validate::{Against, validate};
use jiff::civil::{Date, date};

/// One fixture folder.
struct Case {
    folder: PathBuf,
    input: Vec<u8>,
    shows: Vec<String>,
    options: ReadOptions,
    today: Date,
}

/// What became of an input.
#[derive(Default)]
struct Translated {
    /// Objects that may go on, each as it stands in the array.
    objects: Vec<(&'static Shape, String)>,
    diagnostics: Vec<Diagnostic>,
    acknowledgment: String,
}

/// The repository as a home, whose mappings are compiled once for all cases.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new(root()));

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// All cases: folders two levels down that hold an `about.txt`.
fn cases() -> Vec<Case> {
    let sets = folders(&root().join("fixtures"));
    let all = sets.iter().flat_map(|set| folders(set));
    all.filter(|folder| folder.join("about.txt").exists()).map(case).collect()
}

fn case(folder: PathBuf) -> Case {
    let about = fs::read_to_string(folder.join("about.txt")).unwrap();
    let line = |key: &str| about.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let name = folder.display();
    assert!(line("origin:").is_some_and(|origin| !origin.is_empty()), "{name}: about.txt names no origin");
    assert!(about.lines().next().is_some_and(|first| first.ends_with('.')), "{name}: about.txt opens with a sentence");
    let shows = line("shows:").map(|codes| codes.split(',').map(|code| code.trim().to_owned()).collect());
    let (mut options, mut today) = (ReadOptions::default(), date(2026, 3, 15));
    for option in line("options:").unwrap_or_default().split_whitespace() {
        match option.strip_prefix("today=") {
            Some(day) => today = day.parse().unwrap(),
            None => set_option(&mut options, option),
        }
    }
    Case {
        input: fs::read(folder.join("input.edi")).unwrap(),
        shows: shows.unwrap_or_default(),
        options,
        today,
        folder,
    }
}

fn set_option(options: &mut ReadOptions, option: &str) {
    let (key, value) = option.split_once('=').unwrap_or((option, ""));
    let number = || value.parse().unwrap();
    match key {
        "bare" => options.bare_sets = true,
        "interchange_bytes" => options.limits.interchange_bytes = value.parse().unwrap(),
        "transaction_set_bytes" => options.limits.transaction_set_bytes = number(),
        "segment_bytes" => options.limits.segment_bytes = number(),
        "elements_per_segment" => options.limits.elements_per_segment = number(),
        "loop_depth" => options.limits.loop_depth = number(),
        _ => panic!("about.txt has an unknown option `{key}`"),
    }
}

impl Case {
    fn name(&self) -> String {
        self.folder.strip_prefix(root()).unwrap().display().to_string()
    }

    /// Translates the input, handed over in pieces of `chunk` bytes, and tries the keep law on every set.
    fn translate(&self, chunk: usize) -> Translated {
        let own = ["partner-profiles", "mappings"].iter().any(|folder| self.folder.join(folder).exists());
        let its_own = own.then(|| Catalog::new(&self.folder));
        let catalog = its_own.as_ref().unwrap_or(&CATALOG);
        let mut loading = Diagnostics::unlimited();
        let profiles = catalog.profiles(&mut loading);
        // At noon it is the same day in all zones of fixtures.
        let at = self.today.at(12, 0, 0, 0).in_tz("UTC").unwrap().timestamp();
        let desk = CatalogDesk::new(catalog, &profiles, Chosen { at, ..Chosen::default() });
        let mut inbound = Inbound::new(self.options.clone());
        let mut out = Translated { diagnostics: loading.take(), ..Translated::default() };
        // What waits for the end of its group, and what waits for the end of its interchange.
        let (mut in_group, mut in_interchange) = (Vec::new(), Vec::new());
        let mut acknowledgment = Acknowledgment::new("2026-03-15T12:00:00Z".parse().unwrap());
        let (mut at, mut given) = (0, 0);
        loop {
            let (consumed, outcome) = inbound.next(&self.input[at..given], given == self.input.len(), &desk);
            let bytes = &self.input[at..];
            at += consumed;
            // What was found so far is told with the step, as to those who read a file piece by piece.
            if let Outcome::NeedMore = outcome {
                assert!(given < self.input.len(), "{}: waits for bytes behind the end", self.name());
                given = (given + chunk).min(self.input.len());
                continue;
            }
            let mut found = inbound.diagnostics().take();
            match &outcome {
                Outcome::Document(document) => {
                    let set = (inbound.tree(), &bytes[document.bytes.clone()]);
                    acknowledgment.set(inbound.reader(), set, &mut found);
                }
                _ => acknowledgment.step(inbound.reader(), acknowledged::in_full, &mut found),
            }
            let answer = match &outcome {
                Outcome::GroupEnd(trailer) => {
                    acknowledgment.group_end(trailer);
                    None
                }
                // As a gateway does it: of one that is not whole nothing is taken.
                Outcome::InterchangeEnd(trailer) if !trailer.is_sound() => acknowledgment.refused(),
                Outcome::InterchangeEnd(_) => acknowledgment.interchange_end(),
                Outcome::InterchangeAcknowledgment(_) => {
                    acknowledgment.interchange_acknowledgment();
                    None
                }
                _ => None,
            };
            out.acknowledgment.extend(answer.map(|answer| String::from_utf8(answer.bytes).unwrap()));
            found.iter_mut().for_each(|one| one.answer = None);
            out.diagnostics.extend(found);
            match outcome {
                Outcome::Document(document) => {
                    let Some(plan) = &document.plan else { continue };
                    let edits = keep::edits(&inbound, plan, &bytes[document.bytes.clone()]);
                    assert!(edits.is_empty(), "{}: edited without a change: {edits:?}", self.name());
                    if document.good {
                        let json = json(inbound.object(), plan.canonical);
                        let waiting =
                            if inbound.reader().group().is_some() { &mut in_group } else { &mut in_interchange };
                        waiting.push((plan.canonical, json));
                    }
                }
                Outcome::GroupEnd(end) if end.is_sound() => in_interchange.append(&mut in_group),
                Outcome::GroupEnd(_) => in_group.clear(),
                Outcome::InterchangeEnd(end) if end.is_sound() => out.objects.append(&mut in_interchange),
                Outcome::InterchangeEnd(_) => in_interchange.clear(),
                Outcome::NeedMore | Outcome::Passed(_) | Outcome::InterchangeAcknowledgment(_) => {}
                Outcome::FileEnd(_) | Outcome::End => break,
            }
        }
        assert!(in_group.is_empty() && in_interchange.is_empty(), "{}: something never ended", self.name());
        out
    }
}

fn json(object: &Object, shape: &Shape) -> String {
    let mut out = Vec::new();
    emit_pretty(object, shape, &mut out);
    String::from_utf8(out).unwrap().replace('\n', "\n  ")
}

impl Translated {
    fn expected_json(&self) -> String {
        let objects: Vec<String> = self.objects.iter().map(|(_, json)| format!("  {json}")).collect();
        match objects.is_empty() {
            true => "[]\n".into(),
            false => format!("[\n{}\n]\n", objects.join(",\n")),
        }
    }

    fn expected_diagnostics(&self) -> String {
        let told: Vec<String> = self.diagnostics.iter().map(told).collect();
        told.join("\n")
    }
}

fn told(diagnostic: &Diagnostic) -> String {
    let mut diagnostic = diagnostic.clone();
    if let Place::Payload(place) = &mut diagnostic.place {
        place.file = Some("input.edi".into());
    }
    text::render(&diagnostic, false)
}

/// Compares with the file, or rewrites it; a remark where it differs.
fn compare(path: &Path, text: &str) -> Option<String> {
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(path, text).unwrap();
        return None;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    let differs = |(line, (one, other)): (usize, (&str, &str))| (one != other).then_some((line, one.to_owned()));
    let lines = expected.lines().chain(["(end)"]).zip(text.lines().chain(["(end)"]));
    let first = lines.enumerate().find_map(|(line, (old, new))| differs((line, (new, old))));
    (expected != text).then(|| match first {
        Some((line, now)) => format!("{}:{}: now `{now}`", path.display(), line + 1),
        None => format!("{}: line ends differ", path.display()),
    })
}

#[test]
fn every_input_becomes_what_is_expected() {
    let cases = cases();
    assert!(cases.len() >= 24, "only {} cases", cases.len());
    let mut different = Vec::new();
    for case in &cases {
        let translated = case.translate(usize::MAX);
        different.extend(compare(&case.folder.join("expected.json"), &translated.expected_json()));
        different.extend(compare(&case.folder.join("expected.acknowledgment.edi"), &translated.acknowledgment));
        let diagnostics = translated.expected_diagnostics();
        different.extend(compare(&case.folder.join("expected.diagnostics.txt"), &diagnostics));
        for code in &case.shows {
            let shown = translated.diagnostics.iter().any(|diagnostic| diagnostic.code.name() == code);
            different.extend((!shown).then(|| format!("{} does not show {code}", case.name())));
        }
    }
    assert!(different.is_empty(), "not as expected (UPDATE_EXPECTED=1 rewrites):\n{}", different.join("\n"));
}

#[test]
fn half_of_the_cases_show_something_wrong_and_no_two_of_a_set_the_same() {
    let cases = cases();
    let wrong: Vec<&Case> = cases.iter().filter(|case| !case.shows.is_empty()).collect();
    assert!(wrong.len() * 2 >= cases.len(), "{} of {} show a code", wrong.len(), cases.len());
    let mut seen = BTreeSet::new();
    for case in wrong {
        assert!(seen.insert((case.folder.parent(), &case.shows)), "{} shows what another case shows", case.name());
    }
}

#[test]
fn however_the_bytes_are_cut_the_same_comes_out() {
    for case in cases() {
        let whole = case.translate(usize::MAX);
        for chunk in [1, 7, 64] {
            let cut = case.translate(chunk);
            assert_eq!(cut.expected_json(), whole.expected_json(), "{} by {chunk} bytes", case.name());
            let (cut, whole) = (cut.expected_diagnostics(), whole.expected_diagnostics());
            assert_eq!(cut, whole, "{} by {chunk} bytes", case.name());
        }
    }
}

#[test]
fn every_acknowledgment_stands_our_own_checks() {
    // A group whose number is no number can be named by it only.
    for case in cases().into_iter().filter(|case| !case.shows.iter().any(|code| code == "x12.group-header")) {
        let answer = case.translate(usize::MAX).acknowledgment.into_bytes();
        let mut reader = Reader::new(ReadOptions::default());
        let (mut tree, mut found) = (Tree::default(), Diagnostics::unlimited());
        let mut at = 0;
        while at < answer.len() {
            let progress = reader.next(&answer[at..], true, &mut tree, &mut found);
            if let (Step::Set(bytes), Some(header)) = (&progress.step, reader.set()) {
                validate(header, &Against::standard(header), &tree, &answer[at..][bytes.clone()], &mut found);
            }
            at += progress.consumed;
        }
        // Each interchange has the placeholder's number; who sends nonsense in ISA or GS gets it back.
        let told = found.list().iter().filter(|one| {
            let echoed =
                [codes::X12_INTERCHANGE_HEADER, codes::X12_GROUP_HEADER, codes::X12_UNKNOWN_RELEASE, codes::X12_CODE];
            one.code != codes::X12_DUPLICATE_INTERCHANGE && !echoed.contains(&one.code)
        });
        let told: Vec<String> = told.map(crate::told).collect();
        assert!(told.is_empty(), "{}:\n{}", case.name(), told.join("\n"));
    }
}

#[test]
fn every_object_is_what_its_schema_says() {
    for case in cases() {
        for (shape, json) in case.translate(usize::MAX).objects {
            let schema = canonical::schema(shape.name).unwrap();
            let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
            let object = serde_json::from_str(&json).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&object).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{}: {}\n{json}", case.name(), errors.join("\n"));
        }
    }
}

/// Codes that reading an input can show: of the standard, of reading by a mapping, of profiles that meet an interchange.
fn of_reading(code: Code) -> bool {
    let name = code.name();
    let written = [codes::X12_DELIMITER_IN_DATA, codes::X12_ENVELOPE_VALUE];
    let mapping = [
        codes::MAPPING_UNREADABLE_VALUE,
        codes::MAPPING_UNKNOWN_CODE,
        codes::MAPPING_DIFFERENCE,
        codes::MAPPING_TWO_VALUES,
        codes::MAPPING_DERIVED_DIFFERS,
        codes::MAPPING_NONE,
        codes::MAPPING_UNUSABLE,
        codes::MAPPING_OTHER_RELEASE,
        codes::MAPPING_NOT_MAPPED,
        codes::MAPPING_LEVEL_NOT_TAKEN,
    ];
    let profile = [
        codes::PROFILE_UNKNOWN_SENDER,
        codes::PROFILE_UNKNOWN_RECEIVER,
        codes::PROFILE_UNKNOWN_GROUP,
        codes::PROFILE_NO_DOCUMENT,
    ];
    let x12 = name.starts_with("x12.") && !written.contains(&code);
    x12 || mapping.contains(&code) || profile.contains(&code) || code == codes::CANONICAL_MISSING_FIELD
}

#[test]
fn every_code_of_reading_is_shown_by_a_fixture() {
    let mut shown = BTreeSet::new();
    for case in cases() {
        let names = case.translate(usize::MAX).diagnostics.into_iter().map(|diagnostic| diagnostic.code.name());
        shown.extend(names.map(str::to_owned));
    }
    // Planted faults, a line for each diagnostic, its code first; see tests/faults.rs.
    let faults = expected_texts(&root().join("fixtures/faults"));
    shown.extend(faults.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned));
    let missing: Vec<&str> = codes::ALL
        .iter()
        .filter(|code| of_reading(**code) && !shown.contains(code.name()))
        .map(|code| code.name())
        .collect();
    assert!(missing.is_empty(), "no fixture shows: {}", missing.join(", "));
}

/// The test code of this package: files below `tests`, test modules of `src`.
fn test_code() -> String {
    fn collect(folder: &Path, out: &mut String) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                collect(&entry, out);
            } else if let Ok(text) = fs::read_to_string(&entry) {
                let all = entry.components().any(|part| part.as_os_str().to_string_lossy().starts_with("tests"));
                let start = if all { Some(0) } else { text.find("#[cfg(test)]") };
                out.push_str(start.map_or("", |start| &text[start..]));
            }
        }
    }
    let mut out = String::new();
    collect(&root().join("tests"), &mut out);
    collect(&root().join("src"), &mut out);
    out
}

/// All that stands in the expected texts below `folder`.
fn expected_texts(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| match path.is_dir() {
        true => expected_texts(&path),
        false if path.extension().is_some_and(|end| end == "txt") => {
            String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()
        }
        false => String::new(),
    });
    texts.collect()
}

#[test]
fn every_code_is_shown_by_an_expected_text_or_named_by_a_test() {
    let tests = test_code();
    let texts: String = ["fixtures", "tests/wrong"].iter().map(|folder| expected_texts(&root().join(folder))).collect();
    let constant = |code: &Code| code.name().replace(['.', '-'], "_").to_uppercase();
    let shown = |code: &Code| {
        let printed = format!("[{}]", code.name());
        // As `tests/faults.rs` prints it.
        let planted = format!("{} {} ", code.name(), code.severity().word());
        texts.contains(&printed)
            || texts.contains(&planted)
            || tests.contains(code.name())
            || tests.contains(&constant(code))
    };
    let missing: Vec<&str> = codes::ALL.iter().filter(|code| !shown(code)).map(|code| code.name()).collect();
    assert!(missing.is_empty(), "no expected text or test shows: {}", missing.join(", "));
}
