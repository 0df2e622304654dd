//! Acknowledgments of partners that contradict themselves, what is on record, or mean something else: what is believed of them.

#[path = "support/answers.rs"]
mod answers;
#[path = "support/gateway.rs"]
mod gateway;

use std::fs;

use crossdock::lifecycle::DocumentState;

use answers::{QUIET, answered, answers, answers_are, held, on_record, order, send, states, ta1, written_at};
use gateway::{envelope, files, of_alder, shipment, wait};

#[test]
fn a_number_that_came_before_may_have_been_taken_and_nothing_goes_out_anew() {
    let (home, serving) = of_alder("came-before", QUIET);
    order(&home, &serving, &["SO1"], 1);
    send(&home, "a.edi", &ta1(1, 51, &format!("{}*R*025", written_at(&home, 0))));
    let out = held(&home, &serving, 1);
    assert!(
        out.contains("error[acknowledgment.no-verdict] alder says that interchange 000000001 came before"),
        "{out}"
    );
    assert!(out.contains("send nothing anew before"), "{out}");
    let documents = answers_are(&home, &serving, &["waiting"]);
    assert_eq!(documents[0].state, DocumentState::Delivered);
    send(&home, "b.edi", &answered(1, 52, "AK2*940*0001~AK5*A~AK9*A*1*1*1~"));
    answers_are(&home, &serving, &["accepted"]);
    // They have it, so that the TA1 is right.
    let (code, out, error) = home.run(&["document", "rerun", "2"]);
    assert!(code == Some(0) && out.contains("kept"), "{out}{error}");
}

#[test]
fn what_an_acknowledgment_that_is_held_says_was_taken_is_not_sent_anew() {
    let (home, serving) = of_alder("held-says-taken", QUIET);
    order(&home, &serving, &["SO1"], 1);
    send(&home, "a.edi", &answered(1, 51, "AK2*940*0001~AK5*R*5~AK9*R*1*1*0~"));
    answers_are(&home, &serving, &["rejected"]);
    send(&home, "b.edi", &answered(1, 52, "AK2*940*0001~AK5*A~AK9*A*1*1*1~"));
    held(&home, &serving, 2);
    let (code, out, error) = home.run(&["delivery", "retry", "1"]);
    assert!(code == Some(1) && format!("{out}{error}").contains("if document 3 is right"), "{out}{error}");
    let (code, out, error) = home.run(&["document", "rerun", "1"]);
    assert_eq!(code, Some(1), "{out}{error}");
    assert!(
        format!("{out}{error}").contains("if document 3 is right, which is held and says that it was taken"),
        "{error}"
    );
    assert_eq!(files(&home.outbox("alder")).len(), 1);
    assert_eq!(home.run(&["document", "discard", "3"]).0, Some(0));
    let (code, out, error) = home.run(&["document", "rerun", "1"]);
    assert_eq!(code, Some(0), "{out}{error}");
    answers(&home, &serving, 2);
}

#[test]
fn an_acknowledgment_whose_counts_and_verdicts_do_not_fit_together_is_believed_in_nothing() {
    let (home, serving) = of_alder("does-not-fit", QUIET);
    order(&home, &serving, &["SO1", "SO2"], 1);
    let contradicts = "error[acknowledgment.contradicts] alder contradicts itself on the transaction sets of group 1: ";
    let verdict = "error[acknowledgment.no-verdict] alder does not say whether it took 2 documents of group 1";
    let both = "AK2*940*0001~AK5*A~AK2*940*0002~AK5*A~";
    let wrong = [
        (format!("{both}AK9*P*2*2*1~"), [contradicts, "AK5 takes 2, and AK904 counts 1 as taken"]),
        (format!("{both}AK9*A*2*1*1~"), [contradicts, "AK2 names 2, and AK903 counts 1 that came"]),
        (
            "AK2*940*0001~AK5*R*5~AK9*A*1*1*1~".to_owned(),
            [contradicts, "AK904 counts 1 as taken of 1 that came, and AK5 does not take 1"],
        ),
        ("AK2*940*0001~AK5*Z~AK2*940*0002~AK5*P~AK9*A*2*2*2~".to_owned(), [verdict, "AK501 has no code that says it"]),
    ];
    for ((body, words), number) in wrong.iter().zip(1..) {
        send(&home, &format!("{number}.edi"), &answered(1, 50 + number as u32, body));
        let out = held(&home, &serving, number);
        assert!(words.iter().all(|words| out.contains(words)), "{out}");
    }
    let documents = answers_are(&home, &serving, &["waiting", "waiting"]);
    assert_eq!(states(&documents[..2]), ["delivered", "delivered"]);
}

#[test]
fn a_partner_may_send_an_acknowledgment_for_each_set() {
    let (home, serving) = of_alder("one-by-one", QUIET);
    order(&home, &serving, &["SO1", "SO2"], 1);
    send(&home, "a.edi", &answered(1, 51, "AK2*940*0002~AK5*R*5~AK9*R*1*1*0~"));
    let out = held(&home, &serving, 1);
    assert!(out.contains("alder does not say whether it took 1 document of group 1"), "{out}");
    answers_are(&home, &serving, &["waiting", "rejected"]);
    send(&home, "b.edi", &answered(1, 52, "AK2*940*0001~AK5*A~AK9*A*1*1*1~"));
    let documents = answers_are(&home, &serving, &["accepted", "rejected"]);
    assert_eq!(documents[3].state, DocumentState::Kept);
    let (_, out, _) = home.run(&["delivery", "show", "1"]);
    assert!(out.contains("answer     partially accepted"), "{out}");
    // Now the first leaves nothing open.
    let (code, out, error) = home.run(&["document", "rerun", "3"]);
    assert!(code == Some(0) && out.contains("kept"), "{out}{error}");
}

#[test]
fn what_an_acknowledgment_says_of_a_group_in_several_places_is_judged_together() {
    let (home, serving) = of_alder("several-places", QUIET);
    for (count, numbers) in [["SO1", "SO2"], ["SO3", "SO4"], ["SO5", "SO6"]].iter().enumerate() {
        order(&home, &serving, numbers, count + 1);
    }
    // A block for each set, each with the counts of its own.
    let a_block_each =
        |group| format!("AK2*940*0001~AK5*A~AK9*A*1*1*1~AK1*OW*{group}~AK2*940*0002~AK5*R*5~AK9*R*1*1*0~");
    send(&home, "a.edi", &answered(1, 51, &a_block_each(1)));
    let documents = answers_are(&home, &serving, &["accepted", "rejected", "waiting", "waiting", "waiting", "waiting"]);
    assert_eq!(documents[6].state, DocumentState::Kept);
    let (_, out, _) = home.run(&["delivery", "show", "1"]);
    assert!(out.contains("answer     partially accepted"), "{out}");
    // One that takes the whole group, and one that does not take a set of it: the other set is taken.
    send(&home, "b.edi", &answered(2, 52, "AK9*A*2*2*2~AK1*OW*2~AK2*940*0002~AK5*R*5~AK9*R*1*1*0~"));
    let out = held(&home, &serving, 2);
    let told = "alder contradicts itself on the transaction sets of group 2: 0002 is accepted and rejected\n";
    assert!(out.contains(told), "{out}");
    // What each block counts must fit, too.
    send(&home, "c.edi", &answered(3, 53, &a_block_each(3).replace("R*1*1*0", "R*1*1*1")));
    let out = held(&home, &serving, 3);
    assert!(out.contains("of group 3: AK901 takes none, and AK904 counts 1 as taken"), "{out}");
    answers_are(&home, &serving, &["accepted", "rejected", "accepted", "waiting", "waiting", "waiting"]);
}

#[test]
fn an_acknowledgment_of_ours_may_be_acknowledged_and_is_never_anybodys_order() {
    let (home, serving) = of_alder("of-ours", "");
    for number in 1..=2 {
        send(&home, &format!("{number}.edi"), &envelope("alder", 40 + number, &[shipment(1, &format!("S{number}"))]));
        answers(&home, &serving, number as usize);
    }
    let at = |index| written_at(&home, index);
    let refused = "error[acknowledgment.rejected] alder did not take our acknowledgment in delivery 2: ";
    send(&home, "a.edi", &ta1(1, 51, &format!("{}*A*000", at(0))));
    let shown = || Some(()).filter(|()| home.run(&["delivery", "show", "1"]).1.contains("TA1        A 000"));
    wait(shown, || serving.text());
    send(&home, "b.edi", &ta1(2, 52, &format!("{}*R*006", at(1))));
    let out = held(&home, &serving, 4);
    assert!(out.contains(&format!("{refused}TA105 is 006 (Invalid Interchange Sender ID)")), "{out}");
    let of_group = |number, own, body: &str| answered(number, own, body).replace("AK1*OW", "AK1*FA");
    send(&home, "c.edi", &of_group(2, 53, "AK9*R*1*1*0*4~"));
    let out = held(&home, &serving, 5);
    assert!(out.contains(&format!("{refused}AK905 is 4 (")), "{out}");
    send(&home, "d.edi", &of_group(1, 54, "AK9*A*1*1*1~"));
    send(&home, "e.edi", &of_group(77, 55, "AK9*A*1*1*1~"));
    let out = held(&home, &serving, 7);
    assert!(out.contains("alder acknowledges group 77, which was not sent to it"), "{out}");
    assert_eq!(states(&on_record(&home).1), ["published", "published", "kept", "held", "held", "kept", "held"]);
}

#[test]
fn a_ta1_that_rejects_an_interchange_of_another_date_rejects_none_of_ours() {
    let (home, serving) = of_alder("another-date", QUIET);
    order(&home, &serving, &["SO1"], 1);
    send(&home, "a.edi", &ta1(1, 51, "200101*0101*R*024"));
    let out = held(&home, &serving, 1);
    assert!(
        out.contains("error[acknowledgment.unmatched] alder rejects interchange 000000001 of another date"),
        "{out}"
    );
    let at = written_at(&home, 0).replace('*', " ");
    let cause = format!("TA102 and TA103 are 200101 0101; what was sent under this number is of {at}");
    assert!(out.contains(&cause), "{out}");
    answers_are(&home, &serving, &["waiting"]);
}

#[test]
fn what_is_said_without_a_code_or_of_no_element_is_told_as_it_is() {
    let (home, serving) = of_alder("no-words", QUIET);
    for (number, count) in ["SO1", "SO2", "SO3", "SO4"].iter().zip(1..) {
        order(&home, &serving, &[number], count);
    }
    let outbox = home.outbox("alder");
    let sent = fs::read_to_string(outbox.join(&files(&outbox)[3])).unwrap();
    let last = sent.split("SE*").nth(1).unwrap().split('*').next().unwrap();
    let faults = ["AK3*W05*2~", "AK3*W05*2**8~AK4*0*285*7~", "AK3*W05*2**8~AK4*99*285*7~"].map(str::to_owned);
    let faults = faults.into_iter().chain([format!("AK3*SE*{last}**8~AK4*1*96*7~")]);
    for (faults, group) in faults.zip(1..) {
        let body = format!("AK2*940*0001~{faults}AK5*R*5~AK9*R*1*1*0~");
        send(&home, &format!("{group}.edi"), &answered(group, 50 + group, &body));
    }
    let documents = answers_are(&home, &serving, &["rejected"; 4]);
    let told = |index: usize| {
        let told = &documents[index].answer_diagnostics[0];
        [Some(told.message.clone()), told.cause.clone(), told.remedy.clone()].map(Option::unwrap_or_default)
    };
    assert_eq!(told(0)[0], "the partner says that segment W05 is wrong");
    for (index, element) in [(1, 0), (2, 99)] {
        let [message, cause, remedy] = told(index);
        assert_eq!(message, "the partner says that an element of W05 is wrong: AK403 is 7 (Invalid code value)");
        assert!(cause.starts_with(&format!("they name element {element}, and W05 has 1 to ")), "{cause}");
        assert!(remedy.starts_with("ask the partner which element they mean"), "{remedy}");
    }
    let [message, _, remedy] = told(3);
    assert_eq!(message, "the partner says that SE01 is wrong: AK403 is 7 (Invalid code value)");
    assert!(remedy.starts_with("no mapping writes SE, Crossdock does"), "{remedy}");
}
