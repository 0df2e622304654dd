//! Writes bytes where they were asked for: standard output, or a file that is not there yet.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::output::{Console, Failure};

/// Writes `bytes` to a new file, or to standard output.
pub(super) fn give(bytes: &[u8], file: Option<&Path>, console: &mut Console) -> Result<(), Failure> {
    let Some(file) = file else { return Ok(console.out.write_all(bytes)?) };
    let written = OpenOptions::new().write(true).create_new(true).open(file).and_then(|mut out| {
        let written = out.write_all(bytes).and_then(|()| out.sync_all());
        if written.is_err() {
            // Half a file would stand in the way of the next try.
            drop(fs::remove_file(file));
        }
        written
    });
    written.map_err(|error| {
        let message = format!("cannot write {}", file.display());
        match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::operation(
                message,
                "there is a file of that name, and none is ever written over",
                "name another file, or move that one away",
            ),
            _ => Failure::operation(message, error, "check that the folder is there, that you may write, and the room"),
        }
    })
}
