use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::config::Config;
use super::failure::CommandFailure;
use super::output::unwritten;
use super::playing::{self, Playing, Reporting};
use super::{Exit, console, gallery as gate};
use crate::check::Level;
use crate::deployments::Embedded;
use crate::entra::dialect::Dialect;
use crate::gallery::{self, Template};
use crate::input;
use crate::interop::{InteropRow, files_of, page};
use crate::report::script::{Script, Scripts};
use crate::report::{Detail, TerminalSettings, terminal};
use crate::run::{Report, Selection, Verdict};
use crate::scenario;

/// Publish the result for a server: play everything against it, and write its row of docs/interop.md and a
/// script with curl commands for each failure
#[derive(Debug, clap::Args)]
pub(super) struct Interop {
    /// Name of the server: letters, digits, `-`, `_` and `.`
    #[arg(value_name = "NAME", value_parser = file_name)]
    server: String,

    /// Version of the server
    #[arg(long, value_name = "VERSION", value_parser = file_name)]
    server_version: String,

    /// Folder for the rows; the page is written next to it, under the same name with `.md`
    #[arg(long, value_name = "DIR", default_value = "docs/interop")]
    into: PathBuf,

    /// Write nothing, and fail if the files differ from what would be written
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    playing: Playing,

    #[command(flatten)]
    reporting: Reporting,
}

/// What stands in a file name and in a link as it is.
fn file_name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !text.is_empty() && text.chars().all(fits) && !text.starts_with('.') {
        Ok(text.to_owned())
    } else {
        Err("only letters, digits, `-`, `_` and `.` are allowed, because it becomes a file name".to_owned())
    }
}

impl Interop {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let config = Config::read()?;
        let Some(url) = self.playing.target.url(&config)? else {
            return Err(CommandFailure::usage("no server is named", "name its SCIM base URL with --target"));
        };
        // What comes of requests at the same time depends on chance, and a row must not.
        let scenarios = scenario::builtin()?.into_iter().filter(|scenario| {
            !scenario.timeline.iter().any(|step| matches!(step.action, scenario::Action::AtOnce(_)))
        });
        let scenarios: Vec<_> = scenarios.map(std::sync::Arc::new).collect();
        let scenarios = Selection::default().of(&scenarios)?;
        let mut plan = self.playing.plan(&config, Some(&url), scenarios)?;
        plan.fail_on = Some(Level::Error);
        // Some servers let what one scenario leaves behind show in another, so scenarios never play side by side.
        plan.jobs = 1;
        let gates = gate::scenarios()?;
        let mut plan_of_gates = self.playing.plan(&config, Some(&url), gates.clone())?.as_a_gate();
        plan_of_gates.jobs = 1;
        plan_of_gates.dialects = vec![Dialect::Default];
        plan_of_gates.cancel = plan.cancel.clone();
        let mut outputs = self.reporting.outputs(&config)?;
        let Some(ready) = self.playing.ready(&config, &plan)? else { return Ok(Exit::Interrupted) };
        let mut scripts = Scripts::default();
        let report = ready.play_and_keep(plan, Embedded::default(), &mut outputs, &mut scripts);
        let gate = report.is_ok().then(|| ready.play(plan_of_gates, Embedded::default(), &mut outputs));
        let ended = ready.end();
        outputs.abandon();
        let (report, gate) = match (report, gate) {
            _ if ended == Exit::Interrupted => return Ok(ended),
            (Ok(report), Some(Ok(gate))) => (report, gate),
            (Err(problem), _) | (_, Some(Err(problem))) => return Err(playing::failure(problem)),
            (Ok(_), None) => return Err(CommandFailure::internal("the gates were not played")),
        };
        if let Some(why) = whole(&report).or_else(|| whole(&gate)) {
            return Err(CommandFailure::target(why, "nothing was written: a row needs a complete run"));
        }
        let verdict = gallery::judge(Template::default(), &gates, &gate, &[])
            .ok_or_else(|| CommandFailure::internal("no test of a gate was played"))?;
        let scripts = scripts.of(&report, Level::Error);
        let row = InteropRow::of((&self.server, &self.server_version), &report, &verdict, &scripts);
        if self.reporting.verbose > 0 {
            let settings = TerminalSettings::for_stream(&io::stdout(), Detail::Usual);
            let mut text = Vec::new();
            terminal::write(&report, &settings, &mut text)
                .map_err(|error| CommandFailure::internal(format!("cannot write the report: {error}")))?;
            console::say_bytes(&text)?;
        }
        let row = match self.published()? {
            Some(published) if self.check => row.counted_as(&published),
            _ => row,
        };
        let files = self.files(row, scripts)?;
        if self.check { self.compare(&files) } else { self.write(&files) }
    }

    /// Every file that belongs to the row, by path, and the page over all rows.
    fn files(
        &self,
        row: InteropRow,
        scripts: Vec<(usize, Script)>,
    ) -> Result<Vec<(PathBuf, String)>, CommandFailure> {
        let name = files_of(&row.server, &row.version);
        let folder = self.into.join(&name);
        let published = row.failures.iter().filter_map(|failure| failure.script.clone());
        let published: Vec<String> = published.collect();
        let mut files: Vec<(PathBuf, String)> = scripts
            .into_iter()
            .map(|(_, script)| (format!("{}.sh", script.name), script.text))
            .filter(|(file, _)| published.contains(file))
            .map(|(file, text)| (folder.join(file), text))
            .collect();
        let json = serde_json::to_string_pretty(&row)
            .map_err(|error| CommandFailure::internal(format!("cannot write the row: {error}")))?;
        files.push((self.into.join(format!("{name}.json")), json + "\n"));
        let mut rows = self.others(&name)?;
        rows.push(row);
        rows.sort_by(|one, other| (&one.server, &one.version).cmp(&(&other.server, &other.version)));
        files.push((self.into.with_extension("md"), page(&rows)));
        Ok(files)
    }

    /// The row of this server and version that stands there already.
    fn published(&self) -> Result<Option<InteropRow>, CommandFailure> {
        let name = files_of(&self.server, &self.server_version);
        let path = self.into.join(format!("{name}.json"));
        if path.exists() { read(&path).map(Some) } else { Ok(None) }
    }

    /// The rows that stand there already, of other servers and versions.
    fn others(&self, name: &str) -> Result<Vec<InteropRow>, CommandFailure> {
        let mut rows = Vec::new();
        let Ok(folder) = fs::read_dir(&self.into) else { return Ok(rows) };
        for file in folder.filter_map(Result::ok).map(|entry| entry.path()) {
            let is_row = file.extension().is_some_and(|extension| extension == "json");
            if !is_row || file.file_stem().is_some_and(|stem| stem == name) {
                continue;
            }
            rows.push(read(&file)?);
        }
        Ok(rows)
    }

    /// Scripts of this row that stand there and are not among the files: of failures that are gone.
    fn outdated(&self, files: &[(PathBuf, String)]) -> Vec<PathBuf> {
        let folder = self.into.join(files_of(&self.server, &self.server_version));
        let scripts = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|e| e.path());
        scripts.filter(|script| !files.iter().any(|(path, _)| path == script)).collect()
    }

    fn write(&self, files: &[(PathBuf, String)]) -> Result<Exit, CommandFailure> {
        let outdated = self.outdated(files);
        for (path, text) in files {
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(path, text))
                .map_err(|error| unwritten(path, &error))?;
        }
        for script in &outdated {
            fs::remove_file(script).map_err(|error| unwritten(script, &error))?;
        }
        console::say(&format!("{} {}: {} files written\n", self.server, self.server_version, files.len()))?;
        Ok(Exit::Success)
    }

    /// Says which files would be written otherwise than they stand there, line by line.
    fn compare(&self, files: &[(PathBuf, String)]) -> Result<Exit, CommandFailure> {
        let mut text = String::new();
        for (path, wanted) in files {
            match input::text(path, input::RECORDED) {
                Ok(held) if held == *wanted => {}
                Ok(held) => {
                    text.push_str(&format!("{} would change:\n", path.display()));
                    for change in similar::TextDiff::from_lines(&held, wanted).iter_all_changes() {
                        let sign = match change.tag() {
                            similar::ChangeTag::Equal => continue,
                            similar::ChangeTag::Delete => '-',
                            similar::ChangeTag::Insert => '+',
                        };
                        text.push_str(&format!("{sign} {change}"));
                    }
                }
                Err(_) => text.push_str(&format!("{} would be new\n", path.display())),
            }
        }
        for path in self.outdated(files) {
            text.push_str(&format!("{} would be removed\n", path.display()));
        }
        if text.is_empty() {
            console::say(&format!("{} {}: as published\n", self.server, self.server_version))?;
            return Ok(Exit::Success);
        }
        console::say(&text)?;
        Ok(Exit::Findings)
    }
}

/// How a left-over is called that has no name.
const NAMELESS: &str = "(unnamed)";

/// Why a play is not whole, if it is not.
fn whole(report: &Report) -> Option<String> {
    // What a server makes of a request without a body has no name, and nothing proves whose it is.
    let mut named = report.left_behind.iter().filter(|left| !left.contains(NAMELESS));
    match (&report.interrupted_by, named.next()) {
        (Some(why), _) => Some(why.clone()),
        _ if report.verdict == Verdict::Incomplete => Some("the run is incomplete".to_owned()),
        (None, Some(left)) => Some(format!("the clean-up failed: {left}")),
        (None, None) => None,
    }
}

fn read(path: &Path) -> Result<InteropRow, CommandFailure> {
    let text = input::text(path, input::RECORDED).map_err(|error| unreadable(path, &error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| unreadable(path, &error.to_string()))
}

fn unreadable(path: &Path, why: &str) -> CommandFailure {
    CommandFailure::usage(
        format!("{} is not a row of the interop page: {why}", path.display()),
        "correct it, or write it again with `scimulate interop`",
    )
}
