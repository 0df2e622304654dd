//! The lists of one document's release and partner, made ready for quick look-ups: each value of a code is looked up in one.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::{OwnLists, Scope};
use crate::tree::Tag;
use crate::x12::dictionary::{self, Release};

/// All lists that hold for documents of one release and partner. A list is made when it is first asked for.
#[derive(Debug)]
pub struct CodeSets {
    own: Arc<BTreeMap<String, OwnLists>>,
    release: Release,
    partner: Option<Arc<str>>,
    /// By the element's place among those of its release, see [`crate::tree::ElementUse::list`].
    sets: Box<[OnceLock<CodeSet>]>,
}

/// What a quick look into a list finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Listed {
    /// The code is in the list, or there is none to be in.
    Yes,
    /// It is, and says that the next element is a number of GS1 with a check digit.
    Announces,
    /// The code is not in the list.
    No,
}

/// The codes of one element.
#[derive(Debug, Default)]
struct CodeSet {
    /// True where any code may stand: someone else keeps the list.
    any: bool,
    /// Codes of up to four characters, packed; 0 is a free place. At least half of them are free.
    slots: Box<[u32]>,
    /// How far the product of a search is shifted, so that as many bits are left as there are places.
    shift: u32,
    /// Longer codes, sorted.
    long: Vec<Box<str>>,
    /// By place: does the code there announce a number of GS1? Empty where none does.
    announcing: Box<[bool]>,
}

/// Codes of an element that say: the one behind is a number of GS1 that ends in a check digit.
const ANNOUNCING: &[(&str, &[&str])] =
    &[("235", &["UP", "EN", "UK", "EO", "UG", "UH", "UO"]), ("88", &["GM", "AA", "UP", "AI"]), ("66", &["UL"])];

impl CodeSets {
    pub(super) fn new(own: Arc<BTreeMap<String, OwnLists>>, release: Release, partner: Option<Arc<str>>) -> Self {
        let sets = dictionary::elements(release).map(|_| OnceLock::new()).collect();
        Self { own, release, partner, sets }
    }

    /// The lists of the standard alone.
    #[must_use]
    pub fn standard(release: Release) -> &'static Arc<Self> {
        static STANDARD: OnceLock<Vec<Arc<CodeSets>>> = OnceLock::new();
        let all = STANDARD.get_or_init(|| {
            dictionary::releases().map(|release| Arc::new(CodeSets::new(Arc::default(), release, None))).collect()
        });
        let at = dictionary::releases().position(|known| known == release);
        &all[at.unwrap_or_default()]
    }

    pub(super) fn is_for(&self, release: Release, partner: Option<&str>) -> bool {
        self.release == release && self.partner.as_deref() == partner
    }

    /// Looks for a code in the list numbered `list`.
    #[inline(always)]
    pub(in super::super) fn look_up(&self, list: u16, code: &[u8]) -> Listed {
        match self.sets.get(usize::from(list)).map(|set| set.get()) {
            None => Listed::Yes,
            Some(Some(set)) => set.look_up(code),
            Some(None) => self.made(list).look_up(code),
        }
    }

    #[cold]
    fn made(&self, list: u16) -> &CodeSet {
        self.sets[usize::from(list)].get_or_init(|| self.make(list))
    }

    /// How many codes the list numbered `list` has.
    pub(in super::super) fn count(&self, list: u16) -> usize {
        let set = self.sets.get(usize::from(list)).map(|_| self.made(list));
        set.map_or(0, |set| set.slots.iter().filter(|slot| **slot != 0).count() + set.long.len())
    }

    /// What is known of a code, by the same lists but slowly, with names.
    pub(in super::super) fn known(&self, element_number: &str, code: &str) -> super::Known<'_> {
        super::look_up(&self.own, self.release, self.partner.as_deref(), element_number, code)
    }

    fn make(&self, list: u16) -> CodeSet {
        let Some(element) = dictionary::elements(self.release).nth(usize::from(list)) else {
            return CodeSet { any: true, ..CodeSet::default() };
        };
        let number = &*element.number;
        let (mut codes, mut replaced): (Vec<&str>, bool) = (Vec::new(), false);
        for (scope, own) in self.own.get(number).into_iter().flatten() {
            if !replaced && Scope::holds(scope, self.release, self.partner.as_deref()) {
                codes.extend(own.codes.keys().map(String::as_str));
                replaced = own.replace;
            }
        }
        if !replaced {
            let Some(standard) = dictionary::code_list(number) else {
                return CodeSet { any: true, ..CodeSet::default() };
            };
            standard.codes_of(self.release).for_each(|code| codes.push(code));
        }
        let announcing = ANNOUNCING.iter().find(|(known, _)| *known == number).map_or(&[][..], |(_, codes)| codes);
        CodeSet::new(&codes, announcing)
    }
}

impl CodeSet {
    fn new(codes: &[&str], announcing: &[&str]) -> Self {
        let places = (codes.len() * 2 + 2).next_power_of_two();
        let mut set = Self {
            slots: vec![0; places].into_boxed_slice(),
            shift: u32::BITS - places.trailing_zeros(),
            announcing: vec![false; if announcing.is_empty() { 0 } else { places }].into_boxed_slice(),
            ..Self::default()
        };
        for code in codes {
            if code.len() > 4 {
                set.long.push((*code).into());
                continue;
            }
            let (key, mask) = (packed(code.as_bytes()), set.slots.len() - 1);
            let mut at = set.place(key);
            while set.slots[at] != 0 && set.slots[at] != key {
                at = (at + 1) & mask;
            }
            set.slots[at] = key;
            if announcing.contains(code) {
                set.announcing[at] = true;
            }
        }
        set.long.sort();
        set.long.dedup();
        set
    }

    /// Where a search for a packed code begins. The upper bits of the product depend on all characters.
    #[inline]
    fn place(&self, key: u32) -> usize {
        (key.wrapping_mul(0x9E37_79B1) >> self.shift) as usize
    }

    #[inline(always)]
    fn look_up(&self, code: &[u8]) -> Listed {
        if self.any {
            return Listed::Yes;
        }
        if code.len() > 4 {
            return self.look_up_long(code);
        }
        let (key, mask) = (packed(code), self.slots.len() - 1);
        let mut at = self.place(key);
        loop {
            match self.slots[at] {
                found if found == key => break,
                0 => return Listed::No,
                _ => at = (at + 1) & mask,
            }
        }
        if self.announcing.get(at) == Some(&true) { Listed::Announces } else { Listed::Yes }
    }

    #[inline(never)]
    fn look_up_long(&self, code: &[u8]) -> Listed {
        let found = self.long.binary_search_by(|known| known.as_bytes().cmp(code)).is_ok();
        if found { Listed::Yes } else { Listed::No }
    }
}

/// Up to four bytes as a number; never 0, for no code is empty.
#[inline]
fn packed(code: &[u8]) -> u32 {
    Tag::new(code).0
}

#[cfg(test)]
mod tests {
    use super::{CodeSets, Listed};
    use crate::x12::codes::Known;
    use crate::x12::dictionary::{self, release_for};

    #[test]
    fn the_quick_look_finds_what_the_slow_one_finds() {
        for release in dictionary::releases() {
            let sets = CodeSets::standard(release);
            for (element, list) in dictionary::elements(release).zip(0..) {
                let Some(codes) = dictionary::code_list(&element.number) else { continue };
                for value in codes.codes() {
                    let other = format!("{}!", &value.code[..value.code.len() - 1]);
                    for code in [value.code, &other, &value.code.to_lowercase()] {
                        let slow = matches!(sets.known(&element.number, code), Known::Named(_) | Known::Unnamed);
                        let quick = sets.look_up(list, code.as_bytes()) != Listed::No;
                        assert_eq!(quick, slow, "{} {code}", element.number);
                    }
                }
            }
        }
    }

    #[test]
    fn codes_that_announce_a_number_of_gs1_say_so_where_the_release_has_them() {
        let check = |release: &str, number: &str, code: &str, expected: Listed| {
            let release = release_for(release).0;
            let list = dictionary::elements(release).position(|element| &*element.number == number).unwrap() as u16;
            assert_eq!(CodeSets::standard(release).look_up(list, code.as_bytes()), expected, "{number} {code}");
        };
        check("004010", "235", "UP", Listed::Announces);
        check("004010", "235", "VN", Listed::Yes);
        check("004010", "235", "EO", Listed::No);
        check("005010", "235", "EO", Listed::Announces);
        check("004010", "88", "GM", Listed::Announces);
        check("004010", "66", "UL", Listed::Announces);
        check("004010", "140", "ABCD", Listed::Yes);
    }
}
