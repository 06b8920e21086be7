//! Targets that cannot be reached or tested.

use crate::servers::{against, answering, answering_over_tls, free, http};

#[test]
fn a_wrong_url_is_told_what_to_write() {
    for (url, what, next) in [
        ("localhost:8080/scim", "does not begin with http://", "for example http://localhost:8080/scim"),
        ("https://a b/", "is not a URL", "https://api.example.com/scim"),
        ("http://u:hunter2@localhost/", "password", "SCIMULATE_TOKEN"),
    ] {
        for call in against(url) {
            let played = call.play();
            played.failed(2, what, next);
            assert!(!played.err.contains("hunter2"));
        }
    }
}

#[test]
fn a_refused_connection_is_3() {
    let base = format!("http://{}/scim", free());
    for call in against(&base) {
        call.play().failed(3, "connection refused", "start the server");
    }
}

#[test]
fn a_certificate_that_does_not_verify_is_3_with_the_reason() {
    let (port, certificate) = answering_over_tls(&http("401 Unauthorized", "", ""));
    let mut other = rcgen::CertificateParams::new(["other".to_owned()]).unwrap();
    other.distinguished_name.push(rcgen::DnType::CommonName, "another authority");
    let other = other.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
    for (host, authority, what, next) in [
        // Another authority than the server's: the machine's own list may be empty.
        ("localhost", &other, "TLS failed, the certificate is not signed by an authority", "--cacert"),
        ("127.0.0.1", &certificate, "TLS failed, the certificate is for", "valid for this host"),
        // The handshake succeeds, and so the next mistake shows.
        ("localhost", &certificate, "does not accept the token (401)", "SCIMULATE_TOKEN"),
    ] {
        for mut call in against(&format!("https://{host}:{port}/scim")) {
            call.command.args(["--cacert", "authority.pem"]);
            call.file("authority.pem", authority).play().failed(3, what, next);
        }
    }
}

#[test]
fn what_is_no_scim_service_is_3_with_one_sentence() {
    let page = http("200 OK", "content-type: text/html\r\n", "<!doctype html><title>Sign in</title>");
    let moved = http("302 Found", "location: https://login.example.com/start\r\n", "");
    for (answer, what, next) in [
        (
            http("401 Unauthorized", "", "{\"detail\":\"token\\u001b[31m expired\"}"),
            "401: token[31m expired",
            "SCIMULATE_TOKEN",
        ),
        (http("403 Forbidden", "", ""), "403", "right"),
        (page, "web page", "base URL"),
        (moved, "https://login.example.com/start", "final URL"),
        (http("404 Not Found", "", ""), "no SCIM service", "base path"),
        (http("200 OK", "", ""), "without a body", "base URL"),
        (http("500 Oops", "", ""), "fails on the first request", "log"),
        ("220 mail.example.com ESMTP\r\n".to_owned(), "not HTTP", "scheme"),
    ] {
        let base = format!("http://{}/scim", answering(&answer));
        for call in against(&base) {
            let played = call.play();
            played.failed(3, what, next);
            assert!(!played.err.contains('\u{1b}'), "{:?}", played.err);
        }
    }
}

#[test]
fn a_target_elsewhere_needs_yes() {
    for call in against("https://scim.invalid/v2") {
        call.play().failed(2, "not on this machine", "--yes");
    }
    for mut call in against("https://scim.invalid/v2") {
        call.command.args(["--yes", "--cacert", "none.pem"]);
        call.play().failed(2, "none.pem: no such file", "--cacert");
    }
    for mut call in against("http://scim.invalid/v2") {
        call.command.arg("--yes");
        call.play().failed(3, "does not resolve", "spelling");
    }
}

#[test]
fn a_token_that_cannot_be_sent_is_2_and_not_repeated() {
    let base = format!("http://{}/scim", free());
    for call in against(&base) {
        let played = call.env("SCIMULATE_TOKEN", "Bearer hunter2").play();
        played.failed(2, "the token contains a space", "without `Bearer`");
        assert!(!played.err.contains("hunter2"));
    }
    for mut call in against(&base) {
        call.command.args(["--token-file", "nowhere"]);
        call.play().failed(2, "cannot read the token from nowhere", "SCIMULATE_TOKEN");
    }
}
