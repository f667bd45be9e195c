# SPDX-License-Identifier: Apache-2.0
"""Every configuration that we hand out is accepted."""
from pathlib import Path

import pytest

EXAMPLES = sorted(Path(__file__).resolve().parents[2].glob("examples/*.yml"))


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_is_valid(healthctl, path):
    done = healthctl("validate", "--without-secrets", path)
    assert done.returncode == 0, done.stdout + done.stderr
