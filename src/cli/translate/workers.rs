//! Work on several threads whose results come back in the order in which it was handed in.
//!
//! Knows nothing of what the work is. So much of it is under way at a time, and no more: memory stays bounded.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

/// A job, and where its result goes.
type Order<Job, Done> = (Job, SyncSender<Done>);

/// Threads of `scope` that do the jobs handed in.
pub(super) struct Workers<'scope, 'env, Job, Done> {
    scope: &'scope Scope<'scope, 'env>,
    threads: usize,
    /// Where jobs go, once the threads are there.
    jobs: Option<SyncSender<Order<Job, Done>>>,
    /// The results to come, earliest first.
    under_way: VecDeque<Receiver<Done>>,
}

impl<'scope, 'env, Job: Send + 'scope, Done: Send + 'scope> Workers<'scope, 'env, Job, Done> {
    /// No thread is started before there is a job.
    pub(super) fn new(scope: &'scope Scope<'scope, 'env>, threads: usize) -> Self {
        Self { scope, threads, jobs: None, under_way: VecDeque::new() }
    }

    /// True when no job was handed in yet.
    pub(super) fn untouched(&self) -> bool {
        self.jobs.is_none()
    }

    /// Hands a job in; each thread does its jobs by a function of its own, which `worker` makes. When enough is under way,
    /// waits for the earliest result and returns it.
    pub(super) fn hand_in<Work>(&mut self, job: Job, worker: impl Fn() -> Work) -> Option<Done>
    where
        Work: FnMut(Job) -> Done + Send + 'scope,
    {
        let jobs = self.jobs.get_or_insert_with(|| start(self.scope, self.threads, worker));
        let (result, coming) = sync_channel(1);
        // Threads end when this end of the channel is dropped, so one is there to take it; one that panicked is noticed below.
        let sent = jobs.send((job, result));
        assert!(sent.is_ok(), "a translating thread takes the job");
        self.under_way.push_back(coming);
        if self.under_way.len() > 2 * self.threads { self.next() } else { None }
    }

    /// Waits for the earliest result that is still to come; `None` when there is none.
    pub(super) fn next(&mut self) -> Option<Done> {
        let coming = self.under_way.pop_front()?;
        Some(coming.recv().expect("a translating thread gives a result for each job"))
    }
}

fn start<'scope, Job: Send + 'scope, Done: Send + 'scope, Work: FnMut(Job) -> Done + Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    threads: usize,
    worker: impl Fn() -> Work,
) -> SyncSender<Order<Job, Done>> {
    let (jobs, waiting) = sync_channel::<Order<Job, Done>>(threads);
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..threads {
        let waiting = Arc::clone(&waiting);
        let mut work = worker();
        scope.spawn(move || {
            loop {
                // The lock is free again before the work begins.
                let order = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok((job, result)) = order else { break };
                if result.send(work(job)).is_err() {
                    break;
                }
            }
        });
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::Workers;

    #[test]
    fn results_come_in_the_order_of_the_jobs_however_long_each_takes() {
        let mut results = Vec::new();
        std::thread::scope(|scope| {
            let mut workers = Workers::new(scope, 3);
            assert!(workers.untouched());
            for number in 0..200_u64 {
                let worker = || {
                    |number: u64| {
                        (0..(number % 7) * 20_000).for_each(|one| {
                            std::hint::black_box(one);
                        });
                        number
                    }
                };
                results.extend(workers.hand_in(number, worker));
                assert!(workers.under_way.len() <= 6);
            }
            assert!(!workers.untouched());
            results.extend(std::iter::from_fn(|| workers.next()));
        });
        assert_eq!(results, (0..200).collect::<Vec<_>>());
    }
}
