"""How Sphinx makes the site: `make docs`, into build/docs/html."""

from importlib import metadata

project = "pysock"
author = "the pysock authors"
version = release = metadata.version("pysock-tcp")

extensions = ["myst_parser"]
# Headings that a link may lead to.
myst_heading_anchors = 3
html_theme = "furo"
html_title = "pysock"
html_show_copyright = False
