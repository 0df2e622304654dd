//! `crossdock.toml`: how a gateway runs. Every setting has a default; a wrong one keeps it from starting.

use std::path::Path;
use std::time::Duration;

use crate::diagnostic::{Diagnostic, Diagnostics, cause, codes, suggest};
use crate::source::{Fields, SourceFile};
use crate::transport::sftp::server;

/// How a gateway runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Translations at a time; default one for each processor.
    pub threads: usize,
    /// How often all mailboxes are looked through; default 2 s. Files are taken before, where the system tells of them.
    pub sweep: Duration,
    /// A file that nobody told of is taken when it was not changed for so long; default 5 s.
    pub settle: Duration,
    /// Address of health and metrics; default 127.0.0.1:9190. `None` when it is `"off"`.
    pub listen: Option<String>,
    /// How the log is written; default text.
    pub log: LogFormat,
    /// The drop box; default none.
    pub sftp_server: Option<server::Settings>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Words of [`LogFormat`].
const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

impl Default for Settings {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            sweep: Duration::from_secs(2),
            settle: Duration::from_secs(5),
            listen: Some("127.0.0.1:9190".to_owned()),
            log: LogFormat::default(),
            sftp_server: None,
        }
    }
}

impl Settings {
    /// Reads `crossdock.toml` of a home; the defaults where there is none. What is wrong with it is in `diagnostics`.
    #[must_use]
    pub fn read(home: &Path, diagnostics: &mut Diagnostics) -> Self {
        const NAME: &str = "crossdock.toml";
        let file = match std::fs::read_to_string(home.join(NAME)) {
            Ok(text) => SourceFile::new(NAME, text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Self::default(),
            Err(error) => SourceFile::unreadable(NAME, cause(error)),
        };
        Self::parse(&file, diagnostics)
    }

    fn parse(file: &SourceFile, diagnostics: &mut Diagnostics) -> Self {
        let mut settings = Self::default();
        let table = file.parse(diagnostics);
        let mut fields = Fields::new(file, &table, "");
        if let Some(mut gateway) = fields.table("gateway", diagnostics) {
            if let Some(threads) = gateway.integer("threads", 1..=1_024, diagnostics) {
                settings.threads = usize::try_from(threads).unwrap_or(1);
            }
            for (key, wait) in [("sweep", &mut settings.sweep), ("settle", &mut settings.settle)] {
                if let Some(read) = gateway.parsed(key, duration, diagnostics) {
                    *wait = read;
                }
            }
            gateway.finish(diagnostics);
        }
        if let Some(mut health) = fields.table("health", diagnostics) {
            if let Some((text, node)) = health.text_at("listen", diagnostics) {
                settings.listen = (text != "off").then(|| text.to_owned());
                if text != "off" && text.parse::<std::net::SocketAddr>().is_err() {
                    let message = format!("`health.listen` is no address: `{text}`");
                    let remedy = "write an address with its port, such as \"127.0.0.1:9190\", or \"off\"";
                    diagnostics.push(
                        Diagnostic::new(
                            codes::FILE_WRONG_VALUE,
                            message,
                            file.place(node.span.clone(), Some("health.listen")),
                        )
                        .remedy(remedy),
                    );
                }
            }
            health.finish(diagnostics);
        }
        if let Some(mut log) = fields.table("log", diagnostics) {
            settings.log = log.choice("format", &FORMATS, diagnostics).unwrap_or_default();
            log.finish(diagnostics);
        }
        settings.sftp_server =
            fields.table("sftp_server", diagnostics).and_then(|table| sftp_server(table, diagnostics));
        fields.finish(diagnostics);
        settings
    }
}

/// Reads `[sftp_server]`.
fn sftp_server(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Option<server::Settings> {
    fields.require("listen", "\"127.0.0.1:2222\"", diagnostics);
    let listen = fields.parsed("listen", address, diagnostics);
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let mut settings = server::Settings::at(listen.unwrap_or(nowhere));
    for (key, most, limit) in [
        ("sessions", 100_000, &mut settings.sessions),
        ("sessions_per_address", 100_000, &mut settings.sessions_per_address),
        ("handles", 10_000, &mut settings.handles),
    ] {
        if let Some(read) = fields.integer(key, 1..=most, diagnostics) {
            *limit = usize::try_from(read).unwrap_or(*limit);
        }
    }
    for (key, wait) in [("idle", &mut settings.idle), ("handshake", &mut settings.handshake)] {
        if let Some(read) = fields.parsed(key, duration, diagnostics) {
            *wait = read;
        }
    }
    let bytes = fields.integer("bytes_per_second", 1_000..=i64::MAX, diagnostics);
    settings.bytes_per_second = bytes.map(i64::unsigned_abs);
    let known = server::old_algorithms();
    for (text, node) in fields.texts("legacy", diagnostics) {
        let read =
            if known.iter().any(|name| name == text) { Ok(text.to_owned()) } else { Err(no_algorithm(text, &known)) };
        settings.legacy.extend(fields.accepted("legacy", node, text, read, diagnostics));
    }
    fields.finish(diagnostics);
    listen.map(|_| settings)
}

fn no_algorithm(text: &str, known: &[String]) -> (String, String) {
    let remedy = match suggest::nearest(text, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write one of {}", known.join(", ")),
    };
    ("is no old algorithm that can be offered".to_owned(), remedy)
}

fn address(text: &str) -> Result<std::net::SocketAddr, (String, String)> {
    text.parse().map_err(|_| {
        let remedy = "write an address with its port, such as \"127.0.0.1:2222\", or \"0.0.0.0:22\" for everybody";
        ("is no address".to_owned(), remedy.to_owned())
    })
}

/// Reads `500ms`, `2s`, `1m`.
fn duration(text: &str) -> Result<Duration, (String, String)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        _ => None,
    };
    let millis = unit.and_then(|unit: u64| number.parse::<u64>().ok()?.checked_mul(unit));
    // An interval must not be zero, and longer than an hour nobody means it.
    millis.filter(|millis| (1..=3_600_000).contains(millis)).map(Duration::from_millis).ok_or_else(|| {
        let remedy = "write a number with ms, s or m behind it, up to an hour: \"500ms\", \"2s\", \"1m\"";
        ("is no length of time".to_owned(), remedy.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::server::{self, old_algorithms};
    use super::{LogFormat, Settings};
    use crate::diagnostic::Diagnostics;
    use crate::source::SourceFile;

    fn parse(text: &str) -> (Settings, Vec<String>) {
        let mut found = Diagnostics::unlimited();
        let settings = Settings::parse(&SourceFile::new("crossdock.toml", text), &mut found);
        (settings, found.take().into_iter().map(|one| one.message).collect())
    }

    #[test]
    fn what_is_not_written_has_its_default_and_what_is_written_is_taken() {
        assert_eq!(parse(""), (Settings::default(), Vec::new()));
        let (settings, found) = parse(
            "[gateway]\nthreads = 3\nsweep = \"500ms\"\nsettle = \"1m\"\n[health]\nlisten = \"off\"\n[log]\nformat = \"json\"\n",
        );
        assert!(found.is_empty());
        assert_eq!(
            (settings.threads, settings.sweep, settings.settle),
            (3, Duration::from_millis(500), Duration::from_secs(60))
        );
        assert_eq!((settings.listen, settings.log), (None, LogFormat::Json));
    }

    #[test]
    fn the_settings_that_the_guide_shows_are_right() {
        let guide = include_str!("../../docs/OPERATING.md");
        let shown = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let (settings, found) = parse(shown);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(
            Settings { threads: Settings::default().threads, ..settings },
            Settings::default(),
            "the guide shows the defaults"
        );
    }

    #[test]
    fn the_drop_box_as_the_guide_shows_it_has_the_defaults() {
        let guide = include_str!("../../docs/SFTP.md");
        let shown = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let (settings, found) = parse(shown);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(settings.sftp_server, Some(server::Settings::at("127.0.0.1:2222".parse().unwrap())));
        let all = guide.split("## Algorithms").nth(1).unwrap();
        for old in old_algorithms() {
            assert!(all.contains(&format!("`{old}`")), "{old} is not in the guide");
        }
    }

    #[test]
    fn slips_in_the_drop_box_are_told() {
        let (settings, found) = parse(
            "[sftp_server]\nlisten = \"2222\"\nlegacy = [\"ssh-rsa\", \"hmac-md5\", \"aes128-cb\"]\nhandles = 0\nidle = \"ten\"\n",
        );
        assert_eq!((settings.sftp_server, found.len()), (None, 5), "{found:?}");
        assert_eq!(parse("[sftp_server]\n").1.len(), 1, "where it listens must be said");
    }

    #[test]
    fn what_is_wrong_is_told_all_at_once() {
        let (_, found) = parse("[gateway]\nthread = 3\nsweep = \"2 hours\"\n[health]\nlisten = \"9190\"\n");
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
