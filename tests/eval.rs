//! `scimulate eval` as it is called: what stands on standard output, what on standard error, and the exit
//! code. The commands of docs/expressions.md are run too.

#![cfg(feature = "cli")]

#[test]
fn calls_print_what_is_written_beside_them() {
    trycmd::TestCases::new().case("tests/eval/*.trycmd").case("docs/expressions.md");
}

/// What is no value never stands on standard output, where a script would take it for one.
#[test]
fn nothing_but_the_value_stands_on_standard_output() {
    for (arguments, out, code) in [
        (&["Switch([a], \"x\", \"1\", \"one\")", "--attr", "a=1", "--attr", "b=2"][..], "one\n", 0),
        (&["Coalesce([a])"], "", 0),
        (&["Coalesce([a])", "--json"], "null\n", 0),
        (&["IgnoreFlowIfNullOrEmpty([a])"], "", 0),
        (&["Redact(\"x\")"], "x\n", 0),
        (&["Append(\"\", \"\")"], "\n", 0),
        (&["Append([a]"], "", 2),
        (&["Mid(\"x\", 0, 1)"], "", 2),
    ] {
        let played = std::process::Command::new(env!("CARGO_BIN_EXE_scimulate"))
            .arg("eval")
            .args(arguments)
            .output()
            .expect("the program can be started");
        assert_eq!(String::from_utf8_lossy(&played.stdout), out, "{arguments:?}");
        assert_eq!(played.status.code(), Some(code), "{arguments:?}");
    }
}
