//! Files that are taken in the place of a home's own, to see what a change would be before it is made.

use std::io;
use std::path::{Path, PathBuf};

use super::files::collect;

/// A file in the place of one of the home's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaidFile {
    /// The file of the home that it stands for, such as `mappings/harbor/945.toml`.
    pub name: String,
    /// Where it lies.
    pub file: PathBuf,
    /// The name by which people are told of it.
    pub shown: String,
}

impl LaidFile {
    /// A file that stands for the home's `name`, and is told of by where it lies: that is the one to be mended.
    #[must_use]
    pub fn of(name: &str, file: PathBuf) -> Self {
        Self { name: name.to_owned(), shown: file.display().to_string(), file }
    }
}

/// The folders of a home whose files can be changed.
pub const FOLDERS: [&str; 2] = ["mappings", "partner-profiles"];

/// The TOML files below these folders of a home, such as `mappings/harbor/945.toml`, in the order of their names.
#[must_use]
pub fn changeable(home: &Path) -> Vec<String> {
    let of = |folder| {
        let mut names = Vec::new();
        drop(collect(&home.join(folder), "", &mut names));
        names.sort();
        names.into_iter().map(move |name| format!("{folder}/{name}.toml"))
    };
    FOLDERS.into_iter().flat_map(of).collect()
}

/// The files that `change` lays over a home: all below `mappings/` and `partner-profiles/` of a folder; or one file, which
/// stands for the one of the same name behind such a folder, or for the one that is named before it: `NAME=FILE`.
///
/// # Errors
/// When there is no such file, or it does not tell for which one it stands.
pub fn laid_over(change: &str) -> io::Result<Vec<LaidFile>> {
    let path = Path::new(change);
    if path.is_dir() {
        let laid: Vec<LaidFile> = changeable(path).iter().map(|name| LaidFile::of(name, path.join(name))).collect();
        return match laid.is_empty() {
            false => Ok(laid),
            true => Err(io::Error::other("the folder has no TOML file below mappings/ or partner-profiles/")),
        };
    }
    let (name, file) = match change.split_once('=').filter(|_| !path.is_file()) {
        Some((name, file)) => (Some(home_name(name)), file),
        None => (behind_folder(change), change),
    };
    if !Path::new(file).is_file() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "there is no such file or folder"));
    }
    let name = name.ok_or_else(|| io::Error::other("it does not tell which file of the home it stands for"))?;
    Ok(vec![LaidFile::of(&name, file.into())])
}

/// `mappings/harbor/945.toml` of `harbor/945`; a name below one of the folders is one already.
fn home_name(name: &str) -> String {
    let ending = if name.ends_with(".toml") { "" } else { ".toml" };
    match FOLDERS.iter().any(|folder| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))) {
        true => format!("{name}{ending}"),
        false => format!("mappings/{name}{ending}"),
    }
}

/// `mappings/harbor/945.toml` of `../new/mappings/harbor/945.toml`.
fn behind_folder(path: &str) -> Option<String> {
    let starts = FOLDERS.iter().filter_map(|folder| {
        let at = path.rfind(&format!("{folder}/"))?;
        (at == 0 || path.as_bytes()[at - 1] == b'/').then_some(at)
    });
    starts.max().map(|at| path[at..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::{behind_folder, home_name};

    #[test]
    fn a_changed_file_stands_for_the_one_of_its_name() {
        assert_eq!(behind_folder("../new/mappings/harbor/945.toml").as_deref(), Some("mappings/harbor/945.toml"));
        assert_eq!(behind_folder("partner-profiles/harbor.toml").as_deref(), Some("partner-profiles/harbor.toml"));
        assert_eq!(behind_folder("/tmp/my-mappings/945.toml"), None);
        assert_eq!(home_name("harbor/945"), "mappings/harbor/945.toml");
        assert_eq!(home_name("mappings/tables/common.toml"), "mappings/tables/common.toml");
        assert_eq!(home_name("partner-profiles/harbor"), "partner-profiles/harbor.toml");
    }
}
