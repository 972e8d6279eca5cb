"""The image a charge point fetches: an ordinary archive, the same for the same input."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zlib

import pytest

from device_bundle.archives import MANIFEST, tar_gz

FILES = {"usr/b.mpy": b"M" * 5000, "usr/a.mpy": bytes(range(256)) * 40, "usr/main.py": b"pass\n"}
FACTS = {"project": "p", "version": "2.0.0", "target": "quecpython", "plugins": ["core_profile"]}


def opened(image: bytes) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(image), mode="r:gz")


def test_any_tar_unpacks_it_and_finds_the_manifest_first() -> None:
    with opened(tar_gz(FILES, FACTS)) as archive:
        assert archive.getnames() == [MANIFEST, *sorted(FILES)]
        for name, content in FILES.items():
            member = archive.extractfile(name)
            assert member is not None
            assert member.read() == content


def test_the_manifest_tells_facts_sizes_and_checksums() -> None:
    with opened(tar_gz(FILES, FACTS)) as archive:
        member = archive.extractfile(MANIFEST)
        assert member is not None
        manifest = json.loads(member.read())
    listed = manifest.pop("files")
    assert manifest == FACTS
    assert listed == [
        {
            "file_name": name,
            "size": len(FILES[name]),
            "sha256": hashlib.sha256(FILES[name]).hexdigest(),
        }
        for name in sorted(FILES)
    ]


def test_equal_input_gives_equal_bytes_whatever_its_order() -> None:
    turned = {name: FILES[name] for name in reversed(FILES)}
    assert tar_gz(FILES, FACTS) == tar_gz(turned, dict(reversed(FACTS.items())))


def test_nothing_of_the_computer_that_made_it_is_in_it() -> None:
    image = tar_gz(FILES, FACTS)
    assert image[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    with opened(image) as archive:
        for member in archive:
            assert (member.mtime, member.uid, member.gid, member.uname, member.gname) == (
                *(0, 0, 0),
                *("", ""),
            )


def test_a_window_of_4_kb_inflates_it() -> None:
    """A device has 4 KB for it: nothing may refer further back."""
    far = bytes(range(256)) * 16 + b"x" * 4096
    image = tar_gz({"usr/far.mpy": far + far}, {})
    inflated = zlib.decompressobj(-12).decompress(image[10:-8])
    assert inflated == gzip.decompress(image)


@pytest.mark.parametrize("name", ["/usr/a.mpy", "usr/é.mpy", "usr/" + "a" * 97])
def test_paths_a_device_refuses_are_refused_here(name: str) -> None:
    with pytest.raises(ValueError, match="a path is relative, ASCII, at most 100 long"):
        tar_gz({name: b""}, {})
