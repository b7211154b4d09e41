"""Wheels with the rooms of the model compiled, where `ANYWHERE_SIM_COMPILE` is set; else in Python.

ANYWHERE_SIM_COMPILE=1 pip wheel . --no-deps --no-build-isolation
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledRooms(BuildHookInterface[Any]):
    """Compiles, and puts what came of it into the wheel, which is then for one kind of machine."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile in this folder; a compiler that is missing ends the build."""
        if version == "editable" or not os.environ.get("ANYWHERE_SIM_COMPILE"):
            return
        command = [sys.executable, "-m", "anywhere_sim.compiled"]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        place = Path(done.stdout.removeprefix("compiled: ").strip())
        build_data["force_include"][str(place)] = f"anywhere_sim/compiled/{place.name}"
        build_data["pure_python"], build_data["infer_tag"] = False, True
