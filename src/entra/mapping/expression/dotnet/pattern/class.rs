//! Classes of characters: `[a-z]`, `[^()\s-]`, `[a-z-[aeiou]]`.

use super::{PatternWriter, quoted};

impl PatternWriter {
    /// A class after its bracket, with everything in it quoted.
    pub(super) fn class(&mut self) -> Result<String, String> {
        let mut inner = String::new();
        let negated = self.strip("^");
        let mut subtracted = None;
        let mut first = true;
        loop {
            let letter = self.next().ok_or("has a class that is not closed")?;
            match letter {
                ']' if !first => break,
                '-' if !first && self.strip("[") => {
                    subtracted = Some(self.class()?);
                    if self.next() != Some(']') {
                        return Err("has something after the class that is subtracted".to_owned());
                    }
                    break;
                }
                _ => {
                    let atom = self.class_atom(letter)?;
                    inner.push_str(&atom);
                    // A range, unless the hyphen is the last or begins a subtraction.
                    let after = self.letters.get(self.at + 1).copied();
                    let single = !atom.starts_with('\\') || atom.starts_with("\\x");
                    if single && self.peek() == Some('-') && after.is_some_and(|c| c != ']' && c != '[') {
                        self.at += 1;
                        let end = self.next().ok_or("has a class that is not closed")?;
                        let end = self.class_atom(end)?;
                        if end.starts_with('\\') && !end.starts_with("\\x") {
                            return Err("has a class of characters as the end of a range".to_owned());
                        }
                        inner.push('-');
                        inner.push_str(&end);
                    }
                }
            }
            first = false;
        }
        let own = format!("[{}{inner}]", if negated { "^" } else { "" });
        Ok(match subtracted {
            Some(subtracted) => format!("[{own}--{subtracted}]"),
            None => own,
        })
    }

    fn class_atom(&mut self, letter: char) -> Result<String, String> {
        if letter != '\\' {
            return Ok(quoted(letter));
        }
        match self.next().ok_or("ends with a backslash")? {
            'b' => Ok(quoted('\u{8}')),
            escaped @ '1'..='7' => Ok(quoted(char::from_u32(u32::from(escaped) - 0x30).unwrap_or_default())),
            escaped => self.class_escape(escaped),
        }
    }
}
