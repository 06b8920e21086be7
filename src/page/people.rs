//! Users and groups: the directory, and who of it is assigned to the application.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::form::Form;
use super::frame::{Frame, Told};
use super::{Page, Refusal, Shown, page};
use crate::entra::directory::{ObjectId, ObjectKind, User};
use crate::entra::directory_file;
use crate::tenant::{ApplicationInfo, DEFAULT_ROLE, Found, Record, TenantError};

/// So many rows are shown at once.
const SHOWN: usize = 200;

const KINDS: &[(&str, &str)] =
    &[("users", "Users"), ("groups", "Groups"), ("assigned", "Assigned"), ("deleted", "Deleted users")];

/// Properties that the form of a user has, beside those that the user has.
const USER_FORM: &[&str] = &[
    "userPrincipalName",
    "displayName",
    "givenName",
    "surname",
    "mail",
    "mailNickname",
    "jobTitle",
    "department",
    "employeeId",
    "companyName",
    "businessPhones",
    "mobilePhone",
    "officeLocation",
    "streetAddress",
    "city",
    "state",
    "postalCode",
    "country",
    "preferredLanguage",
];

const GROUP_FORM: &[&str] = &["displayName", "description", "mailNickname"];

#[derive(askama::Template)]
#[template(path = "tenant/people.html")]
struct People {
    frame: Frame,
    q: String,
    show: String,
    kinds: &'static [(&'static str, &'static str)],
    count: usize,
    more: bool,
    rows: Vec<Row>,
    form: Form,
}

struct Row {
    id: String,
    name: String,
    principal: String,
    state: &'static str,
    assigned: &'static str,
    account: String,
}

#[derive(askama::Template)]
#[template(path = "tenant/person.html")]
struct Person {
    frame: Frame,
    id: String,
    kind: &'static str,
    name: String,
    deleted: bool,
    is_user: bool,
    enabled: bool,
    assigned: bool,
    manager: String,
    roles: Vec<(String, String)>,
    properties: Vec<(String, String)>,
    members: Vec<(String, String)>,
}

fn name_of(record: &Record) -> String {
    record.text("displayName").or_else(|| record.text("userPrincipalName")).unwrap_or_default().to_owned()
}

impl Page {
    pub(super) async fn people(
        &self,
        info: &ApplicationInfo,
        query: &Form,
        typed: Option<&Form>,
        told: Option<Told>,
    ) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let show = if query.has("show") { query.get("show") } else { "users" };
        let q = query.get("q").to_lowercase();
        let assigned: HashSet<ObjectId> =
            self.live.assignments(&id)?.into_iter().map(|assignment| assignment.principal).collect();
        let directory = self.live.directory_of(&id)?;
        let mut found: Vec<Found> = Vec::new();
        let mut count = 0;
        let mut see = |object: &ObjectId, record: &Record| {
            let named = |name: &str| record.text(name).is_some_and(|text| text.to_lowercase().contains(&q));
            let passes = q.is_empty() || named("displayName") || named("userPrincipalName") || named("mail");
            if passes && (show != "assigned" || assigned.contains(object)) {
                count += 1;
                if found.len() < SHOWN {
                    found.push((object.clone(), record.clone()));
                }
            }
        };
        match show {
            "groups" => self.live.visit(ObjectKind::Group, false, &mut see),
            "deleted" => self.live.visit(ObjectKind::User, true, &mut see),
            "assigned" => {
                self.live.visit(ObjectKind::User, false, &mut see);
                self.live.visit(ObjectKind::Group, false, &mut see);
            }
            _ => self.live.visit(ObjectKind::User, false, &mut see),
        }
        let links: HashMap<ObjectId, String> = self.live.known_links(&id).into_iter().collect();
        let rows = found.iter().map(|(object, record)| {
            let user = directory.user(object);
            let state = match (&record.deleted, user) {
                (Some(_), _) => "in the recycle bin",
                (None, Some(user)) if !user.account_enabled() => "sign-in blocked",
                (None, Some(_)) => "active",
                (None, None) => "group",
            };
            let member = || {
                let mut groups = directory.groups().filter(|group| assigned.contains(group.id()));
                groups.any(|group| group.members().contains(object))
            };
            let assigned = match () {
                () if assigned.contains(object) => "directly",
                () if member() => "through a group",
                () => "",
            };
            Row {
                id: object.as_str().to_owned(),
                name: name_of(record),
                principal: record.text("userPrincipalName").unwrap_or_default().to_owned(),
                state,
                assigned,
                account: links.get(object).cloned().unwrap_or_default(),
            }
        });
        let rows: Vec<Row> = rows.collect();
        page(&People {
            frame: self.frame(info, "Users and groups", told),
            q: query.get("q").to_owned(),
            show: show.to_owned(),
            kinds: KINDS,
            count,
            more: count > rows.len(),
            rows,
            form: typed.cloned().unwrap_or_default(),
        })
    }

    pub(super) async fn change_people(
        &self,
        info: &ApplicationInfo,
        query: &Form,
        form: &Form,
    ) -> Result<Shown, Refusal> {
        let back = format!("/app/{}/people", info.service_principal);
        let done: Result<(String, String), Refusal> = match form.get("do") {
            "create-user" => self
                .create_user(form)
                .map(|(id, name)| (format!("{back}/{id}"), format!("{name} was created."))),
            "create-group" => {
                let name = form.get("displayName").trim();
                let body = json!({
                    "displayName": name, "mailEnabled": false, "securityEnabled": true,
                    "mailNickname": name.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-"),
                });
                let body = body.as_object().cloned().unwrap_or_default();
                let made = if name.is_empty() {
                    Err(TenantError::Invalid("A group needs a display name.".to_owned()))
                } else {
                    self.live.create_group(&body, &[])
                };
                made.map(|(id, _)| (format!("{back}/{id}"), format!("{name} was created.")))
                    .map_err(Refusal::from)
            }
            "make-up" => match form.get("number").parse::<usize>() {
                Ok(number) if (1..=100_000).contains(&number) => {
                    let seed = self.live.log_position();
                    let made = self.live.make_people(number, seed)?;
                    Ok((back.clone(), format!("{} people were made up.", made.len())))
                }
                _ => Err(Refusal::Wrong("Write a number from 1 to 100000.".to_owned())),
            },
            "import" => self.import(form.get("text")).map(|told| (back.clone(), told)),
            _ => Err(Refusal::NotFound),
        };
        match done {
            Ok((to, told)) => Ok(Shown::Done(to, told)),
            Err(Refusal::Wrong(why)) => self.people(info, query, Some(form), Some(Told::bad(why))).await,
            Err(other) => Err(other),
        }
    }

    fn create_user(&self, form: &Form) -> Result<(String, String), Refusal> {
        let principal = form.get("userPrincipalName").trim();
        let name = form.get("displayName").trim();
        let Some((local, domain)) =
            principal.split_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty())
        else {
            return Err(Refusal::Wrong(format!(
                "`{principal}` is no user principal name, as ada@contoso.example."
            )));
        };
        let mut names = name.splitn(2, ' ');
        let body = json!({
            "accountEnabled": true, "displayName": name, "mailNickname": local, "userPrincipalName": principal,
            "mail": format!("{local}@{domain}"), "passwordProfile": {}, "givenName": names.next(), "surname": names.next(),
        });
        let mut body = body.as_object().cloned().unwrap_or_default();
        body.retain(|_, value| !value.is_null());
        let (id, _) = self.live.create_user(&body)?;
        Ok((id.as_str().to_owned(), name.to_owned()))
    }

    fn import(&self, text: &str) -> Result<String, Refusal> {
        let ending = if text.trim_start().starts_with(['{', '[']) { "json" } else { "csv" };
        let mut contents = directory_file::read_from("the text", ending, text.as_bytes())
            .map_err(|mistake| Refusal::Wrong(mistake.render(false)))?;
        let imported = self.live.import(&mut contents)?;
        if let Some(first) = contents.problems.first() {
            return Err(Refusal::Wrong(format!(
                "{} were imported, {} rows were left out. The first: {}",
                imported.ids.len(),
                contents.left_out,
                first.render(false)
            )));
        }
        Ok(format!("{} were imported, {} were there already.", imported.ids.len(), imported.known))
    }

    pub(super) fn person(
        &self,
        info: &ApplicationInfo,
        asked: &str,
        told: Option<Told>,
    ) -> Result<Shown, Refusal> {
        let found = self.live.object(None, asked, false).or_else(|_| self.live.object(None, asked, true))?;
        let (id, record) = &found;
        let application = info.service_principal.to_string();
        let directory = self.live.directory_of(&application)?;
        let is_user = record.kind == ObjectKind::User;
        let names: &[&str] = if is_user { USER_FORM } else { GROUP_FORM };
        let value = |name: &str| match record.properties.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(all)) => all.first().and_then(Value::as_str).unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        let others = record
            .properties
            .iter()
            .filter(|(name, value)| value.is_string() && !names.contains(&name.as_str()));
        let properties =
            names.iter().map(|name| (*name).to_owned()).chain(others.map(|(name, _)| name.clone()));
        let manager = directory
            .user(id)
            .and_then(User::manager)
            .and_then(|id| self.live.object(None, id.as_str(), false).ok());
        let members = directory.group(id).map(|group| group.members().clone()).unwrap_or_default();
        let member = |id: &ObjectId| {
            let found = self
                .live
                .object(None, id.as_str(), false)
                .or_else(|_| self.live.object(None, id.as_str(), true));
            (id.as_str().to_owned(), found.map(|(_, record)| name_of(&record)).unwrap_or_default())
        };
        let name = name_of(record);
        page(&Person {
            frame: Frame { title: name.clone(), ..self.frame(info, "Users and groups", told) },
            id: id.as_str().to_owned(),
            kind: if is_user { "User" } else { "Group" },
            name,
            deleted: record.deleted.is_some(),
            is_user,
            enabled: directory.user(id).is_some_and(User::account_enabled),
            assigned: directory.is_assigned(id),
            manager: manager
                .and_then(|(_, record)| record.text("userPrincipalName").map(str::to_owned))
                .unwrap_or_default(),
            roles: roles(info),
            properties: properties
                .map(|name| {
                    let value = value(&name);
                    (name, value)
                })
                .collect(),
            members: members.iter().map(member).collect(),
        })
    }

    pub(super) async fn change_person(
        &self,
        info: &ApplicationInfo,
        asked: &str,
        form: &Form,
    ) -> Result<Shown, Refusal> {
        let back = format!("/app/{}/people", info.service_principal);
        let own = format!("{back}/{asked}");
        if form.get("do") == "on-demand" {
            return self.provision_person(info, asked).await;
        }
        match self.carry_out_on(info, asked, form) {
            Ok(told) if form.get("do") == "purge" => Ok(Shown::Done(back, told)),
            Ok(told)
                if self.live.object(None, asked, false).is_err()
                    && self.live.object(None, asked, true).is_err() =>
            {
                Ok(Shown::Done(back, told))
            }
            Ok(told) => Ok(Shown::Done(own, told)),
            Err(Refusal::Wrong(why)) => self.person(info, asked, Some(Told::bad(why))),
            Err(Refusal::NotFound) if form.has("member") || form.has("manager") => {
                let who = if form.has("member") { form.get("member") } else { form.get("manager") };
                self.person(info, asked, Some(Told::bad(format!("`{who}` is nobody in the directory."))))
            }
            Err(other) => Err(other),
        }
    }

    async fn provision_person(&self, info: &ApplicationInfo, asked: &str) -> Result<Shown, Refusal> {
        let mut form = Form::default();
        form.set("who", asked);
        self.provision(info, &form).await
    }

    fn carry_out_on(&self, info: &ApplicationInfo, asked: &str, form: &Form) -> Result<String, Refusal> {
        let live = &self.live;
        let application = info.service_principal.to_string();
        let kind = || live.object(None, asked, false).map(|(_, record)| record.kind);
        Ok(match form.get("do") {
            "assign" => {
                let role = Uuid::parse_str(form.get("role")).unwrap_or(DEFAULT_ROLE);
                live.assign(&application, asked, role)?;
                "Assigned to the application.".to_owned()
            }
            "unassign" => {
                let own = live.assignments(&application)?;
                for assignment in own.iter().filter(|assignment| assignment.principal.as_str() == asked) {
                    live.unassign(&assignment.id)?;
                }
                "The assignment was removed.".to_owned()
            }
            "delete" => {
                live.delete(kind()?, asked)?;
                "Deleted. Users lie in the recycle bin for 30 days.".to_owned()
            }
            "restore" => {
                live.restore(asked)?;
                "Restored.".to_owned()
            }
            "purge" => {
                live.purge(asked)?;
                "Deleted permanently.".to_owned()
            }
            "add-member" => {
                let member = self.named(form.get("member").trim()).ok_or(Refusal::NotFound)?;
                live.add_members(asked, &[member.as_str().to_owned()])?;
                "The member was added.".to_owned()
            }
            "remove-member" => {
                live.remove_member(asked, form.get("member"))?;
                "The member was removed.".to_owned()
            }
            "save" => {
                self.save_person(asked, kind()?, form)?;
                "Saved.".to_owned()
            }
            _ => return Err(Refusal::NotFound),
        })
    }

    fn save_person(&self, asked: &str, kind: ObjectKind, form: &Form) -> Result<(), Refusal> {
        let (_, record) = self.live.object(Some(kind), asked, false)?;
        let mut changed = Map::new();
        for (name, value) in form.below("p.") {
            let before = record.properties.get(name);
            let now = match value.trim() {
                "" => Value::Null,
                text if name == "businessPhones" => json!([text]),
                text => json!(text),
            };
            let was = before.cloned().unwrap_or(Value::Null);
            let empty_list = now.is_null() && was == json!([]);
            if now != was && !empty_list {
                changed.insert(
                    name.to_owned(),
                    if now.is_null() && name == "businessPhones" { json!([]) } else { now },
                );
            }
        }
        if kind == ObjectKind::User {
            changed.insert("accountEnabled".to_owned(), json!(form.get("enabled") == "on"));
            let manager = form.get("manager").trim();
            let wanted =
                if manager.is_empty() { None } else { Some(self.named(manager).ok_or(Refusal::NotFound)?) };
            let directory = self.live.directory();
            let id = self.live.object(Some(kind), asked, false)?.0;
            if directory.user(&id).and_then(User::manager) != wanted.as_ref() {
                self.live.set_manager(asked, wanted.as_ref().map(ObjectId::as_str))?;
            }
        }
        self.live.update(kind, asked, &changed)?;
        Ok(())
    }
}

fn roles(info: &ApplicationInfo) -> Vec<(String, String)> {
    let enabled = info.roles.iter().filter(|role| role.is_enabled);
    let roles: Vec<(String, String)> =
        enabled.map(|role| (role.id.to_string(), role.display_name.clone())).collect();
    if roles.is_empty() { vec![(DEFAULT_ROLE.to_string(), "Default access".to_owned())] } else { roles }
}
