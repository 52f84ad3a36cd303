//! Opening and closing logs.

use std::path::PathBuf;
use std::sync::Arc;

use egui::Context;

use super::document::Document;
use super::navigation::Navigation;
use super::rival::RivalChoice;
use super::{Answer, App};
use crate::base::clock::{Stopwatch, now_unix_nanos};
use crate::base::thread;
use crate::domain::Domain;
use crate::engine::{DocumentId, EngineEvent, LoadItem, Recent};
use crate::index::{EventLog, StreamId};
use crate::ui::command::DocumentCommand;

/// A dialog that answers faster than a person can was never shown.
const SHOWN_AT_LEAST_MS: u128 = 1_500;

impl App {
    pub(super) fn apply_document(&mut self, context: &Context, command: DocumentCommand) {
        match command {
            DocumentCommand::ChooseFiles { add } => self.choose_files(context, add),
            DocumentCommand::Open(items) => self.open(items),
            DocumentCommand::Add(items) => self.add(items),
            DocumentCommand::ConfirmMapping { path, mapping, shape_key } => {
                self.settings.mappings.insert(shape_key, mapping.clone());
                self.dismiss_mapping(&path);
                self.add(vec![LoadItem { path, mapping: Some(mapping) }]);
            }
            DocumentCommand::DismissMapping(path) => {
                self.dismiss_mapping(&path);
                if self.document.as_ref().is_some_and(|document| {
                    document.open.sources.is_empty()
                        && document.unmapped.is_empty()
                        && document.failures.is_empty()
                }) {
                    self.close();
                }
            }
            DocumentCommand::DismissFailures => {
                if let Some(document) = &mut self.document {
                    document.failures.clear();
                }
            }
            DocumentCommand::UseDomain(domain) => self.use_domain(domain),
            DocumentCommand::CompareWith(choice) => self.compare_with(choice),
            DocumentCommand::ChooseRival => self.choose_rival(context),
            DocumentCommand::Reload
                if self.document.as_ref().is_some_and(|document| document.simulation.is_some()) =>
            {
                self.commands.send(crate::ui::command::SimulationCommand::Again);
            }
            DocumentCommand::Reload => {
                let Some(document) = &self.document else { return };
                let (paths, domain) = (document.paths.clone(), document.domain().cloned());
                let id = self.engine.reload(paths.iter().map(LoadItem::detected).collect());
                self.show_opened(id, paths);
                if let Some(document) = &mut self.document {
                    document.use_domain(domain);
                }
            }
            DocumentCommand::Close => self.close(),
            DocumentCommand::CancelLoading => {
                self.engine.cancel_loading();
            }
            DocumentCommand::ToggleLive => self.toggle_live(),
            DocumentCommand::ForgetRecent(path) => self.settings.forget(&path),
        }
    }

    fn use_domain(&mut self, domain: Option<Arc<Domain>>) {
        let Some(document) = &mut self.document else { return };
        if document.simulation.is_some() {
            self.say("A run is replayed by the domain it runs in");
            return;
        }
        let words = match &domain {
            Some(domain) => format!("Replays follow the rules of {}", domain.name),
            None => "Replays merge the data of events".to_owned(),
        };
        document.use_domain(domain);
        self.say(words);
    }

    fn open(&mut self, items: Vec<LoadItem>) {
        if items.is_empty() {
            return;
        }
        let paths = items.iter().map(|item| item.path.clone()).collect();
        let id = self.engine.open(items);
        self.show_opened(id, paths);
    }

    fn show_opened(&mut self, id: DocumentId, paths: Vec<PathBuf>) {
        self.document = Some(Document::new(id, paths));
        let kept = (self.navigation.speed, self.navigation.looping);
        self.navigation = Navigation { speed: kept.0, looping: kept.1, ..Navigation::default() };
        self.layout.reset_views();
        self.layout.arrange(false);
        self.overlay = None;
    }

    fn add(&mut self, items: Vec<LoadItem>) {
        let Some(document) = &mut self.document else { return self.open(items) };
        for item in &items {
            if !document.paths.contains(&item.path) {
                document.paths.push(item.path.clone());
            }
            document.failures.retain(|failure| failure.path != item.path);
        }
        document.progress.finished = false;
        document.requests += 1;
        self.engine.add(document.id, items);
    }

    fn close(&mut self) {
        self.engine.close();
        self.document = None;
        self.navigation = Navigation { speed: self.navigation.speed, ..Navigation::default() };
        self.layout.reset_views();
        self.layout.arrange(false);
    }

    fn dismiss_mapping(&mut self, path: &std::path::Path) {
        if let Some(document) = &mut self.document {
            document.unmapped.retain(|needs| needs.path != path);
        }
    }

    fn choose_files(&mut self, context: &Context, add: bool) {
        let answers = self.answers.0.clone();
        let waker = context.clone();
        let started = Stopwatch::start();
        let spawned = thread::spawn("file-dialog", move || {
            let files = rfd::FileDialog::new().set_title("Open event stores").pick_files();
            let answer = match files {
                Some(paths) if !paths.is_empty() => Answer::Files { paths, add },
                _ => Answer::NoFiles { quickly: started.elapsed().as_millis() < SHOWN_AT_LEAST_MS },
            };
            // The window may be gone by now.
            drop(answers.try_send(answer));
            waker.request_repaint();
        });
        if let Err(error) = spawned {
            self.complain(format!("The file dialog cannot be opened: {error}"));
        }
    }

    pub(super) fn on_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Files { paths, add } => {
                let items = paths.into_iter().map(LoadItem::detected).collect();
                if add { self.add(items) } else { self.open(items) }
            }
            Answer::NoFiles { quickly: true } => {
                self.overlay = Some(crate::ui::command::Overlay::OpenPath);
                self.say("This system shows no file dialog: type the path, or drop the file on the window");
            }
            Answer::NoFiles { quickly: false } => {}
            Answer::Rival(path) => self.compare_with(Some(RivalChoice::File(path))),
            Answer::Said(text) => self.say(text),
            Answer::Failed(text) => self.complain(text),
        }
    }

    pub(super) fn take_dropped_files(&mut self, context: &Context) {
        let paths: Vec<PathBuf> = context
            .input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_path_buf()).collect());
        if paths.is_empty() {
            return;
        }
        let add = context.input(|input| input.modifiers.shift) && self.document.is_some();
        let items = paths.into_iter().map(LoadItem::detected).collect();
        if add { self.add(items) } else { self.open(items) }
    }

    pub(super) fn on_engine_event(&mut self, event: EngineEvent) {
        let event = match event {
            EngineEvent::Simulated { document, frame } => return self.on_simulated(document, *frame),
            EngineEvent::Replaced { document } => return self.on_replaced(document),
            EngineEvent::Lives { document, live } => return self.on_live(document, live),
            event => event,
        };
        let Some(document) = &mut self.document else { return };
        match event {
            EngineEvent::Published { document: id, open, progress } if id == document.id => {
                // What comes to a log that is read already settles nothing anew.
                let finished = progress.finished && document.requests > 0;
                document.publish(*open, progress, &self.engine);
                if self.navigation.stream.is_none() || (finished && self.navigation.selected.is_none()) {
                    self.navigation.stream = longest_business_stream(document.log());
                }
                if finished {
                    self.settle_in();
                }
            }
            EngineEvent::Loaded { document: id, cancelled } if id == document.id => {
                document.cancelled = cancelled;
                document.requests = document.requests.saturating_sub(1);
                document.progress.finished = document.requests == 0;
                if cancelled {
                    let events = document.open.log.len();
                    self.say(format!("Loading stopped; {events} events can be used"));
                }
            }
            EngineEvent::NeedsMapping { document: id, request } if id == document.id => {
                match self.settings.mappings.get(&request.proposal.shape_key) {
                    Some(mapping) => {
                        let item = LoadItem { path: request.path, mapping: Some(mapping.clone()) };
                        self.add(vec![item]);
                    }
                    None => document.unmapped.push(*request),
                }
            }
            EngineEvent::Failed { document: id, failure } if id == document.id => {
                document.failures.push(failure);
            }
            // What an earlier document still had to say.
            EngineEvent::Published { .. }
            | EngineEvent::Loaded { .. }
            | EngineEvent::NeedsMapping { .. }
            | EngineEvent::Failed { .. }
            | EngineEvent::Replaced { .. }
            | EngineEvent::Lives { .. }
            | EngineEvent::Simulated { .. } => {}
        }
    }

    /// After a log is read: the longest stream, its last event, the end; and the file among the recent ones.
    fn settle_in(&mut self) {
        let Some(document) = &self.document else { return };
        let log = document.log();
        if let Some(row) = self.restore_playhead.take().filter(|row| log.contains(*row)) {
            self.commands.send(crate::ui::command::GoCommand::Select(row));
        }
        if self.navigation.selected.is_none() {
            self.navigation.stream = longest_business_stream(log);
            self.navigation.selected = self
                .navigation
                .stream
                .and_then(|stream| log.replay_rows(stream).last().copied())
                .or(log.last_row());
        }
        if document.simulation.is_some() {
            return;
        }
        for (source, summary) in document.open.sources.iter().zip(log.sources()) {
            self.settings.remember(Recent {
                path: std::path::absolute(&source.path).unwrap_or_else(|_| source.path.clone()),
                format: source.title.clone(),
                bytes: source.bytes,
                events: summary.events,
                opened_at: now_unix_nanos(),
            });
        }
    }
}

/// The stream with most events that is not one of a store's own housekeeping (`$…`).
fn longest_business_stream(log: &EventLog) -> Option<StreamId> {
    let streams = log.streams().iter().enumerate().filter(|(_, stream)| !stream.id.starts_with('$'));
    let longest = streams.max_by_key(|(at, stream)| (stream.len(), std::cmp::Reverse(*at)))?;
    Some(StreamId(longest.0 as u32))
}
