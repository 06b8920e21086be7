//! What `[target]` says that the target does on purpose (docs/target.md).

use toml::Spanned;

use super::Config;
use crate::diagnostic::Diagnostic;
use crate::entra::mapping::{AttributeMapping, Mapping};
use crate::run::plan::Protection;
use crate::scim::schema::SchemaSet;
use crate::scim::{PatchPath, urn};
use crate::wire::ResourceKind;

/// What stands before an attribute of groups.
const OF_GROUPS: &str = "group:";

/// The only attribute that ids can be made of.
pub(super) const USER_NAME: &str = "userName";

impl Config {
    /// Attributes that the target refuses on purpose.
    pub(in crate::cli) fn refuses(
        &self,
        mapping: &Mapping,
    ) -> Result<Vec<(ResourceKind, PatchPath)>, Diagnostic> {
        self.settings.target.refuses.iter().map(|written| self.refused(mapping, written)).collect()
    }

    fn refused(
        &self,
        mapping: &Mapping,
        written: &Spanned<String>,
    ) -> Result<(ResourceKind, PatchPath), Diagnostic> {
        let text = written.get_ref();
        let (kind, name) = match text.strip_prefix(OF_GROUPS) {
            Some(name) => (ResourceKind::Group, name),
            None => (ResourceKind::User, text.as_str()),
        };
        // A URN alone stands for the whole extension.
        let core = SchemaSet::core();
        let is_extension = [urn::ENTERPRISE].contains(&name)
            || rows(mapping, kind).iter().any(|row| row.target.schema.as_deref() == Some(name));
        let path = match is_extension {
            true => PatchPath { schema: Some(name.to_owned()), ..PatchPath::simple("") },
            false => name.parse().map_err(|error: crate::scim::SyntaxError| {
                self.wrong(format!("`{text}` is not the path of an attribute: {}", error.message), written)
            })?,
        };
        let top = PatchPath { filter: None, sub: None, ..path.clone() };
        let mapped = rows(mapping, kind).iter().any(|row| row.target.attribute == path.attribute);
        if !is_extension && !mapped && core.find_patch(&top).is_none() {
            let known: Vec<String> = rows(mapping, kind)
                .iter()
                .map(|row| row.target.attribute.clone())
                .chain(
                    ["password", "roles", "emails", "phoneNumbers", "addresses", "members"].map(String::from),
                )
                .collect();
            let title = format!("neither the mapping nor RFC 7643 has an attribute `{text}`");
            return Err(self
                .wrong(title, written)
                .did_you_mean(&top.attribute, known.iter().map(String::as_str)));
        }
        if let Some(row) =
            rows(mapping, kind).iter().find(|row| row.matching.is_some() && row.target.same_as(&path))
        {
            let title = format!("the target cannot refuse `{}`: accounts are matched by it", row.written);
            return Err(self
                .wrong(title, written)
                .help("match by another attribute with `[mapping] matching`"));
        }
        Ok((kind, path))
    }

    /// What the target protects.
    pub(in crate::cli) fn protects(&self) -> Result<Vec<Protection>, Diagnostic> {
        let read = |word: &Spanned<String>| {
            let known = || Protection::ALL.iter().copied();
            known().find(|protection| protection.as_str() == word.get_ref()).ok_or_else(|| {
                let words = known().map(Protection::as_str);
                let mistake = self
                    .wrong(format!("`{}` is nothing that a target can protect", word.get_ref()), word)
                    .did_you_mean(word.get_ref(), words.clone());
                match mistake.help {
                    Some(_) => mistake,
                    None => {
                        mistake.help(format!("the known words are {}", words.collect::<Vec<_>>().join(", ")))
                    }
                }
            })
        };
        self.settings.target.protects.iter().map(read).collect()
    }

    /// True when ids are the userName at creation.
    pub(in crate::cli) fn user_name_ids(&self) -> Result<bool, Diagnostic> {
        match &self.settings.target.id {
            None => Ok(false),
            Some(word) if word.get_ref() == USER_NAME => Ok(true),
            Some(word) => {
                let title = format!("ids made of `{}` are not known", word.get_ref());
                let mistake = self.wrong(title, word).did_you_mean(word.get_ref(), [USER_NAME]);
                Err(match mistake.help {
                    Some(_) => mistake,
                    None => mistake.help("write \"userName\", or leave `id` out"),
                })
            }
        }
    }

    /// The most users of a run that the target holds at once.
    pub(in crate::cli) fn max_users(&self) -> Result<Option<usize>, Diagnostic> {
        match &self.settings.target.max_users {
            Some(most) if *most.get_ref() == 0 => Err(self
                .wrong("with `max-users = 0` nothing can be played".to_owned(), most)
                .help("write 1 or more")),
            most => Ok(most.as_ref().map(|most| *most.get_ref())),
        }
    }
}

fn rows(mapping: &Mapping, kind: ResourceKind) -> &[AttributeMapping] {
    match kind {
        ResourceKind::User => &mapping.user.rows,
        ResourceKind::Group => mapping.group.as_ref().map_or(&[], |group| &group.rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;

    fn read(text: &str) -> Config {
        Config::parse(format!("[target]\n{text}\n")).unwrap()
    }

    fn refuses(text: &str) -> Result<Vec<(ResourceKind, PatchPath)>, Diagnostic> {
        read(text).refuses(&profiles::load(profiles::DEFAULT).unwrap())
    }

    #[test]
    fn a_target_says_what_it_does_on_purpose() {
        let config = read("disposable = true\nprotects = ['last-admin']\nmax-users = 25\nid = 'userName'");
        assert!(config.settings.target.disposable && config.user_name_ids().unwrap());
        assert_eq!(config.protects().unwrap(), [Protection::LastAdmin]);
        assert_eq!(config.max_users().unwrap(), Some(25));
        let silent = read("");
        assert!(!silent.settings.target.disposable && !silent.user_name_ids().unwrap());
        assert_eq!((silent.protects().unwrap(), silent.max_users().unwrap()), (Vec::new(), None));
    }

    #[test]
    fn refused_attributes_are_paths_of_the_mapping_or_of_the_rfc() {
        let paths = refuses(&format!(
            "refuses = ['password', 'roles', 'emails.type', 'group:externalId', '{}', '{}:department']",
            urn::ENTERPRISE,
            urn::ENTERPRISE
        ))
        .unwrap();
        let path = |text: &str| text.parse::<PatchPath>().unwrap();
        assert_eq!(paths[0], (ResourceKind::User, path("password")));
        assert_eq!(paths[2], (ResourceKind::User, path("emails.type")));
        assert_eq!(paths[3], (ResourceKind::Group, path("externalId")));
        assert!(
            paths[4].1.is_bare_schema()
                && paths[5].1.is("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")
        );
    }

    #[test]
    fn a_slip_has_its_place_and_the_word_that_was_meant() {
        let told =
            |mistake: Diagnostic| (mistake.source[mistake.span.clone()].to_owned(), mistake.help.unwrap());
        let meant = |text: &str, word: &str| (format!("'{text}'"), format!("did you mean `{word}`?"));
        assert_eq!(told(refuses("refuses = ['title', 'rolse']").unwrap_err()), meant("rolse", "roles"));
        assert_eq!(
            told(read("protects = ['last-admins']").protects().unwrap_err()),
            meant("last-admins", "last-admin")
        );
        assert_eq!(told(read("id = 'username'").user_name_ids().unwrap_err()), meant("username", "userName"));
        assert!(refuses("refuses = ['userName']").unwrap_err().title.contains("matched by it"));
        assert!(refuses("refuses = ['a[']").unwrap_err().title.contains("not the path"));
        assert_eq!(told(read("max-users = 0").max_users().unwrap_err()).0, "0");
        let typed = |text: &str| Config::parse(format!("[target]\n{text}\n")).unwrap_err();
        assert_eq!(typed("disposable = 'yes'").line(), 2);
        assert_eq!(typed("refuses = 'roles'").line(), 2);
        assert_eq!(typed("max-users = -1").line(), 2);
        assert_eq!(typed("protetcs = []").help.as_deref(), Some("did you mean `protects`?"));
    }
}
