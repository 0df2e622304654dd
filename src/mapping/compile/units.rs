//! `[units.NAME]`: units in exact ratios to the ERP's own.

use crate::diagnostic::codes;
use crate::mapping::plan::{Form, Unit};
use crate::mapping::syntax::{Entry, Item, is_false};
use crate::mapping::units::{Ratio, UnitTable};
use crate::source::Value;

use super::Compiler;
use super::names::suggestion;
use super::words::{Words, entry};

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
        let mut ratios = Vec::new();
        for row in rows.iter().filter(|row| !["is", "write"].contains(&row.key.as_str())) {
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
        let write = match self.word(rows, "write", key) {
            Some((unit, at)) => {
                if unit != own && !ratios.iter().any(|(known, _)| known == unit) {
                    let message = format!("`write` of `{key}` is `{unit}`, which the table does not have");
                    let known = ratios.iter().map(|(unit, _)| unit.as_str());
                    let remedy = suggestion(unit, known, &format!("add a line for it: `{unit} = 12`"));
                    self.report(codes::FILE_WRONG_VALUE, message, &at, key, remedy);
                }
                unit.to_owned()
            }
            None => own.to_owned(),
        };
        Some(UnitTable { name: table.key.clone(), own: own.to_owned(), write, ratios })
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
