//! Completions for shells, and man pages. The shell asks this program for what fits, so that ids of checks and names of
//! profiles are always those of the installed version.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::{Arg, Command, CommandFactory as _};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};

use super::failure::CommandFailure;
use super::{Arguments, Exit, console, output};
use crate::catalogue::CheckKind;
use crate::entra::mapping::profiles;
use crate::scenario;
use crate::server::{Fault, Variant};
use crate::suite;

/// The program is called with this variable when a shell wants to complete.
const VARIABLE: &str = "SCIMULATE_COMPLETE";

/// Print the script that lets a shell complete commands, options, ids of checks and names of profiles
#[derive(Debug, clap::Args)]
#[command(after_help = "\
bash:        echo 'source <(scimulate completions bash)' >> ~/.bashrc
zsh:         echo 'source <(scimulate completions zsh)' >> ~/.zshrc
fish:        scimulate completions fish > ~/.config/fish/completions/scimulate.fish
PowerShell:  scimulate completions powershell | Out-String | Invoke-Expression, in $PROFILE")]
pub(super) struct Completions {
    /// bash, zsh, fish or powershell
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

impl Completions {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let shell: &dyn EnvCompleter = match self.shell {
            Shell::Bash => &Bash,
            Shell::Zsh => &Zsh,
            Shell::Fish => &Fish,
            Shell::Powershell => &Powershell,
        };
        let mut script = Vec::new();
        // The program is looked up in PATH each time: the script may be installed apart from it.
        shell
            .write_registration(VARIABLE, "scimulate", "scimulate", "scimulate", &mut script)
            .map_err(|error| CommandFailure::internal(format!("cannot write the script: {error}")))?;
        console::hand_over(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Success)
    }
}

/// Write a man page for each command into a folder
#[derive(Debug, clap::Args)]
pub(super) struct Man {
    /// The folder, made if it does not exist; `man -l DIR/scimulate.1` shows the first page
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let folder = output::folder_of("man", &self.folder)?;
        let mut command = Arguments::command().disable_help_subcommand(true);
        command.build();
        let shown = command.get_subcommands().filter(|sub| !sub.is_hide_set());
        for page in std::iter::once(&command).chain(shown) {
            let title = page.get_display_name().unwrap_or(page.get_name()).to_owned();
            let page = clap_mangen::Man::new(page.clone()).title(title).manual("scimulate");
            page.generate_to(&folder).map_err(|error| output::unwritten(&folder, &error))?;
        }
        Ok(Exit::Success)
    }
}

/// Answers a shell that wants to complete, and ends the process; does nothing in a usual call.
pub(super) fn answer_shell() {
    CompleteEnv::with_factory(|| completing(Arguments::command())).var(VARIABLE).complete();
}

/// The command with what is known of its values.
fn completing(command: Command) -> Command {
    command.mut_subcommands(|sub| {
        let is_run = sub.get_name() == "run";
        sub.mut_args(move |arg| match arg.get_id().as_str() {
            "filters" if is_run => knows(arg, |typed| in_steps(typed, &checks(true))),
            "filters" | "ids" | "check" => knows(arg, |typed| in_steps(typed, &checks(false))),
            "suite" => knows(arg, |typed| starting(typed, suites())),
            "profile" => knows(arg, profiles_or_files),
            "fault" => {
                knows(arg, |typed| starting(typed, Fault::ALL.iter().map(|it| (it.name().to_owned(), None))))
            }
            "variant" => knows(arg, |typed| {
                starting(typed, Variant::ALL.iter().map(|it| (it.name().to_owned(), None)))
            }),
            "level" => words(arg, &["critical", "error", "warning", "note"]),
            "fail_on" => words(arg, &["critical", "error", "warning", "note", "never"]),
            "dialect" => words(arg, &["default", "aadOptscim062020", "customappsso", "all"]),
            "color" => words(arg, &["auto", "always", "never"]),
            _ => arg,
        })
    })
}

fn knows(arg: Arg, complete: impl Fn(&OsStr) -> Vec<CompletionCandidate> + Send + Sync + 'static) -> Arg {
    arg.add(ArgValueCompleter::new(complete))
}

fn words(arg: Arg, words: &'static [&'static str]) -> Arg {
    knows(arg, move |typed| starting(typed, words.iter().map(|word| ((*word).to_owned(), None))))
}

/// A value and its explanation.
type Known = (String, Option<String>);

fn starting(typed: &OsStr, known: impl IntoIterator<Item = Known>) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    let fitting = known.into_iter().filter(|(value, _)| value.starts_with(typed));
    fitting.map(|(value, help)| CompletionCandidate::new(value).help(help.map(Into::into))).collect()
}

/// The suites first, then the checks of the chosen suite: a list of 380 ids is too long to read.
fn in_steps(typed: &OsStr, checks: &[Known]) -> Vec<CompletionCandidate> {
    if typed.to_str().is_some_and(|typed| typed.contains('/')) {
        return starting(typed, checks.iter().cloned());
    }
    let mut suites: Vec<Known> = checks
        .iter()
        .filter_map(|(id, _)| id.split_once('/'))
        .map(|(suite, _)| (format!("{suite}/"), None))
        .collect();
    suites.dedup();
    starting(typed, suites)
}

/// Every check with its title. What cannot be read, as scenarios with a mistake, completes nothing: a shell has no
/// place for an error.
fn checks(only_scenarios: bool) -> Vec<Known> {
    let catalogue = suite::catalogue(&scenario::builtin().unwrap_or_default());
    let fitting = catalogue
        .entries()
        .iter()
        .filter(|entry| !only_scenarios || matches!(entry.kind, CheckKind::Scenario { .. }));
    let mut known: Vec<Known> =
        fitting.map(|entry| (entry.about.id.clone(), Some(entry.about.title.clone()))).collect();
    known.sort();
    known
}

fn suites() -> Vec<Known> {
    let catalogue = suite::catalogue(&scenario::builtin().unwrap_or_default());
    catalogue.suites().into_iter().map(|suite| (suite.to_owned(), None)).collect()
}

fn profiles_or_files(typed: &OsStr) -> Vec<CompletionCandidate> {
    use clap_complete::engine::{PathCompleter, ValueCompleter as _};
    let mut found = starting(typed, profiles::names().into_iter().map(|name| (name.to_owned(), None)));
    if found.is_empty() {
        found = PathCompleter::file().complete(typed);
    }
    found
}
