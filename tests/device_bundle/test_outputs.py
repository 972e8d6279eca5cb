"""The files that carry a bundle onto a module, in the formats their readers want."""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import io
import json
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from device_bundle import outputs
from device_bundle.bundler import BundleResult, bundle
from device_bundle.findings import BundleError
from device_bundle.manifest import write
from device_bundle.targets import TARGETS
from ocpp_kernel.config import ConfigError, load_config

PLUGIN = """
class ChargePoint:
    def __init__(self, station, settings):
        self.station = station

    def ocpp_on_event(self, event):
        self.station.log("info", "event")
"""
FILES = {"app.mpy": b"M\x05" + bytes(100), "main.py": b"import usr.app\n"}
QUECPYTHON, STOCK = TARGETS["quecpython"], TARGETS["micropython"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    folder.joinpath("echo.py").write_text(PLUGIN)
    return folder


def configured(folder: Path, tables: str) -> Path:
    off = "\n".join(f"{point.name} = false" for point in entry_points(group="ocpp_kernel"))
    config = folder / "ocpp.toml"
    config.write_text(f'[profiles]\n{off}\n[plugins]\nload = ["./echo.py"]\n[bundle]\n{tables}')
    return config


def made(folder: Path, tables: str) -> BundleResult:
    return bundle(configured(folder, tables), folder / "out")


def names(folder: Path) -> set[str]:
    return {path.name for path in (folder / "out").iterdir()}


def test_the_files_of_each_target(folder: Path) -> None:
    """An earlier target's files do not stay behind; main.py of a stock board is its own."""
    every = {"usr", "usr.tar.gz", "manifest.json", "map.json"}
    quecpython = every | {"usr.zip", "bulk_download.json", "project.yaml"}
    result = made(folder, "")
    assert names(folder) == quecpython | {"usr-mpy"}
    assert any("set bundle.url" in note for note in result.notes)
    made(folder, 'target = "micropython"\n')
    assert names(folder) == every | {"usr-mpy", "package.json"}
    main = (folder / "out" / "usr" / "main.py").read_text()
    assert "machine.reset()" in main
    assert "Power" not in main
    result = made(folder, 'target = "plain"\nurl = "https://example.com/b/"\n')
    assert names(folder) == quecpython
    assert result.notes == []
    listed = json.loads((folder / "out" / "bulk_download.json").read_bytes())
    assert listed[-1] == {
        "url": "https://example.com/b/usr/main.py",
        "file_name": "/usr/main.py",
    }


def test_firmware_that_may_lack_tls_is_named(folder: Path) -> None:
    station = '\n[charge_point]\nurl = "wss://example.com"\n'
    table = 'target = "quecpython-1.28"\n'
    assert any("has no TLS" in note for note in made(folder, table + station).notes)
    assert not any("has no TLS" in note for note in made(folder, table).notes)


def test_what_is_being_done_is_told(folder: Path) -> None:
    steps: list[str] = []
    bundle(configured(folder, ""), folder / "out", on_step=steps.append)
    assert steps[0].startswith("reading")
    assert "compiling" in steps


def test_the_image_holds_the_form_that_is_chosen(folder: Path) -> None:
    for image, form in (("auto", "mpy"), ("py", "py")):
        result = made(folder, f'image = "{image}"\nversion = "2.1"\n')
        with tarfile.open(folder / "out" / "usr.tar.gz") as archive:
            members = {m.name: archive.extractfile(m) for m in archive.getmembers()}
            contents = {name: file.read() for name, file in members.items() if file is not None}
        assert json.loads(contents.pop("manifest.json"))["version"] == "2.1"
        assert contents == {f"usr/{name}": data for name, data in result.in_form(form).items()}
        with zipfile.ZipFile(folder / "out" / "usr.zip") as archive:
            assert set(archive.namelist()) == {*contents, "usr/manifest.json"}


def test_usr_zip_lists_its_files_as_qpyt_does() -> None:
    content = outputs.usr_zip(FILES, "2.1")
    assert content == outputs.usr_zip(FILES, "2.1")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("usr/app.mpy") == FILES["app.mpy"]
        listed = json.loads(archive.read("usr/manifest.json"))
    digest = base64.b64encode(hashlib.sha256(FILES["main.py"]).digest()).decode()
    assert listed["version"] == "2.1"
    assert listed["files"][1] == {
        "file_name": "/usr/main.py",
        "size": len(FILES["main.py"]),
        "integrity": f"sha256-{digest}",
    }


def test_bulk_download_says_where_each_file_goes() -> None:
    listed = json.loads(outputs.bulk_download(FILES, "usr-mpy", "", QUECPYTHON))
    assert listed[0] == {
        "url": f"{outputs.PLACEHOLDER}/usr-mpy/app.mpy",
        "file_name": "/usr/app.mpy",
    }


def test_project_yaml_packs_the_folder_for_usr() -> None:
    lines = outputs.project("usr-mpy").decode().splitlines()
    assert [line.strip() for line in lines if not line.startswith("#")] == [
        'firmware: ""  # the base firmware\'s .pac; not needed with --usrfs-only',
        "usrfs:",
        "- src: ./usr-mpy",
        'glob: "*"',
        "dest: /usr",
        "compile: false  # the files are compiled already where they should be",
    ]


def test_package_json_with_an_address() -> None:
    package = json.loads(outputs.package(FILES, "usr", "https://example.com/b", STOCK, "2.1"))
    assert package["urls"][0] == ["usr/app.mpy", "https://example.com/b/usr/app.mpy"]
    assert package["urls"][1][0] == "main.py"
    assert package["version"] == "2.1"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address under which the test's folder is served."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_mip_installs_a_served_folder(tmp_path: Path, served: str, micropython: Path) -> None:
    files = {f"usr-mpy/{name}": content for name, content in FILES.items()}
    files[outputs.PACKAGE] = outputs.package(FILES, "usr-mpy", f"{served}/out", STOCK, "1")
    write(tmp_path / "out", {}, files)
    board = tmp_path / "board"
    script = f"import mip\nmip.install({served + '/out/package.json'!r}, target={str(board)!r})\n"
    subprocess.run([micropython, "-c", script], check=True, capture_output=True, cwd=tmp_path)
    assert (board / "usr" / "app.mpy").read_bytes() == FILES["app.mpy"]
    assert (board / "main.py").read_bytes() == FILES["main.py"]


def test_a_url_that_cannot_serve(tmp_path: Path) -> None:
    config = tmp_path / "ocpp.toml"
    config.write_text('[bundle]\nurl = "example.com/b"\n')
    with pytest.raises(ConfigError, match=r"bundle\.url: 'example\.com/b' must begin with http"):
        load_config(config)


def test_only_an_earlier_bundle_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("mine")
    with pytest.raises(BundleError, match=r"package\.json exists and is of no earlier bundle"):
        write(tmp_path, {}, {"usr/main.py": b"", "package.json": b""})
    (tmp_path / "package.json").unlink()
    write(tmp_path, {}, {"usr/main.py": b"", "package.json": b"1", "old.json": b"2"})
    write(tmp_path, {}, {"usr/app.py": b"3"})
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert found == {"usr", "usr/app.py", "manifest.json"}


@pytest.mark.parametrize("name", ["../secret", "/etc/secret", "usr//x", "a/../../secret"])
def test_a_manifest_cannot_point_outside(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "secret").write_text("kept")
    entry = {"file_name": name, "size": 4, "sha256": "0" * 64}
    (out / "manifest.json").write_text(json.dumps({"files": [entry]}))
    with pytest.raises(BundleError, match="is of no earlier bundle"):
        write(out, {}, {"usr/main.py": b""})
    assert (tmp_path / "secret").exists()


@pytest.mark.parametrize("entry", [{"file_name": "src/mine.py"}, "src/mine.py", 1])
def test_another_programs_manifest_leads_to_nothing(tmp_path: Path, entry: Any) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "mine.py").write_text("kept")
    (tmp_path / "manifest.json").write_text(json.dumps({"files": [entry]}))
    with pytest.raises(BundleError, match=r"manifest\.json exists and is of no earlier bundle"):
        write(tmp_path, {}, {"usr/main.py": b""})
    assert (tmp_path / "src" / "mine.py").read_text() == "kept"


def test_a_disk_that_is_full_leaves_nothing_in_the_way_of_another_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    whole = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == "app.py":
            raise OSError(28, "No space left on device")
        return whole(path, content)

    files = {"map.json": b"{}", "usr/app.py": b"1"}
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(BundleError, match="cannot be written: No space left on device"):
            write(tmp_path, {}, files)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    write(tmp_path, {}, files)
    assert (tmp_path / "usr" / "app.py").read_bytes() == b"1"
