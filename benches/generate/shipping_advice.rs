//! Warehouse shipping advices (945) of twenty lines, each in a carton of its own.

use super::{CARRIERS, CITIES, ITEMS, NAMES, Random, STREETS, UNITS, set};

const LINES: u32 = 20;

/// Appends a 945, ST to SE.
pub(super) fn make(random: &mut Random, number: u64, out: &mut Vec<u8>) {
    let (shipped, bill) = (random.date(), random.below(10_000_000_000));
    let purchase_order = random.below(10_000_000);
    let carrier = random.of(&CARRIERS);
    set(out, "945", number, |put| {
        put(format_args!(
            "W06*N*SO{}*{shipped}*SH{}*{:03}*PO{purchase_order:07}",
            10_000_000 + number,
            100_000_000 + number,
            1 + random.below(399)
        ));
        for (role, qualifier) in [("ST", "9"), ("SF", "9"), ("BT", "91")] {
            put(format_args!("N1*{role}*{}*{qualifier}*{:09}", random.of(&NAMES), random.below(1_000_000_000)));
            put(format_args!("N3*{} {}", 1 + random.below(19_998), random.of(&STREETS)));
            put(format_args!("N4*{}*US", random.of(&CITIES)));
        }
        put(format_args!("N9*BM*BL{bill:010}"));
        put(format_args!("N9*CN*{:010}", random.below(10_000_000_000)));
        put(format_args!("N9*MR*PO{purchase_order:07}**{shipped}"));
        put(format_args!("G62*11*{shipped}"));
        put(format_args!("G62*17*{}", random.date()));
        put(format_args!("W27*M*{carrier}*{carrier} GROUND*PP"));
        let (mut units, mut weight) = (0, 0);
        for line in 1..=LINES {
            let ordered = 1 + random.below(499);
            let short = if random.below(20) == 0 { random.below(ordered) } else { 0 };
            let status = if short == 0 { "SH" } else { "CP" };
            let (lot, pounds) = (random.below(10_000_000), 1 + random.below(899));
            units += ordered - short;
            weight += pounds;
            put(format_args!("LX*{line}"));
            put(format_args!("MAN*GM*{}", random.checked(18, "00")));
            put(format_args!(
                "W12*{status}*{ordered}*{}*{short}*{}*{}*VN*SKU{:06}*L{lot:07}*{pounds}.{:02}*G*L",
                ordered - short,
                random.of(&UNITS),
                random.checked(12, ""),
                random.below(1_000_000),
                random.below(100)
            ));
            put(format_args!("G69*{}", random.of(&ITEMS)));
            put(format_args!("N9*LT*L{lot:07}"));
            put(format_args!("G62*36*{}", random.date()));
        }
        put(format_args!("W03*{units}*{weight}*LB"));
    });
}
