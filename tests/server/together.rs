//! Two requests at the same time: what a correct server makes of them, and what the faults do.

use scimulate::server::{Fault, ServerSettings};
use serde_json::{Value, json};

use crate::client::{Client, Reply, USER};

/// Faults that show when two requests meet.
pub const FAULTS: [Fault; 3] =
    [Fault::GROUP_UPDATE_LOST, Fault::GROUP_LOCK_ERROR, Fault::UNIQUENESS_CHECKED_EARLY];

fn client(fault: Option<Fault>) -> Client {
    Client::of(ServerSettings { faults: fault.into_iter().collect(), ..ServerSettings::default() })
}

/// Adds two members at the same time. The statuses, and how many members there are then.
fn join(client: &Client) -> ([u16; 2], usize) {
    let members = ["ann", "bea"].map(|name| client.user(json!({ "userName": name })));
    let group = format!("/Groups/{}", client.group("Team", &[]));
    let add = |id: &String| {
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "add", "path": "members", "value": [{ "value": id }] }] })
    };
    let replies = client.both("PATCH", &group, [add(&members[0]), add(&members[1])]);
    let kept = client.read(&group)["members"].as_array().map_or(0, Vec::len);
    (replies.map(|reply: Reply| reply.status), kept)
}

fn create(client: &Client) -> [u16; 2] {
    let ann: Value = json!({ "schemas": [USER], "userName": "ann" });
    let mut statuses = client.both("POST", "/Users", [ann.clone(), ann]).map(|reply| reply.status);
    statuses.sort_unstable();
    statuses
}

#[test]
fn of_two_changes_none_is_lost_and_of_two_creates_one_wins() {
    assert_eq!(join(&client(None)), ([204, 204], 2));
    assert_eq!(create(&client(None)), [201, 409]);
}

#[test]
fn faults_of_two_requests_at_once_show_every_time() {
    for _ in 0..5 {
        assert_eq!(join(&client(Some(Fault::GROUP_UPDATE_LOST))), ([204, 204], 1));
        let (statuses, kept) = join(&client(Some(Fault::GROUP_LOCK_ERROR)));
        assert!(statuses.contains(&500) && kept == 1, "{statuses:?}");
        assert_eq!(create(&client(Some(Fault::UNIQUENESS_CHECKED_EARLY))), [201, 201]);
    }
}

#[test]
fn whoever_comes_alone_is_answered_rightly() {
    let client = client(Some(Fault::UNIQUENESS_CHECKED_EARLY));
    client.user(json!({ "userName": "ann" }));
    let again = client.send("POST", "/Users", Some(json!({ "schemas": [USER], "userName": "ANN" })));
    again.refused(409, Some("uniqueness"));
}
