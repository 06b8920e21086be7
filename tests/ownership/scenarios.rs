//! What is played against the model server: short scenarios of its own and some of the built-in ones.

use std::sync::{Arc, LazyLock};

use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use scimulate::scenario::{self, Action, Need, Scenario};

/// The scenarios that only this test has, by name.
const OWN: &[(&str, &str)] = &[
    (
        "renamed",
        r#"
people:
  ada:
timeline:
  - cycle
  - set: { ada: { displayName: Ada Byron, jobTitle: Countess } }
  - cycle
  - expect-mirrored: [ada]
"#,
    ),
    (
        "disabled-and-back",
        r#"
people:
  ada:
timeline:
  - cycle
  - unassign: [ada]
  - cycle
  - assign: [ada]
  - cycle
  - expect: { ada: { active: true } }
"#,
    ),
    (
        "purged",
        r#"
people:
  ada:
  grace:
timeline:
  - cycle
  - soft-delete: [ada]
  - cycle
  - purge: [ada]
  - cycle
  - set: { grace: { displayName: Grace Murray } }
  - cycle
  - expect: { ada: gone }
"#,
    ),
    (
        "team",
        r#"
people:
  ada:
  grace: { manager: ada }
groups:
  team: { members: [ada] }
timeline:
  - cycle
  - add-members: { team: [grace] }
  - cycle
  - remove-members: { team: [ada] }
  - set: { grace: { jobTitle: Admiral } }
  - set-manager: { grace: null }
  - cycle
  - purge: [team]
  - cycle
  - expect: { team: gone }
"#,
    ),
    (
        "account-before",
        r#"
people:
  ada:
accounts:
  old: { of: ada, letter-case: upper, with: { displayName: Before } }
timeline:
  - cycle
  - unassign: [ada]
  - cycle
  - expect: { ada: { active: false } }
"#,
    ),
    (
        "hired-again",
        r#"
people:
  ada:
timeline:
  - cycle
  - purge: [ada]
  - cycle
  - appear: [ada]
  - assign: [ada]
  - cycle
  - unassign: [ada]
  - cycle
"#,
    ),
    (
        "deleted-twice",
        r#"
people:
  ada:
timeline:
  - cycle
  - request: { method: GET, path: "/Users/{{ada.id}}", as: made }
  - request: { method: DELETE, path: "/Users/{{made.id}}", provoked: true }
  - request: { method: DELETE, path: "/Users/{{made.id}}", provoked: true }
  - expect-answer: { status: [404, 204] }
"#,
    ),
    (
        "deleted-and-written-to",
        r#"
people:
  ada:
  grace:
timeline:
  - cycle
  - request: { method: GET, path: "/Users/{{ada.id}}", as: made }
  - request: { method: DELETE, path: "/Users/{{made.id}}", provoked: true }
  - request:
      method: PATCH
      path: "/Users/{{made.id}}"
      provoked: true
      body: <replace title>
  - expect-answer: { status: [404] }
  - request:
      method: PUT
      path: "/Users/{{made.id}}"
      provoked: true
      body: "{{ada.create}}"
  - expect-answer: { status: [404] }
"#,
    ),
    (
        "put",
        r#"
people:
  ada:
timeline:
  - request: { method: POST, path: /Users, as: made, body: "{{ada.create}}" }
  - request: { method: PUT, path: "/Users/{{made.id}}", body: "{{ada.create}}" }
  - request: { method: DELETE, path: "/Users/{{made.id}}" }
  - expect-answer: { status: [204] }
"#,
    ),
    (
        "deleted-unread",
        r#"
people:
  ada:
  grace:
timeline:
  - cycle
  - request: { method: DELETE, path: "/Users/{{ada.id}}", provoked: true }
  - request: { method: GET, path: "/Users/{{grace.id}}" }
  - request:
      method: PATCH
      path: "/Users/{{ada.id}}"
      provoked: true
      body: <replace title>
"#,
    ),
    (
        "deleted-after-reads",
        r#"
people:
  ada:
  grace:
timeline:
  - cycle
  - request: { method: GET, path: "/Users/{{ada.id}}" }
  - request: { method: GET, path: "/Users/{{grace.id}}" }
  - request: { method: GET, path: "/Users/{{grace.id}}" }
  - request: { method: DELETE, path: "/Users/{{ada.id}}", provoked: true }
  - request: { method: GET, path: "/Users/{{grace.id}}" }
  - request:
      method: PATCH
      path: "/Users/{{ada.id}}"
      provoked: true
      body: <replace title>
"#,
    ),
    (
        "posted-to-an-id",
        r#"
people:
  ada:
  grace:
timeline:
  - cycle
  - request:
      method: POST
      path: "/Users/{{ada.id}}"
      provoked: true
      body:
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"]
        userName: "{{prefix}}.posted@{{domain}}"
        active: true
"#,
    ),
    (
        "everybody-listed-before",
        r#"
people:
  ada:
  grace:
timeline:
  - request: { method: GET, path: /Users, query: { startIndex: "1", count: "50" } }
  - request: { method: GET, path: /Groups, query: { startIndex: "1", count: "50" } }
  - cycle
  - set: { ada: { jobTitle: Countess } }
  - cycle
  - purge: [grace]
  - cycle
"#,
    ),
    (
        "groups-listed-before",
        r#"
people:
  ada:
timeline:
  - request: { method: GET, path: /Groups, query: { startIndex: "1", count: "50" } }
  - cycle
  - set: { ada: { jobTitle: Countess } }
  - cycle
"#,
    ),
    (
        "everybody-listed-later",
        r#"
people:
  ada:
  grace:
timeline:
  - cycle
  - set: { ada: { jobTitle: Countess } }
  - cycle
  - request: { method: GET, path: /Users, query: { startIndex: "1", count: "50" } }
  - set: { ada: { jobTitle: Mathematician } }
  - unassign: [grace]
  - cycle
"#,
    ),
    (
        "same-id-in-the-second-tenant",
        r#"
needs: [second-tenant]
people:
  ada:
timeline:
  - request: { method: POST, path: /Users, as: made, body: "{{ada.create}}" }
  - request: { method: GET, path: "/Users/{{made.id}}" }
  - request:
      method: PATCH
      path: "/Users/{{made.id}}"
      tenant: second
      provoked: true
      body: <replace title>
"#,
    ),
    (
        "group-with-the-id-of-a-user",
        r#"
people:
  ada:
  grace:
timeline:
  - cycle
  - request: { method: GET, path: "/Users/{{grace.id}}", as: made }
  - request:
      method: PATCH
      path: "/Groups/{{made.id}}"
      provoked: true
      body: <replace displayName>
"#,
    ),
    (
        "bulk",
        r#"
needs: [bulk]
people:
  ada:
  grace:
timeline:
  - request:
      method: POST
      path: /Bulk
      body:
        schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
        Operations:
          - { method: POST, path: /Users, bulkId: a, data: "{{ada.create}}" }
          - { method: POST, path: /Users, bulkId: b, data: "{{grace.create}}" }
          - method: POST
            path: /Groups
            bulkId: team
            data:
              schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"]
              displayName: "{{prefix}} in bulk"
              members: [{ value: "bulkId:a" }]
"#,
    ),
    (
        "bulk-on-what-was-made",
        r#"
needs: [bulk]
people:
  grace:
timeline:
  - cycle
  - request:
      method: POST
      path: /Users
      as: made
      body:
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"]
        userName: "{{prefix}}.made@{{domain}}"
        active: true
  - request:
      method: POST
      path: /Bulk
      provoked: true
      body:
        schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
        Operations:
          - method: PATCH
            path: "/Users/{{grace.id}}"
            data:
              schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
              Operations: [{ op: replace, path: active, value: true }]
          - { method: DELETE, path: "/Users/{{made.id}}" }
  - request:
      method: POST
      path: /Bulk
      provoked: true
      body:
        schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
        Operations:
          - { method: DELETE, path: "/Users/{{made.id}}" }
"#,
    ),
];

/// What `<replace ATTRIBUTE>` stands for in the scenarios above: a PATCH that replaces it.
fn patches_written_out(text: &str) -> String {
    ["title", "displayName"].iter().fold(text.to_owned(), |text, attribute| {
        let body = format!(
            "{{ schemas: [\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"], \
             Operations: [{{ op: replace, path: {attribute}, value: Changed }}] }}"
        );
        text.replace(&format!("<replace {attribute}>"), &body)
    })
}

const HEAD: &str = "level: error\nwhy: The test of ownership plays it.\n";

/// The scenarios of this test.
pub static SCENARIOS: LazyLock<Vec<Arc<Scenario>>> = LazyLock::new(|| {
    let load = |(name, text): &(&str, &str)| {
        let text = format!("title: {name}\n{HEAD}{}", patches_written_out(text.trim_start()));
        let loaded = scenario::load_as(&format!("ownership/{name}"), &format!("{name}.yaml"), &text);
        Arc::new(loaded.unwrap_or_else(|mistakes| panic!("{name}: {}", mistakes[0])))
    };
    OWN.iter().map(load).collect()
});

/// The built-in scenarios that a small server can be played in a moment.
static BUILT_IN: LazyLock<Vec<Arc<Scenario>>> = LazyLock::new(|| {
    let all = scenario::builtin().unwrap_or_else(|mistakes| panic!("{}", mistakes[0]));
    all.into_iter().filter(is_short).map(Arc::new).collect()
});

fn is_short(scenario: &Scenario) -> bool {
    let people: usize = scenario.people.values().map(|person| person.many.max(1)).sum();
    let plain = scenario.needs.iter().all(|need| !matches!(need, Need::Published(_)));
    let waits = |action: &Action| matches!(action, Action::ExpectSettled(_) | Action::ExpectBulkLimits);
    people <= 3
        && plain
        && !scenario.large
        && scenario.timeline.len() <= 12
        && !scenario.timeline.iter().any(|step| waits(&step.action))
}

/// Two scenarios for one seed, one of this test's and one that is built in.
pub fn draw(random: &mut ChaCha8Rng) -> Vec<Arc<Scenario>> {
    [&*SCENARIOS, &*BUILT_IN].into_iter().filter_map(|scenarios| scenarios.choose(random).cloned()).collect()
}
