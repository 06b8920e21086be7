use super::*;
use crate::http::Trust;
use crate::http::engine::{MAX_HEAD, MAX_HEADER_LINES};
use crate::http::headers::title_case;
use crate::wire::{Actor, Excess};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that answers every connection with the same bytes and then closes it.
async fn answering(bytes: impl Into<Vec<u8>>) -> TenantUrl {
    let bytes = bytes.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = TenantUrl::parse(&format!("http://{}/scim", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            // The client may have given up already.
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
    });
    url
}

fn get() -> Request {
    Request::new(Actor::Probe, Method::Get, "/Users", "t")
}

async fn outcome(bytes: impl Into<Vec<u8>>) -> Result<Answer, Broken> {
    Client::new(Settings::new(answering(bytes).await)).unwrap().send(get()).await
}

fn client(settings: impl FnOnce(&mut Settings)) -> Result<Client, ClientProblem> {
    let mut made =
        Settings::new(TenantUrl::parse("https://api.example.com/scim?k=0123456789abcdef").unwrap());
    // Nothing is read from the machine's certificate store.
    made.url = TenantUrl::parse("http://localhost:1/scim?k=0123456789abcdef").unwrap();
    settings(&mut made);
    Client::new(made)
}

#[tokio::test]
async fn an_answer_keeps_its_bytes_and_its_headers() {
    let answer = outcome("HTTP/1.1 404 Not Found\r\nX-One: 1\r\nx-one: 2\r\ncontent-length: 3\r\n\r\n{ }")
        .await
        .unwrap();
    assert_eq!(answer.status, 404);
    assert_eq!(answer.body.bytes(), b"{ }");
    let expected = [("x-one", "1"), ("x-one", "2"), ("content-length", "3")];
    assert_eq!(answer.headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let answer =
        outcome("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/login\r\ncontent-length: 0\r\n\r\n")
            .await;
    assert_eq!(answer.unwrap().status, 302);
}

#[tokio::test]
async fn a_body_that_ends_early_says_how_early() {
    let broken = outcome("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"a\"").await.unwrap_err();
    assert_eq!(broken, Broken::Protocol("the response body ended after 4 of 10 bytes".into()));
    let broken =
        outcome("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n").await.unwrap_err();
    assert_eq!(broken, Broken::Protocol("the response body ended early, after 4 bytes".into()));
}

#[tokio::test]
async fn a_bad_chunk_is_a_broken_body() {
    let broken = outcome("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n").await.unwrap_err();
    assert!(
        matches!(&broken, Broken::Protocol(why) if why.starts_with("the response body cannot be read")),
        "{broken}"
    );
}

#[tokio::test]
async fn what_is_not_http_is_named_so_with_the_likely_reason() {
    let broken = outcome(b"\x15\x03\x01\x00\x02\x02\x46".to_vec()).await.unwrap_err();
    assert!(
        matches!(&broken, Broken::Protocol(why) if why.contains("not HTTP/1.1") && why.contains("https://")),
        "{broken}"
    );
}

#[tokio::test]
async fn a_connection_that_closes_at_once_gave_no_answer() {
    let broken = outcome("").await.unwrap_err();
    assert_eq!(broken, Broken::Protocol("the server closed the connection without a response".into()));
}

#[tokio::test]
async fn limits_hold_for_bodies_and_headers() {
    let mut settings = Settings::new(answering("HTTP/1.1 200 OK\r\n\r\n0123456789").await);
    settings.max_body = 9;
    assert_eq!(Client::new(settings).unwrap().send(get()).await, Err(Broken::TooLarge(Excess::Bytes(9))));
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(4 * MAX_HEAD));
    let status = outcome(long).await.map(|answer| answer.status);
    let too_large = "the response header, or its Content-Length, is too large";
    assert_eq!(status, Err(Broken::Protocol(too_large.into())));
}

#[tokio::test]
async fn a_hundred_header_lines_are_not_the_most() {
    let answer = |lines: usize| {
        let lines: String = (0..lines).map(|i| format!("x-{i}: y\r\n")).collect();
        format!("HTTP/1.1 200 OK\r\n{lines}\r\n{{}}")
    };
    for lines in [110, MAX_HEADER_LINES] {
        let answer = outcome(answer(lines)).await.unwrap();
        assert_eq!((answer.headers.len(), answer.body.text().as_ref()), (lines, "{}"));
    }
    let beyond = outcome(answer(MAX_HEADER_LINES + 1)).await;
    assert_eq!(
        beyond,
        Err(Broken::Protocol("the response header, or its Content-Length, is too large".into()))
    );
}

#[tokio::test]
async fn interim_answers_without_end_meet_the_time_limit_and_leave_no_thread_busy() {
    // A thread of its own writes: the test's thread is the one that is to be kept busy.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = TenantUrl::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    // Held until the end: a client that asks again must not find the port closed.
    let accepting = listener.try_clone().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = accepting.accept().unwrap();
        let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
        while std::io::Write::write_all(&mut stream, interim.as_bytes()).is_ok() {}
    });
    let mut settings = Settings::new(url);
    settings.timeout = Duration::from_millis(100);
    let client = Client::new(settings).unwrap();
    let began = Instant::now();
    // The parser may give up before the time is over.
    let outcome = client.send(get()).await;
    assert!(matches!(outcome, Err(Broken::TimedOut(_) | Broken::Protocol(_))), "{outcome:?}");
    // One thread does all of it here: a parser that does not pause would keep it from the time limit.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn json_that_needs_much_more_memory_than_bytes_is_given_up() {
    let costly = format!("HTTP/1.1 200 OK\r\n\r\n[{}0]", "{},".repeat(200_000));
    assert_eq!(outcome(costly).await, Err(Broken::TooLarge(Excess::Values)));
}

#[tokio::test]
async fn parsing_is_part_of_the_time_for_an_exchange() {
    let url = answering("HTTP/1.1 200 OK\r\n\r\n{}").await;
    let route = Route::new(&url, Duration::from_secs(5)).unwrap();
    let engine = engine(tls::config(false, &Trust::System).unwrap(), &route, 0);
    let uri = url.join("/", None).parse().unwrap();
    let answer = engine.get(uri).await.unwrap();
    let started = Instant::now();
    // The body is there at once; only the parser can notice that the time is up.
    let limits = Limits { body: 9, until: started, timeout: Duration::from_secs(3) };
    assert_eq!(read(answer, started, limits).await, Err(Broken::TimedOut(Duration::from_secs(3))));
}

#[tokio::test]
async fn refused_and_unknown_hosts_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    let send = async |url: &str| {
        Client::new(Settings::new(TenantUrl::parse(url).unwrap())).unwrap().send(get()).await
    };
    let refused = send(&format!("http://{free}/")).await;
    assert_eq!(refused, Err(Broken::Refused("no server listens there".into())));
    // RFC 6761 §6.4: `.invalid` never resolves.
    let unknown = send("http://scim.invalid/").await;
    assert!(matches!(&unknown, Err(Broken::NoSuchHost(why)) if why.contains("scim.invalid")), "{unknown:?}");
}

#[tokio::test]
async fn a_silent_server_meets_the_time_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings =
        Settings::new(TenantUrl::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap());
    settings.timeout = Duration::from_millis(30);
    let client = Client::new(settings).unwrap();
    assert_eq!(client.send(get()).await, Err(Broken::TimedOut(Duration::from_millis(30))));
    let wrong = get().with_header("Authorization", "Bearer wrong").provoked();
    assert_eq!(client.send(wrong).await, Err(Broken::Unrefused(Duration::from_millis(30))));
}

#[tokio::test]
async fn plain_http_on_a_tls_port_and_the_other_way_round() {
    let url = answering("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    let https = url.base().replace("http://", "https://");
    let mut settings = Settings::new(TenantUrl::parse(&https).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&file, made.cert.pem()).unwrap();
    settings.trust = Trust::File(file);
    let broken = Client::new(settings).unwrap().send(get()).await.unwrap_err();
    assert_eq!(broken, Broken::Tls("the server does not speak TLS on this port".into()));
}

#[test]
fn a_request_can_replace_or_leave_out_what_every_request_carries() {
    let client = client(|s| {
        s.credentials = Credentials::Bearer("0123456789-token".into());
        s.headers = vec![("X-Tenant".into(), "7".into()), ("x-tenant".into(), "8".into())];
    })
    .unwrap();
    let names = |request: &Request| {
        let (_, headers) = client.head(request, None).unwrap();
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            format!("{}: {}", title_case(name.as_str()), value.to_str().unwrap())
        };
        headers.iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(
        names(&get().with_header("ADSCIMVersion", "6.0")),
        [
            "Host: localhost:1",
            "Authorization: Bearer 0123456789-token",
            "X-Tenant: 7",
            "X-Tenant: 8",
            "Adscimversion: 6.0"
        ]
    );
    assert_eq!(
        names(&get().with_header("authorization", "Bearer wrong").with_header("X-Tenant", "")),
        ["Host: localhost:1", "Authorization: Bearer wrong"]
    );
    let post = Request::new(Actor::Entra, Method::Post, "/Users", "t");
    assert_eq!(names(&post).last().unwrap(), "Content-Length: 0");
}

#[tokio::test]
async fn a_request_that_cannot_be_written_is_not_sent() {
    let client = client(|_| {}).unwrap();
    for request in
        [get().with_query("filter=#"), get().with_header("a b", "c"), get().with_header("a", "b\r\nc: d")]
    {
        let broken = client.send(request).await.unwrap_err();
        assert!(matches!(&broken, Broken::Unwritable(_)), "{broken}");
    }
}

#[test]
fn a_token_with_a_line_break_and_a_header_without_a_name_are_refused_unrepeated() {
    let problem = client(|s| s.credentials = Credentials::Bearer("hunter2\nhunter3".into())).unwrap_err();
    assert!(!format!("{problem:?}").contains("hunter"));
    assert!(client(|s| s.credentials = Credentials::Bearer("Bearer hunter2".into())).is_err());
    assert!(client(|s| s.credentials = Credentials::Bearer("".into())).is_err());
    assert!(client(|s| s.headers = vec![("a b".into(), "c".into())]).is_err());
    assert!(client(|s| s.headers = vec![("Host".into(), "c".into())]).is_err());
    let problem = client(|s| s.headers = vec![("X-Key".into(), "hunter2\n".into())]).unwrap_err();
    assert!(!format!("{problem:?}").contains("hunter"));
}

#[test]
fn what_is_sent_is_shown_without_credentials_and_secrets() {
    let client = client(|s| {
        s.url =
            TenantUrl::parse("http://localhost:1/contoso?k=query-value&tenant=contoso&bare-value").unwrap();
        s.credentials = Credentials::Bearer("test".into());
        s.headers = vec![
            ("X-Api-Key".into(), "header-value".into()),
            ("Accept".into(), "application/scim+json".into()),
        ];
    })
    .unwrap();
    let request = get().with_header("Cookie", "sid=cookie").with_query("count=1");
    let sent = client.sent_as(&request);
    assert_eq!(
        sent.url,
        "http://localhost:1/contoso/Users?k=[redacted]&tenant=[redacted]&[redacted]&count=1"
    );
    let shown: Vec<String> = sent.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    for line in [
        "Authorization: Bearer [redacted]",
        "X-Api-Key: [redacted]",
        "Accept: application/scim+json",
        "Cookie: [redacted]",
    ] {
        assert!(shown.iter().any(|shown| shown == line), "{line} is not in {shown:?}");
    }
    let secrets = client.secrets();
    let text = "header-value query-value bare-value test application/scim+json contoso";
    assert_eq!(secrets.hide(text), "[redacted] [redacted] [redacted] test application/scim+json contoso");
    assert_eq!(secrets.hide("test"), "[redacted]");
}

#[tokio::test]
async fn answers_and_errors_hold_no_secret_when_they_leave_the_client() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scim?k=query-value", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        let body = r#"{"detail":"token\u002D0123456789"}"#;
        let answer = format!(
            "HTTP/1.1 401 no\r\nwww-authenticate: Bearer realm=\"token-0123456789\"\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let mut settings = Settings::new(TenantUrl::parse(&url).unwrap());
    settings.credentials = Credentials::Bearer("token-0123456789".into());
    let client = Client::new(settings).unwrap();
    let answer = client.send(get()).await.unwrap();
    assert_eq!(answer.body.text(), r#"{"detail":"[redacted]"}"#);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"[redacted]\""));
    let broken = client.send(get().with_query("filter=#")).await.unwrap_err();
    assert!(!broken.to_string().contains("query-value"), "{broken}");
    let broken = client.send(get().with_query("filter= ")).await.unwrap_err();
    assert!(broken.to_string().contains("k=[redacted]&filter="), "{broken}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_closes_after_each_answer_without_a_word_is_no_broken_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = TenantUrl::parse(&format!("http://{}/scim", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await.unwrap();
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
                // Long enough for the next request to be under way.
                tokio::time::sleep(Duration::from_micros(60)).await;
            });
        }
    });
    let client = Client::new(Settings::new(url)).unwrap();
    for _ in 0..100 {
        client.send(get()).await.unwrap();
    }
    assert!(client.route.is_hasty());
    for _ in 0..100 {
        let patch = Request::new(Actor::Entra, Method::Patch, "/Users/1", "t");
        client.send(patch).await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_stays_open_is_used_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = TenantUrl::parse(&format!("http://{}/scim", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for _ in 0..3 {
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
        }
        // The fourth request is read and not answered: the client must not ask for ever.
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        drop((stream, listener));
    });
    let client = Client::new(Settings::new(url)).unwrap();
    for _ in 0..3 {
        client.send(get()).await.unwrap();
    }
    assert!(matches!(client.send(get()).await, Err(Broken::Refused(_) | Broken::Protocol(_))));
}
