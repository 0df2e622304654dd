//! Input that is compressed: the one file in it, or the one that is named behind it, `drops.zip/SHIP1.csv`.

use std::io::{self, Read};
use std::path::Path;

use super::input::{open, unreadable};
use super::output::Failure;
use crate::archive::{Archive, Limits, own_name};
use crate::diagnostic::suggest;

/// So many files of an archive are named in a message.
const NAMED: usize = 10;

/// An input that is opened, and what it is called.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) source: Box<dyn Read + Send>,
    pub(super) is_compressed: bool,
}

/// The file called `file`.
pub(super) fn input(file: &str) -> Result<Input, Failure> {
    let (path, wanted) = parted(file);
    let archive = |path: &str| {
        let own = path.rsplit('/').next().unwrap_or(path);
        Archive::new(own, open(path)?, Limits::default()).map_err(|error| unreadable(path, &error))
    };
    let mut first = archive(path)?;
    if !first.is_zip() {
        return whole(file, first);
    }
    // A file that is not the only one must be named: all names are looked at first.
    let mut names = Vec::new();
    while first.next_entry().map_err(|error| unreadable(path, &error))? {
        names.push(first.entry().to_owned());
    }
    let found = match wanted {
        Some(wanted) => names.iter().position(|name| name == wanted || own_name(name) == wanted),
        None => (names.len() == 1).then_some(0),
    };
    let Some(found) = found else { return Err(not_told(path, wanted, &names)) };
    let mut archive = archive(path)?;
    for _ in 0..=found {
        archive.next_entry().map_err(|error| unreadable(path, &error))?;
    }
    Ok(Input { name: format!("{path}/{}", names[found]), source: Box::new(archive), is_compressed: true })
}

/// Standard input, or what stands in it.
pub(super) fn piped(name: &str, source: impl Read + Send + 'static) -> Result<Input, Failure> {
    let archive = Archive::new(name, source, Limits::default()).map_err(|error| unreadable(name, &error))?;
    whole(name, archive)
}

fn whole<R: Read + Send + 'static>(name: &str, mut archive: Archive<R>) -> Result<Input, Failure> {
    archive.next_entry().map_err(|error| unreadable(name, &error))?;
    let is_compressed = archive.is_compressed();
    let name = if is_compressed { format!("{name}/{}", archive.entry()) } else { name.to_owned() };
    Ok(Input { name, source: Box::new(Only(archive)), is_compressed })
}

/// An archive of which only one file is expected.
struct Only<R>(Archive<R>);

impl<R: Read> Read for Only<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        if read == 0 && !buffer.is_empty() && self.0.next_entry()? {
            return Err(io::Error::other(
                "there are several files in it: save it, and name one of them behind its name",
            ));
        }
        Ok(read)
    }
}

/// The path of a file, and what is named behind it as if it were a folder.
fn parted(file: &str) -> (&str, Option<&str>) {
    if Path::new(file).exists() {
        return (file, None);
    }
    let parts = file.match_indices('/').map(|(at, _)| (&file[..at], &file[at + 1..]));
    let found = parts.into_iter().find(|(path, _)| Path::new(path).is_file());
    found.map_or((file, None), |(path, inside)| (path, Some(inside)))
}

fn not_told(path: &str, wanted: Option<&str>, names: &[String]) -> Failure {
    let some = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if names.len() > NAMED { ", ..." } else { "" };
    let cause = format!("it holds {some}{more}");
    match wanted {
        Some(wanted) => {
            let near = suggest::nearest(wanted, names.iter().map(String::as_str)).unwrap_or(&names[0]);
            Failure::operation(
                format!("{path} holds no file {wanted}"),
                cause,
                &format!("name one of them: `{path}/{near}`"),
            )
        }
        None => Failure::operation(
            format!("{path} holds {} files", names.len()),
            cause,
            &format!("name one of them: `{path}/{}`", names[0]),
        ),
    }
}
