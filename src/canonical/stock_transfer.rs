//! `stock_transfer`: goods are on their way to the warehouse (X12 943).

use schemars::JsonSchema;
use serde::Deserialize;

use super::carrier::{Carrier, Consolidation, Equipment};
use super::item::{ItemIdentifiers, Pack};
use super::parts::{DatedEvent, Note, Quantity, Reference};
use super::party::{Contact, Party};
use super::scalar::{Date, DateOrInstant, Number};
use super::words::{Action, Status};

/// Goods are on their way to the warehouse, which shall expect and receive them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StockTransfer {
    /// The depositor's number of the order or transfer.
    pub order_number: Option<String>,
    /// The depositor's number of the shipment.
    pub shipment_number: Option<String>,
    /// Purchase order number.
    pub purchase_order_number: Option<String>,
    /// The agent's number of the shipment (X12 element 531).
    pub agent_shipment_number: Option<String>,
    /// What this document does to an earlier one of the same transfer.
    pub action: Option<Action>,
    /// The partner's code where no word fits (X12 element 306).
    pub action_code: Option<String>,
    /// How far the shipment has come.
    pub status: Option<Status>,
    /// The partner's code where no word fits (X12 W2708).
    pub status_code: Option<String>,
    /// How much the document tells (X12 element 514, such as `F` full detail).
    pub reporting_code: Option<String>,
    /// Kind of transaction (X12 element 640).
    pub transaction_type_code: Option<String>,
    /// Number that links several documents (X12 element 474).
    pub master_reference: Option<String>,
    /// Place of this document among the linked ones, 1-based (X12 element 472).
    pub link_sequence_number: Option<Number>,
    /// When the goods left.
    pub ship_date: Option<DateOrInstant>,
    /// Why that date was changed (X12 element 891).
    pub ship_date_change_reason_code: Option<String>,
    /// When the goods are expected at the warehouse.
    pub expected_delivery_date: Option<DateOrInstant>,
    /// Bill of lading number.
    pub bill_of_lading: Option<String>,
    /// The carrier's number of the shipment.
    pub pro_number: Option<String>,
    /// Who receives the goods.
    pub ship_to: Option<Party>,
    /// Where the goods left from.
    pub ship_from: Option<Party>,
    /// Who owns the goods.
    pub depositor: Option<Party>,
    /// Who will keep the goods.
    pub warehouse: Option<Party>,
    /// Who pays for the goods.
    pub bill_to: Option<Party>,
    /// For whom the packages are marked.
    pub mark_for: Option<Party>,
    /// Who bought the goods.
    pub buyer: Option<Party>,
    /// Who sold the goods.
    pub seller: Option<Party>,
    /// Parties of any other role.
    pub other_parties: Option<Vec<Party>>,
    /// People and offices to turn to.
    pub contacts: Option<Vec<Contact>>,
    /// Carrier that brings the goods, and terms of carriage.
    pub carrier: Option<Carrier>,
    /// Climate the goods need on their way.
    pub equipment: Option<Equipment>,
    /// How shipments travel together.
    pub consolidation: Option<Consolidation>,
    /// Special handling of the shipment (X12 W0609).
    pub handling_code: Option<String>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Free texts.
    pub notes: Option<Vec<Note>>,
    /// What is on its way.
    pub lines: Vec<TransferLine>,
    /// Totals over all lines.
    pub totals: Option<TransferTotals>,
}

/// One item of a transfer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferLine {
    /// The order's line number.
    pub line_number: Option<String>,
    /// The depositor's own number of the item.
    pub sku: Option<String>,
    /// All other identifiers of the item by scheme.
    pub identifiers: Option<ItemIdentifiers>,
    /// Free text.
    pub description: Option<String>,
    /// Further lines of the description, in order.
    pub description_lines: Option<Vec<String>>,
    /// Lot shipped.
    pub lot: Option<String>,
    /// Serial numbers shipped.
    pub serial_numbers: Option<Vec<String>>,
    /// Last day of use.
    pub expiry_date: Option<Date>,
    /// How much was shipped to the warehouse.
    pub shipped: Option<Quantity>,
    /// Why the goods shall not be given out when they come (X12 element 844).
    pub inbound_hold_code: Option<String>,
    /// How the item is packed, level by level.
    pub packs: Option<Vec<Pack>>,
    /// Freight class (X12 element 59).
    pub freight_class: Option<String>,
    /// Rate class (X12 element 121).
    pub rate_class_code: Option<String>,
    /// Kind of the commodity code (X12 element 23).
    pub commodity_code_qualifier: Option<String>,
    /// Commodity code (X12 element 22).
    pub commodity_code: Option<String>,
    /// Cases in a layer and layers on a pallet (X12 element 416).
    pub pallet_block_and_tiers: Option<String>,
    /// Serial shipping container code of the container the goods are in, 18 or 20 digits.
    pub sscc: Option<String>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Free texts.
    pub notes: Option<Vec<Note>>,
}

/// Totals of a transfer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferTotals {
    /// Sum of the shipped quantities, whatever their units.
    pub units: Option<Number>,
    /// Total weight.
    pub weight: Option<Quantity>,
    /// Total volume.
    pub volume: Option<Quantity>,
    /// Number of packages; the unit says of which kind.
    pub packages: Option<Quantity>,
    /// Number of pallets.
    pub pallets: Option<Number>,
}
