//! The outermost decorator of a trial's target: it sees what each request met and stops sending when
//! the run shall end.

use std::sync::Mutex;

use super::Cancel;
use crate::wire::{Actor, Answer, Broken, Request, Sent, Target};

/// How many requests in a row may break before the target counts as lost.
const BROKEN_IN_A_ROW: usize = 5;

/// More bytes of answers than these end a trial, since all of them are kept until it is judged.
const MOST_BYTES: usize = 256 << 20;

/// What a trial met that ends it.
#[derive(Debug, Clone, Default)]
pub struct Sighting {
    /// The guard held this request back, with its reason.
    pub withheld: Option<(Request, String)>,
    /// The guard held this request back because nothing proves whose object it is, with its reason.
    pub unproven: Option<(Request, String)>,
    /// The target answered 429 although every pause it asked for was kept: method, path and step.
    pub throttled: Option<String>,
    /// Nobody answers any more.
    pub lost: Option<Broken>,
    /// The answers came to so many bytes that no more are read.
    pub swamped: Option<usize>,
}

/// Watches what happens to requests.
#[derive(Debug)]
pub struct Lookout<T> {
    inner: T,
    cancel: Cancel,
    most_bytes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sighting: Sighting,
    broken_in_a_row: usize,
    /// Bytes of all answers.
    bytes: usize,
}

impl<T: Target> Lookout<T> {
    /// Watches `inner`; once `cancel` is set, only clean-up is sent.
    pub fn new(inner: T, cancel: Cancel) -> Self {
        Lookout { inner, cancel, most_bytes: MOST_BYTES, state: Mutex::default() }
    }

    /// What was met so far.
    pub fn sighting(&self) -> Sighting {
        self.state().sighting.clone()
    }

    /// True when the trial must end: nothing it could still find would be worth anything.
    pub fn must_end(&self) -> bool {
        let state = self.state();
        let Sighting { withheld, unproven, throttled, lost, swamped } = &state.sighting;
        self.cancel.is_cancelled()
            || withheld.is_some()
            || unproven.is_some()
            || throttled.is_some()
            || lost.is_some()
            || swamped.is_some()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn note(&self, request: &Request, outcome: &Result<Answer, Broken>) {
        let mut state = self.state();
        match outcome {
            Ok(answer) => {
                state.broken_in_a_row = 0;
                state.bytes = state.bytes.saturating_add(answer.body.bytes().len());
                if state.bytes > self.most_bytes {
                    let bytes = state.bytes;
                    state.sighting.swamped.get_or_insert(bytes);
                }
                if answer.status == 429 && !request.provoked {
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
            Err(Broken::Interrupted | Broken::TooLarge(_) | Broken::Unwritable(_)) => {}
            Err(broken) => {
                state.broken_in_a_row += 1;
                let gone = matches!(
                    broken,
                    Broken::Refused(_) | Broken::NoSuchHost(_) | Broken::Tls(_) | Broken::NoToken(_)
                );
                if gone || state.broken_in_a_row >= BROKEN_IN_A_ROW {
                    state.sighting.lost.get_or_insert_with(|| broken.clone());
                }
            }
        }
    }
}

impl<T: Target> Target for Lookout<T> {
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
    use crate::run::testing::Scripted;
    use crate::wire::Method;
    use serde_json::json;

    fn get(actor: Actor) -> Request {
        Request::new(actor, Method::Get, "/Users", "step")
    }

    #[tokio::test]
    async fn a_withheld_write_ends_the_trial_but_not_the_clean_up() {
        let target = Scripted::new(vec![Err(Broken::Withheld("it is bob's".into()))]);
        let lookout = Lookout::new(target, Cancel::default());
        let _ = lookout.send(get(Actor::Entra)).await;
        assert_eq!(lookout.sighting().withheld.unwrap().1, "it is bob's");
        assert_eq!(lookout.send(get(Actor::Entra)).await, Err(Broken::Interrupted));
        assert_ne!(lookout.send(get(Actor::Cleanup)).await, Err(Broken::Interrupted));
    }

    #[tokio::test]
    async fn one_broken_answer_is_no_lost_target_but_a_refused_connection_or_five_are() {
        let timed_out = || Err(Broken::Protocol("cut".into()));
        let good = || Ok(Answer::json(200, &json!({})));
        let outcomes = vec![timed_out(), good(), timed_out(), timed_out(), timed_out(), timed_out()];
        let lookout = Lookout::new(Scripted::new(outcomes), Cancel::default());
        for _ in 0..6 {
            let _ = lookout.send(get(Actor::Entra)).await;
        }
        assert!(lookout.sighting().lost.is_none());
        let _ = lookout.send(get(Actor::Entra)).await;
        assert!(lookout.sighting().lost.is_some());

        let refused = Lookout::new(Scripted::new(vec![]), Cancel::default());
        let _ = refused.send(get(Actor::Entra)).await;
        assert!(refused.sighting().lost.is_none(), "an exhausted script is a protocol error");
    }

    #[tokio::test]
    async fn ids_that_make_no_url_lose_no_target_and_too_many_bytes_end_the_trial() {
        let unwritable = || Err(Broken::Unwritable("it is too long".into()));
        let large = Ok(Answer::json(200, &json!("x".repeat(50))));
        let outcomes = std::iter::repeat_with(unwritable).take(BROKEN_IN_A_ROW + 1).chain([large]).collect();
        let mut lookout = Lookout::new(Scripted::new(outcomes), Cancel::default());
        lookout.most_bytes = 50;
        for _ in 0..=BROKEN_IN_A_ROW {
            let _ = lookout.send(get(Actor::Entra)).await;
        }
        assert!(!lookout.must_end());
        lookout.send(get(Actor::Entra)).await.unwrap();
        assert!(lookout.sighting().lost.is_none() && lookout.sighting().swamped.is_some());
        assert_eq!(lookout.send(get(Actor::Entra)).await, Err(Broken::Interrupted));
        assert_ne!(lookout.send(get(Actor::Cleanup)).await, Err(Broken::Interrupted));
    }

    #[tokio::test]
    async fn after_ctrl_c_nothing_but_clean_up_is_sent() {
        let cancel = Cancel::default();
        let answers = vec![Ok(Answer::json(204, &json!({})))];
        let lookout = Lookout::new(Scripted::new(answers), cancel.clone());
        cancel.cancel();
        assert_eq!(lookout.send(get(Actor::Observer)).await, Err(Broken::Interrupted));
        assert!(lookout.send(get(Actor::Cleanup)).await.is_ok());
        assert!(lookout.sighting().lost.is_none());
    }
}
