//! Queries that are kept by name, and the line that is asked for a name. Where they are kept is the settings'.

use super::App;
use crate::query::Query;
use crate::ui::command::{Overlay, WindowCommand};
use crate::ui::format::{bytes, one_line};
use crate::ui::panels::line::LineWish;

impl App {
    /// Asks for one line, where there is something that it would be for.
    pub(super) fn ask_line(&mut self, wish: LineWish) {
        let text = match &wish {
            LineWish::SaveQuery { query } => {
                let asked = self.document.as_ref().map(|document| document.filter_text.trim().to_owned());
                let query = if query.is_empty() { asked.unwrap_or_default() } else { query.clone() };
                if query.is_empty() {
                    return self.say("Type a query first (Ctrl+F), then it can be saved");
                }
                if Query::parse(&query).is_err() {
                    return self.say("This query cannot be saved: something in it is not understood");
                }
                let known = self.settings.saved_queries.iter().find(|saved| saved.query == query);
                let text = known.map(|saved| saved.name.clone()).unwrap_or_default();
                return self.open_line(LineWish::SaveQuery { query }, text);
            }
            LineWish::RenameQuery { name } => name.clone(),
            LineWish::Column => String::new(),
            LineWish::Until => match self.document.as_ref().and_then(|document| document.simulation.as_ref())
            {
                Some(simulation) => simulation.condition.clone(),
                None => return self.say("There is no run that could go on"),
            },
            LineWish::Memory => self.preferences.memory_limit.map(bytes).unwrap_or_default(),
            LineWish::Note { row } => return self.ask_note(*row),
        };
        self.open_line(wish, text);
    }

    pub(super) fn open_line(&mut self, wish: LineWish, text: String) {
        self.panels.overlay_opened();
        self.panels.line.open(wish, text);
        self.overlay = Some(Overlay::Line);
    }

    pub(super) fn apply_saved_query(&mut self, command: WindowCommand) {
        let said = match command {
            WindowCommand::SaveQuery { name, query } => {
                let verb =
                    if self.settings.saved_query(name.trim()).is_some() { "Replaced" } else { "Saved" };
                let kept = Query::parse(&query).is_ok() && self.settings.save_query(&name, &query);
                kept.then(|| format!("{verb} the query “{}”", one_line(name.trim())))
            }
            WindowCommand::RenameQuery { from, to } => {
                let renamed = self.settings.rename_query(&from, &to);
                let (from, to) = (one_line(&from), one_line(to.trim()));
                renamed.then(|| format!("The query “{from}” is now called “{to}”"))
            }
            WindowCommand::DeleteQuery(name) => {
                let deleted = self.settings.delete_query(&name);
                deleted.then(|| format!("Deleted the saved query “{}”", one_line(&name)))
            }
            // Only these three are handed over.
            _ => None,
        };
        if let Some(said) = said {
            self.say(said);
        }
    }
}
