//! What is done with the events that match: `| count by type`, `| top 20 stream`. Parsing and meaning; counting is
//! beside.

use std::fmt;

use super::group::{GROUPS, GroupInfo, group_called};
use super::parse::QueryError;
use super::path::Path;
use crate::base::nearest::nearest;

/// Groups of `top` where no number is given.
const TOP: usize = 10;

/// What stands after `|`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// By what is counted; `None`: all together.
    pub group: Option<Group>,
    /// The largest groups that are wanted; `None`: all.
    pub top: Option<usize>,
}

/// What events are grouped by.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its entry in [`GROUPS`].
    pub info: &'static GroupInfo,
    /// The way into data or metadata, for the groups that have one.
    pub path: Option<Path>,
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        self.info.name == other.info.name && self.path == other.path
    }
}

impl Stage {
    /// Everything together.
    pub const COUNT: Self = Self { group: None, top: None };

    /// Reads what stands after `|`, which is the byte before `at`.
    pub(super) fn parse(text: &str, at: usize) -> Result<Self, QueryError> {
        let end = at + text.len();
        let words = words(text, at);
        let extra = |(at, word): (usize, &str)| {
            QueryError::new(at..at + word.len(), "Nothing more is expected here: one stage is all there is")
        };
        let Some((&(verb_at, verb), rest)) = words.split_first() else {
            return Err(QueryError::new(at - 1..end, "count, count by … or top … is expected after |"));
        };
        match verb.to_ascii_lowercase().as_str() {
            "count" => match rest {
                [] => Ok(Self::COUNT),
                [(_, by), group, more @ ..] if by.eq_ignore_ascii_case("by") => {
                    let group = Group::parse(group.1, group.0)?;
                    more.first().map_or(Ok(Self { group: Some(group), top: None }), |word| Err(extra(*word)))
                }
                [(at, by)] if by.eq_ignore_ascii_case("by") => {
                    Err(QueryError::new(*at..end, "What is counted by is expected: count by type"))
                }
                [(at, word), ..] => Err(QueryError::new(*at..at + word.len(), "by is expected after count")),
            },
            "top" => {
                let (top, rest) = match rest.split_first() {
                    Some(((at, word), rest)) if word.bytes().all(|byte| byte.is_ascii_digit()) => {
                        let number = word.parse().ok().filter(|number| *number > 0);
                        let message = "A number of groups from 1 on is expected";
                        (number.ok_or_else(|| QueryError::new(*at..at + word.len(), message))?, rest)
                    }
                    _ => (TOP, rest),
                };
                let Some((group, more)) = rest.split_first() else {
                    return Err(QueryError::new(verb_at..end, "What is counted is expected: top 20 stream"));
                };
                let group = Group::parse(group.1, group.0)?;
                more.first().map_or(Ok(Self { group: Some(group), top: Some(top) }), |word| Err(extra(*word)))
            }
            _ => Err(QueryError::new(
                verb_at..verb_at + verb.len(),
                format!("There is no stage {verb}; known are count, count by … and top …"),
            )),
        }
    }

    /// Whether payloads must be read.
    pub(super) fn needs_payloads(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.info.of_payload())
    }

    /// Whether the sagas of the log must be known.
    pub(super) fn needs_sagas(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.info.of_sagas())
    }
}

/// The words of a stage with their places; blanks in quotation marks are letters.
fn words(text: &str, at: usize) -> Vec<(usize, &str)> {
    let (mut words, mut start, mut quoted, mut escaped) = (Vec::new(), None, false, false);
    for (place, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_end = place == text.len() || (letter.is_whitespace() && !quoted);
        if quoted {
            (escaped, quoted) = (!escaped && letter == '\\', escaped || letter != '"');
        } else if letter == '"' {
            quoted = true;
        }
        if is_end {
            words.extend(start.take().map(|from: usize| (at + from, &text[from..place])));
        } else if start.is_none() && !letter.is_whitespace() {
            start = Some(place);
        }
    }
    words
}

impl Group {
    /// The group that a text names: the beginning of the text is at `at`.
    fn parse(text: &str, at: usize) -> Result<Self, QueryError> {
        if let Some(info) = group_called(text).filter(|info| !info.has_path()) {
            return Ok(Self { info, path: None });
        }
        let end = text.find(['.', '[']).unwrap_or(text.len());
        if let Some(info) = group_called(&text[..end]).filter(|info| info.has_path()) {
            let (path, len) = Path::read(&text[end..])
                .map_err(|(place, message)| QueryError::new(at + end + place..at + text.len(), message))?;
            if end + len == text.len() && !path.0.is_empty() {
                return Ok(Self { info, path: Some(path) });
            }
            let example = info.example;
            return Err(QueryError::new(
                at + end + len..at + text.len(),
                format!("A path is expected, as in {example}"),
            ));
        }
        let names = GROUPS.iter().map(|group| group.name);
        let hint = match nearest(text, names.clone()) {
            Some(close) => format!("Did you mean {close}?"),
            None => format!("Known are {} and paths like data.status", names.collect::<Vec<_>>().join(", ")),
        };
        Err(QueryError::new(at..at + text.len(), format!("Nothing can be counted by {text}. {hint}")))
    }

    /// The group that `text` names, for whoever asks without a whole query.
    pub fn named(text: &str) -> Result<Self, QueryError> {
        Self::parse(text.trim(), 0)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info.name)?;
        self.path.as_ref().map_or(Ok(()), |path| path.fmt(f))
    }
}
