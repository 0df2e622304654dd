//! The tables of `docs/INTEROP.md`, which the tests write: `UPDATE_EXPECTED=1` writes a row anew, with the version of what is
//! here; without it the row must say what was seen. Another version may be here.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several tests; a test stops at the first thing that is not as it must be"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

/// Tests of one program run at a time side by side, and write one page.
static PAGE: Mutex<()> = Mutex::new(());

/// The row of the table `of` that begins with these cells must say that this was seen.
pub(crate) fn row(of: &str, named: &[&str], version: &str, seen: &[&str]) {
    let _page = PAGE.lock().unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/INTEROP.md");
    let text = fs::read_to_string(&page).unwrap();
    let begin = format!("<!-- {of}: written by the tests -->\n");
    let (before, rest) = text.split_once(&begin).unwrap();
    let (table, after) = rest.split_once("<!-- end -->").unwrap();
    let (head, named) = (format!("| {} |", named.join(" | ")), format!("| {} | {version} |", named.join(" | ")));
    let (row, seen) = (format!("{named} {} |", seen.join(" | ")), format!("| {} |", seen.join(" | ")));
    let mut rows: Vec<&str> = table.lines().collect();
    let known = rows.iter_mut().find(|row| row.starts_with(&head));
    if std::env::var_os("UPDATE_EXPECTED").is_none() {
        assert!(known.is_some_and(|known| known.ends_with(&seen)), "docs/INTEROP.md, {of}, does not say: {row}");
        return;
    }
    match known {
        Some(known) => *known = &row,
        None => rows.push(&row),
    }
    fs::write(&page, format!("{before}{begin}{}\n<!-- end -->{after}", rows.join("\n"))).unwrap();
}

/// The version of OpenSSH, as it says it.
pub(crate) fn openssh() -> String {
    let output = Command::new("ssh").arg("-V").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.split([' ', ',']).next().unwrap().to_owned()
}

/// The version of a module of Python.
pub(crate) fn python_module(python: &Path, module: &str) -> Option<String> {
    let code = format!("import {module}; print({module}.__version__)");
    let output = Command::new(python).args(["-c", &code]).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
}
