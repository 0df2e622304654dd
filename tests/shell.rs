//! Completions and manual pages: every shell gets a script, and every command has a page.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn run(arguments: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_crossdock")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (script, beside, code) = run(&["completions", shell]);
        assert_eq!((beside.as_str(), code), ("", 0), "{shell}");
        for word in ["translate", "unmapped", "--control-number", "effective"] {
            let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    assert_eq!(run(&["completions", "cmd"]).2, 2);
}

/// Does the shell take the script? Without the shell there is nothing to try, and that is said.
fn read_by(shell: &str, arguments: &[&str], script: &Path) -> bool {
    match Command::new(shell).args(arguments).arg(script).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && said.is_empty(), "{shell}: {said}");
            true
        }
        Err(_) => {
            println!("skipped: there is no {shell} here");
            false
        }
    }
}

#[test]
fn shells_can_read_their_scripts() {
    for (shell, arguments) in [("bash", &["-n"][..]), ("zsh", &["-n"]), ("fish", &["--no-execute"])] {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("completions.{shell}"));
        fs::write(&file, run(&["completions", shell]).0).unwrap();
        read_by(shell, arguments, &file);
    }
}

#[test]
fn bash_completes_commands_and_options() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("completions-tried.bash");
    let script = run(&["completions", "bash"]).0;
    let tried = |words: &str| {
        let count = words.split(' ').count() - 1;
        fs::write(&file, format!("{script}\nCOMP_WORDS=({words})\nCOMP_CWORD={count}\n_crossdock crossdock \"${{COMP_WORDS[{count}]}}\" \"${{COMP_WORDS[$(({count} - 1))]}}\"\necho \"${{COMPREPLY[@]}}\"\n")).unwrap();
        Command::new("bash").arg(&file).output().ok().map(|output| String::from_utf8(output.stdout).unwrap())
    };
    let Some(commands) = tried("crossdock trans") else {
        println!("skipped: there is no bash here");
        return;
    };
    assert_eq!(commands.trim(), "translate");
    assert_eq!(tried("crossdock mapping unm").unwrap().trim(), "unmapped");
    assert_eq!(tried("crossdock translate --contr").unwrap().trim(), "--control-number");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man1");
    let (out, beside, code) = run(&["man", "--dir", folder.to_str().unwrap()]);
    assert_eq!((out.as_str(), beside.as_str(), code), ("", "", 0));
    let pages: BTreeSet<String> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    for page in ["crossdock.1", "crossdock-translate.1", "crossdock-mapping.1", "crossdock-mapping-explain.1"] {
        assert!(pages.contains(page), "{pages:?}");
    }
    for page in &pages {
        let text = fs::read_to_string(folder.join(page)).unwrap();
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{page}");
    }
    let (page, ..) = run(&["man", "mapping", "explain"]);
    assert_eq!(page, fs::read_to_string(folder.join("crossdock-mapping-explain.1")).unwrap());
    assert!(page.contains("crossdock mapping explain"), "{page}");
    let (_, beside, code) = run(&["man", "tranlate"]);
    assert_eq!(code, 2);
    assert!(beside.contains("did you mean `translate`?"), "{beside}");
}
