//! Records and numbers that a person hands in with the file: `--recall`, `--sequence`.

use std::sync::Arc;

use super::Arguments;
use crate::canonical::{self, Object};
use crate::cli::input::{Feed, name_places};
use crate::cli::output::{Console, Failure};
use crate::diagnostic::Diagnostics;
use crate::mapping::{Given, Record};

/// Reads what is handed in; problems of the records are told, and with one that cannot be read nothing is translated.
pub(super) fn given(arguments: &Arguments, console: &mut Console) -> Result<Arc<Given>, Failure> {
    let mut given = Given { sequences: arguments.sequence.iter().cloned().collect(), ..Given::default() };
    for file in &arguments.recall {
        let feed = Feed::open(file)?;
        let name = feed.name().to_owned();
        let bytes = feed.rest()?;
        let mut diagnostics = Diagnostics::unlimited();
        for submission in canonical::submissions(&bytes) {
            match submission.map(|submission| (submission.shape(), submission)) {
                Ok((Some(shape), submission)) => {
                    let mut object = Object::new();
                    canonical::read_into(&submission.data, shape, &mut object, &mut diagnostics);
                    given.records.push(Record { shape, object });
                }
                Ok((None, submission)) => diagnostics.push(submission.unknown()),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        name_places(&name, &mut diagnostics);
        let wrong = diagnostics.errors() > 0;
        for diagnostic in diagnostics.take() {
            console.beside(&diagnostic)?;
        }
        if wrong {
            return Err(Failure::Problem {
                message: format!("the record {name} has errors, and nothing was translated"),
                remedy: "correct it, or leave out `--recall`".to_owned(),
            });
        }
    }
    Ok(Arc::new(given))
}

/// `NAME=NUMBER`.
pub(super) fn sequence(text: &str) -> Result<(String, u64), String> {
    let (name, number) = text.split_once('=').ok_or("write the name and the next number: `asn=1204`")?;
    let number = number.parse().map_err(|_| format!("`{number}` is no whole number"))?;
    Ok((name.to_owned(), number))
}
