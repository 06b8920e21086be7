//! Tokens that a scenario asks for itself, and what is expected of them.

use std::sync::Arc;
use std::time::Duration;

use super::Player;
use super::fixture::FixtureSource;
use crate::check::{Finding, Skip};
use crate::scenario::TokenExpectation;
use crate::wire::{ClientProof, Exchange, Flow, NoToken, Target, Token};

/// What the last `sign-in` brought.
pub(super) struct LastSignIn {
    /// Nobody is asked for tokens that Entra issues itself.
    exchange: Option<Arc<Exchange>>,
    outcome: Result<Token, NoToken>,
    /// That there is no token was told, or is as it should be.
    told: bool,
}

/// The token a raw request goes out with.
pub(super) enum Carried {
    /// That of the target's settings.
    Usual,
    /// The one the scenario asked for.
    Fresh(Token),
    /// The scenario asked in vain: the request is not sent.
    Missing,
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// Asks for a token, or skips the scenario where that way is not configured.
    pub(super) async fn sign_in(&mut self, flow: Flow, proof: ClientProof) {
        let Some(way) = self.sign_ins.iter().find(|way| way.flow() == flow) else {
            let why = match flow {
                Flow::ClientCredentials => {
                    "static token: no OAuth client credentials are given (--token-endpoint, --client-id)"
                }
                Flow::Federation => {
                    "parameters empty: workload identity federation is not set up (--federation-client-id)"
                }
                Flow::Expired => "no expired token is given (--expired-token-file)",
                Flow::Foreign => "no token for another audience is given (--foreign-token-file)",
                Flow::EntraIssued => "no Entra-issued tokens are sent (--entra-issued-token)",
            };
            self.skip = Some(Skip::NotConfigured(why.to_owned()));
            return;
        };
        if let Some(why) = way.obstacle(proof) {
            self.skip = Some(Skip::NotConfigured(why.to_owned()));
            return;
        }
        let signed_in = way.sign_in(proof).await;
        if let Err(why) = &signed_in.outcome
            && why.excused
        {
            self.skip = Some(Skip::NotConfigured(why.what.clone()));
            return;
        }
        let (exchange, outcome) = (signed_in.exchange.map(Arc::new), signed_in.outcome);
        self.signed_in = Some(LastSignIn { exchange, outcome, told: false });
    }

    /// Judges what the last `sign-in` brought.
    pub(super) fn expect_token(&mut self, expectation: TokenExpectation) {
        // Without an answer of its own the endpoint has not refused anybody.
        let refuses = |exchange: &Exchange| exchange.answer().is_some_and(|answer| answer.status < 500);
        if expectation == TokenExpectation::Refused
            && let Some(LastSignIn { exchange: Some(exchange), outcome: Err(_), told }) = &mut self.signed_in
            && !refuses(exchange)
        {
            *told = true;
            self.leave_undecided("the token endpoint, which neither issues nor rejects a token");
            return;
        }
        let Some(signed_in) = &mut self.signed_in else { return };
        let found = match (expectation, &signed_in.outcome) {
            (TokenExpectation::Refused, Err(_)) | (TokenExpectation::Given { minutes: None }, Ok(_)) => None,
            (TokenExpectation::Refused, Ok(_)) => Some((
                "the token endpoint issues a token although it must reject the request".to_owned(),
                "access_token",
                "400 or 401 with an error".to_owned(),
                "a token".to_owned(),
            )),
            (TokenExpectation::Given { .. }, Err(why)) => {
                Some((why.what.clone(), "access_token", "an access token".to_owned(), why.what.clone()))
            }
            (TokenExpectation::Given { minutes: Some((from, to)) }, Ok(token)) => {
                let wanted = format!("{from} to {to} minutes");
                let range = Duration::from_secs(from * 60)..=Duration::from_secs(to * 60);
                match token.lifetime {
                    Some(lifetime) if range.contains(&lifetime) => None,
                    Some(lifetime) => {
                        let seconds = lifetime.as_secs();
                        let minutes = seconds / 60;
                        let message =
                            format!("an access token is valid for {minutes} minutes, expected {wanted}");
                        Some((message, "expires_in", wanted, format!("expires_in {seconds}")))
                    }
                    None => {
                        let message = "the token response does not say how long the token is valid";
                        Some((message.to_owned(), "expires_in", wanted, "no expires_in".to_owned()))
                    }
                }
            }
        };
        signed_in.told = true;
        if let Some((message, concerned, expected, actual)) = found {
            let mut finding =
                Finding::of(&self.scenario.about, message).concerning(concerned).against(expected, actual);
            if let Some(exchange) = &signed_in.exchange {
                finding = finding.shown_by(exchange);
            }
            self.findings.push(finding);
        }
    }

    /// The token that raw requests go out with. When the scenario asked for one in vain, that is told here at
    /// the latest.
    pub(super) fn carried(&mut self) -> Carried {
        match &self.signed_in {
            None => Carried::Usual,
            Some(LastSignIn { outcome: Ok(token), .. }) => Carried::Fresh(token.clone()),
            Some(LastSignIn { told, .. }) => {
                if !told {
                    self.expect_token(TokenExpectation::Given { minutes: None });
                }
                Carried::Missing
            }
        }
    }
}
