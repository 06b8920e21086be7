//! Applications, who is assigned to them, and their jobs: what can be done to them.

use std::sync::Arc;

use base64::Engine as _;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::application::{Application, ApplicationInfo, Assignment};
use super::connection::ConnectionSecrets;
use super::error::TenantError;
use super::job::JobHandle;
use super::live::{LiveTenant, TenantEvent};
use super::state::State;
use super::status::JobStatus;
use super::templates::{RoleDefinition, Template};
use crate::entra::directory::ObjectId;
use crate::entra::job::{Identity, Job};
use crate::entra::mapping::{Mapping, schema};
use crate::store::Write;

/// "Default access": the role of an assignment to an application without roles.
pub const DEFAULT_ROLE: Uuid = Uuid::nil();

/// What the rule for users and groups is called in the custom template (Graph: synchronizationRule).
const RULE: (&str, &str) = ("03f7d90d-bf71-41b1-bda6-aaf0ddbee5d8", "USERGROUP_OUTBOUND_USERGROUP");

/// What schemas call the directory.
const SOURCE: &str = "Microsoft Entra ID";

impl Application {
    /// The mapping that a new job begins with.
    pub(super) fn default_mapping(&self) -> Result<Mapping, TenantError> {
        let template = self.info.template.as_deref().ok_or_else(|| {
            TenantError::NotConfigured(
                "The application was not made from a template, so that it has no provisioning.".to_owned(),
            )
        })?;
        let mapping = Template::find(template)?.mapping().map_err(TenantError::Schema)?;
        framed(&self.info.name, &mapping)
    }
}

/// The mapping in the document that Graph shows, so that what is written there later fits to it.
fn framed(name: &str, mapping: &Mapping) -> Result<Mapping, TenantError> {
    let mut document = schema::export(mapping);
    if mapping.frame.is_none() {
        let before = document["directories"][0]["name"].clone();
        for directory in document["directories"].as_array_mut().into_iter().flatten() {
            if directory["name"] == before {
                (directory["name"], directory["id"]) = (json!(SOURCE), json!(SOURCE));
            }
        }
        let rule = &mut document["synchronizationRules"][0];
        (rule["id"], rule["name"]) = (json!(RULE.0), json!(RULE.1));
        rule["sourceDirectoryName"] = json!(SOURCE);
        rule["metadata"] = json!([{ "key": "supportsProvisionOnDemand", "value": "true" }]);
        document["provisioningTaskIdentifier"] = json!("customappsso");
    }
    schema::import(name, "schema", &document.to_string()).map_err(TenantError::Schema)
}

impl LiveTenant {
    /// Every application, in the order they were added.
    #[must_use]
    pub fn applications(&self) -> Vec<ApplicationInfo> {
        self.read().applications.values().map(|application| application.info.clone()).collect()
    }

    /// The application of a service principal's id, an application object's id, or an appId.
    ///
    /// # Errors
    /// When there is none.
    pub fn application(&self, asked: &str) -> Result<ApplicationInfo, TenantError> {
        let state = self.read();
        let named = |info: &ApplicationInfo| {
            [info.service_principal, info.object, info.app_id]
                .iter()
                .any(|id| id.to_string().eq_ignore_ascii_case(asked))
        };
        let found = state.applications.values().map(|application| &application.info).find(|info| named(info));
        found.cloned().ok_or_else(|| TenantError::missing(asked))
    }

    /// Adds an application from a template (Graph: applicationTemplate, instantiate), or without one.
    ///
    /// # Errors
    /// When there is no such template.
    pub fn add_application(
        &self,
        template: Option<&str>,
        name: &str,
    ) -> Result<ApplicationInfo, TenantError> {
        let template = template.map(Template::find).transpose()?;
        self.change(|state, writes| {
            let mut id = || state.ids.make();
            let roles = if template.is_some() { RoleDefinition::usual(&mut id) } else { Vec::new() };
            let info = ApplicationInfo {
                service_principal: id(),
                object: id(),
                app_id: id(),
                template: template.map(|template| template.id.to_owned()),
                name: name.to_owned(),
                created: state.clock.now(),
                roles,
                others: Map::new(),
                owners: Vec::new(),
                embedded: false,
            };
            let application = Application::new(info.clone(), &state.directory);
            writes.push(application.info_written());
            state.applications.insert(application.id(), application);
            Ok(info)
        })
    }

    /// Changes what is known of an application.
    ///
    /// # Errors
    /// When there is no such application, or `change` refuses.
    pub fn change_application(
        &self,
        application: &str,
        change: impl FnOnce(&mut ApplicationInfo) -> Result<(), TenantError>,
    ) -> Result<(), TenantError> {
        self.change(|state, writes| {
            let found = state.application_mut(application)?;
            let mut info = found.info.clone();
            change(&mut info)?;
            found.info = info;
            writes.push(found.info_written());
            Ok(())
        })
    }

    /// Removes an application with its job. The accounts at its target stay.
    ///
    /// # Errors
    /// When there is no such application.
    pub fn remove_application(&self, application: &str) -> Result<(), TenantError> {
        self.change(|state, writes| {
            let id = state.application(application)?.id();
            state.applications.shift_remove(&id);
            writes.push(Write::ApplicationGone { id });
            Ok(())
        })
    }

    /// Every assignment to an application.
    ///
    /// # Errors
    /// When there is no such application.
    pub fn assignments(&self, application: &str) -> Result<Vec<Assignment>, TenantError> {
        Ok(self.read().application(application)?.assignments.values().cloned().collect())
    }

    /// Every assignment of a user or group, each with the application.
    #[must_use]
    pub fn assignments_of(&self, principal: &ObjectId) -> Vec<(ApplicationInfo, Assignment)> {
        let state = self.read();
        let of = |application: &Application| {
            let own =
                application.assignments.values().filter(|assignment| assignment.principal == *principal);
            own.map(|assignment| (application.info.clone(), assignment.clone())).collect::<Vec<_>>()
        };
        state.applications.values().flat_map(of).collect()
    }

    /// Assigns a user or a group to an application with a role.
    ///
    /// # Errors
    /// When one of them does not exist, the role is not the application's, or the assignment exists.
    pub fn assign(&self, application: &str, principal: &str, role: Uuid) -> Result<Assignment, TenantError> {
        self.change(|state, writes| {
            let principal = state.find(None, principal, false)?;
            let created = state.clock.now();
            let kind = state.records.get(&principal).map(|record| record.kind);
            let kind = kind.ok_or_else(|| TenantError::missing(principal.as_str()))?;
            let id = assignment_id(state);
            let found = state.application_mut(application)?;
            let known = found.info.roles.iter().any(|known| known.id == role && known.is_enabled);
            if !known && (role != DEFAULT_ROLE || found.info.roles.iter().any(|role| role.is_enabled)) {
                return Err(TenantError::Invalid(format!(
                    "Permission being assigned was not found on application '{}'.",
                    found.info.app_id
                )));
            }
            let same = |known: &Assignment| known.principal == principal && known.role == role;
            if found.assignments.values().any(same) {
                return Err(TenantError::invalid("Permission being assigned already exists on the object"));
            }
            let assignment = Assignment { id: id.clone(), principal, kind, role, created };
            let body = serde_json::to_value(&assignment).unwrap_or(Value::Null);
            found.assign(assignment.clone());
            writes.push(Write::Assignment { id, application: found.id(), body });
            writes.extend(found.unwritten_changes());
            Ok(assignment)
        })
    }

    /// Takes an assignment away.
    ///
    /// # Errors
    /// When there is no such assignment.
    pub fn unassign(&self, assignment: &str) -> Result<(), TenantError> {
        self.change(|state, writes| {
            let holder = state
                .applications
                .values_mut()
                .find(|application| application.assignments.contains_key(assignment))
                .ok_or_else(|| TenantError::missing(assignment))?;
            holder.unassign(assignment);
            writes.push(Write::AssignmentGone { id: assignment.to_owned() });
            writes.extend(holder.unwritten_changes());
            Ok(())
        })
    }

    /// The secrets of an application.
    ///
    /// # Errors
    /// When there is no such application.
    pub fn secrets(&self, application: &str) -> Result<ConnectionSecrets, TenantError> {
        Ok(self.read().application(application)?.secrets.clone())
    }

    /// Replaces the secrets of an application. The next run takes them.
    ///
    /// # Errors
    /// When there is no such application, or the database fails.
    pub fn set_secrets(&self, application: &str, secrets: ConnectionSecrets) -> Result<(), TenantError> {
        self.lead(application, secrets, None)
    }

    /// Gives an application its secrets. Whether they lead to the embedded server is said, or seen: who enters another
    /// address has a server of their own.
    pub(super) fn lead(
        &self,
        application: &str,
        secrets: ConnectionSecrets,
        embedded: Option<bool>,
    ) -> Result<(), TenantError> {
        self.change(|state, writes| {
            let found = state.application_mut(application)?;
            let stays = found.info.embedded && found.secrets.leads_as(&secrets);
            found.info.embedded = embedded.unwrap_or(stays);
            found.secrets = secrets;
            writes.extend([found.info_written(), found.secrets_written()]);
            Ok(())
        })?;
        self.tell(TenantEvent::Job);
        Ok(())
    }

    /// Makes the job of an application; it has one at most. It does not run before it is started.
    ///
    /// # Errors
    /// When there is no such application, it was not made from a template, or it has a job.
    pub fn add_job(&self, application: &str, template: Option<&str>) -> Result<Arc<JobHandle>, TenantError> {
        let handle = self.change(|state, writes| {
            let (tenant, began) = (state.id, state.clock.began);
            let found = state.application_mut(application)?;
            if let Some(job) = &found.job {
                return Err(TenantError::Conflict(format!(
                    "The application has the job '{}' already.",
                    job.id
                )));
            }
            let mapping = found.default_mapping()?;
            let own = Template::find(found.info.template.as_deref().unwrap_or_default())?.synchronization;
            let template = template.unwrap_or(own);
            if template != own && template != "customappsso" {
                return Err(TenantError::Invalid(format!(
                    "The template '{template}' is none of this application's: it has '{own}'."
                )));
            }
            let id = job_id(template, &found.identity(tenant));
            let settings = JobHandle::settings(found, mapping, began, None);
            let handle =
                Arc::new(JobHandle::new(id, template.to_owned(), Job::new(settings), JobStatus::default()));
            found.job = Some(Arc::clone(&handle));
            found.written = found.tenant.watermark();
            writes.push(handle.written(&found.id()));
            writes.push(handle.schema_written(&found.id()));
            Ok(handle)
        })?;
        self.tell(TenantEvent::Job);
        Ok(handle)
    }

    /// Removes the job of an application with all that it remembers.
    ///
    /// # Errors
    /// When there is no job.
    pub fn remove_job(&self, application: &str) -> Result<(), TenantError> {
        self.job(application)?;
        self.change(|state, writes| {
            let found = state.application_mut(application)?;
            found.job = None;
            let id = found.id();
            for part in ["job", "schema", "memory", "seen"] {
                writes.push(Write::ApplicationPartGone { id: id.clone(), part });
            }
            writes.push(Write::LinksHeld { application: id.clone() });
            writes.push(Write::ChangesSeen { application: id, before: i64::MAX.unsigned_abs() });
            Ok(())
        })?;
        self.tell(TenantEvent::Job);
        Ok(())
    }

    /// The mapping that a new job of the application would have.
    ///
    /// # Errors
    /// When there is no such application, or it has no provisioning.
    pub fn default_mapping(&self, application: &str) -> Result<Mapping, TenantError> {
        self.read().application(application)?.default_mapping()
    }
}

/// Graph's id of a job: the template, the tenant without hyphens, the appId.
fn job_id(template: &str, identity: &Identity) -> String {
    let id = identity.job_id();
    format!("{template}.{}", id.split_once('.').map_or(id.as_str(), |(_, rest)| rest))
}

/// Text of the form that Graph gives ids of assignments.
fn assignment_id(state: &mut State) -> String {
    let bytes = [state.ids.make().into_bytes(), state.ids.make().into_bytes()].concat();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
