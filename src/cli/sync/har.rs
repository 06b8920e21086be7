//! What a job sends and is answered, as HAR.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::cli::failure::CommandFailure;
use crate::cli::output::{Output, Stream, unwritten};
use crate::report::har::Har;
use crate::wire::{Answer, Broken, Exchange, Request, Sent, Target};

/// A HAR file that is being written.
#[derive(Clone)]
pub(super) struct HarFile {
    open: Arc<Mutex<OpenHar>>,
    path: PathBuf,
}

struct OpenHar {
    har: Har<Stream>,
    exchanges: usize,
}

impl HarFile {
    /// Opens the file of `--har`, if one is named.
    pub fn open(path: Option<&Path>) -> Result<Option<Self>, CommandFailure> {
        let Some(output) = Output::open("--har", path)? else { return Ok(None) };
        let (out, path) = output.stream()?;
        let har = Har::new(out).map_err(|error| unwritten(&path, &error))?;
        Ok(Some(HarFile { open: Arc::new(Mutex::new(OpenHar { har, exchanges: 0 })), path }))
    }

    fn add(&self, started: SystemTime, sent: Sent, mut request: Request, outcome: Result<Answer, Broken>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        request.headers = sent.headers;
        let exchange = Exchange::new(open.exchanges, started, sent.url, request, outcome);
        open.exchanges += 1;
        open.har.record(&exchange);
    }

    /// Ends the document.
    pub fn finish(self) -> Result<(), CommandFailure> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.har.end().map_err(|error| unwritten(&self.path, &error))
    }
}

/// A target whose exchanges are written down as they went over the wire, if there is a file for them.
pub(super) struct Recorded<T> {
    inner: T,
    har: Option<HarFile>,
}

impl<T> Recorded<T> {
    /// Writes into that file.
    pub fn new(inner: T, har: Option<HarFile>) -> Self {
        Recorded { inner, har }
    }
}

impl<T: Target> Target for Recorded<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let Some(har) = &self.har else { return self.inner.send(request).await };
        let (sent, recorded, started) = (self.inner.sent_as(&request), request.clone(), SystemTime::now());
        let outcome = self.inner.send(request).await;
        har.add(started, sent, recorded, outcome.clone());
        outcome
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}
