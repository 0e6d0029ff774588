"""A DAG for the tests of the harness: a step, a step for each number, a mail whatever happens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.providers.smtp.operators.smtp import EmailOperator
from airflow.sdk import DAG, Param, task

with DAG(
    "three_steps",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    max_active_runs=1,
    params={"numbers": Param([1, 2], type="array"), "fail": Param(False, type="boolean")},
):

    @task
    def numbers(params: dict[str, Any] | None = None) -> list[int]:
        assert params is not None
        return list(params["numbers"])

    @task(multiple_outputs=False)
    def double(number: int, params: dict[str, Any] | None = None) -> dict[str, int]:
        assert params is not None
        if params["fail"]:
            raise ValueError("asked to fail")
        return {"doubled": 2 * number}

    report = EmailOperator(
        task_id="report",
        to="someone@example.com",
        subject="three_steps {{ run_id }}",
        html_content="<p>{{ params.numbers | length }} numbers</p>",
    ).as_teardown()

    double.expand(number=numbers()) >> report
