//! The model: what must be on record, published and sent, by docs/OPERATING.md alone.
//!
//! It knows nothing of how the gateway works. Words of states are those of the manual. What is dropped while no gateway runs, or
//! while its partner is paused, waits until [`Ledger::settle`] lets it go on.

use std::collections::BTreeMap;

use super::texts::{Action, Fault, Interchange, Kind, Order, PARTNERS, Set, TOGETHER, answered};

/// The ERP, where a partner is counted by its place in [`PARTNERS`].
pub(crate) const ERP: usize = PARTNERS.len();

/// What stands in a file.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Of a partner: interchanges, whole or cut short.
    Sets { interchanges: Vec<Interchange>, cut: bool },
    /// A 997 for a delivery, or for none: what it says of each set.
    Answer { of: Option<usize>, taken: Vec<bool> },
    /// Of the ERP.
    Orders(Vec<Order>),
}

#[derive(Debug, Clone)]
pub(crate) struct Payload {
    pub(crate) name: String,
    pub(crate) mailbox: usize,
    pub(crate) content: Content,
    /// The manual's word; `lying` as long as no gateway has taken it.
    pub(crate) state: &'static str,
    /// Its place among those that were taken.
    came: usize,
    pub(crate) documents: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Set(Set, bool),
    Order(Order),
    /// To a delivery: what it says of each document.
    Answer {
        of: Option<usize>,
        taken: Vec<bool>,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) payload: usize,
    pub(crate) position: usize,
    pub(crate) partner: usize,
    pub(crate) what: What,
    pub(crate) state: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) delivery: Option<usize>,
    /// A person held it once.
    pub(crate) was_kept_back: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) document: usize,
    pub(crate) quantity: Option<u64>,
    pub(crate) supersedes: Option<usize>,
    /// Its file lies in the ERP's folder, since the ERP looked last.
    pub(crate) fresh: bool,
    pub(crate) out: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) partner: usize,
    pub(crate) kind: &'static str,
    pub(crate) state: &'static str,
    pub(crate) documents: Vec<usize>,
    /// Of an acknowledgment.
    pub(crate) says: Vec<String>,
    /// What the partner answered of each document; nothing of one that it is sent again after it did not take it.
    pub(crate) verdict: Vec<Option<bool>>,
    /// It is full, or an operator said so: what it collects goes.
    due: bool,
    /// It was sent again after it was not taken, and was not answered since.
    asked_again: bool,
    /// It was delivered before, and goes out once more.
    pub(crate) again: bool,
    /// Its file lies in the outbox, since the partner looked last.
    pub(crate) fresh: bool,
    /// It was delivered, once at least.
    pub(crate) left: bool,
    /// The number of its group, once the partner has it.
    pub(crate) group: Option<u32>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Ledger {
    pub(crate) payloads: Vec<Payload>,
    pub(crate) documents: Vec<Document>,
    pub(crate) events: Vec<Event>,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) paused: [bool; PARTNERS.len()],
    pub(crate) up: bool,
    /// The mapping of alder's shipments knows one code less.
    pub(crate) strict: bool,
    /// So many payloads were taken.
    taken: usize,
    /// Interchanges that were taken, with the payload's acknowledgment.
    known: Vec<(Interchange, usize)>,
}

impl Ledger {
    /// A file comes: it is worked on when the gateway runs and its partner is not paused.
    pub(crate) fn come(&mut self, name: String, mailbox: usize, content: Content) {
        self.payloads.push(Payload { name, mailbox, content, state: "lying", came: 0, documents: 0 });
        self.settle();
    }

    /// What can go on goes on.
    pub(crate) fn settle(&mut self) {
        if !self.up {
            return;
        }
        for payload in 0..self.payloads.len() {
            let one = &mut self.payloads[payload];
            let paused = self.paused.get(one.mailbox) == Some(&true);
            if one.state == "lying" {
                self.taken += 1;
                one.came = self.taken;
            }
            match one.state {
                "lying" | "received" if paused => one.state = "received",
                "lying" | "received" => self.work_on(payload),
                _ => {}
            }
        }
        for event in &mut self.events {
            event.fresh |= !event.out;
            event.out = true;
        }
        for delivery in &mut self.deliveries {
            if delivery.state == "collecting" && delivery.due {
                // In the order in which they came.
                let order =
                    |one: &usize| (self.payloads[self.documents[*one].payload].came, self.documents[*one].position);
                delivery.documents.sort_by_key(order);
                delivery.state = "waiting";
            }
            if delivery.state == "waiting" && self.paused.get(delivery.partner) != Some(&true) {
                (delivery.state, delivery.fresh, delivery.again) = ("delivered", true, false);
                delivery.left = true;
                for document in &delivery.documents {
                    let document = &mut self.documents[*document];
                    if document.state == "queued" {
                        document.state = "delivered";
                        // The partner may have said meanwhile that it has taken it: then it has it.
                        document.answer = if document.answer == "-" { "waiting" } else { document.answer };
                    }
                }
            }
        }
    }

    /// A submission by command is worked on whether a gateway runs or not.
    pub(crate) fn submit_by_command(&mut self, payload: usize) {
        if self.payloads[payload].state == "lying" {
            self.taken += 1;
            self.payloads[payload].came = self.taken;
            self.work_on(payload);
        }
    }

    /// Where a document stands among all.
    fn order(&self, document: &Document) -> (usize, usize) {
        (self.payloads[document.payload].came, document.position)
    }

    fn work_on(&mut self, payload: usize) {
        match self.payloads[payload].content.clone() {
            Content::Sets { interchanges, cut } => self.take(payload, &interchanges, cut, false),
            Content::Answer { of, taken } => self.answered(payload, of, taken),
            Content::Orders(orders) => self.submitted(payload, orders),
        }
    }

    fn take(&mut self, payload: usize, interchanges: &[Interchange], cut: bool, in_spite: bool) {
        let mailbox = self.payloads[payload].mailbox;
        let same = |one: &Interchange, (known, _): &&(Interchange, usize)| {
            (known.sender, known.number, known.test) == (one.sender, one.number, one.test)
        };
        let of = |one: &Interchange| -> Vec<&(Interchange, usize)> {
            self.known.iter().filter(|known| same(one, known)).collect()
        };
        let before: Vec<Option<usize>> = interchanges
            .iter()
            .map(|one| of(one).iter().find(|(known, _)| known.sets == one.sets).map(|(_, answer)| *answer))
            .collect();
        let reused = interchanges.iter().zip(&before).any(|(one, before)| before.is_none() && !of(one).is_empty());
        let foreign = interchanges.iter().any(|one| one.sender != mailbox);
        if foreign || (cut && !in_spite) || (reused && !in_spite) {
            self.payloads[payload].state = "held";
            return;
        }
        for answer in before.iter().flatten() {
            self.send_again(*answer);
        }
        if before.iter().all(Option::is_some) {
            self.payloads[payload].state = "duplicate";
            return;
        }
        self.payloads[payload].state = "translated";
        let mut sets = 0;
        for (one, before) in interchanges.iter().zip(before) {
            if before.is_none() {
                self.take_one(payload, one, sets);
            }
            sets += one.sets.len();
        }
    }

    /// Takes an interchange before which so many sets stand in the file.
    fn take_one(&mut self, payload: usize, interchange: &Interchange, sets: usize) {
        for (set, position) in interchange.sets.iter().zip(sets + 1..) {
            let what = What::Set(set.clone(), interchange.test);
            let document = self.add(payload, position, interchange.sender, what, "held");
            match set.fault {
                Fault::Standard => self.documents[document].state = "rejected",
                Fault::Code if self.is_unreadable(document) => {}
                _ => self.publish(document),
            }
        }
        let answer = self.deliver(interchange.sender, "acknowledgment", Vec::new());
        self.deliveries[answer].says = answered(interchange);
        self.known.push((interchange.clone(), answer));
    }

    fn add(&mut self, payload: usize, position: usize, partner: usize, what: What, state: &'static str) -> usize {
        self.payloads[payload].documents += 1;
        let document =
            Document { payload, position, partner, what, state, answer: "-", delivery: None, was_kept_back: false };
        self.documents.push(document);
        self.documents.len() - 1
    }

    fn deliver(&mut self, partner: usize, kind: &'static str, documents: Vec<usize>) -> usize {
        let delivery = self.deliveries.len();
        for document in &documents {
            let document = &mut self.documents[*document];
            document.delivery = Some(delivery);
            if kind == "interchange" {
                (document.state, document.answer) = ("queued", "-");
            }
        }
        self.deliveries.push(Delivery {
            partner,
            kind,
            state: "waiting",
            documents,
            says: Vec::new(),
            verdict: Vec::new(),
            due: false,
            asked_again: false,
            again: false,
            fresh: false,
            left: false,
            group: None,
        });
        delivery
    }

    /// The same file goes out once more; one that has not gone yet goes once.
    fn send_again(&mut self, delivery: usize) {
        let delivery = &mut self.deliveries[delivery];
        if delivery.state == "delivered" {
            (delivery.state, delivery.again) = ("waiting", true);
        }
    }

    /// The mapping in force cannot read it.
    fn is_unreadable(&self, document: usize) -> bool {
        let Document { partner, what: What::Set(set, _), .. } = &self.documents[document] else { return false };
        self.strict && *partner == 0 && set.fault == Fault::Code && set.kind == Kind::Shipment
    }

    /// The last event of a document, or of the chain that it is part of.
    fn event_of(&self, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        self.events.iter().rposition(|event| is_it(event.document))
    }

    /// Both are of one chain: one takes the place of the other where it says so.
    fn is_of_one_chain(&self, one: usize, other: usize) -> bool {
        let key = |document: &Document| match &document.what {
            What::Set(set, test) => {
                let part = if set.kind == Kind::Shipment { set.part.as_str() } else { "" };
                Some((document.partner, set.kind, *test, set.number.clone(), part.to_owned()))
            }
            _ => None,
        };
        key(&self.documents[one]).is_some() && key(&self.documents[one]) == key(&self.documents[other])
    }

    fn publish(&mut self, document: usize) {
        let What::Set(set, _) = &self.documents[document].what else { return };
        let mut supersedes = self.event_of(|other| other == document);
        if supersedes.is_none() && set.action != Action::Original {
            supersedes = self.event_of(|other| self.is_of_one_chain(document, other));
        }
        let quantity = (set.fault != Fault::Standard).then_some(set.quantity);
        self.events.push(Event { document, quantity, supersedes, fresh: false, out: false });
        self.documents[document].state = "published";
    }

    /// What the ERP has of later documents stands against publishing this one.
    fn is_outdated(&self, document: usize, events: &[Event]) -> bool {
        let one = &self.documents[document];
        let What::Set(set, test) = &one.what else { return false };
        let stands = |event: &Event| {
            let other = &self.documents[event.document];
            let What::Set(later, later_test) = &other.what else { return false };
            let came_later = self.order(one) < self.order(other);
            let another_file = one.payload != other.payload;
            // Reports of one file are of one moment, and what stands beside a rejected one was not sent in its place.
            let of_stock = set.kind == Kind::Stock && later.kind == Kind::Stock && another_file;
            let in_its_place = set.kind != Kind::Stock
                && self.is_of_one_chain(document, event.document)
                && (later.action != Action::Original || one.state == "rejected" && another_file);
            came_later && one.partner == other.partner && test == later_test && (of_stock || in_its_place)
        };
        events.iter().any(stands)
    }

    /// What the ERP has of it was replaced by another one, or by a later report of the stock.
    fn is_replaced(&self, document: usize) -> bool {
        match &self.documents[document].what {
            What::Set(set, _) if set.kind == Kind::Stock => self.is_outdated(document, &self.events),
            _ => {
                let own = self.event_of(|other| other == document);
                self.events.iter().any(|event| event.supersedes == own && event.document != document)
            }
        }
    }

    fn submitted(&mut self, payload: usize, orders: Vec<Order>) {
        self.payloads[payload].state = "translated";
        let mut written: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (order, position) in orders.into_iter().zip(1..) {
            let (partner, wrong) = (order.partner, order.wrong);
            let document = self.add(payload, position, partner, What::Order(order), "refused");
            if wrong || self.goes_on_elsewhere(document) {
                self.deliver(ERP, "refusal", vec![document]);
            } else {
                self.documents[document].state = "queued";
                written.entry(partner).or_default().push(document);
            }
        }
        for (partner, documents) in written {
            self.send(partner, documents);
        }
    }

    /// The same event came as another document, and was neither refused nor discarded. What is in none with an id came so where the
    /// latest of its number says the same, and the partner did not reject that.
    fn goes_on_elsewhere(&self, document: usize) -> bool {
        let What::Order(own) = &self.documents[document].what else { return false };
        let others = self.documents.iter().enumerate().filter(|(other, _)| *other != document);
        let mut others = others.filter_map(|(_, other)| match &other.what {
            What::Order(order) if !matches!(other.state, "refused" | "discarded") => Some((other, order)),
            _ => None,
        });
        if own.id.is_some() {
            return others.any(|(_, order)| order.id == own.id);
        }
        let of_its_number = others.filter(|(other, order)| {
            (order.partner, &order.number) == (own.partner, &own.number) && other.state != "rejected"
        });
        let latest = of_its_number.max_by_key(|(other, _)| self.order(other));
        latest.is_some_and(|(_, order)| (order.action, order.quantity) == (own.action, own.quantity))
    }

    /// Orders go out: to alder at once, to birch with others.
    fn send(&mut self, partner: usize, documents: Vec<usize>) {
        if partner == 0 {
            self.deliver(partner, "interchange", documents);
            return;
        }
        for document in documents {
            let delivery = self.collecting(partner).unwrap_or_else(|| self.deliver(partner, "interchange", Vec::new()));
            (self.documents[document].delivery, self.documents[document].state) = (Some(delivery), "queued");
            self.documents[document].answer = "-";
            let delivery = &mut self.deliveries[delivery];
            delivery.documents.push(document);
            delivery.state = "collecting";
            delivery.due |= delivery.documents.len() == TOGETHER;
        }
    }

    /// What collects orders to a partner.
    fn collecting(&self, partner: usize) -> Option<usize> {
        self.deliveries.iter().position(|one| one.partner == partner && one.state == "collecting" && !one.due)
    }

    fn answered(&mut self, payload: usize, of: Option<usize>, taken: Vec<bool>) {
        let partner = self.payloads[payload].mailbox;
        self.payloads[payload].state = "translated";
        let fits = of.is_some_and(|of| {
            let before = self.deliveries[of].verdict.iter();
            before.zip(&taken).all(|(before, taken)| before.is_none_or(|before| before == *taken))
        });
        self.add(payload, 1, partner, What::Answer { of, taken: taken.clone() }, if fits { "kept" } else { "held" });
        let (Some(of), true) = (of, fits) else { return };
        for (document, taken) in self.deliveries[of].documents.iter().zip(&taken) {
            let document = &mut self.documents[*document];
            if document.delivery == Some(of) && document.state != "discarded" {
                document.answer = if *taken { "accepted" } else { "rejected" };
                document.state = if *taken { document.state } else { "rejected" };
            }
        }
        self.deliveries[of].verdict = taken.into_iter().map(Some).collect();
        self.deliveries[of].asked_again = false;
    }
}

/// What operators order; true where the command says that all was done.
impl Ledger {
    pub(crate) fn rerun(&mut self, document: usize, out_of_order: bool) -> bool {
        let state = self.documents[document].state;
        match self.documents[document].what.clone() {
            What::Set(set, _) => {
                let has = self.event_of(|other| other == document).is_some();
                if !matches!(state, "published" | "held" | "rejected" | "discarded") {
                    false
                } else if set.fault == Fault::Standard {
                    self.documents[document].state = "rejected";
                    false
                } else if self.is_unreadable(document) {
                    self.documents[document].state = "held";
                    false
                } else if has {
                    self.documents[document].state = "published";
                    true
                } else {
                    self.go_on(document, out_of_order)
                }
            }
            What::Order(order) => {
                if !matches!(state, "held" | "rejected" | "refused" | "discarded")
                    || self.goes_on_elsewhere(document)
                    || self.is_said_to_be_taken(&[document])
                {
                    return false;
                }
                if order.wrong {
                    if state == "discarded" {
                        // The ERP is told once more.
                        self.documents[document].state = "refused";
                        self.deliver(ERP, "refusal", vec![document]);
                    }
                    return false;
                }
                self.write_anew(document, out_of_order)
            }
            What::Answer { .. } => false,
        }
    }

    pub(crate) fn release(&mut self, document: usize, out_of_order: bool) -> bool {
        let one = &self.documents[document];
        match (&one.what, one.state) {
            // What the ERP has already it does not get under another id.
            (What::Set(set, _), "held" | "rejected")
                if set.fault == Fault::Standard && self.event_of(|other| other == document).is_some() =>
            {
                self.documents[document].state = "published";
                true
            }
            (What::Set(..), "held" | "rejected") => self.go_on(document, out_of_order),
            (What::Order(_), "held") => match one.delivery {
                None => self.write_anew(document, out_of_order),
                Some(delivery) => {
                    let held = self.deliveries[delivery].documents.clone();
                    if !out_of_order && held.iter().any(|one| self.is_overtaken(*one, Some(delivery))) {
                        return false;
                    }
                    for document in held {
                        self.documents[document].state = "queued";
                    }
                    self.deliveries[delivery].state = "waiting";
                    true
                }
            },
            _ => false,
        }
    }

    fn go_on(&mut self, document: usize, out_of_order: bool) -> bool {
        let goes = out_of_order || !self.is_outdated(document, &self.events);
        if goes {
            self.publish(document);
        }
        goes
    }

    fn write_anew(&mut self, document: usize, out_of_order: bool) -> bool {
        let partner = self.documents[document].partner;
        if !out_of_order && self.is_overtaken(document, self.collecting(partner)) {
            return false;
        }
        self.leave(document);
        self.send(partner, vec![document]);
        true
    }

    /// A held interchange that one of its documents leaves does not go out; the others wait. Nor is the ERP told any more that an
    /// order was refused which goes out after all.
    fn leave(&mut self, document: usize) {
        let Some(delivery) = self.documents[document].delivery.take() else { return };
        let refusal_waits = self.deliveries[delivery].kind == "refusal" && self.deliveries[delivery].state == "waiting";
        if refusal_waits || self.deliveries[delivery].state == "held" {
            self.deliveries[delivery].state = "discarded";
            for document in self.deliveries[delivery].documents.clone() {
                self.documents[document].delivery = None;
            }
        }
    }

    /// A later one of its number went on, and not together with it.
    fn is_overtaken(&self, document: usize, together: Option<usize>) -> bool {
        let one = &self.documents[document];
        let What::Order(order) = &one.what else { return false };
        self.documents.iter().any(|other| {
            let What::Order(later) = &other.what else { return false };
            self.order(one) < self.order(other)
                && (order.partner, &order.number) == (later.partner, &later.number)
                && matches!(other.state, "queued" | "delivered" | "rejected")
                && (together.is_none() || other.delivery != together)
        })
    }

    /// The partner did not take one of them, and an answer that is held says that it did.
    fn is_said_to_be_taken(&self, documents: &[usize]) -> bool {
        let held = self.documents.iter().filter(|answer| answer.state == "held");
        let says = |answer: &Document, document: &usize| match &answer.what {
            What::Answer { of: Some(of), taken } => {
                let of_it = self.deliveries[*of].documents.iter().zip(taken);
                of_it.into_iter().any(|(one, taken)| one == document && *taken)
            }
            _ => false,
        };
        let rejected = documents.iter().filter(|document| self.documents[**document].state == "rejected");
        held.into_iter().any(|answer| rejected.clone().any(|document| says(answer, document)))
    }

    pub(crate) fn hold(&mut self, document: usize) -> bool {
        let one = &mut self.documents[document];
        one.was_kept_back |= matches!(one.state, "queued" | "held");
        let (Some(delivery), "queued") = (one.delivery, one.state) else { return one.state == "held" };
        if self.deliveries[delivery].state == "collecting" {
            self.deliveries[delivery].documents.retain(|other| *other != document);
            (self.documents[document].state, self.documents[document].delivery) = ("held", None);
            if self.deliveries[delivery].documents.is_empty() {
                self.deliveries[delivery].state = "discarded";
            }
            return true;
        }
        for document in self.deliveries[delivery].documents.clone() {
            self.documents[document].state = "held";
        }
        self.deliveries[delivery].state = "held";
        true
    }

    pub(crate) fn discard(&mut self, document: usize) -> bool {
        let can = matches!(self.documents[document].state, "held" | "rejected" | "refused");
        if can {
            let before = self.documents[document].delivery;
            if let (Some(refusal), "refused") = (before, self.documents[document].state)
                && self.deliveries[refusal].state == "waiting"
            {
                self.deliveries[refusal].state = "discarded";
            }
            if self.documents[document].state == "held" {
                self.leave(document);
            }
            self.documents[document].state = "discarded";
        }
        can
    }

    pub(crate) fn release_payload(&mut self, payload: usize, out_of_order: bool) -> bool {
        let Content::Sets { interchanges, cut } = self.payloads[payload].content.clone() else { return false };
        if self.payloads[payload].state != "held" {
            return false;
        }
        let before = self.clone();
        self.take(payload, &interchanges, cut, true);
        let late = |document: usize| {
            self.documents[document].state == "published" && self.is_outdated(document, &before.events)
        };
        let declined = !out_of_order && (before.documents.len()..self.documents.len()).any(late);
        if declined {
            *self = before;
        }
        !declined
    }

    /// A person writes another quantity into what the ERP has.
    pub(crate) fn correct(&mut self, document: usize, corrected: u64, out_of_order: bool) -> bool {
        if !out_of_order && self.is_replaced(document) {
            return false;
        }
        if let What::Set(set, _) = &mut self.documents[document].what {
            set.quantity = corrected;
        }
        self.publish(document);
        true
    }

    /// As if it came again.
    pub(crate) fn rerun_payload(&mut self, payload: usize) -> bool {
        self.work_on(payload);
        self.payloads[payload].state == "translated"
    }

    pub(crate) fn discard_payload(&mut self, payload: usize) -> bool {
        let can = matches!(self.payloads[payload].state, "held" | "received");
        if can {
            self.payloads[payload].state = "discarded";
        }
        can
    }

    pub(crate) fn retry(&mut self, delivery: usize, out_of_order: bool) -> bool {
        let (state, documents) = (self.deliveries[delivery].state, self.deliveries[delivery].documents.clone());
        if state == "collecting" {
            self.deliveries[delivery].due = true;
            return true;
        }
        let overtaken = documents.iter().any(|one| self.is_overtaken(*one, Some(delivery)));
        if (overtaken && !out_of_order) || self.is_said_to_be_taken(&documents) {
            return false;
        }
        self.send_again(delivery);
        self.deliveries[delivery].asked_again = self.deliveries[delivery].verdict.iter().any(|one| *one != Some(true));
        for (document, place) in documents.into_iter().zip(0..) {
            if self.documents[document].state == "rejected" {
                (self.documents[document].state, self.documents[document].answer) = ("queued", "-");
                self.deliveries[delivery].verdict[place] = None;
            }
        }
        true
    }

    /// Acknowledgments do not go out; what went once stays as it is, and what the partner did not take of it is rejected again.
    pub(crate) fn discard_delivery(&mut self, delivery: usize) -> bool {
        let one = &mut self.deliveries[delivery];
        let can = one.state == "waiting" && (one.again || one.kind == "acknowledgment");
        if !can {
            return false;
        }
        one.state = if one.again { "delivered" } else { "discarded" };
        for (document, place) in one.documents.iter().zip(0..) {
            let document = &mut self.documents[*document];
            if document.delivery == Some(delivery) && document.state == "queued" {
                (document.state, document.answer) = ("rejected", "rejected");
                one.verdict[place] = Some(false);
            }
        }
        one.asked_again = false;
        true
    }
}

/// What must be seen.
impl Ledger {
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for payload in self.payloads.iter().filter(|payload| payload.state != "lying") {
            lines.push(format!("payload {}: {}, {} documents", payload.name, payload.state, payload.documents));
        }
        for document in &self.documents {
            let (kind, number, lane) = match &document.what {
                What::Set(set, test) => (set.kind.object(), set.number.as_str(), if *test { "test" } else { "live" }),
                What::Order(order) => ("fulfillment_order", order.number.as_str(), "live"),
                What::Answer { .. } => ("-", "-", "live"),
            };
            let (place, state, answer) = (self.place(document), document.state, document.answer);
            let partner = PARTNERS[document.partner];
            lines.push(format!("document {place}: {partner} {lane} {kind} {number}, {state}, answer {answer}"));
        }
        self.events_in_lines(&mut lines);
        self.deliveries_in_lines(&mut lines);
        let count = |what: &str, states: &[&str], of: &mut dyn Iterator<Item = &'static str>| {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            of.filter(|state| states.contains(state)).for_each(|state| *counts.entry(state).or_default() += 1);
            counts.into_iter().map(|(state, count)| format!("status: {count} {what} {state}")).collect::<Vec<_>>()
        };
        let states = &["held", "received", "duplicate", "discarded"];
        lines.extend(count("payloads", states, &mut self.payloads.iter().map(|one| one.state)));
        let states = &["held", "refused", "queued"];
        lines.extend(count("documents", states, &mut self.documents.iter().map(|one| one.state)));
        let states = &["held", "waiting", "collecting"];
        lines.extend(count("deliveries", states, &mut self.deliveries.iter().map(|one| one.state)));
        let paused = PARTNERS.iter().zip(self.paused).filter(|(_, paused)| *paused);
        lines.extend(paused.map(|(name, _)| format!("status: {name} is paused")));
        lines.sort();
        lines
    }

    fn place(&self, document: &Document) -> String {
        format!("{} {}", self.payloads[document.payload].name, document.position)
    }

    fn events_in_lines(&self, lines: &mut Vec<String>) {
        let mut numbers: Vec<String> = Vec::new();
        let mut counts = [0; PARTNERS.len()];
        for event in &self.events {
            let document = &self.documents[event.document];
            let What::Set(set, _) = &document.what else { continue };
            counts[document.partner] += 1;
            let number = format!("{} {:03}", PARTNERS[document.partner], counts[document.partner]);
            let quantity = event.quantity.map_or("-".to_owned(), |quantity| quantity.to_string());
            let supersedes = event.supersedes.map_or("-", |earlier| numbers[earlier].as_str());
            lines.push(format!(
                "event {number}: {} {} {} of {quantity}, document {}, supersedes {supersedes}",
                set.kind.object(),
                set.number,
                set.action_word(),
                self.place(document)
            ));
            if event.fresh {
                lines.push(format!("event {number}: a file for the ERP"));
            }
            numbers.push(number);
        }
    }

    fn deliveries_in_lines(&self, lines: &mut Vec<String>) {
        let mut counts: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for delivery in &self.deliveries {
            let count = counts.entry((delivery.partner, delivery.kind)).or_default();
            *count += 1;
            let number = label(delivery.partner, delivery.kind, *count);
            let order = |document: &usize| match &self.documents[*document].what {
                What::Order(order) => format!("{} {} of {}", order.number, order.action.word(), order.quantity),
                _ => String::new(),
            };
            let says = match delivery.kind {
                "acknowledgment" => delivery.says.join(", "),
                "interchange" => delivery.documents.iter().map(order).collect::<Vec<_>>().join(", "),
                _ => {
                    let of_it = delivery.documents.iter().map(|one| &self.documents[*one]);
                    let as_sent = of_it.filter(|one| {
                        one.delivery.is_some_and(|own| std::ptr::eq(&raw const self.deliveries[own], delivery))
                    });
                    as_sent.map(|one| self.place(one)).collect()
                }
            };
            let all = |wanted: Option<bool>| delivery.verdict.iter().all(|verdict| *verdict == wanted);
            let answer = match (delivery.kind, delivery.state) {
                ("interchange", "delivered") if delivery.verdict.is_empty() || delivery.asked_again => "waiting",
                ("interchange", _) if delivery.verdict.is_empty() || delivery.asked_again => "-",
                ("interchange", _) if all(Some(true)) => "accepted",
                ("interchange", _) if all(Some(false)) => "rejected",
                ("interchange", _) => "partially_accepted",
                _ => "-",
            };
            lines.push(format!("delivery {number}: {}, answer {answer}", delivery.state));
            if delivery.left {
                lines.push(format!("delivery {number}: says {says}"));
            }
            if delivery.fresh {
                lines.push(format!("delivery {number}: a file"));
            }
        }
    }

    /// All files were taken away.
    pub(crate) fn fetched(&mut self) {
        self.events.iter_mut().for_each(|event| event.fresh = false);
        self.deliveries.iter_mut().for_each(|delivery| delivery.fresh = false);
    }
}

/// How a delivery is called: each partner's, of each kind, in their order.
pub(crate) fn label(partner: usize, kind: &str, count: usize) -> String {
    format!("{} {kind} {count:03}", PARTNERS.get(partner).unwrap_or(&"erp"))
}
