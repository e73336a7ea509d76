//! `mapcast top`: regions and their values, live, on a terminal.
//!
//! Invariant: only `run` draws, at most 20 times a second, and only when something has changed. A record
//! wakes it through the region's futex; states, rates and ages are looked at once a second.
//!
//! ```text
//!   events (keys, signals) --\                  regions, content --read--> model --> view
//!   waiter (futex) ----------- messages --> run --action--> model             |
//!                                             \------------- pace ------------/
//! ```
//!
//! Price: four threads; while nothing happens, two wake-ups a second and for each region of the list two
//! system calls.

mod action;
mod content;
mod events;
mod helper;
mod identity;
mod model;
mod number_text;
mod pace;
mod pane;
mod regions;
mod screen;
mod shown;
mod source;
#[cfg(test)]
mod tests;
mod track;
mod view;
mod waiter;

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::Event;
use rustix::process::{Signal, getppid, getsid, kill_current_process_group};
use signal_hook::consts::SIGTSTP;
use signal_hook::low_level::emulate_default_handler;

use crate::ToolError;
use crate::region_argument::RegionArgument;

use action::action;
use content::Content;
use model::{Effect, Focus, Model};
use pace::FramePace;
use regions::Regions;
use screen::Screen;
use view::Theme;

/// The command line of `top`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub struct Args {
    /// Regions (names or paths) or .toml files
    ///
    /// Without them: all regions that can be found by name, also those that come later.
    #[arg(value_name = "REGION", value_parser = RegionArgument::parser(), add = daemon::cli::regions(&["toml"]))]
    pub regions: Vec<RegionArgument>,
}

const AFTER_HELP: &str = "\
Keys:
  Up, Down   select; Enter opens a region, an instance, a chart; Esc goes back
  /          filter by a part of the name
  s          another order
  Space      pause
  b          hide or show the list of regions
  ?          all keys
  q          quit

Examples:
  mapcast top                 all regions
  mapcast top host            one
  NO_COLOR=1 mapcast top      without colours";

/// What wakes [`run`].
#[derive(Debug)]
enum Message {
    /// A key, or the mouse.
    Input(Event),
    /// The region that is shown has a new record.
    Published,
    /// The window has another size.
    Resize,
    /// SIGTSTP.
    Suspend,
    /// The process was continued.
    Resume,
    /// A signal ends the program, or the terminal is gone.
    End,
    /// A thread of [`helper`] has panicked, with this text.
    Panicked(String),
}

/// How often states, rates and ages are looked at.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) fn run(args: &Args) -> Result<(), ToolError> {
    screen::expect_terminal()?;
    daemon::raise_open_files();
    let regions = Regions::of(&args.regions)?;
    let (sender, messages) = channel();
    events::start(&sender).map_err(terminal)?;
    let mut top = Top::new(regions, sender)?;
    if args.regions.len() == 1 {
        (top.model.focus, top.model.hides_regions) = (Focus::Content, true);
    }
    top.run(&messages)
}

fn terminal(source: io::Error) -> ToolError {
    ToolError::Terminal { source }
}

struct Top {
    regions: Regions,
    content: Content,
    model: Model,
    pace: FramePace,
    screen: Screen,
    theme: Theme,
    look_at: Instant,
}

impl Top {
    /// Takes the terminal.
    fn new(regions: Regions, sender: Sender<Message>) -> Result<Self, ToolError> {
        Ok(Self {
            regions,
            content: Content::new(sender),
            model: Model::default(),
            pace: FramePace::default(),
            screen: Screen::enter().map_err(terminal)?,
            theme: Theme::of_environment(),
            look_at: Instant::now(),
        })
    }

    fn run(mut self, messages: &Receiver<Message>) -> Result<(), ToolError> {
        loop {
            let now = Instant::now();
            if self.look_at <= now {
                self.look(now);
            }
            if self.pace.take(now) {
                self.draw().map_err(terminal)?;
            }
            let now = Instant::now();
            let look = self.look_at.saturating_duration_since(now);
            let left = self.pace.left(now).map_or(look, |frame| frame.min(look));
            match messages.recv_timeout(left) {
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) | Ok(Message::End) => return Ok(()),
                Ok(Message::Panicked(text)) => return Err(ToolError::Panicked(text)),
                Ok(message) => {
                    if self.take(message).map_err(terminal)? == Effect::Quit {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Looks at states and rates.
    fn look(&mut self, now: Instant) {
        self.look_at = now + LOOK;
        if self.model.is_paused {
            return;
        }
        self.regions.look(now, self.model.regions.chosen());
        self.model.lines = self.regions.all.iter().map(|region| region.line.clone()).collect();
        self.pace.ask();
    }

    fn draw(&mut self) -> io::Result<()> {
        self.model.arrange();
        self.content.read(&mut self.regions, &mut self.model);
        self.model.arrange();
        let (model, theme) = (&mut self.model, self.theme);
        self.screen.terminal().draw(|frame| view::draw(frame, model, theme))?;
        Ok(())
    }

    fn take(&mut self, message: Message) -> io::Result<Effect> {
        let effect = match message {
            Message::Published => {
                self.content.is_published = true;
                if self.model.is_paused {
                    return Ok(Effect::None);
                }
                Effect::None
            }
            Message::Input(event) => match action(&event, self.model.over) {
                Some(action) => self.model.update(action),
                None => return Ok(Effect::None),
            },
            Message::Resize | Message::End | Message::Panicked(_) => Effect::None,
            Message::Resume => Effect::Redraw,
            Message::Suspend => {
                self.suspend()?;
                Effect::None
            }
        };
        match effect {
            Effect::Redraw => self.screen.resume()?,
            // The whole job stops, as by the key in any other program: the signal comes as a message.
            Effect::Suspend if has_shell() => kill_current_process_group(Signal::TSTP)?,
            Effect::Suspend => {
                self.model.notice = Some("there is no shell to suspend to".to_owned());
            }
            Effect::None | Effect::Quit => {}
        }
        self.pace.ask();
        Ok(effect)
    }

    /// Stops until SIGCONT.
    fn suspend(&mut self) -> io::Result<()> {
        self.screen.leave();
        emulate_default_handler(SIGTSTP)?;
        self.screen.resume()
    }
}

/// Whether the parent is of this session: a shell that continues a job that was stopped.
fn has_shell() -> bool {
    let sessions = (getsid(getppid()), getsid(None));
    matches!(sessions, (Ok(parents), Ok(own)) if parents == own)
}
