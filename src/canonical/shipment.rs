//! `shipment`: the warehouse shipped these goods (X12 945).

use schemars::JsonSchema;
use serde::Deserialize;

use super::carrier::{Carrier, Consolidation, Lading, Mark, PalletLayout, Port, UnitLoad};
use super::item::{ItemIdentifiers, OriginalItem, Pack};
use super::parts::{
    Amount, Charge, DatedEvent, IndustryCodes, Measurement, Note, QualifiedQuantity, QualifiedWeight, Quantity,
    Reference,
};
use super::party::{Contact, Party};
use super::scalar::{Date, DateOrInstant, Number};
use super::words::{Action, Status};

/// The warehouse shipped these goods: on pallets, in packages or as plain lines, as the partner tells it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shipment {
    /// The depositor's number of the order.
    pub order_number: Option<String>,
    /// The warehouse's number of the shipment.
    pub shipment_number: Option<String>,
    /// The buyer's purchase order number.
    pub purchase_order_number: Option<String>,
    /// The agent's number of the shipment (X12 element 531).
    pub agent_shipment_number: Option<String>,
    /// What this document does to an earlier one of the same shipment.
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
    /// When the goods are expected to arrive.
    pub estimated_delivery_date: Option<DateOrInstant>,
    /// Bill of lading number.
    pub bill_of_lading: Option<String>,
    /// The carrier's number of the shipment.
    pub pro_number: Option<String>,
    /// The carrier's tracking numbers for the shipment as a whole.
    pub tracking_numbers: Option<Vec<String>>,
    /// Who receives the goods.
    pub ship_to: Option<Party>,
    /// Where the goods left from.
    pub ship_from: Option<Party>,
    /// Who owns the goods.
    pub depositor: Option<Party>,
    /// Who kept the goods.
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
    /// Parts of the load: pallets, seals and temperatures.
    pub unit_loads: Option<Vec<UnitLoad>>,
    /// Counts, weights and volumes of what was loaded.
    pub ladings: Option<Vec<Lading>>,
    /// How shipments travel together.
    pub consolidation: Option<Consolidation>,
    /// Special handling of the shipment (X12 W0609).
    pub handling_code: Option<String>,
    /// Further special handling, in order (X12 W6).
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
    /// Pallets with what stands on them.
    pub pallets: Option<Vec<Pallet>>,
    /// Packages that stand on no pallet.
    pub packages: Option<Vec<Package>>,
    /// Items that are in no package.
    pub lines: Option<Vec<ShipmentLine>>,
    /// Totals over the whole shipment.
    pub totals: Option<ShipmentTotals>,
}

/// A pallet.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pallet {
    /// Number of the pallet in the document.
    pub pallet_number: Option<String>,
    /// Serial shipping container code, 18 or 20 digits.
    pub sscc: Option<String>,
    /// Gross weight.
    pub weight: Option<Quantity>,
    /// Volume.
    pub volume: Option<Quantity>,
    /// Other marks and numbers.
    pub marks: Option<Vec<Mark>>,
    /// How goods stand on it.
    pub pallet_layout: Option<PalletLayout>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Packages on the pallet.
    pub packages: Option<Vec<Package>>,
    /// Items that stand on the pallet in no package.
    pub lines: Option<Vec<ShipmentLine>>,
}

/// A package.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Number of the package in the document.
    pub package_number: Option<String>,
    /// Kind of package (X12 element 103, such as `CTN25`).
    pub packaging: Option<String>,
    /// Serial shipping container code, 18 or 20 digits.
    pub sscc: Option<String>,
    /// The carrier's tracking number.
    pub tracking_number: Option<String>,
    /// Gross weight.
    pub weight: Option<Quantity>,
    /// Volume.
    pub volume: Option<Quantity>,
    /// Length.
    pub length: Option<Quantity>,
    /// Width.
    pub width: Option<Quantity>,
    /// Height.
    pub height: Option<Quantity>,
    /// Other marks and numbers.
    pub marks: Option<Vec<Mark>>,
    /// How goods stand on its pallet.
    pub pallet_layout: Option<PalletLayout>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// What is in the package.
    pub lines: Option<Vec<ShipmentLine>>,
}

/// One item of a shipment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentLine {
    /// The order's line number.
    pub line_number: Option<String>,
    /// Number of the group of lines it stands in, 1-based (X12 LX01).
    pub assigned_number: Option<Number>,
    /// The depositor's own number of the item.
    pub sku: Option<String>,
    /// All other identifiers of the item by scheme.
    pub identifiers: Option<ItemIdentifiers>,
    /// The item that was ordered, where this one was shipped in its place.
    pub substituted_for: Option<OriginalItem>,
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
    /// How much was ordered.
    pub ordered: Option<Quantity>,
    /// How much was shipped.
    pub shipped: Option<Quantity>,
    /// Ordered less shipped.
    pub difference: Option<Quantity>,
    /// How far the line has come.
    pub status: Option<Status>,
    /// The partner's code where no word fits (X12 element 368).
    pub status_code: Option<String>,
    /// Why the line was changed (X12 element 892).
    pub change_reason_code: Option<String>,
    /// Adjustment of the warehouse's record (X12 element 893).
    pub adjustment_code: Option<String>,
    /// Gross weight.
    pub weight: Option<Quantity>,
    /// Net weight.
    pub net_weight: Option<Quantity>,
    /// Weights of other kinds.
    pub other_weights: Option<Vec<QualifiedWeight>>,
    /// How the item is packed, level by level.
    pub packs: Option<Vec<Pack>>,
    /// Marks and numbers on the goods.
    pub marks: Option<Vec<Mark>>,
    /// Serial shipping container code of the container the goods are in, 18 or 20 digits.
    pub sscc: Option<String>,
    /// The carrier's tracking number.
    pub tracking_number: Option<String>,
    /// How goods stand on their pallet.
    pub pallet_layout: Option<PalletLayout>,
    /// Carrier of this line, where it is not the shipment's.
    pub carrier: Option<Carrier>,
    /// Parties of this line.
    pub other_parties: Option<Vec<Party>>,
    /// Ports and terminals on the way.
    pub ports: Option<Vec<Port>>,
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
}

/// Totals of a shipment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentTotals {
    /// Sum of the shipped quantities, whatever their units.
    pub units: Option<Number>,
    /// Total weight.
    pub weight: Option<Quantity>,
    /// Total volume.
    pub volume: Option<Quantity>,
    /// Number of packages; the unit says of which kind.
    pub packages: Option<Quantity>,
}
