//! The page of a guide in Markdown.

use super::page::{Line, Page, Row};

pub(super) fn render(page: &Page<'_>) -> String {
    let mut out = format!("# {}\n\n", text(page.title));
    out.push_str(&format!(
        "{}, {}. What is set in **bold** is said by this guide; the rest by the standard.\n",
        page.document,
        text(page.document_title)
    ));
    if !page.below.is_empty() {
        out.push_str(&format!("It builds on {}.\n", page.below.join(", ")));
    }
    out.push_str("\n## Segments\n\n| segment | name | use | at most | |\n|---|---|---|---|---|\n");
    page.overview.iter().for_each(|line| out.push_str(&overview(line)));
    if !page.others.is_empty() {
        let others: Vec<String> = page.others.iter().map(|way| code(way)).collect();
        out.push_str(&format!("\nOptional, as the standard has them: {}.\n", others.join(", ")));
    }
    for section in &page.segments {
        out.push_str(&format!("\n## {} {}\n\n", code(&section.written), text(&section.name)));
        out.push_str("| element | name | use | form | |\n|---|---|---|---|---|\n");
        section.elements.iter().for_each(|row| out.push_str(&element(row)));
    }
    for (title, lines) in [("Rules", &page.rules), ("Totals", &page.totals), ("Tolerated", &page.tolerated)] {
        if !lines.is_empty() {
            out.push_str(&format!("\n## {title}\n\n"));
            lines.iter().for_each(|line| out.push_str(&format!("- {}\n", text(line))));
        }
    }
    if !page.examples.is_empty() {
        out.push_str("\n## Examples\n");
    }
    for example in page.examples {
        out.push_str(&format!("\n{}:\n\n", text(&example.title)));
        example.text.trim().lines().for_each(|line| out.push_str(&format!("    {line}\n")));
    }
    out
}

fn overview(line: &Line) -> String {
    if line.usage.is_empty() {
        return format!("| *{}* | | | | |\n", line.written);
    }
    let indent = "&nbsp;&nbsp;".repeat(line.depth);
    let usage = bold(&line.usage, line.own);
    format!(
        "| {indent}{} | {} | {usage} | {} | {} |\n",
        code(&line.written),
        text(&line.name),
        text(&line.repeat),
        text(&line.says)
    )
}

fn element(row: &Row) -> String {
    let says: Vec<String> = row.says.iter().map(|line| text(line)).collect();
    let usage = bold(&row.usage, row.own);
    format!("| {} | {} | {usage} | {} | {} |\n", code(&row.written), text(&row.name), row.form, says.join("<br>"))
}

fn bold(usage: &str, own: bool) -> String {
    if own { format!("**{}**", text(usage)) } else { text(usage) }
}

/// Text in which nothing is taken for a mark.
fn text(plain: &str) -> String {
    let mut out = String::new();
    for character in plain.chars() {
        match character {
            '\n' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

fn code(written: &str) -> String {
    format!("`{}`", written.replace('`', "'").replace('|', "\\|"))
}
