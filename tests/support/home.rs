//! A gateway's home of a test's own, and the binary run on it.

#![allow(dead_code, reason = "each test uses the part it needs")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// So long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A home in a folder of its own; a gateway that runs on it is stopped with it.
pub(crate) struct Home {
    pub(crate) path: PathBuf,
    gateway: Option<Child>,
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// The bytes of a fixture.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    fs::read(repository().join("fixtures").join(name)).unwrap()
}

/// The end of the profiles of a new home.
pub(crate) const NOT_ACKNOWLEDGED: &str = "[acknowledge]\nwhen = \"never\"\n";

impl Home {
    /// A new home with the profiles of harbor and northgate and what they need. Nobody is acknowledged: what has a fault
    /// waits for a person.
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("homes").join(format!("{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        for folder in ["blocks", "tables", "codes", "guides", "harbor"].map(|folder| format!("mappings/{folder}")) {
            let from = repository().join(&folder);
            if from.exists() {
                copy(&from, &path.join(&folder));
            }
        }
        fs::create_dir_all(path.join("partner-profiles")).unwrap();
        for profile in ["harbor.toml", "northgate.toml"] {
            let text = fs::read_to_string(repository().join("partner-profiles").join(profile)).unwrap();
            let text = format!("{text}\n{NOT_ACKNOWLEDGED}");
            fs::write(path.join("partner-profiles").join(profile), text).unwrap();
        }
        std::os::unix::fs::symlink(repository().join("fixtures"), path.join("fixtures")).unwrap();
        let settings = "[gateway]\nsweep = \"100ms\"\nsettle = \"50ms\"\n[health]\nlisten = \"127.0.0.1:0\"\n";
        fs::write(path.join("crossdock.toml"), settings).unwrap();
        Self { path, gateway: None }
    }

    /// Changes a file of the home.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path.join(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(self.path.join(file), text.replace(from, to)).unwrap();
    }

    /// Starts a gateway and waits until it runs.
    pub(crate) fn start(&mut self) {
        let mut command = self.command(&["serve"]);
        command.env("CROSSDOCK_LOG", "warn").stdout(Stdio::null()).stderr(Stdio::null());
        self.gateway = Some(command.spawn().unwrap());
        self.wait("the gateway runs", |home| {
            home.path.join("data/mailboxes/harbor/inbox").is_dir()
                && home.out(&["status", "--format", "json"]).contains("\"running\":true")
        });
    }

    /// Stops the gateway as a supervisor does.
    pub(crate) fn stop(&mut self) {
        let mut gateway = self.gateway.take().unwrap();
        let told = Command::new("kill").args(["-TERM", &gateway.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert_eq!(gateway.wait().unwrap().code(), Some(0));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
        command.current_dir(&self.path).args(arguments).stdin(Stdio::null());
        command.env("USER", "tester").env_remove("SUDO_USER").env_remove("VISUAL").env_remove("EDITOR");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command with this editor.
    pub(crate) fn run_with_editor(&self, editor: &str, arguments: &[&str]) -> Output {
        self.command(arguments).env("EDITOR", editor).output().unwrap()
    }

    /// What a command prints as its result.
    pub(crate) fn out(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.run(arguments).stdout).unwrap()
    }

    /// The command ends with this code; its result, and what it says beside.
    pub(crate) fn ends(&self, code: i32, arguments: &[&str]) -> (String, String) {
        let output = self.run(arguments);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
        (out, err)
    }

    /// The command ends with this code and says all these words, as its result or beside it.
    pub(crate) fn says(&self, code: i32, arguments: &[&str], words: &[&str]) {
        let (out, err) = self.ends(code, arguments);
        for word in words {
            assert!(out.contains(word) || err.contains(word), "{arguments:?} does not say {word:?}:\n{out}\n{err}");
        }
    }

    /// The result of a command for machines: an object a line.
    pub(crate) fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let out = self.out(&[arguments, &["--format", "json"]].concat());
        out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }

    /// The result of a command that prints one object.
    pub(crate) fn object(&self, arguments: &[&str]) -> Value {
        let mut objects = self.json(arguments);
        assert_eq!(objects.len(), 1, "{arguments:?}");
        objects.remove(0)
    }

    /// Drops a file into the mailbox of a partner, whole.
    pub(crate) fn drop_file(&self, partner: &str, name: &str, bytes: &[u8]) {
        let inbox = self.path.join("data/mailboxes").join(partner).join("inbox");
        let temporary = inbox.join(format!(".{name}.tmp"));
        fs::write(&temporary, bytes).unwrap();
        fs::rename(temporary, inbox.join(name)).unwrap();
    }

    /// Waits until it is so.
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}\n{}", self.out(&["status"]));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Starts a gateway, lets it work on these files, each of a partner, and stops it.
    pub(crate) fn receive(&mut self, files: &[(&str, &str, &[u8])]) {
        let before = self.json(&["payload", "list"]).len();
        self.start();
        for (partner, name, bytes) in files {
            let count = self.json(&["payload", "list"]).len();
            self.drop_file(partner, name, bytes);
            self.wait("the file is taken", |home| home.json(&["payload", "list"]).len() > count);
        }
        self.wait("all is worked on", |home| {
            let payloads = home.json(&["payload", "list"]);
            payloads.len() >= files.len() + before && payloads.iter().all(|one| one["state"] != "received")
        });
        self.stop();
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(mut gateway) = self.gateway.take() {
            drop(gateway.kill());
            drop(gateway.wait());
        }
        if !std::thread::panicking() {
            drop(fs::remove_dir_all(&self.path));
        }
    }
}
