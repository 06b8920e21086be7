use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::ColorChoice;
use serde_json::Value;

use super::failure::CommandFailure;
use crate::report::{layout, stream};

/// Colours for the whole process as the user asked for on the command line.
pub(super) fn choose_color(choice: clap::ColorChoice) {
    match choice {
        clap::ColorChoice::Auto => {}
        clap::ColorChoice::Always => ColorChoice::Always.write_global(),
        clap::ColorChoice::Never => ColorChoice::Never.write_global(),
    }
}

/// Writes a text to standard output, as a terminal may show it.
pub(super) fn say(text: &str) -> Result<(), CommandFailure> {
    say_exactly(layout::visible(text).as_bytes())
}

/// The same with what a reporter has written.
pub(super) fn say_bytes(bytes: &[u8]) -> Result<(), CommandFailure> {
    say(&String::from_utf8_lossy(bytes))
}

/// Writes JSON for people and programs: indented, with a line break at its end.
pub(super) fn say_json(value: &Value) -> Result<(), CommandFailure> {
    say(&format!("{value:#}\n"))
}

/// Writes a value to standard output: as it is for another program, and as a terminal may show it for
/// people.
pub(super) fn hand_over(value: &str) -> Result<(), CommandFailure> {
    if io::stdout().is_terminal() { say(value) } else { say_exactly(value.as_bytes()) }
}

/// Set once a report takes standard output, which it may not share: what is said goes to standard error then.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes standard output for one report. False when another one has it.
pub(super) fn take_standard_output() -> bool {
    !TAKEN.swap(true, Ordering::Relaxed)
}

/// True when a report has standard output.
pub(super) fn is_taken() -> bool {
    TAKEN.load(Ordering::Relaxed)
}

/// A reader that has gone away, as in `| head` or with its terminal, is not an error.
fn say_exactly(bytes: &[u8]) -> Result<(), CommandFailure> {
    let written = match is_taken() {
        true => wholly(&mut io::stderr().lock(), bytes),
        false => wholly(&mut io::stdout().lock(), bytes),
    };
    match written {
        Err(error) if is_gone(&error) => Ok(()),
        written => {
            written.map_err(|error| CommandFailure::internal(format!("cannot write what was found: {error}")))
        }
    }
}

fn wholly(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes).and_then(|()| out.flush())
}

pub(super) fn is_gone(error: &io::Error) -> bool {
    #[cfg(unix)]
    let hung_up = rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::IO);
    #[cfg(not(unix))]
    let hung_up = false;
    hung_up || error.kind() == io::ErrorKind::BrokenPipe
}

/// Writes one remark to standard error. When nobody can read it, nobody misses it.
pub(super) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", layout::visible(text));
}

/// Says why a command could not do what it was asked.
pub(super) fn complain(failure: &CommandFailure) {
    remark(&failure.render(stream::wants_color(&io::stderr())));
}
