//! How an answer is shown: as a table for people, or as JSON as the server returned it.

use std::io::{self, IsTerminal as _};
use std::str::FromStr;

use serde_json::Value;

use super::table;
use crate::cli::console;
use crate::cli::failure::CommandFailure;
use crate::diagnostic::closest;
use crate::report::{Detail, TerminalSettings};
use crate::scim::member;
use crate::scim::message::ListResponse;

/// `--output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputFormat {
    Table,
    Json,
    /// One line for each resource.
    Jsonl,
}

impl OutputFormat {
    /// A table for people, JSON for programs.
    pub fn usual() -> Self {
        if io::stdout().is_terminal() { OutputFormat::Table } else { OutputFormat::Json }
    }

    /// Shows the body of an answer.
    pub fn show(self, body: &Value) -> Result<(), CommandFailure> {
        let list = member(body, "Resources").and_then(Value::as_array);
        match (self, list) {
            (OutputFormat::Json, _) => console::hand_over(&format!("{body:#}\n")),
            (OutputFormat::Jsonl, None) => console::hand_over(&format!("{body}\n")),
            (OutputFormat::Jsonl, Some(resources)) => {
                let lines: String = resources.iter().map(|resource| format!("{resource}\n")).collect();
                console::hand_over(&lines)
            }
            (OutputFormat::Table, None) if ListResponse::read(body).is_none() => {
                console::say(&table::resource(body, width()))
            }
            (OutputFormat::Table, list) => {
                console::say(&table::list(list.map_or(&[], Vec::as_slice), width()))
            }
        }
    }
}

impl FromStr for OutputFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "table" => Ok(OutputFormat::Table),
            "json" => Ok(OutputFormat::Json),
            "jsonl" => Ok(OutputFormat::Jsonl),
            _ => {
                let near = closest(text, ["table", "json", "jsonl"]);
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                Err(format!("`{text}` is not a format: write table, json or jsonl{near}"))
            }
        }
    }
}

fn width() -> usize {
    TerminalSettings::for_stream(&io::stdout(), Detail::Usual).width
}
