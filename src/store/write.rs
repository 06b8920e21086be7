use rusqlite::{Transaction, params};
use serde_json::Value;

use super::{EXCHANGES_KEPT, Store, StoreError};

/// Every table.
pub(super) const TABLES: [&str; 11] = [
    "meta",
    "object",
    "member",
    "application",
    "application_part",
    "assignment",
    "change",
    "link",
    "log",
    "exchange",
    "mail",
];

/// One thing that is written. Ids are texts, bodies JSON.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are the columns")]
pub enum Write {
    /// A value of the tenant itself.
    Meta { name: &'static str, value: String },
    /// A user or a group, new or changed.
    Object { id: String, kind: &'static str, manager: Option<String>, body: Value },
    /// A user or group is gone for good, with its memberships, assignments and reports' links.
    ObjectGone { id: String },
    /// A group has a member.
    Member { holder: String, member: String },
    /// A group has a member less.
    MemberGone { holder: String, member: String },
    /// A part of an application; the application is made with its first part.
    Application { id: String, part: &'static str, body: Value },
    /// A part of an application is gone.
    ApplicationPartGone { id: String, part: &'static str },
    /// An application is gone with everything that belongs to it, but its logs.
    ApplicationGone { id: String },
    /// Somebody is assigned to an application.
    Assignment { id: String, application: String, body: Value },
    /// An assignment is gone.
    AssignmentGone { id: String },
    /// A change of the directory that an application's job has not looked at.
    Change { application: String, position: u64, body: Value },
    /// A job has looked at every change that was kept before this position.
    ChangesSeen { application: String, before: u64 },
    /// A job has a link, or none any more, that its memory does not hold yet.
    Link { application: String, object: String, kind: &'static str, target: Option<String>, active: bool },
    /// The job's memory holds every link.
    LinksHeld { application: String },
    /// A line of the provisioning log.
    Log { application: String, object: String, body: Value },
    /// A request and its answer.
    Exchange { application: String, body: Value },
    /// A mail that would have been sent.
    Mail { body: Value },
    /// Everything is gone.
    Nothing,
}

impl Store {
    /// Writes all of it or nothing.
    ///
    /// # Errors
    /// When the disk is full or the file is gone; nothing was written then.
    pub fn write(&self, writes: &[Write]) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection();
        let written = (|| {
            let transaction = connection.transaction()?;
            for write in writes {
                write.carry_out(&transaction)?;
            }
            transaction.commit()
        })();
        written.map_err(|error| self.failed(error))
    }
}

impl Write {
    fn carry_out(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            transaction.prepare_cached(sql)?.execute(values).map(drop)
        };
        match self {
            Write::Meta { name, value } => run(
                "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
                params![name, value],
            ),
            Write::Object { id, kind, manager, body } => run(
                "INSERT INTO object (id, kind, manager, body) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (id) DO UPDATE SET manager = excluded.manager, body = excluded.body",
                params![id, kind, manager, body.to_string()],
            ),
            Write::ObjectGone { id } => {
                run("DELETE FROM object WHERE id = ?1", params![id])?;
                run("DELETE FROM member WHERE holder = ?1 OR member = ?1", params![id])?;
                run("UPDATE object SET manager = NULL WHERE manager = ?1", params![id])
            }
            Write::Member { holder, member } => run(
                "INSERT INTO member (holder, member) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![holder, member],
            ),
            Write::MemberGone { holder, member } => {
                run("DELETE FROM member WHERE holder = ?1 AND member = ?2", params![holder, member])
            }
            Write::Application { id, part, body } => {
                run("INSERT INTO application (id) VALUES (?1) ON CONFLICT DO NOTHING", params![id])?;
                run(
                    "INSERT INTO application_part VALUES (?1, ?2, ?3) \
                     ON CONFLICT DO UPDATE SET body = excluded.body",
                    params![id, part, body.to_string()],
                )
            }
            Write::ApplicationPartGone { id, part } => {
                run("DELETE FROM application_part WHERE application = ?1 AND name = ?2", params![id, part])
            }
            Write::ApplicationGone { id } => {
                for table in ["application_part", "assignment", "change", "link"] {
                    run(&format!("DELETE FROM {table} WHERE application = ?1"), params![id])?;
                }
                run("DELETE FROM application WHERE id = ?1", params![id])
            }
            Write::Assignment { id, application, body } => run(
                "INSERT INTO assignment (id, application, body) VALUES (?1, ?2, ?3)",
                params![id, application, body.to_string()],
            ),
            Write::AssignmentGone { id } => run("DELETE FROM assignment WHERE id = ?1", params![id]),
            Write::Change { application, position, body } => run(
                "INSERT INTO change VALUES (?1, ?2, ?3)",
                params![application, i64::try_from(*position).unwrap_or(i64::MAX), body.to_string()],
            ),
            Write::ChangesSeen { application, before } => run(
                "DELETE FROM change WHERE application = ?1 AND position < ?2",
                params![application, i64::try_from(*before).unwrap_or(i64::MAX)],
            ),
            Write::Link { application, object, kind, target, active } => run(
                "INSERT INTO link VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT DO UPDATE SET target = excluded.target, active = excluded.active",
                params![application, object, kind, target, active],
            ),
            Write::LinksHeld { application } => {
                run("DELETE FROM link WHERE application = ?1", params![application])
            }
            Write::Log { application, object, body } => run(
                "INSERT INTO log (application, object, body) VALUES (?1, ?2, ?3)",
                params![application, object, body.to_string()],
            ),
            Write::Exchange { application, body } => {
                run(
                    "INSERT INTO exchange (application, body) VALUES (?1, ?2)",
                    params![application, body.to_string()],
                )?;
                let position = transaction.last_insert_rowid();
                // Now and then, so that a write is not two.
                if position % 1_000 == 0 && position > EXCHANGES_KEPT {
                    run("DELETE FROM exchange WHERE position <= ?1", params![position - EXCHANGES_KEPT])?;
                }
                Ok(())
            }
            Write::Mail { body } => run("INSERT INTO mail (body) VALUES (?1)", params![body.to_string()]),
            Write::Nothing => {
                for table in TABLES {
                    run(&format!("DELETE FROM {table}"), params![])?;
                }
                Ok(())
            }
        }
    }
}
