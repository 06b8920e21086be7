use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::connection::ConnectionSecrets;
use super::job::JobHandle;
use super::kept;
use super::templates::RoleDefinition;
use crate::entra::directory::{AppRole, ObjectId, ObjectKind, Tenant, Watermark};
use crate::entra::job::Identity;
use crate::store::Write;

/// What is known of an application and its service principal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationInfo {
    /// The service principal's id, under which the application is known here.
    pub service_principal: Uuid,
    /// The application object's id.
    pub object: Uuid,
    /// The client id (Graph: appId).
    pub app_id: Uuid,
    /// The template's id; without one there is no provisioning.
    pub template: Option<String>,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its roles.
    pub roles: Vec<RoleDefinition>,
    /// Properties that a request set and nothing here reads.
    #[serde(default)]
    pub others: serde_json::Map<String, Value>,
    /// Ids of its owners.
    #[serde(default)]
    pub owners: Vec<String>,
    /// Behind it stands the embedded server, which forgets everything when the program ends.
    #[serde(default)]
    pub embedded: bool,
}

/// Somebody is assigned to an application with a role (Graph: appRoleAssignment).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// Its id: text of Graph's form.
    #[serde(default)]
    pub id: String,
    /// Who.
    pub principal: ObjectId,
    /// User or group.
    #[serde(skip, default = "user")]
    pub kind: ObjectKind,
    /// The role's id; all zeros is the default access.
    pub role: Uuid,
    /// When.
    pub created: Timestamp,
}

fn user() -> ObjectKind {
    ObjectKind::User
}

/// An application with its assignments and its job.
#[derive(Debug)]
pub(super) struct Application {
    pub info: ApplicationInfo,
    pub assignments: IndexMap<String, Assignment>,
    /// The directory as the application's job sees it: with the assignments to this application.
    pub tenant: Tenant,
    /// So much of its change log is written down, or need not be.
    pub written: Watermark,
    pub secrets: ConnectionSecrets,
    pub job: Option<Arc<JobHandle>>,
}

impl Application {
    /// A new one, nobody is assigned to it.
    pub fn new(info: ApplicationInfo, directory: &Tenant) -> Self {
        let tenant = directory.clone();
        let written = tenant.watermark();
        Application {
            info,
            assignments: IndexMap::new(),
            tenant,
            written,
            secrets: ConnectionSecrets::default(),
            job: None,
        }
    }

    pub fn id(&self) -> String {
        self.info.service_principal.to_string()
    }

    /// Whose job it is, in the words of its log.
    pub fn identity(&self, tenant: Uuid) -> Identity {
        Identity {
            tenant,
            job: self.info.app_id,
            service_principal: self.info.service_principal,
            name: self.info.name.clone(),
        }
    }

    pub fn info_written(&self) -> Write {
        let body = serde_json::to_value(&self.info).unwrap_or(Value::Null);
        Write::Application { id: self.id(), part: "info", body }
    }

    pub fn secrets_written(&self) -> Write {
        Write::Application { id: self.id(), part: "secrets", body: json!(self.secrets.kept()) }
    }

    /// Changes that are not written down yet. A job that will look at everybody needs none of them.
    pub fn unwritten_changes(&mut self) -> Vec<Write> {
        let from = self.written;
        self.written = self.tenant.watermark();
        if self.job.is_none() {
            return Vec::new();
        }
        let application = self.id();
        let changes = self.tenant.changes_since(from);
        (from.position()..)
            .zip(&changes)
            .map(|(position, change)| Write::Change {
                application: application.clone(),
                position,
                body: kept::change(change),
            })
            .collect()
    }

    /// The role as the provisioning service reads it.
    pub fn app_role(&self, id: Uuid) -> Option<AppRole> {
        let role = self.info.roles.iter().find(|role| role.id == id)?;
        Some(AppRole::new(&id.to_string(), role.value.as_deref().unwrap_or_default(), &role.display_name))
    }

    /// The job sees the assignment.
    pub fn assign(&mut self, assignment: Assignment) {
        let principal = assignment.principal.clone();
        let role = self.app_role(assignment.role).filter(|_| assignment.kind == ObjectKind::User);
        // Who is not in the directory was refused before.
        let _ = match role {
            Some(role) => self.tenant.assign_role(&principal, role),
            None => self.tenant.assign(&principal),
        };
        self.assignments.insert(assignment.id.clone(), assignment);
    }

    /// The job sees that it is gone. The last one of somebody ends their access.
    pub fn unassign(&mut self, id: &str) -> Option<Assignment> {
        let gone = self.assignments.shift_remove(id)?;
        let others = || self.assignments.values().filter(|other| other.principal == gone.principal);
        if gone.kind == ObjectKind::User && !others().any(|other| other.role == gone.role) {
            let _ = self.tenant.unassign_role(&gone.principal, &gone.role.to_string());
        }
        if others().next().is_none() {
            let _ = self.tenant.unassign(&gone.principal);
        }
        Some(gone)
    }

    /// Drops what belongs to an object that is gone for good.
    pub fn forget(&mut self, id: &ObjectId) -> Vec<Write> {
        let gone: Vec<String> = self
            .assignments
            .iter()
            .filter(|(_, assignment)| assignment.principal == *id)
            .map(|(id, _)| id.clone())
            .collect();
        for id in &gone {
            self.assignments.shift_remove(id);
        }
        gone.into_iter().map(|id| Write::AssignmentGone { id }).collect()
    }
}
