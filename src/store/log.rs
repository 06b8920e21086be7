//! What is read newest first and a page at a time: the provisioning log and the exchanges.

use std::fmt;

use jiff::Timestamp;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, ToSql};
use serde_json::Value;

use super::read::json;
use super::{Store, StoreError};

/// Which lines of the log are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery<'a> {
    /// Of this application.
    pub application: Option<&'a str>,
    /// Of this object.
    pub object: Option<&'a str>,
    /// Of this cycle.
    pub cycle: Option<&'a str>,
    /// With this status, in any letter case.
    pub status: Option<&'a str>,
    /// With this action, in any letter case.
    pub action: Option<&'a str>,
    /// That have this in a name or an id, in any letter case.
    pub text: Option<&'a str>,
    /// Not earlier than this second.
    pub from: Option<Timestamp>,
    /// Not later than this second.
    pub to: Option<Timestamp>,
    /// Only lines written before this one.
    pub before: Option<i64>,
}

/// Where a page of a list stands that is read newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// How many are newer than the page.
    pub newer: usize,
    /// How many there are in all.
    pub all: usize,
    /// What the page of newer ones comes before; `None` when it is the first.
    pub previous: Option<i64>,
}

/// What rows must be like: conditions of SQL, each with the value of its `?`.
#[derive(Default)]
pub(super) struct Conditions(Vec<(&'static str, Sql)>);

impl Conditions {
    /// One more, if there is a value for it.
    pub fn on(mut self, condition: &'static str, value: Option<impl Into<Sql>>) -> Self {
        self.0.extend(value.map(|value| (condition, value.into())));
        self
    }

    /// The values in the order of the conditions, and others after them.
    pub fn values<'a>(&'a self, others: &[&'a dyn ToSql]) -> Vec<&'a dyn ToSql> {
        self.0.iter().map(|(_, value)| value as &dyn ToSql).chain(others.iter().copied()).collect()
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (condition, _)) in self.0.iter().enumerate() {
            write!(f, " {} {condition}", if number == 0 { "WHERE" } else { "AND" })?;
        }
        Ok(())
    }
}

impl LogQuery<'_> {
    /// What it says, but for where the page begins.
    fn conditions(&self) -> Conditions {
        let text = |value: Option<&str>| value.map(str::to_owned);
        let low = |value: Option<&str>| value.map(str::to_lowercase);
        let second = |at: Option<Timestamp>| at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S").to_string());
        Conditions::default()
            .on("application = ?", text(self.application))
            .on("object = ?", text(self.object))
            .on("body ->> '$.cycleId' = ?", text(self.cycle))
            .on("lower(body ->> '$.provisioningStatusInfo.status') = ?", low(self.status))
            .on("lower(body ->> '$.provisioningAction') = ?", low(self.action))
            .on("substr(body ->> '$.activityDateTime', 1, 19) >= ?", second(self.from))
            .on("substr(body ->> '$.activityDateTime', 1, 19) <= ?", second(self.to))
            .on(
                "holds(body ->> '$.sourceIdentity.displayName', body ->> '$.sourceIdentity.id', \
                 body ->> '$.targetIdentity.id', ?)",
                low(self.text),
            )
    }
}

/// Gives SQL a function whose last argument is looked for in the others without letter case, as SQLite itself does for
/// ASCII alone.
pub(super) fn teach(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("holds", -1, flags, |arguments| {
        let last = arguments.len().saturating_sub(1);
        let wanted: String = arguments.get(last)?;
        for number in 0..last {
            let held: Option<String> = arguments.get(number)?;
            if held.is_some_and(|held| held.to_lowercase().contains(&wanted)) {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

impl Store {
    /// Lines of the log with their numbers, newest first, until `take` says that it is enough.
    ///
    /// # Errors
    /// When the database fails or a row cannot be read.
    pub fn log(
        &self,
        query: &LogQuery<'_>,
        mut take: impl FnMut(i64, Value) -> bool,
    ) -> Result<(), StoreError> {
        let asked = query.conditions().on("position < ?", query.before);
        let sql = format!("SELECT position, body FROM log{asked} ORDER BY position DESC");
        let connection = self.connection();
        let read = (|| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(&*asked.values(&[]))?;
            while let Some(row) = rows.next()? {
                if !take(row.get(0)?, json(row, 1)?) {
                    break;
                }
            }
            Ok(())
        })();
        read.map_err(|error| self.failed(error))
    }

    /// Where a page of so many lines stands among those that are asked for.
    ///
    /// # Errors
    /// When the database fails.
    pub fn log_place(&self, query: &LogQuery<'_>, size: usize) -> Result<Place, StoreError> {
        self.place("log", query.conditions(), query.before, size)
    }

    /// Where a page of so many exchanges stands among those of an application.
    ///
    /// # Errors
    /// When the database fails.
    pub fn exchange_place(
        &self,
        application: &str,
        before: Option<i64>,
        size: usize,
    ) -> Result<Place, StoreError> {
        let asked = Conditions::default().on("application = ?", Some(application.to_owned()));
        self.place("exchange", asked, before, size)
    }

    /// How many exchanges there are, of one application or all.
    ///
    /// # Errors
    /// When the database fails.
    pub fn exchange_count(&self, application: Option<&str>) -> Result<usize, StoreError> {
        let asked = Conditions::default().on("application = ?", application.map(str::to_owned));
        self.count("exchange", &asked)
    }

    fn count(&self, table: &str, asked: &Conditions) -> Result<usize, StoreError> {
        let sql = format!("SELECT count(*) FROM {table}{asked}");
        let counted: Vec<i64> = self.all(&sql, &asked.values(&[]), |row| row.get(0))?;
        Ok(counted.first().and_then(|count| usize::try_from(*count).ok()).unwrap_or(0))
    }

    fn place(
        &self,
        table: &str,
        asked: Conditions,
        before: Option<i64>,
        size: usize,
    ) -> Result<Place, StoreError> {
        let all = self.count(table, &asked)?;
        let Some(before) = before else { return Ok(Place { newer: 0, all, previous: None }) };
        let asked = asked.on("position >= ?", Some(before));
        let newer = self.count(table, &asked)?;
        // With no more than a page of newer ones the page before is the first.
        let skipped = i64::try_from(size.saturating_sub(1)).unwrap_or(i64::MAX);
        let sql = format!("SELECT position FROM {table}{asked} ORDER BY position LIMIT 1 OFFSET ?");
        let found: Vec<i64> = if newer > size {
            self.all(&sql, &asked.values(&[&skipped]), |row| row.get(0))?
        } else {
            Vec::new()
        };
        Ok(Place { newer, all, previous: found.first().map(|newest| newest + 1) })
    }
}
