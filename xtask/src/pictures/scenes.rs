//! What is typed for each picture.

/// A picture.
#[derive(Debug)]
pub(super) struct Scene {
    /// The name of its file.
    pub(super) name: &'static str,
    /// Columns and rows of the terminal.
    pub(super) size: (u16, u16),
    pub(super) steps: &'static [Step],
}

/// One step towards it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Keys, as tmux calls them.
    Keys(&'static [&'static str]),
    /// Waits until this is on the screen.
    Until(&'static str),
    /// Waits until this is no longer on the screen.
    Gone(&'static str),
    /// Waits until a chart has a time axis of so many seconds.
    Seconds(f64),
    /// Waits until lines of the screen have so many characters of a sparkline or a curve.
    Drawn(usize),
}

use Step::{Drawn, Gone, Keys, Seconds, Until};

/// All pictures.
pub(super) const SCENES: [Scene; 3] = [
    Scene {
        name: "top",
        size: (120, 18),
        steps: &[
            Keys(&["mapcast top", "Enter"]),
            Until("NAME"),
            Keys(&["End"]),
            Until("WAVE"),
            Keys(&["Tab", "Down", "Down"]),
            Until("first phase"),
            // Each live region has a rate.
            Gone("live         0/s"),
            Drawn(120),
        ],
    },
    Scene {
        name: "top-chart",
        size: (100, 20),
        steps: &[
            Keys(&["mapcast top wave", "Enter"]),
            Until("FIELD"),
            Keys(&["Down", "Down", "Enter"]),
            // Six periods.
            Seconds(12.0),
        ],
    },
    Scene {
        name: "top-instances",
        size: (96, 12),
        steps: &[Keys(&["mapcast top quotes", "Enter"]), Until("EEE ")],
    },
];
