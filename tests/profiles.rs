//! Every file of `tests/wrong/profiles` is a profile with something wrong; beside it stands what an operator is told.
//! `UPDATE_EXPECTED=1 cargo test` rewrites the expected texts; their difference is then to be read. The profiles of this
//! home and those shown in the guide are right.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/wrong.rs"]
mod wrong;

use std::fs;
use std::path::Path;

use crossdock::diagnostic::Diagnostics;
use crossdock::partner::{Profile, SftpServer};
use crossdock::source::SourceFile;

/// The profile in `path`, if it can be used, and what is said of it.
fn read(path: &Path) -> (Option<Profile>, String) {
    let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
    parse(name.to_str().unwrap(), &fs::read_to_string(path).unwrap())
}

fn parse(name: &str, text: &str) -> (Option<Profile>, String) {
    let file = SourceFile::new(name, text);
    let mut diagnostics = Diagnostics::unlimited();
    let profile = Profile::parse(&file, &mut diagnostics);
    (profile, wrong::told(&diagnostics))
}

#[test]
fn every_wrong_profile_is_refused_with_the_expected_text() {
    let files = wrong::toml_files("tests/wrong/profiles");
    assert!(files.len() >= 15, "only {} wrong profiles", files.len());
    wrong::told_as_expected(&files, |path| {
        let (profile, told) = read(path);
        assert!(profile.is_none(), "{} is accepted", path.display());
        told
    });
}

#[test]
fn the_profiles_of_this_home_are_right() {
    for path in wrong::toml_files("partner-profiles") {
        let (profile, told) = read(&path);
        assert!(profile.is_some() && told.is_empty(), "{told}");
    }
}

#[test]
fn what_the_page_of_the_drop_box_shows_of_a_profile_is_right() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SFTP.md")).unwrap();
    let shown = page.split("```toml profile\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let least = "name = 'Harbor'\nus = { interchange_id = '12/4085551000' }\n\
        them = { interchange_ids = ['ZZ/HARBOR'] }\ntime_zone = 'UTC'\n";
    let (profile, told) = parse("harbor.toml", &format!("{least}{shown}"));
    assert!(told.is_empty(), "{told}");
    let shown = profile.unwrap().sftp_server().unwrap().as_ref().clone();
    assert_eq!(shown.keys.len(), 2);
    let default = parse("harbor.toml", &format!("{least}[transport.sftp_server]")).0.unwrap();
    let default = default.sftp_server().unwrap().as_ref().clone();
    let same = SftpServer { incomplete_after: shown.incomplete_after, limits: shown.limits, ..default.clone() };
    assert_eq!(same, default, "the page shows the defaults of these");
}

#[test]
fn the_profiles_shown_in_the_guide_are_right() {
    for guide in ["docs/ADDING_A_PARTNER.md", "docs/SFTP_CLIENT.md"] {
        let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(guide)).unwrap();
        let shown: Vec<&str> = guide.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(shown.len() >= 2, "only {} profiles are shown", shown.len());
        for text in shown {
            let (profile, told) = parse("harbor.toml", text);
            assert!(profile.is_some() && told.is_empty(), "{told}");
        }
    }
}
