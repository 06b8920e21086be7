//! The `scimulate` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    scimulate::cli::main()
}
