//! The steps of the object whose turn it is, kept for the watcher. Names, order and wording follow
//! records of real `scim` jobs; where none was seen, a comment says so.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::comparison::held;
use super::log::{LogEntry, ProvisioningAction, Status};
use super::pass::Pass;
use super::problem::{ErrorCode, JobProblem};
use super::record::{
    LogRecord, LogStep, ModifiedProperty, ObjectFailure, SOURCE_NAME, StepType, TARGET_NAME,
};
use super::step_log::{StepLog, type_name};
use crate::entra::dialect::AttributeChange;
use crate::entra::directory::{Object, ObjectId, ObjectKind, SourceValue};
use crate::entra::mapping::{AttributeMapping, MappingSubject, ObjectMapping, ValueSource};
use crate::wire::Target;

/// What `Redact` puts in place of a value, in logs alone (functions-for-customizing-application-data).
const REDACTED: &str = "[Redact]";

impl<T: Target> Pass<'_, T> {
    fn is_watched(&self) -> bool {
        self.settings.watcher.is_some()
    }

    fn note(
        &mut self,
        name: &'static str,
        kind: StepType,
        status: Status,
        description: String,
        details: Vec<(String, String)>,
    ) {
        self.step_log.steps.push(LogStep { name, kind, status, description, details });
    }

    /// The object comes out of the directory: by the change log, by a retry, or on demand.
    pub fn note_import(&mut self, subject: &MappingSubject<'_>) {
        if !self.is_watched() {
            return;
        }
        let (id, kind) = (subject.object.id().clone(), subject.object.kind());
        self.begin_step_log(subject.object);
        let details = self.mapping(kind).map(|mapping| read_values(mapping, subject)).unwrap_or_default();
        let (word, source) = (type_name(kind), SOURCE_NAME);
        let retried = self.state.escrows.get(&id).filter(|escrow| escrow.whole).cloned();
        if let Some(escrow) = retried.filter(|escrow| escrow.retries > 0) {
            let details = vec![
                ("CountProcessed".to_owned(), escrow.retries.to_string()),
                ("CreationTime".to_owned(), self.date(escrow.first_failure).to_string()),
                ("Identifier".to_owned(), self.reportable(&id)),
                ("Origin".to_owned(), "Source".to_owned()),
            ];
            let text = format!("An operation on {word} '{id}' that failed before is tried again");
            self.note("EntryEscrowRetry", StepType::Import, Status::Success, text, details);
        } else if self.on_demand {
            let text = format!("Retrieved {word} '{id}' from {source}");
            self.note("EntryImport", StepType::Import, Status::Success, text, details);
        } else {
            let (name, change) = match self.state.links.contains(&id) {
                true => ("EntryImportUpdate", "Update"),
                false => ("EntryImportAdd", "Add"),
            };
            let text = format!("Received {word} '{id}' change of type ({change}) from {source}");
            self.note(name, StepType::Import, Status::Success, text, details);
        }
    }

    /// The object is gone from the directory.
    pub fn note_removal(&mut self, id: &ObjectId, kind: ObjectKind) {
        if self.is_watched() {
            self.step_log.began = Some(self.settings.clock.elapsed());
            let source = SOURCE_NAME;
            let text = format!("Received {} '{id}' change of type (Delete) from {source}", type_name(kind));
            // Inferred from the two other names.
            self.note("EntryImportDelete", StepType::Import, Status::Success, text, Vec::new());
        }
    }

    /// An object's turn begins.
    pub fn begin_step_log(&mut self, object: Object<'_>) {
        if self.is_watched() {
            self.step_log = StepLog { began: Some(self.settings.clock.elapsed()), ..StepLog::default() };
            self.step_log.name(object);
        }
    }

    /// A resource came from the target.
    pub fn note_retrieved(&mut self, kind: ObjectKind, target_id: &str, resource: &Value) {
        if !self.is_watched() {
            return;
        }
        let mut details = vec![("id".to_owned(), target_id.to_owned())];
        if let Some(mapping) = self.mapping(kind) {
            for row in mapping.rows.iter().filter(|row| !row.is_list()) {
                if let Some(value) = held(resource, &row.target) {
                    details.push((key(&row.written), shown(row, value)));
                }
            }
        }
        // Two spaces, as real records have it: the type is empty.
        let text = format!("Retrieved  '{target_id}' from {}", TARGET_NAME);
        self.note("EntryImport", StepType::Matching, Status::Success, text, details);
    }

    /// Whether the object is in scope, and why.
    pub fn note_scoping(&mut self, id: &ObjectId, kind: ObjectKind) {
        if !self.is_watched() {
            return;
        }
        let entitlement = self.entitlement(id);
        let word = type_name(kind);
        let flag = |value: bool| if value { "True" } else { "False" }.to_owned();
        let active = entitlement.active && !entitlement.soft_deleted;
        let details = vec![
            ("Active in the source system".to_owned(), flag(active)),
            ("Assigned to the application".to_owned(), flag(entitlement.assigned)),
            (format!("{word} has the required role"), flag(entitlement.assigned)),
            ("Scoping filter evaluation passed".to_owned(), flag(entitlement.is_entitled() || !active)),
            ("ScopeEvaluationResult".to_owned(), "{}".to_owned()),
        ];
        let text = format!("Determine if {word} in scope by evaluating against each scoping filter");
        let status = if entitlement.is_entitled() { Status::Success } else { Status::Skipped };
        self.note("EntrySynchronizationScoping", StepType::Scoping, status, text, details);
    }

    /// Nobody at the target matches, so the object is created.
    pub fn note_creation(
        &mut self,
        id: &ObjectId,
        kind: ObjectKind,
        values: &[(&AttributeMapping, Option<Value>)],
    ) {
        if !self.is_watched() {
            return;
        }
        let (word, app) = (type_name(kind), TARGET_NAME);
        let text = format!(
            "{word} '{}' will be created in {app} ({word} is active and assigned in {}, but no matching {word} was \
             found in {app})",
            self.reportable(id),
            SOURCE_NAME
        );
        self.note("EntrySynchronizationAdd", StepType::Matching, Status::Success, text, Vec::new());
        for (row, value) in values {
            if let Some(value) = value {
                self.note_value(row, None, Some(value));
            }
        }
    }

    /// What is about to be written to a resource.
    pub fn note_changes(
        &mut self,
        kind: ObjectKind,
        id: &ObjectId,
        resource: &Value,
        changes: &[AttributeChange],
    ) {
        if !self.is_watched() {
            return;
        }
        let word = type_name(kind);
        let text = format!("{word} '{}' will be updated in {}", self.reportable(id), TARGET_NAME);
        // Named by operators' guides; no record of it was seen.
        self.note("EntrySynchronizationUpdate", StepType::Processing, Status::Success, text, Vec::new());
        let settings = self.settings;
        for change in changes {
            let rows =
                settings.mapping.object(kind).map(|mapping| mapping.rows.as_slice()).unwrap_or_default();
            if let Some(row) = rows.iter().find(|row| row.target == change.path) {
                let new = Some(&change.value).filter(|value| !value.is_null());
                self.note_value(row, held(resource, &row.target), new);
            }
        }
    }

    /// One property that is written.
    pub fn note_value(&mut self, row: &AttributeMapping, old: Option<&Value>, new: Option<&Value>) {
        if !self.is_watched() {
            return;
        }
        let (old, new) = (old.map(|value| shown(row, value)), new.map(|value| shown(row, value)));
        self.step_log.exported.push((key(&row.written), new.clone().unwrap_or_default()));
        self.step_log.modified.push(ModifiedProperty { name: row.written.clone(), old, new });
    }

    /// A link to another object that is written in the second pass.
    pub fn note_reference(&mut self, name: &str, old: Option<String>, new: Option<String>) {
        if self.is_watched() {
            self.step_log.modified.push(ModifiedProperty { name: name.to_owned(), old, new });
        }
    }

    /// The last step and the watcher's word of it.
    pub fn watch(&mut self, entry: &LogEntry, problem: Option<JobProblem>) {
        let Some(watcher) = self.settings.watcher.clone() else { return };
        if self.step_log.steps.is_empty() {
            // A link to another object, written after the object's own turn.
            let text = format!(
                "Received {} '{}' change of type (Update) from {}",
                type_name(entry.kind),
                entry.id,
                SOURCE_NAME
            );
            self.note("EntryImportUpdate", StepType::Import, Status::Success, text, Vec::new());
        }
        if let Some(object) = std::sync::Arc::clone(&self.directory).object(&entry.id) {
            self.step_log.name(object);
        }
        self.note_end(entry);
        let step_log = std::mem::take(&mut self.step_log);
        let escrow = self.state.escrows.get(&entry.id);
        let now = self.settings.clock.elapsed();
        let elapsed = step_log.began.map_or(Duration::ZERO, |began| now.saturating_sub(began));
        let record = LogRecord {
            cycle: self.report.name.clone(),
            at: self.date(self.minute),
            elapsed,
            display_name: step_log.display_name,
            user_principal_name: step_log.user_principal_name,
            steps: step_log.steps,
            modified: if entry.status == Status::Skipped { Vec::new() } else { step_log.modified },
            failure: problem.map(|problem| ObjectFailure {
                problem,
                retries: escrow.map_or(0, |escrow| escrow.retries),
                next: escrow.and_then(|escrow| self.attempt_after(escrow)).map(|minute| self.date(minute)),
            }),
        };
        watcher.logged(entry, &record);
    }

    /// How the turn ended, as its last step.
    fn note_end(&mut self, entry: &LogEntry) {
        let (word, app) = (type_name(entry.kind), TARGET_NAME);
        let who = self.reportable(&entry.id);
        let identifier = ("ReportableIdentifier".to_owned(), who.clone());
        // Disable and delete are names of older audit logs; no newer record of them was seen.
        let export = match entry.action {
            ProvisioningAction::Create => Some(("EntryExportAdd", "created", "create")),
            ProvisioningAction::Update => Some(("EntryExportUpdate", "updated", "update")),
            ProvisioningAction::Disable => Some(("EntryExportUpdateSoftDelete", "disabled", "disable")),
            ProvisioningAction::Delete => Some(("EntryExportDelete", "deleted", "delete")),
            ProvisioningAction::StagedDelete | ProvisioningAction::Other => None,
        };
        match (entry.status, export) {
            (Status::Success, Some((name, done, _))) => {
                let text = format!("{word} '{who}' was {done} in {app}");
                let details = self.step_log.exported.drain(..).chain([identifier]).collect();
                self.note(name, StepType::Export, Status::Success, text, details);
            }
            (Status::Failure, Some((name, _, verb))) => {
                let text = format!("Failed to {verb} {word} '{who}' in {app}");
                let details = self.step_log.exported.drain(..).chain([identifier]).collect();
                self.note(name, StepType::Export, Status::Failure, text, details);
            }
            (Status::Failure, None) => {
                let text = format!("{word} '{who}': {}", entry.detail);
                let details = vec![identifier];
                self.note("EntrySynchronizationError", StepType::Matching, Status::Failure, text, details);
            }
            _ => {
                let reason = entry.code.map_or("StagedDelete", ErrorCode::as_str);
                let kind = match entry.code {
                    Some(ErrorCode::UnableToResolveReferenceAttributeValue) => StepType::ReferenceResolution,
                    _ => StepType::Export,
                };
                let text = match entry.code {
                    Some(ErrorCode::RedundantExport) => format!(
                        "The state of the entry in both the source and target systems already match. No change to \
                         the {word} '{who}' currently needs to be made."
                    ),
                    _ => entry.detail.clone(),
                };
                let details = vec![("SkipReason".to_owned(), reason.to_owned()), identifier];
                self.note("EntrySynchronizationSkip", kind, Status::Skipped, text, details);
            }
        }
    }

    /// The name an administrator finds an object by.
    fn reportable(&self, id: &ObjectId) -> String {
        self.step_log.user_principal_name.clone().unwrap_or_else(|| id.to_string())
    }

    /// The date of a minute of the simulated clock.
    pub fn date(&self, minute: u64) -> Timestamp {
        self.settings.date(minute)
    }
}

/// Source attributes that rows read, with their values as the import step lists them.
fn read_values(mapping: &ObjectMapping, subject: &MappingSubject<'_>) -> Vec<(String, String)> {
    let redacted: BTreeSet<String> =
        mapping.rows.iter().filter(|row| is_redacted(row)).flat_map(read_by).collect();
    let mut details = Vec::new();
    let mut seen = BTreeSet::new();
    for name in std::iter::once("objectId".to_owned()).chain(mapping.rows.iter().flat_map(read_by)) {
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some(text) = subject.get(&name).and_then(|value| source_text(&value)) else { continue };
        details.push((name.clone(), if redacted.contains(&name) { REDACTED.to_owned() } else { text }));
    }
    details
}

fn read_by(row: &AttributeMapping) -> Vec<String> {
    match &row.source {
        ValueSource::Attribute(attribute) => vec![attribute.name.to_owned()],
        ValueSource::Expression(expression) => {
            expression.attributes().into_iter().map(|(name, _)| name.to_owned()).collect()
        }
        ValueSource::Roles(_) => vec!["appRoleAssignments".to_owned()],
        ValueSource::Constant(_) | ValueSource::None => Vec::new(),
    }
}

fn is_redacted(row: &AttributeMapping) -> bool {
    matches!(&row.source, ValueSource::Expression(expression)
        if expression.functions().iter().any(|(name, _)| *name == "Redact"))
}

fn source_text(value: &SourceValue) -> Option<String> {
    match value {
        SourceValue::Text(text) => Some(text.clone()),
        SourceValue::Boolean(flag) => Some(if *flag { "True" } else { "False" }.to_owned()),
        SourceValue::Texts(texts) => Some(texts.join(";")),
        SourceValue::Reference(id) => Some(id.to_string()),
        // An import shows a role's plain name.
        SourceValue::Roles(roles) => {
            Some(roles.iter().map(|role| role.display_name.as_str()).collect::<Vec<_>>().join(";"))
        }
        SourceValue::References(_) => None,
    }
}

/// A value as the log shows it: always a text.
fn shown(row: &AttributeMapping, value: &Value) -> String {
    match value {
        _ if is_redacted(row) => REDACTED.to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
        other => other.to_string(),
    }
}

/// Keys of a step's details lose dots and colons.
fn key(target: &str) -> String {
    target.chars().filter(|c| !matches!(c, '.' | ':')).collect()
}
