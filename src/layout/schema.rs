//! The JSON Schema of layout files, so that editors complete keys and mark slips while typing.

use serde_json::{Value, json};

use super::file::{LINE_ENDS, SYNTAXES, TYPES};

fn words<T>(list: &[(&str, T)]) -> Vec<Value> {
    list.iter().map(|(word, _)| Value::from(*word)).collect()
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "description": description })
}

fn number(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 1, "description": description })
}

fn yes(description: &str) -> Value {
    json!({ "type": "boolean", "description": description })
}

fn positions() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]+(-[0-9]+)?$", "description": "Positions of the line, counted from 1: `1-10`." })
}

fn field() -> Value {
    json!({
        "anyOf": [
            { "type": "string", "minLength": 1, "description": "A field that is a text and may be empty, by its name." },
            {
                "type": "object",
                "required": ["record"],
                "additionalProperties": false,
                "properties": { "record": text("Of XML: a record that stands here, among the fields. Others stand behind them.") },
            },
            {
                "type": "object",
                "required": ["name"],
                "additionalProperties": false,
                "properties": {
                    "name": text("The name by which mappings know it; of XML its path from the record's element: `Header/Number`, `@id`, `.`."),
                    "title": text("For people. Default: the name."),
                    "type": { "enum": words(&TYPES), "description": "What it holds. Default `text`." },
                    "decimals": { "type": "integer", "minimum": 0, "maximum": 9, "description": "A number with so many implied decimals." },
                    "min": number("Least characters."),
                    "max": number("Most characters; of fixed width the room it has."),
                    "required": yes("Must it be there, a key of a level in each row? Default false."),
                    "column": text("What the header line calls it. Default: the title."),
                    "level": text("The record that it belongs to, where a row holds several: rows of one order say again what the order says."),
                    "key": yes("Do rows with another value here begin another record of the level?"),
                    "at": positions(),
                    "length": number("Of fixed width: its length, right behind the field before."),
                    "align": { "enum": ["left", "right"], "description": "Of fixed width: where a shorter text stands. Numbers stand right, others left." },
                    "pad": text("Of fixed width: what fills the room, one character. Numbers have `0`, others a blank."),
                    "const": text("What we write there; mappings do not see the field."),
                    "fill": text("What we write there of our own accord; mappings do not see the field. `number`: the record's number in the document; a record: the number of the last of these; a field, `RECORD.FIELD`: what it says."),
                    "counts": text("Of a record behind all documents: `documents`, `lines`, or a record; compared when read, written by us."),
                },
            },
        ],
    })
}

/// The schema of layout files.
#[must_use]
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "crossdock:layout",
        "title": "layout",
        "description": "A partner's file of records and fields: mappings/layouts/NAME.toml. See docs/LAYOUTS.md.",
        "type": "object",
        "required": ["syntax", "record"],
        "additionalProperties": false,
        "properties": {
            "title": text("For people."),
            "syntax": { "enum": words(&SYNTAXES), "description": "How the file is written." },
            "document": text("The record that begins a document. Without it the file is one document."),
            "delimiter": text("Between fields: one character, or `tab`."),
            "quote": { "anyOf": [{ "type": "string", "minLength": 1 }, { "const": false }], "description": "Around texts that hold the delimiter; doubled inside. Default `\"`; false: none." },
            "header": { "anyOf": [{ "type": "boolean" }, { "const": "some" }], "description": "Does the first line name the columns? `\"some\"`: it may lack those of fields that are neither required nor a key. Default false." },
            "record_type": { "anyOf": [{ "type": "integer", "minimum": 1 }, positions()], "description": "Where a line says which record it is: the column, or the positions." },
            "encoding": text("Character set of the file: `utf-8`, `latin-1`, `windows-1252`. Default: what the file says, else the profile's `charset`; XML is written as UTF-8."),
            "rows_apart": { "type": "integer", "minimum": 1, "maximum": 20000, "description": "Rows of one document may stand apart, in a file of at most so many rows. Default: they stand together." },
            "line_end": { "enum": words(&LINE_ENDS), "description": "Behind the lines that we write. Default `lf`, with `length` none; both are read." },
            "length": number("Length of each record, its blanks at the end included. Line ends stand between them where `line_end` says which."),
            "namespaces": { "type": "object", "additionalProperties": { "type": "string" }, "description": "Prefixes of the layout's names, each with its namespace; the empty one for names without a prefix." },
            "record": {
                "type": "object",
                "minProperties": 1,
                "description": "The records, by the names that mappings know.",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "title": text("For people. Default: the name."),
                        "code": text("What its lines say in the place of the record type."),
                        "path": text("Of XML: its element, from that of the record around it. Default: the name."),
                        "in": text("The record it stands in. Default: the document."),
                        "required": yes("Must there be one? Default false."),
                        "max": number("Most of them in the record around. Default: any number."),
                        "loop": yes("Are its occurrences a list that counts and computes, though no record stands in it? Default false."),
                        "outside": { "enum": ["before", "after"], "description": "It belongs to the file, not to a document: before the first, or behind the last." },
                        "fields": { "type": "array", "items": field(), "description": "Its fields, in the order of the file." },
                    },
                },
            },
        },
    })
}
