//! The base URL in `meta.location`: is it the one under which the server is called (RFC 7643 §2.3.7, §3.1)?

use url::Url;

use super::View;
use super::declaration::DemandSource::Rfc;
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::meta::{judged, text};
use super::returned::Returned;
use crate::check::Level;

pub(super) const RULES: &[&RuleDeclaration] = &[&META_LOCATION_ELSEWHERE];

const META_LOCATION_ELSEWHERE: RuleDeclaration = RuleDeclaration {
    name: "meta-location-elsewhere",
    title: "meta.location has the base URL of the target",
    level: Level::Warning,
    what: "`meta.location` begins with the base URL under which the resource was requested: the same scheme, \
           host, port and path. It may be relative to it (RFC 7643 §2.3.7). If only scheme, host or port \
           differ, it is a note: a reverse proxy may pass requests on under another name. scimulate does not \
           follow it.",
    why: "A client that follows it leaves the Tenant URL: it reaches another server, perhaps with its token, or \
          none.",
    fix: "Build the URL from the request's own scheme, host and path. Behind a reverse proxy, use \
          X-Forwarded-Proto, X-Forwarded-Host and the prefix, or a setting with the public base URL.",
    entra: "Nothing: Entra builds the URL itself.",
    refs: &[Rfc("7643#3.1"), Rfc("7643#2.3.7")],
    faults: &["meta-location-elsewhere"],
    judges: |view| base(view).is_some() && judged(view).any(|resource| text(resource, "location").is_some()),
    judge: RuleJudge::Exchange(meta_location_elsewhere),
};

/// The base URL under which the request was sent: without query, endpoint and id.
fn base(view: &View<'_>) -> Option<Url> {
    let mut url = Url::parse(&view.exchange.url).ok()?;
    let path = url.path().strip_suffix(view.exchange.request.path.as_str())?.to_owned();
    url.set_path(&path);
    url.set_query(None);
    Some(url)
}

/// The segments of a path that say something: doubled and trailing slashes make no other place.
fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|segment| !segment.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// Where a location leads, compared with the base URL.
enum Place {
    /// To the same base URL.
    Same,
    /// To the same path at another scheme, host or port.
    OtherOrigin(Url),
    /// To another path, at the target or elsewhere.
    OtherBase(Url),
}

fn place(base: &Url, resource: &Returned<'_>, location: &str) -> Place {
    // A relative reference is resolved against the base URL and not against the request's. `../Users/1` is meant
    // from the request's, and `/Users/1` from the base: both are read as their writers mean them.
    let relative = Url::parse(location).is_err();
    let mut root = base.clone();
    root.set_path(&format!("{}/", base.path().trim_end_matches('/')));
    let resolved = if relative { root.join(location) } else { Url::parse(location) };
    let Ok(mut resolved) = resolved else { return Place::Same };
    let found = segments(resolved.path());
    let endpoint = resource.kind.endpoint().to_ascii_lowercase();
    // Endpoint and id are for `meta-location-wrong`; only what is before them is compared.
    let [before @ .., name, _] = found.as_slice() else { return Place::Same };
    let same_path = before == segments(base.path());
    let unrooted = relative && (before.is_empty() || !location.starts_with('/'));
    if unrooted || *name != endpoint[1..] || (same_path && resolved.origin() == base.origin()) {
        return Place::Same;
    }
    let shown = resolved.path().to_owned();
    let cut = shown.to_ascii_lowercase().rfind(&endpoint).unwrap_or(shown.len());
    resolved.set_path(&shown[..cut]);
    resolved.set_query(None);
    resolved.set_fragment(None);
    if same_path { Place::OtherOrigin(resolved) } else { Place::OtherBase(resolved) }
}

fn meta_location_elsewhere(view: &View<'_>) -> Vec<Complaint> {
    let Some(base) = base(view) else { return Vec::new() };
    let places = judged(view)
        .filter_map(|resource| Some((resource, text(resource, "location")?)))
        .filter(|(_, location)| !location.is_empty())
        .map(|(resource, location)| place(&base, resource, location));
    let mut other_origin = None;
    for place in places {
        match place {
            Place::Same => {}
            Place::OtherOrigin(elsewhere) => other_origin = Some(elsewhere),
            Place::OtherBase(elsewhere) => {
                return Complaint::new("meta.location has another base URL than the target.")
                    .concerning("meta.location")
                    .against(base, elsewhere)
                    .into();
            }
        }
    }
    match other_origin {
        Some(elsewhere) => Complaint::new(
            "meta.location has another scheme, host or port than the target, as behind a reverse proxy.",
        )
        .concerning("meta.location")
        .against(base, elsewhere)
        .at(Level::Note)
        .into(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada};
    use serde_json::json;

    fn read(location: &str) -> ScenarioRun {
        let mut user = ada(json!({}));
        user["meta"]["location"] = json!(location);
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get("/Users/1", 200, user);
        scenario_run
    }

    #[test]
    fn the_base_url_may_be_written_in_many_ways() {
        for right in [
            "http://127.0.0.1:1/scim/Users/1",
            "http://127.0.0.1:1/scim/Users/1/",
            "HTTP://127.0.0.1:1/SCIM//Users/1",
            "/scim/Users/1",
            "Users/1",
            "./Users/1",
            "1",
            "../Users/1",
            "/Users/1",
            "//127.0.0.1:1/scim/Users/1",
        ] {
            read(right).finds("meta-location-elsewhere", 0, Level::Warning);
        }
    }

    #[test]
    fn another_origin_with_the_same_path_is_a_note() {
        for elsewhere in [
            "https://127.0.0.1:1/scim/Users/1",
            "http://localhost:1/scim/Users/1",
            "http://127.0.0.1/scim/Users/1",
        ] {
            let scenario_run = read(elsewhere);
            scenario_run.finds("meta-location-elsewhere", 1, Level::Note);
            scenario_run.is_right();
        }
    }

    #[test]
    fn another_base_is_a_warning() {
        for elsewhere in [
            "https://elsewhere.example.com/v2/Users/1",
            "http://127.0.0.1:1/v2/Users/1",
            "http://127.0.0.1:1/Users/1",
            "http://127.0.0.1:1/scim/v2/Users/1",
            "/v2/Users/1",
        ] {
            read(elsewhere).finds("meta-location-elsewhere", 1, Level::Warning);
        }
        let found = read("https://elsewhere.example.com/v2/Users/1?x=1").findings("meta-location-elsewhere");
        assert_eq!(
            (found[0].expected.as_str(), found[0].actual.as_str()),
            ("http://127.0.0.1:1/scim", "https://elsewhere.example.com/v2")
        );
    }
}
