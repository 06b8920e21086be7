use std::net::IpAddr;

use url::{Host, Url};

use super::ClientProblem;
use super::secrets::REDACTED;

/// The Tenant URL of Entra's provisioning settings: a SCIM base URL, perhaps with a feature flag as
/// its query (`https://api.example.com/scim?aadOptscim062020`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantUrl {
    base: String,
    host: Host<String>,
    https: bool,
    flags: Vec<Flag>,
    parameters: Option<String>,
}

/// A feature flag that Entra reads from the Tenant URL and does not send
/// (application-provisioning-config-problem-scim-compatibility, "Flags to alter the SCIM behavior").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// `aadOptscim062020`: the compliant PATCH behaviour.
    AadOptscim062020,
    /// `AzureAdScimPatch062020`: the first name of `aadOptscim062020`.
    AzureAdScimPatch062020,
    /// `AzureAdScimPatch2017`: asks for the old behaviour.
    AzureAdScimPatch2017,
}

impl Flag {
    const ALL: [Flag; 3] = [Flag::AadOptscim062020, Flag::AzureAdScimPatch062020, Flag::AzureAdScimPatch2017];

    /// The flag as Microsoft writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Flag::AadOptscim062020 => "aadOptscim062020",
            Flag::AzureAdScimPatch062020 => "AzureAdScimPatch062020",
            Flag::AzureAdScimPatch2017 => "AzureAdScimPatch2017",
        }
    }

    fn named(text: &str) -> Option<Flag> {
        Flag::ALL.into_iter().find(|flag| flag.as_str().eq_ignore_ascii_case(text))
    }
}

impl TenantUrl {
    /// Reads a Tenant URL: `http` or `https`, any base path, a slash at the end or before the `?`
    /// or not, feature flags and other parameters after the `?`.
    ///
    /// # Errors
    /// A [`ClientProblem`] that repeats nothing of the text, which may hold a secret at any place.
    pub fn parse(text: &str) -> Result<Self, ClientProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ClientProblem::new("the target URL is empty", EXAMPLE));
        }
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(url::ParseError::RelativeUrlWithoutBase) => return Err(without_scheme()),
            Err(error) => {
                return Err(ClientProblem::new(format!("the target URL is not a URL: {error}"), EXAMPLE));
            }
        };
        // `localhost:8080/scim` is a valid URL whose scheme is `localhost`.
        if !matches!(url.scheme(), "http" | "https") {
            return Err(without_scheme());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ClientProblem::new(
                "the target URL contains a user name or a password",
                "remove it and give the token in SCIMULATE_TOKEN or with --token-file; Entra sends only a \
                 bearer token",
            ));
        }
        if url.fragment().is_some() {
            return Err(ClientProblem::new(
                "the target URL has a fragment (`#…`), which is never sent to a server",
                "remove everything from the `#` on",
            ));
        }
        let Some(host) = url.host().map(|host| host.to_owned()) else {
            return Err(ClientProblem::new("the target URL has no host", EXAMPLE));
        };
        if url.port() == Some(0) {
            return Err(ClientProblem::new("port 0 is not a valid port", "write the server's port"));
        }
        let https = url.scheme() == "https";
        let (flags, parameters) = read_query(url.query().unwrap_or(""));
        let mut base = format!("{}://{host}", url.scheme());
        if let Some(port) = url.port() {
            base.push_str(&format!(":{port}"));
        }
        base.push_str(url.path().trim_end_matches('/'));
        Ok(TenantUrl { base, host, https, flags, parameters })
    }

    /// Scheme, authority and base path, without a slash at the end and without flags.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Scheme and authority: `https://api.example.com:8443`.
    #[must_use]
    pub fn origin(&self) -> &str {
        let authority = self.base.find("://").map_or(0, |at| at + 3);
        self.base[authority..].find('/').map_or(&self.base, |slash| &self.base[..authority + slash])
    }

    /// Host and, unless it is the scheme's default, port: what the `Host` header says.
    #[must_use]
    pub fn authority(&self) -> &str {
        let origin = self.origin();
        origin.split_once("://").map_or(origin, |(_, authority)| authority)
    }

    /// The host by itself: a name or an address.
    #[must_use]
    pub fn host(&self) -> &Host<String> {
        &self.host
    }

    /// True for `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// True when the target is this very machine: `localhost` and names below it, loopback
    /// addresses and the unspecified address. Names are not resolved.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let address = match &self.host {
            Host::Domain(name) => {
                let name = name.trim_end_matches('.');
                return name == "localhost" || name.ends_with(".localhost");
            }
            Host::Ipv4(address) => IpAddr::V4(*address),
            Host::Ipv6(address) => address.to_ipv4_mapped().map_or(IpAddr::V6(*address), IpAddr::V4),
        };
        address.is_loopback() || address.is_unspecified()
    }

    /// The feature flags in the query, in their order.
    #[must_use]
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// Parameters of the query that are not feature flags, encoded as they were given. They stand in
    /// front of every request's own query; whether Entra does the same is not documented.
    #[must_use]
    pub fn parameters(&self) -> Option<&str> {
        self.parameters.as_deref()
    }

    /// The absolute URL of a request below the base.
    #[must_use]
    pub fn join(&self, path: &str, query: Option<&str>) -> String {
        let query: Vec<&str> = self.parameters.as_deref().into_iter().chain(query).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{}", self.base, query.join("&"))
    }

    /// [`TenantUrl::join`] as it may be shown, without the values of the Tenant URL's own parameters.
    pub(super) fn shown(&self, path: &str, query: Option<&str>) -> String {
        let hidden = |part: &str| match part.split_once('=') {
            Some((name, _)) => format!("{name}={REDACTED}"),
            None => REDACTED.to_owned(),
        };
        let parameters = self.parameters.as_deref();
        let parameters = parameters.map(|all| all.split('&').map(hidden).collect::<Vec<_>>().join("&"));
        TenantUrl { parameters, ..self.clone() }.join(path, query)
    }
}

impl std::fmt::Display for TenantUrl {
    /// The base URL with its flags, without other parameters: they may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.base)?;
        for (position, flag) in self.flags.iter().enumerate() {
            write!(f, "{}{}", if position == 0 { '?' } else { '&' }, flag.as_str())?;
        }
        Ok(())
    }
}

const EXAMPLE: &str = "write the SCIM base URL, for example https://api.example.com/scim";

fn without_scheme() -> ClientProblem {
    ClientProblem::new(
        "the target URL does not begin with http:// or https://",
        "write the scheme in front of it, for example http://localhost:8080/scim or \
         https://api.example.com/scim",
    )
}

fn read_query(query: &str) -> (Vec<Flag>, Option<String>) {
    let mut flags = Vec::new();
    let mut others = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        // A flag is a bare key; some guides write `flag=true` or repeat the `?`.
        let name = part.split('=').next().unwrap_or("").trim_start_matches('?').trim_matches('/');
        match Flag::named(name) {
            Some(flag) if flags.contains(&flag) => {}
            Some(flag) => flags.push(flag),
            None => others.push(part),
        }
    }
    (flags, (!others.is_empty()).then(|| others.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> TenantUrl {
        TenantUrl::parse(text).unwrap()
    }

    #[test]
    fn slashes_at_the_end_and_before_the_flag_make_no_difference() {
        for text in [
            "http://localhost:8080/scim",
            "http://localhost:8080/scim/",
            "http://localhost:8080/scim//",
            " http://localhost:8080/scim/ ",
            "http://localhost:8080/scim?aadOptscim062020",
            "http://localhost:8080/scim/?aadOptscim062020",
            "http://localhost:8080/scim/?aadOptscim062020=",
        ] {
            assert_eq!(url(text).base(), "http://localhost:8080/scim", "{text}");
            assert_eq!(url(text).parameters(), None, "{text}");
        }
        assert_eq!(url("https://api.example.com").join("/Users", None), "https://api.example.com/Users");
        assert_eq!(url("https://api.example.com/").base(), "https://api.example.com");
    }

    #[test]
    fn flags_are_read_in_any_letter_case_and_not_sent() {
        let both = url("https://a.example/scim?AADOPTSCIM062020&tenant=7");
        assert_eq!(both.flags(), [Flag::AadOptscim062020]);
        assert_eq!(both.join("/Users", Some("count=1")), "https://a.example/scim/Users?tenant=7&count=1");
        assert_eq!(both.to_string(), "https://a.example/scim?aadOptscim062020");
        assert!(url("https://a.example/scim").flags().is_empty());
    }

    #[test]
    fn a_filter_is_joined_exactly_as_it_is_encoded() {
        let filter = "filter=userName+eq+%22a%2Bb%40example.com%22";
        assert_eq!(
            url("https://a.example:8443/v2/").join("/Users", Some(filter)),
            format!("https://a.example:8443/v2/Users?{filter}")
        );
    }

    #[test]
    fn the_authority_leaves_the_default_port_out_and_keeps_brackets() {
        assert_eq!(url("https://a.example:443/x").authority(), "a.example");
        assert_eq!(url("http://a.example:443/x").authority(), "a.example:443");
        assert_eq!(url("http://[::1]:8080/x").authority(), "[::1]:8080");
        assert_eq!(url("http://[::1]:8080").origin(), "http://[::1]:8080");
        assert_eq!(url("http://[::1]/x/y").origin(), "http://[::1]");
    }

    #[test]
    fn loopback_is_recognised_by_address_and_name() {
        for text in [
            "http://localhost",
            "http://LOCALHOST./",
            "http://scim.localhost:3000/",
            "http://127.0.0.1:1",
            "http://127.8.8.8",
            "http://[::1]",
            "http://[::ffff:127.0.0.1]",
            "http://0.0.0.0:8080",
            "http://2130706433/",
        ] {
            assert!(url(text).is_loopback(), "{text}");
        }
        for text in
            ["http://localhost.example.com", "http://10.0.0.1", "http://[2001:db8::1]", "http://127.example"]
        {
            assert!(!url(text).is_loopback(), "{text}");
        }
    }

    #[test]
    fn each_wrong_url_is_told_what_to_write() {
        for (text, what, next) in [
            ("", "is empty", "https://api.example.com/scim"),
            ("localhost:8080/scim", "does not begin with http://", "http://localhost:8080/scim"),
            ("api.example.com/scim", "does not begin with http://", "https://api.example.com/scim"),
            ("/scim", "does not begin with http://", "https://"),
            ("ftp://api.example.com/scim", "does not begin with http://", "https://"),
            ("http://", "is not a URL: empty host", "https://api.example.com/scim"),
            ("http://a.example:99999/", "is not a URL: invalid port", "https://api.example.com/scim"),
            ("http://a.example:0/", "port 0", "the server's port"),
            ("http://a.example/scim#top", "fragment", "`#`"),
            ("http://[::1/scim", "is not a URL", "https://"),
        ] {
            let problem = TenantUrl::parse(text).unwrap_err();
            assert!(problem.what.contains(what), "{text}: {}", problem.what);
            assert!(problem.next.contains(next), "{text}: {}", problem.next);
        }
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_repeated() {
        for text in [
            "https://ada:hunter2@a.example/",
            "https://ada:hunter2@a.example:99999/",
            "ada:hunter2@a.example/scim",
        ] {
            let problem = TenantUrl::parse(text).unwrap_err();
            assert!(!format!("{problem:?}").contains("hunter2"), "{problem:?}");
        }
    }
}
