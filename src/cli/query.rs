//! `sagascope query` and `sagascope count`: the query bar of the window on the command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use serde_json::json;

use super::args::{OutputArgs, StoreArgs};
use super::events::{AT_A_TIME, Printer};
use super::notice::{ProgressLine, raw, say};
use super::open::{BadRows, open_cancellable};
use super::saga_json::survey;
use super::table::{Kind, Table};
use super::text::{clean, count, counted, width};
use super::{AlreadySaid, Output, Run, interrupt};
use crate::base::cancel::CancelToken;
use crate::base::clock::Stopwatch;
use crate::engine::{ExportError, ExportKind, OpenLog, export_rows, is_table};
use crate::model::Row;
use crate::query::{FIELDS, Found, GROUPS, Group, Query, QueryError, Stage, Tally};
use crate::saga::Survey;

/// Columns of the longest bar.
const BAR: usize = 24;

/// Find events by a query
#[derive(Parser, Debug)]
#[command(
    name = "query",
    after_help = "Examples:\n  sagascope query shop.db 'type:order.* data.total>100000'\n  \
                  sagascope query shop.db 'not type:*.heartbeat (is:failure or saga:stuck) after:10m'\n  \
                  sagascope query shop.db 'cause:(type:inventory.rejected*)/2 \"out of stock\"' --json\n  \
                  sagascope query shop.db 'data.items[*].productId=lamp | count by day'\n  \
                  sagascope query shop.db 'corr.has:(is:failure)' --into failed.jsonl\n\n\
                  A query is terms that must all hold; or, not (or -) and parentheses bind them otherwise. A term is \
                  a field, an operator (: = != < <= > >= ~) and a value; a word alone is looked for everywhere. \
                  Globs (* ? [a-z] {a,b}) behind : and regular expressions behind ~. A query that begins with a minus stands behind --. sagascope fields lists \
                  the fields.\n\n\
                  Keys of --json: those of sagascope events, one object a line; behind a stage (| count by …) those \
                  of sagascope count."
)]
pub(super) struct Find {
    #[command(flatten)]
    stores: StoreArgs,
    /// What events must match
    #[arg(value_name = "QUERY")]
    query: String,
    /// At most so many events
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Write the events to a new file, as a store or as a table for spreadsheets
    #[arg(long, value_name = "OUT.jsonl|OUT.db|OUT.csv", conflicts_with = "limit")]
    into: Option<PathBuf>,
    /// A domain file, or a built-in domain, whose sagas saga: asks about
    #[arg(long, value_name = "FILE|NAME")]
    domain: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Count events by what they have in common
#[derive(Parser, Debug)]
#[command(
    name = "count",
    after_help = "Examples:\n  sagascope count shop.db ''\n  sagascope count shop.db 'is:failure' --by type\n  \
                  sagascope count shop.db 'type:order.created*' --by data.currency\n  \
                  sagascope count shop.db '' --by stream --top 20\n  sagascope count shop.db 'saga:compensated' --by hour\n\n\
                  Counts can be by type, family, stream, aggregate, corr, source, kind, version, schema, saga, month, \
                  day, hour, minute, or a path such as data.status or meta.userId. Keys of --json, one object a line: \
                  by, value, events, share (of what the query found, in thousandths), groups. value is null for \
                  the groups beyond --top together, of which there are so many as groups says, and for events without \
                  a value, where groups is 0; without --by it is null too, and share is that of the log."
)]
pub(super) struct Count {
    #[command(flatten)]
    stores: StoreArgs,
    /// What events must match; '' for all of them
    #[arg(value_name = "QUERY")]
    query: String,
    /// What they are counted by
    #[arg(long, value_name = "FIELD")]
    by: Option<String>,
    /// Only the largest groups
    #[arg(long, value_name = "N", requires = "by", value_parser = clap::value_parser!(u32).range(1..))]
    top: Option<u32>,
    /// A domain file, or a built-in domain, whose sagas saga: asks about
    #[arg(long, value_name = "FILE|NAME")]
    domain: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// The fields that queries know
#[derive(Parser, Debug)]
#[command(
    name = "fields",
    after_help = "Examples:\n  sagascope fields\n  sagascope fields --json | jq -r .example\n\n\
                  Keys of --json, one object a line: field, says, example, reads_payloads, groups (whether | count by \
                  knows it)."
)]
pub(super) struct Fields {
    #[command(flatten)]
    output: OutputArgs,
}

impl Run for Find {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let query = parse(&self.query)?;
        if let Some(to) = &self.into {
            // Said before a long load, not after it.
            if ExportKind::of_name(to).is_none() && !is_table(to) {
                return Err(ExportError::Name(to.clone()).into());
            }
            if to.symlink_metadata().is_ok() {
                return Err(ExportError::Exists(to.clone()).into());
            }
            if query.stage.is_some() {
                anyhow::bail!(
                    "--into writes events, and this query counts them: leave out what stands behind |"
                );
            }
        }
        let asked = Asked::open(&self.stores, query, self.domain.as_deref())?;
        if asked.query.stage.is_some() {
            return asked.count(None, self.output.json, out);
        }
        match &self.into {
            Some(to) => asked.write(to, self.output.json, out),
            None => asked.print(self.limit, self.output.json, out),
        }
    }
}

impl Run for Count {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let mut query = parse(&self.query)?;
        if let Some(by) = &self.by {
            if query.stage.is_some() {
                anyhow::bail!("The query counts already, behind |: leave out --by or that");
            }
            let group = Group::named(by).map_err(|error| anyhow::anyhow!("{error}"))?;
            query.stage = Some(Stage { group: Some(group), top: self.top.map(|top| top as usize) });
        }
        Asked::open(&self.stores, query, self.domain.as_deref())?.count(
            Some(Stage::COUNT),
            self.output.json,
            out,
        )
    }
}

impl Run for Fields {
    fn run(self, out: &mut Output) -> anyhow::Result<()> {
        let groups = |name: &str| GROUPS.iter().any(|group| group.name == name);
        if self.output.json {
            for field in FIELDS {
                out.json(&json!({
                    "field": field.name,
                    "says": field.says,
                    "example": field.example,
                    "reads_payloads": field.of_payload,
                    "groups": groups(field.name),
                }))?;
            }
            return Ok(());
        }
        let mut table =
            Table::new(&[("FIELD", Kind::Fixed), ("EXAMPLE", Kind::Fixed), ("IT IS", Kind::Rest)]);
        for field in FIELDS {
            table.row(&[field.name.to_owned(), field.example.to_owned(), field.says.to_owned()]);
        }
        table.print(out)?;
        out.line("")?;
        let names: Vec<&str> = GROUPS.iter().map(|group| group.name).collect();
        out.line(&format!("Behind | count by and | top: {}", names.join(", ")))?;
        Ok(())
    }
}

/// A query; what is wrong with it is said here, with the place marked.
fn parse(text: &str) -> anyhow::Result<Query> {
    Query::parse(text).map_err(|error| misread(text, &error))
}

/// Says what is wrong with a query or a condition, with the place marked.
pub(super) fn misread(text: &str, error: &QueryError) -> anyhow::Error {
    let before = width(&clean(&text[..error.at.start]));
    let marked = width(&clean(&text[error.at.clone()])).max(1);
    say(&error.message);
    raw(&format!("  {}\n  {}{}\n", clean(text), " ".repeat(before), "^".repeat(marked)));
    AlreadySaid.into()
}

/// A log with a question about it.
struct Asked {
    open: OpenLog,
    query: Query,
    survey: Option<Survey>,
    cancel: CancelToken,
}

impl Asked {
    fn open(stores: &StoreArgs, query: Query, domain: Option<&str>) -> anyhow::Result<Self> {
        let cancel = interrupt::cancel_token();
        let open = open_cancellable(stores, BadRows::Said, &cancel)?;
        let survey = if query.needs_sagas() { Some(survey(&open, domain, None)?) } else { None };
        Ok(Self { open, query, survey, cancel })
    }

    /// Hands what is found to `tell` while it is found; all of it at the end.
    fn find(&self, tell: &mut dyn FnMut(&[Row])) -> anyhow::Result<Found> {
        let mut line = ProgressLine::new();
        let found = self.open.select(&self.query, self.survey.as_ref(), &self.cancel, &mut |rows, step| {
            tell(rows);
            line.show(|| format!("Searching: {} of {}", count(step.done), counted(step.total, "event")));
        });
        drop(line);
        found.ok_or_else(|| anyhow::anyhow!("Stopped before the end of the log"))
    }

    fn print(&self, limit: Option<u64>, json: bool, out: &mut Output) -> anyhow::Result<()> {
        let clock = Stopwatch::start();
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let mut printer = Printer::new(&self.open, out, json, limit);
        let mut done = 0;
        let mut failed = None;
        let found = self.find(&mut |rows| {
            if failed.is_none()
                && let Err(error) = printer.print(&rows[done..])
            {
                failed = Some(error);
            }
            done = rows.len();
            if failed.is_some() || printer.left == 0 {
                self.cancel.cancel();
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let found = match found {
            // Enough was found, and no more was looked for.
            Err(_) if printer.left == 0 => return printer.finish(),
            found => found?,
        };
        let took = clock.elapsed();
        let rows = found.marks.ranked(&self.open.log);
        for rows in rows.get(done..).unwrap_or_default().chunks(AT_A_TIME) {
            if printer.left == 0 {
                break;
            }
            printer.print(rows)?;
        }
        printer.finish()?;
        if !json {
            let all = self.open.log.len() as u64;
            say(&format!(
                "{} of {} in {:.1} ms; {} looked at, {} read",
                count(found.marks.len()),
                counted(all, "event"),
                took.as_secs_f64() * 1_000.0,
                count(found.looked_at),
                counted(found.read, "payload"),
            ));
        }
        if found.unreadable > 0 {
            anyhow::bail!(
                "{} could not be read again and was not searched",
                counted(found.unreadable, "event")
            );
        }
        Ok(())
    }

    fn write(&self, to: &Path, json: bool, out: &mut Output) -> anyhow::Result<()> {
        let found = self.find(&mut |_| {})?;
        whole(&found)?;
        let rows = found.marks.ranked(&self.open.log);
        let mut line = ProgressLine::new();
        let exported = export_rows(&self.open, &rows, to, &self.cancel, &mut |done| {
            line.show(|| format!("Writing: {} of {}", count(done), counted(rows.len() as u64, "event")));
        });
        drop(line);
        let exported = exported?;
        let path = to.display().to_string();
        if json {
            out.json(&json!({
                "out": path, "format": exported.format, "events": exported.events, "bytes": exported.bytes,
            }))?;
        } else {
            out.line(&format!("Wrote {} to {}", counted(exported.events, "event"), clean(&path)))?;
        }
        Ok(())
    }

    /// Counts as the query says, else as `stage` does.
    fn count(&self, stage: Option<Stage>, json: bool, out: &mut Output) -> anyhow::Result<()> {
        let found = self.find(&mut |_| {})?;
        whole(&found)?;
        let total = found.marks.len();
        let stage = self.query.stage.clone().or(stage).unwrap_or(Stage::COUNT);
        let Some(group) = stage.group else {
            let all = self.open.log.len() as u64;
            if json {
                let share = share(total, all);
                out.json(&json!({"by": null, "value": null, "events": total, "share": share, "groups": 1}))?;
            } else {
                out.line(&format!("{} of {}", count(total), counted(all, "event")))?;
            }
            return Ok(());
        };
        let mut line = ProgressLine::new();
        let mut tell = |done: u64, all: u64| {
            line.show(|| format!("Counting: {} of {}", count(done), counted(all, "event")));
        };
        let tally = self
            .open
            .tally(&found.marks, &group, stage.top, self.survey.as_ref(), &self.cancel, &mut tell)
            .ok_or_else(|| anyhow::anyhow!("Stopped before the end of the log"))?;
        drop(line);
        print_tally(&tally, &group, total, json, out)
    }
}

/// Says that some events could not be searched.
fn whole(found: &Found) -> anyhow::Result<()> {
    if found.unreadable > 0 {
        anyhow::bail!(
            "{} could not be read again, so the answer is not whole",
            counted(found.unreadable, "event")
        );
    }
    Ok(())
}

fn share(part: u64, whole: u64) -> u64 {
    let whole = u128::from(whole);
    (u128::from(part) * 1_000 + whole / 2).checked_div(whole).unwrap_or(0) as u64
}

fn print_tally(tally: &Tally, group: &Group, total: u64, json: bool, out: &mut Output) -> anyhow::Result<()> {
    let by = group.to_string();
    if json {
        let mut line = |value: Option<&str>, events: u64, groups: u64| {
            let share = share(events, total);
            out.json(&json!({"by": by, "value": value, "events": events, "share": share, "groups": groups}))
        };
        for (name, events) in &tally.groups {
            line(Some(name), *events, 1)?;
        }
        if tally.others > 0 {
            line(None, tally.others, tally.other_groups)?;
        }
        if tally.without > 0 {
            line(None, tally.without, 0)?;
        }
        return Ok(());
    }
    let mut table = Table::new(&[
        ("VALUE", Kind::Text),
        ("EVENTS", Kind::Number),
        ("SHARE", Kind::Number),
        ("", Kind::Fixed),
    ]);
    let largest = tally.groups.iter().map(|(_, events)| *events).max().unwrap_or(1).max(1);
    let mut row = |name: Arc<str>, events: u64, bar: bool| {
        let permille = share(events, total);
        let length = if bar { (events as usize * BAR).div_ceil(largest as usize) } else { 0 };
        let percent = format!("{}.{} %", permille / 10, permille % 10);
        table.row(&[name.to_string(), count(events), percent, "█".repeat(length)]);
    };
    for (name, events) in &tally.groups {
        let name = if name.is_empty() { "\"\"".into() } else { Arc::clone(name) };
        row(name, *events, true);
    }
    if tally.others > 0 {
        row(format!("{} more", count(tally.other_groups)).into(), tally.others, false);
    }
    if tally.without > 0 {
        row(format!("without {by}").into(), tally.without, false);
    }
    table.print(out)?;
    out.line(&counted(total, "event"))?;
    Ok(())
}
