//! The results of the walks, as a table.

use super::walk::Walk;
use super::witness::Fate;

/// The heading of [`row`].
pub const HEADING: &str = "path                                instructions   points    on trace  \
                           undone  unannounced     done  failures";

/// One line of the table.
pub fn row(walk: &Walk) -> String {
    let [undone, unannounced, done] =
        [Fate::Undone, Fate::Unannounced, Fate::Done].map(|fate| walk.count(fate));
    let (points, there, failures) = (walk.deaths.len(), walk.there(), walk.failures.len());
    format!(
        "{:<35} {:>12} {points:>8} {there:>11} {undone:>7} {unannounced:>12} {done:>8} {failures:>9}",
        walk.route.name, walk.instructions
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::death::ROUTES;

    #[test]
    fn a_row_is_as_long_as_the_heading() {
        let walk = Walk {
            route: ROUTES[0],
            instructions: 7,
            by_breakpoint: true,
            from_every: (0, 1),
            deaths: Vec::new(),
            failures: Vec::new(),
        };
        assert_eq!(row(&walk).len(), HEADING.len());
    }
}
