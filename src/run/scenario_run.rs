//! One scenario run: its deployment, its scenario, its judges and its clean-up.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, Semaphore, SemaphorePermit};

use super::cleanup;
use super::event::{Event, ScenarioRunId};
use super::plan::Plan;
use super::preflight::freshness::READ_OWN_WRITES;
use super::prepare;
use super::prepare::Prepared;
use super::purpose::{self, LastAdmin};
use super::steps::end_state::EndState;
use super::steps::fixture::FixtureSource;
use super::steps::sweep::allowance::Sweeps;
use super::steps::{self, suited};
use super::steps::{MistakeAt, Player, PlayerInput};
use super::target::deployment::Deployments;
use super::target::guard::Ownership;
use super::target::lag::{Lag, Settled};
use super::target::lookups::BrokenLookups;
use super::target::media_type::{Labelled, MediaType};
use super::target::rate::{Paced, Rate};
use super::target::recorder::Recorder;
use super::target::run_writes::{Noted, RunWrites};
use super::target::stack::Stack;
use super::verdict::comparison::Observations;
use super::verdict::report::CheckResult;
use crate::check::{Finding, Level, Meeting, Outcome, Skip};
use crate::entra::dialect::{Dialect, Switches, TombstoneName, Writer};
use crate::entra::directory::{Group, ObjectId, User};
use crate::entra::mapping::Mapping;
use crate::people::People;
use crate::rules::{self, KnownBesides};
use crate::scenario::{Action, Scenario};
use crate::wire::{Broken, Exchange};

/// Why a scenario is skipped that the last administrator was to be disabled or deleted in.
const PROTECTED: &str = "the target protects its last administrator ([target] protects)";

/// What all scenario runs of a run share.
pub(in crate::run) struct SharedRun<S> {
    pub(in crate::run) plan: Plan,
    pub(in crate::run) people: People,
    pub(in crate::run) deployments: S,
    pub(in crate::run) prepared: Prepared,
    /// What is known of the objects at a target that scenario runs share.
    pub(in crate::run) ownership: Arc<Ownership>,
    /// Set once something failed, if nothing shall be played after that.
    pub(in crate::run) has_failed: AtomicBool,
    /// Set when the target was lost: scenario runs that have not begun are not played.
    pub(in crate::run) lost: OnceLock<Broken>,
    /// The rate that a shared target bears.
    pub(in crate::run) rate: Arc<Rate>,
    /// Under which media type bodies are sent.
    pub(in crate::run) media_type: Arc<MediaType>,
    /// When reads show what was written.
    pub(in crate::run) lag: Arc<Lag>,
    /// On a shared target a scenario run that reads all resources has exclusive access.
    pub(in crate::run) access: RwLock<()>,
    /// A filter has found objects that do not match it: from then on each scenario run plays alone, so that a
    /// query finds no objects of another one.
    pub(in crate::run) filters_ignored: AtomicBool,
    /// A permit for each user that a shared target may still get, where it may not hold many.
    pub(in crate::run) users: Option<Semaphore>,
    /// What scenario runs write at a shared target.
    pub(in crate::run) writes: Arc<RunWrites>,
    /// Whom a shared target protects.
    pub(in crate::run) last_admin: LastAdmin,
    /// What the sweeps over attributes may send, and what they know.
    pub(in crate::run) sweeps: Sweeps,
}

/// A scenario run's access to its deployment.
enum DeploymentAccess<'a> {
    /// The deployment is the scenario run's own.
    Own,
    /// No other scenario run plays.
    Exclusive { _held: RwLockWriteGuard<'a, ()> },
    /// Other scenario runs play at the same time.
    Shared { _held: RwLockReadGuard<'a, ()> },
}

/// What a scenario run leaves to the whole run.
pub(in crate::run) struct ScenarioRunEnd {
    pub(in crate::run) scenario_run: ScenarioRunId,
    pub(in crate::run) result: CheckResult,
    pub(in crate::run) trace: Vec<Arc<Exchange>>,
    pub(in crate::run) rule_findings: Vec<Finding>,
    /// Ids of the rules that met what they are about.
    pub(in crate::run) exercised: BTreeSet<&'static str>,
    /// What rules judged, and how often.
    pub(in crate::run) observations: Observations,
    pub(in crate::run) end: EndState,
    pub(in crate::run) left_behind: Vec<cleanup::Left>,
    pub(in crate::run) mistake: Option<MistakeAt>,
    /// What kept the scenario run from being played to its end, if something did.
    pub(in crate::run) cut_short: Option<CutShort>,
}

/// What keeps scenario runs from being played to their end, whatever the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::run) enum CutShort {
    /// The target was lost.
    Lost,
    /// The run was ended.
    Ended,
    /// The target kept saying "later".
    Throttled,
}

/// The people of one scenario run.
struct PeopleOfScenario<'a> {
    people: &'a People,
    /// Whom the profile provisions; a scenario with a scoping filter of its own says itself who passes it.
    mapping: &'a Mapping,
    scenario: &'a Scenario,
    scenario_run: &'a ScenarioRunId,
    prefix: String,
    ownership: Arc<Ownership>,
}

impl PeopleOfScenario<'_> {
    /// The scenario has a scoping filter of its own.
    fn filters(&self) -> bool {
        self.scenario.mapping_changes().any(|change| change.edits.filter.is_some())
    }
}

impl FixtureSource for PeopleOfScenario<'_> {
    fn person(&self, key: &str) -> User {
        let person = self.people.person(&self.scenario_run.scenario, &self.scenario_run.dialect, key);
        let person = match self.filters() {
            true => person,
            false => suited::user(person, &self.mapping.user),
        };
        self.ownership.drew(person.id().as_str());
        person
    }

    fn group(&self, key: &str) -> Group {
        let group = self.people.group(&self.scenario_run.scenario, &self.scenario_run.dialect, key);
        let group = match &self.mapping.group {
            Some(mapping) => suited::group(group, mapping),
            None => group,
        };
        self.ownership.drew(group.id().as_str());
        group
    }

    fn another_id(&self, key: &str, time: usize) -> ObjectId {
        let id = self.people.object_id(&self.scenario_run.scenario, &self.scenario_run.dialect, key, time);
        self.ownership.drew(id.as_str());
        id
    }

    fn prefix(&self) -> &str {
        &self.prefix
    }

    fn domain(&self) -> &str {
        self.people.domain()
    }
}

impl<S: Deployments> SharedRun<S> {
    /// Plays one scenario run. `tell` passes events on.
    pub(in crate::run) async fn scenario_run(
        &self,
        scenario: &Scenario,
        dialect: Dialect,
        tell: impl Fn(Event) + Clone + Send + Sync + 'static,
    ) -> ScenarioRunEnd {
        let scenario_run =
            ScenarioRunId { scenario: scenario.about.id.clone(), dialect: dialect.to_string() };
        let _access = self.access(scenario).await;
        let obstacle = self.obstacle(scenario);
        let _users = if obstacle.is_none() { self.users_of(scenario).await } else { None };
        let begin = Instant::now();
        tell(Event::ScenarioStarted(scenario_run.clone()));
        let mut end = match obstacle {
            Some(skip) => self.skipped(&scenario_run, scenario, skip),
            None => self.play(&scenario_run, scenario, dialect, tell).await,
        };
        end.result.elapsed = begin.elapsed();
        end
    }

    /// Whether filters find what does not match them, as far as findings show.
    pub(in crate::run) fn note_filters(&self, findings: &[Finding]) {
        if findings.iter().any(|finding| rules::FILTERS_IGNORED.contains(&finding.rule.as_str())) {
            self.filters_ignored.store(true, Ordering::Relaxed);
        }
    }

    /// Waits for the access that this scenario needs, and keeps it while the result lives.
    async fn access(&self, scenario: &Scenario) -> DeploymentAccess<'_> {
        let reads_all = scenario.timeline.iter().any(|step| {
            matches!(
                step.action,
                Action::Discover { .. } | Action::ExpectWalk(_) | Action::ExpectPages { .. }
            )
        });
        if !self.deployments.is_shared() {
            return DeploymentAccess::Own;
        }
        let alone = || reads_all || self.filters_ignored.load(Ordering::Relaxed);
        if !alone() {
            let held = self.access.read().await;
            // It may have shown while this one waited.
            if !alone() {
                return DeploymentAccess::Shared { _held: held };
            }
        }
        DeploymentAccess::Exclusive { _held: self.access.write().await }
    }

    /// Waits until the target may hold the users of this scenario beside those of the others.
    async fn users_of(&self, scenario: &Scenario) -> Option<SemaphorePermit<'_>> {
        let permits = self.users.as_ref().filter(|_| self.deployments.is_shared())?;
        let users = purpose::users(scenario, prepare::crowd_limit(&self.plan, scenario));
        // It is never closed.
        permits.acquire_many(u32::try_from(users).ok()?).await.ok()
    }

    fn obstacle(&self, scenario: &Scenario) -> Option<Skip> {
        if self.plan.cancel.is_cancelled() {
            return Some(Skip::Blocked("the end of the run".to_owned()));
        }
        if self.has_failed.load(Ordering::Relaxed) {
            return Some(Skip::Blocked("the first failure: --fail-fast plays nothing after it".to_owned()));
        }
        if let Some(broken) = self.lost.get() {
            return Some(Skip::Blocked(format!("the loss of the target: {broken}")));
        }
        self.prepared.obstacle(&self.plan, scenario)
    }

    fn skipped(&self, scenario_run: &ScenarioRunId, scenario: &Scenario, skip: Skip) -> ScenarioRunEnd {
        let outcome = Outcome::Skipped(skip);
        ScenarioRunEnd {
            scenario_run: scenario_run.clone(),
            result: CheckResult::new(
                &scenario_run.scenario,
                Some(&scenario_run.dialect),
                &scenario.about.title,
                outcome,
            ),
            trace: Vec::new(),
            rule_findings: Vec::new(),
            exercised: BTreeSet::new(),
            observations: Observations::new(),
            end: EndState::new(),
            left_behind: Vec::new(),
            mistake: None,
            cut_short: self.cut_short(false),
        }
    }

    fn cut_short(&self, throttled: bool) -> Option<CutShort> {
        if self.lost.get().is_some() {
            Some(CutShort::Lost)
        } else if self.plan.cancel.is_cancelled() {
            Some(CutShort::Ended)
        } else {
            throttled.then_some(CutShort::Throttled)
        }
    }

    /// The switches of the plan, and those of a scenario's job.
    fn switches_of(&self, scenario: &Scenario) -> Switches {
        let mut switches = self.plan.switches.clone();
        if scenario.job.tombstone_name {
            switches.tombstone_name = TombstoneName::On;
        }
        switches
    }

    /// The delays that reads of a scenario wait for. The one that is about them does not wait.
    fn lag_of(&self, scenario: &Scenario) -> Arc<Lag> {
        match scenario.about.id == READ_OWN_WRITES {
            true => Arc::default(),
            false => Arc::clone(&self.lag),
        }
    }

    /// Lookups that the target is not asked, because it answers them wrongly. A scenario that is about them asks all
    /// the same.
    fn broken_lookups(&self, scenario: &Scenario, mapping: &Mapping) -> BrokenLookups {
        match steps::is_about_matching(scenario, mapping) {
            true => BrokenLookups::default(),
            false => self.prepared.broken_lookups.clone(),
        }
    }

    async fn play(
        &self,
        scenario_run: &ScenarioRunId,
        scenario: &Scenario,
        dialect: Dialect,
        tell: impl Fn(Event) + Clone + Send + Sync + 'static,
    ) -> ScenarioRunEnd {
        let about = &scenario.about;
        let mapping = match scenario.mapping.applied(&self.prepared.mapping) {
            Ok(mapping) => mapping,
            Err(error) => {
                return self.skipped(scenario_run, scenario, Skip::NotConfigured(error.to_string()));
            }
        };
        let deployment = match self.deployments.open().await {
            Ok(deployment) => deployment,
            Err(problem) => {
                let lost = Broken::Protocol(problem);
                let skip = Skip::Blocked(format!("the loss of the target: {lost}"));
                let _ = self.lost.set(lost);
                return self.skipped(scenario_run, scenario, skip);
            }
        };
        let rate = match self.deployments.is_shared() {
            true => Arc::clone(&self.rate),
            false => Arc::default(),
        };
        let labelled = Labelled::new(deployment.target, Arc::clone(&self.media_type));
        let (began, number) = (SystemTime::now(), self.writes.begin());
        let settled = Settled::new(labelled, self.lag_of(scenario));
        let noted = Noted::new(settled, Arc::clone(&self.writes), number);
        let recorder = Recorder::new(Paced::new(noted, rate));
        let waits = {
            let (tell, scenario_run) = (tell.clone(), scenario_run.clone());
            move |pause| {
                tell(Event::Waiting { scenario_run: Some(scenario_run.clone()), pause });
            }
        };
        let ownership = match self.deployments.is_shared() {
            true => Arc::clone(&self.ownership),
            false => Arc::new(self.plan.ownership(false)),
        };
        let adjustment = Arc::clone(&self.prepared.adjustment);
        let target =
            Stack::new(&recorder, &self.plan.wait_limit, &self.plan.cancel, Arc::clone(&ownership), waits)
                .adjusted(Arc::clone(&adjustment))
                .looking_up_otherwise(self.broken_lookups(scenario, &mapping));
        let prefix = self.people.scenario_prefix(&scenario_run.scenario, &scenario_run.dialect);
        let people = PeopleOfScenario {
            people: &self.people,
            mapping: &self.prepared.mapping,
            scenario,
            scenario_run,
            prefix,
            ownership,
        };
        let player = Player::new(PlayerInput {
            scenario,
            fixture_source: &people,
            at_most: prepare::crowd_limit(&self.plan, scenario),
            mapping,
            test_values: &self.plan.test_values,
            discovered_attributes: self.plan.discovered_attributes,
            passed_over: self.prepared.passed_over(scenario),
            adjustment,
            writer: Writer::new(dialect, self.switches_of(scenario)),
            discovery: &self.prepared.discovery,
            target: &target,
            recorder: &recorder,
            sign_ins: &deployment.sign_ins,
            shared: self.deployments.is_shared(),
            tenants: self.deployments.tenants(),
            sweeps: &self.sweeps,
        });
        let first_line = scenario.timeline.first().map_or(1, |step| step.line);
        let ended = match player {
            Ok(player) => player.play().await,
            Err(mistake) => Err((first_line, mistake)),
        };
        let sighting = target.sighting();
        let ours = ended.as_ref().map(|ended| ended.ours.clone()).unwrap_or_default();
        let left_behind = cleanup::remove(&target, || recorder.trace(), &ours).await;
        let trace = recorder.trace();
        drop(deployment.hold);
        let (ended, mistake) = match ended {
            Ok(ended) => (ended, None),
            Err(mistake) => (steps::StepsEnd::default(), Some(mistake)),
        };
        let own_server = LastAdmin::default();
        let last_admin = if self.deployments.is_shared() { &self.last_admin } else { &own_server };
        let protected = last_admin.is_met_in(&self.plan, &trace);
        let mut findings = ended.findings;
        // What the scenario found then follows from that refusal.
        let spared = protected && !findings.is_empty();
        if spared {
            findings.clear();
        }
        // A test of a gate says what Microsoft would say of it.
        if scenario.test.is_none() {
            rules::cap_own(&mut findings);
        }
        // What is under way at the same time ends in another order each time.
        let races = scenario.timeline.iter().any(|step| matches!(step.action, Action::AtOnce(_)));
        // What came to no end is not compared: how far it came may differ from run to run.
        let is_whole = ended.skip.is_none() && !target.must_end();
        if let Some(judge) = self.plan.judge.as_ref().filter(|_| !races && is_whole) {
            findings.extend(judge(scenario_run, &trace, &self.prepared.discovery));
        }
        for finding in &findings {
            tell(Event::Finding {
                scenario_run: Some(scenario_run.clone()),
                finding: Arc::new(finding.clone()),
            });
        }
        let spared = spared.then(|| Skip::NotConfigured(PROTECTED.to_owned()));
        let skip = ended.skip.or(spared).or_else(|| match &sighting.lost {
            Some(lost) if findings.is_empty() => {
                Some(Skip::Blocked(format!("the loss of the target: {lost}")))
            }
            _ if self.plan.cancel.is_cancelled() && findings.is_empty() => {
                Some(Skip::Blocked("the end of the run".to_owned()))
            }
            _ => None,
        });
        if let Some(lost) = &sighting.lost {
            let _ = self.lost.set(lost.clone());
        }
        let cut_short = self.cut_short(sighting.throttled.is_some());
        let off: Vec<&str> = self.plan.rules_off.iter().map(String::as_str).collect();
        let others = match self.deployments.is_shared() {
            true => self.writes.of_others(number, began),
            false => Vec::new(),
        };
        let besides = KnownBesides { patched: &self.prepared.updates.accepted, others: &others };
        let rules::Judgement { findings: mut rule_findings, exercised, observations } =
            rules::judge(&off, &trace, &self.prepared.discovery, &besides);
        // A late read is the one thing that is judged here; rules would take it for a loss.
        if about.id == READ_OWN_WRITES && !self.lag.is_none() {
            rule_findings.clear();
        }
        self.note_filters(&rule_findings);
        // What is on purpose is told by the rule's own level, so before that is capped.
        purpose::expect(&self.plan, last_admin, &mut rule_findings);
        rules::cap(&mut rule_findings, Some(about.level), &trace);
        let moved = sighting.lost.as_ref().is_some_and(|lost| matches!(lost, Broken::Gone(_)));
        for finding in &mut rule_findings {
            finding.meetings =
                vec![Meeting::new(&scenario_run.scenario, &scenario_run.dialect, &finding.exchanges)];
            // A target that redirects for good disables no user any more.
            if moved && finding.rule == rules::REDIRECTED {
                finding.level = Level::Critical;
            }
        }
        let result = match skip {
            Some(skip) => {
                CheckResult::new(&about.id, Some(&scenario_run.dialect), &about.title, Outcome::Skipped(skip))
            }
            None => CheckResult::played(
                &about.id,
                Some(&scenario_run.dialect),
                &about.title,
                findings,
                self.plan.fail_on,
            ),
        };
        ScenarioRunEnd {
            scenario_run: scenario_run.clone(),
            result,
            trace,
            rule_findings,
            exercised,
            observations,
            end: ended.end,
            left_behind,
            mistake,
            cut_short,
        }
    }
}
