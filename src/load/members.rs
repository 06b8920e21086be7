//! Members that are added to one group at the same time.

use std::sync::Arc;
use std::time::Duration;

use super::measure::Members;
use super::population::{Population, members_of};
use crate::check::Skip;
use crate::run::target::at_once::{AT_ONCE, at_once};
use crate::wire::{Answer, Broken, Exchange, Target};

/// A target that reads from a replica gets this time before members count as lost.
const SETTLING: Duration = Duration::from_secs(1);

/// What was seen.
#[derive(Debug)]
pub(super) struct SeenMembers {
    pub members: Members,
    /// The group, read afterwards.
    pub shown: Arc<Exchange>,
    /// Requests that were not answered with 2xx.
    pub refused: Vec<Arc<Exchange>>,
}

/// Adds those who are to join, several at once, and reads the group. Whoever was added during the load
/// must be in it too.
pub(super) async fn play<T: Target + 'static>(population: &mut Population<T>) -> Result<SeenMembers, Skip> {
    let Some(group) = population.group.clone() else {
        let why = if population.mix.has_groups() {
            "the server rejects the create of a group"
        } else {
            "the mapping provisions no groups with members"
        };
        return Err(Skip::NotConfigured(why.to_owned()));
    };
    if !population.shows_members {
        return Err(Skip::NotSupported("GET on the group does not show a member that was added".to_owned()));
    }
    let mut refused = Vec::new();
    for joining in population.joining.clone().chunks(AT_ONCE) {
        population.go_on()?;
        let requests = joining.iter().map(|member| population.mix.add_member(&group, member));
        let requests: Vec<_> = requests.collect();
        let target = &population.retrying;
        let outcomes = at_once(requests.iter().map(|request| target.send(request.clone()))).await;
        for ((member, request), outcome) in joining.iter().cloned().zip(requests).zip(outcomes) {
            match outcome {
                Ok(answer) if answer.is_success() => {
                    population.members.insert(member);
                }
                // Whoever is asked to come again later has nothing to complain about.
                Ok(Answer { status: 429, .. }) | Err(Broken::Interrupted) => {}
                outcome => refused.push(population.exchange(&request, &outcome)),
            }
        }
    }
    let mut missing = read(population, &group).await?;
    if missing.0 > 0 {
        tokio::time::sleep(SETTLING).await;
        missing = read(population, &group).await?;
    }
    let (missing, shown) = missing;
    let added = population.members.len();
    Ok(SeenMembers { members: Members { added, kept: added - missing }, shown, refused })
}

/// How many members are missing, and the exchange that shows it.
async fn read<T: Target + 'static>(
    population: &Population<T>,
    group: &str,
) -> Result<(usize, Arc<Exchange>), Skip> {
    let request = population.mix.group_with_members(group);
    let outcome = population.send_retrying(request.clone()).await?;
    let exchange = population.exchange(&request, &outcome);
    match outcome {
        Ok(answer) if answer.is_success() => {
            let held = members_of(&answer);
            Ok((population.members.iter().filter(|member| !held.contains(*member)).count(), exchange))
        }
        Ok(answer) => Err(Skip::Blocked(format!("the target: GET on the group returns {}", answer.status))),
        Err(broken) => Err(Skip::Blocked(format!("the target: {broken}"))),
    }
}
