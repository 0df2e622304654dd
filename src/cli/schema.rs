//! `crossdock schema`: the JSON Schemas of the canonical objects, and of the files that people write.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::output::{Console, Exit, Failure, Format};
use crate::canonical;
use crate::catalog::{Catalog, shipped_bases};
use crate::diagnostic::suggest;
use crate::mapping::{self, Library};
use crate::partner;
use crate::x12::codes;

/// Print the JSON Schema of a canonical object, or of files that people write
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Name of the object, such as `shipment`, or `mapping`, `partner-profile` or `codes`; without it the names are listed
    name: Option<String>,
}

const LONG: &str = "\
Prints a JSON Schema (draft 2020-12).

Of a canonical object: what `crossdock translate` prints as an event's `data`, and takes back. A schema that was \
published never changes; what could break a reader gets a new version.

Of `mapping`, `partner-profile` and `codes`: the files that people write, for editors that complete and check while typing; \
docs/MAPPING.md says how to set one up. What a schema cannot see, `crossdock check` tells.";

const EXAMPLES: &str = "\
Examples:
  crossdock schema                       the names
  crossdock schema shipment              the schema of a shipment
  crossdock schema receipt > receipt.schema.json
  crossdock schema mapping > mappings/schemas/mapping.json

Exit codes: 0 printed, 2 no such schema.";

type Make = fn() -> Value;

/// Schemas of files that people write.
const FILES: [(&str, Make); 3] =
    [("mapping", mapping_schema), ("partner-profile", profile_schema), ("codes", codes::schema)];

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
        let remedy = match suggest::nearest(name, names()) {
            Some(nearest) => format!("did you mean `{nearest}`? `crossdock schema` lists all"),
            None => "`crossdock schema` lists the names".into(),
        };
        return Err(Failure::Usage { message: format!("there is no canonical object `{name}`"), remedy });
    };
    match console.format {
        Format::Text => writeln!(console.out, "{schema:#}")?,
        Format::Json => console.json(&schema)?,
    }
    Ok(Exit::Fine)
}
