//! Provisioning logs: the list, one line with its steps, and files of them.

use serde_json::{Value, json};

use super::form::Form;
use super::frame::{Frame, Told};
use super::log_filters::{DATES, LogFilters};
use super::pager::Pager;
use super::{Page, Refusal, Shown, page};
use crate::store::LogQuery;
use crate::tenant::ApplicationInfo;

/// So many lines are shown at once.
const SHOWN: usize = 200;

#[derive(askama::Template)]
#[template(path = "tenant/logs.html")]
struct Logs {
    frame: Frame,
    filters: LogFilters,
    /// The filters as they stand behind an address.
    suffix: String,
    dates: &'static [(&'static str, &'static str, i64)],
    lines: Vec<LineView>,
    pager: Pager,
}

#[derive(askama::Template)]
#[template(path = "tenant/log.html")]
struct LogPage {
    frame: Frame,
    line: LineView,
    source_id: String,
    target_id: String,
    change_id: String,
    cycle_id: String,
    milliseconds: u64,
    json: String,
}

/// A line of the log as people read it.
pub(super) struct LineView {
    pub number: i64,
    pub date: String,
    pub name: String,
    pub action: String,
    pub source: String,
    pub target: String,
    pub status: String,
    pub code: String,
    pub reason: String,
    pub advice: String,
    pub steps: Vec<StepView>,
    pub modified: Vec<(String, String, String)>,
}

/// A step on the way.
pub(super) struct StepView {
    pub title: String,
    pub status: String,
    pub description: String,
    pub details: Vec<(String, String)>,
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The portal's words for a step.
fn title(kind: &str) -> &'static str {
    match kind {
        "import" => "Import",
        "scoping" => "Determine if in scope",
        "matching" => "Match between source and target",
        "referenceResolution" => "Resolve references",
        "export" => "Perform action",
        _ => "Process",
    }
}

impl LineView {
    pub fn of(number: i64, line: &Value) -> Self {
        let info = &line["provisioningStatusInfo"];
        let error = &info["errorInformation"];
        let step = |step: &Value| StepView {
            title: format!("{} ({})", title(&text(&step["provisioningStepType"])), text(&step["name"])),
            status: text(&step["status"]),
            description: text(&step["description"]),
            details: step["details"]
                .as_object()
                .map(|details| details.iter().map(|(name, value)| (name.clone(), text(value))).collect())
                .unwrap_or_default(),
        };
        let modified = line["modifiedProperties"].as_array().into_iter().flatten().map(|property| {
            (text(&property["displayName"]), text(&property["oldValue"]), text(&property["newValue"]))
        });
        let name = text(&line["sourceIdentity"]["displayName"]);
        LineView {
            number,
            date: text(&line["activityDateTime"]),
            name: if name.is_empty() { text(&line["sourceIdentity"]["id"]) } else { name },
            action: text(&line["provisioningAction"]),
            source: text(&line["sourceSystem"]["displayName"]),
            target: text(&line["targetSystem"]["displayName"]),
            status: text(&info["status"]),
            code: text(&error["errorCode"]),
            reason: text(&error["reason"]),
            advice: text(&error["recommendedAction"]),
            steps: line["provisioningSteps"].as_array().into_iter().flatten().map(step).collect(),
            modified: modified.collect(),
        }
    }
}

/// A field of a CSV file. One that a spreadsheet would take for a formula begins with an apostrophe.
fn field(value: &str) -> String {
    let value = if value.starts_with(['=', '+', '-', '@']) { format!("'{value}") } else { value.to_owned() };
    format!("\"{}\"", value.replace('"', "\"\""))
}

impl Page {
    pub(super) fn logs(&self, info: &ApplicationInfo, query: &Form) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let filters = LogFilters::read(query);
        let suffix = filters.suffix();
        let (asked, told) = match filters.asked(&id, self.live.now()) {
            Ok(asked) => (asked, query.was_told()),
            Err(why) => {
                let asked = LogQuery { application: Some(&id), ..LogQuery::default() };
                (asked, Some(Told::bad(format!("{why} Every line is shown."))))
            }
        };
        let asked = LogQuery { before: Pager::before(query), ..asked };
        let mut lines = Vec::new();
        self.live.store().log(&asked, |number, line| {
            lines.push(LineView::of(number, &line));
            lines.len() < SHOWN
        })?;
        let place = self.live.store().log_place(&asked, SHOWN)?;
        let oldest = lines.last().map(|line| line.number);
        page(&Logs {
            frame: self.frame(info, "Provisioning logs", told),
            pager: Pager::new(&format!("/app/{id}/logs{suffix}"), place, lines.len(), oldest),
            filters,
            suffix,
            dates: DATES,
            lines,
        })
    }

    pub(super) fn log(&self, info: &ApplicationInfo, number: &str) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let number: i64 = number.parse().map_err(|_| Refusal::NotFound)?;
        let mut found = None;
        let query = LogQuery { application: Some(&id), before: number.checked_add(1), ..LogQuery::default() };
        self.live.store().log(&query, |at, line| {
            found = (at == number).then_some(line);
            false
        })?;
        let line = found.ok_or(Refusal::NotFound)?;
        let view = LineView::of(number, &line);
        page(&LogPage {
            frame: Frame {
                title: format!("{}: {}", view.name, view.action),
                ..self.frame(info, "Provisioning logs", None)
            },
            source_id: text(&line["sourceIdentity"]["id"]),
            target_id: text(&line["targetIdentity"]["id"]),
            change_id: text(&line["changeId"]),
            cycle_id: text(&line["cycleId"]),
            milliseconds: line["durationInMilliseconds"].as_u64().unwrap_or(0),
            json: serde_json::to_string_pretty(&line).unwrap_or_default(),
            line: view,
        })
    }

    /// Every line that passes the filters of the address.
    fn every_line(&self, info: &ApplicationInfo, query: &Form) -> Result<Vec<(i64, Value)>, Refusal> {
        let id = info.service_principal.to_string();
        let filters = LogFilters::read(query);
        let asked = filters.asked(&id, self.live.now()).map_err(Refusal::Wrong)?;
        let mut lines = Vec::new();
        self.live.store().log(&asked, |number, line| {
            lines.push((number, line));
            true
        })?;
        Ok(lines)
    }

    pub(super) fn logs_json(&self, info: &ApplicationInfo, query: &Form) -> Result<Shown, Refusal> {
        let lines: Vec<Value> = self.every_line(info, query)?.into_iter().map(|(_, line)| line).collect();
        let text =
            serde_json::to_vec_pretty(&json!(lines)).map_err(|error| Refusal::Wrong(error.to_string()))?;
        Ok(Shown::File("application/json", text))
    }

    pub(super) fn logs_csv(&self, info: &ApplicationInfo, query: &Form) -> Result<Shown, Refusal> {
        let mut csv = String::from(
            "Change ID,Date (UTC),Identity,Source ID,Target ID,Action,Status,Error code,Reason,Modified properties\r\n",
        );
        for (number, line) in self.every_line(info, query)? {
            let view = LineView::of(number, &line);
            let modified: Vec<String> =
                view.modified.iter().map(|(name, old, new)| format!("{name}: {old} -> {new}")).collect();
            let fields = [
                text(&line["changeId"]),
                view.date,
                view.name,
                text(&line["sourceIdentity"]["id"]),
                text(&line["targetIdentity"]["id"]),
                view.action,
                view.status,
                view.code,
                view.reason,
                modified.join("; "),
            ];
            csv.push_str(&fields.map(|value| field(&value)).join(","));
            csv.push_str("\r\n");
        }
        Ok(Shown::File("text/csv; charset=utf-8", csv.into_bytes()))
    }
}
