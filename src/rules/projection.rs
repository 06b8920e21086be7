//! `attributes`: which attributes an answer holds (RFC 7644 §3.9). `excludedAttributes=members` is
//! judged with the members.

use super::View;
use super::declaration::DemandSource::Rfc;
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::subject;
use crate::check::Level;
use crate::scim::schema::Returned as WhenReturned;
use crate::scim::{AttributePath, same_name};

pub(super) const RULES: &[&RuleDeclaration] = &[&ATTRIBUTES_IGNORED];

const ATTRIBUTES_IGNORED: RuleDeclaration = RuleDeclaration {
    name: "attributes-ignored",
    title: "`attributes` limits the response",
    level: Level::Warning,
    what: "A request with `attributes` returns those attributes and the ones that are always returned.",
    why: "Entra requests only the id when it checks a reference. A server that sends everything works but \
          sends too much.",
    fix: "Honour `attributes` on reads and queries.",
    entra: "Nothing.",
    refs: &[Rfc("7644#3.9 MUST")],
    faults: &["attributes-ignored"],
    judges: |view| view.projection().narrows() && subject::resources(view),
    judge: RuleJudge::Exchange(attributes_ignored),
};

fn attributes_ignored(view: &View<'_>) -> Vec<Complaint> {
    let Some(wanted) = view.projection().wanted() else {
        return Vec::new();
    };
    let is_wanted = |path: &AttributePath| {
        wanted
            .iter()
            .any(|asked| asked.same_as(path) || AttributePath { sub: None, ..asked.clone() }.same_as(path))
    };
    let unasked = view.resources().iter().find_map(|resource| {
        resource.members.keys().find(|name| {
            // `schemas` belongs to every resource, and many servers keep `meta` with it.
            let always = ["schemas", "id", "meta"].iter().any(|always| same_name(always, name));
            let urn_wanted = || {
                name.contains(':')
                    && wanted
                        .iter()
                        .any(|asked| asked.schema.as_deref().is_some_and(|urn| same_name(urn, name)))
            };
            let path = AttributePath::simple(name.as_str());
            let definition = || view.definition(resource.kind, &path);
            !always
                && !is_wanted(&path)
                && !urn_wanted()
                && definition().is_none_or(|definition| definition.returned != WhenReturned::Always)
        })
    });
    match unasked {
        Some(name) => Complaint::new("The response holds attributes that the request did not ask for.")
            .concerning("attributes")
            .against("only what `attributes` names", format!("also {name}"))
            .into(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, list, with};
    use crate::scim::urn;
    use serde_json::json;

    #[test]
    fn attributes_limits_the_answer() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get("/Users/1?attributes=id", 200, ada(json!({})));
        scenario_run.finds("attributes-ignored", 1, Level::Warning);
        let mut right = ScenarioRun::published();
        let lean = with(ada(json!({"userName": null})), json!({"meta": null}));
        right.get("/Users/1?attributes=id", 200, lean.clone());
        right.get(r#"/Users?filter=id eq "1"&attributes=id"#, 200, list(vec![lean]));
        right.get(
            "/Users/1?attributes=userName,name.familyName",
            200,
            ada(json!({"name": {"familyName": "L"}})),
        );
        let extended =
            json!({"schemas": [urn::USER, urn::ENTERPRISE], (urn::ENTERPRISE): {"department": "X"}});
        let department = format!("/Users/1?attributes=userName,{}:department", urn::ENTERPRISE);
        right.get(&department, 200, ada(extended));
        right.is_right();
    }
}
