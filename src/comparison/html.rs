//! Classes as a page for people: one file, with its style, without scripts, and without anything from elsewhere.

use super::{Class, Kind, Told};

/// What stands above the classes.
#[derive(Debug, Clone, Default)]
pub struct Heading {
    /// The title.
    pub title: String,
    /// What was compared, and what came of it: a sentence each.
    pub said: Vec<String>,
}

const STYLE: &str = "\
body { font: 15px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { margin-bottom: .5rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #ddd; }
th { background: #f3f3f3; } td.number { text-align: right; } code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
tr.fails td { background: #fdeceb; } tr.passes td { background: #ecf8ee; } tr.approved td { color: #777; } .small { color: #666; font-size: 13px; }
@media print { body { max-width: none; margin: 0; } tr { break-inside: avoid; } }";

const EXPLAINED: &str = "\
Differences are gathered into classes: the same field, the same kind of change, made by the same two lines of the mappings. Each row \
is one class, with its first difference as an example. A red row is of documents that would not be translated any more, a green one \
of documents that would be translated for the first time. Grey rows were looked at before and approved.";

/// The whole page.
#[must_use]
pub fn page(heading: &Heading, classes: &[Class]) -> String {
    let title = text(&heading.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}\n</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    heading.said.iter().for_each(|sentence| out.push_str(&format!("<p>{}</p>\n", text(sentence))));
    if !classes.is_empty() {
        out.push_str(&format!("<p class=\"small\">{EXPLAINED}</p>\n"));
    }
    let mut begun = None;
    for class in classes {
        let of = (&class.key.partner, &class.key.document);
        if begun != Some(of) {
            let end = if begun.is_some() { "</table>\n" } else { "" };
            let partner = if of.0.is_empty() { "no partner known" } else { of.0 };
            out.push_str(&format!("{end}<h2>{}: <code>{}</code></h2>\n{HEAD}", text(partner), text(of.1)));
            begun = Some(of);
        }
        out.push_str(&row(class));
    }
    if begun.is_some() {
        out.push_str("</table>\n");
    }
    out.push_str("</body>\n</html>\n");
    out
}

const HEAD: &str = "<table>\n<tr><th>what</th><th>becomes</th><th>times</th><th>documents</th><th>before</th><th>now</th><th>example</th></tr>\n";

fn row(class: &Class) -> String {
    let mark = match (&class.approved, class.key.kind) {
        (Some(_), _) => " class=\"approved\"",
        (None, Kind::Fails) => " class=\"fails\"",
        (None, Kind::Passes) => " class=\"passes\"",
        (None, _) => "",
    };
    let approved = class.approved.as_ref().map(|one| {
        let why = if one.why.is_empty() { String::new() } else { format!(": {}", one.why) };
        format!("<br><span class=\"small\">approved by {} at {}{}</span>", text(&one.by), text(&one.at), text(&why))
    });
    let change = &class.example.change;
    format!(
        "<tr{mark}><td><code>{}</code></td><td>{}{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td><td>{}</td>\
         <td><code>{}</code><br><span class=\"small\">{}</span></td></tr>\n",
        text(&class.key.subject),
        class.key.kind.phrase(),
        approved.unwrap_or_default(),
        class.count,
        class.documents,
        side(change.before.as_ref(), class.lines.0.as_deref()),
        side(change.after.as_ref(), class.lines.1.as_deref()),
        text(&change.path),
        text(&class.example.at)
    )
}

/// A value, where it stands, and the line that made it.
fn side(told: Option<&Told>, line: Option<&str>) -> String {
    let Some(told) = told else { return "nothing".to_owned() };
    let mut out = format!("<code>{}</code>", text(&told.value));
    let mut below = |part: &str, code: bool| {
        let part = if code { format!("<code>{}</code>", text(part)) } else { text(part) };
        out.push_str(&format!("<br><span class=\"small\">{part}</span>"));
    };
    told.place.iter().for_each(|place| below(place, false));
    told.line.iter().for_each(|line| below(line, false));
    line.iter().for_each(|line| below(line, true));
    out
}

/// Text in which nothing is taken for a mark.
fn text(plain: &str) -> String {
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
