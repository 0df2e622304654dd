//! Kills a gateway at random moments while files come and go, and judges by a ledger outside of it: nothing is lost, nothing
//! is done twice.
//!
//! The ledger knows each file that was dropped and each object that was submitted. It takes what comes out as an ERP and
//! partners do, by moving it away, and compares what comes again under a name with what came before. At the end every
//! order that was shipped has exactly one event, every order that was submitted stands in exactly one interchange, and
//! control numbers were given once. Orders to two of the partners are collected to go out together, and those to one of these
//! have numbers of our own: each was given once, and none is missing.
//!
//! ```text
//! CROSSDOCK_KILLS=200 CROSSDOCK_FILES=5000 CROSSDOCK_OBJECTS=1000 cargo test --release --test gateway_crash -- --nocapture
//! ```

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]
#![allow(clippy::print_stderr, reason = "the long form says how far it is and what it counted")]

#[path = "support/gateway.rs"]
mod gateway;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use gateway::{Home, envelope, files, interchange, order, profile, shipment, wait};

const PARTNERS: [&str; 3] = ["alder", "birch", "cedar"];

/// A home of the partners. Orders to birch and cedar are collected, those to cedar have numbers of our own.
fn home(name: &str) -> Home {
    let home = Home::new(name, &PARTNERS);
    let batch = "batch = { documents = 4, wait = \"1s\" }\n";
    home.write("partner-profiles/birch.toml", &(profile("birch") + batch));
    home.write("partner-profiles/cedar.toml", &(profile("cedar") + "mapping = \"cedar/940\"\n" + batch));
    let mapping = "extends = \"base/940\"\n[derived]\n\"N902[N901=SI]\" = { sequence = \"order\" }\n";
    home.write("mappings/cedar/940.toml", mapping);
    home
}

/// What went in and what came out.
#[derive(Default)]
struct Ledger {
    /// Orders of the shipments that were dropped and are right.
    shipped: BTreeSet<String>,
    /// Orders that were submitted.
    ordered: BTreeSet<String>,
    /// What came out: folder and name, with the bytes.
    out: BTreeMap<(String, String), Vec<u8>>,
    /// Files that came again, the same.
    repeated: usize,
    /// Acknowledgments that came again, and files that were sent again.
    answered_again: usize,
    sent_again: usize,
}

impl Ledger {
    /// Takes what lies in a folder, as whoever reads it does.
    fn take(&mut self, folder: &Path, label: &str) {
        for name in files(folder) {
            let path = folder.join(&name);
            let bytes = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            match self.out.get(&(label.to_owned(), name.clone())) {
                Some(before) => {
                    assert!(*before == bytes, "{label}/{name} came again with other bytes");
                    // A file that is sent again is answered again, with the same file.
                    match name.starts_with("997_") {
                        true => self.answered_again += 1,
                        false => self.repeated += 1,
                    }
                }
                None => drop(self.out.insert((label.to_owned(), name), bytes)),
            }
        }
    }

    fn take_all(&mut self, home: &Home) {
        self.take(&home.published("shipment"), "published");
        for partner in PARTNERS {
            self.take(&home.outbox(partner), partner);
        }
    }

    /// How often each order was published, by the events' data.
    fn published(&self) -> BTreeMap<String, Vec<String>> {
        let mut published: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for ((label, name), bytes) in &self.out {
            if label == "published" {
                let event: serde_json::Value = serde_json::from_slice(bytes).unwrap();
                let order = event["data"]["order_number"].as_str().unwrap().to_owned();
                let id = event["id"].as_str().unwrap();
                assert_eq!(*name, format!("{order}-{id}.json"));
                published.entry(order).or_default().push(id.to_owned());
            }
        }
        published
    }

    /// Each interchange that was delivered: partner, ISA13, orders.
    fn delivered(&self) -> Vec<(String, u32, Vec<String>)> {
        let of_partner = |label: &String| PARTNERS.contains(&label.as_str());
        let interchanges = self.out.iter().filter(|((label, _), _)| of_partner(label));
        let read = |((label, _), bytes): (&(String, String), &Vec<u8>)| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let number = text.split('*').nth(13).unwrap().parse().unwrap();
            let orders = text.split('~').filter_map(|segment| segment.trim().strip_prefix("W05*"));
            let orders = orders.map(|segment| segment.split('*').nth(1).unwrap().to_owned()).collect();
            (label.clone(), number, orders)
        };
        interchanges.map(read).collect()
    }

    /// The numbers of our own that stand in the orders to cedar.
    fn own_numbers(&self) -> Vec<u32> {
        let texts = self.out.iter().filter(|((label, _), _)| label == "cedar").map(|(_, bytes)| bytes);
        let texts: Vec<String> = texts.map(|bytes| String::from_utf8(bytes.clone()).unwrap()).collect();
        let number = |segment: &str| segment.trim().strip_prefix("N9*SI*").map(|number| number.parse().unwrap());
        texts.iter().flat_map(|text| text.split('~').filter_map(number).collect::<Vec<u32>>()).collect()
    }

    /// What was acknowledged to a partner: the number of each group, and how many of its sets were accepted.
    fn acknowledged(&self, partner: &str) -> Vec<(String, usize)> {
        let mut groups: Vec<(String, usize)> = Vec::new();
        for (_, bytes) in self.out.iter().filter(|((label, _), _)| label == partner) {
            for segment in String::from_utf8_lossy(bytes).split('~').map(str::trim) {
                match (segment.strip_prefix("AK1*SW*"), groups.last_mut()) {
                    (Some(number), _) => groups.push((number.to_owned(), 0)),
                    (None, Some((_, accepted))) => *accepted += usize::from(segment == "AK5*A"),
                    _ => {}
                }
            }
        }
        groups
    }

    fn done(&self) -> bool {
        let delivered: usize = self.delivered().iter().map(|(_, _, orders)| orders.len()).sum();
        let acknowledged = PARTNERS.iter().flat_map(|partner| self.acknowledged(partner));
        let accepted: usize = acknowledged.map(|(_, accepted)| accepted).sum();
        let all = self.shipped.len();
        self.published().len() >= all && accepted >= all && delivered >= self.ordered.len()
    }

    /// Everything exactly once.
    fn judge(&self) {
        let published = self.published();
        let orders: BTreeSet<String> = published.keys().cloned().collect();
        assert_eq!(orders, self.shipped, "left: orders published, right: orders shipped");
        let twice: Vec<_> = published.iter().filter(|(_, ids)| ids.len() != 1).collect();
        assert!(twice.is_empty(), "published under more than one event id: {twice:?}");
        let delivered = self.delivered();
        let mut orders: Vec<String> = delivered.iter().flat_map(|(_, _, orders)| orders.clone()).collect();
        orders.sort();
        assert_eq!(orders, self.ordered.iter().cloned().collect::<Vec<_>>(), "left: delivered, right: submitted");
        for partner in PARTNERS {
            let mut numbers: Vec<u32> =
                delivered.iter().filter(|(to, ..)| to == partner).map(|(_, number, _)| *number).collect();
            numbers.sort_unstable();
            let expected: Vec<u32> = (1..=numbers.len() as u32).collect();
            assert_eq!(numbers, expected, "control numbers of {partner}");
            let mut groups: Vec<String> = self.acknowledged(partner).into_iter().map(|(group, _)| group).collect();
            let count = groups.len();
            groups.sort();
            groups.dedup();
            assert_eq!(groups.len(), count, "a group of {partner} was acknowledged twice");
        }
        let mut own = self.own_numbers();
        own.sort_unstable();
        let to_cedar = delivered.iter().filter(|(to, ..)| to == "cedar").map(|(.., orders)| orders.len());
        let expected: Vec<u32> = (1..=to_cedar.sum::<usize>() as u32).collect();
        assert_eq!(own, expected, "numbers of our own in the orders to cedar");
        let acknowledged = PARTNERS.iter().flat_map(|partner| self.acknowledged(partner));
        let accepted: usize = acknowledged.map(|(_, accepted)| accepted).sum();
        assert_eq!(accepted, self.shipped.len(), "left: sets acknowledged, right: sets sent");
    }
}

/// Random enough, and the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Drops the next files; one in seven has a set that is wrong among its neighbours, one in nine comes twice.
fn drop_files(home: &Home, ledger: &mut Ledger, dice: &mut Dice, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let partner = PARTNERS[number % PARTNERS.len()];
        let orders: Vec<String> = (0..=dice.roll(3)).map(|part| format!("SO{number:06}-{part}")).collect();
        let inbox = home.inbox(partner);
        let text = if dice.roll(7) == 0 {
            let mut sets: Vec<String> =
                orders.iter().enumerate().map(|(index, order)| shipment(index + 1, order)).collect();
            sets.push(shipment(sets.len() + 1, "WRONG").replace("W12*CC*4", "W12*CC*FOUR"));
            envelope(partner, number as u32 + 1, &sets)
        } else {
            interchange(partner, number as u32 + 1, &orders)
        };
        home.drop_into(&inbox, &format!("945-{number:06}.edi"), text.as_bytes());
        if dice.roll(9) == 0 {
            home.drop_into(&inbox, &format!("945-{number:06}-again.edi"), text.as_bytes());
            ledger.sent_again += 1;
        }
        ledger.shipped.extend(orders);
    }
}

fn submit_objects(home: &Home, ledger: &mut Ledger, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let name = format!("PO{number:06}");
        let text = order(PARTNERS[number % PARTNERS.len()], &name);
        home.drop_into(&home.submitted(), &format!("{name}.json"), text.as_bytes());
        ledger.ordered.insert(name);
    }
}

#[test]
fn whatever_is_killed_when_nothing_is_lost_and_nothing_is_done_twice() {
    let (kills, file_count, object_count) =
        (setting("CROSSDOCK_KILLS", 15), setting("CROSSDOCK_FILES", 240), setting("CROSSDOCK_OBJECTS", 60));
    let home = home("crash");
    let (mut ledger, mut dice) = (Ledger::default(), Dice(0x2026_1128));
    let (mut files_dropped, mut objects_dropped) = (0, 0);
    for kill in 0..kills {
        let serving = home.serve();
        let lives = Duration::from_millis(30 + dice.roll(700));
        let start = Instant::now();
        let until = |all: usize| all * (kill + 1) / kills;
        while start.elapsed() < lives {
            let (files, objects) = (until(file_count), until(object_count));
            let some = files_dropped..files.min(files_dropped + 8);
            files_dropped = some.end;
            drop_files(&home, &mut ledger, &mut dice, some);
            let some = objects_dropped..objects.min(objects_dropped + 2);
            objects_dropped = some.end;
            submit_objects(&home, &mut ledger, some);
            ledger.take_all(&home);
            std::thread::sleep(Duration::from_millis(dice.roll(20)));
        }
        serving.kill();
    }
    drop_files(&home, &mut ledger, &mut dice, files_dropped..file_count);
    submit_objects(&home, &mut ledger, objects_dropped..object_count);
    // The last one may work in peace, and is stopped as an operator stops it.
    let serving = home.serve();
    let done = || {
        ledger.take_all(&home);
        ledger.done().then_some(())
    };
    wait(done, || format!("not everything came out; see {}", home.path.display()));
    let stopping = Instant::now();
    assert_eq!(serving.terminate(), Some(0));
    assert!(stopping.elapsed() < Duration::from_secs(30), "stopped only after {:?}", stopping.elapsed());
    ledger.take_all(&home);
    ledger.judge();
    for partner in PARTNERS {
        assert_eq!(files(&home.inbox(partner)), Vec::<String>::new(), "left in the inbox of {partner}");
    }
    assert_eq!(files(&home.data().join("spool")), Vec::<String>::new(), "left in the spool");
    eprintln!(
        "{kills} kills, {} shipments in {file_count} files, {} orders: 0 lost, 0 doubled; {} files came again, byte-identical",
        ledger.shipped.len(),
        ledger.ordered.len(),
        ledger.repeated
    );
}

#[test]
fn told_to_stop_a_gateway_releases_what_is_under_way_and_goes_on_at_the_next_start() {
    let home = home("stop");
    let (mut ledger, mut dice) = (Ledger::default(), Dice(7));
    for round in 0..4 {
        let serving = home.serve();
        serving.ready();
        drop_files(&home, &mut ledger, &mut dice, round * 30..(round + 1) * 30);
        submit_objects(&home, &mut ledger, round * 10..(round + 1) * 10);
        let stopping = Instant::now();
        assert_eq!(serving.terminate(), Some(0));
        assert!(stopping.elapsed() < Duration::from_secs(30));
    }
    let serving = home.serve();
    let done = || {
        ledger.take_all(&home);
        ledger.done().then_some(())
    };
    wait(done, || format!("not everything came out; see {}", home.path.display()));
    assert_eq!(serving.terminate(), Some(0));
    ledger.take_all(&home);
    ledger.judge();
    assert_eq!(ledger.repeated, 0, "a stop in order repeats nothing");
    let (answered, sent) = (ledger.answered_again, ledger.sent_again);
    assert!(answered <= sent, "{sent} files were sent again, {answered} were answered again");
}
