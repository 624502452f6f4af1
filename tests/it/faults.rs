//! Nothing lost: the real program is killed, starved of disk, cut off from its database and run beside itself while
//! clients keep a record of every answer; afterwards each answer has to be found true. Next to that: races, repeats,
//! and calls that no partner should make. `TEST_LONG=1` does all of it more often.

mod away;
mod bank;
mod calls;
mod cluster;
mod disk;
mod document;
mod kept;
mod kill;
mod nodes;
mod orders;
mod process;
mod races;
mod rig;
mod small_disk;
mod steps;
mod traffic;
