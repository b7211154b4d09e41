"""The site: lessons, how-tos, reference, verification; `make docs` builds it, without a network.

The source directory is the repository itself, so that a link from one page to another is the same
file here, in an editor and on the site.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(Path(__file__).parent / "_site"))

# a compiled class keeps no docstring: the reference is made from the source, lessons run as they do
os.environ["ANYWHERE_SIM_PURE"] = "1"
import site_pages  # noqa: E402, F401

del os.environ["ANYWHERE_SIM_PURE"]

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def inputs_digest() -> str:
    """Return a name for all that an executed lesson depends on beside its own cells.

    The cache compares cells only: outputs of another version of the model must not be found there.
    """
    digest = hashlib.sha256()
    for folder in ("anywhere_sim", "data"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".toml", ".csv"}:
                digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


project = "anywhere_sim"
author = "anywhere_sim contributors"
copyright = "anywhere_sim contributors, MIT licence"  # noqa: A001
release = version = PROJECT["version"]

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "site_pages",
    "glossary",
]
root_doc = "docs/index"
include_patterns = [
    "docs/**", "notebooks/*.ipynb", "notebooks/*.md",
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/README.md",
]  # fmt: skip
exclude_patterns = [
    "**/.ipynb_checkpoints", ".venv*", "anywhere_sim", "build", "data", "results", "site", "tests",
    "verification", ".git", "README.md",
]  # fmt: skip

smartquotes_action = "qe"  # two hyphens of an option are no dash
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = str(ROOT / "build" / "lessons" / inputs_digest())
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_custom_formats = {".ipynb": "site_pages.read_lesson"}
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # an explorer is the picture of its defaults
nb_merge_streams = True

autodoc_typehints = "signature"
autosummary_generate = False
default_role = "literal"  # a docstring's `word` is code

html_theme = "pydata_sphinx_theme"
html_title = "anywhere_sim"
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["_site/static"]
html_css_files = ["site.css"]
html_sidebars = {"docs/index": [], "docs/start": []}
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "navigation_depth": 3,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}
