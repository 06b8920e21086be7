//! What a tenant begins with: an application that is ready to go, and people to try it with.

use serde_json::{Map, Value, json};

use super::application::ApplicationInfo;
use super::connection::ConnectionSecrets;
use super::error::TenantError;
use super::live::LiveTenant;
use super::templates::Template;
use crate::entra::job::ResetScope;
use crate::entra::mapping::Mapping;

/// How many people the demonstration has.
const PEOPLE: usize = 10;

/// So that everybody sees the same people.
const SEED: u64 = 365;

impl LiveTenant {
    /// The mapping of a template.
    ///
    /// # Errors
    /// When there is no such template.
    pub fn template_mapping(&self, template: &str) -> Result<Mapping, TenantError> {
        Template::find(template)?.mapping().map_err(TenantError::Schema)
    }

    /// Adds an application of that template with its secrets and a job that is not started; with `people` also ten
    /// people in two groups, of which one is assigned.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn furnish(
        &self,
        template: &str,
        secrets: ConnectionSecrets,
        embedded: bool,
        people: bool,
    ) -> Result<ApplicationInfo, TenantError> {
        let info = self.add_application(Some(template), Template::find(template)?.name)?;
        let id = info.service_principal.to_string();
        let mut secrets = secrets;
        secrets.set("SyncAll", "false");
        secrets.set("SyncNotificationSettings", NOTIFICATIONS);
        self.lead(&id, secrets, Some(embedded))?;
        self.add_job(&id, None)?;
        if people && self.objects(crate::entra::directory::ObjectKind::User, false).is_empty() {
            self.add_demonstration(&id)?;
        }
        self.application(&id)
    }

    fn add_demonstration(&self, application: &str) -> Result<(), TenantError> {
        let people = self.make_people(PEOPLE, SEED)?;
        let Some((boss, others)) = people.split_first() else { return Ok(()) };
        for person in others {
            self.set_manager(person.as_str(), Some(boss.as_str()))?;
        }
        let role = self.application(application)?.roles.first().map(|role| role.id).unwrap_or_default();
        let half = people.len() / 2;
        for (name, members) in [("Shift workers", &people[..half]), ("Office", &people[half..])] {
            let body: Map<String, Value> = json!({
                "displayName": name, "mailEnabled": false, "securityEnabled": true,
                "mailNickname": name.to_lowercase().replace(' ', "-"), "description": "Made up by scimulate",
            })
            .as_object()
            .cloned()
            .unwrap_or_default();
            let members: Vec<String> = members.iter().map(|id| id.as_str().to_owned()).collect();
            let group = self.create_group(&body, &members)?.0;
            if name == "Shift workers" {
                self.assign(application, group.as_str(), role)?;
            }
        }
        Ok(())
    }

    /// Leads an application to another server: it gets the address and the token, and its job begins at the beginning,
    /// without links. True when it led elsewhere before; where it led there already, the job goes on.
    ///
    /// # Errors
    /// When there is no such application, or the database fails.
    pub async fn lead_elsewhere(
        &self,
        info: &ApplicationInfo,
        secrets: ConnectionSecrets,
        embedded: bool,
    ) -> Result<bool, TenantError> {
        let id = info.service_principal.to_string();
        let before = self.secrets(&id)?;
        let there = before.leads_as(&secrets);
        let mut merged = before.clone();
        merged.take_address(secrets);
        if merged != before {
            self.lead(&id, merged, Some(embedded))?;
        }
        if !there && self.job(&id).is_ok() {
            self.drop_links(&id, ResetScope::FULL).await?;
        }
        Ok(!there)
    }
}

/// No mail is sent, and Entra's own threshold is not set.
const NOTIFICATIONS: &str =
    r#"{"Enabled":false,"DeleteThresholdEnabled":false,"HumanResourcesLookaheadQueryEnabled":false}"#;
