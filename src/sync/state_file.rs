//! What a job remembers, in a file that the next run reads: the directory as the last cycle saw it,
//! links, escrows, quarantine, the simulated clock.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, BufReader, BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::diagnostic::Diagnostic;
use crate::entra::directory::{
    AppRole, DirectoryError, DirectoryState, Group, ObjectId, SourceValue, Tenant, User,
};
use crate::entra::job::{Identity, Memory};
use crate::entra::mapping::{Mapping, ValueSource};
use crate::entra::scope::Scope;
use crate::input;

/// Name and version of the format.
const FORMAT: &str = "scimulate-sync/1";

/// Everything that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedState {
    format: String,
    /// The target's base URL.
    pub target: String,
    /// The profile's or schema's name.
    pub mapping: String,
    /// Which rows it had in the last cycle that came to its end; see [`fingerprint`].
    pub fingerprint: String,
    /// Whether that cycle provisioned everybody. Files of before do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    everyone: Option<bool>,
    /// The date of the simulated clock's minute 0.
    pub began: Timestamp,
    /// The simulated clock.
    pub minute: u64,
    tenant: Uuid,
    job_guid: Uuid,
    service_principal: Uuid,
    application: String,
    /// The directory as the last cycle that came to its end saw it.
    directory: Option<SavedDirectory>,
    /// What the job itself remembers.
    pub job: Memory,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedDirectory {
    users: Vec<KeptUser>,
    groups: Vec<KeptGroup>,
    assigned: Vec<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptUser {
    id: ObjectId,
    attributes: BTreeMap<String, KeptValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manager: Option<ObjectId>,
    enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted_at_hour: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptGroup {
    id: ObjectId,
    attributes: BTreeMap<String, KeptValue>,
    members: Vec<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum KeptValue {
    Text(String),
    Boolean(bool),
    Texts(Vec<String>),
    /// Id, value and display name of each.
    Roles(Vec<[String; 3]>),
}

/// What the last cycle that came to its end saw. Whatever differs from it is new to the next cycle.
#[derive(Debug, Clone)]
pub struct SeenByCycle {
    /// The directory.
    pub directory: Arc<DirectoryState>,
    /// The mapping's [`fingerprint`].
    pub fingerprint: String,
    /// Who was provisioned.
    pub scope: Scope,
}

/// Why a state file is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateMismatch {
    /// It belongs to another target.
    Target {
        /// The target it belongs to.
        kept: String,
    },
    /// It belongs to another mapping.
    Mapping {
        /// The mapping it belongs to.
        kept: String,
    },
}

/// Tells one set of rows from another. A difference is a change of the mapping, which Entra answers
/// with an initial cycle.
#[must_use]
pub fn fingerprint(mapping: &Mapping) -> String {
    let mut text = String::new();
    for object in [Some(&mapping.user), mapping.group.as_ref()].into_iter().flatten() {
        text.push_str(&format!("{} {:?}\n", object.actions, object.filter));
        for row in &object.rows {
            // What a parsed expression holds in memory is no part of it.
            let source = match &row.source {
                ValueSource::Attribute(attribute) => format!("[{}]", attribute.name),
                ValueSource::Constant(constant) => format!("{constant:?}"),
                ValueSource::Expression(expression) => expression.as_written().to_owned(),
                ValueSource::Roles(function) => format!("{function:?}"),
                ValueSource::None => "none".to_owned(),
            };
            text.push_str(&format!(
                "{} {source} {:?} {:?} {:?} {:?} {:?}\n",
                row.written, row.matching, row.flow, row.behavior, row.default, row.declared
            ));
        }
    }
    Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()).to_string()
}

impl SavedState {
    /// What is to be kept of a job.
    #[must_use]
    pub fn new(
        target: &str,
        mapping: &Mapping,
        identity: &Identity,
        (began, minute): (Timestamp, u64),
        seen: Option<&SeenByCycle>,
        job: Memory,
    ) -> Self {
        SavedState {
            format: FORMAT.to_owned(),
            target: target.to_owned(),
            mapping: mapping.name.clone(),
            fingerprint: seen.map_or_else(|| fingerprint(mapping), |seen| seen.fingerprint.clone()),
            everyone: seen.map(|seen| seen.scope == Scope::Everyone),
            began,
            minute,
            tenant: identity.tenant,
            job_guid: identity.job,
            service_principal: identity.service_principal,
            application: identity.name.clone(),
            directory: seen.map(|seen| directory(&seen.directory)),
            job,
        }
    }

    /// Whom the last cycle that came to its end provisioned, if the file says so.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        self.everyone.map(|everyone| if everyone { Scope::Everyone } else { Scope::Assigned })
    }

    /// Whose job it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            tenant: self.tenant,
            job: self.job_guid,
            service_principal: self.service_principal,
            name: self.application.clone(),
        }
    }

    /// Reads a file; `None` when there is none yet.
    ///
    /// # Errors
    /// When it cannot be read, or is no state file of this version.
    pub fn read(path: &Path) -> Result<Option<Self>, Diagnostic> {
        let file = path.display().to_string();
        let help = "name another file with --state, or move this one away: the next cycle is then an initial \
                    one and finds every account again by its matching attribute";
        let wrong = |title: String| Diagnostic::about_file(title, &file).help(help);
        let opened = match input::open(path, input::RECORDED) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(format!("the state file cannot be read: {error}"))),
        };
        let head: serde_json::Value = serde_json::from_reader(BufReader::new(opened))
            .map_err(|error| wrong(format!("the state file cannot be read: {error}")))?;
        match head.get("format").and_then(serde_json::Value::as_str) {
            Some(FORMAT) => {}
            Some(other) => {
                return Err(wrong(format!(
                    "the state file has the format `{other}`, but this version reads \
                                          {FORMAT}"
                )));
            }
            None => return Err(wrong(format!("this is not a state file: it does not declare {FORMAT}"))),
        }
        let kept = serde_json::from_value(head)
            .map_err(|error| wrong(format!("the state file cannot be read: {error}")))?;
        Ok(Some(kept))
    }

    /// Whether it belongs to this target and mapping.
    ///
    /// # Errors
    /// Which of the two is another.
    pub fn belongs_to(&self, target: &str, mapping: &Mapping) -> Result<(), StateMismatch> {
        if self.target != target {
            return Err(StateMismatch::Target { kept: self.target.clone() });
        }
        if self.mapping != mapping.name {
            return Err(StateMismatch::Mapping { kept: self.mapping.clone() });
        }
        Ok(())
    }

    /// The tenant as the last cycle saw it, and whether there was such a cycle. The end of its change
    /// log is the watermark.
    ///
    /// # Errors
    /// When what was kept contradicts itself.
    pub fn tenant(&self) -> Result<(Tenant, bool), DirectoryError> {
        let mut tenant = Tenant::new();
        let Some(kept) = &self.directory else {
            tenant.advance_minutes(self.minute);
            return Ok((tenant, false));
        };
        for user in &kept.users {
            let mut made = User::new(user.id.clone());
            for (name, value) in &user.attributes {
                made = made.with(name, value.to_source())?;
            }
            made.set_account_enabled(user.enabled);
            tenant.add_user(made)?;
        }
        for user in kept.users.iter().filter(|user| user.manager.is_some()) {
            tenant.set_manager(&user.id, user.manager.clone())?;
        }
        for group in &kept.groups {
            let mut made = Group::new(group.id.clone(), "");
            for (name, value) in &group.attributes {
                made = made.with(name, value.to_source())?;
            }
            tenant.add_group(made)?;
        }
        for group in &kept.groups {
            for member in &group.members {
                tenant.add_member(&group.id, member)?;
            }
        }
        for id in &kept.assigned {
            tenant.assign(id)?;
        }
        // Into the recycle bin in the order of their deletion, so that each has its own hour.
        let mut deleted: Vec<(u64, &ObjectId)> =
            kept.users.iter().filter_map(|user| Some((user.deleted_at_hour?, &user.id))).collect();
        deleted.sort();
        for (hour, id) in deleted {
            tenant.advance(hour.saturating_sub(tenant.clock()));
            tenant.soft_delete(id)?;
        }
        tenant.advance_minutes(self.minute.saturating_sub(tenant.minute()));
        Ok((tenant, true))
    }

    /// Writes the file so that it is either the old or the new one at every moment.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let beside = PathBuf::from(name);
        let written = (|| {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            // People's data: for the owner's eyes alone.
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(&beside)?;
            let mut out = BufWriter::new(file);
            serde_json::to_writer(&mut out, self)?;
            out.write_all(b"\n")?;
            out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&beside, path)
        })();
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }
}

fn directory(state: &DirectoryState) -> SavedDirectory {
    SavedDirectory {
        users: state
            .users()
            .map(|user| KeptUser {
                id: user.id().clone(),
                attributes: values(user.attributes()),
                manager: user.manager().cloned(),
                enabled: user.account_enabled(),
                deleted_at_hour: user.deleted_at(),
            })
            .collect(),
        groups: state
            .groups()
            .map(|group| KeptGroup {
                id: group.id().clone(),
                attributes: values(group.attributes()),
                members: group.members().iter().cloned().collect(),
            })
            .collect(),
        assigned: state.assigned().cloned().collect(),
    }
}

fn values<'a>(
    attributes: impl Iterator<Item = (&'static str, &'a SourceValue)>,
) -> BTreeMap<String, KeptValue> {
    attributes.filter_map(|(name, value)| Some((name.to_owned(), KeptValue::of(value)?))).collect()
}

impl KeptValue {
    /// Links to other objects are kept elsewhere.
    fn of(value: &SourceValue) -> Option<Self> {
        match value {
            SourceValue::Text(text) => Some(KeptValue::Text(text.clone())),
            SourceValue::Boolean(flag) => Some(KeptValue::Boolean(*flag)),
            SourceValue::Texts(texts) => Some(KeptValue::Texts(texts.clone())),
            SourceValue::Roles(roles) => {
                let three = |role: &AppRole| [role.id.clone(), role.value.clone(), role.display_name.clone()];
                Some(KeptValue::Roles(roles.iter().map(three).collect()))
            }
            SourceValue::Reference(_) | SourceValue::References(_) => None,
        }
    }

    fn to_source(&self) -> SourceValue {
        match self {
            KeptValue::Text(text) => SourceValue::Text(text.clone()),
            KeptValue::Boolean(flag) => SourceValue::Boolean(*flag),
            KeptValue::Texts(texts) => SourceValue::Texts(texts.clone()),
            KeptValue::Roles(roles) => SourceValue::Roles(
                roles.iter().map(|[id, value, name]| AppRole::new(id, value, name)).collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;

    fn id(text: &str) -> ObjectId {
        ObjectId::new(text)
    }

    fn tenant() -> Tenant {
        let mut tenant = Tenant::new();
        for key in ["ada", "grace", "alan"] {
            let user = User::new(id(key)).with("userPrincipalName", format!("{key}@example.com")).unwrap();
            tenant.add_user(user.with("otherMails", SourceValue::Texts(vec!["x".into()])).unwrap()).unwrap();
            tenant.assign(&id(key)).unwrap();
        }
        tenant.add_group(Group::new(id("team"), "Team")).unwrap();
        tenant.add_member(&id("team"), &id("ada")).unwrap();
        tenant.set(&id("team"), "securityEnabled", Some(false.into())).unwrap();
        tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
        tenant.set_account_enabled(&id("grace"), false).unwrap();
        tenant.advance(7);
        tenant.soft_delete(&id("alan")).unwrap();
        tenant.advance_minutes(95);
        tenant
    }

    fn kept(tenant: &Tenant) -> SavedState {
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        let identity = Identity::random("App");
        let clock = (Timestamp::UNIX_EPOCH, tenant.minute());
        let seen = SeenByCycle {
            directory: tenant.state(),
            fingerprint: fingerprint(&mapping),
            scope: Scope::Everyone,
        };
        SavedState::new("http://localhost/scim", &mapping, &identity, clock, Some(&seen), Memory::default())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert_eq!(SavedState::read(&path), Ok(None));
        let tenant = tenant();
        let before = kept(&tenant);
        before.write(&path).unwrap();
        let after = SavedState::read(&path).unwrap().unwrap();
        assert_eq!(before, after);
        assert_eq!(after.scope(), Some(Scope::Everyone));
        let (read, seen) = after.tenant().unwrap();
        assert!(seen);
        assert_eq!((read.minute(), read.state().users().len()), (tenant.minute(), 3));
        assert_eq!(kept(&read).directory, before.directory);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn others_cannot_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        kept(&tenant()).write(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_no_state_file_is_refused_with_a_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        for (text, title) in [
            ("{", "cannot be read"),
            ("[]", "this is not a state file"),
            (r#"{"format": "scimulate-sync/9"}"#, "`scimulate-sync/9`"),
            (r#"{"format": "scimulate-sync/1"}"#, "missing field"),
        ] {
            fs::write(&path, text).unwrap();
            let problem = SavedState::read(&path).unwrap_err();
            assert!(problem.title.contains(title), "{}", problem.title);
            assert!(problem.help.is_some_and(|help| help.contains("--state")));
        }
    }

    #[test]
    fn it_belongs_to_one_target_and_one_mapping() {
        let kept = kept(&tenant());
        let mut mapping = profiles::load(profiles::DEFAULT).unwrap();
        assert_eq!(kept.belongs_to("http://localhost/scim", &mapping), Ok(()));
        let refused = kept.belongs_to("http://localhost/other", &mapping).unwrap_err();
        assert_eq!(refused, StateMismatch::Target { kept: "http://localhost/scim".into() });
        mapping.name = "zoom".into();
        let refused = kept.belongs_to("http://localhost/scim", &mapping).unwrap_err();
        assert_eq!(refused, StateMismatch::Mapping { kept: "default".into() });
        let shorter = mapping.without(&["title".to_owned()]).unwrap();
        assert_ne!(fingerprint(&mapping), fingerprint(&shorter));
    }
}
