//! The search of a shared target's lists when all scenario runs are over.

use std::sync::Arc;

use super::cleanup;
use super::cleanup::leftovers;
use super::scenario_run::SharedRun;
use super::target::deployment::{Deployments, Tenants};
use super::target::rate::Paced;
use super::target::recorder::Recorder;
use super::target::stack::Stack;
use crate::wire::{ResourceKind, Tenant};

impl<S: Deployments> SharedRun<S> {
    /// Removes what no create named, when all scenario runs are over: servers make accounts by themselves, and some keep what
    /// they refused. The lines of what stays, and how many requests that took.
    pub(in crate::run) async fn rest(
        &self,
        told: &[cleanup::Left],
        deleted: &cleanup::Deleted,
    ) -> (Vec<cleanup::Left>, usize) {
        if !self.deployments.is_shared() || self.lost.get().is_some() {
            return (Vec::new(), 0);
        }
        let Ok(deployment) = self.deployments.open().await else { return (Vec::new(), 0) };
        let recorder = Recorder::new(Paced::new(deployment.target, Arc::clone(&self.rate)));
        let target = Stack::new(
            &recorder,
            &self.plan.wait_limit,
            &self.plan.cancel,
            Arc::clone(&self.ownership),
            |_| (),
        );
        let is_told = |kind: ResourceKind, id: &str| {
            let place = format!("{}/{id} ", kind.endpoint());
            told.iter().any(|left| left.line.contains(&place))
        };
        let rest = async |tenant| {
            let is_deleted = |kind: ResourceKind, id: &str| deleted.has(tenant, kind, id);
            leftovers::rest(&target, tenant, &self.plan.prefix, is_told, is_deleted).await
        };
        let mut left = rest(Tenant::First).await;
        if self.deployments.tenants() != Tenants::One {
            let second = rest(Tenant::Second).await;
            left.extend(second.into_iter().map(|line| format!("second tenant: {line}")));
        }
        drop(deployment.hold);
        (left.into_iter().map(cleanup::Left::found).collect(), recorder.len())
    }
}
