//! What partners and the ERP write, and what is read of what they get: plain texts, by no code of the gateway.

use serde_json::Value;

/// The partners of the home: alder is sent an interchange for each submission, birch three orders at a time.
pub(crate) const PARTNERS: [&str; 2] = ["alder", "birch"];
/// So many orders go to birch together.
pub(crate) const TOGETHER: usize = 3;

/// What a partner sends: one of four sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Shipment,
    Receipt,
    Stock,
    Notice,
}

impl Kind {
    pub(crate) const ALL: [Kind; 4] = [Kind::Shipment, Kind::Receipt, Kind::Stock, Kind::Notice];

    pub(crate) fn set(self) -> &'static str {
        ["945", "944", "846", "856"][self as usize]
    }

    fn group(self) -> &'static str {
        ["SW", "RE", "IB", "SH"][self as usize]
    }

    /// The canonical object.
    pub(crate) fn object(self) -> &'static str {
        ["shipment", "receipt", "inventory_report", "ship_notice"][self as usize]
    }
}

/// What a document does to one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Original,
    Change,
    Cancel,
}

impl Action {
    pub(crate) fn word(self) -> &'static str {
        ["original", "change", "cancel"][self as usize]
    }
}

/// What is wrong with a document of a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// A warning of the standard: it is taken, with a remark.
    Remark,
    /// The standard is broken: it is rejected.
    Standard,
    /// A code that the mapping does not know: it is held.
    Code,
}

/// A transaction set of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) kind: Kind,
    /// The business number.
    pub(crate) number: String,
    /// Of a shipment, its own number.
    pub(crate) part: String,
    pub(crate) action: Action,
    pub(crate) quantity: u64,
    pub(crate) fault: Fault,
}

impl Set {
    /// The segments between ST and SE.
    fn body(&self) -> Vec<String> {
        let Self { number, part, quantity, .. } = self;
        let action = self.action as usize;
        let of = |codes: [&'static str; 3]| codes[action];
        let amount = if self.fault == Fault::Standard { "FOUR".to_owned() } else { quantity.to_string() };
        let mut body = match self.kind {
            Kind::Shipment => vec![
                format!("W06*F*{number}*20260316*{part}**PO-{number}******{}", of(["", "2", "3"])),
                "N1*ST*GRANITE OUTFITTERS*92*0017".to_owned(),
                "G62*11*20260316".to_owned(),
                "W27*U*PRCL**PP".to_owned(),
                "LX*1".to_owned(),
                format!(
                    "W12*{}*{quantity}*{amount}**EA**SK*LAMP-1",
                    if self.fault == Fault::Code { "BO" } else { "CC" }
                ),
                "N9*LI*1".to_owned(),
                format!("W03*{quantity}*14*LB"),
            ],
            Kind::Receipt => vec![
                format!("W17*F*20260316*{number}*SO-{number}*{part}"),
                "N1*WH*RENO*92*0017".to_owned(),
                format!("W07*{amount}*EA**SK*LAMP-1"),
                "N9*LI*1".to_owned(),
                format!("W14*{quantity}"),
            ],
            Kind::Stock => vec![
                format!("BIA*00*SI*{number}*20260316**{}", of(["", "2", "3"])),
                "N1*WH*RENO*92*0017".to_owned(),
                "LIN*1*SK*LAMP-1".to_owned(),
                format!("QTY*33*{amount}*EA"),
                "CTT*1".to_owned(),
            ],
            Kind::Notice => vec![
                format!("BSN*{}*{number}*20260313*0700", of(["00", "04", "01"])),
                "HL*1**S".to_owned(),
                "HL*2*1*O".to_owned(),
                format!("PRF*PO-{number}"),
                "HL*3*2*I".to_owned(),
                "LIN*1*SK*LAMP-1".to_owned(),
                format!("SN1**{amount}*EA"),
                "CTT*1".to_owned(),
            ],
        };
        body[0] = body[0].trim_end_matches('*').to_owned();
        if self.fault == Fault::Remark {
            // A qualifier without its number breaks a syntax note, which is only reported.
            body.insert(if self.kind == Kind::Notice { 2 } else { 1 }, "N1*SF*RENO*92".to_owned());
        }
        body
    }

    /// What the event of it says under `action`.
    pub(crate) fn action_word(&self) -> &'static str {
        let words = match self.kind {
            Kind::Notice => ["original", "change", "cancel"],
            Kind::Shipment | Kind::Stock | Kind::Receipt => ["-", "change", "delete"],
        };
        words[self.action as usize]
    }

    /// What an event of it says: its quantity stands in the field of its object.
    pub(crate) fn quantity_in(kind: Kind, data: &Value) -> Option<u64> {
        let line = match kind {
            Kind::Shipment => data.pointer("/lines/0/shipped/value"),
            Kind::Receipt => data.pointer("/lines/0/received/value"),
            Kind::Stock => data.pointer("/items/0/quantities/0/quantity/value"),
            Kind::Notice => data.pointer("/orders/0/lines/0/shipped/value"),
        };
        line?.as_u64()
    }
}

/// An interchange of a partner. Sets of one kind that follow each other stand in one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interchange {
    /// Who says that it sent it.
    pub(crate) sender: usize,
    pub(crate) number: u32,
    /// ISA15 is T.
    pub(crate) test: bool,
    pub(crate) sets: Vec<Set>,
}

impl Interchange {
    /// The sets of each group; group `index` has the number `10 * number + index`.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[Set]> {
        self.sets.chunk_by(|one, next| one.kind == next.kind)
    }

    pub(crate) fn group_number(&self, index: usize) -> u32 {
        10 * self.number + index as u32
    }

    pub(crate) fn text(&self) -> String {
        let mut groups = Vec::new();
        for (index, group) in self.groups().enumerate() {
            let mut sets = String::new();
            for (index, set) in group.iter().enumerate() {
                sets += &transaction_set(set.kind.set(), index + 1, &set.body());
            }
            groups.push((group[0].kind.group(), self.group_number(index), sets, group.len()));
        }
        envelope(self.sender, self.number, self.test, &groups)
    }
}

fn transaction_set(set: &str, number: usize, body: &[String]) -> String {
    format!("ST*{set}*{number:04}~\n{}~\nSE*{}*{number:04}~\n", body.join("~\n"), body.len() + 2)
}

fn envelope(sender: usize, number: u32, test: bool, groups: &[(&str, u32, String, usize)]) -> String {
    let id = PARTNERS[sender].to_ascii_uppercase();
    let usage = if test { 'T' } else { 'P' };
    let mut text = format!(
        "ISA*00*          *00*          *ZZ*{id:<15}*12*4085551000     *260310*1430*U*00401*{number:09}*0*{usage}*>~\n"
    );
    for (code, group, sets, count) in groups {
        text += &format!("GS*{code}*{id}*4085551000*20260310*1430*{group}*X*004010~\n{sets}GE*{count}*{group}~\n");
    }
    text + &format!("IEA*{}*{number:09}~\n", groups.len())
}

/// A 997 of a partner for our group: what it says of each set, in their order.
pub(crate) fn acknowledgment(sender: usize, number: u32, group: u32, taken: &[bool]) -> String {
    let mut body = vec![format!("AK1*OW*{group}")];
    for (index, taken) in taken.iter().enumerate() {
        body.push(format!("AK2*940*{:04}", index + 1));
        body.push((if *taken { "AK5*A" } else { "AK5*R*5" }).to_owned());
    }
    let (all, good) = (taken.len(), taken.iter().filter(|taken| **taken).count());
    body.push(format!("AK9*{}*{all}*{all}*{good}", verdict(all, good, false)));
    envelope(sender, number, false, &[("FA", number, transaction_set("997", 1, &body), 1)])
}

/// AK901 of a group with so many sets, of which so many are taken.
pub(crate) fn verdict(all: usize, taken: usize, remarks: bool) -> char {
    match (taken == all, taken == 0, remarks) {
        (true, _, false) => 'A',
        (true, _, true) => 'E',
        (_, true, _) => 'R',
        _ => 'P',
    }
}

/// An order of the ERP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// Of its event, where that has one.
    pub(crate) id: Option<String>,
    pub(crate) partner: usize,
    pub(crate) number: String,
    pub(crate) action: Action,
    pub(crate) quantity: u64,
    /// It has no lines, which nobody can send.
    pub(crate) wrong: bool,
}

impl Order {
    pub(crate) fn text(&self) -> String {
        let Self { number, quantity, .. } = self;
        let id = self.id.as_ref().map(|id| format!(r#""id":"{id}","#)).unwrap_or_default();
        let (action, partner) = (self.action.word(), PARTNERS[self.partner]);
        let action = if self.wrong { "perhaps" } else { action };
        format!(
            r#"{{"specversion":"1.0",{id}"type":"crossdock.fulfillment_order.submitted","source":"/partners/{partner}","data":{{"order_number":"{number}","action":"{action}","ship_to":{{"name":"GRANITE OUTFITTERS"}},"lines":[{{"line_number":"1","sku":"TENT","ordered":{{"value":{quantity},"unit":"EA"}}}}]}}}}"#
        )
    }
}

/// What stands in a file that a partner gets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    pub(crate) interchange: u32,
    pub(crate) groups: Vec<u32>,
    /// In words: each order, or the verdicts on each group.
    pub(crate) says: Vec<String>,
    /// Our own numbers, each with the place of its order.
    pub(crate) own: Vec<(u32, usize)>,
}

/// Reads a file of ours as a partner does.
pub(crate) fn read(text: &str) -> Sent {
    let mut sent = Sent::default();
    for segment in text.split('~').map(str::trim) {
        let elements: Vec<&str> = segment.split('*').collect();
        let at = |index: usize| elements.get(index).copied().unwrap_or_default();
        match at(0) {
            "ISA" => sent.interchange = at(13).parse().unwrap_or_default(),
            "GS" => sent.groups.push(at(6).parse().unwrap_or_default()),
            "W05" => {
                let action = match at(1) {
                    "N" => Action::Original.word(),
                    "F" => Action::Cancel.word(),
                    "R" => Action::Change.word(),
                    other => other,
                };
                sent.says.push(format!("{} {action}", at(2)));
            }
            "N9" if at(1) == "SI" => sent.own.push((at(2).parse().unwrap_or_default(), sent.says.len() - 1)),
            "W01" => add(&mut sent.says, &format!(" of {}", at(1))),
            "AK1" => sent.says.push(format!("{} {}:", at(1), at(2))),
            "AK2" => add(&mut sent.says, &format!(" {} {}", at(1), at(2))),
            "AK5" => add(&mut sent.says, &format!(" {}", at(1))),
            "AK9" => add(&mut sent.says, &format!("; {} {}/{}/{}", at(1), at(2), at(3), at(4))),
            _ => {}
        }
    }
    sent
}

fn add(says: &mut [String], more: &str) {
    if let Some(last) = says.last_mut() {
        last.push_str(more);
    }
}

/// What [`read`] should find of our answer to an interchange.
pub(crate) fn answered(interchange: &Interchange) -> Vec<String> {
    let group = |(index, group): (usize, &[Set])| {
        let mut says = format!("{} {}:", group[0].kind.group(), interchange.group_number(index));
        for (index, set) in group.iter().enumerate() {
            let code = match set.fault {
                Fault::None | Fault::Code => 'A',
                Fault::Remark => 'E',
                Fault::Standard => 'R',
            };
            says += &format!(" {} {:04} {code}", set.kind.set(), index + 1);
        }
        let taken = group.iter().filter(|set| set.fault != Fault::Standard).count();
        let remarks = group.iter().any(|set| set.fault == Fault::Remark);
        let (all, verdict) = (group.len(), verdict(group.len(), taken, remarks));
        says + &format!("; {verdict} {all}/{all}/{taken}")
    };
    interchange.groups().enumerate().map(group).collect()
}
