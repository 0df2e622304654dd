//! Documents translated anew, many in one passage through their payload: each as if it were alone.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/gateway.rs"]
mod gateway;

use crossdock::lifecycle::DocumentState;
use crossdock::pipeline::passage::Passages;
use crossdock::pipeline::retake::Lost;
use crossdock::store::Document;

use desk::Desk;
use gateway::{Home, envelope, interchange, order, profile, shipment};

/// The documents of two payloads: one of two interchanges, with a set that is too large to be read, and another one.
async fn payloads(name: &str) -> (Desk, Vec<Document>) {
    let home = Home::new(name, &["alder"]);
    home.write("partner-profiles/alder.toml", &(profile("alder") + "\n[limits]\ntransaction_set_bytes = 1000\n"));
    let desk = Desk::new(home).await;
    let too_large = shipment(2, "B").replace("LX*1~", &format!("{}LX*1~", "N9*LI*1~\n".repeat(120)));
    let first = envelope("alder", 1, &[shipment(1, "A"), too_large, shipment(3, "C").replace("*4*4*", "*4*FOUR*")]);
    let first = first + &interchange("alder", 2, &["D", "E", "F"].map(str::to_owned));
    let mut documents = desk.receive("alder", &first).await;
    documents.extend(desk.receive("alder", &interchange("alder", 3, &["G", "H"].map(str::to_owned))).await);
    documents.sort_by_key(|document| document.id);
    let states: Vec<&str> = documents.iter().map(|document| document.state.word()).collect();
    assert_eq!(documents.len(), 8, "{states:?}");
    assert!(
        documents[1].state != DocumentState::Published && documents[2].state != DocumentState::Published,
        "{states:?}"
    );
    (desk, documents)
}

/// Translates a document anew; it must come to what it came to before, and stand where it stood.
async fn again(desk: &Desk, document: &Document, passages: &mut Passages) {
    let taken = desk.pipeline.retake(document, "tester", None, passages).await.unwrap().unwrap();
    assert!(!taken.differs(), "{}", document.id);
    let (new, before) = (&taken.document, &taken.before);
    assert_eq!((new.position, &new.bytes), (document.position, &document.bytes));
    assert_eq!(new.business_number, document.business_number);
    let codes = |found: &[crossdock::diagnostic::Diagnostic]| found.iter().map(|one| one.code).collect::<Vec<_>>();
    assert_eq!(codes(&new.attempt.diagnostics), codes(&before.diagnostics));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_any_order_each_is_found_as_if_it_were_alone() {
    let (desk, documents) = payloads("passages").await;
    for order in [&[0, 1, 2, 3, 4, 5, 6, 7][..], &[7, 6, 5, 4, 3, 2, 1, 0], &[1, 1, 4, 4, 0, 6, 2, 7, 5], &[5]] {
        let mut passages = Passages::default();
        for at in order {
            again(&desk, &documents[*at], &mut passages).await;
        }
    }
}

/// What is said of an attempt, with its places.
fn told(found: &[crossdock::diagnostic::Diagnostic]) -> Vec<String> {
    found.iter().map(|one| crossdock::diagnostic::text::render(one, false)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_erp_each_object_is_read_where_it_stands() {
    let home = Home::new("passages-out", &["alder"]);
    let desk = Desk::new(home).await;
    let wrong = order("alder", "PO2").replace("\"sku\"", "\"skuu\"");
    let not_json = order("alder", "PO3").replace("\"data\":", "\"data\"");
    let one = |number: &str| order("alder", number);
    let lines = [one("PO1"), wrong.clone(), not_json.clone(), one("PO4"), one("PO5")].join("\n");
    let array = [one("PO6"), wrong.replace("PO2", "PO7"), one("PO8")].join(",\n  ");
    for (text, count) in
        [(lines, 5), (format!("\u{feff}[\n  {array}\n]"), 3), (format!("[{},{not_json}]", one("PO9")), 1)]
    {
        let documents = desk.submit(&text).await;
        assert_eq!(documents.len(), count);
        assert!(documents.iter().any(|one| one.state == DocumentState::Refused), "what is wrong says where");
        for document in documents.iter().rev() {
            let taken =
                desk.pipeline.retake(document, "tester", None, &mut Passages::default()).await.unwrap().unwrap();
            assert!(!taken.differs());
            assert_eq!(taken.document.bytes, document.bytes);
            assert_eq!(taken.document.business_number, document.business_number);
            assert_eq!(told(&taken.document.attempt.diagnostics), told(&taken.before.diagnostics));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_any_more_ends_no_passage() {
    let (desk, documents) = payloads("passages-gone").await;
    let mut passages = Passages::default();
    let gone = |document: &Document| Document { position: 99, ..document.clone() };
    assert!(desk.pipeline.retake(&gone(&documents[0]), "tester", None, &mut passages).await.unwrap().is_err());
    again(&desk, &documents[3], &mut passages).await;
    assert!(desk.pipeline.retake(&gone(&documents[0]), "tester", None, &mut passages).await.unwrap().is_err());
    again(&desk, &documents[0], &mut passages).await;
    again(&desk, &documents[5], &mut passages).await;
    // One that a person has corrected is read for itself.
    let corrected = shipment(3, "C").into_bytes();
    let taken = desk.pipeline.retake(&documents[2], "tester", Some(corrected), &mut passages).await.unwrap().unwrap();
    assert_eq!(taken.document.state, DocumentState::Staged);
    assert_eq!(taken.document.bytes, documents[2].bytes);
    again(&desk, &documents[7], &mut passages).await;
}

/// A layout of orders with a number each.
fn layout(syntax: &str, order: &str) -> String {
    format!("title = \"Orders\"\n{syntax}\ndocument = \"order\"\n[record.order]\n{order}\n")
}

/// A partner whose file holds orders: its name, what stands before them, an order, and what stands behind them.
type Sender = (&'static str, String, fn(&str) -> String, String);

fn files(home: &Home) -> Vec<Sender> {
    let layouts = [
        (
            "birch",
            "flat",
            layout("syntax = \"delimited\"\ndelimiter = \";\"\nrecord_type = 1", "code = \"H\"\nfields = [\"number\"]"),
        ),
        (
            "cedar",
            "flat",
            layout(
                "syntax = \"fixed\"\nrecord_type = \"1-1\"",
                "code = \"H\"\nfields = [{ name = \"number\", at = \"2-9\" }]",
            ),
        ),
        ("dogwood", "xml", layout("syntax = \"xml\"", "path = \"Orders/Order\"\nfields = [\"number\"]")),
    ];
    for (partner, kind, layout) in layouts {
        home.write(&format!("mappings/layouts/{partner}.toml"), &layout);
        let mapping =
            format!("canonical = \"shipment\"\ndocument = \"{kind}/{partner}\"\n[map]\norder_number = \"number\"\n");
        home.write(&format!("mappings/{partner}/orders.toml"), &mapping);
        let profile = format!(
            "name = \"{partner}\"\ntime_zone = \"UTC\"\n[[receive]]\ndocument = \"{kind}/{partner}\"\nmapping = \"{partner}/orders\"\n"
        );
        home.write(&format!("partner-profiles/{partner}.toml"), &profile);
    }
    let empty = envelope("alder", 7, &[]).replace("GE*0", "GE*3");
    let (before, after) = empty.split_at(empty.find("GE*").unwrap());
    vec![
        ("alder", before.to_owned(), |number| shipment(1, number), after.to_owned()),
        ("birch", String::new(), |number| format!("H;{number}\n"), String::new()),
        ("cedar", String::new(), |number| format!("H{number:<8}\n"), String::new()),
        (
            "dogwood",
            "<Orders>".to_owned(),
            |number| format!("<Order><number>{number}</number></Order>\n"),
            "</Orders>".to_owned(),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_writes_in_the_place_of_a_document_is_one_document() {
    let home = Home::new("passages-corrected", &["alder"]);
    let files = files(&home);
    let desk = Desk::new(home).await;
    for (partner, before, one, after) in files {
        let text = [before, one("A1"), one("B2"), one("C3"), after].concat();
        let documents = desk.receive(partner, &text).await;
        let numbers: Vec<&str> = documents.iter().map(|one| one.business_number.as_deref().unwrap()).collect();
        assert_eq!(numbers, ["A1", "B2", "C3"], "{partner}");
        let corrected = async |text: &str| {
            let (text, passages) = (Some(text.as_bytes().to_vec()), &mut Passages::default());
            let taken = desk.pipeline.retake(&documents[1], "tester", text, passages).await.unwrap();
            taken.map(|taken| taken.document.business_number.unwrap())
        };
        assert_eq!(corrected(&one("X9")).await, Ok("X9".to_owned()), "{partner}");
        assert_eq!(
            corrected(one("X9").trim_end()).await.is_ok(),
            partner == "alder" || partner == "dogwood",
            "{partner}"
        );
        for (wrong, words) in [
            (String::new(), "holds no"),
            ("\n \n".to_owned(), "holds no"),
            ([one("X9"), one("Y8")].concat(), "holds more than one"),
            ([one("X9"), one("X9")].concat(), "holds more than one"),
        ] {
            let Err(Lost::NotOne(why)) = corrected(&wrong).await else { panic!("{partner} takes {wrong:?}") };
            assert!(why.contains(words), "{partner} {wrong:?}: {why}");
        }
        let range = &documents[1].bytes;
        let whole = &text[range.start as usize..range.end as usize];
        // Its end, or its beginning, is not there; and something stands beside it.
        for wrong in [&whole[..whole.len() / 2], &whole[whole.len() / 2..], &format!("{whole}\nsomething\n")] {
            let taken = corrected(wrong).await;
            assert!(!matches!(taken.as_deref(), Ok("C3")), "{partner} takes {wrong:?} for {taken:?}");
            assert!(
                partner == "birch" || partner == "cedar" || taken.is_err(),
                "{partner} takes {wrong:?} for {taken:?}"
            );
        }
    }
    // What the ERP submitted is corrected as JSON.
    let text = ["PO1", "PO2", "PO3"].map(|number| order("alder", number));
    for text in [text.join("\n"), format!("[{}]", text.join(","))] {
        let documents = desk.submit(&text).await;
        let corrected = async |text: &str| {
            let (text, passages) = (Some(text.as_bytes().to_vec()), &mut Passages::default());
            let taken = desk.pipeline.retake(&documents[1], "tester", text, passages).await.unwrap();
            taken.map(|taken| taken.document.business_number.unwrap())
        };
        // It stays what was submitted under its event id.
        let renamed = order("alder", "PO9").replace("erp-PO9", "erp-PO2");
        assert_eq!(corrected(&renamed).await, Ok("PO9".to_owned()));
        for wrong in [String::new(), "\n".to_owned(), [order("alder", "PO9"), order("alder", "PO8")].join("\n")] {
            assert!(matches!(corrected(&wrong).await, Err(Lost::NotOne(_))), "{wrong:?}");
        }
    }
}
