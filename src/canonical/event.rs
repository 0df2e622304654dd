//! The CloudEvents 1.0 envelope around a canonical object: what goes to the ERP and comes from it.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::emit::{emit, emit_pretty_at, emit_text};
use super::json::{Cursor, JsonText};
use super::object::{NodeId, Object, Value};
use super::schema::schema_id;
use super::shape::Shape;

/// The envelope of one event.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Stable for the document and its revision, see [`event_id`].
    pub id: &'a str,
    /// The partner, such as `/partners/harbor`.
    pub source: &'a str,
    /// The object's business key, see [`subject`].
    pub subject: Option<&'a str>,
    /// When the event was made.
    pub time: Timestamp,
    /// One id along the chain of an order's documents.
    pub correlation_id: Option<&'a str>,
    /// The document the object was read from.
    pub document_id: Option<&'a str>,
    /// The id of the event that this one replaces.
    pub supersedes: Option<&'a str>,
    /// Its number in the log of what was published: by it, and by nothing else, events stand in their order.
    pub sequence: Option<u64>,
}

/// Appends the event around `object` as compact JSON, without a line end.
pub fn emit_event(event: &Event<'_>, object: &Object, shape: &Shape, out: &mut Vec<u8>) {
    attributes(event, shape, ["{", ",", ":"], out);
    out.extend_from_slice(b",\"data\":");
    emit(object, shape, out);
    out.push(b'}');
}

/// Appends the event around an object that was written by [`emit`] before, as compact JSON, without a line end.
pub fn wrap(event: &Event<'_>, data: &[u8], shape: &Shape, out: &mut Vec<u8>) {
    attributes(event, shape, ["{", ",", ":"], out);
    out.extend_from_slice(b",\"data\":");
    out.extend_from_slice(data);
    out.push(b'}');
}

/// Appends the event around `object` as JSON for people, without a line end.
pub fn emit_event_pretty(event: &Event<'_>, object: &Object, shape: &Shape, out: &mut Vec<u8>) {
    attributes(event, shape, ["{\n  ", ",\n  ", ": "], out);
    out.extend_from_slice(b",\n  \"data\": ");
    emit_pretty_at(object, shape, 1, out);
    out.extend_from_slice(b"\n}");
}

fn attributes(event: &Event<'_>, shape: &Shape, [open, comma, colon]: [&str; 3], out: &mut Vec<u8>) {
    let event_type = format!("crossdock.{}.published", shape.name);
    let time = event.time.to_string();
    let schema = schema_id(shape.name, shape.version);
    // Text that sorts as the numbers do, as the extension asks for.
    let sequence = event.sequence.map(|number| format!("{number:012}"));
    let all = [
        ("specversion", Some("1.0")),
        ("id", Some(event.id)),
        ("type", Some(&event_type)),
        ("source", Some(event.source)),
        ("subject", event.subject),
        ("time", Some(&time)),
        ("datacontenttype", Some("application/json")),
        ("dataschema", Some(&schema)),
        ("correlationid", event.correlation_id),
        ("documentid", event.document_id),
        ("supersedes", event.supersedes),
        ("sequence", sequence.as_deref()),
    ];
    let mut before = open;
    for (name, value) in all {
        if let Some(value) = value {
            out.extend_from_slice(before.as_bytes());
            emit_text(name, out);
            out.extend_from_slice(colon.as_bytes());
            emit_text(value, out);
            before = comma;
        }
    }
}

/// The object's business key: its first key field that has a value.
#[must_use]
pub fn subject<'o>(object: &'o Object, shape: &Shape) -> Option<&'o str> {
    shape.keys.iter().find_map(|key| text(object, shape, NodeId::ROOT, key))
}

/// What tells the object apart from others of its business key: the shipment of an order of which there are several, the
/// warehouse of several that report; a party by its identifiers, else by its name. Only objects that say the same here, or
/// one of which says nothing, are versions of one another.
#[must_use]
pub fn identity(object: &Object, shape: &Shape) -> Option<String> {
    shape.apart.iter().find_map(|name| match value(object, shape, NodeId::ROOT, name)? {
        Value::Node(party) => {
            let identifiers = value(object, shape, party, "identifiers");
            let identifiers = identifiers.and_then(|node| texts(object, node)).filter(|texts| !texts.is_empty());
            identifiers.or_else(|| text(object, shape, party, "name").map(str::to_owned))
        }
        Value::Text(span) => Some(object.text(span).to_owned()),
        Value::Decimal(_) => None,
    })
}

fn value(object: &Object, shape: &Shape, node: NodeId, name: &str) -> Option<Value> {
    let field = shape.node(object.shape(node)).field(name)?;
    Some(object.get(node, field)?.value)
}

fn text<'o>(object: &'o Object, shape: &Shape, node: NodeId, name: &str) -> Option<&'o str> {
    match value(object, shape, node, name)? {
        Value::Text(span) => Some(object.text(span)),
        _ => None,
    }
}

/// The texts of a node in the order in which they are written, with blanks between.
fn texts(object: &Object, node: Value) -> Option<String> {
    let Value::Node(node) = node else { return None };
    let mut entries: Vec<_> = object.entries(node).collect();
    entries.sort_by_key(|entry| entry.field);
    let texts = entries.into_iter().filter_map(|entry| match entry.value {
        Value::Text(span) => Some(object.text(span)),
        _ => None,
    });
    Some(texts.collect::<Vec<_>>().join(" "))
}

/// One id along the chain of an order's documents: the order's number where the object is of one, else its business key.
#[must_use]
pub fn correlation_id<'o>(object: &'o Object, shape: &Shape) -> Option<&'o str> {
    text(object, shape, NodeId::ROOT, ORDER_NUMBER).or_else(|| subject(object, shape))
}

/// The number of the order that an object is of, which was written by [`emit`] before.
#[must_use]
pub fn order_number<'d>(data: &'d [u8], shape: &Shape) -> Option<Cow<'d, str>> {
    let of_order = shape.nodes[0].field(ORDER_NUMBER)?;
    let mut cursor = Cursor::new(&JsonText::new(data));
    let mut more = cursor.eat(b'{');
    while more {
        let name = cursor.key().ok()?;
        // Fields stand in the order of the shape.
        match shape.nodes[0].field(&name)?.cmp(&of_order) {
            Ordering::Less => cursor.skip().ok()?,
            Ordering::Equal => return cursor.text().ok(),
            Ordering::Greater => return None,
        }
        more = cursor.another(b'}').ok()?;
    }
    None
}

const ORDER_NUMBER: &str = "order_number";

/// An id in the form of a UUID (version 8), the same whenever the same bytes stand at the same position in the same
/// revision: a hash over the document's or payload's bytes, the document's 1-based position and its 1-based revision.
#[must_use]
pub fn event_id(bytes: &[u8], position: u64, revision: u64) -> String {
    uuid(hashed(bytes, position, revision))
}

/// The same for a document of this time, with whose milliseconds it begins, as UUIDs of version 7 do: ids of one time stand
/// together in an index, and the next document needs no page of it that was not needed for the one before.
#[must_use]
pub fn event_id_at(time: Timestamp, bytes: &[u8], position: u64, revision: u64) -> String {
    let mut id = hashed(bytes, position, revision);
    id[..6].copy_from_slice(&time.as_millisecond().to_be_bytes()[2..]);
    uuid(id)
}

fn hashed(bytes: &[u8], position: u64, revision: u64) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(position.to_be_bytes());
    hash.update(revision.to_be_bytes());
    hash.update(bytes);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    id
}

fn uuid(mut id: [u8; 16]) -> String {
    id[6] = id[6] & 0x0f | 0x80;
    id[8] = id[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (at, byte) in id.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{
        Event, correlation_id, emit_event, emit_event_pretty, event_id, event_id_at, identity, order_number, subject,
    };
    use crate::canonical::{emit, read, shape, submissions};

    #[test]
    fn an_id_has_the_form_of_a_uuid_and_changes_with_each_part() {
        let id = event_id(b"ISA", 1, 1);
        assert_eq!(id.len(), 36);
        assert_eq!((&id[14..15], &id[8..9]), ("8", "-"));
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"));
        assert_eq!(id, event_id(b"ISA", 1, 1));
        for other in [event_id(b"ISB", 1, 1), event_id(b"ISA", 2, 1), event_id(b"ISA", 1, 2)] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn ids_of_a_time_stand_in_its_order() {
        let at = |millisecond| jiff::Timestamp::from_millisecond(millisecond).unwrap();
        let id = |millisecond| event_id_at(at(millisecond), b"ISA", 1, 1);
        // As RFC 9562 shows it for 2022-02-22 19:22:22 UTC.
        assert_eq!(&id(1_645_557_742_000)[..15], "017f22e2-79b0-8");
        assert!(id(1_764_380_000_000) < id(1_764_380_000_001) && id(1_764_380_000_001) < id(1_964_380_000_000));
        let other = event_id_at(at(1_764_380_000_000), b"ISA", 2, 1);
        assert_ne!(id(1_764_380_000_000), other);
        assert_eq!(id(1_764_380_000_000)[14..], event_id(b"ISA", 1, 1)[14..]);
    }

    #[test]
    fn an_event_holds_its_attributes_in_order_and_is_read_back() {
        let shape = shape("shipment").unwrap();
        let data = r#"{"shipment_number":"BOL \"9\""}"#;
        let (object, diagnostics) = read(data.as_bytes(), shape);
        assert!(diagnostics.is_empty());
        let event = Event {
            id: "id-1",
            source: "/partners/harbor",
            subject: subject(&object, shape),
            time: "2026-03-11T09:32:00Z".parse().unwrap(),
            correlation_id: None,
            document_id: Some("4711"),
            supersedes: None,
            sequence: Some(7),
        };
        let (mut compact, mut pretty) = (Vec::new(), Vec::new());
        emit_event(&event, &object, shape, &mut compact);
        emit_event_pretty(&event, &object, shape, &mut pretty);
        let expected = r#"{"specversion":"1.0","id":"id-1","type":"crossdock.shipment.published","source":"/partners/harbor","subject":"BOL \"9\"","time":"2026-03-11T09:32:00Z","datacontenttype":"application/json","dataschema":"crossdock:shipment/1","documentid":"4711","sequence":"000000000007","data":{"shipment_number":"BOL \"9\""}}"#;
        assert_eq!(String::from_utf8(compact.clone()).unwrap(), expected);
        let value: serde_json::Value = serde_json::from_slice(&pretty).unwrap();
        assert_eq!(value, serde_json::from_str::<serde_json::Value>(expected).unwrap());
        assert_eq!(String::from_utf8(pretty).unwrap(), serde_json::to_string_pretty(&value).unwrap());

        let submission = submissions(&compact).next().unwrap().unwrap();
        assert_eq!(submission.shape().unwrap().name, "shipment");
        assert_eq!(submission.attribute("subject"), Some("BOL \"9\""));
        assert_eq!(submission.data.bytes, data.as_bytes());
    }

    /// Canonical object, its subject, identity and correlation id (`-`: none).
    #[test]
    fn what_an_object_is_known_by() {
        let check = |name: &str, data: &str, expected: [&str; 3]| {
            let shape = shape(name).unwrap();
            let (object, _) = read(data.as_bytes(), shape);
            let identity = identity(&object, shape);
            let found = [subject(&object, shape), identity.as_deref(), correlation_id(&object, shape)];
            assert_eq!(found.map(|found| found.unwrap_or("-")), expected, "{data}");
            let mut written = Vec::new();
            emit(&object, shape, &mut written);
            let of_order = order_number(&written, shape);
            assert_eq!(of_order.as_deref().or(subject(&object, shape)), correlation_id(&object, shape), "{data}");
        };
        check("shipment", r#"{"order_number":"SO1","shipment_number":"B1"}"#, ["SO1", "B1", "SO1"]);
        check("shipment", r#"{"shipment_number":"B1"}"#, ["B1", "B1", "B1"]);
        check("shipment", r#"{"order_number":"SO1","bill_of_lading":"B"}"#, ["SO1", "-", "SO1"]);
        check("receipt", r#"{"receipt_number":"R1","order_number":"T1","lines":[]}"#, ["R1", "-", "T1"]);
        check("ship_notice", r#"{"shipment_number":"S1","order_number":"SO1"}"#, ["S1", "-", "SO1"]);
        check("ship_notice", r#"{"shipment_number":"S1","pro_number":"P"}"#, ["S1", "-", "S1"]);
        let report = |party: &str| format!(r#"{{"report_number":"77","report_date":"2026-03-10",{party}}}"#);
        let reno = r#""warehouse":{"name":"Reno","identifiers":{"91":"R","duns":"1"}},"ship_from":{"name":"Troy"}"#;
        check("inventory_report", &report(reno), ["77", "1 R", "77"]);
        check("inventory_report", &report(r#""warehouse":{"name":"Reno"}"#), ["77", "Reno", "77"]);
        check("inventory_report", &report(r#""ship_from":{"identifiers":{"91":"T"}}"#), ["77", "T", "77"]);
        check("inventory_report", &report(r#""items":[]"#), ["77", "-", "77"]);
    }
}
