"""What is installed: the package that is tested, its public names, its start."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import publishkit


def test_the_installed_package_is_tested_and_not_the_tree() -> None:
    import publishkit_invenio
    import publishkit_local
    import publishkit_nomad

    site = Path(sysconfig.get_paths()["purelib"])
    for module in (publishkit, publishkit_invenio, publishkit_local, publishkit_nomad):
        assert Path(str(module.__file__)).is_relative_to(site), "run pip install . first"


@pytest.mark.parametrize("name", publishkit.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(publishkit, name)


def test_a_name_that_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        publishkit.nothing  # noqa: B018


def test_importing_it_is_light_and_functions_stay_functions() -> None:
    code = (
        "import sys, publishkit; "
        "assert 'requests' not in sys.modules and 'pydantic' not in sys.modules; "
        "publishkit.validate, publishkit.push, publishkit.adopt, publishkit.targets; "
        "assert all(map(callable, (publishkit.push, publishkit.validate, publishkit.targets)))"
    )
    subprocess.run([sys.executable, "-c", code], timeout=60, check=True)


def test_the_backends_are_found_by_entry_points() -> None:
    names = {point.name for point in entry_points(group="publishkit")}
    assert {"invenio", "local", "nomad"} <= names


def test_the_version_is_one() -> None:
    assert version("publishkit") == publishkit.__version__


def test_the_types_are_published() -> None:
    import publishkit_nomad

    for module in (publishkit, publishkit_nomad):
        assert (Path(str(module.__file__)).parent / "py.typed").exists()


def test_it_runs_as_a_module_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "publishkit", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == f"publishkit, version {publishkit.__version__}\n"
