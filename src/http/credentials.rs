use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{ClientProblem, Issued, TenantUrl};
use crate::issuer::{AssertionSubject, Issuer, Make, Serving};
use crate::wire::{ClientProof, Flow};

/// How the target is told who calls.
#[derive(Debug, Clone, Default)]
pub enum Credentials {
    /// No `Authorization` is sent.
    #[default]
    None,
    /// The bearer token of Entra's "Secret Token" field.
    Bearer(SecretString),
    /// A token that is asked for before the first request, and again before it expires.
    Grant(Box<Grant>),
    /// A token that Entra issues itself.
    Issued(Box<Issued>),
}

/// A way to get access tokens.
#[derive(Debug, Clone)]
pub enum Grant {
    /// OAuth 2.0 client credentials with a client secret.
    ClientCredentials(ClientCredentials),
    /// Workload identity federation.
    Federation(Federation),
}

/// What an administrator enters for "OAuth 2.0 client credentials"
/// (entra-docs: use-scim-to-provision-users-and-groups, "Getting started").
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// "OAuth token endpoint".
    pub endpoint: TokenEndpoint,
    /// "Client ID".
    pub client_id: String,
    /// "Client Secret".
    pub client_secret: SecretString,
    /// Scopes, sent separated by spaces; none sends no `scope`.
    pub scopes: Vec<String>,
    /// "How credentials are sent".
    pub sent_in: SentIn,
}

/// What workload identity federation needs
/// (AzureAD/SCIMReferenceCode, Workload-Identity-Federation-for-SCIM-Provisioning).
#[derive(Debug, Clone)]
pub struct Federation {
    /// The token endpoint.
    pub endpoint: TokenEndpoint,
    /// The client id that the server gave.
    pub client_id: String,
    /// Scopes, sent separated by spaces; none sends no `scope`.
    pub scopes: Vec<String>,
    /// Who signs the assertions.
    pub issuer: Arc<Issuer>,
    /// Whom they are about.
    pub subject: AssertionSubject,
    /// Keeps an issuer on this machine served.
    pub served: Option<Arc<Serving>>,
}

/// "How credentials are sent" to a token endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SentIn {
    /// HTTP Basic (`client_secret_basic`).
    #[default]
    Header,
    /// Parameters of the form (`client_secret_post`).
    Body,
    /// Both.
    Both,
}

impl SentIn {
    /// All of them, by their names on the command line.
    pub const ALL: [(&str, SentIn); 3] =
        [("header", SentIn::Header), ("body", SentIn::Body), ("both", SentIn::Both)];
}

impl FromStr for SentIn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = SentIn::ALL.iter().find(|(name, _)| *name == text).map(|(_, sent_in)| *sent_in);
        known.ok_or_else(|| format!("`{text}` is not one of header, body, both"))
    }
}

/// Where tokens are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEndpoint {
    url: Url,
    server: TenantUrl,
}

impl TokenEndpoint {
    /// Reads the endpoint's URL; it may have a query.
    ///
    /// # Errors
    /// A [`ClientProblem`] that never repeats a password which stood in the URL.
    pub fn parse(text: &str) -> Result<Self, ClientProblem> {
        let next = "write the URL of the OAuth 2.0 token endpoint, for example \
                    https://auth.example.com/oauth2/token";
        let text = text.trim();
        let wrong = |why: &str| ClientProblem::new(format!("the token endpoint {why}"), next);
        let url = Url::parse(text).map_err(|error| wrong(&format!("is not a URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("does not begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ClientProblem::new(
                "the token endpoint's URL contains a user name or a password",
                "remove it; client id and secret have options of their own",
            ));
        }
        if url.fragment().is_some() {
            return Err(wrong("has a fragment (`#…`), which RFC 6749 §3.2 forbids"));
        }
        let server = TenantUrl::parse(&url.origin().ascii_serialization())?;
        Ok(TokenEndpoint { url, server })
    }

    /// The URL as requests are sent to it.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Scheme, host and port.
    pub(super) fn server(&self) -> &TenantUrl {
        &self.server
    }
}

impl fmt::Display for TokenEndpoint {
    /// The URL without its query, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.server.origin(), self.url.path())
    }
}

/// A request for a token, but for its URL.
#[derive(Default)]
pub(super) struct Form {
    /// Parameters in order, each with whether it may be shown.
    pub(super) parameters: Vec<(&'static str, SecretString, Visibility)>,
    /// The value of `Authorization`.
    pub(super) basic: Option<HeaderValue>,
}

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    Yes,
    Never,
}

impl Form {
    /// As it goes over the wire.
    pub(super) fn body(&self) -> SecretString {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value, _) in &self.parameters {
            form.append_pair(name, value.expose_secret());
        }
        form.finish().into()
    }

    /// As it may be shown.
    pub(super) fn shown(&self) -> String {
        let part = |(name, value, shown): &(&str, SecretString, Visibility)| match shown {
            Visibility::Never => format!("{name}=[redacted]"),
            Visibility::Yes => {
                let value: String =
                    form_urlencoded::byte_serialize(value.expose_secret().as_bytes()).collect();
                format!("{name}={value}")
            }
        };
        self.parameters.iter().map(part).collect::<Vec<_>>().join("&")
    }

    fn add_scopes(&mut self, scopes: &[String]) {
        if !scopes.is_empty() {
            self.add("scope", scopes.join(" "), Visibility::Yes);
        }
    }

    /// The values that may not be shown.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.parameters
            .iter()
            .filter(|(_, _, shown)| *shown == Visibility::Never)
            .map(|(_, value, _)| value.expose_secret())
    }

    fn add(&mut self, name: &'static str, value: impl Into<SecretString>, shown: Visibility) {
        self.parameters.push((name, value.into(), shown));
    }
}

impl Grant {
    /// Which way it is.
    #[must_use]
    pub fn flow(&self) -> Flow {
        match self {
            Grant::ClientCredentials(_) => Flow::ClientCredentials,
            Grant::Federation(_) => Flow::Federation,
        }
    }

    /// Where tokens are asked for.
    #[must_use]
    pub fn endpoint(&self) -> &TokenEndpoint {
        match self {
            Grant::ClientCredentials(client) => &client.endpoint,
            Grant::Federation(client) => &client.endpoint,
        }
    }

    /// Values that must never be shown, in every spelling in which they are sent.
    pub(super) fn secrets(&self) -> Vec<String> {
        let mut secrets: Vec<String> =
            self.endpoint().url().query_pairs().map(|(_, value)| value.into_owned()).collect();
        match self {
            Grant::ClientCredentials(client) => {
                let secret = client.client_secret.expose_secret();
                secrets.push(secret.to_owned());
                secrets.push(form_urlencoded::byte_serialize(secret.as_bytes()).collect());
                secrets.push(client.basic());
            }
            // Assertions are secrets as they are made.
            Grant::Federation(_) => {}
        }
        secrets
    }

    /// The request for a token (RFC 6749 §4.4.2). Microsoft prints none for client credentials, so the
    /// order of the parameters is that of the page on workload identity federation.
    ///
    /// # Errors
    /// One sentence when an assertion cannot be signed.
    pub(super) fn form(&self, proof: ClientProof) -> Result<Form, String> {
        let mut form = Form { parameters: Vec::new(), basic: None };
        form.add("grant_type", "client_credentials", Visibility::Yes);
        match self {
            Grant::ClientCredentials(client) => {
                let client = &client.proving(proof);
                if client.sent_in != SentIn::Body {
                    form.basic = HeaderValue::from_str(&format!("Basic {}", client.basic())).ok();
                }
                if client.sent_in != SentIn::Header {
                    form.add("client_id", client.client_id.as_str(), Visibility::Yes);
                    form.add("client_secret", client.client_secret.clone(), Visibility::Never);
                }
                form.add_scopes(&client.scopes);
            }
            Grant::Federation(client) => {
                let make = made(proof);
                let claims = client.issuer.claims(&client.subject, make);
                form.add("client_id", client.client_id.as_str(), Visibility::Yes);
                form.add("client_assertion_type", JWT_BEARER, Visibility::Yes);
                form.add("client_assertion", client.issuer.sign(&claims, make)?, Visibility::Never);
                form.add_scopes(&client.scopes);
            }
        }
        Ok(form)
    }

    /// Why such a proof cannot be shown, if it cannot.
    pub(super) fn obstacle(&self, proof: ClientProof) -> Option<&'static str> {
        match self {
            Grant::Federation(client) => client.issuer.obstacle(made(proof)),
            Grant::ClientCredentials(_) => None,
        }
    }
}

/// `client_assertion_type` (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The assertion that stands for a proof.
pub(super) fn made(proof: ClientProof) -> Make {
    match proof {
        ClientProof::Right | ClientProof::WrongSecret => Make::Right,
        ClientProof::NextKey => Make::NextKey,
        ClientProof::NewKey => Make::NewKey,
        ClientProof::ForeignKey => Make::ForeignKey,
        ClientProof::Unsigned => Make::Unsigned,
        ClientProof::Expired => Make::Expired,
        ClientProof::NotYetValid => Make::NotYetValid,
        ClientProof::OtherAudience => Make::OtherAudience,
    }
}

impl ClientCredentials {
    /// The same, or the same with another secret.
    fn proving(&self, proof: ClientProof) -> ClientCredentials {
        let mut client = self.clone();
        if proof == ClientProof::WrongSecret {
            client.client_secret = format!("not-{}", self.client_secret.expose_secret()).into();
        }
        client
    }

    /// Id and secret for HTTP Basic, each form-encoded first (RFC 6749 §2.3.1).
    fn basic(&self) -> String {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(&self.client_id), encoded(self.client_secret.expose_secret()));
        STANDARD.encode(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(sent_in: SentIn) -> Grant {
        Grant::ClientCredentials(ClientCredentials {
            endpoint: TokenEndpoint::parse("https://auth.example.com/oauth2/token?key=abc").unwrap(),
            client_id: "an id".into(),
            client_secret: "s:e c%ret".into(),
            scopes: vec!["scim.read".into(), "scim.write".into()],
            sent_in,
        })
    }

    #[test]
    fn credentials_go_into_the_header_the_body_or_both() {
        let in_body = "client_id=an+id&client_secret=s%3Ae+c%25ret";
        let scope = "scope=scim.read+scim.write";
        let plain = format!("grant_type=client_credentials&{scope}");
        let full = format!("grant_type=client_credentials&{in_body}&{scope}");
        // base64 of `an+id:s%3Ae+c%25ret`, as RFC 6749 §2.3.1 and appendix B want it
        let basic = "Basic YW4raWQ6cyUzQWUrYyUyNXJldA==";
        for (sent_in, body, header) in [
            (SentIn::Header, &plain, Some(basic)),
            (SentIn::Body, &full, None),
            (SentIn::Both, &full, Some(basic)),
        ] {
            let form = grant(sent_in).form(ClientProof::Right).unwrap();
            assert_eq!(form.body().expose_secret(), body);
            assert_eq!(form.basic.as_ref().map(|value| value.to_str().unwrap()), header);
        }
        let shown = grant(SentIn::Body).form(ClientProof::Right).unwrap().shown();
        assert_eq!(
            shown,
            format!("grant_type=client_credentials&client_id=an+id&client_secret=[redacted]&{scope}")
        );
    }

    #[test]
    fn an_endpoint_is_shown_without_its_query_and_never_with_a_password() {
        assert_eq!(grant(SentIn::Header).endpoint().to_string(), "https://auth.example.com/oauth2/token");
        for (url, why) in [
            ("auth.example.com/token", "is not a URL"),
            ("ftp://auth.example.com/token", "does not begin with"),
            ("https://me:hunter2@auth.example.com/token", "contains a user name"),
            ("https://auth.example.com/token#a", "fragment"),
        ] {
            let problem = TokenEndpoint::parse(url).unwrap_err();
            assert!(problem.what.contains(why) && !problem.what.contains("hunter2"), "{problem:?}");
        }
    }
}
