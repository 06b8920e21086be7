//! Whom a text means that somebody typed: a user or group by id, user principal name, mail or display name.

use super::Page;
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::report::layout::{listed, thousands};
use crate::tenant::Record;

/// So many of those with one name are told.
const TOLD: usize = 5;

impl Page {
    /// The object that is meant. A name that several have means none of them.
    pub(super) fn named(&self, who: &str, kind: Option<ObjectKind>) -> Result<ObjectId, String> {
        if let Ok((found, _)) = self.live.object(kind, who, false) {
            return Ok(found);
        }
        let asked = who.to_lowercase();
        let (mut mails, mut names) = (Vec::new(), Vec::new());
        let kinds = [ObjectKind::User, ObjectKind::Group];
        for kind in kinds.into_iter().filter(|known| kind.is_none_or(|kind| kind == *known)) {
            self.live.visit(kind, false, |id, record| {
                let is = |name: &str| record.text(name).is_some_and(|text| text.to_lowercase() == asked);
                if is("mail") {
                    mails.push((id.clone(), told(id, record)));
                } else if is("displayName") {
                    names.push((id.clone(), told(id, record)));
                }
            });
        }
        let found = if mails.is_empty() { names } else { mails };
        match found.as_slice() {
            [] if kind == Some(ObjectKind::User) => Err(format!("`{who}` is nobody in the directory.")),
            [] => Err(format!("`{who}` is neither a user nor a group of the directory.")),
            [(only, _)] => Ok(only.clone()),
            several => {
                let told: Vec<String> = several.iter().map(|(_, told)| told.clone()).collect();
                Err(format!(
                    "`{who}` may be any of {}: {}. Write the user principal name or the object id.",
                    thousands(several.len()),
                    listed(&told, TOLD)
                ))
            }
        }
    }

    /// The same, and who lies in the recycle bin by their id.
    pub(super) fn named_or_deleted(&self, who: &str) -> Result<ObjectId, String> {
        match self.live.object(None, who, true) {
            Ok((deleted, _)) => Ok(deleted),
            Err(_) => self.named(who, None),
        }
    }
}

/// An object as it is told apart from others of its name.
fn told(id: &ObjectId, record: &Record) -> String {
    match record.text("userPrincipalName") {
        Some(principal) => format!("{principal} ({id})"),
        None => format!("the group {} ({id})", record.text("displayName").unwrap_or_default()),
    }
}
