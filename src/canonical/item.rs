//! Items: what a line is about.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::parts::Quantity;
use super::scalar::Number;

/// Identifiers of an item by scheme; schemes not listed here stand under their code in lower case, such as `nd`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct ItemIdentifiers {
    /// Global trade item number (GS1), 8, 12, 13 or 14 digits.
    pub gtin: Option<String>,
    /// U.P.C. of the unit sold, 12 digits.
    pub upc: Option<String>,
    /// U.P.C. of the case.
    pub upc_case: Option<String>,
    /// European article number, 13 digits.
    pub ean: Option<String>,
    /// The vendor's number of the item.
    pub vendor_part: Option<String>,
    /// The buyer's number of the item.
    pub buyer_part: Option<String>,
    /// The manufacturer's number of the item.
    pub manufacturer_part: Option<String>,
    /// Any other scheme.
    #[serde(flatten)]
    pub other: BTreeMap<String, String>,
}

/// The item that was ordered where another one was shipped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OriginalItem {
    /// The depositor's own number.
    pub sku: Option<String>,
    /// Identifiers by scheme.
    pub identifiers: Option<ItemIdentifiers>,
    /// Free text.
    pub description: Option<String>,
}

/// How an item is packed: one level of its packing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Number of inner units in one pack.
    pub units: Option<Number>,
    /// Size of one inner unit.
    pub size: Option<Quantity>,
    /// Weight of the pack.
    pub weight: Option<Quantity>,
    /// Which weight (X12 element 187).
    pub weight_qualifier: Option<String>,
    /// Weight of one unit.
    pub unit_weight: Option<Quantity>,
    /// Volume of the pack.
    pub volume: Option<Quantity>,
    /// Colour.
    pub color: Option<String>,
}
