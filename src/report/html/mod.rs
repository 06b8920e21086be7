//! The report for a browser: one file that needs no network.
//!
//! The first screen, the causes and the table of checks are plain HTML. Exchanges and explanations stand in the page as
//! compressed JSON, which its script opens. Every text of a target is escaped where it is put in: Askama does that in
//! the template, and the script sets text and never markup.

mod exchanges;
mod latency;
mod page;

use std::io::{self, Write};

use crate::check::About;
use crate::gallery::GalleryVerdict;
use crate::run::event::{Event, Listener};
use crate::run::verdict::report::Report;
use exchanges::ExchangeLog;
use latency::Latencies;

/// Keeps what a run sends and receives until the page is written.
#[derive(Debug, Default)]
pub struct Html {
    exchanges: ExchangeLog,
    latencies: Latencies,
}

/// What the page says beside the report.
#[derive(Debug, Clone, Copy)]
pub struct HtmlSettings<'a> {
    /// What Microsoft's gates say, if they were played.
    pub verdict: Option<&'a GalleryVerdict>,
    /// What each check says of itself.
    pub abouts: &'a [About],
    /// Options that lead the commands in the page to the same target: ` --target URL --yes`. Empty for none.
    pub again: &'a str,
}

impl Html {
    /// Writes the page.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(self, report: &Report, settings: &HtmlSettings<'_>, out: &mut dyn Write) -> io::Result<()> {
        let data = self.exchanges.finish(report, settings.abouts)?;
        page::write(report, settings, &self.latencies, &data, out)
    }
}

impl Listener for Html {
    fn on(&mut self, event: &Event) {
        let (scenario_run, trace) = match event {
            Event::Prepared { trace, .. } => (None, trace),
            Event::ScenarioFinished { scenario_run, trace, .. } => (Some(scenario_run), trace),
            _ => return,
        };
        self.exchanges.add(scenario_run, trace);
        trace.iter().for_each(|exchange| self.latencies.add(exchange));
    }
}

#[cfg(test)]
mod tests;
