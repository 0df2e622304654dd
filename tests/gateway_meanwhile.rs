//! Orders on what has lain for a while: profiles and mappings were changed meanwhile, other documents came, and what a person
//! says goes on is still what they see.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/home.rs"]
mod home;

use std::fs;
use std::path::Path;

use home::{Home, fixture};
use serde_json::Value;

const PROFILE: &str = "partner-profiles/harbor.toml";
const MAPPING: &str = "mappings/harbor/945.toml";
const CARTONS: &str = "945/harbor-cartons/input.edi";

fn text(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

/// An order in its event, so many of it.
fn order(number: &str, ordered: u32) -> Value {
    let mut order: Value = serde_json::from_slice(&fixture("submit/order.json")).unwrap();
    order["id"] = format!("e-{number}").into();
    order["data"]["order_number"] = number.into();
    order["data"]["lines"][0]["ordered"]["value"] = ordered.into();
    order
}

fn write(home: &Home, name: &str, text: impl ToString) -> String {
    fs::write(home.path.join(name), text.to_string()).unwrap();
    name.to_owned()
}

/// One key of all that a command lists, the newest first.
fn all(home: &Home, kind: &str, key: &str) -> Vec<Value> {
    home.json(&[kind, "list"]).iter().map(|row| row[key].clone()).collect()
}

fn state(home: &Home, kind: &str, id: &str) -> Value {
    home.object(&[kind, "show", id])["state"].clone()
}

/// Does something while a file of the home has an error.
fn with_an_error(home: &mut Home, file: &str, act: impl FnOnce(&mut Home)) {
    let path = home.path.join(file);
    let before = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{before}\nbad = [[\n")).unwrap();
    act(home);
    fs::write(&path, before).unwrap();
}

/// What was put for a partner, one text for all.
fn outbox(home: &Home, partner: &str) -> String {
    let files = fs::read_dir(home.path.join("data/mailboxes").join(partner).join("outbox")).unwrap();
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

/// The profile and mappings of a partner that sends files without an envelope.
fn with_partner(home: &Home, partner: &str) {
    for file in [&format!("partner-profiles/{partner}.toml"), &format!("mappings/{partner}"), "mappings/layouts"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let to = home.path.join(file);
        let to = to.parent().unwrap();
        assert!(std::process::Command::new("cp").arg("-r").args([&from, to]).status().unwrap().success());
    }
}

#[test]
fn what_was_corrected_and_cannot_be_written_is_not_sent_as_it_was() {
    let mut home = Home::new("corrected");
    home.start();
    home.stop();
    let both = format!("[{},{}]", order("SO1", 24), order("SO2", 24));
    home.says(0, &["submit", &write(&home, "both.json", both)], &["is queued"]);
    home.says(0, &["document", "hold", "1"], &[]);
    let corrected = write(&home, "corrected.json", order("SO1", 77));
    let said = ["error[submission.profile]", "delivery 1, in which it stood, does not go out", "document rerun 2"];
    with_an_error(&mut home, PROFILE, |home| home.says(1, &["document", "correct", "1", "--file", &corrected], &said));
    assert_eq!(state(&home, "delivery", "1"), "discarded");
    // Neither by itself nor with the other one does it go out as it was.
    home.says(0, &["document", "release", "2"], &["queued, before held"]);
    home.says(0, &["document", "release", "1"], &["queued, before held"]);
    home.start();
    home.wait("both are delivered", |home| all(home, "document", "state") == ["delivered", "delivered"]);
    home.stop();
    let sent = outbox(&home, "harbor");
    assert_eq!((sent.matches("SO1*").count(), sent.matches("SO2*").count()), (1, 1), "{sent}");
    assert_eq!((sent.matches("W01*77*").count(), sent.matches("W01*24*").count()), (1, 1), "{sent}");
    home.says(0, &["document", "show", "1"], &["before     attempt 1 as 1/1/0001 in delivery 1, discarded"]);
}

#[test]
fn what_a_partner_did_not_take_is_released_though_it_could_not_be_written_at_first() {
    let mut home = Home::new("rejected");
    home.start();
    home.says(0, &["submit", &write(&home, "order.json", order("SO1", 24))], &["fulfillment_order SO1 to harbor is "]);
    home.wait("it is delivered", |home| state(home, "document", "1") == "delivered");
    let answer = "ISA*00*          *00*          *ZZ*HARBOR3PL      *12*4085551000     *260310*1430*U*00401*000000900*0*P*>~\n\
        GS*FA*HARBOR3PL*4085551000*20260310*1430*900*X*004010~\nST*997*0001~\nAK1*OW*1~\nAK2*940*0001~\nAK5*R~\n\
        AK9*R*1*1*0~\nSE*6*0001~\nGE*1*900~\nIEA*1*000000900~\n";
    home.drop_file("harbor", "answer.edi", answer.as_bytes());
    home.wait("it is rejected", |home| state(home, "document", "1") == "rejected");
    with_an_error(&mut home, PROFILE, |home| home.says(1, &["document", "rerun", "1"], &["held, before rejected"]));
    home.says(0, &["delivery", "retry", "1", "--dry-run"], &["gets what it said before"]);
    home.says(0, &["document", "release", "1"], &["queued, before held"]);
    home.wait("it is sent anew", |home| state(home, "document", "1") == "delivered");
    home.stop();
    assert_eq!(state(&home, "delivery", "1"), "delivered", "what was sent stays so");
    assert_eq!(outbox(&home, "harbor").matches("SO1*").count(), 2);
}

#[test]
fn what_a_person_keeps_back_does_not_go_on_when_what_it_recalls_comes() {
    let mut home = Home::new("kept-back");
    let mapping = "extends = \"base/940\"\n[derived]\n\"N902[N901=CO]\" = { recall = \"shipment.bill_of_lading\" }\n";
    write(&home, "mappings/harbor/940.toml", mapping);
    let entry = "document  = \"x12/004010/940\"\n";
    home.edit(PROFILE, entry, &format!("{entry}mapping = \"harbor/940\"\n"));
    home.start();
    let mut other = order("SO100311", 24);
    other["id"] = "e-other".into();
    for order in [order("SO100311", 24), other] {
        home.says(1, &["submit", &write(&home, "order.json", order)], &["then this goes on by itself"]);
    }
    let hold = ["document", "hold", "1", "--why", "cancelled by phone"];
    home.says(0, &[&hold[..], &["--dry-run"]].concat(), &["would be held"]);
    home.says(0, &hold, &["it does not go on by itself when what it recalls comes", "1 document done"]);
    home.says(1, &hold, &["is held by a person already"]);
    home.drop_file("harbor", "cartons.edi", &fixture(CARTONS));
    home.wait("the other one goes on", |home| state(home, "document", "2") == "delivered");
    assert_eq!(state(&home, "document", "1"), "held");
    home.says(0, &["document", "show", "1"], &["by `document hold`: cancelled by phone"]);
    assert_eq!(home.json(&["audit", "--document", "1"]).len(), 1);
    home.says(0, &["document", "release", "1", "--out-of-order"], &["queued, before held"]);
    home.stop();
}

#[test]
fn what_cannot_be_read_any_more_is_found_as_before_and_compared_with_what_the_erp_has() {
    let mut home = Home::new("unreadable");
    home.receive(&[("harbor", "cartons.edi", &fixture(CARTONS))]);
    let known = |home: &Home| {
        let row = home.object(&["document", "show", "1"]);
        ["type", "number", "document"].map(|key| row[key].clone())
    };
    let before = known(&home);
    with_an_error(&mut home, MAPPING, |home| home.says(1, &["document", "rerun", "1"], &["error[mapping.unusable]"]));
    assert_eq!((state(&home, "document", "1"), known(&home)), ("held".into(), before));
    assert_eq!(home.json(&["document", "list", "--number", "SO100311", "--type", "shipment"]).len(), 1);
    home.edit(MAPPING, "\"Harbor, Reno\"", "\"Harbor, Elko\"");
    let difference = "warehouse.name: \"Harbor, Reno\" before, now \"Harbor, Elko\"";
    home.says(0, &["document", "rerun", "1"], &["in place of", difference]);
}

#[test]
fn a_test_stays_a_test_when_its_partner_goes_live() {
    let mut home = Home::new("goes-live");
    let [live, test] = ["production", "test"].map(|usage| format!("usage     = \"{usage}\""));
    let cartons = fixture(CARTONS);
    home.edit(PROFILE, &live, &test);
    home.receive(&[("harbor", "cartons.edi", &cartons)]);
    home.says(0, &["submit", &write(&home, "order.json", order("SO1", 24))], &["is queued"]);
    home.says(0, &["document", "hold", "2"], &[]);
    home.edit(PROFILE, &test, &live);
    home.edit(MAPPING, "\"Harbor, Reno\"", "\"Harbor, Elko\"");
    // What the ERP has of it as a test is replaced there, and nothing of it comes live.
    home.says(0, &["document", "rerun", "1"], &["published; event", "in place of"]);
    let declined =
        ["was submitted as a test, and would go out as none: `usage` of partner-profiles/harbor.toml has changed"];
    home.says(1, &["document", "rerun", "2"], &declined);
    let same = write(&home, "corrected.json", order("SO1", 23));
    home.says(1, &["document", "correct", "2", "--file", &same], &declined);
    assert_eq!(all(&home, "document", "lane"), ["test", "test"]);
    home.start();
    let published = |home: &Home, lane: &str| {
        fs::read_dir(home.path.join("data/erp").join(lane).join("shipment")).map_or(0, Iterator::count)
    };
    home.wait("both events are there", |home| published(home, "test") == 2);
    home.stop();
    assert_eq!(published(&home, "published"), 0);
    // As it was submitted it may go out. And the other way round.
    home.edit(PROFILE, &live, &test);
    home.says(0, &["document", "rerun", "2"], &["queued, before held"]);
    home.edit(PROFILE, &test, &live);
    home.says(0, &["submit", &write(&home, "live.json", order("SO2", 24))], &["is queued"]);
    home.says(0, &["document", "hold", "3"], &[]);
    home.edit(PROFILE, &live, &test);
    home.says(1, &["document", "rerun", "3"], &["was submitted as no test, and would go out as one"]);
    // Where no profile could be used nobody knew.
    with_an_error(&mut home, PROFILE, |home| {
        home.says(1, &["submit", &write(home, "held.json", order("SO3", 24))], &["error[submission.profile]"]);
    });
    home.says(0, &["document", "rerun", "4"], &["queued, before held"]);
    assert_eq!(home.object(&["document", "show", "4"])["lane"], "test");
}

#[test]
fn what_was_never_published_goes_where_its_profile_says_and_that_is_told() {
    let mut home = Home::new("lane-told");
    let neighbours = text("940/bad-set-between-neighbours/input.edi");
    let profile = home.path.join("partner-profiles/northgate.toml");
    let before = fs::read_to_string(&profile).unwrap();
    fs::write(&profile, format!("usage = \"test\"\n{before}")).unwrap();
    home.receive(&[("northgate", "orders.edi", neighbours.as_bytes())]);
    fs::write(&profile, before).unwrap();
    let set = home.out(&["document", "export", "2"]).replace("W01*5***", "W01*5*EA**");
    write(&home, "set.edi", set);
    let told = [
        "the ERP gets it in data/erp/published/fulfillment_order: `usage` of partner-profiles/northgate.toml has changed",
    ];
    for dry_run in [&["--dry-run"][..], &[]] {
        let correct = [&["document", "correct", "2", "--bytes", "--file", "set.edi"], dry_run].concat();
        home.says(0, &correct, &told);
    }
    assert_eq!(all(&home, "document", "lane"), ["test", "live", "test"]);
}

#[test]
fn a_payload_is_not_released_in_spite_of_what_came_since() {
    let mut home = Home::new("came-since");
    let of = |number: &str, order: &str| text(CARTONS).replace("702", number).replace("SO100311", order);
    let [whole, cut] = [of("801", "SO801"), of("802", "SO802")];
    let without_end = whole.split("IEA").next().unwrap().to_owned();
    let in_a_set = cut.split("W12*SH").next().unwrap().to_owned();
    let twin = of("803", "SO803").split("IEA").next().unwrap().to_owned();
    home.receive(&[
        ("harbor", "1-cut.edi", without_end.as_bytes()),
        ("harbor", "2-whole.edi", whole.as_bytes()),
        ("harbor", "3-cut.edi", in_a_set.as_bytes()),
        ("harbor", "4-whole.edi", cut.as_bytes()),
        ("harbor", "5-cut.edi", twin.as_bytes()),
        ("harbor", "6-cut.edi", twin.as_bytes()),
    ]);
    let held = ["held", "held", "translated", "held", "translated", "held"];
    assert_eq!(all(&home, "payload", "state"), held);
    home.says(0, &["payload", "show", "1"], &["interchange 801 from ZZ/HARBOREAST, taken with payload 2"]);
    assert_eq!(home.object(&["payload", "show", "1"])["interchanges_not_taken"][0]["taken_with"], 2);
    let said = [
        "payload 1: duplicate, before held",
        "the same came as payload 2: nothing of it is done twice",
        "payload 3: held",
        "error[payload.number-reused]",
        "payload 5: translated, before held",
        "payload 6: duplicate, before held",
    ];
    home.says(1, &["payload", "release", "--state", "held"], &said);
    let numbers = |number| home.json(&["document", "list", "--number", number]).len();
    assert_eq!(["SO801", "SO802", "SO803"].map(numbers), [1, 1, 1]);
    // Once it is on record that the number was used again, that is what a person says it goes on in spite of.
    home.says(0, &["payload", "release", "3"], &["translated, before held"]);
    home.says(0, &["payload", "release", "6"], &["translated, before duplicate"]);
    assert_eq!(home.json(&["document", "list", "--number", "SO803"]).len(), 2);
}

#[test]
fn stock_of_monday_does_not_come_behind_that_of_wednesday() {
    let mut home = Home::new("stock");
    with_partner(&home, "kestrel");
    let monday = text("flat/kestrel-stock/input.csv");
    let wednesday = monday.replace("RENO,120,", "RENO,1120,");
    with_an_error(&mut home, "mappings/kestrel/stock.toml", |home| {
        home.receive(&[("kestrel", "STOCK_MON.csv", monday.as_bytes())]);
    });
    home.receive(&[("kestrel", "STOCK_WED.csv", wednesday.as_bytes())]);
    assert_eq!(all(&home, "payload", "state"), ["translated", "held"]);
    let behind = [
        "holds inventory_report ",
        ", which would be published behind document ",
        "which came later",
        "`--out-of-order`",
    ];
    for order in [&["payload", "rerun", "--state", "held"][..], &["payload", "release", "1"]] {
        home.says(1, order, &behind);
    }
    assert_eq!(state(&home, "payload", "1"), "held");
    home.says(0, &["payload", "rerun", "1", "--out-of-order"], &["translated, before held"]);
}

#[test]
fn stock_of_a_warehouse_that_is_named_otherwise_since_does_not_come_behind_it_unasked() {
    let mut home = Home::new("stock-renamed");
    let of = |number: u32, warehouse: &str| {
        format!(
            "ISA*00*          *00*          *ZZ*NORTHGATE      *12*4085551000     *260310*1430*U*00401*{number:09}*0*P*>~\n\
             GS*IB*NORTHGATE*4085551000*20260310*1430*{number}*X*004010~\nST*846*0001~\nBIA*00*SI*R{number}*20260310~\n\
             N1*WH*{warehouse}~\nLIN**SK*LAMP-1~\nQTY*33*{number}*EA~\nSE*6*0001~\nGE*1*{number}~\n"
        )
    };
    let whole = |number, warehouse| format!("{}IEA*1*{number:09}~\n", of(number, warehouse));
    home.receive(&[
        ("northgate", "monday-reno.edi", of(1, "RENO DC").as_bytes()),
        ("northgate", "monday-boise.edi", of(2, "BOISE DC").as_bytes()),
    ]);
    home.receive(&[
        ("northgate", "reno.edi", whole(3, "RENO DC*1*123456789").as_bytes()),
        ("northgate", "boise.edi", whole(4, "*1*987654321").as_bytes()),
    ]);
    assert_eq!(all(&home, "payload", "state"), ["translated", "translated", "held", "held"]);
    // Reno says its name since, and an identifier as well; of Boise only the identifier is known.
    home.says(
        1,
        &["payload", "release", "1"],
        &["holds inventory_report R1, which would be published behind document 1 of R3"],
    );
    home.says(
        1,
        &["payload", "release", "2"],
        &["holds inventory_report R2, which would be published behind document 2 of R4"],
    );
    home.says(0, &["payload", "release", "2", "--out-of-order"], &["translated, before held"]);
}

#[test]
fn partial_shipments_of_one_number_go_on_one_behind_the_other() {
    let mut home = Home::new("partial");
    let bad = text(CARTONS).replace("702", "901").replace("W12*FL*24*24*0*", "W12*FL*24*TWO*0*");
    home.receive(&[("harbor", "first.edi", bad.as_bytes()), ("harbor", "second.edi", &fixture(CARTONS))]);
    assert_eq!(all(&home, "document", "state"), ["published", "held"]);
    home.says(0, &["document", "release", "1"], &["published, before held"]);
}

#[test]
fn what_the_erp_has_of_the_whole_file_is_not_published_again_of_what_was_cut_off() {
    let mut home = Home::new("cut-file");
    with_partner(&home, "pelican");
    let whole = text("flat/pelican-receipts/input.txt");
    let cut = whole.split("TRL").next().unwrap();
    home.receive(&[
        ("pelican", "RCPT1.txt", cut.as_bytes()),
        ("pelican", "RCPT2.txt", cut.as_bytes()),
        ("pelican", "RCPT3.txt", whole.as_bytes()),
    ]);
    assert_eq!(all(&home, "payload", "state"), ["translated", "held", "held"]);
    let twice = "holds receipt 753515-1, which would be published twice: the ERP has the very same, by document 1";
    home.says(1, &["payload", "release", "--partner", "pelican"], &[twice, "2 could not be done"]);
    home.says(0, &["payload", "release", "1", "--out-of-order"], &["translated, before held"]);
    home.says(0, &["payload", "release", "2", "--out-of-order"], &["duplicate, before held"]);
}

/// The cancel says nothing that the mended mapping reads otherwise; the original does.
#[test]
fn what_a_later_document_replaced_is_not_published_anew_behind_it() {
    let mut home = Home::new("replaced");
    let cancel = text(CARTONS).replace("702", "903").replace("PO-88121~", "PO-88121******3~");
    home.receive(&[("harbor", "first.edi", &fixture(CARTONS)), ("harbor", "cancel.edi", cancel.as_bytes())]);
    assert_eq!(all(&home, "document", "state"), ["published", "published"]);
    let mapping = fs::read_to_string(home.path.join("mappings/harbor/945.toml")).unwrap();
    write(&home, "mappings/harbor/945.toml", mapping.replace("Harbor, Reno", "Harbor, Sparks"));
    let behind = ["would be published behind document 2 of SO100311, which came later", "`--out-of-order`"];
    home.says(1, &["document", "rerun", "1"], &behind);
    home.says(0, &["document", "rerun", "1", "--dry-run", "--out-of-order"], &["is published behind document 2"]);
    home.says(0, &["document", "rerun", "2"], &["published"]);
}
