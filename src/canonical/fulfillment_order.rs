//! `fulfillment_order`: ship these goods from the warehouse (X12 940).

use schemars::JsonSchema;
use serde::Deserialize;

use super::carrier::{Carrier, Equipment, Mark};
use super::item::{ItemIdentifiers, OriginalItem, Pack};
use super::parts::{
    Amount, Charge, DatedEvent, IndustryCodes, Measurement, Note, QualifiedQuantity, Quantity, Reference,
};
use super::party::{Contact, Party};
use super::scalar::{Date, DateOrInstant, Number};
use super::words::Action;

/// Ship these goods from the warehouse; also changes and cancels an earlier order.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FulfillmentOrder {
    /// The depositor's number of the order.
    pub order_number: String,
    /// The buyer's purchase order number.
    pub purchase_order_number: Option<String>,
    /// What this document does to an earlier one of the same order.
    pub action: Option<Action>,
    /// The partner's code where no word fits (X12 W0501).
    pub action_code: Option<String>,
    /// A second action code beside the first (X12 W0507).
    pub further_action_code: Option<String>,
    /// Kind of transaction (X12 element 640).
    pub transaction_type_code: Option<String>,
    /// Kind of purchase order (X12 element 92).
    pub purchase_order_type_code: Option<String>,
    /// Number that links several orders (X12 element 474).
    pub master_reference: Option<String>,
    /// Place of this order among the linked ones, 1-based (X12 element 472).
    pub link_sequence_number: Option<Number>,
    /// When the order was made.
    pub order_date: Option<DateOrInstant>,
    /// When the buyer's purchase order was made.
    pub purchase_order_date: Option<DateOrInstant>,
    /// When the goods shall leave.
    pub requested_ship_date: Option<DateOrInstant>,
    /// When the goods shall arrive.
    pub requested_delivery_date: Option<DateOrInstant>,
    /// Earliest day to ship.
    pub ship_not_before: Option<DateOrInstant>,
    /// Last day to ship.
    pub ship_not_after: Option<DateOrInstant>,
    /// Earliest day to deliver.
    pub deliver_not_before: Option<DateOrInstant>,
    /// Last day to deliver.
    pub deliver_not_after: Option<DateOrInstant>,
    /// The order is void when it has not been shipped by then.
    pub cancel_after: Option<DateOrInstant>,
    /// Who receives the goods.
    pub ship_to: Option<Party>,
    /// Where the goods leave from.
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
    /// Carrier and terms of carriage.
    pub carrier: Option<Carrier>,
    /// Equipment and climate asked for.
    pub equipment: Option<Equipment>,
    /// Special handling, in order (X12 element 152).
    pub handling_codes: Option<Vec<String>>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Allowances and charges.
    pub charges: Option<Vec<Charge>>,
    /// Free texts.
    pub notes: Option<Vec<Note>>,
    /// Codes of industry code lists.
    pub industry_codes: Option<Vec<IndustryCodes>>,
    /// What is ordered.
    pub lines: Vec<OrderLine>,
    /// Totals over all lines.
    pub totals: Option<OrderTotals>,
}

/// One item of an order.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
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
    /// Lot to be shipped.
    pub lot: Option<String>,
    /// Serial numbers to be shipped.
    pub serial_numbers: Option<Vec<String>>,
    /// Last day of use.
    pub expiry_date: Option<Date>,
    /// Condition of the item (X12 element 286).
    pub item_condition_code: Option<String>,
    /// How much is ordered.
    pub ordered: Option<Quantity>,
    /// Price of one unit, in the currency of the order.
    pub unit_price: Option<Number>,
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
    /// Marks and numbers for the packages.
    pub marks: Option<Vec<Mark>>,
    /// Carrier of this line, where it is not the order's.
    pub carrier: Option<Carrier>,
    /// Parties of this line.
    pub other_parties: Option<Vec<Party>>,
    /// People and offices to turn to.
    pub contacts: Option<Vec<Contact>>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Quantities without a field of their own.
    pub quantities: Option<Vec<QualifiedQuantity>>,
    /// Amounts without a field of their own.
    pub amounts: Option<Vec<Amount>>,
    /// Measurements.
    pub measurements: Option<Vec<Measurement>>,
    /// Allowances and charges.
    pub charges: Option<Vec<Charge>>,
    /// Free texts.
    pub notes: Option<Vec<Note>>,
    /// Codes of industry code lists.
    pub industry_codes: Option<Vec<IndustryCodes>>,
    /// How the quantity is shared among destinations.
    pub destinations: Option<Vec<Destination>>,
}

/// The share of one destination.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// Kind of the identifier (X12 element 66).
    pub qualifier: Option<String>,
    /// Identifier of the destination, such as a store number.
    pub identifier: Option<String>,
    /// How much goes there.
    pub quantity: Option<Quantity>,
    /// Location within the destination (X12 element 310).
    pub location: Option<String>,
}

/// Totals of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderTotals {
    /// Sum of the ordered quantities, whatever their units.
    pub units: Option<Number>,
    /// Total weight.
    pub weight: Option<Quantity>,
    /// Total volume.
    pub volume: Option<Quantity>,
    /// Order sizing factor (X12 element 398).
    pub sizing_factor: Option<Number>,
}
