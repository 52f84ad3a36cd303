//! What stands on each side of a comparison, whole and as of the playhead: the saga of the selected event, and beside it
//! that of the pinned event, one that went the usual way, or its counterpart of another run. How they differ is not the
//! matter of this file.

use std::sync::Arc;

use crate::index::EventLog;
use crate::saga::{Page, Survey};
use crate::ui::app::rival::{Rival, RivalKey};
use crate::ui::app::sagas::{NoSagas, PageOf, Sagas, SurveyKey};
use crate::ui::view::ViewContext;

/// Which two, as of when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CompareKey {
    survey: SurveyKey,
    /// As of when the sagas of this log are judged.
    then: SurveyKey,
    left: usize,
    right: usize,
    rival: Option<RivalKey>,
}

/// A saga on one side.
pub(super) struct Side {
    /// All of it.
    pub(super) whole: Arc<Page>,
    /// As of the playhead; `None` where it had not begun.
    pub(super) then: Option<Arc<Page>>,
    /// The sagas that it is one of.
    pub(super) survey: Arc<Survey>,
    /// What it is here: "selected".
    pub(super) role: String,
    /// The log of the other run; `None`: the one that is open.
    pub(super) rival: Option<Arc<Rival>>,
}

impl Side {
    /// The log that its rows are of.
    pub(super) fn log<'a>(&'a self, context: &'a ViewContext<'_>) -> &'a EventLog {
        self.rival.as_ref().map_or_else(|| context.log(), |rival| &rival.open.log)
    }

    /// What is known of it as of the playhead, else in all.
    pub(super) fn shown(&self) -> &Page {
        self.then.as_deref().unwrap_or(&self.whole)
    }
}

/// Both sides.
pub(super) struct Sides {
    pub(super) key: CompareKey,
    pub(super) both: [Side; 2],
    /// Place of the second among the sagas of the other run, and how many those are.
    pub(super) of_rival: Option<(usize, usize)>,
}

/// Why there is nothing to compare.
pub(super) enum Missing {
    /// It is being read.
    Reading(&'static str),
    /// There is no second one.
    NoOther,
    /// The saga on the left had not begun as of the playhead.
    NotBegun,
    /// The other run cannot be read.
    Unreadable(String),
    /// A defect.
    Defect(String),
}

/// What is remembered between frames: looking for it takes as long as the list of sagas is.
#[derive(Default)]
pub(super) struct Partner {
    usual: Option<(SurveyKey, usize, Option<usize>)>,
    counterpart: Option<(RivalKey, usize, usize)>,
}

impl Partner {
    /// Shows another saga of the other run.
    pub(super) fn step(&mut self, by: i64, of: usize) {
        if let Some((_, _, at)) = &mut self.counterpart {
            let last = of.saturating_sub(1) as u64;
            *at = (*at as u64).saturating_add_signed(by).min(last) as usize;
        }
    }

    /// Both sides of the comparison of the saga at `left`.
    pub(super) fn sides(
        &mut self,
        context: &ViewContext<'_>,
        sagas: &Sagas,
        left: usize,
    ) -> Result<Sides, Missing> {
        let document = context.document;
        let then = match document.sagas_at_playhead(context.engine, context.navigation) {
            Ok(then) => then,
            Err(NoSagas::Looking(..)) => {
                return Err(Missing::Reading("Judging the sagas as of the playhead"));
            }
            Err(NoSagas::Failed(defect)) => return Err(Missing::Defect(defect)),
        };
        let page = |of: PageOf, sagas: &Sagas, at: usize| {
            let page = document.saga_page(context.engine, of, sagas, at);
            page.ok_or(Missing::Reading("Reading both sagas"))?.map_err(Missing::Defect)
        };
        // As of the playhead, where that is not the end.
        let past = |of: PageOf, at: usize| -> Result<Option<Arc<Page>>, Missing> {
            let Some(place) = then.place_of(&sagas.survey, at) else { return Ok(None) };
            page(of, &then, place).map(Some)
        };
        let is_past = then.key.as_of.is_some();
        let whole = page(PageOf::Shown, sagas, left);
        let own = |whole: Arc<Page>, then: Option<Arc<Page>>, role: &str| Side {
            whole,
            then,
            survey: Arc::clone(&sagas.survey),
            role: role.to_owned(),
            rival: None,
        };
        let key = |right, rival| CompareKey { survey: sagas.key, then: then.key, left, right, rival };
        let one = || -> Result<Side, Missing> {
            let whole = whole?;
            let then = if is_past { past(PageOf::Past, left)? } else { Some(Arc::clone(&whole)) };
            let then = then.ok_or(Missing::NotBegun)?;
            Ok(own(whole, Some(then), "selected"))
        };
        if document.rivals.chosen().is_some() {
            let found = document.rival(context.engine);
            let one = one()?;
            let Some((rival_key, rival)) = found else {
                return Err(Missing::Reading("Reading the other run"));
            };
            let rival = rival.map_err(Missing::Unreadable)?;
            let right = self.counterpart(&rival_key, &rival, left, &one.whole);
            let other = document.rival_page(context.engine, &rival_key, &rival, right);
            let other = other.ok_or(Missing::Reading("Reading both sagas"))?.map_err(Missing::Defect)?;
            let other = Side {
                then: Some(Arc::clone(&other)),
                whole: other,
                survey: Arc::clone(&rival.survey),
                role: format!("in {}", rival.title),
                rival: Some(Arc::clone(&rival)),
            };
            let of_rival = Some((right, rival.survey.sagas.len()));
            return Ok(Sides { key: key(right, Some(rival_key)), both: [one, other], of_rival });
        }
        let pinned = pinned(context, sagas).filter(|at| *at != left);
        let right = pinned.or_else(|| self.usual(sagas, left)).ok_or(Missing::NoOther)?;
        let other = page(PageOf::Other, sagas, right);
        let one = one()?;
        let other = other?;
        // The usual one is what is known of the whole log, as likelihoods are.
        let then = match pinned {
            Some(at) if is_past => past(PageOf::OtherPast, at)?,
            _ => Some(Arc::clone(&other)),
        };
        let role = if pinned.is_some() { "pinned" } else { "went the usual way" };
        Ok(Sides { key: key(right, None), both: [one, own(other, then, role)], of_rival: None })
    }

    fn usual(&mut self, sagas: &Sagas, left: usize) -> Option<usize> {
        match self.usual {
            Some((key, of, found)) if key == sagas.key && of == left => found,
            _ => {
                let found = sagas.survey.usual(left);
                self.usual = Some((sagas.key, left, found));
                found
            }
        }
    }

    fn counterpart(&mut self, key: &RivalKey, rival: &Rival, left: usize, page: &Page) -> usize {
        if let Some((_, _, at)) = self.counterpart.as_ref().filter(|(of, at, _)| of == key && *at == left) {
            return *at;
        }
        let found = rival.survey.counterpart(&rival.open.log, &page.id, &page.title, left).unwrap_or(0);
        self.counterpart = Some((key.clone(), left, found));
        found
    }
}

/// The saga of the pinned event.
fn pinned(context: &ViewContext<'_>, sagas: &Sagas) -> Option<usize> {
    let row = context.navigation.pinned?;
    sagas.survey.of_event(context.log(), row).into_iter().next()
}
