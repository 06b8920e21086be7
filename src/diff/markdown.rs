//! The comparison in Markdown, for a comment on a pull request.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{COUNTS, Diff, Told};
use crate::report::layout;
use crate::report::markdown::{code, text};

/// How many newly failing things are told in full.
const NAMED: usize = 20;

/// How many names are given with a reason.
const NAMES: usize = 5;

/// Writes what differs: what fails newly in full, what was mended as a list, the rest folded.
///
/// # Errors
/// Those of `out`.
pub fn write(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    let (mark, word) = match diff.word() {
        "WORSE" => ("❌", "the server got worse"),
        "INCOMPLETE" => ("⚠️", "the new run is incomplete"),
        "BETTER" => ("✅", "the server got better"),
        _ => ("✅", "the server did not get worse"),
    };
    writeln!(out, "## {mark} scimulate: {word}\n")?;
    writeln!(out, "{}\n", text(&diff.sentence()))?;
    for remark in &diff.remarks {
        writeln!(out, "> [!NOTE]\n> {}\n", text(remark))?;
    }
    if !diff.worse.is_empty() {
        writeln!(out, "### Newly failing\n")?;
        for (place, told) in diff.worse.iter().take(NAMED).enumerate() {
            writeln!(out, "{}. **{}** {}", place + 1, told.level, text(&told.headline()))?;
            if !told.before.is_empty() {
                writeln!(out, "   <br>{}", text(&told.before))?;
            }
            writeln!(out, "   <br>Fix: {}", text(&told.fix))?;
            writeln!(out, "   <br>{}", code(&told.command()))?;
        }
        if diff.worse.len() > NAMED {
            writeln!(out, "\nand {} more", diff.worse.len() - NAMED)?;
        }
        writeln!(out)?;
    }
    if !diff.mended.is_empty() {
        writeln!(out, "### Mended\n")?;
        list(&diff.mended, out)?;
        writeln!(out)?;
    }
    folded(&format!("new, below {COUNTS}"), &diff.milder, out)?;
    folded("waived now", &diff.waived, out)?;
    folded("as before", &diff.same, out)?;
    folded("failed before, and not judged now", &diff.unknown, out)?;
    results("no longer judged", &diff.no_longer_judged, out)?;
    results("judged only now", &diff.newly_judged, out)?;
    out.flush()
}

fn folded(title: &str, told: &[Told], out: &mut dyn Write) -> io::Result<()> {
    if told.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>{} {title}</summary>\n", layout::thousands(told.len()))?;
    list(told, out)?;
    writeln!(out, "\n</details>\n")
}

fn list(told: &[Told], out: &mut dyn Write) -> io::Result<()> {
    for one in told.iter().take(NAMED) {
        let before = match one.before.as_str() {
            "" => String::new(),
            before => format!(" ({})", text(before)),
        };
        writeln!(out, "- {}: {}{before}", one.level, text(&one.headline()))?;
    }
    if told.len() > NAMED {
        writeln!(out, "- and {} more", told.len() - NAMED)?;
    }
    Ok(())
}

fn results(title: &str, results: &BTreeMap<String, Vec<String>>, out: &mut dyn Write) -> io::Result<()> {
    if results.is_empty() {
        return Ok(());
    }
    let number: usize = results.values().map(Vec::len).sum();
    writeln!(out, "<details><summary>{} {title}</summary>\n", layout::counted(number, "result"))?;
    for (reason, ids) in results.iter().take(NAMED) {
        let names = text(&layout::listed(ids, NAMES));
        writeln!(out, "- {}, {}: {names}", layout::counted(ids.len(), "result"), text(reason))?;
    }
    if results.len() > NAMED {
        writeln!(out, "- and {} more reasons", results.len() - NAMED)?;
    }
    writeln!(out, "\n</details>\n")
}
