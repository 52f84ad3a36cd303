//! Which step changed which value: for every path the ascending steps at which its value became another one.
//! Steps are numbers here, values are given; the fold decides what to record.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::align::{Identity, identity, identity_key, same_identity};
use super::{Path, Segment};

/// The root's node.
const ROOT: u32 = 0;

/// How a child is followed over time. An element with an identity keeps its history when it moves; the key of
/// the identity is part of it, since another key tells another story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Track<'v> {
    Key(&'v str),
    Index(usize),
    Element(&'v str, Identity<'v>),
}

impl<'v> Track<'v> {
    /// The track of the `index`-th of `elements`, whose identity is under `key`.
    pub(super) fn element(elements: &'v [Value], key: Option<&'v str>, index: usize) -> Self {
        key.and_then(|key| Some(Self::Element(key, identity(elements.get(index)?, key)?)))
            .unwrap_or(Self::Index(index))
    }

    /// The child of `value` on this track.
    pub(super) fn of(self, value: &Value) -> Option<&Value> {
        match (self, value) {
            (Self::Key(key), Value::Object(members)) => members.get(key),
            (Self::Index(index), Value::Array(elements)) if identity_key(elements).is_none() => {
                elements.get(index)
            }
            (Self::Element(key, name), Value::Array(elements)) if identity_key(elements) == Some(key) => {
                elements.iter().find(|element| identity(element, key) == Some(name))
            }
            _ => None,
        }
    }
}

/// The children of a value, each with the way it is named and followed.
pub(super) fn children(value: &Value) -> Vec<(Segment, Track<'_>, &Value)> {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, child)| (Segment::Key(key.as_str().into()), Track::Key(key), child))
            .collect(),
        Value::Array(elements) => {
            let key = identity_key(elements);
            let children = elements.iter().enumerate();
            children
                .map(|(at, child)| (Segment::Index(at), Track::element(elements, key, at), child))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// A path as it is followed over time.
#[derive(Clone, Debug)]
pub(super) struct Trail<'v> {
    pub(super) tracks: Vec<Track<'v>>,
    /// Whether the value is there in the state that the trail was made from.
    pub(super) exists: bool,
}

impl<'v> Trail<'v> {
    /// The trail of `path`, valid in `state`. What is not there is taken for members of objects.
    pub(super) fn new(path: &'v Path, state: &'v Value) -> Self {
        let mut value = Some(state);
        let track = |segment: &'v Segment| {
            let here = value;
            value = here.and_then(|here| segment.of(here));
            match (here, segment) {
                (Some(Value::Array(elements)), _) if segment.index().is_some() => {
                    let index = segment.index().unwrap_or_default();
                    Track::element(elements, identity_key(elements), index)
                }
                (Some(Value::Object(members)), _) => members
                    .get_key_value(&segment.to_string())
                    .map_or(Track::unseen(segment), |(key, _)| Track::Key(key)),
                _ => Track::unseen(segment),
            }
        };
        let tracks = path.segments().into_iter().map(track).collect();
        Self { tracks, exists: value.is_some() }
    }

    /// The value on this trail in another state.
    pub(super) fn get<'s>(&self, state: &'s Value) -> Option<&'s Value> {
        self.tracks.iter().try_fold(state, |value, track| track.of(value))
    }
}

impl<'v> Track<'v> {
    fn unseen(segment: &'v Segment) -> Self {
        match segment {
            Segment::Key(key) => Self::Key(key),
            Segment::Index(index) => Self::Index(*index),
        }
    }
}

/// All histories of one replay.
#[derive(Clone, Debug)]
pub(super) struct Provenance {
    nodes: Vec<Node>,
    paths_max: usize,
    partial: bool,
}

/// One path's history. A node exists only once its value changed by itself: a subtree that was added as a
/// whole is one entry at its root.
#[derive(Clone, Debug, Default)]
struct Node {
    /// Steps at which the value was added, removed or replaced with everything in it.
    whole: Vec<u32>,
    /// Steps at which something inside it changed.
    inside: Vec<u32>,
    children: Option<Box<Children>>,
}

#[derive(Clone, Debug, Default)]
struct Children {
    keys: HashMap<Box<str>, u32>,
    indices: HashMap<usize, u32>,
    elements: HashMap<String, u32>,
}

fn element_key(key: &str, name: Identity<'_>) -> String {
    match name {
        Identity::Text(text) => format!("{key}\0t{text}"),
        Identity::Number(digits) => format!("{key}\0n{digits}"),
    }
}

/// The last of `steps` that is not after `step`.
fn last_until(steps: &[u32], step: u32) -> Option<u32> {
    steps[..steps.partition_point(|&other| other <= step)].last().copied()
}

/// Walks down beside a state and knows at each value which step set it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    node: Option<u32>,
    /// The last step that set a parent as a whole.
    floor: Option<u32>,
}

impl Cursor {
    /// At the root of a state.
    pub(super) const ROOT: Self = Self { node: Some(ROOT), floor: None };
}

impl Provenance {
    /// Nothing recorded; beyond `paths_max` paths only top-level members are followed.
    pub(super) fn new(paths_max: usize) -> Self {
        Self { nodes: vec![Node::default()], paths_max, partial: false }
    }

    /// Whether there were too many paths.
    pub(super) fn is_partial(&self) -> bool {
        self.partial
    }

    /// The node of a top-level member, made if there is none.
    pub(super) fn top_level(&mut self, key: &str) -> u32 {
        self.child_or_new(ROOT, Track::Key(key)).expect("top-level members are always followed")
    }

    /// Records that the value at `node` changed at `step`; the two sides differ.
    pub(super) fn record(&mut self, node: u32, before: Option<&Value>, after: Option<&Value>, step: u32) {
        let inside = match (before, after) {
            (Some(before), Some(after)) if node == ROOT || !self.partial => {
                self.record_children(node, before, after, step)
            }
            _ => false,
        };
        let inside = inside && (node == ROOT || !self.partial);
        let node = &mut self.nodes[node as usize];
        if inside { node.inside.push(step) } else { node.whole.push(step) }
    }

    /// Records that the value at `node` became another one as a whole.
    pub(super) fn record_whole(&mut self, node: u32, step: u32) {
        self.nodes[node as usize].whole.push(step);
    }

    /// Records that the whole state changed at `step`; the two sides differ.
    pub(super) fn record_state(&mut self, before: &Value, after: &Value, step: u32) {
        self.record(ROOT, Some(before), Some(after), step);
    }

    /// Records that something in the root changed at `step`, its members being recorded already.
    pub(super) fn record_root(&mut self, step: u32) {
        self.nodes[ROOT as usize].inside.push(step);
    }

    /// False if the value changed as a whole.
    fn record_children(&mut self, node: u32, before: &Value, after: &Value, step: u32) -> bool {
        match (before, after) {
            (Value::Object(old), Value::Object(new)) => {
                for (key, after) in new {
                    self.record_child(node, Track::Key(key), old.get(key), Some(after), step);
                }
                for (key, before) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
                    self.record_child(node, Track::Key(key), Some(before), None, step);
                }
                true
            }
            (Value::Array(old), Value::Array(new)) if same_identity(old, new) => {
                match identity_key(if new.is_empty() { old } else { new }) {
                    Some(key) => self.record_elements(node, key, (old, new), step),
                    None => {
                        for at in 0..old.len().max(new.len()) {
                            self.record_child(node, Track::Index(at), old.get(at), new.get(at), step);
                        }
                    }
                }
                true
            }
            _ => false,
        }
    }

    fn record_elements(&mut self, node: u32, key: &str, (old, new): (&[Value], &[Value]), step: u32) {
        let named = |element| Some((identity(element, key)?, element));
        let old: Vec<(Identity<'_>, &Value)> = old.iter().filter_map(named).collect();
        let new: Vec<(Identity<'_>, &Value)> = new.iter().filter_map(named).collect();
        let before: HashMap<Identity<'_>, &Value> = old.iter().copied().collect();
        let after: HashMap<Identity<'_>, &Value> = new.iter().copied().collect();
        for &(name, element) in &new {
            let track = Track::Element(key, name);
            self.record_child(node, track, before.get(&name).copied(), Some(element), step);
        }
        for &(name, element) in old.iter().filter(|(name, _)| !after.contains_key(name)) {
            self.record_child(node, Track::Element(key, name), Some(element), None, step);
        }
    }

    fn record_child(
        &mut self,
        node: u32,
        track: Track<'_>,
        before: Option<&Value>,
        after: Option<&Value>,
        step: u32,
    ) {
        if before != after
            && let Some(child) = self.child_or_new(node, track)
        {
            self.record(child, before, after, step);
        }
    }

    fn child(&self, node: u32, track: Track<'_>) -> Option<u32> {
        let children = self.nodes[node as usize].children.as_deref()?;
        match track {
            Track::Key(key) => children.keys.get(key).copied(),
            Track::Index(index) => children.indices.get(&index).copied(),
            Track::Element(key, name) => children.elements.get(&element_key(key, name)).copied(),
        }
    }

    fn child_or_new(&mut self, node: u32, track: Track<'_>) -> Option<u32> {
        if let Some(child) = self.child(node, track) {
            return Some(child);
        }
        if node != ROOT && self.nodes.len() > self.paths_max && !self.partial {
            self.forget_depth();
        }
        if node != ROOT && self.partial {
            return None;
        }
        let new = u32::try_from(self.nodes.len()).expect("fewer nodes than a state has bytes");
        self.nodes.push(Node::default());
        let children = self.nodes[node as usize].children.get_or_insert_default();
        match track {
            Track::Key(key) => drop(children.keys.insert(key.into(), new)),
            Track::Index(index) => drop(children.indices.insert(index, new)),
            Track::Element(key, name) => drop(children.elements.insert(element_key(key, name), new)),
        }
        Some(new)
    }

    /// Too many paths: keeps the top level, where from now on every change counts as one of the whole.
    fn forget_depth(&mut self) {
        self.partial = true;
        let root = &self.nodes[ROOT as usize];
        let top: BTreeSet<u32> = root.children.as_deref().map_or_else(BTreeSet::new, |children| {
            let keys = children.keys.values().chain(children.indices.values());
            keys.chain(children.elements.values()).copied().collect()
        });
        for (at, node) in (0..).zip(&mut self.nodes).skip(1) {
            if top.contains(&at) {
                node.children = None;
                node.whole.append(&mut node.inside);
                node.whole.sort_unstable();
            } else {
                *node = Node::default();
            }
        }
    }

    /// One step down, in the state at `step`.
    pub(super) fn below(&self, cursor: Cursor, track: Track<'_>, step: u32) -> Cursor {
        let Some(node) = cursor.node else { return cursor };
        let floor = cursor.floor.max(last_until(&self.nodes[node as usize].whole, step));
        Cursor { node: self.child(node, track), floor }
    }

    /// The last step until `step` that changed the value under the cursor.
    pub(super) fn set_by(&self, cursor: Cursor, step: u32) -> Option<u32> {
        let Some(node) = cursor.node else { return cursor.floor };
        let node = &self.nodes[node as usize];
        cursor.floor.max(last_until(&node.whole, step)).max(last_until(&node.inside, step))
    }

    /// The cursor at the end of a trail.
    pub(super) fn follow(&self, trail: &Trail<'_>, step: u32) -> Cursor {
        trail.tracks.iter().fold(Cursor::ROOT, |cursor, &track| self.below(cursor, track, step))
    }

    /// Every step at which the value on the trail may have changed, ascending, and whether that is certain.
    pub(super) fn candidates(&self, trail: &Trail<'_>) -> (Vec<u32>, bool) {
        let mut steps = Vec::new();
        let mut certain = true;
        let mut node = ROOT;
        for &track in &trail.tracks {
            let whole = &self.nodes[node as usize].whole;
            certain &= whole.is_empty();
            steps.extend_from_slice(whole);
            let Some(child) = self.child(node, track) else {
                steps.sort_unstable();
                return (steps, certain);
            };
            node = child;
        }
        let node = &self.nodes[node as usize];
        steps.extend_from_slice(&node.whole);
        steps.extend_from_slice(&node.inside);
        steps.sort_unstable();
        steps.dedup();
        (steps, certain)
    }

    /// Top-level members and the first step after `step` that changes each, in the order of those steps.
    pub(super) fn top_level_after(&self, step: u32) -> Vec<(u32, &str)> {
        let keys = self.nodes[ROOT as usize].children.as_deref().map(|children| &children.keys);
        let mut later: Vec<(u32, u32, &str)> = keys
            .into_iter()
            .flatten()
            .filter_map(|(key, &node)| {
                let whole = &self.nodes[node as usize].whole;
                let next = *whole.get(whole.partition_point(|&other| other <= step))?;
                Some((next, node, &**key))
            })
            .collect();
        // Nodes are numbered as they first appear, so members of one event keep its order.
        later.sort_unstable();
        later.into_iter().map(|(next, _, key)| (next, key)).collect()
    }
}
