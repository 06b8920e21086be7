//! Scenarios and profiles are compiled in, and a new file is no change of a file that cargo knows. What
//! `--version --json` tells about the build is found out here.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// How much of a commit's hash is told.
const SHORT: usize = 12;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for folder in ["scenarios", "src/entra/mapping/profiles"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    tell("TARGET", env::var("TARGET").ok());
    tell("COMMIT", packaged_commit().or_else(commit_of_checkout));
    let rustc = env::var_os("RUSTC").and_then(|rustc| output(Command::new(rustc).arg("--version")));
    tell("RUSTC", rustc.and_then(|line| line.split(' ').nth(1).map(str::to_owned)));
}

/// Hands a value to the program, which reads it with `env!`; empty when it is not known.
fn tell(name: &str, value: Option<String>) {
    println!("cargo::rustc-env=SCIMULATE_{name}={}", value.unwrap_or_default());
}

/// The commit that `cargo package` wrote beside the manifest.
fn packaged_commit() -> Option<String> {
    let text = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, after) = text.split_once("\"sha1\"")?;
    let hash = after.split('"').nth(1)?;
    short(hash)
}

/// The commit of the checkout, if the package is its root: a copy inside of another repository is not that commit.
///
/// Only a release knows it. Otherwise each commit would have everything compiled again for the next test.
fn commit_of_checkout() -> Option<String> {
    let is_root = Path::new(".git").exists();
    if !is_root || env::var("PROFILE").as_deref() != Ok("release") {
        return None;
    }
    let git = |arguments: &[&str]| output(Command::new("git").args(arguments));
    // Every commit and every checkout adds a line to it.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    short(&git(&["rev-parse", "HEAD"])?)
}

fn short(hash: &str) -> Option<String> {
    let is_hash = hash.len() >= SHORT && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| hash[..SHORT].to_owned())
}

/// What a program prints, if it succeeds.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}
