use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, Write};
use std::path::{Path, PathBuf};

use super::console;
use super::failure::CommandFailure;

/// A report file, or standard output for `-`. It is opened before the run, so that a wrong path costs no time, and
/// written after it. If nothing was written, a file that was not there before goes away again.
#[derive(Debug)]
pub(super) struct Output {
    path: PathBuf,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    File { file: File, fresh: bool },
    StandardOutput,
}

/// Where a report is written while the run goes on.
pub(super) type Stream = BufWriter<Box<dyn Write + Send>>;

impl Output {
    /// Opens a file of an option, if the option was given.
    pub(super) fn open(option: &str, path: Option<&Path>) -> Result<Option<Self>, CommandFailure> {
        let Some(path) = path else { return Ok(None) };
        if path == Path::new("-") {
            return match console::take_standard_output() {
                true => Ok(Some(Output { path: path.to_owned(), sink: Sink::StandardOutput })),
                false => Err(CommandFailure::usage(
                    format!("{option} - is the second report for standard output"),
                    "write one of them to a file",
                )),
            };
        }
        let fresh = !path.exists();
        let opened = File::options().write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(|error| {
            CommandFailure::usage(
                format!("cannot write {}: {error}", path.display()),
                format!("name a file in a folder that exists with {option}"),
            )
        })?;
        Ok(Some(Output { path: path.to_owned(), sink: Sink::File { file, fresh } }))
    }

    /// Replaces what the file holds.
    pub(super) fn write(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), CommandFailure> {
        let (mut out, path) = self.stream()?;
        match write(&mut out).and_then(|()| out.flush()) {
            Err(error) if console::is_gone(&error) => Ok(()),
            written => written.map_err(|error| unwritten(&path, &error)),
        }
    }

    /// Empties the file and gives it away, for a report that is written as the run goes on.
    pub(super) fn stream(mut self) -> Result<(Stream, PathBuf), CommandFailure> {
        let out: Box<dyn Write + Send> = match &mut self.sink {
            Sink::StandardOutput => Box::new(io::stdout()),
            Sink::File { file, fresh } => {
                *fresh = false;
                let emptied = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.try_clone());
                Box::new(emptied.map_err(|error| unwritten(&self.path, &error))?)
            }
        };
        Ok((BufWriter::new(out), self.path.clone()))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Sink::File { fresh: true, .. } = self.sink {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A file that others write to as well: what comes is added at its end.
#[derive(Debug)]
pub(super) struct Appended {
    path: PathBuf,
    file: File,
}

impl Appended {
    /// Opens it, so that a wrong path is told before the run; `variable` is the environment variable that names it.
    pub(super) fn open(variable: &str, path: PathBuf) -> Result<Self, CommandFailure> {
        let opened = File::options().append(true).create(true).open(&path);
        let file = opened.map_err(|error| {
            CommandFailure::usage(
                format!("cannot write {}: {error}", path.display()),
                format!("{variable} must name a file in a folder that exists"),
            )
        })?;
        Ok(Appended { path, file })
    }

    /// Adds a text.
    pub(super) fn write(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), CommandFailure> {
        let mut out = BufWriter::new(&self.file);
        write(&mut out).and_then(|()| out.flush()).map_err(|error| unwritten(&self.path, &error))
    }
}

/// Replaces a file that people write too: at every moment it is the old one or the new one. A link is
/// followed, and the permissions stay.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), CommandFailure> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = real.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = PathBuf::from(name);
    let written = (|| {
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        if let Ok(about) = fs::metadata(&real) {
            fs::set_permissions(&beside, about.permissions())?;
        }
        fs::rename(&beside, &real)
    })();
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        unwritten(path, &error)
    })
}

/// Makes the folder of an option before the run, so that a wrong path costs no time.
pub(super) fn folder_of(option: &str, path: &Path) -> Result<PathBuf, CommandFailure> {
    fs::create_dir_all(path).map_err(|error| {
        CommandFailure::usage(
            format!("cannot create the folder {}: {error}", path.display()),
            format!("name a folder that can be written to with {option}"),
        )
    })?;
    Ok(path.to_owned())
}

/// A report that could not be written to its end.
pub(super) fn unwritten(path: &Path, error: &io::Error) -> CommandFailure {
    CommandFailure::usage(
        format!("cannot write {}: {error}", path.display()),
        "check the free disk space and the permissions of the file",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_one_that_was_not_written_is_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        drop(Output::open("--json", Some(&path)).unwrap());
        assert!(!path.exists());
        fs::write(&path, "longer than what comes").unwrap();
        drop(Output::open("--json", Some(&path)).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "longer than what comes");
        let output = Output::open("--json", Some(&path)).unwrap().unwrap();
        output.write(|out| out.write_all(b"short")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
        assert!(Output::open("--json", None).unwrap().is_none());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named_before_the_run() {
        let failure = Output::open("--json", Some(Path::new("no/such/folder/report.json"))).unwrap_err();
        let text = failure.render(false);
        assert!(text.contains("no/such/folder/report.json") && text.contains("--json"), "{text}");
    }
}
