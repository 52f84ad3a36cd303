//! Every widget in each of its states, in both themes: it draws, has a name for everything that can be
//! used, no character is missing, and it looks as it did.

use egui::Vec2;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use image::RgbaImage;
use sagascope::ui::theme::Theme;
use sagascope::ui::widgets::DEMOS;
use sagascope_ui_tests::{harness, snapshots};

/// Room for one demo.
const CELL: (u32, u32) = (480, 320);
/// Demos side by side in the sheet.
const ACROSS: u32 = 4;

/// A harness that shows one demo. Missing glyphs and nameless inputs make it panic.
fn shown(theme: Theme, demo: fn(&mut egui::Ui)) -> Harness<'static> {
    let mut harness = harness(theme).with_size(Vec2::new(CELL.0 as f32, CELL.1 as f32)).build_ui(demo);
    harness.run_steps(3);
    harness
}

#[test]
fn every_widget_draws_and_names_what_can_be_used() {
    for theme in Theme::ALL {
        for (name, demo) in DEMOS {
            let mut harness = shown(theme, *demo);
            assert_eq!(harness.unnamed_widgets(), Vec::<String>::new(), "{name}");
            let nodes = harness.root().children_recursive();
            let named = nodes
                .map(|node| node.accesskit_node())
                .filter(|node| node.label().or(node.value()).is_some())
                .count();
            assert!(named > 0, "{name}: nothing of it is in the accessibility tree");
            let picture = harness.render().unwrap();
            let ground = *picture.get_pixel(CELL.0 - 1, CELL.1 - 1);
            let drawn = picture.pixels().filter(|pixel| **pixel != ground).count();
            assert!(drawn > 20, "{name}: {drawn} pixels were drawn");
        }
    }
}

#[test]
fn everything_that_can_be_clicked_has_a_name_and_takes_the_focus() {
    for (name, demo) in DEMOS {
        let harness = shown(Theme::Dark, *demo);
        for node in harness.root().children_recursive() {
            let node = node.accesskit_node();
            let data = node.data();
            if data.supports_action(egui::accesskit::Action::Click) && !node.is_disabled() {
                let label = node.label().unwrap_or_default();
                assert!(!label.trim().is_empty(), "{name}: {:?} has no name", node.role());
                let reachable = data.supports_action(egui::accesskit::Action::Focus);
                assert!(
                    reachable || node.role() == egui::Role::ScrollBar,
                    "{name}: {label} cannot be focused"
                );
            }
        }
    }
}

#[test]
fn demos_have_names_of_their_own_in_order() {
    let names: Vec<&str> = DEMOS.iter().map(|(name, _)| *name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(names, sorted);
}

#[test]
fn the_widgets_look_as_they_did() {
    for theme in Theme::ALL {
        let down = (DEMOS.len() as u32).div_ceil(ACROSS);
        let mut sheet = RgbaImage::new(ACROSS * CELL.0, down * CELL.1);
        for (n, (_, demo)) in DEMOS.iter().enumerate() {
            let picture = shown(theme, *demo).render().unwrap();
            let (x, y) = (n as u32 % ACROSS * CELL.0, n as u32 / ACROSS * CELL.1);
            image::imageops::replace(&mut sheet, &picture, i64::from(x), i64::from(y));
        }
        let name = format!("widgets-{}", theme.name().to_lowercase());
        egui_kittest::image_snapshot_options(&sheet, name, &snapshots());
    }
}
