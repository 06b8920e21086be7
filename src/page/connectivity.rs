//! Connectivity: where the target is, with which credentials, and the settings that stand among the secrets.

use serde_json::{Value, json};

use super::form::Form;
use super::frame::{Frame, Told};
use super::mistake::Mistake;
use super::{Page, Refusal, Shown, page};
use crate::tenant::{ApplicationInfo, ConnectionSecrets, MASK};

#[derive(askama::Template)]
#[template(path = "tenant/connectivity.html")]
struct Connectivity {
    frame: Frame,
    form: Form,
    has_token: bool,
    has_secret: bool,
    /// The name of credentials that were tested and are not saved yet.
    tested: String,
    oauth: bool,
    warnings: Vec<String>,
    mails: Vec<String>,
}

/// The form as the secrets fill it.
fn filled(secrets: &ConnectionSecrets) -> Form {
    let mut form = Form::default();
    for key in
        ["BaseAddress", "Oauth2TokenExchangeUri", "Oauth2ClientId", "SyncAll", "SkipOutOfScopeDeletions"]
    {
        form.set(key, secrets.shown(key).unwrap_or_default());
    }
    let settings: Value =
        serde_json::from_str(secrets.shown("SyncNotificationSettings").unwrap_or("{}")).unwrap_or_default();
    let on = |name: &str| if settings[name] == json!(true) { "on" } else { "" };
    form.set("notify", on("Enabled"));
    form.set("prevent", on("DeleteThresholdEnabled"));
    form.set("recipients", settings["Recipients"].as_str().unwrap_or_default());
    form.set("threshold", settings["DeleteThresholdValue"].as_u64().unwrap_or(500).to_string());
    form
}

/// The secrets as the form says them, and what is wrong with it. A secret that is left empty stays as it was.
fn said(form: &Form, before: &ConnectionSecrets) -> (ConnectionSecrets, Vec<Mistake>) {
    let (settings, mut mistakes) = settings(form);
    let oauth = ["Oauth2TokenExchangeUri", "Oauth2ClientId", "Oauth2ClientSecret"]
        .iter()
        .any(|key| !form.get(key).trim().is_empty());
    let kept = |key: &str| {
        let given = form.get(key).trim();
        if given.is_empty() && before.has(key) { MASK.to_owned() } else { given.to_owned() }
    };
    let pair = |key: &str, value: String| json!({ "key": key, "value": value });
    let mut pairs = vec![
        pair("BaseAddress", form.get("BaseAddress").trim().to_owned()),
        pair("SyncAll", if form.get("SyncAll") == "true" { "true" } else { "false" }.to_owned()),
        pair("SyncNotificationSettings", settings.to_string()),
        pair("SkipOutOfScopeDeletions", form.get("SkipOutOfScopeDeletions").to_owned()),
    ];
    if oauth {
        pairs.push(pair("AuthenticationType", "OAuth2ClientCredentialsGrant".to_owned()));
        pairs.push(pair("Oauth2TokenExchangeUri", form.get("Oauth2TokenExchangeUri").trim().to_owned()));
        pairs.push(pair("Oauth2ClientId", form.get("Oauth2ClientId").trim().to_owned()));
        pairs.push(pair("Oauth2ClientSecret", kept("Oauth2ClientSecret")));
    } else {
        pairs.push(pair("SecretToken", kept("SecretToken")));
    }
    match ConnectionSecrets::read(&Value::Array(pairs), before) {
        Ok(secrets) => {
            mistakes.splice(0..0, secrets.problems().into_iter().map(|(key, why)| Mistake::new(key, why)));
            (secrets, mistakes)
        }
        Err(error) => (before.clone(), vec![Mistake::new("", error.to_string())]),
    }
}

/// The settings that stand among the secrets, and what is wrong with them.
fn settings(form: &Form) -> (Value, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let typed = form.get("threshold").trim();
    let threshold =
        if typed.is_empty() { Some(500) } else { typed.parse().ok().filter(|number| *number > 0) };
    if threshold.is_none() {
        let why = format!("The threshold `{typed}` is no whole number from 1 on.");
        mistakes.push(Mistake::new("threshold", why));
    }
    let threshold: u64 = threshold.unwrap_or(500);
    let recipients = form.get("recipients").trim();
    let is_address = |text: &str| {
        let parts = text.split_once('@');
        parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'))
            && !text.contains(char::is_whitespace)
    };
    if !recipients.is_empty() && !is_address(recipients) {
        let why = format!("`{recipients}` is no mail address, as admin@contoso.example.");
        mistakes.push(Mistake::new("recipients", why));
    }
    let mut settings = json!({
        "Enabled": form.get("notify") == "on",
        "DeleteThresholdEnabled": form.get("prevent") == "on",
        "DeleteThresholdValue": threshold,
        "HumanResourcesLookaheadQueryEnabled": false,
    });
    if !recipients.is_empty() {
        settings["Recipients"] = json!(recipients);
    }
    (settings, mistakes)
}

impl Page {
    pub(super) fn connectivity(&self, info: &ApplicationInfo, told: Option<Told>) -> Result<Shown, Refusal> {
        let secrets = self.live.secrets(&info.service_principal.to_string())?;
        let frame = self.frame(info, "Connectivity", told);
        self.connection(frame, filled(&secrets), &secrets, None)
    }

    /// The form; secrets that it has no values for are in `secrets`, and those are known as `tested` if they are not
    /// saved yet.
    fn connection(
        &self,
        frame: Frame,
        form: Form,
        secrets: &ConnectionSecrets,
        tested: Option<String>,
    ) -> Result<Shown, Refusal> {
        let mails = self.live.store().mails()?;
        let mails = mails.iter().rev().map(|mail| {
            let text = |name: &str| mail[name].as_str().unwrap_or("nobody").to_owned();
            format!("{} to {}: {}", text("sent"), text("to"), text("message"))
        });
        page(&Connectivity {
            frame,
            has_token: secrets.has("SecretToken"),
            has_secret: secrets.has("Oauth2ClientSecret"),
            oauth: ["Oauth2TokenExchangeUri", "Oauth2ClientId"].iter().any(|key| !form.get(key).is_empty()),
            warnings: if tested.is_none() { secrets.warnings() } else { Vec::new() },
            mails: mails.take(20).collect(),
            form,
            tested: tested.unwrap_or_default(),
        })
    }

    pub(super) async fn set_connectivity(
        &self,
        info: &ApplicationInfo,
        form: &Form,
    ) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        // A secret that was tested is what an empty field stands for then.
        let before = match self.tested.take(form.get("tested")) {
            Some(tested) => tested,
            None => self.live.secrets(&id)?,
        };
        let (secrets, mistakes) = said(form, &before);
        if !mistakes.is_empty() {
            // A secret that was typed is kept as what else was typed, though the page does not show it.
            let typed = self.tested.keep(secrets.clone());
            let frame = Frame { mistakes, ..self.frame(info, "Connectivity", None) };
            return self.connection(frame, form.clone(), &secrets, Some(typed));
        }
        if form.get("do") == "test" {
            let told = match self.live.test_connection(&id, Some(&secrets)).await {
                Ok(()) => Told { kind: "good", text: "The supplied credentials are authorized.".to_owned() },
                Err(error) => Told::bad(format!("The connection failed. {error}")),
            };
            let tested = self.tested.keep(secrets.clone());
            let frame = self.frame(info, "Connectivity", Some(told));
            return self.connection(frame, form.clone(), &secrets, Some(tested));
        }
        self.live.set_secrets(&id, secrets)?;
        Ok(Shown::Done(format!("/app/{id}/connectivity"), "The connection was saved.".to_owned()))
    }
}
