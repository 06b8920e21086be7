use super::super::date::{DAYS, MONTHS, twelve};
use super::{DateTimeKind, Format, FormatToken, Moment};

impl Format {
    /// Prints the date.
    pub fn print(&self, moment: Moment) -> String {
        let mut printed = String::new();
        for token in &self.tokens {
            token.print(moment, &mut printed);
        }
        printed
    }
}

impl FormatToken {
    fn print(&self, moment: Moment, to: &mut String) {
        let date = moment.date;
        let name = |names: &[&'static str], position: i8| -> &'static str {
            usize::try_from(position)
                .ok()
                .and_then(|position| names.get(position).copied())
                .unwrap_or_default()
        };
        match self {
            FormatToken::Day(width) => number(to, date.day().into(), *width),
            FormatToken::Weekday { full } => {
                let name = name(&DAYS, date.weekday().to_sunday_zero_offset());
                to.push_str(if *full { name } else { &name[..3] });
            }
            FormatToken::Month(width) => number(to, date.month().into(), *width),
            FormatToken::MonthName { full } => {
                let name = name(&MONTHS, date.month() - 1);
                to.push_str(if *full { name } else { &name[..3] });
            }
            FormatToken::Year(width @ (1 | 2)) => number(to, (date.year() % 100).into(), *width),
            FormatToken::Year(width) => number(to, date.year().into(), *width),
            FormatToken::Era => to.push_str("A.D."),
            FormatToken::Hour12(width) => number(to, twelve(date.hour()).0.into(), (*width).min(2)),
            FormatToken::Hour24(width) => number(to, date.hour().into(), (*width).min(2)),
            FormatToken::Minute(width) => number(to, date.minute().into(), (*width).min(2)),
            FormatToken::Second(width) => number(to, date.second().into(), (*width).min(2)),
            FormatToken::Fraction(digits) => to.push_str(&fraction(date.subsec_nanosecond(), *digits)),
            FormatToken::ShortFraction(digits) => {
                let digits = fraction(date.subsec_nanosecond(), *digits);
                match digits.trim_end_matches('0') {
                    "" if to.ends_with('.') => {
                        to.pop();
                    }
                    digits => to.push_str(digits),
                }
            }
            FormatToken::Half(width) => {
                let half = twelve(date.hour()).1;
                to.push_str(if *width == 1 { &half[..1] } else { half });
            }
            FormatToken::Offset(width) => to.push_str(match width {
                1 => "+0",
                2 => "+00",
                _ => "+00:00",
            }),
            FormatToken::Kind => to.push_str(match moment.kind {
                DateTimeKind::Unspecified => "",
                DateTimeKind::Utc => "Z",
                DateTimeKind::Local => "+00:00",
            }),
            FormatToken::Literal(text) => to.push_str(text),
        }
    }
}

fn number(to: &mut String, number: i32, width: usize) {
    to.push_str(&format!("{number:0width$}"));
}

/// The first digits of the fraction.
fn fraction(nanoseconds: i32, digits: usize) -> String {
    let mut all = format!("{nanoseconds:09}");
    all.truncate(digits);
    all
}
