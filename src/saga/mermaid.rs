//! Diagrams as Mermaid text: the sequence of a saga, its causes as a flowchart, its states, and the process map.
//! Names are quoted and escaped, so that nothing in a store can be read as a part of the diagram.

use std::fmt::Write as _;

use super::gantt;
use super::graph::EdgeKind;
use super::map::{EdgeLabel, ProcessMap};
use super::page::Page;
use super::scope::{Group, Scope, Shown};
use super::survey::Survey;
use crate::base::text::{one_line, span};
use crate::index::{EventLog, TypeId};

/// A diagram of one saga, as the registry knows it.
#[derive(Clone, Copy, Debug)]
pub struct Diagram {
    /// In commands: `sequence`.
    pub name: &'static str,
    /// Above it.
    pub title: &'static str,
    write: fn(&EventLog, &Survey, &Page, &Scope) -> String,
}

/// Every diagram of a saga.
pub static DIAGRAMS: &[Diagram] = &[
    Diagram { name: "sequence", title: "Sequence", write: sequence },
    Diagram { name: "flowchart", title: "Flow", write: flowchart },
    Diagram { name: "state", title: "States", write: |_, survey, page, _| states(survey, page) },
    Diagram {
        name: "gantt",
        title: "Timeline",
        write: |log, survey, page, _| gantt::mermaid(log, survey, page),
    },
];

impl Diagram {
    /// The diagram called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        DIAGRAMS.iter().find(|diagram| diagram.name == name)
    }

    /// Its text.
    pub fn mermaid(&self, log: &EventLog, survey: &Survey, page: &Page) -> String {
        self.mermaid_of(log, survey, page, &Scope::default())
    }

    /// The text of what a scope leaves of it, where it has parts.
    pub fn mermaid_of(&self, log: &EventLog, survey: &Survey, page: &Page, scope: &Scope) -> String {
        (self.write)(log, survey, page, scope)
    }
}

/// A diagram with a title above it.
pub fn titled(title: &str, diagram: &str) -> String {
    // A JSON text is a YAML text too, whatever is in it.
    format!("---\ntitle: {}\n---\n{diagram}", serde_json::Value::from(&*one_line(title)))
}

/// A name inside a diagram: entities for everything that Mermaid could take for its own.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in one_line(text).chars() {
        match letter {
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            ';' => escaped.push_str("#59;"),
            ':' => escaped.push_str("#58;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '{' | '}' | '[' | ']' | '(' | ')' | '|' | '`' | '\\' | '%' => {
                write!(escaped, "#{};", u32::from(letter)).expect("a String takes all");
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// The lifeline of a stream.
pub fn lifeline(log: &EventLog, stream: Option<crate::index::StreamId>) -> String {
    let Some(id) = stream else { return "outside".to_owned() };
    let info = log.stream(id);
    let group = info.group();
    if group.is_empty() { info.id.to_string() } else { group.to_owned() }
}

fn name(survey: &Survey, id: TypeId) -> &str {
    &survey.traits[id.0 as usize].name
}

fn sequence(log: &EventLog, survey: &Survey, page: &Page, scope: &Scope) -> String {
    let shown = Shown::of(log, page, scope);
    let mut text = "sequenceDiagram\n".to_owned();
    writeln!(text, "    %% {}", escape(&page.title)).expect("a String takes all");
    for (at, line) in shown.lines.iter().enumerate() {
        writeln!(text, "    participant p{at} as {}", escape(line)).expect("a String takes all");
    }
    for (at, group) in shown.groups.iter().enumerate() {
        let to = group.line;
        let label = escape(&group.name(survey, page));
        let label = if group.failed(page) { format!("✖ {label}") } else { label };
        let arrow = if group.is_undo(page) { "-->>" } else { "->>" };
        let written = match shown.cause(at) {
            Some((cause, _)) => writeln!(text, "    p{}{arrow}p{to}: {label}", shown.groups[cause].line),
            None => writeln!(text, "    Note over p{to}: {label}"),
        };
        written.expect("a String takes all");
    }
    text
}

fn flowchart(log: &EventLog, survey: &Survey, page: &Page, scope: &Scope) -> String {
    let shown = Shown::of(log, page, scope);
    let mut text = "flowchart TD\n".to_owned();
    for (at, group) in shown.groups.iter().enumerate() {
        let label = escape(&group.name(survey, page));
        writeln!(text, "    n{at}[\"{label}\"]").expect("a String takes all");
    }
    for at in 0..shown.groups.len() {
        for (cause, kind) in shown.causes(at) {
            let arrow = if *kind == EdgeKind::StreamOrder { "-.->" } else { "-->" };
            writeln!(text, "    n{cause} {arrow} n{at}").expect("a String takes all");
        }
    }
    for (class, colour) in [("failed", "#9D381F"), ("undo", "#694B96")] {
        let holds = |group: &Group| match class {
            "failed" => group.failed(page),
            _ => group.is_undo(page) && !group.failed(page),
        };
        let chosen = shown.groups.iter().enumerate().filter(|(_, group)| holds(group));
        let nodes: Vec<String> = chosen.map(|(at, _)| format!("n{at}")).collect();
        if !nodes.is_empty() {
            writeln!(text, "    classDef {class} stroke:{colour}").expect("a String takes all");
            writeln!(text, "    class {} {class}", nodes.join(",")).expect("a String takes all");
        }
    }
    text
}

fn states(survey: &Survey, page: &Page) -> String {
    let mut text = "stateDiagram-v2\n".to_owned();
    let moves: Vec<TypeId> =
        page.rows.iter().filter(|row| !row.technical).map(|row| row.event_type).collect();
    let mut known: Vec<TypeId> = Vec::new();
    for id in &moves {
        if !known.contains(id) {
            known.push(*id);
        }
    }
    let place = |id: TypeId| known.iter().position(|other| *other == id).unwrap_or(0);
    for (at, id) in known.iter().enumerate() {
        writeln!(text, "    s{at} : {}", escape(name(survey, *id))).expect("a String takes all");
    }
    let mut last: Option<TypeId> = None;
    let mut seen: Vec<(Option<TypeId>, TypeId)> = Vec::new();
    for id in moves {
        let before = last.replace(id);
        if before == Some(id) || seen.contains(&(before, id)) {
            continue;
        }
        seen.push((before, id));
        let written = match before {
            Some(before) => writeln!(text, "    s{} --> s{}", place(before), place(id)),
            None => writeln!(text, "    [*] --> s{}", place(id)),
        };
        written.expect("a String takes all");
    }
    if let Some(last) = last.filter(|_| page.summary.outcome.is_end()) {
        writeln!(text, "    s{} --> [*]", place(last)).expect("a String takes all");
    }
    text
}

/// The process map as a flowchart.
pub fn map(survey: &Survey, map: &ProcessMap, label: EdgeLabel) -> String {
    let mut text = "flowchart TD\n".to_owned();
    for node in &map.nodes {
        writeln!(text, "    t{}[\"{} ({})\"]", node.id.0, escape(name(survey, node.id)), node.times)
            .expect("a String takes all");
    }
    if !map.nodes.is_empty() {
        text += "    start((\" \"))\n    finish((\" \"))\n";
    }
    for known in &map.edges {
        let end = |id: Option<TypeId>, outside: &str| {
            id.map_or_else(|| outside.to_owned(), |id| format!("t{}", id.0))
        };
        let (from, to) = (end(known.edge.0, "start"), end(known.edge.1, "finish"));
        let shown = match label {
            EdgeLabel::Time if known.count == 0 => "–".to_owned(),
            EdgeLabel::Time if known.edge.0.is_some() && known.edge.1.is_some() => span(known.waits.p50),
            _ => known.count.to_string(),
        };
        writeln!(text, "    {from} -->|\"{}\"| {to}", escape(&shown)).expect("a String takes all");
    }
    match &map.as_of {
        Some(moment) => titled(&format!("Process map as of {moment}"), &text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::titled;

    #[test]
    fn a_title_is_one_line_whatever_is_in_it() {
        let text = titled("a \"b\"\n--- \\ ü", "flowchart TD\n");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[2], lines[3]), ("---", "---", "flowchart TD"));
        let title = lines[1].strip_prefix("title: ").expect("a title");
        let title: String = serde_json::from_str(title).expect("a text");
        assert!(title.contains("\"b\"") && title.contains("\\ ü"), "{title}");
    }
}
