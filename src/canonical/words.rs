//! The words of canonical objects: the same for all partners. A code without a word stands in the sibling `*_code`.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a document does to an earlier one of the same business key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The first of its key.
    Original,
    /// Changes an earlier one.
    Change,
    /// Cancels an earlier one.
    Cancel,
    /// Deletes an earlier one.
    Delete,
    /// Confirms an earlier one.
    Confirm,
    /// Replaces an earlier one as a whole.
    Replace,
}

/// How far an order or a line of it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The warehouse accepted it.
    Accepted,
    /// Stock is set aside.
    Allocated,
    /// Picked, not yet packed.
    Picked,
    /// Packed, not yet shipped.
    Packed,
    /// Shipped as ordered.
    Shipped,
    /// Shipped with less than ordered; the rest will not come.
    ShortShipped,
    /// Another item was shipped in its place.
    Substituted,
    /// Will be shipped later.
    Backordered,
    /// Waits for a decision.
    Held,
    /// Will not be shipped.
    Cancelled,
    /// Delivered to the receiver.
    Delivered,
}

/// What was wrong with goods when they were received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Goods or their container are damaged.
    Damaged,
    /// Less came than was announced.
    Short,
    /// More came than was announced.
    Over,
    /// Another item came.
    WrongItem,
    /// The goods are past their date.
    Expired,
    /// Anything else; `condition_code` says what.
    Other,
}

/// How goods travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By road.
    Motor,
    /// By air.
    Air,
    /// By rail.
    Rail,
    /// By sea.
    Ocean,
    /// By a parcel service.
    Parcel,
    /// The receiver picks the goods up.
    CustomerPickup,
    /// Any other way; `mode_code` says which.
    Other,
}

/// Who pays the freight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentTerms {
    /// The sender pays.
    Prepaid,
    /// The receiver pays.
    Collect,
    /// A third party pays.
    ThirdParty,
    /// Any other terms; `payment_terms_code` says which.
    Other,
}
