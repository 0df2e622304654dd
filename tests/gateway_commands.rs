//! The operators' commands, run as people do, on homes of their own: what they print, what they change, how they end.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/home.rs"]
mod home;

use std::fs;
use std::path::Path;

use home::{Home, fixture};
use serde_json::{Value, json};

const CARTONS: &str = "945/harbor-cartons/input.edi";
const NEIGHBOURS: &str = "940/bad-set-between-neighbours/input.edi";

/// Column of one key of all rows.
fn column(rows: &[Value], key: &str) -> Vec<Value> {
    rows.iter().map(|row| row[key].clone()).collect()
}

/// The objects of an order, one a line, with these event ids and order numbers.
fn orders(home: &Home, name: &str, numbers: &[(&str, &str)]) -> String {
    let order: Value = serde_json::from_slice(&fixture("submit/order.json")).unwrap();
    let lines = numbers.iter().map(|(event, number)| {
        let mut order = order.clone();
        order["id"] = (*event).into();
        order["data"]["order_number"] = (*number).into();
        order.to_string()
    });
    fs::write(home.path.join(name), lines.collect::<Vec<_>>().join("\n")).unwrap();
    name.to_owned()
}

/// How often a payload has changed.
fn payload_version(home: &Home, id: i64) -> i64 {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = crossdock::store::Store::open(&home.path.join("data")).await.unwrap();
        store.payload(id).await.unwrap().unwrap().version
    })
}

#[test]
fn a_home_without_a_gateway_is_said_and_every_command_explains_itself() {
    let home = Home::new("none");
    for command in [&["status"][..], &["document", "list"], &["submit", "x.json"], &["events"], &["partner", "list"]] {
        home.says(3, command, &["no gateway has run in this folder yet", "crossdock serve"]);
    }
    let commands = [
        "status",
        "submit",
        "events",
        "audit",
        "document list",
        "document show",
        "document rerun",
        "document hold",
        "document release",
        "document discard",
        "document export",
        "document correct",
        "payload list",
        "payload show",
        "payload rerun",
        "payload release",
        "payload discard",
        "payload export",
        "delivery list",
        "delivery show",
        "delivery retry",
        "partner list",
        "partner show",
        "partner pause",
        "partner resume",
        "ban list",
        "ban lift",
        "control-number show",
        "control-number set",
        "sequence show",
        "sequence set",
        "backup",
    ];
    for command in commands {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        home.says(0, &words, &["Examples:\n  crossdock ", "Exit codes: 0 "]);
    }
}

#[test]
fn lists_have_filters_and_pages() {
    let mut home = Home::new("lists");
    home.receive(&[
        ("harbor", "cartons-1.edi", &fixture(CARTONS)),
        ("northgate", "orders.edi", &fixture(NEIGHBOURS)),
        ("harbor", "again.edi", &fixture(CARTONS)),
    ]);
    let documents = home.json(&["document", "list"]);
    assert_eq!(column(&documents, "document"), [json!(4), json!(3), json!(2), json!(1)]);
    let event = documents[3]["event"].as_str().unwrap();
    let count = |filter: &[&str]| home.json(&[&["document", "list"], filter].concat()).len();
    for (filter, expected) in [
        (&["--state", "held"][..], 1),
        (&["--state", "held,published"], 4),
        (&["--partner", "harbor"], 1),
        (&["--type", "shipment"], 1),
        (&["--type", "940"], 3),
        (&["--direction", "out"], 0),
        (&["--code", "x12.missing-element"], 1),
        (&["--number", "SO100311"], 1),
        (&["--file", "cart*.edi"], 1),
        (&["--control-number", "702"], 1),
        (&["--control-number", "000000702"], 1),
        (&["--event", event], 1),
        (&["--payload", "2"], 3),
        (&["--delivery", "1"], 0),
        (&["--since", "1h"], 4),
        (&["--until", "2020-01-01"], 0),
        (&["--partner", "northgate", "--state", "published"], 2),
    ] {
        assert_eq!(count(filter), expected, "{filter:?}");
    }
    assert_eq!(home.json(&["payload", "list", "--state", "duplicate"]).len(), 1);
    assert_eq!(home.json(&["payload", "list", "--number", "SO100311"]).len(), 1);
    assert_eq!(home.json(&["payload", "list", "--control-number", "105", "--partner", "northgate"]).len(), 1);
    // Pages.
    let (page, beside) = home.ends(0, &["document", "list", "--limit", "2", "--file", "*.edi"]);
    assert_eq!(page.lines().count(), 3, "{page}");
    assert!(beside.contains("more: `crossdock document list --limit 2 --file '*.edi' --after 3`"), "{beside}");
    let last = home.json(&["document", "list", "--limit", "3", "--after", "3"]);
    assert_eq!(column(&last, "document"), [json!(2), json!(1)]);
    home.says(0, &["document", "list", "--state", "queued"], &["there are no documents like that"]);
    // Slips.
    for (arguments, words) in [
        (&["--state", "hled"][..], "did you mean `held`?"),
        (&["--code", "x12.missing-elemnt"], "did you mean `x12.missing-element`?"),
        (&["--partner", "habor"], "did you mean `harbor`?"),
        (&["--type", "shipmnt"], "did you mean `shipment`?"),
        (&["--since", "yesterday"], "so long ago"),
    ] {
        home.says(2, &[&["document", "list"], arguments].concat(), &[words]);
    }
    home.says(2, &["payload", "list", "--state", "published"], &["the states are received"]);
    home.says(2, &["delivery", "list", "--direction", "in"], &["all go one way"]);
}

/// A filter that is passed over has a command act on everything.
#[test]
fn a_filter_that_nothing_is_like_leaves_every_command_nothing_to_do() {
    let mut home = Home::new("unmatched");
    home.receive(&[("harbor", "cartons.edi", &fixture(CARTONS)), ("harbor", "theirs.edi", &fixture(NEIGHBOURS))]);
    home.says(0, &["submit", &orders(&home, "order.json", &[("e-1", "SO1")]), "--partner", "harbor"], &["is queued"]);
    let filters: [&[&str]; 14] = [
        &["--partner", "northgate", "--until", "2020-01-01"],
        &["--type", "inventory_report"],
        &["--type", "204"],
        &["--direction", "in", "--file", "order.json"],
        &["--answer", "rejected"],
        &["--answer", "overdue"],
        &["--code", "sftp.host-key-changed"],
        &["--number", "SO9999"],
        &["--file", "nothing*"],
        &["--control-number", "987654321"],
        &["--event", "e-9999"],
        &["--payload", "9999"],
        &["--delivery", "9999"],
        &["--since", "2099-01-01"],
    ];
    let kinds: [(&str, &str, &[&str]); 3] = [
        ("payload", "translated,held,duplicate,received,discarded", &["rerun", "release", "discard"]),
        ("document", "published,held,queued,rejected,discarded", &["rerun", "release", "hold", "discard"]),
        ("delivery", "waiting,placed,delivered,held", &["retry", "discard"]),
    ];
    for (kind, states, orders) in kinds {
        assert!(!home.json(&[kind, "list"]).is_empty(), "{kind}");
        for filter in filters {
            if matches!((kind, filter[0]), ("delivery", "--direction") | ("payload", "--answer")) {
                continue;
            }
            let listed = home.json(&[&[kind, "list"], filter].concat());
            assert!(listed.is_empty(), "{kind} list {filter:?}: {listed:?}");
            for order in orders {
                let ordered = [&[kind, *order, "--dry-run", "--state", states], filter].concat();
                home.says(0, &ordered, &["like that: nothing is done"]);
            }
        }
    }
}

#[test]
fn a_rerun_uses_the_mapping_in_force_and_shows_the_difference() {
    let mut home = Home::new("rerun");
    home.edit("mappings/harbor/945.toml", "\"Harbor, Reno\"", "\"Harbor, Sparks\"");
    home.receive(&[("harbor", "cartons.edi", &fixture(CARTONS))]);
    let first = home.object(&["document", "show", "1"])["event"].clone();
    home.edit("mappings/harbor/945.toml", "\"Harbor, Sparks\"", "\"Harbor, Reno\"");
    let difference = "warehouse.name: \"Harbor, Sparks\" before, now \"Harbor, Reno\"";
    home.says(0, &["document", "rerun", "1", "--dry-run"], &["would be published", difference, "would be done"]);
    assert_eq!(home.object(&["document", "show", "1"])["attempt"], 1);
    home.says(0, &["document", "rerun", "1", "--why", "name mended"], &["in place of", difference, "1 document done"]);
    let shown = home.object(&["document", "show", "1"]);
    assert_eq!((&shown["attempt"], &shown["supersedes"]), (&json!(2), &first));
    assert_ne!(shown["event"], first);
    assert_eq!(shown["attempts"][1]["why"], "name mended");
    assert_eq!(shown["attempts"][1]["by"], "tester");
    home.says(
        0,
        &["document", "show", "1"],
        &["Harbor", "in place of", "name mended", "crossdock document correct 1"]
            .map(|word| if word == "Harbor" { "from harbor" } else { word }),
    );
    // Nothing new is published when nothing differs; the attempt is kept.
    home.says(0, &["document", "rerun", "--state", "published", "--partner", "harbor"], &["the same as before"]);
    let again = home.object(&["document", "show", "1"]);
    assert_eq!((&again["attempt"], &again["event"]), (&json!(3), &shown["event"]));
    let events = home.json(&["events", "--after", "1"]);
    assert_eq!(events.len(), 1);
    assert_eq!((&events[0]["sequence"], &events[0]["event"]["supersedes"]), (&json!(2), &first));
    let rerun = home.json(&["document", "rerun", "1", "--dry-run"]);
    assert_eq!(
        (&rerun[0]["done"], &rerun[0]["good"], &rerun[0]["state"]),
        (&json!(false), &json!(true), &json!("published"))
    );
    assert_eq!(rerun[1]["summary"], json!({"done": 1, "still_with_errors": 0, "declined": 0, "dry_run": true}));
}

#[test]
fn one_that_cannot_be_read_is_told_and_the_others_go_on() {
    use sqlx::ConnectOptions;
    let mut home = Home::new("one-damaged");
    home.receive(&[("harbor", "cartons.edi", &fixture(CARTONS))]);
    let second = String::from_utf8(fixture(CARTONS)).unwrap().replace("000000702", "000000799");
    home.receive(&[("harbor", "again.edi", second.replace("SO", "SX").as_bytes())]);
    let database = home.path.join("data/crossdock.db");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
        let damage = "UPDATE contents SET sha256 = zeroblob(32) WHERE id = (SELECT content FROM payloads WHERE id = 1)";
        sqlx::query(damage).execute(&mut options.connect().await.unwrap()).await.unwrap();
    });
    home.says(
        1,
        &["document", "rerun", "--state", "published"],
        &["document 1 could not be worked on", "its SHA-256 differs", "document 2: published", "1 could not be done"],
    );
}

#[test]
fn what_a_wrong_mapping_holds_goes_on_when_it_is_mended() {
    let mut home = Home::new("unusable");
    home.edit("mappings/harbor/945.toml", "ship_date       =", "ship_dat        =");
    home.receive(&[("harbor", "cartons.edi", &fixture(CARTONS))]);
    let held = home.object(&["payload", "show", "1"]);
    assert_eq!((&held["state"], &held["problem"]), (&json!("held"), &json!("mapping.unusable")));
    home.says(
        1,
        &["payload", "rerun", "--code", "mapping.unusable"],
        &["error[mapping.unusable]", "1 still held or with errors"],
    );
    home.says(
        1,
        &["status"],
        &[
            "1 payload of harbor, mapping.unusable",
            "`crossdock payload list --state held --partner harbor --code mapping.unusable`",
            "`crossdock check`",
        ],
    );
    home.edit("mappings/harbor/945.toml", "ship_dat        =", "ship_date       =");
    home.says(0, &["payload", "rerun", "--all", "--dry-run"], &["1 payload would be done"]);
    let version = payload_version(&home, 1);
    home.says(0, &["payload", "rerun", "--partner", "harbor"], &["translated, before held", "1 published"]);
    assert_eq!(payload_version(&home, 1), version + 1, "a gateway that runs beside never saw it wait");
    home.says(0, &["payload", "rerun", "--all"], &["nothing is done"]);
    home.says(1, &["payload", "rerun", "1"], &["no document of it is held"]);
    home.says(1, &["payload", "release", "1"], &["is translated already", "--payload 1"]);
}

#[test]
fn held_documents_are_shown_released_discarded_and_brought_back() {
    let mut home = Home::new("held");
    home.receive(&[("northgate", "orders.edi", &fixture(NEIGHBOURS))]);
    let held = home.json(&["document", "list", "--state", "held"]);
    let id = held[0]["document"].to_string();
    home.says(
        0,
        &["document", "show", &id],
        &[
            "held: kept for a person",
            "error[x12.missing-element]",
            &format!("`crossdock document release {id}`"),
            "orders.edi (payload 1, 2. of it)",
        ],
    );
    home.says(0, &["payload", "show", "1"], &["Payload 1: orders.edi from northgate", "x12.missing-element"]);
    home.says(1, &["document", "rerun", &id, "99"], &["error[x12.missing-element]", "document 99 is not there"]);
    home.says(0, &["document", "discard", &id, "--dry-run"], &["would be discarded, before held"]);
    home.says(0, &["document", "discard", "--code", "x12.missing-element"], &["discarded, before held"]);
    home.says(1, &["document", "discard", &id], &["is discarded already"]);
    home.says(1, &["document", "release", &id], &["is not held", "crossdock document rerun"]);
    home.says(1, &["document", "rerun", &id], &["held, before discarded"]);
    home.says(
        0,
        &["document", "release", &id, "--why", "told by phone"],
        &["published, before held; event ", "in spite of 1 error"],
    );
    let events = home.json(&["events", "--after", "2"]);
    assert_eq!(events[0]["event"]["documentid"], id);
    assert_eq!(home.json(&["document", "list", "--state", "held"]).len(), 0);
    // One that cannot be read at all has nothing to go on.
    let mut words = column(&home.json(&["audit"]), "command");
    words.dedup();
    assert_eq!(words, ["document release", "document rerun", "document discard", "document rerun"]);
    let audit = home.json(&["audit", "--limit", "1"]);
    assert_eq!((&audit[0]["by"], &audit[0]["why"]), (&json!("tester"), &json!("told by phone")));
    home.says(0, &["audit", "--limit", "2"], &["told by phone", "more: `crossdock audit --limit 2 --after "]);
    // Bytes and objects.
    let set = home.out(&["document", "export", &id]);
    assert!(set.starts_with("ST*940*1050002~") && set.trim_end().ends_with('~'), "{set}");
    let object: Value = serde_json::from_str(&home.out(&["document", "export", &id, "--canonical"])).unwrap();
    assert_eq!(object["order_number"], "SO100241");
    home.says(0, &["payload", "export", "1", "--output", "copy.edi"], &[]);
    assert_eq!(fs::read(home.path.join("copy.edi")).unwrap(), fixture(NEIGHBOURS));
    home.says(3, &["payload", "export", "1", "--output", "copy.edi"], &["none is ever written over"]);
    home.says(1, &["document", "show", "99"], &["there is no document 99"]);
}

#[test]
fn a_set_that_was_passed_over_is_read_when_its_limit_is_raised() {
    let mut home = Home::new("passed-over");
    let profile = home.path.join("partner-profiles/northgate.toml");
    let text = fs::read_to_string(&profile).unwrap();
    fs::write(&profile, format!("{text}\n[limits]\ntransaction_set_bytes = 1000\n")).unwrap();
    let orders = String::from_utf8(fixture(NEIGHBOURS)).unwrap();
    let (before, after) = orders.split_at(orders.find("LX*1~\nW01*5**").unwrap());
    let notes = format!("NTE*WHI*{}~\n", "X".repeat(70)).repeat(15);
    home.receive(&[("northgate", "orders.edi", format!("{before}{notes}{after}").as_bytes())]);
    assert_eq!(column(&home.json(&["document", "list"]), "state"), ["published", "held", "published"]);
    home.says(1, &["document", "rerun", "2"], &["error[x12.set-too-large]"]);
    home.says(1, &["document", "release", "2"], &["has no object that could go on"]);
    home.says(1, &["document", "correct", "2", "--bytes"], &["was passed over", "crossdock document rerun 2"]);
    home.edit("partner-profiles/northgate.toml", "= 1000", "= 30000");
    home.says(1, &["document", "rerun", "2"], &["error[x12.missing-element]"]);
    let shown = home.object(&["document", "show", "2"]);
    assert_eq!((&shown["kind"], &shown["type"]), (&json!("x12/004010/940"), &json!("fulfillment_order")));
    assert!(home.out(&["document", "export", "2"]).starts_with("ST*940*1050002~"));
}

#[test]
fn a_number_used_again_waits_for_a_person_and_a_file_sent_again_does_not() {
    let mut home = Home::new("numbers");
    let other = String::from_utf8(fixture(CARTONS)).unwrap().replace("STOVE-X", "STOVE-Y");
    home.receive(&[
        ("harbor", "cartons.edi", &fixture(CARTONS)),
        ("harbor", "other.edi", other.as_bytes()),
        ("harbor", "again.edi", &fixture(CARTONS)),
    ]);
    home.says(0, &["payload", "show", "2"], &["error[payload.number-reused]", "`crossdock payload release 2`"]);
    home.says(0, &["payload", "show", "3"], &["note[payload.duplicate]", "nothing was done twice"]);
    home.says(0, &["payload", "release", "--code", "payload.number-reused"], &["translated, before held"]);
}

#[test]
fn stock_that_is_again_what_it_was_is_published_again() {
    let mut home = Home::new("stock-again");
    for file in [
        "partner-profiles/kestrel.toml",
        "mappings/kestrel/stock.toml",
        "mappings/kestrel/shipments.toml",
        "mappings/layouts/kestrel-stock.toml",
        "mappings/layouts/kestrel-shipments.toml",
    ] {
        let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")).join(file), home.path.join(file));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
    let first = fixture("flat/kestrel-stock/input.csv");
    let text = String::from_utf8(first.clone()).unwrap();
    let other = text.lines().map(|line| line.replace(",120,", ",7,") + "\n").collect::<String>();
    assert_ne!(text.lines().collect::<Vec<_>>(), other.lines().collect::<Vec<_>>());
    home.receive(&[
        ("kestrel", "STOCK_20261126.csv", &first),
        ("kestrel", "STOCK_20261127.csv", other.as_bytes()),
        ("kestrel", "STOCK_20261126.csv", &first),
        ("kestrel", "STOCK_20261128.csv", &first),
    ]);
    let states: Vec<Value> = column(&home.json(&["payload", "list"]), "state");
    assert_eq!(states.iter().filter(|state| *state == "duplicate").count(), 1, "{states:?}");
    home.says(0, &["payload", "show", "3"], &["note[payload.duplicate] STOCK_20261126.csv came before, as payload 1"]);
    home.says(0, &["payload", "show", "4"], &["note[payload.came-again] STOCK_20261128.csv came before, as payload 1"]);
}

#[test]
fn submissions_that_go_nowhere_are_told() {
    let mut home = Home::new("nowhere");
    home.start();
    home.stop();
    let write = |name: &str, text: &str| fs::write(home.path.join(name), text).unwrap();
    write("empty.json", "[]");
    home.says(1, &["submit", "empty.json"], &["error[submission.empty]"]);
    write(
        "bare.json",
        r#"{"order_number": "SO1", "lines": [], "ship_to": {"name": "X"}, "requested_ship_date": "2026-11-23"}"#,
    );
    home.says(1, &["submit", "bare.json"], &["error[submission.partner]", "`submit --partner NAME`"]);
    write(
        "shipment.json",
        r#"{"specversion": "1.0", "id": "s", "type": "crossdock.shipment.submitted", "source": "/partners/harbor", "data": {}}"#,
    );
    home.says(1, &["submit", "shipment.json"], &["error[submission.not-sent]"]);
    // Two partners are named: none of them gets it, also when it is tried again.
    let order = orders(&home, "order.json", &[("e-1", "SO7"), ("e-2", "SO8")]);
    let differs = ["error[submission.partner]", "says `harbor`, and who submitted it says `northgate`"];
    home.says(1, &["submit", &order, "--partner", "northgate"], &differs);
    let refused = home.json(&["document", "list", "--state", "refused", "--limit", "1"])[0]["document"].to_string();
    home.says(1, &["document", "rerun", &refused], &differs);
    home.says(0, &["submit", &order, "--partner", "harbor"], &["harbor is queued"]);
    home.says(1, &["submit", &order], &["error[submission.duplicate]"]);
    let of_number = home.json(&["document", "list", "--number", "SO7", "--type", "fulfillment_order"]);
    assert_eq!(column(&of_number, "state"), [json!("refused"), json!("queued"), json!("refused")]);
}

#[test]
fn what_waits_says_why_and_what_is_kept_back_by_whom() {
    let mut home = Home::new("says-why");
    home.start();
    home.stop();
    home.says(0, &["submit", &orders(&home, "order.json", &[("e-1", "SO1")])], &["is queued"]);
    home.says(0, &["partner", "pause", "harbor", "--why", "they move"], &[]);
    let paused = "harbor is paused since ";
    let words = [paused, " by tester, they move: `crossdock partner resume harbor`", "no gateway runs on this home"];
    home.says(0, &["document", "show", "1"], &words);
    home.says(0, &["delivery", "show", "1"], &words);
    assert_eq!(home.object(&["document", "show", "1"])["waits"].as_array().unwrap().len(), 2);
    home.says(0, &["document", "hold", "1", "--why", "told by phone"], &[]);
    let held = ["  by         tester, ", ", by `document hold`: told by phone"];
    home.says(0, &["document", "show", "1"], &held);
    // The outbox cannot be written: also the one behind it says so.
    home.says(0, &["document", "release", "1"], &[]);
    home.says(0, &["submit", &orders(&home, "next.json", &[("e-2", "SO2")])], &["is queued"]);
    let (outbox, last) =
        ["harbor/outbox", "northgate/inbox"].map(|name| home.path.join("data/mailboxes").join(name)).into();
    fs::remove_dir(&last).unwrap();
    home.start();
    home.wait("the mailboxes are made", |_| last.is_dir());
    fs::remove_dir(&outbox).unwrap();
    fs::write(&outbox, "no folder").unwrap();
    home.says(0, &["partner", "resume", "harbor"], &[]);
    let said = |home: &Home| home.out(&["document", "show", "2"]);
    home.wait("it fails", |home| said(home).contains("delivery 1, before it, fails: 940_"));
    assert!(said(&home).contains("; attempts so far "), "{}", said(&home));
    home.stop();
    // What was ordered is found by what it was for, by whom and when.
    let commands = |filter: &[&str]| column(&home.json(&[&["audit"], filter].concat()), "command");
    assert_eq!(commands(&["--document", "1"]), ["document release", "document hold"]);
    assert_eq!(commands(&["--payload", "2"]), ["submit"]);
    assert_eq!(commands(&["--partner", "harbor"]).len(), 6);
    assert_eq!(commands(&["--partner", "northgate"]).len(), 0);
    assert_eq!(commands(&["--user", "tester", "--since", "1h", "--limit", "1"]), ["partner resume"]);
    assert_eq!(commands(&["--user", "nobody"]).len() + commands(&["--until", "2020-01-01"]).len(), 0);
    home.says(2, &["audit", "--partner", "habor"], &["did you mean `harbor`?"]);
    home.says(0, &["audit", "--delivery", "7"], &["there is nothing like that on record"]);
}

#[test]
fn an_order_to_a_partner_whose_profile_is_broken_waits_until_it_is_mended() {
    let mut home = Home::new("broken-profile");
    home.start();
    home.stop();
    let order = orders(&home, "order.json", &[("e-1", "SO1")]);
    home.edit("partner-profiles/harbor.toml", "name      =", "nam       =");
    let held = ["is held", "error[submission.profile]", "`crossdock check partner-profiles/harbor.toml`"];
    home.says(1, &["submit", &order, "--partner", "harbor"], &held);
    home.says(1, &["status"], &["1 document of harbor, submission.profile"]);
    home.says(1, &["document", "rerun", "--number", "SO1"], &["error[submission.profile]"]);
    home.edit("partner-profiles/harbor.toml", "nam       =", "name      =");
    home.says(0, &["document", "rerun", "--code", "submission.profile"], &["queued, before held"]);
}

#[test]
fn a_delivery_that_fails_is_told_and_made_when_its_cause_is_mended() {
    let mut home = Home::new("failing");
    home.start();
    let outbox = home.path.join("data/mailboxes/harbor/outbox");
    fs::remove_dir(&outbox).unwrap();
    fs::write(&outbox, "no folder").unwrap();
    home.says(0, &["submit", &orders(&home, "order.json", &[("e-1", "SO1")])], &["is queued"]);
    let found = |home: &Home, code: &str| home.json(&["delivery", "list", "--code", code]).len() == 1;
    home.wait("it fails", |home| found(home, "delivery.failed"));
    home.wait("it fails again and again", |home| home.run(&["status"]).status.code() == Some(1));
    home.says(1, &["status"], &["Deliveries that fail", "delivery 1 to harbor", "cannot be put into"]);
    // In its place lies a file that nobody of us wrote.
    let file = home.object(&["delivery", "show", "1"])["file"].as_str().unwrap().to_owned();
    let (made, name) = (home.path.join("outbox"), Path::new(&file).file_name().unwrap());
    fs::create_dir(&made).unwrap();
    fs::write(made.join(name), "something else").unwrap();
    fs::remove_file(&outbox).unwrap();
    fs::rename(made, &outbox).unwrap();
    // The gateway may try it by itself in this moment.
    home.run(&["delivery", "retry", "--code", "delivery.failed"]);
    home.wait("it is held", |home| found(home, "delivery.target-differs"));
    home.says(1, &["status"], &["is in the outbox of harbor already"]);
    let why =
        ["queued: written; its delivery waits for a person", "see why its delivery waits: `crossdock delivery show 1`"];
    home.says(0, &["document", "show", "1"], &why);
    fs::remove_file(&file).unwrap();
    home.says(0, &["delivery", "retry", "1", "--why", "moved away"], &["waiting, before held"]);
    home.wait("it is delivered", |home| home.object(&["document", "show", "1"])["state"] == "delivered");
    // Numbers that are set back bring the same name again: then the delivery before is named.
    let back = ["control-number", "set", "harbor", "--interchange", "1", "--group", "1", "--again"];
    home.says(0, &back, &["interchange 1"]);
    home.says(0, &["submit", &orders(&home, "next.json", &[("e-2", "SO2")])], &["queued, interchange 1"]);
    home.wait("it is held", |home| home.object(&["delivery", "show", "2"])["state"] == "held");
    let said = ["delivery 1 put it there", "interchange number 1 was given to both", "crossdock document rerun"];
    home.says(0, &["delivery", "show", "2"], &said);
    home.stop();
}

#[test]
fn acting_needs_ids_or_a_filter() {
    let mut home = Home::new("wrong-uses");
    home.start();
    home.stop();
    home.says(2, &["document", "rerun"], &["no document is named", "--all"]);
    home.says(2, &["document", "rerun", "1", "--state", "held"], &["ids and filters do not go together"]);
    home.says(2, &["payload", "discard", "--all", "--partner", "harbor"], &["`--all` stands alone"]);
    home.says(2, &["document", "rerun", "--partner", "habor"], &["did you mean `harbor`?"]);
    home.says(2, &["document", "rerun", "one"], &["one"]);
    home.says(0, &["document", "discard", "--all"], &["there are no documents like that: nothing is done"]);
    home.says(1, &["delivery", "retry", "7"], &["delivery 7 is not there"]);
    home.says(2, &["submit", "x.json", "--partner", "habor"], &["did you mean `harbor`?"]);
    home.says(3, &["submit", "nowhere.json"], &["cannot read nowhere.json"]);
    home.says(2, &["control-number", "set", "harbor"], &["--interchange <NUMBER>|--group <NUMBER>"]);
    home.says(2, &["control-number", "set", "habor", "--group", "7"], &["did you mean `harbor`?"]);
    home.says(2, &["sequence", "set", "habor", "order", "7"], &["did you mean `harbor`?"]);
    home.says(2, &["control-number", "set", "harbor", "--interchange", "0"], &["1 to 999999999"]);
    home.says(2, &["partner", "pause", "habor"], &["did you mean `harbor`?"]);
    assert_eq!(home.json(&["audit"]).len(), 0, "what was refused has changed nothing");
}

#[test]
fn duplicates_and_foreign_senders_go_on_by_a_persons_word() {
    let mut home = Home::new("whole");
    home.receive(&[
        ("harbor", "cartons.edi", &fixture(CARTONS)),
        ("harbor", "again.edi", &fixture(CARTONS)),
        (
            "northgate",
            "foreign.edi",
            &String::from_utf8(fixture(CARTONS))
                .unwrap()
                .replace("000000702", "000000703")
                .replace("SO100311", "SO100312")
                .into_bytes(),
        ),
    ]);
    home.says(0, &["payload", "show", "2"], &["duplicate  of payload 1", "`crossdock payload release 2`"]);
    home.says(1, &["payload", "discard", "2"], &["is a duplicate"]);
    home.says(1, &["payload", "rerun", "2"], &["payload 2 is a duplicate of payload 1 still"]);
    home.says(0, &["payload", "release", "2"], &["translated, before duplicate", "1 published"]);
    home.says(0, &["payload", "discard", "3", "--why", "not theirs"], &["discarded, before held"]);
    home.says(1, &["payload", "rerun", "3"], &["held, before discarded", "error[payload.foreign-sender]"]);
    let none = "there are no payloads like that: nothing is done; held ones were meant, `--state` names others";
    home.says(0, &["payload", "release", "--partner", "northgate", "--until", "2020-01-01"], &[none]);
    home.says(0, &["payload", "release", "--code", "payload.foreign-sender"], &["translated, before held"]);
    assert_eq!(home.json(&["document", "list", "--partner", "harbor"]).len(), 3);
}

#[test]
fn what_the_erp_submits_is_told_object_by_object() {
    let mut home = Home::new("submit");
    home.start();
    home.stop();
    let order = String::from_utf8(fixture("submit/order.json")).unwrap();
    fs::write(home.path.join("wrong.json"), order.replace("\"sku\"", "\"skuu\"")).unwrap();
    home.says(1, &["submit", "wrong.json"], &["is refused", "error[canonical.unknown-field]", "did you mean `sku`?"]);
    let file = orders(&home, "orders.jsonl", &[("e-1", "SO1"), ("e-2", "SO2")]);
    home.says(
        0,
        &["submit", &file],
        &["SO1 to harbor is queued, interchange 1, 940_000000001_", "payload 2: 2 objects"],
    );
    home.says(1, &["submit", &file], &["error[submission.duplicate]"]);
    let objects = home.json(&["submit", &orders(&home, "more.jsonl", &[("e-3", "SO3")])]);
    assert_eq!((&objects[0]["state"], &objects[0]["partner"]), (&json!("queued"), &json!("harbor")));
    assert_eq!(objects[1]["summary"]["documents"], 1);
    home.says(0, &["delivery", "list", "--state", "waiting", "--partner", "harbor"], &["940_000000002_"]);
    // A file that is too long for the database lies in the spool.
    let many: Vec<(String, String)> = (0..100).map(|number| (format!("l-{number}"), format!("L{number}"))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(event, number)| (event.as_str(), number.as_str())).collect();
    home.says(0, &["submit", &orders(&home, "long.jsonl", &many)], &["100 objects of long.jsonl"]);
    home.says(0, &["payload", "export", "5", "--output", "long.copy"], &[]);
    assert_eq!(fs::read(home.path.join("long.copy")).unwrap(), fs::read(home.path.join("long.jsonl")).unwrap());
    home.start();
    home.wait("all is delivered", |home| home.json(&["delivery", "list", "--state", "waiting"]).is_empty());
    let outbox = fs::read_dir(home.path.join("data/mailboxes/harbor/outbox")).unwrap();
    assert_eq!(outbox.map(|file| file.unwrap().path()).filter(|path| path.extension().unwrap() == "edi").count(), 3);
    assert_eq!(fs::read_dir(home.path.join("data/erp/refused")).unwrap().count(), 6);
    home.stop();
    let audit = home.json(&["audit", "--limit", "100"]);
    assert!(audit.iter().all(|one| one["command"] == "submit"));
    assert_eq!(audit.len(), 5);
}

#[test]
fn what_waits_for_its_delivery_is_held_with_all_of_its_interchange() {
    let mut home = Home::new("hold");
    home.start();
    home.stop();
    home.says(0, &["submit", &orders(&home, "orders.jsonl", &[("e-1", "SO1"), ("e-2", "SO2"), ("e-3", "SO3")])], &[]);
    let states = |home: &Home| column(&home.json(&["document", "list"]), "state");
    home.says(
        0,
        &["document", "hold", "--number", "SO1", "--why", "may be cancelled"],
        &["held, before queued", "in one interchange: 2 3"],
    );
    assert_eq!(states(&home), ["held", "held", "held"]);
    assert_eq!(home.object(&["delivery", "show", "1"])["state"], "held");
    home.says(1, &["delivery", "retry", "--all"], &["is held by a person, with its documents", "document release 1"]);
    home.says(0, &["document", "release", "2"], &["queued, before held", "released with it, in one interchange: 1 3"]);
    assert_eq!(states(&home), ["queued", "queued", "queued"]);
    // Several of one interchange, by what they are: what goes with another one is done as well.
    let with_the_first = "document 2: held, before queued\n  with document 1, in one interchange\n";
    home.says(0, &["document", "hold", "--state", "queued", "--dry-run"], &["3 documents would be done"]);
    home.says(
        0,
        &["document", "hold", "--state", "queued"],
        &["held with it, in one interchange: 2 3", with_the_first, "3 documents done"],
    );
    home.says(
        0,
        &["document", "release", "1", "3"],
        &["released with it, in one interchange: 2 3", "2 documents done"],
    );
    assert_eq!(states(&home), ["queued", "queued", "queued"]);
    home.says(1, &["document", "rerun", "1"], &["waits for its delivery", "crossdock document hold"]);
    home.says(0, &["document", "hold", "1"], &[]);
    home.says(
        0,
        &["document", "rerun", "1"],
        &["queued, before held", "delivery 1, in which it stood, does not go out", "document rerun 2 3"],
    );
    assert_eq!(states(&home), ["held", "held", "queued"]);
    home.says(1, &["delivery", "retry", "1"], &["was discarded"]);
    home.says(0, &["document", "discard", "3"], &["discarded, before held"]);
    // Its interchange was discarded: what is said to let it go on does, and it is written anew.
    home.says(0, &["document", "show", "2"], &["tester, ", "let it go on: `crossdock document release 2`"]);
    home.says(0, &["document", "release", "2"], &["queued, before held"]);
    home.start();
    home.wait("both are delivered", |home| states(home) == ["discarded", "delivered", "delivered"]);
    home.says(1, &["document", "rerun", "1"], &["was delivered", "crossdock delivery retry"]);
    home.says(1, &["document", "hold", "1"], &["was delivered already", "send a document that cancels it"]);
    let delivery = home.object(&["document", "show", "1"])["delivery"].to_string();
    let file = home.object(&["delivery", "show", &delivery])["file"].as_str().unwrap().to_owned();
    let bytes = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    home.says(0, &["delivery", "retry", &delivery, "--dry-run"], &["would be waiting, before delivered"]);
    home.says(0, &["delivery", "retry", &delivery], &["with the same bytes", "1 delivery done"]);
    home.wait("it is there again", |_| fs::read(&file).is_ok_and(|again| again == bytes));
    home.wait("it is delivered again", |home| home.object(&["delivery", "show", &delivery])["state"] == "delivered");
    home.says(0, &["document", "show", "1"], &["delivered to the partner", "940_"]);
    home.stop();
}

#[test]
fn a_correction_changes_only_what_was_changed() {
    let mut home = Home::new("correct");
    home.receive(&[("harbor", "cartons.edi", &fixture(CARTONS)), ("northgate", "orders.edi", &fixture(NEIGHBOURS))]);
    let original = home.out(&["document", "export", "1"]);
    let object = home.out(&["document", "export", "1", "--canonical"]);
    let write = |name: &str, text: &str| fs::write(home.path.join(name), text).unwrap();
    write("same.json", &object);
    home.says(0, &["document", "correct", "1", "--file", "same.json"], &["nothing was changed"]);
    write("new.json", &object.replace("L2026B", "L7"));
    home.says(
        0,
        &["document", "correct", "1", "--file", "new.json", "--dry-run"],
        &["would be published", "now \"L7\""],
    );
    assert_eq!(home.out(&["document", "export", "1"]), original);
    home.says(
        0,
        &["document", "correct", "1", "--file", "new.json", "--why", "lot by telephone"],
        &["bytes before   N9*LT*L2026B", "packages[1].lines[1].lot: \"L2026B\" before, now \"L7\"", "in place of"],
    );
    assert_eq!(home.out(&["document", "export", "1"]), original.replace("L2026B", "L7"));
    assert_eq!(home.out(&["document", "export", "1", "--original"]), original);
    let shown = home.object(&["document", "show", "1"]);
    assert_eq!(
        (&shown["attempts"][1]["corrected"], &shown["attempts"][1]["why"]),
        (&json!(true), &json!("lot by telephone"))
    );
    assert_eq!(home.json(&["audit"])[0]["command"], "document correct");
    // A rerun stays with the correction.
    home.says(0, &["document", "rerun", "1"], &["the same as before"]);
    // What is no such object is not taken.
    write("wrong.json", &object.replace("\"lot\"", "\"lott\""));
    home.says(
        1,
        &["document", "correct", "1", "--file", "wrong.json"],
        &["error[canonical.unknown-field]", "did you mean `lot`?", "as it was"],
    );
    // The bytes themselves, of one that is held, in an editor.
    write("editor.sh", "#!/bin/sh\nsed -i 's/W01\\*5\\*\\*/W01*5*EA*/' \"$1\"\n");
    let held = home.json(&["document", "list", "--state", "held"])[0]["document"].to_string();
    let output = home.run_with_editor("sh editor.sh", &["document", "correct", &held, "--bytes", "--why", "unit"]);
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("published, before held"), "{out}{}", String::from_utf8(output.stderr).unwrap());
    let output = home.run_with_editor("true", &["document", "correct", &held]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("nothing was changed"));
    home.says(2, &["document", "correct", &held], &["neither VISUAL nor EDITOR is set", "--file"]);
    // An editor that was left without text, and two sets where there was one.
    fs::write(home.path.join("empty.txt"), "\n").unwrap();
    let held_set = home.run(&["document", "export", &held]).stdout;
    fs::write(home.path.join("twice.edi"), [held_set.clone(), held_set].concat()).unwrap();
    for (file, words) in [("empty.txt", "nothing was written"), ("twice.edi", "holds more than one transaction set")] {
        let before = home.object(&["document", "show", &held]);
        home.says(1, &["document", "correct", &held, "--bytes", "--file", file], &[words, "nothing was changed"]);
        assert_eq!(home.object(&["document", "show", &held]), before);
    }
}

#[test]
fn an_object_of_the_erp_that_was_refused_can_be_corrected() {
    let mut home = Home::new("correct-out");
    home.start();
    home.stop();
    let order = String::from_utf8(fixture("submit/order.json")).unwrap();
    fs::write(home.path.join("wrong.json"), order.replacen("\"sku\"", "\"skuu\"", 1)).unwrap();
    home.says(1, &["submit", "wrong.json"], &["is refused"]);
    let object = home.out(&["document", "export", "1"]);
    fs::write(home.path.join("right.json"), object.replace("\"skuu\"", "\"sku\"")).unwrap();
    home.says(0, &["document", "correct", "1", "--file", "right.json"], &["queued, before refused"]);
    home.says(0, &["document", "show", "1"], &["queued: written", "(corrected)"]);
    let again = home.run(&["submit", "right.json"]);
    assert_eq!(again.status.code(), Some(1), "a bare object does not say to whom: {again:?}");
}

#[test]
fn an_order_that_is_written_anew_alone_is_known_by_its_new_set_number() {
    let mut home = Home::new("anew");
    home.start();
    home.says(0, &["partner", "pause", "harbor"], &[]);
    home.says(0, &["submit", &orders(&home, "two.jsonl", &[("e-1", "SO1"), ("e-2", "SO2")])], &[]);
    let numbers = |home: &Home| home.object(&["document", "show", "2"])["control_numbers"].clone();
    assert_eq!(numbers(&home)["transaction_set"], "0002");
    home.says(0, &["document", "hold", "2"], &[]);
    home.says(0, &["document", "rerun", "2"], &["queued, before held"]);
    let written = numbers(&home);
    assert_eq!((&written["interchange"], &written["transaction_set"]), (&"2".into(), &"0001".into()));
    home.says(0, &["partner", "resume", "harbor"], &[]);
    let outbox = home.path.join("data/mailboxes/harbor/outbox");
    home.wait("it is sent", |_| fs::read_dir(&outbox).unwrap().count() > 0);
    let sent = fs::read_dir(&outbox).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    assert!(sent.into_iter().any(|text| text.contains("ST*940*0001~") && text.contains("SO2")));
    home.stop();
}

#[test]
fn partners_are_paused_and_numbers_are_set() {
    let mut home = Home::new("partners");
    home.start();
    home.says(0, &["partner", "pause", "harbor", "--why", "they move"], &["harbor is paused"]);
    home.says(1, &["partner", "pause", "harbor"], &["is paused already", "crossdock partner resume harbor"]);
    home.drop_file("harbor", "cartons.edi", &fixture(CARTONS));
    home.wait("it is taken", |home| home.json(&["payload", "list"]).len() == 1);
    home.says(
        0,
        &["control-number", "set", "harbor", "--interchange", "500", "--group", "7"],
        &["interchange 500 and group 7"],
    );
    home.says(0, &["submit", &orders(&home, "order.json", &[("e-1", "SO1")])], &["queued, interchange 500"]);
    home.says(0, &["delivery", "retry", "1"], &["harbor is paused"]);
    home.says(
        0,
        &["status"],
        &[
            "A gateway runs on this home, process ",
            "harbor since ",
            "by tester, they move",
            "1 payload to be translated",
        ],
    );
    home.says(0, &["partner", "list"], &["Harbor 3PL", "paused since", "they move"]);
    home.says(
        0,
        &["partner", "show", "harbor"],
        &["ZZ/HARBOR3PL, ZZ/HARBOREAST", "paused by   tester: they move", "EDI desk"],
    );
    home.says(0, &["control-number", "show", "harbor"], &["501", "1 to 999999999"]);
    let back = ["control-number", "set", "harbor", "--interchange", "500"];
    home.says(2, &back, &["interchange numbers from 500 to 500 were given before", "name 501", "--again"]);
    home.says(0, &["control-number", "set", "harbor", "--interchange", "501"], &["interchange 501"]);
    assert_eq!(home.json(&["payload", "list"]).iter().filter(|one| one["state"] == "received").count(), 1);
    home.says(0, &["partner", "resume", "harbor"], &["harbor goes on"]);
    home.says(1, &["partner", "resume", "harbor"], &["is not paused"]);
    home.says(0, &["partner", "pause", "harbor"], &["harbor is paused"]);
    home.says(0, &["partner", "pause", "--all"], &["northgate is paused"]);
    home.says(0, &["partner", "pause", "--all"], &["there is no partner that is not paused"]);
    home.says(2, &["partner", "resume", "harbor", "harbour"], &["harbour", "harbor"]);
    home.says(
        1,
        &["partner", "pause", "harbor", "northgate"],
        &["harbor is paused already", "northgate is paused already"],
    );
    home.says(0, &["partner", "resume", "--all"], &["harbor goes on", "northgate goes on"]);
    home.says(0, &["partner", "resume", "--all"], &["no partner is paused"]);
    home.says(2, &["partner", "resume"], &["<NAME>"]);
    home.wait("all went on", |home| {
        let status = home.object(&["status"]);
        status["payloads"]["received"].is_null()
            && status["deliveries"]["waiting"].is_null()
            && status["events_behind"] == 0
    });
    home.stop();
    let commands = column(&home.json(&["audit"]), "command");
    for command in ["partner pause", "partner resume", "control-number set", "submit", "delivery retry"] {
        assert!(commands.contains(&command.into()), "{command} in {commands:?}");
    }
    home.says(0, &["status"], &["No gateway runs on this home", "no problems; 2 partner profiles"]);
    let files = fs::read_dir(home.path.join("data/erp/published/shipment")).unwrap();
    assert_eq!(files.count(), 1);
}

#[test]
fn what_is_collected_is_seen_kept_back_and_sent_at_once() {
    let mut home = Home::new("collected");
    let entry = "document  = \"x12/004010/940\"\n";
    home.edit("partner-profiles/harbor.toml", entry, &format!("{entry}batch = {{ documents = 50, wait = \"8h\" }}\n"));
    home.start();
    let file = orders(&home, "orders.json", &[("e-1", "SO1"), ("e-2", "SO2"), ("e-3", "SO3")]);
    home.says(
        0,
        &["submit", &file],
        &["document 1: ", "is queued, collected until 2", "(delivery 1, 3 documents so far)"],
    );
    home.says(
        0,
        &["status"],
        &["3 documents x12/004010/940 to harbor, collected until 2", "`crossdock delivery show 1`"],
    );
    assert_eq!(home.object(&["status"])["collecting"][0]["collected"], 3);
    home.says(0, &["document", "list"], &["queued, collected until 2"]);
    home.says(0, &["document", "show", "1"], &["collected with others until 2", "crossdock delivery retry 1"]);
    home.says(0, &["delivery", "list", "--state", "collecting"], &["(x12/004010/940, 3 so far)", "collecting"]);
    home.says(
        0,
        &["delivery", "show", "1"],
        &["documents that are collected for harbor", "3 documents so far", "goes out   2", "let it go out now"],
    );
    // What one document is kept back for is no matter of the others; a stop changes nothing of that.
    home.says(0, &["document", "hold", "2"], &["it is not in delivery 1 any more"]);
    home.stop();
    home.start();
    assert_eq!(home.json(&["document", "list", "--delivery", "1"]).len(), 2);
    home.says(1, &["status"], &["1 document of harbor, by a person"]);
    home.says(0, &["delivery", "retry", "--all", "--dry-run"], &["no"]);
    home.says(0, &["delivery", "retry", "1", "--why", "the truck is early"], &["it does not wait for more than the 2"]);
    home.wait("it is sent", |home| home.object(&["delivery", "show", "1"])["state"] == "delivered");
    let sent = home.object(&["delivery", "show", "1"])["file"].as_str().unwrap().to_owned();
    let sent = fs::read_to_string(home.path.join(sent)).unwrap();
    assert!(sent.contains("SO1") && sent.contains("SO3") && !sent.contains("SO2"), "{sent}");
    // Let go on, it is collected anew; and discarded, it goes nowhere.
    home.says(0, &["document", "release", "2"], &["it is collected with others until 2"]);
    home.says(0, &["document", "list", "--delivery", "2"], &["queued, collected until 2"]);
    home.says(0, &["document", "hold", "2"], &["it is not in delivery 2 any more"]);
    home.says(0, &["document", "discard", "2"], &["discarded"]);
    assert_eq!(column(&home.json(&["delivery", "list"]), "state"), [json!("discarded"), json!("delivered")]);
    home.stop();
}

#[test]
fn numbers_of_our_own_are_shown_and_set() {
    let mut home = Home::new("sequences");
    fs::create_dir_all(home.path.join("mappings/harbor")).unwrap();
    let mapping = "extends = \"base/940\"\n[derived]\n\"N902[N901=SI]\" = { sequence = \"order\" }\n\
        \"N902[N901=CO]\" = { recall = \"shipment.bill_of_lading\" }\n";
    fs::write(home.path.join("mappings/harbor/940.toml"), mapping).unwrap();
    let entry = "document  = \"x12/004010/940\"\n";
    home.edit("partner-profiles/harbor.toml", entry, &format!("{entry}mapping = \"harbor/940\"\n"));
    home.start();
    home.says(0, &["sequence", "show"], &["harbor   order     1 (the first)  yes"]);
    home.says(2, &["sequence", "set", "harbor", "ordr", "7"], &["no mapping", "did you mean `order`?"]);
    home.says(0, &["sequence", "set", "harbor", "order", "48213", "--why", "cut-over"], &["gets 48213 of `order`"]);
    home.says(2, &["sequence", "set", "harbor", "order", "17"], &["from 17 to 48212 were given before", "--again"]);
    // What it recalls is not there: it waits, and goes on by itself.
    let file = orders(&home, "order.json", &[("e-1", "SO100311")]);
    let waits = ["is held", "there is no shipment SO100311 on record", "then this goes on by itself"];
    home.says(1, &["submit", &file], &waits);
    home.says(1, &["status"], &["1 document of harbor, mapping.not-recalled", "--code mapping.not-recalled`"]);
    home.says(1, &["document", "release", "1", "--dry-run"], &["held", "there is no shipment SO100311 on record"]);
    home.drop_file("harbor", "cartons.edi", &fixture(CARTONS));
    home.wait("it goes on", |home| home.object(&["document", "show", "1"])["state"] == "delivered");
    home.says(
        0,
        &["document", "show", "1"],
        &["number     48213 of the sequence `order`", "what it recalls is on record now"],
    );
    assert_eq!(home.object(&["document", "show", "1"])["numbers"]["order"], 48213);
    assert_eq!(home.object(&["sequence", "show", "harbor"])["next"], 48214);
    home.stop();
    let audit = home.json(&["audit"]);
    assert!(
        audit.iter().any(|one| one["subject"] == "sequence order of harbor next 48213" && one["why"] == "cut-over")
    );
    // Commands over files know the record of the home: what is there, and what is not.
    let delivery = home.object(&["document", "show", "1"])["delivery"].to_string();
    let name = home.object(&["delivery", "show", &delivery])["file_name"].as_str().unwrap().to_owned();
    let sent = home.path.join("data/mailboxes/harbor/outbox").join(name);
    let text = fs::read_to_string(&sent).unwrap();
    fs::write(home.path.join("other.edi"), text.replace("N9*CO*", "N9*CO*X")).unwrap();
    let said = ["N902[N901=CO]", "on record it is"];
    home.says(0, &["mapping", "explain", "other.edi", "--mapping", "harbor/940", "--partner", "harbor"], &said);
    // And so does a trial of a change on what is on record.
    let changed = mapping.replace("N901=SI", "N901=VN");
    fs::write(home.path.join("new.toml"), changed).unwrap();
    let (told, _) = home.ends(1, &["mapping", "backtest", "--with", "harbor/940=new.toml", "--since", "1d"]);
    assert!(told.contains("1 document would differ, in 1 class") && told.contains("N901 is changed"), "{told}");
}

#[test]
fn events_are_followed_from_a_cursor() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let mut home = Home::new("events");
    home.receive(&[("northgate", "orders.edi", &fixture(NEIGHBOURS))]);
    let (lines, beside) = home.ends(0, &["events", "--after", "0", "--limit", "1"]);
    let event: Value = serde_json::from_str(&lines).unwrap();
    assert_eq!(
        (&event["type"], &event["subject"]),
        (&json!("crossdock.fulfillment_order.published"), &json!("SO100240"))
    );
    assert!(beside.contains("crossdock events --after 1"), "{beside}");
    let mut following = Command::new(env!("CARGO_BIN_EXE_crossdock"))
        .current_dir(&home.path)
        .args(["events", "--after", "1", "--follow", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["sequence"], 2);
    home.says(0, &["document", "release", "--all"], &["1 document done"]);
    assert_eq!(next()["event"]["subject"], "SO100241");
    following.kill().unwrap();
    following.wait().unwrap();
}
