"""`python -m device_bundle`: exit codes, and one clear line per error."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from device_bundle.__main__ import main
from device_bundle.linker import link
from ocpp_kernel.config import parse_config
from ocpp_kernel.plugins import enabled

PLUGIN = """
class ChargePoint:
    def __init__(self, station, settings):
        self.station = station

    def ocpp_on_event(self, event):
        self.station.log("info", {text})
"""


def write(folder: Path, text: str = '"event"', tables: str = "") -> list[str]:
    off = "\n".join(f"{point.name} = false" for point in entry_points(group="ocpp_kernel"))
    folder.joinpath("echo.py").write_text(PLUGIN.replace("{text}", text))
    config = folder / "ocpp.toml"
    config.write_text(f'[profiles]\n{off}\n[plugins]\nload = ["./echo.py"]\n{tables}')
    return ["--config", str(config), "--out", str(folder / "out")]


def test_a_bundle_ends_with_the_size_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(write(tmp_path)) == 0
    output = capsys.readouterr()
    assert output.err == ""
    for part in ("bundle for quecpython", "echo", "app.py", "limit 10 files", "24,576"):
        assert part in output.out
    assert "158,306" in output.out
    assert "56,487" in output.out


def test_figures_of_the_last_release_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("device_bundle.budgets.last_release.__defaults__", (tmp_path / "none",))
    assert main(write(tmp_path)) == 1
    assert "make it with: python -m device_bundle.budgets --write" in capsys.readouterr().err


def test_code_that_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(write(tmp_path, '"a".zfill(2) + "b".title()')) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("echo.py")[2][:24] for line in lines] == [
        ":7:34: D301 .zfill does ",
        ":7:49: D301 .title does ",
    ]


@pytest.mark.parametrize(
    "name", ["main", "app", "tables", "texts", "runtime", "ocpp_kernel", "later_jobs"]
)
def test_a_plugin_called_like_a_file_of_every_bundle(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its module would replace that file, or be replaced by it."""
    arguments = write(tmp_path)
    (tmp_path / "echo.py").rename(tmp_path / f"{name}.py")
    config = tmp_path / "ocpp.toml"
    config.write_text(config.read_text().replace("echo.py", f"{name}.py"))
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert told == f"plugin {name}: every bundle has a file of that name; rename it\n"


def test_a_setting_without_default_must_be_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (
        "class Settings:\n    greeting: str\n\n\nclass ChargePoint:\n    settings = Settings\n\n"
        "    def __init__(self, station, settings):\n        self.text = settings.greeting\n"
    )
    (tmp_path / "greeter.py").write_text(source, encoding="utf-8")
    config = tmp_path / "ocpp.toml"
    config.write_text('[plugins]\nload = ["./greeter.py"]\n', encoding="utf-8")
    assert main(["--config", str(config), "--out", str(tmp_path / "out")]) != 0
    told = capsys.readouterr().err
    assert "charge_point.greeter.greeting has no default; give it there" in told


def test_a_driver_that_the_configuration_names_is_bundled_in_the_place_of_the_simulated_one(
    tmp_path: Path,
) -> None:
    driver = Path(__file__).parents[2] / "examples" / "hardware_driver" / "hardware_driver"
    config = parse_config({"plugins": {"load": [str(driver)]}})
    linked = link(config, enabled(config))
    names = [role.plugin for role in linked.roles]
    assert "hardware_driver" in names
    assert "simulated_ev" not in names


def test_a_plugin_that_no_module_could_import_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site-meter.py").write_text("class ChargePoint:\n    pass\n", encoding="utf-8")
    config = tmp_path / "ocpp.toml"
    config.write_text('[plugins]\nload = ["./site-meter.py"]\n', encoding="utf-8")
    assert main(["--config", str(config), "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert told == (
        "plugin site-meter: a module imports names of letters, digits and _ only; rename it\n"
    )


def test_a_form_the_target_does_not_have_is_told_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before what is wrong with the code, which takes seconds to find."""
    tables = '[bundle]\ntarget = "plain"\nimage = "mpy"\n'
    assert main(write(tmp_path, '"a".zfill(2)', tables)) == 2
    assert 'target plain has no "mpy"; leave it out, or set "py"' in capsys.readouterr().err


def test_a_configuration_that_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(write(tmp_path, tables="[bundel]\n")) == 2
    assert capsys.readouterr().err.endswith('[bundel] is not known; did you mean "bundle"?\n')
    assert main(["--config", str(tmp_path / "missing.toml")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["--folder", "x"])
    assert leaving.value.code == 2
    assert "usage: python -m device_bundle" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = write(tmp_path)
    (tmp_path / "out").write_text("a file")
    assert main(arguments) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_without_the_bundlers_extra_it_says_what_to_install() -> None:
    hidden = "import runpy, sys; sys.modules['python_minifier'] = None; "
    program = f"{hidden}runpy.run_module('device_bundle', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "the bundler needs python_minifier; install it with: pip install 'ocpp-kernel[bundle]'\n"
    )
