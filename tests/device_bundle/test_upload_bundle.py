"""What is uploaded: a bundle's files, in the form it was made for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from device_bundle.findings import BundleError
from device_bundle.manifest import write
from device_bundle.upload import Bundle, read_bundle

Make = Callable[..., Path]


@pytest.fixture
def made(tmp_path: Path) -> Make:
    def make(**facts: str) -> Path:
        out = tmp_path / "bundle"
        files = {"usr/main.py": b"m", "usr/app.py": b"a", "usr-mpy/main.py": b"m"}
        files["usr-mpy/app.mpy"] = b"c"
        write(out, {"target": "quecpython", "image": "mpy", **facts}, files)
        return out

    return make


def test_the_form_a_bundle_was_made_for_is_read(made: Make) -> None:
    bundle = read_bundle(made())
    assert bundle == Bundle(bundle.target, {"/usr/app.mpy": b"c", "/usr/main.py": b"m"})
    assert list(bundle.files)[-1] == "/usr/main.py"
    assert read_bundle(made(), "py").files == {"/usr/app.py": b"a", "/usr/main.py": b"m"}
    assert "/main.py" in read_bundle(made(target="micropython")).files


def test_a_bundle_that_was_changed_is_refused(made: Make, tmp_path: Path) -> None:
    out = made()
    (out / "usr-mpy" / "app.mpy").write_bytes(b"!")
    with pytest.raises(BundleError, match=r"app\.mpy: was changed since"):
        read_bundle(out)
    with pytest.raises(BundleError, match=r"no bundle there, manifest\.json is missing"):
        read_bundle(tmp_path / "nowhere")
    with pytest.raises(BundleError, match="another version"):
        read_bundle(made(target="toaster"))
