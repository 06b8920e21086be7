//! How a scenario run left its people and groups, made comparable: the same scenario in another dialect has
//! other people, ids and prefixes, but must end in the same state.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::run::observer::reader;
use crate::scim::{PatchPath, same_name, urn};
use crate::wire::Exchange;

/// Values shorter than this are replaced only where they stand alone: "GB" is part of many words.
const SHORTEST_PART: usize = 4;

/// What stands for the values that differ between two scenario runs of one scenario.
#[derive(Debug, Default, Clone)]
pub(in crate::run) struct ValueNames {
    /// Ids of everybody, which only ever stand alone, and whose they are.
    ids: Arc<HashMap<String, String>>,
    /// Value in lower case, and everything it is called; longest values first.
    known: Vec<(String, Vec<String>)>,
}

impl ValueNames {
    /// Shows `[name]` instead of an id.
    pub(in crate::run) fn with_ids(ids: Arc<HashMap<String, String>>) -> Self {
        ValueNames { ids, known: Vec::new() }
    }

    /// Shows `[name]` instead of `value`. By chance one value may have several names, and not the same
    /// ones in another scenario run: it is shown with all of them, and any name in common makes it the same.
    pub(in crate::run) fn add(&mut self, value: &str, name: &str) {
        if value.is_empty() {
            return;
        }
        let value = value.to_lowercase();
        // Brackets mark where a name begins and ends.
        let name = &name.replace('[', "(").replace(']', ")");
        match self.known.iter_mut().find(|(known, _)| *known == value) {
            Some((_, names)) => names.push(name.to_owned()),
            None => {
                let place = self.known.partition_point(|(known, _)| known.len() >= value.len());
                self.known.insert(place, (value, vec![name.to_owned()]));
            }
        }
    }

    /// The names of a value, if it has any.
    fn called(&self, value: &str) -> Option<String> {
        let lower = value.to_lowercase();
        let known = self.known.iter().find(|(known, _)| *known == lower);
        known.map(|(_, names)| format!("[{}]", names.join("|")))
    }

    fn text(&self, text: &str) -> String {
        if let Some(name) = self.ids.get(text) {
            return format!("[{name}]");
        }
        if let Some(name) = self.called(text) {
            return name;
        }
        // Each name is one private character until all are found, so that no value is sought in a name.
        let mut shown = text.to_owned();
        for (index, (value, _)) in self.known.iter().enumerate() {
            let (true, Some(mark)) = (value.chars().count() >= SHORTEST_PART, mark(index)) else { continue };
            while let Some(start) = shown.to_lowercase().find(value.as_str()) {
                let end = start + value.len();
                // Lower-casing may change lengths outside ASCII; then the places do not agree.
                if shown.get(start..end).is_none_or(|part| part.to_lowercase() != *value) {
                    break;
                }
                shown.replace_range(start..end, mark.encode_utf8(&mut [0; 4]));
            }
        }
        for (index, (_, names)) in self.known.iter().enumerate() {
            if let Some(mark) = mark(index) {
                shown = shown.replace(mark, &format!("[{}]", names.join("|")));
            }
        }
        shown
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Number(number) => match self.called(&number.to_string()) {
                Some(name) => Value::String(name),
                None => value.clone(),
            },
            Value::Array(items) => {
                let mut items: Vec<Value> =
                    items.iter().filter(|item| !item.is_null()).map(|item| self.value(item)).collect();
                items.sort_by_key(Value::to_string);
                Value::Array(items)
            }
            Value::Object(members) => {
                let mut shown: Vec<(String, Value)> = members
                    .iter()
                    // Links, shown names and null do not say what is held.
                    .filter(|(name, value)| {
                        *name != "$ref" && !same_name(name, "display") && !value.is_null()
                    })
                    .map(|(name, value)| (name.to_lowercase(), self.value(value)))
                    .collect();
                shown.sort_by(|left, right| left.0.cmp(&right.0));
                Value::Object(shown.into_iter().collect())
            }
            other => other.clone(),
        }
    }
}

/// A private character (Unicode plane 15) for the name at this place.
fn mark(index: usize) -> Option<char> {
    u32::try_from(index)
        .ok()
        .and_then(|index| char::from_u32(0xF_0000 + index))
        .filter(|mark| *mark <= '\u{FFFFD}')
}

/// One person or group at the end of a scenario run.
#[derive(Debug, Clone)]
pub(in crate::run) struct FinalObject {
    /// The attributes the mapping writes, made comparable; `None` when the target holds no account.
    held: Option<Value>,
    /// The answer that shows it.
    pub(in crate::run) exchange: Arc<Exchange>,
}

/// The end of a scenario run, by the scenario's keys. Only what was judged and found right is in it.
pub(in crate::run) type EndState = BTreeMap<String, FinalObject>;

impl FinalObject {
    /// What `resource` holds of the attributes that `targets` write into, other attributes left out. Of
    /// those that are marked as references the id alone counts.
    pub(in crate::run) fn of(
        resource: Option<&Value>,
        targets: &[(PatchPath, bool)],
        names: &ValueNames,
        exchange: Arc<Exchange>,
    ) -> Self {
        let held = resource.map(|resource| {
            let mut held = Map::new();
            for (target, is_reference) in targets {
                // Of an object the part alone: the server may make the others of it, as a full name.
                let part = target.sub.as_ref().filter(|_| target.filter.is_none() && !is_reference);
                let whole = PatchPath {
                    filter: None,
                    sub: part.cloned(),
                    attribute: target.attribute.clone(),
                    ..target.clone()
                };
                let values = reader::values(resource, &whole);
                let name = match &target.schema {
                    Some(schema) if !same_name(schema, urn::USER) && !same_name(schema, urn::GROUP) => {
                        format!("{schema}:{}", target.attribute).to_lowercase()
                    }
                    _ => target.attribute.to_lowercase(),
                };
                let name = part.map_or(name.clone(), |part| format!("{name}.{}", part.to_lowercase()));
                if !values.is_empty() && !held.contains_key(&name) {
                    let values = values.into_iter().map(|value| match reader::member(value, "value") {
                        Some(id) if *is_reference => id.clone(),
                        _ => value.clone(),
                    });
                    let all = Value::Array(values.collect());
                    held.insert(name, names.value(&all));
                }
            }
            Value::Object(held)
        });
        FinalObject { held, exchange }
    }

    /// Names of attributes in which two endings differ, with what each holds.
    pub(in crate::run) fn differences(&self, other: &FinalObject) -> Vec<(String, String, String)> {
        match (&self.held, &other.held) {
            (Some(mine), Some(theirs)) => {
                let empty = Map::new();
                let mine = mine.as_object().unwrap_or(&empty);
                let theirs = theirs.as_object().unwrap_or(&empty);
                let mut names: Vec<&String> = mine.keys().chain(theirs.keys()).collect();
                names.sort_unstable();
                names.dedup();
                names
                    .into_iter()
                    .filter(|name| match (mine.get(*name), theirs.get(*name)) {
                        (Some(mine), Some(theirs)) => !alike(mine, theirs),
                        _ => true,
                    })
                    .map(|name| (name.clone(), shown(mine.get(name)), shown(theirs.get(name))))
                    .collect()
            }
            (None, None) => Vec::new(),
            (mine, theirs) => {
                let word = |held: &Option<Value>| if held.is_some() { "an account" } else { "no account" };
                vec![("the account".to_owned(), word(mine).to_owned(), word(theirs).to_owned())]
            }
        }
    }
}

/// Equal but for chance: names in brackets have one in common, and lists have no order.
fn alike(mine: &Value, theirs: &Value) -> bool {
    match (mine, theirs) {
        (Value::String(mine), Value::String(theirs)) => alike_texts(mine, theirs),
        (Value::Array(mine), Value::Array(theirs)) => {
            let mut left: Vec<&Value> = theirs.iter().collect();
            mine.len() == theirs.len()
                && mine.iter().all(|mine| {
                    let found = left.iter().position(|theirs| alike(mine, theirs));
                    found.map(|found| left.swap_remove(found)).is_some()
                })
        }
        (Value::Object(mine), Value::Object(theirs)) => {
            mine.len() == theirs.len()
                && mine.iter().all(|(name, mine)| theirs.get(name).is_some_and(|theirs| alike(mine, theirs)))
        }
        (mine, theirs) => mine == theirs,
    }
}

fn alike_texts(mine: &str, theirs: &str) -> bool {
    let (mine, theirs): (Vec<&str>, Vec<&str>) =
        (mine.split(['[', ']']).collect(), theirs.split(['[', ']']).collect());
    mine.len() == theirs.len()
        && mine.iter().zip(theirs).all(|(mine, theirs)| {
            *mine == theirs || mine.split('|').any(|name| theirs.split('|').any(|other| name == other))
        })
}

/// One value without its list, several as a list.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::Array(items)) if items.len() == 1 => items[0].to_string(),
        Some(value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::observer::testing;
    use serde_json::json;

    fn ending(resource: Option<&Value>, user: &str, id: &str) -> FinalObject {
        let ids = HashMap::from([(id.to_owned(), "ada".to_owned())]);
        let mut names = ValueNames::with_ids(Arc::new(ids));
        names.add(user, "ada.userName");
        names.add("GB", "ada.country");
        let targets: Vec<(PatchPath, bool)> = [
            "userName",
            "emails[type eq \"work\"].value",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        ]
        .iter()
        .map(|path| (path.parse().unwrap(), path.ends_with("manager")))
        .collect();
        let exchange = testing::exchange(Err(crate::wire::Broken::Interrupted));
        FinalObject::of(resource, &targets, &names, Arc::new(exchange))
    }

    fn user(name: &str, manager: &str, order: bool) -> Value {
        let mut emails = vec![
            json!({"type": "work", "value": format!("Mail.{name}"), "primary": true}),
            json!({"value": "h@example.com", "TYPE": "home", "display": name}),
        ];
        if order {
            emails.reverse();
        }
        json!({"id": manager, "meta": {"created": name}, "userName": name.to_uppercase(), "emails": emails,
            (urn::ENTERPRISE): {"manager": {"value": manager, "$ref": format!("/Users/{manager}")}}})
    }

    #[test]
    fn other_people_ids_and_orders_are_the_same_end() {
        let one = ending(Some(&user("ada@x", "17", false)), "ada@x", "17");
        let other = ending(Some(&user("bob@y", "99", true)), "bob@y", "99");
        assert_eq!(one.differences(&other), []);
    }

    #[test]
    fn a_lost_element_or_another_manager_is_a_difference() {
        let one = ending(Some(&user("ada@x", "17", false)), "ada@x", "17");
        let mut resource = user("bob@y", "99", false);
        resource["emails"].as_array_mut().unwrap().pop();
        resource[urn::ENTERPRISE]["manager"] = json!({"value": "1234"});
        let differences = one.differences(&ending(Some(&resource), "bob@y", "99"));
        let names: Vec<&str> = differences.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["emails", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager"]);
        assert_eq!(differences[1].1, r#""[ada]""#);
        let gone = ending(None, "bob@y", "99");
        assert_eq!(
            one.differences(&gone),
            [("the account".into(), "an account".into(), "no account".into())]
        );
    }

    #[test]
    fn of_an_object_what_is_written_is_compared() {
        let exchange = Arc::new(testing::exchange(Err(crate::wire::Broken::Interrupted)));
        let ending = |given: &str, formatted: &str| {
            let resource = json!({"name": {"givenName": given, "formatted": formatted}});
            let targets = [("name.givenName".parse().unwrap(), false)];
            FinalObject::of(Some(&resource), &targets, &ValueNames::default(), Arc::clone(&exchange))
        };
        assert_eq!(ending("Ada", "Ada Lee").differences(&ending("Ada", "A. Lee")), []);
        let differences = ending("Ada", "Ada Lee").differences(&ending("Bea", "Ada Lee"));
        assert_eq!(differences[0].0, "name.givenname");
    }

    #[test]
    fn a_chance_is_no_difference() {
        let mut one = ValueNames::default();
        one.add("New York", "city");
        one.add("new york", "state");
        let mut other = ValueNames::default();
        other.add("Austin", "city");
        other.add("Texas", "state");
        let address = |city: &str, state: &str| json!([{"locality": city, "region": state}]);
        let mine = one.value(&address("New York", "New York"));
        assert!(alike(&mine, &other.value(&address("Austin", "Texas"))));
        assert!(!alike(&mine, &other.value(&address("Boston", "Texas"))));
        assert!(!alike(&mine, &other.value(&json!([{"locality": "Austin"}]))));
        assert!(alike_texts("in [city|state] now", "in [state] now"));
        one.add("1", "fax");
        one.add("1", r#"phoneNumbers[type eq "fax"].value"#);
        other.add("2", r#"phoneNumbers[type eq "fax"].value"#);
        assert!(alike(&one.value(&json!("1")), &other.value(&json!("2"))));
    }

    #[test]
    fn short_values_are_replaced_only_where_they_stand_alone() {
        let mut names = ValueNames::default();
        names.add("GB", "ada.country");
        names.add("Lovelace", "ada.surname");
        assert_eq!(names.text("gb"), "[ada.country]");
        names.add("474675648", "ada.number");
        assert_eq!(names.value(&json!(474_675_648)), json!("[ada.number]"));
        assert_eq!(names.value(&json!(47)), json!(47));
        names.add("surname", "ada.displayName");
        assert_eq!(names.text("Rugby, Ada LOVELACE"), "Rugby, Ada [ada.surname]");
    }
}
