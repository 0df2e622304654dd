//! What a path means to a partner. Pure: the tree that a partner sees is made of names in its profile, and no path of a
//! partner ever reaches the file system; only a plain name does, inside a folder that we chose.

use crate::partner::Folder;

/// Longest path that is looked at.
const PATH_BYTES: usize = 4_096;
/// Longest name of a file: on our disk it stands beside a key and the partner's name.
const NAME_BYTES: usize = 200;

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A folder: what is in it, when it is more than the way to another one, and the folders below it.
    Folder(Option<Folder>, Vec<String>),
    /// A file that is or may be in a folder.
    File(Folder, String),
}

/// Why there is nothing at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// No such folder.
    Nowhere,
    /// A name that no file can have.
    Name(&'static str),
}

/// The parts of a path, without `.`, with `..` done; above the root there is nothing.
pub(super) fn parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts
}

/// What stands at `path` in the tree of `folders`.
pub(super) fn resolve(folders: &[(Folder, Vec<String>)], path: &str) -> Result<Place, NoPlace> {
    if path.len() > PATH_BYTES {
        return Err(NoPlace::Name("a path has at most 4096 bytes"));
    }
    let parts = parts(path);
    if let Some(folder) = folder(folders, &parts) {
        return Ok(folder);
    }
    let Some((name, above)) = parts.split_last() else { return Err(NoPlace::Nowhere) };
    match folder(folders, above) {
        Some(Place::Folder(Some(folder), _)) => Ok(Place::File(folder, plain(name)?.to_owned())),
        _ => Err(NoPlace::Nowhere),
    }
}

/// The folder whose parts these are: one that the profile names, or one on the way to it.
fn folder(folders: &[(Folder, Vec<String>)], parts: &[&str]) -> Option<Place> {
    let below = |path: &[String]| path.len() >= parts.len() && path.iter().zip(parts).all(|(one, part)| one == part);
    let found: Vec<&(Folder, Vec<String>)> = folders.iter().filter(|(_, path)| below(path)).collect();
    if found.is_empty() && !parts.is_empty() {
        return None;
    }
    let own = found.iter().find(|(_, path)| path.len() == parts.len()).map(|(folder, _)| *folder);
    let mut children: Vec<String> = found.iter().filter_map(|(_, path)| path.get(parts.len()).cloned()).collect();
    children.sort();
    children.dedup();
    Some(Place::Folder(own, children))
}

/// A name that a file may have in any folder of ours.
fn plain(name: &str) -> Result<&str, NoPlace> {
    if name.len() > NAME_BYTES {
        return Err(NoPlace::Name("the name of a file has at most 200 bytes"));
    }
    // What cannot be read stands for many names.
    if name.contains(char::REPLACEMENT_CHARACTER) {
        return Err(NoPlace::Name("the name of a file is UTF-8 here, and this one is not"));
    }
    if name.chars().any(|c| c.is_control() || c == '\\') {
        return Err(NoPlace::Name("the name of a file has no control characters and no \\"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::{NoPlace, Place, parts, resolve};
    use crate::partner::Folder;

    fn tree(folders: &[(Folder, &str)]) -> Vec<(Folder, Vec<String>)> {
        let parts = |path: &str| parts(path).into_iter().map(str::to_owned).collect();
        folders.iter().map(|(folder, path)| (*folder, parts(path))).collect()
    }

    #[test]
    fn a_path_leads_to_a_folder_of_the_profile_or_a_plain_name_in_one() {
        let tree = tree(&[(Folder::Inbox, "/edi/in"), (Folder::Outbox, "/edi/out"), (Folder::Rejected, "/edi/in/bad")]);
        let check = |path: &str, expected: Result<Place, NoPlace>| assert_eq!(resolve(&tree, path), expected, "{path}");
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for root in ["/", "", ".", "..", "/../..", "/edi/..", "//", "/edi/in/../../.."] {
            check(root, Ok(Place::Folder(None, names(&["edi"]))));
        }
        check("/edi", Ok(Place::Folder(None, names(&["in", "out"]))));
        check("edi/in/", Ok(Place::Folder(Some(Folder::Inbox), names(&["bad"]))));
        check("/edi/in/a.edi", Ok(Place::File(Folder::Inbox, "a.edi".to_owned())));
        check("/edi//in/./a.edi", Ok(Place::File(Folder::Inbox, "a.edi".to_owned())));
        check("/edi/out/../in/bad/x", Ok(Place::File(Folder::Rejected, "x".to_owned())));
        check("/edi/in/~root", Ok(Place::File(Folder::Inbox, "~root".to_owned())));
        for nowhere in
            ["/a.edi", "/edi/a.edi", "/etc/passwd", "/edi/in/a/b", "/edi/in/../../../../etc/passwd", "/EDI/in"]
        {
            check(nowhere, Err(NoPlace::Nowhere));
        }
        for name in ["a\0b", "..\\..\\a", "a\nb", "gr\u{fffd}n", &"x".repeat(201)] {
            assert!(matches!(resolve(&tree, &format!("/edi/in/{name}")), Err(NoPlace::Name(_))), "{name}");
        }
        assert!(matches!(resolve(&tree, &"a/".repeat(3_000)), Err(NoPlace::Name(_))));
    }

    #[test]
    fn files_may_lie_where_the_partner_logs_in() {
        let tree = tree(&[(Folder::Inbox, "/"), (Folder::Outbox, "/outbox")]);
        let children = vec!["outbox".to_owned()];
        assert_eq!(resolve(&tree, "."), Ok(Place::Folder(Some(Folder::Inbox), children)));
        assert_eq!(resolve(&tree, "a.edi"), Ok(Place::File(Folder::Inbox, "a.edi".to_owned())));
        assert_eq!(resolve(&tree, "outbox/b"), Ok(Place::File(Folder::Outbox, "b".to_owned())));
    }
}
