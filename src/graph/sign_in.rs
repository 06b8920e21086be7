//! What stands beside Graph so that its clients can sign in: the metadata of a cloud, and an endpoint for tokens. Who
//! asks gets a token; it opens nothing.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::door::Door;

/// How long a token is said to hold, in seconds.
const LIFETIME: i64 = 3_599;

/// The answer to a request beside Graph; `None` when it is none of these. `origin` is scheme and host as the client
/// spells them.
pub(super) fn answer(
    door: &Door,
    head: &Parts,
    origin: &str,
    tenant: Uuid,
    form: &[(String, String)],
) -> Option<(u16, Value)> {
    let (method, uri) = (&head.method, &head.uri);
    let segments: Vec<&str> = uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
    match (method, segments.as_slice()) {
        (&Method::GET, ["metadata", "endpoints"]) => Some((200, metadata(origin))),
        (&Method::GET, ["common", "discovery", "instance"]) => {
            let host = origin.split_once("://").map_or(origin, |(_, host)| host);
            Some((
                200,
                json!({
                    "tenant_discovery_endpoint": format!("{origin}/{tenant}/v2.0/.well-known/openid-configuration"),
                    "api-version": "1.1",
                    "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
                }),
            ))
        }
        (&Method::GET, [asked, "v2.0", ".well-known", "openid-configuration"])
        | (&Method::GET, [asked, ".well-known", "openid-configuration"]) => Some((
            200,
            json!({
                "issuer": format!("{origin}/{asked}/v2.0"),
                "authorization_endpoint": format!("{origin}/{asked}/oauth2/v2.0/authorize"),
                "token_endpoint": format!("{origin}/{asked}/oauth2/v2.0/token"),
                "device_authorization_endpoint": format!("{origin}/{asked}/oauth2/v2.0/devicecode"),
                "jwks_uri": format!("{origin}/{asked}/discovery/v2.0/keys"),
                "response_types_supported": ["code", "id_token", "token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "tenant_region_scope": null,
                "cloud_instance_name": origin,
            }),
        )),
        (&Method::GET, [_, "discovery", "v2.0", "keys"]) => Some((200, json!({ "keys": [] }))),
        (&Method::POST, [_, "oauth2", "v2.0", "token"] | [_, "oauth2", "token"]) => {
            Some(token(door, &head.headers, origin, tenant, form))
        }
        _ => None,
    }
}

fn token(
    door: &Door,
    headers: &HeaderMap,
    origin: &str,
    tenant: Uuid,
    form: &[(String, String)],
) -> (u16, Value) {
    let value = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if value("grant_type") != Some("client_credentials") {
        let message = "scimulate's token endpoint knows the grant client_credentials alone.";
        return (400, json!({ "error": "unsupported_grant_type", "error_description": message }));
    }
    let client = value("client_id").unwrap_or_default();
    let now = Timestamp::now().as_second();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({
        "aud": origin, "iss": format!("{origin}/{tenant}/"), "iat": now, "nbf": now, "exp": now + LIFETIME,
        "appid": client, "oid": Uuid::new_v5(&tenant, client.as_bytes()), "tid": tenant, "ver": "1.0",
        "roles": ["Application.ReadWrite.All", "Directory.ReadWrite.All", "Synchronization.ReadWrite.All"],
    });
    // Clients read claims from it, so it has the form of a JWT; nobody has to trust it.
    let header = json!({ "alg": "none", "typ": "JWT" });
    let token = format!("{}.{}.", part(&header), part(&claims));
    let basic = basic_secret(headers);
    if !door.give_out(value("client_secret").or(basic.as_deref()), &token) {
        let message = "The client secret is not the token of --access-token-file.";
        return (401, json!({ "error": "invalid_client", "error_description": message }));
    }
    (
        200,
        json!({
            "token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token,
        }),
    )
}

/// The secret that a client sends in `Authorization: Basic`.
fn basic_secret(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let pair = String::from_utf8(decoded).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (_, secret) = pair.split_once(':')?;
    Some(percent_encoding::percent_decode_str(secret).decode_utf8_lossy().into_owned())
}

/// The cloud that Terraform's azuread provider asks for.
fn metadata(origin: &str) -> Value {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    json!({
        "name": "scimulate",
        "portal": origin,
        "graph": origin,
        "media": origin,
        "gallery": origin,
        "batch": origin,
        "sqlManagement": origin,
        "vmImageAliasDoc": origin,
        "resourceManager": format!("{origin}/"),
        "microsoftGraphResourceId": format!("{origin}/"),
        "activeDirectoryDataLake": origin,
        "authentication": {
            "loginEndpoint": origin, "audiences": [origin], "tenant": "common", "identityProvider": "AAD",
        },
        "suffixes": {
            "storage": host, "keyVaultDns": host, "sqlServerHostname": host, "acrLoginServer": host,
            "mhsmDns": host, "mariadbServer": host, "mysqlServer": host, "postgresqlServer": host, "cosmosDB": host,
        },
    })
}
