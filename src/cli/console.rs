use std::io::{self, IsTerminal, Write};

use super::failure::Failure;

/// Writes a text to standard output. A reader that has gone away, as in `| head`, is no error.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    say_bytes(text.as_bytes())
}

/// The same with what a reporter has written.
pub(super) fn say_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => {
            written.map_err(|error| Failure::internal(format!("cannot write to standard output: {error}")))
        }
    }
}

/// Writes one remark to standard error. When nobody can read it, nobody misses it.
pub(super) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says why a command could not do what it was asked.
pub(super) fn complain(failure: &Failure) {
    remark(&failure.render(wants_color(&io::stderr())));
}

/// True when colours are wanted on this stream.
pub(super) fn wants_color(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
}
