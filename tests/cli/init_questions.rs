//! The questions of `init`, answered on a terminal.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::init::{read, run};
use crate::program::{Call, SCENARIO};
use crate::servers::Served;
use crate::terminal::{DOWN, ENTER, Ended, Terminal};

const URL: &str = "SCIM base URL: ";
const TOKEN_IS: &str = "The bearer token is:";
const TOKEN_FILE: &str = "File that contains only the token: ";
const CI: &str = "CI system to write a job for:";
const CONSENT: &str = "Allow it in scimulate.toml? [y/N]";

fn init(more: &[&str], token: &str) -> Call {
    Call::new(&[&["init"], more].concat()).env("SCIMULATE_TOKEN", token)
}

/// The token is neither shown nor in a file that `init` wrote, and the terminal is as it was.
#[track_caller]
fn is_discreet(ended: &Ended, token: &str, token_file: &str) {
    assert!(!ended.screen.contains(token), "{}", ended.screen);
    assert!(ended.has_a_cursor(), "{}", ended.screen);
    let mut folders = vec![ended.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path != ended.folder.path().join(token_file) {
                assert!(!fs::read_to_string(&path).unwrap().contains(token), "{}", path.display());
            }
        }
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn what_is_offered_is_accepted_with_enter() {
    let served = Served::start(&["serve"]);
    let mut terminal = Terminal::start(init(&[], &served.token).file("Jenkinsfile", ""));
    terminal.shows("Tenant URL in Entra").shows(URL).types(&served.base).types(ENTER);
    terminal.shows(TOKEN_IS).shows("> in the environment variable SCIMULATE_TOKEN\r\n").types(ENTER);
    terminal.shows(CI).shows("> Jenkins").types(ENTER);
    terminal.shows(": connection OK").shows("next: scimulate run --quick");
    let ended = terminal.ends();
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    is_discreet(&ended, &served.token, "");
    let folder = ended.folder.path();
    assert!(read(folder, "scimulate.toml").contains(&format!("\nurl = \"{}\"\n", served.base)));
    assert!(read(folder, "scimulate.Jenkinsfile").contains("scimulate run"));
    let run = run(folder, &served.token, &[SCENARIO]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

#[test]
fn a_wrong_answer_is_asked_again() {
    let served = Served::start(&["serve"]);
    let call = init(&[], "").file("secrets/token", &format!("{}\n", served.token)).file("nothing", "\n");
    let mut terminal = Terminal::start(call);
    terminal.shows(URL).types("localhost:1").types(ENTER).shows("does not begin with http://");
    terminal.shows(URL).types(&served.base).types(ENTER);
    terminal.shows(TOKEN_IS).shows("> in the environment variable SCIMULATE_TOKEN, which is not set");
    terminal.types(DOWN).shows("> in a file").types(ENTER);
    for (file, what) in
        [("secrets/tokn", "cannot be read"), ("nothing", "contains no token"), ("-", "standard input")]
    {
        terminal.shows(TOKEN_FILE).types(file).types(ENTER).shows("error: ").shows(what);
    }
    terminal.shows(TOKEN_FILE).types("secrets/token").types(ENTER);
    terminal.shows(CI).shows("> none").types("\x1b[A").shows("> Jenkins").types("\x1b[A").shows("> Azure");
    terminal.types(ENTER).shows(": connection OK");
    let ended = terminal.ends();
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    is_discreet(&ended, &served.token, "secrets/token");
    let folder = ended.folder.path();
    assert!(read(folder, "scimulate.toml").contains("\ntoken-file = \"secrets/token\"\n"));
    assert!(folder.join("scimulate.azure-pipelines.yml").exists());
    let run = run(folder, "", &[SCENARIO]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

#[test]
fn a_wrong_token_is_told_and_not_repeated() {
    let served = Served::start(&["serve"]);
    let wrong = "a-token-of-another-server";
    let mut terminal = Terminal::start(init(&["--ci", "none"], wrong));
    terminal.shows(URL).types(&served.base).types(ENTER).shows(TOKEN_IS).types(ENTER);
    terminal.shows("does not accept the token (401").shows("wrote scimulate.toml");
    terminal.shows("left to do: the server could not be looked at");
    let ended = terminal.ends();
    assert_eq!(ended.code, Some(3), "{}", ended.screen);
    is_discreet(&ended, wrong, "");
}

#[test]
fn what_an_option_says_is_not_asked_and_a_wrong_one_is_told_before_the_questions() {
    let served = Served::start(&["serve"]);
    let terminal = Terminal::start(init(
        &["--target", &served.base, "--token-env", "SCIMULATE_TOKEN", "--ci", "none"],
        &served.token,
    ));
    let ended = terminal.ends();
    assert_eq!(ended.code, Some(0), "{}", ended.screen);
    assert!(!ended.screen.contains("\x1b[?25l") && !ended.screen.contains(URL), "{}", ended.screen);

    let ended = Terminal::start(init(&["--profile", "defualt"], "")).ends();
    assert_eq!(ended.code, Some(2), "{}", ended.screen);
    assert!(ended.screen.contains("did you mean") && !ended.screen.contains(URL), "{}", ended.screen);
}

#[test]
fn a_target_elsewhere_is_written_to_only_after_a_yes() {
    for (keys, setting) in [(ENTER, "\n# yes = true"), ("n", "\n# yes = true"), ("y", "\nyes = true")] {
        let mut terminal = Terminal::start(init(&["--ci", "none", "--token-env", "SCIMULATE_TOKEN"], "x"));
        terminal.shows(URL).types("https://scim.invalid/v2").types(ENTER);
        terminal.shows("is not on this machine").shows(CONSENT).types(keys);
        let ended = terminal.ends();
        assert_eq!(ended.code, Some(3), "{}", ended.screen);
        assert!(read(ended.folder.path(), "scimulate.toml").contains(setting), "{keys:?}");
        assert!(ended.has_a_cursor(), "{}", ended.screen);
    }
}

#[test]
fn after_ctrl_c_nothing_is_written_and_the_cursor_is_back() {
    // A server that accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}/scim", silent.local_addr().unwrap());
    for questions in 0..=4 {
        let mut terminal = Terminal::start(init(&[], "0123456789"));
        terminal.shows(URL);
        let answers = [
            (silent.as_str(), TOKEN_IS),
            (DOWN, TOKEN_FILE),
            ("token", CI),
            // After the last question the server is asked.
            ("", "CI system to write a job for: none\r\n"),
        ];
        fs::write(terminal.folder.path().join("token"), "0123456789").unwrap();
        for (keys, next) in &answers[..questions] {
            terminal.types(keys).types(ENTER).shows(next);
        }
        terminal.interrupt();
        let ended = terminal.ends();
        assert_eq!(ended.code, Some(130), "after {questions} questions: {}", ended.screen);
        assert!(ended.screen.contains("error: stopped before anything was written\r\n"), "{}", ended.screen);
        is_discreet(&ended, "0123456789", "token");
        fs::remove_file(ended.folder.path().join("token")).unwrap();
        assert!(is_empty(ended.folder.path()), "after {questions} questions");
    }
}
