//! The load itself: requests at their instants, whatever becomes of those before.

use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};
use tokio::time::{Duration, Instant, sleep_until};

use super::LoadSettings;
use super::measure::{LeftOut, Measurements, RequestOutcome, Sample};
use super::mix::{LoadOperation, Mix};
use super::population::{Population, exchange, interrupted, withheld};
use crate::check::Skip;
use crate::wire::{Broken, Exchange, Request, ResourceKind, Target};

/// A request that has come to its end.
struct EndedRequest {
    sample: Sample,
    /// Who becomes a member of the group by it.
    member: Option<String>,
    /// The exchange of a create.
    created: Option<Arc<Exchange>>,
    withheld: Option<String>,
}

/// Sends the load; `Err` when it did not come to its end.
pub(super) async fn play<T: Target + 'static>(
    settings: &LoadSettings,
    population: &mut Population<T>,
    left_out: &[LeftOut],
) -> Result<Measurements, Skip> {
    let gap = Duration::from_secs(1) / settings.rate.get();
    let total = settings.duration.as_nanos().div_ceil(gap.as_nanos().max(1));
    let total = usize::try_from(total).unwrap_or(usize::MAX).max(1);
    let mut left_out: Vec<LoadOperation> = left_out.iter().map(|left| left.kind).collect();
    if population.group.is_none() {
        left_out.push(LoadOperation::AddMember);
    }
    let mut script = RequestOrder { left_out, counts: [0; LoadOperation::ALL.len()] };
    let mut tally = Measurements::new(total, gap.saturating_mul(u32::try_from(total).unwrap_or(u32::MAX)));
    let mut under_way: JoinSet<EndedRequest> = JoinSet::new();
    let mut stopped: Option<Skip> = None;
    let begin = Instant::now();
    let cancel = population.cancel.clone();
    'load: for number in 0..total {
        let due = begin + gap.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
        // Made up beforehand, so that it can start in time.
        let (kind, request, member) = script.next(population, number);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => break 'load,
                () = sleep_until(due) => break,
                Some(ended) = under_way.join_next() => {
                    stopped = stopped.or(take(ended, population, &mut tally));
                }
            }
        }
        if stopped.is_some() {
            break;
        }
        under_way.spawn(send(population, kind, request, member, begin, due));
    }
    // A write that is under way is waited for, so that what it made is known and can be removed.
    while let Some(ended) = under_way.join_next().await {
        stopped = stopped.or(take(ended, population, &mut tally));
    }
    match stopped {
        Some(skip) => Err(skip),
        None if cancel.is_cancelled() => Err(interrupted()),
        None => Ok(tally),
    }
}

/// One request, from its instant to its answer.
fn send<T: Target + 'static>(
    population: &Population<T>,
    kind: LoadOperation,
    request: Request,
    member: Option<String>,
    begin: Instant,
    due: Instant,
) -> impl Future<Output = EndedRequest> + Send + use<T> {
    let (target, cancel) = (Arc::clone(&population.direct), population.cancel.clone());
    async move {
        let late = due.elapsed();
        let outcome = if request.writes() {
            target.send(request.clone()).await
        } else {
            tokio::select! {
                outcome = target.send(request.clone()) => outcome,
                () = cancel.cancelled() => Err(Broken::Interrupted),
            }
        };
        let (latency, ended) = (due.elapsed(), begin.elapsed());
        let fate = RequestOutcome::of(&outcome);
        let shown = (fate != RequestOutcome::Done || kind == LoadOperation::Create)
            .then(|| exchange(&*target, &request, &outcome));
        let withheld = match outcome {
            Err(Broken::Withheld(why) | Broken::Unproven(why)) => Some(why),
            _ => None,
        };
        let created = shown.clone().filter(|_| kind == LoadOperation::Create);
        let exchange = shown.filter(|_| fate != RequestOutcome::Done);
        EndedRequest {
            sample: Sample { kind, fate, latency, late, ended, exchange },
            member,
            created,
            withheld,
        }
    }
}

/// Takes in what has ended. The guard holding a request back ends the load.
fn take<T: Target + 'static>(
    ended: Result<EndedRequest, JoinError>,
    population: &mut Population<T>,
    tally: &mut Measurements,
) -> Option<Skip> {
    let ended = match ended {
        Ok(ended) => ended,
        // A mistake in this program must not look like one of the target.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => return None,
        },
    };
    let done = ended.sample.fate == RequestOutcome::Done;
    if let Some(exchange) = &ended.created
        && let Some(id) = population.made(ResourceKind::User, exchange)
        && population.group.is_some()
    {
        population.waiting.push_back(id);
    }
    population.members.extend(ended.member.filter(|_| done));
    tally.add(ended.sample);
    ended.withheld.map(|why| withheld(&why))
}

/// Which request comes next.
struct RequestOrder {
    left_out: Vec<LoadOperation>,
    /// How many of each kind there were.
    counts: [usize; LoadOperation::ALL.len()],
}

impl RequestOrder {
    /// The next request, and who becomes a member by it.
    fn next<T: Target + 'static>(
        &mut self,
        population: &mut Population<T>,
        number: usize,
    ) -> (LoadOperation, Request, Option<String>) {
        let kind = population.mix.kind(number, &self.left_out);
        let place = LoadOperation::ALL.iter().position(|known| *known == kind).unwrap_or_default();
        let count = self.counts[place];
        self.counts[place] += 1;
        let mix = Arc::clone(&population.mix);
        let accounts = &population.accounts;
        let account = &accounts[count % accounts.len()];
        let request = match kind {
            LoadOperation::Create => {
                return (kind, mix.create(&Mix::key("recruit", count)), None);
            }
            LoadOperation::AddMember => {
                // Once everybody is a member, somebody is added again.
                let next = population.waiting.pop_front().unwrap_or_else(|| account.id.clone());
                let group = population.group.as_deref().expect("without a group the kind is left out");
                return (kind, mix.add_member(group, &next), Some(next));
            }
            LoadOperation::Update => mix.update(account, count),
            LoadOperation::Disable => mix.set_active(&accounts[count / 2 % accounts.len()], count % 2 == 1),
            LoadOperation::Read => Some(mix.read(account)),
            LoadOperation::Lookup => None,
        };
        match request {
            Some(request) => (kind, request, None),
            None => {
                let there = count.is_multiple_of(2).then_some(account);
                (LoadOperation::Lookup, mix.lookup(there), None)
            }
        }
    }
}
