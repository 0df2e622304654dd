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

/// How goods are packed and how large the pack is (X12 PO4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackDetails {
    /// Number of inner units in one pack.
    pub units: Option<Number>,
    /// Size of one inner unit.
    pub size: Option<Quantity>,
    /// Kind of package (X12 element 103, such as `CTN25`).
    pub packaging: Option<String>,
    /// Which weight (X12 element 187).
    pub weight_qualifier: Option<String>,
    /// Weight of one pack.
    pub weight: Option<Quantity>,
    /// Volume of one pack.
    pub volume: Option<Quantity>,
    /// Length.
    pub length: Option<Quantity>,
    /// Width.
    pub width: Option<Quantity>,
    /// Height.
    pub height: Option<Quantity>,
    /// Number of eaches in one inner unit.
    pub inner_pack: Option<Number>,
    /// Surface, layer or position (X12 element 752).
    pub position_code: Option<String>,
}

/// A property of an item, in words or as a code (X12 PID).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Characteristic {
    /// Free text or code (X12 element 349).
    pub description_type: Option<String>,
    /// Which property (X12 element 750, such as `73` colour).
    pub characteristic_code: Option<String>,
    /// Whose code it is (X12 element 559).
    pub agency: Option<String>,
    /// The property as a code (X12 element 751).
    pub description_code: Option<String>,
    /// The property in words.
    pub description: Option<String>,
    /// Where on the item (X12 element 752).
    pub position_code: Option<String>,
    /// Publication of the agency (X12 element 822).
    pub source: Option<String>,
    /// `Y` or `N`, where the property is a question (X12 element 1073).
    pub response_code: Option<String>,
    /// Language of the words (X12 element 819).
    pub language: Option<String>,
}

/// A part of an item: of a kit, an assortment or a pack (X12 SLN).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemComponent {
    /// Number of the part in the line.
    pub component_number: Option<String>,
    /// Number of the part above it.
    pub parent_number: Option<String>,
    /// How it belongs to the line (X12 element 662, such as `I` included).
    pub relationship_code: Option<String>,
    /// The depositor's own number of the part.
    pub sku: Option<String>,
    /// All other identifiers of the part by scheme.
    pub identifiers: Option<ItemIdentifiers>,
    /// Free text.
    pub description: Option<String>,
    /// How much of it is in the line, or in one unit of the line.
    pub quantity: Option<Quantity>,
    /// Price of one unit.
    pub unit_price: Option<Number>,
    /// What the price is for (X12 element 639).
    pub unit_price_basis_code: Option<String>,
}
