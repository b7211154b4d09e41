#!/usr/bin/env bash
# mypyc: a float argument left to its default is 0.0 in a subclass written in Python.
#
# Guess, written before the run:
#   A class that is compiled with allow_interpreted_subclasses may be inherited from in Python,
#   and a subclass that overrides nothing behaves as the class itself: an argument that the
#   caller leaves out has the default of the signature.
# Seen:
#   Where compiled code makes the call and the object is of the subclass, an omitted argument
#   of type float arrives as 0.0, whatever its default; int, bool, str and None arrive as
#   written. Called from Python, or on an object of the compiled class, it is the default.
#   The same subclass of the uncompiled class has the default everywhere.
# Versions:
#   mypy (mypyc) 2.4.1, mypy-extensions 1.1.0, setuptools 84.2.1; needs a C compiler.
# Why it matters:
#   A queueing or network model that is compiled and stays open for users' disciplines has
#   methods such as send(record, size, rate=inf) or wait_for(reply, at_most_s=inf). With a
#   user's subclass, and only then, the rate is 0 and the wait ends at once: no error, other
#   results.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'mypy==2.4.1' 'mypy-extensions==1.1.0' 'setuptools==84.2.1'

cd "$work"
cat > "$work/interpreted.py" <<'PY'
from mypy_extensions import mypyc_attr


@mypyc_attr(allow_interpreted_subclasses=True)
class Line:
    def rate(
        self, share: float = 2.5, packets: int = 3, fair: bool = True, name: str = "up"
    ) -> tuple[float, int, bool, str]:
        return share, packets, fair, name

    def used(self) -> tuple[float, int, bool, str]:
        return self.rate()

    def used_with(self) -> tuple[float, int, bool, str]:
        return self.rate(packets=7)
PY
cp "$work/interpreted.py" "$work/compiled.py"
if ! "$work/venv/bin/mypyc" "$work/compiled.py" > "$work/build.log" 2>&1; then
    cat "$work/build.log"
    exit 1
fi
cat > "$work/probe.py" <<'PY'
import importlib
import importlib.metadata as md


def look(name):
    """The first arguments seen: of the class and of a subclass without a body, by three callers."""
    line = importlib.import_module(name).Line
    own = type("Own", (line,), {})
    return {
        each.__name__: (each().rate(), each().used(), each().used_with()) for each in (line, own)
    }


print(*(f"{name} {md.version(name)}" for name in ("mypy", "mypy-extensions", "setuptools")))
interpreted, compiled = look("interpreted"), look("compiled")
print("interpreted", interpreted)
print("compiled   ", compiled)
written, with_seven = (2.5, 3, True, "up"), (2.5, 7, True, "up")
right = (written, written, with_seven)
assert interpreted == {"Line": right, "Own": right}
assert compiled["Line"] == right
assert compiled["Own"] == (written, (0.0, *written[1:]), (0.0, *with_seven[1:]))
PY
"$work/venv/bin/python" "$work/probe.py"
