//! Drift: what the target holds against what the directory says.

use serde_json::Value;

use super::form::Form;
use super::frame::Frame;
use super::{Page, Refusal, Shown, page};
use crate::tenant::{ApplicationInfo, DriftVerdict};

#[derive(askama::Template)]
#[template(path = "tenant/drift.html")]
struct DriftPage {
    frame: Frame,
    read: bool,
    summary: String,
    rows: Vec<Row>,
    unknown: Vec<String>,
    unlisted: Option<String>,
}

struct Row {
    id: String,
    name: String,
    verdict: String,
    class: &'static str,
    waits: bool,
    attribute: String,
    expected: String,
    held: String,
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Page {
    pub(super) async fn drift(&self, info: &ApplicationInfo, query: &Form) -> Result<Shown, Refusal> {
        let frame = self.frame(info, "Drift", query.was_told());
        let nothing = DriftPage {
            frame,
            read: false,
            summary: String::new(),
            rows: Vec::new(),
            unknown: Vec::new(),
            unlisted: None,
        };
        if !query.has("read") {
            return page(&nothing);
        }
        let drift = self.live.drift(&info.service_principal.to_string()).await?;
        let right = drift.rows.iter().filter(|row| row.verdict == DriftVerdict::Same).count();
        let mut rows = Vec::new();
        for found in &drift.rows {
            let (verdict, class) = match &found.verdict {
                DriftVerdict::Same => ("as it should be".to_owned(), "success"),
                DriftVerdict::Different => ("different".to_owned(), "failure"),
                DriftVerdict::Gone => ("the account is gone".to_owned(), "failure"),
                DriftVerdict::Missing => ("has no account".to_owned(), "warning"),
                DriftVerdict::StillActive => ("still active".to_owned(), "failure"),
                DriftVerdict::Unread(why) => (format!("cannot be read: {why}"), "warning"),
            };
            let row = |attribute: String, expected: String, held: String| Row {
                id: found.id.as_str().to_owned(),
                name: found.name.clone(),
                verdict: verdict.clone(),
                class,
                waits: found.waits,
                attribute,
                expected,
                held,
            };
            if found.differences.is_empty() {
                rows.push(row(String::new(), String::new(), String::new()));
            }
            rows.extend(found.differences.iter().map(|difference| {
                row(difference.attribute.clone(), shown(&difference.expected), shown(&difference.held))
            }));
        }
        let cut = if drift.cut { " More accounts were not read." } else { "" };
        let summary = format!("{right} of {} are as they should be.{cut}", drift.rows.len());
        page(&DriftPage {
            read: true,
            summary,
            rows,
            unknown: drift.unknown,
            unlisted: drift.unlisted,
            ..nothing
        })
    }
}
