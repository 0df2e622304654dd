//! `crossdock mapping test`: runs the tests that mappings carry, each by its name.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::known_name;
use crate::canonical::Difference;
use crate::catalog::{Catalog, TestRun};
use crate::cli::operator::counted;
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::diagnostic::{Diagnostics, text};
use crate::mapping::Library;

/// Run the tests that mappings carry, and tell of each how it went
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Names of mappings, such as `harbor/945`, or their files [default: all of the home]
    #[arg(value_name = "NAME")]
    mappings: Vec<String>,
    /// Folder with mappings/
    #[arg(long, value_name = "FOLDER", default_value = ".", value_parser = crate::cli::input::home)]
    home: PathBuf,
}

const LONG: &str = "\
Runs the tests that mappings carry: each [[test]] names a document and the objects that it must become. `crossdock check` \
runs them too; this command names each of them, and shows every field that is not as the test expects.";

const EXAMPLES: &str = "\
Examples:
  crossdock mapping test
  crossdock mapping test harbor/945 juniper/945
  crossdock mapping test mappings/harbor/945.toml --format json | jq 'select(.passed == false)'

With `--format json` each test is an object on a line of its own, and the last line is `{\"summary\": ...}`.

Exit codes: 0 all hold, 1 some do not, or a mapping has errors, 2 no such mapping.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let catalog = Catalog::new(&arguments.home);
    let mut names = arguments.mappings.iter().map(|name| known_name(&catalog, name)).collect::<Result<Vec<_>, _>>()?;
    if names.is_empty() {
        names = catalog.names();
    }
    let (mut passed, mut failed, mut unusable) = (0, 0, 0);
    for name in &names {
        let mut found = Diagnostics::unlimited();
        let plan = catalog.plan(name, &mut found);
        unusable += u64::from(plan.is_none());
        for diagnostic in found.take() {
            console.beside(&diagnostic)?;
        }
        for run in plan.iter().flat_map(|plan| catalog.run_tests(plan)) {
            *if run.failed.is_none() { &mut passed } else { &mut failed } += 1;
            match console.format {
                Format::Json => console.json(&line(name, &run))?,
                Format::Text => tell(name, &run, console)?,
            }
        }
    }
    match console.format {
        Format::Json => {
            let summary = json!({ "passed": passed, "failed": failed, "mappings_with_errors": unusable });
            console.json(&json!({ "summary": summary }))?;
        }
        Format::Text => {
            let mut parts = vec![format!("{} passed", counted(passed, "test"))];
            parts.extend((failed > 0).then(|| format!("{failed} failed")));
            parts.extend((unusable > 0).then(|| format!("{} could not be used", counted(unusable, "mapping"))));
            writeln!(console.out, "{}", parts.join(", "))?;
        }
    }
    Ok(if failed + unusable == 0 { Exit::Fine } else { Exit::Problems })
}

/// Such as `passed  harbor/945  fixtures/945/harbor-partial/input.edi`; where it does not hold, all that differs.
fn tell(name: &str, run: &TestRun, console: &mut Console) -> Result<(), Failure> {
    let word = if run.failed.is_none() { "passed" } else { "FAILED" };
    writeln!(console.out, "{word}  {name}  {} ({})", run.test.document, counted(run.objects as u64, "object"))?;
    if let (Some(failed), Some(diagnostic)) = (&run.failed, run.diagnostic()) {
        write!(console.out, "{}", text::render(&diagnostic, console.colour))?;
        for difference in failed.differences.iter().take(SHOWN) {
            writeln!(console.out, "  {}", difference_text(difference))?;
        }
        let more = failed.differences.len().saturating_sub(SHOWN);
        if more > 0 {
            writeln!(console.out, "  and {} more", counted(more as u64, "difference"))?;
        }
        writeln!(console.out)?;
    }
    Ok(())
}

/// So many differences of an object are shown to people.
const SHOWN: usize = 20;

fn difference_text(difference: &Difference) -> String {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    format!("{}: {} expected, {} found", difference.path, shown(&difference.left), shown(&difference.right))
}

fn line(name: &str, run: &TestRun) -> Value {
    let value = |json: &Option<String>| json.as_deref().and_then(|json| serde_json::from_str::<Value>(json).ok());
    let difference =
        |one: &Difference| json!({ "field": one.path, "expected": value(&one.left), "found": value(&one.right) });
    json!({
        "mapping": name,
        "document": run.test.document,
        "canonical": run.test.canonical,
        "line": format!("{}:{}", run.test.place.file, run.test.place.line),
        "passed": run.failed.is_none(),
        "objects": run.objects,
        "message": run.failed.as_ref().map(|failed| &failed.message),
        "differences": run.failed.iter().flat_map(|failed| &failed.differences).map(difference).collect::<Vec<_>>(),
    })
}
