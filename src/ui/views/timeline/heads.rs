//! The column at the left: the steps of one saga, or every saga with how it went.

use egui::{Color32, Painter, Rect, Role, Sense, Ui, pos2, vec2};

use super::picture::{Lines, Picture};
use super::{Act, Scene};
use crate::saga::Track;
use crate::ui::format::{Zone, count, middle, one_line, saga_look, span};
use crate::ui::theme::{MONO_LETTER, PAD};
use crate::ui::widgets::{Line, focus_ring, node};

/// Room for "×441" behind the name of a step, and for how long a saga took.
const TIMES: f32 = 40.0;
const TOOK: f32 = 64.0;
/// Names that are measured: more than anybody looks through.
const MEASURED_MAX: usize = 2_000;

/// The width that the names of a picture need, and the words above them.
pub(super) fn width(painter: &Painter, picture: &Picture, zone: Zone) -> f32 {
    let names = match &picture.lines {
        Lines::One(one) => {
            let widest = one.widest.get_or_init(|| {
                let name =
                    |track: &Track| Line::new().body(&one_line(&track.name), Color32::WHITE).width(painter);
                one.timeline.tracks.iter().take(MEASURED_MAX).map(name).fold(0.0, f32::max)
            });
            widest + TIMES
        }
        Lines::All(all) => 20.0 + all.letters as f32 * MONO_LETTER + TOOK,
    };
    let (upper, lower) = corner_words(picture, zone);
    let above = [upper, lower].map(|words| Line::new().caption(&words, Color32::WHITE).width(painter));
    PAD + names.max(above[0]).max(above[1]) + PAD
}

/// Draws the heads of all lines that are seen.
pub(super) fn heads_ui(scene: &Scene<'_>, ui: &Ui, acts: &mut Vec<Act>) {
    for (line, rect) in scene.seen {
        let rect = rect.with_max_x(scene.plot.left() - 1.0);
        match &scene.picture.lines {
            Lines::One(one) => {
                let Some((track, times)) = one.track_at(*line as u32) else { continue };
                let t = scene.context.tokens;
                let name = one_line(&track.name);
                let place = rect.with_min_x(rect.left() + PAD).with_max_x(rect.right() - 8.0);
                let after = if times > 1 { format!("×{times}") } else { String::new() };
                let after = Line::new().mono_small(&after, t.faint);
                let room = after.width(ui.painter());
                let words = place.with_max_x(place.right() - room - 6.0);
                Line::new().body(&name, t.text).paint(ui.painter(), words);
                after.right().paint(ui.painter(), place);
                let id = scene.ruler.id.with(("track", *line));
                let label = format!("{name}, {}", count(times as u64, "bar"));
                node(ui, rect, id, Sense::hover(), Role::Label, &label).on_hover_text(name);
            }
            Lines::All(all) => saga_ui(scene, ui, rect, all.list[*line] as usize, acts),
        }
    }
}

fn saga_ui(scene: &Scene<'_>, ui: &Ui, rect: Rect, at: usize, acts: &mut Vec<Act>) {
    let t = scene.context.tokens;
    let saga = &scene.survey.sagas[at];
    let title = scene.survey.instances.list()[saga.instance].title(scene.log());
    let look = t.outcome(saga_look(saga.outcome));
    let label = format!(
        "{}, {}, {} in {}",
        one_line(&title),
        look.outcome.word(),
        count(saga.events as u64, "event"),
        span(saga.duration)
    );
    let id = scene.ruler.id.with(("saga", at));
    let response = node(ui, rect, id, Sense::click(), Role::ListItem, &label);
    if response.hovered() && scene.shown != Some(at) {
        ui.painter().rect_filled(rect, 0, t.hover());
    }
    let square = Rect::from_center_size(pos2(rect.left() + PAD + 6.0, rect.center().y), vec2(12.0, 12.0));
    look.outcome.icon().paint(ui.painter(), square, look.color);
    let place = rect.with_min_x(square.right() + 8.0).with_max_x(rect.right() - 8.0);
    let took = Line::new().mono_small(&span(saga.duration), t.faint);
    let room = (place.width() - took.width(ui.painter()) - 8.0).max(24.0);
    let name = middle(&title, (room / MONO_LETTER) as usize);
    Line::new().mono(&name, t.text).paint(ui.painter(), place.with_max_x(place.left() + room));
    took.right().paint(ui.painter(), place);
    focus_ring(ui, rect, 0, &response);
    if response.double_clicked() {
        acts.push(Act::ShowOne(at));
    } else if response.clicked() {
        acts.push(Act::Choose(at));
    }
    response.on_hover_text(format!("{label}\nDouble-click for its steps"));
}

/// What is shown, in two lines of words.
fn corner_words(picture: &Picture, zone: Zone) -> (String, String) {
    match &picture.lines {
        Lines::One(one) => {
            let steps = if one.page.is_inferred() { "event type" } else { "step" };
            let took = span(one.timeline.to - one.timeline.from);
            // Where the ruler tells what has passed, the day is told here.
            let began = picture.origin().map_or_else(String::new, |origin| {
                format!(" from {}", zone.custom(origin, "%-d %b %H:%M:%S"))
            });
            (count(one.timeline.tracks.len() as u64, steps), format!("{took}{began}"))
        }
        Lines::All(all) => (count(all.list.len() as u64, "saga"), "a line each".to_owned()),
    }
}

/// Draws them above the heads.
pub(super) fn corner_ui(scene: &Scene<'_>, ui: &Ui, rect: Rect) {
    let t = scene.context.tokens;
    let (upper, lower) = corner_words(scene.picture, scene.ruler.zone);
    let words = rect.shrink2(vec2(PAD, 5.0));
    let (top, bottom) = words.split_top_bottom_at_fraction(0.5);
    Line::new().caption(&upper, t.muted).paint(ui.painter(), top);
    Line::new().caption(&lower, t.faint).paint(ui.painter(), bottom);
    node(ui, rect, scene.ruler.id.with("corner"), Sense::hover(), Role::Label, &format!("{upper}, {lower}"));
}
