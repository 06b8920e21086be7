//! A ClientHello by hand, and the first messages that answer it.
//!
//! TLS libraries that are still maintained speak neither TLS 1.0 nor the CBC suites of Microsoft's
//! list, so what a server offers of them is asked for with bytes of our own. Up to TLS 1.2 a server
//! sends its choice and its certificates in the clear (RFC 5246 §7.4); nothing after them is read.

use rand::RngExt;
use rustls::AlertDescription;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A version of the protocol, as it is written on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub u16);

impl Version {
    pub const TLS10: Version = Version(0x0301);
    pub const TLS11: Version = Version(0x0302);
    pub const TLS12: Version = Version(0x0303);
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            0x0300 => f.write_str("SSL 3.0"),
            0x0301 => f.write_str("TLS 1.0"),
            0x0302 => f.write_str("TLS 1.1"),
            0x0303 => f.write_str("TLS 1.2"),
            other => write!(f, "version {other:#06x}"),
        }
    }
}

/// The suites of Microsoft's list, in its order
/// (use-scim-to-provision-users-and-groups, Security requirements).
pub(super) const LISTED: [(u16, &str); 8] = [
    (0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    (0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    (0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
    (0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    (0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
];

/// What servers that still speak TLS 1.0 or 1.1 choose from.
const OLD: [u16; 12] =
    [0xc00a, 0xc014, 0xc009, 0xc013, 0x0039, 0x0033, 0x0035, 0x002f, 0xc008, 0xc012, 0x0016, 0x000a];

/// Most bytes of an answer that are read: a chain of certificates is a few thousand.
const MAX_ANSWER: usize = 64 << 10;

/// What is offered to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// TLS 1.2 with the suites of Microsoft's list.
    Listed,
    /// At most this version, with the suites of its time.
    Old(Version),
}

/// What answered a hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HelloReply {
    /// The server's choice. Certificates are read after [`Offer::Listed`] alone.
    Chosen { version: Version, suite: u16, chain: Vec<CertificateDer<'static>> },
    /// A fatal alert.
    Alert(AlertDescription),
    /// What came is not TLS.
    NotTls,
    /// The connection ended before the server had chosen.
    Closed,
    /// TLS, but not as the RFC has it; one sentence without a full stop.
    Odd(&'static str),
}

impl Offer {
    fn version(self) -> Version {
        match self {
            Offer::Listed => Version::TLS12,
            Offer::Old(version) => version,
        }
    }

    /// The record that opens a handshake (RFC 5246 §7.4.1.2). An address is no server name (RFC 6066 §3).
    fn bytes(self, name: Option<&str>) -> Vec<u8> {
        let mut random = [0; 32];
        rand::rng().fill(&mut random);
        let suites: Vec<u16> = match self {
            Offer::Listed => LISTED.iter().map(|(suite, _)| *suite).collect(),
            Offer::Old(_) => OLD.to_vec(),
        };
        let mut body = Vec::new();
        body.extend(self.version().0.to_be_bytes());
        body.extend(random);
        body.push(0); // no session to resume
        body.extend(sized(&numbers(&suites)));
        body.extend([1, 0]); // no compression
        body.extend(sized(&self.extensions(name)));
        let mut message = vec![1, 0];
        message.extend(sized(&body));
        let mut record = vec![22];
        record.extend(Version::TLS10.0.to_be_bytes());
        record.extend(sized(&message));
        record
    }

    fn extensions(self, name: Option<&str>) -> Vec<u8> {
        let mut all = Vec::new();
        let mut add = |kind: u16, content: &[u8]| {
            all.extend(kind.to_be_bytes());
            all.extend(sized(content));
        };
        if let Some(name) = name {
            let mut entry = vec![0];
            entry.extend(sized(name.as_bytes()));
            add(0x0000, &sized(&entry));
        }
        // x25519, secp256r1, secp384r1, secp521r1; uncompressed points.
        add(0x000a, &sized(&numbers(&[0x001d, 0x0017, 0x0018, 0x0019])));
        add(0x000b, &[1, 0]);
        if self == Offer::Listed {
            let schemes = [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];
            add(0x000d, &sized(&numbers(&schemes)));
        }
        add(0x0017, &[]); // extended master secret (RFC 7627)
        add(0xff01, &[0]); // secure renegotiation (RFC 5746)
        all
    }
}

fn numbers(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// Bytes behind their length in two bytes.
fn sized(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a hello is a few hundred bytes");
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend(content);
    bytes
}

/// Says hello on a fresh connection and reads the answer, no further than the server's choice and its
/// certificates. The time limit is the caller's.
pub(super) async fn greet(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    offer: Offer,
    name: Option<&str>,
) -> HelloReply {
    if stream.write_all(&offer.bytes(name)).await.is_err() {
        return HelloReply::Closed;
    }
    let mut heard = Heard::default();
    let mut chunk = [0; 4096];
    loop {
        let count = match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return heard.end(),
            Ok(count) => count,
        };
        if heard.bytes.len() + heard.handshake.len() + count > MAX_ANSWER {
            return HelloReply::Odd("its first messages are larger than 64 KiB");
        }
        heard.bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
        if let Some(reply) = heard.read(offer) {
            return reply;
        }
    }
}

/// What has come so far: bytes of records, and the handshake messages that they carried.
#[derive(Debug, Default)]
struct Heard {
    bytes: Vec<u8>,
    handshake: Vec<u8>,
    chosen: Option<(Version, u16)>,
}

impl Heard {
    /// The answer, once there is enough of it.
    fn read(&mut self, offer: Offer) -> Option<HelloReply> {
        loop {
            let [kind, major, _, high, low, rest @ ..] = self.bytes.as_slice() else {
                // A record begins with its type and the protocol's number.
                let foreign = self.bytes.first().is_some_and(|first| !(20..=23).contains(first));
                return foreign.then_some(HelloReply::NotTls);
            };
            if !(20..=23).contains(kind) || *major != 3 {
                return Some(HelloReply::NotTls);
            }
            let kind = *kind;
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let content = rest.get(..length)?.to_vec();
            self.bytes.drain(..5 + length);
            match (kind, content.as_slice()) {
                // A warning, as that the server name is not known; the server goes on.
                (21, [1, description, ..]) if *description != 0 => {}
                (21, [_, description, ..]) => {
                    return Some(HelloReply::Alert(AlertDescription::from(*description)));
                }
                (22, message) => {
                    self.handshake.extend_from_slice(message);
                    if let Some(reply) = self.messages(offer) {
                        return Some(reply);
                    }
                }
                _ => {
                    return Some(HelloReply::Odd(
                        "it sends another TLS record instead of a handshake message",
                    ));
                }
            }
        }
    }

    fn messages(&mut self, offer: Offer) -> Option<HelloReply> {
        loop {
            let [kind, a, b, c, rest @ ..] = self.handshake.as_slice() else { return None };
            let (kind, length) = (*kind, length([*a, *b, *c]));
            let body = rest.get(..length)?.to_vec();
            self.handshake.drain(..4 + length);
            match (kind, self.chosen) {
                (2, None) => {
                    let Some((version, suite)) = server_hello(&body) else {
                        return Some(HelloReply::Odd("its ServerHello is too short"));
                    };
                    if offer != Offer::Listed || version != Version::TLS12 {
                        return Some(HelloReply::Chosen { version, suite, chain: Vec::new() });
                    }
                    self.chosen = Some((version, suite));
                }
                (11, Some((version, suite))) => {
                    return Some(match certificates(&body) {
                        Some(chain) => HelloReply::Chosen { version, suite, chain },
                        None => HelloReply::Odd("its Certificate message cannot be read"),
                    });
                }
                _ => return Some(HelloReply::Odd("it does not send ServerHello and Certificate first")),
            }
        }
    }

    /// The connection ended.
    fn end(self) -> HelloReply {
        match self.chosen {
            Some((version, suite)) => HelloReply::Chosen { version, suite, chain: Vec::new() },
            None => HelloReply::Closed,
        }
    }
}

fn length([a, b, c]: [u8; 3]) -> usize {
    usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)
}

/// Version and suite of a ServerHello (RFC 5246 §7.4.1.3).
fn server_hello(body: &[u8]) -> Option<(Version, u16)> {
    let version = u16::from_be_bytes([*body.first()?, *body.get(1)?]);
    let session = usize::from(*body.get(34)?);
    let suite = body.get(35 + session..37 + session)?;
    Some((Version(version), u16::from_be_bytes([*suite.first()?, *suite.get(1)?])))
}

/// The certificates of a Certificate message, the server's own first (RFC 5246 §7.4.2).
fn certificates(body: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let (head, mut rest) = body.split_first_chunk::<3>()?;
    if length(*head) != rest.len() {
        return None;
    }
    let mut chain = Vec::new();
    while !rest.is_empty() {
        let (head, tail) = rest.split_first_chunk::<3>()?;
        let (certificate, tail) = tail.split_at_checked(length(*head))?;
        chain.push(CertificateDer::from(certificate.to_vec()));
        rest = tail;
    }
    Some(chain)
}

#[cfg(test)]
pub(super) mod testing {
    //! What servers of the tests say.

    use super::{Version, sized};

    fn record(kind: u8, content: &[u8]) -> Vec<u8> {
        let mut record = vec![kind, 3, 1];
        record.extend(sized(content));
        record
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut message = vec![kind, 0];
        message.extend(sized(body));
        message
    }

    /// A ServerHello with a session id, as a message.
    pub fn server_hello(version: Version, suite: u16) -> Vec<u8> {
        let mut body = version.0.to_be_bytes().to_vec();
        body.extend([7; 32]);
        body.extend([4, 1, 2, 3, 4]);
        body.extend(suite.to_be_bytes());
        body.push(0);
        message(2, &body)
    }

    /// A ServerHello and the certificates, one record cut in two.
    pub fn chosen(version: Version, suite: u16, chain: &[Vec<u8>]) -> Vec<u8> {
        let mut list = Vec::new();
        for certificate in chain {
            list.push(0);
            list.extend(sized(certificate));
        }
        let mut certificates = vec![0];
        certificates.extend(sized(&list));
        let mut messages = server_hello(version, suite);
        messages.extend(message(11, &certificates));
        let (first, second) = messages.split_at(messages.len() / 2);
        [record(22, first), record(22, second)].concat()
    }

    /// An alert.
    pub fn alert(level: u8, description: u8) -> Vec<u8> {
        record(21, &[level, description])
    }

    /// A record with nothing but a ServerHello.
    pub fn old(version: Version) -> Vec<u8> {
        record(22, &server_hello(version, 0x002f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The reply to an answer that comes in pieces of so many bytes.
    async fn reply(offer: Offer, answer: &[u8], piece: usize) -> HelloReply {
        let (ours, mut theirs) = tokio::io::duplex(piece);
        let answer = answer.to_vec();
        let server = tokio::spawn(async move {
            let mut head = [0; 5];
            theirs.read_exact(&mut head).await.unwrap();
            let mut rest = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
            theirs.read_exact(&mut rest).await.unwrap();
            // Whoever has read enough hangs up.
            let _ = theirs.write_all(&answer).await;
        });
        let reply = greet(ours, offer, Some("localhost")).await;
        server.await.unwrap();
        reply
    }

    #[tokio::test]
    async fn choice_and_certificates_are_read_however_they_are_cut() {
        let chain = vec![vec![1; 300], vec![2; 5]];
        let answer = testing::chosen(Version::TLS12, 0xc027, &chain);
        for piece in [1, 7, 100_000] {
            let expected = HelloReply::Chosen {
                version: Version::TLS12,
                suite: 0xc027,
                chain: chain.iter().cloned().map(CertificateDer::from).collect(),
            };
            assert_eq!(reply(Offer::Listed, &answer, piece).await, expected);
        }
    }

    #[tokio::test]
    async fn an_old_server_is_heard_no_further_than_its_hello() {
        let old = reply(Offer::Old(Version::TLS10), &testing::old(Version::TLS10), 100).await;
        assert_eq!(old, HelloReply::Chosen { version: Version::TLS10, suite: 0x002f, chain: Vec::new() });
        assert_eq!(Version::TLS10.to_string(), "TLS 1.0");
    }

    #[tokio::test]
    async fn alerts_end_it_and_warnings_do_not() {
        let refused = reply(Offer::Listed, &testing::alert(2, 70), 100).await;
        assert_eq!(refused, HelloReply::Alert(AlertDescription::ProtocolVersion));
        let warned = [testing::alert(1, 112), testing::old(Version::TLS11)].concat();
        let heard = reply(Offer::Old(Version::TLS11), &warned, 100).await;
        assert!(matches!(heard, HelloReply::Chosen { version: Version::TLS11, .. }), "{heard:?}");
    }

    #[tokio::test]
    async fn what_is_no_tls_is_told_apart() {
        assert_eq!(reply(Offer::Listed, b"HTTP/1.1 400 Bad Request\r\n\r\n", 100).await, HelloReply::NotTls);
        assert_eq!(reply(Offer::Listed, b"", 100).await, HelloReply::Closed);
        let application_data = [23, 3, 3, 0, 1, 0];
        assert!(matches!(reply(Offer::Listed, &application_data, 100).await, HelloReply::Odd(_)));
        let endless = [&[22, 3, 3, 0xff, 0xff][..], &vec![0; 0xffff], &[22, 3, 3]].concat();
        assert!(matches!(reply(Offer::Listed, &endless, 100_000).await, HelloReply::Odd(_)));
    }

    proptest! {
        // What a server sends is hostile: no bytes may make the reader panic or loop.
        #[test]
        fn any_bytes_have_a_meaning(bytes in proptest::collection::vec(any::<u8>(), 0..400), listed: bool) {
            let offer = if listed { Offer::Listed } else { Offer::Old(Version::TLS10) };
            for head in [vec![], vec![22, 3, 3, 0, 100, 2, 0, 0, 60], vec![22, 3, 3, 1, 0, 11, 0, 0, 90]] {
                let mut heard = Heard { bytes: [head, bytes.clone()].concat(), ..Heard::default() };
                if heard.read(offer).is_none() {
                    heard.end();
                }
            }
        }
    }
}
