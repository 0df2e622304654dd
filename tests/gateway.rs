//! What a gateway does with what was dropped into its mailboxes: what goes on, what is held, and what is said of it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/recorded.rs"]
mod recorded;
#[path = "support/small_disk.rs"]
mod small_disk;

use std::fs;
use std::process::{Command, Stdio};

use crossdock::diagnostic::{Diagnostic, codes};
use crossdock::lifecycle::{DeliveryState, DocumentState, PayloadState};
use crossdock::store::{Kept, NewPayload, Store, Unit};

use gateway::{Home, Serving, envelope, files, interchange, order, profile, shipment, wait};
use recorded::{orders, record, worked_on};
use small_disk::SmallDisk;

/// Runs a statement on the record, past the store.
fn in_the_database(home: &Home, statement: &'static str) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.data().join("crossdock.db"));
        let mut database = sqlx::ConnectOptions::connect(&options).await.unwrap();
        sqlx::query(statement).execute(&mut database).await.unwrap();
    });
}

fn codes_of(diagnostics: &[Diagnostic]) -> Vec<&str> {
    diagnostics.iter().map(|one| one.code.name()).collect()
}

#[test]
fn a_bad_set_is_rejected_and_its_neighbours_go_on_in_their_order() {
    let home = Home::new("neighbours", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let sets = [shipment(1, "A"), shipment(2, "B").replace("W12*CC*4", "W12*CC*FOUR"), shipment(3, "C")];
    home.drop_into(&home.inbox("alder"), "a.edi", envelope("alder", 1, &sets).as_bytes());
    let record = worked_on(&home, &serving, 1);
    assert_eq!(record.payloads[0].state, PayloadState::Translated);
    let states: Vec<_> = record.documents.iter().map(|one| (one.business_number.as_deref(), one.state)).collect();
    let told = "documents are rejected, and the partner is told payload=1 partner=\"alder\" documents=1";
    wait(|| serving.said(told).then_some(()), || serving.text());
    let expected = [("A", DocumentState::Published), ("B", DocumentState::Rejected), ("C", DocumentState::Published)];
    assert_eq!(states, expected.map(|(number, state)| (Some(number), state)));
    let problem = record.documents[1].problem.as_ref().unwrap();
    assert_eq!(problem.code, codes::X12_ELEMENT_TYPE);
    let told = "997: AK3*W12*7**8, AK4*2*330*6*FOUR (the transaction set is rejected)";
    assert_eq!(problem.answer.as_deref(), Some(told));
    let published = || Some(files(&home.published("shipment"))).filter(|files| files.len() == 2);
    let names = wait(published, || serving.text());
    assert!(names[0].starts_with("A-") && names[1].starts_with("C-"), "{names:?}");
    let event: serde_json::Value =
        serde_json::from_slice(&fs::read(home.published("shipment").join(&names[0])).unwrap()).unwrap();
    assert_eq!((event["source"].as_str(), event["subject"].as_str()), (Some("/partners/alder"), Some("A")));
    assert_eq!(event["documentid"].as_str(), Some(record.documents[0].id.to_string().as_str()));
}

#[test]
fn what_cannot_be_trusted_is_held_whole_and_says_why() {
    let home = Home::new("held", &["alder", "birch"]);
    home.write(
        "partner-profiles/cedar.toml",
        &profile("cedar").replace("document = \"x12/945\"", "document = \"x12/945\"\nmapping = \"cedar/945\""),
    );
    home.write("mappings/cedar/945.toml", "extends = \"base/945\"\n[map]\norder_numbr = \"W0602\"\n");
    let serving = home.serve();
    serving.ready();
    let right = |partner: &str, number| interchange(partner, number, &orders(2, "SO"));
    let cases = [
        ("alder", "unknown.edi", right("nobody", 1), codes::PROFILE_UNKNOWN_SENDER),
        ("alder", "foreign.edi", right("birch", 1), codes::PAYLOAD_FOREIGN_SENDER),
        ("alder", "cut.edi", right("alder", 2).split("GE*").next().unwrap().to_owned(), codes::X12_TRUNCATED),
        ("alder", "html.edi", "<html>502 Bad Gateway</html>".to_owned(), codes::X12_NO_INTERCHANGE),
        ("alder", "empty.edi", String::new(), codes::X12_NO_INTERCHANGE),
        ("cedar", "mapping.edi", right("cedar", 3), codes::MAPPING_UNUSABLE),
    ];
    for (partner, name, text, _) in &cases {
        home.drop_into(&home.inbox(partner), name, text.as_bytes());
    }
    let record = worked_on(&home, &serving, cases.len());
    for (_, name, _, code) in &cases {
        let payload = record.payloads.iter().find(|payload| payload.file_name == *name).unwrap();
        assert_eq!(payload.state, PayloadState::Held, "{name}");
        let found = codes_of(&payload.diagnostics);
        assert!(found.contains(&code.name()), "{name}: {found:?}");
        // Who watches the log sees it come.
        let told =
            |line: &str| line.contains("the payload is held") && line.contains(&format!("payload={} ", payload.id));
        wait(|| serving.text().lines().any(told).then_some(()), || format!("{name}: {}", serving.text()));
    }
    // Where nothing was found there is nothing to let go on.
    for (name, offered) in [("html.edi", false), ("foreign.edi", true)] {
        let id = record.payloads.iter().find(|payload| payload.file_name == name).unwrap().id.to_string();
        let (_, out, _) = home.run(&["payload", "show", &id]);
        assert_eq!(out.contains("go on in spite of them"), offered, "{out}");
    }
    assert!(record.documents.is_empty(), "nothing of them goes on");
    assert_eq!(files(&home.published("shipment")), Vec::<String>::new());
}

#[test]
fn the_same_interchange_is_taken_once_and_a_number_used_again_is_held() {
    let home = Home::new("duplicates", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let inbox = home.inbox("alder");
    home.drop_into(&inbox, "first.edi", interchange("alder", 7, &orders(2, "SO")).as_bytes());
    worked_on(&home, &serving, 1);
    // Written anew with another time in the envelope, it is still the same.
    let again = interchange("alder", 7, &orders(2, "SO")).replace("*1430*", "*1931*");
    home.drop_into(&inbox, "again.edi", again.as_bytes());
    home.drop_into(&inbox, "reused.edi", interchange("alder", 7, &orders(2, "TO")).as_bytes());
    let record = worked_on(&home, &serving, 3);
    let found: Vec<_> = record
        .payloads
        .iter()
        .map(|one| (one.file_name.as_str(), one.state, one.duplicate_of, codes_of(&one.diagnostics)))
        .collect();
    let first = record.payloads[0].id;
    assert!(
        found.contains(&("again.edi", PayloadState::Duplicate, Some(first), vec!["payload.duplicate"])),
        "{found:?}"
    );
    assert!(
        found.contains(&("reused.edi", PayloadState::Held, Some(first), vec!["payload.number-reused"])),
        "{found:?}"
    );
    assert_eq!(record.documents.len(), 2);
}

#[test]
fn what_stands_twice_in_one_file_is_not_done_twice() {
    let home = Home::new("twice", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let one = interchange("alder", 7, &orders(2, "SO"));
    home.drop_into(&home.inbox("alder"), "twice.edi", format!("{one}{one}").as_bytes());
    let text = order("alder", "PO1");
    home.drop_into(&home.submitted(), "twice.json", format!("{text}\n{text}\n").as_bytes());
    let record = worked_on(&home, &serving, 2);
    let payload = record.payloads.iter().find(|payload| payload.file_name == "twice.edi").unwrap();
    assert_eq!(payload.state, PayloadState::Held);
    assert!(codes_of(&payload.diagnostics).contains(&"payload.number-reused"), "{:?}", codes_of(&payload.diagnostics));
    let states: Vec<_> = record.documents.iter().map(|one| (one.position, one.state)).collect();
    assert_eq!(states.len(), 2, "of the interchange that stands twice nothing goes on");
    let second = record.documents.iter().find(|one| one.position == 2).unwrap();
    assert_eq!(
        (second.state, second.problem.as_ref().unwrap().code),
        (DocumentState::Refused, codes::SUBMISSION_DUPLICATE)
    );
    wait(|| (files(&home.outbox("alder")).len() == 1).then_some(()), || serving.text());
}

#[test]
fn test_interchanges_never_reach_the_live_folder() {
    let home = Home::new("lanes", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let text = interchange("alder", 1, &orders(1, "SO")).replace("*0*P*>", "*0*T*>");
    home.drop_into(&home.inbox("alder"), "t.edi", text.as_bytes());
    let test = home.data().join("erp/test/shipment");
    wait(|| (files(&test).len() == 1).then_some(()), || serving.text());
    assert!(!home.data().join("erp/published").exists());
}

#[test]
fn a_submission_that_failed_is_not_made_at_the_next_start() {
    let home = Home::new("submit-failed", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let orders: String =
        (0..300).map(|number| order("alder", &format!("PO{number}")).replace("\"id\"", "\"ref\"") + "\n").collect();
    home.write("orders.jsonl", &orders);
    let file = home.path.join("orders.jsonl");
    let submit = || home.run(&["submit", file.to_str().unwrap()]);
    let full = "CREATE TRIGGER full BEFORE INSERT ON payloads BEGIN SELECT RAISE(ABORT, 'no room'); END";
    in_the_database(&home, full);
    let (code, _, said) = submit();
    assert_eq!(code, Some(3), "{said}");
    in_the_database(&home, "DROP TRIGGER full");
    drop(serving);
    let (code, out, said) = submit();
    assert_eq!(code, Some(0), "{out}{said}");
    let serving = home.serve();
    let delivered = || {
        let deliveries = record(&home).deliveries;
        (!deliveries.is_empty() && deliveries.iter().all(|one| one.state == DeliveryState::Delivered))
            .then_some(deliveries)
    };
    assert_eq!(wait(delivered, || serving.text()).len(), 1);
    assert_eq!(record(&home).payloads.len(), 1, "{}", serving.text());
}

#[test]
fn objects_of_the_erp_are_sent_or_come_back_with_the_reason() {
    let home = Home::new("submit", &["alder", "birch"]);
    let serving = home.serve();
    serving.ready();
    let submitted = home.submitted();
    home.drop_into(
        &submitted,
        "right.json",
        format!("{}\n{}\n", order("alder", "PO1"), order("alder", "PO2")).as_bytes(),
    );
    let bare = order("alder", "PO3");
    let bare = &bare[bare.find("\"data\":").unwrap() + 7..bare.len() - 1];
    let bare = bare.replace("\"action\"", "\"requested_ship_date\":\"2026-11-30\",\"action\"");
    home.drop_into(&submitted, "nobody.json", bare.as_bytes());
    home.drop_into(&submitted, "typo.json", order("aldr", "PO4").as_bytes());
    home.drop_into(&submitted, "wrong.json", order("birch", "PO5").replace("\"sku\"", "\"skuu\"").as_bytes());
    let record = worked_on(&home, &serving, 4);
    let refused = home.data().join("erp/refused");
    wait(|| (files(&refused).len() == 6).then_some(()), || serving.text());
    let said = |name: &str| {
        let report = files(&refused).into_iter().find(|file| file.starts_with(name) && file.ends_with(".txt")).unwrap();
        fs::read_to_string(refused.join(report)).unwrap()
    };
    assert!(said("nobody").contains("name one of alder, birch"), "{}", said("nobody"));
    assert!(said("typo").contains("did you mean `alder`?"), "{}", said("typo"));
    assert!(said("wrong").contains("did you mean `sku`?"), "{}", said("wrong"));
    let outbox = home.outbox("alder");
    let sent = wait(|| files(&outbox).pop(), || serving.text());
    let text = fs::read_to_string(outbox.join(&sent)).unwrap();
    assert_eq!(text.matches("ST*940*").count(), 2, "two orders of one file go in one interchange:\n{text}");
    assert!(text.contains("*000000001*") && text.contains("GE*2*1~"), "{text}");
    let validated = home.run(&["translate", outbox.join(&sent).to_str().unwrap(), "--data"]);
    assert_eq!(validated.0, Some(0), "{}", validated.2);
    let queued: Vec<_> = record.documents.iter().filter(|one| one.state != DocumentState::Refused).collect();
    assert_eq!(queued.len(), 2);
    // Submitted again, the same events are not sent again.
    home.drop_into(
        &submitted,
        "again.json",
        format!("{}\n{}\n", order("alder", "PO1"), order("alder", "PO6")).as_bytes(),
    );
    let record = worked_on(&home, &serving, 5);
    let again = record.documents.iter().find(|one| one.file_name == "again.json" && one.position == 1);
    assert_eq!(again.unwrap().problem.as_ref().unwrap().code, codes::SUBMISSION_DUPLICATE);
    wait(|| (files(&outbox).len() == 2).then_some(()), || serving.text());
}

/// As an ERP does that was not told in time: the whole file again, with some orders that are new.
#[test]
fn of_a_file_of_orders_that_comes_again_the_new_ones_go_on() {
    let home = Home::new("submitted-again", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let orders = |numbers: &mut dyn Iterator<Item = u32>| -> String {
        numbers.map(|number| order("alder", &format!("PO{number}")) + "\n").collect()
    };
    home.drop_into(&home.submitted(), "first.json", orders(&mut (0..600)).as_bytes());
    worked_on(&home, &serving, 1);
    home.drop_into(&home.submitted(), "again.json", orders(&mut (0..700)).as_bytes());
    let record = worked_on(&home, &serving, 2);
    let of_again = || record.documents.iter().filter(|one| one.file_name == "again.json");
    let refused = of_again().filter(|one| one.state == DocumentState::Refused);
    let known = refused.filter(|one| one.problem.as_ref().unwrap().code == codes::SUBMISSION_DUPLICATE);
    assert_eq!((of_again().count(), known.count()), (700, 600));
    let told =
        "documents are given back to the ERP payload=2 partner=\"erp\" documents=600 code=\"submission.duplicate\"";
    wait(|| serving.said(told).then_some(()), || serving.text());
}

/// Documents of a large file are on record, in parts, before its end is read.
#[test]
fn what_does_not_go_on_of_a_large_file_is_told_in_one_line() {
    let home = Home::new("large-told", &["alder"]);
    let serving = home.serve();
    let orders: Vec<String> = (1..=1_200).map(|number| format!("SO{number}")).collect();
    let text = interchange("alder", 1, &orders);
    let text = ["SO3*2", "SO4*2", "SO1100*2"].iter().fold(text, |text, date| text.replace(date, &format!("{date}x")));
    home.drop_into(&home.inbox("alder"), "large.edi", text.as_bytes());
    let told = "documents are rejected, and the partner is told payload=1 partner=\"alder\" documents=3 code=\"x12.";
    wait(|| serving.said(told).then_some(()), || serving.text());
    assert_eq!(serving.text().matches("documents are").count(), 1, "{}", serving.text());
}

#[test]
fn every_reason_to_refuse_an_object_is_told() {
    let home = Home::new("refusals", &["alder", "birch"]);
    let secret = "[envelope]\nisa = { security = \"01\", security_information = \"env:CROSSDOCK_TEST_NOT_THERE\" }\n";
    home.write("partner-profiles/cedar.toml", &format!("{}{secret}", profile("cedar")));
    let serving = home.serve();
    serving.ready();
    let transfer = order("alder", "TR1").replace("fulfillment_order", "stock_transfer").replace("ordered", "shipped");
    let cases = [
        ("transfer.json", transfer, codes::SUBMISSION_NOT_SENT),
        ("secret.json", order("cedar", "PO1"), codes::SUBMISSION_SECRET),
        ("partner.json", order("aldr", "PO2"), codes::SUBMISSION_PARTNER),
        ("nothing.json", String::new(), codes::SUBMISSION_EMPTY),
        ("empty.json", "[]".to_owned(), codes::SUBMISSION_EMPTY),
    ];
    for (name, text, _) in &cases {
        home.drop_into(&home.submitted(), name, text.as_bytes());
    }
    let record = worked_on(&home, &serving, cases.len());
    for (name, _, code) in &cases {
        let document = record.documents.iter().find(|document| document.file_name == *name).unwrap();
        let found = document.problem.as_ref().unwrap();
        assert_eq!((document.state, found.code), (DocumentState::Refused, *code), "{name}: {}", found.message);
    }
    let refused = home.data().join("erp/refused");
    wait(|| files(&refused).iter().any(|name| name.starts_with("nothing-")).then_some(()), || serving.text());
    assert!(record.deliveries.iter().all(|delivery| delivery.interchange_number.is_none()), "no number was given");
}

#[test]
fn a_folder_of_the_erp_that_cannot_be_written_and_files_that_wait_for_a_gateway_need_somebody() {
    let home = Home::new("unpublished", &["alder"]);
    home.write("data/erp/published", "in the way");
    let serving = home.serve();
    serving.ready();
    home.drop_into(&home.inbox("alder"), "a.edi", interchange("alder", 1, &orders(1, "SO")).as_bytes());
    let words = format!("events cannot be put into {}: ", home.published("shipment").display());
    let told = || Some(home.run(&["status"])).filter(|(_, out, _)| out.contains(&words));
    let (code, out, _) = wait(told, || serving.text());
    assert!(code == Some(1) && out.contains(", tried "), "{out}");
    assert!(serving.said(&words), "{}", serving.text());
    let (_, shown, _) = home.run(&["document", "show", "1"]);
    assert!(shown.contains(&format!("waits      it is not in the ERP's folder yet: {words}")), "{shown}");
    fs::remove_file(home.data().join("erp/published")).unwrap();
    let well =
        || Some(home.run(&["status"])).filter(|(code, out, _)| *code == Some(0) && !out.contains("cannot be put"));
    wait(well, || format!("{:?}\n{}", home.run(&["status"]), serving.text()));
    assert_eq!(serving.terminate(), Some(0));
    assert_eq!(home.run(&["status"]).0, Some(0), "nothing waits");
    home.drop_into(&home.inbox("alder"), "b.edi", interchange("alder", 2, &orders(1, "SX")).as_bytes());
    let (code, out, _) = home.run(&["status"]);
    assert!(code == Some(1) && out.contains("No gateway runs on this home") && out.contains("1 file in the"), "{out}");
}

#[test]
fn a_delivery_that_fails_is_tried_until_it_is_done() {
    let home = Home::new("delivery", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let outbox = home.outbox("alder");
    fs::remove_dir(&outbox).unwrap();
    fs::write(&outbox, "no folder").unwrap();
    home.drop_into(&home.submitted(), "o.json", order("alder", "PO1").as_bytes());
    let failed = || {
        let deliveries = record(&home).deliveries;
        deliveries.into_iter().find(|delivery| !delivery.diagnostics.is_empty())
    };
    let delivery = wait(failed, || serving.text());
    assert_eq!((delivery.state, codes_of(&delivery.diagnostics)), (DeliveryState::Waiting, vec!["delivery.failed"]));
    fs::remove_file(&outbox).unwrap();
    wait(|| (files(&outbox).len() == 1).then_some(()), || serving.text());
    let done = || record(&home).documents.first().map(|document| document.state);
    wait(|| done().filter(|state| *state == DocumentState::Delivered), || serving.text());
}

#[test]
fn a_payload_whose_bytes_are_gone_is_held() {
    let home = Home::new("gone", &["alder"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&home.data()).await.unwrap();
        let content = Kept::file("spool/gone".into(), 70_000, [0; 32]);
        let (file_name, received_at) = ("gone.edi".to_owned(), jiff::Timestamp::now());
        let (mailbox, spool_name) = ("alder".to_owned(), None);
        let gone = NewPayload {
            direction: "in",
            mailbox,
            partner: None,
            file_name,
            spool_name,
            broken_off: false,
            content,
            received_at,
        };
        // And one whose file has been changed since.
        let sets: Vec<String> = (1..=400).map(|number| shipment(number, &format!("SO{number}"))).collect();
        let text = envelope("alder", 1, &sets);
        fs::create_dir_all(home.data().join("spool")).unwrap();
        fs::write(home.data().join("spool/other"), text.replace("SO399", "SO999")).unwrap();
        let sha256 = crossdock::store::digest(text.as_bytes());
        let content = Kept::file("spool/other".into(), text.len() as u64, sha256);
        let other = NewPayload { file_name: "other.edi".to_owned(), content, ..gone.clone() };
        store.commit(vec![Unit::Receive(gone), Unit::Receive(other)]).await.unwrap();
    });
    let serving = home.serve();
    let record = worked_on(&home, &serving, 2);
    for payload in &record.payloads {
        assert_eq!(payload.state, PayloadState::Held);
        assert_eq!(codes_of(&payload.diagnostics), ["payload.unreadable"]);
    }
    assert!(record.documents.is_empty(), "nothing of what is not as it was received");
    assert!(files(&home.published("shipment")).is_empty());
}

#[test]
fn a_file_in_the_way_of_a_delivery_is_never_written_over() {
    let home = Home::new("in-the-way", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y%m%d").to_string();
    let name = format!("940_000000001_{today}.edi");
    fs::write(home.outbox("alder").join(&name), "somebody else's").unwrap();
    home.drop_into(&home.submitted(), "o.json", order("alder", "PO1").as_bytes());
    let held = || {
        let deliveries = record(&home).deliveries;
        deliveries.into_iter().find(|delivery| delivery.state == DeliveryState::Held)
    };
    let delivery = wait(held, || serving.text());
    assert_eq!(codes_of(&delivery.diagnostics), ["delivery.target-differs"]);
    assert_eq!(fs::read_to_string(home.outbox("alder").join(&name)).unwrap(), "somebody else's");
}

#[test]
fn a_home_has_one_gateway_and_the_second_says_so() {
    let home = Home::new("two", &["alder"]);
    let first = home.serve();
    first.ready();
    let (code, _, said) = home.run(&["serve"]);
    assert_eq!(code, Some(3));
    assert!(said.contains("another gateway runs on"), "{said}");
    assert!(said.contains(&format!("process {}", first.child.id())), "{said}");
    drop(first);
    let next = home.serve();
    next.ready();
    assert_eq!(next.terminate(), Some(0));
}

/// The disk does not take what is committed: here the log that is to be synced is gone.
#[test]
fn a_gateway_whose_disk_fails_stops_and_says_so_and_goes_on_at_the_next_start() {
    let home = Home::new("failing-disk", &["alder"]);
    let mut serving = home.serve();
    serving.ready();
    fs::remove_file(home.data().join("crossdock.db-wal")).unwrap();
    home.drop_into(&home.inbox("alder"), "a.edi", interchange("alder", 1, &orders(2, "SO")).as_bytes());
    assert_eq!(serving.child.wait().unwrap().code(), Some(3), "{}", serving.text());
    assert!(serving.said("what was committed cannot be brought to the disk: /"), "{}", serving.text());
    // Who opens the record in this moment makes another one.
    let says = ["crossdock.db-wal: No such file", "crossdock.db-wal: another file was put in its place"];
    assert!(says.iter().any(|words| serving.said(words)), "{}", serving.text());
    let again = home.serve();
    let record = worked_on(&home, &again, 1);
    assert_eq!(record.documents.len(), 2);
    wait(|| (files(&home.published("shipment")).len() == 2).then_some(()), || again.text());
}

#[test]
fn a_record_that_is_not_there_any_more_or_damaged_is_said_with_what_to_do() {
    let home = Home::new("damaged", &["alder"]);
    let begun = |serving: &Serving| {
        serving.ready();
        assert!(serving.text().contains("a new record is begun"), "{}", serving.text());
    };
    begun(&home.serve());
    let serving = home.serve();
    serving.ready();
    assert!(!serving.text().contains("a new record is begun"));
    drop(serving);
    let record = home.data().join("crossdock.db");
    let whole = fs::read(&record).unwrap();
    let says = |command: &str, words: &[&str]| {
        let (code, _, said) = home.run(&[command]);
        assert_eq!(code, Some(3), "{said}");
        words.iter().for_each(|word| assert!(said.contains(word), "{word} in {said}"));
    };
    // What stands in the log would mend it.
    let replace = |bytes: &[u8]| {
        for file in fs::read_dir(home.data()).unwrap().flatten() {
            if file.file_name().to_string_lossy().starts_with("crossdock.db-") {
                fs::remove_file(file.path()).unwrap();
            }
        }
        fs::write(&record, bytes).unwrap();
    };
    replace(&[b"no database at all", &whole[18..]].concat());
    says("status", &["the record is damaged", "file is not a database", "restore a backup"]);
    says("serve", &["the record is damaged", "restore a backup"]);
    replace(b"");
    for command in ["status", "serve"] {
        says(command, &["the record is gone", "or is empty", "restore a backup", "remove `crossdock.lock`"]);
    }
    fs::remove_file(home.data().join("crossdock.lock")).unwrap();
    says("status", &["no gateway has run in", "or it is empty"]);
    begun(&home.serve());
}

#[test]
fn a_wrong_setting_keeps_it_from_starting() {
    let home = Home::new("settings", &["alder"]);
    home.write("crossdock.toml", "[gateway]\nthread = 2\n");
    let (code, _, said) = home.run(&["serve"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("did you mean `threads`?"), "{said}");
    home.write("crossdock.toml", "[health]\nlisten = \"192.0.2.1:9190\"\n");
    let (code, _, said) = home.run(&["serve"]);
    assert_eq!(code, Some(3));
    assert!(said.contains("192.0.2.1:9190"), "{said}");
}

/// What is answered at a path of health and metrics.
fn ask(serving: &Serving, path: &str) -> String {
    let address = || {
        let text = serving.text();
        let at = text.find("address=")? + "address=".len();
        Some(text[at..].split_once('\n')?.0.trim().to_owned())
    };
    let mut stream = std::net::TcpStream::connect(wait(address, || serving.text())).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    answer
}

#[test]
fn health_and_metrics_are_served_on_loopback() {
    let home = Home::new("health", &["alder"]);
    let serving = home.serve();
    let get = |path: &str| ask(&serving, path);
    assert!(get("/health/live").starts_with("HTTP/1.1 200"));
    assert!(get("/health/ready").contains("ready"));
    assert!(get("/metrics").contains("crossdock_profiles 1"));
    assert!(get("/etc/passwd").starts_with("HTTP/1.1 404"));
}

/// Memory of a process in KiB, at its peak.
fn peak_memory(serving: &Serving) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", serving.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_large_file_is_worked_on_in_bounded_memory_and_one_that_is_cut_short_leaves_nothing() {
    let home = Home::new("large", &["alder"]);
    let sets = std::env::var("CROSSDOCK_LARGE_SETS").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000);
    let serving = home.serve();
    serving.ready();
    let text: Vec<String> = (1..=sets).map(|number| shipment(number, &format!("SO{number}"))).collect();
    let whole = envelope("alder", 1, &text);
    home.drop_into(&home.inbox("alder"), "cut.edi", &whole.as_bytes()[..whole.len() - 200]);
    home.drop_into(&home.inbox("alder"), "whole.edi", whole.as_bytes());
    wait(|| (files(&home.published("shipment")).len() == sets).then_some(()), || serving.text());
    let record = record(&home);
    let state = |name: &str| record.payloads.iter().find(|one| one.file_name == name).unwrap().state;
    assert_eq!((state("cut.edi"), state("whole.edi")), (PayloadState::Held, PayloadState::Translated));
    assert_eq!(record.documents.len(), sets, "of the one that was cut nothing is left");
    let peak = peak_memory(&serving);
    assert!(peak < 256 << 10, "{peak} KiB");
}

#[test]
fn a_full_disk_loses_nothing_and_work_goes_on_when_there_is_room() {
    let home = Home::new("full", &["alder"]);
    let Some(disk) = SmallDisk::mount(&home.data(), "12m") else { return };
    let serving = home.serve();
    serving.ready();
    let inbox = home.inbox("alder");
    let count: usize = 24;
    for number in 0..count {
        let text = interchange("alder", number as u32 + 1, &orders(2, &format!("SO{number}-")));
        home.drop_into(&inbox, &format!("{number}.edi"), text.as_bytes());
    }
    // Fills what is left, so that not even the log of the database can grow.
    let ballast = home.data().join("ballast");
    drop(fs::write(&ballast, vec![0; 16 << 20]));
    wait(|| serving.said("trying again").then_some(()), || serving.text());
    fs::remove_file(&ballast).unwrap();
    wait(|| (files(&home.published("shipment")).len() == 2 * count).then_some(()), || serving.text());
    let record = worked_on(&home, &serving, count);
    assert!(record.payloads.iter().all(|payload| payload.state == PayloadState::Translated));
    assert_eq!(serving.terminate(), Some(0));
    drop(disk);
}

/// What is in its mailbox no more and not on record yet is seen, and who balances loads sends no more.
#[test]
fn what_a_full_disk_keeps_off_the_record_is_seen() {
    let home = Home::new("full-seen", &["alder"]);
    let Some(_disk) = SmallDisk::mount(&home.data(), "12m") else { return };
    let serving = home.serve();
    serving.ready();
    let inbox = home.inbox("alder");
    // Bytes that take as much room on record; they are there under temporary names before the disk is full.
    let mut seed = 1_u64;
    let mut byte = |_| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 56) as u8
    };
    let names: Vec<String> = (0..10).map(|number| format!("{number}.edi")).collect();
    for name in &names {
        fs::write(inbox.join(format!(".{name}")), (0..50_000).map(&mut byte).collect::<Vec<u8>>()).unwrap();
    }
    let ballast = home.data().join("ballast");
    drop(fs::write(&ballast, vec![0; 16 << 20]));
    for name in &names {
        fs::rename(inbox.join(format!(".{name}")), inbox.join(name)).unwrap();
    }
    let ready = || ask(&serving, "/health/ready");
    wait(|| ready().contains("files that were taken and cannot be recorded: ").then_some(()), || serving.text());
    let seen = || {
        let (code, out, _) = home.run(&["status"]);
        (code == Some(1) && out.contains(" taken into data/spool and not on record yet, since ")).then_some(())
    };
    wait(seen, || format!("{:?}", home.run(&["status"])));
    fs::remove_file(&ballast).unwrap();
    wait(|| ready().ends_with("\r\n\r\nready\n").then_some(()), ready);
    wait(|| (home.record().0.len() == names.len()).then_some(()), || serving.text());
    let (_, out, _) = home.run(&["status"]);
    assert!(!out.contains("data/spool"), "{out}");
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn what_waits_for_a_partner_whose_profile_is_gone_waits_on() {
    let home = Home::new("profile-gone", &["alder", "birch"]);
    let serving = home.serve();
    serving.ready();
    assert_eq!(home.run(&["partner", "pause", "alder"]).0, Some(0));
    home.drop_into(&home.submitted(), "order.json", order("alder", "PO1").as_bytes());
    worked_on(&home, &serving, 1);
    let profile = home.path.join("partner-profiles/alder.toml");
    let aside = home.path.join("alder.toml");
    fs::rename(&profile, &aside).unwrap();
    wait(|| serving.said("changed mappings and profiles are in force").then_some(()), || serving.text());
    assert_eq!(home.run(&["partner", "resume", "alder"]).0, Some(0));
    // What goes to another partner shows that the gateway delivers.
    home.drop_into(&home.submitted(), "other.json", order("birch", "PO2").as_bytes());
    wait(|| (files(&home.outbox("birch")).len() == 1).then_some(()), || serving.text());
    assert_eq!(record(&home).deliveries[0].state, DeliveryState::Waiting);
    assert_eq!(files(&home.outbox("alder")), Vec::<String>::new());
    let (code, out, _) = home.run(&["status"]);
    assert!(code == Some(1) && out.contains("to alder, which has no profile that can be used"), "{out}");
    let (_, out, _) = home.run(&["delivery", "show", "1"]);
    assert!(out.contains("alder has no profile any more: bring partner-profiles/alder.toml back"), "{out}");
    fs::rename(&aside, &profile).unwrap();
    wait(|| (files(&home.outbox("alder")).len() == 1).then_some(()), || serving.text());
}

#[test]
fn a_delivery_that_can_never_be_put_is_held_and_those_behind_it_go_on() {
    let home = Home::new("never-put", &["alder"]);
    let serving = home.serve();
    serving.ready();
    // Of a name of 120 characters, which are 240 bytes.
    home.drop_into(&home.submitted(), &format!("{}.json", "é".repeat(120)), b"{\"order_number\":}");
    let refused = home.data().join("erp/refused");
    wait(|| (files(&refused).len() == 2).then_some(()), || serving.text());
    assert_eq!(home.run(&["partner", "pause", "alder"]).0, Some(0));
    for number in ["PO1", "PO2"] {
        home.drop_into(&home.submitted(), &format!("{number}.json"), order("alder", number).as_bytes());
        wait(|| (!home.submitted().join(format!("{number}.json")).exists()).then_some(()), || serving.text());
    }
    let record = worked_on(&home, &serving, 3);
    let damage = "UPDATE contents SET sha256 = zeroblob(32) WHERE id = (SELECT min(content) FROM deliveries WHERE partner = 'alder')";
    in_the_database(&home, damage);
    assert_eq!(home.run(&["partner", "resume", "alder"]).0, Some(0));
    wait(|| (files(&home.outbox("alder")).len() == 1).then_some(()), || serving.text());
    let record_now = self::record(&home);
    let first = record_now.deliveries.iter().find(|one| one.partner == "alder").unwrap();
    assert_eq!((first.state, codes_of(&first.diagnostics)), (DeliveryState::Held, vec!["delivery.failed"]));
    let document = record.documents.iter().find(|one| one.delivery == Some(first.id)).unwrap().id.to_string();
    for order in ["hold", "discard"] {
        let (code, out, _) = home.run(&["document", order, &document]);
        assert_eq!(code, Some(0), "{out}");
    }
    let discarded = self::record(&home).deliveries.iter().find(|one| one.id == first.id).unwrap().state;
    assert_eq!(discarded, DeliveryState::Discarded);
}

#[test]
fn what_is_not_to_go_out_any_more_is_discarded_also_where_it_is_no_order() {
    let home = Home::new("discard-delivery", &["alder"]);
    let serving = home.serve();
    serving.ready();
    // Nothing can be put there.
    for folder in ["data/mailboxes/alder/outbox", "data/erp/refused"] {
        drop(fs::remove_dir(home.path.join(folder)));
        home.write(folder, "no folder");
    }
    home.drop_into(&home.inbox("alder"), "a.edi", interchange("alder", 1, &orders(1, "SO")).as_bytes());
    home.drop_into(&home.submitted(), "broken.json", b"{\"order_number\":}");
    let tried = || {
        let record = record(&home);
        (record.deliveries.len() == 2 && record.deliveries.iter().all(|one| one.attempts > 0)).then_some(record)
    };
    let record = wait(tried, || serving.text());
    let id = |kind: &str| record.deliveries.iter().find(|one| one.kind == kind).unwrap().id.to_string();
    let refused = record.documents.iter().find(|one| one.state == DocumentState::Refused).unwrap().id.to_string();
    let (code, out, _) = home.run(&["delivery", "discard", &id("refusal")]);
    assert!(code == Some(1) && out.contains(&format!("`crossdock document discard {refused}`")), "{out}");
    // A try in this very moment makes what was read of them old.
    for arguments in [["document", "discard", &refused], ["delivery", "discard", &id("acknowledgment")]] {
        wait(|| (home.run(&arguments).0 == Some(0)).then_some(()), || serving.text());
    }
    assert!(self::record(&home).deliveries.iter().all(|one| one.state == DeliveryState::Discarded));
}

#[test]
fn what_was_put_while_the_record_could_not_be_written_is_not_put_once_more() {
    let home = Home::new("put-once", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let full = "CREATE TRIGGER full BEFORE UPDATE OF state ON deliveries BEGIN SELECT RAISE(ABORT, 'no room'); END";
    in_the_database(&home, full);
    home.drop_into(&home.submitted(), "o.json", order("alder", "PO1").as_bytes());
    wait(|| (serving.said("no room") && files(&home.outbox("alder")).len() == 1).then_some(()), || serving.text());
    // It is not to go out once more, so it cannot be held either.
    let (code, out, _) = home.run(&["document", "hold", &record(&home).documents[0].id.to_string()]);
    assert!(code == Some(1) && out.contains("is being put where the partner gets it"), "{out}");
    // The partner takes it.
    let taken = files(&home.outbox("alder")).remove(0);
    fs::remove_file(home.outbox("alder").join(taken)).unwrap();
    in_the_database(&home, "DROP TRIGGER full");
    let delivered = || (record(&home).deliveries[0].state == DeliveryState::Delivered).then_some(());
    wait(delivered, || serving.text());
    assert_eq!(files(&home.outbox("alder")), Vec::<String>::new());
}

#[test]
fn a_payload_that_was_discarded_while_it_was_read_begins_anew() {
    let home = Home::new("begins-anew", &["alder"]);
    let serving = home.serve();
    serving.ready();
    home.drop_into(&home.inbox("alder"), "a.edi", interchange("alder", 1, &orders(2, "SO")).as_bytes());
    worked_on(&home, &serving, 1);
    // As a version before left it: documents of it are staged, and stay so.
    drop(serving);
    for statement in [
        "DELETE FROM events",
        "DELETE FROM interchanges",
        "UPDATE documents SET state = 'staged'",
        "UPDATE payloads SET state = 'discarded'",
    ] {
        in_the_database(&home, statement);
    }
    let id = record(&home).payloads[0].id.to_string();
    let (code, out, problem) = home.run(&["payload", "rerun", &id]);
    assert_eq!(code, Some(0), "{out}{problem}");
    let record = record(&home);
    assert_eq!(record.payloads[0].state, PayloadState::Translated);
    assert!(record.documents.iter().all(|one| one.state == DocumentState::Published) && record.documents.len() == 2);
}

/// A pipe that nobody reads, or a log file on a full disk.
#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let home = Home::new("log-gone", &["alder"]);
    let mut child = Command::new(gateway::program());
    child.args(["serve", "--home"]).arg(&home.path).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    drop(child.stderr.take());
    let serving = Serving::of(child, &home.path);
    for number in 1..4 {
        let text = interchange("alder", number, &orders(1, &format!("SO{number}-")));
        home.drop_into(&home.inbox("alder"), &format!("{number}.edi"), text.as_bytes());
        let done = || files(&home.published("shipment")).len() == number as usize;
        let answered = || files(&home.outbox("alder")).len() == number as usize;
        wait(|| (done() && answered()).then_some(()), || "nothing comes out".to_owned());
    }
    assert_eq!(files(&home.data().join("spool")), Vec::<String>::new());
    assert_eq!(serving.terminate(), Some(0));
}
