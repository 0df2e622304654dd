//! What a folder has, told a few files at a time: how often it is listed at once, and by how many, costs next to nothing.

use std::path::Path;

use russh_sftp::protocol::File;

use super::desk::{file, folder};
use super::inbox::Inbox;
use super::outbox;
use super::refusal::Refusal;
use super::shown::Facts;

/// Files told at a time.
const TOLD: usize = 100;

/// A folder that is being listed.
pub(super) struct Listing {
    /// What is in it besides files.
    folders: Vec<String>,
    files: Files,
}

enum Files {
    None,
    /// Those of the inbox behind this one.
    Inbox(Option<String>),
    Taken(std::vec::IntoIter<(String, Facts)>),
}

impl Listing {
    /// A folder that has other folders only.
    pub(super) fn of_folders(folders: Vec<String>) -> Self {
        Self { folders: [".", ".."].map(str::to_owned).into_iter().chain(folders).collect(), files: Files::None }
    }

    /// The inbox.
    pub(super) fn of_inbox(folders: Vec<String>) -> Self {
        Self { files: Files::Inbox(None), ..Self::of_folders(folders) }
    }

    /// A folder that files are taken from, with what is in it now.
    pub(super) fn of_outbox(folders: Vec<String>, path: &Path) -> Result<Self, Refusal> {
        let files = outbox::list(path).map_err(|error| Refusal::disk(&error))?;
        Ok(Self { files: Files::Taken(files.into_iter()), ..Self::of_folders(folders) })
    }

    /// The next of what is there; nothing at the end.
    pub(super) fn next(&mut self, inbox: &Inbox) -> Vec<File> {
        let folders: Vec<File> = self.folders.drain(..).map(|name| File::new(name, folder())).collect();
        if !folders.is_empty() {
            return folders;
        }
        let (found, ours) = match &mut self.files {
            Files::None => (Vec::new(), false),
            Files::Taken(files) => (files.take(TOLD).collect(), false),
            Files::Inbox(behind) => {
                let found = inbox.list(behind.as_deref(), TOLD);
                *behind = found.last().map(|(name, _)| name.clone()).or(behind.take());
                (found, true)
            }
        };
        found.into_iter().map(|(name, facts)| File::new(name, file(facts, ours))).collect()
    }
}
