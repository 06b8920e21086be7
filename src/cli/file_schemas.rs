//! `scimulate list --schemas`: the JSON Schemas of the files that people write, for their editors.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::failure::CommandFailure;
use super::{Exit, config, console, output};
use crate::entra::directory_file;
use crate::entra::mapping::profiles;
use crate::{scenario, waivers};

/// A kind of file, as the schema of it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Config,
    Scenario,
    Profile,
    Waivers,
    Directory,
}

impl FileKind {
    /// All kinds of files.
    const ALL: [FileKind; 5] =
        [FileKind::Config, FileKind::Scenario, FileKind::Profile, FileKind::Waivers, FileKind::Directory];

    /// The name of the schema's file.
    pub(super) fn file_name(self) -> &'static str {
        match self {
            FileKind::Config => "config.schema.json",
            FileKind::Scenario => "scenario.schema.json",
            FileKind::Profile => "profile.schema.json",
            FileKind::Waivers => "waivers.schema.json",
            FileKind::Directory => "directory.schema.json",
        }
    }

    fn json_schema(self) -> Value {
        match self {
            FileKind::Config => config::json_schema(),
            FileKind::Scenario => scenario::json_schema(),
            FileKind::Profile => profiles::json_schema(),
            FileKind::Waivers => waivers::json_schema(),
            FileKind::Directory => directory_file::json_schema(),
        }
    }

    /// The schema as its file has it.
    pub(super) fn text(self) -> String {
        format!("{:#}\n", self.json_schema())
    }
}

/// Writes a file for each kind.
pub(super) fn write(folder: &Path) -> Result<Exit, CommandFailure> {
    output::folder_of("--schemas", folder)?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for kind in FileKind::ALL {
        let path = folder.join(kind.file_name());
        output::replace(&path, &kind.text())?;
        paths.push(path);
    }
    for path in paths {
        console::say(&format!("{}\n", path.display()))?;
    }
    Ok(Exit::Success)
}
