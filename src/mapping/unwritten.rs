//! Which values of an object no line of a plan writes: reported, never dropped in silence.

use std::collections::{BTreeMap, HashSet};

use crate::canonical::{FieldId, NodeId, Object, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, FieldPlace, codes};

use super::plan::{Form, Lens, Plan, Way};

/// The canonical paths (without list numbers) that a plan writes or says to ignore.
struct Written {
    paths: HashSet<String>,
    /// Open nodes, all of whose keys are written.
    open: HashSet<String>,
}

impl Written {
    /// What the lines of `plan` take that do not go only the `other` way.
    fn of(plan: &Plan, other: Way) -> Self {
        let mut paths: HashSet<String> = plan.ignored_fields.iter().cloned().collect();
        let mut open = HashSet::new();
        for line in plan.lines.iter().filter(|line| line.way != other) {
            paths.insert(line.path.clone());
            if matches!(line.form, Form::PairRest { .. } | Form::Scheme) {
                open.insert(line.path.trim_end_matches(".*").to_owned());
            }
            if let Lens::Words { sibling: Some(_), .. } = line.lens {
                paths.insert(format!("{}_code", line.path));
            }
        }
        Self { paths, open }
    }

    fn has(&self, path: &str) -> bool {
        let mut above = path;
        loop {
            if self.paths.contains(above) {
                return true;
            }
            match above.rsplit_once('.') {
                Some((parent, _)) if above == path && self.open.contains(parent) => return true,
                Some((parent, _)) => above = parent,
                None => return false,
            }
        }
    }
}

impl Plan {
    /// Does no line write the field (a path with list numbers, such as `lines[2].lot`), or none read it back?
    #[must_use]
    pub fn leaves_out(&self, path: &str) -> bool {
        let path = super::shares::without_numbers(path);
        [Way::In, Way::Out].into_iter().any(|other| !Written::of(self, other).has(&path))
    }
}

/// Reports each canonical path that has a value in `object`, is written by no line of `plan` and is not ignored.
pub(super) fn report(plan: &Plan, object: &Object, diagnostics: &mut Diagnostics) {
    let written = Written::of(plan, Way::In);
    let mut missed: BTreeMap<String, (String, usize)> = BTreeMap::new();
    let mut visit = |path: &str, value: String| {
        if !written.has(path) {
            missed.entry(path.to_owned()).or_insert((value, 0)).1 += 1;
        }
    };
    walk(plan, object, NodeId::ROOT, "", &mut visit);
    for (path, (value, count)) in missed {
        let times = if count > 1 { format!(" ({count} values)") } else { String::new() };
        let message = format!(
            "`{path}` = `{value}`{times} has no place in the document: the mapping `{}` does not write it",
            plan.name
        );
        let place = FieldPlace { path: path.clone(), ..FieldPlace::default() };
        let remedy = format!(
            "add a line for `{path}` to the mapping, or name it in [ignore] canonical if the partner does not want it"
        );
        diagnostics.push(Diagnostic::new(codes::MAPPING_FIELD_NOT_WRITTEN, message, place).remedy(remedy));
    }
}

fn walk(plan: &Plan, object: &Object, node: NodeId, path: &str, visit: &mut impl FnMut(&str, String)) {
    let shape = plan.canonical.node(object.shape(node));
    for entry in object.entries(node) {
        let open = entry.field == FieldId::OPEN;
        let name = if open { object.text(entry.key) } else { &shape.get(entry.field).name };
        let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match entry.value {
            Value::Text(span) => visit(&inner, object.text(span).to_owned()),
            Value::Decimal(number) => visit(&inner, number.to_string()),
            Value::Node(child) => walk(plan, object, child, &inner, visit),
        }
    }
}
