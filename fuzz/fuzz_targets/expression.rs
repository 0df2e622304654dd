//! Any text as an expression: it is refused with diagnostics that can be shown, or it has a value over whatever there is.

#![no_main]

use std::borrow::Cow;

use crossdock::diagnostic::{Diagnostics, text};
use crossdock::expression::{self, Names, Type, Value, Values, Written, never_both};
use crossdock::source::SourceFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(written) = std::str::from_utf8(input) else {
        return;
    };
    let file = SourceFile::new("fuzz.toml", format!("must = '''{written}'''"));
    let place = Written { file: &file, span: 7..file.text.len(), key: "must" };
    let mut diagnostics = Diagnostics::unlimited();
    let found = expression::parse(written, &Places, &place, None, &mut diagnostics);
    assert_eq!(found.is_none(), diagnostics.errors() > 0, "refused without a word, or taken with an error");
    for diagnostic in diagnostics.list() {
        std::hint::black_box(text::render(diagnostic, false));
    }
    if let Some(found) = found {
        std::hint::black_box((found.names().len(), never_both(&[&found], &[&found])));
        for there in [true, false] {
            std::hint::black_box(found.evaluate(&Sample { there }).is_ok());
        }
    }
});

/// Names of documents and of objects: what begins with L is a list, what ends in an even digit a number.
struct Places;

impl Names for Places {
    type Name = String;

    fn resolve(&self, path: &str) -> Option<(String, Type)> {
        let number = path.ends_with(['0', '2', '4', '6', '8']);
        let of = match (path.starts_with('L'), number) {
            (true, true) => Type::Numbers,
            (true, false) => Type::Texts,
            (false, true) => Type::Number,
            (false, false) if path.starts_with('B') => Type::Boolean,
            (false, false) => Type::Text,
        };
        (!path.starts_with('Z')).then(|| (path.to_owned(), of))
    }

    fn candidates(&self) -> Vec<String> {
        ["W0602", "LX02", "B1", "N104"].map(str::to_owned).into()
    }
}

/// The values of them, or none.
struct Sample {
    there: bool,
}

impl Sample {
    fn of(&self, name: &str) -> Value<'_> {
        match name {
            _ if !self.there => Value::Absent,
            _ if name.ends_with(['0', '2', '4', '6', '8']) => Value::Number(name.len().into()),
            _ if name.starts_with('B') => Value::Boolean(true),
            _ => Value::Text(Cow::Owned(name.to_owned())),
        }
    }
}

impl Values<String> for Sample {
    fn value(&self, name: &String) -> Value<'_> {
        self.of(name)
    }

    fn each(&self, name: &String, visit: &mut dyn FnMut(Value<'_>)) {
        (0..3).for_each(|_| visit(self.of(name)));
    }
}
