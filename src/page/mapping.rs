//! Attribute mapping and scoping filters: rows, actions, filters, the whole schema, and what each row gives for somebody.

use jiff::Timestamp;

use super::form::Form;
use super::frame::{Frame, Told};
use super::mapping_row::{self, Edit, source, source_of};
use super::mistake::{Mistake, Refused};
use super::scoping::{Filters, filterable};
use super::{Page, Refusal, Shown, page};
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{
    AttributeMapping, Circumstances, Mapping, MappingSubject, ObjectActions, ObjectMapping, Operator,
    TargetValue, schema,
};
use crate::entra::scope::in_scope;
use crate::report::layout::listed;
use crate::tenant::{ApplicationInfo, Template};

#[derive(askama::Template)]
#[template(path = "tenant/mapping.html")]
struct MappingPage {
    frame: Frame,
    objects: &'static [(&'static str, &'static str)],
    object: String,
    person: String,
    actions: Vec<(&'static str, bool)>,
    rows: Vec<Row>,
    removed: String,
    edit: Edit,
    flows: &'static [(&'static str, &'static str)],
    filters: Filters,
    /// The filters that the form was made from.
    filters_shown: String,
    /// The filters stand otherwise in the form than in the mapping.
    unsaved: bool,
    attributes: Vec<&'static str>,
    operators: [Operator; 14],
    schema: String,
}

impl MappingPage {
    /// Where the form of the filters is shown again.
    fn here(&self) -> String {
        let person = form_urlencoded::byte_serialize(self.person.as_bytes()).collect::<String>();
        format!("/app/{}/mapping?object={}&person={person}#filters", self.frame.id, self.object)
    }

    /// The actions that the form was made from.
    fn actions_shown(&self) -> String {
        shown_actions(&self.actions)
    }

    fn is_operator(&self, name: &str) -> bool {
        self.operators.iter().any(|operator| operator.as_str() == name)
    }
}

#[derive(askama::Template)]
#[template(path = "tenant/groups_off.html")]
struct GroupsOff {
    frame: Frame,
    /// The schema has the mapping, switched off.
    known: bool,
    rows: Vec<Row>,
}

#[derive(Default)]
struct Row {
    number: usize,
    target: String,
    source: String,
    matching: String,
    flow: &'static str,
    value: String,
    differs: bool,
}

impl Row {
    fn of(row: &AttributeMapping) -> Self {
        Row {
            target: row.written.clone(),
            source: match source_of(row) {
                ("Constant", text) => format!("\"{text}\""),
                ("None", _) => format!("default: {}", row.default.clone().unwrap_or_default()),
                (_, text) => text,
            },
            matching: row.matching.map(|precedence| precedence.to_string()).unwrap_or_default(),
            flow: row.flow.as_str(),
            ..Row::default()
        }
    }
}

/// The name of the field that says what a form was made from.
const SHOWN: &str = "shown";

/// The name of the buttons that change the form of the filters alone.
const CHANGE: &str = "change";

/// Graph's words, and what the portal says.
const FLOWS: &[(&str, &str)] = &[
    ("Always", "Always"),
    ("ObjectAddOnly", "Only during object creation"),
    ("MultiValueAddOnly", "Only add values to a list"),
    ("ValueAddOnly", "Only add where there is a value"),
    ("AttributeAddOnly", "Only while the target is empty"),
];

const OBJECTS: &[(&str, &str)] = &[("User", "Users"), ("Group", "Groups")];

fn kind_of(object: &str) -> ObjectKind {
    if object == "Group" { ObjectKind::Group } else { ObjectKind::User }
}

fn shown(value: &TargetValue) -> String {
    match value {
        TargetValue::Reference(id) => format!("the account of {id}"),
        TargetValue::References(ids) => format!("{} accounts", ids.len()),
        other => match other.clone().on_the_wire() {
            Some(serde_json::Value::String(text)) => text,
            Some(value) => value.to_string(),
            None => String::new(),
        },
    }
}

impl Page {
    pub(super) fn mapping(
        &self,
        info: &ApplicationInfo,
        query: &Form,
        refused: Option<Refused<'_>>,
        told: Option<Told>,
    ) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let job = self.live.job(&id)?;
        let (mapping, default) = (job.mapping(), self.live.default_mapping(&id)?);
        let typed = refused.as_ref().map(|refused| refused.form);
        let asked = typed.unwrap_or(query).get("object");
        let kind = kind_of(asked);
        let mut frame = self.frame_with(info, "Attribute mapping", told, refused.as_ref());
        let Some(object) = mapping.object(kind) else { return self.groups_off(frame, &mapping) };
        let standard = Template::group_mapping()?;
        let before = default.object(kind).unwrap_or(&standard).rows.as_slice();
        let person = query.get("person").trim().to_owned();
        let values = match self.values(info, &mapping, object, &person)? {
            Ok(values) => values,
            Err(why) => {
                frame.mistakes.push(Mistake::new("person", why));
                vec![String::new(); object.rows.len()]
            }
        };
        let rows = object.rows.iter().enumerate().zip(values).map(|((number, row), value)| Row {
            number,
            value,
            differs: !before.contains(row),
            ..Row::of(row)
        });
        let rows: Vec<Row> = rows.collect();
        let gone =
            before.iter().filter(|row| object.find(&row.written).is_none()).map(|row| row.written.as_str());
        let removed = gone.collect::<Vec<_>>().join(", ");
        let row_form = typed.filter(|form| form.has("kind")).map(|form| Edit::again(&object.rows, form));
        let chosen =
            query.get("edit").parse().ok().and_then(|number: usize| Some((number, object.rows.get(number)?)));
        let edit = row_form.or_else(|| chosen.map(|(number, row)| Edit::of(number, row)));
        let typed_text =
            |name: &str| typed.filter(|form| form.has(name)).map(|form| form.get(name).to_owned());
        let filters = match typed.filter(|form| form.get("do") == "filters" || form.has(CHANGE)) {
            Some(form) => Filters::typed(form).change(form.get(CHANGE)),
            None => Filters::of(&object.filter),
        };
        let now = Filters::of(&object.filter);
        // What was changed in the form alone is still made from the filters of before.
        let changing = typed.filter(|form| form.has(CHANGE) && form.has(SHOWN));
        page(&MappingPage {
            frame,
            objects: OBJECTS,
            object: if kind == ObjectKind::Group { "Group" } else { "User" }.to_owned(),
            person,
            actions: actions(object.actions),
            rows,
            removed,
            edit: edit.unwrap_or_else(|| Edit {
                kind: "Direct".to_owned(),
                flow: "Always".to_owned(),
                ..Edit::default()
            }),
            flows: FLOWS,
            unsaved: filters != now,
            filters_shown: changing.map_or_else(|| now.shown(), |form| form.get(SHOWN).to_owned()),
            filters,
            attributes: filterable(&mapping, kind),
            operators: Operator::ALL,
            schema: typed_text("schema").unwrap_or_default(),
        })
    }

    /// Offers to map groups.
    fn groups_off(&self, frame: Frame, mapping: &Mapping) -> Result<Shown, Refusal> {
        let known = mapping.frame.as_ref().and_then(|frame| frame.group());
        let standard = Template::group_mapping()?;
        let rows = known.unwrap_or(&standard).rows.iter().map(Row::of).collect();
        page(&GroupsOff { frame, known: known.is_some(), rows })
    }

    /// Maps groups or no longer, and says what it has done.
    fn switch_groups(&self, id: &str, on: bool) -> Result<String, Refusal> {
        let mut mapping = Mapping::clone(&self.live.job(id)?.mapping());
        let known = mapping.frame.as_ref().and_then(|frame| frame.group()).cloned();
        let told = match (&known, on) {
            (_, false) => {
                "Groups are not provisioned any more. Their mapping stays in the schema, switched off."
                    .to_owned()
            }
            (Some(_), true) => {
                "The group mapping was switched on; the next cycle looks at everybody.".to_owned()
            }
            (None, true) => {
                let rows = Template::group_mapping()?.rows;
                let rows: Vec<String> = rows
                    .iter()
                    .map(Row::of)
                    .map(|row| format!("{} from {}", row.target, row.source))
                    .collect();
                format!(
                    "A group mapping was added: {}. The next cycle looks at everybody.",
                    listed(&rows, rows.len())
                )
            }
        };
        let wanted = match known {
            Some(known) => known,
            None => Template::group_mapping()?,
        };
        mapping.group = on.then_some(wanted);
        self.live.set_schema(id, &schema::export(&mapping).to_string())?;
        Ok(told)
    }

    /// What each row gives for somebody, empty texts without anybody; or why it is not known who that is.
    fn values(
        &self,
        info: &ApplicationInfo,
        mapping: &Mapping,
        object: &ObjectMapping,
        person: &str,
    ) -> Result<Result<Vec<String>, String>, Refusal> {
        let nothing = vec![String::new(); object.rows.len()];
        if person.is_empty() {
            return Ok(Ok(nothing));
        }
        let id = match self.named_or_deleted(person) {
            Ok(id) => id,
            Err(why) => return Ok(Err(why)),
        };
        let application = info.service_principal.to_string();
        let directory = self.live.directory_of(&application)?;
        let scope = self.live.secrets(&application)?.scope();
        let Some(found) = directory.object(&id) else { return Ok(Ok(nothing)) };
        let subject = MappingSubject {
            object: found,
            is_soft_deleted: in_scope(&directory, &scope, mapping, &id).is_soft_deleted(),
            circumstances: Circumstances::new(Timestamp::now(), 1),
        };
        Ok(Ok(object.rows.iter().map(|row| value(row, &subject)).collect()))
    }

    /// What a source that is being written gives.
    pub(super) fn evaluate(&self, info: &ApplicationInfo, query: &Form) -> String {
        let kind = kind_of(query.get("object"));
        let source = match source(kind, query.get("kind"), query.get("source")) {
            Ok(source) => source,
            Err(why) => return why,
        };
        let target = if kind == ObjectKind::Group { "displayName" } else { "title" };
        let Ok(row) = AttributeMapping::new(target, source) else { return String::new() };
        let application = info.service_principal.to_string();
        let (Ok(directory), Ok(job), Ok(secrets)) = (
            self.live.directory_of(&application),
            self.live.job(&application),
            self.live.secrets(&application),
        ) else {
            return String::new();
        };
        let found = self.named_or_deleted(query.get("person").trim());
        let Some(object) =
            found.ok().and_then(|id| directory.object(&id)).filter(|object| object.kind() == kind)
        else {
            return "Choose somebody above to see the value.".to_owned();
        };
        let subject = MappingSubject {
            object,
            is_soft_deleted: in_scope(&directory, &secrets.scope(), &job.mapping(), object.id())
                .is_soft_deleted(),
            circumstances: Circumstances::new(Timestamp::now(), 1),
        };
        format!("Value: {}", value(&row, &subject))
    }

    pub(super) fn schema(&self, info: &ApplicationInfo) -> Result<Shown, Refusal> {
        let mapping = self.live.job(&info.service_principal.to_string())?.mapping();
        let text = serde_json::to_vec_pretty(&schema::export(&mapping));
        Ok(Shown::File("application/json", text.map_err(|error| Refusal::Wrong(error.to_string()))?))
    }

    pub(super) async fn set_mapping(
        &self,
        info: &ApplicationInfo,
        query: &Form,
        form: &Form,
    ) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        // A filter or clause more or less: the form is shown again, and nothing is saved yet.
        if form.has(CHANGE) {
            return self.mapping(info, query, Some(Refused { form, mistakes: Vec::new() }), None);
        }
        if let switch @ ("groups-on" | "groups-off") = form.get("do") {
            let told = self.switch_groups(&id, switch == "groups-on")?;
            return Ok(Shown::Done(format!("/app/{id}/mapping?object=Group"), told));
        }
        let text = match form.get("do") {
            "import" => Ok(form.get("schema").to_owned()),
            "default" => Ok(schema::export(&self.live.default_mapping(&id)?).to_string()),
            _ => {
                let mut mapping = Mapping::clone(&self.live.job(&id)?.mapping());
                changed(&mut mapping, form).map(|()| schema::export(&mapping).to_string())
            }
        };
        let saved = text.and_then(|text| Ok(self.live.set_schema(&id, &text)?));
        let object = if form.get("object") == "Group" { "Group" } else { "User" };
        match saved {
            Ok(()) => Ok(Shown::Done(
                format!("/app/{id}/mapping?object={object}"),
                "The mapping was saved; the next cycle looks at everybody.".to_owned(),
            )),
            Err(refusal) => {
                let mut mistakes = refusal.mistakes()?;
                if form.get("do") == "import" {
                    mistakes.iter_mut().for_each(|mistake| "schema".clone_into(&mut mistake.field));
                }
                self.mapping(info, query, Some(Refused { form, mistakes }), None)
            }
        }
    }
}

fn value(row: &AttributeMapping, subject: &MappingSubject<'_>) -> String {
    match row.value(subject) {
        Ok(Some(value)) => shown(&value),
        Ok(None) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn actions(of: ObjectActions) -> Vec<(&'static str, bool)> {
    vec![("Create", of.create), ("Update", of.update), ("Delete", of.delete)]
}

fn shown_actions(actions: &[(&'static str, bool)]) -> String {
    let on = actions.iter().filter(|(_, on)| *on).map(|(word, _)| *word);
    on.collect::<Vec<_>>().join(",")
}

/// Nobody replaces what they have not seen: the form says what it was made from.
fn unchanged(form: &Form, now: &str, what: &str) -> Result<(), Refusal> {
    if !form.has(SHOWN) || form.get(SHOWN) == now {
        return Ok(());
    }
    let why = format!("{what} were changed while the form was open. Save again to replace them.");
    Err(Refusal::Wrong(why))
}

/// Makes the change that a form says.
fn changed(mapping: &mut Mapping, form: &Form) -> Result<(), Refusal> {
    let wrong = |why: &str| Refusal::Wrong(why.to_owned());
    let kind = kind_of(form.get("object"));
    let object = match kind {
        ObjectKind::User => &mut mapping.user,
        ObjectKind::Group => mapping.group.as_mut().ok_or_else(|| wrong("Groups are not mapped."))?,
    };
    let place = || mapping_row::place(&object.rows, form).map_err(|mistake| Refusal::Mistaken(vec![mistake]));
    match form.get("do") {
        "row" => {
            let number = place()?;
            let row = Edit::typed(form).row(kind).map_err(Refusal::Mistaken)?;
            let same = object.rows.iter().position(|known| known.target == row.target);
            if same.is_some() && same != number {
                let why =
                    format!("`{}` is mapped already: edit that row, or choose another target.", row.written);
                return Err(Refusal::at("target", why));
            }
            let twin = object.rows.iter().enumerate().find(|(place, known)| {
                row.matching.is_some() && known.matching == row.matching && Some(*place) != number
            });
            if let Some((_, twin)) = twin {
                let why = format!("`{}` has this matching precedence already.", twin.written);
                return Err(Refusal::at("matching", why));
            }
            match number {
                // What the application's attribute list says of the target stays.
                Some(number) if object.rows[number].target == row.target => {
                    let known = &object.rows[number];
                    let row = AttributeMapping {
                        declared: known.declared,
                        filterable: known.filterable,
                        behavior: known.behavior,
                        ..row
                    };
                    object.rows[number] = row;
                }
                Some(number) => object.rows[number] = row,
                None => object.rows.push(row),
            }
            Ok(())
        }
        "remove" => {
            let number = place()?.ok_or_else(|| wrong("Choose the mapping that is to be removed."))?;
            if object.rows[number].matching.is_some() && object.matching().len() == 1 {
                return Err(wrong(
                    "The only matching attribute cannot be removed: without it nobody is found again.",
                ));
            }
            object.rows.remove(number);
            Ok(())
        }
        "actions" => {
            unchanged(form, &shown_actions(&actions(object.actions)), "The target object actions")?;
            let has = |word: &str| form.all("action").any(|action| action == word);
            object.actions =
                ObjectActions { create: has("Create"), update: has("Update"), delete: has("Delete") };
            Ok(())
        }
        "filters" => {
            unchanged(form, &Filters::of(&object.filter).shown(), "The scoping filters")?;
            object.filter = Filters::typed(form).read(kind).map_err(Refusal::Mistaken)?;
            Ok(())
        }
        other => Err(Refusal::Wrong(format!("`{other}` is nothing that can be done to a mapping."))),
    }
}
