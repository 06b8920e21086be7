//! Makes a failing history small: parts are taken out of it, and what still fails is kept, until no part can go.

use super::history::{Change, History, Key, Step};

/// How many candidates are played together. They are played in one run, which asks only once what the target can do.
const TOGETHER: usize = 16;

/// The smallest history found, and how many were played for it.
#[derive(Debug, Clone)]
pub(super) struct Shrunk {
    pub(super) history: History,
    pub(super) replays: usize,
}

/// Takes parts out of a history as long as it fails, playing `most` histories at most. `fails` plays several and tells
/// of each whether it shows the same symptom.
pub(super) fn shrink<E>(
    history: &History,
    most: usize,
    mut fails: impl FnMut(&[History]) -> Result<Vec<bool>, E>,
) -> Result<Shrunk, E> {
    let mut shrunk = Shrunk { history: history.clone(), replays: 0 };
    let mut tried: Vec<History> = Vec::new();
    'smaller: loop {
        let mut candidates: Vec<History> = Vec::new();
        for candidate in candidates_of(&shrunk.history) {
            let candidate = candidate.sensible();
            let is_new = !tried.contains(&candidate) && !candidates.contains(&candidate);
            if is_new && candidate.size() < shrunk.history.size() && !candidate.steps.is_empty() {
                candidates.push(candidate);
            }
        }
        for batch in candidates.chunks(TOGETHER) {
            let batch = &batch[..batch.len().min(most.saturating_sub(shrunk.replays))];
            if batch.is_empty() {
                return Ok(shrunk);
            }
            shrunk.replays += batch.len();
            let outcomes = fails(batch)?;
            tried.extend(batch.iter().cloned());
            let failing: Vec<&History> =
                batch.iter().zip(outcomes).filter(|(_, is_failing)| *is_failing).map(|(it, _)| it).collect();
            let Some(smallest) = failing.iter().min_by_key(|history| history.size()) else { continue };
            let all = intersection(&shrunk.history, &failing);
            shrunk.history = (*smallest).clone();
            // What can go one by one can mostly go together.
            if failing.len() > 1
                && all.size() < shrunk.history.size()
                && shrunk.replays < most
                && !tried.contains(&all)
            {
                shrunk.replays += 1;
                if fails(std::slice::from_ref(&all))?.first() == Some(&true) {
                    shrunk.history = all.clone();
                }
                tried.push(all);
            }
            continue 'smaller;
        }
        return Ok(shrunk);
    }
}

/// Smaller histories, those that take the most out first.
fn candidates_of(history: &History) -> Vec<History> {
    let mut candidates = Vec::new();
    let steps = history.steps.len();
    for part in [4, 2] {
        let kept = steps.div_ceil(part);
        candidates.push(with_steps(history, |place| place < kept));
    }
    candidates.push(with_steps(history, |place| place < steps - steps / 4));
    let keys: Vec<Key> = history
        .people
        .iter()
        .map(|person| person.key)
        .chain(history.groups.iter().map(|group| group.key))
        .collect();
    candidates.extend(keys.iter().map(|key| history.without(key)));
    // The looks in between go first: the end of a history looks at everybody.
    candidates.push(History {
        steps: history
            .steps
            .iter()
            .filter(|step| !matches!(step, Step::Mirrored(_) | Step::NoWrites))
            .cloned()
            .collect(),
        ..history.clone()
    });
    if steps > 8 {
        let width = steps.div_ceil(4);
        for begin in (0..steps).step_by(width) {
            candidates.push(with_steps(history, |place| !(begin..begin + width).contains(&place)));
        }
    }
    candidates.extend((0..steps).map(|dropped| with_steps(history, |place| place != dropped)));
    candidates.extend(simpler(history));
    candidates
}

fn with_steps(history: &History, keep: impl Fn(usize) -> bool) -> History {
    let steps =
        history.steps.iter().enumerate().filter(|(place, _)| keep(*place)).map(|(_, step)| step.clone());
    History { steps: steps.collect(), ..history.clone() }
}

/// The history with one thing less said of its people, groups, accounts and mapping, or within one step.
fn simpler(history: &History) -> Vec<History> {
    let mut simpler = Vec::new();
    let mut with = |change: &dyn Fn(&mut History)| {
        let mut less = history.clone();
        change(&mut less);
        simpler.push(less);
    };
    with(&|less| less.rows.clear());
    with(&|less| less.everyone = false);
    with(&|less| less.roles = None);
    for place in 0..history.people.len() {
        with(&|less| less.people[place].attributes.clear());
        with(&|less| {
            let person = &mut less.people[place];
            (person.assigned, person.enabled, person.absent) = (true, true, false);
        });
        with(&|less| less.people[place].manager = None);
        with(&|less| less.people[place].roles.clear());
        for attribute in 0..history.people[place].attributes.len() {
            with(&|less| drop(less.people[place].attributes.remove(attribute)));
        }
    }
    for place in 0..history.groups.len() {
        with(&|less| less.groups[place].name = None);
        with(&|less| {
            let group = &mut less.groups[place];
            (group.assigned, group.absent) = (true, false);
        });
        for member in 0..history.groups[place].members.len() {
            with(&|less| {
                less.groups[place].members.remove(member);
            });
        }
    }
    for place in 0..history.accounts.len() {
        with(&|less| drop(less.accounts.remove(place)));
        with(&|less| less.accounts[place].with.clear());
        with(&|less| less.accounts[place].upper = false);
    }
    for place in 0..history.steps.len() {
        let parts = match &history.steps[place] {
            Step::Mirrored(keys) => keys.len(),
            Step::Change(_, Change::Set(attributes)) => attributes.len(),
            Step::Change(_, Change::AddMembers(members) | Change::RemoveMembers(members)) => members.len(),
            _ => 0,
        };
        for part in (0..parts).filter(|_| parts > 1) {
            with(&|less| match &mut less.steps[place] {
                Step::Change(_, Change::Set(attributes)) => drop(attributes.remove(part)),
                Step::Mirrored(keys)
                | Step::Change(_, Change::AddMembers(keys) | Change::RemoveMembers(keys)) => {
                    keys.remove(part);
                }
                _ => {}
            });
        }
    }
    simpler
}

/// The history without everything that any of these smaller ones lacks: whole people and groups, and steps.
fn intersection(history: &History, smaller: &[&History]) -> History {
    let mut all = history.clone();
    for key in
        history.people.iter().map(|person| person.key).chain(history.groups.iter().map(|group| group.key))
    {
        let has =
            |other: &&History| other.people.iter().any(|person| person.key == key) || other.is_group(key);
        if !smaller.iter().all(has) {
            all = all.without(key);
        }
    }
    for step in &history.steps {
        let number = |of: &History| of.steps.iter().filter(|other| *other == step).count();
        let fewest = smaller.iter().map(|other| number(other)).min().unwrap_or_default();
        // Of equal steps the later ones go.
        while number(&all) > fewest {
            let Some(last) = all.steps.iter().rposition(|other| other == step) else { break };
            all.steps.remove(last);
        }
    }
    all.sensible()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;
    use crate::explore::Drawer;

    fn blocks(history: &History) -> bool {
        history.steps.iter().any(|step| matches!(step, Step::Change(_, Change::Block)))
            && history.steps.contains(&Step::Cycle)
    }

    #[test]
    fn a_history_shrinks_to_what_makes_it_fail() {
        let drawer = Drawer::new(1, &profiles::load("default").unwrap());
        let history = (1..).map(|number| drawer.history(number)).find(blocks).unwrap();
        let shrunk =
            shrink(&history, 200, |candidates| Ok::<_, ()>(candidates.iter().map(blocks).collect())).unwrap();
        assert_eq!(shrunk.history.steps.len(), 2, "{:?}", shrunk.history);
        assert_eq!(shrunk.history.people.len(), 1);
        assert!(shrunk.history.people[0].attributes.is_empty());
        assert!(shrunk.history.groups.is_empty() && shrunk.history.accounts.is_empty());
    }

    #[test]
    fn no_more_is_played_than_allowed() {
        let drawer = Drawer::new(1, &profiles::load("default").unwrap());
        let mut played = 0;
        let shrunk = shrink(&drawer.history(1), 10, |candidates| {
            played += candidates.len();
            Ok::<_, ()>(vec![false; candidates.len()])
        })
        .unwrap();
        assert!(played <= 10 && played == shrunk.replays);
        assert_eq!(shrunk.history, drawer.history(1));
    }
}
