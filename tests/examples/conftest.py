"""Packages of third parties, each installed from a wheel of its own as their users would."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

#: Left out of copies of sources.
BUILT = shutil.ignore_patterns("build", "*.egg-info", "__pycache__", ".*_cache")


@dataclass
class Installed:
    """A package in a folder of its own; ``source`` is a copy of what its wheel was built from."""

    source: Path
    site: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``python -m ...`` beside its sources, with the package as installed."""
        return self._start("-m", *arguments)

    def python(self, code: str) -> subprocess.CompletedProcess[str]:
        """``python -c ...``, likewise."""
        return self._start("-c", code)

    def _start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.source,
            env={**os.environ, "PYTHONPATH": self._path(), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )

    def tests(self) -> subprocess.CompletedProcess[str]:
        """Runs its tests, without the pytest plugins that only this project needs."""
        return self.run("pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio")

    def _path(self) -> str:
        return os.pathsep.join(filter(None, [str(self.site), os.environ.get("PYTHONPATH")]))


Install = Callable[[Path], Installed]


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Builds a wheel of a folder and installs it, without a network."""
    if importlib.util.find_spec("setuptools") is None:
        pytest.skip("setuptools is not installed; get it with: pip install 'setuptools>=77'")

    def make(folder: Path) -> Installed:
        made = tmp_path_factory.mktemp("wheel")
        source = shutil.copytree(folder, made / folder.name, ignore=BUILT)
        tree = shutil.copytree(folder, made / "tree", ignore=BUILT)
        pip("wheel", "--no-build-isolation", "--no-deps", "-w", made / "dist", tree)
        (wheel,) = made.joinpath("dist").glob("*.whl")
        pip("install", "--no-deps", "--no-index", "--target", made / "site", wheel)
        shutil.rmtree(source / "src")  # what is tested is what is installed
        return Installed(source, made / "site")

    return make


def pip(*arguments: str | Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        check=True,
        capture_output=True,
        timeout=300,
    )
