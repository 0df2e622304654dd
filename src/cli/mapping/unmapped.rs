//! `crossdock mapping unmapped`: the values of a document that no line took, and what to do with them.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::columns::Columns;
use crate::cli::documents::{DocumentArguments, Mapped};
use crate::cli::inspect::view::meaning;
use crate::cli::output::{Console, Exit, Failure, Format};
use crate::diagnostic::codes;
use crate::mapping::{Proposal, Tables, Unmapped};
use crate::tree::SegmentIndex;
use crate::x12::place::Part;

/// List the values of a document that the mapping does not take, and what to do with them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    #[command(flatten)]
    documents: DocumentArguments,
    /// Only the summary, not each value
    #[arg(long)]
    summary: bool,
}

const LONG: &str = "\
Lists each value of a partner's file that no line of the mapping takes and that its [ignore] does not name: where it \
stands, what it is called, what its code means. A summary counts them by the line that would take them, and ends with \
the [ignore] that would leave them out, ready to be copied.

The values of the envelope belong to nobody's mapping and are not listed; nor are segments that the standard has no \
place for, which `crossdock validate` tells.";

const EXAMPLES: &str = "\
Examples:
  crossdock mapping unmapped shipments.edi
  crossdock mapping unmapped shipments.edi --mapping harbor/945 --summary
  crossdock mapping unmapped shipments.edi --format json | jq -r .place | sort | uniq -c

With `--format json` each value is an object on a line of its own, and the last line is `{\"summary\": ...}`.

Exit codes: 0 all values are mapped or ignored, 1 some are not, or the data has errors, 2 wrong command line, 3 the file \
cannot be read.";

/// A value that is left, told.
struct Left {
    proposal: Proposal,
    /// As [ignore] names it.
    left_out: String,
    /// Its designator.
    element: String,
    name: String,
    text: String,
    meaning: Option<String>,
    /// It only says what the other values of its segment are: their line takes it along.
    qualifier: bool,
    /// The object whose fields could take it.
    object: &'static str,
    /// Set, segment and byte.
    at: (String, u32, u64),
}

impl Left {
    /// The text, with its meaning.
    fn shown(&self) -> String {
        match &self.meaning {
            None => self.text.clone(),
            Some(meaning) if meaning.starts_with('(') => format!("{} {meaning}", self.text),
            Some(meaning) => format!("{} ({meaning})", self.text),
        }
    }
}

/// All values that one line would take.
struct Group {
    count: u64,
    mapping: String,
    first: Left,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let mut groups: BTreeMap<(String, bool, Proposal, String), Group> = BTreeMap::new();
    let (mut sets, mut total) = (0u64, 0u64);
    let told = Some(codes::MAPPING_NOT_MAPPED);
    let tally = arguments.documents.each(console, told, |console, mapped| {
        sets += 1;
        let tables = Tables::new(mapped.plan, mapped.tree(), mapped.bytes);
        let reading = mapped.inbound.reading();
        let values: Vec<Unmapped> = reading.left(mapped.plan, mapped.tree(), mapped.bytes);
        // Elements by which a place of their segment is chosen.
        let mut asked: HashSet<(SegmentIndex, String)> = HashSet::new();
        for value in &values {
            let place = tables.propose(value).place;
            let filter = place.split_once(['[', '(']).and_then(|(_, filter)| filter.split_once('='));
            asked.extend(filter.map(|(element, _)| (value.segment, element.to_owned())));
        }
        let mut columns = Columns::new(&["place", "table", "name", "text", "segment", "byte"]);
        for value in &values {
            total += 1;
            let left = left(mapped, &tables, value);
            let qualifier = asked.contains(&(value.segment, left.element.clone()));
            let left = Left { qualifier, ..left };
            let (_, segment, byte) = &left.at;
            match console.format {
                Format::Json => console.json(&line(mapped, &left))?,
                Format::Text => columns.row([
                    &left.proposal.place,
                    &table_name(&left.proposal),
                    &left.name,
                    &left.shown(),
                    &segment.to_string(),
                    &byte.to_string(),
                ]),
            }
            let key = (mapped.plan.name.clone(), qualifier, left.proposal.clone(), left.left_out.clone());
            let mapping = mapped.plan.name.clone();
            groups.entry(key).or_insert(Group { count: 0, mapping, first: left }).count += 1;
        }
        if console.format == Format::Text && !arguments.summary && !values.is_empty() {
            writeln!(console.out, "{}\n", mapped.title())?;
            columns.print(&mut console.out)?;
            writeln!(console.out)?;
        }
        Ok(())
    })?;
    let groups: Vec<Group> = groups.into_values().collect();
    match console.format {
        Format::Json => {
            let summary = json!({ "unmapped": total, "places": groups.len(), "transaction_sets": sets });
            console.json(&json!({ "summary": summary }))?;
        }
        Format::Text => summarise(console, &groups, total, (sets, tally.word()), tally.exit() == Exit::Fine)?,
    }
    if tally.exit() != Exit::Fine {
        console.remark(&tally.summary())?;
    }
    Ok(if total > 0 { Exit::Problems } else { tally.exit() })
}

fn left(mapped: &Mapped<'_>, tables: &Tables<'_>, value: &Unmapped) -> Left {
    let (place, text) = mapped.source(value.element, Part::of(value.repetition, value.component));
    let segment = &mapped.tree().segments[value.segment as usize];
    let definition = mapped.plan.grammar.definition(segment.item);
    let known = definition.and_then(|definition| definition.elements.get(usize::from(value.position) - 1));
    let meaning = known.and_then(|known| meaning(known, text.trim(), mapped.codes));
    Left {
        proposal: tables.propose(value),
        left_out: tables.left_out(value),
        element: place.designator(),
        name: known.map_or("(beyond the standard's last element)", |known| &known.name).to_owned(),
        text,
        meaning,
        qualifier: false,
        object: mapped.plan.canonical.name,
        at: (mapped.names().1, value.segment + 1, place.bytes.start),
    }
}

/// The table a line would stand in, and the loops that it does not have yet.
fn table_name(proposal: &Proposal) -> String {
    let table = match proposal.table.as_str() {
        "" => "[map]".to_owned(),
        path => format!("[map.{path}]"),
    };
    match proposal.loops.as_str() {
        "" => table,
        loops => format!("{table}, loop {loops}"),
    }
}

fn line(mapped: &Mapped<'_>, left: &Left) -> Value {
    json!({
        "transaction_set_id": mapped.names().0,
        "control_number": left.at.0,
        "mapping": mapped.plan.name,
        "designator": left.element,
        "name": left.name,
        "text": left.text,
        "meaning": left.meaning,
        "segment_position": left.at.1,
        "byte": left.at.2,
        "table": left.proposal.table,
        "loops": left.proposal.loops,
        "place": left.proposal.place,
    })
}

fn summarise(
    console: &mut Console,
    groups: &[Group],
    total: u64,
    (sets, word): (u64, &str),
    sound: bool,
) -> Result<(), Failure> {
    let plural = |count: u64, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let of_sets = plural(sets, word);
    if groups.is_empty() {
        let sentence = match sets {
            0 => format!("no {word} was mapped"),
            _ if !sound => format!("no value is left over in what was read of {of_sets}; the errors tell what was not"),
            _ => format!("every value of {of_sets} is mapped or ignored on purpose"),
        };
        return Ok(writeln!(console.out, "{sentence}")?);
    }
    writeln!(console.out, "Not mapped: {} in {of_sets}\n", plural(total, "value"))?;
    let mut columns = Columns::new(&["place", "table", "count", "name", "first"]);
    for Group { count, first, .. } in groups.iter().filter(|group| !group.first.qualifier) {
        let (set, segment, byte) = &first.at;
        let at = match word {
            "document" => format!("{} in the document at line {set}, byte {byte}", first.shown()),
            _ => format!("{} in set {set}, segment {segment}, byte {byte}", first.shown()),
        };
        let table = table_name(&first.proposal);
        columns.row([&first.proposal.place, &table, &count.to_string(), &first.name, &at]);
    }
    columns.print(&mut console.out)?;
    let mut by_mapping: BTreeMap<&str, Vec<&Left>> = BTreeMap::new();
    for group in groups {
        by_mapping.entry(&group.mapping).or_default().push(&group.first);
    }
    for (mapping, left) in by_mapping {
        advise(console, mapping, &left)?;
    }
    Ok(())
}

/// What a person does next: a line for what the ERP needs, `[ignore]` for the rest.
fn advise(console: &mut Console, mapping: &str, left: &[&Left]) -> Result<(), Failure> {
    let simple = |left: &&&Left| left.proposal.loops.is_empty() && !left.qualifier;
    // A qualifier or a unit goes with another value; a line for it alone is seldom what is wanted.
    let beside = |left: &&&Left| ["Qualifier", "Code"].iter().any(|word| left.name.contains(word));
    let mut simple_ones = left.iter().filter(simple);
    let example = simple_ones.clone().find(|left| !beside(left)).or_else(|| simple_ones.next()).or(left.first());
    if let Some(example) = example {
        let table = table_name(&Proposal { loops: String::new(), ..example.proposal.clone() });
        let object = example.object;
        writeln!(console.out, "\nWhat the ERP needs gets a line in {}", own_file(mapping))?;
        writeln!(console.out, "(the fields: `crossdock schema {object} --fields`):\n")?;
        writeln!(console.out, "  {table}")?;
        writeln!(console.out, "  {}", example.proposal.line())?;
    }
    let mut elements: Vec<&str> = left.iter().map(|left| left.left_out.as_str()).collect();
    elements.sort_unstable();
    elements.dedup();
    let elements: Vec<String> = elements.into_iter().map(|element| format!("\"{element}\"")).collect();
    writeln!(console.out, "\nWhat is left out on purpose is named there too, and no longer told:\n")?;
    writeln!(console.out, "  [ignore]\n  document = [{}]", elements.join(", "))?;
    Ok(())
}

/// The file to write in: a shipped base mapping is extended, not changed.
fn own_file(mapping: &str) -> String {
    match mapping.split_once('/') {
        Some(("base", set)) => {
            format!("the partner's own mapping, such as mappings/PARTNER/{set}.toml with `extends = \"{mapping}\"`")
        }
        _ => format!("mappings/{mapping}.toml"),
    }
}
