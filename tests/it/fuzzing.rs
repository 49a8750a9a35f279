//! The fuzz targets as property tests: every seed, every earlier failure, and mutations of all of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use terraform_provider_cxone::fuzzing::TARGETS;

/// The files of `fuzz/<kind>/<target>`.
fn files(kind: &str, target: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(kind).join(target);
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
}

#[test]
fn seeds_and_everything_that_ever_failed_pass() {
    for (name, target) in TARGETS {
        let seeds = files("seeds", name);
        assert!(seeds.len() >= 3, "{name} has {} seeds", seeds.len());
        for (path, data) in seeds.into_iter().chain(files("regressions", name)) {
            let outcome = std::panic::catch_unwind(|| target(&data));
            assert!(outcome.is_ok(), "{name} fails at {path}");
        }
    }
}

#[test]
fn every_target_of_the_table_has_a_program_for_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let program = fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("::fuzzing::{name}(data)")), "{name}");
    }
    assert_eq!(fs::read_dir(folder.join("fuzz_targets")).unwrap().count(), TARGETS.len());
}

#[test]
fn mutated_seeds_break_no_law() {
    for (name, target) in TARGETS {
        let seeds: Vec<_> =
            files("seeds", name).into_values().chain(files("regressions", name).into_values()).collect();
        let mut runner = TestRunner::new(ProptestConfig { cases: 2_000, ..ProptestConfig::default() });
        let outcome = runner.run(&mutated(seeds), |data| {
            target(&data);
            Ok(())
        });
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
}

/// A change of one place: bytes taken out, and others, or a piece of another seed, put in.
type Change = (Index, Index, Vec<u8>, Index, bool);

fn mutated(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..8);
    let change = (any::<Index>(), any::<Index>(), bytes, any::<Index>(), any::<bool>());
    (any::<Index>(), proptest::collection::vec(change, 0..6)).prop_map(move |(seed, changes): (Index, Vec<Change>)| {
        let mut data = seed.get(&seeds).clone();
        for (at, length, fresh, other, from_seed) in changes {
            let start = at.index(data.len() + 1);
            let end = (start + length.index(17)).min(data.len());
            let other = other.get(&seeds);
            let piece = if from_seed { &other[start.min(other.len())..] } else { &fresh[..] };
            data.splice(start..end, piece.iter().copied());
            data.truncate(4096);
        }
        data
    })
}
