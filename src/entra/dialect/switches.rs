//! The switches of a dialect: every point where Microsoft's pages, captures and our own choice
//! disagree about a request, by name, each position with what is known about it.

use std::fmt;

/// How well a behaviour is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Evidence {
    /// Printed in Microsoft's documentation.
    Documented,
    /// Seen in traffic of the real service.
    Captured,
    /// Told by somebody who saw it, without the traffic.
    Reported,
    /// Follows from facts around it.
    Inferred,
    /// Nothing is known; this tool chose.
    Ours,
}

impl Evidence {
    /// The word transcripts use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Evidence::Documented => "documented",
            Evidence::Captured => "captured",
            Evidence::Reported => "reported",
            Evidence::Inferred => "inferred",
            Evidence::Ours => "ours",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A switch with named positions.
pub trait Choice: Copy + PartialEq + 'static {
    /// Every position.
    const ALL: &'static [Self];

    /// What the switch is about.
    const ABOUT: &'static str;

    /// The position's name, in kebab-case.
    fn word(self) -> &'static str;

    /// What is sent or decided in this position.
    fn meaning(self) -> &'static str;

    /// What is known about this position.
    fn evidence(self) -> Evidence;

    /// Where it is known from: the Microsoft page or the kind of capture.
    fn source(self) -> &'static str;

    /// The position of that name.
    fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|position| position.word() == word)
    }
}

macro_rules! choice {
    (
        $(#[doc = $about:literal])+
        $name:ident { $( $(#[doc = $meaning:literal])+ $position:ident = $word:literal, $evidence:ident, $source:literal; )+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $( $(#[doc = $meaning])+ $position, )+
        }

        impl Choice for $name {
            const ALL: &'static [Self] = &[$( $name::$position ),+];
            const ABOUT: &'static str = concat!($( $about ),+).trim_ascii();

            fn meaning(self) -> &'static str {
                match self { $( $name::$position => concat!($( $meaning ),+).trim_ascii() ),+ }
            }

            fn word(self) -> &'static str {
                match self { $( $name::$position => $word ),+ }
            }

            fn evidence(self) -> Evidence {
                match self { $( $name::$position => Evidence::$evidence ),+ }
            }

            fn source(self) -> &'static str {
                match self { $( $name::$position => $source ),+ }
            }
        }
    };
}

mod decisions;
mod forms;

pub use decisions::{
    CreateConflict, CustomAttributes, CustomLists, DeletionThreshold, LeakedMembers, Leavers, NarrowedScope,
    PurgedAfterUnassign, ReferenceCheck, RestartLinks, Retries, SwitchDefect, TombstoneName,
};

pub use forms::{
    AddedMember, Additions, Booleans, ElementFilter, EmptyRoles, EnterpriseData, FilterQuotes, FlagInUrls,
    GroupMembers, GroupSchemas, ManagerPath, ManagerRemoval, ManagerValue, Nulls, OperationNames, PatchBody,
    PhonePrimary, RemovedMember, RoleName, UserMeta, UserSchemas,
};

/// Every switch of a dialect. The defaults are those of the design: what is documented or
/// captured most recently, and where nothing is known what does least harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switches {
    /// Value of the `ADSCIMVersion` header.
    pub adscim_version: String,
    /// See [`OperationNames`].
    pub operation_names: OperationNames,
    /// See [`Booleans`].
    pub booleans: Booleans,
    /// See [`Additions`].
    pub additions: Additions,
    /// See [`PatchBody`].
    pub patch_body: PatchBody,
    /// See [`GroupSchemas`].
    pub group_schemas: GroupSchemas,
    /// See [`GroupMembers`].
    pub group_members: GroupMembers,
    /// See [`AddedMember`].
    pub added_member: AddedMember,
    /// See [`RemovedMember`].
    pub removed_member: RemovedMember,
    /// See [`ManagerValue`].
    pub manager_value: ManagerValue,
    /// See [`ManagerPath`].
    pub manager_path: ManagerPath,
    /// See [`ManagerRemoval`].
    pub manager_removal: ManagerRemoval,
    /// See [`UserSchemas`].
    pub user_schemas: UserSchemas,
    /// See [`EnterpriseData`].
    pub enterprise_data: EnterpriseData,
    /// See [`Nulls`].
    pub nulls: Nulls,
    /// See [`RoleName`].
    pub role_name: RoleName,
    /// See [`UserMeta`].
    pub user_meta: UserMeta,
    /// See [`EmptyRoles`].
    pub empty_roles: EmptyRoles,
    /// See [`PhonePrimary`].
    pub phone_primary: PhonePrimary,
    /// See [`ElementFilter`].
    pub element_filter: ElementFilter,
    /// See [`FilterQuotes`].
    pub filter_quotes: FilterQuotes,
    /// See [`ReferenceCheck`].
    pub reference_check: ReferenceCheck,
    /// See [`FlagInUrls`].
    pub flag_in_urls: FlagInUrls,
    /// See [`CustomAttributes`].
    pub custom_attributes: CustomAttributes,
    /// See [`CustomLists`].
    pub custom_lists: CustomLists,
    /// See [`LeakedMembers`].
    pub leaked_members: LeakedMembers,
    /// See [`PurgedAfterUnassign`].
    pub purged_after_unassign: PurgedAfterUnassign,
    /// See [`DeletionThreshold`].
    pub deletion_threshold: DeletionThreshold,
    /// See [`Retries`].
    pub retries: Retries,
    /// See [`CreateConflict`].
    pub create_conflict: CreateConflict,
    /// See [`SwitchDefect`].
    pub switch_defect: SwitchDefect,
    /// See [`TombstoneName`].
    pub tombstone_name: TombstoneName,
    /// See [`Leavers`].
    pub leavers: Leavers,
    /// See [`NarrowedScope`].
    pub narrowed_scope: NarrowedScope,
    /// See [`RestartLinks`].
    pub restart_links: RestartLinks,
    /// How many members one PATCH adds or removes; at least 1.
    pub members_per_patch: usize,
    /// `count` of account discovery; at least 1.
    pub page_size: usize,
    /// What stands before `/Users/{id}` in the `$ref` of a manager written as an array; `None` is JSON null.
    pub reference_base: Option<String>,
}

impl Default for Switches {
    fn default() -> Self {
        Switches {
            adscim_version: "6.0".to_owned(),
            operation_names: OperationNames::ByDialect,
            booleans: Booleans::Text,
            patch_body: PatchBody::Verbose,
            group_schemas: GroupSchemas::Core,
            group_members: GroupMembers::Empty,
            added_member: AddedMember::NullReference,
            removed_member: RemovedMember::Bare,
            manager_value: ManagerValue::Text,
            manager_path: ManagerPath::AsMapped,
            manager_removal: ManagerRemoval::Remove,
            user_schemas: UserSchemas::CoreAndEnterprise,
            enterprise_data: EnterpriseData::UnderUrn,
            nulls: Nulls::Skipped,
            role_name: RoleName::Display,
            user_meta: UserMeta::ResourceType,
            empty_roles: EmptyRoles::Sent,
            phone_primary: PhonePrimary::First,
            element_filter: ElementFilter::Value,
            filter_quotes: FilterQuotes::Quoted,
            reference_check: ReferenceCheck::Off,
            additions: Additions::Bundled,
            flag_in_urls: FlagInUrls::Off,
            custom_attributes: CustomAttributes::InCreate,
            custom_lists: CustomLists::Compared,
            leaked_members: LeakedMembers::Ignored,
            purged_after_unassign: PurgedAfterUnassign::Left,
            deletion_threshold: DeletionThreshold::Above,
            retries: Retries::NextCycle,
            create_conflict: CreateConflict::Conflict,
            switch_defect: SwitchDefect::Off,
            tombstone_name: TombstoneName::Off,
            leavers: Leavers::Disabled,
            narrowed_scope: NarrowedScope::Restart,
            restart_links: RestartLinks::Kept,
            members_per_patch: 1,
            page_size: 100,
            reference_base: None,
        }
    }
}

/// How one switch stands, for a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The switch's name.
    pub name: &'static str,
    /// Where it stands.
    pub value: String,
    /// What is known about that.
    pub evidence: Evidence,
    /// Where it is known from.
    pub source: &'static str,
}

/// A switch or a position that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownSwitch {
    /// No switch has this name.
    #[error("there is no switch `{0}`")]
    Name(String),
    /// The switch cannot stand like this.
    #[error("the switch `{name}` cannot be `{value}`: {expected}")]
    Value {
        /// The switch.
        name: String,
        /// What was asked for.
        value: String,
        /// What it can be.
        expected: String,
    },
}

/// Calls a macro with every switch that has named positions, so that names are written once.
macro_rules! for_each_choice {
    ($apply:ident) => {
        $apply! {
            operation_names: OperationNames, "operation-names";
            booleans: Booleans, "booleans";
            patch_body: PatchBody, "patch-body";
            group_schemas: GroupSchemas, "group-schemas";
            group_members: GroupMembers, "group-members";
            added_member: AddedMember, "added-member";
            removed_member: RemovedMember, "removed-member";
            manager_value: ManagerValue, "manager-value";
            manager_path: ManagerPath, "manager-path";
            manager_removal: ManagerRemoval, "manager-removal";
            user_schemas: UserSchemas, "user-schemas";
            enterprise_data: EnterpriseData, "enterprise-data";
            nulls: Nulls, "nulls";
            role_name: RoleName, "role-name";
            user_meta: UserMeta, "user-meta";
            empty_roles: EmptyRoles, "empty-roles";
            phone_primary: PhonePrimary, "phone-primary";
            element_filter: ElementFilter, "element-filter";
            filter_quotes: FilterQuotes, "filter-quotes";
            reference_check: ReferenceCheck, "reference-check";
            additions: Additions, "additions";
            flag_in_urls: FlagInUrls, "flag-in-urls";
            custom_attributes: CustomAttributes, "custom-attributes";
            custom_lists: CustomLists, "custom-lists";
            leaked_members: LeakedMembers, "leaked-members";
            purged_after_unassign: PurgedAfterUnassign, "purged-after-unassign";
            deletion_threshold: DeletionThreshold, "deletion-threshold";
            retries: Retries, "retries";
            create_conflict: CreateConflict, "create-conflict";
            switch_defect: SwitchDefect, "switch-defect";
            tombstone_name: TombstoneName, "tombstone-name";
            leavers: Leavers, "leavers";
            narrowed_scope: NarrowedScope, "narrowed-scope";
            restart_links: RestartLinks, "restart-links";
        }
    };
}

mod about;

pub use about::{PositionAbout, SwitchAbout};

impl Switches {
    /// How every switch stands, in a fixed order.
    #[must_use]
    pub fn positions(&self) -> Vec<Position> {
        let mut positions = vec![Position {
            name: "adscim-version",
            value: self.adscim_version.clone(),
            evidence: if self.adscim_version == "6.0" { Evidence::Captured } else { Evidence::Ours },
            source: "2023; 5.0 was seen in 2019",
        }];
        macro_rules! push {
            ($( $field:ident: $choice:ident, $name:literal; )+) => {
                $( positions.push(Position {
                    name: $name,
                    value: self.$field.word().to_owned(),
                    evidence: self.$field.evidence(),
                    source: self.$field.source(),
                }); )+
            };
        }
        for_each_choice!(push);
        positions.extend([
            Position {
                name: "members-per-patch",
                value: self.members_per_patch.to_string(),
                evidence: if self.members_per_patch == 1 { Evidence::Captured } else { Evidence::Ours },
                source: "captures show one member per operation; no page states a batch size",
            },
            Position {
                name: "page-size",
                value: self.page_size.to_string(),
                evidence: Evidence::Ours,
                source: "the page size of account discovery is not documented",
            },
            Position {
                name: "reference-base",
                value: self.reference_base.clone().unwrap_or_else(|| "null".to_owned()),
                evidence: Evidence::Documented,
                source: "use-scim-to-provision-users-and-groups, Example 5",
            },
        ]);
        positions
    }

    /// Those that stand otherwise than by default.
    #[must_use]
    pub fn changed(&self) -> Vec<Position> {
        let usual = Switches::default().positions();
        self.positions()
            .into_iter()
            .zip(usual)
            .filter(|(now, usual)| now.value != usual.value)
            .map(|(now, _)| now)
            .collect()
    }

    /// Sets a switch by its name, as scenarios and sample files do.
    ///
    /// # Errors
    /// When there is no such switch, or it cannot stand so.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), UnknownSwitch> {
        let at_least_one = || match value.parse() {
            Ok(0) | Err(_) => Err(UnknownSwitch::Value {
                name: name.to_owned(),
                value: value.to_owned(),
                expected: "write a whole number from 1".to_owned(),
            }),
            Ok(number) => Ok(number),
        };
        macro_rules! choose {
            ($( $field:ident: $choice:ident, $word:literal; )+) => {
                match name {
                    "adscim-version" => self.adscim_version = value.to_owned(),
                    "members-per-patch" => self.members_per_patch = at_least_one()?,
                    "page-size" => self.page_size = at_least_one()?,
                    "reference-base" => self.reference_base = (value != "null").then(|| value.to_owned()),
                    $( $word => self.$field = choose::<$choice>(name, value)?, )+
                    _ => return Err(UnknownSwitch::Name(name.to_owned())),
                }
            };
        }
        for_each_choice!(choose);
        Ok(())
    }
}

fn choose<C: Choice>(name: &str, value: &str) -> Result<C, UnknownSwitch> {
    C::named(value).ok_or_else(|| {
        let words: Vec<&str> = C::ALL.iter().map(|position| position.word()).collect();
        UnknownSwitch::Value {
            name: name.to_owned(),
            value: value.to_owned(),
            expected: format!("write {}", words.join(" or ")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_can_be_set_to_what_it_says_it_is() {
        let usual = Switches::default();
        let mut copy = Switches::default();
        for position in usual.positions() {
            copy.set(position.name, &position.value).unwrap();
        }
        assert_eq!(copy, usual);
        assert!(copy.changed().is_empty());
    }

    #[test]
    fn a_changed_switch_is_named_with_its_evidence() {
        let mut switches = Switches::default();
        switches.set("removed-member", "null-reference").unwrap();
        switches.set("members-per-patch", "20").unwrap();
        let changed = switches.changed();
        assert_eq!(
            changed.iter().map(|p| (p.name, p.value.as_str(), p.evidence)).collect::<Vec<_>>(),
            [
                ("removed-member", "null-reference", Evidence::Documented),
                ("members-per-patch", "20", Evidence::Ours)
            ]
        );
    }

    #[test]
    fn unknown_switches_and_positions_are_refused() {
        let mut switches = Switches::default();
        assert_eq!(switches.set("colour", "red"), Err(UnknownSwitch::Name("colour".into())));
        let error = switches.set("booleans", "yes").unwrap_err().to_string();
        assert_eq!(error, "the switch `booleans` cannot be `yes`: write text or json");
        assert!(switches.set("members-per-patch", "0").is_err());
        assert_eq!(switches, Switches::default());
    }
}
