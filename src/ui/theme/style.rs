//! Egui's own style made from the tokens, so that its menus, text fields and popups look like ours.

use egui::epaint::FontColorTransferFunction;
use egui::style::{HandleShape, ScrollStyle, Selection, Spacing, TextCursorStyle, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, Margin, Shadow, Stroke, Style, TextStyle, Visuals, vec2};

use crate::ui::theme::{RADIUS_CARD, RADIUS_CONTROL, Theme, Tokens, body, caption, heading, mono, semibold};

/// Length of a transition.
const MOTION_SECONDS: f32 = 0.12;

/// The style of a theme.
pub(crate) fn style(t: &Tokens, motion: bool) -> Style {
    let mut style = Style { visuals: visuals(t), spacing: spacing(), ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, caption()),
        (TextStyle::Body, body()),
        (TextStyle::Monospace, mono()),
        (TextStyle::Button, body()),
        (TextStyle::Heading, heading()),
        (TextStyle::Name("semibold".into()), semibold(13.0)),
    ]
    .into();
    style.interaction.tooltip_delay = MOTION_SECONDS;
    style.interaction.tooltip_grace_time = 0.2;
    // Rows are clicked, not marked as text; what can be copied has a command for it.
    style.interaction.selectable_labels = false;
    if motion {
        style.animation_time = MOTION_SECONDS;
    } else {
        style.animation_time = 0.0;
        style.scroll_animation = egui::style::ScrollAnimation::none();
        style.visuals.text_cursor.blink = false;
    }
    style
}

fn spacing() -> Spacing {
    Spacing {
        item_spacing: vec2(8.0, 4.0),
        window_margin: Margin::same(12),
        button_padding: vec2(8.0, 4.0),
        menu_margin: Margin::same(4),
        menu_spacing: 4.0,
        indent: 16.0,
        interact_size: vec2(24.0, 24.0),
        icon_width: 14.0,
        icon_width_inner: 8.0,
        icon_spacing: 8.0,
        tooltip_width: 400.0,
        combo_width: 80.0,
        scroll: ScrollStyle {
            bar_width: 8.0,
            floating_width: 4.0,
            floating_allocated_width: 0.0,
            bar_inner_margin: 2.0,
            bar_outer_margin: 2.0,
            handle_min_length: 24.0,
            foreground_color: true,
            dormant_background_opacity: 0.0,
            dormant_handle_opacity: 0.5,
            active_background_opacity: 0.0,
            active_handle_opacity: 0.6,
            interact_background_opacity: 0.3,
            interact_handle_opacity: 1.0,
            ..ScrollStyle::thin()
        },
        ..Spacing::default()
    }
}

fn visuals(t: &Tokens) -> Visuals {
    let base = match t.theme {
        Theme::Dark => Visuals::dark(),
        Theme::Light => Visuals::light(),
    };
    let mut visuals = Visuals {
        widgets: widgets(t),
        selection: Selection { bg_fill: t.selection, stroke: Stroke::new(1.0, t.accent) },
        weak_text_color: Some(t.muted),
        hyperlink_color: t.accent,
        faint_bg_color: t.raised,
        extreme_bg_color: t.raised,
        text_edit_bg_color: Some(t.raised),
        code_bg_color: t.raised,
        warn_fg_color: t.outcome(crate::ui::theme::Outcome::Stuck).color,
        error_fg_color: t.outcome(crate::ui::theme::Outcome::Failed).color,
        window_corner_radius: CornerRadius::same(RADIUS_CARD),
        window_shadow: overlay_shadow(t),
        window_fill: t.overlay,
        window_stroke: Stroke::new(1.0, t.line_strong),
        window_highlight_topmost: false,
        menu_corner_radius: CornerRadius::same(RADIUS_CARD),
        panel_fill: t.surface,
        popup_shadow: overlay_shadow(t),
        text_cursor: TextCursorStyle { stroke: Stroke::new(1.5, t.accent), ..base.text_cursor.clone() },
        indent_has_left_vline: false,
        handle_shape: HandleShape::Circle,
        ..base
    };
    if t.theme == Theme::Light {
        // Dark text drawn with raw coverage looks thinner than the same text on a dark ground.
        visuals.text_options.color_transfer_function = FontColorTransferFunction::Gamma(0.85);
    }
    visuals
}

/// The one shadow there is.
pub(crate) fn overlay_shadow(t: &Tokens) -> Shadow {
    Shadow { offset: [0, 6], blur: 18, spread: 0, color: t.shadow }
}

fn widgets(t: &Tokens) -> Widgets {
    let state = |fill: Color32, weak_fill: Color32, border: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: weak_fill,
        bg_stroke: Stroke::new(1.0, border),
        fg_stroke: Stroke::new(1.0, text),
        corner_radius: CornerRadius::same(RADIUS_CONTROL),
        expansion: 0.0,
    };
    Widgets {
        noninteractive: state(t.surface, t.surface, t.line, t.text),
        inactive: state(t.line_strong, Color32::TRANSPARENT, t.line_strong, t.text),
        hovered: state(t.faint, t.hover(), t.line_strong, t.text),
        active: state(t.accent, t.selection, t.accent, t.text),
        open: state(t.selection, t.selection, t.line_strong, t.text),
    }
}

#[cfg(test)]
mod tests {
    use egui::Context;

    use super::*;
    use crate::ui::theme::{apply, current, motion, set_motion};

    #[test]
    fn a_theme_holds_in_both_of_eguis_slots() {
        let ctx = Context::default();
        for theme in Theme::ALL {
            apply(&ctx, theme);
            assert_eq!(current(&ctx), theme);
            for slot in [egui::Theme::Dark, egui::Theme::Light] {
                assert_eq!(ctx.style_of(slot).visuals.panel_fill, theme.tokens().surface);
            }
        }
    }

    #[test]
    fn switched_off_motion_stays_off_when_the_theme_changes() {
        let ctx = Context::default();
        apply(&ctx, Theme::Dark);
        assert!(motion(&ctx));
        set_motion(&ctx, false);
        apply(&ctx, Theme::Light);
        assert!(!motion(&ctx));
        assert!(ctx.global_style().animation_time.abs() < f32::EPSILON);
    }
}
