//! The gateway from inbox to published, beside what the disk gives: `cargo bench --bench gateway`.
//!
//! Floors and gateway run in turns on the same disk (`CROSSDOCK_BENCH_FOLDER`, else the folder for temporary files). Floor:
//! two small files a document, each written, synced and renamed, by as many threads as serve it best. Then documents are
//! offered at a steady rate, and the time from the drop to the published file is measured.

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

const ROUNDS: usize = 3;

fn main() {
    let folder = std::env::var_os("CROSSDOCK_BENCH_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from);
    let count: usize = std::env::var("CROSSDOCK_BENCH_FILES").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{count} documents of 5 KB; documents a second, {ROUNDS} rounds in turns");
    for round in 1..=ROUNDS {
        let floor = [1, 8, 32].map(|threads| (floor(&folder, count, threads), threads));
        let best = floor.iter().copied().max_by(|one, other| one.0.total_cmp(&other.0)).unwrap();
        let one = runtime.block_on(flat_out(&folder, count, 1));
        let fifty = runtime.block_on(flat_out(&folder, count / 50, 50));
        println!(
            "round {round}: floor {:.0} ({} threads; alone {:.0}), one document a file {one:.0} ({:.2} of the floor), fifty a file {fifty:.0}",
            best.0,
            best.1,
            floor[0].0,
            one / best.0
        );
    }
    let (median, late) = runtime.block_on(offered(&folder, 2_000, 200));
    println!("200 documents/s offered: median {} ms, 99 of 100 within {} ms", median.as_millis(), late.as_millis());
    println!("peak memory {} MiB", peak_memory() >> 10);
}

/// Two durable small files a document, in documents a second.
fn floor(folder: &Path, count: usize, threads: usize) -> f64 {
    let folder = folder.join(format!("crossdock-bench-floor-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let bytes = vec![b'x'; 5_000];
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (folder, bytes) = (&folder, &bytes);
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
    let rate = count as f64 / start.elapsed().as_secs_f64();
    fs::remove_dir_all(folder).unwrap();
    rate
}

struct Bench {
    home: PathBuf,
    gateway: Gateway,
}

impl Bench {
    async fn start(folder: &Path) -> Self {
        let home = folder.join(format!("crossdock-bench-home-{}", std::process::id()));
        drop(fs::remove_dir_all(&home));
        fs::create_dir_all(home.join("partner-profiles")).unwrap();
        let profile = "name = \"Alder\"\nus = { interchange_id = \"12/4085551000\" }\nthem = { interchange_ids = [\"ZZ/ALDER\"] }\n\
            time_zone = \"UTC\"\n[[receive]]\ndocument = \"x12/945\"\n";
        fs::write(home.join("partner-profiles/alder.toml"), profile).unwrap();
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

    async fn until(&self, count: usize) {
        let subscriber = crossdock::pipeline::publish::SUBSCRIBER;
        while self.gateway.pipeline.store.cursor(subscriber).await.unwrap() < count as i64 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn end(self) {
        self.gateway.stop().await;
        fs::remove_dir_all(self.home).unwrap();
    }
}

/// A file with so many documents of about 5 KB.
fn file(number: usize, documents: usize) -> String {
    let lines: String = (1..=50).map(|line| format!("LX*{line}~\nW12*CC*4*4**EA**SK*LAMP-{line:05}*************VN*L1-88-{line:05}~\nG69*LAMP FOR THE TABLE, GREEN SHADE~\nN9*LI*{line}~\n")).collect();
    let sets: String = (1..=documents)
        .map(|set| {
            let order = format!("SO{number:06}-{set}");
            format!(
                "ST*945*{set:04}~\nW06*F*{order}*20260316*BOL-{order}**PO-{order}~\nN1*ST*GRANITE OUTFITTERS*92*0017~\n\
                 G62*11*20260316~\nW27*U*PRCL**PP~\n{lines}W03*200*14*LB~\nSE*207*{set:04}~\n"
            )
        })
        .collect();
    format!(
        "ISA*00*          *00*          *ZZ*ALDER          *12*4085551000     *260310*1430*U*00401*{number:09}*0*P*>~\n\
         GS*SW*ALDER*4085551000*20260310*1430*{number}*X*004010~\n{sets}GE*{documents}*{number}~\nIEA*1*{number:09}~\n"
    )
}

/// Documents a second from a full inbox to the last file published.
async fn flat_out(folder: &Path, files: usize, documents: usize) -> f64 {
    let bench = Bench::start(folder).await;
    let staging = bench.home.join("staging");
    fs::create_dir_all(&staging).unwrap();
    for number in 1..=files {
        fs::write(staging.join(number.to_string()), file(number, documents)).unwrap();
    }
    let start = Instant::now();
    for number in 1..=files {
        fs::rename(staging.join(number.to_string()), bench.inbox().join(format!("{number}.edi"))).unwrap();
    }
    bench.until(files * documents).await;
    let rate = (files * documents) as f64 / start.elapsed().as_secs_f64();
    bench.end().await;
    rate
}

/// Time from the drop of a file to its document published, at so many documents a second: median, and that of 99 of 100.
async fn offered(folder: &Path, count: usize, rate: u32) -> (Duration, Duration) {
    let bench = Bench::start(folder).await;
    let staging = bench.home.join("staging");
    fs::create_dir_all(&staging).unwrap();
    let mut dropped = Vec::new();
    let mut tick = tokio::time::interval(Duration::from_secs(1) / rate);
    for number in 1..=count {
        tick.tick().await;
        let staged = staging.join(number.to_string());
        fs::write(&staged, file(number, 1)).unwrap();
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
    bench.end().await;
    (waits[waits.len() / 2], waits[waits.len() * 99 / 100])
}

/// Of this process, in KiB.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
