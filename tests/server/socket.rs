//! What only shows on a socket: starting, stopping, several requests on one connection.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use scimulate::server::{self, Fault, ServerSettings, Variant};

use crate::client::TOKEN;

/// Starts a server, sends text to it and returns all it says.
fn talk(faults: &[Fault], text: &str) -> String {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let settings = ServerSettings {
        token: TOKEN.into(),
        variants: [Variant::NumericLookingIds].into(),
        faults: faults.iter().copied().collect(),
        ..ServerSettings::default()
    };
    let running = runtime.block_on(server::start(settings, None)).unwrap();
    let address = running.base_url.trim_start_matches("http://").trim_end_matches("/scim").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    drop(running);
    answer
}

fn request(line: &str, body: &str, last: bool) -> String {
    let connection = if last { "close" } else { "keep-alive" };
    format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: {connection}\r\n\
         Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Creates a group and changes it, which answers 204.
fn create_and_change(faults: &[Fault]) -> String {
    let create = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"g"}"#;
    let patch = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations":[{"op":"add","path":"externalId","value":"e"}]}"#;
    let text = [request("POST /scim/Groups", create, false), request("PATCH /scim/Groups/1001", patch, true)];
    talk(faults, &text.concat())
}

#[test]
fn several_requests_share_a_connection() {
    let answers = create_and_change(&[]);
    assert!(answers.contains("HTTP/1.1 201 Created") && answers.ends_with("\r\n\r\n"), "{answers}");
    assert!(answers.contains("HTTP/1.1 204 No Content"), "{answers}");
}

#[test]
fn a_204_can_be_given_a_body() {
    let answers = create_and_change(&[Fault::BODY_ON_204]);
    assert!(answers.ends_with("content-length: 2\r\n\r\n{}"), "{answers}");
}

#[test]
fn a_dropped_server_listens_no_longer() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let running = runtime.block_on(server::start(ServerSettings::default(), None)).unwrap();
    let address = running.base_url.trim_start_matches("http://").trim_end_matches("/scim").to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    drop(running);
    let refused = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        TcpStream::connect(&address).is_err()
    });
    assert!(refused);
}
