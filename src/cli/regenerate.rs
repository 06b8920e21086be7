//! For maintainers: completes what the repository keeps of plays, so that nobody writes it by hand.

use std::path::Path;
use std::sync::Arc;

use clap::{Args as _, FromArgMatches as _};

use super::failure::CommandFailure;
use super::play_each::play_each;
use super::run::Run;
use super::{Exit, console, runtime, selftest};
use crate::selftest::{subjects, unknown};
use crate::{examples, rules, scenario};

/// Write the generated files of scimulate's repository: the tables of the selftest and of examples, and the
/// snapshots
#[derive(Debug, clap::Args)]
pub(super) struct Regenerate {
    /// Names of faults and variants to play again [default: those that are not in the tables]
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Play every fault and variant again, and search for every example; it takes minutes
    #[arg(long, conflicts_with = "names")]
    all: bool,
}

const VERDICTS: &str = "src/selftest/verdicts.tsv";
const PROOFS: &str = "src/selftest/proofs.tsv";
const QUICK: &str = "src/selftest/quick.tsv";
const EXAMPLES: &str = "src/examples/rules.tsv";

/// How the snapshots of the repository are played: `tests/cli/snapshots.rs` compares with the same seed.
const SNAPSHOTS: [&str; 6] = ["run", "--seed", "1", "--snapshots", "snapshots", "--update"];

impl Regenerate {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        if !Path::new(VERDICTS).is_file() {
            return Err(CommandFailure::usage(
                format!("the working folder has no {VERDICTS}"),
                "run it in a checkout of scimulate, with `cargo run -- regenerate`",
            ));
        }
        self.write_tables()?;
        self.write_examples()?;
        let matches = Run::augment_args(clap::Command::new(SNAPSHOTS[0])).try_get_matches_from(SNAPSHOTS);
        let run = matches.and_then(|matches| Run::from_arg_matches(&matches));
        run.map_err(|error| CommandFailure::internal(error.to_string()))?.execute()
    }

    fn write_tables(&self) -> Result<(), CommandFailure> {
        let settings = selftest::settings(None)?;
        let subjects = match (self.all, self.names.is_empty()) {
            (true, _) => subjects(),
            (false, true) => unknown(&settings.abouts),
            (false, false) => selftest::named(&self.names)?,
        };
        let matrix = selftest::play_against(&settings, &subjects)?;
        write(VERDICTS, &matrix.verdicts())?;
        write(PROOFS, &matrix.proofs())?;
        let scenarios: Vec<_> = settings.plan.scenarios.iter().map(AsRef::as_ref).collect();
        // It says something of every fault, so some faults do not make it new.
        let Some(quick) = matrix.quick(&scenarios) else { return Ok(()) };
        write(QUICK, &quick)?;
        // A whole `selftest` plays the same matrix again, so its figures are told here too.
        let (headlines, _) = matrix.headlines();
        console::say(&format!("{matrix}{headlines}"))
    }

    /// The table of the scenarios that show rules.
    fn write_examples(&self) -> Result<(), CommandFailure> {
        let scenarios: Vec<_> = scenario::builtin()?.into_iter().map(Arc::new).collect();
        let runtime = runtime::start()?;
        let lines = play_each(rules::all(), |rule| {
            let about = rule.about();
            let kept = if self.all { None } else { examples::kept(about, &scenarios) };
            let line = kept.or_else(|| examples::search(about, &scenarios, runtime.handle()));
            if line.is_none() {
                console::remark(&format!("{}: no scenario makes it fail", about.id));
            }
            line
        });
        let text: String = lines.into_iter().flatten().map(|line| line + "\n").collect();
        write(EXAMPLES, &text)
    }
}

/// Writes a file, and says so, unless it is as it was.
fn write(path: &str, text: &str) -> Result<(), CommandFailure> {
    if std::fs::read_to_string(path).is_ok_and(|before| before == text) {
        return Ok(());
    }
    std::fs::write(path, text).map_err(|error| {
        CommandFailure::usage(format!("cannot write {path}: {error}"), "check its permissions")
    })?;
    console::say(&format!("{path} has changed\n"))
}
