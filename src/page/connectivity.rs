//! Connectivity: where the target is, with which credentials, and the settings that stand among the secrets.

use serde_json::{Value, json};

use super::form::Form;
use super::frame::{Frame, Told};
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

/// The secrets as the form says them; a secret that is left empty stays as it was.
fn said(form: &Form, before: &ConnectionSecrets) -> Result<ConnectionSecrets, String> {
    let threshold: u64 = match form.get("threshold") {
        "" => 500,
        text => text.parse().map_err(|_| format!("The threshold `{text}` is no whole number."))?,
    };
    let mut settings = json!({
        "Enabled": form.get("notify") == "on",
        "DeleteThresholdEnabled": form.get("prevent") == "on",
        "DeleteThresholdValue": threshold,
        "HumanResourcesLookaheadQueryEnabled": false,
    });
    if !form.get("recipients").is_empty() {
        settings["Recipients"] = json!(form.get("recipients"));
    }
    let oauth = !form.get("Oauth2TokenExchangeUri").is_empty();
    let kept = |key: &str| {
        let given = form.get(key);
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
        pairs.push(pair("Oauth2ClientId", form.get("Oauth2ClientId").to_owned()));
        pairs.push(pair("Oauth2ClientSecret", kept("Oauth2ClientSecret")));
    } else {
        pairs.push(pair("SecretToken", kept("SecretToken")));
    }
    let secrets = ConnectionSecrets::read(&Value::Array(pairs), before).map_err(|error| error.to_string())?;
    secrets.url().map_err(|error| error.to_string())?;
    Ok(secrets)
}

impl Page {
    pub(super) fn connectivity(
        &self,
        info: &ApplicationInfo,
        typed: Option<&Form>,
        told: Option<Told>,
    ) -> Result<Shown, Refusal> {
        let secrets = self.live.secrets(&info.service_principal.to_string())?;
        self.connection(info, typed, told, &secrets, String::new())
    }

    /// The form; secrets that it has no values for are in `secrets`.
    fn connection(
        &self,
        info: &ApplicationInfo,
        typed: Option<&Form>,
        told: Option<Told>,
        secrets: &ConnectionSecrets,
        tested: String,
    ) -> Result<Shown, Refusal> {
        let form = typed.cloned().unwrap_or_else(|| filled(secrets));
        let mails = self.live.store().mails()?;
        let mails = mails.iter().rev().map(|mail| {
            let text = |name: &str| mail[name].as_str().unwrap_or("nobody").to_owned();
            format!("{} to {}: {}", text("sent"), text("to"), text("message"))
        });
        page(&Connectivity {
            frame: self.frame(info, "Connectivity", told),
            has_token: secrets.has("SecretToken"),
            has_secret: secrets.has("Oauth2ClientSecret"),
            tested,
            oauth: !form.get("Oauth2TokenExchangeUri").is_empty(),
            warnings: if typed.is_none() { secrets.warnings() } else { Vec::new() },
            mails: mails.take(20).collect(),
            form,
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
        let secrets = match said(form, &before) {
            Ok(secrets) => secrets,
            Err(why) => {
                let tested = self.tested.keep(before.clone());
                return self.connection(info, Some(form), Some(Told::bad(why)), &before, tested);
            }
        };
        if form.get("do") == "test" {
            let told = match self.live.test_connection(&id, Some(&secrets)).await {
                Ok(()) => Told { kind: "good", text: "The supplied credentials are authorized.".to_owned() },
                Err(error) => Told::bad(format!("The connection failed. {error}")),
            };
            let tested = self.tested.keep(secrets.clone());
            return self.connection(info, Some(form), Some(told), &secrets, tested);
        }
        self.live.set_secrets(&id, secrets)?;
        Ok(Shown::Done(format!("/app/{id}/connectivity"), "The connection was saved.".to_owned()))
    }
}
