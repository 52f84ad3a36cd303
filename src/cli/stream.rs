//! A stream named on the command line: `id` or `Type/id`, or an id as a table shortened it. Unknown and
//! ambiguous names are refused with candidates.

use crate::engine::OpenLog;
use crate::index::{EventLog, StreamId, StreamLookup};

use super::open::source_name;

/// Candidates that are listed.
const CANDIDATES_MAX: usize = 10;

/// The stream spelled `spelling`.
pub(super) fn find(open: &OpenLog, spelling: &str) -> anyhow::Result<StreamId> {
    let log = &open.log;
    let (problem, candidates) = match log.find_stream(spelling) {
        StreamLookup::Found(stream) => return Ok(stream),
        StreamLookup::Ambiguous(candidates) => ("Several streams have this name", candidates),
        StreamLookup::Unknown(alike) => match &shortened(log, spelling)[..] {
            [stream] => return Ok(*stream),
            [] if alike.is_empty() => ("There is no stream of this name", closest(log, spelling)),
            [] => ("There is no stream of this name", alike),
            several => ("Several streams are shortened like this", several.to_vec()),
        },
    };
    let mut message = format!("{problem}: {spelling}");
    if candidates.is_empty() {
        message += "; sagascope streams lists them";
    } else {
        let several_sources = open.sources.len() > 1;
        let listed: Vec<String> = candidates
            .iter()
            .take(CANDIDATES_MAX)
            .map(|&id| {
                let stream = log.stream(id);
                let name = stream.name();
                if several_sources {
                    format!("{name} in {}", source_name(open, stream.source))
                } else {
                    name.to_string()
                }
            })
            .collect();
        message.extend(["; did you mean ", &listed.join(", ")]);
        if candidates.len() > listed.len() {
            let more = candidates.len() - listed.len();
            message.extend([", or one of ", &more.to_string(), " more"]);
        }
        message.push('?');
        if several_sources && problem.starts_with("Several streams have") {
            message += " Name only one of the stores, or the type too";
        }
    }
    Err(anyhow::anyhow!(message))
}

/// Streams that a table would show as `spelling`: `8f7b7676…0481`.
fn shortened(log: &EventLog, spelling: &str) -> Vec<StreamId> {
    let Some((start, end)) = spelling.split_once('…') else { return Vec::new() };
    matching(log, |id, full| {
        let fits = |text: &str| {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        };
        fits(id) || fits(full)
    })
}

/// Streams whose names share the longest beginning with `spelling`, at least two letters.
fn closest(log: &EventLog, spelling: &str) -> Vec<StreamId> {
    let shared = |text: &str| {
        let pairs = text.chars().zip(spelling.chars());
        pairs.take_while(|(a, b)| a.to_lowercase().eq(b.to_lowercase())).count()
    };
    let best = log
        .streams()
        .iter()
        .map(|stream| shared(&stream.id).max(shared(&stream.name().to_string())))
        .max()
        .unwrap_or(0);
    if best < 2 {
        return Vec::new();
    }
    let mut found = matching(log, |id, full| shared(id).max(shared(full)) == best);
    found.truncate(CANDIDATES_MAX / 2);
    found
}

fn matching(log: &EventLog, wanted: impl Fn(&str, &str) -> bool) -> Vec<StreamId> {
    let named = log.streams().iter().enumerate();
    named
        .filter(|(_, stream)| wanted(&stream.id, &stream.name().to_string()))
        .map(|(at, _)| StreamId(at as u32))
        .collect()
}
