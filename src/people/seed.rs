use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A generator that depends on the seed and on every part, and on nothing else: neither the
/// machine nor the version of the standard library.
pub(super) fn random(seed: u64, parts: &[&str]) -> ChaCha8Rng {
    let mut bytes = [0; 32];
    for (lane, chunk) in (0_u64..).zip(bytes.chunks_exact_mut(8)) {
        // FNV-1a, once per lane with another beginning; 0xff ends a part, as it is in no UTF-8 text.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed.rotate_left(32) ^ (lane << 56);
        for byte in
            seed.to_le_bytes().into_iter().chain(parts.iter().flat_map(|part| part.bytes().chain([0xff])))
        {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        chunk.copy_from_slice(&hash.to_le_bytes());
    }
    ChaCha8Rng::from_seed(bytes)
}

/// Ten characters of 31, without those that are read for another: enough that a million people do
/// not collide.
pub(super) fn tag(random: &mut ChaCha8Rng) -> String {
    const LETTERS: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";
    (0..10).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, parts: &[&str]) -> u64 {
        random(seed, parts).random()
    }

    #[test]
    fn every_part_and_its_borders_count() {
        let one = first(1, &["ab", "c"]);
        assert_eq!(one, first(1, &["ab", "c"]));
        assert_ne!(one, first(1, &["a", "bc"]));
        assert_ne!(one, first(2, &["ab", "c"]));
        assert_ne!(one, first(1, &["ab", "c", ""]));
    }
}
