//! Annotations for a GitHub workflow: one line per cause on standard output. The summary of the job is
//! [`markdown`](super::markdown).

use std::io::{self, Write};

use crate::check::Level;
use crate::run::verdict::cause::{self, causes};
use crate::run::verdict::report::Report;
use crate::run::verdict::waived::WaiverState;

/// How many causes are annotated: a step of a workflow shows ten errors, ten warnings and ten notices, and a reader
/// fewer. Every critical one is.
const ANNOTATED: usize = 10;

/// Writes one workflow command per cause in the order in which one mends a server. The report has those that are left
/// out.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let causes = causes(report);
    let causes: Vec<_> = causes.iter().collect();
    let (annotated, _) = cause::first(&causes, ANNOTATED);
    for cause in annotated {
        let command = match cause.level {
            Level::Critical | Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let finding = cause.finding;
        let text = format!("{}\n{}\nFix: {}", finding.message, finding.entra, finding.fix);
        let title = format!("{} {}", cause.level, finding.rule);
        writeln!(out, "::{command} title={}::{}", property(&title), data(&text))?;
    }
    for note in &report.known.waivers {
        // What has expired may have let the run fail.
        let command = if note.state == WaiverState::Expired { "warning" } else { "notice" };
        let text = format!("{} ({}) {}", note.check, note.place, note.message);
        writeln!(out, "::{command} title=waiver {}::{}", note.state.as_str(), data(&text))?;
    }
    out.flush()
}

/// Escapes as GitHub's toolkit does for the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::verdict::example;

    #[test]
    fn each_cause_is_one_line() {
        let mut out = Vec::new();
        write(&example::report(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(
            lines[0],
            "::error title=critical cycles/disable-unassigned::`active` of ada is true, expected false\
             %0ASuccess although the leaver still signs in.%0AFix: Store a boolean."
        );
        assert!(lines[1].starts_with("::warning title=warning rules/answer-media-type::"));
        let waiver =
            "::notice title=waiver passes::cycles/create-user (waivers.toml:7) passes: remove the waiver";
        assert_eq!(lines[2], waiver);
    }

    #[test]
    fn a_message_cannot_begin_a_command_of_its_own() {
        assert_eq!(data("a\n::set-output name=x::y 100%"), "a%0A::set-output name=x::y 100%25");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
