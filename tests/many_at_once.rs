//! What many of a kind cost, held against what one costs: it grows with them, and not with their square. Processor time of this process
//! is compared with itself, so that what else the machine does says nothing.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/desk.rs"]
mod desk;
#[path = "support/gateway.rs"]
mod gateway;

use std::fs;

use crossdock::lifecycle::{AnswerState, DocumentState, Order};
use crossdock::operation::{Kind, Outcome, Session, Task, carry_out_all};
use crossdock::pipeline::answered;
use crossdock::store::{Document, Filter, StoreError};
use jiff::Timestamp;
use tokio::sync::Mutex;

use desk::{Desk, acknowledgment};
use gateway::{Home, envelope, order};

/// Documents of one interchange.
const MANY: usize = 80;

/// What this process has had of the processors, in their ticks.
fn ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let behind_name = stat.rsplit_once(')').unwrap().1;
    behind_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

/// Orders documents to be translated anew, as a trial: what became of each, and what that cost.
async fn tried(session: &Session, desk: &Desk, ids: &[i64]) -> (Vec<Outcome>, u64) {
    let (filter, mut outcomes, begun) = (Filter::ids(ids), Vec::new(), ticks());
    let task = Task {
        kind: Kind::Document,
        order: Order::Rerun,
        filter,
        audit: desk.audit(),
        dry_run: true,
        out_of_order: false,
    };
    let each = |outcome| {
        outcomes.push(outcome);
        Ok::<_, StoreError>(())
    };
    carry_out_all(session, &task, each).await.unwrap();
    (outcomes, ticks() - begun)
}

/// One at a time is measured.
static ALONE: Mutex<()> = Mutex::const_new(());

/// An interchange with so many orders, which alder has; their sets, in the order of their documents.
async fn sent(desk: &Desk, count: usize) -> (Vec<i64>, Vec<String>) {
    let orders: Vec<String> = (1..=count).map(|number| order("alder", &format!("SO{number}"))).collect();
    let mut sent = desk.submit(&orders.join("\n")).await;
    desk.delivered(&desk.deliveries().await[0]).await;
    sent.sort_unstable_by_key(|one| one.id);
    sent.into_iter().map(|one| (one.id, one.control_numbers[2].clone().unwrap())).unzip()
}

/// An acknowledgment for each set, that it was taken, in one file; its documents.
async fn taken(desk: &Desk, sets: &[String]) -> Vec<Document> {
    let taken = sets.iter().map(|set| format!("ST*997*{set}~AK1*OW*1~AK2*940*{set}~AK5*A~AK9*A*1*1*1~SE*6*{set}~\n"));
    let taken = envelope("alder", 7, &taken.collect::<Vec<_>>()).replace("GS*SW", "GS*FA");
    desk.receive("alder", &taken).await
}

/// What is waited for is matched; what that costs.
async fn matched(desk: &Desk) -> u64 {
    let begun = ticks();
    while answered::turn(&desk.pipeline, Timestamp::now()).await.unwrap() > 0 {}
    ticks() - begun
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgment_for_each_set_costs_what_it_says() {
    let _alone = ALONE.lock().await;
    let mut costs = Vec::new();
    for count in [10, 100, 400] {
        let desk = Desk::new(Home::new(&format!("each-set-{count}"), &["alder"])).await;
        let (ids, sets) = sent(&desk, count).await;
        taken(&desk, &sets).await;
        costs.push(matched(&desk).await);
        assert_eq!(desk.document(ids[count - 1]).await.answer, Some(AnswerState::Accepted));
    }
    assert!(costs[2] < 8 * costs[1].max(5), "10, 100 and 400 of them cost so many ticks: {costs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledgments_that_are_held_are_read_once_for_all_documents_of_an_order() {
    let _alone = ALONE.lock().await;
    let desk = Desk::new(Home::new("held-read-once", &["alder"])).await;
    let (ids, sets) = sent(&desk, MANY).await;
    let rejected: Vec<_> = sets.iter().map(|set| ("940", set.as_str(), "R")).collect();
    desk.receive("alder", &acknowledgment("alder", "1", "OW", &rejected)).await;
    matched(&desk).await;
    let held = taken(&desk, &sets).await;
    matched(&desk).await;
    assert_eq!(desk.document(held[MANY - 1].id).await.state, DocumentState::Held);
    let session = Session::open(&desk.home.path, "tester".into()).await.unwrap();
    tried(&session, &desk, &ids[..1]).await;
    let (_, one) = tried(&session, &desk, &ids[..1]).await;
    let (outcomes, all) = tried(&session, &desk, &ids).await;
    for (outcome, held) in outcomes.iter().zip(&held) {
        let declined = outcome.result.as_ref().unwrap_err();
        assert!(declined.because.contains(&format!("if document {} is right", held.id)), "{declined:?}");
    }
    assert!(all < 10 * one.max(5), "one costs {one} ticks, and {MANY} of them {all}");
}
