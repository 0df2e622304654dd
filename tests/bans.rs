//! Bans from the drop box: an operator sees them, and lets a partner in again while it is on the phone.

#![cfg(feature = "libssh2")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/drop_box.rs"]
mod drop_box;
#[path = "support/gateway.rs"]
mod gateway;

use drop_box::{DropBox, connect};
use gateway::wait;

/// Tries to log in in vain until this machine is banned, and waits until that is on record.
fn banned(drop_box: &DropBox) {
    for user in ["root", "alder", "alder", "admin", "alder"] {
        connect(drop_box.port).unwrap().0.userauth_password(user, "a wrong password").unwrap_err();
    }
    assert!(connect(drop_box.port).is_err(), "banned");
    wait(|| drop_box.json(&["ban", "list"]).pop(), || drop_box.serving.text());
}

#[test]
fn an_operator_sees_who_is_banned_and_lets_them_in_at_once() {
    let drop_box = DropBox::new("ban-lifted", "", "");
    assert_eq!(drop_box.home.run(&["ban", "list"]).2, "nobody is banned from the drop box\n");
    banned(&drop_box);
    let (_, screen, _) = drop_box.home.run(&["status"]);
    let line = screen.split("Banned from the drop box\n  ").nth(1).unwrap().lines().next().unwrap();
    let (from, rest) = line.split_once(" until ").unwrap();
    let (until, rest) = rest.split_once(", ").unwrap();
    assert_eq!(from, "127.0.0.1");
    let expected = "after 5 failed logins, the last as alder, admin, root: `crossdock ban lift 127.0.0.1`";
    assert_eq!(rest, expected);
    let all = drop_box.json(&["status"]).remove(0);
    let ban = &all["banned"][0];
    assert_eq!(ban["address"], "127.0.0.1");
    assert_eq!(ban["failures"], 5);
    assert_eq!(ban["users"], serde_json::json!(["alder", "admin", "root"]));
    let to_the_second = ban["until"].as_str().unwrap().get(..19).unwrap().replace('T', " ");
    assert_eq!(to_the_second, until);
    // Who names another one is told which are banned.
    let (exit, out, _) = drop_box.home.run(&["ban", "lift", "192.0.2.1"]);
    assert_eq!(exit, Some(1));
    let them = line.split(": `").next().unwrap();
    assert_eq!(out, format!("192.0.2.1 is not banned\n  remedy  banned are: {them}\n"));
    let (exit, _, err) = drop_box.home.run(&["ban", "lift", "alder"]);
    assert!(exit == Some(2) && err.contains("`alder` is no address") && err.contains(them), "{err}");
    assert!(connect(drop_box.port).is_err(), "still banned");
    let lifted = drop_box.home.run(&["ban", "lift", "127.0.0.1", "--why", "on the phone"]);
    assert_eq!((lifted.0, lifted.1.as_str()), (Some(0), "127.0.0.1 is let in again\n"), "{}", lifted.2);
    drop(drop_box.login());
    assert_eq!(drop_box.metric("crossdock_sftp_banned"), 0);
    assert!(!drop_box.home.run(&["status"]).1.contains("Banned"));
    let audit = drop_box.json(&["audit"]).remove(0);
    let told = ["command", "subject", "why"].map(|key| audit[key].as_str().unwrap());
    assert_eq!(told, ["ban lift", "address 127.0.0.1", "on the phone"]);
    assert!(drop_box.serving.text().contains("its ban is lifted from=127.0.0.1"), "{}", drop_box.serving.text());
    // What failed before is forgotten: it takes five again.
    banned(&drop_box);
    let (exit, out, err) = drop_box.home.run(&["ban", "lift", "--all", "--format", "json"]);
    assert_eq!((exit, out.as_str()), (Some(0), "{\"address\":\"127.0.0.1\",\"done\":true}\n"), "{err}");
    drop(drop_box.login());
    let (exit, out, _) = drop_box.home.run(&["ban", "lift", "127.0.0.1"]);
    assert_eq!(exit, Some(1));
    assert!(
        out.ends_with("remedy  nobody is banned from the drop box; why logins failed is in `crossdock audit --sftp`\n"),
        "{out}"
    );
}

#[test]
fn nobody_is_banned_by_a_gateway_that_was_killed() {
    let drop_box = DropBox::new("ban-killed", "", "");
    banned(&drop_box);
    let DropBox { home, serving, .. } = drop_box;
    serving.kill();
    let told = "nobody is banned, and nobody can log in: no gateway runs on this home (`crossdock serve`)";
    assert_eq!(home.run(&["ban", "list"]).2, format!("{told}\n"));
    assert!(home.run(&["ban", "lift", "127.0.0.1"]).1.contains(told));
    let drop_box = DropBox::start(home);
    assert_eq!(drop_box.json(&["status"])[0]["banned"], serde_json::json!([]));
    drop(drop_box.login());
}
