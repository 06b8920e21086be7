//! Provision on demand: one user or group, with each step on the way.

use super::form::Form;
use super::frame::{Frame, Told};
use super::logs::LineView;
use super::mistake::Mistake;
use super::traffic::TrafficRow;
use super::{Page, Refusal, Shown, page};
use crate::entra::directory::ObjectKind;
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
        done: Option<(OnDemand, Option<Told>)>,
        mistakes: Vec<Mistake>,
    ) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let (done, told) = done.map_or((None, query.was_told()), |(done, told)| (Some(done), told));
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
            frame: Frame { mistakes, ..self.frame(info, "Provision on demand", told) },
            who: query.get("who").to_owned(),
            known: known.collect(),
            lines: lines.collect(),
            error: done.and_then(|done| done.error),
            requests,
        })
    }

    pub(super) async fn provision(&self, info: &ApplicationInfo, form: &Form) -> Result<Shown, Refusal> {
        let who = form.get("who").trim();
        let found = match self.named_or_deleted(who) {
            Ok(found) => found,
            Err(why) => return self.on_demand(info, form, None, vec![Mistake::new("who", why)]),
        };
        let id = info.service_principal.to_string();
        match self.live.on_demand(&id, &[found], false).await {
            Ok(done) => {
                let nothing = done.lines.is_empty() && done.error.is_none();
                let told = nothing
                    .then(|| Told::bad("Nothing was done: groups are not mapped for this application. Attribute mapping can add them."));
                self.on_demand(info, form, Some((done, told)), Vec::new())
            }
            Err(error) => self.on_demand(info, form, None, vec![Mistake::new("", error.to_string())]),
        }
    }
}
