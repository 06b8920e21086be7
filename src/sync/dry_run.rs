use std::sync::Mutex;
use std::sync::PoisonError;

use serde_json::{Value, json};

use crate::wire::{Answer, Body, Broken, Method, Request, Sent, Target};

/// Asks the target and writes nothing: a write is answered as a right server would answer it, and kept.
#[derive(Debug)]
pub struct DryRun<T> {
    inner: T,
    planned: Mutex<Vec<Request>>,
}

impl<T> DryRun<T> {
    /// Reads from `inner`.
    #[must_use]
    pub fn new(inner: T) -> Self {
        DryRun { inner, planned: Mutex::default() }
    }

    /// Every write that was held back, in order.
    #[must_use]
    pub fn planned(&self) -> Vec<Request> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn plan(&self, request: Request) -> Answer {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match (request.method, request.json()) {
            (Method::Post, Some(Value::Object(mut resource))) => {
                resource.insert("id".to_owned(), json!(format!("planned-{}", planned.len() + 1)));
                Answer::json(201, &Value::Object(resource))
            }
            _ => Answer { body: Body::default(), ..Answer::json(204, &Value::Null) },
        };
        planned.push(request);
        answer
    }
}

impl<T: Target> Target for DryRun<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        if request.writes() {
            return Ok(self.plan(request));
        }
        self.inner.send(request).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Actor;

    /// Answers reads and counts them; a write is a failed test.
    #[derive(Default)]
    struct ReadOnly(Mutex<usize>);

    impl Target for ReadOnly {
        async fn send(&self, request: Request) -> Result<Answer, Broken> {
            assert!(!request.writes(), "{request:?}");
            *self.0.lock().unwrap() += 1;
            Ok(Answer::json(200, &json!({})))
        }

        fn sent_as(&self, _: &Request) -> Sent {
            unreachable!("nothing records here")
        }
    }

    #[tokio::test]
    async fn reads_go_through_and_writes_are_kept() {
        let target = DryRun::new(ReadOnly::default());
        let request = |method, path: &str| Request::new(Actor::Entra, method, path, "t");
        target.send(request(Method::Get, "/Users")).await.unwrap();
        let body = json!({"userName": "ada"});
        let made = target.send(request(Method::Post, "/Users").with_json(&body)).await.unwrap();
        assert_eq!(made.body.json().unwrap(), &json!({"userName": "ada", "id": "planned-1"}));
        let changed = target.send(request(Method::Patch, "/Users/1").with_json(&body)).await.unwrap();
        assert_eq!((made.status, changed.status), (201, 204));
        target.send(request(Method::Delete, "/Users/1")).await.unwrap();
        assert_eq!(*target.inner.0.lock().unwrap(), 1);
        assert_eq!(target.planned().len(), 3);
    }
}
