//! Dates (RFC 7643 §2.3.5): their form, and that time goes on.

use super::View;
use super::declaration::DemandSource::{Field, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::ledger::Stamps;
use crate::check::Level;
use crate::scim::{datetime, member};
use jiff::Timestamp;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &DATE_MALFORMED,
    &LAST_MODIFIED_WENT_BACK,
    &CREATED_CHANGED,
    &MODIFIED_BEFORE_CREATED,
    &HTTP_DATE_MALFORMED,
];

/// Servers that keep whole seconds may answer a create with the exact instant and round it later.
const RESOLUTION_MS: i64 = 1000;

/// True when `later` lies before `earlier` by more than rounding explains.
fn went_back(earlier: Timestamp, later: Timestamp) -> bool {
    earlier.as_millisecond() - later.as_millisecond() >= RESOLUTION_MS
}

const DATE_MALFORMED: RuleDeclaration = RuleDeclaration {
    name: "date-malformed",
    title: "created and lastModified are dateTimes with a time zone",
    level: Level::Warning,
    what: "`meta.created` and `meta.lastModified` are strings such as 2026-01-02T03:04:05Z: date, `T`, time, zone.",
    why: "A date without a zone is read in the reader's own time zone; other formats are not read at all.",
    fix: "Write xsd:dateTime in UTC. In .NET use a DateTimeOffset or a DateTime of kind Utc, in Java an \
          OffsetDateTime.",
    entra: "No effect known; strict clients reject the whole resource.",
    refs: &[
        Rfc("7643#2.3.5 MUST"),
        Rfc("7643#3.1 MUST"),
        Field("learn.microsoft.com/answers/questions/2238842"),
    ],
    faults: &["dates-without-zone", "dates-as-numbers"],
    judges: |view| view.resources().iter().any(|resource| resource.member("meta").is_some()),
    judge: RuleJudge::Exchange(date_malformed),
};

fn date_malformed(view: &View<'_>) -> Vec<Complaint> {
    let wrong = view.resources().iter().filter_map(|resource| resource.member("meta")).find_map(|meta| {
        ["created", "lastModified"].into_iter().find_map(|name| {
            let value = member(meta, name).filter(|value| !value.is_null())?;
            let right = value.as_str().is_some_and(|text| datetime::parse(text).is_some());
            (!right).then_some((name, value))
        })
    });
    match wrong {
        Some((name, value)) => {
            let message = match value.as_str() {
                Some(text) if datetime::lacks_zone(text) => format!("meta.{name} has no time zone."),
                _ => format!("meta.{name} is not a dateTime."),
            };
            let name = format!("meta.{name}");
            Complaint::new(message).concerning(name).against("a dateTime with zone", value.to_string()).into()
        }
        None => Vec::new(),
    }
}

/// The stamps of each resource in the answer, with those the trace saw last.
fn stamps(view: &View<'_>) -> Vec<(Stamps, Stamps)> {
    view.resources()
        .iter()
        .zip(view.stamps())
        .filter_map(|(resource, stamps)| {
            let known = view.ledger.known(resource.kind, resource.id()?)?;
            // An answer that was under way during a write may show the state before it.
            (known.is_there() && known.is_settled_for(view.exchange)).then_some((known.stamps, *stamps))
        })
        .collect()
}

const LAST_MODIFIED_WENT_BACK: RuleDeclaration = RuleDeclaration {
    name: "last-modified-went-back",
    title: "lastModified never goes back",
    level: Level::Warning,
    what: "`meta.lastModified` of a resource stays the same or increases from response to response. Equal \
           timestamps are valid: some servers keep whole seconds.",
    why: "A timestamp that goes back comes from another copy of the data, or is made up for each response.",
    fix: "Store the time of the last change and read it from the same place as the rest.",
    entra: "Nothing.",
    refs: &[Rfc("7643#3.1")],
    faults: &["last-modified-goes-back"],
    judges: |view| stamps(view).iter().any(|(a, b)| a.last_modified.is_some() && b.last_modified.is_some()),
    judge: RuleJudge::Exchange(last_modified_went_back),
};

fn last_modified_went_back(view: &View<'_>) -> Vec<Complaint> {
    let back = stamps(view).into_iter().find_map(|(before, now)| {
        let (before, now) = (before.last_modified?, now.last_modified?);
        went_back(before, now).then_some((before, now))
    });
    complain(back, "meta.lastModified", "meta.lastModified went back.", "or later")
}

fn complain(
    pair: Option<(Timestamp, Timestamp)>,
    subject: &str,
    message: &str,
    what: &str,
) -> Vec<Complaint> {
    match pair {
        Some((before, now)) => Complaint::new(message)
            .concerning(subject)
            .against(format!("{before} {what}").trim_end(), now.to_string())
            .into(),
        None => Vec::new(),
    }
}

const CREATED_CHANGED: RuleDeclaration = RuleDeclaration {
    name: "created-changed",
    title: "created stays the same",
    level: Level::Warning,
    what: "`meta.created` of a resource is the same in every response.",
    why: "A resource that is created again on each update loses what is linked to it: rights, memberships, \
          history.",
    fix: "Set it once. If updates delete and insert, change them to update in place.",
    entra: "Nothing.",
    refs: &[Rfc("7643#3.1")],
    faults: &["created-changes"],
    judges: |view| stamps(view).iter().any(|(a, b)| a.created.is_some() && b.created.is_some()),
    judge: RuleJudge::Exchange(created_changed),
};

fn created_changed(view: &View<'_>) -> Vec<Complaint> {
    let changed = stamps(view).into_iter().find_map(|(before, now)| {
        let (before, now) = (before.created?, now.created?);
        (went_back(before, now) || went_back(now, before)).then_some((before, now))
    });
    complain(changed, "meta.created", "meta.created changed.", "")
}

const MODIFIED_BEFORE_CREATED: RuleDeclaration = RuleDeclaration {
    name: "modified-before-created",
    title: "lastModified is not earlier than created",
    level: Level::Warning,
    what: "`meta.lastModified` is not earlier than `meta.created`.",
    why: "One of the two is made up, and clients that look for changes rely on them.",
    fix: "Set both from the same clock; at creation they are equal.",
    entra: "Nothing.",
    refs: &[Rfc("7643#3.1")],
    faults: &["modified-before-created"],
    judges: |view| view.stamps().iter().any(|of| of.created.is_some() && of.last_modified.is_some()),
    judge: RuleJudge::Exchange(modified_before_created),
};

fn modified_before_created(view: &View<'_>) -> Vec<Complaint> {
    let wrong = view.stamps().iter().find_map(|stamps| {
        let (created, modified) = (stamps.created?, stamps.last_modified?);
        went_back(created, modified).then_some((created, modified))
    });
    complain(wrong, "meta.lastModified", "meta.lastModified is earlier than meta.created.", "or later")
}

const HTTP_DATE_MALFORMED: RuleDeclaration = RuleDeclaration {
    name: "http-date-malformed",
    title: "Date headers are valid HTTP dates",
    level: Level::Note,
    what: "`Date` and `Last-Modified` headers are HTTP dates: IMF-fixdate, or the older formats of RFC 850 \
           and asctime.",
    why: "Proxies use them to compute the age of a response.",
    fix: "Let the HTTP library write them.",
    entra: "Nothing.",
    refs: &[Rfc("9110#5.6.7 MUST")],
    faults: &["http-date-malformed"],
    judges: |view| {
        let has = |name| view.answer().is_some_and(|answer| answer.header(name).is_some());
        has("date") || has("last-modified")
    },
    judge: RuleJudge::Exchange(http_date_malformed),
};

fn http_date_malformed(view: &View<'_>) -> Vec<Complaint> {
    let headers = [("Date", "date"), ("Last-Modified", "last-modified")];
    let wrong = view.answer().and_then(|answer| {
        headers.into_iter().find_map(|(shown, name)| {
            let value = answer.header(name)?;
            (!is_http_date(value.trim())).then_some((shown, value))
        })
    });
    match wrong {
        Some((name, value)) => Complaint::new(format!("{name} is not an HTTP date."))
            .concerning(name)
            .against("an HTTP date", value)
            .into(),
        None => Vec::new(),
    }
}

pub(super) fn is_http_date(text: &str) -> bool {
    let forms = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    forms.iter().any(|form| jiff::fmt::strtime::parse(form, text).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, answer};
    use crate::wire::{Actor, Method, Request};
    use serde_json::{Value, json};

    fn stamped(created: Value, modified: Value) -> Value {
        let mut user = ada(json!({}));
        user["meta"]["created"] = created;
        user["meta"]["lastModified"] = modified;
        user
    }

    fn reads(stamps: &[(&str, &str)]) -> ScenarioRun {
        let mut scenario_run = ScenarioRun::published();
        for (created, modified) in stamps {
            scenario_run.get("/Users/1", 200, stamped(json!(created), json!(modified)));
        }
        scenario_run
    }

    const AT: &str = "2026-01-02T03:04:05Z";

    #[test]
    fn dates_have_a_form_and_a_zone() {
        for wrong in [json!("2026-01-02T03:04:05"), json!("2026-01-02"), json!(1_700_000_000), json!("")] {
            let mut scenario_run = ScenarioRun::published();
            scenario_run.get("/Users/1", 200, stamped(json!(AT), wrong));
            scenario_run.finds("date-malformed", 1, Level::Warning);
        }
        for right in [AT, "2026-01-02T03:04:05.1234567Z", "2026-01-02T05:04:05+02:00"] {
            reads(&[(AT, right)]).is_right();
        }
    }

    #[test]
    fn last_modified_stays_or_grows() {
        reads(&[(AT, "2026-01-02T03:05:00Z"), (AT, "2026-01-02T03:04:59Z")]).finds(
            "last-modified-went-back",
            1,
            Level::Warning,
        );
        for right in [
            [(AT, AT), (AT, AT)],
            [(AT, AT), (AT, "2026-01-02T05:04:05.000+02:00")],
            // The exact instant at first, rounded when it is read back.
            [(AT, "2026-01-02T03:04:05.900Z"), (AT, AT)],
        ] {
            reads(&right).is_right();
        }
    }

    #[test]
    fn created_stays() {
        reads(&[(AT, "2026-01-03T00:00:00Z"), ("2026-01-02T03:04:09Z", "2026-01-03T00:00:00Z")]).finds(
            "created-changed",
            1,
            Level::Warning,
        );
    }

    #[test]
    fn nothing_is_modified_before_it_is_created() {
        reads(&[(AT, "2026-01-02T03:04:00Z")]).finds("modified-before-created", 1, Level::Warning);
        reads(&[("2026-01-02T03:04:05.5Z", AT)]).is_right();
    }

    #[test]
    fn http_dates_have_three_legal_forms() {
        let dated = |date: &str| {
            let mut answer = answer(200, &ada(json!({})));
            answer.headers.push(("date".into(), date.into()));
            let mut scenario_run = ScenarioRun::published();
            scenario_run.send(Request::new(Actor::Entra, Method::Get, "/Users/1", "test"), Ok(answer));
            scenario_run
        };
        for right in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            dated(right).finds("http-date-malformed", 0, Level::Note);
        }
        dated("1994-11-06T08:49:37Z").finds("http-date-malformed", 1, Level::Note);
    }
}
