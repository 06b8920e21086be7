//! Steps about tokens.

use super::Loader;
use super::keys::{SIGN_IN, TOKEN};
use crate::scenario::{Action, TokenExpectation};
use crate::wire::{ClientProof, Flow};
use crate::yaml::{Node, NodeKind};

pub(super) const FLOWS: [(&str, Flow); 5] = [
    ("client-credentials", Flow::ClientCredentials),
    ("federation", Flow::Federation),
    ("entra-issued", Flow::EntraIssued),
    ("expired-token", Flow::Expired),
    ("foreign-token", Flow::Foreign),
];

pub(super) const PROOFS: [(&str, ClientProof); 9] = [
    ("right", ClientProof::Right),
    ("wrong-secret", ClientProof::WrongSecret),
    ("next-key", ClientProof::NextKey),
    ("new-key", ClientProof::NewKey),
    ("foreign-key", ClientProof::ForeignKey),
    ("unsigned", ClientProof::Unsigned),
    ("expired", ClientProof::Expired),
    ("not-yet-valid", ClientProof::NotYetValid),
    ("other-audience", ClientProof::OtherAudience),
];

/// The longest lifetime that is asked about, in minutes: a year.
pub(super) const MOST_MINUTES: u64 = 366 * 24 * 60;

impl Loader<'_> {
    /// `client-credentials`, or `{ with: client-credentials, proof: wrong-secret }`.
    pub(super) fn sign_in(&mut self, node: &Node) -> Option<Action> {
        if !matches!(node.kind, NodeKind::Map(_)) {
            let flow = self.reader.word(node, "way to sign in", &FLOWS)?;
            return Some(Action::SignIn { flow, proof: ClientProof::Right });
        }
        let mut fields = self.reader.fields_of(node, &SIGN_IN)?;
        let flow = fields
            .required(&mut self.reader, "with")
            .and_then(|node| self.reader.word(node, "way to sign in", &FLOWS));
        let proof = match fields.get("proof") {
            Some(node) => {
                let proof = self.reader.word(node, "proof", &PROOFS);
                if let (Some(flow), Some(proof)) = (flow, proof)
                    && proof != ClientProof::Right
                    && !has(flow, proof)
                {
                    self.reader.refuse(&node.span, format!("{flow} has no such proof"));
                }
                proof
            }
            None => Some(ClientProof::Right),
        };
        fields.finish(&mut self.reader);
        Some(Action::SignIn { flow: flow?, proof: proof? })
    }

    /// `bearer`: a word in front of the token.
    pub(super) fn scheme(&mut self, node: &Node) -> Option<String> {
        let text = self.reader.text(node)?;
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.reader.refuse(&node.span, format!("`{text}` is no name of a scheme"));
            return None;
        }
        Some(text)
    }

    /// `refused`, or `{ minutes: [60, 360] }`; nothing within the braces asks for a token alone.
    pub(super) fn expect_token(&mut self, node: &Node) -> Option<TokenExpectation> {
        if !matches!(node.kind, NodeKind::Map(_)) {
            return self.reader.word(node, "expectation", &[("refused", TokenExpectation::Refused)]);
        }
        let mut fields = self.reader.fields_of(node, &TOKEN)?;
        let minutes = match fields.get("minutes") {
            None => Some(None),
            Some(node) => self.minutes(node).map(Some),
        };
        fields.finish(&mut self.reader);
        Some(TokenExpectation::Given { minutes: minutes? })
    }

    /// `[60, 360]`
    fn minutes(&mut self, node: &Node) -> Option<(u64, u64)> {
        let [from, to] = self.reader.list(node)? else {
            self.reader.expected(node, "the least and the most number of minutes, as `[60, 360]`");
            return None;
        };
        let from = self.reader.whole_number(from, 1..=MOST_MINUTES);
        let to = self.reader.whole_number(to, from.unwrap_or(1)..=MOST_MINUTES);
        Some((from?, to?))
    }
}

/// Whether a way to sign in has such a proof.
fn has(flow: Flow, proof: ClientProof) -> bool {
    match flow {
        Flow::ClientCredentials => proof == ClientProof::WrongSecret,
        Flow::Federation | Flow::EntraIssued => proof != ClientProof::WrongSecret,
        Flow::Expired | Flow::Foreign => false,
    }
}
