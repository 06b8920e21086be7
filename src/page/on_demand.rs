//! Provision on demand: one user or group, with each step on the way.

use super::form::Form;
use super::frame::{Frame, Told};
use super::logs::LineView;
use super::traffic::TrafficRow;
use super::{Page, Refusal, Shown, page};
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::tenant::{ApplicationInfo, OnDemand};

/// So many names are offered.
const OFFERED: usize = 200;

#[derive(askama::Template)]
#[template(path = "tenant/on_demand.html")]
struct OnDemandPage {
    frame: Frame,
    who: String,
    known: Vec<String>,
    error: Option<(String, String)>,
    lines: Vec<LineView>,
    requests: Vec<TrafficRow>,
}

impl Page {
    /// The form, and what was done if something was.
    pub(super) fn on_demand(
        &self,
        info: &ApplicationInfo,
        query: &Form,
        done: Option<(Option<OnDemand>, Option<Told>)>,
    ) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let (done, told) = done.unwrap_or((None, query.was_told()));
        let names = |kind, name| {
            let (found, _) = self.live.window(kind, false, 0, OFFERED);
            found.into_iter().filter_map(move |(_, record)| record.text(name).map(str::to_owned))
        };
        let known =
            names(ObjectKind::User, "userPrincipalName").chain(names(ObjectKind::Group, "displayName"));
        let activity = done.as_ref().map(|done| done.activity.clone());
        let mut requests = Vec::new();
        if let Some(activity) = activity {
            let rows = self.live.store().exchanges(Some(&id), None, 200)?;
            let own = rows.iter().filter(|row| row.body["activity"] == activity.as_str());
            requests = own.map(TrafficRow::of).collect();
            requests.reverse();
        }
        let lines = done.iter().flat_map(|done| &done.lines).map(|line| LineView::of(0, line));
        page(&OnDemandPage {
            frame: self.frame(info, "Provision on demand", told),
            who: query.get("who").to_owned(),
            known: known.collect(),
            lines: lines.collect(),
            error: done.and_then(|done| done.error),
            requests,
        })
    }

    pub(super) async fn provision(&self, info: &ApplicationInfo, form: &Form) -> Result<Shown, Refusal> {
        let told = |text: String| self.on_demand(info, form, Some((None, Some(Told::bad(text)))));
        let who = form.get("who").trim();
        let Some(found) = self.named(who) else {
            return told(format!("`{who}` is neither a user nor a group of the directory."));
        };
        let id = info.service_principal.to_string();
        match self.live.on_demand(&id, &[found], false).await {
            Ok(done) => {
                let nothing = done.lines.is_empty() && done.error.is_none();
                let told = nothing
                    .then(|| Told::bad("Nothing was done: groups are not mapped for this application."));
                self.on_demand(info, form, Some((Some(done), told)))
            }
            Err(error) => told(error.to_string()),
        }
    }

    /// The user of an id or userPrincipalName, or the group of an id or displayName.
    pub(super) fn named(&self, who: &str) -> Option<ObjectId> {
        if let Ok(found) = self.live.find(who) {
            return Some(found);
        }
        if let Ok((deleted, _)) = self.live.object(None, who, true) {
            return Some(deleted);
        }
        let mut found = None;
        self.live.visit(ObjectKind::Group, false, |id, record| {
            if record.text("displayName").is_some_and(|name| name.eq_ignore_ascii_case(who)) {
                found.get_or_insert_with(|| id.clone());
            }
        });
        found
    }
}
