//! `sweep-attributes`: every attribute that /Schemas publishes as writable and the mapping does not write.
//!
//! All of them are written in one request and read back, so that a server where nothing is wrong is asked little.
//! Only where it rejects the request or shows something else, the attributes are told apart. A value that is made up
//! may be rejected: an application may know its time zones.

pub(in crate::run) mod allowance;
mod batches;
mod comparison;
mod create;
mod filter;
mod findings;
mod patch;
mod published;

use std::sync::Arc;

use serde_json::Value;

use self::allowance::Allowance;
use self::batches::{Search, Sent};
use self::published::{SweptAttribute, swept};
use super::Player;
use super::fixture::FixtureSource;
use super::mapped;
use super::test_values::Material;
use crate::check::Skip;
use crate::entra::dialect::Assignment;
use crate::entra::directory::Object;
use crate::run::observer::resource_path;
use crate::scenario::{AttributeSweep, SweepForm};
use crate::wire::{Actor, Exchange, Method, Request, ResourceKind, Target};

/// One sweep while it is played.
struct Sweep<'s> {
    /// The key of the person or group.
    of: &'s str,
    kind: ResourceKind,
    form: SweepForm,
    /// What requests say of themselves.
    step: String,
    /// The attributes that it is about.
    attributes: Vec<SweptAttribute>,
    /// Those that every create needs.
    required: Vec<SweptAttribute>,
    allowance: Allowance<'s>,
    /// How many accounts it has made.
    made: usize,
}

/// An account of a sweep.
struct SweptAccount {
    id: String,
    /// The attributes that its create was given.
    given: Vec<SweptAttribute>,
    /// What the mapping wrote.
    mapped: Vec<Assignment>,
    /// The create.
    exchange: Arc<Exchange>,
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// Writes the attributes in one form, and says which of them the server does not hold then.
    pub(super) async fn sweep_attributes(&mut self, sweep: &AttributeSweep, line: usize) {
        let Some(kind) = self.fixture.participant(&sweep.of).map(|participant| participant.kind) else {
            return;
        };
        if self.discovery.schemas.is_empty() {
            let why = "the server publishes no schemas at /Schemas, so that its attributes are not known";
            self.skip = Some(Skip::NotSupported(why.to_owned()));
            return;
        }
        let is_user = kind == ResourceKind::User;
        // Many targets have no groups, or publish nothing of them that the mapping does not write.
        if !is_user && (self.rows(kind).is_none() || self.discovery.serves(kind.endpoint()) == Some(false)) {
            return;
        }
        let mut all = swept(kind, self.discovery, self.rows(kind));
        // What the target is known to refuse is left out of every create.
        all.retain(|attribute| !self.adjustment.refuses(kind, &attribute.path));
        let is_of_the_form = |attribute: &&SweptAttribute| match sweep.form {
            SweepForm::Create => true,
            SweepForm::Filter => attribute.filter_path().is_some(),
            SweepForm::Add | SweepForm::Replace => !attribute.immutable,
            SweepForm::Remove => !attribute.immutable && !attribute.required,
        };
        let attributes: Vec<SweptAttribute> = all.iter().filter(is_of_the_form).cloned().collect();
        if attributes.is_empty() && !is_user {
            return;
        }
        let patches = !matches!(sweep.form, SweepForm::Create | SweepForm::Filter);
        if patches && self.adjustment.one_operation_each {
            let why = "rules/update-refused: the server rejects a PATCH with several operations";
            self.skip = Some(Skip::Blocked(why.to_owned()));
            return;
        }
        if attributes.is_empty() {
            let what = kind.as_str();
            let why =
                format!("the mapping writes every attribute of a {what} that /Schemas publishes as writable");
            self.skip = Some(Skip::NotExercised(why));
            return;
        }
        let Some(allowance) = self.sweeps.allow(self.writer.dialect, kind, sweep.form) else { return };
        let sweep = Sweep {
            of: &sweep.of,
            kind,
            form: sweep.form,
            step: format!("line {line}: {} every attribute", word(sweep.form)),
            required: all.iter().filter(|attribute| attribute.required).cloned().collect(),
            attributes,
            allowance,
            made: 0,
        };
        match sweep.form {
            SweepForm::Create => self.sweep_by_create(sweep).await,
            SweepForm::Add | SweepForm::Replace | SweepForm::Remove => self.sweep_by_patch(sweep).await,
            SweepForm::Filter => self.sweep_by_filter(sweep).await,
        }
    }

    fn material(&self) -> Material<'_> {
        Material { prefix: self.fixture_source.prefix(), domain: self.fixture_source.domain() }
    }

    /// Creates an account with some of the attributes beside those of the mapping.
    async fn make_swept(
        &mut self,
        sweep: &mut Sweep<'_>,
        attributes: &[SweptAttribute],
    ) -> (Sent, Option<SweptAccount>) {
        sweep.made += 1;
        // Each account is somebody else's, so that none is taken for another.
        let key = match sweep.made {
            1 => sweep.of.to_owned(),
            number => format!("{}-{number}", sweep.of),
        };
        let Some(rows) = self.rows(sweep.kind) else { return (Sent::Unclear, None) };
        let mapped = match sweep.kind {
            ResourceKind::User => {
                mapped::assignments(rows, Object::User(&self.fixture_source.person(&key)), false)
            }
            ResourceKind::Group => {
                mapped::assignments(rows, Object::Group(&self.fixture_source.group(&key)), false)
            }
        };
        let lacking = sweep.required.iter().filter(|required| !attributes.contains(required));
        let given: Vec<SweptAttribute> = attributes.iter().chain(lacking).cloned().collect();
        let material = self.material();
        let values: Vec<Assignment> = mapped
            .iter()
            .cloned()
            .chain(given.iter().map(|a| (a.path.clone(), Some(a.value(material, false)))))
            .collect();
        let mut request = self.writer.create(sweep.kind, &values, sweep.step.clone());
        request.actor = Actor::Probe;
        let request = named_extensions(self.adjustment.fit(request), &given);
        let Some(exchange) = self.exchange(request.provoked()).await else { return (Sent::Unclear, None) };
        let account = exchange.made_id(sweep.kind).map(|id| SweptAccount {
            id,
            given,
            mapped,
            exchange: Arc::clone(&exchange),
        });
        self.touched.extend(account.iter().map(|account| account.id.clone()));
        (Sent::of(exchange), account)
    }

    /// Creates an account with all of the attributes, or without those that the server rejects.
    async fn make_with_most(&mut self, sweep: &mut Sweep<'_>) -> Option<SweptAccount> {
        let mut search = Search::of(sweep.attributes.clone());
        while let Some(batch) = search.next() {
            // Halves say in which attributes something is wrong; here any account will do.
            if search.accepted.is_empty() && sweep.allowance.take(1) {
                let (sent, account) = self.make_swept(sweep, &batch).await;
                if account.is_some() {
                    return account;
                }
                let sweeps = self.sweeps;
                search.learn(batch, sent, |attribute| sweeps.is_rejected(&attribute.path.to_string()));
            } else {
                search.end(batch);
            }
        }
        None
    }

    /// Reads an account back.
    async fn read_swept(&mut self, sweep: &Sweep<'_>, id: &str) -> Option<(Value, Arc<Exchange>)> {
        let request = self.direct_read(resource_path(sweep.kind, id), &sweep.step);
        let exchange = self.exchange(request).await?;
        let body = exchange.json().filter(|body| body.is_object()).cloned();
        body.filter(|_| exchange.succeeded()).map(|body| (body, exchange))
    }

    fn direct_read(&self, path: String, step: &str) -> Request {
        Request::new(Actor::Probe, Method::Get, path, step.to_owned())
            .with_header("Accept", "application/scim+json")
    }
}

/// The body names the schemas of the extensions in it (RFC 7643 §3), which Entra does not do for those it does not
/// know: so that a value is lost for no other reason than its attribute.
fn named_extensions(request: Request, given: &[SweptAttribute]) -> Request {
    let Some(mut body) = request.json() else { return request };
    if let Some(Value::Array(schemas)) = body.get_mut("schemas") {
        for urn in given.iter().filter_map(|attribute| attribute.path.schema.as_deref()) {
            let is_it = |named: &Value| named.as_str().is_some_and(|named| named.eq_ignore_ascii_case(urn));
            if !schemas.iter().any(is_it) {
                schemas.push(Value::from(urn));
            }
        }
    }
    request.with_json(&body)
}

fn word(form: SweepForm) -> &'static str {
    match form {
        SweepForm::Create => "create with",
        SweepForm::Add => "add",
        SweepForm::Replace => "replace",
        SweepForm::Remove => "remove",
        SweepForm::Filter => "filter on",
    }
}
