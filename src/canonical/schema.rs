//! The JSON Schemas of the canonical objects, made from the Rust types, and the shapes made from the schemas.
//!
//! The Rust types are the only source. A schema that is published (`published/`) never changes: a change that could
//! break a reader takes a new version.

use std::collections::HashMap;
use std::sync::OnceLock;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::fulfillment_order::FulfillmentOrder;
use super::inventory_adjustment::InventoryAdjustment;
use super::inventory_report::InventoryReport;
use super::receipt::Receipt;
use super::scalar::TIME_PATTERN;
use super::shape::{CANCELLATIONS, Field, JsonKey, Kind, NodeShape, NodeShapeId, Shape};
use super::ship_notice::ShipNotice;
use super::shipment::Shipment;
use super::stock_transfer::StockTransfer;

/// A canonical object we have.
struct Published {
    name: &'static str,
    version: u32,
    /// At least one of these fields must have a value; the first present one is the event's subject.
    keys: &'static [&'static str],
    /// See [`Shape::apart`].
    apart: &'static [&'static str],
    root: fn() -> Value,
}

/// Where stock is.
const PLACE: &[&str] = &["warehouse", "ship_from"];

const OBJECTS: [Published; 7] = [
    Published {
        name: "fulfillment_order",
        version: 1,
        keys: &["order_number"],
        apart: &[],
        root: root::<FulfillmentOrder>,
    },
    Published {
        name: "stock_transfer",
        version: 1,
        keys: &["order_number", "shipment_number"],
        apart: &["shipment_number"],
        root: root::<StockTransfer>,
    },
    Published { name: "receipt", version: 1, keys: &["receipt_number"], apart: &[], root: root::<Receipt> },
    Published {
        name: "shipment",
        version: 1,
        keys: &["order_number", "shipment_number"],
        apart: &["shipment_number"],
        root: root::<Shipment>,
    },
    Published {
        name: "inventory_report",
        version: 1,
        keys: &["report_number", "report_date"],
        apart: PLACE,
        root: root::<InventoryReport>,
    },
    Published { name: "ship_notice", version: 1, keys: &["shipment_number"], apart: &[], root: root::<ShipNotice> },
    Published {
        name: "inventory_adjustment",
        version: 1,
        keys: &["adjustment_number", "depositor_adjustment_number", "adjustment_date"],
        apart: PLACE,
        root: root::<InventoryAdjustment>,
    },
];

static SHAPES: [OnceLock<Shape>; OBJECTS.len()] = [const { OnceLock::new() }; OBJECTS.len()];

/// The names of all canonical objects, such as `shipment`.
pub fn names() -> impl Iterator<Item = &'static str> {
    OBJECTS.iter().map(|object| object.name)
}

/// The shape of the canonical object `name`, in its present version.
#[must_use]
pub fn shape(name: &str) -> Option<&'static Shape> {
    let at = OBJECTS.iter().position(|object| object.name == name)?;
    Some(SHAPES[at].get_or_init(|| build(&OBJECTS[at])))
}

/// The JSON Schema (draft 2020-12) of the canonical object `name`, in its present version.
#[must_use]
pub fn schema(name: &str) -> Option<Value> {
    OBJECTS.iter().find(|object| object.name == name).map(describe)
}

/// The schema's identifier, such as `crossdock:shipment/1`.
#[must_use]
pub fn schema_id(name: &str, version: u32) -> String {
    format!("crossdock:{name}/{version}")
}

fn root<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

fn describe(object: &Published) -> Value {
    let mut root = (object.root)();
    tidy(&mut root);
    let Value::Object(generated) = root else {
        return root;
    };
    let mut out = Map::new();
    out.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    out.insert("$id".into(), json!(schema_id(object.name, object.version)));
    out.insert("title".into(), json!(object.name));
    out.insert("description".into(), generated["description"].clone());
    if let [_, _, ..] = object.keys {
        let choices: Vec<Value> = object.keys.iter().map(|key| json!({ "required": [key] })).collect();
        out.insert("anyOf".into(), json!(choices));
    }
    for (key, value) in generated {
        out.entry(key).or_insert(value);
    }
    spare_cancellations(&mut out);
    Value::Object(out)
}

/// An object with an `action` may do without its required lists where it cancels or deletes an earlier one.
fn spare_cancellations(object: &mut Map<String, Value>) {
    let properties = object.get("properties").cloned().unwrap_or_default();
    let Some(Value::Array(required)) = object.get_mut("required") else { return };
    let is_list = |name: &Value| properties[name.as_str().unwrap_or_default()].get("items").is_some();
    let lists: Vec<Value> = required.iter().filter(|name| is_list(name)).cloned().collect();
    if lists.is_empty() || properties.get("action").is_none() {
        return;
    }
    required.retain(|name| !lists.contains(name));
    let cancels = json!({ "properties": { "action": { "enum": CANCELLATIONS } }, "required": ["action"] });
    object.insert("if".into(), cancels);
    object.insert("else".into(), json!({ "required": lists }));
}

/// Says in the schema what holds for all canonical objects: absent means not sent, so there is no null, no empty text,
/// no empty list and no empty object. Also joins the lines of doc comments.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(tidy),
        Value::Object(map) => {
            drop_null(map);
            map.values_mut().for_each(tidy);
            if let Some(Value::String(text)) = map.get_mut("description")
                && text.contains('\n')
            {
                *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            let free = || ["enum", "const", "format", "pattern", "anyOf"].iter().all(|key| !map.contains_key(*key));
            match map.get("type").and_then(Value::as_str) {
                Some("string") if free() => {
                    map.insert("minLength".into(), json!(1));
                }
                Some("array") => {
                    map.insert("minItems".into(), json!(1));
                }
                Some("object") if !map.contains_key("required") => {
                    map.insert("minProperties".into(), json!(1));
                }
                _ => {}
            }
        }
        _ => {}
    }
}

/// What schemars writes for an `Option` allows null: this takes the null out.
fn drop_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_mut_slice() {
            let only = only.take();
            map.insert("type".into(), only);
        }
    }
    let is_null = |choice: &Value| choice["type"] == "null";
    if let Some(Value::Array(choices)) = map.get_mut("anyOf")
        && choices.iter().any(is_null)
    {
        choices.retain(|choice| !is_null(choice));
        if let [Value::Object(only)] = choices.as_mut_slice() {
            let only = std::mem::take(only);
            map.remove("anyOf");
            map.extend(only);
        }
    }
}

fn build(object: &Published) -> Shape {
    let schema = describe(object);
    let mut builder = Builder { definitions: &schema["$defs"], nodes: Vec::new(), known: HashMap::new() };
    builder.node(object.name, &schema);
    Shape {
        name: object.name,
        version: object.version,
        description: text(&schema, "description"),
        nodes: builder.nodes,
        keys: object.keys,
        apart: object.apart,
    }
}

/// Walks a schema and numbers its object definitions in the order in which they are met.
struct Builder<'s> {
    definitions: &'s Value,
    nodes: Vec<NodeShape>,
    known: HashMap<&'s str, NodeShapeId>,
}

impl<'s> Builder<'s> {
    fn node(&mut self, name: &str, schema: &'s Value) -> NodeShapeId {
        let id = NodeShapeId(u16::try_from(self.nodes.len()).expect("fewer than 65536 definitions"));
        self.nodes.push(NodeShape::new(name, schema["additionalProperties"].is_object()));
        let required = [&schema["required"], &schema["else"]["required"]];
        let required: Vec<&str> =
            required.into_iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect();
        let properties = schema["properties"].as_object().into_iter().flatten();
        let fields = properties.map(|(name, property)| self.field(name, property, &required)).collect();
        self.nodes[usize::from(id.0)].set_fields(fields);
        id
    }

    fn field(&mut self, name: &str, property: &'s Value, required: &[&str]) -> Field {
        let items = property.get("items");
        Field {
            name: name.to_owned(),
            kind: self.kind(items.unwrap_or(property)),
            list: items.is_some(),
            required: required.contains(&name),
            description: text(property, "description"),
            json_key: JsonKey::new(name),
        }
    }

    fn kind(&mut self, schema: &'s Value) -> Kind {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            let definition = &self.definitions[name];
            return match definition["type"].as_str() {
                Some("object") => Kind::Object(self.definition(name, definition)),
                _ => self.kind(definition),
            };
        }
        if let Some(words) = schema["oneOf"].as_array() {
            let words = words.iter().filter_map(|word| word["const"].as_str());
            return Kind::Word(words.map(str::to_owned).collect());
        }
        if schema["type"] == "number" {
            Kind::Decimal
        } else if schema["format"] == "date" {
            Kind::Date
        } else if schema["pattern"] == TIME_PATTERN {
            Kind::Time
        } else if schema["anyOf"].is_array() {
            Kind::DateOrInstant
        } else {
            Kind::Text
        }
    }

    fn definition(&mut self, name: &'s str, definition: &'s Value) -> NodeShapeId {
        if let Some(id) = self.known.get(name) {
            return *id;
        }
        let id = self.node(name, definition);
        self.known.insert(name, id);
        id
    }
}

fn text(schema: &Value, key: &str) -> String {
    schema[key].as_str().unwrap_or_default().to_owned()
}
