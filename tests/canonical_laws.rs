//! Laws of canonical JSON on random objects: what is written is read back, agrees with the published schema and with
//! the Rust types, and is written the same again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::sync::LazyLock;

use crossdock::canonical::{
    self, FieldId, FulfillmentOrder, InventoryAdjustment, InventoryReport, Kind, NodeId, Object, Origin, Receipt,
    Shape, ShipNotice, Shipment, StockTransfer, Value, differences, emit, emit_pretty, number, read,
};
use jsonschema::Validator;
use proptest::prelude::*;
use serde::de::DeserializeOwned;

/// The example of the design, all its optional parts written out.
const EXAMPLE: &str = r##"{"order_number":"SO100234","shipment_number":"BOL9981","purchase_order_number":"PO7788","action":"original","ship_date":"2026-03-10","pro_number":"339112","ship_to":{"name":"Granite Outfitters #41","identifiers":{"assigned_by_them":"0041"},"address":{"lines":["2200 Quarry Road","Dock 7"],"city":"Sparks","region":"NV","postal_code":"89431","country":"US"}},"carrier":{"scac":"RDWY","name":"YRC Freight","mode":"motor","payment_terms":"collect"},"references":[{"qualifier":"DP","value":"114"}],"packages":[{"package_number":"1","sscc":"00100614141000012342","lines":[{"sku":"SKU-100","identifiers":{"upc_case":"012345678905"},"lot":"LOT-A1","ordered":{"value":24,"unit":"EA"},"shipped":{"value":20,"unit":"EA"},"difference":{"value":4,"unit":"EA"},"status":"short_shipped"}]}],"totals":{"units":20,"weight":{"value":18.50,"unit":"LB"}}}"##;

fn validator(name: &str) -> &'static Validator {
    static ALL: LazyLock<HashMap<&str, Validator>> = LazyLock::new(|| {
        let build = |name| {
            let options = jsonschema::options().should_validate_formats(true);
            (name, options.build(&canonical::schema(name).unwrap()).unwrap())
        };
        canonical::names().map(build).collect()
    });
    &ALL[name]
}

fn accepted_by_type(name: &str, json: &[u8]) -> Result<(), serde_json::Error> {
    fn accepted<T: DeserializeOwned>(json: &[u8]) -> Result<(), serde_json::Error> {
        serde_json::from_slice::<T>(json).map(drop)
    }
    match name {
        "fulfillment_order" => accepted::<FulfillmentOrder>(json),
        "stock_transfer" => accepted::<StockTransfer>(json),
        "receipt" => accepted::<Receipt>(json),
        "shipment" => accepted::<Shipment>(json),
        "inventory_report" => accepted::<InventoryReport>(json),
        "ship_notice" => accepted::<ShipNotice>(json),
        "inventory_adjustment" => accepted::<InventoryAdjustment>(json),
        _ => panic!("no Rust type for {name}"),
    }
}

/// Reads, validates and writes again; returns what is wrong.
fn check(name: &str, json: &[u8]) -> Result<Object, String> {
    let shape = canonical::shape(name).unwrap();
    let (object, diagnostics) = read(json, shape);
    if let Some(first) = diagnostics.list().first() {
        return Err(format!("reader: {} at {:?}", first.message, first.place));
    }
    accepted_by_type(name, json).map_err(|error| format!("type: {error}"))?;
    let value = serde_json::from_slice(json).map_err(|error| format!("serde_json: {error}"))?;
    validator(name).validate(&value).map_err(|error| format!("schema: {error} at {}", error.instance_path()))?;
    let mut again = Vec::new();
    emit(&object, shape, &mut again);
    if again != json {
        return Err(format!("written again: {}", String::from_utf8_lossy(&again)));
    }
    Ok(object)
}

#[test]
fn the_example_shipment_is_accepted_and_written_again_byte_for_byte() {
    check("shipment", EXAMPLE.as_bytes()).unwrap();
}

#[test]
fn schema_type_and_reader_refuse_the_same() {
    for (name, json) in [
        ("shipment", r#"{}"#),
        ("shipment", r#"{"ship_date":"2026-03-10"}"#),
        ("shipment", r#"{"order_number":""}"#),
        ("shipment", r#"{"order_number":null}"#),
        ("shipment", r#"{"order_number":7}"#),
        ("shipment", r#"{"order_number":"A","lines":[]}"#),
        ("shipment", r#"{"order_number":"A","ship_to":{}}"#),
        ("shipment", r#"{"order_number":"A","shipto":{"name":"B"}}"#),
        ("shipment", r#"{"order_number":"A","action":"new"}"#),
        ("shipment", r#"{"order_number":"A","ship_date":"2026-02-30"}"#),
        ("shipment", r#"{"order_number":"A","ship_date":"2026-02-28T10:00"}"#),
        ("shipment", r#"{"order_number":"A","references":[{"time":"25:00"}]}"#),
        ("shipment", r#"{"order_number":"A","totals":{"weight":{"unit":"LB"}}}"#),
        ("shipment", r#"{"order_number":"A","ship_to":{"identifiers":{"zz":7}}}"#),
        ("shipment", r#"{"order_number":"A","ship_to":{"identifiers":{"zz":""}}}"#),
        ("receipt", r#"{"receipt_number":"A"}"#),
        ("fulfillment_order", r#"{"order_number":"A"}"#),
        ("stock_transfer", r#"{"lines":[{"sku":"A"}]}"#),
        ("stock_transfer", r#"{"shipment_number":"A"}"#),
        ("inventory_report", r#"{"report_number":"A","items":[{"sku":"A"}]}"#),
        ("inventory_report", r#"{"report_date":"2026-03-10"}"#),
        ("inventory_report", r#"{"report_date":"2026-03-10","items":[{"quantities":[{"state":"here"}]}]}"#),
        ("ship_notice", r#"{"order_number":"A"}"#),
        ("ship_notice", r#"{"shipment_number":"A","orders":[{"pallets":[{"orders":[{"order_number":"B"}]}]}]}"#),
        ("inventory_adjustment", r#"{"adjustment_number":"A","adjustments":[{"sku":"A"}]}"#),
    ] {
        let (_, diagnostics) = read(json.as_bytes(), canonical::shape(name).unwrap());
        assert!(diagnostics.errors() > 0, "reader accepts {json}");
        let value = serde_json::from_str(json).unwrap();
        assert!(!validator(name).is_valid(&value), "schema accepts {json}");
    }
}

/// Random choices from one seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % limit
    }

    fn text(&mut self) -> String {
        const CHARACTERS: &[char] =
            &['a', 'Z', '0', ' ', '"', '\\', '/', '\n', '\t', '\u{1}', '\u{7f}', 'é', '\u{2028}', '😀'];
        (0..=self.below(12)).map(|_| CHARACTERS[self.below(CHARACTERS.len())]).collect()
    }

    fn value(&mut self, kind: &Kind) -> String {
        let two = |number: usize| format!("{number:02}");
        let date = |random: &mut Self| {
            format!("20{}-{}-{}", two(random.below(100)), two(1 + random.below(12)), two(1 + random.below(28)))
        };
        let time = |random: &mut Self| {
            format!("{}:{}:{}", two(random.below(24)), two(random.below(60)), two(random.below(60)))
        };
        match kind {
            Kind::Word(words) => words[self.below(words.len())].clone(),
            Kind::Date => date(self),
            Kind::Time if self.below(2) == 0 => time(self)[..5].to_owned(),
            Kind::Time => time(self) + [".5", ".25", ""][self.below(3)],
            Kind::DateOrInstant if self.below(2) == 0 => date(self),
            Kind::DateOrInstant => date(self) + "T" + &time(self) + ["Z", "-07:00", ".125+05:30"][self.below(3)],
            _ => self.text(),
        }
    }

    fn object(&mut self, shape: &Shape) -> Object {
        let mut object = Object::new();
        self.fill(&mut object, shape, NodeId::ROOT, 0);
        object
    }

    /// Gives some fields of a node a value, in any order; those it cannot do without always.
    fn fill(&mut self, object: &mut Object, shape: &Shape, id: NodeId, depth: usize) {
        let node = shape.node(object.shape(id));
        let mut fields: Vec<u16> = (0..).take(node.fields.len()).collect();
        for at in (1..fields.len()).rev() {
            fields.swap(at, self.below(at + 1));
        }
        let one = fields[0];
        for at in fields {
            let field = node.get(FieldId(at));
            let key = depth == 0 && shape.keys.contains(&field.name.as_str());
            if !(field.required || key || at == one || self.below(3 + 2 * depth) == 0) {
                continue;
            }
            let entries = if field.list { 1 + self.below(3) } else { 1 };
            for _ in 0..entries {
                self.entry(object, shape, id, FieldId(at), depth);
            }
        }
        for number in 0..if node.open { self.below(3) } else { 0 } {
            let text = self.text();
            let span = object.intern(&text);
            object.push_open(id, &format!("{number}{text}"), Value::Text(span), Origin::NOWHERE);
        }
    }

    fn entry(&mut self, object: &mut Object, shape: &Shape, id: NodeId, field: FieldId, depth: usize) {
        match &shape.node(object.shape(id)).get(field).kind {
            Kind::Object(inner) => {
                let child = object.add(id, field, *inner, Origin::NOWHERE);
                self.fill(object, shape, child, depth + 1);
            }
            Kind::Decimal => {
                let digits = ["0", "24", "18.50", "-0.5", "0.00", "123456789012345678901.25", "7.0000"];
                let decimal = number::parse(digits[self.below(digits.len())].as_bytes()).unwrap();
                object.push(id, field, Value::Decimal(decimal), Origin::NOWHERE);
            }
            kind => {
                let text = self.value(kind);
                object.push_text(id, field, &text, Origin::NOWHERE);
            }
        }
    }
}

#[test]
fn every_field_is_written_and_read_at_least_once() {
    for name in canonical::names() {
        let shape = canonical::shape(name).unwrap();
        let mut filled = vec![0u128; shape.nodes.len()];
        for seed in 0..400 {
            let object = Random(seed).object(shape);
            for at in 0..object.node_count() {
                let id = NodeId(u32::try_from(at).unwrap());
                for entry in object.entries(id).filter(|entry| entry.field != FieldId::OPEN) {
                    filled[usize::from(object.shape(id).0)] |= 1 << entry.field.0;
                }
            }
        }
        for (node, filled) in shape.nodes.iter().zip(filled) {
            assert!(node.fields.len() < 128, "the reader counts fields in 128 bits");
            assert_eq!(filled, (1 << node.fields.len()) - 1, "{name}: {} has fields that are never tried", node.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_written_is_read_back(seed in any::<u64>()) {
        for name in canonical::names() {
            let shape = canonical::shape(name).unwrap();
            let object = Random(seed).object(shape);
            let (mut compact, mut pretty) = (Vec::new(), Vec::new());
            emit(&object, shape, &mut compact);
            emit_pretty(&object, shape, &mut pretty);
            let again = check(name, &compact).map_err(TestCaseError::fail)?;
            prop_assert_eq!(differences(&object, &again, shape), vec![]);
            let (from_pretty, diagnostics) = read(&pretty, shape);
            prop_assert!(diagnostics.is_empty());
            prop_assert_eq!(differences(&object, &from_pretty, shape), vec![]);
        }
    }

    #[test]
    fn damaged_json_is_told_and_never_makes_the_reader_panic(at in 0..EXAMPLE.len(), byte in any::<u8>()) {
        let shape = canonical::shape("shipment").unwrap();
        let mut damaged = EXAMPLE.as_bytes().to_vec();
        damaged[at] = byte;
        let (_, diagnostics) = read(&damaged, shape);
        let well_formed = serde_json::from_slice::<serde_json::Value>(&damaged).is_ok();
        prop_assert!(well_formed || diagnostics.errors() > 0);
        prop_assert!(canonical::submissions(&damaged).count() > 0);
        prop_assert!(!read(&damaged[..at], shape).1.is_empty());
    }
}
