//! Which field of an object a partner's column is likely to be, by its name.

use crate::canonical::{Kind, NodeShape, Shape};

/// The lists of an object that rows of a file usually are.
pub(super) const LISTS: [&str; 3] = ["lines", "items", "adjustments"];

/// Other names of fields, without blanks and marks, in small letters.
const OTHERS: [(&str, &[&str]); 16] = [
    ("order_number", &["order", "orderno", "ordernbr", "orderid", "ordernum", "salesorder", "so", "sono", "number"]),
    ("purchase_order_number", &["po", "pono", "ponumber", "ponbr", "purchaseorder", "customerpo"]),
    ("shipment_number", &["shipment", "shipmentno", "shipmentid", "shipmentnbr"]),
    ("receipt_number", &["receipt", "receiptno", "receiptid", "receiptnbr"]),
    ("report_date", &["date", "counted", "asof", "reportdate"]),
    ("ship_date", &["shipped", "shippedon", "shipdate", "dateshipped", "shippeddate"]),
    ("receipt_date", &["received", "receivedon", "receiptdate", "datereceived"]),
    ("bill_of_lading", &["bol", "bolno", "bolnumber", "bolnbr"]),
    ("pro_number", &["pro", "prono", "pronbr"]),
    ("line_number", &["line", "lineno", "linenbr", "linenum"]),
    ("sku", &["item", "itemno", "itemnumber", "itemcode", "itemname", "product", "productcode", "material"]),
    ("description", &["itemdescription", "productdescription", "desc"]),
    ("lot", &["lotno", "lotnumber", "batch", "batchno", "batchnbr", "lotnbr"]),
    ("shipped", &["qty", "quantity", "qtyshipped", "shippedqty", "shipqty", "quantityshipped"]),
    ("received", &["qty", "quantity", "qtyreceived", "receivedqty", "quantityreceived"]),
    ("ordered", &["qty", "quantity", "qtyordered", "orderedqty", "orderqty", "quantityordered"]),
];

const UNITS: [&str; 6] = ["uom", "unit", "unitofmeasure", "um", "qtyuom", "quantityuom"];

/// The field of a node that a column of this name is likely to be, and its kind.
pub(super) fn fitting<'s>(node: &'s NodeShape, shape: &'s Shape, column: &str) -> Option<(&'s str, &'s Kind)> {
    let wanted = plain(column);
    let scalar = |kind: &Kind| match kind {
        Kind::Object(inner) => shape.node(*inner).quantity,
        Kind::Word(_) => false,
        _ => true,
    };
    let mut fields = node.fields.iter().filter(|field| !field.list && scalar(&field.kind));
    let is = |name: &str| plain(name) == wanted;
    let others = |name: &str| {
        let known = OTHERS.iter().find(|(field, _)| *field == name);
        known.is_some_and(|(_, others)| others.contains(&wanted.as_str()))
    };
    // A quantity is what the object is about: shipped before ordered.
    let by_other = || {
        let found = node.fields.iter().filter(|field| !field.list && scalar(&field.kind) && others(&field.name));
        found.min_by_key(|field| ["shipped", "received"].iter().all(|name| *name != field.name))
    };
    let found = fields.find(|field| is(&field.name)).or_else(by_other)?;
    Some((&found.name, &found.kind))
}

/// Is it the unit of a quantity beside it?
pub(super) fn is_unit(column: &str) -> bool {
    UNITS.contains(&plain(column).as_str())
}

/// The last part of a name, without blanks and marks, in small letters.
fn plain(name: &str) -> String {
    let own = name.rsplit(['/', '.']).next().unwrap_or(name);
    own.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}
