//! What is shown and written while a job goes on.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use crate::cli::failure::CommandFailure;
use crate::cli::output::unwritten;
use crate::cli::{console, exec};
use crate::entra::job::{Identity, LogEntry, LogRecord, Watcher};
use crate::report::layout;

/// A progress bar, and the log file if one is named.
pub(super) struct Follow {
    followed: Arc<Followed>,
    path: PathBuf,
}

#[derive(Debug)]
struct Followed {
    bar: ProgressBar,
    identity: Identity,
    cycle: Mutex<Uuid>,
    logs: Option<Mutex<Logs>>,
}

#[derive(Debug)]
struct Logs {
    out: File,
    /// The first mistake; nothing is written after it.
    problem: Option<io::Error>,
}

impl Follow {
    /// Opens the log file at its end.
    pub fn open(path: Option<&Path>, identity: Identity) -> Result<Self, CommandFailure> {
        let logs = match path {
            None => None,
            Some(path) => {
                let file = open_log(path).map_err(|error| {
                    CommandFailure::usage(
                        format!("cannot write {}: {error}", path.display()),
                        "name a file in a folder that exists with --logs",
                    )
                })?;
                Some(Mutex::new(Logs { out: file, problem: None }))
            }
        };
        // A bar is drawn with escape codes, which a dumb terminal shows as letters.
        let drawn = if io::stderr().is_terminal() && anstyle_query::term_supports_color() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, drawn);
        if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {wide_msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        let followed = Followed { bar, identity, cycle: Mutex::new(Uuid::nil()), logs };
        Ok(Follow { followed: Arc::new(followed), path: path.map(Path::to_path_buf).unwrap_or_default() })
    }

    /// Who hears of every event.
    pub fn watcher(&self) -> Arc<dyn Watcher> {
        Arc::clone(&self.followed) as Arc<dyn Watcher>
    }

    /// Ends the bar and the file.
    pub fn close(self) -> Result<(), CommandFailure> {
        self.followed.bar.finish_and_clear();
        let Some(logs) = &self.followed.logs else { return Ok(()) };
        let mut logs = logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.problem.take().map_or(Ok(()), |error| Err(unwritten(&self.path, &error)))
    }
}

/// Opens a log at its end. A last line that was broken off, by a full disk or a machine that went
/// down, is closed off, so that the next one stays readable.
fn open_log(path: &Path) -> io::Result<File> {
    let mut file = File::options().create(true).append(true).open(path)?;
    let about = file.metadata()?;
    if about.is_file() && about.len() > 0 {
        let mut last = [0];
        let mut written = File::open(path)?;
        written.seek(SeekFrom::End(-1))?;
        written.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

impl Watcher for Followed {
    fn begins(&self, name: &str, _initial: bool, objects: usize) {
        *self.cycle.lock().unwrap_or_else(PoisonError::into_inner) = Uuid::new_v4();
        self.bar.reset();
        self.bar.set_length(objects as u64);
        self.bar.set_prefix(name.to_owned());
    }

    fn logged(&self, entry: &LogEntry, record: &LogRecord) {
        self.bar.inc(1);
        self.bar.set_message(layout::clean(&entry.label));
        let Some(logs) = &self.logs else { return };
        let cycle = *self.cycle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut logs = logs.lock().unwrap_or_else(PoisonError::into_inner);
        if logs.problem.is_none() {
            let line = self.identity.summary(cycle, entry, record);
            // In one piece and at once: a run that is killed leaves whole lines.
            if let Err(error) = logs.out.write_all(format!("{line}\n").as_bytes()) {
                logs.problem = Some(error);
            }
        }
    }
}

/// Hands a notification to a command. That it fails is said, and stops nothing.
pub(super) async fn notify(command: &str, notice: &Value) {
    let told = async {
        let mut child = exec::shell(command).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // A command that does not read its input is none the worse for it.
            let _ = input.write_all(format!("{notice}\n").as_bytes()).await;
        }
        child.wait().await
    };
    match told.await {
        Ok(status) if status.success() => {}
        Ok(status) => console::remark(&format!("warning: the command of --notify failed: {status}")),
        Err(error) => console::remark(&format!("warning: the command of --notify cannot be run: {error}")),
    }
}
