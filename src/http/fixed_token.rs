use secrecy::{ExposeSecret, SecretString};

use super::ClientProblem;
use super::headers::bearer;
use crate::wire::{ClientProof, Flow, SignIn, SignedIn, SigningIn, Token};

/// A token that a server must refuse, given by the user: nobody is asked for it.
#[derive(Debug)]
pub(super) struct FixedToken {
    flow: Flow,
    token: SecretString,
}

impl FixedToken {
    /// # Errors
    /// A [`ClientProblem`] when the text cannot stand in a request.
    pub(super) fn new(flow: Flow, token: SecretString) -> Result<Self, ClientProblem> {
        bearer(&token)?;
        Ok(FixedToken { flow, token })
    }

    /// The token.
    pub(super) fn text(&self) -> &str {
        self.token.expose_secret()
    }
}

impl SignIn for FixedToken {
    fn flow(&self) -> Flow {
        self.flow
    }

    fn obstacle(&self, _: ClientProof) -> Option<&'static str> {
        None
    }

    fn sign_in(&self, _: ClientProof) -> SigningIn<'_> {
        let token = Token { value: self.token.clone(), lifetime: None };
        Box::pin(async { SignedIn { exchange: None, outcome: Ok(token) } })
    }
}
