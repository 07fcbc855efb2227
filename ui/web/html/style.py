"""How the page looks: theme, style sheet, script and icon, all of them served by ourselves."""

from __future__ import annotations

from base64 import b64encode
from importlib.resources import files
from pathlib import Path
from typing import Any

from gradio.themes import Base, colors, sizes

SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
"""Fonts that the reader's machine has; Gradio's own themes fetch theirs from Google."""
MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")
SCRIPTS = ("stream.js", "evidence.js", "answers.js", "paperchat.js", "setup.js")
STYLES = ("paperchat.css", "pages.css", "evidence.css", "answers.css")
"""In the order in which the browser reads them."""
_STATIC = files("ui.web") / "static"


def launch_options() -> dict[str, Any]:
    """What `Blocks.launch` (or `mount_gradio_app`) is given, so that nothing is fetched from elsewhere."""
    script = "".join((_STATIC / name).read_text(encoding="utf-8") for name in SCRIPTS)
    icon = b64encode((_STATIC / "favicon.svg").read_bytes()).decode()
    return {
        "theme": theme(),
        "css": "".join((_STATIC / name).read_text(encoding="utf-8") for name in STYLES),
        "head": f'<link rel="icon" href="data:image/svg+xml;base64,{icon}"><script>{script}</script>',
        "favicon_path": str(Path(str(_STATIC / "favicon.svg"))),
        "footer_links": [],
    }


def theme() -> Base:
    """Gradio's plain theme with quiet colours, for light and for dark."""
    return Base(
        primary_hue=colors.teal,
        secondary_hue=colors.teal,
        neutral_hue=colors.stone,
        radius_size=sizes.radius_md,
        font=SANS,
        font_mono=MONO,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="#1b1a18",
        background_fill_primary_dark="#24221f",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        checkbox_background_color_selected="*primary_700",
        checkbox_border_color_selected="*primary_700",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
        button_secondary_background_fill="transparent",
        button_secondary_background_fill_dark="transparent",
        button_secondary_border_color="*border_color_primary",
    )
