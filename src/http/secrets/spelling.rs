//! Reads a text as the programs on its way may have written it: JSON strings, URLs, forms, HTML, base64.
//! Each decoded byte knows where it came from, so that what is found in it can be taken out of the source.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use memchr::memchr3;

/// The bits that a cut or a careless encoder leaves at the end do not matter here.
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));

/// Base64 of the shortest secret that is looked for inside of texts has so many digits.
const SHORTEST_RUN: usize = 11;

/// A longer run is a picture or a file.
const LONGEST_RUN: usize = 64 << 10;

/// Most escapes of one character, as `%25252B` is `%252B` and `%2B` and `+`.
const MOST_TURNS: usize = 8;

/// HTML's names of the characters of ASCII that secrets are made of.
const ENTITIES: [(&[u8], u8); 34] = [
    (b"amp", b'&'),
    (b"AMP", b'&'),
    (b"lt", b'<'),
    (b"LT", b'<'),
    (b"gt", b'>'),
    (b"GT", b'>'),
    (b"quot", b'"'),
    (b"QUOT", b'"'),
    (b"apos", b'\''),
    (b"plus", b'+'),
    (b"sol", b'/'),
    (b"bsol", b'\\'),
    (b"equals", b'='),
    (b"colon", b':'),
    (b"semi", b';'),
    (b"comma", b','),
    (b"period", b'.'),
    (b"lowbar", b'_'),
    (b"excl", b'!'),
    (b"num", b'#'),
    (b"dollar", b'$'),
    (b"percnt", b'%'),
    (b"lpar", b'('),
    (b"rpar", b')'),
    (b"ast", b'*'),
    (b"quest", b'?'),
    (b"commat", b'@'),
    (b"lsqb", b'['),
    (b"rsqb", b']'),
    (b"Hat", b'^'),
    (b"grave", b'`'),
    (b"lcub", b'{'),
    (b"verbar", b'|'),
    (b"rcub", b'}'),
];

/// A decoded text, and where each of its bytes was written.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub text: Vec<u8>,
    pieces: Vec<DecodedPiece>,
}

/// Decoded bytes from `at` to the next piece.
#[derive(Debug)]
struct DecodedPiece {
    at: usize,
    source: Range<usize>,
    written: Written,
}

#[derive(Debug, PartialEq, Eq)]
enum Written {
    Plain,
    Escaped,
    Base64,
}

impl Decoded {
    /// The place in the source that `span` of the decoded text was written at.
    pub fn source(&self, span: &Range<usize>) -> Range<usize> {
        let last = span.end.saturating_sub(1).max(span.start);
        self.byte(span.start).start..self.byte(last).end
    }

    fn byte(&self, at: usize) -> Range<usize> {
        let after = self.pieces.partition_point(|piece| piece.at <= at);
        let Some(piece) = after.checked_sub(1).and_then(|index| self.pieces.get(index)) else { return 0..0 };
        let within = at - piece.at;
        match piece.written {
            Written::Plain => piece.source.start + within..piece.source.start + within + 1,
            Written::Escaped => piece.source.clone(),
            // Three bytes are four digits; the bits of one byte lie in two of them.
            Written::Base64 => {
                let digit = piece.source.start + within / 3 * 4 + within % 3;
                digit..(digit + 2).min(piece.source.end)
            }
        }
    }

    fn push(&mut self, source: Range<usize>, written: Written) {
        self.pieces.push(DecodedPiece { at: self.text.len(), source, written });
    }
}

/// The text with every escape of JSON, URLs and HTML read once; `None` when it has none.
pub(super) fn unescaped(text: &[u8]) -> Option<Decoded> {
    let mut decoded = Decoded::default();
    let mut from = 0;
    let mut at = 0;
    while let Some(next) = memchr3(b'\\', b'%', b'&', &text[at..]) {
        at += next;
        let Some((length, letter)) = escape(&text[at..]) else {
            at += 1;
            continue;
        };
        if from < at {
            decoded.push(from..at, Written::Plain);
            decoded.text.extend_from_slice(&text[from..at]);
        }
        decoded.push(at..at + length, Written::Escaped);
        match letter {
            Letter::Byte(byte) => decoded.text.push(byte),
            Letter::Char(letter) => {
                decoded.text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        at += length;
        from = at;
    }
    if decoded.pieces.is_empty() {
        return None;
    }
    decoded.push(from..text.len(), Written::Plain);
    decoded.text.extend_from_slice(&text[from..]);
    Some(decoded)
}

/// The text without any escape, however often they were nested.
pub(super) fn settled(text: &[u8]) -> Vec<u8> {
    let mut settled = text.to_vec();
    for _ in 0..MOST_TURNS {
        match unescaped(&settled) {
            Some(decoded) => settled = decoded.text,
            None => break,
        }
    }
    settled
}

enum Letter {
    Byte(u8),
    Char(char),
}

/// The escape at the beginning of the text: its length and what it means.
fn escape(text: &[u8]) -> Option<(usize, Letter)> {
    match (text.first()?, text.get(1)?) {
        (b'%', _) => Some((3, Letter::Byte(u8::try_from(number(text.get(1..3)?, 16)?).ok()?))),
        (b'\\', b'u') => unicode(text),
        (b'\\', b'x') => Some((4, Letter::Byte(u8::try_from(number(text.get(2..4)?, 16)?).ok()?))),
        (b'\\', letter) => {
            let meant = match letter {
                b'"' | b'\\' | b'/' | b'\'' => *letter,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'b' => 8,
                b'f' => 12,
                _ => return None,
            };
            Some((2, Letter::Byte(meant)))
        }
        (b'&', b'#') => character_reference(text),
        (b'&', _) => {
            let name = &text[1..];
            let (name, meant) = ENTITIES
                .iter()
                .find(|(known, _)| name.starts_with(known) && name.get(known.len()) == Some(&b';'))?;
            Some((name.len() + 2, Letter::Byte(*meant)))
        }
        _ => None,
    }
}

/// `\u002B`, or two of them for a character beyond the first 65,536.
fn unicode(text: &[u8]) -> Option<(usize, Letter)> {
    let first = number(text.get(2..6)?, 16)?;
    if let Some(letter) = char::from_u32(first) {
        return Some((6, Letter::Char(letter)));
    }
    let second = (text.get(6..8)? == b"\\u").then(|| number(text.get(8..12)?, 16)).flatten()?;
    let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    let letter = char::decode_utf16(units).next()?.ok()?;
    Some((12, Letter::Char(letter)))
}

/// `&#43;` or `&#x2B;`; browsers read it without the semicolon too.
fn character_reference(text: &[u8]) -> Option<(usize, Letter)> {
    let (begin, radix) = if matches!(text.get(2), Some(b'x' | b'X')) { (3, 16) } else { (2, 10) };
    let digits = text[begin..].iter().take(8).take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let end = begin + digits;
    let letter = char::from_u32(number(&text[begin..end], radix)?)?;
    Some((end + usize::from(text.get(end) == Some(&b';')), Letter::Char(letter)))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let all = !digits.is_empty() && digits.iter().all(|digit| char::from(*digit).is_digit(radix));
    all.then(|| u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()).flatten()
}

/// Every run of base64 or base64url that may hold text, read at each of the four places where a group may begin:
/// what stands before a secret in the encoded text, as `Bearer ` or a user's name, moves it. `None` when there is
/// no run. Secrets are ASCII: headers and RFC 6749 appendix A want it so.
pub(super) fn unarmoured(text: &[u8]) -> Option<Decoded> {
    let mut decoded = Decoded::default();
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().take_while(|byte| class(**byte) != 0).count();
        if (SHORTEST_RUN..=LONGEST_RUN).contains(&length) {
            for shift in 0..4 {
                read_run(&text[..at + length], at + shift, &mut decoded);
            }
        }
        at += length.max(1);
    }
    (!decoded.pieces.is_empty()).then_some(decoded)
}

/// Reads the stretches of groups of four digits from `first` to the end that may be ASCII. A secret fills two
/// groups at least, and the ends of it may lie in the groups around them.
fn read_run(text: &[u8], first: usize, decoded: &mut Decoded) {
    let mut begin = None;
    for group in (first..).step_by(4) {
        let digits = text.get(group..group + 3);
        let plausible =
            digits.is_some_and(|digits| (0..3).all(|place| class(digits[place]) & (1 << place) != 0));
        if plausible {
            begin = begin.or(Some(group));
        } else if let Some(start) = begin.take().filter(|start| group - start >= 8) {
            let start = if start > first { start - 4 } else { start };
            read_base64(text, start..(group + 4).min(text.len()), decoded);
        }
        if digits.is_none() {
            break;
        }
    }
}

fn read_base64(text: &[u8], run: Range<usize>, decoded: &mut Decoded) {
    // One digit alone is no byte.
    let end = run.end - usize::from(run.len() % 4 == 1);
    let digits: Vec<u8> = text[run.start..end]
        .iter()
        .map(|digit| match digit {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    let before = decoded.text.len();
    decoded.push(run.start..end, Written::Base64);
    if BASE64.decode_vec(&digits, &mut decoded.text).is_err() {
        decoded.text.truncate(before);
    }
    // No secret holds this byte, so none is found across two runs.
    decoded.push(end..end, Written::Escaped);
    decoded.text.push(0);
}

/// 0 for what is no digit of base64. A bit says that the digit may stand at that place of a group of four whose
/// bytes are ASCII: the highest bit of each byte is in another digit.
fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

const CLASSES: [u8; 256] = {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
    let mut classes = [0; 256];
    let mut index = 0;
    while index < digits.len() {
        let value = if index < 64 { index } else { index - 2 };
        let mut class = 8;
        if value & 32 == 0 {
            class |= 1;
        }
        if value & 8 == 0 {
            class |= 2;
        }
        if value & 2 == 0 {
            class |= 4;
        }
        classes[digits[index] as usize] = class;
        index += 1;
    }
    classes
};

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        unescaped(text.as_bytes()).map_or_else(String::new, |it| String::from_utf8(it.text).unwrap())
    }

    #[test]
    fn escapes_of_json_urls_and_html_are_read() {
        assert_eq!(read(r#"a\u002Bb\u002bc\/d\"e\\f\x2Bg"#), r#"a+b+c/d"e\f+g"#);
        assert_eq!(read(r"\ud83d\ude00"), "😀");
        assert_eq!(read("a%2Bb%2fc"), "a+b/c");
        assert_eq!(read("a&#43;b&#x2B;c&#X2b;d&plus;e&amp;f&#43g"), "a+b+c+d+e&f+g");
        for odd in ["", "100%", "50 % of", r"\", r"\u12", r"\ud83d", "&", "&#;", "&nosuch;", "a&b", "%zz"] {
            assert_eq!(read(odd), "", "{odd}");
        }
        assert_eq!(settled(b"%25252B&amp;#43;"), b"++");
    }

    #[test]
    fn what_is_found_in_a_decoded_text_has_its_place_in_the_source() {
        let text = br"say a\u002Bb!";
        let decoded = unescaped(text).unwrap();
        let at = decoded.text.windows(3).position(|three| three == b"a+b").unwrap();
        assert_eq!(&text[decoded.source(&(at..at + 3))], br"a\u002Bb");
    }

    #[test]
    fn base64_is_read_wherever_its_groups_begin() {
        for (before, run) in [
            ("", "Zm9vYmFyYmF6cXV4"),
            ("x", "Zm9vYmFyYmF6cXV4"),
            ("/v1", "Zm9vYmFyYmF6cXV4"),
            ("a.", "Zm9vYmFyYmF6cXV4IQ=="),
        ] {
            let text = format!("{before}{run}");
            let decoded = unarmoured(text.as_bytes()).unwrap();
            let at = decoded.text.windows(12).position(|it| it == b"foobarbazqux").expect(&text);
            assert_eq!(&text[decoded.source(&(at..at + 12))], "Zm9vYmFyYmF6cXV4");
            let middle = decoded.source(&(at + 4..at + 5));
            assert_eq!(&text[middle], "mF");
        }
        assert!(unarmoured(b"a short word").is_none());
    }
}
