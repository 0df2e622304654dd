//! Plays by lot what partners, the ERP, operators and chance do to a gateway, and compares all that can be seen of it with a small
//! model of what must be, which is written from docs/OPERATING.md.
//!
//! Each seed is a sequence of steps of its own. What fails is told with its seed and all that was done, in words, and once more as
//! the shortest sequence that was found to fail, by leaving steps out.
//!
//! ```text
//! CROSSDOCK_MODEL_SEEDS=1..200 CROSSDOCK_MODEL_STEPS=80 cargo test --test gateway_model -- --nocapture
//! ```

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]
#![allow(clippy::print_stderr, reason = "the long form says how far it is")]

#[path = "support/gateway.rs"]
mod gateway;
mod model;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use model::steps::{Play, Step, steps};

/// So many gateways run beside each other.
const AT_ONCE: usize = 3;

/// A run: what was done, and what was wrong at its end.
struct Run {
    done: Vec<String>,
    wrong: Option<String>,
    /// Of the steps, those that did something.
    effective: Vec<Step>,
}

fn play(name: &str, steps: &[Step], patience: u64) -> Run {
    let mut play = Play::new(name, Duration::from_secs(patience));
    let (mut done, mut effective) = (Vec::new(), Vec::new());
    for step in steps {
        match play.carry_out(step) {
            Ok(None) => continue,
            Ok(Some(said)) => done.push(format!("{:>4}  {said}", step.number)),
            Err(wrong) => {
                done.push(format!("{:>4}  {:?}", step.number, step.act));
                effective.push(step.clone());
                return Run { done, wrong: Some(wrong), effective };
            }
        }
        effective.push(step.clone());
    }
    let wrong = play.end().err();
    Run { done, wrong, effective }
}

/// Leaves out steps as long as it fails, halves first.
fn shorten(name: &str, mut shortest: Run, most: usize) -> Run {
    let (mut runs, mut size) = (0, shortest.effective.len().div_ceil(2));
    while size > 0 && runs < most {
        let mut from = 0;
        while from < shortest.effective.len() && runs < most {
            let mut fewer = shortest.effective.clone();
            fewer.drain(from..(from + size).min(fewer.len()));
            let run = play(name, &fewer, 4);
            runs += 1;
            if run.wrong.is_some() { shortest = run } else { from += size }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    shortest
}

fn told(run: &Run) -> String {
    format!("{}\n{}", run.done.join("\n"), run.wrong.as_deref().unwrap_or("nothing is wrong"))
}

#[test]
fn whatever_is_done_to_a_gateway_it_is_as_its_manual_says() {
    let setting = |name: &str| std::env::var(name).ok();
    let seeds = setting("CROSSDOCK_MODEL_SEEDS").unwrap_or("1..3".to_owned());
    let (from, to) = seeds.split_once("..").unwrap();
    let number = |name: &str, default: usize| setting(name).map_or(default, |count| count.parse().unwrap());
    let (count, most) = (number("CROSSDOCK_MODEL_STEPS", 24), number("CROSSDOCK_MODEL_SHORTER", 30));
    let left = Mutex::new(from.parse::<u64>().unwrap()..to.parse().unwrap());
    let (failed, done) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let one_after_the_other = || {
        while let Some(seed) = { left.lock().unwrap().next() } {
            let name = format!("model-{seed}");
            let run = play(&name, &steps(seed, count), 15);
            done.fetch_add(run.effective.len(), Ordering::Relaxed);
            if run.wrong.is_none() {
                eprintln!("seed {seed}: {} operations", run.effective.len());
                continue;
            }
            failed.lock().unwrap().push(seed);
            eprintln!("seed {seed} fails:\n{}\n", told(&run));
            if most > 0 {
                let shortest = shorten(&name, run, most);
                eprintln!("seed {seed}, the shortest that fails:\n{}\n", told(&shortest));
            }
        }
    };
    // A gateway waits more than it works.
    std::thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(one_after_the_other))));
    let failed = failed.into_inner().unwrap();
    eprintln!("seeds {seeds}: {} operations", done.into_inner());
    assert!(failed.is_empty(), "these seeds fail: {failed:?}");
}
