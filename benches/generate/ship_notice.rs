//! Ship notices (856): a shipment of two orders, each with six cartons of two items.

use super::{CARRIERS, CITIES, ITEMS, NAMES, Random, STREETS, set};

const ORDERS: u32 = 2;
const CARTONS: u32 = 6;
const LINES: u32 = 2;

/// Appends an 856, ST to SE.
pub(super) fn make(random: &mut Random, number: u64, out: &mut Vec<u8>) {
    let (date, carrier) = (random.date(), random.of(&CARRIERS));
    set(out, "856", number, |put| {
        put(format_args!("BSN*00*SH{}*{date}*1015*0001", 10_000_000 + number));
        put(format_args!("HL*1**S*1"));
        put(format_args!("TD1*CTN25*{}****G*{}*LB", ORDERS * CARTONS, 1 + random.below(9_000)));
        put(format_args!("TD5*B*2*{carrier}*M*{carrier} GROUND"));
        put(format_args!("REF*BM*BL{:010}", random.below(10_000_000_000)));
        put(format_args!("DTM*011*{date}"));
        for (role, qualifier) in [("SF", "9"), ("ST", "92")] {
            put(format_args!("N1*{role}*{}*{qualifier}*{:09}", random.of(&NAMES), random.below(1_000_000_000)));
            put(format_args!("N3*{} {}", 1 + random.below(19_998), random.of(&STREETS)));
            put(format_args!("N4*{}*US", random.of(&CITIES)));
        }
        let mut level = 1;
        for _ in 0..ORDERS {
            level += 1;
            let order = level;
            put(format_args!("HL*{order}*1*O*1"));
            put(format_args!("PRF*PO{:07}***{}", random.below(10_000_000), random.date()));
            for _ in 0..CARTONS {
                level += 1;
                let carton = level;
                put(format_args!("HL*{carton}*{order}*P*1"));
                put(format_args!("MAN*GM*{}", random.checked(18, "00")));
                for _ in 0..LINES {
                    level += 1;
                    put(format_args!("HL*{level}*{carton}*I*0"));
                    put(format_args!("LIN**VN*SKU{:06}*UP*{}", random.below(1_000_000), random.checked(12, "")));
                    put(format_args!("SN1**{}*EA**{}*EA", 1 + random.below(99), 1 + random.below(99)));
                    put(format_args!("PID*F****{}", random.of(&ITEMS)));
                }
            }
        }
        put(format_args!("CTT*{level}"));
    });
}
