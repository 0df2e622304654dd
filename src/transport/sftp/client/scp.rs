//! SCP, over a session of libssh2: for servers without SFTP.
//!
//! `scp` is started on the server, as its own client starts it, and spoken with over its input and output; nothing else is
//! ever run there. We speak it ourselves, because the library's calls keep back what the server says is wrong. It writes a file
//! under the name it has, and reads one, whose length and time are told before its first byte: so a file can be looked at. It
//! has no list, no rename and no removal.

use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use ssh2::ErrorCode;

use super::goods::each_piece;
use super::libssh2::Session;
use super::russh::not_whole;
use super::{Doing, Entry, Fault, Goods, Visit, Why, join};
use crate::diagnostic::cause;
use crate::partner::transport::sftp::Poll;

/// Bytes handed over at a time.
const CHUNK: usize = 1 << 18;
/// Longest line that is read of a server.
const LINE: usize = 4 << 10;
/// So much of what a server says is told.
const TOLD: usize = 200;
/// Codes of libssh2: the server opens no channel, or does not start what it is asked for.
const NOT_STARTED: [i32; 2] = [-21, -22];
/// How servers say that a file or folder is not there.
const MISSING: [&str; 4] = ["no such file", "not found", "does not exist", "cannot find"];

/// A visit by SCP.
pub(super) struct Scp {
    session: Session,
    /// The files that are picked up, which a server cannot list: their paths, by folder.
    named: Vec<(String, Vec<String>)>,
}

impl Scp {
    /// Visits a server that we are logged in to.
    pub(super) fn new(session: Session, polls: &[Poll]) -> Self {
        let names = |poll: &Poll| {
            let names = poll.files.iter().filter_map(|file| file.name()).map(str::to_owned);
            // What says that they are finished is looked at like them.
            let with_done = names.flat_map(|name| {
                let done = poll.done_file.as_ref().map(|end| format!("{name}{end}"));
                [Some(name), done].into_iter().flatten()
            });
            (poll.folder.clone(), with_done.collect())
        };
        Self { session, named: polls.iter().map(names).collect() }
    }

    /// Does something with the server on a thread of its own.
    async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&At<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let ssh = self.session.ssh.clone();
        self.session.on_a_thread(move |host| work(&At { ssh: &ssh, host })).await
    }

    fn cannot(&self, do_what: &str, path: &str) -> Fault {
        let message = format!("{} cannot {do_what} {path}", self.session.host);
        Fault::new(Why::Refused, message, "SCP cannot")
    }
}

impl Visit for Scp {
    fn list<'a>(&'a mut self, folder: &'a str, see: &'a mut (dyn FnMut(Entry) + Send)) -> Doing<'a, ()> {
        Box::pin(async move {
            let named = self.named.iter().find(|(of, _)| of == folder).map(|(_, names)| names.clone());
            let (names, at) = (named.unwrap_or_default(), folder.to_owned());
            let look = move |server: &At<'_>| {
                let mut found = Vec::new();
                for name in names {
                    let seen = server.look_at(&join(&at, &name))?;
                    found.extend(seen.map(|entry| Entry { name, ..entry }));
                }
                if found.is_empty() {
                    server.look_for(&at)?;
                }
                Ok(found)
            };
            self.on_a_thread(look).await?.into_iter().for_each(see);
            Ok(())
        })
    }

    fn read<'a>(&'a mut self, path: &'a str, size: u64, to: Option<PathBuf>) -> Doing<'a, [u8; 32]> {
        let path = path.to_owned();
        Box::pin(self.on_a_thread(move |server| server.read(&path, size, to)))
    }

    fn write<'a>(&'a mut self, path: &'a str, goods: Arc<dyn Goods>) -> Doing<'a, ()> {
        let path = path.to_owned();
        Box::pin(self.on_a_thread(move |server| server.write(&path, &*goods)))
    }

    fn stat<'a>(&'a mut self, path: &'a str) -> Doing<'a, Option<Entry>> {
        let path = path.to_owned();
        Box::pin(self.on_a_thread(move |server| server.look_at(&path)))
    }

    fn rename<'a>(&'a mut self, from: &'a str, _to: &'a str) -> Doing<'a, ()> {
        Box::pin(async move { Err(self.cannot("rename", from)) })
    }

    fn remove<'a>(&'a mut self, path: &'a str) -> Doing<'a, ()> {
        Box::pin(async move { Err(self.cannot("remove", path)) })
    }
}

/// The server.
struct At<'a> {
    ssh: &'a ssh2::Session,
    host: &'a str,
}

impl At<'_> {
    /// Length and time of a file, `None` when there is none.
    fn look_at(&self, path: &str) -> Result<Option<Entry>, Fault> {
        let look = || {
            let mut scp = self.start("-pf", "look at", path)?;
            scp.say(b"\0")?;
            let mut modified = 0;
            loop {
                match scp.header()? {
                    Header::Time(seconds) => modified = seconds,
                    // It is not asked for; the server's scp ends with the channel.
                    Header::File(size) => return Ok(Entry { name: path.to_owned(), size, modified }),
                    Header::Folder => return Err(scp.fault(Why::Refused, "it is a folder")),
                }
                scp.say(b"\0")?;
            }
        };
        match look() {
            Ok(entry) => Ok(Some(entry)),
            Err(fault) if fault.why == Why::Missing => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// A folder that is not there is a fault. One that cannot be listed is there.
    fn look_for(&self, folder: &str) -> Result<(), Fault> {
        let mut scp = self.start("-rf", "look for", folder)?;
        scp.say(b"\0")?;
        match scp.header() {
            Ok(Header::File(_)) => Err(scp.fault(Why::Refused, "it is a file")),
            Err(fault) if fault.why != Why::Refused => Err(fault),
            _ => Ok(()),
        }
    }

    fn read(&self, path: &str, size: u64, to: Option<PathBuf>) -> Result<[u8; 32], Fault> {
        let local = |error: std::io::Error| Fault::new(Why::Local, format!("{path} cannot be kept here"), cause(error));
        let mut scp = self.start("-f", "read", path)?;
        scp.say(b"\0")?;
        match scp.header()? {
            Header::File(said) if said == size => {}
            Header::File(said) => return Err(not_whole(self.host, path, size, said)),
            Header::Folder | Header::Time(_) => return Err(scp.fault(Why::Refused, "it is no file")),
        }
        let mut file = to.map(std::fs::File::create).transpose().map_err(local)?;
        scp.say(b"\0")?;
        let (mut hash, mut left, mut buffer) = (Sha256::new(), size, vec![0; CHUNK]);
        while left > 0 {
            let most = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
            let read = scp.hear(&mut buffer[..most])?;
            if read == 0 {
                return Err(not_whole(self.host, path, size, size - left));
            }
            hash.update(&buffer[..read]);
            left -= read as u64;
            if let Some(file) = &mut file {
                file.write_all(&buffer[..read]).map_err(local)?;
            }
        }
        // What it could not read it has filled up, and says so now.
        scp.answer()?;
        if let Some(file) = file {
            file.sync_all().map_err(local)?;
        }
        Ok(hash.finalize().into())
    }

    /// Writes a file under its name. The server's last answer says that all of it is written.
    fn write(&self, path: &str, goods: &dyn Goods) -> Result<(), Fault> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut scp = self.start("-t", "write", path)?;
        scp.answer()?;
        scp.say(format!("C0644 {} {name}\n", goods.size()).as_bytes())?;
        scp.answer()?;
        let mut rest = || {
            each_piece(goods, path, CHUNK, |piece| scp.say(piece))?;
            scp.say(b"\0")?;
            scp.answer()
        };
        rest().map_err(|fault| {
            let cause = format!("{}; a part of it may lie there under its name until it is put again", fault.cause);
            Fault { cause, ..fault }.perhaps_done()
        })
    }

    /// Starts `scp` on the server to do something with a path.
    fn start(&self, how: &str, doing: &'static str, path: &str) -> Result<Talk, Fault> {
        let failed = |error: ssh2::Error| match error.code() {
            ErrorCode::Session(code) if NOT_STARTED.contains(&code) => not_spoken(self.host, "it does not start `scp`"),
            _ => {
                let message = format!("{} broke off: {doing} {path}", self.host);
                Fault::new(Why::Unreachable, message, cause(error.message()))
            }
        };
        if path.contains(|c: char| c.is_control()) {
            let message = format!("{} cannot {doing} {}", self.host, path.escape_default());
            return Err(Fault::new(Why::Refused, message, "SCP has no way to say a name with control characters"));
        }
        let mut channel = self.ssh.channel_session().map_err(failed)?;
        channel.exec(&format!("scp {how} {}", quoted(path))).map_err(failed)?;
        let waits = Duration::from_millis(self.ssh.timeout().into());
        let (host, path) = (self.host.to_owned(), path.to_owned());
        Ok(Talk { channel, host, doing, path, waits, begun: false })
    }
}

/// What scp says of the next file.
#[derive(Debug, PartialEq, Eq)]
enum Header {
    /// Its time, in seconds.
    Time(i64),
    /// A file, so long.
    File(u64),
    Folder,
}

impl Header {
    /// Reads a line without its end.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.get(1..)?.split(' ');
        match line.as_bytes().first()? {
            b'T' => words.next()?.parse().ok().map(Header::Time),
            kind @ (b'C' | b'D') => {
                u32::from_str_radix(words.next()?, 8).ok()?;
                let size = words.next()?.parse().ok()?;
                Some(if *kind == b'C' { Header::File(size) } else { Header::Folder })
            }
            _ => None,
        }
    }
}

/// An `scp` that runs on the server. It ends when this is dropped.
struct Talk {
    channel: ssh2::Channel,
    host: String,
    doing: &'static str,
    path: String,
    /// So long an answer is waited for.
    waits: Duration,
    /// It has said something that scp says.
    begun: bool,
}

impl Talk {
    fn fault(&self, why: Why, cause: impl ToString) -> Fault {
        Fault::new(why, format!("{} cannot {} {}", self.host, self.doing, self.path), cause)
    }

    fn broke_off(&self, error: &std::io::Error) -> Fault {
        let cause = match error.kind() {
            ErrorKind::TimedOut => format!("no answer within {} s (`answer_within`)", self.waits.as_secs()),
            _ => cause(error),
        };
        Fault::new(Why::Unreachable, format!("{} broke off: {} {}", self.host, self.doing, self.path), cause)
    }

    fn say(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let Err(error) = self.channel.write_all(bytes) else { return Ok(()) };
        // One that does not listen any more has said why, as a rule; the library does not see that before its time is over.
        let has_said = self.channel.eof() || self.channel.read_window().available > 0;
        match has_said.then(|| self.answer()) {
            Some(Err(fault)) => Err(fault),
            _ => Err(self.broke_off(&error)),
        }
    }

    fn hear(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        self.channel.read(buffer).map_err(|error| self.broke_off(&error))
    }

    /// The next byte; nothing when it has ended.
    fn byte(&mut self) -> Result<Option<u8>, Fault> {
        let mut byte = [0];
        Ok((self.hear(&mut byte)? == 1).then_some(byte[0]))
    }

    /// The rest of a line, which begins with `first`.
    fn line(&mut self, first: Option<u8>) -> Result<String, Fault> {
        let (mut line, begun): (Vec<u8>, _) = (first.into_iter().collect(), Instant::now());
        while line.len() < LINE {
            // The library's limit is of each byte.
            if begun.elapsed() > self.waits {
                return Err(self.broke_off(&ErrorKind::TimedOut.into()));
            }
            match self.byte()? {
                None | Some(b'\n') => break,
                Some(byte) => line.push(byte),
            }
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    /// Hears that all is well.
    fn answer(&mut self) -> Result<(), Fault> {
        match self.byte()? {
            Some(0) => {
                self.begun = true;
                Ok(())
            }
            other => self.refusal(other),
        }
    }

    /// Hears what it says of the next file.
    fn header(&mut self) -> Result<Header, Fault> {
        match self.byte()? {
            Some(kind @ (b'C' | b'D' | b'T')) => {
                let line = self.line(Some(kind))?;
                self.begun |= Header::parse(&line).is_some();
                Header::parse(&line).ok_or_else(|| self.no_scp(&line))
            }
            other => self.refusal(other),
        }
    }

    /// What it says instead, which begins with this byte, is a fault.
    fn refusal<T>(&mut self, first: Option<u8>) -> Result<T, Fault> {
        match first {
            Some(1 | 2) => {
                let said = self.line(None)?;
                let said = said.strip_prefix("scp: ").unwrap_or(&said);
                let said = said.strip_prefix(&self.path).and_then(|said| said.strip_prefix(": ")).unwrap_or(said);
                let said = said.to_lowercase();
                let is_missing = MISSING.iter().any(|words| said.contains(words));
                Err(self.fault(if is_missing { Why::Missing } else { Why::Refused }, shown(&said)))
            }
            Some(_) => {
                let line = self.line(first)?;
                Err(self.no_scp(&line))
            }
            None => {
                let mut said = vec![0; LINE];
                let read = self.channel.stderr().read(&mut said).unwrap_or_default();
                let said = String::from_utf8_lossy(&said[..read]);
                Err(self.no_scp(said.lines().next().unwrap_or_default()))
            }
        }
    }

    /// It is not scp that answers, or not any more.
    fn no_scp(&self, said: &str) -> Fault {
        let said = match shown(said) {
            said if said.is_empty() => "it ends without a word".to_owned(),
            said => format!("it says `{said}`"),
        };
        match self.begun {
            true => {
                Fault::new(Why::Unreachable, format!("{} broke off: {} {}", self.host, self.doing, self.path), said)
            }
            false => not_spoken(&self.host, &said),
        }
    }
}

fn not_spoken(host: &str, cause: &str) -> Fault {
    Fault::new(Why::NotSpoken, format!("{host} has no SCP for us"), cause)
}

/// What a server says, as it may be shown.
fn shown(said: &str) -> String {
    said.chars().filter(|c| !c.is_control()).take(TOLD).collect::<String>().trim().to_owned()
}

/// A path as one word of a command, for any shell and for servers that have none: quoted only where it must be.
fn quoted(path: &str) -> String {
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    if !path.is_empty() && path.chars().all(plain) {
        return path;
    }
    // In the C shell an exclamation mark means something even in quotes.
    format!("'{}'", path.replace('\'', r#"'"'"'"#).replace('!', r"'\!'"))
}

#[cfg(test)]
mod tests {
    use super::{Header, quoted};

    #[test]
    fn a_path_is_one_word_of_a_command() {
        for (path, expected) in [
            ("/inbound/940_000000001.edi", "/inbound/940_000000001.edi"),
            ("inbound/a b.edi", "'inbound/a b.edi'"),
            ("~acme/a", "'~acme/a'"),
            ("-r", "./-r"),
            ("a'; rm -rf $HOME `id` \"x\"", r#"'a'"'"'; rm -rf $HOME `id` "x"'"#),
            ("what!.edi", r"'what'\!'.edi'"),
            ("", "''"),
            ("Lagerbestände.csv", "'Lagerbestände.csv'"),
        ] {
            assert_eq!(quoted(path), expected);
        }
    }

    #[test]
    fn what_scp_says_of_a_file() {
        for (line, expected) in [
            ("C0644 5120 945-1658.edi", Some(Header::File(5_120))),
            ("C0644 5120 with blanks in it", Some(Header::File(5_120))),
            ("D0755 0 outbound", Some(Header::Folder)),
            ("T1764374400 0 1764374400 0", Some(Header::Time(1_764_374_400))),
            ("C0644 -1 a", None),
            ("C0844 1 a", None),
            ("C0644 99999999999999999999 a", None),
            ("Cannot open", None),
            ("This service allows sftp connections only.", None),
            ("C", None),
            ("", None),
        ] {
            assert_eq!(Header::parse(line), expected, "{line}");
        }
    }

    /// Shells make of it what was meant.
    #[test]
    fn shells_read_a_quoted_path_as_it_was() {
        for path in ["a b", "it's", "$HOME `id` \\ \"x\"", "what!", "*?[a]{b,c}", "#a;b|c&d>e", "é 東"] {
            let output = std::process::Command::new("sh").args(["-c", &format!("printf %s {}", quoted(path))]).output();
            assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), path);
        }
    }
}
