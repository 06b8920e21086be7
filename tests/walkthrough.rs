//! `docs/walkthrough.md` is played: its commands run in a shell, in an empty folder, and print what the page shows.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The port of the page. Another one is used, because it may be taken.
const PORT: &str = "8080";

/// The console blocks of a page: each command with the lines below it.
fn commands(page: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for block in page.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(command) => commands.push((command.to_owned(), String::new())),
                None => {
                    let (_, shown) = commands.last_mut().unwrap();
                    shown.push_str(&format!("{line}\n"));
                }
            }
        }
    }
    commands
}

/// A shell of which a test needs little: one process in the background, variables, and the last exit code.
struct Shell {
    folder: tempfile::TempDir,
    port: String,
    variables: BTreeMap<String, String>,
    background: Option<Child>,
    code: i32,
}

impl Shell {
    fn new() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let folder = tempfile::tempdir().unwrap();
        Shell { folder, port: free, variables: BTreeMap::new(), background: None, code: 0 }
    }

    /// What a command prints, with the port of the page.
    fn run(&mut self, written: &str) -> String {
        if let Some(variable) = written.strip_prefix("export ") {
            let (name, value) = variable.split_once('=').unwrap();
            self.variables.insert(name.to_owned(), value.to_owned());
            return String::new();
        }
        if written == "kill %1" {
            self.stop();
            return String::new();
        }
        if written == "echo $?" {
            return format!("{}\n", self.code);
        }
        let command = written.replace(PORT, &self.port);
        let printed = match command.strip_suffix(" &") {
            Some(server) => {
                let mut child = self.shell(&format!("exec {server}")).stdout(Stdio::piped()).spawn().unwrap();
                let mut line = String::new();
                BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
                self.background = Some(child);
                line
            }
            None => {
                let output = self.shell(&format!("{command} 2>&1")).output().unwrap();
                self.code = output.status.code().unwrap();
                String::from_utf8(output.stdout).unwrap()
            }
        };
        printed.replace(&self.port, PORT)
    }

    fn shell(&self, command: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_scimulate")).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path =
            std::env::join_paths([PathBuf::from(program)].into_iter().chain(std::env::split_paths(&path)));
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(self.folder.path()).stdin(Stdio::null());
        shell
            .env("PATH", path.unwrap())
            .env("HOME", self.folder.path())
            .env("XDG_STATE_HOME", self.folder.path());
        // A terminal's width and colours, and the variables of a CI system, change what is printed.
        for name in ["COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "SCIMULATE_TOKEN"] {
            shell.env_remove(name);
        }
        shell.envs(&self.variables);
        shell
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.background.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        if let Some(child) = &mut self.background {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn the_walkthrough_shows_what_happens() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/walkthrough.md");
    let page = fs::read_to_string(page).unwrap();
    let golden = snapbox::Assert::new();
    let mut shell = Shell::new();
    let commands = commands(&page);
    assert!(commands.len() > 15, "{commands:?}");
    for (command, shown) in commands {
        let printed = shell.run(&command);
        let shown = snapbox::data::Data::from(shown);
        if let Err(error) = golden.try_eq(Some(&command), snapbox::data::Data::from(printed), shown) {
            panic!("`{command}` prints something else than docs/walkthrough.md shows:\n{error}");
        }
    }
    assert!(shell.background.is_none(), "the page stops its server");
}
