//! `run --snapshots`, `review` and `accept`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::program::{Call, Played, SCENARIO};

#[test]
fn snapshots_are_kept_for_a_review_accepted_and_compared() {
    let mut call = Call::new(&["run", SCENARIO, "--snapshots", "kept"]);
    call.command.env_remove("CI");
    let folder = call.folder.path().to_owned();
    let played = Played::new(&call.command.output().unwrap(), &folder);
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert!(
        played.out.contains(" new; look at them with `scimulate review --snapshots kept`"),
        "{}",
        played.out
    );
    let again = |arguments: &[&str]| {
        let mut call = Call::new(arguments);
        call.command.current_dir(&folder).env("CI", "true");
        let output = call.command.output().unwrap();
        Played::new(&output, &folder)
    };
    let left = again(&["review", "--snapshots", "kept"]);
    assert!(left.code == Some(0) && left.out.contains("0 accepted, 0 rejected"), "{}{}", left.out, left.err);
    let accepted = again(&["accept", "--snapshots", "kept"]);
    assert!(
        accepted.code == Some(0) && accepted.out.contains("accepted cycles/create-user"),
        "{}",
        accepted.out
    );
    assert_eq!(again(&["review", "--snapshots", "kept"]).out, "nothing waits for review\n");
    let same = again(&["run", SCENARIO, "--snapshots", "kept", "--snapshots-strict"]);
    assert_eq!(same.code, Some(0), "{}{}", same.out, same.err);
    let other = again(&["run", "cycles/test-connection", "--snapshots", "kept", "--snapshots-strict"]);
    assert_eq!(other.code, Some(1), "{}{}", other.out, other.err);
    assert!(!folder.join("kept/cycles/test-connection").exists(), "nothing is written in CI");
    let updated = again(&["run", "cycles/test-connection", "--snapshots", "kept", "--update"]);
    assert_eq!(updated.code, Some(0), "{}{}", updated.out, updated.err);
    assert!(folder.join("kept/cycles/test-connection/default.snap").is_file());

    let file = Call::new(&["run", SCENARIO, "--snapshots", "kept"]).file("kept", "").env("CI", "");
    file.play().failed(2, "cannot create the folder", "--snapshots");
    Call::new(&["run", SCENARIO, "--update"]).play().failed(2, "a folder for snapshots", "--snapshots");
    Call::new(&["accept"]).play().failed(2, "no folder of snapshots", "--snapshots");
    Call::new(&["review", "--snapshots", "none"]).play().failed(2, "none is not a folder", "run --snapshots");
}

/// The embedded server's answers are kept in `snapshots/`. After a change of one:
/// `scimulate run --seed 1 --snapshots snapshots --update`, then a look at the difference.
#[test]
fn the_embedded_server_answers_as_the_snapshots_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let kept = fs::read_dir(&folder).map(|entries| entries.count()).unwrap_or_default();
    assert!(kept > 0, "{} is empty", folder.display());
    let output = Command::new(env!("CARGO_BIN_EXE_scimulate"))
        .args(["run", "--snapshots-strict", "--seed", "1", "--snapshots"])
        .arg(&folder)
        // In CI nothing is written beside the snapshots.
        .env("CI", "true")
        .current_dir(tempfile::tempdir().unwrap().path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
