//! What a certificate says of itself: whose it is, who signed it, until when it holds, and its key.

use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, ObjectIdentifier, UintRef, UtcTime};
use der::{Decode as _, Reader, SliceReader, Tag};
use jiff::Timestamp;
use serde::Serialize;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");

/// Curves of RFC 5480 §2.1.1.1 and the sizes of their keys in bits.
const CURVES: [(ObjectIdentifier, usize); 5] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.1"), 192),
    (ObjectIdentifier::new_unwrap("1.3.132.0.33"), 224),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), 256),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), 384),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), 521),
];

/// The public key of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PublicKey {
    /// RSA, with the bits of its modulus.
    Rsa(usize),
    /// A point on an elliptic curve, with the bits of the curve's order.
    Ecc(usize),
    /// Anything else.
    Other,
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PublicKey::Rsa(bits) => write!(f, "RSA with {bits} bits"),
            PublicKey::Ecc(bits) => write!(f, "ECC with {bits} bits"),
            PublicKey::Other => f.write_str("neither RSA nor ECC"),
        }
    }
}

/// One certificate (RFC 5280 §4.1), as far as the requirements ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Common name, else organization of its owner; empty when it has neither.
    pub subject: String,
    /// Names of its issuer, the common name first.
    pub issuer: Vec<String>,
    /// First instant at which it holds.
    pub not_before: Timestamp,
    /// Last instant at which it holds.
    pub not_after: Timestamp,
    /// Its key.
    pub key: PublicKey,
}

impl Certificate {
    /// Reads a certificate; `None` when it is none, or holds dates before 1970.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = SliceReader::new(bytes).ok()?;
        let found: der::Result<Certificate> = reader.sequence(|certificate| {
            let read = certificate.sequence(signed);
            rest(certificate)?;
            read
        });
        found.ok()
    }

    /// Whole days from `now` until it no longer holds; negative when that is past.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.not_after.as_second() - now.as_second()).div_euclid(24 * 60 * 60)
    }
}

/// The part that is signed (`TBSCertificate`).
fn signed<'r, R: Reader<'r>>(reader: &mut R) -> der::Result<Certificate> {
    // The version is explicit from the second on.
    if reader.peek_byte() == Some(0xa0) {
        reader.tlv_bytes()?;
    }
    for _serial_and_signature_algorithm in 0..2 {
        reader.tlv_bytes()?;
    }
    let issuer = names(reader)?;
    let (not_before, not_after) =
        reader.sequence(|validity| Ok::<_, der::Error>((time(validity)?, time(validity)?)))?;
    let subject = names(reader)?;
    let key = reader.sequence(key)?;
    rest(reader)?;
    Ok(Certificate {
        subject: subject.into_iter().next().unwrap_or_default(),
        issuer,
        not_before,
        not_after,
        key,
    })
}

/// Skips whatever follows.
fn rest<'r, R: Reader<'r>>(reader: &mut R) -> der::Result<()> {
    while !reader.is_finished() {
        reader.tlv_bytes()?;
    }
    Ok(())
}

/// Common name, organization and unit of a distinguished name, in this order.
fn names<'r, R: Reader<'r>>(reader: &mut R) -> der::Result<Vec<String>> {
    let mut found: Vec<(u8, String)> = Vec::new();
    reader.sequence(|name| {
        while !name.is_finished() {
            let set = AnyRef::decode(name)?;
            let mut set = SliceReader::new(set.value())?;
            while !set.is_finished() {
                set.sequence(|pair| {
                    let kind = ObjectIdentifier::decode(pair)?;
                    let value = AnyRef::decode(pair)?;
                    let rank = [COMMON_NAME, ORGANIZATION, UNIT].iter().position(|known| *known == kind);
                    if let Some(rank) = rank {
                        let text = String::from_utf8_lossy(value.value());
                        let text = text.chars().filter(|letter| !letter.is_control()).collect();
                        found.push((rank as u8, text));
                    }
                    Ok::<_, der::Error>(())
                })?;
            }
        }
        Ok::<_, der::Error>(())
    })?;
    found.sort_by_key(|(rank, _)| *rank);
    Ok(found.into_iter().map(|(_, name)| name).collect())
}

fn time<'r, R: Reader<'r>>(reader: &mut R) -> der::Result<Timestamp> {
    let since_1970 = match Tag::peek(reader)? {
        Tag::UtcTime => UtcTime::decode(reader)?.to_unix_duration(),
        _ => GeneralizedTime::decode(reader)?.to_unix_duration(),
    };
    let second = i64::try_from(since_1970.as_secs()).ok();
    second
        .and_then(|second| Timestamp::from_second(second).ok())
        .ok_or_else(|| reader.error(der::ErrorKind::DateTime))
}

/// The key of a `SubjectPublicKeyInfo` (RFC 5480, RFC 3279 §2.3.1).
fn key<'r, R: Reader<'r>>(reader: &mut R) -> der::Result<PublicKey> {
    let (kind, curve) = reader.sequence(|algorithm| {
        let kind = ObjectIdentifier::decode(algorithm)?;
        let parameters = if algorithm.is_finished() { None } else { Some(AnyRef::decode(algorithm)?) };
        let curve = parameters.and_then(|named| named.decode_as::<ObjectIdentifier>().ok());
        Ok::<_, der::Error>((kind, curve))
    })?;
    let bits = BitStringRef::decode(reader)?;
    Ok(match kind {
        RSA => match modulus(bits.raw_bytes()) {
            Some(bits) => PublicKey::Rsa(bits),
            None => PublicKey::Other,
        },
        EC => match CURVES.iter().find(|(known, _)| Some(*known) == curve) {
            Some((_, bits)) => PublicKey::Ecc(*bits),
            None => PublicKey::Other,
        },
        _ => PublicKey::Other,
    })
}

/// Bits of the modulus of an `RSAPublicKey` (RFC 8017 §A.1.1).
fn modulus(key: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(key).ok()?;
    let modulus: der::Result<usize> = reader.sequence(|key| {
        let modulus = UintRef::decode(key)?;
        rest(key)?;
        let bytes = modulus.as_bytes();
        let leading = bytes.first().map_or(0, |first| first.leading_zeros() as usize);
        Ok(bytes.len() * 8 - leading)
    });
    modulus.ok()
}
