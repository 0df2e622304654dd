//! What a 997 or 999 says of the sets of a group, worked out from all of it: the verdicts on sets and group, and the counts.
//!
//! A partner that counts otherwise than it judges says nothing that one may go by: [`Weighed::contradiction`] is asked first.

use std::collections::HashSet;

use super::received::{ReceivedGroup, ReceivedSet, Verdict};

/// What is said of a group of which so many sets are not named.
#[derive(Debug, Clone, Copy)]
pub struct Weighed<'g> {
    group: &'g ReceivedGroup,
    /// Sets that have an AK2, each number once.
    named: usize,
    /// Those of them that AK5 takes, those of these without errors, and those that it does not take.
    taken: usize,
    faultless: usize,
    refused: usize,
    /// Sets that were sent and have no AK2.
    unnamed: usize,
}

impl ReceivedGroup {
    /// What is said of its sets, of which `unnamed` were sent and have no AK2.
    #[must_use]
    pub fn weighed(&self, unnamed: usize) -> Weighed<'_> {
        let numbers = |is: &dyn Fn(&ReceivedSet) -> bool| {
            let sets = self.sets.iter().filter(|set| is(set));
            sets.map(|set| set.control_number.trim_start_matches('0')).collect::<HashSet<_>>()
        };
        let named = numbers(&|_| true).len();
        let refused = numbers(&|set| set.verdict == Some(Verdict::Rejected));
        let taken = numbers(&|set| set.verdict.is_some()).difference(&refused).count();
        let faultless = numbers(&|set| set.verdict == Some(Verdict::Accepted)).difference(&refused).count();
        Weighed { group: self, named, taken, faultless, refused: refused.len(), unnamed }
    }

    /// Is a set not taken because its group is not?
    #[must_use]
    pub fn overrules(&self, set: &ReceivedSet) -> bool {
        self.verdict == Some(Verdict::Rejected) && set.verdict != Some(Verdict::Rejected)
    }
}

impl Weighed<'_> {
    /// Which of its figures contradict each other, in words; `None` where all fit together.
    ///
    /// A group that is rejected takes none of its sets, whatever AK5 says; one that is accepted with errors may lack those that
    /// AK5 does not take.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        let Self { group, named, taken, faultless, refused, unnamed } = *self;
        let sent = named + unnamed;
        let (received, accepted) = self.counts();
        let came = received.unwrap_or(sent);
        if came < named {
            return Some(format!("AK2 names {named}, and AK903 counts {came} that came"));
        }
        if came > sent {
            return Some(format!("AK903 counts {came} that came, and {sent} were sent"));
        }
        if group.verdict == Some(Verdict::Rejected) {
            let counted = accepted.filter(|accepted| *accepted > 0);
            return counted.map(|accepted| format!("AK901 takes none, and AK904 counts {accepted} as taken"));
        }
        match accepted {
            // Some count those without errors only.
            Some(accepted) if accepted < taken && accepted != faultless => {
                return Some(format!("AK5 takes {taken}, and AK904 counts {accepted} as taken"));
            }
            Some(accepted) if accepted + refused > came => {
                return Some(format!(
                    "AK904 counts {accepted} as taken of {came} that came, and AK5 does not take {refused}"
                ));
            }
            _ => {}
        }
        match group.verdict? {
            Verdict::Accepted if refused > 0 => Some(format!("AK901 takes all, and AK5 does not take {refused}")),
            Verdict::PartiallyAccepted if taken > 0 && taken == sent => {
                Some(format!("AK901 takes a part, and AK5 takes all {taken}"))
            }
            _ => None,
        }
    }

    /// How many came and how many are taken, where that is counted: who takes sets that it names and counts none at all does not count.
    fn counts(&self) -> (Option<usize>, Option<usize>) {
        let takes = matches!(self.group.verdict, Some(Verdict::Accepted | Verdict::AcceptedWithErrors));
        match (self.group.received, self.group.accepted) {
            (Some(0), None | Some(0)) if takes && self.taken > 0 && self.refused == 0 => (None, None),
            counts => counts,
        }
    }

    /// What is said of a set that has an AK2. Of a group that is rejected none is taken, whatever AK5 says; a set without AK5
    /// goes by its group. `None` where neither says it.
    #[must_use]
    pub fn of_set(&self, set: &ReceivedSet) -> Option<Verdict> {
        if self.group.verdict == Some(Verdict::Rejected) {
            return Some(Verdict::Rejected);
        }
        let of_others = || self.of_others().filter(|_| set.unread.is_empty());
        set.verdict.or_else(|| match of_others()? {
            Verdict::Accepted if !set.segments.is_empty() => Some(Verdict::AcceptedWithErrors),
            verdict => Some(verdict),
        })
    }

    /// What is said of each set that has no AK2. Those that did not come are not taken, whatever AK901 says: the counts, where
    /// there are some, must be those of all that were sent.
    #[must_use]
    pub fn of_unnamed(&self) -> Option<Verdict> {
        let Self { group, named, unnamed, .. } = *self;
        // A rejected group is so with those too that did not come, where AK902 counts them and a set is not all that it rejects.
        let is_rejected = group.verdict == Some(Verdict::Rejected)
            && (named == 0 || !group.codes.is_empty())
            && (group.included >= Some(named + unnamed) || group.received == Some(0));
        let is_whole = is_rejected || self.all_came();
        self.of_others().filter(|_| is_whole)
    }

    /// Does it count fewer sets than were sent, and name them? Some partners send one for each set.
    #[must_use]
    pub fn is_of_part(&self) -> bool {
        self.named > 0 && !self.all_came()
    }

    fn all_came(&self) -> bool {
        self.counts().0.is_none_or(|received| received >= self.named + self.unnamed)
    }

    /// What is said of the sets without AK5 that came. Where a part was taken, it is they if those that were not are named and
    /// AK904 counts the others.
    fn of_others(&self) -> Option<Verdict> {
        let others = self.named - self.refused + if self.all_came() { self.unnamed } else { 0 };
        let counted = self.counts().1.map(|accepted| accepted == others);
        match self.group.verdict? {
            Verdict::Accepted | Verdict::AcceptedWithErrors => (counted != Some(false)).then_some(Verdict::Accepted),
            Verdict::PartiallyAccepted => (self.refused > 0 && counted == Some(true)).then_some(Verdict::Accepted),
            Verdict::Rejected => Some(Verdict::Rejected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::received::{ReceivedGroup, ReceivedSet, Verdict};

    /// A group such as `R 2 2 0 4` with sets such as `1A 2R 3-`, the last without AK5, `3Z` with one that says nothing.
    fn group(verdict: &str, sets: &str) -> ReceivedGroup {
        let mut parts = verdict.split(' ');
        let verdict = parts.next().and_then(Verdict::read);
        let mut count = || parts.next().and_then(|part| part.parse().ok());
        let (included, received, accepted) = (count(), count(), count());
        let codes = parts.map(str::to_owned).collect();
        let sets = sets.split_whitespace().map(|set| {
            let (number, code) = set.split_at(1);
            let verdict = Verdict::read(code);
            let unread = if verdict.is_none() && code != "-" { code } else { "" }.to_owned();
            ReceivedSet { control_number: format!("000{number}"), verdict, unread, ..ReceivedSet::default() }
        });
        ReceivedGroup { verdict, included, received, accepted, codes, sets: sets.collect(), ..ReceivedGroup::default() }
    }

    #[test]
    fn counts_and_verdicts_that_do_not_fit_together_are_told() {
        let check = |verdict: &str, sets: &str, unnamed: usize, expected: &str| {
            let found = group(verdict, sets).weighed(unnamed).contradiction();
            assert_eq!(found.as_deref(), Some(expected).filter(|words| !words.is_empty()), "{verdict}: {sets}");
        };
        check("P 2 2 1", "1A 2A", 0, "AK5 takes 2, and AK904 counts 1 as taken");
        check("P 1 1 0", "1A", 0, "AK5 takes 1, and AK904 counts 0 as taken");
        check("A 1 1 0", "1A", 0, "AK5 takes 1, and AK904 counts 0 as taken");
        check("A 2 1 1", "1A 2A", 0, "AK2 names 2, and AK903 counts 1 that came");
        check("A 1 1 1", "1R", 0, "AK904 counts 1 as taken of 1 that came, and AK5 does not take 1");
        check("A 2 2 1", "1A 2R", 0, "AK901 takes all, and AK5 does not take 1");
        check("A 2 3 2", "1A 2A", 0, "AK903 counts 3 that came, and 2 were sent");
        check("A 2", "1A 2R", 0, "AK901 takes all, and AK5 does not take 1");
        check("P 2 2 2", "1A 2E", 0, "AK901 takes a part, and AK5 takes all 2");
        check("R 2 2 1", "1A 2R", 0, "AK901 takes none, and AK904 counts 1 as taken");
        check("R 1 1 2", "", 2, "AK901 takes none, and AK904 counts 2 as taken");
        // These fit.
        for (verdict, sets, unnamed) in [
            ("A 2 2 2", "1A 2A", 0),
            ("E 2 2 1", "1E 2A", 0),
            ("A 2 0 0", "1A 2A", 0),
            ("A", "1A 2E", 0),
            ("A 1 1 1", "1A", 1),
            ("E 3 2 2", "1A 2A", 1),
            ("E 2 2 1", "1A 2R", 0),
            ("P 2 2 1", "1R 1A 2A", 0),
            ("P 3 3 2", "2R", 2),
            ("P 3 3 1", "2R", 2),
            ("P 2 1 1", "1A", 1),
            ("R 1 1 0", "1A", 0),
            ("R 1 1 0", "2R", 1),
            ("R", "1A 2R", 0),
            ("", "1A", 1),
            ("A 1 1 1", "1Z", 0),
        ] {
            check(verdict, sets, unnamed, "");
        }
    }

    #[test]
    fn a_set_is_taken_where_verdicts_and_counts_say_so() {
        use Verdict::{Accepted, Rejected};
        let check = |verdict: &str, sets: &str, unnamed: usize, of_sets: &[Option<Verdict>], of_unnamed| {
            let group = group(verdict, sets);
            let weighed = group.weighed(unnamed);
            let found: Vec<_> = group.sets.iter().map(|set| weighed.of_set(set)).collect();
            assert_eq!((&found[..], weighed.of_unnamed()), (of_sets, of_unnamed), "{verdict}: {sets}");
        };
        check("A 3 3 3", "", 3, &[], Some(Accepted));
        check("A", "", 3, &[], Some(Accepted));
        check("A 3 2 2", "", 3, &[], None);
        check("A 3 3 0", "", 3, &[], None);
        check("A 1 1 1", "1-", 1, &[Some(Accepted)], None);
        check("A 2 2 1", "1A 2-", 0, &[Some(Accepted), None], None);
        check("A 1 1 1", "1Z", 0, &[None], Some(Accepted));
        check("P 3 3 2", "2R", 2, &[Some(Rejected)], Some(Accepted));
        check("P 3 3 1", "2R", 2, &[Some(Rejected)], None);
        check("P 3 3 3", "", 3, &[], None);
        // Of a rejected group that is counted whole, or not at all, none is taken; of one that counts a part only those it names.
        check("R 2 2 0", "1A", 1, &[Some(Rejected)], Some(Rejected));
        check("R 2 1 0", "1A", 1, &[Some(Rejected)], None);
        check("R 2 1 0 5", "1A", 1, &[Some(Rejected)], Some(Rejected));
        check("R 1 1 0 5", "1A", 1, &[Some(Rejected)], None);
        check("R 2 1 0", "", 2, &[], Some(Rejected));
        check("R 2 0 0", "", 2, &[], Some(Rejected));
        check("R", "", 2, &[], Some(Rejected));
        check("R 1 1 0", "2R", 1, &[Some(Rejected)], None);
        check("R 1 1 0", "", 2, &[], None);
    }
}
