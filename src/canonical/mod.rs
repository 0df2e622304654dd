//! The canonical objects: what the ERP reads and writes, one object per business meaning, whatever the partner's format.
//!
//! The Rust types ([`FulfillmentOrder`], [`StockTransfer`], [`Receipt`], [`Shipment`], [`InventoryReport`],
//! [`ShipNotice`], [`InventoryAdjustment`]) are the only source; [`schema()`] makes their JSON Schemas and [`Shape`]s.
//! Mappings, the reader and the emitter work by shape on the arena [`Object`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod carrier;
pub mod differences;
pub mod emit;
pub mod event;
pub mod fulfillment_order;
pub mod inventory_adjustment;
pub mod inventory_report;
pub mod item;
pub mod json;
pub mod number;
pub mod object;
pub mod parts;
pub mod party;
pub mod read;
pub mod receipt;
pub mod scalar;
pub mod schema;
pub mod shape;
pub mod ship_notice;
pub mod shipment;
pub mod stock_transfer;
pub mod submission;
pub mod words;

pub use differences::{Difference, differences, same, value_json, without_numbers};
pub use emit::{emit, emit_pretty};
pub use event::{
    Event, correlation_id, emit_event, emit_event_pretty, event_id, event_id_at, identity, order_number, subject, wrap,
};
pub use fulfillment_order::FulfillmentOrder;
pub use inventory_adjustment::InventoryAdjustment;
pub use inventory_report::InventoryReport;
pub use json::JsonText;
pub use object::{Entry, NodeId, Object, Origin, Span, Value};
pub(crate) use read::shown;
pub use read::{read, read_into};
pub use receipt::Receipt;
pub use schema::{names, schema, schema_id, shape};
pub use shape::{Field, FieldId, Kind, NodeShape, NodeShapeId, Shape};
pub use ship_notice::ShipNotice;
pub use shipment::Shipment;
pub use stock_transfer::StockTransfer;
pub use submission::{Submission, Submissions, submissions, submissions_at, submissions_from};
