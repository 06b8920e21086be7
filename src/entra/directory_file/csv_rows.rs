//! CSV: one user in each line, source attributes as column names, as the portal's "Download users"
//! writes it. Lists are joined with `;`. A row is one line: a quote that was left open must not take in
//! the rows below it.

use std::io::BufRead;

use csv::{ReaderBuilder, StringRecord, Terminator, WriterBuilder};

use super::Contents;
use super::raw::{Field, RawRow, RawValue};
use crate::diagnostic::Diagnostic;
use crate::entra::directory::{ObjectKind, find};

/// Is read behind the last row. A field that holds it was opened by a quote and never closed.
const END: &str = "\n\0\n";

/// So much is shown of a row that cannot be read, in characters.
const LONGEST_SHOWN: usize = 200;

pub(super) fn read(source: impl BufRead, contents: &mut Contents) -> Result<(), Diagnostic> {
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        // Lines are counted by their line feeds, so a row has to end with one.
        .terminator(Terminator::Any(b'\n'))
        .from_reader(source.chain(END.as_bytes()));
    let unreadable = |error: csv::Error| {
        Diagnostic::about_file(format!("this is not CSV: {error}"), &contents.file)
            .help("write the names of source attributes into the first line, separated by commas")
    };
    let mut header = without_carriage_return(reader.headers().map_err(unreadable)?.clone());
    if let Some(first) = header.get(0).and_then(|first| first.strip_prefix('\u{feff}')) {
        header = std::iter::once(first).chain(header.iter().skip(1)).map(str::to_owned).collect();
    }
    if header.len() == 1 && header[0] == *END.trim() {
        header.clear();
    }
    if header.iter().any(|name| name.contains(['\n', '\r'])) {
        return Err(Diagnostic::about_file(
            "the names of the first line contain a line break",
            &contents.file,
        )
        .help("write the names of source attributes into the first line, separated by commas"));
    }
    let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    if !names.iter().any(|name| name == "userPrincipalName") {
        let text = line_of(&header);
        return Err(Diagnostic::new("no column is called `userPrincipalName`", &contents.file, text, 0..0)
            .help("a CSV file holds users; each needs a userPrincipalName"));
    }
    check_columns(&contents.file, &header, &names)?;
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                record = without_carriage_return(record);
                let next = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
                let breaks = record.iter().map(|value| value.matches('\n').count()).sum::<usize>();
                if record.len() == 1 && ["", END.trim()].contains(&&record[0]) {
                    continue;
                }
                if breaks > 0 || record.iter().any(|value| value.contains('\r')) {
                    refuse(contents, &record, next.saturating_sub(breaks));
                } else {
                    // The record's own position is where the empty lines before it begin.
                    take(contents, &names, &record, next.saturating_sub(1));
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, |position| position.line());
                let file = format!("{}:{line}", contents.file);
                contents.fault(
                    Diagnostic::about_file(format!("this row cannot be read: {error}"), file)
                        .help("save the file as UTF-8, and put texts with commas or quotes into quotes"),
                );
                if !matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) {
                    return Ok(());
                }
            }
        }
    }
}

/// The row of a file whose lines end with CR LF.
fn without_carriage_return(record: StringRecord) -> StringRecord {
    let last = record.len().saturating_sub(1);
    match record.get(last).and_then(|value| value.strip_suffix('\r')) {
        Some(value) => record.iter().take(last).chain([value]).collect(),
        None => record,
    }
}

/// Leaves out a row with a line break in a field. `after` is the line after its first one, unless its
/// last field goes on to the end of the file.
fn refuse(contents: &mut Contents, record: &StringRecord, after: usize) {
    let open = record.iter().next_back().is_some_and(|value| value.ends_with(END));
    let (title, line) = match open {
        true => ("a quote of this row is not closed", after),
        false => ("a field of this row contains a line break", after.saturating_sub(1)),
    };
    let text = line_of(record);
    let first: String = text.lines().next().unwrap_or_default().chars().take(LONGEST_SHOWN).collect();
    contents.fault(
        Diagnostic::new(title, &contents.file, first, 0..0)
            .from_line(line)
            .help("write each row on one line, and close each quote on the line that opens it"),
    );
}

/// A wrong name of a column would make every row wrong.
fn check_columns(file: &str, header: &StringRecord, names: &[String]) -> Result<(), Diagnostic> {
    let own = ["id", "objectId", "assigned", "deleted", "manager"];
    let (text, spans) = line_with_spans(header);
    for (place, name) in names.iter().enumerate() {
        let at = spans.get(place).cloned().unwrap_or_default();
        if names[..place].contains(name) {
            return Err(Diagnostic::new(format!("two columns are called `{name}`"), file, text, at));
        }
        if own.contains(&name.as_str()) {
            continue;
        }
        if let Err(unknown) = find(ObjectKind::User, name) {
            let problem = Diagnostic::new(unknown.to_string(), file, text, at);
            let known = crate::entra::directory::attributes(ObjectKind::User).iter().map(|known| known.name);
            return Err(problem.did_you_mean(name, known.chain(own)));
        }
    }
    Ok(())
}

fn take(contents: &mut Contents, names: &[String], record: &StringRecord, line: usize) {
    let (text, spans) = line_with_spans(record);
    if record.len() != names.len() {
        let values = if record.len() == 1 { "value" } else { "values" };
        let title = format!("this row has {} {values}, and the first line has {}", record.len(), names.len());
        let problem = Diagnostic::new(title, &contents.file, text, 0..0)
            .from_line(line)
            .help("put texts with commas into quotes");
        contents.fault(problem);
        return;
    }
    let fields = names.iter().zip(record.iter()).zip(spans).map(|((name, value), at)| Field {
        name: name.clone(),
        value: match value.trim() {
            "" => RawValue::Nothing,
            text => RawValue::Text(text.to_owned()),
        },
        at,
    });
    let fields = fields.collect();
    contents.take(&RawRow { kind: ObjectKind::User, line, text: &text, fields, untyped: true });
}

fn line_of(record: &StringRecord) -> String {
    line_with_spans(record).0
}

/// The record as a line, and where each value stands in it.
fn line_with_spans(record: &StringRecord) -> (String, Vec<std::ops::Range<usize>>) {
    let mut text = String::new();
    let mut spans = Vec::new();
    for value in record {
        let mut writer = WriterBuilder::new().from_writer(Vec::new());
        let written = writer.write_record([value]).ok().and_then(|()| writer.into_inner().ok());
        let cell = written.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        if !spans.is_empty() {
            text.push(',');
        }
        let start = text.len();
        text.push_str(if value.is_empty() { "" } else { cell.trim_end_matches('\n') });
        spans.push(start..text.len());
    }
    (text, spans)
}
