use std::path::PathBuf;

use jiff::Timestamp;

use crate::cli::failure::CommandFailure;
use crate::diagnostic::{Diagnostic, closest};
use crate::entra::directory::{Group, ObjectId, Tenant, User};
use crate::entra::directory_file::{self, Contents, Missing};
use crate::entra::job::{Identity, Job, JobSettings};
use crate::sync::{SavedState, SeenByCycle, StateMismatch, fingerprint};

/// A job with its tenant, as it goes on from what was kept.
pub(super) struct Session {
    pub job: Job,
    pub tenant: Tenant,
    pub identity: Identity,
    /// What became of those who are missing from the file.
    pub missing: Missing,
    /// The mapping is another one than the last cycle's, so that the next is an initial one.
    pub remapped: bool,
    /// What the last cycle that came to its end saw.
    seen: Option<SeenByCycle>,
    /// The date of minute 0.
    began: Timestamp,
    base: Option<String>,
    state: Option<PathBuf>,
}

impl Session {
    /// Reads what was kept, and brings the tenant to what the file says. Deletions of many need to be
    /// approved.
    pub fn open(
        mut settings: JobSettings,
        base: Option<String>,
        state: Option<PathBuf>,
        contents: &mut Contents,
        approved: bool,
    ) -> Result<Self, CommandFailure> {
        let kept = match &state {
            Some(path) => SavedState::read(path)?,
            None => None,
        };
        let target = base.clone().unwrap_or_default();
        if let (Some(kept), Some(path)) = (&kept, &state) {
            kept.belongs_to(&target, &settings.mapping)
                .map_err(|refused| refusal(path, &refused, &settings))?;
        }
        let now = Timestamp::now();
        settings.began = kept.as_ref().map_or(now, |kept| kept.began);
        let began = settings.began;
        let identity =
            kept.as_ref().map_or_else(|| Identity::random(&settings.mapping.name), SavedState::identity);
        let changed = kept.as_ref().is_some_and(|kept| kept.fingerprint != fingerprint(&settings.mapping));
        let asked = settings.scope;
        settings.scope = kept.as_ref().and_then(SavedState::scope).unwrap_or(asked);
        let mut job = Job::new(settings);
        let (mut tenant, mut seen) = (Tenant::new(), None);
        if let Some(kept) = kept {
            let (read, was_seen) = kept.tenant().map_err(|error| {
                let file = state.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
                Diagnostic::about_file(format!("the state file contradicts itself: {error}"), file)
                    .help("move it away, and the next cycle is an initial one")
            })?;
            tenant = read;
            // Another mapping clears the watermark (how-provisioning-works).
            let goes_on = was_seen && !changed;
            job.recall(kept.job, goes_on.then_some(&tenant));
            let (fingerprint, scope) = (kept.fingerprint, job.settings().scope);
            seen = was_seen.then(|| SeenByCycle { directory: tenant.state(), fingerprint, scope });
        }
        job.configure(job.settings().mapping.clone(), asked);
        let passed = now.duration_since(began).as_mins();
        let passed = u64::try_from(passed).unwrap_or(0);
        tenant.advance_minutes(passed.saturating_sub(tenant.minute()));
        // Before the file is read into it, so that those who are gone from it have their names too.
        for user in tenant.state().users() {
            job.name(user.id().clone(), user.text("userPrincipalName").unwrap_or_default());
        }
        for group in tenant.state().groups() {
            job.name(group.id().clone(), group.text("displayName").unwrap_or_default());
        }
        let missing = directory_file::apply(contents, &mut tenant, approved);
        for row in contents.users.iter().chain(&contents.groups) {
            job.name(row.id.clone(), row.name.clone());
        }
        Ok(Session { job, tenant, identity, missing, remapped: changed, seen, began, base, state })
    }

    /// Those whose deletion waits for an approval, because too many are missing from the file.
    pub fn held_back(&self) -> &[ObjectId] {
        match &self.missing {
            Missing::TooMany { missing, .. } => missing,
            Missing::Purged | Missing::Unread(_) => &[],
        }
    }

    /// The target's base URL, or what stands for the embedded server.
    pub fn target(&self) -> &str {
        self.base.as_deref().unwrap_or("the embedded server")
    }

    /// True while the service would wait for that minute before it tries again.
    pub fn waits(&self, next: u64) -> bool {
        self.job.quarantine().is_some() && next > self.tenant.minute()
    }

    /// Moves the simulated clock on, never back.
    pub fn advance_to(&mut self, minute: u64) {
        self.tenant.advance_minutes(minute.saturating_sub(self.tenant.minute()));
    }

    /// A cycle came to its end: what it saw is what the next one compares with.
    pub fn settle(&mut self) {
        let settings = self.job.settings();
        self.seen = Some(SeenByCycle {
            directory: self.tenant.state(),
            fingerprint: fingerprint(&settings.mapping),
            scope: settings.scope,
        });
    }

    /// Writes the state file, if one is named.
    pub fn keep(&self) -> Result<(), CommandFailure> {
        let Some(path) = &self.state else { return Ok(()) };
        let kept = SavedState::new(
            self.base.as_deref().unwrap_or_default(),
            &self.job.settings().mapping,
            &self.identity,
            (self.began, self.tenant.minute()),
            self.seen.as_ref(),
            self.job.memory(),
        );
        kept.write(path).map_err(|error| {
            CommandFailure::usage(
                format!("the state cannot be written to {}: {error}", path.display()),
                "name a file in a folder that can be written to with --state; without it the next cycle finds every \
                 account again by its matching attribute",
            )
        })
    }

    /// The user of an id or userPrincipalName, or the group of an id or displayName.
    pub fn find(&self, asked: &str) -> Result<ObjectId, CommandFailure> {
        let state = self.tenant.state();
        let users = state.users().map(|user: &User| (user.id(), user.text("userPrincipalName")));
        let groups = state.groups().map(|group: &Group| (group.id(), group.text("displayName")));
        let objects: Vec<(&ObjectId, &str)> =
            users.chain(groups).map(|(id, name)| (id, name.unwrap_or_default())).collect();
        if let Some((id, _)) = objects.iter().find(|(id, _)| id.as_str() == asked) {
            return Ok((*id).clone());
        }
        let named: Vec<&ObjectId> =
            objects.iter().filter(|(_, name)| name.eq_ignore_ascii_case(asked)).map(|(id, _)| *id).collect();
        match named[..] {
            [id] => Ok(id.clone()),
            [] => {
                let next = match closest(asked, objects.iter().map(|(_, name)| *name)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        "write the userPrincipalName or id of a user, or the displayName or id of a group"
                            .to_owned()
                    }
                };
                Err(CommandFailure::usage(
                    format!("`{asked}` is neither a user nor a group of the directory file"),
                    next,
                ))
            }
            _ => Err(CommandFailure::usage(
                format!("`{asked}` is the name of {} users and groups", named.len()),
                format!("write one of their ids: {}", listed(&named)),
            )),
        }
    }

    /// Drops the link of one object, which may have left the directory file already.
    pub fn forget(&mut self, asked: &str) -> Result<(), CommandFailure> {
        let settings = self.job.settings();
        let is_named = |id: &&ObjectId| settings.label(id).eq_ignore_ascii_case(asked);
        let linked: Vec<&ObjectId> = self.job.links().map(|(id, _)| id).collect();
        let exact = linked.iter().find(|id| id.as_str() == asked).map(|id| vec![*id]);
        let named = exact.unwrap_or_else(|| linked.iter().copied().filter(is_named).collect());
        match named[..] {
            [id] => {
                let id = id.clone();
                self.job.forget(&id);
                Ok(())
            }
            [] => {
                let labels = linked.iter().map(|id| settings.label(id));
                let next = match closest(asked, labels) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!(
                        "the job has {} links; name a user or group that it has provisioned",
                        linked.len()
                    ),
                };
                Err(CommandFailure::usage(format!("the job has no link of `{asked}`"), next))
            }
            _ => Err(CommandFailure::usage(
                format!("`{asked}` is the name of {} linked users and groups", named.len()),
                format!("write one of their ids: {}", listed(&named)),
            )),
        }
    }
}

fn listed(ids: &[&ObjectId]) -> String {
    ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")
}

fn refusal(path: &std::path::Path, refused: &StateMismatch, settings: &JobSettings) -> CommandFailure {
    let file = path.display();
    match refused {
        StateMismatch::Target { kept } => CommandFailure::usage(
            format!("{file} belongs to the target {kept}"),
            "name another file with --state: a job remembers one target",
        ),
        StateMismatch::Mapping { kept } => CommandFailure::usage(
            format!("{file} belongs to the mapping `{kept}`, and this is `{}`", settings.mapping.name),
            "name another file with --state: a job has one mapping",
        ),
    }
}
