//! The program: a subcommand, or the window. The one subcommand that needs both, `screenshot`, is here.

use std::process::ExitCode;

use sagascope::cli::{self, Extras, Outcome};

/// The program's allocator; Cargo.toml says why.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What only a program with a window can.
#[cfg(feature = "gui")]
const EXTRAS: Extras = Extras {
    subcommands: &[cli::Subcommand::of::<screenshot::Screenshot>()],
    rasterise: Some(|drawing, percent, path| {
        let picture = sagascope::ui::headless::draw(drawing, percent)?;
        picture.save_png(path)?;
        Ok((picture.width(), picture.height()))
    }),
};
#[cfg(not(feature = "gui"))]
const EXTRAS: Extras = Extras { subcommands: &[], rasterise: None };

fn main() -> ExitCode {
    match cli::run(std::env::args_os(), EXTRAS) {
        Outcome::Exit(code) => code,
        #[cfg(feature = "gui")]
        Outcome::Window(stores) => closed(sagascope::ui::run(stores, None)),
        #[cfg(feature = "gui")]
        Outcome::Run(request) => closed(sagascope::ui::run(Vec::new(), Some(*request))),
        #[cfg(not(feature = "gui"))]
        Outcome::Window(_) | Outcome::Run(_) => {
            eprintln!(
                "sagascope: This build has no window. Name a subcommand (sagascope --help lists them), or build it \
                 with the feature gui."
            );
            ExitCode::from(2)
        }
    }
}

/// After the window.
#[cfg(feature = "gui")]
fn closed(window: Result<(), sagascope::ui::run::WindowError>) -> ExitCode {
    match window {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sagascope: {error}");
            ExitCode::from(2)
        }
    }
}

#[cfg(feature = "gui")]
mod screenshot {
    use std::path::PathBuf;

    use anyhow::Context as _;
    use clap::{Parser, ValueEnum};
    use sagascope::cli::{Output, Run, run_named};
    use sagascope::ui::screenshot::{Shot, take};
    use sagascope::ui::theme::Theme;

    /// Draw the window into a PNG, without a display
    #[derive(Parser, Debug)]
    #[command(
        name = "screenshot",
        after_help = "Examples:\n  sagascope screenshot shop.db out.png\n  \
                      sagascope screenshot shop.db --stream payment-15 --at 2 --theme light out.png\n  \
                      sagascope screenshot shop.jsonl --view lanes --filter 'stream:stock-*' --size 2560x1440 out.png\n  \
                      sagascope screenshot 'shop/fulfilment?seed=7&fault=process-payment:timeout' out.png\n  \
                      sagascope screenshot travel --view matrix out.png"
    )]
    pub(crate) struct Screenshot {
        /// Stores, or a recipe or domain to run, and at last the picture to write
        #[arg(value_name = "STORE…|RECIPE|DOMAIN OUT.png", num_args = 1.., required = true)]
        files: Vec<PathBuf>,
        /// View to show, by its name: log, lanes, replay, sagas …; a name that there is not lists them
        #[arg(long)]
        view: Option<String>,
        /// Stream to replay: its id, or Type/id
        #[arg(long)]
        stream: Option<String>,
        /// Version of that stream to put the playhead at; of a run the moment to show, else its end
        #[arg(long, allow_negative_numbers = true)]
        at: Option<i64>,
        /// Filter, as typed into the box
        #[arg(long, default_value = "")]
        filter: String,
        /// Theme
        #[arg(long, value_enum, default_value_t = ThemeArg::Dark)]
        theme: ThemeArg,
        /// Size of the window in points
        #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1600x1000", value_parser = size)]
        size: (u16, u16),
        /// Pixels a point
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
        scale: u8,
        /// Print one JSON object with the picture's path and size
        #[arg(long)]
        json: bool,
    }

    #[derive(Clone, Copy, Debug, ValueEnum)]
    enum ThemeArg {
        Dark,
        Light,
    }

    fn size(text: &str) -> Result<(u16, u16), String> {
        let parsed = text
            .split_once('x')
            .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
        parsed
            .filter(|(width, height)| (320..=8192).contains(width) && (200..=8192).contains(height))
            .ok_or_else(|| {
                "expected a width and a height such as 1600x1000, at least 320x200, at most 8192x8192"
                    .to_owned()
            })
    }

    impl Run for Screenshot {
        fn run(self, out: &mut Output) -> anyhow::Result<()> {
            let (picture_path, stores) = self.files.split_last().context("name the picture to write")?;
            let is_png =
                picture_path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
            anyhow::ensure!(
                is_png,
                "The last argument is the picture to write and ends in .png\n{}",
                picture_path.display()
            );
            let run = match stores {
                [only] => only.to_str().and_then(run_named).transpose()?,
                _ => None,
            };
            let of_run = self.at.filter(|_| run.is_some() && self.stream.is_none());
            anyhow::ensure!(
                self.at.is_none() || self.stream.is_some() || of_run.is_some(),
                "--at is a version of the stream that --stream names, or a moment of a run"
            );
            let moment = of_run.map(u64::try_from).transpose().context("a run begins at moment 0")?;
            let shot = Shot {
                stores: if run.is_some() { Vec::new() } else { stores.to_vec() },
                view: self.view.or_else(|| run.as_ref().map(|_| "simulator".to_owned())),
                run,
                moment,
                stream: self.stream,
                at: self.at.filter(|_| of_run.is_none()),
                filter: self.filter,
                theme: match self.theme {
                    ThemeArg::Dark => Theme::Dark,
                    ThemeArg::Light => Theme::Light,
                },
                size: [f32::from(self.size.0), f32::from(self.size.1)].into(),
                scale: f32::from(self.scale),
            };
            let picture = take(&shot)?;
            picture.save_png(picture_path)?;
            let (width, height) = (picture.width(), picture.height());
            if self.json {
                out.json(&serde_json::json!({ "picture": picture_path, "width": width, "height": height }))?;
            } else {
                out.line(&format!("{width}×{height}  {}", picture_path.display()))?;
            }
            Ok(())
        }
    }
}
