//! A running server, a folder for the files of one test, and the people in it.

use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A running server, and a folder for the files of one test.
pub struct Deployment {
    pub child: Child,
    pub base: String,
    pub token: String,
    pub folder: tempfile::TempDir,
}

pub struct Played {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
    command.current_dir(folder).stdin(Stdio::null()).env_remove("SCIMULATE_TOKEN");
    for proxy in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command
}

impl Deployment {
    pub fn new(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child =
            program(folder.path()).arg("serve").args(options).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["READY", base, token] = words[..] else { panic!("{line}") };
        Deployment { base: base.to_owned(), token: token.to_owned(), child, folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn play(&self, arguments: &[&str]) -> Played {
        let output =
            program(self.folder.path()).args(arguments).env("SCIMULATE_TOKEN", &self.token).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let played = Played {
            code: output.status.code().unwrap(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        };
        assert!(!played.err.contains("panicked"), "{}", played.err);
        played
    }

    /// `sync` with a directory file of that text.
    pub fn sync(&self, people: &str, options: &[&str]) -> Played {
        self.write("people.yaml", people);
        let mut arguments = vec!["sync", "--directory", "people.yaml", "--target", &self.base];
        arguments.extend(options);
        self.play(&arguments)
    }

    /// `sync` with the directory file as it is and a request every 60 ms, still running.
    pub fn start_slowly(&self, options: &[&str]) -> Child {
        program(self.folder.path())
            .args(["sync", "--directory", "people.yaml", "--target", &self.base, "--pace", "60"])
            .args(options)
            .env("SCIMULATE_TOKEN", &self.token)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// What the server holds.
    pub fn held(&self, endpoint: &str) -> Vec<Value> {
        let (authority, path) = self.base.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let mut stream = TcpStream::connect(authority).unwrap();
        let token = &self.token;
        write!(
            stream,
            "GET /{path}/{endpoint} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {token}\r\n\
             Connection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["Resources"].as_array().unwrap().clone()
    }

    pub fn user(&self, name: &str) -> Option<Value> {
        self.held("Users").into_iter().find(|user| user["userName"] == name)
    }

    /// The provisioning log: action, status, and the source's name, since the last call.
    pub fn log(&self) -> Vec<String> {
        let path = self.path("log.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(path).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        lines
            .map(|line| {
                format!(
                    "{} {} {}",
                    word(&line["provisioningAction"]),
                    word(&line["provisioningStatusInfo"]["status"]),
                    word(&line["sourceIdentity"]["displayName"])
                )
            })
            .collect()
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub const ADA: &str = "  - id: a
    userPrincipalName: ada@example.com
    displayName: Ada
    jobTitle: Analyst
    manager: grace@example.com
";

pub const GRACE: &str = "  - id: g
    userPrincipalName: grace@example.com
    displayName: Grace
";

pub const TEAM: &str = "groups:
  - id: t
    displayName: Team
    members: [ada@example.com]
";

pub const KEPT: [&str; 4] = ["--state", "state.json", "--logs", "log.jsonl"];

pub fn people(users: &[&str]) -> String {
    format!("users:\n{}", users.concat())
}
