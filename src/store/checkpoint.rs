//! Copies of everything, in memory, for tests that go back to where they began.

use super::write::TABLES;
use super::{Store, StoreError};

impl Store {
    /// Keeps a copy under a name; one of that name is replaced.
    ///
    /// # Errors
    /// When the name is no short word, or the database fails.
    pub fn checkpoint(&self, name: &str) -> Result<(), StoreError> {
        let name = checked(name)?;
        let mut sql = String::from("BEGIN;");
        for table in TABLES {
            sql.push_str(&format!("DROP TABLE IF EXISTS kept.\"{name}_{table}\";"));
            sql.push_str(&format!("CREATE TABLE kept.\"{name}_{table}\" AS SELECT * FROM main.{table};"));
        }
        self.run(&sql)
    }

    /// Brings a copy back.
    ///
    /// # Errors
    /// When there is none of that name, or the database fails; nothing is changed then.
    pub fn restore(&self, name: &str) -> Result<(), StoreError> {
        let name = checked(name)?;
        let known: i64 = self
            .connection()
            .query_row(
                "SELECT count(*) FROM kept.sqlite_schema WHERE name = ?1",
                [format!("{name}_meta")],
                |row| row.get(0),
            )
            .map_err(|error| self.failed(error))?;
        if known == 0 {
            return Err(StoreError::NoCheckpoint(name.to_owned()));
        }
        let mut sql = String::from("BEGIN;");
        for table in TABLES {
            sql.push_str(&format!("DELETE FROM main.{table};"));
            sql.push_str(&format!("INSERT INTO main.{table} SELECT * FROM kept.\"{name}_{table}\";"));
        }
        self.run(&sql)
    }

    /// Runs a transaction of which only the end is missing.
    fn run(&self, sql: &str) -> Result<(), StoreError> {
        let connection = self.connection();
        let done = connection.execute_batch(&format!("{sql}COMMIT;"));
        done.map_err(|error| {
            // There may be no transaction to end.
            let _ = connection.execute_batch("ROLLBACK;");
            self.failed(error)
        })
    }
}

/// A name stands in SQL: letters, digits and hyphens alone.
fn checked(name: &str) -> Result<&str, StoreError> {
    let fits = !name.is_empty()
        && name.len() <= 40
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits { Ok(name) } else { Err(StoreError::CheckpointName(name.to_owned())) }
}
