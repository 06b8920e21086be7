use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::Value;

use super::log::Conditions;
use super::{Store, StoreError};

/// A user or a group.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectRow {
    /// The object id.
    pub id: String,
    /// `user` or `group`.
    pub kind: String,
    /// The manager's id.
    pub manager: Option<String>,
    /// Everything else.
    pub body: Value,
}

/// An application with its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplicationRow {
    /// The id of its service principal.
    pub id: String,
    /// Its parts by name.
    pub parts: BTreeMap<String, Value>,
}

/// A link that the job's memory does not hold yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// The source object.
    pub object: String,
    /// `user` or `group`.
    pub kind: String,
    /// The id at the target; `None` when the link is gone.
    pub target: Option<String>,
    /// Whether the account is active.
    pub active: bool,
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ExchangeRow {
    /// Its number, from 1.
    pub position: i64,
    /// What is kept of it.
    pub body: Value,
}

impl Store {
    /// A value of the tenant itself.
    ///
    /// # Errors
    /// When the database fails.
    pub fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        let connection = self.connection();
        let value = connection
            .prepare_cached("SELECT value FROM meta WHERE name = ?1")
            .and_then(|mut statement| statement.query_row(params![name], |row| row.get(0)).optional());
        value.map_err(|error| self.failed(error))
    }

    /// Every user and group, in the order they were made.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn objects(&self) -> Result<Vec<ObjectRow>, StoreError> {
        self.all("SELECT id, kind, manager, body FROM object ORDER BY position", &[], |row| {
            Ok(ObjectRow { id: row.get(0)?, kind: row.get(1)?, manager: row.get(2)?, body: json(row, 3)? })
        })
    }

    /// Every membership, group first, in the order they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub fn members(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.all("SELECT holder, member FROM member ORDER BY position", &[], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }

    /// Every application, in the order they were made.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn applications(&self) -> Result<Vec<ApplicationRow>, StoreError> {
        let ids: Vec<String> =
            self.all("SELECT id FROM application ORDER BY position", &[], |row| row.get(0))?;
        let parts_of = |id: &String| {
            let parts: Vec<(String, Value)> = self.all(
                "SELECT name, body FROM application_part WHERE application = ?1",
                params![id],
                |row| Ok((row.get(0)?, json(row, 1)?)),
            )?;
            Ok(ApplicationRow { id: id.clone(), parts: parts.into_iter().collect() })
        };
        ids.iter().map(parts_of).collect()
    }

    /// Every assignment to an application with its id, in the order they were made.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn assignments(&self, application: &str) -> Result<Vec<(String, Value)>, StoreError> {
        self.all(
            "SELECT id, body FROM assignment WHERE application = ?1 ORDER BY position",
            params![application],
            |row| Ok((row.get(0)?, json(row, 1)?)),
        )
    }

    /// The changes that an application's job has not looked at, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn changes(&self, application: &str) -> Result<Vec<Value>, StoreError> {
        self.all(
            "SELECT body FROM change WHERE application = ?1 ORDER BY position",
            params![application],
            |row| json(row, 0),
        )
    }

    /// The links that a job's memory does not hold.
    ///
    /// # Errors
    /// When the database fails.
    pub fn links(&self, application: &str) -> Result<Vec<LinkRow>, StoreError> {
        self.all(
            "SELECT object, kind, target, active FROM link WHERE application = ?1",
            params![application],
            |row| {
                Ok(LinkRow {
                    object: row.get(0)?,
                    kind: row.get(1)?,
                    target: row.get(2)?,
                    active: row.get(3)?,
                })
            },
        )
    }

    /// The newest exchanges, newest first: of one application or all, older than `before` if it is given.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn exchanges(
        &self,
        application: Option<&str>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<ExchangeRow>, StoreError> {
        let asked = Conditions::default()
            .on("application = ?", application.map(str::to_owned))
            .on("position < ?", before);
        let sql = format!("SELECT position, body FROM exchange{asked} ORDER BY position DESC LIMIT ?");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(&sql, &asked.values(&[&limit]), |row| {
            Ok(ExchangeRow { position: row.get(0)?, body: json(row, 1)? })
        })
    }

    /// The exchange of that number.
    ///
    /// # Errors
    /// When the database fails or the row cannot be read.
    pub fn exchange(&self, position: i64) -> Result<Option<ExchangeRow>, StoreError> {
        let found =
            self.all("SELECT position, body FROM exchange WHERE position = ?1", params![position], |row| {
                Ok(ExchangeRow { position: row.get(0)?, body: json(row, 1)? })
            })?;
        Ok(found.into_iter().next())
    }

    /// The mails that would have been sent, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn mails(&self) -> Result<Vec<Value>, StoreError> {
        self.all("SELECT body FROM mail ORDER BY position", &[], |row| json(row, 0))
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let connection = self.connection();
        let rows = connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(values, |row| read(row))?.collect());
        rows.map_err(|error| self.failed(error))
    }
}

/// A column that holds JSON.
pub(super) fn json(row: &Row<'_>, column: usize) -> rusqlite::Result<Value> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}
