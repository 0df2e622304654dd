//! What the ERP hands in: what of it goes on, in which order, what is known again, and what is said of the rest.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/home.rs"]
mod home;

use std::fs;

use home::{Home, NOT_ACKNOWLEDGED, fixture};
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// A home on which a gateway has run.
fn home(name: &str) -> Home {
    let mut home = Home::new(name);
    home.start();
    home.stop();
    home
}

/// An order in its event, with this id, number and action.
fn order(event: &str, number: &str, action: &str) -> Value {
    let mut order: Value = serde_json::from_slice(&fixture("submit/order.json")).unwrap();
    order["id"] = event.into();
    order["data"]["order_number"] = number.into();
    order["data"]["action"] = action.into();
    order
}

fn without_id(mut order: Value) -> Value {
    order.as_object_mut().unwrap().remove("id");
    order
}

fn write(home: &Home, name: &str, text: impl ToString) -> String {
    fs::write(home.path.join(name), text.to_string()).unwrap();
    name.to_owned()
}

fn submit(home: &Home, code: i32, text: impl ToString, words: &[&str]) {
    let file = write(home, "submitted.json", text);
    home.says(code, &["submit", &file], words);
}

fn states(home: &Home) -> Vec<Value> {
    let mut documents = home.json(&["document", "list"]);
    documents.reverse();
    documents.iter().map(|one| one["state"].clone()).collect()
}

#[test]
fn what_could_not_be_read_is_known_again_by_the_id_that_its_correction_brings() {
    let home = home("known-again");
    let good = order("ev-1", "SO1", "original").to_string();
    submit(&home, 1, &good[..good.len() - 3], &["error[canonical.syntax]"]);
    let good = write(&home, "good.json", good);
    home.says(0, &["document", "correct", "1", "--file", &good], &["queued, before refused"]);
    home.says(0, &["document", "list", "--event", "ev-1"], &["1 "]);
    home.says(1, &["submit", &good], &["error[submission.duplicate]"]);
    // The other way round: what was refused comes again under an id that went on.
    submit(&home, 1, "{\"id\": \"ev-2\",", &["error[canonical.syntax]"]);
    home.says(
        1,
        &["document", "correct", "3", "--file", &good],
        &["submitted again under the same event id, as document 1"],
    );
    assert_eq!(states(&home), ["queued", "refused", "refused"]);
}

#[test]
fn an_event_is_corrected_under_its_own_id_and_as_a_whole() {
    let home = home("own-id");
    submit(&home, 0, order("ev-1", "SO1", "original"), &["is queued"]);
    home.says(0, &["document", "hold", "1"], &[]);
    let before = home.object(&["document", "show", "1"]);
    let other = write(&home, "other.json", order("ev-2", "SO1", "original"));
    let said = ["it was submitted as the event `ev-1`, and what was written has the `id` `ev-2`"];
    home.says(1, &["document", "correct", "1", "--file", &other], &said);
    // The object alone would not be known when the event comes again.
    let bare = write(&home, "bare.json", &order("ev-1", "SO1", "original")["data"]);
    home.says(1, &["document", "correct", "1", "--file", &bare], &["and what was written has no `id`"]);
    assert_eq!(home.object(&["document", "show", "1"]), before);
    let mut whole = order("ev-1", "SO1", "original");
    whole["data"]["lines"][0]["ordered"]["value"] = 25.into();
    let whole = write(&home, "whole.json", whole);
    home.says(0, &["document", "correct", "1", "--file", &whole], &["queued, before held"]);
}

#[test]
fn a_name_that_stands_twice_in_an_event_or_is_no_text_is_told() {
    let home = home("envelope");
    let text = order("ev-1", "SO1", "original").to_string();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    let twice = "error[canonical.duplicate-field]";
    submit(&home, 1, with("\"data\":{", "\"data\":{},\"data\":{"), &[twice, "`data` stands twice in one event"]);
    let bay = "\"source\":\"/partners/northgate\",\"source\":\"/partners/harbor\"";
    submit(&home, 1, with("\"source\":\"/partners/harbor\"", bay), &[twice, "`source` stands twice"]);
    for (id, said) in [("17", "`id` is a number, not text"), ("null", "`id` is null, not text")] {
        submit(&home, 1, with("\"ev-1\"", id), &["error[canonical.wrong-type]", said]);
    }
    let list = with("\"/partners/harbor\"", "[\"/partners/harbor\"]");
    submit(&home, 1, list, &["error[canonical.wrong-type]", "`source` is a list, not text"]);
    for (id, said) in [("", "`id` has 0 characters"), (&*"x".repeat(256), "`id` has 256 characters, not 1 to 255")] {
        submit(&home, 1, with("ev-1", id), &["error[canonical.wrong-value]", said]);
    }
    // What an event may do without may be written as nothing.
    submit(&home, 0, with("\"id\":", "\"subject\":null,\"id\":"), &["is queued"]);
    assert_eq!(states(&home).iter().filter(|state| **state != "refused").count(), 1);
}

#[test]
fn an_order_does_not_go_out_behind_its_cancel_but_by_a_persons_word() {
    let home = home("out-of-order");
    submit(&home, 0, order("ev-1", "SO1", "original"), &["is queued"]);
    home.says(0, &["document", "hold", "1"], &[]);
    submit(&home, 0, order("ev-2", "SO2", "original"), &["is queued"]);
    submit(&home, 0, order("ev-3", "SO1", "cancel"), &["is queued"]);
    let behind = ["would go out behind document 3 of SO1, which came later and is queued", "`--out-of-order`"];
    home.says(1, &["document", "release", "1"], &behind);
    home.says(1, &["document", "rerun", "1"], &behind);
    home.says(1, &["delivery", "retry", "1"], &["is held by a person"]);
    home.says(0, &["document", "show", "1"], &["later      document 3 of SO1, queued"]);
    assert_eq!(home.object(&["document", "show", "1"])["overtaken_by"], 3);
    assert_eq!(states(&home), ["held", "queued", "queued"]);
    let all_the_same = ["queued, before held", "it goes out behind document 3 of SO1"];
    home.says(0, &["document", "release", "1", "--out-of-order", "--dry-run"], &["it goes out behind document 3"]);
    home.says(0, &["document", "release", "1", "--out-of-order"], &all_the_same);
    // What came first is no matter to what came later, and nothing is where the later one is held, too.
    home.says(0, &["document", "hold", "1", "3"], &[]);
    home.says(0, &["document", "release", "1"], &["queued, before held"]);
    home.says(0, &["document", "release", "3"], &["queued, before held"]);
}

#[test]
fn what_is_submitted_beside_a_gateway_goes_on_by_what_the_gateway_has_in_force() {
    let mut home = Home::new("beside");
    home.start();
    home.edit("partner-profiles/harbor.toml", "name      =", "nam       =");
    for (event, number, action) in [("ev-1", "SO1", "original"), ("ev-2", "SO1", "change"), ("ev-3", "SO1", "cancel")] {
        // It may be delivered by now.
        submit(&home, 0, order(event, number, action), &["fulfillment_order SO1 to harbor is "]);
    }
    home.wait("all is delivered", |home| states(home).iter().all(|state| *state == "delivered"));
    home.stop();
    submit(&home, 1, order("ev-4", "SO2", "original"), &["is held", "error[submission.profile]"]);
}

#[test]
fn nothing_of_an_array_goes_on_that_is_cut() {
    let home = home("cut-array");
    let all = json!([order("ev-1", "SO1", "original"), order("ev-2", "SO2", "original")]).to_string();
    let said = ["error[canonical.syntax]", "an array goes on whole or not at all", "payload 1: 1 object"];
    submit(&home, 1, &all[..all.len() - 9], &said);
    submit(&home, 1, format!("{all} {{"), &["error[canonical.syntax]", "1 object"]);
    submit(&home, 0, &all, &["payload 3: 2 objects"]);
    assert_eq!(states(&home), ["refused", "refused", "queued", "queued"]);
    let utf_16: Vec<u8> = all.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(home.path.join("wide.json"), utf_16).unwrap();
    home.says(1, &["submit", "wide.json"], &["the text is UTF-16, and JSON is UTF-8"]);
}

#[test]
fn an_object_without_an_id_that_says_what_the_latest_of_its_number_says_is_not_sent_twice() {
    let home = home("without-id");
    let bare = |number: &str, action: &str| without_id(order("-", number, action));
    let (original, change) = (bare("SO1", "original"), bare("SO1", "change"));
    let was_in = |payload: u32| format!("the same fulfillment_order `SO1` was submitted before, in payload {payload}");
    submit(&home, 0, &original, &["is queued"]);
    submit(&home, 1, &original, &["error[submission.duplicate]", &was_in(1), "an event with an `id` of its own"]);
    submit(&home, 0, &change, &["is queued"]);
    submit(&home, 1, &change, &[&was_in(3)]);
    // What was changed is changed back.
    submit(&home, 0, &original, &["is queued"]);
    // Each of a payload is told beside what went before it there, and beside what is on record.
    let many = json!([original, original, change, change, original, bare("SO2", "original")]);
    submit(&home, 1, &many, &[&was_in(5), &was_in(6)]);
    assert_eq!(states(&home)[5..], ["refused", "refused", "queued", "refused", "queued", "queued"]);
    // Under an id it is what is meant, and counts as what was said last.
    let event = order("ev-1", "SO1", "original");
    submit(&home, 0, &event, &["is queued"]);
    submit(&home, 1, &original, &[&was_in(7)]);
    // What a person corrected comes again as it was.
    submit(&home, 0, bare("SO3", "original"), &["is queued"]);
    home.says(0, &["document", "hold", "14"], &[]);
    let corrected = write(&home, "corrected.json", bare("SO3", "change"));
    home.says(0, &["document", "correct", "14", "--file", &corrected], &["document 14: queued, before held"]);
    submit(&home, 1, bare("SO3", "original"), &["error[submission.duplicate]"]);
    submit(&home, 1, bare("SO3", "change"), &["error[submission.duplicate]"]);
}

#[test]
fn a_refused_object_without_an_id_goes_out_in_the_place_of_one_that_does_not() {
    let home = home("without-id-rerun");
    let bare = without_id(order("-", "SO1", "original"));
    submit(&home, 0, &bare, &["is queued"]);
    submit(&home, 1, &bare, &["error[submission.duplicate]"]);
    home.says(1, &["document", "rerun", "2"], &["was submitted again, and says the same as document 1"]);
    home.says(0, &["document", "hold", "1"], &[]);
    home.says(1, &["document", "rerun", "2"], &["says the same as document 1"]);
    home.says(0, &["document", "discard", "1"], &[]);
    home.says(0, &["document", "rerun", "2"], &["document 2: queued, before refused"]);
    home.says(1, &["document", "rerun", "1"], &["says the same as document 2"]);
    assert_eq!(states(&home), ["discarded", "queued"]);
}

#[test]
fn a_very_large_file_of_the_erp_goes_on_by_a_persons_word() {
    let home = home("large");
    // Also where something in it came before, so that it is written twice.
    let [before, new] = ["SO1", "SO2"].map(|number| order(number, number, "original").to_string());
    submit(&home, 0, &before, &["is queued"]);
    let text = format!("{before}\n{new}\n{}", " ".repeat(128 << 20));
    submit(&home, 1, &text, &["error[submission.too-large] the file has 129 MiB", "crossdock payload release 2"]);
    home.says(1, &["payload", "rerun", "2"], &["payload 2: held", "error[submission.too-large]"]);
    home.says(
        0,
        &["payload", "release", "2"],
        &["payload 2: translated, before held", "its documents: 1 queued, 1 refused"],
    );
}

#[test]
fn an_event_of_a_test_is_another_one_live() {
    let home = home("test-ids");
    let [live, test] = ["production", "test"].map(|usage| format!("usage     = \"{usage}\""));
    home.edit("partner-profiles/harbor.toml", &live, &test);
    let object = order("ev-1", "SO1", "original");
    submit(&home, 0, &object, &["is queued"]);
    submit(&home, 1, &object, &["error[submission.duplicate]"]);
    home.edit("partner-profiles/harbor.toml", &test, &live);
    submit(&home, 0, &object, &["is queued"]);
    submit(&home, 1, &object, &["error[submission.duplicate]"]);
}

#[test]
fn a_cursor_that_the_log_does_not_reach_is_told_and_events_say_their_order() {
    let mut home = Home::new("cursor");
    home.receive(&[("harbor", "b\u{1b}[8m\n.edi", &fixture("945/harbor-cartons/input.edi"))]);
    let (line, _) = home.ends(0, &["events"]);
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["sequence"], "000000000001");
    home.says(0, &["events", "--after", "1"], &[]);
    let (out, _) = home.ends(0, &["payload", "show", "1"]);
    assert!(out.contains("b·[8m·.edi") && !out.contains('\u{1b}'), "{out}");
    for follow in [&[][..], &["--follow"]] {
        let arguments = [&["events", "--after", "2"], follow].concat();
        home.says(3, &arguments, &["there is no event 2: the last one has the number 1", "crossdock events --after 1"]);
    }
}

#[test]
fn a_text_of_the_erp_sets_no_colours_and_a_bare_object_is_one_that_is_sent() {
    let home = home("colours");
    submit(&home, 0, order("a\u{1b}[31mred", "SO1", "original"), &["is queued"]);
    submit(&home, 1, order("a\u{1b}[31mred", "SO1", "original"), &["the event `a·[31mred` was submitted before"]);
    let bare = json!({"order_number": "SO2", "purchase_order_number": "P", "action": "original", "ship_to": {"name": "X"}, "lines": []});
    let file = write(&home, "bare.json", bare);
    let (out, _) = home.ends(1, &["submit", &file, "--partner", "harbor"]);
    assert!(out.contains("fulfillment_order SO2 to harbor is refused"), "{out}");
}

#[test]
fn nothing_of_a_broken_event_goes_on() {
    let home = home("broken-event");
    let order = |event: &str| order(event, "SO1", "original");
    let broken = order("ev-1").to_string().replacen("\"data\":", "\"time\":06:00,\"data\":\n", 1);
    let broken = broken.strip_suffix('}').unwrap();
    let said = ["error[canonical.syntax]", "payload 1: 2 objects"];
    submit(&home, 1, format!("{broken}\n}}\n{}\n", order("ev-2")), &said);
    assert_eq!(states(&home), ["refused", "queued"]);
    submit(&home, 0, order("ev-1"), &["is queued"]);
}

#[test]
fn events_of_tests_are_told_apart_from_live_ones() {
    let mut home = Home::new("lanes");
    let live = String::from_utf8(fixture("945/harbor-cartons/input.edi")).unwrap();
    assert!(live.contains("*P*>"), "{live}");
    home.receive(&[("harbor", "a.edi", live.as_bytes()), ("harbor", "b.edi", live.replace("*P*>", "*T*>").as_bytes())]);
    let of = |arguments: &[&str]| home.ends(0, arguments).0.lines().count();
    let all = home.json(&["document", "list"]);
    let published = |lane: &str| all.iter().filter(|one| one["state"] == "published" && one["lane"] == lane).count();
    assert!(published("live") > 0 && published("test") > 0, "{all:#?}");
    assert_eq!((of(&["events"]), of(&["events", "--test"])), (published("live"), published("test")));
    assert_eq!(of(&["events", "--test", "--limit", "1"]), 1);
}

#[test]
fn the_group_says_the_version_that_the_partner_agreed_on_and_who_is_sent_nothing_is_told() {
    let home = home("version");
    let profile = home.path.join("partner-profiles/harbor.toml");
    let text = fs::read_to_string(&profile).unwrap();
    fs::write(&profile, text.replace("\"x12/004010/940\"", "\"x12/004010UCS/940\"")).unwrap();
    let two = [order("ev-1", "SO1", "original"), order("ev-2", "SO2", "original")];
    let file = write(&home, "orders.json", Value::from(two.to_vec()));
    let written = home.run(&["translate", &file, "--partner", "harbor", "--control-number", "7"]);
    let written = String::from_utf8(written.stdout).unwrap();
    assert!(written.contains("*7*X*004010UCS~") && written.contains("GE*2*7~"), "{written}");
    home.says(0, &["submit", &file], &["queued"]);
    let (receives, _) = text.split_once("[[send]]").unwrap();
    fs::write(&profile, receives).unwrap();
    let bare = write(&home, "bare.json", &order("ev-3", "SO3", "original")["data"]);
    let words = ["error[submission.not-sent]", "Harbor 3PL is sent nothing", "has no [[send]]"];
    home.says(1, &["submit", &bare, "--partner", "harbor"], &words);
}

#[test]
fn what_was_corrected_is_found_by_its_former_number_too() {
    let home = home("former-number");
    let mut wrong = order("ev-1", "SO1", "original");
    wrong["data"]["lines"][0]["ordered"]["value"] = "many".into();
    submit(&home, 1, &wrong, &["is refused"]);
    let right = write(&home, "right.json", order("ev-1", "SO2", "original"));
    let found = |number: &str| home.json(&["document", "list", "--number", number]).len();
    assert_eq!((found("SO1"), found("SO2")), (1, 0));
    home.says(0, &["document", "correct", "1", "--file", &right], &["queued, before refused"]);
    assert_eq!((found("SO1"), found("SO2")), (1, 1));
    assert_eq!(home.json(&["delivery", "list", "--number", "SO1"]).len(), 1);
    assert_eq!(home.json(&["document", "list", "--number", "SO1"])[0]["business_number"], "SO2");
}

#[test]
fn status_counts_what_was_given_back_within_a_day() {
    let home = home("given-back");
    submit(&home, 1, "{\"id\": \"ev-1\",", &["is refused"]);
    let refused = || home.json(&["status"])[0]["refused"].clone();
    let line =
        "1 object given back to the ERP within the last day: `crossdock document list --state refused --since 1d`";
    assert_eq!(refused(), 1);
    let screen = home.out(&["status"]);
    assert!(screen.contains(line), "{screen}");
    assert_eq!(home.json(&["document", "list", "--state", "refused", "--since", "1d"]).len(), 1);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let record = SqliteConnectOptions::new().filename(home.path.join("data/crossdock.db"));
        let a_day_before = "UPDATE documents SET received_at = received_at - 86400 * 1000000";
        sqlx::query(a_day_before).execute(&mut record.connect().await.unwrap()).await.unwrap();
    });
    assert_eq!(refused(), 0);
    assert!(!home.out(&["status"]).contains("given back"));
}

#[test]
fn a_source_with_a_slip_goes_to_nobody_and_not_to_the_only_partner_that_is_sent_orders() {
    let home = home("slip-in-source");
    let northgate = home.path.join("partner-profiles/northgate.toml");
    let text = fs::read_to_string(&northgate).unwrap();
    let (receives, _) = text.split_once("[[send]]").unwrap();
    fs::write(&northgate, format!("{receives}\n{NOT_ACKNOWLEDGED}")).unwrap();
    let from = |source: &str| {
        let mut order = order("ev-1", "SO1", "original");
        order["source"] = source.into();
        order
    };
    for source in ["/partner/northgate", "northgate", "urn:partners:northgate"] {
        let said = format!("the event's `source` `{source}` names no partner");
        submit(&home, 1, from(source), &["error[submission.partner]", &said, "write \"/partners/northgate\""]);
    }
    submit(&home, 0, from("/erp/production"), &["fulfillment_order SO1 to harbor is queued"]);
}

#[test]
fn events_for_machines_hold_every_digit_of_what_was_published() {
    let mut home = Home::new("digits");
    let file = String::from_utf8(fixture("945/harbor-cartons/input.edi")).unwrap();
    assert!(file.contains("W03*46*58*LB"), "{file}");
    home.receive(&[("harbor", "a.edi", file.replace("W03*46*58*LB", "W03*46*58.500*LB").as_bytes())]);
    let event = home.out(&["events"]);
    assert!(event.contains(r#"{"value":58.500,"unit":"LB"}"#), "{event}");
    let expected = format!("{{\"sequence\":1,\"event\":{}}}\n", event.trim_end());
    assert_eq!(home.out(&["events", "--format", "json"]), expected);
}

#[test]
fn what_is_computed_and_does_not_fit_is_told_to_be_no_field_of_the_object() {
    let home = home("computed");
    let mut order = order("ev-1", "SO1", "original");
    order["data"]["lines"][0]["ordered"]["value"] = 0.123_456_789_012_345_68.into();
    let said = [
        "`W7601`: 6.12345678901234568 has 18 digits",
        "cause   no field of the object: mappings/base/940.toml:105 says",
    ];
    submit(&home, 1, order, &said);
}
