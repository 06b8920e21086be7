//! Which requests of a scenario run lead to an answer.

use std::collections::HashSet;
use std::sync::Arc;

use super::stable::{self, Stable};
use crate::check::Finding;
use crate::wire::{Exchange, Operation, ResourceKind};

/// So many writes are not worth choosing among.
const FEW: usize = 12;

/// The requests of a scenario run that lead to what a finding shows, in their order; the last one decides.
#[derive(Debug)]
pub(super) struct Replay<'a> {
    pub(super) steps: Vec<&'a Arc<Exchange>>,
    /// What the steps create: the id at that time, and what it is called in the script.
    pub(super) made: Vec<Made>,
    pub(super) prefix: &'a str,
    /// UUIDs in the requests that the target did not give: they are Entra's, and others in each run.
    pub(super) uuids: Vec<String>,
}

/// A resource that a step creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    /// The id that the target gave.
    pub(super) id: String,
    /// The shell variable that holds it when the script runs: `user_1`.
    pub(super) variable: String,
    /// Where it can be deleted.
    pub(super) kind: ResourceKind,
    /// Number of the step that creates it in the trace.
    pub(super) number: usize,
}

impl<'a> Replay<'a> {
    /// The requests that lead to the finding's last exchange; `None` when that is not in the trace.
    pub(super) fn of(finding: &Finding, trace: &'a [Arc<Exchange>], prefix: &'a str) -> Option<Self> {
        let last = finding.exchanges.last()?;
        let end = trace.iter().position(|exchange| Arc::ptr_eq(exchange, last))?;
        let before = &trace[..=end];
        let created: Vec<(usize, String, ResourceKind)> = before.iter().filter_map(created).collect();
        let evidence = |exchange: &Arc<Exchange>| finding.exchanges.iter().any(|e| Arc::ptr_eq(e, exchange));
        let named = |exchange: &Exchange| -> Vec<&str> {
            let request = &exchange.request;
            let (path, body) = (request.path_and_query(), request.body.as_deref().unwrap_or(""));
            let ids = created.iter().map(|(_, id, _)| id.as_str());
            ids.filter(|id| stable::names(&path, id) || stable::names(body, id)).collect()
        };
        let mut wanted: HashSet<&str> =
            before.iter().filter(|exchange| evidence(exchange)).flat_map(|e| named(e)).collect();
        wanted.extend(
            created
                .iter()
                .filter(|(number, ..)| evidence(&before[position(before, *number)]))
                .map(|(_, id, _)| id.as_str()),
        );
        // A query names nobody by id, and whose name is taken is no id: whatever was written may matter.
        let writes = before.iter().filter(|exchange| exchange.request.writes()).count();
        let everything = wanted.is_empty() || writes <= FEW;
        let mut steps: Vec<&Arc<Exchange>> = Vec::new();
        for (place, exchange) in before.iter().enumerate().rev() {
            let makes = created.iter().find(|(number, ..)| *number == exchange.number).map(|(_, id, _)| id);
            let leads = exchange.request.writes()
                && exchange.succeeded()
                && (everything
                    || makes.is_some_and(|id| wanted.contains(id.as_str()))
                    || named(exchange).iter().any(|id| wanted.contains(*id)));
            if place == end || leads || evidence(exchange) {
                wanted.extend(named(exchange));
                steps.push(exchange);
            }
        }
        steps.reverse();
        let made = name(&created, &steps);
        let mut uuids: Vec<String> = Vec::new();
        for step in &steps {
            let request = &step.request;
            for text in [request.path_and_query().as_str(), request.body.as_deref().unwrap_or("")] {
                for uuid in stable::uuids(text) {
                    if !uuids.contains(&uuid) && !made.iter().any(|made| made.id == uuid) {
                        uuids.push(uuid);
                    }
                }
            }
        }
        Some(Replay { steps, made, prefix, uuids })
    }

    /// The exchange that decides.
    pub(super) fn last(&self) -> &'a Exchange {
        self.steps.last().copied().expect("the deciding exchange is among the steps")
    }

    /// The write before it, when what decides only looks at the result.
    pub(super) fn before(&self) -> Option<&'a Exchange> {
        let looks = !self.last().request.writes();
        self.steps.iter().rev().find(|step| looks && step.request.writes()).map(|step| &***step)
    }

    /// Texts of this replay without ids and made-up names.
    pub(super) fn stable(&self, base: &str) -> Stable {
        let ids = self.made.iter().map(|made| (made.id.clone(), made.variable.clone()));
        Stable::new(ids.collect(), self.prefix, base)
    }
}

fn position(trace: &[Arc<Exchange>], number: usize) -> usize {
    trace.iter().position(|exchange| exchange.number == number).unwrap_or(0)
}

/// Number, id and kind of what an exchange created.
fn created(exchange: &Arc<Exchange>) -> Option<(usize, String, ResourceKind)> {
    let Operation::Create(kind) = exchange.operation else { return None };
    let id = exchange.json().filter(|_| exchange.succeeded())?.get("id")?;
    let id = id.as_str().map(str::to_owned).or_else(|| id.as_i64().map(|number| number.to_string()))?;
    (!id.is_empty()).then_some((exchange.number, id, kind))
}

fn name(created: &[(usize, String, ResourceKind)], steps: &[&Arc<Exchange>]) -> Vec<Made> {
    let (mut users, mut groups) = (0, 0);
    let mut made = Vec::new();
    for (number, id, kind) in created {
        if !steps.iter().any(|step| step.number == *number) {
            continue;
        }
        let (what, count) = match kind {
            ResourceKind::User => ("user", &mut users),
            ResourceKind::Group => ("group", &mut groups),
        };
        *count += 1;
        made.push(Made { id: id.clone(), variable: format!("{what}_{count}"), kind: *kind, number: *number });
    }
    made
}
