//! Completions and manual pages: every shell gets a script, and every command has a page.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what is skipped is said")]

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

/// An interchange of many transaction sets, 9 MB.
fn long_input() -> std::path::PathBuf {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/945/cartons/input.edi")).unwrap();
    let (head, rest) = text.split_at(text.find("ST*945").unwrap());
    let (set, tail) = rest.split_at(rest.find("GE*").unwrap());
    let count = (9 << 20) / set.len();
    let mut long = head.to_owned();
    for number in 1..=count {
        let number = format!("*{number:06}");
        long.push_str(&set.replacen("ST*945*0001", &format!("ST*945{number}"), 1).replacen(
            "*0001~",
            &format!("{number}~"),
            2,
        ));
    }
    long.push_str(&tail.replacen("GE*1", &format!("GE*{count}"), 1));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("long.edi");
    fs::write(&path, long).unwrap();
    path
}

#[test]
fn progress_is_shown_on_a_terminal_and_nowhere_else() {
    let input = long_input();
    let input = input.to_str().unwrap();
    let (out, beside, code) = run(&["validate", input]);
    assert_eq!((beside.as_str(), code), ("", 0), "{out}");
    assert!(out.contains("no problems in ") && !out.contains('\x1b'), "{out}");
    let on_terminal = |more: &str| {
        let command = format!("{} validate {input} {more} > /dev/null", env!("CARGO_BIN_EXE_crossdock"));
        let done = Command::new("script").args(["-qec", &command, "/dev/null"]).env("TERM", "xterm").output();
        done.ok().map(|output| String::from_utf8(output.stdout).unwrap())
    };
    let Some(shown) = on_terminal("") else {
        println!("skipped: there is no `script` here");
        return;
    };
    // An optimised build may be done before it is worth a line.
    assert!(!shown.is_empty() || !cfg!(debug_assertions));
    assert!(shown.is_empty() || shown.contains(" of 9.5 MB") && shown.contains("transaction sets"), "{shown}");
    assert!(shown.is_empty() || shown.ends_with("\r\x1b[2K"), "the line is gone at the end: {shown}");
    assert_eq!(on_terminal("--no-progress").unwrap(), "");
}
