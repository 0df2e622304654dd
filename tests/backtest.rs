//! `crossdock mapping backtest` and `check --approved`: changes tried on the record of a gateway, as people do.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "support/home.rs"]
mod home;

use std::fs;
use std::path::Path;

use home::{Home, fixture};
use serde_json::{Value, json};

const CARTONS: &str = "945/harbor-cartons/input.edi";
const PARTIAL: &str = "945/harbor-partial/input.edi";

/// A change of a file of the home, in the folder `change` of it.
fn change(home: &Home, file: &str, from: &str, to: &str) {
    let changed = home.path.join("change").join(file);
    let text = fs::read_to_string(if changed.is_file() { changed.clone() } else { home.path.join(file) }).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::create_dir_all(changed.parent().unwrap()).unwrap();
    fs::write(changed, text.replacen(from, to, 1)).unwrap();
}

/// The classes that the change makes, as `harbor changed lines.status 2/1: "a" "b"`.
fn classes(home: &Home, arguments: &[&str]) -> Vec<String> {
    let value = |side: &Value| if side.is_null() { "-".to_owned() } else { side["value"].to_string() };
    let told = home.json(&[&["mapping", "backtest", "--with", "change"], arguments].concat());
    let shown = |line: &Value| {
        let class = line.get("class")?;
        let difference = &class["example"]["difference"];
        let [partner, kind, subject] = ["partner", "change", "subject"].map(|key| class[key].as_str().unwrap());
        let (count, documents) = (&class["count"], &class["documents"]);
        let (before, after) = (value(&difference["before"]), value(&difference["after"]));
        Some(format!("{partner} {kind} {subject} {count}/{documents}: {before} {after}"))
    };
    told.iter().filter_map(shown).collect()
}

fn summary(home: &Home, arguments: &[&str]) -> Value {
    home.json(&[&["mapping", "backtest", "--with", "change"], arguments].concat()).last().unwrap()["summary"].clone()
}

#[test]
fn a_change_is_tried_on_every_document_on_record_while_the_gateway_runs() {
    let mut home = Home::new("backtest");
    home.receive(&[
        ("harbor", "cartons.edi", &fixture(CARTONS)),
        ("harbor", "partial.edi", &fixture(PARTIAL)),
        ("northgate", "orders.edi", &fixture("940/bad-set-between-neighbours/input.edi")),
        ("harbor", "again.edi", &fixture(CARTONS)),
    ]);
    home.start();
    // The same files are no change.
    change(&home, "mappings/harbor/945.toml", "extends", "extends");
    home.says(0, &["mapping", "backtest", "--with", "change"], &["No document would differ", "with 5 documents"]);
    // A code that means something else, and a line that reads another place.
    change(&home, "mappings/harbor/945.toml", "SP = \"short_shipped\"", "SP = \"backordered\"");
    change(
        &home,
        "mappings/harbor/945.toml",
        "package_number  = \"N902[N901=2I]\"",
        "package_number  = \"N902[N901=ZZ]\"",
    );
    let found = classes(&home, &[]);
    assert!(
        found.contains(&"harbor changed packages.lines.status 1/1: \"short_shipped\" \"backordered\"".to_owned()),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|class| class.starts_with("harbor moved packages.package_number to packages.")),
        "{found:#?}"
    );
    assert!(found.iter().all(|class| class.starts_with("harbor ")), "{found:#?}");
    let all = summary(&home, &[]);
    assert_eq!((&all["payloads"], &all["documents"], &all["unreadable"]), (&json!(3), &json!(5), &json!([])));
    assert_eq!(all["not_approved"], all["classes"]);
    // Filters.
    for (arguments, documents) in [
        (&["--partner", "northgate"][..], 3),
        (&["--partner", "harbor"], 2),
        (&["--document", "945"], 2),
        (&["--document", "fulfillment_order"], 3),
        (&["--until", "2020-01-01"], 0),
        (&["--since", "1h"], 5),
    ] {
        assert_eq!(summary(&home, arguments)["documents"], documents, "{arguments:?}");
    }
    let (text, _) = home.ends(1, &["mapping", "backtest", "--with", "change"]);
    for words in [
        "\nharbor, x12/004010/945: 2 of 2 documents would differ\n",
        "\n  packages.lines.status is changed: 1 time in 1 document\n",
        "of payload 2 (partial.edi)\n    before   \"short_shipped\"   from W1201",
        "\nnorthgate, x12/004010/940: 0 of 3 documents would differ\n",
    ] {
        assert!(text.contains(words), "{words} is not said:\n{text}");
    }
}

#[test]
fn files_of_records_and_compressed_ones_are_tried_too() {
    let mut home = Home::new("backtest-files");
    for file in [
        "partner-profiles/kestrel.toml",
        "partner-profiles/tern.toml",
        "mappings/kestrel/shipments.toml",
        "mappings/kestrel/stock.toml",
        "mappings/tern/shipments.toml",
        "mappings/layouts/kestrel-shipments.toml",
        "mappings/layouts/kestrel-stock.toml",
        "mappings/layouts/tern-shipments.toml",
    ] {
        fs::create_dir_all(home.path.join(file).parent().unwrap()).unwrap();
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(file), home.path.join(file)).unwrap();
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &fixture("xml/tern-shipments/input.xml")).unwrap();
    home.receive(&[
        ("kestrel", "SHIP1.csv", &fixture("flat/kestrel-shipments/input.csv")),
        ("tern", "loads.xml.gz", &encoder.finish().unwrap()),
    ]);
    change(
        &home,
        "mappings/kestrel/shipments.toml",
        "purchase_order_number = \"po_no\"",
        "shipment_number = \"po_no\"",
    );
    change(&home, "mappings/tern/shipments.toml", "UNITS = \"EA\"", "UNITS = \"PC\"");
    let found = classes(&home, &[]);
    let told = |class: &str| assert!(found.iter().any(|known| known.starts_with(class)), "{class}: {found:#?}");
    told("kestrel moved purchase_order_number to shipment_number 2/2: \"PO-77\" \"PO-77\"");
    told("tern changed lines.shipped.unit ");
    assert_eq!(found.len(), 2, "{found:#?}");
    // Where it stands is said as in the file.
    let (text, _) = home.ends(1, &["mapping", "backtest", "--with", "change", "--partner", "kestrel"]);
    assert!(text.contains("from order.po_no"), "{text}");
}

#[test]
fn a_change_of_a_table_or_a_profile_shows_in_the_documents_of_all_whom_it_reaches() {
    let mut home = Home::new("backtest-reach");
    home.receive(&[("harbor", "cartons.edi", &fixture(CARTONS))]);
    change(&home, "mappings/tables/common.toml", "SH = \"shipped\"", "SH = \"short_shipped\"");
    let found = classes(&home, &[]);
    assert_eq!(found, ["harbor changed packages.lines.status 1/1: \"shipped\" \"short_shipped\""]);
    // A sender that no profile has any more is held in a gateway.
    fs::remove_dir_all(home.path.join("change")).unwrap();
    change(&home, "partner-profiles/harbor.toml", "\"ZZ/HARBOR3PL\", \"ZZ/HARBOREAST\"", "\"ZZ/HARBORNEW\"");
    let found = classes(&home, &[]);
    assert!(found.iter().any(|class| class.contains(" fails no error 1/1")), "{found:?}");
    assert!(found.iter().any(|class| class.contains("comes profile.unknown-sender")), "{found:?}");
    // One file of a change, by its place and by its name.
    fs::remove_dir_all(home.path.join("change")).unwrap();
    change(&home, "mappings/harbor/945.toml", "FL = \"shipped\"", "FL = \"short_shipped\"");
    for with in ["change/mappings/harbor/945.toml", "harbor/945=change/mappings/harbor/945.toml"] {
        home.says(1, &["mapping", "backtest", "--with", with], &["1 document would differ"]);
    }
    home.says(2, &["mapping", "backtest", "--with", "nowhere"], &["`--with nowhere` names no change", "NAME=FILE"]);
    // A change with errors is not tried.
    change(&home, "mappings/harbor/945.toml", "[map]", "[map]\nno_such = \"W0602\"");
    home.says(1, &["mapping", "backtest", "--with", "change"], &["nothing was tried", "mappings/harbor/945.toml:6"]);
}

#[test]
fn documents_that_newly_fail_or_pass_are_told_first() {
    let mut home = Home::new("backtest-fails");
    home.receive(&[("harbor", "cartons.edi", &fixture(CARTONS))]);
    let wrong = "ship_date       = { at = \"W0602\", type = \"date\", way = \"in\" }";
    let right = "ship_date       = { first = [\"W0603\", \"G6202[G6201=11]\"], write = \"all\" }";
    change(&home, "mappings/harbor/945.toml", right, wrong);
    let fails = "harbor fails mapping.unreadable-value W0602 1/1: - \"error: ";
    assert!(classes(&home, &[])[0].starts_with(fails), "{:?}", classes(&home, &[]));
    fs::copy(home.path.join("change/mappings/harbor/945.toml"), home.path.join("mappings/harbor/945.toml")).unwrap();
    change(&home, "mappings/harbor/945.toml", wrong, right);
    let passes = "harbor passes mapping.unreadable-value W0602 1/1: \"error: ";
    assert!(classes(&home, &[])[0].starts_with(passes), "{:?}", classes(&home, &[]));
}

#[test]
fn what_the_erp_submitted_is_compared_as_it_would_be_written() {
    let mut home = Home::new("backtest-out");
    home.start();
    fs::write(home.path.join("order.json"), fixture("submit/order.json")).unwrap();
    home.ends(0, &["submit", "order.json", "--partner", "harbor"]);
    home.wait("the order is written", |home| !home.json(&["delivery", "list"]).is_empty());
    home.stop();
    change(
        &home,
        "partner-profiles/harbor.toml",
        "canonical = \"fulfillment_order\"\n",
        "canonical = \"fulfillment_order\"\nmapping = \"harbor/940\"\n",
    );
    fs::create_dir_all(home.path.join("change/mappings/harbor")).unwrap();
    let mapping = "extends = \"base/940\"\n[map]\norder_number = \"W0503\"\npurchase_order_number = \"W0502\"\n";
    fs::write(home.path.join("change/mappings/harbor/940.toml"), mapping).unwrap();
    let found = classes(&home, &[]);
    assert!(found.iter().any(|class| class.starts_with("harbor changed W0502 1/1: ")), "{found:?}");
    assert!(found.iter().any(|class| class.starts_with("harbor changed W0503 1/1: ")), "{found:?}");
    home.says(
        1,
        &["mapping", "backtest", "--with", "change"],
        &["segment 2 W0502 in object 1 of payload 1", "from order_number   by change/mappings/harbor/940.toml:3"],
    );
    // A change that stands for nothing is none without a difference.
    home.says(
        1,
        &["mapping", "backtest", "--with", "habor/945=change/mappings/harbor/940.toml"],
        &["no mapping `habor/945`", "no profile names it; did you mean `harbor/945`?", "nothing was tried"],
    );
    home.says(0, &["mapping", "backtest", "--with", "change", "--document", "904"], &["No document was tried"]);
}

#[test]
fn the_page_needs_nothing_else_and_shows_every_class() {
    let mut home = Home::new("backtest-page");
    let text = String::from_utf8(fixture(PARTIAL)).unwrap().replace("HS-20931", "HS<20>&1");
    home.receive(&[("harbor", "partial.edi", text.as_bytes())]);
    change(&home, "mappings/harbor/945.toml", "shipment_number = \"N902[N901=SI]\"", "shipment_number = \"W0604\"");
    change(&home, "mappings/harbor/945.toml", "[\"W0604\", \"N902[N901=BM]\"]", "[\"N902[N901=BM]\"]");
    home.ends(1, &["mapping", "backtest", "--with", "change", "--html", "page.html"]);
    let page = fs::read_to_string(home.path.join("page.html")).unwrap();
    assert!(page.contains("<code>&quot;HS&lt;20&gt;&amp;1&quot;</code>"), "{page}");
    let subjects = home.json(&["mapping", "backtest", "--with", "change"]);
    for subject in subjects.iter().filter_map(|line| line["class"]["subject"].as_str()) {
        assert!(page.contains(&format!("<code>{subject}</code>")), "{subject}: {page}");
    }
    for elsewhere in ["<script", "http", "src=", "href=", "url(", "@import", "<20>"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    assert_eq!(page.matches("<tr").count(), page.matches("</tr>").count());
    assert_eq!(page.matches("<table>").count(), page.matches("</table>").count());
    home.says(
        3,
        &["mapping", "backtest", "--with", "change", "--html", "no/such/page.html"],
        &["cannot write no/such/page.html"],
    );
}

#[test]
fn what_was_approved_is_known_again_and_anything_else_is_refused() {
    let mut home = Home::new("backtest-approved");
    home.receive(&[("harbor", "partial.edi", &fixture(PARTIAL))]);
    let check = ["check", "harbor/945", "--with", "change", "--approved"];
    change(&home, "mappings/harbor/945.toml", "extends", "extends");
    home.says(0, &check, &["no problems in 1 mapping"]);
    change(&home, "mappings/harbor/945.toml", "{ at = \"W2702\", absent = [\"NA\", \"CALL\"] }", "\"W2702\"");
    // Its own test would see it first.
    let text = fs::read_to_string(home.path.join("change/mappings/harbor/945.toml")).unwrap();
    let text = text.split("\n[[test]]").next().unwrap().to_owned();
    fs::write(home.path.join("change/mappings/harbor/945.toml"), &text).unwrap();
    let refused = "error[mapping.not-approved] harbor, x12/004010/945: `carrier.scac` is added, 1 time in 1 document, and nobody approved it";
    home.says(1, &check, &[refused, "mappings/harbor/945.toml:9", "--with change --approve --why TEXT", "1 error"]);
    home.says(
        0,
        &["mapping", "backtest", "--with", "change", "--approve", "--why", "they have a carrier now"],
        &["1 class kept as approved in change/mappings/approved.toml"],
    );
    let kept = fs::read_to_string(home.path.join("change/mappings/approved.toml")).unwrap();
    for line in [
        "partner  = \"harbor\"\n",
        "document = \"x12/004010/945\"\n",
        "change   = \"added\"\n",
        "subject  = \"carrier.scac\"\n",
        "after    = 'carrier.scac = \"W2702\"'\n",
        "example  = 'carrier.scac: nothing before, now \"CALL\"'\n",
        "by       = \"tester\"\n",
        "why      = \"they have a carrier now\"\n",
    ] {
        assert!(kept.contains(line), "{line}\nis not in\n{kept}");
    }
    home.says(0, &check, &["no problems"]);
    home.says(
        0,
        &["mapping", "backtest", "--with", "change"],
        &["approved by tester at 2", ": they have a carrier now"],
    );
    // Lines may move, and be laid out anew.
    fs::write(
        home.path.join("change/mappings/harbor/945.toml"),
        format!("# A comment more.\n{}", text.replace("carrier.scac    = \"W2702\"", "carrier.scac = \"W2702\"")),
    )
    .unwrap();
    home.says(0, &check, &["no problems"]);
    // Another difference is refused by its name, and the approved one is not.
    change(&home, "mappings/harbor/945.toml", "NS = { is = \"cancelled\", prefer = true }", "NS = \"backordered\"");
    let (out, _) = home.ends(1, &check);
    assert!(out.contains("`packages.lines.status` is changed") && !out.contains("carrier.scac"), "{out}");
    // A slip in the file is told, and nothing passes.
    fs::write(home.path.join("change/mappings/approved.toml"), kept.replace("subject ", "subjekt ")).unwrap();
    home.says(1, &check, &["mappings/approved.toml:8", "did you mean `subject`?", "nothing was tried"]);
    home.says(1, &["check", "mappings/approved.toml", "--with", "change"], &["did you mean `subject`?"]);
    assert!(!Path::new(&home.path).join("mappings/approved.toml").exists());
}

/// The example of `docs/OPERATING.md` is what is printed; `UPDATE_EXPECTED=1` writes it anew.
#[test]
fn the_example_of_the_handbook_is_what_is_printed() {
    let mut home = Home::new("backtest-handbook");
    home.receive(&[("harbor", "945-1.edi", &fixture(CARTONS)), ("harbor", "945-2.edi", &fixture(PARTIAL))]);
    change(&home, "mappings/harbor/945.toml", "SP = \"short_shipped\"", "SP = \"backordered\"");
    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATING.md");
    let text = fs::read_to_string(&handbook).unwrap();
    let (before, rest) = text.split_once("```text backtest\n").unwrap();
    let (shown, after) = rest.split_once("```\n").unwrap();
    let command = shown.lines().next().unwrap();
    let arguments: Vec<&str> = command.strip_prefix("$ crossdock ").unwrap().split(' ').collect();
    let (out, _) = home.ends(1, &arguments);
    let printed = format!("{command}\n{out}");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&handbook, format!("{before}```text backtest\n{printed}```\n{after}")).unwrap();
    } else {
        assert_eq!(shown, printed);
    }
}
