use uuid::Uuid;

/// Where ids come from: chance, or a count, so that two runs of a test get the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ids {
    /// The number of the next id; `None` for ids by chance.
    pub next: Option<u64>,
}

impl Ids {
    /// A new id.
    pub fn make(&mut self) -> Uuid {
        match &mut self.next {
            None => Uuid::new_v4(),
            Some(number) => {
                let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("scimulate {number}").as_bytes());
                *number += 1;
                id
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_ids_are_the_same_each_time_and_never_twice() {
        let mut first = Ids { next: Some(0) };
        let mut second = first;
        let ids = [first.make(), first.make()];
        assert_eq!(ids, [second.make(), second.make()]);
        assert_ne!(ids[0], ids[1]);
        assert_ne!(Ids::default().make(), Ids::default().make());
    }
}
