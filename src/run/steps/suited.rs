//! Made-up people and groups as a profile wants them: they pass its scoping filters and have what its required
//! rows read, so that a scenario plays with people whom the service would provision.

use std::collections::BTreeMap;

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::entra::directory::{AttributeKind, DirectoryError, Group, Object, SourceValue, User};
use crate::entra::mapping::{
    AttributeMapping, Clause, DataType, FilterGroup, ObjectMapping, Operator, ScopingFilter, ValueSource,
};
use crate::entra::scope;

/// The person with what the mapping's required rows read, with a value for each extension attribute that a row of
/// another type than text reads, and within the mapping's scoping filter where that can be done.
pub fn user(user: User, mapping: &ObjectMapping) -> User {
    let user = mapping.rows.iter().fold(user, |user, row| {
        let is_lacking = |name: &&str| {
            let is_typed = name.starts_with(EXTENSION_ATTRIBUTE) && of_type(row.declared.data_type).is_some();
            user.get(name).is_none() && (row.declared.required || is_typed)
        };
        let names: Vec<&str> = sources(row).into_iter().filter(is_lacking).collect();
        names.into_iter().fold(user, |user, name| {
            // What an expression makes of a text is its own matter.
            let typed =
                of_type(row.declared.data_type).filter(|_| matches!(row.source, ValueSource::Attribute(_)));
            let value = typed.map_or_else(|| usual(name), str::to_owned);
            user.clone().with(name, value).unwrap_or(user)
        })
    });
    let get = |user: &User, name: &str| text(Object::User(user), name);
    let passes = |user: &User| scope::passes(&mapping.filter, Object::User(user));
    let changed = |user: &User, changes: &Changes| {
        changes
            .iter()
            .try_fold(user.clone(), |user, (name, value)| changed_user(user, name, value.as_deref()))
    };
    within(user, &mapping.filter, get, changed, passes)
}

/// How the fifteen source attributes begin that have no meaning of their own.
const EXTENSION_ATTRIBUTE: &str = "extensionAttribute";

/// The source attributes that a row reads.
fn sources(row: &AttributeMapping) -> Vec<&str> {
    match &row.source {
        ValueSource::Attribute(attribute) => vec![attribute.name],
        ValueSource::Expression(expression) => {
            expression.attributes().iter().map(|(name, _)| *name).collect()
        }
        ValueSource::Constant(_) | ValueSource::Roles(_) | ValueSource::None => Vec::new(),
    }
}

/// A text that a target of this type takes; `None` where any text will do.
fn of_type(data_type: DataType) -> Option<&'static str> {
    match data_type {
        DataType::Integer => Some("42"),
        DataType::Boolean => Some("True"),
        DataType::DateTime => Some("2020-01-01T00:00:00Z"),
        DataType::Reference => Some("https://example.com/"),
        DataType::Binary => Some("c2NpbXVsYXRl"),
        DataType::String => None,
    }
}

/// True when the mapping's scoping filter lets the person pass.
pub fn passes(user: &User, mapping: &ObjectMapping) -> bool {
    scope::passes(&mapping.filter, Object::User(user))
}

/// The group within the mapping's scoping filter, where that can be done.
pub fn group(group: Group, mapping: &ObjectMapping) -> Group {
    let get = |group: &Group, name: &str| text(Object::Group(group), name);
    let passes = |group: &Group| scope::passes(&mapping.filter, Object::Group(group));
    let changed = |group: &Group, changes: &Changes| {
        changes.iter().try_fold(group.clone(), |group, (name, value)| match value {
            Some(value) => group.with(name, source(name, value)),
            None => Ok(group),
        })
    };
    within(group, &mapping.filter, get, changed, passes)
}

/// New values by source attribute; `None` takes one away.
type Changes = BTreeMap<&'static str, Option<String>>;

/// The object, or it as the first group of clauses that can be satisfied wants it.
fn within<O: Clone>(
    object: O,
    filter: &ScopingFilter,
    get: impl Fn(&O, &str) -> Option<String>,
    changed: impl Fn(&O, &Changes) -> Result<O, DirectoryError>,
    passes: impl Fn(&O) -> bool,
) -> O {
    if passes(&object) {
        return object;
    }
    let satisfied = filter.groups.iter().find_map(|group| {
        let changes = satisfying(group, |name| get(&object, name))?;
        changed(&object, &changes).ok().filter(&passes)
    });
    satisfied.unwrap_or(object)
}

/// Values with which every clause of a group holds, if they can be found.
fn satisfying(group: &FilterGroup, get: impl Fn(&str) -> Option<String>) -> Option<Changes> {
    let mut changes = Changes::new();
    for clause in &group.clauses {
        let name = clause.attribute().name;
        let current = changes.get(name).cloned().unwrap_or_else(|| get(name));
        if clause.holds(current.as_deref()) {
            continue;
        }
        let of_attribute = |clause: &&Clause| clause.attribute().name == name;
        let others: Vec<&Clause> = group.clauses.iter().filter(of_attribute).collect();
        let all_hold = |value: &Option<String>| others.iter().all(|other| other.holds(value.as_deref()));
        let found = candidates(clause, current.as_deref().unwrap_or_default());
        let chosen = found.iter().find(|value| all_hold(value));
        let chosen = chosen.or_else(|| found.iter().find(|value| clause.holds(value.as_deref())))?;
        changes.insert(name, chosen.clone());
    }
    Some(changes)
}

/// Values that may satisfy a clause; those that keep what the value is known by come first.
fn candidates(clause: &Clause, current: &str) -> Vec<Option<String>> {
    let value = clause.value();
    let wanted = match clause.operator() {
        Operator::IsNull => return vec![None],
        Operator::IsTrue => "True".to_owned(),
        Operator::IsFalse => "False".to_owned(),
        Operator::IsNotNull | Operator::NotEquals | Operator::NotRegexMatch | Operator::NotAnd => {
            return vec![Some(usual(clause.attribute().name)), Some("Other".to_owned())];
        }
        Operator::GreaterThan => value.parse::<u64>().map_or(String::new(), |least| (least + 1).to_string()),
        Operator::RegexMatch => matching(value).unwrap_or_default(),
        Operator::And
        | Operator::EndsWith
        | Operator::Equals
        | Operator::GreaterThanOrEquals
        | Operator::Includes => value.to_owned(),
    };
    let local = current.split('@').next().unwrap_or_default();
    let domain = current.split_once('@').map_or("", |(_, domain)| domain);
    let joined = match wanted.starts_with('@') {
        true => vec![format!("{local}{wanted}")],
        false if domain.is_empty() => vec![format!("{current} {wanted}"), format!("{current}{wanted}")],
        false => vec![
            format!("{local}.{wanted}@{domain}"),
            format!("{local}@{wanted}"),
            format!("{current}{wanted}"),
        ],
    };
    joined.into_iter().chain([wanted]).map(Some).collect()
}

/// A text in which the pattern is found; `None` for patterns that look around themselves.
fn matching(pattern: &str) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = String::new();
    write(&hir, &mut text).then_some(text)
}

fn write(hir: &Hir, text: &mut String) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(literal) => {
                text.push_str(literal);
                true
            }
            Err(_) => false,
        },
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges();
            let plain = "aA0".chars().find(|c| ranges.iter().any(|r| (r.start()..=r.end()).contains(c)));
            let first = plain.or_else(|| ranges.first().map(|range| range.start()));
            text.extend(first);
            first.is_some()
        }
        HirKind::Class(Class::Bytes(_)) => false,
        HirKind::Repetition(repetition) => (0..repetition.min).all(|_| write(&repetition.sub, text)),
        HirKind::Capture(capture) => write(&capture.sub, text),
        HirKind::Concat(parts) => parts.iter().all(|part| write(part, text)),
        HirKind::Alternation(ways) => ways.first().is_some_and(|way| write(way, text)),
    }
}

/// Something that such an attribute usually holds, for those that people are not given otherwise.
fn usual(name: &str) -> String {
    match name {
        "companyName" => "Contoso".to_owned(),
        "usageLocation" => "US".to_owned(),
        "employeeType" => "Employee".to_owned(),
        "employeeHireDate" => "2020-01-01T00:00:00Z".to_owned(),
        "userType" => "Member".to_owned(),
        _ => format!("some {name}"),
    }
}

fn text(object: Object<'_>, name: &str) -> Option<String> {
    match object.get(name).as_deref() {
        Some(SourceValue::Text(text)) => Some(text.clone()),
        Some(SourceValue::Boolean(true)) => Some("True".to_owned()),
        Some(SourceValue::Boolean(false)) => Some("False".to_owned()),
        _ => None,
    }
}

fn source(name: &str, value: &str) -> SourceValue {
    use crate::entra::directory::{ObjectKind, find};
    let boolean = [ObjectKind::User, ObjectKind::Group]
        .into_iter()
        .any(|kind| find(kind, name).is_ok_and(|attribute| attribute.kind == AttributeKind::Boolean));
    match boolean {
        true => SourceValue::Boolean(value == "True"),
        false => SourceValue::Text(value.to_owned()),
    }
}

fn changed_user(user: User, name: &str, value: Option<&str>) -> Result<User, DirectoryError> {
    match value {
        Some(value) => user.with(name, source(name, value)),
        None => super::fixture::without(&user, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::directory::{ObjectId, ObjectKind};
    use crate::people::{People, PeopleSettings};

    fn filter(groups: &[&[(&str, &str, &str)]]) -> ScopingFilter {
        let clause = |(attribute, operator, value): &(&str, &str, &str)| {
            let value = Some(*value).filter(|value| !value.is_empty());
            Clause::read(ObjectKind::User, attribute, operator, value).unwrap()
        };
        let group = |clauses: &&[(&str, &str, &str)]| FilterGroup {
            name: String::new(),
            clauses: clauses.iter().map(clause).collect(),
        };
        ScopingFilter { groups: groups.iter().map(group).collect() }
    }

    fn suited(groups: &[&[(&str, &str, &str)]]) -> Option<User> {
        let people = People::new(PeopleSettings::default(), 1, "zz9run").unwrap();
        let mapping = ObjectMapping { filter: filter(groups), ..ObjectMapping::default() };
        let suited = user(people.person("s", "default", "ada"), &mapping);
        scope::passes(&mapping.filter, Object::User(&suited)).then_some(suited)
    }

    #[test]
    fn whatever_a_filter_asks_for_is_given() {
        for groups in [
            &[("department", "EQUALS", "Sales"), ("country", "NOT EQUALS", "US")] as &[_],
            &[("jobTitle", "IS NULL", "")],
            &[("companyName", "IS NOT NULL", "")],
            &[("extensionAttribute1", "REGEX MATCH", r"^(EMP|CON)-\d{4}$")],
            &[("employeeId", "Greater_Than", "99999999999")],
            &[("userPrincipalName", "ENDS_WITH", "@contoso.com")],
            &[("userPrincipalName", "REGEX MATCH", r"@fabrikam\.com$")],
            &[("mail", "Includes", "scim")],
            &[("dirSyncEnabled", "IS TRUE", "")],
            &[("department", "&", "Sales;Marketing")],
        ] {
            assert!(suited(&[groups]).is_some(), "{groups:?}");
        }
    }

    #[test]
    fn the_name_keeps_its_prefix() {
        let suited = suited(&[&[("userPrincipalName", "ENDS_WITH", "@contoso.com")]]).unwrap();
        let name = suited.text("userPrincipalName").unwrap();
        assert!(name.starts_with("zz9run.") && name.ends_with("@contoso.com"), "{name}");
    }

    #[test]
    fn the_first_group_that_can_be_satisfied_is_enough_and_none_leaves_the_person_alone() {
        let impossible: &[_] = &[("city", "EQUALS", "Rome"), ("city", "EQUALS", "Paris")];
        let suited_by = suited(&[impossible, &[("city", "EQUALS", "Oslo")]]).unwrap();
        assert_eq!(suited_by.text("city"), Some("Oslo"));
        assert!(suited(&[impossible]).is_none());
    }

    #[test]
    fn what_required_rows_read_is_there() {
        let source = crate::entra::mapping::source_attribute(ObjectKind::User, "companyName").unwrap();
        let mut row = AttributeMapping::new("title", ValueSource::Attribute(source)).unwrap();
        let given = |row: &AttributeMapping| {
            let somebody = User::new(ObjectId::new("1"));
            user(somebody, &ObjectMapping::new(vec![row.clone()])).text("companyName").map(str::to_owned)
        };
        assert_eq!(given(&row), None);
        row.declared.required = true;
        assert_eq!(given(&row).as_deref(), Some("Contoso"));
    }

    #[test]
    fn extension_attributes_suit_the_type_of_their_target() {
        let source =
            crate::entra::mapping::source_attribute(ObjectKind::User, "extensionAttribute7").unwrap();
        let mut row = AttributeMapping::new("title", ValueSource::Attribute(source)).unwrap();
        let given = |row: &AttributeMapping| {
            let somebody = user(User::new(ObjectId::new("1")), &ObjectMapping::new(vec![row.clone()]));
            somebody.text("extensionAttribute7").map(str::to_owned)
        };
        assert_eq!(given(&row), None);
        for (data_type, value) in [
            (DataType::Integer, "42"),
            (DataType::Boolean, "True"),
            (DataType::DateTime, "2020-01-01T00:00:00Z"),
            (DataType::Reference, "https://example.com/"),
            (DataType::Binary, "c2NpbXVsYXRl"),
        ] {
            row.declared.data_type = data_type;
            assert_eq!(given(&row).as_deref(), Some(value));
        }
    }
}
