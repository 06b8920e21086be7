//! Which room may use which (docs/architecture.md). Reads every path of the source, inline ones
//! included, and fails when a room uses one it may not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A room and the rooms it may use. A room below another (`entra/job`) is a room of its own.
const ROOMS: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("input", &[]),
    ("threads", &[]),
    ("keys", &[]),
    ("yaml", &["diagnostic", "keys"]),
    ("scim", &["diagnostic"]),
    ("wire", &["scim"]),
    ("check", &["wire"]),
    ("entra/directory", &["diagnostic"]),
    ("entra/directory_file", &["input", "diagnostic", "keys", "yaml", "entra/directory"]),
    ("entra/mapping", &["input", "scim", "diagnostic", "keys", "yaml", "entra/directory"]),
    ("entra/scope", &["entra/directory", "entra/mapping"]),
    ("entra/dialect", &["scim", "wire"]),
    ("entra/job", &["entra/directory", "entra/mapping", "entra/scope", "entra/dialect", "wire", "scim"]),
    ("entra/oracle", &["entra/directory", "entra/mapping", "entra/scope", "scim"]),
    ("people", &["entra/directory"]),
    ("issuer", &["input"]),
    ("http", &["input", "wire", "issuer"]),
    ("rules", &["scim", "wire", "check"]),
    (
        "scenario",
        &["input", "scim", "check", "diagnostic", "keys", "yaml", "entra/directory", "entra/mapping", "wire"],
    ),
    ("catalogue", &["check", "rules", "scenario", "diagnostic"]),
    ("snapshot", &["input", "wire"]),
    ("run/observer", &["scim", "wire"]),
    ("run/target", &["scim", "wire", "run/observer"]),
    ("run/cleanup", &["scim", "wire", "check", "run/observer", "run/target"]),
    ("run/verdict", &["wire", "check", "scenario", "catalogue"]),
    (
        "run/steps",
        &[
            "diagnostic",
            "scim",
            "wire",
            "check",
            "entra/directory",
            "entra/mapping",
            "entra/scope",
            "entra/dialect",
            "entra/job",
            "entra/oracle",
            "people",
            "scenario",
            "run/observer",
            "run/target",
            "rules",
        ],
    ),
    (
        "run/preflight",
        &[
            "scim",
            "wire",
            "check",
            "people",
            "scenario",
            "entra/directory",
            "entra/mapping",
            "entra/dialect",
            "run/observer",
            "run/cleanup",
            "run/target",
            "run/steps",
            "rules",
        ],
    ),
    (
        "run",
        &[
            "threads",
            "diagnostic",
            "scim",
            "wire",
            "check",
            "entra/directory",
            "entra/mapping",
            "entra/dialect",
            "people",
            "rules",
            "scenario",
            "catalogue",
            "snapshot",
            "run/observer",
            "run/target",
            "run/cleanup",
            "run/verdict",
            "run/steps",
            "run/preflight",
        ],
    ),
    ("gallery", &["check", "run", "scenario", "entra/directory", "entra/mapping", "run/verdict"]),
    ("report", &["check", "scim", "wire", "run", "scenario", "gallery", "run/verdict"]),
    ("interop", &["check", "run", "gallery", "report", "run/verdict"]),
    (
        "sync",
        &[
            "input",
            "diagnostic",
            "wire",
            "entra/directory",
            "entra/mapping",
            "entra/scope",
            "entra/dialect",
            "entra/job",
        ],
    ),
    (
        "load",
        &[
            "wire",
            "scim",
            "check",
            "run",
            "people",
            "entra/directory",
            "entra/mapping",
            "entra/dialect",
            "run/target",
            "run/steps",
            "run/verdict",
            "run/cleanup",
            "run/observer",
            "run/preflight",
        ],
    ),
    (
        "transport",
        &[
            "wire",
            "check",
            "http",
            "run",
            "entra/directory",
            "entra/mapping",
            "entra/dialect",
            "run/target",
            "run/verdict",
            "run/observer",
        ],
    ),
    (
        "examples",
        &[
            "wire",
            "check",
            "scenario",
            "catalogue",
            "snapshot",
            "run",
            "server",
            "deployments",
            "entra/mapping",
            "entra/dialect",
        ],
    ),
    (
        "explore",
        &["check", "diagnostic", "entra/directory", "entra/mapping", "run", "run/verdict", "scenario"],
    ),
    (
        "waivers",
        &["input", "diagnostic", "keys", "wire", "check", "catalogue", "run", "report", "run/verdict"],
    ),
    ("diff", &["check", "catalogue", "report", "waivers"]),
    ("server", &["scim"]),
    ("testserver", &["diagnostic", "entra/mapping", "server"]),
    ("deployments", &["wire", "run", "server", "http", "issuer", "run/target"]),
    (
        "selftest",
        &[
            "run",
            "explore",
            "gallery",
            "deployments",
            "server",
            "catalogue",
            "rules",
            "http",
            "people",
            "check",
            "scenario",
            "wire",
            "scim",
            "entra/directory",
            "entra/mapping",
            "entra/scope",
            "entra/dialect",
            "entra/job",
            "entra/oracle",
            "run/target",
            "run/verdict",
            "threads",
        ],
    ),
    (
        "suite",
        &[
            "diagnostic",
            "check",
            "catalogue",
            "rules",
            "scenario",
            "entra/dialect",
            "entra/mapping",
            "http",
            "run",
            "run/preflight",
            "run/target",
            "run/verdict",
            "report",
            "waivers",
            "deployments",
            "examples",
            "selftest",
            "load",
            "transport",
            "testserver",
        ],
    ),
    ("store", &[]),
    ("door", &[]),
    ("odata", &[]),
    (
        "tenant",
        &[
            "diagnostic",
            "wire",
            "check",
            "store",
            "scenario",
            "run/observer",
            "entra/oracle",
            "entra/directory",
            "entra/directory_file",
            "entra/mapping",
            "entra/scope",
            "entra/dialect",
            "entra/job",
            "people",
            "http",
            "rules",
            "run/target",
            "sync",
            // Its tests play against it.
            "testserver",
        ],
    ),
    (
        "page",
        &[
            "diagnostic",
            "scim",
            "store",
            "tenant",
            "report",
            "entra/directory",
            "entra/directory_file",
            "entra/mapping",
            "entra/scope",
            "entra/job",
            "testserver",
        ],
    ),
    (
        "graph",
        &[
            "diagnostic",
            "door",
            "odata",
            "report",
            "store",
            "tenant",
            "entra/directory",
            "entra/directory_file",
            "entra/mapping",
            "entra/job",
            "testserver",
        ],
    ),
];

/// May use everything.
const TOP: &[&str] = &["cli", "main.rs", "lib.rs"];

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The module path of a file below `src`, as `["entra", "job", "cycle"]`.
fn module_of(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib" || last == "main") {
        parts.pop();
    }
    parts
}

/// The room of a module path, or of the path somebody names.
fn room_of(path: &[String]) -> Option<&'static str> {
    let joined = path.join("/");
    ROOMS
        .iter()
        .map(|(room, _)| *room)
        .filter(|room| joined == **room || joined.starts_with(&format!("{room}/")))
        .max_by_key(|room| room.len())
}

/// The source without comments and string literals, so that prose cannot name a room.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                for c in chars.by_ref() {
                    if c == '\n' {
                        code.push('\n');
                        break;
                    }
                }
            }
            '"' => {
                code.push('"');
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => {
                            chars.next();
                        }
                        '"' => break,
                        _ => {}
                    }
                }
                code.push('"');
            }
            '\'' => {
                // A character literal, not a lifetime: `'"'` and `'\''` would unbalance the strings.
                let ahead: String = chars.clone().take(3).collect();
                code.push('\'');
                if ahead.starts_with('\\') {
                    chars.next();
                    chars.next();
                    chars.next();
                } else if ahead.chars().nth(1) == Some('\'') {
                    chars.next();
                    chars.next();
                }
            }
            'r' if raw_string_hashes(&chars).is_some()
                && !code.ends_with(|c: char| c.is_alphanumeric() || c == '_') =>
            {
                let hashes = raw_string_hashes(&chars).unwrap();
                let end = format!("\"{}", "#".repeat(hashes));
                for _ in 0..=hashes {
                    chars.next();
                }
                let mut tail = String::new();
                for c in chars.by_ref() {
                    tail.push(c);
                    if tail.ends_with(&end) {
                        break;
                    }
                }
                code.push_str("\"\"");
            }
            c => code.push(c),
        }
    }
    code
}

fn raw_string_hashes(chars: &std::iter::Peekable<std::str::Chars<'_>>) -> Option<usize> {
    let mut ahead = chars.clone();
    let mut hashes = 0;
    while ahead.peek() == Some(&'#') {
        ahead.next();
        hashes += 1;
    }
    (ahead.peek() == Some(&'"')).then_some(hashes)
}

/// Every path that begins with `crate`, `scimulate` or `super`, as absolute module paths;
/// braces are spread out.
fn named_paths(code: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for start in ["crate::", "super::", "scimulate::"] {
        let mut from = 0;
        while let Some(at) = code[from..].find(start).map(|i| i + from) {
            from = at + start.len();
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            // `pub(in crate::run)` uses nothing.
            if code[..at].ends_with("(in ") {
                continue;
            }
            let mut base: Vec<String> = Vec::new();
            let mut rest = &code[from..];
            if start == "super::" {
                base = module.to_vec();
                // An indented `use` stands in a module of the file, whose `super` is the file itself.
                let line = code[..at].rsplit('\n').next().unwrap_or("");
                if !(line.starts_with(' ') && line.trim_start().starts_with("use ")) {
                    base.pop();
                }
                while let Some(after) = rest.strip_prefix("super::") {
                    base.pop();
                    rest = after;
                }
            }
            spread(rest, base, &mut paths);
        }
    }
    paths
}

/// Reads `a::b::{c, d::e}` and pushes each path it stands for.
fn spread(text: &str, base: Vec<String>, paths: &mut Vec<Vec<String>>) {
    let text = text.trim_start();
    if let Some(inner) = text.strip_prefix('{') {
        let (mut depth, mut start) = (0, 0);
        for (i, c) in inner.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    spread(&inner[start..i], base, paths);
                    return;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    spread(&inner[start..i], base.clone(), paths);
                    start = i + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let mut path = base;
    if !name.is_empty() && name != "self" {
        path.push(name.clone());
    }
    match text[name.len()..].strip_prefix("::") {
        Some(rest) => spread(rest, path, paths),
        None if !path.is_empty() => paths.push(path),
        None => {}
    }
}

#[test]
fn every_room_uses_only_what_it_may() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&source, &mut files);
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut wrong = BTreeSet::new();
    for file in &files {
        let name = file.strip_prefix(&source).unwrap().to_str().unwrap().replace('\\', "/");
        let module = module_of(&name);
        if TOP.iter().any(|top| name == *top || name.starts_with(&format!("{top}/"))) {
            continue;
        }
        let Some(room) = room_of(&module) else {
            assert!(
                name == "entra/mod.rs",
                "{name} is in no room: give it one in docs/architecture.md and here"
            );
            continue;
        };
        for path in named_paths(&code_only(&fs::read_to_string(file).unwrap()), &module) {
            let Some(used) = room_of(&path) else { continue };
            if used != room && !allowed[room].contains(&used) {
                wrong.insert(format!("{name}: {room} may not use {used} ({})", path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_reader_sees_inline_nested_and_super_paths() {
    let module = module_of("entra/job/cycle.rs");
    let code = code_only(
        r##"
        use crate::{wire::{Request, Answer}, http};
        // crate::server is only mentioned
        let text = "crate::server::start";
        let quote = '"';
        let raw = r#"crate::selftest"#;
        let x: crate::people::People = super::super::oracle::expected();
        "##,
    );
    let rooms: BTreeSet<_> = named_paths(&code, &module).iter().filter_map(|path| room_of(path)).collect();
    assert_eq!(rooms, BTreeSet::from(["wire", "http", "people", "entra/oracle"]));
}

#[test]
fn no_room_is_called_after_a_drawer() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&source, &mut files);
    for file in files {
        let name = file.strip_prefix(&source).unwrap().to_str().unwrap().to_owned();
        for part in module_of(&name) {
            assert!(
                !["utils", "util", "helpers", "common", "imp", "misc"].contains(&part.as_str()),
                "{name}"
            );
        }
    }
}

/// Most lines of a file outside tests: a longer one is not read as a whole.
const LONGEST: usize = 500;

#[test]
fn no_file_is_longer_than_one_reads() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&source, &mut files);
    let mut long = BTreeSet::new();
    for file in &files {
        let name = file.strip_prefix(&source).unwrap().to_str().unwrap().replace('\\', "/");
        let is_test = name.ends_with("/tests.rs") || name.contains("/tests/");
        let lines = fs::read_to_string(file).unwrap().lines().count();
        if lines > LONGEST && !is_test {
            long.insert(format!("{name} has {lines} lines"));
        }
    }
    assert!(long.is_empty(), "more than {LONGEST}:\n{}", long.into_iter().collect::<Vec<_>>().join("\n"));
}
