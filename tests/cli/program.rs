//! Calls of the program, and what they print.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A call of the program in an empty folder, with an environment of its own.
pub struct Call {
    pub folder: tempfile::TempDir,
    pub command: Command,
}

impl Call {
    pub fn new(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(arguments).current_dir(folder.path()).stdin(Stdio::null());
        command.env_remove("SCIMULATE_TOKEN").env("HOME", folder.path()).env("XDG_STATE_HOME", folder.path());
        for proxy in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        Call { folder, command }
    }

    /// The same with a file in its folder.
    pub fn file(self, name: &str, text: &str) -> Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The same with a run against `base` that was interrupted.
    pub fn interrupted(self, base: &str) -> Self {
        let head = format!(r#"{{"format":"scimulate-journal/1","base":"{base}","prefix":"smbcdfghjk"}}"#);
        self.file("scimulate/smbcdfghjk.jsonl", &format!("{head}\n"))
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn play(mut self) -> Played {
        let output = self.command.output().unwrap();
        Played::new(&output, self.folder.path())
    }
}

pub struct Played {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Played {
    pub fn new(output: &Output, folder: &Path) -> Self {
        let text =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(folder.to_str().unwrap(), "[folder]");
        let played =
            Played { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
        for text in [&played.out, &played.err] {
            assert!(!text.contains("panicked") && !text.contains("bug in scimulate"), "{text}");
        }
        played
    }

    /// Failed with one message that says what is wrong and what to do.
    #[track_caller]
    pub fn failed(&self, code: i32, what: &str, next: &str) {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        let errors = self.err.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(errors, 1, "{}", self.err);
        assert!(self.err.lines().count() <= 8, "no cascade:\n{}", self.err);
        assert!(self.err.contains(what), "`{what}` is not in\n{}", self.err);
        assert!(self.err.contains(next), "`{next}` is not in\n{}", self.err);
    }
}

pub const SCENARIO: &str = "cycles/create-user";
