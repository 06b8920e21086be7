//! The pages of the checks: one for each check, and an index.

use std::fmt::Write as _;

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::{Example, ShownCheck};
use crate::catalogue::{Catalogue, CatalogueEntry, CheckKind};
use crate::check::Reference;

/// Lines of a request or of compared answers that are shown.
const LINES: usize = 40;

/// The longest line of a request that is shown whole, in characters.
const LONGEST_LINE: usize = 1000;
/// Lines that are the same, around those that differ.
const AROUND: usize = 3;

/// The page of a check.
#[must_use]
pub fn page(entry: &CatalogueEntry, example: Option<&Example>) -> String {
    let about = &entry.about;
    let mut facts =
        vec![format!("`{}`", about.id), about.level.to_string(), format!("since {}", about.history.since)];
    if let CheckKind::Scenario { needs, dialects, large } = &entry.kind {
        if !needs.is_empty() {
            facts.push(format!("needs {}", coded(needs)));
        }
        if !dialects.is_empty() {
            facts.push(format!("in {}", coded(dialects)));
        }
        if *large {
            facts.push("large".to_owned());
        }
    }
    if !about.history.aliases.is_empty() {
        facts.push(format!("formerly {}", coded(&about.history.aliases)));
    }
    let mut page = format!("# {}\n\n{}\n", prose(&about.title), facts.join(" · "));
    let mut say = |name: &str, text: &str| {
        if !text.trim().is_empty() && text != about.title {
            let name = if name.is_empty() { String::new() } else { format!("**{name}:** ") };
            page.push_str(&format!("\n{name}{}\n", prose(text)));
        }
    };
    say("", &about.what);
    say("Why", &about.why);
    say("Fix", &about.fix);
    say("In Entra", &about.entra);
    if !about.refs.is_empty() {
        let refs: Vec<String> = about.refs.iter().map(linked).collect();
        page.push_str(&format!("\n**References:** {}\n", refs.join("; ")));
    }
    if !about.faults.is_empty() {
        page.push_str(&format!("\n**Faults it catches:** {}\n", coded(&about.faults)));
    }
    if let Some(example) = example {
        page.push_str(&example.markdown(&about.id));
    }
    page
}

/// The index of the pages.
#[must_use]
pub fn index(catalogue: &Catalogue) -> String {
    let mut index = String::from(
        "# Checks\n\nWritten by `scimulate list --pages DIR`; `scimulate explain ID` prints one of them.\n\n\
         [Checks by RFC section](sections.md)\n",
    );
    for suite in catalogue.suites() {
        let _ = write!(index, "\n## {suite}\n\n| check | level | what must hold |\n|---|---|---|\n");
        for entry in catalogue.entries().iter().filter(|entry| entry.suite() == suite) {
            let about = &entry.about;
            let title = prose(&about.title).replace('|', "\\|");
            let _ = writeln!(index, "| [{}]({}.md) | {} | {title} |", entry.name(), about.id, about.level);
        }
    }
    index
}

impl ShownCheck {
    /// Both answers in one text: lines of the wrong one alone begin with `-`, those of the right one alone
    /// with `+`, and long runs of lines that are the same are left out.
    #[must_use]
    pub fn compared(&self) -> String {
        let right = self.right.as_deref().unwrap_or_default();
        let diff = TextDiff::from_lines(self.wrong.trim_end(), right.trim_end());
        let mut lines: Vec<String> = Vec::new();
        let groups = diff.grouped_ops(AROUND);
        if groups.is_empty() {
            lines.extend(self.wrong.trim_end().lines().map(|line| format!("  {line}").trim_end().to_owned()));
        }
        for (number, group) in groups.iter().enumerate() {
            if number > 0 || group.first().is_some_and(|first| first.old_range().start > 0) {
                lines.push("  …".to_owned());
            }
            for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
                let sign = match change.tag() {
                    ChangeTag::Delete => "-",
                    ChangeTag::Insert => "+",
                    ChangeTag::Equal => " ",
                };
                lines.push(format!("{sign} {}", change.value().trim_end()).trim_end().to_owned());
            }
        }
        shortened(lines)
    }

    /// What is said above the answers.
    fn legend(&self) -> &'static str {
        match &self.right {
            None => "Wrong answer (a conforming server never gets this request)",
            Some(right) if *right == self.wrong => "Answer; on its own it looks right",
            Some(_) => "Wrong answer (-) and right answer (+)",
        }
    }
}

impl Example {
    fn circumstances(&self, check: &str) -> String {
        let scenario =
            if self.scenario == check { String::new() } else { format!(", in `{}`", self.scenario) };
        format!(
            "Played with the embedded server's fault `{}`{scenario}, dialect `{}`",
            self.fault, self.dialect
        )
    }

    /// The example below the page of a check.
    fn markdown(&self, check: &str) -> String {
        let mut text =
            format!("\n## Example\n\n{}:\n\n> {}\n", self.circumstances(check), prose(&self.message));
        let Some(shown) = &self.shown else { return text };
        if let Some((request, status)) = &shown.before {
            let _ = write!(text, "\n```http\n{}\n```\n\nreturns {status}. Then:\n", asked(request));
        }
        let _ = write!(text, "\n```http\n{}\n```\n\n", asked(&shown.request));
        let _ = write!(text, "{}:\n\n```diff\n{}\n```\n", shown.legend(), shown.compared());
        text
    }

    /// The example below the text of a check.
    #[must_use]
    pub fn to_text(&self, check: &str) -> String {
        let mut text = format!("\n{}:\n{}\n", self.circumstances(check).replace('`', ""), self.message);
        let Some(shown) = &self.shown else { return text };
        if let Some((request, status)) = &shown.before {
            let _ = write!(text, "\n{}\n\nreturns {status}. Then:\n", indented(&asked(request)));
        }
        let _ = write!(text, "\n{}\n\n", indented(&asked(&shown.request)));
        let _ = write!(text, "{}:\n\n{}\n", shown.legend(), indented(&shown.compared()));
        text
    }

    /// The example as JSON: `fault`, `scenario`, `dialect`, `message`, and `shown`: null where no message
    /// shows it, else `before` (`request` and `status`, or null), `request`, `wrong`, `right` (or null).
    #[must_use]
    pub fn to_json(&self) -> Value {
        let shown = self.shown.as_ref().map(|shown| {
            let before = shown.before.as_ref();
            json!({
                "before": before.map(|(request, status)| json!({ "request": request, "status": status })),
                "request": shown.request,
                "wrong": shown.wrong,
                "right": shown.right,
            })
        });
        json!({
            "fault": self.fault,
            "scenario": self.scenario,
            "dialect": self.dialect,
            "message": self.message,
            "shown": shown,
        })
    }
}

/// A request, shortened where its body or a value in it is long.
fn asked(request: &str) -> String {
    let cut = |line: &str| match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    };
    shortened(request.trim_end().lines().map(cut).collect())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn shortened(mut lines: Vec<String>) -> String {
    if lines.len() > LINES {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        lines.push(format!("  … {more} more lines"));
    }
    lines.join("\n")
}

fn coded(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Text for Markdown: what stands in backticks is left alone.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let escaped = parts.map(|(place, part)| match place % 2 {
        0 => part.replace('<', "&lt;").replace('*', "\\*").replace('[', "\\["),
        _ => part.to_owned(),
    });
    escaped.collect::<Vec<_>>().join("`")
}

/// A reference, with a link where its place follows from it.
fn linked(reference: &Reference) -> String {
    let text = prose(&reference.to_string());
    let word = match reference {
        Reference::Rfc(passage) => passage.demand,
        Reference::Microsoft(_) | Reference::Field(_) => None,
    };
    match reference.url() {
        Some(url) => {
            let word = word.map_or_else(String::new, |demand| format!(" ({demand})"));
            format!("[{text}]({url}){word}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(wrong: &str, right: Option<&str>) -> Example {
        Example {
            fault: "f".into(),
            scenario: "cycles/a".into(),
            dialect: "default".into(),
            message: "it is <wrong>".into(),
            shown: Some(ShownCheck {
                before: Some(("PATCH /Users/[user:1]\n".into(), "HTTP 204".into())),
                request: "GET /Users/[user:1]\n".into(),
                wrong: wrong.into(),
                right: right.map(str::to_owned),
            }),
        }
    }

    #[test]
    fn answers_are_compared_line_by_line() {
        let common: String = (0..9).map(|line| format!("{line}\n")).collect();
        let compared = |wrong: &str, right| example(wrong, right).shown.unwrap().compared();
        let (old, new) = (format!("{common}old\n"), format!("{common}new\n"));
        let changed = compared(&old, Some(&new));
        assert_eq!(changed, "  …\n  6\n  7\n  8\n- old\n+ new");
        assert_eq!(compared("a\nb\n", Some("a\nb\n")), "  a\n  b");
        assert_eq!(compared("a\n", None), "- a");
        let long: String = (0..LINES + 5).map(|line| format!("{line}\n")).collect();
        assert!(compared(&long, None).ends_with("- 39\n  … 5 more lines"));
    }

    #[test]
    fn an_example_says_where_it_is_from_and_what_led_there() {
        let text = example("HTTP 200\n", Some("HTTP 204\n")).to_text("rules/x");
        let expected = "
Played with the embedded server's fault f, in cycles/a, dialect default:
it is <wrong>

    PATCH /Users/[user:1]

returns HTTP 204. Then:

    GET /Users/[user:1]

Wrong answer (-) and right answer (+):

    - HTTP 200
    + HTTP 204
";
        assert_eq!(text, expected);
        let page = example("HTTP 200\n", None).markdown("cycles/a");
        assert!(page.contains("fault `f`, dialect `default`:\n\n> it is &lt;wrong>\n"), "{page}");
        assert!(page.contains("(a conforming server never gets this request)"), "{page}");
        let told = Example { shown: None, ..example("", None) };
        assert!(told.markdown("cycles/a").ends_with("\n> it is &lt;wrong>\n"));
    }

    #[test]
    fn references_lead_to_their_place_where_that_is_known() {
        let shown = |reference| linked(&reference);
        let rfc = "[RFC 7644 §3.4.2](https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2)";
        assert_eq!(shown(Reference::Rfc("7644#3.4.2".into())), rfc);
        let issue = "[field report: a/b#7](https://github.com/a/b/issues/7)";
        assert_eq!(shown(Reference::Field("a/b#7".into())), issue);
        assert_eq!(shown(Reference::Field("example.com/x".into())), "field report: example.com/x");
        assert_eq!(shown(Reference::Microsoft("known-issues".into())), "Microsoft: known-issues");
    }

    #[test]
    fn markup_in_a_text_is_no_markup_on_the_page() {
        assert_eq!(prose("a <b> [c] *d* `<e>[*]`"), "a &lt;b> \\[c] \\*d\\* `<e>[*]`");
    }
}
