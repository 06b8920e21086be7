//! The outermost decorator of a scenario run's target: it sees what each request met and stops sending when
//! the run shall end.

use std::sync::Mutex;

use super::cancel::Cancel;
use crate::run::observer;
use crate::scim::PatchPath;
use crate::wire::{Actor, Answer, Broken, Request, ResourceKind, Sent, Target, Tenant};

/// How many requests in a row may break before the target counts as lost.
const BROKEN_IN_A_ROW: usize = 5;

/// Of so many answers in a row that no SCIM service gives, the first makes the circuit breaker doubt whether the
/// target is still there.
const STRANGE_IN_A_ROW: usize = 5;

/// Answers that take more memory than these bytes end a scenario run, since all of them are kept until it is judged.
const MOST_BYTES: usize = 256 << 20;

/// What a scenario run met that ends it.
#[derive(Debug, Clone, Default)]
pub struct CircuitState {
    /// The guard held this request back, with its reason.
    pub withheld: Option<(Request, String)>,
    /// The guard held this request back because nothing proves whose object it is, with its reason.
    pub unproven: Option<(Request, String)>,
    /// The target kept saying "later" for longer than it was waited for: method, path and step.
    pub throttled: Option<String>,
    /// The target does not answer any more, or something else answers in its place.
    pub lost: Option<Broken>,
    /// The answers take so many bytes of memory that no more are read.
    pub swamped: Option<usize>,
}

/// Watches what happens to requests.
#[derive(Debug)]
pub struct CircuitBreaker<T> {
    inner: T,
    cancel: Cancel,
    most_bytes: usize,
    state: Mutex<BreakerState>,
}

#[derive(Debug, Default)]
struct BreakerState {
    sighting: CircuitState,
    broken_in_a_row: usize,
    /// Answers in a row that no SCIM service gives, since the target was last seen.
    strange_in_a_row: usize,
    /// It is to be asked whether the target is still there.
    doubt: bool,
    /// What all answers take, in bytes of memory.
    bytes: usize,
}

impl<T: Target> CircuitBreaker<T> {
    /// Watches `inner`; once `cancel` is set, only clean-up is sent.
    pub fn new(inner: T, cancel: Cancel) -> Self {
        CircuitBreaker { inner, cancel, most_bytes: MOST_BYTES, state: Mutex::default() }
    }

    /// What was met so far.
    pub fn sighting(&self) -> CircuitState {
        self.state().sighting.clone()
    }

    /// True when the scenario run must end: nothing it could still find would be worth anything.
    pub fn must_end(&self) -> bool {
        let state = self.state();
        let CircuitState { withheld, unproven, throttled, lost, swamped } = &state.sighting;
        self.cancel.is_cancelled()
            || withheld.is_some()
            || unproven.is_some()
            || throttled.is_some()
            || lost.is_some()
            || swamped.is_some()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, BreakerState> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn note(&self, request: &Request, outcome: &Result<Answer, Broken>) {
        let mut state = self.state();
        match outcome {
            Ok(answer) => {
                state.broken_in_a_row = 0;
                match strange(answer, request) {
                    Some(_) => {
                        state.strange_in_a_row += 1;
                        state.doubt |= state.strange_in_a_row % STRANGE_IN_A_ROW == 1;
                    }
                    None => state.strange_in_a_row = 0,
                }
                state.bytes = state.bytes.saturating_add(answer.body.weight());
                if state.bytes > self.most_bytes {
                    let bytes = state.bytes;
                    state.sighting.swamped.get_or_insert(bytes);
                }
                if answer.is_throttled() && request.actor != Actor::Cleanup {
                    let what = format!("{} {} ({})", request.method.as_str(), request.path, request.step);
                    state.sighting.throttled.get_or_insert(what);
                }
            }
            Err(Broken::Withheld(reason)) => {
                state.sighting.withheld.get_or_insert_with(|| (request.clone(), reason.clone()));
            }
            Err(Broken::Unproven(reason)) => {
                state.sighting.unproven.get_or_insert_with(|| (request.clone(), reason.clone()));
            }
            Err(Broken::Interrupted | Broken::TooLarge(_) | Broken::Unwritable(_) | Broken::Unrefused(_)) => {
            }
            Err(broken) => {
                state.broken_in_a_row += 1;
                let gone = matches!(
                    broken,
                    Broken::Refused(_)
                        | Broken::NoSuchHost(_)
                        | Broken::Tls(_)
                        | Broken::NoToken(_)
                        | Broken::Unjournalled(_)
                );
                if gone || state.broken_in_a_row >= BROKEN_IN_A_ROW {
                    state.sighting.lost.get_or_insert_with(|| broken.clone());
                }
            }
        }
    }
}

impl<T: Target> CircuitBreaker<T> {
    /// An answer that no SCIM service gives may be one request's alone, or the service is gone: a question that
    /// every one of them answers tells which. To be called when no request waits for the last exchange.
    pub async fn look_again(&self) {
        if !std::mem::take(&mut self.state().doubt) || self.must_end() {
            return;
        }
        let name = PatchPath::simple("userName");
        let nobody = uuid::Uuid::new_v4().to_string();
        let step = "is the target still there?";
        let question = observer::lookup(Actor::Probe, ResourceKind::User, &name, &nobody, step);
        let answer = self.inner.send(question.clone()).await;
        if let Some(why) = answer.ok().and_then(|answer| strange(&answer, &question)) {
            self.state().sighting.lost.get_or_insert(Broken::Gone(why));
        }
    }
}

/// What is strange about an answer, if no SCIM service gives such a one: it is down, moved or shut, or a
/// web page stands in its place.
fn strange(answer: &Answer, request: &Request) -> Option<String> {
    let status = answer.status;
    let page = || {
        answer.body.json().is_none()
            && answer.header("content-type").is_some_and(|of| of.to_ascii_lowercase().contains("html"))
    };
    let what = match status {
        _ if request.tenant != Tenant::First => return None,
        502..=504 if !answer.is_throttled() => format!("with {status}"),
        300..=399 if status != 304 => format!("with a redirect ({status})"),
        200..=299 if page() => format!("with a web page ({status})"),
        401 if !request.provoked => "with 401: the token is no longer accepted".to_owned(),
        _ => return None,
    };
    Some(what)
}

impl<T: Target> Target for CircuitBreaker<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        if request.actor != Actor::Cleanup && self.must_end() {
            return Err(Broken::Interrupted);
        }
        // A write that is under way is waited for, so that what it made is known and can be removed.
        let outcome = if request.writes() || request.actor == Actor::Cleanup {
            self.inner.send(request.clone()).await
        } else {
            tokio::select! {
                outcome = self.inner.send(request.clone()) => outcome,
                () = self.cancel.cancelled() => Err(Broken::Interrupted),
            }
        };
        self.note(&request, &outcome);
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
    use crate::wire::Method;
    use serde_json::json;

    fn get(actor: Actor) -> Request {
        Request::new(actor, Method::Get, "/Users", "step")
    }

    #[tokio::test]
    async fn a_withheld_write_ends_the_scenario_run_but_not_the_clean_up() {
        let target = Scripted::new(vec![Err(Broken::Withheld("it is bob's".into()))]);
        let breaker = CircuitBreaker::new(target, Cancel::default());
        let _ = breaker.send(get(Actor::Entra)).await;
        assert_eq!(breaker.sighting().withheld.unwrap().1, "it is bob's");
        assert_eq!(breaker.send(get(Actor::Entra)).await, Err(Broken::Interrupted));
        assert_ne!(breaker.send(get(Actor::Cleanup)).await, Err(Broken::Interrupted));
    }

    #[tokio::test]
    async fn one_broken_answer_is_no_lost_target_but_a_refused_connection_or_five_are() {
        let timed_out = || Err(Broken::Protocol("cut".into()));
        let good = || Ok(Answer::json(200, &json!({})));
        let outcomes = vec![timed_out(), good(), timed_out(), timed_out(), timed_out(), timed_out()];
        let breaker = CircuitBreaker::new(Scripted::new(outcomes), Cancel::default());
        for _ in 0..6 {
            let _ = breaker.send(get(Actor::Entra)).await;
        }
        assert!(breaker.sighting().lost.is_none());
        let _ = breaker.send(get(Actor::Entra)).await;
        assert!(breaker.sighting().lost.is_some());

        let unjournalled = Err(Broken::Unjournalled("the disk is full".into()));
        let breaker = CircuitBreaker::new(Scripted::new(vec![unjournalled]), Cancel::default());
        let _ = breaker.send(get(Actor::Entra)).await;
        assert!(breaker.sighting().lost.is_some() && breaker.sighting().withheld.is_none());

        let refused = CircuitBreaker::new(Scripted::new(vec![]), Cancel::default());
        let _ = refused.send(get(Actor::Entra)).await;
        assert!(refused.sighting().lost.is_none(), "an exhausted script is a protocol error");
    }

    #[tokio::test]
    async fn ids_that_make_no_url_lose_no_target_and_too_many_bytes_end_the_scenario_run() {
        let unwritable = || Err(Broken::Unwritable("it is too long".into()));
        let large = Ok(Answer::json(200, &json!("x".repeat(50))));
        let outcomes = std::iter::repeat_with(unwritable).take(BROKEN_IN_A_ROW + 1).chain([large]).collect();
        let mut breaker = CircuitBreaker::new(Scripted::new(outcomes), Cancel::default());
        breaker.most_bytes = 50;
        for _ in 0..=BROKEN_IN_A_ROW {
            let _ = breaker.send(get(Actor::Entra)).await;
        }
        assert!(!breaker.must_end());
        breaker.send(get(Actor::Entra)).await.unwrap();
        assert!(breaker.sighting().lost.is_none() && breaker.sighting().swamped.is_some());
        assert_eq!(breaker.send(get(Actor::Entra)).await, Err(Broken::Interrupted));
        assert_ne!(breaker.send(get(Actor::Cleanup)).await, Err(Broken::Interrupted));
    }

    #[tokio::test]
    async fn after_ctrl_c_nothing_but_clean_up_is_sent() {
        let cancel = Cancel::default();
        let answers = vec![Ok(Answer::json(204, &json!({})))];
        let breaker = CircuitBreaker::new(Scripted::new(answers), cancel.clone());
        cancel.cancel();
        assert_eq!(breaker.send(get(Actor::Observer)).await, Err(Broken::Interrupted));
        assert!(breaker.send(get(Actor::Cleanup)).await.is_ok());
        assert!(breaker.sighting().lost.is_none());
    }

    fn unavailable(retry_after: Option<&str>) -> Answer {
        let mut answer = Answer::json(503, &json!({}));
        answer.headers.extend(retry_after.map(|wait| ("retry-after".to_owned(), wait.to_owned())));
        answer
    }

    #[tokio::test]
    async fn a_target_that_answers_its_first_question_in_a_strange_way_too_is_lost() {
        let mut login = Answer::json(200, &json!({}));
        login.headers = vec![("content-type".into(), "text/html; charset=utf-8".into())];
        login.body = crate::wire::Body::new(b"<html>".to_vec());
        let moved = Answer::json(302, &json!({}));
        let refused = Answer::json(401, &json!({}));
        for strange in [unavailable(None), Answer::json(502, &json!({})), moved, refused, login] {
            let target = Scripted::new(vec![Ok(strange.clone()), Ok(strange.clone())]);
            let breaker = CircuitBreaker::new(target, Cancel::default());
            assert_eq!(breaker.send(get(Actor::Entra)).await, Ok(strange.clone()));
            breaker.look_again().await;
            assert!(matches!(breaker.sighting().lost, Some(Broken::Gone(_))), "{strange:?}");
            assert!(breaker.inner.sent()[1].query.as_ref().unwrap().starts_with("filter=userName"));
        }
    }

    #[tokio::test]
    async fn a_strange_answer_to_one_kind_of_request_loses_no_target() {
        let strange = || Ok(unavailable(None));
        let good = || Ok(Answer::json(200, &json!({})));
        let outcomes = vec![strange(), good(), strange(), strange(), strange(), strange(), strange(), good()];
        let breaker = CircuitBreaker::new(Scripted::new(outcomes), Cancel::default());
        for _ in 0..6 {
            let _ = breaker.send(get(Actor::Entra)).await;
            breaker.look_again().await;
        }
        assert!(!breaker.must_end(), "{:?}", breaker.sighting());
        assert_eq!(breaker.inner.sent().len(), 8, "it is asked for at the first and at the sixth");
        let own = Answer::json(401, &json!({}));
        let breaker = CircuitBreaker::new(Scripted::new(vec![Ok(own)]), Cancel::default());
        let _ = breaker.send(get(Actor::Probe).provoked()).await;
        breaker.look_again().await;
        assert!(!breaker.must_end() && breaker.inner.sent().len() == 1);
    }

    #[tokio::test]
    async fn who_says_later_ends_the_scenario_run_whoever_asks_but_clean_up() {
        for (actor, ends) in [(Actor::Probe, true), (Actor::Cleanup, false)] {
            let target = Scripted::new(vec![Ok(unavailable(Some("60")))]);
            let breaker = CircuitBreaker::new(target, Cancel::default());
            let _ = breaker.send(get(actor).provoked()).await;
            assert_eq!(breaker.sighting().throttled.is_some(), ends);
            assert!(breaker.sighting().lost.is_none());
        }
    }

    #[tokio::test]
    async fn wrong_credentials_that_are_not_refused_in_time_lose_no_target() {
        let slow = || Err(Broken::Unrefused(std::time::Duration::from_secs(1)));
        let outcomes = std::iter::repeat_with(slow).take(BROKEN_IN_A_ROW + 1).collect();
        let breaker = CircuitBreaker::new(Scripted::new(outcomes), Cancel::default());
        for _ in 0..=BROKEN_IN_A_ROW {
            let _ = breaker.send(get(Actor::Probe).provoked()).await;
        }
        assert!(!breaker.must_end());
    }
}
