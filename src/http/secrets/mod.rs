//! What must never be shown, and how it is taken out of all that comes in from outside.

mod finder;
mod spelling;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::PROXY_AUTHORIZATION;
use serde_json::{Map, Value};

use self::finder::{Finder, LONG};
use super::route::Route;
use crate::wire::{Answer, Body, Broken, Request};

/// Stands for what was taken out.
pub(super) const REDACTED: &str = "[redacted]";

/// Servers that balance load give out another cookie with each answer; the first ones are remembered.
const MOST_COOKIES: usize = 32;

/// Values that must never be shown. Clones share one list, since tokens become known while a run is under way.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<SecretList>>);

#[derive(Default)]
struct SecretList {
    secrets: Vec<Secret>,
    cookies: usize,
    /// Made when something is looked for, and anew after the list has changed.
    finder: Option<Arc<Finder>>,
}

struct Secret {
    text: String,
    /// What scimulate itself writes into a request as data is no secret: a right server gives it back.
    public: bool,
}

impl Secrets {
    /// Adds a value, which is hidden from now on.
    pub fn add(&self, value: &str) {
        self.list_mut(|list| list.add(value));
    }

    /// Adds user name, password and the values of the query of a URL, whether or not it can be parsed.
    pub fn add_url(&self, url: &str) {
        let (before, query) = url.split_once('?').unwrap_or((url, ""));
        let authority = before.split_once("://").map_or(before, |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or("");
        if let Some((user, _)) = authority.rsplit_once('@') {
            self.add(user);
            for part in user.split(':') {
                self.add(part);
            }
        }
        self.add_query(query.split('#').next().unwrap_or(""));
    }

    /// Adds the values of an encoded query. A parameter without `=` is a value.
    pub(super) fn add_query(&self, query: &str) {
        for part in query.split('&') {
            self.add(part.split_once('=').map_or(part, |(_, value)| value));
        }
    }

    /// Adds the value of a header, and what a server may repeat of it: a token without its scheme.
    pub(super) fn add_header(&self, name: &str, value: &str) {
        self.add(value);
        match name.to_ascii_lowercase().as_str() {
            "authorization" | "proxy-authorization" => {
                let (scheme, token) = value.split_once(' ').unwrap_or(("", ""));
                self.add(token);
                if scheme.eq_ignore_ascii_case("basic") {
                    self.add_pair(token.trim());
                }
            }
            "cookie" => {
                for pair in value.split(';') {
                    self.add(pair.split_once('=').map_or("", |(_, value)| value));
                }
            }
            _ => {}
        }
    }

    /// Adds what the environment's proxy is shown.
    pub(super) fn add_proxy(&self, route: &Route) {
        if let Some(value) = route.proxy_credentials() {
            self.add_header(PROXY_AUTHORIZATION.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
    }

    /// Adds user and password of HTTP Basic.
    fn add_pair(&self, encoded: &str) {
        let Ok(pair) = STANDARD.decode(encoded) else { return };
        let pair = String::from_utf8_lossy(&pair);
        self.add(&pair);
        self.add(pair.split_once(':').map_or("", |(_, password)| password));
    }

    /// What is sent as data, and what everybody is shown, is no secret from then on.
    pub(super) fn publish<'a>(&self, texts: impl IntoIterator<Item = &'a str>) {
        let finder = self.finder();
        let known: Vec<usize> = texts
            .into_iter()
            .flat_map(|text| finder.find(text.as_bytes()).into_iter().map(|found| found.secret))
            .collect();
        if !known.is_empty() {
            self.list_mut(|list| {
                for known in known {
                    list.secrets[known].public = true;
                }
                list.finder = None;
            });
        }
    }

    /// [`Secrets::publish`] for what a request carries beside URL, token and given headers.
    pub(super) fn publish_data(&self, request: &Request) {
        let parts = [Some(request.path.as_str()), request.body.as_deref()];
        let query = request.query.as_ref().map(|query| format!("?{query}"));
        self.publish(parts.into_iter().flatten().chain(query.as_deref()));
    }

    /// The text without any of the secrets.
    #[must_use]
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.hide_bytes(text.as_bytes()) {
            Some(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
            None => Cow::Borrowed(text),
        }
    }

    /// `None` when there is nothing to hide.
    fn hide_bytes(&self, text: &[u8]) -> Option<Vec<u8>> {
        let found = self.finder().find(text);
        if found.is_empty() {
            return None;
        }
        let mut shown = Vec::with_capacity(text.len());
        let mut at = 0;
        for span in found.into_iter().map(|found| found.span) {
            // One that begins within another, or where it ends, is hidden with it.
            if span.start > at || shown.is_empty() {
                shown.extend_from_slice(&text[at..span.start]);
                shown.extend_from_slice(REDACTED.as_bytes());
            }
            at = at.max(span.end);
        }
        shown.extend_from_slice(&text[at..]);
        Some(shown)
    }

    /// What came of a request, without any secret. Cookies are secrets from now on.
    pub(super) fn clean(&self, outcome: Result<Answer, Broken>) -> Result<Answer, Broken> {
        match outcome {
            Ok(answer) => Ok(self.clean_answer(answer)),
            Err(broken) => Err(self.clean_broken(broken)),
        }
    }

    fn clean_answer(&self, mut answer: Answer) -> Answer {
        for (_, value) in answer.headers.iter_mut().filter(|(name, _)| name == "set-cookie") {
            self.remember_cookie(value);
            REDACTED.clone_into(value);
        }
        for (_, value) in &mut answer.headers {
            if let Cow::Owned(hidden) = self.hide(value) {
                *value = hidden;
            }
        }
        if let Some(hidden) = self.hide_bytes(answer.body.bytes()) {
            answer.body = self.clean_body(&answer.body, hidden);
        }
        answer
    }

    /// A body that was JSON is JSON still: a secret may have been a number.
    fn clean_body(&self, body: &Body, hidden: Vec<u8>) -> Body {
        let clean = Body::new(hidden);
        match body.json() {
            Some(json) if clean.json().is_none() => Body::new(self.clean_json(json).to_string().into_bytes()),
            _ => clean,
        }
    }

    fn clean_json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.hide(text).into(),
            Value::Number(number) => match self.hide(&number.to_string()) {
                Cow::Owned(_) => 0.into(),
                Cow::Borrowed(_) => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.clean_json(item)).collect(),
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, value)| (self.hide(name).into_owned(), self.clean_json(value)))
                    .collect::<Map<_, _>>(),
            ),
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }

    pub(super) fn clean_broken(&self, broken: Broken) -> Broken {
        let hide = |text: String| self.hide(&text).into_owned();
        match broken {
            Broken::Refused(why) => Broken::Refused(hide(why)),
            Broken::NoSuchHost(why) => Broken::NoSuchHost(hide(why)),
            Broken::Tls(why) => Broken::Tls(hide(why)),
            Broken::Protocol(why) => Broken::Protocol(hide(why)),
            Broken::Unwritable(why) => Broken::Unwritable(hide(why)),
            // No text from outside, or one that was cleaned when it was made.
            Broken::TimedOut(_)
            | Broken::TooLarge(_)
            | Broken::NoToken(_)
            | Broken::Withheld(_)
            | Broken::Unjournalled(_)
            | Broken::Unproven(_)
            | Broken::Unrefused(_)
            | Broken::Gone(_)
            | Broken::Interrupted => broken,
        }
    }

    /// A cookie whose value may be a session. Languages and time zones, which resources hold too, have no digit.
    fn remember_cookie(&self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or("");
        let value = pair.split_once('=').map_or("", |(_, value)| value).trim().trim_matches('"');
        let is_session = value.len() >= LONG
            && value.bytes().any(|byte| byte.is_ascii_digit())
            && value.bytes().any(|byte| byte.is_ascii_alphabetic());
        if is_session {
            self.list_mut(|list| {
                if list.cookies < MOST_COOKIES && list.add(value) {
                    list.cookies += 1;
                }
            });
        }
    }

    fn finder(&self) -> Arc<Finder> {
        if let Some(finder) = &self.0.read().unwrap_or_else(PoisonError::into_inner).finder {
            return Arc::clone(finder);
        }
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(finder) = &list.finder {
            return Arc::clone(finder);
        }
        let finder = Arc::new(list.prepared());
        list.finder = Some(Arc::clone(&finder));
        finder
    }

    fn list_mut<R>(&self, change: impl FnOnce(&mut SecretList) -> R) -> R {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SecretList {
    /// Tells whether it is new.
    fn add(&mut self, value: &str) -> bool {
        let value = value.trim();
        if value.is_empty() || says_nothing(value) || self.secrets.iter().any(|known| known.text == value) {
            return false;
        }
        self.secrets.push(Secret { text: value.to_owned(), public: false });
        self.finder = None;
        true
    }

    fn prepared(&self) -> Finder {
        let secrets = || {
            let secrets = self.secrets.iter().enumerate().filter(|(_, secret)| !secret.public);
            secrets.map(|(position, secret)| (position, secret.text.as_str()))
        };
        let is_long = |text: &str| spelling::settled(text.as_bytes()).len() >= LONG;
        Finder::new(secrets().filter(|(_, text)| is_long(text)), secrets().filter(|(_, text)| !is_long(text)))
    }
}

/// `?strict=true&v=2` holds no secret, and `"id": "2"` would be hidden by one.
fn says_nothing(value: &str) -> bool {
    let words = ["true", "false", "yes", "no", "on", "off", "null"];
    words.iter().any(|word| word.eq_ignore_ascii_case(value))
        || (value.len() <= 3 && value.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.read().unwrap_or_else(PoisonError::into_inner).secrets.len())
    }
}

#[cfg(test)]
mod tests;
