//! Filters on every text attribute: the account is found by each value that it holds.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Sweep;
use super::published::SweptAttribute;
use crate::check::Skip;
use crate::run::observer::{reader, resources};
use crate::run::steps::Player;
use crate::run::steps::fixture::FixtureSource;
use crate::scim::Filter;
use crate::scim::message::ListResponse;
use crate::wire::{Exchange, Target, id_of};

/// So many attributes are compared in one filter.
const TOGETHER: usize = 16;
/// When so many filters on one attribute each are rejected, the others are not sent.
const ENOUGH: usize = 3;

/// What came of a filter.
enum Filtered {
    Found,
    Missed(Arc<Exchange>),
    /// The server rejects the filter, as it may, or the list does not tell.
    Unclear,
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    pub(super) async fn sweep_by_filter(&mut self, mut sweep: Sweep<'_>) {
        let Some(account) = self.make_with_most(&mut sweep).await else {
            let why = "the server did not create an account that could be found".to_owned();
            self.skip.get_or_insert(Skip::Blocked(why));
            return;
        };
        if !sweep.allowance.take(2) {
            self.leave_undecided("the limit of requests for sweeps");
            return;
        }
        let Some((resource, read)) = self.read_swept(&sweep, &account.id).await else { return };
        // What is not there as it was sent need not be found, and the create tells that.
        let material = self.material();
        let is_there = |attribute: &&SweptAttribute| {
            let sent = attribute.value(material, false);
            reader::values(&resource, &attribute.path).contains(&&sent)
        };
        let held: Vec<SweptAttribute> = sweep.attributes.iter().filter(is_there).cloned().collect();
        let mut pending: VecDeque<Vec<SweptAttribute>> = held.chunks(TOGETHER).map(<[_]>::to_vec).collect();
        let mut rejected = 0;
        while let Some(mut batch) = pending.pop_front() {
            if rejected >= ENOUGH || !sweep.allowance.take(1) {
                return;
            }
            match (self.filter_by(&sweep, &account.id, &batch).await, batch.as_slice()) {
                (Filtered::Found, _) => {}
                (Filtered::Missed(filtered), [alone]) => {
                    let finding = self.not_found(&sweep, alone);
                    self.complain(finding.shown_by(&read).shown_by(&filtered));
                }
                (Filtered::Unclear, [_]) => rejected += 1,
                (Filtered::Missed(_), _) => {
                    let second = batch.split_off(batch.len().div_ceil(2));
                    pending.extend([batch, second]);
                }
                // A server may do without `and`.
                (Filtered::Unclear, _) => pending.extend(batch.into_iter().map(|alone| vec![alone])),
            }
        }
    }

    /// Looks for the account by the values of some attributes.
    async fn filter_by(&mut self, sweep: &Sweep<'_>, id: &str, attributes: &[SweptAttribute]) -> Filtered {
        let material = self.material();
        let compared = attributes.iter().filter_map(|attribute| {
            let value = attribute.value(material, false);
            Some(Filter::equals(attribute.filter_path()?, value.as_str()?))
        });
        let Some(filter) = compared.reduce(Filter::and) else { return Filtered::Unclear };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("filter", &filter.to_string())
            .finish();
        let request = self.direct_read(sweep.kind.endpoint().to_owned(), &sweep.step).with_query(query);
        let Some(exchange) = self.exchange(request.provoked()).await else { return Filtered::Unclear };
        let found = resources(&exchange);
        let list = exchange.json().and_then(ListResponse::read);
        match found {
            Some(found) if found.iter().any(|one| id_of(one).as_deref() == Some(id)) => Filtered::Found,
            // What is not on this page may be on the next.
            Some(found) if list.is_some_and(|list| list.total_results > found.len() as u64) => {
                Filtered::Unclear
            }
            Some(_) => Filtered::Missed(exchange),
            None => Filtered::Unclear,
        }
    }
}
