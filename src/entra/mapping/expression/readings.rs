//! Where Microsoft's pages contradict each other, or an example contradicts its own rule, there are
//! several ways to read them. Each is a switch with a name; the default is what the function's own
//! page says or prints.

use crate::diagnostic;

/// One reading, for lists and documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Its name, as `--reading NAME=VALUE` takes it.
    pub name: &'static str,
    /// What is contradictory, and where.
    pub about: &'static str,
    /// Its values, the default first, each with its meaning.
    pub values: &'static [(&'static str, &'static str)],
}

macro_rules! readings {
    ($(
        $(#[doc = $doc:literal])+
        $field:ident: $kind:ident = $name:literal, $about:literal {
            $( $(#[$default:ident])? $position:ident = $value:literal, $meaning:literal; )+
        }
    )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
            pub enum $kind {
                $( $(#[$default])? #[doc = $meaning] $position, )+
            }
        )+

        /// How contradictions in Microsoft's pages are read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct Readings {
            $( $(#[doc = $doc])+ pub $field: $kind, )+
        }

        /// Every reading.
        pub static ALL: &[Reading] = &[
            $( Reading { name: $name, about: $about, values: &[$( ($value, $meaning) ),+] }, )+
        ];

        impl Readings {
            /// Chooses one by name.
            ///
            /// # Errors
            /// [`UnknownReading`] for a name or a value that is none.
            pub fn choose(&mut self, name: &str, value: &str) -> Result<(), UnknownReading> {
                match (name, value) {
                    $( $( ($name, $value) => self.$field = $kind::$position, )+ )+
                    _ => return Err(UnknownReading::new(name, value)),
                }
                Ok(())
            }
        }
    };
}

readings! {
    /// Empty and null sources of `Join`.
    join_empty: JoinEmpty = "join-empty",
        "Join(\", \", \"\", [surname], [givenName]) prints \"Doe, John\"; no rule says that empty sources are left out." {
        #[default] Skipped = "skipped", "empty and null sources are left out, as the example prints";
        Kept = "kept", "they are joined like any other, as .NET's String.Join does";
    }
    /// Blanks around the items of `Split`.
    split_items: SplitItems = "split-items",
        "Split of \"PermissionSetOne, PermissionSetTwo\" at \",\" prints items without the blank; no rule says that items are trimmed." {
        #[default] Trimmed = "trimmed", "blanks around each item are taken away, as the example prints";
        AsTheyAre = "as-they-are", "items keep their blanks, as .NET's String.Split does";
    }
    /// `Replace` with `regexGroupName` and `replacementAttributeName`.
    replace_attribute: ReplaceAttribute = "replace-attribute",
        "The functions page and the cloud sync page describe these parameters in opposite ways." {
        #[default] FillsIn = "fills-in", "a source with a value is kept; an empty one takes the group from the other attribute (functions page, with an example)";
        Substitutes = "substitutes", "the group in the source is replaced by the other attribute; an empty source stays (cloud sync page)";
    }
    /// A condition of `IIF` on an attribute that is null or empty.
    iif_empty: IifEmpty = "iif-empty",
        "The functions page says that the condition check fails when the attribute is null or empty; the Workday and cloud sync pages test for just that." {
        #[default] Fails = "fails", "the condition is false, whatever it asks (functions page, IIF)";
        Computed = "computed", "the condition is computed as written (Workday and cloud sync pages)";
        Refused = "refused", "an error";
    }
    /// A source of `Switch` that is null.
    switch_null: SwitchNull = "switch-null",
        "The key \"\" is offered for attributes that are \"empty\", for \"empty/null values\" in the section on IIF; a null is elsewhere no empty text." {
        #[default] Empty = "empty", "null equals the key \"\" (functions page, IIF, recommended workaround)";
        NoKey = "no-key", "null equals no key, and the default is taken";
    }
    /// The documented defect of `Switch` in updates.
    switch_unchanged: SwitchUnchanged = "switch-unchanged",
        "The functions page warns that a Switch gives null in an update where its own source attribute did not change." {
        #[default] Computed = "computed", "Switch gives its value in every update";
        Null = "null", "Switch gives null when none of its source's attributes changed (functions page, Switch, second caution)";
    }
    /// `IsPresent`, `IsNull` or `IsNullOrEmpty` as the source of `Switch`.
    switch_presence: SwitchPresence = "switch-presence",
        "The section on IsPresent shows it as the source of a Switch; the section on Switch forbids that." {
        #[default] Computed = "computed", "the functions give True or False, and keys are compared with that";
        Refused = "refused", "an error (functions page, Switch, first caution)";
    }
}

/// A reading or a value of one that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UnknownReading {
    /// One sentence.
    pub message: String,
    /// What there is.
    pub help: String,
}

impl UnknownReading {
    fn new(name: &str, value: &str) -> Self {
        let list = |words: Vec<&str>| words.join(", ");
        match ALL.iter().find(|reading| reading.name == name) {
            Some(reading) => UnknownReading {
                message: format!("the reading `{name}` has no value `{value}`"),
                help: format!(
                    "it is one of {}",
                    list(reading.values.iter().map(|(word, _)| *word).collect())
                ),
            },
            None => {
                let names = || ALL.iter().map(|reading| reading.name);
                UnknownReading {
                    message: format!("there is no reading `{name}`"),
                    help: match diagnostic::closest(name, names()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("it is one of {}", list(names().collect())),
                    },
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_can_be_chosen_and_the_first_is_the_default() {
        for reading in ALL {
            let mut readings = Readings::default();
            readings.choose(reading.name, reading.values[0].0).unwrap();
            assert_eq!(readings, Readings::default(), "{}", reading.name);
            for (value, _) in &reading.values[1..] {
                let mut readings = Readings::default();
                readings.choose(reading.name, value).unwrap();
                assert_ne!(readings, Readings::default(), "{}={value}", reading.name);
            }
        }
    }

    #[test]
    fn slips_are_answered_with_what_there_is() {
        let mut readings = Readings::default();
        let name = readings.choose("split-item", "trimmed").unwrap_err();
        assert_eq!(name.message, "there is no reading `split-item`");
        assert_eq!(name.help, "did you mean `split-items`?");
        let value = readings.choose("split-items", "trim").unwrap_err();
        assert_eq!(value.help, "it is one of trimmed, as-they-are");
    }
}
