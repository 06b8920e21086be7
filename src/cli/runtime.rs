use super::failure::CommandFailure;

/// A runtime for commands that talk to a target.
pub(super) fn start() -> Result<tokio::runtime::Runtime, CommandFailure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandFailure::internal(format!("cannot start: {error}")))
}
