//! Values of source attributes: ordinary ones, and those that servers are known to damage.

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;

use crate::entra::directory::AttributeKind;
use crate::entra::mapping::{Mapping, ObjectMapping, ValueSource};

/// The source attributes that histories set, and whether they are also taken away. Entra's users have the first three.
/// A cleared name stays at the target, where a server may make `name.formatted` of it that the mapping no longer gives.
const SETTABLE: [(&str, bool); 18] = [
    ("userPrincipalName", false),
    ("displayName", false),
    ("mailNickname", false),
    ("mail", true),
    ("givenName", false),
    ("surname", false),
    ("jobTitle", true),
    ("department", true),
    ("employeeId", true),
    ("physicalDeliveryOfficeName", true),
    ("streetAddress", true),
    ("city", true),
    ("state", true),
    ("postalCode", true),
    ("country", true),
    ("preferredLanguage", true),
    ("telephoneNumber", true),
    ("mobile", true),
];

/// The source attributes that objects may be matched by.
pub(super) const IDENTITY: [&str; 5] =
    ["userPrincipalName", "displayName", "mailNickname", "mail", "employeeId"];

/// Texts that anybody may have in a name or a title.
const TEXTS: [&str; 20] = [
    "Engineer",
    "Head of Research",
    "Zoë Łukasiewicz",
    "Anne-Marie O'Brien",
    "山田 太郎",
    "Müller & Söhne",
    "Mia \"Max\" Keller",
    "Rocket 🚀 Crew",
    "R+D",
    "Research <Core>",
    "null",
    "False",
    "0042",
    "1.50",
    "Back\\slash",
    "Comma, semicolon; colon:",
    "a and b or not c",
    "engineer",
    "Senior Vice President of Worldwide Field Operations, Logistics and Procurement",
    "https://example.com/?q=1&r=%20",
];

/// What a mapping lets histories change.
#[derive(Debug, Clone)]
pub(super) struct Changeable {
    /// Source attributes of people that flow to the target as they are; true for those that may be empty.
    pub(super) people: Vec<(&'static str, bool)>,
    /// A group's displayName flows to the target as it is.
    pub(super) group_names: bool,
    /// Managers are written.
    pub(super) managers: bool,
    /// Groups are provisioned, with their members.
    pub(super) groups: bool,
    /// Rows that may stand in the place of the profile's.
    pub(super) rows: Vec<&'static str>,
    /// Users have a userName and a displayName.
    pub(super) user_names: bool,
    /// Accounts may hold these values beforehand, as a scenario file writes them.
    pub(super) held: Vec<&'static str>,
}

/// Rows of the user mapping by their target, and the source attribute that one of them needs to flow.
const ROWS: [(&str, &str); 8] = [
    ("title", "{ target: title, constant: Staff }"),
    ("title", "{ target: title, source: jobTitle, default: Newcomer }"),
    ("title", "{ target: title, source: jobTitle, apply: create }"),
    ("title", "{ target: title, default: Unknown }"),
    ("title", "{ target: title, source: department }"),
    ("displayName", r#"{ target: displayName, expression: 'Join(", ", ToUpper([surname]), [givenName])' }"#),
    ("displayName", r#"{ target: displayName, expression: 'Join(" ", [givenName], [surname])' }"#),
    ("preferredLanguage", "{ target: preferredLanguage, constant: en-GB }"),
];

/// What an account may hold beforehand, by its target.
const HELD: [(&str, &str); 7] = [
    ("title", "title: Admiral"),
    ("displayName", "displayName: Somebody Else"),
    ("active", "active: false"),
    ("externalId", "externalId: null"),
    ("department", "department: Navy"),
    ("preferredLanguage", "preferredLanguage: null"),
    (r#"emails[type eq "work"].value"#, r#"'emails[type eq "home"].value': "{{prefix}}.home@{{domain}}""#),
];

impl Changeable {
    /// What histories may change with this mapping.
    pub(super) fn of(mapping: &Mapping) -> Self {
        let user = &mapping.user;
        let filtered: Vec<&str> = user.filter.attributes().collect();
        let people =
            SETTABLE.iter().filter(|(name, _)| !filtered.contains(name)).filter_map(|(name, optional)| {
                let mut rows = user.rows.iter().filter(|row| row.reads(name)).peekable();
                rows.peek()?;
                let direct = user.rows.iter().any(|row| is_direct(&row.source, name));
                let needed = rows.any(|row| row.declared.required || row.matching.is_some());
                direct.then_some((*name, *optional && !needed))
            });
        let people: Vec<_> = people.collect();
        let is_matched = |target: &str| user.find(target).is_none_or(|row| row.matching.is_some());
        let known = |target: &&(&str, &'static str)| !is_matched(target.0);
        let group = mapping.group.as_ref();
        let references =
            |of: &ObjectMapping, name: &str| of.rows.iter().any(|row| is_direct(&row.source, name));
        Changeable {
            people,
            group_names: group
                .is_some_and(|group| references(group, "displayName") && group.filter.groups.is_empty()),
            managers: references(user, "manager"),
            groups: group.is_some_and(|group| references(group, "members")),
            rows: if filtered.is_empty() {
                ROWS.iter().filter(known).map(|(_, row)| *row).collect()
            } else {
                Vec::new()
            },
            user_names: user.find("userName").is_some() && user.find("displayName").is_some(),
            held: HELD.iter().filter(known).map(|(_, value)| *value).collect(),
        }
    }
}

fn is_direct(source: &ValueSource, name: &str) -> bool {
    match source {
        ValueSource::Attribute(attribute) => {
            attribute.name == name && (attribute.kind == AttributeKind::Text || attribute.kind.is_reference())
        }
        _ => false,
    }
}

/// A value for a source attribute. `number` is new for each value of a history, so that what must be unique is.
pub(super) fn value(random: &mut ChaCha8Rng, name: &str, number: usize) -> String {
    let pick = |random: &mut ChaCha8Rng, values: &[&str]| {
        values.choose(random).copied().unwrap_or_default().to_owned()
    };
    match name {
        "userPrincipalName" => match random.random_range(0..8) {
            0 => format!("{{{{prefix}}}}.o'neill{number}@{{{{domain}}}}"),
            1 => format!("{{{{prefix}}}}.u+{number}@{{{{domain}}}}"),
            2 => format!("{{{{prefix}}}}.Upper{number}@{{{{domain}}}}"),
            _ => format!("{{{{prefix}}}}.u{number}@{{{{domain}}}}"),
        },
        "mail" => format!("{{{{prefix}}}}.m{number}@{{{{domain}}}}"),
        "mailNickname" => format!("{{{{prefix}}}}-n{number}"),
        "employeeId" => format!("{:06}{number:03}", random.random_range(0..1_000_000_u32)),
        "postalCode" => pick(random, &["01067", "SW1A 1AA", "98052", "100-0001"]),
        "country" => pick(random, &["GB", "DE", "FR", "JP", "US"]),
        "preferredLanguage" => pick(random, &["en-GB", "de-DE", "fr-FR", "ja-JP"]),
        // An area that no made-up person has: a change shall change something.
        "telephoneNumber" | "mobile" => format!("+1 907-555-01{:02}", random.random_range(0..100_u8)),
        _ => pick(random, &TEXTS),
    }
}

/// A name for a group, which nothing else has.
pub(super) fn group_name(random: &mut ChaCha8Rng, number: usize) -> String {
    let text = ["Engines", "Ré & Co", "R+D", "Sales \"West\"", "a and b", "開発"]
        .choose(random)
        .copied()
        .unwrap_or_default();
    format!("{{{{prefix}}}} {text} {number}")
}
