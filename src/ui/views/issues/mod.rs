//! The view "issues": records and files that could not be read, and how each source was read. What a record's
//! bytes look like is in `raw`, the sources in `sources`.

mod raw;
mod sources;

use egui::{Align, Layout, Rect, Sense, Stroke, Ui, UiBuilder, pos2, vec2};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::raw::RawBytes;
use crate::index::EventLog;
use crate::model::{ReadIssue, SourceId};
use crate::ui::command::WindowCommand;
use crate::ui::format::{count, file_name, one_line, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{PAD, TOOLBAR, body, caption, mono};
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::columns::Cell;
use crate::ui::widgets::{
    Button, ColumnSpec, Columns, Line, RowScroll, VirtualRows, empty, header, icon_button, row, segment,
};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "issues",
    title: "Issues",
    about: "Records that could not be read, and how each source was read",
    icon: Icon::Warning,
    around: Around::Log,
    fills: false,
    make: || Box::<IssuesView>::default(),
};

/// Height of the head.
const HEAD: f32 = 26.0;
/// Share of the height for the bytes of the selected record.
const DETAIL_SHARE: f32 = 0.45;
/// Bytes of a record shown in its row.
const FIRST_BYTES: usize = 160;

const SPECS: [ColumnSpec<'static>; 4] = [
    ColumnSpec::text("source", "source", 150.0).yields(2),
    ColumnSpec::text("place", "where", 120.0),
    ColumnSpec::text("problem", "what", 340.0).least(120.0),
    ColumnSpec::text("raw", "first bytes", 200.0).stretch().least(80.0),
];

/// What the view shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Records,
    Sources,
}

struct IssuesView {
    /// Chosen by a person; else what there is something to say about.
    page: Option<Page>,
    columns: Columns,
    scroll: RowScroll,
    selected: Option<usize>,
    raw: RawBytes,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    columns: Columns,
}

impl Default for IssuesView {
    fn default() -> Self {
        Self {
            page: None,
            columns: Columns::new(&SPECS),
            scroll: RowScroll::default(),
            selected: None,
            raw: RawBytes::default(),
        }
    }
}

impl View for IssuesView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let log = context.log();
        let by_itself = if log.issues().is_empty() { Page::Sources } else { Page::Records };
        let mut page = self.page.unwrap_or(by_itself);
        if toolbar(context, ui, &mut page) {
            self.page = Some(page);
        }
        match page {
            Page::Sources => sources::sources_ui(context, ui),
            Page::Records if log.issues().is_empty() => {
                empty(ui, "Every record could be read", None);
            }
            Page::Records => self.records(context, ui),
        }
    }

    fn tab_bar_ui(&mut self, _context: &ViewContext<'_>, _ui: &mut Ui) {
        // Issues have no place in time.
    }

    fn save(&self) -> Value {
        serde_json::to_value(Saved { columns: self.columns.clone() }).unwrap_or(Value::Null)
    }

    fn restore(&mut self, saved: &Value) {
        if let Ok(mut saved) = serde_json::from_value::<Saved>(saved.clone()) {
            saved.columns.reconcile(&SPECS);
            self.columns = saved.columns;
        }
    }
}

impl IssuesView {
    fn records(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        let log = context.log();
        let all = ui.available_rect_before_wrap();
        let issue = self.selected.and_then(|at| log.issues().get(at));
        let split = match issue {
            Some(_) => all.bottom() - (all.height() * DETAIL_SHARE).floor(),
            None => all.bottom(),
        };
        let mut list =
            ui.new_child(UiBuilder::new().max_rect(Rect::from_min_max(all.min, pos2(all.right(), split))));
        list.spacing_mut().item_spacing.y = 0.0;
        self.list(context, &mut list);
        if let Some((source, issue)) = issue {
            let place = Rect::from_min_max(pos2(all.left(), split), all.max);
            ui.painter().hline(place.x_range(), split + 0.5, Stroke::new(1.0, context.tokens.line));
            let mut detail = ui.new_child(UiBuilder::new().max_rect(place.shrink2(vec2(PAD, 8.0))));
            if self.detail(context, &mut detail, *source, issue) {
                self.selected = None;
            }
        }
        ui.advance_cursor_after_rect(all);
    }

    fn list(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        let log = context.log();
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, context.tokens.line));
        let inner = Rect::from_x_y_ranges(
            rect.left() + PAD..=(rect.right() - PAD).max(rect.left() + PAD),
            rect.y_range(),
        );
        let cells = header(ui, inner, ui.scope_id().with("head"), &mut self.columns, &SPECS).cells;
        let Self { scroll, selected, .. } = self;
        VirtualRows::new("issues", "Records that could not be read", log.issues().len() as u64)
            .row_height(context.preferences.row_height())
            .show(ui, scroll, |ui, number, rect| {
                let at = number as usize;
                let Some((source, issue)) = log.issues().get(at) else { return };
                let source = source_name(context, *source);
                if issue_row(context, ui, rect, &cells, &source, issue, *selected == Some(at)) {
                    *selected = if *selected == Some(at) { None } else { Some(at) };
                }
            });
    }

    /// The whole of a record; true when it was closed.
    fn detail(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        source: SourceId,
        issue: &ReadIssue,
    ) -> bool {
        let t = context.tokens;
        let mut closed = false;
        ui.horizontal(|ui| {
            let place = format!("{}, {}", source_name(context, source), one_line(&issue.place));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                closed = icon_button(ui, Icon::Close, "Close the record").clicked();
                if ui.add(Button::new("Copy").icon(Icon::Copy).label("Copy the record")).clicked() {
                    context.send(WindowCommand::Copy(String::from_utf8_lossy(&issue.raw).into_owned()));
                }
                self.raw.choice(ui);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    Line::new().strong(&place, t.text).show(ui);
                });
            });
        });
        ui.add(egui::Label::new(egui::RichText::new(one_line(&issue.problem)).color(t.muted)).wrap());
        ui.add_space(6.0);
        self.raw.show(ui, &issue.raw);
        closed
    }
}

/// What there is to choose from, and the counts. True when something was chosen.
fn toolbar(context: &ViewContext<'_>, ui: &mut Ui, page: &mut Page) -> bool {
    let log = context.log();
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), TOOLBAR + 6.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, context.tokens.line));
    let layout = Layout::left_to_right(Align::Center);
    let builder = UiBuilder::new().max_rect(rect.shrink2(vec2(PAD, 0.0))).layout(layout);
    let mut bar = ui.new_child(builder);
    let records = format!("Records {}", thousands(issues_of(log)));
    let sources = context.document.open.sources.len() + context.document.failures.len();
    let sources = format!("Sources {sources}");
    let changed =
        segment(&mut bar, "Show", page, &[(Page::Records, &records), (Page::Sources, &sources)]).changed();
    bar.add_space(4.0);
    Line::new().body(&summary(log), context.tokens.muted).show(&mut bar);
    changed
}

/// All records that could not be read, kept or only counted.
fn issues_of(log: &EventLog) -> u64 {
    log.sources().iter().map(|source| source.issues).sum()
}

/// "3 records could not be read", "12,345 records could not be read, 10,000 of them are kept".
fn summary(log: &EventLog) -> String {
    let (all, kept) = (issues_of(log), log.issues().len() as u64);
    if all == 0 {
        return "Every record could be read".to_owned();
    }
    let mut text = format!("{} could not be read", count(all, "record"));
    if kept < all {
        text = format!("{text}, {} of {} kept", thousands(kept), thousands(all));
    }
    text
}

fn source_name(context: &ViewContext<'_>, source: SourceId) -> String {
    let sources = &context.document.open.sources;
    sources.get(usize::from(source.0)).map(|source| file_name(&source.path)).unwrap_or_default()
}

/// A row of the list; true when it was clicked.
fn issue_row(
    context: &ViewContext<'_>,
    ui: &mut Ui,
    rect: Rect,
    cells: &[Cell],
    source: &str,
    issue: &ReadIssue,
    selected: bool,
) -> bool {
    let t = context.tokens;
    let (place, problem) = (one_line(&issue.place), one_line(&issue.problem));
    let first = raw::first_line(&issue.raw, FIRST_BYTES);
    let label = format!("{source}, {place}: {problem}, bytes {first}");
    let response = row(ui, rect, &label, selected);
    let mut elided = None;
    for cell in cells {
        let (text, font, color) = match SPECS[cell.spec].id {
            "source" => (source, body(), t.muted),
            "place" => (place.as_str(), mono(), t.text),
            "problem" => (problem.as_str(), body(), t.text),
            _ => (first.as_str(), mono(), t.muted),
        };
        let inner = Rect::from_x_y_ranges(cell.x, rect.y_range());
        let painted = Line::new().piece(text, font, color).paint(ui.painter(), inner);
        if painted.elided && response.hover_pos().is_some_and(|at| cell.x.contains(at.x)) {
            elided = Some(text.to_owned());
        }
    }
    let clicked = response.clicked();
    if let Some(text) = elided {
        response.on_hover_ui_at_pointer(|ui| {
            ui.add(egui::Label::new(egui::RichText::new(text).font(caption())).wrap());
        });
    }
    clicked
}
