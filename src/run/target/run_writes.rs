//! What the scenario runs of a run write at a target that they share. What another one writes comes between the pages
//! of a list, and an id that was deleted may be in use again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::wire::{Answer, Broken, Operation, Request, Sent, Target, WriteSpan, made_id};

/// Every write of a run, each with the number of its scenario run.
#[derive(Debug, Default)]
pub(in crate::run) struct RunWrites {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    scenario_runs: usize,
    writes: Vec<(usize, WriteSpan)>,
}

impl RunWrites {
    /// The number of a scenario run that begins.
    pub(in crate::run) fn begin(&self) -> usize {
        let mut state = self.state();
        state.scenario_runs += 1;
        state.scenario_runs
    }

    /// What other scenario runs than this one have written since.
    pub(in crate::run) fn of_others(&self, scenario_run: usize, since: SystemTime) -> Vec<WriteSpan> {
        let state = self.state();
        let others = state
            .writes
            .iter()
            .filter(|(by, span)| *by != scenario_run && span.ended.is_none_or(|ended| ended >= since));
        others.map(|(_, span)| span.clone()).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes down what one scenario run writes.
#[derive(Debug)]
pub(in crate::run) struct Noted<T> {
    inner: T,
    writes: Arc<RunWrites>,
    scenario_run: usize,
}

impl<T: Target> Noted<T> {
    /// Takes down what passes through, as writes of this scenario run.
    pub(in crate::run) fn new(inner: T, writes: Arc<RunWrites>, scenario_run: usize) -> Self {
        Noted { inner, writes, scenario_run }
    }

    fn started(&self, request: &Request) -> usize {
        let (tenant, started) = (request.tenant, SystemTime::now());
        let mut state = self.writes.state();
        state.writes.push((self.scenario_run, WriteSpan { tenant, started, ended: None, made: None }));
        state.writes.len() - 1
    }
}

impl<T: Target> Target for Noted<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        if !request.writes() {
            return self.inner.send(request).await;
        }
        let place = self.started(&request);
        let (operation, path) = (Operation::of(&request), request.path.clone());
        let sent_to = self.inner.sent_as(&request).url;
        let outcome = self.inner.send(request).await;
        let made = match (operation, &outcome) {
            (Operation::Create(kind), Ok(answer)) if answer.is_success() => {
                made_id(kind, answer, &sent_to, &path).map(|id| (kind, id))
            }
            _ => None,
        };
        if let Some((_, span)) = self.writes.state().writes.get_mut(place) {
            span.ended = Some(SystemTime::now());
            span.made = made;
        }
        outcome
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::observer::testing::Scripted;
    use crate::wire::{Actor, Method, ResourceKind};
    use serde_json::json;

    #[tokio::test]
    async fn a_scenario_run_hears_of_the_writes_of_others() {
        let writes = Arc::new(RunWrites::default());
        let begin = SystemTime::now();
        let (one, two) = (writes.begin(), writes.begin());
        let answers = vec![Ok(Answer::json(201, &json!({"id": "7"}))), Ok(Answer::json(200, &json!({})))];
        let target = Noted::new(Scripted::new(answers), Arc::clone(&writes), one);
        for method in [Method::Post, Method::Get] {
            target.send(Request::new(Actor::Entra, method, "/Users", "t")).await.unwrap();
        }
        assert!(writes.of_others(one, begin).is_empty(), "its own writes are in its trace");
        let [span] = &writes.of_others(two, begin)[..] else { panic!("one write") };
        assert_eq!(span.made, Some((ResourceKind::User, "7".to_owned())));
        assert!(span.overlaps(begin, SystemTime::now()));
        let ended = span.ended.unwrap();
        assert!(writes.of_others(two, ended + std::time::Duration::from_millis(1)).is_empty());
    }
}
