//! Arguments, configuration and files with mistakes, and what every command has in common.

use std::process::Stdio;

use crate::program::{Call, Played, SCENARIO};

#[test]
fn version_and_help_are_no_errors() {
    let version = Call::new(&["--version"]).play();
    assert_eq!(
        (version.code, version.out.as_str()),
        (Some(0), concat!("scimulate ", env!("CARGO_PKG_VERSION"), "\n"))
    );
    let help = Call::new(&["--help"]).play();
    assert_eq!(help.code, Some(0));
    assert!(help.out.contains("Exit codes:"));
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [&["clean-up"][..], &["cleanup", "--tarket", "x"], &[]] {
        let played = Call::new(arguments).play();
        assert_eq!(played.code, Some(2), "{arguments:?}");
    }
    Call::new(&["clean"]).play().failed(2, "unrecognized subcommand 'clean'", "cleanup");
}

#[test]
fn a_mistake_in_the_configuration_is_shown_at_its_place() {
    let call = Call::new(&["cleanup"]).file("scimulate.toml", "yes = true\ntagret = 'http://localhost'\n");
    let played = call.play();
    played.failed(2, "scimulate.toml:2:1", "did you mean `target`?");
    let call = Call::new(&["cleanup"]).file("scimulate.toml", "token = 'hunter2'\n");
    call.play().failed(2, "must not be in this file", "token-file");
}

#[test]
fn a_wrong_name_is_2_with_the_nearest_right_one() {
    let near = "cycles/create-usr";
    for (arguments, what, next) in [
        (&["run", near][..], "there is no scenario", "did you mean `cycles/create-user`?"),
        (&["run", "cycle/"], "there is no suite", "did you mean `cycles/`?"),
        (&["run", "--suite", "cycle"], "there is no suite", "did you mean `cycles`?"),
        (&["run", "--dialect", "Default"], "'Default'", "default"),
        (&["run", "--fail-on", "fatal"], "`fatal` is not a level", "never"),
        (&["run", "--shard", "3/2"], "`3/2` is not a shard", "2/3"),
        (&["run", "--profile", "defalt"], "there is no profile `defalt`", "did you mean `default`?"),
        (&["run", "--profile", "nowhere.yaml"], "the profile cannot be read", "nowhere.yaml"),
        (&["run", "--scenarios", "nowhere"], "nowhere", "error"),
        (&["list", "cycle/"], "there is no check `cycle/`", "did you mean `cycles/`?"),
        (&["explain", "rules/member-lots"], "there is no check", "did you mean `rules/member-lost`?"),
        (&["run", "--jobs", "0"], "--jobs 0", "--jobs 1"),
        (&["run", "--json", "no/folder/report.json"], "cannot write no/folder/report.json", "--json"),
        (&["run", "--exec", "true"], "--target is missing", "--target"),
    ] {
        Call::new(arguments).play().failed(2, what, next);
    }
}

#[test]
fn a_broken_file_is_2_with_the_place_and_the_token() {
    let scenario = "title: x\nlevel: critical\nwhy: y\nfix: z\ntimeline:\n  - cyle\n";
    let call = Call::new(&["run", "--scenarios", "mine"]).file("mine/own/scenario.yaml", scenario);
    let played = call.play();
    assert_eq!(played.code, Some(2));
    assert!(
        played.err.contains("mine/own/scenario.yaml:6:5") && played.err.contains("cycle"),
        "{}",
        played.err
    );
    let call = Call::new(&["run", "--scenarios", "mine"]).file("mine/own/scenario.yaml", "title: [");
    assert!(call.play().err.contains("mine/own/scenario.yaml:1"));
    let call = Call::new(&["run", "--profile", "mine.yaml"])
        .file("mine.yaml", "user:\n  - target: title\n    source: shoeSize\n");
    call.play().failed(2, "mine.yaml:3", "shoeSize");
}

#[test]
fn signs_that_turn_the_order_of_letters_are_shown_escaped() {
    let played = Call::new(&["eval", "Left([mail], 9)", "--attr", "m\u{202e}=a"]).play();
    assert!(played.err.contains(r"`m\u202e`") && !played.err.contains('\u{202e}'), "{}", played.err);
    let profile = Call::new(&["list", "profiles", "no\u{2066}\x1b[2J"]).play();
    assert!(!profile.err.contains(['\u{2066}', '\x1b']), "{}", profile.err);
    // What another program reads is the value itself.
    let value = Call::new(&["eval", "Left([mail], 9)", "--attr", "mail=a\u{202e}b"]).play();
    assert_eq!(value.out, "a\u{202e}b\n");
}

#[test]
fn a_closed_pipe_is_no_error() {
    for arguments in [&["--help"][..], &["cleanup"], &["list"], &["list", "--json"], &["run", SCENARIO]] {
        let mut call = Call::new(arguments);
        let mut child = call.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let played = Played::new(&output, call.folder.path());
        assert_eq!(played.code, Some(0), "{arguments:?}: {}", played.err);
    }
}
