//! The files that are written, and what is said of each.

use std::fs;
use std::path::PathBuf;

use crate::cli::failure::CommandFailure;
use crate::cli::file_schemas::FileKind;
use crate::cli::output;

/// The waiver file.
pub(super) const WAIVERS: &str = "waivers.toml";

/// The folder of the schemas, which editors read.
const SCHEMAS: &str = ".scimulate";

/// Writes files into a folder and keeps those that are there.
pub(super) struct Written {
    folder: PathBuf,
    replaces: bool,
    lines: Vec<String>,
}

impl Written {
    pub(super) fn new(folder: PathBuf, replaces: bool) -> Self {
        Written { folder, replaces, lines: Vec::new() }
    }

    /// Writes a file, unless it is there and may not be replaced. `name` is its path from the folder.
    pub(super) fn file(&mut self, name: &str, text: &str) -> Result<(), CommandFailure> {
        let path = self.folder.join(name);
        let there = fs::symlink_metadata(&path).is_ok();
        let same = fs::read_to_string(&path).is_ok_and(|before| before == text);
        let said = match (there, self.replaces) {
            (true, _) if same => format!("kept {name}: it says the same already"),
            (true, false) => format!("kept {name}: it exists; --force replaces it"),
            (true, true) => {
                output::replace(&path, text)?;
                format!("replaced {name}")
            }
            (false, _) => {
                if let Some(parent) = path.parent() {
                    output::folder_of("--dir", parent)?;
                }
                output::replace(&path, text)?;
                format!("wrote {name}")
            }
        };
        self.lines.push(said);
        Ok(())
    }

    /// What was written and what was not, a line each.
    pub(super) fn lines(self) -> Vec<String> {
        self.lines
    }
}

/// The path of a kind's schema, from a file that is `up` from the folder.
pub(super) fn schema_comment(kind: FileKind, up: &str) -> String {
    format!("{up}{SCHEMAS}/{}", kind.file_name())
}

/// A waiver file without a waiver.
pub(super) fn waivers(written: &mut Written) -> Result<(), CommandFailure> {
    let text = format!(
        "#:schema {}\n\
         # Checks that are known to fail (docs/waivers.md). `scimulate waive --from REPORT --into {WAIVERS}` adds them.\n\
         #\n\
         # [[waiver]]\n\
         # check = \"cycles/disable-unassigned\"  # `scimulate list` prints the ids\n\
         # reason = \"fixed in 4.2\"\n\
         # expires = 2027-01-31                 # the last day, in UTC\n",
        schema_comment(FileKind::Waivers, "")
    );
    written.file(WAIVERS, &text)
}

/// The schemas of the files beside them, and of the scenarios that may come.
pub(super) fn schemas(written: &mut Written, has_profile: bool) -> Result<(), CommandFailure> {
    let kinds = [FileKind::Config, FileKind::Waivers].into_iter();
    for kind in kinds.chain(has_profile.then_some(FileKind::Profile)) {
        written.file(&schema_comment(kind, ""), &kind.text())?;
    }
    Ok(())
}
