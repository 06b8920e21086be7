//! The command line: one file for each subcommand, and what they share. The only place where
//! target, embedded server and reports meet.

mod accept;
mod arguments;
mod bug;
mod cleanup;
mod completions;
mod config;
mod console;
mod credentials;
mod diff;
#[cfg(test)]
mod documented;
mod eval;
mod exec;
mod exit;
mod explain;
mod explore;
mod failure;
mod file_schemas;
mod findings;
mod gallery;
mod hands;
mod init;
mod interop;
mod interrupt;
mod issuer;
mod list;
mod output;
mod pages;
mod play_each;
mod playing;
mod profiles;
mod regenerate;
mod review;
mod run;
mod runtime;
mod schema;
mod second;
mod selftest;
mod serve;
mod source;
mod switches;
mod sync;
mod target;
#[cfg(feature = "tenant")]
mod tenant;
mod test_connection;
mod version;
mod waive;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

pub use exit::Exit;

use crate::report::stream;
use failure::CommandFailure;

/// Play Microsoft Entra ID's provisioning service against a SCIM 2.0 server, and judge every answer
#[derive(Debug, Parser)]
#[command(name = "scimulate", version, after_help = exit::HELP, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// Colours: auto (on a terminal, unless the environment says otherwise), always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true
    )]
    color: clap::ColorChoice,

    /// With --version: JSON, with target, commit and compiler
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Init(init::Init),
    Run(Box<run::Run>),
    Explore(Box<explore::Explore>),
    Gallery(Box<gallery::Gallery>),
    Sync(Box<sync::Sync>),
    TestConnection(test_connection::TestConnection),
    Find(Box<hands::Find>),
    Get(hands::Get),
    Create(Box<hands::Create>),
    Patch(Box<hands::Patch>),
    Delete(hands::Delete),
    Interop(Box<interop::Interop>),
    Issuer(issuer::Issuer),
    List(list::List),
    Explain(explain::Explain),
    Schema(schema::Schema),
    Eval(eval::Eval),
    Serve(serve::Serve),
    #[cfg(feature = "tenant")]
    Tenant(Box<tenant::TenantCommand>),
    Selftest(selftest::Selftest),
    #[command(hide = true)]
    Regenerate(regenerate::Regenerate),
    Diff(diff::DiffReports),
    Waive(waive::Waive),
    Review(review::Review),
    Accept(accept::Accept),
    Cleanup(cleanup::Cleanup),
    Completions(completions::Completions),
    Man(completions::Man),
}

/// Runs the command of this process and gives its exit code.
#[must_use]
pub fn main() -> ExitCode {
    stream::respect_environment();
    completions::answer_shell();
    ExitCode::from(obey(std::env::args_os()) as u8)
}

/// Runs a command; the first argument is the program's name.
fn obey(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    bug::watch();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let outcome = match Arguments::try_parse_from(&arguments) {
        Ok(arguments) if arguments.json => Err(CommandFailure::usage(
            "--json stands before the command",
            "write it after the command, or use it with --version",
        )),
        Ok(arguments) => {
            console::choose_color(arguments.color);
            bug::caught(|| execute(arguments.command))
        }
        // clap ends at --version, whatever follows.
        Err(shown)
            if shown.kind() == ErrorKind::DisplayVersion && arguments.iter().any(|it| it == "--json") =>
        {
            console::say_json(&version::json()).map(|()| Exit::Success)
        }
        Err(shown) => {
            // Help and version are "errors" of clap's too. A reader that has gone away is none of ours.
            let _ = shown.print();
            return if shown.use_stderr() { Exit::Usage } else { Exit::Success };
        }
    };
    let exit = outcome.unwrap_or_else(|failure| {
        // After a panic everything that could be said is a consequence of it.
        if !bug::happened() {
            console::complain(&failure);
        }
        failure.exit()
    });
    if bug::happened() { exit.or(Exit::Internal) } else { exit }
}

fn execute(command: Command) -> Result<Exit, CommandFailure> {
    match command {
        Command::Init(init) => init.execute(),
        Command::Run(run) => run.execute(),
        Command::Explore(explore) => explore.execute(),
        Command::Gallery(gallery) => gallery.execute(),
        Command::Sync(sync) => sync.execute(),
        Command::TestConnection(test) => test.execute(),
        Command::Find(find) => find.execute(),
        Command::Get(get) => get.execute(),
        Command::Create(create) => create.execute(),
        Command::Patch(patch) => patch.execute(),
        Command::Delete(delete) => delete.execute(),
        Command::Interop(interop) => interop.execute(),
        Command::Issuer(issuer) => issuer.execute(),
        Command::List(list) => list.execute(),
        Command::Explain(explain) => explain.execute(),
        Command::Schema(schema) => schema.execute(),
        Command::Eval(eval) => eval.execute(),
        Command::Serve(serve) => serve.execute(),
        #[cfg(feature = "tenant")]
        Command::Tenant(tenant) => tenant.execute(),
        Command::Selftest(selftest) => selftest.execute(),
        Command::Regenerate(regenerate) => regenerate.execute(),
        Command::Diff(diff) => diff.execute(),
        Command::Waive(waive) => waive.execute(),
        Command::Review(review) => review.execute(),
        Command::Accept(accept) => accept.execute(),
        Command::Cleanup(cleanup) => cleanup.execute(),
        Command::Completions(completions) => completions.execute(),
        Command::Man(man) => man.execute(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_options_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_subcommand_and_option_says_what_it_does() {
        for command in Arguments::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }
}
