//! Rules that are younger than the first version, and names that rules had before. A rule that is not
//! here is of the first version and was never renamed.

use semver::Version;

use crate::check::History;

/// The name of a rule without `rules/`, and the version that has it first.
const SINCE: &[(&str, Version)] = &[];

/// A name that a rule had, and the one it has.
const RENAMED: &[(&str, &str)] = &[];

/// The history of the rule of that name.
pub(super) fn of(name: &str) -> History {
    read(name, SINCE, RENAMED)
}

fn read(name: &str, since: &[(&str, Version)], renamed: &[(&str, &str)]) -> History {
    let mut history = History::default();
    if let Some((_, version)) = since.iter().find(|(rule, _)| *rule == name) {
        history.since = version.clone();
    }
    let before = renamed.iter().filter(|(_, now)| *now == name);
    history.aliases = before.map(|(before, _)| format!("rules/{before}")).collect();
    history
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_of_the_first_version_unless_the_tables_say_otherwise() {
        let since = [("b", Version::new(0, 2, 0))];
        let renamed = [("old", "b"), ("older", "b"), ("x", "c")];
        assert_eq!(read("a", &since, &renamed), History::default());
        let history = read("b", &since, &renamed);
        assert_eq!(history.since, Version::new(0, 2, 0));
        assert_eq!(history.aliases, ["rules/old", "rules/older"]);
    }

    #[test]
    fn the_tables_name_rules_that_exist() {
        let names: Vec<&str> =
            SINCE.iter().map(|(name, _)| *name).chain(RENAMED.iter().map(|(_, now)| *now)).collect();
        for name in names {
            assert!(super::super::find(&format!("rules/{name}")).is_some(), "{name}");
        }
    }
}
