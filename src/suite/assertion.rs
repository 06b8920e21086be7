//! What a test does with a report.

use crate::report::{TerminalSettings, quoted, terminal};
use crate::run::verdict::report::{Report, Verdict};

impl Report {
    /// The report as `scimulate run` prints it, without colours: first what failed, each cause with what the server
    /// returned, what is right, and what to change.
    #[must_use]
    pub fn text(&self) -> String {
        let again = format!(" --target {}", quoted(&self.target));
        let settings = TerminalSettings { again, ..TerminalSettings::for_file() };
        let mut text = Vec::new();
        match terminal::write(self, &settings, &mut text) {
            Ok(()) => String::from_utf8_lossy(&text).into_owned(),
            // Memory takes everything; the type does not say so.
            Err(error) => format!("the report cannot be written: {error}"),
        }
    }

    /// Ends the test unless the run passed and played something.
    ///
    /// # Panics
    /// With [`Report::text`], which `cargo test` shows, when a check failed, when the run is incomplete, and when every
    /// check was skipped.
    #[track_caller]
    pub fn assert_passed(&self) {
        if self.verdict != Verdict::Passed {
            panic!("{}", self.text());
        }
        if self.is_empty() {
            panic!("no check was played: all were skipped\n{}", self.text());
        }
    }
}
