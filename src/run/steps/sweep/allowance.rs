//! How many requests the sweeps of a run may send, and which attributes they know to be rejected.
//!
//! At a server where nothing is wrong each form needs few requests. What is left of a dialect's forty is for those
//! forms that have to look for what is rejected.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::entra::dialect::Dialect;
use crate::scenario::SweepForm;
use crate::wire::ResourceKind;

/// The most requests of all sweeps in one dialect, those that remove the accounts included.
pub(super) const MOST: usize = 40;

/// What the sweeps of a run share.
#[derive(Debug, Default)]
pub(in crate::run) struct Sweeps {
    shared: Mutex<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// How many requests beyond its own each form has sent, by dialect.
    beyond: HashMap<Dialect, usize>,
    /// Paths of attributes that were rejected.
    rejected: BTreeSet<String>,
}

/// What one form may still send.
#[derive(Debug)]
pub(super) struct Allowance<'a> {
    sweeps: &'a Sweeps,
    dialect: Dialect,
    own: usize,
}

/// What a form sends where nothing is wrong.
fn own(form: SweepForm) -> usize {
    match form {
        // The create, the read and the removal.
        SweepForm::Create => 3,
        // The create, the proof that the account is ours, the PATCH, the read and the removal.
        SweepForm::Add | SweepForm::Replace | SweepForm::Remove => 5,
        // The create, the read, two filters and the removal.
        SweepForm::Filter => 5,
    }
}

impl Sweeps {
    /// What a form may send in a dialect. Of groups little is published beyond the mapping: what they need is of
    /// the rest.
    pub(super) fn allow(&self, dialect: Dialect, kind: ResourceKind, form: SweepForm) -> Allowance<'_> {
        let own = if kind == ResourceKind::User { own(form) } else { 0 };
        Allowance { sweeps: self, dialect, own }
    }

    /// Notes that the target rejected the attribute.
    pub(super) fn note(&self, path: &str) {
        self.shared().rejected.insert(path.to_owned());
    }

    /// Whether the target rejected the attribute in another form.
    pub(super) fn is_rejected(&self, path: &str) -> bool {
        self.shared().rejected.contains(path)
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Allowance<'_> {
    /// True when so many requests more may be sent; they count as sent then.
    pub(super) fn take(&mut self, requests: usize) -> bool {
        let beyond = requests.saturating_sub(self.own);
        let forms =
            [SweepForm::Create, SweepForm::Add, SweepForm::Replace, SweepForm::Remove, SweepForm::Filter];
        let most = MOST - forms.into_iter().map(own).sum::<usize>();
        let mut shared = self.sweeps.shared();
        let sent = shared.beyond.entry(self.dialect).or_default();
        if *sent + beyond > most {
            return false;
        }
        *sent += beyond;
        self.own = self.own.saturating_sub(requests);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_its_own_and_all_share_the_rest() {
        let sweeps = Sweeps::default();
        let mut sent = 0;
        for form in
            [SweepForm::Add, SweepForm::Replace, SweepForm::Create, SweepForm::Remove, SweepForm::Filter]
        {
            let mut allowance = sweeps.allow(Dialect::Default, ResourceKind::User, form);
            while allowance.take(1) {
                sent += 1;
            }
        }
        assert_eq!(sent, MOST);
        assert!(sweeps.allow(Dialect::AadOptscim062020, ResourceKind::Group, SweepForm::Add).take(10));
    }

    #[test]
    fn what_cannot_be_sent_as_a_whole_is_not_counted() {
        let sweeps = Sweeps::default();
        let mut allowance = sweeps.allow(Dialect::Default, ResourceKind::User, SweepForm::Add);
        assert!(!allowance.take(MOST));
        assert!(allowance.take(5));
    }
}
