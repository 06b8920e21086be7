//! The rate gate against the embedded server, over a socket.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use scimulate::check::{Level, Outcome};
use scimulate::entra::dialect::{Dialect, Switches, Writer};
use scimulate::entra::mapping::profiles;
use scimulate::http::{self, Client, TenantUrl};
use scimulate::load::{self, Played};
use scimulate::people::{self, People};
use scimulate::run::target::cancel::Cancel;
use scimulate::server::{self, Strain, Variant};
use scimulate::wire::{Actor, Method, Request, Target};

/// Plays the gate for half a second and sees that nothing is left at the server.
async fn played(dialect: Dialect, server: server::ServerSettings, rate: u32) -> Played {
    let running = server::start(server, None).await.unwrap();
    let mut settings = http::Settings::new(TenantUrl::parse(&running.base_url).unwrap());
    settings.credentials = http::Credentials::Bearer(running.token.clone().into());
    let client = Arc::new(Client::new(settings).unwrap());
    let settings = load::LoadSettings {
        mapping: profiles::load(profiles::DEFAULT).unwrap(),
        writer: Writer::new(dialect, Switches::default()),
        people: People::new(people::PeopleSettings::default(), 1, "zz9run").unwrap(),
        rate: NonZeroU32::new(rate).unwrap(),
        duration: Duration::from_millis(500),
        longest_wait: Duration::from_secs(60),
        opaque_names: false,
        journal: None,
        cancel: Cancel::default(),
        fail_on: Some(Level::Error),
    };
    let played = load::play(settings, Arc::clone(&client)).await;
    assert_eq!(played.left_behind, Vec::<String>::new());
    for path in ["/Users", "/Groups"] {
        let answer = client.send(Request::new(Actor::Observer, Method::Get, path, "left")).await.unwrap();
        assert_eq!(answer.body.json().unwrap()["totalResults"], 0, "{path}");
    }
    assert!(!format!("{played:?}").contains(&running.token));
    played
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_server_bears_the_load_in_every_dialect() {
    let (default, flagged) = tokio::join!(
        played(Dialect::Default, server::ServerSettings::default(), 80),
        played(Dialect::AadOptscim062020, server::ServerSettings::default(), 80)
    );
    for played in [default, flagged] {
        // How quickly the machine works off the load is no matter of this test.
        let facts = played.facts.unwrap();
        assert_eq!((facts.requests, facts.answered), (40, 40), "{facts:?}");
        let members = facts.members.unwrap();
        assert_eq!(members.added, members.kept);
        assert!(members.added > 10);
        assert_eq!(played.checks[1].outcome, Outcome::Passed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_groups_is_played_without_them() {
    let variants = [Variant::UsersOnly].into();
    let played =
        played(Dialect::Default, server::ServerSettings { variants, ..Default::default() }, 25).await;
    assert_eq!(played.facts.unwrap().answered, 13);
    assert!(matches!(played.checks[1].outcome, Outcome::Skipped(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_parses_plain_json_only_is_measured_so() {
    let faults = ["scim-json-unparsed".parse().unwrap()].into();
    let played = played(Dialect::Default, server::ServerSettings { faults, ..Default::default() }, 25).await;
    let facts = played.facts.unwrap();
    assert_eq!((facts.requests, facts.answered), (13, 13), "{facts:?}");
    assert_eq!(facts.attributes_left_out, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_below_the_requirement_is_an_error() {
    let strain = Strain { requests_per_second: NonZeroU32::new(12), ..Strain::default() };
    let variants = [Variant::UsersOnly].into();
    let played =
        played(Dialect::Default, server::ServerSettings { strain, variants, ..Default::default() }, 60).await;
    let check = &played.checks[0];
    assert_eq!(check.outcome, Outcome::Failed);
    let finding = &check.findings[0];
    assert_eq!(finding.level, Level::Error);
    assert!(finding.message.ends_with("requests were answered with 429 without Retry-After."), "{finding:?}");
    assert_eq!(finding.exchanges.last().unwrap().answer().unwrap().status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_read_changed_and_written_back_loses_members() {
    let strain = Strain { group_write: Some(Duration::from_millis(50)), ..Strain::default() };
    let played = played(Dialect::Default, server::ServerSettings { strain, ..Default::default() }, 25).await;
    let check = &played.checks[1];
    assert_eq!(check.outcome, Outcome::Failed);
    assert_eq!(check.findings[0].level, Level::Critical);
    let members = played.facts.unwrap().members.unwrap();
    assert!(members.kept < members.added, "{members:?}");
}
