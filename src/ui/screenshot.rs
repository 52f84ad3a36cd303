//! The real window drawn without a display: what `sagascope screenshot` and the picture tests show.

use std::path::PathBuf;

use egui::Vec2;

use super::app::{App, AppOptions};
use super::command::{Command, GoCommand, SimulationCommand, WindowCommand};
use super::fonts::Fallback;
use super::headless::{Headless, Picture};
use super::theme::Theme;
use super::view::view_class;
use crate::engine::{Dirs, SimControl, SimFrame, SimRequest, SimStart};
use crate::index::{StreamId, StreamLookup};

/// What to draw.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Stores to open; none for the welcome page or a run.
    pub stores: Vec<PathBuf>,
    /// A run to open instead.
    pub run: Option<SimRequest>,
    /// Moment of the run to show; its end if left out.
    pub moment: Option<u64>,
    /// Name of a view to show.
    pub view: Option<String>,
    /// Stream to replay: `id` or `Type/id`.
    pub stream: Option<String>,
    /// Version of that stream to put the playhead at.
    pub at: Option<i64>,
    /// Filter as typed into the box.
    pub filter: String,
    /// Dark or light.
    pub theme: Theme,
    /// Size of the window in points.
    pub size: Vec2,
    /// Pixels a point.
    pub scale: f32,
}

/// A picture that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum ShotError {
    /// The engine did not start.
    #[error("Sagascope cannot start its threads: {0}")]
    Start(#[from] std::io::Error),
    /// What was asked for does not exist.
    #[error("{0}")]
    Unknown(String),
    /// A store could not be read.
    #[error("{0}")]
    Store(String),
}

/// Frames without anything happening before a picture is given up: each waits a few milliseconds.
const FRAMES_MAX: usize = 20_000;

/// Quiet frames after which a window is at rest.
const QUIET_FRAMES: usize = 4;

/// A window without a display, driven frame by frame.
pub struct Stage {
    window: Headless,
    app: App,
}

impl Stage {
    /// Opens the window of `shot`, not yet drawn. Settings are neither read nor written.
    pub fn new(shot: &Shot) -> Result<Self, ShotError> {
        let window = Headless::new(shot.size, shot.theme).with_pixels_per_point(shot.scale);
        let options = AppOptions {
            run: None,
            dirs: Dirs { cache: Dirs::of_this_system().cache, config: PathBuf::new() },
            stores: shot.stores.clone(),
            fonts: Fallback::BundledOnly,
            persistent: false,
            sample: false,
            theme: Some(shot.theme),
        };
        let mut app = App::new(window.ctx(), options)?;
        // A picture stands still: no transition is caught half-way, and no caret while it blinks.
        app.preferences.motion = false;
        app.apply_theme(window.ctx());
        Ok(Self { window, app })
    }

    /// Draws frames until nothing is loading, nothing moves and every view has what it asked for.
    pub fn settle(&mut self) {
        // What a frame asks for is answered later, and what was answered is drawn by the next frame and may ask for
        // more: only several quiet frames on end are rest.
        let mut quiet = 0;
        for _ in 0..FRAMES_MAX {
            quiet = if self.frame() && self.app.is_settled() { quiet + 1 } else { 0 };
            if quiet == QUIET_FRAMES {
                return;
            }
            std::thread::yield_now();
        }
    }

    /// Draws one frame; true when no other is asked for at once.
    pub fn frame(&mut self) -> bool {
        let Self { window, app } = self;
        app.logic(&window.ctx().clone());
        window.frame(|ui| app.ui(ui))
    }

    /// Sends a command and waits until the window is at rest again.
    pub fn send(&mut self, command: impl Into<Command>) {
        self.app.send(command);
        self.settle();
    }

    /// Opens a run, at its end or at a moment of it.
    fn begin(&mut self, run: SimRequest, moment: Option<u64>) -> Result<(), ShotError> {
        self.send(SimulationCommand::Begin(Box::new(SimRequest { start: SimStart::AtEnd, ..run })));
        self.until_frame(SimFrame::is_newest);
        if let Some(moment) = moment {
            let newest = self.frame_of_run().map_or(0, |frame| frame.newest);
            if moment > newest {
                let problem = format!("The run has no moment {moment}: it ends at {newest}");
                return Err(ShotError::Unknown(problem));
            }
            self.send(SimulationCommand::Control(SimControl::GoTo(moment)));
            self.until_frame(|frame| frame.step == moment);
        }
        match self.frame_of_run().and_then(|frame| frame.refused.clone()) {
            Some(problem) => Err(ShotError::Unknown(problem)),
            None => Ok(()),
        }
    }

    fn frame_of_run(&self) -> Option<&SimFrame> {
        self.app.document()?.frame()
    }

    /// Draws until the run shows such a moment.
    fn until_frame(&mut self, is_there: impl Fn(&SimFrame) -> bool) {
        for _ in 0..FRAMES_MAX {
            let failed = self.app.document().is_some_and(|document| !document.failures.is_empty());
            if failed || self.frame_of_run().is_some_and(&is_there) {
                break;
            }
            self.frame();
            std::thread::yield_now();
        }
        self.settle();
    }

    /// The application, to look at.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The window, to send it what a person does.
    pub fn window(&mut self) -> &mut Headless {
        &mut self.window
    }
}

/// Draws the window.
pub fn take(shot: &Shot) -> Result<Picture, ShotError> {
    let mut stage = Stage::new(shot)?;
    stage.settle();
    if let Some(run) = &shot.run {
        stage.begin(run.clone(), shot.moment)?;
    }
    if let Some(document) = stage.app().document() {
        let failed = document.failures.first().filter(|_| document.log().is_empty());
        if let Some(failure) = failed {
            return Err(ShotError::Store(failure.problem.clone()));
        }
    }
    if let Some(name) = &shot.view {
        let class = view_class(name).ok_or_else(|| {
            let known: Vec<&str> = super::view::VIEWS.iter().map(|class| class.id).collect();
            ShotError::Unknown(format!("There is no view {name}. Known are {}", known.join(", ")))
        })?;
        stage.send(WindowCommand::ShowView(class.id));
    }
    if !shot.filter.is_empty() {
        stage.send(GoCommand::Filter(shot.filter.clone()));
    }
    if let Some(spelling) = &shot.stream {
        let stream = find(&stage, spelling)?;
        stage.send(GoCommand::ShowStream(stream));
        if let Some(class) = shot.view.as_deref().and_then(view_class) {
            stage.send(WindowCommand::ShowView(class.id));
        }
    }
    if let Some(version) = shot.at {
        stage.send(GoCommand::Version(version));
    }
    Ok(stage.window.picture())
}

fn find(stage: &Stage, spelling: &str) -> Result<StreamId, ShotError> {
    let Some(document) = stage.app().document() else {
        return Err(ShotError::Unknown("A stream can only be shown of a store: name one".to_owned()));
    };
    let named = |ids: &[StreamId]| -> String {
        ids.iter().map(|id| document.log().stream(*id).name().to_string()).collect::<Vec<_>>().join(", ")
    };
    match document.log().find_stream(spelling) {
        StreamLookup::Found(stream) => Ok(stream),
        StreamLookup::Ambiguous(ids) => {
            Err(ShotError::Unknown(format!("{spelling} names several streams: {}", named(&ids))))
        }
        StreamLookup::Unknown(ids) if ids.is_empty() => {
            Err(ShotError::Unknown(format!("There is no stream {spelling}")))
        }
        StreamLookup::Unknown(ids) => {
            Err(ShotError::Unknown(format!("There is no stream {spelling}. Alike are {}", named(&ids))))
        }
    }
}
