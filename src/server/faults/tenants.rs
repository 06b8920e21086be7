//! Faults of a server that does not keep its tenants apart.

use super::scene::Effect;
use crate::server::tenancy::Leak;

pub(super) fn by_id() -> Effect {
    Effect::leaking(Leak::ById)
}

pub(super) fn by_filters() -> Effect {
    Effect::leaking(Leak::ByFilters)
}

pub(super) fn by_lists() -> Effect {
    Effect::leaking(Leak::ByLists)
}

pub(super) fn by_search() -> Effect {
    Effect::leaking(Leak::BySearch)
}

pub(super) fn by_writes() -> Effect {
    Effect::leaking(Leak::ByWrites)
}

pub(super) fn unique_over_tenants() -> Effect {
    Effect::leaking(Leak::Uniqueness)
}

pub(super) fn token_opens_all() -> Effect {
    Effect::leaking(Leak::Tokens)
}
