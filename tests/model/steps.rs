//! Steps: what partners, the ERP, operators and chance do, drawn by lot, and each carried out on the gateway and in the model.
//!
//! A step names nothing by itself: what it is about is drawn when it is its turn, from what there is then. So any step may be left
//! out, and the others still can be done.

use std::fs::{self, File};
use std::io::Write;
use std::time::{Duration, Instant};

use super::ledger::{Content, ERP, Ledger, What, label};
use super::texts::{Action, Fault, Interchange, Kind, Order, PARTNERS, Set, acknowledgment};
use super::world::World;
use crate::gateway::wait;

/// SplitMix64: a few lines, and the same numbers on every machine.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.below(from.len())])
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Drop,
    Again,
    Reuse,
    Cut,
    Whole,
    Slowly,
    Foreign,
    Mixed,
    Submit,
    Answer,
    Rerun,
    Correct,
    Release,
    Discard,
    Hold,
    ReleasePayload,
    RerunPayload,
    DiscardPayload,
    Pause,
    Resume,
    Retry,
    DiscardDelivery,
    Map,
    Stop,
    Start,
    Kill,
    Quiet,
}

/// How often each is drawn.
const LOTS: &[(Act, usize)] = &[
    (Act::Drop, 20),
    (Act::Again, 5),
    (Act::Reuse, 3),
    (Act::Cut, 2),
    (Act::Whole, 2),
    (Act::Slowly, 2),
    (Act::Foreign, 1),
    (Act::Mixed, 2),
    (Act::Submit, 14),
    (Act::Answer, 10),
    (Act::Rerun, 7),
    (Act::Correct, 3),
    (Act::Release, 6),
    (Act::Discard, 4),
    (Act::Hold, 6),
    (Act::ReleasePayload, 3),
    (Act::RerunPayload, 1),
    (Act::DiscardPayload, 1),
    (Act::Pause, 3),
    (Act::Resume, 3),
    (Act::Retry, 5),
    (Act::DiscardDelivery, 3),
    (Act::Map, 2),
    (Act::Stop, 3),
    (Act::Start, 4),
    (Act::Kill, 5),
    (Act::Quiet, 4),
];

#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// Its place in the whole sequence, from which names and numbers are made.
    pub(crate) number: usize,
    pub(crate) act: Act,
    random: Random,
}

/// A sequence of steps.
pub(crate) fn steps(seed: u64, count: usize) -> Vec<Step> {
    let mut random = Random(seed);
    let lots: Vec<Act> = LOTS.iter().flat_map(|(act, times)| vec![*act; *times]).collect();
    let step = |number| Step { number, act: lots[random.below(lots.len())], random: Random(random.next()) };
    (1..=count).map(step).collect()
}

/// A gateway, and what is to be true of it.
pub(crate) struct Play {
    pub(crate) world: World,
    pub(crate) ledger: Ledger,
    /// Nothing was seen to be still for so long when it is not as it must be.
    pub(crate) patience: Duration,
}

/// What was seen is not what must be, in lines.
pub(crate) type Wrong = String;

impl Play {
    pub(crate) fn new(name: &str, patience: Duration) -> Self {
        let mut play = Self { world: World::new(name), ledger: Ledger::default(), patience };
        play.start();
        play
    }

    /// Carries a step out: what was done, in words; nothing where there was nothing to do it with.
    pub(crate) fn carry_out(&mut self, step: &Step) -> Result<Option<String>, Wrong> {
        let (random, number) = (&mut step.random.clone(), step.number);
        let said = match step.act {
            Act::Drop | Act::Slowly | Act::Foreign | Act::Cut => self.drop_new(step.act, random, number),
            Act::Again | Act::Reuse | Act::Whole | Act::Mixed => self.drop_known(step.act, random, number),
            Act::Submit => {
                let by_command = random.one_in(3);
                if by_command {
                    self.check()?;
                }
                self.submit(random, number, by_command)
            }
            Act::Answer => {
                self.check()?;
                self.answer(random, number)
            }
            Act::Correct => return self.correct(random),
            Act::Rerun | Act::Release | Act::Discard | Act::Hold => return self.order_document(step.act, random),
            Act::ReleasePayload | Act::RerunPayload | Act::DiscardPayload => {
                return self.order_payload(step.act, random);
            }
            Act::Retry | Act::DiscardDelivery => return self.order_delivery(step.act, random),
            Act::Pause | Act::Resume => return self.pause(step.act == Act::Pause, random),
            Act::Map => return self.map(),
            Act::Stop | Act::Start | Act::Kill => return self.run(step.act, random),
            Act::Quiet => {
                self.check()?;
                Some("all is looked at".to_owned())
            }
        };
        Ok(said)
    }

    /// A set of its own, or one that changes or corrects an earlier one.
    fn set(&self, partner: usize, random: &mut Random, name: String) -> Set {
        let kind = Kind::ALL[random.below(4)];
        let fault = match random.below(10) {
            0 | 1 => Fault::Standard,
            2 => Fault::Remark,
            3 | 4 if kind == Kind::Shipment => Fault::Code,
            _ => Fault::None,
        };
        let quantity = 1 + random.next() % 90_000;
        let earlier: Vec<&Set> = self
            .ledger
            .documents
            .iter()
            .filter_map(|one| match &one.what {
                What::Set(set, false) if one.partner == partner && set.kind != Kind::Receipt => Some(set),
                _ => None,
            })
            .collect();
        let new = Set {
            kind,
            number: format!("N{name}"),
            part: format!("P{name}"),
            action: Action::Original,
            quantity,
            fault,
        };
        match random.pick(&earlier) {
            Some(earlier) if random.one_in(2) => {
                let action = [Action::Original, Action::Change, Action::Change, Action::Cancel][random.below(4)];
                let part = if random.one_in(4) { new.part } else { earlier.part.clone() };
                let fault = if fault == Fault::Code { Fault::None } else { fault };
                Set { kind: earlier.kind, number: earlier.number.clone(), part, action, quantity, fault }
            }
            _ => new,
        }
    }

    fn interchange(&self, partner: usize, random: &mut Random, number: usize) -> Interchange {
        let mut sets: Vec<Set> =
            (0..=random.below(4)).map(|index| self.set(partner, random, format!("{number:03}{index}"))).collect();
        if random.one_in(2) {
            sets.sort_by_key(|set| set.kind);
        }
        Interchange { sender: partner, number: number as u32, test: random.one_in(12), sets }
    }

    fn drop_new(&mut self, act: Act, random: &mut Random, number: usize) -> Option<String> {
        let partner = random.below(PARTNERS.len());
        let one = self.interchange(partner, random, number);
        let text = one.text();
        let (mailbox, cut) = (if act == Act::Foreign { 1 - partner } else { partner }, act == Act::Cut);
        let text = if cut { text[..text.rfind("SE*").unwrap_or(text.len())].to_owned() } else { text };
        let name = format!("{}{number:04}.edi", if cut { "cut" } else { "d" });
        let inbox = self.world.home.inbox(PARTNERS[mailbox]);
        if act == Act::Slowly {
            // Written in place, by somebody who takes a break.
            let mut file = File::create(inbox.join(&name)).unwrap();
            let (first, second) = text.split_at(random.below(text.len()));
            file.write_all(first.as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(random.next() % 300));
            file.write_all(second.as_bytes()).unwrap();
        } else {
            self.world.home.drop_into(&inbox, &name, text.as_bytes());
        }
        let said =
            format!("{} drops {name}{}: {}", PARTNERS[mailbox], if cut { ", cut short" } else { "" }, words(&one));
        self.ledger.come(name, mailbox, Content::Sets { interchanges: vec![one], cut });
        Some(said)
    }

    /// What came before comes again: the same, its number with other sets, the whole of what was cut, or beside something new.
    fn drop_known(&mut self, act: Act, random: &mut Random, number: usize) -> Option<String> {
        let known: Vec<usize> = (0..self.ledger.payloads.len())
            .filter(|payload| match &self.ledger.payloads[*payload].content {
                Content::Sets { cut, interchanges } => {
                    let own = interchanges.iter().all(|one| one.sender == self.ledger.payloads[*payload].mailbox);
                    own && *cut == (act == Act::Whole)
                }
                _ => false,
            })
            .collect();
        let payload = random.pick(&known)?;
        let Content::Sets { mut interchanges, .. } = self.ledger.payloads[payload].content.clone() else { return None };
        let (mailbox, earlier) = (self.ledger.payloads[payload].mailbox, self.ledger.payloads[payload].name.clone());
        let other = self.interchange(mailbox, random, number);
        let said = match act {
            Act::Reuse => {
                interchanges.truncate(1);
                interchanges[0].sets = other.sets;
                format!("with the number of {earlier}, {}", words(&interchanges[0]))
            }
            Act::Mixed => {
                let said = format!("as {earlier}, and beside it {}", words(&other));
                interchanges.insert(random.below(interchanges.len() + 1), other);
                said
            }
            _ => format!("as {earlier}{}", if act == Act::Whole { ", whole" } else { "" }),
        };
        let name = format!("d{number:04}.edi");
        let text: String = interchanges.iter().map(Interchange::text).collect();
        self.world.home.drop_into(&self.world.home.inbox(PARTNERS[mailbox]), &name, text.as_bytes());
        self.ledger.come(name.clone(), mailbox, Content::Sets { interchanges, cut: false });
        Some(format!("{} drops {name} {said}", PARTNERS[mailbox]))
    }

    fn submit(&mut self, random: &mut Random, number: usize, by_command: bool) -> Option<String> {
        let earlier: Vec<Order> = self.ledger.payloads.iter().fold(Vec::new(), |mut earlier, payload| {
            if let Content::Orders(orders) = &payload.content {
                earlier.extend(orders.iter().cloned());
            }
            earlier
        });
        let mut orders: Vec<Order> = Vec::new();
        for index in 0..=random.below(4) {
            let new = Order {
                id: (!random.one_in(3)).then(|| format!("e{number}-{index}")),
                partner: random.below(PARTNERS.len()),
                number: format!("O{number:03}{index}"),
                action: Action::Original,
                quantity: 1 + random.next() % 90_000,
                wrong: random.one_in(8),
            };
            let (again, action) = (random.below(6), [Action::Change, Action::Cancel][random.below(2)]);
            let is_new = |one: &&Order| one.id.is_none() || orders.iter().all(|other| other.id != one.id);
            let earlier: Vec<&Order> = earlier.iter().filter(is_new).collect();
            let order = match random.pick(&earlier) {
                Some(earlier) if again == 0 => earlier.clone(),
                Some(earlier) if again < 3 => {
                    Order { number: earlier.number.clone(), partner: earlier.partner, action, ..new }
                }
                _ => new,
            };
            orders.push(order);
        }
        let name = format!("s{number:04}.jsonl");
        let text: Vec<String> = orders.iter().map(Order::text).collect();
        let said: Vec<String> = orders
            .iter()
            .map(|one| {
                let wrong = if one.wrong { " (wrong)" } else { "" };
                format!(
                    "{} to {}: {} {}{wrong} of {}",
                    one.id.as_deref().unwrap_or("one without an id"),
                    PARTNERS[one.partner],
                    one.action.word(),
                    one.number,
                    one.quantity
                )
            })
            .collect();
        let said = said.join("; ");
        if by_command {
            let path = self.world.home.path.join(&name);
            fs::write(&path, text.join("\n")).unwrap();
            self.world.command(&["submit", &path.to_string_lossy()]);
            self.ledger.come(name.clone(), ERP, Content::Orders(orders));
            let payload = self.ledger.payloads.len() - 1;
            self.ledger.submit_by_command(payload);
            return Some(format!("`submit {name}`: {said}"));
        }
        self.world.home.drop_into(&self.world.home.submitted(), &name, text.join("\n").as_bytes());
        self.ledger.come(name.clone(), ERP, Content::Orders(orders));
        Some(format!("the ERP drops {name}: {said}"))
    }

    /// A 997: the first one for what a partner has, the same again, another one, or one for nothing.
    fn answer(&mut self, random: &mut Random, number: usize) -> Option<String> {
        let open: Vec<usize> = (0..self.ledger.deliveries.len())
            .filter(|one| {
                self.ledger.deliveries[*one].group.is_some() && self.ledger.deliveries[*one].kind == "interchange"
            })
            .collect();
        let of = random.pick(&open)?;
        let delivery = &self.ledger.deliveries[of];
        let partner = delivery.partner;
        let count = delivery.documents.len();
        let mut taken: Vec<bool> = match random.below(3) {
            0 => vec![true; count],
            1 => vec![false; count],
            _ => (0..count).map(|_| random.one_in(2)).collect(),
        };
        if !random.one_in(3) {
            // As a rule they say the same again.
            let before = delivery.verdict.iter().flatten();
            before.zip(&mut taken).for_each(|(before, taken)| *taken = *before);
        }
        let of = (!random.one_in(10)).then_some(of);
        let group = of.and_then(|of| self.ledger.deliveries[of].group).unwrap_or(9000 + number as u32);
        let name = format!("a{number:04}.edi");
        let text = acknowledgment(partner, 5000 + number as u32, group, &taken);
        self.world.home.drop_into(&self.world.home.inbox(PARTNERS[partner]), &name, text.as_bytes());
        self.ledger.come(name.clone(), partner, Content::Answer { of, taken: taken.clone() });
        let verdicts: String = taken.iter().map(|taken| if *taken { " A" } else { " R" }).collect();
        Some(format!("{} answers by {name}: group {group},{verdicts}", PARTNERS[partner]))
    }
}

/// What operators do.
impl Play {
    /// Runs a command on one thing; it must be done, or not, as the model says. Now and then it is killed before, and given again.
    fn order(
        &mut self,
        words: &[&str],
        thing: &str,
        id: &str,
        expected: bool,
        random: &mut Random,
    ) -> Result<Option<String>, Wrong> {
        let arguments: Vec<&str> = words.iter().copied().chain([id]).collect();
        let killed = random.one_in(8).then(|| random.next() % 60);
        if let Some(lives) = killed {
            self.world.killed_command(&arguments, Duration::from_millis(lives));
        }
        let (done, said) = self.world.command(&arguments);
        self.ledger.settle();
        let told = format!("`{}` ({thing})", arguments.join(" "));
        let again =
            killed.map(|lives| format!(", given again after it was killed {lives} ms later")).unwrap_or_default();
        if done == expected || killed.is_some() {
            return Ok(Some(format!("{told}{again}: {}", if done { "done" } else { "declined, or has errors" })));
        }
        let (must, is) = if expected { ("done", "not") } else { ("declined", "done") };
        Err(format!("{told} must be {must}, and is {is}:\n{said}"))
    }

    /// Another quantity is written into what was published.
    fn correct(&mut self, random: &mut Random) -> Result<Option<String>, Wrong> {
        let ids = self.check()?;
        let fit: Vec<usize> = (0..self.ledger.documents.len())
            .filter(|one| {
                let document = &self.ledger.documents[*one];
                let sound = matches!(&document.what, What::Set(set, _) if set.fault == Fault::None);
                sound && document.state == "published"
            })
            .collect();
        let Some(document) = random.pick(&fit) else { return Ok(None) };
        let one = &self.ledger.documents[document];
        let What::Set(set, _) = &one.what else { return Ok(None) };
        let thing = format!("document {} {}", self.ledger.payloads[one.payload].name, one.position);
        let corrected = 90_000 + random.next() % 9_000;
        let object = self.world.exported(&ids[&thing]);
        let object = ["value", "units"].iter().fold(object, |object, field| {
            object.replace(&format!("\"{field}\":{}", set.quantity), &format!("\"{field}\":{corrected}"))
        });
        let path = self.world.home.path.join("corrected.json");
        fs::write(&path, object).unwrap();
        let out_of_order = random.one_in(2);
        let expected = self.ledger.correct(document, corrected, out_of_order);
        let path = path.to_string_lossy();
        let mut words = vec!["document", "correct", "--file", &path];
        words.extend(out_of_order.then_some("--out-of-order"));
        self.order(&words, &format!("{thing} to {corrected}"), &ids[&thing], expected, &mut Random(1))
    }

    fn order_document(&mut self, act: Act, random: &mut Random) -> Result<Option<String>, Wrong> {
        let wanted = |state: &str| match act {
            Act::Hold => matches!(state, "queued"),
            Act::Rerun => !matches!(state, "kept"),
            _ => matches!(state, "held" | "rejected" | "refused"),
        };
        let ids = self.check()?;
        let any = random.one_in(8);
        let fit: Vec<usize> = (0..self.ledger.documents.len())
            .filter(|one| {
                let document = &self.ledger.documents[*one];
                let is_answer = matches!(document.what, What::Answer { .. });
                // Whether a person's word of before stands still depends on all that was said since.
                let is_held_again = act == Act::Hold && document.state == "held" && document.was_kept_back;
                (any || wanted(document.state)) && !(is_answer && act != Act::Discard) && !is_held_again
            })
            .collect();
        let Some(document) = random.pick(&fit) else { return Ok(None) };
        let thing = {
            let document = &self.ledger.documents[document];
            format!("document {} {}", self.ledger.payloads[document.payload].name, document.position)
        };
        let out_of_order = random.one_in(3) && matches!(act, Act::Rerun | Act::Release);
        let (word, expected) = match act {
            Act::Rerun => ("rerun", self.ledger.rerun(document, out_of_order)),
            Act::Release => ("release", self.ledger.release(document, out_of_order)),
            Act::Hold => ("hold", self.ledger.hold(document)),
            _ => ("discard", self.ledger.discard(document)),
        };
        let mut words = vec!["document", word];
        words.extend(out_of_order.then_some("--out-of-order"));
        self.order(&words, &thing, &ids[&thing], expected, random)
    }

    fn order_payload(&mut self, act: Act, random: &mut Random) -> Result<Option<String>, Wrong> {
        let ids = self.check()?;
        let fit: Vec<usize> = (0..self.ledger.payloads.len())
            .filter(|one| {
                let payload = &self.ledger.payloads[*one];
                // What is cut, or somebody else's, is left to a person who knows more.
                let released = match &payload.content {
                    Content::Sets { cut, interchanges } => {
                        !cut && interchanges.iter().all(|one| one.sender == payload.mailbox)
                    }
                    _ => false,
                };
                match act {
                    Act::ReleasePayload => released && payload.state == "held",
                    Act::RerunPayload => matches!(payload.state, "held" | "duplicate" | "discarded"),
                    _ => matches!(payload.state, "held" | "received" | "translated" | "duplicate"),
                }
            })
            .collect();
        let Some(payload) = random.pick(&fit) else { return Ok(None) };
        let thing = format!("payload {}", self.ledger.payloads[payload].name);
        let out_of_order = act == Act::ReleasePayload && random.one_in(3);
        let (word, expected) = match act {
            Act::ReleasePayload => ("release", self.ledger.release_payload(payload, out_of_order)),
            Act::RerunPayload => ("rerun", self.ledger.rerun_payload(payload)),
            _ => ("discard", self.ledger.discard_payload(payload)),
        };
        let mut words = vec!["payload", word];
        words.extend(out_of_order.then_some("--out-of-order"));
        self.order(&words, &thing, &ids[&thing], expected, random)
    }

    fn order_delivery(&mut self, act: Act, random: &mut Random) -> Result<Option<String>, Wrong> {
        let ids = self.check()?;
        let fit: Vec<usize> = (0..self.ledger.deliveries.len())
            .filter(|one| {
                let delivery = &self.ledger.deliveries[*one];
                let state = if act == Act::Retry { &["delivered", "collecting"][..] } else { &["waiting"] };
                // One of which something was written anew since would be there twice; nobody does that.
                let as_sent = |document: &usize| self.ledger.documents[*document].delivery == Some(*one);
                delivery.partner != ERP && state.contains(&delivery.state) && delivery.documents.iter().all(as_sent)
            })
            .collect();
        let Some(delivery) = random.pick(&fit) else { return Ok(None) };
        let thing = format!("delivery {}", self.label(delivery));
        let out_of_order = act == Act::Retry && random.one_in(3);
        let (word, expected) = match act {
            Act::Retry => ("retry", self.ledger.retry(delivery, out_of_order)),
            _ => ("discard", self.ledger.discard_delivery(delivery)),
        };
        let mut words = vec!["delivery", word];
        words.extend(out_of_order.then_some("--out-of-order"));
        self.order(&words, &thing, &ids[&thing], expected, random)
    }

    fn label(&self, delivery: usize) -> String {
        let one = &self.ledger.deliveries[delivery];
        let same = self.ledger.deliveries[..=delivery].iter();
        let count = same.filter(|other| (other.partner, other.kind) == (one.partner, one.kind)).count();
        label(one.partner, one.kind, count)
    }

    fn pause(&mut self, pause: bool, random: &mut Random) -> Result<Option<String>, Wrong> {
        self.check()?;
        let fit: Vec<usize> = (0..PARTNERS.len()).filter(|one| self.ledger.paused[*one] != pause).collect();
        let Some(partner) = random.pick(&fit) else { return Ok(None) };
        self.ledger.paused[partner] = pause;
        self.order(&["partner", if pause { "pause" } else { "resume" }], "partner", PARTNERS[partner], true, random)
    }

    /// The mapping of alder's shipments loses a code, or gets it back; a gateway that runs takes the change.
    fn map(&mut self) -> Result<Option<String>, Wrong> {
        self.check()?;
        self.ledger.strict = !self.ledger.strict;
        let said = |play: &Self| {
            let text = play.world.serving.as_ref().map(|serving| serving.text()).unwrap_or_default();
            text.matches("changed mappings and profiles are in force").count()
        };
        let before = said(self);
        self.world.map_strictly(self.ledger.strict);
        if self.ledger.up {
            wait(|| (said(self) > before).then_some(()), || "the changed mapping is not in force".to_owned());
        }
        let does = if self.ledger.strict { "knows one code less" } else { "knows all codes" };
        Ok(Some(format!("the mapping of alder's shipments {does}")))
    }
}

/// What chance does, and what is looked at.
impl Play {
    fn start(&mut self) {
        self.world.start();
        self.ledger.up = true;
        self.ledger.settle();
    }

    fn run(&mut self, act: Act, random: &mut Random) -> Result<Option<String>, Wrong> {
        match (act, self.ledger.up) {
            (Act::Start, false) => {
                self.start();
                Ok(Some("the gateway is started".to_owned()))
            }
            (Act::Stop, true) => {
                self.check()?;
                self.stop()?;
                Ok(Some("the gateway is stopped".to_owned()))
            }
            (Act::Kill, true) => {
                let lives = random.next() % 60;
                std::thread::sleep(Duration::from_millis(lives));
                if let Some(serving) = self.world.serving.take() {
                    serving.kill();
                }
                self.world.killed = true;
                self.world.start();
                Ok(Some(format!("the gateway is killed {lives} ms later, and started")))
            }
            _ => Ok(None),
        }
    }

    fn stop(&mut self) -> Result<(), Wrong> {
        self.ledger.up = false;
        let code = self.world.serving.take().map(|serving| serving.terminate());
        if code != Some(Some(0)) {
            return Err(format!("the gateway was told to stop and ended with {code:?}"));
        }
        Ok(())
    }

    /// Waits until all is as the model says, and lets partners and the ERP fetch their files: the ids of all things.
    pub(crate) fn check(&mut self) -> Result<std::collections::BTreeMap<String, String>, Wrong> {
        let expected = self.ledger.lines();
        let of_status = |line: &&String| line.starts_with("status:");
        let first: Vec<&String> = expected.iter().filter(|line| !of_status(line)).collect();
        let (mut before, mut still_since) = (Vec::new(), Instant::now());
        loop {
            let mut seen = self.world.look();
            if self.world.killed {
                seen.lines.retain(|line| expected.contains(line) || !seen.repeated.contains(line));
            }
            // `status` reads all mappings, which takes long: it is asked last.
            if first.iter().copied().eq(&seen.lines) {
                seen.lines.extend(self.world.status());
                seen.lines.sort();
            }
            if seen.lines == expected {
                self.world.fetch(&seen);
                self.ledger.fetched();
                for delivery in 0..self.ledger.deliveries.len() {
                    self.ledger.deliveries[delivery].group = seen.groups.get(&self.label(delivery)).copied();
                }
                return Ok(seen.ids);
            }
            if seen.lines != before {
                (before, still_since) = (seen.lines, Instant::now());
            } else if still_since.elapsed() > self.patience {
                let asked = before.iter().any(|line| of_status(&line));
                let expected = expected.iter().filter(|line| asked || !of_status(line));
                let missing = expected.clone().filter(|line| !before.contains(line));
                let more = before.iter().filter(|line| !expected.clone().any(|one| one == *line));
                let missing = missing.map(|line| format!("  must be  {line}"));
                let lines: Vec<String> = missing.chain(more.map(|line| format!("  is seen  {line}"))).collect();
                return Err(lines.join("\n"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Everything that waits goes on, and the gateway stops: nothing is left anywhere.
    pub(crate) fn end(&mut self) -> Result<(), Wrong> {
        self.check()?;
        if !self.ledger.up {
            self.start();
        }
        for (partner, name) in PARTNERS.iter().enumerate() {
            if std::mem::take(&mut self.ledger.paused[partner]) {
                self.order(&["partner", "resume"], "partner", name, true, &mut Random(0))?;
            }
        }
        let ids = self.check()?;
        for delivery in 0..self.ledger.deliveries.len() {
            if self.ledger.deliveries[delivery].state == "collecting" {
                let random = &mut Random(0);
                let thing = format!("delivery {}", self.label(delivery));
                let expected = self.ledger.retry(delivery, true);
                self.order(&["delivery", "retry", "--out-of-order"], &thing, &ids[&thing], expected, random)?;
            }
        }
        self.check()?;
        self.stop()?;
        self.check()?;
        let spool = crate::gateway::files(&self.world.home.data().join("spool"));
        if spool.is_empty() { Ok(()) } else { Err(format!("left in the spool: {spool:?}")) }
    }
}

/// An interchange in words.
fn words(interchange: &Interchange) -> String {
    let set = |set: &Set| {
        let fault = match set.fault {
            Fault::None => "",
            Fault::Remark => ", with a remark",
            Fault::Standard => ", broken",
            Fault::Code => ", with a rare code",
        };
        let part = if set.kind == Kind::Shipment { format!("/{}", set.part) } else { String::new() };
        format!("{} {} {}{part} of {}{fault}", set.action.word(), set.kind.object(), set.number, set.quantity)
    };
    let sets: Vec<String> = interchange.sets.iter().map(set).collect();
    let test = if interchange.test { ", a test," } else { "" };
    format!("interchange {}{test} with {}", interchange.number, sets.join("; "))
}
