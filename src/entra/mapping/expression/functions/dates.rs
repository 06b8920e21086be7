//! Dates. What the pages call a DateTime is a date in UTC; intervals are those of Visual Basic.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, ToSpan};

use super::super::evaluation::{Computed, FunctionCall, Stop};
use super::super::function::Function;
use super::super::node::Part;
use super::super::prepared::{Misfit, PreparedArguments};
use super::super::signature::Arity;
use crate::diagnostic;
use crate::entra::mapping::expression::Value;
use crate::entra::mapping::expression::dotnet::date_format::{Format, Styles};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("CDate", &["expression"], Arity::Exactly(1), c_date),
    Function {
        prepare: Some(interval),
        ..Function::new("DateAdd", &["interval", "value", "dateTime"], Arity::Exactly(3), date_add)
    },
    Function {
        prepare: Some(interval),
        ..Function::new("DateDiff", &["interval", "date1", "date2"], Arity::Exactly(3), date_diff)
    },
    Function::new("DateFromNum", &["value"], Arity::Exactly(1), date_from_num),
    Function {
        prepare: Some(formats),
        ..Function::new(
            "FormatDateTime",
            &["source", "dateTimeStyles", "inputFormat", "outputFormat"],
            Arity::Between(3, 4),
            format_date_time,
        )
    },
    Function::new("Now", &[], Arity::Exactly(0), now),
    Function::new("NumFromDate", &["value"], Arity::Exactly(1), num_from_date),
];

/// The intervals of both functions.
const INTERVALS: [&str; 7] = ["yyyy", "m", "d", "ww", "h", "n", "s"];

/// Seconds from 1601-01-01, where FILETIME begins, to 1970-01-01.
const FILETIME_TO_UNIX: i128 = 11_644_473_600;

fn interval(arguments: &[Part]) -> Result<PreparedArguments, Misfit> {
    match arguments.first().and_then(Part::constant) {
        Some(word) if !INTERVALS.contains(&word) => Err(Misfit { position: 0, what: no_interval(word) }),
        _ => Ok(PreparedArguments::Nothing),
    }
}

fn no_interval(word: &str) -> String {
    let near = diagnostic::closest(word, INTERVALS).map(|near| format!("; did you mean \"{near}\"?"));
    format!("is \"{word}\", none of {}{}", INTERVALS.join(", "), near.unwrap_or_default())
}

fn c_date<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    Ok(call.date(0)?.map(Value::Date))
}

fn now<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    Ok(Some(Value::Date(call.circumstances().now())))
}

/// The date with some years, months, days … added. The day is moved back to the month's last, as in .NET.
fn date_add<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let interval = call.text(0)?.unwrap_or_default();
    let value = call.required_number(1)?;
    let Some(date) = call.date(2)? else { return Ok(None) };
    let span = match &*interval {
        "yyyy" => 1.year().checked_mul(value),
        "m" => 1.month().checked_mul(value),
        "d" => 1.day().checked_mul(value),
        "ww" => 1.week().checked_mul(value),
        "h" => 1.hour().checked_mul(value),
        "n" => 1.minute().checked_mul(value),
        "s" => 1.second().checked_mul(value),
        other => return Err(call.misfit(0, &no_interval(other))),
    };
    match span.and_then(|span| date.checked_add(span)) {
        Ok(sum) if (1..=9999).contains(&sum.year()) => Ok(Some(Value::Date(sum))),
        _ => Err(call.failure("the date lies beyond the years 1 to 9999")),
    }
}

/// The second date less the first, as Visual Basic's DateDiff counts: years and months by the calendar,
/// weeks by the Sundays between, everything else in whole units of time.
fn date_diff<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let interval = call.text(0)?.unwrap_or_default();
    let (Some(first), Some(second)) = (call.date(1)?, call.date(2)?) else { return Ok(None) };
    let seconds = second.duration_since(first).as_secs();
    let years = i64::from(second.year()) - i64::from(first.year());
    let difference = match &*interval {
        "yyyy" => years,
        "m" => years * 12 + i64::from(second.month()) - i64::from(first.month()),
        "d" => seconds / 86_400,
        // Each date is moved to its week's beginning first.
        "ww" => {
            let weekday = |date: DateTime| i64::from(date.weekday().to_sunday_zero_offset());
            (seconds - (weekday(second) - weekday(first)) * 86_400) / 86_400 / 7
        }
        "h" => seconds / 3600,
        "n" => seconds / 60,
        "s" => seconds,
        other => return Err(call.misfit(0, &no_interval(other))),
    };
    Ok(Some(Value::Number(difference)))
}

/// The date of a FILETIME: units of 100 ns since 1601.
fn date_from_num<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let Some(number) = call.number(0)? else { return Ok(None) };
    let beginning = Date::constant(1601, 1, 1).to_datetime(jiff::civil::Time::midnight());
    let since =
        SignedDuration::new(number / 10_000_000, i32::try_from(number % 10_000_000).unwrap_or(0) * 100);
    match beginning.checked_add(since) {
        Ok(date) if number >= 0 && date.year() <= 9999 => Ok(Some(Value::Date(date))),
        _ => Err(call.misfit(0, &format!("is {number}, which is no date"))),
    }
}

/// The FILETIME of a date.
fn num_from_date<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let Some(date) = call.date(0)? else { return Ok(None) };
    let since =
        jiff::tz::Offset::UTC.to_timestamp(date).map_err(|_| call.misfit(0, "is beyond all dates"))?;
    let units = since.as_nanosecond() / 100 + FILETIME_TO_UNIX * 10_000_000;
    match i64::try_from(units) {
        Ok(units) if units >= 0 => Ok(Some(Value::Number(units))),
        _ => Err(call.misfit(0, "lies before 1601, where this number begins")),
    }
}

/// Positions of the formats: the styles may be left out altogether (cloud sync page).
fn format_positions(count: usize) -> (Option<usize>, usize, usize) {
    if count == 4 { (Some(1), 2, 3) } else { (None, 1, 2) }
}

fn formats(arguments: &[Part]) -> Result<PreparedArguments, Misfit> {
    let (styles, input, output) = format_positions(arguments.len());
    let constant = |position: usize| arguments.get(position).and_then(Part::constant);
    let read = |position: usize| {
        let format = constant(position).map(Format::new).transpose();
        format.map_err(|what| Misfit { position, what })
    };
    let styles = match styles.and_then(|position| Some((position, constant(position)?))) {
        Some((position, text)) => Some(Styles::new(text).map_err(|what| Misfit { position, what })?),
        None => None,
    };
    Ok(PreparedArguments::Formats { styles, input: read(input)?, output: read(output)? })
}

/// A date read in one format and printed in another. A date that comes from CDate, DateAdd, DateFromNum or
/// Now is taken as it is: the page calls it a DateTime that "can be used within date functions such as
/// FormatDateTime".
fn format_date_time<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let (styles_at, input_at, output_at) = format_positions(call.count());
    let (styles, input, output) = match call.prepared() {
        PreparedArguments::Formats { styles, input, output } => (*styles, input.as_ref(), output.as_ref()),
        _ => (None, None, None),
    };
    let computed_format = |position: usize| -> Result<Format, Stop> {
        let text = call.text(position)?.unwrap_or_default();
        Format::new(&text).map_err(|what| call.misfit(position, &what))
    };
    let styles = match (styles, styles_at) {
        (Some(styles), _) => styles,
        (None, Some(position)) => match call.text(position)? {
            Some(text) => Styles::new(&text).map_err(|what| call.misfit(position, &what))?,
            None => Styles::default(),
        },
        (None, None) => Styles::default(),
    };
    let Some(source) = call.value(0)? else { return Ok(None) };
    let moment = match source {
        Value::Date(date) => date.into(),
        other => {
            let Some(text) = other.into_one_text() else {
                return Err(call.misfit(0, "has several values where a date belongs"));
            };
            let computed;
            let format = match input {
                Some(format) => format,
                None => {
                    computed = computed_format(input_at)?;
                    &computed
                }
            };
            let today = call.circumstances().now().date();
            match format.read(&text, styles, today) {
                Some(moment) => moment,
                None => {
                    let what = format!("is \"{text}\", which is not written as \"{}\"", format.as_str());
                    let stop = call.misfit(0, &what);
                    let capitals = format.as_str().contains(['Y', 'D']);
                    return Err(if capitals {
                        stop.help("years are `y` and days `d`, in lower case")
                    } else {
                        stop
                    });
                }
            }
        }
    };
    let printed = match output {
        Some(format) => format.print(moment),
        None => computed_format(output_at)?.print(moment),
    };
    Ok(Some(Value::from(printed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::expression::parse_date;

    #[test]
    fn filetime_begins_where_it_should() {
        let unix = parse_date("1970-01-01").unwrap().duration_since(parse_date("1601-01-01").unwrap());
        assert_eq!(i128::from(unix.as_secs()), FILETIME_TO_UNIX);
    }
}
