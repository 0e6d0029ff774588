"""A real Airflow for tests and demonstrations: api-server, scheduler and dag-processor, started,
asked and stopped by one object.

Nothing is simulated: LocalExecutor, the REST API over HTTP, a metadata database (SQLite unless a
PostgreSQL URL is given). Import it as ``dev.airflow``: with this folder itself on the path it would
hide the package ``airflow``.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import tenacity

from dev.ports import free_ports
from dev.processes import Processes

COMPONENTS = ("api-server", "scheduler", "dag-processor")
# The script, not "python -m airflow": that would put the working directory on the path.
COMMAND = str(Path(sys.executable).with_name("airflow"))
TERMINAL = ("success", "failed")

Watch = Callable[[list[dict[str, Any]]], None]
"""Called with the run's task instances, in the REST API's words, at each look."""


class AirflowStopped(Exception):
    """A component ended, did not come up in time, or said no; the message holds what it said."""


class Airflow:
    """One Airflow with a home, ports and processes of its own; use it as a context manager.

    :param home: an empty folder for configuration, logs and the SQLite metadata database.
    :param dags: the folder whose DAGs it runs.
    :param environment: what its processes see on top, ``AIRFLOW_CONN_…`` among it.
    :param database: a SQLAlchemy URL for the metadata, with its driver; None is SQLite in *home*.
    :param parallelism: tasks at a time.
    :param components: add ``triggerer`` where something defers.
    :param login: user name and password of who asks; None where everybody is an administrator.
    """

    def __init__(
        self,
        home: Path,
        dags: Path,
        *,
        environment: Mapping[str, str] | None = None,
        database: str | None = None,
        parallelism: int = 2,
        components: Sequence[str] = COMPONENTS,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.home = home.resolve()
        self._login = login
        self.components = components
        self.processes = Processes(self.home / "processes")
        api, *others = free_ports(4)
        self.url = f"http://127.0.0.1:{api}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if "AIRFLOW" not in name},
            **_settings(self.home, dags.resolve(), database, parallelism, api, others),
            **(environment or {}),
        }
        self._client = httpx.Client(base_url=self.url, timeout=30)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, *, timeout: float = 180.0) -> None:
        """Create the metadata database, start the components and wait until all are healthy."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.command("db", "migrate")
        for component in self.components:
            self._start(component)
        self._until(self._is_healthy, timeout, "be healthy")
        self._client.headers["Authorization"] = f"Bearer {self._token()}"

    def _token(self) -> str:
        if self._login is None:
            answer = self._client.get("/auth/token")
        else:
            name, password = self._login
            body = {"username": name, "password": password}
            answer = self._client.post("/auth/token", json=body)
        return str(answer.raise_for_status().json()["access_token"])

    def stop(self) -> None:
        """End every process that this Airflow started, workers and tasks too."""
        self._client.close()
        self.processes.stop()

    def restart(self, component: str) -> None:
        """Start *component* again after it ended, or was killed, by a test's hand."""
        self._start(component)

    def command(self, *words: str) -> None:
        """Run ``airflow`` with *words* to its end.

        :raises AirflowStopped: if it fails.
        """
        code = self.processes.run(words[0], [COMMAND, *words], environment=self.environment)
        if code != 0:
            raise AirflowStopped(f"airflow {' '.join(words)} failed:\n{self._tail(words[0])}")

    # What one asks a running Airflow

    def wait_for_dag(self, dag_id: str, *, timeout: float = 90.0) -> None:
        """Return once *dag_id* has been parsed; say why if its file does not import."""

        def listed() -> bool:
            if errors := self.import_errors():
                raise AirflowStopped("A DAG file does not import:\n" + "\n".join(errors))
            return dag_id in self.dags()

        self._until(listed, timeout, f"know the DAG {dag_id}")

    def dags(self) -> list[str]:
        """Return the ids of all DAGs it knows."""
        return [each["dag_id"] for each in self.get("/dags", limit=100)["dags"]]

    def import_errors(self) -> list[str]:
        """Return the traceback of each DAG file that does not import."""
        found = self.get("/importErrors")["import_errors"]
        return [f"{each['filename']}\n{each['stack_trace']}" for each in found]

    def pause(self, dag_id: str) -> None:
        """Let no run of *dag_id* begin."""
        self.send("PATCH", f"/dags/{dag_id}", {"is_paused": True})

    def unpause(self, dag_id: str) -> None:
        """Let *dag_id* run."""
        self.send("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def reparse(self, environment: Mapping[str, str], *, timeout: float = 180.0) -> None:
        """Read the DAG files anew, with *environment* on top: a schedule changed in configuration.

        Returns when the dag-processor is up again; a DAG is as it says a few seconds later.
        """
        self.environment |= environment
        self.processes.end("dag-processor")
        self._start("dag-processor")
        self._until(self._is_healthy, timeout, "be healthy again")

    def due(
        self, dag_id: str, *, timeout: float = 300.0, watch: Watch | None = None
    ) -> tuple[str, str]:
        """Wait for the run that the schedule of *dag_id*, which is paused, has ready for it.

        Unpaused, a DAG makes up for the last moment at which it should have run. Returns the run's
        id and its final state.
        """
        self._until(lambda: self._next_run(dag_id) is not None, timeout, f"schedule {dag_id}")
        self.unpause(dag_id)
        found: list[str] = []

        def begun() -> bool:
            answer = self.get(f"/dags/{dag_id}/dagRuns", run_type="scheduled", limit=1)
            found[:] = [each["dag_run_id"] for each in answer["dag_runs"]]
            return bool(found)

        self._until(begun, timeout, f"begin {dag_id} by its schedule")
        return found[0], self.wait(dag_id, found[0], timeout=timeout, watch=watch)

    def _next_run(self, dag_id: str) -> str | None:
        found: str | None = self.get(f"/dags/{dag_id}/details")["next_dagrun_run_after"]
        return found

    def trigger(
        self, dag_id: str, conf: Mapping[str, Any] | None = None, *, run_id: str | None = None
    ) -> str:
        """Start a run as a person does with the button; return its id."""
        body: dict[str, Any] = {"logical_date": None, "conf": dict(conf or {})}
        if run_id is not None:
            body["dag_run_id"] = run_id
        return str(self.send("POST", f"/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def state(self, dag_id: str, run_id: str) -> str:
        """Return the run's state: ``queued``, ``running``, ``success`` or ``failed``."""
        return str(self.get(f"/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the run's task instances, in the REST API's words."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        return list(self.get(path, limit=100)["task_instances"])

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Return task id → state; a mapped task's instances are ``id[0]``, ``id[1]``…"""
        return {name(each): each["state"] for each in self.tasks(dag_id, run_id)}

    def wait(
        self, dag_id: str, run_id: str, *, timeout: float = 300.0, watch: Watch | None = None
    ) -> str:
        """Return the run's final state, showing *watch* its tasks about once a second."""

        def over() -> bool:
            state = self.state(dag_id, run_id)
            if watch is not None:
                watch(self.tasks(dag_id, run_id))
            return state in TERMINAL

        self._until(over, timeout, f"finish {dag_id} {run_id}", pause=1.0)
        return self.state(dag_id, run_id)

    def run(
        self,
        dag_id: str,
        conf: Mapping[str, Any] | None = None,
        *,
        timeout: float = 300.0,
        watch: Watch | None = None,
    ) -> tuple[str, str]:
        """Unpause, trigger and wait; return the run's id and its final state."""
        self.wait_for_dag(dag_id)
        self.unpause(dag_id)
        run_id = self.trigger(dag_id, conf)
        return run_id, self.wait(dag_id, run_id, timeout=timeout, watch=watch)

    def xcom(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        *,
        key: str = "return_value",
        map_index: int = -1,
    ) -> Any:
        """Return what a task left in XCom, or None."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        answer = self._ask("GET", path, params={"map_index": map_index, "deserialize": "true"})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return answer.raise_for_status().json()["value"]

    def log(
        self, dag_id: str, run_id: str, task_id: str, *, try_number: int = 1, map_index: int = -1
    ) -> str:
        """Return a task's log, one line an event."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        content = self.get(path, full_content="true", map_index=map_index)["content"]
        return "\n".join(_line(each) for each in content)

    def set_state(self, dag_id: str, run_id: str, state: str) -> None:
        """Mark a run ``failed`` or ``success`` as a person does."""
        self.send("PATCH", f"/dags/{dag_id}/dagRuns/{run_id}", {"state": state})

    # Anything else, by the REST API's paths below /api/v2

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """Return what the REST API answers.

        :raises httpx.HTTPStatusError: for anything but success.
        """
        return dict(self._ask("GET", path, params=params).raise_for_status().json())

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send *body* and return what the REST API answers.

        :raises AirflowStopped: for anything but success, with the answer's text.
        """
        answer = self._ask(method, path, json=dict(body))
        if answer.is_error:
            raise AirflowStopped(f"{method} {path}: {answer.status_code} {answer.text}")
        return dict(answer.json())

    # With several writers on one SQLite file the API now and then answers "Database error".
    @tenacity.retry(
        retry=tenacity.retry_if_result(lambda answer: answer.status_code >= 500)
        | tenacity.retry_if_exception_type(httpx.TransportError),
        stop=tenacity.stop_after_attempt(5),
        wait=tenacity.wait_fixed(1.0),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
    )
    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        return self._client.request(method, f"/api/v2{path}", **request)

    def _start(self, component: str) -> None:
        words = [component, "--workers", "1"] if component == "api-server" else [component]
        self.processes.start(component, [COMMAND, *words], environment=self.environment)

    def _is_healthy(self) -> bool:
        try:
            health = self._client.get("/api/v2/monitor/health", timeout=5).json()
        except (httpx.HTTPError, ValueError):
            return False
        wanted = {"metadatabase", *(each.replace("-", "_") for each in self.components)}
        wanted.discard("api_server")
        return all(health.get(each, {}).get("status") == "healthy" for each in wanted)

    def _until(
        self, is_so: Callable[[], bool], timeout: float, what: str, *, pause: float = 0.5
    ) -> None:
        end = time.monotonic() + timeout
        while not is_so():
            if (name := self.processes.dead()) is not None:
                raise AirflowStopped(f"{name} ended by itself:\n{self._tail(name)}")
            if time.monotonic() > end:
                logs = "\n".join(f"--- {each}\n{self._tail(each)}" for each in self.components)
                raise AirflowStopped(f"Airflow did not {what} in {timeout:.0f} s.\n{logs}")
            time.sleep(pause)

    def _tail(self, name: str) -> str:
        lines = self.processes.log(name).read_text(errors="replace").splitlines()
        return "\n".join(lines[-40:])


def name(task: Mapping[str, Any]) -> str:
    """Return what to call a task instance: its id, with ``[n]`` if it is one of a mapped task."""
    mapped = task.get("map_index", -1)
    return task["task_id"] if mapped < 0 else f"{task['task_id']}[{mapped}]"


def _settings(
    home: Path, dags: Path, database: str | None, parallelism: int, api: int, others: Sequence[int]
) -> dict[str, str]:
    worker_logs, triggerer_logs, scheduler_health = others
    return {
        # The commands of this environment come first, whatever the caller's PATH says.
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
        "PYTHONUNBUFFERED": "1",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(parallelism),
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{api}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database or f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(api),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{api}",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(worker_logs),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(triggerer_logs),
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(scheduler_health),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        # So seldom is a file read again that did not change: to read all takes a core for seconds.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _line(event: Any) -> str:
    if not isinstance(event, dict):
        return str(event)
    text = " ".join(str(event[key]) for key in ("timestamp", "level", "event") if event.get(key))
    if event.get("error_detail"):
        causes = (f"{each['exc_type']}: {each['exc_value']}" for each in event["error_detail"])
        text = f"{text} {'; '.join(causes)}"
    return text


def fresh(folder: Path) -> Path:
    """Return *folder*, emptied."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
