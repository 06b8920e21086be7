//! A summary in Markdown, for the page of a CI job or a comment on a pull request.

use std::io::{self, Write};

use super::fix_first;
use super::layout;
use super::summary;
use crate::gallery::GalleryVerdict;
use crate::run::verdict::cause::{self, Cause, causes};
use crate::run::verdict::report::{Report, Verdict};

/// How many causes are named; every critical one is.
const NAMED: usize = 10;

/// How many mild causes are named.
const MILD: usize = 20;

/// Writes the summary: verdict and numbers, what to fix first with its command, the mild findings folded.
///
/// `again` leads the commands to the same target, as ` --target URL --yes`.
///
/// # Errors
/// Those of `out`.
pub fn write(
    report: &Report,
    verdict: Option<&GalleryVerdict>,
    again: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mark = match report.verdict {
        _ if summary::is_odd(report) => "⚠️",
        Verdict::Passed => "✅",
        Verdict::Failed | Verdict::Incomplete => "❌",
    };
    let causes = causes(report);
    writeln!(out, "## {mark} scimulate: {} – {}\n", summary::word(report), text(&report.target))?;
    writeln!(out, "{}\n", text(&summary::sentence(report, &causes)))?;
    if let Some(why) = &report.interrupted_by {
        writeln!(out, "The run ended early: {}\n", text(why))?;
    }
    if let Some(overall) = verdict.and_then(|verdict| verdict.overall) {
        writeln!(out, "Gallery validation, predicted: **{}**\n", overall.as_str())?;
    }
    let (deciding, mild): (Vec<&Cause<'_>>, Vec<&Cause<'_>>) = causes.iter().partition(|cause| cause.decides);
    if deciding.iter().any(|cause| cause.is_silent()) {
        writeln!(
            out,
            "> [!CAUTION]\n> Do not connect a production tenant: the server answers with success, and no administrator sees an error.\n"
        )?;
    }
    if !deciding.is_empty() {
        writeln!(out, "### Fix first\n")?;
        let (named, more) = cause::first(&deciding, NAMED);
        for (place, cause) in named.into_iter().enumerate() {
            writeln!(out, "{}. **{}** {}", place + 1, cause.level, text(&fix_first::headline(cause)))?;
            writeln!(out, "   <br>Fix: {}", text(&cause.finding.fix))?;
            writeln!(out, "   <br>{}", code(&fix_first::command(cause, again)))?;
        }
        if !more.is_empty() {
            writeln!(out, "\nand {} more in the report", more.len())?;
        }
        writeln!(out)?;
    }
    if !mild.is_empty() {
        writeln!(
            out,
            "<details><summary>{} that did not fail the run</summary>\n",
            layout::counted(mild.len(), "finding")
        )?;
        for cause in mild.iter().take(MILD) {
            writeln!(out, "- {}: {}", cause.level, text(&fix_first::headline(cause)))?;
        }
        if mild.len() > MILD {
            writeln!(out, "- and {} more", mild.len() - MILD)?;
        }
        writeln!(out, "\n</details>\n")?;
    }
    if !report.left_behind.is_empty() {
        let objects = layout::counted(report.left_behind.len(), "object");
        writeln!(out, "Left behind at the target: {objects}; `scimulate cleanup` tries again.\n")?;
    }
    out.flush()
}

/// Text on one line, with Markdown's and HTML's special characters escaped.
pub fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in layout::clean(text).chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '!' | '#' | '@' | '~' | '>' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Code on one line; a longer row of backticks than any inside encloses it.
pub fn code(code: &str) -> String {
    let code = layout::clean(code);
    let longest = code.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{code}{space}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::verdict::example;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, None, " --target http://x/scim", &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_failed_run_says_what_to_fix_first() {
        let summary = written(&example::report());
        assert!(summary.starts_with("## ❌ scimulate: failed – http://127.0.0.1:8080/scim\n"), "{summary}");
        let first = "1. **critical** cycles/disable-unassigned: \\`active\\` of ada is true, expected false\n   \
                     <br>Fix: Store a boolean.\n   \
                     <br>`scimulate run cycles/disable-unassigned --target http://x/scim`\n";
        assert!(summary.contains(first), "{summary}");
        assert!(summary.contains("> Do not connect a production tenant"), "{summary}");
        assert!(summary.contains("- warning: rules/answer-media-type"), "{summary}");
    }

    #[test]
    fn a_right_server_is_one_sentence() {
        let mut report = example::report();
        report
            .checks
            .retain(|check| check.outcome == crate::check::Outcome::Passed && check.findings.is_empty());
        report.left_behind.clear();
        report.settle();
        let summary = written(&report);
        assert!(summary.starts_with("## ✅ scimulate: passed"), "{summary}");
        assert!(!summary.contains("Fix first") && !summary.contains("<details>"), "{summary}");
    }

    #[test]
    fn what_a_server_answers_is_no_markup() {
        assert_eq!(text("<b> [x](y) `c` a_b\n# h"), "&lt;b\\> \\[x\\](y) \\`c\\` a\\_b \\# h");
        assert_eq!(code("a `b` c"), "`` a `b` c ``");
    }
}
