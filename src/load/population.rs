//! Who is at the target during the load, and how requests reach it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use serde_json::Value;

use super::LoadSettings;
use super::measure::LeftOut;
use super::mix::{LoadOperation, LoadUser, Mix};
use crate::check::Skip;
use crate::run::cleanup;
use crate::run::observer::reader;
use crate::run::observer::resource_path;
use crate::run::preflight::{acceptance, media_type};
use crate::run::target::cancel::Cancel;
use crate::run::target::guard::{Guard, Ownership};
use crate::run::target::media_type::{Labelled, MediaType};
use crate::run::target::recorder::Recorder;
use crate::run::target::retry::{Retry, WaitLimit};
use crate::wire::{Actor, Answer, Broken, Exchange, Method, Request, ResourceKind, Sent, Target};

/// Users that are changed under load.
const CHANGED: usize = 10;
/// Users who join the group after the load, at the same time.
const JOINING: usize = 10;

/// Everybody at the target, and the way there.
pub(super) struct Population<T> {
    pub mix: Arc<Mix>,
    /// Sends at once, guarded and journalled.
    pub direct: Arc<Direct<T>>,
    /// Waits when the target asks for it.
    pub retrying: Arc<Retry<Arc<Direct<T>>>>,
    pub cancel: Cancel,
    /// Under which media type bodies are sent.
    media_type: Arc<MediaType>,
    pub exchanges: Arc<AtomicUsize>,
    /// Users that are changed.
    pub accounts: Vec<LoadUser>,
    /// Ids of those who join the group after the load.
    pub joining: Vec<String>,
    /// Ids of those who may join it during the load.
    pub waiting: VecDeque<String>,
    /// Id of the group.
    pub group: Option<String>,
    /// Who was added to the group.
    pub members: BTreeSet<String>,
    /// The group shows its members when it is read.
    pub shows_members: bool,
    made: Vec<(ResourceKind, String)>,
    /// Creates that may have made something nobody knows the id of, and what was tried before the load.
    doubtful: Vec<Arc<Exchange>>,
}

type Direct<T> = Guard<Labelled<Counted<T>>>;

impl<T: Target + 'static> Population<T> {
    pub fn new(settings: &LoadSettings, mix: Mix, target: Arc<T>) -> Self {
        let exchanges = Arc::new(AtomicUsize::new(0));
        let counted = Counted { inner: target, count: Arc::clone(&exchanges) };
        let ownership = Ownership::new(settings.people.prefix());
        let ownership = if settings.opaque_names { ownership.opaque() } else { ownership };
        let ownership = match &settings.journal {
            Some(journal) => ownership.journalled(Arc::clone(journal)),
            None => ownership,
        };
        let media_type: Arc<MediaType> = Arc::default();
        let labelled = Labelled::new(counted, Arc::clone(&media_type));
        let direct = Arc::new(Guard::new(labelled, Arc::new(ownership)));
        let wait_limit = WaitLimit::at_most(settings.longest_wait);
        let retrying = Retry::new(Arc::clone(&direct), wait_limit, settings.cancel.clone());
        Population {
            mix: Arc::new(mix),
            direct,
            retrying: Arc::new(retrying),
            cancel: settings.cancel.clone(),
            media_type,
            exchanges,
            accounts: Vec::new(),
            joining: Vec::new(),
            waiting: VecDeque::new(),
            group: None,
            members: BTreeSet::new(),
            shows_members: false,
            made: Vec::new(),
            doubtful: Vec::new(),
        }
    }

    /// Creates the group and everybody who is needed before the load. A target that refuses an attribute
    /// gets people without it; those attributes are returned.
    pub async fn gather(&mut self, settings: &LoadSettings) -> Result<Vec<String>, Skip> {
        let refused = self.reduce(settings).await?;
        for number in self.accounts.len()..CHANGED {
            let key = Mix::key("staff", number);
            let id = self.create(self.mix.create(&key), ResourceKind::User).await?;
            self.accounts.push(Mix::account(&key, id));
        }
        if let Some(request) = self.mix.create_group() {
            // A target that has no groups is looked at without them.
            self.group = self.create(request, ResourceKind::Group).await.ok();
            self.go_on()?;
        }
        if self.group.is_some() {
            for number in 0..JOINING {
                let request = self.mix.create(&Mix::key("joiner", number));
                let id = self.create(request, ResourceKind::User).await?;
                self.joining.push(id);
            }
            self.waiting = self.accounts.iter().skip(1).map(|account| account.id.clone()).collect();
        }
        Ok(refused)
    }

    /// Creates somebody with everything that is mapped. Where that is refused or not read, the mapping is reduced to
    /// what is taken, and bodies are labelled as the target reads them.
    async fn reduce(&mut self, settings: &LoadSettings) -> Result<Vec<String>, Skip> {
        let key = Mix::key("staff", 0);
        let request = self.mix.create(&key);
        let outcome = self.send_retrying(request.clone()).await?;
        let exchange = self.exchange(&request, &outcome);
        let is_unread = media_type::is_unread(&exchange);
        if let Some(id) = self.made(ResourceKind::User, &exchange) {
            self.accounts.push(Mix::account(&key, id));
        }
        if !is_unread && !matches!(outcome, Ok(Answer { status: 400..=499, .. })) {
            return Ok(Vec::new());
        }
        let recorder = Recorder::new(Arc::clone(&self.retrying));
        let LoadSettings { writer, mapping, people, .. } = settings;
        let reduced = acceptance::reduced(
            &recorder,
            writer,
            mapping,
            people,
            "requirements/rate/create",
            &self.media_type,
        )
        .await;
        self.doubtful.extend(recorder.trace());
        if self.media_type.is_plain() {
            // Who was made of a body that was not read has no name.
            self.accounts.clear();
        }
        self.go_on()?;
        let Some((mapping, adjustment, refused)) = reduced else { return Ok(Vec::new()) };
        if let Some(mix) = Mix::new(settings, &mapping, adjustment) {
            self.mix = Arc::new(mix);
        }
        Ok(refused)
    }

    /// Sends one request of each kind without any load: what is refused then says nothing about load.
    pub async fn rehearse(&mut self) -> Result<Vec<LeftOut>, Skip> {
        let Some(first) = self.accounts.first().cloned() else { return Ok(Vec::new()) };
        let mut left_out = Vec::new();
        let mix = Arc::clone(&self.mix);
        for kind in LoadOperation::ALL {
            let requests = match kind {
                LoadOperation::Create => continue,
                LoadOperation::Lookup => vec![mix.lookup(Some(&first)), mix.lookup(None)],
                LoadOperation::Read => vec![mix.read(&first)],
                LoadOperation::Update => mix.update(&first, 0).into_iter().collect(),
                LoadOperation::Disable => {
                    [false, true].into_iter().filter_map(|on| mix.set_active(&first, on)).collect()
                }
                LoadOperation::AddMember => {
                    self.group.iter().map(|group| mix.add_member(group, &first.id)).collect()
                }
            };
            for request in requests {
                match self.send_retrying(request).await? {
                    Ok(Answer { status: 429, .. }) => {
                        return Err(Skip::Throttled(format!("{} without any load", kind.as_str())));
                    }
                    Ok(Answer { status: status @ 300..=499, .. }) => {
                        left_out.push(LeftOut { kind, status });
                        break;
                    }
                    _ => {}
                }
            }
        }
        let refuses = |kind| left_out.iter().any(|left| left.kind == kind);
        if refuses(LoadOperation::Lookup) && refuses(LoadOperation::Read) {
            return Err(Skip::Blocked("the target: it rejects both lookups and reads".to_owned()));
        }
        if let Some(group) = self.group.clone().filter(|_| !refuses(LoadOperation::AddMember)) {
            let shown = self.send_retrying(mix.group_with_members(&group)).await?;
            self.shows_members = shown.is_ok_and(|answer| members_of(&answer).contains(&first.id));
            self.members.insert(first.id);
        }
        Ok(left_out)
    }

    async fn create(&mut self, request: Request, kind: ResourceKind) -> Result<String, Skip> {
        let outcome = self.send_retrying(request.clone()).await?;
        let exchange = self.exchange(&request, &outcome);
        let id = self.made(kind, &exchange);
        if let Some(id) = &id {
            // The guard asks before the first write whose it is, and no question of its own shall fall into the load.
            let read = Request::new(
                Actor::Probe,
                Method::Get,
                resource_path(kind, id),
                "before the load: whose is it?",
            );
            let _ = self.send_retrying(read).await?;
        }
        id.ok_or_else(|| match outcome {
            Ok(answer) if answer.status == 429 => {
                Skip::Throttled(format!("POST {} without any load", kind.endpoint()))
            }
            Ok(answer) => {
                Skip::Blocked(format!("the target: POST {} returns {}", kind.endpoint(), answer.status))
            }
            Err(broken) => Skip::Blocked(format!("the target: {broken}")),
        })
    }

    /// Remembers what a create made, for the clean-up; its id, if it is told.
    pub fn made(&mut self, kind: ResourceKind, exchange: &Arc<Exchange>) -> Option<String> {
        let id = exchange
            .json()
            .filter(|_| exchange.succeeded())
            .and_then(|body| text(reader::member(body, "id")?));
        match &id {
            Some(id) => self.made.push((kind, id.clone())),
            // A refusal made nothing.
            None if exchange.answer().is_some_and(|answer| (300..=499).contains(&answer.status)) => {}
            None => self.doubtful.push(Arc::clone(exchange)),
        }
        id
    }

    /// Sends a request outside the load; the run's end and a request that the guard holds back end it.
    pub async fn send_retrying(&self, request: Request) -> Result<Result<Answer, Broken>, Skip> {
        self.go_on()?;
        match self.retrying.send(request).await {
            Err(Broken::Withheld(why) | Broken::Unproven(why)) => Err(withheld(&why)),
            outcome => Ok(outcome),
        }
    }

    /// An error once the run shall end.
    pub fn go_on(&self) -> Result<(), Skip> {
        if self.cancel.is_cancelled() { Err(interrupted()) } else { Ok(()) }
    }

    /// A request and what came of it.
    pub fn exchange(&self, request: &Request, outcome: &Result<Answer, Broken>) -> Arc<Exchange> {
        exchange(&*self.direct, request, outcome)
    }

    /// What [`exchange`] needs beside the target.
    /// Removes everything; what could not be removed, each with the reason. Pauses that the target asks
    /// for are kept even after Ctrl-C.
    pub async fn clean_up(&self) -> Vec<String> {
        let retrying = Retry::new(
            Arc::clone(&self.direct),
            WaitLimit::at_most(self.retrying.limit()),
            Cancel::default(),
        );
        let left = cleanup::remove(&retrying, || self.doubtful.clone(), &self.made).await;
        left.into_iter().map(|left| left.line).collect()
    }
}

/// The reason of checks whose run was ended.
pub(super) fn interrupted() -> Skip {
    Skip::Blocked("the end of the run: it was interrupted".to_owned())
}

/// The reason of checks of which the guard held a request back.
pub(super) fn withheld(why: &str) -> Skip {
    Skip::Blocked(format!("the guard: {why}"))
}

/// A request and what came of it.
pub(super) fn exchange<T: Target>(
    target: &T,
    request: &Request,
    outcome: &Result<Answer, Broken>,
) -> Arc<Exchange> {
    let sent = target.sent_as(request);
    let mut recorded = request.clone();
    recorded.headers = sent.headers;
    Arc::new(Exchange::new(0, SystemTime::now(), sent.url, recorded, outcome.clone()))
}

/// Ids of the members that a read of a group shows.
pub(super) fn members_of(answer: &Answer) -> BTreeSet<String> {
    let members = answer.body.json().and_then(|body| reader::member(body, "members"));
    let members = members.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    members.iter().filter_map(|member| text(reader::member(member, "value")?)).collect()
}

/// An id as text: one that is a number is a fault, but still an id.
fn text(id: &Value) -> Option<String> {
    match id {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Counts requests.
#[derive(Debug)]
pub(super) struct Counted<T> {
    inner: Arc<T>,
    count: Arc<AtomicUsize>,
}

impl<T: Target> Target for Counted<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.inner.send(request).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}
