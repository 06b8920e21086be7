//! `dateTime` values (RFC 7643 §2.3.5): XML Schema's `xsd:dateTime`.

use jiff::{Span, Timestamp};

/// The instant a `dateTime` names. `None` when it is none, or when its zone is missing: without a
/// zone no instant is named, ask [`lacks_zone`] to tell the two apart.
///
/// Digits beyond nanoseconds are cut off.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let (local, zone) = split(text)?;
    let zone = zone?;
    // XML Schema allows midnight to be written as the end of the day before.
    let (local, midnight) = match local.split_once("T24:00:00") {
        Some((date, "")) => (format!("{date}T00:00:00"), true),
        Some((date, fraction)) if fraction.trim_start_matches('.').bytes().all(|b| b == b'0') => {
            (format!("{date}T00:00:00"), true)
        }
        Some(_) => return None,
        None => (local, false),
    };
    let instant: Timestamp = format!("{local}{zone}").parse().ok()?;
    if midnight { instant.checked_add(Span::new().hours(24)).ok() } else { Some(instant) }
}

/// True when the text is a right `dateTime` but for its missing zone, as .NET prints an unspecified
/// kind and Java a LocalDateTime.
#[must_use]
pub fn lacks_zone(text: &str) -> bool {
    split(text).is_some_and(|(_, zone)| zone.is_none()) && parse(&format!("{text}Z")).is_some()
}

/// Local part and zone, when the text has the form `YYYY-MM-DDThh:mm:ss[.s…][Z|±hh:mm]`. Ranges of
/// the numbers are left to the caller.
fn split(text: &str) -> Option<(String, Option<&str>)> {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let (head, rest) = text.split_at_checked(FORM.len())?;
    let fits = head.bytes().zip(FORM).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == *form,
    });
    // A 60th second is no xsd:dateTime.
    if !fits || &head[17..] > "59" {
        return None;
    }
    let (fraction, zone) = match rest.strip_prefix('.') {
        None => (None, rest),
        Some(rest) => {
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            (Some(&rest[..length]).filter(|digits| !digits.is_empty()).map(Some)?, &rest[length..])
        }
    };
    let zone = match zone.as_bytes() {
        [] => None,
        [b'Z'] => Some(zone),
        [b'+' | b'-', h1, h2, b':', m1, m2] if [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()) => {
            Some(zone)
        }
        _ => return None,
    };
    let local = match fraction {
        Some(digits) => format!("{head}.{}", &digits[..digits.len().min(9)]),
        None => head.to_owned(),
    };
    Some((local, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_every_zone_and_precision() {
        let noon = parse("2011-05-13T04:42:34Z").unwrap();
        for text in [
            "2011-05-13T04:42:34.000Z",
            "2011-05-13T04:42:34+00:00",
            "2011-05-13T06:42:34+02:00",
            "2011-05-12T23:12:34.0000000-05:30",
            "2011-05-13T04:42:34.000000000000Z",
        ] {
            assert_eq!(parse(text), Some(noon), "{text}");
        }
        assert!(parse("2011-05-13T04:42:34.1234567Z").unwrap() > noon);
        assert_eq!(parse("2011-05-12T24:00:00Z"), parse("2011-05-13T00:00:00Z"));
    }

    #[test]
    fn what_is_no_date_time_is_refused() {
        for text in [
            "",
            "2011-05-13",
            "2011-05-13 04:42:34Z",
            "2011-05-13t04:42:34z",
            "2011-13-01T00:00:00Z",
            "2011-02-30T00:00:00Z",
            "2011-05-13T04:42:60Z",
            "2011-05-13T04:42:34.Z",
            "2011-05-13T04:42:34+0000",
            "2011-05-13T04:42:34Z[UTC]",
            "2011-05-13T24:00:01Z",
            "1305261754",
            "Fri, 13 May 2011 04:42:34 GMT",
            "２011-05-13T04:42:34Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
            assert!(!lacks_zone(text), "{text}");
        }
    }

    #[test]
    fn a_missing_zone_is_told_apart() {
        assert_eq!(parse("2011-05-13T04:42:34.12"), None);
        assert!(lacks_zone("2011-05-13T04:42:34.12"));
        assert!(!lacks_zone("2011-05-13T04:42:34Z"));
        assert!(!lacks_zone("2011-05-13T44:42:34"));
    }
}
