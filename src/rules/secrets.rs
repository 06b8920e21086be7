//! What no answer may hold.

use super::View;
use super::declaration::DemandSource::{Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::subject;
use crate::check::Level;
use crate::scim::schema::{Mutability, Returned as WhenReturned};
use crate::scim::{AttributePath, same_name};

pub(super) const RULES: &[&RuleDeclaration] = &[&PASSWORD_RETURNED, &UNRETURNABLE_RETURNED];

const PASSWORD_RETURNED: RuleDeclaration = RuleDeclaration {
    name: "password-returned",
    title: "No response holds a password",
    level: Level::Critical,
    what: "No resource in any response holds `password`, whether in clear text, hashed or masked.",
    why: "Anyone who can read the provisioning endpoint or its logs reads the passwords of all users.",
    fix: "Never map the password into a response: it is writeOnly and returned never.",
    entra: "Nothing shows it.",
    refs: &[Rfc("7643#4.1.1 MUST"), Rfc("7643#9.2")],
    faults: &["password-echoed"],
    judges: subject::users,
    judge: RuleJudge::Exchange(password_returned),
};

fn password_returned(view: &View<'_>) -> Vec<Complaint> {
    let shown = |name: &str| same_name(name, "password");
    let holds = view.resources().iter().any(|resource| {
        resource.members.iter().any(|(name, value)| {
            shown(name) && !value.is_null()
                || value.as_object().is_some_and(|inner| name.contains(':') && inner.keys().any(|n| shown(n)))
        })
    });
    if !holds {
        return Vec::new();
    }
    Complaint::new("A response holds the resource's password.")
        .concerning("password")
        .against("no password", "a password")
        .into()
}

const UNRETURNABLE_RETURNED: RuleDeclaration = RuleDeclaration {
    name: "unreturnable-returned",
    title: "Attributes published as never returned are not returned",
    level: Level::Error,
    what: "An attribute that /Schemas publishes as `returned: never` or `writeOnly` is in no response.",
    why: "The server contradicts its own schema; attributes published like this are usually secrets.",
    fix: "Omit the attribute, or correct its schema.",
    entra: "Nothing shows it.",
    refs: &[Rfc("7643#7 MUST"), Microsoft("scim-validator-tutorial")],
    faults: &["write-only-returned"],
    judges: |view| !view.discovery.schemas.is_empty() && subject::resources(view),
    judge: RuleJudge::Exchange(unreturnable_returned),
};

fn unreturnable_returned(view: &View<'_>) -> Vec<Complaint> {
    let hidden = |resource: &super::returned::Returned<'_>, schema: Option<&str>, name: &str| {
        let path = AttributePath { schema: schema.map(str::to_owned), ..AttributePath::simple(name) };
        let core = resource.kind.schema();
        let published = view.discovery.schemas.find_within(core, &path);
        published.is_some_and(|definition| {
            definition.returned == WhenReturned::Never || definition.mutability == Mutability::WriteOnly
        })
    };
    let found = view.resources().iter().find_map(|resource| {
        resource.members.iter().filter(|(_, value)| !value.is_null()).find_map(|(name, value)| {
            match (name.contains(':'), value.as_object()) {
                (true, Some(inner)) => inner.keys().find(|inner| hidden(resource, Some(name), inner)),
                // Said by `password-returned`.
                _ => Some(name).filter(|name| !same_name(name, "password") && hidden(resource, None, name)),
            }
        })
    });
    match found {
        Some(name) => Complaint::new(format!(
            "{name} is published as never returned, but the server returns \
                                              it."
        ))
        .concerning(name)
        .against("absent", "present")
        .into(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, list};
    use serde_json::json;

    #[test]
    fn a_password_in_an_answer_is_critical() {
        for body in [json!({"password": "x"}), json!({"Password": "***"})] {
            let mut scenario_run = ScenarioRun::published();
            scenario_run.get("/Users/1", 200, ada(body.clone()));
            scenario_run.finds("password-returned", 1, Level::Critical);
            let mut query = ScenarioRun::new();
            query.get("/Users", 200, list(vec![ada(body)]));
            query.finds("password-returned", 1, Level::Critical);
        }
        let mut right = ScenarioRun::published();
        right.makes_ada(json!({"active": true}));
        right.is_right();
    }

    #[test]
    fn what_is_published_as_hidden_is_hidden() {
        let mut scenario_run = ScenarioRun::published().publishing(|discovery| {
            for schema in &mut discovery.schemas.schemas {
                for attribute in schema.attributes.iter_mut().filter(|a| a.name == "nickName") {
                    attribute.returned = WhenReturned::Never;
                }
            }
        });
        scenario_run.get("/Users/1", 200, ada(json!({"nickName": "a", "title": "X"})));
        scenario_run.finds("unreturnable-returned", 1, Level::Error);
        let mut right = ScenarioRun::published();
        right.get("/Users/1", 200, ada(json!({"nickName": "a"})));
        right.is_right();
    }
}
