//! What lies in the folders of mailboxes, and why nobody takes it where that is so; and what was begun there and not finished.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry, FileType, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Mailbox, is_for};
use crate::catalog::Edition;
use crate::diagnostic::suggest;
use crate::pipeline::{ERP, Folders};
use crate::transport::folder::{is_temporary, spooled};

/// Files that lie in a folder, all for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// The mailbox that they were meant for, and the folder in which they lie.
    pub mailbox: Mailbox,
    /// Why nobody takes them; `None` where they are taken.
    pub nobody_takes: Option<String>,
    /// How many files.
    pub files: usize,
    /// When the oldest of them was changed last.
    pub oldest: Option<SystemTime>,
}

/// The files in all mailboxes, also in those that nobody empties and in folders within them.
#[must_use]
pub fn lying(edition: &Edition, folders: &Folders) -> Vec<Lying> {
    let mut all: BTreeMap<(Mailbox, Option<String>), (usize, Option<SystemTime>)> = BTreeMap::new();
    each(edition, folders, |mailbox, why, entry| {
        let (files, oldest) = all.entry((mailbox.clone(), why)).or_default();
        *files += 1;
        let modified = entry.metadata().and_then(|file| file.modified()).ok();
        *oldest = [*oldest, modified].into_iter().flatten().min();
    });
    let lying = all.into_iter().map(|((mailbox, nobody_takes), (files, oldest))| Lying {
        mailbox,
        nobody_takes,
        files,
        oldest,
    });
    lying.collect()
}

/// Folders with files that nobody takes, and why.
#[must_use]
pub fn untaken(edition: &Edition, folders: &Folders) -> BTreeMap<PathBuf, BTreeSet<String>> {
    let mut untaken: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    each(edition, folders, |mailbox, why, _| {
        if let Some(why) = why {
            untaken.entry(mailbox.folder.clone()).or_default().insert(why);
        }
    });
    untaken
}

/// A file that somebody has begun to write and not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Short name of the partner's profile, or the ERP.
    pub owner: String,
    /// Its name; of a very long one the middle is left out.
    pub name: String,
    /// How many bytes there are.
    pub bytes: u64,
    /// When the last of them was written.
    pub written: SystemTime,
}

/// What is not finished, and was not written to since `since`: uploads, and files in mailboxes with a temporary name. The oldest
/// comes first.
#[must_use]
pub fn unfinished(folders: &Folders, since: SystemTime) -> Vec<Unfinished> {
    let uploads = spooled(&folders.uploads()).unwrap_or_default().into_iter();
    let uploads = uploads.map(|upload| (upload.mailbox, upload.name, upload.path));
    let dropped = dropped_into(folders).into_iter().flat_map(|Mailbox { owner, folder, .. }| {
        let begun = within(&folder).filter(|(name, ..)| is_temporary(name));
        begun.map(move |(name, _, entry)| (owner.clone(), name, entry.path()))
    });
    let seen = uploads.chain(dropped).filter_map(|(owner, name, path)| {
        let file = fs::symlink_metadata(path).ok().filter(Metadata::is_file)?;
        Some(Unfinished { owner, name, bytes: file.len(), written: file.modified().ok()? })
    });
    let mut unfinished: Vec<Unfinished> = seen.filter(|one| one.written < since).collect();
    unfinished.sort_by_key(|one| one.written);
    unfinished
}

/// Shows each file, whole as far as its name says: the mailbox with the folder in which it lies, and why nobody takes it.
fn each(edition: &Edition, folders: &Folders, mut show: impl FnMut(&Mailbox, Option<String>, &DirEntry)) {
    for mailbox in dropped_into(folders) {
        let nobody = nobody_takes(edition, &mailbox);
        let mut open = vec![mailbox.folder.clone()];
        while let Some(folder) = open.pop() {
            let is_within = folder != mailbox.folder;
            let here = Mailbox { folder, ..mailbox.clone() };
            for (name, kind, entry) in whole_in(&here.folder) {
                if !kind.is_dir() {
                    show(&here, nobody.clone().or_else(|| not_taken(&here, &name, kind, is_within)), &entry);
                // Folders within that of the ERP are mailboxes of their own.
                } else if mailbox.owner != ERP || mailbox.partner.is_some() {
                    open.push(entry.path());
                }
            }
        }
    }
}

/// Every folder in which files may have been dropped, also where nobody takes them.
pub fn dropped_into(folders: &Folders) -> Vec<Mailbox> {
    let submitted = folders.submitted();
    let of_partners = below(&folders.mailboxes()).into_iter().map(|owner| {
        let folder = folders.inbox(&owner);
        Mailbox { owner, partner: None, folder }
    });
    let for_partners = below(&submitted).into_iter().map(|name| {
        let folder = submitted.join(&name);
        Mailbox { folder, ..Mailbox::of_erp(Some(name)) }
    });
    let of_erp = Mailbox { folder: submitted.clone(), ..Mailbox::of_erp(None) };
    of_partners.chain([of_erp]).chain(for_partners).collect()
}

/// Names of the folders in a folder.
fn below(folder: &Path) -> BTreeSet<String> {
    whole_in(folder).filter(|(_, _, entry)| entry.path().is_dir()).map(|(name, _, _)| name).collect()
}

/// What is in a folder, but for temporary names.
fn whole_in(folder: &Path) -> impl Iterator<Item = (String, FileType, DirEntry)> + use<> {
    within(folder).filter(|(name, ..)| !is_temporary(name))
}

fn within(folder: &Path) -> impl Iterator<Item = (String, FileType, DirEntry)> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().to_string_lossy().into_owned(), entry.file_type().ok()?, entry)))
}

/// Why nobody takes what is dropped into a mailbox: its partner has no profile, or one that cannot be used.
fn nobody_takes(edition: &Edition, mailbox: &Mailbox) -> Option<String> {
    let name = mailbox.partner.as_ref().or_else(|| Some(&mailbox.owner).filter(|owner| *owner != ERP))?;
    if edition.profile(name).is_some() {
        return None;
    }
    let names = edition.catalog.list("partner-profiles");
    if names.contains(name) {
        return Some(format!("the profile of {name} has errors"));
    }
    let near = suggest::nearest(name, names.iter().map(String::as_str));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Some(format!("there is no partner `{name}`{near}"))
}

/// Why nobody takes a file from a mailbox that is emptied.
fn not_taken(mailbox: &Mailbox, name: &str, kind: FileType, is_within: bool) -> Option<String> {
    let why = match () {
        () if is_within => "this folder lies within a mailbox, which is emptied alone: move them there",
        () if !kind.is_file() => "links are not followed, and nothing else is a file",
        () if !is_for(mailbox, name) => "the name of what the ERP submits ends in `.json` or `.jsonl`, not compressed",
        () => return None,
    };
    Some(why.to_owned())
}
