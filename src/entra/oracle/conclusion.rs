//! What the walk leads to.

use indexmap::IndexMap;

use super::account::OracleAccount;
use super::expectation::{AccountFate, Expectation, Expected, Origin, ValueDemand, Why};
use super::history::CycleView;
use super::walk::{OracleVerdict, OracleWalk};
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::entra::mapping::TargetValue;

impl OracleWalk {
    /// What must stand for everybody who was in the directory at some cycle.
    pub(super) fn expectation(&self, history: &[CycleView]) -> Expectation {
        let mut expectation = Expectation::default();
        let states = history.iter().map(|view| view.state.as_ref());
        let seen: IndexMap<ObjectId, ObjectKind> = states
            .flat_map(|state| {
                let users = state.users().map(|user| (user.id().clone(), ObjectKind::User));
                users.chain(state.groups().map(|group| (group.id().clone(), ObjectKind::Group)))
            })
            .collect();
        for (id, kind) in seen {
            let expected = self.expected(&id, kind);
            expectation.objects.insert(id, expected);
        }
        for account in self.accounts.iter() {
            let Origin::Adopted(key) = &account.origin else { continue };
            let fate = match &account.taken_by {
                Some(object) => AccountFate::Adopted(object.clone()),
                None if account.contested || account.unjudged.is_some() => AccountFate::Unjudged,
                None => AccountFate::Untouched,
            };
            expectation.accounts.insert(key.clone(), fate);
        }
        expectation
    }

    fn expected(&self, id: &ObjectId, kind: ObjectKind) -> Expected {
        let account = self.last.get(id).map(|account| &self.accounts[*account]);
        match (account, self.verdicts.get(id)) {
            // Its account is gone or lost, and whether it has another is not known.
            (_, Some(OracleVerdict::Unjudged(why))) => Expected::Unjudged { why: *why },
            (Some(account), _) if account.is_deleted() => Expected::Gone,
            (Some(OracleAccount { unjudged: Some(why), .. }), _) => Expected::Unjudged { why: *why },
            (Some(account), _) => {
                let rows = self.mapping.object(kind).map(|mapping| mapping.rows.as_slice());
                let values = rows.unwrap_or_default().iter().map(|row| {
                    let mut value = account.expect(row, row.is_list());
                    self.forget_deleted(&mut value.standing);
                    value
                });
                Expected::Present { origin: account.origin.clone(), values: values.collect() }
            }
            (None, Some(OracleVerdict::Never(why))) => Expected::Never { why: *why },
            (None, None) => Expected::Never { why: Why::NeverSeen },
        }
    }

    /// What a target does with links to an account that was deleted is its own affair.
    fn forget_deleted(&self, standing: &mut ValueDemand) {
        let deleted =
            |id: &ObjectId| self.last.get(id).is_some_and(|account| self.accounts[*account].is_deleted());
        match standing {
            ValueDemand::Equal(TargetValue::Reference(id)) if deleted(id) => {
                *standing = ValueDemand::Unjudged
            }
            ValueDemand::Members { present, absent, unjudged, .. } => {
                // The account may be somebody else's by now.
                absent.retain(|id| {
                    self.last.get(id).map(|account| &self.accounts[*account]).is_some_and(|account| {
                        account.unjudged.is_none() && account.taken_by.as_ref() == Some(id)
                    })
                });
                let (gone, there): (Vec<_>, Vec<_>) =
                    std::mem::take(present).into_iter().partition(|id| deleted(id));
                *present = there;
                unjudged.extend(gone);
            }
            _ => {}
        }
    }
}
