//! Profiles of applications in the Entra gallery: their documented targets, with sources of our own
//! reading.

use super::flow::DataType;
use super::{AttributeMapping, Mapping, ObjectMapping, ValueSource, source_attribute};
use crate::entra::directory::ObjectKind;

static TABLES: &str = include_str!("profiles/gallery.tsv");

/// An application of the gallery, as the list has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Application {
    /// The profile's name.
    pub name: &'static str,
    /// The application's name in the gallery.
    pub title: &'static str,
    /// Why there is no profile, if there is none.
    pub missing: Option<&'static str>,
    /// The lines of its table.
    table: &'static str,
}

/// Every application of the list.
pub(super) fn applications() -> impl Iterator<Item = Application> {
    let blocks = TABLES.split("\n\n").skip(1);
    // The last block holds applications without a table, one a line.
    let heads = blocks.flat_map(|block| {
        let table = block.split_once('\n').map_or("", |(_, table)| table);
        let is_table = table.starts_with("user") || table.starts_with("group");
        let lines = if is_table { 1 } else { usize::MAX };
        block.lines().take(lines).map(move |head| (head, if is_table { table } else { "" }))
    });
    heads.filter_map(|(head, table)| {
        let mut parts = head.split('\t');
        let (name, title) = (parts.next()?, parts.next()?);
        let missing = parts.next().map(|why| match why {
            "no-scim" => "Entra's connector for it does not speak SCIM",
            _ => "its tutorial has no table of attributes",
        });
        Some(Application { name, title, missing, table })
    })
}

impl Application {
    /// Its profile; `None` when it has none.
    pub(super) fn mapping(&self) -> Option<Mapping> {
        let user = self.object(ObjectKind::User)?;
        let group = self.object(ObjectKind::Group);
        Some(Mapping { about: self.about(), ..Mapping::new(self.name, user, group) })
    }

    /// One line about it.
    pub(super) fn about(&self) -> String {
        format!("{}, from the Entra application gallery; the sources are our reading", self.title)
    }

    fn object(&self, kind: ObjectKind) -> Option<ObjectMapping> {
        let word = kind.to_string();
        let rows: Vec<_> = self
            .table
            .lines()
            .filter(|line| line.split(['\t', '*']).next() == Some(word.as_str()))
            .map(|line| row(kind, line).expect("a test reads every line of the list"))
            .collect();
        (!rows.is_empty()).then(|| ObjectMapping::new(rows))
    }
}

fn row(kind: ObjectKind, line: &str) -> Option<AttributeMapping> {
    let mut parts = line.split('\t');
    let (object, target, data_type) = (parts.next()?, parts.next()?, parts.next()?);
    let (filterable, required) = (parts.next()?, parts.next()?);
    let data_type = DataType::ALL.into_iter().find(|known| known.as_str() == data_type)?;
    let mut row = AttributeMapping::new(target, source(kind, target)).ok()?;
    row.filterable = filterable == "yes";
    (row.declared.data_type, row.declared.required) = (data_type, required == "yes");
    if object.ends_with('*') {
        row.matching = Some(1);
    }
    Some(row)
}

/// What most probably flows to a target. Targets without an evident source have none: the portal
/// would show some attribute there, and which one no page says.
fn source(kind: ObjectKind, target: &str) -> ValueSource {
    let readings = match kind {
        ObjectKind::User => USER,
        ObjectKind::Group => GROUP,
    };
    let bare = target.rsplit_once("1.0.").or_else(|| target.split('[').next()?.rsplit_once(':'));
    let short = bare.map_or(target, |(_, attribute)| attribute);
    let reading = |name: &str| readings.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    match reading(target).or_else(|| reading(short)) {
        None => ValueSource::None,
        Some((_, text)) if text.contains('(') => {
            ValueSource::parse(text).expect("a test reads every source below")
        }
        Some((_, name)) => {
            ValueSource::Attribute(source_attribute(kind, name).expect("a test reads every source below"))
        }
    }
}

/// Sources by target, or by the attribute's name in any extension.
const USER: &[(&str, &str)] = &[
    ("userName", "userPrincipalName"),
    ("active", r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#),
    ("isSoftDeleted", r#"Switch([IsSoftDeleted], , "False", "False", "True", "True")"#),
    ("externalId", "mailNickname"),
    ("displayName", "displayName"),
    ("nickName", "mailNickname"),
    ("title", "jobTitle"),
    ("userType", "userType"),
    ("preferredLanguage", "preferredLanguage"),
    ("locale", "preferredLanguage"),
    ("name.givenName", "givenName"),
    ("name.familyName", "surname"),
    ("name.formatted", r#"Join(" ", [givenName], [surname])"#),
    (r#"emails[type eq "work"].value"#, "mail"),
    (r#"emails[type eq "work"]"#, "mail"),
    (r#"phoneNumbers[type eq "work"].value"#, "telephoneNumber"),
    (r#"phoneNumbers[type eq "mobile"].value"#, "mobile"),
    (r#"phoneNumbers[type eq "fax"].value"#, "facsimileTelephoneNumber"),
    (r#"addresses[type eq "work"].formatted"#, "physicalDeliveryOfficeName"),
    (r#"addresses[type eq "work"].streetAddress"#, "streetAddress"),
    (r#"addresses[type eq "work"].locality"#, "city"),
    (r#"addresses[type eq "work"].region"#, "state"),
    (r#"addresses[type eq "work"].postalCode"#, "postalCode"),
    (r#"addresses[type eq "work"].country"#, "country"),
    (r#"addresses[type eq "untyped"].streetAddress"#, "streetAddress"),
    (r#"addresses[type eq "untyped"].locality"#, "city"),
    (r#"addresses[type eq "untyped"].region"#, "state"),
    (r#"addresses[type eq "untyped"].postalCode"#, "postalCode"),
    (r#"addresses[type eq "untyped"].country"#, "country"),
    ("roles", "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])"),
    (r#"roles[primary eq "True"].value"#, "SingleAppRoleAssignment([appRoleAssignments])"),
    (r#"roles[primary eq "True"].display"#, "SingleAppRoleAssignment([appRoleAssignments])"),
    ("employeeNumber", "employeeId"),
    ("department", "department"),
    ("organization", "companyName"),
    ("manager", "manager"),
    ("manager.value", "manager"),
    ("location", "physicalDeliveryOfficeName"),
    ("stateOrProvince", "state"),
    ("country", "country"),
    ("startDate", "employeeHireDate"),
    ("userPrincipalName", "userPrincipalName"),
    ("extensionAttribute1", "extensionAttribute1"),
    ("extensionAttribute2", "extensionAttribute2"),
    ("extensionAttribute3", "extensionAttribute3"),
    ("extensionAttribute4", "extensionAttribute4"),
    ("extensionAttribute5", "extensionAttribute5"),
    ("extensionAttribute6", "extensionAttribute6"),
    ("extensionAttribute7", "extensionAttribute7"),
    ("extensionAttribute8", "extensionAttribute8"),
    ("extensionAttribute9", "extensionAttribute9"),
    ("extensionAttribute10", "extensionAttribute10"),
    ("extensionAttribute11", "extensionAttribute11"),
    ("extensionAttribute12", "extensionAttribute12"),
    ("extensionAttribute13", "extensionAttribute13"),
    ("extensionAttribute14", "extensionAttribute14"),
    ("extensionAttribute15", "extensionAttribute15"),
];

/// The same for groups.
const GROUP: &[(&str, &str)] = &[
    ("displayName", "displayName"),
    ("name", "displayName"),
    ("externalId", "objectId"),
    ("members", "members"),
    ("description", "description"),
    ("email", "mail"),
];

#[cfg(test)]
mod tests {
    use super::*;

    // The list has 86 applications; one has a file of its own.
    #[test]
    fn every_line_of_the_list_is_read() {
        let all: Vec<_> = applications().collect();
        let (missing, there): (Vec<Application>, Vec<Application>) =
            all.iter().partition(|app| app.missing.is_some());
        assert_eq!((there.len(), missing.len()), (70, 15));
        let lines = TABLES.lines().filter(|line| line.split('\t').count() == 5).count();
        let mut rows = 0;
        for app in there {
            let mapping = app.mapping().expect("it has a table");
            for object in [Some(&mapping.user), mapping.group.as_ref()].into_iter().flatten() {
                assert_eq!(object.matching().len(), 1, "{}", app.name);
                rows += object.rows.len();
            }
        }
        assert_eq!(rows, lines);
        assert!(missing.iter().all(|app| app.mapping().is_none()));
    }

    #[test]
    fn every_source_is_one_of_entra() {
        for (kind, readings) in [(ObjectKind::User, USER), (ObjectKind::Group, GROUP)] {
            for (target, text) in readings {
                assert!(
                    source_attribute(kind, text).is_ok() || ValueSource::parse(text).is_ok(),
                    "{target}: {text}"
                );
            }
        }
    }

    // gallery-apps: GitHub matches by externalId alone; Bentley disables through isSoftDeleted.
    #[test]
    fn tables_become_mappings() {
        let find = |name: &str| applications().find(|app| app.name == name).and_then(|app| app.mapping());
        let github = find("github-enterprise-managed-user").expect("it is in the list");
        assert_eq!(github.user.matching()[0].written, "externalId");
        let bentley = find("bentley-automatic-user-provisioning").expect("it is in the list");
        let row = bentley.user.rows.iter().find(|row| row.reads("IsSoftDeleted")).expect("it disables");
        assert!(row.written.ends_with(":isSoftDeleted") && !row.is_active(), "{}", row.written);
        let slack = find("slack").expect("it is in the list");
        let manager = slack.user.rows.iter().find(|row| row.written.ends_with("1.0.manager"));
        assert!(manager.is_some_and(AttributeMapping::is_reference));
        assert!(slack.user.rows.iter().any(|row| row.source == ValueSource::None));
    }
}
