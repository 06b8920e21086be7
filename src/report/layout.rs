//! Text for a terminal: wrapped, coloured when wanted, and free of control characters.

use anstyle::{AnsiColor, Style};
use icu_properties::CodePointSetData;
use icu_properties::props::BidiControl;

use crate::check::Level;

/// Colours on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Colours as asked for.
    pub fn new(on: bool) -> Self {
        Paint { on }
    }

    /// The text in a level's colour.
    pub fn level(self, level: Level, text: &str) -> String {
        match level {
            Level::Critical => self.bad(text),
            Level::Error => self.styled(AnsiColor::Red.on_default(), text),
            Level::Warning => self.styled(AnsiColor::Yellow.on_default(), text),
            Level::Note => self.styled(AnsiColor::Cyan.on_default(), text),
        }
    }

    /// Good news.
    pub fn good(self, text: &str) -> String {
        self.styled(AnsiColor::Green.on_default().bold(), text)
    }

    /// Bad news.
    pub fn bad(self, text: &str) -> String {
        self.styled(AnsiColor::Red.on_default().bold(), text)
    }

    /// Neither good nor bad: incomplete.
    pub fn odd(self, text: &str) -> String {
        self.styled(AnsiColor::Yellow.on_default().bold(), text)
    }

    /// What the eye should find first.
    pub fn strong(self, text: &str) -> String {
        self.styled(Style::new().bold(), text)
    }

    /// What the eye may pass over.
    pub fn dim(self, text: &str) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    fn styled(self, style: Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// The text on one line without control characters: what a target answers must not move the cursor,
/// colour the screen or turn the order of letters.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => cleaned.push(' '),
            letter => push_visible(letter, &mut cleaned),
        }
    }
    cleaned
}

/// A whole page as it may be written to a terminal: line breaks, tabs and colours stay.
///
/// What a target answers is cleaned where it is put in; this holds for what was forgotten there.
pub fn visible(page: &str) -> String {
    let mut shown = String::with_capacity(page.len());
    let mut rest = page;
    while let Some(letter) = rest.chars().next() {
        let length = match (letter, color_at(rest)) {
            ('\x1b', Some(length)) => {
                shown.push_str(&rest[..length]);
                length
            }
            ('\n' | '\t', _) => {
                shown.push(letter);
                1
            }
            _ => {
                push_visible(letter, &mut shown);
                letter.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    shown
}

/// The length of the escape sequence for a colour that a text begins with.
fn color_at(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\x1b[")?;
    let length = codes.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    codes[length..].starts_with('m').then_some(length + 3)
}

/// Signs that turn the direction of text are written as JSON escapes them, so that JSON stays the same.
fn push_visible(letter: char, text: &mut String) {
    if letter.is_control() {
        text.push('\u{fffd}');
    } else if CodePointSetData::new::<BidiControl>().contains(letter) {
        text.push_str(&format!("\\u{:04x}", u32::from(letter)));
    } else {
        text.push(letter);
    }
}

/// The beginning of a text, at most `limit` characters.
pub fn excerpt(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// The text broken at spaces into lines of at most `width` characters. A longer word keeps a line of
/// its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        // A line of a log that begins with two colons is a command to some CI services.
        let may_break = !line.is_empty() && !word.starts_with("::");
        if may_break && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text broken as by [`wrap`]; lines after the first are indented by two columns.
pub fn hang(text: &str, width: usize) -> String {
    wrap(text, width.saturating_sub(2)).join("\n  ")
}

/// A number with its noun: `1 check`, `1,234 checks`.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number))
}

/// A number with commas: `1,234`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Items in a sentence, at most `limit` of them by name: `a, b and 3 more`.
pub fn listed(items: &[String], limit: usize) -> String {
    let hidden = items.len().saturating_sub(limit);
    let shown = &items[..items.len() - hidden];
    match (shown, hidden) {
        (shown, 0) => match shown {
            [] => String::new(),
            [only] => only.clone(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        },
        (shown, hidden) => format!("{} and {hidden} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_broken_at_spaces_and_long_words_stay_whole() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("a incomprehensibilities b", 5), ["a", "incomprehensibilities", "b"]);
        assert!(wrap("  ", 5).is_empty());
        assert_eq!(
            wrap("said ::error::x", 5),
            ["said ::error::x"],
            "no line begins as a command of a CI service"
        );
    }

    #[test]
    fn an_answer_cannot_steer_the_terminal() {
        assert_eq!(clean("a\x1b[31mb\u{9b}2Jc\r\nd"), "a\u{fffd}[31mb\u{fffd}2Jc  d");
    }

    #[test]
    fn an_answer_cannot_turn_the_order_of_letters() {
        assert_eq!(clean("a\u{202e}b\u{2066}\u{200f}é"), r"a\u202eb\u2066\u200fé");
    }

    #[test]
    fn of_a_page_line_breaks_and_colours_stay() {
        let red = "\x1b[1;31mred\x1b[0m\tx\n";
        assert_eq!(visible(red), red);
        assert_eq!(
            visible("\x1b[2Ja\x1b]0;b\x07\u{9b}\r\u{202e}c"),
            "\u{fffd}[2Ja\u{fffd}]0;b\u{fffd}\u{fffd}\u{fffd}\\u202ec"
        );
        assert_eq!(visible("\x1b[\x1b"), "\u{fffd}[\u{fffd}");
    }

    #[test]
    fn numbers_and_lists_read_well() {
        assert_eq!(counted(1, "check"), "1 check");
        assert_eq!(counted(1_234_567, "check"), "1,234,567 checks");
        assert_eq!(counted(0, "check"), "0 checks");
        let items: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(listed(&items, 3), "a, b and c");
        assert_eq!(listed(&items, 2), "a, b and 1 more");
        assert_eq!(listed(&items[..1], 2), "a");
        assert_eq!(listed(&[], 2), "");
    }

    #[test]
    fn an_excerpt_is_cut_between_characters() {
        assert_eq!(excerpt("äöü", 2), "äö…");
        assert_eq!(excerpt("äö", 2), "äö");
    }

    #[test]
    fn colours_only_when_on() {
        assert_eq!(Paint::new(false).bad("x"), "x");
        assert_eq!(Paint::new(true).level(Level::Critical, "x"), "\x1b[1m\x1b[31mx\x1b[0m");
    }
}
