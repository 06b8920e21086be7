//! The page over all rows, as Markdown.

use std::fmt::Write as _;

use super::InteropRow;
/// Where the scripts and rows lie, seen from the page.
const FOLDER: &str = "interop";

/// The page: a table with a line for each row, then each server's failures.
#[must_use]
pub fn page(rows: &[InteropRow]) -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str(
        "| server | version | passed | failed | skipped | critical | error | warning | note | gallery |\n",
    );
    text.push_str("|---|---|---:|---:|---:|---:|---:|---:|---:|---|\n");
    for row in rows {
        let (checks, causes) = (&row.checks, &row.causes);
        let _ = writeln!(
            text,
            "| [{}](#{}) | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.server,
            anchor(row),
            row.version,
            checks.passed,
            checks.failed,
            checks.skipped,
            causes.critical,
            causes.error,
            causes.warning,
            causes.note,
            row.gallery.verdict,
        );
    }
    for row in rows {
        section(row, &mut text);
    }
    text
}

const INTRODUCTION: &str = "\
# Public servers

Public SCIM servers as their packages are delivered, with a store in memory or SQLite, tested with `--seed 1 --jobs 1`.
Written by `scimulate interop`; `.ci/run` tests them again and fails when a result differs from this page. The
numbers of checks are those of the day on which a row was written: they grow with each scenario, and are not compared.

A check that found only what another check reports is skipped, blocked by it, so *failed* counts causes, not
consequences; the columns after it count causes by level. *Gallery* is the predicted verdict of Microsoft's
validation. Findings with a script were observed on the wire: the script sends the requests with curl and says whether
the server still returns the answer printed here. Scenarios with concurrent requests are left out, because their results
depend on chance; [real-servers.md](real-servers.md) lists what they found.

";

fn anchor(row: &InteropRow) -> String {
    let title = format!("{} {}", row.server, row.version).to_lowercase();
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn section(row: &InteropRow, text: &mut String) {
    let _ = write!(text, "\n## {} {}\n\n", row.server, row.version);
    if row.failures.is_empty() {
        text.push_str("Nothing failed.\n");
    }
    for failure in &row.failures {
        let _ = writeln!(
            text,
            "- **{}** `{}`: {}{}",
            failure.level,
            failure.check,
            plain(&failure.sentence),
            match failure.blocks {
                0 => String::new(),
                1 => " Blocks another check.".to_owned(),
                blocks => format!(" Blocks {blocks} other checks."),
            }
        );
        if let Some(before) = &failure.before {
            let _ = writeln!(text, "  - after: {}", code(before));
        }
        if !failure.request.is_empty() {
            let _ = writeln!(text, "  - request: {}", code(&failure.request));
            let _ = writeln!(text, "  - answer: {}", code(&failure.answer));
        }
        match &failure.script {
            Some(script) => {
                let folder = super::files_of(&row.server, &row.version);
                let _ = writeln!(text, "  - script: [{script}]({FOLDER}/{folder}/{script})");
            }
            None => text.push_str("  - no script: it takes two scenario runs\n"),
        }
    }
    let _ = writeln!(text, "\nGallery, template {}: {}.", row.gallery.template, row.gallery.verdict);
    if !row.gallery.not_passed.is_empty() {
        text.push_str("Tests that do not pass:\n\n");
        for test in &row.gallery.not_passed {
            let _ = writeln!(text, "- {test}");
        }
    }
}

/// Text that is no markup.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '_' | '<' | '>' | '[' | ']') {
            plain.push('\\');
        }
        plain.push(c);
    }
    if !plain.ends_with('.') {
        plain.push('.');
    }
    plain
}

/// Text in a fixed font, whatever it holds.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Level;
    use crate::interop::{Checks, GalleryResult, InteropFailure, Levels};

    fn row() -> InteropRow {
        InteropRow {
            server: "example-server".into(),
            version: "1.2.0".into(),
            checks: Checks { passed: 700, failed: 1, skipped: 30 },
            causes: Levels { critical: 1, error: 0, warning: 4, note: 2 },
            gallery: GalleryResult {
                verdict: "Failed".into(),
                template: "11".into(),
                not_passed: vec!["3 Disable_User_Test: FAILED".into()],
            },
            failures: vec![InteropFailure {
                level: Level::Critical,
                check: "rules/disable-ignored".into(),
                title: "An accepted disable disables".into(),
                sentence: "active is true after *everything*".into(),
                blocks: 3,
                before: Some(r#"PATCH /Users/{user_1} {"Operations":[]}"#.into()),
                request: "GET /Users/{user_1}".into(),
                answer: r#"200 {"active":true}"#.into(),
                script: Some("rules-disable-ignored.sh".into()),
            }],
        }
    }

    #[test]
    fn a_row_is_in_the_table_and_its_failures_below() {
        let page = page(&[row()]);
        assert!(page.contains(
            "| [example-server](#example-server-120) | 1.2.0 | 700 | 1 | 30 | 1 | 0 | 4 | 2 | Failed |"
        ));
        assert!(page.contains("- **critical** `rules/disable-ignored`: active is true after \\*everything\\*. Blocks 3 other checks."));
        assert!(page.contains("  - after: `PATCH /Users/{user_1} {\"Operations\":[]}`\n  - request: `GET /Users/{user_1}`\n  - answer: `200 {\"active\":true}`\n"));
        assert!(page.contains("(interop/example-server-1.2.0/rules-disable-ignored.sh)"));
        assert!(page.contains("- 3 Disable_User_Test: FAILED"));
    }

    #[test]
    fn numbers_of_checks_are_those_published_and_nothing_else_is() {
        let published = row();
        let mut played = row();
        played.checks.passed += 2;
        played.failures[0].blocks += 1;
        assert_eq!(played.clone().counted_as(&published), published);
        played.causes.error += 1;
        assert_ne!(played.counted_as(&published), published);
        let mut alone = row();
        alone.failures[0].blocks = 0;
        assert_ne!(alone.counted_as(&published), published, "it blocks nothing any more");
    }

    #[test]
    fn failures_of_one_check_and_sentence_are_told_apart_by_their_scripts() {
        let mut published = row();
        let second = InteropFailure {
            blocks: 1,
            script: Some("rules-disable-ignored-2.sh".into()),
            ..published.failures[0].clone()
        };
        let without_script = InteropFailure { blocks: 7, script: None, ..second.clone() };
        published.failures.extend([second, without_script]);
        let mut played = published.clone();
        for failure in &mut played.failures {
            failure.blocks += 1;
        }
        assert_eq!(played.counted_as(&published), published);
    }

    #[test]
    fn a_row_is_read_back_as_it_was_written_and_nothing_else_is_taken_for_one() {
        let json = serde_json::to_value(row()).unwrap();
        assert_eq!(serde_json::from_value::<InteropRow>(json.clone()).unwrap(), row());
        let mut more = json;
        more["surprise"] = 1.into();
        assert!(serde_json::from_value::<InteropRow>(more).is_err());
    }
}
