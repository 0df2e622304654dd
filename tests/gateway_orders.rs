//! What orders on payloads and documents must not do: go on by another profile, twice, by half, or without a word.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/home.rs"]
mod home;

use std::fs;
use std::path::Path;

use home::{Home, fixture};
use serde_json::{Value, json};

const CARTONS: &str = "945/harbor-cartons/input.edi";
const NEIGHBOURS: &str = "940/bad-set-between-neighbours/input.edi";

fn text(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

/// One key of all documents, the newest first.
fn of_documents(home: &Home, key: &str) -> Vec<Value> {
    home.json(&["document", "list"]).iter().map(|row| row[key].clone()).collect()
}

/// A file with an order for harbor in an event of this id.
fn order(home: &Home, file: &str, (event, number): (&str, &str), action: &str) -> String {
    let mut order: Value = serde_json::from_slice(&fixture("submit/order.json")).unwrap();
    order["id"] = event.into();
    order["data"]["order_number"] = number.into();
    order["data"]["action"] = action.into();
    fs::write(home.path.join(file), order.to_string()).unwrap();
    file.to_owned()
}

#[test]
fn without_its_partners_profile_no_document_is_translated_anew() {
    let mut home = Home::new("profile-gone");
    home.receive(&[("harbor", "cartons.edi", &fixture(CARTONS))]);
    home.says(0, &["submit", &order(&home, "order.json", ("e-1", "SO1"), "original")], &["is queued"]);
    home.says(0, &["document", "hold", "2"], &[]);
    let before = home.object(&["document", "show", "1"]);
    let (profile, away) = (home.path.join("partner-profiles/harbor.toml"), home.path.join("harbor.toml"));
    fs::rename(&profile, &away).unwrap();
    let declined = ["is of harbor, and no profile in force knows it", "put partner-profiles/harbor.toml back"];
    for order in
        [&["document", "rerun", "1"][..], &["document", "rerun", "2"], &["document", "correct", "1", "--file", "x"]]
    {
        fs::write(home.path.join("x"), "{}").unwrap();
        home.says(1, order, &declined);
    }
    home.says(0, &["partner", "show", "northgate"], &["Partner northgate: "]);
    home.says(
        1,
        &["partner", "show", "harbor"],
        &["Partner harbor: no profile", "partner-profiles/harbor.toml, no profile"],
    );
    // The profile is there, and has another id.
    let text = fs::read_to_string(&away).unwrap();
    fs::write(&profile, text.replace("ZZ/HARBOREAST", "ZZ/HARBORWEST")).unwrap();
    home.says(1, &["document", "rerun", "1"], &declined);
    assert_eq!(of_documents(&home, "state"), ["held", "published"]);
    assert_eq!(home.object(&["document", "show", "1"])["attempts"], before["attempts"], "nothing was done");
    assert_eq!(home.object(&["delivery", "show", "1"])["state"], "held");
    fs::rename(&away, &profile).unwrap();
    home.says(0, &["document", "rerun", "1", "2"], &["the same as before", "queued, before held"]);
}

#[test]
fn a_file_without_an_envelope_is_said_to_have_no_profile_and_a_held_payload_is_not_released_without() {
    let mut home = Home::new("flat-gone");
    for file in ["partner-profiles/kestrel.toml", "mappings/kestrel", "mappings/layouts"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        assert!(
            std::process::Command::new("cp").arg("-r").args([&from, &home.path.join(file)]).status().unwrap().success()
        );
    }
    let other = text(CARTONS).replace("STOVE-X", "STOVE-Y");
    home.receive(&[
        ("kestrel", "SHIP_20261126.csv", &fixture("flat/kestrel-shipments/input.csv")),
        ("harbor", "cartons.edi", &fixture(CARTONS)),
        ("harbor", "other.edi", other.as_bytes()),
    ]);
    for partner in ["kestrel", "harbor"] {
        fs::remove_file(home.path.join(format!("partner-profiles/{partner}.toml"))).unwrap();
    }
    home.says(1, &["document", "rerun", "1"], &["is of kestrel, and no profile in force knows it"]);
    home.says(
        1,
        &["payload", "release", "3"],
        &["is of harbor, of whom no profile is in force", "crossdock payload rerun 3"],
    );
    assert_eq!(home.object(&["payload", "show", "3"])["state"], "held");
}

#[test]
fn an_object_that_could_not_be_read_is_known_by_its_id_once_it_is_corrected() {
    let mut home = Home::new("id-later");
    home.start();
    home.stop();
    let good = order(&home, "good.json", ("e-700", "SO700"), "original");
    let other = order(&home, "other.json", ("e-701", "SO701"), "original");
    let bytes = fs::read(home.path.join(&good)).unwrap();
    fs::write(home.path.join("bad.json"), &bytes[..bytes.len() - 3]).unwrap();
    for _ in 0..2 {
        home.says(1, &["submit", "bad.json"], &["is refused"]);
    }
    assert_eq!(home.object(&["document", "show", "1"])["event"], Value::Null);
    home.says(0, &["document", "correct", "1", "--file", &good], &["queued"]);
    home.says(1, &["submit", &good], &["error[submission.duplicate]"]);
    // Nor does it go out by another correction, tried or done.
    for dry_run in [&["--dry-run"][..], &[]] {
        let correct = [&["document", "correct", "2", "--file", &good], dry_run].concat();
        home.says(1, &correct, &["was submitted again under the same event id, as document 1"]);
    }
    let event: Vec<Value> =
        home.json(&["document", "list", "--event", "e-700"]).iter().map(|row| row["document"].clone()).collect();
    assert_eq!(event, [json!(3), json!(1)]);
    assert_eq!(home.json(&["delivery", "list"]).iter().filter(|one| one["kind"] == "interchange").count(), 1);
    // One with an id keeps it.
    home.says(0, &["document", "hold", "1"], &[]);
    let declined = ["it was submitted as the event `e-700`, and what was written has the `id` `e-701`"];
    home.says(1, &["document", "correct", "1", "--file", &other], &declined);
}

#[test]
fn by_a_filter_no_duplicate_goes_on_and_what_comes_to_nothing_is_not_done() {
    let mut home = Home::new("filters");
    let stranger = text(CARTONS).replace("HARBOREAST", "HARBORNINE");
    home.receive(&[
        ("harbor", "cartons.edi", &fixture(CARTONS)),
        ("harbor", "again.edi", &fixture(CARTONS)),
        ("harbor", "stranger.edi", stranger.as_bytes()),
    ]);
    let states = |home: &Home| -> Vec<Value> {
        home.json(&["payload", "list"]).iter().map(|row| row["state"].clone()).collect()
    };
    assert_eq!(states(&home), ["held", "duplicate", "translated"]);
    home.says(1, &["payload", "rerun", "2"], &["is a duplicate of payload 1 still", "crossdock payload release 2"]);
    home.says(0, &["payload", "rerun", "3", "--dry-run"], &["what comes of it is known when it is worked on"]);
    home.says(0, &["payload", "discard", "3"], &[]);
    let nobody = ["payload 3: held, before discarded", "error[profile.unknown-sender]", "1 still held or with errors"];
    home.says(1, &["payload", "rerun", "3"], &nobody);
    home.says(0, &["payload", "release", "--all", "--dry-run"], &["payload 3: ", "1 payload would be done"]);
    let (out, _) = home.ends(0, &["payload", "release", "--partner", "harbor", "--why", "sender is fine"]);
    assert!(out.contains("payload 3: translated, before held") && !out.contains("payload 2"), "{out}");
    assert_eq!(states(&home), ["translated", "duplicate", "translated"]);
    home.says(0, &["payload", "release", "2", "--dry-run"], &["1 payload would be done"]);
}

#[test]
fn what_is_of_no_partner_is_told_as_such_whatever_else_is_wrong() {
    let mut home = Home::new("cause");
    let stranger = text(NEIGHBOURS).replace("NORTHGATE  ", "SOUTHGATE  ");
    assert_ne!(stranger, text(NEIGHBOURS));
    home.receive(&[("northgate", "stranger.edi", stranger.as_bytes())]);
    let code = home.object(&["payload", "show", "1"])["problem"].clone();
    assert_eq!(code, "profile.unknown-receiver");
    home.says(1, &["status"], &["1 payload of northgate, profile.unknown-receiver"]);
    assert_eq!(home.json(&["payload", "list", "--state", "held", "--code", "profile.unknown-receiver"]).len(), 1);
    home.says(0, &["payload", "release", "1"], &["1 held, 2 published"]);
}

#[test]
fn an_interchange_that_is_kept_together_goes_on_by_a_persons_word_only() {
    let mut home = Home::new("together");
    let profile = home.path.join("partner-profiles/northgate.toml");
    let before = fs::read_to_string(&profile).unwrap();
    fs::write(&profile, format!("{before}\n[on_error]\nset = \"interchange\"\n")).unwrap();
    home.receive(&[("northgate", "orders.edi", &fixture(NEIGHBOURS))]);
    assert_eq!(of_documents(&home, "state"), ["held", "held", "held"]);
    for order in [&["document", "rerun", "--partner", "northgate"][..], &["payload", "rerun", "1"]] {
        home.says(1, order, &["error[payload.held-together]", "error[x12.missing-element]"]);
        assert_eq!(of_documents(&home, "state"), ["held", "held", "held"]);
    }
    // What is bad is not let go on with the others, and does not go before them once it is mended.
    let of_code = ["document", "list", "--code", "payload.held-together"];
    assert_eq!(home.json(&of_code).len(), 2);
    let set = home.out(&["document", "export", "2"]).replace("W01*5***", "W01*5*EA**");
    fs::write(home.path.join("set.edi"), set).unwrap();
    home.says(1, &["document", "correct", "2", "--bytes", "--file", "set.edi"], &["error[payload.held-together]"]);
    assert_eq!(home.json(&of_code).len(), 3);
    home.says(0, &["document", "release", "--code", "payload.held-together"], &["3 documents done"]);
    home.says(0, &["document", "rerun", "1"], &["published", "the same as before"]);
    assert_eq!(of_documents(&home, "state"), ["published", "published", "published"]);
}

#[test]
fn an_answer_to_an_interchange_is_read_anew_when_that_was_sent() {
    let mut home = Home::new("early-ta1");
    let id = |number| {
        format!(
            "ISA*00*          *00*          *ZZ*HARBOR3PL      *12*4085551000     *260310*1430*U*00401*{number:09}*0*P*>~\n\
             TA1*000000001*260310*1430*A*000~\nIEA*0*{number:09}~\n"
        )
    };
    home.receive(&[("harbor", "early.edi", id(901).as_bytes()), ("harbor", "discarded.edi", id(902).as_bytes())]);
    home.start();
    let held = |home: &Home| of_documents(home, "state") == ["held", "held"];
    home.wait("it is for nothing that was sent", held);
    home.stop();
    let of_type = home.json(&["document", "list", "--type", "TA1"]);
    assert_eq!(of_type.len(), 2);
    home.says(1, &["document", "rerun", "1"], &["error[acknowledgment.unmatched]"]);
    home.says(0, &["document", "discard", "2"], &[]);
    home.says(0, &["submit", &order(&home, "order.json", ("e-1", "SO1"), "original")], &["interchange 1,"]);
    home.start();
    home.wait("it has left", |home| home.object(&["delivery", "show", "1"])["state"] != "waiting");
    home.stop();
    home.says(0, &["document", "rerun", "1"], &["document 1: kept, before held"]);
    home.says(0, &["document", "rerun", "2"], &["document 2: kept, before discarded"]);
    home.says(0, &["delivery", "show", "1"], &["TA1        A 000"]);
}

#[test]
fn what_has_not_left_waits_for_no_answer_and_goes_behind_its_cancel_only_with_a_word() {
    let mut home = Home::new("behind");
    home.start();
    home.stop();
    home.says(0, &["submit", &order(&home, "first.json", ("e-1", "SO9"), "original")], &["is queued"]);
    home.says(0, &["document", "hold", "1"], &[]);
    assert_eq!(of_documents(&home, "answer"), [Value::Null]);
    home.says(0, &["submit", &order(&home, "cancel.json", ("e-2", "SO9"), "cancel")], &["is queued"]);
    home.says(
        1,
        &["document", "release", "1"],
        &["would go out behind document 2 of SO9, which came later and is queued"],
    );
    let told = ["it goes out behind document 2 of SO9, which came later and is queued"];
    home.says(0, &["document", "release", "1", "--out-of-order", "--dry-run"], &told);
    home.says(0, &["document", "release", "1", "--out-of-order"], &told);
    home.says(0, &["document", "hold", "1"], &[]);
    home.says(0, &["document", "discard", "1"], &[]);
    assert_eq!(home.json(&["document", "list", "--answer", "waiting"]).len(), 0);
    assert_eq!(of_documents(&home, "answer"), [Value::Null, Value::Null]);
}

#[test]
fn slips_are_told_in_words_and_a_folder_that_is_no_home_is_left_alone() {
    let mut home = Home::new("slips");
    home.receive(&[("northgate", "orders.edi", &fixture(NEIGHBOURS))]);
    for (arguments, words) in [
        (&["document", "show", "abc"][..], "this is no whole number"),
        (&["document", "show", ""], "a whole number is needed"),
        (&["document", "list", "--limit", "0"], "1 to 100000"),
        (&["document", "list", "--limit", "99999999999999999999"], "this number is too large"),
    ] {
        home.says(2, arguments, &[words]);
    }
    let (_, error) = home.ends(2, &["document", "show", "abc", "--format", "json"]);
    let said: Value = serde_json::from_str(&error).unwrap();
    assert!(said["message"].as_str().unwrap().ends_with("this is no whole number"), "{said}");
    home.says(1, &["document", "hold", "1"], &["has left already"]);
    home.says(0, &["document", "discard", "2"], &[]);
    home.says(1, &["document", "release", "2"], &["`crossdock document rerun 2`"]);
    home.says(3, &["payload", "export", "1", "--output", "nowhere/copy.edi"], &["no such file or directory\n"]);
    let wrong = home.path.join("wrong");
    fs::create_dir(&wrong).unwrap();
    fs::write(wrong.join("crossdock.toml"), "[health]\nlisten = \"off\"\n").unwrap();
    home.says(3, &["serve", "--home", "wrong"], &["wrong is no home of a gateway", "partner-profiles"]);
    assert_eq!(fs::read_dir(&wrong).unwrap().count(), 1, "nothing is begun in it");
}

#[test]
fn what_the_partner_has_is_not_held_or_written_anew_while_it_goes_out_once_more() {
    let mut home = Home::new("once-more");
    home.start();
    let file = order(&home, "order.json", ("e-1", "SO1"), "original");
    home.says(0, &["submit", &file], &["interchange 1,"]);
    home.wait("it has left", |home| of_documents(home, "state") == ["delivered"]);
    home.says(0, &["partner", "pause", "harbor", "--why", "they count"], &[]);
    home.stop();
    home.says(0, &["delivery", "retry", "1"], &["with the same bytes", "crossdock delivery discard 1"]);
    home.says(1, &["document", "hold", "1"], &["was delivered already"]);
    home.says(1, &["document", "rerun", "1"], &["was delivered: the partner would have it twice"]);
    home.says(1, &["document", "discard", "1"], &["was delivered already"]);
    home.says(1, &["submit", &file], &["error[submission.duplicate]"]);
    // It does not go out once more, and was delivered all the same.
    home.says(0, &["delivery", "discard", "1"], &["delivered, before waiting"]);
    assert_eq!(home.object(&["delivery", "show", "1"])["state"], "delivered");
    assert_eq!(of_documents(&home, "state").last().unwrap(), "delivered");
}
