//! The texts that a mapping writes of its own: constants, qualifiers, and the codes of its tables. They are known before any
//! document is, so whether a partner's character set has them can be told at load.

use std::collections::BTreeSet;

use super::plan::{DerivedValue, Lens, Plan, Unit, Way};

impl Plan {
    /// All of them, each with the line of the mapping or table that says it, such as `mappings/base/945.toml:41`.
    #[must_use]
    pub fn own_texts(&self) -> BTreeSet<(&str, &str)> {
        let mut texts = BTreeSet::new();
        for derived in &self.derived {
            if let DerivedValue::Constant(text) = &derived.value {
                texts.insert((text.as_str(), &*derived.source));
            }
        }
        for scope in &self.scopes {
            for row in &scope.rows {
                for line in
                    row.lines.iter().map(|line| &self.lines[usize::from(*line)]).filter(|line| line.way != Way::In)
                {
                    texts.extend(row.conditions.iter().map(|(_, text)| (text.as_str(), &*line.source)));
                }
            }
        }
        for line in self.lines.iter().filter(|line| line.way != Way::In) {
            let table = match &line.lens {
                Lens::Words { table, .. } | Lens::Quantity { unit: Unit::Place { table: Some(table), .. }, .. } => {
                    *table
                }
                _ => continue,
            };
            let table = &self.tables[table];
            texts.extend(table.codes.values().map(|code| (code.as_str(), table.line.as_str())));
        }
        texts
    }
}
