//! The bar above the matrix: one fault or two, which saga, compared with what, how it ended in all, and the ways
//! out as a file.

use egui::{Align, Layout, Popup, Rect, Role, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use super::table::BoardAnswer;
use super::{MatrixView, Saga, export, grid};
use crate::engine::Board;
use crate::sim::Outcome;
use crate::sim::faults::{PROTECTIONS, Protection};
use crate::ui::command::{Draw, WindowCommand};
use crate::ui::format::{count, outcome_look, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, Theme, body, mono};
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Button, Line, focus_ring, node, progress, segment};

/// Height of a line of the bar.
const BAR: f32 = 44.0;
const LINE: f32 = 32.0;
/// From this width on everything is in one line; from the other on the comparisons are side by side.
const WIDE: f32 = 1_800.0;
const MIDDLE: f32 = 900.0;

impl MatrixView {
    pub(super) fn toolbar_ui(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        sagas: &[Saga],
        saga: &Saga,
        answer: Option<&BoardAnswer>,
    ) {
        let board = answer.and_then(|answer| answer.result.as_ref().ok()?.as_ref().ok());
        let width = ui.available_width();
        let wide = width >= WIDE;
        let height = if wide { BAR } else { BAR + LINE };
        let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, context.tokens.line));
        let first =
            Rect::from_min_max(rect.min, pos2(rect.right(), rect.top() + BAR)).shrink2(vec2(PAD, 0.0));
        let second = if wide {
            first
        } else {
            Rect::from_min_max(
                pos2(rect.left(), rect.top() + BAR - 6.0),
                pos2(rect.right(), rect.bottom() - 4.0),
            )
            .shrink2(vec2(PAD, 0.0))
        };
        let mut left = line(ui, first, "choices", Layout::left_to_right(Align::Center));
        self.choices_ui(context, &mut left, sagas, saga, width);
        let used = left.min_rect().right() + 12.0;
        let mut right = line(ui, first, "ways out", Layout::right_to_left(Align::Center));
        self.ways_out_ui(context, &mut right, board, saga);
        let ends = right.min_rect().left() - 12.0;
        if let Some(board) = board {
            let layout = if wide {
                Layout::right_to_left(Align::Center)
            } else {
                Layout::left_to_right(Align::Center)
            };
            let room =
                if wide { Rect::from_x_y_ranges(used..=ends.max(used), first.y_range()) } else { second };
            let mut totals = line(ui, room, "totals", layout);
            self.totals_ui(context, &mut totals, board, wide);
        }
        if let Some(board) = board.filter(|board| !board.is_whole()) {
            self.progress_ui(ui, rect, board);
        }
    }

    fn choices_ui(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        sagas: &[Saga],
        saga: &Saga,
        width: f32,
    ) {
        let t = context.tokens;
        let faults = [(false, "Single faults"), (true, "Pairs")];
        if segment(ui, "Faults at a time", &mut self.pairs, &faults).changed() {
            self.changed();
        }
        let name = format!("{}/{}", saga.base.domain, saga.base.saga);
        let label = format!("Saga {name}");
        let response = ui.add(Button::new(&name).trailing(Icon::CaretDown).label(&label));
        Popup::menu(&response).show(|ui| {
            for other in sagas {
                let name = format!("{}/{}", other.base.domain, other.base.saga);
                if ui.selectable_label(other == saga, name).clicked() && other != saga {
                    self.chosen = Some(other.clone());
                    self.changed();
                }
            }
        });
        response.on_hover_text("Which saga is run; the built-in ones can be tried at any time");
        let mut without = self.without;
        if width >= MIDDLE {
            Line::new().body("compared with all on:", t.muted).show(ui);
            let choices: Vec<(Option<Protection>, &str)> = std::iter::once((None, "off"))
                .chain(PROTECTIONS.iter().map(|info| (Some(info.protection), word(info.protection))))
                .collect();
            segment(ui, "Compared with all on", &mut without, &choices).on_hover_text(
                "The matrix without one protection; a triangle marks what differs from all on",
            );
        } else {
            let now =
                without.map_or_else(|| "not compared".to_owned(), |one| format!("without {}", one.name()));
            let response = ui.add(Button::new(&now).trailing(Icon::CaretDown).label("Compared with all on"));
            Popup::menu(&response).show(|ui| {
                if ui.selectable_label(without.is_none(), "off").clicked() {
                    without = None;
                }
                for info in PROTECTIONS {
                    let name = format!("without {}", info.name);
                    let chosen = without == Some(info.protection);
                    if ui.selectable_label(chosen, name).on_hover_text(info.without).clicked() {
                        without = Some(info.protection);
                    }
                }
            });
        }
        if without != self.without {
            // The same cells again: what is selected stays.
            self.without = without;
            self.cancelled = false;
            self.list = super::Pairs::default();
        }
    }

    fn totals_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, board: &Board, from_right: bool) {
        let t = context.tokens;
        ui.spacing_mut().item_spacing.x = 14.0;
        let not_reached = board.count(None);
        let said = |ui: &mut Ui| {
            let mut words = count(board.len() as u64, "run");
            if not_reached > 0 {
                words = format!("{words}, {} not reached", thousands(not_reached as u64));
            }
            Line::new().body(&words, t.muted).show(ui);
        };
        let mut outcomes = [
            Outcome::Completed,
            Outcome::Compensated,
            Outcome::DeadLettered,
            Outcome::Stuck,
            Outcome::Inconsistent,
        ];
        let mut differ = |view: &mut Self, ui: &mut Ui| {
            if board.ask.without.is_some() {
                view.differ_ui(context, ui, board);
            }
        };
        if from_right {
            outcomes.reverse();
            said(ui);
        } else {
            differ(self, ui);
        }
        for outcome in outcomes {
            let is_only = self.only == Some(outcome);
            if total_ui(ui, outcome, board.count(Some(outcome)), is_only) {
                self.only = if is_only { None } else { Some(outcome) };
            }
        }
        if from_right {
            let differ: &mut dyn FnMut(&mut Self, &mut Ui) = &mut differ;
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| differ(self, ui));
        } else {
            said(ui);
        }
    }

    fn differ_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, board: &Board) {
        let t = context.tokens;
        let words = match board.differing {
            1 => "1 cell differs".to_owned(),
            many => format!("{} cells differ", thousands(many as u64)),
        };
        let text = Line::new().body(&words, t.accent);
        let width = text.width(ui.painter()).ceil() + 14.0;
        let (rect, response) = ui.allocate_exact_size(vec2(width, 20.0), Sense::click());
        response.widget_info(|| egui::WidgetInfo::labeled(Role::Button, ui.is_enabled(), &words));
        grid::triangle(ui.painter(), pos2(rect.left() + 8.0, rect.center().y - 4.0), t.accent);
        text.paint(ui.painter(), rect.with_min_x(rect.left() + 13.0));
        focus_ring(ui, rect.expand(2.0), 2, &response);
        if response
            .on_hover_text("To the next cell that differs from the run with every protection")
            .clicked()
        {
            self.next_difference();
        }
    }

    fn ways_out_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, board: Option<&Board>, saga: &Saga) {
        let whole = board.filter(|board| board.is_whole());
        let button = Button::new("Export").trailing(Icon::CaretDown).enabled(whole.is_some());
        let response = ui.add(button);
        let Some(board) = whole else { return };
        let name = |kind: &str| {
            let without =
                board.ask.without.map_or_else(String::new, |one| format!("-without-{}", one.name()));
            let pairs = if board.ask.pairs { "-pairs" } else { "" };
            format!("{}-{}{pairs}{without}.{kind}", saga.base.domain, saga.base.saga)
        };
        Popup::menu(&response).show(|ui| {
            if ui.button("CSV…").on_hover_text("A line a run, with everything known of it").clicked() {
                context.send(WindowCommand::SaveText { name: name("csv"), text: export::csv(board) });
            }
            let Some((table, _)) = self.table.as_ref().filter(|_| !board.ask.pairs) else { return };
            if ui.button("Markdown…").on_hover_text("The table, for a page or an issue").clicked() {
                context.send(WindowCommand::SaveText { name: name("md"), text: export::markdown(board) });
            }
            if ui.button("Copy as Markdown").clicked() {
                context.send(WindowCommand::Copy(export::markdown(board)));
            }
            if ui
                .button("Picture (SVG)…")
                .on_hover_text("The whole table, not only what is visible")
                .clicked()
            {
                let text = export::svg(context.tokens, table);
                context.send(WindowCommand::SaveText { name: name("svg"), text });
            }
            if ui
                .button("Picture (PNG)…")
                .on_hover_text("The whole table as it looks here, twice as sharp")
                .clicked()
            {
                let theme = if ui.visuals().dark_mode { Theme::Dark } else { Theme::Light };
                let table = table.clone();
                let draw = Draw::new(move || export::png(theme, &table));
                context.send(WindowCommand::SaveDrawn { name: name("png"), draw });
            }
        });
    }

    fn progress_ui(&mut self, ui: &mut Ui, bar: Rect, board: &Board) {
        let done = board.len() as f32 / board.total.max(1) as f32;
        let words = format!("{} of {}", thousands(board.len() as u64), count(board.total as u64, "run"));
        let place = Rect::from_min_size(pos2(bar.left(), bar.bottom() - 2.0), vec2(bar.width(), 2.0));
        let mut inner = ui.new_child(UiBuilder::new().max_rect(place).id_salt("progress"));
        progress(&mut inner, bar.width(), Some(done), &words);
        if !self.board.is_busy() && !self.cancelled {
            return;
        }
        let place = Rect::from_min_size(pos2(bar.right() - 300.0, bar.bottom() + 6.0), vec2(288.0, 24.0));
        let mut inner = line(ui, place, "cancel", Layout::right_to_left(Align::Center));
        if self.cancelled {
            if inner.add(Button::new("Run the rest")).clicked() {
                self.cancelled = false;
            }
        } else if inner.add(Button::new("Cancel")).clicked() {
            self.stop();
        }
        Line::new().caption(&words, crate::ui::theme::tokens(ui).muted).show(&mut inner);
    }
}

/// As the comparison says it.
fn word(protection: Protection) -> &'static str {
    match protection {
        Protection::Idempotency => "without idempotency",
        Protection::DurableSaga => "durable saga",
        other => other.name(),
    }
}

fn line(ui: &mut Ui, rect: Rect, salt: &str, layout: Layout) -> Ui {
    let mut inner = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt(salt));
    inner.spacing_mut().item_spacing = vec2(10.0, 0.0);
    inner
}

/// An outcome with its number; a click lets it stand out.
fn total_ui(ui: &mut Ui, outcome: Outcome, number: usize, is_only: bool) -> bool {
    let t = crate::ui::theme::tokens(ui);
    let look = t.outcome(outcome_look(outcome));
    let color = if number == 0 { t.faint } else { look.color };
    let number = thousands(number as u64);
    let text = Line::new().piece(&number, mono(), color).gap(4.0).piece(look.outcome.word(), body(), color);
    let width = text.width(ui.painter()).ceil() + 18.0;
    let (rect, _) = ui.allocate_exact_size(vec2(width, 22.0), Sense::hover());
    let id = ui.scope_id().with(("total", look.outcome));
    let label =
        format!("{number} {}{}", look.outcome.word(), if is_only { ", only these stand out" } else { "" });
    let response = node(ui, rect.expand2(vec2(4.0, 0.0)), id, Sense::click(), Role::Button, &label);
    if is_only {
        ui.painter().rect_filled(rect.expand2(vec2(4.0, 0.0)), 4, t.selection);
    } else if response.hovered() {
        ui.painter().rect_filled(rect.expand2(vec2(4.0, 0.0)), 4, t.hover());
    }
    let square = Rect::from_center_size(pos2(rect.left() + 6.0, rect.center().y), vec2(12.0, 12.0));
    look.outcome.icon().paint(ui.painter(), square, color);
    text.paint(ui.painter(), rect.with_min_x(rect.left() + 17.0));
    focus_ring(ui, rect.expand2(vec2(4.0, 0.0)), 4, &response);
    response.on_hover_text("Click: let these stand out, again: all").clicked()
}
