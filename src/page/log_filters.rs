//! What the provisioning logs are filtered by: the form, the addresses that repeat it, and the question to the database.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::form::Form;
use crate::store::LogQuery;

/// The portal's dates, and how many hours back each goes. Every line is the default here: a clock that was set forward
/// leaves nothing in a day.
pub(super) const DATES: &[(&str, &str, i64)] = &[
    ("", "all", 0),
    ("24h", "last 24 hours", 24),
    ("7d", "last 7 days", 7 * 24),
    ("30d", "last 30 days", 30 * 24),
    ("custom", "custom", 0),
];

/// The fields of the form.
#[derive(Debug, Clone, Default)]
pub(super) struct LogFilters {
    pub q: String,
    pub status: String,
    pub action: String,
    pub cycle: String,
    pub date: String,
    pub from: String,
    pub to: String,
}

impl LogFilters {
    pub fn read(query: &Form) -> Self {
        let text = |name| query.get(name).trim().to_owned();
        let custom = query.get("date") == "custom";
        // Fields that the page shows for a custom date alone count with one alone.
        let moment = |name, rest| if custom { field(query.get(name), rest) } else { String::new() };
        LogFilters {
            q: text("q"),
            status: text("status"),
            action: text("action"),
            // Ids are written in small letters.
            cycle: text("cycle").to_lowercase(),
            date: text("date"),
            from: moment("from", "T00:00"),
            to: moment("to", "T23:59"),
        }
    }

    /// What stands behind an address, with its `?`; nothing without a filter.
    pub fn suffix(&self) -> String {
        let fields = [
            ("q", &self.q),
            ("status", &self.status),
            ("action", &self.action),
            ("cycle", &self.cycle),
            ("date", &self.date),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let given = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// The question to the database, at this time in the tenant.
    ///
    /// # Errors
    /// When a date cannot be read.
    pub fn asked<'a>(&'a self, application: &'a str, now: Timestamp) -> Result<LogQuery<'a>, String> {
        let given = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        let hours = DATES.iter().find(|(word, ..)| *word == self.date).map_or(0, |(.., hours)| *hours);
        let back = now.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(now);
        let (from, to) = match hours {
            0 => (bound(&self.from, false)?, bound(&self.to, true)?),
            _ => (Some(back), Some(now)),
        };
        Ok(LogQuery {
            application: Some(application),
            cycle: given(&self.cycle),
            status: given(&self.status),
            action: given(&self.action),
            text: given(&self.q),
            from,
            to,
            ..LogQuery::default()
        })
    }
}

/// A moment as a browser's field writes it; a day gets the rest that is meant.
fn field(text: &str, rest: &str) -> String {
    let text = text.trim();
    let bare =
        text.strip_suffix(['Z', 'z']).filter(|bare| bare.ends_with(|last: char| last.is_ascii_digit()));
    let bare = bare.unwrap_or(text);
    let day = bare.parse::<Date>().is_ok() && bare.len() == 10;
    if day { format!("{bare}{rest}") } else { bare.to_owned() }
}

/// A moment of a field, in UTC. Where a time ends, the end of its minute is meant.
fn bound(text: &str, end: bool) -> Result<Option<Timestamp>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || format!("`{text}` is no date: write it as 2026-01-31 or 2026-01-31T12:00, in UTC.");
    let moment: DateTime = text.parse().map_err(|_| wrong())?;
    let moment = moment.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp();
    let whole = end && text.len() == "2026-01-31T12:00".len();
    Ok(moment.saturating_add(SignedDuration::from_secs(if whole { 59 } else { 0 })).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_minutes_or_seconds_in_utc() {
        let is = |text: &str, end, at: &str| {
            let rest = if end { "T23:59" } else { "T00:00" };
            assert_eq!(bound(&field(text, rest), end).unwrap(), Some(at.parse().unwrap()), "{text}");
        };
        is("2026-01-31", false, "2026-01-31T00:00:00Z");
        is("2026-01-31", true, "2026-01-31T23:59:59Z");
        is("2026-01-31T12:00", false, "2026-01-31T12:00:00Z");
        is("2026-01-31T12:00", true, "2026-01-31T12:00:59Z");
        is("2026-01-31T12:00:07Z", true, "2026-01-31T12:00:07Z");
        assert_eq!(bound("", true), Ok(None));
        for wrong in ["noon", "2026-13-01", "2026-01-31T25:00"] {
            assert!(bound(wrong, false).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_repeats_what_is_filtered_by() {
        let form = Form::read(b"q=a%26b&status=&date=custom&from=2026-01-01&before=7");
        let filters = LogFilters::read(&form);
        assert_eq!(filters.suffix(), "?q=a%26b&date=custom&from=2026-01-01T00%3A00");
        let other = LogFilters::read(&Form::read(b"date=7d&from=2026-01-01"));
        assert_eq!((other.suffix().as_str(), other.from.as_str()), ("?date=7d", ""));
        assert_eq!(LogFilters::default().suffix(), "");
        let now: Timestamp = "2026-01-31T00:00:00Z".parse().unwrap();
        let asked = other.asked("app", now).unwrap();
        assert_eq!(asked.from.unwrap().to_string(), "2026-01-24T00:00:00Z");
        assert_eq!((asked.to, asked.text), (Some(now), None));
    }
}
