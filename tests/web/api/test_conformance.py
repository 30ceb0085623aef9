"""schemathesis over the document: whatever may be asked, and what may not, is answered as documented, and nothing makes the server fail.

Against a real server, with a bounded number of examples that are the same in each run.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from tests.journeys.conftest import System, _free_port

EXAMPLES = 20


@pytest.fixture(scope="module")
def api() -> Iterator[Any]:
    home = Path(tempfile.mkdtemp(prefix="sunlot-api-"))
    system = System(home, _free_port())
    try:
        system.load_demo()
        system.start("serve")
        yield schemathesis.openapi.from_url(f"{system.url}/api/openapi.json")
    finally:
        system.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda m: m.value)
def test_every_answer_is_as_documented(api: Any, mode: Any) -> None:
    """``call_and_validate``: no 5xx, a documented status, content type, headers and body, a refusal of what the document does not allow."""
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) == 9
    asked: dict[str, int] = {}
    for operation in operations:
        # What takes no parameters cannot be asked wrongly.
        if mode.is_negative and not (operation.query or operation.path_parameters):
            continue

        @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            asked[case.operation.label] = asked.get(case.operation.label, 0) + 1
            case.call_and_validate()

        ask()
    assert len(asked) >= 8
    assert sum(asked.values()) > 100
