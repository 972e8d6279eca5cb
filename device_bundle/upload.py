"""Puts a bundle on a module by its REPL, and makes sure that it is there.

Files that are right already are skipped, so an upload that broke off is simply begun again.
main.py is removed before anything else changes and written last: a module with half a bundle
starts no program. What is uploaded is there to stay: an update that was about to be installed, or
was on trial, is given up, since it would replace some of the files, or put older ones back.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from device_bundle.findings import BundleError
from device_bundle.manifest import FOLDERS, MANIFEST
from device_bundle.repl import DeviceError, Repl
from device_bundle.runtime.places import PREVIOUS, TRIAL
from device_bundle.targets import TARGETS, Target

#: Told of each piece: the file, and how many bytes of all files are done.
Progress = Callable[[str, int], object]

#: Bytes written by one line, which has to fit a module's line editor.
_PIECE = 512
_MAIN = "main.py"
_OTHER_FORM = {"py": "mpy", "mpy": "py"}
#: Run on the module: size and SHA-256 of a file, None where there is none.
_LOOK = """\
def _look(path):
 try:
  file=open(path,'rb')
 except OSError:
  return None
 digest=uhashlib.sha256(b'')
 size=0
 while True:
  data=file.read(512)
  if not data:break
  size+=len(data)
  digest.update(data)
 file.close()
 return size,ubinascii.hexlify(digest.digest()).decode()
"""
#: Run on the module: no update is pending, nor on trial, nothing is kept to be put back, and the
#: failed starts of the app before are not counted against the new one.
_FORGET = f"""\
def _drop(path):
 try:
  uos.remove(path)
 except OSError:
  pass
def _forget():
 _drop('/usr/ocpp_starts')
 _drop({TRIAL!r})
 _drop({TRIAL + ".new"!r})
 try:
  for name in uos.listdir({PREVIOUS!r}):
   _drop({PREVIOUS + "/"!r}+name)
 except OSError:
  pass
 try:
  import app_fota,app_fota_download
  app_fota.new()
  try:
   folder=app_fota_download.get_updater_dir()
  except AttributeError:
   folder=app_fota_download.updater_dir
  _drop(folder+'/update.flag')
 except Exception:
  pass
"""


class Found(NamedTuple):
    """A file on the module."""

    size: int
    sha256: str


@dataclass
class Bundle:
    """A bundle's files as they go on a module, by path there, main.py last."""

    target: Target
    files: dict[str, bytes]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values()))


class Report(NamedTuple):
    """What an upload did: paths written, and paths that were right already."""

    written: list[str]
    skipped: list[str]


def read_bundle(folder: str | Path, form: str = "") -> Bundle:
    """The files of the bundle in `folder`, in the form it was made to be installed in, or `form`.

    Raises BundleError where there is no bundle, or its files are not what its manifest lists.
    """
    folder = Path(folder)
    facts, listed = _manifest(folder)
    target = TARGETS.get(str(facts.get("target")))
    where = FOLDERS.get(form or str(facts.get("image")))
    if target is None or where is None:
        raise BundleError(f"{folder}: the bundle is of another version; make it again")
    paths = [path for path in listed if path.startswith(f"{where}/")]
    if not paths:
        raise BundleError(f"{folder}: target {target.name} has no {where}/")
    paths.sort(key=lambda path: (path.endswith(f"/{_MAIN}"), path))
    files = {}
    for path in paths:
        files[target.place(path.partition("/")[2])] = _content(folder / path, listed[path])
    return Bundle(target, files)


def _manifest(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    try:
        facts = json.loads((folder / MANIFEST).read_bytes())
        return facts, {entry["file_name"]: entry["sha256"] for entry in facts["files"]}
    except OSError:
        raise BundleError(f"{folder}: no bundle there, {MANIFEST} is missing") from None
    except (ValueError, KeyError, TypeError):
        raise BundleError(f"{folder / MANIFEST}: is no manifest of a bundle") from None


def _content(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BundleError(f"{path}: was changed since the bundle was made; make it again")
    return content


class Upload:
    """One upload by an open REPL."""

    def __init__(self, repl: Repl, on_progress: Progress = lambda name, done: None) -> None:
        self._repl = repl
        self._on_progress = on_progress
        self._done = 0

    def run(self, files: Mapping[str, bytes]) -> Report:
        """Make the module's files these, which are given by path with main.py last.

        Raises DeviceError; what was written until then counts when it is run again.
        """
        self._repl.run("import uos,uhashlib,ubinascii")
        self._repl.run(f"exec({_LOOK!r})")
        there = {path: self._look(path) for path in files}
        skipped = [path for path, content in files.items() if _is(there[path], content)]
        changed = [path for path in files if path not in skipped]
        if not changed:
            return Report([], skipped)
        rivals = {path: found for path in _rivals(files) if (found := self._look(path))}
        self._make_folders(files)
        self._refuse_lack_of_space(files, changed, {**there, **rivals})
        main = next(path for path in files if path.endswith(_MAIN))
        if main in skipped:
            skipped.remove(main)
            changed.append(main)
        for path in [main] * (there[main] is not None) + list(rivals):
            self._repl.run(f"uos.remove({path!r})")
        self._repl.run(f"exec({_FORGET!r})")
        self._repl.run("_forget()")
        self._done = sum(len(files[path]) for path in skipped)
        for path in changed:
            self._write(path, files[path])
        return Report(changed, skipped)

    def _look(self, path: str) -> Found | None:
        answer = self._evaluate(f"_look({path!r})")
        return None if answer is None else Found(*answer)

    def _evaluate(self, expression: str) -> Any:
        text = self._repl.run(f"print({expression})")
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            raise DeviceError(f"the module's answer makes no sense: {text[:80]!r}") from None

    def _refuse_lack_of_space(
        self, files: Mapping[str, bytes], changed: list[str], there: Mapping[str, Found | None]
    ) -> None:
        """Raises DeviceError where the new files do not fit beside what stays."""
        folder = "/usr" if "/usr" in {_folder(path) for path in files} else "/"
        block, _, _, free = self._evaluate(f"uos.statvfs({folder!r})[:4]")
        needed = sum(_blocks(len(files[path]), block) for path in changed)
        replaced = [found for path, found in there.items() if found and path not in files]
        replaced += [found for path in changed if (found := there[path])]
        freed = sum(_blocks(found.size, block) for found in replaced)
        if needed > free + freed:
            raise DeviceError(
                f"not enough space: {needed * block} bytes are needed, {folder} has "
                f"{(free + freed) * block} left; no file was changed"
            )

    def _make_folders(self, files: Mapping[str, bytes]) -> None:
        for folder in sorted({_folder(path) for path in files} - {"/"}):
            parent, _, name = folder.rpartition("/")
            if name not in self._evaluate(f"uos.listdir({parent or '/'!r})"):
                self._repl.run(f"uos.mkdir({folder!r})")

    def _write(self, path: str, content: bytes) -> None:
        """Write a file and compare what is there then. Raises DeviceError."""
        self._on_progress(path, self._done)
        self._repl.run(f"file=open({path!r},'wb')")
        for at in range(0, len(content), _PIECE):
            # Base64 is short, and holds nothing a line editor or prompt could be mistaken for.
            piece = base64.b64encode(content[at : at + _PIECE]).decode()
            self._repl.run(f"file.write(ubinascii.a2b_base64('{piece}'))")
            self._done += len(content[at : at + _PIECE])
            self._on_progress(path, self._done)
        self._repl.run("file.close()")
        if not _is(self._look(path), content):
            self._repl.run(f"uos.remove({path!r})")
            raise DeviceError(f"{path}: did not arrive as it was sent; upload again")


def _is(found: Found | None, content: bytes) -> bool:
    return found is not None and found.sha256 == hashlib.sha256(content).hexdigest()


def _rivals(paths: Iterable[str]) -> Iterator[str]:
    """The same modules in the other form: .py is imported where both are there."""
    for path in paths:
        stem, _, form = path.rpartition(".")
        if form in _OTHER_FORM and not path.endswith(_MAIN):
            yield f"{stem}.{_OTHER_FORM[form]}"


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _blocks(size: int, block: int) -> int:
    return max(1, -(-size // block))
