//! What an operator looks for by a number, a partner or a file is found, and told as it is: after a rerun, too.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/gateway.rs"]
mod gateway;

use crossdock::diagnostic::{Diagnostic, Place, Severity, codes};
use crossdock::lifecycle::{AnswerState, DeliveryState, DocumentState};
use crossdock::pipeline::answered;
use crossdock::store::{Delivered, Unit};
use jiff::Timestamp;
use serde_json::Value;

use desk::{Desk, acknowledgment};
use gateway::{Home, envelope, interchange, order, profile, shipment};

/// The command ends with this code and says all these words; all that it says.
fn says(desk: &Desk, code: i32, arguments: &[&str], words: &[&str]) -> String {
    let (exit, out, error) = desk.home.run(arguments);
    for word in words {
        assert!(out.contains(word) || error.contains(word), "{arguments:?} does not say {word:?}:\n{out}\n{error}");
    }
    assert_eq!(exit, Some(code), "{arguments:?}\n{out}\n{error}");
    out + &error
}

/// What a command lists, by this key.
fn listed(desk: &Desk, arguments: &[&str], key: &str) -> Vec<Value> {
    let (_, out, _) = desk.home.run(&[arguments, &["--format", "json"]].concat());
    out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()[key].clone()).collect()
}

/// A gateway of alder, to whom these orders went in one interchange.
async fn sent(name: &str, numbers: &[&str]) -> Desk {
    let desk = Desk::new(Home::new(name, &["alder"])).await;
    let orders: Vec<String> = numbers.iter().map(|number| order("alder", number)).collect();
    desk.submit(&orders.join("\n")).await;
    let delivery = desk.deliveries().await.remove(0);
    desk.delivered(&delivery).await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_a_rerun_keeps_its_numbers_and_its_answer() {
    let desk = sent("traced-rerun", &["M1", "M2", "M3"]).await;
    let said = [("940", "0001", "A"), ("940", "0002", "R"), ("940", "0003", "A")];
    let answer = async || {
        let documents = desk.receive("alder", &acknowledgment("alder", "1", "OW", &said)).await;
        answered::turn(&desk.pipeline, Timestamp::now()).await.unwrap();
        desk.document(documents[0].id).await
    };
    answer().await;
    assert_eq!(desk.document(2).await.state, DocumentState::Rejected);
    says(&desk, 0, &["document", "rerun", "2"], &["queued, before rejected"]);
    assert_eq!(desk.document(2).await.delivery, Some(2));
    // It is asked for by the numbers that the partner knows.
    for filter in [["--control-number", "1"], ["--delivery", "1"]] {
        let found = listed(&desk, &[&["document", "list", "--direction", "out"][..], &filter].concat(), "document");
        assert_eq!(found, [3, 2, 1], "{filter:?}");
    }
    says(
        &desk,
        0,
        &["delivery", "show", "1"],
        &["document 2, which was 1/1/0002 here, was written anew: it stands in delivery 2"],
    );
    let before = "before     attempt 1 as 1/1/0002 in delivery 1, delivered, rejected, says document 4";
    says(&desk, 0, &["document", "show", "2"], &[before]);
    let twice = "document 2 in it was written anew since, and goes out in delivery 2: alder gets it twice";
    says(&desk, 0, &["delivery", "retry", "1", "--dry-run"], &[twice]);
    // The same answer again says nothing new, and that of the new one is for the new one.
    let again = answer().await;
    assert_eq!((again.state, again.problem.unwrap().code), (DocumentState::Kept, codes::ACKNOWLEDGMENT_REPEATED));
    assert_eq!(desk.document(2).await.answer, Some(AnswerState::Waiting));
    let new = acknowledgment("alder", "2", "OW", &[("940", "0001", "A")]);
    let second = desk.deliveries().await.into_iter().find(|one| one.id == 2).unwrap();
    desk.delivered(&second).await;
    desk.receive("alder", &new).await;
    answered::turn(&desk.pipeline, Timestamp::now()).await.unwrap();
    assert_eq!(desk.document(2).await.answer, Some(AnswerState::Accepted));
    says(&desk, 0, &["document", "show", "2"], &[before, "accepted, says document"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_after_the_rerun_is_for_what_was_sent_before_it() {
    let desk = sent("traced-late", &["M1"]).await;
    desk.rejected(&desk.document(1).await).await;
    says(&desk, 0, &["document", "rerun", "1"], &["queued, before rejected"]);
    // The partner changes its mind about the first one: the second is not touched, and a person has to look.
    let other = desk.receive("alder", &acknowledgment("alder", "1", "OW", &[("940", "0001", "A")])).await;
    answered::turn(&desk.pipeline, Timestamp::now()).await.unwrap();
    let other = desk.document(other[0].id).await;
    assert_eq!((other.state, other.problem.unwrap().code), (DocumentState::Held, codes::ACKNOWLEDGMENT_CONTRADICTS));
    assert_eq!(desk.document(1).await.answer, Some(AnswerState::Waiting));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_which_nothing_went_on_are_found_by_number_and_by_both_partners() {
    let desk = Desk::new(Home::new("traced-held", &["alder", "birch"])).await;
    for (mailbox, from, number) in
        [("alder", "alder", 7), ("alder", "alder", 7), ("birch", "alder", 8), ("alder", "cedar", 9)]
    {
        desk.receive(mailbox, &interchange(from, number, &[format!("SO{number}")])).await;
    }
    let states = listed(&desk, &["payload", "list"], "state");
    assert_eq!(states, ["held", "held", "duplicate", "translated"]);
    for (filter, expected) in [
        (&["--control-number", "7"][..], &[2, 1][..]),
        (&["--control-number", "000000008"], &[3]),
        (&["--control-number", "9"], &[4]),
        (&["--control-number", "9", "--number", "SO9"], &[]),
        (&["--partner", "birch"], &[3]),
        (&["--partner", "alder"], &[4, 3, 2, 1]),
    ] {
        assert_eq!(listed(&desk, &[&["payload", "list"], filter].concat(), "payload"), expected, "{filter:?}");
    }
    says(&desk, 0, &["payload", "list", "--partner", "birch"], &["alder in the mailbox of birch"]);
    says(&desk, 1, &["status"], &["1 payload of alder in the mailbox of birch, payload.foreign-sender, since "]);
    let remedy =
        ["partner-profiles/alder.toml names the sender", "move \"ZZ/ALDER\" from the one profile to the other"];
    says(&desk, 0, &["payload", "show", "3"], &remedy);
    says(&desk, 0, &["payload", "show", "4"], &["control    interchange 9 from ZZ/CEDAR"]);
    says(&desk, 0, &["payload", "release", "3"], &["translated, before held"]);
    assert_eq!(desk.documents().await.last().unwrap().partner.as_deref(), Some("alder"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_erp_has_of_a_document_is_told_and_not_published_again() {
    let desk = Desk::new(Home::new("traced-erp", &["alder"])).await;
    let wrong = shipment(1, "A").replace("*4*4*", "*4*FOUR*");
    let documents = desk.receive("alder", &envelope("alder", 1, &[wrong])).await;
    assert_eq!(documents[0].state, DocumentState::Rejected);
    says(&desk, 0, &["document", "release", "1"], &["published, before rejected; event"]);
    let event = desk.document(1).await.event.unwrap();
    let keeps = format!("the ERP has its object under event {event}, and keeps it");
    says(&desk, 1, &["document", "rerun", "1"], &["rejected, before published", &keeps]);
    assert_eq!(listed(&desk, &["document", "rerun", "1", "--dry-run"], "good")[0], false);
    says(&desk, 0, &["document", "show", "1"], &["the ERP    has its object under this event, and keeps it"]);
    says(&desk, 0, &["document", "discard", "1", "--dry-run"], &[&keeps]);
    let same = format!("the ERP has this very object under event {event}: it is not published again");
    says(&desk, 0, &["document", "release", "1"], &["published, before rejected\n", &same]);
    let document = desk.document(1).await;
    assert_eq!((document.state, document.event), (DocumentState::Published, Some(event)));
    assert_eq!(desk.store.events(0, 10).await.unwrap().len(), 1);
    // No gateway puts it into the ERP's folder.
    says(&desk, 0, &["document", "show", "1"], &["waits      no gateway runs on this home"]);
    let done = listed(&desk, &["document", "rerun", "1"], "done");
    assert_eq!(done[0], false, "what has errors still is not done");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_large_interchange_the_others_are_told_by_what_lists_them() {
    let numbers: Vec<String> = (1..=60).map(|number| format!("M{number}")).collect();
    let desk = Desk::new(Home::new("traced-many", &["alder"])).await;
    let orders: Vec<String> = numbers.iter().map(|number| order("alder", number)).collect();
    desk.submit(&orders.join("\n")).await;
    let all = "in one interchange: all others of `crossdock document list --delivery 1`";
    says(&desk, 0, &["document", "hold", "1", "--why", "a try"], &[all]);
    says(&desk, 0, &["document", "show", "7"], &["by         ", "by `document hold`: a try"]);
    let anew = "write them anew with `crossdock document rerun --delivery 1 --state held`";
    says(&desk, 0, &["document", "discard", "1"], &[anew]);
    says(&desk, 0, &["document", "release", "7"], &["queued, before held"]);
    assert_eq!(desk.document(7).await.delivery, Some(2), "it is written anew, alone");
}

const PUSH: &str = "\n[acknowledge]\ntransport = \"outbox\"\n[transport.sftp]\nhost = \"sftp.alder.example\"\nuser = \"us\"\n\
    password = \"env:ALDER\"\n[transport.sftp.push]\nfolder = \"/inbound\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_told_to_go_where_it_goes_and_to_wait_for_what_it_waits_for() {
    let home = Home::new("traced-way", &["alder"]);
    home.write("partner-profiles/alder.toml", &(profile("alder") + PUSH));
    let desk = Desk::new(home).await;
    desk.submit(&order("alder", "M1")).await;
    desk.receive("alder", &interchange("alder", 1, &["A".to_owned()])).await;
    let failed = Diagnostic::new(codes::DELIVERY_FAILED, "it is down", Place::Nowhere).severity(Severity::Error);
    let (now, state) = (Timestamp::now(), DeliveryState::Waiting);
    let unit =
        Delivered { id: 1, version: 1, state, due_at: now, at: now, diagnostics: vec![failed], perhaps_put: false };
    desk.store.commit_one(Unit::Delivered(unit)).await.unwrap();
    says(
        &desk,
        0,
        &["delivery", "show", "1"],
        &["/inbound/", " on sftp.alder.example", "it is down; attempts so far 1"],
    );
    let said = says(&desk, 0, &["delivery", "show", "2"], &["mailboxes/alder/outbox/"]);
    assert!(!said.contains("it is down") && !said.contains("sftp.alder.example"), "{said}");
    says(&desk, 0, &["delivery", "list"], &["acknowledgment"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_partner_wrote_moves_no_cursor() {
    let desk = Desk::new(Home::new("traced-control", &["alder"])).await;
    let text = interchange("alder", 1, &["A".to_owned()]).replace("PO-A", "PO-\x1b]0;pwn\x07A");
    let documents = desk.receive("alder", &text).await;
    let range = documents[0].bytes.start as usize..documents[0].bytes.end as usize;
    desk.home.write("new.edi", &text[range].replace("pwn", "PWN"));
    let file = desk.home.path.join("new.edi");
    let correct = ["document", "correct", "1", "--bytes", "--dry-run", "--file", file.to_str().unwrap()];
    for command in [
        &correct[..],
        &["document", "show", "1"],
        &["document", "explain", "1"],
        &["document", "rerun", "1", "--dry-run"],
    ] {
        let (_, out, error) = desk.home.run(command);
        let is_control = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!(out.clone() + &error).contains(is_control), "{command:?}\n{out:?}\n{error:?}");
    }
    let (_, out, _) = desk.home.run(&correct);
    assert!(out.contains("bytes now     *PO-·]0;PWN\n"), "{out}");
    // Whoever asks for the bytes gets them.
    assert!(desk.home.run(&["document", "export", "1"]).1.contains("\x1b]0;pwn\x07"));
}
