use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::Secrets;
use super::credentials::made;
use super::headers::bearer;
use crate::issuer::{Issuer, Serving};
use crate::wire::{Broken, ClientProof, Flow, NoToken, SignIn, SignedIn, SigningIn, Token};

/// Tokens that Entra issues itself when "Secret Token" is left blank
/// (entra-docs: use-scim-to-provision-users-and-groups, "Handling endpoint authentication").
#[derive(Debug, Clone)]
pub struct Issued {
    /// Who signs them.
    pub issuer: Arc<Issuer>,
    /// `iss`.
    pub named: String,
    /// The tenant: `tid`.
    pub tenant: Uuid,
    /// Keeps an issuer on this machine served.
    pub served: Option<Arc<Serving>>,
}

impl Issued {
    /// `iss` as the real service writes it for a tenant.
    #[must_use]
    pub fn documented(tenant: Uuid) -> String {
        format!("https://sts.windows.net/{tenant}/")
    }
}

/// Makes such tokens, a new one before the old one expires.
pub(super) struct Signer {
    issued: Issued,
    secrets: Secrets,
    held: Mutex<Option<(HeaderValue, Instant)>>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("issued", &self.issued).finish_non_exhaustive()
    }
}

impl Signer {
    pub(super) fn new(issued: Issued, secrets: Secrets) -> Self {
        Signer { issued, secrets, held: Mutex::default() }
    }

    /// The value of `Authorization` for a request that is sent now.
    ///
    /// # Errors
    /// [`Broken::NoToken`].
    pub(super) async fn authorization(&self) -> Result<HeaderValue, Broken> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((header, _)) = held.filter(|(_, until)| Instant::now() < *until) {
            return Ok(header);
        }
        let made = Instant::now();
        let token = self.make(ClientProof::Right).await.map_err(Broken::NoToken)?;
        let header = bearer(&token.value).map_err(|problem| Broken::NoToken(unsigned(problem.what)))?;
        let until = made + token.lifetime.unwrap_or_default() / 2;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((header.clone(), until));
        Ok(header)
    }

    async fn make(&self, proof: ClientProof) -> Result<Token, NoToken> {
        let issued = self.issued.clone();
        // Making a key takes a while, and others go on meanwhile.
        let signed = tokio::task::spawn_blocking(move || {
            let make = made(proof);
            issued.issuer.sign(&issued.issuer.issued_claims(&issued.named, issued.tenant, make), make)
        });
        let signed = signed.await.unwrap_or_else(|error| Err(error.to_string())).map_err(unsigned)?;
        let value = SecretString::from(signed);
        self.secrets.add(value.expose_secret());
        Ok(Token { value, lifetime: Some(Duration::from_secs(crate::issuer::LIFETIME)) })
    }
}

fn unsigned(why: String) -> NoToken {
    NoToken { what: why, next: "report this".to_owned(), excused: false }
}

impl SignIn for Signer {
    fn flow(&self) -> Flow {
        Flow::EntraIssued
    }

    fn obstacle(&self, proof: ClientProof) -> Option<&'static str> {
        self.issued.issuer.obstacle(made(proof))
    }

    fn sign_in(&self, proof: ClientProof) -> SigningIn<'_> {
        Box::pin(async move { SignedIn { exchange: None, outcome: self.make(proof).await } })
    }
}
