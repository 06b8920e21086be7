use super::error::{ODataError, quoted};
use super::expand::Expansion;
use super::filter::Filter;
use super::numbers::{number, top};
use super::order::OrderBy;
use super::select;

/// The query options of one request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// `$filter`: which objects.
    pub filter: Option<Filter>,
    /// `$select`: their properties; empty for those that Graph returns by default.
    pub select: Vec<String>,
    /// `$expand`: their relationships.
    pub expand: Vec<Expansion>,
    /// `$orderby`: their order.
    pub order: Vec<OrderBy>,
    /// `$top`: how many on one page, 1 to 999.
    pub top: Option<usize>,
    /// `$skip`: how many to leave out. Graph refuses it on directory objects, which is left to the caller.
    pub skip: Option<usize>,
    /// `$count=true`: also say how many objects there are on all pages.
    pub count: bool,
    /// `$search`, as it was sent.
    pub search: Option<String>,
    /// `$skiptoken`: the page.
    pub skip_token: Option<String>,
    /// `$deltatoken`: since when; `latest` for a link without objects.
    pub delta_token: Option<String>,
}

/// Known options without their `$`.
const OPTIONS: [&str; 11] = [
    "filter",
    "select",
    "expand",
    "orderby",
    "top",
    "skip",
    "count",
    "search",
    "skiptoken",
    "deltatoken",
    "format",
];

impl Query {
    /// Reads what follows `?` in a URL, as it was sent.
    ///
    /// Names are the same in any letter case, encoded or not (`%24filter`), and with or without `$`, which Graph's beta
    /// does not ask for. An unknown name is an error when it has a `$`, and is a custom option otherwise, which the
    /// server ignores ("Custom Query Options" of OData 4.01, part 2).
    pub fn parse(raw_query: &str) -> Result<Query, ODataError> {
        let mut query = Query::default();
        let mut seen = Vec::new();
        for (name, value) in form_urlencoded::parse(raw_query.as_bytes()) {
            let bare = name.strip_prefix('$').unwrap_or(&name).to_ascii_lowercase();
            let Some(option) = OPTIONS.into_iter().find(|known| *known == bare) else {
                if name.starts_with('$') {
                    let message = format!("does not support the query option {}", quoted(&name));
                    return Err(ODataError::new(message));
                }
                continue;
            };
            let named = format!("${option}");
            if seen.contains(&option) {
                return Err(ODataError::new(format!("accepts {} only once", quoted(&named))));
            }
            seen.push(option);
            query.set(option, &value).map_err(|error| error.within(&named, &value))?;
        }
        Ok(query)
    }

    fn set(&mut self, option: &str, value: &str) -> Result<(), ODataError> {
        match option {
            "filter" => self.filter = Some(Filter::read(value)?),
            "select" => self.select = select::names(value)?,
            "expand" => self.expand = Expansion::list(value)?,
            "orderby" => self.order = OrderBy::list(value)?,
            "top" => self.top = Some(top(value)?),
            "skip" => self.skip = Some(number(value, "a number")?),
            "count" => self.count = boolean(value)?,
            "search" => self.search = Some(value.to_owned()),
            "skiptoken" => self.skip_token = Some(value.to_owned()),
            "deltatoken" => self.delta_token = Some(value.to_owned()),
            _ => must_be_json(value)?,
        }
        Ok(())
    }
}

fn boolean(value: &str) -> Result<bool, ODataError> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(ODataError::new("expected `true` or `false`").found(value)),
    }
}

/// `$format` asks for a media type, and the server has one.
fn must_be_json(value: &str) -> Result<(), ODataError> {
    let media_type = value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase();
    if ["json", "application/json"].contains(&media_type.as_str()) {
        return Ok(());
    }
    Err(ODataError::new("expected `json`").found(value))
}
