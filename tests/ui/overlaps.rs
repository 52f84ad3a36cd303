//! Nothing that can be clicked lies half on something else that can be: each view, from the narrowest window to a
//! wide one. What lies wholly inside something (a button in a row) is meant to; how it looks is not seen here.

use std::collections::{BTreeSet, HashMap};

use egui::{Id, Rect, WidgetRect, vec2};
use egui_kittest::kittest::NodeT as _;
use sagascope::engine::SimStart;
use sagascope::ui::command::{GoCommand, WindowCommand};
use sagascope::ui::view::VIEWS;
use sagascope_ui_tests::window::Window;

const RUN: &str = "shop/fulfilment?seed=7&sagas=3&fault=process-payment:timeout";
const HEIGHT: f32 = 800.0;
/// What may be covered without harm, in points.
const SLACK: f32 = 1.5;
/// What is this thin is a handle that lies over edges on purpose: of a panel, a scroll bar, the playhead.
const HANDLE: f32 = 10.0;

/// What can be clicked or dragged, layer by layer, in the order in which it is painted.
fn interactive(window: &Window) -> Vec<Vec<WidgetRect>> {
    window.harness.ctx.viewport(|viewport| {
        let layers = viewport.prev_pass.widgets.layers();
        let can = |of: &WidgetRect| {
            let at = of.interact_rect.size();
            of.enabled && (of.sense.senses_click() || of.sense.senses_drag()) && at.min_elem() > HANDLE
        };
        layers.map(|(_, of)| of.iter().filter(|of| can(of)).copied().collect()).collect()
    })
}

/// Pairs of which one covers a part of the other, by name.
fn overlaps(window: &Window) -> BTreeSet<String> {
    let nodes = window.harness.root().children_recursive();
    let named = nodes.filter_map(|node| {
        let node = node.accesskit_node();
        Some((node.locate().0, node.label()?))
    });
    let names: HashMap<_, _> = named.collect();
    let name = |id: Id| names.get(&id.accesskit_id()).cloned();
    let layers = interactive(window);
    let named = layers.iter().flatten().filter(|of| name(of.id).is_some()).count();
    assert!(named > 20, "only {named} of the window's controls have a name");
    let mut found = BTreeSet::new();
    for layer in layers {
        for (at, below) in layer.iter().enumerate() {
            for above in &layer[at + 1..] {
                let both = below.interact_rect.intersect(above.interact_rect);
                let shared = both.width() > SLACK && both.height() > SLACK;
                let nested = |outer: Rect, inner: Rect| outer.expand(SLACK).contains_rect(inner);
                let is_meant = nested(below.interact_rect, above.interact_rect)
                    || nested(above.interact_rect, below.interact_rect);
                if let (true, false, Some(one), Some(other)) =
                    (shared, is_meant, name(below.id), name(above.id))
                {
                    found.insert(format!("{other} {} on {one} {}", above.interact_rect, below.interact_rect));
                }
            }
        }
    }
    found
}

#[test]
fn nothing_that_can_be_clicked_lies_half_on_another() {
    let mut window = Window::simulate(RUN, SimStart::AtEnd);
    window.send(GoCommand::End);
    let mut wrong = Vec::new();
    for class in VIEWS {
        window.send(WindowCommand::ShowView(class.id));
        if class.id == "diagram" {
            // Its bar is the longest with the process map.
            wrong.extend(at_every_width(&mut window, "sequence"));
            window.click("Process map");
        }
        wrong.extend(at_every_width(&mut window, class.id));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn at_every_width(window: &mut Window, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for width in (640..=1_920).step_by(80) {
        window.harness.set_size(vec2(width as f32, HEIGHT));
        window.settle();
        wrong.extend(overlaps(window).into_iter().map(|what| format!("{name} {width}: {what}")));
    }
    wrong
}
