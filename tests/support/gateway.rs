//! A gateway as a separate process on a home of its own, and files for it that are made up.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several tests, each of which uses a part; a test stops at the first thing that is not as it must be"
)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crossdock::lifecycle::{DocumentState, PayloadState};
use crossdock::store::{Document, Filter, Payload, Store, Window};

/// Longest wait for anything; a machine may be busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The program: the one that was built with the test, or that of `CROSSDOCK_PROGRAM`, such as a release.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("CROSSDOCK_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_crossdock").into(), PathBuf::from)
}

/// A home in a temporary folder, removed at the end.
pub(crate) struct Home {
    pub(crate) path: PathBuf,
}

/// A gateway that runs; killed at the end.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) log: PathBuf,
    /// Where its own part of the log begins.
    begins: usize,
}

impl Home {
    /// A home with these partners, who send 945s and are sent 940s by the base mappings.
    pub(crate) fn new(name: &str, partners: &[&str]) -> Self {
        let path = std::env::temp_dir().join(format!("crossdock-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(path.join("partner-profiles")).unwrap();
        let home = Self { path };
        home.write(
            "crossdock.toml",
            "[gateway]\nsweep = \"200ms\"\nsettle = \"200ms\"\n[health]\nlisten = \"127.0.0.1:0\"\n",
        );
        for partner in partners {
            home.write(&format!("partner-profiles/{partner}.toml"), &profile(partner));
        }
        home
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub(crate) fn inbox(&self, partner: &str) -> PathBuf {
        let folder = self.data().join("mailboxes").join(partner).join("inbox");
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    pub(crate) fn outbox(&self, partner: &str) -> PathBuf {
        self.data().join("mailboxes").join(partner).join("outbox")
    }

    pub(crate) fn published(&self, canonical_type: &str) -> PathBuf {
        self.data().join("erp/published").join(canonical_type)
    }

    pub(crate) fn submitted(&self) -> PathBuf {
        let folder = self.data().join("erp/submitted");
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// All payloads and documents on record.
    pub(crate) fn record(&self) -> (Vec<Payload>, Vec<Document>) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let store = Store::open(&self.data()).await.unwrap();
            let (filter, window) = (Filter::default(), Window::first(1000));
            (store.payloads(&filter, window).await.unwrap(), store.documents(&filter, window).await.unwrap())
        })
    }

    /// Drops a file of a partner and waits until it is worked on: the payload, and its documents in order.
    pub(crate) fn dropped(
        &self,
        serving: &Serving,
        (partner, name): (&str, &str),
        bytes: &[u8],
    ) -> (Payload, Vec<Document>) {
        let before = self.record().0.len();
        self.drop_into(&self.inbox(partner), name, bytes);
        let done = || {
            let (payloads, documents) = self.record();
            let newest = payloads.iter().max_by_key(|payload| payload.id).cloned();
            let newest = newest.filter(|newest| payloads.len() > before && newest.state != PayloadState::Received)?;
            let mut of_it: Vec<Document> = documents.into_iter().filter(|one| one.payload == newest.id).collect();
            of_it.sort_by_key(|document| document.position);
            let settled = of_it.iter().all(|document| document.state != DocumentState::Staged);
            settled.then_some((newest, of_it))
        };
        wait(done, || serving.text())
    }

    /// Drops a file as careful senders do: under a temporary name, then renamed.
    pub(crate) fn drop_into(&self, folder: &Path, name: &str, bytes: &[u8]) {
        let temporary = folder.join(format!(".{name}.tmp"));
        fs::write(&temporary, bytes).unwrap();
        fs::rename(temporary, folder.join(name)).unwrap();
    }

    /// Starts `crossdock serve`; its log is added to `serve.log`.
    pub(crate) fn serve(&self) -> Serving {
        self.serve_by(Command::new(program()))
    }

    /// Starts `serve` by a command that ends in the program's path.
    pub(crate) fn serve_by(&self, mut program: Command) -> Serving {
        let log = self.path.join("serve.log");
        let begins = fs::metadata(&log).map_or(0, |metadata| metadata.len()) as usize;
        let file = File::options().create(true).append(true).open(&log).unwrap();
        program.args(["serve", "--home"]).arg(&self.path).stdout(Stdio::null()).stderr(file);
        let child = program.spawn().unwrap();
        Serving { child, log, begins }
    }

    /// Runs a command on the home: exit code, standard output, standard error.
    pub(crate) fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(program()).args(arguments).arg("--home").arg(&self.path).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What a failed test leaves is worth a look.
        if !std::thread::panicking() {
            drop(fs::remove_dir_all(&self.path));
        }
    }
}

impl Serving {
    /// A process whose log is not kept.
    pub(crate) fn of(child: Child, home: &Path) -> Self {
        Self { child, log: home.join("none.log"), begins: 0 }
    }

    /// How long processors have worked for it.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields = stat.rsplit(')').next().unwrap().split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        // There are a hundred a second.
        Duration::from_millis(ticks * 10)
    }

    /// Waits until the gateway says that it runs.
    pub(crate) fn ready(&self) {
        wait(|| self.said("the gateway runs").then_some(()), || format!("no gateway:\n{}", self.text()));
    }

    /// What it has logged.
    pub(crate) fn text(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        text.get(self.begins..).unwrap_or_default().to_owned()
    }

    pub(crate) fn said(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; the exit code, once it has ended.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until there is an answer.
pub(crate) fn wait<T>(mut answer: impl FnMut() -> Option<T>, otherwise: impl Fn() -> String) -> T {
    let start = Instant::now();
    loop {
        let asked = Instant::now();
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "not within {} s: {}", PATIENCE.as_secs(), otherwise());
        // What asks by commands is not to take the processors from what it waits for.
        std::thread::sleep(Duration::from_millis(20).max(4 * asked.elapsed()));
    }
}

/// Names of the files in a folder, but temporary ones.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

/// A gateway of one partner, alder, whose profile ends with these lines.
pub(crate) fn of_alder(name: &str, more: &str) -> (Home, Serving) {
    let home = Home::new(name, &["alder"]);
    home.write("partner-profiles/alder.toml", &format!("{}{more}", profile("alder")));
    let serving = home.serve();
    serving.ready();
    (home, serving)
}

/// The profile of a partner that is made up.
pub(crate) fn profile(partner: &str) -> String {
    let id = partner.to_ascii_uppercase();
    format!(
        "name = \"{partner}\"\nus = {{ interchange_id = \"12/4085551000\" }}\n\
         them = {{ interchange_ids = [\"ZZ/{id}\"] }}\ntime_zone = \"UTC\"\n\
         [[receive]]\ndocument = \"x12/945\"\n\
         [[send]]\ncanonical = \"fulfillment_order\"\ndocument = \"x12/004010/940\"\n"
    )
}

/// An interchange of a partner with a 945 for each order.
pub(crate) fn interchange(partner: &str, number: u32, orders: &[String]) -> String {
    let sets: Vec<String> = orders.iter().enumerate().map(|(index, order)| shipment(index + 1, order)).collect();
    envelope(partner, number, &sets)
}

/// A 945 that is right.
pub(crate) fn shipment(number: usize, order: &str) -> String {
    format!(
        "ST*945*{number:04}~\nW06*F*{order}*20260316*BOL-{order}**PO-{order}~\nN1*ST*GRANITE OUTFITTERS*92*0017~\n\
         G62*11*20260316~\nW27*U*PRCL**PP~\nLX*1~\nW12*CC*4*4**EA**SK*LAMP-1~\nN9*LI*1~\nW03*4*14*LB~\nSE*10*{number:04}~\n"
    )
}

/// Transaction sets in their envelope.
pub(crate) fn envelope(partner: &str, number: u32, sets: &[String]) -> String {
    let id = partner.to_ascii_uppercase();
    format!(
        "ISA*00*          *00*          *ZZ*{id:<15}*12*4085551000     *260310*1430*U*00401*{number:09}*0*P*>~\n\
         GS*SW*{id}*4085551000*20260310*1430*{number}*X*004010~\n{}GE*{}*{number}~\nIEA*1*{number:09}~\n",
        sets.concat(),
        sets.len()
    )
}

/// An order of the ERP, in its event.
pub(crate) fn order(partner: &str, number: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"erp-{number}","type":"crossdock.fulfillment_order.submitted","source":"/partners/{partner}","data":{{"order_number":"{number}","action":"original","ship_to":{{"name":"GRANITE OUTFITTERS"}},"lines":[{{"line_number":"1","sku":"TENT","ordered":{{"value":24,"unit":"EA"}}}}]}}}}"#
    )
}
