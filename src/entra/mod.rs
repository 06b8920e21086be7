//! Microsoft Entra ID's provisioning service, simulated: the tenant, the job that provisions it,
//! and, apart from both, what must stand at the target afterwards.

pub mod dialect;
pub mod directory;
#[cfg(feature = "cli")]
pub mod directory_file;
pub mod job;
pub mod mapping;
pub mod oracle;
pub mod scope;
