//! Files that lie in mailboxes, and what is said of those that nobody takes.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/gateway.rs"]
mod gateway;
use gateway::{Home, wait};

#[test]
fn files_that_lie_where_nobody_looks_or_have_names_that_nobody_takes_are_told() {
    let home = Home::new("nobody-looks", &["alder"]);
    let serving = home.serve();
    serving.ready();
    home.write("data/erp/submitted/orders.json.gz", "");
    home.write("data/erp/submitted/orders.txt", "");
    home.write("data/erp/submitted/alder/deep/order.json", "");
    home.write("data/mailboxes/alder/inbox/sub/deeper/a.edi", "");
    std::os::unix::fs::symlink(home.path.join("crossdock.toml"), home.inbox("alder").join("link.edi")).unwrap();
    let name = "the name of what the ERP submits ends in `.json` or `.jsonl`";
    let (within, link) = ("this folder lies within a mailbox", "links are not followed");
    let expected = [
        ("data/erp/submitted", name),
        ("data/erp/submitted/alder/deep", within),
        ("data/mailboxes/alder/inbox/sub/deeper", within),
        ("data/mailboxes/alder/inbox", link),
    ];
    for (folder, why) in expected {
        let of = format!("folder={}", home.path.join(folder).display());
        let told = |line: &str| line.contains("nobody takes") && line.contains(why) && line.trim_end().ends_with(&of);
        wait(|| serving.text().lines().any(told).then_some(()), || format!("{of}\n{}", serving.text()));
    }
    let (code, out, _) = home.run(&["status"]);
    assert_eq!(code, Some(1), "{out}");
    for (folder, why) in expected {
        let path = format!("({})", home.path.join(folder).display());
        assert!(out.lines().any(|line| line.contains(&path) && line.contains(why)), "{folder}: {out}");
    }
    assert!(out.contains("2 files in the mailbox of erp ("), "{out}");
}
