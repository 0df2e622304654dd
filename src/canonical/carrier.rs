//! Who carries the goods, how, in what, and who pays.

use schemars::JsonSchema;
use serde::Deserialize;

use super::parts::Quantity;
use super::scalar::Number;
use super::words::{Mode, PaymentTerms};

/// The carrier and the terms of carriage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Carrier {
    /// Standard Carrier Alpha Code, two to four letters.
    pub scac: Option<String>,
    /// Name, or the routing as the partner writes it.
    pub name: Option<String>,
    /// How the goods travel.
    pub mode: Option<Mode>,
    /// The partner's code where no word fits (X12 element 91).
    pub mode_code: Option<String>,
    /// Service level, such as `ground` or a carrier's code.
    pub service_level: Option<String>,
    /// Who pays the freight.
    pub payment_terms: Option<PaymentTerms>,
    /// The partner's code where no word fits (X12 element 146).
    pub payment_terms_code: Option<String>,
    /// Number of the trailer, container or other equipment (X12 element 207).
    pub trailer: Option<String>,
    /// Letters before that number (X12 element 206).
    pub trailer_initial: Option<String>,
    /// Kind of equipment (X12 element 40).
    pub equipment_code: Option<String>,
    /// Seals, in order.
    pub seal_numbers: Option<Vec<String>>,
    /// State of the seals (X12 element 407).
    pub seal_status_code: Option<String>,
    /// How goods are put together for transport (X12 element 400).
    pub unit_load_code: Option<String>,
    /// What happens to the pallets (X12 element 399).
    pub pallet_exchange_code: Option<String>,
    /// Special handling (X12 element 152).
    pub handling_code: Option<String>,
    /// Why carrier or route were changed (X12 element 890).
    pub change_reason_code: Option<String>,
    /// Kind of the place where ownership passes (X12 element 433).
    pub fob_point_code: Option<String>,
    /// Place where ownership passes.
    pub fob_point: Option<String>,
    /// How cash on delivery is paid (X12 element 625).
    pub cash_on_delivery_code: Option<String>,
    /// Amount to collect on delivery.
    pub cash_on_delivery: Option<Number>,
}

/// Part of a load: pallets, seals and temperatures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitLoad {
    /// How goods are put together for transport (X12 element 400).
    pub unit_load_code: Option<String>,
    /// Number of pallets.
    pub pallets: Option<Number>,
    /// What happens to the pallets (X12 element 399).
    pub pallet_exchange_code: Option<String>,
    /// Seals, in order.
    pub seal_numbers: Option<Vec<String>>,
    /// Lowest temperature, or the only one.
    pub minimum_temperature: Option<Quantity>,
    /// Highest temperature.
    pub maximum_temperature: Option<Quantity>,
}

/// Equipment and climate asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Equipment {
    /// Kind of equipment (X12 element 40).
    pub equipment_code: Option<String>,
    /// Lowest temperature, or the only one.
    pub minimum_temperature: Option<Quantity>,
    /// Highest temperature.
    pub maximum_temperature: Option<Quantity>,
    /// Free text.
    pub description: Option<String>,
    /// How the vents stand (X12 element 1122).
    pub vent_setting_code: Option<String>,
    /// How far the vents are open, 0 to 100.
    pub vent_percent: Option<Number>,
    /// Quantity of air or of equipment (X12 W0909).
    pub quantity: Option<Number>,
}

/// How shipments travel together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consolidation {
    /// Kind of consolidation (X12 element 604).
    pub consolidation_code: Option<String>,
    /// Weight of the consolidated load.
    pub weight: Option<Quantity>,
    /// Which weight (X12 element 187).
    pub weight_qualifier: Option<String>,
    /// Number of stops.
    pub stops: Option<Number>,
    /// Kind of the location identifier (X12 element 309).
    pub location_qualifier: Option<String>,
    /// Location of the consolidation (X12 element 310).
    pub location: Option<String>,
    /// Bill of lading of the consolidated load.
    pub bill_of_lading: Option<String>,
}

/// A port or terminal on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// What happens there (X12 element 115).
    pub function: Option<String>,
    /// Kind of the location identifier (X12 element 309).
    pub location_qualifier: Option<String>,
    /// Location identifier (X12 element 310).
    pub location: Option<String>,
    /// Name of the port.
    pub name: Option<String>,
    /// Country code.
    pub country: Option<String>,
    /// State or province code.
    pub region: Option<String>,
    /// Name of the terminal.
    pub terminal: Option<String>,
    /// Number of the pier.
    pub pier: Option<String>,
}

/// A mark or number on a package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// What kind of number (X12 element 88, such as `CP`).
    pub qualifier: Option<String>,
    /// The number, or the first of a range.
    pub value: Option<String>,
    /// The last of a range.
    pub value_end: Option<String>,
}

/// How goods stand on a pallet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PalletLayout {
    /// Kind of pallet (X12 element 883).
    pub pallet_code: Option<String>,
    /// Number of layers.
    pub tiers: Option<Number>,
    /// Number of cases in a layer.
    pub blocks: Option<Number>,
    /// Number of inner packs in a case.
    pub pack: Option<Number>,
    /// Number of units in an inner pack.
    pub inner_pack: Option<Number>,
    /// Weight of one unit.
    pub unit_weight: Option<Quantity>,
    /// Length of the pallet.
    pub length: Option<Quantity>,
    /// Width of the pallet.
    pub width: Option<Quantity>,
    /// Height of the pallet.
    pub height: Option<Quantity>,
    /// Gross weight of one pack.
    pub gross_weight: Option<Quantity>,
    /// Gross volume of one pack.
    pub gross_volume: Option<Quantity>,
    /// What happens to the pallet (X12 element 399).
    pub pallet_exchange_code: Option<String>,
    /// How the goods are laid (X12 element 1699).
    pub structure_code: Option<String>,
}

/// How much is loaded: packages of one kind with their weight and volume (X12 TD1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lading {
    /// Kind of package (X12 element 103, such as `CTN25`).
    pub packaging: Option<String>,
    /// Number of packages.
    pub package_count: Option<Number>,
    /// Kind of the commodity code (X12 element 23).
    pub commodity_code_qualifier: Option<String>,
    /// Commodity code (X12 element 22).
    pub commodity_code: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Which weight (X12 element 187).
    pub weight_qualifier: Option<String>,
    /// Weight.
    pub weight: Option<Quantity>,
    /// Volume.
    pub volume: Option<Quantity>,
}

/// One carrier of a route, or one part of the way (X12 TD5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutingStep {
    /// Place in the route (X12 element 133, such as `B` origin carrier).
    pub sequence_code: Option<String>,
    /// Kind of the carrier's identifier (X12 element 66).
    pub identifier_qualifier: Option<String>,
    /// Identifier of the carrier.
    pub identifier: Option<String>,
    /// Name, or the routing as the partner writes it.
    pub name: Option<String>,
    /// How the goods travel.
    pub mode: Option<Mode>,
    /// The partner's code where no word fits (X12 element 91).
    pub mode_code: Option<String>,
    /// Status of the shipment there (X12 element 368).
    pub shipment_status_code: Option<String>,
    /// Kind of the location identifier (X12 element 309).
    pub location_qualifier: Option<String>,
    /// Location identifier (X12 element 310).
    pub location: Option<String>,
    /// Service level, such as `ground` or a carrier's code.
    pub service_level: Option<String>,
}

/// A trailer, container or other equipment that carries goods (X12 TD3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransportEquipment {
    /// Kind of equipment (X12 element 40).
    pub equipment_code: Option<String>,
    /// Letters before its number (X12 element 206).
    pub initial: Option<String>,
    /// Its number (X12 element 207).
    pub number: Option<String>,
    /// Which weight (X12 element 187).
    pub weight_qualifier: Option<String>,
    /// Weight.
    pub weight: Option<Quantity>,
    /// Who owns it (X12 element 102).
    pub ownership_code: Option<String>,
    /// Seal.
    pub seal_number: Option<String>,
    /// State of the seal (X12 element 407).
    pub seal_status_code: Option<String>,
}
