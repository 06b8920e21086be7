//! Which parts of a body a target refuses, found with few creates.
//!
//! First what the answer names and what /Schemas does not have is left out. Where that does not help, halves of
//! the body are tried beside what every resource needs; and where even that is refused, one part after the other
//! is left out.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::scim::{PatchPath, same_name};
use crate::wire::Exchange;

/// So many creates are sent at most for one resource type.
pub(super) const MOST_CREATES: usize = 25;

/// What the answer to one create says.
#[derive(Debug, Clone)]
pub(super) enum Acceptability {
    Accepted(Arc<Exchange>),
    Refused(Arc<Exchange>),
    /// Nothing can be concluded: no answer, too many requests, or a conflict.
    Unknown,
}

/// Creates a new resource without these parts.
pub(super) trait Creates {
    async fn without(&self, omitted: &[PatchPath]) -> Acceptability;
}

/// What is known of the body that was refused whole.
pub(super) struct RefusedBody<'a> {
    /// The body.
    pub(super) body: &'a Map<String, Value>,
    /// The exchange that shows the refusal.
    pub(super) shown_by: Arc<Exchange>,
    /// Attributes that stay: what resources are matched by, and what /Schemas requires.
    pub(super) kept: &'a [PatchPath],
    /// Parts that the target does not publish.
    pub(super) unpublished: Vec<PatchPath>,
}

/// What came of the search.
#[derive(Debug)]
pub(super) enum Found {
    /// Some parts are refused.
    Parts {
        /// With each of these the target refuses a create that it accepts without, as the exchange shows.
        refused: Vec<(PatchPath, Arc<Exchange>)>,
        /// Some of these are refused; which, was not found out with so many creates.
        unclear: Vec<PatchPath>,
        /// A create without any of them, which was accepted.
        accepted: Arc<Exchange>,
    },
    /// Not even the smallest create is accepted.
    Nothing,
    /// Nothing can be concluded.
    Unknown,
}

/// The parts of a body that may be left out one by one: attributes, and extensions as a whole.
pub(super) fn parts(body: &Map<String, Value>) -> Vec<PatchPath> {
    let bare = |urn: &str| PatchPath { schema: Some(urn.to_owned()), ..PatchPath::simple("") };
    let is_urn = |key: &str| key.contains(':');
    let mut parts: Vec<PatchPath> = body
        .keys()
        .filter(|key| !same_name(key, "schemas"))
        .map(|key| if is_urn(key) { bare(key) } else { PatchPath::simple(key) })
        .collect();
    let declared = body.get("schemas").and_then(Value::as_array).into_iter().flatten();
    for urn in declared.filter_map(Value::as_str) {
        let core = urn.contains(":schemas:core:");
        if !core && !body.keys().any(|key| same_name(key, urn)) {
            parts.push(bare(urn));
        }
    }
    parts
}

/// The parts of a part: members of an object or of the elements of a list.
pub(super) fn parts_of(body: &Map<String, Value>, part: &PatchPath) -> Vec<PatchPath> {
    if let (Some(schema), true) = (&part.schema, part.attribute.is_empty()) {
        let members = body.get(schema).and_then(Value::as_object).into_iter().flat_map(Map::keys);
        return members.map(|name| PatchPath { attribute: name.clone(), ..part.clone() }).collect();
    }
    let objects: Vec<&Map<String, Value>> = match body.get(&part.attribute) {
        Some(Value::Object(members)) => vec![members],
        Some(Value::Array(elements)) => elements.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    };
    let mut names: Vec<&String> = Vec::new();
    for name in objects.into_iter().flat_map(Map::keys) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| PatchPath { sub: Some(name.clone()), ..part.clone() }).collect()
}

/// Looks for the parts that are refused.
pub(super) async fn search<C: Creates>(creates: &C, refused: RefusedBody<'_>) -> Found {
    let mut search = Search {
        creates,
        sent: 0,
        accepted: None,
        omitted: Vec::new(),
        refused: Vec::new(),
        unclear: Vec::new(),
    };
    match search.run(&refused).await {
        Some(()) => match search.accepted {
            Some(accepted) => Found::Parts { refused: search.refused, unclear: search.unclear, accepted },
            None => Found::Nothing,
        },
        None => Found::Unknown,
    }
}

struct Search<'a, C> {
    creates: &'a C,
    sent: usize,
    /// The last create that was accepted, and what it left out.
    accepted: Option<Arc<Exchange>>,
    omitted: Vec<PatchPath>,
    refused: Vec<(PatchPath, Arc<Exchange>)>,
    unclear: Vec<PatchPath>,
}

impl<C: Creates> Search<'_, C> {
    /// `None` when nothing can be concluded.
    async fn run(&mut self, of: &RefusedBody<'_>) -> Option<()> {
        let all = parts(of.body);
        let is_kept =
            |part: &PatchPath| of.kept.iter().any(|kept| same_name(&kept.attribute, &part.attribute));
        let optional: Vec<PatchPath> = all.iter().filter(|part| !is_kept(part)).cloned().collect();
        let hinted = hinted(of, &optional);
        let mut start = None;
        for candidates in [hinted, optional.clone()] {
            if candidates.is_empty() || start.is_some() {
                continue;
            }
            if self.try_without(&candidates).await?.is_none() {
                start = Some(candidates);
            }
        }
        if start.is_none() {
            // What every resource needs is refused too, or something is needed that nobody said.
            let kept = all.iter().filter(|part| is_kept(part)).flat_map(|part| parts_of(of.body, part));
            for part in optional.iter().cloned().chain(kept) {
                if self.sent >= MOST_CREATES {
                    break;
                }
                if self.try_without(std::slice::from_ref(&part)).await?.is_none() {
                    start = Some(vec![part]);
                    break;
                }
            }
        }
        let Some(start) = start else { return Some(()) };
        self.restore(start, &of.shown_by).await?;
        self.narrow(of.body).await
    }

    /// The refusal of a create without these parts; an inner `None` says that it was accepted.
    async fn try_without(&mut self, omitted: &[PatchPath]) -> Option<Option<Arc<Exchange>>> {
        self.sent += 1;
        match self.creates.without(omitted).await {
            Acceptability::Accepted(made) => {
                self.accepted = Some(made);
                self.omitted = omitted.to_vec();
                Some(None)
            }
            Acceptability::Refused(exchange) => Some(Some(exchange)),
            Acceptability::Unknown => None,
        }
    }

    /// Brings back, in halves, what was left out and is not refused. That all of it together is refused is
    /// known, and `shown_by` shows it.
    async fn restore(&mut self, omitted: Vec<PatchPath>, shown_by: &Arc<Exchange>) -> Option<()> {
        let mut pending = VecDeque::from([(omitted, Some(Arc::clone(shown_by)))]);
        while let Some((some, known)) = pending.pop_front() {
            if known.is_none() && self.sent >= MOST_CREATES {
                self.unclear.extend(some);
                continue;
            }
            let refusal = match known {
                Some(shown_by) => Some(shown_by),
                None => {
                    let rest: Vec<PatchPath> =
                        self.omitted.iter().filter(|part| !some.contains(part)).cloned().collect();
                    self.try_without(&rest).await?
                }
            };
            let Some(refusal) = refusal else { continue };
            if let [part] = some.as_slice() {
                self.refused.push((part.clone(), refusal));
                continue;
            }
            let (left, right) = some.split_at(some.len() / 2);
            pending.push_front((right.to_vec(), None));
            pending.push_front((left.to_vec(), None));
        }
        Some(())
    }

    /// Says of each refused attribute which parts of it are refused, if not all of them are.
    async fn narrow(&mut self, body: &Map<String, Value>) -> Option<()> {
        for (whole, shown_by) in std::mem::take(&mut self.refused) {
            let parts = if whole.sub.is_some() { Vec::new() } else { parts_of(body, &whole) };
            let found = if parts.len() < 2 { Vec::new() } else { self.refused_of(&whole, &parts).await? };
            match found.is_empty() {
                true => self.refused.push((whole, shown_by)),
                false => {
                    self.refused.extend(found.into_iter().map(|part| (part, Arc::clone(&shown_by))));
                }
            }
        }
        Some(())
    }

    /// The parts without which the rest of the attribute is accepted; none when that was not found out.
    async fn refused_of(&mut self, whole: &PatchPath, parts: &[PatchPath]) -> Option<Vec<PatchPath>> {
        let others: Vec<PatchPath> = self.omitted.iter().filter(|other| *other != whole).cloned().collect();
        for part in parts {
            if self.sent >= MOST_CREATES {
                return Some(Vec::new());
            }
            if self.try_without(&[others.as_slice(), std::slice::from_ref(part)].concat()).await?.is_none() {
                return Some(vec![part.clone()]);
            }
        }
        // Several are refused, and what the elements of a list are about is not among them.
        let is_value = |part: &&PatchPath| part.sub.as_deref().is_some_and(|sub| same_name(sub, "value"));
        let mut refused: Vec<PatchPath> = parts.iter().filter(|part| !is_value(part)).cloned().collect();
        let bearable = self.sent + refused.len() < MOST_CREATES && refused.len() < parts.len();
        if !bearable || self.try_without(&[others.as_slice(), &refused].concat()).await?.is_some() {
            return Some(Vec::new());
        }
        for part in refused.clone() {
            let rest: Vec<PatchPath> = refused.iter().filter(|other| **other != part).cloned().collect();
            if self.try_without(&[others.as_slice(), &rest].concat()).await?.is_none() {
                refused = rest;
            }
        }
        Some(refused)
    }
}

/// Parts that the answer names, and parts that are not published.
fn hinted(of: &RefusedBody<'_>, optional: &[PatchPath]) -> Vec<PatchPath> {
    let said = of.shown_by.answer().map(|answer| answer.body.text().to_ascii_lowercase()).unwrap_or_default();
    let words: Vec<&str> = said.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let is_said = |part: &PatchPath| match part.attribute.is_empty() {
        true => part.schema.as_ref().is_some_and(|urn| said.contains(&urn.to_ascii_lowercase())),
        false => words.contains(&part.attribute.to_ascii_lowercase().as_str()),
    };
    optional.iter().filter(|part| is_said(part) || of.unpublished.contains(part)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::*;
    use crate::run::observer::testing::exchange;
    use crate::run::target::adjustment::leave_out;
    use crate::scim::urn;
    use crate::wire::Answer;

    /// A server that refuses what contains any of these.
    struct Server<'a> {
        body: Map<String, Value>,
        refuses: &'a [&'a str],
        requires: &'a [&'a str],
        detail: &'a str,
        asked: Cell<usize>,
    }

    fn holds(body: &Value, path: &str) -> bool {
        match path.split_once('.').filter(|_| !path.contains(':')) {
            None => body.get(path).is_some(),
            Some((attribute, sub)) => match body.get(attribute) {
                Some(Value::Array(elements)) => elements.iter().any(|element| element.get(sub).is_some()),
                other => other.is_some_and(|complex| complex.get(sub).is_some()),
            },
        }
    }

    impl Creates for Server<'_> {
        async fn without(&self, omitted: &[PatchPath]) -> Acceptability {
            self.asked.set(self.asked.get() + 1);
            let mut body = self.body.clone();
            omitted.iter().for_each(|path| leave_out(&mut body, path));
            let body = Value::Object(body);
            let refused = self.refuses.iter().any(|path| holds(&body, path))
                || self.requires.iter().any(|path| !holds(&body, path));
            let answer = |status| exchange(Ok(Answer::json(status, &json!({"detail": self.detail}))));
            match refused {
                true => Acceptability::Refused(Arc::new(answer(400))),
                false => Acceptability::Accepted(Arc::new(answer(201))),
            }
        }
    }

    fn body() -> Map<String, Value> {
        let body = json!({
            "schemas": [urn::USER, urn::ENTERPRISE], "externalId": "e", "userName": "u", "active": true,
            "addresses": [{"type": "work", "country": "c", "locality": "l", "primary": false}],
            "displayName": "d", "emails": [{"type": "work", "primary": true, "value": "m"}],
            "meta": {"resourceType": "User"}, "name": {"formatted": "f", "familyName": "n", "givenName": "g"},
            "phoneNumbers": [{"type": "work", "value": "1"}], "preferredLanguage": "en", "roles": [],
            "title": "t", (urn::ENTERPRISE): {"department": "x", "employeeNumber": "1"}
        });
        body.as_object().cloned().unwrap()
    }

    /// What is found, and with how many creates.
    async fn found(refuses: &[&str], requires: &[&str], detail: &str) -> (Vec<String>, usize) {
        let body = body();
        let server = Server { body: body.clone(), refuses, requires, detail, asked: Cell::new(0) };
        let Acceptability::Refused(shown_by) = server.without(&[]).await else { panic!("it is refused") };
        let kept = [PatchPath::simple("userName")];
        let of = RefusedBody { body: &body, shown_by, kept: &kept, unpublished: Vec::new() };
        let found = match search(&server, of).await {
            Found::Parts { refused, .. } => refused.into_iter().map(|(path, _)| path.to_string()).collect(),
            other => vec![format!("{other:?}")],
        };
        (found, server.asked.get())
    }

    #[tokio::test]
    async fn what_the_answer_names_is_found_at_once() {
        assert_eq!(found(&["roles"], &[], "unknown attribute: roles").await, (vec!["roles".into()], 2));
    }

    #[tokio::test]
    async fn what_it_does_not_name_is_found_in_halves() {
        for refused in ["roles", "title", "externalId", "meta"] {
            let (parts, asked) = found(&[refused], &[], "bad request").await;
            assert_eq!(parts, [refused]);
            assert!(asked <= 12, "{asked} creates for {refused}");
        }
    }

    #[tokio::test]
    async fn of_an_attribute_the_part_is_named() {
        assert_eq!(
            found(&["emails.type", "emails.primary"], &[], "bad request").await.0,
            ["emails.type", "emails.primary"]
        );
        for refused in ["emails.type", "emails.primary", "name.formatted", "addresses.locality"] {
            let (parts, asked) = found(&[refused], &[], "bad request").await;
            assert_eq!(parts, [refused]);
            assert!(asked <= 15, "{asked} creates for {refused}");
        }
    }

    #[tokio::test]
    async fn several_and_whole_extensions_are_found_too() {
        let (parts, asked) = found(&["roles", "emails.type", "title"], &[], "bad request").await;
        assert_eq!(parts, ["emails.type", "roles", "title"]);
        assert!(asked <= MOST_CREATES + 1, "{asked}");
        let (parts, _) = found(&[urn::ENTERPRISE], &[], "bad request").await;
        assert_eq!(parts, [urn::ENTERPRISE]);
    }

    #[tokio::test]
    async fn a_requirement_that_nobody_published_does_not_hide_it() {
        let (parts, _) = found(&["roles"], &["displayName"], "bad request").await;
        assert_eq!(parts, ["roles"]);
        let (nothing, asked) = found(&["userName"], &[], "bad request").await;
        assert_eq!(nothing, ["Nothing"]);
        assert!(asked <= MOST_CREATES + 1, "{asked}");
    }
}
