//! `inventory_adjustment`: stock moved between states, counted, scrapped (X12 947).

use schemars::JsonSchema;
use serde::Deserialize;

use super::item::ItemIdentifiers;
use super::parts::{Amount, DatedEvent, IndustryCodes, Note, QualifiedWeight, Quantity, Reference};
use super::party::{Contact, Party};
use super::scalar::{Date, DateOrInstant, Number};
use super::words::{Action, AdjustmentReason, StockState};

/// The warehouse changed its record of the stock, and why.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InventoryAdjustment {
    /// The warehouse's number of the adjustment.
    pub adjustment_number: Option<String>,
    /// The depositor's number of the adjustment.
    pub depositor_adjustment_number: Option<String>,
    /// When the stock was adjusted.
    pub adjustment_date: DateOrInstant,
    /// What this document does to an earlier one of the same number.
    pub action: Option<Action>,
    /// The partner's code where no word fits (X12 element 353).
    pub action_code: Option<String>,
    /// A second action code beside the first (X12 element 306).
    pub further_action_code: Option<String>,
    /// Kind of transaction (X12 element 640).
    pub transaction_type_code: Option<String>,
    /// Who receives the goods.
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
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Free texts.
    pub notes: Option<Vec<Note>>,
    /// Codes of industry code lists.
    pub industry_codes: Option<Vec<IndustryCodes>>,
    /// What was adjusted.
    pub adjustments: Vec<Adjustment>,
}

/// The adjustment of one item.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// Number of the adjustment in the document, or the order's line number.
    pub line_number: Option<String>,
    /// The depositor's own number of the item.
    pub sku: Option<String>,
    /// All other identifiers of the item by scheme.
    pub identifiers: Option<ItemIdentifiers>,
    /// Free text.
    pub description: Option<String>,
    /// Further lines of the description, in order.
    pub description_lines: Option<Vec<String>>,
    /// Lot adjusted.
    pub lot: Option<String>,
    /// Serial numbers adjusted.
    pub serial_numbers: Option<Vec<String>>,
    /// Last day of use.
    pub expiry_date: Option<Date>,
    /// By how much the stock changed, with the partner's sign: negative is less. Where stock only moved from one state to
    /// another, how much moved.
    pub quantity: Option<Quantity>,
    /// Why.
    pub reason: Option<AdjustmentReason>,
    /// The partner's code where no word fits (X12 element 181).
    pub reason_code: Option<String>,
    /// State the stock was in.
    pub from_state: Option<StockState>,
    /// The partner's code where no word fits.
    pub from_state_code: Option<String>,
    /// State the stock is in now.
    pub to_state: Option<StockState>,
    /// The partner's code where no word fits.
    pub to_state_code: Option<String>,
    /// State of the stock that was adjusted, where the partner does not say from and to.
    pub state: Option<StockState>,
    /// The partner's code where no word fits (X12 element 529).
    pub state_code: Option<String>,
    /// Weight of what was adjusted.
    pub weight: Option<Quantity>,
    /// Which weight (X12 element 187, such as `G` gross).
    pub weight_qualifier: Option<String>,
    /// Weights of other kinds.
    pub other_weights: Option<Vec<QualifiedWeight>>,
    /// The buyer's purchase order the stock belongs to.
    pub purchase_order_number: Option<String>,
    /// Contract the stock belongs to.
    pub contract_number: Option<String>,
    /// Parties of this item.
    pub other_parties: Option<Vec<Party>>,
    /// Reference numbers without a field of their own.
    pub references: Option<Vec<Reference>>,
    /// Dates without a field of their own.
    pub dates: Option<Vec<DatedEvent>>,
    /// Amounts without a field of their own.
    pub amounts: Option<Vec<Amount>>,
    /// Free texts.
    pub notes: Option<Vec<Note>>,
    /// Codes of industry code lists.
    pub industry_codes: Option<Vec<IndustryCodes>>,
    /// Further details, each with its own numbers and dates.
    pub details: Option<Vec<AdjustmentDetail>>,
    /// Accounts the adjustment is booked to.
    pub accounts: Option<Vec<Account>>,
}

/// A detail of an adjustment (X12 LX).
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentDetail {
    /// Number of the detail, 1-based.
    pub assigned_number: Option<Number>,
    /// Reference numbers.
    pub references: Option<Vec<Reference>>,
    /// Dates.
    pub dates: Option<Vec<DatedEvent>>,
    /// Parties.
    pub other_parties: Option<Vec<Party>>,
    /// Codes of industry code lists.
    pub industry_codes: Option<Vec<IndustryCodes>>,
}

/// An account (X12 FA1 and FA2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Agency whose accounts they are (X12 element 559).
    pub agency: Option<String>,
    /// Service or charge (X12 element 1300).
    pub charge_code: Option<String>,
    /// Allowance or charge (X12 element 248).
    pub allowance_or_charge: Option<String>,
    /// The parts of the account's number.
    pub entries: Option<Vec<AccountPart>>,
}

/// A part of an account's number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountPart {
    /// Which part (X12 element 1196).
    pub qualifier: Option<String>,
    /// Its value (X12 element 1195).
    pub value: Option<String>,
}
