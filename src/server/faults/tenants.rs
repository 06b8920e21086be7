//! Faults of a server that does not keep its tenants apart.

use super::context::Effect;
use super::fault::faults;
use crate::server::tenancy::Leak;

faults! {
    /// A read by id finds users and groups of other tenants.
    TENANT_IGNORED_BY_ID = "tenant-ignored-by-id", Named, by_id;
    /// Filters find users and groups of other tenants.
    TENANT_IGNORED_BY_FILTERS = "tenant-ignored-by-filters", Named, by_filters;
    /// Lists without a filter show users and groups of other tenants.
    TENANT_IGNORED_BY_LISTS = "tenant-ignored-by-lists", Named, by_lists;
    /// `.search` finds users and groups of other tenants.
    TENANT_IGNORED_BY_SEARCH = "tenant-ignored-by-search", Named, by_search;
    /// Updates and deletes reach users and groups of other tenants.
    TENANT_IGNORED_BY_WRITES = "tenant-ignored-by-writes", Named, by_writes;
    /// A `userName` that another tenant uses counts as taken.
    USER_NAME_UNIQUE_OVER_TENANTS = "user-name-unique-over-tenants", Named, unique_over_tenants;
    /// The token of one tenant is accepted for every other tenant.
    TOKEN_OPENS_OTHER_TENANTS = "token-opens-other-tenants", Named, token_opens_all;
}

fn by_id() -> Effect {
    Effect::leaking(Leak::ById)
}

fn by_filters() -> Effect {
    Effect::leaking(Leak::ByFilters)
}

fn by_lists() -> Effect {
    Effect::leaking(Leak::ByLists)
}

fn by_search() -> Effect {
    Effect::leaking(Leak::BySearch)
}

fn by_writes() -> Effect {
    Effect::leaking(Leak::ByWrites)
}

fn unique_over_tenants() -> Effect {
    Effect::leaking(Leak::Uniqueness)
}

fn token_opens_all() -> Effect {
    Effect::leaking(Leak::Tokens)
}
