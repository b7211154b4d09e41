"""What compiling may change in Python's meaning, and must not in ours.

Each test holds whichever way the model runs in this process (`compiled.way`): `make test` runs them
in Python where nothing is compiled, `make compile test` compiled.
"""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
import shutil
from math import fsum
from pathlib import Path
from typing import ClassVar

import pytest

import anywhere_sim as aw
from anywhere_sim import compiled
from anywhere_sim.compiled.__main__ import remove_older
from anywhere_sim.des import station
from anywhere_sim.des.environment import Environment, Timer
from anywhere_sim.des.station import Job, Station
from anywhere_sim.exchange.components import ExchangeComponents
from anywhere_sim.exchange.store import Store
from anywhere_sim.network.components import NetworkComponents
from anywhere_sim.network.tcp_model import TcpModel
from anywhere_sim.outlook.components import OutlookComponents
from anywhere_sim.outlook.modes.online import Online
from anywhere_sim.rpc.components import RpcComponents
from anywhere_sim.simulation.rules import CONTRACTS
from tests.statements.pairs import small


class NoSlowStart(TcpModel):
    """A subclass in Python, which a module of a user would have."""


def test_the_way_is_what_the_rooms_come_from_and_stands_in_the_manifest() -> None:
    native = not inspect.getfile(Environment).endswith(".py")
    assert compiled.way() == ("compiled" if native else "python")
    made = aw.simulate(small(groups__people__mailboxes=1, end="08:05"), 1)
    assert made.manifest["code"] == compiled.way()


def test_what_was_compiled_from_other_source_is_not_found(tmp_path: Path) -> None:
    for room in compiled.READ:
        shutil.copytree(
            compiled.PACKAGE / room, tmp_path / room, ignore=shutil.ignore_patterns("lib-*")
        )
    before = compiled.folder(tmp_path)
    assert before.name == compiled.folder().name
    changed = tmp_path / "scenario" / "spec.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert compiled.folder(tmp_path) != before


def test_an_older_one_is_removed_and_a_link_to_one_alone(tmp_path: Path) -> None:
    """What a link leads to is another checkout's; another interpreter's stays."""
    elsewhere, here = tmp_path / "elsewhere", tmp_path / "here"
    for folder in (elsewhere, here / "lib-1.cpython-311", here / "lib-1.cpython-312"):
        folder.mkdir(parents=True)
        (folder / "code.so").touch()
    (here / "lib-2.cpython-311").symlink_to(elsewhere, target_is_directory=True)
    (here / "lib-3.cpython-311").symlink_to(tmp_path / "gone", target_is_directory=True)
    remove_older(here / "lib-4.cpython-311")
    assert [path.name for path in here.iterdir()] == ["lib-1.cpython-312"]
    assert (elsewhere / "code.so").exists()


def test_a_name_that_changes_in_its_module_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled code remembers what a name of its module stands for, until the module changes."""
    served, names = Station(Environment(), 1), station.__dict__
    served.serve(Job(), 1.0, print)
    for sum_of in (fsum, lambda _: 2.0, fsum, lambda _: 3.0):
        monkeypatch.setitem(names, "fsum", sum_of)
        assert served.busy_s() == served.busy_s() == 1.0 - sum_of([1.0])


def test_each_look_into_a_modules_names_is_remembered() -> None:
    build = pytest.importorskip("anywhere_sim.compiled.build", reason="needs mypy and setuptools")
    look = """cpy_r_r1 = CPyStatic_{names};
cpy_r_r2 = CPyStatics[{number}]; /* 'fsum' */
cpy_r_r3 = CPyDict_GetItem(cpy_r_r1, cpy_r_r2);
"""
    twice = "".join(look.format(names="station___globals", number=each) for each in (7, 8))
    made = build.remembering("#include <Python.h>\n" + twice)
    assert "CPyDict_GetItem(cpy_r_r1" not in made
    assert made.count("static GlobalSeen seen; cpy_r_r3 = global_seen(cpy_r_r1, cpy_r_r2") == 2
    other = "#include <Python.h>\n" + look.format(names="station___others", number=7)
    assert build.remembering(other) == other


def test_an_integer_for_a_time_leaves_the_same_times() -> None:
    """Compiled, 1 for a float becomes 1.0; what is written must not depend on it."""

    def times(one: float, two: float) -> list[float]:
        env, seen = Environment(), []
        station = Station(env, 1)
        env.schedule_call(None, one, lambda _: seen.append(env.now))
        env.schedule_call(None, one, lambda _: station.serve(Job(), two, done))
        timer = Timer(env, lambda: seen.append(env.now))
        timer.set(two)

        def done(_: object) -> None:
            seen.append(env.now)

        env.run()
        return seen

    assert times(1, 2) == times(1.0, 2.0) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "given",
    [
        aw.Rules(),
        NetworkComponents(tcp_model=NoSlowStart),
        RpcComponents(),
        ExchangeComponents(store=Store),
        OutlookComponents(online=Online),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_is_sent_to_workers_arrives(given: object) -> None:
    """Rules and components travel by pickle; copies are equal too."""
    assert pickle.loads(pickle.dumps(given)) == given
    assert copy.copy(given) == copy.deepcopy(given) == given


def test_nan_is_known_by_isnan_alone() -> None:
    """Compiled, a NaN in a list or tuple is another object: `in`, `==` and `count` miss it."""
    for path in compiled.sources():
        text = path.read_text(encoding="utf-8")
        assert "in (NAN" not in text, path
        assert "== NAN" not in text, path
        assert "is NAN" not in text, path
        assert ".count(NAN" not in text, path


def test_no_generator_has_a_number_for_a_default() -> None:
    """Compiled by mypyc 2.4, one that is left out is not the default but its mark of an error."""
    found = [
        f"{path.name}: {node.name}"
        for path in compiled.sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(each, ast.Yield | ast.YieldFrom) for each in ast.walk(node))
        and any(
            ast.unparse(given.annotation or ast.Constant("")) == "float"
            for given in node.args.args[len(node.args.args) - len(node.args.defaults) :]
            if node.args.defaults
        )
    ]
    assert found == []


def test_calls_leave_no_number_of_an_open_method_to_its_default() -> None:
    """Compiled by mypyc 2.4, a float that is left out is 0.0 in a class of a user that inherits the
    method, so compiled callers name it, unless its default is 0.0.
    """
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in compiled.sources()]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    missing: dict[str, tuple[int, str]] = {}
    for owner in nodes:
        if not isinstance(owner, ast.ClassDef) or "mypyc_attr" not in ast.unparse(owner):
            continue
        for method in owner.body:
            if not isinstance(method, ast.FunctionDef) or method.name == "__init__":
                continue
            given = method.args.args
            first = len(given) - len(method.args.defaults)
            for place, value in enumerate(method.args.defaults, first):
                kind = ast.unparse(given[place].annotation or ast.Constant(""))
                if kind == "float" and ast.unparse(value) != "0.0":
                    missing[method.name] = (place, given[place].arg)
    assert "send" in missing
    calls = [
        (call, *missing[call.func.attr]) for call in nodes
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        and "link" in ast.unparse(call.func.value) and call.func.attr in missing
    ]  # fmt: skip
    assert calls
    left_out = [
        ast.unparse(call) for call, place, name in calls
        if len(call.args) < place and name not in {each.arg for each in call.keywords}
    ]  # fmt: skip
    assert left_out == []


def test_the_public_functions_keep_their_keyword_only_parameters() -> None:
    kinds = {each.name: each.kind for each in inspect.signature(aw.simulate).parameters.values()}
    assert kinds["seed"] is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert kinds["rules"] is kinds["strict"] is inspect.Parameter.KEYWORD_ONLY
    assert "online" in inspect.signature(OutlookComponents).parameters


@pytest.mark.skipif(compiled.way() == "compiled", reason="compiled, nothing is abstract")
def test_what_a_contract_asks_for_is_what_is_abstract() -> None:
    for kind, needed in CONTRACTS.values():
        assert kind.__abstractmethods__ == {*needed}


class Patient(Online):
    """A mode of a user's own, in Python whichever way the others run; it notes what it did."""

    __slots__ = ()
    performed: ClassVar[list[str]] = []

    def perform(self, action):
        self.performed.append(action.kind)
        return (yield from super().perform(action))


def test_a_mode_in_python_takes_the_place_of_one() -> None:
    scenario = small(groups__people__mode="online", groups__people__mailboxes=1, end="09:00")
    shipped = aw.simulate(scenario, 1)
    own = aw.simulate(scenario, 1, rules=aw.Rules(outlook=OutlookComponents(online=Patient)))
    assert own.operations.equals(shipped.operations)
    assert len(Patient.performed) >= len(own.operations) > 0


class _AsOnline(Online):
    """A mode without a copy."""

    name: ClassVar[str] = "as_online"


def test_a_mode_of_ones_own_is_cached_only_if_it_is_made_of_cached() -> None:
    """Compiled, all modes share what ABC remembers: asked for Online, it would say Cached too."""
    assert issubclass(_AsOnline, Online)
    scenario = small(groups__people__client="outlook2002", groups__people__mode="as_online")
    assert aw.simulate(scenario, 1, rules=aw.Rules(modes={"as_online": _AsOnline})).audit().ok
