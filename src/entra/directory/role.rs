/// A role that the application declares and users are assigned (Microsoft Graph: appRole).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppRole {
    /// Its id, a GUID.
    pub id: String,
    /// Its value, as tokens carry it.
    pub value: String,
    /// Its name in the portal. Two roles may share one.
    pub display_name: String,
}

impl AppRole {
    /// A role.
    #[must_use]
    pub fn new(id: &str, value: &str, display_name: &str) -> Self {
        AppRole { id: id.to_owned(), value: value.to_owned(), display_name: display_name.to_owned() }
    }
}
