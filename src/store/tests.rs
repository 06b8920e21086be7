use super::*;
use serde_json::json;

fn object(id: &str) -> Write {
    Write::Object { id: id.into(), kind: "user", manager: None, body: json!({ "name": id }) }
}

#[test]
fn what_was_written_is_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Some(folder.path())).unwrap();
    let manager = Write::Object { id: "b".into(), kind: "user", manager: Some("a".into()), body: json!({}) };
    let member = Write::Member { holder: "g".into(), member: "a".into() };
    let group = Write::Object { id: "g".into(), kind: "group", manager: None, body: json!({}) };
    store.write(&[object("a"), manager, group, member.clone(), member]).unwrap();
    drop(store);
    let store = Store::open(Some(folder.path())).unwrap();
    let ids: Vec<String> = store.objects().unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(ids, ["a", "b", "g"]);
    assert_eq!(store.members().unwrap(), [("g".to_owned(), "a".to_owned())]);
    store.write(&[Write::ObjectGone { id: "a".into() }]).unwrap();
    assert_eq!(store.objects().unwrap()[0].manager, None);
    assert!(store.members().unwrap().is_empty());
}

#[test]
fn a_write_is_whole_or_nothing() {
    let store = Store::open(None).unwrap();
    let taken = |id: &str| Write::Assignment { id: id.into(), application: "x".into(), body: json!({}) };
    assert!(store.write(&[object("a"), taken("1"), taken("1")]).is_err());
    assert!(store.objects().unwrap().is_empty());
}

#[test]
fn a_database_is_for_one_process_and_of_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Store::open(Some(folder.path())).unwrap();
    let second = Store::open(Some(folder.path())).unwrap_err();
    assert!(matches!(second, StoreError::InUse(_)), "{second}");
    #[cfg(unix)]
    for file in fs::read_dir(folder.path()).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.path());
    }
}

#[test]
fn what_is_damaged_or_foreign_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let error = Store::open(Some(folder.path())).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), bytes, "{error}");
        error
    };
    assert!(matches!(refused(b"people of ours, in no database at all"), StoreError::Foreign(_)));
    let other = tempfile::tempdir().unwrap();
    let foreign = Connection::open(other.path().join("x")).unwrap();
    foreign.execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    drop(foreign);
    assert!(matches!(refused(&fs::read(other.path().join("x")).unwrap()), StoreError::Foreign(_)));
    // One of ours, of which a page in the middle is lost.
    let store = Store::open(Some(other.path())).unwrap();
    store.write(&(0..2_000).map(|n| object(&n.to_string())).collect::<Vec<_>>()).unwrap();
    drop(store);
    let mut bytes = fs::read(other.path().join(FILE)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xff);
    let damaged = refused(&bytes);
    assert!(matches!(damaged, StoreError::Damaged { .. }), "{damaged}");
}

#[test]
fn the_log_is_read_from_its_end() {
    let store = Store::open(None).unwrap();
    let line = |object: &str, number: usize| Write::Log {
        application: "app".into(),
        object: object.into(),
        body: json!(number),
    };
    store.write(&[line("a", 1), line("b", 2), line("a", 3)]).unwrap();
    let read = |query: LogQuery<'_>, most: usize| {
        let mut lines = Vec::new();
        store
            .log(&query, |_, body| {
                lines.push(body);
                lines.len() < most
            })
            .unwrap();
        lines
    };
    assert_eq!(read(LogQuery::default(), 9), [json!(3), json!(2), json!(1)]);
    assert_eq!(read(LogQuery { object: Some("a"), ..LogQuery::default() }, 9), [json!(3), json!(1)]);
    assert_eq!(read(LogQuery { before: Some(3), ..LogQuery::default() }, 1), [json!(2)]);
}

#[test]
fn a_checkpoint_brings_everything_back() {
    let store = Store::open(None).unwrap();
    store.write(&[object("a")]).unwrap();
    store.checkpoint("before").unwrap();
    store.write(&[Write::ObjectGone { id: "a".into() }, object("b")]).unwrap();
    store.restore("before").unwrap();
    assert_eq!(store.objects().unwrap().iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["a"]);
    assert!(matches!(store.restore("after"), Err(StoreError::NoCheckpoint(_))));
    assert!(matches!(store.checkpoint("a\"; DROP TABLE meta"), Err(StoreError::CheckpointName(_))));
    store.write(&[object("c")]).unwrap();
    assert_eq!(store.objects().unwrap().len(), 2);
}
