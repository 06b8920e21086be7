//! How one operation of the provisioning service looks on the wire.
//!
//! Three ways of speaking are known: what a job without a flag sends, what `aadOptscim062020` in
//! the Tenant URL makes of it, and the 2018 style of jobs named `customappsso`. Where sources
//! contradict each other inside one of them, a switch says which is played ([`Switches`]).
//!
//! The switches that concern the job's decisions rather than a request's form
//! (`switches/decisions.rs`, `members_per_patch`, `page_size`) stand here too, so that one list
//! tells a transcript everything.

mod create;
mod elements;
mod modify;
mod query;
mod roles;
mod switches;

use serde_json::Value;

pub use switches::{
    AddedMember, Additions, Booleans, Choice, CreateConflict, CustomAttributes, CustomLists,
    DeletionThreshold, ElementFilter, EmptyRoles, EnterpriseData, Evidence, FilterQuotes, FlagInUrls,
    GroupMembers, GroupSchemas, LeakedMembers, Leavers, ManagerPath, ManagerRemoval, ManagerValue,
    NarrowedScope, Nulls, OperationNames, PatchBody, PhonePrimary, Position, PositionAbout,
    PurgedAfterUnassign, ReferenceCheck, RemovedMember, RestartLinks, Retries, RoleName, SwitchAbout,
    SwitchDefect, Switches, TombstoneName, UnknownSwitch, UserMeta, UserSchemas,
};

pub use crate::scim::patch::Verb;
pub use roles::{ROLE_TYPE, Role, RoleForm};

use crate::scim::PatchPath;
use crate::wire::{Actor, Method, Request};

/// What every body is sent as (use-scim-to-provision-users-and-groups; the charset is captured).
const CONTENT_TYPE: &str = "application/scim+json; charset=utf-8";

/// A way of speaking
/// (Microsoft: application-provisioning-config-problem-scim-compatibility, "Flags to alter the SCIM behavior").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// A job without a flag: `Add`, `"False"`, one operation for each attribute.
    Default,
    /// With the flag in the Tenant URL: lower case, JSON booleans, path-less bundles, value paths for members.
    AadOptscim062020,
    /// The style of 2018, "not supported anymore": every value wrapped as `[{"$ref": null, "value": …}]`.
    Customappsso,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 3] = [Dialect::Default, Dialect::AadOptscim062020, Dialect::Customappsso];

    /// True when all of them write lookups, creates and deletes in the same way ("the flag makes the format of
    /// PATCH and POST the same", use-scim-to-provision-users-and-groups).
    #[must_use]
    pub fn create_alike(dialects: &[Dialect], switches: &Switches) -> bool {
        switches.flag_in_urls == FlagInUrls::Off && !dialects.contains(&Dialect::Customappsso)
    }

    /// Its name; for the flag, as it is written in the Tenant URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Dialect::Default => "default",
            Dialect::AadOptscim062020 => "aadOptscim062020",
            Dialect::Customappsso => "customappsso",
        }
    }
}

impl AsRef<str> for Dialect {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Dialect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Dialect::ALL.into_iter().find(|dialect| dialect.as_str() == text).ok_or_else(|| {
            format!("`{text}` is not a dialect: write default, aadOptscim062020 or customappsso")
        })
    }
}

/// One difference between source and target, to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeChange {
    /// Add where the target holds nothing, Replace where it holds another value. Its letter case on the
    /// wire is the dialect's.
    pub verb: Verb,
    /// The mapping's target.
    pub path: PatchPath,
    /// The new value with its JSON type; booleans are JSON booleans here whatever the dialect makes of them.
    pub value: Value,
    /// App roles, which have forms of their own; made by [`Writer::changed_roles`].
    pub roles: Option<RoleForm>,
}

impl AttributeChange {
    /// A difference in a plain value.
    #[must_use]
    pub fn new(verb: Verb, path: PatchPath, value: Value) -> Self {
        AttributeChange { verb, path, value, roles: None }
    }
}

/// A target of the mapping and its value; `None` where the source has none.
pub type Assignment = (PatchPath, Option<Value>);

/// Writes requests in one dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The dialect.
    pub dialect: Dialect,
    /// The switches.
    pub switches: Switches,
}

impl Writer {
    /// A writer for one dialect and one set of switches.
    #[must_use]
    pub fn new(dialect: Dialect, switches: Switches) -> Self {
        Writer { dialect, switches }
    }

    fn request(
        &self,
        method: Method,
        path: String,
        query: Option<String>,
        step: impl Into<String>,
    ) -> Request {
        let mut request = Request::new(Actor::Entra, method, path, step)
            .with_header("ADSCIMVersion", self.switches.adscim_version.clone());
        request.query = query;
        if self.switches.flag_in_urls == FlagInUrls::On && self.dialect == Dialect::AadOptscim062020 {
            let flag = self.dialect.as_str();
            request.query =
                Some(request.query.map_or_else(|| flag.to_owned(), |query| format!("{query}&{flag}")));
        }
        request
    }

    fn request_with_body(
        &self,
        method: Method,
        path: String,
        body: &Value,
        step: impl Into<String>,
    ) -> Request {
        self.request(method, path, None, step).with_header("Content-Type", CONTENT_TYPE).with_json(body)
    }

    fn op(&self, verb: Verb) -> &'static str {
        let lower = match self.switches.operation_names {
            OperationNames::ByDialect => self.dialect == Dialect::AadOptscim062020,
            OperationNames::Lower => true,
            OperationNames::Pascal => false,
        };
        match (verb, lower) {
            (Verb::Add, false) => "Add",
            (Verb::Replace, false) => "Replace",
            (Verb::Remove, false) => "Remove",
            (Verb::Add, true) => "add",
            (Verb::Replace, true) => "replace",
            (Verb::Remove, true) => "remove",
        }
    }

    /// A path as this dialect prints it: in 2018 extension attributes were joined with a dot.
    fn path(&self, path: &PatchPath) -> String {
        match (&path.schema, self.dialect) {
            (Some(schema), Dialect::Customappsso) if !path.attribute.is_empty() => {
                let bare = PatchPath { schema: None, ..path.clone() };
                format!("{schema}.{bare}")
            }
            _ => path.to_string(),
        }
    }
}
