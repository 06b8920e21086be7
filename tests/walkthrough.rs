//! The console blocks of docs/ are played: their commands run in a shell, in an empty folder for each page, and print what
//! the page shows.
//!
//! `docs/walkthrough.md` is played as a reader would. Before a block of another page, a comment may say what is played
//! first and not shown, `<!-- played after: COMMANDS -->`, that the block is a file, `<!-- file: NAME -->`, or why it is
//! not played, `<!-- not played: REASON -->`. There `…` is whatever stands in its place, a number stands for every number,
//! and a command without lines below it may print anything; it must only not fail for a reason of its own.

#![cfg(all(unix, feature = "cli"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The port of the page. Another one is used, because it may be taken.
const PORT: &str = "8080";

/// Pages that another test plays: tests/eval.rs.
const ELSEWHERE: &[&str] = &["expressions.md"];

/// The token that a page leaves out.
const TOKEN: &str = "demo-token";

/// The last day of the waivers of the pages. Another one is used, because that day comes.
const LAST_DAY: (&str, &str) = ("2027-01-31", "9998-12-31");

/// The commands of a block, each with the lines below it.
fn commands(block: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => commands.push((command.to_owned(), String::new())),
            None => {
                let (_, shown) = commands.last_mut().unwrap();
                shown.push_str(&format!("{line}\n"));
            }
        }
    }
    commands
}

/// A block of a page.
struct Block<'a> {
    /// What its comment says: the word before the colon, and the rest.
    comment: Option<(&'a str, &'a str)>,
    language: &'a str,
    text: &'a str,
}

/// The blocks of a page between fences.
fn blocks(page: &str) -> Vec<Block<'_>> {
    let parts: Vec<&str> = page.split("```").collect();
    let pairs = parts.chunks_exact(2);
    pairs
        .map(|pair| {
            let (language, text) = pair[1].split_once('\n').unwrap();
            let comment =
                pair[0].trim_end().strip_suffix("-->").and_then(|before| before.rsplit_once("<!--"));
            let comment = comment.and_then(|(_, comment)| comment.split_once(':'));
            Block { comment: comment.map(|(word, rest)| (word.trim(), rest.trim())), language, text }
        })
        .collect()
}

/// A text in which every number is the same one.
fn without_numbers(text: &str) -> String {
    let mut digits = false;
    let mut without = String::new();
    for c in text.chars() {
        let of_number = c.is_ascii_digit() || digits && c == ',';
        if !of_number {
            without.push(c);
        } else if !digits {
            without.push('0');
        }
        digits = of_number;
    }
    without
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
        // A terminal's width and colours, and the variables of a CI system, change what is printed and kept.
        for name in ["CI", "COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "SCIMULATE_TOKEN"] {
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

/// What docs/ has under a name.
fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap()
}

/// Fails when a command prints something else than a page shows.
fn compare(name: &str, command: &str, printed: String, shown: String) {
    let (printed, shown) = (snapbox::data::Data::from(printed), snapbox::data::Data::from(shown));
    if let Err(error) = snapbox::Assert::new().try_eq(Some(&command), printed, shown) {
        panic!("`{command}` prints something else than docs/{name} shows:\n{error}");
    }
}

#[test]
fn the_walkthrough_shows_what_happens() {
    let page = page("walkthrough.md");
    let mut shell = Shell::new();
    let blocks = blocks(&page).into_iter().filter(|block| block.language == "console");
    let commands: Vec<_> = blocks.flat_map(|block| commands(block.text)).collect();
    assert!(commands.len() > 15, "{commands:?}");
    for (command, shown) in commands {
        let printed = shell.run(&command);
        compare("walkthrough.md", &command, printed, shown);
    }
    assert!(shell.background.is_none(), "the page stops its server");
}

/// Plays the blocks of a page and says how many commands of it were played.
fn play(name: &str, page: &str) -> usize {
    let mut shell = Shell::new();
    let mut played = 0;
    for block in blocks(page) {
        let console = block.language == "console";
        match block.comment {
            Some(("file", file)) => {
                let text = block.text.replace(LAST_DAY.0, LAST_DAY.1);
                fs::write(shell.folder.path().join(file), text).unwrap();
            }
            Some(("not played", reason)) => {
                assert!(!reason.is_empty(), "docs/{name} does not say why a block is not played");
                continue;
            }
            Some(("played after", before)) => {
                assert!(console, "docs/{name}: commands before a block that is not played");
                for command in before.lines() {
                    shell.run(&command.replace('…', TOKEN));
                }
            }
            _ => {}
        }
        let commands = if console { commands(block.text) } else { Vec::new() };
        for (command, shown) in commands {
            let printed = shell.run(&command.replace('…', TOKEN).replace(LAST_DAY.0, LAST_DAY.1));
            assert!(shell.code <= 1, "docs/{name}: `{command}` exits with {}:\n{printed}", shell.code);
            if !shown.is_empty() {
                let shown = shown.replace("…\n", "...\n");
                compare(name, &command, without_numbers(&printed), without_numbers(&shown));
            }
            played += 1;
        }
    }
    played
}

#[test]
fn the_other_pages_show_what_happens() {
    let mut played = BTreeMap::new();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") && name != "walkthrough.md" && !ELSEWHERE.contains(&name.as_str()) {
            played.insert(name.clone(), play(&name, &page(&name)));
        }
    }
    for (name, least) in
        [("snapshots.md", 3), ("waivers.md", 5), ("init.md", 2), ("attributes.md", 1), ("hands.md", 3)]
    {
        assert!(played[name] >= least, "{played:?}");
    }
}

#[test]
fn a_page_that_shows_something_else_is_noticed() {
    let page = "```console\n$ echo 3 users, 1,200 groups\n7 users, 9 groups\n```\n";
    assert_eq!(play("made-up.md", page), 1);
    let wrong = page.replace("groups\n```", "people\n```");
    assert!(std::panic::catch_unwind(|| play("made-up.md", &wrong)).is_err());
    let unknown = "```console\n$ scimulate run --quikc\n```\n";
    assert!(std::panic::catch_unwind(|| play("made-up.md", unknown)).is_err());
    let marked = format!("<!-- not played: it cannot be -->\n{unknown}");
    assert_eq!(play("made-up.md", &marked), 0);
}
