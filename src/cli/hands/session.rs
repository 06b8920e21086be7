//! The way of a request by hand: what is said of it, the guard, and what the answer means.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::shown::OutputFormat;
use crate::check::Level;
use crate::cli::config::Config;
use crate::cli::failure::CommandFailure;
use crate::cli::target::TargetOptions;
use crate::cli::{Exit, console, findings};
use crate::http::{Client, TenantUrl};
use crate::report::layout;
use crate::run::preflight;
use crate::run::target::cancel::Cancel;
use crate::run::target::guard::{Guard, Ownership};
use crate::run::target::recorder::Recorder;
use crate::run::target::retry::{Retry, WaitLimit};
use crate::wire::{Answer, Broken, Exchange, Method, Request, Target};

/// Where the target is, and how the answer is shown.
#[derive(Debug, clap::Args)]
pub(super) struct Reaching {
    /// table, json or jsonl [default: table on a terminal, else json]
    #[arg(long, value_name = "FORMAT")]
    output: Option<OutputFormat>,

    #[command(flatten)]
    pub target: TargetOptions,
}

/// One target, and what was exchanged with it.
pub(super) struct Session {
    pub config: Config,
    pub url: TenantUrl,
    pub output: OutputFormat,
    recorder: Recorder<Client>,
    wait: WaitLimit,
    disposable: bool,
}

impl Session {
    pub fn open(reaching: &Reaching) -> Result<Self, CommandFailure> {
        let config = Config::read()?;
        let url = reaching.target.needed_url(&config)?;
        Ok(Session {
            output: reaching.output.unwrap_or_else(OutputFormat::usual),
            recorder: Recorder::new(reaching.target.client(&config, url.clone())?),
            wait: reaching.target.wait_limit(&config),
            disposable: reaching.target.is_disposable(&config, &url),
            url,
            config,
        })
    }

    /// True when nothing may be sent: the target is elsewhere and the user has not said `--apply`. Then the requests are
    /// shown.
    pub fn only_shows(&self, apply: bool, requests: &[&Request]) -> bool {
        if self.disposable || apply {
            return false;
        }
        for request in requests {
            self.announce(request);
        }
        console::remark("Nothing was written: add --apply to write this to the target.");
        true
    }

    /// Sends a request that reads.
    pub async fn ask(&self, request: Request) -> Result<Arc<Exchange>, CommandFailure> {
        self.send(request, None).await
    }

    /// Sends a request that writes, through the guard unless the user has said that the object is somebody else's.
    pub async fn write(
        &self,
        request: Request,
        ownership: Option<&Arc<Ownership>>,
    ) -> Result<Arc<Exchange>, CommandFailure> {
        self.send(request, ownership).await
    }

    async fn send(
        &self,
        request: Request,
        ownership: Option<&Arc<Ownership>>,
    ) -> Result<Arc<Exchange>, CommandFailure> {
        self.announce(&request);
        let before = self.recorder.len();
        let target = Retry::new(&self.recorder, self.wait.clone(), Cancel::default()).telling(waiting);
        let outcome = match ownership {
            Some(ownership) => Guard::new(target, Arc::clone(ownership)).send(request).await,
            None => target.send(request).await,
        };
        match outcome {
            Err(Broken::Withheld(why) | Broken::Unproven(why)) => {
                let next = "look at the object with `scimulate get`; --foreign writes to it all the same";
                return Err(CommandFailure::usage(format!("not sent: {why}"), next));
            }
            Err(Broken::Unjournalled(why)) => {
                return Err(CommandFailure::usage(why, "check the disk and the permissions of that folder"));
            }
            Ok(_) | Err(_) => {}
        }
        // What the guard asked comes before it.
        let last = self.recorder.last().filter(|_| self.recorder.len() > before);
        let exchange =
            last.ok_or_else(|| CommandFailure::internal("the exchange was not recorded".to_owned()))?;
        if let Some(answer) = exchange.answer() {
            console::remark(&format!("answer:  {}", answer.status));
        }
        match preflight::dead_end(self.url.base(), &exchange) {
            Some(refusal) => Err(refusal.into()),
            None => Ok(exchange),
        }
    }

    /// Says what is sent, as a curl command without the token.
    fn announce(&self, request: &Request) {
        let sent = self.recorder.sent_as(request);
        let as_sent = Request { headers: sent.headers, ..request.clone() };
        let unsent = Exchange::new(0, SystemTime::now(), sent.url, as_sent, Err(Broken::Interrupted));
        console::remark(&format!("request: {}", layout::clean(&unsent.curl())));
    }

    /// What the rules find in everything that was exchanged, and the exit code.
    pub fn end(&self, done: Result<(), CommandFailure>) -> Result<Exit, CommandFailure> {
        let mut exit = Exit::Success;
        for finding in findings::odd(&self.trace()) {
            let text = format!(
                "{} {}: {}; see `scimulate explain {}`",
                finding.level,
                finding.rule,
                finding.message.trim_end_matches('.'),
                finding.rule
            );
            console::remark(&layout::clean(&text));
            if finding.level >= Level::Error {
                exit = Exit::Findings;
            }
        }
        done.map(|()| exit)
    }

    /// A server may refuse what somebody writes by hand: then only the form of its refusal is judged.
    fn trace(&self) -> Vec<Arc<Exchange>> {
        let judged = |exchange: Arc<Exchange>| match exchange.answer() {
            Some(answer) if matches!(answer.status, 400..=499 | 501) => {
                let mut refused = Arc::unwrap_or_clone(exchange);
                refused.request.provoked = true;
                Arc::new(refused)
            }
            _ => exchange,
        };
        self.recorder.trace().into_iter().map(judged).collect()
    }
}

/// The answer, if it is a success; otherwise what the server says.
pub(super) fn accepted(exchange: &Exchange) -> Result<&Answer, CommandFailure> {
    let Some(answer) = exchange.answer() else {
        return Err(CommandFailure::internal("an exchange without an answer was taken for one".to_owned()));
    };
    if answer.is_success() {
        return Ok(answer);
    }
    let request = format!("{} {}", exchange.request.method.as_str(), exchange.request.path);
    let reading = exchange.request.method == Method::Get;
    let said = format!("{}{}", answer.status, preflight::detail(answer));
    let what = match answer.status {
        404 | 410 => format!("{request} finds nothing ({said})"),
        500 | 502.. => format!("the server fails on {request} ({said})"),
        _ => format!("the server rejects {request} ({said})"),
    };
    let next = match answer.status {
        403 => "give the token the right to do this",
        404 | 410 if exchange.operation.id().is_some() => {
            "look for the object with `scimulate find`: it may have been deleted"
        }
        404 | 410 => {
            "check the base URL, and whether the server has this endpoint: `scimulate get ResourceTypes`"
        }
        405 | 501 => {
            "the server does not support this request: `scimulate get ServiceProviderConfig` shows what it does"
        }
        409 => {
            "another object has one of these values: `scimulate find --match VALUE` looks it up as Entra does"
        }
        500.. => "check the server's log",
        _ if reading => {
            "the server may not support this filter or these attributes: `scimulate get Schemas` shows them"
        }
        _ => {
            "compare the request above with what the server supports: `scimulate get Schemas` shows its attributes"
        }
    };
    Err(findings_failure(what, next))
}

/// The server answered, and not as it should.
pub(super) fn findings_failure(what: impl Into<String>, next: impl Into<String>) -> CommandFailure {
    CommandFailure::Plain {
        exit: Exit::Findings,
        what: what.into(),
        next: Some(next.into()),
        left_behind: Vec::new(),
    }
}

fn waiting(pause: Duration) {
    console::remark(&format!("the target is busy; waiting for {} s", pause.as_secs().max(1)));
}
