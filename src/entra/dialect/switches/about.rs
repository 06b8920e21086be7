//! Every switch with every position, as `scimulate list switches` shows them.

use super::{
    AddedMember, Additions, Booleans, Choice, CreateConflict, CustomAttributes, CustomLists,
    DeletionThreshold, ElementFilter, EmptyRoles, EnterpriseData, Evidence, FilterQuotes, FlagInUrls,
    GroupMembers, GroupSchemas, LeakedMembers, Leavers, ManagerPath, ManagerRemoval, ManagerValue,
    NarrowedScope, Nulls, OperationNames, PatchBody, PhonePrimary, PurgedAfterUnassign, ReferenceCheck,
    RemovedMember, RestartLinks, Retries, RoleName, SwitchDefect, Switches, TombstoneName, UserMeta,
    UserSchemas,
};

/// A switch and what it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchAbout {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Its position by default.
    pub default: String,
    /// Every named position; empty where any number or text can be written.
    pub positions: Vec<PositionAbout>,
    /// What can be written where no position has a name.
    pub form: Option<&'static str>,
    /// What is known about the position by default.
    pub evidence: Evidence,
    /// Where that is known from.
    pub source: &'static str,
}

/// A named position of a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PositionAbout {
    /// Its name.
    pub value: &'static str,
    /// What is sent or decided in it.
    pub meaning: &'static str,
    /// What is known about it.
    pub evidence: Evidence,
    /// Where it is known from.
    pub source: &'static str,
}

impl PositionAbout {
    fn of<C: Choice>(position: C) -> Self {
        PositionAbout {
            value: position.word(),
            meaning: position.meaning(),
            evidence: position.evidence(),
            source: position.source(),
        }
    }
}

/// What a switch without named positions is about, and what can be written.
fn written(name: &str) -> (&'static str, &'static str) {
    match name {
        "adscim-version" => ("Value of the `ADSCIMVersion` header.", "a text"),
        "members-per-patch" => ("How many members one PATCH adds or removes.", "a whole number from 1"),
        "page-size" => ("`count` of account discovery.", "a whole number from 1"),
        _ => (
            "What stands before `/Users/{id}` in the `$ref` of a manager written as an array.",
            "a URL, or null",
        ),
    }
}

impl Switches {
    /// Every switch, in the order of [`Switches::positions`].
    #[must_use]
    pub fn all() -> Vec<SwitchAbout> {
        let named = |name: &str| -> Option<(&'static str, Vec<PositionAbout>)> {
            macro_rules! find {
                ($( $field:ident: $choice:ident, $word:literal; )+) => {
                    match name {
                        $( $word => Some((
                            $choice::ABOUT,
                            $choice::ALL.iter().copied().map(PositionAbout::of).collect(),
                        )), )+
                        _ => None,
                    }
                };
            }
            for_each_choice!(find)
        };
        let usual = Switches::default().positions();
        let about = |position: super::Position| {
            let (about, positions, form) = match named(position.name) {
                Some((about, positions)) => (about, positions, None),
                None => {
                    let (about, form) = written(position.name);
                    (about, Vec::new(), Some(form))
                }
            };
            SwitchAbout {
                name: position.name,
                about,
                default: position.value,
                positions,
                form,
                evidence: position.evidence,
                source: position.source,
            }
        };
        usual.into_iter().map(about).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_says_what_it_is_about_and_can_be_set_to_each_of_its_positions() {
        for switch in Switches::all() {
            assert!(switch.about.len() > 10, "{switch:?}");
            let known: Vec<&str> = switch.positions.iter().map(|position| position.value).collect();
            assert_eq!(switch.form.is_none(), known.contains(&switch.default.as_str()), "{switch:?}");
            for position in &switch.positions {
                Switches::default().set(switch.name, position.value).unwrap();
                assert!(!position.meaning.is_empty() && !position.source.is_empty(), "{position:?}");
            }
        }
    }
}
