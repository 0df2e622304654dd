//! `crossdock schema`: the JSON Schemas of the canonical objects.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::output::{Console, Exit, Failure, Format};
use crate::canonical;
use crate::diagnostic::suggest;

/// Print the JSON Schema of a canonical object
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, long_about = LONG)]
pub(super) struct Arguments {
    /// Name of the object, such as `shipment`; without it the names are listed
    name: Option<String>,
}

const LONG: &str = "\
Prints the JSON Schema (draft 2020-12) of a canonical object: what `crossdock translate` prints as an event's `data`, \
and takes back. A schema that was published never changes; what could break a reader gets a new version.";

const EXAMPLES: &str = "\
Examples:
  crossdock schema                       the names of the objects
  crossdock schema shipment              the schema of a shipment
  crossdock schema receipt > receipt.schema.json

Exit codes: 0 printed, 2 no such object.";

/// Runs the command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let Some(name) = &arguments.name else {
        for name in canonical::names() {
            match console.format {
                Format::Text => writeln!(console.out, "{name}")?,
                Format::Json => console.json(&json!({ "name": name }))?,
            }
        }
        return Ok(Exit::Fine);
    };
    let Some(schema) = canonical::schema(name) else {
        let remedy = match suggest::nearest(name, canonical::names()) {
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
