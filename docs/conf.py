"""How Sphinx makes the site: `make docs`, into build/docs/html."""

from importlib import metadata
from pathlib import Path

project = "pysock"
author = "the pysock authors"
version = release = metadata.version("pysock-tcp")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# Headings that a link may lead to.
myst_heading_anchors = 3
html_theme = "furo"
html_title = "pysock"
html_show_copyright = False
html_search_scorer = str(Path(__file__).with_name("search.js"))

# The reference is made from the docstrings, in the order of the source.
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
