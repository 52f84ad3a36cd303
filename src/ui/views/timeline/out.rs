//! What leaves the view "timeline": a copy in words or as Mermaid, and pictures, of one saga or of all of them. Worked out
//! behind the window, because there may be a hundred thousand lines.

use std::sync::Arc;

use super::TimelineView;
use super::picture::{Lines, Picture};
use crate::saga::gantt;
use crate::saga::mermaid::Diagram;
use crate::saga::pictures::Picture as Drawn;
use crate::saga::svg::{Drawing, Palette};
use crate::ui::app::sagas::Sagas;
use crate::ui::command::WindowCommand;
use crate::ui::view::ViewContext;

/// Size of a PNG in per cent of the natural size.
const PNG_PERCENT: u16 = 200;

/// What is made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Out {
    Text,
    Mermaid,
    Svg,
    Png,
}

/// What was asked for: of which picture, and in which colours.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OutKey {
    out: Out,
    of: super::Key,
    dark: bool,
}

/// It.
#[derive(Debug)]
pub(super) enum Made {
    Text(String),
    Drawing(Arc<Drawing>),
}

fn make(key: &OutKey, picture: &Picture, log: &crate::index::EventLog, sagas: &Sagas) -> Made {
    let survey = &sagas.survey;
    let palette = if key.dark { &Palette::DARK } else { &Palette::LIGHT };
    let drawing = || match &picture.lines {
        Lines::One(one) => {
            let drawn = Drawn::named("timeline").expect("it is in the registry of pictures");
            drawn.draw(log, survey, &one.page, palette)
        }
        Lines::All(all) => gantt::draw_all(log, survey, &all.list, palette),
    };
    match (key.out, &picture.lines) {
        (Out::Text, Lines::One(one)) => Made::Text(gantt::lines(log, survey, &one.page).join("\n")),
        (Out::Mermaid, Lines::One(one)) => {
            let diagram = Diagram::named("gantt").expect("it is in the registry of diagrams");
            Made::Text(diagram.mermaid(log, survey, &one.page))
        }
        (Out::Text | Out::Mermaid, Lines::All(_)) => Made::Text(drawing().words().join("\n")),
        (Out::Svg, _) => Made::Text(drawing().svg()),
        (Out::Png, _) => Made::Drawing(Arc::new(drawing())),
    }
}

impl TimelineView {
    /// Begins to make it.
    pub(super) fn make(&mut self, context: &ViewContext<'_>, sagas: &Sagas, out: Out, dark: bool) {
        let Some((of, picture)) = self.drawn.clone() else { return };
        let key = OutKey { out, of, dark };
        let (log, sagas, asked) = (context.log().clone(), sagas.clone(), key.clone());
        self.out.ask(context.engine.workers(), &key, move |_, _| {
            Some(Arc::new(make(&asked, &picture, &log, &sagas)))
        });
        self.wanted = Some(key);
    }

    /// Hands over what was made.
    pub(super) fn deliver(&mut self, context: &ViewContext<'_>) {
        let Some(key) = &self.wanted else { return };
        let Some(answer) = self.out.answer_to(key) else {
            // It was not taken: too much is asked for at once.
            if !self.out.is_busy() {
                context.send(WindowCommand::Say("The timeline was not written: try again".to_owned()));
                self.wanted = None;
            }
            return;
        };
        let name =
            |kind: &str| format!("{}.{kind}", if key.of.saga.is_some() { "timeline" } else { "timelines" });
        match (&answer.result, key.out) {
            (Ok(made), out) => match (&**made, out) {
                (Made::Text(text), Out::Svg) => {
                    context.send(WindowCommand::SaveText { name: name("svg"), text: text.clone() });
                }
                (Made::Text(text), _) => context.send(WindowCommand::Copy(text.clone())),
                (Made::Drawing(drawing), _) => context.send(WindowCommand::SavePicture {
                    name: name("png"),
                    drawing: Arc::clone(drawing),
                    percent: PNG_PERCENT,
                }),
            },
            (Err(defect), _) => {
                context.send(WindowCommand::Say(format!("The timeline cannot be written: {defect}")));
            }
        }
        self.wanted = None;
        self.out.clear();
    }
}
