//! The base widgets as a person uses them: by mouse, by keyboard, and found by their names.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Sense, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sagascope::ui::theme::Theme;
use sagascope::ui::widgets::columns::ColumnSpec;
use sagascope::ui::widgets::{
    Button, Columns, Line, RowAlign, RowScroll, SearchField, VirtualRows, header, hover_card, icon_button,
    row, segment, splitter, switch,
};
use sagascope_ui_tests::harness;

fn shown<'a, State: 'a>(state: State, ui: impl FnMut(&mut egui::Ui, &mut State) + 'a) -> Harness<'a, State> {
    let mut harness = harness(Theme::Dark).with_size(vec2(480.0, 320.0)).build_ui_state(ui, state);
    harness.run();
    harness
}

/// Drags with the first button from one point to another, a step a frame.
fn drag<State>(harness: &mut Harness<'_, State>, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.event(Event::PointerMoved(from));
    harness.step();
    harness.event(button(from, true));
    harness.step();
    harness.event(Event::PointerMoved(from + (to - from) / 2.0));
    harness.step();
    harness.event(Event::PointerMoved(to));
    harness.step();
    harness.event(button(to, false));
    harness.run();
}

#[test]
fn a_button_is_pressed_by_mouse_and_by_keyboard() {
    let mut harness = shown(0, |ui, count| {
        if ui.add(Button::new("Step")).clicked() {
            *count += 1;
        }
    });
    harness.get_by_label("Step").click();
    harness.run();
    assert_eq!(*harness.state(), 1);
    for key in [Key::Tab, Key::Enter, Key::Space] {
        harness.key_press(key);
        harness.run();
    }
    assert_eq!(*harness.state(), 3);
}

#[test]
fn a_button_that_cannot_be_pressed_does_nothing() {
    let mut harness = shown(false, |ui, pressed| {
        *pressed |= ui.add(Button::primary("Break it").enabled(false)).clicked();
    });
    assert!(harness.get_by_label("Break it").accesskit_node().is_disabled());
    harness.get_by_label("Break it").click();
    harness.run();
    assert!(!harness.state());
}

#[test]
fn an_icon_button_says_what_it_does_on_hover() {
    let mut harness = shown((), |ui, ()| {
        icon_button(ui, sagascope::ui::icons::Icon::Play, "Play (Space)");
    });
    assert_eq!(harness.get_all_by_label("Play (Space)").count(), 1);
    harness.get_by_label("Play (Space)").hover();
    harness.run_steps(4);
    assert_eq!(harness.get_all_by_label("Play (Space)").count(), 2, "the tooltip repeats it");
}

#[test]
fn a_segment_chooses_by_mouse_and_by_keyboard() {
    let mut harness = shown(0, |ui, view| {
        segment(ui, "View", view, &[(0, "Tree"), (1, "Diff"), (2, "Text")]);
    });
    harness.get_by_label("Diff").click();
    harness.run();
    assert_eq!(*harness.state(), 1);
    harness.get_by_label("Text").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(*harness.state(), 2);
}

#[test]
fn a_switch_turns() {
    let mut harness = shown(true, |ui, on| {
        switch(ui, on, "Outbox");
    });
    harness.get_by_label("Outbox").click();
    harness.run();
    assert!(!harness.state());
}

#[test]
fn a_search_field_takes_text_and_is_emptied() {
    let mut harness = shown(String::new(), |ui, text| {
        SearchField::new("Filter names", text).show(ui);
    });
    let field = |harness: &Harness<'_, String>| {
        harness.get_by_role_and_label(Role::TextInput, "Filter names").rect().center()
    };
    let at = field(&harness);
    harness.get_by_role_and_label(Role::TextInput, "Filter names").focus();
    harness.run();
    harness.event(Event::Text("pay".to_owned()));
    harness.run();
    assert_eq!(harness.state(), "pay");
    assert!((field(&harness) - at).length() < 20.0, "the field stays where it is");
    harness.get_by_label("Clear").click();
    harness.run();
    assert_eq!(harness.state(), "");
    harness.event(Event::Text("x".to_owned()));
    harness.run();
    assert_eq!(harness.state(), "x", "the focus stays in the field");
}

#[test]
fn a_hover_card_opens_beside_what_it_explains() {
    for top in [20.0, 280.0] {
        let mut harness = shown((), move |ui, ()| {
            let place = Rect::from_min_size(pos2(20.0, top), vec2(200.0, 22.0));
            let response =
                row(&mut ui.new_child(egui::UiBuilder::new().max_rect(place)), place, "code 51", false);
            hover_card(ui, &response, |ui| {
                let color = ui.visuals().text_color();
                for n in 0..4 {
                    Line::new().body(&format!("line {n} of the card"), color).show(ui);
                }
            });
        });
        assert!(harness.query_by_label("line 0 of the card").is_none());
        harness.hover_at(pos2(100.0, top + 11.0));
        harness.run_steps(6);
        let first = harness.get_by_label("line 0 of the card").rect();
        let last = harness.get_by_label("line 3 of the card").rect();
        let beside = first.top() > top + 22.0 || last.bottom() < top;
        assert!(beside, "{first} to {last} lies over the row at {top}");
    }
}

#[derive(Default)]
struct Rows {
    scroll: RowScroll,
    clicked: Option<u64>,
    visible: std::ops::Range<u64>,
}

#[test]
fn rows_are_found_by_name_clicked_and_brought_into_view() {
    let mut harness = shown(Rows::default(), |ui, state| {
        let mut clicked = None;
        let out =
            VirtualRows::new("log", "Events", 10_000_000).show(ui, &mut state.scroll, |ui, number, rect| {
                if row(ui, rect, &format!("event {number}"), number == 3).clicked() {
                    clicked = Some(number);
                }
            });
        state.visible = out.visible;
        state.clicked = clicked.or(state.clicked);
    });
    harness.get_by_label("Events");
    harness.get_by_label("event 2").click();
    harness.run();
    assert_eq!(harness.state().clicked, Some(2));
    harness.state_mut().scroll.scroll_to(9_999_999, RowAlign::Nearest);
    harness.run();
    assert_eq!(harness.state().visible.end, 10_000_000);
    harness.get_by_label("event 9999999").click();
    harness.run();
    assert_eq!(harness.state().clicked, Some(9_999_999));
}

const SPECS: [ColumnSpec; 3] = [
    ColumnSpec::number("position", "position", 60.0),
    ColumnSpec::text("time", "time", 100.0),
    ColumnSpec::text("data", "data", 100.0).stretch(),
];

fn table() -> Harness<'static, Columns> {
    shown(Columns::new(&SPECS), |ui, columns| {
        let (rect, _) = ui.allocate_exact_size(vec2(440.0, 26.0), Sense::hover());
        let id = ui.scope_id().with("table");
        header(ui, rect, id, columns, &SPECS);
    })
}

#[test]
fn a_column_is_resized_by_its_edge() {
    let mut harness = table();
    let edge = harness.get_by_label("Width of time").rect().center();
    drag(&mut harness, edge, edge + vec2(40.0, 0.0));
    let width = harness.state().width("time").unwrap();
    assert!((width - 140.0).abs() < 1.0, "{width}");
    harness.get_by_label("Width of time").focus();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    let narrower = harness.state().width("time").unwrap();
    assert!((width - narrower - 8.0).abs() < 0.1, "{narrower}");
}

#[test]
fn a_column_is_dragged_to_another_place() {
    let mut harness = table();
    let from = harness.get_by_label("position").rect().center();
    let to = harness.get_by_label("data").rect().right_center() - vec2(4.0, 0.0);
    drag(&mut harness, from, to);
    assert_eq!(harness.state().order().collect::<Vec<_>>(), ["time", "data", "position"]);
}

#[test]
fn columns_are_chosen_from_the_menu_of_the_head() {
    let mut harness = table();
    harness.get_by_label("time").click_secondary();
    harness.run();
    harness.get_by_role_and_label(Role::CheckBox, "time").click();
    harness.run();
    assert!(!harness.state().is_visible("time"));
}

#[test]
fn a_splitter_moves_by_mouse_and_by_keyboard_within_its_range() {
    let mut harness = shown(120.0_f32, |ui, width| {
        let at = Rect::from_min_size(pos2(0.0, 0.0), vec2(*width, 300.0));
        let range = egui::Rangef::new(80.0, 200.0);
        splitter(ui, ui.scope_id().with("split"), at, width, range, 120.0, "Width of the list");
    });
    drag(&mut harness, pos2(120.0, 50.0), pos2(400.0, 50.0));
    assert!((*harness.state() - 200.0).abs() < 0.1, "{}", harness.state());
    harness.get_by_label("Width of the list").focus();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert!((*harness.state() - 192.0).abs() < 0.1, "{}", harness.state());
}
