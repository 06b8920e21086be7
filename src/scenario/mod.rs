//! Scenarios: what a YAML file under `scenarios/` says, after it was read and checked.
//!
//! A scenario is played once per dialect, each time with its own people.

mod library;
mod loader;
#[cfg(test)]
pub(crate) mod testing;

use indexmap::IndexMap;
use serde_json::Value;

use crate::check::{About, Reading};
use crate::entra::mapping::{Edits, Mapping, RoleFunction, SelectionError};
use crate::wire::{Flow, Method, Proof, ResourceKind, Tenant};

pub use library::{builtin, from_dir, sources};
pub use loader::{load, load_as, unknown_faults};

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
    /// `size: large`: stays off for targets that are not loopback unless asked for.
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
    pub accounts: IndexMap<String, Account>,
    /// What happens, in order.
    pub timeline: Vec<Step>,
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
pub struct Account {
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

/// One step of a timeline.
#[derive(Debug, Clone)]
pub struct Step {
    /// Line in the file, from 1.
    pub line: usize,
    /// Whose judgement it is, if it judges.
    pub reading: Reading,
    /// What is done.
    pub action: Action,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Action {
    /// `test-connection`: the portal's button.
    TestConnection,
    /// `cycle`: the first is the initial cycle, later ones are incremental.
    Cycle,
    /// `on-demand: [ada]`: provision on demand; ignores the flag.
    OnDemand(Vec<String>),
    /// `restart`, `restart: full` or `restart: [Escrows, Watermark]`: Graph's resetScope, words separated by
    /// commas. Empty is the portal's button, which keeps links; `Full` drops them.
    Restart {
        /// The words.
        reset: String,
    },
    /// `allow-deletes`: what the accidental-deletion threshold holds back happens in the next cycle.
    AllowDeletes,
    /// `change-mapping: { rows: […] }`: an administrator saves another mapping.
    ChangeMapping(MappingChange),
    /// `change-scope: everyone`, or `assigned`.
    ChangeScope {
        /// Everybody is in scope.
        everyone: bool,
    },
    /// `token: wrong`: the service has a token the target does not take; `token: right` ends that.
    Token {
        /// The token is the target's.
        right: bool,
    },
    /// `discover: { count: 3 }`: account discovery pages through all users.
    Discover {
        /// Page size.
        count: usize,
    },
    /// `advance: 30 days`: the simulated clock, in hours.
    Advance {
        /// Hours to add.
        hours: u64,
    },
    /// `appear: [late]`: people and groups written with `absent: true` come into the directory. A purged
    /// one appears again as a new object with the same attributes.
    Appear(Vec<String>),
    /// `set: { ada: { displayName: X } }`: source attributes; null takes one away. Values may hold
    /// `{{prefix}}` and `{{domain}}`.
    Set(IndexMap<String, IndexMap<String, Option<String>>>),
    /// `set-manager: { ada: grace }`; null clears.
    SetManager(IndexMap<String, Option<String>>),
    /// `assign: [ada]`, people and groups.
    Assign(Vec<String>),
    /// `unassign: [ada]`.
    Unassign(Vec<String>),
    /// `assign-role: { ada: editor }`: app roles, by their values.
    AssignRole(IndexMap<String, Vec<String>>),
    /// `unassign-role: { ada: editor }`.
    UnassignRole(IndexMap<String, Vec<String>>),
    /// `block-sign-in: [ada]`: `accountEnabled` becomes false.
    BlockSignIn(Vec<String>),
    /// `allow-sign-in: [ada]`.
    AllowSignIn(Vec<String>),
    /// `soft-delete: [ada]`: into the recycle bin; groups are deleted at once.
    SoftDelete(Vec<String>),
    /// `restore: [ada]`: out of the recycle bin.
    Restore(Vec<String>),
    /// `purge: [ada]`: hard delete.
    Purge(Vec<String>),
    /// `add-members: { team: [ada] }`.
    AddMembers(IndexMap<String, Vec<String>>),
    /// `remove-members: { team: [ada] }`.
    RemoveMembers(IndexMap<String, Vec<String>>),
    /// `sign-in: client-credentials`, `sign-in: { with: federation, proof: expired }`: a fresh token is asked
    /// for, and raw requests go out with it from then on.
    SignIn {
        /// Which way.
        flow: Flow,
        /// What is shown to the token endpoint.
        proof: Proof,
    },
    /// `expect-token: { minutes: [60, 360] }`, `expect-token: refused`: what the last `sign-in` brought.
    ExpectToken(TokenExpectation),
    /// `request: { … }`: a raw request.
    Request(RawRequest),
    /// `expect-answer: { … }`: on the last raw request.
    ExpectAnswer(AnswerExpectation),
    /// `at-once: [{ … }]`: raw requests that are under way at the same time, five at most.
    AtOnce(Vec<Together>),
    /// `expect-answers: { succeeded: all }`: on the last `at-once`.
    ExpectAnswers(AnswersExpectation),
    /// `retry-refused`: what the last `at-once` was refused is sent again, one after the other, as the
    /// service does in its next cycle.
    RetryRefused,
    /// `expect-settled: { team: … }`: as `expect`; what is wrong at once is read again a little later.
    ExpectSettled(IndexMap<String, StateExpectation>),
    /// `expect-unseen: [ada]`: the second tenant shows nothing of their accounts, whichever way it is asked.
    ExpectUnseen(Vec<String>),
    /// `expect-untouchable: [ada]`: writes to their ids in the second tenant meet nobody.
    ExpectUntouchable(Vec<String>),
    /// `expect-token-apart`: the second tenant refuses the token of the first.
    ExpectTokenApart,
    /// `expect-walk: { of: users, count: 2, between: [ … ] }`: a walk over the pages of a list that changes
    /// meanwhile.
    ExpectWalk(WalkExpectation),
    /// `expect: { ada: … , team: … }`: state read back.
    Expect(IndexMap<String, StateExpectation>),
    /// `expect-mirrored: [ada]`: what the oracle says must stand at the target.
    ExpectMirrored(Vec<String>),
    /// `expect-updated: [ada]`: what the last cycle modified reads back as the directory has it.
    ExpectUpdated(Vec<String>),
    /// `expect-no-writes`: Entra sent no write in the last cycle or on-demand run.
    ExpectNoWrites,
    /// `expect-discovered: [ada]`: the last `discover` met the account of each of them exactly once, met no
    /// account twice, and every page told the same `totalResults`.
    ExpectDiscovered(Vec<String>),
    /// `expect-log: { ada: { action: create, status: skipped, code: X } }` of the last cycle or on-demand run.
    ExpectLog(IndexMap<String, LogExpectation>),
    /// `expect-deprovisioned: [ada]`: gone, or still readable with `active` false.
    ExpectDeprovisioned(Vec<String>),
    /// `update-attributes: { of: made, form: compact }`: one PATCH with a value for each attribute that can
    /// take one, and the resource read back.
    UpdateAttributes(AttributeUpdate),
    /// `clear-attributes: { of: made, with: empty }`: one PATCH that sets each optional mapped attribute to
    /// `""` or null, and the resource read back.
    ClearAttributes {
        /// Name of the answer that showed the resource.
        of: String,
        /// Null; otherwise an empty text.
        null: bool,
    },
    /// `expect-pages: { of: users, count: 5 }`: two pages and more, each with the `startIndex` asked for; with
    /// `by: cursor` all pages, by cursor (RFC 9865).
    ExpectPages {
        /// What is listed.
        kind: ResourceKind,
        /// Page size.
        count: usize,
        /// By cursor; otherwise by index.
        by_cursor: bool,
    },
    /// `expect-bulk-limits`: what is beyond the limits of bulk requests is answered 413.
    ExpectBulkLimits,
    /// `expect-discoverable`: every mapped attribute stands in /Schemas.
    ExpectDiscoverable,
    /// `expect-job: { quarantine: TooManyDeletes, held-back: [ada] }`: how the job stands after the last cycle.
    ExpectJob(JobExpectation),
}

/// One PATCH of many attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeUpdate {
    /// Name of the answer that showed the resource.
    pub of: String,
    /// What the resource is.
    pub kind: ResourceKind,
    /// How the PATCH is written.
    pub form: UpdateForm,
    /// `op: add` instead of replace.
    pub adds: bool,
    /// `from: schemas`: the attributes that /Schemas publishes, instead of those of the mapping.
    pub published: bool,
    /// `keep-matching: true`: what resources are matched by is left as it is. When nothing else is left, the
    /// PATCH has no operations, as the SCIM Validator sends it.
    pub keeps_matching: bool,
}

/// How a PATCH of many attributes is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateForm {
    /// One operation without a path for all but the elements of lists.
    Compact,
    /// One operation for each attribute.
    Verbose,
}

/// How the job must stand. What is not said is not asked.
#[derive(Debug, Clone, Default)]
pub struct JobExpectation {
    /// The reason it is in quarantine; an inner `None` is no quarantine.
    pub quarantine: Option<Option<String>>,
    /// Whose disable or delete is held back, exactly.
    pub held_back: Option<Vec<String>>,
    /// Who is to be tried again, exactly.
    pub failing: Option<Vec<String>>,
    /// Hours until the service begins its next cycle, rounded down.
    pub next_cycle: Option<u64>,
    /// The job was disabled after four weeks in quarantine.
    pub disabled: Option<bool>,
}

/// What the last `sign-in` must have brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenExpectation {
    /// A token, valid for so many minutes if said.
    Given {
        /// From and to, both included.
        minutes: Option<(u64, u64)>,
    },
    /// No token.
    Refused,
}

/// A raw request. Strings may hold `{{ada.id}}`, `{{ada.userName}}`, `{{made.id}}`, `{{prefix}}`,
/// `{{domain}}`, and the filters `|upper` and `|lower`. `{{ada.create}}` alone is the whole body with
/// which Entra would create ada's account, by the mapping in force.
#[derive(Debug, Clone)]
pub struct RawRequest {
    /// Which tenant it goes to.
    pub tenant: Tenant,
    /// Method.
    pub method: Method,
    /// Path below the base URL, as `/Users`.
    pub path: String,
    /// Query parameters in order, unencoded; they are form-encoded when sent.
    pub query: IndexMap<String, String>,
    /// Headers.
    pub headers: IndexMap<String, String>,
    /// Another spelling of `Bearer` in front of the token.
    pub scheme: Option<String>,
    /// JSON body.
    pub body: Option<Value>,
    /// Body as it is written here, JSON or not.
    pub text: Option<String>,
    /// Name under which the answer's members can be used later.
    pub capture: Option<String>,
    /// The scenario wants a refusal.
    pub provoked: bool,
}

/// Requests of a kind that are sent at the same time as others.
#[derive(Debug, Clone)]
pub struct Together {
    /// `each: crowd`: one request for each of these people, who are `{{each.id}}` in it.
    pub each: Option<String>,
    /// `times: 2`: how often it is sent, to each; 1 unless said.
    pub times: usize,
    /// The request.
    pub request: RawRequest,
}

/// How requests that were sent at the same time must have been answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswersExpectation {
    /// How many are answered with 2xx.
    pub succeeded: Successes,
    /// Statuses by which the others may be refused; empty means any.
    pub others: Vec<u16>,
}

/// How many requests succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Successes {
    /// Every one.
    All,
    /// So many.
    Exactly(usize),
}

/// A walk over the pages of a list while it changes: every account of the story that no request between
/// the pages concerns stands on one of them.
#[derive(Debug, Clone)]
pub struct WalkExpectation {
    /// What is listed.
    pub kind: ResourceKind,
    /// Page size.
    pub count: usize,
    /// By cursor; otherwise by index.
    pub by_cursor: bool,
    /// One goes out after each page, as long as there are any.
    pub between: Vec<RawRequest>,
}

/// What the last raw request must have been answered.
#[derive(Debug, Clone, Default)]
pub struct AnswerExpectation {
    /// Accepted statuses; empty means any 2xx.
    pub status: Vec<u16>,
    /// Statuses by which the target says that it does not do this, which is right too: nothing else is
    /// looked at then.
    pub or_refused: Vec<u16>,
    /// JSON pointer or member name to the value it must have, null for absent; templates are filled in.
    pub body: IndexMap<String, Value>,
    /// `scimType`, when one is demanded.
    pub scim_type: Option<String>,
    /// Members that must be there, and not empty.
    pub present: Vec<String>,
    /// Members that must be absent, null, `""`, or an empty list or object.
    pub empty: Vec<String>,
    /// Headers by name: the value, or `present` for any. Of Content-Type the media type alone is compared.
    pub headers: IndexMap<String, String>,
    /// Members or JSON pointers with a value that they must not have.
    pub unlike: IndexMap<String, Value>,
    /// Answers, people or groups whose resources stand in this order in the list; others may stand between.
    pub order: Vec<String>,
    /// Key of a person or group: the answer, or the first resource of its list, shows every value that the
    /// mapping gives for a create.
    pub holds: Option<String>,
}

/// What must stand at the target for one person or group.
#[derive(Debug, Clone, Default)]
pub struct StateExpectation {
    /// `ada: gone`: GET by id answers 404 and the matching filter finds nothing.
    pub gone: bool,
    /// `ada: never`: no account was ever made; the matching filter finds nothing.
    pub never: bool,
    /// Target path to value; JSON null means absent.
    pub attributes: IndexMap<String, Value>,
    /// `found-by: [id, matching, filterable]`.
    pub found_by: Vec<FoundBy>,
    /// `same-account-as: old`: the id is that of the account or earlier capture of that key. A person's or
    /// group's own key means the account that was first made or found for it in this scenario.
    pub same_account_as: Option<String>,
    /// `members: [ada]`: exactly these people, for groups.
    pub members: Option<Vec<String>>,
}

/// Ways to find an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// GET by id.
    Id,
    /// Filter on the matching attribute.
    Matching,
    /// Filter on each attribute the profile marks as matching or filterable.
    Filterable,
}

/// What the provisioning log of the last cycle must say of one object.
#[derive(Debug, Clone, Default)]
pub struct LogExpectation {
    /// `create`, `update`, `disable`, `delete`, `staged-delete`, `other`.
    pub action: Option<String>,
    /// `success`, `failure`, `skipped`.
    pub status: Option<String>,
    /// Entra's error code.
    pub code: Option<String>,
    /// Modified properties by source attribute.
    pub modified: IndexMap<String, ModifiedExpectation>,
}

/// What the log must say of one modified property. What is not said is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModifiedExpectation {
    /// Key of the person it held before; an inner `None` is an empty value.
    pub old: Option<Option<String>>,
    /// Key of the person it holds now; an inner `None` is an empty value.
    pub new: Option<Option<String>>,
}
