//! What happens in a scenario: the steps of its timeline.

use indexmap::IndexMap;

use super::MappingChange;
use super::expectation::{
    AnswerExpectation, AnswersExpectation, JobExpectation, LogExpectation, StateExpectation,
    TokenExpectation, WalkExpectation,
};
use super::request::{RawRequest, Together};
use crate::check::JudgedBy;
use crate::wire::{ClientProof, Flow, ResourceKind};

/// One step of a timeline.
#[derive(Debug, Clone)]
pub struct Step {
    /// Line in the file, from 1.
    pub line: usize,
    /// Whose judgement it is, if it judges.
    pub reading: JudgedBy,
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
        proof: ClientProof,
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
    /// `sweep-attributes: { of: ada, form: add }`: every attribute that /Schemas publishes as writable and the
    /// mapping does not write is written in one request and read back.
    SweepAttributes(AttributeSweep),
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

/// One look at every attribute that the mapping does not write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeSweep {
    /// The person or group whose accounts have the attributes.
    pub of: String,
    /// What is done with them.
    pub form: SweepForm,
}

/// What is done with the attributes of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepForm {
    /// A create with all of them.
    Create,
    /// A PATCH that adds all of them.
    Add,
    /// A PATCH that replaces all of them.
    Replace,
    /// A PATCH that removes all of them.
    Remove,
    /// Filters on the texts among them.
    Filter,
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
