//! What stands for values that differ from run to run.

use std::collections::HashMap;

use crate::wire::ResourceKind;

/// Shorter ids than this may be part of anything, so they are replaced only where an id must stand.
const DISTINCT: usize = 8;

/// Numbers things in the order in which they are first met.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    prefix: String,
    base: String,
    ids: HashMap<(ResourceKind, String), String>,
    counts: HashMap<&'static str, usize>,
    others: HashMap<(&'static str, String), String>,
    writes: HashMap<String, usize>,
    /// Versions of resources are promised, so that it matters which of them are the same.
    versions_tell: bool,
}

/// Whose value a text is, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// Key of the resource that is shown, see [`Placeholders::resource`].
    pub(super) resource: &'a str,
    /// What kind of resource an id here belongs to.
    pub(super) kind: Option<ResourceKind>,
    /// Path of names to the value, as `meta.created`.
    pub(super) path: &'a str,
}

impl Context<'_> {
    /// True for what a server says in words, where short ids, counters and clock times stand among others.
    fn is_message(&self) -> bool {
        self.path == "detail" || self.path == "body"
    }

    /// True where an id must stand, so that even `1` is one.
    pub(super) fn is_id(&self) -> bool {
        const PLACES: [&str; 6] =
            ["members.value", "groups.value", "manager.value", "members", "groups", "manager"];
        // A URN may stand before the names, with dots and colons of its own.
        let is_place = |place: &str| {
            self.path.strip_suffix(place).is_some_and(|urn| urn.is_empty() || urn.ends_with(['.', ':']))
        };
        self.path == "id" || PLACES.iter().any(|place| is_place(place))
    }
}

impl Placeholders {
    /// Placeholders of one scenario run whose objects bear this prefix.
    pub(super) fn new(prefix: &str) -> Self {
        Placeholders { prefix: prefix.to_owned(), versions_tell: true, ..Placeholders::default() }
    }

    /// Nothing is promised of versions: frameworks compute an ETag of whatever they answer.
    pub(super) fn without_versions(mut self) -> Self {
        self.versions_tell = false;
        self
    }

    /// Where a resource stands among those that were met: answers are compared without regard to order.
    pub(super) fn place(&self, kind: Option<ResourceKind>, id: &str) -> (usize, String) {
        let placeholder = self.id(kind, id).unwrap_or("~");
        // `[user:2]` comes before `[user:10]`, and what is unknown last.
        let length = if placeholder == "~" { usize::MAX } else { placeholder.len() };
        (length, placeholder.to_owned())
    }

    /// Everything below this URL is the target's.
    pub(super) fn set_base(&mut self, base: &str) {
        base.trim_end_matches('/').clone_into(&mut self.base);
    }

    /// Learns the id of a resource.
    pub(super) fn learn(&mut self, kind: ResourceKind, id: &str) {
        let key = (kind, id.to_owned());
        if id.is_empty() || self.ids.contains_key(&key) {
            return;
        }
        let noun = match kind {
            ResourceKind::User => "user",
            ResourceKind::Group => "group",
        };
        let placeholder = self.next(noun);
        self.ids.insert(key, placeholder);
    }

    /// The placeholder of an id, preferably of this kind of resource.
    pub(super) fn id(&self, kind: Option<ResourceKind>, id: &str) -> Option<&str> {
        let of = |kind| self.ids.get(&(kind, id.to_owned())).map(String::as_str);
        let other = match kind {
            Some(ResourceKind::Group) => ResourceKind::User,
            _ => ResourceKind::Group,
        };
        of(kind.unwrap_or(ResourceKind::User)).or_else(|| of(other))
    }

    /// A key for a resource, by which its dates and versions are told apart.
    pub(super) fn resource(&self, kind: Option<ResourceKind>, id: &str) -> String {
        self.id(kind, id).unwrap_or(id).to_owned()
    }

    /// A write changed a resource: its dates and versions are new ones from now on.
    pub(super) fn written(&mut self, resource: &str) {
        *self.writes.entry(resource.to_owned()).or_default() += 1;
    }

    /// A text with everything that differs from run to run replaced.
    pub(super) fn text(&mut self, text: &str, context: Context<'_>) -> String {
        if let Some(zone) = date_time(text) {
            return self.time(text, zone, context);
        }
        if context.path == "meta.version" || context.path == "etag" {
            return self.version(text, context);
        }
        if context.is_id()
            && let Some(placeholder) = self.id(context.kind, text)
        {
            return placeholder.to_owned();
        }
        let text = if self.base.is_empty() { text.to_owned() } else { text.replace(&self.base, "[base]") };
        let text = self.ids_in_paths(&text);
        let text = self.long_ids(&text);
        let text = self.guids(&text);
        let text = self.tombstones(&text);
        let text = if context.is_message() { without_counters(&text) } else { text };
        self.prefixes(&text)
    }

    /// A date's number says which date it is, not when. Clocks are coarse, so two dates that are
    /// equal in one run differ in the next: equality of values is trusted only where it cannot
    /// depend on the clock. `lastModified` is new with each write and the same until the next one.
    fn time(&mut self, text: &str, zone: bool, context: Context<'_>) -> String {
        let writes = self.writes.get(context.resource).copied().unwrap_or(0);
        let key = if context.path == "meta.lastModified" {
            format!("{} {} {writes}", context.resource, context.path)
        } else {
            format!("{} {} {text}", context.resource, context.path)
        };
        let placeholder = self.numbered("time", key);
        if zone { placeholder } else { placeholder.replace(']', " without zone]") }
    }

    fn version(&mut self, text: &str, context: Context<'_>) -> String {
        let writes = self.writes.get(context.resource).copied().unwrap_or(0);
        let (weak, tag) = match text.strip_prefix("W/") {
            Some(tag) => ("W/", tag),
            None => ("", text),
        };
        let quotes = if tag.len() >= 2 && tag.starts_with('"') && tag.ends_with('"') { "\"" } else { "" };
        let placeholder = match self.versions_tell {
            true => self.numbered("etag", format!("{} {writes} {tag}", context.resource)),
            false => "[etag]".to_owned(),
        };
        format!("{weak}{quotes}{placeholder}{quotes}")
    }

    fn numbered(&mut self, noun: &'static str, key: String) -> String {
        if let Some(known) = self.others.get(&(noun, key.clone())) {
            return known.clone();
        }
        let placeholder = self.next(noun);
        self.others.insert((noun, key), placeholder.clone());
        placeholder
    }

    fn next(&mut self, noun: &'static str) -> String {
        let count = self.counts.entry(noun).or_default();
        *count += 1;
        format!("[{noun}:{count}]")
    }

    /// Ids behind `/Users/` and `/Groups/`, however short they are.
    fn ids_in_paths(&self, text: &str) -> String {
        let mut replaced = text.to_owned();
        for kind in [ResourceKind::User, ResourceKind::Group] {
            let endpoint = format!("{}/", kind.endpoint());
            let mut from = 0;
            while let Some(at) = replaced[from..].find(&endpoint).map(|at| from + at + endpoint.len()) {
                let rest = &replaced[at..];
                let length = rest.find(['/', '?', '#', '"', '&', ' ']).unwrap_or(rest.len());
                let segment = percent_encoding::percent_decode_str(&rest[..length]).decode_utf8_lossy();
                from = at;
                if let Some(placeholder) = self.id(Some(kind), &segment) {
                    let placeholder = placeholder.to_owned();
                    replaced.replace_range(at..at + length, &placeholder);
                    from += placeholder.len();
                }
            }
        }
        replaced
    }

    /// Long ids anywhere, where they are words of their own.
    fn long_ids(&self, text: &str) -> String {
        if text.len() < DISTINCT || self.ids.is_empty() {
            return text.to_owned();
        }
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let is_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let word = &rest[..length];
            let id = if length < DISTINCT { None } else { self.id(None, word) };
            replaced.push_str(id.unwrap_or(word));
            rest = &rest[length..];
            // `%22` is a quote: its digits do not belong to the word that follows.
            let between = if is_escape(rest) { 3 } else { rest.chars().next().map_or(0, char::len_utf8) };
            replaced.push_str(&rest[..between]);
            rest = &rest[between..];
        }
        replaced
    }

    /// GUIDs that are nobody's id: the probe's, and those the directory makes up.
    fn guids(&mut self, text: &str) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = find_guid(rest) {
            let (before, guid) = (&rest[..at], &rest[at..at + GUID.len()]);
            replaced.push_str(before);
            replaced.push_str(&self.numbered("guid", guid.to_ascii_lowercase()));
            rest = &rest[at + GUID.len()..];
        }
        replaced.push_str(rest);
        replaced
    }

    /// The object id that stands without hyphens before the name of a soft-deleted user.
    fn tombstones(&mut self, text: &str) -> String {
        let prefix = self.prefix.to_ascii_lowercase();
        let lower = text.to_ascii_lowercase();
        let id_before = |at: usize| {
            let from = at.checked_sub(BARE_GUID)?;
            let id = lower.get(from..at)?;
            id.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| (from, id.to_owned()))
        };
        let places = if prefix.is_empty() { None } else { Some(lower.match_indices(&prefix)) };
        let (mut replaced, mut done) = (String::new(), 0);
        for (at, _) in places.into_iter().flatten() {
            if let Some((from, id)) = id_before(at).filter(|(from, _)| *from >= done) {
                replaced.push_str(&text[done..from]);
                replaced.push_str(&self.numbered("guid", id));
                done = at;
            }
        }
        replaced.push_str(&text[done..]);
        replaced
    }

    fn prefixes(&self, text: &str) -> String {
        if self.prefix.is_empty() {
            return text.to_owned();
        }
        let text = text.replace(&self.prefix, "[prefix]");
        let upper = self.prefix.to_uppercase();
        // Where the prefix has no letters both spellings are one.
        if upper == self.prefix { text } else { text.replace(&upper, "[PREFIX]") }
    }
}

/// A message without numbers and clock times: an id of one digit cannot be told from a counter.
fn without_counters(text: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        // A placeholder is done.
        let length = match first {
            '[' => rest.find(']').map_or(1, |end| end + 1),
            _ if first.is_ascii_digit() && is_moment(rest) => {
                let of_moment = |c: char| c.is_ascii_digit() || ":.-+TZ ".contains(c);
                rest[..rest.find(|c| !of_moment(c)).unwrap_or(rest.len())]
                    .trim_end_matches(['.', ' ', '-', ':'])
                    .len()
            }
            _ if first.is_alphanumeric() => rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let word = &rest[..length];
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        replaced.push_str(match is_number {
            true => "[number]",
            false if is_moment(word) => "[moment]",
            false if is_trace_id(word) => "[trace]",
            false => word,
        });
        rest = &rest[length..];
    }
    replaced
}

/// True for what can only be drawn or counted, as the id of a trace.
fn is_trace_id(word: &str) -> bool {
    word.len() >= 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// True when the text begins with a date and a time, as `2026-01-02T03:04` or with a space between.
fn is_moment(text: &str) -> bool {
    const FORM: &[u8; 16] = b"0000-00-00T00:00";
    let bytes = text.as_bytes();
    bytes.len() >= FORM.len()
        && bytes.iter().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'T' => matches!(byte, b'T' | b' '),
            other => byte == other,
        })
}

/// True when the text begins with a percent-encoded byte.
fn is_escape(text: &str) -> bool {
    matches!(text.as_bytes(), [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

const GUID: &[u8; 36] = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

/// How many digits a GUID has without its hyphens.
const BARE_GUID: usize = 32;

/// Byte offset of the first GUID that is not part of a longer word.
fn find_guid(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len().checked_sub(GUID.len())? + 1).find(|&at| {
        let fits = bytes[at..at + GUID.len()].iter().zip(GUID).all(|(byte, form)| match form {
            b'-' => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
        let free = |neighbour: Option<&u8>| !neighbour.is_some_and(u8::is_ascii_alphanumeric);
        // In a query string a quote stands as `%22`, whose last digit is not part of the GUID.
        let encoded = at >= 3 && text.get(at - 3..).is_some_and(is_escape);
        fits && (encoded || at == 0 || free(bytes.get(at - 1))) && free(bytes.get(at + GUID.len()))
    })
}

/// Whether a text is a date with time, and if so whether it has a zone.
fn date_time(text: &str) -> Option<bool> {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let (head, rest) = text.split_at_checked(FORM.len())?;
    let fits = head.bytes().zip(FORM).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == *form,
    });
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let is_zone = zone == "Z" || zone.len() <= 6 && zone.starts_with(['+', '-']);
    (fits && (zone.is_empty() || is_zone)).then_some(!zone.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Context<'_> = Context { resource: "r", kind: Some(ResourceKind::User), path: "displayName" };

    fn placeholders() -> Placeholders {
        let mut all = Placeholders::new("zq7f");
        all.set_base("http://127.0.0.1:4711/scim/");
        all.learn(ResourceKind::User, "64e2f0c9a1b2");
        all.learn(ResourceKind::User, "1");
        all.learn(ResourceKind::Group, "1");
        all
    }

    #[test]
    fn a_message_keeps_no_number_and_no_clock_time() {
        let mut all = placeholders();
        all.learn(ResourceKind::User, "5");
        let mut detail = |text: &str| all.text(text, Context { resource: "-", kind: None, path: "detail" });
        for (text, masked) in [
            ("User 5 not found", "User [number] not found"),
            ("line 12, column 7", "line [number], column [number]"),
            ("/Users/5 is gone (request 90210)", "/Users/[user:3] is gone (request [number])"),
            ("at 2026-01-02T03:04:05.678Z: conflict", "at [moment]: conflict"),
            ("since 2026-01-02 03:04", "since [moment]"),
            ("trace 4bf92f3577b34da6a3ce929d0e0e4736", "trace [trace]"),
            ("zq7f.ada.x7k2@example.com is taken", "[prefix].ada.x7k2@example.com is taken"),
        ] {
            assert_eq!(detail(text), masked);
        }
        let title = Context { resource: "-", kind: None, path: "title" };
        assert_eq!(all.text("Analyst 5", title), "Analyst 5", "a value is shown as it is");
    }

    #[test]
    fn where_no_versions_are_promised_they_are_not_told_apart() {
        let etag = Context { resource: "-", kind: None, path: "etag" };
        let mut all = placeholders();
        assert_ne!(all.text("W/\"1\"", etag), all.text("W/\"2\"", etag));
        let mut all = placeholders().without_versions();
        assert_eq!(all.text("W/\"1\"", etag), all.text("W/\"2\"", etag));
    }

    #[test]
    fn ids_are_numbered_by_kind_and_in_order() {
        let mut all = placeholders();
        let id = |kind| Context { kind: Some(kind), path: "id", ..PLAIN };
        assert_eq!(all.text("64e2f0c9a1b2", id(ResourceKind::User)), "[user:1]");
        assert_eq!(all.text("1", id(ResourceKind::User)), "[user:2]");
        assert_eq!(all.text("1", id(ResourceKind::Group)), "[group:1]");
        assert_eq!(all.text("2", id(ResourceKind::Group)), "2");
        all.learn(ResourceKind::User, "1");
        assert_eq!(all.text("1", id(ResourceKind::User)), "[user:2]");
    }

    #[test]
    fn short_ids_are_replaced_only_where_an_id_must_stand() {
        let mut all = placeholders();
        assert_eq!(all.text("1", PLAIN), "1");
        assert_eq!(all.text("/Users/1?a=1", PLAIN), "/Users/[user:2]?a=1");
        assert_eq!(all.text("http://127.0.0.1:4711/scim/Groups/1", PLAIN), "[base]/Groups/[group:1]");
        assert_eq!(all.text("/Users/12", PLAIN), "/Users/12");
        assert_eq!(all.text("no user 64e2f0c9a1b2.", PLAIN), "no user [user:1].");
        assert_eq!(all.text("x64e2f0c9a1b2", PLAIN), "x64e2f0c9a1b2");
        assert_eq!(all.text("id+eq+%2264e2f0c9a1b2%22+%é%4", PLAIN), "id+eq+%22[user:1]%22+%é%4");
        let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manager.value";
        assert_eq!(all.text("1", Context { path: manager, ..PLAIN }), "[user:2]");
        assert_eq!(all.text("1", Context { path: "members.value", ..PLAIN }), "[user:2]");
        assert_eq!(all.text("1", Context { path: "emails.value", ..PLAIN }), "1");
    }

    #[test]
    fn prefixes_and_guids_are_replaced_in_both_letter_cases() {
        let mut all = placeholders();
        assert_eq!(all.text("zq7f.ada@x ZQ7F", PLAIN), "[prefix].ada@x [PREFIX]");
        let guid = "0a0a0a0a-BBBB-cccc-dddd-e1e1e1e1e1e1";
        assert_eq!(all.text(&format!("userName+eq+%22{guid}%22"), PLAIN), "userName+eq+%22[guid:1]%22");
        assert_eq!(all.text(&guid.to_uppercase(), PLAIN), "[guid:1]");
        assert_eq!(all.text(&format!("{guid}0"), PLAIN), format!("{guid}0"));
        assert_eq!(all.text("é".repeat(40).as_str(), PLAIN), "é".repeat(40));
    }

    #[test]
    fn the_object_id_before_a_deleted_persons_name_is_replaced() {
        let mut all = placeholders();
        let id = "0a0a0a0abbbbccccdddde1e1e1e1e1e1";
        assert_eq!(all.text(&format!("{id}zq7f.ada@x"), PLAIN), "[guid:1][prefix].ada@x");
        assert_eq!(all.text(&format!("eq+%22{id}zq7f.ada"), PLAIN), "eq+%22[guid:1][prefix].ada");
        assert_eq!(all.text(&format!("{id}.ada zq7f"), PLAIN), format!("{id}.ada [prefix]"));
    }

    #[test]
    fn dates_do_not_depend_on_the_clock() {
        let mut all = placeholders();
        let at = |path| Context { path, ..PLAIN };
        let now = "2026-01-02T03:04:05.678Z";
        assert_eq!(all.text(now, at("meta.created")), "[time:1]");
        assert_eq!(all.text(now, at("meta.lastModified")), "[time:2]");
        // A second read in the same state, however the server rounds.
        assert_eq!(all.text("2026-01-02T03:04:06Z", at("meta.lastModified")), "[time:2]");
        all.written("r");
        assert_eq!(all.text(now, at("meta.lastModified")), "[time:3]");
        assert_eq!(all.text(now, at("meta.created")), "[time:1]");
        assert_eq!(all.text("2027-01-02T03:04:05Z", at("meta.created")), "[time:4]");
        assert_eq!(all.text("2026-01-02T03:04:05", at("x")), "[time:5 without zone]");
        for text in ["2026-01-02", "2026-01-02T03:04:05Z and more", "x2026-01-02T03:04:05"] {
            assert_eq!(all.text(text, PLAIN), text);
        }
    }

    #[test]
    fn versions_keep_their_form() {
        let mut all = placeholders();
        let version = Context { path: "meta.version", ..PLAIN };
        assert_eq!(all.text("W/\"a1\"", version), "W/\"[etag:1]\"");
        assert_eq!(all.text("\"a1\"", Context { path: "etag", ..PLAIN }), "\"[etag:1]\"");
        assert_eq!(all.text("W/\"a2\"", version), "W/\"[etag:2]\"");
        all.written("r");
        assert_eq!(all.text("W/\"a1\"", version), "W/\"[etag:3]\"");
    }
}
