//! What is to be set up: from the options, and on a terminal from questions.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use dialoguer::console::Term;
use dialoguer::{Confirm, Input, Select};
use secrecy::SecretString;

use super::ci::CiSystem;
use super::{Init, SETTINGS, from_folder, stopped};
use crate::cli::credentials::bearer;
use crate::cli::failure::CommandFailure;
use crate::cli::{console, interrupt};
use crate::http::TenantUrl;
use crate::input;

/// The variable that every command reads the token from.
pub(super) const TOKEN: &str = "SCIMULATE_TOKEN";

/// What was decided.
#[derive(Debug)]
pub(super) struct Answers {
    pub url: TenantUrl,
    pub token: TokenPlace,
    /// The certificates that are believed, as they are read now and as they are written.
    pub cacert: Option<(PathBuf, String)>,
    pub ci: CiSystem,
    /// `run` may write to a target that is not on this machine.
    pub writes: bool,
}

/// Where the token is. The token itself is in no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenPlace {
    /// In an environment variable.
    Variable(String),
    /// In a file: as it is read now, and as it is written.
    File(PathBuf, String),
}

impl TokenPlace {
    /// The token, if there is one.
    pub(super) fn read(&self) -> Result<Option<SecretString>, CommandFailure> {
        match self {
            TokenPlace::Variable(name) => bearer(None, name),
            TokenPlace::File(path, _) => bearer(Some(path), TOKEN),
        }
    }
}

impl Answers {
    pub(super) fn of(init: &Init, folder: &Path) -> Result<Self, CommandFailure> {
        let asks = !init.yes && io::stdin().is_terminal() && io::stderr().is_terminal();
        if asks {
            interrupt::hold_back()
                .map_err(|error| CommandFailure::internal(format!("cannot listen to Ctrl-C: {error}")))?;
        }
        let url = match &init.target {
            Some(text) => TenantUrl::parse(text)?,
            None if asks => ask_url()?,
            None => {
                return Err(CommandFailure::usage(
                    "no target is named",
                    "name the SCIM base URL with --target, or run `scimulate init` on a terminal",
                ));
            }
        };
        let file = match (&init.token_file, &init.token_env) {
            (Some(path), _) => Some(path.clone()),
            (None, None) if asks => ask_token_file()?,
            (None, _) => None,
        };
        let token = match file {
            Some(path) if path == Path::new("-") => {
                return Err(CommandFailure::usage(
                    "a token from standard input cannot be read again by the next run",
                    format!("name a file with --token-file, or put the token into {TOKEN}"),
                ));
            }
            Some(path) => {
                let written = from_folder(folder, &path);
                TokenPlace::File(path, written)
            }
            None => TokenPlace::Variable(init.token_env.clone().unwrap_or_else(|| TOKEN.to_owned())),
        };
        let found = CiSystem::found_in(folder);
        let ci = match init.ci {
            Some(ci) => ci,
            None if asks => ask_ci(found)?,
            None => found,
        };
        let writes = !url.is_loopback() && asks && ask_consent(&url)?;
        let cacert = init.cacert.clone().map(|path| {
            let written = from_folder(folder, &path);
            (path, written)
        });
        Ok(Answers { url, token, cacert, ci, writes })
    }
}

// A question is rewritten as one line when it is answered; one that is wider than the terminal would stand there twice.

fn ask_url() -> Result<TenantUrl, CommandFailure> {
    console::remark("The SCIM base URL is what you would enter as Tenant URL in Entra.");
    let text: String = Input::new()
        .with_prompt("SCIM base URL")
        .validate_with(|text: &String| TenantUrl::parse(text).map(|_| ()).map_err(|problem| problem.what))
        .interact_text()
        .map_err(unanswered)?;
    Ok(TenantUrl::parse(&text)?)
}

/// The file with the token, unless it is in the environment.
fn ask_token_file() -> Result<Option<PathBuf>, CommandFailure> {
    let unset = if bearer(None, TOKEN)?.is_none() { ", which is not set" } else { "" };
    let variable = format!("in the environment variable {TOKEN}{unset}");
    let chosen = Select::new()
        .with_prompt("The bearer token is")
        .items([variable.as_str(), "in a file"])
        .default(0)
        .interact()
        .map_err(unanswered)?;
    if chosen == 0 {
        return Ok(None);
    }
    let file: String = Input::new()
        .with_prompt("File that contains only the token")
        .validate_with(|file: &String| token_file(Path::new(file)))
        .interact_text()
        .map_err(unanswered)?;
    Ok(Some(PathBuf::from(file)))
}

/// What is wrong with a file for the token. Its name is not repeated: it may be the token itself.
fn token_file(path: &Path) -> Result<(), String> {
    if path == Path::new("-") {
        return Err("standard input cannot be read again by the next run".to_owned());
    }
    match input::text(path, input::WRITTEN) {
        Ok(text) if text.trim().is_empty() => Err("the file contains no token".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the file cannot be read: {error}")),
    }
}

fn ask_ci(found: CiSystem) -> Result<CiSystem, CommandFailure> {
    let all = CiSystem::ALL;
    let chosen = Select::new()
        .with_prompt("CI system to write a job for")
        .items(all.map(CiSystem::title))
        .default(all.iter().position(|system| *system == found).unwrap_or(0))
        .interact()
        .map_err(unanswered)?;
    Ok(all.get(chosen).copied().unwrap_or(found))
}

fn ask_consent(url: &TenantUrl) -> Result<bool, CommandFailure> {
    console::remark(&format!(
        "{} is not on this machine. A run creates users and groups there and removes them.",
        url.base()
    ));
    Confirm::new()
        .with_prompt(format!("Allow it in {SETTINGS}?"))
        .default(false)
        .interact()
        .map_err(unanswered)
}

fn unanswered(error: dialoguer::Error) -> CommandFailure {
    let dialoguer::Error::IO(error) = error;
    // The cursor is hidden while there is a choice, and the line has no end.
    let terminal = Term::stderr();
    let _ = terminal.show_cursor().and_then(|()| terminal.write_line(""));
    if error.kind() == io::ErrorKind::Interrupted {
        return stopped();
    }
    CommandFailure::usage(
        format!("a question was not answered: {error}"),
        "answer with options and add --yes; `scimulate init --help` lists them",
    )
}
