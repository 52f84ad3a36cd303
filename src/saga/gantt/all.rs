//! The timeline of many sagas as a drawing: a line each, in the order in which they are given.

use super::{HEAD, LINE, NAMES_LEAST, NAMES_MOST, PLOT, Place, SIDE, axis_of, bars_of};
use crate::base::text::{span, thousands};
use crate::index::{EventLog, TimeAxis};
use crate::saga::measure::{fit, width};
use crate::saga::survey::Survey;
use crate::saga::svg::{Anchor, Drawing, Palette, Style, Subject};
use crate::saga::timeline::{Scale, Strip, all_keys, together};

/// A line for each of these sagas of a survey, by their places in it, over the time that all of them took; idle time
/// cut. Those without a time have an empty line.
pub fn draw(log: &EventLog, survey: &Survey, list: &[u32], p: &Palette) -> Drawing {
    let keys = all_keys(log, survey, list);
    let title = match list.len() {
        1 => "Timeline of 1 saga".to_owned(),
        sagas => format!("Timeline of {} sagas", thousands(sagas as u64)),
    };
    let (name, small) =
        (Style { size: 12, bold: true, colour: p.text }, Style { size: 11, bold: false, colour: p.muted });
    let titles: Vec<String> = list
        .iter()
        .map(|at| {
            let saga = &survey.sagas[*at as usize];
            let title = survey.instances.list()[saga.instance].title(log);
            format!("{title} · {}", saga.outcome)
        })
        .collect();
    let widest = titles.iter().map(|title| width(title, name)).max().unwrap_or(0);
    let left = SIDE + (widest + 16).clamp(NAMES_LEAST, NAMES_MOST);
    let bottom = HEAD + list.len() as i32 * LINE;
    let mut drawing = Drawing::new(left + PLOT + SIDE, bottom + 44, &title, p);
    drawing.head = HEAD - 12;
    let head = Style { size: 16, bold: true, colour: p.text };
    drawing.heading((SIDE, 28), left + PLOT - SIDE, head, &title);
    let (Some(begins), Some(ends)) = (keys.first().copied(), keys.last().copied()) else {
        drawing.text((SIDE, 60), Anchor::Start, small, super::NO_TIMES);
        return drawing;
    };
    let place = Place { axis: TimeAxis::from_keys(keys.into_iter(), &[]), left };
    axis_of(&mut drawing, ends.saturating_sub(begins), &place, bottom, p);
    let scale = Scale { x: &|nanos| place.exact(nanos), next_bin: &|nanos| place.next_bin(nanos) };
    for ((line, at), title) in (0_u32..).zip(list).zip(&titles) {
        let y = HEAD + line as i32 * LINE;
        let one = &survey.instances.list()[survey.sagas[*at as usize].instance];
        let strip = Strip::of(log, survey, *at as usize);
        drawing.belongs_to(None);
        drawing.text((SIDE, y + 16), Anchor::Start, name, &fit(title, name, left - SIDE - 12));
        let when = strip.as_ref().map_or_else(
            || "without a time".to_owned(),
            |strip| {
                format!(
                    "from +{} to +{}",
                    span(strip.from.saturating_sub(begins)),
                    span(strip.to.saturating_sub(begins))
                )
            },
        );
        let words = format!("{title}, {when}, {} events", thousands(one.rows().len() as u64));
        drawing.spot((SIDE, y), (left - SIDE - 12, LINE), Subject::Event(one.last()), words);
        let Some(strip) = strip else { continue };
        let whose = format!("{title}: ");
        for bars in together(&strip.bars, &scale) {
            bars_of(&mut drawing, &bars, line, &whose, p);
        }
    }
    drawing.belongs_to(None);
    let legend =
        "Bars: blue a step or a retry, pink compensation, red failed, thin a wait, with a number so many";
    drawing.text((SIDE, bottom + 28), Anchor::Start, small, legend);
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saga::timeline::testing::page_of;

    #[test]
    fn every_saga_has_a_line_and_every_bar_says_whose_it_is() {
        let told = [("Placed", "o-1", 0, None), ("Paid", "o-1", 4, Some(0)), ("Refunded", "o-1", 5, Some(1))];
        let (log, survey, _) = page_of(&told);
        let drawing = draw(&log, &survey, &[0, 0], &Palette::DARK);
        assert_eq!(drawing.size.1, HEAD + 2 * LINE + 44);
        let words = drawing.words();
        assert_eq!(words[0], "Timeline of 2 sagas");
        let of_lines = words.iter().filter(|line| line.ends_with("from +0 s to +5.000 s, 3 events"));
        assert_eq!(of_lines.count(), 2, "{words:?}");
        let whose = format!("o-1 · {}: ", survey.sagas[0].outcome);
        assert_eq!(words.iter().filter(|line| line.starts_with(&whose)).count(), 6, "{words:?}");
    }

    #[test]
    fn no_saga_is_no_line() {
        let (log, survey, _) = page_of(&[("Placed", "o-1", 0, None), ("Paid", "o-1", 4, Some(0))]);
        assert_eq!(draw(&log, &survey, &[], &Palette::LIGHT).words(), ["Timeline of 0 sagas"]);
    }
}
