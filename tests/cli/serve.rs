//! `serve` and `cleanup`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;

use crate::program::Call;
use crate::servers::{Served, exchange};

#[test]
#[cfg(target_os = "linux")]
fn a_run_that_ignores_the_end_of_its_terminal_goes_on() {
    let mut call = Call::new(&["serve"]);
    call.command = {
        let mut nohup = Command::new("nohup");
        nohup.arg(env!("CARGO_BIN_EXE_scimulate")).arg("serve").stdin(Stdio::null()).stderr(Stdio::null());
        nohup
    };
    let mut child = call.command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    for signal in ["-HUP", "-TERM"] {
        // The server watches for signals right after it is ready.
        thread::sleep(std::time::Duration::from_millis(200));
        assert!(child.try_wait().unwrap().is_none(), "before {signal}");
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_clean_up_with_nothing_to_do_is_a_success() {
    let played = Call::new(&["cleanup"]).play();
    assert_eq!((played.code, played.out.as_str()), (Some(0), "nothing was left behind\n"));
}

#[test]
fn serve_says_where_and_with_which_token_and_is_cleaned_up() {
    let served = Served::start(&["serve", "--variant", "numeric-looking-ids"]);
    let port = served.port();
    let ada = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"smbcdfghjk.ada@example.com"}"#;
    let created = exchange(port, &served.token, "POST", "/scim/Users", ada);
    assert!(created.starts_with("HTTP/1.1 201"), "{created}");
    let call = Call::new(&["cleanup"]).interrupted(&served.base).env("SCIMULATE_TOKEN", &served.token);
    let played = call.play();
    assert_eq!(
        (played.code, played.out.as_str()),
        (Some(0), "smbcdfghjk: 1 deleted, 0 already gone\n"),
        "{}",
        played.err
    );

    Call::new(&["serve", "--port", port]).play().failed(2, "another program already listens", "--port");
    for (option, wrong, right) in [
        ("--variant", "numeric-loking-ids", "numeric-looking-ids"),
        ("--fault", "hide-disabled-users", "hides-disabled-users"),
    ] {
        Call::new(&["serve", option, wrong]).play().failed(2, wrong, &format!("did you mean `{right}`?"));
        assert!(Call::new(&["serve", "--list"]).play().out.contains(&format!("  {right}\n")));
    }
}
