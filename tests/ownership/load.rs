//! The rate gate against the model server: it makes people too, and changes them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use scimulate::check::Level;
use scimulate::entra::dialect::{Dialect, Switches, Writer};
use scimulate::entra::mapping::profiles;
use scimulate::load::{self, LoadSettings, Played};
use scimulate::people::{self, People};
use scimulate::run::target::cancel::Cancel;
use tokio::runtime::Handle;

use super::fault::{Fault, Faults};
use super::server::Model;

/// Faults that the rate gate meets, each server with one of them or two.
const SERVERS: &[&[Fault]] = &[
    &[],
    &[Fault::IdOnly],
    &[Fault::LowerCase],
    &[Fault::UpsertWhole],
    &[Fault::UpsertId],
    &[Fault::UpsertNamesake],
    &[Fault::UpsertLocation],
    &[Fault::CreateForeignId],
    &[Fault::UpsertId, Fault::ReadMissing],
    &[Fault::ReusedByForeign],
    &[Fault::ReusedByForeign, Fault::DeleteFailsAfterwards],
    &[Fault::NumericIds, Fault::ReusedByNext, Fault::ForeignArrives],
];

fn play(faults: Faults, runtime: &Handle) -> (Played, Model) {
    let model = Model::new(faults, 1);
    let settings = LoadSettings {
        mapping: profiles::load(profiles::DEFAULT).unwrap(),
        writer: Writer::new(Dialect::Default, Switches::default()),
        people: People::new(people::PeopleSettings::default(), 1, "smbcdfghjk").unwrap(),
        rate: NonZeroU32::new(50).unwrap(),
        duration: Duration::from_millis(400),
        longest_wait: Duration::ZERO,
        opaque_names: false,
        journal: None,
        cancel: Cancel::default(),
        fail_on: Some(Level::Error),
    };
    (runtime.block_on(load::play(settings, Arc::new(model.clone()))), model)
}

#[test]
fn the_rate_gate_writes_to_nothing_foreign() {
    let runtime = super::runtime();
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        let playing: Vec<_> = SERVERS
            .iter()
            .map(|faults| (Faults::of(faults), runtime.handle()))
            .map(|(faults, runtime)| scope.spawn(move || (faults.to_string(), play(faults, runtime))))
            .collect();
        for (number, playing) in playing.into_iter().enumerate() {
            let (faults, (played, model)) = playing.join().unwrap();
            let state = model.state();
            let mut complaints = state.foreign_writes.clone();
            complaints.extend(state.store.harm());
            // The first three servers are right ones.
            let left: Vec<String> = state.store.ours().map(|object| object.path()).collect();
            if number < 3 && (played.facts.is_none() || !left.is_empty() || !played.left_behind.is_empty()) {
                complaints.push(format!("{:?}, left {left:?} {:?}", played.facts, played.left_behind));
            }
            if !complaints.is_empty() {
                wrong.push(format!("faults {faults}\n    {}", complaints.join("\n    ")));
            }
        }
    });
    assert!(wrong.is_empty(), "{} of {} servers:\n{}", wrong.len(), SERVERS.len(), wrong.join("\n"));
}
