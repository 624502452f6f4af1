//! Chance that can be repeated.

use std::env;

use kopilka::base::id::ShopperId;

/// SplitMix64: small, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// Random bits that no other run had.
    pub fn seed() -> u64 {
        u64::try_from(ShopperId::new().uuid().as_u128() & 0xffff_ffff).unwrap()
    }

    /// As `TEST_SEED` says, or as never before: a test that fails prints which.
    pub fn told() -> Self {
        let seed = Self::wanted().unwrap_or_else(Self::seed);
        println!("to throw the same again: TEST_SEED={seed}");
        Self(seed)
    }

    /// The seed that is to be repeated.
    pub fn wanted() -> Option<u64> {
        env::var("TEST_SEED").ok().map(|seed| seed.parse().unwrap())
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    pub fn small(&mut self, bound: i64) -> i64 {
        i64::try_from(self.below(bound.try_into().unwrap())).unwrap()
    }

    pub fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound.try_into().unwrap())).unwrap()
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.index(of.len())]
    }
}
