//! Account discovery: reading every account of the target, page by page (how-to-account-discovery).

use std::collections::HashSet;

use super::answers::{self, Asked, Trouble};
use super::log::CycleStop;
use super::problem::{ErrorCode, JobProblem};
use crate::entra::dialect::Writer;
use crate::wire::{ResourceKind, Target};

/// More pages than these are not read: a target may answer page after page for ever.
const MOST_PAGES: usize = 1000;

/// One page as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveryPage {
    /// The `startIndex` that was asked for.
    pub start_index: usize,
    /// The `totalResults` that was answered.
    pub total_results: u64,
    /// Ids of the accounts on the page, in order.
    pub ids: Vec<String>,
}

/// Every account of the target, as paging brought them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// The pages in order.
    pub pages: Vec<DiscoveryPage>,
    /// Why reading ended before the end, if it did.
    pub problem: Option<JobProblem>,
    /// Why nothing could go on, if so.
    pub stopped: Option<CycleStop>,
    /// There are more pages than are read.
    pub cut: bool,
}

impl Accounts {
    /// Ids in the order they came; one that came twice stands here twice.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().flat_map(|page| page.ids.iter().map(String::as_str))
    }
}

/// Reads all users, `count` at a time, until as many came as the target says there are.
pub(super) async fn read_all<T: Target>(writer: &Writer, count: usize, target: &T) -> Accounts {
    let mut accounts = Accounts::default();
    let mut seen = HashSet::new();
    let mut start_index = 1;
    loop {
        let step = format!("discovery: page {}", accounts.pages.len() + 1);
        let request = writer.list_page(ResourceKind::User, start_index, count, step);
        let answer = answers::accepted(Asked::Query, target.send(request).await);
        let (total_results, resources) =
            match answer.and_then(|answer| Ok(answers::list(ResourceKind::User, &answer)?)) {
                Ok(page) => page,
                Err(Trouble::Object(problem)) => {
                    accounts.problem = Some(problem);
                    return accounts;
                }
                Err(Trouble::Stop(stopped)) => {
                    accounts.stopped = Some(stopped);
                    return accounts;
                }
            };
        let ids: Vec<String> = resources.into_iter().map(|resource| resource.id).collect();
        let came = ids.len();
        let new = ids.iter().filter(|id| seen.insert((*id).clone())).count();
        accounts.pages.push(DiscoveryPage { start_index, total_results, ids });
        start_index += came;
        let reached = u64::try_from(start_index).unwrap_or(u64::MAX) > total_results;
        if came == 0 || reached {
            return accounts;
        }
        if accounts.pages.len() >= MOST_PAGES {
            accounts.cut = true;
            return accounts;
        }
        if new == 0 {
            // Without this, a target that ignores startIndex would be read for ever.
            accounts.problem = Some(JobProblem::new(
                ErrorCode::ServiceIncompatible,
                format!("The page from startIndex {} holds nobody new.", start_index - came),
            ));
            return accounts;
        }
    }
}
