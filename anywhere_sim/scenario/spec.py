"""What all specs of a scenario share: frozen, strict about keys and units, hashable."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from anywhere_sim.scenario.units import complaint


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


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
