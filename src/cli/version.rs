//! `--version --json`: what this program was built from, for bug reports and for programs that install it.

use serde_json::{Value, json};

/// The version with what it was built from. `commit` is null when it is not known: in a build without optimization,
/// which is not made again for each commit, and outside of a checkout and of a packaged crate.
pub(super) fn json() -> Value {
    let known = |text: &'static str| if text.is_empty() { None } else { Some(text) };
    json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "target": env!("SCIMULATE_TARGET"),
        "commit": known(env!("SCIMULATE_COMMIT")),
        "rustc": known(env!("SCIMULATE_RUSTC")),
    })
}
