//! Sub-attributes that stand in a complex attribute by mistake: `active` inside of `name`.

use serde_json::Value;

use super::View;
use super::declaration::DemandSource::Rfc;
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::subject;
use crate::check::Level;
use crate::scim::schema::AttributeType;
use crate::scim::{AttributePath, same_name};
use crate::wire::ResourceKind;

pub(super) const RULES: &[&RuleDeclaration] = &[&SUB_ATTRIBUTE_STRAY];

const SUB_ATTRIBUTE_STRAY: RuleDeclaration = RuleDeclaration {
    name: "sub-attribute-stray",
    title: "Attributes of the user are not inside of `name`",
    level: Level::Warning,
    what: "`name` and other complex attributes have no sub-attribute that is an attribute of the resource, such as \
           `active` or `emails`, unless /Schemas defines it.",
    why: "The server stored a value of a PATCH in the wrong place, or in two. The next change is made in one of them, \
          and clients do not agree on which to read.",
    fix: "In an operation without a path, treat each key of `value` on its own: `name.givenName` goes into `name`, and \
          `active` does not.",
    entra: "Nothing: Entra reads only the attributes that are mapped.",
    refs: &[Rfc("7643#4.1.1"), Rfc("7644#3.5.2.3")],
    faults: &["active-inside-name"],
    judges: |view| subject::users(view) && complex(view).next().is_some(),
    judge: RuleJudge::Exchange(sub_attribute_stray),
};

/// The single-valued complex attributes of the users in the answer.
fn complex<'v>(view: &'v View<'_>) -> impl Iterator<Item = (&'v String, &'v serde_json::Map<String, Value>)> {
    let users = view.resources().iter().filter(|resource| resource.kind == ResourceKind::User);
    let members = users.flat_map(|user| user.members.iter());
    members.filter(|(name, _)| !name.contains(':') && !same_name(name, "meta")).filter_map(|(name, value)| {
        let attribute = view.definition(ResourceKind::User, &AttributePath::simple(name))?;
        (attribute.kind == AttributeType::Complex && !attribute.multi_valued).then_some(())?;
        Some((name, value.as_object()?))
    })
}

/// True for an attribute that cannot be meant as a part of another: no text that says more of a name.
fn belongs_to_the_user(view: &View<'_>, name: &str) -> bool {
    let common = ["id", "externalId", "schemas", "meta", "userName"];
    common.iter().any(|common| same_name(common, name))
        || view.definition(ResourceKind::User, &AttributePath::simple(name)).is_some_and(|attribute| {
            attribute.multi_valued
                || matches!(attribute.kind, AttributeType::Boolean | AttributeType::Complex)
        })
}

fn sub_attribute_stray(view: &View<'_>) -> Vec<Complaint> {
    let stray = complex(view).find_map(|(name, parts)| {
        let attribute = view.definition(ResourceKind::User, &AttributePath::simple(name))?;
        let mut parts = parts.keys().filter(|part| attribute.sub(part).is_none());
        Some((name, parts.find(|part| belongs_to_the_user(view, part))?))
    });
    match stray {
        Some((name, part)) => {
            Complaint::new(format!("{name} contains {part}, which is an attribute of the user."))
                .concerning(format!("{name}.{part}"))
                .against(format!("{name} without {part}"), format!("{name}.{part}"))
                .into()
        }
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada};
    use serde_json::json;

    fn read(name: Value) -> ScenarioRun {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get("/Users/1", 200, ada(json!({ "name": name })));
        scenario_run
    }

    #[test]
    fn attributes_of_the_user_are_not_parts_of_its_name() {
        for stray in ["active", "emails", "ID", "externalId"] {
            let name = json!({ "givenName": "Ada", stray: true });
            read(name).finds("sub-attribute-stray", 1, Level::Warning);
        }
    }

    #[test]
    fn a_vendors_parts_of_a_name_are_left_alone() {
        for right in ["middleName", "displayName", "title", "nickName", "preferred"] {
            read(json!({ "givenName": "Ada", right: "x" })).finds("sub-attribute-stray", 0, Level::Warning);
        }
    }
}
