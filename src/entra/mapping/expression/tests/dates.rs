//! Dates: intervals of Visual Basic, FILETIME, formats of .NET.

use super::*;

fn value(expression: &str) -> String {
    text(expression, &[]).unwrap_or_default()
}

#[test]
fn every_interval_is_added() {
    for (interval, count, expected) in [
        ("yyyy", "1", "2/28/2021 1:30:00 PM"),
        ("m", "-1", "1/29/2020 1:30:00 PM"),
        ("m", "12", "2/28/2021 1:30:00 PM"),
        ("d", "1", "3/1/2020 1:30:00 PM"),
        ("ww", "\"1\"", "3/7/2020 1:30:00 PM"),
        ("h", "11", "3/1/2020 12:30:00 AM"),
        ("n", "-90", "2/29/2020 12:00:00 PM"),
        ("s", "1", "2/29/2020 1:30:01 PM"),
    ] {
        assert_eq!(
            value(&format!("DateAdd(\"{interval}\", {count}, CDate(\"2020-02-29T13:30:00Z\"))")),
            expected,
            "{interval}"
        );
    }
    assert_eq!(
        failure("DateAdd(\"yyyy\", 9000, CDate(\"2020-01-01\"))", &[]).message,
        "the date lies beyond the years 1 to 9999"
    );
    assert!(outcome("DateAdd(\"s\", 9223372036854775807, CDate(\"2020-01-01\"))", &[]).is_err());
    assert_eq!(text("DateAdd(\"d\", 1, CDate([none]))", &[]), None);
}

// Visual Basic counts the borders of years, months and weeks that lie between, and whole units of the rest.
#[test]
fn differences_are_counted_as_visual_basic_does() {
    for (interval, first, second, expected) in [
        ("yyyy", "2024-12-31", "2025-01-01", "1"),
        ("m", "2025-01-31", "2025-02-01", "1"),
        ("d", "2025-01-01T23:00:00Z", "2025-01-02T01:00:00Z", "0"),
        ("d", "2025-01-02T01:00:00Z", "2025-01-01T00:00:00Z", "-1"),
        // A Saturday and the Sunday after it.
        ("ww", "2025-08-16", "2025-08-17", "1"),
        ("ww", "2025-08-17", "2025-08-23", "0"),
        ("h", "2025-01-01T00:30:00Z", "2025-01-01T02:00:00Z", "1"),
        ("n", "2025-01-01T00:00:59Z", "2025-01-01T00:01:01Z", "0"),
        ("s", "2025-01-01T00:00:00Z", "2024-12-31T23:59:59Z", "-1"),
    ] {
        let expression = format!("DateDiff(\"{interval}\", CDate(\"{first}\"), CDate(\"{second}\"))");
        assert_eq!(value(&expression), expected, "{expression}");
    }
    assert_eq!(text("DateDiff(\"d\", Now(), CDate([none]))", &[]), None);
    assert_eq!(
        value("DateDiff(\"d\", \"2025-01-01\", \"2025-01-03\")"),
        "2",
        "a text is read as CDate reads it"
    );
}

#[test]
fn an_interval_that_is_none_is_found_before_anything_is_computed() {
    let wrong = error("DateAdd(\"yy\", 1, Now())");
    assert_eq!(wrong.message, "DateAdd: argument 1 (interval) is \"yy\", none of yyyy, m, d, ww, h, n, s");
    assert_eq!(wrong.at, 8..12);
    assert!(outcome("DateDiff([x], Now(), Now())", &[("x", &["D"])]).is_err());
}

#[test]
fn now_is_the_given_time() {
    assert_eq!(value("Now()"), "1/1/2026 12:00:00 AM", "the beginning of the simulated clock");
    let later = outcome_in("Now()", &[], &Circumstances::at_hour(37)).unwrap();
    assert_eq!(later.value.unwrap().to_string(), "1/2/2026 1:00:00 PM");
    assert_eq!(value("DateDiff(\"d\", Now(), CDate(\"2026-01-08\"))"), "7");
}

#[test]
fn filetime_goes_both_ways() {
    assert_eq!(value("NumFromDate(\"1601-01-01T00:00:00Z\")"), "0");
    assert_eq!(value("NumFromDate(\"2012-01-01 23:00\")"), "129699324000000000");
    assert_eq!(value("DateFromNum(NumFromDate(\"2025-12-31T23:59:59-08:00\"))"), "1/1/2026 7:59:59 AM");
    assert_eq!(value("DateFromNum(\"0\")"), "1/1/1601 12:00:00 AM");
    assert_eq!(text("NumFromDate([none])", &[]), None);
    assert_eq!(
        failure("NumFromDate(\"1600-12-31\")", &[]).message,
        "argument 1 (value) lies before 1601, where this number begins"
    );
    assert_eq!(failure("DateFromNum(-1)", &[]).message, "argument 1 (value) is -1, which is no date");
    assert!(outcome("DateFromNum(9223372036854775807)", &[]).is_err());
    assert_eq!(
        failure("CDate(\"soon\")", &[]).message,
        "argument 1 (expression) is \"soon\" where a date belongs"
    );
}

#[test]
fn dates_are_written_in_another_format() {
    let format =
        |arguments: &str| text(&format!("FormatDateTime({arguments})"), &[("d", &["2020-12-31-08:00"])]);
    assert_eq!(
        format("[d], , \"yyyy-MM-ddzzz\", \"M/d/yyyy h:mm tt\"").as_deref(),
        Some("12/31/2020 8:00 AM")
    );
    assert_eq!(
        format("\"31.12.2020\", \"AssumeUniversal,AdjustToUniversal\", \"dd.MM.yyyy\", \"o\"").as_deref(),
        Some("2020-12-31T00:00:00.0000000Z")
    );
    assert_eq!(format("CDate([d]), , \"whatever\", \"yyyyMMdd\"").as_deref(), Some("20201231"));
    assert_eq!(format("[none], , \"yyyy\", \"yyyy\""), None);
    let wrong = failure("FormatDateTime([d], , \"yyyy-MM-dd\", \"yyyy\")", &[("d", &["2020-12-31-08:00"])]);
    assert_eq!(
        wrong.message,
        "argument 1 (source) is \"2020-12-31-08:00\", which is not written as \"yyyy-MM-dd\""
    );
    assert_eq!((wrong.at, wrong.help), (15..18, None));
    let capitals = failure("FormatDateTime(\"2020-12-31\", , \"YYYY-MM-DD\", \"yyyy\")", &[]);
    assert_eq!(capitals.help.as_deref(), Some("years are `y` and days `d`, in lower case"));
}

#[test]
fn formats_and_styles_are_checked_when_the_expression_is_read() {
    let format = error("FormatDateTime([d], , \"yyyy'\", \"yyyy\")");
    assert_eq!(
        format.message,
        "FormatDateTime: argument 3 (inputFormat) is \"yyyy'\": a quoted text is not closed"
    );
    assert_eq!(format.at, 22..29);
    assert!(error("FormatDateTime([d], \"Loose\", \"yyyy\", \"yyyy\")").message.contains("DateTimeStyles"));
    // Without the styles the positions move, and so do the names.
    assert!(error("FormatDateTime([d], \"yyyy\", \"x\")").message.contains("no standard format"));
    assert!(outcome("FormatDateTime([d], , [f], \"yyyy\")", &[("d", &["2020"]), ("f", &["%%"])]).is_err());
    assert_eq!(
        text("FormatDateTime([d], , [f], [f])", &[("d", &["2020"]), ("f", &["yyyy"])]).as_deref(),
        Some("2020")
    );
}
