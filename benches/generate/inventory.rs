//! Inventory reports (846) of forty items, each with three states of stock, their dates and units.

use super::{ITEMS, NAMES, Random, set};

const STOCK_ITEMS: u32 = 40;

/// Appends an 846, ST to SE.
pub(super) fn make(random: &mut Random, number: u64, out: &mut Vec<u8>) {
    let date = random.date();
    set(out, "846", number, |put| {
        put(format_args!("BIA*00*SI*INV{}*{date}*0600", 10_000_000 + number));
        for (role, qualifier) in [("WH", "9"), ("DE", "91")] {
            put(format_args!("N1*{role}*{}*{qualifier}*{:09}", random.of(&NAMES), random.below(1_000_000_000)));
        }
        for line in 1..=STOCK_ITEMS {
            let unit = random.of(&super::UNITS);
            put(format_args!("LIN*{line}*VN*SKU{:06}*UP*{}", random.below(1_000_000), random.checked(12, "")));
            put(format_args!("PID*F****{}", random.of(&ITEMS)));
            put(format_args!("REF*LT*L{:07}", random.below(10_000_000)));
            for state in ["33", "17", "QH"] {
                put(format_args!("QTY*{state}*{}*{unit}", random.below(10_000)));
                put(format_args!("DTM*007*{}", random.date()));
            }
        }
        put(format_args!("CTT*{STOCK_ITEMS}"));
    });
}
