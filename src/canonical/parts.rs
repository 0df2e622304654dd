//! What stands in every canonical object: quantities, and the lists that keep what has no field of its own.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalar::{Date, Number, Time};

// A mapping line treats this pair as one value: its shape is marked as a quantity, by this name.
/// An amount of something: a number and its unit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// Exact number.
    pub value: Number,
    /// Unit code (X12 element 355 where one exists), such as `EA`, `CA` or `LB`.
    pub unit: Option<String>,
}

/// A reference number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// What kind of number (X12 element 128, such as `DP`).
    pub qualifier: Option<String>,
    /// The number.
    pub value: Option<String>,
    /// Free text beside the number, or in its place.
    pub description: Option<String>,
    /// Date of the reference.
    pub date: Option<Date>,
    /// Time of the reference.
    pub time: Option<Time>,
    /// Time zone code of that time (X12 element 623).
    pub time_zone_code: Option<String>,
    /// Further numbers that belong to this one (X12 composite C040).
    pub parts: Option<Vec<ReferencePart>>,
}

/// A number that belongs to a reference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferencePart {
    /// What kind of number (X12 element 128).
    pub qualifier: Option<String>,
    /// The number.
    pub value: Option<String>,
}

/// A date without a field of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatedEvent {
    /// What happens then (X12 element 432 or 374).
    pub qualifier: Option<String>,
    /// The day.
    pub date: Option<Date>,
    /// What the time means (X12 element 176).
    pub time_qualifier: Option<String>,
    /// The time of that day, where the partner's clock stands.
    pub time: Option<Time>,
    /// Time zone code of that time (X12 element 623).
    pub time_zone_code: Option<String>,
}

/// Free text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Whom or what the text is for (X12 element 363, such as `WHI`).
    pub purpose: Option<String>,
    /// The text.
    pub text: Option<String>,
}

/// An allowance or a charge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// What kind (X12 element 340 or 1300).
    pub qualifier: Option<String>,
    /// `A` allowance, `C` charge, where the kind does not say (X12 element 248).
    pub allowance_or_charge: Option<String>,
    /// Total amount, in the currency of the order.
    pub amount: Option<Number>,
    /// Free text.
    pub description: Option<String>,
    /// How it is settled (X12 element 331).
    pub handling_method_code: Option<String>,
    /// Number of the allowance or charge (X12 element 341).
    pub number: Option<String>,
    /// Number of the exception (X12 element 769).
    pub exception_number: Option<String>,
    /// Number of the option (X12 element 770).
    pub option_number: Option<String>,
    /// Rate for one unit.
    pub rate: Option<Number>,
    /// Quantity the rate applies to.
    pub quantity: Option<Quantity>,
    /// Percentage, 0 to 100.
    pub percent: Option<Number>,
    /// Amount the percentage applies to.
    pub percent_basis: Option<Number>,
}

/// A quantity without a field of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualifiedQuantity {
    /// What is counted (X12 element 673).
    pub qualifier: Option<String>,
    /// How much.
    pub quantity: Option<Quantity>,
    /// Free text in place of the quantity.
    pub text: Option<String>,
}

/// An amount of money without a field of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// What the amount is (X12 element 522).
    pub qualifier: Option<String>,
    /// The amount, in the currency of the order.
    pub amount: Option<Number>,
    /// `C` credit, `D` debit (X12 element 478).
    pub credit_debit_code: Option<String>,
}

/// A weight that is not the gross weight.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualifiedWeight {
    /// Which weight (X12 element 187).
    pub qualifier: Option<String>,
    /// The weight.
    pub weight: Option<Quantity>,
}

/// A measurement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// What is measured (X12 element 737).
    pub reference_code: Option<String>,
    /// Which of its properties (X12 element 738).
    pub qualifier: Option<String>,
    /// What was measured.
    pub quantity: Option<Quantity>,
    /// Lower end of a range, in the same unit.
    pub minimum: Option<Number>,
    /// Upper end of a range, in the same unit.
    pub maximum: Option<Number>,
    /// How exact the value is (X12 element 935).
    pub significance_code: Option<String>,
    /// Attribute in place of a value (X12 element 936).
    pub attribute_code: Option<String>,
    /// Where it was measured (X12 element 752).
    pub position_code: Option<String>,
    /// How it was measured (X12 element 1373).
    pub method_code: Option<String>,
    /// Code list of the industry code (X12 element 1270).
    pub industry_code_qualifier: Option<String>,
    /// Industry code (X12 element 1271).
    pub industry_code: Option<String>,
}

/// Codes of one agency's code list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndustryCodes {
    /// Agency (X12 element 559).
    pub agency: Option<String>,
    /// Publication of that agency (X12 element 822).
    pub source: Option<String>,
    /// The codes.
    pub entries: Option<Vec<IndustryCode>>,
}

/// A code of an industry's code list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndustryCode {
    /// Code list (X12 element 1270).
    pub qualifier: Option<String>,
    /// The code (X12 element 1271).
    pub code: Option<String>,
}
