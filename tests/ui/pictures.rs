//! Each view and panel once a theme, loaded and empty, drawn by the same path as `sagascope screenshot`. A
//! changed picture fails and leaves what it is now, and the difference, beside the one that is kept;
//! `UPDATE_SNAPSHOTS=1 cargo test -p sagascope-ui-tests` keeps what it is now.

use std::path::PathBuf;

use egui::{Vec2, vec2};
use egui_kittest::{SnapshotResults, try_image_snapshot_options};
use image::RgbaImage;
use sagascope::index::StreamLookup;
use sagascope::ui::command::{GoCommand, Overlay, Panel, WindowCommand};
use sagascope::ui::headless::Picture;
use sagascope::ui::screenshot::{Shot, Stage};
use sagascope::ui::theme::Theme;
use sagascope::ui::view::VIEWS;
use sagascope_ui_tests::snapshots;

fn store() -> PathBuf {
    // Relative, because the window shows it: cargo runs tests in the folder of their package.
    PathBuf::from("../data/shop-domain.jsonl")
}

/// The whole window once a theme; everything else is as small as shows all of it, without the panels around.
const WHOLE: Vec2 = vec2(960.0, 640.0);

/// A window on the small sample, or on nothing.
fn stage(theme: Theme, size: Vec2, stores: Vec<PathBuf>) -> Stage {
    let shot = Shot {
        stores,
        view: None,
        run: None,
        moment: None,
        stream: None,
        at: None,
        filter: String::new(),
        theme,
        size,
        scale: 1.0,
    };
    let mut stage = Stage::new(&shot).unwrap();
    stage.settle();
    stage
}

/// The same without navigator, inspector and time panel.
fn bare_stage(theme: Theme, size: Vec2, store: PathBuf) -> Stage {
    let mut stage = stage(theme, size, vec![store]);
    for panel in [Panel::Navigator, Panel::Inspector, Panel::Time] {
        stage.send(WindowCommand::TogglePanel(panel));
    }
    stage
}

fn keep(results: &mut SnapshotResults, picture: Picture, name: &str) {
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let image = RgbaImage::from_raw(width, height, picture.into_rgba()).unwrap();
    results.add(try_image_snapshot_options(&image, name, &snapshots()));
}

#[test]
fn every_view_looks_as_it_did() {
    let mut results = SnapshotResults::new();
    for theme in Theme::ALL {
        for class in VIEWS {
            let mut stage = match class.id {
                "log" => stage(theme, WHOLE, vec![store()]),
                "issues" => bare_stage(theme, vec2(600.0, 420.0), store()),
                _ => bare_stage(theme, vec2(720.0, 540.0), store()),
            };
            // Few streams, so that no list scrolls: where a list is scrolled to depends on what it showed before.
            stage.send(GoCommand::Filter("stream:*-0000*".to_owned()));
            let log = stage.app().document().unwrap().log();
            let StreamLookup::Found(payment) = log.find_stream("pay-00002") else {
                panic!("it is in the sample")
            };
            let (first, second) = (log.row_at(0), log.replay_rows(payment)[1]);
            stage.send(GoCommand::Select(second));
            stage.send(WindowCommand::ShowView(class.id));
            keep(&mut results, stage.window().picture(), &format!("view-{}-{}", class.id, theme.name()));
            if class.id == "issues" {
                // A log without issues looks the same, whatever the filter is.
                continue;
            }
            let mut stage = bare_stage(theme, vec2(600.0, 420.0), store());
            stage.send(WindowCommand::ShowView(class.id));
            if class.id == "replay" {
                // Before its first event, a stream has no state.
                stage.send(GoCommand::Select(first));
                stage.send(GoCommand::ShowStream(payment));
            } else {
                stage.send(GoCommand::Filter("type:nothing".to_owned()));
            }
            keep(
                &mut results,
                stage.window().picture(),
                &format!("view-{}-empty-{}", class.id, theme.name()),
            );
        }
    }
}

#[test]
fn sagas_of_3_60_and_3000_events_look_as_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let mut results = SnapshotResults::new();
    for theme in Theme::ALL {
        for events in [3, 60, 3_000] {
            let path = folder.path().join(format!("saga-{events}.jsonl"));
            std::fs::write(&path, crate::timeline::long_saga(events)).unwrap();
            for view in ["timeline", "diagram", "flow"] {
                let mut stage = bare_stage(theme, vec2(760.0, 420.0), path.clone());
                let log = stage.app().document().unwrap().log();
                let row = log.row_at(log.len() as u64 * 2 / 3);
                stage.send(GoCommand::Select(row));
                stage.send(WindowCommand::ShowView(view));
                keep(&mut results, stage.window().picture(), &format!("{view}-{events}-{}", theme.name()));
            }
        }
    }
}

#[test]
fn what_lies_above_and_the_welcome_page_look_as_they_did() {
    let mut results = SnapshotResults::new();
    for theme in Theme::ALL {
        for (name, overlay, size) in [
            ("palette", Overlay::Palette, vec2(700.0, 480.0)),
            ("shortcuts", Overlay::Shortcuts, vec2(1_080.0, 690.0)),
        ] {
            let mut stage = bare_stage(theme, size, store());
            stage.send(WindowCommand::ToggleOverlay(overlay));
            keep(&mut results, stage.window().picture(), &format!("{name}-{}", theme.name()));
        }
        let mut issues = bare_stage(theme, vec2(720.0, 560.0), PathBuf::from("data/half-broken.jsonl"));
        issues.send(WindowCommand::ShowView("issues"));
        keep(&mut results, issues.window().picture(), &format!("view-issues-some-{}", theme.name()));
        let mut failed = stage(theme, vec2(640.0, 400.0), vec![PathBuf::from("/nowhere/orders.db")]);
        keep(&mut results, failed.window().picture(), &format!("failed-{}", theme.name()));
    }
}
