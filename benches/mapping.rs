//! How many people the default mapping computes in a second, on one core and without a network:
//! `cargo bench --bench mapping`.
//!
//! The machine's speed drifts, so copies of the same people's attributes in the same minute stand
//! beside it as a yardstick.

use std::hint::black_box;
use std::time::{Duration, Instant};

use scimulate::entra::directory::{Object, User};
use scimulate::entra::mapping::{Circumstances, MappingSubject, Phase, profiles};
use scimulate::people::{People, PeopleSettings};

const PEOPLE: usize = 2_000;
/// Counted rounds over everybody, after one that is not counted.
const ROUNDS: usize = 50;

fn main() {
    let people = People::new(PeopleSettings::default(), 1, "bench").expect("the default settings are right");
    let everybody: Vec<User> =
        (0..PEOPLE).map(|number| people.person("bench", "default", &format!("person-{number}"))).collect();
    let mapping = profiles::load(profiles::DEFAULT).expect("the default profile is built in");
    let circumstances = Circumstances::at_hour(0);

    let map = |user: &User| {
        let subject = MappingSubject { object: Object::User(user), is_soft_deleted: false, circumstances };
        mapping.user.evaluate(&subject, Phase::Create).expect("every row can be computed").len()
    };
    let copy = |user: &User| black_box(user.clone()).attributes().count();
    let (mapped, copied) = (best(&everybody, map), best(&everybody, copy));
    println!("mapped users     {:>10.0} a second", per_second(mapped));
    println!("copied users     {:>10.0} a second", per_second(copied));
    println!("ratio            {:>10.2}", mapped.as_secs_f64() / copied.as_secs_f64());
}

/// The fastest round: whatever else the machine does only ever makes one slower.
fn best(everybody: &[User], work: impl Fn(&User) -> usize) -> Duration {
    let round = || {
        let begin = Instant::now();
        for user in everybody {
            black_box(work(black_box(user)));
        }
        begin.elapsed()
    };
    round();
    (0..ROUNDS).map(|_| round()).min().unwrap_or_default()
}

fn per_second(round: Duration) -> f64 {
    PEOPLE as f64 / round.as_secs_f64()
}
