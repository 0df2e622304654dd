//! Collects the forms that lines have of their own for elements that are dates or times.

use crate::mapping::manner::dates::{self, Pattern};
use crate::mapping::own_forms::OwnForm;
use crate::mapping::plan::{Form, LinePlace, ScopeId};
use crate::mapping::syntax::At;
use crate::tree::ElementType;

use super::Compiler;

impl Compiler<'_> {
    /// Those of the lines; derived values have told theirs.
    pub(super) fn forms_of_lines(&mut self) {
        let of_scope = |scope: ScopeId| self.scopes[scope].lines().map(move |line| (scope, usize::from(line)));
        let mut found = Vec::new();
        for (scope, id) in (0..self.scopes.len()).flat_map(of_scope) {
            let line = &self.lines[id];
            // A part of a text is not what stands in the element.
            let manner = line.options.manner.as_deref().filter(|manner| manner.split.is_none());
            if manner.is_none_or(|manner| manner.dates.is_empty()) {
                continue;
            }
            for number in 0..line.alternatives() {
                let forms = line.forms(number);
                let one_for_all = if line.form == Form::List { forms.first() } else { None };
                for (index, place) in line.alternative(number).iter().enumerate() {
                    if let Some(form) = one_for_all.or(forms.get(index)) {
                        found.push((scope, id, place.clone(), form.clone()));
                    }
                }
            }
        }
        for (scope, id, place, form) in found {
            let (key, at) = (self.lines[id].path.clone(), self.line_ats[id].clone());
            self.own_form(scope, &place, &form, (&key, &at));
        }
    }

    /// Keeps a form that is said of an element of the standard.
    pub(super) fn own_form(&mut self, scope: ScopeId, place: &LinePlace, form: &Pattern, (key, at): (&str, &At)) {
        let definition = &place.definition;
        if self.grammar.is_layout() || !matches!(definition.kind, ElementType::Date | ElementType::Time) {
            return;
        }
        let own = OwnForm {
            key: key.to_owned(),
            form: form.text.clone(),
            tag: self.scopes[scope].rows[place.row].tag,
            position: place.element,
            definition: definition.clone(),
            samples: dates::samples(form),
            place: self.written.files[at.file].place(at.span.clone(), Some(key)),
        };
        if !self.own_forms.iter().any(|known| known.is(&own)) {
            self.own_forms.push(own);
        }
    }
}
