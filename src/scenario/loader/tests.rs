use serde_json::json;

use super::*;
use crate::check::{Level, Reference};
use crate::entra::mapping::RoleFunction;
use crate::scenario::{Ability, Action, FoundBy, LetterCase, Need};
use crate::wire::Method;

const WHOLE: &str = r#"
title: Everything the format knows
level: critical
what: What is demanded.
why: >-
  Two lines
  of reason.
fix: Mend it.
entra: InvalidAnchor.
refs:
  - rfc: "7644#3.4.2.2 SHALL"
  - entra: known-issues
  - field: owner/repo#1
faults: [hides-disabled-users]
needs: [active, groups, 'emails[type eq "work"].value', { filterable: externalId }, { published: roles }, "urn:example:x:1.0:Thing:shoeSize"]
dialects: [default, aadOptscim062020]
size: large
mapping: { matching: [externalId, userName] }
people:
  ada: { manager: grace, employeeId: 00123, city: no, mail: null, state: "{{prefix}}" }
  grace:
  late: { absent: true, enabled: false, assigned: false }
  crowd: { many: 30 }
groups:
  team: { displayName: Team, members: [ada, crowd], assigned: false }
accounts:
  old: { of: ada, letter-case: upper, with: { userName: "{{prefix}}@{{domain}}", externalId: null, active: true } }
timeline:
  - test-connection
  - cycle
  - on-demand: [ada, team]
  - restart
  - restart: full
  - discover: { count: 5 }
  - advance: 31 days
  - advance: 1 hour
  - appear: [late]
  - set: { ada: { displayName: Ada, mail: null }, crowd: { city: London } }
  - set-manager: { ada: null, crowd-2: grace }
  - assign: [late, team]
  - unassign: [crowd-3]
  - block-sign-in: [ada]
  - allow-sign-in: [ada]
  - soft-delete: [ada]
  - restore: [ada]
  - purge: [ada]
  - add-members: { team: [late] }
  - remove-members: { team: [crowd] }
  - request:
      method: PATCH
      path: /Users/{{ada.id}}
      query: { filter: 'userName eq "{{ada.userName|upper}}"', count: "5" }
      headers: { If-Match: "{{old.meta.version}}" }
      body: { n: 1, t: 010, list: [true, null, 1.5] }
      provoked: true
      as: made
  - expect-answer: { status: [200, 204], scim-type: uniqueness, body: { /Resources/0: null, id: "{{made.id}}" } }
  - expect:
      ada: gone
      grace: never
      team: { members: [], displayName: Team }
      late: { active: false, manager: null, 'emails[type eq "work"].value': x, found-by: [id, matching, filterable], same-account-as: old }
  - expect-mirrored: [crowd, team]
  - expect-no-writes
  - expect-discovered: [crowd]
  - expect-log: { ada: { action: create, status: skipped, code: X } }
"#;

fn whole() -> Scenario {
    load("scenarios/suite/whole.yaml", WHOLE)
        .unwrap_or_else(|problems| panic!("{}", problems.iter().map(ToString::to_string).collect::<String>()))
}

#[test]
fn documentation_needs_and_settings_are_read() {
    let scenario = whole();
    let about = &scenario.about;
    assert_eq!((about.id.as_str(), about.level), ("suite/whole", Level::Critical));
    assert_eq!((about.what.as_str(), about.why.as_str()), ("What is demanded.", "Two lines of reason."));
    assert_eq!(
        about.refs,
        [
            Reference::Rfc("7644#3.4.2.2 MUST".into()),
            Reference::Microsoft("known-issues".into()),
            Reference::Field("owner/repo#1".into())
        ]
    );
    assert_eq!(about.faults, ["hides-disabled-users"]);
    assert_eq!(
        scenario.needs,
        [
            Need::Mapped("active".into()),
            Need::Ability(Ability::Groups),
            Need::Mapped(r#"emails[type eq "work"].value"#.into()),
            Need::Filterable("externalId".into()),
            Need::Published("roles".into()),
            Need::Mapped("urn:example:x:1.0:Thing:shoeSize".into()),
        ]
    );
    assert_eq!(scenario.dialects, ["default", "aadOptscim062020"]);
    assert!(scenario.large);
    assert_eq!(scenario.mapping.matching, ["externalId", "userName"]);
}

#[test]
fn app_roles_are_mapped_assigned_and_taken_away() {
    let head = "title: t\nlevel: note\nwhy: w\nmapping: { roles: complex }\n";
    let text = format!(
        "{head}people:\n  ada: {{ roles: [editor, reader] }}\n  grace: {{ roles: owner }}\ntimeline:\n  \
         - assign-role: {{ ada: owner }}\n  - unassign-role: {{ grace: [owner] }}\n  - cycle\n"
    );
    let scenario = load("roles.yaml", &text).unwrap();
    assert_eq!(scenario.mapping.roles, Some(RoleFunction::Complex));
    assert_eq!(scenario.people["ada"].roles, ["editor", "reader"]);
    assert_eq!(scenario.people["grace"].roles, ["owner"]);
    assert!(matches!(&scenario.timeline[0].action, Action::AssignRole(roles) if roles["ada"] == ["owner"]));
    assert!(
        matches!(&scenario.timeline[1].action, Action::UnassignRole(roles) if roles["grace"] == ["owner"])
    );
    let wrong = load("roles.yaml", &text.replace("complex", "compex")).unwrap_err();
    assert_eq!(wrong[0].help.as_deref(), Some("did you mean `complex`?"));
    let set = load("roles.yaml", &text.replace("roles: owner", "appRoleAssignments: owner")).unwrap_err();
    assert!(set[0].help.as_ref().is_some_and(|help| help.contains("assign-role")), "{set:?}");
}

#[test]
fn a_job_and_its_mapping_are_set_and_changed() {
    let text = "title: t\nlevel: note\nwhy: w\n\
        mapping: { rows: [{ target: title, constant: Staff }], without: [locale], actions: [create] }\n\
        job: { scope: everyone, skip-out-of-scope-deletions: true, deletion-threshold: 1,\n  \
          quarantine: { evaluated-from: 2, percent: 40, failures: 3, total: 4 } }\n\
        people:\n  ada:\ntimeline:\n  - cycle\n  - allow-deletes\n  - restart: [Escrows, Watermark]\n  \
        - change-mapping: { scope: [{ clauses: [{ attribute: city, operator: IS NULL }] }] }\n  \
        - change-scope: assigned\n  - token: wrong\n  \
        - expect-job: { quarantine: null, held-back: [ada], failing: [], next-cycle: 6 hours, disabled: false }\n";
    let scenario = load("job.yaml", text).unwrap();
    let edits = &scenario.mapping.edits;
    assert_eq!((edits.rows.len(), edits.without.as_slice()), (1, &["locale".to_owned()][..]));
    assert!(edits.actions.is_some_and(|actions| actions.create && !actions.update));
    let job = &scenario.job;
    assert!(job.everyone && job.skip_out_of_scope_deletions);
    assert_eq!(job.deletion_threshold, Some(1));
    assert_eq!(job.quarantine.map(|numbers| (numbers.evaluated_from, numbers.total)), Some((2, 4)));
    let action = |place: usize| &scenario.timeline[place].action;
    assert!(matches!(action(1), Action::AllowDeletes));
    assert!(matches!(action(2), Action::Restart { reset } if reset == "Escrows, Watermark"));
    assert!(
        matches!(action(3), Action::ChangeMapping(change) if change.edits.filter.as_ref().is_some_and(|f| f.groups.len() == 1))
    );
    assert!(matches!(action(4), Action::ChangeScope { everyone: false }));
    assert!(matches!(action(5), Action::Token { right: false }));
    let Action::ExpectJob(expected) = action(6) else { panic!("expect-job") };
    assert_eq!((&expected.quarantine, expected.next_cycle), (&Some(None), Some(6)));
    assert_eq!(
        (expected.held_back.as_deref(), expected.disabled),
        (Some(&["ada".to_owned()][..]), Some(false))
    );

    for (right, wrong, said) in [
        ("constant: Staff", "constnt: Staff", "did you mean `constant`?"),
        ("target: title", "target: titel", "titel"),
        ("scope: everyone", "scope: everybody", "did you mean `everyone`?"),
        ("[Escrows, Watermark]", "[Escrow]", "did you mean `Escrows`?"),
        ("token: wrong", "token: old", "right"),
        ("held-back: [ada]", "held-back: [adda]", "did you mean `ada`?"),
    ] {
        let problems = load("job.yaml", &text.replace(right, wrong)).unwrap_err();
        let text: String = problems.iter().map(ToString::to_string).collect();
        assert!(text.contains(said), "{wrong}: {text}");
    }
}

#[test]
fn texts_keep_their_spelling_and_people_are_assigned_unless_said_otherwise() {
    let scenario = whole();
    let ada = &scenario.people["ada"];
    assert_eq!(ada.attributes["employeeId"].as_deref(), Some("00123"));
    assert_eq!(ada.attributes["city"].as_deref(), Some("no"));
    assert_eq!(ada.attributes["mail"], None);
    assert_eq!(ada.manager.as_deref(), Some("grace"));
    let grace = &scenario.people["grace"];
    assert!(grace.assigned && grace.enabled && !grace.absent && grace.many == 0);
    let late = &scenario.people["late"];
    assert!(!late.assigned && !late.enabled && late.absent);
    assert_eq!(scenario.people["crowd"].many, 30);
    let team = &scenario.groups["team"];
    assert_eq!(
        (team.members.as_slice(), team.assigned),
        (&["ada".to_owned(), "crowd".to_owned()][..], false)
    );
    let old = &scenario.accounts["old"];
    assert_eq!((old.of.as_str(), old.letter_case), ("ada", LetterCase::Upper));
    assert_eq!(old.with["externalId"], None);
    assert_eq!(old.with["active"], Some(json!(true)));
}

#[test]
fn every_step_is_read_with_its_line() {
    let scenario = whole();
    assert_eq!(scenario.timeline.len(), 27);
    for step in &scenario.timeline {
        let line = WHOLE.lines().nth(step.line - 1).unwrap();
        assert!(line.starts_with("  - "), "{}: {line}", step.line);
    }
    let action = |index: usize| &scenario.timeline[index].action;
    assert!(matches!(action(0), Action::TestConnection));
    assert!(matches!(action(3), Action::Restart { reset } if reset.is_empty()));
    assert!(matches!(action(4), Action::Restart { reset } if reset == "Full"));
    assert!(matches!(action(5), Action::Discover { count: 5 }));
    assert!(matches!(action(6), Action::Advance { hours: 744 }));
    assert!(matches!(action(7), Action::Advance { hours: 1 }));
    let Action::Set(changes) = action(9) else { panic!("{:?}", action(9)) };
    assert_eq!(changes["ada"]["mail"], None);
    assert_eq!(changes["crowd"]["city"].as_deref(), Some("London"));
    let Action::SetManager(managers) = action(10) else { panic!("{:?}", action(10)) };
    assert_eq!((managers["ada"].as_deref(), managers["crowd-2"].as_deref()), (None, Some("grace")));
    let Action::RemoveMembers(groups) = action(19) else { panic!("{:?}", action(19)) };
    assert_eq!(groups["team"], ["crowd"]);
}

#[test]
fn requests_and_expectations_are_read() {
    let scenario = whole();
    let action = |index: usize| &scenario.timeline[index].action;
    let Action::Request(request) = action(20) else { panic!("{:?}", action(20)) };
    assert_eq!(
        (request.method, request.path.as_str(), request.provoked),
        (Method::Patch, "/Users/{{ada.id}}", true)
    );
    assert_eq!(request.query["count"], "5");
    assert_eq!(request.headers["If-Match"], "{{old.meta.version}}");
    assert_eq!(request.body, Some(json!({"n": 1, "t": "010", "list": [true, null, 1.5]})));
    assert_eq!(request.capture.as_deref(), Some("made"));
    let Action::ExpectAnswer(answer) = action(21) else { panic!("{:?}", action(21)) };
    assert_eq!(
        (answer.status.as_slice(), answer.scim_type.as_deref()),
        (&[200, 204][..], Some("uniqueness"))
    );
    assert_eq!(answer.body["/Resources/0"], json!(null));
    let Action::Expect(states) = action(22) else { panic!("{:?}", action(22)) };
    assert!(states["ada"].gone && !states["ada"].never && states["grace"].never);
    assert_eq!(states["team"].members.as_deref(), Some(&[][..]));
    let late = &states["late"];
    assert_eq!(late.found_by, [FoundBy::Id, FoundBy::Matching, FoundBy::Filterable]);
    assert_eq!(late.same_account_as.as_deref(), Some("old"));
    assert_eq!(
        late.attributes.keys().collect::<Vec<_>>(),
        ["active", "manager", r#"emails[type eq "work"].value"#]
    );
    assert_eq!(late.attributes["manager"], json!(null));
    let Action::ExpectLog(log) = action(26) else { panic!("{:?}", action(26)) };
    assert_eq!((log["ada"].status.as_deref(), log["ada"].code.as_deref()), (Some("skipped"), Some("X")));
}

#[test]
fn ids_come_from_the_name_of_the_file() {
    let id = |file: &str| load(file, "title: T\nlevel: note\nwhy: W\ntimeline: [cycle]").unwrap().about.id;
    assert_eq!(id("scenarios/cycles/a-b.yaml"), "cycles/a-b");
    assert_eq!(id("mine/x.yml"), "mine/x");
    assert_eq!(id("mine/x.y"), "mine/x.y");
    assert_eq!(
        load_as("other", "f", "title: T\nlevel: note\nwhy: W\ntimeline: [cycle]").unwrap().about.id,
        "other"
    );
}

#[test]
fn faults_nobody_knows_are_found_by_those_who_know_all() {
    let unknown = |known: &[&str]| unknown_faults("f", WHOLE, known).unwrap();
    assert!(unknown(&["hides-disabled-users"]).is_empty());
    let problems = unknown(&["hide-disabled-users"]);
    assert_eq!(problems[0].title, "unknown fault `hides-disabled-users`");
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `hide-disabled-users`?"));
    assert!(unknown_faults("f", "a: [", &[]).is_err());
}

proptest::proptest! {
    /// Whatever a slip of the keyboard makes of a scenario, it is read or refused with places.
    #[test]
    fn no_slip_makes_it_panic(
        at in 0..WHOLE.len(),
        length in 0..40_usize,
        slip in "[\\[\\]{}:,'\"|> \\n#&*!a-z0-9é.$-]{0,6}",
    ) {
        let start = WHOLE.floor_char_boundary(at);
        let end = WHOLE.ceil_char_boundary((at + length).min(WHOLE.len())).max(start);
        let text = format!("{}{slip}{}", &WHOLE[..start], &WHOLE[end..]);
        for problem in load("t.yaml", &text).err().into_iter().flatten() {
            proptest::prop_assert!(problem.render(false).contains("--> t.yaml"), "{problem}");
        }
    }
}

#[test]
fn every_step_of_the_table_is_read_and_no_other() {
    let problems = |step: &str| {
        let text = format!(
            "title: T\nlevel: note\nwhy: W\nneeds: [second-tenant]\npeople:\n  ada:\ntimeline:\n  - cycle\n{step}"
        );
        load("cycles/x.yaml", &text).err().unwrap_or_default()
    };
    let is_unknown = |step: &str| problems(step).iter().any(|problem| problem.title.contains("unknown step"));
    for name in steps::all_names() {
        for written in [format!("  - {name}\n"), format!("  - {name}: 7\n")] {
            assert!(!is_unknown(&written), "{name} is in the table, and the loader does not know it");
        }
    }
    assert!(is_unknown("  - wait\n") && is_unknown("  - wait: 7\n"));
}
