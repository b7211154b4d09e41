"""What all specs of a scenario share: frozen, strict about keys and units, hashable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from anywhere_sim.scenario.quantities import complaint


class Spec(BaseModel):
    """A frozen part of a scenario; a variation is a new object, an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def usual(self) -> dict[str, object]:
        """Return the usual numbers by field: the defaults; kinds and profiles have their own."""
        return {name: field.default for name, field in type(self).model_fields.items()}

    @model_validator(mode="after")
    def _check_units(self) -> Self:
        for name, usual in self.usual().items():
            given = getattr(self, name)
            if _is_number(given) and _is_number(usual):
                said = complaint(name, given, usual)  # type: ignore[arg-type]
                if said:
                    raise ValueError(said)
        return self


def needs(*names: str) -> Callable[[dict[str, Any]], None]:
    """Return what makes a JSON Schema require these keys only.

    The others are filled in from a table before they are checked.
    """

    def require(schema: dict[str, Any]) -> None:
        schema["required"] = list(names)

    return require


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
