//! `ship_notice`: advance ship notice (X12 856).
//!
//! A notice is a tree: orders, pallets, packages and lines stand inside each other as the partner's hierarchy has them.
//! A level never stands inside its like, not even further out, so that the tree is not deep and each place in it has a
//! name: what an order holds cannot hold an order (`Order*`), what a pallet holds cannot hold a pallet (`Pallet*`).
//! Packages are the exception: one may stand in another ([`InnerPackage`]), and a line that is in none may be divided into
//! packages of its own ([`LinePackage`]).

use schemars::JsonSchema;
use serde::Deserialize;

use super::carrier::{Carrier, Equipment, Lading, Mark, PalletLayout, RoutingStep, TransportEquipment};
use super::fulfillment_order::Destination;
use super::item::{Characteristic, ItemComponent, ItemIdentifiers, OriginalItem, PackDetails};
use super::parts::{
    Amount, Charge, DatedEvent, IndustryCodes, Measurement, Note, QualifiedQuantity, Quantity, Reference,
};
use super::party::{Contact, Party};
use super::scalar::{Date, DateOrInstant, Number};
use super::words::{Action, Status};

/// These goods are on their way: on pallets, in packages, by order or as plain lines, as the partner tells it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipNotice {
    /// The sender's number of the shipment.
    pub shipment_number: String,
    /// What this document does to an earlier one of the same shipment.
    pub action: Option<Action>,
    /// The partner's code where no word fits (X12 BSN01).
    pub action_code: Option<String>,
    /// When the notice was made.
    pub created_at: Option<DateOrInstant>,
    /// Levels found in the document, outermost first, as X12 element 735 has them: `S-O-T-P-I`.
    pub structure: Option<String>,
    /// Order of the levels as the partner names it (X12 element 1005).
    pub structure_code: Option<String>,
    /// Kind of transaction (X12 element 640).
    pub transaction_type_code: Option<String>,
    /// Why the shipment stands as it does (X12 element 641).
    pub status_reason_code: Option<String>,
    /// The depositor's number of the order, where the whole shipment is for one.
    pub order_number: Option<String>,
    /// The buyer's purchase order number, where the whole shipment is for one.
    pub purchase_order_number: Option<String>,
    /// When that purchase order was made.
    pub purchase_order_date: Option<Date>,
    /// When the goods left, or will leave.
    pub ship_date: Option<DateOrInstant>,
    /// When the goods are expected to arrive.
    pub estimated_delivery_date: Option<DateOrInstant>,
    /// When the goods were delivered.
    pub delivery_date: Option<DateOrInstant>,
    /// Bill of lading number.
    pub bill_of_lading: Option<String>,
    /// Bill of lading of the load this shipment travels with.
    pub master_bill_of_lading: Option<String>,
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
    /// Further carriers and routes, in order.
    pub routing: Option<Vec<RoutingStep>>,
    /// Further trailers, containers and other equipment.
    pub transport_equipment: Option<Vec<TransportEquipment>>,
    /// Equipment and climate asked for.
    pub equipment: Option<Equipment>,
    /// Special handling, in order (X12 element 152).
    pub handling_codes: Option<Vec<String>>,
    /// Gross weight of the shipment.
    pub weight: Option<Quantity>,
    /// Volume of the shipment.
    pub volume: Option<Quantity>,
    /// Number of packages or pallets, as the carrier counts them.
    pub package_count: Option<Number>,
    /// Kind of those packages (X12 element 103, such as `CTN25`).
    pub packaging: Option<String>,
    /// Counts, weights and volumes of other kinds.
    pub ladings: Option<Vec<Lading>>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Marks and numbers on the goods.
    pub marks: Option<Vec<Mark>>,
    /// Measurements.
    pub measurements: Option<Vec<Measurement>>,
    /// Allowances and charges.
    pub charges: Option<Vec<Charge>>,
    /// Free texts.
    pub notes: Option<Vec<Note>>,
    /// Codes of industry code lists.
    pub industry_codes: Option<Vec<IndustryCodes>>,
    /// Orders the shipment is for.
    pub orders: Option<Vec<NoticeOrder>>,
    /// Pallets that stand in no order.
    pub pallets: Option<Vec<NoticePallet>>,
    /// Packages that stand in no order and on no pallet.
    pub packages: Option<Vec<NoticePackage>>,
    /// Items that stand in no order, on no pallet and in no package.
    pub lines: Option<Vec<NoticeLine>>,
    /// Totals over the whole notice.
    pub totals: Option<NoticeTotals>,
}

/// The fields of an order, and what it holds.
macro_rules! order {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $content:ident: $held:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The depositor's number of the order.
            pub order_number: Option<String>,
            /// The buyer's purchase order number.
            pub purchase_order_number: Option<String>,
            /// When the buyer's purchase order was made.
            pub purchase_order_date: Option<Date>,
            /// Kind of purchase order (X12 element 92).
            pub purchase_order_type_code: Option<String>,
            /// Number of the release of a blanket order.
            pub release_number: Option<String>,
            /// Number of the change of the order.
            pub change_number: Option<String>,
            /// Contract number.
            pub contract_number: Option<String>,
            /// The seller's invoice number.
            pub invoice_number: Option<String>,
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
            /// Carrier and terms of carriage, where they are not the shipment's.
            pub carrier: Option<Carrier>,
            /// Gross weight of what is shipped of the order.
            pub weight: Option<Quantity>,
            /// Volume of what is shipped of the order.
            pub volume: Option<Quantity>,
            /// Number of packages or pallets, as the carrier counts them.
            pub package_count: Option<Number>,
            /// Kind of those packages (X12 element 103, such as `CTN25`).
            pub packaging: Option<String>,
            /// Counts, weights and volumes of other kinds.
            pub ladings: Option<Vec<Lading>>,
            /// Reference numbers without a field of their own.
            pub references: Option<Vec<Reference>>,
            /// Dates without a field of their own.
            pub dates: Option<Vec<DatedEvent>>,
            /// Marks and numbers on the goods.
            pub marks: Option<Vec<Mark>>,
            /// Measurements.
            pub measurements: Option<Vec<Measurement>>,
            /// Allowances and charges.
            pub charges: Option<Vec<Charge>>,
            /// Free texts.
            pub notes: Option<Vec<Note>>,
            /// Codes of industry code lists.
            pub industry_codes: Option<Vec<IndustryCodes>>,
            $($(#[$doc])* pub $content: Option<$held>,)*
        }
    };
}

/// The fields of a pallet or package, and what it holds.
macro_rules! container {
    ($(#[$about:meta])* $name:ident { $(#[$number_doc:meta])* $number:ident, $($(#[$doc:meta])* $content:ident: $held:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(#[$number_doc])*
            pub $number: Option<String>,
            /// Serial shipping container code, 18 or 20 digits.
            pub sscc: Option<String>,
            /// The carrier's tracking number.
            pub tracking_number: Option<String>,
            /// Kind of pallet or package (X12 element 103, such as `CTN25`).
            pub packaging: Option<String>,
            /// Number of packages, as the carrier counts them.
            pub package_count: Option<Number>,
            /// Gross weight.
            pub weight: Option<Quantity>,
            /// Volume.
            pub volume: Option<Quantity>,
            /// Counts, weights and volumes of other kinds.
            pub ladings: Option<Vec<Lading>>,
            /// What is in it and how large it is.
            pub pack: Option<PackDetails>,
            /// How goods stand on a pallet.
            pub pallet_layout: Option<PalletLayout>,
            /// Other marks and numbers.
            pub marks: Option<Vec<Mark>>,
            /// For whom it is marked.
            pub mark_for: Option<Party>,
            /// Other parties it concerns.
            pub other_parties: Option<Vec<Party>>,
            /// Its carrier, where it is not the shipment's.
            pub carrier: Option<Carrier>,
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
            $($(#[$doc])* pub $content: Option<$held>,)*
        }
    };
}

/// The fields of a line, and what it is divided into.
macro_rules! line {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $content:ident: $held:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The order's line number.
            pub line_number: Option<String>,
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
            /// Properties of the item, such as colour and size.
            pub characteristics: Option<Vec<Characteristic>>,
            /// Lot shipped.
            pub lot: Option<String>,
            /// Serial numbers shipped.
            pub serial_numbers: Option<Vec<String>>,
            /// Last day of use.
            pub expiry_date: Option<Date>,
            /// The order the item is of, where no order stands around it.
            pub order_number: Option<String>,
            /// The buyer's purchase order the item is of, where no order stands around it.
            pub purchase_order_number: Option<String>,
            /// How much was ordered.
            pub ordered: Option<Quantity>,
            /// How much was shipped.
            pub shipped: Option<Quantity>,
            /// How much of the line was shipped so far, this shipment included, in the unit shipped.
            pub shipped_to_date: Option<Number>,
            /// How far the line has come.
            pub status: Option<Status>,
            /// The partner's code where no word fits (X12 element 668).
            pub status_code: Option<String>,
            /// Price of one unit, in the currency of the order.
            pub unit_price: Option<Number>,
            /// Country the item was made in.
            pub country_of_origin: Option<String>,
            /// How the item is packed.
            pub pack: Option<PackDetails>,
            /// Gross weight.
            pub weight: Option<Quantity>,
            /// Volume.
            pub volume: Option<Quantity>,
            /// Number of packages, as the carrier counts them.
            pub package_count: Option<Number>,
            /// Kind of those packages (X12 element 103, such as `CTN25`).
            pub packaging: Option<String>,
            /// Counts, weights and volumes of other kinds.
            pub ladings: Option<Vec<Lading>>,
            /// Loads the quantity is divided into.
            pub loads: Option<Vec<Load>>,
            /// What the item is made up of.
            pub components: Option<Vec<ItemComponent>>,
            /// How the quantity is shared among destinations.
            pub destinations: Option<Vec<Destination>>,
            /// Marks and numbers on the goods.
            pub marks: Option<Vec<Mark>>,
            /// Carrier of this line, where it is not the shipment's.
            pub carrier: Option<Carrier>,
            /// Parties of this line.
            pub other_parties: Option<Vec<Party>>,
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
            $($(#[$doc])* pub $content: Option<$held>,)*
        }
    };
}

order! {
    /// An order with what is shipped of it.
    NoticeOrder {
        /// Pallets with goods of this order only.
        pallets: Vec<OrderPallet>,
        /// Packages with goods of this order only that stand on no pallet.
        packages: Vec<OrderPackage>,
        /// Items of the order that are on no pallet and in no package.
        lines: Vec<NoticeLine>,
    }
}

order! {
    /// An order of which goods stand on a pallet.
    PalletOrder {
        /// Packages with goods of this order only.
        packages: Vec<OrderPackage>,
        /// Items of the order that are in no package.
        lines: Vec<NoticeLine>,
    }
}

order! {
    /// An order of which goods are in a package.
    PackageOrder {
        /// Items of the order in the package.
        lines: Vec<PackedLine>,
    }
}

container! {
    /// A pallet that stands in no order.
    NoticePallet {
        /// Number of the pallet.
        pallet_number,
        /// Orders of which goods stand on the pallet.
        orders: Vec<PalletOrder>,
        /// Packages on the pallet.
        packages: Vec<NoticePackage>,
        /// Items that stand on the pallet in no package.
        lines: Vec<NoticeLine>,
    }
}

container! {
    /// A package that stands in no order, on a pallet or not.
    NoticePackage {
        /// Number of the package.
        package_number,
        /// Orders of which goods are in the package.
        orders: Vec<PackageOrder>,
        /// Packages in the package.
        packages: Vec<InnerPackage>,
        /// What is in the package, and in none inside it.
        lines: Vec<PackedLine>,
    }
}

container! {
    /// A pallet with goods of one order.
    OrderPallet {
        /// Number of the pallet.
        pallet_number,
        /// Packages on the pallet.
        packages: Vec<OrderPackage>,
        /// Items that stand on the pallet in no package.
        lines: Vec<NoticeLine>,
    }
}

container! {
    /// A package with goods of one order, on a pallet or not.
    OrderPackage {
        /// Number of the package.
        package_number,
        /// Packages in the package.
        packages: Vec<InnerPackage>,
        /// What is in the package, and in none inside it.
        lines: Vec<PackedLine>,
    }
}

container! {
    /// A package in a package.
    InnerPackage {
        /// Number of the package.
        package_number,
        /// Its level as the partner has it (X12 element 735): `P` pack, `Q` subpack.
        level_code: String,
        /// What is in the package.
        lines: Vec<PackedLine>,
    }
}

container! {
    /// A package of one line, with nothing else in it.
    LinePackage {
        /// Number of the package.
        package_number,
        /// How much of the line is in it.
        shipped: Quantity,
    }
}

line! {
    /// One item of a notice.
    NoticeLine {
        /// Packages the quantity is divided into.
        packages: Vec<LinePackage>,
    }
}

line! {
    /// One item in a package.
    PackedLine {}
}

/// Loads of equal size (X12 CLD).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Number of loads.
    pub loads: Option<Number>,
    /// Units in each load.
    pub units: Option<Number>,
    /// Kind of package (X12 element 103).
    pub packaging: Option<String>,
    /// Size of one unit.
    pub size: Option<Quantity>,
    /// Reference numbers, such as those of labels.
    pub references: Option<Vec<Reference>>,
}

/// Totals of a notice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeTotals {
    /// Sum of the shipped quantities, whatever their units.
    pub units: Option<Number>,
    /// Number of levels or of lines, as the partner counts them (X12 CTT01).
    pub line_items: Option<Number>,
    /// Total weight.
    pub weight: Option<Quantity>,
    /// Total volume.
    pub volume: Option<Quantity>,
}
