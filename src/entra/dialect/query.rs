//! Requests that read: probe, lookup, read by id, the reference check, pages of a list.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{ElementFilter, FilterQuotes, Writer};
use crate::scim::{AttributePath, Filter, Literal, PatchPath};
use crate::wire::{Method, Request, ResourceKind};

/// What may not stand in a path segment as it is (RFC 3986 §3.3).
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

impl Writer {
    /// The question for nobody that opens every activity: a random GUID on the matching attribute.
    /// It is Test Connection and keep-alive at once.
    #[must_use]
    pub fn probe(
        &self,
        kind: ResourceKind,
        matching: &PatchPath,
        guid: &str,
        step: impl Into<String>,
    ) -> Request {
        self.lookup(kind, matching, guid, step)
    }

    /// Who has this value? Groups are asked without their members, and that comes first.
    #[must_use]
    pub fn lookup(
        &self,
        kind: ResourceKind,
        attribute: &PatchPath,
        value: &str,
        step: impl Into<String>,
    ) -> Request {
        let query =
            format!("{}filter={}", without_members(kind, "&"), form(&self.comparison(attribute, value)));
        self.request(Method::Get, kind.endpoint().to_owned(), Some(query), step)
    }

    /// One resource by its id.
    #[must_use]
    pub fn read(&self, kind: ResourceKind, id: &str, step: impl Into<String>) -> Request {
        let query = Some(without_members(kind, "")).filter(|query| !query.is_empty());
        self.request(Method::Get, resource(kind, id), query, step)
    }

    /// Does this resource already hold that reference? (TUT Example 4; asked only when the switch is on.)
    #[must_use]
    pub fn reference_check(
        &self,
        kind: ResourceKind,
        id: &str,
        attribute: &str,
        reference: &str,
        step: impl Into<String>,
    ) -> Request {
        let filter = match self.switches.filter_quotes {
            FilterQuotes::Quoted => Filter::equals(AttributePath::simple("id"), id)
                .and(Filter::equals(AttributePath::simple(attribute), reference))
                .to_string(),
            FilterQuotes::Bare => format!("id eq {id} and {attribute} eq {reference}"),
        };
        let query = format!("filter={}&attributes=id", form(&filter));
        self.request(Method::Get, kind.endpoint().to_owned(), Some(query), step)
    }

    /// One page of account discovery (RFC 7644 §3.4.2.4).
    #[must_use]
    pub fn list_page(
        &self,
        kind: ResourceKind,
        start_index: usize,
        count: usize,
        step: impl Into<String>,
    ) -> Request {
        let query = format!("{}startIndex={start_index}&count={count}", without_members(kind, "&"));
        self.request(Method::Get, kind.endpoint().to_owned(), Some(query), step)
    }

    fn comparison(&self, attribute: &PatchPath, value: &str) -> String {
        let mut attribute = attribute.clone();
        if self.switches.element_filter == ElementFilter::Element && attribute.filter.is_some() {
            attribute.sub = None;
        }
        match self.switches.filter_quotes {
            FilterQuotes::Quoted => format!("{attribute} eq {}", Literal::Text(value.to_owned())),
            FilterQuotes::Bare => format!("{attribute} eq {value}"),
        }
    }
}

/// The path of one resource.
pub(super) fn resource(kind: ResourceKind, id: &str) -> String {
    format!("{}/{}", kind.endpoint(), utf8_percent_encode(id, SEGMENT))
}

fn without_members(kind: ResourceKind, end: &str) -> String {
    match kind {
        ResourceKind::User => String::new(),
        ResourceKind::Group => format!("excludedAttributes=members{end}"),
    }
}

/// Form encoding, as captured: a space is `+`, a quote `%22`, an at sign `%40`.
fn form(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use crate::entra::dialect::{Dialect, Switches, Writer};
    use crate::wire::ResourceKind::{Group, User};

    fn writer(switches: &[(&str, &str)]) -> Writer {
        let mut set = Switches::default();
        for (name, value) in switches {
            set.set(name, value).unwrap();
        }
        Writer::new(Dialect::Default, set)
    }

    #[test]
    fn filters_are_form_encoded() {
        let writer = writer(&[]);
        let user = |attribute: &str, value: &str| {
            writer.lookup(User, &attribute.parse().unwrap(), value, "t").path_and_query()
        };
        assert_eq!(
            user("userName", "ada+x@example.com"),
            "/Users?filter=userName+eq+%22ada%2Bx%40example.com%22"
        );
        assert_eq!(
            user("emails[type eq \"work\"].value", "o'b&c@example.com"),
            "/Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22o%27b%26c%40example.com%22"
        );
        assert_eq!(
            user("displayName", "a \"b\" é"),
            "/Users?filter=displayName+eq+%22a+%5C%22b%5C%22+%C3%A9%22"
        );
    }

    #[test]
    fn groups_are_read_without_their_members() {
        let writer = writer(&[]);
        let name = "displayName".parse().unwrap();
        assert_eq!(
            writer.lookup(Group, &name, "EDU All", "t").path_and_query(),
            "/Groups?excludedAttributes=members&filter=displayName+eq+%22EDU+All%22"
        );
        assert_eq!(writer.read(Group, "7", "t").path_and_query(), "/Groups/7?excludedAttributes=members");
        assert_eq!(writer.read(User, "a/b c", "t").path_and_query(), "/Users/a%2Fb%20c");
        assert_eq!(writer.list_page(User, 101, 100, "t").path_and_query(), "/Users?startIndex=101&count=100");
    }

    #[test]
    fn reads_carry_the_version_and_nothing_else() {
        let request = writer(&[]).read(User, "1", "t");
        assert_eq!(request.headers, [("ADSCIMVersion".to_owned(), "6.0".to_owned())]);
        assert_eq!(request.body, None);
    }

    #[test]
    fn switches_change_filters() {
        let path = "emails[type eq \"work\"].value".parse().unwrap();
        assert_eq!(
            writer(&[("element-filter", "element")])
                .lookup(User, &path, "a", "t")
                .parameter("filter")
                .unwrap(),
            "emails[type eq \"work\"] eq \"a\""
        );
        assert_eq!(
            writer(&[("filter-quotes", "bare")])
                .reference_check(User, "1", "manager", "2", "t")
                .path_and_query(),
            "/Users?filter=id+eq+1+and+manager+eq+2&attributes=id"
        );
        assert_eq!(
            writer(&[]).reference_check(User, "1", "manager", "2", "t").parameter("filter").unwrap(),
            "id eq \"1\" and manager eq \"2\""
        );
        let mut flagged = writer(&[("flag-in-urls", "on")]);
        assert_eq!(flagged.read(User, "1", "t").query, None);
        flagged.dialect = Dialect::AadOptscim062020;
        assert_eq!(flagged.read(User, "1", "t").path_and_query(), "/Users/1?aadOptscim062020");
        assert_eq!(
            flagged.read(Group, "1", "t").path_and_query(),
            "/Groups/1?excludedAttributes=members&aadOptscim062020"
        );
    }
}
