//! A regular expression of .NET written anew for the engine that matches it here.
//!
//! The two differ in what a class may hold (`[` and `&&`, subtraction), in `$` and `\Z`, in letters after a
//! backslash, in how groups are numbered (those without a name first), and in quoted names. All groups are
//! written without names, and the names are kept beside them.

mod class;
mod group;

/// A pattern for the engine, and .NET's groups in the order they are written in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rewritten {
    pub pattern: String,
    pub groups: Vec<PatternGroup>,
}

/// How .NET calls a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PatternGroup {
    /// Its number; several groups of one name share it.
    pub number: usize,
    /// Its name, if it has one.
    pub name: Option<String>,
}

/// A piece of the new pattern; references are known only when all groups are.
enum PatternPiece {
    Text(String),
    /// `\1`, `\k<name>`
    Reference(String),
    /// `(?(name)`
    Condition(String),
}

/// Options that are in force at a place, and not left to the engine.
#[derive(Debug, Clone, Copy, Default)]
struct Options {
    multiline: bool,
    explicit_capture: bool,
    ignore_white_space: bool,
}

/// Writes the pattern anew; the error says what .NET, or this engine, does not take.
pub(super) fn rewrite(pattern: &str) -> Result<Rewritten, String> {
    let mut writer = PatternWriter {
        letters: pattern.chars().collect(),
        at: 0,
        pieces: Vec::new(),
        names: Vec::new(),
        options: vec![Options::default()],
    };
    writer.all()?;
    let groups = numbered(&writer.names);
    let mut written = String::new();
    for piece in writer.pieces {
        let find = |name: &str| {
            let position = groups.iter().rposition(|group| group.is(name));
            position
                .map(|position| position + 1)
                .ok_or_else(|| format!("refers to the group \"{name}\", which it has not"))
        };
        match piece {
            PatternPiece::Text(text) => written.push_str(&text),
            PatternPiece::Reference(name) => written.push_str(&format!("(?:\\{})", find(&name)?)),
            PatternPiece::Condition(name) => written.push_str(&format!("(?({})", find(&name)?)),
        }
    }
    Ok(Rewritten { pattern: written, groups })
}

impl PatternGroup {
    /// True when the text is its name or number.
    pub fn is(&self, name: &str) -> bool {
        match &self.name {
            Some(own) if own == name => true,
            _ => name.parse() == Ok(self.number),
        }
    }
}

/// Groups without a name are numbered first, then those with one, each in their order.
fn numbered(names: &[Option<String>]) -> Vec<PatternGroup> {
    let explicit = |name: &Option<String>| name.as_ref().and_then(|name| name.parse::<usize>().ok());
    let mut next = names.iter().filter(|name| name.is_none()).count() + 1;
    let mut plain = 0;
    let mut groups: Vec<PatternGroup> = Vec::new();
    for name in names {
        let number = match (explicit(name), name) {
            (Some(number), _) => number,
            (None, None) => {
                plain += 1;
                plain
            }
            (None, Some(_)) => match groups.iter().find(|group| group.name == *name) {
                Some(before) => before.number,
                None => {
                    while names.iter().any(|other| explicit(other) == Some(next)) {
                        next += 1;
                    }
                    next += 1;
                    next - 1
                }
            },
        };
        groups.push(PatternGroup { number, name: name.clone().filter(|_| explicit(name).is_none()) });
    }
    groups
}

struct PatternWriter {
    letters: Vec<char>,
    at: usize,
    pieces: Vec<PatternPiece>,
    /// Of every capturing group so far.
    names: Vec<Option<String>>,
    /// The last is in force; one for every open group.
    options: Vec<Options>,
}

impl PatternWriter {
    fn all(&mut self) -> Result<(), String> {
        while let Some(letter) = self.next() {
            match letter {
                '\\' => self.escape()?,
                '[' => {
                    let class = self.class()?;
                    self.text(&class);
                }
                '(' => self.group()?,
                ')' => {
                    if self.options.len() == 1 {
                        return Err("has a `)` too many".to_owned());
                    }
                    self.options.pop();
                    self.text(")");
                }
                // Before the last line break too, as the end of the text is for .NET.
                '$' if !self.option().multiline => self.text(r"(?=\n?\z)"),
                '*' | '+' | '?' => {
                    self.text(&letter.to_string());
                    self.after_quantifier()?;
                }
                '{' => match self.counts() {
                    Some(counts) => {
                        self.text(&counts);
                        self.after_quantifier()?;
                    }
                    None => self.text(r"\{"),
                },
                '#' if self.option().ignore_white_space => {
                    while self.next().is_some_and(|letter| letter != '\n') {}
                }
                blank if blank.is_whitespace() && self.option().ignore_white_space => {}
                '.' | '^' | '$' | '|' => self.text(&letter.to_string()),
                other => self.text(&quoted(other)),
            }
        }
        if self.options.len() > 1 {
            return Err("has a group that is not closed".to_owned());
        }
        Ok(())
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.letters.get(self.at).copied();
        self.at += usize::from(letter.is_some());
        letter
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    /// Takes the text off the front, if it stands there.
    fn strip(&mut self, text: &str) -> bool {
        let length = text.chars().count();
        let stands = self
            .letters
            .get(self.at..self.at + length)
            .is_some_and(|front| front.iter().copied().eq(text.chars()));
        self.at += if stands { length } else { 0 };
        stands
    }

    fn until(&mut self, end: char) -> Option<String> {
        let length = self.letters.get(self.at..)?.iter().position(|letter| *letter == end)?;
        let text = self.letters[self.at..self.at + length].iter().collect();
        self.at += length + 1;
        Some(text)
    }

    fn option(&self) -> Options {
        self.options.last().copied().unwrap_or_default()
    }

    fn text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(PatternPiece::Text(before)) => before.push_str(text),
            _ => self.pieces.push(PatternPiece::Text(text.to_owned())),
        }
    }

    /// `{2}`, `{2,}`, `{2,3}` after its brace; anything else is a brace that stands for itself.
    fn counts(&mut self) -> Option<String> {
        let end = self.letters.get(self.at..)?.iter().position(|letter| *letter == '}')?;
        let inner: String = self.letters[self.at..self.at + end].iter().collect();
        let (least, most) = inner.split_once(',').unwrap_or((&inner, ""));
        let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
        if least.is_empty() || !digits(least) || !digits(most) {
            return None;
        }
        self.at += end + 1;
        Some(format!("{{{inner}}}"))
    }

    /// A quantifier may be lazy; another one after it is an error in .NET.
    fn after_quantifier(&mut self) -> Result<(), String> {
        if self.strip("?") {
            self.text("?");
        }
        let at = self.at;
        let nested =
            matches!(self.peek(), Some('*' | '+' | '?')) || (self.strip("{") && self.counts().is_some());
        self.at = at;
        if nested { Err("has a quantifier after a quantifier".to_owned()) } else { Ok(()) }
    }

    /// What follows a backslash outside a class.
    fn escape(&mut self) -> Result<(), String> {
        let letter = self.next().ok_or("ends with a backslash")?;
        match letter {
            'Z' => self.text(r"(?=\n?\z)"),
            'A' | 'z' | 'G' | 'b' | 'B' => self.text(&format!("\\{letter}")),
            'k' => {
                let close = match self.next() {
                    Some('<') => '>',
                    Some('\'') => '\'',
                    Some('{') => '}',
                    _ => return Err("has a `\\k` without a group's name".to_owned()),
                };
                let name = self.until(close).ok_or("has a name that is not closed")?;
                self.pieces.push(PatternPiece::Reference(name));
            }
            '1'..='9' => {
                let mut number = letter.to_string();
                while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
                    number.push(digit);
                    self.at += 1;
                }
                self.pieces.push(PatternPiece::Reference(number));
            }
            other => {
                let text = self.class_escape(other)?;
                self.text(&text);
            }
        }
        Ok(())
    }

    /// What a backslash and a letter mean in and outside a class alike.
    fn class_escape(&mut self, letter: char) -> Result<String, String> {
        Ok(match letter {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => format!("\\{letter}"),
            'p' | 'P' => {
                let name = if self.strip("{") { self.until('}') } else { None };
                let name = name.ok_or_else(|| format!("has a `\\{letter}` without a category in braces"))?;
                if name.starts_with("Is") && name.len() > 2 {
                    return Err(format!(
                        "names the Unicode block \"{name}\"; only categories and scripts are matched here"
                    ));
                }
                format!("\\{letter}{{{name}}}")
            }
            'a' => quoted('\u{7}'),
            'e' => quoted('\u{1b}'),
            'f' => quoted('\u{c}'),
            'n' => quoted('\n'),
            'r' => quoted('\r'),
            't' => quoted('\t'),
            'v' => quoted('\u{b}'),
            '0' => {
                let mut value = 0;
                for _ in 0..2 {
                    let Some(digit) = self.peek().and_then(|digit| digit.to_digit(8)) else { break };
                    value = value * 8 + digit;
                    self.at += 1;
                }
                quoted(char::from_u32(value).unwrap_or_default())
            }
            'x' => quoted(self.hexadecimal(2)?),
            'u' => quoted(self.hexadecimal(4)?),
            'c' => {
                let control =
                    self.next().map(|letter| letter.to_ascii_uppercase()).filter(|c| ('@'..='_').contains(c));
                let control = control.ok_or("has a `\\c` without a letter")?;
                quoted(char::from(u8::try_from(u32::from(control) - 0x40).unwrap_or_default()))
            }
            other if other.is_alphanumeric() || other == '_' => {
                return Err(format!("has the escape `\\{other}`, which .NET does not know"));
            }
            other => quoted(other),
        })
    }

    fn hexadecimal(&mut self, digits: u32) -> Result<char, String> {
        let mut value = 0;
        for _ in 0..digits {
            let digit = self.next().and_then(|digit| digit.to_digit(16));
            value = value * 16
                + digit.ok_or_else(|| format!("has an escape without its {digits} hexadecimal digits"))?;
        }
        char::from_u32(value).ok_or_else(|| "has half of a surrogate pair".to_owned())
    }
}

/// A letter that stands for itself, in and outside a class.
fn quoted(letter: char) -> String {
    if letter.is_alphanumeric() { letter.to_string() } else { format!("\\x{{{:x}}}", u32::from(letter)) }
}

#[cfg(test)]
mod tests;
