//! The page of a guide in HTML: one file, with its style, without scripts, and without anything from elsewhere.

use super::page::{Line, Page, Row};

const STYLE: &str = "\
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #ddd; }
th { background: #f3f3f3; } code, pre { font: 13px/1.5 ui-monospace, monospace; } pre { background: #f6f6f6; padding: .8rem; overflow-x: auto; }
tr.own td { background: #fffbe8; } tr.area td { font-weight: bold; padding-top: 1rem; } .below { color: #666; }
@media print { body { max-width: none; margin: 0; } tr { break-inside: avoid; } }";

pub(super) fn render(page: &Page<'_>) -> String {
    let title = text(page.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}\n</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    out.push_str(&format!(
        "<p>{}, {}. What has a coloured ground is said by this guide; the rest by the standard.</p>\n",
        text(page.document),
        text(page.document_title)
    ));
    if !page.below.is_empty() {
        out.push_str(&format!("<p class=\"below\">It builds on {}.</p>\n", text(&page.below.join(", "))));
    }
    out.push_str(
        "<h2>Segments</h2>\n<table>\n<tr><th>segment</th><th>name</th><th>use</th><th>at most</th><th></th></tr>\n",
    );
    page.overview.iter().for_each(|line| out.push_str(&overview(line)));
    out.push_str("</table>\n");
    if !page.others.is_empty() {
        let others: Vec<String> = page.others.iter().map(|way| format!("<code>{}</code>", text(way))).collect();
        out.push_str(&format!("<p>Optional, as the standard has them: {}.</p>\n", others.join(", ")));
    }
    for section in &page.segments {
        out.push_str(&format!("<h2><code>{}</code> {}</h2>\n<table>\n", text(&section.written), text(&section.name)));
        out.push_str("<tr><th>element</th><th>name</th><th>use</th><th>form</th><th></th></tr>\n");
        section.elements.iter().for_each(|row| out.push_str(&element(row)));
        out.push_str("</table>\n");
    }
    for (title, lines) in [("Rules", &page.rules), ("Totals", &page.totals), ("Tolerated", &page.tolerated)] {
        if !lines.is_empty() {
            out.push_str(&format!("<h2>{title}</h2>\n<ul>\n"));
            lines.iter().for_each(|line| out.push_str(&format!("<li>{}</li>\n", text(line))));
            out.push_str("</ul>\n");
        }
    }
    if !page.examples.is_empty() {
        out.push_str("<h2>Examples</h2>\n");
    }
    for example in page.examples {
        out.push_str(&format!("<p>{}:</p>\n<pre>{}</pre>\n", text(&example.title), text(example.text.trim())));
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn overview(line: &Line) -> String {
    if line.usage.is_empty() {
        return format!("<tr class=\"area\"><td colspan=\"5\">{}</td></tr>\n", text(&line.written));
    }
    format!(
        "<tr{}><td style=\"padding-left: {}rem\"><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        own(line.own),
        line.depth + 1,
        text(&line.written),
        text(&line.name),
        text(&line.usage),
        text(&line.repeat),
        text(&line.says)
    )
}

fn element(row: &Row) -> String {
    let says: Vec<String> = row.says.iter().map(|line| text(line)).collect();
    format!(
        "<tr{}><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        own(row.own),
        text(&row.written),
        text(&row.name),
        text(&row.usage),
        text(&row.form),
        says.join("<br>")
    )
}

fn own(own: bool) -> &'static str {
    if own { " class=\"own\"" } else { "" }
}

/// Text in which nothing is taken for a mark.
fn text(plain: &str) -> String {
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
