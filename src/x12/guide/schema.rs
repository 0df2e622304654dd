//! The JSON Schema of guides, so that editors complete words and mark slips.

use serde_json::{Value, json};

use crate::x12::dictionary;

/// The schema of guides: `mappings/guides/*.toml`.
#[must_use]
pub fn schema() -> Value {
    let documents: Vec<String> = dictionary::releases()
        .flat_map(|release| dictionary::sets(release).map(move |set| format!("x12/{release}/{}", set.set)))
        .collect();
    let place = "^/?([A-Z][A-Z0-9]{1,2}(\\[[^\\]]+\\])?/)*[A-Z][A-Z0-9]{1,4}(-[0-9]{2})?(\\[[^\\]]+\\])?$";
    let says =
        text("What the partner's document says, with its page: \"page 12: ...\". It stands in every diagnostic.");
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "crossdock:guide",
        "title": "guide",
        "description": "What a partner's guide narrows or allows beyond the standard: mappings/guides/NAME.toml. See docs/GUIDES.md.",
        "type": "object",
        "additionalProperties": false,
        "anyOf": [{ "required": ["document"] }, { "required": ["extends"] }],
        "properties": {
            "document": { "enum": documents, "description": "The document that the guide is for." },
            "title": text("What the partner calls their guide, with its version."),
            "extends": text("The guide below this one, such as \"guides/warehouse-945\"."),
            "policy": { "$ref": "#/$defs/policy" },
            "at": {
                "type": "object",
                "description": "What is said of segments, loops and elements, by their places.",
                "additionalProperties": false,
                "patternProperties": { place: { "$ref": "#/$defs/place" } },
            },
            "rule": {
                "type": "object",
                "description": "Rules over several segments, by names of your own.",
                "additionalProperties": { "$ref": "#/$defs/rule" },
            },
            "totals": {
                "type": "object",
                "description": "What totals count in this partner's documents.",
                "additionalProperties": false,
                "patternProperties": { place: { "$ref": "#/$defs/total" } },
            },
            "tolerate": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "out_of_order": { "type": "array", "items": { "type": "string", "pattern": place }, "description": "Segments that may stand out of the table's order." },
                    "segments": { "type": "array", "items": { "type": "string", "pattern": "^[A-Z][A-Z0-9]{1,2}$" }, "description": "Segments that the table does not have and that are passed over." },
                },
            },
            "example": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["title", "text"],
                    "additionalProperties": false,
                    "properties": { "title": text("What it shows."), "text": text("The segments, a line each.") },
                },
            },
        },
        "$defs": definitions(place, &says),
    })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "description": description })
}

/// What several places of the schema refer to.
fn definitions(place: &str, says: &Value) -> Value {
    json!({
        "usage": { "enum": ["required", "not-used", "situational", "optional"] },
        "policy": policy(),
        "codes": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": { "type": "string", "description": "What the code means." },
            },
        "place": place_words(says),
        "rule": rule(place, says),
        "total": {
                "anyOf": [
                    text("What it counts: \"count(HL)\", \"sum(W1203)\"."),
                    { "const": false },
                    {
                        "type": "object",
                        "additionalProperties": false,
                        "properties": { "is": text("What it counts."), "policy": { "$ref": "#/$defs/policy" }, "says": says },
                    },
                ],
            },
    })
}

fn policy() -> Value {
    json!({
        "description": "What follows when it is not so. Default: reject what is missing; report other faults of what is received and reject those of what is sent.",
        "anyOf": [
            { "enum": ["reject", "report", "ignore"] },
            {
                "type": "object",
                "additionalProperties": false,
                "properties": { "receive": { "enum": ["reject", "report", "ignore"] }, "send": { "enum": ["reject", "report", "ignore"] } },
            },
        ],
    })
}

fn place_words(says: &Value) -> Value {
    json!({
        "anyOf": [
            { "$ref": "#/$defs/usage" },
            { "const": false, "description": "Drops what the guide below says." },
            {
                "type": "object",
                "additionalProperties": false,
                "if": { "properties": { "usage": { "const": "situational" } }, "required": ["usage"] },
                "then": { "required": ["when"] },
                "properties": {
                    "usage": { "$ref": "#/$defs/usage" },
                    "when": text("With situational: when it is required, such as \"W1303 = '01'\"."),
                    "otherwise": { "enum": ["optional", "not-used"], "description": "With situational: how it is used when the condition does not hold. Default: optional." },
                    "length": { "type": "string", "pattern": "^ *[0-9]+ */ *[0-9]+ *$", "description": "Least and greatest length, as guides print it: \"1/10\"." },
                    "repeat": { "type": "integer", "minimum": 1, "description": "At most so many." },
                    "codes": { "$ref": "#/$defs/codes", "description": "The codes that are allowed, and no others." },
                    "extra_codes": { "$ref": "#/$defs/codes", "description": "Codes that the standard's list lacks." },
                    "pattern": { "description": "What the value looks like: 99999-9999, 'HS-'9(5).", "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }] },
                    "value": text("The only value."),
                    "default": text("What is meant when it is left out; shown, not filled in."),
                    "name": text("What the partner calls it."),
                    "policy": { "$ref": "#/$defs/policy" },
                    "says": says,
                },
            },
        ],
    })
}

fn rule(place: &str, says: &Value) -> Value {
    json!({
        "anyOf": [
            { "const": false, "description": "Drops the rule of the guide below." },
            {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "at": { "type": "string", "pattern": place, "description": "The loop or segment for each of which it holds. Default: once for the document." },
                    "when": text("When it holds. Default: always."),
                    "must": text("What must be true then."),
                    "message": text("What is told when it is not; one line."),
                    "remedy": text("What to do then."),
                    "policy": { "$ref": "#/$defs/policy" },
                    "says": says,
                },
            },
        ],
    })
}
