//! What a gateway's record gives to documents that are written: what they recall of earlier ones, and numbers of our own.

#[path = "support/desk.rs"]
mod desk;
#[path = "support/gateway.rs"]
mod gateway;

use crossdock::lifecycle::DocumentState;
use crossdock::pipeline::passage::Passages;
use crossdock::pipeline::{Prepared, awaited};
use crossdock::store::{Applied, Audit, AuditFilter, NextInSequence, Submitted, Unit};
use jiff::Timestamp;
use serde_json::{Value, json};

use desk::{Desk, event};
use gateway::{Home, profile};

/// Shipments repeat what their order says, and have a number of our own.
const MAPPING: &str = "extends = \"base/945\"\n[derived]\n\
    \"N902[N901=CO]\" = { recall = \"fulfillment_order.master_reference\" }\n\
    \"N902[N901=SI]\" = { sequence = \"shipment\" }\n";

fn home(name: &str) -> Home {
    let home = Home::new(name, &["alder", "birch"]);
    home.write("mappings/alder/945.toml", MAPPING);
    for partner in ["alder", "birch"] {
        let more = "\n[[receive]]\ndocument = \"x12/940\"\n[[send]]\ncanonical = \"shipment\"\ndocument = \"x12/004010/945\"\nmapping = \"alder/945\"\n";
        home.write(&format!("partner-profiles/{partner}.toml"), &(profile(partner) + more));
    }
    home
}

fn order(partner: &str, number: &str, reference: &str) -> String {
    let data = json!({
        "order_number": number, "master_reference": reference, "action": "original",
        "ship_to": { "name": "GRANITE OUTFITTERS" },
        "lines": [{ "line_number": "1", "sku": "TENT", "ordered": { "value": 24, "unit": "EA" } }],
    });
    event(partner, &format!("order-{partner}-{number}-{reference}"), "fulfillment_order", &data)
}

fn shipment(partner: &str, number: &str) -> String {
    event(partner, &format!("shipment-{partner}-{number}"), "shipment", &shipped(number))
}

fn shipped(number: &str) -> Value {
    json!({
        "order_number": number, "ship_date": "2026-03-16",
        "ship_to": { "name": "GRANITE OUTFITTERS" },
        "carrier": { "mode": "parcel" },
        "lines": [{ "line_number": "1", "sku": "TENT", "shipped": { "value": 24, "unit": "EA" } }],
    })
}

/// The element behind N9 and this qualifier, of each document that goes out.
fn references(text: &str, qualifier: &str) -> Vec<String> {
    let of = |segment: &str| segment.trim().strip_prefix(&format!("N9*{qualifier}*")).map(str::to_owned);
    text.split('~').filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shipment_repeats_comes_from_the_newest_order_of_its_partner_on_record() {
    let desk = Desk::new(home("recall")).await;
    desk.submit(&order("alder", "A1", "M1")).await;
    desk.submit(&order("birch", "A1", "OTHER")).await;
    desk.submit(&order("alder", "A1", "M2")).await;
    let [one] = desk.submit(&shipment("alder", "A1")).await.try_into().unwrap();
    assert_eq!(one.state, DocumentState::Queued);
    assert_eq!(references(&desk.sent(&one).await, "CO"), ["M2"]);
    // One that the partner did not take does not count.
    let second =
        desk.documents().await.into_iter().find(|one| one.event.as_deref() == Some("order-alder-A1-M2")).unwrap();
    desk.rejected(&second).await;
    let [one] = desk.submit(&shipment("alder", "A1").replace("shipment-", "again-")).await.try_into().unwrap();
    assert_eq!(references(&desk.sent(&one).await, "CO"), ["M1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_whose_order_is_not_on_record_waits_and_goes_on_when_it_comes() {
    let desk = Desk::new(home("awaits")).await;
    let found = desk.submit(&format!("{}\n{}", shipment("alder", "A1"), shipment("alder", "A2"))).await;
    for one in &found {
        assert_eq!((one.state, one.delivery), (DocumentState::Held, None));
        let problem = one.problem.as_ref().unwrap();
        assert_eq!(problem.code.name(), "mapping.not-recalled");
        let number = one.business_number.as_deref().unwrap();
        assert!(
            problem.message.ends_with(&format!("there is no fulfillment_order {number} on record")),
            "{}",
            problem.message
        );
    }
    // The same event once more is not another one.
    let [again] = desk.submit(&shipment("alder", "A1")).await.try_into().unwrap();
    assert_eq!(again.state, DocumentState::Refused);
    assert_eq!(awaited::turn(&desk.pipeline, Timestamp::now()).await.unwrap(), 0, "nothing has come");
    desk.submit(&order("birch", "A1", "OTHER")).await;
    assert_eq!(awaited::turn(&desk.pipeline, Timestamp::now()).await.unwrap(), 0, "it is another partner's");
    desk.submit(&order("alder", "A1", "M1")).await;
    assert_eq!(awaited::turn(&desk.pipeline, Timestamp::now()).await.unwrap(), 1);
    assert_eq!(awaited::turn(&desk.pipeline, Timestamp::now()).await.unwrap(), 0);
    let (first, second) = (desk.document(found[0].id).await, desk.document(found[1].id).await);
    assert_eq!((first.state, second.state), (DocumentState::Queued, DocumentState::Held));
    let text = desk.sent(&first).await;
    assert_eq!((references(&text, "CO"), references(&text, "SI")), (vec!["M1".to_owned()], vec!["1".to_owned()]));
    let by_gateway = AuditFilter { by: Some("gateway".to_owned()), ..AuditFilter::default() };
    let audit = desk.store.audit(&by_gateway, None, 1).await.unwrap();
    assert_eq!(audit[0].why.as_deref(), Some("what it recalls is on record now"));
    // An order without the value does not let the other one go on, nor is it tried for ever.
    desk.submit(&order("alder", "A2", "X").replace("\"master_reference\":\"X\",", "")).await;
    assert_eq!(awaited::turn(&desk.pipeline, Timestamp::now()).await.unwrap(), 1, "it is given back to the ERP");
    let second = desk.document(second.id).await;
    let said = second.problem.unwrap().message;
    assert!(said.ends_with("the fulfillment_order A2 on record does not say it"), "{said}");
    assert_eq!(second.state, DocumentState::Refused);
    assert_eq!(awaited::turn(&desk.pipeline, Timestamp::now()).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_that_waited_goes_behind_others_of_its_order_and_not_behind_its_own_change() {
    let desk = Desk::new(home("awaits-partial")).await;
    let of = |id: &str, shipment: &str, action: &str| {
        let mut data = shipped("A1");
        (data["shipment_number"], data["action"]) = (shipment.into(), action.into());
        event("alder", id, "shipment", &data)
    };
    let first = [of("b1", "B1", "original"), of("b2", "B2", "original")].join("\n");
    let waiting = desk.submit(&first).await;
    desk.submit(&order("alder", "A1", "M1")).await;
    let later = desk.submit(&[of("b3", "B3", "original"), of("b2-change", "B2", "change")].join("\n")).await;
    assert!(later.iter().all(|one| one.state == DocumentState::Queued), "{later:#?}");
    assert_eq!(awaited::turn(&desk.pipeline, Timestamp::now()).await.unwrap(), 1);
    let of_id = |event: &str| waiting.iter().find(|one| one.event.as_deref() == Some(event)).unwrap().id;
    let (one, other) = (desk.document(of_id("b1")).await, desk.document(of_id("b2")).await);
    assert_eq!((one.state, other.state, other.delivery), (DocumentState::Queued, DocumentState::Held, None));
    let (problem, change) = (other.problem.unwrap(), later.last().unwrap().id);
    assert_eq!(problem.code.name(), "submission.overtaken");
    let said = format!("would go out behind document {change} of A1, which came later and is queued");
    assert_eq!(problem.message, said);
    // It is told once, and does not wait any more.
    assert_eq!(desk.store.found_again().await.unwrap(), [0_i64; 0]);
    assert_eq!(desk.store.attempts(other.id).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_partial_shipment_takes_the_place_of_that_one() {
    let desk = Desk::new(home("partial")).await;
    let of = |number: u32, shipment: &str, action: u8| {
        let purpose = format!("*{shipment}**PO-B1******{action}~");
        gateway::envelope("birch", number, &[gateway::shipment(1, "B1").replace("*BOL-B1**PO-B1~", &purpose)])
    };
    let mut events = Vec::new();
    for (number, shipment, action) in [(1, "S1", 1), (2, "S2", 1), (3, "S1", 2)] {
        let [one] = desk.receive("birch", &of(number, shipment, action)).await.try_into().unwrap();
        assert_eq!(one.identity.as_deref(), Some(shipment));
        events.push(desk.store.event(&one.event.unwrap()).await.unwrap().unwrap());
    }
    let supersedes: Vec<_> = events.iter().map(|event| event.supersedes.as_deref()).collect();
    assert_eq!(supersedes, [None, None, Some(&*events[0].id)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_is_compared_with_the_record() {
    let desk = Desk::new(home("compares")).await;
    desk.home.edit_profile("alder", "document = \"x12/945\"", "document = \"x12/945\"\nmapping = \"alder/945\"");
    let desk = desk.again().await;
    desk.submit(&order("alder", "A1", "M1")).await;
    let set = |reference: &str| {
        gateway::shipment(1, "A1").replace("G62*11", &format!("N9*CO*{reference}~\nG62*11")).replace("SE*10", "SE*11")
    };
    for (number, reference, expected) in
        [(1, "M1", None), (2, "M9", Some("N902[N901=CO] Reference Identification is M9, on record it is M1"))]
    {
        let [one] =
            desk.receive("alder", &gateway::envelope("alder", number, &[set(reference)])).await.try_into().unwrap();
        assert_eq!(one.state, DocumentState::Published, "{:?}", one.problem);
        assert_eq!(one.problem.as_ref().map(|one| one.message.as_str()), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_our_own_are_given_once_and_kept_by_their_document() {
    let desk = Desk::new(home("numbers")).await;
    for partner in ["alder", "birch"] {
        desk.submit(&(1..=9).map(|number| order(partner, &format!("A{number}"), "M")).collect::<Vec<_>>().join("\n"))
            .await;
    }
    // Several payloads prepared at the same time: each thinks that it has the next numbers.
    let bad = shipment("alder", "A3").replace("\"value\":24", "\"value\":0.123456789012");
    let texts = [
        [shipment("alder", "A1"), bad, shipment("alder", "A2")].join("\n"),
        [shipment("alder", "A4"), shipment("birch", "A1")].join("\n"),
        shipment("alder", "A5"),
    ];
    let mut payloads = Vec::new();
    for text in &texts {
        payloads.push(desk.take("erp", text).await);
    }
    let mut prepared = Vec::new();
    for payload in &payloads {
        prepared.push(desk.pipeline.prepare(*payload, "gateway").await.unwrap());
    }
    desk.pipeline.release_all(prepared, "gateway").await.unwrap();
    let mut given = Vec::new();
    for one in desk.documents().await.iter().filter(|one| payloads.contains(&one.payload)) {
        let numbers = desk.store.own_numbers(one.id).await.unwrap();
        let text = desk.sent(one).await;
        for (_, number) in &numbers {
            assert!(references(&text, "SI").contains(&number.to_string()), "{number} in {text}");
        }
        let number = numbers.first().map(|(_, number)| *number);
        given.push((one.partner.clone().unwrap(), one.business_number.clone().unwrap(), one.state.word(), number));
    }
    let expected = [
        ("alder", "A1", "queued", Some(1)),
        ("alder", "A3", "refused", None),
        ("alder", "A2", "queued", Some(2)),
        ("alder", "A4", "queued", Some(3)),
        ("birch", "A1", "queued", Some(1)),
        ("alder", "A5", "queued", Some(4)),
    ];
    let expected = expected.map(|(partner, number, state, own)| (partner.to_owned(), number.to_owned(), state, own));
    assert_eq!(given, expected);
    // Written anew, a document keeps its number, and the next one gets the next.
    let first = desk.documents().await.into_iter().find(|one| one.payload == payloads[2]).unwrap();
    desk.rejected(&first).await;
    let first = desk.document(first.id).await;
    let taken = desk.pipeline.retake(&first, "tester", None, &mut Passages::default()).await.unwrap().unwrap();
    let audit = Audit { at: Timestamp::now(), by: "tester".into(), command: "document rerun".into(), why: None };
    let applied = desk.pipeline.commit_retake(&first, taken, audit.clone()).await.unwrap();
    assert!(matches!(applied, Applied::Done(_)));
    let first = desk.document(first.id).await;
    assert_eq!(references(&desk.sent(&first).await, "SI"), ["4"]);
    let [next] = desk.submit(&shipment("alder", "A6")).await.try_into().unwrap();
    assert_eq!(references(&desk.sent(&next).await, "SI"), ["5"]);
    // Set for a cut-over.
    let (partner, name) = ("alder".into(), "shipment".into());
    let unit = Unit::NextInSequence(NextInSequence { partner, name, next: 48_213, again: false, audit });
    desk.store.commit_one(unit).await.unwrap();
    let [next] = desk.submit(&shipment("alder", "A7")).await.try_into().unwrap();
    assert_eq!(references(&desk.sent(&next).await, "SI"), ["48213"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_corrected_with_the_record_at_hand() {
    let desk = Desk::new(home("corrects")).await;
    desk.home.edit_profile("alder", "document = \"x12/945\"", "document = \"x12/945\"\nmapping = \"alder/945\"");
    let desk = desk.again().await;
    desk.submit(&order("alder", "A1", "M1")).await;
    let set = gateway::shipment(1, "A1").replace("G62*11", "N9*CO*M1~\nG62*11").replace("SE*10", "SE*11");
    let [one] = desk.receive("alder", &gateway::envelope("alder", 1, &[set])).await.try_into().unwrap();
    let attempts = desk.store.attempts(one.id).await.unwrap();
    let mut object: Value = serde_json::from_slice(attempts[0].canonical.as_ref().unwrap()).unwrap();
    object["purchase_order_number"] = json!("ANOTHER");
    let written = desk.pipeline.rewrite(&one, object.to_string().into_bytes()).await.unwrap().unwrap();
    assert!(written.diagnostics.is_empty(), "{:?}", written.diagnostics);
    let (before, after) = [written.before, written.bytes].map(|bytes| String::from_utf8(bytes).unwrap()).into();
    assert_eq!(after, before.replace("PO-A1", "ANOTHER"));
}

const LAYOUT: &str = "title = \"Shipments\"\nsyntax = \"delimited\"\ndelimiter = \";\"\nrecord_type = 1\ndocument = \"order\"\n\
    [record.order]\ncode = \"H\"\nfields = [{ name = \"number\", required = true }, \"reference\"]\n\
    [record.line]\ncode = \"L\"\nfields = [\"sku\", { name = \"quantity\", type = \"number\" }, \"uom\"]\n";
const OF_LAYOUT: &str = "canonical = \"shipment\"\ndocument = \"flat/alder-shipments\"\n[map]\norder_number = \"number\"\n\
    [map.lines]\neach = \"line\"\nsku = \"sku\"\nshipped = { at = \"quantity\", unit = \"uom\" }\n\
    [derived]\nreference = { recall = \"fulfillment_order.master_reference\" }\n";

#[tokio::test(flavor = "multi_thread")]
async fn files_of_records_recall_and_are_compared_too() {
    let home = Home::new("recall-layout", &["alder"]);
    home.write("mappings/layouts/alder-shipments.toml", LAYOUT);
    home.write("mappings/alder/shipments.toml", OF_LAYOUT);
    let of = "document = \"flat/alder-shipments\"\nmapping = \"alder/shipments\"\n";
    let more = format!("[[receive]]\n{of}[[send]]\ncanonical = \"shipment\"\n{of}");
    home.write("partner-profiles/alder.toml", &(profile("alder") + &more));
    let desk = Desk::new(home).await;
    desk.submit(&order("alder", "A1", "M1")).await;
    let data = json!({ "order_number": "A1", "lines": [{ "sku": "TENT", "shipped": { "value": 24, "unit": "EA" } }] });
    let [one] = desk.submit(&event("alder", "s-1", "shipment", &data)).await.try_into().unwrap();
    assert_eq!(desk.sent(&one).await, "H;A1;M1\nL;TENT;24;EA\n", "{:?}", one.problem);
    let [one] = desk.receive("alder", "H;A1;M2\nL;TENT;24;EA\n").await.try_into().unwrap();
    let said = one.problem.map(|one| one.message);
    assert_eq!(said.as_deref(), Some("reference reference is M2, on record it is M1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_collected_recalls_when_it_goes_out() {
    let home = home("recall-batch");
    let entry = "document = \"x12/004010/945\"\n";
    home.edit_profile("alder", entry, &format!("{entry}batch = {{ documents = 9, wait = \"5m\" }}\n"));
    let desk = Desk::new(home).await;
    let [first] = desk.submit(&order("alder", "A1", "M1")).await.try_into().unwrap();
    desk.submit(&order("alder", "A2", "M2")).await;
    let found = desk.submit(&format!("{}\n{}", shipment("alder", "A1"), shipment("alder", "A2"))).await;
    desk.rejected(&first).await;
    let later = Timestamp::now() + jiff::SignedDuration::from_mins(6);
    assert_eq!(crossdock::pipeline::batch::turn(&desk.pipeline, later).await.unwrap(), 1);
    // The order of one was rejected meanwhile: it waits for another one, and keeps its number.
    let held = desk.document(found[0].id).await;
    assert_eq!((held.state, held.delivery), (DocumentState::Held, None));
    let text = desk.sent(&found[1]).await;
    assert_eq!((references(&text, "CO"), references(&text, "SI")), (vec!["M2".to_owned()], vec!["2".to_owned()]));
    desk.submit(&order("alder", "A1", "M3")).await;
    assert_eq!(awaited::turn(&desk.pipeline, Timestamp::now()).await.unwrap(), 1);
    assert_eq!(crossdock::pipeline::batch::turn(&desk.pipeline, later).await.unwrap(), 1);
    let text = desk.sent(&held).await;
    assert_eq!((references(&text, "CO"), references(&text, "SI")), (vec!["M3".to_owned()], vec!["1".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn which_events_came_before_is_told_of_all_at_once() {
    let desk = Desk::new(home("records-events")).await;
    let lines = |numbers: &[&str]| numbers.iter().map(|number| shipment("alder", number) + "\n").collect::<String>();
    desk.submit(&lines(&["A1", "A2", "A3"])).await;
    let id = desk.take("erp", &lines(&["A1", "A4", "A3", "A2"])).await;
    let Prepared::Submission(again) = desk.pipeline.prepare(id, "gateway").await.unwrap() else {
        panic!("it is written")
    };
    let Applied::Submitted(mut known) = desk.store.commit_one(Unit::Submit(again.into())).await.unwrap() else {
        panic!("three of them came before")
    };
    known.sort();
    let first = desk.documents().await.iter().map(|one| one.payload).min().unwrap();
    let expected = ["A1", "A2", "A3"].map(|number| {
        let event = format!("shipment-alder-{number}");
        (Submitted::Event { lane: "live".into(), event }, first)
    });
    assert_eq!(known, expected);
    // So one more writing is enough.
    desk.pipeline.process(id, "gateway").await.unwrap();
    let documents = desk.documents().await;
    let states = documents.iter().filter(|one| one.payload == id).map(|one| (one.position, one.state));
    let mut states: Vec<_> = states.collect();
    states.sort_by_key(|(position, _)| *position);
    // Those that go on wait for what they recall.
    let [refused, held] = [DocumentState::Refused, DocumentState::Held];
    assert_eq!(states, [(1, refused), (2, held), (3, refused), (4, refused)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_object_with_very_many_faults_so_many_are_kept_as_its_partner_profile_says() {
    let home = home("records-many-faults");
    home.edit_profile(
        "alder",
        "time_zone = \"UTC\"\n",
        "time_zone = \"UTC\"\nlimits = { diagnostics_per_document = 20 }\n",
    );
    let desk = Desk::new(home).await;
    let mut data = shipped("A1");
    data["lines"] = (1..=300).map(|line| json!({ "line_number": line.to_string(), "skuu": "TENT" })).collect();
    let [refused] = desk.submit(&event("alder", "many", "shipment", &data)).await.try_into().unwrap();
    assert_eq!(refused.state, DocumentState::Refused);
    assert_eq!(desk.store.attempts(refused.id).await.unwrap()[0].diagnostics.len(), 20);
}

/// Prepares payloads as a lane does, each before one of them is released, and releases them.
async fn released(desk: &Desk, mailbox: &str, texts: &[String]) -> Vec<i64> {
    let (mut payloads, mut prepared) = (Vec::new(), Vec::new());
    for text in texts {
        payloads.push(desk.take(mailbox, text).await);
    }
    for payload in &payloads {
        prepared.push(desk.pipeline.prepare(*payload, "gateway").await.expect("is prepared"));
    }
    desk.pipeline.release_all(prepared, "gateway").await.expect("is released");
    payloads
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_with_something_that_came_before_keeps_its_place() {
    let desk = Desk::new(home("records-in-order")).await;
    desk.submit(&order("alder", "A1", "M1")).await;
    let cancel = order("alder", "A2", "M2").replace("order-alder", "cancel-alder").replace("original", "cancel");
    let texts = [format!("{}\n{}\n", order("alder", "A1", "M1"), order("alder", "A2", "M2")), cancel];
    released(&desk, "erp", &texts).await;
    let documents = desk.documents().await;
    let number = |event: &str| {
        let one = documents.iter().find(|one| one.event.as_deref() == Some(event)).unwrap();
        one.control_numbers[0].as_ref().unwrap().parse::<u32>().unwrap()
    };
    assert_eq!((number("order-alder-A2-M2"), number("cancel-alder-A2-M2")), (2, 3));
    // The same of a partner: the change takes the place of what it changes.
    let set = |order: &str, action| {
        let purpose = format!("**PO-{order}******{action}~");
        gateway::shipment(1, order).replace(&format!("**PO-{order}~"), &purpose)
    };
    let of = |number, set: String| gateway::envelope("birch", number, &[set]);
    desk.receive("birch", &of(1, set("B1", 1))).await;
    let payloads = released(&desk, "birch", &[of(1, set("B1", 1)) + &of(2, set("B2", 1)), of(3, set("B2", 2))]).await;
    let documents = desk.documents().await;
    let event = |payload| documents.iter().find(|one| one.payload == payload).unwrap().event.clone();
    let events = desk.store.events(0, 100).await.unwrap();
    let last: Vec<_> =
        events[events.len() - 2..].iter().map(|one| (Some(one.id.clone()), one.supersedes.clone())).collect();
    assert_eq!(last, [(event(payloads[0]), None), (event(payloads[1]), event(payloads[0]))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recalled_is_the_newest_also_where_that_is_just_ahead() {
    for (name, apart) in [("records-ahead-apart", true), ("records-ahead-together", false)] {
        let desk = Desk::new(home(name)).await;
        desk.submit(&order("alder", "A1", "M1")).await;
        let texts = [order("alder", "A1", "M2"), shipment("alder", "A1")];
        let texts = if apart { texts.to_vec() } else { vec![texts.join("\n")] };
        released(&desk, "erp", &texts).await;
        let documents = desk.documents().await;
        let shipped = documents.iter().find(|one| one.event.as_deref() == Some("shipment-alder-A1")).unwrap();
        assert_eq!(references(&desk.sent(shipped).await, "CO"), ["M2"], "{name}");
    }
}
