//! The schema of a job: its directories, rules and attribute mappings, and the expressions in them.

use axum::http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::list::{chosen, page, select};
use super::reply::{GraphError, Reply};
use super::users::{extend, not_allowed};
use crate::entra::mapping::expression::{self, Expression, signatures};
use crate::entra::mapping::{Circumstances, Mapping, Operator, schema};
use crate::tenant::{JobHandle, LiveTenant};

/// The whole document of a mapping.
pub(super) fn document(mapping: &Mapping) -> Value {
    schema::export(mapping)
}

pub(super) async fn answer(
    live: &LiveTenant,
    call: &Call,
    application: &str,
    handle: &JobHandle,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let context = format!("servicePrincipals('{application}')/synchronization/jobs('{}')/schema", handle.id);
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let query = call.options()?;
            let mut object = json!({ "@odata.context": call.context(&format!("{context}/$entity")) });
            extend(&mut object, select(&document(&handle.mapping()), &query));
            Ok(Reply::Ok(object))
        }
        (&Method::PUT, []) => {
            let mut body = call.object()?;
            body.retain(|name, _| !name.starts_with("@odata.context"));
            live.set_schema(application, &Value::Object(body).to_string())?;
            Ok(Reply::Nothing)
        }
        // The service has no PATCH here, although SDKs send it.
        (&Method::PATCH, []) => Err(GraphError::new(
            404,
            "ResourceNotFound",
            "A schema is replaced with PUT; there is no PATCH of it.",
        )),
        (&Method::DELETE, []) => {
            let mapping = live.default_mapping(application)?;
            live.set_schema(application, &document(&mapping).to_string())?;
            Ok(Reply::Nothing)
        }
        (&Method::GET, ["directories"]) => {
            let all = document(&handle.mapping())["directories"].as_array().cloned().unwrap_or_default();
            let query = call.options()?;
            page(call, &query, &format!("{context}/directories"), chosen(all.into_iter(), &query)?, |item| {
                select(&item, &query)
            })
        }
        (&Method::GET, ["directories", id]) => {
            let all = document(&handle.mapping())["directories"].as_array().cloned().unwrap_or_default();
            let found = all.into_iter().find(|directory| directory["id"] == *id || directory["name"] == *id);
            let mut object =
                json!({ "@odata.context": call.context(&format!("{context}/directories/$entity")) });
            extend(&mut object, found.ok_or_else(|| GraphError::not_found(id))?);
            Ok(Reply::Ok(object))
        }
        (&Method::POST, ["directories", _, "discover"]) => {
            Err(GraphError::not_implemented("discovery of a directory's attributes"))
        }
        (&Method::GET, ["filteroperators"]) => {
            let query = call.options()?;
            page(call, &query, "filterOperators", chosen(operators(), &query)?, |item| select(&item, &query))
        }
        (&Method::GET, ["functions"]) => {
            let query = call.options()?;
            page(call, &query, "attributeMappingFunctionSchemas", chosen(functions(), &query)?, |item| {
                select(&item, &query)
            })
        }
        (&Method::POST, ["parseexpression"]) => {
            let mut object =
                json!({ "@odata.context": call.context("microsoft.graph.parseExpressionResponse") });
            extend(&mut object, parsed(&call.object()?)?);
            Ok(Reply::Ok(object))
        }
        (&Method::GET | &Method::POST, _) => {
            Err(GraphError::not_implemented(&format!("'{}' below a schema", rest.join("/"))))
        }
        _ => Err(not_allowed(call)),
    }
}

fn operators() -> impl Iterator<Item = Value> {
    Operator::ALL.into_iter().map(|operator| {
        let types: &[&str] = match operator {
            Operator::IsTrue | Operator::IsFalse => &["Boolean"],
            Operator::GreaterThan | Operator::GreaterThanOrEquals | Operator::And | Operator::NotAnd => {
                &["Integer", "String"]
            }
            _ => &["String"],
        };
        json!({
            "id": operator.as_str(),
            "name": operator.as_str(),
            "arity": if operator.takes_value() { "Binary" } else { "Unary" },
            "multivaluedComparisonType": "All",
            "supportedAttributeTypes": types,
        })
    })
}

fn functions() -> impl Iterator<Item = Value> {
    signatures().into_iter().map(|signature| {
        let repeats = signature.parameters.last() == Some(&"…");
        let named = signature.parameters.iter().filter(|name| **name != "…");
        let count = named.clone().count();
        let parameters: Vec<Value> = named
            .enumerate()
            .map(|(place, name)| {
                json!({
                    "name": name,
                    "type": "String",
                    "required": place < signature.least(),
                    "allowMultipleOccurrences": repeats && place + 1 == count,
                })
            })
            .collect();
        json!({ "id": signature.name, "name": signature.name, "parameters": parameters })
    })
}

/// What an expression gives for the values of a test object.
fn parsed(body: &Map<String, Value>) -> Result<Value, GraphError> {
    let text = Call::required(body, "expression")?;
    let failed = |code: &str, message: String| json!({ "code": code, "message": message });
    let expression = match Expression::parse(&text) {
        Ok(expression) => expression,
        Err(error) => {
            let message = error.diagnostic("expression", &text).render(false);
            return Ok(json!({
                "parsingSucceeded": false, "evaluationSucceeded": false, "evaluationResult": [],
                "parsedExpression": null, "error": failed("ExpressionParsingFailed", message),
            }));
        }
    };
    let properties = body.get("testInputObject").and_then(|object| object.get("properties"));
    let values: Vec<(&str, String)> = properties
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|pair| {
            let value = pair.get("value")?;
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some((pair.get("key")?.as_str()?, text)).filter(|_| !value.is_null())
        })
        .collect();
    let source = |name: &str| {
        values
            .iter()
            .find(|(given, _)| *given == name)
            .map(|(_, value)| expression::Value::from(value.as_str()))
    };
    let circumstances = Circumstances::new(Timestamp::now(), rand::random());
    let (succeeded, result, error) = match expression.evaluate(&source, &circumstances) {
        Ok(evaluated) => {
            let texts: Vec<String> = match evaluated.value.map(expression::Value::into_text) {
                None => Vec::new(),
                Some(Ok(text)) => vec![text.into_owned()],
                Some(Err(texts)) => texts.into_owned(),
            };
            (true, json!(texts), Value::Null)
        }
        Err(error) => (
            false,
            json!([]),
            failed("ExpressionEvaluationFailed", error.diagnostic("expression", &text).render(false)),
        ),
    };
    Ok(json!({
        "parsingSucceeded": true,
        "parsedExpression": { "expression": text, "name": null, "type": "Function", "parameters": [] },
        "evaluationSucceeded": succeeded,
        "evaluationResult": result,
        "error": error,
    }))
}
