//! `scimulate init`: from a URL to a folder in which `scimulate run` works.

mod answers;
mod ci;
mod config_file;
mod files;
mod look;
mod profile_file;

use std::path::{Path, PathBuf};

use self::answers::{Answers, TokenPlace};
use self::ci::CiSystem;
use self::files::Written;
use self::look::Look;
use super::failure::CommandFailure;
use super::{Exit, config, console, profiles, runtime};
use crate::entra::mapping::{Mapping, profiles as built_in};
use crate::report::quoted;

/// Test the connection to a server and write the files that `run` needs: scimulate.toml, waivers, a CI job and, if the
/// server's schemas call for one, a mapping profile
///
/// Asks what is not said by an option, on a terminal. A file that exists is kept. The files are written even if the server
/// cannot be reached.
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// SCIM base URL, as you would enter it as Tenant URL in Entra
    #[arg(long, alias = "url", value_name = "URL")]
    target: Option<String>,

    /// The file that contains the bearer token; only its name is written
    #[arg(long, value_name = "FILE", conflicts_with = "token_env")]
    token_file: Option<PathBuf>,

    /// The environment variable that contains the bearer token; only its name is written [default: SCIMULATE_TOKEN]
    #[arg(long, value_name = "NAME", value_parser = variable)]
    token_env: Option<String>,

    /// Trust only the certificates in this PEM file
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Write into this folder [default: the working folder]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Attribute mapping to begin with: the name of a built-in profile, or a file [default: default]
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,

    /// CI system to write a job for [default: the one whose files are in the folder]
    #[arg(long, value_name = "SYSTEM")]
    ci: Option<CiSystem>,

    /// Replace files that exist
    #[arg(long)]
    force: bool,

    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

fn variable(text: &str) -> Result<String, String> {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    match is_name {
        true => Ok(text.to_owned()),
        // The text may be the token itself.
        false => Err("this is not the name of an environment variable, as SCIM_TOKEN".to_owned()),
    }
}

impl Init {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let folder = self.dir.clone().unwrap_or_else(|| PathBuf::from("."));
        let named = self.profile.as_deref().unwrap_or(built_in::DEFAULT);
        let mapping = profiles::load(named)?;
        let runtime = runtime::start()?;
        let answers = {
            let _inside = runtime.enter();
            Answers::of(&self, &folder)?
        };
        let token = answers.token.read()?;
        let look = look::at(&runtime, &answers, token, &mapping);
        // After Ctrl-C, a name that is still being resolved is not waited for.
        runtime.shutdown_background();
        let look = look?;
        super::output::folder_of("--dir", &folder)?;

        let mut left_to_do = Vec::new();
        if let Look::Failed(failure) = &look {
            console::complain(failure);
            left_to_do.push(
                "the server could not be looked at: mend that, and run `scimulate init --force` again"
                    .to_owned(),
            );
        }
        let plan = Plan::new(named, &folder, mapping, &look, &mut left_to_do);
        if answers.url.parameters().is_some() {
            left_to_do.push(
                "the URL's parameters may be a secret and are not written: add them to `url`".to_owned(),
            );
        }
        let mut written = Written::new(folder.clone(), self.force);
        config_file::write(&mut written, &answers, &plan, &look)?;
        if let Some(profile) = &plan.profile_text {
            written.file(profile_file::NAME, profile)?;
        }
        files::waivers(&mut written)?;
        ci::write(&mut written, &answers, &mut left_to_do)?;
        files::schemas(&mut written, plan.profile_text.is_some())?;

        for line in written.lines() {
            console::say(&format!("{line}\n"))?;
        }
        for line in left_to_do {
            console::say(&format!("left to do: {line}\n"))?;
        }
        console::say(&format!("next: {}\n", next(&folder, &answers)))?;
        Ok(match look {
            Look::Failed(failure) => failure.exit(),
            Look::Reached(_) => Exit::Success,
        })
    }
}

/// What the files are to say of the mapping.
struct Plan {
    /// The value of `profile`, if it is to be written.
    profile: Option<String>,
    /// The profile file, if the server's schemas call for one.
    profile_text: Option<String>,
    /// Targets of an imported mapping that the server does not offer.
    refuses: Vec<String>,
}

impl Plan {
    fn new(named: &str, folder: &Path, mapping: Mapping, look: &Look, left_to_do: &mut Vec<String>) -> Self {
        let profile = match named {
            built_in::DEFAULT => None,
            named if built_in::names().contains(&named) => Some(named.to_owned()),
            file => Some(from_folder(folder, Path::new(file))),
        };
        let mut plan = Plan { profile, profile_text: None, refuses: Vec::new() };
        let Look::Reached(learned) = look else { return plan };
        if learned.discovery.schemas.is_empty() {
            left_to_do.push(
                "the server publishes no /Schemas, so that the mapping is not compared with it: see `profile` in \
                 docs/configuration.md"
                    .to_owned(),
            );
            return plan;
        }
        let is_imported = mapping.frame.is_some();
        let fitted = mapping.fitted(&learned.discovery.schemas);
        left_to_do.extend(fitted.unmapped.iter().map(|path| {
            format!(
                "/Schemas calls `{path}` required, and no row can be made up for it: map it in the profile"
            )
        }));
        if fitted.is_unchanged() {
            return plan;
        }
        if is_imported {
            // An export of Entra's stays as it is.
            let (refuses, missing) = profile_file::without_a_profile(&fitted.changes);
            left_to_do.extend(missing);
            plan.refuses = refuses;
            return plan;
        }
        left_to_do.extend(profile_file::guesses(&fitted.changes));
        plan.profile = Some(profile_file::NAME.to_owned());
        plan.profile_text = Some(profile_file::text(named, &fitted));
        plan
    }
}

/// Ctrl-C before the first file.
fn stopped() -> CommandFailure {
    CommandFailure::Plain {
        exit: Exit::Interrupted,
        what: "stopped before anything was written".to_owned(),
        next: None,
        left_behind: Vec::new(),
    }
}

/// The command that plays the first run.
fn next(folder: &Path, answers: &Answers) -> String {
    let mut command = String::new();
    if folder != Path::new(".") {
        command.push_str(&format!("cd {} && ", quoted(&folder.display().to_string())));
    }
    if let TokenPlace::Variable(name) = &answers.token
        && name != answers::TOKEN
    {
        command.push_str(&format!("{}=\"${name}\" ", answers::TOKEN));
    }
    command.push_str("scimulate run --quick");
    if !answers.url.is_loopback() && !answers.writes {
        command.push_str(" --yes");
    }
    command
}

/// The path of a file of the user's as it is written into a file of `folder`: an absolute one as it is, another one as it
/// is reached from there.
fn from_folder(folder: &Path, path: &Path) -> String {
    let whole = |path: &Path| std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    let (Ok(from), Ok(to)) = (whole(folder), whole(path)) else { return path.display().to_string() };
    if path.is_absolute() {
        return path.display().to_string();
    }
    let common = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(common).map(|_| "..");
    let down = to.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.map(str::to_owned).chain(down).collect::<Vec<_>>().join("/")
}

/// Where the file of the settings is, for messages.
const SETTINGS: &str = config::FILE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_a_name_and_what_may_be_a_token_is_not_repeated() {
        assert_eq!(variable("SCIM_TOKEN").as_deref(), Ok("SCIM_TOKEN"));
        for text in ["", "ey.hunter2", "7A", "a b"] {
            assert!(variable(text).is_err_and(|why| !why.contains("hunter2")), "{text}");
        }
    }

    #[test]
    fn paths_are_those_from_the_folder() {
        let from = |folder: &str, path: &str| from_folder(Path::new(folder), Path::new(path));
        assert_eq!(from(".", "docs/init.md"), "docs/init.md");
        assert_eq!(from("docs", "docs/init.md"), "init.md");
        assert_eq!(from("src/cli", "docs/init.md"), "../../docs/init.md");
        assert_eq!(from("not/there/yet", "docs/init.md"), "../../../docs/init.md");
        assert_eq!(from("docs", "/run/secrets/token"), "/run/secrets/token");
    }
}
