//! Orders on payloads, documents or deliveries: by ids or by a filter, one line for each, and a summary.

use std::io::Write;

use clap::Args;
use serde_json::{Map, Value, json};

use super::filter::FilterArguments;
use super::operator::{HomeArguments, WhyArguments, counted};
use super::output::{Console, Exit, Failure, Format};
use crate::canonical::Difference;
use crate::diagnostic;
use crate::lifecycle::Order;
use crate::operation::{Done, Kind, Outcome, Task, carry_out_all};

/// On what, and how.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Ids; or name a filter
    #[arg(value_name = "ID")]
    ids: Vec<i64>,
    /// All that are in a state for it, where no other filter is given
    #[arg(long)]
    all: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    why: WhyArguments,
    #[command(flatten)]
    home: HomeArguments,
    #[command(flatten)]
    filter: FilterArguments,
}

/// What is asked besides where documents go on by an order.
#[derive(Debug, Args)]
pub(super) struct Onward {
    /// Let documents go on also where a later one of the same partner, object and number went on meanwhile, or the ERP has the same
    #[arg(long)]
    pub(super) out_of_order: bool,
}

/// An order by which documents go on.
#[derive(Debug, Args)]
pub(super) struct OnwardArguments {
    #[command(flatten)]
    act: Arguments,
    #[command(flatten)]
    onward: Onward,
}

/// Runs an order by which documents go on.
pub(super) fn run_onward(
    what: (Kind, Order, &[&str]),
    OnwardArguments { act, onward }: &OnwardArguments,
    console: &mut Console,
) -> Result<Exit, Failure> {
    ordered(what, (act, onward.out_of_order), console)
}

/// Runs an order. `states` are those that are meant where a filter names none.
pub(super) fn run(what: (Kind, Order, &[&str]), arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    ordered(what, (arguments, false), console)
}

fn ordered(
    (kind, order, states): (Kind, Order, &[&str]),
    (arguments, out_of_order): (&Arguments, bool),
    console: &mut Console,
) -> Result<Exit, Failure> {
    arguments.home.open(async |session| {
        let mut filter = arguments.filter.filter(kind, session).await?;
        let word = kind.word();
        match (filter.is_empty(), arguments.ids.is_empty(), arguments.all) {
            (_, false, true) | (false, _, true) => {
                return Err(usage("`--all` stands alone", "leave it out, or the ids and filters"));
            }
            (false, false, _) => {
                return Err(usage("ids and filters do not go together", "name ids, or a filter"));
            }
            (true, true, false) => {
                let remedy = format!(
                    "name ids, a filter such as `--partner NAME`, or `--all` for every {word} that is {}",
                    states.join(" or ")
                );
                return Err(usage(&format!("no {word} is named"), &remedy));
            }
            _ => {}
        }
        let mut teller = Teller::new(arguments.dry_run);
        if !arguments.ids.is_empty() {
            filter.ids.clone_from(&arguments.ids);
        } else if filter.states.is_empty() {
            filter.states = states.iter().map(|state| (*state).to_owned()).collect();
            teller.meant = (!arguments.all).then(|| states.join(" or "));
        }
        let command = format!("{word} {}", verb(order));
        let audit = session.audit(&command, arguments.why.why.as_deref());
        let task = Task { kind, order, filter, audit, dry_run: arguments.dry_run, out_of_order };
        carry_out_all(session, &task, |outcome| teller.tell(&outcome, console)).await?;
        teller.end(word, console)
    })
}

fn usage(message: &str, remedy: &str) -> Failure {
    Failure::Usage { message: message.to_owned(), remedy: remedy.to_owned() }
}

fn verb(order: Order) -> &'static str {
    match order {
        Order::Rerun => "rerun",
        Order::Release => "release",
        Order::Hold => "hold",
        Order::Discard => "discard",
        Order::Correct => "correct",
        Order::Retry => "retry",
    }
}

/// Tells outcomes, and counts them.
#[derive(Debug, Default)]
pub(super) struct Teller {
    dry_run: bool,
    /// The states that are meant, where a filter named none.
    meant: Option<String>,
    done: u64,
    held: u64,
    declined: u64,
}

impl Teller {
    /// Tells what is done, or what would be.
    pub(super) fn new(dry_run: bool) -> Self {
        Self { dry_run, ..Self::default() }
    }

    /// One line for what was done, or why not; what belongs to it below.
    pub(super) fn tell(&mut self, outcome: &Outcome, console: &mut Console) -> Result<(), Failure> {
        match (&outcome.result, outcome.is_good()) {
            (Ok(_), true) => self.done += 1,
            (Ok(_), false) => self.held += 1,
            (Err(_), _) => self.declined += 1,
        }
        match console.format {
            Format::Json => console.json(&as_json(outcome, self.dry_run))?,
            Format::Text => self.text(outcome, "", console)?,
        }
        // Whoever looks on sees each as it is done.
        console.out.flush()?;
        Ok(())
    }

    fn text(&self, outcome: &Outcome, indent: &str, console: &mut Console) -> Result<(), Failure> {
        let name = format!("{indent}{} {}", outcome.kind, outcome.id);
        let done = match &outcome.result {
            Ok(done) => done,
            Err(declined) => {
                writeln!(console.out, "{name} {}\n{indent}  remedy  {}", declined.because, declined.remedy)?;
                return Ok(());
            }
        };
        let would = if self.dry_run { "would be " } else { "" };
        writeln!(console.out, "{name}: {would}{}", headline(done))?;
        if done.compared && done.within.is_empty() && done.differences.is_empty() {
            writeln!(console.out, "{indent}  its object is the same as before")?;
        }
        for difference in &done.differences {
            writeln!(console.out, "{indent}  {}", difference_text(difference))?;
        }
        for remark in &done.remarks {
            writeln!(console.out, "{indent}  {remark}")?;
        }
        for diagnostic in &done.diagnostics {
            for line in diagnostic::text::render(diagnostic, console.colour).lines() {
                writeln!(console.out, "{indent}  {line}")?;
            }
        }
        for inner in &done.within {
            self.text(inner, &format!("{indent}  "), console)?;
        }
        Ok(())
    }

    /// The summary, and how the command ends.
    pub(super) fn end(&self, word: &str, console: &mut Console) -> Result<Exit, Failure> {
        let Teller { dry_run, done, held, declined, .. } = *self;
        if console.format == Format::Json {
            let summary = json!({ "done": done, "still_with_errors": held, "declined": declined, "dry_run": dry_run });
            console.json(&json!({ "summary": summary }))?;
        } else if done + held + declined == 0 {
            let none = counted(0, word).replacen('0', "no", 1);
            let meant = self.meant.as_ref().map(|states| format!("; {states} ones were meant, `--state` names others"));
            writeln!(console.out, "there are {none} like that: nothing is done{}", meant.unwrap_or_default())?;
        } else {
            let mut parts = vec![format!("{} {}", counted(done, word), if dry_run { "would be done" } else { "done" })];
            parts.extend((held > 0).then(|| format!("{held} still held or with errors")));
            parts.extend((declined > 0).then(|| format!("{declined} could not be done")));
            writeln!(console.out, "{}", parts.join(", "))?;
        }
        Ok(if held + declined == 0 { Exit::Fine } else { Exit::Problems })
    }
}

/// Such as `held, now published; event 1b.., which replaces 2c..`.
fn headline(done: &Done) -> String {
    let mut text = match done.before == done.state {
        true => done.state.to_owned(),
        false => format!("{}, before {}", done.state, done.before),
    };
    match (&done.event, &done.supersedes) {
        (Some(event), Some(before)) => text.push_str(&format!("; event {event}, in place of {before}")),
        (Some(event), None) => text.push_str(&format!("; event {event}")),
        (None, _) => {}
    }
    text
}

/// Such as `lines[1].lot: "A" before, now "B"`.
pub(super) fn difference_text(difference: &Difference) -> String {
    match (&difference.left, &difference.right) {
        (Some(left), Some(right)) => format!("{}: {left} before, now {right}", difference.path),
        (None, Some(right)) => format!("{}: nothing before, now {right}", difference.path),
        (Some(left), None) => format!("{}: {left} before, now nothing", difference.path),
        (None, None) => difference.path.clone(),
    }
}

fn value(json: Option<&String>) -> Value {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Value::Null)
}

/// An outcome for machines.
pub(super) fn as_json(outcome: &Outcome, dry_run: bool) -> Value {
    let mut out = Map::new();
    out.insert(outcome.kind.to_owned(), outcome.id.into());
    out.insert("done".into(), (outcome.is_good() && !dry_run).into());
    out.insert("good".into(), outcome.is_good().into());
    match &outcome.result {
        Err(declined) => {
            out.insert("because".into(), declined.because.clone().into());
            out.insert("remedy".into(), declined.remedy.clone().into());
        }
        Ok(done) => {
            out.insert("before".into(), done.before.into());
            out.insert("state".into(), done.state.into());
            out.insert("event".into(), done.event.clone().into());
            out.insert("supersedes".into(), done.supersedes.clone().into());
            let difference = |one: &Difference| json!({ "field": one.path, "before": value(one.left.as_ref()), "now": value(one.right.as_ref()) });
            out.insert("differences".into(), done.differences.iter().map(difference).collect());
            out.insert("diagnostics".into(), done.diagnostics.iter().map(diagnostic::json::render).collect());
            out.insert("remarks".into(), done.remarks.clone().into());
            if !done.within.is_empty() {
                out.insert("documents".into(), done.within.iter().map(|one| as_json(one, dry_run)).collect());
            }
        }
    }
    Value::Object(out)
}
