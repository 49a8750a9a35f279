//! Taking turns, so that a busy moment of the machine hits everything that is compared.

use super::figure::{Figure, Unit};
use crate::report;

/// One of the things that are compared; gives one figure a turn.
pub(super) type Contestant<'a> = Box<dyn FnMut() -> anyhow::Result<f64> + 'a>;

/// Lets each have its turn `runs` times, after one turn that does not count, and returns a figure for each.
///
/// # Errors
/// When one of them fails.
pub(super) fn take_turns<const N: usize>(
    runs: usize,
    unit: Unit,
    mut contestants: [Contestant<'_>; N],
) -> anyhow::Result<[Figure; N]> {
    let mut samples = [const { Vec::new() }; N];
    for run in 0..=runs {
        for (sample, contestant) in samples.iter_mut().zip(&mut contestants) {
            let taken = contestant()?;
            if run > 0 {
                sample.push(taken);
            }
        }
    }
    report::detail(&format!("{runs} rounds of {N}"));
    Ok(samples.map(|sample| Figure::median(unit, sample)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_taken_in_order_and_the_first_round_does_not_count() {
        let order = std::cell::RefCell::new(Vec::new());
        let contestant = |name: &'static str, figures: &'static [f64]| -> Contestant<'_> {
            let (order, mut figures) = (&order, figures.iter());
            Box::new(move || {
                order.borrow_mut().push(name);
                Ok(*figures.next().unwrap())
            })
        };
        let contestants = [contestant("a", &[900.0, 1.0, 3.0]), contestant("b", &[900.0, 5.0, 5.0])];
        let [first, second] = take_turns(2, Unit::Milliseconds, contestants).unwrap();
        assert_eq!(order.into_inner(), ["a", "b", "a", "b", "a", "b"]);
        assert_eq!((first.value, second.value), (2.0, 5.0));
    }
}
