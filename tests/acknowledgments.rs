//! What a gateway answers to what partners send: acknowledgments in their outbox, committed with the documents.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/answers.rs"]
mod answers;
#[path = "support/gateway.rs"]
mod gateway;

use std::fs;

use crossdock::diagnostic::codes;
use crossdock::lifecycle::{DocumentState, PayloadState};
use crossdock::store::Payload;

use answers::{
    QUIET, answered, answers, answers_are, held, on_record, order, send, states, ta1, worked_on, written_at,
};
use gateway::{Home, envelope, files, of_alder, profile, shipment, wait};

/// Segments of an answer from its first AK1 or TA1 on, up to the last before SE or IEA, joined by blanks.
fn said(answer: &str) -> String {
    let segments = answer.split('~').map(str::trim);
    let told = segments.filter(|segment| ["AK", "IK", "CTX", "TA1"].iter().any(|start| segment.starts_with(start)));
    told.collect::<Vec<_>>().join(" ")
}

fn codes_of(payload: &Payload) -> Vec<&str> {
    payload.diagnostics.iter().map(|one| one.code.name()).collect()
}

#[test]
fn what_is_new_beside_what_came_before_goes_on_and_both_are_answered() {
    let (home, serving) = of_alder("new-beside-old", "");
    let of = |number, order: &str| envelope("alder", number, &[shipment(1, order)]);
    send(&home, "day1.edi", &of(41, "A"));
    let [(first, _)] = <[_; 1]>::try_from(answers(&home, &serving, 1)).unwrap();
    fs::remove_file(home.outbox("alder").join(&first)).unwrap();
    send(&home, "day1+2.edi", &(of(41, "A") + &of(42, "B")));
    let both = answers(&home, &serving, 2);
    assert_eq!((both[0].0 == first, said(&both[1].1).as_str()), (true, "AK1*SW*42 AK2*945*0001 AK5*A AK9*A*1*1*1"));
    let (payloads, documents) = worked_on(&home, &serving, 2);
    assert_eq!((payloads[1].state, codes_of(&payloads[1])), (PayloadState::Translated, vec!["payload.duplicate"]));
    let numbers: Vec<_> = documents.iter().map(|one| (one.business_number.as_deref(), one.state.word())).collect();
    assert_eq!(numbers, [(Some("A"), "published"), (Some("B"), "published")]);
    // It is read from where it stands in the file.
    let (code, out, _) = home.run(&["document", "export", &documents[1].id.to_string()]);
    assert!(code == Some(0) && out.contains("W06*F*B*"), "{out}");
}

#[test]
fn a_release_of_a_number_used_again_publishes_nothing_twice() {
    let (home, serving) = of_alder("released-once", "");
    let of = |number, order: &str| envelope("alder", number, &[shipment(1, order)]);
    send(&home, "first.edi", &(of(41, "A") + &of(42, "B")));
    worked_on(&home, &serving, 1);
    send(&home, "mixed.edi", &(of(41, "A") + &of(42, "OTHER") + &of(43, "C")));
    let (payloads, _) = worked_on(&home, &serving, 2);
    let held = &payloads[1];
    let codes = vec!["payload.duplicate", "payload.number-reused"];
    assert_eq!((held.state, held.duplicate_of, codes_of(held)), (PayloadState::Held, Some(payloads[0].id), codes));
    let cause = held.diagnostics[1].cause.clone().unwrap();
    assert!(cause.contains("interchange 43 of the payload is new"), "{cause}");
    let (code, out, problem) = home.run(&["payload", "release", &held.id.to_string()]);
    assert_eq!(code, Some(0), "{out}{problem}");
    let (payloads, documents) = worked_on(&home, &serving, 2);
    assert_eq!((payloads[1].state, codes_of(&payloads[1])), (PayloadState::Translated, vec!["payload.duplicate"]));
    let numbers: Vec<_> = documents.iter().filter_map(|one| one.business_number.as_deref()).collect();
    assert_eq!(numbers, ["A", "B", "OTHER", "C"]);
}

#[test]
fn what_uses_a_number_again_is_released_behind_what_came_in_its_place_only_with_a_word_and_then_takes_its_place() {
    let (home, serving) = of_alder("released-late", "");
    let of =
        |number, action| envelope("alder", number, &[shipment(1, "A").replace("PO-A~", &format!("PO-A{action}~"))]);
    for (name, text) in [("a", of(41, "")), ("b", of(41, "******2")), ("c", of(42, "******3"))] {
        let count = on_record(&home).0.len() + 1;
        send(&home, &format!("{name}.edi"), &text);
        worked_on(&home, &serving, count);
    }
    let (code, out, _) = home.run(&["payload", "release", "2"]);
    assert!(code == Some(1) && out.contains("would be published behind document 2 of A, which came later"), "{out}");
    let (code, out, problem) = home.run(&["payload", "release", "2", "--out-of-order"]);
    assert_eq!(code, Some(0), "{out}{problem}");
    // The ERP has the cancellation, and that is what is replaced; what comes then replaces the last word, too.
    send(&home, "d.edi", &of(43, "******2"));
    worked_on(&home, &serving, 4);
    let (_, out, _) = home.run(&["events", "--format", "json"]);
    let events: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |key: &'static str| events.iter().filter_map(move |one| one["event"].get(key)?.as_str());
    assert!(of("supersedes").eq(of("id").take(3)), "{out}");
}

#[test]
fn what_came_is_acknowledged_with_numbers_of_its_own_and_a_file_sent_again_is_answered_again() {
    let (home, serving) = of_alder("acknowledged", "");
    let sets = [shipment(1, "A"), shipment(2, "B").replace("W12*CC*4", "W12*CC*FOUR")];
    send(&home, "a.edi", &envelope("alder", 41, &sets));
    let [(name, text)] = <[_; 1]>::try_from(answers(&home, &serving, 1)).unwrap();
    assert!(name.starts_with("997_000000001_"), "{name}");
    assert_eq!(
        said(&text),
        "AK1*SW*41 AK2*945*0001 AK5*A AK2*945*0002 AK3*W12*7**8 AK4*2*330*6*FOUR AK5*R*5 AK9*P*2*2*1"
    );
    assert!(text.starts_with("ISA*00*          *00*          *12*4085551000     *ZZ*ALDER          *"), "{text}");
    assert!(text.contains("GS*FA*4085551000*ALDER*") && text.contains("*000000001*0*P*>~"), "{text}");
    // The second interchange gets the next numbers.
    send(&home, "b.edi", &envelope("alder", 42, &[shipment(1, "C")]));
    let both = answers(&home, &serving, 2);
    assert!(both[1].0.starts_with("997_000000002_") && both[1].1.contains("GE*1*2~"), "{both:?}");
    // What comes again is answered again, with the same file; nothing is published again.
    fs::remove_file(home.outbox("alder").join(&name)).unwrap();
    send(&home, "a-again.edi", &envelope("alder", 41, &sets));
    assert_eq!(answers(&home, &serving, 2)[0], (name, text));
    let (payloads, documents) = worked_on(&home, &serving, 3);
    assert_eq!(payloads[2].state, PayloadState::Duplicate);
    assert_eq!(states(&documents), ["published", "rejected", "published"]);
    // The partner has to act, not a person here; but a person sees it.
    let (code, out, _) = home.run(&["status"]);
    assert!(code == Some(0) && out.contains("1 document of alder, who were told: `crossdock document list"), "{out}");
}

#[test]
fn what_was_rejected_is_not_released_behind_what_came_in_its_place() {
    let (home, serving) = of_alder("in-its-place", "");
    let bad = shipment(1, "A").replace("W12*CC*4", "W12*CC*FOUR");
    send(&home, "bad.edi", &envelope("alder", 41, &[bad]));
    worked_on(&home, &serving, 1);
    send(&home, "good.edi", &envelope("alder", 42, &[shipment(1, "A")]));
    assert_eq!(states(&worked_on(&home, &serving, 2).1), ["rejected", "published"]);
    let (code, out, _) = home.run(&["document", "release", "1"]);
    assert!(code == Some(1) && out.contains("would be published behind document 2 of A, which came later"), "{out}");
    let (_, out, _) = home.run(&["document", "show", "1"]);
    assert!(out.contains("later      document 2 of A, published: it would be published behind that one"), "{out}");
    let (code, out, _) = home.run(&["document", "release", "1", "--out-of-order"]);
    assert!(code == Some(0) && out.contains("it is published behind document 2 of A, which came later"), "{out}");
}

#[test]
fn a_number_used_again_for_other_sets_is_told_and_only_then() {
    let (home, serving) = of_alder("reused", "[acknowledge]\ninterchange = \"errors\"\n");
    send(&home, "a.edi", &envelope("alder", 7, &[shipment(1, "A")]));
    let first = answers(&home, &serving, 1);
    assert_eq!(said(&first[0].1), "AK1*SW*7 AK2*945*0001 AK5*A AK9*A*1*1*1", "a sound interchange gets no TA1");
    send(&home, "b.edi", &envelope("alder", 7, &[shipment(1, "B")]));
    let both = answers(&home, &serving, 2);
    assert!(both[1].0.starts_with("TA1_000000002_"), "{both:?}");
    assert_eq!(said(&both[1].1), "TA1*000000007*260310*1430*R*025");
    let (payloads, _) = worked_on(&home, &serving, 2);
    assert_eq!(payloads[1].diagnostics.last().map(|one| one.code), Some(codes::PAYLOAD_NUMBER_REUSED));
}

#[test]
fn a_bad_group_is_rejected_and_the_other_goes_on() {
    let (home, serving) = of_alder("bad-group", "");
    let text = envelope("alder", 5, &[shipment(1, "A"), shipment(2, "B")])
        .replace("GE*2*5~", "GE*2*6~\nGS*SW*ALDER*4085551000*20260310*1430*8*X*004010~\n{C}GE*1*8~");
    let text = text.replace("{C}", &shipment(1, "C")).replace("IEA*1*", "IEA*2*");
    send(&home, "a.edi", &text);
    let answer = answers(&home, &serving, 1);
    let expected =
        "AK1*SW*5 AK2*945*0001 AK5*A AK2*945*0002 AK5*A AK9*R*2*2*0*4 AK1*SW*8 AK2*945*0001 AK5*A AK9*A*1*1*1";
    assert_eq!(said(&answer[0].1), expected);
    let (payloads, documents) = worked_on(&home, &serving, 1);
    assert_eq!(payloads[0].state, PayloadState::Translated);
    assert_eq!(states(&documents), ["rejected", "rejected", "published"]);
    // Each document that was rejected with its group says so, in the list, to its partner, and in the answer's words.
    let (code, out, _) = home.run(&["document", "explain", "1"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("functional group 5 is rejected as a whole: GE02 is `6`, but GS06 is `5`"), "{out}");
    assert!(out.starts_with("Group 5, interchange 000000005\n"), "{out}");
    let (_, out, _) = home.run(&["document", "list", "--code", "payload.group-not-taken", "--format", "json"]);
    assert_eq!(out.lines().count(), 2, "{out}");
    let (_, out, _) = home.run(&["document", "show", "2"]);
    assert!(out.contains("997: AK9*R, code 4"), "{out}");
    let (code, _, _) = home.run(&["document", "explain", "3"]);
    assert_eq!(code, Some(1));
    let published = || Some(files(&home.published("shipment"))).filter(|files| files.len() == 1);
    assert!(wait(published, || serving.text())[0].starts_with("C-"));
}

/// Hold, 997, explanation and rerun say the same of a group that is not whole.
#[test]
fn a_group_whose_end_did_not_come_is_rejected_and_stays_so_however_often_it_is_translated() {
    let (home, serving) = of_alder("cut-group", "");
    let whole = envelope("alder", 5, &[shipment(1, "A"), shipment(2, "B")]);
    send(&home, "a.edi", &whole[..whole.rfind("W03").unwrap()]);
    let (payloads, _) = worked_on(&home, &serving, 1);
    assert_eq!(payloads[0].state, PayloadState::Held);
    home.run(&["payload", "release", "1"]);
    let answer = answers(&home, &serving, 1);
    let text = said(&answer[0].1);
    assert!(
        text.starts_with("AK1*SW*5 AK2*945*0001 AK5*A AK2*945*0002 ") && text.ends_with(" AK9*R*2*2*0*3"),
        "{text}"
    );
    let (_, documents) = worked_on(&home, &serving, 1);
    assert_eq!(states(&documents), ["rejected", "rejected"]);
    let of_group = || {
        let (_, shown, _) = home.run(&["document", "show", "1"]);
        assert!(shown.contains("functional group 5 is rejected as a whole: its end did not come"), "{shown}");
        assert!(shown.contains("997: AK9*R, code 3"), "{shown}");
        let (code, explained, _) = home.run(&["document", "explain", "1"]);
        assert!(code == Some(0) && explained.contains("its end did not come"), "{explained}");
    };
    of_group();
    for _ in 0..2 {
        let (code, out, error) = home.run(&["document", "rerun", "1"]);
        assert_eq!(code, Some(1), "{out}{error}");
        assert!(out.contains("payload.group-not-taken"), "{out}");
        assert_eq!(states(&on_record(&home).1), ["rejected", "rejected"]);
        of_group();
    }
    assert_eq!(files(&home.published("shipment")), Vec::<String>::new());
    // Who knows that it is whole lets it go on.
    let (code, out, error) = home.run(&["document", "release", "1"]);
    assert_eq!(code, Some(0), "{out}{error}");
    let published = || Some(files(&home.published("shipment"))).filter(|files| files.len() == 1);
    assert!(wait(published, || serving.text())[0].starts_with("A-"));
}

#[test]
fn a_bad_set_or_group_holds_the_interchange_where_the_profile_says_so() {
    for (name, more, bad, expected) in [
        ("all-for-a-set", "set", "W12*CC*FOUR", ["held", "rejected", "held"]),
        ("all-for-a-group", "group", "", ["held", "held", "rejected"]),
    ] {
        let (home, serving) = of_alder(name, &format!("[on_error]\n{more} = \"interchange\"\n"));
        let second = if bad.is_empty() { shipment(2, "B") } else { shipment(2, "B").replace("W12*CC*4", bad) };
        let text = envelope("alder", 5, &[shipment(1, "A"), second]);
        let trailer = if bad.is_empty() { 9 } else { 8 };
        let text = text.replace(
            "GE*2*5~\nIEA*1*",
            &format!(
                "GE*2*5~\nGS*SW*ALDER*4085551000*20260310*1430*8*X*004010~\n{}GE*1*{trailer}~\nIEA*2*",
                shipment(1, "C")
            ),
        );
        send(&home, "a.edi", &text);
        let (_, documents) = worked_on(&home, &serving, 1);
        assert_eq!(states(&documents), expected, "{name}");
        assert_eq!(files(&home.published("shipment")), Vec::<String>::new());
        let (_, out, _) = home.run(&["document", "show", "1"]);
        assert!(
            out.contains("error[payload.held-together] a ") && out.contains("so the whole interchange is held"),
            "{out}"
        );
        let (_, out, _) = home.run(&["document", "explain", "1"]);
        assert!(out.contains("rule:  an interchange is taken whole or not at all") && !out.contains(".toml"), "{out}");
        // What was only held with the others can be released.
        let first = documents[0].id.to_string();
        let (code, out, error) = home.run(&["document", "release", &first]);
        assert_eq!(code, Some(0), "{out}{error}");
        let published = || Some(files(&home.published("shipment"))).filter(|files| files.len() == 1);
        assert!(wait(published, || serving.text())[0].starts_with("A-"));
    }
}

#[test]
fn an_interchange_that_is_cut_is_told_by_a_ta1_and_taken_when_it_comes_whole() {
    let (home, serving) = of_alder("cut", "[acknowledge]\ninterchange = \"errors\"\n");
    let whole = envelope("alder", 9, &[shipment(1, "A")]);
    let cut = &whole[..whole.find("IEA").unwrap()];
    send(&home, "a.edi", cut);
    let answer = answers(&home, &serving, 1);
    assert_eq!(said(&answer[0].1), "TA1*000000009*260310*1430*R*023");
    let (payloads, documents) = worked_on(&home, &serving, 1);
    assert_eq!((payloads[0].state, documents.len()), (PayloadState::Held, 0));
    let told = payloads[0].diagnostics.iter().find(|one| one.code == codes::X12_TRUNCATED).unwrap();
    assert_eq!(told.answer.as_deref(), Some("TA1: TA104 R, TA105 023 (the interchange is rejected)"));
    send(&home, "a-whole.edi", &whole);
    let both = answers(&home, &serving, 2);
    assert!(both.iter().any(|(_, text)| said(text) == "AK1*SW*9 AK2*945*0001 AK5*A AK9*A*1*1*1"), "{both:?}");
}

#[test]
fn the_profile_decides_with_what_when_how_and_under_which_numbers() {
    let more = "[[contacts]]\nname = \"EDI desk\"\nemail = \"edi@alder.example\"\n[envelope]\nisa = { version = \"00501\" }\n\
        control_numbers = { interchange = [1, 899], group = [1, 699] }\n[acknowledge]\nwith = \"999\"\ndetail = \"errors\"\n\
        interchange = \"always\"\nreport = true\nfile_name = \"ack_{set}_{control_number}.edi\"\ndone_file = \".ok\"\n\
        control_numbers = { interchange = [900, 999], group = [700, 799] }\n";
    let (home, serving) = of_alder("settings", more);
    let sets = [shipment(1, "A"), shipment(2, "B").replace("W12*CC*4", "W12*CC*FOUR")];
    send(&home, "a.edi", &envelope("alder", 3, &sets).replace("X*004010", "X*005010"));
    let mut files = answers(&home, &serving, 4);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let each = ["a.edi-1.rejected.txt", "a.edi-1.rejected.txt.ok", "ack_999_000000900.edi", "ack_999_000000900.edi.ok"];
    assert_eq!(names, each);
    files.retain(|(name, _)| !name.ends_with(".ok"));
    let expected = "TA1*000000003*260310*1430*A*000 AK1*SW*3*005010 AK2*945*0002 IK3*W12*7**8 CTX*W0602>B IK4*2*380*6*FOUR IK5*R*5 AK9*P*2*2*1";
    assert_eq!(said(&files[1].1), expected);
    assert!(files[1].1.contains("GE*1*700~"), "{}", files[1].1);
    for words in ["Transaction set 945 0002, group 3", "W12", "where: W1202 (segment 7", "text:  W12*CC*FOUR"] {
        assert!(files[0].1.contains(words), "{words}: {}", files[0].1);
    }
    let (code, out, _) = home.run(&["document", "explain", "2", "--mail"]);
    assert_eq!(code, Some(0), "{out}");
    for words in [
        "To: EDI desk <edi@alder.example>\nSubject: Your 945 B in a.edi\n",
        "We did not take it.",
        "W1202",
        "where: W1202 (segment 7",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    let (code, _, error) = home.run(&["document", "explain", "1"]);
    assert!(code == Some(1) && error.contains("the partner did nothing wrong in document 1"), "{error}");
    let (code, out, _) = home.run(&["control-number", "set", "alder", "--interchange", "950", "--acknowledgments"]);
    assert_eq!(code, Some(0), "{out}");
    let (_, out, _) = home.run(&["control-number", "show", "alder"]);
    assert!(out.contains("acknowledgment-interchange") && out.contains("950"), "{out}");
}

#[test]
fn nobody_is_told_who_does_not_want_to_be_and_acknowledgments_are_not_acknowledged() {
    let (home, serving) = of_alder("never", "[acknowledge]\nwhen = \"errors\"\n");
    send(&home, "a.edi", &envelope("alder", 1, &[shipment(1, "A")]));
    let acknowledgment = "ST*997*0001~AK1*OW*1~AK9*R*1*1*0*77~SE*4*0001~\n".to_owned();
    send(&home, "b.edi", &envelope("alder", 2, &[acknowledgment]).replace("GS*SW", "GS*FA"));
    worked_on(&home, &serving, 2);
    send(&home, "c.edi", &envelope("alder", 3, &[shipment(1, "C").replace("SE*10*", "SE*11*")]));
    let told = answers(&home, &serving, 1);
    assert_eq!(said(&told[0].1), "AK1*SW*3 AK2*945*0001 AK5*R*4 AK9*R*1*1*0");
    let (_, documents) = worked_on(&home, &serving, 3);
    assert_eq!(documents[1].problem.as_ref().map(|one| one.code), Some(codes::ACKNOWLEDGMENT_UNMATCHED));
}

#[test]
fn what_partners_say_of_our_documents_is_matched_and_laid_over_what_was_sent() {
    let (home, serving) = of_alder("answered", QUIET);
    order(&home, &serving, &["SO1", "SO2", "SO3"], 1);
    answers_are(&home, &serving, &["waiting", "waiting", "waiting"]);
    let show = || Some(home.run(&["document", "show", "1"]).1);
    wait(|| show().filter(|out| out.contains("answer     waiting, expected by")), || serving.text());
    let body = "AK2*940*0001~AK5*A~AK2*940*0002~AK3*W05*2**8~AK4*2*285*7*SO2~AK5*R*5~AK2*940*0003~AK3*N1*3**5~AK5*E*5~AK9*P*3*3*2~";
    send(&home, "997.edi", &answered(1, 51, body));
    let documents = answers_are(&home, &serving, &["accepted", "rejected", "accepted_with_errors"]);
    assert_eq!(states(&documents), ["delivered", "rejected", "delivered", "kept"]);
    let told = &documents[1].answer_diagnostics;
    assert_eq!(told[0].message, "the partner says that W0502 is wrong: AK403 is 7 (Invalid code value)");
    let remedy = told[0].remedy.as_deref().unwrap();
    assert!(remedy.contains("`order_number` by ") && remedy.contains("base/940.toml:"), "{remedy}");
    assert_eq!(
        documents[2].answer_diagnostics[0].message,
        "the partner says that segment N1 is wrong: AK304 is 5 (Segment Exceeds Maximum Use)"
    );
    let (code, out, _) = home.run(&["document", "show", "2"]);
    assert_eq!(code, Some(0));
    for words in [
        "answer     rejected, says document 4",
        "error[acknowledgment.rejected]",
        "W05*N*SO2",
        "`crossdock document rerun 2`",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    let (code, out, _) = home.run(&["status"]);
    let line = "1 document by alder, since";
    assert!(code == Some(1) && out.contains("Rejected by partners") && out.contains(line), "{out}");
    let (_, out, _) = home.run(&["delivery", "show", "1"]);
    assert!(out.contains("answer     partially accepted"), "{out}");
    let (code, out, error) = home.run(&["document", "release", "2"]);
    assert!(code == Some(1) && format!("{out}{error}").contains("was not taken by the partner"), "{out}{error}");
    // Written and sent anew, it waits for its own answer.
    let (code, out, error) = home.run(&["document", "rerun", "2", "--why", "mended"]);
    assert_eq!(code, Some(0), "{out}{error}");
    answers(&home, &serving, 2);
    let documents = answers_are(&home, &serving, &["accepted", "waiting", "accepted_with_errors"]);
    assert!(documents[1].answer_diagnostics.is_empty(), "what was said of the one before does not stay");
    send(&home, "997-2.edi", &answered(2, 52, "AK9*A*1*1*1~"));
    let documents = answers_are(&home, &serving, &["accepted", "accepted", "accepted_with_errors"]);
    assert_eq!(states(&documents), ["delivered", "delivered", "delivered", "kept", "kept"]);
}

#[test]
fn an_application_advice_counts_where_it_is_worse_than_the_acknowledgment_before() {
    let (home, serving) = of_alder("advised", QUIET);
    order(&home, &serving, &["SO1", "SO2", "SO3"], 1);
    send(&home, "997.edi", &answered(1, 51, "AK9*A*3*3*3~"));
    answers_are(&home, &serving, &["accepted", "accepted", "accepted"]);
    let advice = |interchange: u32, body: &str| {
        let body = format!("BGN*00*ADV{interchange}*20260310~{body}");
        let count = body.matches('~').count() + 2;
        envelope("alder", interchange, &[format!("ST*824*0001~{body}SE*{count}*0001~\n")]).replace("GS*SW*", "GS*AG*")
    };
    let of = |set: u32| format!("*20260310**1*{set:04}*940~");
    let body = format!(
        "OTI*TA*TN*1**{}OTI*TR*TN*2**{}TED*024*the store is closed*W05*2*2*285*SO2~OTI*IE*TN*3**{}TED*007**N1*3~",
        of(1),
        of(2),
        of(3)
    );
    send(&home, "824.edi", &advice(52, &body));
    let documents = answers_are(&home, &serving, &["accepted", "rejected", "accepted_with_errors"]);
    assert_eq!(states(&documents), ["delivered", "rejected", "delivered", "kept", "kept"]);
    let told = &documents[1].answer_diagnostics[0];
    assert!(told.message.starts_with("the partner says that W0502 is wrong: TED01 is 024"), "{}", told.message);
    assert!(told.message.ends_with(": the store is closed"), "{}", told.message);
    assert!(told.remedy.as_deref().is_some_and(|remedy| remedy.contains("`order_number` by ")), "{told:?}");
    // What does not say what of ours it rejects waits for a person.
    send(&home, "824-2.edi", &advice(53, "OTI*TR*PO*PO-7~TED*024*what is this~"));
    let held = || on_record(&home).1.into_iter().find(|one| one.file_name == "824-2.edi" && one.problem.is_some());
    let held = wait(held, || serving.text());
    assert_eq!(held.problem.map(|one| one.code), Some(codes::ACKNOWLEDGMENT_UNMATCHED));
}

#[test]
fn a_group_that_is_rejected_is_so_with_all_its_sets_and_each_of_several_groups_has_its_own_verdict() {
    let (home, serving) = of_alder("groups", QUIET);
    for (number, count) in ["SO1", "SO2", "SO3", "SO4"].iter().zip(1..) {
        order(&home, &serving, &[number], count);
    }
    let both = "AK2*940*0001~AK5*A~AK9*R*1*1*0*4~AK1*OW*2~AK2*940*0001~AK5*A~AK9*A*1*1*1~";
    send(&home, "both.edi", &answered(1, 51, both));
    let documents = answers_are(&home, &serving, &["rejected", "accepted", "waiting", "waiting"]);
    assert_eq!(documents[0].state, DocumentState::Rejected);
    let told = &documents[0].answer_diagnostics;
    assert!(told[0].message.starts_with("the partner rejected group 1 as a whole: AK905 is 4 ("), "{told:?}");
    let cause = "AK5 says that the transaction set is accepted, but AK9 takes nothing of its group";
    assert_eq!((told.len(), told[0].cause.as_deref()), (1, Some(cause)));
    // Faults before any AK2, and a set without AK5: what becomes of them AK9 says.
    send(&home, "faults.edi", &answered(3, 52, "AK3*W05*2**8~AK5*R*5~AK9*R*1*1*0~"));
    send(&home, "no-ak5.edi", &answered(4, 53, "AK2*940*0001~AK3*N1*3**5~AK9*E*1*1*1~"));
    let documents = answers_are(&home, &serving, &["rejected", "accepted", "rejected", "accepted_with_errors"]);
    let kept = documents.iter().filter(|one| one.direction == "in").all(|one| one.state == DocumentState::Kept);
    assert!(kept, "{documents:?}");
}

#[test]
fn what_is_not_said_to_be_taken_is_told_and_counted_it_is_said() {
    let (home, serving) = of_alder("no-verdict", QUIET);
    order(&home, &serving, &["SO1", "SO2", "SO3"], 1);
    let unclear = [
        ("AK9*P*3*3*3~", "alder does not say whether it took 3 documents of group 1"),
        ("AK2*940*0002~AK5*R*5~AK9*P*3*3*1~", "alder does not say whether it took 2 documents of group 1"),
        ("AK2*940*0001~", "alder does not say whether it took 3 documents of group 1"),
    ];
    for (index, (body, message)) in unclear.iter().enumerate() {
        send(&home, &format!("{index}.edi"), &answered(1, 51 + index as u32, body));
        let held = || {
            let came = on_record(&home).1.into_iter().filter(|one| one.direction == "in").nth(index)?;
            (came.state == DocumentState::Held).then_some(came.id.to_string())
        };
        let (_, out, _) = home.run(&["document", "show", &wait(held, || serving.text())]);
        assert!(out.contains(&format!("error[{}] {message}", codes::ACKNOWLEDGMENT_NO_VERDICT.name())), "{out}");
    }
    answers_are(&home, &serving, &["waiting", "rejected", "waiting"]);
    // Of those without AK2, AK904 says that they are the ones taken.
    send(&home, "counted.edi", &answered(1, 60, "AK2*940*0002~AK5*R*5~AK9*P*3*3*2~"));
    answers_are(&home, &serving, &["accepted", "rejected", "accepted"]);
}

#[test]
fn sets_that_did_not_come_are_not_accepted_with_the_others() {
    let (home, serving) = of_alder("fewer", QUIET);
    order(&home, &serving, &["SO1", "SO2", "SO3"], 1);
    let fewer = [
        ("AK9*A*3*2*2~", 3),
        ("AK9*A*1*1*1~", 3),
        ("AK9*A*3*3*0~", 3),
        ("AK2*940*0001~AK5*A~AK2*940*0002~AK5*A~AK9*E*3*2*2*5~", 1),
    ];
    for ((body, count), number) in fewer.iter().zip(1..) {
        send(&home, &format!("{number}.edi"), &answered(1, 50 + number as u32, body));
        let out = held(&home, &serving, number);
        assert!(
            out.contains(&format!("error[acknowledgment.no-verdict] alder does not say whether it took {count} ")),
            "{out}"
        );
        assert!(out.contains("AK9 counts other transaction sets (AK903, AK904) than were sent"), "{out}");
    }
    answers_are(&home, &serving, &["accepted", "accepted", "waiting"]);
    let (_, out, _) = home.run(&["delivery", "show", "1"]);
    assert!(out.contains("answer     partially accepted"), "{out}");
    // Who counts nothing says what AK901 says.
    send(&home, "uncounted.edi", &answered(1, 60, "AK9*A~"));
    answers_are(&home, &serving, &["accepted", "accepted", "accepted"]);
}

#[test]
fn what_the_partner_rejected_is_rejected_again_where_it_does_not_go_out_once_more() {
    let (home, serving) = of_alder("not-once-more", QUIET);
    order(&home, &serving, &["SO1", "SO2", "SO3"], 1);
    let body = "AK2*940*0001~AK5*A~AK2*940*0002~AK5*R*5~AK2*940*0003~AK5*R*5~AK9*P*3*3*1~";
    send(&home, "a.edi", &answered(1, 51, body));
    answers_are(&home, &serving, &["accepted", "rejected", "rejected"]);
    assert_eq!(serving.terminate(), Some(0));
    let says = |expected: i32, order: &[&str], words: &[&str]| {
        let (code, out, error) = home.run(order);
        let said = format!("{out}{error}");
        assert!(code == Some(expected) && words.iter().all(|words| said.contains(words)), "{order:?}: {said}");
    };
    let (before, faults) =
        (["delivered", "rejected", "rejected", "kept"], "the partner did not take transaction set 940 0002");
    let is_as_before = |documents: [&str; 4]| {
        assert_eq!(states(&on_record(&home).1), documents);
        says(0, &["delivery", "show", "1"], &["state      delivered", "answer     partially accepted"]);
        says(0, &["document", "show", "2"], &["rejected, says document 4", faults]);
    };
    // A whole delivery, and one that a person held once it was to go again.
    for hold in [None, Some("2")] {
        says(0, &["delivery", "retry", "1"], &[]);
        assert!(!home.run(&["document", "show", "2"]).1.contains(faults));
        if let Some(document) = hold {
            says(0, &["document", "hold", document], &["held with it, in one interchange: 3\n"]);
        }
        says(
            0,
            &["delivery", "discard", "1"],
            &["delivered, before", "what alder did not take of it is rejected, as it was"],
        );
        is_as_before(before);
    }
    // By one of its documents, which is written anew, or discarded.
    says(0, &["delivery", "retry", "1"], &[]);
    says(0, &["document", "hold", "2"], &[]);
    let does_not_go =
        ["delivery 1, in which it stood, does not go out once more", "rejected, as they were: documents 3; write"];
    says(0, &["document", "discard", "2"], &does_not_go);
    is_as_before(["delivered", "discarded", "rejected", "kept"]);
    says(0, &["delivery", "retry", "1"], &[]);
    says(0, &["document", "hold", "3"], &[]);
    says(0, &["document", "rerun", "3"], &["does not go out once more"]);
    is_as_before(["delivered", "discarded", "queued", "kept"]);
    says(0, &["document", "show", "3"], &["delivery 1", "rejected, says document 4"]);
}

#[test]
fn an_acknowledgment_that_says_two_things_of_a_document_waits_for_a_person() {
    let (home, serving) = of_alder("two-things", QUIET);
    order(&home, &serving, &["SO1", "SO2"], 1);
    order(&home, &serving, &["SO3"], 2);
    let first = "AK2*940*0001~AK5*R*5~AK2*940*0001~AK5*A~AK2*940*0002~AK5*A~AK9*P*2*2*1~";
    send(&home, "1.edi", &answered(1, 51, first));
    let out = held(&home, &serving, 1);
    assert!(
        out.contains(
            "error[acknowledgment.contradicts] alder contradicts itself on the transaction sets of group 1: 0001 is rejected and accepted"
        ),
        "{out}"
    );
    let documents = answers_are(&home, &serving, &["waiting", "accepted", "waiting"]);
    assert_eq!(states(&documents), ["delivered", "delivered", "delivered", "held"]);
    send(&home, "2.edi", &answered(2, 52, "AK9*A*1*1*1~AK1*OW*2~AK9*R*1*1*0~"));
    let out = held(&home, &serving, 2);
    assert!(
        out.contains("alder contradicts itself on the transaction sets of group 2: 0001 is accepted and rejected"),
        "{out}"
    );
    let documents = answers_are(&home, &serving, &["waiting", "accepted", "waiting"]);
    assert_eq!(documents[2].state, DocumentState::Delivered);
}

#[test]
fn an_acknowledgment_that_fits_nothing_or_says_otherwise_waits_for_a_person() {
    let (home, serving) = of_alder("unmatched", QUIET);
    order(&home, &serving, &["SO1"], 1);
    send(&home, "a.edi", &answered(1, 51, "AK9*A*1*1*1~"));
    answers_are(&home, &serving, &["accepted"]);
    let acknowledgments = |count: usize| {
        let done = || {
            let (_, documents) = on_record(&home);
            let came: Vec<_> = documents.into_iter().filter(|one| one.direction == "in").collect();
            // The first says nothing new; each of the others has something to be said of it.
            let matched = came.iter().skip(1).all(|one| one.problem.is_some());
            (came.len() == count && matched).then_some(came)
        };
        wait(done, || serving.text())
    };
    // Said again, said otherwise, of another group, of another kind of group, of a set that is not in it.
    send(&home, "b.edi", &answered(1, 52, "AK2*940*0001~AK5*A~AK9*A*1*1*1~"));
    assert_eq!(acknowledgments(2)[1].problem.as_ref().unwrap().code, codes::ACKNOWLEDGMENT_REPEATED);
    let wrong = [
        (answered(1, 53, "AK2*940*0001~AK5*R*5~AK9*R*1*1*0~"), codes::ACKNOWLEDGMENT_CONTRADICTS),
        (answered(77, 54, "AK9*A*1*1*1~"), codes::ACKNOWLEDGMENT_UNMATCHED),
        (answered(1, 55, "AK9*A*1*1*1~").replace("AK1*OW", "AK1*RE"), codes::ACKNOWLEDGMENT_UNMATCHED),
        (answered(1, 56, "AK2*940*0009~AK5*A~AK9*A*1*1*1~"), codes::ACKNOWLEDGMENT_UNMATCHED),
    ];
    for (index, (text, code)) in wrong.iter().enumerate() {
        send(&home, &format!("{index}.edi"), text);
        let came = acknowledgments(3 + index);
        let last = came.last().unwrap();
        assert_eq!((last.state, last.problem.as_ref().unwrap().code), (DocumentState::Held, *code), "{text}");
    }
    let documents = answers_are(&home, &serving, &["accepted"]);
    assert_eq!(documents[0].state, DocumentState::Delivered);
    // Ordered again, each is matched again: it waits for a person as before.
    let (code, out, _) = home.run(&["document", "rerun", "--all", "--dry-run"]);
    assert!(code == Some(1) && out.contains("error[acknowledgment.unmatched]"), "{out}");
    let (code, out, _) = home.run(&["document", "rerun", "--all"]);
    assert!(code == Some(1) && out.contains("error[acknowledgment.contradicts]"), "{out}");
    assert!(out.contains("4 still held or with errors") && out.contains("`crossdock document export "), "{out}");
    let (_, documents) = on_record(&home);
    assert_eq!(states(&documents[3..]), ["held", "held", "held", "held"]);
    // What it is for has come meanwhile.
    order(&home, &serving, &["SO2"], 2);
    home.write("right.edi", &set(&answered(1, 57, "AK9*A*1*1*1~").replace("AK1*OW*1", "AK1*OW*2")));
    let (code, out, error) = home.run(&["document", "correct", "5", "--bytes", "--file", &file(&home, "right.edi")]);
    assert_eq!(code, Some(0), "{out}{error}");
    answers_are(&home, &serving, &["accepted", "accepted"]);
    assert_eq!(on_record(&home).1[4].state, DocumentState::Kept);
}

#[test]
fn what_a_partner_has_taken_stays_so_when_the_same_file_is_sent_again() {
    let (home, serving) = of_alder("sent-again", QUIET);
    order(&home, &serving, &["SO1"], 1);
    send(&home, "a.edi", &answered(1, 51, "AK9*A*1*1*1~"));
    answers_are(&home, &serving, &["accepted"]);
    let outbox = home.outbox("alder");
    fs::remove_file(outbox.join(&files(&outbox)[0])).unwrap();
    let (code, out, _) = home.run(&["delivery", "retry", "1"]);
    assert!(code == Some(0) && out.contains("alder has taken it, and that stays"), "{out}");
    answers(&home, &serving, 1);
    // They do not take it twice.
    send(&home, "b.edi", &answered(1, 52, "AK2*940*0001~AK5*R*5~AK9*R*1*1*0~"));
    held(&home, &serving, 2);
    send(&home, "c.edi", &ta1(1, 53, &format!("{}*R*025", written_at(&home, 0))));
    let show = || Some(home.run(&["delivery", "show", "1"]).1).filter(|out| out.contains("TA1        R 025"));
    let out = wait(show, || serving.text());
    assert!(out.contains("answer     accepted"), "{out}");
    let documents = answers_are(&home, &serving, &["accepted"]);
    // That the number came before they are right to say.
    assert_eq!(states(&documents), ["delivered", "kept", "held", "kept"]);
    assert_eq!(documents[2].problem.as_ref().unwrap().code, codes::ACKNOWLEDGMENT_CONTRADICTS);
}

#[test]
fn that_a_partner_was_told_stays_known_whatever_becomes_of_its_document() {
    let (home, serving) = of_alder("told", "");
    let bad = |number| shipment(number, "B").replace("W12*CC*4", "W12*CC*FOUR");
    send(&home, "a.edi", &envelope("alder", 41, &[bad(1), bad(2), bad(3)]));
    answers(&home, &serving, 1);
    // What is as wrong as before stays rejected.
    let (code, out, _) = home.run(&["document", "rerun", "1"]);
    assert!(code == Some(1) && out.contains("document 1: rejected\n") && out.contains("error[x12."), "{out}");
    let (_, out, _) = home.run(&["document", "show", "1"]);
    assert!(out.contains(": our acknowledgment says that it is rejected"), "{out}");
    let twice = "that it is rejected, and may send it again";
    let (code, out, _) = home.run(&["document", "release", "1"]);
    assert!(code == Some(0) && out.contains(twice), "{out}");
    home.write("right.edi", shipment(2, "B").trim_end());
    let (code, out, error) = home.run(&["document", "correct", "2", "--bytes", "--file", &file(&home, "right.edi")]);
    assert!(code == Some(0) && out.contains(twice), "{out}{error}");
    let (_, out, _) = home.run(&["document", "discard", "3"]);
    assert!(out.contains("discarded, before rejected"), "{out}");
    // A mail goes by what they were told.
    for (id, said) in [("1", "do not send it again"), ("2", "do not send it again"), ("3", "We did not take it.")] {
        let (code, out, _) = home.run(&["document", "explain", id, "--mail"]);
        assert!(code == Some(0) && out.contains(said) && out.contains("where: W1202"), "{out}");
    }
}

/// The transaction set of an interchange.
fn set(interchange: &str) -> String {
    let from = interchange.find("ST*").unwrap();
    interchange[from..interchange.find("GE*").unwrap()].trim_end().to_owned()
}

fn file(home: &Home, name: &str) -> String {
    home.path.join(name).display().to_string()
}

#[test]
fn a_ta1_says_what_became_of_an_interchange_and_silence_is_noticed() {
    let (home, serving) = of_alder("ta1", &QUIET.replace("4h", "1m"));
    order(&home, &serving, &["SO1"], 1);
    order(&home, &serving, &["SO2"], 2);
    // Who takes it may write its own date.
    send(&home, "a.edi", &ta1(1, 61, "200101*0101*A*000"));
    send(&home, "b.edi", &ta1(2, 62, &format!("{}*R*006", written_at(&home, 1))));
    let documents = answers_are(&home, &serving, &["waiting", "rejected"]);
    let told = &documents[1].answer_diagnostics[0].message;
    assert_eq!(told, "the partner rejected interchange 000000002: TA105 is 006 (Invalid Interchange Sender ID)");
    let (_, out, _) = home.run(&["delivery", "show", "1"]);
    assert!(out.contains("TA1        A 000") && out.contains("answer     waiting"), "{out}");
    let left = || on_record(&home).1[..2].iter().all(|one| one.answer_due.is_some()).then_some(());
    wait(left, || serving.text());
    // One that is held, or waits as its partner is paused, has not left: nobody waits for its answer.
    assert_eq!(home.run(&["partner", "pause", "alder"]).0, Some(0));
    home.drop_into(&home.submitted(), "o3.json", gateway::order("alder", "SO3").as_bytes());
    answers_are(&home, &serving, &["waiting", "rejected", "none"]);
    // As if a minute had passed.
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.data().join("crossdock.db"));
        let mut database = sqlx::ConnectOptions::connect(&options).await.unwrap();
        let earlier = "UPDATE deliveries SET created_at = created_at - 60000000, answer_due = answer_due - 60000000";
        sqlx::query(earlier).execute(&mut database).await.unwrap();
    });
    let (code, out, _) = home.run(&["status"]);
    assert!(code == Some(1) && out.contains("interchange 1 to alder, overdue since"), "{out}");
    let told = || serving.said("interchange 1 is not acknowledged, its time was over at").then_some(());
    wait(told, || serving.text());
    let (_, out, _) = home.run(&["document", "list", "--answer", "overdue", "--format", "json"]);
    assert!(out.lines().count() == 1 && out.contains("\"answer\":\"overdue\""), "{out}");
    let (_, out, _) = home.run(&["delivery", "show", "3"]);
    assert!(!out.contains("answer ") && !serving.said("interchange 3 is not acknowledged"), "{out}");
    // Once it has left its time begins.
    assert_eq!(home.run(&["partner", "resume", "alder"]).0, Some(0));
    let due = || on_record(&home).1.into_iter().find(|one| one.file_name == "o3.json")?.answer_due;
    assert!(wait(due, || serving.text()) > jiff::Timestamp::now(), "not of when it was made");
}

#[test]
fn an_acknowledgment_may_come_before_the_file_is_known_to_be_delivered_and_not_from_somebody_else() {
    let home = Home::new("early", &["alder", "birch"]);
    for partner in ["alder", "birch"] {
        home.write(&format!("partner-profiles/{partner}.toml"), &format!("{}{QUIET}", profile(partner)));
    }
    let serving = home.serve();
    serving.ready();
    // Nothing can be delivered: the outbox is no folder.
    fs::remove_dir(home.outbox("alder")).unwrap();
    fs::write(home.outbox("alder"), "in the way").unwrap();
    home.drop_into(&home.submitted(), "o.json", gateway::order("alder", "SO1").as_bytes());
    let queued = || {
        let documents = on_record(&home).1;
        (states(&documents) == ["queued"]).then_some(())
    };
    wait(queued, || serving.text());
    // Another partner cannot say anything of it.
    let foreign = answered(1, 51, "AK2*940*0001~AK5*R*5~AK9*R*1*1*0~").replace("ALDER", "BIRCH");
    let foreign = foreign.replace("ZZ*BIRCH          ", &format!("ZZ*{:<15}", "BIRCH"));
    home.drop_into(&home.inbox("birch"), "foreign.edi", foreign.as_bytes());
    let told =
        || on_record(&home).1.into_iter().find(|one| one.partner.as_deref() == Some("birch") && one.problem.is_some());
    let problem = wait(told, || serving.text()).problem.unwrap();
    assert_eq!(problem.code, codes::ACKNOWLEDGMENT_UNMATCHED);
    assert_eq!(problem.cause.as_deref(), Some("a group of this number went to alder"));
    send(&home, "early.edi", &answered(1, 52, "AK9*A*1*1*1~"));
    let documents = answers_are(&home, &serving, &["accepted"]);
    assert_eq!(documents[0].state, DocumentState::Queued);
    fs::remove_file(home.outbox("alder")).unwrap();
    let delivered = || {
        let document = on_record(&home).1.into_iter().next().unwrap();
        (document.state == DocumentState::Delivered).then_some(document)
    };
    assert_eq!(wait(delivered, || serving.text()).answer_word(jiff::Timestamp::now()), Some("accepted"));
}

#[test]
fn what_only_acknowledges_is_never_answered_by_itself() {
    let (home, serving) = of_alder("ping", "[acknowledge]\ninterchange = \"always\"\n");
    let ta1 = envelope("alder", 1, &[]).replace(
        "GS*SW*ALDER*4085551000*20260310*1430*1*X*004010~\nGE*0*1~\nIEA*1",
        "TA1*000000001*261128*0900*A*000~\nIEA*0",
    );
    assert!(ta1.contains("TA1*") && !ta1.contains("GS*"), "{ta1}");
    send(&home, "a.edi", &ta1);
    send(&home, "b.edi", &answered(1, 2, "AK9*A*1*1*1~"));
    worked_on(&home, &serving, 2);
    send(&home, "c.edi", &envelope("alder", 3, &[shipment(1, "C")]));
    let told = answers(&home, &serving, 1);
    assert_eq!(said(&told[0].1), "TA1*000000003*260310*1430*A*000 AK1*SW*3 AK2*945*0001 AK5*A AK9*A*1*1*1");
}

#[test]
fn ids_that_hold_our_delimiters_are_answered_in_theirs() {
    let (home, serving) = of_alder("delimiters", "");
    let text = profile("alder")
        .replace("ZZ/ALDER", "ZZ/AL*DER")
        .replace("[[receive]]", "[envelope]\ndelimiters = { newline = true }\n[[receive]]");
    drop(serving);
    home.write("partner-profiles/alder.toml", &text);
    let serving = home.serve();
    serving.ready();
    let text = envelope("alder", 3, &[shipment(1, "C")]).replace('*', "|");
    let text = text.replace("ZZ|ALDER          |", "ZZ|AL*DER         |").replace("GS|SW|ALDER|", "GS|SW|AL*DER|");
    send(&home, "c.edi", &text);
    let told = answers(&home, &serving, 1);
    assert!(
        told[0].1.contains("|ZZ|AL*DER         |") && told[0].1.contains("GS|FA|4085551000|AL*DER|"),
        "{}",
        told[0].1
    );
    assert_eq!(said(&told[0].1), "AK1|SW|3 AK2|945|0001 AK5|A AK9|A|1|1|1");
    assert!(told[0].1.contains("IEA|1|000000001~\n"), "{}", told[0].1);
    // So are those of a group.
    let (home, serving) = of_alder("delimiters-of-a-group", "");
    let text =
        envelope("alder", 3, &[shipment(1, "C")]).replace("*P*>~", "*P*:~").replace("GS*SW*ALDER*", "GS*SW*AL>DER*");
    send(&home, "c.edi", &text);
    let told = answers(&home, &serving, 1);
    assert!(told[0].1.contains("*P*:~") && told[0].1.contains("GS*FA*4085551000*AL>DER*"), "{}", told[0].1);
}

#[test]
fn what_never_left_is_not_acknowledged_and_waits_for_no_answer() {
    let (home, serving) = of_alder("never-left", QUIET);
    home.run(&["partner", "pause", "alder"]);
    home.drop_into(&home.submitted(), "SO1.json", gateway::order("alder", "SO1").as_bytes());
    wait(|| (states(&on_record(&home).1) == ["queued"]).then_some(()), || serving.text());
    for (order, expected) in [("hold", "held"), ("discard", "discarded")] {
        home.run(&["document", order, "1"]);
        assert_eq!(states(&on_record(&home).1), [expected]);
    }
    home.run(&["partner", "resume", "alder"]);
    send(&home, "a.edi", &answered(1, 51, "AK2*940*0001~AK5*R*5~AK9*R*1*1*0~"));
    send(&home, "b.edi", &ta1(1, 52, "261128*0900*R*006"));
    let both = || {
        let (_, documents) = on_record(&home);
        (states(&documents) == ["discarded", "held", "held"]).then_some(documents)
    };
    let documents = wait(both, || format!("{:?}", states(&on_record(&home).1)));
    for unmatched in &documents[1..] {
        let problem = unmatched.problem.as_ref().unwrap();
        assert_eq!(problem.code, codes::ACKNOWLEDGMENT_UNMATCHED);
        let cause = problem.cause.as_deref();
        assert_eq!(cause, Some("its number is that of delivery 1, which is discarded and never left"));
    }
    let (_, out, _) = home.run(&["document", "list", "--answer", "waiting", "--format", "json"]);
    assert_eq!(out, "", "{out}");
}

#[test]
fn a_ta1_that_says_otherwise_than_one_before_it_waits_for_a_person() {
    let (home, serving) = of_alder("ta1-otherwise", QUIET);
    order(&home, &serving, &["SO1"], 1);
    let at = written_at(&home, 0);
    let ta1 = |number, said: &str| ta1(1, number, &format!("{at}*{said}"));
    // One that says neither says nothing.
    send(&home, "50.edi", &ta1(50, "Q*999"));
    let out = held(&home, &serving, 1);
    assert!(
        out.contains("error[acknowledgment.no-verdict] alder does not say whether it took interchange 000000001"),
        "{out}"
    );
    assert!(out.contains("TA104 is `Q`, which is none of A, E and R"), "{out}");
    for (number, said, last) in [(51, "R*006", "kept"), (52, "A*000", "held"), (53, "R*006", "kept")] {
        send(&home, &format!("{number}.edi"), &ta1(number, said));
        let done = || {
            let (_, documents) = on_record(&home);
            let came = documents.len() == number as usize - 48;
            (came && documents[0].state == DocumentState::Rejected).then_some(documents)
        };
        let state = || wait(done, || serving.text()).pop().unwrap().state.word() == last;
        wait(|| state().then_some(()), || format!("{said}: {:?}", states(&on_record(&home).1)));
    }
    let (_, documents) = on_record(&home);
    let problem = documents[3].problem.as_ref().unwrap();
    assert_eq!(problem.code, codes::ACKNOWLEDGMENT_CONTRADICTS);
    assert_eq!(problem.message, "interchange 000000001 is said to be accepted, and was said to be rejected");
}

#[test]
fn a_segment_named_by_a_position_where_another_stands_is_not_laid_over_that() {
    let (home, serving) = of_alder("elsewhere", QUIET);
    order(&home, &serving, &["SO1"], 1);
    send(&home, "997.edi", &answered(1, 51, "AK2*940*0001~AK3*N3*2**8~AK4*1*166*1~AK5*R*5~AK9*R*1*1*0~"));
    let documents = answers_are(&home, &serving, &["rejected"]);
    let told = &documents[0].answer_diagnostics[0];
    assert_eq!(told.message, "the partner says that N301 is wrong: AK403 is 1 (Mandatory data element missing)");
    let cause = told.cause.as_deref().unwrap();
    assert!(cause.contains("N3 as segment 2, counted from ST, and in what was sent that is W05"), "{cause}");
    let remedy = told.remedy.as_deref().unwrap();
    assert!(remedy.starts_with("ask the partner which segment they mean"), "{remedy}");
    let (_, out, _) = home.run(&["document", "show", "1"]);
    assert!(!out.contains("^^"), "{out}");
}
