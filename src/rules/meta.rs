//! `meta` of a resource and the headers that repeat it (RFC 7643 §3.1, RFC 7644 §3.3, §3.14).

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::returned::Returned;
use super::subject;
use crate::check::Level;
use crate::scim::{AttributePath, member};
use crate::wire::Operation;
use serde_json::Value;
use url::Url;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &META_MISSING,
    &RESOURCE_TYPE_WRONG,
    &META_LOCATION_MISSING,
    &META_LOCATION_WRONG,
    &META_DATES_MISSING,
    &LOCATION_HEADER_MISSING,
    &LOCATION_DIFFERS_FROM_META,
    &CONTENT_LOCATION_DIFFERS,
    &ETAG_DIFFERS_FROM_VERSION,
];

fn has_header(view: &View<'_>, name: &str) -> bool {
    view.answer().is_some_and(|answer| answer.header(name).is_some())
}

/// The resources whose `meta` was asked for. The answer to a PATCH may leave it out.
pub(super) fn judged<'v>(view: &'v View<'_>) -> impl Iterator<Item = &'v Returned<'v>> {
    let asked = view.projection().asks_for(&AttributePath::simple("meta"));
    view.resources().iter().filter(move |_| asked)
}

fn meta<'v>(resource: &Returned<'v>) -> Option<&'v Value> {
    resource.member("meta").filter(|meta| meta.is_object())
}

/// A member of `meta`, when it is a string.
pub(super) fn text<'v>(resource: &Returned<'v>, name: &str) -> Option<&'v str> {
    member(meta(resource)?, name)?.as_str()
}

const META_MISSING: RuleDeclaration = RuleDeclaration {
    name: "meta-missing",
    title: "Every resource has meta",
    level: Level::Warning,
    what: "`meta` is an object in every resource. A partial response to PATCH may omit it.",
    why: "Clients read from it the URL of the resource and the time of its last change.",
    fix: "Return `meta` with resourceType, created, lastModified and location.",
    entra: "Nothing.",
    refs: &[Rfc("7643#3.1 MUST"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["meta-missing"],
    judges: |view| judged(view).next().is_some(),
    judge: RuleJudge::Exchange(meta_missing),
};

fn meta_missing(view: &View<'_>) -> Vec<Complaint> {
    if matches!(view.operation(), Operation::Modify(..)) || judged(view).all(|r| meta(r).is_some()) {
        return Vec::new();
    }
    Complaint::new("A resource has no meta.").concerning("meta").against("an object", "absent").into()
}

const RESOURCE_TYPE_WRONG: RuleDeclaration = RuleDeclaration {
    name: "resource-type-wrong",
    title: "meta.resourceType names the resource's type",
    level: Level::Warning,
    what: "`meta.resourceType` is `User` or `Group`, or the name that /ResourceTypes publishes for the \
           endpoint.",
    why: "Clients that read mixed lists use it to distinguish users from groups.",
    fix: "Return the resource type's name, not its endpoint.",
    entra: "Nothing: one of Microsoft's own samples has `Users`.",
    refs: &[Rfc("7643#3.1"), Rfc("7643#6")],
    faults: &["resource-type-wrong", "drop-resource-type"],
    judges: |view| judged(view).any(|resource| meta(resource).is_some()),
    judge: RuleJudge::Exchange(resource_type_wrong),
};

fn resource_type_wrong(view: &View<'_>) -> Vec<Complaint> {
    let wrong =
        judged(view).filter_map(|resource| Some((resource, meta(resource)?))).find(|(resource, meta)| {
            let named = member(meta, "resourceType").and_then(Value::as_str);
            let published =
                view.discovery.resource_type(resource.kind.endpoint()).map(|kind| kind.name.as_str());
            named.is_none() || (named != Some(resource.kind.as_str()) && named != published)
        });
    match wrong {
        Some((resource, meta)) => {
            let actual = member(meta, "resourceType").map_or_else(|| "absent".to_owned(), Value::to_string);
            Complaint::new(format!("meta.resourceType is {actual}."))
                .concerning("meta.resourceType")
                .against(resource.kind.as_str(), actual)
                .into()
        }
        None => Vec::new(),
    }
}

const META_LOCATION_MISSING: RuleDeclaration = RuleDeclaration {
    name: "meta-location-missing",
    title: "meta.location is present",
    level: Level::Warning,
    what: "`meta.location` is a string in every resource that has `meta`.",
    why: "It is the resource's URL. Entra builds its own from the id; other clients use this one.",
    fix: "Return the URL of the resource, absolute or relative.",
    entra: "Nothing: Microsoft's samples omit it.",
    refs: &[Rfc("7643#3.1 MUST")],
    faults: &["meta-location-missing"],
    judges: |view| judged(view).any(|resource| meta(resource).is_some()),
    judge: RuleJudge::Exchange(meta_location_missing),
};

fn meta_location_missing(view: &View<'_>) -> Vec<Complaint> {
    let lacks = |resource: &&Returned<'_>| {
        meta(resource).is_some() && text(resource, "location").is_none_or(str::is_empty)
    };
    match judged(view).find(lacks) {
        Some(_) => Complaint::new("A resource has no meta.location.")
            .concerning("meta.location")
            .against("the resource's URL", "absent")
            .into(),
        None => Vec::new(),
    }
}

const META_LOCATION_WRONG: RuleDeclaration = RuleDeclaration {
    name: "meta-location-wrong",
    title: "meta.location points to the resource",
    level: Level::Warning,
    what: "`meta.location` ends in the endpoint and the resource's own id. It may be relative (RFC 7643 §2.3.7).",
    why: "A client that follows it reads another resource, or none.",
    fix: "Build it from the base URL, the endpoint and the id.",
    entra: "Nothing: Entra builds the URL itself.",
    refs: &[Rfc("7643#3.1"), Rfc("7643#2.3.7 MUST")],
    faults: &["meta-location-wrong"],
    judges: |view| judged(view).any(|resource| text(resource, "location").is_some()),
    judge: RuleJudge::Exchange(meta_location_wrong),
};

fn meta_location_wrong(view: &View<'_>) -> Vec<Complaint> {
    let wrong = judged(view).find_map(|resource| {
        let location = text(resource, "location").filter(|location| !location.is_empty())?;
        let path = location.split(['?', '#']).next()?;
        let mut segments = path
            .trim_end_matches('/')
            .rsplit('/')
            .map(|segment| percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned());
        let (id, endpoint) = (segments.next(), segments.next());
        // A relative reference may be the id alone.
        let right = id.as_deref() == resource.id()
            && endpoint.is_none_or(|name| {
                name.eq_ignore_ascii_case(resource.kind.endpoint().trim_start_matches('/')) || name == "."
            });
        (!right).then_some((resource, location))
    });
    match wrong {
        Some((resource, location)) => Complaint::new("meta.location does not point to the resource.")
            .concerning("meta.location")
            .against(format!("…{}/{}", resource.kind.endpoint(), resource.id().unwrap_or("")), location)
            .into(),
        None => Vec::new(),
    }
}

const META_DATES_MISSING: RuleDeclaration = RuleDeclaration {
    name: "meta-dates-missing",
    title: "meta has created and lastModified",
    level: Level::Note,
    what: "`meta.created` and `meta.lastModified` are present.",
    why: "Clients that look for changes need these dates.",
    fix: "Store both dates and return them.",
    entra: "Nothing.",
    refs: &[Rfc("7643#3.1 MUST")],
    faults: &["meta-dates-missing"],
    judges: |view| judged(view).any(|resource| meta(resource).is_some()),
    judge: RuleJudge::Exchange(meta_dates_missing),
};

fn meta_dates_missing(view: &View<'_>) -> Vec<Complaint> {
    let lacking = judged(view).filter_map(meta).find_map(|meta| {
        ["created", "lastModified"].into_iter().find(|name| member(meta, name).is_none_or(Value::is_null))
    });
    match lacking {
        Some(name) => Complaint::new(format!("A resource has no meta.{name}."))
            .concerning(format!("meta.{name}"))
            .against("a date", "absent")
            .into(),
        None => Vec::new(),
    }
}

const LOCATION_HEADER_MISSING: RuleDeclaration = RuleDeclaration {
    name: "location-header-missing",
    title: "201 has a Location header",
    level: Level::Warning,
    what: "The response to POST has the URL of the new resource in the Location header.",
    why: "The RFC requires it. Entra takes the id from the body; clients that do not read the body need the \
          header.",
    fix: "Set Location to meta.location.",
    entra: "Nothing: the validator does not check it.",
    refs: &[Rfc("7644#3.3 MUST")],
    faults: &["location-header-missing"],
    judges: |view| matches!(view.operation(), Operation::Create(_)) && view.status() == Some(201),
    judge: RuleJudge::Exchange(location_header_missing),
};

fn location_header_missing(view: &View<'_>) -> Vec<Complaint> {
    let created = matches!(view.operation(), Operation::Create(_)) && view.status() == Some(201);
    match view.answer() {
        Some(answer) if created && answer.header("location").is_none_or(str::is_empty) => {
            Complaint::new("The response to POST has no Location header.")
                .concerning("Location")
                .against("Location: the resource's URL", "no Location header")
                .into()
        }
        _ => Vec::new(),
    }
}

/// A URL with what is relative in it resolved.
fn absolute(view: &View<'_>, reference: &str) -> Option<Url> {
    Url::parse(&view.exchange.url).ok()?.join(reference).ok()
}

/// Compares a header with the `meta.location` of the resource in the body.
fn compare(view: &View<'_>, header: &str, title: &str) -> Vec<Complaint> {
    let [resource] = view.resources() else {
        return Vec::new();
    };
    let stated = view.answer().and_then(|answer| answer.header(&header.to_ascii_lowercase()));
    let (Some(stated), Some(location)) = (stated, text(resource, "location")) else {
        return Vec::new();
    };
    if stated == location || same_place(view, stated, location) {
        return Vec::new();
    }
    Complaint::new(format!("{title} and meta.location name different URLs."))
        .concerning(header)
        .against(format!("{header}: {location}"), format!("{header}: {stated}"))
        .into()
}

/// Equal URLs, or one is relative and the other ends as it does: relative references may be meant
/// from the base URL as well as from the request's.
fn same_place(view: &View<'_>, a: &str, b: &str) -> bool {
    let is_relative = |text: &str| Url::parse(text).is_err();
    if is_relative(a) || is_relative(b) {
        let tail = |text: &str| -> Vec<String> {
            let path = text.split(['?', '#']).next().unwrap_or("").trim_end_matches('/');
            path.rsplit('/').take(2).map(str::to_owned).collect()
        };
        let (a, b) = (tail(a), tail(b));
        return a.iter().zip(&b).all(|(a, b)| a == b || a == "." || b == ".");
    }
    absolute(view, a) == absolute(view, b)
}

const LOCATION_DIFFERS_FROM_META: RuleDeclaration = RuleDeclaration {
    name: "location-differs-from-meta",
    title: "Location and meta.location agree",
    level: Level::Warning,
    what: "The Location header of a 201 is the URL in `meta.location`; either may be relative.",
    why: "The resource has two addresses: a client may keep the one that does not work.",
    fix: "Write the same URL into both.",
    entra: "Nothing.",
    refs: &[Rfc("7644#3.3 MUST"), Rfc("7643#3.1")],
    faults: &["location-header-wrong"],
    judges: |view| subject::a_creation(view) && has_header(view, "location"),
    judge: RuleJudge::Exchange(location_differs_from_meta),
};

fn location_differs_from_meta(view: &View<'_>) -> Vec<Complaint> {
    if matches!(view.operation(), Operation::Create(_)) {
        compare(view, "Location", "Location")
    } else {
        Vec::new()
    }
}

const CONTENT_LOCATION_DIFFERS: RuleDeclaration = RuleDeclaration {
    name: "content-location-differs",
    title: "Content-Location, if present, agrees with meta.location",
    level: Level::Warning,
    what: "`meta.location` and the Content-Location header have the same URL. The header may be absent.",
    why: "RFC 7643 defines meta.location by that header.",
    fix: "Write the same URL into both, or omit the header.",
    entra: "Nothing.",
    refs: &[Rfc("7643#3.1 MUST")],
    faults: &["content-location-wrong"],
    judges: |view| has_header(view, "content-location"),
    judge: RuleJudge::Exchange(content_location_differs),
};

fn content_location_differs(view: &View<'_>) -> Vec<Complaint> {
    compare(view, "Content-Location", "Content-Location")
}

const ETAG_DIFFERS_FROM_VERSION: RuleDeclaration = RuleDeclaration {
    name: "etag-differs-from-version",
    title: "ETag and meta.version agree",
    level: Level::Warning,
    what: "If a response with one resource has both, the ETag header equals `meta.version`.",
    why: "A client that sends one of them as If-Match, where the server checks the other, is always \
          rejected.",
    fix: "Derive both from the same version.",
    entra: "Nothing: Entra sends no If-Match.",
    refs: &[Rfc("7643#3.1"), Rfc("7644#3.14 SHOULD"), Field("pranems/SCIMServer")],
    faults: &["etag-wrong"],
    judges: |view| has_header(view, "etag") && subject::resources(view),
    judge: RuleJudge::Exchange(etag_differs_from_version),
};

fn etag_differs_from_version(view: &View<'_>) -> Vec<Complaint> {
    let [resource] = view.resources() else {
        return Vec::new();
    };
    let is_one = !matches!(view.operation(), Operation::Query { .. } | Operation::Search);
    let etag = view.answer().and_then(|answer| answer.header("etag"));
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    match (etag, text(resource, "version")) {
        (Some(etag), Some(version)) if is_one && opaque(etag) != opaque(version) => {
            Complaint::new("ETag and meta.version differ.")
                .concerning("ETag")
                .against(format!("ETag: {version}"), format!("ETag: {etag}"))
                .into()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, answer, group, list, with};
    use crate::scim::urn;
    use crate::wire::{Actor, Method, Request};
    use serde_json::json;

    /// Ada with another `meta`; a null takes a member away.
    fn read(meta: Value) -> ScenarioRun {
        let mut user = ada(json!({}));
        user["meta"] = with(user["meta"].clone(), meta);
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get("/Users/1", 200, user);
        scenario_run
    }

    fn created(header: Option<(&str, &str)>, location: &str) -> ScenarioRun {
        let mut user = ada(json!({}));
        user["meta"]["location"] = json!(location);
        let mut answer = answer(201, &user);
        answer.headers.retain(|(name, _)| name != "location");
        if let Some((name, value)) = header {
            answer.headers.push((name.into(), value.into()));
        }
        let sent = json!({"schemas": [urn::USER], "userName": "ada@example.com"});
        let mut scenario_run = ScenarioRun::published();
        scenario_run
            .send(Request::new(Actor::Entra, Method::Post, "/Users", "test").with_json(&sent), Ok(answer));
        scenario_run
    }

    #[test]
    fn meta_is_there() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get(
            r#"/Users?filter=userName eq "ada@example.com""#,
            200,
            list(vec![with(ada(json!({})), json!({"meta": null}))]),
        );
        scenario_run.finds("meta-missing", 1, Level::Warning);
        let mut partial = ScenarioRun::published();
        partial.patch(
            "/Users/1",
            json!([{"op": "Add", "path": "title", "value": "X"}]),
            200,
            with(ada(json!({"title": "X"})), json!({"meta": null})),
        );
        partial.is_right();
        let mut excluded = ScenarioRun::published();
        excluded.get("/Users/1?excludedAttributes=meta", 200, with(ada(json!({})), json!({"meta": null})));
        excluded.is_right();
    }

    #[test]
    fn the_resource_type_is_named() {
        for wrong in [json!("Users"), Value::Null, json!("Group")] {
            read(json!({"resourceType": wrong})).finds("resource-type-wrong", 1, Level::Warning);
        }
        read(json!({})).is_right();
    }

    #[test]
    fn locations_may_be_relative_but_not_wrong() {
        for right in [
            "http://127.0.0.1:1/scim/Users/1",
            "/scim/Users/1",
            "Users/1",
            "../Users/1",
            "https://elsewhere.example.com/scim/Users/1",
        ] {
            read(json!({"location": right})).is_right();
        }
        for wrong in ["/scim/Users/2", "/scim/Groups/1", "http://127.0.0.1:1/scim/Users"] {
            read(json!({"location": wrong})).finds("meta-location-wrong", 1, Level::Warning);
        }
        read(json!({"location": null})).finds("meta-location-missing", 1, Level::Warning);
    }

    #[test]
    fn missing_dates_are_a_note() {
        let scenario_run = read(json!({"created": null}));
        scenario_run.finds("meta-dates-missing", 1, Level::Note);
        scenario_run.is_right();
    }

    #[test]
    fn a_create_answers_with_its_location() {
        created(None, "/scim/Users/1").finds("location-header-missing", 1, Level::Warning);
        let absolute = "http://127.0.0.1:1/scim/Users/1";
        for (header, location) in [
            (absolute, absolute),
            ("/scim/Users/1", absolute),
            ("Users/1", absolute),
            (absolute, "../Users/1"),
            ("/scim/Users/1", "/scim/Users/1"),
        ] {
            created(Some(("location", header)), location).is_right();
        }
        created(Some(("location", "http://127.0.0.1:1/scim/Users/2")), absolute).finds(
            "location-differs-from-meta",
            1,
            Level::Warning,
        );
        created(Some(("location", "/scim/Users")), absolute).finds(
            "location-differs-from-meta",
            1,
            Level::Warning,
        );
    }

    #[test]
    fn content_location_is_judged_where_it_is_present() {
        let with_header = |value: &str| {
            let mut answer = answer(200, &ada(json!({})));
            answer.headers.push(("content-location".into(), value.into()));
            let mut scenario_run = ScenarioRun::published();
            scenario_run.send(Request::new(Actor::Entra, Method::Get, "/Users/1", "test"), Ok(answer));
            scenario_run
        };
        with_header("http://127.0.0.1:1/scim/Users/9").finds("content-location-differs", 1, Level::Warning);
        with_header("http://127.0.0.1:1/scim/Users/1").is_right();
    }

    #[test]
    fn etag_and_version_agree() {
        let with_etag = |etag: &str| {
            let mut group = group(&[]);
            group["meta"]["version"] = json!("W/\"1\"");
            let mut answer = answer(200, &group);
            answer.headers.push(("etag".into(), etag.into()));
            let mut scenario_run = ScenarioRun::published();
            scenario_run.send(Request::new(Actor::Entra, Method::Get, "/Groups/g", "test"), Ok(answer));
            scenario_run
        };
        with_etag("W/\"2\"").finds("etag-differs-from-version", 1, Level::Warning);
        with_etag("W/\"1\"").is_right();
        with_etag("\"1\"").is_right();
    }
}
