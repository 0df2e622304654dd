//! The gateway as others see it: its folders, and what its commands print. Lines of what is seen, to be compared with those of the
//! model.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::ledger::{ERP, label};
use super::texts::{Kind, PARTNERS, Set, read};
use crate::gateway::{Home, Serving, program};

/// What the mapping of alder's shipments says when it knows one code less.
const STRICT: &str =
    "[block.shipment-line]\nstatus = { at = \"W1201\", codes = \"strict\" }\n[codes.strict]\nCC = \"shipped\"\n";

pub(crate) struct World {
    pub(crate) home: Home,
    pub(crate) serving: Option<Serving>,
    /// Files that partners and the ERP have taken.
    taken: BTreeMap<PathBuf, Vec<u8>>,
    /// It was killed since they looked last: what they had taken may come again.
    pub(crate) killed: bool,
}

/// What is seen at a moment.
pub(crate) struct Seen {
    pub(crate) lines: Vec<String>,
    /// Lines of files that were taken before, with the same bytes.
    pub(crate) repeated: BTreeSet<String>,
    /// The number of the first group of each delivery.
    pub(crate) groups: BTreeMap<String, u32>,
    /// Ids of documents, payloads and deliveries, by how the model calls them.
    pub(crate) ids: BTreeMap<String, String>,
    files: Vec<PathBuf>,
}

impl World {
    pub(crate) fn new(name: &str) -> Self {
        let home = Home::new(name, &PARTNERS);
        for (partner, own) in PARTNERS.iter().zip(["mapping = \"alder/945\"\n", ""]) {
            let receives = Kind::ALL.map(|kind| {
                let own = if kind == Kind::Shipment { own } else { "" };
                format!("[[receive]]\ndocument = \"x12/{}\"\n{own}", kind.set())
            });
            let id = partner.to_ascii_uppercase();
            let batch = if own.is_empty() { "batch = { documents = 3, wait = \"20h\" }\n" } else { "" };
            let mapping = if own.is_empty() { "mapping = \"birch/940\"\n" } else { "" };
            let profile = format!(
                "name = \"{partner}\"\nus = {{ interchange_id = \"12/4085551000\" }}\n\
                 them = {{ interchange_ids = [\"ZZ/{id}\"] }}\ntime_zone = \"UTC\"\n{}\
                 [[send]]\ncanonical = \"fulfillment_order\"\ndocument = \"x12/004010/940\"\n{mapping}{batch}",
                receives.concat()
            );
            home.write(&format!("partner-profiles/{partner}.toml"), &profile);
        }
        let world = Self { home, serving: None, taken: BTreeMap::new(), killed: false };
        world.map_strictly(false);
        // Orders to birch have numbers of our own.
        let numbered = "extends = \"base/940\"\n[derived]\n\"N902[N901=SI]\" = { sequence = \"order\" }\n";
        world.home.write("mappings/birch/940.toml", numbered);
        world
    }

    pub(crate) fn map_strictly(&self, strict: bool) {
        let own = if strict { STRICT } else { "" };
        let text = format!("extends = \"base/945\"\n{own}");
        // In one go, or the gateway would read it by halves.
        let folder = self.home.path.join("mappings/alder");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("945.new"), text).unwrap();
        fs::rename(folder.join("945.new"), folder.join("945.toml")).unwrap();
    }

    pub(crate) fn start(&mut self) {
        let serving = self.home.serve();
        serving.ready();
        self.serving = Some(serving);
    }

    /// A command, and whether it says that all was done.
    pub(crate) fn command(&self, arguments: &[&str]) -> (bool, String) {
        let (code, out, error) = self.home.run(arguments);
        assert!(matches!(code, Some(0 | 1)), "{arguments:?} ends with {code:?}\n{out}\n{error}");
        (code == Some(0), out + &error)
    }

    /// The same, killed after a while.
    pub(crate) fn killed_command(&self, arguments: &[&str], lives: Duration) {
        let mut command = Command::new(program());
        command.args(arguments).arg("--home").arg(&self.home.path).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(lives);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The canonical object of a document.
    pub(crate) fn exported(&self, document: &str) -> String {
        self.home.run(&["document", "export", document, "--canonical"]).1
    }

    fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let (_, out, _) = self.home.run(&[arguments, &["--format", "json"]].concat());
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// All that can be seen, but what `status` says.
    pub(crate) fn look(&self) -> Seen {
        let mut seen = Seen {
            lines: Vec::new(),
            repeated: BTreeSet::new(),
            groups: BTreeMap::new(),
            ids: BTreeMap::new(),
            files: Vec::new(),
        };
        let list = |what: &str| {
            let mut list = self.json(&[what, "list", "--limit", "100000"]);
            list.reverse();
            list
        };
        let (payloads, documents) = (list("payload"), list("document"));
        for payload in &payloads {
            let (name, state) = (text(payload, "file_name"), text(payload, "state"));
            seen.lines.push(format!("payload {name}: {state}, {} documents", payload["documents"]));
            seen.ids.insert(format!("payload {name}"), payload["payload"].to_string());
        }
        let mut places = BTreeMap::new();
        for document in &documents {
            let place = format!("{} {}", text(document, "file_name"), document["position"]);
            let of = |key| text(document, key);
            seen.lines.push(format!(
                "document {place}: {} {} {} {}, {}, answer {}",
                of("partner"),
                of("lane"),
                of("type"),
                of("business_number"),
                of("state"),
                of("answer")
            ));
            seen.ids.insert(format!("document {place}"), document["document"].to_string());
            places.insert(document["document"].to_string(), place);
        }
        self.events(&mut seen, &places);
        self.deliveries(&mut seen, &list("delivery"), &documents, &places);
        self.files_of_nobody(&mut seen);
        seen.lines.sort();
        seen
    }

    /// What `status` says, in order.
    pub(crate) fn status(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let status = self.json(&["status"]).remove(0);
        for what in ["payloads", "documents", "deliveries"] {
            for (state, count) in status[what].as_object().unwrap() {
                lines.push(format!("status: {count} {what} {state}"));
            }
        }
        for name in status["paused"].as_array().unwrap() {
            lines.push(format!("status: {} is paused", name.as_str().unwrap_or_default()));
        }
        let running = self.serving.is_some();
        if status["running"] != running {
            lines.push(format!("status: running is {}", status["running"]));
        }
        let empty = |key: &str| status[key].as_array().unwrap().is_empty();
        if running && !(empty("mailboxes") && status["unrecorded"] == 0 && status["events_behind"] == 0) {
            lines.push(format!("status: files wait: {} {}", status["mailboxes"], status["unrecorded"]));
        }
        lines.sort();
        lines
    }

    fn events(&self, seen: &mut Seen, places: &BTreeMap<String, String>) {
        let mut events: Vec<(Value, &str)> = Vec::new();
        for (arguments, folder) in [(&["events"][..], "published"), (&["events", "--test"], "test")] {
            let printed = self.json(arguments).into_iter().filter(|one| one.get("event").is_some());
            events.extend(printed.map(|event| (event, folder)));
        }
        events.sort_by_key(|(event, _)| event["sequence"].as_u64());
        let (mut counts, mut numbers) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, String>::new());
        for (event, folder) in events {
            let event = &event["event"];
            let partner = text(event, "source").trim_start_matches("/partners/").to_owned();
            let count = counts.entry(partner.clone()).or_default();
            *count += 1;
            let number = format!("{partner} {count:03}");
            let object = text(event, "type").split('.').nth(1).unwrap_or_default().to_owned();
            let kind = Kind::ALL.into_iter().find(|kind| kind.object() == object).unwrap();
            let quantity = Set::quantity_in(kind, &event["data"]).map_or("-".to_owned(), |one| one.to_string());
            let supersedes = event["supersedes"].as_str().map_or("-", |id| numbers.get(id).map_or(id, String::as_str));
            let (subject, id) = (text(event, "subject"), text(event, "id"));
            let place = places.get(&text(event, "documentid")).map_or("of nobody", String::as_str);
            let action = text(&event["data"], "action");
            seen.lines.push(format!(
                "event {number}: {object} {subject} {action} of {quantity}, document {place}, supersedes {supersedes}"
            ));
            let path = self.home.data().join("erp").join(folder).join(&object).join(format!("{subject}-{id}.json"));
            if let Ok(bytes) = fs::read(&path) {
                let same = serde_json::from_slice::<Value>(&bytes).is_ok_and(|of_file| of_file == *event);
                let is = if same { "a file for the ERP" } else { "a file that says something else" };
                self.file(seen, path, bytes, format!("event {number}: {is}"));
            }
            numbers.insert(id, number);
        }
    }

    /// A file that lies somewhere.
    fn file(&self, seen: &mut Seen, path: PathBuf, bytes: Vec<u8>, line: String) {
        match self.taken.get(&path) {
            Some(before) if *before == bytes => drop(seen.repeated.insert(line.clone())),
            Some(_) => seen.lines.push(format!("{line}, with other bytes than before")),
            None => {}
        }
        seen.lines.push(line);
        seen.files.push(path);
    }

    fn deliveries(
        &self,
        seen: &mut Seen,
        deliveries: &[Value],
        documents: &[Value],
        places: &BTreeMap<String, String>,
    ) {
        let mut counts: BTreeMap<(usize, String), usize> = BTreeMap::new();
        let mut numbers: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        let mut groups: BTreeSet<(usize, u32)> = BTreeSet::new();
        let mut own: BTreeMap<u32, String> = BTreeMap::new();
        for (index, delivery) in deliveries.iter().enumerate() {
            let partner = PARTNERS.iter().position(|name| *name == text(delivery, "partner")).unwrap_or(ERP);
            let kind = text(delivery, "kind");
            let count = counts.entry((partner, kind.clone())).or_default();
            *count += 1;
            let number = label(partner, &kind, *count);
            seen.ids.insert(format!("delivery {number}"), delivery["delivery"].to_string());
            let (state, answer) = (text(delivery, "state"), text(delivery, "answer"));
            seen.lines.push(format!("delivery {number}: {state}, answer {answer}"));
            let folder = match PARTNERS.get(partner) {
                Some(name) => self.home.outbox(name),
                None => self.home.data().join("erp/refused"),
            };
            let path = folder.join(text(delivery, "file_name"));
            let has_gone = |one: &Value| !one["delivered_at"].is_null() || one["state"] == "placed";
            if !has_gone(delivery) {
                continue;
            }
            // What was given back twice has one name both times: the file is the newer one's.
            let same_name = |later: &Value| ["kind", "file_name"].iter().all(|key| later[key] == delivery[key]);
            let mut later = deliveries[index + 1..].iter().filter(|_| kind == "refusal");
            let is_anothers = later.any(|later| has_gone(later) && same_name(later));
            let bytes = fs::read(&path).ok().filter(|_| !is_anothers);
            let Some(content) = bytes.as_ref().or_else(|| self.taken.get(&path)) else { continue };
            let sent = read(&String::from_utf8_lossy(content));
            let says = if kind == "refusal" {
                let of_it = documents.iter().filter(|one| one["delivery"] == delivery["delivery"]);
                of_it.map(|one| places[&one["document"].to_string()].clone()).collect()
            } else {
                numbers.entry(partner).or_default().push(sent.interchange.into());
                if delivery["interchange_number"] != sent.interchange {
                    seen.lines.push(format!("delivery {number}: ISA13 is {}", sent.interchange));
                }
                let unique = sent.groups.iter().all(|group| groups.insert((partner, *group)));
                seen.lines.extend((!unique).then(|| format!("delivery {number}: the number of a group came before")));
                seen.groups.extend(sent.groups.first().map(|group| (number.clone(), *group)));
                for (said, order) in &sent.own {
                    let order = &sent.says[*order];
                    if own.insert(*said, order.clone()).is_some_and(|before| before != *order) {
                        seen.lines.push(format!("delivery {number}: our number {said} is another order's"));
                    }
                }
                sent.says.join(", ")
            };
            seen.lines.push(format!("delivery {number}: says {says}"));
            if let Some(bytes) = bytes {
                self.file(seen, path, bytes, format!("delivery {number}: a file"));
            }
        }
        self.numbers(seen, deliveries);
    }

    /// Numbers of interchanges are given one after the other, each once.
    fn numbers(&self, seen: &mut Seen, deliveries: &[Value]) {
        for partner in PARTNERS {
            let of_it = deliveries.iter().filter(|one| one["partner"] == partner);
            let mut numbers: Vec<u64> = of_it.filter_map(|one| one["interchange_number"].as_u64()).collect();
            numbers.sort_unstable();
            if !numbers.iter().copied().eq(1..=numbers.len() as u64) {
                seen.lines.push(format!("numbers of {partner}: {numbers:?}"));
            }
        }
    }

    fn folders(&self) -> Vec<PathBuf> {
        let data = self.home.data();
        let mut folders: Vec<PathBuf> = PARTNERS.iter().map(|partner| self.home.outbox(partner)).collect();
        folders.push(data.join("erp/refused"));
        for lane in ["published", "test"] {
            folders.extend(Kind::ALL.map(|kind| data.join("erp").join(lane).join(kind.object())));
        }
        folders
    }

    /// Files that nothing on record is about.
    fn files_of_nobody(&self, seen: &mut Seen) {
        let mut lying: Vec<PathBuf> = self.folders().iter().flat_map(|folder| whole_files(folder)).collect();
        lying.retain(|path| !seen.files.contains(path));
        for path in lying {
            // Reasons lie beside what was refused.
            let of = path.to_string_lossy().replace(".diagnostics.txt", ".json");
            if !seen.files.contains(&PathBuf::from(of)) {
                seen.lines.push(format!("file {}: of nobody", path.display()));
            }
        }
    }

    /// Partners and the ERP take what was seen.
    pub(crate) fn fetch(&mut self, seen: &Seen) {
        for path in &seen.files {
            let bytes = fs::read(path).unwrap();
            fs::remove_file(path).unwrap();
            drop(fs::remove_file(path.with_extension("diagnostics.txt")));
            self.taken.insert(path.clone(), bytes);
        }
        self.killed = false;
    }
}

fn text(value: &Value, key: &str) -> String {
    match &value[key] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn whole_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))).collect()
}
