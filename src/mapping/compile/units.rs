//! `[units.NAME]`: units in exact ratios to the ERP's own.

use crate::diagnostic::codes;
use crate::mapping::plan::{Form, GuardId, Options, Unit};
use crate::mapping::syntax::{Entry, Item, is_false};
use crate::mapping::units::{Items, Ratio, UnitTable};
use crate::source::Value;

use super::names::suggestion;
use super::words::{Words, entry};
use super::{Compiler, Target};

/// Words of a table of units; every other key is a unit.
const WORDS: [&str; 4] = ["is", "write", "by", "items"];

impl Compiler<'_> {
    /// Reads the tables of units.
    pub(super) fn unit_tables(&mut self) {
        let written = self.written;
        for table in &written.units {
            let key = format!("units.{}", table.key);
            match &table.item {
                Item::Table(rows, _) => {
                    let read = self.unit_table(table, rows, &key);
                    self.units.extend(read);
                }
                item if is_false(item) => self.nothing_dropped(&key, &table.key_at),
                item @ Item::Value(..) => {
                    let message = format!("`{key}` must be a table of units");
                    let remedy = format!("write [{key}] and below `is = \"EA\"`, `CA = 12`");
                    self.report(codes::FILE_WRONG_TYPE, message, &item.at(), &key, remedy);
                }
            }
        }
    }

    fn unit_table(&mut self, table: &Entry, rows: &[Entry], key: &str) -> Option<UnitTable> {
        let Some((own, _)) = self.word(rows, "is", key).filter(|(text, _)| !text.is_empty()) else {
            if entry(rows, "is").is_none() {
                let message = format!("`{key}` does not say the unit that the object has");
                let remedy = "add it: `is = \"EA\"`; the other units are so many of it";
                self.report(codes::FILE_MISSING_KEY, message, &table.key_at, key, remedy);
            }
            return None;
        };
        let ratios = self.ratios(rows, own, key);
        let (by, items) = self.items(rows, own, key);
        let source = self.written.line_of(&table.key_at);
        let mut units = UnitTable {
            name: table.key.clone(),
            own: own.to_owned(),
            write: own.to_owned(),
            ratios,
            by,
            items,
            source,
        };
        if let Some((unit, at)) = self.word(rows, "write", key) {
            if unit != own && !units.units().any(|known| known == unit) {
                let message = format!("`write` of `{key}` is `{unit}`, which the table does not have");
                let remedy = suggestion(unit, units.units(), &format!("add a line for it: `{unit} = 12`"));
                self.report(codes::FILE_WRONG_VALUE, message, &at, key, remedy);
            }
            unit.clone_into(&mut units.write);
        }
        Some(units)
    }

    /// The units of a table, or of one of its items, each with how many of the own one it is.
    fn ratios(&mut self, rows: &[Entry], own: &str, key: &str) -> Vec<(String, Ratio)> {
        let mut ratios = Vec::new();
        for row in rows.iter().filter(|row| !WORDS.contains(&row.key.as_str())) {
            let ratio = match row.item.value() {
                Some(Value::Integer(number)) => Ratio::parse(&number.to_string()),
                Some(Value::Text(text)) => Ratio::parse(text),
                _ => None,
            };
            match ratio.filter(|_| row.key != own) {
                Some(ratio) => ratios.push((row.key.clone(), ratio)),
                None => {
                    let message = format!("`{}` of `{key}` is no exact number of {own} above zero", row.key);
                    let remedy =
                        "write a whole number, or a fraction or decimals in quotes: `12`, \"1/12\", \"0.45359237\"";
                    self.report(codes::FILE_WRONG_VALUE, message, &row.item.at(), key, remedy);
                }
            }
        }
        ratios
    }

    /// The field that says which item it is, and what each item has of its own.
    fn items(&mut self, rows: &[Entry], own: &str, key: &str) -> (Option<String>, Items) {
        let by = self.word(rows, "by", key).map(|(text, _)| text.to_owned());
        let (mut items, key) = (Items::new(), format!("{key}.items"));
        match (entry(rows, "items"), entry(rows, "by")) {
            (None, None) => {}
            (Some(Entry { item: Item::Table(rows, _), .. }), Some(_)) => {
                for row in rows.iter() {
                    match &row.item {
                        Item::Table(units, _) => {
                            let ratios = self.ratios(units, own, &format!("{key}.{}", row.key));
                            items.insert(row.key.clone(), ratios);
                        }
                        item @ Item::Value(..) => {
                            let message = format!("`{}` of `{key}` must be a table of units", row.key);
                            let remedy =
                                format!("write how many {own} each unit of it is: `{} = {{ CA = 12 }}`", row.key);
                            self.report(codes::FILE_WRONG_TYPE, message, &item.at(), &key, remedy);
                        }
                    }
                }
            }
            (Some(wrong), None) => {
                let message =
                    format!("`{key}` has units of items, and the table does not say which field names the item");
                let remedy = "add it: `by = \"sku\"`";
                self.report(codes::FILE_MISSING_KEY, message, &wrong.key_at, &key, remedy);
            }
            (_, Some(wrong)) => {
                let message = format!("`by` names the field of the item, and `{key}` has none");
                let remedy = format!("add them: [{key}] and below `TENT = {{ CA = 12 }}`");
                self.report(codes::FILE_MISSING_KEY, message, &wrong.key_at, &key, remedy);
            }
        }
        (by, items)
    }

    /// What a quantity must know before: which item it is of, where its table of units asks that.
    pub(super) fn item_asked(
        &mut self,
        target: &Target,
        entries: &[Entry],
        options: &mut Options,
        path: &str,
    ) -> Option<GuardId> {
        let table = &self.units[options.units?];
        let (by, cases) = (table.by.clone()?, table.items.keys().cloned().collect());
        let (_, at) = self.word(entries, "units", path)?;
        options.item = self.item_guard(target, (&by, &at), cases, path);
        options.item
    }

    /// The table of units that a quantity names: `None` when it is wrong, `Some(None)` when it names none.
    pub(super) fn units_of(&mut self, words: &Words<'_>, form: &Form, unit: Option<&Unit>) -> Option<Option<usize>> {
        let Some((name, at)) = self.word(words.entries, "units", words.path) else { return Some(None) };
        let Some(index) = self.units.iter().position(|table| table.name == name) else {
            let message = format!("there is no table `units.{name}`");
            let names: Vec<String> = self.units.iter().map(|table| table.name.clone()).collect();
            let otherwise = format!("add it: [units.{name}] with `is = \"EA\"` and a line for each other unit");
            let remedy = suggestion(name, names.iter().map(String::as_str), &otherwise);
            self.report(codes::MAPPING_UNKNOWN_TABLE, message, &at, words.path, remedy);
            return None;
        };
        let unitless = matches!(unit, None | Some(Unit::None)) || *form != Form::Quantity;
        self.no_effect(words, "units", !unitless, "it is no quantity with a unit");
        Some(Some(index))
    }
}
