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

/// Whether a report tells all stock or only what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// All stock: what is not told is not there.
    Snapshot,
    /// What changed since the last report.
    Delta,
}

/// What stock can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockState {
    /// May be sold or shipped.
    Available,
    /// Set aside for orders.
    Allocated,
    /// Damaged.
    Damaged,
    /// On its way to the warehouse.
    InTransit,
    /// Kept apart until it is examined.
    Quarantine,
    /// There, and not to be given out.
    OnHold,
    /// Past its date.
    Expired,
    /// All that is in the warehouse, whatever its state: a sum of other states, not one beside them.
    OnHand,
}

/// Why the record of the stock was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentReason {
    /// The stock was counted.
    PhysicalCount,
    /// The books had too much.
    BookDecrease,
    /// The books had too little.
    BookIncrease,
    /// A mistake in the books.
    AccountingError,
    /// Put on hold.
    PutOnHold,
    /// Taken off hold.
    TakenOffHold,
    /// Damaged in the warehouse.
    DamagedInWarehouse,
    /// Damaged on its way.
    DamagedInTransit,
    /// Damaged goods were made good again.
    Reworked,
    /// Thrown away or destroyed.
    Destroyed,
    /// Past its date.
    Expired,
    /// Called back.
    Recalled,
    /// Goods that were missing were found.
    Found,
    /// Less had been received than was told.
    ReceiptLess,
    /// More had been received than was told.
    ReceiptMore,
    /// A mistake in a receipt.
    ReceiptError,
    /// Less had been shipped than was told.
    ShipmentLess,
    /// More had been shipped than was told.
    ShipmentMore,
    /// A mistake in a shipment.
    ShipmentError,
    /// Condition of the stock changed.
    ConditionChange,
    /// It turned out to be another item.
    Reidentified,
    /// The item got another number.
    ItemNumberChange,
    /// The unit it is counted in changed.
    UnitChange,
    /// The stock has another owner.
    OwnershipChange,
    /// Moved to another place or account.
    Transferred,
    /// A customer gave it back.
    CustomerReturn,
    /// Set aside for a customer.
    ReservedForCustomer,
    /// Given away.
    Donated,
    /// Given as a sample.
    Sample,
    /// Any other reason.
    Other,
}
