//! The whole run: preparation, scenario runs, and the checks that need several of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::sync::{RwLock, Semaphore};

use super::cleanup;
use super::event::{Event, Listener};
use super::plan::Plan;
use super::preflight::acceptance::CREATE_REFUSED;
use super::preflight::updates::UPDATE_REFUSED;
use super::preflight::{Refusal, media_type};
use super::prepare::{self, Asking};
use super::purpose::{self, LastAdmin};
use super::same_end;
use super::scenario_run::{CutShort, ScenarioRunEnd, SharedRun};
use super::schedule::{self, Work};
use super::steps::end_state::EndState;
use super::steps::suited;
use super::steps::sweep::allowance::Sweeps;
use super::target::deployment::Deployments;
use super::target::lag::Lag;
use super::target::media_type::MediaType;
use super::target::rate::Rate;
use super::verdict::cause;
use super::verdict::comparison::Observations;
use super::verdict::report::{CheckResult, Report, Verdict};
use super::verdict::ruling::Ruling;
use crate::check::{Finding, Outcome};
use crate::entra::directory::DirectoryError;
use crate::people::People;
use crate::rules::{self, KnownBesides, READ_STALE};
use crate::scenario::Scenario;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum RunProblem {
    /// No deployment could be opened; one sentence.
    #[error("{0}")]
    Stage(String),
    /// The target cannot be tested.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// People cannot be made up as the settings say.
    #[error("the settings of people are wrong: {0}")]
    People(#[from] DirectoryError),
    /// No made-up person passes the profile's scoping filter, so that nobody would be provisioned.
    #[error("no made-up person passes the scoping filter of the profile ({0})")]
    OutOfScope(String),
    /// A scenario asks for something that makes no sense.
    #[error("{scenario}, line {line}: {message}")]
    Scenario {
        /// Its id.
        scenario: String,
        /// The line of the step.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// So many scenario_runs panicked: a mistake in this program.
    #[error("{0} scenario runs ended in a panic")]
    Panicked(u64),
}

enum Message {
    Event(Box<Event>),
    End(Box<ScenarioRunEnd>),
}

/// Plays a plan. Events are told on the calling thread, in order.
///
/// `runtime` must be a multi-thread runtime, and the caller must not be one of its tasks.
///
/// # Errors
/// [`RunProblem`] when nothing can be played, a scenario is wrong, or this program is.
pub fn play_scenarios<S: Deployments>(
    plan: Plan,
    deployments: S,
    runtime: &Handle,
    listener: &mut dyn Listener,
) -> Result<Report, RunProblem> {
    let begin = Instant::now();
    let people = People::new(plan.people.clone(), plan.seed, plan.prefix.clone())?;
    let filter = &plan.mapping.user.filter;
    let somebody = suited::user(people.person("preflight/scope", "default", "somebody"), &plan.mapping.user);
    if !suited::passes(&somebody, &plan.mapping.user) {
        let clauses = filter.groups.iter().flat_map(|group| &group.clauses).map(ToString::to_string);
        return Err(RunProblem::OutOfScope(clauses.collect::<Vec<_>>().join("; ")));
    }
    let deployment = runtime.block_on(deployments.open()).map_err(RunProblem::Stage)?;
    let base_url = deployment.base_url.clone();
    let scenario_runs = plan.scenario_runs();
    listener.on(&Event::Started {
        target: base_url.clone(),
        seed: plan.seed,
        prefix: plan.prefix.clone(),
        dialects: plan.dialects.iter().map(ToString::to_string).collect(),
        scenario_runs: scenario_runs.len(),
        jobs: plan.jobs,
    });
    let rate: Arc<Rate> = Arc::default();
    let media_type: Arc<MediaType> = Arc::default();
    let lag: Arc<Lag> = Arc::default();
    let (told, pauses) = mpsc::channel();
    let ownership = Arc::new(plan.ownership(deployments.is_shared()));
    let asking = Asking {
        plan: &plan,
        people: &people,
        rate: Arc::clone(&rate),
        ownership: Arc::clone(&ownership),
        tenants: deployments.tenants(),
        media_type: Arc::clone(&media_type),
        lag: Arc::clone(&lag),
    };
    let prepared = std::thread::scope(|scope| {
        let asked = scope.spawn(|| runtime.block_on(prepare::prepare(asking, deployment, told)));
        for pause in pauses {
            listener.on(&Event::Waiting { scenario_run: None, pause });
        }
        asked.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    listener
        .on(&Event::Prepared { abilities: Arc::clone(&prepared.abilities), trace: prepared.trace.clone() });
    // What one scenario run writes, others may read late.
    let jobs = if lag.is_none() { plan.jobs } else { 1 };
    let users = plan.max_users.map(Semaphore::new);
    let run = SharedRun {
        plan,
        people,
        deployments,
        prepared,
        ownership,
        has_failed: AtomicBool::default(),
        lost: OnceLock::new(),
        rate,
        access: RwLock::default(),
        media_type,
        lag,
        filters_ignored: AtomicBool::default(),
        users,
        writes: Arc::default(),
        last_admin: LastAdmin::default(),
        sweeps: Sweeps::default(),
    };
    let run = Arc::new(run);
    let mut gathered = Gathered::new(&run);
    gathered.preparation(&run, listener);

    let (sender, messages) = mpsc::channel();
    let work = scenario_runs
        .into_iter()
        .map(|(scenario, dialect)| {
            let (run, sender, runtime) = (Arc::clone(&run), sender.clone(), runtime.clone());
            let body: Work = Box::new(move || {
                let end = runtime.block_on(run.scenario_run(&scenario, dialect, teller(&sender)));
                // Nobody listens only when the whole run is being dropped.
                let _ = sender.send(Message::End(Box::new(end)));
            });
            body
        })
        .collect();
    drop(sender);
    let scenario_runs = std::thread::spawn(move || schedule::play(work, jobs));
    for message in messages {
        match message {
            Message::Event(event) => listener.on(&event),
            Message::End(end) => gathered.scenario_run(&run, *end, listener),
        }
    }
    let panicked = scenario_runs.join().unwrap_or(1);
    gathered.left_behind.retain(|left| !gathered.deleted.holds(left));
    let (left, exchanges) = runtime.block_on(run.rest(&gathered.left_behind, &gathered.deleted));
    gathered.left_behind.extend(left);
    gathered.exchanges += exchanges;
    let kept = run.last_admin.take_from(&mut gathered.left_behind);
    if let (Some(kept), Some(dialect)) = (kept, run.plan.dialects.first()) {
        gathered.rule(dialect.as_str(), vec![kept], None, listener);
    }
    // What may be left at the target is looked for again by `cleanup`, with the journal's help.
    if panicked == 0 && gathered.left_behind.is_empty() {
        for journal in [&run.plan.journal, &run.plan.second_journal].into_iter().flatten() {
            // A journal that cannot be removed is found again by `cleanup`, which sees that all is gone.
            let _ = journal.finish();
        }
    }
    if panicked > 0 {
        return Err(RunProblem::Panicked(panicked));
    }
    let report = gathered.report(&run, base_url, begin, listener)?;
    let report = Arc::new(report);
    listener.on(&Event::Finished(Arc::clone(&report)));
    Ok(Arc::unwrap_or_clone(report))
}

fn teller(sender: &Sender<Message>) -> impl Fn(Event) + Clone + Send + Sync + 'static {
    let sender = sender.clone();
    move |event| {
        // Nobody listens only when the whole run is being dropped.
        let _ = sender.send(Message::Event(Box::new(event)));
    }
}

/// What scenario runs leave, until the report is written.
struct Gathered {
    checks: Vec<CheckResult>,
    ruling: Ruling,
    observations: Observations,
    /// Ends of scenario runs whose counterpart in the other dialect has not ended yet, by scenario.
    waiting: BTreeMap<String, Vec<(String, CheckResult, EndState)>>,
    scenarios: BTreeMap<String, Arc<Scenario>>,
    /// Dialects in which something was played.
    played: Vec<String>,
    left_behind: Vec<cleanup::Left>,
    /// What was deleted at a target that all scenario runs share.
    deleted: cleanup::Deleted,
    exchanges: usize,
    /// How many scenario runs were not played to their end.
    cut_short: usize,
    throttled: bool,
    mistake: Option<RunProblem>,
}

impl Gathered {
    fn new<S: Deployments>(run: &SharedRun<S>) -> Self {
        let scenarios = run.plan.scenarios.iter();
        Gathered {
            checks: Vec::new(),
            ruling: Ruling::default(),
            observations: Observations::new(),
            waiting: BTreeMap::new(),
            scenarios: scenarios.map(|scenario| (scenario.about.id.clone(), Arc::clone(scenario))).collect(),
            played: Vec::new(),
            left_behind: Vec::new(),
            deleted: cleanup::Deleted::default(),
            exchanges: 0,
            cut_short: 0,
            throttled: false,
            mistake: None,
        }
    }

    /// Rules watch the preparation too; what they find there belongs to the first dialect.
    fn preparation<S: Deployments>(&mut self, run: &SharedRun<S>, listener: &mut dyn Listener) {
        let off: Vec<&str> = run.plan.rules_off.iter().map(String::as_str).collect();
        let prepared = &run.prepared;
        let rules::Judgement { mut findings, exercised, observations } =
            rules::judge(&off, &prepared.trace, &prepared.discovery, &KnownBesides::default());
        run.note_filters(&findings);
        media_type::without_unread(&mut findings, &prepared.trace);
        if !off.contains(&CREATE_REFUSED) {
            findings.extend(prepared.acceptance.findings(&prepared.discovery));
            findings.extend(prepared.accepted.iter().cloned());
        }
        if !off.contains(&UPDATE_REFUSED) {
            findings.extend(prepared.updates.findings(&prepared.discovery));
        }
        if !off.contains(&READ_STALE) {
            findings.extend(prepared.freshness.findings());
        }
        // The first users of a run are made here.
        run.last_admin.is_met_in(&run.plan, &prepared.trace);
        purpose::expect(&run.plan, &run.last_admin, &mut findings);
        rules::cap(&mut findings, None, &prepared.trace);
        if let Some(dialect) = run.plan.dialects.first() {
            self.ruling.note(dialect.as_str(), &exercised);
            self.observe(observations);
            self.rule(dialect.as_str(), findings, None, listener);
        }
        self.exchanges += prepared.trace.len();
        self.left_behind.extend(prepared.left_behind.iter().cloned());
    }

    fn observe(&mut self, observations: Observations) {
        for (observation, times) in observations {
            *self.observations.entry(observation).or_default() += times;
        }
    }

    fn rule(
        &mut self,
        dialect: &str,
        findings: Vec<Finding>,
        scenario_run: Option<&super::event::ScenarioRunId>,
        listener: &mut dyn Listener,
    ) {
        for finding in self.ruling.add(dialect, findings) {
            listener.on(&Event::Finding { scenario_run: scenario_run.cloned(), finding: Arc::new(finding) });
        }
    }

    fn scenario_run<S: Deployments>(
        &mut self,
        run: &SharedRun<S>,
        end: ScenarioRunEnd,
        listener: &mut dyn Listener,
    ) {
        let ScenarioRunEnd {
            scenario_run,
            result,
            trace,
            rule_findings,
            exercised,
            observations,
            end,
            left_behind,
            mistake,
            cut_short,
        } = end;
        if run.plan.fail_fast
            && (result.outcome == Outcome::Failed
                || rule_findings.iter().any(|finding| finding.decides(run.plan.fail_on)))
        {
            run.has_failed.store(true, Ordering::Relaxed);
        }
        self.observe(observations);
        self.cut_short += usize::from(cut_short.is_some());
        self.throttled |= cut_short == Some(CutShort::Throttled);
        self.exchanges += trace.len();
        self.left_behind.extend(left_behind);
        if run.deployments.is_shared() {
            self.deleted.note(&trace);
        }
        if let Some((line, mistake)) = mistake {
            // One wrong scenario is enough to know that the run says nothing.
            run.plan.cancel.cancel();
            self.mistake.get_or_insert(RunProblem::Scenario {
                scenario: scenario_run.scenario.clone(),
                line,
                message: mistake.to_string(),
            });
        }
        // A scenario run that came to no conclusion was watched all the same.
        if !trace.is_empty() && !self.played.contains(&scenario_run.dialect) {
            self.played.push(scenario_run.dialect.clone());
        }
        // What is the same in every dialect was met in all of them.
        let scenario = self.scenarios.get(&scenario_run.scenario);
        let is_of_one = scenario.is_some_and(|scenario| run.plan.is_by_dialect(scenario));
        for dialect in &run.plan.dialects {
            if !is_of_one || dialect.as_str() == scenario_run.dialect {
                self.ruling.note(dialect.as_str(), &exercised);
            }
        }
        self.rule(&scenario_run.dialect, rule_findings, Some(&scenario_run), listener);
        let shared = Arc::new(result.clone());
        listener.on(&Event::ScenarioFinished { scenario_run: scenario_run.clone(), result: shared, trace });
        self.checks.push(result.clone());
        self.pair(run, &scenario_run.scenario, scenario_run.dialect, result, end, listener);
    }

    /// Once a scenario has been played in every dialect, its ends must be the same.
    fn pair<S: Deployments>(
        &mut self,
        run: &SharedRun<S>,
        id: &str,
        dialect: String,
        result: CheckResult,
        end: EndState,
        listener: &mut dyn Listener,
    ) {
        let Some(scenario) = self.scenarios.get(id).cloned() else { return };
        let wanted = run.plan.dialects_of(&scenario).len();
        if wanted < 2 {
            return;
        }
        let ends = self.waiting.entry(id.to_owned()).or_default();
        ends.push((dialect, result, end));
        if ends.len() < wanted {
            return;
        }
        let Some(mut ends) = self.waiting.remove(id) else { return };
        ends.sort_by(|left, right| left.0.cmp(&right.0));
        let check = same_end::compare(&scenario, &ends, run.plan.fail_on);
        for finding in &check.findings {
            listener.on(&Event::Finding { scenario_run: None, finding: Arc::new(finding.clone()) });
        }
        listener.on(&Event::CheckFinished(Arc::new(check.clone())));
        self.checks.push(check);
    }

    /// Why the run is incomplete, if it is, how much of it is missing, and what helps.
    fn interrupted_by<S: Deployments>(&self, run: &SharedRun<S>) -> Option<String> {
        if self.cut_short == 0 {
            return None;
        }
        let of = run.plan.scenario_runs().len();
        let missing = format!("{} of {of} scenario runs did not finish", self.cut_short);
        Some(match run.lost.get() {
            Some(crate::wire::Broken::Unjournalled(why)) => format!("{why}; {missing}"),
            Some(lost) => format!(
                "the target was lost: {lost}; {missing}. Run again when it is back; --pace MS helps a server \
                 that cannot keep up"
            ),
            None if self.throttled => format!(
                "the target kept returning 429, or 503 with Retry-After: {missing}. --max-wait SECONDS \
                 allows longer pauses than {} s, --pace MS sends more slowly from the start",
                run.plan.wait_limit.longest().as_secs()
            ),
            None => format!("the run ended early: {missing}"),
        })
    }

    fn report<S: Deployments>(
        mut self,
        run: &SharedRun<S>,
        target: String,
        begin: Instant,
        listener: &mut dyn Listener,
    ) -> Result<Report, RunProblem> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        let off = &run.plan.rules_off;
        for dialect in &self.played {
            let abouts = rules::all().iter().map(rules::Rule::about).filter(|about| !off.contains(&about.id));
            for check in self.ruling.checks(abouts, dialect, run.plan.fail_on) {
                listener.on(&Event::CheckFinished(Arc::new(check.clone())));
                self.checks.push(check);
            }
        }
        let interrupted_by = self.interrupted_by(run);
        let listed = prepare::listed(&run.plan, &self.checks);
        let mut report = Report {
            target,
            seed: run.plan.seed,
            switches: run.plan.chosen_switches(),
            elapsed: begin.elapsed(),
            verdict: Verdict::Passed,
            checks: self.checks,
            observations: self.observations,
            left_behind: self.left_behind.into_iter().map(|left| left.line).collect(),
            exchanges: self.exchanges,
            listed,
            interrupted_by,
            known: super::verdict::waived::Waived::default(),
        };
        report.settle();
        // A gate of Microsoft ends each of its tests as if there were no other.
        let scenarios = self.scenarios;
        let is_of_a_gate = |id: &str| scenarios.get(id).is_some_and(|scenario| scenario.test.is_some());
        cause::block(&mut report.checks, &report.observations, run.plan.fail_on, is_of_a_gate);
        Ok(report)
    }
}
