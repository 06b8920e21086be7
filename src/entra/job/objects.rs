//! What users and groups have in common: read, compare, update, or match and create.

use serde_json::Value;

use super::answers::{self, Asked, Resource, Trouble};
use super::comparison::{held, missing, same};
use super::log::{CycleStop, ProvisioningAction};
use super::matching::Match;
use super::pass::{Pass, Turn};
use super::problem::{ErrorCode, JobProblem};
use super::roles;
use super::state::Link;
use crate::entra::dialect::{
    Assignment, AttributeChange, CreateConflict, CustomAttributes, LeakedMembers, SwitchDefect, Verb,
};
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::entra::mapping::{
    AttributeMapping, FlowBehavior, IS_SOFT_DELETED, MappingSubject, Phase, TargetValue, ValueSource,
};
use crate::scim::{PatchPath, same_name};
use crate::wire::{Actor, Method, Request, ResourceKind, Target};

impl<T: Target> Pass<'_, T> {
    /// Reads the linked resource; `None` when it is gone.
    pub async fn read_linked(&mut self, id: &ObjectId, link: &Link) -> Result<Option<Resource>, Trouble> {
        let kind = ResourceKind::from(link.kind);
        let request = self.writer.read(kind, &link.target_id, self.step("read", id));
        match self.ask(Asked::Read, request).await {
            Ok(answer) => Ok(Some(answers::resource(kind, &answer)?)),
            Err(Trouble::Object(problem)) if problem.code == ErrorCode::InvalidAnchor => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Brings an object that has a link up to date.
    pub async fn update_linked(
        &mut self,
        subject: &MappingSubject<'_>,
        link: &Link,
    ) -> Result<Turn, Trouble> {
        let id = subject.object.id();
        match self.read_linked(id, link).await? {
            Some(resource) => {
                self.note_retrieved(subject.object.kind(), &resource.id, &resource.value);
                self.note_scoping(id, subject.object.kind());
                self.update(subject, resource).await
            }
            None if self.may_match_again => {
                self.state.links.remove(id);
                self.join(subject).await
            }
            None => Err(JobProblem::new(
                ErrorCode::InvalidAnchor,
                format!(
                    "The object that was created or matched before, `{}`, is not at the target any more. Restart \
                     provisioning to match it again.",
                    link.target_id
                ),
            )
            .into()),
        }
    }

    /// Links an object that has no account yet: to the one that matches, or to a new one.
    pub async fn join(&mut self, subject: &MappingSubject<'_>) -> Result<Turn, Trouble> {
        let (id, kind) = (subject.object.id(), subject.object.kind());
        if subject.is_soft_deleted {
            self.note_scoping(id, kind);
            return Ok(not_entitled());
        }
        match self.find(subject).await? {
            Match::One(resource) => {
                self.note_retrieved(kind, &resource.id, &resource.value);
                self.note_scoping(id, kind);
                self.state.links.insert(id.clone(), Link::new(kind, resource.id.clone()));
                self.whole.insert(id.clone());
                self.update(subject, resource).await
            }
            Match::Nobody if !self.actions(kind).create => Ok(Turn::skipped(
                ErrorCode::EntrySynchronizationSkipped,
                "No account matches, and the target object actions do not allow to create one.",
            )),
            Match::Nobody => {
                self.note_scoping(id, kind);
                self.create(subject).await
            }
            Match::NothingToAsk => Ok(Turn::skipped(
                ErrorCode::ImportSkipped,
                "The object has no value for a matching attribute, so it cannot be imported.",
            )),
        }
    }

    async fn create(&mut self, subject: &MappingSubject<'_>) -> Result<Turn, Trouble> {
        let (id, object_kind) = (subject.object.id(), subject.object.kind());
        let kind = ResourceKind::from(object_kind);
        let settings = self.settings;
        let Some(mapping) = settings.mapping.object(object_kind) else { return Ok(not_entitled()) };
        let values: Vec<(&AttributeMapping, Option<Value>)> = mapping
            .evaluate(subject, Phase::Create)?
            .into_iter()
            .filter(|(row, _)| !self.not_supported(row))
            .map(|(row, value)| (row, value.and_then(TargetValue::on_the_wire)))
            .collect();
        self.note_creation(id, object_kind, &values);
        let waits = self.writer.switches.custom_attributes == CustomAttributes::AfterCreate;
        let (later, values): (Vec<_>, Vec<_>) =
            values.into_iter().partition(|(row, _)| waits && row.is_custom() && row.matching.is_none());
        let values: Vec<Assignment> = values
            .into_iter()
            .flat_map(|(row, value)| match roles::of(row, subject) {
                Some((form, roles)) => self.writer.created_roles(form, &row.target, value, &roles),
                None => vec![(row.target.clone(), value)],
            })
            .collect();
        let request = self.writer.create(kind, &values, self.step("create", id));
        self.doing = ProvisioningAction::Create;
        let collection = Request::new(Actor::Entra, Method::Post, &request.path, "");
        let answer =
            self.ask(Asked::Create, request).await.map_err(|trouble| self.refused_create(trouble))?;
        let resource = match answer.body.is_empty() {
            true => {
                let sent_to = self.target.sent_as(&collection).url;
                answers::located(kind, &answer, &sent_to, &collection.path)?
            }
            false => answers::resource(kind, &answer)?,
        };
        self.state.links.insert(id.clone(), Link::new(object_kind, resource.id.clone()));
        self.whole.insert(id.clone());
        self.read.insert(id.clone(), resource.value);
        let addition = |(row, value): (&AttributeMapping, Option<Value>)| {
            Some(AttributeChange::new(Verb::Add, row.target.clone(), value?))
        };
        let later: Vec<AttributeChange> = later.into_iter().filter_map(addition).collect();
        if !later.is_empty() {
            let request = self.writer.modify(kind, &resource.id, &later, self.step("update", id));
            self.ask(Asked::Modify, request).await?;
        }
        Ok(Turn::done(ProvisioningAction::Create, format!("{} was created.", kind.as_str())))
    }

    /// A conflict although the filter had found nobody.
    fn refused_create(&self, trouble: Trouble) -> Trouble {
        let switch = self.writer.switches.create_conflict;
        match trouble {
            Trouble::Object(JobProblem { code: ErrorCode::Conflict, detail, status })
                if switch == CreateConflict::IncompatibleFiltering =>
            {
                JobProblem { code: ErrorCode::ServiceIncompatibleFiltering, detail, status }.into()
            }
            other => other,
        }
    }

    /// Compares what was read with the source and writes the differences, in one PATCH.
    async fn update(&mut self, subject: &MappingSubject<'_>, resource: Resource) -> Result<Turn, Trouble> {
        let (id, object_kind) = (subject.object.id(), subject.object.kind());
        let kind = ResourceKind::from(object_kind);
        self.check_members_left_out(kind, &resource.value)?;
        let mut changes = self.differences(subject, &resource.value)?;
        let disables = subject.is_soft_deleted;
        let allowed = self.actions(object_kind).update;
        let differs = !changes.is_empty();
        if !allowed {
            changes.clear();
        }
        if disables && !changes.iter().any(|change| self.tells_leavers(object_kind, &change.path)) {
            // The account is inactive already; what else differs is no longer this job's business.
            changes.clear();
        }
        let action = if disables { ProvisioningAction::Disable } else { ProvisioningAction::Update };
        if !changes.is_empty() {
            self.doing = action;
            self.note_changes(object_kind, id, &resource.value, &changes);
            let word = if disables { "disable" } else { "update" };
            let request = self.writer.modify(kind, &resource.id, &changes, self.step(word, id));
            self.ask(Asked::Modify, request).await?;
        }
        self.read.insert(id.clone(), resource.value);
        if disables {
            self.leave(id);
        }
        if let Some(link) = self.state.links.get_mut(id) {
            link.active = !disables;
            if !disables {
                (link.entitled, link.released) = (true, false);
            }
        }
        if !allowed && differs {
            return Ok(Turn::skipped(
                ErrorCode::EntrySynchronizationSkipped,
                "The account differs, and the target object actions do not allow to update it.",
            ));
        }
        if changes.is_empty() {
            return Ok(Turn::skipped(
                ErrorCode::RedundantExport,
                "The state of the entry in both the source and target systems already match.",
            ));
        }
        let paths: Vec<String> = changes.iter().map(|change| change.path.to_string()).collect();
        Ok(Turn::done(action, format!("{} was updated: {}.", kind.as_str(), paths.join(", "))))
    }

    /// Add where the target holds nothing, Replace where it holds another value; nulls are skipped
    /// (customize-application-attributes, What you should know).
    fn differences(
        &self,
        subject: &MappingSubject<'_>,
        resource: &Value,
    ) -> Result<Vec<AttributeChange>, Trouble> {
        let Some(mapping) = self.mapping(subject.object.kind()) else { return Ok(Vec::new()) };
        let mut changes = Vec::new();
        // What flows always is written along with what changed.
        let mut unchanged = Vec::new();
        for (row, value) in mapping.evaluate(subject, Phase::Update)? {
            if self.not_supported(row) {
                continue;
            }
            if row.role_function().is_some() {
                changes.extend(self.role_difference(subject, row, resource, &changes));
                continue;
            }
            let there = held(resource, &row.target);
            if there.is_some() && self.is_nulled(subject.object.id(), row) {
                changes.push(AttributeChange::new(Verb::Replace, row.target.clone(), Value::Null));
                continue;
            }
            let Some(value) = value.and_then(TargetValue::on_the_wire) else { continue };
            if !row.updates(there.is_some()) {
                continue;
            }
            let verb = match there {
                None => Verb::Add,
                Some(there) if same(row, &value, there) => {
                    if row.behavior == FlowBehavior::FlowAlways {
                        unchanged.push(AttributeChange::new(Verb::Replace, row.target.clone(), value));
                    }
                    continue;
                }
                Some(there) if row.only_adds() => {
                    let added = missing(row, &value, there);
                    if !added.is_empty() {
                        changes.push(AttributeChange::new(
                            Verb::Add,
                            row.target.clone(),
                            Value::Array(added),
                        ));
                    }
                    continue;
                }
                Some(_) => Verb::Replace,
            };
            changes.push(AttributeChange::new(verb, row.target.clone(), value));
        }
        if !changes.is_empty() {
            changes.append(&mut unchanged);
        }
        Ok(changes)
    }

    /// Roles that the target does not have. Several rows may write into one role; they are one difference.
    fn role_difference(
        &self,
        subject: &MappingSubject<'_>,
        row: &AttributeMapping,
        resource: &Value,
        before: &[AttributeChange],
    ) -> Option<AttributeChange> {
        let (form, roles) = roles::of(row, subject)?;
        let there = roles::there(resource);
        let written = before.iter().any(|change| change.roles.is_some());
        if written || !row.updates(!there.is_empty()) || roles::are_there(form, &there, &roles) {
            return None;
        }
        Some(self.writer.changed_roles(form, &roles, !there.is_empty()))
    }

    /// On demand, roles are not provisioned (provision-on-demand, Known limitations).
    fn not_supported(&self, row: &AttributeMapping) -> bool {
        self.on_demand && same_name(&row.target.attribute, "roles")
    }

    /// The documented defect of Switch: in an update in which its own source did not change, but
    /// another attribute did, it evaluates to null. IsSoftDeleted is computed for every object, and is
    /// taken to be spared, as updates would otherwise lose `active` each time.
    fn is_nulled(&self, id: &ObjectId, row: &AttributeMapping) -> bool {
        let ValueSource::Expression(expression) = &row.source else { return false };
        self.writer.switches.switch_defect == SwitchDefect::On
            && !row.reads(IS_SOFT_DELETED.name)
            && expression.to_string().starts_with("Switch(")
            && self.changed.get(id).is_some_and(|changed| !changed.iter().any(|name| row.reads(name)))
    }

    /// True for the target that says whether a user left: `active` in the default mapping.
    pub fn tells_leavers(&self, kind: ObjectKind, target: &PatchPath) -> bool {
        self.mapping(kind).is_some_and(|mapping| {
            mapping.rows.iter().any(|row| &row.target == target && row.reads(IS_SOFT_DELETED.name))
        })
    }

    fn check_members_left_out(&self, kind: ResourceKind, resource: &Value) -> Result<(), JobProblem> {
        let leaked = kind == ResourceKind::Group
            && self.writer.switches.leaked_members == LeakedMembers::Refused
            && crate::scim::member(resource, "members")
                .and_then(Value::as_array)
                .is_some_and(|m| !m.is_empty());
        if !leaked {
            return Ok(());
        }
        Err(JobProblem::new(
            ErrorCode::MultipleEntriesInResponse,
            "The group was read with excludedAttributes=members and came with its members.",
        ))
    }

    /// Deletes the account of an object that is gone, or of a group out of scope.
    pub async fn delete(&mut self, id: &ObjectId, link: &Link) -> Result<Turn, Trouble> {
        let kind = ResourceKind::from(link.kind);
        let request = self.writer.delete(kind, &link.target_id, self.step("delete", id));
        self.doing = ProvisioningAction::Delete;
        self.step_log.target_id = Some(link.target_id.clone());
        let detail = match self.ask(Asked::Delete, request).await {
            Ok(_) => format!("{} was deleted.", kind.as_str()),
            Err(Trouble::Object(problem)) if problem.code == ErrorCode::InvalidAnchor => {
                format!("{} was deleted before.", kind.as_str())
            }
            Err(trouble) => return Err(trouble),
        };
        self.state.links.remove(id);
        Ok(Turn::done(ProvisioningAction::Delete, detail))
    }

    /// Ends an object's turn: a failure is remembered, a success forgets earlier ones.
    pub fn settle(
        &mut self,
        id: &ObjectId,
        kind: ObjectKind,
        ended: Result<Turn, Trouble>,
    ) -> Result<(), CycleStop> {
        let attempted = std::mem::replace(&mut self.doing, ProvisioningAction::Other);
        match ended {
            Ok(turn) => {
                if let Some(escrow) = self.state.escrows.get_mut(id) {
                    escrow.whole = false;
                }
                self.report.tally.succeeded += 1;
                self.log_turn(id, kind, turn);
                Ok(())
            }
            Err(Trouble::Stop(stopped)) => Err(stopped),
            Err(Trouble::Object(problem)) => {
                self.report.tally.failed += 1;
                self.state.escrow(id, self.minute).whole = true;
                self.log_failure(id, kind, attempted, problem);
                Ok(())
            }
        }
    }
}

pub(super) fn not_entitled() -> Turn {
    Turn::skipped(
        ErrorCode::NotEffectivelyEntitled,
        "The object is not in scope: it is not active, not assigned, or filtered out.",
    )
}
