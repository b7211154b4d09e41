"""`vec`, the type of a column of numbers: librt's, which compiled code works on straight.

Python works on arrays, which have the same items, so that nothing but compiled code needs librt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["vec"]

if TYPE_CHECKING:
    from librt.vecs import vec
else:
    from array import array

    from mypy_extensions import i32, i64

    class vec:  # noqa: N801
        """`vec[float](numbers)`, `vec[i64](numbers)` and `vec[i32](numbers)` are arrays of what a
        buffer holds.
        """

        def __class_getitem__(cls, kind):
            """Return what makes an array of a kind."""
            letter = {float: "d", i64: "q", i32: "i"}[kind]
            return lambda numbers=b"": array(letter, bytes(numbers))
