//! Which of several attributes made a server reject a request: those that its answer names, those that it rejected
//! before, or those that a search by halves finds.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use super::published::SweptAttribute;
use crate::run::observer::reader;
use crate::scim::same_name;
use crate::wire::Exchange;

/// When so many attributes are rejected before one is accepted, the others are not looked into.
const ENOUGH: usize = 4;

/// Keywords that are about the request and not about a value (RFC 7644 table 9).
const NOT_OF_VALUES: [&str; 5] = ["noTarget", "invalidPath", "mutability", "invalidSyntax", "invalidFilter"];

/// What came of one request of a sweep.
#[derive(Debug, Clone)]
pub(super) enum Sent {
    Accepted(Arc<Exchange>),
    Rejected(Arc<Exchange>),
    /// Nothing can be concluded.
    Unclear,
}

impl Sent {
    /// What an answer says of the attributes in its request.
    pub(super) fn of(exchange: Arc<Exchange>) -> Self {
        let Some(answer) = exchange.answer() else { return Sent::Unclear };
        match answer.status {
            200..=299 => Sent::Accepted(exchange),
            _ if answer.is_throttled() => Sent::Unclear,
            300..=399 | 401 | 404 | 405 | 408 | 409 | 410 | 501..=504 => Sent::Unclear,
            _ => Sent::Rejected(exchange),
        }
    }
}

/// An attribute that the target rejects.
#[derive(Debug, Clone)]
pub(super) struct Rejected {
    pub(super) attribute: SweptAttribute,
    pub(super) exchange: Arc<Exchange>,
}

/// What a search has to send yet, and what it found.
#[derive(Debug, Default)]
pub(super) struct Search {
    pending: VecDeque<Vec<SweptAttribute>>,
    /// If the next batch is accepted, these made the request before it fail.
    suspects: Option<(Vec<SweptAttribute>, Arc<Exchange>)>,
    /// Batches that were accepted, with the exchange.
    pub(super) accepted: Vec<(Vec<SweptAttribute>, Arc<Exchange>)>,
    /// Attributes that were rejected.
    pub(super) rejected: Vec<Rejected>,
    /// An answer said nothing of attributes, and the search is over.
    pub(super) is_unclear: bool,
    /// Attributes that were rejected together with others, and not told apart.
    pub(super) untold: Vec<SweptAttribute>,
    /// The last rejection of several attributes.
    pub(super) rejection: Option<Arc<Exchange>>,
}

impl Search {
    /// A search that begins with all of them at once.
    pub(super) fn of(all: Vec<SweptAttribute>) -> Self {
        let pending = if all.is_empty() { VecDeque::new() } else { VecDeque::from([all]) };
        Search { pending, ..Search::default() }
    }

    /// The attributes of the next request.
    pub(super) fn next(&mut self) -> Option<Vec<SweptAttribute>> {
        self.pending.pop_front()
    }

    /// Nothing more can be sent: what is left is not told apart.
    pub(super) fn end(&mut self, batch: Vec<SweptAttribute>) {
        // Where nothing was accepted, it may be no matter of attributes.
        if self.accepted.is_empty() {
            let rejected = std::mem::take(&mut self.rejected).into_iter();
            self.untold.extend(rejected.map(|rejected| rejected.attribute));
        }
        let suspects = self.suspects.take().into_iter().flat_map(|(attributes, _)| attributes);
        let left = std::mem::take(&mut self.pending).into_iter().flatten();
        self.untold.extend(suspects.chain(batch).chain(left));
    }

    /// Takes in what came of a batch. `is_known` says whether the target rejected an attribute before.
    pub(super) fn learn(
        &mut self,
        batch: Vec<SweptAttribute>,
        sent: Sent,
        is_known: impl Fn(&SweptAttribute) -> bool,
    ) {
        let suspects = self.suspects.take();
        match sent {
            // What the answer is about is another matter, and so would be the next ones.
            Sent::Unclear => {
                self.pending.clear();
                self.is_unclear = true;
            }
            Sent::Accepted(exchange) => {
                self.accepted.push((batch, exchange));
                match suspects {
                    // Everything else was accepted without it.
                    Some((alone, exchange)) if alone.len() == 1 => {
                        self.rejected.extend(
                            alone
                                .into_iter()
                                .map(|attribute| Rejected { attribute, exchange: Arc::clone(&exchange) }),
                        );
                    }
                    Some((several, _)) => self.halve(several),
                    None => {}
                }
            }
            Sent::Rejected(exchange) => {
                if let Some((suspects, _)) = suspects {
                    self.pending.push_back(suspects);
                }
                if let [alone] = batch.as_slice() {
                    self.rejected.push(Rejected { attribute: alone.clone(), exchange });
                    self.end_of_all();
                    return;
                }
                self.rejection = Some(Arc::clone(&exchange));
                let named = |attribute: &SweptAttribute| is_known(attribute) || names(&exchange, attribute);
                let (named, rest): (Vec<_>, Vec<_>) = batch.into_iter().partition(named);
                if named.is_empty() || rest.is_empty() {
                    self.halve(named.into_iter().chain(rest).collect());
                } else {
                    self.suspects = Some((named, exchange));
                    self.pending.push_front(rest);
                }
            }
        }
    }

    /// Where nothing is accepted, it is no matter of attributes, and one sentence is enough.
    fn end_of_all(&mut self) {
        if self.accepted.is_empty() && self.rejected.len() >= ENOUGH {
            self.end(Vec::new());
        }
    }

    fn halve(&mut self, mut attributes: Vec<SweptAttribute>) {
        let second = attributes.split_off(attributes.len().div_ceil(2));
        self.pending.extend([attributes, second].into_iter().filter(|half| !half.is_empty()));
    }
}

/// True when the answer names the attribute.
pub(super) fn names(exchange: &Exchange, attribute: &SweptAttribute) -> bool {
    let Some(answer) = exchange.answer() else { return false };
    let text = answer.body.text();
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.any(|word| same_name(word, attribute.name()))
}

/// True when the answer says that a value is wrong, or which attribute it rejects and nothing else: made-up values may
/// be.
pub(super) fn explains(exchange: &Exchange, attribute: &SweptAttribute) -> bool {
    let body = exchange.json();
    let scim_type = body.and_then(|body| reader::member(body, "scimType")).and_then(Value::as_str);
    let is_ours = exchange.answer().is_some_and(|answer| (400..500).contains(&answer.status));
    is_ours
        && match scim_type {
            Some(said) if same_name(said, "invalidValue") => true,
            Some(said) if NOT_OF_VALUES.iter().any(|word| same_name(word, said)) => false,
            _ => names(exchange, attribute),
        }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use serde_json::json;

    use super::*;
    use crate::run::steps::sweep::published::swept;
    use crate::scim::discovery::Discovery;
    use crate::scim::schema::SchemaSet;
    use crate::wire::{Actor, Answer, Method, Request, ResourceKind};

    fn all() -> Vec<SweptAttribute> {
        let discovery = Discovery { schemas: SchemaSet::core(), ..Discovery::default() };
        swept(ResourceKind::User, &discovery, None)
    }

    fn answer(status: u16, detail: &str) -> Arc<Exchange> {
        let request = Request::new(Actor::Probe, Method::Post, "/Users", "t");
        let answer = Answer::json(status, &json!({ "detail": detail }));
        Arc::new(Exchange::new(0, SystemTime::UNIX_EPOCH, String::new(), request, Ok(answer)))
    }

    /// What a search finds at a server that rejects some attributes, and with how many requests.
    fn search(wrong: &[&str], detail: &str) -> (Vec<String>, usize) {
        let mut search = Search::of(all());
        let mut sent = 0;
        while let Some(batch) = search.next() {
            sent += 1;
            assert!(sent < 100);
            let is_wrong = batch.iter().any(|attribute| wrong.contains(&attribute.name()));
            let answered = match is_wrong {
                true => Sent::Rejected(answer(400, detail)),
                false => Sent::Accepted(answer(201, "")),
            };
            search.learn(batch, answered, |_| false);
        }
        assert!(search.untold.is_empty());
        let taken: usize = search.accepted.iter().map(|(batch, _)| batch.len()).sum();
        assert_eq!(taken + search.rejected.len(), all().len());
        (search.rejected.iter().map(|rejected| rejected.attribute.name().to_owned()).collect(), sent)
    }

    #[test]
    fn a_server_that_rejects_nothing_is_asked_once() {
        assert_eq!(search(&[], ""), (Vec::new(), 1));
    }

    #[test]
    fn an_attribute_that_the_answer_names_costs_one_request_more() {
        let (found, sent) = search(&["timezone"], "the value of 'timezone' is not in the list");
        assert_eq!((found, sent), (vec!["timezone".to_owned()], 2));
    }

    #[test]
    fn without_a_name_halves_find_it() {
        let (found, sent) = search(&["timezone"], "bad request");
        assert_eq!(found, ["timezone"]);
        assert!(sent <= 14, "{sent}");
        let (mut found, _) = search(&["timezone", "costCenter"], "bad request: nickName");
        found.sort();
        assert_eq!(found, ["costCenter", "timezone"]);
    }

    #[test]
    fn what_cannot_be_asked_any_more_is_not_told_apart() {
        let mut search = Search::of(all());
        let batch = search.next().unwrap();
        search.learn(batch, Sent::Rejected(answer(400, "timezone")), |_| false);
        let rest = search.next().unwrap();
        search.end(rest);
        assert_eq!(search.untold.len(), all().len());
        assert!(search.next().is_none());
    }

    #[test]
    fn where_nothing_is_accepted_the_search_ends_early() {
        let mut search = Search::of(all());
        let mut sent = 0;
        while let Some(batch) = search.next() {
            sent += 1;
            search.learn(batch, Sent::Rejected(answer(400, "no")), |_| false);
        }
        assert!(sent < 40 && search.rejected.is_empty(), "{sent}");
        assert_eq!(search.untold.len(), all().len());
    }

    #[test]
    fn a_made_up_value_may_be_rejected_and_a_path_may_not() {
        let timezone = all().into_iter().find(|attribute| attribute.name() == "timezone").unwrap();
        let says = |body: &Value| {
            let request = Request::new(Actor::Probe, Method::Post, "/Users", "t");
            let answer = Answer::json(400, body);
            explains(&Exchange::new(0, SystemTime::UNIX_EPOCH, String::new(), request, Ok(answer)), &timezone)
        };
        assert!(says(&json!({ "detail": "timezone: unknown zone" })));
        assert!(says(&json!({ "scimType": "invalidValue" })));
        assert!(!says(&json!({ "scimType": "noTarget", "detail": "no timezone here" })));
        assert!(!says(&json!({ "detail": "bad request" })));
    }

    #[test]
    fn conflicts_and_missing_resources_say_nothing_of_attributes() {
        assert!(matches!(Sent::of(answer(409, "")), Sent::Unclear));
        assert!(matches!(Sent::of(answer(404, "")), Sent::Unclear));
        assert!(matches!(Sent::of(answer(500, "")), Sent::Rejected(_)));
        assert!(matches!(Sent::of(answer(204, "")), Sent::Accepted(_)));
    }
}
