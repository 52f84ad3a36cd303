//! The other run that sagas are compared with: a file, or a run of the simulator that was left for another future or
//! another recipe. It is read and its sagas are found behind the window. How two sagas differ is the matter of
//! [`crate::saga`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::Context;

use super::document::Document;
use super::{Answer, App};
use crate::base::thread;
use crate::domain::Domain;
use crate::engine::{Engine, Latest, OpenLog, SurveyProgress};
use crate::saga::{Page, Survey};
use crate::ui::command::WindowCommand;

/// Runs of the simulator that are kept to compare with; older ones are forgotten.
const KEPT_MAX: usize = 8;

/// Which other run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RivalChoice {
    /// That of a file.
    File(PathBuf),
    /// One that was left, by its number.
    Kept(u32),
}

/// A run of the simulator that was left.
#[derive(Clone, Debug)]
pub struct KeptRun {
    /// Names it for as long as it is kept.
    pub number: u32,
    /// Its recipe, and which of its futures it is.
    pub title: String,
    open: OpenLog,
    domain: Option<Arc<Domain>>,
}

/// The other run with its sagas.
#[derive(Debug)]
pub struct Rival {
    /// What it is called.
    pub title: String,
    /// Its log.
    pub open: OpenLog,
    /// Its sagas.
    pub survey: Arc<Survey>,
}

/// What the other run depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RivalKey {
    choice: RivalChoice,
    /// By which choice of a domain.
    domain: u32,
    /// How often it was read.
    read: u32,
}

/// What a saga of the other run depends on.
type RivalPageKey = (RivalKey, usize);

/// An answer, or why there is none.
type Answered<T> = Result<Arc<T>, String>;

/// Other runs to compare with.
#[derive(Default)]
pub struct Rivals {
    kept: Vec<KeptRun>,
    numbers: u32,
    chosen: Option<RivalChoice>,
    reads: u32,
    run: Latest<RivalKey, Answered<Rival>>,
    page: Latest<RivalPageKey, Arc<Page>>,
}

impl Rivals {
    /// The runs that were left, the newest last.
    pub fn kept(&self) -> &[KeptRun] {
        &self.kept
    }

    /// Which run is compared with; `None`: none, sagas of this log are.
    pub fn chosen(&self) -> Option<&RivalChoice> {
        self.chosen.as_ref()
    }

    /// What the run that is chosen is called.
    pub fn title(&self) -> Option<String> {
        match self.chosen.as_ref()? {
            RivalChoice::File(path) => Some(file_name(path)),
            RivalChoice::Kept(number) => {
                self.kept.iter().find(|run| run.number == *number).map(|run| run.title.clone())
            }
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.run.is_busy() || self.page.is_busy()
    }

    pub(super) fn take_kept(&mut self) -> (Vec<KeptRun>, u32) {
        (std::mem::take(&mut self.kept), self.numbers)
    }

    pub(super) fn keep_all(&mut self, (kept, numbers): (Vec<KeptRun>, u32)) {
        (self.kept, self.numbers) = (kept, numbers);
    }

    fn choose(&mut self, choice: Option<RivalChoice>) {
        // The same file again is read again: it may be another one by now.
        self.reads += 1;
        if choice.is_none() {
            self.run.clear();
            self.page.clear();
        }
        self.chosen = choice;
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

impl Document {
    /// Keeps the run as far as it has come: what comes now is another one.
    pub(super) fn keep_run(&mut self) {
        let Some(simulation) = &self.simulation else { return };
        let Some(frame) = simulation.frame.as_ref().filter(|_| !self.open.log.is_empty()) else { return };
        let title = match frame.futures.get(frame.future) {
            Some(words) if frame.futures.len() > 1 => format!("{}, {words}", frame.recipe_line),
            _ => frame.recipe_line.clone(),
        };
        let rivals = &mut self.rivals;
        rivals.numbers += 1;
        let chosen = rivals.chosen.clone();
        // Of the same run only the newest is kept, unless the other one is being looked at.
        rivals.kept.retain(|run| run.title != title || chosen == Some(RivalChoice::Kept(run.number)));
        rivals.kept.push(KeptRun {
            number: rivals.numbers,
            title,
            open: self.open.clone(),
            domain: Some(Arc::clone(&simulation.request.domain)),
        });
        let beyond = rivals.kept.len().saturating_sub(KEPT_MAX);
        rivals.kept.drain(..beyond);
    }

    /// The other run that was chosen, with its sagas; `None` while it is being read.
    pub fn rival(&self, engine: &Engine) -> Option<(RivalKey, Answered<Rival>)> {
        let rivals = &self.rivals;
        let key = RivalKey { choice: rivals.chosen.clone()?, domain: self.choices(), read: rivals.reads };
        let title = rivals.title();
        let kept = match &key.choice {
            RivalChoice::File(_) => None,
            RivalChoice::Kept(number) => rivals.kept.iter().find(|run| run.number == *number).cloned(),
        };
        let (dirs, own, choice) = (engine.dirs().clone(), self.domain().cloned(), key.choice.clone());
        rivals.run.ask(engine.workers(), &key, move |cancel, _| {
            let (open, domain) = match (choice, kept) {
                (RivalChoice::File(path), _) => match OpenLog::beside(&path, &dirs, cancel)? {
                    Ok(open) => (open, own),
                    Err(problem) => return Some(Err(problem)),
                },
                (RivalChoice::Kept(_), Some(run)) => (run.open, run.domain),
                (RivalChoice::Kept(_), None) => return Some(Err("It is no longer kept".to_owned())),
            };
            let survey = open.sagas(domain.as_ref(), cancel, &SurveyProgress::default())?;
            if survey.sagas.is_empty() {
                return Some(Err("It has no sagas".to_owned()));
            }
            let title = title.unwrap_or_default();
            Some(Ok(Arc::new(Rival { title, open, survey: Arc::new(survey) })))
        });
        let answer = rivals.run.answer_to(&key)?;
        Some((key, answer.result.clone().and_then(|run| run)))
    }

    /// One saga of the other run in full; `None` while it is being read.
    pub fn rival_page(
        &self,
        engine: &Engine,
        key: &RivalKey,
        rival: &Arc<Rival>,
        at: usize,
    ) -> Option<Answered<Page>> {
        let (key, rival) = ((key.clone(), at), Arc::clone(rival));
        self.rivals.page.ask(engine.workers(), &key, move |cancel, _| {
            rival.open.saga_page(&rival.survey, at, cancel).map(Arc::new)
        });
        Some(self.rivals.page.answer_to(&key)?.result.clone())
    }
}

impl App {
    pub(super) fn compare_with(&mut self, choice: Option<RivalChoice>) {
        let Some(document) = &mut self.document else { return };
        document.rivals.choose(choice);
        self.commands.send(WindowCommand::ShowView("compare"));
    }

    pub(super) fn choose_rival(&mut self, context: &Context) {
        let (answers, waker) = (self.answers.0.clone(), context.clone());
        let spawned = thread::spawn("rival-dialog", move || {
            let chosen = rfd::FileDialog::new().set_title("Compare with the run of another file").pick_file();
            let answer = chosen
                .map_or_else(|| Answer::Said("No file was chosen to compare with".to_owned()), Answer::Rival);
            // The window may be gone by now.
            drop(answers.try_send(answer));
            waker.request_repaint();
        });
        if let Err(error) = spawned {
            self.complain(format!("The file dialog cannot be opened: {error}"));
        }
    }
}
