//! Dates as .NET's `DateTime.Parse` reads them with the invariant culture, on a machine whose time is
//! UTC, and the one form in which the functions page prints them.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

/// Full English names; the first three letters are the abbreviations.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// As [`MONTHS`], Sunday first as in .NET.
pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// `M/d/yyyy h:mm:ss tt`
pub(in super::super) fn print(date: DateTime) -> String {
    let (hour, half) = twelve(date.hour());
    format!(
        "{}/{}/{:04} {hour}:{:02}:{:02} {half}",
        date.month(),
        date.day(),
        date.year(),
        date.minute(),
        date.second()
    )
}

/// The hour on a clock of twelve hours, and its half of the day.
pub(super) fn twelve(hour: i8) -> (i8, &'static str) {
    (if hour % 12 == 0 { 12 } else { hour % 12 }, if hour < 12 { "AM" } else { "PM" })
}

/// Reads a date in any usual form: ISO 8601, `M/d/yyyy` with or without a time, a month by its name.
/// The result is in UTC; a date without an offset is taken as UTC. `None` when it is no date.
///
/// A year of two digits belongs to 1950–2049, as in .NET. A time alone is no date: .NET would take
/// the machine's day.
#[must_use]
pub fn parse(text: &str) -> Option<DateTime> {
    let mut reader = DateReader { rest: text.trim(), ..DateReader::default() };
    while !reader.rest.is_empty() {
        reader.token()?;
    }
    reader.date_time()
}

/// The date in UTC of a local time and its offset in seconds, if .NET can hold it.
pub(super) fn to_utc(date: DateTime, offset: i64) -> Option<DateTime> {
    let utc = date.checked_sub(SignedDuration::from_secs(offset)).ok()?;
    (1..=9999).contains(&utc.year()).then_some(utc)
}

/// The month or day that the word names, in full or with three letters; from 1.
pub(super) fn named(word: &str, names: &[&str]) -> Option<i8> {
    let position = names.iter().position(|name| {
        name.eq_ignore_ascii_case(word) || (word.len() == 3 && name[..3].eq_ignore_ascii_case(word))
    })?;
    i8::try_from(position + 1).ok()
}

/// What was read so far.
#[derive(Default)]
struct DateReader<'a> {
    rest: &'a str,
    /// Numbers of the date in the order they are written, with how many digits they have.
    numbers: Vec<(i16, usize)>,
    month: Option<i8>,
    weekday: Option<i8>,
    /// Hour, minute, second, nanosecond.
    time: Option<(i8, i8, i8, i32)>,
    /// The afternoon.
    afternoon: Option<bool>,
    /// Seconds east of UTC.
    offset: Option<i64>,
}

impl<'a> DateReader<'a> {
    /// Reads the next word, number, time or offset.
    fn token(&mut self) -> Option<()> {
        let first = self.rest.chars().next()?;
        if first.is_ascii_digit() {
            return self.number();
        }
        if first.is_ascii_alphabetic() {
            return self.word();
        }
        if matches!(first, '+' | '-') && self.offset.is_none() && (self.time.is_some() || self.has_day()) {
            let minus = first == '-';
            self.rest = &self.rest[1..];
            let seconds = self.offset_digits()?;
            self.offset = Some(if minus { -seconds } else { seconds });
            return Some(());
        }
        if matches!(first, ' ' | '/' | '-' | ',' | '.') {
            self.rest = &self.rest[1..];
            return Some(());
        }
        None
    }

    fn has_day(&self) -> bool {
        self.numbers.len() + usize::from(self.month.is_some()) >= 3
    }

    fn digits(&mut self, most: usize) -> Option<(&'a str, i32)> {
        let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 || length > most {
            return None;
        }
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some((digits, digits.parse().ok()?))
    }

    /// A number of the date, or a time when a colon follows it, or an hour when AM or PM follows.
    fn number(&mut self) -> Option<()> {
        let (digits, value) = self.digits(4)?;
        let rest = self.rest.trim_start().as_bytes();
        let half = rest.len() >= 2
            && matches!(rest[0], b'a' | b'A' | b'p' | b'P')
            && matches!(rest[1], b'm' | b'M')
            && !rest.get(2).is_some_and(u8::is_ascii_alphabetic);
        if self.rest.starts_with(':') || (half && self.time.is_none()) {
            return self.time(digits, value);
        }
        self.numbers.push((i16::try_from(value).ok()?, digits.len()));
        (self.numbers.len() <= 3).then_some(())
    }

    /// Minute, second and fraction after an hour.
    fn time(&mut self, hour_digits: &str, hour: i32) -> Option<()> {
        if self.time.is_some() || hour_digits.len() > 2 {
            return None;
        }
        let (mut minute, mut second, mut fraction) = (0, 0, 0);
        if let Some(rest) = self.rest.strip_prefix(':') {
            self.rest = rest;
            minute = self.digits(2)?.1;
            if let Some(rest) = self.rest.strip_prefix(':') {
                self.rest = rest;
                second = self.digits(2)?.1;
                if let Some(rest) = self.rest.strip_prefix('.') {
                    self.rest = rest;
                    let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
                    let (digits, rest) = self.rest.split_at(length);
                    self.rest = rest;
                    fraction = nanoseconds(digits)?;
                }
            }
        }
        let small = |value: i32| i8::try_from(value).ok();
        self.time = Some((small(hour)?, small(minute)?, small(second)?, fraction));
        Some(())
    }

    fn word(&mut self) -> Option<()> {
        let length = self.rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        match word.to_ascii_uppercase().as_str() {
            // Between date and time, as in ISO 8601.
            "T" if self.has_day()
                && self.time.is_none()
                && rest.starts_with(|c: char| c.is_ascii_digit()) => {}
            "Z" | "GMT" | "UTC" if self.offset.is_none() && (self.time.is_some() || self.has_day()) => {
                self.offset = Some(0);
            }
            half @ ("AM" | "PM") if self.time.is_some() && self.afternoon.is_none() => {
                self.afternoon = Some(half == "PM");
            }
            _ => {
                if let (Some(month), None) = (named(word, &MONTHS), self.month) {
                    self.month = Some(month);
                } else if let (Some(day), None) = (named(word, &DAYS), self.weekday) {
                    self.weekday = Some(day - 1);
                } else {
                    return None;
                }
            }
        }
        Some(())
    }

    /// `hh:mm`, `hhmm` or `hh`, at most 14 hours.
    fn offset_digits(&mut self) -> Option<i64> {
        let (digits, value) = self.digits(4)?;
        let value = i64::from(value);
        let (hours, minutes) = match (digits.len(), self.rest.strip_prefix(':')) {
            (1 | 2, Some(rest)) => {
                self.rest = rest;
                (value, i64::from(self.digits(2)?.1))
            }
            (1 | 2, None) => (value, 0),
            (_, None) => (value / 100, value % 100),
            _ => return None,
        };
        let seconds = hours * 3600 + minutes * 60;
        (minutes < 60 && seconds <= 14 * 3600).then_some(seconds)
    }

    fn date_time(&self) -> Option<DateTime> {
        let date = self.date()?;
        if self.weekday.is_some_and(|day| day != date.weekday().to_sunday_zero_offset()) {
            return None;
        }
        let (mut hour, minute, second, fraction) = self.time.unwrap_or_default();
        if let Some(afternoon) = self.afternoon {
            if hour > 12 {
                return None;
            }
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        let local = date.to_datetime(Time::new(hour, minute, second, fraction).ok()?);
        to_utc(local, self.offset.unwrap_or(0))
    }

    /// The order of the invariant culture is month, day, year; a number of three or four digits in the
    /// first place is a year, and then month and day follow.
    fn date(&self) -> Option<Date> {
        let small = |value: i16| i8::try_from(value).ok();
        let (year, month, day) = match (self.month, self.numbers.as_slice()) {
            (None, [(year, digits), (month, _), (day, _)]) if *digits > 2 => {
                ((*year, *digits), small(*month)?, small(*day)?)
            }
            (None, [(month, _), (day, _), year]) => (*year, small(*month)?, small(*day)?),
            (None, [(year, digits), (month, _)]) if *digits > 2 => ((*year, *digits), small(*month)?, 1),
            (Some(month), [(year, digits), (day, _)]) if *digits > 2 => {
                ((*year, *digits), month, small(*day)?)
            }
            (Some(month), [(day, _), year]) => (*year, month, small(*day)?),
            (Some(month), [(year, digits)]) if *digits > 2 => ((*year, *digits), month, 1),
            _ => return None,
        };
        Date::new(full_year(year.0, year.1), month, day).ok().filter(|date| date.year() > 0)
    }
}

/// A year of two digits belongs to 1950–2049, .NET's default for the Gregorian calendar.
pub(super) fn full_year(year: i16, digits: usize) -> i16 {
    match digits {
        1 | 2 if year < 50 => 2000 + year,
        1 | 2 => 1900 + year,
        _ => year,
    }
}

/// The fraction of a second that the digits after its point are; digits beyond .NET's 100 ns are cut.
pub(super) fn nanoseconds(digits: &str) -> Option<i32> {
    if digits.is_empty() {
        return None;
    }
    let kept: String = digits.chars().chain("0000000".chars()).take(7).collect();
    Some(kept.parse::<i32>().ok()? * 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> Option<String> {
        parse(text).map(print)
    }

    #[test]
    fn usual_forms_are_read() {
        let quarter = Some("6/15/2009 1:45:30 PM".to_owned());
        for text in [
            "2009-06-15T13:45:30",
            "2009-06-15 13:45:30Z",
            "2009-06-15T13:45:30.1234567Z",
            "2009-06-15T15:45:30+02:00",
            "2009-06-15T15:45:30+0200",
            "2009-06-15T06:45:30 -07",
            "6/15/2009 1:45:30 PM",
            "06/15/2009 01:45:30pm",
            "6-15-2009 13:45:30",
            "2009/06/15 13:45:30",
            "Mon, 15 Jun 2009 13:45:30 GMT",
            "Monday, June 15, 2009 1:45:30 PM",
            "15 June 2009 13:45:30",
            " June 15 2009 13:45:30 ",
            "6/15/09 13:45:30",
        ] {
            assert_eq!(printed(text), quarter, "{text}");
        }
        assert_eq!(printed("2020-03-16-07:00").as_deref(), Some("3/16/2020 7:00:00 AM"));
        assert_eq!(printed("2021-06-30+08:00").as_deref(), Some("6/29/2021 4:00:00 PM"));
        assert_eq!(printed("2009-06").as_deref(), Some("6/1/2009 12:00:00 AM"));
        assert_eq!(printed("June 2009").as_deref(), Some("6/1/2009 12:00:00 AM"));
        assert_eq!(printed("1/2/1999 12 AM").as_deref(), Some("1/2/1999 12:00:00 AM"));
        assert_eq!(printed("1/2/50 12:30 pm").as_deref(), Some("1/2/1950 12:30:00 PM"));
        assert_eq!(printed("9999-12-31").as_deref(), Some("12/31/9999 12:00:00 AM"));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "2009",
            "13:45",
            "2009-13-01",
            "2009-02-29",
            "20200316",
            "1/2/3/4",
            "6/15/2009 25:00",
            "6/15/2009 13:00 AM",
            "Tue, 15 Jun 2009",
            "2009-06-15+15:00",
            "2009-06-15T",
            "6/15/2009 1:2:3:4",
            "0000-01-01",
            "0001-01-01+01:00",
            "99999-01-01",
            "2009-06-15Z Z",
            "+",
            "1/1/2000 1:00 AM PM",
            "é",
        ] {
            assert_eq!(printed(text), None, "{text}");
        }
    }
}
