"""How Sphinx builds the site: ``sphinx-build -W docs build/docs``."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "ocpp-kernel"
author = "The ocpp-kernel developers"
copyright = author  # noqa: A001 - Sphinx's name for it
version = release = version_of("ocpp-kernel")

extensions = ["myst_parser", "sphinx.ext.autodoc", "generate"]
exclude_patterns = ["README.md"]
smartquotes = False
highlight_language = "text"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
python_use_unqualified_type_names = True
add_module_names = False

html_theme = "furo"
html_title = f"ocpp-kernel {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6e4f", "color-brand-content": "#0b6e4f"},
    "dark_css_variables": {"color-brand-primary": "#63d3a6", "color-brand-content": "#63d3a6"},
}
# Fonts of the reader's system only.
pygments_style = "friendly"
pygments_dark_style = "monokai"
