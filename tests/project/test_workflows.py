"""The workflows do what the house does, on the Pythons that are promised."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.name: path.read_text() for path in FOLDER.glob("*.yml")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_there_are_workflows():
    assert set(WORKFLOWS) == {"test.yml", "release.yml"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_tasks_exist(name):
    makefile = (ROOT / "Makefile").read_text()
    for task in re.findall(r"run: make ([a-z-]+)", WORKFLOWS[name]):
        assert re.search(rf"^{task}:", makefile, re.MULTILINE), task


def test_every_python_that_is_promised_is_tested():
    found = re.search(r"python: \[(.*)\]", WORKFLOWS["test.yml"])[1]
    promised = re.findall(
        r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"])
    )
    assert re.findall(r"3\.\d+", found) == promised


def test_wheels_are_built_by_the_oldest():
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=3.")
    for build in PROJECT["tool"]["cibuildwheel"]["build"].split():
        assert build.startswith(f"cp3{oldest}-")


def test_only_the_job_that_publishes_may_write():
    rights = re.findall(r"^ *([\w-]+): write$", WORKFLOWS["release.yml"], re.M)
    assert rights == ["id-token"]
    assert ": write" not in WORKFLOWS["test.yml"]
