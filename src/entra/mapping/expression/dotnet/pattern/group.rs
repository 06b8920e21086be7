//! What an opening parenthesis begins: groups, lookarounds, options, comments.

use super::{PatternPiece, PatternWriter};

impl PatternWriter {
    /// What follows an opening parenthesis.
    pub(super) fn group(&mut self) -> Result<(), String> {
        let options = self.option();
        if !self.strip("?") {
            if options.explicit_capture {
                self.text("(?:");
            } else {
                self.names.push(None);
                self.text("(");
            }
            self.options.push(options);
            return Ok(());
        }
        for opening in [":", "=", "!", "<=", "<!", ">"] {
            if self.strip(opening) {
                self.text(&format!("(?{opening}"));
                self.options.push(options);
                return Ok(());
            }
        }
        if self.strip("#") {
            return self.until(')').map(|_| ()).ok_or_else(|| "has a comment that is not closed".to_owned());
        }
        if self.strip("(") {
            let name = self.until(')').ok_or("has a condition that is not closed")?;
            if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                return Err("has a condition that is no group; that is not matched here".to_owned());
            }
            self.pieces.push(PatternPiece::Condition(name));
            self.options.push(options);
            return Ok(());
        }
        let close = match self.peek() {
            Some('<') => '>',
            Some('\'') => '\'',
            _ => return self.inline_options(),
        };
        self.at += 1;
        let name = self.until(close).ok_or("has a name that is not closed")?;
        if name.contains('-') {
            return Err("has a balancing group, which is not matched here".to_owned());
        }
        let number = name.bytes().all(|digit| digit.is_ascii_digit());
        let starts_right = number && name.parse::<u16>().is_ok_and(|number| number > 0)
            || !number && !name.starts_with(|c: char| c.is_ascii_digit());
        if name.is_empty() || !starts_right || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Err(format!("has a group of the name \"{name}\", which is no name"));
        }
        self.names.push(Some(name));
        self.text("(");
        self.options.push(options);
        Ok(())
    }

    /// `(?i)`, `(?m-s:`
    fn inline_options(&mut self) -> Result<(), String> {
        let mut options = self.option();
        let (mut on, mut off) = (String::new(), String::new());
        let mut set = true;
        loop {
            match self.next() {
                Some('-') if set => set = false,
                Some('n') => options.explicit_capture = set,
                Some('x') => options.ignore_white_space = set,
                Some(letter @ ('i' | 'm' | 's')) => {
                    if letter == 'm' {
                        options.multiline = set;
                    }
                    if set { on.push(letter) } else { off.push(letter) }
                }
                Some(end @ (')' | ':')) => {
                    let minus = if off.is_empty() { "" } else { "-" };
                    let none = on.is_empty() && off.is_empty();
                    if end == ':' {
                        self.options.push(options);
                        self.text(&format!("(?{on}{minus}{off}:"));
                    } else {
                        if let Some(own) = self.options.last_mut() {
                            *own = options;
                        }
                        if !none {
                            self.text(&format!("(?{on}{minus}{off})"));
                        }
                    }
                    return Ok(());
                }
                _ => return Err("has a group of a kind .NET does not know".to_owned()),
            }
        }
    }
}
