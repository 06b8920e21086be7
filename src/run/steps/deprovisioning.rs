//! What Microsoft's gate accepts as deprovisioned.

use serde_json::Value;

use super::Player;
use super::fixture::FixtureSource;
use super::state::ReadState;
use crate::check::{Aspect, Finding, Level};
use crate::run::observer::reader;
use crate::scim::same_name;
use crate::wire::Target;

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// Gone, or disabled and readable; the gate knows a tag for either.
    pub(super) async fn expect_deprovisioned(&mut self, key: &str, line: usize) {
        let Some(participant) = self.fixture.participant(key) else { return };
        let kind = participant.kind;
        if self.blocked.contains(key) || self.rows(kind).is_none() {
            return;
        }
        let Some(id) = self.target_id(key) else {
            self.no_account(key, kind);
            return;
        };
        match self.read(kind, &id, &format!("line {line}: deprovisioned {key}")).await {
            ReadState::Nothing(exchange) => {
                let message = format!(
                    "(UnassignReassign) \"{key}\" is gone, and will come back as a new {}",
                    kind.as_str()
                );
                let note = Finding::of(&self.scenario.about, message).at(Level::Note).shown_by(&exchange);
                self.findings.push(note);
            }
            ReadState::Resource(exchange) => {
                let active = exchange.json().and_then(|body| reader::member(body, "active")).cloned();
                let disabled = match &active {
                    Some(Value::Bool(active)) => !active,
                    Some(Value::String(text)) => same_name(text, "false"),
                    _ => false,
                };
                if disabled {
                    let message = format!(
                        "(SoftDeleteRestore) \"{key}\" is disabled and can still be read. The template's \
                         page expects the user to be gone at this point; Microsoft's provisioning pages \
                         expect a disabled user to be readable, and so does the next lookup. Both are \
                         accepted here"
                    );
                    let note = Finding::of(&self.scenario.about, message).at(Level::Note).shown_by(&exchange);
                    self.findings.push(note);
                    return;
                }
                let actual =
                    active.map_or_else(|| "no active".to_owned(), |active| format!("active {active}"));
                let message = format!("\"{key}\" left the scope but is neither gone nor disabled");
                let finding = Finding::of(&self.scenario.about, message)
                    .about(Aspect::Value)
                    .concerning("active")
                    .against("404, or active false", actual)
                    .shown_by(&exchange);
                self.wrong(key, finding);
            }
            reading @ ReadState::Unclear(..) => self.unreadable(key, kind, reading),
        }
    }
}
