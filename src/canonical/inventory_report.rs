//! `inventory_report`: stock by item and state (X12 846).

use schemars::JsonSchema;
use serde::Deserialize;

use super::item::{Characteristic, ItemComponent, ItemIdentifiers};
use super::parts::{Charge, DatedEvent, IndustryCodes, Measurement, Note, Quantity, Reference};
use super::party::{Contact, Party};
use super::scalar::{Date, DateOrInstant, Number, Time};
use super::words::{Action, ReportKind, StockState};

/// What is in stock, item by item and state by state.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InventoryReport {
    /// The sender's number of the report.
    pub report_number: Option<String>,
    /// When the report was made.
    pub report_date: DateOrInstant,
    /// Whether the report tells all stock or only what changed.
    pub kind: Option<ReportKind>,
    /// The partner's code where no word fits (X12 BIA01).
    pub kind_code: Option<String>,
    /// Whose stock it tells of (X12 element 755, such as `SI` seller inventory).
    pub report_type_code: Option<String>,
    /// What this document does to an earlier one of the same number.
    pub action: Option<Action>,
    /// The partner's code where no word fits (X12 element 306).
    pub action_code: Option<String>,
    /// Currency of the prices, such as `USD`.
    pub currency: Option<String>,
    /// Whose currency it is (X12 element 98).
    pub currency_role: Option<String>,
    /// Who receives the goods.
    pub ship_to: Option<Party>,
    /// Where the goods are shipped from.
    pub ship_from: Option<Party>,
    /// Who owns the goods.
    pub depositor: Option<Party>,
    /// Who keeps the goods.
    pub warehouse: Option<Party>,
    /// Who pays for the goods.
    pub bill_to: Option<Party>,
    /// For whom the packages are marked.
    pub mark_for: Option<Party>,
    /// Who buys the goods.
    pub buyer: Option<Party>,
    /// Who sells the goods.
    pub seller: Option<Party>,
    /// Parties of any other role.
    pub other_parties: Option<Vec<Party>>,
    /// People and offices to turn to.
    pub contacts: Option<Vec<Contact>>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Measurements.
    pub measurements: Option<Vec<Measurement>>,
    /// Free texts.
    pub notes: Option<Vec<Note>>,
    /// Codes of industry code lists.
    pub industry_codes: Option<Vec<IndustryCodes>>,
    /// Stock, item by item.
    pub items: Vec<InventoryItem>,
    /// Totals over all items.
    pub totals: Option<InventoryTotals>,
}

/// The stock of one item.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InventoryItem {
    /// Number of the item in the report.
    pub line_number: Option<String>,
    /// The depositor's own number of the item.
    pub sku: Option<String>,
    /// All other identifiers of the item by scheme.
    pub identifiers: Option<ItemIdentifiers>,
    /// Free text.
    pub description: Option<String>,
    /// Further lines of the description, in order.
    pub description_lines: Option<Vec<String>>,
    /// Properties of the item, such as colour and size.
    pub characteristics: Option<Vec<Characteristic>>,
    /// Lot in stock.
    pub lot: Option<String>,
    /// Serial numbers in stock.
    pub serial_numbers: Option<Vec<String>>,
    /// Last day of use.
    pub expiry_date: Option<Date>,
    /// How much there is, state by state.
    pub quantities: Option<Vec<StockQuantity>>,
    /// Prices.
    pub prices: Option<Vec<ItemPrice>>,
    /// Currency of the prices, where it is not the report's.
    pub currency: Option<String>,
    /// Whose currency it is (X12 element 98).
    pub currency_role: Option<String>,
    /// How the item is packaged.
    pub packagings: Option<Vec<Packaging>>,
    /// Units the item is counted in, with their prices.
    pub unit_details: Option<Vec<UnitDetail>>,
    /// What the item is made up of.
    pub components: Option<Vec<ItemComponent>>,
    /// How long it takes to get more.
    pub lead_times: Option<Vec<LeadTime>>,
    /// What was changed in the list of items (X12 element 875).
    pub maintenance_code: Option<String>,
    /// Parties of this item.
    pub other_parties: Option<Vec<Party>>,
    /// People and offices to turn to.
    pub contacts: Option<Vec<Contact>>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Measurements.
    pub measurements: Option<Vec<Measurement>>,
    /// Allowances and charges.
    pub charges: Option<Vec<Charge>>,
    /// Free texts.
    pub notes: Option<Vec<Note>>,
    /// Codes of industry code lists.
    pub industry_codes: Option<Vec<IndustryCodes>>,
}

/// How much of an item there is in one state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StockQuantity {
    /// State of this stock.
    pub state: Option<StockState>,
    /// The partner's code where no word fits (X12 element 673).
    pub state_code: Option<String>,
    /// How much.
    pub quantity: Option<Quantity>,
    /// Free text in place of the quantity.
    pub text: Option<String>,
    /// When it was so.
    pub as_of: Option<DateOrInstant>,
    /// When stock that is not there yet is expected.
    pub expected_date: Option<DateOrInstant>,
    /// Where this stock is, such as the partner's number of the store or warehouse.
    pub location: Option<String>,
    /// Kind of that number (X12 element 66).
    pub location_qualifier: Option<String>,
    /// Lot of this stock.
    pub lot: Option<String>,
    /// Last day of use of this stock.
    pub expiry_date: Option<Date>,
    /// How this stock is shared among places and days.
    pub schedules: Option<Vec<StockSchedule>>,
    /// Units it is counted in, where they stand apart from the quantity, with their prices.
    pub unit_details: Option<Vec<UnitDetail>>,
    /// How long it takes to get more.
    pub lead_times: Option<Vec<LeadTime>>,
    /// What this stock is made up of, such as its lots.
    pub breakdowns: Option<Vec<StockBreakdown>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Measurements.
    pub measurements: Option<Vec<Measurement>>,
    /// Codes of industry code lists.
    pub industry_codes: Option<Vec<IndustryCodes>>,
}

/// One way to tell what a stock is made up of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StockBreakdown {
    /// Reference numbers, such as those of lots.
    pub references: Option<Vec<StockReference>>,
}

/// A reference number of part of a stock, with its dates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StockReference {
    /// What kind of number (X12 element 128, such as `LT` lot).
    pub qualifier: Option<String>,
    /// The number.
    pub value: Option<String>,
    /// Free text beside the number, or in its place.
    pub description: Option<String>,
    /// Dates of what has this number.
    pub dates: Option<Vec<DatedEvent>>,
}

/// The share of one place or one day (X12 SCH).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StockSchedule {
    /// How much.
    pub quantity: Option<Quantity>,
    /// Role of the place (X12 element 98, such as `WH`).
    pub role: Option<String>,
    /// Name of the place.
    pub name: Option<String>,
    /// What happens at the date (X12 element 374).
    pub date_qualifier: Option<String>,
    /// The day.
    pub date: Option<Date>,
    /// The time of that day, where the partner's clock stands.
    pub time: Option<Time>,
    /// What happens at the second date (X12 element 374).
    pub end_date_qualifier: Option<String>,
    /// The second day, such as the last of a span.
    pub end_date: Option<Date>,
    /// The time of that day.
    pub end_time: Option<Time>,
    /// Number of the request it belongs to.
    pub request_number: Option<String>,
    /// Number of this share.
    pub schedule_number: Option<String>,
}

/// A price of an item (X12 CTP).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemPrice {
    /// For whom (X12 element 687, such as `WH`).
    pub trade_class: Option<String>,
    /// Which price (X12 element 236, such as `MSR`).
    pub qualifier: Option<String>,
    /// Price of one unit.
    pub unit_price: Option<Number>,
    /// Quantity from which the price holds.
    pub quantity: Option<Quantity>,
    /// How the price is changed (X12 element 648).
    pub multiplier_qualifier: Option<String>,
    /// By how much.
    pub multiplier: Option<Number>,
    /// Amount in place of a unit price.
    pub amount: Option<Number>,
    /// What the price is for (X12 element 639).
    pub basis_code: Option<String>,
    /// Condition under which the price holds (X12 element 499).
    pub condition_value: Option<String>,
    /// Number of units the price is for.
    pub price_quantity: Option<Number>,
}

/// How an item is packaged (X12 PKG).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Packaging {
    /// Free text or code (X12 element 349).
    pub description_type: Option<String>,
    /// Which property (X12 element 753).
    pub characteristic_code: Option<String>,
    /// Whose code it is (X12 element 559).
    pub agency: Option<String>,
    /// The packaging as a code (X12 element 754).
    pub description_code: Option<String>,
    /// The packaging in words.
    pub description: Option<String>,
    /// How goods are put together for transport (X12 element 400).
    pub unit_load_code: Option<String>,
}

/// A unit an item is counted in, with its price (X12 UIT).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitDetail {
    /// Unit code (X12 element 355).
    pub unit_code: Option<String>,
    /// Price of one unit.
    pub unit_price: Option<Number>,
    /// What the price is for (X12 element 639).
    pub basis_code: Option<String>,
}

/// How long something takes (X12 LDT).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadTime {
    /// From what to what (X12 element 345).
    pub qualifier: Option<String>,
    /// How long, in the unit named.
    pub duration: Option<Number>,
    /// Unit of time (X12 element 344, such as `DA` days).
    pub duration_unit: Option<String>,
    /// From when this holds.
    pub date: Option<Date>,
}

/// Totals of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InventoryTotals {
    /// Sum of the quantities, as the partner adds them (X12 CTT02).
    pub units: Option<Number>,
    /// Number of items.
    pub line_items: Option<Number>,
    /// Total weight.
    pub weight: Option<Quantity>,
    /// Total volume.
    pub volume: Option<Quantity>,
}
