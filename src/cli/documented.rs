//! Every command line of scimulate's in README.md and docs/ is one that its parser takes.

use std::path::{Path, PathBuf};

use clap::Parser as _;
use clap::error::ErrorKind;

use super::Arguments;

/// The last day of the waivers in docs/.
const LAST_DAY: &str = "2027-01-31";

/// README.md and every page of docs/.
fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|file| file.unwrap().path());
    let files =
        docs.chain([root.join("README.md")]).filter(|path| path.extension().is_some_and(|it| it == "md"));
    files.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// What of a page is typed in a shell: the lines after `$` of its console blocks, those of its sh blocks, and the lines of
/// CI jobs that call scimulate. A line that goes on, after a backslash or in a job with an option, is one.
fn typed(page: &str) -> Vec<String> {
    let blocks = page.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    let lines = blocks.flat_map(|(language, text)| match language {
        "console" => {
            let joined = text.replace("\\\n", " ");
            joined.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect()
        }
        "sh" => text.replace("\\\n", " ").lines().map(str::to_owned).collect(),
        "yaml" | "groovy" => in_job(text),
        _ => Vec::new(),
    });
    lines.collect()
}

/// The calls of scimulate in a CI job.
fn in_job(text: &str) -> Vec<String> {
    let mut calls: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        let call = line.find("scimulate ").map(|at| &line[at..]);
        if let Some(call) = call {
            // In a Jenkinsfile the command is a string.
            calls.push(call.trim_end_matches('\'').to_owned());
        } else if goes_on && line.trim_start().starts_with("--") {
            calls.last_mut().unwrap().push_str(&format!(" {}", line.trim()));
        } else {
            goes_on = false;
        }
        goes_on |= call.is_some();
    }
    calls
}

/// What stands between backticks in the text of a page, and begins with scimulate's name.
fn mentioned(page: &str) -> Vec<String> {
    // A span may go on in the next line, but not in the next paragraph.
    let outside: String = page.split("```").step_by(2).collect();
    let paragraphs =
        outside.split("\n\n").flat_map(|text| text.split('`').skip(1).step_by(2).map(str::to_owned));
    paragraphs.map(|span| span.replace('\n', " ")).filter(|span| span.starts_with("scimulate ")).collect()
}

/// The arguments of each call of scimulate in a line.
fn calls(line: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    let mut call: Option<Vec<String>> = None;
    let words = shell_words::split(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    for word in words {
        match (word.as_str(), &mut call) {
            ("scimulate", None) => call = Some(vec!["scimulate".to_owned()]),
            // What follows is another command, or a comment.
            ("|" | "&" | "&&" | ";" | "#" | ">" | "2>&1", _) => calls.extend(call.take()),
            // Something may be left out at the end of an example.
            ("…" | "...", Some(_)) => {}
            // A day that was ahead when the page was written.
            (LAST_DAY, Some(call)) => call.push("9998-12-31".to_owned()),
            (word, Some(call)) => call.push(word.to_owned()),
            (_, None) => {}
        }
    }
    calls.extend(call);
    calls
}

/// Why the parser does not take the arguments.
fn refused(call: &[String]) -> Option<clap::Error> {
    let error = Arguments::try_parse_from(call).err()?;
    (!matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)).then_some(error)
}

/// Puts every call in those lines of all pages to the parser, and says how many there were. `counts` picks the errors that
/// matter.
fn put_to_the_parser(lines: fn(&str) -> Vec<String>, counts: fn(ErrorKind) -> bool) -> usize {
    let mut seen = 0;
    for (path, page) in pages() {
        for line in lines(&page) {
            for call in calls(&line) {
                seen += 1;
                if let Some(error) = refused(&call).filter(|error| counts(error.kind())) {
                    panic!("{}: {line}\n{error}", path.display());
                }
            }
        }
    }
    seen
}

#[test]
fn a_documented_command_line_is_one_that_scimulate_takes() {
    let seen = put_to_the_parser(typed, |_| true);
    assert!(seen > 40, "only {seen} command lines were found");
}

#[test]
fn a_command_in_the_text_has_a_subcommand_and_options_that_exist() {
    // Arguments may be left out there, and a value may be a placeholder.
    let counts = |kind| matches!(kind, ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument);
    let seen = put_to_the_parser(mentioned, counts);
    assert!(seen > 60, "only {seen} commands were found");
}

#[test]
fn what_is_typed_is_found() {
    let page = "`scimulate list\n--nothing`\n\n```console\n$ scimulate run \\\n    --quick\nscimulate shows this\n$ echo a | scimulate review &\n```\n\
                ```yaml\n- run: scimulate run\n    --junit x.xml\n  env: {}\n```\n";
    assert_eq!(
        typed(page),
        ["scimulate run      --quick", "echo a | scimulate review &", "scimulate run --junit x.xml"]
    );
    assert_eq!(calls("echo a | scimulate review &"), [["scimulate", "review"]]);
    assert!(refused(&["scimulate", "run", "--quikc"].map(str::to_owned)).is_some());
    assert_eq!(mentioned(page), ["scimulate list --nothing"]);
}
