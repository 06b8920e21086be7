//! `init`: what it writes, and that `run` works with it.

use std::fs;
use std::path::Path;

use crate::program::{Call, Played, SCENARIO};
use crate::servers::{Served, answering, free, http};

/// `init` with a token in the environment, in a folder with these files.
fn init(target: &str, token: &str, more: &[&str], files: &[&str]) -> (Call, Played) {
    let mut call = Call::new(&[&["init", "--yes", "--target", target], more].concat());
    call.command.env("SCIMULATE_TOKEN", token);
    for name in files {
        call = call.file(name, "");
    }
    let output = call.command.output().unwrap();
    let played = Played::new(&output, call.folder.path());
    (call, played)
}

/// `run` in that folder, with nothing but what `init` wrote and the token.
pub fn run(folder: &Path, token: &str, more: &[&str]) -> Played {
    let mut call = Call::new(&[&["run", "--json", "r.json"], more].concat());
    call.command.current_dir(folder).env("SCIMULATE_TOKEN", token);
    let output = call.command.output().unwrap();
    Played::new(&output, folder)
}

pub fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn a_server_is_set_up_and_run_works_with_what_was_written() {
    let served = Served::start(&["serve"]);
    let (call, played) = init(&served.base, &served.token, &["--ci", "github"], &[]);
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert!(played.out.contains(": connection OK"), "{}", played.out);
    for name in ["scimulate.toml", "waivers.toml", ".github/workflows/scimulate.yml"] {
        assert!(played.out.contains(&format!("\nwrote {name}\n")), "{name}: {}", played.out);
    }
    assert_eq!(played.out.lines().last(), Some("next: scimulate run --quick"));
    let folder = call.folder.path();
    assert!(!folder.join("profile.yaml").exists(), "this server offers all that is mapped");
    for name in ["scimulate.toml", "waivers.toml", ".github/workflows/scimulate.yml"] {
        assert!(!read(folder, name).contains(&served.token), "{name} has the token");
    }
    // What the first lines name is there.
    for name in ["scimulate.toml", "waivers.toml"] {
        let text = read(folder, name);
        let schema = text.lines().next().unwrap().strip_prefix("#:schema ").unwrap();
        let schema: serde_json::Value = serde_json::from_str(&read(folder, schema)).unwrap();
        assert_eq!(schema["additionalProperties"], false, "{name}");
    }
    let run = run(folder, &served.token, &["cycles/create-user", "cycles/disable-unassigned"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("PASSED"), "{}", run.out);
    assert_eq!(served.users(), 0);
}

#[test]
fn a_server_that_lacks_an_extension_gets_a_profile_and_its_faults_are_found() {
    let served =
        Served::start(&["serve", "--fault", "schema-unpublished", "--fault", "hides-disabled-users"]);
    let (call, played) = init(&served.base, &served.token, &[], &[]);
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert!(played.out.contains("\nwrote profile.yaml\n"), "{}", played.out);
    let folder = call.folder.path();
    let profile = read(folder, "profile.yaml");
    assert!(
        profile.starts_with("# yaml-language-server: $schema=.scimulate/profile.schema.json\n"),
        "{profile}"
    );
    assert!(profile.contains(":department of users is left out"), "{profile}");
    let config = read(folder, "scimulate.toml");
    assert!(config.contains("\nprofile = \"profile.yaml\"\n"));
    // Both are as the schemas beside them want them.
    let admits = |schema: &str, file: &serde_json::Value| {
        let schema =
            serde_json::from_str(&read(folder, &format!(".scimulate/{schema}.schema.json"))).unwrap();
        let errors = jsonschema::draft7::new(&schema).unwrap();
        let errors: Vec<String> = errors.iter_errors(file).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    };
    admits("profile", &scimulate::yaml::parse("profile.yaml", &profile).unwrap().to_json());
    admits("config", &serde_json::to_value(toml::from_str::<toml::Value>(&config).unwrap()).unwrap());
    let run = run(folder, &served.token, &["cycles/disable-unassigned", SCENARIO]);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    let report: serde_json::Value = serde_json::from_str(&read(folder, "r.json")).unwrap();
    assert_eq!(report["verdict"], "failed");
    let checks = report["checks"].as_array().unwrap();
    let created = checks.iter().filter(|check| check["id"] == SCENARIO);
    assert!(
        created.clone().count() > 0 && created.clone().all(|check| check["status"] == "passed"),
        "{}",
        run.out
    );
}

#[test]
fn an_export_of_entra_stays_as_it_is_and_what_is_not_offered_is_refused() {
    let served = Served::start(&["serve", "--fault", "schema-unpublished"]);
    let export = Call::new(&["schema"]).play().out;
    let mut call = Call::new(&["init", "--yes", "--target", &served.base, "--dir", "scim"]);
    call.command.args(["--profile", "acme.json"]).env("SCIMULATE_TOKEN", &served.token);
    let mut call = call.file("acme.json", &export);
    let output = call.command.output().unwrap();
    let played = Played::new(&output, call.folder.path());
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    let folder = call.folder.path().join("scim");
    let config = read(&folder, "scimulate.toml");
    assert!(
        config.contains("\nprofile = \"../acme.json\"\n") && config.contains("\nrefuses = [\"urn:"),
        "{config}"
    );
    assert!(!folder.join("profile.yaml").exists());
    let run = run(&folder, &served.token, &[SCENARIO]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

#[test]
fn what_a_server_requires_is_mapped_and_what_it_does_not_have_is_not() {
    let served = Served::start(&["serve", "--fault", "requires-nick-name", "--variant", "users-only"]);
    let (call, played) = init(&served.base, &served.token, &[], &[]);
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    let folder = call.folder.path();
    let (config, profile) = (read(folder, "scimulate.toml"), read(folder, "profile.yaml"));
    assert!(config.contains("\n# /Schemas requires of users: userName, nickName\n"), "{config}");
    assert!(config.contains("\n[mapping]\ngroups = false  # "), "{config}");
    assert!(
        profile.contains("    - target: nickName\n      source: mailNickname\n      required: true\n"),
        "{profile}"
    );
    let run = run(folder, &served.token, &[SCENARIO, "cycles/disable-unassigned"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

#[test]
fn a_file_that_exists_is_kept_unless_it_may_be_replaced() {
    let served = Served::start(&["serve"]);
    let (call, played) = init(&served.base, &served.token, &[], &["scimulate.toml", ".gitlab-ci.yml"]);
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert!(played.out.contains("\nkept scimulate.toml: it exists; --force replaces it\n"), "{}", played.out);
    assert!(played.out.contains("\nwrote scimulate.gitlab-ci.yml\n"), "{}", played.out);
    let folder = call.folder.path();
    assert_eq!(
        (read(folder, "scimulate.toml"), read(folder, ".gitlab-ci.yml")),
        (String::new(), String::new())
    );
    let mut again = Call::new(&["init", "--yes", "--force", "--target", &served.base]);
    again.command.current_dir(folder).env("SCIMULATE_TOKEN", &served.token);
    let output = again.command.output().unwrap();
    let again = Played::new(&output, folder);
    assert!(again.out.contains("\nreplaced scimulate.toml\n"), "{}", again.out);
    assert!(again.out.contains("\nkept waivers.toml: it says the same already\n"), "{}", again.out);
    assert!(read(folder, "scimulate.toml").contains(&served.base));
    assert_eq!(read(folder, ".gitlab-ci.yml"), "", "the file of the CI system is never touched");
}

#[test]
fn a_server_that_cannot_be_looked_at_gets_its_files_all_the_same() {
    let served = Served::start(&["serve"]);
    let nobody = format!("http://{}/scim", free());
    let page = format!("http://{}/scim", answering(&http("200 OK", "content-type: text/html\r\n", "<html>")));
    for (target, token, what) in [
        (nobody.as_str(), "0123456789", "connection refused"),
        (&served.base, "a-wrong-token", "does not accept the token (401"),
        (&served.base, "", "wants a token (401"),
        (&page, "0123456789", "web page"),
    ] {
        let (call, played) = init(target, token, &["--ci", "jenkins"], &[]);
        assert_eq!(played.code, Some(3), "{}{}", played.out, played.err);
        assert!(played.err.contains(what), "{}", played.err);
        assert!(played.out.contains("\nleft to do: the server could not be looked at"), "{}", played.out);
        assert!(played.out.lines().last().unwrap().starts_with("next: "), "{}", played.out);
        let folder = call.folder.path();
        for name in ["scimulate.toml", "waivers.toml", "scimulate.Jenkinsfile"] {
            assert!(!read(folder, name).contains("a-wrong-token"), "{name}");
        }
        // The files are right; only the server is not.
        let run = run(folder, token, &[SCENARIO]);
        assert_eq!(run.code, Some(3), "{}{}", run.out, run.err);
    }
}

#[test]
fn a_server_without_schemas_is_told_as_such() {
    let served = Served::start(&["serve", "--fault", "no-discovery"]);
    let (call, played) = init(&served.base, &served.token, &[], &[]);
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert!(played.out.contains("left to do: the server publishes no /Schemas"), "{}", played.out);
    let run = run(call.folder.path(), &served.token, &[SCENARIO]);
    assert!(matches!(run.code, Some(0 | 1)), "{}{}", run.out, run.err);
}

#[test]
fn where_the_token_is_is_written_and_the_token_is_not() {
    let served = Served::start(&["serve"]);
    let mut call = Call::new(&[
        "init",
        "--yes",
        "--target",
        &served.base,
        "--token-file",
        "secrets/token",
        "--dir",
        "scim",
    ]);
    call = call.file("secrets/token", &served.token);
    let output = call.command.output().unwrap();
    let played = Played::new(&output, call.folder.path());
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert_eq!(played.out.lines().last(), Some("next: cd scim && scimulate run --quick"));
    let folder = call.folder.path().join("scim");
    let config = read(&folder, "scimulate.toml");
    assert!(
        config.contains("\ntoken-file = \"../secrets/token\"\n") && !config.contains(&served.token),
        "{config}"
    );
    let run = run(&folder, "", &[SCENARIO]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);

    let mut call =
        Call::new(&["init", "--yes", "--target", &served.base, "--token-env", "MY_TOKEN", "--ci", "azure"]);
    call.command.env("MY_TOKEN", &served.token);
    let output = call.command.output().unwrap();
    let played = Played::new(&output, call.folder.path());
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert_eq!(played.out.lines().last(), Some("next: SCIMULATE_TOKEN=\"$MY_TOKEN\" scimulate run --quick"));
    let job = read(call.folder.path(), "scimulate.azure-pipelines.yml");
    assert!(job.contains("SCIMULATE_TOKEN: $(MY_TOKEN)"), "{job}");
}

#[test]
fn bad_input_writes_nothing() {
    let served = Served::start(&["serve"]);
    let base = served.base.as_str();
    for (arguments, what, next) in [
        (vec!["init", "--yes"], "no target is named", "--target"),
        (vec!["init"], "no target is named", "terminal"),
        (vec!["init", "--yes", "--target", "localhost:1"], "does not begin with http://", "for example"),
        (
            vec!["init", "--yes", "--target", base, "--profile", "defualt"],
            "no profile `defualt`",
            "did you mean",
        ),
        (
            vec!["init", "--yes", "--target", base, "--token-file", "no"],
            "cannot read the token from no",
            "SCIMULATE_TOKEN",
        ),
        (vec!["init", "--yes", "--target", base, "--token-file", "-"], "standard input", "--token-file"),
        (vec!["init", "--yes", "--target", base, "--ci", "travis"], "invalid value 'travis'", "github"),
        (vec!["init", "--yes", "--target", base, "--cacert", "none.pem"], "none.pem", "--cacert"),
    ] {
        let call = Call::new(&arguments);
        let folder = tempfile::tempdir().unwrap();
        let mut command = call.command;
        let output = command.current_dir(folder.path()).output().unwrap();
        Played::new(&output, folder.path()).failed(2, what, next);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments:?}");
    }
}

#[test]
fn a_target_elsewhere_is_written_to_only_with_consent() {
    let (call, played) =
        init("https://scim.invalid/v2?aadOptscim062020&key=hunter2", "x", &["--ci", "github"], &[]);
    assert_eq!(played.code, Some(3), "{}{}", played.out, played.err);
    assert_eq!(played.out.lines().last(), Some("next: scimulate run --quick --yes"));
    let folder = call.folder.path();
    let config = read(folder, "scimulate.toml");
    assert!(config.contains("\n# yes = true"), "{config}");
    assert!(config.contains("\nurl = \"https://scim.invalid/v2?aadOptscim062020\"\n"), "{config}");
    assert!(played.out.contains("parameters may be a secret"), "{}", played.out);
    assert!(!config.contains("hunter2") && !played.out.contains("hunter2"));
    assert!(read(folder, ".github/workflows/scimulate.yml").contains("scimulate run --yes"));
    run(folder, "x", &[SCENARIO]).failed(2, "not on this machine", "--yes");
}
