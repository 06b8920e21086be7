//! .NET's custom and standard date formats, as `DateTime.ParseExact` reads them and
//! `DateTime.ToString` prints them, with the invariant culture and on a machine whose time is UTC
//! (Microsoft Learn, "Custom date and time format strings"; the machine's time is our assumption).

mod parsing;
mod printing;

use jiff::civil::DateTime;

/// A date and whether it knows its offset, which only the specifiers `K` and `z` show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Moment {
    pub date: DateTime,
    pub kind: DateTimeKind,
}

/// .NET's DateTimeKind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum DateTimeKind {
    Unspecified,
    Utc,
    Local,
}

/// What CDate and its kin give is in UTC.
impl From<DateTime> for Moment {
    fn from(date: DateTime) -> Self {
        Moment { date, kind: DateTimeKind::Utc }
    }
}

/// How a date is read: .NET's DateTimeStyles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Styles {
    leading_white: bool,
    trailing_white: bool,
    inner_white: bool,
    no_current_date: bool,
    adjust_to_universal: bool,
    assume_local: bool,
    assume_universal: bool,
    roundtrip_kind: bool,
}

impl Styles {
    const NONE: Styles = Styles {
        leading_white: false,
        trailing_white: false,
        inner_white: false,
        no_current_date: false,
        adjust_to_universal: false,
        assume_local: false,
        assume_universal: false,
        roundtrip_kind: false,
    };

    /// Reads names with commas between them; the error follows the argument's name.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Styles::default());
        }
        let mut styles = Styles::NONE;
        for name in text.split(',') {
            let name = name.trim();
            match name.rsplit('.').next().unwrap_or(name) {
                "None" => {}
                "AllowLeadingWhite" => styles.leading_white = true,
                "AllowTrailingWhite" => styles.trailing_white = true,
                "AllowInnerWhite" => styles.inner_white = true,
                "AllowWhiteSpaces" => {
                    styles =
                        Styles { leading_white: true, trailing_white: true, inner_white: true, ..styles };
                }
                "NoCurrentDateDefault" => styles.no_current_date = true,
                "AdjustToUniversal" => styles.adjust_to_universal = true,
                "AssumeLocal" => styles.assume_local = true,
                "AssumeUniversal" => styles.assume_universal = true,
                "RoundtripKind" => styles.roundtrip_kind = true,
                other => return Err(format!("names the style \"{other}\", which DateTimeStyles has not")),
            }
        }
        if styles.assume_local && styles.assume_universal {
            return Err("has both AssumeLocal and AssumeUniversal".to_owned());
        }
        if styles.roundtrip_kind
            && (styles.assume_local || styles.assume_universal || styles.adjust_to_universal)
        {
            return Err("has RoundtripKind beside a style about offsets".to_owned());
        }
        Ok(styles)
    }
}

/// "If left empty, the default value used is DateTimeStyles.RoundtripKind, DateTimeStyles.AllowLeadingWhite,
/// DateTimeStyles.AllowTrailingWhite" (functions page, FormatDateTime).
impl Default for Styles {
    fn default() -> Self {
        Styles { leading_white: true, trailing_white: true, roundtrip_kind: true, ..Styles::NONE }
    }
}

/// A format, taken apart once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Format {
    written: String,
    tokens: Vec<FormatToken>,
    /// `R`, `u` and `s` fix what their pattern alone does not say: the date is printed in UTC, and read
    /// as UTC.
    universal: bool,
}

/// One specifier with its length, or a text that stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FormatToken {
    Day(usize),
    Weekday {
        full: bool,
    },
    Month(usize),
    MonthName {
        full: bool,
    },
    Year(usize),
    Era,
    Hour12(usize),
    Hour24(usize),
    Minute(usize),
    Second(usize),
    /// `f`: all digits.
    Fraction(usize),
    /// `F`: no zeros at the end, and no point before nothing.
    ShortFraction(usize),
    Half(usize),
    Offset(usize),
    Kind,
    Literal(String),
}

impl Format {
    /// Takes a format apart; the error follows the argument's name.
    pub fn new(written: &str) -> Result<Self, String> {
        let mut chars = written.chars();
        let custom = match (chars.next(), chars.next()) {
            (None, _) => return Err("is no format: it is empty".to_owned()),
            (Some(letter), None) => standard(letter).ok_or_else(|| {
                format!("is \"{letter}\", which is no standard format; write \"%{letter}\"")
            })?,
            _ => written,
        };
        let tokens = tokens(custom).map_err(|what| format!("is \"{written}\": {what}"))?;
        Ok(Format {
            written: written.to_owned(),
            tokens,
            universal: matches!(written, "R" | "r" | "u" | "U"),
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

/// The custom format of the invariant culture that one letter stands for.
fn standard(letter: char) -> Option<&'static str> {
    Some(match letter {
        'd' => "MM/dd/yyyy",
        'D' => "dddd, dd MMMM yyyy",
        'f' => "dddd, dd MMMM yyyy HH:mm",
        'F' | 'U' => "dddd, dd MMMM yyyy HH:mm:ss",
        'g' => "MM/dd/yyyy HH:mm",
        'G' => "MM/dd/yyyy HH:mm:ss",
        'M' | 'm' => "MMMM dd",
        'O' | 'o' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
        'R' | 'r' => "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
        's' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
        't' => "HH:mm",
        'T' => "HH:mm:ss",
        'u' => "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
        'Y' | 'y' => "yyyy MMMM",
        _ => return None,
    })
}

fn tokens(format: &str) -> Result<Vec<FormatToken>, String> {
    let letters: Vec<char> = format.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    let literal = |tokens: &mut Vec<FormatToken>, text: &str| match tokens.last_mut() {
        Some(FormatToken::Literal(before)) => before.push_str(text),
        _ => tokens.push(FormatToken::Literal(text.to_owned())),
    };
    while let Some(&letter) = letters.get(at) {
        let count = letters[at..].iter().take_while(|other| **other == letter).count();
        let mut used = count;
        match letter {
            'd' if count <= 2 => tokens.push(FormatToken::Day(count)),
            'd' => tokens.push(FormatToken::Weekday { full: count > 3 }),
            'M' if count <= 2 => tokens.push(FormatToken::Month(count)),
            'M' => tokens.push(FormatToken::MonthName { full: count > 3 }),
            'y' => tokens.push(FormatToken::Year(count)),
            'g' => tokens.push(FormatToken::Era),
            'h' => tokens.push(FormatToken::Hour12(count)),
            'H' => tokens.push(FormatToken::Hour24(count)),
            'm' => tokens.push(FormatToken::Minute(count)),
            's' => tokens.push(FormatToken::Second(count)),
            'f' | 'F' if count > 7 => return Err(format!("`{letter}` stands at most seven times")),
            'f' => tokens.push(FormatToken::Fraction(count)),
            'F' => tokens.push(FormatToken::ShortFraction(count)),
            't' => tokens.push(FormatToken::Half(count)),
            'z' => tokens.push(FormatToken::Offset(count)),
            'K' => {
                used = 1;
                tokens.push(FormatToken::Kind);
            }
            '\'' | '"' => {
                let mut text = String::new();
                used = 1;
                loop {
                    match letters.get(at + used) {
                        Some('\\') => {
                            let escaped = letters.get(at + used + 1).ok_or("a backslash ends it")?;
                            text.push(*escaped);
                            used += 2;
                        }
                        Some(closing) if *closing == letter => break,
                        Some(other) => {
                            text.push(*other);
                            used += 1;
                        }
                        None => return Err("a quoted text is not closed".to_owned()),
                    }
                }
                used += 1;
                literal(&mut tokens, &text);
            }
            '\\' => {
                let escaped = letters.get(at + 1).ok_or("a backslash ends it")?;
                used = 2;
                literal(&mut tokens, &escaped.to_string());
            }
            // Makes one letter a custom format.
            '%' => {
                used = 1;
                if letters.get(at + 1).is_none_or(|next| *next == '%') {
                    return Err("nothing follows `%`".to_owned());
                }
            }
            other => {
                used = 1;
                literal(&mut tokens, &other.to_string());
            }
        }
        at += used;
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests;
