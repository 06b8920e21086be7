//! `scimulate.toml` in the working folder: the options of `run` under their long names, and what is
//! too long for a command line.

mod mistake;
mod schema;
mod settings;
mod target;

use std::io::ErrorKind;
use std::path::Path;

use indexmap::IndexMap;
use toml::Spanned;

pub(super) use self::schema::json_schema;
pub(super) use self::settings::{FILE, NameVisibility};

use self::mistake::{masked, mistake};
use self::settings::FileSettings;
use super::failure::CommandFailure;
use super::switches;
use crate::diagnostic::Diagnostic;
use crate::entra::dialect::{Switches, UnknownSwitch};
use crate::entra::mapping::expression::{READINGS, Readings};
use crate::entra::mapping::{Mapping, SelectionError};
use crate::input;
use crate::people;
use crate::scim::PatchPath;

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) settings: FileSettings,
    /// The file's text, for the places of mistakes.
    text: String,
}

/// One way to change a mapping by names of targets.
type Cut = fn(&Mapping, &[String]) -> Result<Mapping, SelectionError>;

impl Config {
    /// Reads the file in the working folder. Without one, nothing is configured.
    pub(super) fn read() -> Result<Self, CommandFailure> {
        match input::text(Path::new(FILE), input::WRITTEN) {
            Ok(text) => Ok(Config::parse(text)?),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Config::default()),
            Err(error) => {
                Err(Diagnostic::about_file(format!("the configuration cannot be read: {error}"), FILE).into())
            }
        }
    }

    /// Reads a file's text.
    pub(super) fn parse(text: String) -> Result<Self, Diagnostic> {
        let settings: FileSettings = toml::from_str(&text).map_err(|error| mistake(&text, &error))?;
        let refused = [
            (&settings.token, "a token must not be in this file", "SCIMULATE_TOKEN", "token-file"),
            (
                &settings.client_secret,
                "a client secret must not be in this file",
                "SCIMULATE_CLIENT_SECRET",
                "client-secret-file",
            ),
        ];
        for (secret, title, variable, file) in refused {
            if let Some(secret) = secret {
                let help =
                    format!("set {variable}, or name a file that is not in version control with `{file}`");
                return Err(Diagnostic::new(title, FILE, masked(&text), secret.span()).help(help));
            }
        }
        Ok(Config { settings, text })
    }

    /// What people look like.
    pub(super) fn people(&self) -> Result<people::PeopleSettings, Diagnostic> {
        let table = &self.settings.people;
        let mut settings = people::PeopleSettings::default();
        if let Some(domain) = &table.domain {
            settings.domain.clone_from(domain);
        }
        settings.locale = table.locale.unwrap_or_default();
        settings.fixed =
            table.fixed.iter().map(|(name, value)| (name.get_ref().clone(), value.clone())).collect();
        settings.leave_out = table.leave_out.iter().map(|name| name.get_ref().clone()).collect();
        // Each name on its own, so that the mistake has its place.
        for name in table.fixed.keys().chain(&table.leave_out) {
            let alone = people::PeopleSettings {
                leave_out: vec![name.get_ref().clone()],
                ..people::PeopleSettings::default()
            };
            people::People::new(alone, 0, "p").map_err(|error| self.wrong(error.to_string(), name))?;
        }
        Ok(settings)
    }

    /// The profile's mapping, changed as the file says.
    pub(super) fn change(&self, mut mapping: Mapping) -> Result<Mapping, Diagnostic> {
        let table = &self.settings.mapping;
        let changes: [(_, Cut); 3] = [
            (&table.only, Mapping::only),
            (&table.without, Mapping::without),
            (&table.matching, Mapping::with_matching),
        ];
        for (names, change) in changes {
            let Some(list) = names else { continue };
            let names: Vec<String> = list.get_ref().iter().map(|name| name.get_ref().clone()).collect();
            mapping = change(&mapping, &names).map_err(|error| {
                let wrong = match &error {
                    SelectionError::UnknownTarget { name, .. }
                    | SelectionError::ReferenceCannotMatch(name)
                    | SelectionError::Twice(name) => {
                        list.get_ref().iter().rfind(|known| known.get_ref() == name)
                    }
                    SelectionError::NothingMatches { .. } => None,
                };
                match wrong {
                    Some(name) => self.wrong(error.to_string(), name),
                    None => self.wrong(error.to_string(), list),
                }
            })?;
        }
        if table.groups == Some(false) {
            mapping.group = None;
        }
        Ok(mapping.with_readings(self.readings()?))
    }

    /// Values to test attributes with, by target path.
    pub(super) fn test_values(&self) -> Result<IndexMap<String, String>, Diagnostic> {
        let mut values = IndexMap::new();
        for (path, value) in &self.settings.gallery.test_values {
            if let Err(error) = path.get_ref().parse::<PatchPath>() {
                let title =
                    format!("`{}` is not the path of an attribute: {}", path.get_ref(), error.message);
                return Err(self.wrong(title, path));
            }
            values.insert(path.get_ref().clone(), value.clone());
        }
        Ok(values)
    }

    /// How contradictions in Microsoft's pages on expressions are read.
    pub(super) fn readings(&self) -> Result<Readings, Diagnostic> {
        let mut readings = Readings::default();
        for (name, value) in &self.settings.mapping.readings {
            readings.choose(name.get_ref(), value.get_ref()).map_err(|error| {
                let known = READINGS.iter().any(|reading| reading.name == name.get_ref());
                let place = if known { value } else { name };
                self.wrong(error.message, place).help(error.help)
            })?;
        }
        Ok(readings)
    }

    /// Readings of Entra's behaviour.
    pub(super) fn switches(&self) -> Result<Switches, Diagnostic> {
        let mut switches = Switches::default();
        for (name, value) in &self.settings.switch {
            switches.set(name.get_ref(), value.get_ref()).map_err(|unknown| {
                let place = if matches!(unknown, UnknownSwitch::Name(_)) { name } else { value };
                let wrong = self.wrong(unknown.to_string(), place);
                match switches::way_out(&unknown) {
                    Some(help) => wrong.help(help),
                    None => wrong,
                }
            })?;
        }
        Ok(switches)
    }

    fn wrong<T>(&self, title: String, place: &Spanned<T>) -> Diagnostic {
        Diagnostic::new(title, FILE, &self.text, place.span())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    use crate::cli::arguments::FailOn;
    use crate::entra::mapping::profiles;
    use crate::gallery::Template;

    fn read(text: &str) -> Config {
        Config::parse(text.to_owned()).unwrap()
    }

    fn wrong(text: &str) -> Diagnostic {
        Config::parse(text.to_owned()).unwrap_err()
    }

    #[test]
    fn readings_are_chosen_by_name_and_a_slip_has_its_place() {
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        let kept = read("[mapping]\nreadings = { join-empty = 'kept' }\n").change(mapping.clone()).unwrap();
        assert_ne!(kept, mapping);
        assert_eq!(kept.user.rows.len(), mapping.user.rows.len());
        let wrong = |readings: &str| {
            let text = format!("[mapping.readings]\n{readings}\n");
            let mistake = read(&text).change(mapping.clone()).unwrap_err();
            (text[mistake.span].to_owned(), mistake.help.unwrap())
        };
        assert_eq!(wrong("join-emtpy = 'kept'"), ("join-emtpy".into(), "did you mean `join-empty`?".into()));
        assert_eq!(wrong("join-empty = 'keep'"), ("'keep'".into(), "it is one of skipped, kept".into()));
    }

    #[test]
    fn switches_are_chosen_by_name_and_a_slip_has_its_place() {
        let read = |switch: &str| Config::parse(format!("[switch]\n{switch}\n")).unwrap().switches();
        let chosen = read("additions = 'apart'").unwrap().changed();
        assert_eq!((chosen[0].name, chosen[0].value.as_str(), chosen.len()), ("additions", "apart", 1));
        let slip = read("booleans = 'json'\naditions = 'apart'").unwrap_err();
        assert_eq!(slip.line(), 3);
        assert!(slip.help.unwrap().contains("did you mean `additions`?"));
        let slip = read("booleans = 'yes'").unwrap_err();
        assert_eq!((slip.line(), slip.title.contains("write text or json")), (2, true), "{}", slip.title);
    }

    #[test]
    fn settings_have_the_names_of_the_options() {
        let config = read(
            "target = 'http://localhost/scim'\ntoken-file = 'token'\nyes = true\nheader = 'A=b'\n\
             suite = ['cycles', 'field']\nfail-on = 'never'\ndialect = 'all'\nshard = '2/3'\n",
        );
        let settings = &config.settings;
        assert_eq!(settings.target.url.as_deref(), Some("http://localhost/scim"));
        assert_eq!(settings.token_file.as_deref(), Some(Path::new("token")));
        assert_eq!(settings.header, ["A=b"]);
        assert_eq!(settings.suite, ["cycles", "field"]);
        assert_eq!(settings.fail_on, Some(FailOn(None)));
        assert!(settings.yes && settings.shard.is_some() && settings.dialect.is_some());
        assert!(read("").settings.target.url.is_none());
    }

    #[test]
    fn a_mistake_is_shown_at_its_place_with_a_way_out() {
        let unknown = wrong("yes = true\ntagret = 'x'\n");
        assert_eq!((unknown.title.as_str(), unknown.line()), ("unknown setting `tagret`", 2));
        assert_eq!(unknown.help.as_deref(), Some("did you mean `target`?"));
        let far = wrong("zzzzzzzz = 1");
        assert!(far.help.is_some_and(|help| help.contains("target, ") && !help.contains(" token,")));
        let typed = wrong("\n\ntimeout = 'long'");
        assert_eq!(typed.line(), 3);
        assert!(typed.title.contains("invalid type"), "{}", typed.title);
        let level = wrong("yes = true\nfail-on = 'sometimes'\n");
        assert_eq!(level.line(), 2);
        assert!(level.title.starts_with("the value is not a level"), "{}", level.title);
        assert_eq!(wrong("target = ").line(), 1);
        assert_eq!(wrong("[people]\ndomian = 'x'\n").help.as_deref(), Some("did you mean `domain`?"));
    }

    #[test]
    fn a_target_is_a_url_or_a_table() {
        let table = read("[target]\nurl = 'http://localhost/scim'\nnames = 'opaque'\n").settings.target;
        assert_eq!(
            (table.url.as_deref(), table.names),
            (Some("http://localhost/scim"), NameVisibility::Opaque)
        );
        assert_eq!(read("target = 'http://localhost/scim'").settings.target.names, NameVisibility::Shown);
        let slip = wrong("[target]\nurl = 'x'\nnames = 'opake'\n");
        assert_eq!(slip.line(), 3);
        assert_eq!(wrong("[target]\nnmaes = 'x'\n").help.as_deref(), Some("did you mean `names`?"));
    }

    #[test]
    fn a_token_in_the_file_is_refused() {
        let refused = wrong("token = 'hunter2'");
        assert!(refused.help.is_some_and(|help| help.contains("SCIMULATE_TOKEN")));
    }

    #[test]
    fn a_mistake_shows_no_value() {
        for text in [
            "yes = true\nheader = 'X-Key=hunter2\n",
            "header = hunter2\n",
            "header = ['X-Key=hunter2', 7]\n",
            "header = [\n'X-Key=hunter2',\n 7\n]\n",
            "tokn = 'hunter2'\n",
            "token = 'hunter2'\n",
            "client-secret = \"hunter2\"\n",
            "timeout = 'hunter2'\n",
            "fail-on = 'hunter2'\n",
            "fail-on = \"hunter2\\u002B\"\n",
            "dialect = 'hunter2'\n",
            "shard = 'hunter2'\n",
            "credentials-in = 'hunter2'\n",
            "checks-as-of = 'hunter2'\n",
            "people = 'hunter2'\n",
            "target = 'http://localhost/?k=hunter2'\ntarget = 'http://localhost/?k=hunter2'\n",
            "hunter2\n",
            "[hunter2\n",
            "[people]\nlocale = 'hunter2'\n",
            "[gallery]\ntemplate = 'hunter2'\n",
            "# hunter2\ntimeout = 'x' # hunter2\n",
        ] {
            let shown = wrong(text).render(false);
            assert!(!shown.contains("hunter2"), "{text}: {shown}");
        }
        let shown = wrong("yes = true\nheader = 'é' 'ü'\n").render(false);
        assert!(shown.contains("scimulate.toml:2:"), "{shown}");
    }

    #[test]
    fn people_look_as_the_file_says() {
        let people = read(
            "[people]\ndomain = 'corp.example'\nlocale = 'de-DE'\nleave-out = ['mobile']\n\
             [people.fixed]\ndepartment = 'IT'\n",
        )
        .people()
        .unwrap();
        assert_eq!((people.domain.as_str(), people.locale.as_str()), ("corp.example", "de-DE"));
        assert_eq!(people.leave_out, ["mobile"]);
        assert_eq!(people.fixed["department"], "IT");
        let wrong = read("[people]\nleave-out = [\n  'mobile',\n  'shoeSize',\n]\n").people().unwrap_err();
        assert_eq!(wrong.line(), 4);
        let wrong = read("[people.fixed]\nmobile = '1'\nshoeSize = '1'\n").people().unwrap_err();
        assert_eq!(wrong.line(), 3);
    }

    #[test]
    fn the_mapping_is_cut_as_the_file_says() {
        let whole = profiles::load(profiles::DEFAULT).unwrap();
        let few = read("[mapping]\nonly = ['userName', 'active']\n").change(whole.clone()).unwrap();
        assert_eq!(few.user.rows.len(), 2);
        let less = read("[mapping]\nwithout = ['title']\nmatching = ['externalId']\n")
            .change(whole.clone())
            .unwrap();
        assert_eq!(less.user.rows.len(), whole.user.rows.len() - 1);
        assert_eq!(less.user.matching()[0].written, "externalId");
        let wrong = read("[mapping]\nwithout = [\n'title',\n'titel']\n").change(whole.clone()).unwrap_err();
        assert_eq!(wrong.line(), 4);
        assert!(wrong.title.contains("did you mean `title`?"), "{}", wrong.title);
        let wrong = read("[mapping]\nonly = ['title']\n").change(whole).unwrap_err();
        assert!(wrong.line() == 2 && wrong.title.contains("match"), "{}", wrong.title);
    }

    #[test]
    fn an_application_may_have_no_groups() {
        let whole = profiles::load(profiles::DEFAULT).unwrap();
        assert!(read("[mapping]\ngroups = false\n").change(whole.clone()).unwrap().group.is_none());
        assert!(read("[mapping]\ngroups = true\n").change(whole).unwrap().group.is_some());
    }

    #[test]
    fn the_gallery_is_played_as_the_file_says() {
        let config = read("[gallery]\ntemplate = '10'\ntest-values = { userType = 'Employee' }\n");
        assert_eq!(config.settings.gallery.template, Some(Template::Ten));
        assert_eq!(config.test_values().unwrap()["userType"], "Employee");
        let slip = wrong("[gallery]\ntemplate = '9'\n");
        assert!(
            slip.title == "the value is not an edition of the template: write 10 or 11",
            "{}",
            slip.title
        );
        let path = read("[gallery.test-values]\n'a[' = 'x'\n").test_values().unwrap_err();
        assert_eq!(path.line(), 2);
    }

    #[test]
    fn the_documented_file_can_be_read() {
        let page = include_str!("../../docs/configuration.md");
        let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let config = read(example);
        config.people().unwrap();
        config.test_values().unwrap();
        config.change(profiles::load(profiles::DEFAULT).unwrap()).unwrap();
        // Every setting there is stands in the example.
        let unknown = wrong("zzzzzzzz = 1").help.unwrap();
        for name in unknown.trim_start_matches("the known settings here are ").split(", ") {
            let shown = [format!("\n{name} = "), format!("[{name}]")];
            assert!(
                shown.iter().any(|shown| format!("\n{example}").contains(shown)),
                "{name} is not documented"
            );
        }
    }
}
