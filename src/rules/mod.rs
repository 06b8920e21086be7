//! What must hold for any exchange of any scenario.
//!
//! A rule sees one exchange, those before it in the same trace, what they taught (the [`Ledger`])
//! and the documents the server published. It sees nothing of the scenario, so it holds for real
//! traffic too. One file holds one family; a rule is named after the fault it finds, and its
//! documentation stands beside it.
//!
//! A rule must never raise a false alarm. Three habits serve that: an exchange whose scenario wants
//! a refusal is left alone by the rules about statuses; a value is judged only when this trace
//! wrote it; and a failure is said once, where it happened: what a failed write did not leave
//! behind is not missed later.

mod agreement;
mod asked;
mod aspect;
mod body;
mod cap;
mod challenges;
mod declaration;
mod discovery;
mod echo;
mod elements;
mod errors;
mod features;
mod filters;
mod history;
mod identity;
mod ledger;
mod list;
mod location;
mod media_type;
mod membership;
mod meta;
mod observed;
mod paging;
mod presence;
mod projection;
mod reading;
mod refusals;
mod returned;
#[cfg(test)]
mod scenario_run;
mod schemas;
mod secrets;
mod status;
mod stray;
mod subject;
mod time;
mod transport;
mod types;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use crate::check::{Finding, Observation};
use crate::scim::discovery::Discovery;
use crate::wire::{Exchange, ResourceKind, Tenant, WriteSpan};

pub use cap::{cap, cap_own};
pub use declaration::Rule;
pub use ledger::Ledger;
pub use view::View;

use declaration::RuleDeclaration;
use observed::Observed;

/// The families, in the order in which `list` shows them.
const FAMILIES: &[&[&RuleDeclaration]] = &[
    transport::RULES,
    challenges::RULES,
    media_type::RULES,
    body::RULES,
    errors::RULES,
    discovery::RULES,
    status::RULES,
    refusals::RULES,
    list::RULES,
    paging::RULES,
    projection::RULES,
    identity::RULES,
    schemas::RULES,
    types::RULES,
    elements::RULES,
    stray::RULES,
    meta::RULES,
    location::RULES,
    time::RULES,
    secrets::RULES,
    presence::RULES,
    filters::RULES,
    echo::RULES,
    agreement::RULES,
    membership::RULES,
];

/// Every rule.
#[must_use]
pub fn all() -> &'static [Rule] {
    static ALL: LazyLock<Vec<Rule>> =
        LazyLock::new(|| FAMILIES.iter().flat_map(|family| family.iter()).map(|d| Rule::new(d)).collect());
    &ALL
}

/// The id of the rule about ids that two resources have.
pub const ID_REUSED: &str = "rules/id-reused";

/// The id of the rule about deletes that are refused.
pub const DELETE_REFUSED: &str = "rules/delete-refused";

/// The id of the rule about reads that show the state before a write.
pub const READ_STALE: &str = "rules/read-stale";

/// The id of the rule about redirects.
pub const REDIRECTED: &str = "rules/redirected";

/// The id of the rule about bodies whose media type the server does not parse.
pub const SCIM_JSON_NOT_PARSED: &str = "rules/scim-json-not-parsed";

/// The ids of the rules about filters that find what does not match them.
pub const FILTERS_IGNORED: [&str; 2] = ["rules/filter-ignored", "rules/filter-too-wide"];

/// The rule of that id, as `rules/password-echoed`.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().iter().find(|rule| rule.about().id == id)
}

/// What came of judging a trace.
#[derive(Debug, Default)]
pub struct Judgement {
    /// What is wrong, in the order of the exchanges; what only the whole trace shows comes last.
    pub findings: Vec<Finding>,
    /// Ids of the rules that met what they are about. The others can say nothing of this trace.
    pub exercised: BTreeSet<&'static str>,
    /// What was judged, so that what went wrong can be compared with what went well, and how often.
    pub observations: BTreeMap<Observation, usize>,
}

/// What is known of a target besides what a trace shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct KnownBesides<'a> {
    /// The resources of which a PATCH was accepted before: if one is answered with 501 later, it is not the method that
    /// is missing.
    pub patched: &'a [ResourceKind],
    /// What other scenario runs wrote meanwhile; a finding that this explains is not reported.
    pub others: &'a [WriteSpan],
}

/// Judges one trace: exchanges of one scenario run in the order they were sent. Findings come in the order
/// of their exchanges; those that only the whole trace shows come last.
#[must_use]
pub fn judge_trace(trace: &[Arc<Exchange>], discovery: &Discovery) -> Vec<Finding> {
    judge(&[], trace, discovery, &KnownBesides::default()).findings
}

/// Judges one trace with some rules switched off, to see what goes unseen without them.
#[must_use]
pub fn judge(
    switched_off: &[&str],
    trace: &[Arc<Exchange>],
    discovery: &Discovery,
    besides: &KnownBesides<'_>,
) -> Judgement {
    let rules: Vec<&'static Rule> =
        all().iter().filter(|rule| !switched_off.contains(&rule.about().id.as_str())).collect();
    let mut judgement = Judgement::default();
    if trace.iter().all(|exchange| exchange.request.tenant == Tenant::First) {
        let ledger = Ledger::of(Tenant::First, besides);
        judge_tenant(&rules, trace, discovery, ledger, &mut judgement);
        return judgement;
    }
    // Ids of one tenant say nothing of another.
    for tenant in Tenant::ALL {
        let own = trace.iter().filter(|exchange| exchange.request.tenant == tenant);
        let ledger = Ledger::of(tenant, besides);
        judge_tenant(&rules, &own.cloned().collect::<Vec<_>>(), discovery, ledger, &mut judgement);
    }
    judgement
}

fn judge_tenant(
    rules: &[&'static Rule],
    trace: &[Arc<Exchange>],
    discovery: &Discovery,
    mut ledger: Ledger,
    judgement: &mut Judgement,
) {
    let mut observed = Observed::default();
    let from = judgement.findings.len();
    let Judgement { findings, exercised, observations } = judgement;
    for index in 0..trace.len() {
        let (found, met) = judge_next(rules, trace, index, discovery, &mut ledger, Some(&mut observed));
        findings.extend(found);
        exercised.extend(met);
    }
    ledger.close();
    for rule in rules {
        let found = rule.judge_end(&ledger);
        if !found.is_empty() {
            exercised.insert(rule.about().id.as_str());
        }
        findings.extend(found);
    }
    observed.close(&findings[from..], &ledger, observations);
}

/// Judges one exchange of a trace, those before it being known, and learns from it. Findings, and the ids of the
/// rules that met what they are about.
fn judge_next(
    rules: &[&'static Rule],
    trace: &[Arc<Exchange>],
    index: usize,
    discovery: &Discovery,
    ledger: &mut Ledger,
    mut observed: Option<&mut Observed>,
) -> (Vec<Finding>, Vec<&'static str>) {
    let (mut findings, mut met) = (Vec::new(), Vec::new());
    let exchange = &trace[index];
    ledger.hear_of_others(exchange);
    let view = View::new(exchange, &trace[..index], discovery, ledger);
    for rule in rules {
        if let Some(found) = rule.judge(&view) {
            findings.extend(found);
            met.push(rule.about().id.as_str());
            if let Some(observed) = &mut observed {
                observed.note(rule.about().id.as_str(), &view);
            }
        }
    }
    let parsed = view.into_parsed();
    ledger.learn(exchange, parsed, discovery);
    (findings, met)
}

/// The longest trace that [`LiveTrace`] remembers.
const LONGEST_LIVE_TRACE: usize = 1_000;

/// Judges exchanges while they happen, each with those before it in mind. What only a whole trace shows is not judged.
/// After 1,000 exchanges it begins anew: rules look back, and a job goes on for weeks.
pub struct LiveTrace {
    rules: Vec<&'static Rule>,
    trace: Vec<Arc<Exchange>>,
    discovery: Discovery,
    ledger: Ledger,
}

impl Default for LiveTrace {
    fn default() -> Self {
        LiveTrace {
            rules: all().iter().collect(),
            trace: Vec::new(),
            discovery: Discovery::default(),
            ledger: Ledger::of(Tenant::First, &KnownBesides::default()),
        }
    }
}

impl std::fmt::Debug for LiveTrace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveTrace").field("exchanges", &self.trace.len()).finish_non_exhaustive()
    }
}

impl LiveTrace {
    /// What is wrong with the exchange that happened next.
    pub fn hear(&mut self, exchange: Arc<Exchange>) -> Vec<Finding> {
        if self.trace.len() == LONGEST_LIVE_TRACE {
            *self = LiveTrace::default();
        }
        self.trace.push(exchange);
        let LiveTrace { rules, trace, discovery, ledger } = self;
        judge_next(rules, trace, trace.len() - 1, discovery, ledger, None).0
    }
}
