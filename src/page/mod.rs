//! The page of a tenant: what Entra's portal shows under Provisioning, in its order and words, and what it does not show:
//! every request, what the rules find in it, and what the target really holds.
//!
//! Pages are made here and work without a script; a small one shows changes while they happen. What is done is done by
//! [`LiveTenant`].

mod connectivity;
mod drift;
mod form;
mod frame;
mod kept;
mod log_filters;
mod logs;
mod mapping;
mod mapping_row;
mod mistake;
mod named;
mod on_demand;
mod overview;
mod pager;
mod people;
mod person_form;
mod scoping;
#[cfg(test)]
mod tests;
mod traffic;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{self, Body};
use axum::extract::State;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{any, get};
use futures_util::StreamExt as _;
use futures_util::stream::{self, Stream};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use form::Form;
use frame::{Frame, Told};
use kept::Kept;
use mistake::{Mistake, Refused};

use crate::tenant::{ConnectionSecrets, LiveTenant, TEMPLATES, TenantError, TenantEvent};

/// The largest form in bytes: room for a file of people.
const MAX_FORM: usize = 64 << 20;

/// What a page may load: nothing but what this server has.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page with what it needs to know of whom it serves.
#[derive(Debug)]
struct Page {
    live: LiveTenant,
    /// A form that changes something repeats it; a page of somebody else cannot know it.
    token: String,
    /// What was done, until the page that shows it is asked for.
    told: Kept<String>,
    /// Credentials that were tested and not saved yet. A page never shows them, so that it cannot bring them back.
    tested: Kept<ConnectionSecrets>,
}

/// The addresses of the page.
pub fn router(live: LiveTenant) -> Router {
    let token = uuid::Uuid::new_v4().simple().to_string();
    let page = Arc::new(Page { live, token, told: Kept::default(), tested: Kept::default() });
    Router::new()
        .route("/", any(handle))
        .route("/app/{*rest}", any(handle))
        .route("/events", get(events))
        .route("/page.css", get(|| async { asset("text/css; charset=utf-8", include_str!("page.css")) }))
        .route("/page.js", get(|| async { asset("text/javascript; charset=utf-8", include_str!("page.js")) }))
        .route("/icon.svg", get(|| async { asset("image/svg+xml", include_str!("icon.svg")) }))
        .with_state(page)
}

fn asset(media_type: &'static str, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// What changes, as it changes: names of kinds and nothing else, each once in [`TOGETHER`].
async fn events(State(page): State<Arc<Page>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = stream::unfold(page.live.events(), |mut events| async move {
        let mut kinds = BTreeSet::new();
        let mut note = |received: Result<TenantEvent, RecvError>| match received {
            Ok(TenantEvent::Directory) => drop(kinds.insert("directory")),
            Ok(TenantEvent::Traffic) => drop(kinds.insert("traffic")),
            Ok(TenantEvent::Job) => drop(kinds.insert("job")),
            // Who was too slow to hear everything looks at everything.
            Err(_) => kinds.extend(["directory", "job", "traffic"]),
        };
        match events.recv().await {
            Err(RecvError::Closed) => return None,
            received => note(received),
        }
        tokio::time::sleep(TOGETHER).await;
        loop {
            match events.try_recv() {
                Ok(event) => note(Ok(event)),
                Err(TryRecvError::Lagged(missed)) => note(Err(RecvError::Lagged(missed))),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        // A browser drops an event without data.
        let said: Vec<Result<Event, Infallible>> =
            kinds.into_iter().map(|kind| Ok(Event::default().event(kind).data(kind))).collect();
        Some((stream::iter(said), events))
    });
    Sse::new(events.flatten()).keep_alive(KeepAlive::default())
}

/// Changes that come within this time are told together.
const TOGETHER: Duration = Duration::from_millis(250);

/// What a request wants to see.
#[derive(Debug)]
enum Shown {
    Page(String),
    /// Done: the page is shown anew, with a sentence.
    Done(String, String),
    File(&'static str, Vec<u8>),
    Text(String),
}

/// Why a page is not shown.
#[derive(Debug)]
enum Refusal {
    NotFound,
    Forbidden,
    Wrong(String),
    /// Fields of the form are wrong.
    Mistaken(Vec<Mistake>),
}

impl Refusal {
    /// The same at other fields of the form: those that the values came from.
    fn moved(self, field: impl Fn(String) -> String) -> Self {
        let moved = |mistake: Mistake| Mistake { field: field(mistake.field), ..mistake };
        match self {
            Refusal::Mistaken(mistakes) => Refusal::Mistaken(mistakes.into_iter().map(moved).collect()),
            other => other,
        }
    }

    /// One field is wrong.
    fn at(field: impl Into<String>, why: impl Into<String>) -> Self {
        Refusal::Mistaken(vec![Mistake::new(field, why)])
    }

    /// What the page of a form says of it; other refusals have a page of their own.
    fn mistakes(self) -> Result<Vec<Mistake>, Refusal> {
        match self {
            Refusal::Mistaken(mistakes) => Ok(mistakes),
            Refusal::Wrong(why) => Ok(vec![Mistake::new("", why)]),
            other => Err(other),
        }
    }
}

impl From<TenantError> for Refusal {
    fn from(error: TenantError) -> Self {
        match &error {
            TenantError::NotFound(_) => Refusal::NotFound,
            TenantError::Taken { property } => Refusal::at(*property, error.to_string()),
            TenantError::Property { property, why } => Refusal::at(property, why),
            _ => Refusal::Wrong(error.to_string()),
        }
    }
}

impl From<askama::Error> for Refusal {
    fn from(error: askama::Error) -> Self {
        Refusal::Wrong(error.to_string())
    }
}

impl From<crate::store::StoreError> for Refusal {
    fn from(error: crate::store::StoreError) -> Self {
        Refusal::Wrong(error.to_string())
    }
}

async fn handle(State(page): State<Arc<Page>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let mut query = Form::read(head.uri.query().unwrap_or_default().as_bytes());
    // An address names what is said and does not say it: a link of somebody else cannot put words into the page.
    let told = page.told.take(query.get("told"));
    query.told(told);
    let form = match body::to_bytes(body, MAX_FORM).await {
        Ok(bytes) => Form::read(&bytes),
        Err(_) => return error_page(StatusCode::PAYLOAD_TOO_LARGE, "The form is too long."),
    };
    let path: Vec<&str> = head.uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let outcome = if head.method == Method::POST && form.get("token") != page.token {
        Err(Refusal::Forbidden)
    } else if head.method == Method::GET || head.method == Method::POST {
        page.answer(head.method == Method::POST, &path, &query, &form).await
    } else {
        Err(Refusal::NotFound)
    };
    let mut response = match outcome {
        Ok(Shown::Page(html)) => {
            let mut response = Response::new(Body::from(html));
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, html);
            response
        }
        Ok(Shown::Done(path, told)) => {
            let told = page.told.keep(told);
            let mark = if path.contains('?') { '&' } else { '?' };
            Redirect::to(&format!("{path}{mark}told={told}")).into_response()
        }
        Ok(Shown::File(media_type, bytes)) => {
            let mut response = Response::new(Body::from(bytes));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
            response
        }
        Ok(Shown::Text(text)) => Response::new(Body::from(text)),
        Err(Refusal::NotFound) => {
            error_page(StatusCode::NOT_FOUND, "There is no such page, or what it was about is gone.")
        }
        Err(Refusal::Forbidden) => error_page(
            StatusCode::FORBIDDEN,
            "The form is of another run of the program, or of another page: go back, reload, and send it again.",
        ),
        Err(Refusal::Wrong(why)) => error_page(StatusCode::BAD_REQUEST, &why),
        Err(Refusal::Mistaken(mistakes)) => {
            let texts: Vec<&str> = mistakes.iter().map(|mistake| mistake.text.as_str()).collect();
            error_page(StatusCode::BAD_REQUEST, &texts.join(" "))
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A page that says why there is none.
fn error_page(status: StatusCode, why: &str) -> Response<Body> {
    let frame = Frame::plain("That did not work", Some(Told::bad(why)));
    let html = askama::Template::render(&Plain { frame }).unwrap_or_else(|_| why.to_owned());
    let mut response = (status, html).into_response();
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    response
}

#[derive(askama::Template)]
#[template(path = "tenant/base.html")]
struct Plain {
    frame: Frame,
}

#[derive(askama::Template)]
#[template(path = "tenant/applications.html")]
struct Applications {
    frame: Frame,
    applications: Vec<crate::tenant::ApplicationInfo>,
    templates: &'static [crate::tenant::Template],
}

impl Page {
    async fn answer(&self, writes: bool, path: &[&str], query: &Form, form: &Form) -> Result<Shown, Refusal> {
        let (application, rest) = match path {
            [] if writes => return self.add_application(form),
            [] => return self.applications(query),
            ["app", application, rest @ ..] => (*application, rest),
            _ => return Err(Refusal::NotFound),
        };
        // The address has the service principal's id, and no other spelling of it.
        let info = self.live.application(application)?;
        if info.service_principal.to_string() != application {
            return Err(Refusal::NotFound);
        }
        match (writes, rest) {
            (false, []) => self.overview(&info, None, query.was_told()),
            (true, []) => self.command(&info, form),
            (false, ["connectivity"]) => self.connectivity(&info, query.was_told()),
            (true, ["connectivity"]) => self.set_connectivity(&info, form).await,
            (false, ["mapping"]) => self.mapping(&info, query, None, query.was_told()),
            (true, ["mapping"]) => self.set_mapping(&info, query, form).await,
            (false, ["mapping.json"]) => self.schema(&info),
            (false, ["evaluate"]) => Ok(Shown::Text(self.evaluate(&info, query))),
            (false, ["people"]) => self.people(&info, query, None, query.was_told()).await,
            (true, ["people"]) => self.change_people(&info, query, form).await,
            (false, ["people", id]) => self.person(&info, id, None, query.was_told()),
            (true, ["people", id]) => self.change_person(&info, id, form).await,
            (false, ["on-demand"]) => self.on_demand(&info, query, None, Vec::new()),
            (true, ["on-demand"]) => self.provision(&info, form).await,
            (false, ["logs"]) => self.logs(&info, query),
            (false, ["logs", number]) => self.log(&info, number),
            (false, ["logs.csv"]) => self.logs_csv(&info, query),
            (false, ["logs.json"]) => self.logs_json(&info, query),
            (false, ["traffic"]) => self.traffic(&info, query),
            (false, ["traffic", number]) => self.exchange(&info, number),
            (false, ["traffic.har"]) => self.har(&info),
            (false, ["scenario.yaml"]) => self.scenario(&info),
            (false, ["drift"]) => self.drift(&info, query).await,
            _ => Err(Refusal::NotFound),
        }
    }

    fn applications(&self, query: &Form) -> Result<Shown, Refusal> {
        let applications = self.live.applications();
        if let [only] = applications.as_slice()
            && !query.has("all")
        {
            return Ok(Shown::Page(redirect_page(&format!("/app/{}", only.service_principal))));
        }
        let mut frame = Frame::plain("Applications", query.was_told());
        frame.token.clone_from(&self.token);
        page(&Applications { frame, applications, templates: TEMPLATES })
    }

    fn add_application(&self, form: &Form) -> Result<Shown, Refusal> {
        let name = form.get("name").trim();
        if name.is_empty() {
            return Err(Refusal::Wrong("The application needs a name.".to_owned()));
        }
        let info = self.live.add_application(Some(form.get("template")), name)?;
        let id = info.service_principal.to_string();
        self.live.add_job(&id, None)?;
        Ok(Shown::Done(format!("/app/{id}/connectivity"), format!("{name} was added.")))
    }

    fn frame(&self, info: &crate::tenant::ApplicationInfo, title: &'static str, told: Option<Told>) -> Frame {
        Frame {
            title: title.to_owned(),
            application: info.name.clone(),
            organization: self.live.organization().0,
            id: info.service_principal.to_string(),
            token: self.token.clone(),
            told,
            mistakes: Vec::new(),
        }
    }

    /// The frame of a page whose form may have been refused.
    fn frame_with(
        &self,
        info: &crate::tenant::ApplicationInfo,
        title: &'static str,
        told: Option<Told>,
        refused: Option<&Refused<'_>>,
    ) -> Frame {
        let mistakes = refused.map(|refused| refused.mistakes.clone()).unwrap_or_default();
        Frame { mistakes, ..self.frame(info, title, told) }
    }
}

/// The page of the only application, for browsers and for those who look at what `/` returns.
fn redirect_page(to: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><link rel=\"icon\" href=\"/icon.svg\"><title>scimulate tenant</title><meta http-equiv=\"refresh\" content=\"0; url={to}\"><p><a href=\"{to}\">The application</a></p></html>"
    )
}

fn page(template: &impl askama::Template) -> Result<Shown, Refusal> {
    Ok(Shown::Page(template.render()?))
}
