//! `sagascope sagas`: every saga of a log, what needs a person first.

use clap::Parser;
use clap::builder::PossibleValuesParser;

use super::args::{OutputArgs, StoreArgs};
use super::drawing::DrawingArgs;
use super::open::{BadRows, open};
use super::saga_json::{parse_time, summary, survey};
use super::table::{Kind, Table};
use super::text::{NONE, counted};
use super::{Output, Run};
use crate::base::text::span;
use crate::index::TypeId;
use crate::model::Timestamp;
use crate::saga::gantt;
use crate::saga::{Edge, ListAsk, Outcome, SORTS, Sort, Survey};

/// List the sagas of a store: how each went and what is still owed
#[derive(Parser, Debug)]
#[command(
    name = "sagas",
    after_help = "Examples:\n  sagascope sagas shop.db\n  sagascope sagas shop.db --outcome no-activity\n  \
                  sagascope sagas run.db --domain shop --sort duration\n  \
                  sagascope sagas shop.db --at 2026-01-04T12:00:00Z\n  \
                  sagascope sagas shop.db --way 'shipment.lost.v1->payment.refunded.v1'\n  \
                  sagascope sagas shop.db --outcome compensated --svg timelines.svg\n  \
                  sagascope sagas shop.db --json | jq -r 'select(.owed != []) | .saga'\n\n\
                  Without --domain, outcome and steps are inferred from what the other sagas of the log did. \"Now\" is \
                  the last time of the log. Keys of --json, one object a line: saga, title, definition, outcome, \
                  inferred, confidence, variant (1 is the most frequent), current, started_at, last_at, duration_ms, \
                  quiet_ms, retries, steps (name, state, attempts, undo_attempts), owed (step, direction, times, \
                  amount, text), events, never_seen_before."
)]
pub(super) struct Sagas {
    #[command(flatten)]
    stores: StoreArgs,
    /// A domain file, or a built-in domain (shop, travel, transfer), whose sagas these are
    #[arg(long, value_name = "FILE|NAME")]
    domain: Option<String>,
    /// Only sagas that stand so; may be repeated
    #[arg(long, value_name = "OUTCOME", value_parser = PossibleValuesParser::new(Outcome::ALL.map(Outcome::name)))]
    outcome: Vec<String>,
    /// As they stood at this time; what is inferred is inferred from the whole log
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    /// Only sagas in which one event type was followed by the other, as on the process map; an empty side is the
    /// beginning or the end
    #[arg(long, value_name = "FROM->TO", allow_hyphen_values = true)]
    way: Option<String>,
    /// Order of the list
    #[arg(long, value_name = "COLUMN", default_value = SORTS[0].name, value_parser = PossibleValuesParser::new(SORTS.iter().map(|sort| sort.name)))]
    sort: String,
    #[command(flatten)]
    drawing: DrawingArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Sagas {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let open = open(&self.stores, BadRows::Said)?;
        let survey = survey(&open, self.domain.as_deref(), self.at)?;
        let way = self.way.as_deref().map(|way| parse_way(&survey, way)).transpose()?;
        let ask = ListAsk {
            way,
            outcomes: self.outcome.iter().filter_map(|name| Outcome::named(name)).collect(),
            sort: Sort::named(&self.sort),
            ..ListAsk::default()
        };
        let listed = survey.listed(&open.log, &ask);
        if self.drawing.is_wanted() {
            let drawing = gantt::draw_all(&open.log, &survey, &listed, self.drawing.palette());
            return self.drawing.write(&drawing, self.output.json, out);
        }
        let sagas = listed.iter().map(|at| &survey.sagas[*at as usize]);
        if self.output.json {
            for saga in sagas {
                out.json(&summary(&open, &survey, saga))?;
            }
            return Ok(());
        }
        let mut table = Table::new(&[
            ("SAGA", Kind::Id),
            ("OUTCOME", Kind::Fixed),
            ("DEFINITION", Kind::Text),
            ("STANDS AT", Kind::Text),
            ("TOOK", Kind::Number),
            ("QUIET", Kind::Number),
            ("EVENTS", Kind::Number),
            ("RETRIES", Kind::Number),
            ("VARIANT", Kind::Number),
            ("OWED", Kind::Rest),
        ]);
        for saga in sagas {
            let one = &survey.instances.list()[saga.instance];
            let owed: Vec<&str> = saga.owed.iter().map(|debt| debt.text.as_str()).collect();
            table.row(&[
                one.title(&open.log),
                saga.outcome.to_string(),
                saga.definition.as_deref().unwrap_or("inferred").to_owned(),
                saga.current.to_string(),
                span(saga.duration),
                if saga.outcome.is_end() { NONE.to_owned() } else { span(saga.silence) },
                saga.events.to_string(),
                saga.retries.to_string(),
                (saga.variant + 1).to_string(),
                if owed.is_empty() { NONE.to_owned() } else { owed.join(", ") },
            ]);
        }
        table.print(out)?;
        // Of those that are listed.
        let count = |outcome: Outcome| {
            listed.iter().filter(|at| survey.sagas[**at as usize].outcome == outcome).count()
        };
        let counts = Outcome::ALL.map(|outcome| (outcome, count(outcome))).into_iter();
        let counts: Vec<String> = counts
            .filter(|(_, count)| *count > 0)
            .map(|(outcome, count)| format!("{count} {outcome}"))
            .collect();
        let mut line = counted(listed.len() as u64, "saga");
        if listed.len() < survey.sagas.len() {
            line.extend([" of ", &survey.sagas.len().to_string()]);
        }
        if !counts.is_empty() {
            line.extend([": ", &counts.join(", ")]);
        }
        out.line(&line)?;
        Ok(())
    }
}

/// A way of the process map: `FROM->TO`.
fn parse_way(survey: &Survey, text: &str) -> anyhow::Result<Edge> {
    let (from, to) = text.split_once("->").ok_or_else(|| {
        anyhow::anyhow!("A way is two event types such as 'order.created.v1->payment.completed.v1': {text}")
    })?;
    let end = |name: &str| -> anyhow::Result<Option<TypeId>> {
        let name = name.trim();
        if name.is_empty() {
            return Ok(None);
        }
        let known = survey.traits.iter().position(|info| &*info.name == name);
        let known = known.ok_or_else(|| {
            anyhow::anyhow!("This store has no events of that type; sagascope types lists them: {name}")
        })?;
        Ok(Some(TypeId(known as u32)))
    };
    Ok((end(from)?, end(to)?))
}
