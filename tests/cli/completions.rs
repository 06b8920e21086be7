//! Completions of shells, man pages, and what a build says of itself.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::{Call, Played};

/// A folder with the program's in front of the search path, as a shell has it when it is installed.
fn path() -> std::ffi::OsString {
    let folder = Path::new(env!("CARGO_BIN_EXE_scimulate")).parent().unwrap().to_owned();
    let rest = std::env::var_os("PATH").unwrap();
    std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&rest))).unwrap()
}

#[test]
fn each_shell_gets_a_script() {
    for (shell, registers) in [
        ("bash", "complete "),
        ("zsh", "#compdef scimulate"),
        ("fish", "complete --"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let played = Call::new(&["completions", shell]).play();
        assert_eq!(played.code, Some(0), "{shell}: {}", played.err);
        assert!(played.out.contains(registers), "{shell}: {}", played.out);
        assert!(played.out.contains("SCIMULATE_COMPLETE"), "{shell}: {}", played.out);
    }
    Call::new(&["completions", "tcsh"]).play().failed(2, "tcsh", "bash");
}

/// What the program answers to a shell that has these words, the last of them unfinished.
fn completed(words: &[&str]) -> String {
    let mut call = Call::new(&[&["--", "scimulate"], words].concat()).env("SCIMULATE_COMPLETE", "bash");
    call.command.env("_CLAP_COMPLETE_INDEX", words.len().to_string()).env("_CLAP_IFS", "\n");
    let output = call.command.output().unwrap();
    Played::new(&output, call.folder.path()).out
}

#[test]
fn checks_profiles_and_faults_are_completed() {
    assert!(completed(&["run", "cyc"]).contains("cycles/"));
    assert!(completed(&["run", "cycles/disable-un"]).contains("cycles/disable-unassigned"));
    assert!(!completed(&["run", "rules/"]).contains("rules/write-lost"));
    assert!(completed(&["explain", "rules/write-l"]).contains("rules/write-lost"));
    assert!(completed(&["run", "--suite", "gal"]).contains("gallery"));
    assert!(completed(&["run", "--profile", "sla"]).contains("slack"));
    assert!(completed(&["serve", "--fault", "hides-dis"]).contains("hides-disabled-users"));
    assert!(completed(&["run", "--fail-on", "c"]).contains("critical"));
    assert!(completed(&["create", "user", "--profile", "sla"]).contains("slack"));
    assert!(completed(&["patch", "users/7", "--dialect", "aad"]).contains("aadOptscim062020"));
    let commands = completed(&["se"]);
    assert!(commands.contains("serve") && commands.contains("selftest"), "{commands}");
}

#[test]
fn a_usual_call_is_no_question_of_a_shell() {
    let played = Call::new(&["--version"]).env("SCIMULATE_COMPLETE", "").play();
    assert_eq!(played.out, format!("scimulate {}\n", env!("CARGO_PKG_VERSION")));
}

/// A machine without bash says nothing about it.
#[test]
fn bash_completes_an_id() {
    let script = "source <(scimulate completions bash)\n\
        complete -p scimulate\n\
        COMP_WORDS=(scimulate run cycles/disable-un) COMP_CWORD=2 COMP_TYPE=9\n\
        _clap_complete_scimulate scimulate cycles/disable-un run\n\
        printf 'reply:%s\\n' \"${COMPREPLY[@]}\"\n";
    let mut bash = Command::new("bash");
    bash.args(["--norc", "--noprofile", "-c", script]).env("PATH", path()).stdin(Stdio::null());
    let Ok(output) = bash.output() else { return };
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("-F _clap_complete_scimulate"), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("reply:cycles/disable-unassigned"), "{out}");
}

#[test]
fn each_command_has_a_man_page() {
    let mut call = Call::new(&["man", "new/folder"]);
    let output = call.command.output().unwrap();
    let played = Played::new(&output, call.folder.path());
    assert_eq!((played.code, played.out.as_str()), (Some(0), ""), "{}", played.err);
    let page = |name: &str| fs::read_to_string(call.folder.path().join("new/folder").join(name)).unwrap();
    assert!(page("scimulate.1").contains("Exit codes"), "{}", page("scimulate.1"));
    assert!(page("scimulate-run.1").contains(".TH scimulate-run 1"), "{}", page("scimulate-run.1"));
    assert!(page("scimulate-run.1").contains("\\-\\-fail\\-on"), "{}", page("scimulate-run.1"));
    assert!(!call.folder.path().join("new/folder/scimulate-regenerate.1").exists());
    Call::new(&["man", "file/folder"]).file("file", "").play().failed(2, "file/folder", "folder");
}

#[test]
fn a_build_says_what_it_was_made_from() {
    let played = Call::new(&["--version", "--json"]).play();
    assert_eq!(played.code, Some(0), "{}", played.err);
    let build: Value = serde_json::from_str(&played.out).unwrap();
    assert_eq!((&build["name"], &build["version"]), (&"scimulate".into(), &env!("CARGO_PKG_VERSION").into()));
    assert!(build["target"].as_str().unwrap().contains('-'), "{build}");
    assert!(build["rustc"].as_str().unwrap().starts_with(|it: char| it.is_ascii_digit()), "{build}");
    let commit = build["commit"].as_str();
    assert!(commit.is_none_or(|commit| commit.len() == 12), "{build}");
    assert_eq!(Call::new(&["--json", "--version"]).play().out, played.out);
    Call::new(&["--json", "list"]).play().failed(2, "--json", "after the command");
}
