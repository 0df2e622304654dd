//! The published schemas: they stay as they are, shapes agree with them, and mapping words are no field names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use crossdock::canonical::{self, Kind, NodeShapeId, Shape};
use serde_json::Value;

/// Words of the mapping language that a table beside a canonical field may use.
const RESERVED: &str = "at first list each const rest type format zone codes unit decimals zero default absent trim case \
     split part join chars fit check when way mismatch in use key";

fn shapes() -> impl Iterator<Item = &'static Shape> {
    canonical::names().map(|name| canonical::shape(name).expect("every name has a shape"))
}

fn published(name: &str, version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/canonical/published/{name}-{version}.json"))
}

#[test]
fn a_published_schema_does_not_change_without_a_new_version() {
    for shape in shapes() {
        let path = published(shape.name, shape.version);
        let schema = canonical::schema(shape.name).unwrap();
        let mut text = serde_json::to_string_pretty(&schema).unwrap();
        text.push('\n');
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            text == expected,
            "{} differs from the Rust types: a change that could break a reader takes a new version in \
             src/canonical/schema.rs; UPDATE_EXPECTED=1 writes the file",
            path.display()
        );
    }
}

#[test]
fn every_shape_agrees_with_its_published_schema() {
    for shape in shapes() {
        let text = std::fs::read_to_string(published(shape.name, shape.version)).unwrap();
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(schema["$id"], canonical::schema_id(shape.name, shape.version));
        assert_eq!(schema["additionalProperties"], false);
        for key in shape.keys {
            assert!(shape.nodes[0].field(key).is_some(), "{} has no {key}", shape.name);
        }
        compare(shape, NodeShapeId(0), &schema, &schema);
        for (at, node) in shape.nodes.iter().enumerate().skip(1) {
            let id = NodeShapeId(u16::try_from(at).unwrap());
            compare(shape, id, &schema["$defs"][&node.name], &schema);
        }
        let objects = schema["$defs"].as_object().unwrap().values().filter(|it| it["type"] == "object");
        assert_eq!(objects.count() + 1, shape.nodes.len());
    }
}

/// Compares one node shape with its definition, field by field.
fn compare(shape: &Shape, id: NodeShapeId, definition: &Value, schema: &Value) {
    let node = shape.node(id);
    let properties = definition["properties"].as_object().unwrap();
    let names: Vec<&String> = properties.keys().collect();
    let fields: Vec<&String> = node.fields.iter().map(|field| &field.name).collect();
    assert_eq!(names, fields, "{}", node.name);
    assert_eq!(node.open, definition["additionalProperties"] != false, "{}", node.name);
    for field in &node.fields {
        let property = &properties[&field.name];
        let what = format!("{}.{}", node.name, field.name);
        assert_eq!(field.list, property["type"] == "array", "{what}");
        // What only a cancellation may do without is required all the same.
        let required = [&definition["required"], &definition["else"]["required"]]
            .into_iter()
            .any(|list| list.as_array().is_some_and(|list| list.contains(&field.name.clone().into())));
        assert_eq!(field.required, required, "{what}");
        assert_eq!(property["description"], field.description.as_str(), "{what}");
        assert!(!field.description.is_empty(), "{what} has no description");
        let one = if field.list { &property["items"] } else { property };
        let reference = one["$ref"].as_str().map(|path| path.rsplit('/').next().unwrap());
        match &field.kind {
            Kind::Object(node) => assert_eq!(reference, Some(shape.node(*node).name.as_str()), "{what}"),
            Kind::Word(words) => {
                let choices = schema["$defs"][reference.unwrap()]["oneOf"].as_array().unwrap();
                let choices: Vec<&str> = choices.iter().map(|choice| choice["const"].as_str().unwrap()).collect();
                assert_eq!(&choices, words, "{what}");
            }
            Kind::Decimal => assert_eq!(one["type"], "number", "{what}"),
            Kind::Date => assert_eq!(one["format"], "date", "{what}"),
            Kind::Time => assert!(one["pattern"].is_string(), "{what}"),
            Kind::DateOrInstant => assert_eq!(one["anyOf"][1]["format"], "date-time", "{what}"),
            Kind::Text => assert_eq!(one["minLength"], 1, "{what}"),
        }
    }
}

#[test]
fn no_field_is_called_like_a_word_of_the_mapping_language() {
    for shape in shapes() {
        for node in shape.nodes.iter().filter(|node| !node.quantity) {
            for field in &node.fields {
                let reserved = RESERVED.split_whitespace().any(|word| word == field.name);
                assert!(!reserved, "{}: {}.{} is a reserved word", shape.name, node.name, field.name);
            }
        }
    }
}

#[test]
fn only_quantities_are_quantities_and_every_word_field_has_a_code_beside_it() {
    for shape in shapes() {
        for node in &shape.nodes {
            let fields: Vec<&str> = node.fields.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(node.quantity, fields == ["value", "unit"], "{}", node.name);
            for field in node.fields.iter().filter(|field| matches!(field.kind, Kind::Word(_))) {
                let code = format!("{}_code", field.name);
                assert!(node.field(&code).is_some(), "{}.{} has no {code}", node.name, field.name);
            }
        }
    }
}
