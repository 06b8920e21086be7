//! Servers to call the program against: `serve`, and ones that return the same bytes to every request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;

use crate::program::Call;

/// A server that answers every request with the same bytes.
pub fn answering(answer: &str) -> SocketAddr {
    let answer = answer.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

pub fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

/// An address where nobody listens.
pub fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Calls that need a target, each ready but for its URL.
pub fn against(base: &str) -> Vec<Call> {
    let calls =
        [Call::new(&["run", "--target", base]), Call::new(&["cleanup", "--target", base]).interrupted(base)];
    calls.into_iter().map(|call| call.env("SCIMULATE_TOKEN", "0123456789")).collect()
}

/// A server that speaks TLS with a certificate for `localhost` which nobody signed, and answers every
/// request with the same bytes; its port and its certificate.
pub fn answering_over_tls(answer: &str) -> (u16, String) {
    let answer = answer.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = std::sync::Arc::new(config);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let session = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(session, stream.unwrap());
            // The client may end the handshake.
            if stream.read(&mut [0; 4096]).is_ok() {
                let _ = stream.write_all(answer.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    (port, made.cert.pem())
}

/// `serve`, killed when this is dropped.
pub struct Served {
    pub child: std::process::Child,
    pub base: String,
    pub token: String,
    pub _folder: tempfile::TempDir,
}

impl Served {
    pub fn start(arguments: &[&str]) -> Self {
        let mut call = Call::new(arguments);
        let mut child = call.command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["READY", base, token] = words[..] else { panic!("{line}") };
        Served { child, base: base.to_owned(), token: token.to_owned(), _folder: call.folder }
    }
}

impl Served {
    pub fn port(&self) -> &str {
        self.base.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split_once('/')).unwrap().0
    }

    /// How many users the server holds.
    pub fn users(&self) -> u64 {
        let answer = exchange(self.port(), &self.token, "GET", "/scim/Users?count=0", "");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        serde_json::from_str::<serde_json::Value>(body).unwrap()["totalResults"].as_u64().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn exchange(port: &str, token: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         content-type: application/scim+json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
