//! Names of B2B guests (how-provisioning-works, B2B (guest) users).
//!
//! A guest's name in the inviting tenant is `ada_contoso.com#EXT#@fabrikam.onmicrosoft.com`. As source
//! `userPrincipalName` the part from `#EXT#` on is stripped and the guest's own address comes back:
//! `ada@contoso.com`; `originalUserPrincipalName` keeps the whole.

use std::borrow::Cow;

use crate::entra::directory::{Object, SourceValue};

const MARK: &str = "#EXT#";

/// The value of a source attribute as mappings read it.
pub(super) fn source_value<'a>(object: Object<'a>, name: &str) -> Option<Cow<'a, SourceValue>> {
    let value = object.get(name);
    match name {
        "userPrincipalName" => match value.as_deref() {
            Some(SourceValue::Text(text)) => match own_address(text) {
                Some(own) => Some(Cow::Owned(SourceValue::Text(own))),
                None => value,
            },
            _ => value,
        },
        "originalUserPrincipalName" if value.is_none() => object.get("userPrincipalName"),
        _ => value,
    }
}

/// The guest's own address; `None` for names that are no guest's.
fn own_address(name: &str) -> Option<String> {
    let (local, _) = name.split_once(MARK)?;
    // The last underscore stands for the at sign; a name without one has nothing to give back.
    Some(
        local
            .rsplit_once('_')
            .map_or_else(|| local.to_owned(), |(alias, domain)| format!("{alias}@{domain}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::directory::{ObjectId, User};

    fn read(user: &User, name: &str) -> Option<String> {
        match source_value(Object::User(user), name).map(Cow::into_owned) {
            Some(SourceValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn a_guest_has_the_address_of_the_own_tenant() {
        let named = |name: &str| User::new(ObjectId::new("1")).with("userPrincipalName", name).unwrap();
        let guest = named("ada_byron_contoso.com#EXT#@fabrikam.onmicrosoft.com");
        assert_eq!(read(&guest, "userPrincipalName").as_deref(), Some("ada_byron@contoso.com"));
        assert_eq!(
            read(&guest, "originalUserPrincipalName").as_deref(),
            Some("ada_byron_contoso.com#EXT#@fabrikam.onmicrosoft.com")
        );
        let member = named("ada_byron@contoso.com");
        assert_eq!(read(&member, "userPrincipalName").as_deref(), Some("ada_byron@contoso.com"));
        let set = member.with("originalUserPrincipalName", "old@contoso.com").unwrap();
        assert_eq!(read(&set, "originalUserPrincipalName").as_deref(), Some("old@contoso.com"));
    }
}
