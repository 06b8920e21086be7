//! `--exec`: the server under test, started before a run and stopped after it.

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

use super::credentials;
use super::failure::CommandFailure;
use crate::http::{Secrets, Trust, wait_for};

/// How long a server may take to stop before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// Groups of servers that still run: the second Ctrl-C leaves no time for anything else.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Ends every server at once, before the process ends without unwinding.
pub(super) fn end_all() {
    for group in RUNNING.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        terminate(group, true);
    }
}

/// How much of what the server said last is kept, in bytes.
const KEPT: usize = 8 << 10;

/// A running server. It is stopped, with everything it started, when this is dropped.
#[derive(Debug)]
pub(super) struct Exec {
    child: Child,
    group: u32,
    said: Arc<Mutex<Vec<u8>>>,
    secrets: Secrets,
}

impl Exec {
    /// Starts a command line through the system's shell. What it says is kept, and shown without `secrets`:
    /// it may log the requests it gets.
    ///
    /// Must be called inside a runtime.
    pub(super) fn start(command_line: &str, secrets: Secrets) -> Result<Self, CommandFailure> {
        let mut command = shell(command_line);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // A group of its own: Ctrl-C must not stop the server before the run has cleaned up.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| {
            CommandFailure::usage(
                format!("the command of --exec cannot be started: {error}"),
                "check the command of --exec",
            )
        })?;
        // A child that was not waited for has an id.
        let group = child.id().unwrap_or_default();
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).push(group);
        let said = Arc::new(Mutex::new(Vec::new()));
        keep(child.stdout.take(), &said);
        keep(child.stderr.take(), &said);
        Ok(Exec { child, group, said, secrets })
    }

    /// Waits until something answers at `url`, or the server ends.
    pub(super) async fn until_it_answers(
        &mut self,
        url: &str,
        trust: &Trust,
        limit: Duration,
    ) -> Result<(), CommandFailure> {
        tokio::select! {
            answered = wait_for(url, trust, limit) => answered.map_err(|problem| {
                let CommandFailure::Plain { what, next, .. } = CommandFailure::from(problem) else {
                    return CommandFailure::internal("a problem without a sentence");
                };
                CommandFailure::target(format!("{what}{}", self.last_output()), next.unwrap_or_default())
            }),
            ended = self.child.wait() => {
                let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
                // What was written last may still be on its way through the pipe.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(CommandFailure::target(
                    format!("the server started by --exec ended before it answered ({how}){}", self.last_output()),
                    "run the command by hand to see why",
                ))
            }
        }
    }

    fn last_output(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&said);
        let text = self.secrets.hide(&text);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        match lines[lines.len().saturating_sub(3)..].join(" | ") {
            last if last.is_empty() => String::new(),
            last => {
                let length = last.chars().count();
                let end: String = last.chars().skip(length.saturating_sub(300)).collect();
                format!("; its last output: {end}")
            }
        }
    }

    /// Stops the server and everything it started.
    pub(super) async fn stop(mut self) {
        terminate(self.group, false);
        if tokio::time::timeout(GRACE, self.child.wait()).await.is_err() {
            terminate(self.group, true);
            let _ = self.child.wait().await;
        }
    }
}

impl Drop for Exec {
    fn drop(&mut self) {
        terminate(self.group, true);
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).retain(|group| *group != self.group);
    }
}

/// Reads until the end, keeping the last bytes: a pipe that nobody reads would stop the server.
fn keep(pipe: Option<impl AsyncRead + Unpin + Send + 'static>, said: &Arc<Mutex<Vec<u8>>>) {
    let Some(mut pipe) = pipe else { return };
    let said = Arc::clone(said);
    tokio::spawn(async move {
        let mut piece = [0; 4096];
        while let Ok(read @ 1..) = pipe.read(&mut piece).await {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.extend_from_slice(&piece[..read]);
            let excess = said.len().saturating_sub(KEPT);
            said.drain(..excess);
        }
    });
}

/// The system's shell with that command line. It does not inherit our secrets.
pub(super) fn shell(command_line: &str) -> Command {
    let (program, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut command = Command::new(program);
    command.arg(option).arg(command_line);
    for name in credentials::VARIABLES {
        command.env_remove(name);
    }
    command
}

/// Ends the whole group: the shell alone would leave the server running. What is left of a group
/// whose shell has ended is ended too.
#[cfg(unix)]
fn terminate(group: u32, at_once: bool) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, if at_once { Signal::KILL } else { Signal::TERM });
    }
}

#[cfg(not(unix))]
fn terminate(_: u32, _: bool) {
    // `kill_on_drop` ends the child.
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const SYSTEM: Trust = Trust::System;

    #[tokio::test]
    async fn a_server_that_ends_early_is_quoted() {
        let secrets = Secrets::default();
        secrets.add("token-0123456789");
        let command = "echo starting; echo no database for token-0123456789 >&2; exit 7";
        let mut exec = Exec::start(command, secrets).unwrap();
        let url = "http://127.0.0.1:9/";
        let failure = exec.until_it_answers(url, &SYSTEM, Duration::from_secs(20)).await.unwrap_err();
        let text = failure.render(false);
        assert!(text.contains("exit status: 7") && text.contains("no database for [redacted]"), "{text}");
    }

    #[tokio::test]
    async fn what_the_command_started_is_stopped_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("pid");
        let exec =
            Exec::start(&format!("sleep 300 & echo $! > '{}'; wait", mark.display()), Secrets::default())
                .unwrap();
        let pid = loop {
            match std::fs::read_to_string(&mark) {
                Ok(text) if text.ends_with('\n') => break text.trim().to_owned(),
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        exec.stop().await;
        let stat = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // A zombie (state Z) has ended too.
        let alive = || !stat().is_empty() && !stat().contains(") Z ");
        for _ in 0..200 {
            if !alive() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("process {pid} still lives");
    }
}
