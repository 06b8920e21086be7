//! Plays Microsoft Entra ID as an issuer of tokens: the assertions of workload identity federation
//! (AzureAD/SCIMReferenceCode, Workload-Identity-Federation-for-SCIM-Provisioning, "Example Token
//! Payload"), the discovery document and the keys with which a server checks them.

mod folder;
mod key;
mod serving;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use uuid::Uuid;

pub use folder::WrittenIssuer;
pub use key::SigningKey;
pub use serving::Serving;

/// Where the discovery document stands below the issuer's URL (OpenID Connect Discovery 1.0 §4).
pub const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Where the keys stand below the issuer's URL.
pub const KEYS: &str = "/.well-known/jwks.json";

/// How long an assertion is valid, in seconds, as in Microsoft's example.
pub const LIFETIME: u64 = 3900;

/// How wrong an assertion is that must be refused, in seconds: no clock differs by so much.
const LONG_AGO: u64 = 86_400;

/// `aud` of the tokens that Entra issues for every application that is not in the gallery.
pub const CUSTOM_APPLICATIONS: &str = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";

/// `appid` of the provisioning service in tokens that Entra issues itself.
const PROVISIONING: &str = "00000014-0000-0000-c000-000000000000";

/// The tenant nobody has, for whoever names none.
pub const TENANT: Uuid = Uuid::from_u128(0x5c1a_ce00_0000_4000_8000_0000_0000_0001);

/// Which assertion is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Make {
    /// As Entra makes it.
    Right,
    /// Signed with the second of the published keys.
    NextKey,
    /// Signed with a key that is published from now on.
    NewKey,
    /// Signed with a key that is not published, under the name of one that is.
    ForeignKey,
    /// Without a signature (`alg` none, RFC 7519 §6).
    Unsigned,
    /// Expired a day ago.
    Expired,
    /// Valid from tomorrow on.
    NotYetValid,
    /// For somebody else.
    OtherAudience,
}

/// Whom assertions are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertionSubject {
    /// `aud`: what the server calls itself.
    pub audience: String,
    /// The application's id: `appid`.
    pub application: String,
    /// The object id of the service's identity: `oid` and `sub`.
    pub object: Uuid,
    /// The tenant: `tid`.
    pub tenant: Uuid,
}

/// An issuer.
#[derive(Debug)]
pub struct Issuer {
    url: String,
    /// Kept in a folder; without any, keys of this process.
    kept: Vec<SigningKey>,
    /// The third key is published.
    renewed: AtomicBool,
}

impl Issuer {
    /// An issuer at a URL, with keys of this process.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Arc<Self> {
        let url = url.into().trim_end_matches('/').to_owned();
        Arc::new(Issuer { url, kept: Vec::new(), renewed: AtomicBool::new(false) })
    }

    /// Its URL: `iss`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Why it cannot make such an assertion, if it cannot.
    #[must_use]
    pub fn obstacle(&self, make: Make) -> Option<&'static str> {
        (make == Make::NewKey && !self.kept.is_empty())
            .then_some("the issuer's keys stand in files, and no key can be added to them")
    }

    fn key(&self, number: usize) -> Result<&SigningKey, String> {
        match self.kept.get(number) {
            Some(key) => Ok(key),
            None => key::made(number),
        }
    }

    /// The discovery document.
    #[must_use]
    pub fn discovery(&self) -> Value {
        let url = &self.url;
        json!({
            "issuer": url,
            "jwks_uri": format!("{url}{KEYS}"),
            "authorization_endpoint": format!("{url}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{url}/oauth2/v2.0/token"),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }

    /// The published keys: two, as the real service has several at any time, and a third once it is used.
    ///
    /// # Errors
    /// As [`SigningKey::generate`].
    pub fn keys(&self) -> Result<Value, String> {
        let number = if self.renewed.load(Ordering::SeqCst) { 3 } else { 2 };
        let keys = (0..number).map(|number| Ok(self.key(number)?.public()));
        Ok(json!({ "keys": keys.collect::<Result<Vec<_>, String>>()? }))
    }

    /// The claims of an assertion, in the order of Microsoft's example.
    #[must_use]
    pub fn claims(&self, subject: &AssertionSubject, make: Make) -> Value {
        let issued = issued_at(make);
        let audience = audience(make, &subject.audience);
        json!({
            "aud": audience,
            "iss": self.url,
            "iat": issued,
            "nbf": issued,
            "exp": issued + LIFETIME,
            "appid": subject.application,
            "appidacr": "2",
            "idp": self.url,
            "oid": subject.object,
            "sub": subject.object,
            "tid": subject.tenant,
            "ver": "2.0",
        })
    }

    /// The claims of a token that Entra issues itself, as captured in the field (2017), with today's
    /// audience (entra-docs: use-scim-to-provision-users-and-groups). `named` is `iss`.
    #[must_use]
    pub fn issued_claims(&self, named: &str, tenant: Uuid, make: Make) -> Value {
        let issued = issued_at(make);
        let object = Uuid::new_v5(&tenant, PROVISIONING.as_bytes());
        json!({
            "aud": audience(make, CUSTOM_APPLICATIONS),
            "iss": named,
            "iat": issued,
            "nbf": issued,
            "exp": issued + LIFETIME,
            "appid": PROVISIONING,
            "appidacr": "2",
            "idp": named,
            "oid": object,
            "sub": object,
            "tid": tenant,
            "ver": "1.0",
        })
    }

    /// An assertion (`client_assertion`), or any other token with these claims.
    ///
    /// # Errors
    /// One sentence when a key cannot be made or used.
    pub fn sign(&self, claims: &Value, make: Make) -> Result<String, String> {
        let first = self.key(0)?;
        match make {
            Make::NextKey => self.key(1).and_then(|key| key.sign(key.kid(), claims)),
            Make::NewKey => {
                let key = self.key(2)?;
                self.renewed.store(true, Ordering::SeqCst);
                key.sign(key.kid(), claims)
            }
            // The third, as long as nobody can know it.
            Make::ForeignKey => {
                let unknown = if self.renewed.load(Ordering::SeqCst) { 3 } else { 2 };
                key::made(unknown)?.sign(first.kid(), claims)
            }
            Make::Unsigned => {
                Ok(format!("{}.", key::unsigned(&json!({ "alg": "none", "typ": "JWT" }), claims)))
            }
            _ => first.sign(first.kid(), claims),
        }
    }
}

/// When it says that it was issued, in seconds since 1970.
fn issued_at(make: Make) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    match make {
        Make::Expired => now - LONG_AGO,
        Make::NotYetValid => now + LONG_AGO,
        _ => now,
    }
}

fn audience(make: Make, right: &str) -> &str {
    if make == Make::OtherAudience { "api://another-application" } else { right }
}

#[cfg(test)]
mod tests;
