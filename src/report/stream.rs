//! What a stream of the program takes: colours, and the columns of its terminal.

use std::ffi::OsStr;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use terminal_size::terminal_size;

use super::settings::{Detail, MAX_CAUSES, TerminalSettings, WIDTH};

/// Columns that are needed for labels and a word.
const NARROWEST: usize = 40;

impl TerminalSettings {
    /// Settings for a stream: colours on a terminal unless `NO_COLOR` is set, and lines as long as the terminal's.
    #[must_use]
    pub fn for_stream(stream: &impl RawStream, detail: Detail) -> Self {
        let columns = columns(stream);
        TerminalSettings {
            color: wants_color(stream),
            detail,
            max_causes: MAX_CAUSES,
            width: columns.unwrap_or(WIDTH),
            wraps_all: columns.is_some(),
            again: String::new(),
        }
    }
}

/// True when colours are wanted on this stream: it is a terminal that knows them, and neither `NO_COLOR`
/// (no-color.org) nor its kin say otherwise.
pub fn wants_color(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

/// Takes colours for the whole process, clap's help included, from the environment where anstream does not: a dumb
/// terminal has none, and `FORCE_COLOR` (force-color.org) asks for them.
pub fn respect_environment() {
    let forced = is_forced(std::env::var_os("FORCE_COLOR").as_deref(), anstyle_query::no_color());
    if forced {
        ColorChoice::Always.write_global();
    } else if is_dumb(std::env::var_os("TERM").as_deref(), anstyle_query::clicolor_force()) {
        ColorChoice::Never.write_global();
    }
}

/// `NO_COLOR` comes first, and programs of Node's world write 0 for no.
fn is_forced(force_color: Option<&OsStr>, no_color: bool) -> bool {
    !no_color && force_color.is_some_and(|value| !value.is_empty() && value != "0" && value != "false")
}

/// anstream would paint on a dumb terminal when `CI` or `CLICOLOR` is set; only `CLICOLOR_FORCE` asks for that.
fn is_dumb(term: Option<&OsStr>, forced: bool) -> bool {
    !forced && term.is_some_and(|term| term == "dumb")
}

/// Columns of the terminal that a stream goes to.
fn columns(stream: &impl RawStream) -> Option<usize> {
    let (width, _) = terminal_size().filter(|_| stream.is_terminal())?;
    Some(usize::from(width.0).max(NARROWEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dumb_terminal_gets_colours_only_by_force() {
        let dumb = |term: Option<&str>, forced| is_dumb(term.map(OsStr::new), forced);
        assert!(dumb(Some("dumb"), false));
        assert!(!dumb(Some("dumb"), true));
        assert!(!dumb(Some("xterm"), false) && !dumb(None, false));
    }

    #[test]
    fn force_color_asks_for_colours_unless_it_says_no() {
        let forced = |value: &str, no_color| is_forced(Some(OsStr::new(value)), no_color);
        assert!(forced("1", false) && forced("true", false));
        assert!(!forced("", false) && !forced("0", false) && !forced("1", true) && !is_forced(None, false));
    }
}
