//! The sagas of the open log as the window has them: found behind it when a view first asks, found anew when the log
//! grew or another domain was chosen. One survey and one page for all views.

use std::sync::Arc;

use super::document::Document;
use crate::engine::{Engine, Latest, SurveyProgress};
use crate::model::Row;
use crate::saga::{Page, Survey};

/// What a survey depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurveyKey {
    /// Which state of the log.
    generation: u64,
    /// By which choice of a domain.
    choice: u32,
}

/// What is known of the sagas.
#[derive(Clone, Debug)]
pub struct Sagas {
    /// Of what.
    pub key: SurveyKey,
    /// All of them.
    pub survey: Arc<Survey>,
}

/// One saga of a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PageKey {
    survey: SurveyKey,
    at: usize,
}

/// Questions about the sagas of one document.
#[derive(Default)]
pub(super) struct SagaQuestions {
    survey: Latest<SurveyKey, Arc<Survey>>,
    progress: SurveyProgress,
    page: Latest<PageKey, Arc<Page>>,
}

impl SagaQuestions {
    pub(super) fn is_busy(&self) -> bool {
        self.survey.is_busy() || self.page.is_busy()
    }

    pub(super) fn clear(&self) {
        self.survey.clear();
        self.page.clear();
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
        let key = SurveyKey { generation: self.open.log.generation(), choice: self.choices() };
        let (open, domain, progress) =
            (self.open.clone(), self.domain().cloned(), self.questions.progress.clone());
        self.questions.survey.ask(engine.workers(), &key, move |cancel, _| {
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

    /// One saga in full; `None` while it is being read.
    pub fn saga_page(&self, engine: &Engine, sagas: &Sagas, at: usize) -> Option<Result<Arc<Page>, String>> {
        let key = PageKey { survey: sagas.key, at };
        let (open, survey) = (self.open.clone(), Arc::clone(&sagas.survey));
        self.questions
            .page
            .ask(engine.workers(), &key, move |cancel, _| open.saga_page(&survey, at, cancel).map(Arc::new));
        let answer = self.questions.page.answer_to(&key)?;
        Some(answer.result.clone())
    }
}

/// The sagas that an event belongs to, by their place in the survey.
pub fn sagas_of(document: &Document, survey: &Survey, row: Row) -> Vec<usize> {
    let instances = survey.instances.of_event(document.log(), row);
    let first = |instance: &usize| survey.sagas.partition_point(|saga| saga.instance < *instance);
    let of_one = |instance: usize| {
        let from = first(&instance);
        (from..survey.sagas.len()).take_while(move |at| survey.sagas[*at].instance == instance)
    };
    instances.into_iter().flat_map(of_one).collect()
}
