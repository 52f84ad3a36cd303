//! What one event of a history does not say alone and the others do: whose history it is, and what the event was
//! called that started an activity, a child or an update. Read once, before the events are given; a history has an
//! end (Temporal refuses more than 51,200 events), so a name for each that starts something is kept.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use foldhash::HashMap;
use serde_json::Value;

use super::super::frames::Frame;
use super::super::layout::start_of;
use super::super::record::Record;
use super::kinds::{Named, kind};
use super::told::{Told, local_activity, text_at};
use crate::base::limits::PROBE_BYTES;
use crate::model::parse_json;
use crate::store::shape::JsonShape;
use crate::store::sound::without_lone_surrogates;

/// What an event that starts something is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// The activity, the workflow, the operation, the update.
    pub(super) name: String,
    /// The step it is, if it is one: the same name, numbered from its second time on.
    pub(super) step: Option<String>,
}

/// One run of one workflow.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Where its first record is in the file.
    at: u64,
    /// The workflow's id, or what stands for it.
    pub(super) workflow: String,
    /// `OrderWorkflow`.
    pub(super) kind: Option<String>,
    /// The run's id, or what stands for it.
    pub(super) run: String,
    /// By event id.
    names: HashMap<i64, Name>,
    /// How often each name was given.
    times: HashMap<String, u32>,
}

impl History {
    /// What the event of this id started.
    pub(super) fn name(&self, event: i64) -> Option<&Name> {
        self.names.get(&event)
    }

    fn named(at: u64, stem: &str) -> Self {
        Self { at, workflow: stem.to_owned(), run: stem.to_owned(), ..Self::default() }
    }

    /// Learns who it is from its first event.
    fn begin(&mut self, attributes: &Value) {
        let text = |name: &str| text_at(attributes, &[name]);
        let run = text("originalExecutionRunId").or_else(|| text("firstExecutionRunId"));
        if let Some(workflow) = text("workflowId").or_else(|| run.clone()) {
            self.workflow.clone_from(&workflow);
            self.run = run.unwrap_or(workflow);
        }
        self.kind = text_at(attributes, &["workflowType", "name"]);
    }

    fn learn(&mut self, told: &Told<'_>) {
        let Some(number) = told.number else { return };
        let known = kind(&told.name);
        let (name, is_step) = match known.map(|kind| (kind.named, kind.is_step)) {
            Some((Named::Here(path), is_step)) => (text_at(&told.attributes, path), is_step),
            Some(_) => return,
            None => (local_activity(told).map(|local| local.name), true),
        };
        let Some(name) = name else { return };
        let step = is_step.then(|| {
            let times = self.times.entry(name.clone()).or_default();
            *times += 1;
            if *times > 1 { format!("{name} #{times}") } else { name.clone() }
        });
        self.names.insert(number, Name { name, step });
    }
}

/// The histories of a file: mostly one.
#[derive(Debug, Default)]
pub(super) struct Histories {
    list: Vec<History>,
    /// Encodings of payloads that cannot be read.
    pub(super) sealed: BTreeSet<String>,
}

impl Histories {
    /// Reads the file at `path` to its end.
    pub(super) fn read(path: &Path, shape: &JsonShape) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut head = Vec::new();
        file.by_ref().take(PROBE_BYTES as u64).read_to_end(&mut head)?;
        file.seek(SeekFrom::Start(0))?;
        let keys = shape.records.iter().flat_map(|record| record.keys().cloned()).collect();
        let mut frames = start_of(shape.layout, &head).frames(file, keys)?;
        let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let mut histories = Self { list: vec![History::named(0, &stem)], ..Self::default() };
        loop {
            match frames.next()? {
                Frame::Record(cut) => {
                    let text = String::from_utf8_lossy(frames.bytes(&cut));
                    let text = without_lone_surrogates(&text);
                    match Record::parse(&text) {
                        Ok(record) => histories.learn(&record, cut.at, &stem),
                        Err(error) if error.is_data() => {}
                        Err(_) => {
                            drop(text);
                            frames.recover(&cut);
                        }
                    }
                }
                Frame::Problem(_) | Frame::Pause => {}
                Frame::End => return Ok(histories),
            }
        }
    }

    fn learn(&mut self, record: &Record<'_>, at: u64, stem: &str) {
        let sealed = &mut self.sealed;
        let Ok(told) = Told::of(record, &mut |encoding| {
            sealed.insert(encoding.to_owned());
        }) else {
            return;
        };
        if told.name == "WorkflowExecutionStarted" {
            let is_first = self.list.len() == 1 && self.list[0].kind.is_none();
            if !is_first {
                let number = self.list.len() + 1;
                self.list.push(History::named(at, &format!("{stem}-{number}")));
            }
            self.last().begin(&told.attributes);
        }
        // The runs that a reset made have the events before it in common; the new one is named here alone.
        if told.name == "WorkflowTaskFailed"
            && let Some(run) = text_at(&told.attributes, &["newRunId"])
        {
            self.last().run = run;
        }
        self.last().learn(&told);
    }

    fn last(&mut self) -> &mut History {
        self.list.last_mut().expect("there is one from the beginning")
    }

    /// The history of the record at this offset.
    pub(super) fn of(&self, at: u64) -> &History {
        let behind = self.list.partition_point(|history| history.at <= at);
        &self.list[behind.saturating_sub(1)]
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}

/// The attributes of one record, for a test or a look.
pub(super) fn parsed(raw: &str) -> Value {
    parse_json(raw).unwrap_or(Value::Null)
}
