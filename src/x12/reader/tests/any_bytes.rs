//! Broken interchanges of all kinds: however the bytes are cut, the reading is the same.

use proptest::prelude::*;

use super::{BODY, Limits, ReadOptions, interchange, read_in_pieces, read_with};

/// Interchanges with something done to them: bytes replaced, cut out, put in.
fn inputs() -> impl Strategy<Value = Vec<u8>> {
    let bodies = prop::collection::vec(
        prop_oneof![
            Just(BODY.to_owned()),
            Just("ST*945*0002~W06*N*SO1~LX*1~W12*CC*1*1*0*EA~N9*LI*1~SE*6*0002~".to_owned()),
            Just("ST*856*3~BSN*00*1*20261120*1200~HL*1**S~BIN*5*a~b*c~SE*5*3~".to_owned()),
            Just("ST*940*4~W05*N*Zo\u{EB}~".to_owned()),
        ],
        0..4,
    );
    let edits = prop::collection::vec((any::<prop::sample::Index>(), edit()), 0..5);
    let terminator = prop_oneof![Just("~"), Just("\n"), Just("~\r\n"), Just("\r\n"), Just("~\n  ")];
    (bodies, terminator, 0..3_usize, edits).prop_map(|(bodies, terminator, copies, edits)| {
        let plain = interchange(&bodies.concat(), bodies.len()).replace('~', terminator);
        let mut bytes = plain.repeat(copies).into_bytes();
        for (at, edit) in edits {
            let at = if bytes.is_empty() { 0 } else { at.index(bytes.len()) };
            match edit {
                Edit::Insert(new) => drop(bytes.splice(at..at, new)),
                Edit::Remove(length) => drop(bytes.drain(at..bytes.len().min(at + length))),
            }
        }
        bytes
    })
}

#[derive(Debug, Clone)]
enum Edit {
    Insert(Vec<u8>),
    Remove(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let words = prop::sample::select(vec![
        "ISA",
        "ISA*00*",
        "GS*",
        "ST*945*9~",
        "SE*1*1~",
        "GE*1*1~",
        "IEA*1*1~",
        "~",
        "*",
        "\n",
        "\r\n",
        "TA1*1~",
        "BIN*9*",
        "Ö",
        ">",
    ]);
    prop_oneof![
        words.prop_map(|word| Edit::Insert(word.as_bytes().to_vec())),
        prop::collection::vec(any::<u8>(), 1..40).prop_map(Edit::Insert),
        (1..200_usize).prop_map(Edit::Remove),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cut_of_the_bytes_changes_nothing(
        input in inputs(),
        pieces in prop::collection::vec(1..300_usize, 1..6),
        bare_sets in any::<bool>(),
        tight in any::<bool>(),
    ) {
        let limits = if tight {
            Limits { interchange_bytes: 400, transaction_set_bytes: 60, segment_bytes: 30, elements_per_segment: 6, ..Limits::default() }
        } else {
            Limits::default()
        };
        let options = ReadOptions { limits, bare_sets, ..ReadOptions::default() };
        let whole = read_with(&input, &options);
        prop_assert_eq!(&read_in_pieces(&input, &pieces, &options), &whole, "{}", input.escape_ascii());
        prop_assert_eq!(&read_in_pieces(&input, &[1], &options), &whole, "{}", input.escape_ascii());
    }
}
