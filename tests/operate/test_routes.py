"""Every route and websocket of the server as we set it, called without the right to."""

import pytest

from tests.bench.prefect_routes import asked, faults
from tests.bench.prefect_server import Server

pytestmark = pytest.mark.flow


def test_nothing_answers_who_has_no_password_or_changes_without_a_token(server: Server) -> None:
    answers = asked(server)
    assert faults(answers) == []
    assert len(answers) > 200
    assert sum(name.startswith("WS ") for name in answers) == 5
    assert {answers[name]["signed in"] for name in answers if name.startswith("WS ")} == {"auth_success"}  # so that it was the password
    assert answers["POST /api/flows/filter"] == {"nobody": "403", "wrong": "403", "token alone": "401", "no token": "403"}
