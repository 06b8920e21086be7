//! `scimulate explore`: random histories find a fault, are shrunk and kept, and find nothing at a right server.

use std::fs;

use crate::program::Call;
use crate::servers::Served;

#[test]
fn a_right_server_is_clean_and_a_history_is_always_the_same() {
    let clean = Call::new(&["explore", "--histories", "6", "--seed", "5"]).play();
    assert_eq!(clean.code, Some(0), "{}{}", clean.out, clean.err);
    assert!(clean.out.contains("6 random histories"), "{}", clean.out);
    assert!(clean.out.contains("nothing found"), "{}", clean.out);

    let printed = || Call::new(&["explore", "--seed", "5", "--print", "6"]).play();
    assert_eq!(printed().out, printed().out);
    assert!(printed().out.contains("timeline:\n  - cycle\n"), "{}", printed().out);
}

#[test]
fn a_fault_is_found_shrunk_and_kept_as_a_scenario_that_fails_again() {
    let served = Served::start(&["serve", "--fault", "disable-ignored", "--token", "0123456789"]);
    let folder = tempfile::tempdir().unwrap();
    let keep = folder.path().to_str().unwrap();
    let play = |arguments: &[&str]| {
        let target = ["--target", &served.base, "--dialect", "default"];
        Call::new(&[arguments, &target].concat()).env("SCIMULATE_TOKEN", "0123456789").play()
    };
    let found = play(&["explore", "--histories", "8", "--keep", keep]);
    assert_eq!(found.code, Some(1), "{}{}", found.out, found.err);
    assert!(found.out.contains("rules/disable-ignored"), "{}", found.out);
    let kept: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!kept.is_empty());
    for file in &kept {
        let text = fs::read_to_string(file).unwrap();
        let steps = text.lines().filter(|line| line.starts_with("  - ")).count();
        assert!(steps <= 4, "{text}");
    }
    let again = play(&["run", "--scenarios", keep, "--seed", "1"]);
    assert_eq!(again.code, Some(1), "{}{}", again.out, again.err);
    assert!(again.out.contains("rules/disable-ignored"), "{}", again.out);
}

#[test]
fn what_makes_no_sense_is_refused() {
    Call::new(&["explore", "--minutes", "0"]).play().failed(2, "not a number of minutes", "0.5");
    Call::new(&["explore", "--fail-on", "fatal"]).play().failed(2, "is not a level", "critical");
}
