//! Scoping filters as the portal's form has them: each with a title and clauses of an attribute, an operator and a value.
//! Buttons add and remove filters and clauses; nothing is saved until it is wanted.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::form::Form;
use super::mistake::Mistake;
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{Clause, ClausePart, FilterGroup, Mapping, Operator, ScopingFilter};

/// What the names of the form's fields begin with.
const FIELD: &str = "filter.";

/// The operator of a new clause.
const USUAL: Operator = Operator::Equals;

/// The filters as they stand in the form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Filters(pub Vec<FilterFields>);

/// One filter (Graph: filterGroup).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct FilterFields {
    pub title: String,
    pub clauses: Vec<ClauseFields>,
}

/// One clause (Graph: filterClause).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct ClauseFields {
    pub attribute: String,
    pub operator: String,
    pub value: String,
}

impl ClauseFields {
    fn new() -> Self {
        ClauseFields { operator: USUAL.as_str().to_owned(), ..ClauseFields::default() }
    }

    fn of(clause: &Clause) -> Self {
        ClauseFields {
            attribute: clause.attribute().name.to_owned(),
            operator: clause.operator().as_str().to_owned(),
            value: clause.value().to_owned(),
        }
    }
}

impl Filters {
    /// The filters as a form says that it was made from them.
    pub fn shown(&self) -> String {
        json!(self).to_string()
    }

    pub fn of(filter: &ScopingFilter) -> Self {
        let fields = |group: &FilterGroup| FilterFields {
            title: group.name.clone(),
            clauses: group.clauses.iter().map(ClauseFields::of).collect(),
        };
        Filters(filter.groups.iter().map(fields).collect())
    }

    /// What was typed. Numbers in names of fields are places: filters and clauses come in their order.
    pub fn typed(form: &Form) -> Self {
        let mut filters: BTreeMap<usize, (String, BTreeMap<usize, ClauseFields>)> = BTreeMap::new();
        for (name, value) in form.below(FIELD) {
            let parts: Vec<&str> = name.split('.').collect();
            let Some(filter) = parts.first().and_then(|place| place.parse().ok()) else { continue };
            let (title, clauses) = filters.entry(filter).or_default();
            if parts.len() == 2 && parts[1] == "title" {
                value.trim().clone_into(title);
                continue;
            }
            let Some(clause) = parts.get(1).and_then(|place| place.parse().ok()) else { continue };
            let clause: &mut ClauseFields = clauses.entry(clause).or_default();
            match parts.get(2) {
                Some(&"attribute") => value.trim().clone_into(&mut clause.attribute),
                Some(&"operator") => value.trim().clone_into(&mut clause.operator),
                Some(&"value") => value.clone_into(&mut clause.value),
                _ => {}
            }
        }
        let fields = filters.into_values();
        Filters(
            fields
                .map(|(title, clauses)| FilterFields { title, clauses: clauses.into_values().collect() })
                .collect(),
        )
    }

    /// Adds or removes what a button says, as `add-clause.0` or `remove-clause.0.1`.
    pub fn change(mut self, button: &str) -> Self {
        let mut parts = button.split('.');
        let what = parts.next().unwrap_or_default();
        let places: Vec<usize> = parts.filter_map(|place| place.parse().ok()).collect();
        let titled = |number: usize| format!("Filter {number}");
        match (what, places.as_slice()) {
            ("add-filter", []) => {
                let taken = |title: &String| self.0.iter().any(|filter| filter.title == *title);
                let title = (self.0.len() + 1..).map(titled).find(|title| !taken(title)).unwrap_or_default();
                self.0.push(FilterFields { title, clauses: vec![ClauseFields::new()] });
            }
            ("remove-filter", [filter]) if *filter < self.0.len() => drop(self.0.remove(*filter)),
            ("add-clause", [filter]) => {
                self.0
                    .get_mut(*filter)
                    .into_iter()
                    .for_each(|filter| filter.clauses.push(ClauseFields::new()));
            }
            ("remove-clause", [filter, clause]) => {
                let fields = self.0.get_mut(*filter).filter(|filter| *clause < filter.clauses.len());
                fields.into_iter().for_each(|filter| drop(filter.clauses.remove(*clause)));
            }
            _ => {}
        }
        self
    }

    /// The filters that the form describes, or what is wrong with each field.
    pub fn read(&self, kind: ObjectKind) -> Result<ScopingFilter, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut groups = Vec::new();
        for (number, filter) in self.0.iter().enumerate() {
            if filter.clauses.is_empty() {
                let why =
                    "The filter has no clause, so that everybody would pass: add one, or remove the filter.";
                mistakes.push(Mistake::new(format!("{FIELD}{number}.title"), why));
            }
            let mut clauses = Vec::new();
            for (place, clause) in filter.clauses.iter().enumerate() {
                match clause.read(kind) {
                    Ok(clause) => clauses.push(clause),
                    Err((part, why)) => {
                        mistakes.push(Mistake::new(format!("{FIELD}{number}.{place}.{part}"), why));
                    }
                }
            }
            groups.push(FilterGroup { name: filter.title.clone(), clauses });
        }
        if mistakes.is_empty() { Ok(ScopingFilter { groups }) } else { Err(mistakes) }
    }
}

impl ClauseFields {
    /// The clause, or the field that is wrong and why.
    fn read(&self, kind: ObjectKind) -> Result<Clause, (&'static str, String)> {
        if self.attribute.is_empty() {
            return Err(("attribute", "Choose an attribute.".to_owned()));
        }
        let value = Some(self.value.as_str()).filter(|value| !value.is_empty());
        Clause::read(kind, &self.attribute, &self.operator, value).map_err(|error| {
            let part = match error.part {
                ClausePart::Attribute => "attribute",
                ClausePart::Operator => "operator",
                ClausePart::Value => "value",
            };
            let help = error.help.map(|help| format!(" ({help})")).unwrap_or_default();
            (part, format!("{}{help}", error.message))
        })
    }
}

/// The attributes that a clause can ask of.
pub(super) fn filterable(mapping: &Mapping, kind: ObjectKind) -> Vec<&'static str> {
    let names = mapping.source_attributes(kind).into_iter().map(|attribute| attribute.name);
    names.filter(|name| Clause::read(kind, name, Operator::IsNull.as_str(), None).is_ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        let mut form = Form::default();
        fields.iter().for_each(|(name, value)| form.set(name, *value));
        form
    }

    #[test]
    fn what_is_typed_is_read_as_it_is_shown() {
        let typed = Filters::typed(&form(&[
            ("filter.0.title", "Offices"),
            ("filter.0.0.attribute", "country"),
            ("filter.0.0.operator", "EQUALS"),
            ("filter.0.0.value", "US"),
            ("filter.0.5.attribute", "city"),
            ("filter.0.5.operator", "IS NOT NULL"),
            ("filter.0.5.value", ""),
            ("filter.7.title", ""),
            ("filter.7.0.attribute", "jobTitle"),
            ("filter.7.0.operator", "NOT EQUALS"),
            ("filter.7.0.value", "Chief of staff"),
            ("filter.x.title", "nothing"),
            ("filter.0.x.value", "nothing"),
        ]));
        let filter = typed.read(ObjectKind::User).unwrap();
        let shown: Vec<(&str, usize)> =
            filter.groups.iter().map(|group| (group.name.as_str(), group.clauses.len())).collect();
        assert_eq!(shown, [("Offices", 2), ("", 1)]);
        assert_eq!(Filters::of(&filter), typed);
    }

    #[test]
    fn buttons_add_and_remove_filters_and_clauses() {
        let titles = |filters: &Filters| -> Vec<(String, usize)> {
            filters.0.iter().map(|filter| (filter.title.clone(), filter.clauses.len())).collect()
        };
        let two = Filters::default().change("add-filter").change("add-filter").change("add-clause.1");
        assert_eq!(titles(&two), [("Filter 1".to_owned(), 1), ("Filter 2".to_owned(), 2)]);
        let again = two.clone().change("remove-filter.0").change("add-filter").change("remove-clause.0.1");
        assert_eq!(titles(&again), [("Filter 2".to_owned(), 1), ("Filter 3".to_owned(), 1)]);
        for nothing in ["", "x", "add-clause.9", "remove-filter.2", "remove-clause.0.9", "remove-clause.9.0"]
        {
            assert_eq!(two.clone().change(nothing), two, "{nothing}");
        }
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let clause = |attribute: &str, operator: &str, value: &str| ClauseFields {
            attribute: attribute.to_owned(),
            operator: operator.to_owned(),
            value: value.to_owned(),
        };
        let clauses = vec![
            clause("", "EQUALS", "x"),
            clause("nothing", "EQUALS", "x"),
            clause("country", "LIKE", "US"),
            clause("country", "EQUALS", ""),
            clause("country", "IS NULL", "US"),
            clause("country", "EQUALS", "US"),
        ];
        let wrong = Filters(vec![
            FilterFields { title: "One".to_owned(), clauses },
            FilterFields { title: "Two".to_owned(), clauses: Vec::new() },
        ]);
        let mistakes = wrong.read(ObjectKind::User).unwrap_err();
        let fields: Vec<&str> = mistakes.iter().map(|mistake| mistake.field.as_str()).collect();
        let expected =
            ["0.0.attribute", "0.1.attribute", "0.2.operator", "0.3.value", "0.4.value", "1.title"];
        assert_eq!(fields, expected.map(|name| format!("filter.{name}")));
    }
}
