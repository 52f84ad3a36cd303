//! Sagas grouped by variant: each a strip of coloured blocks with its share, the most frequent first.

use std::sync::Arc;

use egui::{Rect, Sense, Stroke, Ui, pos2, vec2};

use super::table::{shape_words, strip};
use crate::index::TypeId;
use crate::saga::Survey;
use crate::ui::format::{count, thousands};
use crate::ui::theme::PAD;
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Line, RowScroll, VirtualRows, row};

/// Height of the head, as that of the list.
const HEAD: f32 = 26.0;
/// Width of number, share and bar.
const NUMBERS: f32 = 236.0;
const BAR: f32 = 96.0;

/// Draws them; the variant that was chosen.
pub(super) fn variants_ui(
    context: &ViewContext<'_>,
    ui: &mut Ui,
    survey: &Survey,
    selected: Option<&[TypeId]>,
    scroll: &mut RowScroll,
) -> Option<Arc<[TypeId]>> {
    let t = context.tokens;
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    ui.painter().hline(head.x_range(), head.bottom() - 0.5, Stroke::new(1.0, t.line));
    let [numbers, blocks] = places(head);
    Line::new().caption("sagas", t.muted).paint(ui.painter(), numbers);
    Line::new().caption("what happened", t.muted).paint(ui.painter(), blocks);
    let all = survey.instances.len().max(1);
    let most = survey.variants.list.first().map_or(1, |variant| variant.count.max(1));
    let mut chosen = None;
    VirtualRows::new("variants", "Variants, the most frequent first", survey.variants.list.len() as u64)
        .row_height(context.preferences.row_height())
        .show(ui, scroll, |ui, line, rect| {
            let at = line as usize;
            let Some(variant) = survey.variants.list.get(at) else { return };
            let share = variant.count as f64 * 100.0 / all as f64;
            let words = shape_words(survey, &variant.shape);
            let label = format!("{}, {share:.1} percent: {words}", count(variant.count as u64, "saga"));
            let response = row(ui, rect, &label, selected == Some(&*variant.shape));
            let [numbers, blocks] = places(rect);
            let painter = ui.painter();
            Line::new()
                .mono(&thousands(variant.count as u64), t.text)
                .right()
                .paint(painter, numbers.with_max_x(numbers.left() + 56.0));
            Line::new()
                .mono(&format!("{share:.1} %"), t.muted)
                .right()
                .paint(painter, numbers.with_max_x(numbers.left() + 124.0));
            let bar = Rect::from_min_size(
                pos2(numbers.left() + 136.0, numbers.center().y - 3.0),
                vec2((BAR * variant.count as f32 / most as f32).max(1.0), 6.0),
            );
            painter.rect_filled(bar, 2, t.accent);
            strip(painter, t, blocks, survey, &variant.shape);
            if response.on_hover_text(words).clicked() {
                chosen = Some(variant.shape.clone().into());
            }
        });
    chosen
}

fn places(rect: Rect) -> [Rect; 2] {
    let left = rect.left() + PAD;
    let split = left + NUMBERS;
    [
        Rect::from_min_max(pos2(left, rect.top()), pos2(split, rect.bottom())),
        Rect::from_min_max(
            pos2(split + 12.0, rect.top()),
            pos2((rect.right() - PAD).max(split + 12.0), rect.bottom()),
        ),
    ]
}
