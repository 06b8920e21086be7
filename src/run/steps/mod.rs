//! One scenario in one dialect, played from its first account to its end state.

pub(in crate::run) mod answers;
pub(in crate::run) mod end_state;
pub(in crate::run) mod fixture;
pub mod mapped;
pub mod suited;
pub mod template;

mod absent;
mod accounts;
mod activity;
mod bulk;
mod cursors;
mod deprovisioning;
mod direct;
mod ending;
mod failure;
mod found;
mod gate_bodies;
mod held;
mod job;
mod log;
mod mirror;
mod names;
mod raw;
mod second;
mod sign_in;
mod state;
mod subjects;
pub(in crate::run) mod sweep;
mod test_values;
mod together;
mod walk;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use self::end_state::EndState;
use self::fixture::{Fixture, FixtureSource, Mistake};
use super::observer::Observer;
use super::target::adjustment::Adjustment;
use super::target::circuit_breaker::CircuitState;
use super::target::deployment::Tenants;
use super::target::recorder::Recorder;
use super::target::stack::Stack;
use crate::check::{Aspect, Finding, JudgedBy, Level, Skip};
use crate::entra::dialect::Writer;
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::entra::job::{Accounts, CycleReport, Job, Watcher};
use crate::entra::mapping::{Mapping, ObjectMapping};
use crate::entra::oracle::CycleView;
use crate::entra::scope::Scope;
use crate::scenario::{Action, Scenario, Step};
use crate::scim::PatchPath;
use crate::scim::discovery::Discovery;
use crate::wire::{Exchange, ResourceKind, SignIn, Target};
use accounts::AccountBefore;
use failure::LoggedFailure;
use subjects::Subjects;
use sweep::allowance::Sweeps;

/// What a scenario is played with.
pub(in crate::run) struct PlayerInput<'a, T: Target, C> {
    pub(in crate::run) scenario: &'a Scenario,
    pub(in crate::run) fixture_source: &'a C,
    pub(in crate::run) at_most: Option<usize>,
    /// The run's mapping, changed as the scenario says.
    pub(in crate::run) mapping: Mapping,
    /// Values to test attributes with, by target path, where the made-up ones will not do.
    pub(in crate::run) test_values: &'a IndexMap<String, String>,
    /// Attributes to test are those of /Schemas, not those of the mapping.
    pub(in crate::run) discovered_attributes: bool,
    /// Targets that are judged only where they are the scenario's subject.
    pub(in crate::run) passed_over: Vec<PatchPath>,
    /// What is left out of creates.
    pub(in crate::run) adjustment: Arc<Adjustment>,
    pub(in crate::run) writer: Writer,
    pub(in crate::run) discovery: &'a Discovery,
    pub(in crate::run) target: &'a Stack<'a, T>,
    pub(in crate::run) recorder: &'a Recorder<T>,
    /// The ways to get a token that are configured.
    pub(in crate::run) sign_ins: &'a [Arc<dyn SignIn>],
    /// Other people's objects may be at the target.
    pub(in crate::run) shared: bool,
    /// Whether a second tenant can be asked.
    pub(in crate::run) tenants: Tenants,
    /// What the sweeps of the run may send, and what they know.
    pub(in crate::run) sweeps: &'a Sweeps,
}

/// How a scenario ended.
#[derive(Default)]
pub(in crate::run) struct StepsEnd {
    /// What was found.
    pub(in crate::run) findings: Vec<Finding>,
    /// Why nothing can be concluded, if so.
    pub(in crate::run) skip: Option<Skip>,
    /// How it left people and groups.
    pub(in crate::run) end: EndState,
    /// Ids of every account that was ever one of the scenario's people or groups.
    pub(in crate::run) ours: Vec<(ResourceKind, String)>,
}

/// A mistake of the scenario, with its line.
pub(in crate::run) type MistakeAt = (usize, Mistake);

/// A scenario while it is played.
pub(in crate::run) struct Player<'a, T: Target, C> {
    scenario: &'a Scenario,
    fixture_source: &'a C,
    /// Mapping and scope before the first cycle.
    began_with: (Mapping, Scope),
    /// The mapping in force.
    mapping: Mapping,
    /// The scope in force.
    scope: Scope,
    /// Mapping or scope was changed since the last cycle.
    reconfigured: bool,
    /// Held-back deletes were allowed since the last cycle.
    deletes_allowed: bool,
    /// The service has a token that is not the target's.
    wrong_token: bool,
    test_values: &'a IndexMap<String, String>,
    discovered_attributes: bool,
    passed_over: Vec<PatchPath>,
    adjustment: Arc<Adjustment>,
    subjects: Subjects,
    writer: Writer,
    discovery: &'a Discovery,
    target: &'a Stack<'a, T>,
    recorder: &'a Recorder<T>,
    observer: Observer<'a, Stack<'a, T>, Recorder<T>>,
    shared: bool,
    tenants: Tenants,
    sweeps: &'a Sweeps,
    fixture: Fixture,
    job: Job,
    accounts: IndexMap<String, AccountBefore>,
    /// Ids at the target by object, in the order in which they became known.
    known: HashMap<ObjectId, Vec<String>>,
    /// What the oracle needs to know of each cycle and on-demand run.
    history: Vec<CycleView>,
    /// Which properties cycles modified, if the scenario asks.
    modifications: Option<Arc<log::Modifications>>,
    /// Steps in which Entra sent a create, whatever came of it.
    creates: HashSet<String>,
    /// Links were dropped since the last cycle.
    links_dropped: bool,
    /// The last cycle or on-demand run, and where its exchanges stand in the trace.
    last: Option<(CycleReport, std::ops::Range<usize>)>,
    discovered: Option<(Accounts, Vec<Arc<Exchange>>)>,
    sign_ins: &'a [Arc<dyn SignIn>],
    signed_in: Option<sign_in::LastSignIn>,
    answer: Option<Arc<Exchange>>,
    /// What was sent at the same time last, with the answers.
    together: Vec<together::SentAtOnce>,
    captures: HashMap<String, Value>,
    /// The headers of answers that were named, in lower case.
    captured_headers: HashMap<String, Vec<(String, String)>>,
    /// Ids that raw requests wrote to: what these hold is no longer Entra's doing.
    touched: HashSet<String>,
    /// What Entra could not do, by object, until it can.
    failures: HashMap<ObjectId, LoggedFailure>,
    /// Keys of which nothing more can be said, because a write they need failed.
    blocked: HashSet<String>,
    /// Keys and attributes that were complained about.
    told: HashSet<(String, String)>,
    /// The timeline is over, and everybody is looked at once more.
    at_the_end: bool,
    findings: Vec<Finding>,
    skip: Option<Skip>,
    /// What kept an expectation from being decided. Without a finding the scenario says nothing then.
    undecided: Option<String>,
    over: bool,
    end: EndState,
}

/// True when a scenario is about who is matched: accounts are there before, everybody is looked up again, or it names
/// what objects are matched by.
pub(in crate::run) fn is_about_matching(scenario: &Scenario, mapping: &Mapping) -> bool {
    let subjects = Subjects::of(scenario, mapping);
    let is_named = |kind: ObjectKind| {
        let matching = mapping.object(kind).map(ObjectMapping::matching).unwrap_or_default();
        matching.iter().any(|row| subjects.contain(kind, &row.target))
    };
    let looks_again =
        |step: &Step| matches!(step.action, Action::Restart { .. } | Action::ChangeScope { .. });
    !scenario.accounts.is_empty()
        || scenario.timeline.iter().any(looks_again)
        || is_named(ObjectKind::User)
        || is_named(ObjectKind::Group)
}

impl<'a, T: Target, C: FixtureSource> Player<'a, T, C> {
    /// Sets the deployment for a scenario.
    pub(in crate::run) fn new(props: PlayerInput<'a, T, C>) -> Result<Self, Mistake> {
        let PlayerInput {
            scenario,
            fixture_source,
            at_most,
            mapping,
            test_values,
            discovered_attributes,
            passed_over,
            adjustment,
            writer,
            discovery,
            target,
            recorder,
            sign_ins,
            shared,
            tenants,
            sweeps,
        } = props;
        let fixture = Fixture::new(scenario, fixture_source, at_most)?;
        let scope = job::scope(scenario.job.everyone);
        let mut settings = crate::entra::job::JobSettings::new(mapping.clone(), scope, writer.dialect);
        settings.switches = writer.switches.clone();
        settings.policy = job::policy(&scenario.job);
        // A gate sees every request that the service sends.
        settings.begins_with_probe = scenario.job.connection_test || scenario.test.is_some();
        let subjects = Subjects::of(scenario, &mapping);
        let modifications = log::Modifications::wanted_by(scenario);
        settings.watcher = modifications.clone().map(|watcher| watcher as Arc<dyn Watcher>);
        Ok(Player {
            scenario,
            fixture_source,
            began_with: (mapping.clone(), scope),
            mapping,
            scope,
            reconfigured: false,
            deletes_allowed: false,
            wrong_token: false,
            test_values,
            discovered_attributes,
            passed_over,
            adjustment,
            subjects,
            writer,
            discovery,
            target,
            recorder,
            observer: Observer::new(target, recorder),
            shared,
            tenants,
            sweeps,
            fixture,
            job: Job::new(settings),
            accounts: IndexMap::new(),
            known: HashMap::new(),
            history: Vec::new(),
            modifications,
            creates: HashSet::new(),
            links_dropped: false,
            last: None,
            discovered: None,
            sign_ins,
            signed_in: None,
            answer: None,
            together: Vec::new(),
            captures: HashMap::new(),
            captured_headers: HashMap::new(),
            touched: HashSet::new(),
            failures: HashMap::new(),
            blocked: HashSet::new(),
            told: HashSet::new(),
            at_the_end: false,
            findings: Vec::new(),
            skip: None,
            undecided: None,
            over: false,
            end: EndState::new(),
        })
    }

    /// Plays it from the accounts that are there beforehand to the end state.
    pub(in crate::run) async fn play(mut self) -> Result<StepsEnd, MistakeAt> {
        let first_line = self.scenario.timeline.first().map_or(1, |step| step.line);
        self.make_accounts().await.map_err(|mistake| (first_line, mistake))?;
        self.forget_doubtful(0).await;
        for step in &self.scenario.timeline {
            if self.is_over() {
                break;
            }
            let told = self.findings.len();
            self.step(step).await.map_err(|mistake| (step.line, mistake))?;
            self.forget_doubtful(told).await;
            if step.reading != JudgedBy::Both {
                // Where both judge apart, what only the other one complains about is nothing.
                let other =
                    |finding: &Finding| finding.reading != JudgedBy::Both && finding.reading != step.reading;
                let found = self.findings.split_off(told);
                self.findings.extend(found.into_iter().filter(|finding| !other(finding)));
                self.findings[told..].iter_mut().for_each(|finding| finding.reading = step.reading);
            }
        }
        // A test of a gate judges what it says and no more.
        if !self.is_over() && self.scenario.test.is_none() {
            let told = self.findings.len();
            self.judge_end().await.map_err(|mistake| (first_line, mistake))?;
            self.forget_doubtful(told).await;
        }
        Ok(self.close())
    }

    /// An expectation cannot be judged, for this reason.
    fn leave_undecided(&mut self, why: impl Into<String>) {
        self.undecided.get_or_insert_with(|| why.into());
    }

    /// What was found in a step in which the target was lost or kept saying "later" may come of that alone.
    async fn forget_doubtful(&mut self, told: usize) {
        self.target.look_again().await;
        let CircuitState { throttled, lost, .. } = self.target.sighting();
        if throttled.is_some() || lost.is_some() {
            self.findings.truncate(told);
        }
    }

    fn is_over(&self) -> bool {
        self.over || self.skip.is_some() || self.target.must_end()
    }

    async fn step(&mut self, step: &Step) -> Result<(), Mistake> {
        let line = step.line;
        match &step.action {
            Action::TestConnection => self.test_connection().await,
            Action::Cycle => self.cycle().await,
            Action::OnDemand(keys) => self.on_demand(keys).await?,
            Action::Restart { reset } => self.restart(reset)?,
            Action::AllowDeletes => self.allow_deletes(),
            Action::ChangeMapping(change) => self.change_mapping(change),
            Action::ChangeScope { everyone } => self.change_scope(*everyone),
            Action::Token { right } => self.wrong_token = !right,
            Action::Discover { count } => self.discover(*count).await,
            Action::SignIn { flow, proof } => self.sign_in(*flow, *proof).await,
            Action::ExpectToken(expectation) => self.expect_token(*expectation),
            Action::Request(request) => self.request(request, line).await?,
            Action::ExpectAnswer(expectation) => self.expect_answer(expectation)?,
            Action::Expect(expectations) => {
                for (key, expectation) in expectations {
                    for key in self.fixture.expand(key)? {
                        self.expect(&key, expectation, line).await?;
                    }
                }
            }
            Action::AtOnce(several) => self.at_once(several, line).await?,
            Action::ExpectAnswers(expectation) => self.expect_answers(expectation),
            Action::RetryRefused => self.retry_refused().await,
            Action::ExpectSettled(expectations) => self.expect_settled(expectations, line).await?,
            Action::ExpectUnseen(keys) => {
                for key in keys {
                    for key in self.fixture.expand(key)? {
                        self.expect_unseen(&key, line).await;
                    }
                }
            }
            Action::ExpectUntouchable(keys) => {
                for key in keys {
                    for key in self.fixture.expand(key)? {
                        self.expect_untouchable(&key, line).await;
                    }
                }
            }
            Action::ExpectTokenApart => self.expect_token_apart(line).await,
            Action::ExpectWalk(expectation) => self.expect_walk(expectation, line).await?,
            Action::ExpectMirrored(keys) => self.expect_mirrored(keys, line).await?,
            Action::ExpectUpdated(keys) => self.expect_updated(keys, line).await?,
            Action::ExpectNoWrites => self.expect_no_writes(),
            Action::ExpectDiscovered(keys) => {
                let mut all = Vec::new();
                for key in keys {
                    all.extend(self.fixture.expand(key)?);
                }
                self.expect_discovered(&all);
            }
            Action::ExpectLog(expectations) => {
                for (key, expectation) in expectations {
                    for key in self.fixture.expand(key)? {
                        self.expect_log(&key, expectation)?;
                    }
                }
            }
            Action::ExpectJob(expectation) => self.expect_job(expectation)?,
            Action::ExpectDeprovisioned(keys) => {
                for key in keys {
                    for key in self.fixture.expand(key)? {
                        self.expect_deprovisioned(&key, line).await;
                    }
                }
            }
            Action::UpdateAttributes(update) => self.update_attributes(update, line).await,
            Action::ClearAttributes { of, null } => self.clear_attributes(of, *null, line).await,
            Action::SweepAttributes(sweep) => self.sweep_attributes(sweep, line).await,
            Action::ExpectPages { kind, count, by_cursor: false } => {
                self.expect_pages(*kind, *count, line).await;
            }
            Action::ExpectPages { kind, count, by_cursor: true } => {
                self.expect_cursor_pages(*kind, *count, line).await;
            }
            Action::ExpectBulkLimits => self.expect_bulk_limits(line).await,
            Action::ExpectDiscoverable => self.expect_discoverable(line).await,
            action => {
                self.fixture.act(self.scenario, self.fixture_source, action)?;
            }
        }
        Ok(())
    }

    /// What ended the scenario early decides what is said of it.
    fn close(mut self) -> StepsEnd {
        let sighting = self.target.sighting();
        if let Some((request, reason)) = sighting.withheld {
            let message = format!(
                "Entra would have written to an account that this run did not create; scimulate did not send \
                 the request: {reason}"
            );
            let mut finding = Finding::of(&self.scenario.about, message)
                .about(Aspect::Job)
                .at(Level::Critical)
                .concerning(format!("{} of somebody else's account", request.method.as_str()))
                .against("only objects of this run are found and written to", reason);
            if let Some(exchange) = self.recorder.last() {
                finding = finding.shown_by(&exchange);
            }
            self.findings.push(finding);
        }
        if let Some(bytes) = sighting.swamped {
            let message = "the responses in this scenario run are too large; it was ended early".to_owned();
            let mut finding = Finding::of(&self.scenario.about, message)
                .at(Level::Error)
                .concerning("size of answers")
                .against("pages as small as requested", format!("{} MiB", bytes >> 20));
            if let Some(exchange) = self.recorder.last() {
                finding = finding.shown_by(&exchange);
            }
            self.findings.push(finding);
        }
        // A finding stays one, whatever else could not be seen.
        let found_nothing = self.findings.is_empty();
        let unproven = sighting.unproven.filter(|_| found_nothing);
        let undecided = self.undecided.filter(|_| found_nothing && sighting.lost.is_none());
        let skip = self
            .skip
            .or_else(|| sighting.throttled.filter(|_| found_nothing).map(Skip::Throttled))
            .or_else(|| {
                unproven.map(|(_, why)| {
                    Skip::Blocked(format!(
                        "the missing proof of ownership: \
                                                                       {why}"
                    ))
                })
            })
            .or_else(|| undecided.map(Skip::Blocked));
        let ours = self.fixture.participants().flat_map(|(_, participant)| {
            let known = participant
                .former
                .iter()
                .chain(&participant.id)
                .filter_map(|id| self.known.get(id))
                .flatten();
            known.map(|id| (participant.kind, id.clone()))
        });
        let findings = self.findings.into_iter().map(Finding::shortened).collect();
        StepsEnd { ours: ours.collect(), findings, skip, end: self.end }
    }
}
