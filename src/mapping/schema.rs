//! The JSON Schema of mapping files, so that editors complete keys, tell what they mean, and mark slips while typing.
//!
//! Made of the canonical shapes and of the words that `compile` knows. A schema sees words, not meanings: what a place
//! names, and whether types fit, only `crossdock check` can tell.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::compile::{DERIVED_WORDS, HIERARCHY_WORDS, LINE_WORDS, RULE_WORDS, STRUCTURE_WORDS, UNKNOWN_CODE_WORDS};
use crate::canonical::{self, Field, Kind, NodeShape, Shape};

/// A place: `W0602`, `N902[N901=BM][2]`, `N907-02`, `CTX01(2)`, `../LX01`, `/W0604`, `LX[not MAN]/W12`, `pair(...)`.
const PLACE: &str = "^\\s*(((\\.\\./)+|/)?([A-Z][A-Z0-9]{1,2}(\\[([^\\]']|'[^']*')+\\])*/)*[A-Z][A-Z0-9]{1,4}\
     (\\([0-9]+\\))?(-[0-9]{1,2})?(\\[([^\\]']|'[^']*')+\\])*|((\\.\\./)+|/)?pair\\(.+\\)(\\[([^\\]']|'[^']*')+\\])*)\\s*$";

/// A place in a file of records and fields: `order.number`, `Header/@date`, `line[kind=PART]`.
const NAMED_PLACE: &str = "^((\\.\\./)+|/)?[^\\s\\[\\]]+(\\[([^\\]']|'[^']*')+\\][^\\s\\[\\]]*)*$";
/// A layout: `flat/harbor-orders`.
const LAYOUT: &str = "^(flat|xml)/[a-z0-9_-]+$";

/// The schema of mapping files. `documents` are those that have tables (`x12/004010/945`), `bases` mappings that are
/// often extended, with the canonical object of each.
#[must_use]
pub fn schema(documents: &[String], bases: &[(String, String)]) -> Value {
    let shapes: Vec<&Shape> = canonical::names().filter_map(canonical::shape).collect();
    let objects: Vec<&str> = shapes.iter().map(|shape| shape.name).collect();
    let mut definitions = common_definitions();
    for shape in &shapes {
        for (at, node) in shape.nodes.iter().enumerate() {
            let name = if at == 0 { shape.name } else { &node.name };
            definitions.entry(name).or_insert_with(|| table(shape, node, at == 0));
        }
    }
    // Marks slips by the object that is named, or that the extended base names; without either by none.
    let mut cases: Vec<Value> = objects.iter().map(|name| case("canonical", &json!({ "const": name }), name)).collect();
    let mut by_object: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (base, object) in bases {
        by_object.entry(object).or_default().push(base);
    }
    cases.extend(by_object.iter().map(|(object, bases)| case("extends", &json!({ "enum": bases }), object)));
    // Passes whatever the object is, and lets editors find the descriptions of fields.
    let mut any: Vec<Value> = objects.iter().map(|name| reference(name)).collect();
    any.push(json!({ "type": "object" }));
    let hierarchy = HIERARCHY_WORDS.iter().map(|word| ((*word).to_owned(), hierarchy_word(word)));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "crossdock:mapping-file",
        "title": "mapping",
        "description": "One file that translates a partner's document to a canonical object and back. See docs/MAPPING.md.",
        "type": "object",
        "properties": {
            "canonical": {
                "description": "The ERP's side: the canonical object. `crossdock schema NAME` prints its fields. A file that `extends` another may leave it out.",
                "enum": objects,
            },
            "document": {
                "description": "The partner's side: syntax, release and transaction set, such as `x12/004010/945`. A file that `extends` another may leave it out.",
                "anyOf": [{ "enum": documents }, { "type": "string", "pattern": LAYOUT }],
            },
            "extends": {
                "description": "The mapping that this one changes, such as `base/945` for mappings/base/945.toml: a line replaces the line of the same field, a table is merged key by key, `false` drops.",
                "type": "string", "pattern": "^[^/]+(/[^/]+)*$", "examples": bases.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            },
            "guide": {
                "description": "The partner's guide that documents are held against, read or written, such as `guides/harbor-945` for mappings/guides/harbor-945.toml.",
                "anyOf": [{ "type": "string", "pattern": "^(guides/)?[^/]+(/[^/]+)*$" }, { "const": false, "description": "Drops the one that the extended mapping names." }],
            },
            "map": { "description": "Canonical field = place in the document.", "type": "object", "anyOf": any },
            "hierarchy": {
                "description": "How the document's levels (HL) find the one they stand in, and what is written of that.",
                "type": "object", "properties": hierarchy.collect::<Map<_, _>>(), "additionalProperties": false,
            },
            "derived": derived(),
            "rule": rules(),
            "units": units(),
            "ignore": ignored(),
            "codes": {
                "description": "Code tables by name: the partner's code = the canonical word. A table of the same name is laid over the base's.",
                "type": "object", "additionalProperties": { "anyOf": [reference("code-table"), reference("dropped")] },
            },
            "block": {
                "description": "Lines that several tables take by `use = \"NAME\"`, relative to the loop or segment they are used in.",
                "type": "object", "additionalProperties": { "anyOf": [{ "type": "object" }, reference("dropped")] },
            },
            "test": {
                "description": "A document and the objects it must give; `crossdock check` runs it. Paths start at the home.",
                "type": "array", "items": reference("test"),
            },
        },
        "additionalProperties": false,
        "allOf": cases,
        "$defs": definitions,
    })
}

fn ignored() -> Value {
    json!({
        "description": "What is left out on purpose, so that it is not told.",
        "type": "object", "additionalProperties": false,
        "properties": {
            "document": { "description": "Segments (`NTE`) and elements (`W0609`) of the document; with a qualifier only those that say so (`N902[N901=ZZ]`).", "type": "array", "items": { "type": "string" } },
            "canonical": { "description": "Fields of the object, such as `notes` or `carrier.name`.", "type": "array", "items": { "type": "string" } },
        },
    })
}

fn case(key: &str, when: &Value, object: &str) -> Value {
    json!({
        "if": { "properties": { key: when }, "required": [key] },
        "then": { "properties": { "map": reference(object) } },
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn dropped() -> Value {
    json!({ "description": "Drops what the extended file has.", "const": false })
}

/// What several places of the schema refer to.
fn common_definitions() -> Map<String, Value> {
    let mut definitions = Map::new();
    let mut add = |name: &str, value: Value| definitions.insert(name.into(), value);
    add("dropped", dropped());
    add("place", json!({ "type": "string", "anyOf": [{ "pattern": PLACE }, { "pattern": NAMED_PLACE }] }));
    add(
        "places",
        json!({ "anyOf": [reference("place"), { "type": "array", "items": reference("place"), "minItems": 1 }] }),
    );
    add("texts", json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] }));
    let words = LINE_WORDS.iter().map(|word| ((*word).to_owned(), line_word(word)));
    add(
        "line",
        json!({
            "anyOf": [
                reference("place"),
                { "type": "object", "properties": words.collect::<Map<_, _>>(), "additionalProperties": false, "minProperties": 1 },
                reference("dropped"),
            ],
        }),
    );
    add("quantity", quantity());
    for word in STRUCTURE_WORDS {
        add(&format!("word-{word}"), structure_word(word));
    }
    let words = DERIVED_WORDS.iter().map(|word| ((*word).to_owned(), derived_word(word)));
    add(
        "derived-value",
        json!({
            "type": "object", "properties": words.collect::<Map<_, _>>(), "additionalProperties": false,
            "oneOf": [
            { "required": ["const"] }, { "required": ["expression"] }, { "required": ["counter"] }, { "required": ["count"] },
            { "required": ["recall"] }, { "required": ["sequence"] },
        ],
        }),
    );
    add("rule", rule());
    add("code-table", code_table());
    let path = |what: &str| json!({ "description": what, "type": "string", "minLength": 1 });
    add(
        "test",
        json!({
            "type": "object", "required": ["document", "canonical"], "additionalProperties": false,
            "properties": {
                "document": path("The partner's document."),
                "canonical": path("The array of objects it must give, as `crossdock translate FILE --data` prints them."),
            },
        }),
    );
    definitions
}

/// A line of a quantity, or the lines of its number and unit.
fn quantity() -> Value {
    json!({
        "anyOf": [
            reference("line"),
            {
                "description": "A quantity whose number and unit have lines of their own.",
                "type": "object", "required": ["value"], "additionalProperties": false,
                "properties": {
                    "in": reference("word-in"), "when": reference("word-when"),
                    "value": reference("line"), "unit": reference("line"),
                },
            },
        ],
    })
}

/// A table of codes.
fn code_table() -> Value {
    json!({
        "type": "object",
        "properties": { "*": {
            "description": "What a code becomes that has no row: `error` stops the document, `keep` puts it into the field's `_code` sibling, or keeps it as it is.",
            "enum": UNKNOWN_CODE_WORDS.map(|(word, _)| word),
        } },
        "additionalProperties": { "anyOf": [
            { "description": "The canonical word.", "type": "string" },
            {
                "type": "object", "required": ["is"], "additionalProperties": false,
                "properties": {
                    "is": { "description": "The canonical word.", "type": "string" },
                    "prefer": { "description": "Of several codes for one word, this one is written.", "type": "boolean" },
                },
            },
            reference("dropped"),
        ] },
    })
}

/// The table of a node of the object: the words that say how it is filled, and its fields.
fn table(shape: &Shape, node: &NodeShape, root: bool) -> Value {
    let mut properties = Map::new();
    if root {
        properties.insert("in".into(), reference("word-in"));
    } else {
        properties.extend(STRUCTURE_WORDS.map(|word| (word.to_owned(), reference(&format!("word-{word}")))));
    }
    properties.extend(node.fields.iter().map(|field| (field.name.clone(), field_schema(shape, field))));
    let further = match node.open {
        true => {
            json!({ "description": "The value under this scheme; `\"*\"` takes every scheme.", "$ref": "#/$defs/line" })
        }
        false => json!(false),
    };
    json!({ "type": "object", "properties": properties, "additionalProperties": further })
}

fn field_schema(shape: &Shape, field: &Field) -> Value {
    let mut description = field.description.clone();
    let content = match &field.kind {
        Kind::Object(inner) if !shape.node(*inner).quantity || field.list => {
            let what = if field.list {
                " A list: `each` or `rest` says what fills it; `[[...]]` gives it several tables, which constants tell apart."
            } else {
                ""
            };
            description.push_str(what);
            let table = reference(&shape.node(*inner).name);
            match field.list {
                true => {
                    json!({ "anyOf": [table, { "type": "array", "items": table, "minItems": 1 }, reference("dropped")] })
                }
                false => json!({ "anyOf": [table, reference("dropped")] }),
            }
        }
        Kind::Object(_) => reference("quantity"),
        _ => reference("line"),
    };
    if let Kind::Word(words) = &field.kind {
        description.push_str(&format!(" One of {}: name a table in `codes`.", words.join(", ")));
    }
    let Value::Object(mut out) = content else { return content };
    out.insert("description".into(), description.into());
    Value::Object(out)
}

/// A word that says how a table is filled.
fn structure_word(word: &str) -> Value {
    match word {
        "in" => described(
            "The loop that this object stands in, such as `N1[N101=ST]`; without it the object has its places in the loop around. `false` drops the base's.",
            json!({ "anyOf": [reference("place"), reference("dropped")] }),
        ),
        "use" => described(
            "The block whose lines this table takes; own lines come over them, `false` drops one.",
            json!({ "anyOf": [{ "type": "string" }, reference("dropped")] }),
        ),
        "each" => described(
            "One entry for each such loop (`LX/W12`) or segment (`W10`), or for each pair inside a segment (`pair(SDQ03)`).",
            json!({ "anyOf": [reference("place"), reference("dropped")] }),
        ),
        "rest" => described(
            "One entry for each such segment or loop that no other line or table takes; of several places all are read and the first is written.",
            json!({ "anyOf": [reference("places"), reference("dropped")] }),
        ),
        "key" => described(
            "The field by which entries of an old and a new object are recognised when a document is changed.",
            json!({ "anyOf": [{ "type": "string" }, reference("dropped")] }),
        ),
        "group" => described(
            "The fields in which entries agree that share one occurrence of the loop on the way: the LX of `LX/W12`.",
            json!({ "anyOf": [reference("texts"), reference("dropped")] }),
        ),
        "when" => described(
            "What the object must say for the table to be used, such as `action = 'cancel'`.",
            json!({ "anyOf": [{ "type": "string" }, reference("dropped")] }),
        ),
        _ => json!({}),
    }
}

/// A word of a line.
fn line_word(word: &str) -> Value {
    let text = json!({ "type": "string" });
    match word {
        "at" => described("The place of the value. For an instant: date, time, time code.", reference("places")),
        "first" => described(
            "Several places that say the same: the first that has a value is read. A date with its time is a list of places.",
            json!({ "anyOf": [
                reference("places"),
                { "type": "array", "items": reference("places"), "minItems": 1 },
            ] }),
        ),
        "list" => described("Several elements, one after the other: a list of values.", reference("places")),
        "each" => described("The same element of all such rows: a list of values.", reference("place")),
        "rest" => {
            described("What no other line takes: a list of values, or the pairs of an open field.", reference("places"))
        }
        "const" => described("No place: the mapping knows the value. It is not written.", text),
        "levels" => described(
            "The kinds of level that the document has, such as `HL03`: the shipment's structure.",
            reference("place"),
        ),
        "document_key" => described(
            "The place, in a loop of the document, by which several objects of one transaction set are told apart, such as `LX/N902[N901=OR]`: loops that say the same are one object.",
            reference("place"),
        ),
        "continues" => described(
            "With `document_key`: a loop that says no key belongs to the object before it.",
            json!({ "const": true }),
        ),
        "scheme" => described("With `at`, for the key `\"*\"`: the place of the key.", reference("place")),
        "unit" => described(
            "Of a quantity: the place of its unit, or the unit itself, such as `LB`.",
            json!({ "anyOf": [text, {
                "type": "object", "required": ["at"], "additionalProperties": false,
                "properties": {
                    "at": described("The place of the unit.", reference("place")),
                    "codes": described("The code table of the unit.", json!({ "type": "string" })),
                    "default": described("The unit where the document says none, as it stands in the object.", json!({ "type": "string" })),
                },
            }] }),
        ),
        "codes" => described("The code table between the partner's codes and the ERP's words.", text),
        "absent" => described("Texts that mean \"nothing\".", reference("texts")),
        "default" => described("The value when the document has none, as it stands in the object.", text),
        "zone" => {
            described("IANA time zone of the instant, when it is not the partner's, such as `America/Denver`.", text)
        }
        "zero" => described("`omit`: zero means \"nothing\".", json!({ "enum": ["omit"] })),
        "write" => described("With `first`: write to the first place, or to all.", json!({ "enum": ["first", "all"] })),
        "way" => described("`in`: only read, `out`: only written.", json!({ "enum": ["in", "out", "both"] })),
        "when" => described("What the object must say for the line to be used, such as `action = 'cancel'`.", text),
        "type" => described(
            "The element has another type, but its text is meant so.",
            json!({ "enum": ["date", "time", "number", "text"] }),
        ),
        "decimals" => described(
            "Implied decimals, when the element's type does not say them.",
            json!({ "type": "integer", "minimum": 0, "maximum": 9 }),
        ),
        _ => manner_word(word),
    }
}

/// A word of a line that says how its value is written.
fn manner_word(word: &str) -> Value {
    let text = json!({ "type": "string" });
    match word {
        "format" => described(
            "How a date, time or number is written, where it is not the standard's way: `M/D/YYYY h:mm AM`, `#.##0,00-`; of several places, one for each.",
            reference("texts"),
        ),
        "units" => described("The table `[units.NAME]` by which the quantity is converted.", text),
        "trim" => described("`true`: blanks around the text mean nothing.", json!({ "const": true })),
        "case" => described("The text is in capitals, or in small letters.", json!({ "enum": ["upper", "lower"] })),
        "chars" => described("The characters that the text may have when it is written, such as `A-Z0-9 .`.", text),
        "zeros" => described(
            "So many digits has a number in the document, with zeros before it; the object has it without them.",
            json!({ "type": "integer", "minimum": 2, "maximum": 40 }),
        ),
        "fit" => described(
            "What is done to a text that does not fit, and told each time: `cut` it, or write it in characters that fit.",
            {
                let one = json!({ "enum": ["cut", "transliterate"] });
                json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
            },
        ),
        "split" => described(
            "The text holds several values, with this between them; `part` says which of them is meant, without it a list takes all.",
            json!({ "type": "string", "minLength": 1 }),
        ),
        "part" => described(
            "With `split`: which part, from the left; the last one that is named has all that follows.",
            json!({ "type": "integer", "minimum": 1, "maximum": 9 }),
        ),
        "join" => described(
            "One text in several elements (`each`, `list`): what stands between its pieces; empty for nothing.",
            text,
        ),
        _ => json!({}),
    }
}

/// A word of `[hierarchy]`.
fn hierarchy_word(word: &str) -> Value {
    match word {
        "parent" => described(
            "Where a level names the one around it: `HL02`; `false` if the partner's cannot be trusted.",
            json!({ "anyOf": [reference("place"), { "const": false }] }),
        ),
        "otherwise" => described(
            "Where a level stands that names no other one, or one that is not there: `by_level`, by the order of `levels`, or `outermost`.",
            json!({ "enum": ["by_level", "outermost"] }),
        ),
        "levels" => described("The codes of the levels, outermost first: `S O T P I`.", json!({ "type": "string" })),
        "write" => described(
            "What is written of the hierarchy beside the level's own number: `HL02`, `HL04`.",
            reference("places"),
        ),
        _ => json!({}),
    }
}

fn derived() -> Value {
    json!({
        "description": "Places that only the document has, and how their values are made. They are written, and compared when a document is read.",
        "type": "object", "propertyNames": { "anyOf": [{ "pattern": PLACE }, { "pattern": NAMED_PLACE }] },
        "additionalProperties": { "anyOf": [reference("derived-value"), reference("dropped")] },
    })
}

fn units() -> Value {
    let unit = |what: &str| json!({ "description": what, "type": "string", "minLength": 1 });
    json!({
        "description": "Units in exact ratios to the ERP's own.",
        "type": "object",
        "additionalProperties": { "anyOf": [reference("dropped"), {
            "type": "object", "required": ["is"],
            "properties": {
                "is": unit("The unit that the object has."), "write": unit("The unit that is written."),
                "by": unit("Where ratios differ from item to item: the field that names the item, such as `sku`."),
                "items": { "description": "Units of each item, such as `TENT = { CA = 12 }`.", "type": "object", "additionalProperties": { "type": "object" } },
            },
            "additionalProperties": {
                "description": "How many of the object's unit this one is: `12`, `\"1/12\"`, `\"0.45359237\"`.",
                "anyOf": [{ "type": "integer", "minimum": 1 }, { "type": "string", "pattern": r"^[0-9.]+(/[0-9.]+)?$" }, reference("dropped")],
            },
        }] },
    })
}

fn rules() -> Value {
    json!({
        "description": "What must hold of the object, under names of your own.",
        "type": "object", "additionalProperties": { "anyOf": [reference("rule"), reference("dropped")] },
    })
}

fn rule() -> Value {
    let words = RULE_WORDS.iter().map(|word| ((*word).to_owned(), rule_word(word)));
    let words = words.collect::<Map<_, _>>();
    json!({ "type": "object", "properties": words, "additionalProperties": false, "required": ["must"] })
}

/// A word of a rule.
fn rule_word(word: &str) -> Value {
    let text = json!({ "type": "string" });
    let policy = json!({ "enum": ["reject", "hold", "report", "ignore"] });
    match word {
        "must" => described("What must hold, such as `present(lot)`: fields of the entry, else of the object.", text),
        "when" => described("When it must; without it, always.", text),
        "for" => described("The list for each of whose entries it must, such as `packages.lines`.", text),
        "policy" => described(
            "What follows when it does not: `hold` (which is so when nothing is said), `reject`, `report` or `ignore`; it may differ for the two ways.",
            json!({ "anyOf": [policy, {
                "type": "object", "additionalProperties": false, "properties": { "receive": policy, "send": policy },
            }] }),
        ),
        "owner" => {
            described("Who must act.", json!({ "enum": ["integration", "warehouse", "customer_service", "finance"] }))
        }
        "message" => described("What is told, in your own words.", text),
        "remedy" => described("What to do, in your own words.", text),
        "says" => described("Where it comes from, such as `page 9`.", text),
        _ => json!({}),
    }
}

/// A word of a derived value.
fn derived_word(word: &str) -> Value {
    match word {
        "const" => described("A fixed text.", json!({ "type": "string" })),
        "expression" => described(
            "Computed from canonical fields: `+ - * /`, `sum(list)`, `count(list)`, `round(number, digits)`.",
            json!({ "type": "string" }),
        ),
        "counter" => described(
            "The number of the loop among its siblings: the list, or lists, that it fills.",
            reference("texts"),
        ),
        "count" => described("How many such segments the document has.", reference("place")),
        "recall" => described(
            "What the record of an earlier document says, such as `fulfillment_order.customer_order_number`.",
            json!({ "type": "string" }),
        ),
        "by" => described(
            "With `recall` of a list: the field, or fields, that say the same in our entry and in the record's.",
            reference("texts"),
        ),
        "sequence" => described("The next number of a sequence of our own, by its name.", json!({ "type": "string" })),
        "for" => described(
            "The list, or lists, whose entries have such a place; `*` for every table that has a line in the segment.",
            reference("texts"),
        ),
        "with" => described("The element beside which it is written, of the same segment.", reference("place")),
        "codes" => described("The code table by which a word is written.", json!({ "type": "string" })),
        "format" => described(
            "How a date, time or number is written, where it is not the element's way: `MM/DD/YYYY`, `000000`.",
            json!({ "type": "string" }),
        ),
        "mismatch" => described(
            "When a document says otherwise: `report` tells it, which is so when nothing is said, `ignore` does not.",
            json!({ "enum": ["report", "ignore"] }),
        ),
        _ => json!({}),
    }
}

fn described(description: &str, mut schema: Value) -> Value {
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".into(), description.into());
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::{
        DERIVED_WORDS, HIERARCHY_WORDS, LINE_WORDS, RULE_WORDS, STRUCTURE_WORDS, Value, derived_word, hierarchy_word,
        line_word, rule_word, structure_word,
    };

    #[test]
    fn every_word_of_the_language_is_described() {
        let all = LINE_WORDS.iter().map(|word| (word, line_word(word)));
        let all = all.chain(STRUCTURE_WORDS.iter().map(|word| (word, structure_word(word))));
        let all = all.chain(DERIVED_WORDS.iter().map(|word| (word, derived_word(word))));
        let all = all.chain(RULE_WORDS.iter().map(|word| (word, rule_word(word))));
        let all = all.chain(HIERARCHY_WORDS.iter().map(|word| (word, hierarchy_word(word))));
        let silent: Vec<&str> =
            all.filter(|(_, schema)| schema["description"] == Value::Null).map(|(word, _)| *word).collect();
        assert!(silent.is_empty(), "say in src/mapping/schema.rs what these words mean: {silent:?}");
    }
}
