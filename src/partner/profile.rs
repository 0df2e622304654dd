//! The profile as a whole: its file read into types that cannot hold an invalid state.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::acknowledge::{self, Acknowledge, AcknowledgeWhen, Takes};
use super::document::{At, Receive, Send, receive, send};
use super::envelope::{Envelope, envelope};
use super::id::InterchangeId;
use super::resolve;
use super::role::Role;
use super::rules::Rules;
use super::transport::sftp::Sftp;
use super::transport::{SftpServer, Transport, transports};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, codes, suggest};
use crate::source::{Fields, Node, SourceFile, Value, time_zone};
use crate::tree::charset::Charset;
use crate::x12::limits::Limits;

/// What we know of a trading partner.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The file it was read from.
    pub file: SourceFile,
    /// The short name, that of the file: `harbor` for `partner-profiles/harbor.toml`. Commands, folders and events name
    /// the partner by it.
    pub short_name: String,
    /// The name for people.
    pub name: String,
    /// Who we are to them in envelopes; always there where X12 is exchanged.
    pub us: Option<Us>,
    /// Who they are in envelopes; the same.
    pub them: Option<Them>,
    /// What they are to us; default a warehouse.
    pub role: Role,
    /// The zone of times that name none. Has no default: none fits most partners.
    pub time_zone: TimeZone,
    /// Character set of their files and ours; default the extended one of X12.
    pub charset: Charset,
    /// Live or being tried; default live.
    pub usage: Usage,
    /// Whom to ask there.
    pub contacts: Vec<Contact>,
    /// Who of us looks after them; default integration.
    pub owner: Owner,
    /// What they send us, in the order of the file.
    pub receive: Vec<Receive>,
    /// What we send them, in the order of the file.
    pub send: Vec<Send>,
    /// How our envelopes to them are written.
    pub envelope: Envelope,
    /// How acknowledgments are exchanged.
    pub acknowledge: Acknowledge,
    /// What a fault of theirs holds back besides itself.
    pub on_error: OnError,
    /// How bad the faults of their documents are, where it is not the default.
    pub rules: Arc<Rules>,
    /// Limits of reading their files.
    pub limits: Limits,
    /// How files come and go; default none, for use from the command line.
    pub transports: Vec<Transport>,
}

/// Who we are to the partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Us {
    /// Our interchange id.
    pub interchange_id: At<InterchangeId>,
    /// GS02 of what we send; default the id of the interchange id.
    pub group_id: String,
}

/// Who the partner is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Them {
    /// The interchange id that we send to, and that they may send from: the first of `interchange_ids`.
    pub interchange_id: At<InterchangeId>,
    /// Further interchange ids that they may send from.
    pub other_interchange_ids: Vec<At<InterchangeId>>,
    /// The group ids (GS02) that they may send from; none means any.
    pub group_ids: Vec<At<String>>,
}

impl Them {
    /// All their interchange ids.
    pub fn interchange_ids(&self) -> impl Iterator<Item = &At<InterchangeId>> {
        std::iter::once(&self.interchange_id).chain(&self.other_interchange_ids)
    }

    /// GS03 of what we send: the first of `group_ids`, else the id of the interchange id.
    #[must_use]
    pub fn group_id(&self) -> &str {
        self.group_ids.first().map_or(self.interchange_id.value.id(), |id| &id.value)
    }
}

/// Live or being tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Usage {
    /// ISA15 `P`.
    #[default]
    Production,
    /// ISA15 `T`.
    Test,
}

impl Usage {
    /// ISA15.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Usage::Production => "P",
            Usage::Test => "T",
        }
    }
}

/// A person or desk at the partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Name or desk.
    pub name: String,
    /// Address for mail.
    pub email: Option<String>,
    /// Telephone number, as written.
    pub phone: Option<String>,
}

/// Who of us looks after a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Owner {
    /// The people at the desk for customers.
    CustomerService,
    /// The people of money.
    Finance,
    /// The engineers of partners' connections.
    #[default]
    Integration,
    /// Our people for the warehouses.
    Warehouse,
}

/// What a fault in an interchange holds back besides itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OnError {
    /// With a bad transaction set; default itself alone.
    pub set: HeldBack,
    /// With a bad functional group (its trailer is missing or names another number); default itself alone.
    pub group: HeldBack,
}

/// How far a fault reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeldBack {
    /// What is bad; its neighbours go on.
    #[default]
    Itself,
    /// All that came in the same interchange.
    Interchange,
}

impl Profile {
    /// Our interchange id, where we have one towards them.
    #[must_use]
    pub fn our_id(&self) -> Option<&InterchangeId> {
        self.us.as_ref().map(|us| &us.interchange_id.value)
    }

    /// All their interchange ids.
    pub fn their_ids(&self) -> impl Iterator<Item = &At<InterchangeId>> {
        self.them.iter().flat_map(Them::interchange_ids)
    }

    /// The group ids that they may send from.
    #[must_use]
    pub fn their_group_ids(&self) -> &[At<String>] {
        self.them.as_ref().map_or(&[], |them| &them.group_ids)
    }

    /// The names under which numbers of what we send them are kept: both interchange ids, or that they have none and their own.
    #[must_use]
    pub fn number_names(&self) -> (String, String) {
        match (self.our_id(), &self.them) {
            (Some(ours), Some(them)) => (ours.to_string(), them.interchange_id.value.to_string()),
            _ => ("-".to_owned(), self.short_name.clone()),
        }
    }

    /// How the partner uses our drop box, where it does.
    #[must_use]
    pub fn sftp_server(&self) -> Option<&Arc<SftpServer>> {
        self.transports.iter().find_map(|transport| match transport {
            Transport::SftpServer(server) => Some(server),
            _ => None,
        })
    }

    /// The name by which it logs in to our drop box.
    #[must_use]
    pub fn sftp_user(&self) -> Option<&str> {
        self.sftp_server().map(|server| server.user.as_deref().unwrap_or(&self.short_name))
    }

    /// How we visit the partner's server, where we do.
    #[must_use]
    pub fn sftp(&self) -> Option<&Sftp> {
        self.transports.iter().find_map(|transport| match transport {
            Transport::Sftp(sftp) => Some(&**sftp),
            _ => None,
        })
    }

    /// Reads a profile; `None` when its file has an error, after all its problems were pushed.
    #[must_use]
    pub fn parse(file: &SourceFile, diagnostics: &mut Diagnostics) -> Option<Profile> {
        let mut found = Diagnostics::unlimited();
        let table = file.parse(&mut found);
        let mut profile = None;
        if found.errors() == 0 {
            profile = read(file, Fields::new(file, &table, ""), &mut found);
        }
        if let Some(profile) = &profile {
            resolve::check_documents(profile, &mut found);
            check_group_ids(profile, &mut found);
        }
        let usable = found.errors() == 0;
        let mut found = found.take();
        found.sort_by_key(|diagnostic| match &diagnostic.place {
            Place::Source(place) => (place.line, place.column),
            _ => (0, 0),
        });
        for diagnostic in found {
            diagnostics.push(diagnostic);
        }
        profile.filter(|_| usable)
    }
}

fn read(file: &SourceFile, mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Profile> {
    let short_name = short_name(file, diagnostics);
    let name = fields.required_text("name", diagnostics);
    let received = fields.tables("receive", diagnostics);
    let received: Vec<_> = received.into_iter().map(|table| receive(table, diagnostics)).collect();
    let sent = fields.tables("send", diagnostics);
    let sent: Vec<_> = sent.into_iter().map(|table| send(table, diagnostics)).collect();
    let (us, them) = ids(&mut fields, needs_ids(&received, &sent), diagnostics);
    let role = fields.choice("role", &Role::WORDS, diagnostics);
    fields.require("time_zone", "\"America/Los_Angeles\"", diagnostics);
    let time_zone = fields.parsed("time_zone", time_zone, diagnostics);
    let charset = fields.parsed("charset", charset, diagnostics);
    let usage = fields.choice("usage", &USAGES, diagnostics);
    let contacts = fields.tables("contacts", diagnostics);
    let contacts: Vec<_> = contacts.into_iter().map(|table| contact(table, diagnostics)).collect();
    let owner = fields.choice("owner", &OWNERS, diagnostics);
    let envelope = fields.table("envelope", diagnostics).map(|table| envelope(table, diagnostics));
    let acknowledge = fields.table("acknowledge", diagnostics);
    let acknowledge = acknowledge.map(|table| acknowledge::acknowledge(table, diagnostics));
    let both = envelope.as_ref().map(|envelope| envelope.control_numbers.clone()).unwrap_or_default();
    if let (Some(own), Some(node)) =
        (acknowledge.as_ref().and_then(|acknowledge| acknowledge.control_numbers.as_ref()), fields.node("acknowledge"))
        && let Some(kind) = own.overlap(&both)
    {
        let message = format!("`acknowledge.control_numbers.{kind}` overlaps `envelope.control_numbers.{kind}`");
        let found = fields
            .problem(codes::FILE_WRONG_VALUE, message, node)
            .cause("a number would be given twice, once to an acknowledgment and once to another interchange");
        diagnostics.push(
            found.remedy("write two ranges that share no number, both of them: without one, all numbers are meant"),
        );
    }
    let on_error = fields.table("on_error", diagnostics).map(|table| on_error(table, diagnostics));
    let rules = fields.node("rules").map(|node| rules(file, node, &fields, diagnostics));
    let limits = fields.table("limits", diagnostics).map(|table| limits(table, diagnostics));
    let transports = fields.table("transport", diagnostics).map(|table| transports(table, diagnostics));
    let pushes = transports.iter().flatten().any(|one| matches!(one, Transport::Sftp(sftp) if sftp.push.is_some()));
    if let (Some(Takes::Sftp), false, Some(node)) =
        (acknowledge.as_ref().and_then(|acknowledge| acknowledge.transport), pushes, fields.node("acknowledge"))
    {
        let message = "`acknowledge.transport` is `sftp`, but nothing says where on their server";
        let found = fields.problem(codes::FILE_WRONG_VALUE, message.to_owned(), node);
        diagnostics.push(found.remedy("add [transport.sftp.push] with its `folder`, or write \"outbox\""));
    }
    fields.finish(diagnostics);
    Some(Profile {
        file: file.clone(),
        short_name,
        name: name?.to_owned(),
        us,
        them,
        role: role.unwrap_or_default(),
        time_zone: time_zone?,
        charset: charset.unwrap_or(Charset::X12Extended),
        usage: usage.unwrap_or_default(),
        contacts: contacts.into_iter().flatten().collect(),
        owner: owner.unwrap_or_default(),
        receive: received.into_iter().flatten().collect(),
        send: sent.into_iter().flatten().collect(),
        envelope: envelope.unwrap_or_default(),
        acknowledge: acknowledge.unwrap_or_default(),
        on_error: on_error.unwrap_or_default(),
        rules: Arc::new(rules.unwrap_or_default()),
        limits: limits.unwrap_or_default(),
        transports: transports.unwrap_or_default(),
    })
}

/// Who we are and who they are in envelopes; both are required where there is a `need`, with what says so.
fn ids(
    fields: &mut Fields<'_>,
    need: Option<Option<String>>,
    diagnostics: &mut Diagnostics,
) -> (Option<Us>, Option<Them>) {
    let keys = [("us", "{ interchange_id = \"12/4085551000\" }"), ("them", "{ interchange_ids = [\"ZZ/HARBOR3PL\"] }")];
    for (key, example) in keys.into_iter().filter(|_| need.is_some()) {
        fields.require_because(key, example, need.clone().flatten(), diagnostics);
    }
    let us = fields.table("us", diagnostics).and_then(|table| us(table, diagnostics));
    let them = fields.table("them", diagnostics).and_then(|table| them(table, us.as_ref(), diagnostics));
    (us, them)
}

/// Why the profile needs the ids of envelopes, in words where an entry says so; `None` where all that is exchanged are files
/// without an envelope.
fn needs_ids(received: &[Option<Receive>], sent: &[Option<Send>]) -> Option<Option<String>> {
    let received = received.iter().map(|entry| (entry.as_ref().map(|entry| &entry.document.value), "receive"));
    let sent = sent.iter().map(|entry| (entry.as_ref().map(|entry| &entry.document.value), "send"));
    let mut entries = received.chain(sent).peekable();
    if entries.peek().is_none() {
        return Some(None);
    }
    let (document, list) = entries.find(|(document, _)| document.is_none_or(|document| document.layout.is_none()))?;
    Some(document.map(|document| {
        format!("[[{list}]] has {document}, and in X12 the ids of the envelope say whose a document is")
    }))
}

/// No partner has this name: it stands for the ERP wherever partners are named.
const ERP: &str = "erp";

fn short_name(file: &SourceFile, diagnostics: &mut Diagnostics) -> String {
    let stem = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = stem.strip_suffix(".toml").unwrap_or(stem);
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if stem.is_empty() || !stem.chars().all(is_plain) {
        let message = format!("the profile's file is called `{stem}`, which cannot name folders and commands");
        let remedy = "rename the file: small letters, digits, - and _ only, such as harbor.toml";
        diagnostics.push(Diagnostic::new(codes::FILE_WRONG_VALUE, message, file.whole()).remedy(remedy));
    }
    if stem == ERP {
        let message = format!("the profile's file is called `{ERP}`, which is the name of the ERP's own mailbox");
        let remedy = "rename the file after the partner, such as harbor.toml";
        diagnostics.push(Diagnostic::new(codes::FILE_WRONG_VALUE, message, file.whole()).remedy(remedy));
    }
    stem.to_owned()
}

fn us(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Us> {
    fields.require("interchange_id", "\"12/4085551000\"", diagnostics);
    let id = fields.text_at("interchange_id", diagnostics);
    let id = id.and_then(|(text, node)| {
        let read = InterchangeId::parse(text);
        let value = fields.accepted("interchange_id", node, text, read, diagnostics)?;
        Some(At::new(value, node))
    });
    let group_id = fields.parsed("group_id", group_id, diagnostics);
    fields.finish(diagnostics);
    let id = id?;
    Some(Us { group_id: group_id.unwrap_or_else(|| id.value.id().to_owned()), interchange_id: id })
}

fn them(mut fields: Fields<'_>, us: Option<&Us>, diagnostics: &mut Diagnostics) -> Option<Them> {
    fields.require("interchange_ids", "[\"ZZ/HARBOR3PL\"]", diagnostics);
    let mut ids: Vec<At<InterchangeId>> = Vec::new();
    let texts = fields.texts("interchange_ids", diagnostics);
    for (text, node) in &texts {
        let mut read = InterchangeId::parse(text);
        if ids.iter().any(|known| known.value.to_string() == **text) {
            read = Err(("stands there twice".to_owned(), "remove one of them".to_owned()));
        } else if us.is_some_and(|us| us.interchange_id.value.to_string() == **text) {
            let problem = "is our own id in this profile".to_owned();
            read = Err((problem, "write the partner's id here, ours under `us`".to_owned()));
        }
        let value = fields.accepted("interchange_ids", node, text, read, diagnostics);
        ids.extend(value.map(|value| At::new(value, node)));
    }
    if let (true, Some(node)) = (texts.is_empty(), fields.node("interchange_ids"))
        && matches!(&node.value, Value::List(list) if list.is_empty())
    {
        let message = format!("`{}` is empty", fields.named("interchange_ids"));
        let remedy = "write the partner's ISA05 and ISA06: [\"ZZ/HARBOR3PL\"]";
        diagnostics.push(fields.problem(codes::FILE_WRONG_VALUE, message, node).remedy(remedy));
    }
    let mut group_ids = Vec::new();
    for (text, node) in fields.texts("group_ids", diagnostics) {
        let value = fields.accepted("group_ids", node, text, group_id(text), diagnostics);
        group_ids.extend(value.map(|value| At::new(value, node)));
    }
    fields.finish(diagnostics);
    let mut ids = ids.into_iter();
    Some(Them { interchange_id: ids.next()?, other_interchange_ids: ids.collect(), group_ids })
}

fn group_id(text: &str) -> Result<String, (String, String)> {
    let fits = (2..=15).contains(&text.len())
        && text.trim() == text
        && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if fits {
        return Ok(text.to_owned());
    }
    let problem = "is no group id: it has 2 to 15 characters of ASCII, no blanks around";
    Err((problem.to_owned(), "write it as it stands in GS02".to_owned()))
}

/// What we write has group ids: an interchange id that cannot be one needs another beside it.
fn check_group_ids(profile: &Profile, diagnostics: &mut Diagnostics) {
    let (Some(us), Some(them)) = (&profile.us, &profile.them) else { return };
    let sends = profile.send.iter().any(|entry| entry.document.value.layout.is_none());
    if !sends && profile.acknowledge.when == AcknowledgeWhen::Never {
        return;
    }
    let ours = (&us.group_id[..], &us.interchange_id, "us.group_id", "us.interchange_id", "\"ACME\"");
    let theirs = (them.group_id(), &them.interchange_id, "them.group_ids", "them.interchange_ids", "[\"HARBOR\"]");
    for (id, written, key, written_as, example) in [ours, theirs] {
        if group_id(id).is_err() {
            let message = format!("`{key}` is missing: `{id}` of {} is no group id", written.value);
            let place = profile.file.place(written.span.clone(), Some(written_as));
            let found = Diagnostic::new(codes::FILE_MISSING_KEY, message, place);
            diagnostics.push(
                found
                    .cause("a group id (GS02, GS03) has 2 to 15 characters; nothing could be written to the partner")
                    .remedy(format!("agree with the partner on one, and write it: `{key} = {example}`")),
            );
        }
    }
}

/// The character sets that have a name of their own.
pub(super) const CHARSETS: [&str; 4] = ["x12-basic", "x12-extended", "utf-8", "latin-1"];

fn charset(name: &str) -> Result<Charset, (String, String)> {
    Charset::parse(name).ok_or_else(|| {
        let remedy = match suggest::nearest(name, CHARSETS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}, or a name such as windows-1252", CHARSETS.join(", ")),
        };
        ("is no character set".to_owned(), remedy)
    })
}

pub(super) const USAGES: [(&str, Usage); 2] = [("production", Usage::Production), ("test", Usage::Test)];

pub(super) const OWNERS: [(&str, Owner); 4] = [
    ("integration", Owner::Integration),
    ("warehouse", Owner::Warehouse),
    ("customer_service", Owner::CustomerService),
    ("finance", Owner::Finance),
];

fn contact(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Contact> {
    let name = fields.required_text("name", diagnostics);
    let email = fields.parsed("email", email, diagnostics);
    let phone = fields.text("phone", diagnostics);
    fields.finish(diagnostics);
    Some(Contact { name: name?.to_owned(), email, phone: phone.map(str::to_owned) })
}

fn email(text: &str) -> Result<String, (String, String)> {
    match text.split_once('@') {
        Some((who, host)) if !who.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace) => {
            Ok(text.to_owned())
        }
        _ => Err(("is no mail address".to_owned(), "write it as name@host".to_owned())),
    }
}

pub(super) const HELD_BACK: [(&str, HeldBack); 2] =
    [("itself", HeldBack::Itself), ("interchange", HeldBack::Interchange)];

fn on_error(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> OnError {
    let set = fields.choice("set", &HELD_BACK, diagnostics);
    let group = fields.choice("group", &HELD_BACK, diagnostics);
    fields.finish(diagnostics);
    OnError { set: set.unwrap_or_default(), group: group.unwrap_or_default() }
}

fn rules(file: &SourceFile, node: &Node, fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Rules {
    match &node.value {
        Value::Table(table) => Rules::read(file, table, diagnostics),
        other => {
            let message = format!("`rules` must be a table, here it is {}", other.kind());
            let remedy = "write [rules], and below it lines such as \"x12.code N103\" = \"ignore\"";
            diagnostics.push(fields.problem(codes::FILE_WRONG_TYPE, message, node).remedy(remedy));
            Rules::default()
        }
    }
}

fn limits(mut fields: Fields<'_>, diagnostics: &mut Diagnostics) -> Limits {
    let mut limits = Limits::default();
    let mut set = |key, range: std::ops::RangeInclusive<i64>| fields.integer(key, range, diagnostics);
    if let Some(bytes) = set("interchange_bytes", 1_000..=i64::MAX) {
        limits.interchange_bytes = bytes.unsigned_abs();
    }
    let sizes = [
        ("transaction_set_bytes", 1_000..=1 << 30, &mut limits.transaction_set_bytes),
        ("segment_bytes", 100..=1 << 30, &mut limits.segment_bytes),
        ("elements_per_segment", 30..=65_535, &mut limits.elements_per_segment),
        ("loop_depth", 1..=1_000, &mut limits.loop_depth),
        ("diagnostics_per_document", 1..=1_000_000, &mut limits.diagnostics_per_document),
    ];
    for (key, range, limit) in sizes {
        if let Some(number) = set(key, range) {
            *limit = usize::try_from(number).unwrap_or(*limit);
        }
    }
    fields.finish(diagnostics);
    limits
}

#[cfg(test)]
mod tests {
    use super::{Owner, Profile, Role, Usage};
    use crate::diagnostic::Diagnostics;
    use crate::partner::{AcknowledgeWhen, Secret};
    use crate::source::SourceFile;
    use crate::tree::charset::Charset;
    use crate::x12::delimiters::{Delimiters, LineEnd};
    use crate::x12::limits::Limits;

    const LEAST: &str = "
        name = 'Harbor 3PL'
        us = { interchange_id = '12/4085551000' }
        them = { interchange_ids = ['ZZ/HARBOR3PL'] }
        time_zone = 'America/Los_Angeles'
    ";

    fn profile(more: &str) -> Profile {
        let file = SourceFile::new("partner-profiles/harbor.toml", format!("{LEAST}{more}"));
        Profile::parse(&file, &mut Diagnostics::unlimited()).unwrap()
    }

    #[test]
    fn what_is_not_written_has_its_default() {
        let profile = profile("");
        assert_eq!(profile.short_name, "harbor");
        let (us, them) = (profile.us.clone().unwrap(), profile.them.clone().unwrap());
        assert_eq!((us.group_id.as_str(), them.group_id()), ("4085551000", "HARBOR3PL"));
        assert_eq!(
            (profile.role, profile.usage, profile.owner),
            (Role::Warehouse, Usage::Production, Owner::Integration)
        );
        assert_eq!(profile.charset, Charset::X12Extended);
        assert_eq!(profile.envelope.delimiters, Delimiters::default());
        assert_eq!(profile.envelope.isa.version, "00401");
        assert_eq!(profile.envelope.control_numbers.group, 1..=999_999_999);
        assert_eq!(profile.acknowledge.when, AcknowledgeWhen::Always);
        assert_eq!(profile.limits, Limits::default());
        assert!(profile.receive.is_empty() && profile.send.is_empty() && profile.transports.is_empty());
    }

    #[test]
    fn what_is_written_is_taken() {
        let profile = profile(
            "
            role = 'supplier'
            usage = 'test'
            charset = 'latin-1'
            [envelope]
            isa = { version = '00501', security = '01', security_information = 'env:HARBOR', acknowledgment_requested = true }
            delimiters = { element = '|', segment = \"\\n\", newline = false }
            control_numbers = { interchange = [500, 999] }
            [limits]
            segment_bytes = 1_000
            [acknowledge]
            expect_within = '4h'
            ",
        );
        assert_eq!((profile.role, profile.usage.code(), profile.charset), (Role::Supplier, "T", Charset::Latin1));
        let isa = &profile.envelope.isa;
        assert_eq!(isa.security_information, Some(Secret::Environment("HARBOR".to_owned())));
        assert!(isa.acknowledgment_requested);
        let delimiters = Delimiters {
            element: b'|',
            component: Some(b'>'),
            repetition: Some(b'^'),
            segment: b'\n',
            line_end: LineEnd::None,
        };
        assert_eq!(profile.envelope.delimiters, delimiters);
        assert_eq!(profile.envelope.control_numbers.interchange, 500..=999);
        assert_eq!(profile.limits.segment_bytes, 1_000);
        assert_eq!(profile.acknowledge.expect_within.map(|wait| wait.as_secs()), Some(4 * 60 * 60));
    }
}
