//! The JSON Schema of files of codes, so that editors complete element numbers with their names and mark slips.

use serde_json::{Map, Value, json};

use crate::tree::ElementType;
use crate::x12::dictionary::{self, Release};

/// The schema of files of codes: `mappings/codes/*.toml`.
#[must_use]
pub fn schema() -> Value {
    let releases: Vec<&str> = dictionary::releases().map(Release::name).collect();
    let mut lists = Map::new();
    for release in dictionary::releases() {
        for element in dictionary::elements(release).filter(|element| element.kind == ElementType::Code) {
            lists.insert(element.number.to_string(), json!({ "$ref": "#/$defs/list", "description": &*element.name }));
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "crossdock:codes",
        "title": "codes",
        "description": "Names of codes: mappings/codes/NAME.toml. See docs/MAPPING.md, names of codes.",
        "type": "object",
        "required": ["code-list"],
        "additionalProperties": false,
        "properties": {
            "partner": { "type": "string", "description": "Short name of the profile whose documents the file is for. Default: all." },
            "release": { "enum": releases, "description": "The release whose documents the file is for. Default: all." },
            "code-list": {
                "type": "object",
                "description": "The codes of data elements, by the element's number.",
                "minProperties": 1,
                "additionalProperties": false,
                "properties": lists,
            },
        },
        "$defs": {
            "list": {
                "type": "object",
                "minProperties": 1,
                "properties": {
                    "replace": { "type": "boolean", "description": "These codes and no others. Default: they are added to those of the standard." },
                },
                "additionalProperties": { "type": "string", "minLength": 1, "description": "What the code means." },
            },
        },
    })
}
