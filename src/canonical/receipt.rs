//! `receipt`: the warehouse received these goods (X12 944).

use schemars::JsonSchema;
use serde::Deserialize;

use super::carrier::{Carrier, Lading, Mark, PalletLayout};
use super::item::{ItemIdentifiers, OriginalItem, Pack};
use super::parts::{DatedEvent, Measurement, Note, QualifiedQuantity, Quantity, Reference};
use super::party::{Contact, Party};
use super::scalar::{Date, DateOrInstant, Number};
use super::words::Condition;

/// The warehouse received these goods: over, short or damaged ones told apart.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The warehouse's number of the receipt.
    pub receipt_number: String,
    /// The depositor's number of the order or transfer.
    pub order_number: Option<String>,
    /// Number of the shipment that came.
    pub shipment_number: Option<String>,
    /// Purchase order number.
    pub purchase_order_number: Option<String>,
    /// How much the document tells (X12 element 514, such as `F` full detail).
    pub reporting_code: Option<String>,
    /// Number that links several documents (X12 element 474).
    pub master_reference: Option<String>,
    /// Place of this document among the linked ones, 1-based (X12 element 472).
    pub link_sequence_number: Option<Number>,
    /// When the goods came.
    pub receipt_date: DateOrInstant,
    /// What the time of the receipt means (X12 element 176).
    pub receipt_time_qualifier: Option<String>,
    /// Bill of lading number.
    pub bill_of_lading: Option<String>,
    /// The carrier's number of the shipment.
    pub pro_number: Option<String>,
    /// For whom the goods were received.
    pub ship_to: Option<Party>,
    /// Where the goods came from.
    pub ship_from: Option<Party>,
    /// Who owns the goods.
    pub depositor: Option<Party>,
    /// Who keeps the goods.
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
    /// Carrier that brought the goods.
    pub carrier: Option<Carrier>,
    /// Temperatures measured in the load.
    pub probe_temperatures: Option<Vec<ProbeTemperature>>,
    /// Counts, weights and volumes of what came.
    pub ladings: Option<Vec<Lading>>,
    /// Pallets received, returned and contested.
    pub pallet_receipts: Option<Vec<PalletReceipt>>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Free texts.
    pub notes: Option<Vec<Note>>,
    /// What was received.
    pub lines: Option<Vec<ReceiptLine>>,
    /// Totals over all lines.
    pub totals: Option<ReceiptTotals>,
}

/// One item of a receipt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptLine {
    /// The order's line number.
    pub line_number: Option<String>,
    /// Number of the group of lines it stands in, 1-based (X12 LX01).
    pub assigned_number: Option<Number>,
    /// The depositor's own number of the item.
    pub sku: Option<String>,
    /// All other identifiers of the item by scheme.
    pub identifiers: Option<ItemIdentifiers>,
    /// The item this one stands in for.
    pub substituted_for: Option<OriginalItem>,
    /// Free text.
    pub description: Option<String>,
    /// Further lines of the description, in order.
    pub description_lines: Option<Vec<String>>,
    /// Lot received.
    pub lot: Option<String>,
    /// Serial numbers received.
    pub serial_numbers: Option<Vec<String>>,
    /// Last day of use.
    pub expiry_date: Option<Date>,
    /// How much was received.
    pub received: Option<Quantity>,
    /// Adjustment of the warehouse's record (X12 element 893).
    pub adjustment_code: Option<String>,
    /// How the item is packed, level by level.
    pub packs: Option<Vec<Pack>>,
    /// Marks and numbers on the goods.
    pub marks: Option<Vec<Mark>>,
    /// How goods stand on their pallets.
    pub pallet_layouts: Option<Vec<PalletLayout>>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Quantities without a field of their own.
    pub quantities: Option<Vec<QualifiedQuantity>>,
    /// Measurements.
    pub measurements: Option<Vec<Measurement>>,
    /// Free texts.
    pub notes: Option<Vec<Note>>,
    /// Goods that came otherwise than announced.
    pub exceptions: Option<Vec<ReceiptException>>,
}

/// Goods of a line that came otherwise than announced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptException {
    /// How much of the line.
    pub quantity: Option<Quantity>,
    /// What is wrong with it.
    pub condition: Option<Condition>,
    /// The partner's code where no word fits (X12 element 412).
    pub condition_code: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Why, as the partner's code (X12 element 853).
    pub reason_code: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Lot of these goods.
    pub lot: Option<String>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
}

/// A temperature measured in the load.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeTemperature {
    /// Where it was measured (X12 element 456).
    pub location_code: Option<String>,
    /// The temperature.
    pub temperature: Option<Quantity>,
}

/// Pallets received, returned and contested.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PalletReceipt {
    /// Number of pallets received.
    pub received: Option<Number>,
    /// Number of pallets returned.
    pub returned: Option<Number>,
    /// Quantity contested.
    pub contested: Option<Number>,
    /// What is wrong with the contested ones.
    pub condition: Option<Condition>,
    /// The partner's code where no word fits (X12 element 412).
    pub condition_code: Option<String>,
}

/// Totals of a receipt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptTotals {
    /// Sum of the received quantities, whatever their units.
    pub units: Option<Number>,
    /// Sum of the quantities that were shipped to the warehouse.
    pub shipped_units: Option<Number>,
    /// Sum of the quantities that are damaged or on hold.
    pub damaged_or_held_units: Option<Number>,
    /// Number of packages received (X12 element 414).
    pub packages: Option<Number>,
    /// Number of packages shipped to the warehouse (X12 element 80).
    pub shipped_packages: Option<Number>,
}
