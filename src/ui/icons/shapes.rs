//! What each icon looks like.

use crate::ui::icons::Icon;
use crate::ui::icons::pen::Pen;

/// Draws `icon`.
pub(crate) fn draw(icon: Icon, pen: &Pen<'_>) {
    match icon {
        Icon::Play | Icon::Pause | Icon::StepBack | Icon::StepForward | Icon::ToStart | Icon::ToEnd => {
            transport(icon, pen);
        }
        Icon::Check
        | Icon::Cross
        | Icon::Undo
        | Icon::UndoDone
        | Icon::Skull
        | Icon::Question
        | Icon::NotEqual
        | Icon::Warning
        | Icon::Clock
        | Icon::Diamond
        | Icon::Ring
        | Icon::Dot => state(icon, pen),
        Icon::File
        | Icon::Folder
        | Icon::Book
        | Icon::Lock
        | Icon::Message
        | Icon::Pin
        | Icon::Copy
        | Icon::Pen
        | Icon::Bookmark => thing(icon, pen),
        Icon::Eye | Icon::Filter | Icon::Gear | Icon::Sun | Icon::Moon | Icon::Bolt | Icon::Logo => {
            sign(icon, pen);
        }
        _ => stroke(icon, pen),
    }
}

fn transport(icon: Icon, pen: &Pen<'_>) {
    match icon {
        Icon::Play => pen.fill(&[(3.2, 1.6), (10.4, 6.0), (3.2, 10.4)]),
        Icon::Pause => {
            pen.bar((2.8, 1.8), (4.8, 10.2));
            pen.bar((7.2, 1.8), (9.2, 10.2));
        }
        Icon::StepBack => pen.fill(&[(8.0, 2.8), (8.0, 9.2), (3.4, 6.0)]),
        Icon::StepForward => pen.fill(&[(4.0, 2.8), (8.6, 6.0), (4.0, 9.2)]),
        Icon::ToStart => {
            pen.line(&[(2.6, 2.2), (2.6, 9.8)]);
            pen.fill(&[(9.6, 2.8), (9.6, 9.2), (5.0, 6.0)]);
        }
        _ => {
            pen.line(&[(9.4, 2.2), (9.4, 9.8)]);
            pen.fill(&[(2.4, 2.8), (7.0, 6.0), (2.4, 9.2)]);
        }
    }
}

fn state(icon: Icon, pen: &Pen<'_>) {
    match icon {
        Icon::Check => pen.line(&[(1.8, 6.5), (4.7, 9.3), (10.2, 2.9)]),
        Icon::Cross => {
            pen.line(&[(2.4, 2.4), (9.6, 9.6)]);
            pen.line(&[(9.6, 2.4), (2.4, 9.6)]);
        }
        Icon::Undo => undo(pen),
        Icon::UndoDone => {
            undo(pen);
            pen.dot((6.3, 6.6), 1.5);
        }
        Icon::Skull => {
            // A round head, a narrow jaw, two eyes: readable at 12 pixels.
            pen.arc((6.0, 5.3), 4.4, 0.43, 1.07);
            pen.line(&[(2.0, 7.1), (3.5, 8.3), (3.5, 10.6), (8.5, 10.6), (8.5, 8.3), (10.0, 7.1)]);
            pen.dot((4.3, 5.6), 1.15);
            pen.dot((7.7, 5.6), 1.15);
            pen.line(&[(6.0, 9.2), (6.0, 10.4)]);
        }
        Icon::Question => {
            pen.arc((6.0, 4.1), 2.5, 0.53, 1.16);
            pen.line(&[(7.3, 6.2), (6.0, 7.2), (6.0, 8.2)]);
            pen.dot((6.0, 10.3), 1.0);
        }
        Icon::NotEqual => {
            pen.line(&[(1.6, 4.3), (10.4, 4.3)]);
            pen.line(&[(1.6, 7.9), (10.4, 7.9)]);
            pen.line(&[(8.1, 1.6), (3.9, 10.6)]);
        }
        Icon::Warning => {
            pen.outline(&[(6.0, 1.7), (11.0, 10.4), (1.0, 10.4)]);
            pen.line(&[(6.0, 4.8), (6.0, 7.3)]);
            pen.dot((6.0, 8.8), 0.8);
        }
        Icon::Clock => {
            pen.ring((6.0, 6.0), 4.7);
            pen.line(&[(6.0, 3.2), (6.0, 6.2), (8.2, 7.2)]);
        }
        Icon::Diamond => pen.outline(&[(6.0, 1.6), (10.4, 6.0), (6.0, 10.4), (1.6, 6.0)]),
        Icon::Ring => pen.ring((6.0, 6.0), 4.0),
        _ => pen.dot((6.0, 6.0), 3.4),
    }
}

/// Three quarters of a circle, with a corner at its upper left: the way back.
fn undo(pen: &Pen<'_>) {
    pen.arc((6.3, 6.6), 4.1, 0.585, 1.37);
    pen.line(&[(2.1, 1.4), (2.1, 4.9), (5.6, 4.9)]);
}

fn thing(icon: Icon, pen: &Pen<'_>) {
    match icon {
        Icon::File => {
            pen.outline(&[(2.4, 1.2), (6.9, 1.2), (9.8, 4.1), (9.8, 10.8), (2.4, 10.8)]);
            pen.line(&[(6.6, 1.6), (6.6, 4.5), (9.4, 4.5)]);
        }
        Icon::Folder => {
            pen.outline(&[(1.2, 2.2), (4.8, 2.2), (6.2, 3.9), (10.8, 3.9), (10.8, 9.8), (1.2, 9.8)]);
        }
        Icon::Book => {
            pen.line(&[(6.0, 3.0), (4.4, 2.2), (1.2, 2.2), (1.2, 9.4), (4.4, 9.4), (6.0, 10.2)]);
            pen.line(&[(6.0, 3.0), (7.6, 2.2), (10.8, 2.2), (10.8, 9.4), (7.6, 9.4), (6.0, 10.2)]);
            pen.line(&[(6.0, 3.0), (6.0, 10.0)]);
        }
        Icon::Lock => {
            pen.rect((2.2, 5.2), (9.8, 10.6), 1.0);
            pen.line(&[(3.9, 5.2), (3.9, 3.7)]);
            pen.line(&[(8.1, 5.2), (8.1, 3.7)]);
            pen.arc((6.0, 3.7), 2.1, 0.5, 1.0);
        }
        Icon::Message => {
            pen.outline(&[(1.2, 2.6), (7.6, 2.6), (10.8, 6.0), (7.6, 9.4), (1.2, 9.4)]);
        }
        Icon::Pin => {
            pen.line(&[(4.2, 1.4), (7.8, 1.4), (7.8, 5.2), (9.4, 7.0), (2.6, 7.0), (4.2, 5.2), (4.2, 1.0)]);
            pen.line(&[(6.0, 7.0), (6.0, 11.0)]);
        }
        Icon::Pen => {
            pen.outline(&[(8.6, 1.4), (10.6, 3.4), (4.2, 9.8), (1.6, 10.4), (2.2, 7.8)]);
        }
        Icon::Bookmark => {
            // Filled in two parts: the notch at the foot makes it concave.
            pen.fill(&[(2.8, 1.0), (6.0, 1.0), (6.0, 8.2), (2.8, 11.0)]);
            pen.fill(&[(6.0, 1.0), (9.2, 1.0), (9.2, 11.0), (6.0, 8.2)]);
        }
        _ => {
            pen.rect((4.2, 4.2), (10.6, 10.6), 1.2);
            pen.line(&[(2.4, 7.8), (1.4, 7.2), (1.4, 1.4), (7.2, 1.4), (7.8, 2.4)]);
        }
    }
}

fn sign(icon: Icon, pen: &Pen<'_>) {
    match icon {
        Icon::Eye => {
            pen.arc((6.0, 9.1), 5.7, 0.595, 0.905);
            pen.arc((6.0, 2.9), 5.7, 0.095, 0.405);
            pen.dot((6.0, 6.0), 1.5);
        }
        Icon::Filter => {
            pen.outline(&[(1.4, 2.0), (10.6, 2.0), (7.2, 6.2), (7.2, 10.4), (4.8, 9.2), (4.8, 6.2)]);
        }
        Icon::Gear => {
            pen.ring((6.0, 6.0), 3.5);
            pen.dot((6.0, 6.0), 1.1);
            for tooth in 0..6_u8 {
                let turn = (f32::from(tooth) + 0.5) / 6.0 * std::f32::consts::TAU;
                let (sin, cos) = turn.sin_cos();
                pen.line(&[(6.0 + 3.8 * cos, 6.0 + 3.8 * sin), (6.0 + 5.4 * cos, 6.0 + 5.4 * sin)]);
            }
        }
        Icon::Sun => {
            pen.dot((6.0, 6.0), 2.6);
            for ray in 0..8_u8 {
                let turn = f32::from(ray) / 8.0 * std::f32::consts::TAU;
                let (sin, cos) = turn.sin_cos();
                pen.line(&[(6.0 + 3.9 * cos, 6.0 + 3.9 * sin), (6.0 + 5.3 * cos, 6.0 + 5.3 * sin)]);
            }
        }
        Icon::Moon => {
            pen.arc((6.0, 6.0), 4.6, 0.02, 0.73);
            pen.arc((8.4, 3.6), 3.5, 0.24, 0.51);
        }
        Icon::Bolt => {
            pen.fill(&[(7.4, 0.8), (2.2, 6.9), (5.8, 6.9)]);
            pen.fill(&[(4.6, 11.2), (9.8, 5.1), (6.2, 5.1)]);
            pen.fill(&[(5.8, 4.9), (6.9, 4.9), (6.2, 7.1), (5.1, 7.1)]);
        }
        _ => {
            pen.ring((6.0, 6.0), 5.2);
            pen.line(&[(0.9, 6.4), (3.4, 6.4), (4.9, 3.2), (7.0, 8.6), (8.4, 6.0), (11.1, 6.0)]);
        }
    }
}

fn stroke(icon: Icon, pen: &Pen<'_>) {
    match icon {
        Icon::Search => {
            pen.ring((5.0, 5.0), 3.4);
            pen.line(&[(7.4, 7.4), (10.8, 10.8)]);
        }
        Icon::Loop => {
            pen.arc((6.0, 6.0), 4.2, 0.55, 0.93);
            pen.arc((6.0, 6.0), 4.2, 0.05, 0.43);
            pen.fill(&[(11.3, 2.2), (11.3, 5.4), (8.2, 5.0)]);
            pen.fill(&[(0.7, 9.8), (0.7, 6.6), (3.8, 7.0)]);
        }
        Icon::Close => {
            pen.line(&[(3.0, 3.0), (9.0, 9.0)]);
            pen.line(&[(9.0, 3.0), (3.0, 9.0)]);
        }
        Icon::Fill => {
            pen.line(&[(7.2, 2.0), (10.0, 2.0), (10.0, 4.8)]);
            pen.line(&[(10.0, 2.0), (6.9, 5.1)]);
            pen.line(&[(4.8, 10.0), (2.0, 10.0), (2.0, 7.2)]);
            pen.line(&[(2.0, 10.0), (5.1, 6.9)]);
        }
        Icon::Share => {
            pen.line(&[(7.0, 2.2), (7.0, 5.0), (9.8, 5.0)]);
            pen.line(&[(7.0, 5.0), (10.2, 1.8)]);
            pen.line(&[(2.2, 7.0), (5.0, 7.0), (5.0, 9.8)]);
            pen.line(&[(5.0, 7.0), (1.8, 10.2)]);
        }
        Icon::Plus => {
            pen.line(&[(6.0, 1.8), (6.0, 10.2)]);
            pen.line(&[(1.8, 6.0), (10.2, 6.0)]);
        }
        Icon::Minus => pen.line(&[(2.0, 6.0), (10.0, 6.0)]),
        Icon::ChevronRight => pen.line(&[(4.4, 2.4), (8.0, 6.0), (4.4, 9.6)]),
        Icon::ChevronDown => pen.line(&[(2.4, 4.4), (6.0, 8.0), (9.6, 4.4)]),
        Icon::CaretLeft => pen.fill(&[(7.6, 3.2), (7.6, 8.8), (4.0, 6.0)]),
        Icon::CaretRight => pen.fill(&[(4.4, 3.2), (8.0, 6.0), (4.4, 8.8)]),
        Icon::CaretDown => pen.fill(&[(3.2, 4.4), (8.8, 4.4), (6.0, 8.0)]),
        Icon::Tilde => {
            pen.line(&[(1.4, 7.4), (2.6, 5.4), (4.1, 4.8), (7.7, 7.0), (9.3, 6.6), (10.6, 4.6)]);
        }
        Icon::ArrowUp => {
            pen.line(&[(6.0, 10.6), (6.0, 1.8)]);
            pen.line(&[(2.2, 5.4), (6.0, 1.6), (9.8, 5.4)]);
        }
        Icon::ArrowDown => {
            pen.line(&[(6.0, 1.4), (6.0, 10.2)]);
            pen.line(&[(2.2, 6.6), (6.0, 10.4), (9.8, 6.6)]);
        }
        Icon::ArrowRight => {
            pen.line(&[(1.4, 6.0), (10.2, 6.0)]);
            pen.line(&[(6.6, 2.2), (10.4, 6.0), (6.6, 9.8)]);
        }
        Icon::External => {
            pen.line(&[(5.0, 2.2), (1.8, 2.2), (1.8, 10.2), (9.8, 10.2), (9.8, 7.0)]);
            pen.line(&[(7.0, 1.8), (10.2, 1.8), (10.2, 5.0)]);
            pen.line(&[(5.4, 6.6), (10.2, 1.8)]);
        }
        Icon::Zigzag => pen.line(&[(0.8, 7.6), (2.9, 3.6), (5.2, 8.6), (7.5, 3.6), (9.3, 7.8), (11.2, 4.6)]),
        _ => {
            pen.ring((3.2, 2.8), 1.5);
            pen.ring((3.2, 9.4), 1.5);
            pen.ring((9.0, 4.2), 1.5);
            pen.line(&[(3.2, 4.3), (3.2, 7.9)]);
            pen.line(&[(9.0, 5.7), (8.0, 7.1), (3.6, 7.3)]);
        }
    }
}
