//! Each view and panel once a theme, loaded and empty, drawn by the same path as `sagascope screenshot`. A
//! changed picture fails and leaves what it is now, and the difference, beside the one that is kept;
//! `UPDATE_SNAPSHOTS=1 cargo test -p sagascope-ui-tests` keeps what it is now.

use std::path::PathBuf;

use egui_kittest::{SnapshotResults, try_image_snapshot_options};
use image::RgbaImage;
use sagascope::index::StreamLookup;
use sagascope::ui::command::{Command, DocumentCommand, GoCommand, Overlay, WindowCommand};
use sagascope::ui::headless::Picture;
use sagascope::ui::screenshot::{Shot, Stage};
use sagascope::ui::theme::Theme;
use sagascope::ui::view::VIEWS;
use sagascope_ui_tests::snapshots;

fn store() -> PathBuf {
    // Relative, because the window shows it: cargo runs tests in the folder of their package.
    PathBuf::from("../data/shop-domain.jsonl")
}

/// A small window on the small sample, or on nothing.
fn stage(theme: Theme, stores: Vec<PathBuf>) -> Stage {
    let shot = Shot {
        stores,
        view: None,
        stream: None,
        at: None,
        filter: String::new(),
        theme,
        size: egui::vec2(1_200.0, 860.0),
        scale: 1.0,
    };
    let mut stage = Stage::new(&shot).unwrap();
    stage.settle();
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
            let mut stage = stage(theme, vec![store()]);
            // Few streams, so that no list scrolls: where a list is scrolled to depends on what it showed before.
            stage.send(GoCommand::Filter("stream:*-0000*".to_owned()));
            let log = stage.app().document().unwrap().log();
            let StreamLookup::Found(payment) = log.find_stream("pay-00002") else {
                panic!("it is in the sample")
            };
            let second = log.replay_rows(payment)[1];
            stage.send(GoCommand::Select(second));
            stage.send(WindowCommand::ShowView(class.id));
            keep(&mut results, stage.window().picture(), &format!("view-{}-{}", class.id, theme.name()));
            stage.send(GoCommand::Filter("type:nothing".to_owned()));
            keep(
                &mut results,
                stage.window().picture(),
                &format!("view-{}-empty-{}", class.id, theme.name()),
            );
        }
    }
}

#[test]
fn what_lies_above_and_the_welcome_page_look_as_they_did() {
    let mut results = SnapshotResults::new();
    for theme in Theme::ALL {
        let overlays: [(&str, Command); 2] = [
            ("palette", WindowCommand::ToggleOverlay(Overlay::Palette).into()),
            ("shortcuts", WindowCommand::ToggleOverlay(Overlay::Shortcuts).into()),
        ];
        for (name, command) in overlays {
            let mut stage = stage(theme, vec![store()]);
            stage.send(command);
            keep(&mut results, stage.window().picture(), &format!("{name}-{}", theme.name()));
        }
        let mut failed = stage(theme, vec![PathBuf::from("/nowhere/orders.db")]);
        keep(&mut results, failed.window().picture(), &format!("failed-{}", theme.name()));
        failed.send(DocumentCommand::Close);
    }
}
