//! `crossdock explain`: what a diagnostic code means, from `docs/DIAGNOSTICS.md`.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::output::{Console, Exit, Failure, Format};
use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::suggest;
use crate::partner::{Ruling, ruled};

/// Explain a diagnostic code, such as `x12.segment-count`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// The code; without it all codes are listed
    code: Option<String>,
}

const LONG: &str = "\
Explains a diagnostic code: what it means, an example, why it happens, what to do, and who must act.

Every diagnostic that Crossdock prints names its code in brackets: `error[x12.segment-count]`. The pages are those of \
docs/DIAGNOSTICS.md.";

const EXAMPLES: &str = "\
Examples:
  crossdock explain x12.segment-count
  crossdock explain 'error[x12.segment-count]'     as it was printed
  crossdock explain                                all codes, a line each

Exit codes: 0 printed, 2 no such code.";

const PAGES: &str = include_str!("../../docs/DIAGNOSTICS.md");

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match &arguments.code {
        None => list(console),
        Some(wanted) => explain(wanted, console),
    }
}

fn list(console: &mut Console) -> Result<Exit, Failure> {
    let width = codes::ALL.iter().map(|code| code.name().len()).max().unwrap_or(0);
    let mut area = "";
    for code in codes::ALL {
        if console.format == Format::Json {
            console.json(&facts(*code))?;
            continue;
        }
        let (name, severity) = (code.name(), code.severity().word());
        let here = name.split('.').next().unwrap_or_default();
        if !area.is_empty() && area != here {
            writeln!(console.out)?;
        }
        area = here;
        writeln!(console.out, "{name:<width$}  {severity:<7}  {}", code.meaning())?;
    }
    Ok(Exit::Fine)
}

fn explain(wanted: &str, console: &mut Console) -> Result<Exit, Failure> {
    // As it is printed: `error[x12.segment-count]`.
    let name = wanted.split_once('[').map_or(wanted, |(_, rest)| rest.trim_end_matches(']')).trim();
    let Some(code) = Code::find(name) else {
        let remedy = match nearest(name) {
            Some(nearest) => format!("did you mean `{nearest}`? `crossdock explain` lists all codes"),
            None => "`crossdock explain` lists all codes".into(),
        };
        return Err(Failure::Usage { message: format!("there is no diagnostic code `{name}`"), remedy });
    };
    let page = page(code.name()).unwrap_or(code.meaning());
    if console.format == Format::Json {
        let mut facts = facts(code);
        facts["page"] = page.into();
        console.json(&facts)?;
    } else {
        writeln!(console.out, "{page}")?;
        if ruled().any(|ruled| ruled == code) {
            writeln!(console.out, "{}", ruling(code))?;
        }
    }
    Ok(Exit::Fine)
}

/// How a partner's profile makes it better or worse.
fn ruling(code: Code) -> String {
    let [worst, better, none] = Ruling::all(code).map(Ruling::word);
    format!(
        "A partner's profile can say under [rules]: `\"{}\" = \"{worst}\"`, `\"{better}\"` or `\"{none}\"`: docs/ADDING_A_PARTNER.md, \
         \"Faults you can live with\".",
        code.name()
    )
}

fn facts(code: Code) -> serde_json::Value {
    json!({
        "code": code.name(),
        "severity": code.severity().word(),
        "fault": code.fault().word(),
        "meaning": code.meaning(),
    })
}

/// The code that was meant: the area may be missing.
fn nearest(name: &str) -> Option<&'static str> {
    let names = || codes::ALL.iter().map(|code| code.name());
    let short = |name: &'static str| name.split_once('.').map_or(name, |(_, short)| short);
    let whole = suggest::nearest(name, names());
    whole.or_else(|| {
        let meant = suggest::nearest(name, names().map(short))?;
        names().find(|name| short(name) == meant)
    })
}

/// The page of a code, from its heading to the next.
fn page(name: &str) -> Option<&'static str> {
    pages().find(|(heading, _)| *heading == name).map(|(_, page)| page)
}

/// The pages: heading and whole text.
fn pages() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut starts: Vec<usize> = PAGES.match_indices("\n## ").map(|(at, _)| at + 1).collect();
    starts.push(PAGES.len());
    (1..starts.len()).map(move |end| {
        let page = &PAGES[starts[end - 1]..starts[end]];
        // The text between two areas belongs to no page.
        let page = page.split("\n# ").next().unwrap_or(page).trim_end();
        let heading = page.lines().next().unwrap_or_default();
        (heading.trim_start_matches("## "), page)
    })
}

#[cfg(test)]
mod tests {
    use super::{Code, codes, nearest, page, pages};
    use crate::x12::acknowledgment::answer_words;

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let missing: Vec<&str> =
            codes::ALL.iter().map(|code| code.name()).filter(|name| page(name).is_none()).collect();
        assert!(missing.is_empty(), "codes without a page in docs/DIAGNOSTICS.md: {missing:?}");
        let stale: Vec<&str> = pages().map(|(name, _)| name).filter(|name| Code::find(name).is_none()).collect();
        assert!(stale.is_empty(), "pages of docs/DIAGNOSTICS.md without a code: {stale:?}");
        assert_eq!(pages().count(), codes::ALL.len(), "a page stands twice");
    }

    #[test]
    fn each_page_says_severity_who_must_act_and_what_the_partner_is_told_as_the_code_does() {
        for code in codes::ALL {
            let page = page(code.name()).unwrap();
            let answer = answer_words(*code).map_or_else(String::new, |answer| format!(" · {answer}"));
            let expected = format!("{} · {}{answer}", code.severity().word(), code.fault().word());
            assert!(page.lines().any(|line| line == expected), "{}: {expected}", code.name());
        }
    }

    #[test]
    fn each_page_shows_its_diagnostic_as_it_is_printed() {
        for code in codes::ALL {
            let page = page(code.name()).unwrap();
            let headline = format!("[{}] ", code.name());
            let printed = |line: &str| {
                let words = ["    error", "    warning", "    note"];
                words.iter().any(|word| line.strip_prefix(word).is_some_and(|rest| rest.starts_with(&headline)))
            };
            assert!(page.lines().any(printed), "{}", code.name());
            let sections = ["\nWhy: ", "\nTo do: "];
            assert!(sections.iter().all(|section| page.contains(section)), "{}", code.name());
        }
    }

    #[test]
    fn a_code_is_found_by_a_slip_and_without_its_area() {
        assert_eq!(nearest("x12.segment-cuont"), Some("x12.segment-count"));
        assert_eq!(nearest("segment-count"), Some("x12.segment-count"));
        assert_eq!(nearest("weather"), None);
    }
}
