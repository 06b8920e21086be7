use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the database is of no use.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be written to.
    #[error("cannot write to the folder {}: {error}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Another process has it.
    #[error("{} is in use by another `scimulate tenant`", .0.display())]
    InUse(PathBuf),
    /// It is not one of scimulate's.
    #[error("{} is not a database of `scimulate tenant`", .0.display())]
    Foreign(PathBuf),
    /// It was made by another version.
    #[error("{} has version {version} of the tables, which this scimulate does not read", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: i32,
    },
    /// It does not agree with itself.
    #[error("{} is damaged: {found}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        found: String,
    },
    /// What a row holds cannot be read.
    #[error("{} is damaged: {found}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Which row, and why.
        found: String,
    },
    /// Nothing was kept under that name.
    #[error("there is no checkpoint `{0}`")]
    NoCheckpoint(String),
    /// A checkpoint cannot have that name.
    #[error("`{0}` cannot name a checkpoint")]
    CheckpointName(String),
    /// SQLite's own error: a full disk, a file that was taken away.
    #[error("the database failed: {0}")]
    Database(#[source] rusqlite::Error),
}

impl StoreError {
    pub(super) fn of(path: &Path, error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        match code {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::InUse(path.to_path_buf())
            }
            Some(ErrorCode::NotADatabase) => StoreError::Foreign(path.to_path_buf()),
            Some(ErrorCode::DatabaseCorrupt) => {
                StoreError::Damaged { path: path.to_path_buf(), found: error.to_string() }
            }
            _ => StoreError::Database(error),
        }
    }

    /// What the user can do.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            StoreError::Folder { .. } => "name a folder that can be written to with --data",
            StoreError::InUse(_) => "stop the other process, or name another folder with --data",
            StoreError::Foreign(_) | StoreError::Version { .. } => {
                "name another folder with --data; the file was left as it is"
            }
            StoreError::Damaged { .. } | StoreError::Row { .. } => {
                "move the file away and start anew, or bring back a copy of it; it was left as it is"
            }
            StoreError::NoCheckpoint(_) => {
                "make one of that name first; it lasts as long as the program runs"
            }
            StoreError::CheckpointName(_) => "write a word of letters, digits and hyphens",
            StoreError::Database(_) => "look for a full disk, or a file that was moved away",
        }
    }
}
