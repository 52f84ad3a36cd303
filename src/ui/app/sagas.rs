//! The sagas of the open log as the window has them: found behind it when a view first asks, found anew when the log
//! grew or another domain was chosen. One survey and one page for all views.

use std::sync::Arc;

use super::document::Document;
use super::navigation::Navigation;
use crate::engine::{Engine, Latest, SurveyProgress};
use crate::model::Row;
use crate::saga::{Page, Survey};
use crate::ui::view::ViewContext;

/// What a survey depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurveyKey {
    /// Which state of the log.
    generation: u64,
    /// By which choice of a domain.
    choice: u32,
    /// As of which event; `None`: at the end of the log.
    pub as_of: Option<Row>,
}

/// What is known of the sagas.
#[derive(Clone, Debug)]
pub struct Sagas {
    /// Of what.
    pub key: SurveyKey,
    /// All of them.
    pub survey: Arc<Survey>,
}

impl Sagas {
    /// The place here of a saga of another survey of the same log: the same instance by the same definition. `None`
    /// where it has not begun.
    pub fn place_of(&self, other: &Survey, at: usize) -> Option<usize> {
        let wanted = other.sagas.get(at)?;
        let sagas = &self.survey.sagas;
        let from = sagas.partition_point(|saga| saga.instance < wanted.instance);
        let mut same = (from..sagas.len()).take_while(|at| sagas[*at].instance == wanted.instance);
        let first = same.clone().next();
        same.find(|at| sagas[*at].definition == wanted.definition).or(first)
    }
}

/// One saga of a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PageKey {
    survey: SurveyKey,
    at: usize,
}

/// Which of the sagas that are shown in full: each is asked for on its own, so that views do not take each other's
/// answer away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageOf {
    /// The one of the selected event.
    Shown,
    /// The same as of the playhead.
    Past,
    /// The one it is compared with.
    Other,
    /// That one as of the playhead.
    OtherPast,
}

/// Questions about the sagas of one document.
#[derive(Default)]
pub(super) struct SagaQuestions {
    survey: Latest<SurveyKey, Arc<Survey>>,
    past: Latest<SurveyKey, Arc<Survey>>,
    progress: SurveyProgress,
    pages: [Latest<PageKey, Arc<Page>>; 4],
}

impl SagaQuestions {
    pub(super) fn is_busy(&self) -> bool {
        self.survey.is_busy() || self.past.is_busy() || self.pages.iter().any(Latest::is_busy)
    }

    pub(super) fn clear(&self) {
        self.survey.clear();
        self.past.clear();
        for page in &self.pages {
            page.clear();
        }
    }
}

/// Why there are no sagas yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSagas {
    /// They are being looked for: done, and in all.
    Looking(usize, usize),
    /// A defect.
    Failed(String),
}

impl Document {
    /// The newest survey: asked for here, so that a log in which nobody looks for sagas is not searched. A log that
    /// grows keeps the survey it had until the new one is there.
    pub fn sagas(&self, engine: &Engine) -> Result<Sagas, NoSagas> {
        let key = SurveyKey { generation: self.open.log.generation(), choice: self.choices(), as_of: None };
        let (open, domain, progress) =
            (self.open.clone(), self.domain().cloned(), self.questions.progress.clone());
        let is_older = |asked: &SurveyKey| asked.choice == key.choice;
        self.questions.survey.ask_in_turn(engine.workers(), &key, is_older, move |cancel, _| {
            open.sagas(domain.as_ref(), cancel, &progress).map(Arc::new)
        });
        let Some(answer) = self.questions.survey.answer() else {
            let (done, all) = self.questions.progress.get();
            return Err(NoSagas::Looking(done, all));
        };
        match &answer.result {
            Ok(survey) => Ok(Sagas { key: answer.key, survey: Arc::clone(survey) }),
            Err(defect) => Err(NoSagas::Failed(defect.clone())),
        }
    }

    /// The newest survey, if somebody has asked for one.
    pub(super) fn known_sagas(&self) -> Option<Sagas> {
        let answer = self.questions.survey.answer()?;
        let survey = Arc::clone(answer.result.as_ref().ok()?);
        Some(Sagas { key: answer.key, survey })
    }

    /// The sagas as of the playhead. Until they are judged anew, as of where it was before, else at the end of the log:
    /// [`SurveyKey::as_of`] says which.
    pub fn sagas_at_playhead(&self, engine: &Engine, navigation: &Navigation) -> Result<Sagas, NoSagas> {
        let whole = self.sagas(engine)?;
        let log = &self.open.log;
        let Some(row) = navigation.playhead_row(log).filter(|_| navigation.is_in_past(log)) else {
            return Ok(whole);
        };
        let key = SurveyKey { as_of: Some(row), ..whole.key };
        let past = &self.questions.past;
        // One after the other: a playhead that moves on would else end every answer before it is there.
        if !past.is_busy() {
            let (open, survey) = (self.open.clone(), Arc::clone(&whole.survey));
            let rank = log.rank_of(row);
            past.ask(engine.workers(), &key, move |cancel, _| {
                open.sagas_as_of(&survey, rank, cancel, &SurveyProgress::default()).map(Arc::new)
            });
        }
        let is_of_log = |of: SurveyKey| SurveyKey { as_of: None, ..of } == whole.key;
        let Some(answer) = past.answer().filter(|answer| is_of_log(answer.key)) else { return Ok(whole) };
        match &answer.result {
            Ok(survey) => Ok(Sagas { key: answer.key, survey: Arc::clone(survey) }),
            Err(defect) => Err(NoSagas::Failed(defect.clone())),
        }
    }

    /// One saga in full; `None` while it is being read.
    pub fn saga_page(
        &self,
        engine: &Engine,
        of: PageOf,
        sagas: &Sagas,
        at: usize,
    ) -> Option<Result<Arc<Page>, String>> {
        let key = PageKey { survey: sagas.key, at };
        let (open, survey) = (self.open.clone(), Arc::clone(&sagas.survey));
        let page = &self.questions.pages[of as usize];
        page.ask(engine.workers(), &key, move |cancel, _| open.saga_page(&survey, at, cancel).map(Arc::new));
        Some(page.answer_to(&key)?.result.clone())
    }
}

/// The saga that a view shows: that of the selected event; the one shown before while an event is selected that
/// belongs to none; at first the one that needs a person most.
#[derive(Default)]
pub struct ShownSaga {
    /// Where an event belongs to several: the one that a person chose.
    chosen: Option<usize>,
    last: Option<(SurveyKey, usize)>,
    /// The sagas of the selected event: found once for each event.
    known: Option<(SurveyKey, Row, Vec<usize>)>,
}

impl ShownSaga {
    /// Shows this one where the selected event belongs to it.
    pub fn choose(&mut self, at: usize) {
        self.chosen = Some(at);
    }

    /// Every saga of the selected event, by its place in the survey.
    pub fn found(&mut self, context: &ViewContext<'_>, sagas: &Sagas) -> &[usize] {
        let Some(row) = context.navigation.selected else { return &[] };
        if self.known.as_ref().is_none_or(|(key, of, _)| *key != sagas.key || *of != row) {
            self.known = Some((sagas.key, row, sagas.survey.of_event(context.log(), row)));
        }
        self.known.as_ref().map_or(&[], |(_, _, found)| found)
    }

    /// The saga of the selected event, if it belongs to one.
    pub fn of_event(&mut self, context: &ViewContext<'_>, sagas: &Sagas) -> Option<usize> {
        let chosen = self.chosen;
        let found = self.found(context, sagas);
        chosen.filter(|chosen| found.contains(chosen)).or(found.first().copied())
    }

    /// The saga to show; `None` where there is none at all.
    pub fn shown(&mut self, context: &ViewContext<'_>, sagas: &Sagas) -> Option<usize> {
        let last = self.last.filter(|(key, _)| *key == sagas.key).map(|(_, at)| at);
        let at = self.of_event(context, sagas).or(last).or_else(|| sagas.survey.neediest())?;
        self.last = Some((sagas.key, at));
        Some(at)
    }
}
