"""What the installer takes, what it refuses and why, and that it works in small steps."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from device_bundle.archives import tar_gz
from ocpp_kernel.codec import MsgspecCodec

Make = Callable[[], Any]

IMAGE = "/usr/ocpp_data/firmware.file"


def refused(module: Any, because: str) -> None:
    """The image is refused for this reason, without a restart, and nothing is changed by it."""
    before = module.installed()
    outcome = module.run()
    assert outcome.startswith("InstallationFailed: ")
    assert because in outcome
    assert module.boots == 1
    assert module.installed() == before
    assert module.left() == []


def test_the_release_that_is_installed_already_is_confirmed_without_a_restart(
    kit: Any, make_module: Make
) -> None:
    module = make_module()
    module.receive(kit.OLD)
    assert module.run() == "Installed"
    assert module.boots == 1
    assert module.left() == []


def test_what_is_of_no_use_any_more_goes_and_what_is_not_the_apps_stays(
    kit: Any, make_module: Make
) -> None:
    module = make_module()
    module.receive(kit.NEW)
    assert module.run() == "Installed"
    assert module.boots == 2
    assert "gone.mpy" not in module.installed()
    assert module.flash.files["/usr/own.txt"] == b"own"
    assert module.flash.files["/usr/main.py"] == b"main"


def test_one_release_after_the_other(kit: Any, make_module: Make) -> None:
    module = make_module()
    for release in (kit.NEW, kit.OLD, kit.BROKEN, kit.NEW):
        module.receive(release)
        outcome = module.run()
        assert (outcome == "Installed") == (release is not kit.BROKEN)
        assert module.left() == []
    assert module.installed() == kit.NEW


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"target": "other"}, "the image is for other, this is quecpython"),
        ({"plugins": ["core_profile"]}, "has no firmware_mgmt and could never be replaced"),
    ],
)
def test_images_for_something_else(
    kit: Any, make_module: Make, facts: dict[str, Any], reason: str
) -> None:
    module = make_module()
    module.receive(kit.NEW, **facts)
    refused(module, reason)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["app.py"], "the image has app.py, but app.mpy is installed"),
        (["app.mpy", "same.py"], "an image has either .py or .mpy modules"),
        (["deep/app.mpy"], "usr/deep/app.mpy, which is no part of an app"),
        (["../app.mpy"], "usr/../app.mpy, which is no part of an app"),
        (["app.mpy", "ocpp_trial"], "usr/ocpp_trial, which is no part of an app"),
        (["texts.txt"], "an image has either .py or .mpy modules"),
        ([], "an image has either .py or .mpy modules"),
    ],
)
def test_files_that_cannot_be(make_module: Make, names: list[str], reason: str) -> None:
    module = make_module()
    module.receive(dict.fromkeys(names, b"x"))
    refused(module, reason)


def test_py_modules_beside_which_there_are_none(make_module: Make) -> None:
    module = make_module()
    for name in [path for path in module.flash.files if path.endswith(".mpy")]:
        module.flash.files[name.replace(".mpy", ".py")] = module.flash.files.pop(name)
    module.receive({"app.mpy": b"compiled"})
    module.installed = dict
    with pytest.raises(OSError, match=r"has app\.mpy, but app\.py is installed"):
        run_steps(module)


def run_steps(module: Any) -> list[str]:
    """What each step answers, until one is the last; raises what a step raises."""
    station: Any = SimpleNamespace(now=0, store=module.store, codec=MsgspecCodec(), log=print)
    installer = module.make_installer(station)
    installer.accepted = True
    answers: list[str] = []
    while not answers or not answers[-1]:
        answers.append(installer.install_firmware(IMAGE))
    return answers


def test_a_step_handles_one_file_at_most(
    kit: Any, make_module: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The main loop turns between two steps: a watchdog waits for it."""
    module = make_module()
    module.receive(kit.NEW)
    moved = [0]
    opener = module.flash.open

    def count(path: str, mode: str = "r") -> Any:
        file = opener(path, mode)
        if mode == "rb" and path != IMAGE:
            moved[-1] += len(module.flash.files[path])
        return file

    monkeypatch.setattr(module.flash, "open", count)
    station: Any = SimpleNamespace(now=0, store=module.store, codec=MsgspecCodec(), log=print)
    installer = module.make_installer(station)
    while installer.install_firmware(IMAGE) != "Restart":
        moved.append(0)
    largest = max(len(content) for content in {**kit.OLD, **kit.NEW}.values())
    assert len(moved) > 3 * len(kit.NEW)
    # Copying one reads it, and both files to compare them.
    assert max(moved) <= 3 * largest


def test_every_byte_of_an_image_counts(kit: Any, make_module: Make) -> None:
    """Whatever is changed or missing, the image is refused before anything is unpacked."""
    module = make_module()
    module.receive(kit.NEW)
    whole = module.flash.files[IMAGE]
    for at in range(10, len(whole) - 8, 7):
        module = make_module()
        module.flash.files[IMAGE] = whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :]
        outcome = module.run()
        # What is in no file of it, such as the padding between them, is of no consequence.
        assert outcome == "Installed" or "image" in outcome
        assert module.installed() == (kit.NEW if outcome == "Installed" else kit.OLD)
    for at in (10, 11, 200, len(whole) // 2, len(whole) - 40):
        module = make_module()
        module.flash.files[IMAGE] = whole[:at]
        refused(module, "the image is damaged")


def test_what_the_manifest_does_not_agree_with(make_module: Make) -> None:
    module = make_module()
    facts = {"target": "quecpython", "plugins": ["firmware_mgmt"]}
    image = tar_gz({"usr/app.mpy": b"one"}, facts)
    other = tar_gz({"usr/app.mpy": b"two"}, facts)
    plain, changed = unpacked(image), unpacked(other)
    module.flash.files[IMAGE] = packed(plain[:1024] + changed[1024:])
    refused(module, "the image is damaged: usr/app.mpy")
    module.flash.files[IMAGE] = packed(plain[:1024] + bytes(1024))
    module.outcome = ""
    module.boots = 0
    refused(module, "the image is damaged: files are missing")


def unpacked(image: bytes) -> bytes:
    import gzip  # only here

    return gzip.decompress(image)


def packed(content: bytes) -> bytes:
    import zlib  # only here

    packer = zlib.compressobj(9, zlib.DEFLATED, -12)
    return b"\x1f\x8b\x08" + bytes(7) + packer.compress(content) + packer.flush() + bytes(8)


@pytest.mark.parametrize(
    "content",
    [
        b"\x1f\x8b\x08\x08" + bytes(100),
        packed(b"hello"),
        packed(b"other.json" + bytes(114) + b"00000000003\0" + bytes(800)),
    ],
)
def test_archives_of_something_else(make_module: Make, content: bytes) -> None:
    module = make_module()
    module.flash.files[IMAGE] = content
    refused(module, "image")


@pytest.mark.parametrize(
    "manifest",
    ["[]", "{}", '{"files": 1}', '{"files": [1]}', '{"files": [{"file_name": "usr/a"}]}', "{"],
)
def test_manifests_that_are_none(make_module: Make, manifest: str) -> None:
    module = make_module()
    head = b"manifest.json" + bytes(111) + b"%011o\0" % len(manifest)
    body = head.ljust(512, b"\0") + manifest.encode().ljust(512, b"\0") + bytes(1024)
    module.flash.files[IMAGE] = packed(body)
    refused(module, "image")


def test_an_image_that_is_gone(make_module: Make) -> None:
    refused(make_module(), "the image is gone")


def test_without_room_it_is_refused_with_numbers(kit: Any, make_module: Make) -> None:
    module = make_module()
    module.receive(kit.NEW)
    module.flash.blocks = 12
    refused(module, "bytes of flash")
    module.receive(kit.NEW)
    module.flash.blocks = 20
    assert module.run() == "Installed"


def test_an_updater_that_stops_half_way(kit: Any, make_module: Make) -> None:
    """As with a flash it finds full: neither app is whole, so the old one is put back."""
    module = make_module()
    module.receive(kit.NEW)
    copy = module._copy_staged
    calls = []

    def stop_half_way() -> None:
        calls.append(1)
        if len(calls) == 2:
            module.flash.files["/usr/more.mpy"] = b"half"
            module.flash.files["/usr/same.mpy"] = kit.OLD["same.mpy"]
            module.flash.files["/usr/app.mpy"] = kit.NEW["app.mpy"]
            return
        copy()

    module._copy_staged = stop_half_way
    assert "the firmware did not install it" in module.run()
    assert {**module.installed(), "more.mpy": b""} == {**kit.OLD, "more.mpy": b""}
    assert module.left() == []


def test_firmware_of_the_module_is_installed_by_fota(make_module: Make) -> None:
    module = make_module()
    image = b"FIRMWARE C\n" + bytes(100_000)
    module.flash.files[IMAGE] = b"FIRMWARE B"
    assert module.run() == "Installed"
    assert (module.runs, module.boots, module.written) == ("B", 2, [b"FIRMWARE B"])
    assert module.left() == []
    module.flash.files[IMAGE] = image
    module.outcome = ""
    answers = run_steps(module)
    assert module.written[-1] == image
    assert len(answers) >= len(image) // 16384


def test_firmware_the_module_refuses_or_does_not_run(make_module: Make) -> None:
    module = make_module()
    module.flash.files[IMAGE] = b"<html>no firmware</html>"
    refused(module, "the module's firmware refuses the image")
    module.flash.files[IMAGE] = b"FIRMWARE A"
    module.outcome = ""
    assert "the module still runs A" in module.run()
    assert module.left() == []


def test_firmware_of_the_module_survives_cuts(make_module: Make) -> None:
    for cut in range(6):
        module = make_module()
        module.flash.files[IMAGE] = b"FIRMWARE B"
        assert module.run(cut) == "Installed"
        assert module.runs == "B"
