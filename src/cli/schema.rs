//! `crossdock schema`: the JSON Schemas of the canonical objects, and of the files that people write.

use std::collections::HashMap;
use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::columns::Columns;
use super::output::{Console, Exit, Failure, Format};
use crate::canonical;
use crate::catalog::{Catalog, shipped_bases};
use crate::diagnostic::suggest;
use crate::layout;
use crate::mapping::{self, Library};
use crate::partner;
use crate::x12::{codes, guide};

/// Print the JSON Schema of a canonical object, or of files that people write
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Name of the object, such as `shipment`, or `mapping`, `partner-profile`, `codes`, `guide` or `layout`; without it the names are listed
    name: Option<String>,
    /// Of a canonical object: its fields, a line each, with their types and meanings, as `[map]` of a mapping names them
    #[arg(long, requires = "name")]
    fields: bool,
}

const LONG: &str = "\
Prints a JSON Schema (draft 2020-12).

Of a canonical object: what `crossdock translate` prints as an event's `data`, and takes back. A schema that was \
published never changes; what could break a reader gets a new version.

Of `mapping`, `partner-profile`, `codes`, `guide` and `layout`: the files that people write, for editors that complete and check while typing; \
docs/MAPPING.md says how to set one up. What a schema cannot see, `crossdock check` tells.";

const EXAMPLES: &str = "\
Examples:
  crossdock schema                       the names
  crossdock schema shipment              the schema of a shipment
  crossdock schema shipment --fields     its fields, for people
  crossdock schema shipment --fields | grep -i lot
  crossdock schema receipt > receipt.schema.json
  crossdock schema mapping > mappings/schemas/mapping.json

Exit codes: 0 printed, 2 no such schema.";

type Make = fn() -> Value;

/// Schemas of files that people write.
const FILES: [(&str, Make); 5] = [
    ("mapping", mapping_schema),
    ("partner-profile", profile_schema),
    ("codes", codes::schema),
    ("guide", guide::schema),
    ("layout", layout::schema),
];

fn mapping_schema() -> Value {
    // The documents are those of the dictionary: the same in every home.
    mapping::schema(&Catalog::new(".").documents(), &shipped_bases())
}

fn profile_schema() -> Value {
    let objects: Vec<&str> = canonical::names().collect();
    partner::profile_schema(&objects, &Catalog::new(".").documents())
}

fn names() -> impl Iterator<Item = &'static str> {
    canonical::names().chain(FILES.iter().map(|(name, _)| *name))
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let Some(name) = &arguments.name else {
        for name in names() {
            match console.format {
                Format::Text => writeln!(console.out, "{name}")?,
                Format::Json => console.json(&json!({ "name": name }))?,
            }
        }
        return Ok(Exit::Fine);
    };
    let of_file = FILES.iter().find(|(known, _)| known == name).map(|(_, schema)| schema());
    let Some(schema) = of_file.or_else(|| canonical::schema(name)) else {
        let bases = shipped_bases();
        let of_set = bases.iter().find(|(base, _)| base.strip_prefix("base/") == Some(name));
        let remedy = match (of_set, suggest::nearest(name, names())) {
            (Some((_, object)), _) => format!("the object of {name} is `{object}`"),
            (None, Some(nearest)) => format!("did you mean `{nearest}`? `crossdock schema` lists all"),
            (None, None) => "`crossdock schema` lists the names".into(),
        };
        return Err(Failure::Usage { message: format!("there is no canonical object `{name}`"), remedy });
    };
    if arguments.fields {
        return fields(name, console);
    }
    match console.format {
        Format::Text => writeln!(console.out, "{schema:#}")?,
        Format::Json => console.json(&schema)?,
    }
    Ok(Exit::Fine)
}

/// The fields of a canonical object, those of its objects and lists behind a dot, as mappings write them.
fn fields(name: &str, console: &mut Console) -> Result<Exit, Failure> {
    let Some(schema) = canonical::schema(name) else {
        let message = format!("`{name}` is no canonical object, only those have --fields");
        return Err(Failure::Usage { message, remedy: "`crossdock schema` lists the names".into() });
    };
    let mut rows = Vec::new();
    collect(&schema, &schema, "", &mut HashMap::new(), &mut rows);
    let mut columns = Columns::new(&["field", "type", "meaning"]);
    for [field, kind, meaning] in &rows {
        match console.format {
            Format::Json => console.json(&json!({ "field": field, "type": kind, "meaning": meaning }))?,
            Format::Text => columns.row([field, kind, meaning]),
        }
    }
    if console.format == Format::Text {
        columns.print(&mut console.out)?;
    }
    Ok(Exit::Fine)
}

/// Appends the fields of `node`, whose own path is `path`. An object that has stood before, at the path in `stood`, is
/// not laid out again.
fn collect<'s>(
    schema: &'s Value,
    node: &'s Value,
    path: &str,
    stood: &mut HashMap<&'s str, String>,
    rows: &mut Vec<[String; 3]>,
) {
    let required: Vec<&str> = node["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in node["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let list = field["type"] == "array";
        let named = if list { &field["items"] } else { field };
        let reference = named["$ref"].as_str();
        let target = reference.and_then(|target| schema.pointer(target.strip_prefix('#')?)).unwrap_or(named);
        let mut kind = kind(target);
        let again = reference.and_then(|reference| stood.insert(reference, path.clone()));
        if let (Some(first), Some(reference), "object") = (&again, reference, kind.as_str()) {
            kind = format!("object, as {first}");
            stood.insert(reference, first.clone());
        }
        if list {
            kind.insert_str(0, "list of ");
        }
        if required.contains(&name.as_str()) {
            kind.push_str(", required");
        }
        let meaning = field["description"].as_str().or(target["description"].as_str()).unwrap_or_default();
        rows.push([path.clone(), kind, meaning.to_owned()]);
        if again.is_some() {
            continue;
        }
        collect(schema, target, &path, stood, rows);
        if target["additionalProperties"].is_object() {
            rows.push([format!("{path}.\"*\""), "text".into(), "Under any other key.".into()]);
        }
    }
}

/// The type in a word, or the words that a field may hold.
fn kind(target: &Value) -> String {
    let words = |node: &Value| -> Option<String> {
        let words = node["enum"].as_array()?.iter().filter_map(Value::as_str);
        Some(words.collect::<Vec<_>>().join(" | "))
    };
    let one_of = || -> Option<String> {
        let words = target["oneOf"].as_array()?.iter().filter_map(|one| one["const"].as_str());
        Some(words.collect::<Vec<_>>().join(" | "))
    };
    if let Some(words) = words(target).or_else(one_of) {
        return words;
    }
    let formats = target["anyOf"].as_array().into_iter().flatten().chain([target]);
    let formats: Vec<&str> = formats.filter_map(|one| one["format"].as_str()).collect();
    match (formats.as_slice(), target["type"].as_str()) {
        (["date", "date-time"], _) => "date or instant".into(),
        ([format, ..], _) => (*format).to_owned(),
        (_, Some("string")) => "text".into(),
        (_, other) => other.unwrap_or_default().to_owned(),
    }
}
