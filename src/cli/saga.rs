//! `sagascope saga`: one saga in full, as text, as a diagram or as JSON.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use clap::builder::PossibleValuesParser;
use serde_json::json;

use super::args::{MappingArgs, OutputArgs, StoreArgs};
use super::drawing::DrawingArgs;
use super::open::{BadRows, open};
use super::saga_json::{self, page as page_json, parse_time, survey};
use super::table::{Kind, Table};
use super::text::{NONE, counted};
use super::{Output, Run};
use crate::base::cancel::CancelToken;
use crate::engine::OpenLog;
use crate::index::TypeId;
use crate::model::Timestamp;
use crate::saga::mermaid::{self, DIAGRAMS, Diagram};
use crate::saga::pictures::{PICTURES, Picture};
use crate::saga::{Page, Part, Survey, Timeline, compare, gantt, text};

/// Show one saga: its events, its ledger and what is still to come
#[derive(Parser, Debug)]
#[command(
    name = "saga",
    after_help = "Examples:\n  sagascope saga shop.db saga-s15\n  sagascope saga run.db s1 --domain shop\n  \
                  sagascope saga shop.db saga-s15 --mermaid\n  sagascope saga shop.db saga-s15 --mermaid=flowchart\n  \
                  sagascope saga shop.db saga-s15 --compare saga-s66\n  sagascope saga shop.db saga-s15 --timeline\n  \
                  sagascope saga shop.db saga-s15 --at 2026-01-01T20:27:37.450Z\n  \
                  sagascope saga shop.db saga-s15 --svg saga.svg --picture sequence\n  \
                  sagascope saga shop.db saga-s15 --png saga.png --scale 300\n  \
                  sagascope saga one.db s1 --compare s1 --with other.db\n\n\
                  A saga is named by its id (the correlation id) or by the stream in which it begins. Keys of --json: \
                  those of sagascope sagas, and rows, ledger, pivot, ahead, findings."
)]
pub(super) struct Saga {
    /// File to read
    #[arg(value_name = "STORE")]
    store: PathBuf,
    /// The saga: its id, or the stream in which it begins
    #[arg(value_name = "ID")]
    id: String,
    /// A domain file, or a built-in domain (shop, travel, transfer), whose saga it is
    #[arg(long, value_name = "FILE|NAME")]
    domain: Option<String>,
    /// As it stood at this time, by what the whole log taught
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    /// Print a diagram as Mermaid text instead
    #[arg(long, value_name = "DIAGRAM", num_args = 0..=1, require_equals = true, default_missing_value = DIAGRAMS[0].name, value_parser = PossibleValuesParser::new(DIAGRAMS.iter().map(|diagram| diagram.name)), conflicts_with_all = ["json", "drawn"])]
    mermaid: Option<String>,
    #[command(flatten)]
    drawing: DrawingArgs,
    /// Which picture
    #[arg(long, value_name = "PICTURE", requires = "drawn", default_value = PICTURES[0].name, value_parser = PossibleValuesParser::new(PICTURES.iter().map(|picture| picture.name)))]
    picture: String,
    /// Print how it differs from another saga instead
    #[arg(long, value_name = "ID", conflicts_with_all = ["mermaid", "drawn"])]
    compare: Option<String>,
    /// The store of the other saga: of another run, for instance
    #[arg(long, value_name = "STORE", requires = "compare")]
    with: Option<PathBuf>,
    /// Print its timeline instead: when each step, wait, retry and undo began and how long it took
    #[arg(long, conflicts_with_all = ["mermaid", "drawn", "compare"])]
    timeline: bool,
    #[command(flatten)]
    mapping: MappingArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Saga {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let stores = StoreArgs { stores: vec![self.store.clone()], mapping: self.mapping.clone() };
        let open = open(&stores, BadRows::Said)?;
        let survey = survey(&open, self.domain.as_deref(), self.at)?;
        let page = page_of(&open, &survey, &self.id)?;
        if let Some(diagram) = self.mermaid.as_deref().and_then(Diagram::named) {
            let text = diagram.mermaid(&open.log, &survey, &page);
            let told = self.at.map(|at| {
                mermaid::titled(&format!("{} · {} as of {at}", page.title, page.summary.outcome), &text)
            });
            out.line(told.unwrap_or(text).trim_end())?;
            return Ok(());
        }
        // The page in words is what is printed without it.
        let is_page = self.drawing.is_words() && self.picture == PICTURES[0].name;
        if self.drawing.is_wanted() && !is_page {
            let picture = Picture::named(&self.picture).context("There is no such picture")?;
            let drawing = picture.draw(&open.log, &survey, &page, self.drawing.palette());
            return self.drawing.write(&drawing, self.output.json, out);
        }
        if let Some(other) = &self.compare {
            let Some(with) = &self.with else {
                let other = page_of(&open, &survey, other)?;
                return self.compared([&survey, &survey], &page, &other, out);
            };
            let stores = StoreArgs { stores: vec![with.clone()], mapping: self.mapping.clone() };
            let other_log = super::open::open(&stores, BadRows::Said)?;
            let other_survey = saga_json::survey(&other_log, self.domain.as_deref(), None)?;
            let other = page_of(&other_log, &other_survey, other)?;
            return self.compared([&survey, &other_survey], &page, &other, out);
        }
        if self.timeline {
            return self.timeline(&open, &survey, &page, out);
        }
        if self.output.json {
            out.json(&page_json(&open, &survey, &page))?;
            return Ok(());
        }
        for line in text::lines(&open.log, &survey, &page) {
            out.line(&line)?;
        }
        Ok(())
    }
}

impl Saga {
    /// When what was under way.
    fn timeline(&self, open: &OpenLog, survey: &Survey, page: &Page, out: &mut Output) -> anyhow::Result<()> {
        if !self.output.json {
            for line in gantt::lines(&open.log, survey, page) {
                out.line(&line)?;
            }
            return Ok(());
        }
        let Some(timeline) = Timeline::of(&open.log, survey, page) else { return Ok(()) };
        for bar in &timeline.bars {
            out.json(&json!({
                "name": &*bar.name,
                "kind": bar.kind.name(),
                "attempt": (bar.attempt > 0).then_some(bar.attempt),
                "began_row": bar.began.raw(),
                "row": bar.row.raw(),
                "from": Timestamp::from_nanos(bar.from, 9).to_string(),
                "to": Timestamp::from_nanos(bar.to, 9).to_string(),
                "duration_ms": bar.duration() / 1_000_000,
                "failed": bar.failed,
                "error": bar.error,
                "open": bar.is_open,
                "critical": bar.is_critical,
            }))?;
        }
        Ok(())
    }

    /// Both step by step, and what differs.
    fn compared(
        &self,
        surveys: [&Survey; 2],
        one: &Page,
        other: &Page,
        out: &mut Output,
    ) -> anyhow::Result<()> {
        let names = surveys.map(|survey| move |id: TypeId| Arc::clone(&survey.traits[id.0 as usize].name));
        let both = compare(one, other, [&names[0], &names[1]]);
        let part = |all: &[Part], at: Option<usize>| {
            at.map(|at| {
                let Part { name, times, .. } = &all[at];
                if *times > 1 { format!("{name} ×{times}") } else { name.to_string() }
            })
        };
        let pairs = both.pairs.iter();
        let pairs = pairs.map(|(left, right)| (part(&both.left, *left), part(&both.right, *right)));
        if self.output.json {
            let pairs: Vec<_> = pairs.collect();
            let (saga, with) = (&one.id, &other.id);
            out.json(&json!({"saga": saga, "with": with, "steps": pairs, "differences": both.differences}))?;
            return Ok(());
        }
        let mut table = Table::new(&[("FIRST", Kind::Text), ("SECOND", Kind::Text)]);
        for (left, right) in pairs {
            table.row(&[left.unwrap_or_else(|| NONE.to_owned()), right.unwrap_or_else(|| NONE.to_owned())]);
        }
        table.print(out)?;
        for difference in &both.differences {
            out.line(difference)?;
        }
        if both.differences.is_empty() {
            out.line("Nothing differs")?;
        }
        Ok(())
    }
}

/// The saga called `name`, in full.
fn page_of(open: &OpenLog, survey: &Survey, name: &str) -> anyhow::Result<Page> {
    let at = find(open, survey, name)?;
    open.saga_page(survey, at, &CancelToken::default()).context("Reading was cancelled")
}

/// The saga called `name`.
fn find(open: &OpenLog, survey: &Survey, name: &str) -> anyhow::Result<usize> {
    let found = survey.named(&open.log, name);
    match found[..] {
        [at] => Ok(at),
        [] => anyhow::bail!(
            "There is no saga of this name among {}; sagascope sagas lists them: {name}",
            counted(survey.sagas.len() as u64, "saga")
        ),
        [first, ..] => {
            let id = |at: usize| survey.instances.list()[survey.sagas[at].instance].id(&open.log);
            // One saga that follows two definitions: the better one.
            if found.iter().all(|at| id(*at) == id(first)) {
                return Ok(first);
            }
            let ids: Vec<String> = found.iter().map(|at| id(*at)).take(10).collect();
            anyhow::bail!("Several sagas have this name; did you mean {}? {name}", ids.join(", "))
        }
    }
}
