//! The store as its callers see it, whatever database is below.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

use std::path::{Path, PathBuf};

use crossdock::diagnostic::{Diagnostic, Place, Severity, codes};
use crossdock::lifecycle::{DeliveryState, DocumentState, PayloadState, Range, Template};
use crossdock::store::{
    Applied, Audit, AuditFilter, COUNTERS, Content, Cursor, Decision, Delivered, Filter, Interchange, Kept, Kinds,
    NewAttempt, NewDelivery, NewDocument, NewPayload, NumberKeys, NumbersToGive, Outgoing, Row, Stage, Store,
    Submission, Unit, Window,
};
use jiff::Timestamp;
use proptest::collection;
use proptest::prelude::*;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row as _};

/// A folder for a store, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("crossdock-store-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn at(minute: i64) -> Timestamp {
    "2026-11-28T08:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_mins(minute)
}

fn audit() -> Audit {
    Audit { at: at(0), by: "ada".into(), command: "payload discard".into(), why: Some("a try".into()) }
}

fn payload(direction: &'static str, name: &str) -> Unit {
    Unit::Receive(NewPayload {
        direction,
        mailbox: if direction == "in" { "alder" } else { "erp" }.into(),
        partner: None,
        file_name: name.into(),
        spool_name: Some(format!("0~alder~{name}")),
        broken_off: false,
        content: Kept::inline(format!("the bytes of {name}").as_bytes()),
        received_at: at(0),
    })
}

fn document(position: i64, state: DocumentState) -> NewDocument {
    NewDocument {
        position,
        bytes: 10..20,
        lane: "live",
        partner: Some("alder".into()),
        canonical_type: Some("shipment".into()),
        document: "x12/004010/945".into(),
        business_number: Some(format!("SO{position}")),
        control_numbers: [Some("000000007".into()), Some("7".into()), Some(format!("{position:04}"))],
        replaces: false,
        state,
        event: (state == DocumentState::Staged).then(|| format!("event-{position}")),
        delivery: None,
        outgoing: Outgoing::default(),
        attempt: NewAttempt {
            at: at(0),
            by: "gateway".into(),
            why: None,
            mapping: Some("base/945".into()),
            plan: Some(vec![1; 32]),
            canonical: Some(br#"{"order_number":"SO1"}"#.to_vec()),
            correction: None,
            diagnostics: Vec::new(),
        },
    }
}

fn decision(payload: i64, number: &str, digest: u8, documents: Vec<NewDocument>) -> Decision {
    let interchange = Interchange {
        sender: "ZZ/ALDER".into(),
        receiver: "12/4085551000".into(),
        control_number: number.into(),
        usage: "P".into(),
        digest: [digest; 32],
        acknowledgment: None,
        if_reused: None,
    };
    Decision {
        payload,
        version: 1,
        state: PayloadState::Translated,
        partner: Some("alder".into()),
        duplicate_of: None,
        diagnostics: Vec::new(),
        interchanges: vec![interchange],
        refuse_duplicates: true,
        documents,
        withheld: Vec::new(),
        deliveries: Vec::new(),
        staged: 0,
        at: at(1),
    }
}

/// A delivery whose name is its interchange number, of which there are three.
fn delivery(keys: &NumberKeys) -> NewDelivery {
    let range = Range { first: 8, last: 10 };
    let (mut name, mut content) = (Template::default(), Template::default());
    name.push_interchange_number();
    content.push(b"GS");
    content.push_group_number(0);
    let numbers = Some(NumbersToGive {
        keys: keys.clone(),
        counters: COUNTERS,
        interchanges: range,
        groups: range,
        group_count: 1,
    });
    NewDelivery {
        kind: "interchange",
        partner: "alder".into(),
        file_name: name,
        done_file: None,
        content,
        numbers,
        answer_within_secs: None,
    }
}

async fn receive(store: &Store, direction: &'static str, name: &str) -> i64 {
    match store.commit_one(payload(direction, name)).await.unwrap() {
        Applied::Done(id) => id,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_opens_a_new_store_at_the_same_moment_finds_it_made_once() {
    let folder = Folder::new("together");
    let opened = futures_util::future::join_all((0..12).map(|_| Store::open(&folder.0))).await;
    for store in opened {
        assert_eq!(store.unwrap().payloads(&Filter::default(), Window::first(1)).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn what_was_received_is_there_again_after_the_store_was_opened_anew() {
    let folder = Folder::new("again");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    assert_eq!(receive(&store, "in", "a.edi").await, id, "the same file of the spool is received once");
    drop(store);
    let store = Store::open(&folder.0).await.unwrap();
    let payload = store.payload(id).await.unwrap().unwrap();
    assert_eq!((payload.file_name.as_str(), payload.state), ("a.edi", PayloadState::Received));
    let content = store.content(payload.content).await.unwrap();
    assert_eq!(content, Content::Inline(b"the bytes of a.edi".to_vec()));
    let waiting = store.waiting("alder", 0, 10).await.unwrap();
    assert_eq!(waiting.iter().map(|(payload, content)| (payload.id, content)).collect::<Vec<_>>(), [(id, &content)]);
    assert!(store.waiting("alder", id, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_unit_made_of_an_older_version_changes_nothing_and_its_neighbours_take() {
    let folder = Folder::new("stale");
    let store = Store::open(&folder.0).await.unwrap();
    let (one, other) = (receive(&store, "in", "a.edi").await, receive(&store, "in", "b.edi").await);
    let discard = |id, version| Unit::Payload(Row { id, version }, PayloadState::Discarded, audit());
    let applied = store.commit(vec![discard(one, 2), discard(other, 1), discard(99, 1)]).await.unwrap();
    assert_eq!(applied, [Applied::Stale, Applied::Done(other), Applied::Stale]);
    assert_eq!(store.payload(one).await.unwrap().unwrap().state, PayloadState::Received);
    assert_eq!(store.audit(&AuditFilter::default(), None, 10).await.unwrap().len(), 1, "only what took is recorded");
}

#[tokio::test]
async fn documents_are_published_with_the_decision_and_in_their_order() {
    let folder = Folder::new("publish");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    let documents =
        vec![document(1, DocumentState::Staged), document(2, DocumentState::Held), document(3, DocumentState::Staged)];
    let decided = store.commit_one(Unit::Decide(decision(id, "7", 1, documents.clone()))).await.unwrap();
    assert_eq!(decided, Applied::Done(id));
    let again = store.commit_one(Unit::Decide(decision(id, "7", 1, documents))).await.unwrap();
    assert_eq!(again, Applied::Stale, "a payload is decided once");
    let events = store.events(0, 10).await.unwrap();
    let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["event-1", "event-3"]);
    assert_eq!(store.events(events[0].sequence, 10).await.unwrap().len(), 1);
    let held = Filter { states: vec!["held".into()], ..Filter::default() };
    assert_eq!(store.documents(&held, Window::first(10)).await.unwrap()[0].position, 2);
    let by_number = Filter { control_number: Some("0003".into()), kind: Some("945".into()), ..Filter::default() };
    assert_eq!(store.documents(&by_number, Window::first(10)).await.unwrap()[0].position, 3);
}

#[tokio::test]
async fn what_is_staged_goes_on_only_whole() {
    let folder = Folder::new("staged");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    let stage = |first, position| {
        let documents = vec![document(position, DocumentState::Staged)];
        Unit::Stage(Stage { payload: id, version: 1, first, documents, at: at(0) })
    };
    // A run that was broken off, and one that begins anew.
    store.commit(vec![stage(true, 1), stage(false, 2), stage(true, 1)]).await.unwrap();
    let whole =
        |staged| Unit::Decide(Decision { staged, ..decision(id, "7", 1, vec![document(2, DocumentState::Staged)]) });
    assert_eq!(store.commit_one(whole(2)).await.unwrap(), Applied::Stale, "not all of it is there");
    assert!(store.events(0, 10).await.unwrap().is_empty());
    assert_eq!(store.commit_one(whole(1)).await.unwrap(), Applied::Done(id));
    assert_eq!(store.events(0, 10).await.unwrap().len(), 2);
    // A run that was broken off, and one that needs no stage: it says other documents of the same positions.
    let id = receive(&store, "in", "b.edi").await;
    let documents = vec![document(1, DocumentState::Staged), document(2, DocumentState::Staged)];
    store.commit_one(Unit::Stage(Stage { payload: id, version: 1, first: true, documents, at: at(0) })).await.unwrap();
    let mut only = document(1, DocumentState::Staged);
    only.event = Some("event-anew".to_owned());
    let decided = store.commit_one(Unit::Decide(decision(id, "8", 1, vec![only]))).await.unwrap();
    assert_eq!(decided, Applied::Done(id));
    let events = store.events(0, 10).await.unwrap();
    assert_eq!((events.len(), events[2].id.as_str()), (3, "event-anew"));
    // Of a payload that does not go on nothing is left, whatever was to become of it.
    let id = receive(&store, "in", "c.edi").await;
    let documents = vec![document(1, DocumentState::Held)];
    store.commit_one(Unit::Stage(Stage { payload: id, version: 1, first: true, documents, at: at(0) })).await.unwrap();
    let (state, interchanges) = (PayloadState::Held, Vec::new());
    let held = Decision { state, interchanges, staged: 1, ..decision(id, "9", 1, Vec::new()) };
    assert_eq!(store.commit_one(Unit::Decide(held)).await.unwrap(), Applied::Done(id));
    let of_payload = Filter { payload: Some(id), ..Filter::default() };
    assert!(store.documents(&of_payload, Window::first(10)).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_interchange_that_came_before_is_told_and_nothing_of_it_taken() {
    let folder = Folder::new("duplicates");
    let store = Store::open(&folder.0).await.unwrap();
    let first = receive(&store, "in", "a.edi").await;
    store.commit_one(Unit::Decide(decision(first, "7", 1, vec![document(1, DocumentState::Staged)]))).await.unwrap();
    for (name, digest, same) in [("b.edi", 1, true), ("c.edi", 2, false)] {
        let id = receive(&store, "in", name).await;
        let documents = vec![document(2, DocumentState::Staged)];
        let applied = store.commit_one(Unit::Decide(decision(id, "7", digest, documents.clone()))).await.unwrap();
        assert_eq!(applied, Applied::Duplicate { payload: first, index: 0, same });
        assert_eq!(store.events(0, 10).await.unwrap().len(), 1);
        assert_eq!(store.payload(id).await.unwrap().unwrap().state, PayloadState::Received);
    }
}

/// Units of a few payloads, interchanges, business numbers and counters, so that they get in each other's way: kind, and what
/// its parts are chosen by.
fn unit(number: usize, (kind, which, choice): (u8, i64, u32)) -> Unit {
    let is = |bit: u32| choice >> bit & 1 == 1;
    let documents = |first: i64, count: u32| -> Vec<NewDocument> {
        let documents = (first..first + i64::from(count)).map(|position| {
            let state = if position % 4 == 3 { DocumentState::Held } else { DocumentState::Staged };
            let mut document = document(position, state);
            document.event = document.event.map(|event| format!("{event}-of-{number}"));
            document.business_number = Some(format!("SO{}", choice % 2));
            document.replaces = is(5);
            if is(6) {
                let found = Diagnostic::new(codes::MAPPING_NOT_MAPPED, "N9 is not mapped", Place::Nowhere);
                document.attempt.diagnostics.push(found.severity(Severity::Warning));
            }
            document
        });
        documents.collect()
    };
    match kind {
        0 => payload("in", &format!("{which}.edi")),
        1..=4 => {
            let stage = Stage { payload: which, version: 1, first: true, documents: documents(100, 2), at: at(0) };
            Unit::Stage(stage)
        }
        5 => Unit::Cursor(Cursor { subscriber: "erp-folder", sequence: which, repeated: 1 }),
        _ => {
            let mut decision =
                decision(which, &format!("{}", choice % 7), (choice / 7 % 2) as u8, documents(1, 1 + choice % 3));
            decision.refuse_duplicates = !is(7);
            decision.staged = if is(8) { 2 } else { 0 };
            let keys = NumberKeys { ours: "12/US".into(), theirs: "ZZ/ALDER".into(), usage: "P".into() };
            decision.interchanges[0].acknowledgment = is(9).then(|| delivery(&keys));
            decision.deliveries.extend(is(10).then(|| delivery(&keys)));
            if is(11) && is(12) {
                let why = Diagnostic::new(codes::PAYLOAD_FOREIGN_SENDER, "it is from another", Place::Nowhere);
                decision.diagnostics.push(why);
                (decision.state, decision.documents, decision.interchanges) =
                    (PayloadState::Held, Vec::new(), Vec::new());
            }
            Unit::Decide(decision)
        }
    }
}

/// All rows of all tables, as SQL writes their values.
async fn rows(folder: &Path) -> Vec<String> {
    let mut db = SqliteConnectOptions::new().filename(folder.join("crossdock.db")).connect().await.unwrap();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> '_sqlx_migrations' ORDER BY name";
    let mut rows = Vec::new();
    for table in sqlx::query(tables).fetch_all(&mut db).await.unwrap() {
        let table: String = table.get(0);
        let columns = format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')");
        let columns = sqlx::query(sqlx::AssertSqlSafe(columns)).fetch_all(&mut db).await.unwrap();
        let columns: Vec<String> = columns.iter().map(|row| row.get(0)).collect();
        let all = format!("SELECT {} FROM {table} ORDER BY 1", columns.join(" || ', ' || "));
        let all = sqlx::query(sqlx::AssertSqlSafe(all)).fetch_all(&mut db).await.unwrap();
        rows.extend(all.iter().map(|row| format!("{table}: {}", row.get::<String, _>(0))));
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn units_that_come_together_are_written_as_if_they_came_one_by_one(
        chosen in collection::vec((0..14_u8, 1..13_i64, any::<u32>()), 1..70),
    ) {
        let received = (1..9).map(|which| (0, which, 0));
        let units: Vec<Unit> = received.chain(chosen).enumerate().map(|(number, chosen)| unit(number, chosen)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folders = ["as-one", "one-by-one"].map(Folder::new);
            let [together, single] = [Store::open(&folders[0].0).await.unwrap(), Store::open(&folders[1].0).await.unwrap()];
            let mut singly = Vec::new();
            for unit in units.clone() {
                singly.push(single.commit_one(unit).await.unwrap());
            }
            assert_eq!(together.commit(units).await.unwrap(), singly);
            assert_eq!(rows(&folders[0].0).await, rows(&folders[1].0).await);
        });
    }
}

#[tokio::test]
async fn control_numbers_are_given_once_and_begin_anew_behind_the_last() {
    let folder = Folder::new("numbers");
    let store = Store::open(&folder.0).await.unwrap();
    let keys = NumberKeys { ours: "12/US".into(), theirs: "ZZ/ALDER".into(), usage: "P".into() };
    for name in ["a.json", "b.json", "c.json", "d.json"] {
        let payload = receive(&store, "out", name).await;
        let submission =
            Submission { payload, version: 1, documents: Vec::new(), deliveries: vec![delivery(&keys)], at: at(0) };
        store.commit_one(Unit::Submit(submission)).await.unwrap();
    }
    let due = store.due_to("alder", Kinds::All, at(0), 10).await.unwrap();
    let names: Vec<&str> = due.iter().map(|delivery| delivery.file_name.as_str()).collect();
    assert_eq!(names, ["000000008", "000000009", "000000010", "000000008"]);
    assert_eq!(store.content(due[1].content).await.unwrap(), Content::Inline(b"GS9".to_vec()));
    store.commit_one(Unit::NextNumber(keys, "interchange", 10, audit())).await.unwrap();
    let next = store.control_numbers().await.unwrap();
    let interchange = next.iter().find(|number| number.kind == "interchange").unwrap();
    assert_eq!(interchange.next, 10);
    let unit = Delivered {
        id: due[0].id,
        version: 1,
        state: DeliveryState::Delivered,
        due_at: at(0),
        at: at(2),
        diagnostics: Vec::new(),
    };
    store.commit_one(Unit::Delivered(unit)).await.unwrap();
    assert_eq!(store.due_to("alder", Kinds::All, at(0), 10).await.unwrap().len(), 3);
}

#[tokio::test]
async fn large_events_are_looked_up_a_few_at_a_time_and_all_of_them() {
    let folder = Folder::new("large-events");
    let store = Store::open(&folder.0).await.unwrap();
    let id = receive(&store, "in", "a.edi").await;
    let documents = (1..=9).map(|position| {
        let mut document = document(position, DocumentState::Staged);
        document.attempt.canonical = Some(vec![b'x'; 3 << 20]);
        document
    });
    store.commit_one(Unit::Decide(decision(id, "7", 1, documents.collect()))).await.unwrap();
    let (mut after, mut pages) = (0, Vec::new());
    while let Some(last) = store.events(after, 256).await.unwrap().last().map(|event| event.sequence) {
        pages.push(last - after);
        after = last;
    }
    assert_eq!(pages, [3, 3, 3]);
    assert_eq!(store.events(0, 2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn cursors_only_go_forward_and_pauses_are_kept() {
    let folder = Folder::new("cursors");
    let store = Store::open(&folder.0).await.unwrap();
    let cursor = |sequence, repeated| Unit::Cursor(Cursor { subscriber: "erp-folder", sequence, repeated });
    store.commit(vec![cursor(5, 1), cursor(3, 2)]).await.unwrap();
    assert_eq!(store.cursor("erp-folder").await.unwrap(), 5);
    assert_eq!(store.counts(Timestamp::now()).await.unwrap().cursors, [("erp-folder".to_owned(), 5, 3)]);
    store.commit_one(Unit::Partner("alder".into(), Some(at(0)), audit())).await.unwrap();
    assert_eq!(store.paused().await.unwrap()[0].paused_by, "ada");
    store.commit_one(Unit::Partner("alder".into(), None, audit())).await.unwrap();
    assert!(store.paused().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_content_that_is_damaged_is_not_used() {
    let folder = Folder::new("damaged");
    let store = Store::open(&folder.0).await.unwrap();
    std::fs::create_dir_all(folder.0.join("spool")).unwrap();
    let unit = Unit::Receive(NewPayload {
        direction: "in",
        mailbox: "alder".into(),
        partner: None,
        file_name: "large.edi".into(),
        spool_name: None,
        broken_off: false,
        content: Kept::file("spool/large.edi".into(), 9, [0; 32]),
        received_at: at(0),
    });
    let Applied::Done(id) = store.commit_one(unit).await.unwrap() else { panic!("not received") };
    let content = store.content(store.payload(id).await.unwrap().unwrap().content).await.unwrap();
    assert!(content.open().is_err(), "its file is not there");
    let small = NewPayload {
        direction: "in",
        mailbox: "alder".into(),
        partner: None,
        file_name: "small.edi".into(),
        spool_name: None,
        broken_off: false,
        content: Kept::inline(b"ISA*00*"),
        received_at: at(0),
    };
    let Applied::Done(id) = store.commit_one(Unit::Receive(small)).await.unwrap() else { panic!("not received") };
    let kept = store.payload(id).await.unwrap().unwrap().content;
    assert_eq!(store.content(kept).await.unwrap(), Content::Inline(b"ISA*00*".to_vec()));
    let mut db = SqliteConnectOptions::new().filename(folder.0.join("crossdock.db")).connect().await.unwrap();
    let other = sqlx::query("UPDATE contents SET sha256 = $2 WHERE id = $1").bind(kept).bind(vec![7_u8; 32]);
    other.execute(&mut db).await.unwrap();
    let said = store.content(kept).await.unwrap().open().err().unwrap().to_string();
    assert!(said.contains("its SHA-256 differs"), "{said}");
    assert!(store.content(4_711).await.is_err());
}

#[tokio::test]
async fn a_record_of_the_first_version_is_taken_over_whole() {
    let folder = Folder::new("migrated");
    let (data, first) = (folder.0.join("data"), folder.0.join("migrations"));
    std::fs::create_dir_all(&data).unwrap();
    std::fs::create_dir_all(&first).unwrap();
    let migration = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations/0001_first.sql");
    std::fs::copy(migration, first.join("0001_first.sql")).unwrap();
    let file = data.join("crossdock.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true).foreign_keys(true);
    let mut database = options.connect().await.unwrap();
    sqlx::migrate::Migrator::new(first).await.unwrap().run(&mut database).await.unwrap();
    let rows = "INSERT INTO contents (id, place, bytes, sha256, path) VALUES (1, 'file', 0, x'', 'spool/a');
        INSERT INTO payloads (id, direction, mailbox, file_name, content, received_at, state) VALUES (7, 'out', 'erp', 'o.json', 1, 5, 'translated');
        INSERT INTO deliveries (id, kind, partner, payload, file_name, content, interchange_number, state, due_at, created_at)
            VALUES (40, 'interchange', 'alder', 7, '940.edi', 1, 263, 'delivered', 6, 6);
        INSERT INTO documents (id, payload, position, first_byte, end_byte, direction, lane, partner, document, state, delivery, received_at)
            VALUES (9, 7, 1, 0, 0, 'out', 'live', 'alder', 'x12/004010/940', 'delivered', 40, 5);
        INSERT INTO attempts (document, number, at, by, engine) VALUES (9, 1, 5, 'gateway', '0.1.0');
        INSERT INTO interchanges (payload, sender, receiver, control_number, usage, digest, received_at) VALUES (7, 'a', 'b', '1', 'P', x'', 5);";
    sqlx::raw_sql(rows).execute(&mut database).await.unwrap();
    sqlx::Connection::close(database).await.unwrap();
    for _ in 0..2 {
        let store = Store::open(&data).await.unwrap();
        let delivery = store.delivery(40).await.unwrap().unwrap();
        assert_eq!(
            (delivery.file_name.as_str(), delivery.interchange_number, delivery.answer),
            ("940.edi", Some(263), None)
        );
        let document = store.document(9).await.unwrap().unwrap();
        assert_eq!((document.delivery, document.answer), (Some(40), None));
        assert_eq!(store.unmatched(10).await.unwrap().len(), 0);
    }
    let mut database = SqliteConnectOptions::new().filename(&file).foreign_keys(true).connect().await.unwrap();
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut database).await.unwrap();
    assert!(broken.is_empty());
    // Ids go on behind the last.
    let id = sqlx::query(
        "INSERT INTO deliveries (kind, partner, payload, file_name, content, state, due_at, created_at) \
        VALUES ('acknowledgment', 'alder', 7, 'x', 1, 'waiting', 1, 1)",
    );
    assert_eq!(id.execute(&mut database).await.unwrap().last_insert_rowid(), 41);
}
