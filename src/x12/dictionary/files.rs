//! Which data files there are: written by `import.py`, do not edit by hand.

use super::tables::{Files, ReleaseFiles};

/// See `data/README.md`, "codes.txt".
pub(super) static CODES: &str = include_str!("data/codes.txt");

/// Oldest first.
pub(super) static RELEASES: &[ReleaseFiles] = &[
    ReleaseFiles {
        name: "004010",
        files: Files {
            segments: include_str!("data/004010/segments.txt"),
            composites: include_str!("data/004010/composites.txt"),
            elements: include_str!("data/004010/elements.txt"),
        },
        sets: &[
            include_str!("data/004010/sets/180.txt"),
            include_str!("data/004010/sets/204.txt"),
            include_str!("data/004010/sets/210.txt"),
            include_str!("data/004010/sets/211.txt"),
            include_str!("data/004010/sets/214.txt"),
            include_str!("data/004010/sets/810.txt"),
            include_str!("data/004010/sets/824.txt"),
            include_str!("data/004010/sets/832.txt"),
            include_str!("data/004010/sets/846.txt"),
            include_str!("data/004010/sets/850.txt"),
            include_str!("data/004010/sets/852.txt"),
            include_str!("data/004010/sets/855.txt"),
            include_str!("data/004010/sets/856.txt"),
            include_str!("data/004010/sets/860.txt"),
            include_str!("data/004010/sets/861.txt"),
            include_str!("data/004010/sets/865.txt"),
            include_str!("data/004010/sets/867.txt"),
            include_str!("data/004010/sets/869.txt"),
            include_str!("data/004010/sets/870.txt"),
            include_str!("data/004010/sets/940.txt"),
            include_str!("data/004010/sets/943.txt"),
            include_str!("data/004010/sets/944.txt"),
            include_str!("data/004010/sets/945.txt"),
            include_str!("data/004010/sets/947.txt"),
            include_str!("data/004010/sets/990.txt"),
            include_str!("data/004010/sets/997.txt"),
        ],
    },
    ReleaseFiles {
        name: "005010",
        files: Files {
            segments: include_str!("data/005010/segments.txt"),
            composites: include_str!("data/005010/composites.txt"),
            elements: include_str!("data/005010/elements.txt"),
        },
        sets: &[
            include_str!("data/005010/sets/180.txt"),
            include_str!("data/005010/sets/204.txt"),
            include_str!("data/005010/sets/210.txt"),
            include_str!("data/005010/sets/211.txt"),
            include_str!("data/005010/sets/214.txt"),
            include_str!("data/005010/sets/753.txt"),
            include_str!("data/005010/sets/754.txt"),
            include_str!("data/005010/sets/810.txt"),
            include_str!("data/005010/sets/824.txt"),
            include_str!("data/005010/sets/832.txt"),
            include_str!("data/005010/sets/846.txt"),
            include_str!("data/005010/sets/850.txt"),
            include_str!("data/005010/sets/852.txt"),
            include_str!("data/005010/sets/855.txt"),
            include_str!("data/005010/sets/856.txt"),
            include_str!("data/005010/sets/860.txt"),
            include_str!("data/005010/sets/861.txt"),
            include_str!("data/005010/sets/865.txt"),
            include_str!("data/005010/sets/867.txt"),
            include_str!("data/005010/sets/869.txt"),
            include_str!("data/005010/sets/870.txt"),
            include_str!("data/005010/sets/940.txt"),
            include_str!("data/005010/sets/943.txt"),
            include_str!("data/005010/sets/944.txt"),
            include_str!("data/005010/sets/945.txt"),
            include_str!("data/005010/sets/947.txt"),
            include_str!("data/005010/sets/990.txt"),
            include_str!("data/005010/sets/997.txt"),
            include_str!("data/005010/sets/999.txt"),
        ],
    },
];

/// Interchange versions, oldest first.
pub(super) static ENVELOPES: &[(&str, Files)] = &[
    (
        "00401",
        Files {
            segments: include_str!("data/envelope/00401.txt"),
            composites: "",
            elements: include_str!("data/envelope/elements.txt"),
        },
    ),
    (
        "00501",
        Files {
            segments: include_str!("data/envelope/00501.txt"),
            composites: "",
            elements: include_str!("data/envelope/elements.txt"),
        },
    ),
];
