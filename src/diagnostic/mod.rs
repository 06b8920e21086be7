//! A mistake in a file somebody wrote, shown with its place: title, the underlined token, and help.

mod closest;

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

pub use closest::closest;

/// A mistake at a place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, in one line.
    pub title: String,
    /// Name of the file, or what stands for it, as `--filter`.
    pub file: String,
    /// The whole text the span points into. Empty when it could not be read: then title and help
    /// are shown without a place.
    pub source: String,
    /// The file's line at which `source` begins, from 1: a large file is shown in part.
    pub first_line: usize,
    /// The bytes that are wrong. A span beyond the text or inside a character is moved to what is there.
    pub span: Range<usize>,
    /// What stands under the underlined token; may be empty.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake without label and help.
    #[must_use]
    pub fn new(
        title: impl Into<String>,
        file: impl Into<String>,
        source: impl Into<String>,
        span: Range<usize>,
    ) -> Self {
        Diagnostic {
            title: title.into(),
            file: file.into(),
            source: source.into(),
            first_line: 1,
            span,
            label: String::new(),
            help: None,
        }
    }

    /// A mistake about a whole file, as one that cannot be read.
    #[must_use]
    pub fn about_file(title: impl Into<String>, file: impl Into<String>) -> Self {
        Diagnostic::new(title, file, "", 0..0)
    }

    /// The same mistake in a part of a file that begins at this line, from 1.
    #[must_use]
    pub fn from_line(mut self, first_line: usize) -> Self {
        self.first_line = first_line;
        self
    }

    /// The same mistake with a text under the underlined token.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same mistake with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same mistake with "did you mean `x`?" as its help, if one of the candidates is near.
    /// A help that is there already stays.
    #[must_use]
    pub fn did_you_mean<'a>(mut self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        if self.help.is_none()
            && let Some(near) = closest(word, candidates)
        {
            self.help = Some(format!("did you mean `{near}`?"));
        }
        self
    }

    /// Line of the mistake, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.source[..self.span_in_source().start].matches('\n').count() + self.first_line
    }

    /// The message for people, several lines without a final line break.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let title = Level::ERROR.primary_title(self.title.as_str());
        let mut group = if self.source.is_empty() {
            Group::with_title(title).element(annotate_snippets::Origin::path(self.file.as_str()))
        } else {
            let mut annotation = AnnotationKind::Primary.span(self.span_in_source());
            if !self.label.is_empty() {
                annotation = annotation.label(self.label.as_str());
            }
            let snippet = Snippet::source(self.source.as_str()).line_start(self.first_line);
            title.element(snippet.path(self.file.as_str()).annotation(annotation))
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }

    /// The span, moved onto the text and onto borders of characters.
    fn span_in_source(&self) -> Range<usize> {
        let start = floor(&self.source, self.span.start);
        let mut end = self.span.end.clamp(start, self.source.len());
        while !self.source.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }
}

fn floor(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_token_label_and_help_are_shown() {
        let source = "title: x\ntimeline:\n  - cyle\n";
        let diagnostic = Diagnostic::new("unknown step `cyle`", "a.yaml", source, 23..27)
            .label("no such step")
            .did_you_mean("cyle", ["cycle", "expect"]);
        let expected = "\
error: unknown step `cyle`
 --> a.yaml:3:5
  |
3 |   - cyle
  |     ^^^^ no such step
  |
  = help: did you mean `cycle`?";
        assert_eq!(diagnostic.render(false), expected);
        assert_eq!(diagnostic.to_string(), expected);
        assert_eq!(diagnostic.line(), 3);
        assert!(diagnostic.render(true).contains("\u{1b}["));
    }

    #[test]
    fn a_file_that_cannot_be_read_has_no_place_in_it() {
        let diagnostic = Diagnostic::about_file("cannot read the profile", "x.yaml").help("check the path");
        let expected = "\
error: cannot read the profile
--> x.yaml
 = help: check the path";
        assert_eq!(diagnostic.render(false), expected);
    }

    #[test]
    fn a_help_that_is_there_stays() {
        let diagnostic = Diagnostic::about_file("t", "f").help("mine").did_you_mean("a", ["a"]);
        assert_eq!(diagnostic.help.as_deref(), Some("mine"));
    }

    #[test]
    fn no_span_makes_it_panic() {
        let source = "é😀\r\n\tñ\u{0}x";
        for start in 0..source.len() + 3 {
            for end in 0..source.len() + 3 {
                let shown = Diagnostic::new("t", "f", source, start..end).label("l").render(false);
                assert!(shown.contains("--> f"), "{shown}");
            }
        }
        assert_eq!(Diagnostic::new("t", "f", "", 5..9).line(), 1);
    }
}
