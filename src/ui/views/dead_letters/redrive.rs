//! Sending letters again: one, all, or in ramps with a rule to stop by; before that a dry run on a copy of the world
//! says what would come of it. Only an open run can do it, and a log from a file says why not.

use egui::{Label, Popup, RichText, Ui};

use crate::engine::{DocumentId, Latest, RAMP, Redrive, Redriven, SimControl, SimFrame, StopRule};
use crate::sim::Act;
use crate::ui::icons::Icon;
use crate::ui::theme::Tokens;
use crate::ui::view::ViewContext;
use crate::ui::widgets::{Button, Line};

/// What a dry run depends on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DryRunKey {
    document: DocumentId,
    /// Steps, events and future of the moment it begins at.
    moment: (u64, u64, usize),
    redrive: Redrive,
}

/// Presentation state.
#[derive(Default)]
pub(super) struct RedriveState {
    ramp: bool,
    stop: StopRule,
    one: Latest<DryRunKey, Redriven>,
    all: Latest<DryRunKey, Redriven>,
}

impl RedriveState {
    pub(super) fn is_settled(&self) -> bool {
        !self.one.is_busy() && !self.all.is_busy()
    }

    /// How all open letters go, and the button for it.
    pub(super) fn all_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, open: &[u32]) {
        let Some(frame) = context.document.frame() else { return };
        if open.is_empty() {
            return;
        }
        let redrive = Redrive { letters: open.to_vec(), ramp: self.ramp && open.len() > 1, stop: self.stop };
        let would = words(dry_run(&self.all, context, frame, &redrive));
        let many = open.len() > 1;
        let name = if many { format!("Redrive all {}", open.len()) } else { "Redrive all".to_owned() };
        let button = ui.add(Button::new(&name).icon(Icon::Loop).enabled(!frame.running));
        if button.on_hover_text(&would).clicked() {
            context.send(SimControl::Redrive(redrive));
        }
        if many {
            self.ramp_ui(ui);
        }
        Line::new().caption(&would, context.tokens.muted).right().show(ui);
    }

    fn ramp_ui(&mut self, ui: &mut Ui) {
        let sizes = RAMP.map(|size| size.to_string()).join("-");
        let in_ramps = format!("in ramps {sizes}");
        let now = if self.ramp { &*in_ramps } else { "at once" };
        let label = format!("Redrive {now}");
        let response = ui.add(Button::ghost(now).trailing(Icon::CaretDown).label(&label));
        Popup::menu(&response).show(|ui| {
            if ui.selectable_label(!self.ramp, "At once").clicked() {
                self.ramp = false;
            }
            for rule in StopRule::ALL {
                let words = format!("In ramps {sizes}, stop {}", rule.words());
                if ui.selectable_label(self.ramp && self.stop == rule, words).clicked() {
                    (self.ramp, self.stop) = (true, rule);
                }
            }
        });
        response.on_hover_text("Small batches first: if the cause is still there, only a few fail again");
    }

    /// What can be done about one letter.
    pub(super) fn one_ui(&mut self, context: &ViewContext<'_>, ui: &mut Ui, id: u32) {
        let t = context.tokens;
        let Some(frame) = context.document.frame() else {
            let words = "It cannot be redriven from here: this log was opened from a file, which is never changed. \
                         Open its recipe in the simulator to try it.";
            ui.add(Label::new(RichText::new(words).color(t.muted)).wrap());
            return;
        };
        let letter = frame.dead_letters.iter().find(|letter| letter.id == id);
        if !letter.is_some_and(|letter| letter.redrivable) {
            let words = "It cannot be redriven: only an open letter can be sent again.";
            ui.add(Label::new(RichText::new(words).color(t.muted)).wrap());
            return;
        }
        let redrive = Redrive { letters: vec![id], ramp: false, stop: self.stop };
        let dry_run = dry_run(&self.one, context, frame, &redrive);
        ui.add(Label::new(RichText::new(words(dry_run.clone())).color(t.text)).wrap());
        if let Some(redriven) = &dry_run {
            owed_ui(t, ui, &redriven.owed);
        }
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let button = ui.add(Button::primary("Redrive").icon(Icon::Loop).enabled(!frame.running));
            let about = "Sends the message again with the same key, and runs on until nothing is under way";
            if button.on_hover_text(about).clicked() {
                context.send(SimControl::Redrive(redrive));
            }
            let button = ui.add(Button::new("Discard").enabled(!frame.running));
            if button
                .on_hover_text("Puts the letter away: it stays in the log, and nobody is asked again")
                .clicked()
            {
                context.send(SimControl::Act(Act::Discard(id)));
            }
        });
    }
}

fn words(dry_run: Option<Redriven>) -> String {
    dry_run.map_or_else(
        || "Trying it on a copy…".to_owned(),
        |redriven| format!("Redriving now would: {}", redriven.words()),
    )
}

/// What redriving would come to: carried out on a copy, in the background.
fn dry_run(
    latest: &Latest<DryRunKey, Redriven>,
    context: &ViewContext<'_>,
    frame: &SimFrame,
    redrive: &Redrive,
) -> Option<Redriven> {
    if frame.running {
        return None;
    }
    let key = DryRunKey {
        document: context.document.id,
        moment: (frame.step, frame.events, frame.future),
        redrive: redrive.clone(),
    };
    let (world, of_job) = (frame.world.clone(), redrive.clone());
    latest.ask(context.engine.workers(), &key, move |cancel, _| of_job.predict(&world, cancel));
    let answer = latest.answer_to(&key)?;
    answer.result.as_ref().ok().cloned()
}

/// Kinds of debts that are written.
const OWED_MAX: usize = 4;

/// What would still be owed: what many sagas owe alike once, with how often.
fn owed_ui(t: &Tokens, ui: &mut Ui, owed: &[String]) {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for words in owed {
        match kinds.iter_mut().find(|(known, _)| known == words) {
            Some((_, count)) => *count += 1,
            None => kinds.push((words, 1)),
        }
    }
    for (words, count) in kinds.iter().take(OWED_MAX) {
        let times = if *count > 1 { format!("{count} × ") } else { String::new() };
        let words = format!("{times}{words}");
        Line::new().caption("still owed then", t.muted).gap(6.0).mono_small(&words, t.text).rows(2).show(ui);
    }
    if kinds.len() > OWED_MAX {
        let words = format!("+{} more debts", kinds.len() - OWED_MAX);
        Line::new().caption(&words, t.faint).show(ui);
    }
}
