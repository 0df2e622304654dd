//! Mappings, profiles and guides: on what a gateway starts, what of a change comes into force beside it, and what does not.

#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/recorded.rs"]
mod recorded;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;

use crossdock::diagnostic::codes;
use crossdock::lifecycle::{DocumentState, PayloadState};
use crossdock::store::Document;

use gateway::{Home, Serving, files, interchange, order, profile, wait};
use recorded::{orders, worked_on};

#[test]
fn changed_profiles_and_mappings_come_into_force_and_wrong_ones_do_not() {
    let home = Home::new("reload", &["alder"]);
    home.write("mappings/README.txt", "so that the folder is there\n");
    let serving = home.serve();
    serving.ready();
    home.write("partner-profiles/birch.toml", "name = \"Birch\"\n");
    wait(|| serving.said("those before stay in force").then_some(()), || serving.text());
    home.drop_into(&home.inbox("alder"), "a.edi", interchange("alder", 1, &orders(1, "SO")).as_bytes());
    worked_on(&home, &serving, 1);
    home.write("partner-profiles/birch.toml", &profile("birch"));
    wait(|| serving.said("are in force").then_some(()), || serving.text());
    wait(|| home.outbox("birch").is_dir().then_some(()), || serving.text());
    home.drop_into(&home.inbox("birch"), "b.edi", interchange("birch", 1, &orders(1, "SO")).as_bytes());
    let record = worked_on(&home, &serving, 2);
    assert!(record.payloads.iter().all(|payload| payload.state == PayloadState::Translated));
}

#[test]
fn a_change_that_a_test_refused_comes_into_force_when_the_test_is_mended() {
    let home = Home::new("reload-test", &["alder"]);
    home.write("fixtures/a.edi", &interchange("alder", 1, &orders(1, "SO")));
    let (_, data, _) = home.run(&["translate", "--data", &home.path.join("fixtures/a.edi").display().to_string()]);
    home.write("fixtures/a.json", "{}");
    home.write("mappings/README.txt", "so that the folder is there\n");
    let serving = home.serve();
    serving.ready();
    home.write(
        "mappings/alder/945.toml",
        "extends = \"base/945\"\n[[test]]\ndocument = \"fixtures/a.edi\"\ncanonical = \"fixtures/a.json\"\n",
    );
    wait(|| serving.said("those before stay in force").then_some(()), || serving.text());
    home.write("fixtures/a.json", &data);
    wait(|| serving.said("are in force").then_some(()), || serving.text());
    assert_eq!(serving.text().matches("those before stay in force").count(), 1, "it is told once\n{}", serving.text());
}

#[test]
fn of_files_that_were_wrong_at_the_start_each_comes_into_force_when_it_is_mended() {
    let home = Home::new("reload-wrong-start", &["alder"]);
    for partner in ["birch", "cedar"] {
        home.write(&format!("partner-profiles/{partner}.toml"), "name = \"Wrong\"\n");
    }
    let serving = home.serve();
    serving.ready();
    home.write("partner-profiles/birch.toml", &profile("birch"));
    wait(|| home.outbox("birch").is_dir().then_some(()), || serving.text());
    wait(|| serving.said("can be: partner-profiles/cedar.toml;").then_some(()), || serving.text());
    let status = home.run(&["status"]).1;
    assert!(status.contains("what had errors at its start is used only as far as it can be"), "{status}");
    // What was mended is not given up again.
    home.write("partner-profiles/birch.toml", "name = \"Wrong\"\n");
    wait(|| serving.said("those before stay in force").then_some(()), || serving.text());
    home.write("partner-profiles/birch.toml", &profile("birch"));
    home.write("partner-profiles/cedar.toml", &profile("cedar"));
    wait(|| home.outbox("cedar").is_dir().then_some(()), || serving.text());
}

#[test]
fn a_changed_guide_comes_into_force_and_a_wrong_one_does_not() {
    let home = Home::new("reload-guide", &["alder"]);
    let guide = |rule: &str| {
        home.write("mappings/guides/alder.toml", &format!("document = \"x12/004010/945\"\n[at]\n{rule}\n"))
    };
    guide("W0604 = \"required\"");
    home.write("mappings/alder/945.toml", "extends = \"base/945\"\nguide = \"guides/alder\"\n");
    let named =
        profile("alder").replace("document = \"x12/945\"\n", "document = \"x12/945\"\nmapping = \"alder/945\"\n");
    home.write("partner-profiles/alder.toml", &named);
    let serving = home.serve();
    serving.ready();
    let mut sent = 0;
    let mut next = |serving: &Serving| {
        sent += 1;
        let text = interchange("alder", sent, &orders(1, &format!("SO{sent}-")));
        home.drop_into(&home.inbox("alder"), &format!("{sent}.edi"), text.as_bytes());
        let record = worked_on(&home, serving, sent as usize);
        record.documents.into_iter().find(|one| one.direction == "in" && one.payload == i64::from(sent)).unwrap()
    };
    let told = |words: &str, times: usize| {
        let told = || (serving.text().matches(words).count() >= times).then_some(());
        wait(told, || serving.text());
    };
    assert_eq!(next(&serving).state, DocumentState::Published);
    guide("W0605 = \"required\"");
    told("are in force", 1);
    let refused = |document: Document| (document.state, document.problem.map(|one| one.code));
    assert_eq!(refused(next(&serving)), (DocumentState::Rejected, Some(codes::GUIDE_MISSING_ELEMENT)));
    guide("W0699 = \"required\"");
    told("those before stay in force", 1);
    assert_eq!(refused(next(&serving)).0, DocumentState::Rejected);
    guide("W0605 = \"optional\"");
    told("are in force", 2);
    assert_eq!(next(&serving).state, DocumentState::Published);
}

#[test]
fn profiles_stay_in_force_when_their_folder_is_taken_away_or_cannot_be_read() {
    let home = Home::new("folder-gone", &["alder"]);
    let serving = home.serve();
    serving.ready();
    let (folder, aside) = (home.path.join("partner-profiles"), home.path.join("aside"));
    fs::rename(&folder, &aside).unwrap();
    wait(|| serving.said("the folder partner-profiles is gone").then_some(()), || serving.text());
    fs::write(&folder, "not a folder").unwrap();
    let (code, out, _) = home.run(&["check"]);
    assert!(code == Some(1) && out.contains("file.unreadable") && out.contains("partner-profiles"), "{out}");
    home.drop_into(&home.submitted(), "order.json", order("alder", "PO1").as_bytes());
    wait(|| (files(&home.outbox("alder")).len() == 1).then_some(()), || serving.text());
}

#[test]
fn what_is_in_force_stays_when_its_folder_is_emptied_as_by_an_unmount() {
    let home = Home::new("folder-emptied", &["alder"]);
    home.write("mappings/alder/945.toml", "extends = \"base/945\"\n");
    let serving = home.serve();
    serving.ready();
    for (times, folder) in [(1, "partner-profiles"), (2, "mappings")] {
        let (whole, aside) = (home.path.join(folder), home.path.join("aside"));
        fs::rename(&whole, &aside).unwrap();
        fs::create_dir(&whole).unwrap();
        let gone = format!("the folder {folder} is gone, or nothing is in it");
        wait(|| serving.said(&gone).then_some(()), || serving.text());
        let (code, status, _) = home.run(&["status"]);
        let is_told = code == Some(1) && status.contains("no partner profile can be used; the gateway goes on");
        assert_eq!(is_told, folder == "partner-profiles", "{status}");
        home.drop_into(&home.submitted(), "order.json", order("alder", &format!("PO{times}")).as_bytes());
        wait(|| (files(&home.outbox("alder")).len() == times).then_some(()), || serving.text());
        fs::remove_dir(&whole).unwrap();
        fs::rename(&aside, &whole).unwrap();
        let in_force = || (serving.text().matches("are in force").count() == times).then_some(());
        wait(in_force, || serving.text());
    }
}

#[test]
fn what_was_wrong_at_the_start_is_read_again_though_the_file_is_as_it_was() {
    let home = Home::new("reload-again", &["alder"]);
    home.write("fixtures/a.edi", &interchange("alder", 1, &orders(1, "SO")));
    let (_, data, _) = home.run(&["translate", "--data", &home.path.join("fixtures/a.edi").display().to_string()]);
    home.write("fixtures/a.json", "{}");
    home.write(
        "mappings/alder/945.toml",
        "extends = \"base/945\"\n[[test]]\ndocument = \"fixtures/a.edi\"\ncanonical = \"fixtures/a.json\"\n",
    );
    let serving = home.serve();
    serving.ready();
    assert!(serving.said("with errors since the start"), "{}", serving.text());
    home.write("fixtures/a.json", &data);
    wait(|| serving.said("are in force").then_some(()), || serving.text());
    assert_eq!(serving.text().matches("with errors since the start").count(), 1, "it is told once\n{}", serving.text());
}

#[test]
fn a_file_behind_a_link_comes_into_force_when_it_is_changed_there_and_one_that_is_away_cannot_be_read() {
    let home = Home::new("reload-link", &["alder"]);
    home.write("elsewhere/birch.toml", &profile("birch"));
    symlink("../elsewhere/birch.toml", home.path.join("partner-profiles/birch.toml")).unwrap();
    let serving = home.serve();
    serving.ready();
    home.write("elsewhere/birch.toml", &(profile("birch") + "# The same.\n"));
    wait(|| serving.said("are in force").then_some(()), || serving.text());
    fs::remove_file(home.path.join("elsewhere/birch.toml")).unwrap();
    wait(|| serving.said("those before stay in force").then_some(()), || serving.text());
    assert!(serving.said("partner-profiles/birch.toml cannot be read"), "{}", serving.text());
}

/// An order that names no partner.
fn unnamed(number: &str) -> String {
    order("alder", number).replace(r#","source":"/partners/alder""#, "")
}

#[test]
fn orders_wait_while_no_profile_can_be_read() {
    let home = Home::new("no-profiles", &[]);
    let serving = home.serve();
    serving.ready();
    home.drop_into(&home.submitted(), "a.json", order("alder", "PO1").as_bytes());
    home.drop_into(&home.submitted(), "b.json", unnamed("PO2").as_bytes());
    let held = worked_on(&home, &serving, 2).documents;
    let codes_of = |one: &Document| (one.state, one.problem.as_ref().map(|problem| problem.code));
    let expected = (DocumentState::Held, Some(codes::SUBMISSION_PROFILE));
    assert_eq!(held.iter().map(codes_of).collect::<Vec<_>>(), [expected, expected]);
    let (code, status, _) = home.run(&["status"]);
    assert!(code == Some(1) && status.contains("no partner profile can be used"), "{status}");
    home.write("partner-profiles/alder.toml", &profile("alder"));
    wait(|| serving.said("are in force").then_some(()), || serving.text());
    let (code, out, _) = home.run(&["document", "rerun", "--code", "submission.profile"]);
    assert_eq!(code, Some(0), "{out}");
    wait(|| (files(&home.outbox("alder")).len() == 2).then_some(()), || serving.text());
}

#[test]
fn an_order_that_names_nobody_waits_where_it_may_be_for_a_partner_whose_profile_is_broken() {
    let home = Home::new("perhaps-broken", &["alder"]);
    home.write("partner-profiles/birch.toml", &profile("birch").replace("name = ", "nam = "));
    let serving = home.serve();
    serving.ready();
    home.drop_into(&home.submitted(), "a.json", unnamed("PO1").as_bytes());
    let held = worked_on(&home, &serving, 1).documents.remove(0);
    assert_eq!((held.state, held.partner), (DocumentState::Held, None));
    let problem = held.problem.unwrap();
    assert_eq!(problem.code, codes::SUBMISSION_PROFILE);
    assert!(problem.message.contains("partner-profiles/birch.toml has an error"), "{}", problem.message);
    home.drop_into(&home.submitted(), "b.json", order("alder", "PO2").as_bytes());
    wait(|| (files(&home.outbox("alder")).len() == 1).then_some(()), || serving.text());
}

#[test]
fn a_gateway_starts_on_a_home_only_and_makes_nothing_there_before_it_has_its_address() {
    let home = Home::new("no-home", &["alder"]);
    let fails = |with: &str| {
        let (code, _, said) = home.run(&["serve"]);
        assert!(code == Some(3) && said.contains(with), "{said}");
    };
    let settings = |address: &str| home.write("crossdock.toml", &format!("[health]\nlisten = \"{address}\"\n"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    settings(&taken.local_addr().unwrap().to_string());
    fails("health and metrics cannot be served at");
    assert!(!home.data().exists());
    settings("127.0.0.1:0");
    let (profiles, aside) = (home.path.join("partner-profiles"), home.path.join("aside"));
    fs::rename(&profiles, &aside).unwrap();
    fails("is no home of a gateway");
    assert!(!home.data().exists());
    fs::rename(&aside, &profiles).unwrap();
    let serving = home.serve();
    serving.ready();
    // Who has the address is the gateway of this very home.
    let text = serving.text();
    settings(text.split("address=").nth(1).unwrap().split_whitespace().next().unwrap());
    fails("another gateway runs on");
}
