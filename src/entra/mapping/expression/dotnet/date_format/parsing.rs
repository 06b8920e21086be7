use jiff::civil::{Date, Time};

use super::super::date::{DAYS, MONTHS, full_year, nanoseconds, to_utc};
use super::{DateTimeKind, Format, FormatToken, Moment, Styles};

/// What was read so far.
#[derive(Default)]
struct DateFields {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    weekday: Option<i8>,
    hour: Option<i8>,
    hour12: Option<i8>,
    minute: Option<i8>,
    second: Option<i8>,
    nanosecond: Option<i32>,
    afternoon: Option<bool>,
    /// Seconds east of UTC.
    offset: Option<i64>,
    /// The offset was written as `Z`.
    zulu: bool,
}

/// Keeps a value; one that was read before must be the same.
fn keep<T: PartialEq>(place: &mut Option<T>, value: T) -> Option<()> {
    match place {
        Some(before) if *before != value => None,
        _ => {
            *place = Some(value);
            Some(())
        }
    }
}

impl Format {
    /// Reads a text that is written in this format. A part of the date that the format does not have is
    /// today's.
    pub fn read(&self, text: &str, styles: Styles, today: Date) -> Option<Moment> {
        let mut rest = text;
        if styles.leading_white {
            rest = rest.trim_start();
        }
        if styles.trailing_white {
            rest = rest.trim_end();
        }
        let mut found = DateFields::default();
        for (position, token) in self.tokens.iter().enumerate() {
            if styles.inner_white {
                rest = rest.trim_start();
            }
            let before_short_fraction =
                matches!(self.tokens.get(position + 1), Some(FormatToken::ShortFraction(_)));
            token.read(&mut rest, &mut found, styles, before_short_fraction)?;
        }
        if styles.inner_white && styles.trailing_white {
            rest = rest.trim_end();
        }
        if !rest.is_empty() {
            return None;
        }
        if self.universal && found.offset.is_none() {
            (found.offset, found.zulu) = (Some(0), true);
        }
        found.moment(styles, today)
    }
}

impl FormatToken {
    fn read(
        &self,
        rest: &mut &str,
        found: &mut DateFields,
        styles: Styles,
        before_short_fraction: bool,
    ) -> Option<()> {
        let small = |value: i32| i8::try_from(value).ok();
        match self {
            FormatToken::Day(width) => keep(&mut found.day, small(number(rest, *width)?)?),
            FormatToken::Month(width) => keep(&mut found.month, small(number(rest, *width)?)?),
            FormatToken::Hour12(width) => keep(&mut found.hour12, small(number(rest, (*width).min(2))?)?),
            FormatToken::Hour24(width) => keep(&mut found.hour, small(number(rest, (*width).min(2))?)?),
            FormatToken::Minute(width) => keep(&mut found.minute, small(number(rest, (*width).min(2))?)?),
            FormatToken::Second(width) => keep(&mut found.second, small(number(rest, (*width).min(2))?)?),
            FormatToken::Year(width @ (1 | 2)) => {
                keep(&mut found.year, full_year(i16::try_from(number(rest, *width)?).ok()?, 2))
            }
            FormatToken::Year(width) => {
                let digits = digits(rest, *width, (*width).max(4))?;
                keep(&mut found.year, digits.parse().ok()?)
            }
            FormatToken::Weekday { full } => keep(&mut found.weekday, name(rest, &DAYS, *full)?),
            FormatToken::MonthName { full } => keep(&mut found.month, name(rest, &MONTHS, *full)? + 1),
            FormatToken::Era => ["A.D.", "AD"].into_iter().find_map(|era| strip(rest, era)),
            FormatToken::Fraction(width) => {
                let digits = digits(rest, *width, *width)?;
                keep(&mut found.nanosecond, nanoseconds(digits)?)
            }
            FormatToken::ShortFraction(width) => match digits(rest, 1, *width) {
                Some(digits) => keep(&mut found.nanosecond, nanoseconds(digits)?),
                None => Some(()),
            },
            FormatToken::Half(1) => {
                let afternoon = strip(rest, "P").is_some();
                if !afternoon {
                    strip(rest, "A")?;
                }
                keep(&mut found.afternoon, afternoon)
            }
            FormatToken::Half(_) => {
                let afternoon = strip(rest, "PM").is_some();
                if !afternoon {
                    strip(rest, "AM")?;
                }
                keep(&mut found.afternoon, afternoon)
            }
            FormatToken::Offset(width) => keep(&mut found.offset, offset(rest, *width)?),
            FormatToken::Kind => {
                if strip(rest, "Z").is_some() {
                    found.zulu = true;
                    return keep(&mut found.offset, 0);
                }
                if rest.starts_with(['+', '-']) {
                    return keep(&mut found.offset, offset(rest, 3)?);
                }
                Some(())
            }
            FormatToken::Literal(text) => literal(text, rest, found, styles, before_short_fraction),
        }
    }
}

/// Text that stands for itself. An unquoted `Z` also is .NET's sign for UTC; the point before a fraction
/// that may be absent may be absent too.
fn literal(
    text: &str,
    rest: &mut &str,
    found: &mut DateFields,
    styles: Styles,
    before_short_fraction: bool,
) -> Option<()> {
    for (position, letter) in text.char_indices() {
        let last = position + letter.len_utf8() == text.len();
        if letter.is_whitespace() && styles.inner_white {
            *rest = rest.trim_start();
        } else if letter == 'Z' && (strip(rest, "GMT").is_some() || strip(rest, "Z").is_some()) {
            found.zulu = true;
            keep(&mut found.offset, 0)?;
        } else if let Some(after) = rest.strip_prefix(letter) {
            *rest = after;
        } else if !(letter == '.' && last && before_short_fraction) {
            return None;
        }
    }
    Some(())
}

/// Takes a word off the front, whatever its letter case.
fn strip(rest: &mut &str, word: &str) -> Option<()> {
    let front = rest.get(..word.len())?;
    front.eq_ignore_ascii_case(word).then(|| *rest = &rest[word.len()..])
}

fn digits<'a>(rest: &mut &'a str, least: usize, most: usize) -> Option<&'a str> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (digits, after) = rest.split_at(count);
    *rest = after;
    Some(digits)
}

/// One letter stands for one digit or two, two letters for two digits.
fn number(rest: &mut &str, width: usize) -> Option<i32> {
    digits(rest, width, 2)?.parse().ok()
}

/// A name in full or its first three letters; from 0.
fn name(rest: &mut &str, names: &[&str], full: bool) -> Option<i8> {
    let position = names.iter().position(|name| {
        let wanted = if full { *name } else { &name[..3] };
        strip(rest, wanted).is_some()
    })?;
    i8::try_from(position).ok()
}

/// `z`, `zz`: hours; `zzz`: hours and minutes, with a colon or without.
fn offset(rest: &mut &str, width: usize) -> Option<i64> {
    let minus = rest.starts_with('-');
    *rest = rest.strip_prefix(['+', '-'])?;
    let hours: i64 = digits(rest, width.min(2), 2)?.parse().ok()?;
    let mut minutes = 0;
    if width > 2 {
        *rest = rest.strip_prefix(':').unwrap_or(rest);
        minutes = digits(rest, 2, 2)?.parse().ok()?;
    }
    let seconds = hours * 3600 + minutes * 60;
    (minutes < 60 && seconds <= 14 * 3600).then_some(if minus { -seconds } else { seconds })
}

impl DateFields {
    fn moment(&self, styles: Styles, today: Date) -> Option<Moment> {
        let hour = match (self.hour, self.hour12, self.afternoon) {
            (hour, None, None) => hour.unwrap_or(0),
            (Some(hour), _, afternoon) => {
                let fits = afternoon.is_none_or(|afternoon| (hour >= 12) == afternoon)
                    && self.hour12.is_none_or(|twelve| twelve % 12 == hour % 12);
                fits.then_some(hour)?
            }
            (None, twelve, afternoon) => {
                let twelve = twelve.unwrap_or(12);
                if !(1..=12).contains(&twelve) {
                    return None;
                }
                twelve % 12 + if afternoon == Some(true) { 12 } else { 0 }
            }
        };
        let bare = (self.year, self.month, self.day) == (None, None, None);
        let date = match (bare, styles.no_current_date) {
            (true, false) => today,
            (true, true) => Date::constant(1, 1, 1),
            _ => Date::new(
                self.year.unwrap_or(if styles.no_current_date { 1 } else { today.year() }),
                self.month.unwrap_or(1),
                self.day.unwrap_or(1),
            )
            .ok()?,
        };
        if date.year() < 1 || self.weekday.is_some_and(|day| day != date.weekday().to_sunday_zero_offset()) {
            return None;
        }
        let time =
            Time::new(hour, self.minute.unwrap_or(0), self.second.unwrap_or(0), self.nanosecond.unwrap_or(0))
                .ok()?;
        let universal = styles.adjust_to_universal;
        let kind = match self.offset {
            Some(_) if self.zulu && styles.roundtrip_kind => DateTimeKind::Utc,
            Some(_) if universal => DateTimeKind::Utc,
            Some(_) => DateTimeKind::Local,
            None if universal && (styles.assume_local || styles.assume_universal) => DateTimeKind::Utc,
            None if styles.assume_local || styles.assume_universal => DateTimeKind::Local,
            None => DateTimeKind::Unspecified,
        };
        Some(Moment { date: to_utc(date.to_datetime(time), self.offset.unwrap_or(0))?, kind })
    }
}
