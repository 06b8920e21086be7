//! The end of a story: is everybody at the target who should be, and how do they look there?

use serde_json::Value;

use super::Story;
use super::accounts::Account;
use super::state::Reading;
use crate::entra::directory::{self, SourceValue};
use crate::run::cast::{Casting, Mistake};
use crate::run::endstate::{Ending, Names};
use crate::wire::{ResourceKind, Target};

impl<T: Target, C: Casting> Story<'_, T, C> {
    pub(super) async fn expect_mirrored(&mut self, key: &str, line: usize) -> Result<(), Mistake> {
        let role = self.cast.role(key).ok_or_else(|| Mistake::NoSuchKey(key.to_owned()))?;
        let kind = role.kind;
        if self.rows(kind).is_none() || self.blocked.contains(key) {
            return Ok(());
        }
        let step = format!("line {line}: expect {key} mirrored");
        self.judge(key, kind, &step).await
    }

    /// Everybody at the end, as far as Entra had anything to do with them.
    pub(super) async fn judge_end(&mut self) -> Result<(), Mistake> {
        if self.history.is_empty() {
            return Ok(());
        }
        let everybody: Vec<(String, ResourceKind)> = self
            .cast
            .roles()
            .filter(|(key, role)| self.rows(role.kind).is_some() && self.target_id(key).is_some())
            .map(|(key, role)| (key.to_owned(), role.kind))
            .collect();
        let ids = self.ids();
        for (key, kind) in everybody {
            if self.is_over() {
                return Ok(());
            }
            let step = format!("end: {key}");
            let before = self.findings.len();
            if !self.blocked.contains(&key) {
                self.judge(&key, kind, &step).await?;
            }
            if self.findings.len() == before && !self.was_complained_about(&key) {
                let names = self.names(&key, ids.clone());
                self.remember_ending(&key, kind, &names, &step).await;
            }
        }
        self.judge_bystanders().await;
        Ok(())
    }

    /// Accounts that Entra had nothing to do with are as they were made.
    async fn judge_bystanders(&mut self) {
        let linked: Vec<&str> = self.job.links().map(|(_, link)| link.target_id.as_str()).collect();
        let bystanders: Vec<(String, Account)> = self
            .accounts
            .iter()
            .filter(|(_, made)| !linked.contains(&made.id.as_str()) && !self.touched.contains(&made.id))
            .map(|(key, made)| (key.clone(), made.clone()))
            .collect();
        for (key, made) in bystanders {
            if self.is_over() {
                return;
            }
            let step = format!("end: the account {key}");
            match self.read(made.kind, &made.id, &step).await {
                Reading::Resource(exchange) => {
                    for (path, value) in &made.values {
                        self.compare(&key, path, value, &exchange);
                    }
                }
                reading => self.unreadable(&key, made.kind, reading),
            }
        }
    }

    async fn judge(&mut self, key: &str, kind: ResourceKind, step: &str) -> Result<(), Mistake> {
        let Some(id) = self.target_id(key) else {
            self.no_account(key, kind);
            return Ok(());
        };
        match self.read(kind, &id, step).await {
            Reading::Resource(_) => self.expect_found(key, kind, &id, false, step).await,
            Reading::Nothing(_) => Ok(()),
            reading => {
                self.unreadable(key, kind, reading);
                Ok(())
            }
        }
    }

    fn was_complained_about(&self, key: &str) -> bool {
        self.blocked.contains(key) || self.told.iter().any(|(about, _)| about == key)
    }

    async fn remember_ending(&mut self, key: &str, kind: ResourceKind, names: &Names, step: &str) {
        let Some(id) = self.target_id(key) else { return };
        let targets: Vec<_> = match self.rows(kind) {
            Some(mapping) => {
                mapping.rows.iter().map(|row| (row.target.clone(), row.is_reference())).collect()
            }
            None => return,
        };
        let ending = match self.read(kind, &id, step).await {
            Reading::Resource(exchange) => {
                let resource = exchange.json().cloned();
                Ending::of(resource.as_ref(), &targets, names, exchange)
            }
            Reading::Nothing(exchange) => Ending::of(None, &targets, names, exchange),
            Reading::Unclear(..) => return,
        };
        self.end.insert(key.to_owned(), ending);
    }

    /// What is different in every trial: ids and the prefix.
    fn ids(&self) -> Names {
        let mut names = Names::default();
        names.add(self.casting.prefix(), "prefix");
        for (account, made) in &self.accounts {
            names.add(&made.id, account);
        }
        for (key, role) in self.cast.roles() {
            for id in role.former.iter().chain(&role.id) {
                names.add(id.as_str(), &format!("{key}.objectId"));
                for known in self.known.get(id).into_iter().flatten() {
                    names.add(known, key);
                }
            }
        }
        names
    }

    /// The values of one person or group beside the ids of all.
    fn names(&self, key: &str, mut names: Names) -> Names {
        let id = self.cast.role(key).and_then(|role| role.id.clone());
        let Some((id, state)) = id.and_then(|id| Some((self.last_seen(&id)?, id))).map(|(s, id)| (id, s))
        else {
            return names;
        };
        let Some(object) = state.object(&id) else { return names };
        let kind = object.kind();
        for attribute in directory::attributes(kind).iter().filter(|attribute| !attribute.computed) {
            if let Some(SourceValue::Text(text)) = object.get(attribute.name).as_deref() {
                names.add(text, attribute.name);
            }
        }
        // What an expression makes of them is in no source attribute.
        for row in self.mapping.object(kind).into_iter().flat_map(|mapping| &mapping.rows) {
            if let Some(Value::String(text)) = self.mapped(row, &id).filter(|_| !row.is_reference()) {
                names.add(&text, &row.written);
            }
        }
        names
    }
}
