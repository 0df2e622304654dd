//! The gateway from inbox to published, beside what the disk gives: `cargo bench --bench gateway`.
//!
//! Floors and gateway run in turns on the same disk (`CROSSDOCK_BENCH_FOLDER`, else the folder for temporary files). Floor:
//! two small files a document, each written, synced and renamed, by as many threads as serve it best. Then documents are
//! offered at a steady rate, and the time from the drop to the published file is measured. Nothing is removed before all is
//! measured: an ext4 without a journal passes over what was removed lately whenever it makes a file, which takes longer than
//! the file.
//!
//! With `CROSSDOCK_BENCH_RECORD=1000000` only this is asked: what a document costs a gateway with so many documents on record,
//! beside one with an empty record, in turns. With `CROSSDOCK_BENCH_BACKTEST=20000` only how fast a changed mapping is tried on so
//! many documents on record.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first thing that is not as it must be, and prints"
)]

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crossdock::gateway::{Gateway, Settings};
use crossdock::store::{Filter, Store, Window};

const ROUNDS: usize = 3;

fn main() {
    let folder = std::env::var_os("CROSSDOCK_BENCH_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = folder.join(format!("crossdock-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    run(&folder);
    fs::remove_dir_all(folder).unwrap();
}

fn run(folder: &Path) {
    let count: usize = std::env::var("CROSSDOCK_BENCH_FILES").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(record) = std::env::var("CROSSDOCK_BENCH_RECORD").ok().and_then(|text| text.parse().ok()) {
        runtime.block_on(on_record(folder, record, count));
        return;
    }
    if let Some(record) = std::env::var("CROSSDOCK_BENCH_BACKTEST").ok().and_then(|text| text.parse().ok()) {
        runtime.block_on(backtest(folder, record));
        return;
    }
    println!("{count} documents of 5 KB; documents a second, {ROUNDS} rounds in turns");
    for round in 1..=ROUNDS {
        let of = |what: &str| folder.join(format!("{round}-{what}"));
        let floor = [1, 8, 32].map(|threads| (floor(&of(&format!("floor-{threads}")), count, threads), threads));
        let best = floor.iter().copied().max_by(|one, other| one.0.total_cmp(&other.0)).unwrap();
        let one = runtime.block_on(flat_out(of("one"), count, 1, NEVER));
        let fifty = runtime.block_on(flat_out(of("fifty"), count / 50, 50, NEVER));
        let answered = runtime.block_on(flat_out(of("answered"), count, 1, ""));
        println!(
            "round {round}: floor {:.0} ({} threads; alone {:.0}), one document a file {one:.0} ({:.2} of the floor), \
             the same answered with a 997 each {answered:.0}, fifty a file {fifty:.0}",
            best.0,
            best.1,
            floor[0].0,
            one / best.0
        );
    }
    let (median, late) = runtime.block_on(offered(folder.join("offered"), 2_000, 200));
    println!("200 documents/s offered: median {} ms, 99 of 100 within {} ms", median.as_millis(), late.as_millis());
    println!("peak memory {} MiB", peak_memory() >> 10);
}

/// Two durable small files a document, in documents a second.
fn floor(folder: &Path, count: usize, threads: usize) -> f64 {
    fs::create_dir_all(folder).unwrap();
    let bytes = vec![b'x'; 5_000];
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let bytes = &bytes;
            scope.spawn(move || {
                for number in (thread..2 * count).step_by(threads) {
                    let temporary = folder.join(format!(".{number}"));
                    let mut file = File::create(&temporary).unwrap();
                    file.write_all(bytes).unwrap();
                    file.sync_all().unwrap();
                    fs::rename(&temporary, folder.join(number.to_string())).unwrap();
                }
            });
        }
    });
    count as f64 / start.elapsed().as_secs_f64()
}

/// Nothing is acknowledged.
const NEVER: &str = "[acknowledge]\nwhen = \"never\"\n";

struct Bench {
    home: PathBuf,
    gateway: Gateway,
}

impl Bench {
    /// A gateway on a home, new or there already, whose partner's profile says this too.
    async fn start(home: PathBuf, more: &str) -> Self {
        fs::create_dir_all(home.join("partner-profiles")).unwrap();
        let profile = "name = \"Alder\"\nus = { interchange_id = \"12/4085551000\" }\nthem = { interchange_ids = [\"ZZ/ALDER\"] }\n\
            time_zone = \"UTC\"\n[[receive]]\ndocument = \"x12/945\"\n";
        fs::write(home.join("partner-profiles/alder.toml"), format!("{profile}{more}")).unwrap();
        let settings = Settings { listen: None, ..Settings::default() };
        let gateway = Gateway::start(&home, &settings).await.unwrap();
        Self { home, gateway }
    }

    fn inbox(&self) -> PathBuf {
        self.home.join("data/mailboxes/alder/inbox")
    }

    fn published(&self) -> PathBuf {
        self.home.join("data/erp/published/shipment")
    }

    /// The number of the last event that is published.
    async fn cursor(&self) -> usize {
        let cursor = self.gateway.pipeline.store.cursor(crossdock::pipeline::publish::SUBSCRIBER).await.unwrap();
        usize::try_from(cursor).unwrap()
    }

    async fn until(&self, count: usize) {
        while self.cursor().await < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Drops these files, of so many documents of so many lines each, and waits until the last one is published.
    async fn work(&self, files: std::ops::Range<usize>, documents: usize, lines: usize) {
        let staging = self.home.join("staging");
        fs::create_dir_all(&staging).unwrap();
        for number in files.clone() {
            fs::write(staging.join(number.to_string()), file(number, documents, lines)).unwrap();
        }
        let until = self.cursor().await + files.len() * documents;
        for number in files {
            fs::rename(staging.join(number.to_string()), self.inbox().join(format!("{number}.edi"))).unwrap();
        }
        self.until(until).await;
    }
}

/// Lines of a document of about 5 KB.
const LINES: usize = 50;

/// A file with so many documents of so many lines.
fn file(number: usize, documents: usize, lines: usize) -> String {
    let (shipped, segments) = (4 * lines, 7 + 4 * lines);
    let lines: String = (1..=lines).map(|line| format!("LX*{line}~\nW12*CC*4*4**EA**SK*LAMP-{line:05}*************VN*L1-88-{line:05}~\nG69*LAMP FOR THE TABLE, GREEN SHADE~\nN9*LI*{line}~\n")).collect();
    let sets: String = (1..=documents)
        .map(|set| {
            let order = format!("SO{number:06}-{set}");
            format!(
                "ST*945*{set:04}~\nW06*F*{order}*20260316*BOL-{order}**PO-{order}~\nN1*ST*GRANITE OUTFITTERS*92*0017~\n\
                 G62*11*20260316~\nW27*U*PRCL**PP~\n{lines}W03*{shipped}*14*LB~\nSE*{segments}*{set:04}~\n"
            )
        })
        .collect();
    format!(
        "ISA*00*          *00*          *ZZ*ALDER          *12*4085551000     *260310*1430*U*00401*{number:09}*0*P*>~\n\
         GS*SW*ALDER*4085551000*20260310*1430*{number}*X*004010~\n{sets}GE*{documents}*{number}~\nIEA*1*{number:09}~\n"
    )
}

/// Documents a second from a full inbox to the last file published.
async fn flat_out(home: PathBuf, files: usize, documents: usize, profile: &str) -> f64 {
    let bench = Bench::start(home, profile).await;
    let start = Instant::now();
    bench.work(1..files + 1, documents, LINES).await;
    let rate = (files * documents) as f64 / start.elapsed().as_secs_f64();
    bench.gateway.stop().await;
    rate
}

/// How many documents a second `crossdock mapping backtest` tries: half of the record came with one document a file, half
/// with fifty; the change lets one field go.
async fn backtest(folder: &Path, record: usize) {
    let bench = Bench::start(folder.join("home"), NEVER).await;
    bench.work(1..record / 2 + 1, 1, LINES).await;
    bench.work(10_000_001..10_000_001 + record / 100, 50, LINES).await;
    let home = bench.home.clone();
    bench.gateway.stop().await;
    let change = home.join("change");
    fs::create_dir_all(change.join("mappings/alder")).unwrap();
    fs::create_dir_all(change.join("partner-profiles")).unwrap();
    let profile = fs::read_to_string(home.join("partner-profiles/alder.toml")).unwrap();
    let changed = profile.replace("document = \"x12/945\"", "document = \"x12/945\"\nmapping = \"alder/945\"");
    fs::write(change.join("partner-profiles/alder.toml"), changed).unwrap();
    fs::write(change.join("mappings/alder/945.toml"), "extends = \"base/945\"\n[map]\ncarrier.scac = false\n").unwrap();
    println!("{record} documents of 5 KB on record, all of which would differ");
    for round in 1..=ROUNDS {
        let (start, cpu) = (Instant::now(), cpu_of_children());
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_crossdock"));
        command.args(["mapping", "backtest", "--format", "json", "--with"]).arg(&change).arg("--home").arg(&home);
        let told = command.output().unwrap();
        let rate = record as f64 / start.elapsed().as_secs_f64();
        let told = String::from_utf8(told.stdout).unwrap();
        let last: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
        let differing = last["summary"]["differing"].as_u64();
        assert_eq!(differing, Some(record as u64), "all documents differ: {last}");
        let verdict = if rate >= 2_000.0 { "reached" } else { "MISSED" };
        let cost = 1_000.0 * (cpu_of_children() - cpu) / record as f64;
        println!(
            "round {round}: {rate:.0} documents/s by the clock, wanted 2,000: {verdict}; CPU {cost:.2} ms a document"
        );
    }
}

/// Documents that are really worked on to fill a record; the others are copies of their rows.
const ORIGINALS: usize = 1_000;

/// What a document costs with `record` documents on record, and with none, `count` of them in each turn.
async fn on_record(folder: &Path, record: usize, count: usize) {
    let homes = ["empty", "full"].map(|name| folder.join(name));
    let full = Bench::start(homes[1].clone(), NEVER).await;
    full.work(1..ORIGINALS + 1, 1, 5).await;
    full.gateway.stop().await;
    fill(&homes[1].join("data/crossdock.db"), record / ORIGINALS).await;
    println!(
        "{record} documents on record or none; {count} of 5 KB a turn; documents a second by the clock, and CPU milliseconds a document"
    );
    // Numbers that no copy has.
    let mut first = 20_000_001;
    for round in 1..=ROUNDS {
        let mut said = Vec::new();
        let mut costs = Vec::new();
        for (home, name) in homes.iter().zip(["empty", "full"]) {
            let bench = Bench::start(home.clone(), NEVER).await;
            let (start, cpu) = (Instant::now(), cpu_seconds());
            bench.work(first..first + count, 1, LINES).await;
            let rate = count as f64 / start.elapsed().as_secs_f64();
            let cost = 1_000.0 * (cpu_seconds() - cpu) / count as f64;
            bench.gateway.stop().await;
            said.push(format!("{name} {rate:.0}/s {cost:.3} ms"));
            costs.push(cost);
        }
        first += count;
        println!("round {round}: {}; CPU {:.2} times", said.join(", "), costs[1] / costs[0]);
    }
    for (home, name) in homes.iter().zip(["empty", "full"]) {
        let store = Store::open(&home.join("data")).await.unwrap();
        println!("asked of the {name} record, ms: {}", asked(&store).await);
    }
    println!("the full record is {} MB", fs::metadata(homes[1].join("data/crossdock.db")).unwrap().len() / 1_000_000);
}

/// How long what operators ask takes.
async fn asked(store: &Store) -> String {
    let of = |state: &str| Filter { states: vec![state.to_owned()], ..Filter::default() };
    let (now, first) = (jiff::Timestamp::now(), Window::first(50));
    let mut said = Vec::new();
    let mut begun = Instant::now();
    let mut tell = |what: &str| {
        said.push(format!("{what} {:.1}", begun.elapsed().as_secs_f64() * 1_000.0));
        begun = Instant::now();
    };
    store.counts(now).await.unwrap();
    tell("counts");
    store.held().await.unwrap();
    tell("what is held");
    store.documents(&of("held"), first).await.unwrap();
    tell("held documents");
    store.payloads(&of("held"), first).await.unwrap();
    tell("held payloads");
    store.deliveries(&of("held"), first).await.unwrap();
    tell("held deliveries");
    let number = Some("SO000777-1-500".to_owned());
    store.documents(&Filter { business_number: number, ..Filter::default() }, first).await.unwrap();
    tell("a business number");
    said.join(", ")
}

/// Copies the rows of a record so many times, with ids and numbers of their own.
async fn fill(database: &Path, times: usize) {
    use sqlx::{Connection, Executor, Row, sqlite::SqliteConnection};
    let mut db = SqliteConnection::connect(&format!("sqlite://{}", database.display())).await.unwrap();
    for time in 1..times {
        let by = time * 10 * ORIGINALS;
        let mut tables = Vec::new();
        for table in ["contents", "payloads", "interchanges", "documents", "attempts", "events"] {
            let columns = format!("SELECT name FROM pragma_table_info('{table}')");
            let columns = sqlx::query(sqlx::AssertSqlSafe(columns)).fetch_all(&mut db).await.unwrap();
            let columns: Vec<String> = columns.iter().map(|row| row.get(0)).collect();
            let copied = columns.iter().map(|column| match (table, column.as_str()) {
                ("events", "id") | ("documents", "event") => format!("{column} || '-{time}'"),
                ("payloads", "spool_name") => format!("{column} || '-{time}'"),
                ("documents", "business_number") => format!("{column} || '-{time}'"),
                ("interchanges", "control_number") => format!("{column} + {by}"),
                ("attempts", "number") | ("documents", "delivery") | ("interchanges", "acknowledgment") => {
                    column.clone()
                }
                (_, "id" | "content" | "payload" | "document" | "sequence") => format!("{column} + {by}"),
                _ => column.clone(),
            });
            let key = match table {
                "attempts" => "document",
                "events" => "sequence",
                _ => "id",
            };
            // Those of the originals are below the first step.
            let (columns, copied) = (columns.join(", "), copied.collect::<Vec<_>>().join(", "));
            let step = 10 * ORIGINALS;
            tables.push(format!("INSERT INTO {table} ({columns}) SELECT {copied} FROM {table} WHERE {key} < {step};"));
        }
        let all = format!("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN; {} COMMIT;", tables.join(" "));
        db.execute(sqlx::AssertSqlSafe(all)).await.unwrap();
    }
    let last = "UPDATE cursors SET sequence = (SELECT max(sequence) FROM events); ANALYZE;";
    db.execute(last).await.unwrap();
    db.close().await.unwrap();
}

/// Time from the drop of a file to its document published, at so many documents a second: median, and that of 99 of 100.
async fn offered(home: PathBuf, count: usize, rate: u32) -> (Duration, Duration) {
    let bench = Bench::start(home, NEVER).await;
    let staging = bench.home.join("staging");
    fs::create_dir_all(&staging).unwrap();
    let mut dropped = Vec::new();
    let mut tick = tokio::time::interval(Duration::from_secs(1) / rate);
    for number in 1..=count {
        tick.tick().await;
        let staged = staging.join(number.to_string());
        fs::write(&staged, file(number, 1, LINES)).unwrap();
        dropped.push(SystemTime::now());
        fs::rename(staged, bench.inbox().join(format!("{number}.edi"))).unwrap();
    }
    bench.until(count).await;
    let mut waits = Vec::new();
    for entry in fs::read_dir(bench.published()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let number: usize = name[2..8].parse().unwrap();
        // The time of its last change of status: that of the rename to its name.
        let metadata = entry.metadata().unwrap();
        let renamed = Duration::new(metadata.ctime().unsigned_abs(), metadata.ctime_nsec().unsigned_abs() as u32);
        let published = SystemTime::UNIX_EPOCH + renamed;
        waits.push(published.duration_since(dropped[number - 1]).unwrap_or_default());
    }
    waits.sort();
    bench.gateway.stop().await;
    (waits[waits.len() / 2], waits[waits.len() * 99 / 100])
}

/// CPU seconds of this process so far, those of the kernel for it too.
fn cpu_seconds() -> f64 {
    cpu(14)
}

/// The same of the processes that it started and that have ended.
fn cpu_of_children() -> f64 {
    cpu(16)
}

/// User and system time, of which the first is this one of all fields, in hundredths of a second.
fn cpu(field: usize) -> f64 {
    let told = fs::read_to_string("/proc/self/stat").unwrap();
    // Behind the name in brackets comes the third.
    let fields = told.rsplit(')').next().unwrap().split_whitespace().skip(field - 3).take(2);
    fields.map(|hundredths| hundredths.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// Of this process, in KiB.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
