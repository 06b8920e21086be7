//! Made-up people and groups for the simulated tenant.
//!
//! The same seed, scenario, dialect and key give the same person in every run. What differs from
//! run to run is the prefix: it stands in the userPrincipalName, the mail address, the
//! mailNickname and the name of a group, so that whatever a run leaves behind can be told from
//! other people's data. Mail addresses lie under example.com and phone numbers are of the range
//! 555-01xx, which belong to nobody (RFC 2606, NANPA), unless the settings say otherwise.

mod locale;
mod seed;

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::entra::directory::{DirectoryError, Group, ObjectId, User};

pub use locale::{Locale, UnknownLocale};

/// What people look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleSettings {
    /// Domain of userPrincipalName and mail.
    pub domain: String,
    /// Where names and addresses come from.
    pub locale: Locale,
    /// Source attributes by Entra's names that have the same value for everybody.
    pub fixed: BTreeMap<String, String>,
    /// Source attributes by Entra's names that nobody has.
    pub leave_out: Vec<String>,
}

impl Default for PeopleSettings {
    fn default() -> Self {
        PeopleSettings {
            domain: "example.com".to_owned(),
            locale: Locale::default(),
            fixed: BTreeMap::new(),
            leave_out: Vec::new(),
        }
    }
}

/// Makes people up.
#[derive(Debug, Clone)]
pub struct People {
    settings: PeopleSettings,
    seed: u64,
    prefix: String,
}

/// Departments and offices are the same in every locale: nothing depends on them.
const DEPARTMENTS: [&str; 8] =
    ["Retail", "Finance", "Engineering", "Legal", "Logistics", "Marketing", "Research", "Sales"];

/// Longest part of a local part that is made of a person's names: RFC 5321 allows 64 bytes in all.
const LONGEST_NAME: usize = 24;

impl People {
    /// People of these settings. The prefix is the run's.
    ///
    /// # Errors
    /// When the settings name an attribute that Entra's users do not have or that cannot be set.
    pub fn new(
        settings: PeopleSettings,
        seed: u64,
        prefix: impl Into<String>,
    ) -> Result<Self, DirectoryError> {
        let mut user = User::new(ObjectId::new(""));
        for name in settings.fixed.keys().chain(&settings.leave_out) {
            user = user.with(name, "")?;
        }
        Ok(People { settings, seed, prefix: prefix.into() })
    }

    /// The run's prefix.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The run's prefix and a mark of one scenario run: scenarios that name somebody themselves begin the name
    /// with it, so that the same scenario in another dialect does not meet its people on a shared target.
    #[must_use]
    pub fn scenario_prefix(&self, scenario: &str, dialect: &str) -> String {
        let mark = seed::tag(&mut seed::random(self.seed, &["trial", scenario, dialect]));
        format!("{}{}", self.prefix, &mark[..4])
    }

    /// The domain of userPrincipalName and mail.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.settings.domain
    }

    /// The person who plays this key of this scenario in this dialect: enabled, without a manager,
    /// with a value for every source attribute of Entra's default mapping, and a date.
    #[must_use]
    pub fn person(&self, scenario: &str, dialect: &str, key: &str) -> User {
        let mut random = self.random("person", scenario, dialect, key);
        let tag = seed::tag(&mut random);
        let look = self.settings.locale.look(&mut random);
        let name = local_part(&look.given_name, &look.surname);
        let dotted =
            |parts: [&str; 3]| parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(".");
        let domain = &self.settings.domain;
        let (area, line) = (AREAS[random.random_range(0..AREAS.len())], random.random_range(0..100_u8));
        let phone = |offset: u8| format!("+1 {area}-555-01{:02}", (line + offset) % 100);

        let mut values = BTreeMap::from([
            ("userPrincipalName", format!("{}@{domain}", dotted([&self.prefix, &name, &tag]))),
            ("mail", format!("{}@{domain}", dotted([&name, &self.prefix, &tag]))),
            ("mailNickname", format!("{}-{tag}", self.prefix)),
            ("displayName", format!("{} {}", look.given_name, look.surname)),
            ("givenName", look.given_name),
            ("surname", look.surname),
            ("jobTitle", look.job_title),
            // Entra's employeeId is a text, and its leading zeros must survive.
            ("employeeId", format!("0{:09}", random.random_range(0..1_000_000_000_u32))),
            ("department", DEPARTMENTS[random.random_range(0..DEPARTMENTS.len())].to_owned()),
            ("telephoneNumber", phone(0)),
            ("mobile", phone(1)),
            ("facsimileTelephoneNumber", phone(2)),
            (
                "physicalDeliveryOfficeName",
                format!(
                    "Building {}, room {}",
                    random.random_range(1..40_u8),
                    random.random_range(100..500_u16)
                ),
            ),
            ("streetAddress", look.street),
            ("city", look.city),
            ("state", look.region),
            ("postalCode", look.postal_code),
            ("country", self.settings.locale.country().to_owned()),
            ("preferredLanguage", self.settings.locale.as_str().to_owned()),
            (
                "employeeHireDate",
                format!(
                    "20{:02}-{:02}-{:02}T00:00:00Z",
                    random.random_range(10..25_u8),
                    random.random_range(1..13_u8),
                    random.random_range(1..29_u8)
                ),
            ),
        ]);
        for (name, value) in &self.settings.fixed {
            values.insert(name, value.clone());
        }
        for name in &self.settings.leave_out {
            values.remove(name.as_str());
        }
        let mut person = User::new(self.object_id(scenario, dialect, key, 0));
        for (name, value) in values {
            person = person.with(name, value).expect("`new` checked the names, and all are texts");
        }
        person
    }

    /// The group that plays this key: a security group without members.
    #[must_use]
    pub fn group(&self, scenario: &str, dialect: &str, key: &str) -> Group {
        let mut random = self.random("group", scenario, dialect, key);
        let tag = seed::tag(&mut random);
        let department = DEPARTMENTS[random.random_range(0..DEPARTMENTS.len())];
        let id = self.object_id(scenario, dialect, key, 0);
        Group::new(id, &format!("{} {department} {tag}", self.prefix))
    }

    /// The object id of whoever plays this key for the first (`time` 0) or a later time: a person
    /// who is purged and hired again is another object of the directory.
    ///
    /// Object ids reach the target as the externalId of groups, so they differ from run to run.
    #[must_use]
    pub fn object_id(&self, scenario: &str, dialect: &str, key: &str, time: usize) -> ObjectId {
        let mut random =
            seed::random(self.seed, &["object", &self.prefix, scenario, dialect, key, &time.to_string()]);
        let guid = uuid::Builder::from_random_bytes(random.random()).into_uuid();
        ObjectId::new(&guid.to_string())
    }

    fn random(&self, what: &str, scenario: &str, dialect: &str, key: &str) -> ChaCha8Rng {
        seed::random(self.seed, &[what, scenario, dialect, key])
    }
}

/// Area codes of which 555-01xx is nobody's line.
const AREAS: [u16; 6] = [206, 212, 312, 415, 425, 617];

/// The names as they stand in a mail address: lower case, ASCII letters and digits only, which
/// leaves nothing of some scripts.
fn local_part(given_name: &str, surname: &str) -> String {
    let plain = |name: &str| -> String {
        name.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .take(LONGEST_NAME / 2)
            .collect()
    };
    let parts = [plain(given_name), plain(surname)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn people(settings: PeopleSettings) -> People {
        People::new(settings, 1, "zz9run").expect("the settings are right")
    }

    fn text<'a>(user: &'a User, name: &str) -> &'a str {
        user.text(name).unwrap_or_else(|| panic!("no {name}"))
    }

    #[test]
    fn a_scenario_run_has_a_prefix_of_its_own_that_begins_with_the_runs() {
        let people = People::new(PeopleSettings::default(), 1, "run1").unwrap();
        let one = people.scenario_prefix("cycles/a", "default");
        assert!(one.starts_with("run1") && one.len() == 8, "{one}");
        assert_eq!(one, people.scenario_prefix("cycles/a", "default"));
        assert_ne!(one, people.scenario_prefix("cycles/a", "aadOptscim062020"));
        assert_ne!(one, people.scenario_prefix("cycles/b", "default"));
    }

    #[test]
    fn the_same_question_gives_the_same_person_and_another_one_another() {
        let people = people(PeopleSettings::default());
        let ada = people.person("cycles/a", "default", "ada");
        assert_eq!(ada, people.person("cycles/a", "default", "ada"));
        for other in [
            people.person("cycles/b", "default", "ada"),
            people.person("cycles/a", "aadOptscim062020", "ada"),
            people.person("cycles/a", "default", "grace"),
            People::new(PeopleSettings::default(), 2, "zz9run").unwrap().person("cycles/a", "default", "ada"),
        ] {
            assert_ne!(text(&other, "userPrincipalName"), text(&ada, "userPrincipalName"));
            assert_ne!(other.id(), ada.id());
        }
    }

    #[test]
    fn only_prefix_and_object_id_tell_two_runs_apart() {
        let one = people(PeopleSettings::default()).person("s", "default", "ada");
        let two = People::new(PeopleSettings::default(), 1, "another").unwrap().person("s", "default", "ada");
        assert_ne!(one.id(), two.id());
        for attribute in crate::entra::directory::attributes(crate::entra::directory::ObjectKind::User) {
            if let (Some(a), Some(b)) = (one.text(attribute.name), two.text(attribute.name))
                && attribute.name != "objectId"
            {
                assert_eq!(a.replace("zz9run", "another"), b);
            }
        }
    }

    #[test]
    fn the_prefix_stands_where_left_behind_objects_are_looked_for() {
        let people = people(PeopleSettings::default());
        let ada = people.person("s", "default", "ada");
        for name in ["userPrincipalName", "mail", "mailNickname"] {
            assert!(text(&ada, name).contains("zz9run"), "{name}");
        }
        assert!(people.group("s", "default", "team").text("displayName").unwrap().starts_with("zz9run "));
        let values: HashSet<_> = ["userPrincipalName", "mail", "mailNickname"].map(|n| text(&ada, n)).into();
        assert_eq!(values.len(), 3, "a server that mixes them up must be seen");
    }

    #[test]
    fn nobody_can_be_reached() {
        let people = people(PeopleSettings::default());
        for key in 0..200 {
            let person = people.person("s", "default", &key.to_string());
            assert!(text(&person, "mail").ends_with("@example.com"));
            assert!(text(&person, "userPrincipalName").split('@').next().unwrap().len() <= 64);
            for name in ["telephoneNumber", "mobile", "facsimileTelephoneNumber"] {
                let digits: String = text(&person, name).chars().filter(char::is_ascii_digit).collect();
                assert_eq!((digits.len(), &digits[4..9]), (11, "55501"), "{name}");
            }
        }
    }

    #[test]
    fn no_two_of_many_collide() {
        let people = people(PeopleSettings::default());
        let mut seen = HashSet::new();
        for key in 0..2_000 {
            let person = people.person("large", "default", &format!("crowd-{key}"));
            for name in ["userPrincipalName", "mail", "mailNickname", "objectId"] {
                assert!(seen.insert((name, text(&person, name).to_owned())), "{name} stands twice");
            }
        }
    }

    #[test]
    fn everybody_has_every_attribute_of_the_default_mapping_in_every_locale() {
        for locale in Locale::ALL {
            let people = people(PeopleSettings { locale: *locale, ..PeopleSettings::default() });
            for key in 0..20 {
                let person = people.person("s", "default", &key.to_string());
                for attribute in
                    crate::entra::directory::attributes(crate::entra::directory::ObjectKind::User)
                        .iter()
                        .take(19)
                {
                    assert!(!text(&person, attribute.name).is_empty(), "{} of {locale:?}", attribute.name);
                }
                assert!(text(&person, "mail").is_ascii());
            }
        }
    }

    #[test]
    fn settings_fix_attributes_and_leave_others_out() {
        let settings = PeopleSettings {
            domain: "corp.test".into(),
            fixed: BTreeMap::from([
                ("companyName".into(), "Contoso".into()),
                ("city".into(), "Berlin".into()),
            ]),
            leave_out: vec!["mobile".into()],
            ..PeopleSettings::default()
        };
        let person = people(settings).person("s", "default", "ada");
        assert!(text(&person, "userPrincipalName").ends_with("@corp.test"));
        assert_eq!((text(&person, "companyName"), text(&person, "city")), ("Contoso", "Berlin"));
        assert_eq!(person.text("mobile"), None);
    }

    #[test]
    fn settings_with_unknown_attributes_are_refused() {
        let fixed = BTreeMap::from([("cities".to_owned(), "Berlin".to_owned())]);
        let error = People::new(PeopleSettings { fixed, ..PeopleSettings::default() }, 1, "p")
            .expect_err("no such attribute");
        assert!(matches!(error, DirectoryError::UnknownAttribute(unknown) if unknown.name == "cities"));
        let leave_out = vec!["objectId".to_owned()];
        assert!(People::new(PeopleSettings { leave_out, ..PeopleSettings::default() }, 1, "p").is_err());
    }

    #[test]
    fn who_comes_back_is_another_object() {
        let people = people(PeopleSettings::default());
        assert_ne!(people.object_id("s", "d", "ada", 0), people.object_id("s", "d", "ada", 1));
        assert_eq!(people.object_id("s", "d", "ada", 0), *people.person("s", "d", "ada").id());
    }

    // Written down once: a change of these values breaks every stored snapshot.
    #[test]
    fn people_do_not_change_between_versions() {
        let ada = people(PeopleSettings::default()).person("cycles/create-user", "default", "ada");
        assert_eq!(text(&ada, "userPrincipalName"), "zz9run.elyssa.rippin.rpcjuuzf56@example.com");
        assert_eq!(text(&ada, "telephoneNumber"), "+1 312-555-0125");
    }
}
