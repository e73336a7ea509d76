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
    /// Waits until lines of the screen have so many characters of a sparkline or a curve.
    Drawn(usize),
}

use Step::{Drawn, Keys, Until};

/// All pictures.
pub(super) const SCENES: [Scene; 5] = [
    Scene {
        name: "list",
        size: (96, 8),
        steps: &[Keys(&["mapcast list", "Enter"]), Until("WRITER"), Until("wave ")],
    },
    Scene {
        name: "inspect",
        size: (96, 26),
        steps: &[Keys(&["mapcast inspect wave", "Enter"]), Until("from 1 to 6")],
    },
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
            Drawn(200),
        ],
    },
    Scene {
        name: "top-instances",
        size: (96, 12),
        steps: &[Keys(&["mapcast top quotes", "Enter"]), Until("EEE ")],
    },
];
