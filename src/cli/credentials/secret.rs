//! Secrets from the command line, the environment and files.

use std::convert::Infallible;
use std::path::Path;

use secrecy::SecretString;

use crate::cli::config::Config;
use crate::cli::failure::CommandFailure;
use crate::input;

/// The environment variable with the bearer token.
pub(super) const TOKEN: &str = "SCIMULATE_TOKEN";

/// The environment variable with the second tenant's bearer token.
pub(in crate::cli) const SECOND_TOKEN: &str = "SCIMULATE_SECOND_TOKEN";

/// The environment variable with the client secret.
pub(super) const CLIENT_SECRET: &str = "SCIMULATE_CLIENT_SECRET";

/// Every environment variable that holds a secret.
pub(in crate::cli) const VARIABLES: [&str; 3] = [TOKEN, SECOND_TOKEN, CLIENT_SECRET];

/// A secret that is written on the command line.
pub(in crate::cli) fn as_secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(text))
}

/// The token of the second tenant: command line before environment before file. It is a bearer token.
pub(in crate::cli) fn second_token(
    line: Option<&Path>,
    config: &Config,
) -> Result<Option<SecretString>, CommandFailure> {
    if let Some(path) = line {
        return secret_from(path, "the second token", SECOND_TOKEN).map(Some);
    }
    if let Some(token) = from_environment(SECOND_TOKEN, "the bearer token of the second tenant")? {
        return Ok(Some(token));
    }
    let path = config.settings.second_token_file.as_deref();
    path.map(|path| secret_from(path, "the second token", SECOND_TOKEN)).transpose()
}

/// The bearer token of a file, or of an environment variable of that name.
pub(in crate::cli) fn bearer(
    file: Option<&Path>,
    variable: &str,
) -> Result<Option<SecretString>, CommandFailure> {
    match file {
        Some(path) => secret_from(path, "the token", variable).map(Some),
        None => from_environment(variable, "the bare bearer token"),
    }
}

/// A secret from an environment variable that is set and not empty.
pub(super) fn from_environment(name: &str, what: &str) -> Result<Option<SecretString>, CommandFailure> {
    match std::env::var(name) {
        Ok(text) if !text.trim().is_empty() => Ok(Some(SecretString::from(text.trim()))),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(CommandFailure::usage(format!("{name} is not UTF-8 text"), format!("set it to {what}")))
        }
        _ => Ok(None),
    }
}

/// A file that holds nothing but a secret; `what` names the secret, `variable` where it can stand too.
pub(super) fn secret_from(path: &Path, what: &str, variable: &str) -> Result<SecretString, CommandFailure> {
    let (read, shown) = if path == Path::new("-") {
        (input::standard_input(input::WRITTEN), "standard input".to_owned())
    } else {
        (input::text(path, input::WRITTEN), path.display().to_string())
    };
    let text = read.map_err(|error| {
        let also = if variable.starts_with("--") { String::new() } else { format!(", or set {variable}") };
        CommandFailure::usage(
            format!("cannot read {what} from {shown}: {error}"),
            format!("name a file that contains only {what}{also}"),
        )
    })?;
    let secret = text.trim();
    if secret.is_empty() {
        let bare = what.trim_start_matches("the ");
        return Err(CommandFailure::usage(
            format!("{shown} contains no {bare}"),
            format!("write only the {bare} into it"),
        ));
    }
    Ok(SecretString::from(secret))
}
