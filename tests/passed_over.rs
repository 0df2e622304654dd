//! Parts of a partner's file that cannot be read beside others that can: none of them is lost without a word, and what the
//! partner is told of them fits what is taken.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;

use std::fs;

use crossdock::lifecycle::PayloadState;
use crossdock::store::Document;

use gateway::{Home, Serving, envelope, files, of_alder, shipment, wait};

fn of(number: u32, order: &str) -> String {
    envelope("alder", number, &[shipment(1, order)])
}

fn states(documents: &[Document]) -> Vec<&str> {
    documents.iter().map(|one| one.state.word()).collect()
}

/// The one file in the outbox, from its first TA1 or AK1 on; it is taken away.
fn answer(home: &Home, serving: &Serving) -> String {
    let outbox = home.outbox("alder");
    let name = wait(|| files(&outbox).pop(), || serving.text());
    let text = fs::read_to_string(outbox.join(&name)).unwrap();
    fs::remove_file(outbox.join(name)).unwrap();
    let told = text.split('~').map(str::trim).filter(|one| ["TA1", "AK5", "AK9"].contains(&&one[..one.len().min(3)]));
    told.collect::<Vec<_>>().join(" ")
}

#[test]
fn an_interchange_that_cannot_be_read_beside_one_that_can_waits_for_a_person() {
    let (home, serving) = of_alder("beside", "");
    let lost = of(90, "LOST");
    let ebcdic = [0xC9, 0xE2, 0xC1, 0x5C, 0xF0, 0xF0, 0x5C];
    let beside: [&[u8]; 4] = [
        lost.replacen("ISA", "IA", 1).as_bytes(),
        lost.split_once('\n').unwrap().1.as_bytes(),
        b"ISA*00*          *00*\n",
        &ebcdic,
    ]
    .map(|bytes| bytes.to_vec().leak() as &[u8]);
    for (bytes, number) in beside.iter().zip(1..) {
        let text = [of(number, &format!("SO{number}")).as_bytes(), bytes].concat();
        let (payload, documents) = home.dropped(&serving, ("alder", &format!("{number}.edi")), &text);
        assert_eq!((payload.state, states(&documents)), (PayloadState::Translated, vec!["published", "held"]));
        let held = &documents[1];
        assert_eq!(held.problem.as_ref().unwrap().code.name(), "x12.bytes-skipped");
        assert_eq!(held.partner.as_deref(), Some("alder"));
        let (code, out, _) = home.run(&["status"]);
        assert!(code == Some(1) && out.contains("1 document of alder"), "{out}");
        let (code, out, error) = home.run(&["document", "discard", &held.id.to_string(), "--why", "sent again"]);
        assert_eq!(code, Some(0), "{out}{error}");
    }
    // A remark is none.
    let text = format!("Dear partner, hello\n{}-- end --\n", of(9, "SO9"));
    let (_, documents) = home.dropped(&serving, ("alder", "9.edi"), text.as_bytes());
    assert_eq!((states(&documents), home.run(&["status"]).0), (vec!["published"], Some(0)));
    // Alone it is held as the file that it is.
    let (payload, documents) = home.dropped(&serving, ("alder", "alone.edi"), b"ISA*00*          *00*\nGS*SW*A*B~");
    assert_eq!((payload.state, documents.len()), (PayloadState::Held, 0));
}

#[test]
fn a_damaged_interchange_beside_one_that_came_before_is_not_lost_with_it() {
    let (home, serving) = of_alder("beside-old", "");
    home.dropped(&serving, ("alder", "a.edi"), of(1, "SO1").as_bytes());
    let text = format!("{}{}", of(2, "LOST").replacen("ISA", "IA", 1), of(1, "SO1"));
    let (payload, documents) = home.dropped(&serving, ("alder", "b.edi"), text.as_bytes());
    assert_eq!((payload.state, states(&documents)), (PayloadState::Translated, vec!["held"]));
    assert!(payload.diagnostics.iter().any(|one| one.code.name() == "payload.duplicate"), "{:?}", payload.diagnostics);
}

#[test]
fn a_set_without_its_st_is_told_and_held_and_can_be_corrected() {
    for (name, damaged, expected) in [("st-first", 1, ["held", "published"]), ("st-last", 2, ["published", "held"])] {
        let (home, serving) = of_alder(name, "[acknowledge]\ninterchange = \"always\"\n");
        let text = envelope("alder", 5, &[shipment(1, "A"), shipment(2, "B")]);
        let st = format!("ST*945*{damaged:04}~\n");
        let (_, documents) =
            home.dropped(&serving, ("alder", "a.edi"), text.replace(&st, &st.replace("ST", "ST ")).as_bytes());
        assert_eq!(states(&documents), expected, "{name}");
        // The interchange is taken, so no TA1 says that it is rejected; the group is not taken whole.
        assert_eq!(answer(&home, &serving), "TA1*000000005*260310*1430*E*024 AK5*A AK9*P*2*1*1*5", "{name}");
        assert_eq!(home.run(&["status"]).0, Some(1));
        let held = documents.iter().find(|one| one.state.word() == "held").unwrap();
        assert_eq!(held.control_numbers[2].as_deref(), Some(format!("{damaged:04}").as_str()));
        let (_, out, _) = home.run(&["document", "export", &held.id.to_string()]);
        assert!(out.starts_with("ST *945*") && out.trim_end().ends_with(&format!("SE*10*{damaged:04}~")), "{out}");
        home.write("right.edi", &shipment(damaged, "RIGHT"));
        let file = home.path.join("right.edi").display().to_string();
        let (code, out, error) = home.run(&["document", "correct", &held.id.to_string(), "--bytes", "--file", &file]);
        assert_eq!(code, Some(0), "{out}{error}");
        let both = || Some(files(&home.published("shipment"))).filter(|files| files.len() == 2);
        assert!(wait(both, || serving.text()).iter().any(|name| name.starts_with("RIGHT-")));
    }
}

#[test]
fn a_ta1_rejects_no_interchange_of_which_something_is_taken() {
    let (home, serving) = of_alder("taken", "");
    // ISA asks for a TA1: one SE too many, and an element too many in ISA.
    let asks = |number, order: &str| of(number, order).replace("*0*P*>~", "*1*P*>~");
    let twice = asks(1, "TWICE").replace("SE*10*0001~", "SE*10*0001~SE*10*0001~");
    home.dropped(&serving, ("alder", "a.edi"), twice.as_bytes());
    assert_eq!(answer(&home, &serving), "TA1*000000001*260310*1430*E*024 AK5*A AK9*A*1*1*1");
    let wide = asks(2, "WIDE").replace("*1*P*>~", "*1*P*X*>~");
    home.dropped(&serving, ("alder", "b.edi"), wide.as_bytes());
    let told = answer(&home, &serving);
    assert!(told.starts_with("TA1*000000002*260310*1430*E*022 ") && told.ends_with("AK9*A*1*1*1"), "{told}");
    // One that a person lets go on although its end did not come.
    let whole = asks(3, "CUT");
    let (held, _) = home.dropped(&serving, ("alder", "c.edi"), &whole.as_bytes()[..whole.find("IEA").unwrap()]);
    assert_eq!(
        (held.state, answer(&home, &serving)),
        (PayloadState::Held, "TA1*000000003*260310*1430*R*023".to_owned())
    );
    home.run(&["payload", "release", &held.id.to_string()]);
    assert_eq!(answer(&home, &serving), "TA1*000000003*260310*1430*E*023 AK5*A AK9*A*1*1*1");
}

#[test]
fn what_is_no_production_does_not_reach_the_erp_as_if_it_were() {
    let (home, serving) = of_alder("usage", "");
    let with = |number, order: &str, usage: &str| of(number, order).replace("*0*P*>~", &format!("*0*{usage}*>~"));
    home.dropped(&serving, ("alder", "t.edi"), with(1, "TEST", "t").as_bytes());
    let test = home.data().join("erp/test/shipment");
    wait(|| (files(&test).len() == 1).then_some(()), || serving.text());
    let outbox = home.outbox("alder");
    let told = fs::read_to_string(outbox.join(wait(|| files(&outbox).pop(), || serving.text()))).unwrap();
    assert!(told.contains("*0*T*>~"), "{told}");
    for (usage, number) in [("X", 2), (" ", 3)] {
        let text = with(number, "WHICH", usage);
        let (payload, documents) = home.dropped(&serving, ("alder", &format!("{number}.edi")), text.as_bytes());
        assert_eq!((payload.state, documents.len()), (PayloadState::Held, 0));
        assert!(payload.diagnostics.iter().any(|one| one.code.name() == "payload.usage"), "{:?}", payload.diagnostics);
    }
    assert!(!home.data().join("erp/published").exists());
    assert_eq!(home.run(&["status"]).0, Some(1));
    assert_eq!(home.run(&["payload", "release", "2"]).0, Some(0));
    let published = || Some(files(&home.published("shipment"))).filter(|files| files.len() == 1);
    assert!(wait(published, || serving.text())[0].starts_with("WHICH-"));
}
