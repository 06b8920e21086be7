//! What Microsoft's gates send straight to the endpoint: one PATCH of many attributes, one that clears them,
//! a walk through pages, a look into /Schemas.
//!
//! Requests have the headers of the gallery's template: `Accept` and `Content-Type` of SCIM.

mod clear;
mod lists;
mod update;

use std::sync::Arc;

use serde_json::{Value, json};

use super::Player;
use super::answers::answered;
use super::fixture::FixtureSource;
use crate::check::{Aspect, Finding};
use crate::run::observer::resource_path;
use crate::scim::urn;
use crate::wire::{Actor, Broken, Exchange, Method, Request, ResourceKind, Target, id_of};

const SCIM_JSON: &str = "application/scim+json";

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    fn direct(&self, method: Method, path: String, step: &str) -> Request {
        Request::new(Actor::Probe, method, path, step.to_owned()).with_header("Accept", SCIM_JSON)
    }

    /// Sends a request and gives the exchange; `None` when the run is at its end.
    pub(super) async fn exchange(&mut self, request: Request) -> Option<Arc<Exchange>> {
        let written = request.writes().then(|| request.path.clone());
        let sent = self.target.send(request).await;
        if matches!(
            sent,
            Err(Broken::Withheld(_) | Broken::Unproven(_) | Broken::Unjournalled(_) | Broken::Interrupted)
        ) {
            return None;
        }
        let exchange = self.recorder.last()?;
        if written.is_some() && exchange.succeeded() {
            self.touched.extend(exchange.operation.id().map(str::to_owned));
        }
        Some(exchange)
    }

    fn patch(&self, kind: ResourceKind, id: &str, operations: Vec<Value>, step: &str) -> Request {
        let body = json!({ "schemas": [urn::PATCH_OP], "Operations": operations });
        self.direct(Method::Patch, resource_path(kind, id), step)
            .with_header("Content-Type", SCIM_JSON)
            .with_json(&body)
    }

    pub(super) fn complain(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// A captured resource and its id; without one nothing is left to be judged.
    fn captured(&self, of: &str) -> Option<(Value, String)> {
        let resource = self.captures.get(of)?.clone();
        let id = id_of(&resource)?;
        Some((resource, id))
    }

    async fn read_resource(
        &mut self,
        kind: ResourceKind,
        id: &str,
        step: &str,
        wrote: &Arc<Exchange>,
    ) -> Option<Arc<Exchange>> {
        let read = self.exchange(self.direct(Method::Get, resource_path(kind, id), step)).await?;
        if read.succeeded() && read.json().is_some_and(Value::is_object) {
            return Some(read);
        }
        let message = format!("after the PATCH, GET {}/{{id}} does not return the resource", kind.endpoint());
        let finding = Finding::of(&self.scenario.about, message)
            .about(Aspect::Answer)
            .concerning("read by id")
            .against("200 with the resource", answered(&read))
            .shown_by(wrote)
            .shown_by(&read);
        self.complain(finding);
        None
    }
}

fn status(exchange: &Exchange) -> String {
    exchange.answer().map_or_else(|| "no response".to_owned(), |answer| answer.status.to_string())
}
