//! What is said of the directory file before the job begins.

use super::session::Session;
use crate::cli::console;
use crate::diagnostic::Diagnostic;
use crate::entra::directory_file::{Contents, Missing};
use crate::report::stream;

/// How many wrong rows, and how many of those who are missing, are shown.
const SHOWN: usize = 10;

/// Rows that cannot be used, the first of them in full.
pub(super) fn tell_problems(contents: &Contents) {
    let color = stream::wants_color(&std::io::stderr());
    for problem in contents.problems.iter().take(SHOWN) {
        console::remark(&format!("{}\n", Diagnostic::render(problem, color)));
    }
    if contents.problems.len() > SHOWN {
        console::remark(&format!("and {} more like these\n", contents.problems.len() - SHOWN));
    }
    if contents.left_out > 0 {
        console::remark(&format!(
            "warning: {} left out of {}; the users and groups in them stay unchanged\n",
            if contents.left_out == 1 {
                "1 row is".to_owned()
            } else {
                format!("{} rows are", contents.left_out)
            },
            contents.file
        ));
    }
}

/// Those who are missing from the file and whose accounts stay.
pub(super) fn tell_missing(session: &Session, file: &str) {
    match &session.missing {
        Missing::Purged => {}
        Missing::Unread(count) => console::remark(&format!(
            "warning: missing from {file}: {count}; none of them is treated as deleted while rows of it cannot be \
             read\n"
        )),
        Missing::TooMany { missing, of } => {
            let label = |id| session.job.settings().label(id);
            let mut names: Vec<String> = missing.iter().take(SHOWN).map(label).map(str::to_owned).collect();
            if missing.len() > SHOWN {
                names.push(format!("and {} more", missing.len() - SHOWN));
            }
            console::remark(&format!(
                "warning: {} of {of} users and groups are missing from {file}, and their deletion is held back: {}\n  \
                 help: correct the file, or approve the deletions with --allow-deletes\n",
                missing.len(),
                names.join(", ")
            ));
        }
    }
}
