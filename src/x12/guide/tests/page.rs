//! The page of a guide, in both forms.

use super::guide;

const TEXT: &str = "[at]\nW0604 = { usage = \"required\", length = \"4/9\", pattern = \"'A|B-'9(2)\", name = \"Bill <of> lading\", says = \"page 4: *always*\" }\n\
    G61 = \"not-used\"\n\"N1[N101=ST]\" = \"required\"\n[at.W0601]\ncodes = { F = \"Full\", J = \"Partial\" }\n\
    [rule.a]\nat = \"LX/W12\"\nwhen = \"W1201 = 'SP'\"\nmust = \"present(W1204)\"\nmessage = \"the difference is missing\"\n\
    [totals]\nW0301 = \"sum(W1203)\"\n[[example]]\ntitle = \"One\"\ntext = \"W06*F*<1>~\"\n";

#[test]
fn a_page_says_what_the_guide_and_the_standard_say() {
    let page = guide("945", TEXT).markdown();
    for line in [
        "# Their guide",
        "| `W06` | Warehouse Shipment Identification | mandatory | 1 |  |",
        "| &nbsp;&nbsp;`N1[N101=ST]` |  | **required** |  |  |",
        "| `G61` | Contact | **not used** | 3 |  |",
        "## `W06` Warehouse Shipment Identification",
        "| `W0601` | Reporting Code | **mandatory** | ID 1/1 | F: Full<br>J: Partial |",
        "| `W0602` | Depositor Order Number | optional | AN 1/22 |  |",
        "| `W0604` | Bill &lt;of> lading | **required** | AN 4/9 | looks like 'A\\|B-'9(2)<br>page 4: \\*always\\* |",
        "- the difference is missing: in each LX/W12, when W1201 = 'SP', present(W1204)",
        "- W0301 is sum(W1203)",
        "    W06*F*<1>~",
        "Optional, as the standard has them: `N1/N2`, `N1/N3`, `N1/N4`, `N1/PER`, `N9`, `G62`, `NTE`, `W27`, `W6`, `W28`, `W10`, `G72`, `LM`, `LX`, `W03`.",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\nis not in\n{page}");
    }
    let order: Vec<usize> =
        ["`W06`", "`loop N1`", "`G61`", "## `W06`"].iter().map(|part| page.find(part).unwrap()).collect();
    assert!(order.is_sorted(), "segments stand in the order of the table");
}

#[test]
fn a_pair_stands_on_the_page_behind_its_first_value() {
    let pair = "[at]\n\"pair(W1207,W1217=UP)\" = { usage = \"required\", says = \"page 8\" }\n";
    let page = guide("945", pair).markdown();
    let rows = "| `W1208` | Product/Service ID | conditional | AN 1/48 |  |\n\
        | `pair(W1207,W1217=UP)` | Product/Service ID | **required** | AN 1/48 | page 8 |\n";
    assert!(page.contains(rows), "{page}");
}

#[test]
fn the_html_page_needs_nothing_beside_it_and_takes_no_text_for_a_mark() {
    let page = guide("945", TEXT).html();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for part in [
        "<title>Their guide</title>",
        "Bill &lt;of&gt; lading",
        "<td>F: Full<br>J: Partial</td>",
        "<pre>W06*F*&lt;1&gt;~</pre>",
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
    for outside in ["<script", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let count = |tag: &str| page.matches(tag).count();
    for tag in ["table", "tr", "td", "h2", "ul", "li", "p", "code"] {
        assert_eq!(count(&format!("<{tag}>")) + count(&format!("<{tag} ")), count(&format!("</{tag}>")), "{tag}");
    }
}
