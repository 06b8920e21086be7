//! Where a scenario run plays: a target, given by the caller of the run.

use std::any::Any;
use std::sync::Arc;

use crate::wire::{SignIn, Target};

/// One target as a scenario run gets it, without decorators.
pub struct Deployment<T> {
    /// Where requests go.
    pub target: T,
    /// Base URL, without credentials.
    pub base_url: String,
    /// The ways to get a token that are configured, for scenarios about them.
    pub sign_ins: Vec<Arc<dyn SignIn>>,
    /// Kept until the scenario run has ended: the server of an embedded deployment, for example.
    pub hold: Box<dyn Any + Send>,
}

/// Whether a second tenant can be asked on the deployments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tenants {
    /// There is one tenant.
    One,
    /// There are two.
    Two {
        /// They have other URLs and other tokens, so that one's token can be tried at the other.
        tokens_apart: bool,
    },
}

/// Opens deployments. Embedded servers give each scenario run a store of its own; a real target is shared.
pub trait Deployments: Send + Sync + 'static {
    /// What its deployments send to.
    type Target: Target + 'static;

    /// Opens a deployment. It is called once before the scenario runs, and once for each scenario run.
    ///
    /// # Errors
    /// One sentence when it cannot be opened, as for an embedded server that finds no port.
    fn open(&self) -> impl Future<Output = Result<Deployment<Self::Target>, String>> + Send;

    /// True when other people's objects may be on the deployment, or those of other scenario runs.
    fn is_shared(&self) -> bool;

    /// Whether requests can go to a second tenant ([`crate::wire::Tenant`]).
    fn tenants(&self) -> Tenants {
        Tenants::One
    }
}
