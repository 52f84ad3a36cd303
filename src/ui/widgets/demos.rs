//! Every widget in each of its states, for the picture tests and for whoever looks for a widget: one entry
//! a widget. Tests loop over the list.

use egui::{Rect, Role, Sense, Ui, vec2};

use crate::ui::icons::Icon;
use crate::ui::theme::{Outcome, ROW, tokens};
use crate::ui::widgets::columns::{ColumnSpec, Columns, header};
use crate::ui::widgets::row::{RailMark, playhead_line, rail};
use crate::ui::widgets::{
    Badge, Bar, Button, Line, Mark, PayloadTree, RowAlign, RowScroll, SearchField, Tick, VirtualRows, blocks,
    chip, elided, hover_card_frame, icon_button, key_cap, link, mark, node, progress, row, section, segment,
    separator, short_id, splitter, switch,
};

/// A widget's name, and what shows its states.
pub type Demo = (&'static str, fn(&mut Ui));

/// Name and states of every widget.
pub static DEMOS: &[Demo] = &[
    ("badge", badges),
    ("bar", bars),
    ("button", buttons),
    ("chip", chips),
    ("columns", table),
    ("empty", |ui| {
        blocks::empty(ui, "No event matches this filter.", Some("Clear filter"));
    }),
    ("failed", failed),
    ("hover-card", card),
    ("icon", icons),
    ("icon-button", icon_buttons),
    ("link", links),
    ("loading", |ui| {
        blocks::loading(
            ui,
            "Reading shop-domain.jsonl",
            Some(0.4),
            "1,204,551 events · 2.1 million a second",
        );
    }),
    ("mark", marks),
    ("payload-tree", payload),
    ("progress", progresses),
    ("search-field", search_fields),
    ("section", sections),
    ("segment", segments),
    ("splitter", splitters),
    ("switch", switches),
    ("text", texts),
    ("virtual-rows", rows),
];

fn line(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.horizontal(content);
}

fn bars(ui: &mut Ui) {
    // With room for both sides, and without.
    for width in [420.0, 220.0] {
        ui.allocate_ui(vec2(width, 0.0), |ui| {
            let bar = Bar::begin(ui, 44.0, "demo");
            let mut left = bar.left(ui);
            segment(&mut left, "Kind", &mut 0, &[(0, "Sequence"), (1, "Flow")]);
            left.add(Button::new("Focus").label(&format!("Focus at {width}")));
            let mut right = bar.right(ui, &left);
            right.add(Button::new("Copy").icon(Icon::Copy).label(&format!("Copy at {width}")));
            bar.end(ui, &left, &right);
        });
    }
}

fn badges(ui: &mut Ui) {
    for outcome in Outcome::ALL {
        line(ui, |ui| {
            ui.add(Badge::new(outcome).width(130.0));
            ui.add(Badge::new(outcome).strong().width(140.0));
            ui.add(Badge::cell(outcome).attempts(3).width(110.0));
        });
    }
    ui.add(Badge::new(Outcome::Compensating).text("cancel in flight"));
}

fn buttons(ui: &mut Ui) {
    line(ui, |ui| {
        ui.add(Button::primary("Open…").icon(Icon::Folder));
        ui.add(Button::new("Play").icon(Icon::Play));
        ui.add(Button::new("Compare with…"));
        ui.add(Button::new("Run until…").trailing(Icon::CaretDown));
        ui.add(Button::ghost("Copy").icon(Icon::Copy));
        ui.add(Button::new("idle 1.88 s").small());
    });
    line(ui, |ui| {
        ui.add(Button::primary("Break it").icon(Icon::Play).enabled(false));
        ui.add(Button::new("Redrive").icon(Icon::ArrowUp).enabled(false));
        ui.add(Button::ghost("Reset").enabled(false));
    });
    line(ui, |ui| {
        ui.add(Button::new("reject").icon(Icon::Cross).selected(true).width(124.0));
        ui.add(Button::new("a name that is too long").width(96.0));
    });
    line(ui, |ui| {
        ui.add(Button::new("With the keyboard on it")).request_focus();
    });
}

fn chips(ui: &mut Ui) {
    line(ui, |ui| {
        chip(ui, "choreography · inferred");
        key_cap(ui, "Ctrl P");
        key_cap(ui, "?");
        key_cap(ui, "End");
    });
}

const COLUMNS: [ColumnSpec<'static>; 4] = [
    ColumnSpec::number("position", "position", 52.0),
    ColumnSpec::text("time", "time, UTC", 92.0),
    ColumnSpec::text("type", "type", 140.0),
    ColumnSpec::text("data", "data", 100.0).stretch(),
];

fn table(ui: &mut Ui) {
    let t = tokens(ui);
    let id = ui.scope_id().with("table");
    let mut columns = Columns::new(&COLUMNS);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
    let cells = header(ui, rect, id, &mut columns, &COLUMNS).cells;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    for cell in cells {
        let place = Rect::from_x_y_ranges(cell.x, rect.y_range());
        let spec = &COLUMNS[cell.spec];
        let text =
            ["2,120", "19:01:34.967", "OrderPlaced", "customer {3} · lines [2] · total {2}"][cell.spec];
        let line =
            if spec.id == "type" { Line::new().body(text, t.text) } else { Line::new().mono(text, t.text) };
        line.align(spec.align).paint(ui.painter(), place);
        node(ui, place, id.with((spec.id, 0)), Sense::hover(), Role::Cell, text);
    }
}

fn failed(ui: &mut Ui) {
    let why = "Line 3 is not JSON: a string is not closed.";
    let todo = "Repair the line, or open the file from a copy without it.";
    blocks::failed(
        ui,
        "The store could not be opened",
        why,
        todo,
        "/data/shop-domain.jsonl",
        Some("Try again"),
    );
}

fn card(ui: &mut Ui) {
    let t = tokens(ui);
    ui.add_space(8.0);
    line(ui, |ui| {
        ui.add_space(12.0);
        hover_card_frame(&t).show(ui, |ui| {
            ui.set_width(376.0);
            ui.vertical(|ui| {
                line(ui, |ui| {
                    Mark::family(&t, "payment").show(ui, "payment");
                    let text = Line::new().body("set by ", t.text).strong("PaymentDeclined", t.text);
                    text.body(", version 3, ", t.text).mono("19:02:26", t.text).show(ui);
                    key_cap(ui, "b");
                    Line::new().caption("to jump", t.muted).show(ui);
                });
                separator(ui);
                Line::new()
                    .caption("Two earlier writers of ", t.muted)
                    .mono_small("provider_response.code", t.muted)
                    .show(ui);
                Line::new()
                    .mono("54", t.number())
                    .gap(16.0)
                    .body("PaymentDeclined, version 2", t.text)
                    .show(ui);
            });
        });
    });
}

fn icons(ui: &mut Ui) {
    let t = tokens(ui);
    for (side, color) in [(12.0, t.text), (24.0, t.accent)] {
        ui.horizontal_wrapped(|ui| {
            for icon in Icon::ALL {
                let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
                icon.paint(ui.painter(), rect, color);
                response.widget_info(|| egui::WidgetInfo::labeled(Role::Image, true, icon.name()));
            }
        });
    }
    let (rect, response) = ui.allocate_exact_size(vec2(44.0, 44.0), Sense::hover());
    Icon::Logo.paint(ui.painter(), rect, t.accent);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Image, true, "logo, large"));
}

fn icon_buttons(ui: &mut Ui) {
    line(ui, |ui| {
        for (icon, tooltip) in [
            (Icon::ToStart, "To the first event (Home)"),
            (Icon::StepBack, "One event back (←)"),
            (Icon::Play, "Play (Space)"),
            (Icon::StepForward, "One event forward (→)"),
            (Icon::ToEnd, "To the newest event (End)"),
            (Icon::Gear, "Settings"),
        ] {
            icon_button(ui, icon, tooltip);
        }
        ui.add_enabled_ui(false, |ui| icon_button(ui, Icon::Pin, "Nothing is selected to pin"));
        icon_button(ui, Icon::Close, "Close this view").request_focus();
    });
}

fn links(ui: &mut Ui) {
    link(ui, "Open domain file…");
    link::id_link(ui, "229db9b3-0000-4000-8000-00000000aee9");
    short_id(ui, "a718e52f-0000-4000-8000-00000000d04a");
    short_id(ui, "ord-00301");
}

fn marks(ui: &mut Ui) {
    let t = tokens(ui);
    for side in [8.0, 10.0] {
        line(ui, |ui| {
            for hue in 1..=12 {
                let mark = Mark { color: t.hue(hue), hollow: false, failed: false, side };
                mark.show(ui, &format!("hue {hue}"));
                mark.hollow(true).show(ui, &format!("hue {hue}, after the playhead"));
            }
        });
    }
    line(ui, |ui| {
        let payment = Mark::family(&t, "payment").side(10.0).failed(true);
        payment.show(ui, "payment, failed");
        payment.hollow(true).show(ui, "payment, failed, after the playhead");
        let name = Line::new().body("PaymentDeclined", t.text).show(ui);
        mark::failure_cross(ui, name.rect.right_center() + vec2(12.0, 0.0));
    });
}

fn payload(ui: &mut Ui) {
    let value = serde_json::json!({
        "order_id": "ord-00301", "attempt": 3, "express": false, "gift": null, "lines": [], "address": {},
        "provider_response": { "code": 51, "raw": "\u{7}denied\n line", "note": "" },
        "comment": "A text that does not fit into one line of the tree and can be unfolded below it",
    });
    // Shown for one frame at a time: nothing is kept but what a demo needs.
    PayloadTree::default().show(ui, &value, 0);
}

fn progresses(ui: &mut Ui) {
    progress(ui, 240.0, Some(0.0), "Reading, not begun");
    progress(ui, 240.0, Some(0.4), "Reading");
    progress(ui, 240.0, Some(1.0), "Reading, done");
    progress(ui, 240.0, None, "Waiting");
}

fn search_fields(ui: &mut Ui) {
    let mut empty = String::new();
    let mut names = "pay".to_owned();
    let mut query = "corr:229db9b3…dee9".to_owned();
    let mut bad = "type:(payment".to_owned();
    SearchField::new("Filter names", &mut empty).width(224.0).show(ui);
    SearchField::new("Filter types", &mut names).width(224.0).show(ui);
    SearchField::new("Search events", &mut query).query().note("12 of 3,776 events").width(420.0).show(ui);
    SearchField::new("Search streams", &mut bad).query().bad(true).width(420.0).show(ui);
}

fn sections(ui: &mut Ui) {
    section(ui, "Metadata", "", "");
    section(ui, "Sagas", "inferred", "400");
    section::folding_section(ui, "Streams", "", "1,130", &mut true);
    section::folding_section(ui, "Dead letters", "as of the playhead", "0", &mut false);
}

fn segments(ui: &mut Ui) {
    let mut view = 0;
    segment(ui, "View", &mut view, &[(0, "Tree"), (1, "Diff"), (2, "Text")]);
    let mut sort = "latest";
    segment(
        ui,
        "Sort by",
        &mut sort,
        &[("name", "name"), ("first", "first"), ("latest", "latest"), ("size", "size")],
    );
}

fn splitters(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(120.0, 40.0), Sense::hover());
    let mut width = 120.0;
    let range = egui::Rangef::new(80.0, 300.0);
    splitter(ui, ui.scope_id().with("splitter"), rect, &mut width, range, 120.0, "Width of the navigator");
}

fn switches(ui: &mut Ui) {
    let t = tokens(ui);
    for (mut on, label) in [(true, "Idempotency"), (false, "Outbox")] {
        line(ui, |ui| {
            Line::new().body(label, t.text).show(ui);
            Line::new().caption(if on { "on" } else { "off" }, t.muted).show(ui);
            switch(ui, &mut on, label);
        });
    }
}

fn texts(ui: &mut Ui) {
    let t = tokens(ui);
    Line::new().piece("Heading of a page", crate::ui::theme::heading(), t.text).show(ui);
    elided(ui, "Body text at the ordinary size, 0123456789", t.text);
    elided(ui, "Muted text for labels and second lines", t.muted);
    Line::new().caption("caption, faint: everything after the playhead", t.faint).show(ui);
    Line::new().mono("2026-03-01 19:02:26.013 UTC", t.text).gap(12.0).mono("+17.140 s", t.muted).show(ui);
    Line::new()
        .struck("0.00 €", t.faint)
        .gap(6.0)
        .body("→", t.muted)
        .gap(6.0)
        .mono("190.15 €", t.text)
        .show(ui);
    Line::new().body("event 7 of 12 · 5 later ones dimmed", t.past).show(ui);
    Line::new()
        .piece("190.15 €", crate::ui::theme::figure(), t.outcome(Outcome::Compensating).color)
        .show(ui);
    ui.scope(|ui| {
        ui.set_max_width(160.0);
        elided(ui, "A sentence that does not fit into its column", t.text);
    });
}

fn rows(ui: &mut Ui) {
    let t = tokens(ui);
    let mut scroll = RowScroll::default();
    scroll.scroll_to(2_139, RowAlign::Center);
    let failed = t.removed();
    let ticks: Vec<Tick> = [150, 1_200, 2_139, 3_000].map(|row| Tick { row, color: failed }).to_vec();
    ui.set_min_height(8.0 * ROW);
    VirtualRows::new("demo", "Events", 3_776).ticks(&ticks).show(ui, &mut scroll, |ui, number, rect| {
        let after = number > 2_139;
        let family = ["order", "stock", "payment", "shipment", "shipping"][(number % 5) as usize];
        row(ui, rect, &format!("event {number}, {family}"), number == 2_139);
        let mark = match number.cmp(&2_139) {
            std::cmp::Ordering::Less => RailMark::Before,
            std::cmp::Ordering::Equal => RailMark::Playhead,
            std::cmp::Ordering::Greater => RailMark::After,
        };
        rail(ui.painter(), &t, rect, rect.left() + 14.0, mark);
        let at =
            |from: f32, to: f32| Rect::from_x_y_ranges(rect.left() + from..=rect.left() + to, rect.y_range());
        Line::new()
            .mono(&number.to_string(), if after { t.faint } else { t.muted })
            .right()
            .paint(ui.painter(), at(28.0, 76.0));
        Mark::family(&t, family).hollow(after).paint(ui.painter(), at(88.0, 96.0).center());
        let name = if number == 2_139 {
            Line::new().strong(family, t.text)
        } else {
            Line::new().body(family, t.text_at(after))
        };
        name.paint(ui.painter(), at(104.0, 240.0));
        Line::new()
            .mono("attempt 3 · reason 3ds_timeout", t.text_at(after))
            .paint(ui.painter(), at(252.0, rect.width() - 12.0));
        if number == 2_139 {
            playhead_line(ui.painter(), &t, rect);
        }
    });
}
