//! Any bytes as what a partner that is logged in sends over SFTP: every request has one answer, nothing is received that was not
//! told so, and nothing is lost of what was written. `played` says what is held.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use crossdock::transport::sftp::server::played::play;
use libfuzzer_sys::fuzz_target;

static HOME: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("crossdock-fuzz-sftp-{}", std::process::id())));

fuzz_target!(|input: &[u8]| play(&HOME, input));
