//! The second pass: links between objects, once the objects exist
//! (how-provisioning-works, Initial cycle; known-issues for what is never repaired).

use futures_util::future::join_all;
use indexmap::IndexSet;

use super::answers::{self, Asked, Trouble};
use super::comparison::{held, reference};
use super::log::{CycleStop, ProvisioningAction};
use super::pass::{Pass, Turn};
use super::problem::ErrorCode;
use super::state::Link;
use crate::entra::dialect::{ReferenceCheck, Verb};
use crate::entra::directory::{AttributeKind, Group, Object, ObjectId, ObjectKind, SourceValue, User};
use crate::entra::mapping::{AttributeMapping, TargetValue, ValueSource};
use crate::scim::PatchPath;
use crate::wire::{Request, ResourceKind, Target};

/// What to do about one reference.
enum ReferenceChange {
    Set { verb: Verb, target_id: String, source: ObjectId },
    Clear { target_id: String },
}

impl<T: Target> Pass<'_, T> {
    /// Writes a user's single-valued references, the manager above all.
    pub async fn user_references(&mut self, user: &User) -> Result<(), CycleStop> {
        let settings = self.settings;
        let id = user.id();
        self.begin_step_log(Object::User(user));
        let mut failed = false;
        for row in settings.mapping.user.rows.iter().filter(|row| is_single_reference(row)) {
            match self.user_reference(user, row).await {
                Ok(None) => {}
                Ok(Some(turn)) => self.log_turn(id, ObjectKind::User, turn),
                Err(Trouble::Stop(stopped)) => return Err(stopped),
                Err(Trouble::Object(problem)) => {
                    self.report.tally.references_failed += 1;
                    self.state.escrow(id, self.minute).references = true;
                    self.log_failure(id, ObjectKind::User, ProvisioningAction::Update, problem);
                    failed = true;
                }
            }
        }
        if !failed && let Some(escrow) = self.state.escrows.get_mut(id) {
            escrow.references = false;
        }
        Ok(())
    }

    async fn user_reference(&mut self, user: &User, row: &AttributeMapping) -> Result<Option<Turn>, Trouble> {
        let id = user.id();
        let Some(link) = self.state.links.get(id).cloned() else { return Ok(None) };
        let wanted = match row.value(&self.subject(Object::User(user)))? {
            Some(TargetValue::Reference(wanted)) => Some(wanted),
            _ => None,
        };
        let there = self.read.get(id).and_then(|resource| held(resource, &row.target)).and_then(reference);
        let there = there.map(str::to_owned);
        let todo = match &wanted {
            Some(wanted) => match self.resolve(wanted) {
                None => return Ok(Some(unresolved(&[self.settings.label(wanted)], &row.written))),
                Some(target_id) if there.as_ref() == Some(&target_id) => {
                    self.remember_reference(id, &row.target, Some(wanted));
                    return Ok(None);
                }
                Some(target_id) => {
                    let verb = if there.is_some() { Verb::Replace } else { Verb::Add };
                    ReferenceChange::Set { verb, target_id, source: wanted.clone() }
                }
            },
            // A null is not provisioned, but a reference the job wrote itself is taken back.
            None => match (&there, link.references.get(&row.target.to_string())) {
                (Some(there), Some(_)) => ReferenceChange::Clear { target_id: there.clone() },
                _ => {
                    self.remember_reference(id, &row.target, None);
                    return Ok(None);
                }
            },
        };
        let name = &row.target.attribute;
        let turn = match todo {
            ReferenceChange::Set { verb, target_id, source } => {
                if self.is_there(ResourceKind::User, &link, name, &target_id, id).await? {
                    return Ok(None);
                }
                let step = self.step(&format!("set {name} of"), id);
                let request = self.writer.set_manager(&link.target_id, &row.target, &target_id, verb, step);
                self.ask(Asked::Modify, request).await?;
                self.remember_reference(id, &row.target, Some(&source));
                self.note_reference(&row.written, there, Some(target_id));
                Turn::done(
                    ProvisioningAction::Update,
                    format!("{name} was set to {}.", self.settings.label(&source)),
                )
            }
            ReferenceChange::Clear { target_id } => {
                let step = self.step(&format!("clear {name} of"), id);
                let request = self.writer.clear_manager(&link.target_id, &row.target, &target_id, step);
                self.ask(Asked::Modify, request).await?;
                self.remember_reference(id, &row.target, None);
                self.note_reference(&row.written, Some(target_id), None);
                Turn::done(ProvisioningAction::Update, format!("{name} was cleared."))
            }
        };
        Ok(Some(turn))
    }

    fn remember_reference(&mut self, id: &ObjectId, target: &PatchPath, source: Option<&ObjectId>) {
        let Some(link) = self.state.links.get_mut(id) else { return };
        match source {
            Some(source) => link.references.insert(target.to_string(), source.clone()),
            None => link.references.remove(&target.to_string()),
        };
    }

    /// The id at the target of an object that is in scope and linked. A link alone is not enough:
    /// "Known issues" writes a manager when only when user and manager are both in scope, so one who
    /// left is not written, though the account is still known.
    fn resolve(&self, id: &ObjectId) -> Option<String> {
        let link = self.state.links.get(id)?;
        self.is_entitled(id).then(|| link.target_id.clone())
    }

    /// Adds and removes members: those the change log names, or all of a group that is new to the job.
    pub async fn members(
        &mut self,
        group: &Group,
        named: &IndexSet<ObjectId>,
        at_most: Option<usize>,
    ) -> Result<(), CycleStop> {
        let id = group.id();
        if !self.provisions_members() {
            return Ok(());
        }
        let Some(link) = self.state.links.get(id).cloned() else { return Ok(()) };
        self.begin_step_log(Object::Group(group));
        let whole = self.whole.contains(id);
        let concerned = |member: &ObjectId| whole || named.contains(member);
        let wanted: IndexSet<ObjectId> = match group.get("members").as_deref() {
            Some(SourceValue::References(members)) => members.iter().cloned().collect(),
            _ => IndexSet::new(),
        };
        let mut to_add = Vec::new();
        let mut unknown = Vec::new();
        for member in wanted.iter().filter(|member| concerned(member) && !link.members.contains(*member)) {
            match self.resolve(member) {
                Some(target_id) => to_add.push((member.clone(), target_id)),
                None => unknown.push(member.clone()),
            }
        }
        let mut to_remove = Vec::new();
        for member in link.members.iter().filter(|member| !wanted.contains(*member)) {
            match self.state.links.get(member) {
                Some(link) => to_remove.push((member.clone(), link.target_id.clone())),
                // The account was deleted, and the membership with it.
                None => self.forget_member(id, member),
            }
        }
        if let Some(limit) = at_most {
            to_remove.truncate(limit);
            to_add.truncate(limit - to_remove.len());
        }
        if let Some(escrow) = self.state.escrows.get_mut(id) {
            escrow.members.clear();
        }
        let added = self.write_members(&link, id, &to_add, Verb::Add).await?;
        let removed = self.write_members(&link, id, &to_remove, Verb::Remove).await?;
        if added + removed > 0 {
            let detail = format!("Members were updated: {added} added, {removed} removed.");
            self.log_turn(id, ObjectKind::Group, Turn::done(ProvisioningAction::Update, detail));
        }
        // A member whose own turn failed may have an account next time; the others are out of scope,
        // and nothing notices when they come back.
        let failed = |member: &&ObjectId| self.state.escrows.get(*member).is_some_and(|escrow| escrow.whole);
        let waiting: Vec<ObjectId> = unknown.iter().filter(failed).cloned().collect();
        if !waiting.is_empty() {
            self.state.escrow(id, self.minute).members.extend(waiting);
        }
        if !unknown.is_empty() {
            let labels: Vec<&str> = unknown.iter().map(|member| self.settings.label(member)).collect();
            let turn = unresolved(&labels, &format!("members of {}", self.settings.label(id)));
            self.log_turn(id, ObjectKind::Group, turn);
        }
        Ok(())
    }

    fn provisions_members(&self) -> bool {
        self.settings.mapping.group.as_ref().is_some_and(|mapping| {
            mapping
                .rows
                .iter()
                .any(|row| matches!(&row.source, ValueSource::Attribute(a) if a.name == "members"))
        })
    }

    fn forget_member(&mut self, group: &ObjectId, member: &ObjectId) {
        if let Some(link) = self.state.links.get_mut(group) {
            link.members.shift_remove(member);
        }
    }

    /// Writes members in as many requests as the switch asks for; how many were written.
    async fn write_members(
        &mut self,
        link: &Link,
        group: &ObjectId,
        members: &[(ObjectId, String)],
        verb: Verb,
    ) -> Result<usize, CycleStop> {
        let mut written = 0;
        let chunks: Vec<_> = members.chunks(self.writer.switches.members_per_patch.max(1)).collect();
        for together in chunks.chunks(self.settings.at_once.max(1)) {
            let mut sent = Vec::with_capacity(together.len());
            for chunk in together {
                let ids = self.unwritten(link, chunk, verb).await;
                let request = match &ids {
                    Ok(ids) if !ids.is_empty() => Some(self.members_request(link, group, chunk, ids, verb)),
                    Ok(_) | Err(_) => None,
                };
                let target = self.target;
                sent.push(async move {
                    if let Some(request) = request {
                        answers::accepted(Asked::Modify, target.send(request).await)?;
                    }
                    ids
                });
            }
            // What was sent is remembered before a stop ends the cycle.
            let mut stop = None;
            for (chunk, ended) in together.iter().zip(join_all(sent).await) {
                match ended {
                    Ok(ids) => {
                        self.remember_members(group, chunk, ids, verb);
                        written += chunk.len();
                    }
                    Err(Trouble::Stop(stopped)) => stop = stop.or(Some(stopped)),
                    Err(Trouble::Object(problem)) => {
                        self.report.tally.references_failed += chunk.len() as u64;
                        let failed = chunk.iter().map(|(member, _)| member.clone());
                        self.state.escrow(group, self.minute).members.extend(failed);
                        self.log_failure(group, ObjectKind::Group, ProvisioningAction::Update, problem);
                    }
                }
            }
            if let Some(stopped) = stop {
                return Err(stopped);
            }
        }
        Ok(written)
    }

    /// Those of the members that a request has to name: all, unless the reference check finds them there.
    async fn unwritten(
        &mut self,
        link: &Link,
        chunk: &[(ObjectId, String)],
        verb: Verb,
    ) -> Result<Vec<String>, Trouble> {
        let mut ids = Vec::with_capacity(chunk.len());
        for (member, target_id) in chunk {
            let there = verb == Verb::Add
                && self.is_there(ResourceKind::Group, link, "members", target_id, member).await?;
            if !there {
                ids.push(target_id.clone());
            }
        }
        Ok(ids)
    }

    /// Keeps what was written: `ids` are those that a request named.
    fn remember_members(
        &mut self,
        group: &ObjectId,
        chunk: &[(ObjectId, String)],
        ids: Vec<String>,
        verb: Verb,
    ) {
        for target_id in ids {
            match verb {
                Verb::Remove => self.note_reference("members", Some(target_id), None),
                Verb::Add | Verb::Replace => self.note_reference("members", None, Some(target_id)),
            }
        }
        if let Some(link) = self.state.links.get_mut(group) {
            for (member, _) in chunk {
                match verb {
                    Verb::Remove => drop(link.members.shift_remove(member)),
                    Verb::Add | Verb::Replace => drop(link.members.insert(member.clone())),
                }
            }
        }
    }

    fn members_request(
        &self,
        link: &Link,
        group: &ObjectId,
        chunk: &[(ObjectId, String)],
        ids: &[String],
        verb: Verb,
    ) -> Request {
        let who = match chunk {
            [(member, _)] => self.settings.label(member).to_owned(),
            several => format!("{} members", several.len()),
        };
        match verb {
            Verb::Remove => self.writer.remove_members(
                &link.target_id,
                ids,
                self.step(&format!("remove {who} from"), group),
            ),
            Verb::Add | Verb::Replace => {
                self.writer.add_members(&link.target_id, ids, self.step(&format!("add {who} to"), group))
            }
        }
    }

    /// The reference check, where the switch asks for it.
    async fn is_there(
        &mut self,
        kind: ResourceKind,
        link: &Link,
        attribute: &str,
        target_id: &str,
        about: &ObjectId,
    ) -> Result<bool, Trouble> {
        if self.writer.switches.reference_check == ReferenceCheck::Off {
            return Ok(false);
        }
        let step = self.step(&format!("check {attribute} of"), about);
        let request = self.writer.reference_check(kind, &link.target_id, attribute, target_id, step);
        let answer = self.ask(Asked::Query, request).await?;
        Ok(!answers::list(kind, &answer)?.1.is_empty())
    }
}

fn is_single_reference(row: &AttributeMapping) -> bool {
    matches!(&row.source, ValueSource::Attribute(attribute) if attribute.kind == AttributeKind::Reference)
}

fn unresolved(labels: &[&str], what: &str) -> Turn {
    Turn::skipped(
        ErrorCode::UnableToResolveReferenceAttributeValue,
        format!("We were unable to assign {} as the {what}.", labels.join(", ")),
    )
}
