//! Users and groups: the directory, and who of it is assigned to the application.

use std::collections::{HashMap, HashSet};

use serde_json::json;
use uuid::Uuid;

use super::form::Form;
use super::frame::{Frame, Told};
use super::mistake::{Mistake, Refused};
use super::pager::Pager;
use super::person_form::PersonFields;
use super::{Page, Refusal, Shown, page};
use crate::entra::directory::{Group, ObjectId, ObjectKind};
use crate::entra::directory_file;
use crate::tenant::{ApplicationInfo, DEFAULT_ROLE, Found, Record};

/// So many rows are shown at once.
pub(super) const SHOWN: usize = 200;

const KINDS: &[(&str, &str)] =
    &[("users", "Users"), ("groups", "Groups"), ("assigned", "Assigned"), ("deleted", "Deleted users")];

#[derive(askama::Template)]
#[template(path = "tenant/people.html")]
struct People {
    frame: Frame,
    q: String,
    show: String,
    kinds: &'static [(&'static str, &'static str)],
    pager: Pager,
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
    assigned: bool,
    roles: Vec<(String, String)>,
    fields: PersonFields,
    /// What the fields hold before somebody types.
    shown: String,
    members: Vec<(String, String)>,
    /// Whom somebody wanted to add.
    member: Option<String>,
}

/// The address of a list with its search.
fn path(application: &str, show: &str, q: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("show", show);
    if !q.is_empty() {
        query.append_pair("q", q);
    }
    format!("/app/{application}/people?{}", query.finish())
}

fn name_of(record: &Record) -> String {
    record.text("displayName").or_else(|| record.text("userPrincipalName")).unwrap_or_default().to_owned()
}

impl Page {
    pub(super) async fn people(
        &self,
        info: &ApplicationInfo,
        query: &Form,
        refused: Option<Refused<'_>>,
        told: Option<Told>,
    ) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let show = if query.has("show") { query.get("show") } else { "users" };
        let assigned: HashSet<ObjectId> =
            self.live.assignments(&id)?.into_iter().map(|assignment| assignment.principal).collect();
        let only = (show == "assigned").then_some(&assigned);
        let (found, number, all) = self.found(show, query, only);
        let path = path(&id, show, query.get("q"));
        let rows = self.rows(&id, &found, &assigned)?;
        page(&People {
            frame: self.frame_with(info, "Users and groups", told, refused.as_ref()),
            q: query.get("q").to_owned(),
            show: show.to_owned(),
            kinds: KINDS,
            pager: Pager::numbered(&path, number, SHOWN, all),
            rows,
            form: refused.map(|refused| refused.form.clone()).unwrap_or_default(),
        })
    }

    /// Those of one page, its number, and how many there are in all. A page beyond the end is the last one.
    fn found(
        &self,
        show: &str,
        query: &Form,
        only: Option<&HashSet<ObjectId>>,
    ) -> (Vec<Found>, usize, usize) {
        let q = query.get("q").to_lowercase();
        let passes = |object: &ObjectId, record: &Record| {
            let named = |name: &str| record.text(name).is_some_and(|text| text.to_lowercase().contains(&q));
            only.is_none_or(|only| only.contains(object))
                && (q.is_empty() || named("displayName") || named("userPrincipalName") || named("mail"))
        };
        let kinds: &[(ObjectKind, bool)] = match show {
            "groups" => &[(ObjectKind::Group, false)],
            "deleted" => &[(ObjectKind::User, true)],
            "assigned" => &[(ObjectKind::User, false), (ObjectKind::Group, false)],
            _ => &[(ObjectKind::User, false)],
        };
        let collect = |number: usize| {
            let (mut found, mut count) = (Vec::new(), 0);
            let own = (number - 1).saturating_mul(SHOWN)..number.saturating_mul(SHOWN);
            for (kind, deleted) in kinds {
                self.live.visit(*kind, *deleted, |object, record| {
                    if passes(object, record) {
                        if own.contains(&count) {
                            found.push((object.clone(), record.clone()));
                        }
                        count += 1;
                    }
                });
            }
            (found, number, count)
        };
        let collected = collect(query.get("page").parse().unwrap_or(1).max(1));
        let last = collected.2.div_ceil(SHOWN).max(1);
        if collected.1 > last { collect(last) } else { collected }
    }

    fn rows(
        &self,
        application: &str,
        found: &[Found],
        assigned: &HashSet<ObjectId>,
    ) -> Result<Vec<Row>, Refusal> {
        let directory = self.live.directory_of(application)?;
        let groups = directory.groups().filter(|group| assigned.contains(group.id()));
        let through: HashSet<&ObjectId> = groups.flat_map(Group::members).collect();
        let mut links: HashMap<ObjectId, String> = self.live.known_links(application).into_iter().collect();
        let rows = found.iter().map(|(object, record)| Row {
            id: object.as_str().to_owned(),
            name: name_of(record),
            principal: record.text("userPrincipalName").unwrap_or_default().to_owned(),
            state: match (&record.deleted, directory.user(object)) {
                (Some(_), _) => "in the recycle bin",
                (None, Some(user)) if !user.account_enabled() => "sign-in blocked",
                (None, Some(_)) => "active",
                (None, None) => "group",
            },
            assigned: match () {
                () if assigned.contains(object) => "directly",
                () if through.contains(object) => "through a group",
                () => "",
            },
            account: links.remove(object).unwrap_or_default(),
        });
        Ok(rows.collect())
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
            "create-group" => self
                .create_group(form)
                .map(|(id, name)| (format!("{back}/{id}"), format!("{name} was created."))),
            "make-up" => self.make_up(form.get("number")).map(|told| (back.clone(), told)),
            "import" => self.import(form.get("text")).map(|told| (back.clone(), told)),
            _ => Err(Refusal::NotFound),
        };
        match done {
            Ok((to, told)) => Ok(Shown::Done(to, told)),
            Err(refusal) => {
                let mistakes = refusal.mistakes()?;
                self.people(info, query, Some(Refused { form, mistakes }), None).await
            }
        }
    }

    fn create_user(&self, form: &Form) -> Result<(String, String), Refusal> {
        let principal = form.get("userPrincipalName").trim();
        let name = form.get("displayName").trim();
        let parts =
            principal.split_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty());
        let mut mistakes = Vec::new();
        if parts.is_none() {
            let why = format!("`{principal}` is no user principal name, as ada@contoso.example.");
            mistakes.push(Mistake::new("userPrincipalName", why));
        }
        if name.is_empty() {
            mistakes.push(Mistake::new("displayName", "A user needs a display name."));
        }
        let Some((local, domain)) = parts.filter(|_| mistakes.is_empty()) else {
            return Err(Refusal::Mistaken(mistakes));
        };
        let mut names = name.splitn(2, ' ');
        let body = json!({
            "accountEnabled": true, "displayName": name, "mailNickname": local, "userPrincipalName": principal,
            "mail": format!("{local}@{domain}"), "passwordProfile": {}, "givenName": names.next(), "surname": names.next(),
        });
        let mut body = body.as_object().cloned().unwrap_or_default();
        body.retain(|_, value| !value.is_null());
        let field = |property: String| match property.as_str() {
            "givenName" | "surname" => "displayName".to_owned(),
            "mailNickname" => "userPrincipalName".to_owned(),
            _ => property,
        };
        let (id, _) = self.live.create_user(&body).map_err(|error| Refusal::from(error).moved(field))?;
        Ok((id.as_str().to_owned(), name.to_owned()))
    }

    fn create_group(&self, form: &Form) -> Result<(String, String), Refusal> {
        let name = form.get("group").trim();
        if name.is_empty() {
            return Err(Refusal::at("group", "A group needs a display name."));
        }
        let body = json!({
            "displayName": name, "mailEnabled": false, "securityEnabled": true,
            "mailNickname": name.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-"),
        });
        let made = self.live.create_group(&body.as_object().cloned().unwrap_or_default(), &[]);
        let (id, _) = made.map_err(|error| Refusal::from(error).moved(|_| "group".to_owned()))?;
        Ok((id.as_str().to_owned(), name.to_owned()))
    }

    fn make_up(&self, number: &str) -> Result<String, Refusal> {
        let number: Option<usize> =
            number.trim().parse().ok().filter(|number| (1..=100_000).contains(number));
        let Some(number) = number else {
            return Err(Refusal::at("number", "Write a number from 1 to 100000."));
        };
        let made = self.live.make_people(number, self.live.log_position())?;
        Ok(format!("{} people were made up.", made.len()))
    }

    fn import(&self, text: &str) -> Result<String, Refusal> {
        let ending = if text.trim_start().starts_with(['{', '[']) { "json" } else { "csv" };
        let mut contents = directory_file::read_from("the text", ending, text.as_bytes())
            .map_err(|mistake| Refusal::at("text", mistake.render(false)))?;
        let imported = self.live.import(&mut contents)?;
        if let Some(first) = contents.problems.first() {
            let why = format!(
                "{} were imported, {} rows were left out. The first: {}",
                imported.ids.len(),
                contents.left_out,
                first.render(false)
            );
            return Err(Refusal::at("text", why));
        }
        Ok(format!("{} were imported, {} were there already.", imported.ids.len(), imported.known))
    }

    pub(super) fn person(
        &self,
        info: &ApplicationInfo,
        asked: &str,
        refused: Option<Refused<'_>>,
        told: Option<Told>,
    ) -> Result<Shown, Refusal> {
        let found = self.live.object(None, asked, false).or_else(|_| self.live.object(None, asked, true))?;
        let (id, record) = &found;
        let directory = self.live.directory_of(&info.service_principal.to_string())?;
        let name = name_of(record);
        let frame = self.frame_with(info, "Users and groups", told, refused.as_ref());
        let typed = refused.as_ref().map(|refused| refused.form);
        let fields = self.person_fields(record, directory.user(id));
        let typed_fields = typed.filter(|form| form.get("do") == "save");
        let members = directory.group(id).map(|group| group.members().clone()).unwrap_or_default();
        page(&Person {
            frame: Frame { title: name.clone(), ..frame },
            id: id.as_str().to_owned(),
            kind: if record.kind == ObjectKind::User { "User" } else { "Group" },
            name,
            deleted: record.deleted.is_some(),
            is_user: record.kind == ObjectKind::User,
            assigned: directory.is_assigned(id),
            roles: roles(info),
            shown: fields.shown(),
            fields: fields.typed(typed_fields),
            members: members.iter().map(|id| self.member(id)).collect(),
            member: typed
                .filter(|form| form.get("do") == "add-member")
                .map(|form| form.get("member").to_owned()),
        })
    }

    fn member(&self, id: &ObjectId) -> (String, String) {
        let found =
            self.live.object(None, id.as_str(), false).or_else(|_| self.live.object(None, id.as_str(), true));
        (id.as_str().to_owned(), found.map(|(_, record)| name_of(&record)).unwrap_or_default())
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
            Err(refusal) => {
                let mistakes = refusal.mistakes()?;
                self.person(info, asked, Some(Refused { form, mistakes }), None)
            }
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
                let at_field = |why: String| Refusal::at("member", why);
                let member = self.named(form.get("member").trim(), None).map_err(at_field)?;
                let added = live.add_members(asked, &[member.as_str().to_owned()]);
                added.map_err(|error| at_field(error.to_string()))?;
                "The member was added.".to_owned()
            }
            "remove-member" => {
                let removed = live.remove_member(asked, form.get("member"));
                removed.map_err(|error| Refusal::Wrong(error.to_string()))?;
                "The member was removed.".to_owned()
            }
            "save" => {
                self.save_person(&application, asked, kind()?, form)?;
                "Saved.".to_owned()
            }
            _ => return Err(Refusal::NotFound),
        })
    }
}

fn roles(info: &ApplicationInfo) -> Vec<(String, String)> {
    let enabled = info.roles.iter().filter(|role| role.is_enabled);
    let roles: Vec<(String, String)> =
        enabled.map(|role| (role.id.to_string(), role.display_name.clone())).collect();
    if roles.is_empty() { vec![(DEFAULT_ROLE.to_string(), "Default access".to_owned())] } else { roles }
}
