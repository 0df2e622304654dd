//! Documents that are collected to go out together: by number, size and time, and what becomes of them meanwhile.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/gateway.rs"]
mod gateway;

use std::fs;
use std::process::Command;

use crossdock::diagnostic::codes;
use crossdock::lifecycle::{AnswerState, DeliveryState, DocumentState};
use crossdock::pipeline::passage::Passages;
use crossdock::pipeline::{answered, batch};
use crossdock::store::{Applied, Audit, Delivery, Document, Row, Unit};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use desk::{Desk, acknowledgment, event};
use gateway::{Home, order, profile};

/// A home whose partner alder is sent orders that are collected so.
fn home(name: &str, how: &str) -> Home {
    let home = Home::new(name, &["alder"]);
    let text = profile("alder") + &format!("batch = {{ {how} }}\n");
    home.write("partner-profiles/alder.toml", &text);
    home
}

fn orders(numbers: std::ops::RangeInclusive<u32>) -> String {
    numbers.map(|number| order("alder", &format!("PO{number}"))).collect::<Vec<_>>().join("\n")
}

fn later(minutes: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_mins(minutes)
}

/// The orders of an interchange.
fn of(text: &str) -> Vec<&str> {
    let segments = text.split('~').filter_map(|segment| segment.trim().strip_prefix("W05*"));
    segments.map(|segment| segment.split('*').nth(1).unwrap()).collect()
}

/// States of deliveries, with how many documents they collected.
fn shown(deliveries: &[Delivery]) -> Vec<(&'static str, i64)> {
    deliveries.iter().map(|one| (one.state.word(), one.collected)).collect()
}

async fn close(desk: &Desk, now: Timestamp) -> usize {
    batch::turn(&desk.pipeline, now).await.unwrap()
}

fn row(document: &Document) -> Row {
    Row { id: document.id, version: document.version }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_documents_go_out_together_and_the_rest_when_it_has_waited() {
    let desk = Desk::new(home("batch-count", "documents = 3, wait = \"5m\"")).await;
    // Of one payload and of several: what goes out does not depend on it.
    desk.submit(&orders(1..=2)).await;
    assert_eq!(close(&desk, later(4)).await, 0, "nothing is due");
    let found = desk.submit(&orders(3..=7)).await;
    assert_eq!(shown(&desk.deliveries().await), [("collecting", 3), ("collecting", 3), ("collecting", 1)]);
    assert!(found.iter().all(|one| one.state == DocumentState::Queued && one.collected_until.is_some()));
    assert!(found.iter().all(|one| one.control_numbers == [None, None, None] && one.answer.is_none()));
    assert_eq!(close(&desk, Timestamp::now()).await, 2, "two are full");
    assert_eq!(close(&desk, later(4)).await, 0);
    assert_eq!(close(&desk, later(6)).await, 1, "the last one has waited");
    let deliveries = desk.deliveries().await;
    assert_eq!(shown(&deliveries), [("waiting", 3), ("waiting", 3), ("waiting", 1)]);
    let mut sent = Vec::new();
    for delivery in &deliveries {
        let text = desk.text(delivery).await;
        sent.extend(of(&text).into_iter().map(str::to_owned));
        let [gs, st] = ["~GS*", "~ST*"].map(|segment| text.matches(segment).count());
        assert_eq!((gs, st as i64), (1, delivery.collected), "{text}");
        assert!(text.contains(&format!("~GE*{st}*")) && text.contains("~IEA*1*"), "{text}");
    }
    assert_eq!(sent, (1..=7).map(|number| format!("PO{number}")).collect::<Vec<_>>());
    let numbers: Vec<_> = deliveries.iter().map(|one| one.interchange_number).collect();
    assert_eq!(numbers, [Some(1), Some(2), Some(3)]);
    let first = desk.documents().await.remove(2);
    let expected = ["1", "1", "0003"].map(|number| Some(number.to_owned()));
    assert_eq!(
        (first.control_numbers, first.collected_until, first.answer),
        (expected, None, Some(AnswerState::Waiting))
    );
    assert!(deliveries[0].file_name.starts_with("940_000000001_2"), "{}", deliveries[0].file_name);
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_bytes_go_out_together() {
    let desk = Desk::new(home("batch-size", "size = \"1kB\", wait = \"1h\"")).await;
    let found = desk.submit(&orders(1..=20)).await;
    assert_eq!(found.len(), 20);
    let deliveries = desk.deliveries().await;
    assert!(deliveries.len() > 1, "{deliveries:#?}");
    assert!(deliveries.iter().all(|one| one.collected_bytes <= 1_000 && one.collected > 1), "{deliveries:#?}");
    assert_eq!(deliveries.iter().map(|one| one.collected).sum::<i64>(), 20);
    assert_eq!(close(&desk, Timestamp::now()).await, deliveries.len() - 1, "all but the last are full");
    let text = desk.text(&desk.deliveries().await[0]).await;
    let is_envelope = |segment: &&str| ["ISA*", "GS*", "GE*", "IEA*"].iter().any(|tag| segment.starts_with(tag));
    let bytes: usize = text.split_inclusive('~').filter(|segment| !is_envelope(segment)).map(str::len).sum();
    assert_eq!(bytes as i64, deliveries[0].collected_bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_together_is_what_translate_writes() {
    let desk = Desk::new(home("batch-translate", "wait = \"1h\"")).await;
    for number in 1..=4 {
        desk.submit(&orders(number..=number)).await;
    }
    close(&desk, later(61)).await;
    desk.home.write("orders.json", &orders(1..=4));
    let output = Command::new(env!("CARGO_BIN_EXE_crossdock"))
        .args(["translate", "orders.json", "--partner", "alder"])
        .current_dir(&desk.home.path)
        .output()
        .unwrap();
    let without_time = |text: &str| -> Vec<String> {
        let plain = |segment: &str| match segment.split_once('*') {
            Some((tag @ ("ISA" | "GS"), _)) => {
                let elements: Vec<&str> = segment.split('*').collect();
                let skip = if tag == "ISA" { [9, 10] } else { [4, 5] };
                let kept = elements.iter().enumerate().filter(|(at, _)| !skip.contains(at)).map(|(_, text)| *text);
                kept.collect::<Vec<_>>().join("*")
            }
            _ => segment.to_owned(),
        };
        text.split('~').map(plain).collect()
    };
    let translated = String::from_utf8(output.stdout).unwrap();
    assert_eq!(without_time(&translated), without_time(&desk.text(&desk.deliveries().await[0]).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_document_stops_no_other_neither_when_it_comes_nor_when_they_go() {
    let desk = Desk::new(home("batch-bad", "documents = 4, wait = \"5m\"")).await;
    let long = orders(2..=2).replace("\"PO2\"", "\"A-NUMBER-THAT-IS-LONGER-THAN-THE-ELEMENT\"");
    let found = desk.submit(&[orders(1..=1), long, orders(3..=4)].join("\n")).await;
    let states: Vec<_> = found.iter().map(|one| one.state.word()).collect();
    assert_eq!(states, ["queued", "refused", "queued", "queued"]);
    assert_eq!(shown(&desk.deliveries().await), [("collecting", 3)]);
    // The mapping has changed when they go, and one of them does not fit any more.
    desk.home
        .write("mappings/alder/940.toml", "extends = \"base/940\"\n[rule.not-3]\nmust = \"order_number != 'PO3'\"\n");
    desk.home.edit_profile(
        "alder",
        "document = \"x12/004010/940\"",
        "document = \"x12/004010/940\"\nmapping = \"alder/940\"",
    );
    let desk = desk.again().await;
    assert_eq!(close(&desk, later(6)).await, 1);
    let deliveries = desk.deliveries().await;
    assert_eq!(shown(&deliveries), [("waiting", 2)]);
    assert_eq!(of(&desk.text(&deliveries[0]).await), ["PO1", "PO4"]);
    let held = desk.document(found[2].id).await;
    assert_eq!((held.state, held.delivery, held.attempt), (DocumentState::Held, None, 2));
    assert_eq!(held.problem.unwrap().code.name(), "mapping.rule");
    let attempts = desk.store.attempts(found[3].id).await.unwrap();
    assert_eq!(attempts.len(), 2, "what was written by another mapping is another attempt");
    let numbers = desk.document(found[3].id).await.control_numbers[2].clone();
    assert_eq!(numbers.as_deref(), Some("0002"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_collected_as_a_test_does_not_go_out_as_none() {
    let desk = Desk::new(home("batch-usage", "documents = 10, wait = \"5m\"")).await;
    let with_usage = |usage: &str| format!("usage = \"{usage}\"\ntime_zone = \"UTC\"\n");
    desk.home.edit_profile("alder", "time_zone = \"UTC\"\n", &with_usage("test"));
    let desk = desk.again().await;
    let test = desk.submit(&orders(1..=1)).await.remove(0);
    desk.home.edit_profile("alder", &with_usage("test"), &with_usage("production"));
    let desk = desk.again().await;
    desk.submit(&orders(2..=2)).await;
    assert_eq!(close(&desk, later(6)).await, 1);
    let deliveries = desk.deliveries().await;
    assert_eq!(shown(&deliveries), [("waiting", 1)]);
    let text = desk.text(&deliveries[0]).await;
    assert!(of(&text) == ["PO2"] && text.contains("*0*P*"), "{text}");
    let held = desk.document(test.id).await;
    assert_eq!((held.state, held.lane.as_str()), (DocumentState::Held, "test"));
    assert_eq!(held.problem.unwrap().code, codes::SUBMISSION_OTHER_USAGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_leaves_and_the_others_go_on() {
    let desk = Desk::new(home("batch-leaves", "documents = 10, wait = \"5m\"")).await;
    let found = desk.submit(&orders(1..=3)).await;
    // What was read before it left does not take.
    let stale = desk.deliveries().await.remove(0);
    let audit = desk.audit();
    let leave = |document: &Document, audit: &Audit| Unit::Leave(row(document), DocumentState::Held, audit.clone());
    assert_eq!(desk.store.commit_one(leave(&found[1], &audit)).await.unwrap(), Applied::Done(found[1].id));
    assert_eq!(desk.store.commit_one(leave(&found[1], &audit)).await.unwrap(), Applied::Stale);
    let delivery = desk.deliveries().await.remove(0);
    assert!(delivery.version > stale.version);
    assert_eq!((delivery.collected, delivery.collected_bytes * 3), (2, stale.collected_bytes * 2));
    assert_eq!(close(&desk, later(6)).await, 1);
    assert_eq!(of(&desk.text(&desk.deliveries().await[0]).await), ["PO1", "PO3"]);
    // Written anew, it is collected anew.
    let held = desk.document(found[1].id).await;
    let taken = desk.pipeline.retake(&held, "tester", None, &mut Passages::default()).await.unwrap().unwrap();
    desk.pipeline.commit_retake(&held, taken, audit.clone()).await.unwrap();
    assert_eq!(shown(&desk.deliveries().await), [("waiting", 2), ("collecting", 1)]);
    // One that nothing is left of is not made.
    let again = desk.document(held.id).await;
    desk.store.commit_one(leave(&again, &audit)).await.unwrap();
    assert_eq!(shown(&desk.deliveries().await), [("waiting", 2), ("discarded", 0)]);
    assert_eq!(close(&desk, later(60)).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_comes_while_others_are_written_is_not_lost() {
    let desk = Desk::new(home("batch-race", "documents = 10, wait = \"5m\"")).await;
    desk.submit(&orders(1..=2)).await;
    let delivery = desk.deliveries().await.remove(0);
    let closing = crossdock::store::Closing {
        delivery: Row { id: delivery.id, version: delivery.version },
        made: Vec::new(),
        documents: Vec::new(),
        at: later(6),
    };
    desk.submit(&orders(3..=3)).await;
    let applied = desk.store.commit_one(Unit::Close(Box::new(closing))).await.unwrap();
    assert_eq!(applied, Applied::Stale);
    assert_eq!(close(&desk, later(6)).await, 1);
    assert_eq!(of(&desk.text(&desk.deliveries().await[0]).await), ["PO1", "PO2", "PO3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgment_says_of_each_document_that_went_together() {
    let desk = Desk::new(home("batch-997", "documents = 3, wait = \"5m\"")).await;
    for number in 1..=3 {
        desk.submit(&orders(number..=number)).await;
    }
    close(&desk, Timestamp::now()).await;
    let delivery = desk.deliveries().await.remove(0);
    desk.delivered(&delivery).await;
    let sets = [("940", "0001", "A"), ("940", "0002", "R"), ("940", "0003", "A")];
    desk.receive("alder", &acknowledgment("alder", "1", "OW", &sets)).await;
    answered::turn(&desk.pipeline, Timestamp::now()).await.unwrap();
    let answers: Vec<_> = desk.documents().await.iter().take(3).map(|one| (one.state.word(), one.answer)).collect();
    let expected = [
        ("delivered", Some(AnswerState::Accepted)),
        ("rejected", Some(AnswerState::Rejected)),
        ("delivered", Some(AnswerState::Accepted)),
    ];
    assert_eq!(answers, expected);
    let delivery = desk.deliveries().await.remove(0);
    assert_eq!((delivery.state, delivery.answer), (DeliveryState::Delivered, Some(AnswerState::PartiallyAccepted)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_keeps_nothing_collected_and_nothing_joins_it() {
    let desk = Desk::new(home("batch-clock", "wait = \"5m\"")).await;
    desk.submit(&orders(1..=2)).await;
    assert_eq!(close(&desk, later(-30)).await, 0, "they wait that long at most");
    // The clock was a year ahead.
    let options = SqliteConnectOptions::new().filename(desk.home.data().join("crossdock.db"));
    let year = "UPDATE deliveries SET due_at = due_at + 31536000000000, created_at = created_at + 31536000000000";
    sqlx::query(year).execute(&mut options.connect().await.unwrap()).await.unwrap();
    desk.submit(&orders(3..=3)).await;
    assert_eq!(shown(&desk.deliveries().await), [("collecting", 2), ("collecting", 1)]);
    assert_eq!(close(&desk, Timestamp::now()).await, 1);
    assert_eq!(shown(&desk.deliveries().await), [("waiting", 2), ("collecting", 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_collected_waits_while_no_profile_can_be_read() {
    let desk = Desk::new(home("batch-no-profiles", "documents = 9, wait = \"5m\"")).await;
    desk.submit(&orders(1..=2)).await;
    let [file, aside] = ["partner-profiles/alder.toml", "alder.toml"].map(|name| desk.home.path.join(name));
    fs::rename(&file, &aside).unwrap();
    let desk = desk.again().await;
    assert_eq!(close(&desk, later(6)).await, 0);
    assert_eq!(shown(&desk.deliveries().await), [("collecting", 2)]);
    fs::rename(&aside, &file).unwrap();
    let desk = desk.again().await;
    assert_eq!(close(&desk, later(6)).await, 1);
    assert_eq!(shown(&desk.deliveries().await), [("waiting", 2)]);
}

const LAYOUT: &str = "title = \"Shipments\"\nsyntax = \"delimited\"\ndelimiter = \";\"\nrecord_type = 1\ndocument = \"order\"\n\
    [record.order]\ncode = \"H\"\nfields = [{ name = \"number\", required = true, key = true }, \"reference\"]\n\
    [record.line]\ncode = \"L\"\nfields = [\"sku\", { name = \"quantity\", type = \"number\" }, \"uom\"]\n\
    [record.end]\ncode = \"T\"\noutside = \"after\"\nfields = [{ name = \"orders\", counts = \"documents\" }]\n";
const MAPPING: &str = "canonical = \"shipment\"\ndocument = \"flat/alder-shipments\"\n[map]\norder_number = \"number\"\n\
    [map.lines]\neach = \"line\"\nsku = \"sku\"\nshipped = { at = \"quantity\", unit = \"uom\" }\n\
    [derived]\nreference = { sequence = \"confirmation\" }\n";

#[tokio::test(flavor = "multi_thread")]
async fn files_of_records_are_collected_too_and_their_trailers_count_right() {
    let home = Home::new("batch-layout", &["alder"]);
    home.write("mappings/layouts/alder-shipments.toml", LAYOUT);
    home.write("mappings/alder/shipments.toml", MAPPING);
    let entry = "[[send]]\ncanonical = \"shipment\"\ndocument = \"flat/alder-shipments\"\nmapping = \"alder/shipments\"\n\
        file_name = \"OUT_{control_number}.csv\"\nbatch = { documents = 4, at = [\"23:59\"] }\n";
    home.write("partner-profiles/alder.toml", &(profile("alder") + entry));
    let desk = Desk::new(home).await;
    let shipment = |number: u32, time: u32| {
        let shipped = json!({ "value": number, "unit": "EA" });
        let data = json!({ "order_number": format!("S{number}"), "lines": [{ "sku": "TENT", "shipped": shipped }] });
        event("alder", &format!("s-{number}-{time}"), "shipment", &data)
    };
    for number in 1..=3 {
        desk.submit(&shipment(number, 1)).await;
    }
    // A second document with the key of the first has no room in one file with it, and goes into one beside.
    desk.submit(&shipment(2, 2)).await;
    assert_eq!(close(&desk, Timestamp::now()).await, 1);
    let mut texts = Vec::new();
    for delivery in desk.deliveries().await {
        assert_eq!(delivery.state, DeliveryState::Waiting);
        texts.push((delivery.file_name.clone(), desk.text(&delivery).await));
    }
    let expected = [
        ("OUT_000000001.csv", "H;S1;1\nL;TENT;1;EA\nH;S2;2\nL;TENT;2;EA\nH;S3;3\nL;TENT;3;EA\nT;3\n"),
        ("OUT_000000002.csv", "H;S2;4\nL;TENT;2;EA\nT;1\n"),
    ];
    let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(texts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_collected_goes_before_what_comes_when_nothing_is_collected_any_more() {
    let desk = Desk::new(Home::new("batch-ended", &["alder"])).await;
    let late = desk.take("erp", &orders(3..=3)).await;
    let late = desk.pipeline.prepare(late, "gateway").await.unwrap();
    let (entry, batch) = ("document = \"x12/004010/940\"\n", "batch = { wait = \"1h\" }\n");
    desk.home.edit_profile("alder", entry, &format!("{entry}{batch}"));
    let desk = desk.again().await;
    desk.submit(&orders(1..=2)).await;
    // What was written before is not committed before.
    desk.pipeline.release(late, "gateway").await.unwrap();
    assert_eq!(shown(&desk.deliveries().await), [("collecting", 3)]);
    desk.home.edit_profile("alder", batch, "");
    let desk = desk.again().await;
    desk.submit(&orders(4..=5)).await;
    assert_eq!(shown(&desk.deliveries().await), [("collecting", 5)]);
    assert_eq!(close(&desk, Timestamp::now() + SignedDuration::from_secs(2)).await, 1, "it does not wait for more");
    desk.submit(&orders(6..=6)).await;
    let deliveries = desk.deliveries().await;
    assert_eq!(shown(&deliveries), [("waiting", 5), ("waiting", 0)]);
    let sent = [desk.text(&deliveries[0]).await, desk.text(&deliveries[1]).await];
    assert_eq!(of(&sent[0]), ["PO1", "PO2", "PO3", "PO4", "PO5"]);
    assert_eq!(of(&sent[1]), ["PO6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_collected_goes_before_what_comes_as_another_document_since() {
    let home = Home::new("batch-renamed", &["alder"]);
    let (entry, batch) = ("document = \"x12/004010/940\"\n", "batch = { wait = \"1h\" }\n");
    home.edit_profile("alder", entry, &format!("{entry}{batch}"));
    let desk = Desk::new(home).await;
    desk.submit(&orders(1..=1)).await;
    let now = "[[send]]\ncanonical = \"fulfillment_order\"\ndocument = \"x12/005010/940\"\nfrom = 2026-01-01\n";
    desk.home.edit_profile("alder", batch, &format!("{batch}{now}"));
    let desk = desk.again().await;
    desk.submit(&order("alder", "PO1").replace("erp-PO1", "cancel").replace("original", "cancel")).await;
    assert_eq!(shown(&desk.deliveries().await), [("collecting", 1), ("collecting", 1)]);
    assert_eq!(close(&desk, Timestamp::now()).await, 0);
    assert_eq!(close(&desk, Timestamp::now() + SignedDuration::from_secs(2)).await, 2, "none waits for more");
    let mut sent = Vec::new();
    for delivery in desk.deliveries().await {
        assert_eq!((delivery.state.word(), delivery.interchange_number), ("waiting", Some(sent.len() as i64 + 1)));
        sent.push(desk.text(&delivery).await);
    }
    assert!(sent[0].contains("W05*N*PO1") && sent[1].contains("W05*F*PO1"), "{sent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_into_what_is_collected_is_overtaken_by_nothing_in_it() {
    let desk = Desk::new(home("batch-back", "wait = \"1h\"")).await;
    let [original] = desk.submit(&orders(1..=1)).await.try_into().unwrap();
    let held = Unit::Leave(row(&original), DocumentState::Held, desk.audit());
    assert_eq!(desk.store.commit_one(held).await.unwrap(), Applied::Done(original.id));
    desk.submit(&order("alder", "PO1").replace("erp-PO1", "cancel").replace("original", "cancel")).await;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossdock"));
        let output = command.args(arguments).current_dir(&desk.home.path).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let id = original.id.to_string();
    let (code, said) = run(&["document", "release", &id]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("behind"), "{said}");
    assert_eq!(close(&desk, later(61)).await, 1);
    let deliveries = desk.deliveries().await;
    let text = desk.text(deliveries.last().unwrap()).await;
    assert_eq!(of(&text), ["PO1", "PO1"]);
    let (first, second) = (text.find("W05*N*").unwrap(), text.rfind("W05*").unwrap());
    assert!(first < second, "{text}");
}
