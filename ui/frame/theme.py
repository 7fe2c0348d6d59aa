"""The theme: one accent colour, system fonts, light and dark mode from one set of colours."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from markupsafe import Markup

STATIC = Path(__file__).parents[1] / "static"
STYLE_SHEETS = tuple(
    STATIC / f"{name}.css"
    for name in ("colours", "gradio", "layout", "parts", "steps", "data", "editing", "evaluate", "runs")
)
SCRIPTS = ("page_token.js", "page.js")
ICON = STATIC / "icon.svg"
SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace")

# Gradio's own variables, each set to a colour of ours (static/colours.css) that switches between light and dark.
_COLOURS = {
    "body_background_fill": "--ft-ground",
    "body_text_color": "--ft-ink",
    "body_text_color_subdued": "--ft-ink-3",
    "background_fill_primary": "--ft-surface",
    "background_fill_secondary": "--ft-sunken",
    "border_color_primary": "--ft-line",
    "border_color_accent": "--ft-accent",
    "border_color_accent_subdued": "--ft-accent",
    "color_accent_soft": "--ft-accent-soft",
    "link_text_color": "--ft-accent",
    "link_text_color_hover": "--ft-accent",
    "link_text_color_active": "--ft-accent",
    "link_text_color_visited": "--ft-accent",
    "code_background_fill": "--ft-sunken",
    "block_background_fill": "--ft-surface",
    "block_border_color": "--ft-line",
    "block_label_background_fill": "--ft-surface",
    "block_label_border_color": "--ft-line",
    "block_label_text_color": "--ft-ink-2",
    "block_title_text_color": "--ft-ink",
    "block_info_text_color": "--ft-ink-3",
    "panel_background_fill": "--ft-surface",
    "panel_border_color": "--ft-line",
    "accordion_text_color": "--ft-ink",
    "table_text_color": "--ft-ink",
    "table_border_color": "--ft-line",
    "table_even_background_fill": "--ft-surface",
    "table_odd_background_fill": "--ft-surface",
    "input_background_fill": "--ft-field",
    "input_background_fill_focus": "--ft-field",
    "input_background_fill_hover": "--ft-field",
    "input_border_color": "--ft-line-strong",
    "input_border_color_focus": "--ft-accent",
    "input_border_color_hover": "--ft-line-strong",
    "input_placeholder_color": "--ft-ink-3",
    "checkbox_background_color": "--ft-field",
    "checkbox_background_color_selected": "--ft-accent",
    "checkbox_border_color": "--ft-line-strong",
    "checkbox_border_color_focus": "--ft-accent",
    "checkbox_border_color_selected": "--ft-accent",
    "checkbox_label_background_fill": "--ft-field",
    "checkbox_label_background_fill_hover": "--ft-sunken",
    "checkbox_label_background_fill_selected": "--ft-accent-soft",
    "checkbox_label_border_color": "--ft-line-strong",
    "checkbox_label_border_color_hover": "--ft-line-strong",
    "checkbox_label_border_color_selected": "--ft-accent",
    "checkbox_label_text_color": "--ft-ink",
    "checkbox_label_text_color_selected": "--ft-ink",
    "error_background_fill": "--ft-error-soft",
    "error_border_color": "--ft-error",
    "error_text_color": "--ft-error",
    "error_icon_color": "--ft-error",
    "loader_color": "--ft-accent",
    "slider_color": "--ft-accent",
    "stat_background_fill": "--ft-accent",
    "button_primary_background_fill": "--ft-accent",
    "button_primary_background_fill_hover": "--ft-accent-strong",
    "button_primary_border_color": "--ft-accent",
    "button_primary_text_color": "--ft-on-accent",
    "button_primary_text_color_hover": "--ft-on-accent",
    "button_secondary_background_fill": "--ft-surface",
    "button_secondary_background_fill_hover": "--ft-sunken",
    "button_secondary_border_color": "--ft-line-strong",
    "button_secondary_text_color": "--ft-ink",
    "button_secondary_text_color_hover": "--ft-ink",
    "button_cancel_background_fill": "--ft-surface",
    "button_cancel_background_fill_hover": "--ft-error-soft",
    "button_cancel_border_color": "--ft-error",
    "button_cancel_text_color": "--ft-error",
    "button_cancel_text_color_hover": "--ft-error",
}


def theme() -> gr.themes.Base:
    """Gradio's base theme with our colours; it loads no external font or style sheet."""
    values = {name: f"var({colour})" for name, colour in _COLOURS.items()}
    dark = {f"{name}_dark": value for name, value in values.items()}
    return gr.themes.Base(font=SANS, font_mono=MONO, radius_size="md", text_size="md").set(
        **values,
        **{name: value for name, value in dark.items() if name not in ("color_accent_dark",)},
        block_border_width="0px",
        block_shadow="none",
        block_label_text_weight="500",
        block_title_text_weight="600",
        block_title_text_size="*text_sm",
        block_padding="0px",
        input_border_width="1px",
        input_shadow="none",
        input_radius="8px",
        input_padding="9px 12px",
        button_large_padding="9px 18px",
        button_large_radius="8px",
        button_large_text_size="*text_md",
        button_large_text_weight="600",
        button_medium_padding="9px 16px",
        button_medium_radius="8px",
        button_medium_text_weight="600",
        button_primary_shadow="none",
        button_secondary_shadow="none",
        layout_gap="16px",
        form_gap_width="0px",
    )


def head() -> Markup:
    """The page's head: the colour schemes and the page's own scripts."""
    texts = (Markup((STATIC / name).read_text(encoding="utf-8")) for name in SCRIPTS)
    scripts = Markup("").join(Markup("<script>{}</script>").format(script) for script in texts)
    return Markup('<meta name="color-scheme" content="light dark">{}').format(scripts)
