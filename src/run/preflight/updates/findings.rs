//! What is told of updates that are rejected.

use super::{RefusedUpdate, UPDATE_REFUSED, Updates};
use crate::check::{About, Finding, Level};
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::profiles;
use crate::rules;
use crate::run::steps::answers::answered;
use crate::scim::discovery::Discovery;
use crate::scim::schema::Mutability;
use crate::wire::ResourceKind;

impl Updates {
    /// One finding for all paths that are rejected with the same words.
    pub(in crate::run) fn findings(&self, discovery: &Discovery) -> Vec<Finding> {
        let Some(rule) = rules::find(UPDATE_REFUSED) else { return Vec::new() };
        let about = rule.about();
        let mut groups: Vec<(Level, String, Vec<&RefusedUpdate>)> = Vec::new();
        for refused in &self.refused {
            let (level, words) = (level(about, discovery, refused), answered(&refused.exchange));
            match groups.iter_mut().find(|(of_level, said, _)| *of_level == level && *said == words) {
                Some((_, _, others)) => others.push(refused),
                None => groups.push((level, words, vec![refused])),
            }
        }
        let told = groups.into_iter().map(|(level, words, refused)| {
            let named = named(&refused);
            let status = words.split(' ').next().unwrap_or_default();
            let message = format!(
                "the server rejects a PATCH of {named} ({status}); all scenarios are played without these updates"
            );
            rule.finding(message)
                .at(level)
                .concerning(named)
                .against("a 2xx status for each of these paths", words)
                .shown_by(&refused[0].exchange)
        });
        let mut findings: Vec<Finding> = told.collect();
        findings.extend(self.together.iter().map(|exchange| {
            let words = answered(exchange);
            let status = words.split(' ').next().unwrap_or_default();
            let message = format!(
                "the server rejects a PATCH with several operations ({status}), and accepts each of them alone; \
                 all scenarios are played with one operation in each PATCH"
            );
            rule.finding(message)
                // A disable that travels with other changes fails with them.
                .at(Level::Critical)
                .concerning("several operations")
                .against("a 2xx status, and every operation applied", words)
                .shown_by(exchange)
        }));
        if !self.unclear.is_empty() {
            let paths: Vec<String> = self.unclear.iter().map(|(_, path)| path.to_string()).collect();
            let message = format!(
                "the server rejects a PATCH of some of {}; all scenarios are played without them",
                paths.join(", ")
            );
            findings.push(rule.finding(message).concerning("updates of several attributes"));
        }
        findings
    }
}

/// The paths, by resource type.
fn named(refused: &[&RefusedUpdate]) -> String {
    let of = |kind: ResourceKind| {
        let paths: Vec<String> =
            refused.iter().filter(|one| one.kind == kind).map(|one| one.path.to_string()).collect();
        (!paths.is_empty()).then(|| format!("{} of a {}", paths.join(", "), kind.as_str()))
    };
    let kinds: Vec<String> = [ResourceKind::User, ResourceKind::Group].into_iter().filter_map(of).collect();
    kinds.join(" and ")
}

/// How bad it is: what the server does not publish it may reject, and what it publishes as immutable the mapping
/// should write on creation only.
fn level(about: &About, discovery: &Discovery, refused: &RefusedUpdate) -> Level {
    let core = refused.kind.schema();
    let published = discovery.schemas.find_within(core, &refused.path.attribute_path());
    let default = profiles::load(profiles::DEFAULT).ok();
    let rows = default.as_ref().and_then(|mapping| mapping.object(ObjectKind::from(refused.kind)));
    let is_usual = rows.is_some_and(|rows| rows.rows.iter().any(|row| row.target.same_as(&refused.path)));
    match published.map(|attribute| attribute.mutability) {
        None if !discovery.schemas.is_empty() => Level::Note,
        Some(Mutability::Immutable | Mutability::ReadOnly) => Level::Warning,
        _ if is_usual => about.level,
        _ => Level::Warning,
    }
}
