//! The questions that prove whose an object is, asked before the first write to it.

use serde_json::Value;

use super::evidence::Key;
use super::evidence::ShownOwner;
use super::ownership::RandomFilter;
use super::standing::Standing;
use super::{Guard, HeldBack};
use crate::run::observer::{lookup, resource_path, resources_in};
use crate::scim::PatchPath;
use crate::wire::{Actor, Answer, Broken, GUARD_STEP, Method, Request, Target, id_of};

/// So many objects of ours are read before a target's reads are taken not to show them.
const MOST_LIVING: usize = 3;

/// What a read by id showed.
enum Read {
    Resource(ShownOwner, Value),
    /// 404 or 410.
    Missing(u16),
    /// Anything else, in words.
    Unclear(String),
}

/// What a read by id showed of an object that is not shown as somebody else's.
enum OwnRead {
    Ours(Value),
    /// A resource without the names by which its owner is told.
    Nameless,
    /// 404 or 410.
    Missing(u16),
    /// Anything else, in words.
    Unclear(String),
}

impl<T: Target> Guard<T> {
    /// Ends well if an object is ours.
    pub(super) async fn check_object(
        &self,
        request: &Request,
        path: &str,
        key: &Key,
    ) -> Result<(), HeldBack> {
        let tenant = request.tenant;
        let write = format!("{} {path}", request.method.as_str());
        match self.ownership.standing(tenant, key) {
            Some(Standing::Ours) => Ok(()),
            Some(Standing::Foreign(who)) => Err(foreign(&write, &who)),
            Some(Standing::Deleted | Standing::Candidate { .. }) if self.ownership.is_alone() => Ok(()),
            Some(Standing::Candidate { echoed }) => self.prove(request, &write, key, echoed).await,
            Some(Standing::Deleted) => self.check_missing(request, &write, key, "this run deleted it").await,
            // A scenario tries at one tenant what is ours in the other.
            None if self.ownership.is_ours_elsewhere(tenant, key) => {
                self.check_missing(request, &write, key, "this run created it in the other tenant").await
            }
            // An id with the run's prefix in it, or a GUID of this run: it was drawn here.
            None if self.ownership.marks(&key.1) => Ok(()),
            Some(Standing::Seen | Standing::SeenAsOurs) | None => {
                self.check_unnamed(request, &write, key).await
            }
        }
    }

    /// Ends well unless a write makes somebody else's account a member of a group or a manager. An id that nobody has may
    /// travel, and a create whose answer shows our names is believed.
    pub(super) async fn check_mention(&self, request: &Request, key: &Key) -> Result<(), HeldBack> {
        // A server may make an account of an id that a scenario made up.
        if self.ownership.note_mention(request.tenant, key) {
            return Ok(());
        }
        let write = format!("{} {} with {} {}", request.method.as_str(), request.path, key.0.as_str(), key.1);
        match self.ownership.standing(request.tenant, key) {
            Some(Standing::Foreign(who)) => Err(foreign(&write, &who)),
            Some(Standing::Candidate { echoed: false }) if !self.ownership.is_alone() => {
                self.prove(request, &write, key, false).await
            }
            _ => Ok(()),
        }
    }

    /// Something of another kind than users and groups: it must show that it is ours.
    pub(super) async fn check_path(&self, request: &Request, path: &str) -> Result<(), HeldBack> {
        let write = format!("{} {path}", request.method.as_str());
        match self.read(request, path, None).await? {
            Read::Resource(ShownOwner::Ours, _) => Ok(()),
            Read::Resource(_, resource) => Err(foreign(&write, &super::named(&resource))),
            Read::Missing(_) if self.ownership.is_alone() || self.ownership.marks(path) => Ok(()),
            Read::Missing(status) => {
                Err(unproven(&write, &format!("GET returns {status}, which does not show who created it")))
            }
            Read::Unclear(why) => Err(unproven(&write, &why)),
        }
    }

    /// A create of ours named it: one read, and where that shows no names one filter, must bear that out.
    async fn prove(&self, request: &Request, write: &str, key: &Key, echoed: bool) -> Result<(), HeldBack> {
        let why = match self.read_own(request, write, key).await? {
            OwnRead::Ours(_) => {
                self.ownership.settle(request.tenant, key, Standing::Ours);
                return Ok(());
            }
            OwnRead::Nameless => "GET shows no names, or another than the create gave".to_owned(),
            OwnRead::Missing(status) => format!("GET returns {status}"),
            OwnRead::Unclear(why) => why,
        };
        let proven = echoed || self.found_by_name(request, key).await?;
        let is_opaque = self.ownership.is_opaque();
        if proven || (is_opaque && self.random_filter(request, key).await? != RandomFilter::Somebody) {
            self.ownership.settle(request.tenant, key, Standing::Ours);
            return Ok(());
        }
        Err(unproven(write, &format!("{why}, and a filter on its name does not find it alone")))
    }

    /// No create of ours named it, but it may carry our names: a server may have made it by itself.
    async fn check_unnamed(&self, request: &Request, write: &str, key: &Key) -> Result<(), HeldBack> {
        match self.read_own(request, write, key).await? {
            OwnRead::Ours(resource) if self.ownership.is_named_by_us(&resource) => {
                self.ownership.settle(request.tenant, key, Standing::Ours);
                Ok(())
            }
            OwnRead::Ours(_) => Err(unproven(
                write,
                "no create of this run returned this id, and its names do not begin with the run's prefix",
            )),
            OwnRead::Nameless => {
                Err(unproven(write, "no create of this run returned this id, and GET shows no names"))
            }
            OwnRead::Missing(_) if self.ownership.is_alone() => Ok(()),
            OwnRead::Missing(status) => Err(unproven(
                write,
                &format!("no create of this run returned this id, and GET returns {status}"),
            )),
            OwnRead::Unclear(why) => Err(unproven(write, &why)),
        }
    }

    /// Nothing of ours should be under that id, and ids are reused: nothing at all may be there, at a target whose
    /// reads tell who is there.
    async fn check_missing(
        &self,
        request: &Request,
        write: &str,
        key: &Key,
        because: &str,
    ) -> Result<(), HeldBack> {
        match self.read_own(request, write, key).await? {
            // The server kept it.
            OwnRead::Ours(_) => {
                self.ownership.settle(request.tenant, key, Standing::Ours);
                return Ok(());
            }
            OwnRead::Nameless => {
                return Err(unproven(write, &format!("{because}, and GET shows a resource without names")));
            }
            OwnRead::Unclear(why) => return Err(unproven(write, &why)),
            OwnRead::Missing(_) => {}
        }
        match self.reads_can_be_trusted(request, key).await? {
            true => Ok(()),
            false => Err(unproven(
                write,
                &format!("{because}, and reads from this target do not show whether the id is in use"),
            )),
        }
    }

    /// A read of an id that was just drawn must be 404, and a read of an object of ours must show it.
    async fn reads_can_be_trusted(&self, request: &Request, key: &Key) -> Result<bool, HeldBack> {
        let tenant = request.tenant;
        if self.ownership.reads(tenant).random.is_none() {
            let drawn = uuid::Uuid::new_v4().to_string();
            let read = self.read(request, &resource_path(key.0, &drawn), None).await?;
            self.ownership.note_random_read(tenant, matches!(read, Read::Missing(_)));
        }
        // Reads may have ended with the DELETE, so one is tried now; another job may be deleting what is read.
        let living = self.ownership.living(tenant, key);
        let mut missed = 0;
        for living in living {
            let read = self.read(request, &resource_path(living.0, &living.1), Some(&living)).await?;
            if matches!(read, Read::Resource(ShownOwner::Ours, _)) {
                missed = 0;
                break;
            }
            let deleted = self.ownership.standing(tenant, &living) == Some(Standing::Deleted);
            missed += usize::from(!deleted);
            if missed == MOST_LIVING {
                break;
            }
        }
        let reads = self.ownership.reads(tenant);
        Ok(missed == 0 && reads.random == Some(true) && reads.show_ours && !reads.failed)
    }

    /// A filter on what the create sent finds exactly this id, at a target that does not answer every filter
    /// with somebody.
    async fn found_by_name(&self, request: &Request, key: &Key) -> Result<bool, HeldBack> {
        let Some((attribute, value)) = self.ownership.name_of(request.tenant, key) else { return Ok(false) };
        let found = self.filter(request, key, attribute, &value).await?;
        let alone = found.is_some_and(|ids| ids == [key.1.clone()]);
        Ok(alone && self.random_filter(request, key).await? == RandomFilter::Nobody)
    }

    /// What a filter on a GUID that was just drawn finds, asked once for each kind in each tenant.
    async fn random_filter(&self, request: &Request, key: &Key) -> Result<RandomFilter, HeldBack> {
        if let Some(known) = self.ownership.random_filter(request.tenant, key.0) {
            return Ok(known);
        }
        let attribute = self.ownership.name_of(request.tenant, key).map_or("userName", |(name, _)| name);
        let drawn = uuid::Uuid::new_v4().to_string();
        let random = match self.filter(request, key, attribute, &drawn).await? {
            Some(ids) if ids.is_empty() => RandomFilter::Nobody,
            Some(_) => RandomFilter::Somebody,
            None => RandomFilter::Refused,
        };
        self.ownership.note_random_filter(request.tenant, key.0, random);
        Ok(random)
    }

    /// Ids of what a filter finds; `None` where the answer is not a list.
    async fn filter(
        &self,
        request: &Request,
        key: &Key,
        attribute: &str,
        value: &str,
    ) -> Result<Option<Vec<String>>, HeldBack> {
        let step = format!("{GUARD_STEP}who is {value}?");
        let question = lookup(asker(request), key.0, &PatchPath::simple(attribute), value, &step);
        let answer = self.ask(request, question).await?;
        let found = answer.as_ref().ok().filter(|answer| answer.is_success());
        let found = found.and_then(|answer| resources_in(answer.body.json()?));
        Ok(found.map(|found| found.into_iter().map(|one| id_of(one).unwrap_or_default()).collect()))
    }

    /// Reads an object by its id. It is settled, and an error, if the target shows it as somebody else's.
    async fn read_own(&self, request: &Request, write: &str, key: &Key) -> Result<OwnRead, HeldBack> {
        Ok(match self.read(request, &resource_path(key.0, &key.1), Some(key)).await? {
            Read::Resource(ShownOwner::Ours, resource) => OwnRead::Ours(resource),
            Read::Resource(ShownOwner::Nothing, _) => OwnRead::Nameless,
            Read::Resource(ShownOwner::Another(who), _) => {
                self.ownership.settle(request.tenant, key, Standing::Foreign(who.clone()));
                return Err(foreign(write, &who));
            }
            Read::Missing(status) => OwnRead::Missing(status),
            Read::Unclear(why) => OwnRead::Unclear(why),
        })
    }

    /// Reads one resource. What it shows of its owner counts only if it has the id that was asked for.
    async fn read(&self, request: &Request, path: &str, key: Option<&Key>) -> Result<Read, HeldBack> {
        let question =
            Request::new(asker(request), Method::Get, path, format!("{GUARD_STEP}whose is {path}?"));
        let answer = match self.ask(request, question).await? {
            Ok(answer) => answer,
            Err(why) => return Ok(Read::Unclear(why)),
        };
        if matches!(answer.status, 404 | 410) {
            return Ok(Read::Missing(answer.status));
        }
        let resource = answer.body.json().filter(|body| answer.is_success() && body.is_object());
        let Some(resource) = resource else {
            return Ok(Read::Unclear(format!("GET returns {}", answer.status)));
        };
        let other = id_of(resource).filter(|id| key.is_some_and(|key| key.1 != *id));
        let shown = match (self.ownership.shown(request.tenant, key, resource), other) {
            (ShownOwner::Ours, Some(other)) => {
                return Ok(Read::Unclear(format!("GET returns another id, {other}")));
            }
            (shown, _) => shown,
        };
        Ok(Read::Resource(shown, resource.clone()))
    }

    /// Sends a question of the guard's own; a broken answer is told in words.
    async fn ask(&self, request: &Request, question: Request) -> Result<Result<Answer, String>, HeldBack> {
        // A server that answers nothing without it must not look like somebody else's.
        let question = question.to(request.tenant).with_header("Accept", "application/scim+json");
        let begun = self.ownership.now();
        match self.inner.send(question.clone()).await {
            Ok(answer) if matches!(answer.status, 429 | 503) => Err(HeldBack::Busy(answer)),
            Ok(answer) => {
                let sent_to = self.inner.sent_as(&question).url;
                self.ownership
                    .learn(&question, &answer, &sent_to, begun)
                    .map_err(|error| HeldBack::Back(super::unwritable(&error)))?;
                Ok(Ok(answer))
            }
            Err(Broken::Interrupted) => Err(HeldBack::Back(Broken::Interrupted)),
            Err(broken) => Ok(Err(format!("GET gets no answer: {broken}"))),
        }
    }
}

/// Who asks: what clean-up needs to know is waited for even after Ctrl-C, as clean-up is.
fn asker(request: &Request) -> Actor {
    match request.actor {
        Actor::Cleanup => Actor::Cleanup,
        Actor::Entra | Actor::Observer | Actor::Probe => Actor::Probe,
    }
}

fn foreign(write: &str, who: &str) -> HeldBack {
    HeldBack::Back(Broken::Withheld(format!(
        "{write} would have reached {who}, which this run did not create"
    )))
}

fn unproven(write: &str, why: &str) -> HeldBack {
    HeldBack::Back(Broken::Unproven(format!(
        "{write}: the server does not prove that the object belongs to this \
                                         run ({why})"
    )))
}
