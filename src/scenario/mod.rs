//! Scenarios: what a YAML file under `scenarios/` says, after it was read and checked.
//!
//! A scenario is played once per dialect, each time with its own people.

mod attributes;
mod expectation;
mod library;
mod loader;
mod request;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod text;
mod timeline;

use indexmap::IndexMap;
use serde_json::Value;

use crate::check::About;
use crate::entra::mapping::{Edits, Mapping, RoleFunction, SelectionError};

pub use attributes::{GivenAttribute, NamedAttributes};
pub use expectation::{
    AnswerExpectation, AnswersExpectation, FoundBy, JobExpectation, LogExpectation, ModifiedExpectation,
    StateExpectation, Successes, TokenExpectation, WalkExpectation,
};
pub use library::{builtin, from_dir, sources};
pub use loader::{json_schema, load, load_as, unknown_faults};
pub use request::{FILTERS, RawRequest, Together};
pub use timeline::{Action, AttributeSweep, AttributeUpdate, Step, SweepForm, UpdateForm};

/// One scenario file.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Documentation; the id is the path below `scenarios/` without its ending, as `cycles/disable`.
    pub about: About,
    /// The test of Microsoft's that it stands for.
    pub test: Option<TestSpec>,
    /// What must be mapped or supported for the scenario to make sense.
    pub needs: Vec<Need>,
    /// Names of the dialects it is played in; empty means every dialect asked for.
    pub dialects: Vec<String>,
    /// `size: large`: its crowds are as large as the target allows, and of a usual size if nothing is said.
    pub large: bool,
    /// How its mapping differs from the profile's.
    pub mapping: MappingChange,
    /// What an administrator set on its job.
    pub job: JobSpec,
    /// People of the tenant by their key in the file.
    pub people: IndexMap<String, Person>,
    /// Groups of the tenant by their key in the file.
    pub groups: IndexMap<String, GroupSpec>,
    /// What the target holds beforehand, by key.
    pub accounts: IndexMap<String, AccountSpec>,
    /// What happens, in order.
    pub timeline: Vec<Step>,
    /// The attributes that all of this names, as [`NamedAttributes::of`] reads them off it.
    pub attributes: NamedAttributes,
}

impl Scenario {
    /// False when Entra's job sends nothing in it, and all requests are its own.
    #[must_use]
    pub fn has_cycles(&self) -> bool {
        self.timeline.iter().any(|step| matches!(step.action, Action::Cycle | Action::OnDemand(_)))
    }

    /// True when it writes PATCH requests of its own as a dialect writes them.
    #[must_use]
    pub fn sweeps_by_patch(&self) -> bool {
        let patches = |form| matches!(form, SweepForm::Add | SweepForm::Replace | SweepForm::Remove);
        self.timeline.iter().any(|step| matches!(&step.action, Action::SweepAttributes(s) if patches(s.form)))
    }

    /// True when Entra's job may send a PATCH to a right server. Otherwise it looks objects up, creates and
    /// deletes them.
    #[must_use]
    pub fn has_updates(&self) -> bool {
        let is_linked = self.people.values().any(|person| person.manager.is_some())
            || self.groups.values().any(|group| !group.members.is_empty());
        let is_change = |step: &Step| {
            !matches!(
                step.action,
                Action::Cycle
                    | Action::OnDemand(_)
                    | Action::TestConnection
                    | Action::Restart { .. }
                    | Action::Token { .. }
                    | Action::Discover { .. }
                    | Action::Advance { .. }
                    | Action::Appear(_)
                    | Action::Assign(_)
                    | Action::SignIn { .. }
                    | Action::ExpectToken(_)
                    | Action::Request(_)
                    | Action::ExpectAnswer(_)
                    | Action::AtOnce(_)
                    | Action::ExpectAnswers(_)
                    | Action::RetryRefused
                    | Action::ExpectSettled(_)
                    | Action::ExpectWalk(_)
                    | Action::Expect(_)
                    | Action::ExpectMirrored(_)
                    | Action::ExpectNoWrites
                    | Action::ExpectDiscovered(_)
                    | Action::ExpectLog(_)
                    | Action::ExpectPages { .. }
                    | Action::ExpectJob(_)
            )
        };
        !self.accounts.is_empty() || is_linked || self.timeline.iter().any(is_change)
    }

    /// How its mapping differs from the profile's: from the start, and by what an administrator saves later.
    pub fn mapping_changes(&self) -> impl Iterator<Item = &MappingChange> {
        let later = self.timeline.iter().filter_map(|step| match &step.action {
            Action::ChangeMapping(change) => Some(change),
            _ => None,
        });
        std::iter::once(&self.mapping).chain(later)
    }

    /// True when it is meant for a dialect.
    #[must_use]
    pub fn is_for(&self, dialect: &str) -> bool {
        self.dialects.is_empty() || self.dialects.iter().any(|name| name == dialect)
    }
}

/// A test of one of Microsoft's gates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestSpec {
    /// Microsoft's own name, as `Create_User_Test`.
    pub name: String,
    /// Its number, from 1.
    pub number: u32,
    /// What its failure means for the whole.
    pub kind: TestKind,
    /// Which way Microsoft plays it.
    pub through: Through,
    /// The name of a captured or published request that this test sends as it is, but for made-up values.
    pub sample: Option<String>,
}

/// What the failure of a test means for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestKind {
    /// The whole fails.
    Mandatory,
    /// A warning.
    Optional,
    /// It is shown and counts for nothing yet.
    Preview,
}

impl TestKind {
    /// The word of files and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TestKind::Mandatory => "mandatory",
            TestKind::Optional => "optional",
            TestKind::Preview => "preview",
        }
    }
}

/// Which way a test is played by Microsoft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// Through a real tenant's provisioning service, which is simulated here.
    Tenant,
    /// Straight at the endpoint, as here.
    Endpoint,
}

/// What a scenario needs. Each is answered yes, no or unknown with its evidence; unknown is played.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Need {
    /// A target attribute of the user mapping, as `active`, `manager`, `emails[type eq "work"].value`.
    Mapped(String),
    /// `{ filterable: externalId }`: the scenario filters on this mapped target attribute. Where the profile
    /// itself matches by it or marks it filterable, that is a duty of the target. Elsewhere the target is
    /// asked: it may refuse such a filter (400 or 501), and then the scenario is skipped; a list is an answer.
    Filterable(String),
    /// `{ published: roles }`: an attribute the profile need not map, because the scenario does. The target
    /// takes part in it by publishing the attribute in /Schemas.
    Published(String),
    /// `{ reading: leavers=disabled }`: a position of a switch that the scenario's expectations rest on. With another
    /// one it is not played.
    Reading {
        /// The switch.
        switch: String,
        /// Its position.
        value: String,
    },
    /// An ability of the target.
    Ability(Ability),
}

/// Abilities that ServiceProviderConfig, ResourceTypes or answers tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ability {
    /// `/Groups` exists and the mapping provisions groups.
    Groups,
    /// Bulk (RFC 7644 §3.7).
    Bulk,
    /// Sorting (RFC 7644 §3.4.2.3).
    Sort,
    /// ETags (RFC 7644 §3.14).
    Etag,
    /// Cursor paging (RFC 9865).
    Cursor,
    /// `.search` (RFC 7644 §3.4.3).
    Search,
    /// `/Me` (RFC 7644 §3.11).
    Me,
    /// `second-tenant`: another tenant of the same vendor, which the user names.
    SecondTenant,
}

/// How a mapping differs from the one before.
#[derive(Debug, Clone, Default)]
pub struct MappingChange {
    /// Target paths that match, in order, instead of the profile's.
    pub matching: Vec<String>,
    /// How app roles are mapped, whatever the profile says of them.
    pub roles: Option<RoleFunction>,
    /// Rows, actions and the scoping filter of the user mapping.
    pub edits: Edits,
}

impl MappingChange {
    /// The mapping with this difference.
    ///
    /// # Errors
    /// [`SelectionError`] when it does not fit the mapping.
    pub fn applied(&self, mapping: &Mapping) -> Result<Mapping, SelectionError> {
        let mut changed = self.edits.applied(mapping)?;
        if let Some(roles) = self.roles {
            changed = changed.with_roles(roles);
        }
        if self.matching.is_empty() { Ok(changed) } else { changed.with_matching(&self.matching) }
    }
}

/// The settings of a scenario's job; what is not said is Entra's default.
#[derive(Debug, Clone, Default)]
pub struct JobSpec {
    /// Everybody is in scope, and not those alone who are assigned.
    pub everyone: bool,
    /// Every cycle and every on-demand run begins with a filter for a random GUID on each endpoint, as in the
    /// service. Elsewhere it is left out: it would be every sixth request of a run, and all of them are alike.
    pub connection_test: bool,
    /// A soft-deleted user's userPrincipalName becomes the object id and the old name, written with the disable, whatever
    /// the switch `tombstone-name` says.
    pub tombstone_name: bool,
    /// `SkipOutOfScopeDeletions`.
    pub skip_out_of_scope_deletions: bool,
    /// Accidental deletion prevention: so many disables and deletes in one cycle are allowed.
    pub deletion_threshold: Option<usize>,
    /// Microsoft's numbers for quarantine, scaled down.
    pub quarantine: Option<QuarantineSpec>,
}

/// From how many failures on a job goes into quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuarantineSpec {
    /// With fewer failures the share is not looked at.
    pub evaluated_from: u64,
    /// More than this share of failures, in percent.
    pub percent: u64,
    /// More failures than these, references not counted.
    pub failures: u64,
    /// More failures than these of all kinds.
    pub total: u64,
}

/// One person of the tenant; what is not said is made up by `people/`.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// Entra source attributes by name; `None` (YAML null) takes the attribute away. Values may hold
    /// `{{prefix}}` (the run prefix) and `{{domain}}` (the mail domain).
    pub attributes: IndexMap<String, Option<String>>,
    /// Not in the directory until an `appear` step names the person.
    pub absent: bool,
    /// Key of the manager.
    pub manager: Option<String>,
    /// Values of the app roles that the person is assigned.
    pub roles: Vec<String>,
    /// Assigned to the application from the start.
    pub assigned: bool,
    /// `accountEnabled` from the start.
    pub enabled: bool,
    /// More people like this one: `many: 30` makes keys `crowd-1` to `crowd-30`. 0 means just one, without a number.
    pub many: usize,
    /// `usually: 11`: so many of them play in a scenario of the size `large` where no `--max-users` is said.
    pub usually: Option<usize>,
}

/// One group of the tenant.
#[derive(Debug, Clone, Default)]
pub struct GroupSpec {
    /// Entra source attributes by name; values may hold `{{prefix}}` and `{{domain}}`.
    pub attributes: IndexMap<String, Option<String>>,
    /// Not in the directory until an `appear` step names the group.
    pub absent: bool,
    /// Keys of people who are members from the start; the key of a `many` person means all of them.
    pub members: Vec<String>,
    /// Assigned to the application from the start.
    pub assigned: bool,
}

/// An account the target holds before the first cycle, made by the observer.
#[derive(Debug, Clone)]
pub struct AccountSpec {
    /// The person or group whose mapped values the account is made of; a group's account has no members.
    /// All of a `many` have one each.
    pub of: String,
    /// Letter case of the userName.
    pub letter_case: LetterCase,
    /// Target paths with other values than the person's; `None` leaves the attribute out. Strings may hold
    /// `{{prefix}}` and `{{domain}}`.
    pub with: IndexMap<String, Option<Value>>,
}

/// How an account's userName is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LetterCase {
    /// As the person's.
    #[default]
    Same,
    /// All upper case.
    Upper,
    /// All lower case.
    Lower,
}
