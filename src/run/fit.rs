//! Whether a scenario can be played: with this profile, and at this target.
//!
//! Scenarios are written against Entra's default mapping. Where a profile maps an attribute that a scenario
//! rests on from another source, or not at all, a correct server cannot do what the scenario expects.

use std::sync::LazyLock;

use super::plan::Plan;
use super::preflight::abilities::Support;
use super::preflight::acceptance::{CREATE_REFUSED, REQUIRED_NOT_MAPPED};
use super::preflight::updates::UPDATE_REFUSED;
use super::prepare::{Prepared, crowd_limit};
use super::purpose;
use crate::check::Skip;
use crate::entra::dialect::Position;
use crate::entra::directory::{Object, ObjectId, ObjectKind, User};
use crate::entra::mapping::{
    AttributeMapping, Circumstances, FlowType, Mapping, MappingSubject, ObjectMapping, TargetValue, profiles,
};
use crate::scenario::{Action, GivenAttribute, Need, Scenario};
use crate::scim::PatchPath;
use crate::scim::urn;
use crate::wire::ResourceKind;

impl Prepared {
    /// Targets that a scenario does not judge where it can help it: the target does not keep them at all,
    /// and another scenario says so.
    pub(super) fn passed_over(&self, scenario: &Scenario) -> Vec<PatchPath> {
        if self.spokesman.as_deref() == Some(scenario.about.id.as_str()) {
            return Vec::new();
        }
        self.acceptance.not_kept.clone()
    }

    /// Why a scenario cannot be played, if it cannot.
    pub(super) fn obstacle(&self, plan: &Plan, scenario: &Scenario) -> Option<Skip> {
        if let Some(obstacle) = scenario.needs.iter().find_map(|need| self.unmet(plan, need)) {
            return Some(obstacle);
        }
        let user = self.discovery.schemas.get(urn::USER);
        if scenario.mapping.roles.is_some() {
            // No other attribute is mapped by scenarios alone: a server takes part by publishing it.
            let is_roles = |row: &AttributeMapping| row.target.attribute.eq_ignore_ascii_case("roles");
            let mapped = plan.mapping.user.rows.iter().any(is_roles);
            if !mapped && user.is_none_or(|user| user.attribute("roles").is_none()) {
                return Some(Skip::NotSupported("neither /Schemas nor the mapping has roles".to_owned()));
            }
            if let Some(function) = plan.mapping.role_function()
                && scenario.mapping.roles != Some(function)
            {
                let why = format!("the profile writes app roles by {}", function.as_str());
                return Some(Skip::NotConfigured(why));
            }
            if self.refuses(ObjectKind::User, &PatchPath::simple("roles")) {
                return Some(self.refused(plan, ObjectKind::User, &PatchPath::simple("roles")));
            }
        }
        let users = purpose::users(scenario, crowd_limit(plan, scenario));
        if let Some(most) = plan.max_users.filter(|most| users > *most) {
            let why = format!("it needs {users} users at once, and max-users allows {most}");
            return Some(Skip::NotConfigured(why));
        }
        if let Some(misfit) = self.misfit(plan, scenario) {
            return Some(misfit);
        }
        let creates = scenario.timeline.iter().any(|step| {
            matches!(step.action, Action::Cycle | Action::OnDemand(_)) && !scenario.people.is_empty()
        });
        if creates && let Some(unmapped) = self.acceptance.unmapped.first() {
            let why = format!("{REQUIRED_NOT_MAPPED}: /Schemas requires {}", unmapped.path);
            return Some(Skip::Blocked(why));
        }
        match &self.spokesman {
            Some(spokesman) if self.acceptance.nothing && creates && *spokesman != scenario.about.id => {
                Some(Skip::Blocked(format!("{CREATE_REFUSED}: the server rejects every create")))
            }
            _ => None,
        }
    }

    fn unmet(&self, plan: &Plan, need: &Need) -> Option<Skip> {
        let mapped = |name: &str| match (self.mapping.user.find(name), plan.mapping.user.find(name)) {
            (Some(_), _) => None,
            (None, Some(row)) => Some(self.refused(plan, ObjectKind::User, &row.target)),
            (None, None) => Some(unmapped(name)),
        };
        match need {
            Need::Mapped(name) => mapped(name),
            Need::Filterable(name) => mapped(name).or_else(|| {
                let row = self.mapping.user.find(name)?;
                match self.filters.get(&row.written) {
                    Some(Support::No(skip)) => Some(skip.clone()),
                    _ => None,
                }
            }),
            Need::Published(name) => self.unpublished(plan, ObjectKind::User, &name.parse().ok()?),
            Need::Reading { switch, value } => {
                let wanted = |position: &Position| position.name == switch && position.value == *value;
                let why = format!("its expectations rest on the reading {switch}={value}");
                let chosen = plan.switches.positions().iter().any(wanted);
                (!chosen).then_some(Skip::NotConfigured(why))
            }
            Need::Ability(ability) => match self.abilities.of(*ability) {
                Support::No(skip) => Some(skip.clone()),
                Support::Yes(_) | Support::Unknown => None,
            },
        }
    }

    /// Why the scenario's attributes cannot be asked of the target.
    fn misfit(&self, plan: &Plan, scenario: &Scenario) -> Option<Skip> {
        // Microsoft's gates play the same whatever is mapped.
        if plan.whole_mapping {
            return None;
        }
        let mapping = match scenario.mapping.applied(&self.mapping) {
            Ok(mapping) => mapping,
            // A row that the target refuses is told as that.
            Err(error) => match scenario.mapping.applied(&plan.mapping) {
                Ok(_) => return Some(Skip::Blocked(format!("{CREATE_REFUSED}: {error}"))),
                Err(_) => return Some(Skip::NotConfigured(error.to_string())),
            },
        };
        let fit = Fit { prepared: self, plan, scenario, mapping };
        fit.filtered_out()
            .or_else(|| fit.expected())
            .or_else(|| fit.changed())
            .or_else(|| fit.updated())
            .or_else(|| fit.left_out())
            .or_else(|| fit.requested())
    }

    /// Why what the server does not take is not asked of it.
    fn refused(&self, plan: &Plan, kind: ObjectKind, path: &PatchPath) -> Skip {
        let kind = ResourceKind::from(kind);
        if purpose::adjustment(plan).refuses(kind, path) {
            return Skip::NotConfigured(format!("the target refuses {path} on purpose ([target] refuses)"));
        }
        match self.updates.concerning(kind, path) {
            Some(update) if !self.adjustment.refuses(kind, path) => refused_update(update),
            _ => Skip::Blocked(format!("{CREATE_REFUSED}: the server rejects {path}")),
        }
    }

    fn refuses(&self, kind: ObjectKind, path: &PatchPath) -> bool {
        self.adjustment.refuses(ResourceKind::from(kind), path)
    }

    /// Why an attribute cannot be asked of the target, if neither the profile maps it nor /Schemas publishes it.
    fn unpublished(&self, plan: &Plan, kind: ObjectKind, path: &PatchPath) -> Option<Skip> {
        let schemas = &self.discovery.schemas;
        let core = ResourceKind::from(kind).schema();
        let of_resource = |mapping: &ObjectMapping| {
            mapping.rows.iter().any(|row| row.target.attribute.eq_ignore_ascii_case(&path.attribute))
        };
        let known = schemas.is_empty()
            || schemas.find_within(core, &path.attribute_path()).is_some()
            || plan.mapping.object(kind).is_some_and(of_resource);
        (!known).then(|| Skip::NotSupported(format!("neither /Schemas nor the mapping has {path}")))
    }
}

fn refused_update(path: &PatchPath) -> Skip {
    Skip::Blocked(format!("{UPDATE_REFUSED}: the server rejects a PATCH of {path}"))
}

fn unmapped(path: &str) -> Skip {
    Skip::NotConfigured(format!("{path} is not mapped"))
}

/// Entra's default mapping, which scenarios are written against.
static DEFAULT: LazyLock<Option<Mapping>> = LazyLock::new(|| profiles::load(profiles::DEFAULT).ok());

/// One scenario beside the mapping that it would be played with.
struct Fit<'a> {
    prepared: &'a Prepared,
    plan: &'a Plan,
    scenario: &'a Scenario,
    mapping: Mapping,
}

impl Fit<'_> {
    /// True for a target whose row the scenario itself writes.
    fn is_provided(&self, path: &PatchPath) -> bool {
        self.scenario.mapping_changes().any(|change| change.edits.rows.iter().any(|row| touches(row, path)))
    }

    fn rows(&self, kind: ObjectKind) -> &[AttributeMapping] {
        self.mapping.object(kind).map_or(&[], |mapping| mapping.rows.as_slice())
    }

    /// The profile's scoping filter asks for what the scenario says of its people.
    fn filtered_out(&self) -> Option<Skip> {
        let replaced = self.scenario.mapping_changes().any(|change| change.edits.filter.is_some());
        let filter = &self.mapping.user.filter;
        if replaced || filter.groups.is_empty() {
            return None;
        }
        let read: Vec<&str> = filter.attributes().collect();
        let mut sources = self.scenario.attributes.sources();
        let given = sources.find(|given| given.kind == ObjectKind::User && read.contains(&&*given.name))?;
        let why = format!("the profile's scoping filter reads {}, which the scenario sets", given.name);
        Some(Skip::NotConfigured(why))
    }

    /// What is expected is mapped, from the source that the scenario counts on.
    fn expected(&self) -> Option<Skip> {
        self.scenario.attributes.expected.iter().find_map(|(kind, path)| {
            if self.is_provided(path) || self.mapping.object(*kind).is_none() {
                return None;
            }
            let rows: Vec<&AttributeMapping> =
                self.rows(*kind).iter().filter(|row| touches(row, path)).collect();
            match rows.is_empty() {
                // What an account held before Entra came is expected to stay, mapped or not.
                true if self.is_of_an_account(path) => None,
                true => Some(self.lacking(*kind, path)),
                false => self.other_source(*kind, path, &rows),
            }
        })
    }

    fn is_of_an_account(&self, path: &PatchPath) -> bool {
        let held = self.scenario.accounts.values().flat_map(|account| account.with.keys());
        held.filter_map(|name| name.parse::<PatchPath>().ok()).any(|name| name.same_as(path))
    }

    /// Why a target is not mapped.
    fn lacking(&self, kind: ObjectKind, path: &PatchPath) -> Skip {
        let before = self.plan.mapping.object(kind).into_iter().flat_map(|mapping| &mapping.rows);
        match before.into_iter().any(|row| touches(row, path)) {
            true => self.prepared.refused(self.plan, kind, path),
            false => unmapped(&path.to_string()),
        }
    }

    /// Entra's default mapping feeds the target from something that the scenario decides, and the profile does
    /// it otherwise.
    fn other_source(&self, kind: ObjectKind, path: &PatchPath, rows: &[&AttributeMapping]) -> Option<Skip> {
        let default = DEFAULT.as_ref()?.object(kind)?;
        let usual = default.rows.iter().find(|row| touches(row, path))?;
        let decided = usual.is_active()
            || usual.is_reference()
            || self.scenario.attributes.sources().any(|given| given.kind == kind && usual.reads(&given.name));
        if !decided || rows.iter().any(|row| gives_the_same(row, usual)) {
            return None;
        }
        Some(Skip::NotConfigured(format!("the profile maps {path} from another source than Entra's default")))
    }

    /// What a step changes flows to the target.
    fn changed(&self) -> Option<Skip> {
        let filter: Vec<&str> = self.mapping.user.filter.attributes().collect();
        let later: Vec<&str> = self
            .scenario
            .mapping_changes()
            .filter_map(|change| change.edits.filter.as_ref())
            .flat_map(|filter| filter.attributes())
            .collect();
        let own: Vec<&AttributeMapping> =
            self.scenario.mapping_changes().flat_map(|change| &change.edits.rows).collect();
        let flows = |given: &GivenAttribute| {
            filter.contains(&&*given.name)
                || later.contains(&&*given.name)
                || own.iter().any(|row| row.reads(&given.name))
                || self
                    .rows(given.kind)
                    .iter()
                    .any(|row| row.reads(&given.name) && row.flow != FlowType::ObjectAddOnly)
        };
        self.scenario.attributes.changed.iter().find_map(|(kind, changed)| {
            if self.mapping.object(*kind).is_none() || changed.iter().any(flows) {
                return None;
            }
            let names: Vec<&str> = changed.iter().map(|given| given.name.as_str()).collect();
            let names = names.join(", ");
            let before = self.plan.mapping.object(*kind).into_iter().flat_map(|mapping| &mapping.rows);
            let was = before.into_iter().find(|row| changed.iter().any(|given| row.reads(&given.name)));
            Some(match was {
                Some(row) if self.prepared.refuses(*kind, &row.target) => {
                    self.prepared.refused(self.plan, *kind, &row.target)
                }
                Some(row) if self.prepared.updates.leaves_out(ResourceKind::from(*kind), &row.target) => {
                    refused_update(&row.target)
                }
                _ => Skip::NotConfigured(format!("the profile maps nothing from {names}")),
            })
        })
    }

    /// No update that the scenario is about is rejected.
    fn updated(&self) -> Option<Skip> {
        let updates = &self.prepared.updates;
        let attributes = &self.scenario.attributes;
        let patched = attributes.patched.iter();
        let mut own = patched.map(|(kind, path)| (*kind, path)).chain(
            self.scenario
                .mapping_changes()
                .flat_map(|change| &change.edits.rows)
                .map(|row| (ObjectKind::User, &row.target)),
        );
        if let Some(path) = own.find_map(|(kind, path)| updates.concerning(ResourceKind::from(kind), path)) {
            return Some(refused_update(path));
        }
        // An account that is there before is updated when it is matched.
        let is_matched = |kind: ObjectKind| {
            let mut accounts = self.scenario.accounts.values();
            accounts
                .any(|account| self.scenario.groups.contains_key(&account.of) == (kind == ObjectKind::Group))
        };
        attributes.expected.iter().find_map(|(kind, path)| {
            let is_changed = |row: &AttributeMapping| {
                let mut changed = attributes.changed.iter().filter(|(of, _)| of == kind);
                changed.any(|(_, given)| given.iter().any(|given| row.reads(&given.name)))
            };
            let mut rows = self.rows(*kind).iter().filter(|row| touches(row, path));
            let row = rows.find(|row| {
                updates.leaves_out(ResourceKind::from(*kind), &row.target)
                    && (is_changed(row) || is_matched(*kind))
            })?;
            Some(refused_update(&row.target))
        })
    }

    /// What an account that is there before lacks is mapped, and the account is found and accepted without it.
    fn left_out(&self) -> Option<Skip> {
        self.scenario.accounts.values().find_map(|account| {
            let kind = match self.scenario.groups.contains_key(&account.of) {
                true => ObjectKind::Group,
                false => ObjectKind::User,
            };
            let lacking = account.with.iter().filter(|(_, value)| value.is_none());
            let lacking: Vec<PatchPath> = lacking.filter_map(|(path, _)| path.parse().ok()).collect();
            let is_lacking = |row: &AttributeMapping| lacking.iter().any(|path| touches(row, path));
            // A scenario that changes the matching means what it says.
            let is_the_profiles = self.scenario.mapping_changes().all(|change| change.matching.is_empty());
            let matching = self.mapping.object(kind)?.matching();
            let is_missed = is_the_profiles && matching.iter().all(|row| is_lacking(row));
            if let Some(row) = matching.first().filter(|_| is_missed) {
                let why = format!("the profile matches by {}, which the account lacks", row.written);
                return Some(Skip::NotConfigured(why));
            }
            lacking.iter().find_map(|path| {
                if !self.rows(kind).iter().any(|row| touches(row, path)) && !self.is_provided(path) {
                    return Some(self.lacking(kind, path));
                }
                let required = &self.prepared.acceptance.required;
                let kind = ResourceKind::from(kind);
                let needed =
                    required.iter().find(|needed| needed.kind == kind && needed.path.same_as(path))?;
                Some(Skip::NotSupported(format!(
                    "/Schemas requires {}, which the account lacks",
                    needed.path
                )))
            })
        })
    }

    /// What requests name is known to the target, and what the scenario gives its people is mapped.
    fn requested(&self) -> Option<Skip> {
        let missing = self.scenario.attributes.sources().filter(|given| given.is_missing);
        let required = &self.prepared.acceptance.required;
        for given in missing {
            let mut matching = self.rows(given.kind).iter().filter(|row| row.matching.is_some());
            if let Some(row) = matching.find(|row| row.reads(&given.name)) {
                let why =
                    format!("the profile matches by {}, and a person of the scenario has none", row.written);
                return Some(Skip::NotConfigured(why));
            }
            let kind = ResourceKind::from(given.kind);
            let fed = |path: &PatchPath| {
                self.rows(given.kind).iter().any(|row| touches(row, path) && row.reads(&given.name))
            };
            if let Some(needed) = required.iter().find(|needed| needed.kind == kind && fed(&needed.path)) {
                let why = format!("/Schemas requires {}, and a person of the scenario has none", needed.path);
                return Some(Skip::NotSupported(why));
            }
        }
        self.scenario.attributes.requested.iter().find_map(|(kind, path)| {
            if self.prepared.refuses(*kind, path) {
                return Some(self.prepared.refused(self.plan, *kind, path));
            }
            if let Some(skip) = self.prepared.unpublished(self.plan, *kind, path) {
                return Some(skip);
            }
            let default = DEFAULT.as_ref()?.object(*kind)?;
            let usual = default.rows.iter().find(|row| touches(row, path))?;
            let decided = self
                .scenario
                .attributes
                .given
                .iter()
                .any(|given| given.kind == *kind && usual.reads(&given.name));
            if !decided || self.is_provided(path) || self.mapping.object(*kind).is_none() {
                return None;
            }
            let rows: Vec<&AttributeMapping> =
                self.rows(*kind).iter().filter(|row| touches(row, path)).collect();
            match rows.is_empty() {
                true => Some(self.lacking(*kind, path)),
                false => self.other_source(*kind, path, &rows),
            }
        })
    }
}

/// True when the row writes the attribute that the path names, a part of it or all of it: `emails` beside
/// `emails[type eq "work"].value`.
fn touches(row: &AttributeMapping, path: &PatchPath) -> bool {
    if row.is(&path.to_string()) {
        return true;
    }
    let whole = |path: &PatchPath| PatchPath { filter: None, sub: None, ..path.clone() };
    let either_whole = row.target == whole(&row.target) || *path == whole(path);
    let parts = path.filter.is_none() && path.sub.is_some() && row.target.filter.is_some();
    (either_whole || parts) && row.target.attribute.eq_ignore_ascii_case(&path.attribute) && {
        let plain = |schema: &Option<String>| schema.as_deref().is_none_or(|urn| urn.contains(":core:"));
        row.target.schema == path.schema
            || path.schema.is_none()
            || plain(&path.schema) && plain(&row.target.schema)
    }
}

/// True when both rows give the same for everybody, enabled or not.
fn gives_the_same(row: &AttributeMapping, usual: &AttributeMapping) -> bool {
    if row.source == usual.source {
        return true;
    }
    let somebody = User::new(ObjectId::new("somebody"));
    let Ok(somebody) = [
        ("userPrincipalName", "ada.lovelace@example.com"),
        ("mail", "ada@example.org"),
        ("mailNickname", "adal"),
        ("displayName", "Ada Byron"),
        ("givenName", "Augusta"),
        ("surname", "Lovelace"),
        ("jobTitle", "Analyst"),
        ("employeeId", "0042"),
        ("department", "Engines"),
        ("telephoneNumber", "+1 212-555-0101"),
        ("mobile", "+1 212-555-0102"),
        ("facsimileTelephoneNumber", "+1 212-555-0103"),
        ("city", "London"),
        ("country", "GB"),
        ("preferredLanguage", "en-GB"),
    ]
    .into_iter()
    .try_fold(somebody, |somebody, (name, value)| somebody.with(name, value)) else {
        return false;
    };
    [false, true].into_iter().all(|is_soft_deleted| {
        let subject = MappingSubject {
            object: Object::User(&somebody),
            is_soft_deleted,
            circumstances: Circumstances::default(),
        };
        match (row.value(&subject), usual.value(&subject)) {
            (Ok(Some(one)), Ok(Some(other))) => as_text(&one) == as_text(&other) && as_text(&one).is_some(),
            _ => false,
        }
    })
}

fn as_text(value: &TargetValue) -> Option<String> {
    match value {
        TargetValue::Text(text) => Some(text.to_lowercase()),
        TargetValue::Boolean(flag) => Some(flag.to_string()),
        TargetValue::Integer(number) => Some(number.to_string()),
        TargetValue::Texts(_)
        | TargetValue::Roles(_)
        | TargetValue::Reference(_)
        | TargetValue::References(_) => None,
    }
}
