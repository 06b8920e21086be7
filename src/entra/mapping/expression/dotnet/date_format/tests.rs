//! Expected values follow Microsoft Learn, "Custom date and time format strings" and "Standard date and
//! time format strings": the examples there use 2009-06-15T13:45:30.

use super::super::date;
use super::*;

fn moment(text: &str) -> Moment {
    Moment { date: date::parse(text).unwrap(), kind: DateTimeKind::Unspecified }
}

fn printed(format: &str) -> String {
    Format::new(format).unwrap().print(moment("2009-06-15T13:45:30.6170000"))
}

fn read_with(text: &str, format: &str, styles: &str) -> Option<String> {
    let today = date::parse("2026-01-02").unwrap().date();
    let moment = Format::new(format).unwrap().read(text, Styles::new(styles).unwrap(), today)?;
    Some(Format::new("yyyy-MM-ddTHH:mm:ss.fffK").unwrap().print(moment))
}

fn read(text: &str, format: &str) -> Option<String> {
    read_with(text, format, "")
}

#[test]
fn every_specifier_prints() {
    for (format, expected) in [
        ("%d", "15"),
        ("dd", "15"),
        ("ddd", "Mon"),
        ("dddd", "Monday"),
        ("%f", "6"),
        ("ff", "61"),
        ("fff", "617"),
        ("fffffff", "6170000"),
        ("%F", "6"),
        ("FFFFFF", "617"),
        ("%g", "A.D."),
        ("%h", "1"),
        ("hh", "01"),
        ("%H", "13"),
        ("HH", "13"),
        ("%K", ""),
        ("%m", "45"),
        ("mm", "45"),
        ("%M", "6"),
        ("MM", "06"),
        ("MMM", "Jun"),
        ("MMMM", "June"),
        ("%s", "30"),
        ("ss", "30"),
        ("%t", "P"),
        ("tt", "PM"),
        ("%y", "9"),
        ("yy", "09"),
        ("yyy", "2009"),
        ("yyyy", "2009"),
        ("yyyyy", "02009"),
        ("%z", "+0"),
        ("zz", "+00"),
        ("zzz", "+00:00"),
        ("h 'h' m \"m\"", "1 h 45 m"),
        (r"h \h m \m", "1 h 45 m"),
        ("d", "06/15/2009"),
        ("D", "Monday, 15 June 2009"),
        ("f", "Monday, 15 June 2009 13:45"),
        ("g", "06/15/2009 13:45"),
        ("G", "06/15/2009 13:45:30"),
        ("M", "June 15"),
        ("o", "2009-06-15T13:45:30.6170000"),
        ("R", "Mon, 15 Jun 2009 13:45:30 GMT"),
        ("s", "2009-06-15T13:45:30"),
        ("t", "13:45"),
        ("T", "13:45:30"),
        ("u", "2009-06-15 13:45:30Z"),
        ("Y", "2009 June"),
        ("yyyyMMddHHmmss.fZ", "20090615134530.6Z"),
    ] {
        assert_eq!(printed(format), expected, "{format}");
    }
    let whole = Format::new("HH:mm:ss.FFF").unwrap().print(moment("2009-06-15"));
    assert_eq!(whole, "00:00:00", "the point goes with its fraction");
}

#[test]
fn formats_read_what_they_print() {
    for (text, format, expected) in [
        ("20150123105347.1Z", "yyyyMMddHHmmss.fZ", "2015-01-23T10:53:47.100Z"),
        ("2020-12-31-08:00", "yyyy-MM-ddzzz", "2020-12-31T08:00:00.000+00:00"),
        ("2020-12-31+0800", "yyyy-MM-ddzzz", "2020-12-30T16:00:00.000+00:00"),
        ("2020-12-31 -8", "yyyy-MM-dd z", "2020-12-31T08:00:00.000+00:00"),
        ("1/5/2020 01:02:03 PM", "M/d/yyyy hh:mm:ss tt", "2020-01-05T13:02:03.000"),
        ("12/25/2020 12:00:00 am", "M/d/yyyy hh:mm:ss tt", "2020-12-25T00:00:00.000"),
        (" 2020-01-05 ", "yyyy-MM-dd", "2020-01-05T00:00:00.000"),
        ("Mon, 15 Jun 2009 13:45:30 GMT", "R", "2009-06-15T13:45:30.000Z"),
        ("2009-06-15T13:45:30.6170000Z", "o", "2009-06-15T13:45:30.617Z"),
        ("2009-06-15T13:45:30.6170000+02:00", "o", "2009-06-15T11:45:30.617+00:00"),
        ("15 june 2009", "d MMMM yyyy", "2009-06-15T00:00:00.000"),
        ("Monday 15.6.09", "dddd d.M.yy", "2009-06-15T00:00:00.000"),
        ("13:45:30", "HH:mm:ss.FFF", "2026-01-02T13:45:30.000"),
        ("13:45:30.5", "HH:mm:ss.FFF", "2026-01-02T13:45:30.500"),
        ("06", "MM", "2026-06-01T00:00:00.000"),
    ] {
        assert_eq!(read(text, format).as_deref(), Some(expected), "{text} as {format}");
    }
}

#[test]
fn what_is_written_otherwise_is_not_read() {
    for (text, format) in [
        ("2025-12-31", "yyyy-MM-ddzzz"),
        ("1/15/2030 12:00:00 AM", "yyyy-MM-dd"),
        ("2020-1-5", "yyyy-MM-dd"),
        ("2020-02-30", "yyyy-MM-dd"),
        ("20-01-05", "yyyy-MM-dd"),
        ("2020-01-05x", "yyyy-MM-dd"),
        ("13:00 PM", "hh:mm tt"),
        ("Tuesday 15.6.09", "dddd d.M.yy"),
        ("2020-01-05 +15:00", "yyyy-MM-dd zzz"),
        ("", "yyyy"),
    ] {
        assert_eq!(read(text, format), None, "{text} as {format}");
    }
}

#[test]
fn styles_change_what_is_read() {
    assert_eq!(read_with(" 2020-01-05", "yyyy-MM-dd", "None"), None);
    assert_eq!(
        read_with("2020 - 01 -05", "yyyy-MM-dd", "AllowWhiteSpaces").as_deref(),
        Some("2020-01-05T00:00:00.000")
    );
    assert_eq!(
        read_with("2020-01-05", "yyyy-MM-dd", "AssumeUniversal, AdjustToUniversal").as_deref(),
        Some("2020-01-05T00:00:00.000Z")
    );
    assert_eq!(
        read_with("2020-01-05", "yyyy-MM-dd", "DateTimeStyles.AssumeLocal").as_deref(),
        Some("2020-01-05T00:00:00.000+00:00")
    );
    assert_eq!(
        read_with("13:45", "HH:mm", "NoCurrentDateDefault").as_deref(),
        Some("0001-01-01T13:45:00.000")
    );
    assert_eq!(
        read_with("13:45+01:00", "HH:mmzzz", "AdjustToUniversal").as_deref(),
        Some("2026-01-02T12:45:00.000Z")
    );
    assert!(Styles::new("Loose").unwrap_err().contains("\"Loose\""));
    assert!(Styles::new("AssumeLocal,AssumeUniversal").is_err());
    assert!(Styles::new("RoundtripKind,AssumeLocal").is_err());
}

#[test]
fn what_is_no_format_is_refused() {
    for format in ["", "x", "ffffffff", "yyyy'", "yyyy\\", "%%", "yyyy%"] {
        assert!(Format::new(format).is_err(), "{format}");
    }
}
