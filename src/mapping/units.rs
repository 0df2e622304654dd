//! Units that stand in an exact ratio to the ERP's own: a case is twelve pieces.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::lens::Fault;
use crate::diagnostic::codes;

/// A table of units.
#[derive(Debug)]
pub(super) struct UnitTable {
    pub(super) name: String,
    /// The unit that the object has.
    pub(super) own: String,
    /// The unit that is written, where the line does not say one.
    pub(super) write: String,
    /// Other units, and how many of the own one each is, of every item.
    pub(super) ratios: Vec<(String, Ratio)>,
    /// The field that says which item it is, where ratios differ from item to item.
    pub(super) by: Option<String>,
    /// Those that an item has of its own.
    pub(super) items: Items,
    /// `file:line`, for messages.
    pub(super) source: String,
}

/// The units that items have of their own, by item.
pub(super) type Items = BTreeMap<String, Vec<(String, Ratio)>>;

/// An exact number of units, as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ratio {
    pub(super) over: Decimal,
    pub(super) under: Decimal,
}

impl Ratio {
    /// Reads `12`, `0.45359237` or `1/12`; `None` for what is no number above zero.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| crate::canonical::number::parse(text.trim().as_bytes());
        let (over, under) = text.split_once('/').unwrap_or((text, "1"));
        let ratio = Self { over: number(over)?, under: number(under)? };
        (ratio.over > Decimal::ZERO && ratio.under > Decimal::ZERO).then_some(ratio)
    }

    /// Is it a number of pieces in a pack? Then there are whole packs only.
    fn is_pack(self) -> bool {
        self.under == Decimal::ONE && self.over > Decimal::ONE && self.over.fract().is_zero()
    }
}

impl UnitTable {
    /// So many of the unit that is written, in the own one; for objects to try laws on.
    pub(super) fn some(&self, count: u64, item: Option<&str>) -> Decimal {
        let count = Decimal::from(count + 1);
        self.read(count, &self.write, item).map_or(count, |(own, _)| own)
    }

    /// The units of some item, or of all.
    pub(super) fn units(&self) -> impl Iterator<Item = &str> {
        let all = self.ratios.iter().chain(self.items.values().flatten());
        all.map(|(unit, _)| unit.as_str())
    }

    /// The unit of this name, if the table has it.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        self.units().chain([self.own.as_str()]).find(|unit| *unit == name)
    }

    /// How many of the own unit one of `unit` is, of `item`; none for a unit that the table does not have.
    fn ratio(&self, unit: &str, item: Option<&str>) -> Result<Option<Ratio>, Fault> {
        let own = item.and_then(|item| self.items.get(item)).into_iter().flatten();
        let mut known = own.chain(&self.ratios).filter(|(known, _)| known == unit);
        match known.next() {
            Some((_, ratio)) => Ok(Some(*ratio)),
            None if self.units().any(|known| known == unit) => Err(self.missing(unit, item)),
            None => Ok(None),
        }
    }

    fn missing(&self, unit: &str, item: Option<&str>) -> Fault {
        let Self { name, own, source, .. } = self;
        let by = self.by.as_deref().unwrap_or_default();
        let (message, remedy) = match item {
            Some(item) => (
                format!("`units.{name}` does not say how many {own} a {unit} of {item} is"),
                format!("add it to [units.{name}.items], which begins at {source}: `\"{item}\" = {{ {unit} = 12 }}`"),
            ),
            None => (
                format!("how many {own} a {unit} is differs from item to item, and `{by}` is not there"),
                format!("send `{by}`, by which `units.{name}` knows the item"),
            ),
        };
        Fault { code: codes::MAPPING_NO_RATIO, message, remedy }
    }

    /// A number of the document's unit in the object's; and the unit. Units that the table does not have stay.
    pub(super) fn read<'u>(
        &'u self,
        number: Decimal,
        unit: &'u str,
        item: Option<&str>,
    ) -> Result<(Decimal, &'u str), Fault> {
        let Some(ratio) = self.ratio(unit, item)? else { return Ok((number, unit)) };
        match exactly(number, ratio.over, ratio.under) {
            Some(own) => Ok((own, &self.own)),
            None => Err(fault(format!("{number} {unit} is no exact number of {}", self.own))),
        }
    }

    /// The inverse: a number of the object's unit in the one that is written, `fixed` or the table's.
    pub(super) fn write<'u>(
        &'u self,
        number: Decimal,
        unit: &'u str,
        fixed: Option<&'u str>,
        item: Option<&str>,
    ) -> Result<(Decimal, &'u str), Fault> {
        if self.units().any(|known| known == unit) {
            let message = format!("its unit is {unit}, which would be read back as {}", self.own);
            return Err(fault(message));
        }
        let wanted = fixed.unwrap_or(&self.write);
        if unit != self.own || wanted == self.own {
            return Ok((number, unit));
        }
        let Some(ratio) = self.ratio(wanted, item)? else { return Ok((number, unit)) };
        let written = exactly(number, ratio.under, ratio.over);
        match written.filter(|written| !ratio.is_pack() || written.fract().is_zero()) {
            Some(written) => Ok((written, wanted)),
            None => {
                let of = match ratio.under == Decimal::ONE {
                    true => format!("{} {}", ratio.over, self.own),
                    false => format!("{}/{} {}", ratio.over, ratio.under, self.own),
                };
                Err(fault(format!("{number} {} is no whole number of {wanted}, each of {of}", self.own)))
            }
        }
    }
}

/// `number * over / under`, if that can be said exactly.
fn exactly(number: Decimal, over: Decimal, under: Decimal) -> Option<Decimal> {
    let quotient = number.checked_mul(over)?.checked_div(under)?.normalize();
    // By whole numbers: a product of decimals may be rounded.
    let product = |one: Decimal, other: Decimal| {
        let digits = one.mantissa().checked_mul(other.mantissa())?;
        Some((digits, one.scale() + other.scale()))
    };
    let ((one, scale), (other, further)) = (product(number, over)?, product(quotient, under)?);
    let most = scale.max(further);
    let scaled = |digits: i128, scale: u32| digits.checked_mul(10_i128.checked_pow(most - scale)?);
    (scaled(one, scale)? == scaled(other, further)?).then_some(quotient)
}

fn fault(message: String) -> Fault {
    let remedy = "send a quantity that can be said in that unit, or let the table write another one".to_owned();
    Fault { code: codes::MAPPING_VALUE_DOES_NOT_FIT, message, remedy }
}

#[cfg(test)]
mod tests {
    use super::{Ratio, UnitTable};
    use rust_decimal::Decimal;

    fn table(write: &str) -> UnitTable {
        let ratio = |unit: &str, text| (unit.to_owned(), Ratio::parse(text).expect("a ratio"));
        let ratios = vec![ratio("CA", "12"), ratio("DZ", "12/1"), ratio("TH", "1/3"), ratio("KG", "2.5")];
        UnitTable {
            name: "each".into(),
            own: "EA".into(),
            write: write.into(),
            ratios,
            by: None,
            items: Default::default(),
            source: String::new(),
        }
    }

    #[test]
    fn quantities_go_both_ways_exactly_or_not_at_all() {
        let number = |text: &str| text.parse::<Decimal>().expect("a number");
        let check = |unit: &str, document: &str, own: &str| {
            assert_eq!(table(unit).read(number(document), unit, None).expect(unit), (number(own), "EA"));
            assert_eq!(table(unit).write(number(own), "EA", None, None).expect(unit), (number(document), unit));
        };
        check("CA", "5", "60");
        check("TH", "6", "2");
        check("KG", "0.4", "1");
        assert_eq!(table("CA").read(number("7"), "PL", None).expect("stays"), (number("7"), "PL"));
        assert_eq!(table("CA").write(number("7"), "PL", None, None).expect("stays"), (number("7"), "PL"));
        assert_eq!(table("EA").write(number("24"), "EA", Some("CA"), None).expect("fixed"), (number("2"), "CA"));
        for (unit, text) in [("CA", "61"), ("CA", "6"), ("KG", "0.0000000000000000000000000001")] {
            assert!(table(unit).write(number(text), "EA", None, None).is_err(), "{text} in {unit}");
        }
        // One divided by it goes on for ever, and rounded it would come out even.
        assert!(
            UnitTable { ratios: vec![("LB".into(), Ratio::parse("0.45359237").expect("a ratio"))], ..table("LB") }
                .write(number("1"), "EA", None, None)
                .is_err()
        );
        assert!(table("CA").write(number("1"), "CA", None, None).is_err());
        assert!(table("CA").read(number("1"), "TH", None).is_err());
    }

    #[test]
    fn an_item_has_ratios_of_its_own() {
        let number = |text: &str| text.parse::<Decimal>().expect("a number");
        let of = |ratio: &str| vec![("CA".to_owned(), Ratio::parse(ratio).expect("a ratio"))];
        let items = [("TENT".to_owned(), of("4")), ("STOVE".to_owned(), of("6"))].into();
        let table = UnitTable { ratios: table("CA").ratios.split_off(1), by: Some("sku".into()), items, ..table("CA") };
        assert_eq!(table.read(number("2"), "CA", Some("TENT")).expect("four each"), (number("8"), "EA"));
        assert_eq!(table.read(number("2"), "CA", Some("STOVE")).expect("six each"), (number("12"), "EA"));
        assert_eq!(table.read(number("2"), "DZ", Some("STOVE")).expect("of all"), (number("24"), "EA"));
        assert_eq!(table.write(number("12"), "EA", None, Some("STOVE")).expect("two"), (number("2"), "CA"));
        let said = |fault: super::Fault| (fault.code.name(), fault.message);
        let unknown = ("mapping.no-ratio", "`units.each` does not say how many EA a CA of POLE is".to_owned());
        assert_eq!(table.read(number("1"), "CA", Some("POLE")).map_err(said), Err(unknown.clone()));
        assert_eq!(table.write(number("6"), "EA", None, Some("POLE")).map_err(said), Err(unknown));
        let nameless = "how many EA a CA is differs from item to item, and `sku` is not there".to_owned();
        assert_eq!(table.read(number("1"), "CA", None).map_err(said), Err(("mapping.no-ratio", nameless)));
        assert!(table.write(number("10"), "EA", None, Some("TENT")).is_err(), "no whole cases");
    }

    #[test]
    fn a_ratio_is_a_number_or_a_fraction_above_zero() {
        for text in ["", "0", "-1", "1/0", "x", "1/2/3"] {
            assert_eq!(Ratio::parse(text), None, "{text}");
        }
    }
}
