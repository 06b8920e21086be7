//! Faults of attributes that Entra's default mapping does not write.

use serde_json::json;

use super::context::{Effect, patched, queried};
use super::fault::faults;
use super::lookups::{nothing, refilter};
use super::operations::{changes, ignore};
use super::shown::{change, drop_attribute};
use crate::server::model::ServedKind;

faults! {
    /// Answers leave out `nickName`.
    DROP_NICK_NAME = "drop-nick-name", Drop, drop_nick_name;
    /// `userType` is returned as a list of one.
    RETYPE_USER_TYPE_TO_LIST = "retype-user-type-to-list", Retype, retype_user_type_to_list;
    /// A PATCH of `nickName` is accepted and changes nothing.
    IGNORES_NICK_NAME_CHANGE = "ignores-nick-name-change", Drop, ignores_nick_name_change;
    /// A PATCH of `nickName` removes `title`.
    NICK_NAME_CHANGE_WIPES_TITLE = "nick-name-change-wipes-title", Wipe, nick_name_change_wipes_title;
    /// A filter on `nickName` never matches.
    NICK_NAME_FILTER_FINDS_NOTHING = "nick-name-filter-finds-nothing", Hide, nick_name_filter_finds_nothing;
}

const USERS: &[ServedKind] = &[ServedKind::User];

fn drop_nick_name() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "nickName"))
}

fn retype_user_type_to_list() -> Effect {
    Effect::after(|_, reply, _| change(reply, "userType", |value| json!([value])))
}

fn ignores_nick_name_change() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| change.concerns("nickName"));
        None
    })
}

fn nick_name_change_wipes_title() -> Effect {
    Effect::before(|call, context| {
        let (kind, id) = patched(call)?;
        let mut concerned = false;
        changes(call, USERS, |change| concerned |= change.concerns("nickName"));
        let mut user = context.store.get(kind, &id).filter(|_| concerned)?.clone();
        user.attributes.shift_remove("title");
        context.store.overwrite(kind, user);
        None
    })
}

fn nick_name_filter_finds_nothing() -> Effect {
    Effect::before(|call, _| {
        let (_, text) = queried(call)?;
        if text.contains("nickName") {
            refilter(call, |_| nothing());
        }
        None
    })
}
