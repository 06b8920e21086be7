//! Raw requests of a scenario and what is expected of their answers.

use secrecy::ExposeSecret;
use serde_json::json;

use super::Player;
use super::absent;
use super::answers;
use super::fixture::{FixtureSource, Mistake};
use super::gate_bodies;
use super::sign_in::Carried;
use super::template;
use super::template::{TemplatePlace, TemplateProblem};
use crate::check::{Aspect, Finding, JudgedBy};
use crate::scenario::{Action, AnswerExpectation, RawRequest};
use crate::wire::{Actor, Broken, Exchange, Operation, Request, Target};

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// Sends a raw request; not at all when somebody it names never got an account, which is told then.
    pub(super) async fn request(&mut self, raw: &RawRequest, line: usize) -> Result<(), Mistake> {
        self.answer = None;
        if let Some(request) = self.prepared(raw, None, line)? {
            self.send_raw(raw, request).await;
        }
        Ok(())
    }

    /// A raw request as it goes out; `None` when somebody it names never got an account, which is told then.
    /// `each` is the key that `each` stands for.
    pub(super) fn prepared(
        &mut self,
        raw: &RawRequest,
        each: Option<&str>,
        line: usize,
    ) -> Result<Option<Request>, Mistake> {
        let carried = self.carried();
        if matches!(carried, Carried::Missing) {
            return Ok(None);
        }
        match self.written(raw, each, line) {
            Ok(mut request) => {
                let own = raw.headers.keys().any(|name| name.eq_ignore_ascii_case("authorization"));
                if let (Carried::Fresh(token), false) = (carried, own) {
                    let scheme = raw.scheme.as_deref().unwrap_or("Bearer");
                    let bearer = format!("{scheme} {}", token.value.expose_secret());
                    request = request.with_header("Authorization", bearer);
                }
                Ok(Some(request))
            }
            Err(Mistake::Template(TemplateProblem::Unknown(name))) => {
                let name = each.and_then(|key| of_each(&name, key)).unwrap_or(name);
                self.blocked_or(TemplateProblem::Unknown(name).into())?;
                Ok(None)
            }
            Err(mistake) => Err(mistake),
        }
    }

    /// A name without a value is the scenario's mistake, unless it stands for what should have come about
    /// by now: somebody's account, or the answer to a request that was refused.
    pub(super) fn blocked_or(&mut self, mistake: Mistake) -> Result<(), Mistake> {
        let Mistake::Template(TemplateProblem::Unknown(name)) = &mistake else { return Err(mistake) };
        let name = name.as_str();
        let key = name.split('.').next().unwrap_or_default().to_owned();
        if let Some(kind) = self.fixture.participant(&key).map(|participant| participant.kind) {
            if self.target_id(&key).is_some() {
                return Err(mistake);
            }
            self.no_account(&key, kind);
            return Ok(());
        }
        let captured = self.scenario.timeline.iter().any(|step| match &step.action {
            Action::Request(raw) => raw.capture.as_ref() == Some(&key),
            Action::AtOnce(several) => {
                several.iter().any(|together| together.request.capture.as_ref() == Some(&key))
            }
            _ => false,
        });
        if captured {
            self.missing_in_answer(name);
        }
        if captured || self.scenario.accounts.contains_key(&key) { Ok(()) } else { Err(mistake) }
    }

    /// An answer lacks what the scenario goes on with. When it was refused, that was told already.
    pub(super) fn missing_in_answer(&mut self, name: &str) {
        if !self.findings.is_empty() || self.target.must_end() {
            return;
        }
        let (key, member) = name.split_once('.').unwrap_or((name, "body"));
        let message = format!("the scenario cannot continue: the response called \"{key}\" has no {member}");
        let mut finding = Finding::of(&self.scenario.about, message)
            .about(Aspect::Answer)
            .concerning(member)
            .against(format!("a response with {member}"), "none");
        if let Some(exchange) = self.recorder.last() {
            finding = finding.shown_by(&exchange);
        }
        self.findings.push(finding);
    }

    fn written(&self, raw: &RawRequest, each: Option<&str>, line: usize) -> Result<Request, Mistake> {
        let lookup = |name: &str| match each.and_then(|key| of_each(name, key)) {
            Some(name) => self.value_of(&name),
            None => self.value_of(name),
        };
        let path = template::text(&raw.path, TemplatePlace::Path, &lookup)?;
        let step = format!("line {line}: {} {path}", raw.method.as_str());
        let mut request = Request::new(Actor::Probe, raw.method, path, step);
        if !raw.query.is_empty() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            for (name, value) in &raw.query {
                let place = if name == "filter" { TemplatePlace::Filter } else { TemplatePlace::Plain };
                query.append_pair(name, &template::text(value, place, &lookup)?);
            }
            request.query = Some(query.finish());
        }
        for (name, value) in &raw.headers {
            request = request.with_header(name, template::text(value, TemplatePlace::Plain, &lookup)?);
        }
        if raw.body.is_some() || raw.text.is_some() {
            let typed = raw.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
            if !typed {
                request = request.with_header("Content-Type", "application/scim+json");
            }
        }
        if let Some(body) = &raw.body {
            request = request.with_json(&template::json(body, &lookup)?);
        }
        if let Some(text) = &raw.text {
            request.body = Some(template::text(text, TemplatePlace::Plain, &lookup)?.into());
        }
        request.tenant = raw.tenant;
        request.provoked = raw.provoked;
        request.scheme.clone_from(&raw.scheme);
        Ok(request)
    }

    async fn send_raw(&mut self, raw: &RawRequest, request: Request) {
        let sent = self.target.send(request).await;
        if matches!(
            sent,
            Err(Broken::Withheld(_) | Broken::Unproven(_) | Broken::Unjournalled(_) | Broken::Interrupted)
        ) {
            return;
        }
        self.answer = self.recorder.last();
        if let Some(exchange) = self.answer.clone() {
            self.take_in(raw, &exchange);
        }
    }

    /// Keeps what the answer to a raw request teaches.
    pub(super) fn take_in(&mut self, raw: &RawRequest, exchange: &Exchange) {
        let writes = exchange.request.writes();
        // A refused write changed nothing; one that was to be refused and was not, did.
        if writes && (!raw.provoked || exchange.succeeded()) {
            let id = exchange.operation.id().map(str::to_owned);
            let created = exchange.json().and_then(crate::wire::id_of);
            self.touched.extend(id.or(created));
        }
        let Some(name) = &raw.capture else { return };
        if let Some(answer) = exchange.answer() {
            self.captured_headers.insert(name.clone(), answer.headers.clone());
        }
        if let Some(body) = exchange.json() {
            self.captures.insert(name.clone(), body.clone());
        } else if let Operation::Create(kind) = exchange.operation
            && let Some(id) = exchange.made_id(kind)
        {
            // An answer without a body still says where the resource is.
            self.captures.insert(name.clone(), json!({ "id": id }));
        }
    }

    pub(super) fn expect_answer(&mut self, expectation: &AnswerExpectation) -> Result<(), Mistake> {
        let asks = self.scenario.timeline.iter().any(|step| matches!(step.action, Action::Request(_)));
        let exchange = match self.answer.clone() {
            Some(exchange) => exchange,
            None if asks => {
                self.leave_undecided("a request that was not sent");
                return Ok(());
            }
            None => return Err(Mistake::Other("there is no request before `expect-answer`".to_owned())),
        };
        if let Err(broken @ Broken::Unrefused(_)) = &exchange.outcome {
            self.leave_undecided(format!("the target: {broken}"));
        }
        if let Some(note) = answers::missing(expectation, &exchange, &self.scenario.about) {
            self.findings.push(note);
            self.over = true;
            return Ok(());
        }
        let expects_success =
            expectation.status.iter().chain(&expectation.or_refused).all(|status| *status < 400);
        if expects_success && absent::is_nothing_removed(&exchange, &self.recorder.trace()) {
            // What it should have removed is missed where it was written.
            self.leave_undecided("a value that the server did not keep");
            return Ok(());
        }
        let lookup = |name: &str| self.value_of(name);
        match answers::judge(expectation, &exchange, &self.scenario.about, &lookup) {
            Ok(found) => {
                // A wrong answer is told once; what it then shows says no more.
                let right = found.is_empty();
                if !right && gate_bodies::is_rightly_refused(self.scenario, &exchange) {
                    let told = found.into_iter().map(|finding| {
                        let message = format!("{}{}", finding.message, gate_bodies::RIGHTLY_REFUSED);
                        Finding { message, ..finding }.read_by(JudgedBy::Microsoft)
                    });
                    self.findings.extend(told);
                    self.over = true;
                    return Ok(());
                }
                self.findings.extend(found);
                if let Some(key) = expectation.holds.as_ref().filter(|_| right) {
                    self.expect_held(key, &exchange);
                }
            }
            Err(problem) => self.blocked_or(problem.into())?,
        }
        Ok(())
    }
}

/// What a name that begins with `each` stands for when it stands for this key.
fn of_each(name: &str, key: &str) -> Option<String> {
    name.strip_prefix("each.").map(|rest| format!("{key}.{rest}"))
}
