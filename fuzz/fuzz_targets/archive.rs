//! Any bytes as a compressed file: opening them does not panic, and never gives more than the limits allow.

#![no_main]

use std::io::Read;

use crossdock::archive::{Archive, Limits, fault_of};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { opened_bytes: 1 << 20, ratio: 100, free_bytes: 1 << 16, entries: 20 };

fuzz_target!(|input: &[u8]| {
    let Ok(mut archive) = Archive::new("input.zip", input, LIMITS) else {
        return;
    };
    let (mut opened, mut entries, mut buffer) = (0, 0, [0; 4_096]);
    let is_compressed = archive.is_compressed();
    while let Ok(true) = archive.next_entry() {
        entries += 1;
        loop {
            match archive.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => opened += read as u64,
                Err(error) => {
                    assert!(fault_of(&error).is_some(), "{error}");
                    return;
                }
            }
        }
    }
    assert!(!is_compressed || opened <= LIMITS.opened_bytes);
    assert!(entries <= LIMITS.entries);
});
