//! Makes X12 004010 as a warehouse sends it, of any size and always the same bytes: one interchange, one group, every count
//! and control number right.
//!
//! Made set by set, so that a file of any size needs the memory of one set. All names and numbers are made up.

mod inventory;
mod ship_notice;
mod shipping_advice;

use std::io::Write;

/// The sets that can be made: number, functional identifier, and what makes one.
const SETS: [(&str, &str, Make); 3] =
    [("945", "SW", shipping_advice::make), ("846", "IB", inventory::make), ("856", "SH", ship_notice::make)];

/// Appends the set with this number.
type Make = fn(&mut Random, u64, &mut Vec<u8>);

const NAMES: [&str; 10] = [
    "ALDER FOODS",
    "NORTHERN GROCERS",
    "BLUE INLET MARKETS",
    "PINE & OAK SUPPLY",
    "SUMMIT OUTDOOR GOODS",
    "LAKESIDE PHARMACY",
    "CANYON RETAIL GROUP",
    "PRAIRIE HOME WARES",
    "HARBOR DISTRIBUTION DC 14",
    "OLD TOWN HARDWARE",
];
const STREETS: [&str; 6] =
    ["MAIN ST", "INDUSTRIAL PKWY", "WAREHOUSE RD", "COMMERCE BLVD", "DOCK 7 ACCESS RD", "COUNTY ROAD 12"];
const CITIES: [&str; 6] = [
    "FONTANA*CA*92335",
    "JOLIET*IL*60431",
    "MEMPHIS*TN*38118",
    "CARLISLE*PA*17013",
    "RENO*NV*89506",
    "EDISON*NJ*08817",
];
const CARRIERS: [&str; 6] = ["ODFL", "RDWY", "SAIA", "XPOL", "ABFS", "CNWY"];
const ITEMS: [&str; 10] = [
    "WIDGET 12 OZ BLUE",
    "PAPER TOWEL 6 CT",
    "DETERGENT HE 100 OZ",
    "GRANOLA BAR 24 CT",
    "DOG FOOD 30 LB",
    "SHAMPOO 16 OZ",
    "PASTA PENNE 1 LB",
    "COFFEE DARK 2 LB",
    "TRASH BAG 13 GAL 80 CT",
    "BATTERY AA 24",
];
const UNITS: [&str; 3] = ["CA", "EA", "PL"];

/// The interchange, in pieces of a set each.
#[derive(Debug)]
pub(crate) struct Interchange {
    target_bytes: u64,
    made_bytes: u64,
    sets: u64,
    random: Random,
    state: State,
    functional_code: &'static str,
    make: Make,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    Sets,
    Done,
}

impl Interchange {
    /// An interchange of transaction sets `set` (945, 846 or 856) that ends with the first past `target_bytes`.
    pub(crate) fn new(set: &str, target_bytes: u64) -> Self {
        let known = SETS.iter().find(|known| known.0 == set);
        let &(_, functional_code, make) =
            known.unwrap_or_else(|| panic!("no {set} can be made, only 945, 846 and 856"));
        Self { target_bytes, made_bytes: 0, sets: 0, random: Random(1), state: State::Header, functional_code, make }
    }

    /// Transaction sets made so far.
    pub(crate) fn sets(&self) -> u64 {
        self.sets
    }

    /// Appends the next piece to `out`; false when there is none.
    pub(crate) fn next_piece(&mut self, out: &mut Vec<u8>) -> bool {
        let before = out.len();
        match self.state {
            State::Header => {
                segment(
                    out,
                    format_args!(
                        "ISA*00*          *00*          *ZZ*WAREHOUSE      *ZZ*DEPOSITOR      *260710*0830*U*00401*000000001*0*P*>"
                    ),
                );
                let code = self.functional_code;
                segment(out, format_args!("GS*{code}*WAREHOUSE*DEPOSITOR*20260710*0830*1*X*004010"));
                self.state = State::Sets;
            }
            State::Sets if self.made_bytes < self.target_bytes => {
                self.sets += 1;
                (self.make)(&mut self.random, self.sets, out);
            }
            State::Sets => {
                segment(out, format_args!("GE*{}*1", self.sets));
                segment(out, format_args!("IEA*1*000000001"));
                self.state = State::Done;
            }
            State::Done => return false,
        }
        self.made_bytes += (out.len() - before) as u64;
        true
    }
}

/// Appends a transaction set: ST, what `body` puts, and SE with the count.
fn set(out: &mut Vec<u8>, id: &str, number: u64, body: impl FnOnce(&mut dyn FnMut(std::fmt::Arguments<'_>))) {
    segment(out, format_args!("ST*{id}*{number:04}"));
    let mut segments = 2;
    body(&mut |arguments| {
        segments += 1;
        segment(out, arguments);
    });
    segment(out, format_args!("SE*{segments}*{number:04}"));
}

fn segment(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing to memory cannot fail");
    out.push(b'~');
}

/// SplitMix64: a few lines, and the same numbers on every machine.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn date(&mut self) -> u64 {
        20_260_000 + (1 + self.below(12)) * 100 + 1 + self.below(28)
    }

    /// A number of so many digits, the last the check digit of GTIN and SSCC, behind `prefix`.
    fn checked(&mut self, digits: usize, prefix: &str) -> String {
        let mut number = String::from(prefix);
        let mut sum = 0;
        for position in (1..digits).rev() {
            let digit = self.below(10);
            sum += digit * if position % 2 == 1 { 3 } else { 1 };
            number.push(char::from(b'0' + digit as u8));
        }
        number.push(char::from(b'0' + ((10 - sum % 10) % 10) as u8));
        number
    }
}
