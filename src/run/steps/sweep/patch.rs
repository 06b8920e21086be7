//! A PATCH that adds, replaces or removes every attribute, read back.

use std::sync::Arc;

use serde_json::Value;

use super::batches::{Search, Sent};
use super::comparison::{Difference, difference, keeps};
use super::published::SweptAttribute;
use super::{Sweep, SweptAccount};
use crate::check::Skip;
use crate::entra::dialect::{AttributeChange, Verb};
use crate::run::observer::reader;
use crate::run::steps::Player;
use crate::run::steps::fixture::FixtureSource;
use crate::scenario::SweepForm;
use crate::scim::{PatchPath, same_name};
use crate::wire::{Actor, Exchange, Target};

/// What a PATCH names that removes attributes: of lists the whole element, as a server may well keep no element whose
/// value is gone.
fn removed_paths(batch: &[SweptAttribute]) -> Vec<PatchPath> {
    let mut paths: Vec<PatchPath> = Vec::new();
    for attribute in batch {
        let path = match attribute.path.filter {
            Some(_) => PatchPath { sub: None, ..attribute.path.clone() },
            None => attribute.path.clone(),
        };
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// An attribute that a PATCH was accepted with and that a read shows otherwise.
struct Wrong {
    attribute: SweptAttribute,
    difference: Difference,
    patched: Arc<Exchange>,
    read: Arc<Exchange>,
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    pub(super) async fn sweep_by_patch(&mut self, mut sweep: Sweep<'_>) {
        let account = match sweep.form {
            SweepForm::Add => match sweep.allowance.take(1) {
                true => self.make_swept(&mut sweep, &[]).await.1,
                false => None,
            },
            _ => self.make_with_most(&mut sweep).await,
        };
        let Some(account) = account else {
            let why = "the server did not create an account whose attributes could be changed".to_owned();
            self.skip.get_or_insert(Skip::Blocked(why));
            return;
        };
        // The proof that the account is ours, the read and the removal at the end.
        if !sweep.allowance.take(3) {
            self.leave_undecided("the limit of requests for sweeps");
            return;
        }
        let is_there = |attribute: &SweptAttribute| account.given.contains(attribute);
        let sought: Vec<SweptAttribute> = match sweep.form {
            SweepForm::Remove => sweep.attributes.iter().filter(|a| is_there(a)).cloned().collect(),
            _ => sweep.attributes.clone(),
        };
        let mut search = Search::of(sought);
        let sweeps = self.sweeps;
        while let Some(batch) = search.next() {
            if !sweep.allowance.take(1) {
                search.end(batch);
                break;
            }
            let sent = self.patch_swept(&sweep, &account.id, &batch).await;
            search.learn(batch, sent, |attribute| sweeps.is_rejected(&attribute.path.to_string()));
        }
        self.tell_rejected(&sweep, &search);
        if search.accepted.is_empty() {
            return;
        }
        let Some((resource, read)) = self.read_swept(&sweep, &account.id).await else { return };
        let mut wrong = Vec::new();
        let accepted: usize = search.accepted.iter().map(|(batch, _)| batch.len()).sum();
        for (batch, patched) in &search.accepted {
            for attribute in batch {
                if let Some(difference) = self.wrong_after(&sweep, attribute, &resource) {
                    let (patched, read) = (Arc::clone(patched), Arc::clone(&read));
                    wrong.push(Wrong { attribute: attribute.clone(), difference, patched, read });
                }
            }
        }
        self.tell_neighbours(&sweep, &account, &resource, &search, &read);
        self.tell_wrong(&mut sweep, &account.id, wrong, accepted).await;
    }

    /// One PATCH of some attributes, as the dialect writes it.
    async fn patch_swept(&mut self, sweep: &Sweep<'_>, id: &str, batch: &[SweptAttribute]) -> Sent {
        let verb = match sweep.form {
            SweepForm::Add => Verb::Add,
            SweepForm::Remove => Verb::Remove,
            _ => Verb::Replace,
        };
        let mut request = if verb == Verb::Remove {
            let paths = removed_paths(batch);
            self.writer.remove(sweep.kind, id, &paths, sweep.step.clone())
        } else {
            let second = sweep.form == SweepForm::Replace;
            let material = self.material();
            let change = |attribute: &SweptAttribute| {
                AttributeChange::new(verb, attribute.path.clone(), attribute.value(material, second))
            };
            let changes: Vec<AttributeChange> = batch.iter().map(change).collect();
            self.writer.modify(sweep.kind, id, &changes, sweep.step.clone())
        };
        request.actor = Actor::Probe;
        match self.exchange(request.provoked()).await {
            Some(exchange) => Sent::of(exchange),
            None => Sent::Unclear,
        }
    }

    /// What is wrong with an attribute after it was accepted in a PATCH.
    fn wrong_after(
        &self,
        sweep: &Sweep<'_>,
        attribute: &SweptAttribute,
        resource: &Value,
    ) -> Option<Difference> {
        let written = attribute.value(self.material(), sweep.form == SweepForm::Replace);
        match sweep.form {
            // A server may have a default value for what was removed (RFC 7644 §3.5.2.2).
            SweepForm::Remove => {
                keeps(attribute, &written, resource).then(|| Difference::Changed(written.to_string()))
            }
            _ => difference(attribute, &written, resource),
        }
    }

    /// Tells what is wrong. What is right as soon as it is patched alone is wrong for the company it was in.
    async fn tell_wrong(&mut self, sweep: &mut Sweep<'_>, id: &str, wrong: Vec<Wrong>, accepted: usize) {
        let together = accepted > 1;
        let again: Vec<SweptAttribute> = wrong.iter().take(1).map(|wrong| wrong.attribute.clone()).collect();
        let mut is_right_alone = false;
        if together && !again.is_empty() && sweep.allowance.take(2) {
            let sent = self.patch_swept(sweep, id, &again).await;
            if let (Sent::Accepted(_), Some((resource, _))) = (sent, self.read_swept(sweep, id).await) {
                is_right_alone = again.iter().all(|a| self.wrong_after(sweep, a, &resource).is_none());
            }
        }
        for Wrong { attribute, difference, patched, read } in wrong {
            let written = attribute.value(self.material(), sweep.form == SweepForm::Replace);
            let is_first = again.contains(&attribute);
            let finding = match is_right_alone && is_first {
                true => self.differs_in_company(sweep, &attribute, &written, &difference),
                false => self.differs(sweep, &attribute, &written, &difference),
            };
            self.complain(finding.shown_by(&patched).shown_by(&read));
        }
    }

    /// What the mapping wrote, the create showed and no PATCH named must still be there.
    fn tell_neighbours(
        &mut self,
        sweep: &Sweep<'_>,
        account: &SweptAccount,
        resource: &Value,
        search: &Search,
        read: &Arc<Exchange>,
    ) {
        let Some((_, patched)) = search.accepted.last() else { return };
        let nothing = Value::Null;
        let before = account.exchange.json().unwrap_or(&nothing);
        let mut harmed = Vec::new();
        for (path, _) in &account.mapped {
            let (held, now) = (reader::values(before, path), reader::values(resource, path));
            // A full name may follow its parts (RFC 7643 §4.1.1).
            let is_derived = path.sub.as_deref().is_some_and(|sub| same_name(sub, "formatted"));
            let list = |values: &[&Value]| values.iter().map(|value| (*value).clone()).collect::<Value>();
            // The elements of a list have no order.
            if held.is_empty() || is_derived || reader::same(&list(&held), &list(&now), true) {
                continue;
            }
            harmed.push(self.harmed(sweep, path, &held, &now).shown_by(patched).shown_by(read));
        }
        harmed.into_iter().for_each(|finding| self.complain(finding));
    }
}
