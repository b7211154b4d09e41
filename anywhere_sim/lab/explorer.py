"""An explorer: some controls, and a picture that is redrawn when one of them moves."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any

import ipywidgets as widgets
from matplotlib.figure import Figure

DPI = 90
KEPT = 64


class Explorer:
    """Controls above a picture; a page without a kernel shows the picture of the defaults.

    `draw` is called with the controls' values by name and returns a Figure. Pictures drawn before
    are kept.
    """

    def __init__(self, draw: Callable[..., Figure], controls: Mapping[str, Any]) -> None:
        self.controls = dict(controls)
        self._picture_of = lru_cache(KEPT)(lambda values: _png(draw(**dict(values))))
        self.picture = widgets.Image(format="png", layout={"max_width": "100%"})
        self.status = widgets.HTML()
        self.box = widgets.VBox(
            [
                widgets.HBox(list(self.controls.values()), layout={"flex_flow": "row wrap"}),
                self.status,
                self.picture,
            ]
        )
        for control in self.controls.values():
            control.observe(self._changed, names="value")
        self._draw()

    def _changed(self, _: object) -> None:
        self.status.value = "running …"
        self._draw()

    def _draw(self) -> None:
        values = tuple((name, control.value) for name, control in self.controls.items())
        try:
            self.picture.value = self._picture_of(values)
            self.status.value = ""
        except ValueError as error:
            self.status.value = f"This can't be simulated: {error}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        """Return the widgets, and the picture for whoever can't show widgets."""
        bundle: dict[str, object] = dict(self.box._repr_mimebundle_() or {})
        return bundle | {"image/png": b64encode(self.picture.value).decode("ascii")}


def slider(description: str, value: float, low: float, high: float, step: float) -> Any:
    """Return a slider that reports when it is let go."""
    kind = (
        widgets.IntSlider
        if all(isinstance(number, int) for number in (value, low, high, step))
        else widgets.FloatSlider
    )
    return kind(
        value=value,
        min=low,
        max=high,
        step=step,
        description=description,
        continuous_update=False,
        **_WIDE,
    )


def menu(description: str, options: list[str], value: str) -> Any:
    """Return a menu."""
    return widgets.Dropdown(options=options, value=value, description=description, **_WIDE)


def box(description: str, *, value: bool) -> Any:
    """Return a check box."""
    return widgets.Checkbox(
        value=value,
        description=description,
        indent=False,
        layout={"width": "auto", "margin": "2px 18px 2px 4px"},
    )


_WIDE: dict[str, Any] = {
    "style": {"description_width": "initial"},
    "layout": {"width": "340px", "margin": "2px 18px 2px 4px"},
}


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()
