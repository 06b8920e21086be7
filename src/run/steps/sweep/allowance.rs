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
    /// What forms have taken beyond their own, less what they gave back, by dialect.
    beyond: HashMap<Dialect, isize>,
    /// Paths of attributes that were rejected.
    rejected: BTreeSet<String>,
}

/// What one form may still send. What it does not need of its own, others get.
#[derive(Debug)]
pub(super) struct Allowance<'a> {
    sweeps: &'a Sweeps,
    dialect: Dialect,
    own: usize,
}

const FORMS: [SweepForm; 5] =
    [SweepForm::Create, SweepForm::Add, SweepForm::Replace, SweepForm::Remove, SweepForm::Filter];

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
    /// What a form may send in a dialect: users have their own, and groups, of which little is published beyond the
    /// mapping, get what is left. `None` when that is not enough.
    pub(super) fn allow(
        &self,
        dialect: Dialect,
        kind: ResourceKind,
        form: SweepForm,
    ) -> Option<Allowance<'_>> {
        let own = own(form);
        let is_there = kind == ResourceKind::User || self.take(dialect, own);
        is_there.then_some(Allowance { sweeps: self, dialect, own })
    }

    /// Notes that the target rejected the attribute.
    pub(super) fn note(&self, path: &str) {
        self.shared().rejected.insert(path.to_owned());
    }

    /// Whether the target rejected the attribute in another form.
    pub(super) fn is_rejected(&self, path: &str) -> bool {
        self.shared().rejected.contains(path)
    }

    /// Takes requests of those that no form has of its own.
    fn take(&self, dialect: Dialect, requests: usize) -> bool {
        let most = MOST.saturating_sub(FORMS.into_iter().map(own).sum::<usize>());
        let mut shared = self.shared();
        let taken = shared.beyond.entry(dialect).or_default();
        let Some(after) = taken.checked_add_unsigned(requests).filter(|after| *after <= most.cast_signed())
        else {
            return false;
        };
        *taken = after;
        true
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Allowance<'_> {
    /// True when so many requests more may be sent; they count as sent then.
    pub(super) fn take(&mut self, requests: usize) -> bool {
        let is_there = self.sweeps.take(self.dialect, requests.saturating_sub(self.own));
        if is_there {
            self.own = self.own.saturating_sub(requests);
        }
        is_there
    }
}

impl Drop for Allowance<'_> {
    fn drop(&mut self) {
        let mut shared = self.sweeps.shared();
        let taken = shared.beyond.entry(self.dialect).or_default();
        *taken = taken.saturating_sub_unsigned(self.own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_users(sweeps: &Sweeps, form: SweepForm) -> Allowance<'_> {
        sweeps.allow(Dialect::Default, ResourceKind::User, form).unwrap()
    }

    #[test]
    fn each_form_has_its_own_and_all_share_the_rest() {
        let sweeps = Sweeps::default();
        let mut sent = 0;
        for form in FORMS {
            let mut allowance = of_users(&sweeps, form);
            while allowance.take(1) {
                sent += 1;
            }
        }
        assert_eq!(sent, MOST);
        let other = Dialect::AadOptscim062020;
        assert!(sweeps.allow(Dialect::Default, ResourceKind::Group, SweepForm::Add).is_none());
        assert!(sweeps.allow(other, ResourceKind::Group, SweepForm::Add).is_some());
    }

    #[test]
    fn what_a_form_does_not_need_others_get() {
        let sweeps = Sweeps::default();
        drop(of_users(&sweeps, SweepForm::Filter));
        let mut sent = 0;
        for form in [SweepForm::Create, SweepForm::Add, SweepForm::Replace, SweepForm::Remove] {
            let mut allowance = of_users(&sweeps, form);
            while allowance.take(1) {
                sent += 1;
            }
        }
        assert_eq!(sent, MOST);
    }

    #[test]
    fn what_cannot_be_sent_as_a_whole_is_not_counted() {
        let sweeps = Sweeps::default();
        let mut allowance = of_users(&sweeps, SweepForm::Add);
        assert!(!allowance.take(MOST));
        assert!(allowance.take(5));
    }
}
