use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::SysRng;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{PrivateKey, PublicKey};
use serde_json::{Value, json};

/// Entra signs with RSA keys of 2048 bits.
const BITS: usize = 2048;

/// A key that signs assertions.
pub struct SigningKey {
    private: Vec<u8>,
    pair: RsaKeyPair,
    /// Modulus and exponent as a JWK writes them.
    modulus: String,
    exponent: String,
    kid: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key {}", self.kid)
    }
}

impl SigningKey {
    /// A new key; looking for primes takes a fraction of a second.
    ///
    /// # Errors
    /// One sentence when the system gives no random numbers.
    pub fn generate() -> Result<Self, String> {
        let wrong = |why: String| format!("no RSA key can be made: {why}");
        let private = PrivateKey::new(&mut SysRng, BITS).map_err(|error| wrong(error.to_string()))?;
        let der = private.to_pkcs1_der().map_err(|error| wrong(error.to_string()))?;
        SigningKey::read(der.as_bytes()).map_err(wrong)
    }

    /// Reads a private key (PKCS #1, DER).
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(der: &[u8]) -> Result<Self, String> {
        let private = PrivateKey::from_pkcs1_der(der).map_err(|error| error.to_string())?;
        let pair = RsaKeyPair::from_der(der).map_err(|error| error.to_string())?;
        let public = PublicKey::from(&private);
        let modulus = URL_SAFE_NO_PAD.encode(public.n_bytes());
        let exponent = URL_SAFE_NO_PAD.encode(public.e_bytes());
        // The thumbprint of RFC 7638.
        let thumbprint = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, thumbprint.as_bytes()));
        Ok(SigningKey { private: der.to_vec(), pair, modulus, exponent, kid })
    }

    /// The private key (PKCS #1, DER).
    #[must_use]
    pub fn private(&self) -> &[u8] {
        &self.private
    }

    /// The name under which the key is published.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key (RFC 7517).
    #[must_use]
    pub fn public(&self) -> Value {
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": self.modulus, "e": self.exponent,
        })
    }

    /// A JWT that names the key `kid` and is signed with this one (RFC 7515, RS256). The members of the
    /// header stand in the order of Microsoft's example.
    ///
    /// # Errors
    /// One sentence when the system gives no random numbers.
    pub fn sign(&self, kid: &str, claims: &Value) -> Result<String, String> {
        let signed = unsigned(&json!({ "alg": "RS256", "typ": "JWT", "kid": kid }), claims);
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| "an assertion cannot be signed".to_owned())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// Header and claims of a JWT, without the signature.
pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// One of four keys of this process, made when it is needed: keys must be new, but servers that are
/// started one after the other may share them.
///
/// # Errors
/// As [`SigningKey::generate`].
pub(super) fn made(number: usize) -> Result<&'static SigningKey, String> {
    static MADE: [OnceLock<Result<SigningKey, String>>; 4] = [const { OnceLock::new() }; 4];
    MADE[number].get_or_init(SigningKey::generate).as_ref().map_err(Clone::clone)
}
