//! The JSON Schema of partner profiles, so that editors complete keys, tell what they mean, and mark slips while typing.
//!
//! `tests/file_schemas.rs` compares its keys with those that the profile's reader knows.

use serde_json::{Map, Value, json};

use super::acknowledge::{DETAILS, FORMS, INTERCHANGE_TIMES, TIMES, TRANSPORTS};
use super::file_name::PLACEHOLDERS;
use super::profile::{CHARSETS, HELD_BACK, OWNERS, USAGES};
use super::role::Role;
use super::rules::{RULED, RULED_OF_MAPPINGS, RULED_ONCE, Ruling, ruled};
use super::transport::sftp::{DAYS, ENGINES, FILE_BYTES, LEGACY, PROTOCOLS};
use super::transport::{DELIVERED, DropLimits, FOLDERS, INCOMPLETE_AFTER};
use crate::diagnostic::Code;
use crate::x12::limits::Limits;

/// An interchange id, `ZZ/HARBOR3PL`.
const INTERCHANGE_ID: &str = "^[A-Z0-9]{2}/[!-~]([ -~]{0,13}[!-~])?$";
/// A group id, as in GS02.
const GROUP_ID: &str = "^[!-~][ -~]{0,13}[!-~]$";

/// The schema of partner profiles. `objects` are the canonical objects there are, `documents` those that have tables
/// (`x12/004010/945`).
#[must_use]
pub fn profile_schema(objects: &[&str], documents: &[String]) -> Value {
    let mut either_release: Vec<String> = documents.to_vec();
    for document in documents {
        let any = document.split_once('/').and_then(|(syntax, rest)| Some((syntax, rest.rsplit_once('/')?.1)));
        either_release.extend(any.map(|(syntax, set)| format!("{syntax}/{set}")));
    }
    either_release.sort();
    either_release.dedup();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "crossdock:partner-profile",
        "title": "partner-profile",
        "description": "What we know of a trading partner: partner-profiles/SHORT-NAME.toml. See docs/ADDING_A_PARTNER.md.",
        "type": "object",
        "required": ["name", "time_zone"],
        "if": exchanges_x12(),
        "then": { "required": ["us", "them"] },
        "additionalProperties": false,
        "properties": {
            "name": text("The partner's name for people.", json!({ "minLength": 1 })),
            "us": object("Who we are to them in envelopes. Needed where X12 is exchanged.", &["interchange_id"], json!({
                "interchange_id": text("Our ISA05 and ISA06 (ISA07 and ISA08 of what they send), such as `12/4085551000`.", json!({ "pattern": INTERCHANGE_ID })),
                "group_id": text("Our GS02. Default: the id of `interchange_id`.", json!({ "pattern": GROUP_ID })),
            })),
            "them": object("Who they are in envelopes. Needed where X12 is exchanged.", &["interchange_ids"], json!({
                "interchange_ids": list("Their interchange ids, such as `ZZ/HARBOR3PL`: they may send from each, we send to the first.", json!({ "type": "string", "pattern": INTERCHANGE_ID }), 1),
                "group_ids": list("The group ids (GS02) that they may send from. Default: any.", json!({ "type": "string", "pattern": GROUP_ID }), 0),
            })),
            "role": words("What they are to us; decides whose numbers the qualifiers 91 and 92 are. Default `warehouse`.", &Role::WORDS),
            "time_zone": text("The zone of times that name none, from the IANA database, such as `America/Los_Angeles`.", json!({ "minLength": 1 })),
            "charset": {
                "description": "Character set of their files and ours. Default `x12-extended`.",
                "anyOf": [{ "enum": CHARSETS }, { "type": "string", "description": "A label of a single-byte set, such as `windows-1252`." }],
            },
            "usage": words("Live or being tried: ISA15. Default `production`.", &USAGES),
            "contacts": contacts(),
            "owner": words("Who of us looks after them. Default `integration`.", &OWNERS),
            "receive": list("What they send us, the first entry that fits counts.", object("A document that they send.", &["document"], json!({
                "document": { "description": "Which document: `x12/945`, `x12/004010/945` for one release only, or a layout, `flat/harbor-shipments`.", "anyOf": [{ "enum": either_release }, { "type": "string", "pattern": "^(x12/[^/]+/[^/]+|(flat|xml)/[^/]+)$" }] },
                "file_name": text("Of a layout: which files, by their names; `*` is any text: `SHIP*.csv`. Default: all that look like it.", json!({})),
                "when": text("Only such documents: a condition over elements of envelope and heading, such as `W0601 = 'J'`.", json!({})),
                "from": date(),
                "mapping": text("The mapping, such as `harbor/945`. Default: the base mapping.", json!({})),
            })), 0),
            "send": list("What we send them.", object("A document that we send.", &["canonical", "document"], json!({
                "canonical": { "description": "The canonical object it is made of.", "enum": objects },
                "document": { "description": "Which document, with its release: `x12/004010/940`.", "anyOf": [{ "enum": documents }, { "type": "string", "pattern": "^(x12/[^/]+/[^/]+|(flat|xml)/[^/]+)$" }] },
                "from": date(),
                "mapping": text("The mapping, such as `harbor/940`. Default: the base mapping.", json!({})),
                "file_name": text(&file_name(), json!({ "minLength": 1 })),
                "done_file": text("Ending of an empty file that follows the finished one and says so, such as `.ok`. Default: none.", json!({})),
                "batch": batch(),
            })), 0),
            "envelope": envelope(),
            "acknowledge": acknowledge(),
            "on_error": object("What a fault in an interchange holds back besides itself.", &[], json!({
                "set": words("With a bad transaction set. Default `itself`.", &HELD_BACK),
                "group": words("With a bad functional group. Default `itself`.", &HELD_BACK),
            })),
            "rules": rules(),
            "limits": limits(),
            "transport": object("How files come and go. Default: none, for use from the command line.", &[], json!({
                "folder": object("The partner's mailbox folders below the home.", &[], json!({})),
                "sftp_server": sftp_server(),
                "sftp": sftp(),
            })),
        },
    })
}

fn contacts() -> Value {
    let contact = object(
        "A person or desk.",
        &["name"],
        json!({
            "name": text("Name or desk.", json!({})),
            "email": text("Mail address.", json!({ "pattern": "^[^@\\s]+@[^\\s]+$" })),
            "phone": text("Telephone number.", json!({})),
        }),
    );
    list("Whom to ask there.", contact, 0)
}

fn batch() -> Value {
    let mut batch = object(
        "How documents are collected to go out together, by the first of these ends that comes. Default: those of a payload go at once.",
        &[],
        json!({
            "documents": { "description": "With so many documents. Default 10000.", "type": "integer", "minimum": 2, "maximum": 10_000 },
            "size": text("With so many bytes of them, such as `500kB` or `1MB`. Default `64MB`.", json!({ "pattern": "^[0-9]+(kB|MB)$" })),
            "wait": text("So long after the first, such as `15m`.", json!({ "pattern": "^[1-9][0-9]*[smhd]$" })),
            "at": list("At these times of the day, in the partner's zone, such as `17:30`.", text("A time of the day.", json!({ "pattern": "^[0-2][0-9]:[0-5][0-9]$" })), 1),
        }),
    );
    batch["anyOf"] = json!([{ "required": ["wait"] }, { "required": ["at"] }]);
    batch
}

/// That a profile has an entry with X12, or no entry at all: then the base mappings serve.
fn exchanges_x12() -> Value {
    let entry = json!({ "properties": { "document": { "pattern": "^x12/" } }, "required": ["document"] });
    let has = |list: &str| json!({ "properties": { list: { "contains": entry } }, "required": [list] });
    let any = json!({ "anyOf": [{ "required": ["receive"] }, { "required": ["send"] }] });
    json!({ "anyOf": [has("receive"), has("send"), { "not": any }] })
}

fn acknowledge() -> Value {
    object(
        "How acknowledgments are exchanged.",
        &[],
        json!({
            "with": words("With which set we answer functional groups. Default `997`.", &FORMS),
            "when": words("When we do. Default `always`.", &TIMES),
            "detail": words("Which transaction sets of a group are named. Default `all`.", &DETAILS),
            "interchange": words("When we answer interchanges with a TA1. Default `on-request`: when ISA14 asks for it.", &INTERCHANGE_TIMES),
            "control_numbers": control_numbers("The control numbers of acknowledgments. Default: those of all that we send them."),
            "file_name": text(&file_name(), json!({ "minLength": 1 })),
            "transport": words("Which transport takes them and the reports: the outbox, or `[transport.sftp.push]`. Default: the one that takes all that we send.", &TRANSPORTS),
            "done_file": text("Ending of an empty file that follows each of them, and each report, and says that it is complete, such as `.ok`. Default: none.", json!({})),
            "report": { "description": "Do we put a report in plain words beside it when something is rejected? Default false.", "type": "boolean" },
            "expect_within": text("How long we wait for theirs before a person is told, such as `4h`. Default: no one is told.", json!({ "pattern": "^[1-9][0-9]*[smhd]$" })),
        }),
    )
}

fn sftp_server() -> Value {
    let default = DropLimits::default();
    let folders: Map<String, Value> = FOLDERS
        .iter()
        .map(|(key, _, name)| {
            let default = name.map_or("not shown".to_owned(), |name| format!("`{name}`"));
            let description = format!("Its name as the partner sees it. Default {default}.");
            ((*key).to_owned(), text(&description, json!({ "pattern": "^/" })))
        })
        .collect();
    object(
        "Our drop box: the partner logs in, puts files into its inbox and takes files out of its outbox. See docs/SFTP.md.",
        &[],
        json!({
            "user": text("The name that it logs in by. Default: the short name of the profile.", json!({ "pattern": "^[!-~]{1,64}$" })),
            "keys": list("The keys that it may log in by.", object("A public key.", &["key"], json!({
                "key": text("The line of its .pub file, such as `ssh-ed25519 AAAA...`.", json!({ "pattern": "^[a-z]" })),
                "comment": text("Whose it is.", json!({})),
                "expires": { "description": "The last day on which it is good, such as 2027-06-30. Default: for ever." },
            })), 0),
            "password": text("Where the hash of its password is kept, `env:NAME` or `file:PATH`; `crossdock partner password` makes one. Default: it has no password.", json!({ "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$" })),
            "from": list("Addresses and networks that it may come from, such as `10.0.0.0/8`. Default: any.", json!({ "type": "string", "pattern": "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$" }), 0),
            "folders": object("The folders that it sees.", &[], Value::Object(folders)),
            "delivered_when": words("When what lies in its outbox counts as delivered. Default `fetched`.", &DELIVERED),
            "verdict_at_close": { "description": "Is a fault of an interchange told at once, as the answer to its upload? Default false.", "type": "boolean" },
            "done_file": text("Ending of files that say that the one they are named after is finished, such as `.ok`: they are taken, and are no payloads. Default: there are none.", json!({ "pattern": "^\\.[^/]+$" })),
            "incomplete_after": text(&format!("So long an X12 file that breaks off waits for the rest. Default `{}m`.", INCOMPLETE_AFTER.as_secs() / 60), json!({ "pattern": "^[1-9][0-9]*[smhd]$" })),
            "limits": object("What it may use.", &[], json!({
                "file_bytes": bytes("Bytes of a file.", default.file_bytes),
                "quota_bytes": bytes("Bytes of all files that are not received yet.", default.quota_bytes),
                "sessions": { "description": format!("Sessions at a time. Default {}.", default.sessions), "type": "integer", "minimum": 1, "maximum": 10_000 },
            })),
        }),
    )
}

fn bytes(what: &str, default: u64) -> Value {
    json!({ "description": format!("{what} Default {default}."), "type": "integer", "minimum": 1_000 })
}

fn sftp() -> Value {
    let legacy: Vec<&str> = LEGACY.iter().map(|legacy| legacy.name).collect();
    let wait = |what: &str| text(what, json!({ "pattern": "^[1-9][0-9]*[smhd]$" }));
    let ending = || json!({ "pattern": "^\\.[^/]+$" });
    let mut keys = host();
    let more = json!({
        "engine": words("What speaks for us. Default `russh`; `libssh2` for servers that need what that lacks.", &ENGINES),
        "protocol": words("What is spoken. Default `sftp`; `scp` for servers without SFTP, with `engine = \"libssh2\"`: files are put, and those of fixed names picked up and left.", &PROTOCOLS),
        "jump": object("A server on the way, through which the other one is reached. Default: none.", &["host", "user"], host()),
        "legacy": list("Old algorithms that are offered all the same. Default: none.", json!({ "enum": legacy }), 0),
        "connect_within": wait("So long connecting and logging in may take. Default `20s`."),
        "answer_within": wait("So long we wait for each answer. Default `30s`."),
        "keep_alive": wait("After so much silence we ask whether the server is still there. Default `15s`."),
        "poll": list("What is picked up, and when.", object("A folder that is looked through.", &["folder"], json!({
            "folder": text("The folder on the server.", json!({ "minLength": 1 })),
            "files": list("Patterns of file names, such as `*.edi`. Default: all.", json!({ "type": "string", "pattern": "^[^/]+$" }), 0),
            "every": wait("How often it is looked through. Default `1m`."),
            "at": list("Times of the day instead, in the partner's zone.", json!({ "type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$" }), 0),
            "days": list("Days. Default: all.", json!({ "enum": DAYS.map(|(word, _)| word) }), 0),
            "min_age": text("So long a file must not have changed, by our clock. Default `5s`; `0s` takes it at the first look.", json!({ "pattern": "^[0-9]+[smhd]$" })),
            "done_file": text("Ending of a file that says that the one it is named after is finished. Default: none.", ending()),
            "then": {
                "description": "What becomes of a file that was picked up. Default `delete`.",
                "anyOf": [
                    { "enum": ["delete", "leave"] },
                    object("It is moved into this folder.", &["move"], json!({ "move": text("The folder, named from the one the file lies in.", json!({ "minLength": 1 })) })),
                    object("It gets this ending.", &["rename"], json!({ "rename": text("The ending.", ending()) })),
                ],
            },
            "limit": { "description": "Files picked up in one visit, at most. Default 1000.", "type": "integer", "minimum": 1, "maximum": 100_000 },
            "file_bytes": bytes("Bytes of a file; a larger one is not picked up.", FILE_BYTES),
        })), 0),
        "push": object("Where we put what we send. Default: nowhere, it lies in the outbox.", &["folder"], json!({
            "folder": text("The folder on the server.", json!({ "minLength": 1 })),
            "temporary": text("Ending of the name while the file is being written, or `none`. Default `.tmp`.", json!({ "pattern": "^(none|\\.[^/]+)$" })),
            "retry_for": wait("So long a file is tried before it waits for a person. Default `3d`."),
        })),
    });
    if let (Value::Object(keys), Value::Object(more)) = (&mut keys, more) {
        keys.extend(more);
    }
    object("We visit the partner's SFTP server.", &["host", "user"], keys)
}

/// A server, and how we log in there.
fn host() -> Value {
    let secret = |what: &str| text(what, json!({ "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$" }));
    json!({
        "host": text("Its name or address.", json!({ "pattern": "^[^\\s/@]+$" })),
        "port": { "description": "Its port. Default 22.", "type": "integer", "minimum": 1, "maximum": 65_535 },
        "user": text("Who we are there.", json!({})),
        "key": secret("Where our private key is kept, `env:NAME` or `file:PATH`."),
        "key_passphrase": secret("Where its passphrase is kept, if it has one."),
        "password": secret("Where our password is kept."),
        "host_keys": list("SHA-256 fingerprints of its host keys. Default: those that `crossdock partner trust` has kept.", json!({ "type": "string", "pattern": "^SHA256:[A-Za-z0-9+/]{43}$" }), 0),
    })
}

fn control_numbers(what: &str) -> Value {
    let range = |what: &str| {
        let number = json!({ "type": "integer", "minimum": 1, "maximum": 999_999_999 });
        json!({ "description": what, "type": "array", "items": number, "minItems": 2, "maxItems": 2 })
    };
    object(
        what,
        &[],
        json!({
            "interchange": range("ISA13. Default [1, 999999999]."),
            "group": range("GS06. Default [1, 999999999]."),
        }),
    )
}

fn envelope() -> Value {
    let delimiter = |what: &str| text(what, json!({ "pattern": "^[^A-Za-z0-9 ]$" }));
    let two_digits = |what: &str| text(what, json!({ "pattern": "^[0-9]{2}$" }));
    object(
        "How our envelopes to them are written. What they send is read by its own ISA.",
        &[],
        json!({
            "isa": object("What stands in ISA besides ids, date and control number.", &[], json!({
                "authorization": two_digits("ISA01. Default `00`, none."),
                "authorization_information": text("ISA02, at most ten characters. Default: empty.", json!({ "maxLength": 10 })),
                "security": two_digits("ISA03. Default `00`, none."),
                "security_information": text("ISA04: where the password is kept, `env:NAME` or `file:PATH`; never the password itself.", json!({ "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$" })),
                "version": text("ISA12, the version of the envelope. Default `00401`.", json!({ "pattern": "^[0-9]{5}$" })),
                "acknowledgment_requested": { "description": "ISA14: do we ask for a TA1? Default false.", "type": "boolean" },
            })),
            "delimiters": object("One character each, no letter, digit or blank.", &[], json!({
                "element": delimiter("Between elements. Default `*`."),
                "component": delimiter("Between components. Default `>`."),
                "repetition": delimiter("Between repetitions, from version 00402 on. Default `^`."),
                "segment": delimiter("Behind a segment. Default `~`."),
                "newline": { "description": "What follows the segment terminator: true (LF), `crlf`, or false (nothing). Default false.", "enum": [true, false, "crlf"] },
            })),
            "control_numbers": control_numbers("The numbers we may use towards them, first and last."),
        }),
    )
}

fn rules() -> Value {
    let words = |code: Code| Ruling::all(code).map(Ruling::word);
    let properties: Map<String, Value> = ruled()
        .map(|code| {
            let description = format!("{}. Default `{}`.", code.meaning(), Ruling::of(code.severity()).word());
            (code.name().to_owned(), json!({ "description": description, "enum": words(code) }))
        })
        .collect();
    let narrower = |codes: &[Code]| {
        let placed = codes.iter().filter(|code| !RULED_ONCE.contains(code));
        let names: Vec<String> = placed.map(|code| code.name().replace('.', "\\.")).collect();
        format!("^({}) [A-Z][A-Z0-9]{{1,2}}([0-9]{{2}})?$", names.join("|"))
    };
    let narrower: Map<String, Value> = [RULED, RULED_OF_MAPPINGS]
        .map(|codes| (narrower(codes), json!({ "enum": words(codes[0]) })))
        .into_iter()
        .collect();
    json!({
        "description": "How bad a fault inside their transaction sets is, by its code; narrower with a segment or element behind it: `x12.code N103`. The narrowest counts.",
        "type": "object",
        "properties": properties,
        "patternProperties": narrower,
        "additionalProperties": false,
    })
}

fn limits() -> Value {
    let default = Limits::default();
    let limit = |what: &str, least: u64, most: Option<u64>, default: u64| {
        let mut limit =
            json!({ "description": format!("{what} Default {default}."), "type": "integer", "minimum": least });
        if let Some(most) = most {
            limit["maximum"] = most.into();
        }
        limit
    };
    let size = |what, (least, most): (u64, u64), default: usize| limit(what, least, Some(most), default as u64);
    object(
        "Limits of reading their files; past one the part concerned is passed over, and its neighbours are read.",
        &[],
        json!({
            "interchange_bytes": limit("Bytes of an interchange.", 1_000, None, default.interchange_bytes),
            "transaction_set_bytes": size("Bytes of a transaction set.", (1_000, 1 << 30), default.transaction_set_bytes),
            "segment_bytes": size("Bytes of a segment.", (100, 1 << 30), default.segment_bytes),
            "elements_per_segment": size("Elements of a segment.", (30, 65_535), default.elements_per_segment),
            "loop_depth": size("Hierarchical levels (HL) nested in each other.", (1, 1_000), default.loop_depth),
            "diagnostics_per_document": size("Errors kept for a document, and as many warnings and notes.", (1, 1_000_000), default.diagnostics_per_document),
        }),
    )
}

fn file_name() -> String {
    let names: Vec<String> = PLACEHOLDERS.iter().map(|(name, _)| format!("{{{name}}}")).collect();
    format!("Name of the file, with {}. Default `{{set}}_{{control_number}}_{{date}}.edi`.", names.join(", "))
}

fn date() -> Value {
    // A date of TOML, which reaches the schema as text in some editors and as no text in others.
    json!({ "description": "In force from this day on, in the partner's zone, such as 2026-03-10. Default: always." })
}

fn text(description: &str, more: Value) -> Value {
    let mut out =
        Map::from_iter([("description".to_owned(), description.into()), ("type".to_owned(), "string".into())]);
    if let Value::Object(more) = more {
        out.extend(more);
    }
    Value::Object(out)
}

fn words<T>(description: &str, words: &[(&str, T)]) -> Value {
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    json!({ "description": description, "enum": names })
}

fn list(description: &str, items: Value, least: usize) -> Value {
    json!({ "description": description, "type": "array", "items": items, "minItems": least })
}

fn object(description: &str, required: &[&str], properties: Value) -> Value {
    json!({
        "description": description, "type": "object", "required": required,
        "properties": properties, "additionalProperties": false,
    })
}
