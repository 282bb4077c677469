from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def distributions(tmp_path_factory):
    """Where sdist and wheel are, freshly built."""
    pytest.importorskip("build")
    output = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", output, CHECKOUT], check=True)
    return output


@pytest.fixture(scope="session")
def wheel(distributions):
    (path,) = distributions.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def unpacked(distributions, tmp_path_factory):
    """The sdist's content: the project as someone who downloads it has it."""
    (path,) = distributions.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(target := tmp_path_factory.mktemp("sdist"), filter="data")
    (project,) = target.iterdir()
    return project
