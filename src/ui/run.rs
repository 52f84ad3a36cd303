//! Opening the real window, and saying in one sentence why it cannot be opened.

use std::path::PathBuf;

use super::app::{App, AppOptions};
use crate::base::thread;
use crate::engine::{Dirs, SimRequest};

/// The window could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// What is missing and how to get it.
    #[error("{0}")]
    Unavailable(String),
}

/// Opens the window on `stores`, or on a run, and returns when it is closed.
pub fn run(stores: Vec<PathBuf>, run: Option<SimRequest>) -> Result<(), WindowError> {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("error,rfd=off,eframe=off"))
        .init();
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Sagascope")
            .with_app_id("sagascope")
            .with_inner_size([1_440.0, 900.0])
            .with_min_inner_size([640.0, 400.0])
            .with_icon(window_icon()),
        ..eframe::NativeOptions::default()
    };
    let app = AppOptions {
        dirs: Dirs::of_this_system(),
        stores,
        run,
        fonts: super::fonts::Fallback::System,
        persistent: true,
        sample: true,
        theme: None,
    };
    // winit panics where a library is missing; the hook would print a backtrace nobody asked for.
    let previous_hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let opened = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let has_opened = std::sync::Arc::clone(&opened);
    let mut hook = Some(previous_hook);
    let outcome = thread::caught(move || {
        eframe::run_native(
            "Sagascope",
            options,
            Box::new(move |creation| {
                has_opened.store(true, std::sync::atomic::Ordering::Relaxed);
                if let Some(hook) = hook.take() {
                    std::panic::set_hook(hook);
                }
                Ok(Box::new(App::new(&creation.egui_ctx, app)?))
            }),
        )
    });
    let reason = match outcome {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => format!("{error:?}"),
        Err(panic) => panic,
    };
    if opened.load(std::sync::atomic::Ordering::Relaxed) {
        return Err(WindowError::Unavailable(format!(
            "The window ended because of a defect in Sagascope: {reason}"
        )));
    }
    Err(WindowError::Unavailable(missing(&reason)))
}

/// The logo on a rounded ground, drawn at start: one source for every size.
fn window_icon() -> egui::IconData {
    let picture = super::headless::render(egui::vec2(64.0, 64.0), super::theme::Theme::Dark, |ui| {
        let tokens = super::theme::tokens(ui);
        let rect = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(64.0, 64.0));
        super::icons::Icon::Logo.paint(ui.painter(), rect.shrink(6.0), tokens.accent);
    });
    egui::IconData {
        width: picture.width() as u32,
        height: picture.height() as u32,
        rgba: picture.rgba().to_vec(),
    }
}

/// What winit's and glutin's messages mean for somebody on a bare Linux, by a word that occurs in them.
const MISSING: [(&str, &str); 7] = [
    ("neither WAYLAND_DISPLAY", "There is no display: run it in a graphical session, or set DISPLAY"),
    ("libX11.so", "The library libX11 is missing: on Debian and Ubuntu, apt install libx11-6 libx11-xcb1"),
    ("libXcursor", "The library libXcursor is missing: on Debian and Ubuntu, apt install libxcursor1"),
    ("libXi.so", "The library libXi is missing: on Debian and Ubuntu, apt install libxi6"),
    (
        "libxkbcommon",
        "The library libxkbcommon-x11 is missing: on Debian and Ubuntu, apt install libxkbcommon-x11-0",
    ),
    ("NoGlutinConfigs", "OpenGL is missing: on Debian and Ubuntu, apt install libgl1"),
    ("Glutin", "OpenGL is missing or too old: on Debian and Ubuntu, apt install libgl1"),
];

fn missing(reason: &str) -> String {
    let hint = MISSING.iter().find(|(word, _)| reason.contains(word)).map(|(_, hint)| *hint);
    match hint {
        Some(hint) => {
            format!("The window cannot be opened. {hint}. The command line works without: sagascope --help")
        }
        None => {
            format!("The window cannot be opened: {reason}. The command line works without: sagascope --help")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_named_with_its_package() {
        for (reason, package) in [
            (
                "XNotSupported(LibraryOpenError(OpenError { kind: Library, detail: \"opening library failed (libX11.so.6 …",
                "libx11-6",
            ),
            ("Library libxkbcommon-x11.so could not be loaded.", "libxkbcommon-x11-0"),
            ("NoGlutinConfigs(ConfigTemplate { .. }, Error: not found)", "libgl1"),
            (
                "WinitEventLoop(Os(… neither WAYLAND_DISPLAY nor WAYLAND_SOCKET nor DISPLAY is set.))",
                "DISPLAY",
            ),
        ] {
            assert!(missing(reason).contains(package), "{reason}");
        }
    }
}
