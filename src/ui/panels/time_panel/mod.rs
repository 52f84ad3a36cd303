//! The time panel: play and step above, the density of the whole log below with the playhead, the events of
//! the current list and the brushed range. What it counts is counted in the background; no view is drawn here.

mod captions;
mod chart;
mod cuts;
mod density;
mod gestures;
mod marks;
mod scale;
mod transport;

use egui::{Rect, UiBuilder, pos2};

use self::density::{
    BasisKey, Density, DensityKey, List, Order, ShareKey, TICKS_MAX, Ticks, TicksKey, share_of,
};
use self::gestures::Gesture;
use self::scale::{Basis, Scale, Zoom};
use crate::engine::{DocumentId, Latest};
use crate::ui::theme::{PAD, TOOLBAR};
use crate::ui::view::ViewContext;

/// Width of a bar with the gap after it.
const BAR: f32 = 4.0;

/// Its presentation state.
#[derive(Default)]
pub struct TimePanel {
    document: DocumentId,
    /// By rank instead of time.
    by_rank: bool,
    /// Idle stretches are shown in full.
    keep_idle: bool,
    /// Idle stretches that were clicked, by the time they begin.
    restored: Vec<i64>,
    zoom: Zoom,
    gesture: Gesture,
    density: Latest<DensityKey, Density>,
    ticks: Latest<TicksKey, Ticks>,
    share: Latest<ShareKey, Vec<u32>>,
}

impl TimePanel {
    /// Draws it; with the row that moves a simulation, where `of_simulator`.
    pub fn ui(&mut self, context: &ViewContext<'_>, of_simulator: bool, ui: &mut egui::Ui) {
        if self.document != context.document.id {
            *self = Self {
                document: context.document.id,
                by_rank: self.by_rank,
                keep_idle: self.keep_idle,
                ..Self::default()
            };
        }
        let rect = ui.max_rect();
        let row = Rect::from_min_max(rect.min, pos2(rect.right(), rect.top() + TOOLBAR));
        let below = Rect::from_min_max(pos2(rect.left(), row.bottom()), rect.max);
        self.ask(context, below);
        let mut above = ui.new_child(UiBuilder::new().max_rect(row.shrink2(egui::vec2(PAD, 0.0))));
        if of_simulator {
            super::simulation::transport_ui(context, &mut above);
        } else {
            self.transport_ui(context, &mut above);
        }
        let mut inner = ui.new_child(UiBuilder::new().max_rect(below));
        inner.set_clip_rect(below.intersect(ui.clip_rect()));
        self.chart_ui(context, &mut inner, below);
        ui.advance_cursor_after_rect(rect);
    }

    /// Whether everything it asked for is there.
    pub fn is_settled(&self) -> bool {
        !self.density.is_busy() && !self.ticks.is_busy() && !self.share.is_busy()
    }

    /// Bars that fit into the panel.
    fn bins(rect: Rect) -> usize {
        ((rect.width() - 2.0 * PAD) / BAR).floor().max(1.0) as usize
    }

    /// By rank because it was chosen, or because nothing has a time.
    fn is_by_rank(&self, context: &ViewContext<'_>) -> bool {
        self.by_rank || context.document.open.axis.is_empty()
    }

    fn basis_key(&self, context: &ViewContext<'_>) -> BasisKey {
        let order = if self.is_by_rank(context) {
            Order::Rank
        } else if self.keep_idle {
            Order::Time { cut: false, restored: Vec::new() }
        } else {
            Order::Time { cut: true, restored: self.restored.clone() }
        };
        BasisKey { document: context.document.id, generation: context.log().generation(), order }
    }

    /// Asks for what is not counted yet.
    fn ask(&self, context: &ViewContext<'_>, rect: Rect) {
        let workers = context.engine.workers();
        let key = DensityKey { basis: self.basis_key(context), zoom: self.zoom, bins: Self::bins(rect) };
        let before = self.density.answer();
        // While a log grows, one count is finished before the next begins.
        let waits = !context.document.progress.finished && self.density.is_busy();
        if !waits || before.is_none() {
            let known = before
                .as_ref()
                .filter(|answer| answer.key.basis == key.basis)
                .and_then(|answer| Some(answer.result.as_ref().ok()?.basis.clone()));
            let open = context.document.open.clone();
            let question = key.clone();
            self.density.ask(workers, &key, move |cancel, _| Density::count(&open, &question, known, cancel));
        }
        let Some(answer) = before else { return };
        let Ok(density) = &answer.result else { return };
        let list = List::of(context);
        let is_binned = list.len(context.log()) > TICKS_MAX;
        let ticks_key = TicksKey {
            basis: answer.key.basis.clone(),
            list,
            binned: is_binned.then_some((self.zoom, key.bins)),
        };
        if answer.key.basis.generation != context.log().generation() {
            return;
        }
        let rows = List::of_filter(context);
        if rows == List::All {
            self.share.clear();
        } else {
            let key = ShareKey { density: answer.key.clone(), rows };
            let (log, basis, question) = (context.log().clone(), density.basis.clone(), key.clone());
            self.share.ask(workers, &key, move |_, _| Some(share_of(&log, &basis, &question)));
        }
        let (log, basis, question) = (context.log().clone(), density.basis.clone(), ticks_key.clone());
        self.ticks.ask(workers, &ticks_key, move |_, _| Some(Ticks::find(&log, &basis, &question)));
    }

    /// The scale that is drawn: the basis of the newest answer, the zoom of now.
    fn scale(&self, basis: Basis, rect: Rect) -> Scale {
        Scale::new(basis, self.zoom, rect.left() + PAD, Self::bins(rect) as f32 * BAR)
    }
}
