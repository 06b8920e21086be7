//! What `scimulate tenant` keeps: one SQLite database, in a folder or in memory.
//!
//! A write is a transaction: whoever was told that something is done finds it after the process was killed. The
//! database is for one process at a time, and one that is damaged or of another version is refused and left as it is.

mod checkpoint;
mod error;
mod log;
mod read;
mod write;

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};

pub use error::StoreError;
pub use log::{LogQuery, Place};
pub use read::{ApplicationRow, ExchangeRow, LinkRow, ObjectRow};
pub use write::Write;

/// The file in the folder of `--data`.
pub const FILE: &str = "tenant.sqlite";

/// Says in the file's header whose it is (SQLite's application_id): "scim".
const APPLICATION: i32 = 0x7363_696d;

/// The version of the tables.
const VERSION: i32 = 1;

/// So many exchanges are kept; older ones are forgotten.
pub const EXCHANGES_KEPT: i64 = 200_000;

const TABLES: &str = "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE object (
        position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, manager TEXT, body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX object_manager ON object (manager) WHERE manager IS NOT NULL;
    CREATE TABLE member (
        position INTEGER PRIMARY KEY, holder TEXT NOT NULL, member TEXT NOT NULL, UNIQUE (holder, member)
    ) STRICT;
    CREATE INDEX member_member ON member (member);
    CREATE TABLE application (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE application_part (
        application TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (application, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE assignment (
        position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, application TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE change (
        application TEXT NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (application, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE link (
        application TEXT NOT NULL, object TEXT NOT NULL, kind TEXT NOT NULL, target TEXT, active INTEGER NOT NULL,
        PRIMARY KEY (application, object)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE log (
        position INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, object TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX log_object ON log (object);
    CREATE TABLE exchange (
        position INTEGER PRIMARY KEY AUTOINCREMENT, application TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE mail (position INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL) STRICT;
";

/// What is counted and paged through. A database that was made before there were these gets them when it is opened.
const INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS log_application ON log (application);
    CREATE INDEX IF NOT EXISTS exchange_application ON exchange (application);
";

/// The database.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<Connection>,
    path: Option<PathBuf>,
}

impl Store {
    /// The database of a folder, which is made if it is not there; in memory without one.
    ///
    /// # Errors
    /// When the folder cannot be written to, when another process uses the database, and when it is damaged or another
    /// program's. It is left as it is then.
    pub fn open(folder: Option<&Path>) -> Result<Self, StoreError> {
        let Some(folder) = folder else {
            let connection = Connection::open_in_memory().map_err(StoreError::Database)?;
            return Store::ready(connection, None);
        };
        let unwritable = |error| StoreError::Folder { folder: folder.to_path_buf(), error };
        fs::create_dir_all(folder).map_err(unwritable)?;
        let path = folder.join(FILE);
        // People's data and credentials: for the owner's eyes alone. SQLite gives its other files the same mode.
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        drop(options.open(&path).map_err(unwritable)?);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(&path, flags).map_err(|error| StoreError::of(&path, error))?;
        Store::ready(connection, Some(path))
    }

    fn ready(connection: Connection, path: Option<PathBuf>) -> Result<Self, StoreError> {
        let shown = path.clone().unwrap_or_default();
        let of = |error| StoreError::of(&shown, error);
        let number = |pragma: &str| {
            connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i32>(0)).map_err(of)
        };
        if path.is_some() {
            // Taken with the first access and kept until the end: a second process is told so at once.
            connection.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(of)?;
        }
        let (application, version) = (number("application_id")?, number("user_version")?);
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(of)?;
        let empty = tables == 0 && application == 0;
        if !empty && application != APPLICATION {
            return Err(StoreError::Foreign(shown));
        }
        if !empty && version != VERSION {
            return Err(StoreError::Version { path: shown, version });
        }
        if !empty {
            let found: String =
                connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(of)?;
            if found != "ok" {
                return Err(StoreError::Damaged { path: shown, found });
            }
        }
        if path.is_some() {
            // What was committed outlives the process; the journal of a crash is played back when it is opened next.
            connection.pragma_update(None, "journal_mode", "WAL").map_err(of)?;
            connection.pragma_update(None, "synchronous", "NORMAL").map_err(of)?;
        }
        if empty {
            let header = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};");
            connection.execute_batch(&format!("BEGIN IMMEDIATE;{TABLES}{header}COMMIT;")).map_err(of)?;
        }
        connection.execute_batch(INDEXES).map_err(of)?;
        log::teach(&connection).map_err(of)?;
        // For checkpoints, which live as long as the program.
        connection.execute("ATTACH DATABASE ':memory:' AS kept", []).map_err(of)?;
        Ok(Store { connection: Mutex::new(connection), path })
    }

    /// The file; `None` in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic ended was rolled back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: rusqlite::Error) -> StoreError {
        StoreError::of(self.path.as_deref().unwrap_or(Path::new("")), error)
    }
}

#[cfg(test)]
mod tests;
