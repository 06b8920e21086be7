//! Raw requests of a scenario and what is expected of their answers.

use super::Story;
use crate::run::answers;
use crate::run::cast::{Casting, Mistake};
use crate::run::template::{self, Place};
use crate::scenario::{AnswerExpectation, RawRequest};
use crate::wire::{Actor, Broken, Request, Target};

impl<T: Target, C: Casting> Story<'_, T, C> {
    pub(super) async fn request(&mut self, raw: &RawRequest, line: usize) -> Result<(), Mistake> {
        let lookup = |name: &str| self.value_of(name);
        let path = template::text(&raw.path, Place::Path, &lookup)?;
        let step = format!("line {line}: {} {path}", raw.method.as_str());
        let mut request = Request::new(Actor::Probe, raw.method, path, step);
        if !raw.query.is_empty() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            for (name, value) in &raw.query {
                let place = if name == "filter" { Place::Filter } else { Place::Plain };
                query.append_pair(name, &template::text(value, place, &lookup)?);
            }
            request.query = Some(query.finish());
        }
        for (name, value) in &raw.headers {
            request = request.with_header(name, template::text(value, Place::Plain, &lookup)?);
        }
        if let Some(body) = &raw.body {
            let typed = raw.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
            if !typed {
                request = request.with_header("Content-Type", "application/scim+json");
            }
            request = request.with_json(&template::json(body, &lookup)?);
        }
        request.provoked = raw.provoked;
        let writes = request.writes();
        let sent = self.target.send(request).await;
        if matches!(sent, Err(Broken::Withheld(_) | Broken::Interrupted)) {
            return Ok(());
        }
        self.answer = self.recorder.last();
        let Some(exchange) = &self.answer else { return Ok(()) };
        // A refused write changed nothing; one that was to be refused and was not, did.
        if writes && (!raw.provoked || exchange.succeeded()) {
            let id = exchange.operation.id().map(str::to_owned);
            let created = exchange.json().and_then(crate::run::observer::id_of);
            self.touched.extend(id.or(created));
        }
        if let (Some(name), Some(body)) = (&raw.capture, exchange.json()) {
            self.captures.insert(name.clone(), body.clone());
        }
        Ok(())
    }

    pub(super) fn expect_answer(&mut self, expectation: &AnswerExpectation) -> Result<(), Mistake> {
        let Some(exchange) = self.answer.clone() else {
            return Err(Mistake::Other("there was no request before `expect-answer`".to_owned()));
        };
        let lookup = |name: &str| self.value_of(name);
        let found = answers::judge(expectation, &exchange, &self.scenario.about, &lookup)?;
        self.findings.extend(found);
        Ok(())
    }
}
