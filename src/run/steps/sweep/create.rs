//! A create with every attribute, read back.

use super::Sweep;
use super::batches::Search;
use super::comparison::difference;
use crate::run::steps::Player;
use crate::run::steps::fixture::FixtureSource;
use crate::wire::Target;

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    pub(super) async fn sweep_by_create(&mut self, mut sweep: Sweep<'_>) {
        let mut search = Search::of(std::mem::take(&mut sweep.attributes));
        let sweeps = self.sweeps;
        while let Some(batch) = search.next() {
            // The create, and if it is accepted a read and the removal.
            if !sweep.allowance.take(3) {
                search.end(batch);
                break;
            }
            let (sent, account) = self.make_swept(&mut sweep, &batch).await;
            search.learn(batch, sent, |attribute| sweeps.is_rejected(&attribute.path.to_string()));
            let Some(account) = account else { continue };
            let Some((resource, read)) = self.read_swept(&sweep, &account.id).await else { continue };
            for attribute in &account.given {
                let written = attribute.value(self.material(), false);
                if let Some(found) = difference(attribute, &written, &resource) {
                    let finding = self.differs(&sweep, attribute, &written, &found);
                    self.complain(finding.shown_by(&account.exchange).shown_by(&read));
                }
            }
        }
        self.tell_rejected(&sweep, &search);
    }
}
