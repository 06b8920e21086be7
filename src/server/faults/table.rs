//! Every fault, a line each: its name, its class, what it does, and the sentence about it.

use super::{Effect, FaultClass};
use super::{
    answers, bulk, creation, documents, drift, forms, identity, kept, lifecycle, lookups, managers,
    memberships, order, paging, requests, roles, shown, tenants, texts, tokens, transport, updates, versions,
};

/// Declares [`Fault`] from one table: name, class, effect and the sentence about it stand in one place.
macro_rules! faults {
    ($($(#[doc = $about:literal])+ $fault:ident = $name:literal, $class:ident, $effect:path;)+) => {
        /// A way to be wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault { $($(#[doc = $about])+ $fault,)+ }

        impl Fault {
            /// All faults.
            pub const ALL: &[Fault] = &[$(Fault::$fault,)+];

            /// The name on the command line and in the checks that must see it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Fault::$fault => $name,)+ }
            }

            /// What kind of damage it does.
            #[must_use]
            pub fn class(self) -> FaultClass {
                match self { $(Fault::$fault => FaultClass::$class,)+ }
            }

            /// One sentence: what this server does wrong.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Fault::$fault => concat!($($about),+).trim_ascii(),)+ }
            }

            /// What it does to requests, answers and the store.
            pub(in crate::server) fn effect(self) -> Effect {
                match self { $(Fault::$fault => $effect(),)+ }
            }
        }
    };
}

faults! {
    // Queries
    /// Queries answer everybody, whatever the filter asks for.
    FilterIgnored = "filter-ignored", Named, lookups::filter_ignored;
    /// Queries of groups answer every group, whatever the filter asks for.
    GroupFilterIgnored = "group-filter-ignored", Named, lookups::group_filter_ignored;
    /// A filter on `externalId` is dropped and everybody is answered.
    ExternalIdFilterIgnored = "external-id-filter-ignored", Named, lookups::external_id_filter_ignored;
    /// A filter that nothing matches is answered with 404.
    NotFoundForNoMatch = "not-found-for-no-match", Named, lookups::not_found_for_no_match;
    /// `eq` finds values that merely contain the one asked for.
    EqAsContains = "eq-as-contains", Named, lookups::eq_as_contains;
    /// `eq` finds values that merely begin with the one asked for.
    EqAsPrefix = "eq-as-prefix", Named, lookups::eq_as_prefix;
    /// An apostrophe in a filter is answered with 500.
    ApostropheBreaksFilter = "apostrophe-breaks-filter", Named, lookups::apostrophe_breaks_filter;
    /// Letters beyond ASCII in a filter are answered with 400.
    NonAsciiBreaksFilter = "non-ascii-breaks-filter", Named, lookups::non_ascii_breaks_filter;
    /// Backslash escapes in a filter's string are not decoded, so that quotes are never found.
    EscapesNotDecoded = "escapes-not-decoded", Named, lookups::escapes_not_decoded;
    /// The query string is decoded twice, so that a plus becomes a space.
    QueryDecodedTwice = "query-decoded-twice", Named, lookups::query_decoded_twice;
    /// A filter is cut where an operator's name stands within its string.
    FilterSplitAtOperators = "filter-split-at-operators", Named, lookups::filter_split_at_operators;
    /// A filter's string ends at its first space.
    FilterSplitsAtSpaces = "filter-splits-at-spaces", Named, lookups::filter_splits_at_spaces;
    /// A filter on `userName` is refused.
    UserNameFilterRefused = "user-name-filter-refused", Named, lookups::user_name_filter_refused;
    /// A filter that nothing matches is answered with the first resource there is.
    FiltersAnswerFirstResource = "filters-answer-first-resource", Swap, lookups::filters_answer_first_resource;
    /// Filters find nothing, whatever is there.
    FiltersFindNothing = "filters-find-nothing", Hide, lookups::filters_find_nothing;
    /// Filters with a value path find nothing.
    ValuePathFiltersFindNothing = "value-path-filters-find-nothing", Hide, lookups::value_path_filters_find_nothing;
    /// `userName` is compared with letter case, in filters and for uniqueness.
    UserNameCaseExact = "user-name-case-exact", Named, lookups::user_name_case_exact;
    /// `userName` is compared with letter case in filters, and without it for uniqueness.
    UserNameFilterCaseExact = "user-name-filter-case-exact", Named, lookups::user_name_filter_case_exact;
    /// `displayName` of groups is compared with letter case in filters.
    GroupNameCaseExact = "group-name-case-exact", Named, lookups::group_name_case_exact;
    /// Looking up an unknown `userName` creates a user of that name.
    LookupCreatesUser = "lookup-creates-user", Named, lookups::lookup_creates_user;
    /// Filters find no users that somebody other than Entra created.
    HidesAccountsMadeElsewhere = "hides-accounts-made-elsewhere", Named, lookups::hides_accounts_made_elsewhere;
    /// After a rename, filters go on finding a user by the old `userName`.
    StaleUserNameIndex = "stale-user-name-index", Stale, lookups::stale_user_name_index;
    /// Disabled users are 404 by id and missing from lists.
    HidesDisabledUsers = "hides-disabled-users", Named, lookups::hides_disabled_users;
    /// Disabled users are found by id but not by filters.
    ListsHideDisabledUsers = "lists-hide-disabled-users", Named, lookups::lists_hide_disabled_users;
    /// A query with one hit is answered with the resource in place of a list.
    QueryAnswersResource = "query-answers-resource", Named, lookups::query_answers_resource;
    /// Lists are answered as bare arrays.
    BareArrayLists = "bare-array-lists", Named, lookups::bare_array_lists;
    /// A read by id is answered with a list of one.
    ListOnRead = "list-on-read", Named, lookups::list_on_read;
    /// Lists show names and ids and leave the other attributes out.
    ListsShowSummaries = "lists-show-summaries", Truncate, lookups::lists_show_summaries;
    /// The parameter `attributes` is ignored.
    AttributesIgnored = "attributes-ignored", Named, lookups::attributes_ignored;
    /// With the parameter `attributes` the answer lacks `id`.
    AttributesWithoutId = "attributes-without-id", Drop, lookups::attributes_without_id;
    /// The parameter `excludedAttributes` is ignored.
    ExcludedAttributesIgnored = "excluded-attributes-ignored", Named, lookups::excluded_attributes_ignored;
    // What happens at the same time, and what happens later
    /// Of two changes of a group at the same time one is lost: each reads it, changes it and writes all of it back.
    GroupUpdateLost = "group-update-lost", Named, drift::group_update_lost;
    /// Of two changes of a group at the same time one is answered with 500.
    GroupLockError = "group-lock-error", Named, drift::group_lock_error;
    /// Whether a `userName` is taken is looked up a moment before the user is kept.
    UniquenessCheckedEarly = "uniqueness-checked-early", Duplicate, drift::uniqueness_checked_early;
    /// The change of a user is undone when somebody else is written.
    UpdateUndoneLater = "update-undone-later", Stale, drift::update_undone_later;
    /// A cursor counts the resources before it, so that it skips somebody when one of them goes.
    CursorCountsResources = "cursor-counts-resources", Hide, drift::cursor_counts_resources;
    /// Each create turns the order of lists round.
    OrderTurnsWithCreates = "order-turns-with-creates", Swap, drift::order_turns_with_creates;
    // Tenants
    /// A read by id finds users and groups of other tenants.
    TenantIgnoredById = "tenant-ignored-by-id", Named, tenants::by_id;
    /// Filters find users and groups of other tenants.
    TenantIgnoredByFilters = "tenant-ignored-by-filters", Named, tenants::by_filters;
    /// Lists without a filter show users and groups of other tenants.
    TenantIgnoredByLists = "tenant-ignored-by-lists", Named, tenants::by_lists;
    /// `.search` finds users and groups of other tenants.
    TenantIgnoredBySearch = "tenant-ignored-by-search", Named, tenants::by_search;
    /// Updates and deletes reach users and groups of other tenants.
    TenantIgnoredByWrites = "tenant-ignored-by-writes", Named, tenants::by_writes;
    /// A `userName` is taken when another tenant has it.
    UserNameUniqueOverTenants = "user-name-unique-over-tenants", Named, tenants::unique_over_tenants;
    /// The token of one tenant opens every other.
    TokenOpensOtherTenants = "token-opens-other-tenants", Named, tenants::token_opens_all;
    // Paging
    /// Every page is the first one.
    StartIndexIgnored = "start-index-ignored", Named, paging::start_index_ignored;
    /// Pages begin one too early, so that somebody is on two of them.
    PagingOverlaps = "paging-overlaps", Named, paging::paging_overlaps;
    /// Pages begin one too late, so that somebody is on none of them.
    PagingSkips = "paging-skips", Named, paging::paging_skips;
    /// Beyond the end the last page is answered again.
    LastPageRepeated = "last-page-repeated", Named, paging::last_page_repeated;
    /// `totalResults` counts the page in place of everything.
    TotalIsPageSize = "total-is-page-size", Named, paging::total_is_page_size;
    /// `totalResults` counts everything there is in place of what matches.
    TotalResultsUnfiltered = "total-results-unfiltered", Named, paging::total_results_unfiltered;
    /// The parameter `count` is ignored.
    CountIgnored = "count-ignored", Named, paging::count_ignored;
    /// `count=0` is answered with everybody.
    CountZeroReturnsAll = "count-zero-returns-all", Named, paging::count_zero_returns_all;
    /// A page beyond the end is answered with 404.
    PageBeyondEndIsError = "page-beyond-end-is-error", Named, paging::page_beyond_end_is_error;
    /// `itemsPerPage` repeats the count asked for, however many resources there are.
    ItemsPerPageIsCount = "items-per-page-is-count", Named, paging::items_per_page_is_count;
    /// `startIndex` is counted from zero in answers.
    StartIndexFromZero = "start-index-from-zero", Named, paging::start_index_from_zero;
    /// Every other list comes in the opposite order.
    UnorderedPages = "unordered-pages", Swap, paging::unordered_pages;
    /// `startIndex` is 1 in every answer.
    StartIndexFixed = "start-index-fixed", Stale, paging::start_index_fixed;
    /// Lists name their resources `resources`.
    ResourcesLowerCase = "resources-lower-case", Named, paging::resources_lower_case;
    /// A list of one holds its resource without a list around it.
    ResourcesSingleObject = "resources-single-object", Retype, paging::resources_single_object;
    // Order and cursors
    /// ServiceProviderConfig promises sorted lists, and `sortBy` is ignored.
    SortIgnored = "sort-ignored", Named, order::sort_ignored;
    /// Lists are sorted in ascending order, whatever `sortOrder` says.
    SortOrderIgnored = "sort-order-ignored", Named, order::sort_order_ignored;
    /// Upper case comes before lower case when `userName` is sorted by.
    SortCaseExact = "sort-case-exact", Named, order::sort_case_exact;
    /// Users without a title come first when it is sorted by in ascending order.
    SortMissingFirst = "sort-missing-first", Swap, order::sort_missing_first;
    /// `sortBy` is ignored in the body of a `.search`.
    SearchSortIgnored = "search-sort-ignored", Named, order::search_sort_ignored;
    /// ServiceProviderConfig promises paging by cursor, and `cursor` is ignored.
    CursorIgnored = "cursor-ignored", Named, order::cursor_ignored;
    /// Every page by cursor is the first one.
    CursorRepeatsPage = "cursor-repeats-page", Stale, order::cursor_repeats_page;
    /// Each page by cursor but the first lacks its first resource.
    CursorSkips = "cursor-skips", Hide, order::cursor_skips;
    /// The first page by cursor has a `previousCursor`.
    PreviousCursorAtFirst = "previous-cursor-at-first", Named, order::previous_cursor_at_first;
    /// Cursors end in `==`.
    CursorNotUrlSafe = "cursor-not-url-safe", Named, order::cursor_not_url_safe;
    /// A cursor that was never given out is answered with the first page.
    InvalidCursorAccepted = "invalid-cursor-accepted", Named, order::invalid_cursor_accepted;
    /// `count=0` with a cursor is answered with everybody.
    CursorCountZeroIgnored = "cursor-count-zero-ignored", Named, order::cursor_count_zero_ignored;
    // Creating, disabling and deleting
    /// A create is answered with 200.
    CreateAnswers200 = "create-answers-200", Named, creation::create_answers_200;
    /// A user is created and the answer is 409.
    CreateAnswers409 = "create-answers-409", Named, creation::create_answers_409;
    /// A create is answered without a Location header.
    LocationHeaderMissing = "location-header-missing", Named, creation::location_header_missing;
    /// A create is answered without a body.
    CreateAnswersEmpty = "create-answers-empty", Drop, creation::create_answers_empty;
    /// A create is answered with 201 and nothing is kept.
    CreateNotStored = "create-not-stored", Named, creation::create_not_stored;
    /// The answer to a create shows names that are not those that are kept.
    CreateAnswerWrong = "create-answer-wrong", Named, creation::create_answer_wrong;
    /// The answer to a create shows names and id alone.
    CreateAnswerPartial = "create-answer-partial", Truncate, creation::create_answer_partial;
    /// A value that is taken is answered with 500 in place of 409.
    ConflictAnswers500 = "conflict-answers-500", Named, creation::conflict_answers_500;
    /// Two users may have one `userName`.
    DuplicateUserAccepted = "duplicate-user-accepted", Duplicate, creation::duplicate_user_accepted;
    /// Two groups may have one `displayName`.
    DuplicateGroupAccepted = "duplicate-group-accepted", Duplicate, creation::duplicate_group_accepted;
    /// A second user whose `userName` differs in letter case only is accepted.
    DuplicateByCaseAccepted = "duplicate-by-case-accepted", Named, creation::duplicate_by_case_accepted;
    /// A create with a `userName` that is taken is answered with 201 and the other user.
    DuplicateAdoptsExisting = "duplicate-adopts-existing", Named, creation::duplicate_adopts_existing;
    /// A PATCH may give a user somebody else's `userName`.
    NoUniquenessOnPatch = "no-uniqueness-on-patch", Named, creation::no_uniqueness_on_patch;
    /// A user without an e-mail address is refused.
    RequiresEmail = "requires-email", Named, creation::requires_email;
    /// A user without a manager is refused.
    RequiresManager = "requires-manager", Named, creation::requires_manager;
    /// A group without members is refused.
    RequiresMembers = "requires-members", Named, creation::requires_members;
    /// A group whose `schemas` names one that is published nowhere is refused.
    RefusesUnknownSchemas = "refuses-unknown-schemas", Named, creation::refuses_unknown_schemas;
    /// A new user gets a manager nobody named.
    InventsManager = "invents-manager", Named, creation::invents_manager;
    /// A new group gets a member nobody named.
    InventsMembers = "invents-members", Named, creation::invents_members;
    /// `externalId` is overwritten with an id of the server's own.
    ExternalIdInvented = "external-id-invented", Named, creation::external_id_invented;
    /// `active: false` is accepted and the user stays active.
    DisableIgnored = "disable-ignored", Named, lifecycle::disable_ignored;
    /// A disabled user is deleted.
    DeletesOnDisable = "deletes-on-disable", Named, lifecycle::deletes_on_disable;
    /// A disabled user loses all groups.
    DisableDropsMemberships = "disable-drops-memberships", Wipe, lifecycle::disable_drops_memberships;
    /// A disabled user loses all but its names.
    DisableWipesAttributes = "disable-wipes-attributes", Wipe, lifecycle::disable_wipes_attributes;
    /// A disabled user cannot be enabled again.
    RefusesReenable = "refuses-reenable", Named, lifecycle::refuses_reenable;
    /// A user that is enabled again gets another id.
    ReenableChangesId = "reenable-changes-id", Swap, lifecycle::reenable_changes_id;
    /// A user that is enabled again gets back the values it had when it was disabled.
    EnableRestoresOldValues = "enable-restores-old-values", Stale, lifecycle::enable_restores_old_values;
    /// DELETE of a user is answered with 204 and the user stays.
    DeleteIgnored = "delete-ignored", Named, lifecycle::delete_ignored;
    /// DELETE of a group is answered with 204 and the group stays.
    GroupDeleteIgnored = "group-delete-ignored", Named, lifecycle::group_delete_ignored;
    /// A disabled user cannot be deleted.
    DeleteRefusesDisabled = "delete-refuses-disabled", Named, lifecycle::delete_refuses_disabled;
    /// DELETE disables a user, who stays to be found.
    DeleteDisables = "delete-disables", Named, lifecycle::delete_disables;
    /// A deleted user is 404 by id and still in lists.
    DeletedUserInLists = "deleted-user-in-lists", Stale, lifecycle::deleted_user_in_lists;
    /// A deleted user is still read by its id.
    DeletedUserReadable = "deleted-user-readable", Stale, lifecycle::deleted_user_readable;
    /// The `userName` of a deleted user cannot be used again.
    TombstoneBlocksCreate = "tombstone-blocks-create", Named, lifecycle::tombstone_blocks_create;
    /// A deleted user stays a member of its groups.
    DeletedUserStaysMember = "deleted-user-stays-member", Named, lifecycle::deleted_user_stays_member;
    /// Every update gives a user another id.
    IdChangesOnUpdate = "id-changes-on-update", Swap, lifecycle::id_changes_on_update;
    /// An id nobody has is answered with 500.
    NotFoundIs500 = "not-found-is-500", Named, lifecycle::not_found_is_500;
    /// Every token is as good as the right one, and so is none.
    AnyTokenAccepted = "any-token-accepted", Named, lifecycle::any_token_accepted;
    // Tokens
    /// Tokens of the token endpoint are said to be valid for five minutes.
    TokenLifetimeTooShort = "token-lifetime-too-short", Named, tokens::token_lifetime_too_short;
    /// Tokens of the token endpoint are said to be valid for a day.
    TokenLifetimeTooLong = "token-lifetime-too-long", Named, tokens::token_lifetime_too_long;
    /// The token endpoint does not say how long its tokens are valid.
    TokenLifetimeUnsaid = "token-lifetime-unsaid", Drop, tokens::token_lifetime_unsaid;
    /// The token endpoint answers without a token.
    AccessTokenMissing = "access-token-missing", Drop, tokens::access_token_missing;
    /// The token endpoint gives a token for any client secret.
    AnyClientSecretAccepted = "any-client-secret-accepted", Named, tokens::any_client_secret_accepted;
    /// The token endpoint refuses the client's own secret.
    ClientSecretRefused = "client-secret-refused", Named, tokens::client_secret_refused;
    /// The token endpoint answers an assertion with 500.
    AssertionBreaksEndpoint = "assertion-breaks-endpoint", Named, tokens::assertion_breaks_endpoint;
    /// Tokens of the token endpoint are refused by SCIM.
    IssuedTokenRefused = "issued-token-refused", Named, tokens::issued_token_refused;
    /// The token endpoint answers with a web page.
    HtmlTokenEndpoint = "html-token-endpoint", Named, tokens::html_token_endpoint;
    /// The token endpoint does not take forms.
    TokenFormRefused = "token-form-refused", Named, tokens::token_form_refused;
    /// The signature of Entra's assertions and tokens is not checked.
    AssertionSignatureIgnored = "assertion-signature-ignored", Named, tokens::assertion_signature_ignored;
    /// Assertions and tokens with the algorithm `none` are accepted.
    UnsignedAssertionAccepted = "unsigned-assertion-accepted", Named, tokens::unsigned_assertion_accepted;
    /// The audience of Entra's assertions and tokens is not checked.
    AssertionAudienceIgnored = "assertion-audience-ignored", Named, tokens::assertion_audience_ignored;
    /// Assertions and tokens of Entra's that have expired are accepted.
    AssertionExpiryIgnored = "assertion-expiry-ignored", Named, tokens::assertion_expiry_ignored;
    /// Assertions and tokens of Entra's that are not valid yet are accepted.
    AssertionStartIgnored = "assertion-start-ignored", Named, tokens::assertion_start_ignored;
    /// The issuer's keys are read once and never again.
    KeysCachedForever = "keys-cached-forever", Stale, tokens::keys_cached_forever;
    /// Of the issuer's keys the first is read and the others are not.
    FirstKeyOnly = "first-key-only", Truncate, tokens::first_key_only;
    /// Any scheme opens SCIM, whatever stands behind it.
    AnySchemeAccepted = "any-scheme-accepted", Named, tokens::any_scheme_accepted;
    /// The scheme is read as `Bearer` in these very letters.
    SchemeCaseExact = "scheme-case-exact", Named, tokens::scheme_case_exact;
    /// A token that has expired is accepted.
    ExpiredTokenAccepted = "expired-token-accepted", Stale, tokens::expired_token_accepted;
    /// A token for another server is accepted.
    ForeignTokenAccepted = "foreign-token-accepted", Swap, tokens::foreign_token_accepted;
    // Passwords
    /// Answers to writes show the password.
    PasswordEchoed = "password-echoed", Named, lifecycle::password_echoed;
    /// Reads show the password.
    PasswordShownByReads = "password-shown-by-reads", Named, lifecycle::password_shown_by_reads;
    /// An attribute of a published extension that is `writeOnly` and returned `never` is shown.
    WriteOnlyReturned = "write-only-returned", Named, identity::write_only_returned;
    // PATCH on users
    /// `"active": "False"` is accepted and changes nothing.
    IgnoresStringBoolean = "ignores-string-boolean", Named, updates::ignores_string_boolean;
    /// `"active": "False"` is refused.
    RefusesStringBoolean = "refuses-string-boolean", Named, updates::refuses_string_boolean;
    /// `active` is kept and answered as the string that was sent.
    StringBooleanEchoed = "string-boolean-echoed", Retype, updates::string_boolean_echoed;
    /// Of a PATCH the first change is made and the others are not.
    AppliesFirstOperationOnly = "applies-first-operation-only", Truncate, updates::applies_first_operation_only;
    /// `Add`, `Replace` and `Remove` are refused because of their capital letter.
    RefusesCapitalOp = "refuses-capital-op", Named, updates::refuses_capital_op;
    /// A PATCH that fails leaves the operations before the failing one done.
    PatchNotAtomic = "patch-not-atomic", Named, updates::patch_not_atomic;
    /// A PATCH refused with 409 keeps the changes that do not collide.
    ConflictKeepsOtherChanges = "conflict-keeps-other-changes", Named, updates::conflict_keeps_other_changes;
    /// A PATCH on a user is accepted and changes nothing.
    PatchNotApplied = "patch-not-applied", Named, updates::patch_not_applied;
    /// Operations without a path are accepted and change nothing.
    PathlessPatchIgnored = "pathless-patch-ignored", Named, updates::pathless_patch_ignored;
    /// Remove operations are accepted and change nothing.
    RemoveIgnored = "remove-ignored", Named, updates::remove_ignored;
    /// A replace of `displayName` is accepted and changes nothing.
    IgnoresDisplayNameReplace = "ignores-display-name-replace", Named, updates::ignores_display_name_replace;
    /// A change of `userName` is refused.
    UserNameImmutable = "user-name-immutable", Named, updates::user_name_immutable;
    /// A change of `userName` is accepted and changes nothing.
    IgnoresUserNameChange = "ignores-user-name-change", Named, updates::ignores_user_name_change;
    /// A change of `externalId` is refused.
    ExternalIdImmutable = "external-id-immutable", Named, updates::external_id_immutable;
    /// Paths behind a schema's URN are accepted and change nothing.
    UrnPathsIgnored = "urn-paths-ignored", Named, updates::urn_paths_ignored;
    /// Keys behind a schema's URN, in operations without a path, are accepted and change nothing.
    UrnKeysIgnored = "urn-keys-ignored", Named, updates::urn_keys_ignored;
    /// Dotted keys of operations without a path become attributes of that very name.
    DottedKeysLiteral = "dotted-keys-literal", Named, updates::dotted_keys_literal;
    /// A path behind a URN is split at the dot of `2.0` and kept under both halves.
    UrnSplitAtDot = "urn-split-at-dot", Named, updates::urn_split_at_dot;
    /// Setting one part of a complex value takes its other parts away.
    ComplexReplaceWipesSiblings = "complex-replace-wipes-siblings", Wipe, updates::complex_replace_wipes_siblings;
    /// A replace takes away the attributes it does not name.
    ReplaceWipesOtherAttributes = "replace-wipes-other-attributes", Wipe, updates::replace_wipes_other_attributes;
    /// A value path that selects nothing is refused with `noTarget`.
    ValuePathNoTarget = "value-path-no-target", Named, updates::value_path_no_target;
    /// A value path that selects nothing is accepted and changes nothing.
    ValuePathCreateIgnored = "value-path-create-ignored", Named, updates::value_path_create_ignored;
    /// A value path always appends an element, even beside one it selects.
    ValuePathAppendsAlways = "value-path-appends-always", Duplicate, updates::value_path_appends_always;
    /// A value path leaves its element as the only one.
    ValuePathReplacesList = "value-path-replaces-list", Wipe, updates::value_path_replaces_list;
    /// A PATCH is answered with the resource as it was before.
    StalePatchAnswer = "stale-patch-answer", Stale, updates::stale_patch_answer;
    /// A PATCH is answered with 200 and no body.
    PatchAnswers200WithoutBody = "patch-answers-200-without-body", Drop, updates::patch_answers_200_without_body;
    /// A PATCH is answered with its own request.
    PatchAnswersItsRequest = "patch-answers-its-request", Named, updates::patch_answers_its_request;
    /// A PATCH on a user is done and answered with 500.
    PatchAnswers500 = "patch-answers-500", Named, updates::patch_answers_500;
    /// Answers to writes show a `nickName` that is not kept.
    WriteAnswersInvent = "write-answers-invent", Named, updates::write_answers_invent;
    /// `lastModified` goes back by an hour with every PATCH.
    LastModifiedGoesBack = "last-modified-goes-back", Named, updates::last_modified_goes_back;
    /// `created` moves with every PATCH.
    CreatedChanges = "created-changes", Named, updates::created_changes;
    // App roles
    /// Creates do not keep `roles`.
    RolesNotKept = "roles-not-kept", Drop, roles::roles_not_kept;
    /// An add of roles puts them in place of the others.
    RoleAddReplacesList = "role-add-replaces-list", Wipe, roles::role_add_replaces_list;
    /// A replace of roles adds them to the others.
    RoleReplaceAdds = "role-replace-adds", Named, roles::role_replace_adds;
    // Managers
    /// A manager sent as a bare string is refused.
    RefusesManagerString = "refuses-manager-string", Named, managers::refuses_manager_string;
    /// The manager is answered as a bare string.
    ManagerAsString = "manager-as-string", Retype, managers::manager_as_string;
    /// An add of a manager is accepted and changes nothing.
    IgnoresManagerAdd = "ignores-manager-add", Named, managers::ignores_manager_add;
    /// A replace of the manager is accepted and changes nothing.
    IgnoresManagerReplace = "ignores-manager-replace", Named, managers::ignores_manager_replace;
    /// Clearing the manager is accepted and changes nothing.
    IgnoresManagerRemove = "ignores-manager-remove", Named, managers::ignores_manager_remove;
    /// Clearing the manager is refused.
    RefusesManagerRemove = "refuses-manager-remove", Named, managers::refuses_manager_remove;
    /// A cleared manager is kept as an empty value.
    EmptyManagerKept = "empty-manager-kept", Named, managers::empty_manager_kept;
    // Groups
    /// An add of members is accepted and changes nothing.
    MemberAddIgnored = "member-add-ignored", Named, memberships::member_add_ignored;
    /// An add of members puts them in place of the others.
    MemberAddReplacesList = "member-add-replaces-list", Wipe, memberships::member_add_replaces_list;
    /// Of several members that are added the first is kept.
    MemberAddTakesFirstOnly = "member-add-takes-first-only", Truncate, memberships::member_add_takes_first_only;
    /// A member that is added again is there twice.
    MemberAddDuplicates = "member-add-duplicates", Duplicate, memberships::member_add_duplicates;
    /// A member that is added again is answered with 409.
    MemberReAddRefused = "member-re-add-refused", Named, memberships::member_re_add_refused;
    /// Removing members is accepted and changes nothing.
    MemberRemoveIgnored = "member-remove-ignored", Named, memberships::member_remove_ignored;
    /// Removing members that the value names is accepted and changes nothing.
    MemberRemoveValueIgnored = "member-remove-value-ignored", Named, memberships::member_remove_value_ignored;
    /// Removing members that the value names is refused.
    MemberRemoveValueRefused = "member-remove-value-refused", Named, memberships::member_remove_value_refused;
    /// Removing the member that a value path selects is refused.
    MemberRemovePathRefused = "member-remove-path-refused", Named, memberships::member_remove_path_refused;
    /// Removing one member removes all.
    MemberRemoveWipesGroup = "member-remove-wipes-group", Wipe, memberships::member_remove_wipes_group;
    /// Whoever is removed from one group leaves all groups.
    MemberRemoveLeavesAllGroups = "member-remove-leaves-all-groups", Wipe, memberships::member_remove_leaves_all_groups;
    /// Removing somebody who is no member is refused.
    RemoveAbsentMemberIsError = "remove-absent-member-is-error", Named, memberships::remove_absent_member_is_error;
    /// Whoever is added to a group leaves all others.
    SecondGroupTakesMemberAway = "second-group-takes-member-away", Wipe, memberships::second_group_takes_member_away;
    /// A group keeps its first twenty members.
    MembersCutAtTwenty = "members-cut-at-twenty", Truncate, memberships::members_cut_at_twenty;
    /// A group whose last member leaves is deleted.
    EmptyGroupDeleted = "empty-group-deleted", Named, memberships::empty_group_deleted;
    /// Deleting a group deletes the users in it.
    GroupDeleteCascades = "group-delete-cascades", Named, memberships::group_delete_cascades;
    /// A group that is renamed loses its members.
    GroupRenameWipesMembers = "group-rename-wipes-members", Wipe, memberships::group_rename_wipes_members;
    /// A change of a group's name is refused.
    GroupRenameRefused = "group-rename-refused", Named, memberships::group_rename_refused;
    /// Groups never show their members.
    MembersNeverShown = "members-never-shown", Drop, memberships::members_never_shown;
    /// Members are answered as bare ids.
    MembersAsStrings = "members-as-strings", Retype, memberships::members_as_strings;
    /// A user's `groups` show what they were before the last change of a group.
    UserGroupsStale = "user-groups-stale", Stale, memberships::user_groups_stale;
    /// A PATCH on a group is answered with all of its members.
    GroupPatchListsMembers = "group-patch-lists-members", Named, memberships::group_patch_lists_members;
    // Values
    /// Phone numbers are kept as digits alone.
    ReformatsPhoneNumbers = "reformats-phone-numbers", Named, texts::reformats_phone_numbers;
    /// Names lose every letter beyond ASCII.
    StripsNonAscii = "strips-non-ascii", Named, texts::strips_non_ascii;
    /// Letters with marks are kept as letter and combining mark.
    NormalisesUnicode = "normalises-unicode", Named, texts::normalises_unicode;
    /// Names lose emoji and whatever else takes four bytes.
    DropsFourByteCharacters = "drops-four-byte-characters", Named, texts::drops_four_byte_characters;
    /// Names are kept in lower case.
    LowerCasedValues = "lower-cased-values", Named, texts::lower_cased_values;
    /// Names are kept with HTML's escapes.
    HtmlEscapedValues = "html-escaped-values", Named, texts::html_escaped_values;
    /// An `employeeNumber` of digits is kept as a number.
    NumbersFromText = "numbers-from-text", Retype, texts::numbers_from_text;
    /// An `employeeNumber` loses its leading zeros.
    LeadingZerosDropped = "leading-zeros-dropped", Named, texts::leading_zeros_dropped;
    /// `externalId` of users is not kept.
    DropsExternalId = "drops-external-id", Drop, texts::drops_external_id;
    /// `externalId` of groups is not kept.
    DropsGroupExternalId = "drops-group-external-id", Drop, texts::drops_group_external_id;
    /// Phone numbers are not kept.
    DropsPhoneNumbers = "drops-phone-numbers", Drop, texts::drops_phone_numbers;
    /// What a create says in the enterprise extension is not kept.
    DropsEnterpriseExtension = "drops-enterprise-extension", Drop, texts::drops_enterprise_extension;
    // Answers as messages
    /// Lists are answered with an HTML page.
    HtmlAnswers = "html-answers", Named, answers::html_answers;
    /// JSON is labelled as HTML.
    HtmlMediaType = "html-media-type", Named, answers::html_media_type;
    /// Errors are answered with an HTML page.
    HtmlErrors = "html-errors", Named, answers::html_errors;
    /// Answers are labelled `application/json`.
    PlainJsonMediaType = "plain-json-media-type", Named, answers::plain_json_media_type;
    /// Errors are labelled `application/json`.
    PlainJsonErrors = "plain-json-errors", Named, answers::plain_json_errors;
    /// Answers have no Content-Type.
    NoMediaType = "no-media-type", Drop, answers::no_media_type;
    /// Answers are written in ISO 8859-1.
    Latin1Charset = "latin-1-charset", Named, answers::latin_1_charset;
    /// The last byte of reads and lists is missing.
    BrokenJson = "broken-json", Truncate, answers::broken_json;
    /// Resources hold `displayName` twice.
    DuplicateKeys = "duplicate-keys", Duplicate, answers::duplicate_keys;
    /// Answers begin with a byte order mark.
    ByteOrderMark = "byte-order-mark", Named, answers::byte_order_mark;
    /// Errors are answered with 200.
    ErrorsAs200 = "errors-as-200", Named, answers::errors_as_200;
    /// `status` of errors is a number.
    ErrorStatusNumber = "error-status-number", Retype, answers::error_status_number;
    /// `status` of errors is always "500".
    ErrorStatusDiffers = "error-status-differs", Named, answers::error_status_differs;
    /// Errors have no `schemas`.
    ErrorWithoutSchemas = "error-without-schemas", Drop, answers::error_without_schemas;
    /// `detail` of errors is an object.
    ErrorDetailObject = "error-detail-object", Retype, answers::error_detail_object;
    /// Errors have no body.
    ErrorWithoutBody = "error-without-body", Drop, answers::error_without_body;
    /// Errors are answered in a web framework's own form.
    FrameworkErrors = "framework-errors", Named, answers::framework_errors;
    /// Conflicts have no `scimType`.
    ConflictWithoutKeyword = "conflict-without-keyword", Drop, answers::conflict_without_keyword;
    /// Conflicts have a `scimType` nobody knows.
    ConflictKeywordWrong = "conflict-keyword-wrong", Named, answers::conflict_keyword_wrong;
    /// Errors show a stack trace.
    StackTracesShown = "stack-traces-shown", Named, answers::stack_traces_shown;
    /// A missing token is answered without WWW-Authenticate.
    ChallengeMissing = "challenge-missing", Drop, answers::challenge_missing;
    /// The Location header and `meta.location` differ.
    LocationHeaderWrong = "location-header-wrong", Named, answers::location_header_wrong;
    /// A create takes its `id` from the request, or from `externalId`.
    IdFromClient = "id-from-client", Named, identity::id_from_client;
    /// A create of a user is answered with an account that was there before.
    CreateAnswersExisting = "create-answers-existing", Named, identity::create_answers_existing;
    /// The id of a deleted resource is given to the next one.
    IdsReused = "ids-reused", Duplicate, identity::ids_reused;
    /// Ids hold the reserved word `bulkId`.
    IdsWithBulkId = "ids-with-bulk-id", Named, identity::ids_with_bulk_id;
    /// `schemas` lacks the core schema.
    BaseSchemaMissing = "base-schema-missing", Drop, identity::base_schema_missing;
    /// `schemas` lacks the extension whose attributes are shown.
    ExtensionNotDeclared = "extension-not-declared", Drop, identity::extension_not_declared;
    /// `schemas` names a schema that is published nowhere.
    UnknownSchemasKept = "unknown-schemas-kept", Named, identity::unknown_schemas_kept;
    /// Answers show an attribute that no schema defines.
    UnpublishedAttributes = "unpublished-attributes", Named, identity::unpublished_attributes;
    /// Answers write `UserName` and `DisplayName`.
    NamesCapitalised = "names-capitalised", Named, identity::names_capitalised;
    /// `meta.resourceType` of users is Group, and the other way round.
    ResourceTypeWrong = "resource-type-wrong", Swap, identity::resource_type_wrong;
    /// Answers leave out `meta.location`.
    MetaLocationMissing = "meta-location-missing", Drop, identity::meta_location_missing;
    /// `meta.location` names another resource.
    MetaLocationWrong = "meta-location-wrong", Swap, identity::meta_location_wrong;
    /// `lastModified` lies before `created`.
    ModifiedBeforeCreated = "modified-before-created", Stale, identity::modified_before_created;
    /// Dates have no zone.
    DatesWithoutZone = "dates-without-zone", Drop, identity::dates_without_zone;
    /// The ETag header and `meta.version` differ.
    EtagWrong = "etag-wrong", Named, identity::etag_wrong;
    /// The Content-Location header names another resource.
    ContentLocationWrong = "content-location-wrong", Swap, identity::content_location_wrong;
    /// The Date header has no form that HTTP knows.
    HttpDateMalformed = "http-date-malformed", Retype, identity::http_date_malformed;
    /// `primary` is answered as a string.
    PrimaryAsText = "primary-as-text", Retype, identity::primary_as_text;
    /// Every e-mail and phone number is primary.
    SeveralPrimaries = "several-primaries", Duplicate, identity::several_primaries;
    /// Certificates are answered as PEM in place of Base64.
    CertificatesAsPem = "certificates-as-pem", Retype, identity::certificates_as_pem;
    /// An integer of a published extension is answered as a string.
    NumbersAsText = "numbers-as-text", Retype, identity::numbers_as_text;
    /// A date of a published extension has no zone.
    DateAttributesWithoutZone = "date-attributes-without-zone", Drop, identity::date_attributes_without_zone;
    // Bulk
    /// ServiceProviderConfig promises bulk requests, and /Bulk is answered with 501.
    BulkNotServed = "bulk-not-served", Named, bulk::bulk_not_served;
    /// References to other operations of a bulk request are kept as text.
    BulkReferencesKept = "bulk-references-kept", Swap, bulk::bulk_references_kept;
    /// A bulk request goes on after `failOnErrors` errors.
    FailOnErrorsIgnored = "fail-on-errors-ignored", Named, bulk::fail_on_errors_ignored;
    /// A bulk request without `failOnErrors` stops at the first error.
    BulkStopsAtFirstError = "bulk-stops-at-first-error", Truncate, bulk::bulk_stops_at_first_error;
    /// Bulk requests beyond `maxOperations` and `maxPayloadSize` are performed.
    BulkLimitsIgnored = "bulk-limits-ignored", Named, bulk::bulk_limits_ignored;
    /// A bulk request that calls itself something else is carried out.
    BulkSchemaUnchecked = "bulk-schema-unchecked", Named, bulk::bulk_schema_unchecked;
    /// Users that a bulk request deletes stay.
    BulkDeleteIgnored = "bulk-delete-ignored", Stale, bulk::bulk_delete_ignored;
    /// `status` of the operations of a bulk request is a number.
    BulkStatusNumber = "bulk-status-number", Retype, bulk::bulk_status_number;
    // Versions
    /// ServiceProviderConfig promises ETags, and answers have neither the header nor `meta.version`.
    EtagsMissing = "etags-missing", Drop, versions::etags_missing;
    /// A read with If-None-Match is answered in full, whatever the client has already.
    IfNoneMatchIgnored = "if-none-match-ignored", Named, versions::if_none_match_ignored;
    /// PUT and PATCH change a resource of which If-Match names an older version.
    IfMatchIgnored = "if-match-ignored", Named, versions::if_match_ignored;
    /// `If-Match: *` fits no version.
    IfMatchStarRefused = "if-match-star-refused", Named, versions::if_match_star_refused;
    /// DELETE takes away a resource of which If-Match names an older version.
    DeleteIgnoresIfMatch = "delete-ignores-if-match", Named, versions::delete_ignores_if_match;
    /// Every resource has the same version for ever.
    VersionNeverChanges = "version-never-changes", Stale, versions::version_never_changes;
    // Transport
    /// PATCH is answered with 501.
    PatchNotImplemented = "patch-not-implemented", Named, transport::patch_not_implemented;
    /// PATCH is answered with 201.
    UpdateAnswers201 = "update-answers-201", Named, transport::update_answers_201;
    /// Answers with 204 have a body of two bytes.
    BodyOn204 = "body-on-204", Named, transport::body_on_204;
    /// DELETE of what is not there is answered with 204.
    DeleteAlways204 = "delete-always-204", Named, transport::delete_always_204;
    /// DELETE is answered with 200.
    DeleteAnswers200 = "delete-answers-200", Named, transport::delete_answers_200;
    /// Reads without an Accept header are answered with 406.
    ReadNeedsAccept = "read-needs-accept", Named, transport::read_needs_accept;
    /// Reads by id are redirected to a login page.
    RedirectsToLogin = "redirects-to-login", Named, transport::redirects_to_login;
    /// Writes on groups are answered with 403.
    TokenRefusedOnGroups = "token-refused-on-groups", Named, transport::token_refused_on_groups;
    /// Entra's first DELETE of a user is answered with 429, without Retry-After.
    ThrottlesWithoutRetryAfter = "throttles-without-retry-after", Named, transport::throttles_without_retry_after;
    /// A page beyond the end takes more than five seconds.
    AnswersSlowly = "answers-slowly", Named, transport::answers_slowly;
    /// Answers to queries of groups are filled up to five megabytes.
    AnswersPadded = "answers-padded", Duplicate, transport::answers_padded;
    /// The connection breaks in the middle of the answer to the create of a group.
    ConnectionClosed = "connection-closed", Truncate, transport::connection_closed;
    // Requests of other clients
    /// Single schemas and resource types are 404.
    DocumentsOnlyAsLists = "documents-only-as-lists", Hide, requests::documents_only_as_lists;
    /// A schema that is not there is answered with another one.
    AnySchemaAnswered = "any-schema-answered", Swap, requests::any_schema_answered;
    /// Writes to the discovery documents are answered with 204.
    DiscoveryWritable = "discovery-writable", Named, requests::discovery_writable;
    /// Endpoints that do not exist are answered with a start page.
    UnknownEndpointsAnswered = "unknown-endpoints-answered", Named, requests::unknown_endpoints_answered;
    /// Methods that an endpoint does not have are answered with 204.
    UnservedMethodsAnswered = "unserved-methods-answered", Named, requests::unserved_methods_answered;
    /// Whoever accepts application/json alone is answered with 406.
    RefusesJsonAccept = "refuses-json-accept", Named, requests::refuses_json_accept;
    /// Bodies labelled application/json are answered with 415.
    RefusesJsonBody = "refuses-json-body", Named, requests::refuses_json_body;
    /// In a create `userName` is read in this letter case alone.
    NamesCaseSensitive = "names-case-sensitive", Drop, requests::names_case_sensitive;
    /// A user without `userName` gets one of the server's.
    UserNameNotRequired = "user-name-not-required", Named, requests::user_name_not_required;
    /// Bodies that are cut or missing are answered with 500.
    BrokenBodiesAre500 = "broken-bodies-are-500", Named, requests::broken_bodies_are_500;
    /// `meta.created` of a new user is the client's.
    MetaFromClient = "meta-from-client", Swap, requests::meta_from_client;
    /// Filters take `co`, `sw` and `ew` for `eq`.
    TextOperatorsAsEq = "text-operators-as-eq", Swap, requests::text_operators_as_eq;
    /// Filters with `gt` and `ge` find nothing.
    DatesNeverLater = "dates-never-later", Hide, requests::dates_never_later;
    /// A filter that cannot be read finds nothing.
    BrokenFiltersFindNothing = "broken-filters-find-nothing", Hide, requests::broken_filters_find_nothing;
    /// Filters on users other than by name, `externalId` and `id` are dropped.
    UnsupportedFiltersIgnored = "unsupported-filters-ignored", Drop, requests::unsupported_filters_ignored;
    /// A filter finds nobody when it writes `userName` in another letter case.
    FilterNamesCaseExact = "filter-names-case-exact", Hide, requests::filter_names_case_exact;
    /// Filters of groups by a member find nothing.
    MemberFilterFindsNothing = "member-filter-finds-nothing", Hide, requests::member_filter_finds_nothing;
    /// `externalId` is compared without letter case in filters.
    ExternalIdCaseFolded = "external-id-case-folded", Swap, requests::external_id_case_folded;
    /// A query in a body answers everybody, whatever its filter asks for.
    SearchIgnoresFilter = "search-ignores-filter", Drop, requests::search_ignores_filter;
    /// `startIndex=0` is answered with 400.
    StartIndexZeroRefused = "start-index-zero-refused", Named, requests::start_index_zero_refused;
    /// A negative `count` is answered with everybody.
    NegativeCountReturnsAll = "negative-count-returns-all", Named, requests::negative_count_returns_all;
    /// Excluding `id` leaves it out.
    ExcludedIdLeftOut = "excluded-id-left-out", Drop, requests::excluded_id_left_out;
    /// PUT is answered with 501.
    PutNotImplemented = "put-not-implemented", Named, requests::put_not_implemented;
    /// PUT is answered with 200 and changes nothing.
    PutIgnored = "put-ignored", Stale, requests::put_ignored;
    /// PUT is answered with everything, whatever `attributes` asks for.
    PutIgnoresAttributes = "put-ignores-attributes", Named, requests::put_ignores_attributes;
    /// PUT on an id that does not exist makes a user.
    PutCreates = "put-creates", Duplicate, requests::put_creates;
    /// Operations whose path cannot be read are passed over.
    UnreadablePathsIgnored = "unreadable-paths-ignored", Drop, requests::unreadable_paths_ignored;
    /// Removing `userName` is answered with success.
    RequiredAttributesRemovable = "required-attributes-removable", Named, requests::required_attributes_removable;
    /// A PATCH may change the `id`.
    IdPatchable = "id-patchable", Swap, requests::id_patchable;
    /// `primary` of elements that a PATCH adds is not kept.
    PrimaryNotMoved = "primary-not-moved", Drop, requests::primary_not_moved;
    /// A group as a member of another is answered with 500.
    NestedGroupIs500 = "nested-group-is-500", Named, requests::nested_group_is_500;
    /// A PATCH without operations is answered with 500.
    EmptyOperationsAre500 = "empty-operations-are-500", Named, requests::empty_operations_are_500;
    /// A PATCH that changes nothing is answered with 400.
    NoChangeIsError = "no-change-is-error", Named, requests::no_change_is_error;
    /// A create with null is answered with 400.
    NullsRefused = "nulls-refused", Named, requests::nulls_refused;
    /// A create with an e-mail that has no value is answered with 500.
    EmailWithoutValueIs500 = "email-without-value-is-500", Named, requests::email_without_value_is_500;
    /// A create with `active` as text is answered with 400.
    CreateRefusesBooleanText = "create-refuses-boolean-text", Named, requests::create_refuses_boolean_text;
    /// `primary` of roles is kept as the text it came as.
    PrimaryTextKept = "primary-text-kept", Retype, requests::primary_text_kept;
    /// The name of a disabled user is given to another.
    DisabledNameGivenAgain = "disabled-name-given-again", Duplicate, requests::disabled_name_given_again;
    /// A create of a group does not keep its members.
    GroupCreateDropsMembers = "group-create-drops-members", Drop, requests::group_create_drops_members;
    // Forms seen in the field
    /// `active` as "true" and "false" in lower case is passed over.
    LowerCaseBooleansIgnored = "lower-case-booleans-ignored", Drop, forms::lower_case_booleans_ignored;
    /// A path with the URN of the core schema is refused.
    CoreUrnPathsRefused = "core-urn-paths-refused", Named, forms::core_urn_paths_refused;
    /// A Replace on a value path that selects nothing is refused, an Add is not.
    ReplaceValuePathNoTarget = "replace-value-path-no-target", Named, forms::replace_value_path_no_target;
    /// A value path with a boolean is refused.
    BooleanLiteralSelectsNothing = "boolean-literal-selects-nothing", Named, forms::boolean_literal_selects_nothing;
    /// A manager who is nobody is answered with 500.
    UnknownManagerIs500 = "unknown-manager-is-500", Named, forms::unknown_manager_is_500;
    /// A user whose manager was deleted cannot be read.
    DanglingManagerBreaksReads = "dangling-manager-breaks-reads", Hide, forms::dangling_manager_breaks_reads;
    /// A member beside a `$ref` of null is refused.
    NullReferenceRefused = "null-reference-refused", Named, forms::null_reference_refused;
    /// A member who is nobody is answered with 500.
    UnknownMemberIs500 = "unknown-member-is-500", Named, forms::unknown_member_is_500;
    /// A replace with an empty list is refused.
    EmptyReplaceRefused = "empty-replace-refused", Named, forms::empty_replace_refused;
    /// A replace of members adds them to those who are there.
    MemberReplaceAdds = "member-replace-adds", Duplicate, forms::member_replace_adds;
    /// A change of a group without a path takes its members away.
    PathlessGroupReplaceWipesMembers = "pathless-group-replace-wipes-members", Wipe, forms::pathless_group_replace_wipes_members;
    /// An object for `name` takes the place of the whole name.
    NameObjectReplacesWhole = "name-object-replaces-whole", Wipe, forms::name_object_replaces_whole;
    // Discovery documents
    /// The discovery documents are 404.
    NoDiscovery = "no-discovery", Hide, documents::no_discovery;
    /// ServiceProviderConfig leaves out `sort`, `etag` and `authenticationSchemes`.
    ConfigIncomplete = "config-incomplete", Drop, documents::config_incomplete;
    /// ServiceProviderConfig says of paging by cursor `"true"`, as text.
    PaginationAsText = "pagination-as-text", Retype, documents::pagination_as_text;
    /// ServiceProviderConfig says that PATCH is not supported.
    PatchNotAdvertised = "patch-not-advertised", Named, documents::patch_not_advertised;
    /// /Schemas lacks the enterprise extension, which a resource type names.
    SchemaUnpublished = "schema-unpublished", Hide, documents::schema_unpublished;
    /// /Schemas writes `readwrite`, `datetime` and the like in lower case.
    SchemaWordsLowerCase = "schema-words-lower-case", Named, documents::schema_words_lower_case;
    /// /Schemas writes null for properties that do not apply.
    SchemaNulls = "schema-nulls", Named, documents::schema_nulls;
    /// Discovery documents are filtered.
    DiscoveryFilterApplied = "discovery-filter-applied", Named, documents::discovery_filter_applied;
    // Generic mutations
    /// Answers leave out `id`.
    IdMissing = "id-missing", Drop, shown::id_missing;
    /// Resources leave out `schemas`.
    SchemasMissing = "schemas-missing", Drop, shown::schemas_missing;
    /// Lists leave out `schemas`.
    ListSchemaMissing = "list-schema-missing", Drop, shown::list_schema_missing;
    /// Answers leave out `meta`.
    MetaMissing = "meta-missing", Drop, shown::meta_missing;
    /// Answers leave out `meta.resourceType`.
    DropResourceType = "drop-resource-type", Drop, shown::drop_resource_type;
    /// Answers leave out `meta.lastModified`.
    MetaDatesMissing = "meta-dates-missing", Drop, shown::meta_dates_missing;
    /// Answers leave out `userName`.
    DropUserName = "drop-user-name", Drop, shown::drop_user_name;
    /// Answers leave out `active`.
    HidesActive = "hides-active", Drop, shown::drop_active;
    /// Answers leave out `displayName`.
    DropDisplayName = "drop-display-name", Drop, shown::drop_display_name;
    /// Answers leave out `title`.
    DropTitle = "drop-title", Drop, shown::drop_title;
    /// Answers leave out `emails`.
    DropEmails = "drop-emails", Drop, shown::drop_emails;
    /// Answers leave out `name.givenName`.
    DropGivenName = "drop-given-name", Drop, shown::drop_given_name;
    /// Answers leave out `department`.
    DropDepartment = "drop-department", Drop, shown::drop_department;
    /// Lists leave out `totalResults`.
    TotalResultsMissing = "total-results-missing", Drop, shown::total_results_missing;
    /// `id` is answered as a number.
    NumericIds = "numeric-ids", Retype, shown::numeric_ids;
    /// `active` is answered as a string.
    RetypeActiveToString = "retype-active-to-string", Retype, shown::retype_active_to_string;
    /// `emails` is answered as its first element.
    RetypeEmailsToObject = "retype-emails-to-object", Retype, shown::retype_emails_to_object;
    /// `emails` is answered as a list of strings.
    RetypeEmailsToStrings = "retype-emails-to-strings", Retype, shown::retype_emails_to_strings;
    /// `displayName` is answered as a list of one.
    RetypeDisplayNameToList = "retype-display-name-to-list", Retype, shown::retype_display_name_to_list;
    /// `name` is answered as one string.
    RetypeNameToString = "retype-name-to-string", Retype, shown::retype_name_to_string;
    /// Dates are answered as seconds since 1970.
    DatesAsNumbers = "dates-as-numbers", Retype, shown::dates_as_numbers;
    /// `totalResults` is answered as a string.
    TotalResultsAsString = "total-results-as-string", Retype, shown::total_results_as_string;
    /// `schemas` is answered as one string.
    RetypeSchemasToString = "retype-schemas-to-string", Retype, shown::retype_schemas_to_string;
    /// Nothing is read by its id.
    HideById = "hide-by-id", Hide, shown::hide_by_id;
    /// The newest resource is missing from lists.
    HideNewestFromLists = "hide-newest-from-lists", Hide, shown::hide_newest_from_lists;
    /// What was changed is no longer found by filters.
    HideChangedFromFilters = "hide-changed-from-filters", Hide, shown::hide_changed_from_filters;
    /// Lists show no groups.
    HideGroups = "hide-groups", Hide, shown::hide_groups;
    /// A PATCH takes all lists of a user away.
    WipeMultivaluedOnPatch = "wipe-multivalued-on-patch", Wipe, kept::wipe_multivalued_on_patch;
    /// A PATCH takes the enterprise extension away.
    WipeExtensionOnPatch = "wipe-extension-on-patch", Wipe, kept::wipe_extension_on_patch;
    /// A PATCH takes `name` away.
    WipeNameOnPatch = "wipe-name-on-patch", Wipe, kept::wipe_name_on_patch;
    /// A PATCH takes `externalId` away.
    WipeExternalIdOnPatch = "wipe-external-id-on-patch", Wipe, kept::wipe_external_id_on_patch;
    /// A PATCH on a group takes the members before it away.
    WipeMembersOnGroupPatch = "wipe-members-on-group-patch", Wipe, kept::wipe_members_on_group_patch;
    /// Reads by id show what was there before the last write.
    StaleReads = "stale-reads", Stale, kept::stale_reads;
    /// Lists show what was there before the last write.
    StaleQueries = "stale-queries", Stale, kept::stale_queries;
    /// The first read after a write shows what was there before.
    StaleFirstRead = "stale-first-read", Stale, kept::stale_first_read;
    /// A create keeps given and family name the other way round.
    SwapGivenAndFamilyName = "swap-given-and-family-name", Swap, kept::swap_given_and_family_name;
    /// Work and home e-mails are kept the other way round.
    SwapEmailTypes = "swap-email-types", Swap, kept::swap_email_types;
    /// A read by id is answered with another resource.
    ReadsSwapped = "reads-swapped", Swap, kept::reads_swapped;
    /// With each create two users exchange their `displayName`.
    SwapNamesOfTwoUsers = "swap-names-of-two-users", Swap, kept::swap_names_of_two_users;
    /// Lists show their first resource twice.
    ResourcesListedTwice = "resources-listed-twice", Duplicate, shown::resources_listed_twice;
    /// Every e-mail is kept twice.
    DuplicateEmails = "duplicate-emails", Duplicate, kept::duplicate_emails;
    /// Answers show every member twice.
    DuplicateMembers = "duplicate-members", Duplicate, shown::duplicate_members;
    /// `schemas` names its first URN twice.
    SchemasRepeated = "schemas-repeated", Duplicate, shown::schemas_repeated;
    /// Lists lack their last resource.
    ResourcesWithheld = "resources-withheld", Truncate, shown::resources_withheld;
    /// `displayName` is cut at eight characters.
    TruncateDisplayNames = "truncate-display-names", Truncate, kept::truncate_display_names;
    /// Of several e-mails the first is kept.
    TruncateEmailsToFirst = "truncate-emails-to-first", Truncate, kept::truncate_emails_to_first;
    /// Of several phone numbers the first is kept.
    TruncatePhoneNumbersToFirst = "truncate-phone-numbers-to-first", Truncate, kept::truncate_phone_numbers_to_first;
    /// `userName` is cut at twenty characters.
    TruncateUserNames = "truncate-user-names", Truncate, kept::truncate_user_names;
}
