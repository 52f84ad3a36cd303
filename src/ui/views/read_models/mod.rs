//! The view "read models": the rows that a run's projections have made of its log by the playhead, a page at a time,
//! with how far they are behind. It reads the models only, as a query does; rebuilding throws one away and reads the
//! log again.

mod table;

use egui::{Align, Layout, Popup, Rect, Stroke, Ui, UiBuilder, pos2, vec2};

use crate::domain::Name;
use crate::engine::{DocumentId, Latest, ModelAsk, ModelPage, SimFrame, read_model};
use crate::ui::command::{SIMULATE, SimulationCommand};
use crate::ui::format::{count, thousands};
use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, PAD};
use crate::ui::view::{Around, View, ViewClass, ViewContext};
use crate::ui::widgets::{Bar, Button, Line, SearchField, empty, failed, loading};

/// Its entry in the registry.
pub static CLASS: ViewClass = ViewClass {
    id: "read-models",
    title: "Read models",
    about: "Rows that projections have made of a run's log, and how far they are behind",
    icon: Icon::Filter,
    around: Around::Run,
    fills: false,
    make: || Box::<ReadModelsView>::default(),
};

/// Rows of a page.
const PAGE_ROWS: usize = 100;
/// Height of the bars above and below the rows.
const BAR: f32 = 44.0;
const FOOT: f32 = 34.0;
/// Width of the field to search.
const SEARCH: f32 = 200.0;

/// What a page depends on.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    document: DocumentId,
    /// Steps, events and future of the moment.
    moment: (u64, u64, usize),
    ask: ModelAsk,
}

/// Presentation state.
#[derive(Default)]
struct ReadModelsView {
    search: String,
    /// The model, the search and the moment that the pages belong to.
    of: Option<(String, String, (u64, u64, usize))>,
    /// Where the pages before this one ended.
    before: Vec<Name>,
    rebuild: bool,
    /// What is shown is what is asked for.
    is_newest: bool,
    page: Latest<Key, Result<ModelPage, String>>,
}

impl View for ReadModelsView {
    fn ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let (Some(simulation), Some(frame)) = (&context.document.simulation, context.document.frame()) else {
            if context.document.simulation.is_some() {
                loading(ui, "Beginning the run", None, "");
            } else if empty(ui, "Read models are made while a run is open", Some(SIMULATE.name)) {
                context.run(&SIMULATE);
            }
            return;
        };
        let chosen = simulation.model.as_deref();
        let known = |name: &str| frame.read_models.iter().any(|model| model.name == name);
        let Some(model) = chosen.filter(|name| known(name)).or(frame.read_models.first().map(|it| &*it.name))
        else {
            empty(ui, "This domain has no projection, and so no read model", None);
            return;
        };
        let moment = (frame.step, frame.events, frame.future);
        let of = Some((model.to_owned(), self.search.clone(), moment));
        if self.of != of {
            // Another moment, model or search begins at its first page, and shows what is there by itself.
            self.before.clear();
            self.rebuild = false;
            self.of = of;
        }
        let ask = ModelAsk {
            model: model.to_owned(),
            search: self.search.clone(),
            after: self.before.last().cloned(),
            limit: PAGE_ROWS,
            rebuild: self.rebuild,
        };
        let key = Key { document: context.document.id, moment, ask };
        let (world, of_job) = (frame.world.clone(), key.ask.clone());
        self.page.ask(context.engine.workers(), &key, move |_, _| {
            Some(read_model(&world, &of_job).map_err(|error| error.to_string()))
        });
        // What was there stays until the new rows are: nothing jumps.
        let same = |known: &Key| known.document == key.document && known.ask.model == key.ask.model;
        let answer = self.page.answer().filter(|answer| same(&answer.key));
        let page = answer.as_ref().and_then(|answer| answer.result.as_ref().ok()?.as_ref().ok());
        // Its numbers and ways on are those of the page that is shown.
        self.is_newest = answer.as_ref().is_some_and(|answer| answer.key == key);
        self.bar_ui(context, ui, frame, model, page);
        match answer.as_ref().map(|answer| &answer.result) {
            Some(Ok(Ok(page))) => self.page_ui(context, ui, page),
            Some(Ok(Err(problem)) | Err(problem)) => {
                failed(ui, "The rows cannot be read", problem, "", "", None);
            }
            None => {
                loading(ui, "Reading the rows", None, "");
            }
        }
    }

    fn is_settled(&self) -> bool {
        !self.page.is_busy()
    }
}

impl ReadModelsView {
    fn bar_ui(
        &mut self,
        context: &ViewContext<'_>,
        ui: &mut Ui,
        frame: &SimFrame,
        model: &str,
        page: Option<&ModelPage>,
    ) {
        let t = context.tokens;
        let (words, color) = match page {
            None => (String::new(), t.muted),
            Some(page) => {
                let (behind, color) = if page.lag == 0 {
                    ("nothing behind".to_owned(), t.muted)
                } else {
                    (format!("{} behind", count(page.lag, "event")), t.outcome(Outcome::Stuck).color)
                };
                let rows = count(page.total, "row");
                (format!("{rows}, {behind}, as of event {}", thousands(page.as_of)), color)
            }
        };
        let bar = Bar::begin(ui, BAR, "read models");
        let mut left = bar.left(ui);
        let label = format!("Read model {model}");
        let button = left.add(Button::new(model).trailing(Icon::CaretDown).label(&label));
        Popup::menu(&button).show(|ui| {
            for other in &frame.read_models {
                let name = format!("{}  {}", other.name, count(other.rows, "row"));
                if ui.selectable_label(other.name == model, name).clicked() {
                    context.send(SimulationCommand::ShowModel(other.name.clone()));
                }
            }
        });
        button.on_hover_text("Which read model is shown");
        SearchField::new("Search rows", &mut self.search).width(SEARCH.min(bar.room())).show(&mut left);
        Line::new().body(&words, color).show(&mut left);
        let mut right = bar.right(ui, &left);
        let rebuild = right.add(Button::new("Rebuild").icon(Icon::Loop));
        if rebuild
            .on_hover_text("Throws the rows away and reads the whole log again: they must come out equal")
            .clicked()
        {
            self.rebuild = true;
        }
        bar.end(ui, &left, &right);
    }

    fn page_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, page: &ModelPage) {
        let all = ui.available_rect_before_wrap();
        let many = page.next.is_some() || !self.before.is_empty();
        let has_foot = many || page.rebuilt.is_some();
        let foot = Rect::from_min_max(pos2(all.left(), all.bottom() - FOOT), all.max);
        let rows = if has_foot { all.with_max_y(foot.top()) } else { all };
        let mut above = ui.new_child(UiBuilder::new().max_rect(rows).id_salt("rows"));
        above.set_clip_rect(rows.intersect(ui.clip_rect()));
        if page.rows.is_empty() {
            if self.search.trim().is_empty() {
                empty(&mut above, "No row yet: no event that makes one has been read", None);
            } else if empty(
                &mut above,
                "No row has this text in its key or a value",
                Some("Clear the search"),
            ) {
                self.search.clear();
            }
        } else {
            table::table_ui(context, &mut above, page);
        }
        if has_foot {
            self.foot_ui(context, ui, foot, page, many);
        }
        ui.advance_cursor_after_rect(all);
    }

    fn foot_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, rect: Rect, page: &ModelPage, many: bool) {
        let t = context.tokens;
        ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, t.line));
        let layout = Layout::left_to_right(Align::Center);
        let inner = rect.shrink2(vec2(PAD, 0.0));
        let mut bar = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("foot"));
        bar.spacing_mut().item_spacing.x = 8.0;
        if many {
            let back =
                bar.add(Button::new("Previous page").enabled(self.is_newest && !self.before.is_empty()));
            if back.clicked() {
                self.before.pop();
            }
            let forward = bar.add(Button::new("Next page").enabled(self.is_newest && page.next.is_some()));
            if forward.clicked() {
                self.before.extend(page.next.clone());
            }
            let first = self.before.len() * PAGE_ROWS;
            let words = format!(
                "rows {} to {}",
                thousands(first as u64 + 1),
                thousands((first + page.rows.len()) as u64)
            );
            let words = if self.is_newest { words } else { "reading the rows".to_owned() };
            Line::new().body(&words, t.muted).show(&mut bar);
        }
        if let Some(rebuilt) = &page.rebuilt {
            Line::new().body(rebuilt, t.text).show(&mut bar);
        }
    }
}
