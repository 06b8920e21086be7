//! Every worked example of Microsoft's pages: what is printed there is printed here. Where the page prints
//! no value, or one that its own rule does not give, the example has a named reading and its reason; the
//! names stand in docs/expressions.md. Ids: F of the functions page, X of the Workday and cloud sync pages;
//! `page` marks examples of the functions page that the numbered list leaves out, `guide` those of the
//! Workday page.

mod functions_page;
mod other_pages;

use super::*;

/// An example and what it gives.
struct Example {
    id: &'static str,
    expression: &'static str,
    attributes: Attributes<'static>,
    now: &'static str,
    taken: &'static [&'static str],
    gives: Gives,
}

enum Gives {
    /// What the page prints.
    Printed(&'static [&'static str]),
    /// What our reading gives.
    Reading {
        name: &'static str,
        values: &'static [&'static str],
    },
    /// A value of which only the shape is known.
    Shape(fn(&str) -> bool),
    LeftOut,
    Null,
    /// An error with this in its message, in the reading that refuses; by name.
    Refused {
        name: &'static str,
        because: &'static str,
    },
}

/// An example; "today" is the day the Workday page computes with.
const fn on(id: &'static str, expression: &'static str, attributes: Attributes<'static>) -> Example {
    Example { id, expression, attributes, now: "2025-07-30", taken: &[], gives: Gives::Null }
}

impl Example {
    const fn prints(self, value: &'static [&'static str]) -> Self {
        Example { gives: Gives::Printed(value), ..self }
    }

    const fn read(self, name: &'static str, values: &'static [&'static str]) -> Self {
        Example { gives: Gives::Reading { name, values }, ..self }
    }

    const fn gives(self, gives: Gives) -> Self {
        Example { gives, ..self }
    }

    const fn taken(self, taken: &'static [&'static str]) -> Self {
        Example { taken, ..self }
    }

    fn outcome(&self, readings: Readings) -> Result<EvaluatedValue<'static>, CallError> {
        let now = parse_date(self.now).expect("a date");
        let now = jiff::tz::Offset::UTC.to_timestamp(now).expect("a time");
        let taken: Vec<String> = self.taken.iter().map(|taken| (*taken).to_owned()).collect();
        let circumstances = Circumstances { taken: Some(&taken), ..Circumstances::new(now, 7) };
        outcome_read(self.expression, self.attributes, &circumstances, readings)
    }

    fn check(&self) {
        let id = self.id;
        if let Gives::Refused { name, because } = self.gives {
            let error = self.outcome(chosen(name, "refused")).expect_err(id);
            assert!(error.to_string().contains(because), "{id}: {error}");
            return;
        }
        let outcome = self.outcome(Readings::default()).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(outcome.ignored, matches!(self.gives, Gives::LeftOut), "{id}: left out");
        let printed = match outcome.value.map(Value::into_text) {
            None => Vec::new(),
            Some(Ok(text)) => vec![text.into_owned()],
            Some(Err(texts)) => texts.into_owned(),
        };
        match self.gives {
            Gives::Printed(values) | Gives::Reading { values, .. } => assert_eq!(printed, values, "{id}"),
            Gives::Shape(is_right) => assert!(is_right(&printed[0]), "{id}: {printed:?}"),
            Gives::Null | Gives::LeftOut => assert_eq!(printed, [""; 0], "{id}"),
            Gives::Refused { .. } => {}
        }
    }
}

fn is_guid(text: &str) -> bool {
    uuid::Uuid::parse_str(text).is_ok_and(|uuid| uuid.hyphenated().to_string() == text)
}

/// How many characters of that kind there are.
fn has(text: &str, kind: fn(&char) -> bool) -> usize {
    text.chars().filter(kind).count()
}

fn all() -> impl Iterator<Item = &'static Example> {
    functions_page::EXAMPLES.iter().chain(other_pages::EXAMPLES)
}

#[test]
fn every_example_gives_what_is_printed_or_has_a_named_reading() {
    all().for_each(Example::check);
    let count = |wanted: fn(&Example) -> bool| all().filter(|example| wanted(example)).count();
    let printed = count(|example| matches!(example.gives, Gives::Printed(_)));
    let numbered = count(|example| example.id.starts_with(['F', 'X']));
    println!("{} examples, {printed} of them with the printed value, {numbered} numbered", all().count());
    assert_eq!((all().count(), printed, numbered), COUNTS);
}

/// Examples, those with the printed value, and those with a number of their own.
const COUNTS: (usize, usize, usize) = (135, 85, 81);

#[test]
fn the_names_of_readings_are_explained_in_the_documentation() {
    let documentation = include_str!("../../../../../docs/expressions.md");
    for example in all() {
        if let Gives::Reading { name, .. } | Gives::Refused { name, .. } = example.gives {
            assert!(documentation.contains(&format!("| `{name}` |")), "{}: {name}", example.id);
        }
    }
    for signature in signatures() {
        let call = format!("`{}({})`", signature.name, signature.parameters.join(", "));
        assert!(documentation.contains(&call), "{call}");
    }
    for reading in READINGS {
        for (value, _) in reading.values {
            assert!(documentation.contains(&format!("`{value}`:")), "{}={value}", reading.name);
        }
    }
}
